/*
 * checkdigit.c: the table of schemes, names of problems, printed form.
 */
#include "core/checkdigit.h"

#include <string.h>

#include "core/checkdigit_schemes.h"

static const ReferenceScheme schemes[] = {
	{"no_kid_mod10", false, kid_check_mod10, kid_make_mod10, 0},
	{"no_kid_mod11", false, kid_check_mod11, kid_make_mod11, 0},
	{"no_kid", false, kid_check_either, kid_make_mod10, 0},
	{"se_ocr", false, ocr_check, ocr_make, 0},
	{"se_ocr_length", true, ocr_check_length, ocr_make_length, 0},
	{"se_ocr_fixed", true, ocr_check_fixed, ocr_make_fixed, 0},
	{"bankgiro", false, bankgiro_check, bankgiro_make, 0},
	{"plusgiro", false, plusgiro_check, plusgiro_make, 0},
	{"fi_reference", false, finnish_check, finnish_make, -5},
	{"rf", false, rf_check, rf_make, 4},
	{"iban", false, iban_check, iban_make, 4},
	{"pl_nrb", false, nrb_check, nrb_make, 0},
	{"pl_ksef_number", false, ksef_check, ksef_make, 0},
	{"no_orgnr", false, norwegian_company_check, norwegian_company_make, 3},
	{"no_kontonr", false, norwegian_account_check, norwegian_account_make, 0},
	{"no_mva", false, norwegian_vat_check, norwegian_vat_make, 3},
	{"se_orgnr", false, swedish_company_check, swedish_company_make, 0},
	{"se_vat", false, swedish_vat_check, swedish_vat_make, 0},
	{"fi_ytunnus", false, finnish_company_check, finnish_company_make, 0},
	{"fi_alv", false, finnish_vat_check, finnish_vat_make, 0},
	{"pl_nip", false, polish_nip_check, polish_nip_make, 0},
	{"pl_regon", false, polish_regon_check, polish_regon_make, 0},
	{"ro_cui", false, romanian_cui_check, romanian_cui_make, 0},
	{"eu_vat", false, vat_check, NULL, 0},
	{"ean", false, ean_check, ean_make, 0},
	{"gln", false, gln_check, gln_make, 0},
	{"sscc", false, sscc_check, sscc_make, 0},
	{"ch_esr", false, esr_check, esr_make, -5},
};

const ReferenceScheme *
reference_find_scheme(const char *name, const char **parameter)
{
	const char *colon = strchr(name, ':');
	size_t length = colon ? (size_t) (colon - name) : strlen(name);

	*parameter = colon ? colon + 1 : "";
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
	{
		if (strncmp(schemes[i].name, name, length) != 0 || schemes[i].name[length] != '\0')
			continue;
		return colon && !schemes[i].takes_parameter ? NULL : &schemes[i];
	}
	return NULL;
}

const char *
reference_problem_name(ReferenceProblem problem)
{
	static const char *const names[] = {
		[REFERENCE_OK] = "ok",
		[REFERENCE_MISSING] = "missing",
		[REFERENCE_BAD_CHARACTER] = "bad_character",
		[REFERENCE_TOO_SHORT] = "too_short",
		[REFERENCE_TOO_LONG] = "too_long",
		[REFERENCE_BAD_LENGTH] = "bad_length",
		[REFERENCE_BAD_PREFIX] = "bad_prefix",
		[REFERENCE_BAD_STRUCTURE] = "bad_structure",
		[REFERENCE_BAD_COUNTRY] = "bad_country",
		[REFERENCE_BAD_LENGTH_DIGIT] = "bad_length_digit",
		[REFERENCE_BAD_CHECK_DIGIT] = "bad_check_digit",
		[REFERENCE_BAD_DATE] = "bad_date",
		[REFERENCE_BAD_PARAMETER] = "bad_parameter",
	};

	return names[problem];
}

void
reference_print(const ReferenceScheme *scheme, const ReferenceText *normal, char *out)
{
	size_t group = (size_t) (scheme->print_group < 0 ? -scheme->print_group : scheme->print_group);

	for (size_t i = 0; i < normal->length; i++)
	{
		size_t before = scheme->print_group < 0 ? normal->length - i : i;

		if (group > 0 && i > 0 && before % group == 0)
			*out++ = ' ';
		*out++ = normal->text[i];
	}
	*out = '\0';
}
