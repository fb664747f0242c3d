/*
 * flat_records.c: one record into terms and groups of the document.
 *
 * The order within a record is: terms of the document, details of the line, the line, other groups.
 * A line goes out at once unless the layout has parts of lines; then it waits for the next one.
 */
#include "core/flat_state.h"

#include "core/flat_values.h"

#include <stdio.h>
#include <string.h>

/* Numbers and dates longer than this are no numbers and dates; texts are never copied. */
#define LONGEST_NUMBER 64

static PortStatus start_row(FlatReader *reader, const LayoutRecord *record, bool *first_row,
							bool *usable);
static PortStatus begin_document(FlatReader *reader);
static PortStatus read_fields(FlatReader *reader, const LayoutRecord *record, const char *bytes,
							  size_t length);
static PortStatus read_field(FlatReader *reader, const LayoutRecord *record,
							 const LayoutField *field, int column, const char *bytes,
							 size_t length);
static bool find_field(FlatReader *reader, const LayoutField *field, int column, const char *bytes,
					   size_t length, Slice *found);
static PortStatus fault_value(FlatReader *reader, const LayoutRecord *record,
							  const LayoutField *field, Slice found);
static PortStatus unknown_columns(FlatReader *reader, const LayoutRecord *record);
static void fill_constants(FlatReader *reader, const LayoutRecord *record);
static PortStatus set_terms(FlatReader *reader, const LayoutRecord *record, bool first_row);
static PortStatus emit_groups(FlatReader *reader, const LayoutRecord *record, bool first_row);
static PortStatus emit(FlatReader *reader, InvoiceGroupKind kind, int64_t source_line,
					   const Slice *values);
static PortStatus keep_line(FlatReader *reader, const LayoutRecord *record, bool first);
static void keep_line_value(FlatReader *reader, InvoiceTerm term, Slice value);
static PortStatus release_line(FlatReader *reader);

PortStatus
flat_read_record(FlatReader *reader, const LayoutRecord *record, const char *bytes, size_t length)
{
	int index = (int) (record - reader->layout->records);
	bool first_row = true, usable = true;
	PortStatus status = PORT_OK;

	reader->record_count[index]++;
	if (reader->trailer_seen)
		return flat_file_finding(reader, record, NULL, "FLAT-ORDER", "a record after the trailer");
	switch (record->role)
	{
		case LAYOUT_SKIP:
			return PORT_OK;
		case LAYOUT_HEADER:
			if (reader->records != 1)
				return flat_file_finding(reader, record, NULL, "FLAT-ORDER",
										 "a header record that is not the first");
			break;
		case LAYOUT_TRAILER:
			reader->trailer_seen = true;
			status = flat_end_document(reader);
			break;
		case LAYOUT_INVOICE:
			status = begin_document(reader);
			break;
		case LAYOUT_ROW:
			status = start_row(reader, record, &first_row, &usable);
			break;
		default:
			usable = flat_document_is_open(reader->document);
			if (!usable)
				return flat_file_finding(reader, record, NULL, "FLAT-ORDER",
										 "a record of an invoice before any invoice");
	}
	if (status != PORT_OK || !usable)
		return status;
	if (record->role == LAYOUT_LINE || record->role == LAYOUT_ROW)
	{
		if ((status = release_line(reader)) != PORT_OK)
			return status;
		flat_document_next_line(reader->document);
	}
	if (record->role == LAYOUT_LINE_PART && flat_document_lines(reader->document) == 0)
		return flat_file_finding(reader, record, NULL, "FLAT-ORDER",
								 "a record of a line before any line");
	reader->record_in_document[index] = true;
	if ((status = read_fields(reader, record, bytes, length)) != PORT_OK)
		return status;
	fill_constants(reader, record);
	if ((status = set_terms(reader, record, first_row)) != PORT_OK)
		return status;
	return emit_groups(reader, record, first_row);
}

PortStatus
flat_end_document(FlatReader *reader)
{
	const Layout *layout = reader->layout;
	PortStatus status;

	if (!flat_document_is_open(reader->document))
		return PORT_OK;
	if ((status = release_line(reader)) != PORT_OK)
		return status;
	for (int i = 0; i < layout->record_count; i++)
	{
		const LayoutRecord *record = &layout->records[i];
		char message[200];

		if (!record->required || reader->record_in_document[i] || record->role == LAYOUT_HEADER ||
			record->role == LAYOUT_TRAILER)
			continue;
		snprintf(message, sizeof(message), "the invoice has no \"%s\" record", record->name);
		if ((status = flat_document_finding(reader->document, reader->line, "FLAT-MISSING",
											flat_location(reader, record, NULL), message)) !=
			PORT_OK)
			return status;
	}
	/* the terms are readable until the next begin */
	if ((status = flat_document_end(reader->document)) != PORT_OK)
		return status;
	flat_controls_add_document(reader);
	return PORT_OK;
}

static PortStatus
begin_document(FlatReader *reader)
{
	PortStatus status = flat_end_document(reader);

	if (status != PORT_OK)
		return status;
	memset(reader->record_in_document, 0, (size_t) reader->layout->record_count * sizeof(bool));
	return flat_document_begin(reader->document, reader->line);
}

/* Rows belong together while their invoice number stays the same. */
static PortStatus
start_row(FlatReader *reader, const LayoutRecord *record, bool *first_row, bool *usable)
{
	int index = (int) (record - reader->layout->records);
	Slice number = {NULL, 0}, current;

	for (int i = 0; i < record->field_count; i++)
		if (record->fields[i].term == TERM_BT_1)
		{
			int column = reader->column_of[reader->first_field[index] + i];

			if (column >= 0 && column < reader->column_count)
				number = reader->columns[column];
		}
	if (number.length == 0)
	{
		*usable = false;
		return flat_file_finding(reader, record, NULL, "FLAT-ORDER",
								 "a row without an invoice number");
	}
	current = flat_document_value(reader->document, TERM_BT_1);
	*first_row = !flat_document_is_open(reader->document) || current.length != number.length ||
				 memcmp(current.bytes, number.bytes, number.length) != 0;
	return *first_row ? begin_document(reader) : PORT_OK;
}

static PortStatus
read_fields(FlatReader *reader, const LayoutRecord *record, const char *bytes, size_t length)
{
	const int *columns = reader->column_of + reader->first_field[record - reader->layout->records];
	size_t text_size = 0;
	PortStatus status;

	memset(reader->present, 0, sizeof(reader->present));
	buffer_reset(&reader->scratch);
	if (buffer_reserve(&reader->scratch,
					   (size_t) record->field_count * (LONGEST_NUMBER + FLAT_VALUE_GROWTH)) == NULL)
		return PORT_NO_MEMORY;
	if (reader->layout->kind == LAYOUT_FIXED)
	{
		for (int i = 0; i < record->field_count; i++)
			text_size += (size_t) record->fields[i].length * FLAT_MAX_GROWTH;
		buffer_reset(&reader->text);
		if (buffer_reserve(&reader->text, text_size) == NULL)
			return PORT_NO_MEMORY;
	}
	else if (reader->column_count < record->width ||
			 (reader->layout->header_row && reader->column_count != reader->header_count))
	{
		int want = reader->layout->header_row ? reader->header_count : record->width;

		if ((status = flat_file_finding(reader, record, NULL, "FLAT-COLUMNS",
										"%d columns where %d are described", reader->column_count,
										want)) != PORT_OK)
			return status;
	}
	/* whole groups: what another record type left there must not go out with this one */
	for (int kind = 0; kind < INVOICE_MODEL_GROUP_COUNT; kind++)
		if (record->groups[kind] || kind == INVOICE_LINE)
			memset(&reader->values[invoice_group_info[kind].first], 0,
				   (size_t) (invoice_group_info[kind].last - invoice_group_info[kind].first + 1) *
					   sizeof(Slice));
	for (int i = 0; i < record->field_count; i++)
		if (record->fields[i].constant == NULL &&
			(status = read_field(reader, record, &record->fields[i], columns[i], bytes, length)) !=
				PORT_OK)
			return status;
	return unknown_columns(reader, record);
}

static PortStatus
read_field(FlatReader *reader, const LayoutRecord *record, const LayoutField *field, int column,
		   const char *bytes, size_t length)
{
	Slice found, value;
	char *out = reader->scratch.bytes + reader->scratch.length;
	bool whole = find_field(reader, field, column, bytes, length, &found);
	bool good = (field->type == LAYOUT_TEXT || found.length <= LONGEST_NUMBER) &&
				flat_read_value(reader->layout, field, found, out, &value);
	PortStatus status = PORT_OK;

	if (!good)
		value = found;
	if (value.bytes == out)
		reader->scratch.length += value.length;
	if (!whole || (!good && !flat_document_is_open(reader->document)))
		status = flat_file_finding(reader, record, field, whole ? "FLAT-VALUE" : "FLAT-LENGTH",
								   whole ? "the value does not fit the field's type"
										 : "the record is cut within the field");
	else if (!good)
		status = fault_value(reader, record, field, found);
	else if (field->required && value.length == 0 && flat_document_is_open(reader->document))
		status = flat_document_finding(reader->document, reader->line, "FLAT-REQUIRED",
									   flat_location(reader, record, field),
									   "the field is required and empty");
	if (status != PORT_OK)
		return status;
	if (field->check != LAYOUT_NO_CHECK || record->role == LAYOUT_HEADER)
		status = flat_controls_check(reader, record, field, value);
	if (field->term != INVOICE_TERM_COUNT)
	{
		/* several fields may feed one term; the first that has a value wins */
		if (value.length > 0 && reader->values[field->term].length == 0)
			reader->values[field->term] = value;
		reader->present[invoice_term_info[field->term].group] |= value.length > 0;
	}
	else if (field->check == LAYOUT_NO_CHECK && value.length > 0 &&
			 flat_document_is_open(reader->document))
	{
		char path[128];
		int64_t line = flat_document_lines(reader->document);

		if (line > 0 && record->role != LAYOUT_PART)
			snprintf(path, sizeof(path), "%s[%lld].%s", record->name, (long long) line,
					 field->name);
		else
			snprintf(path, sizeof(path), "%s.%s", record->name, field->name);
		status = flat_document_extra(reader->document, reader->line, path, value);
	}
	return status;
}

/*
 * The trimmed bytes of a field, in UTF-8.  Blanks at the end of a fixed-width record may be
 * missing; false if that cuts a number in two.
 */
static bool
find_field(FlatReader *reader, const LayoutField *field, int column, const char *bytes,
		   size_t length, Slice *found)
{
	size_t start = (size_t) field->start, end = start + (size_t) field->length;
	bool whole = true;

	found->bytes = NULL;
	found->length = 0;
	if (reader->layout->kind == LAYOUT_DELIMITED)
	{
		if (column >= 0 && column < reader->column_count)
			*found = reader->columns[column];
		return true;
	}
	if (start >= length)
		return true;
	if (end > length)
	{
		end = length;
		whole = field->type == LAYOUT_TEXT;
	}
	*found = flat_trim(bytes + start, end - start);
	if (!flat_is_plain(found->bytes, found->length))
	{
		char *out = reader->text.bytes + reader->text.length;
		size_t wrong = 0;

		found->length =
			flat_to_utf8(reader->layout->charset, found->bytes, found->length, out, &wrong);
		found->bytes = out;
		reader->text.length += found->length;
		if (wrong > 0)
			(void) flat_file_finding(reader, NULL, field, "FLAT-ENCODING",
									 "%zu bytes are no text in the layout's character set", wrong);
	}
	return whole;
}

static PortStatus
fault_value(FlatReader *reader, const LayoutRecord *record, const LayoutField *field, Slice found)
{
	char message[160];
	int shown = found.length < 40 ? (int) found.length : 40;

	/* two fields of one place: said once */
	if (found.bytes == reader->last_fault && reader->line == reader->last_fault_line)
		return PORT_OK;
	reader->last_fault = found.bytes;
	reader->last_fault_line = reader->line;
	if (!flat_is_plain(found.bytes, (size_t) shown))
		shown = 0;
	if (field->type == LAYOUT_DATE)
		snprintf(message, sizeof(message), "\"%.*s\" is no date in the format %s", shown,
				 found.bytes, reader->layout->date_format);
	else
		snprintf(message, sizeof(message), "\"%.*s\" is no number of the field's type", shown,
				 found.bytes);
	return flat_document_finding(reader->document, reader->line, "FLAT-VALUE",
								 flat_location(reader, record, field), message);
}

/* Columns that the header row has and the layout does not are kept as they are. */
static PortStatus
unknown_columns(FlatReader *reader, const LayoutRecord *record)
{
	PortStatus status = PORT_OK;

	for (int c = 0; reader->header_seen && c < reader->column_count && c < reader->header_count;
		 c++)
	{
		char path[128];

		if (reader->column_known[c] || reader->columns[c].length == 0)
			continue;
		snprintf(path, sizeof(path), "%s[%lld].%s", record->name,
				 (long long) flat_document_lines(reader->document),
				 reader->header_names.bytes + reader->header_name[c]);
		if ((status = flat_document_extra(reader->document, reader->line, path,
										  reader->columns[c])) != PORT_OK)
			return status;
	}
	return status;
}

/* A constant fills its term where the group has something of its own; lines and documents always
 * do. */
static void
fill_constants(FlatReader *reader, const LayoutRecord *record)
{
	if (record->role == LAYOUT_LINE || record->role == LAYOUT_ROW)
		reader->present[INVOICE_LINE] = true;
	reader->present[INVOICE_DOCUMENT] = true;
	for (int i = 0; i < record->field_count; i++)
	{
		const LayoutField *field = &record->fields[i];

		if (field->constant != NULL && reader->values[field->term].length == 0 &&
			reader->present[invoice_term_info[field->term].group])
		{
			reader->values[field->term].bytes = field->constant;
			reader->values[field->term].length = strlen(field->constant);
		}
	}
}

static PortStatus
set_terms(FlatReader *reader, const LayoutRecord *record, bool first_row)
{
	for (int i = 0; i < record->field_count && record->groups[INVOICE_DOCUMENT]; i++)
	{
		const LayoutField *field = &record->fields[i];
		Slice value, kept;
		PortStatus status = PORT_OK;

		if (field->term == INVOICE_TERM_COUNT ||
			invoice_term_info[field->term].group != INVOICE_DOCUMENT)
			continue;
		value = reader->values[field->term];
		if (first_row)
		{
			if (value.length > 0)
				status = flat_document_set(reader->document, field->term, value);
		}
		else
		{
			kept = flat_document_value(reader->document, field->term);
			if (kept.length != value.length ||
				(kept.length > 0 && memcmp(kept.bytes, value.bytes, kept.length) != 0))
				status = flat_document_finding(reader->document, reader->line, "FLAT-DIFFERS",
											   flat_location(reader, record, field),
											   "the value differs from the invoice's first row");
		}
		if (status != PORT_OK)
			return status;
	}
	return PORT_OK;
}

static PortStatus
emit_groups(FlatReader *reader, const LayoutRecord *record, bool first_row)
{
	static const InvoiceGroupKind details[] = {INVOICE_LINE_ALLOWANCE, INVOICE_LINE_CHARGE,
											   INVOICE_CLASSIFICATION, INVOICE_ATTRIBUTE};
	PortStatus status = PORT_OK;

	for (size_t i = 0; i < sizeof(details) / sizeof(details[0]) && status == PORT_OK; i++)
		if (record->groups[details[i]] && reader->present[details[i]])
			status = emit(reader, details[i], reader->line, reader->values);
	if (status == PORT_OK && (record->role == LAYOUT_LINE || record->role == LAYOUT_ROW))
		status = reader->layout->has_line_parts
					 ? keep_line(reader, record, true)
					 : emit(reader, INVOICE_LINE, reader->line, reader->values);
	else if (status == PORT_OK && record->role == LAYOUT_LINE_PART)
		status = keep_line(reader, record, false);
	for (int kind = 0; kind < INVOICE_MODEL_GROUP_COUNT && first_row && status == PORT_OK; kind++)
	{
		bool done = kind == INVOICE_DOCUMENT || kind == INVOICE_LINE;

		for (size_t i = 0; i < sizeof(details) / sizeof(details[0]); i++)
			done |= kind == (int) details[i];
		if (!done && record->groups[kind] && reader->present[kind])
			status = emit(reader, (InvoiceGroupKind) kind, reader->line, reader->values);
	}
	return status;
}

static PortStatus
emit(FlatReader *reader, InvoiceGroupKind kind, int64_t source_line, const Slice *values)
{
	flat_controls_add(reader, kind, values);
	return flat_document_group(reader->document, kind, source_line, values);
}

/* The waiting line's values are offsets, because its buffer may move. */
static PortStatus
keep_line(FlatReader *reader, const LayoutRecord *record, bool first)
{
	if (first)
	{
		memset(reader->waiting, 0, sizeof(reader->waiting));
		buffer_reset(&reader->waiting_text);
		buffer_append_char(&reader->waiting_text, 0);
		reader->waiting_source_line = reader->line;
		reader->line_waits = true;
	}
	for (int i = 0; i < record->field_count; i++)
	{
		InvoiceTerm term = record->fields[i].term;

		if (term == INVOICE_TERM_COUNT || invoice_term_info[term].group != INVOICE_LINE ||
			reader->values[term].length == 0)
			continue;
		keep_line_value(reader, term, reader->values[term]);
	}
	return buffer_failed(&reader->waiting_text) ? PORT_NO_MEMORY : PORT_OK;
}

/* More of a text continues it; more of anything else replaces it. */
static void
keep_line_value(FlatReader *reader, InvoiceTerm term, Slice value)
{
	ByteBuffer *text = &reader->waiting_text;
	Slice *kept = &reader->waiting[term];
	size_t start = text->length;

	if (kept->length > 0 && invoice_term_info[term].type == TERM_TYPE_TEXT &&
		buffer_reserve(text, kept->length + value.length + 1) != NULL)
	{
		buffer_append(text, text->bytes + (uintptr_t) kept->bytes, kept->length);
		buffer_append_char(text, ' ');
	}
	buffer_append(text, value.bytes, value.length);
	kept->bytes = (const char *) (uintptr_t) start;
	kept->length = text->length - start;
}

static PortStatus
release_line(FlatReader *reader)
{
	Slice values[INVOICE_TERM_COUNT];

	if (!reader->line_waits)
		return PORT_OK;
	reader->line_waits = false;
	for (int term = TERM_BT_126; term <= (int) TERM_BT_159; term++)
	{
		values[term] = reader->waiting[term];
		if (values[term].length > 0)
			values[term].bytes = reader->waiting_text.bytes + (uintptr_t) values[term].bytes;
	}
	return emit(reader, INVOICE_LINE, reader->waiting_source_line, values);
}
