/*
 * xml_schema_value.c: data types of schemas.
 */
#include "core/xml_schema.h"

#include <stdio.h>
#include <string.h>

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t
count_digits(Slice text, size_t from)
{
	size_t at = from;

	while (at < text.length && is_digit(text.bytes[at]))
		at++;
	return at - from;
}

/* A picture: 9 digit, A capital letter, X either, * either of both cases; anything else is itself.
 */
static bool
looks_like(Slice text, const char *picture)
{
	if (text.length != strlen(picture))
		return false;
	for (size_t i = 0; i < text.length; i++)
	{
		char c = text.bytes[i];
		bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';

		if (picture[i] == '9'	? !is_digit(c)
			: picture[i] == 'A' ? !upper
			: picture[i] == 'X' ? !upper && !is_digit(c)
			: picture[i] == '*' ? !upper && !lower && !is_digit(c)
								: c != picture[i])
			return false;
	}
	return true;
}

/* Ten digits, the first and one of the two behind it not zero. */
static bool
is_nip(Slice text)
{
	return looks_like(text, "9999999999") && text.bytes[0] != '0' &&
		   (text.bytes[1] != '0' || text.bytes[2] != '0');
}

static bool
is_internal(Slice text)
{
	return looks_like(text, "9999999999-99999") && is_nip((Slice){text.bytes, 10});
}

static bool
is_union_number(Slice text)
{
	for (size_t i = 0; i < text.length; i++)
		if (!is_digit(text.bytes[i]) && !(text.bytes[i] >= 'A' && text.bytes[i] <= 'Z') &&
			text.bytes[i] != '+' && text.bytes[i] != '*')
			return false;
	return text.length >= 1 && text.length <= 12;
}

static bool
is_alnum(Slice text, size_t most)
{
	for (size_t i = 0; i < text.length; i++)
		if (!is_digit(text.bytes[i]) && !(text.bytes[i] >= 'A' && text.bytes[i] <= 'Z') &&
			!(text.bytes[i] >= 'a' && text.bytes[i] <= 'z'))
			return false;
	return text.length >= 1 && text.length <= most;
}

/* NIP (or M and nine, or three letters and seven digits), date, two numbers, check. */
static bool
is_ksef_number(Slice text)
{
	const char *at = text.bytes;
	bool dash = text.length == 36;
	char flat[36];

	if (text.length != 35 && !dash)
		return false;
	memcpy(flat, at, 26);
	memcpy(flat + 26, at + (dash ? 27 : 26), 9);
	if (dash && at[26] != '-')
		return false;
	if (!is_nip((Slice){flat, 10}) && !looks_like((Slice){flat, 10}, "M999999999") &&
		!looks_like((Slice){flat, 10}, "AAA9999999"))
		return false;
	for (size_t i = 20; i < 35; i++)
		if (i == 32 ? flat[i] != '-' : !is_digit(flat[i]) && !(flat[i] >= 'A' && flat[i] <= 'F'))
			return false;
	return looks_like((Slice){flat + 10, 10}, "-99999999-") && flat[11] >= '2' &&
		   (flat[11] > '2' || flat[12] > '0' || flat[13] >= '2') &&
		   memcmp(flat + 15, "00", 2) > 0 && memcmp(flat + 15, "12", 2) <= 0 &&
		   memcmp(flat + 17, "00", 2) > 0 && memcmp(flat + 17, "31", 2) <= 0;
}

static bool
is_email(Slice text)
{
	const char *at = text.length > 2 ? memchr(text.bytes + 1, '@', text.length - 2) : NULL;

	return at != NULL;
}

/* A link with the parameter IPKSeF. */
static bool
is_link(Slice text)
{
	static const char key[] = "IPKSeF=";
	bool http = (text.length > 8 && memcmp(text.bytes, "https://", 8) == 0) ||
				(text.length > 7 && memcmp(text.bytes, "http://", 7) == 0);

	for (size_t i = 1; http && i + sizeof(key) - 1 + 13 <= text.length; i++)
		if (memcmp(text.bytes + i, key, sizeof(key) - 1) == 0 &&
			(text.bytes[i - 1] == '?' || text.bytes[i - 1] == '&'))
			return looks_like((Slice){text.bytes + i + sizeof(key) - 1, 13}, "999**********");
	return false;
}

static bool
is_decimal(Slice text, size_t whole, size_t fraction)
{
	size_t at = text.length > 0 && text.bytes[0] == '-' ? 1 : 0;
	size_t digits = count_digits(text, at);

	if (digits == 0 || digits > whole || (digits > 1 && text.bytes[at] == '0'))
		return false;
	at += digits;
	if (at == text.length)
		return true;
	digits = count_digits(text, at + 1);
	return text.bytes[at] == '.' && digits >= 1 && digits <= fraction &&
		   at + 1 + digits == text.length;
}

static bool
is_percent(Slice text, size_t fraction)
{
	size_t digits = count_digits(text, 0);
	bool point = digits < text.length && text.bytes[digits] == '.';
	size_t behind = point ? count_digits(text, digits + 1) : 0;

	if (digits == 0 || digits > 3 || behind > fraction ||
		digits + (point ? 1 : 0) + behind != text.length)
		return false;
	if (digits < 3)
		return true;
	for (size_t i = 3; i < text.length; i++)
		if (text.bytes[i] != '.' && text.bytes[i] != '0')
			return false;
	return memcmp(text.bytes, "100", 3) <= 0;
}

static bool
is_date(Slice text)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year, month, day;
	bool leap;

	if (!looks_like(text, "9999-99-99"))
		return false;
	year = (text.bytes[0] - '0') * 1000 + (text.bytes[1] - '0') * 100 + (text.bytes[2] - '0') * 10 +
		   (text.bytes[3] - '0');
	month = (text.bytes[5] - '0') * 10 + (text.bytes[6] - '0');
	day = (text.bytes[8] - '0') * 10 + (text.bytes[9] - '0');
	leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return month >= 1 && month <= 12 && day >= 1 &&
		   day <= days[month - 1] + (month == 2 && leap ? 1 : 0);
}

static bool
in_range(Slice date, const char *range)
{
	return range == NULL || strlen(range) < 21 ||
		   (memcmp(date.bytes, range, 10) >= 0 && memcmp(date.bytes, range + 11, 10) <= 0);
}

/* 2026-10-31T10:00:00Z, also with a fraction of the second or an offset. */
static bool
is_time(Slice text)
{
	size_t at = 19;

	if (text.length < 19 || !is_date((Slice){text.bytes, 10}) ||
		!looks_like((Slice){text.bytes + 10, 9}, "T99:99:99") ||
		memcmp(text.bytes + 11, "24", 2) >= 0 || text.bytes[14] > '5' || text.bytes[17] > '5')
		return false;
	if (at < text.length && text.bytes[at] == '.')
		at += 1 + count_digits(text, at + 1);
	if (at == text.length || (at + 1 == text.length && text.bytes[at] == 'Z'))
		return true;
	return text.length - at == 6 && (looks_like((Slice){text.bytes + at, 6}, "+99:99") ||
									 looks_like((Slice){text.bytes + at, 6}, "-99:99"));
}

static bool
is_one_of(Slice text, const char *list)
{
	while (*list != '\0')
	{
		size_t length = strcspn(list, "|");

		if (length == text.length && memcmp(list, text.bytes, length) == 0)
			return true;
		list += length + (list[length] == '|' ? 1 : 0);
	}
	return false;
}

/* A number without plus sign and leading zeros. */
static Slice
plain_number(Slice text)
{
	if (text.length > 1 && text.bytes[0] == '+')
		text = (Slice){text.bytes + 1, text.length - 1};
	while (text.length > 1 && text.bytes[0] == '0')
		text = (Slice){text.bytes + 1, text.length - 1};
	return text;
}

static bool
is_integer(Slice text)
{
	size_t sign = text.length > 0 && (text.bytes[0] == '-' || text.bytes[0] == '+') ? 1 : 0;

	return text.length > sign && count_digits(text, sign) + sign == text.length;
}

static size_t
count_characters(Slice text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.length; i++)
		count += ((unsigned char) text.bytes[i] & 0xC0) != 0x80;
	return count;
}

static const char *
length_problem(const SchemaEntry *entry, Slice text, char *out, size_t size)
{
	size_t length = count_characters(text);

	if (length >= (size_t) entry->least && (entry->most == 0 || length <= (size_t) entry->most))
		return NULL;
	snprintf(out, size, "%d to %d characters, not %zu", entry->least, entry->most, length);
	return out;
}

const char *
xml_schema_value(const SchemaEntry *entry, Slice text, char *out, size_t size)
{
	bool good = true;
	const char *what = "another form";

	switch (entry->kind)
	{
		case SCHEMA_TOKEN:
		case SCHEMA_STRING:
			return length_problem(entry, text, out, size);
		case SCHEMA_ONE_OF:
		case SCHEMA_NUMBER_OF:
			good =
				is_one_of(entry->kind == SCHEMA_NUMBER_OF ? plain_number(text) : text, entry->text);
			snprintf(out, size,
					 strlen(entry->text) < 100 ? "one of %s" : "a code of the schema's list",
					 entry->text);
			what = out;
			break;
		case SCHEMA_DECIMAL:
			good = is_decimal(text, (size_t) entry->least, (size_t) entry->most);
			snprintf(out, size,
					 "a number of up to %d digits and %d decimals, without leading zeros",
					 entry->least, entry->most);
			what = out;
			break;
		case SCHEMA_PERCENT:
			good = is_percent(text, (size_t) entry->most);
			what = "a percentage from 0 to 100";
			break;
		case SCHEMA_NATURAL:
			good = is_integer(text) && text.bytes[0] != '-' && plain_number(text).bytes[0] != '0' &&
				   plain_number(text).length <= (size_t) entry->most;
			what = "a whole number above zero";
			break;
		case SCHEMA_INTEGER:
			good = is_integer(text);
			what = "a whole number";
			break;
		case SCHEMA_DATE:
			good = is_date(text) && in_range(text, entry->text);
			snprintf(out, size, "a date YYYY-MM-DD from %.10s to %s", entry->text,
					 entry->text + 11);
			what = out;
			break;
		case SCHEMA_TIME:
			good = is_time(text) && in_range(text, entry->text);
			what = "a date and time such as 2026-10-31T10:00:00Z";
			break;
		case SCHEMA_NIP:
			good = is_nip(text);
			what = "a NIP of ten digits";
			break;
		case SCHEMA_INTERNAL:
			good = is_internal(text);
			what = "a NIP, a hyphen and five digits";
			break;
		case SCHEMA_VAT_UE:
			good = is_union_number(text);
			what = "up to twelve digits and capital letters";
			break;
		case SCHEMA_BIC:
			good = looks_like(text, "AAAAAAXX") || looks_like(text, "AAAAAAXXXXX");
			what = "a BIC";
			break;
		case SCHEMA_EMAIL:
			good = is_email(text);
			if (good)
				return length_problem(entry, text, out, size);
			what = "an address with @";
			break;
		case SCHEMA_KRS:
			good = looks_like(text, "9999999999");
			what = "ten digits";
			break;
		case SCHEMA_REGON:
			good = looks_like(text, "999999999") || looks_like(text, "99999999999999");
			what = "nine or fourteen digits";
			break;
		case SCHEMA_IPKSEF:
			good = looks_like(text, "999**********");
			what = "three digits and ten letters or digits";
			break;
		case SCHEMA_LINK:
			good = is_link(text);
			if (good)
				return length_problem(entry, text, out, size);
			what = "a link with the parameter IPKSeF";
			break;
		case SCHEMA_KSEF_NUMBER:
			good = is_ksef_number(text);
			what = "a KSeF number";
			break;
		case SCHEMA_ALNUM:
			good = is_alnum(text, 50);
			what = "up to fifty letters and digits";
			break;
		case SCHEMA_ACCOUNT:
			good = text.length >= 10 && is_alnum(text, 32);
			what = "ten to 32 digits and capital letters";
			break;
	}
	return good ? NULL : what;
}
