/*
 * rules_text.c: XPath's functions on texts, and a small matcher of patterns.
 */
#include "core/rules_run.h"

#include <stdio.h>
#include <string.h>

char *
rules_scratch(RuleRun *run, size_t length)
{
	char *room = run->scratch + run->scratch_length;

	if (length > RULE_SCRATCH_BYTES - run->scratch_length)
		return NULL;
	run->scratch_length += length;
	return room;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* normalize-space: blanks around go, runs of them inside become one */
Slice
rules_trim(RuleRun *run, Slice text)
{
	bool plain = true;
	char *room;
	size_t length = 0;

	if (text.bytes == NULL)
		return (Slice){"", 0};
	while (text.length > 0 && is_blank(text.bytes[0]))
		text.bytes++, text.length--;
	while (text.length > 0 && is_blank(text.bytes[text.length - 1]))
		text.length--;
	for (size_t i = 0; i < text.length && plain; i++)
		plain =
			!is_blank(text.bytes[i]) ||
			(text.bytes[i] == ' ' && !is_blank(text.bytes[i + 1 < text.length ? i + 1 : i - 1]));
	if (plain || (room = rules_scratch(run, text.length)) == NULL)
		return text;
	for (size_t i = 0; i < text.length; i++)
		if (!is_blank(text.bytes[i]))
			room[length++] = text.bytes[i];
		else if (room[length - 1] != ' ')
			room[length++] = ' ';
	return (Slice){room, length};
}

/* ASCII and the two-byte letters of Latin-1, Greek and Cyrillic that codes and names can have. */
static void
change_wide(unsigned char *pair, bool upper)
{
	unsigned point = (unsigned) (pair[0] & 0x1f) << 6 | (pair[1] & 0x3f);

	if (upper && ((point >= 0xe0 && point <= 0xfe && point != 0xf7) ||
				  (point >= 0x3b1 && point <= 0x3c9 && point != 0x3c2) ||
				  (point >= 0x430 && point <= 0x44f)))
		point -= 0x20;
	else if (!upper && ((point >= 0xc0 && point <= 0xde && point != 0xd7) ||
						(point >= 0x391 && point <= 0x3a9) || (point >= 0x410 && point <= 0x42f)))
		point += 0x20;
	pair[0] = (unsigned char) (0xc0 | point >> 6);
	pair[1] = (unsigned char) (0x80 | (point & 0x3f));
}

Slice
rules_change_case(RuleRun *run, Slice text, bool upper)
{
	char *room;

	if (text.bytes == NULL)
		return (Slice){"", 0};
	room = rules_scratch(run, text.length);
	if (room == NULL)
		return text;
	memcpy(room, text.bytes, text.length);
	for (size_t i = 0; i < text.length; i++)
	{
		unsigned char c = (unsigned char) room[i];

		if (upper && c >= 'a' && c <= 'z')
			room[i] = (char) (c - 32);
		else if (!upper && c >= 'A' && c <= 'Z')
			room[i] = (char) (c + 32);
		else if (c >= 0xc3 && c <= 0xd1 && i + 1 < text.length)
			change_wide((unsigned char *) room + i++, upper);
	}
	return (Slice){room, text.length};
}

size_t
rules_count_chars(Slice text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.length; i++)
		count += ((unsigned char) text.bytes[i] & 0xc0) != 0x80;
	return count;
}

/* Characters start to start + length - 1, counted from 1; length < 0 = to the end. */
Slice
rules_sub(Slice text, int64_t start, int64_t length)
{
	int64_t at = 0;
	size_t from = text.length, to = text.length;

	for (size_t i = 0; i < text.length; i++)
	{
		if (((unsigned char) text.bytes[i] & 0xc0) == 0x80)
			continue;
		at++;
		if (at >= start && from == text.length)
			from = i;
		if (length >= 0 && at >= start + length)
		{
			to = i;
			break;
		}
	}
	if (text.bytes == NULL || from > to)
		return (Slice){"", 0};
	return (Slice){text.bytes + from, to - from};
}

/* Where part stands first; bytes NULL if it does not. */
Slice
rules_find(Slice text, Slice part)
{
	const char *at = text.bytes, *end = text.bytes + text.length;

	if (part.length == 0)
		return (Slice){text.bytes, 0};
	while (text.length >= part.length &&
		   (at = memchr(at, *part.bytes, (size_t) (end - at))) != NULL &&
		   (size_t) (end - at) >= part.length)
	{
		if (memcmp(at, part.bytes, part.length) == 0)
			return (Slice){at, part.length};
		at++;
	}
	return (Slice){NULL, 0};
}

/* -- patterns ------------------------------------------------------------------------------- */

#define MATCH_STEPS 100000
#define MATCH_DEPTH 300 /* repetitions of groups within each other, about 1 KB of stack each */

typedef struct Matcher
{
	const char *text, *text_end, *pattern_end;
	/* patterns are ours, texts are not: no exponential search, no deep recursion */
	int steps, depth;
} Matcher;

static bool match_here(Matcher *matcher, const char *pattern, const char *end, const char *text,
					   const char *rest, const char *rest_end);

/* The end of one item: a character, a class, a group. */
static const char *
item_end(const char *pattern)
{
	int depth = 0;

	if (*pattern == '\\')
		return pattern + 2;
	if (*pattern == '[')
	{
		for (pattern++; *pattern != ']'; pattern++)
			if (*pattern == '\\')
				pattern++;
		return pattern + 1;
	}
	if (*pattern != '(')
		return pattern + 1;
	do
	{
		if (*pattern == '\\')
			pattern++;
		else if (*pattern == '[')
			pattern = item_end(pattern) - 1;
		else
			depth += *pattern == '(' ? 1 : *pattern == ')' ? -1 : 0;
		pattern++;
	} while (depth > 0);
	return pattern;
}

static bool
class_has(char name, char c)
{
	switch (name)
	{
		case 'd':
			return c >= '0' && c <= '9';
		case 's':
			return is_blank(c);
		case 'S':
			return !is_blank(c);
		case 'n':
			return c == '\n';
		case 't':
			return c == '\t';
		case 'r':
			return c == '\r';
		default:
			return c == name;
	}
}

static bool
set_has(const char *set, const char *end, char c)
{
	bool negated = *set == '^', found = false;

	for (set += negated; set < end; set++)
		if (*set == '\\')
			found |= class_has(*++set, c);
		else if (set + 2 < end && set[1] == '-')
		{
			found |= (unsigned char) c >= (unsigned char) set[0] &&
					 (unsigned char) c <= (unsigned char) set[2];
			set += 2;
		}
		else
			found |= *set == c;
	return found != negated;
}

static bool
single_has(const char *item, const char *end, char c)
{
	if (*item == '\\')
		return class_has(item[1], c);
	if (*item == '[')
		return set_has(item + 1, end - 1, c);
	return *item == '.' ? c != '\n' : *item == c;
}

static const char *
take_bounds(const char *at, const char *end, int *least, int *most)
{
	*least = *most = 1;
	if (at >= end)
		return at;
	if (*at == '?' || *at == '*')
	{
		*least = 0;
		*most = *at == '?' ? 1 : 1000000;
		return at + 1;
	}
	if (*at == '+')
	{
		*most = 1000000;
		return at + 1;
	}
	if (*at != '{')
		return at;
	for (*least = 0, at++; *at >= '0' && *at <= '9'; at++)
		*least = *least * 10 + *at - '0';
	*most = *least;
	if (*at == ',')
		for (*most = at[1] == '}' ? 1000000 : 0, at++; *at >= '0' && *at <= '9'; at++)
			*most = *most * 10 + *at - '0';
	return at + 1;
}

/* One way of an alternative, then the rest. */
static bool
match_ways(Matcher *matcher, const char *group, const char *end, const char *text, const char *rest,
		   const char *rest_end)
{
	const char *start = group;

	for (const char *at = group; at <= end; at = at < end ? item_end(at) : at + 1)
		if (at == end || *at == '|')
		{
			if (match_here(matcher, start, at, text, rest, rest_end))
				return true;
			start = at + 1;
		}
	return false;
}

/* Groups repeat by being unrolled: at most a few times in our patterns. */
static bool
match_group(Matcher *matcher, const char *item, const char *after, int least, int most,
			const char *text, const char *pattern, const char *end)
{
	char unrolled[512];
	size_t length = (size_t) (after - item), rest = (size_t) (end - pattern);

	if (most > 0 && length * 2 + rest + 24 < sizeof(unrolled))
	{
		int written = snprintf(unrolled, sizeof(unrolled), "%.*s{%d,%d}%.*s", (int) length, item,
							   least > 0 ? least - 1 : 0, most - 1, (int) rest, pattern);

		bool matches;

		matcher->depth++;
		matches = match_ways(matcher, item + 1, after - 1, text, unrolled, unrolled + written);
		matcher->depth--;
		if (matches)
			return true;
	}
	return least == 0 && match_here(matcher, pattern, end, text, NULL, NULL);
}

static bool
match_here(Matcher *matcher, const char *pattern, const char *end, const char *text,
		   const char *rest, const char *rest_end)
{
	const char *after, *next;
	int least, most, count = 0;

	if (matcher->steps++ > MATCH_STEPS || matcher->depth > MATCH_DEPTH)
		return false;
	if (pattern == end)
		return rest == NULL ? text == matcher->text_end
							: match_here(matcher, rest, rest_end, text, NULL, NULL);
	after = item_end(pattern);
	next = take_bounds(after, end, &least, &most);
	if (*pattern == '(')
	{
		char joined[512];
		int length;

		if (rest == NULL)
			return match_group(matcher, pattern, after, least, most, text, next, end);
		length = snprintf(joined, sizeof(joined), "%.*s%.*s", (int) (end - next), next,
						  (int) (rest_end - rest), rest);
		return match_group(matcher, pattern, after, least, most, text, joined, joined + length);
	}
	while (count < most && text + count < matcher->text_end &&
		   single_has(pattern, after, text[count]))
		count++;
	for (; count >= least; count--)
		if (match_here(matcher, next, end, text + count, rest, rest_end))
			return true;
	return false;
}

bool
rules_matches(Slice text, Slice pattern)
{
	const char *bytes = text.bytes == NULL ? "" : text.bytes;
	Matcher matcher = {bytes, bytes + text.length, pattern.bytes + pattern.length, 0, 0};

	return match_ways(&matcher, pattern.bytes, pattern.bytes + pattern.length, bytes, NULL, NULL);
}
