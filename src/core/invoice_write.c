/*
 * invoice_write.c: runs the steps of a format, escapes text, asks for mandatory content.
 *
 * Start tags are held back until something stands in the element, so an aggregate without content
 * is never written (Peppol forbids empty elements).  The buffer is handed out between elements,
 * when it holds WRITE_CHUNK bytes.
 */
#include "core/invoice_write.h"

#include <stdio.h>
#include <string.h>

#define WRITE_CHUNK (64 * 1024)

const WriteFormat *const invoice_write_formats[] = {
	&write_format_ubl,		&write_format_peppol,	 &write_format_selfbilling,
	&write_format_cius_ro,	&write_format_xrechnung, &write_format_cii,
	&write_format_finvoice, &write_format_ksef_fa3,	 NULL};

const InvoiceTerm write_needed_en16931[] = {
	TERM_BT_1,	 TERM_BT_2,	  TERM_BT_3,	 TERM_BT_5,	  TERM_BT_27,  TERM_BT_40,
	TERM_BT_44,	 TERM_BT_55,  TERM_BT_106,	 TERM_BT_109, TERM_BT_112, TERM_BT_115,
	TERM_BT_25,	 TERM_BT_84,  TERM_BT_92,	 TERM_BT_95,  TERM_BT_99,  TERM_BT_102,
	TERM_BT_116, TERM_BT_117, TERM_BT_118,	 TERM_BT_122, TERM_BT_126, TERM_BT_129,
	TERM_BT_130, TERM_BT_131, TERM_BT_146,	 TERM_BT_151, TERM_BT_153, TERM_BT_136,
	TERM_BT_141, TERM_BT_158, TERM_BT_158_1, TERM_BT_160, TERM_BT_161, INVOICE_TERM_COUNT};
const InvoiceGroupKind write_needed_kinds[] = {INVOICE_TAX, INVOICE_LINE, INVOICE_GROUP_COUNT};

const WriteFormat *
invoice_write_find(const char *name)
{
	for (int i = 0; invoice_write_formats[i] != NULL; i++)
		if (strcmp(invoice_write_formats[i]->name, name) == 0)
			return invoice_write_formats[i];
	return NULL;
}

/* -- faults --------------------------------------------------------------------------------------
 */

/* "BT-34-1 (seller electronic address scheme) of line 3" */
static void
term_label(const InvoiceWriter *writer, InvoiceTerm term, char *label, size_t room)
{
	const InvoiceTermInfo *info = &invoice_term_info[term];
	char name[16];
	char where[48] = "";
	size_t i;

	for (i = 0; info->key[i] != '\0' && i < sizeof(name) - 1; i++)
		name[i] = info->key[i] == '_' ? '-' : info->key[i];
	name[i] = '\0';
	name[0] = 'B';
	name[1] = 'T';
	if (invoice_is_line_kind(info->group))
		snprintf(where, sizeof(where), " of line %lld", (long long) writer->line_no);
	snprintf(label, room, "%s (%s)%s", name, info->text, where);
}

PortStatus
write_missing(InvoiceWriter *writer, InvoiceTerm term, const char *alternative)
{
	char label[160];

	term_label(writer, term, label, sizeof(label));
	return port_fault(&writer->fault, PORT_INVALID, "WRITE-MISSING", "%s%s%s is missing", label,
					  alternative != NULL ? " " : "", alternative != NULL ? alternative : "");
}

PortStatus
write_wrong(InvoiceWriter *writer, InvoiceTerm term, const char *why)
{
	char label[160];

	term_label(writer, term, label, sizeof(label));
	return port_fault(&writer->fault, PORT_INVALID, "WRITE-VALUE", "%s %s", label, why);
}

/* -- text ----------------------------------------------------------------------------------------
 */

enum
{
	PLAIN,
	ESCAPED,
	FORBIDDEN,
	PERHAPS /* first byte of U+F000 to U+FFFF, two of which are no characters */
};

static const uint8_t byte_class[256] = {
	FORBIDDEN, FORBIDDEN, FORBIDDEN,	   FORBIDDEN,		FORBIDDEN,		 FORBIDDEN,
	FORBIDDEN, FORBIDDEN, FORBIDDEN,	   PLAIN,			PLAIN,			 FORBIDDEN,
	FORBIDDEN, ESCAPED,	  FORBIDDEN,	   FORBIDDEN,		FORBIDDEN,		 FORBIDDEN,
	FORBIDDEN, FORBIDDEN, FORBIDDEN,	   FORBIDDEN,		FORBIDDEN,		 FORBIDDEN,
	FORBIDDEN, FORBIDDEN, FORBIDDEN,	   FORBIDDEN,		FORBIDDEN,		 FORBIDDEN,
	FORBIDDEN, FORBIDDEN, ['&'] = ESCAPED, ['<'] = ESCAPED, ['>'] = ESCAPED, [0xEF] = PERHAPS};

static void
forbidden_character(InvoiceWriter *writer, const unsigned char *at)
{
	unsigned code = *at;
	char why[80];

	if (code == 0xEF)
		code = 0xF000 | (unsigned) (at[1] & 0x3F) << 6 | (at[2] & 0x3F);
	snprintf(why, sizeof(why), "has the character U+%04X, which XML does not allow", code);
	write_wrong(writer, writer->term, why);
	snprintf(writer->fault.rule, sizeof(writer->fault.rule), "WRITE-CHARACTER");
}

/* True for U+FFFE and U+FFFF. */
static bool
is_noncharacter(const unsigned char *at, const unsigned char *end)
{
	return end - at >= 3 && at[1] == 0xBF && at[2] >= 0xBE;
}

static void
escape(InvoiceWriter *writer, Slice value, bool attribute)
{
	const unsigned char *at = (const unsigned char *) value.bytes, *start = at, *end;
	ByteBuffer *out = &writer->out;

	if (value.length == 0)
		return;
	end = at + value.length;
	for (; at < end; at++)
	{
		uint8_t class = byte_class[*at];
		const char *entity = NULL;

		if (class == PERHAPS && !is_noncharacter(at, end))
			continue;
		if (class == FORBIDDEN || class == PERHAPS)
		{
			forbidden_character(writer, at);
			return;
		}
		if (class == ESCAPED)
			entity = *at == '&' ? "&amp;" : *at == '<' ? "&lt;" : *at == '>' ? "&gt;" : "&#13;";
		else if (attribute && (*at == '"' || *at == '\n' || *at == '\t'))
			entity = *at == '"' ? "&quot;" : *at == '\n' ? "&#10;" : "&#9;";
		else
			continue;
		buffer_append(out, start, (size_t) (at - start));
		buffer_append_text(out, entity);
		start = at + 1;
	}
	buffer_append(out, start, (size_t) (end - start));
}

void
write_escaped(InvoiceWriter *writer, Slice value)
{
	escape(writer, value, false);
}

bool
write_value_is(const InvoiceWriter *writer, InvoiceTerm term, const char *text)
{
	Slice value = write_value(writer, term);

	return value.bytes != NULL && value.length == strlen(text) &&
		   memcmp(value.bytes, text, value.length) == 0;
}

void
write_set(InvoiceWriter *writer, InvoiceTerm term, const char *text)
{
	InvoiceGroupKind kind = invoice_term_info[term].group;
	InvoiceContent *content = invoice_is_line_kind(kind) ? &writer->line : &writer->content;
	Slice value = {text, text != NULL ? strlen(text) : 0};

	content->groups[kind].values[term - invoice_group_info[kind].first] = value;
}

void
write_default_base(InvoiceWriter *writer)
{
	if (writer->strict && write_has(writer, TERM_BT_150) && !write_has(writer, TERM_BT_149))
		write_set(writer, TERM_BT_149, "1");
}

PortStatus
write_copy(InvoiceWriter *writer, InvoiceTerm term, const char *text)
{
	bool of_line = invoice_is_line_kind(invoice_term_info[term].group);
	size_t size = strlen(text) + 1;
	char *copy = text_arena_alloc(of_line ? &writer->line_texts : &writer->texts, size);

	if (copy == NULL)
		return PORT_NO_MEMORY;
	memcpy(copy, text, size);
	write_set(writer, term, copy);
	return PORT_OK;
}

/* -- steps ---------------------------------------------------------------------------------------
 */

static void
append_tag(ByteBuffer *out, const char *before, size_t before_length, const WriteStep *step)
{
	char *at = buffer_reserve(out, before_length + step->name_length + 1u);

	if (at == NULL)
		return;
	memcpy(at, before, before_length);
	memcpy(at + before_length, step->name, step->name_length);
	at[before_length + step->name_length] = '>';
	out->length += before_length + step->name_length + 1u;
}

static void
write_open_tags(InvoiceWriter *writer)
{
	while (writer->written < writer->depth)
		append_tag(&writer->out, "<", 1, writer->open[writer->written++]);
}

static void
open_element(InvoiceWriter *writer, const WriteStep *step)
{
	/* tables are constant and no deeper than this */
	if (writer->depth == WRITE_MAX_DEPTH)
		port_fault(&writer->fault, PORT_INVALID, "WRITE-VALUE", "steps are nested too deep");
	else
		writer->open[writer->depth++] = step;
}

static void
close_element(InvoiceWriter *writer)
{
	const WriteStep *step = writer->open[--writer->depth];

	if (writer->written > writer->depth)
	{
		append_tag(&writer->out, "</", 2, step);
		writer->written--;
	}
}

static void
write_one_value(InvoiceWriter *writer, const WriteStep *step, Slice value, bool attribute)
{
	writer->term = (InvoiceTerm) step->term;
	if (step->convert != NULL)
		step->convert(writer, writer->term, value);
	else
		escape(writer, value, attribute);
}

static bool
is_in_tag(const WriteStep *step)
{
	return step->op == WRITE_ATTRIBUTE || step->op == WRITE_MARK;
}

static const WriteStep *
skip_tag(const WriteStep *step)
{
	while (is_in_tag(step + 1))
		step++;
	return step;
}

/* A scheme or unit is there, though what it is of is not; currencies are everywhere. */
static bool
has_attributes(const InvoiceWriter *writer, const WriteStep *step)
{
	for (; is_in_tag(step + 1); step++)
		if (step[1].op == WRITE_ATTRIBUTE && step[1].term != TERM_BT_5 &&
			step[1].term != TERM_BT_6 && write_has(writer, (InvoiceTerm) step[1].term))
			return true;
	return false;
}

/*
 * The element and the attributes that follow it in the table; returns the last step used.  A draft
 * keeps an attribute without a text; otherwise the text is missing.
 */
static const WriteStep *
write_text(InvoiceWriter *writer, const WriteStep *step)
{
	Slice value = write_value(writer, (InvoiceTerm) step->term);
	const WriteStep *element = step;
	ByteBuffer *out = &writer->out;

	if (value.length == 0)
	{
		if (!has_attributes(writer, step))
			return skip_tag(step);
		if (writer->strict)
		{
			write_missing(writer, (InvoiceTerm) step->term, NULL);
			return step;
		}
	}
	write_open_tags(writer);
	append_tag(out, "<", 1, element);
	for (; is_in_tag(step + 1); step++)
	{
		Slice text = {step[1].name, step[1].name_length};

		if (step[1].variants != 0 && (step[1].variants & writer->variant) == 0)
			continue;
		if (step[1].op == WRITE_ATTRIBUTE)
			text = write_value(writer, (InvoiceTerm) step[1].term);
		if (text.length == 0 || buffer_failed(out))
			continue;
		out->length--; /* the bracket */
		buffer_append_char(out, ' ');
		buffer_append(out, step[1].name, step[1].name_length);
		if (step[1].op == WRITE_ATTRIBUTE)
		{
			buffer_append(out, "=\"", 2);
			write_one_value(writer, step + 1, text, true);
			buffer_append_char(out, '"');
		}
		buffer_append_char(out, '>');
	}
	write_one_value(writer, element, value, false);
	append_tag(out, "</", 2, element);
	return step;
}

/* The step that ends what this one opens. */
static const WriteStep *
skip_element(const WriteStep *step)
{
	int depth = 0;

	for (;; step++)
	{
		if (step->op == WRITE_OPEN || step->op == WRITE_OPEN_IF || step->op == WRITE_EACH)
			depth++;
		else if (step->op == WRITE_END && --depth == 0)
			return step;
	}
}

static const WriteStep *write_each(InvoiceWriter *writer, const WriteStep *step);

/* Up to the end of the table or of the element that the steps stand in; returns that step. */
static const WriteStep *
run_steps(InvoiceWriter *writer, const WriteStep *step)
{
	int depth = writer->depth;

	for (; step->op != WRITE_STEPS_END && writer->fault.status == PORT_OK; step++)
	{
		bool left_out = step->variants != 0 && (step->variants & writer->variant) == 0;

		switch (step->op)
		{
			case WRITE_OPEN:
			case WRITE_OPEN_IF:
				if (left_out || (step->op == WRITE_OPEN_IF && !step->test(writer)))
				{
					step = skip_element(step);
					break;
				}
				open_element(writer, step);
				if (step->op == WRITE_OPEN_IF)
					write_open_tags(writer);
				break;
			case WRITE_EACH:
				step = left_out ? skip_element(step) : write_each(writer, step);
				break;
			case WRITE_TEXT:
				step = left_out ? skip_tag(step) : write_text(writer, step);
				break;
			case WRITE_VALUE:
				write_one_value(writer, step, write_value(writer, (InvoiceTerm) step->term), false);
				break;
			case WRITE_FIXED:
				if (!left_out && writer->written == writer->depth)
					buffer_append(&writer->out, step->name, step->name_length);
				break;
			case WRITE_CALL:
				if (!left_out)
					step->call(writer);
				break;
			case WRITE_END:
				if (writer->depth == depth)
					return step;
				close_element(writer);
				break;
			case WRITE_ATTRIBUTE:
			case WRITE_MARK:
			case WRITE_STEPS_END:
				break;
		}
	}
	return step;
}

static const WriteStep *
write_each(InvoiceWriter *writer, const WriteStep *step)
{
	InvoiceGroupKind kind = (InvoiceGroupKind) step->kind;
	const InvoiceContent *content = invoice_is_line_kind(kind) ? &writer->line : &writer->content;
	const Slice *before = writer->rows[kind];

	for (size_t row = 0; row < content->groups[kind].count && writer->fault.status == PORT_OK;
		 row++)
	{
		writer->rows[kind] = invoice_content_row(content, kind, row);
		open_element(writer, step);
		write_open_tags(writer);
		run_steps(writer, step + 1);
		close_element(writer);
	}
	writer->rows[kind] = before;
	return skip_element(step);
}

void
write_steps(InvoiceWriter *writer, const WriteStep *steps)
{
	run_steps(writer, steps);
}

void
write_steps_with(InvoiceWriter *writer, InvoiceGroupKind kind, const Slice *row,
				 const WriteStep *steps)
{
	const Slice *before = writer->rows[kind];

	writer->rows[kind] = row;
	run_steps(writer, steps);
	writer->rows[kind] = before;
}

/* -- the writer ----------------------------------------------------------------------------------
 */

InvoiceWriter *
invoice_writer_open(const Port *port, const WriteFormat *format, bool strict, WriteOutput output,
					void *state)
{
	InvoiceWriter *writer = port->alloc(port->host, sizeof(*writer));

	if (writer == NULL)
		return NULL;
	memset(writer, 0, sizeof(*writer));
	writer->port = port;
	writer->format = format;
	writer->strict = strict;
	writer->output = output;
	writer->output_state = state;
	writer->fault.position = -1;
	invoice_content_init(&writer->content, port);
	invoice_content_init(&writer->line, port);
	buffer_init(&writer->out, port);
	buffer_init(&writer->encoded, port);
	text_arena_init(&writer->texts, port);
	text_arena_init(&writer->line_texts, port);
	return writer;
}

const PortFault *
invoice_writer_fault(const InvoiceWriter *writer)
{
	return &writer->fault;
}

void
invoice_writer_close(InvoiceWriter *writer)
{
	invoice_content_release(&writer->content);
	invoice_content_release(&writer->line);
	buffer_release(&writer->out);
	buffer_release(&writer->encoded);
	text_arena_release(&writer->texts);
	text_arena_release(&writer->line_texts);
	writer->port->release(writer->port->host, writer);
}

static bool
copy_rows(InvoiceContent *to, const InvoiceContent *from)
{
	invoice_content_clear(to);
	for (int kind = 0; kind < INVOICE_MODEL_GROUP_COUNT; kind++)
		for (size_t row = 0; row < from->groups[kind].count; row++)
		{
			Slice *copy = invoice_content_add(to, (InvoiceGroupKind) kind);

			if (copy == NULL)
				return false;
			memcpy(copy, invoice_content_row(from, (InvoiceGroupKind) kind, row),
				   sizeof(Slice) * (size_t) invoice_group_size((InvoiceGroupKind) kind));
		}
	return true;
}

static PortStatus
check_term(InvoiceWriter *writer, const InvoiceContent *content, InvoiceTerm term)
{
	InvoiceGroupKind kind = invoice_term_info[term].group;

	for (size_t row = 0; row < content->groups[kind].count; row++)
		if (invoice_content_row(content, kind, row)[term - invoice_group_info[kind].first].length ==
			0)
			return write_missing(writer, term, NULL);
	return PORT_OK;
}

static PortStatus
check_terms(InvoiceWriter *writer, const InvoiceContent *content, bool line,
			const InvoiceTerm *term)
{
	for (; writer->strict && term != NULL && *term != INVOICE_TERM_COUNT; term++)
		if (invoice_is_line_kind(invoice_term_info[*term].group) == line &&
			check_term(writer, content, *term) != PORT_OK)
			break;
	return writer->fault.status;
}

static PortStatus
check_needed(InvoiceWriter *writer, const InvoiceContent *content, bool line)
{
	PortStatus status = check_terms(writer, content, line, writer->format->needed);

	return status == PORT_OK ? check_terms(writer, content, line, writer->format->needed_too)
							 : status;
}

static PortStatus
check_kinds(InvoiceWriter *writer, bool line)
{
	const InvoiceGroupKind *kind = writer->format->needed_kinds;

	for (; writer->strict && kind != NULL && *kind != INVOICE_GROUP_COUNT; kind++)
		if (invoice_is_line_kind(*kind) == line &&
			(line ? writer->line_no : (int64_t) writer->content.groups[*kind].count) == 0)
			return port_fault(&writer->fault, PORT_INVALID, "WRITE-MISSING", "%s is missing",
							  *kind == INVOICE_LINE	 ? "BG-25 (invoice line)"
							  : *kind == INVOICE_TAX ? "BG-23 (VAT breakdown)"
													 : invoice_group_info[*kind].key);
	return PORT_OK;
}

static PortStatus
hand_out(InvoiceWriter *writer, size_t enough)
{
	PortStatus status = writer->fault.status;

	if (status == PORT_OK && buffer_failed(&writer->out))
		status = PORT_NO_MEMORY;
	if (status == PORT_OK && writer->out.length >= enough)
	{
		const ByteBuffer *bytes = &writer->out;

		if (writer->format->encode != NULL)
		{
			buffer_reset(&writer->encoded);
			writer->format->encode(&writer->encoded, writer->out.bytes, writer->out.length);
			bytes = &writer->encoded;
		}
		status = buffer_failed(bytes)
					 ? PORT_NO_MEMORY
					 : writer->output(writer->output_state, bytes->bytes, bytes->length);
		buffer_reset(&writer->out);
	}
	return status;
}

PortStatus
invoice_writer_begin(InvoiceWriter *writer, const InvoiceContent *document)
{
	PortStatus status;

	buffer_reset(&writer->out);
	text_arena_reset(&writer->texts);
	memset(&writer->fault, 0, sizeof(writer->fault));
	writer->fault.position = -1;
	memset(writer->rows, 0, sizeof(writer->rows));
	writer->depth = writer->written = 0;
	writer->line_no = 0;
	writer->variant = 0;
	if (!copy_rows(&writer->content, document))
		return PORT_NO_MEMORY;
	if (writer->content.groups[INVOICE_DOCUMENT].count == 0 &&
		invoice_content_add(&writer->content, INVOICE_DOCUMENT) == NULL)
		return PORT_NO_MEMORY;
	writer->rows[INVOICE_DOCUMENT] = writer->content.groups[INVOICE_DOCUMENT].values;
	if (writer->format->prepare != NULL && (status = writer->format->prepare(writer)) != PORT_OK)
		return status;
	if (check_needed(writer, &writer->content, false) != PORT_OK ||
		check_kinds(writer, false) != PORT_OK)
		return writer->fault.status;
	run_steps(writer, writer->format->before);
	return hand_out(writer, WRITE_CHUNK);
}

PortStatus
invoice_writer_line(InvoiceWriter *writer, const InvoiceContent *line)
{
	PortStatus status;

	writer->line_no++;
	text_arena_reset(&writer->line_texts);
	if (writer->port->interrupted(writer->port->host))
		return PORT_INTERRUPTED;
	if (!copy_rows(&writer->line, line))
		return PORT_NO_MEMORY;
	if (writer->line.groups[INVOICE_LINE].count == 0 &&
		invoice_content_add(&writer->line, INVOICE_LINE) == NULL)
		return PORT_NO_MEMORY;
	writer->rows[INVOICE_LINE] = writer->line.groups[INVOICE_LINE].values;
	if (writer->format->prepare_line != NULL &&
		(status = writer->format->prepare_line(writer)) != PORT_OK)
		return status;
	if (check_needed(writer, &writer->line, true) != PORT_OK)
		return writer->fault.status;
	run_steps(writer, writer->format->line);
	writer->rows[INVOICE_LINE] = NULL;
	return hand_out(writer, WRITE_CHUNK);
}

PortStatus
invoice_writer_end(InvoiceWriter *writer)
{
	if (check_kinds(writer, true) != PORT_OK)
		return writer->fault.status;
	run_steps(writer, writer->format->after);
	return hand_out(writer, 1);
}
