/*
 * ubl_reader.c: follows the path table through the document and collects values into groups.
 *
 * The functions on_start, on_text and on_end run inside the XML library: they only write to buffers
 * and the queue, which is emptied into the sink after each piece.
 */
#include "core/ubl_state.h"

#include <stdio.h>
#include <string.h>

#define FORMAT_INVOICE "ubl-invoice"
#define FORMAT_CREDIT_NOTE "ubl-creditnote"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
all_blank(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!is_blank(bytes[i]))
			return false;
	return true;
}

int
ubl_group_of(int term)
{
	return term < INVOICE_TERM_COUNT ? (int) invoice_term_info[term].group : INVOICE_UBL_SCRATCH;
}

static ByteBuffer *
text_of(UblReader *reader, int term)
{
	return ubl_group_of(term) == INVOICE_DOCUMENT ? &reader->document_text : &reader->group_text;
}

Slice
ubl_value(const UblReader *reader, int term)
{
	const UblValue *value = &reader->values[term];
	const ByteBuffer *text = text_of((UblReader *) (uintptr_t) reader, term);
	Slice slice = {NULL, 0};

	if (!value->present)
		return slice;
	slice.bytes = "";
	if (value->length > 0 && !buffer_failed(text))
	{
		slice.bytes = text->bytes + value->offset;
		slice.length = value->length;
	}
	return slice;
}

static void
clear_values(UblReader *reader, int kind)
{
	if (kind == INVOICE_UBL_SCRATCH)
		memset(&reader->values[INVOICE_TERM_COUNT], 0,
			   sizeof(UblValue) * (UBL_TERM_COUNT - INVOICE_TERM_COUNT));
	else
	{
		const InvoiceGroupInfo *info = &invoice_group_info[kind];

		memset(&reader->values[info->first], 0, sizeof(UblValue) * (info->last - info->first + 1));
	}
}

static const char *
root_name(const UblReader *reader)
{
	return reader->root == UBL_ROOT_CREDIT_NOTE ? "CreditNote" : "Invoice";
}

/* cac:TaxTotal/cbc:TaxAmount, from the document element down */
void
ubl_node_path(const UblReader *reader, uint16_t node, ByteBuffer *out)
{
	const UblNode *at = &reader->paths->nodes[node];

	if (node <= UBL_ROOT_NODE)
		return;
	ubl_node_path(reader, at->parent, out);
	buffer_append_text(out, at->space_number == reader->paths->space_basic ? "/cbc:" : "/cac:");
	buffer_append_text(out, at->name);
}

/* Leaves the path of a known node, ended with a NUL, in reader->path behind what stands there. */
static const char *
known_path(UblReader *reader, uint16_t node, const char *below)
{
	ByteBuffer *path = &reader->path;

	path->length = reader->path_lengths[reader->document_depth];
	ubl_node_path(reader, node, path);
	if (below != NULL)
		buffer_append_text(path, below);
	buffer_append_char(path, '\0');
	return buffer_failed(path) ? "" : path->bytes;
}

void
ubl_extra(UblReader *reader, const UblOpenGroup *group, const char *below, Slice value)
{
	if (value.length > 0)
		invoice_queue_extra(&reader->queue, &group->place, known_path(reader, group->node, below),
							value);
}

void
ubl_fault(UblReader *reader, FindingSeverity severity, const char *rule, const UblOpenGroup *group,
		  const char *below, const char *message, Slice value)
{
	char location[256], text[256];
	Finding finding = {severity, group->place, rule, location, text};

	snprintf(location, sizeof(location), "%.200s, line %lld",
			 known_path(reader, group->node, below), (long long) xml_reader_line(reader->xml));
	snprintf(text, sizeof(text), "%s: \"%.*s\"", message,
			 value.length > 60 ? 60 : (int) value.length, value.bytes ? value.bytes : "");
	invoice_queue_finding(&reader->queue, &finding);
}

static UblOpenGroup
here(UblReader *reader)
{
	UblOpenGroup group = {.node = reader->nodes[reader->depth], .place = reader->place};

	if (reader->group_count > 0)
		group.place = reader->groups[reader->group_count - 1].place;
	group.place.line_no = xml_reader_line(reader->xml);
	return group;
}

static bool
same_text(Slice a, Slice b)
{
	return a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0;
}

static void
note_repeated(UblReader *reader, int term, Slice value)
{
	UblOpenGroup group = here(reader);

	if (!same_text(value, ubl_value(reader, term)))
		ubl_extra(reader, &group, NULL, value);
}

void
ubl_move(UblReader *reader, int from, int to)
{
	ByteBuffer *source = text_of(reader, from), *target = text_of(reader, to);
	UblValue value = reader->values[from];

	if (!value.present)
		return;
	if (reader->values[to].present)
	{
		UblOpenGroup group = here(reader);

		if (!same_text(ubl_value(reader, from), ubl_value(reader, to)))
			ubl_extra(reader, &group, NULL, ubl_value(reader, from));
		return;
	}
	if (source != target)
	{
		uint32_t offset = (uint32_t) target->length;

		buffer_append(target, source->bytes + value.offset, value.length);
		value.offset = offset;
	}
	reader->values[to] = value;
}

/* Fills slices with the values of a kind; the group may go out as another kind of the same shape.
 */
static void
collect(const UblReader *reader, int kind, Slice *slices, uint32_t *lines)
{
	const InvoiceGroupInfo *info = &invoice_group_info[kind];

	for (int term = (int) info->first; term <= (int) info->last; term++)
	{
		slices[term - (int) info->first] = ubl_value(reader, term);
		lines[term - (int) info->first] = reader->values[term].line;
	}
}

void
ubl_emit(UblReader *reader, const UblOpenGroup *group, InvoiceGroupKind kind)
{
	Slice slices[INVOICE_TERM_COUNT];
	uint32_t lines[INVOICE_TERM_COUNT];
	InvoiceGroup out = {kind, group->place, group->parent_no, slices, lines};

	collect(reader, group->kind, slices, lines);
	invoice_queue_group(&reader->queue, &out);
}

static void
set_value(UblReader *reader, int term, const char *bytes, size_t length)
{
	ByteBuffer *text = text_of(reader, term);
	UblValue value = {(uint32_t) text->length, (uint32_t) length,
					  (uint32_t) xml_reader_line(reader->xml), true};

	buffer_append(text, bytes, length);
	reader->values[term] = value;
}

static void
open_group(UblReader *reader, const UblNode *node, uint16_t number)
{
	UblOpenGroup *group = &reader->groups[reader->group_count];
	bool adjustment =
		node->close == UBL_CLOSE_ADJUSTMENT || node->close == UBL_CLOSE_LINE_ADJUSTMENT;

	group->kind = node->group;
	group->depth = reader->depth;
	group->node = number;
	group->mark = reader->group_text.length;
	group->place = reader->place;
	group->place.line_no = xml_reader_line(reader->xml);
	/* allowances and charges are counted when it is known which of the two they are */
	group->place.group_no = adjustment ? 0 : ++reader->ordinals[node->group];
	group->parent_no =
		reader->group_count > 0 ? reader->groups[reader->group_count - 1].place.group_no : 0;
	clear_values(reader, node->group);
	if (adjustment || node->close == UBL_CLOSE_REFERENCE)
		clear_values(reader, INVOICE_UBL_SCRATCH);
	if (node->literal != NULL)
		set_value(reader, (int) invoice_group_info[node->group].first, node->literal,
				  strlen(node->literal));
	reader->group_count++;
}

/* The library leaves an ampersand in an attribute as a character reference. */
static size_t
decode_ampersands(char *text, size_t length)
{
	static const char reference[] = "&#38;";
	size_t out = 0;

	for (size_t i = 0; i < length; out++)
	{
		text[out] = text[i];
		i += length - i >= 5 && memcmp(text + i, reference, 5) == 0 ? 5 : 1;
	}
	return out;
}

static void
take_attribute(UblReader *reader, int term, const XmlAttribute *attribute)
{
	ByteBuffer *text = text_of(reader, term);
	size_t start = text->length;

	if (reader->values[term].present)
		return note_repeated(reader, term, attribute->value);
	set_value(reader, term, attribute->value.bytes, attribute->value.length);
	if (attribute->value.length > 0 &&
		memchr(attribute->value.bytes, '&', attribute->value.length) && !buffer_failed(text))
	{
		reader->values[term].length =
			(uint32_t) decode_ampersands(text->bytes + start, attribute->value.length);
		text->length = start + reader->values[term].length;
	}
}

static void
extra_attribute(UblReader *reader, const XmlAttribute *attribute)
{
	UblOpenGroup group = here(reader);
	char below[128];

	snprintf(below, sizeof(below), "/@%s%s%.60s", attribute->prefix ? attribute->prefix : "",
			 attribute->prefix ? ":" : "", attribute->text);
	ubl_extra(reader, &group, below, attribute->value);
}

/* The currency of an amount goes without saying when it is the document's. */
static bool
is_document_currency(const UblReader *reader, const XmlAttribute *attribute)
{
	return attribute->name == reader->paths->name_currency && reader->values[TERM_BT_5].present &&
		   same_text(attribute->value, ubl_value(reader, TERM_BT_5));
}

static void
take_attributes(UblReader *reader, const UblNode *node, const XmlElement *element)
{
	for (int i = 0; i < element->attribute_count; i++)
	{
		const XmlAttribute *attribute = &element->attributes[i];
		int at = attribute->name != 0 && attribute->space == 0 && attribute->prefix == NULL
					 ? node->first_attribute
					 : 0;

		while (at != 0 && reader->paths->attributes[at].name_number != attribute->name)
			at = reader->paths->attributes[at].next;
		if (at != 0)
			take_attribute(reader, reader->paths->attributes[at].term, attribute);
		else if (attribute->space != reader->paths->space_instance &&
				 !is_document_currency(reader, attribute))
			extra_attribute(reader, attribute);
	}
}

static void
begin_capture(UblReader *reader, int term)
{
	reader->capture_term = term;
	reader->capture_depth = reader->depth;
	reader->capture_start = text_of(reader, term)->length;
}

/* xs:date may carry a time zone, ISO dates here do not. */
static size_t
date_length(const char *text, size_t length)
{
	if (length == 11 && text[10] == 'Z')
		return 10;
	if (length == 16 && (text[10] == '+' || text[10] == '-') && text[13] == ':')
		return 10;
	return length;
}

static void
end_capture(UblReader *reader)
{
	int term = reader->capture_term;
	ByteBuffer *text = text_of(reader, term);
	size_t start = reader->capture_start, end = text->length;
	UblValue value;

	reader->capture_term = UBL_NO_TERM;
	if (buffer_failed(text))
		return;
	while (start < end && is_blank(text->bytes[start]))
		start++;
	while (end > start && is_blank(text->bytes[end - 1]))
		end--;
	if (end > start && term < INVOICE_TERM_COUNT && invoice_term_info[term].type == TERM_TYPE_DATE)
		end = start + date_length(text->bytes + start, end - start);
	if (reader->values[term].present)
	{
		Slice slice = {end > start ? text->bytes + start : "", end - start};

		note_repeated(reader, term, slice);
		text->length = reader->capture_start;
		return;
	}
	value.offset = (uint32_t) start;
	value.length = (uint32_t) (end - start);
	value.line = (uint32_t) xml_reader_line(reader->xml);
	value.present = true;
	reader->values[term] = value;
	text->length = end;
}

static void
append_name(UblReader *reader, const XmlElement *element)
{
	reader->path.length = reader->path_lengths[reader->depth - 1];
	buffer_append_char(&reader->path, '/');
	if (element->prefix != NULL)
	{
		buffer_append(&reader->path, element->prefix, strnlen(element->prefix, 20));
		buffer_append_char(&reader->path, ':');
	}
	buffer_append(&reader->path, element->text, strnlen(element->text, 80));
	reader->path_lengths[reader->depth] = reader->path.length;
}

static void
extra_here(UblReader *reader, const char *attribute, Slice value)
{
	InvoicePlace place = reader->document_depth > 0 ? reader->place : (InvoicePlace){0, 0, 0};

	place.line_no = xml_reader_line(reader->xml);
	reader->path.length = reader->path_lengths[reader->depth];
	if (attribute != NULL)
	{
		buffer_append_text(&reader->path, "/@");
		buffer_append(&reader->path, attribute, strnlen(attribute, 80));
	}
	buffer_append_char(&reader->path, '\0');
	if (!buffer_failed(&reader->path))
		invoice_queue_extra(&reader->queue, &place, reader->path.bytes, value);
	reader->path.length = reader->path_lengths[reader->depth];
}

static void
flush_other(UblReader *reader)
{
	ByteBuffer *text = &reader->other_text;
	size_t start = 0, end = text->length;
	Slice value;

	if (end == 0)
		return;
	while (start < end && is_blank(text->bytes[start]))
		start++;
	while (end > start && is_blank(text->bytes[end - 1]))
		end--;
	value.bytes = text->bytes + start;
	value.length = end - start;
	if (value.length > 0)
		extra_here(reader, NULL, value);
	buffer_reset(text);
}

static void
enter_unknown(UblReader *reader, const XmlElement *element)
{
	if (reader->unknown_depth == 0)
	{
		reader->unknown_depth = reader->depth;
		reader->path.length = reader->path_lengths[reader->document_depth];
		ubl_node_path(reader, reader->nodes[reader->depth - 1], &reader->path);
		reader->path_lengths[reader->depth - 1] = reader->path.length;
	}
	append_name(reader, element);
	for (int i = 0; i < element->attribute_count; i++)
		if (element->attributes[i].space != reader->paths->space_instance &&
			element->attributes[i].value.length > 0)
			extra_here(reader, element->attributes[i].text, element->attributes[i].value);
}

static void
begin_document(UblReader *reader, const XmlElement *element, UblRoot root)
{
	UblOpenGroup group = {.kind = INVOICE_SYNTAX};

	reader->root = root;
	reader->document_depth = reader->depth;
	reader->unknown_depth = 0;
	reader->nodes[reader->depth] = UBL_ROOT_NODE;
	reader->serials[reader->depth] = ++reader->next_serial;
	reader->place.document_no = ++reader->document_no;
	reader->place.line_no = xml_reader_line(reader->xml);
	reader->place.group_no = 0;
	reader->documents_here++;
	append_name(reader, element);
	buffer_reset(&reader->document_text);
	buffer_reset(&reader->group_text);
	memset(reader->ordinals, 0, sizeof(reader->ordinals));
	memset(reader->values, 0, sizeof(reader->values));
	invoice_queue_begin(&reader->queue, &reader->place,
						root == UBL_ROOT_INVOICE ? FORMAT_INVOICE : FORMAT_CREDIT_NOTE);
	group.place = reader->place;
	set_value(reader, TERM_SYNTAX_ROOT, root_name(reader), strlen(root_name(reader)));
	ubl_emit(reader, &group, INVOICE_SYNTAX);
	buffer_reset(&reader->group_text);
}

static void
end_document(UblReader *reader)
{
	Slice slices[INVOICE_TERM_COUNT];
	uint32_t lines[INVOICE_TERM_COUNT];
	InvoiceGroup out = {INVOICE_DOCUMENT, reader->place, 0, slices, lines};

	collect(reader, INVOICE_DOCUMENT, slices, lines);
	invoice_queue_end(&reader->queue, &out);
	/* elements around the invoices have no place in the model */
	reader->unknown_depth = reader->document_depth > 1 ? 1 : 0;
	reader->document_depth = 0;
	reader->group_count = 0;
}

static bool
is_number(int term)
{
	return term >= 0 && term < INVOICE_TERM_COUNT &&
		   invoice_term_info[term].type >= TERM_TYPE_AMOUNT &&
		   invoice_term_info[term].type <= TERM_TYPE_PERCENT;
}

/* An element that stands twice where one is allowed: of a number nobody knows which one counts. */
static void
check_repeated(UblReader *reader, const UblNode *node, uint16_t number)
{
	int64_t parent = reader->serials[reader->depth - 1];

	reader->serials[reader->depth] = ++reader->next_serial;
	if (reader->seen_in[number] == parent && !node->repeats)
	{
		UblOpenGroup group = here(reader);
		Slice name = {node->name, strlen(node->name)};

		ubl_fault(reader, is_number(node->term) ? FINDING_FATAL : FINDING_WARNING, "UBL-REPEATED",
				  &group, NULL, "the element stands more than once", name);
	}
	reader->seen_in[number] = parent;
}

static void
start_known(UblReader *reader, uint16_t number, const XmlElement *element)
{
	const UblNode *node = &reader->paths->nodes[number];

	reader->nodes[reader->depth] = number;
	check_repeated(reader, node, number);
	if (node->group != UBL_NO_GROUP)
		open_group(reader, node, number);
	if (element->attribute_count > 0)
		take_attributes(reader, node, element);
	if (node->term != UBL_NO_TERM)
		begin_capture(reader, node->term);
}

static void
note_root(UblReader *reader, const XmlElement *element)
{
	snprintf(reader->root_name, sizeof(reader->root_name), "%.60s", element->text);
	snprintf(reader->root_address, sizeof(reader->root_address), "%.120s",
			 element->address ? element->address : "");
}

static void
on_start(void *state, const XmlElement *element)
{
	UblReader *reader = state;
	uint16_t node = 0;

	if (reader->depth == 0)
		note_root(reader, element);
	if (reader->unknown_depth > 0 && reader->leaf)
		flush_other(reader);
	reader->depth++;
	reader->leaf = true;
	if (reader->document_depth == 0)
	{
		UblRoot root = ubl_paths_root(reader->paths, element);

		if (root != UBL_ROOT_NONE)
			return begin_document(reader, element, root);
		reader->unknown_depth = reader->unknown_depth ? reader->unknown_depth : 1;
		reader->nodes[reader->depth] = 0;
		return enter_unknown(reader, element);
	}
	/* nothing belongs inside of a value */
	if (reader->unknown_depth == 0 && reader->capture_term == UBL_NO_TERM)
		node = ubl_paths_child(reader->paths, reader->nodes[reader->depth - 1], element);
	if (node != 0)
		start_known(reader, node, element);
	else
		enter_unknown(reader, element);
}

static void
check_length(UblReader *reader, size_t length, size_t limit)
{
	if (length > limit)
		xml_reader_stop(reader->xml, PORT_TOO_LARGE, "XML-LIMIT",
						"the text of one element is longer than %zu bytes", limit);
}

static void
on_text(void *state, const char *bytes, size_t length)
{
	UblReader *reader = state;

	if (reader->capture_term != UBL_NO_TERM && reader->depth == reader->capture_depth)
	{
		ByteBuffer *text = text_of(reader, reader->capture_term);

		buffer_append(text, bytes, length);
		check_length(reader, text->length - reader->capture_start,
					 reader->capture_term == TERM_BT_125 ? reader->limits.attachment_bytes
														 : reader->limits.value_bytes);
	}
	else if (reader->unknown_depth > 0)
	{
		buffer_append(&reader->other_text, bytes, length);
		check_length(reader, reader->other_text.length, reader->limits.value_bytes);
	}
	else if (!all_blank(bytes, length) && reader->document_depth > 0)
	{
		UblOpenGroup group = here(reader);
		Slice value = {bytes, length};

		ubl_extra(reader, &group, NULL, value);
	}
}

static void
on_end(void *state)
{
	UblReader *reader = state;
	int depth = reader->depth--;

	if (reader->unknown_depth > 0)
	{
		reader->depth = depth;
		flush_other(reader);
		reader->depth--;
		if (depth == reader->unknown_depth)
			reader->unknown_depth = 0;
		reader->leaf = false;
		return;
	}
	reader->leaf = false;
	if (reader->capture_term != UBL_NO_TERM && reader->capture_depth == depth)
	{
		reader->depth = depth;
		end_capture(reader);
		reader->depth--;
	}
	if (reader->group_count > 0 && reader->groups[reader->group_count - 1].depth == depth)
	{
		const UblOpenGroup *group = &reader->groups[--reader->group_count];

		reader->depth = depth;
		if (ubl_close_group(reader, group, reader->paths->nodes[group->node].close) ||
			reader->group_count == 0)
			reader->group_text.length = group->mark;
		reader->depth--;
	}
	if (depth == reader->document_depth)
		end_document(reader);
}

static void
begin_file(UblReader *reader)
{
	reader->depth = 0;
	reader->document_depth = 0;
	reader->documents_here = 0;
	reader->unknown_depth = 0;
	reader->group_count = 0;
	reader->capture_term = UBL_NO_TERM;
	reader->leaf = false;
	reader->path.length = 0;
	reader->path_lengths[0] = 0;
	buffer_reset(&reader->other_text);
}

UblReader *
ubl_reader_open(const Port *port, const InvoiceLimits *limits, const InvoiceSink *sink)
{
	UblReader *reader = port->alloc(port->host, sizeof(UblReader));
	XmlLimits xml_limits = {limits->depth < UBL_MAX_DEPTH ? limits->depth : UBL_MAX_DEPTH,
							limits->tag_bytes, limits->unknown_names};
	XmlHandler handler = {reader, on_start, on_end, on_text};

	if (reader == NULL)
		return NULL;
	memset(reader, 0, offsetof(UblReader, nodes));
	reader->port = port;
	reader->sink = sink;
	reader->limits = *limits;
	reader->paths = ubl_paths();
	buffer_init(&reader->document_text, port);
	buffer_init(&reader->group_text, port);
	buffer_init(&reader->other_text, port);
	buffer_init(&reader->path, port);
	invoice_queue_init(&reader->queue, port);
	begin_file(reader);
	reader->xml = xml_reader_open(port, &reader->paths->vocabulary, &xml_limits, &handler);
	if (reader->xml == NULL)
	{
		port->release(port->host, reader);
		return NULL;
	}
	return reader;
}

void
ubl_reader_close(UblReader *reader)
{
	if (reader == NULL)
		return;
	xml_reader_close(reader->xml);
	buffer_release(&reader->document_text);
	buffer_release(&reader->group_text);
	buffer_release(&reader->other_text);
	buffer_release(&reader->path);
	invoice_queue_release(&reader->queue);
	reader->port->release(reader->port->host, reader);
}

const PortFault *
ubl_reader_fault(const UblReader *reader)
{
	return &reader->fault;
}

/* What was read before a fault still goes out: the findings of earlier invoices are wanted too. */
static PortStatus
deliver(UblReader *reader, PortStatus status)
{
	PortStatus delivered;

	if (buffer_failed(&reader->document_text) || buffer_failed(&reader->group_text) ||
		buffer_failed(&reader->other_text) || buffer_failed(&reader->path))
		return reader->status = PORT_NO_MEMORY;
	delivered = invoice_queue_deliver(&reader->queue, reader->sink);
	if (delivered != PORT_OK)
		return reader->status = delivered;
	if (status == PORT_INVALID || status == PORT_TOO_LARGE)
		reader->fault = *xml_reader_fault(reader->xml);
	return reader->status = status;
}

PortStatus
ubl_reader_push(UblReader *reader, const char *bytes, size_t length)
{
	while (length > 0 && reader->status == PORT_OK)
	{
		size_t slice = length > XML_CHUNK ? XML_CHUNK : length;

		deliver(reader, xml_reader_push(reader->xml, bytes, slice));
		bytes += slice;
		length -= slice;
	}
	return reader->status;
}

PortStatus
ubl_reader_finish(UblReader *reader)
{
	if (reader->status != PORT_OK || deliver(reader, xml_reader_finish(reader->xml)) != PORT_OK)
		return reader->status;
	if (reader->documents_here == 0)
	{
		reader->fault.line = 1;
		reader->fault.position = -1;
		reader->status = port_fault(&reader->fault, PORT_INVALID, "FILE-UNKNOWN",
									"no invoice of a supported format in it; the root element is "
									"\"%s\" in namespace \"%s\"",
									reader->root_name, reader->root_address);
	}
	return reader->status;
}

PortStatus
ubl_reader_next(UblReader *reader)
{
	begin_file(reader);
	return reader->status = xml_reader_reset(reader->xml);
}
