/*
 * checkdigit_vat.c: VAT numbers of the member states, with their country prefix.
 *
 * Structures and check digits as the states publish them for VIES.  A country whose numbers have
 * several families (Bulgaria, Czechia, Latvia, Spain) is tested per family.  What has no published
 * check digit (nine-digit Czech numbers of natural persons) is tested by structure only.
 */
#include "core/checkdigit_math.h"
#include "core/checkdigit_schemes.h"

#include <string.h>

typedef ReferenceProblem (*VatRule)(ReferenceText *number);

static ReferenceProblem
verdict(bool holds)
{
	return holds ? REFERENCE_OK : REFERENCE_BAD_CHECK_DIGIT;
}

static int
digit_at(const ReferenceText *number, size_t at)
{
	return number->text[at] - '0';
}

static long
number_of(const char *digits, size_t length)
{
	long number = 0;

	for (size_t i = 0; i < length; i++)
		number = number * 10 + digits[i] - '0';
	return number;
}

static ReferenceProblem
want_digits(const ReferenceText *number, size_t length)
{
	if (number->length != length)
		return number->length < length ? REFERENCE_TOO_SHORT : REFERENCE_TOO_LONG;
	return checkdigit_all_digits(number->text, length) ? REFERENCE_OK : REFERENCE_BAD_CHARACTER;
}

/* Puts zeros in front up to a length: old Belgian, Greek and Dutch numbers lack them. */
static void
fill_left(ReferenceText *number, size_t length)
{
	while (number->length < length)
	{
		memmove(number->text + 1, number->text, number->length + 1);
		number->text[0] = '0';
		number->length++;
	}
}

#define WANT_DIGITS(number, length)                                  \
	do                                                               \
	{                                                                \
		ReferenceProblem want_problem = want_digits(number, length); \
		if (want_problem != REFERENCE_OK)                            \
			return want_problem;                                     \
	} while (0)

static ReferenceProblem
austria(ReferenceText *number)
{
	ReferenceText digits;

	if (number->text[0] != 'U')
		return REFERENCE_BAD_STRUCTURE;
	checkdigit_set(&digits, number->text + 1, number->length - 1);
	WANT_DIGITS(&digits, 8);
	/* 96 less the sum, whose seventh digit counts once */
	return verdict((16 + checkdigit_luhn(digits.text, 6) - digit_at(&digits, 6)) % 10 ==
				   digit_at(&digits, 7));
}

static ReferenceProblem
belgium(ReferenceText *number)
{
	if (number->length == 9)
		fill_left(number, 10);
	WANT_DIGITS(number, 10);
	if (number->text[0] > '1')
		return REFERENCE_BAD_STRUCTURE;
	return verdict(97 - number_of(number->text, 8) % 97 == number_of(number->text + 8, 2));
}

static ReferenceProblem
bulgaria(ReferenceText *number)
{
	static const int first[] = {1, 2, 3, 4, 5, 6, 7, 8};
	static const int second[] = {3, 4, 5, 6, 7, 8, 9, 10};
	static const int person[] = {2, 4, 8, 5, 10, 9, 7, 3, 6};
	static const int foreigner[] = {21, 19, 17, 13, 11, 9, 7, 3, 1};
	static const int other[] = {4, 3, 2, 7, 6, 5, 4, 3, 2};
	int check, last;

	if (number->length == 9)
	{
		WANT_DIGITS(number, 9);
		check = checkdigit_weighted(number->text, first, 8) % 11;
		if (check == 10)
			check = checkdigit_weighted(number->text, second, 8) % 11;
		return verdict(check % 10 == digit_at(number, 8));
	}
	WANT_DIGITS(number, 10);
	last = digit_at(number, 9);
	return verdict(checkdigit_weighted(number->text, person, 9) % 11 % 10 == last ||
				   checkdigit_weighted(number->text, foreigner, 9) % 10 == last ||
				   (11 - checkdigit_weighted(number->text, other, 9) % 11) % 11 == last);
}

static ReferenceProblem
cyprus(ReferenceText *number)
{
	static const int odd[10] = {1, 0, 5, 7, 9, 13, 15, 17, 19, 21};
	int sum = 0;

	if (number->length != 9)
		return REFERENCE_BAD_LENGTH;
	if (!checkdigit_all_digits(number->text, 8) || strncmp(number->text, "12", 2) == 0)
		return REFERENCE_BAD_STRUCTURE;
	for (size_t i = 0; i < 8; i++)
		sum += i % 2 == 0 ? odd[digit_at(number, i)] : digit_at(number, i);
	return verdict(number->text[8] == 'A' + sum % 26);
}

static ReferenceProblem
czechia(ReferenceText *number)
{
	static const int weights[] = {8, 7, 6, 5, 4, 3, 2};
	int check;

	if (number->length < 8 || number->length > 10)
		return REFERENCE_BAD_LENGTH;
	WANT_DIGITS(number, number->length);
	if (number->length == 8)
	{
		check = (11 - checkdigit_weighted(number->text, weights, 7) % 11) % 10;
		return number->text[0] == '9' ? REFERENCE_BAD_STRUCTURE
									  : verdict(check == digit_at(number, 7));
	}
	if (number->length == 9 && number->text[0] == '6')
	{
		int rest = checkdigit_weighted(number->text + 1, weights, 7) % 11;

		check = (8 - (10 - rest) % 11 + 10) % 10;
		return verdict(check == digit_at(number, 8));
	}
	if (number->length == 9)
		return REFERENCE_OK;
	return verdict(number_of(number->text, 9) % 11 % 10 == digit_at(number, 9));
}

static ReferenceProblem
germany(ReferenceText *number)
{
	WANT_DIGITS(number, 9);
	if (number->text[0] == '0')
		return REFERENCE_BAD_STRUCTURE;
	return verdict(checkdigit_mod11_10(number->text, 8) == digit_at(number, 8));
}

static ReferenceProblem
denmark(ReferenceText *number)
{
	static const int weights[] = {2, 7, 6, 5, 4, 3, 2, 1};

	WANT_DIGITS(number, 8);
	if (number->text[0] == '0')
		return REFERENCE_BAD_STRUCTURE;
	return verdict(checkdigit_weighted(number->text, weights, 8) % 11 == 0);
}

static ReferenceProblem
estonia(ReferenceText *number)
{
	static const int weights[] = {3, 7, 1, 3, 7, 1, 3, 7, 1};

	WANT_DIGITS(number, 9);
	return verdict(checkdigit_weighted(number->text, weights, 9) % 10 == 0);
}

static ReferenceProblem
greece(ReferenceText *number)
{
	static const int weights[] = {256, 128, 64, 32, 16, 8, 4, 2};

	if (number->length == 8)
		fill_left(number, 9);
	WANT_DIGITS(number, 9);
	return verdict(checkdigit_weighted(number->text, weights, 8) % 11 % 10 == digit_at(number, 8));
}

static ReferenceProblem
spain(ReferenceText *number)
{
	static const char person_letters[] = "TRWAGMYFPDXBNJZSQVHLCKE";
	char digits[9];
	char first = number->text[0], last;
	int check;

	if (number->length != 9)
		return number->length < 9 ? REFERENCE_TOO_SHORT : REFERENCE_TOO_LONG;
	if (!checkdigit_all_digits(number->text + 1, 7))
		return REFERENCE_BAD_STRUCTURE;
	last = number->text[8];
	memcpy(digits, number->text, 8);
	if ((first >= '0' && first <= '9') || strchr("XYZKLM", first) != NULL)
	{
		digits[0] = first >= '0' && first <= '9' ? first
					: strchr("KLM", first)		 ? '0'
												 : first - 'X' + '0';
		return verdict(person_letters[number_of(digits, 8) % 23] == last);
	}
	if (strchr("ABCDEFGHJNPQRSUVW", first) == NULL)
		return REFERENCE_BAD_STRUCTURE;
	check = checkdigit_luhn(number->text + 1, 7);
	if (strchr("PQRSNW", first) != NULL)
		return verdict(last == "JABCDEFGHI"[check]);
	if (strchr("ABEH", first) != NULL)
		return verdict(last == '0' + check);
	return verdict(last == '0' + check || last == "JABCDEFGHI"[check]);
}

static ReferenceProblem
france(ReferenceText *number)
{
	static const char letters[] = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
	const char *first, *second;
	long siren, check;

	if (number->length != 11)
		return number->length < 11 ? REFERENCE_TOO_SHORT : REFERENCE_TOO_LONG;
	first = strchr(letters, number->text[0]);
	second = strchr(letters, number->text[1]);
	if (first == NULL || second == NULL || !checkdigit_all_digits(number->text + 2, 9))
		return REFERENCE_BAD_STRUCTURE;
	/* Monaco has no SIREN behind the key */
	if (strncmp(number->text + 2, "000", 3) != 0 &&
		checkdigit_luhn(number->text + 2, 8) != digit_at(number, 10))
		return REFERENCE_BAD_CHECK_DIGIT;
	siren = number_of(number->text + 2, 9);
	if (checkdigit_all_digits(number->text, 2))
		return verdict(number_of(number->text, 2) == (siren % 97 * 100 + 12) % 97);
	if (checkdigit_all_digits(number->text, 1))
		check = (first - letters) * 24 + (second - letters) - 10;
	else
		check = (first - letters) * 34 + (second - letters) - 100;
	return verdict((siren + 1 + check / 11) % 11 == check % 11);
}

static ReferenceProblem
croatia(ReferenceText *number)
{
	WANT_DIGITS(number, 11);
	return verdict(checkdigit_mod11_10(number->text, 10) == digit_at(number, 10));
}

static ReferenceProblem
hungary(ReferenceText *number)
{
	static const int weights[] = {9, 7, 3, 1, 9, 7, 3, 1};

	WANT_DIGITS(number, 8);
	return verdict(checkdigit_weighted(number->text, weights, 8) % 10 == 0);
}

static ReferenceProblem
ireland(ReferenceText *number)
{
	static const int weights[] = {8, 7, 6, 5, 4, 3, 2};
	static const char letters[] = "WABCDEFGHIJKLMNOPQRSTUV";
	char digits[7];
	int extra = 0;

	if (number->length != 8 && number->length != 9)
		return REFERENCE_BAD_LENGTH;
	if (checkdigit_all_digits(number->text, 7))
	{
		memcpy(digits, number->text, 7);
		if (number->length == 9)
		{
			if (number->text[8] < 'A' || number->text[8] > 'W')
				return REFERENCE_BAD_STRUCTURE;
			extra = number->text[8] == 'W' ? 0 : number->text[8] - 'A' + 1;
		}
	}
	else if (number->length == 8 && checkdigit_all_digits(number->text, 1) &&
			 checkdigit_all_digits(number->text + 2, 5))
	{
		/* old form: a letter or sign in second place */
		digits[0] = '0';
		memcpy(digits + 1, number->text + 2, 5);
		digits[6] = number->text[0];
	}
	else
		return REFERENCE_BAD_STRUCTURE;
	return verdict(letters[(checkdigit_weighted(digits, weights, 7) + 9 * extra) % 23] ==
				   number->text[7]);
}

static ReferenceProblem
italy(ReferenceText *number)
{
	long office;

	WANT_DIGITS(number, 11);
	office = number_of(number->text + 7, 3);
	if (strncmp(number->text, "0000000", 7) == 0 ||
		!((office >= 1 && office <= 100) || office == 120 || office == 121 || office == 888 ||
		  office == 999))
		return REFERENCE_BAD_STRUCTURE;
	return verdict(checkdigit_luhn(number->text, 10) == digit_at(number, 10));
}

static ReferenceProblem
lithuania(ReferenceText *number)
{
	size_t last = number->length - 1;
	int sum = 0, again = 0;

	if (number->length != 9 && number->length != 12)
		return REFERENCE_BAD_LENGTH;
	WANT_DIGITS(number, number->length);
	if (number->text[last - 1] != '1')
		return REFERENCE_BAD_STRUCTURE;
	for (size_t i = 0; i < last; i++)
	{
		sum += (int) (1 + i % 9) * digit_at(number, i);
		again += (int) (1 + (i + 2) % 9) * digit_at(number, i);
	}
	return verdict((sum % 11 == 10 ? again : sum) % 11 % 10 == digit_at(number, last));
}

static ReferenceProblem
luxembourg(ReferenceText *number)
{
	WANT_DIGITS(number, 8);
	return verdict(number_of(number->text, 6) % 89 == number_of(number->text + 6, 2));
}

static ReferenceProblem
latvia(ReferenceText *number)
{
	static const int company[] = {9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1};
	static const int person[] = {10, 5, 8, 4, 2, 1, 6, 3, 7, 9};

	WANT_DIGITS(number, 11);
	if (number->text[0] > '3')
		return verdict(checkdigit_weighted(number->text, company, 11) % 11 == 3);
	/* personal numbers from 2017 on begin with 32 and carry no meaning */
	if (strncmp(number->text, "32", 2) == 0)
		return REFERENCE_OK;
	return verdict((1 + checkdigit_weighted(number->text, person, 10)) % 11 % 10 ==
				   digit_at(number, 10));
}

static ReferenceProblem
malta(ReferenceText *number)
{
	static const int weights[] = {3, 4, 6, 7, 8, 9, 10, 1};

	WANT_DIGITS(number, 8);
	if (number->text[0] == '0')
		return REFERENCE_BAD_STRUCTURE;
	return verdict(checkdigit_weighted(number->text, weights, 8) % 37 == 0);
}

/* Legal persons carry the number tested by eleven; sole traders since 2020 one tested by 97. */
static ReferenceProblem
netherlands(ReferenceText *number)
{
	static const int weights[] = {9, 8, 7, 6, 5, 4, 3, 2, -1};

	if (number->length < 6 || number->length > 12)
		return REFERENCE_BAD_LENGTH;
	fill_left(number, 12);
	if (!checkdigit_all_digits(number->text, 9) || number->text[9] != 'B' ||
		!checkdigit_all_digits(number->text + 10, 2) || strncmp(number->text + 10, "00", 2) == 0)
		return REFERENCE_BAD_STRUCTURE;
	if (checkdigit_weighted(number->text, weights, 9) % 11 == 0)
		return REFERENCE_OK;
	return verdict(checkdigit_mod97(checkdigit_mod97(0, "NL", 2), number->text, 12) == 1);
}

static ReferenceProblem
portugal(ReferenceText *number)
{
	static const int weights[] = {9, 8, 7, 6, 5, 4, 3, 2};

	WANT_DIGITS(number, 9);
	if (number->text[0] == '0')
		return REFERENCE_BAD_STRUCTURE;
	return verdict((11 - checkdigit_weighted(number->text, weights, 8) % 11) % 11 % 10 ==
				   digit_at(number, 8));
}

static ReferenceProblem
slovenia(ReferenceText *number)
{
	static const int weights[] = {8, 7, 6, 5, 4, 3, 2};
	int check;

	WANT_DIGITS(number, 8);
	if (number->text[0] == '0')
		return REFERENCE_BAD_STRUCTURE;
	check = 11 - checkdigit_weighted(number->text, weights, 7) % 11;
	return verdict(check != 11 && check % 10 == digit_at(number, 7));
}

static ReferenceProblem
slovakia(ReferenceText *number)
{
	WANT_DIGITS(number, 10);
	if (number->text[0] == '0' || strchr("234789", number->text[2]) == NULL)
		return REFERENCE_BAD_STRUCTURE;
	return verdict(number_of(number->text, 10) % 11 == 0);
}

/* Countries with a scheme of their own, so that one call takes any member state. */

#define OWN_SCHEME(country, check_function)                        \
	static ReferenceProblem country(ReferenceText *number)         \
	{                                                              \
		ReferenceText copy = *number;                              \
		return check_function(copy.text, copy.length, "", number); \
	}                                                              \
	struct country##_takes_a_semicolon

OWN_SCHEME(finland, finnish_vat_check);
OWN_SCHEME(poland, polish_nip_check);
OWN_SCHEME(romania, romanian_cui_check);
OWN_SCHEME(sweden, swedish_vat_check);

static const struct
{
	char country[3];
	VatRule rule;
} rules[] = {
	{"AT", austria}, {"BE", belgium},	  {"BG", bulgaria},	 {"CY", cyprus},	 {"CZ", czechia},
	{"DE", germany}, {"DK", denmark},	  {"EE", estonia},	 {"EL", greece},	 {"ES", spain},
	{"FI", finland}, {"FR", france},	  {"GR", greece},	 {"HR", croatia},	 {"HU", hungary},
	{"IE", ireland}, {"IT", italy},		  {"LT", lithuania}, {"LU", luxembourg}, {"LV", latvia},
	{"MT", malta},	 {"NL", netherlands}, {"PL", poland},	 {"PT", portugal},	 {"RO", romania},
	{"SE", sweden},	 {"SI", slovenia},	  {"SK", slovakia},
};

ReferenceProblem
vat_check(const char *text, size_t length, const char *parameter, ReferenceText *normal)
{
	ReferenceText whole, number;
	ReferenceProblem problem = checkdigit_collect(text, length, " -.:/()", true, &whole);

	if (problem != REFERENCE_OK)
		return problem;
	if (whole.length < 4)
		return REFERENCE_TOO_SHORT;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
	{
		if (memcmp(rules[i].country, whole.text, 2) != 0)
			continue;
		checkdigit_set(&number, whole.text + 2, whole.length - 2);
		problem = rules[i].rule(&number);
		checkdigit_set(normal, whole.text, 2);
		for (size_t at = 0; at < number.length; at++)
			checkdigit_append(normal, number.text[at]);
		return problem;
	}
	return REFERENCE_BAD_COUNTRY;
}
