/*
 * xml_invoice.c: follows a format's paths through the document and collects values into groups.
 *
 * The functions on_start, on_text and on_end run inside the XML library: they only write to buffers
 * and the queue, which is emptied into the sink after each piece.
 */
#include "core/xml_state.h"

#include <stdio.h>
#include <string.h>

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

static ByteBuffer *
text_of(XmlInvoice *reader, int term)
{
	return xml_group_of(term) == INVOICE_DOCUMENT ? &reader->document_text : &reader->group_text;
}

/* Blanks around do not count. */
static Slice
trim(const char *bytes, size_t length)
{
	Slice slice = {bytes, length};

	while (slice.length > 0 && is_blank(*slice.bytes))
	{
		slice.bytes++;
		slice.length--;
	}
	while (slice.length > 0 && is_blank(slice.bytes[slice.length - 1]))
		slice.length--;
	return slice;
}

/* -- the watcher of rules (xml_watch.h)
 * ------------------------------------------------------------ */

static inline void
watch_start(XmlInvoice *reader, uint16_t node, const XmlElement *element)
{
	if (reader->watch != NULL && reader->document_depth > 0)
		reader->watch->start(reader->watch->state, node, element, xml_reader_line(reader->xml));
}

static inline void
watch_text(XmlInvoice *reader, const char *bytes, size_t length)
{
	if (reader->watch != NULL && reader->document_depth > 0)
		reader->watch->text(reader->watch->state, bytes, length);
}

static inline void
watch_end(XmlInvoice *reader, uint16_t node)
{
	if (reader->watch != NULL && reader->document_depth > 0)
		reader->watch->end(reader->watch->state, node);
}

void
xml_watch_finding(XmlInvoice *reader, const Finding *finding)
{
	invoice_queue_finding(&reader->queue, finding);
}

/* -- attributes ---------------------------------------------------------------------------------
 */

/* The text at the end of its buffer, in canonical form. */
static size_t
transformed(XmlInvoice *reader, XmlTransform transform, ByteBuffer *text, size_t start)
{
	size_t length = text->length - start;

	if (transform == NULL || length == 0 || buffer_reserve(text, XML_TRANSFORM_ROOM) == NULL)
		return length;
	length = transform(reader, text->bytes + start, length);
	text->length = start + length;
	return length;
}

static void
take_attribute(XmlInvoice *reader, const XmlPathAttribute *known, const XmlAttribute *attribute)
{
	int term = known->term;
	ByteBuffer *text = text_of(reader, term);
	size_t start = text->length;
	XmlValue value = {(uint32_t) start, 0, (uint32_t) xml_reader_line(reader->xml), true};

	if (reader->values[term].present)
	{
		xml_note_repeated(reader, term, attribute->value);
		return;
	}
	buffer_append(text, attribute->value.bytes, attribute->value.length);
	if (buffer_failed(text))
		return;
	if (attribute->value.length > 0 &&
		memchr(attribute->value.bytes, '&', attribute->value.length) != NULL)
		text->length = start + xml_decode_ampersands(text->bytes + start, attribute->value.length);
	value.length = (uint32_t) transformed(reader, known->transform, text, start);
	reader->values[term] = value;
}

static void
take_qualifier(XmlInvoice *reader, const XmlAttribute *attribute)
{
	snprintf(reader->qualifier, sizeof(reader->qualifier), "%.*s",
			 attribute->value.length < sizeof(reader->qualifier) ? (int) attribute->value.length
																 : XML_QUALIFIER_BYTES - 1,
			 attribute->value.bytes);
}

static void
extra_attribute(XmlInvoice *reader, const XmlAttribute *attribute)
{
	XmlOpenGroup group = xml_here(reader);
	char below[128];

	snprintf(below, sizeof(below), "/@%s%s%.60s", attribute->prefix ? attribute->prefix : "",
			 attribute->prefix ? ":" : "", attribute->text);
	xml_extra(reader, &group, below, attribute->value);
}

/*
 * The currency of an amount goes without saying when it is the document's.  Where lines come before
 * the header, it is taken to be the one that the first amount says; end_document sees whether that
 * was right.
 */
static bool
is_document_currency(XmlInvoice *reader, const XmlAttribute *attribute)
{
	Slice known = xml_value(reader, TERM_BT_5);

	if (attribute->name != reader->paths->name_currency || attribute->name == 0)
		return false;
	if (known.bytes == NULL)
	{
		if (reader->currency[0] == '\0' && attribute->value.length < sizeof(reader->currency))
			memcpy(reader->currency, attribute->value.bytes, attribute->value.length);
		known = xml_text(reader->currency);
	}
	return known.length == attribute->value.length &&
		   memcmp(known.bytes, attribute->value.bytes, known.length) == 0;
}

static void
take_attributes(XmlInvoice *reader, const XmlNode *node, const XmlElement *element)
{
	for (int i = 0; i < element->attribute_count; i++)
	{
		const XmlAttribute *attribute = &element->attributes[i];
		int at = attribute->name != 0 && attribute->prefix == NULL ? node->first_attribute : 0;
		const XmlPathAttribute *known;

		if (attribute->value.length == 0 && reader->paths->format->empty_is_absent)
			continue;
		while (at != 0 && reader->paths->attributes[at].name_number != attribute->name)
			at = reader->paths->attributes[at].next;
		known = &reader->paths->attributes[at];
		if (at != 0 && known->term == TERM_XML_QUALIFIER)
			take_qualifier(reader, attribute);
		else if (at != 0)
			take_attribute(reader, known, attribute);
		else if (attribute->space != xml_paths_space_instance() &&
				 !is_document_currency(reader, attribute))
			extra_attribute(reader, attribute);
	}
}

/* -- values ------------------------------------------------------------------------------------ */

static void
begin_capture(XmlInvoice *reader, int term)
{
	reader->capture_term = term;
	reader->capture_depth = reader->depth;
	reader->capture_start = text_of(reader, term)->length;
}

static void
end_capture(XmlInvoice *reader)
{
	int term = reader->capture_term;
	XmlTransform transform = reader->paths->nodes[reader->nodes[reader->depth]].transform;
	ByteBuffer *text = text_of(reader, term);
	size_t start = reader->capture_start;
	XmlValue value;
	Slice slice;

	reader->capture_term = XML_NO_TERM;
	if (buffer_failed(text))
		return;
	slice = (Slice){"", 0};
	if (text->length > start)
	{
		slice = trim(text->bytes + start, text->length - start);
		start = (size_t) (slice.bytes - text->bytes);
		text->length = start + slice.length;
		slice.length = transformed(reader, transform, text, start);
		slice.bytes = text->bytes + start;
	}
	if (slice.length == 0 && reader->paths->format->empty_is_absent)
	{
		reader->seen_in[reader->nodes[reader->depth]] = 0; /* for XML_NEEDED and XML_REPEATS */
		return;
	}
	if (reader->values[term].present)
	{
		xml_note_repeated(reader, term, slice);
		text->length = reader->capture_start;
		return;
	}
	value.offset = (uint32_t) start;
	value.length = (uint32_t) slice.length;
	value.line = (uint32_t) xml_reader_line(reader->xml);
	value.present = true;
	reader->values[term] = value;
}

/* -- elements without a place in the model ------------------------------------------------------
 */

static void
append_name(XmlInvoice *reader, const XmlElement *element)
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

/* Whoever knows frames is told what stands in them. */
static void
tell_frame(XmlInvoice *reader, Slice value)
{
	for (int i = 0; i < xml_format_count; i++)
		if (xml_formats[i]->frame != NULL && (reader->only < 0 || reader->only == i))
			xml_formats[i]->frame(reader, reader->path.bytes, value);
}

static void
extra_here(XmlInvoice *reader, const char *attribute, Slice value)
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
	{
		invoice_queue_extra(&reader->queue, &place, reader->path.bytes, value);
		if (reader->document_depth == 0)
			tell_frame(reader, value);
	}
	reader->path.length = reader->path_lengths[reader->depth];
}

/* Text that belongs to no term, of the element at hand. */
static void
flush_other(XmlInvoice *reader)
{
	Slice value = trim(reader->other_text.bytes, reader->other_text.length);

	if (value.length > 0 && reader->unknown_depth > 0)
		extra_here(reader, NULL, value);
	else if (value.length > 0)
	{
		XmlOpenGroup group = xml_here(reader);

		xml_extra(reader, &group, NULL, value);
	}
	buffer_reset(&reader->other_text);
}

static void
enter_unknown(XmlInvoice *reader, const XmlElement *element)
{
	if (reader->unknown_depth == 0)
	{
		reader->unknown_depth = reader->depth;
		reader->path.length = reader->path_lengths[reader->document_depth];
		xml_node_path(reader, reader->nodes[reader->depth - 1], &reader->path);
		reader->path_lengths[reader->depth - 1] = reader->path.length;
	}
	reader->nodes[reader->depth] = 0;
	append_name(reader, element);
	for (int i = 0; i < element->attribute_count; i++)
		if (element->attributes[i].space != xml_paths_space_instance() &&
			element->attributes[i].value.length > 0 &&
			!(reader->document_depth > 0 && is_document_currency(reader, &element->attributes[i])))
			extra_here(reader, element->attributes[i].text, element->attributes[i].value);
}

/* -- documents --------------------------------------------------------------------------------- */

static void
begin_document(XmlInvoice *reader, const XmlElement *element, int format, int root)
{
	if (reader->paths != xml_paths(format))
	{
		reader->paths = xml_paths(format);
		memset(reader->seen_in, 0,
			   sizeof(*reader->seen_in) * ((size_t) reader->paths->node_count + 1));
	}
	reader->root = root;
	reader->document_depth = reader->depth;
	reader->unknown_depth = 0;
	reader->nodes[reader->depth] = XML_ROOT_NODE;
	reader->serials[reader->depth] = ++reader->next_serial;
	reader->place.document_no = ++*reader->documents;
	reader->place.line_no = xml_reader_line(reader->xml);
	reader->place.group_no = 0;
	reader->documents_here++;
	reader->may_continue = xml_formats[format]->sequence;
	append_name(reader, element);
	buffer_reset(&reader->document_text);
	buffer_reset(&reader->group_text);
	memset(reader->ordinals, 0, sizeof(reader->ordinals));
	memset(reader->notes, 0, sizeof(reader->notes));
	memset(reader->values, 0, sizeof(reader->values));
	memset(reader->currency, 0, sizeof(reader->currency));
	invoice_queue_begin(&reader->queue, &reader->place, xml_formats[format]->roots[root].label);
	if (reader->watch != NULL)
		reader->watch->begin(reader->watch->state, reader, reader->paths, root, element,
							 &reader->place);
	if (element->attribute_count > 0)
		take_attributes(reader, &reader->paths->nodes[XML_ROOT_NODE], element);
	xml_schema_begin(reader, reader->paths->format->schema);
}

static void
end_document(XmlInvoice *reader)
{
	Slice slices[INVOICE_TERM_COUNT];
	uint32_t lines[INVOICE_TERM_COUNT];
	InvoiceGroup out = {INVOICE_DOCUMENT, reader->place, 0, slices, lines};
	XmlOpenGroup group = {.node = XML_ROOT_NODE, .place = reader->place};

	if (reader->currency[0] != '\0' && !xml_value_is(reader, TERM_BT_5, reader->currency))
		xml_extra(reader, &group, "/@currencyID", xml_text(reader->currency));
	xml_schema_finish(reader);
	if (reader->paths->format->finish != NULL)
		reader->paths->format->finish(reader);
	if (reader->watch != NULL)
		reader->watch->finish(reader->watch->state);
	xml_collect(reader, INVOICE_DOCUMENT, slices, lines);
	invoice_queue_end(&reader->queue, &out);
	/* elements around the invoices have no place in the model */
	reader->unknown_depth = reader->document_depth > 1 ? 1 : 0;
	reader->document_depth = 0;
	reader->group_count = 0;
}

/* -- elements with a place --------------------------------------------------------------------- */

static bool
is_number(int term)
{
	return term >= 0 && term < (int) INVOICE_TERM_COUNT &&
		   invoice_term_info[term].type >= TERM_TYPE_AMOUNT &&
		   invoice_term_info[term].type <= TERM_TYPE_PERCENT;
}

/* An element that stands twice where one is allowed: of a number nobody knows which one counts. */
static void
check_repeated(XmlInvoice *reader, const XmlNode *node, uint16_t number)
{
	int64_t parent = reader->serials[reader->depth - 1];

	reader->serials[reader->depth] = ++reader->next_serial;
	if (reader->seen_in[number] == parent && !node->repeats &&
		reader->paths->format->repeated_rule != NULL)
		xml_fault_here(reader, is_number(node->term) ? FINDING_FATAL : FINDING_WARNING,
					   reader->paths->format->repeated_rule, "the element stands more than once",
					   xml_text(node->name));
	reader->seen_in[number] = parent;
}

static void
open_group(XmlInvoice *reader, const XmlNode *node, uint16_t number)
{
	XmlOpenGroup *group = &reader->groups[reader->group_count];

	group->kind = node->group;
	group->depth = reader->depth;
	group->node = number;
	group->mark = reader->group_text.length;
	group->place = reader->place;
	group->place.line_no = xml_reader_line(reader->xml);
	group->place.group_no =
		(node->flags & XML_COUNTS_LATE) != 0 ? 0 : ++reader->ordinals[node->group];
	group->parent_no = 0;
	if (reader->group_count > 0)
		group->parent_no =
			group[-1].kind == INVOICE_XML_SCRATCH ? group[-1].parent_no : group[-1].place.group_no;
	xml_clear_group(reader, node->group);
	if ((node->flags & XML_CLEARS) != 0)
		xml_clear_group(reader, INVOICE_XML_SCRATCH);
	if (node->literal != NULL && node->group != INVOICE_XML_SCRATCH)
		xml_set(reader, (int) invoice_group_info[node->group].first, xml_text(node->literal));
	reader->group_count++;
}

static void
start_known(XmlInvoice *reader, uint16_t number, const XmlElement *element)
{
	const XmlNode *node = &reader->paths->nodes[number];

	reader->nodes[reader->depth] = number;
	check_repeated(reader, node, number);
	if (node->group != XML_NO_GROUP)
		open_group(reader, node, number);
	reader->qualifier[0] = '\0';
	if (element->attribute_count > 0)
		take_attributes(reader, node, element);
	if (node->term != XML_NO_TERM)
		begin_capture(reader, node->term);
}

static void
start_outside(XmlInvoice *reader, const XmlElement *element)
{
	int root, format = xml_paths_root(element, &root);

	if (format >= 0 && (reader->only < 0 || reader->only == format))
	{
		begin_document(reader, element, format, root);
		return;
	}
	reader->unknown_depth = reader->unknown_depth ? reader->unknown_depth : 1;
	enter_unknown(reader, element);
}

static void
note_root(XmlInvoice *reader, const XmlElement *element)
{
	/* the frame of a bank's file stands before the invoice, not around it */
	reader->may_continue = strcmp(element->text, "Envelope") == 0;
	snprintf(reader->root_name, sizeof(reader->root_name), "%.60s", element->text);
	snprintf(reader->root_address, sizeof(reader->root_address), "%.120s",
			 element->address ? element->address : "");
}

/* -- from the library -------------------------------------------------------------------------- */

static void
on_start(void *state, const XmlElement *element)
{
	XmlInvoice *reader = state;
	uint16_t node = 0;

	if (reader->depth == 0)
		note_root(reader, element);
	if (reader->other_text.length > 0)
		flush_other(reader);
	reader->depth++;
	if (reader->document_depth == 0)
	{
		start_outside(reader, element);
		return;
	}
	/* nothing belongs inside of a value */
	if (reader->unknown_depth == 0 && reader->capture_term == XML_NO_TERM)
		node = xml_paths_child(reader->paths, reader->nodes[reader->depth - 1], element);
	watch_start(reader, node, element);
	if (reader->schema.schema != NULL)
		xml_schema_start(reader, element);
	if (node != 0)
		start_known(reader, node, element);
	else
		enter_unknown(reader, element);
}

static void
check_length(XmlInvoice *reader, size_t length, int term)
{
	bool attached = term == TERM_BT_125;
	size_t limit = attached ? reader->limits.attachment_bytes : reader->limits.value_bytes;

	if (length > limit)
		xml_reader_stop(reader->xml, PORT_TOO_LARGE, "XML-LIMIT",
						"the text of element \"%.60s\" is longer than %zu bytes;"
						" the limit is mailroom.invoice_%s_limit",
						xml_reader_element(reader->xml), limit, attached ? "attachment" : "value");
}

static void
on_text(void *state, const char *bytes, size_t length)
{
	XmlInvoice *reader = state;

	watch_text(reader, bytes, length);
	if (reader->schema.schema != NULL && reader->document_depth > 0)
		xml_schema_text(reader, bytes, length);
	if (reader->capture_term != XML_NO_TERM && reader->depth == reader->capture_depth)
	{
		ByteBuffer *text = text_of(reader, reader->capture_term);

		buffer_append(text, bytes, length);
		check_length(reader, text->length - reader->capture_start, reader->capture_term);
	}
	else if (reader->other_text.length > 0 || (reader->depth > 0 && !all_blank(bytes, length)))
	{
		buffer_append(&reader->other_text, bytes, length);
		check_length(reader, reader->other_text.length, XML_NO_TERM);
	}
}

static void
close_group(XmlInvoice *reader)
{
	const XmlOpenGroup *group = &reader->groups[--reader->group_count];

	if (reader->paths->nodes[group->node].close(reader, group) || reader->group_count == 0)
		reader->group_text.length = group->mark;
}

/* Children that should have been there. */
static void
check_needed(XmlInvoice *reader, int depth)
{
	const XmlFormat *format = reader->paths->format;
	uint16_t child = reader->paths->nodes[reader->nodes[depth]].first_needed;

	for (; child != 0; child = reader->paths->nodes[child].next_needed)
		if (reader->seen_in[child] != reader->serials[depth])
			xml_fault_here(reader,
						   format->lenient != NULL && format->lenient(reader) ? FINDING_WARNING
																			  : FINDING_FATAL,
						   format->missing_rule, "an element is missing",
						   xml_text(reader->paths->nodes[child].name));
}

/* The element that ends is still at reader->depth. */
static void
end_known(XmlInvoice *reader, int depth)
{
	if (reader->capture_term != XML_NO_TERM && reader->capture_depth == depth)
		end_capture(reader);
	if (reader->paths->format->missing_rule != NULL)
		check_needed(reader, depth);
	if (reader->group_count > 0 && reader->groups[reader->group_count - 1].depth == depth)
		close_group(reader);
	if (depth == reader->document_depth)
		end_document(reader);
}

static void
on_end(void *state)
{
	XmlInvoice *reader = state;
	int depth = reader->depth;

	if (reader->other_text.length > 0)
		flush_other(reader);
	if (depth != reader->document_depth)
	{
		watch_end(reader, reader->nodes[depth]);
		if (reader->schema.schema != NULL && reader->document_depth > 0)
			xml_schema_end(reader);
	}
	if (reader->unknown_depth == 0)
		end_known(reader, depth);
	else if (depth == reader->unknown_depth)
		reader->unknown_depth = 0;
	reader->depth--;
}

static bool
on_another(void *state)
{
	return ((XmlInvoice *) state)->may_continue;
}

/* -- one file after the other ------------------------------------------------------------------ */

static void
begin_file(XmlInvoice *reader)
{
	reader->depth = 0;
	reader->file_bytes = 0;
	reader->document_depth = 0;
	reader->documents_here = 0;
	reader->unknown_depth = 0;
	reader->group_count = 0;
	reader->capture_term = XML_NO_TERM;
	reader->path.length = 0;
	reader->path_lengths[0] = 0;
	memset(reader->frame_notes, 0, sizeof(reader->frame_notes));
	buffer_reset(&reader->other_text);
}

/* What was read before a fault still goes out: the findings of earlier invoices are wanted too. */
static PortStatus
deliver(XmlInvoice *reader, PortStatus status)
{
	PortStatus delivered;

	if (buffer_failed(&reader->document_text) || buffer_failed(&reader->group_text) ||
		buffer_failed(&reader->other_text) || buffer_failed(&reader->schema.text) ||
		buffer_failed(&reader->path) ||
		(reader->watch != NULL && reader->watch->failed(reader->watch->state)))
		return reader->status = PORT_NO_MEMORY;
	delivered = invoice_queue_deliver(&reader->queue, reader->sink);
	if (delivered != PORT_OK)
		return reader->status = delivered;
	if (status == PORT_INVALID || status == PORT_TOO_LARGE)
		reader->content.fault = *xml_reader_fault(reader->xml);
	return reader->status = status;
}

static PortStatus
push(ContentReader *content, const char *bytes, size_t length)
{
	XmlInvoice *reader = (XmlInvoice *) content;

	while (length > 0 && reader->status == PORT_OK)
	{
		size_t slice = length > XML_CHUNK ? XML_CHUNK : length;

		reader->file_bytes += (int64_t) slice;
		deliver(reader, xml_reader_push(reader->xml, bytes, slice));
		bytes += slice;
		length -= slice;
	}
	return reader->status;
}

/* The end of one XML document; a file without an invoice is a fault. */
static PortStatus
finish(ContentReader *content)
{
	XmlInvoice *reader = (XmlInvoice *) content;

	if (reader->status != PORT_OK || deliver(reader, xml_reader_finish(reader->xml)) != PORT_OK)
		return reader->status;
	for (int i = 0; i < xml_format_count; i++)
		if (xml_formats[i]->frame_end != NULL)
			xml_formats[i]->frame_end(reader);
	if (deliver(reader, PORT_OK) != PORT_OK)
		return reader->status;
	if (reader->documents_here == 0)
	{
		content->fault.line = 1;
		content->fault.position = -1;
		reader->status = port_fault(&content->fault, PORT_INVALID, "FILE-UNKNOWN",
									"no invoice of a supported format in it; the root element is "
									"\"%s\" in namespace \"%s\"",
									reader->root_name, reader->root_address);
	}
	return reader->status;
}

static PortStatus
next(ContentReader *content)
{
	XmlInvoice *reader = (XmlInvoice *) content;

	begin_file(reader);
	xml_reader_reset(reader->xml);
	return reader->status = PORT_OK;
}

static void
close_reader(ContentReader *content)
{
	XmlInvoice *reader = (XmlInvoice *) content;

	xml_reader_close(reader->xml);
	buffer_release(&reader->document_text);
	buffer_release(&reader->group_text);
	buffer_release(&reader->other_text);
	buffer_release(&reader->schema.text);
	buffer_release(&reader->path);
	invoice_queue_release(&reader->queue);
	reader->port->release(reader->port->host, reader);
}

static void
init_buffers(XmlInvoice *reader)
{
	buffer_init(&reader->document_text, reader->port);
	buffer_init(&reader->group_text, reader->port);
	buffer_init(&reader->other_text, reader->port);
	buffer_init(&reader->schema.text, reader->port);
	buffer_init(&reader->path, reader->port);
	invoice_queue_init(&reader->queue, reader->port);
}

ContentReader *
xml_invoice_open(const Port *port, const InvoiceLimits *limits, const char *format,
				 int64_t *documents, const InvoiceSink *sink)
{
	XmlInvoice *reader = port->alloc(port->host, sizeof(XmlInvoice));
	XmlLimits xml_limits = {limits->depth < XML_MAX_DEPTH ? limits->depth : XML_MAX_DEPTH,
							limits->tag_bytes, limits->unknown_names, false};
	XmlHandler handler = {reader, on_start, on_end, on_text, on_another};

	if (reader == NULL)
		return NULL;
	memset(reader, 0, offsetof(XmlInvoice, values));
	reader->content = (ContentReader){push, finish, next, close_reader, {0}};
	reader->port = port;
	reader->sink = sink;
	reader->watch = sink->watch;
	reader->only = format == NULL ? -1 : xml_format_find(format);
	reader->documents = documents;
	reader->limits = *limits;
	init_buffers(reader);
	begin_file(reader);
	reader->xml = xml_reader_open(port, xml_paths_vocabulary(), &xml_limits, &handler);
	if (reader->xml == NULL)
	{
		port->release(port->host, reader);
		return NULL;
	}
	return &reader->content;
}
