/*
 * checkdigit_schemes.h: the schemes' functions, for the table in checkdigit.c only.
 */
#ifndef CORE_CHECKDIGIT_SCHEMES_H
#define CORE_CHECKDIGIT_SCHEMES_H

#include "core/checkdigit.h"

#define REFERENCE_FUNCTION(name) \
	extern ReferenceProblem name(const char *, size_t, const char *, ReferenceText *)

/* checkdigit_payment.c */
REFERENCE_FUNCTION(kid_check_mod10);
REFERENCE_FUNCTION(kid_check_mod11);
REFERENCE_FUNCTION(kid_check_either);
REFERENCE_FUNCTION(kid_make_mod10);
REFERENCE_FUNCTION(kid_make_mod11);
REFERENCE_FUNCTION(ocr_check);
REFERENCE_FUNCTION(ocr_check_length);
REFERENCE_FUNCTION(ocr_check_fixed);
REFERENCE_FUNCTION(ocr_make);
REFERENCE_FUNCTION(ocr_make_length);
REFERENCE_FUNCTION(ocr_make_fixed);
REFERENCE_FUNCTION(bankgiro_check);
REFERENCE_FUNCTION(bankgiro_make);
REFERENCE_FUNCTION(plusgiro_check);
REFERENCE_FUNCTION(plusgiro_make);
REFERENCE_FUNCTION(finnish_check);
REFERENCE_FUNCTION(finnish_make);
REFERENCE_FUNCTION(rf_check);
REFERENCE_FUNCTION(rf_make);
REFERENCE_FUNCTION(esr_check);
REFERENCE_FUNCTION(esr_make);

/* checkdigit_iban.c */
REFERENCE_FUNCTION(iban_check);
REFERENCE_FUNCTION(iban_make);
REFERENCE_FUNCTION(nrb_check);
REFERENCE_FUNCTION(nrb_make);

/* checkdigit_identity.c */
REFERENCE_FUNCTION(norwegian_company_check);
REFERENCE_FUNCTION(norwegian_company_make);
REFERENCE_FUNCTION(norwegian_account_check);
REFERENCE_FUNCTION(norwegian_account_make);
REFERENCE_FUNCTION(norwegian_vat_check);
REFERENCE_FUNCTION(norwegian_vat_make);
REFERENCE_FUNCTION(swedish_company_check);
REFERENCE_FUNCTION(swedish_company_make);
REFERENCE_FUNCTION(swedish_vat_check);
REFERENCE_FUNCTION(swedish_vat_make);
REFERENCE_FUNCTION(finnish_company_check);
REFERENCE_FUNCTION(finnish_company_make);
REFERENCE_FUNCTION(finnish_vat_check);
REFERENCE_FUNCTION(finnish_vat_make);
REFERENCE_FUNCTION(polish_nip_check);
REFERENCE_FUNCTION(polish_nip_make);
REFERENCE_FUNCTION(polish_regon_check);
REFERENCE_FUNCTION(polish_regon_make);
REFERENCE_FUNCTION(romanian_cui_check);
REFERENCE_FUNCTION(romanian_cui_make);
REFERENCE_FUNCTION(ean_check);
REFERENCE_FUNCTION(ean_make);
REFERENCE_FUNCTION(gln_check);
REFERENCE_FUNCTION(gln_make);
REFERENCE_FUNCTION(sscc_check);
REFERENCE_FUNCTION(sscc_make);
REFERENCE_FUNCTION(ksef_check);
REFERENCE_FUNCTION(ksef_make);

/* checkdigit_vat.c */
REFERENCE_FUNCTION(vat_check);

#undef REFERENCE_FUNCTION

#endif
