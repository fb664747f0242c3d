/*
 * ubl_write.c: UBL 2.1 Invoice and CreditNote, plain and as Peppol BIS Billing 3, Self-Billing 3,
 * CIUS-RO and XRechnung.
 *
 * The type code decides the root: codes of the credit note list of EN 16931 (BR-CL-01) make a
 * CreditNote.  What UBL demands and EN 16931 lacks: OrderReference/ID "NA" beside a sales order, a
 * discount below a gross price, CardAccount/NetworkID "NA"; a draft has only the last one.  A
 * CreditNote keeps its due date in PaymentMeans and its project as document reference of type 50.
 * Binding: EN 16931-3-2.
 */
#include "core/invoice_write.h"

#include "core/decimal.h"

#include <string.h>

enum
{
	INVOICE = 1,
	CREDIT_NOTE = 2,
	/* the first of several payment means carries what an invoice has once */
	FIRST_MEANS = 4,
	FIRST_CREDIT_MEANS = 8
};

#define AMOUNT(name, term) STEP_TEXT(name, term), STEP_ATTRIBUTE("currencyID", BT_5)
#define VAT_SCHEME STEP_FIXED("<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>")
#define IDENTIFIER(term) STEP_TEXT("cbc:ID", term), STEP_ATTRIBUTE("schemeID", term##_1)
#define REFERENCE(name, term) STEP_OPEN(name), STEP_TEXT("cbc:ID", term), STEP_END
#define NAME(name, term) STEP_OPEN(name), STEP_TEXT("cbc:Name", term), STEP_END
#define TAX_REGISTRATION(term, scheme)                                 \
	STEP_OPEN("cac:PartyTaxScheme"), STEP_TEXT("cbc:CompanyID", term), \
		STEP_FIXED("<cac:TaxScheme><cbc:ID>" scheme "</cbc:ID></cac:TaxScheme>"), STEP_END
#define ADDRESS(name, line_1, line_2, line_3, city, post_code, subdivision, country)            \
	STEP_OPEN(name), STEP_TEXT("cbc:StreetName", line_1),                                       \
		STEP_TEXT("cbc:AdditionalStreetName", line_2), STEP_TEXT("cbc:CityName", city),         \
		STEP_TEXT("cbc:PostalZone", post_code), STEP_TEXT("cbc:CountrySubentity", subdivision), \
		STEP_OPEN("cac:AddressLine"), STEP_TEXT("cbc:Line", line_3), STEP_END,                  \
		STEP_OPEN("cac:Country"), STEP_TEXT("cbc:IdentificationCode", country), STEP_END, STEP_END
#define CATEGORY(name, code, rate) \
	STEP_OPEN(name), STEP_TEXT("cbc:ID", code), STEP_TEXT("cbc:Percent", rate), VAT_SCHEME, STEP_END
#define ADJUSTMENT(group, indicator, reason_code, reason, percent, amount, base)         \
	STEP_EACH(group, "cac:AllowanceCharge"),                                             \
		STEP_FIXED("<cbc:ChargeIndicator>" indicator "</cbc:ChargeIndicator>"),          \
		STEP_TEXT("cbc:AllowanceChargeReasonCode", reason_code),                         \
		STEP_TEXT("cbc:AllowanceChargeReason", reason),                                  \
		STEP_TEXT("cbc:MultiplierFactorNumeric", percent), AMOUNT("cbc:Amount", amount), \
		AMOUNT("cbc:BaseAmount", base)

static void write_notes(InvoiceWriter *writer);
static void write_means(InvoiceWriter *writer);
static bool has_sepa_creditor(const InvoiceWriter *writer);
static bool has_sepa_payee(const InvoiceWriter *writer);
static bool has_price_discount(const InvoiceWriter *writer);

#define NAMESPACES                                                                            \
	" xmlns:cac=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\"" \
	" xmlns:cbc=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\">"

static const WriteStep before_lines[] = {
	STEP_FIXED("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"),
	STEP_FIXED_FOR(INVOICE, "<Invoice xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:"
							"Invoice-2\""),
	STEP_FIXED_FOR(CREDIT_NOTE, "<CreditNote xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:"
								"CreditNote-2\""),
	STEP_FIXED(NAMESPACES), STEP_TEXT("cbc:CustomizationID", BT_24),
	STEP_TEXT("cbc:ProfileID", BT_23), STEP_TEXT("cbc:ID", BT_1), STEP_TEXT("cbc:IssueDate", BT_2),
	STEP_TEXT_FOR(INVOICE, "cbc:DueDate", BT_9),
	STEP_TEXT_FOR(INVOICE, "cbc:InvoiceTypeCode", BT_3),
	STEP_TEXT_FOR(CREDIT_NOTE, "cbc:TaxPointDate", BT_7),
	STEP_TEXT_FOR(CREDIT_NOTE, "cbc:CreditNoteTypeCode", BT_3), STEP_CALL(write_notes),
	STEP_TEXT_FOR(INVOICE, "cbc:TaxPointDate", BT_7), STEP_TEXT("cbc:DocumentCurrencyCode", BT_5),
	STEP_TEXT("cbc:TaxCurrencyCode", BT_6), STEP_TEXT("cbc:AccountingCost", BT_19),
	STEP_TEXT("cbc:BuyerReference", BT_10), STEP_OPEN("cac:InvoicePeriod"),
	STEP_TEXT("cbc:StartDate", BT_73), STEP_TEXT("cbc:EndDate", BT_74),
	STEP_TEXT("cbc:DescriptionCode", BT_8), STEP_END, STEP_OPEN("cac:OrderReference"),
	STEP_TEXT("cbc:ID", BT_13), STEP_TEXT("cbc:SalesOrderID", BT_14), STEP_END,
	STEP_EACH(PRECEDING, "cac:BillingReference"), STEP_OPEN("cac:InvoiceDocumentReference"),
	STEP_TEXT("cbc:ID", BT_25), STEP_TEXT("cbc:IssueDate", BT_26), STEP_END, STEP_END,
	REFERENCE("cac:DespatchDocumentReference", BT_16),
	REFERENCE("cac:ReceiptDocumentReference", BT_15),
	STEP_OPEN_FOR(INVOICE, "cac:OriginatorDocumentReference"), STEP_TEXT("cbc:ID", BT_17), STEP_END,
	REFERENCE("cac:ContractDocumentReference", BT_12), STEP_OPEN("cac:AdditionalDocumentReference"),
	IDENTIFIER(BT_18), STEP_FIXED("<cbc:DocumentTypeCode>130</cbc:DocumentTypeCode>"), STEP_END,
	STEP_OPEN_FOR(CREDIT_NOTE, "cac:AdditionalDocumentReference"), STEP_TEXT("cbc:ID", BT_11),
	STEP_FIXED("<cbc:DocumentTypeCode>50</cbc:DocumentTypeCode>"), STEP_END,
	STEP_EACH(ATTACHMENT, "cac:AdditionalDocumentReference"), STEP_TEXT("cbc:ID", BT_122),
	STEP_TEXT("cbc:DocumentDescription", BT_123), STEP_OPEN("cac:Attachment"),
	STEP_TEXT("cbc:EmbeddedDocumentBinaryObject", BT_125), STEP_ATTRIBUTE("mimeCode", BT_125_1),
	STEP_ATTRIBUTE("filename", BT_125_2), STEP_OPEN("cac:ExternalReference"),
	STEP_TEXT("cbc:URI", BT_124), STEP_END, STEP_END, STEP_END,
	STEP_OPEN_FOR(CREDIT_NOTE, "cac:OriginatorDocumentReference"), STEP_TEXT("cbc:ID", BT_17),
	STEP_END, STEP_OPEN_FOR(INVOICE, "cac:ProjectReference"), STEP_TEXT("cbc:ID", BT_11), STEP_END,

	/* parties */
	STEP_OPEN("cac:AccountingSupplierParty"), STEP_OPEN("cac:Party"),
	STEP_TEXT("cbc:EndpointID", BT_34), STEP_ATTRIBUTE("schemeID", BT_34_1),
	STEP_EACH(SELLER_ID, "cac:PartyIdentification"), IDENTIFIER(BT_29), STEP_END,
	STEP_OPEN_IF("cac:PartyIdentification", has_sepa_creditor),
	STEP_FIXED("<cbc:ID schemeID=\"SEPA\">"), STEP_VALUE(BT_90), STEP_FIXED("</cbc:ID>"), STEP_END,
	NAME("cac:PartyName", BT_28),
	ADDRESS("cac:PostalAddress", BT_35, BT_36, BT_162, BT_37, BT_38, BT_39, BT_40),
	TAX_REGISTRATION(BT_31, "VAT"), TAX_REGISTRATION(BT_32, "TAX"),
	STEP_OPEN("cac:PartyLegalEntity"), STEP_TEXT("cbc:RegistrationName", BT_27),
	STEP_TEXT("cbc:CompanyID", BT_30), STEP_ATTRIBUTE("schemeID", BT_30_1),
	STEP_TEXT("cbc:CompanyLegalForm", BT_33), STEP_END, STEP_OPEN("cac:Contact"),
	STEP_TEXT("cbc:Name", BT_41), STEP_TEXT("cbc:Telephone", BT_42),
	STEP_TEXT("cbc:ElectronicMail", BT_43), STEP_END, STEP_END, STEP_END,
	STEP_OPEN("cac:AccountingCustomerParty"), STEP_OPEN("cac:Party"),
	STEP_TEXT("cbc:EndpointID", BT_49), STEP_ATTRIBUTE("schemeID", BT_49_1),
	STEP_OPEN("cac:PartyIdentification"), IDENTIFIER(BT_46), STEP_END, NAME("cac:PartyName", BT_45),
	ADDRESS("cac:PostalAddress", BT_50, BT_51, BT_163, BT_52, BT_53, BT_54, BT_55),
	TAX_REGISTRATION(BT_48, "VAT"), STEP_OPEN("cac:PartyLegalEntity"),
	STEP_TEXT("cbc:RegistrationName", BT_44), STEP_TEXT("cbc:CompanyID", BT_47),
	STEP_ATTRIBUTE("schemeID", BT_47_1), STEP_END, STEP_OPEN("cac:Contact"),
	STEP_TEXT("cbc:Name", BT_56), STEP_TEXT("cbc:Telephone", BT_57),
	STEP_TEXT("cbc:ElectronicMail", BT_58), STEP_END, STEP_END, STEP_END,
	STEP_OPEN("cac:PayeeParty"), STEP_OPEN("cac:PartyIdentification"), IDENTIFIER(BT_60), STEP_END,
	STEP_OPEN_IF("cac:PartyIdentification", has_sepa_payee),
	STEP_FIXED("<cbc:ID schemeID=\"SEPA\">"), STEP_VALUE(BT_90), STEP_FIXED("</cbc:ID>"), STEP_END,
	NAME("cac:PartyName", BT_59), STEP_OPEN("cac:PartyLegalEntity"),
	STEP_TEXT("cbc:CompanyID", BT_61), STEP_ATTRIBUTE("schemeID", BT_61_1), STEP_END, STEP_END,
	STEP_OPEN("cac:TaxRepresentativeParty"), NAME("cac:PartyName", BT_62),
	ADDRESS("cac:PostalAddress", BT_64, BT_65, BT_164, BT_66, BT_67, BT_68, BT_69),
	TAX_REGISTRATION(BT_63, "VAT"), STEP_END,

	/* delivery and payment */
	STEP_OPEN("cac:Delivery"), STEP_TEXT("cbc:ActualDeliveryDate", BT_72),
	STEP_OPEN("cac:DeliveryLocation"), IDENTIFIER(BT_71),
	ADDRESS("cac:Address", BT_75, BT_76, BT_165, BT_77, BT_78, BT_79, BT_80), STEP_END,
	STEP_OPEN("cac:DeliveryParty"), NAME("cac:PartyName", BT_70), STEP_END, STEP_END,
	STEP_CALL(write_means), STEP_OPEN("cac:PaymentTerms"), STEP_TEXT("cbc:Note", BT_20), STEP_END,

	/* amounts */
	ADJUSTMENT(ALLOWANCE, "false", BT_98, BT_97, BT_94, BT_92, BT_93),
	CATEGORY("cac:TaxCategory", BT_95, BT_96), STEP_END,
	ADJUSTMENT(CHARGE, "true", BT_105, BT_104, BT_101, BT_99, BT_100),
	CATEGORY("cac:TaxCategory", BT_102, BT_103), STEP_END, STEP_OPEN("cac:TaxTotal"),
	AMOUNT("cbc:TaxAmount", BT_110), STEP_EACH(TAX, "cac:TaxSubtotal"),
	AMOUNT("cbc:TaxableAmount", BT_116), AMOUNT("cbc:TaxAmount", BT_117),
	STEP_OPEN("cac:TaxCategory"), STEP_TEXT("cbc:ID", BT_118), STEP_TEXT("cbc:Percent", BT_119),
	STEP_TEXT("cbc:TaxExemptionReasonCode", BT_121), STEP_TEXT("cbc:TaxExemptionReason", BT_120),
	VAT_SCHEME, STEP_END, STEP_END, STEP_END, STEP_OPEN("cac:TaxTotal"),
	STEP_TEXT("cbc:TaxAmount", BT_111), STEP_ATTRIBUTE("currencyID", BT_6), STEP_END,
	STEP_OPEN("cac:LegalMonetaryTotal"), AMOUNT("cbc:LineExtensionAmount", BT_106),
	AMOUNT("cbc:TaxExclusiveAmount", BT_109), AMOUNT("cbc:TaxInclusiveAmount", BT_112),
	AMOUNT("cbc:AllowanceTotalAmount", BT_107), AMOUNT("cbc:ChargeTotalAmount", BT_108),
	AMOUNT("cbc:PrepaidAmount", BT_113), AMOUNT("cbc:PayableRoundingAmount", BT_114),
	AMOUNT("cbc:PayableAmount", BT_115), STEP_END, STEPS_END};

static const WriteStep line_steps[] = {
	STEP_FIXED_FOR(INVOICE, "<cac:InvoiceLine>"),
	STEP_FIXED_FOR(CREDIT_NOTE, "<cac:CreditNoteLine>"),
	STEP_TEXT("cbc:ID", BT_126),
	STEP_TEXT("cbc:Note", BT_127),
	STEP_TEXT_FOR(INVOICE, "cbc:InvoicedQuantity", BT_129),
	STEP_ATTRIBUTE("unitCode", BT_130),
	STEP_TEXT_FOR(CREDIT_NOTE, "cbc:CreditedQuantity", BT_129),
	STEP_ATTRIBUTE("unitCode", BT_130),
	AMOUNT("cbc:LineExtensionAmount", BT_131),
	STEP_TEXT("cbc:AccountingCost", BT_133),
	STEP_OPEN("cac:InvoicePeriod"),
	STEP_TEXT("cbc:StartDate", BT_134),
	STEP_TEXT("cbc:EndDate", BT_135),
	STEP_END,
	STEP_OPEN("cac:OrderLineReference"),
	STEP_TEXT("cbc:LineID", BT_132),
	STEP_END,
	STEP_OPEN("cac:DocumentReference"),
	IDENTIFIER(BT_128),
	STEP_FIXED("<cbc:DocumentTypeCode>130</cbc:DocumentTypeCode>"),
	STEP_END,
	ADJUSTMENT(LINE_ALLOWANCE, "false", BT_140, BT_139, BT_138, BT_136, BT_137),
	STEP_END,
	ADJUSTMENT(LINE_CHARGE, "true", BT_145, BT_144, BT_143, BT_141, BT_142),
	STEP_END,
	STEP_OPEN("cac:Item"),
	STEP_TEXT("cbc:Description", BT_154),
	STEP_TEXT("cbc:Name", BT_153),
	REFERENCE("cac:BuyersItemIdentification", BT_156),
	REFERENCE("cac:SellersItemIdentification", BT_155),
	STEP_OPEN("cac:StandardItemIdentification"),
	IDENTIFIER(BT_157),
	STEP_END,
	STEP_OPEN("cac:OriginCountry"),
	STEP_TEXT("cbc:IdentificationCode", BT_159),
	STEP_END,
	STEP_EACH(CLASSIFICATION, "cac:CommodityClassification"),
	STEP_TEXT("cbc:ItemClassificationCode", BT_158),
	STEP_ATTRIBUTE("listID", BT_158_1),
	STEP_ATTRIBUTE("listVersionID", BT_158_2),
	STEP_END,
	CATEGORY("cac:ClassifiedTaxCategory", BT_151, BT_152),
	STEP_EACH(ATTRIBUTE, "cac:AdditionalItemProperty"),
	STEP_TEXT("cbc:Name", BT_160),
	STEP_TEXT("cbc:Value", BT_161),
	STEP_END,
	STEP_END,
	STEP_OPEN("cac:Price"),
	AMOUNT("cbc:PriceAmount", BT_146),
	STEP_TEXT("cbc:BaseQuantity", BT_149),
	STEP_ATTRIBUTE("unitCode", BT_150),
	STEP_OPEN_IF("cac:AllowanceCharge", has_price_discount),
	STEP_FIXED("<cbc:ChargeIndicator>false</cbc:ChargeIndicator>"),
	AMOUNT("cbc:Amount", BT_147),
	AMOUNT("cbc:BaseAmount", BT_148),
	STEP_END,
	STEP_END,
	STEP_FIXED_FOR(INVOICE, "</cac:InvoiceLine>"),
	STEP_FIXED_FOR(CREDIT_NOTE, "</cac:CreditNoteLine>"),
	STEPS_END};

static const WriteStep after_lines[] = {STEP_FIXED_FOR(INVOICE, "</Invoice>\n"),
										STEP_FIXED_FOR(CREDIT_NOTE, "</CreditNote>\n"), STEPS_END};

static void
note_text(InvoiceWriter *writer, InvoiceTerm term, Slice text)
{
	Slice code = write_value(writer, TERM_BT_21);

	if (code.length > 0)
	{
		buffer_append_char(&writer->out, '#');
		write_escaped(writer, code);
		buffer_append_char(&writer->out, '#');
	}
	write_escaped(writer, text);
}

static void
write_notes(InvoiceWriter *writer)
{
	static const WriteStep note[] = {STEP_TEXT_AS("cbc:Note", BT_22, note_text), STEPS_END};
	const InvoiceRows *notes = &writer->content.groups[INVOICE_NOTE];

	for (size_t row = 0; row < notes->count; row++)
		write_steps_with(writer, INVOICE_NOTE,
						 invoice_content_row(&writer->content, INVOICE_NOTE, row), note);
}

/* One PaymentMeans for each account (BG-17), or one without. */
static void
write_means(InvoiceWriter *writer)
{
	static const WriteStep means[] = {STEP_OPEN("cac:PaymentMeans"),
									  STEP_TEXT("cbc:PaymentMeansCode", BT_81),
									  STEP_ATTRIBUTE_FOR(FIRST_MEANS, "name", BT_82),
									  STEP_TEXT_FOR(FIRST_CREDIT_MEANS, "cbc:PaymentDueDate", BT_9),
									  STEP_TEXT("cbc:PaymentID", BT_83),
									  STEP_OPEN_FOR(FIRST_MEANS, "cac:CardAccount"),
									  STEP_TEXT("cbc:PrimaryAccountNumberID", BT_87),
									  STEP_FIXED("<cbc:NetworkID>NA</cbc:NetworkID>"),
									  STEP_TEXT("cbc:HolderName", BT_88),
									  STEP_END,
									  STEP_OPEN("cac:PayeeFinancialAccount"),
									  STEP_TEXT("cbc:ID", BT_84),
									  STEP_TEXT("cbc:Name", BT_85),
									  STEP_OPEN("cac:FinancialInstitutionBranch"),
									  STEP_TEXT("cbc:ID", BT_86),
									  STEP_END,
									  STEP_END,
									  STEP_OPEN_FOR(FIRST_MEANS, "cac:PaymentMandate"),
									  STEP_TEXT("cbc:ID", BT_89),
									  STEP_OPEN("cac:PayerFinancialAccount"),
									  STEP_TEXT("cbc:ID", BT_91),
									  STEP_END,
									  STEP_END,
									  STEP_END,
									  STEPS_END};
	size_t count = writer->content.groups[INVOICE_ACCOUNT].count;

	writer->variant |= FIRST_MEANS | (writer->variant & CREDIT_NOTE ? FIRST_CREDIT_MEANS : 0);
	if (count == 0)
		write_steps(writer, means);
	for (size_t row = 0; row < count; row++)
	{
		write_steps_with(writer, INVOICE_ACCOUNT,
						 invoice_content_row(&writer->content, INVOICE_ACCOUNT, row), means);
		writer->variant &= (uint8_t) ~(FIRST_MEANS | FIRST_CREDIT_MEANS);
	}
}

/* The creditor identifier stands with whoever is paid. */
static bool
has_sepa_payee(const InvoiceWriter *writer)
{
	return write_has(writer, TERM_BT_90) && write_has(writer, TERM_BT_59);
}

static bool
has_sepa_creditor(const InvoiceWriter *writer)
{
	return write_has(writer, TERM_BT_90) && !write_has(writer, TERM_BT_59);
}

static bool
has_price_discount(const InvoiceWriter *writer)
{
	return write_has(writer, TERM_BT_147) || write_has(writer, TERM_BT_148);
}

/* -- the invoice as a whole ----------------------------------------------------------------------
 */

#define EN_16931 WRITE_EN_16931
#define PEPPOL EN_16931 "#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
#define SELFBILLING EN_16931 "#compliant#urn:fdc:peppol.eu:2017:poacc:selfbilling:3.0"
#define CIUS_RO EN_16931 "#compliant#urn:efactura.mfinante.ro:CIUS-RO:1.0.1"
#define XRECHNUNG EN_16931 "#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
#define PROCESS_BILLING "urn:fdc:peppol.eu:2017:poacc:billing:"
#define PROCESS_SELFBILLING "urn:fdc:peppol.eu:2017:poacc:selfbilling:"

static bool
type_is_one_of(const InvoiceWriter *writer, const char *const *codes)
{
	for (; *codes != NULL; codes++)
		if (write_value_is(writer, TERM_BT_3, *codes))
			return true;
	return false;
}

static bool
is_credit_note(const InvoiceWriter *writer)
{
	static const char *const codes[] = {"381", "261", "81",	 "83",	"296", "308", "396",
										"420", "458", "502", "503", "532", NULL};

	return type_is_one_of(writer, codes);
}

static bool
is_self_billed(const InvoiceWriter *writer)
{
	static const char *const codes[] = {"389", "527", "261", NULL};

	return type_is_one_of(writer, codes);
}

static bool
starts_with(Slice value, const char *text)
{
	return value.length >= strlen(text) && memcmp(value.bytes, text, strlen(text)) == 0;
}

/* An identifier that says the profile, perhaps with an extension of it, stays. */
static void
set_identifier(InvoiceWriter *writer, InvoiceTerm term, const char *prefix, const char *text)
{
	if (!starts_with(write_value(writer, term), prefix))
		write_set(writer, term, text);
}

static PortStatus
prepare_ubl(InvoiceWriter *writer)
{
	bool credit_note = is_credit_note(writer);
	bool means = writer->content.groups[INVOICE_ACCOUNT].count > 0 ||
				 write_has(writer, TERM_BT_82) || write_has(writer, TERM_BT_83) ||
				 write_has(writer, TERM_BT_87) || write_has(writer, TERM_BT_89) ||
				 write_has(writer, TERM_BT_91) || (credit_note && write_has(writer, TERM_BT_9));

	writer->variant = credit_note ? CREDIT_NOTE : INVOICE;
	if (!write_has(writer, TERM_BT_24) && writer->strict)
		write_set(writer, TERM_BT_24, EN_16931);
	if (write_has(writer, TERM_BT_14) && !write_has(writer, TERM_BT_13) && writer->strict)
		write_set(writer, TERM_BT_13, "NA");
	/* UNTDID 4461: instrument not defined */
	if (means && !write_has(writer, TERM_BT_81) && writer->strict)
		write_set(writer, TERM_BT_81, "1");
	return PORT_OK;
}

/* A gross price: UBL asks for the discount too, and Peppol for net = gross - discount (R046). */
static PortStatus
prepare_ubl_line(InvoiceWriter *writer)
{
	Slice gross = write_value(writer, TERM_BT_148), net = write_value(writer, TERM_BT_146);
	Decimal a, b, discount;
	char text[DECIMAL_TEXT_SIZE] = "0";

	write_default_base(writer);
	if (!writer->strict || gross.length == 0 || write_has(writer, TERM_BT_147))
		return PORT_OK;
	if (net.length > 0 && decimal_parse(gross.bytes, gross.length, &a) == DECIMAL_OK &&
		decimal_parse(net.bytes, net.length, &b) == DECIMAL_OK && decimal_subtract(a, b, &discount))
		(void) decimal_text(discount, 0, text);
	return write_copy(writer, TERM_BT_147, text);
}

static char *
put_text(char *at, const char *text, size_t length)
{
	if (length > 0)
		memcpy(at, text, length);
	return at + length;
}

/* Peppol takes one note, unless both parties are German (PEPPOL-EN16931-R002). */
static PortStatus
join_notes(InvoiceWriter *writer)
{
	InvoiceRows *notes = &writer->content.groups[INVOICE_NOTE];
	size_t size = 0;
	char *text, *at;

	if (notes->count < 2 ||
		(write_value_is(writer, TERM_BT_40, "DE") && write_value_is(writer, TERM_BT_55, "DE")))
		return PORT_OK;
	for (size_t row = 0; row < notes->count; row++)
	{
		const Slice *note = invoice_content_row(&writer->content, INVOICE_NOTE, row);

		size += note[0].length + note[1].length + 3;
	}
	text = at = text_arena_alloc(&writer->texts, size);
	if (text == NULL)
		return PORT_NO_MEMORY;
	for (size_t row = 0; row < notes->count; row++)
	{
		const Slice *note = invoice_content_row(&writer->content, INVOICE_NOTE, row);

		if (row > 0)
			*at++ = '\n';
		if (row > 0 && note[0].length > 0)
			at = put_text(put_text(put_text(at, "#", 1), note[0].bytes, note[0].length), "#", 1);
		at = put_text(at, note[1].bytes, note[1].length);
	}
	notes->values[1] = (Slice){text, (size_t) (at - text)};
	notes->count = 1;
	return PORT_OK;
}

static PortStatus
prepare_peppol(InvoiceWriter *writer)
{
	set_identifier(writer, TERM_BT_24, PEPPOL, PEPPOL);
	set_identifier(writer, TERM_BT_23, PROCESS_BILLING, PROCESS_BILLING "01:1.0");
	if (writer->strict && is_self_billed(writer))
		return write_wrong(writer, TERM_BT_3,
						   "says self-billing; its format is \"peppol-selfbilling\"");
	if (writer->strict && !write_has(writer, TERM_BT_10) && !write_has(writer, TERM_BT_13))
		return write_missing(writer, TERM_BT_10, "or BT-13 (purchase order reference)");
	prepare_ubl(writer);
	return join_notes(writer);
}

static PortStatus
prepare_selfbilling(InvoiceWriter *writer)
{
	set_identifier(writer, TERM_BT_24, SELFBILLING, SELFBILLING);
	set_identifier(writer, TERM_BT_23, PROCESS_SELFBILLING, PROCESS_SELFBILLING "01:1.0");
	if (write_value_is(writer, TERM_BT_3, "380"))
		write_set(writer, TERM_BT_3, "389");
	else if (write_value_is(writer, TERM_BT_3, "381"))
		write_set(writer, TERM_BT_3, "261");
	prepare_ubl(writer);
	return join_notes(writer);
}

static PortStatus
prepare_cius_ro(InvoiceWriter *writer)
{
	set_identifier(writer, TERM_BT_24, CIUS_RO, CIUS_RO);
	return prepare_ubl(writer);
}

static PortStatus
prepare_xrechnung(InvoiceWriter *writer)
{
	set_identifier(writer, TERM_BT_24, XRECHNUNG, XRECHNUNG);
	if (!write_has(writer, TERM_BT_23))
		write_set(writer, TERM_BT_23, PROCESS_BILLING "01:1.0");
	return prepare_ubl(writer);
}

static const InvoiceTerm needed_peppol[] = {TERM_BT_34, TERM_BT_34_1, TERM_BT_49, TERM_BT_49_1,
											INVOICE_TERM_COUNT};

/* clang-format off */
#define UBL_FORMAT(symbol, title, rules, terms, hook) \
	const WriteFormat symbol = { \
		.name = title, .profile = rules, .needed = write_needed_en16931, .needed_too = terms, \
		.needed_kinds = write_needed_kinds, .prepare = hook, .prepare_line = prepare_ubl_line, \
		.before = before_lines, .line = line_steps, .after = after_lines}
/* clang-format on */

UBL_FORMAT(write_format_ubl, "ubl", NULL, NULL, prepare_ubl);
UBL_FORMAT(write_format_peppol, "peppol", "peppol", needed_peppol, prepare_peppol);
UBL_FORMAT(write_format_selfbilling, "peppol-selfbilling", "peppol-selfbilling", needed_peppol,
		   prepare_selfbilling);
UBL_FORMAT(write_format_cius_ro, "cius-ro", "cius-ro", NULL, prepare_cius_ro);
UBL_FORMAT(write_format_xrechnung, "xrechnung", "xrechnung", NULL, prepare_xrechnung);
