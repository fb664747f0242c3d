/*
 * edifact_value.c: parts of a segment as the canonical invoice writes them, and what is left over.
 */
#include "core/edifact_state.h"

#include <stdio.h>
#include <string.h>

Slice
edifact_slice(const char *text)
{
	Slice slice = {*text != '\0' ? text : NULL, strlen(text)};

	return slice;
}

void
edifact_copy(Slice value, char *out, size_t size)
{
	size_t length = (size_t) slice_shown(value, size - 1);

	if (length > 0)
		memcpy(out, value.bytes, length);
	out[length] = '\0';
}

Slice
edifact_value(const EdifactReader *reader, InvoiceTerm term)
{
	const EdifactValue *value = &reader->values[term];
	Slice slice = {NULL, 0};

	if (invoice_term_info[term].group == INVOICE_DOCUMENT)
		return flat_document_value(reader->document, term);
	if (value->length > 0)
	{
		slice.bytes = reader->text.bytes + value->offset;
		slice.length = value->length;
	}
	return slice;
}

bool
edifact_set(EdifactReader *reader, InvoiceTerm term, Slice value)
{
	Slice old = edifact_value(reader, term);

	if (value.length == 0)
		return true;
	if (old.length > 0)
		return old.length == value.length && memcmp(old.bytes, value.bytes, old.length) == 0;
	if (invoice_term_info[term].group == INVOICE_DOCUMENT)
	{
		edifact_note(reader, flat_document_set(reader->document, term, value));
		return true;
	}
	reader->values[term].offset = (uint32_t) reader->text.length;
	reader->values[term].length = (uint32_t) value.length;
	buffer_append(&reader->text, value.bytes, value.length);
	if (buffer_failed(&reader->text))
		edifact_note(reader, PORT_NO_MEMORY);
	return true;
}

void
edifact_take(EdifactReader *reader, InvoiceTerm term, int element, int component)
{
	if (!edifact_set(reader, term, edifact_part(reader->segment, element, component)))
		edifact_leave(reader->segment, element, component);
}

/* The decimal mark as a point; both marks are taken, because EDIFACT has no thousands separators.
 */
Slice
edifact_number(EdifactReader *reader, Slice value)
{
	const char *mark = value.length > 0 && reader->scanner.service.decimal != '.'
						   ? memchr(value.bytes, reader->scanner.service.decimal, value.length)
						   : NULL;
	size_t at;

	if (mark == NULL && value.length > 0)
		mark = memchr(value.bytes, ',', value.length);
	if (mark == NULL)
		return value;
	at = (size_t) (mark - value.bytes);
	buffer_reset(&reader->scratch);
	buffer_append(&reader->scratch, value.bytes, value.length);
	if (buffer_failed(&reader->scratch))
		return value;
	reader->scratch.bytes[at] = '.';
	value.bytes = reader->scratch.bytes;
	return value;
}

void
edifact_take_number(EdifactReader *reader, InvoiceTerm term, int element, int component)
{
	Slice value = edifact_number(reader, edifact_part(reader->segment, element, component));

	if (!edifact_set(reader, term, value))
		edifact_leave(reader->segment, element, component);
}

/* PCE is the piece of the old directories; in UN/ECE Recommendation 20 it is C62, "one". */
void
edifact_take_unit(EdifactReader *reader, InvoiceTerm term, int element, int component)
{
	Slice unit = edifact_part(reader->segment, element, component);

	if (!edifact_set(reader, term, edifact_is(unit, "PCE") ? edifact_slice("C62") : unit))
		edifact_leave(reader->segment, element, component);
}

/* Digits of CCYYMMDD as CCYY-MM-DD. */
static Slice
iso_date(const char *digits, char out[10])
{
	Slice date = {out, 10};

	memcpy(out, digits, 4);
	out[4] = '-';
	memcpy(out + 5, digits + 4, 2);
	out[7] = '-';
	memcpy(out + 8, digits + 6, 2);
	return date;
}

static bool
only_digits(Slice value, size_t from, size_t length)
{
	for (size_t i = from; i < from + length; i++)
		if (i >= value.length || value.bytes[i] < '0' || value.bytes[i] > '9')
			return false;
	return true;
}

/* CCYYMMDD of a date in one of the formats of code list 2379, or false. */
static bool
read_date(Slice value, int format, char digits[9])
{
	if (format == 0)
		format = value.length == 6 ? 101 : 102;
	/* with a time that its format does not tell of, too */
	if ((format == 102 || format == 203 || format == 204) && value.length <= 14 &&
		only_digits(value, 0, value.length < 8 ? 8 : value.length))
		memcpy(digits, value.bytes, 8);
	else if ((format == 101 || format == 201 || format == 202) && only_digits(value, 0, 6))
		snprintf(digits, 9, "%s%.6s", value.bytes[0] >= '7' ? "19" : "20", value.bytes);
	else if (format == 4 && only_digits(value, 0, 8))
		snprintf(digits, 9, "%.4s%.2s%.2s", value.bytes + 4, value.bytes + 2, value.bytes);
	else if (format == 2 && only_digits(value, 0, 6))
		snprintf(digits, 9, "20%.2s%.2s%.2s", value.bytes + 4, value.bytes + 2, value.bytes);
	else
		return false;
	return true;
}

static int
days_of_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (month < 1 || month > 12)
		return 31;
	return month == 2 && ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0) ? 29
																				 : days[month - 1];
}

static int
number_of(const char *digits, int count)
{
	int number = 0;

	while (count-- > 0)
		number = number * 10 + (*digits++ - '0');
	return number;
}

/* Both ends of a period: two dates, with or without a hyphen between them, or a month. */
static bool
read_period(Slice value, int format, char first[9], char last[9])
{
	size_t half = format == 717 ? 6 : format == 719 ? 12 : 8;
	int single = format == 717 ? 101 : format == 719 ? 203 : 102;
	Slice start = {value.bytes, half}, end;
	int month;

	if (format == 610 || format == 609)
	{
		size_t length = format == 610 ? 6 : 4;

		if (value.length != length || !only_digits(value, 0, length))
			return false;
		snprintf(first, 9, "%s%.*s01", format == 610 ? "" : "20", (int) length, value.bytes);
		month = number_of(first + 4, 2);
		snprintf(last, 9, "%.6s%02d", first, days_of_month(number_of(first, 4), month));
		return true;
	}
	if (format != 717 && format != 718 && format != 719)
		return false;
	if (value.length != 2 * half && !(value.length == 2 * half + 1 && value.bytes[half] == '-'))
		return false;
	end.bytes = value.bytes + value.length - half;
	end.length = half;
	return read_date(start, single, first) && read_date(end, single, last);
}

void
edifact_take_date(EdifactReader *reader, InvoiceTerm start, InvoiceTerm end)
{
	Slice value = edifact_part(reader->segment, 1, 1);
	Slice code = edifact_part(reader->segment, 1, 2);
	int format = only_digits(code, 0, code.length) && code.length <= 3 && code.length > 0
					 ? number_of(code.bytes, (int) code.length)
					 : 0;
	char first[9] = "", last[9] = "", text[10];
	bool set;

	if (end != INVOICE_TERM_COUNT && read_period(value, format, first, last))
	{
		set = edifact_set(reader, start, iso_date(first, text)) &&
			  edifact_set(reader, end, iso_date(last, text));
	}
	else if (read_date(value, format, first))
		set = edifact_set(reader, start, iso_date(first, text));
	else
		set = edifact_set(reader, start, value); /* as found: the rules will tell */
	if (!set)
		edifact_leave(reader->segment, 1, 1);
}

Slice
edifact_join(EdifactReader *reader, int element, int from, int width)
{
	ByteBuffer *out = &reader->scratch;
	Slice joined = {NULL, 0};
	int count = 0;
	size_t characters = 0;

	for (int i = from; element < reader->segment->element_count &&
					   i < reader->segment->first[element + 1] - reader->segment->first[element];
		 i++)
	{
		Slice part = edifact_part(reader->segment, element, i);

		if (part.length == 0)
			continue;
		if (count == 0)
			joined = part;
		else
		{
			if (count == 1)
			{
				buffer_reset(out);
				buffer_append(out, joined.bytes, joined.length);
			}
			/* a full piece goes on in the middle of a word */
			if (characters != (size_t) width)
				buffer_append_char(out, ' ');
			buffer_append(out, part.bytes, part.length);
		}
		count++;
		characters = 0;
		for (size_t k = 0; k < part.length; k++)
			characters += ((unsigned char) part.bytes[k] & 0xC0) != 0x80;
	}
	if (count > 1)
	{
		if (buffer_failed(out))
			edifact_note(reader, PORT_NO_MEMORY);
		joined.bytes = out->bytes;
		joined.length = out->length;
	}
	return joined;
}

void
edifact_clear(EdifactReader *reader, InvoiceGroupKind kind)
{
	const InvoiceGroupInfo *info = &invoice_group_info[kind];

	memset(&reader->values[info->first], 0,
		   (size_t) ((int) info->last - (int) info->first + 1) * sizeof(EdifactValue));
}

void
edifact_emit(EdifactReader *reader, InvoiceGroupKind kind, int64_t segment)
{
	const InvoiceGroupInfo *info = &invoice_group_info[kind];

	for (int term = info->first; term <= (int) info->last; term++)
		reader->slices[term] = edifact_value(reader, (InvoiceTerm) term);
	edifact_note(reader, flat_document_group(reader->document, kind, segment, reader->slices));
	edifact_clear(reader, kind);
}

static void
put_path(EdifactReader *reader, ByteBuffer *out)
{
	const EdifactSegment *segment = reader->segment;
	bool in_party = reader->context == CONTEXT_PARTY && !edifact_tag_is(reader, "NAD");

	if (reader->section == SECTION_LINE)
		buffer_printf(out, "LIN %lld/", (long long) flat_document_lines(reader->document));
	if (in_party)
		buffer_printf(out, "NAD+%s/", reader->party.qualifier);
	buffer_append_text(out, segment->tag);
}

void
edifact_append_segment(const EdifactSegment *segment, ByteBuffer *out)
{
	int last = segment->part_count;

	while (last > 1 && segment->parts[last - 1].length == 0)
		last--;
	for (int element = 1; element < segment->element_count && segment->first[element] < last;
		 element++)
		for (int i = segment->first[element]; i < segment->first[element + 1] && i < last; i++)
		{
			if (i > 1)
				buffer_append_char(out, i == segment->first[element] ? '+' : ':');
			buffer_append(out, segment->parts[i].bytes, segment->parts[i].length);
		}
}

static void
keep_whole(EdifactReader *reader)
{
	ByteBuffer *out = &reader->whole;
	Slice value;
	size_t start;

	put_path(reader, out);
	buffer_append_char(out, '\0');
	start = out->length;
	edifact_append_segment(reader->segment, out);
	if (buffer_failed(out))
	{
		edifact_note(reader, PORT_NO_MEMORY);
		return;
	}
	value.bytes = out->bytes + start;
	value.length = out->length - start;
	if (value.length > 0)
		edifact_note(reader, flat_document_extra(reader->document, reader->segment->number,
												 out->bytes, value));
}

static void
keep_part(EdifactReader *reader, int element, int at)
{
	EdifactSegment *segment = reader->segment;
	ByteBuffer *out = &reader->whole;
	Slice qualifier = edifact_part(segment, 1, 0);

	put_path(reader, out);
	buffer_append_char(out, '+');
	buffer_append(out, qualifier.bytes, qualifier.length);
	buffer_printf(out, "/%d.%d", element, at - segment->first[element] + 1);
	buffer_append_char(out, '\0');
	if (buffer_failed(out))
		edifact_note(reader, PORT_NO_MEMORY);
	else
		edifact_note(reader, flat_document_extra(reader->document, segment->number, out->bytes,
												 segment->parts[at]));
}

void
edifact_keep_rest(EdifactReader *reader)
{
	EdifactSegment *segment = reader->segment;
	int used = 0, left = 0;

	for (int i = 1; i < segment->part_count; i++)
		if (segment->used[i])
			used++;
		else if (segment->parts[i].length > 0)
			left++;
	if (left == 0)
		return;
	buffer_reset(&reader->whole);
	if (used == 0)
	{
		keep_whole(reader);
		return;
	}
	for (int element = 1; element < segment->element_count; element++)
		for (int i = segment->first[element]; i < segment->first[element + 1]; i++)
			if (!segment->used[i] && segment->parts[i].length > 0)
			{
				keep_part(reader, element, i);
				buffer_reset(&reader->whole);
			}
}
