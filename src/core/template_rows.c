/*
 * template_rows.c: packed rows: before each value its length and one, in groups of seven bits, the
 * lowest first; 0 stands for a value that is absent.
 */
#include "core/template_rows.h"

#include <string.h>

_Static_assert(FIRST_FIELD_TAX - FIRST_FIELD_LINE <= TEMPLATE_PACKED_FIELDS &&
				   TEMPLATE_FIELD_COUNT - FIRST_FIELD_ADJUSTMENT <= TEMPLATE_PACKED_FIELDS,
			   "room for a row of lines or adjustments");

static size_t
length_size(size_t length)
{
	size_t size = 1;

	while (length >= 0x80)
	{
		length >>= 7;
		size++;
	}
	return size;
}

static size_t
told_length(Slice value)
{
	return value.bytes == NULL ? 0 : value.length + 1;
}

size_t
template_row_packed_size(const Slice *row, int fields)
{
	size_t size = 0;

	for (int i = 0; i < fields; i++)
		size += length_size(told_length(row[i])) + (row[i].bytes == NULL ? 0 : row[i].length);
	return size;
}

void
template_row_pack(const Slice *row, int fields, char *packed)
{
	for (int i = 0; i < fields; i++)
	{
		size_t told = told_length(row[i]);

		for (; told >= 0x80; told >>= 7)
			*packed++ = (char) ((told & 0x7F) | 0x80);
		*packed++ = (char) told;
		if (row[i].bytes == NULL)
			continue;
		memcpy(packed, row[i].bytes, row[i].length);
		packed += row[i].length;
	}
}

static const char *
take_value(const char *packed, Slice *value)
{
	size_t told = 0;
	int shift = 0;

	for (; (unsigned char) *packed >= 0x80; shift += 7)
		told |= (size_t) (*packed++ & 0x7F) << shift;
	told |= (size_t) (unsigned char) *packed++ << shift;
	*value = told == 0 ? (Slice){NULL, 0} : (Slice){packed, told - 1};
	return packed + value->length;
}

void
template_row_unpack(const char *packed, int fields, Slice *row)
{
	for (int i = 0; i < fields; i++)
		packed = take_value(packed, &row[i]);
}

Slice
template_row_value(const TemplateRows *rows, int row, int field)
{
	const char *packed;
	Slice value = {NULL, 0};

	if (rows->packed == NULL)
		return rows->rows[row][field];
	packed = rows->packed[row];
	for (int i = 0; i <= field; i++)
		packed = take_value(packed, &value);
	return value;
}

const Slice *
template_row(const TemplateRows *rows, int row, int fields, Slice *space)
{
	if (rows->packed == NULL)
		return rows->rows[row];
	template_row_unpack(rows->packed[row], fields, space);
	return space;
}

int
template_rows_decimals(const TemplateRows *rows, int field, int least)
{
	for (int i = 0; i < rows->count; i++)
	{
		Slice number = template_row_value(rows, i, field);
		const char *point = number.length > 0 ? memchr(number.bytes, '.', number.length) : NULL;
		int decimals = point == NULL ? 0 : (int) (number.bytes + number.length - point) - 1;

		while (decimals > least && number.bytes[--number.length] == '0')
			decimals--;
		if (decimals > least)
			least = decimals;
	}
	return least;
}

TemplateRows
template_rows_part(const TemplateRows *rows, int first, int count)
{
	TemplateRows part = {count, NULL, NULL};

	if (rows->packed != NULL)
		part.packed = rows->packed + first;
	else if (rows->rows != NULL)
		part.rows = rows->rows + first;
	return part;
}

/* Whole numbers without leading zeros; an absent one comes first. */
static int
compare_numbers(Slice a, Slice b)
{
	if (a.length != b.length)
		return a.length < b.length ? -1 : 1;
	return a.length == 0 ? 0 : memcmp(a.bytes, b.bytes, a.length);
}

/* The first adjustment of a line that is not before this one (or, with after, behind it). */
static int
search_line(const TemplateRows *adjustments, Slice line_no, bool after)
{
	int low = 0, high = adjustments->count;

	while (low < high)
	{
		int middle = low + (high - low) / 2;
		Slice of = template_row_value(adjustments, middle,
									  FIELD_ADJUSTMENT_LINE_NO - FIRST_FIELD_ADJUSTMENT);
		int order = compare_numbers(of, line_no);

		if (order < 0 || (after && order == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
template_rows_of_line(const TemplateRows *adjustments, Slice line_no, int *first, int *end)
{
	*first = search_line(adjustments, line_no, false);
	*end = *first;
	if (*first < adjustments->count)
		*end = search_line(adjustments, line_no, true);
}
