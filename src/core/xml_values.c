/*
 * xml_values.c: how formats write dates and numbers, and how we do.
 */
#include "core/xml_state.h"

#include <string.h>

static bool
all_digits(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return true;
}

size_t
xml_date_iso(XmlInvoice *reader, char *text, size_t length)
{
	(void) reader;
	if (length == 11 && text[10] == 'Z')
		return 10;
	if (length == 16 && (text[10] == '+' || text[10] == '-') && text[13] == ':')
		return 10;
	return length;
}

size_t
xml_date_basic(XmlInvoice *reader, char *text, size_t length)
{
	char digits[8];

	if (length < 8 || !all_digits(text, 8))
		return xml_date_iso(reader, text, length);
	if (length != 8 && !((length == 12 || length == 14) && all_digits(text, length)))
		return length;
	memcpy(digits, text, 8);
	memcpy(text, digits, 4);
	text[4] = text[7] = '-';
	memcpy(text + 5, digits + 4, 2);
	memcpy(text + 8, digits + 6, 2);
	return 10;
}

/* One comma or one point; blanks between digits group thousands and fall out. */
size_t
xml_decimal_comma(XmlInvoice *reader, char *text, size_t length)
{
	size_t marks = 0, out = 0;

	(void) reader;
	for (size_t i = 0; i < length; i++)
	{
		if ((text[i] < '0' || text[i] > '9') && !strchr("+-,. ", text[i]))
			return length;
		marks += text[i] == ',' || text[i] == '.';
	}
	if (marks > 1)
		return length;
	for (size_t i = 0; i < length; i++)
		if (text[i] != ' ')
			text[out++] = text[i] == ',' ? '.' : text[i];
	return out;
}
