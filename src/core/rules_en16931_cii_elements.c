/*
 * rules_en16931_cii_elements.c: how often CII elements may stand, their types, and code lists.
 */
#include "core/rules_en16931.h"

#define TRADE "/SupplyChainTradeTransaction/"
#define HEADER TRADE "ApplicableHeaderTradeSettlement"
#define AGREEMENT TRADE "ApplicableHeaderTradeAgreement"
#define PRODUCT TRADE "IncludedSupplyChainTradeLineItem/SpecifiedTradeProduct"
#define TERMS TRADE "IncludedSupplyChainTradeLineItem/SpecifiedLineTradeAgreement"
#define ADJUSTMENT "SpecifiedTradeAllowanceCharge"
#define SUMMARY HEADER "/SpecifiedTradeSettlementHeaderMonetarySummation"

#define ONCE(id, context, what, text) CII_FATAL(id, context, "at_most(1, " what ")", text)
#define TOTAL(id, name) ONCE(id, SUMMARY, name, "the total " name " stands at most once")

/* "A document has no X": of types that are cut down. */
#define NO(id, context, what, of) \
	CII_FATAL(id, context, "absent(" what ")", of " must not have " what)

#define NUMBERS                                                                         \
	"/ExchangedDocumentContext/GuidelineSpecifiedDocumentContextParameter/ID | "        \
	"/ExchangedDocument/ID | " TRADE                                                    \
	"IncludedSupplyChainTradeLineItem/AssociatedDocumentLineDocument/LineID | " PRODUCT \
	"/SellerAssignedID"
#define IDENTIFIER "//%ID"
#define REFERENCE "//%ReferencedDocument"
#define SUPPORTING "(self_is(AdditionalReferencedDocument) and TypeCode = '916')"
#define AMOUNT "//%Amount[not(self_is(TaxTotalAmount))]"
#define QUANTITY "//%Quantity"
#define PERIOD "BillingSpecifiedPeriod"
#define ADDRESS "PostalTradeAddress"

const Rule rules_en16931_cii_elements[] = {
	CII_FATAL("CII-SR-009", "/ExchangedDocumentContext",
			  "exactly(1, GuidelineSpecifiedDocumentContextParameter)",
			  "the invoice needs one specification identifier (BT-24)"),
	CII_FATAL("CII-SR-010", "/ExchangedDocumentContext",
			  "exactly(1, GuidelineSpecifiedDocumentContextParameter/ID)",
			  "the invoice needs one specification identifier (BT-24)"),
	CII_FATAL("CII-SR-014", "/ExchangedDocument", "exactly(1, TypeCode)",
			  "the invoice needs one type code (BT-3)"),
	CII_FATAL("CII-SR-046", PRODUCT, "absent(GlobalID) or exists(GlobalID/@schemeID)",
			  "a standard item identifier (BT-157) needs a scheme"),
	CII_FATAL("CII-SR-090", PRODUCT,
			  "absent(OriginTradeCountry) or exactly(1, OriginTradeCountry/ID)",
			  "a country of origin has one code (BT-159)"),
	CII_FATAL("CII-SR-069", PRODUCT "/ApplicableProductCharacteristic", "exactly(1, Description)",
			  "an item attribute (BG-32) has one name (BT-160)"),
	CII_FATAL("CII-SR-072", PRODUCT "/ApplicableProductCharacteristic", "exactly(1, Value)",
			  "an item attribute (BG-32) has one value (BT-161)"),
	CII_FATAL("CII-SR-439", TERMS, "exactly(1, NetPriceProductTradePrice/ChargeAmount)",
			  "a line has one net price (BT-146)"),
	CII_FATAL("CII-SR-441", TERMS, "at_most(1, NetPriceProductTradePrice/ChargeAmount)",
			  "a line has at most one net price (BT-146)"),
	CII_FATAL("CII-SR-463", ADJUSTMENT, "exists(ChargeIndicator)",
			  "an allowance or charge needs its indicator"),
	ONCE("CII-SR-471", ADJUSTMENT, "RateApplicablePercent",
		 "an allowance or charge has at most one rate"),
	ONCE("CII-SR-472", ADJUSTMENT, "CategoryTradeTax",
		 "an allowance or charge has at most one VAT category"),
	ONCE("CII-SR-473", ADJUSTMENT, "ActualAmount", "an allowance or charge has one amount"),
	ONCE("CII-SR-440", "GrossPriceProductTradePrice/AppliedTradeAllowanceCharge", "ActualAmount",
		 "the price of a line has at most one discount (BT-147)"),
	ONCE("CII-SR-455", AGREEMENT, "SellerTradeParty/DefinedTradeContact",
		 "the seller has at most one contact (BG-6)"),
	ONCE("CII-SR-456", AGREEMENT, "BuyerTradeParty/DefinedTradeContact",
		 "the buyer has at most one contact (BG-9)"),
	ONCE("CII-SR-459", AGREEMENT, "SellerTradeParty/URIUniversalCommunication",
		 "the seller has at most one electronic address (BT-34)"),
	ONCE("CII-SR-460", AGREEMENT, "BuyerTradeParty/URIUniversalCommunication",
		 "the buyer has at most one electronic address (BT-49)"),
	ONCE("CII-SR-461", HEADER, "ApplicableTradeTax/TaxPointDate",
		 "an invoice has at most one tax point date (BT-7)"),
	CII_FATAL("CII-SR-462", HEADER, "distinct(//ApplicableTradeTax/DueDateTypeCode) <= 1",
			  "an invoice has one tax point date code (BT-8), the same for all breakdowns"),
	CII_FATAL("CII-SR-470", HEADER,
			  "absent(SpecifiedTradeSettlementPaymentMeans[(trim(TypeCode) = '30' or "
			  "trim(TypeCode) = '58') and absent(PayeePartyCreditorFinancialAccount/IBANID, "
			  "PayeePartyCreditorFinancialAccount/ProprietaryID)])",
			  "a credit transfer (BT-81 is 30 or 58) needs an account (BT-84)"),
	TOTAL("CII-SR-477", "LineTotalAmount"),
	TOTAL("CII-SR-478", "ChargeTotalAmount"),
	TOTAL("CII-SR-479", "AllowanceTotalAmount"),
	TOTAL("CII-SR-480", "TaxBasisTotalAmount"),
	TOTAL("CII-SR-481", "RoundingAmount"),
	TOTAL("CII-SR-482", "GrandTotalAmount"),
	TOTAL("CII-SR-483", "InformationAmount"),
	TOTAL("CII-SR-484", "TotalPrepaidAmount"),
	TOTAL("CII-SR-485", "TotalDiscountAmount"),
	TOTAL("CII-SR-486", "TotalAllowanceChargeAmount"),
	TOTAL("CII-SR-487", "DuePayableAmount"),
	TOTAL("CII-SR-488", "RetailValueExcludingTaxInformationAmount"),
	TOTAL("CII-SR-489", "TotalDepositFeeInformationAmount"),
	TOTAL("CII-SR-490", "ProductValueExcludingTobaccoTaxInformationAmount"),
	TOTAL("CII-SR-491", "TotalRetailValueInformationAmount"),
	TOTAL("CII-SR-492", "GrossLineTotalAmount"),
	TOTAL("CII-SR-493", "NetLineTotalAmount"),
	TOTAL("CII-SR-494", "NetIncludingTaxesLineTotalAmount"),
	NO("CII-DT-013", "/", "@languageID", "the document"),
	NO("CII-DT-014", "/", "@languageLocaleID", "the document"),
	CII_FATAL("CII-SR-467", "/", "distinct(//SpecifiedTradeSettlementPaymentMeans/TypeCode) <= 1",
			  "an invoice has one payment means code (BT-81)"),
	CII_FATAL("CII-SR-468", "/",
			  "distinct(//SpecifiedTradeSettlementPaymentMeans/Information) <= 1",
			  "an invoice has one payment means text (BT-82)"),
	CII_FATAL("CII-SR-469", "/", "at_most(1, //ApplicableHeaderTradeSettlement/PaymentReference)",
			  "an invoice has at most one payment reference (BT-83)"),
	NO("CII-DT-001", NUMBERS, "@schemeName", "the identifier"),
	NO("CII-DT-002", NUMBERS, "@schemeAgencyName", "the identifier"),
	NO("CII-DT-003", NUMBERS, "@schemeDataURI", "the identifier"),
	NO("CII-DT-004", NUMBERS, "@schemeURI", "the identifier"),
	NO("CII-DT-005", NUMBERS, "@schemeID", "the identifier"),
	NO("CII-DT-006", NUMBERS, "@schemeAgencyID", "the identifier"),
	NO("CII-DT-007", NUMBERS, "@schemeVersionID", "the identifier"),
	NO("CII-DT-101", IDENTIFIER, "@schemeName", "an identifier"),
	NO("CII-DT-102", IDENTIFIER, "@schemeAgencyName", "an identifier"),
	NO("CII-DT-103", IDENTIFIER, "@schemeDataURI", "an identifier"),
	NO("CII-DT-104", IDENTIFIER, "@schemeURI", "an identifier"),
	/* takes the document's type code as well, so that CII-DT-010 to 012 cannot fire */
	NO("CII-DT-008", "TypeCode", "@name", "a type code"),
	NO("CII-DT-009", "TypeCode", "@listURI", "a type code"),
	CII_FATAL("CII-DT-015", REFERENCE, "absent(URIID) or " SUPPORTING,
			  "a link is for supporting documents only (BT-124)"),
	NO("CII-DT-016", REFERENCE, "StatusCode", "a reference"),
	NO("CII-DT-017", REFERENCE, "CopyIndicator", "a reference"),
	CII_FATAL("CII-DT-018", REFERENCE,
			  "absent(TypeCode) or (self_is(AdditionalReferencedDocument) and (TypeCode = '50' or "
			  "TypeCode = '130' or TypeCode = '916'))",
			  "a type code is for additional documents only: 50, 130 or 916"),
	NO("CII-DT-019", REFERENCE, "GlobalID", "a reference"),
	NO("CII-DT-020", REFERENCE, "RevisionID", "a reference"),
	CII_FATAL("CII-DT-021", REFERENCE, "absent(Name) or " SUPPORTING,
			  "a description is for supporting documents only (BT-123)"),
	CII_FATAL("CII-DT-022", REFERENCE, "absent(AttachmentBinaryObject) or " SUPPORTING,
			  "an attachment is for supporting documents only (BT-125)"),
	NO("CII-DT-023", REFERENCE, "Information", "a reference"),
	CII_FATAL("CII-DT-024", REFERENCE,
			  "absent(ReferenceTypeCode) or (self_is(AdditionalReferencedDocument) and TypeCode = "
			  "'130')",
			  "a scheme is for the invoiced object only (BT-18)"),
	NO("CII-DT-025", REFERENCE, "SectionName", "a reference"),
	NO("CII-DT-026", REFERENCE, "PreviousRevisionID", "a reference"),
	CII_FATAL("CII-DT-027", REFERENCE,
			  "absent(FormattedIssueDateTime) or self_is(InvoiceReferencedDocument)",
			  "an issue date is for preceding invoices only (BT-26)"),
	NO("CII-DT-028", REFERENCE, "EffectiveSpecifiedPeriod", "a reference"),
	NO("CII-DT-029", REFERENCE, "IssuerTradeParty", "a reference"),
	NO("CII-DT-030", REFERENCE, "AttachedSpecifiedBinaryFile", "a reference"),
	NO("CII-DT-031", AMOUNT, "@currencyID", "an amount other than the VAT total"),
	NO("CII-DT-032", AMOUNT, "@currencyCodeListVersionID", "an amount"),
	CII_FATAL(
		"CII-DT-033", QUANTITY,
		"absent(@unitCode) or exists(" TRADE
		"IncludedSupplyChainTradeLineItem/SpecifiedLineTradeDelivery/BilledQuantity/@unitCode)",
		"a unit is for quantities of lines whose billed quantity has one (BT-130)"),
	NO("CII-DT-034", QUANTITY, "@unitCodeListID", "a quantity"),
	NO("CII-DT-035", QUANTITY, "@unitCodeListAgencyID", "a quantity"),
	NO("CII-DT-036", QUANTITY, "@unitCodeListAgencyName", "a quantity"),
	CII_FATAL("CII-DT-037", "//%TradeTax", "absent(TypeCode) or TypeCode = 'VAT'",
			  "the tax of an invoice is VAT"),
	NO("CII-DT-068", PERIOD, "StartDateTime/DateTime", "a period"),
	NO("CII-DT-069", PERIOD, "DurationMeasure", "a period"),
	NO("CII-DT-070", PERIOD, "InclusiveIndicator", "a period"),
	NO("CII-DT-071", PERIOD, "Description", "a period"),
	NO("CII-DT-072", PERIOD, "EndDateTime/DateTime", "a period"),
	NO("CII-DT-073", PERIOD, "CompleteDateTime", "a period"),
	NO("CII-DT-074", PERIOD, "OpenIndicator", "a period"),
	NO("CII-DT-075", PERIOD, "SeasonCode", "a period"),
	NO("CII-DT-076", PERIOD, "ID", "a period"),
	NO("CII-DT-077", PERIOD, "Name", "a period"),
	NO("CII-DT-078", PERIOD, "SequenceNumeric", "a period"),
	NO("CII-DT-079", PERIOD, "StartDateFlexibilityCode", "a period"),
	NO("CII-DT-080", PERIOD, "ContinuousIndicator", "a period"),
	NO("CII-DT-081", PERIOD, "PurposeCode", "a period"),
	NO("CII-DT-082", ADDRESS, "ID", "an address"),
	NO("CII-DT-083", ADDRESS, "PostOfficeBox", "an address"),
	NO("CII-DT-084", ADDRESS, "BuildingName", "an address"),
	NO("CII-DT-086", ADDRESS, "LineFour", "an address"),
	NO("CII-DT-087", ADDRESS, "LineFive", "an address"),
	NO("CII-DT-088", ADDRESS, "StreetName", "an address"),
	NO("CII-DT-089", ADDRESS, "CitySubDivisionName", "an address"),
	NO("CII-DT-090", ADDRESS, "CountryName", "an address"),
	NO("CII-DT-091", ADDRESS, "CountrySubDivisionID", "an address"),
	NO("CII-DT-092", ADDRESS, "AttentionOf", "an address"),
	NO("CII-DT-093", ADDRESS, "CareOf", "an address"),
	NO("CII-DT-094", ADDRESS, "BuildingNumber", "an address"),
	NO("CII-DT-095", ADDRESS, "DepartmentName", "an address"),
	NO("CII-DT-096", ADDRESS, "AdditionalStreetName", "an address"),
	CII_FATAL("CII-DT-097", "DateTimeString[@format = '102']",
			  "matches(., '\\s*\\d{4}(1[0-2]|0[1-9])(3[01]|[12][0-9]|0[1-9])\\s*')",
			  "a date has the form YYYYMMDD"),
	RULES_END,
};

#define ALLOWANCE "SpecifiedTradeAllowanceCharge[ChargeIndicator/Indicator = false]"
#define CHARGE "SpecifiedTradeAllowanceCharge[ChargeIndicator/Indicator = true]"
/* the sheet's list of countries still has AN and not yet SS */
#define COUNTRY "(code(iso3166_country, .) and trim(.) != 'SS') or trim(.) = 'AN'"

const Rule rules_en16931_cii_codes[] = {
	CII_FATAL("BR-CL-01", "ExchangedDocument/TypeCode",
			  "code(untdid1001_invoice_type, .) or code(untdid1001_creditnote_type, .)",
			  "the type of an invoice (BT-3) must be one of UNTDID 1001"),
	CII_FATAL("BR-CL-03", "TaxTotalAmount[@currencyID]", "code(iso4217_currency, @currencyID)",
			  "the currency of an amount must be one of ISO 4217"),
	CII_FATAL("BR-CL-04", "InvoiceCurrencyCode", "code(iso4217_currency, .)",
			  "the invoice currency (BT-5) must be one of ISO 4217"),
	CII_FATAL("BR-CL-05", "TaxCurrencyCode", "code(iso4217_currency, .)",
			  "the VAT accounting currency (BT-6) must be one of ISO 4217"),
	CII_FATAL("BR-CL-06", "DueDateTypeCode", "trim(.) = '5' or trim(.) = '29' or trim(.) = '72'",
			  "the tax point date code (BT-8) must be 5, 29 or 72"),
	CII_FATAL("BR-CL-07", "ReferenceTypeCode", "code(untdid1153_reference_scheme, .)",
			  "the scheme of an invoiced object (BT-18) must be one of UNTDID 1153"),
	CII_FATAL(
		"BR-CL-08", "SubjectCode",
		"code(untdid4451_note_subject, .) or matches(trim(.), 'BA[T-Z]|BB[AB]|BM[FGH]|CC[J-O]')",
		"the subject code of a note (BT-21) must be one of UNTDID 4451"),
	CII_FATAL("BR-CL-10",
			  "GlobalID[@schemeID][not(inside(SpecifiedTradeProduct)) and "
			  "not(inside(ShipToTradeParty))]",
			  "code(iso6523_icd, @schemeID)",
			  "the scheme of a party identifier must be one of ISO 6523"),
	CII_FATAL("BR-CL-11", "ID[@schemeID][not(inside(SpecifiedTaxRegistration))]",
			  "code(iso6523_icd, @schemeID)",
			  "the scheme of a legal registration must be one of ISO 6523"),
	CII_FATAL("BR-CL-13", "ClassCode[@listID]", "code(untdid7143_item_classification, @listID)",
			  "the scheme of an item classification (BT-158) must be one of UNTDID 7143"),
	CII_FATAL("BR-CL-14", "CountryID", COUNTRY, "a country must be one of ISO 3166-1"),
	CII_FATAL("BR-CL-15", "OriginTradeCountry/ID", COUNTRY,
			  "the country of origin (BT-159) must be one of ISO 3166-1"),
	CII_FATAL("BR-CL-16", "SpecifiedTradeSettlementPaymentMeans/TypeCode",
			  "code(untdid4461_payment_means, .)",
			  "the payment means code (BT-81) must be one of UNTDID 4461"),
	CII_FATAL("BR-CL-17", "CategoryTradeTax/CategoryCode", "code(untdid5305_vat_category, .)",
			  "the VAT category must be one of UNTDID 5305"),
	CII_FATAL("BR-CL-18", "ApplicableTradeTax/CategoryCode", "code(untdid5305_vat_category, .)",
			  "the VAT category must be one of UNTDID 5305"),
	CII_FATAL("BR-CL-19", ALLOWANCE "/ReasonCode", "code(untdid5189_allowance_reason, .)",
			  "the reason code of an allowance must be one of UNTDID 5189"),
	CII_FATAL("BR-CL-20", CHARGE "/ReasonCode", "code(untdid7161_charge_reason, .)",
			  "the reason code of a charge must be one of UNTDID 7161"),
	CII_FATAL("BR-CL-21", "SpecifiedTradeProduct/GlobalID[@schemeID]",
			  "code(iso6523_icd, @schemeID)",
			  "the scheme of a standard item identifier (BT-157) must be one of ISO 6523"),
	CII_FATAL("BR-CL-22", "ExemptionReasonCode", "code(vatex_exemption_reason, upper(.))",
			  "the exemption reason code (BT-121) must be one of the VATEX list"),
	CII_FATAL("BR-CL-23", "BasisQuantity[@unitCode] | BilledQuantity[@unitCode]",
			  "code(unece_rec20_21_unit, @unitCode)",
			  "a unit must be one of UN/ECE recommendations 20 and 21"),
	CII_FATAL("BR-CL-24", "AttachmentBinaryObject[@mimeCode]", "code(mime_code, @mimeCode)",
			  "the media type of an attached document must be one of those allowed"),
	CII_FATAL("BR-CL-25", "URIUniversalCommunication/URIID[@schemeID]",
			  "code(eas_endpoint_scheme, @schemeID)",
			  "the scheme of an electronic address must be one of the EAS list"),
	CII_FATAL("BR-CL-26", "ApplicableHeaderTradeDelivery/ShipToTradeParty/GlobalID[@schemeID]",
			  "code(iso6523_icd, @schemeID)",
			  "the scheme of a deliver-to location (BT-71) must be one of ISO 6523"),
	RULES_END,
};
