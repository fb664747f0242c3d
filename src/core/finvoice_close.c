/*
 * finvoice_close.c: Finvoice 3.0, and 1.3 to 2.01 as far as they go.
 *
 * What differs from EN 16931: decimal commas, dates as CCYYMMDD, credit notes with negative
 * amounts, the payment in a part of its own (EpiDetails), rows that are only text or only hold a
 * summary (SubInvoiceRow, kept as extra).  Files of banks are often several XML documents in a row,
 * each with a SOAP envelope before it: see xmlread.h.
 */
#include "core/xml_pieces.h"

#include <string.h>
#include <strings.h>

enum
{
	TERM_FIN_TEXT = TERM_XML_SCRATCH,
	TERM_FIN_CODE,
	TERM_FIN_UNIT,
	TERM_FIN_UNIT_UN,
	TERM_FIN_SCHEME,
	TERM_FIN_NAME,
	TERM_FIN_LINK_NAME,
	TERM_FIN_PERCENT,
	TERM_FIN_VALUE,
	TERM_FIN_BASE,
	TERM_FIN_TAX,
	TERM_FIN_GROSS,
	TERM_FIN_VERSION
};

typedef enum PartyRole
{
	ROLE_NONE,
	ROLE_PAYEE,
	ROLE_REPRESENTATIVE
} PartyRole;

/* what is known of the document at hand; lives in the reader's notes */
typedef struct FinvoiceNotes
{
	bool credit; /* INV02 and the like: amounts are negative */
	bool old;	 /* before 3.0 */
	PartyRole role;
	char type[8];
	bool delivered;		 /* the quantity is the delivered one, until there is a better one */
	int64_t row_details; /* of the rows before this one */
	int accounts;
	uint64_t account_hashes[16]; /* of those that have gone out */
} FinvoiceNotes;

_Static_assert(sizeof(FinvoiceNotes) <= XML_NOTES * sizeof(int64_t), "notes are too small");

static FinvoiceNotes *
notes_of(XmlInvoice *reader)
{
	return (FinvoiceNotes *) (void *) xml_notes(reader);
}

/* -- transforms -------------------------------------------------------------------------------- */

static size_t
finvoice_number(XmlInvoice *reader, char *text, size_t length)
{
	return xml_decimal_comma(reader, text, length);
}

/* Amounts and quantities of a credit note change their sign. */
static size_t
finvoice_amount(XmlInvoice *reader, char *text, size_t length)
{
	length = xml_decimal_comma(reader, text, length);
	return notes_of(reader)->credit ? xml_turn_sign(text, length) : length;
}

static void
keep_qualifier(XmlInvoice *reader, const char *const *known, const char *attribute)
{
	const char *said = xml_qualifier(reader);
	XmlOpenGroup group = xml_here(reader);

	for (; *known != NULL; known++)
		if (strcasecmp(said, *known) == 0)
			return;
	xml_extra(reader, &group, attribute, xml_text(said));
}

/* Whether it is an IBAN, a BIC or a reference shows in the value itself. */
static size_t
finvoice_account(XmlInvoice *reader, char *text, size_t length)
{
	static const char *const known[] = {"", "IBAN", "BBAN", "BIC", "SPY", "ISO", NULL};
	size_t out = 0;

	keep_qualifier(reader, known, "/@IdentificationSchemeName");
	for (size_t i = 0; i < length; i++)
		if (text[i] != ' ')
			text[out++] = text[i];
	return out;
}

static size_t
finvoice_date(XmlInvoice *reader, char *text, size_t length)
{
	static const char *const known[] = {"", "CCYYMMDD", NULL};

	keep_qualifier(reader, known, "/@Format");
	return xml_date_basic(reader, text, length);
}

static size_t
finvoice_version(XmlInvoice *reader, char *text, size_t length)
{
	notes_of(reader)->old = length > 0 && *text < '3';
	return length;
}

/* -- what several formats do ------------------------------------------------------------------- */

static bool
close_next(XmlInvoice *reader, const XmlOpenGroup *group)
{
	return xml_take_next(reader, group, 0, TERM_FIN_TEXT);
}

static bool
close_join(XmlInvoice *reader, const XmlOpenGroup *group)
{
	return xml_take_line(reader, group, TERM_FIN_TEXT, "\n");
}

/* -- parties ----------------------------------------------------------------------------------- */

static bool
close_any_text(XmlInvoice *reader, const XmlOpenGroup *group)
{
	FinvoiceNotes *notes = notes_of(reader);

	notes->role = ROLE_NONE;
	if (xml_value_is(reader, TERM_FIN_CODE, "PaymentReceiver"))
		notes->role = ROLE_PAYEE;
	else if (xml_value_is(reader, TERM_FIN_CODE, "SellerTaxRepr"))
		notes->role = ROLE_REPRESENTATIVE;
	else
		xml_extra_term(reader, group, TERM_FIN_CODE, "/@AnyPartyCode");
	xml_extra_term(reader, group, TERM_FIN_TEXT, NULL);
	return true;
}

static bool
close_any_party(XmlInvoice *reader, const XmlOpenGroup *group)
{
	(void) group;
	notes_of(reader)->role = ROLE_NONE;
	return true;
}

/* The list begins with the payee's term, the others are the representative's. */
static bool
close_party(XmlInvoice *reader, const XmlOpenGroup *group)
{
	PartyRole role = notes_of(reader)->role;
	int term = xml_listed_term(reader, group, 0), scheme = XML_NO_TERM;

	if (role == ROLE_PAYEE && term != XML_NO_TERM)
	{
		scheme = term == TERM_BT_60	  ? (int) TERM_BT_60_1
				 : term == TERM_BT_61 ? (int) TERM_BT_61_1
									  : XML_NO_TERM;
		xml_move(reader, TERM_FIN_TEXT, term);
	}
	else if (role == ROLE_REPRESENTATIVE)
		xml_take_next(reader, group, 1, TERM_FIN_TEXT);
	else
		xml_extra_term(reader, group, TERM_FIN_TEXT, NULL);
	if (scheme != XML_NO_TERM)
		xml_move(reader, TERM_FIN_SCHEME, scheme);
	else
		xml_extra_term(reader, group, TERM_FIN_SCHEME, "/@SchemeID");
	return true;
}

/* -- document ---------------------------------------------------------------------------------- */

static bool
close_type(XmlInvoice *reader, const XmlOpenGroup *group)
{
	FinvoiceNotes *notes = notes_of(reader);
	Slice type = xml_value(reader, TERM_FIN_TEXT);

	(void) group;
	if (type.length > 0 && type.length < sizeof(notes->type))
		memcpy(notes->type, type.bytes, type.length);
	notes->credit = xml_value_is(reader, TERM_FIN_TEXT, "INV02") ||
					xml_value_is(reader, TERM_FIN_TEXT, "REC02") ||
					xml_value_is(reader, TERM_FIN_TEXT, "RES02");
	return true;
}

static void
emit_preceding(XmlInvoice *reader, const XmlOpenGroup *group)
{
	XmlOpenGroup out;

	if (!xml_has_any(reader, INVOICE_PRECEDING))
		return;
	out = xml_extra_group(reader, group, INVOICE_PRECEDING);
	xml_emit(reader, &out, INVOICE_PRECEDING);
	xml_clear_group(reader, INVOICE_PRECEDING);
}

/* The one that stands flat goes out first; a list that names it again adds nothing. */
static bool
close_original(XmlInvoice *reader, const XmlOpenGroup *group)
{
	Slice flat = xml_value(reader, TERM_BT_25), listed = xml_value(reader, TERM_FIN_TEXT);

	if (flat.length > 0 && flat.length == listed.length &&
		memcmp(flat.bytes, listed.bytes, flat.length) == 0)
	{
		if (xml_value(reader, TERM_BT_26).length == 0)
			xml_move(reader, TERM_FIN_CODE, TERM_BT_26);
		emit_preceding(reader, group);
		return true;
	}
	emit_preceding(reader, group);
	xml_move(reader, TERM_FIN_TEXT, TERM_BT_25);
	xml_move(reader, TERM_FIN_CODE, TERM_BT_26);
	emit_preceding(reader, group);
	return true;
}

static bool
close_details(XmlInvoice *reader, const XmlOpenGroup *group)
{
	emit_preceding(reader, group);
	return true;
}

/* Three capital letters are a subject code of UNTDID 4451; other codes are of an industry. */
static bool
close_definition(XmlInvoice *reader, const XmlOpenGroup *open)
{
	Slice code = xml_value(reader, TERM_BT_21);
	bool subject = code.length == 3;
	XmlOpenGroup group = *open;

	for (size_t i = 0; i < code.length; i++)
		subject &= code.bytes[i] >= 'A' && code.bytes[i] <= 'Z';
	xml_extra_term(reader, open, TERM_FIN_TEXT, "/DefinitionHeaderText");
	if (subject)
	{
		xml_count_group(reader, &group, INVOICE_NOTE);
		xml_emit(reader, &group, INVOICE_NOTE);
		return true;
	}
	xml_extra_term(reader, open, TERM_BT_21, "/DefinitionHeaderText/@DefinitionCode");
	xml_extra_term(reader, open, TERM_BT_22, "/DefinitionValue");
	return true;
}

static bool
close_tax(XmlInvoice *reader, const XmlOpenGroup *group)
{
	xml_assume_standard(reader, TERM_BT_119, TERM_BT_118);
	return xml_close_filled(reader, group);
}

static bool
close_link(XmlInvoice *reader, const XmlOpenGroup *group)
{
	if (xml_value(reader, TERM_BT_124).length > 0)
		xml_emit(reader, group, INVOICE_ATTACHMENT);
	return true;
}

/* -- payment ----------------------------------------------------------------------------------- */

static uint64_t
hash_of(Slice text)
{
	uint64_t hash = 1469598103934665603u;

	for (size_t i = 0; i < text.length; i++)
		hash = (hash ^ (unsigned char) text.bytes[i]) * 1099511628211u;
	return hash;
}

/* True the first time. */
static bool
note_account(XmlInvoice *reader, Slice account)
{
	FinvoiceNotes *notes = notes_of(reader);
	int room = (int) (sizeof(notes->account_hashes) / sizeof(*notes->account_hashes));
	uint64_t hash = hash_of(account);

	for (int i = 0; i < notes->accounts; i++)
		if (notes->account_hashes[i] == hash)
			return false;
	if (notes->accounts < room)
		notes->account_hashes[notes->accounts++] = hash;
	return true;
}

/* The account to pay to stands in the payment part and mostly among the seller's accounts too. */
static bool
close_account(XmlInvoice *reader, const XmlOpenGroup *open)
{
	XmlOpenGroup group = *open;
	Slice account = xml_value(reader, TERM_BT_84);

	if (account.length > 0 && note_account(reader, account))
	{
		xml_count_group(reader, &group, INVOICE_ACCOUNT);
		xml_emit(reader, &group, INVOICE_ACCOUNT);
	}
	else if (account.length == 0)
		xml_extra_term(reader, open, TERM_BT_86, "/BIC");
	if (xml_value(reader, TERM_FIN_NAME).length > 0 && xml_value(reader, TERM_BT_59).length == 0)
	{
		Slice name = xml_value(reader, TERM_FIN_NAME), seller = xml_value(reader, TERM_BT_27);

		/* the field has 35 characters */
		if (name.length > seller.length || strncasecmp(name.bytes, seller.bytes, name.length) != 0)
			xml_move(reader, TERM_FIN_NAME, TERM_BT_59);
	}
	return true;
}

/* -- rows -------------------------------------------------------------------------------------- */

static void
extra_quantity(XmlInvoice *reader, const XmlOpenGroup *group)
{
	xml_extra_term(reader, group, TERM_FIN_TEXT, NULL);
	xml_extra_term(reader, group, TERM_FIN_UNIT, "/@QuantityUnitCode");
	xml_extra_term(reader, group, TERM_FIN_UNIT_UN, "/@QuantityUnitCodeUN");
}

static void
set_quantity(XmlInvoice *reader, const XmlOpenGroup *group)
{
	xml_clear(reader, TERM_BT_129);
	xml_clear(reader, TERM_BT_130);
	xml_move(reader, TERM_FIN_TEXT, TERM_BT_129);
	xml_take_unit(reader, group, TERM_FIN_UNIT, TERM_FIN_UNIT_UN, TERM_BT_130,
				  "/@QuantityUnitCode");
}

/* Before 2.0 the delivered quantity was the one to be paid. */
static bool
close_delivered(XmlInvoice *reader, const XmlOpenGroup *group)
{
	extra_quantity(reader, group);
	if (xml_value(reader, TERM_BT_129).length > 0 || xml_value(reader, TERM_FIN_TEXT).length == 0)
		return true;
	if (xml_value(reader, TERM_FIN_UNIT_UN).length > 0)
		xml_clear(reader, TERM_FIN_UNIT);
	set_quantity(reader, group);
	notes_of(reader)->delivered = true;
	return false;
}

static bool
close_quantity(XmlInvoice *reader, const XmlOpenGroup *group)
{
	FinvoiceNotes *notes = notes_of(reader);

	if (xml_value(reader, TERM_FIN_TEXT).length == 0 ||
		(xml_value(reader, TERM_BT_129).length > 0 && !notes->delivered))
	{
		extra_quantity(reader, group);
		return true;
	}
	set_quantity(reader, group);
	notes->delivered = false;
	return false;
}

static bool
close_reading(XmlInvoice *reader, const XmlOpenGroup *group)
{
	return xml_emit_reading(reader, group, TERM_FIN_UNIT, TERM_FIN_UNIT_UN);
}

static void
emit_discount(XmlInvoice *reader, const XmlOpenGroup *group, int64_t row)
{
	XmlOpenGroup out;

	if (!xml_has_any(reader, INVOICE_LINE_ALLOWANCE))
		return;
	out = xml_extra_group(reader, group, INVOICE_LINE_ALLOWANCE);
	out.parent_no = row;
	xml_emit(reader, &out, INVOICE_LINE_ALLOWANCE);
	xml_clear_group(reader, INVOICE_LINE_ALLOWANCE);
}

static bool
close_discount(XmlInvoice *reader, const XmlOpenGroup *group)
{
	emit_discount(reader, group, group->parent_no);
	xml_move(reader, TERM_FIN_PERCENT, TERM_BT_138);
	xml_move(reader, TERM_FIN_VALUE, TERM_BT_136);
	xml_move(reader, TERM_FIN_BASE, TERM_BT_137);
	xml_move(reader, TERM_FIN_CODE, TERM_BT_140);
	xml_move(reader, TERM_FIN_TEXT, TERM_BT_139);
	emit_discount(reader, group, group->parent_no);
	return true;
}

/* The row's tax and its total with tax have no term; they tell the net amount where it is left out.
 */
static void
settle_amount(XmlInvoice *reader, const XmlOpenGroup *group)
{
	Decimal tax, gross;

	if (xml_value(reader, TERM_BT_131).length == 0 && xml_number(reader, TERM_FIN_TAX, &tax) &&
		xml_number(reader, TERM_FIN_GROSS, &gross) && decimal_subtract(gross, tax, &gross))
		xml_set_number(reader, TERM_BT_131, gross);
	xml_extra_term(reader, group, TERM_FIN_TAX, "/RowVatAmount");
	xml_extra_term(reader, group, TERM_FIN_GROSS, "/RowAmount");
}

/* A row that only holds a summary is no line. */
static bool
close_row(XmlInvoice *reader, const XmlOpenGroup *group)
{
	FinvoiceNotes *notes = notes_of(reader);

	emit_discount(reader, group, group->place.group_no);
	xml_settle_price(reader);
	settle_amount(reader, group);
	if (notes->credit)
		xml_settle_signs(reader);
	xml_assume_standard(reader, TERM_BT_152, TERM_BT_151);
	xml_emit_row(reader, group, &notes->row_details);
	notes->delivered = false;
	return true;
}

/* -- the end of the document ------------------------------------------------------------------- */

static const struct
{
	const char *type, *code; /* NULL: no invoice */
} types[] = {{"INV01", "380"}, {"INV02", "381"}, {"INV03", "380"}, {"INV04", "380"},
			 {"INV05", "380"}, {"INV06", "325"}, {"INV07", "389"}, {"INV08", "380"},
			 {"INV09", "380"}, {"REC02", "381"}, {"RES02", "381"}, {"REQ01", NULL},
			 {"QUO01", NULL},  {"ORD01", NULL},	 {"ORC01", NULL},  {"DEV01", NULL},
			 {"TES01", NULL},  {"PRI01", NULL},	 {"INF01", NULL},  {"DEN01", NULL},
			 {"SDD01", NULL}};

/* Sectors have codes of their own, of which nothing is known but that they are invoices. */
static const char *
code_of(const char *type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (strcasecmp(types[i].type, type) == 0)
			return types[i].code;
	return "380";
}

static bool
is_credit_code(const XmlInvoice *reader)
{
	static const char *const codes[] = {"81",  "83",  "261", "262", "296", "308",
										"381", "396", "420", "458", "532"};

	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (xml_value_is(reader, TERM_BT_3, codes[i]))
			return true;
	return false;
}

/* Finvoice goes by its own type code; the code of the United Nations only makes it finer. */
static void
settle_type(XmlInvoice *reader, const XmlOpenGroup *group)
{
	FinvoiceNotes *notes = notes_of(reader);
	const char *code = code_of(notes->type);

	if (notes->type[0] == '\0')
		return;
	if (code == NULL)
	{
		xml_fault(reader, FINDING_FATAL, "FINVOICE-TYPE", group, "/InvoiceDetails/InvoiceTypeCode",
				  "a document of this type is no invoice", xml_text(notes->type));
		return;
	}
	if (xml_value(reader, TERM_BT_3).length > 0 && is_credit_code(reader) == notes->credit)
		return;
	if (xml_value(reader, TERM_BT_3).length > 0)
	{
		xml_fault(reader, FINDING_WARNING, "FINVOICE-TYPE", group,
				  "/InvoiceDetails/InvoiceTypeCodeUN",
				  "the UN code and the type code disagree whether this is a credit note",
				  xml_value(reader, TERM_BT_3));
		xml_extra_term(reader, group, TERM_BT_3, "/InvoiceDetails/InvoiceTypeCodeUN");
	}
	xml_set(reader, TERM_BT_3, xml_text(code));
}

static void
finish_document(XmlInvoice *reader)
{
	XmlOpenGroup group = xml_here(reader);
	FinvoiceNotes *notes = notes_of(reader);
	Decimal total;

	if (xml_value(reader, TERM_BT_5).length == 0 && reader->currency[0] != '\0')
		xml_set(reader, TERM_BT_5, xml_text(reader->currency));
	settle_type(reader, &group);
	if (notes->credit && xml_number(reader, TERM_BT_112, &total) && decimal_sign(total) < 0)
	{
		char text[DECIMAL_TEXT_SIZE];

		decimal_text(decimal_negate(total), 2, text);
		xml_fault(reader, FINDING_FATAL, "FINVOICE-SIGN", &group,
				  "/InvoiceDetails/InvoiceTotalVatIncludedAmount",
				  "the total of a credit note must be negative", xml_text(text));
	}
}

static bool
is_lenient(XmlInvoice *reader)
{
	return notes_of(reader)->old;
}

/* -- the format -------------------------------------------------------------------------------- */

static const XmlEntry entries[] = {
#include "core/finvoice_paths.def"
};

static const char *const ballast[] = {
#include "core/finvoice_names.def"
	NULL};

const XmlFormat finvoice_format = {
	.name = "finvoice",
	.roots = {{"Finvoice", "finvoice"}},
	.entries = entries,
	.entry_count = sizeof(entries) / sizeof(*entries),
	.ballast = ballast,
	.currency = "AmountCurrencyIdentifier",
	.repeated_rule = "FINVOICE-REPEATED",
	.missing_rule = "FINVOICE-MISSING",
	.sequence = true,
	.empty_is_absent = true,
	.lenient = is_lenient,
	.date = finvoice_date,
	.number = finvoice_number,
	.finish = finish_document,
};
