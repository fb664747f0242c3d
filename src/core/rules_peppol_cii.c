/*
 * rules_peppol_cii.c: Peppol BIS Billing 3.0 in CII, with the national rules of NO, DK, IT, SE and
 * NL.
 *
 * Conditions follow the official rules for CII (OpenPEPPOL/peppol-bis-invoice-3, release of May
 * 2025, the last one for CII that is published there), in our own words.  A rule at a line that
 * depends on the country of a party takes the line as its context when it is in doubt, and asks for
 * the country as its test: lines stand before the header.
 *
 * The official sheet looks for a seller's VAT identifier with the scheme VAT, where CII has VA: so
 * most of NO-R-001, SE-R-001, SE-R-002 and SE-R-006 never meet an invoice.  DK-R-007 looks for the
 * mandate below the payment means, where CII has none, so it is told whenever the code is 49.
 * P0100 looks for the type code in a wrong name space and never fires: it is left out.
 */
#include "core/rules_peppol.h"
#include "core/rules_peppol_cii.h"

#undef SELLER
#undef BUYER
#undef COUNTRY
#undef VAT_ID
#undef COUNTRY_OF
#undef SELLER_COUNTRY
#define AGREEMENT CII_TRADE "/ApplicableHeaderTradeAgreement"
#define SELLER AGREEMENT "/SellerTradeParty"
#define BUYER AGREEMENT "/BuyerTradeParty"
#define AGENT AGREEMENT "/SellerTaxRepresentativeTradeParty"
#define COUNTRY "/PostalTradeAddress/CountryID"
#define MEANS CII_HEADER "/SpecifiedTradeSettlementPaymentMeans"
#define PROCESS "BusinessProcessSpecifiedDocumentContextParameter/ID"
#define GUIDELINE "GuidelineSpecifiedDocumentContextParameter/ID"
#define SPECIFICATION "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
#define ON_DOCUMENT(type) "AdditionalReferencedDocument[TypeCode = '" type "']"

/* -- the transaction -----------------------------------------------------------------------------
 */

#define IDENTIFIER(scheme)                                      \
	"URIID[@schemeID = '" scheme "'] | ID[@schemeID = '" scheme \
	"'] | GlobalID[@schemeID = '" scheme "']"

static const Rule transaction[] = {
	CII_FATAL("PEPPOL-EN16931-R001", "ExchangedDocumentContext", "exists(" PROCESS ")",
			  "the business process (BT-23) is missing"),
	CII_FATAL("PEPPOL-EN16931-R007", "ExchangedDocumentContext",
			  "matches(trim(" PROCESS
			  "), '.*urn:fdc:peppol.eu:2017:poacc:billing:[0-9][0-9]:1.0.*')",
			  "the business process (BT-23) is not one of Peppol's"),
	CII_FATAL("PEPPOL-EN16931-R004", "ExchangedDocumentContext",
			  "starts(trim(" GUIDELINE "), '" SPECIFICATION "')",
			  "the specification identifier (BT-24) must begin with " SPECIFICATION),
	CII_FATAL("PEPPOL-EN16931-R003", "ApplicableHeaderTradeAgreement",
			  "exists(BuyerReference, BuyerOrderReferencedDocument/IssuerAssignedID)",
			  "give a buyer reference (BT-10) or an order reference (BT-13)"),
	CII_FATAL("PEPPOL-EN16931-R006", "ApplicableHeaderTradeAgreement",
			  "at_most(1, " ON_DOCUMENT("130") ")",
			  "an invoice has at most one invoiced object (BT-18)"),
	CII_FATAL("PEPPOL-EN16931-R080", "ApplicableHeaderTradeAgreement",
			  "at_most(1, " ON_DOCUMENT("50") ")",
			  "an invoice has at most one project reference (BT-11)"),
	CII_R005,
	CII_FATAL("PEPPOL-EN16931-R053", "ApplicableHeaderTradeSettlement",
			  "exactly(1, " CII_IN_CURRENCY("InvoiceCurrencyCode") ")",
			  "there must be one VAT total in the invoice currency (BT-110)"),
	CII_R054,
	CII_R055("absent(TaxCurrencyCode)"),
	CII_FATAL("PEPPOL-EN16931-R002", "ExchangedDocument",
			  "at_most(1, IncludedNote) and absent(IncludedNote/SubjectCode)",
			  "there is at most one note (BT-22), without a subject code (BT-21)"),
	CII_ADDRESS_RULES,
	CII_BASE_RULES,
	CII_FATAL("PEPPOL-EN16931-R040", CII_ADJUSTMENT, CII_RATED("0.02"), CII_R040_TEXT),
	CII_FATAL("PEPPOL-EN16931-R043", CII_ADJUSTMENT, CII_KNOWN_INDICATOR, CII_INDICATOR_TEXT),
	CII_FATAL("PEPPOL-EN16931-R043", "AppliedTradeAllowanceCharge", CII_KNOWN_INDICATOR,
			  CII_INDICATOR_TEXT),
	CII_R061,
	CII_PERIOD_RULES,
	CII_FATAL("PEPPOL-EN16931-R120", CII_LINE,
			  CII_LINE_NET("0.02", NOT_ZERO(NET_PRICE "/BasisQuantity", "1")), CII_R120_TEXT),
	CII_FATAL("PEPPOL-EN16931-R100", CII_LINE,
			  "at_most(1, SpecifiedLineTradeSettlement/" ON_DOCUMENT("130") ")",
			  "a line has at most one invoiced object (BT-128)"),
	CII_R101,
	CII_QUANTITY_RULES,
	CII_FATAL("PEPPOL-COMMON-R040", IDENTIFIER("0088"), "check(gln, trim(.))",
			  "a GLN (0088) has digits only, the last one a check digit of GS1"),
	CII_FATAL("PEPPOL-COMMON-R041", IDENTIFIER("0192"),
			  "matches(trim(.), '[0-9]{9}') and check(mod11, trim(.))",
			  "a Norwegian organisation number (0192) has nine digits, the last one a check digit"),
	CII_FATAL("PEPPOL-COMMON-R042", IDENTIFIER("0184"), "matches(., '(DK)?[0-9]{8}')",
			  "a Danish CVR number (0184) has eight digits, perhaps behind DK"),
	CII_FATAL("PEPPOL-COMMON-R043", IDENTIFIER("0208"), "check(belgian, trim(.))",
			  "a Belgian enterprise number (0208) has ten digits, the last two by modulus 97"),
	CII_WARNING("PEPPOL-COMMON-R044", IDENTIFIER("0201"), "matches(trim(.), '[A-Za-z0-9]{6}')",
				"an Italian IPA code (0201) has six letters or digits"),
	CII_WARNING("PEPPOL-COMMON-R045", IDENTIFIER("0210"), "check(codice_fiscale, trim(.))",
				"an Italian tax code (0210) has eleven digits or 16 characters in its form"),
	CII_WARNING("PEPPOL-COMMON-R046", "URIID[@schemeID = '9907']", "check(codice_fiscale, trim(.))",
				"an Italian tax code (9907) has eleven digits or 16 characters in its form"),
	CII_WARNING("PEPPOL-COMMON-R047", IDENTIFIER("0211"), "check(partita_iva, trim(.))",
				"an Italian VAT number (0211) is IT and eleven digits, the last one a check digit"),
	CII_WARNING("PEPPOL-COMMON-R048", "URIID[@schemeID = '9906']", "check(partita_iva, trim(.))",
				"an Italian VAT number (9906) is IT and eleven digits, the last one a check digit"),
	CII_FATAL("PEPPOL-COMMON-R049", IDENTIFIER("0007"),
			  "length(trim(.)) = 10 and check(number, trim(.)) and check(swedish, trim(.))",
			  "a Swedish organisation number (0007) has ten digits, the last one a check digit"),
	CII_FATAL("PEPPOL-COMMON-R050", IDENTIFIER("0151"), "check(australian, trim(.))",
			  "an Australian business number (0151) has eleven digits by modulus 89"),
};

/* -- codes and formats ---------------------------------------------------------------------------
 */

/* a code in an attribute is not trimmed */
#define ATTRIBUTE_CODE(list, name) "code(" list ", " name ") and " name " = trim(" name ")"
#define REASON_CODE(indicator) CII_ADJUSTMENT "[" CII_INDICATOR(indicator) "]/ReasonCode"

static const Rule codes[] = {
	CII_FATAL("PEPPOL-EN16931-CL001", "AttachmentBinaryObject[exists(@mimeCode)]",
			  ATTRIBUTE_CODE("peppol_mime_code", "@mimeCode"),
			  "this media type is not allowed for attachments"),
	CII_FATAL("PEPPOL-EN16931-CL002", REASON_CODE("false"), "code(peppol_allowance_reason, .)",
			  "the reason code of an allowance must be of Peppol's subset of UNCL 5189"),
	CII_FATAL("PEPPOL-EN16931-CL003", REASON_CODE("true"), "code(peppol_charge_reason, .)",
			  "the reason code of a charge must be of UNCL 7161"),
	CII_FATAL("PEPPOL-EN16931-CL007", "TaxTotalAmount[exists(@currencyID)]",
			  ATTRIBUTE_CODE("peppol_currency", "@currencyID"),
			  "the currency of an amount must be of ISO 4217"),
	CII_FATAL("PEPPOL-EN16931-F001", "DateTimeString",
			  "trim(@format) = '102' and length(.) = 8 and matches(trim(.), '20[0-9]{6}')",
			  "a date must be written as YYYYMMDD, with format 102"),
	CII_FATAL("PEPPOL-EN16931-CL008",
			  "BuyerTradeParty/URIUniversalCommunication/URIID | "
			  "SellerTradeParty/URIUniversalCommunication/URIID",
			  ATTRIBUTE_CODE("peppol_endpoint_scheme", "@schemeID"),
			  "the scheme of an electronic address must be of Peppol's list"),
};

/* -- countries -----------------------------------------------------------------------------------
 */

#define VAT_ID(party) party "/SpecifiedTaxRegistration[ID/@schemeID = 'VAT']/ID"
#define COUNTRY_OF(id, other) \
	"if(sub(" id ", 1, 2) != '', upper(trim(sub(" id ", 1, 2))), " other ")"
#define SELLER_COUNTRY                                               \
	COUNTRY_OF(VAT_ID(SELLER),                                       \
			   COUNTRY_OF(VAT_ID(AGENT), "if(exists(" SELLER COUNTRY \
										 "), upper(trim(" SELLER COUNTRY ")), 'XX')"))
#define IN(party, code) party COUNTRY " = '" code "'"
#define IN_TRIMMED(party, code) "upper(trim(" party COUNTRY ")) = '" code "'"

static const Rule norway[] = {
	CII_WARNING("NO-R-002", "SellerTradeParty",
				"exists(SpecifiedTaxRegistration/ID[@schemeID = 'FC'][trim(.) = "
				"'Foretaksregisteret'])",
				"most Norwegian sellers must state \"Foretaksregisteret\" (BT-32)"),
	CII_FATAL("NO-R-001", "SellerTradeParty",
			  "not(any(SpecifiedTaxRegistration[ID/@schemeID = 'VAT'], sub(ID, 1, 2) = 'NO')) or "
			  "(any(SpecifiedTaxRegistration[ID/@schemeID = 'VAT'], matches(sub(ID, 3), "
			  "'[0-9]{9}MVA')) and check(mod11, sub(SpecifiedTaxRegistration[ID/@schemeID = "
			  "'VAT']/ID, 3, 9)))",
			  "a Norwegian VAT identifier (BT-31) is NO, a valid organisation number, and MVA"),
};

#define LEGAL_ID "/SpecifiedLegalOrganization/ID"
#define REASON CII_HEADER "/" CII_ADJUSTMENT "/Reason"
#define SCHEMELESS(party) "exists(" party "/GlobalID) and trim(" party "/GlobalID/@schemeID) = ''"
#define DANISH_BUYER IN(BUYER, "DK")

static const Rule denmark[] = {
	CII_FATAL("DK-R-002", "/", "trim(" SELLER LEGAL_ID ") != ''",
			  "a Danish seller must give its CVR number (BT-30)"),
	CII_FATAL("DK-R-004", "/",
			  "not(" DANISH_BUYER " and " CII_HEADER "/" CII_ADJUSTMENT "/ReasonCode = 'ZZZ') or "
			  "(length(trim(" REASON ")) = 4 and num(" REASON ") >= 0 and num(" REASON
			  ") <= 9999) or (exists(" REASON ") and contains(" REASON
			  ", '#') and not(starts(" REASON ", '#')) and not(ends(" REASON ", '#')))",
			  "a Danish tax other than VAT (ZZZ) has a four-digit category as its reason, or one "
			  "with # inside"),
	CII_FATAL("DK-R-013", "/",
			  "not(" DANISH_BUYER " and (" SCHEMELESS(SELLER) " or " SCHEMELESS(BUYER) "))",
			  "an identifier of a Danish party (BT-29, BT-46) needs its scheme"),
	CII_FATAL("DK-R-014", "/",
			  "absent(" SELLER LEGAL_ID ") or trim(" SELLER LEGAL_ID "/@schemeID) = '0184'",
			  "the legal registration of a Danish seller (BT-30) must have scheme 0184"),
	CII_FATAL("DK-R-016", "/",
			  "not(" DANISH_BUYER
			  " and trim(/ExchangedDocument/TypeCode) = '381' and num(" CII_HEADER
			  "/SpecifiedTradeSettlementHeaderMonetarySummation/DuePayableAmount) < 0)",
			  "a Danish credit note must not have a negative amount due (BT-115)"),
};

#define PREFIXED(code) "sub(../PaymentReference, 1, 3) = '" code "#'"
#define ACCOUNT "PayeePartyCreditorFinancialAccount/IBANID"

static const Rule denmark_domestic[] = {
	CII_FATAL("DK-R-005", MEANS,
			  "contains(' 1 10 31 42 48 49 50 58 59 93 97 ', concat(' ', TypeCode, ' '))",
			  "between Danish parties the payment means (BT-81) is 1, 10, 31, 42, 48, 49, 50, 58, "
			  "59, 93 or 97"),
	CII_FATAL("DK-R-006", MEANS,
			  "not(TypeCode = '31' or TypeCode = '42') or (trim(" ACCOUNT ") != '' and "
			  "trim(PayeeSpecifiedCreditorFinancialInstitution/BICID) != '')",
			  "payment means 31 and 42 need account (BT-84) and registration number (BT-86)"),
	CII_FATAL("DK-R-007", MEANS,
			  "not(TypeCode = '49') or (trim(../CreditorReferenceID) != '' and "
			  "trim(SpecifiedTradePaymentTerms/DirectDebitMandateID) != '')",
			  "payment means 49 needs creditor (BT-90) and mandate (BT-89)"),
	CII_FATAL("DK-R-008", MEANS,
			  "not(TypeCode = '50') or ((" PREFIXED("01") " or " PREFIXED("04") " or " PREFIXED(
				  "15") ") and length(" ACCOUNT ") = 7)",
			  "payment means 50 needs a payment reference (BT-83) that begins with 01#, 04# or "
			  "15#, and an account (BT-84) of seven characters"),
	CII_FATAL("DK-R-009", MEANS,
			  "not(TypeCode = '50' and (" PREFIXED("04") " or " PREFIXED(
				  "15") ")) or length(../PaymentReference) = 19",
			  "a payment reference of kind 04 or 15 has 16 digits behind the prefix"),
	CII_FATAL("DK-R-010", MEANS,
			  "not(TypeCode = '93') or ((" PREFIXED("71") " or " PREFIXED("73") " or " PREFIXED(
				  "75") ") and length(" ACCOUNT ") = 8)",
			  "payment means 93 needs a payment reference (BT-83) that begins with 71#, 73# or "
			  "75#, and an account (BT-84) of eight characters"),
	CII_FATAL(
		"DK-R-011", MEANS,
		"not(TypeCode = '93' and (" PREFIXED("71") " or " PREFIXED(
			"75") ")) or length(../PaymentReference) = 18 or length(../PaymentReference) = 19",
		"a payment reference of kind 71 or 75 has 15 or 16 digits behind the prefix"),
};

static const Rule italy[] = {
	CII_FATAL("IT-R-001", "SellerTradeParty/SpecifiedTaxRegistration",
			  "any(ID, trim(@schemeID) != 'FC') or matches(trim(ID[trim(@schemeID) = 'FC']), "
			  "'[A-Z0-9]{11,16}')",
			  "the tax registration of an Italian seller (BT-32) has 11 to 16 capital letters or "
			  "digits"),
	CII_FATAL("IT-R-002", "SellerTradeParty", "exists(PostalTradeAddress/LineOne)",
			  "the address of an Italian seller needs its first line (BT-35)"),
	CII_FATAL("IT-R-003", "SellerTradeParty", "exists(PostalTradeAddress/CityName)",
			  "the address of an Italian seller needs a city (BT-37)"),
	CII_FATAL("IT-R-004", "SellerTradeParty", "exists(PostalTradeAddress/PostcodeCode)",
			  "the address of an Italian seller needs a post code (BT-38)"),
};

#define SWEDISH_ID "SpecifiedTaxRegistration/ID[@schemeID = 'VAT']"
#define GIRO(branch)                                                                             \
	MEANS "[trim(TypeCode) = '30' and trim(PayeeSpecifiedCreditorFinancialInstitution/BICID) = " \
		  "'" branch "']/PayeePartyCreditorFinancialAccount/ProprietaryID"

static const Rule sweden[] = {
	CII_FATAL("SE-R-001", SELLER "[any(" SWEDISH_ID ", sub(., 1, 2) = 'SE')]",
			  "length(trim(" SWEDISH_ID ")) = 14",
			  "a Swedish VAT identifier (BT-31) has 14 characters"),
	CII_FATAL("SE-R-002", SELLER "[any(" SWEDISH_ID ", sub(., 1, 2) = 'SE')]",
			  "check(number, sub(" SWEDISH_ID ", 3, 12))",
			  "a Swedish VAT identifier (BT-31) has twelve digits behind SE"),
	CII_FATAL("SE-R-003", SELLER "/SpecifiedLegalOrganization[exists(ID)]", "check(number, ID)",
			  "a Swedish organisation number (BT-30) has digits only"),
	CII_FATAL("SE-R-004", SELLER "/SpecifiedLegalOrganization[exists(ID)]", "length(trim(ID)) = 10",
			  "a Swedish organisation number (BT-30) has ten characters"),
	CII_FATAL("SE-R-013", SELLER "/SpecifiedLegalOrganization[exists(ID)]",
			  "check(swedish, trim(ID))",
			  "the last digit of a Swedish organisation number (BT-30) must be right by Luhn"),
	CII_FATAL("SE-R-005",
			  SELLER "[exists(SpecifiedLegalOrganization/ID)]/SpecifiedTaxRegistration/"
					 "ID[@schemeID = 'FC']",
			  "check(f_skatt, .)",
			  "the tax registration of a Swedish seller (BT-32) says \"Godk\xC3\xA4nd f\xC3\xB6r "
			  "F-skatt\""),
	CII_WARNING("SE-R-007", GIRO("SE:PLUSGIRO"), "check(number, trim(.))",
				"a Plusgiro account (BT-84) has digits only"),
	CII_WARNING("SE-R-010", GIRO("SE:PLUSGIRO"), "length(trim(.)) >= 2 and length(trim(.)) <= 8",
				"a Plusgiro account (BT-84) has two to eight characters"),
	CII_WARNING("SE-R-008", GIRO("SE:BANKGIRO"), "check(number, trim(.))",
				"a Bankgiro account (BT-84) has digits only"),
	CII_WARNING("SE-R-009", GIRO("SE:BANKGIRO"), "length(trim(.)) = 7 or length(trim(.)) = 8",
				"a Bankgiro account (BT-84) has seven or eight characters"),
	CII_WARNING("SE-R-011", MEANS "[trim(TypeCode) = '50' or trim(TypeCode) = '56']", "false",
				"Bankgiro and Plusgiro have payment means 30 and the branch SE:BANKGIRO or "
				"SE:PLUSGIRO (BT-86)"),
	CII_WARNING("SE-R-012", MEANS "[" IN(BUYER, "SE") " and trim(TypeCode) = '31']", "false",
				"a credit transfer between Swedish parties has payment means 30"),
};

#define FULL_ADDRESS "exists(LineOne) and exists(CityName) and exists(PostcodeCode)"
#define KVK_OR_OIN                                         \
	"(contains(concat(' ', @schemeID, ' '), ' 0106 ') or " \
	"contains(concat(' ', @schemeID, ' '), ' 0190 ')) and filled(.)"
#define SUMMARY CII_HEADER "/SpecifiedTradeSettlementHeaderMonetarySummation"
#define IS_381 "trim(/ExchangedDocument/TypeCode) = '381'"

static const Rule netherlands[] = {
	CII_FATAL("NL-R-001", "/ExchangedDocument[matches(trim(TypeCode), '81|83|381|396|532')]",
			  "exists(//ApplicableHeaderTradeSettlement/InvoiceReferencedDocument/"
			  "IssuerAssignedID)",
			  "a credit note of a Dutch seller must refer to its invoice (BT-25)"),
	CII_FATAL("NL-R-002", SELLER "/PostalTradeAddress", FULL_ADDRESS,
			  "the address of a Dutch seller needs street, city and post code (BT-35, 37, 38)"),
	CII_FATAL("NL-R-003", SELLER LEGAL_ID, KVK_OR_OIN,
			  "the legal registration of a Dutch seller (BT-30) is a KVK number (0106) or an OIN "
			  "(0190)"),
	CII_FATAL("NL-R-004", BUYER "/PostalTradeAddress[" IN_TRIMMED(BUYER, "NL") "]", FULL_ADDRESS,
			  "the address of a Dutch buyer needs street, city and post code (BT-50, 52, 53)"),
	CII_FATAL("NL-R-005", BUYER LEGAL_ID "[" IN_TRIMMED(BUYER, "NL") "]", KVK_OR_OIN,
			  "the legal registration of a Dutch buyer (BT-47) is a KVK number (0106) or an OIN "
			  "(0190)"),
	CII_FATAL("NL-R-006", AGENT "/PostalTradeAddress[" IN_TRIMMED(AGENT, "NL") "]", FULL_ADDRESS,
			  "the address of a Dutch tax representative needs street, city and post code (BT-64, "
			  "66, 67)"),
	CII_FATAL("NL-R-007", SUMMARY,
			  "(not(" IS_381 ") and dec(DuePayableAmount) <= 0) or (" IS_381
			  " and dec(DuePayableAmount) >= 0) or exists(" MEANS ")",
			  "a Dutch seller must give a means of payment (BG-16) when the buyer has to pay"),
	CII_FATAL("NL-R-008", MEANS "[" IN_TRIMMED(BUYER, "NL") "]",
			  "matches(trim(TypeCode), '30|48|49|57|58|59')",
			  "between Dutch parties the payment means (BT-81) is 30, 48, 49, 57, 58 or 59"),
};

/* At lines, before it is known where the parties are. */
#define CLASS "SpecifiedTradeProduct/DesignatedProductClassification/ClassCode"
#define OLD_CLASS(version) CLASS "/@listVersionID = '" version "'"
#define STANDARD_RATE                                                             \
	"[not(num(RateApplicablePercent) = 25 or num(RateApplicablePercent) = 12 or " \
	"num(RateApplicablePercent) = 6)]"

static const Rule national_lines[] = {
	CII_WARNING("DK-R-003",
				CII_LINE
				"[" CLASS "/@listID = 'TST' and not(" OLD_CLASS("19.05.01") " or " OLD_CLASS(
					"19.0501") " or " OLD_CLASS("26.08.01") " or " OLD_CLASS("26.0801") ")]",
				"not(" IN(SELLER, "DK") " and " IN(BUYER, "DK") ")",
				"a classification by UNSPSC (TST) must be of version 19.05.01 or 26.08.01"),
	CII_FATAL("NL-R-009",
			  CII_LINE "/SpecifiedLineTradeAgreement/BuyerOrderReferencedDocument/LineID",
			  "not(" IN_TRIMMED(SELLER, "NL") ") or exists(" AGREEMENT
											  "/BuyerOrderReferencedDocument/IssuerAssignedID)",
			  "an order line (BT-132) of a Dutch seller needs the order reference (BT-13)"),
	CII_FATAL("SE-R-006", "ApplicableTradeTax" STANDARD_RATE " | CategoryTradeTax" STANDARD_RATE,
			  "not(" IN(SELLER, "SE") " and sub(" SELLER "/" SWEDISH_ID ", 1, 2) = 'SE')",
			  "the standard rates of Swedish sellers are 25, 12 and 6"),
};

static const RulePattern patterns[] = {
	PATTERN(NULL, transaction),
	PATTERN(SELLER_COUNTRY " = 'NO'", norway),
	PATTERN(IN(SELLER, "DK"), denmark),
	PATTERN(IN(SELLER, "DK") " and " IN(BUYER, "DK"), denmark_domestic),
	PATTERN(SELLER_COUNTRY " = 'IT'", italy),
	PATTERN(IN(SELLER, "SE"), sweden),
	PATTERN(IN_TRIMMED(SELLER, "NL"), netherlands),
	PATTERN(NULL, national_lines),
	PATTERN(NULL, codes),
};

const RuleSet rules_peppol_cii = {
	.name = "peppol",
	.version = "2026.5",
	.valid_from = "2026-05-18",
	.detect = "any(/ExchangedDocumentContext/" GUIDELINE
			  ", contains(., 'peppol.eu:2017:poacc:billing:3'))",
	.patterns = patterns,
	.pattern_count = (int) (sizeof(patterns) / sizeof(*patterns)),
	.checks = rules_peppol_checks,
	.check_count = PEPPOL_CHECK_COUNT,
};
