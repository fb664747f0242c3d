/*
 * cii_write.c: UN/CEFACT Cross Industry Invoice D16B.
 *
 * Lines stand before the header.  What D16B demands and EN 16931 lacks: a project's name is
 * "Project reference", a gross price (net price plus discount) above a discount; a draft does
 * without the latter.  D16B takes one preceding invoice, later releases several; all are written.
 * Binding: EN 16931-3-3.
 */
#include "core/invoice_write.h"

#include "core/decimal.h"

#include <string.h>

enum
{
	FIRST_MEANS = 1,
	IBAN = 2,
	PROPRIETARY = 4,
	FIRST_TAX = 8 /* the first breakdown carries the tax point date, which an invoice has once */
};

#define ID_OF(name, term) STEP_OPEN(name), STEP_TEXT("ram:ID", term), STEP_END
#define ASSIGNED(name, term) STEP_OPEN(name), STEP_TEXT("ram:IssuerAssignedID", term), STEP_END
#define DATE(name, term)                                                 \
	STEP_OPEN(name), STEP_TEXT_AS("udt:DateTimeString", term, put_date), \
		STEP_MARK("format=\"102\""), STEP_END
#define INDICATOR(value)                                    \
	STEP_FIXED("<ram:ChargeIndicator><udt:Indicator>" value \
			   "</udt:Indicator></ram:ChargeIndicator>")
#define VAT STEP_FIXED("<ram:TypeCode>VAT</ram:TypeCode>")
#define ADDRESS(line_1, line_2, line_3, city, post_code, subdivision, country)                     \
	STEP_OPEN("ram:PostalTradeAddress"), STEP_TEXT("ram:PostcodeCode", post_code),                 \
		STEP_TEXT("ram:LineOne", line_1), STEP_TEXT("ram:LineTwo", line_2),                        \
		STEP_TEXT("ram:LineThree", line_3), STEP_TEXT("ram:CityName", city),                       \
		STEP_TEXT("ram:CountryID", country), STEP_TEXT("ram:CountrySubDivisionName", subdivision), \
		STEP_END
#define LEGAL(id, trading_name)                                                                 \
	STEP_OPEN("ram:SpecifiedLegalOrganization"), STEP_TEXT("ram:ID", id),                       \
		STEP_ATTRIBUTE("schemeID", id##_1), STEP_TEXT("ram:TradingBusinessName", trading_name), \
		STEP_END
#define CONTACT(name, telephone, email)                                                           \
	STEP_OPEN("ram:DefinedTradeContact"), STEP_TEXT("ram:PersonName", name),                      \
		STEP_OPEN("ram:TelephoneUniversalCommunication"),                                         \
		STEP_TEXT("ram:CompleteNumber", telephone), STEP_END,                                     \
		STEP_OPEN("ram:EmailURIUniversalCommunication"), STEP_TEXT("ram:URIID", email), STEP_END, \
		STEP_END
#define ENDPOINT(term)                                                        \
	STEP_OPEN("ram:URIUniversalCommunication"), STEP_TEXT("ram:URIID", term), \
		STEP_ATTRIBUTE("schemeID", term##_1), STEP_END
#define REGISTRATION(term, scheme)                                        \
	STEP_OPEN("ram:SpecifiedTaxRegistration"), STEP_TEXT("ram:ID", term), \
		STEP_MARK("schemeID=\"" scheme "\""), STEP_END
#define ADJUSTMENT(group, indicator, percent, base, amount, reason_code, reason)          \
	STEP_EACH(group, "ram:SpecifiedTradeAllowanceCharge"), INDICATOR(indicator),          \
		STEP_TEXT("ram:CalculationPercent", percent), STEP_TEXT("ram:BasisAmount", base), \
		STEP_TEXT("ram:ActualAmount", amount), STEP_TEXT("ram:ReasonCode", reason_code),  \
		STEP_TEXT("ram:Reason", reason)

/* An identifier with a scheme is a GlobalID. */
#define ID_FUNCTION(function, term)                                                          \
	static void function(InvoiceWriter *writer)                                              \
	{                                                                                        \
		static const WriteStep plain[] = {STEP_TEXT("ram:ID", term), STEPS_END};             \
		static const WriteStep global[] = {STEP_TEXT("ram:GlobalID", term),                  \
										   STEP_ATTRIBUTE("schemeID", term##_1), STEPS_END}; \
                                                                                             \
		write_steps(writer, write_has(writer, TERM_##term##_1) ? global : plain);            \
	}
/* Something of the element is there. */
#define TEST_FUNCTION(function, term, other)                                      \
	static bool function(const InvoiceWriter *writer)                             \
	{                                                                             \
		return write_has(writer, TERM_##term) || write_has(writer, TERM_##other); \
	}

ID_FUNCTION(write_buyer_id, BT_46)
ID_FUNCTION(write_delivery_id, BT_71)
ID_FUNCTION(write_payee_id, BT_60)
TEST_FUNCTION(has_line_tax, BT_151, BT_152)
TEST_FUNCTION(has_allowance_tax, BT_95, BT_96)
TEST_FUNCTION(has_charge_tax, BT_102, BT_103)
TEST_FUNCTION(has_discount, BT_147, BT_147)

static bool
always(const InvoiceWriter *writer)
{
	(void) writer;
	return true;
}

/* 2026-10-31 as 20261031; what is no such date stays as it is. */
static void
put_date(InvoiceWriter *writer, InvoiceTerm term, Slice value)
{
	(void) term;
	if (value.length != 10 || value.bytes[4] != '-' || value.bytes[7] != '-')
	{
		write_escaped(writer, value);
		return;
	}
	write_escaped(writer, (Slice){value.bytes, 4});
	write_escaped(writer, (Slice){value.bytes + 5, 2});
	write_escaped(writer, (Slice){value.bytes + 8, 2});
}

/* UNTDID 2005 as UNTDID 2475. */
static void
put_tax_point_code(InvoiceWriter *writer, InvoiceTerm term, Slice value)
{
	if (write_value_is(writer, term, "3"))
		value = (Slice){"5", 1};
	else if (write_value_is(writer, term, "35"))
		value = (Slice){"29", 2};
	else if (write_value_is(writer, term, "432"))
		value = (Slice){"72", 2};
	write_escaped(writer, value);
}

/* Those without a scheme come first. */
static void
write_seller_ids(InvoiceWriter *writer)
{
	static const WriteStep plain[] = {STEP_TEXT("ram:ID", BT_29), STEPS_END};
	static const WriteStep global[] = {STEP_TEXT("ram:GlobalID", BT_29),
									   STEP_ATTRIBUTE("schemeID", BT_29_1), STEPS_END};
	const InvoiceRows *ids = &writer->content.groups[INVOICE_SELLER_ID];

	for (int with_scheme = 0; with_scheme < 2; with_scheme++)
		for (size_t row = 0; row < ids->count; row++)
		{
			const Slice *id = invoice_content_row(&writer->content, INVOICE_SELLER_ID, row);

			if ((id[1].length > 0) == (with_scheme != 0))
				write_steps_with(writer, INVOICE_SELLER_ID, id, with_scheme ? global : plain);
		}
}

/* Two letters and two digits in front, and no other signs behind. */
static bool
looks_like_iban(Slice account)
{
	if (account.length < 15 || account.length > 34)
		return false;
	for (size_t i = 0; i < account.length; i++)
	{
		char c = account.bytes[i];
		bool digit = c >= '0' && c <= '9', letter = c >= 'A' && c <= 'Z';

		if (i < 2 ? !letter : i < 4 ? !digit : !digit && !letter)
			return false;
	}
	return true;
}

/* One for each account (BG-17), or one without. */
static void
write_means(InvoiceWriter *writer)
{
	static const WriteStep means[] = {
		STEP_OPEN("ram:SpecifiedTradeSettlementPaymentMeans"),
		STEP_TEXT("ram:TypeCode", BT_81),
		STEP_TEXT("ram:Information", BT_82),
		STEP_OPEN_FOR(FIRST_MEANS, "ram:ApplicableTradeSettlementFinancialCard"),
		STEP_TEXT("ram:ID", BT_87),
		STEP_TEXT("ram:CardholderName", BT_88),
		STEP_END,
		STEP_OPEN_FOR(FIRST_MEANS, "ram:PayerPartyDebtorFinancialAccount"),
		STEP_TEXT("ram:IBANID", BT_91),
		STEP_END,
		STEP_OPEN("ram:PayeePartyCreditorFinancialAccount"),
		STEP_TEXT_FOR(IBAN, "ram:IBANID", BT_84),
		STEP_TEXT("ram:AccountName", BT_85),
		STEP_TEXT_FOR(PROPRIETARY, "ram:ProprietaryID", BT_84),
		STEP_END,
		STEP_OPEN("ram:PayeeSpecifiedCreditorFinancialInstitution"),
		STEP_TEXT("ram:BICID", BT_86),
		STEP_END,
		STEP_END,
		STEPS_END};
	size_t count = writer->content.groups[INVOICE_ACCOUNT].count;

	writer->variant = FIRST_MEANS;
	if (count == 0)
		write_steps(writer, means);
	for (size_t row = 0; row < count; row++)
	{
		const Slice *account = invoice_content_row(&writer->content, INVOICE_ACCOUNT, row);

		writer->variant |= looks_like_iban(account[0]) ? IBAN : PROPRIETARY;
		write_steps_with(writer, INVOICE_ACCOUNT, account, means);
		writer->variant = 0;
	}
}

static void
write_taxes(InvoiceWriter *writer)
{
	static const WriteStep tax[] = {STEP_OPEN("ram:ApplicableTradeTax"),
									STEP_TEXT("ram:CalculatedAmount", BT_117),
									VAT,
									STEP_TEXT("ram:ExemptionReason", BT_120),
									STEP_TEXT("ram:BasisAmount", BT_116),
									STEP_TEXT("ram:CategoryCode", BT_118),
									STEP_TEXT("ram:ExemptionReasonCode", BT_121),
									STEP_OPEN_FOR(FIRST_TAX, "ram:TaxPointDate"),
									STEP_TEXT_AS("udt:DateString", BT_7, put_date),
									STEP_MARK("format=\"102\""),
									STEP_END,
									STEP_TEXT_AS("ram:DueDateTypeCode", BT_8, put_tax_point_code),
									STEP_TEXT("ram:RateApplicablePercent", BT_119),
									STEP_END,
									STEPS_END};
	size_t count = writer->content.groups[INVOICE_TAX].count;

	writer->variant = FIRST_TAX;
	for (size_t row = 0; row < count; row++)
	{
		write_steps_with(writer, INVOICE_TAX,
						 invoice_content_row(&writer->content, INVOICE_TAX, row), tax);
		writer->variant = 0;
	}
	writer->variant = 0;
}

static const WriteStep before_lines[] = {
	STEP_FIXED("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rsm:CrossIndustryInvoice"
			   " xmlns:rsm=\"urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100\""
			   " xmlns:ram=\"urn:un:unece:uncefact:data:standard:"
			   "ReusableAggregateBusinessInformationEntity:100\""
			   " xmlns:qdt=\"urn:un:unece:uncefact:data:standard:QualifiedDataType:100\""
			   " xmlns:udt=\"urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100\">"),
	STEP_OPEN_IF("rsm:ExchangedDocumentContext", always),
	ID_OF("ram:BusinessProcessSpecifiedDocumentContextParameter", BT_23),
	ID_OF("ram:GuidelineSpecifiedDocumentContextParameter", BT_24),
	STEP_END,
	STEP_OPEN("rsm:ExchangedDocument"),
	STEP_TEXT("ram:ID", BT_1),
	STEP_TEXT("ram:TypeCode", BT_3),
	DATE("ram:IssueDateTime", BT_2),
	STEP_EACH(NOTE, "ram:IncludedNote"),
	STEP_TEXT("ram:Content", BT_22),
	STEP_TEXT("ram:SubjectCode", BT_21),
	STEP_END,
	STEP_END,
	STEP_FIXED("<rsm:SupplyChainTradeTransaction>"),
	STEPS_END};

static const WriteStep line_steps[] = {
	STEP_FIXED("<ram:IncludedSupplyChainTradeLineItem>"),
	STEP_OPEN_IF("ram:AssociatedDocumentLineDocument", always),
	STEP_TEXT("ram:LineID", BT_126),
	STEP_OPEN("ram:IncludedNote"),
	STEP_TEXT("ram:Content", BT_127),
	STEP_END,
	STEP_END,
	STEP_OPEN("ram:SpecifiedTradeProduct"),
	STEP_TEXT("ram:GlobalID", BT_157),
	STEP_ATTRIBUTE("schemeID", BT_157_1),
	STEP_TEXT("ram:SellerAssignedID", BT_155),
	STEP_TEXT("ram:BuyerAssignedID", BT_156),
	STEP_TEXT("ram:Name", BT_153),
	STEP_TEXT("ram:Description", BT_154),
	STEP_EACH(ATTRIBUTE, "ram:ApplicableProductCharacteristic"),
	STEP_TEXT("ram:Description", BT_160),
	STEP_TEXT("ram:Value", BT_161),
	STEP_END,
	STEP_EACH(CLASSIFICATION, "ram:DesignatedProductClassification"),
	STEP_TEXT("ram:ClassCode", BT_158),
	STEP_ATTRIBUTE("listID", BT_158_1),
	STEP_ATTRIBUTE("listVersionID", BT_158_2),
	STEP_END,
	ID_OF("ram:OriginTradeCountry", BT_159),
	STEP_END,
	STEP_OPEN("ram:SpecifiedLineTradeAgreement"),
	STEP_OPEN("ram:BuyerOrderReferencedDocument"),
	STEP_TEXT("ram:LineID", BT_132),
	STEP_END,
	STEP_OPEN("ram:GrossPriceProductTradePrice"),
	STEP_TEXT("ram:ChargeAmount", BT_148),
	STEP_OPEN_IF("ram:AppliedTradeAllowanceCharge", has_discount),
	INDICATOR("false"),
	STEP_TEXT("ram:ActualAmount", BT_147),
	STEP_END,
	STEP_END,
	STEP_OPEN("ram:NetPriceProductTradePrice"),
	STEP_TEXT("ram:ChargeAmount", BT_146),
	STEP_TEXT("ram:BasisQuantity", BT_149),
	STEP_ATTRIBUTE("unitCode", BT_150),
	STEP_END,
	STEP_END,
	STEP_OPEN("ram:SpecifiedLineTradeDelivery"),
	STEP_TEXT("ram:BilledQuantity", BT_129),
	STEP_ATTRIBUTE("unitCode", BT_130),
	STEP_END,
	STEP_OPEN_IF("ram:SpecifiedLineTradeSettlement", always),
	STEP_OPEN_IF("ram:ApplicableTradeTax", has_line_tax),
	VAT,
	STEP_TEXT("ram:CategoryCode", BT_151),
	STEP_TEXT("ram:RateApplicablePercent", BT_152),
	STEP_END,
	STEP_OPEN("ram:BillingSpecifiedPeriod"),
	DATE("ram:StartDateTime", BT_134),
	DATE("ram:EndDateTime", BT_135),
	STEP_END,
	ADJUSTMENT(LINE_ALLOWANCE, "false", BT_138, BT_137, BT_136, BT_140, BT_139),
	STEP_END,
	ADJUSTMENT(LINE_CHARGE, "true", BT_143, BT_142, BT_141, BT_145, BT_144),
	STEP_END,
	STEP_OPEN("ram:SpecifiedTradeSettlementLineMonetarySummation"),
	STEP_TEXT("ram:LineTotalAmount", BT_131),
	STEP_END,
	STEP_OPEN("ram:AdditionalReferencedDocument"),
	STEP_TEXT("ram:IssuerAssignedID", BT_128),
	STEP_FIXED("<ram:TypeCode>130</ram:TypeCode>"),
	STEP_TEXT("ram:ReferenceTypeCode", BT_128_1),
	STEP_END,
	ID_OF("ram:ReceivableSpecifiedTradeAccountingAccount", BT_133),
	STEP_END,
	STEP_FIXED("</ram:IncludedSupplyChainTradeLineItem>"),
	STEPS_END};

static const WriteStep after_lines[] = {
	STEP_OPEN_IF("ram:ApplicableHeaderTradeAgreement", always),
	STEP_TEXT("ram:BuyerReference", BT_10),
	STEP_OPEN("ram:SellerTradeParty"),
	STEP_CALL(write_seller_ids),
	STEP_TEXT("ram:Name", BT_27),
	STEP_TEXT("ram:Description", BT_33),
	LEGAL(BT_30, BT_28),
	CONTACT(BT_41, BT_42, BT_43),
	ADDRESS(BT_35, BT_36, BT_162, BT_37, BT_38, BT_39, BT_40),
	ENDPOINT(BT_34),
	REGISTRATION(BT_31, "VA"),
	REGISTRATION(BT_32, "FC"),
	STEP_END,
	STEP_OPEN("ram:BuyerTradeParty"),
	STEP_CALL(write_buyer_id),
	STEP_TEXT("ram:Name", BT_44),
	LEGAL(BT_47, BT_45),
	CONTACT(BT_56, BT_57, BT_58),
	ADDRESS(BT_50, BT_51, BT_163, BT_52, BT_53, BT_54, BT_55),
	ENDPOINT(BT_49),
	REGISTRATION(BT_48, "VA"),
	STEP_END,
	STEP_OPEN("ram:SellerTaxRepresentativeTradeParty"),
	STEP_TEXT("ram:Name", BT_62),
	ADDRESS(BT_64, BT_65, BT_164, BT_66, BT_67, BT_68, BT_69),
	REGISTRATION(BT_63, "VA"),
	STEP_END,
	ASSIGNED("ram:SellerOrderReferencedDocument", BT_14),
	ASSIGNED("ram:BuyerOrderReferencedDocument", BT_13),
	ASSIGNED("ram:ContractReferencedDocument", BT_12),
	STEP_EACH(ATTACHMENT, "ram:AdditionalReferencedDocument"),
	STEP_TEXT("ram:IssuerAssignedID", BT_122),
	STEP_TEXT("ram:URIID", BT_124),
	STEP_FIXED("<ram:TypeCode>916</ram:TypeCode>"),
	STEP_TEXT("ram:Name", BT_123),
	STEP_TEXT("ram:AttachmentBinaryObject", BT_125),
	STEP_ATTRIBUTE("mimeCode", BT_125_1),
	STEP_ATTRIBUTE("filename", BT_125_2),
	STEP_END,
	STEP_OPEN("ram:AdditionalReferencedDocument"),
	STEP_TEXT("ram:IssuerAssignedID", BT_17),
	STEP_FIXED("<ram:TypeCode>50</ram:TypeCode>"),
	STEP_END,
	STEP_OPEN("ram:AdditionalReferencedDocument"),
	STEP_TEXT("ram:IssuerAssignedID", BT_18),
	STEP_FIXED("<ram:TypeCode>130</ram:TypeCode>"),
	STEP_TEXT("ram:ReferenceTypeCode", BT_18_1),
	STEP_END,
	STEP_OPEN("ram:SpecifiedProcuringProject"),
	STEP_TEXT("ram:ID", BT_11),
	STEP_FIXED("<ram:Name>Project reference</ram:Name>"),
	STEP_END,
	STEP_END,

	STEP_OPEN_IF("ram:ApplicableHeaderTradeDelivery", always),
	STEP_OPEN("ram:ShipToTradeParty"),
	STEP_CALL(write_delivery_id),
	STEP_TEXT("ram:Name", BT_70),
	ADDRESS(BT_75, BT_76, BT_165, BT_77, BT_78, BT_79, BT_80),
	STEP_END,
	STEP_OPEN("ram:ActualDeliverySupplyChainEvent"),
	DATE("ram:OccurrenceDateTime", BT_72),
	STEP_END,
	ASSIGNED("ram:DespatchAdviceReferencedDocument", BT_16),
	ASSIGNED("ram:ReceivingAdviceReferencedDocument", BT_15),
	STEP_END,

	STEP_OPEN_IF("ram:ApplicableHeaderTradeSettlement", always),
	STEP_TEXT("ram:CreditorReferenceID", BT_90),
	STEP_TEXT("ram:PaymentReference", BT_83),
	STEP_TEXT("ram:TaxCurrencyCode", BT_6),
	STEP_TEXT("ram:InvoiceCurrencyCode", BT_5),
	STEP_OPEN("ram:PayeeTradeParty"),
	STEP_CALL(write_payee_id),
	STEP_TEXT("ram:Name", BT_59),
	STEP_OPEN("ram:SpecifiedLegalOrganization"),
	STEP_TEXT("ram:ID", BT_61),
	STEP_ATTRIBUTE("schemeID", BT_61_1),
	STEP_END,
	STEP_END,
	STEP_CALL(write_means),
	STEP_CALL(write_taxes),
	STEP_OPEN("ram:BillingSpecifiedPeriod"),
	DATE("ram:StartDateTime", BT_73),
	DATE("ram:EndDateTime", BT_74),
	STEP_END,
	ADJUSTMENT(ALLOWANCE, "false", BT_94, BT_93, BT_92, BT_98, BT_97),
	STEP_OPEN_IF("ram:CategoryTradeTax", has_allowance_tax),
	VAT,
	STEP_TEXT("ram:CategoryCode", BT_95),
	STEP_TEXT("ram:RateApplicablePercent", BT_96),
	STEP_END,
	STEP_END,
	ADJUSTMENT(CHARGE, "true", BT_101, BT_100, BT_99, BT_105, BT_104),
	STEP_OPEN_IF("ram:CategoryTradeTax", has_charge_tax),
	VAT,
	STEP_TEXT("ram:CategoryCode", BT_102),
	STEP_TEXT("ram:RateApplicablePercent", BT_103),
	STEP_END,
	STEP_END,
	STEP_OPEN("ram:SpecifiedTradePaymentTerms"),
	STEP_TEXT("ram:Description", BT_20),
	DATE("ram:DueDateDateTime", BT_9),
	STEP_TEXT("ram:DirectDebitMandateID", BT_89),
	STEP_END,
	STEP_OPEN("ram:SpecifiedTradeSettlementHeaderMonetarySummation"),
	STEP_TEXT("ram:LineTotalAmount", BT_106),
	STEP_TEXT("ram:ChargeTotalAmount", BT_108),
	STEP_TEXT("ram:AllowanceTotalAmount", BT_107),
	STEP_TEXT("ram:TaxBasisTotalAmount", BT_109),
	STEP_TEXT("ram:TaxTotalAmount", BT_110),
	STEP_ATTRIBUTE("currencyID", BT_5),
	STEP_TEXT("ram:TaxTotalAmount", BT_111),
	STEP_ATTRIBUTE("currencyID", BT_6),
	STEP_TEXT("ram:RoundingAmount", BT_114),
	STEP_TEXT("ram:GrandTotalAmount", BT_112),
	STEP_TEXT("ram:TotalPrepaidAmount", BT_113),
	STEP_TEXT("ram:DuePayableAmount", BT_115),
	STEP_END,
	STEP_EACH(PRECEDING, "ram:InvoiceReferencedDocument"),
	STEP_TEXT("ram:IssuerAssignedID", BT_25),
	STEP_OPEN("ram:FormattedIssueDateTime"),
	STEP_TEXT_AS("qdt:DateTimeString", BT_26, put_date),
	STEP_MARK("format=\"102\""),
	STEP_END,
	STEP_END,
	ID_OF("ram:ReceivableSpecifiedTradeAccountingAccount", BT_19),
	STEP_END,
	STEP_FIXED("</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>\n"),
	STEPS_END};

static PortStatus
prepare_cii(InvoiceWriter *writer)
{
	if (!write_has(writer, TERM_BT_24) && writer->strict)
		write_set(writer, TERM_BT_24, WRITE_EN_16931);
	return PORT_OK;
}

/* A discount stands below a gross price, which must then be there. */
static PortStatus
prepare_cii_line(InvoiceWriter *writer)
{
	Slice net = write_value(writer, TERM_BT_146), discount = write_value(writer, TERM_BT_147);
	Decimal a, b, gross;
	char text[DECIMAL_TEXT_SIZE];

	write_default_base(writer);
	if (!writer->strict || discount.length == 0 || write_has(writer, TERM_BT_148) ||
		net.length == 0 || decimal_parse(net.bytes, net.length, &a) != DECIMAL_OK ||
		decimal_parse(discount.bytes, discount.length, &b) != DECIMAL_OK ||
		!decimal_add(a, b, &gross))
		return PORT_OK;
	(void) decimal_text(gross, 0, text);
	return write_copy(writer, TERM_BT_148, text);
}

const WriteFormat write_format_cii = {.name = "cii",
									  .needed = write_needed_en16931,
									  .needed_kinds = write_needed_kinds,
									  .prepare = prepare_cii,
									  .prepare_line = prepare_cii_line,
									  .before = before_lines,
									  .line = line_steps,
									  .after = after_lines};
