/*
 * finvoice_write.c: Finvoice 3.0, in ISO-8859-15 as banks take it; other characters are references.
 *
 * A credit note is INV02 with negative amounts and quantities.  Decimal commas, dates as CCYYMMDD.
 * In checked output, texts are cut to the lengths of the schema, identifiers that do not fit are
 * faults; unchecked output says all that the reader takes back.  Not carried: BT-21 of notes over
 * 70 characters, BT-23 over 4 and BT-24 over 35 characters, attached documents other than links, a
 * delivery address without its mandatory parts.  The intermediators of a message are not in the
 * model: the bank of the first account stands for the sender's, "NA" for the receiver's.
 */
#include "core/decimal.h"
#include "core/invoice_write.h"
#include "core/text_latin9.h"

#include <stdio.h>
#include <string.h>

enum
{
	CREDIT_NOTE = 1
};

static void put_text(InvoiceWriter *writer, InvoiceTerm term, Slice value);
static void put_date(InvoiceWriter *writer, InvoiceTerm term, Slice value);
static void put_percent(InvoiceWriter *writer, InvoiceTerm term, Slice value);
static void put_price(InvoiceWriter *writer, InvoiceTerm term, Slice value);
static void put_quantity(InvoiceWriter *writer, InvoiceTerm term, Slice value);
static void put_amount(InvoiceWriter *writer, InvoiceTerm term, Slice value);

static bool always(const InvoiceWriter *writer);
static bool has_endpoints(const InvoiceWriter *writer);
static bool has_payee(const InvoiceWriter *writer);
static bool has_representative(const InvoiceWriter *writer);
static bool has_payment(const InvoiceWriter *writer);
static bool has_vat_point(const InvoiceWriter *writer);
static void write_intermediator(InvoiceWriter *writer);
static void write_seller_ids(InvoiceWriter *writer);
static void write_accounts(InvoiceWriter *writer);
static void write_debited(InvoiceWriter *writer);
static void write_type(InvoiceWriter *writer);
static void write_preceding(InvoiceWriter *writer);
static void write_definitions(InvoiceWriter *writer);
static void write_notes(InvoiceWriter *writer);
static void write_terms(InvoiceWriter *writer);
static void write_tax_texts(InvoiceWriter *writer);
static void write_beneficiary(InvoiceWriter *writer);
static void write_reference(InvoiceWriter *writer);
static void write_due_date(InvoiceWriter *writer);
static void write_links(InvoiceWriter *writer);
static void write_classifications(InvoiceWriter *writer);
static void write_attributes(InvoiceWriter *writer);
static void write_quantity(InvoiceWriter *writer);
static void write_price(InvoiceWriter *writer);
static void write_line_texts(InvoiceWriter *writer);
static void write_readings(InvoiceWriter *writer);
static void write_discounts(InvoiceWriter *writer);

#define TEXT(name, term) STEP_TEXT_AS(name, term, put_text)
#define DATE(name, term) STEP_TEXT_AS(name, term, put_date), STEP_MARK("Format=\"CCYYMMDD\"")
#define NUMBER(name, term) STEP_TEXT_AS(name, term, put_percent)
#define AMOUNT(name, term) \
	STEP_TEXT_AS(name, term, put_amount), STEP_ATTRIBUTE("AmountCurrencyIdentifier", BT_5)
#define PRICE(name, term)                                                                  \
	STEP_TEXT_AS(name, term, put_price), STEP_ATTRIBUTE("AmountCurrencyIdentifier", BT_5), \
		STEP_ATTRIBUTE("QuantityUnitCodeUN", BT_150)
#define IDENTIFIED(name, term) TEXT(name, term), STEP_ATTRIBUTE("SchemeID", term##_1)
#define ADDRESS(party, line_1, line_2, line_3, town, post_code, subdivision, country) \
	STEP_OPEN(party "PostalAddressDetails"), TEXT(party "StreetName", line_1),        \
		TEXT(party "StreetName", line_2), TEXT(party "StreetName", line_3),           \
		TEXT(party "TownName", town), TEXT(party "PostCodeIdentifier", post_code),    \
		TEXT(party "CountrySubdivision", subdivision), STEP_TEXT("CountryCode", country), STEP_END

static const WriteStep before_lines[] = {
	STEP_FIXED("<?xml version=\"1.0\" encoding=\"ISO-8859-15\"?>\n"
			   "<Finvoice Version=\"3.0\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
			   "xsi:noNamespaceSchemaLocation=\"Finvoice3.0.xsd\">"),
	STEP_OPEN_IF("MessageTransmissionDetails", has_endpoints), STEP_OPEN("MessageSenderDetails"),
	IDENTIFIED("FromIdentifier", BT_34), STEP_CALL(write_intermediator), STEP_END,
	STEP_OPEN("MessageReceiverDetails"), IDENTIFIED("ToIdentifier", BT_49),
	STEP_FIXED("<ToIntermediator>NA</ToIntermediator>"), STEP_END, STEP_OPEN("MessageDetails"),
	TEXT("MessageIdentifier", BT_1), STEP_FIXED("<MessageTimeStamp>"), STEP_VALUE(BT_2),
	STEP_FIXED("T00:00:00</MessageTimeStamp>"), STEP_TEXT("ImplementationCode", BT_23),
	STEP_TEXT("SpecificationIdentifier", BT_24), STEP_END, STEP_END,

	/* parties */
	STEP_OPEN("SellerPartyDetails"), IDENTIFIED("SellerPartyIdentifier", BT_30),
	TEXT("SellerOrganisationName", BT_27), TEXT("SellerOrganisationTradingName", BT_28),
	TEXT("SellerOrganisationTaxCode", BT_31), STEP_CALL(write_seller_ids),
	ADDRESS("Seller", BT_35, BT_36, BT_162, BT_37, BT_38, BT_39, BT_40), STEP_END,
	TEXT("SellerContactPersonName", BT_41), STEP_OPEN("SellerCommunicationDetails"),
	TEXT("SellerPhoneNumberIdentifier", BT_42), TEXT("SellerEmailaddressIdentifier", BT_43),
	STEP_END, STEP_OPEN("SellerInformationDetails"), TEXT("SellerTaxRegistrationText", BT_32),
	TEXT("SellerAdditionalLegalInfo", BT_33), STEP_CALL(write_accounts), STEP_END,
	STEP_OPEN("BuyerPartyDetails"), IDENTIFIED("BuyerPartyIdentifier", BT_47),
	TEXT("BuyerOrganisationName", BT_44), TEXT("BuyerOrganisationTradingName", BT_45),
	TEXT("BuyerOrganisationTaxCode", BT_48), IDENTIFIED("BuyerCode", BT_46),
	ADDRESS("Buyer", BT_50, BT_51, BT_163, BT_52, BT_53, BT_54, BT_55), STEP_END,
	TEXT("BuyerContactPersonName", BT_56), STEP_OPEN("BuyerCommunicationDetails"),
	TEXT("BuyerPhoneNumberIdentifier", BT_57), TEXT("BuyerEmailaddressIdentifier", BT_58), STEP_END,
	STEP_OPEN("DeliveryPartyDetails"), TEXT("DeliveryOrganisationName", BT_70),
	ADDRESS("Delivery", BT_75, BT_76, BT_165, BT_77, BT_78, BT_79, BT_80), STEP_END,
	STEP_OPEN("DeliveryDetails"), DATE("DeliveryDate", BT_72), TEXT("WaybillIdentifier", BT_15),
	TEXT("DeliveryNoteIdentifier", BT_16), IDENTIFIED("FinalDestinationName", BT_71), STEP_END,
	STEP_OPEN_IF("AnyPartyDetails", has_payee),
	STEP_FIXED("<AnyPartyText AnyPartyCode=\"PaymentReceiver\">Maksunsaaja</AnyPartyText>"),
	IDENTIFIED("AnyPartyIdentifier", BT_61), TEXT("AnyPartyOrganisationName", BT_59),
	IDENTIFIED("AnyPartyCode", BT_60), STEP_END,
	STEP_OPEN_IF("AnyPartyDetails", has_representative),
	STEP_FIXED("<AnyPartyText AnyPartyCode=\"SellerTaxRepr\">Veroedustaja</AnyPartyText>"),
	TEXT("AnyPartyOrganisationName", BT_62), TEXT("AnyPartyOrganisationTaxCode", BT_63),
	ADDRESS("AnyParty", BT_64, BT_65, BT_164, BT_66, BT_67, BT_68, BT_69), STEP_END,

	/* document */
	STEP_OPEN_IF("InvoiceDetails", always), STEP_CALL(write_type),
	IDENTIFIED("InvoicedObjectID", BT_18), TEXT("InvoiceNumber", BT_1), DATE("InvoiceDate", BT_2),
	STEP_CALL(write_preceding), DATE("InvoicingPeriodStartDate", BT_73),
	DATE("InvoicingPeriodEndDate", BT_74), TEXT("SellerReferenceIdentifier", BT_14),
	TEXT("OrderIdentifier", BT_13), TEXT("AgreementIdentifier", BT_12),
	TEXT("BuyerReferenceIdentifier", BT_10), TEXT("ProjectReferenceIdentifier", BT_11),
	STEP_CALL(write_definitions), AMOUNT("RowsTotalVatExcludedAmount", BT_106),
	AMOUNT("DiscountsTotalVatExcludedAmount", BT_107),
	AMOUNT("ChargesTotalVatExcludedAmount", BT_108),
	AMOUNT("InvoiceTotalVatExcludedAmount", BT_109), AMOUNT("InvoiceTotalVatAmount", BT_110),
	STEP_TEXT_AS("InvoiceTotalVatAccountingAmount", BT_111, put_amount),
	STEP_ATTRIBUTE("AmountCurrencyIdentifier", BT_6),
	AMOUNT("InvoiceTotalVatIncludedAmount", BT_112), AMOUNT("InvoiceTotalRoundoffAmount", BT_114),
	AMOUNT("InvoicePaidAmount", BT_113), TEXT("AccountDimensionText", BT_19),
	STEP_OPEN_IF("VatPoint", has_vat_point), DATE("VatPointDate", BT_7),
	STEP_TEXT("VatPointDateCode", BT_8), STEP_END, STEP_EACH(TAX, "VatSpecificationDetails"),
	AMOUNT("VatBaseAmount", BT_116), NUMBER("VatRatePercent", BT_119), STEP_TEXT("VatCode", BT_118),
	AMOUNT("VatRateAmount", BT_117), STEP_CALL(write_tax_texts),
	STEP_TEXT("VatExemptionReasonCode", BT_121), STEP_END, STEP_CALL(write_notes),
	STEP_OPEN("PaymentTermsDetails"), STEP_CALL(write_terms), DATE("InvoiceDueDate", BT_9),
	STEP_END, STEP_EACH(ALLOWANCE, "DiscountDetails"), TEXT("FreeText", BT_97),
	STEP_TEXT("ReasonCode", BT_98), NUMBER("Percent", BT_94), AMOUNT("Amount", BT_92),
	AMOUNT("BaseAmount", BT_93), STEP_TEXT("VatCategoryCode", BT_95),
	NUMBER("VatRatePercent", BT_96), STEP_END, STEP_EACH(CHARGE, "ChargeDetails"),
	TEXT("ReasonText", BT_104), STEP_TEXT("ReasonCode", BT_105), NUMBER("Percent", BT_101),
	AMOUNT("Amount", BT_99), AMOUNT("BaseAmount", BT_100), STEP_TEXT("VatCategoryCode", BT_102),
	NUMBER("VatRatePercent", BT_103), STEP_END, TEXT("TenderReference", BT_17), STEP_END,
	STEP_OPEN("PaymentCardInfo"), TEXT("PrimaryAccountNumber", BT_87),
	TEXT("CardHolderName", BT_88), STEP_END, STEP_OPEN("DirectDebitInfo"),
	TEXT("MandateReference", BT_89), TEXT("CreditorIdentifier", BT_90), STEP_CALL(write_debited),
	STEP_END, STEPS_END};

static const WriteStep line_steps[] = {STEP_FIXED("<InvoiceRow>"),
									   IDENTIFIED("InvoicedObjectID", BT_128),
									   TEXT("ArticleIdentifier", BT_155),
									   STEP_CALL(write_classifications),
									   TEXT("ArticleName", BT_153),
									   TEXT("ArticleDescription", BT_154),
									   TEXT("BuyerArticleIdentifier", BT_156),
									   IDENTIFIED("EanCode", BT_157),
									   STEP_CALL(write_attributes),
									   STEP_CALL(write_quantity),
									   DATE("StartDate", BT_134),
									   DATE("EndDate", BT_135),
									   STEP_CALL(write_price),
									   TEXT("RowOrderPositionIdentifier", BT_132),
									   TEXT("RowPositionIdentifier", BT_126),
									   STEP_OPEN("RowDeliveryDetails"),
									   STEP_OPEN("RowCustomsInfo"),
									   STEP_TEXT("CNOriginCountryCode", BT_159),
									   STEP_END,
									   STEP_END,
									   TEXT("RowAccountDimensionText", BT_133),
									   STEP_CALL(write_line_texts),
									   STEP_CALL(write_readings),
									   STEP_CALL(write_discounts),
									   STEP_EACH(LINE_CHARGE, "RowChargeDetails"),
									   TEXT("ReasonText", BT_144),
									   STEP_TEXT("ReasonCode", BT_145),
									   NUMBER("Percent", BT_143),
									   AMOUNT("Amount", BT_141),
									   AMOUNT("BaseAmount", BT_142),
									   STEP_END,
									   NUMBER("RowVatRatePercent", BT_152),
									   STEP_TEXT("RowVatCode", BT_151),
									   AMOUNT("RowVatExcludedAmount", BT_131),
									   STEP_FIXED("</InvoiceRow>\n"),
									   STEPS_END};

static const WriteStep after_lines[] = {STEP_OPEN_IF("EpiDetails", has_payment),
										STEP_OPEN("EpiIdentificationDetails"),
										DATE("EpiDate", BT_2),
										STEP_FIXED("<EpiReference></EpiReference>"),
										STEP_END,
										STEP_CALL(write_beneficiary),
										STEP_OPEN("EpiPaymentInstructionDetails"),
										STEP_CALL(write_reference),
										STEP_TEXT_AS("EpiInstructedAmount", BT_115, put_amount),
										STEP_ATTRIBUTE("AmountCurrencyIdentifier", BT_5),
										STEP_FIXED("<EpiCharge ChargeOption=\"SHA\"></EpiCharge>"),
										STEP_CALL(write_due_date),
										STEP_TEXT("EpiPaymentMeansCode", BT_81),
										TEXT("EpiPaymentMeansText", BT_82),
										STEP_END,
										STEP_END,
										STEP_CALL(write_links),
										STEP_FIXED("</Finvoice>\n"),
										STEPS_END};

/* -- values ------------------------------------------------------------------------------------ */

/* Characters that the schema lets stand; identifiers that are longer are faults, texts are cut. */
static const struct
{
	uint16_t term;
	uint16_t limit;
	bool identifies;
} limits[] = {{TERM_BT_1, 20, true},	 {TERM_BT_25, 20, true},	{TERM_BT_34, 35, true},
			  {TERM_BT_49, 35, true},	 {TERM_BT_30, 35, true},	{TERM_BT_47, 35, true},
			  {TERM_BT_31, 35, true},	 {TERM_BT_48, 35, true},	{TERM_BT_84, 34, true},
			  {TERM_BT_87, 19, true},	 {TERM_BT_89, 35, true},	{TERM_BT_90, 35, true},
			  {TERM_BT_27, 70, false},	 {TERM_BT_28, 70, false},	{TERM_BT_44, 70, false},
			  {TERM_BT_45, 70, false},	 {TERM_BT_29, 70, false},	{TERM_BT_46, 70, false},
			  {TERM_BT_35, 35, false},	 {TERM_BT_36, 35, false},	{TERM_BT_162, 35, false},
			  {TERM_BT_37, 35, false},	 {TERM_BT_38, 35, false},	{TERM_BT_39, 35, false},
			  {TERM_BT_50, 35, false},	 {TERM_BT_51, 35, false},	{TERM_BT_163, 35, false},
			  {TERM_BT_52, 35, false},	 {TERM_BT_53, 35, false},	{TERM_BT_54, 35, false},
			  {TERM_BT_64, 35, false},	 {TERM_BT_65, 35, false},	{TERM_BT_164, 35, false},
			  {TERM_BT_66, 35, false},	 {TERM_BT_67, 35, false},	{TERM_BT_68, 35, false},
			  {TERM_BT_75, 35, false},	 {TERM_BT_76, 35, false},	{TERM_BT_165, 35, false},
			  {TERM_BT_77, 35, false},	 {TERM_BT_78, 35, false},	{TERM_BT_79, 35, false},
			  {TERM_BT_70, 35, false},	 {TERM_BT_59, 35, false},	{TERM_BT_62, 35, false},
			  {TERM_BT_63, 35, false},	 {TERM_BT_61, 35, false},	{TERM_BT_60, 70, false},
			  {TERM_BT_32, 35, false},	 {TERM_BT_33, 512, false},	{TERM_BT_41, 70, false},
			  {TERM_BT_42, 35, false},	 {TERM_BT_43, 70, false},	{TERM_BT_56, 70, false},
			  {TERM_BT_57, 35, false},	 {TERM_BT_58, 70, false},	{TERM_BT_85, 70, false},
			  {TERM_BT_71, 35, false},	 {TERM_BT_15, 70, false},	{TERM_BT_16, 70, false},
			  {TERM_BT_18, 70, false},	 {TERM_BT_14, 70, false},	{TERM_BT_13, 70, false},
			  {TERM_BT_12, 70, false},	 {TERM_BT_10, 70, false},	{TERM_BT_11, 70, false},
			  {TERM_BT_17, 70, false},	 {TERM_BT_19, 35, false},	{TERM_BT_88, 70, false},
			  {TERM_BT_97, 70, false},	 {TERM_BT_104, 70, false},	{TERM_BT_82, 70, false},
			  {TERM_BT_124, 512, false}, {TERM_BT_22, 512, false},	{TERM_BT_20, 70, false},
			  {TERM_BT_120, 70, false},	 {TERM_BT_127, 512, false}, {TERM_BT_128, 70, false},
			  {TERM_BT_155, 70, false},	 {TERM_BT_158, 70, false},	{TERM_BT_153, 100, false},
			  {TERM_BT_154, 512, false}, {TERM_BT_156, 70, false},	{TERM_BT_157, 35, false},
			  {TERM_BT_132, 35, false},	 {TERM_BT_126, 35, false},	{TERM_BT_133, 35, false},
			  {TERM_BT_139, 35, false},	 {TERM_BT_144, 70, false},	{TERM_BT_160, 70, false},
			  {TERM_BT_161, 70, false}};

/* The bytes of the first characters. */
static size_t
prefix_length(Slice value, size_t characters)
{
	size_t at = 0;

	for (; at < value.length; at++)
		if ((value.bytes[at] & 0xC0) != 0x80 && characters-- == 0)
			break;
	return at;
}

static void
put_text(InvoiceWriter *writer, InvoiceTerm term, Slice value)
{
	for (size_t i = 0; writer->strict && i < sizeof(limits) / sizeof(*limits); i++)
	{
		size_t length;

		if (limits[i].term != term)
			continue;
		length = prefix_length(value, limits[i].limit);
		if (length < value.length && limits[i].identifies)
		{
			write_wrong(writer, term, "is longer than Finvoice takes");
			return;
		}
		value.length = length;
		break;
	}
	write_escaped(writer, value);
}

static void
put_date(InvoiceWriter *writer, InvoiceTerm term, Slice value)
{
	(void) term;
	if (value.length == 10 && value.bytes[4] == '-' && value.bytes[7] == '-')
	{
		buffer_append(&writer->out, value.bytes, 4);
		buffer_append(&writer->out, value.bytes + 5, 2);
		buffer_append(&writer->out, value.bytes + 8, 2);
	}
	else
		write_escaped(writer, value);
}

/* With a comma, at least the places of the fraction if there is one, and the sign turned. */
static void
put_decimal(InvoiceWriter *writer, Slice value, int places, bool whole_too, bool turned)
{
	char text[DECIMAL_TEXT_SIZE], *point;
	Decimal number;

	if (decimal_parse(value.bytes, value.length, &number) != DECIMAL_OK)
	{
		write_escaped(writer, value);
		return;
	}
	if (turned)
		number = decimal_negate(number);
	(void) decimal_text(number, number.scale > 0 || whole_too ? places : 0, text);
	point = strchr(text, '.');
	if (point != NULL)
		*point = ',';
	buffer_append_text(&writer->out, text);
}

static bool
is_credit(const InvoiceWriter *writer)
{
	return (writer->variant & CREDIT_NOTE) != 0;
}

static void
put_percent(InvoiceWriter *writer, InvoiceTerm term, Slice value)
{
	(void) term;
	put_decimal(writer, value, 0, false, false);
}

static void
put_price(InvoiceWriter *writer, InvoiceTerm term, Slice value)
{
	Decimal number;

	if (writer->strict && decimal_parse(value.bytes, value.length, &number) == DECIMAL_OK &&
		number.scale > 5)
		write_wrong(writer, term, "has more than the five decimals that Finvoice takes");
	else
		put_decimal(writer, value, 2, true, false);
}

static void
put_quantity(InvoiceWriter *writer, InvoiceTerm term, Slice value)
{
	(void) term;
	put_decimal(writer, value, 0, false, is_credit(writer));
}

static void
put_amount(InvoiceWriter *writer, InvoiceTerm term, Slice value)
{
	(void) term;
	put_decimal(writer, value, 2, true, is_credit(writer));
}

/* -- several elements of one kind -------------------------------------------------------------- */

static void
each_row(InvoiceWriter *writer, InvoiceGroupKind kind, const WriteStep *steps)
{
	const InvoiceContent *content = invoice_is_line_kind(kind) ? &writer->line : &writer->content;

	for (size_t row = 0; row < content->groups[kind].count; row++)
		write_steps_with(writer, kind, invoice_content_row(content, kind, row), steps);
}

/* Each line of the text as an element; what is more than the schema takes goes into the last one.
 */
static void
each_line(InvoiceWriter *writer, InvoiceTerm term, size_t most, const WriteStep *step)
{
	InvoiceGroupKind kind = invoice_term_info[term].group;
	const Slice *before = writer->rows[kind];
	Slice text = write_value(writer, term), *copy;
	size_t size = sizeof(Slice) * (size_t) invoice_group_size(kind);

	if (text.length == 0)
		return;
	copy = (Slice *) (void *) text_arena_alloc(
		writer->line_no > 0 ? &writer->line_texts : &writer->texts, size);
	if (copy == NULL)
		return;
	memcpy(copy, before, size);
	for (size_t n = 1; text.length > 0; n++)
	{
		const char *feed = n < most ? memchr(text.bytes, '\n', text.length) : NULL;
		size_t length = feed != NULL ? (size_t) (feed - text.bytes) : text.length;

		copy[term - invoice_group_info[kind].first] = (Slice){text.bytes, length};
		write_steps_with(writer, kind, copy, step);
		text.bytes += length + (feed != NULL ? 1 : 0);
		text.length -= length + (feed != NULL ? 1 : 0);
	}
}

/* -- parties and payment ----------------------------------------------------------------------- */

static bool
always(const InvoiceWriter *writer)
{
	(void) writer;
	return true;
}

static bool
has_endpoints(const InvoiceWriter *writer)
{
	return write_has(writer, TERM_BT_34) && write_has(writer, TERM_BT_49);
}

static bool
has_payee(const InvoiceWriter *writer)
{
	return write_has(writer, TERM_BT_59);
}

static bool
has_representative(const InvoiceWriter *writer)
{
	return write_has(writer, TERM_BT_62);
}

static bool
has_vat_point(const InvoiceWriter *writer)
{
	return write_has(writer, TERM_BT_7) || write_has(writer, TERM_BT_8);
}

static bool
has_payment(const InvoiceWriter *writer)
{
	return writer->strict || write_has(writer, TERM_BT_115) || write_has(writer, TERM_BT_83) ||
		   write_has(writer, TERM_BT_81) || write_has(writer, TERM_BT_82) ||
		   writer->content.groups[INVOICE_ACCOUNT].count > 0;
}

static const Slice *
account(const InvoiceWriter *writer, size_t row)
{
	return row < writer->content.groups[INVOICE_ACCOUNT].count
			   ? invoice_content_row(&writer->content, INVOICE_ACCOUNT, row)
			   : NULL;
}

static Slice
account_value(const Slice *row, InvoiceTerm term)
{
	Slice none = {NULL, 0};

	return row != NULL ? row[term - invoice_group_info[INVOICE_ACCOUNT].first] : none;
}

static bool
is_bic(Slice value)
{
	for (size_t i = 0; i < value.length; i++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", value.bytes[i]))
			return false;
	return value.length == 8 || value.length == 11;
}

/* Two letters and two digits begin an IBAN. */
static bool
is_iban(Slice value)
{
	return value.length > 8 && value.bytes[0] >= 'A' && value.bytes[0] <= 'Z' &&
		   value.bytes[1] >= 'A' && value.bytes[1] <= 'Z' && value.bytes[2] >= '0' &&
		   value.bytes[2] <= '9' && value.bytes[3] >= '0' && value.bytes[3] <= '9';
}

static void
write_intermediator(InvoiceWriter *writer)
{
	Slice bank = account_value(account(writer, 0), TERM_BT_86);

	buffer_append_text(&writer->out, "<FromIntermediator>");
	if (is_bic(bank))
		buffer_append(&writer->out, bank.bytes, bank.length);
	else
		buffer_append_text(&writer->out, "NA");
	buffer_append_text(&writer->out, "</FromIntermediator>");
}

static void
write_seller_ids(InvoiceWriter *writer)
{
	static const WriteStep steps[] = {IDENTIFIED("SellerCode", BT_29), STEPS_END};

	each_row(writer, INVOICE_SELLER_ID, steps);
}

#define ACCOUNT(name, scheme) \
	TEXT(name, BT_84), STEP_MARK("IdentificationSchemeName=\"" scheme "\"")

/* The schema wants a BIC with these; the first account stands in the payment part anyway. */
static void
write_accounts(InvoiceWriter *writer)
{
#define SELLER_ACCOUNT(scheme)                                                        \
	STEP_OPEN("SellerAccountDetails"), ACCOUNT("SellerAccountID", scheme),            \
		STEP_TEXT("SellerBic", BT_86), STEP_MARK("IdentificationSchemeName=\"BIC\""), \
		TEXT("SellerAccountName", BT_85), STEP_END, STEPS_END
	static const WriteStep iban[] = {SELLER_ACCOUNT("IBAN")}, other[] = {SELLER_ACCOUNT("BBAN")};

	for (size_t row = 0; account(writer, row) != NULL; row++)
	{
		Slice bank = account_value(account(writer, row), TERM_BT_86);

		if (writer->strict ? bank.length >= 8 && bank.length <= 11
						   : row > 0 || bank.length > 0 ||
								 account_value(account(writer, row), TERM_BT_85).length > 0 ||
								 account(writer, row + 1) != NULL)
			write_steps_with(writer, INVOICE_ACCOUNT, account(writer, row),
							 is_iban(account_value(account(writer, row), TERM_BT_84)) ? iban
																					  : other);
	}
}

static void
write_debited(InvoiceWriter *writer)
{
	static const WriteStep iban[] = {STEP_TEXT("DebitedAccountID", BT_91),
									 STEP_MARK("IdentificationSchemeName=\"IBAN\""), STEPS_END};
	static const WriteStep other[] = {STEP_TEXT("DebitedAccountID", BT_91),
									  STEP_MARK("IdentificationSchemeName=\"BBAN\""), STEPS_END};

	write_steps(writer, is_iban(write_value(writer, TERM_BT_91)) ? iban : other);
}

/* Name and account of whoever is paid. */
static void
write_beneficiary(InvoiceWriter *writer)
{
	static const WriteStep bank[] = {STEP_TEXT("EpiBfiIdentifier", BT_86),
									 STEP_MARK("IdentificationSchemeName=\"BIC\""), STEPS_END};
	static const WriteStep iban[] = {ACCOUNT("EpiAccountID", "IBAN"), STEPS_END};
	static const WriteStep other[] = {ACCOUNT("EpiAccountID", "BBAN"), STEPS_END};
	const Slice *row = account(writer, 0);
	Slice name = write_value(writer, write_has(writer, TERM_BT_59) ? TERM_BT_59 : TERM_BT_27);

	buffer_append_text(&writer->out, "<EpiPartyDetails><EpiBfiPartyDetails>");
	if (is_bic(account_value(row, TERM_BT_86)) ||
		(!writer->strict && account_value(row, TERM_BT_86).length > 0))
		write_steps_with(writer, INVOICE_ACCOUNT, row, bank);
	buffer_append_text(&writer->out, "</EpiBfiPartyDetails><EpiBeneficiaryPartyDetails>");
	if (name.length > 0)
	{
		buffer_append_text(&writer->out, "<EpiNameAddressDetails>");
		name.length = prefix_length(name, 35);
		write_escaped(writer, name);
		buffer_append_text(&writer->out, "</EpiNameAddressDetails>");
	}
	if (row != NULL)
		write_steps_with(writer, INVOICE_ACCOUNT, row,
						 is_iban(account_value(row, TERM_BT_84)) ? iban : other);
	buffer_append_text(&writer->out, "</EpiBeneficiaryPartyDetails></EpiPartyDetails>");
}

static bool
same_text(Slice a, Slice b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

/*
 * A Finnish reference is 2 to 20 digits, an international one begins with RF.  The number of the
 * invoice, told for want of a reference, is left out: it is in its own place.
 */
static void
write_reference(InvoiceWriter *writer)
{
	static const WriteStep finnish[] = {STEP_TEXT("EpiRemittanceInfoIdentifier", BT_83),
										STEP_MARK("IdentificationSchemeName=\"SPY\""), STEPS_END};
	static const WriteStep creditor[] = {STEP_TEXT("EpiRemittanceInfoIdentifier", BT_83),
										 STEP_MARK("IdentificationSchemeName=\"ISO\""), STEPS_END};
	static const WriteStep other[] = {STEP_TEXT("EpiRemittanceInfoIdentifier", BT_83), STEPS_END};
	Slice value = write_value(writer, TERM_BT_83);
	size_t digits = 0;

	while (digits < value.length && value.bytes[digits] >= '0' && value.bytes[digits] <= '9')
		digits++;
	if (value.length >= 2 && value.length <= 20 && digits == value.length)
		write_steps(writer, finnish);
	else if (value.length >= 5 && value.length <= 25 && memcmp(value.bytes, "RF", 2) == 0)
		write_steps(writer, creditor);
	else if (writer->strict && same_text(value, write_value(writer, TERM_BT_1)))
		return;
	else if (writer->strict && value.length > 0)
		write_wrong(writer, TERM_BT_83,
					"is no reference of 2 to 20 digits and none that begins with RF");
	else
		write_steps(writer, other);
}

/* The schema wants a date; a credit note has none. */
static void
write_due_date(InvoiceWriter *writer)
{
	static const WriteStep due[] = {DATE("EpiDateOptionDate", BT_9), STEPS_END};
	static const WriteStep issued[] = {DATE("EpiDateOptionDate", BT_2), STEPS_END};

	write_steps(writer, write_has(writer, TERM_BT_9) || !writer->strict ? due : issued);
}

static void
write_links(InvoiceWriter *writer)
{
	static const WriteStep steps[] = {TEXT("InvoiceUrlText", BT_124), STEPS_END};

	each_row(writer, INVOICE_ATTACHMENT, steps);
}

/* -- document ---------------------------------------------------------------------------------- */

static void
write_type(InvoiceWriter *writer)
{
	static const WriteStep code[] = {STEP_TEXT("InvoiceTypeCodeUN", BT_3), STEPS_END};
	const char *type = "INV01", *text = "INVOICE";

	if (is_credit(writer))
	{
		type = "INV02";
		text = "CREDIT NOTE";
	}
	else if (write_value_is(writer, TERM_BT_3, "389"))
	{
		type = "INV07";
		text = "SELFBILLING";
	}
	else if (write_value_is(writer, TERM_BT_3, "325"))
	{
		type = "INV06";
		text = "PRO FORMA INVOICE";
	}
	buffer_printf(&writer->out, "<InvoiceTypeCode>%s</InvoiceTypeCode>", type);
	write_steps(writer, code);
	buffer_printf(&writer->out,
				  "<InvoiceTypeText>%s</InvoiceTypeText><OriginCode>Original</OriginCode>", text);
}

/* The first one stands flat. */
static void
write_preceding(InvoiceWriter *writer)
{
	static const WriteStep first[] = {TEXT("OriginalInvoiceNumber", BT_25),
									  DATE("OriginalInvoiceDate", BT_26), STEPS_END};
	static const WriteStep more[] = {STEP_OPEN("OriginalInvoiceReference"),
									 TEXT("InvoiceNumber", BT_25), DATE("InvoiceDate", BT_26),
									 STEP_END, STEPS_END};

	for (size_t row = 0; row < writer->content.groups[INVOICE_PRECEDING].count; row++)
		write_steps_with(writer, INVOICE_PRECEDING,
						 invoice_content_row(&writer->content, INVOICE_PRECEDING, row),
						 row == 0 ? first : more);
}

/* A note with a subject code fits if it is short. */
static bool
is_definition(const Slice *note)
{
	Slice code = note[TERM_BT_21 - invoice_group_info[INVOICE_NOTE].first];
	Slice text = note[TERM_BT_22 - invoice_group_info[INVOICE_NOTE].first];

	return code.length == 3 && text.length > 0 && prefix_length(text, 70) == text.length;
}

static void
write_notes_if(InvoiceWriter *writer, bool definitions, const WriteStep *steps)
{
	for (size_t row = 0; row < writer->content.groups[INVOICE_NOTE].count; row++)
	{
		const Slice *note = invoice_content_row(&writer->content, INVOICE_NOTE, row);

		if (is_definition(note) == definitions)
			write_steps_with(writer, INVOICE_NOTE, note, steps);
	}
}

static void
write_definitions(InvoiceWriter *writer)
{
	static const WriteStep steps[] = {STEP_OPEN("DefinitionDetails"),
									  STEP_TEXT("DefinitionHeaderText", BT_21),
									  STEP_ATTRIBUTE("DefinitionCode", BT_21),
									  STEP_TEXT("DefinitionValue", BT_22),
									  STEP_END,
									  STEPS_END};

	write_notes_if(writer, true, steps);
}

static void
write_notes(InvoiceWriter *writer)
{
	static const WriteStep steps[] = {TEXT("InvoiceFreeText", BT_22), STEPS_END};

	write_notes_if(writer, false, steps);
}

static void
write_terms(InvoiceWriter *writer)
{
	static const WriteStep step[] = {TEXT("PaymentTermsFreeText", BT_20), STEPS_END};

	each_line(writer, TERM_BT_20, 2, step);
}

static void
write_tax_texts(InvoiceWriter *writer)
{
	static const WriteStep step[] = {TEXT("VatFreeText", BT_120), STEPS_END};

	each_line(writer, TERM_BT_120, 3, step);
}

/* -- rows -------------------------------------------------------------------------------------- */

static void
write_classifications(InvoiceWriter *writer)
{
	static const WriteStep steps[] = {TEXT("ArticleGroupIdentifier", BT_158),
									  STEP_ATTRIBUTE("SchemeID", BT_158_1),
									  STEP_ATTRIBUTE("SchemeVersion", BT_158_2), STEPS_END};

	each_row(writer, INVOICE_CLASSIFICATION, steps);
}

/* Meter readings came in as attributes of these names, and go out as elements again. */
static const char *const readings[] = {"RowUsedQuantity", "RowPreviousMeterReadingDate",
									   "RowLatestMeterReadingDate", "RowCalculatedQuantity"};

static int
reading_of(const Slice *row)
{
	Slice name = row[0];

	for (int i = 0; i < (int) (sizeof(readings) / sizeof(*readings)); i++)
		if (name.length == strlen(readings[i]) && memcmp(name.bytes, readings[i], name.length) == 0)
			return i;
	return -1;
}

static void
write_attributes(InvoiceWriter *writer)
{
	static const WriteStep steps[] = {STEP_OPEN("RowDefinitionDetails"),
									  TEXT("RowDefinitionHeaderText", BT_160),
									  TEXT("RowDefinitionValue", BT_161), STEP_END, STEPS_END};

	for (size_t row = 0; row < writer->line.groups[INVOICE_ATTRIBUTE].count; row++)
	{
		const Slice *values = invoice_content_row(&writer->line, INVOICE_ATTRIBUTE, row);

		if (reading_of(values) < 0)
			write_steps_with(writer, INVOICE_ATTRIBUTE, values, steps);
	}
}

static bool
is_unit_code(Slice unit)
{
	for (size_t i = 0; i < unit.length; i++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", unit.bytes[i]))
			return false;
	return unit.length == 2 || unit.length == 3;
}

static void
write_reading(InvoiceWriter *writer, const char *name, Slice value)
{
	const char *blank = memchr(value.bytes, ' ', value.length);
	Slice number = {value.bytes, blank != NULL ? (size_t) (blank - value.bytes) : value.length};
	Slice unit = {blank != NULL ? blank + 1 : NULL,
				  blank != NULL ? value.length - number.length - 1 : 0};

	buffer_printf(&writer->out, "<%s", name);
	if (strstr(name, "Date") != NULL)
		buffer_append_text(&writer->out, " Format=\"CCYYMMDD\"");
	if (unit.length > 0)
	{
		buffer_append_text(&writer->out,
						   is_unit_code(unit) ? " QuantityUnitCodeUN=\"" : " QuantityUnitCode=\"");
		write_escaped(writer, unit);
		buffer_append_char(&writer->out, '"');
	}
	buffer_append_char(&writer->out, '>');
	if (strstr(name, "Date") != NULL)
		put_date(writer, TERM_BT_161, number);
	else
		put_decimal(writer, number, 0, false, false);
	buffer_printf(&writer->out, "</%s>", name);
}

/* In the order of the schema. */
static void
write_readings(InvoiceWriter *writer)
{
	for (int i = 0; i < (int) (sizeof(readings) / sizeof(*readings)); i++)
		for (size_t row = 0; row < writer->line.groups[INVOICE_ATTRIBUTE].count; row++)
		{
			const Slice *values = invoice_content_row(&writer->line, INVOICE_ATTRIBUTE, row);

			if (reading_of(values) == i && values[1].length > 0)
				write_reading(writer, readings[i], values[1]);
		}
}

static void
write_quantity(InvoiceWriter *writer)
{
	static const WriteStep coded[] = {STEP_TEXT_AS("InvoicedQuantity", BT_129, put_quantity),
									  STEP_ATTRIBUTE("QuantityUnitCode", BT_130),
									  STEP_ATTRIBUTE("QuantityUnitCodeUN", BT_130), STEPS_END};
	static const WriteStep other[] = {STEP_TEXT_AS("InvoicedQuantity", BT_129, put_quantity),
									  STEP_ATTRIBUTE("QuantityUnitCode", BT_130), STEPS_END};

	write_steps(writer, is_unit_code(write_value(writer, TERM_BT_130)) ? coded : other);
}

/* UnitPriceAmount is the price before its discount; it is the only one where there is none. */
static void
write_price(InvoiceWriter *writer)
{
	static const WriteStep net[] = {PRICE("UnitPriceAmount", BT_146), STEPS_END};
	static const WriteStep gross[] = {PRICE("UnitPriceAmount", BT_148),
									  PRICE("UnitPriceDiscountAmount", BT_147),
									  PRICE("UnitPriceNetAmount", BT_146), STEPS_END};
	static const WriteStep base[] = {STEP_TEXT_AS("UnitPriceBaseQuantity", BT_149, put_percent),
									 STEPS_END};
	bool discounted = write_has(writer, TERM_BT_147) || write_has(writer, TERM_BT_148);

	write_steps(writer, discounted ? gross : net);
	write_steps(writer, base);
}

static void
write_line_texts(InvoiceWriter *writer)
{
	static const WriteStep step[] = {TEXT("RowFreeText", BT_127), STEPS_END};

	each_line(writer, TERM_BT_127, SIZE_MAX, step);
}

#define DISCOUNT                                                                           \
	NUMBER("RowDiscountPercent", BT_138), AMOUNT("RowDiscountAmount", BT_136),             \
		AMOUNT("RowDiscountBaseAmount", BT_137), STEP_TEXT("RowDiscountTypeCode", BT_140), \
		TEXT("RowDiscountTypeText", BT_139)

/* One discount stands flat. */
static void
write_discounts(InvoiceWriter *writer)
{
	static const WriteStep one[] = {DISCOUNT, STEPS_END};
	static const WriteStep more[] = {STEP_OPEN("RowProgressiveDiscountDetails"), DISCOUNT, STEP_END,
									 STEPS_END};

	each_row(writer, INVOICE_LINE_ALLOWANCE,
			 writer->line.groups[INVOICE_LINE_ALLOWANCE].count == 1 ? one : more);
}

/* -- the invoice as a whole -------------------------------------------------------------------- */

static bool
is_credit_code(const InvoiceWriter *writer)
{
	static const char *const codes[] = {"81",  "83",  "261", "262", "296", "308",
										"381", "396", "420", "458", "532"};

	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (write_value_is(writer, TERM_BT_3, codes[i]))
			return true;
	return false;
}

/* A scheme of the register of ISO 6523 has four digits; the schema takes no other. */
static void
drop_other_schemes(InvoiceWriter *writer)
{
	static const InvoiceTerm schemes[] = {TERM_BT_30_1, TERM_BT_46_1, TERM_BT_47_1,
										  TERM_BT_60_1, TERM_BT_61_1, TERM_BT_71_1};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
	{
		Slice value = write_value(writer, schemes[i]);
		bool fits = value.length == 4;

		for (size_t c = 0; c < value.length; c++)
			fits &= value.bytes[c] >= '0' && value.bytes[c] <= '9';
		if (value.length > 0 && !fits)
			write_set(writer, schemes[i], NULL);
	}
}

/* An address has a street, a town and a post code, or is left out. */
static PortStatus
check_address(InvoiceWriter *writer, const InvoiceTerm *terms)
{
	int found = 0;

	for (int i = 0; i < 3; i++)
		found += write_has(writer, terms[i]);
	for (int i = 0; found > 0 && i < 3; i++)
		if (!write_has(writer, terms[i]))
			return write_missing(writer, terms[i], NULL);
	/* the country and the like alone are no address */
	for (int i = 3; found == 0 && terms[i] != TERM_BT_1; i++)
		write_set(writer, terms[i], NULL);
	return PORT_OK;
}

static PortStatus
check_addresses(InvoiceWriter *writer)
{
	static const InvoiceTerm addresses[][8] = {{TERM_BT_35, TERM_BT_37, TERM_BT_38, TERM_BT_36,
												TERM_BT_162, TERM_BT_39, TERM_BT_40, TERM_BT_1},
											   {TERM_BT_50, TERM_BT_52, TERM_BT_53, TERM_BT_51,
												TERM_BT_163, TERM_BT_54, TERM_BT_55, TERM_BT_1},
											   {TERM_BT_64, TERM_BT_66, TERM_BT_67, TERM_BT_65,
												TERM_BT_164, TERM_BT_68, TERM_BT_69, TERM_BT_1}};
	static const InvoiceTerm delivery[] = {TERM_BT_75, TERM_BT_77, TERM_BT_78};
	PortStatus status = PORT_OK;

	for (int i = 0; i < 3 && status == PORT_OK; i++)
		status = check_address(writer, addresses[i]);
	for (int i = 0; i < 3; i++)
		if (!write_has(writer, delivery[i]))
		{
			static const InvoiceTerm all[] = {TERM_BT_70, TERM_BT_75, TERM_BT_76, TERM_BT_165,
											  TERM_BT_77, TERM_BT_78, TERM_BT_79, TERM_BT_80};

			for (size_t t = 0; t < sizeof(all) / sizeof(*all); t++)
				write_set(writer, all[t], NULL);
			break;
		}
	if (write_has(writer, TERM_BT_75) && !write_has(writer, TERM_BT_70))
	{
		Slice name = write_value(writer, TERM_BT_44);

		writer->content.groups[INVOICE_DOCUMENT].values[TERM_BT_70] = name;
	}
	return status;
}

static PortStatus
prepare_finvoice(InvoiceWriter *writer)
{
	writer->variant = is_credit_code(writer) ? CREDIT_NOTE : 0;
	if (prefix_length(write_value(writer, TERM_BT_23), 4) < write_value(writer, TERM_BT_23).length)
		write_set(writer, TERM_BT_23, NULL);
	if (prefix_length(write_value(writer, TERM_BT_24), 35) < write_value(writer, TERM_BT_24).length)
		write_set(writer, TERM_BT_24, "EN16931");
	if (!writer->strict)
		return PORT_OK;
	if (account(writer, 0) == NULL)
		return write_missing(writer, TERM_BT_84, NULL);
	drop_other_schemes(writer);
	return check_addresses(writer);
}

static PortStatus
prepare_finvoice_line(InvoiceWriter *writer)
{
	Slice unit = write_value(writer, TERM_BT_150), scheme = write_value(writer, TERM_BT_157_1);

	if (writer->strict && unit.length > 0 && !is_unit_code(unit))
		write_set(writer, TERM_BT_150, NULL);
	if (writer->strict && scheme.length != 4)
		write_set(writer, TERM_BT_157_1, NULL);
	return PORT_OK;
}

static const InvoiceTerm needed[] = {TERM_BT_1,	  TERM_BT_2,  TERM_BT_5,
									 TERM_BT_27,  TERM_BT_44, TERM_BT_112,
									 TERM_BT_115, TERM_BT_84, INVOICE_TERM_COUNT};
static const InvoiceGroupKind needed_kinds[] = {INVOICE_LINE, INVOICE_GROUP_COUNT};

const WriteFormat write_format_finvoice = {
	.name = "finvoice",
	.needed = needed,
	.needed_kinds = needed_kinds,
	.prepare = prepare_finvoice,
	.prepare_line = prepare_finvoice_line,
	.encode = latin9_append_xml,
	.before = before_lines,
	.line = line_steps,
	.after = after_lines,
};
