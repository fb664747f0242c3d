/*
 * rules_syntax.c: UBL, CII and the canonical invoice as the rules see them.
 */
#include "core/rules_syntax.h"

#include <string.h>

/* UBL's aggregates among the names that rules mention; all others are basic components. */
static const char ubl_aggregates[] =
	" AccountingContact AccountingCustomerParty AccountingSupplierParty"
	" AdditionalDocumentReference AdditionalItemIdentification AdditionalItemProperty Address"
	" AddressLine AgentParty AllowanceCharge AlternativeDeliveryLocation Attachment"
	" BillingReference BillingReferenceLine BuyerContact BuyerCustomerParty"
	" BuyersItemIdentification CardAccount CarrierParty CatalogueDocumentReference"
	" CatalogueItemIdentification Certificate ClassifiedTaxCategory Clause"
	" CommodityClassification Contact ContractDocumentReference CorporateRegistrationScheme"
	" Country CreditAccount CreditNoteDocumentReference CreditNoteLine"
	" DebitNoteDocumentReference Delivery DeliveryAddress DeliveryContact DeliveryLocation"
	" DeliveryParty DeliveryTerms Despatch DespatchContact DespatchDocumentReference"
	" DespatchLineReference Dimension DocumentReference EstimatedDeliveryPeriod ExchangeRate"
	" ExternalReference FinancialAccount FinancialInstitution FinancialInstitutionBranch"
	" HazardousItem HeadOfficeParty InformationContentProviderParty InvoiceDocumentReference"
	" InvoiceLine InvoicePeriod IssuerParty Item ItemInstance ItemPriceExtension"
	" ItemPropertyGroup ItemPropertyRange ItemSpecificationDocumentReference"
	" JurisdictionRegionAddress Language LegalMonetaryTotal LocationCoordinate"
	" ManufacturerParty ManufacturersItemIdentification MaximumDeliveryUnit"
	" MeasurementDimension MinimumDeliveryUnit NotifyParty OrderLineReference OrderReference"
	" OriginAddress OriginCountry OriginatorDocumentReference OriginatorParty"
	" OtherCommunication Party PartyIdentification PartyLegalEntity PartyName PartyTaxScheme"
	" PayeeFinancialAccount PayeeParty PayerFinancialAccount PayerParty"
	" PaymentAlternativeExchangeRate PaymentExchangeRate PaymentMandate PaymentMeans"
	" PaymentReversalPeriod PaymentTerms PenaltyPeriod Person PhysicalAttribute"
	" PhysicalLocation PostalAddress PowerOfAttorney PrepaidPayment Price PricingExchangeRate"
	" PricingReference ProjectReference RangeDimension ReceiptDocumentReference"
	" ReceiptLineReference RegistrationAddress ReminderDocumentReference"
	" RequestedDeliveryPeriod ResultOfVerification SelfBilledCreditNoteDocumentReference"
	" SelfBilledInvoiceDocumentReference SellerContact SellerSupplierParty"
	" SellersItemIdentification ServiceProviderParty SettlementPeriod ShareholderParty"
	" Shipment Signature StandardItemIdentification StatementDocumentReference SubInvoiceLine"
	" SubsidiaryLocation TaxCategory TaxExchangeRate TaxRepresentativeParty TaxScheme"
	" TaxSubtotal TaxTotal TradeFinancing TransactionConditions UsabilityPeriod"
	" ValidityPeriod WithholdingTaxTotal WorkPhaseReference"
	" ";

static const RuleNamespace ubl_spaces[] = {
	{"cac", "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
	 ubl_aggregates},
	{"ext", "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2",
	 " UBLExtensions UBLExtension ExtensionContent "},
	{"cbc", "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2", NULL},
	{NULL, NULL, NULL},
};

static const RuleNamespace cii_spaces[] = {
	{"rsm", "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
	 " CrossIndustryInvoice ExchangedDocumentContext ExchangedDocument "
	 "SupplyChainTradeTransaction "},
	{"udt", "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
	 " Indicator IndicatorString DateTimeString DateTime DateString Date "},
	{"qdt", "urn:un:unece:uncefact:data:standard:QualifiedDataType:100", " "},
	{"ram", "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
	 NULL},
	{NULL, NULL, NULL},
};

static const RuleSyntaxInfo ubl = {RULE_UBL, ubl_spaces, NULL, " InvoiceLine CreditNoteLine ",
								   false,	 false};
static const RuleSyntaxInfo cii = {
	RULE_CII, cii_spaces, "SupplyChainTradeTransaction", " IncludedSupplyChainTradeLineItem ",
	true,	  false};
const RuleSyntaxInfo rules_syntax_model = {RULE_MODEL, NULL, NULL, " bg_25 ", true, true};

static const RuleSlot slots[] = {
#define SLOT(name, ubl, cii, model) {name, ubl, cii, model},
#include "core/rules_slots.def"
#undef SLOT
};

const RuleSyntaxInfo *
rules_syntax(const char *format)
{
	if (strcmp(format, "ubl-invoice") == 0 || strcmp(format, "ubl-creditnote") == 0)
		return &ubl;
	return strcmp(format, "cii") == 0 ? &cii : NULL;
}

const char *
rules_slot(const RuleSyntaxInfo *syntax, const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(slots) / sizeof(*slots); i++)
		if (strlen(slots[i].name) == length && memcmp(slots[i].name, name, length) == 0)
			return syntax->bit == RULE_UBL	 ? slots[i].ubl
				   : syntax->bit == RULE_CII ? slots[i].cii
											 : slots[i].model;
	return NULL;
}
