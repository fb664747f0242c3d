/*
 * flat_split.c: RFC 4180 with any delimiter.
 *
 * A quote opens a value only at its start, so that an inch sign inside a text does no harm.  Both
 * loops jump with memchr; the search never looks at a byte twice, however the pieces arrive.
 */
#include "core/flat_split.h"

#include "core/flat_values.h"

#include <string.h>

static bool quote_opens(const char *bytes, const char *at, char delimiter);
static char *split_quoted(char *at, char *end, char delimiter, char quote, Slice *column);

size_t
flat_find_record_end(FlatScan *scan, char delimiter, char quote, const char *bytes, size_t length)
{
	const char *end = bytes + length;
	const char *at = bytes + scan->position;
	const char *feed = NULL;

	while (at < end)
	{
		const char *mark;

		if (scan->in_quotes)
		{
			mark = memchr(at, quote, (size_t) (end - at));
			if (mark == NULL)
				break;
			if (mark + 1 == end)
			{
				/* doubled or closing: the next byte will tell */
				scan->position = (size_t) (mark - bytes);
				return 0;
			}
			scan->in_quotes = mark[1] == quote;
			at = mark + (scan->in_quotes ? 2 : 1);
			continue;
		}
		if (feed == NULL || feed < at)
		{
			feed = memchr(at, '\n', (size_t) (end - at));
			if (quote == 0 && feed == NULL)
				break;
		}
		if (quote != 0)
		{
			const char *stop = feed != NULL ? feed : end;

			mark = memchr(at, quote, (size_t) (stop - at));
			if (mark != NULL)
			{
				at = mark + 1;
				scan->in_quotes = quote_opens(bytes, mark, delimiter);
				continue;
			}
			if (feed == NULL)
				break;
		}
		return (size_t) (feed - bytes) + 1;
	}
	scan->position = length;
	return 0;
}

int
flat_split_columns(char delimiter, char quote, char *bytes, size_t length, Slice *columns,
				   int max_columns)
{
	char *at = bytes;
	char *end = bytes + length;
	int count = 0;

	for (;;)
	{
		char *start = at;

		if (count == max_columns)
			return FLAT_TOO_MANY_COLUMNS;
		if (quote != 0)
			while (start < end && *start == ' ')
				start++;
		if (quote != 0 && start < end && *start == quote)
		{
			at = split_quoted(start, end, delimiter, quote, &columns[count]);
			if (at == NULL)
				return FLAT_QUOTE_MISPLACED;
		}
		else
		{
			start = at;
			at = memchr(start, delimiter, (size_t) (end - start));
			if (at == NULL)
				at = end;
			columns[count] = flat_trim(start, (size_t) (at - start));
		}
		count++;
		if (at == end)
			return count;
		at++;
	}
}

/* Blanks between delimiter and quote are forgiven, as most writers and readers do. */
static bool
quote_opens(const char *bytes, const char *at, char delimiter)
{
	while (at > bytes && at[-1] == ' ')
		at--;
	return at == bytes || at[-1] == delimiter;
}

/* From the opening quote to the delimiter or the end; NULL if the quotes do not pair. */
static char *
split_quoted(char *at, char *end, char delimiter, char quote, Slice *column)
{
	char *start = ++at;
	char *out = NULL; /* set once something was undoubled */

	for (;;)
	{
		char *mark = memchr(at, quote, (size_t) (end - at));
		size_t step;

		if (mark == NULL)
			return NULL;
		step = (size_t) (mark - at);
		if (out != NULL)
		{
			memmove(out, at, step);
			out += step;
		}
		if (mark + 1 < end && mark[1] == quote)
		{
			if (out == NULL)
				out = mark;
			*out++ = quote;
			at = mark + 2;
			continue;
		}
		column->length = (size_t) ((out != NULL ? out : mark) - start);
		column->bytes = column->length > 0 ? start : NULL;
		at = mark + 1;
		while (at < end && *at == ' ')
			at++;
		return at == end || *at == delimiter ? at : NULL;
	}
}
