/*
 * rules_vat.h: rules of VAT categories in UBL, by shape; private to the sets that have them.
 *
 * Ten rules for each category, of three shapes: rated (S, L, M) with a tolerance of one unit of the
 * currency, free (Z, E, AE, K, G) exact and without rounding, and O, which has no rate.  Lines are
 * gone when a breakdown is judged; the first pattern of the EN 16931 layer has noted what is asked
 * here.
 */
#ifndef CORE_RULES_VAT_H
#define CORE_RULES_VAT_H

#include "core/rules_table.h"

#define ALL_SITES "line|allowance|charge|other_allowance|other_charge|adjustment|other|breakdown"
#define PARTS "line|allowance|charge|other_allowance|other_charge|adjustment"
#define ALLOWANCES "allowance|other_allowance"
#define CHARGES "charge|other_charge"

#define ANY_SELLER "exists($seller-any-tax-id, $agent-vat-id)"
#define VAT_SELLER "exists($seller-vat-id, $agent-vat-id)"
#define ANY_BUYER "exists($buyer-vat-id, $buyer-legal-id)"

/* where a category stands on a node of its own */
#define AT_BREAKDOWN(code) "/TaxTotal/TaxSubtotal/TaxCategory[trim(ID) = '" code "'][$vat]"
#define AT_ALLOWANCE(code) \
	"AllowanceCharge[ChargeIndicator = false]/TaxCategory[trim(ID) = '" code "'][$vat]"
#define AT_CHARGE(code) \
	"AllowanceCharge[ChargeIndicator = true]/TaxCategory[trim(ID) = '" code "'][$vat]"
#define AT_LINE(code)                                                        \
	"InvoiceLine/Item/ClassifiedTaxCategory[trim(ID) = '" code "'][$vat] | " \
	"CreditNoteLine/Item/ClassifiedTaxCategory[trim(ID) = '" code "'][$vat]"

#define NONE(sites, code) "category(" sites ", '" code "', vat) = 0"

/* one breakdown exactly when the category occurs */
#define ONE_BREAKDOWN(code) NONE(ALL_SITES, code) " or category(breakdown, '" code "', vat) = 1"

#define PARTIES(prefix, code, who, need)                                      \
	UBL_FATAL("BR-" prefix "-02", "/", NONE("line", code) " or " who,         \
			  "lines of VAT category " code " need " need),                   \
		UBL_FATAL("BR-" prefix "-03", "/", NONE(ALLOWANCES, code) " or " who, \
				  "allowances of VAT category " code " need " need),          \
		UBL_FATAL("BR-" prefix "-04", "/", NONE(CHARGES, code) " or " who,    \
				  "charges of VAT category " code " need " need)

#define RATES(prefix, code, test, need)                                 \
	UBL_FATAL("BR-" prefix "-05", AT_LINE(code), test,                  \
			  "a line of VAT category " code " needs " need),           \
		UBL_FATAL("BR-" prefix "-06", AT_ALLOWANCE(code), test,         \
				  "an allowance of VAT category " code " needs " need), \
		UBL_FATAL("BR-" prefix "-07", AT_CHARGE(code), test,            \
				  "a charge of VAT category " code " needs " need)

#define NET(code, rate) \
	"category_sum(line|charge, '" code "'" rate ") - category_sum(allowance, '" code "'" rate ")"

#define EXACT_BASE(prefix, code)                                          \
	UBL_FATAL("BR-" prefix "-08", AT_BREAKDOWN(code),                     \
			  "exists($line) and dec(../TaxableAmount) = " NET(code, ""), \
			  "the taxable amount (BT-116) of category " code             \
			  " must be the sum of its lines and charges less its allowances")

#define NO_TAX(prefix, code)                                                   \
	UBL_FATAL("BR-" prefix "-09", AT_BREAKDOWN(code), "dec(../TaxAmount) = 0", \
			  "the tax amount (BT-117) of category " code " must be 0")

#define WITH_REASON(prefix, code)                                   \
	UBL_FATAL("BR-" prefix "-10", AT_BREAKDOWN(code),               \
			  "exists(TaxExemptionReason, TaxExemptionReasonCode)", \
			  "a breakdown of VAT category " code                   \
			  " needs an exemption reason (BT-120) or its code (BT-121)")

#define WITHOUT_REASON(prefix, code)                                \
	UBL_FATAL("BR-" prefix "-10", AT_BREAKDOWN(code),               \
			  "absent(TaxExemptionReason, TaxExemptionReasonCode)", \
			  "a breakdown of VAT category " code " must not have an exemption reason")

/* sums of a category and a rate; a breakdown without rate passes */
#define RATED(prefix, code, rows)                                                           \
	UBL_FATAL("BR-" prefix "-08", AT_BREAKDOWN(code),                                       \
			  "absent(Percent) or (" rows                                                   \
			  "within_double(1, dec(../TaxableAmount), " NET(code, ", dec(Percent)") "))",  \
			  "the taxable amount (BT-116) of category " code                               \
			  " must be the sum of the lines and charges of its rate less the allowances"), \
		UBL_FATAL("BR-" prefix "-09", AT_BREAKDOWN(code),                                   \
				  "within(1, abs(dec(../TaxAmount)), round2(abs(dec(../TaxableAmount)) * "  \
				  "dec(Percent) * 0.01))",                                                  \
				  "the tax amount (BT-117) of category " code                               \
				  " must be its taxable amount times its rate"),                            \
		WITHOUT_REASON(prefix, code)

#define FREE(prefix, code)                                                                  \
	UBL_FATAL("BR-" prefix "-01", "/", ONE_BREAKDOWN(code),                                 \
			  "VAT category " code " needs one breakdown (BG-23) exactly where it occurs"), \
		RATES(prefix, code, "dec(Percent) = 0", "the rate 0"), EXACT_BASE(prefix, code),    \
		NO_TAX(prefix, code)

#define SELLER_TAX_ID \
	"a VAT identifier (BT-31), a tax registration (BT-32) or a tax representative (BT-63)"
#define SELLER_VAT_ID "a VAT identifier of the seller (BT-31) or the tax representative (BT-63)"

/* the taxes of the Canary Islands, and of Ceuta and Melilla */
#define CANARY_ISLANDS(prefix)                                                                \
	UBL_FATAL("BR-" prefix "-01", "/",                                                        \
			  "(category(" PARTS ", 'L', vat) > 0 and category(breakdown, 'L', raw) > 0) or " \
			  "(category(" PARTS ", 'L', vat) = 0 and category(breakdown, 'L', vat) = 0)",    \
			  "VAT category L needs a breakdown (BG-23) exactly where it occurs"),            \
		UBL_FATAL("BR-" prefix "-02", "/", NONE("line", "L") " or " ANY_SELLER,               \
				  "lines of VAT category L need " SELLER_TAX_ID),                             \
		UBL_FATAL("BR-" prefix "-03", "/", NONE(ALLOWANCES, "L") " or " ANY_SELLER,           \
				  "allowances of VAT category L need " SELLER_TAX_ID),                        \
		UBL_FATAL("BR-" prefix "-04", "/",                                                    \
				  "category(" CHARGES ", 'L', vat, raw) = 0 or " ANY_SELLER,                  \
				  "charges of VAT category L need " SELLER_TAX_ID),                           \
		RATES(prefix, "L", "Percent >= 0", "a rate of 0 or more"),                            \
		RATED(prefix, "L", "exists($line) and ")

#define CEUTA_AND_MELILLA(prefix)                                                                  \
	UBL_FATAL("BR-" prefix "-01", "/",                                                             \
			  "(category(" PARTS ", 'M', vat) > 0 and category(breakdown, 'M', raw, vat) > 0) or " \
			  "(category(" PARTS ", 'M', vat) = 0 and category(breakdown, 'M', vat) = 0)",         \
			  "VAT category M needs a breakdown (BG-23) exactly where it occurs"),                 \
		PARTIES(prefix, "M", ANY_SELLER, SELLER_TAX_ID),                                           \
		RATES(prefix, "M", "Percent >= 0", "a rate of 0 or more"),                                 \
		RATED(prefix, "M", "exists($line) and ")

#endif
