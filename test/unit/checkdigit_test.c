/*
 * checkdigit_test.c: references and identifiers: borders of lengths, properties over all digits.
 */
#include "check.h"
#include "core/checkdigit.h"
#include "core/checkdigit_math.h"

#include <stdio.h>

static const char *
problem_of(const char *scheme_name, const char *text)
{
	const char *parameter;
	const ReferenceScheme *scheme = reference_find_scheme(scheme_name, &parameter);
	ReferenceText normal;

	return scheme == NULL ? "no scheme" : reference_problem_name(scheme->check(text, strlen(text), parameter, &normal));
}

static const char *
made(const char *scheme_name, const char *payload)
{
	static ReferenceText result;
	const char *parameter;
	const ReferenceScheme *scheme = reference_find_scheme(scheme_name, &parameter);
	ReferenceProblem problem = scheme->make(payload, strlen(payload), parameter, &result);

	return problem == REFERENCE_OK ? result.text : reference_problem_name(problem);
}

static void
test_lengths(void)
{
	const char *parameter;
	char long_text[300];

	memset(long_text, '0', sizeof(long_text));
	long_text[299] = '\0';
	CHECK_TEXT(problem_of("no_kid_mod10", long_text), "too_long");
	CHECK_TEXT(problem_of("iban", long_text), "too_long");
	CHECK_TEXT(problem_of("fi_reference", long_text), "too_long");
	CHECK_TEXT(problem_of("eu_vat", long_text), "too_long");
	memset(long_text, ' ', sizeof(long_text));
	memcpy(long_text + 290, "RF04J4", 7);
	CHECK_TEXT(problem_of("rf", long_text), "ok");
	CHECK_TEXT(problem_of("no_mva", "MVA"), "too_short");
	CHECK_TEXT(problem_of("no_mva", "NOMVA"), "too_short");
	CHECK_TEXT(problem_of("pl_nip", "PL"), "too_short");
	CHECK_TEXT(problem_of("ro_cui", "RO"), "too_short");
	CHECK_TEXT(problem_of("eu_vat", "ES"), "too_short");
	CHECK_TEXT(problem_of("eu_vat", "ES12"), "too_short");
	CHECK_TEXT(problem_of("no_kid_mod11", "-"), "too_short");
	CHECK_TEXT(problem_of("no_kid_mod10", made("no_kid_mod10", "123456789012345678901234")), "ok");
	CHECK_TEXT(made("no_kid_mod10", "1234567890123456789012345"), "too_long");
	CHECK_TEXT(problem_of("rf", made("rf", "123456789012345678901")), "ok");
	CHECK_TEXT(made("rf", "1234567890123456789012"), "too_long");
	CHECK_TEXT(problem_of("fi_reference", made("fi_reference", "1234567890123456789")), "ok");
	CHECK_TEXT(made("fi_reference", "12345678901234567890"), "too_long");
	CHECK_TEXT(made("se_ocr_length:pad=0,minlen=99", "1"), "bad_parameter");
	CHECK_TEXT(made("se_ocr_length:pad=0", "12345678901234567890123"), "too_long");
	CHECK(reference_find_scheme("no_kid_mod1", &parameter) == NULL);
	CHECK(reference_find_scheme("", &parameter) == NULL);
	CHECK(reference_find_scheme("rf:1", &parameter) == NULL);
}

/* No text of one byte, and no text that is cut anywhere, is read past its end (the sanitizers watch). */
static void
test_any_bytes(void)
{
	static const char *const schemes[] = {
		"no_kid_mod10", "no_kid_mod11", "no_kid", "se_ocr", "se_ocr_length", "se_ocr_fixed:2,25", "bankgiro", "plusgiro",
		"fi_reference", "rf", "iban", "pl_nrb", "pl_ksef_number", "no_orgnr", "no_kontonr", "no_mva",
		"se_orgnr", "se_vat", "fi_ytunnus", "fi_alv", "pl_nip", "pl_regon", "ro_cui", "eu_vat",
		"ean", "gln", "sscc", "ch_esr"};
	static const char *const countries[] = {
		"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU",
		"IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XX"};
	char text[40];

	for (size_t s = 0; s < sizeof(schemes) / sizeof(schemes[0]); s++)
		for (int byte = 1; byte < 256; byte++)
		{
			text[0] = (char) byte;
			text[1] = '\0';
			CHECK(strcmp(problem_of(schemes[s], text), "no scheme") != 0);
		}
	for (size_t c = 0; c < sizeof(countries) / sizeof(countries[0]); c++)
		for (int length = 0; length < 20; length++)
			for (int filler = '0'; filler <= 'Z'; filler++)
			{
				memcpy(text, countries[c], 2);
				memset(text + 2, filler, (size_t) length);
				text[2 + length] = '\0';
				CHECK(problem_of("eu_vat", text) != NULL);
				CHECK(problem_of("iban", text) != NULL);
			}
}

/* Luhn finds every changed digit and every swap of neighbours but 09; mod 97 finds all swaps. */
static void
test_detection(void)
{
	char text[64];

	for (int number = 1000; number < 1400; number++)
	{
		char payload[16];
		size_t length;

		snprintf(payload, sizeof(payload), "%d", number * 7919);
		strcpy(text, made("no_kid_mod10", payload));
		length = strlen(text);
		CHECK_TEXT(problem_of("no_kid_mod10", text), "ok");
		for (size_t i = 0; i + 1 < length; i++)
		{
			char first = text[i], second = text[i + 1];
			int nine = (first == '0' && second == '9') || (first == '9' && second == '0');

			text[i] = (char) ('0' + (first - '0' + 1 + number % 9) % 10);
			CHECK(strcmp(problem_of("no_kid_mod10", text), "ok") != 0);
			text[i] = second;
			text[i + 1] = first;
			CHECK(first == second || nine || strcmp(problem_of("no_kid_mod10", text), "ok") != 0);
			text[i] = first;
			text[i + 1] = second;
		}
		strcpy(text, made("rf", payload));
		for (size_t i = 4; text[i + 1] != '\0'; i++)
		{
			char first = text[i];

			text[i] = text[i + 1];
			text[i + 1] = first;
			CHECK(text[i] == first || strcmp(problem_of("rf", text), "bad_check_digit") == 0);
			text[i + 1] = text[i];
			text[i] = first;
		}
	}
}

/* One number a family of each member state: valid, and not after its last character changed. */
static void
test_vat(void)
{
	static const char *const valid[] = {
		"ATU13585627", "BE0428759497", "BG175074752", "CY10259033P", "CZ25123891", "CZ7103192745",
		"DE136695976", "DK13585628", "EE100931558", "EL094259216", "ES54362315K", "ESX2482300W", "ESA13585625",
		"ESJ99216582", "FI20774740", "FR40303265045", "FRK7399859412", "HR33392005961", "HU12892312",
		"IE6433435F", "IE6433435OA", "IE8D79739I", "IT00743110157", "LT119511515", "LT100001919017", "LU15027442",
		"LV40003521600", "LV16117519997", "MT11679112", "NL004495445B01", "PL8567346215", "PT501964843",
		"RO18547290", "SI50223054", "SK2022749619"};

	for (size_t i = 0; i < sizeof(valid) / sizeof(valid[0]); i++)
	{
		char text[32];
		size_t last = strlen(valid[i]) - 1;

		if (strcmp(problem_of("eu_vat", valid[i]), "ok") != 0)
			printf("# %s\n", valid[i]);
		CHECK_TEXT(problem_of("eu_vat", valid[i]), "ok");
		strcpy(text, valid[i]);
		text[last] = text[last] == '0' ? '1' : text[last] == 'A' ? 'B' : (char) (text[last] - 1);
		if (memcmp(text, "NL", 2) != 0)
			CHECK(strcmp(problem_of("eu_vat", text), "ok") != 0);
	}
}

int
main(void)
{
	CHECK_TEXT(made("no_kid_mod10", "12345678"), "123456782");
	CHECK_TEXT(made("no_kid_mod11", "12345678"), "123456785");
	CHECK_TEXT(made("iban", "NO86011117947"), "NO9386011117947");
	CHECK(checkdigit_crc8("9045893108-20261106-3DED5C3690AB", 32) == 0x5C);
	CHECK(checkdigit_is_date("20240229") && !checkdigit_is_date("20250229") && !checkdigit_is_date("20261301"));
	test_lengths();
	test_any_bytes();
	test_detection();
	test_vat();
	return check_done();
}
