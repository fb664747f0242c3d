/*
 * checkdigit_math.c: Luhn, weighted sums, mod 97, mod 11,10, CRC-8.
 */
#include "core/checkdigit_math.h"

#include <string.h>

bool
checkdigit_all_digits(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return true;
}

ReferenceProblem
checkdigit_append(ReferenceText *text, char next)
{
	if (text->length >= REFERENCE_MAX)
		return REFERENCE_TOO_LONG;
	text->text[text->length++] = next;
	text->text[text->length] = '\0';
	return REFERENCE_OK;
}

ReferenceProblem
checkdigit_set(ReferenceText *text, const char *bytes, size_t length)
{
	if (length > REFERENCE_MAX)
		return REFERENCE_TOO_LONG;
	memmove(text->text, bytes, length);
	text->text[length] = '\0';
	text->length = length;
	return REFERENCE_OK;
}

ReferenceProblem
checkdigit_collect(const char *text, size_t length, const char *ignored, bool fold,
				   ReferenceText *out)
{
	out->length = 0;
	out->text[0] = '\0';
	for (size_t i = 0; i < length; i++)
	{
		char next = text[i];

		if (next == '\0')
			return REFERENCE_BAD_CHARACTER;
		if (strchr(ignored, next) != NULL)
			continue;
		if (fold && next >= 'a' && next <= 'z')
			next = (char) (next - 'a' + 'A');
		if (checkdigit_append(out, next) != REFERENCE_OK)
			return REFERENCE_TOO_LONG;
	}
	return out->length == 0 ? REFERENCE_MISSING : REFERENCE_OK;
}

int
checkdigit_luhn(const char *digits, size_t length)
{
	/* digit doubled, its decimal digits added */
	static const int doubled[10] = {0, 2, 4, 6, 8, 1, 3, 5, 7, 9};
	int sum = 0;
	bool twice = true;

	for (size_t i = length; i > 0; i--)
	{
		int digit = digits[i - 1] - '0';

		sum += twice ? doubled[digit] : digit;
		twice = !twice;
	}
	return (10 - sum % 10) % 10;
}

int
checkdigit_weighted(const char *digits, const int *weights, size_t length)
{
	int sum = 0;

	for (size_t i = 0; i < length; i++)
		sum += (digits[i] - '0') * weights[i];
	return sum;
}

int
checkdigit_weighted_right(const char *digits, size_t length, const int *weights, size_t cycle)
{
	int sum = 0;

	for (size_t i = 0; i < length; i++)
		sum += (digits[length - 1 - i] - '0') * weights[i % cycle];
	return sum;
}

int
checkdigit_mod97(int start, const char *text, size_t length)
{
	/* The remainder stays below 97, so seven more digits fit 32 bits; letters count two. */
	unsigned rest = (unsigned) start;

	for (size_t i = 0; i < length; i++)
	{
		if (text[i] >= '0' && text[i] <= '9')
			rest = rest * 10 + (unsigned) (text[i] - '0');
		else
			rest = rest * 100 + (unsigned) (text[i] - 'A' + 10);
		if (rest >= 10000000)
			rest %= 97;
	}
	return (int) (rest % 97);
}

int
checkdigit_mod11_10(const char *digits, size_t length)
{
	int rest = 10;

	for (size_t i = 0; i < length; i++)
	{
		rest = (rest + digits[i] - '0') % 10;
		if (rest == 0)
			rest = 10;
		rest = rest * 2 % 11;
	}
	return (11 - rest) % 10;
}

unsigned
checkdigit_crc8(const char *bytes, size_t length)
{
	unsigned crc = 0;

	for (size_t i = 0; i < length; i++)
	{
		crc ^= (unsigned char) bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc & 0x80) ? ((crc << 1) ^ 0x07) & 0xff : crc << 1;
	}
	return crc;
}

bool
checkdigit_is_date(const char *digits)
{
	static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year = 0, month, day, last;

	for (int i = 0; i < 4; i++)
		year = year * 10 + digits[i] - '0';
	month = (digits[4] - '0') * 10 + digits[5] - '0';
	day = (digits[6] - '0') * 10 + digits[7] - '0';
	if (month < 1 || month > 12)
		return false;
	last = days[month - 1];
	if (month == 2 && ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0))
		last = 29;
	return day >= 1 && day <= last;
}
