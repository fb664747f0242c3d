/*
 * rules_en16931.c: the rules of EN 16931-1, with their official ids.
 *
 * Conditions follow the official bindings, release 1.3.16 of 2026-04-10
 * (ConnectingEurope/eInvoicing-EN16931), in our own words and notation.  BR-CO-05 to BR-CO-08,
 * BR-DEC-13 and BR-DEC-15 of UBL can never fire there, and BR-CO-25 was withdrawn, so they have no
 * entry.
 */
#include "core/rules_en16931.h"

/* What the document's rules ask of VAT categories and of lines that are gone. */
static const Rule notes[] = {
	CII_FATAL("#breakdown", "ApplicableHeaderTradeSettlement/ApplicableTradeTax[CategoryCode]",
			  "note_category(breakdown, CategoryCode, $vat)", ""),
	CII_FATAL("#line", "SpecifiedLineTradeSettlement/ApplicableTradeTax[CategoryCode]",
			  "note_category(line, CategoryCode, $vat)", ""),
	CII_FATAL("#other", "ApplicableTradeTax[CategoryCode]",
			  "note_category(other, CategoryCode, $vat)", ""),
	CII_FATAL("#adjustment", "CategoryTradeTax[CategoryCode]",
			  "note_category(adjustment, CategoryCode, $vat)", ""),
	CII_FATAL("#sum", "$line/SpecifiedLineTradeSettlement",
			  "note_sum(line, SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount, "
			  "ApplicableTradeTax/CategoryCode, ApplicableTradeTax/RateApplicablePercent, raw)",
			  ""),
	CII_FATAL("#allowance", "$allowances",
			  "note_sum(allowance, ActualAmount[1], CategoryTradeTax/CategoryCode, "
			  "CategoryTradeTax/RateApplicablePercent, raw)",
			  ""),
	CII_FATAL("#charge", "$charges",
			  "note_sum(charge, ActualAmount[1], CategoryTradeTax/CategoryCode, "
			  "CategoryTradeTax/RateApplicablePercent, raw)",
			  ""),
	UBL_FATAL("#breakdown", "/TaxTotal/TaxSubtotal/TaxCategory",
			  "note_category(breakdown, ID, $vat)", ""),
	UBL_FATAL("#allowance", "/AllowanceCharge[ChargeIndicator = false]/TaxCategory",
			  "note_category(allowance, ID, $vat)", ""),
	UBL_FATAL("#charge", "/AllowanceCharge[ChargeIndicator = true]/TaxCategory",
			  "note_category(charge, ID, $vat)", ""),
	UBL_FATAL("#allowance", "AllowanceCharge[ChargeIndicator = false]/TaxCategory",
			  "note_category(other_allowance, ID, $vat)", ""),
	UBL_FATAL("#charge", "AllowanceCharge[ChargeIndicator = true]/TaxCategory",
			  "note_category(other_charge, ID, $vat)", ""),
	UBL_FATAL("#adjustment", "AllowanceCharge/TaxCategory", "note_category(adjustment, ID, $vat)",
			  ""),
	UBL_FATAL("#category", "TaxCategory", "note_category(other, ID, $vat)", ""),
	UBL_FATAL("#category", "ClassifiedTaxCategory", "note_category(line, ID, $vat)", ""),
	UBL_FATAL("#line", "$line",
			  "note_sum(line, LineExtensionAmount, Item/ClassifiedTaxCategory/ID, "
			  "Item/ClassifiedTaxCategory/Percent)",
			  ""),
	UBL_FATAL("#allowance", "/AllowanceCharge[ChargeIndicator = false]",
			  "note_sum(allowance, Amount, TaxCategory/ID, TaxCategory/Percent)", ""),
	UBL_FATAL("#charge", "/AllowanceCharge[ChargeIndicator = true]",
			  "note_sum(charge, Amount, TaxCategory/ID, TaxCategory/Percent)", ""),
	UBL_FATAL("#adjustment", "AllowanceCharge",
			  "note_sum(adjustment, Amount, TaxCategory/ID, TaxCategory/Percent)", ""),
};

#define REASON "exists(AllowanceChargeReason, AllowanceChargeReasonCode)"
#define VAT_CATEGORY "exists(TaxCategory[$vat]/ID)"
#define ALLOWANCE "/AllowanceCharge[ChargeIndicator = false]"
#define CHARGE "/AllowanceCharge[ChargeIndicator = true]"
#define LINE "InvoiceLine | CreditNoteLine"
#define LINE_ALLOWANCE                               \
	"InvoiceLine/AllowanceCharge[ChargeIndicator = " \
	"false] | CreditNoteLine/AllowanceCharge[ChargeIndicator = false]"
#define LINE_CHARGE                                  \
	"InvoiceLine/AllowanceCharge[ChargeIndicator = " \
	"true] | CreditNoteLine/AllowanceCharge[ChargeIndicator = true]"
#define LINE_PERIOD "InvoiceLine/InvoicePeriod | CreditNoteLine/InvoicePeriod"
#define ITEM_CODE                                                        \
	"InvoiceLine/Item/CommodityClassification/ItemClassificationCode | " \
	"CreditNoteLine/Item/CommodityClassification/ItemClassificationCode"
#define ITEM_ID                                                             \
	"InvoiceLine/Item/StandardItemIdentification/ID | CreditNoteLine/Item/" \
	"StandardItemIdentification/ID"

#define UBL_MODEL(id, ...) RULE_ENTRY(id, FINDING_FATAL, RULE_UBL | RULE_MODEL, __VA_ARGS__)
#define MODEL_ONLY(id, ...) RULE_ENTRY(id, FINDING_FATAL, RULE_MODEL, __VA_ARGS__)

/* Business rules, UBL; the totals also of records. */
static const Rule ubl_model[] = {
	UBL_FATAL("BR-52", "AdditionalDocumentReference", "filled(ID)",
			  "an additional supporting document (BG-24) needs a reference (BT-122)"),
	UBL_FATAL("BR-63", "AccountingCustomerParty/Party/EndpointID", "exists(@schemeID)",
			  "the buyer's electronic address (BT-49) needs a scheme"),
	UBL_FATAL("BR-11", "AccountingCustomerParty/Party/PostalAddress",
			  "filled(Country/IdentificationCode)",
			  "the buyer's address (BG-8) needs a country code (BT-55)"),
	UBL_WARNING("BR-51", "PaymentMeans/CardAccount/PrimaryAccountNumberID", "length(trim(.)) <= 10",
				"of a payment card number (BT-87) only the first six and the last four digits may "
				"be shown"),
	UBL_FATAL("BR-57", "Delivery/DeliveryLocation/Address", "exists(Country/IdentificationCode)",
			  "a deliver-to address (BG-15) needs a country code (BT-80)"),
	UBL_FATAL("BR-31", ALLOWANCE, "exists(Amount)",
			  "a document level allowance (BG-20) needs an amount (BT-92)"),
	UBL_FATAL("BR-32", ALLOWANCE, VAT_CATEGORY,
			  "a document level allowance (BG-20) needs a VAT category code (BT-95)"),
	UBL_FATAL("BR-33", ALLOWANCE, REASON,
			  "a document level allowance (BG-20) needs a reason (BT-97) or a reason code (BT-98)"),
	UBL_FATAL("BR-CO-21", ALLOWANCE, REASON,
			  "a document level allowance needs a reason (BT-97) or a reason code (BT-98)"),
	UBL_FATAL("BR-DEC-01", ALLOWANCE, "decimals(2, Amount)",
			  "an allowance amount (BT-92) has at most two decimals"),
	UBL_FATAL("BR-DEC-02", ALLOWANCE, "decimals(2, BaseAmount)",
			  "an allowance base amount (BT-93) has at most two decimals"),
	UBL_FATAL("BR-36", CHARGE, "exists(Amount)",
			  "a document level charge (BG-21) needs an amount (BT-99)"),
	UBL_FATAL("BR-37", CHARGE, VAT_CATEGORY,
			  "a document level charge (BG-21) needs a VAT category code (BT-102)"),
	UBL_FATAL("BR-38", CHARGE, REASON,
			  "a document level charge (BG-21) needs a reason (BT-104) or a reason code (BT-105)"),
	UBL_FATAL("BR-CO-22", CHARGE, REASON,
			  "a document level charge needs a reason (BT-104) or a reason code (BT-105)"),
	UBL_FATAL("BR-DEC-05", CHARGE, "decimals(2, Amount)",
			  "a charge amount (BT-99) has at most two decimals"),
	UBL_FATAL("BR-DEC-06", CHARGE, "decimals(2, BaseAmount)",
			  "a charge base amount (BT-100) has at most two decimals"),
	UBL_FATAL("BR-12", "$totals", "exists($BT-106)",
			  "the invoice needs the sum of line net amounts (BT-106)"),
	UBL_FATAL("BR-13", "$totals", "exists($BT-109)",
			  "the invoice needs the total without VAT (BT-109)"),
	UBL_FATAL("BR-14", "$totals", "exists($BT-112)",
			  "the invoice needs the total with VAT (BT-112)"),
	UBL_FATAL("BR-15", "$totals", "exists($BT-115)", "the invoice needs the amount due (BT-115)"),
	UBL_FATAL("BR-CO-10", "$totals", "dec($BT-106) = round2(sum($lines-net))",
			  "the sum of line net amounts (BT-106) must be the sum of the lines' net amounts "
			  "(BT-131)"),
	/* a consumer's Finvoice has prices with VAT alone: then there is no net amount to add */
	MODEL_ONLY("BR-CO-10", "$totals",
			   "dec($BT-106) = round2(sum($lines-net)) or "
			   "exists(/bg_25[absent(bt_131) and exists(bt_129)])",
			   "the sum of line net amounts (BT-106) must be the sum of the lines' net amounts "
			   "(BT-131)"),
	UBL_MODEL("BR-CO-11", "$totals",
			  "dec($BT-107) = round2(sum($allowances/$allowance-amount)) or "
			  "absent($BT-107, $allowances)",
			  "the sum of allowances (BT-107) must be the sum of the document level allowances "
			  "(BT-92)"),
	UBL_MODEL("BR-CO-12", "$totals",
			  "dec($BT-108) = round2(sum($charges/$charge-amount)) or absent($BT-108, $charges)",
			  "the sum of charges (BT-108) must be the sum of the document level charges "
			  "(BT-99)"),
	/* with allowances or charges the right side is rounded, else it is taken as it stands */
	UBL_MODEL("BR-CO-13", "$totals",
			  "if(exists($BT-107, $BT-108), dec($BT-109) = round2(dec($BT-106) - "
			  "if(exists($BT-107), dec($BT-107), 0) + if(exists($BT-108), dec($BT-108), 0)), "
			  "dec($BT-109) = dec($BT-106))",
			  "the total without VAT (BT-109) must be BT-106 - BT-107 + BT-108"),
	UBL_MODEL("BR-CO-16", "$totals",
			  "if(exists($BT-114), round2(dec($BT-115) - dec($BT-114)) = "
			  "if(exists($BT-113), round2(dec($BT-112) - dec($BT-113)), dec($BT-112)), "
			  "dec($BT-115) = "
			  "if(exists($BT-113), round2(dec($BT-112) - dec($BT-113)), dec($BT-112)))",
			  "the amount due (BT-115) must be BT-112 - BT-113 + BT-114"),
	UBL_FATAL("BR-DEC-09", "$totals", "decimals(2, $BT-106)",
			  "the sum of line net amounts (BT-106) has at most two decimals"),
	UBL_FATAL("BR-DEC-10", "$totals", "decimals(2, $BT-107)",
			  "the sum of allowances (BT-107) has at most two decimals"),
	UBL_FATAL("BR-DEC-11", "$totals", "decimals(2, $BT-108)",
			  "the sum of charges (BT-108) has at most two decimals"),
	UBL_FATAL("BR-DEC-12", "$totals", "decimals(2, $BT-109)",
			  "the total without VAT (BT-109) has at most two decimals"),
	UBL_FATAL("BR-DEC-14", "$totals", "decimals(2, $BT-112)",
			  "the total with VAT (BT-112) has at most two decimals"),
	UBL_FATAL("BR-DEC-16", "$totals", "decimals(2, $BT-113)",
			  "the paid amount (BT-113) has at most two decimals"),
	UBL_FATAL("BR-DEC-17", "$totals", "decimals(2, $BT-114)",
			  "the rounding amount (BT-114) has at most two decimals"),
	UBL_FATAL("BR-DEC-18", "$totals", "decimals(2, $BT-115)",
			  "the amount due (BT-115) has at most two decimals"),
	UBL_FATAL("BR-01", "/", "filled(CustomizationID)",
			  "the invoice needs a specification identifier (BT-24)"),
	UBL_FATAL("BR-02", "/", "filled(ID)", "the invoice needs a number (BT-1)"),
	UBL_FATAL("BR-03", "/", "filled(IssueDate)", "the invoice needs an issue date (BT-2)"),
	UBL_FATAL("BR-04", "/", "filled(InvoiceTypeCode, CreditNoteTypeCode)",
			  "the invoice needs a type code (BT-3)"),
	UBL_FATAL("BR-05", "/", "filled(DocumentCurrencyCode)",
			  "the invoice needs a currency code (BT-5)"),
	UBL_FATAL("BR-06", "/",
			  "filled(AccountingSupplierParty/Party/PartyLegalEntity/RegistrationName)",
			  "the invoice needs the seller's name (BT-27)"),
	UBL_FATAL("BR-07", "/",
			  "filled(AccountingCustomerParty/Party/PartyLegalEntity/RegistrationName)",
			  "the invoice needs the buyer's name (BT-44)"),
	UBL_FATAL("BR-08", "/", "exists(AccountingSupplierParty/Party/PostalAddress)",
			  "the invoice needs the seller's postal address (BG-5)"),
	UBL_FATAL("BR-10", "/", "exists(AccountingCustomerParty/Party/PostalAddress)",
			  "the invoice needs the buyer's postal address (BG-8)"),
	UBL_FATAL("BR-16", "/", "exists($line)", "an invoice needs at least one line (BG-25)"),
	UBL_FATAL("BR-53", "/",
			  "absent(TaxCurrencyCode) or exists(//TaxTotal/TaxAmount[@currencyID = "
			  "/TaxCurrencyCode])",
			  "with a VAT accounting currency (BT-6) the invoice needs the VAT total in it "
			  "(BT-111)"),
	UBL_FATAL("BR-CO-03", "/", "not_both(TaxPointDate, InvoicePeriod/DescriptionCode)",
			  "give either a tax point date (BT-7) or a code for it (BT-8)"),
	UBL_FATAL("BR-CO-15", "/",
			  "absent(DocumentCurrencyCode) or (exactly(1, TaxTotal/TaxAmount[@currencyID = "
			  "/DocumentCurrencyCode]) and dec(LegalMonetaryTotal/$BT-112) = "
			  "round2(dec(LegalMonetaryTotal/$BT-109) + dec(TaxTotal/TaxAmount[@currencyID = "
			  "/DocumentCurrencyCode])))",
			  "the total with VAT (BT-112) must be the total without VAT (BT-109) plus the total "
			  "VAT amount (BT-110)"),
	UBL_FATAL("BR-CO-18", "/", "exists(TaxTotal/TaxSubtotal)",
			  "an invoice needs at least one VAT breakdown (BG-23)"),
	UBL_FATAL("BR-21", LINE, "filled(ID)", "an invoice line needs an identifier (BT-126)"),
	UBL_FATAL("BR-22", LINE, "exists(InvoicedQuantity, CreditedQuantity)",
			  "an invoice line needs a quantity (BT-129)"),
	UBL_FATAL("BR-23", LINE, "exists(InvoicedQuantity/@unitCode, CreditedQuantity/@unitCode)",
			  "the quantity of an invoice line needs a unit (BT-130)"),
	UBL_FATAL("BR-24", LINE, "exists(LineExtensionAmount)",
			  "an invoice line needs a net amount (BT-131)"),
	UBL_FATAL("BR-25", LINE, "filled(Item/Name)", "an invoice line needs an item name (BT-153)"),
	UBL_FATAL("BR-26", LINE, "exists(Price/PriceAmount)",
			  "an invoice line needs a net price (BT-146)"),
	UBL_FATAL("BR-27", LINE, "Price/PriceAmount >= 0",
			  "the net price of an item (BT-146) must not be negative"),
	UBL_FATAL("BR-28", LINE,
			  "Price/AllowanceCharge/BaseAmount >= 0 or absent(Price/AllowanceCharge/BaseAmount)",
			  "the gross price of an item (BT-148) must not be negative"),
	UBL_FATAL("BR-CO-04", LINE, "exists(Item/ClassifiedTaxCategory[$vat]/ID)",
			  "an invoice line needs a VAT category code (BT-151)"),
	UBL_FATAL("BR-DEC-23", LINE, "decimals(2, LineExtensionAmount)",
			  "the net amount of a line (BT-131) has at most two decimals"),
	UBL_FATAL("BR-41", LINE_ALLOWANCE, "exists(Amount)",
			  "a line allowance (BG-27) needs an amount (BT-136)"),
	UBL_FATAL("BR-42", LINE_ALLOWANCE, REASON,
			  "a line allowance (BG-27) needs a reason (BT-139) or a reason code (BT-140)"),
	UBL_FATAL("BR-CO-23", LINE_ALLOWANCE, REASON,
			  "a line allowance needs a reason (BT-139) or a reason code (BT-140)"),
	UBL_FATAL("BR-DEC-24", LINE_ALLOWANCE, "decimals(2, Amount)",
			  "a line allowance amount (BT-136) has at most two decimals"),
	UBL_FATAL("BR-DEC-25", LINE_ALLOWANCE, "decimals(2, BaseAmount)",
			  "a line allowance base amount (BT-137) has at most two decimals"),
	UBL_FATAL("BR-43", LINE_CHARGE, "exists(Amount)",
			  "a line charge (BG-28) needs an amount (BT-141)"),
	UBL_FATAL("BR-44", LINE_CHARGE, REASON,
			  "a line charge (BG-28) needs a reason (BT-144) or a reason code (BT-145)"),
	UBL_FATAL("BR-CO-24", LINE_CHARGE, REASON,
			  "a line charge needs a reason (BT-144) or a reason code (BT-145)"),
	UBL_FATAL("BR-DEC-27", LINE_CHARGE, "decimals(2, Amount)",
			  "a line charge amount (BT-141) has at most two decimals"),
	UBL_FATAL("BR-DEC-28", LINE_CHARGE, "decimals(2, BaseAmount)",
			  "a line charge base amount (BT-142) has at most two decimals"),
	UBL_FATAL("BR-30", LINE_PERIOD, "in_order(StartDate, EndDate)",
			  "a line period (BG-26) must not end (BT-135) before it begins (BT-134)"),
	UBL_FATAL("BR-CO-20", LINE_PERIOD, "exists(StartDate, EndDate)",
			  "a line period (BG-26) needs a start date (BT-134) or an end date (BT-135)"),
	UBL_FATAL("BR-29", "InvoicePeriod", "in_order(StartDate, EndDate)",
			  "an invoicing period (BG-14) must not end (BT-74) before it begins (BT-73)"),
	UBL_FATAL("BR-CO-19", "InvoicePeriod", "exists(StartDate, EndDate, DescriptionCode)",
			  "an invoicing period (BG-14) needs a start date (BT-73) or an end date (BT-74)"),
	UBL_FATAL("BR-54", "AdditionalItemProperty", "exists(Name) and exists(Value)",
			  "an item attribute (BG-32) needs a name (BT-160) and a value (BT-161)"),
	UBL_FATAL("BR-65", ITEM_CODE, "exists(@listID)",
			  "an item classification (BT-158) needs the identifier of its scheme"),
	UBL_FATAL("BR-64", ITEM_ID, "exists(@schemeID)",
			  "a standard item identifier (BT-157) needs a scheme"),
	UBL_FATAL("BR-CL-08", "/Note",
			  "not(contains(., '#')) or not(length(before(after(., '#'), '#')) = 3) or "
			  "code_part(untdid4451_note_subject, before(after(., '#'), '#'))",
			  "the subject code of a note (BT-21) must be one of UNTDID 4451"),
	UBL_FATAL("BR-17", "PayeeParty",
			  "exists(PartyName/Name) and not(PartyName/Name = "
			  "../AccountingSupplierParty/Party/PartyName/Name) and not(PartyIdentification/ID = "
			  "../AccountingSupplierParty/Party/PartyIdentification/ID)",
			  "a payee (BG-10) needs a name (BT-59) and is somebody else than the seller"),
	UBL_FATAL("BR-50",
			  "PaymentMeans[PaymentMeansCode = '30' or PaymentMeansCode = "
			  "'58']/PayeeFinancialAccount",
			  "filled(ID)", "a credit transfer (BG-17) needs an account (BT-84)"),
	UBL_FATAL("BR-49", "PaymentMeans", "exists(PaymentMeansCode)",
			  "payment instructions (BG-16) need a payment means code (BT-81)"),
	UBL_FATAL("BR-61", "PaymentMeans",
			  "(exists(PayeeFinancialAccount/ID) and (trim(PaymentMeansCode) = '30' or "
			  "trim(PaymentMeansCode) = '58')) or (trim(PaymentMeansCode) != '30' and "
			  "trim(PaymentMeansCode) != '58')",
			  "a credit transfer (BT-81 is 30 or 58) needs an account (BT-84)"),
	UBL_FATAL("BR-55", "BillingReference", "exists(InvoiceDocumentReference/ID)",
			  "a preceding invoice (BG-3) needs its number (BT-25)"),
	UBL_FATAL("BR-CO-26", "AccountingSupplierParty",
			  "exists(Party/PartyTaxScheme[$vat]/CompanyID, "
			  "Party/PartyIdentification/ID[not(@schemeID = 'SEPA')], "
			  "Party/PartyLegalEntity/CompanyID)",
			  "the seller needs an identifier (BT-29), a legal registration (BT-30) or a VAT "
			  "identifier (BT-31)"),
	UBL_FATAL("BR-62", "AccountingSupplierParty/Party/EndpointID", "exists(@schemeID)",
			  "the seller's electronic address (BT-34) needs a scheme"),
	UBL_FATAL("BR-09", "AccountingSupplierParty/Party/PostalAddress",
			  "filled(Country/IdentificationCode)",
			  "the seller's address (BG-5) needs a country code (BT-40)"),
	UBL_FATAL("BR-18", "TaxRepresentativeParty", "filled(PartyName/Name)",
			  "a tax representative (BG-11) needs a name (BT-62)"),
	UBL_FATAL("BR-19", "TaxRepresentativeParty", "exists(PostalAddress)",
			  "a tax representative (BG-11) needs an address (BG-12)"),
	UBL_FATAL("BR-56", "TaxRepresentativeParty", "exists(PartyTaxScheme[$vat]/CompanyID)",
			  "a tax representative (BG-11) needs a VAT identifier (BT-63)"),
	UBL_FATAL("BR-20", "TaxRepresentativeParty/PostalAddress", "filled(Country/IdentificationCode)",
			  "the tax representative's address (BG-12) needs a country code (BT-69)"),
	UBL_FATAL("BR-CO-14", "/TaxTotal",
			  "dec(TaxAmount) = round2(sum(TaxSubtotal/TaxAmount)) or absent(TaxSubtotal)",
			  "the total VAT amount (BT-110) must be the sum of the VAT category tax amounts "
			  "(BT-117)"),
	UBL_FATAL("BR-45", "$breakdown", "exists($BT-116)",
			  "a VAT breakdown (BG-23) needs a taxable amount (BT-116)"),
	UBL_FATAL("BR-46", "$breakdown", "exists($BT-117)",
			  "a VAT breakdown (BG-23) needs a tax amount (BT-117)"),
	UBL_FATAL("BR-47", "$breakdown", VAT_CATEGORY,
			  "a VAT breakdown (BG-23) needs a category code (BT-118)"),
	UBL_FATAL("BR-48", "$breakdown",
			  "exists(TaxCategory[$vat]/Percent) or any(TaxCategory[$vat], trim(ID) = 'O')",
			  "a VAT breakdown (BG-23) needs a rate (BT-119), unless it is not subject to VAT"),
	UBL_FATAL("BR-CO-17", "$breakdown",
			  "if(exists($category-rate), if(round(dec($category-rate)) = 0, "
			  "round(dec($BT-117)) = 0, within(1, abs(dec($BT-117)), "
			  "round2(abs(dec($BT-116)) * dec($category-rate) * 0.01))), "
			  "round(dec($BT-117)) = 0)",
			  "the tax amount (BT-117) must be the taxable amount (BT-116) times the rate "
			  "(BT-119), rounded"),
	UBL_FATAL("BR-DEC-19", "$breakdown", "decimals(2, $BT-116)",
			  "a taxable amount (BT-116) has at most two decimals"),
	UBL_FATAL("BR-DEC-20", "$breakdown", "decimals(2, $BT-117)",
			  "a tax amount (BT-117) has at most two decimals"),
	UBL_FATAL("BR-CO-09", "PartyTaxScheme[$vat]",
			  "code_part(vat_id_country_prefix, sub(CompanyID, 1, 2))",
			  "a VAT identifier begins with the country code of ISO 3166-1, EL for Greece"),
};

/* Arithmetic of records, whose tax total has no element of its own. */
static const Rule model[] = {
	MODEL_ONLY("BR-CO-14", "/", "dec(bt_110) = round2(sum(bg_23/bt_117)) or absent(bg_23)",
			   "the total VAT amount (BT-110) must be the sum of the VAT category tax amounts "
			   "(BT-117)"),
	MODEL_ONLY("BR-CO-15", "/", "absent(bt_5) or dec(bt_112) = round2(dec(bt_109) + dec(bt_110))",
			   "the total with VAT (BT-112) must be the total without VAT (BT-109) plus the total "
			   "VAT amount (BT-110)"),
	MODEL_ONLY("BR-CO-17", "/bg_23",
			   "if(round(dec(bt_119)) = 0, round(dec(bt_117)) = 0, within(1, abs(dec(bt_117)), "
			   "round2(abs(dec(bt_116)) * dec(bt_119) * 0.01)))",
			   "the tax amount (BT-117) must be the taxable amount (BT-116) times the rate "
			   "(BT-119), rounded"),
};

static const RulePattern patterns[] = {
	PATTERN(NULL, notes),
	PATTERN(NULL, ubl_model),
	PATTERN(NULL, model),
	{NULL, rules_en16931_vat, 0},
	{NULL, rules_en16931_ubl, 0},
	{NULL, rules_en16931_ubl_codes, 0},
	{NULL, rules_en16931_cii, 0},
	{NULL, rules_en16931_cii_elements, 0},
	{NULL, rules_en16931_cii_codes, 0},
};

const RuleSet rules_en16931 = {
	.name = "en16931",
	.version = "1.3.16",
	.valid_from = "2026-04-10",
	.patterns = patterns,
	.pattern_count = (int) (sizeof(patterns) / sizeof(*patterns)),
};
