/*
 * flat_reader.c: from bytes to records; records are flat_records.c, control totals flat_controls.c.
 *
 * Whole records in the pushed bytes are read where they stand; only one that straddles two pushes
 * is copied together.  Records of plain ASCII, the usual case, are not converted either.
 */
#include "core/flat_state.h"

#include "core/flat_values.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define INTERRUPT_EVERY 256 /* records */

static PortStatus push_bytes(InvoiceReader *base, const char *bytes, size_t length);
static PortStatus finish(InvoiceReader *base);
static void close_reader(InvoiceReader *base);
static PortStatus take_record(FlatReader *reader, const char *bytes, size_t length);
static PortStatus take_text(FlatReader *reader, const char *bytes, size_t length);
static PortStatus split_record(FlatReader *reader, char *bytes, size_t length);
static PortStatus read_header_row(FlatReader *reader);
static const LayoutRecord *recognise(FlatReader *reader, const char *bytes, size_t length);
static PortStatus fail(FlatReader *reader, PortStatus status, const char *rule, const char *format,
					   ...) __attribute__((format(printf, 4, 5)));

InvoiceReader *
flat_reader_open(const Port *port, const Layout *layout, const InvoiceSink *sink)
{
	FlatReader *reader = port->alloc(port->host, sizeof(FlatReader));
	int fields = 0;
	size_t record_count = (size_t) layout->record_count;

	if (reader == NULL)
		return NULL;
	memset(reader, 0, sizeof(*reader));
	reader->reader.push = push_bytes;
	reader->reader.finish = finish;
	reader->reader.close = close_reader;
	reader->reader.fault.position = -1;
	reader->port = port;
	reader->layout = layout;
	reader->sink = sink;
	reader->next_line = 1;
	buffer_init(&reader->carry, port);
	buffer_init(&reader->text, port);
	buffer_init(&reader->scratch, port);
	buffer_init(&reader->header_names, port);
	buffer_init(&reader->waiting_text, port);
	buffer_init(&reader->saved, port);
	for (int i = 0; i < layout->record_count; i++)
		fields += layout->records[i].field_count;
	reader->document =
		flat_document_open(port, sink, layout->name, layout->derive, layout->currency);
	reader->columns = port_alloc_array(port, LAYOUT_MAX_COLUMNS, sizeof(Slice));
	reader->column_known = port_alloc_array(port, LAYOUT_MAX_COLUMNS, sizeof(bool));
	reader->header_name = port_alloc_array(port, LAYOUT_MAX_COLUMNS, sizeof(size_t));
	reader->column_of = port_alloc_array(port, (size_t) fields, sizeof(int));
	reader->first_field = port_alloc_array(port, record_count, sizeof(int));
	reader->record_count = port_alloc_array(port, record_count, sizeof(int64_t));
	reader->record_in_document = port_alloc_array(port, record_count, sizeof(bool));
	if (reader->document == NULL || reader->columns == NULL || reader->column_known == NULL ||
		reader->header_name == NULL || reader->column_of == NULL || reader->first_field == NULL ||
		reader->record_count == NULL || reader->record_in_document == NULL ||
		flat_controls_open(reader) != PORT_OK)
		return NULL;
	memset(reader->record_count, 0, record_count * sizeof(int64_t));
	memset(reader->record_in_document, 0, record_count * sizeof(bool));
	fields = 0;
	for (int i = 0; i < layout->record_count; i++)
	{
		reader->first_field[i] = fields;
		for (int k = 0; k < layout->records[i].field_count; k++)
			reader->column_of[fields++] = layout->records[i].fields[k].column;
	}
	return &reader->reader;
}

static PortStatus
push_bytes(InvoiceReader *base, const char *bytes, size_t length)
{
	FlatReader *reader = (FlatReader *) base;
	char quote = reader->layout->kind == LAYOUT_DELIMITED ? reader->layout->quote : 0;
	char delimiter = reader->layout->delimiter;
	PortStatus status = PORT_OK;

	if (reader->failed)
		return reader->reader.fault.status;
	while (length > 0 && status == PORT_OK)
	{
		size_t record_length;

		if (reader->carry.length > 0)
		{
			/* the rest of a record that began earlier: append up to the next line feed only */
			const char *feed = memchr(bytes, '\n', length);
			size_t take = feed != NULL ? (size_t) (feed - bytes) + 1 : length;

			buffer_append(&reader->carry, bytes, take);
			if (buffer_failed(&reader->carry))
				return PORT_NO_MEMORY;
			bytes += take;
			length -= take;
			record_length = flat_find_record_end(&reader->scan, delimiter, quote,
												 reader->carry.bytes, reader->carry.length);
			if (record_length > 0)
			{
				status = take_record(reader, reader->carry.bytes, record_length);
				buffer_reset(&reader->carry);
			}
		}
		else
		{
			record_length = flat_find_record_end(&reader->scan, delimiter, quote, bytes, length);
			if (record_length > 0)
				status = take_record(reader, bytes, record_length);
			else
			{
				buffer_append(&reader->carry, bytes, length);
				record_length = length;
				if (buffer_failed(&reader->carry))
					return PORT_NO_MEMORY;
			}
			bytes += record_length;
			length -= record_length;
		}
		if (reader->carry.length > FLAT_RECORD_LIMIT)
			return fail(reader, PORT_TOO_LARGE, "FLAT-LENGTH",
						"the record that starts in line %lld is longer than %d bytes",
						(long long) reader->next_line, FLAT_RECORD_LIMIT);
	}
	return status;
}

static PortStatus
finish(InvoiceReader *base)
{
	FlatReader *reader = (FlatReader *) base;
	PortStatus status = PORT_OK;

	if (reader->failed)
		return reader->reader.fault.status;
	if (reader->carry.length > 0)
		status = take_record(reader, reader->carry.bytes, reader->carry.length);
	buffer_reset(&reader->carry);
	if (status == PORT_OK)
		status = flat_end_document(reader);
	for (int i = 0; i < reader->layout->record_count && status == PORT_OK; i++)
	{
		const LayoutRecord *record = &reader->layout->records[i];

		if (record->required && reader->record_count[i] == 0 &&
			(record->role == LAYOUT_HEADER || record->role == LAYOUT_TRAILER))
			status = flat_file_finding(
				reader, record, NULL, "FLAT-MISSING", "the file has no \"%s\" record%s",
				record->name, record->role == LAYOUT_TRAILER ? "; it may have been cut" : "");
	}
	if (status == PORT_OK && reader->layout->header_row && !reader->header_seen)
		status = fail(reader, PORT_INVALID, "FLAT-COLUMNS", "the file has no header row");
	return status;
}

static void
close_reader(InvoiceReader *base)
{
	/* everything is the arena's */
	(void) base;
}

/* A record with its line end; blank ones and the end mark of old hosts are passed over. */
static PortStatus
take_record(FlatReader *reader, const char *bytes, size_t length)
{
	bool first = !reader->any_bytes;

	reader->any_bytes = true;
	reader->line = reader->next_line;
	for (const char *at = bytes; (at = memchr(at, '\n', length - (size_t) (at - bytes))) != NULL;)
	{
		reader->next_line++;
		at++;
	}
	memset(&reader->scan, 0, sizeof(reader->scan));
	if (first && length >= 2 &&
		(memcmp(bytes, "\xFF\xFE", 2) == 0 || memcmp(bytes, "\xFE\xFF", 2) == 0))
		return fail(reader, PORT_INVALID, "FLAT-ENCODING",
					"the file is UTF-16; the layout's character set is another");
	if (first && length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
	{
		bytes += 3;
		length -= 3;
	}
	if (length > 0 && bytes[length - 1] == '\n')
		length--;
	if (length > 0 && bytes[length - 1] == '\r')
		length--;
	if (length == 0 || (length == 1 && bytes[0] == 0x1A))
		return PORT_OK;
	if (reader->records % INTERRUPT_EVERY == 0 && reader->port->interrupted(reader->port->host))
		return PORT_INTERRUPTED;
	return take_text(reader, bytes, length);
}

/* Fixed-width records are cut by bytes first and converted field by field; delimited ones at once.
 */
static PortStatus
take_text(FlatReader *reader, const char *bytes, size_t length)
{
	const Layout *layout = reader->layout;
	const LayoutRecord *record;

	if (layout->kind == LAYOUT_DELIMITED)
	{
		bool plain = flat_is_plain(bytes, length);
		size_t wrong = 0;
		char *copy = (char *) bytes;
		PortStatus status;

		if (!plain || (layout->quote != 0 && memchr(bytes, layout->quote, length) != NULL))
		{
			buffer_reset(&reader->text);
			copy = buffer_reserve(&reader->text, length * FLAT_MAX_GROWTH);
			if (copy == NULL)
				return PORT_NO_MEMORY;
			if (plain)
				memcpy(copy, bytes, length);
			else
				length = flat_to_utf8(layout->charset, bytes, length, copy, &wrong);
		}
		if (wrong > 0 &&
			(status = flat_file_finding(reader, NULL, NULL, "FLAT-ENCODING",
										"%zu bytes are no text in the layout's character set",
										wrong)) != PORT_OK)
			return status;
		if ((status = split_record(reader, copy, length)) != PORT_OK || reader->column_count == 0)
			return status;
		if (layout->header_row && !reader->header_seen)
			return read_header_row(reader);
		bytes = copy;
	}
	reader->records++;
	record = recognise(reader, bytes, length);
	if (record == NULL)
		return flat_file_finding(reader, NULL, NULL, "FLAT-RECORD",
								 "the layout describes no record that starts with \"%.*s\"",
								 (int) (length < 12 ? length : 12),
								 flat_is_plain(bytes, length < 12 ? length : 12) ? bytes : "?");
	return flat_read_record(reader, record, bytes, length);
}

/* column_count 0: the record cannot be split, and a finding says so. */
static PortStatus
split_record(FlatReader *reader, char *bytes, size_t length)
{
	int count = flat_split_columns(reader->layout->delimiter, reader->layout->quote, bytes, length,
								   reader->columns, LAYOUT_MAX_COLUMNS);

	reader->column_count = count < 0 ? 0 : count;
	if (count == FLAT_QUOTE_MISPLACED)
		return flat_file_finding(reader, NULL, NULL, "FLAT-QUOTE", "quotes do not pair");
	if (count == FLAT_TOO_MANY_COLUMNS)
		return flat_file_finding(reader, NULL, NULL, "FLAT-COLUMNS", "more than %d columns",
								 LAYOUT_MAX_COLUMNS);
	return PORT_OK;
}

static PortStatus
read_header_row(FlatReader *reader)
{
	const Layout *layout = reader->layout;

	reader->header_seen = true;
	reader->header_count = reader->column_count;
	memset(reader->column_known, 0, LAYOUT_MAX_COLUMNS * sizeof(bool));
	for (int i = 0; i < layout->record_count; i++)
		for (int k = 0; k < layout->records[i].field_count; k++)
		{
			const LayoutField *field = &layout->records[i].fields[k];
			int *column = &reader->column_of[reader->first_field[i] + k];

			for (int c = 0; field->column_name != NULL && c < reader->column_count; c++)
				if (reader->columns[c].length == strlen(field->column_name) &&
					memcmp(reader->columns[c].bytes, field->column_name,
						   reader->columns[c].length) == 0)
					*column = c;
			if (field->column_name != NULL && *column < 0)
				return fail(reader, PORT_INVALID, "FLAT-COLUMNS",
							"the header row has no column \"%s\"", field->column_name);
			if (*column >= 0)
				reader->column_known[*column] = true;
		}
	for (int c = 0; c < reader->column_count; c++)
	{
		reader->header_name[c] = reader->header_names.length;
		buffer_append(&reader->header_names, reader->columns[c].bytes, reader->columns[c].length);
		buffer_append_char(&reader->header_names, 0);
	}
	return buffer_failed(&reader->header_names) ? PORT_NO_MEMORY : PORT_OK;
}

static const LayoutRecord *
recognise(FlatReader *reader, const char *bytes, size_t length)
{
	const Layout *layout = reader->layout;

	for (int i = 0; i < layout->record_count; i++)
	{
		const LayoutRecord *record = &layout->records[i];
		size_t start = (size_t) record->match_start;

		if (record->match_value == NULL)
			return record;
		if (layout->kind == LAYOUT_FIXED)
		{
			if (start + record->match_length <= length &&
				memcmp(bytes + start, record->match_value, record->match_length) == 0)
				return record;
		}
		else if (record->match_start < reader->column_count &&
				 reader->columns[start].length == record->match_length &&
				 memcmp(reader->columns[start].bytes, record->match_value, record->match_length) ==
					 0)
			return record;
	}
	return NULL;
}

PortStatus
flat_file_finding(FlatReader *reader, const LayoutRecord *record, const LayoutField *field,
				  const char *rule, const char *format, ...)
{
	char message[256];
	Finding finding = {FINDING_FATAL, {0, reader->line, 0}, rule, NULL, message};
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	finding.location = flat_location(reader, record, field);
	return reader->sink->finding == NULL ? PORT_OK
										 : reader->sink->finding(reader->sink->state, &finding);
}

const char *
flat_location(FlatReader *reader, const LayoutRecord *record, const LayoutField *field)
{
	snprintf(reader->location, sizeof(reader->location), "line %lld%s%s%s%s",
			 (long long) reader->line, record != NULL ? ", record " : "",
			 record != NULL ? record->name : "", field != NULL ? ", field " : "",
			 field != NULL ? field->name : "");
	return reader->location;
}

static PortStatus
fail(FlatReader *reader, PortStatus status, const char *rule, const char *format, ...)
{
	char message[256];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	reader->failed = true;
	reader->reader.fault.line = reader->line;
	return port_fault(&reader->reader.fault, status, rule, "%s", message);
}
