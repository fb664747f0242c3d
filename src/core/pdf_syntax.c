/*
 * pdf_syntax.c: one token after the other; a bracket counts levels.
 */
#include "core/pdf_syntax.h"

#include <string.h>

#define MAX_LEVELS 100

static bool
is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == '\0';
}

static bool
is_delimiter(char c)
{
	return c == '(' || c == ')' || c == '<' || c == '>' || c == '[' || c == ']' || c == '{' ||
		   c == '}' || c == '/' || c == '%';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void
skip_blanks(PdfCursor *cursor)
{
	while (cursor->at < cursor->length)
	{
		char c = cursor->bytes[cursor->at];

		if (c == '%')
			while (cursor->at < cursor->length && cursor->bytes[cursor->at] != '\n' &&
				   cursor->bytes[cursor->at] != '\r')
				cursor->at++;
		else if (!is_blank(c))
			return;
		else
			cursor->at++;
	}
}

/* Behind the closing parenthesis of a string, which may contain balanced ones. */
static void
skip_string(PdfCursor *cursor)
{
	int64_t level = 0;

	while (cursor->at < cursor->length)
	{
		char c = cursor->bytes[cursor->at++];

		if (c == '\\' && cursor->at < cursor->length)
			cursor->at++;
		else if (c == '(')
			level++;
		else if (c == ')' && --level == 0)
			return;
	}
}

static void
skip_regular(PdfCursor *cursor)
{
	while (cursor->at < cursor->length && !is_blank(cursor->bytes[cursor->at]) &&
		   !is_delimiter(cursor->bytes[cursor->at]))
		cursor->at++;
}

static int64_t
whole_number(Slice text)
{
	bool minus = text.length > 0 && text.bytes[0] == '-';
	size_t at = minus || (text.length > 0 && text.bytes[0] == '+') ? 1 : 0;
	int64_t number = 0;
	size_t start = at;

	for (; at < text.length && is_digit(text.bytes[at]); at++)
	{
		if (at - start >= 18)
			return INT64_MIN;
		number = number * 10 + (text.bytes[at] - '0');
	}
	return minus ? -number : number;
}

static bool
looks_like_number(Slice text)
{
	for (size_t i = 0; i < text.length; i++)
		if (!is_digit(text.bytes[i]) && text.bytes[i] != '.' &&
			!(i == 0 && (text.bytes[i] == '-' || text.bytes[i] == '+')))
			return false;
	return text.length > 0;
}

/* A dictionary and an array come as their opening bracket alone. */
static PdfValue
next_token(PdfCursor *cursor)
{
	PdfValue token = {PDF_NONE, {NULL, 0}, 0};
	size_t start = cursor->at, from;
	char c, second;

	skip_blanks(cursor);
	from = cursor->at;
	if (from >= cursor->length || *cursor->work < 0)
		return token;
	c = cursor->bytes[from];
	second = from + 1 < cursor->length ? cursor->bytes[from + 1] : '\0';
	cursor->at++;
	if ((c == '<' || c == '>') && second == c)
	{
		cursor->at++;
		token.kind = c == '<' ? PDF_DICT : PDF_CLOSE;
	}
	else if (c == '[' || c == ']')
		token.kind = c == '[' ? PDF_ARRAY : PDF_CLOSE;
	else if (c == '<')
	{
		const char *end = memchr(cursor->bytes + from, '>', cursor->length - from);

		cursor->at = end != NULL ? (size_t) (end - cursor->bytes) + 1 : cursor->length;
		token.kind = PDF_STRING;
	}
	else if (c == '(')
	{
		cursor->at = from;
		skip_string(cursor);
		token.kind = PDF_STRING;
	}
	else
	{
		if (c != '/' && is_delimiter(c))
			return token; /* a brace or a parenthesis that nothing opened */
		skip_regular(cursor);
		token.kind = c == '/' ? PDF_NAME : PDF_WORD;
	}
	token.text.bytes = cursor->bytes + from + (token.kind == PDF_NAME ? 1 : 0);
	token.text.length = cursor->at - from - (token.kind == PDF_NAME ? 1 : 0);
	if (token.kind == PDF_WORD && looks_like_number(token.text))
	{
		token.kind = PDF_NUMBER;
		token.number = whole_number(token.text);
	}
	*cursor->work -= (int64_t) (cursor->at - start);
	return token;
}

/* "12 0 R" */
static bool
is_reference(PdfCursor *cursor, const PdfValue *first)
{
	PdfCursor ahead = *cursor;
	PdfValue generation, letter;

	if (first->number < 0 || first->number > UINT32_MAX ||
		memchr(first->text.bytes, '.', first->text.length) != NULL)
		return false;
	generation = next_token(&ahead);
	if (generation.kind != PDF_NUMBER || generation.number < 0)
		return false;
	letter = next_token(&ahead);
	if (letter.kind != PDF_WORD || letter.text.length != 1 || letter.text.bytes[0] != 'R')
		return false;
	*cursor = ahead;
	return true;
}

PdfValue
pdf_next_value(PdfCursor *cursor)
{
	PdfValue value = next_token(cursor), none = {PDF_NONE, {NULL, 0}, 0};
	int level = 1;

	if (value.kind == PDF_CLOSE)
		return none;
	if (value.kind == PDF_NUMBER && is_reference(cursor, &value))
		value.kind = PDF_REFERENCE;
	if (value.kind != PDF_ARRAY && value.kind != PDF_DICT)
		return value;
	while (level > 0)
	{
		PdfValue token = next_token(cursor);

		if (token.kind == PDF_NONE)
			return none;
		if (token.kind == PDF_CLOSE)
			level--;
		else if ((token.kind == PDF_ARRAY || token.kind == PDF_DICT) && ++level > MAX_LEVELS)
			return none;
	}
	value.text.length = (size_t) (cursor->bytes + cursor->at - value.text.bytes);
	return value;
}

PdfCursor
pdf_inside(const PdfValue *value, int64_t *work)
{
	PdfCursor cursor = {value->text.bytes, value->text.length, value->kind == PDF_DICT ? 2 : 1,
						work};

	if (value->kind != PDF_DICT && value->kind != PDF_ARRAY)
		cursor.at = cursor.length = 0;
	return cursor;
}

static int
hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Names may write any character as #xx. */
bool
pdf_text_is(const PdfValue *value, const char *text)
{
	size_t at = 0;

	if (value->kind != PDF_NAME && value->kind != PDF_WORD)
		return false;
	for (; at < value->text.length && *text; text++)
	{
		char c = value->text.bytes[at];

		if (c == '#' && value->kind == PDF_NAME && at + 2 < value->text.length &&
			hex_digit(value->text.bytes[at + 1]) >= 0 && hex_digit(value->text.bytes[at + 2]) >= 0)
		{
			c = (char) (hex_digit(value->text.bytes[at + 1]) * 16 +
						hex_digit(value->text.bytes[at + 2]));
			at += 2;
		}
		if (c != *text)
			return false;
		at++;
	}
	return at == value->text.length && *text == '\0';
}

PdfValue
pdf_find_key(const PdfValue *dict, const char *key, int64_t *work)
{
	PdfCursor cursor = pdf_inside(dict, work);
	PdfValue none = {PDF_NONE, {NULL, 0}, 0};

	if (dict->kind != PDF_DICT)
		return none;
	for (;;)
	{
		PdfValue name = next_token(&cursor), value;

		if (name.kind != PDF_NAME)
			return none;
		value = pdf_next_value(&cursor);
		if (value.kind == PDF_NONE || pdf_text_is(&name, key))
			return value;
	}
}

const char *
pdf_find_word(const char *bytes, size_t length, const char *word)
{
	size_t size = strlen(word);

	while (length >= size)
	{
		const char *at = memchr(bytes, *word, length - size + 1);

		if (at == NULL || memcmp(at, word, size) == 0)
			return at;
		length -= (size_t) (at - bytes) + 1;
		bytes = at + 1;
	}
	return NULL;
}

/* -- strings -------------------------------------------------------------------------------------
 */

/* One byte of a literal string; *at moves behind it.  -1 = none (a line that goes on). */
static int
literal_byte(Slice text, size_t *at)
{
	static const char letters[] = "nrtbf", meanings[] = "\n\r\t\b\f";
	char c = text.bytes[(*at)++];
	const char *letter;

	if (c != '\\' || *at >= text.length)
		return (unsigned char) c;
	c = text.bytes[(*at)++];
	if (c >= '0' && c <= '7')
	{
		int number = c - '0';

		for (int i = 0;
			 i < 2 && *at < text.length && text.bytes[*at] >= '0' && text.bytes[*at] <= '7'; i++)
			number = number * 8 + (text.bytes[(*at)++] - '0');
		return number & 0xff;
	}
	if (c == '\n' || c == '\r')
		return -1;
	letter = memchr(letters, c, sizeof(letters) - 1);
	return letter != NULL ? meanings[letter - letters] : (unsigned char) c;
}

static int
hex_byte(Slice text, size_t *at)
{
	int number = 0, digits = 0;

	while (*at < text.length && digits < 2)
	{
		int digit = hex_digit(text.bytes[(*at)++]);

		if (digit >= 0)
		{
			number = number * 16 + digit;
			digits++;
		}
	}
	if (digits == 0)
		return -1;
	return digits == 1 ? number * 16 : number;
}

void
pdf_string_text(const PdfValue *value, char *out, size_t size)
{
	Slice text = value->text;
	bool hex = text.length > 0 && text.bytes[0] == '<', wide = false;
	size_t at = 1, length = 0, count = 0;
	int high = 0;

	out[0] = '\0';
	if (value->kind != PDF_STRING || text.length < 2)
		return;
	text.length--; /* the closing bracket */
	while (at < text.length && length + 1 < size)
	{
		int c = hex ? hex_byte(text, &at) : literal_byte(text, &at);

		if (c < 0)
			continue;
		count++;
		if (count == 1)
			high = c;
		if (count == 2 && high == 0xfe && c == 0xff)
		{
			wide = true;
			length = 0;
			continue;
		}
		if (wide && count % 2 == 1)
			high = c;
		else
			out[length++] = c < 0x20 || c > 0x7e || (wide && high != 0) ? '?' : (char) c;
	}
	out[length] = '\0';
}
