/*
 * rules_en16931_cii.c: the business rules of EN 16931 as the official CII sheet has them.
 *
 * It differs from UBL's in more than names: some rules are asked at each line or breakdown instead
 * of once, some sums are rounded, some limits include their end, VAT categories are compared with
 * their blanks, and a breakdown of category L, M or O is taken by the first context it meets, so
 * that BR-45 to BR-48 and BR-CO-17 do not see it.  All that is kept, because findings must be the
 * same.
 */
#include "core/rules_en16931.h"

#define TRADE "/SupplyChainTradeTransaction/"
#define HEADER TRADE "ApplicableHeaderTradeSettlement/"
#define AGREEMENT TRADE "ApplicableHeaderTradeAgreement/"
#define DELIVERY TRADE "ApplicableHeaderTradeDelivery/"
#define LINE TRADE "IncludedSupplyChainTradeLineItem"
#define SUMMARY HEADER "SpecifiedTradeSettlementHeaderMonetarySummation/"
#define CURRENCY HEADER "InvoiceCurrencyCode"

#define REASON "exists(../Reason, ../ReasonCode)"
#define ALLOWANCE                                                                    \
	"ApplicableHeaderTradeSettlement/SpecifiedTradeAllowanceCharge/ChargeIndicator[" \
	"Indicator = 'false']"
#define CHARGE                                                                       \
	"ApplicableHeaderTradeSettlement/SpecifiedTradeAllowanceCharge/ChargeIndicator[" \
	"Indicator = 'true']"
#define LINE_ALLOWANCE                                                            \
	"SpecifiedLineTradeSettlement/SpecifiedTradeAllowanceCharge/ChargeIndicator[" \
	"Indicator = 'false']"
#define LINE_CHARGE                                                               \
	"SpecifiedLineTradeSettlement/SpecifiedTradeAllowanceCharge/ChargeIndicator[" \
	"Indicator = 'true']"
#define ADJUSTMENT_CATEGORY "exists(../CategoryTradeTax[$vat]/CategoryCode)"
#define PERIOD_ORDER                                    \
	"EndDateTime/DateTimeString[@format = '102'] >= "   \
	"StartDateTime/DateTimeString[@format = '102'] or " \
	"not(EndDateTime) or not(StartDateTime)"
#define NET "SpecifiedLineTradeAgreement/NetPriceProductTradePrice/ChargeAmount"
#define GROSS "SpecifiedLineTradeAgreement/GrossPriceProductTradePrice/ChargeAmount"
#define LINE_TOTAL \
	"SpecifiedLineTradeSettlement/SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount"

/* parties */
#define SELLER AGREEMENT "SellerTradeParty/"
#define ANY_SELLER \
	"exists(" SELLER "SpecifiedTaxRegistration/ID[@schemeID = 'VA' or @schemeID = 'FC'], " AGENT ")"
#define AGENT \
	AGREEMENT "SellerTaxRepresentativeTradeParty/SpecifiedTaxRegistration/ID[@schemeID = 'VA']"
#define SELLER_VAT SELLER "SpecifiedTaxRegistration/ID[@schemeID = 'VA']"
#define VAT_SELLER "exists(" SELLER_VAT ", " AGENT ")"
#define BUYER_VAT AGREEMENT "BuyerTradeParty/SpecifiedTaxRegistration/ID[@schemeID = 'VA']"
#define ANY_BUYER \
	"exists(" BUYER_VAT ", " AGREEMENT "BuyerTradeParty/SpecifiedLegalOrganization/ID)"

/* where a category stands */
#define AT_CODE(code)                                                            \
	"ApplicableHeaderTradeSettlement/ApplicableTradeTax/CategoryCode[. = '" code \
	"'][upper(../TypeCode) = 'VAT']"
#define AT_ANY_CODE(code) \
	"ApplicableHeaderTradeSettlement/ApplicableTradeTax/CategoryCode[. = '" code "']"
#define AT_BREAKDOWN(code) \
	"ApplicableHeaderTradeSettlement/ApplicableTradeTax[CategoryCode = '" code "'][$vat]"
#define AT_LINE(code) \
	LINE "/SpecifiedLineTradeSettlement/ApplicableTradeTax[CategoryCode = '" code "'][$vat]"
#define AT_ALLOWANCE(code)                                                               \
	"SpecifiedTradeAllowanceCharge[ChargeIndicator/Indicator = false]/CategoryTradeTax[" \
	"CategoryCode = '" code "'][$vat]"
#define AT_CHARGE(code)                                                                 \
	"SpecifiedTradeAllowanceCharge[ChargeIndicator/Indicator = true]/CategoryTradeTax[" \
	"CategoryCode = '" code "'][$vat]"

#define COUNT(site, code) "category(" site ", '" code "', raw)"

/* a breakdown for lines, and for allowances and charges; how many does not matter */
#define SOME_BREAKDOWN(code)                                                               \
	"(" COUNT("line|breakdown", code) " >= 2 or " COUNT("line", code) " = 0) and (" COUNT( \
		"adjustment|breakdown", code) " >= 2 or " COUNT("adjustment", code) " = 0)"
#define ONE_BREAKDOWN(code)                  \
	COUNT("line|adjustment|breakdown", code) \
	" = 0 or (" COUNT("breakdown", code) " = 1 and " COUNT("line|adjustment", code) " > 0)"

#define SUMS(code, rate)                                                                           \
	"round2(category_sum(line, '" code "'" rate ")) + round2(category_sum(charge, '" code "'" rate \
	")) - round2(category_sum(allowance, '" code "'" rate "))"

#define PLACES(prefix, code, who, need, test, rate)                     \
	CII_FATAL("BR-" prefix "-03", AT_ALLOWANCE(code), who,              \
			  "allowances of VAT category " code " need " need),        \
		CII_FATAL("BR-" prefix "-06", AT_ALLOWANCE(code), test,         \
				  "an allowance of VAT category " code " needs " rate), \
		CII_FATAL("BR-" prefix "-04", AT_CHARGE(code), who,             \
				  "charges of VAT category " code " need " need),       \
		CII_FATAL("BR-" prefix "-07", AT_CHARGE(code), test,            \
				  "a charge of VAT category " code " needs " rate),     \
		CII_FATAL("BR-" prefix "-02", AT_LINE(code), who,               \
				  "lines of VAT category " code " need " need),         \
		CII_FATAL("BR-" prefix "-05", AT_LINE(code), test,              \
				  "a line of VAT category " code " needs " rate)

#define FREE(prefix, code, at)                                                              \
	CII_FATAL("BR-" prefix "-08", at, "within(1, dec(../BasisAmount), " SUMS(code, "") ")", \
			  "the taxable amount (BT-116) of category " code                               \
			  " must be the sum of its lines and charges less its allowances"),             \
		CII_FATAL("BR-" prefix "-09", at, "../CalculatedAmount = 0",                        \
				  "the tax amount (BT-117) of category " code " must be 0")

#define WITH_REASON(prefix, code, at)                                                       \
	CII_FATAL("BR-" prefix "-10", at, "exists(../ExemptionReason, ../ExemptionReasonCode)", \
			  "a breakdown of VAT category " code                                           \
			  " needs an exemption reason (BT-120) or its code (BT-121)")

#define WITHOUT_REASON(prefix, code, at, reason, reason_code)                \
	CII_FATAL("BR-" prefix "-10", at, "absent(" reason ", " reason_code ")", \
			  "a breakdown of VAT category " code " must not have an exemption reason")

#define SELLER_TAX_ID \
	"a VAT identifier (BT-31), a tax registration (BT-32) or a tax representative (BT-63)"
#define SELLER_VAT_ID "a VAT identifier of the seller (BT-31) or the tax representative (BT-63)"
#define OCCURS(code) "VAT category " code " needs a breakdown (BG-23) exactly where it occurs"

const Rule rules_en16931_cii[] = {
	CII_FATAL("BR-65", "DesignatedProductClassification",
			  "filled(ClassCode/@listID) or absent(ClassCode)",
			  "an item classification (BT-158) needs the identifier of its scheme"),
	CII_FATAL("BR-52", "AdditionalReferencedDocument", "filled(IssuerAssignedID)",
			  "an additional supporting document (BG-24) needs a reference (BT-122)"),
	CII_FATAL("BR-51", "ApplicableTradeSettlementFinancialCard", "length(trim(ID)) <= 10",
			  "of a payment card number (BT-87) only the first six and the last four digits may "
			  "be shown"),
	CII_FATAL("BR-50",
			  "SpecifiedTradeSettlementPaymentMeans[TypeCode = '30' or TypeCode = "
			  "'58']/PayeePartyCreditorFinancialAccount",
			  "filled(IBANID, ProprietaryID)",
			  "a credit transfer (BG-17) needs an account (BT-84)"),
	CII_FATAL("BR-61",
			  "SpecifiedTradeSettlementPaymentMeans[TypeCode = '30' or TypeCode = "
			  "'58']/PayeePartyCreditorFinancialAccount",
			  "exists(IBANID, ProprietaryID)",
			  "a credit transfer (BT-81 is 30 or 58) needs an account (BT-84)"),
	CII_FATAL("BR-57", TRADE "ApplicableHeaderTradeDelivery",
			  "absent(ShipToTradeParty/PostalTradeAddress) or "
			  "filled(ShipToTradeParty/PostalTradeAddress/CountryID)",
			  "a deliver-to address (BG-15) needs a country code (BT-80)"),
	CII_FATAL("BR-31", ALLOWANCE, "exists(../ActualAmount)",
			  "a document level allowance (BG-20) needs an amount (BT-92)"),
	CII_FATAL("BR-32", ALLOWANCE, ADJUSTMENT_CATEGORY,
			  "a document level allowance (BG-20) needs a VAT category code (BT-95)"),
	CII_FATAL("BR-33", ALLOWANCE, REASON,
			  "a document level allowance (BG-20) needs a reason (BT-97) or a reason code (BT-98)"),
	CII_FATAL("BR-CO-21", ALLOWANCE, REASON,
			  "a document level allowance needs a reason (BT-97) or a reason code (BT-98)"),
	CII_FATAL("BR-DEC-01", ALLOWANCE, "decimals(2, ../ActualAmount[1])",
			  "an allowance amount (BT-92) has at most two decimals"),
	CII_FATAL("BR-DEC-02", ALLOWANCE, "decimals(2, ../BasisAmount)",
			  "an allowance base amount (BT-93) has at most two decimals"),
	CII_FATAL("BR-36", CHARGE, "exists(../ActualAmount)",
			  "a document level charge (BG-21) needs an amount (BT-99)"),
	CII_FATAL("BR-37", CHARGE, ADJUSTMENT_CATEGORY,
			  "a document level charge (BG-21) needs a VAT category code (BT-102)"),
	CII_FATAL("BR-38", CHARGE, REASON,
			  "a document level charge (BG-21) needs a reason (BT-104) or a reason code (BT-105)"),
	CII_FATAL("BR-CO-22", CHARGE, REASON,
			  "a document level charge needs a reason (BT-104) or a reason code (BT-105)"),
	CII_FATAL("BR-DEC-05", CHARGE, "decimals(2, ../ActualAmount[1])",
			  "a charge amount (BT-99) has at most two decimals"),
	CII_FATAL("BR-DEC-06", CHARGE, "decimals(2, ../BasisAmount)",
			  "a charge base amount (BT-100) has at most two decimals"),
	CII_FATAL("BR-12", "$totals", "exists(LineTotalAmount)",
			  "the invoice needs the sum of line net amounts (BT-106)"),
	CII_FATAL("BR-13", "$totals", "exists(TaxBasisTotalAmount)",
			  "the invoice needs the total without VAT (BT-109)"),
	CII_FATAL("BR-14", "$totals", "exists(GrandTotalAmount)",
			  "the invoice needs the total with VAT (BT-112)"),
	CII_FATAL("BR-15", "$totals", "exists(DuePayableAmount)",
			  "the invoice needs the amount due (BT-115)"),
	CII_FATAL("BR-53", "$totals",
			  "absent(" HEADER "TaxCurrencyCode) or (TaxTotalAmount/@currencyID = " HEADER
			  "TaxCurrencyCode and not(" HEADER "TaxCurrencyCode = " CURRENCY "))",
			  "with a VAT accounting currency (BT-6), another than the invoice's, the invoice "
			  "needs the VAT total in it (BT-111)"),
	CII_FATAL("BR-CO-10", "$totals", "dec(LineTotalAmount) = round2(sum($lines-net))",
			  "the sum of line net amounts (BT-106) must be the sum of the lines' net amounts "
			  "(BT-131)"),
	CII_FATAL("BR-CO-11", "$totals",
			  "absent(AllowanceTotalAmount, $allowances) or "
			  "AllowanceTotalAmount = round2(sum($allowances/ActualAmount[1]))",
			  "the sum of allowances (BT-107) must be the sum of the document level allowances "
			  "(BT-92)"),
	CII_FATAL("BR-CO-12", "$totals",
			  "absent(ChargeTotalAmount, $charges) or "
			  "ChargeTotalAmount = round2(sum($charges/ActualAmount[1]))",
			  "the sum of charges (BT-108) must be the sum of the document level charges (BT-99)"),
	CII_FATAL("BR-CO-13", "$totals",
			  "dec($BT-109) = round2(dec($BT-106) - if(exists($BT-107), dec($BT-107), 0) + "
			  "if(exists($BT-108), dec($BT-108), 0))",
			  "the total without VAT (BT-109) must be BT-106 - BT-107 + BT-108"),
	CII_FATAL("BR-CO-16", "$totals",
			  "dec($BT-115) = dec($BT-112) - if(exists($BT-113), dec($BT-113), 0) + "
			  "if(exists($BT-114), dec($BT-114), 0)",
			  "the amount due (BT-115) must be BT-112 - BT-113 + BT-114"),
	CII_FATAL("BR-DEC-09", "$totals", "decimals(2, LineTotalAmount)",
			  "the sum of line net amounts (BT-106) has at most two decimals"),
	CII_FATAL("BR-DEC-10", "$totals", "decimals(2, AllowanceTotalAmount)",
			  "the sum of allowances (BT-107) has at most two decimals"),
	CII_FATAL("BR-DEC-11", "$totals", "decimals(2, ChargeTotalAmount)",
			  "the sum of charges (BT-108) has at most two decimals"),
	CII_FATAL("BR-DEC-12", "$totals", "decimals(2, TaxBasisTotalAmount)",
			  "the total without VAT (BT-109) has at most two decimals"),
	CII_FATAL("BR-DEC-14", "$totals", "decimals(2, GrandTotalAmount)",
			  "the total with VAT (BT-112) has at most two decimals"),
	CII_FATAL("BR-DEC-13", "$totals",
			  "absent(TaxTotalAmount) or exists(TaxTotalAmount[(@currencyID = " CURRENCY
			  " and dec(.) = round2(dec(.))) or not(@currencyID = " CURRENCY ")])",
			  "the total VAT amount (BT-110) has at most two decimals"),
	CII_FATAL("BR-DEC-15", "$totals",
			  "absent(TaxTotalAmount) or exists(TaxTotalAmount[(@currencyID = " HEADER
			  "TaxCurrencyCode and dec(.) = round2(dec(.))) or absent(" HEADER "TaxCurrencyCode)])",
			  "the total VAT amount in accounting currency (BT-111) has at most two decimals"),
	CII_FATAL("BR-DEC-16", "$totals", "decimals(2, TotalPrepaidAmount)",
			  "the paid amount (BT-113) has at most two decimals"),
	CII_FATAL("BR-DEC-17", "$totals", "decimals(2, RoundingAmount)",
			  "the rounding amount (BT-114) has at most two decimals"),
	CII_FATAL("BR-DEC-18", "$totals", "decimals(2, DuePayableAmount)",
			  "the amount due (BT-115) has at most two decimals"),
	CII_FATAL("BR-01", "/",
			  "filled(ExchangedDocumentContext/GuidelineSpecifiedDocumentContextParameter/ID)",
			  "the invoice needs a specification identifier (BT-24)"),
	CII_FATAL("BR-02", "/", "filled(ExchangedDocument/ID)", "the invoice needs a number (BT-1)"),
	CII_FATAL("BR-03", "/",
			  "filled(ExchangedDocument/IssueDateTime/DateTimeString[@format = '102'])",
			  "the invoice needs an issue date (BT-2)"),
	CII_FATAL("BR-04", "/", "filled(ExchangedDocument/TypeCode)",
			  "the invoice needs a type code (BT-3)"),
	CII_FATAL("BR-05", "/", "filled(" CURRENCY ")", "the invoice needs a currency code (BT-5)"),
	CII_FATAL("BR-06", "/", "filled(" SELLER "Name)",
			  "the invoice needs the seller's name (BT-27)"),
	CII_FATAL("BR-07", "/", "filled(" AGREEMENT "BuyerTradeParty/Name)",
			  "the invoice needs the buyer's name (BT-44)"),
	CII_FATAL("BR-08", "/", "exists(" SELLER "PostalTradeAddress)",
			  "the invoice needs the seller's postal address (BG-5)"),
	CII_FATAL("BR-09", "/", "filled(" SELLER "PostalTradeAddress/CountryID)",
			  "the seller's address (BG-5) needs a country code (BT-40)"),
	CII_FATAL("BR-10", "/", "exists(" AGREEMENT "BuyerTradeParty/PostalTradeAddress)",
			  "the invoice needs the buyer's postal address (BG-8)"),
	CII_FATAL("BR-11", "/", "filled(" AGREEMENT "BuyerTradeParty/PostalTradeAddress/CountryID)",
			  "the buyer's address (BG-8) needs a country code (BT-55)"),
	CII_FATAL("BR-16", "/", "exists($line)", "an invoice needs at least one line (BG-25)"),
	CII_FATAL("BR-62", "/",
			  "filled(" SELLER "URIUniversalCommunication[1]/URIID/@schemeID) or absent(" SELLER
			  "URIUniversalCommunication)",
			  "the seller's electronic address (BT-34) needs a scheme"),
	CII_FATAL("BR-63", "/",
			  "filled(" AGREEMENT
			  "BuyerTradeParty/URIUniversalCommunication[1]/URIID/@schemeID) or absent(" AGREEMENT
			  "BuyerTradeParty/URIUniversalCommunication)",
			  "the buyer's electronic address (BT-49) needs a scheme"),
	CII_FATAL("BR-CO-15", "/",
			  "absent(" CURRENCY ") or (exactly(1, " SUMMARY
			  "TaxTotalAmount[@currencyID = " CURRENCY "]) and dec(" SUMMARY
			  "GrandTotalAmount[1]) = round2(dec(" SUMMARY "TaxBasisTotalAmount[1]) + dec(" SUMMARY
			  "TaxTotalAmount[@currencyID = " CURRENCY "]))) or dec(" SUMMARY
			  "GrandTotalAmount[1]) = dec(" SUMMARY "TaxBasisTotalAmount[1])",
			  "the total with VAT (BT-112) must be the total without VAT (BT-109) plus the total "
			  "VAT amount (BT-110)"),
	CII_FATAL("BR-S-01", "/", SOME_BREAKDOWN("S"), OCCURS("S")),
	CII_FATAL("BR-Z-01", "/", ONE_BREAKDOWN("Z"), OCCURS("Z")),
	CII_FATAL("BR-E-01", "/", ONE_BREAKDOWN("E"), OCCURS("E")),
	CII_FATAL("BR-AE-01", "/", ONE_BREAKDOWN("AE"), OCCURS("AE")),
	CII_FATAL("BR-IC-01", "/", ONE_BREAKDOWN("K"), OCCURS("K")),
	CII_FATAL("BR-G-01", "/", ONE_BREAKDOWN("G"), OCCURS("G")),
	CII_FATAL("BR-O-01", "/",
			  COUNT("breakdown", "O") " = 0 or (" COUNT("breakdown", "O") " = 1 and " COUNT(
				  "line|adjustment", "O") " > 0)",
			  OCCURS("O")),
	CII_FATAL("BR-AF-01", "/", SOME_BREAKDOWN("L"), OCCURS("L")),
	CII_FATAL("BR-AG-01", "/", SOME_BREAKDOWN("M"), OCCURS("M")),
	CII_FATAL(
		"BR-B-01", "/",
		COUNT("line|adjustment|breakdown|other", "B") " = 0 or absent(//CountryID[. != 'IT'])",
		"VAT category B (split payment) is for invoices within Italy"),
	CII_FATAL("BR-B-02", "/",
			  COUNT("line|adjustment|breakdown|other",
					"B") " = 0 or " COUNT("line|adjustment|breakdown|other", "S") " = 0",
			  "VAT categories B (split payment) and S must not stand in one invoice"),
	CII_FATAL("BR-21", "$line", "filled(AssociatedDocumentLineDocument/LineID)",
			  "an invoice line needs an identifier (BT-126)"),
	CII_FATAL("BR-22", "$line", "exists(SpecifiedLineTradeDelivery/BilledQuantity)",
			  "an invoice line needs a quantity (BT-129)"),
	CII_FATAL("BR-23", "$line", "exists(SpecifiedLineTradeDelivery/BilledQuantity/@unitCode)",
			  "the quantity of an invoice line needs a unit (BT-130)"),
	CII_FATAL("BR-24", "$line", "exists(" LINE_TOTAL ")",
			  "an invoice line needs a net amount (BT-131)"),
	CII_FATAL("BR-25", "$line", "filled(SpecifiedTradeProduct/Name)",
			  "an invoice line needs an item name (BT-153)"),
	CII_FATAL("BR-26", "$line", "exists(" NET ")", "an invoice line needs a net price (BT-146)"),
	CII_FATAL("BR-27", "$line", NET " >= 0",
			  "the net price of an item (BT-146) must not be negative"),
	CII_FATAL("BR-28", "$line", GROSS " >= 0 or absent(" GROSS ")",
			  "the gross price of an item (BT-148) must not be negative"),
	CII_FATAL("BR-64", "$line",
			  "filled(SpecifiedTradeProduct/GlobalID/@schemeID) or "
			  "absent(SpecifiedTradeProduct/GlobalID)",
			  "a standard item identifier (BT-157) needs a scheme"),
	CII_FATAL("BR-CO-04", "$line",
			  "exists(SpecifiedLineTradeSettlement/ApplicableTradeTax[$vat]/CategoryCode)",
			  "an invoice line needs a VAT category code (BT-151)"),
	CII_FATAL("BR-CO-18", "$line", "exists(" HEADER "ApplicableTradeTax)",
			  "an invoice needs at least one VAT breakdown (BG-23)"),
	CII_FATAL("BR-DEC-23", "$line", "decimals(2, " LINE_TOTAL ")",
			  "the net amount of a line (BT-131) has at most two decimals"),
	CII_FATAL("BR-41", LINE_ALLOWANCE, "exists(../ActualAmount)",
			  "a line allowance (BG-27) needs an amount (BT-136)"),
	CII_FATAL("BR-42", LINE_ALLOWANCE, REASON,
			  "a line allowance (BG-27) needs a reason (BT-139) or a reason code (BT-140)"),
	CII_FATAL("BR-CO-23", LINE_ALLOWANCE, REASON,
			  "a line allowance needs a reason (BT-139) or a reason code (BT-140)"),
	CII_FATAL("BR-DEC-24", LINE_ALLOWANCE, "decimals(2, ../ActualAmount[1])",
			  "a line allowance amount (BT-136) has at most two decimals"),
	CII_FATAL("BR-DEC-25", LINE_ALLOWANCE, "decimals(2, ../BasisAmount)",
			  "a line allowance base amount (BT-137) has at most two decimals"),
	CII_FATAL("BR-43", LINE_CHARGE, "exists(../ActualAmount)",
			  "a line charge (BG-28) needs an amount (BT-141)"),
	CII_FATAL("BR-44", LINE_CHARGE, REASON,
			  "a line charge (BG-28) needs a reason (BT-144) or a reason code (BT-145)"),
	CII_FATAL("BR-CO-24", LINE_CHARGE, REASON,
			  "a line charge needs a reason (BT-144) or a reason code (BT-145)"),
	CII_FATAL("BR-DEC-27", LINE_CHARGE, "decimals(2, ../ActualAmount[1])",
			  "a line charge amount (BT-141) has at most two decimals"),
	CII_FATAL("BR-DEC-28", LINE_CHARGE, "decimals(2, ../BasisAmount)",
			  "a line charge base amount (BT-142) has at most two decimals"),
	CII_FATAL("BR-30", "SpecifiedLineTradeSettlement/BillingSpecifiedPeriod", PERIOD_ORDER,
			  "a line period (BG-26) must not end (BT-135) before it begins (BT-134)"),
	CII_FATAL("BR-CO-20", "SpecifiedLineTradeSettlement/BillingSpecifiedPeriod",
			  "exists(StartDateTime, EndDateTime)",
			  "a line period (BG-26) needs a start date (BT-134) or an end date (BT-135)"),
	CII_FATAL("BR-29", "ApplicableHeaderTradeSettlement/BillingSpecifiedPeriod", PERIOD_ORDER,
			  "an invoicing period (BG-14) must not end (BT-74) before it begins (BT-73)"),
	CII_FATAL("BR-CO-19", "ApplicableHeaderTradeSettlement/BillingSpecifiedPeriod",
			  "exists(StartDateTime, EndDateTime)",
			  "an invoicing period (BG-14) needs a start date (BT-73) or an end date (BT-74)"),
	CII_FATAL("BR-54", "ApplicableProductCharacteristic", "exists(Description) and exists(Value)",
			  "an item attribute (BG-32) needs a name (BT-160) and a value (BT-161)"),
	CII_FATAL("BR-17", "PayeeTradeParty",
			  "exists(Name) and not(Name = " SELLER "Name) and not(ID = " SELLER
			  "ID) and not(SpecifiedLegalOrganization/ID = " SELLER
			  "SpecifiedLegalOrganization/ID)",
			  "a payee (BG-10) needs a name (BT-59) and is somebody else than the seller"),
	CII_FATAL("BR-49", "SpecifiedTradeSettlementPaymentMeans", "exists(TypeCode)",
			  "payment instructions (BG-16) need a payment means code (BT-81)"),
	CII_FATAL("BR-55", HEADER "InvoiceReferencedDocument", "filled(IssuerAssignedID)",
			  "a preceding invoice (BG-3) needs its number (BT-25)"),
	CII_FATAL("BR-CO-26", "SellerTradeParty",
			  "exists(ID, GlobalID, SpecifiedLegalOrganization/ID, "
			  "SpecifiedTaxRegistration/ID[@schemeID = 'VA'])",
			  "the seller needs an identifier (BT-29), a legal registration (BT-30) or a VAT "
			  "identifier (BT-31)"),
	CII_FATAL("BR-18", "SellerTaxRepresentativeTradeParty", "filled(Name)",
			  "a tax representative (BG-11) needs a name (BT-62)"),
	CII_FATAL("BR-19", "SellerTaxRepresentativeTradeParty", "exists(PostalTradeAddress)",
			  "a tax representative (BG-11) needs an address (BG-12)"),
	CII_FATAL("BR-20", "SellerTaxRepresentativeTradeParty", "filled(PostalTradeAddress/CountryID)",
			  "the tax representative's address (BG-12) needs a country code (BT-69)"),
	CII_FATAL("BR-56", "SellerTaxRepresentativeTradeParty",
			  "filled(SpecifiedTaxRegistration/ID[@schemeID = 'VA'])",
			  "a tax representative (BG-11) needs a VAT identifier (BT-63)"),
	CII_FATAL(
		"BR-CO-14",
		"SpecifiedTradeSettlementHeaderMonetarySummation/TaxTotalAmount[@currencyID = " CURRENCY
		"]",
		". = round2(sum(" HEADER "ApplicableTradeTax/CalculatedAmount))",
		"the total VAT amount (BT-110) must be the sum of the VAT category tax amounts "
		"(BT-117)"),
	CII_FATAL("BR-CO-09", "SpecifiedTaxRegistration/ID[@schemeID = 'VA']",
			  "(code(vat_id_country_prefix, sub(., 1, 2)) and sub(., 1, 2) != 'SS') or "
			  "sub(., 1, 2) = 'AN'",
			  "a VAT identifier begins with the country code of ISO 3166-1, EL for Greece"),
	FREE("AE", "AE", AT_CODE("AE")),
	WITH_REASON("AE", "AE", AT_CODE("AE")),
	PLACES("AE", "AE", ANY_SELLER " and " ANY_BUYER,
		   SELLER_TAX_ID
		   ", and a VAT identifier (BT-48) or legal registration (BT-47) of the buyer",
		   "RateApplicablePercent = 0", "the rate 0"),
	/* the sheet looks for the rate one level too high, so BR-AF-08 and BR-AG-08 cannot fire */
	WITHOUT_REASON("AF", "L", AT_BREAKDOWN("L"), "ExemptionReason", "ExemptionReasonCode"),
	PLACES("AF", "L", ANY_SELLER, SELLER_TAX_ID, "RateApplicablePercent > 0", "a rate above 0"),
	WITHOUT_REASON("AG", "M", AT_BREAKDOWN("M"), "ExemptionReason", "ExemptionReasonCode"),
	PLACES("AG", "M", ANY_SELLER, SELLER_TAX_ID, "RateApplicablePercent >= 0",
		   "a rate of 0 or more"),
	FREE("E", "E", AT_CODE("E")),
	WITH_REASON("E", "E", AT_CODE("E")),
	PLACES("E", "E", ANY_SELLER, SELLER_TAX_ID, "RateApplicablePercent = 0", "the rate 0"),
	FREE("G", "G", AT_CODE("G")),
	WITH_REASON("G", "G", AT_CODE("G")),
	PLACES("G", "G", VAT_SELLER, SELLER_VAT_ID, "RateApplicablePercent = 0", "the rate 0"),
	FREE("IC", "K", AT_CODE("K")),
	WITH_REASON("IC", "K", AT_CODE("K")),
	CII_FATAL("BR-IC-11", AT_CODE("K"),
			  "exists(" DELIVERY
			  "ActualDeliverySupplyChainEvent/OccurrenceDateTime/DateTimeString, "
			  "../../BillingSpecifiedPeriod/StartDateTime, "
			  "../../BillingSpecifiedPeriod/EndDateTime)",
			  "an intra-community supply needs a delivery date (BT-72) or a period (BG-14)"),
	CII_FATAL("BR-IC-12", AT_CODE("K"),
			  "exists(" DELIVERY "ShipToTradeParty/PostalTradeAddress/CountryID)",
			  "an intra-community supply needs a deliver-to country (BT-80)"),
	PLACES("IC", "K", VAT_SELLER " and exists(" BUYER_VAT ")",
		   SELLER_VAT_ID " and one of the buyer (BT-48)", "RateApplicablePercent = 0",
		   "the rate 0"),
	CII_FATAL("BR-O-08", AT_BREAKDOWN("O"), "BasisAmount = " SUMS("O", ""),
			  "the taxable amount (BT-116) of category O must be the sum of its lines and charges "
			  "less its allowances"),
	CII_FATAL("BR-O-09", AT_BREAKDOWN("O"), "CalculatedAmount = 0",
			  "the tax amount (BT-117) of category O must be 0"),
	CII_FATAL("BR-O-10", AT_BREAKDOWN("O"), "exists(ExemptionReason, ExemptionReasonCode)",
			  "a breakdown of VAT category O needs an exemption reason (BT-120) or its code "
			  "(BT-121)"),
	CII_FATAL("BR-O-11", AT_BREAKDOWN("O"), "other_category(line|breakdown|other, 'O') = 0",
			  "an invoice not subject to VAT has no other VAT breakdown"),
	CII_FATAL("BR-O-12", AT_BREAKDOWN("O"), "other_category(line|breakdown|other, 'O') = 0",
			  "an invoice not subject to VAT has no line of another category"),
	CII_FATAL("BR-O-13", AT_BREAKDOWN("O"), "other_category(adjustment, 'O') = 0",
			  "an invoice not subject to VAT has no allowance of another category"),
	CII_FATAL("BR-O-14", AT_BREAKDOWN("O"), "other_category(adjustment, 'O') = 0",
			  "an invoice not subject to VAT has no charge of another category"),
	PLACES("O", "O", "absent(" SELLER_VAT ", " AGENT ", " BUYER_VAT ")",
		   "that nobody has a VAT identifier", "absent(RateApplicablePercent)", "no rate"),
	CII_FATAL("BR-S-08", AT_ANY_CODE("S"),
			  "absent(../RateApplicablePercent) or ../BasisAmount = " SUMS(
				  "S", ", dec(../RateApplicablePercent)"),
			  "the taxable amount (BT-116) of category S must be the sum of the lines and charges "
			  "of its rate less the allowances"),
	CII_FATAL("BR-S-09", AT_ANY_CODE("S"),
			  "within(1, abs(dec(../CalculatedAmount)), round2(abs(dec(../BasisAmount)) * "
			  "dec(../RateApplicablePercent) * 0.01))",
			  "the tax amount (BT-117) of category S must be its taxable amount times its rate"),
	WITHOUT_REASON("S", "S", AT_ANY_CODE("S"), "../ExemptionReason", "../ExemptionReasonCode"),
	PLACES("S", "S", ANY_SELLER, SELLER_TAX_ID, "RateApplicablePercent > 0", "a rate above 0"),
	FREE("Z", "Z", AT_ANY_CODE("Z")),
	WITHOUT_REASON("Z", "Z", AT_ANY_CODE("Z"), "../ExemptionReason", "../ExemptionReasonCode"),
	PLACES("Z", "Z", ANY_SELLER, SELLER_TAX_ID, "RateApplicablePercent = 0", "the rate 0"),
	CII_FATAL("BR-45", "$breakdown", "exists(BasisAmount)",
			  "a VAT breakdown (BG-23) needs a taxable amount (BT-116)"),
	CII_FATAL("BR-46", "$breakdown", "exists(CalculatedAmount)",
			  "a VAT breakdown (BG-23) needs a tax amount (BT-117)"),
	CII_FATAL("BR-47", "$breakdown", "$vat and exists(CategoryCode)",
			  "a VAT breakdown (BG-23) needs a category code (BT-118)"),
	CII_FATAL("BR-48", "$breakdown",
			  "$vat and (exists(RateApplicablePercent) or CategoryCode = 'O')",
			  "a VAT breakdown (BG-23) needs a rate (BT-119), unless it is not subject to VAT"),
	CII_FATAL("BR-CO-03", "$breakdown", "absent(//TaxPointDate) or absent(//DueDateTypeCode)",
			  "give either a tax point date (BT-7) or a code for it (BT-8)"),
	CII_FATAL(
		"BR-CO-17", "$breakdown",
		"if(trim(upper(TypeCode)) = 'VAT' and exists(RateApplicablePercent), "
		"if(round(dec(RateApplicablePercent)) = 0, round(dec(CalculatedAmount)) = 0, "
		"near(1, abs(dec(CalculatedAmount)), round2(abs(dec(BasisAmount)) * "
		"dec(RateApplicablePercent) * 0.01))), round(dec(CalculatedAmount)) = 0)",
		"the tax amount (BT-117) must be the taxable amount (BT-116) times the rate (BT-119), "
		"rounded"),
	CII_FATAL("BR-DEC-19", "$breakdown", "decimals(2, BasisAmount)",
			  "a taxable amount (BT-116) has at most two decimals"),
	CII_FATAL("BR-DEC-20", "$breakdown", "decimals(2, CalculatedAmount)",
			  "a tax amount (BT-117) has at most two decimals"),
	RULES_END,
};
