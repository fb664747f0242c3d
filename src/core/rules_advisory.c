/*
 * rules_advisory.c: the advisory layer: its tables, and the rules in it that have a condition.
 */
#include "core/rules_advisory.h"

#include <stdio.h>
#include <string.h>

#define CONTEXT(path) {NULL, path, false, false},
#define UNUSED(id, path) {id, path, false, false},
#define LINE_UNUSED(id, path) {id, path, true, false},
#define ALLOWED(id, path) {id, path, false, true},

static const AdvisoryRule ubl_table[] = {
#include "core/advisory_ubl.def"
};

static const AdvisoryRule cii_table[] = {
#include "core/advisory_cii.def"
};

#undef CONTEXT
#undef UNUSED
#undef LINE_UNUSED
#undef ALLOWED

const AdvisoryRule *
rules_advisory_table(uint8_t syntax, int *count)
{
	if (syntax == RULE_UBL)
	{
		*count = (int) (sizeof(ubl_table) / sizeof(*ubl_table));
		return ubl_table;
	}
	*count = syntax == RULE_CII ? (int) (sizeof(cii_table) / sizeof(*cii_table)) : 0;
	return syntax == RULE_CII ? cii_table : NULL;
}

bool
rules_advisory_wanted(const char *profile)
{
	return profile != NULL && strcmp(profile + strcspn(profile, "+"), "+advisory") == 0;
}

void
rules_advisory_text(const AdvisoryRule *rule, char *out, size_t size)
{
	const char *path = rule->path + strspn(rule->path, "/");
	const char *mark = strchr(path, '@');
	int above = mark == NULL || mark == path ? 0 : (int) (mark - path) - 1;

	if (mark == NULL)
		snprintf(out, size, "the element %s%s is not part of the core invoice model", path,
				 rule->line ? " of a line" : "");
	else
		snprintf(out, size, "the attribute %s%s%.*s is not part of the core invoice model",
				 mark + 1, above > 0 ? " of " : "", above, path);
}

/* -- with a condition ------------------------------------------------------------------------- */

#define TRADE "/SupplyChainTradeTransaction/"
#define LINE TRADE "IncludedSupplyChainTradeLineItem/"
#define AGREEMENT TRADE "ApplicableHeaderTradeAgreement"
#define SETTLEMENT TRADE "ApplicableHeaderTradeSettlement"
#define DISCOUNT "GrossPriceProductTradePrice/AppliedTradeAllowanceCharge/"
#define OF_TYPE(code) "AdditionalReferencedDocument[trim(TypeCode) = '" code "']"
#define TAX "//%TradeTax"

#define ONCE(id, context, what, text) CII_WARNING(id, context, "at_most(1, " what ")", text)
#define EITHER(id, context, party, who)                                            \
	CII_WARNING(id, context, "absent(" party "/ID) or absent(" party "/GlobalID)", \
				who " has one identifier, with a scheme or without")

static const Rule conditions[] = {
	UBL_WARNING("UBL-CR-002", "/", "absent(UBLVersionID) or UBLVersionID = '2.1'",
				"if the version of UBL is named, it is 2.1"),
	UBL_WARNING("UBL-CR-412", "/", "absent(PaymentMeans/PaymentDueDate) or root_is('CreditNote')",
				"the due date (BT-9) of an invoice stands in DueDate, not in PaymentMeans"),
	UBL_WARNING("UBL-CR-665", "/",
				"absent(//AdditionalDocumentReference[DocumentTypeCode != '130' or "
				"absent(DocumentTypeCode)]/ID/@schemeID)",
				"only the reference to an invoiced object (BT-18) has a scheme"),
	ONCE("CII-SR-003", "/ExchangedDocumentContext",
		 "BusinessProcessSpecifiedDocumentContextParameter",
		 "an invoice has at most one business process type (BT-23)"),
	ONCE("CII-SR-030", "/ExchangedDocument/IncludedNote", "Content", "a note (BG-1) has one text"),
	ONCE("CII-SR-039", LINE "AssociatedDocumentLineDocument", "IncludedNote",
		 "a line has at most one note (BT-127)"),
	ONCE("CII-SR-040", LINE "AssociatedDocumentLineDocument", "IncludedNote/Content",
		 "a line has at most one note (BT-127)"),
	CII_WARNING("CII-SR-119", LINE "SpecifiedLineTradeAgreement",
				"any(" DISCOUNT "ChargeIndicator, Indicator = false) and exists(" DISCOUNT
				"ActualAmount) or absent(" DISCOUNT "ChargeIndicator, " DISCOUNT "ActualAmount)",
				"a discount of the price (BT-147) has the indicator false and an amount"),
	CII_WARNING("CII-SR-454", LINE "SpecifiedLineTradeSettlement", "exactly(1, ApplicableTradeTax)",
				"a line has one VAT category (BG-30)"),
	ONCE("CII-SR-474", LINE "SpecifiedLineTradeSettlement", OF_TYPE("130"),
		 "a line has at most one invoiced object (BT-128)"),
	EITHER("CII-SR-450", AGREEMENT, "BuyerTradeParty", "the buyer"),
	ONCE("CII-SR-457", AGREEMENT, "AdditionalReferencedDocument[TypeCode = '50']",
		 "an invoice has at most one tender or lot (BT-17)"),
	ONCE("CII-SR-458", AGREEMENT, "AdditionalReferencedDocument[TypeCode = '130']",
		 "an invoice has at most one invoiced object (BT-18)"),
	CII_WARNING("CII-SR-465", AGREEMENT,
				"not_both(SellerTradeParty/DefinedTradeContact/PersonName, "
				"SellerTradeParty/DefinedTradeContact/DepartmentName)",
				"the contact of the seller (BT-41) is a person or a department"),
	CII_WARNING("CII-SR-466", AGREEMENT,
				"not_both(BuyerTradeParty/DefinedTradeContact/PersonName, "
				"BuyerTradeParty/DefinedTradeContact/DepartmentName)",
				"the contact of the buyer (BT-56) is a person or a department"),
	ONCE("CII-SR-475", AGREEMENT, OF_TYPE("916") "/Name",
		 "an invoice has at most one description of a supporting document (BT-123)"),
	ONCE("CII-SR-476", AGREEMENT, OF_TYPE("916") "/AttachmentBinaryObject",
		 "an invoice has at most one attached document (BT-125)"),
	EITHER("CII-SR-449", TRADE "ApplicableHeaderTradeDelivery", "ShipToTradeParty",
		   "the place of delivery"),
	EITHER("CII-SR-451", SETTLEMENT, "PayeeTradeParty", "the payee"),
	ONCE("CII-SR-452", SETTLEMENT, "SpecifiedTradePaymentTerms",
		 "an invoice has at most one set of payment terms"),
	ONCE("CII-SR-453", SETTLEMENT, "SpecifiedTradePaymentTerms/Description",
		 "an invoice has at most one text of payment terms (BT-20)"),
	CII_WARNING("CII-DT-041", TAX, "absent(BasisAmount) or inside(ApplicableHeaderTradeSettlement)",
				"a taxable amount (BT-116) stands in the header only"),
	CII_WARNING("CII-DT-052", TAX, "absent(ExemptionReasonCode) or self_is(ApplicableTradeTax)",
				"an exemption code (BT-121) is not for the VAT of an allowance or charge"),
	CII_WARNING("CII-DT-098", TAX, "absent(ExemptionReason) or self_is(ApplicableTradeTax)",
				"an exemption reason (BT-120) is not for the VAT of an allowance or charge"),
	CII_WARNING("CII-DT-054", TAX,
				"absent(TaxPointDate) or inside(ApplicableHeaderTradeSettlement)",
				"a tax point date (BT-7) stands in the header only"),
	CII_WARNING("CII-DT-058", TAX,
				"absent(DueDateTypeCode) or inside(ApplicableHeaderTradeSettlement)",
				"a tax point date code (BT-8) stands in the header only"),
};

static const RulePattern patterns[] = {PATTERN(NULL, conditions)};

const RuleSet rules_advisory = {
	.name = "advisory",
	.version = "1.3.16",
	.valid_from = "2026-04-10",
	.detect = "false",
	.patterns = patterns,
	.pattern_count = sizeof(patterns) / sizeof(*patterns),
};
