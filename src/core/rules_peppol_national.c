/*
 * rules_peppol_national.c: national rules of Peppol BIS Billing 3.0, release of May 2026: Norway,
 * Denmark, Italy, Sweden, Greece, Iceland, the Netherlands.  Germany has a file of its own.
 *
 * Conditions follow the official rules, in our own words; where a country is taken from the VAT
 * identifier and where from the address differs between them.
 */
#include "core/rules_peppol.h"

/* -- Norway ------------------------------------------------------------------------------------ */

static const Rule norway[] = {
	UBL_WARNING("NO-R-002", SELLER,
				"trim(PartyTaxScheme[trim(TaxScheme/ID) = 'TAX']/CompanyID) = 'Foretaksregisteret'",
				"most Norwegian sellers must state \"Foretaksregisteret\" (BT-32)"),
	UBL_FATAL("NO-R-001", SELLER,
			  "not(any(PartyTaxScheme[trim(TaxScheme/ID) = 'VAT']/CompanyID, sub(., 1, 2) = 'NO')) "
			  "or (matches(sub(PartyTaxScheme[trim(TaxScheme/ID) = 'VAT']/CompanyID, 3), "
			  "'[0-9]{9}MVA') and "
			  "check(mod11, sub(PartyTaxScheme[trim(TaxScheme/ID) = 'VAT']/CompanyID, 3, 9)))",
			  "a Norwegian VAT identifier (BT-31) is NO, a valid organisation number, and MVA"),
};

/* -- Denmark ----------------------------------------------------------------------------------- */

#define IS_DANISH(party) party COUNTRY " = 'DK'"
#define PREFIXED(code) "sub(PaymentID, 1, 3) = '" code "#'"
#define LEGAL_ID "PartyLegalEntity/CompanyID"

static const Rule denmark_seller[] = {
	UBL_FATAL("DK-R-002", "/", "trim(AccountingSupplierParty/Party/" LEGAL_ID ") != ''",
			  "a Danish seller must give its CVR number (BT-30)"),
	UBL_FATAL("DK-R-014", "/",
			  "absent(AccountingSupplierParty/Party/" LEGAL_ID
			  ") or trim(AccountingSupplierParty/Party/" LEGAL_ID "/@schemeID) = '0184'",
			  "the legal registration of a Danish seller (BT-30) must have scheme 0184"),
	UBL_FATAL("DK-R-016", "/",
			  "not(root_is('CreditNote') and " IS_DANISH(
				  BUYER) " and num(LegalMonetaryTotal/PayableAmount) < 0)",
			  "a Danish credit note must not have a negative amount due (BT-115)"),
};

static const Rule denmark_domestic[] = {
	UBL_FATAL("DK-R-013", SELLER "/PartyIdentification | " BUYER "/PartyIdentification",
			  "absent(ID) or trim(ID/@schemeID) != ''",
			  "an identifier of a Danish party (BT-29, BT-46) needs its scheme"),
	UBL_FATAL("DK-R-005", "/PaymentMeans[root_is('Invoice')]",
			  "contains(' 1 10 31 42 48 49 50 58 59 93 97 ', concat(' ', PaymentMeansCode, ' '))",
			  "between Danish parties the payment means (BT-81) is 1, 10, 31, 42, 48, 49, 50, 58, "
			  "59, 93 or 97"),
	UBL_FATAL("DK-R-006", "/PaymentMeans[root_is('Invoice')]",
			  "not(PaymentMeansCode = '31' or PaymentMeansCode = '42') or "
			  "(trim(PayeeFinancialAccount/ID) != '' and "
			  "trim(PayeeFinancialAccount/FinancialInstitutionBranch/ID) != '')",
			  "payment means 31 and 42 need account (BT-84) and registration number (BT-86)"),
	UBL_FATAL("DK-R-007", "/PaymentMeans[root_is('Invoice')]",
			  "not(PaymentMeansCode = '49') or (trim(PaymentMandate/ID) != '' and "
			  "trim(PaymentMandate/PayerFinancialAccount/ID) != '')",
			  "payment means 49 needs mandate (BT-89) and debited account (BT-91)"),
	UBL_FATAL(
		"DK-R-008", "/PaymentMeans[root_is('Invoice')]",
		"not(PaymentMeansCode = '50') or ((" PREFIXED("01") " or " PREFIXED("04") " or " PREFIXED(
			"15") ") and matches(PayeeFinancialAccount/ID, '[0-9]{7,8}'))",
		"payment means 50 needs a payment reference (BT-83) that begins with 01#, 04# or "
		"15#, and an account (BT-84) of seven or eight digits"),
	UBL_FATAL("DK-R-009", "/PaymentMeans[root_is('Invoice')]",
			  "not(PaymentMeansCode = '50' and (" PREFIXED("04") " or " PREFIXED(
				  "15") ")) or length(PaymentID) = 19",
			  "a payment reference of kind 04 or 15 has 16 digits behind the prefix"),
	UBL_FATAL("DK-R-010", "/PaymentMeans[root_is('Invoice')]",
			  "not(PaymentMeansCode = '93') or ((" PREFIXED("71") " or " PREFIXED(
				  "73") " or " PREFIXED("75") ") and length(PayeeFinancialAccount/ID) = 8)",
			  "payment means 93 needs a payment reference (BT-83) that begins with 71#, 73# or "
			  "75#, and an account (BT-84) of eight characters"),
	UBL_FATAL("DK-R-011", "/PaymentMeans[root_is('Invoice')]",
			  "not(PaymentMeansCode = '93' and (" PREFIXED("71") " or " PREFIXED(
				  "75") ")) or length(PaymentID) = 18 or length(PaymentID) = 19",
			  "a payment reference of kind 71 or 75 has 15 or 16 digits behind the prefix"),
	UBL_FATAL("DK-R-017", BUYER, "absent(" LEGAL_ID ") or trim(" LEGAL_ID "/@schemeID) = '0184'",
			  "the legal registration of a Danish buyer (BT-47) must have scheme 0184"),
	UBL_FATAL("DK-R-003", LINES(""),
			  "not(Item/CommodityClassification/ItemClassificationCode/@listID = 'TST') or "
			  "Item/CommodityClassification/ItemClassificationCode/@listVersionID = '19.05.01' or "
			  "Item/CommodityClassification/ItemClassificationCode/@listVersionID = '19.0501' or "
			  "Item/CommodityClassification/ItemClassificationCode/@listVersionID = '26.08.01' or "
			  "Item/CommodityClassification/ItemClassificationCode/@listVersionID = '26.0801'",
			  "a classification by UNSPSC (TST) must be of version 19.05.01 or 26.08.01"),
	UBL_FATAL("DK-R-004", "AllowanceCharge",
			  "not(AllowanceChargeReasonCode = 'ZZZ') or (length(trim(AllowanceChargeReason)) = 4 "
			  "and num(AllowanceChargeReason) >= 0 and num(AllowanceChargeReason) <= 9999) or "
			  "(exists(AllowanceChargeReason) and contains(AllowanceChargeReason, '#') and "
			  "not(starts(AllowanceChargeReason, '#')) and not(ends(AllowanceChargeReason, '#')))",
			  "a Danish tax other than VAT (ZZZ) has a four-digit category as its reason, or one "
			  "with # inside"),
};

/* -- Italy ------------------------------------------------------------------------------------- */

static const Rule italy[] = {
	UBL_FATAL("IT-R-001", SELLER "/PartyTaxScheme[trim(TaxScheme/ID) != 'VAT']",
			  "matches(trim(CompanyID), '[A-Z0-9]{11,16}')",
			  "the tax registration of an Italian seller (BT-32) has 11 to 16 capital letters or "
			  "digits"),
	UBL_FATAL("IT-R-002", SELLER, "exists(PostalAddress/StreetName)",
			  "the address of an Italian seller needs its first line (BT-35)"),
	UBL_FATAL("IT-R-003", SELLER, "exists(PostalAddress/CityName)",
			  "the address of an Italian seller needs a city (BT-37)"),
	UBL_FATAL("IT-R-004", SELLER, "exists(PostalAddress/PostalZone)",
			  "the address of an Italian seller needs a post code (BT-38)"),
};

/* -- Sweden ------------------------------------------------------------------------------------ */

#define SELLER_IN_SWEDEN SELLER COUNTRY " = 'SE'"
#define SWEDISH_VAT_ID "any(" SELLER VAT_ID ", sub(., 1, 2) = 'SE')"
#define GIRO(branch)                                                       \
	"/PaymentMeans[trim(PaymentMeansCode) = '30' and "                     \
	"trim(PayeeFinancialAccount/FinancialInstitutionBranch/ID) = '" branch \
	"']/PayeeFinancialAccount/ID"

static const Rule sweden[] = {
	UBL_FATAL("SE-R-001", SELLER "[" SWEDISH_VAT_ID "]",
			  "length(trim(PartyTaxScheme[TaxScheme/ID = 'VAT']/CompanyID)) = 14",
			  "a Swedish VAT identifier (BT-31) has 14 characters"),
	UBL_FATAL("SE-R-002", SELLER "[" SWEDISH_VAT_ID "]",
			  "check(number, sub(PartyTaxScheme[TaxScheme/ID = 'VAT']/CompanyID, 3, 12))",
			  "a Swedish VAT identifier (BT-31) has twelve digits behind SE"),
	UBL_FATAL("SE-R-003", SELLER "/PartyLegalEntity[exists(CompanyID)]", "check(number, CompanyID)",
			  "a Swedish organisation number (BT-30) has digits only"),
	UBL_FATAL("SE-R-004", SELLER "/PartyLegalEntity[exists(CompanyID)]",
			  "length(trim(CompanyID)) = 10",
			  "a Swedish organisation number (BT-30) has ten characters"),
	UBL_FATAL("SE-R-013", SELLER "/PartyLegalEntity[exists(CompanyID)]",
			  "check(swedish, trim(CompanyID))",
			  "the last digit of a Swedish organisation number (BT-30) must be right by Luhn"),
	UBL_FATAL("SE-R-005",
			  SELLER "[exists(PartyLegalEntity/CompanyID)]/"
					 "PartyTaxScheme[trim(upper(TaxScheme/ID)) != 'VAT']/CompanyID",
			  "check(f_skatt, .)",
			  "the tax registration of a Swedish seller (BT-32) says \"Godk\xC3\xA4nd f\xC3\xB6r "
			  "F-skatt\""),
	UBL_FATAL("SE-R-006",
			  "TaxCategory[" SWEDISH_VAT_ID " and ID = 'S'] | ClassifiedTaxCategory[" SWEDISH_VAT_ID
			  " and ID = 'S']",
			  "num(Percent) = 25 or num(Percent) = 12 or num(Percent) = 6",
			  "the standard rates of Swedish sellers are 25, 12 and 6"),
	UBL_WARNING("SE-R-007", GIRO("SE:PLUSGIRO"), "check(number, trim(.))",
				"a Plusgiro account (BT-84) has digits only"),
	UBL_WARNING("SE-R-010", GIRO("SE:PLUSGIRO"), "length(trim(.)) >= 2 and length(trim(.)) <= 8",
				"a Plusgiro account (BT-84) has two to eight characters"),
	UBL_WARNING("SE-R-008", GIRO("SE:BANKGIRO"), "check(number, trim(.))",
				"a Bankgiro account (BT-84) has digits only"),
	UBL_WARNING("SE-R-009", GIRO("SE:BANKGIRO"), "length(trim(.)) = 7 or length(trim(.)) = 8",
				"a Bankgiro account (BT-84) has seven or eight characters"),
	UBL_WARNING("SE-R-011", "/PaymentMeans[PaymentMeansCode = '50' or PaymentMeansCode = '56']",
				"false",
				"Bankgiro and Plusgiro have payment means 30 and the branch SE:BANKGIRO or "
				"SE:PLUSGIRO (BT-86)"),
	UBL_WARNING("SE-R-012", "/PaymentMeans[" BUYER COUNTRY " = 'SE' and PaymentMeansCode = '31']",
				"false", "a credit transfer between Swedish parties has payment means 30"),
};

/* -- Greece ------------------------------------------------------------------------------------ */

#define IS_GREEK(country) "(" country " = 'GR' or " country " = 'EL')"
/* segments of the invoice number, between bars; "behind" n segments */
#define BEHIND_1 "after(/ID, '|')"
#define BEHIND_2 "after(" BEHIND_1 ", '|')"
#define BEHIND_3 "after(" BEHIND_2 ", '|')"
#define BEHIND_4 "after(" BEHIND_3 ", '|')"
#define BEHIND_5 "after(" BEHIND_4 ", '|')"
#define UP_TO(text, mark) "before(concat(" text ", '" mark "'), '" mark "')"
#define SEGMENT_1 UP_TO("/ID", "|")
#define SEGMENT_2 UP_TO(BEHIND_1, "|")
#define SEGMENT_3 UP_TO(BEHIND_2, "|")
#define SEGMENT_4 UP_TO(BEHIND_3, "|")
#define SEGMENT_5 UP_TO(BEHIND_4, "|")
#define SEGMENT_6 UP_TO(BEHIND_5, "|")
#define DAY UP_TO(SEGMENT_2, "/")
#define MONTH UP_TO("after(" SEGMENT_2 ", '/')", "/")
#define YEAR UP_TO("after(after(" SEGMENT_2 ", '/'), '/')", "/")
#define GREEK_VAT_ID(party)                                                          \
	"exactly(1, " party "PartyTaxScheme[trim(TaxScheme/ID) = 'VAT']/CompanyID) and " \
	"sub(PartyTaxScheme[trim(TaxScheme/ID) = 'VAT']/CompanyID, 1, 2) = 'EL' and "    \
	"check(greek, sub(PartyTaxScheme[trim(TaxScheme/ID) = 'VAT']/CompanyID, 3))"

static const Rule greece[] = {
	UBL_FATAL("GR-R-001-1", "/ID", "matches(., '[^|]*(\\|[^|]*){5}')",
			  "the invoice number (BT-1) of a Greek seller has six parts between bars"),
	UBL_FATAL("GR-R-001-2", "/ID",
			  "length(trim(" SEGMENT_1 ")) = 9 and check(greek, " SEGMENT_1
			  ") and (any(" SELLER VAT_ID ", sub(., 3, 9) = " SEGMENT_1
			  ") or any(" REPRESENTATIVE_VAT_ID ", sub(., 3, 9) = " SEGMENT_1 "))",
			  "the first part of a Greek invoice number is the tax number of the seller or its "
			  "representative"),
	UBL_FATAL("GR-R-001-3", "/ID",
			  "matches(" SEGMENT_2 ", '(0?[1-9]|[12][0-9]|3[01])[-\\\\/ ]?(0?[1-9]|1[0-2])"
			  "[-\\\\/ ]?(19|20)[0-9]{2}.*') and concat(" YEAR ", '-', " MONTH ", '-', " DAY
			  ") = /IssueDate",
			  "the second part of a Greek invoice number is the issue date as DD/MM/YYYY"),
	UBL_FATAL("GR-R-001-4", "/ID", "check(natural, " SEGMENT_3 ")",
			  "the third part of a Greek invoice number is a whole number"),
	UBL_FATAL("GR-R-001-5", "/ID",
			  SEGMENT_4 " = '1.1' or " SEGMENT_4 " = '1.6' or " SEGMENT_4 " = '2.1' or " SEGMENT_4
						" = '2.4' or " SEGMENT_4 " = '5.1' or " SEGMENT_4 " = '5.2'",
			  "the fourth part of a Greek invoice number is a document type: 1.1, 1.6, 2.1, 2.4, "
			  "5.1 or 5.2"),
	UBL_FATAL("GR-R-001-6", "/ID", "length(" SEGMENT_5 ") > 0",
			  "the fifth part of a Greek invoice number is empty"),
	UBL_FATAL("GR-R-001-7", "/ID", "length(" SEGMENT_6 ") > 0",
			  "the sixth part of a Greek invoice number is empty"),
	UBL_FATAL("GR-R-002", SELLER, "length(PartyName/Name) > 0",
			  "a Greek seller must give its name (BT-28)"),
	UBL_WARNING("GR-S-011", SELLER, GREEK_VAT_ID(""),
				"a Greek seller should give its VAT identifier (BT-31): EL and its tax number"),
	UBL_FATAL("GR-R-003", SELLER VAT_ID_TRIMMED, "sub(., 1, 2) = 'EL' and check(greek, sub(., 3))",
			  "the VAT identifier of a Greek seller (BT-31) is EL and a valid tax number"),
	UBL_FATAL("GR-R-004-1", "/[" SELLER COUNTRY " = 'GR']",
			  "exactly(1, AdditionalDocumentReference[DocumentDescription = '##M.AR.K##'])",
			  "a Greek invoice has one MARK number, in a reference described as ##M.AR.K##"),
	UBL_WARNING("GR-S-008-1", "/[" SELLER COUNTRY " = 'GR']",
				"exactly(1, AdditionalDocumentReference[DocumentDescription = "
				"'##INVOICE|URL##'])",
				"a Greek invoice should have one address for its verification, in a reference "
				"described as ##INVOICE|URL##"),
	UBL_FATAL("GR-R-008-2", "/[" SELLER COUNTRY " = 'GR']",
			  "at_most(1, AdditionalDocumentReference[DocumentDescription = '##INVOICE|URL##'])",
			  "a Greek invoice has at most one address for its verification"),
	UBL_FATAL("GR-R-004-2",
			  "/AdditionalDocumentReference[" SELLER COUNTRY
			  " = 'GR' and DocumentDescription = '##M.AR.K##']/ID",
			  "matches(sub(., 1, 1), '[1-9]')", "a MARK number is a positive whole number"),
	UBL_FATAL("GR-R-008-3", "/AdditionalDocumentReference[DocumentDescription = '##INVOICE|URL##']",
			  "length(trim(Attachment/ExternalReference/URI)) > 0",
			  "the reference ##INVOICE|URL## needs its address (BT-124)"),
	UBL_FATAL("GR-R-005", BUYER, "length(PartyName/Name) > 0",
			  "a Greek seller must give the buyer's name (BT-45)"),
};

static const Rule greece_endpoint[] = {
	UBL_FATAL("GR-R-009", SELLER "/EndpointID", "@schemeID = '9933' and check(greek, .)",
			  "the electronic address of a Greek seller (BT-34) is its tax number with scheme "
			  "9933"),
};

static const Rule greece_domestic[] = {
	UBL_FATAL("GR-R-006", BUYER, GREEK_VAT_ID(""),
			  "a Greek buyer's VAT identifier (BT-48) must be given: EL and its tax number"),
	UBL_FATAL("GR-R-010", BUYER "/EndpointID", "@schemeID = '9933' and check(greek, .)",
			  "the electronic address of a Greek buyer (BT-49) is its tax number with scheme "
			  "9933"),
};

/* -- Iceland ----------------------------------------------------------------------------------- */

#define ACCOUNT_OF_12(means)                                   \
	"absent(PaymentMeans[PaymentMeansCode = '" means "']) or " \
	"length(trim(PaymentMeans[PaymentMeansCode = '" means "']/PayeeFinancialAccount/ID)) = 12"
#define DEADLINE "AdditionalDocumentReference[DocumentDescription = 'EINDAGI']"

static const Rule iceland[] = {
	UBL_WARNING("IS-R-001", "/",
				"trim(InvoiceTypeCode) = '380' or trim(InvoiceTypeCode) = '381' or "
				"trim(CreditNoteTypeCode) = '380' or trim(CreditNoteTypeCode) = '381'",
				"the type code (BT-3) of an Icelandic seller should be 380 or 381"),
	UBL_FATAL("IS-R-002", "/", "AccountingSupplierParty/Party/" LEGAL_ID "/@schemeID = '0196'",
			  "an Icelandic seller must give its legal registration (BT-30) with scheme 0196"),
	UBL_FATAL("IS-R-003", "/",
			  "exists(AccountingSupplierParty/Party/PostalAddress/StreetName) and "
			  "exists(AccountingSupplierParty/Party/PostalAddress/PostalZone)",
			  "the address of an Icelandic seller needs street (BT-35) and post code (BT-38)"),
	UBL_FATAL("IS-R-006", "/", ACCOUNT_OF_12("9"),
			  "payment means 9 of an Icelandic seller needs an account (BT-84) of twelve digits"),
	UBL_FATAL("IS-R-007", "/", ACCOUNT_OF_12("42"),
			  "payment means 42 of an Icelandic seller needs an account (BT-84) of twelve digits"),
	UBL_FATAL("IS-R-008", "/",
			  "absent(" DEADLINE ") or (length(" DEADLINE "/ID) = 10 and check(date, " DEADLINE
			  "/ID))",
			  "a reference described as EINDAGI is a date as YYYY-MM-DD"),
	UBL_FATAL("IS-R-009", "/", "absent(" DEADLINE ") or exists(DueDate)",
			  "an invoice with a reference described as EINDAGI needs a due date (BT-9)"),
	UBL_FATAL("IS-R-010", "/", "absent(" DEADLINE ") or DueDate <= " DEADLINE "/ID",
			  "the date of the reference described as EINDAGI must not be before the due date"),
};

static const Rule iceland_domestic[] = {
	UBL_FATAL("IS-R-004", "/AccountingCustomerParty", "Party/" LEGAL_ID "/@schemeID = '0196'",
			  "an Icelandic buyer's legal registration (BT-47) with scheme 0196 must be given"),
	UBL_FATAL("IS-R-005", "/AccountingCustomerParty",
			  "exists(Party/PostalAddress/StreetName) and exists(Party/PostalAddress/PostalZone)",
			  "the address of an Icelandic buyer needs street (BT-50) and post code (BT-53)"),
};

/* -- Netherlands ------------------------------------------------------------------------------- */

#define FULL_ADDRESS "exists(StreetName) and exists(CityName) and exists(PostalZone)"
#define KVK_OR_OIN                                         \
	"(contains(concat(' ', @schemeID, ' '), ' 0106 ') or " \
	"contains(concat(' ', @schemeID, ' '), ' 0190 ')) and filled(.)"

static const Rule netherlands[] = {
	UBL_FATAL("NL-R-001", "CreditNoteTypeCode",
			  "exists(/BillingReference/InvoiceDocumentReference/ID)",
			  "a credit note of a Dutch seller must refer to its invoice (BT-25)"),
	UBL_FATAL("NL-R-002", SELLER "/PostalAddress", FULL_ADDRESS,
			  "the address of a Dutch seller needs street, city and post code (BT-35, 37, 38)"),
	UBL_FATAL("NL-R-003", SELLER "/" LEGAL_ID, KVK_OR_OIN,
			  "the legal registration of a Dutch seller (BT-30) is a KVK number (0106) or an OIN "
			  "(0190)"),
	UBL_FATAL("NL-R-004", BUYER "/PostalAddress[" ADDRESS_IN(BUYER, "NL") "]", FULL_ADDRESS,
			  "the address of a Dutch buyer needs street, city and post code (BT-50, 52, 53)"),
	UBL_FATAL("NL-R-005", BUYER "/" LEGAL_ID "[" ADDRESS_IN(BUYER, "NL") "]", KVK_OR_OIN,
			  "the legal registration of a Dutch buyer (BT-47) is a KVK number (0106) or an OIN "
			  "(0190)"),
	UBL_FATAL(
		"NL-R-006",
		"/TaxRepresentativeParty/PostalAddress[" ADDRESS_IN("/TaxRepresentativeParty", "NL") "]",
		FULL_ADDRESS,
		"the address of a Dutch tax representative needs street, city and post code (BT-64, "
		"66, 67)"),
	UBL_FATAL("NL-R-007", "/LegalMonetaryTotal",
			  "(root_is('Invoice') and dec(PayableAmount) <= 0) or "
			  "(root_is('CreditNote') and dec(PayableAmount) >= 0) or exists(/PaymentMeans)",
			  "a Dutch seller must give a means of payment (BG-16) when the buyer has to pay"),
	UBL_FATAL("NL-R-008", "/PaymentMeans[" ADDRESS_IN(BUYER, "NL") "]",
			  "matches(trim(PaymentMeansCode), '30|48|49|57|58|59')",
			  "between Dutch parties the payment means (BT-81) is 30, 48, 49, 57, 58 or 59"),
	UBL_FATAL("NL-R-009", LINES("/OrderLineReference/LineID"), "exists(/OrderReference/ID)",
			  "an order line (BT-132) of a Dutch seller needs the order reference (BT-13)"),
};

static const RulePattern national[] = {
	PATTERN(SELLER_COUNTRY " = 'NO'", norway),
	PATTERN(IS_DANISH(SELLER), denmark_seller),
	PATTERN(IS_DANISH(SELLER) " and " IS_DANISH(BUYER), denmark_domestic),
	PATTERN(SELLER_COUNTRY " = 'IT'", italy),
	PATTERN(SELLER_IN_SWEDEN, sweden),
	PATTERN(IS_GREEK(SELLER_COUNTRY), greece),
	PATTERN(IS_GREEK(SELLER_COUNTRY_ALONE), greece_endpoint),
	PATTERN(IS_GREEK(SELLER_COUNTRY) " and " IS_GREEK(BUYER_COUNTRY), greece_domestic),
	PATTERN(SELLER COUNTRY " = 'IS'", iceland),
	PATTERN(SELLER COUNTRY " = 'IS' and " BUYER COUNTRY " = 'IS'", iceland_domestic),
	PATTERN(ADDRESS_IN(SELLER, "NL"), netherlands),
};

const RuleSet rules_peppol_national = {
	.name = "peppol",
	.version = "2026.5",
	.valid_from = "2026-05-18",
	.detect = PEPPOL_DETECT,
	.patterns = national,
	.pattern_count = (int) (sizeof(national) / sizeof(*national)),
	.checks = rules_peppol_checks,
	.check_count = PEPPOL_CHECK_COUNT,
};
