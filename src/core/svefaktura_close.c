/*
 * svefaktura_close.c: Svefaktura 1.0 (SFTI BasicInvoice).
 *
 * What differs from EN 16931: the reference of a payment inside its account, a total that is
 * already rounded, tax registrations told apart by VAT and SWT, and totals that leave out the sums
 * of allowances and charges.  The object envelope that carries attachments is no invoice.
 */
#include "core/xml_pieces.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum
{
	TERM_SVE_TEXT = TERM_XML_SCRATCH,
	TERM_SVE_CODE,
	TERM_SVE_ID,
	TERM_SVE_SCHEME,
	TERM_SVE_NAME,
	TERM_SVE_REASON,
	TERM_SVE_TOWN,
	TERM_SVE_COUNTRY,
	TERM_SVE_COUNT,
	TERM_SVE_INDICATOR
};

/* what is known of the document at hand; lives in the reader's notes */
typedef struct SvefakturaNotes
{
	Decimal allowances, charges, tax_currency;
	bool has_allowances, has_charges, has_tax_currency;
	bool wrong;					/* one of them is no number, so no sums */
	int taxes;					/* rates in the breakdown */
	char category[8], rate[24]; /* of the first */
	int64_t lines;
	bool has_lines;
} SvefakturaNotes;

_Static_assert(sizeof(SvefakturaNotes) <= XML_NOTES * sizeof(int64_t), "notes are too small");

static SvefakturaNotes *
notes_of(XmlInvoice *reader)
{
	return (SvefakturaNotes *) (void *) xml_notes(reader);
}

/* -- transforms -------------------------------------------------------------------------------- */

/* 2003-11-01T00:00:00 */
static size_t
svefaktura_date(XmlInvoice *reader, char *text, size_t length)
{
	if (length > 11 && text[10] == 'T')
		return 10;
	return xml_date_iso(reader, text, length);
}

static size_t
svefaktura_count(XmlInvoice *reader, char *text, size_t length)
{
	SvefakturaNotes *notes = notes_of(reader);
	Decimal number;

	notes->has_lines = decimal_parse(text, length, &number) == DECIMAL_OK &&
					   decimal_to_minor(number, 0, &notes->lines);
	if (!notes->has_lines)
		xml_fault_here(reader, FINDING_WARNING, "SVEFAKTURA-LINES", "this is no number of lines",
					   (Slice){text, length});
	return length;
}

/* -- parties ----------------------------------------------------------------------------------- */

static bool
close_next(XmlInvoice *reader, const XmlOpenGroup *group)
{
	return xml_take_next(reader, group, 0, TERM_SVE_TEXT);
}

static bool
close_join(XmlInvoice *reader, const XmlOpenGroup *group)
{
	return xml_take_line(reader, group, TERM_SVE_TEXT, " ");
}

/* Agency 9 is GS1. */
static bool
close_seller_id(XmlInvoice *reader, const XmlOpenGroup *group)
{
	if (xml_value_is(reader, TERM_BT_29_1, "9"))
		xml_set(reader, TERM_BT_29_1, xml_text("0088"));
	return xml_close_filled(reader, group);
}

static bool
close_buyer_id(XmlInvoice *reader, const XmlOpenGroup *group)
{
	(void) group;
	if (xml_value_is(reader, TERM_SVE_SCHEME, "9"))
		xml_set(reader, TERM_SVE_SCHEME, xml_text("0088"));
	if (xml_value(reader, TERM_BT_46).length == 0)
		xml_move(reader, TERM_SVE_SCHEME, TERM_BT_46_1);
	else
		xml_extra_term(reader, group, TERM_SVE_SCHEME, "/cac:ID/@identificationSchemeAgencyID");
	xml_move(reader, TERM_SVE_ID, TERM_BT_46);
	return true;
}

/* A registered name makes the other name the trading name. */
static void
take_registered_name(XmlInvoice *reader, int name, int trading_name)
{
	Slice registered = xml_value(reader, TERM_SVE_NAME), known = xml_value(reader, name);

	if (registered.length == 0 || (registered.length == known.length &&
								   memcmp(registered.bytes, known.bytes, known.length) == 0))
		return;
	if (known.length > 0)
	{
		xml_move(reader, name, trading_name);
		xml_clear(reader, name);
	}
	xml_move(reader, TERM_SVE_NAME, name);
}

static void
take_seat(XmlInvoice *reader, const XmlOpenGroup *group, bool seller)
{
	Slice town = xml_value(reader, TERM_SVE_TOWN), country = xml_value(reader, TERM_SVE_COUNTRY);
	char text[160];

	if (!seller || town.length == 0 || town.length + country.length > 120 ||
		xml_value(reader, TERM_BT_33).length > 0)
	{
		xml_extra_term(reader, group, TERM_SVE_TOWN, "/cac:RegistrationAddress/cbc:CityName");
		xml_extra_term(reader, group, TERM_SVE_COUNTRY,
					   "/cac:RegistrationAddress/cac:Country/cac:IdentificationCode");
		return;
	}
	snprintf(text, sizeof(text), "S\xc3\xa4te %.*s%s%.*s", (int) town.length, town.bytes,
			 country.length > 0 ? ", " : "", (int) country.length, country.bytes);
	xml_set(reader, TERM_BT_33, xml_text(text));
}

/* SWT is the organisation number and what is said about its tax, VAT the VAT number. */
static bool
close_party_tax(XmlInvoice *reader, const XmlOpenGroup *group)
{
	bool seller = strcmp(reader->paths->nodes[group->node].literal, "seller") == 0;
	bool tax = xml_value_is(reader, TERM_SVE_SCHEME, "SWT");

	take_registered_name(reader, seller ? TERM_BT_27 : TERM_BT_44,
						 seller ? TERM_BT_28 : TERM_BT_45);
	if (tax)
		xml_move(reader, TERM_SVE_ID, seller ? TERM_BT_30 : TERM_BT_47);
	else if (xml_value_is(reader, TERM_SVE_SCHEME, "VAT"))
		xml_move(reader, TERM_SVE_ID, seller ? TERM_BT_31 : TERM_BT_48);
	else
	{
		xml_extra_term(reader, group, TERM_SVE_ID, "/cac:CompanyID");
		xml_extra_term(reader, group, TERM_SVE_SCHEME, "/cac:TaxScheme/cac:ID");
	}
	if (tax && seller)
		xml_move(reader, TERM_SVE_REASON, TERM_BT_32);
	else
		xml_extra_term(reader, group, TERM_SVE_REASON, "/cbc:ExemptionReason");
	take_seat(reader, group, tax && seller);
	return true;
}

/* -- references and payment -------------------------------------------------------------------- */

/* CT is a contract, DQ a despatch note, ACD or ATS an attachment (ATS inside of an envelope). */
static bool
close_reference(XmlInvoice *reader, const XmlOpenGroup *group)
{
	if (xml_value_is(reader, TERM_SVE_SCHEME, "CT"))
		xml_move(reader, TERM_BT_122, TERM_BT_12);
	else if (xml_value_is(reader, TERM_SVE_SCHEME, "DQ"))
		xml_move(reader, TERM_BT_122, TERM_BT_16);
	else
	{
		xml_extra_term(reader, group, TERM_SVE_SCHEME, "/cac:ID/@identificationSchemeID");
		if (xml_value(reader, TERM_BT_122).length > 0)
			xml_emit(reader, group, INVOICE_ATTACHMENT);
	}
	return true;
}

/* The giro systems have a BIC in Svefaktura and a name of their own in EN 16931. */
static bool
close_means(XmlInvoice *reader, const XmlOpenGroup *open)
{
	XmlOpenGroup group = *open;

	if (!xml_value_is(reader, TERM_SVE_CODE, "1"))
		xml_extra_term(reader, open, TERM_SVE_CODE, "/cac:PaymentMeansTypeCode");
	if (!xml_value_is(reader, TERM_SVE_SCHEME, "IBAN"))
		xml_extra_term(reader, open, TERM_SVE_SCHEME,
					   "/cac:PayeeFinancialAccount/cac:ID/@identificationSchemeName");
	if (xml_value(reader, TERM_BT_84).length == 0)
	{
		xml_extra_term(reader, open, TERM_BT_86, "/cac:PayeeFinancialAccount/BIC");
		return true;
	}
	if (xml_value_is(reader, TERM_BT_86, "BGABSESS"))
		xml_set(reader, TERM_BT_86, xml_text("SE:BANKGIRO"));
	else if (xml_value_is(reader, TERM_BT_86, "PGSISESS"))
		xml_set(reader, TERM_BT_86, xml_text("SE:PLUSGIRO"));
	if (xml_value(reader, TERM_BT_81).length == 0)
		xml_set(reader, TERM_BT_81, xml_text("30"));
	xml_count_group(reader, &group, INVOICE_ACCOUNT);
	xml_emit(reader, &group, INVOICE_ACCOUNT);
	return true;
}

/* -- allowances, tax, lines -------------------------------------------------------------------- */

static void
add(SvefakturaNotes *notes, const XmlInvoice *reader, int term, Decimal *sum, bool *has)
{
	Decimal amount;

	if (xml_number(reader, term, &amount) && decimal_add(*sum, amount, sum))
		*has = true;
	else
		notes->wrong = true;
}

static bool
emit_adjustment(XmlInvoice *reader, const XmlOpenGroup *open, InvoiceGroupKind allowance,
				InvoiceGroupKind charge)
{
	XmlOpenGroup group = *open;
	bool is_charge = xml_value_is(reader, TERM_SVE_INDICATOR, "true") ||
					 xml_value_is(reader, TERM_SVE_INDICATOR, "1");

	if (!is_charge && !xml_value_is(reader, TERM_SVE_INDICATOR, "false") &&
		!xml_value_is(reader, TERM_SVE_INDICATOR, "0"))
		xml_fault(reader, FINDING_FATAL, "VALUE-INDICATOR", open, "/cbc:ChargeIndicator",
				  "the indicator must be true for a charge or false for an allowance",
				  xml_value(reader, TERM_SVE_INDICATOR));
	xml_count_group(reader, &group, is_charge ? charge : allowance);
	xml_emit(reader, &group, is_charge ? charge : allowance);
	return is_charge;
}

static bool
close_adjustment(XmlInvoice *reader, const XmlOpenGroup *group)
{
	SvefakturaNotes *notes = notes_of(reader);

	/* ZZZ: the reason is the text beside it */
	if (xml_value_is(reader, TERM_BT_98, "ZZZ") && xml_value(reader, TERM_BT_97).length > 0)
		xml_clear(reader, TERM_BT_98);
	if (emit_adjustment(reader, group, INVOICE_ALLOWANCE, INVOICE_CHARGE))
		add(notes, reader, TERM_BT_92, &notes->charges, &notes->has_charges);
	else
		add(notes, reader, TERM_BT_92, &notes->allowances, &notes->has_allowances);
	return true;
}

static bool
close_line_adjustment(XmlInvoice *reader, const XmlOpenGroup *group)
{
	emit_adjustment(reader, group, INVOICE_LINE_ALLOWANCE, INVOICE_LINE_CHARGE);
	return true;
}

static void
copy_text(char *to, size_t size, Slice value)
{
	if (value.length > 0 && value.length < size)
		memcpy(to, value.bytes, value.length);
}

static bool
close_tax(XmlInvoice *reader, const XmlOpenGroup *group)
{
	SvefakturaNotes *notes = notes_of(reader);

	if (notes->taxes++ == 0)
	{
		copy_text(notes->category, sizeof(notes->category), xml_value(reader, TERM_BT_118));
		copy_text(notes->rate, sizeof(notes->rate), xml_value(reader, TERM_BT_119));
	}
	if (xml_value(reader, TERM_SVE_TEXT).length > 0)
		add(notes, reader, TERM_SVE_TEXT, &notes->tax_currency, &notes->has_tax_currency);
	return xml_close_filled(reader, group);
}

/* A line may leave out its tax when the invoice has a single one. */
static bool
close_line(XmlInvoice *reader, const XmlOpenGroup *group)
{
	const SvefakturaNotes *notes = notes_of(reader);

	if (xml_value(reader, TERM_BT_151).length == 0 && notes->taxes == 1 &&
		notes->category[0] != '\0')
	{
		xml_clear(reader, TERM_BT_151);
		xml_set(reader, TERM_BT_151, xml_text(notes->category));
		if (xml_value(reader, TERM_BT_152).length == 0 && notes->rate[0] != '\0')
			xml_set(reader, TERM_BT_152, xml_text(notes->rate));
	}
	if (xml_value_is(reader, TERM_BT_157_1, "9"))
		xml_set(reader, TERM_BT_157_1, xml_text("0160"));
	xml_emit(reader, group, INVOICE_LINE);
	return true;
}

/* -- the end of the document ------------------------------------------------------------------- */

static void
settle_totals(XmlInvoice *reader)
{
	const SvefakturaNotes *notes = notes_of(reader);
	Decimal gross, round;

	if (!xml_number(reader, TERM_BT_114, &round))
		round = decimal_from_int(0);
	if (xml_number(reader, TERM_BT_115, &gross) && decimal_subtract(gross, round, &gross))
		xml_set_number(reader, TERM_BT_112, gross);
	if (notes->wrong)
		return;
	if (notes->has_allowances)
		xml_set_number(reader, TERM_BT_107, notes->allowances);
	if (notes->has_charges)
		xml_set_number(reader, TERM_BT_108, notes->charges);
	if (notes->has_tax_currency)
		xml_set_number(reader, TERM_BT_111, notes->tax_currency);
}

static void
finish_document(XmlInvoice *reader)
{
	const SvefakturaNotes *notes = notes_of(reader);
	XmlOpenGroup group = xml_here(reader);
	char text[64];

	settle_totals(reader);
	if (xml_value(reader, TERM_BT_5).length == 0 && reader->currency[0] != '\0')
		xml_set(reader, TERM_BT_5, xml_text(reader->currency));
	if (!notes->has_lines || notes->lines == reader->ordinals[INVOICE_LINE])
		return;
	snprintf(text, sizeof(text), "%lld, found %lld", (long long) notes->lines,
			 (long long) reader->ordinals[INVOICE_LINE]);
	xml_fault(reader, FINDING_FATAL, "SVEFAKTURA-LINES", &group, "/sfti:LineItemCountNumeric",
			  "the invoice announces another number of lines than it has", xml_text(text));
}

/* -- the format -------------------------------------------------------------------------------- */

static const XmlEntry entries[] = {
#include "core/svefaktura_paths.def"
};

static const char *const ballast[] = {
	"urn:sfti:documents:ObjectEnvelope:1:0 "
	"urn:oasis:names:tc:ubl:UnspecializedDatatypes:1:0 "
	"urn:oasis:names:tc:ubl:CoreComponentTypes:1:0 "
	"urn:oasis:names:tc:ubl:CoreComponentParameters:1:0 "
	"urn:oasis:names:tc:ubl:SpecializedDatatypes:1:0 "
	"urn:oasis:names:tc:ubl:codelist:CountryIdentificationCode:1:0 "
	"urn:oasis:names:tc:ubl:codelist:CurrencyCode:1:0 "
	"ObjectEnvelope DocumentReference DocumentID IssuerID DocumentType CreationDateTime "
	"EncodedObject "
	"ObjectID EncodedData format mimeCode filename encoding characterSetCode ExchangeRate "
	"SourceCurrencyCode SourceCurrencyBaseRate TargetCurrencyCode TargetUnitBaseRate "
	"CalculationRate "
	"Date Telefax DeliveryTerms SpecialTerms PenaltySurchargePercent InitialInvoiceTaxAmount "
	"DespatchLineReference LineID identificationSchemeAgencyName quantityUnitCodeListID "
	"quantityUnitCodeListAgencyID quantityUnitCodeListAgencyName codeListID codeListAgencyID udt "
	"cur sdt",
	NULL};

const XmlFormat svefaktura_format = {
	.name = "svefaktura",
	.roots = {{"sfti:Invoice", "svefaktura"}},
	.spaces =
		{
			{"sfti", "urn:sfti:documents:BasicInvoice:1:0"},
			{"cac", "urn:sfti:CommonAggregateComponents:1:0"},
			{"cbc", "urn:oasis:names:tc:ubl:CommonBasicComponents:1:0"},
		},
	.entries = entries,
	.entry_count = sizeof(entries) / sizeof(*entries),
	.ballast = ballast,
	.currency = "amountCurrencyID",
	.repeated_rule = "SVEFAKTURA-REPEATED",
	.missing_rule = "SVEFAKTURA-MISSING",
	.empty_is_absent = true,
	.date = svefaktura_date,
	.finish = finish_document,
};
