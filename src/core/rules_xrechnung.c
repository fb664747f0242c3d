/*
 * rules_xrechnung.c: XRechnung 3.0.2 with its extension and CVD, rules 2.5.0 of 2026-01-31, in UBL
 * and CII.
 *
 * Conditions follow the official rules (itplr-kosit/xrechnung-schematron, Apache-2.0), in our own
 * words.  The rules it takes over from Peppol are in rules_peppol.c for UBL, and here for CII.
 */
#include "core/rules_german.h"
#include "core/rules_peppol_cii.h"

#define XRECHNUNG "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
#define EXTENSION XRECHNUNG "#conformant#urn:xeinkauf.de:kosit:extension:xrechnung_3.0"
#define VEHICLES XRECHNUNG "#compliant#urn:xeinkauf.de:kosit:xrechnung:cvd_0.9"
#define UBL_SPECIFICATION "/CustomizationID"
#define CII_SPECIFICATION "/ExchangedDocumentContext/GuidelineSpecifiedDocumentContextParameter/ID"
#define TRADE "/SupplyChainTradeTransaction"
#define TRADE_LINE TRADE "/IncludedSupplyChainTradeLineItem"
#define SETTLEMENT TRADE "/ApplicableHeaderTradeSettlement"

#define GERMAN_FATAL(peppol, xrechnung, ...) FATAL(xrechnung, __VA_ARGS__)
#define GERMAN_WARNING(peppol, xrechnung, ...) WARNING(xrechnung, __VA_ARGS__)

static const Rule germany[] = {
#include "core/rules_german.def"
	UBL_WARNING("BR-DE-21", "/",
				UBL_SPECIFICATION " = '" XRECHNUNG "' or " UBL_SPECIFICATION " = '" EXTENSION
								  "' or " UBL_SPECIFICATION " = '" VEHICLES "'",
				"the specification identifier (BT-24) should be that of XRechnung 3.0"),
	CII_WARNING("BR-DE-21", "/ExchangedDocumentContext",
				CII_SPECIFICATION " = '" XRECHNUNG "' or " CII_SPECIFICATION " = '" EXTENSION
								  "' or " CII_SPECIFICATION " = '" VEHICLES "'",
				"the specification identifier (BT-24) should be that of XRechnung 3.0"),
	UBL_ADVICE(
		"BR-DE-TMP-32", "/",
		"exists(Delivery/ActualDeliveryDate, InvoicePeriod) or "
		"absent(/InvoiceLine[absent(InvoicePeriod)], /CreditNoteLine[absent(InvoicePeriod)])",
		"give a delivery date (BT-72), an invoicing period (BG-14), or a period on each line "
		"(BG-26)"),
	CII_ADVICE(
		"BR-DE-TMP-32", TRADE,
		"exists(ApplicableHeaderTradeDelivery/ActualDeliverySupplyChainEvent/"
		"OccurrenceDateTime, ApplicableHeaderTradeSettlement/BillingSpecifiedPeriod) or "
		"absent(" TRADE_LINE "[absent(SpecifiedLineTradeSettlement/BillingSpecifiedPeriod)])",
		"give a delivery date (BT-72), an invoicing period (BG-14), or a period on each line "
		"(BG-26)"),
#define GROSS_QUANTITY "SpecifiedLineTradeAgreement/GrossPriceProductTradePrice/BasisQuantity"
#define NET_QUANTITY "SpecifiedLineTradeAgreement/NetPriceProductTradePrice/BasisQuantity"
	CII_FATAL("BR-TMP-3", TRADE_LINE,
			  "absent(" GROSS_QUANTITY ") or absent(" NET_QUANTITY ") or (" GROSS_QUANTITY
			  " = " NET_QUANTITY " and (absent(" NET_QUANTITY
			  "/@unitCode) or absent(" GROSS_QUANTITY "/@unitCode) or " GROSS_QUANTITY
			  "/@unitCode = " NET_QUANTITY "/@unitCode))",
			  "gross and net price must have the same base quantity (BT-149) and unit (BT-150)"),
};

/* -- extension --------------------------------------------------------------------------------- */

#define ICD_OR_XR "code(iso6523_icd, @schemeID) or matches(trim(@schemeID), 'XR0[123]')"
#define MEDIA_TYPE                                                   \
	"code(mime_code, @mimeCode) and trim(@mimeCode) = @mimeCode or " \
	"@mimeCode = 'application/xml'"
#define MEDIA_TEXT "this media type is not allowed for attachments"
#define SCHEME_TEXT "the scheme must be of ISO 6523, or XR01, XR02, XR03"

/* sub-lines to the fourth level: deeper ones are not looked at */
#define SUB_1 "/InvoiceLine/SubInvoiceLine"
#define SUB_2 SUB_1 "/SubInvoiceLine"
#define SUB_3 SUB_2 "/SubInvoiceLine"
#define SUB_4 SUB_3 "/SubInvoiceLine"
#define UNBALANCED(line)                \
	line "[exists(SubInvoiceLine) and " \
		 "not(dec(LineExtensionAmount) = sum(SubInvoiceLine/LineExtensionAmount))]"

#define WITHOUT_CATEGORY(line) line "/Item[not(exactly(1, ClassifiedTaxCategory))]"

static const Rule extension[] = {
	UBL_FATAL("BR-DEX-01", "EmbeddedDocumentBinaryObject", MEDIA_TYPE, MEDIA_TEXT),
	UBL_WARNING("BR-DEX-02", "/[root_is('Invoice')]",
				"absent(" UNBALANCED("/InvoiceLine") ", " UNBALANCED(SUB_1) ", " UNBALANCED(
					SUB_2) ", " UNBALANCED(SUB_3) ")",
				"a line's net amount should be the sum of its sub-lines"),
	UBL_FATAL("BR-DEX-03", "/[root_is('Invoice')]",
			  "absent(" WITHOUT_CATEGORY(SUB_1) ", " WITHOUT_CATEGORY(SUB_2) ", " WITHOUT_CATEGORY(
				  SUB_3) ", " WITHOUT_CATEGORY(SUB_4) ")",
			  "a sub-line has exactly one VAT category"),
	UBL_FATAL("BR-DEX-09", "LegalMonetaryTotal",
			  "round2(dec(PayableAmount) - if(exists(PayableRoundingAmount), "
			  "dec(PayableRoundingAmount), 0)) = round2(dec(TaxInclusiveAmount) - "
			  "if(exists(PrepaidAmount), dec(PrepaidAmount), 0) + "
			  "if(any(/PrepaidPayment/PaidAmount, filled(.)), sum(/PrepaidPayment/PaidAmount), 0))",
			  "the amount due (BT-115) must be BT-112 - BT-113 + BT-114 and the third party's "
			  "amounts (BT-DEX-002)"),
	UBL_FATAL("BR-DEX-04",
			  "AccountingSupplierParty/Party/PartyIdentification/ID[exists(@schemeID)] | "
			  "PayeeParty/PartyIdentification/ID[exists(@schemeID)]",
			  ICD_OR_XR " or trim(@schemeID) = 'SEPA'", SCHEME_TEXT " or SEPA"),
	UBL_FATAL("BR-DEX-04", "PartyIdentification/ID[exists(@schemeID)]", ICD_OR_XR, SCHEME_TEXT),
	UBL_FATAL("BR-DEX-05", "PartyLegalEntity/CompanyID[exists(@schemeID)]", ICD_OR_XR, SCHEME_TEXT),
	UBL_FATAL("BR-DEX-06", "StandardItemIdentification/ID[exists(@schemeID)]", ICD_OR_XR,
			  SCHEME_TEXT),
	UBL_FATAL("BR-DEX-07", "EndpointID[exists(@schemeID)]",
			  "code(eas_endpoint_scheme, @schemeID) or matches(trim(@schemeID), 'XR0[123]')",
			  "the scheme must be of the list EAS, or XR01, XR02, XR03"),
	UBL_FATAL("BR-DEX-08", "DeliveryLocation/ID[exists(@schemeID)]", ICD_OR_XR, SCHEME_TEXT),
#define PAYMENT "/PrepaidPayment[root_is('Invoice')]"
	UBL_FATAL("BR-DEX-10", PAYMENT, "any(ID, filled(.))", "a third party payment needs its type"),
	UBL_FATAL("BR-DEX-11", PAYMENT, "any(PaidAmount, filled(.))",
			  "a third party payment needs its amount"),
	UBL_FATAL("BR-DEX-12", PAYMENT, "any(InstructionID, filled(.))",
			  "a third party payment needs its description"),
	UBL_FATAL("BR-DEX-13", PAYMENT, "decimals(2, PaidAmount)",
			  "a third party payment has more than two decimals"),
	UBL_FATAL("BR-DEX-14", PAYMENT, "PaidAmount/@currencyID = /DocumentCurrencyCode",
			  "a third party payment must be in the invoice currency (BT-5)"),

	CII_WARNING("BR-DEX-15", TRADE_LINE "/AssociatedDocumentLineDocument", "absent(//ParentLineID)",
				"sub-lines should not be used in CII"),
	CII_FATAL("BR-DEX-01", "AttachmentBinaryObject", MEDIA_TYPE, MEDIA_TEXT),
	CII_FATAL("BR-DEX-06", "SpecifiedTradeProduct/GlobalID[exists(@schemeID)]", ICD_OR_XR,
			  SCHEME_TEXT),
	CII_FATAL("BR-DEX-08",
			  "ApplicableHeaderTradeDelivery/ShipToTradeParty/GlobalID[exists(@schemeID)]",
			  ICD_OR_XR, SCHEME_TEXT),
	SHADOW("ShipToTradeParty/GlobalID"),
	CII_FATAL("BR-DEX-04", "GlobalID[exists(@schemeID)]", ICD_OR_XR, SCHEME_TEXT),
	SHADOW("SpecifiedTaxRegistration/ID"),
	CII_FATAL("BR-DEX-05", "ID[exists(@schemeID)]", ICD_OR_XR, SCHEME_TEXT),
	CII_FATAL("BR-DEX-07", "URIUniversalCommunication/URIID[exists(@schemeID)]",
			  "code(eas_endpoint_scheme, @schemeID) or matches(trim(@schemeID), 'XR0[123]')",
			  "the scheme must be of the list EAS, or XR01, XR02, XR03"),
};

/* -- clean vehicles ---------------------------------------------------------------------------- */

#define UBL_ITEM "/InvoiceLine/Item | /CreditNoteLine/Item"
#define UBL_CLASS                                                         \
	"/InvoiceLine/Item/CommodityClassification/ItemClassificationCode | " \
	"/CreditNoteLine/Item/CommodityClassification/ItemClassificationCode"
#define UBL_PROPERTY                                                \
	"/InvoiceLine/Item/AdditionalItemProperty[cbc:Name = 'cva'] | " \
	"/CreditNoteLine/Item/AdditionalItemProperty[cbc:Name = 'cva']"
#define CII_ITEM TRADE_LINE "/SpecifiedTradeProduct"
#define LIST_TEST "code(untdid7143_item_classification, @listID) or trim(@listID) = 'CVD'"
#define LIST_TEXT "the list of a classification (BT-158-1) must be of UNTDID 7143, or CVD"
#define CLASS_TEST "not(trim(@listID) = 'CVD') or matches(trim(.), '[MN][123]')"
#define CLASS_TEXT "a vehicle's class (BT-158) is M1, M2, M3, N1, N2 or N3"
#define VEHICLE_TEXT "at least one line must be a vehicle: class CVD and property cva"
#define PROPERTY_TEXT "a vehicle's property cva is clean, zero-emission or other"

static const Rule vehicles[] = {
	UBL_FATAL("BR-DE-CVD-02", "/", "any(OriginatorDocumentReference/ID, filled(.))",
			  "the tender (BT-17) is missing"),
	UBL_FATAL("BR-DE-CVD-01", "/", "any(ContractDocumentReference/ID, filled(.))",
			  "the contract reference (BT-12) is missing"),
	UBL_FATAL("BR-DE-CVD-03", "/",
			  "exists(/InvoiceLine/Item[CommodityClassification/ItemClassificationCode/@listID = "
			  "'CVD' and AdditionalItemProperty/cbc:Name = 'cva'], "
			  "/CreditNoteLine/Item[CommodityClassification/ItemClassificationCode/@listID = 'CVD' "
			  "and AdditionalItemProperty/cbc:Name = 'cva'])",
			  VEHICLE_TEXT),
	UBL_FATAL("BR-DE-CVD-06-a", UBL_ITEM,
			  "absent(CommodityClassification/ItemClassificationCode[@listID = 'CVD']) or "
			  "exactly(1, AdditionalItemProperty[cbc:Name = 'cva'])",
			  "a vehicle of class CVD has one property cva"),
	UBL_FATAL("BR-DE-CVD-06-b", UBL_ITEM,
			  "absent(AdditionalItemProperty[cbc:Name = 'cva']) or "
			  "exactly(1, CommodityClassification/ItemClassificationCode[@listID = 'CVD'])",
			  "a vehicle with property cva has one class CVD"),
	UBL_FATAL("BR-TMP-CVD-01", UBL_CLASS, LIST_TEST, LIST_TEXT),
	UBL_FATAL("BR-DE-CVD-04", UBL_CLASS, CLASS_TEST, CLASS_TEXT),
	UBL_FATAL("BR-DE-CVD-05", UBL_PROPERTY, "matches(trim(Value), 'clean|zero-emission|other')",
			  PROPERTY_TEXT),

	CII_FATAL("BR-DE-CVD-03", TRADE,
			  "exists(" CII_ITEM "[DesignatedProductClassification/ClassCode/@listID = 'CVD' and "
			  "ApplicableProductCharacteristic/Description = 'cva'])",
			  VEHICLE_TEXT),
	CII_FATAL("BR-DE-CVD-06-b", CII_ITEM,
			  "not(ApplicableProductCharacteristic/Description = 'cva') or "
			  "exactly(1, DesignatedProductClassification/ClassCode[@listID = 'CVD'])",
			  "a vehicle with property cva has one class CVD"),
	CII_FATAL("BR-DE-CVD-06-a", CII_ITEM,
			  "not(DesignatedProductClassification/ClassCode/@listID = 'CVD') or "
			  "exactly(1, ApplicableProductCharacteristic[Description = 'cva'])",
			  "a vehicle of class CVD has one property cva"),
	CII_FATAL("BR-TMP-CVD-01", CII_ITEM "/DesignatedProductClassification/ClassCode", LIST_TEST,
			  LIST_TEXT),
	CII_FATAL("BR-DE-CVD-04", CII_ITEM "/DesignatedProductClassification/ClassCode", CLASS_TEST,
			  CLASS_TEXT),
	CII_FATAL("BR-DE-CVD-05", CII_ITEM "/ApplicableProductCharacteristic[Description = 'cva']",
			  "matches(trim(Value), 'clean|zero-emission|other')", PROPERTY_TEXT),
	CII_FATAL("BR-DE-CVD-01", TRADE "/ApplicableHeaderTradeAgreement",
			  "any(ContractReferencedDocument/IssuerAssignedID, filled(.))",
			  "the contract reference (BT-12) is missing"),
	CII_FATAL("BR-DE-CVD-02", TRADE "/ApplicableHeaderTradeAgreement",
			  "exists(AdditionalReferencedDocument[trim(TypeCode) = '50' and "
			  "filled(IssuerAssignedID)])",
			  "the tender (BT-17) is missing"),
};

/* -- Peppol's rules in CII ----------------------------------------------------------------------
 */

#define BASE_QUANTITY \
	NOT_ZERO(NET_PRICE "/BasisQuantity", NOT_ZERO(GROSS_PRICE "/BasisQuantity", "1"))
#define IN_FORINTS SETTLEMENT "/InvoiceCurrencyCode = 'HUF'"
/* the tolerance is 0.02, in forints 0.50; lines stand before the currency, so they wait for it */
#define DOUBTFUL(context, test) context "[" test("0.5") " and not(" test("0.02") ")]"
#define LINE_NET(tolerance) CII_LINE_NET(tolerance, BASE_QUANTITY)

static const Rule peppol_empty[] = {
	SHADOW("ApplicableHeaderTradeDelivery"),
	CII_FATAL("PEPPOL-EN16931-R008", "//%", "not(leaf(.)) or filled(.)",
			  "an element must not be empty"),
};

static const Rule peppol_transaction[] = {
	CII_FATAL("PEPPOL-EN16931-R001", "ExchangedDocumentContext",
			  "exists(BusinessProcessSpecifiedDocumentContextParameter/ID)",
			  "the business process (BT-23) is missing"),
	CII_R005,
	CII_FATAL("PEPPOL-EN16931-R053", "ApplicableHeaderTradeSettlement",
			  "at_most(1, " CII_IN_CURRENCY("InvoiceCurrencyCode") ")",
			  "there is more than one VAT total in the invoice currency (BT-110)"),
	CII_R054,
	CII_R055("absent(TaxCurrencyCode) or absent(" CII_IN_CURRENCY("InvoiceCurrencyCode") ")"),
	CII_ADDRESS_RULES,
	CII_BASE_RULES,
	CII_FATAL("PEPPOL-EN16931-R043-1", CII_ADJUSTMENT, CII_KNOWN_INDICATOR, CII_INDICATOR_TEXT),
	CII_FATAL("PEPPOL-EN16931-R043-2", "AppliedTradeAllowanceCharge", CII_KNOWN_INDICATOR,
			  CII_INDICATOR_TEXT),
	CII_R061,
	CII_PERIOD_RULES,
	CII_R101,
	CII_QUANTITY_RULES,
};

static const Rule peppol_tolerant[] = {
	CII_FATAL("PEPPOL-EN16931-R040", DOUBTFUL(CII_ADJUSTMENT, CII_RATED), IN_FORINTS,
			  CII_R040_TEXT),
	CII_FATAL("PEPPOL-EN16931-R040", CII_ADJUSTMENT, CII_RATED("0.02"), CII_R040_TEXT),
	CII_WARNING("PEPPOL-EN16931-R120", DOUBTFUL(TRADE_LINE, LINE_NET), IN_FORINTS, CII_R120_TEXT),
	CII_WARNING("PEPPOL-EN16931-R120", TRADE_LINE, LINE_NET("0.02"), CII_R120_TEXT),
};

static const Rule peppol_price[] = {
	CII_FATAL("PEPPOL-EN16931-R044", TRADE_LINE "/" GROSS_PRICE,
			  "absent(AppliedTradeAllowanceCharge/ActualAmount) or "
			  "AppliedTradeAllowanceCharge/ChargeIndicator/Indicator = 'false'",
			  "a price has discounts only: the charge indicator must be false"),
	CII_FATAL("PEPPOL-EN16931-R046", TRADE_LINE "/" GROSS_PRICE,
			  "absent(ChargeAmount) or dec(../NetPriceProductTradePrice/ChargeAmount) = "
			  "dec(ChargeAmount) - " OR_ELSE("AppliedTradeAllowanceCharge/ActualAmount[1]", "0"),
			  "the net price (BT-146) must be the gross price (BT-148) less the discount (BT-147)"),
};

static const RuleSlot slots[] = {
	{"xr-specification", UBL_SPECIFICATION, CII_SPECIFICATION, NULL},
};

static const RulePattern german_patterns[] = {
	PATTERN(NULL, germany),			PATTERN(NULL, peppol_empty), PATTERN(NULL, peppol_transaction),
	PATTERN(NULL, peppol_tolerant), PATTERN(NULL, peppol_price),
};

static const RulePattern special_patterns[] = {
	PATTERN("$xr-specification = '" EXTENSION "'", extension),
	PATTERN("$xr-specification = '" VEHICLES "'", vehicles),
};

const RuleSet rules_xrechnung = {
	.name = "xrechnung",
	.version = "3.0.2",
	.valid_from = "2026-01-31",
	.detect = "any($de-specification, contains(., 'xrechnung'))",
	.patterns = german_patterns,
	.pattern_count = (int) (sizeof(german_patterns) / sizeof(*german_patterns)),
	.slots = rules_german_slots,
	.slot_count = GERMAN_SLOT_COUNT,
	.checks = rules_peppol_checks,
	.check_count = PEPPOL_CHECK_COUNT,
};

const RuleSet rules_xrechnung_special = {
	.name = "xrechnung",
	.version = "3.0.2",
	.valid_from = "2026-01-31",
	.detect = "any($xr-specification, contains(., 'xrechnung'))",
	.patterns = special_patterns,
	.pattern_count = (int) (sizeof(special_patterns) / sizeof(*special_patterns)),
	.slots = slots,
	.slot_count = 1,
};
