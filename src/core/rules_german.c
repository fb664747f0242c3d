/*
 * rules_german.c: slots of the German rules, and Peppol's rules between German parties, release of
 * May 2026.
 */
#include "core/rules_german.h"

#define TRADE "SupplyChainTradeTransaction/"
#define AGREEMENT TRADE "ApplicableHeaderTradeAgreement/"
#define SETTLEMENT TRADE "ApplicableHeaderTradeSettlement/"
#define MANDATE "/" SETTLEMENT "SpecifiedTradePaymentTerms/DirectDebitMandateID"
#define CREDITOR "/" SETTLEMENT "CreditorReferenceID"
#define DEBTOR "PayerPartyDebtorFinancialAccount/IBANID"
#define ANY_DEBTOR "/" SETTLEMENT "SpecifiedTradeSettlementPaymentMeans/" DEBTOR
#define TAXED "matches(., 'S|Z|E|AE|K|G|L|M')"
#define LINE_TAX                                                               \
	"/" TRADE "IncludedSupplyChainTradeLineItem/SpecifiedLineTradeSettlement/" \
	"ApplicableTradeTax"
#define UBL_TAXED                                                          \
	"any(/AllowanceCharge[ChargeIndicator = 'false' or ChargeIndicator = " \
	"'true']/TaxCategory/ID, " TAXED                                       \
	") or any(/(InvoiceLine|CreditNoteLine)/Item/ClassifiedTaxCategory/ID, " TAXED ")"

/* clang-format off */
const RuleSlot rules_german_slots[GERMAN_SLOT_COUNT] = {
	{"de-specification", "/CustomizationID",
	 "/ExchangedDocumentContext/GuidelineSpecifiedDocumentContextParameter/ID", NULL},
	{"de-payment-means", "/PaymentMeans", "/" SETTLEMENT "SpecifiedTradeSettlementPaymentMeans", NULL},
	{"de-means-code", "PaymentMeansCode", "TypeCode", NULL},
	{"de-credit-transfer", "PayeeFinancialAccount", "PayeePartyCreditorFinancialAccount", NULL},
	{"de-credit-account", "PayeeFinancialAccount/ID", "PayeePartyCreditorFinancialAccount/IBANID", NULL},
	{"de-card", "CardAccount", "ApplicableTradeSettlementFinancialCard", NULL},
	{"de-debit", "exists(PaymentMandate)", "exists(" MANDATE ", " CREDITOR ", " DEBTOR ")", NULL},
	{"de-debit-account", "PaymentMandate/PayerFinancialAccount/ID", DEBTOR, NULL},
	{"de-only-debit", "absent(PayeeFinancialAccount, CardAccount)",
	 "absent(PayeePartyCreditorFinancialAccount, PayeeSpecifiedCreditorFinancialInstitution, "
	 "PayerSpecifiedDebtorFinancialInstitution, ApplicableTradeSettlementFinancialCard)", NULL},
	{"de-creditor-known",
	 "absent(PaymentMeans/PaymentMandate) or "
	 "exists(AccountingSupplierParty/Party/PartyIdentification/ID[@schemeID = 'SEPA'], "
	 "PayeeParty/PartyIdentification/ID[@schemeID = 'SEPA'])",
	 "absent(" MANDATE ", " CREDITOR ", " ANY_DEBTOR ") or "
	 "(exists(" MANDATE ", " ANY_DEBTOR ") and exists(" CREDITOR "))", NULL},
	{"de-debtor-known",
	 "absent(PaymentMeans/PaymentMandate) or "
	 "exists(PaymentMeans/PaymentMandate/PayerFinancialAccount/ID)",
	 "absent(" MANDATE ", " CREDITOR ", " ANY_DEBTOR ") or "
	 "(exists(" MANDATE ", " CREDITOR ") and exists(" ANY_DEBTOR "))", NULL},
	{"de-payment-terms", "PaymentTerms/Note[1]", SETTLEMENT "SpecifiedTradePaymentTerms/Description[1]", NULL},
	{"de-buyer-reference", "BuyerReference", AGREEMENT "BuyerReference", NULL},
	{"de-type-code", "(InvoiceTypeCode|CreditNoteTypeCode)", "ExchangedDocument/TypeCode", NULL},
	{"de-preceding-invoice", "BillingReference/InvoiceDocumentReference", SETTLEMENT "InvoiceReferencedDocument", NULL},
	{"de-file-name", "AdditionalDocumentReference/Attachment/EmbeddedDocumentBinaryObject/@filename",
	 AGREEMENT "AdditionalReferencedDocument/AttachmentBinaryObject/@filename", NULL},
	{"de-taxed", UBL_TAXED,
	 "(any(" LINE_TAX "/TypeCode, . = 'VAT') and any(" LINE_TAX "/CategoryCode, " TAXED "))", NULL},
	{"de-seller-tax-known",
	 "exists(TaxRepresentativeParty) or any(AccountingSupplierParty/Party/PartyTaxScheme/CompanyID, filled(.))",
	 "exists(" AGREEMENT "SellerTaxRepresentativeTradeParty) or "
	 "any(" AGREEMENT "SellerTradeParty/SpecifiedTaxRegistration/ID"
	 "[trim(@schemeID) = 'VA' or trim(@schemeID) = 'FC'], filled(.))", NULL},
	{"de-external-document", "/AdditionalDocumentReference/Attachment/ExternalReference",
	 "/" AGREEMENT "AdditionalReferencedDocument[TypeCode = '916']", NULL},
	{"de-address", "URI", "URIID", NULL},
	{"de-no-address", "false", "absent(URIID)", NULL},
	{"de-seller", "/AccountingSupplierParty", "/" AGREEMENT "SellerTradeParty", NULL},
	{"de-contact", "Party/Contact", "DefinedTradeContact", NULL},
	{"de-seller-address", "/AccountingSupplierParty/Party/PostalAddress",
	 "/" AGREEMENT "SellerTradeParty/PostalTradeAddress", NULL},
	{"de-seller-contact", "/AccountingSupplierParty/Party/Contact",
	 "/" AGREEMENT "SellerTradeParty/DefinedTradeContact", NULL},
	{"de-contact-name", "cbc:Name", "(PersonName|DepartmentName)", NULL},
	{"de-telephone", "Telephone", "TelephoneUniversalCommunication/CompleteNumber", NULL},
	{"de-mail", "ElectronicMail", "EmailURIUniversalCommunication/URIID", NULL},
	{"de-post-code", "PostalZone", "PostcodeCode", NULL},
	{"de-buyer-address", "/AccountingCustomerParty/Party/PostalAddress",
	 "/" AGREEMENT "BuyerTradeParty/PostalTradeAddress", NULL},
	{"de-delivery-address", "/Delivery/DeliveryLocation/Address",
	 "/" TRADE "ApplicableHeaderTradeDelivery/ShipToTradeParty/PostalTradeAddress", NULL},
	{"de-breakdown", "/TaxTotal/TaxSubtotal", "/" SETTLEMENT "ApplicableTradeTax", NULL},
	{"de-rate", "TaxCategory/Percent", "RateApplicablePercent", NULL},
};
/* clang-format on */

#define GERMAN_FATAL(peppol, xrechnung, ...) UBL_FATAL(peppol, __VA_ARGS__)
#define GERMAN_WARNING(peppol, xrechnung, ...) UBL_WARNING(peppol, __VA_ARGS__)

static const Rule germany[] = {
#include "core/rules_german.def"
};

static const RulePattern patterns[] = {
	PATTERN(BOTH_GERMAN, germany),
};

const RuleSet rules_peppol_german = {
	.name = "peppol",
	.version = "2026.5",
	.valid_from = "2026-05-18",
	.detect = PEPPOL_DETECT,
	.patterns = patterns,
	.pattern_count = (int) (sizeof(patterns) / sizeof(*patterns)),
	.slots = rules_german_slots,
	.slot_count = GERMAN_SLOT_COUNT,
	.checks = rules_peppol_checks,
	.check_count = PEPPOL_CHECK_COUNT,
};
