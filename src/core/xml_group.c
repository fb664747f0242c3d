/*
 * xml_group.c: values and groups of the invoice at hand, for the reader and the formats' close
 * functions.
 */
#include "core/xml_state.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static ByteBuffer *
text_of(XmlInvoice *reader, int term)
{
	return xml_group_of(term) == INVOICE_DOCUMENT ? &reader->document_text : &reader->group_text;
}

static bool
same_text(Slice a, Slice b)
{
	return a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0;
}

Slice
xml_value(const XmlInvoice *reader, int term)
{
	const XmlValue *value = &reader->values[term];
	const ByteBuffer *text = text_of((XmlInvoice *) (uintptr_t) reader, term);
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

bool
xml_value_is(const XmlInvoice *reader, int term, const char *text)
{
	Slice value = xml_value(reader, term);

	return value.bytes != NULL && value.length == strlen(text) &&
		   strncasecmp(value.bytes, text, value.length) == 0;
}

void
xml_set(XmlInvoice *reader, int term, Slice value)
{
	ByteBuffer *text = text_of(reader, term);
	XmlValue out = {(uint32_t) text->length, (uint32_t) value.length,
					(uint32_t) xml_reader_line(reader->xml), true};
	bool own = value.length > 0 && text->length > 0 && value.bytes >= text->bytes &&
			   value.bytes < text->bytes + text->length;
	size_t offset = own ? (size_t) (value.bytes - text->bytes) : 0;

	/* reserving may move the buffer, and with it the value if it stands there */
	if (buffer_reserve(text, value.length) != NULL)
		buffer_append(text, own ? text->bytes + offset : value.bytes, value.length);
	reader->values[term] = out;
}

void
xml_clear(XmlInvoice *reader, int term)
{
	reader->values[term].present = false;
}

void
xml_clear_group(XmlInvoice *reader, int kind)
{
	if (kind == INVOICE_XML_SCRATCH)
		memset(&reader->values[TERM_XML_SCRATCH], 0, sizeof(XmlValue) * XML_SCRATCH_TERMS);
	else
	{
		const InvoiceGroupInfo *info = &invoice_group_info[kind];

		memset(&reader->values[info->first], 0, sizeof(XmlValue) * (info->last - info->first + 1));
	}
}

/* -- what has no place ----------------------------------------------------------------------- */

/* /cac:TaxTotal/cbc:TaxAmount, from the document element down */
void
xml_node_path(const XmlInvoice *reader, uint16_t node, ByteBuffer *out)
{
	const XmlNode *at = &reader->paths->nodes[node];
	const char *prefix;

	if (node <= XML_ROOT_NODE)
		return;
	xml_node_path(reader, at->parent, out);
	prefix = xml_paths_prefix(reader->paths, node);
	buffer_append_char(out, '/');
	if (*prefix != '\0')
	{
		buffer_append_text(out, prefix);
		buffer_append_char(out, ':');
	}
	buffer_append_text(out, at->name);
}

/* Leaves the path of a known node, ended with a NUL, in reader->path behind what stands there. */
static const char *
known_path(XmlInvoice *reader, uint16_t node, const char *below)
{
	ByteBuffer *path = &reader->path;

	path->length = reader->path_lengths[reader->document_depth];
	xml_node_path(reader, node, path);
	if (below != NULL)
		buffer_append_text(path, below);
	buffer_append_char(path, '\0');
	return buffer_failed(path) ? "" : path->bytes;
}

void
xml_extra(XmlInvoice *reader, const XmlOpenGroup *group, const char *below, Slice value)
{
	if (value.length > 0)
		invoice_queue_extra(&reader->queue, &group->place, known_path(reader, group->node, below),
							value);
}

void
xml_extra_term(XmlInvoice *reader, const XmlOpenGroup *group, int term, const char *below)
{
	xml_extra(reader, group, below, xml_value(reader, term));
}

void
xml_fault(XmlInvoice *reader, FindingSeverity severity, const char *rule, const XmlOpenGroup *group,
		  const char *below, const char *message, Slice value)
{
	char location[256], text[256];
	Finding finding = {severity, group->place, rule, location, text};

	snprintf(location, sizeof(location), "%.200s, line %lld",
			 known_path(reader, group->node, below), (long long) xml_reader_line(reader->xml));
	snprintf(text, sizeof(text), "%s: \"%.*s\"", message, slice_shown(value, 60),
			 value.bytes ? value.bytes : "");
	invoice_queue_finding(&reader->queue, &finding);
}

XmlOpenGroup
xml_here(XmlInvoice *reader)
{
	XmlOpenGroup group = {.node = reader->nodes[reader->depth], .place = reader->place};

	if (reader->group_count > 0)
		group.place = reader->groups[reader->group_count - 1].place;
	group.place.line_no = xml_reader_line(reader->xml);
	return group;
}

void
xml_fault_here(XmlInvoice *reader, FindingSeverity severity, const char *rule, const char *message,
			   Slice value)
{
	XmlOpenGroup group = xml_here(reader);

	xml_fault(reader, severity, rule, &group, NULL, message, value);
}

void
xml_note_repeated(XmlInvoice *reader, int term, Slice value)
{
	XmlOpenGroup group = xml_here(reader);

	if (!same_text(value, xml_value(reader, term)))
		xml_extra(reader, &group, NULL, value);
}

/* -- from term to term ------------------------------------------------------------------------ */

void
xml_move(XmlInvoice *reader, int from, int to)
{
	ByteBuffer *source = text_of(reader, from), *target = text_of(reader, to);
	XmlValue value = reader->values[from];

	if (!value.present)
		return;
	if (reader->values[to].present)
	{
		xml_note_repeated(reader, to, xml_value(reader, from));
		return;
	}
	if (source != target)
	{
		uint32_t offset = (uint32_t) target->length;

		/* an empty value may come from a buffer that has no bytes yet */
		if (value.length > 0)
			buffer_append(target, source->bytes + value.offset, value.length);
		value.offset = offset;
	}
	reader->values[to] = value;
}

void
xml_negate(XmlInvoice *reader, int term)
{
	ByteBuffer *text = text_of(reader, term);
	XmlValue *value = &reader->values[term];
	Slice old = xml_value(reader, term);
	size_t digits = 0, zeros = 0, start;

	for (size_t i = 0; i < old.length; i++)
	{
		digits += old.bytes[i] >= '0' && old.bytes[i] <= '9';
		zeros += old.bytes[i] == '0';
	}
	if (digits == zeros)
		return;
	if (old.bytes[0] == '-' || old.bytes[0] == '+')
	{
		bool plus = old.bytes[0] == '+';

		if (plus)
			text->bytes[value->offset] = '-';
		value->offset += plus ? 0 : 1;
		value->length -= plus ? 0 : 1;
		return;
	}
	/* at the end of the buffer, as a group may stand around it that cuts its texts off */
	start = text->length;
	if (buffer_reserve(text, old.length + 1) == NULL)
		return;
	buffer_append_char(text, '-');
	buffer_append(text, text->bytes + value->offset, value->length);
	value->offset = (uint32_t) start;
	value->length++;
}

/* -- groups ----------------------------------------------------------------------------------- */

/* Fills slices with the values of a kind; the group may go out as another kind of the same shape.
 */
void
xml_collect(const XmlInvoice *reader, int kind, Slice *slices, uint32_t *lines)
{
	const InvoiceGroupInfo *info = &invoice_group_info[kind];

	for (int term = (int) info->first; term <= (int) info->last; term++)
	{
		slices[term - (int) info->first] = xml_value(reader, term);
		lines[term - (int) info->first] = reader->values[term].line;
	}
}

void
xml_emit(XmlInvoice *reader, const XmlOpenGroup *group, InvoiceGroupKind kind)
{
	Slice slices[INVOICE_TERM_COUNT];
	uint32_t lines[INVOICE_TERM_COUNT];
	InvoiceGroup out = {kind, group->place, group->parent_no, slices, lines};

	/* what is read only to decide about other values has done its work */
	if (invoice_is_fact(kind))
		return;
	xml_collect(reader, group->kind, slices, lines);
	invoice_queue_group(&reader->queue, &out);
}

bool
xml_close_emit(XmlInvoice *reader, const XmlOpenGroup *group)
{
	xml_emit(reader, group, (InvoiceGroupKind) group->kind);
	return true;
}

void
xml_count_group(XmlInvoice *reader, XmlOpenGroup *group, InvoiceGroupKind kind)
{
	group->place.group_no = ++reader->ordinals[kind];
}
