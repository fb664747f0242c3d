/*
 * rules_peppol_checks.c: identifier checks as the Peppol and German rules make them.
 *
 * They follow the official sheets to the letter, also where these are laxer than the identifier's
 * own standard: a GLN may have any length, a Swedish number is judged by its first ten digits.
 */
#include "core/rules_peppol.h"

#include "core/rules_value.h"

#include <string.h>

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
all_digits(Slice value)
{
	for (size_t i = 0; i < value.length; i++)
		if (!is_digit(value.bytes[i]))
			return false;
	return value.length > 0;
}

static bool
is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static Slice
trimmed(Slice value)
{
	while (value.length > 0 && is_blank(value.bytes[0]))
	{
		value.bytes++;
		value.length--;
	}
	while (value.length > 0 && is_blank(value.bytes[value.length - 1]))
		value.length--;
	return value;
}

/* an xs:integer: sign and digits */
static bool
is_integer(Slice value)
{
	value = trimmed(value);
	if (value.length > 0 && (value.bytes[0] == '+' || value.bytes[0] == '-'))
	{
		value.bytes++;
		value.length--;
	}
	return all_digits(value);
}

static Slice
part(Slice value, size_t start, size_t length)
{
	return (Slice){value.bytes + start, length};
}

/* digits, the last one by modulus 10 with weights 3 and 1 from the right */
static bool
check_gln(Slice value)
{
	int sum = 0;

	if (!all_digits(value))
		return false;
	for (size_t i = 1; i < value.length; i++)
		sum += (value.bytes[value.length - 1 - i] - '0') * (i % 2 == 1 ? 3 : 1);
	return (10 - sum % 10) % 10 == value.bytes[value.length - 1] - '0';
}

/* digits, the last one by modulus 11 with weights 2 to 7 from the right; not zero */
static bool
check_mod11(Slice value)
{
	int sum = 0;
	bool zero = true;

	if (!all_digits(value))
		return false;
	for (size_t i = 0; i < value.length; i++)
		zero &= value.bytes[i] == '0';
	for (size_t i = 1; i < value.length; i++)
		sum += (value.bytes[value.length - 1 - i] - '0') * (int) ((i - 1) % 6 + 2);
	return !zero && (11 - sum % 11) % 11 == value.bytes[value.length - 1] - '0';
}

/* ten digits: 97 less the remainder of the first eight makes the last two */
static bool
check_belgian(Slice value)
{
	int first = 0;

	if (value.length != 10 || !all_digits(value))
		return false;
	for (int i = 0; i < 8; i++)
		first = (first * 10 + value.bytes[i] - '0') % 97;
	return (value.bytes[8] - '0') * 10 + value.bytes[9] - '0' == 97 - first;
}

/* eleven digits, modulus 89, the first one less by one */
static bool
check_australian(Slice value)
{
	static const int weights[] = {10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19};
	int sum = -10;

	if (value.length != 11 || !all_digits(value))
		return false;
	for (int i = 0; i < 11; i++)
		sum += (value.bytes[i] - '0') * weights[i];
	return sum % 89 == 0;
}

/* digits, of which the first ten are right by Luhn; what follows does not count */
static bool
check_swedish(Slice value)
{
	int sum = 0;

	if (value.length < 10 || !all_digits(value))
		return false;
	for (int i = 0; i < 9; i++)
	{
		int doubled = (value.bytes[i] - '0') * (i % 2 == 0 ? 2 : 1);

		sum += doubled / 10 + doubled % 10;
	}
	return (10 - sum % 10) % 10 == value.bytes[9] - '0';
}

/* Italian tax code: eleven digits, or six letters and so on in 16 places */
static bool
check_codice_fiscale(Slice value)
{
	if (value.length == 11)
		return is_integer(value);
	if (value.length != 16)
		return false;
	for (int i = 0; i < 16; i++)
		if ((i < 6 || i == 8 || i == 15) && !is_letter(value.bytes[i]))
			return false;
	return is_integer(part(value, 6, 2)) && is_integer(part(value, 9, 2)) &&
		   is_integer(part(value, 14, 1));
}

/* Italian VAT number: Luhn over eleven digits behind IT; of other countries nothing is asked */
static bool
check_partita_iva(Slice value)
{
	int sum = 0;

	if (value.length < 2 ||
		(memcmp(value.bytes, "IT", 2) != 0 && memcmp(value.bytes, "it", 2) != 0))
		return true;
	value = part(value, 2, value.length - 2);
	if (value.length != 11 || !all_digits(value))
		return false;
	for (int i = 0; i < 11; i++)
	{
		int doubled = (value.bytes[i] - '0') * (i % 2 == 1 ? 2 : 1);

		sum += doubled / 10 + doubled % 10;
	}
	return sum % 10 == 0;
}

/* Greek tax number: eight digits with weights 256 to 2, then modulus 11, then 10 */
static bool
check_greek(Slice value)
{
	int sum = 0;

	if (value.length < 9 || !all_digits(part(value, 0, 9)))
		return false;
	for (int i = 0; i < 8; i++)
		sum += (value.bytes[i] - '0') << (8 - i);
	return sum % 11 % 10 == value.bytes[8] - '0';
}

/* xs:double, so that XPath's number() is not NaN */
static bool
check_number(Slice value)
{
	size_t at = 0, digits = 0;

	value = trimmed(value);
	if (value.length == 3 && memcmp(value.bytes, "INF", 3) == 0)
		return true;
	if (value.length == 4 && memcmp(value.bytes, "-INF", 4) == 0)
		return true;
	if (at < value.length && (value.bytes[at] == '+' || value.bytes[at] == '-'))
		at++;
	for (; at < value.length && is_digit(value.bytes[at]); at++)
		digits++;
	if (at < value.length && value.bytes[at] == '.')
		for (at++; at < value.length && is_digit(value.bytes[at]); at++)
			digits++;
	if (digits == 0)
		return false;
	if (at < value.length && (value.bytes[at] == 'e' || value.bytes[at] == 'E'))
		return is_integer(part(value, at + 1, value.length - at - 1)) &&
			   !is_blank(value.bytes[at + 1]);
	return at == value.length;
}

static bool
check_natural(Slice value)
{
	return is_integer(value) && memchr(value.bytes, '-', value.length) == NULL;
}

static bool
check_date(Slice value)
{
	return value.length == 10 && rules_good_date(value);
}

/* "Godkänd för F-skatt" in any case, blanks around and between folded */
static bool
check_f_skatt(Slice value)
{
	static const char wanted[] = "GODK\xC3\x84ND F\xC3\x96R F-SKATT";
	const char *at = wanted;

	value = trimmed(value);
	for (size_t i = 0; i < value.length; i++)
	{
		char c = value.bytes[i];

		if (is_blank(c) && i > 0 && is_blank(value.bytes[i - 1]))
			continue;
		if (is_blank(c))
			c = ' ';
		else if (c >= 'a' && c <= 'z')
			c = (char) (c - 'a' + 'A');
		else if (i > 0 && (unsigned char) value.bytes[i - 1] == 0xC3 && (unsigned char) c >= 0xA0)
			c = (char) (c - 0x20);
		if (*at == '\0' || c != *at++)
			return false;
	}
	return *at == '\0';
}

/*
 * IBAN by modulus 97 after blanks are taken out.  The official sheet counts a small letter as its
 * character code less 55, so that IBANs in small letters fail.
 */
static bool
check_iban(Slice value)
{
	char text[40];
	int length = 0, rest = 0;

	for (size_t i = 0; i < value.length; i++)
	{
		if (is_blank(value.bytes[i]))
			continue;
		if (length == 34)
			return false;
		text[length++] = value.bytes[i];
	}
	if (length < 4 || text[0] < 'A' || text[0] > 'Z' || text[1] < 'A' || text[1] > 'Z' ||
		!is_digit(text[2]) || !is_digit(text[3]))
		return false;
	for (int i = 0; i < length; i++)
	{
		char c = text[(i + 4) % length];

		if (!is_digit(c) && !is_letter(c))
			return false;
		if (is_digit(c))
			rest = (rest * 10 + c - '0') % 97;
		else
			rest = (rest * 100 + c - 55) % 97;
	}
	return rest == 1;
}

/* #SKONTO#TAGE=n#PROZENT=n.nn# or with #BASISBETRAG=n.nn# behind */
static bool
is_skonto(Slice line)
{
	const char *at = line.bytes, *end = line.bytes + line.length;

#define TAKE(text)                                                                             \
	do                                                                                         \
	{                                                                                          \
		if ((size_t) (end - at) < sizeof(text) - 1 || memcmp(at, text, sizeof(text) - 1) != 0) \
			return false;                                                                      \
		at += sizeof(text) - 1;                                                                \
	} while (0)
#define TAKE_DIGITS()                     \
	do                                    \
	{                                     \
		if (at == end || !is_digit(*at))  \
			return false;                 \
		while (at < end && is_digit(*at)) \
			at++;                         \
	} while (0)
#define TAKE_CENTS()                                              \
	do                                                            \
	{                                                             \
		TAKE(".");                                                \
		if (end - at < 2 || !is_digit(at[0]) || !is_digit(at[1])) \
			return false;                                         \
		at += 2;                                                  \
	} while (0)

	TAKE("#SKONTO#TAGE=");
	TAKE_DIGITS();
	TAKE("#PROZENT=");
	TAKE_DIGITS();
	TAKE_CENTS();
	TAKE("#");
	if (at == end)
		return true;
	TAKE("BASISBETRAG=");
	if (at < end && *at == '-')
		at++;
	TAKE_DIGITS();
	TAKE_CENTS();
	TAKE("#");
	return at == end;
}

/*
 * Lines that begin with # are cash discounts in the German form, and behind the last of them the
 * text goes on in a new line.
 */
static bool
check_skonto(Slice value)
{
	const char *end = value.bytes + value.length, *rest = value.bytes;
	bool any = false;

	if (value.bytes == NULL)
		return true;
	for (const char *at = value.bytes; at < end;)
	{
		const char *stop = memchr(at, '\n', (size_t) (end - at));
		const char *first = NULL, *last = NULL;
		Slice line;

		if (stop == NULL)
			stop = end;
		line = trimmed((Slice){at, (size_t) (stop - at)});
		if (line.length > 0 && line.bytes[0] == '#')
		{
			any = true;
			if (!is_skonto(line))
				return false;
		}
		/* from the first to the last # of a line, with something between, is what splits the text
		 */
		for (const char *c = at; c < stop; c++)
			if (*c == '#')
			{
				first = first == NULL ? c : first;
				last = c;
			}
		if (first != NULL && last - first >= 2)
			rest = last + 1;
		at = stop + 1;
	}
	if (!any)
		return true;
	while (rest < end && (*rest == ' ' || *rest == '\t' || *rest == '\r'))
		rest++;
	return rest < end && *rest == '\n';
}

const RuleCheck rules_peppol_checks[PEPPOL_CHECK_COUNT] = {
	{"gln", check_gln},
	{"mod11", check_mod11},
	{"belgian", check_belgian},
	{"australian", check_australian},
	{"swedish", check_swedish},
	{"codice_fiscale", check_codice_fiscale},
	{"partita_iva", check_partita_iva},
	{"greek", check_greek},
	{"number", check_number},
	{"natural", check_natural},
	{"date", check_date},
	{"f_skatt", check_f_skatt},
	{"iban", check_iban},
	{"skonto", check_skonto},
};
