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
#include "core/finvoice_write.h"
#include "core/text_latin9.h"

#include <stdio.h>
#include <string.h>

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
	STEP_TEXT_AS("InvoiceTotalVatAccountingAmount", BT_111, finvoice_put_amount),
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

static const WriteStep after_lines[] = {
	STEP_OPEN_IF("EpiDetails", has_payment),
	STEP_OPEN("EpiIdentificationDetails"),
	DATE("EpiDate", BT_2),
	STEP_FIXED("<EpiReference></EpiReference>"),
	STEP_END,
	STEP_CALL(write_beneficiary),
	STEP_OPEN("EpiPaymentInstructionDetails"),
	STEP_CALL(write_reference),
	STEP_TEXT_AS("EpiInstructedAmount", BT_115, finvoice_put_amount),
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
	bool sender = write_has(writer, TERM_BT_34), receiver = write_has(writer, TERM_BT_49);

	/* the schema wants both */
	return writer->strict ? sender && receiver : sender || receiver;
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

	finvoice_each_row(writer, INVOICE_SELLER_ID, steps);
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
		name.length = finvoice_prefix_length(name, 35);
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

	finvoice_each_row(writer, INVOICE_ATTACHMENT, steps);
}

/* -- document ---------------------------------------------------------------------------------- */

static void
write_type(InvoiceWriter *writer)
{
	static const WriteStep code[] = {STEP_TEXT("InvoiceTypeCodeUN", BT_3), STEPS_END};
	const char *type = "INV01", *text = "INVOICE";

	if (finvoice_is_credit(writer))
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

	return code.length == 3 && text.length > 0 && finvoice_prefix_length(text, 70) == text.length;
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

	finvoice_each_line(writer, TERM_BT_20, 2, step);
}

static void
write_tax_texts(InvoiceWriter *writer)
{
	static const WriteStep step[] = {TEXT("VatFreeText", BT_120), STEPS_END};

	finvoice_each_line(writer, TERM_BT_120, 3, step);
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
	writer->variant = is_credit_code(writer) ? FINVOICE_CREDIT_NOTE : 0;
	if (finvoice_prefix_length(write_value(writer, TERM_BT_23), 4) <
		write_value(writer, TERM_BT_23).length)
		write_set(writer, TERM_BT_23, NULL);
	if (finvoice_prefix_length(write_value(writer, TERM_BT_24), 35) <
		write_value(writer, TERM_BT_24).length)
		write_set(writer, TERM_BT_24, "EN16931");
	if (!writer->strict)
		return PORT_OK;
	if (account(writer, 0) == NULL)
		return write_missing(writer, TERM_BT_84, NULL);
	drop_other_schemes(writer);
	return check_addresses(writer);
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
	.prepare_line = finvoice_prepare_line,
	.encode = latin9_append_xml,
	.before = before_lines,
	.line = finvoice_line_steps,
	.after = after_lines,
};
