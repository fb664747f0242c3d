/*
 * rules_peppol.c: Peppol BIS Billing 3.0 and Self-Billing 3.0, release of May 2026.
 *
 * Conditions follow the official rules of 2026-05-18 (OpenPEPPOL/peppol-bis-invoice-3), in our own
 * words.  Both sets share their entries; what differs is a parameter: specification and process
 * identifiers, type codes, and that self-billing does not ask for the currency of the amounts of a
 * VAT breakdown (R051) and has no national rules.
 */
#include "core/rules_peppol.h"

#define BILLING_SPECIFICATION \
	"urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
#define SELFBILLING_SPECIFICATION \
	"urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:selfbilling:3.0"
#define SPECIFIED(id) \
	"starts(trim(CustomizationID), '" id "') and not(contains(trim(CustomizationID), '::'))"

/* profile 01 and 02 of the official rules */
#define PROCESS_01(id)                                                                             \
	"(trim(/ProfileID) = '" id "' or trim(/ProfileID) = 'urn:peppol:france:billing:regulated' or " \
	"trim(/ProfileID) = 'urn:peppol:france:billing:non-regulated')"
#define PROCESS_02 "trim(/ProfileID) = 'urn:peppol:bis:billing_with_response'"
#define BILLING_01 PROCESS_01("urn:fdc:peppol.eu:2017:poacc:billing:01:1.0")
#define SELFBILLING_01 PROCESS_01("urn:fdc:peppol.eu:2017:poacc:selfbilling:01:1.0")

/* -- no empty elements ------------------------------------------------------------------------- */

static const Rule empty_elements[] = {
	UBL_FATAL("PEPPOL-EN16931-R008", "//%", "not(leaf(.)) or filled(.)",
			  "an element must not be empty"),
};

static const Rule credit_note[] = {
	UBL_FATAL("PEPPOL-EN16931-R080", "/[root_is('CreditNote')]",
			  "at_most(1, AdditionalDocumentReference[DocumentTypeCode = '50'])",
			  "a credit note has at most one project reference (BT-11)"),
};

/* -- the transaction -----------------------------------------------------------------------------
 */

#define PROCESS_RULE                                           \
	UBL_FATAL("PEPPOL-EN16931-R001", "/", "exists(ProfileID)", \
			  "the business process (BT-23) is missing")

#define DOCUMENT_RULES(specification, profile_01)                                                 \
	UBL_FATAL("PEPPOL-EN16931-R007", "/", profile_01 " or " PROCESS_02,                           \
			  "the business process (BT-23) is not one of Peppol's"),                             \
		UBL_FATAL("PEPPOL-EN16931-R002", "/", "at_most(1, Note) or " BOTH_GERMAN,                 \
				  "there is more than one note (BG-1); only between German parties may there be " \
				  "several"),                                                                     \
		UBL_FATAL("PEPPOL-EN16931-R003", "/", "exists(BuyerReference, OrderReference/ID)",        \
				  "give a buyer reference (BT-10) or an order reference (BT-13)"),                \
		UBL_FATAL("PEPPOL-EN16931-R004", "/", SPECIFIED(specification),                           \
				  "the specification identifier (BT-24) must begin with " specification           \
				  " and have no \"::\"")

#define TAX_TOTAL_RULES                                                                        \
	UBL_FATAL("PEPPOL-EN16931-R053", "/", "exactly(1, TaxTotal[exists(TaxSubtotal)])",         \
			  "exactly one VAT total has a breakdown (BG-23)"),                                \
		UBL_FATAL("PEPPOL-EN16931-R054", "/",                                                  \
				  "count(TaxTotal[absent(TaxSubtotal)]) = if(exists(TaxCurrencyCode), 1, 0)",  \
				  "one VAT total without breakdown (BT-111) goes with an accounting currency " \
				  "(BT-6), and none without it"),                                              \
		UBL_FATAL("PEPPOL-EN16931-R055", "/",                                                  \
				  "absent(TaxCurrencyCode) or "                                                \
				  "(TaxTotal/TaxAmount[@currencyID = trim(/TaxCurrencyCode)] <= 0 and "        \
				  "TaxTotal/TaxAmount[@currencyID = trim(/DocumentCurrencyCode)] <= 0) or "    \
				  "(TaxTotal/TaxAmount[@currencyID = trim(/TaxCurrencyCode)] >= 0 and "        \
				  "TaxTotal/TaxAmount[@currencyID = trim(/DocumentCurrencyCode)] >= 0)",       \
				  "the VAT totals in both currencies (BT-110, BT-111) must have the same sign")

#define ALLOWANCE(condition)                                                 \
	"/AllowanceCharge" condition " | /InvoiceLine/AllowanceCharge" condition \
	" | /CreditNoteLine/AllowanceCharge" condition

#define PARTY_RULES(tolerance)                                                                    \
	UBL_FATAL("PEPPOL-EN16931-R005", "TaxCurrencyCode",                                           \
			  "not(trim(.) = trim(../DocumentCurrencyCode))",                                     \
			  "the accounting currency (BT-6) must differ from the invoice currency (BT-5)"),     \
		UBL_FATAL("PEPPOL-EN16931-R010", "AccountingCustomerParty/Party", "exists(EndpointID)",   \
				  "the buyer's electronic address (BT-49) is missing"),                           \
		UBL_FATAL("PEPPOL-EN16931-R020", "AccountingSupplierParty/Party", "exists(EndpointID)",   \
				  "the seller's electronic address (BT-34) is missing"),                          \
		UBL_FATAL("PEPPOL-EN16931-R041",                                                          \
				  ALLOWANCE("[exists(MultiplierFactorNumeric) and absent(BaseAmount)]"), "false", \
				  "an allowance or charge with a percentage needs its base amount"),              \
		UBL_FATAL("PEPPOL-EN16931-R042",                                                          \
				  ALLOWANCE("[absent(MultiplierFactorNumeric) and exists(BaseAmount)]"), "false", \
				  "an allowance or charge with a base amount needs its percentage"),              \
		UBL_FATAL("PEPPOL-EN16931-R040", ALLOWANCE(""),                                           \
				  "absent(MultiplierFactorNumeric) or absent(BaseAmount) or "                     \
				  "near(" tolerance ", if(exists(Amount), dec(Amount), 0), "                      \
				  "dec(BaseAmount) * dec(MultiplierFactorNumeric) div 100)",                      \
				  "the amount of an allowance or charge must be its base times the percentage, "  \
				  "within 0.02"),                                                                 \
		UBL_FATAL("PEPPOL-EN16931-R043", ALLOWANCE(""),                                           \
				  "trim(ChargeIndicator) = 'true' or trim(ChargeIndicator) = 'false'",            \
				  "the charge indicator must be true or false"),                                  \
		UBL_FATAL("PEPPOL-EN16931-R061",                                                          \
				  "PaymentMeans[trim(PaymentMeansCode) = '49' or trim(PaymentMeansCode) = '59']", \
				  "exists(PaymentMandate/ID)",                                                    \
				  "a direct debit needs its mandate reference (BT-89)")

#define AMOUNTS(breakdown)                                                                     \
	"Amount | BaseAmount | PriceAmount | TaxTotal[exists(TaxSubtotal)]/TaxAmount | " breakdown \
	"TaxableAmount | LineExtensionAmount | TaxExclusiveAmount | TaxInclusiveAmount | "         \
	"AllowanceTotalAmount | ChargeTotalAmount | PrepaidAmount | PayableRoundingAmount | "      \
	"PayableAmount"

#define CURRENCY_RULE(amounts)                                                       \
	UBL_FATAL("PEPPOL-EN16931-R051", amounts, "@currencyID = /DocumentCurrencyCode", \
			  "the amount must be in the invoice currency (BT-5)")

#define PERIOD_RULES                                                                            \
	UBL_FATAL("PEPPOL-EN16931-R110",                                                            \
			  LINES("/InvoicePeriod/StartDate[exists(/InvoicePeriod/StartDate)]"),              \
			  "in_order(/InvoicePeriod/StartDate, .)",                                          \
			  "the line's period (BT-134) must not begin before the invoicing period (BT-73)"), \
		UBL_FATAL("PEPPOL-EN16931-R111",                                                        \
				  LINES("/InvoicePeriod/EndDate[exists(/InvoicePeriod/EndDate)]"),              \
				  "in_order(., /InvoicePeriod/EndDate)",                                        \
				  "the line's period (BT-135) must not end after the invoicing period (BT-74)")

#define PRICED(line) line "/Price/BaseQuantity[exists(@unitCode)]"

#define LINE_NET(tolerance)                                                                     \
	"near(" tolerance ", if(exists(LineExtensionAmount), dec(LineExtensionAmount), 0), "        \
	"if(exists(" QUANTITY "), dec(" QUANTITY "), 1) * "                                         \
	"(if(exists(Price/PriceAmount), dec(Price/PriceAmount), 0) div "                            \
	"if(exists(Price/BaseQuantity) and dec(Price/BaseQuantity) != 0, dec(Price/BaseQuantity), " \
	"1)) + round2(sum(AllowanceCharge[trim(ChargeIndicator) = 'true']/Amount)) - "              \
	"round2(sum(AllowanceCharge[trim(ChargeIndicator) = 'false']/Amount)))"
#define LINE_NET_TEXT                                                                     \
	"the line's net amount (BT-131) must be quantity times net price per base quantity, " \
	"plus charges, less allowances"

#define LINE_RULES                                                                               \
	UBL_FATAL("PEPPOL-EN16931-R121", LINES(""),                                                  \
			  "absent(Price/BaseQuantity) or dec(Price/BaseQuantity) > 0",                       \
			  "the price's base quantity (BT-149) must be greater than zero"),                   \
		UBL_FATAL("PEPPOL-EN16931-R101", LINES(""),                                              \
				  "absent(DocumentReference) or DocumentReference/DocumentTypeCode = '130'",     \
				  "the document reference of a line is for the invoiced object only, with type " \
				  "code 130"),                                                                   \
		UBL_FATAL("PEPPOL-EN16931-R044", "Price/AllowanceCharge",                                \
				  "trim(ChargeIndicator) = 'false'",                                             \
				  "a price has discounts only: the charge indicator must be false"),             \
		UBL_FATAL("PEPPOL-EN16931-R046", "Price/AllowanceCharge",                                \
				  "absent(BaseAmount) or "                                                       \
				  "dec(../PriceAmount) = dec(BaseAmount) - dec(Amount)",                         \
				  "the net price (BT-146) must be the gross price (BT-148) less the discount "   \
				  "(BT-147)"),                                                                   \
		UBL_FATAL(                                                                               \
			"PEPPOL-EN16931-R130",                                                               \
			PRICED("InvoiceLine") " | " PRICED("CreditNoteLine") " | " PRICED("SubInvoiceLine"), \
			"absent(../../" QUANTITY ") or @unitCode = ../../" QUANTITY "/@unitCode",            \
			"the price's base quantity (BT-150) must have the unit of the invoiced "             \
			"quantity (BT-130)")

#define BILLING_LINES(amounts)                                                       \
	CURRENCY_RULE(amounts), PERIOD_RULES,                                            \
		UBL_FATAL("PEPPOL-EN16931-R120", LINES(""), LINE_NET("0.02"),                \
				  LINE_NET_TEXT ", within 0.02"),                                    \
		UBL_FATAL("PEPPOL-EN16931-R100", LINES(""), "at_most(1, DocumentReference)", \
				  "a line has at most one invoiced object (BT-128)"),                \
		LINE_RULES

/* An identifier of a scheme, wherever a party gives one. */
#define IDENTIFIER(scheme)                                                               \
	"EndpointID[@schemeID = '" scheme "'] | PartyIdentification/ID[@schemeID = '" scheme \
	"'] | CompanyID[@schemeID = '" scheme "']"

#define IDENTIFIER_RULES                                                                           \
	UBL_FATAL("PEPPOL-COMMON-R040", IDENTIFIER("0088"), "check(gln, trim(.))",                     \
			  "a GLN (0088) has digits only, the last one a check digit of GS1"),                  \
		UBL_FATAL("PEPPOL-COMMON-R041", IDENTIFIER("0192"),                                        \
				  "matches(trim(.), '[0-9]{9}') and check(mod11, trim(.))",                        \
				  "a Norwegian organisation number (0192) has nine digits, the last one a check "  \
				  "digit"),                                                                        \
		UBL_FATAL("PEPPOL-COMMON-R042", IDENTIFIER("0184"), "matches(., '(DK)?[0-9]{8}')",         \
				  "a Danish CVR number (0184) has eight digits, perhaps behind DK"),               \
		UBL_FATAL("PEPPOL-COMMON-R052", IDENTIFIER("0096"), "matches(., '[0-9]{10}')",             \
				  "a Danish P number (0096) has ten digits"),                                      \
		UBL_FATAL("PEPPOL-COMMON-R053", IDENTIFIER("0198"), "matches(., 'DK[0-9]{8}')",            \
				  "a Danish SE number (0198) is DK and eight digits"),                             \
		UBL_FATAL("PEPPOL-COMMON-R043", IDENTIFIER("0208"), "check(belgian, trim(.))",             \
				  "a Belgian enterprise number (0208) has ten digits, the last two by modulus "    \
				  "97"),                                                                           \
		UBL_WARNING("PEPPOL-COMMON-R044", IDENTIFIER("0201"),                                      \
					"matches(trim(.), '[A-Za-z0-9]{6}')",                                          \
					"an Italian IPA code (0201) has six letters or digits"),                       \
		UBL_WARNING("PEPPOL-COMMON-R045", IDENTIFIER("0210"), "check(codice_fiscale, trim(.))",    \
					"an Italian tax code (0210) has eleven digits or 16 characters in its form"),  \
		UBL_WARNING("PEPPOL-COMMON-R046", "EndpointID[@schemeID = '9907']",                        \
					"check(codice_fiscale, trim(.))",                                              \
					"an Italian tax code (9907) has eleven digits or 16 characters in its form"),  \
		UBL_WARNING("PEPPOL-COMMON-R047", IDENTIFIER("0211"), "check(partita_iva, trim(.))",       \
					"an Italian VAT number (0211) is IT and eleven digits, the last one a check "  \
					"digit"),                                                                      \
		UBL_FATAL("PEPPOL-COMMON-R049", IDENTIFIER("0007"),                                        \
				  "length(trim(.)) = 10 and check(swedish, trim(.))",                              \
				  "a Swedish organisation number (0007) has ten digits, the last one a check "     \
				  "digit"),                                                                        \
		UBL_FATAL("PEPPOL-COMMON-R050", IDENTIFIER("0151"), "check(australian, trim(.))",          \
				  "an Australian business number (0151) has eleven digits by modulus 89"),         \
		UBL_WARNING("PEPPOL-COMMON-R054", IDENTIFIER("0106"), "matches(trim(.), '[0-9]{8}')",      \
					"a Dutch KVK number (0106) has eight digits"),                                 \
		UBL_WARNING("PEPPOL-COMMON-R055", IDENTIFIER("0190"), "matches(trim(.), '[0-9]{20}')",     \
					"a Dutch OIN (0190) has twenty digits"),                                       \
		UBL_WARNING("PEPPOL-COMMON-R056-1", IDENTIFIER("9944"),                                    \
					"matches(trim(.), 'NL[0-9]{9}B[0-9]{2}')",                                     \
					"a Dutch VAT number (9944) looks like NL123456789B12"),                        \
		UBL_WARNING("PEPPOL-COMMON-R056-2",                                                        \
					"PartyTaxScheme[trim(TaxScheme/ID) = 'VAT']/CompanyID[starts(trim(.), 'NL')]", \
					"matches(trim(.), 'NL[0-9]{9}B[0-9]{2}')",                                     \
					"a Dutch VAT identifier looks like NL123456789B12"),                           \
		UBL_WARNING("PEPPOL-COMMON-R057", IDENTIFIER("0217"), "matches(trim(.), '[0-9]{12}')",     \
					"a Dutch KVK establishment number (0217) has twelve digits")

static const Rule billing_transaction[] = {
	PROCESS_RULE,		 DOCUMENT_RULES(BILLING_SPECIFICATION, BILLING_01),	 TAX_TOTAL_RULES,
	PARTY_RULES("0.02"), BILLING_LINES(AMOUNTS("TaxSubtotal/TaxAmount | ")), IDENTIFIER_RULES,
};

static const Rule selfbilling_transaction[] = {
	PROCESS_RULE,
	DOCUMENT_RULES(SELFBILLING_SPECIFICATION, SELFBILLING_01),
	TAX_TOTAL_RULES,
	PARTY_RULES("0.02"),
	BILLING_LINES(AMOUNTS("")),
	IDENTIFIER_RULES,
};

/* -- codes and formats ---------------------------------------------------------------------------
 */

/* a code in an attribute is not trimmed */
#define ATTRIBUTE_CODE(list, name) "code(" list ", " name ") and " name " = trim(" name ")"

#define CODE_RULES                                                                             \
	UBL_FATAL("PEPPOL-EN16931-CL001", "EmbeddedDocumentBinaryObject[exists(@mimeCode)]",       \
			  ATTRIBUTE_CODE("peppol_mime_code", "@mimeCode"),                                 \
			  "this media type is not allowed for attachments"),                               \
		UBL_FATAL("PEPPOL-EN16931-CL002",                                                      \
				  "AllowanceCharge[ChargeIndicator = 'false']/AllowanceChargeReasonCode",      \
				  "code(peppol_allowance_reason, .)",                                          \
				  "the reason code of an allowance must be of Peppol's subset of UNCL 5189"),  \
		UBL_FATAL("PEPPOL-EN16931-CL003",                                                      \
				  "AllowanceCharge[ChargeIndicator = 'true']/AllowanceChargeReasonCode",       \
				  "code(peppol_charge_reason, .)",                                             \
				  "the reason code of a charge must be of UNCL 7161"),                         \
		UBL_FATAL("PEPPOL-EN16931-CL006", "InvoicePeriod/DescriptionCode",                     \
				  "code(peppol_vat_date_code, .)",                                             \
				  "the code of the tax point date (BT-8) must be of UNCL 2005: 3, 35 or 432"), \
		UBL_FATAL("PEPPOL-EN16931-CL007",                                                      \
				  "Amount | BaseAmount | PriceAmount | TaxAmount | TaxableAmount | "           \
				  "LineExtensionAmount | TaxExclusiveAmount | TaxInclusiveAmount | "           \
				  "AllowanceTotalAmount | ChargeTotalAmount | PrepaidAmount | "                \
				  "PayableRoundingAmount | PayableAmount",                                     \
				  ATTRIBUTE_CODE("peppol_currency", "@currencyID"),                            \
				  "the currency of an amount must be of ISO 4217")

#define FORMAT_RULES                                                                           \
	UBL_FATAL("PEPPOL-EN16931-F001",                                                           \
			  "IssueDate | DueDate | TaxPointDate | StartDate | EndDate | ActualDeliveryDate", \
			  "check(date, .)", "a date must be written as YYYY-MM-DD"),                       \
		UBL_FATAL("PEPPOL-EN16931-CL008", "EndpointID[exists(@schemeID)]",                     \
				  ATTRIBUTE_CODE("peppol_endpoint_scheme", "@schemeID"),                       \
				  "the scheme of an electronic address must be of Peppol's list"),             \
		EXEMPTION("PEPPOL-EN16931-P0104", "VATEX-EU-G", "G"),                                  \
		EXEMPTION("PEPPOL-EN16931-P0105", "VATEX-EU-O", "O"),                                  \
		EXEMPTION("PEPPOL-EN16931-P0106", "VATEX-EU-IC", "K"),                                 \
		EXEMPTION("PEPPOL-EN16931-P0107", "VATEX-EU-AE", "AE"),                                \
		EXEMPTION("PEPPOL-EN16931-P0108", "VATEX-EU-D", "E"),                                  \
		EXEMPTION("PEPPOL-EN16931-P0109", "VATEX-EU-F", "E"),                                  \
		EXEMPTION("PEPPOL-EN16931-P0110", "VATEX-EU-I", "E"),                                  \
		EXEMPTION("PEPPOL-EN16931-P0111", "VATEX-EU-J", "E")

#define EXEMPTION(id, reason, category)                                        \
	UBL_FATAL(id, "TaxCategory[upper(TaxExemptionReasonCode) = '" reason "']", \
			  "trim(ID) = '" category "'",                                     \
			  "exemption reason " reason " goes with VAT category " category " only")

static const Rule billing_codes[] = {
	CODE_RULES,
	UBL_FATAL("PEPPOL-EN16931-P0100", "InvoiceTypeCode",
			  "not(" BILLING_01 " or " PROCESS_02 ") or code(peppol_invoice_type, .)",
			  "this type code (BT-3) is not allowed for an invoice in this process"),
	UBL_FATAL("PEPPOL-EN16931-P0112", "InvoiceTypeCode",
			  "not(trim(.) = '326' or trim(.) = '384') or " BOTH_GERMAN,
			  "type codes 326 and 384 are for German sellers and buyers only"),
	UBL_FATAL("PEPPOL-EN16931-P0101", "CreditNoteTypeCode",
			  "not(" BILLING_01 " or " PROCESS_02 ") or code(peppol_creditnote_type, .)",
			  "this type code (BT-3) is not allowed for a credit note in this process"),
	FORMAT_RULES,
};

static const Rule selfbilling_codes[] = {
	CODE_RULES,
	UBL_FATAL("PEPPOL-EN16931-P0100", "InvoiceTypeCode",
			  "not(" SELFBILLING_01 ") or code(peppol_selfbilling_invoice_type, .)",
			  "a self-billing invoice has type code (BT-3) 389 or 527"),
	UBL_FATAL("PEPPOL-EN16931-P0101", "CreditNoteTypeCode",
			  "not(" SELFBILLING_01 ") or code(peppol_selfbilling_creditnote_type, .)",
			  "a self-billing credit note has type code (BT-3) 261"),
	FORMAT_RULES,
};

/*
 * XRechnung 3.0.2 takes over these.  In forints the tolerance is 0.50, and R120 only warns.
 */
#define TOLERANCE "if(/DocumentCurrencyCode = 'HUF', 0.5, 0.02)"

static const Rule xrechnung_transaction[] = {
	PROCESS_RULE,
	TAX_TOTAL_RULES,
	PARTY_RULES(TOLERANCE),
	PERIOD_RULES,
	UBL_WARNING("PEPPOL-EN16931-R120", LINES(""), LINE_NET(TOLERANCE), LINE_NET_TEXT),
	LINE_RULES,
};

static const RulePattern xrechnung[] = {
	PATTERN(NULL, empty_elements),
	PATTERN(NULL, xrechnung_transaction),
};

static const RulePattern billing[] = {
	PATTERN(NULL, empty_elements),
	PATTERN(NULL, credit_note),
	PATTERN(NULL, billing_transaction),
	PATTERN(NULL, billing_codes),
};

static const RulePattern selfbilling[] = {
	PATTERN(NULL, empty_elements),
	PATTERN(NULL, credit_note),
	PATTERN(NULL, selfbilling_transaction),
	PATTERN(NULL, selfbilling_codes),
};

const RuleSet rules_peppol = {
	.name = "peppol",
	.version = "2026.5",
	.valid_from = "2026-05-18",
	.detect = PEPPOL_DETECT,
	.patterns = billing,
	.pattern_count = (int) (sizeof(billing) / sizeof(*billing)),
	.checks = rules_peppol_checks,
	.check_count = PEPPOL_CHECK_COUNT,
};

const RuleSet rules_peppol_selfbilling = {
	.name = "peppol-selfbilling",
	.version = "2026.5",
	.valid_from = "2026-05-18",
	.detect = "any(CustomizationID, contains(., 'peppol.eu:2017:poacc:selfbilling:3'))",
	.patterns = selfbilling,
	.pattern_count = (int) (sizeof(selfbilling) / sizeof(*selfbilling)),
	.checks = rules_peppol_checks,
	.check_count = PEPPOL_CHECK_COUNT,
};

/* Peppol's rules in XRechnung; those of CII are with the German ones. */
const RuleSet rules_xrechnung_peppol = {
	.name = "xrechnung",
	.version = "3.0.2",
	.valid_from = "2026-01-31",
	.detect = "any(CustomizationID, contains(., 'xrechnung'))",
	.patterns = xrechnung,
	.pattern_count = (int) (sizeof(xrechnung) / sizeof(*xrechnung)),
};
