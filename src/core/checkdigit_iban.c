/*
 * checkdigit_iban.c: IBAN by country and the Polish NRB.
 *
 * The structures are those of the IBAN registry (ISO 13616), as facts; national check digits inside
 * the account part are not tested.
 */
#include "core/checkdigit_math.h"
#include "core/checkdigit_schemes.h"

#include <string.h>

/*
 * Account part: counts with n (digits), a (letters), c (either).  Ordered by country.
 */
static const struct
{
	char country[3];
	char structure[16];
} ibans[] = {
	{"AD", "8n12c"},	{"AE", "19n"},		{"AL", "8n16c"},	{"AT", "16n"},
	{"AZ", "4a20c"},	{"BA", "16n"},		{"BE", "12n"},		{"BG", "4a6n8c"},
	{"BH", "4a14c"},	{"BI", "23n"},		{"BR", "23n1a1c"},	{"BY", "4c4n16c"},
	{"CH", "5n12c"},	{"CR", "18n"},		{"CY", "8n16c"},	{"CZ", "20n"},
	{"DE", "18n"},		{"DJ", "23n"},		{"DK", "14n"},		{"DO", "4c20n"},
	{"EE", "16n"},		{"EG", "25n"},		{"ES", "20n"},		{"FI", "14n"},
	{"FK", "2a12n"},	{"FO", "14n"},		{"FR", "10n11c2n"}, {"GB", "4a14n"},
	{"GE", "2a16n"},	{"GI", "4a15c"},	{"GL", "14n"},		{"GR", "7n16c"},
	{"GT", "24c"},		{"HN", "4a20n"},	{"HR", "17n"},		{"HU", "24n"},
	{"IE", "4a14n"},	{"IL", "19n"},		{"IQ", "4a15n"},	{"IS", "22n"},
	{"IT", "1a10n12c"}, {"JO", "4a4n18c"},	{"KW", "4a22c"},	{"KZ", "3n13c"},
	{"LB", "4n20c"},	{"LC", "4a24c"},	{"LI", "5n12c"},	{"LT", "16n"},
	{"LU", "3n13c"},	{"LV", "4a13c"},	{"LY", "21n"},		{"MC", "10n11c2n"},
	{"MD", "20c"},		{"ME", "18n"},		{"MK", "3n10c2n"},	{"MN", "16n"},
	{"MR", "23n"},		{"MT", "4a5n18c"},	{"MU", "4a19n3a"},	{"NI", "4a20n"},
	{"NL", "4a10n"},	{"NO", "11n"},		{"OM", "3n16c"},	{"PK", "4a16c"},
	{"PL", "24n"},		{"PS", "4a21c"},	{"PT", "21n"},		{"QA", "4a21c"},
	{"RO", "4a16c"},	{"RS", "18n"},		{"RU", "14n15c"},	{"SA", "2n18c"},
	{"SC", "4a20n3a"},	{"SD", "14n"},		{"SE", "20n"},		{"SI", "15n"},
	{"SK", "20n"},		{"SM", "1a10n12c"}, {"SO", "19n"},		{"ST", "21n"},
	{"SV", "4a20n"},	{"TL", "19n"},		{"TN", "20n"},		{"TR", "6n16c"},
	{"UA", "6n19c"},	{"VA", "18n"},		{"VG", "4a16n"},	{"XK", "16n"},
	{"YE", "4a4n18c"},
};

static const char *
find_structure(const char *country)
{
	size_t low = 0, high = sizeof(ibans) / sizeof(ibans[0]);

	while (low < high)
	{
		size_t middle = (low + high) / 2;
		int order = memcmp(ibans[middle].country, country, 2);

		if (order == 0)
			return ibans[middle].structure;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static bool
fits_class(char next, char class)
{
	bool digit = next >= '0' && next <= '9';
	bool letter = next >= 'A' && next <= 'Z';

	return class == 'n' ? digit : class == 'a' ? letter : digit || letter;
}

static ReferenceProblem
match_structure(const char *structure, const char *account, size_t length)
{
	size_t at = 0;
	bool fits = true;

	while (*structure != '\0')
	{
		size_t count = 0;

		while (*structure >= '0' && *structure <= '9')
			count = count * 10 + (size_t) (*structure++ - '0');
		for (; count > 0; count--, at++)
			fits = fits && at < length && fits_class(account[at], *structure);
		structure++;
	}
	if (at != length)
		return length < at ? REFERENCE_TOO_SHORT : REFERENCE_TOO_LONG;
	return fits ? REFERENCE_OK : REFERENCE_BAD_STRUCTURE;
}

/* Country and account part; the two characters between them are left to the caller. */
static ReferenceProblem
check_account(const char *country, const char *account, size_t length)
{
	const char *structure = find_structure(country);

	if (structure == NULL)
		return REFERENCE_BAD_COUNTRY;
	return match_structure(structure, account, length);
}

static ReferenceProblem
check_collected(const ReferenceText *iban)
{
	ReferenceProblem problem;
	int check;

	if (iban->length < 5)
		return REFERENCE_TOO_SHORT;
	for (size_t i = 0; i < iban->length; i++)
		if (!fits_class(iban->text[i], 'c'))
			return REFERENCE_BAD_CHARACTER;
	problem = check_account(iban->text, iban->text + 4, iban->length - 4);
	if (problem != REFERENCE_OK)
		return problem;
	if (!checkdigit_all_digits(iban->text + 2, 2))
		return REFERENCE_BAD_STRUCTURE;
	check = (iban->text[2] - '0') * 10 + iban->text[3] - '0';
	if (check < 2 || check > 98 ||
		checkdigit_mod97(checkdigit_mod97(0, iban->text + 4, iban->length - 4), iban->text, 4) != 1)
		return REFERENCE_BAD_CHECK_DIGIT;
	return REFERENCE_OK;
}

/* The registry allows small letters in the account part; the normalised form keeps them. */
ReferenceProblem
iban_check(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	ReferenceText folded;
	ReferenceProblem problem = checkdigit_collect(text, length, " -", true, &folded);

	if (problem != REFERENCE_OK)
		return problem;
	checkdigit_collect(text, length, " -", false, normal);
	for (size_t i = 0; i < 2 && i < normal->length; i++)
		normal->text[i] = folded.text[i];
	return check_collected(&folded);
}

/* Payload: country and account part, without check digits. */
ReferenceProblem
iban_make(const char *payload, size_t length, const char *parameter, ReferenceText *made)
{
	ReferenceText text;
	ReferenceProblem problem = checkdigit_collect(payload, length, " -", true, &text);
	char head[5];
	int check;

	if (problem != REFERENCE_OK)
		return problem;
	if (text.length < 3)
		return REFERENCE_TOO_SHORT;
	problem = check_account(text.text, text.text + 2, text.length - 2);
	if (problem != REFERENCE_OK)
		return problem;
	memcpy(head, text.text, 2);
	memcpy(head + 2, "00", 3);
	check = 98 - checkdigit_mod97(checkdigit_mod97(0, text.text + 2, text.length - 2), head, 4);
	head[2] = (char) ('0' + check / 10);
	head[3] = (char) ('0' + check % 10);
	checkdigit_set(made, head, 4);
	for (size_t i = 2; i < text.length; i++)
		checkdigit_append(made, text.text[i]);
	return REFERENCE_OK;
}

/* Poland: the IBAN without its country; the normalised form is the whole IBAN. */
ReferenceProblem
nrb_check(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	ReferenceText digits;
	ReferenceProblem problem = checkdigit_collect(text, length, " ", false, &digits);

	if (problem != REFERENCE_OK)
		return problem;
	if (!checkdigit_all_digits(digits.text, digits.length))
		return REFERENCE_BAD_CHARACTER;
	if (digits.length != 26)
		return digits.length < 26 ? REFERENCE_TOO_SHORT : REFERENCE_TOO_LONG;
	checkdigit_set(normal, "PL", 2);
	for (size_t i = 0; i < digits.length; i++)
		checkdigit_append(normal, digits.text[i]);
	return check_collected(normal);
}

ReferenceProblem
nrb_make(const char *payload, size_t length, const char *parameter, ReferenceText *made)
{
	ReferenceText digits, iban;
	ReferenceText with_country;
	ReferenceProblem problem = checkdigit_collect(payload, length, " ", false, &digits);

	if (problem != REFERENCE_OK)
		return problem;
	if (!checkdigit_all_digits(digits.text, digits.length))
		return REFERENCE_BAD_CHARACTER;
	if (digits.length != 24)
		return digits.length < 24 ? REFERENCE_TOO_SHORT : REFERENCE_TOO_LONG;
	checkdigit_set(&with_country, "PL", 2);
	for (size_t i = 0; i < digits.length; i++)
		checkdigit_append(&with_country, digits.text[i]);
	problem = iban_make(with_country.text, with_country.length, parameter, &iban);
	return problem != REFERENCE_OK ? problem : checkdigit_set(made, iban.text + 2, iban.length - 2);
}
