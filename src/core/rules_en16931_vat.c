/*
 * rules_en16931_vat.c: the rules of VAT categories, UBL.
 *
 * Ten rules for each category, of three shapes: rated (S, L, M) with a tolerance of one unit of the
 * currency, free (Z, E, AE, K, G) exact and without rounding, and O, which has no rate.  Lines are
 * gone when a breakdown is judged; the first pattern of the layer has noted what is asked here.
 */
#include "core/rules_en16931.h"

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
			  "within(1, dec(../TaxableAmount), " NET(code, ", dec(Percent)") "))",         \
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

const Rule rules_en16931_vat[] = {
	UBL_FATAL("BR-S-01", "/",
			  "if(category(" PARTS ", 'S') > 0, category(breakdown, 'S') > 0, "
			  "category(breakdown, 'S') = 0)",
			  "VAT category S needs a breakdown (BG-23) exactly where it occurs"),
	/* a line of category S whose scheme is not VAT fails in any case */
	UBL_FATAL("BR-S-02", "/",
			  "category(line, 'S') = 0 or (category(line, 'S', vat) > 0 and " ANY_SELLER ")",
			  "lines of VAT category S need " SELLER_TAX_ID),
	UBL_FATAL("BR-S-03", "/", NONE(ALLOWANCES, "S") " or " ANY_SELLER,
			  "allowances of VAT category S need " SELLER_TAX_ID),
	UBL_FATAL("BR-S-04", "/", NONE(CHARGES, "S") " or " ANY_SELLER,
			  "charges of VAT category S need " SELLER_TAX_ID),
	RATES("S", "S", "Percent > 0", "a rate above 0"),
	RATED("S", "S", "category_rows(line|adjustment|allowance|charge, 'S', dec(Percent)) > 0 and "),
	FREE("Z", "Z"),
	PARTIES("Z", "Z", ANY_SELLER, SELLER_TAX_ID),
	WITHOUT_REASON("Z", "Z"),
	FREE("E", "E"),
	PARTIES("E", "E", ANY_SELLER, SELLER_TAX_ID),
	WITH_REASON("E", "E"),
	FREE("AE", "AE"),
	PARTIES("AE", "AE", "(" ANY_SELLER " and " ANY_BUYER ")",
			SELLER_TAX_ID ", and a VAT identifier (BT-48) or legal registration (BT-47) of the "
						  "buyer"),
	WITH_REASON("AE", "AE"),
	FREE("IC", "K"),
	PARTIES("IC", "K", "(" VAT_SELLER " and exists($buyer-vat-id))",
			SELLER_VAT_ID " and one of the buyer (BT-48)"),
	WITH_REASON("IC", "K"),
	UBL_FATAL("BR-IC-11", "/",
			  NONE("breakdown", "K") " or length(Delivery/ActualDeliveryDate) > 1 or "
									 "exists(InvoicePeriod[not(leaf(.))])",
			  "an intra-community supply needs a delivery date (BT-72) or a period (BG-14)"),
	UBL_FATAL("BR-IC-12", "/",
			  NONE("breakdown", "K") " or length(Delivery/DeliveryLocation/Address/Country/"
									 "IdentificationCode) > 1",
			  "an intra-community supply needs a deliver-to country (BT-80)"),
	FREE("G", "G"),
	PARTIES("G", "G", VAT_SELLER, SELLER_VAT_ID),
	WITH_REASON("G", "G"),
	UBL_FATAL("BR-O-01", "/", ONE_BREAKDOWN("O"),
			  "VAT category O needs one breakdown (BG-23) exactly where it occurs"),
	PARTIES("O", "O", "absent($seller-vat-id, $agent-vat-id, $buyer-vat-id)",
			"that nobody has a VAT identifier"),
	RATES("O", "O", "absent(Percent)", "no rate"),
	EXACT_BASE("O", "O"),
	NO_TAX("O", "O"),
	WITH_REASON("O", "O"),
	UBL_FATAL("BR-O-11", "/", NONE("breakdown", "O") " or other_category(breakdown, 'O', vat) = 0",
			  "an invoice not subject to VAT has no other VAT breakdown"),
	UBL_FATAL("BR-O-12", "/", NONE("breakdown", "O") " or other_category(line, 'O', vat) = 0",
			  "an invoice not subject to VAT has no line of another category"),
	UBL_FATAL("BR-O-13", "/",
			  NONE("breakdown", "O") " or other_category(" ALLOWANCES ", 'O', vat) = 0",
			  "an invoice not subject to VAT has no allowance of another category"),
	UBL_FATAL("BR-O-14", "/",
			  NONE("breakdown", "O") " or other_category(" CHARGES ", 'O', vat) = 0",
			  "an invoice not subject to VAT has no charge of another category"),
	UBL_FATAL("BR-AF-01", "/",
			  "(category(" PARTS ", 'L', vat) > 0 and category(breakdown, 'L', raw) > 0) or "
			  "(category(" PARTS ", 'L', vat) = 0 and category(breakdown, 'L', vat) = 0)",
			  "VAT category L needs a breakdown (BG-23) exactly where it occurs"),
	UBL_FATAL("BR-AF-02", "/", NONE("line", "L") " or " ANY_SELLER,
			  "lines of VAT category L need " SELLER_TAX_ID),
	UBL_FATAL("BR-AF-03", "/", NONE(ALLOWANCES, "L") " or " ANY_SELLER,
			  "allowances of VAT category L need " SELLER_TAX_ID),
	UBL_FATAL("BR-AF-04", "/", "category(" CHARGES ", 'L', vat, raw) = 0 or " ANY_SELLER,
			  "charges of VAT category L need " SELLER_TAX_ID),
	RATES("AF", "L", "Percent >= 0", "a rate of 0 or more"),
	RATED("AF", "L", "exists($line) and "),
	UBL_FATAL("BR-AG-01", "/",
			  "(category(" PARTS ", 'M', vat) > 0 and category(breakdown, 'M', raw, vat) > 0) or "
			  "(category(" PARTS ", 'M', vat) = 0 and category(breakdown, 'M', vat) = 0)",
			  "VAT category M needs a breakdown (BG-23) exactly where it occurs"),
	PARTIES("AG", "M", ANY_SELLER, SELLER_TAX_ID),
	RATES("AG", "M", "Percent >= 0", "a rate of 0 or more"),
	RATED("AG", "M", "exists($line) and "),
	UBL_FATAL("BR-B-01", "/",
			  "category(" ALL_SITES ", 'B', raw) = 0 or absent(//IdentificationCode[. != 'IT'])",
			  "VAT category B (split payment) is for invoices within Italy"),
	UBL_FATAL("BR-B-02", "/",
			  "category(line|allowance|charge|breakdown, 'B', raw) = 0 or "
			  "category(line|allowance|charge|breakdown, 'S', raw) = 0",
			  "VAT categories B (split payment) and S must not stand in one invoice"),
	RULES_END,
};
