/*
 * checkdigit_identity.c: company, account, article and document numbers of the countries we work
 * in.
 *
 * Blanks and hyphens are ignored where people write them; a country prefix is accepted where the
 * number is a VAT number of that country and dropped in the normalised form.
 */
#include "core/checkdigit_math.h"
#include "core/checkdigit_schemes.h"

#include <string.h>

/* Collects, drops an optional prefix and wants exactly "wanted" digits (0 = the caller tests). */
static ReferenceProblem
take_number(const char *text, size_t length, const char *prefix, size_t wanted,
			ReferenceText *normal)
{
	ReferenceProblem problem = checkdigit_collect(text, length, " -.", true, normal);
	size_t skip = strlen(prefix);

	if (problem != REFERENCE_OK)
		return problem;
	if (skip > 0 && strncmp(normal->text, prefix, skip) == 0)
		checkdigit_set(normal, normal->text + skip, normal->length - skip);
	if (normal->length == 0)
		return REFERENCE_TOO_SHORT;
	if (!checkdigit_all_digits(normal->text, normal->length))
		return REFERENCE_BAD_CHARACTER;
	if (wanted > 0 && normal->length != wanted)
		return normal->length < wanted ? REFERENCE_TOO_SHORT : REFERENCE_TOO_LONG;
	return REFERENCE_OK;
}

/* Compares the last digit with the one computed; -1 stands for "no such number is issued". */
static ReferenceProblem
compare_last(const ReferenceText *normal, int digit)
{
	return digit == normal->text[normal->length - 1] - '0' ? REFERENCE_OK
														   : REFERENCE_BAD_CHECK_DIGIT;
}

static ReferenceProblem
append_digit(ReferenceText *made, int digit)
{
	if (digit < 0)
		return REFERENCE_BAD_CHECK_DIGIT;
	return checkdigit_append(made, (char) ('0' + digit));
}

/* 11 minus the rest; 11 is 0 and 10 is never issued. */
static int
mod11_digit(int sum)
{
	int rest = sum % 11;

	return rest == 0 ? 0 : rest == 1 ? -1 : 11 - rest;
}

/* Norway: organisation number, account number, VAT number. */

static int
norwegian_company_digit(const char *digits)
{
	static const int weights[] = {3, 2, 7, 6, 5, 4, 3, 2};

	return mod11_digit(checkdigit_weighted(digits, weights, 8));
}

ReferenceProblem
norwegian_company_check(const char *text, size_t length, const char *parameter,
						ReferenceText *normal)
{
	ReferenceProblem problem = take_number(text, length, "", 9, normal);

	return problem != REFERENCE_OK ? problem
								   : compare_last(normal, norwegian_company_digit(normal->text));
}

ReferenceProblem
norwegian_company_make(const char *payload, size_t length, const char *parameter,
					   ReferenceText *made)
{
	ReferenceProblem problem = take_number(payload, length, "", 8, made);

	return problem != REFERENCE_OK ? problem
								   : append_digit(made, norwegian_company_digit(made->text));
}

static int
norwegian_account_digit(const char *digits)
{
	static const int weights[] = {5, 4, 3, 2, 7, 6, 5, 4, 3, 2};

	return mod11_digit(checkdigit_weighted(digits, weights, 10));
}

ReferenceProblem
norwegian_account_check(const char *text, size_t length, const char *parameter,
						ReferenceText *normal)
{
	ReferenceProblem problem = take_number(text, length, "", 11, normal);

	return problem != REFERENCE_OK ? problem
								   : compare_last(normal, norwegian_account_digit(normal->text));
}

ReferenceProblem
norwegian_account_make(const char *payload, size_t length, const char *parameter,
					   ReferenceText *made)
{
	ReferenceProblem problem = take_number(payload, length, "", 10, made);

	return problem != REFERENCE_OK ? problem
								   : append_digit(made, norwegian_account_digit(made->text));
}

ReferenceProblem
norwegian_vat_check(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	ReferenceText whole, number;
	ReferenceProblem problem = checkdigit_collect(text, length, " -.", true, &whole);
	size_t skip;

	if (problem != REFERENCE_OK)
		return problem;
	skip = strncmp(whole.text, "NO", 2) == 0 ? 2 : 0;
	if (whole.length < skip + 3 || strcmp(whole.text + whole.length - 3, "MVA") != 0)
		return REFERENCE_BAD_STRUCTURE;
	checkdigit_set(&number, whole.text + skip, whole.length - skip - 3);
	problem = number.length == 0
				  ? REFERENCE_TOO_SHORT
				  : norwegian_company_check(number.text, number.length, parameter, normal);
	for (const char *end = "MVA"; problem == REFERENCE_OK && *end; end++)
		checkdigit_append(normal, *end);
	return problem;
}

ReferenceProblem
norwegian_vat_make(const char *payload, size_t length, const char *parameter, ReferenceText *made)
{
	ReferenceProblem problem = norwegian_company_make(payload, length, parameter, made);

	for (const char *end = "MVA"; problem == REFERENCE_OK && *end; end++)
		checkdigit_append(made, *end);
	return problem;
}

/* Sweden: organisation number, VAT number. */

ReferenceProblem
swedish_company_check(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	ReferenceProblem problem = take_number(text, length, "", 10, normal);

	return problem != REFERENCE_OK ? problem
								   : compare_last(normal, checkdigit_luhn(normal->text, 9));
}

ReferenceProblem
swedish_company_make(const char *payload, size_t length, const char *parameter, ReferenceText *made)
{
	ReferenceProblem problem = take_number(payload, length, "", 9, made);

	return problem != REFERENCE_OK ? problem : append_digit(made, checkdigit_luhn(made->text, 9));
}

ReferenceProblem
swedish_vat_check(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	ReferenceProblem problem = take_number(text, length, "SE", 12, normal);

	if (problem != REFERENCE_OK)
		return problem;
	if (memcmp(normal->text + 10, "01", 2) != 0)
		return REFERENCE_BAD_STRUCTURE;
	return checkdigit_luhn(normal->text, 9) == normal->text[9] - '0' ? REFERENCE_OK
																	 : REFERENCE_BAD_CHECK_DIGIT;
}

ReferenceProblem
swedish_vat_make(const char *payload, size_t length, const char *parameter, ReferenceText *made)
{
	ReferenceProblem problem = swedish_company_make(payload, length, parameter, made);

	for (const char *end = "01"; problem == REFERENCE_OK && *end; end++)
		checkdigit_append(made, *end);
	return problem;
}

/* Finland: business identity and VAT number; a rest of 1 is never issued. */

static int
finnish_company_digit(const char *digits)
{
	static const int weights[] = {7, 9, 10, 5, 8, 4, 2};

	return mod11_digit(checkdigit_weighted(digits, weights, 7));
}

static ReferenceProblem
finnish_company_prefixed(const char *text, size_t length, const char *prefix, ReferenceText *normal)
{
	ReferenceProblem problem = take_number(text, length, prefix, 8, normal);

	return problem != REFERENCE_OK ? problem
								   : compare_last(normal, finnish_company_digit(normal->text));
}

ReferenceProblem
finnish_company_check(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	return finnish_company_prefixed(text, length, "", normal);
}

ReferenceProblem
finnish_company_make(const char *payload, size_t length, const char *parameter, ReferenceText *made)
{
	ReferenceProblem problem = take_number(payload, length, "", 7, made);

	return problem != REFERENCE_OK ? problem
								   : append_digit(made, finnish_company_digit(made->text));
}

ReferenceProblem
finnish_vat_check(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	return finnish_company_prefixed(text, length, "FI", normal);
}

ReferenceProblem
finnish_vat_make(const char *payload, size_t length, const char *parameter, ReferenceText *made)
{
	return finnish_company_make(payload, length, parameter, made);
}

/* Poland: tax number, statistical number (9 digits, or 14 for a branch). */

static int
polish_nip_digit(const char *digits)
{
	static const int weights[] = {6, 5, 7, 2, 3, 4, 5, 6, 7};
	int rest = checkdigit_weighted(digits, weights, 9) % 11;

	return rest == 10 ? -1 : rest;
}

ReferenceProblem
polish_nip_check(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	ReferenceProblem problem = take_number(text, length, "PL", 10, normal);

	return problem != REFERENCE_OK ? problem : compare_last(normal, polish_nip_digit(normal->text));
}

ReferenceProblem
polish_nip_make(const char *payload, size_t length, const char *parameter, ReferenceText *made)
{
	ReferenceProblem problem = take_number(payload, length, "PL", 9, made);

	return problem != REFERENCE_OK ? problem : append_digit(made, polish_nip_digit(made->text));
}

static int
polish_regon_digit(const char *digits, size_t payload)
{
	static const int short_weights[] = {8, 9, 2, 3, 4, 5, 6, 7};
	static const int long_weights[] = {2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8};

	return checkdigit_weighted(digits, payload == 8 ? short_weights : long_weights, payload) % 11 %
		   10;
}

ReferenceProblem
polish_regon_check(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	ReferenceProblem problem = take_number(text, length, "", 0, normal);

	if (problem != REFERENCE_OK)
		return problem;
	if (normal->length != 9 && normal->length != 14)
		return REFERENCE_BAD_LENGTH;
	if (polish_regon_digit(normal->text, 8) != normal->text[8] - '0')
		return REFERENCE_BAD_CHECK_DIGIT;
	return compare_last(normal, polish_regon_digit(normal->text, normal->length - 1));
}

ReferenceProblem
polish_regon_make(const char *payload, size_t length, const char *parameter, ReferenceText *made)
{
	ReferenceProblem problem = take_number(payload, length, "", 0, made);

	if (problem != REFERENCE_OK)
		return problem;
	if (made->length != 8 && made->length != 13)
		return REFERENCE_BAD_LENGTH;
	if (made->length == 13 && polish_regon_digit(made->text, 8) != made->text[8] - '0')
		return REFERENCE_BAD_CHECK_DIGIT;
	return append_digit(made, polish_regon_digit(made->text, made->length));
}

/* Romania: fiscal code, weights aligned to the right. */

static int
romanian_cui_digit(const char *digits, size_t payload)
{
	static const int weights_from_right[] = {2, 3, 5, 7, 1, 2, 3, 5, 7};

	return checkdigit_weighted_right(digits, payload, weights_from_right, 9) * 10 % 11 % 10;
}

ReferenceProblem
romanian_cui_check(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	ReferenceProblem problem = take_number(text, length, "RO", 0, normal);

	if (problem != REFERENCE_OK)
		return problem;
	if (normal->length < 2 || normal->length > 10)
		return normal->length < 2 ? REFERENCE_TOO_SHORT : REFERENCE_TOO_LONG;
	if (normal->text[0] == '0')
		return REFERENCE_BAD_STRUCTURE;
	return compare_last(normal, romanian_cui_digit(normal->text, normal->length - 1));
}

ReferenceProblem
romanian_cui_make(const char *payload, size_t length, const char *parameter, ReferenceText *made)
{
	ReferenceProblem problem = take_number(payload, length, "RO", 0, made);

	if (problem != REFERENCE_OK)
		return problem;
	if (made->length > 9)
		return REFERENCE_TOO_LONG;
	if (made->text[0] == '0')
		return REFERENCE_BAD_STRUCTURE;
	return append_digit(made, romanian_cui_digit(made->text, made->length));
}

/* GS1: weights 3 and 1 from the right. */

static int
gs1_digit(const char *digits, size_t payload)
{
	static const int weights[] = {3, 1};

	return (10 - checkdigit_weighted_right(digits, payload, weights, 2) % 10) % 10;
}

static ReferenceProblem
gs1_check(const char *text, size_t length, size_t wanted, ReferenceText *normal)
{
	ReferenceProblem problem = take_number(text, length, "", wanted, normal);

	return problem != REFERENCE_OK
			   ? problem
			   : compare_last(normal, gs1_digit(normal->text, normal->length - 1));
}

static ReferenceProblem
gs1_make(const char *payload, size_t length, size_t wanted, ReferenceText *made)
{
	ReferenceProblem problem = take_number(payload, length, "", wanted, made);

	return problem != REFERENCE_OK ? problem
								   : append_digit(made, gs1_digit(made->text, made->length));
}

static bool
is_ean_length(size_t length)
{
	return length == 8 || (length >= 12 && length <= 14);
}

ReferenceProblem
ean_check(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	ReferenceProblem problem = gs1_check(text, length, 0, normal);

	if (problem == REFERENCE_OK || problem == REFERENCE_BAD_CHECK_DIGIT)
		return is_ean_length(normal->length) ? problem : REFERENCE_BAD_LENGTH;
	return problem;
}

ReferenceProblem
ean_make(const char *payload, size_t length, const char *parameter, ReferenceText *made)
{
	ReferenceProblem problem = gs1_make(payload, length, 0, made);

	if (problem == REFERENCE_OK && !is_ean_length(made->length))
		return REFERENCE_BAD_LENGTH;
	return problem;
}

ReferenceProblem
gln_check(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	return gs1_check(text, length, 13, normal);
}

ReferenceProblem
gln_make(const char *payload, size_t length, const char *parameter, ReferenceText *made)
{
	return gs1_make(payload, length, 12, made);
}

ReferenceProblem
sscc_check(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	return gs1_check(text, length, 18, normal);
}

ReferenceProblem
sscc_make(const char *payload, size_t length, const char *parameter, ReferenceText *made)
{
	return gs1_make(payload, length, 17, made);
}

/* Poland: number of a document in the national invoice system, NIP-YYYYMMDD-12 hex-CRC. */

#define KSEF_PAYLOAD 32

static ReferenceProblem
ksef_payload(const char *text, size_t length, ReferenceText *normal)
{
	ReferenceProblem problem = checkdigit_collect(text, length, "", false, normal);

	if (problem != REFERENCE_OK)
		return problem;
	if (normal->length < KSEF_PAYLOAD)
		return REFERENCE_TOO_SHORT;
	if (!checkdigit_all_digits(normal->text, 10) || normal->text[10] != '-' ||
		!checkdigit_all_digits(normal->text + 11, 8) || normal->text[19] != '-')
		return REFERENCE_BAD_STRUCTURE;
	for (size_t i = 20; i < KSEF_PAYLOAD; i++)
		if (strchr("0123456789ABCDEF", normal->text[i]) == NULL)
			return REFERENCE_BAD_CHARACTER;
	return checkdigit_is_date(normal->text + 11) ? REFERENCE_OK : REFERENCE_BAD_DATE;
}

static void
ksef_end(const ReferenceText *normal, char end[3])
{
	static const char hex[] = "0123456789ABCDEF";
	unsigned crc = checkdigit_crc8(normal->text, KSEF_PAYLOAD);

	end[0] = '-';
	end[1] = hex[crc >> 4];
	end[2] = hex[crc & 15];
}

ReferenceProblem
ksef_check(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	ReferenceProblem problem = ksef_payload(text, length, normal);
	char end[3];

	if (problem != REFERENCE_OK)
		return problem;
	if (normal->length != KSEF_PAYLOAD + 3)
		return normal->length < KSEF_PAYLOAD + 3 ? REFERENCE_TOO_SHORT : REFERENCE_TOO_LONG;
	ksef_end(normal, end);
	if (normal->text[KSEF_PAYLOAD] != '-')
		return REFERENCE_BAD_STRUCTURE;
	return memcmp(normal->text + KSEF_PAYLOAD, end, 3) == 0 ? REFERENCE_OK
															: REFERENCE_BAD_CHECK_DIGIT;
}

ReferenceProblem
ksef_make(const char *payload, size_t length, const char *parameter, ReferenceText *made)
{
	ReferenceProblem problem = ksef_payload(payload, length, made);
	char end[3];

	if (problem != REFERENCE_OK)
		return problem;
	if (made->length != KSEF_PAYLOAD)
		return REFERENCE_TOO_LONG;
	ksef_end(made, end);
	for (size_t i = 0; i < 3; i++)
		checkdigit_append(made, end[i]);
	return REFERENCE_OK;
}
