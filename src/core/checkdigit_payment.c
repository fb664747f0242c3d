/*
 * checkdigit_payment.c: payment references of Norway, Sweden, Finland, Switzerland and ISO 11649.
 *
 * Rules: KID by the Nets OCR giro specification; OCR levels and giro numbers by Bankgirot's and
 * Plusgirot's manuals; the Finnish reference by the national bank bar code guide; RF by ISO 11649.
 */
#include "core/checkdigit_math.h"
#include "core/checkdigit_schemes.h"

#include <string.h>

#define KID_MIN 2
#define KID_MAX 25

/* Digits only, in these lengths; text may be the text of normal itself. */
static ReferenceProblem
take_digits(const char *text, size_t length, size_t shortest, size_t longest, ReferenceText *normal)
{
	if (length == 0)
		return REFERENCE_MISSING;
	if (!checkdigit_all_digits(text, length))
		return REFERENCE_BAD_CHARACTER;
	if (checkdigit_set(normal, text, length) != REFERENCE_OK)
		return REFERENCE_TOO_LONG;
	if (normal->length < shortest)
		return REFERENCE_TOO_SHORT;
	return normal->length > longest ? REFERENCE_TOO_LONG : REFERENCE_OK;
}

static bool
luhn_holds(const ReferenceText *normal)
{
	return checkdigit_luhn(normal->text, normal->length - 1) ==
		   normal->text[normal->length - 1] - '0';
}

/* Norway: weights 2..7 from the right; a rest of 1 is written as a hyphen. */
static char
kid_mod11_digit(const char *digits, size_t length)
{
	static const int weights[] = {2, 3, 4, 5, 6, 7};
	int rest = checkdigit_weighted_right(digits, length, weights, 6) % 11;

	return rest == 0 ? '0' : rest == 1 ? '-' : (char) ('0' + 11 - rest);
}

ReferenceProblem
kid_check_mod10(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	ReferenceProblem problem = take_digits(text, length, KID_MIN, KID_MAX, normal);

	if (problem != REFERENCE_OK)
		return problem;
	return luhn_holds(normal) ? REFERENCE_OK : REFERENCE_BAD_CHECK_DIGIT;
}

ReferenceProblem
kid_check_mod11(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	ReferenceProblem problem = checkdigit_collect(text, length, "", false, normal);
	size_t payload;
	char last;

	if (problem != REFERENCE_OK)
		return problem;
	payload = normal->length - 1;
	last = normal->text[payload];
	if (!checkdigit_all_digits(normal->text, payload) ||
		(last != '-' && (last < '0' || last > '9')))
		return REFERENCE_BAD_CHARACTER;
	if (normal->length < KID_MIN)
		return REFERENCE_TOO_SHORT;
	if (normal->length > KID_MAX)
		return REFERENCE_TOO_LONG;
	return kid_mod11_digit(normal->text, payload) == last ? REFERENCE_OK
														  : REFERENCE_BAD_CHECK_DIGIT;
}

ReferenceProblem
kid_check_either(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	if (kid_check_mod10(text, length, parameter, normal) == REFERENCE_OK)
		return REFERENCE_OK;
	return kid_check_mod11(text, length, parameter, normal);
}

ReferenceProblem
kid_make_mod10(const char *payload, size_t length, const char *parameter, ReferenceText *made)
{
	ReferenceProblem problem = take_digits(payload, length, KID_MIN - 1, KID_MAX - 1, made);

	if (problem != REFERENCE_OK)
		return problem;
	return checkdigit_append(made, (char) ('0' + checkdigit_luhn(made->text, made->length)));
}

ReferenceProblem
kid_make_mod11(const char *payload, size_t length, const char *parameter, ReferenceText *made)
{
	ReferenceProblem problem = take_digits(payload, length, KID_MIN - 1, KID_MAX - 1, made);

	if (problem != REFERENCE_OK)
		return problem;
	return checkdigit_append(made, kid_mod11_digit(made->text, made->length));
}

/* Sweden: soft and hard level have the same check; the bank treats a fault differently. */
ReferenceProblem
ocr_check(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	return kid_check_mod10(text, length, parameter, normal);
}

ReferenceProblem
ocr_make(const char *payload, size_t length, const char *parameter, ReferenceText *made)
{
	return kid_make_mod10(payload, length, parameter, made);
}

ReferenceProblem
ocr_check_length(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	ReferenceProblem problem = take_digits(text, length, 3, KID_MAX, normal);

	if (problem != REFERENCE_OK)
		return problem;
	if (!luhn_holds(normal))
		return REFERENCE_BAD_CHECK_DIGIT;
	return normal->text[normal->length - 2] - '0' == (int) (normal->length % 10)
			   ? REFERENCE_OK
			   : REFERENCE_BAD_LENGTH_DIGIT;
}

/* Options of making, separated by a comma or semicolon: pad=0 and minlen=N (total length). */
static bool
parse_length_options(const char *parameter, bool *pad, size_t *shortest)
{
	*pad = false;
	*shortest = 0;
	while (*parameter != '\0')
	{
		if (strncmp(parameter, "pad=0", 5) == 0)
		{
			*pad = true;
			parameter += 5;
		}
		else if (strncmp(parameter, "minlen=", 7) == 0)
		{
			parameter += 7;
			if (*parameter < '0' || *parameter > '9')
				return false;
			while (*parameter >= '0' && *parameter <= '9' && *shortest <= KID_MAX)
				*shortest = *shortest * 10 + (size_t) (*parameter++ - '0');
			if (*shortest > KID_MAX)
				return false;
		}
		else
			return false;
		if (*parameter == ',' || *parameter == ';')
			parameter++;
		else if (*parameter != '\0')
			return false;
	}
	return true;
}

ReferenceProblem
ocr_make_length(const char *payload, size_t length, const char *parameter, ReferenceText *made)
{
	ReferenceText digits;
	ReferenceProblem problem = take_digits(payload, length, 1, KID_MAX - 2, &digits);
	size_t shortest, added;
	bool pad;

	if (problem != REFERENCE_OK)
		return problem;
	if (!parse_length_options(parameter, &pad, &shortest))
		return REFERENCE_BAD_PARAMETER;
	added = pad ? 3 : 2;
	checkdigit_set(made, "", 0);
	while (made->length + digits.length + added < shortest)
		checkdigit_append(made, '0');
	for (size_t i = 0; i < digits.length; i++)
		checkdigit_append(made, digits.text[i]);
	if (pad)
		checkdigit_append(made, '0');
	checkdigit_append(made, (char) ('0' + (made->length + 2) % 10));
	checkdigit_append(made, (char) ('0' + checkdigit_luhn(made->text, made->length)));
	return made->length > KID_MAX ? REFERENCE_TOO_LONG : REFERENCE_OK;
}

/* One or two lengths of 2..25, separated by a comma or semicolon; zero is "no second length". */
static bool
parse_fixed_lengths(const char *parameter, size_t lengths[2])
{
	int count = 0;

	lengths[0] = lengths[1] = 0;
	for (;;)
	{
		size_t number = 0;

		if (count == 2 || *parameter < '0' || *parameter > '9')
			return false;
		while (*parameter >= '0' && *parameter <= '9' && number <= KID_MAX)
			number = number * 10 + (size_t) (*parameter++ - '0');
		if (number < KID_MIN || number > KID_MAX)
			return false;
		lengths[count++] = number;
		if (*parameter == '\0')
			return true;
		if (*parameter != ',' && *parameter != ';')
			return false;
		parameter++;
	}
}

ReferenceProblem
ocr_check_fixed(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	ReferenceProblem problem;
	size_t lengths[2];

	if (!parse_fixed_lengths(parameter, lengths))
		return REFERENCE_BAD_PARAMETER;
	problem = ocr_check(text, length, parameter, normal);
	if (problem != REFERENCE_OK)
		return problem;
	return normal->length == lengths[0] || normal->length == lengths[1] ? REFERENCE_OK
																		: REFERENCE_BAD_LENGTH;
}

ReferenceProblem
ocr_make_fixed(const char *payload, size_t length, const char *parameter, ReferenceText *made)
{
	ReferenceProblem problem;
	size_t lengths[2];

	if (!parse_fixed_lengths(parameter, lengths))
		return REFERENCE_BAD_PARAMETER;
	problem = ocr_make(payload, length, parameter, made);
	if (problem != REFERENCE_OK)
		return problem;
	return made->length == lengths[0] || made->length == lengths[1] ? REFERENCE_OK
																	: REFERENCE_BAD_LENGTH;
}

/* Blanks and hyphens anywhere; the normalised form is the printed one. */
static ReferenceProblem
giro_digits(const char *text, size_t length, size_t shortest, size_t longest, ReferenceText *digits)
{
	ReferenceProblem problem = checkdigit_collect(text, length, " -", false, digits);

	if (problem != REFERENCE_OK)
		return problem;
	return take_digits(digits->text, digits->length, shortest, longest, digits);
}

static void
bankgiro_print(const ReferenceText *digits, ReferenceText *normal)
{
	checkdigit_set(normal, "", 0);
	for (size_t i = 0; i < digits->length; i++)
	{
		if (digits->length - i == 4)
			checkdigit_append(normal, '-');
		checkdigit_append(normal, digits->text[i]);
	}
}

/* N-N, NN NN NN-N: pairs from the right before the check digit, but three digits may stand in
 * front. */
static void
plusgiro_print(const ReferenceText *digits, ReferenceText *normal)
{
	checkdigit_set(normal, "", 0);
	for (size_t i = 0; i < digits->length; i++)
	{
		size_t left = digits->length - i;

		if (left == 1)
			checkdigit_append(normal, '-');
		else if (left % 2 == 1 && i > 1)
			checkdigit_append(normal, ' ');
		checkdigit_append(normal, digits->text[i]);
	}
}

ReferenceProblem
bankgiro_check(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	ReferenceText digits;
	ReferenceProblem problem = giro_digits(text, length, 7, 8, &digits);

	if (problem != REFERENCE_OK)
		return problem;
	bankgiro_print(&digits, normal);
	return luhn_holds(&digits) ? REFERENCE_OK : REFERENCE_BAD_CHECK_DIGIT;
}

ReferenceProblem
plusgiro_check(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	ReferenceText digits;
	ReferenceProblem problem = giro_digits(text, length, 2, 8, &digits);

	if (problem != REFERENCE_OK)
		return problem;
	plusgiro_print(&digits, normal);
	return luhn_holds(&digits) ? REFERENCE_OK : REFERENCE_BAD_CHECK_DIGIT;
}

ReferenceProblem
bankgiro_make(const char *payload, size_t length, const char *parameter, ReferenceText *made)
{
	ReferenceText digits;
	ReferenceProblem problem = giro_digits(payload, length, 6, 7, &digits);

	if (problem != REFERENCE_OK)
		return problem;
	checkdigit_append(&digits, (char) ('0' + checkdigit_luhn(digits.text, digits.length)));
	bankgiro_print(&digits, made);
	return REFERENCE_OK;
}

ReferenceProblem
plusgiro_make(const char *payload, size_t length, const char *parameter, ReferenceText *made)
{
	ReferenceText digits;
	ReferenceProblem problem = giro_digits(payload, length, 1, 7, &digits);

	if (problem != REFERENCE_OK)
		return problem;
	checkdigit_append(&digits, (char) ('0' + checkdigit_luhn(digits.text, digits.length)));
	plusgiro_print(&digits, made);
	return REFERENCE_OK;
}

/* Finland: blanks and leading zeros are ignored; nothing is padded. */
static ReferenceProblem
finnish_digits(const char *text, size_t length, size_t shortest, size_t longest,
			   ReferenceText *digits)
{
	ReferenceProblem problem = checkdigit_collect(text, length, " ", false, digits);
	size_t zeros = 0;

	if (problem != REFERENCE_OK)
		return problem;
	while (zeros < digits->length && digits->text[zeros] == '0')
		zeros++;
	if (zeros == digits->length)
		return REFERENCE_TOO_SHORT;
	return take_digits(digits->text + zeros, digits->length - zeros, shortest, longest, digits);
}

static int
finnish_digit(const char *digits, size_t length)
{
	static const int weights[] = {7, 3, 1};

	return (10 - checkdigit_weighted_right(digits, length, weights, 3) % 10) % 10;
}

ReferenceProblem
finnish_check(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	ReferenceProblem problem = finnish_digits(text, length, 4, 20, normal);

	if (problem != REFERENCE_OK)
		return problem;
	return finnish_digit(normal->text, normal->length - 1) == normal->text[normal->length - 1] - '0'
			   ? REFERENCE_OK
			   : REFERENCE_BAD_CHECK_DIGIT;
}

ReferenceProblem
finnish_make(const char *payload, size_t length, const char *parameter, ReferenceText *made)
{
	ReferenceProblem problem = finnish_digits(payload, length, 3, 19, made);

	if (problem != REFERENCE_OK)
		return problem;
	return checkdigit_append(made, (char) ('0' + finnish_digit(made->text, made->length)));
}

static bool
all_letters_or_digits(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'A' && text[i] <= 'Z')))
			return false;
	return true;
}

/* ISO 11649; check digits 00, 01 and 99 are never issued although their rest is 1. */
ReferenceProblem
rf_check(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	ReferenceProblem problem = checkdigit_collect(text, length, " ", true, normal);
	int check;

	if (problem != REFERENCE_OK)
		return problem;
	if (!all_letters_or_digits(normal->text, normal->length))
		return REFERENCE_BAD_CHARACTER;
	if (strncmp(normal->text, "RF", 2) != 0)
		return REFERENCE_BAD_PREFIX;
	if (normal->length < 5)
		return REFERENCE_TOO_SHORT;
	if (normal->length > 25)
		return REFERENCE_TOO_LONG;
	if (!checkdigit_all_digits(normal->text + 2, 2))
		return REFERENCE_BAD_CHARACTER;
	check = (normal->text[2] - '0') * 10 + normal->text[3] - '0';
	if (check < 2 || check > 98 ||
		checkdigit_mod97(checkdigit_mod97(0, normal->text + 4, normal->length - 4), normal->text,
						 4) != 1)
		return REFERENCE_BAD_CHECK_DIGIT;
	return REFERENCE_OK;
}

ReferenceProblem
rf_make(const char *payload, size_t length, const char *parameter, ReferenceText *made)
{
	ReferenceText text;
	ReferenceProblem problem = checkdigit_collect(payload, length, " ", true, &text);
	int check;

	if (problem != REFERENCE_OK)
		return problem;
	if (!all_letters_or_digits(text.text, text.length))
		return REFERENCE_BAD_CHARACTER;
	if (text.length > 21)
		return REFERENCE_TOO_LONG;
	check = 98 - checkdigit_mod97(checkdigit_mod97(0, text.text, text.length), "RF00", 4);
	checkdigit_set(made, "RF", 2);
	checkdigit_append(made, (char) ('0' + check / 10));
	checkdigit_append(made, (char) ('0' + check % 10));
	for (size_t i = 0; i < text.length; i++)
		checkdigit_append(made, text.text[i]);
	return REFERENCE_OK;
}

/* Switzerland: modulo 10 recursive; the normalised form has 27 digits. */
static int
esr_digit(const char *digits, size_t length)
{
	static const int table[10] = {0, 9, 4, 6, 8, 2, 7, 1, 3, 5};
	int carry = 0;

	for (size_t i = 0; i < length; i++)
		carry = table[(carry + digits[i] - '0') % 10];
	return (10 - carry) % 10;
}

static ReferenceProblem
esr_fill(const char *text, size_t length, size_t longest, ReferenceText *normal)
{
	ReferenceText digits;
	ReferenceProblem problem = checkdigit_collect(text, length, " ", false, &digits);

	if (problem == REFERENCE_OK)
		problem = take_digits(digits.text, digits.length, 1, longest, &digits);
	if (problem != REFERENCE_OK)
		return problem;
	checkdigit_set(normal, "", 0);
	while (normal->length + digits.length < longest)
		checkdigit_append(normal, '0');
	for (size_t i = 0; i < digits.length; i++)
		checkdigit_append(normal, digits.text[i]);
	return REFERENCE_OK;
}

ReferenceProblem
esr_check(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	ReferenceProblem problem = esr_fill(text, length, 27, normal);

	if (problem != REFERENCE_OK)
		return problem;
	return esr_digit(normal->text, 26) == normal->text[26] - '0' ? REFERENCE_OK
																 : REFERENCE_BAD_CHECK_DIGIT;
}

ReferenceProblem
esr_make(const char *payload, size_t length, const char *parameter, ReferenceText *made)
{
	ReferenceProblem problem = esr_fill(payload, length, 26, made);

	if (problem != REFERENCE_OK)
		return problem;
	return checkdigit_append(made, (char) ('0' + esr_digit(made->text, made->length)));
}
