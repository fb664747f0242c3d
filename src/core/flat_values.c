/*
 * flat_values.c: dates to ISO, decimal signs to points, implied decimals written out.
 *
 * A number with implied decimals says nothing about its scale, so quantities, prices and rates are
 * written without trailing zeros; amounts keep the two (or k) places that the layout gives them.
 */
#include "core/flat_values.h"

#include <string.h>

static bool read_date(const char *format, Slice found, char *out, Slice *value);
static bool read_number(const Layout *layout, Slice found, char *out, Slice *value);
static bool read_implied(const LayoutField *field, Slice found, char *out, Slice *value);
static bool is_zero(Slice number);
static bool date_exists(int year, int month, int day);

Slice
flat_trim(const char *bytes, size_t length)
{
	Slice value;

	while (length > 0 && (bytes[0] == ' ' || bytes[0] == '\t'))
	{
		bytes++;
		length--;
	}
	while (length > 0 && (bytes[length - 1] == ' ' || bytes[length - 1] == '\t'))
		length--;
	value.bytes = length > 0 ? bytes : NULL;
	value.length = length;
	return value;
}

bool
flat_read_value(const Layout *layout, const LayoutField *field, Slice found, char *out,
				Slice *value)
{
	bool good = true;

	*value = found;
	if (found.length == 0)
	{
		value->bytes = NULL;
		return true;
	}
	switch (field->type)
	{
		case LAYOUT_TEXT:
			break;
		case LAYOUT_DATE:
			good = read_date(layout->date_format, found, out, value);
			break;
		case LAYOUT_NUMBER:
			good = read_number(layout, found, out, value);
			break;
		case LAYOUT_UNSIGNED:
		case LAYOUT_SIGNED:
			good = read_implied(field, found, out, value);
			break;
	}
	if (good && field->blank_zero && is_zero(*value))
	{
		value->bytes = NULL;
		value->length = 0;
	}
	return good;
}

/* Zeros alone are how fixed-width systems write "no date". */
static bool
read_date(const char *format, Slice found, char *out, Slice *value)
{
	int year = 0, month = 0, day = 0;
	bool two_digit_year = strstr(format, "YYYY") == NULL;
	size_t i;

	for (i = 0; i < found.length && found.bytes[i] == '0'; i++)
		;
	if (i == found.length)
	{
		value->bytes = NULL;
		value->length = 0;
		return true;
	}
	if (strlen(format) != found.length)
		return false;
	for (i = 0; i < found.length; i++)
	{
		char want = format[i];
		char c = found.bytes[i];
		int *part = want == 'Y' ? &year : want == 'M' ? &month : want == 'D' ? &day : NULL;

		if (part == NULL ? c != want : (c < '0' || c > '9'))
			return false;
		if (part != NULL)
			*part = *part * 10 + (c - '0');
	}
	if (two_digit_year)
		year += 2000;
	if (!date_exists(year, month, day))
		return false;
	out[0] = (char) ('0' + year / 1000);
	out[1] = (char) ('0' + year / 100 % 10);
	out[2] = (char) ('0' + year / 10 % 10);
	out[3] = (char) ('0' + year % 10);
	out[4] = out[7] = '-';
	out[5] = (char) ('0' + month / 10);
	out[6] = (char) ('0' + month % 10);
	out[8] = (char) ('0' + day / 10);
	out[9] = (char) ('0' + day % 10);
	value->bytes = out;
	value->length = 10;
	return true;
}

/* Sign (before, or after as some hosts write), digits, at most one decimal sign. */
static bool
read_number(const Layout *layout, Slice found, char *out, Slice *value)
{
	size_t from = 0, to = found.length, digits = 0;
	bool negative = false, point = false;
	char *start = out;

	if (found.bytes[0] == '-' || found.bytes[0] == '+')
	{
		negative = found.bytes[0] == '-';
		from = 1;
	}
	else if (found.bytes[to - 1] == '-' || found.bytes[to - 1] == '+')
	{
		negative = found.bytes[to - 1] == '-';
		to--;
	}
	if (negative)
		*out++ = '-';
	for (size_t i = from; i < to; i++)
	{
		char c = found.bytes[i];

		if (c >= '0' && c <= '9')
			digits++;
		else if (c == layout->decimal_sign && !point && digits > 0 && i + 1 < to)
		{
			point = true;
			c = '.';
		}
		else
			return false;
		*out++ = c;
	}
	if (digits == 0)
		return false;
	value->bytes = start;
	value->length = (size_t) (out - start);
	return true;
}

static bool
read_implied(const LayoutField *field, Slice found, char *out, Slice *value)
{
	const char *bytes = found.bytes;
	size_t length = found.length;
	size_t decimals = (size_t) field->decimals;
	char *start = out;
	size_t whole;

	if (field->type == LAYOUT_SIGNED && (bytes[0] == '+' || bytes[0] == '-'))
	{
		if (bytes[0] == '-')
			*out++ = '-';
		bytes++;
		length--;
	}
	else if (field->type == LAYOUT_SIGNED && (bytes[length - 1] == '+' || bytes[length - 1] == '-'))
	{
		if (bytes[length - 1] == '-')
			*out++ = '-';
		length--;
	}
	if (length == 0)
		return false;
	for (size_t i = 0; i < length; i++)
		if (bytes[i] < '0' || bytes[i] > '9')
			return false;
	while (length > decimals + 1 && *bytes == '0')
	{
		bytes++;
		length--;
	}
	if (decimals > 0 && field->term != INVOICE_TERM_COUNT &&
		invoice_term_info[field->term].type != TERM_TYPE_AMOUNT && length > decimals)
		while (decimals > 0 && bytes[length - 1] == '0')
		{
			decimals--;
			length--;
		}
	if (length <= decimals)
	{
		*out++ = '0';
		*out++ = '.';
		for (size_t i = length; i < decimals; i++)
			*out++ = '0';
		memcpy(out, bytes, length);
		out += length;
	}
	else
	{
		whole = length - decimals;
		memcpy(out, bytes, whole);
		out += whole;
		if (decimals > 0)
		{
			*out++ = '.';
			memcpy(out, bytes + whole, decimals);
			out += decimals;
		}
	}
	value->bytes = start;
	value->length = (size_t) (out - start);
	return true;
}

static bool
is_zero(Slice number)
{
	for (size_t i = 0; i < number.length; i++)
		if (number.bytes[i] != '0' && number.bytes[i] != '.' && number.bytes[i] != '-')
			return false;
	return true;
}

static bool
date_exists(int year, int month, int day)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return year >= 1900 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
		   day <= days[month - 1] + (month == 2 && leap ? 1 : 0);
}
