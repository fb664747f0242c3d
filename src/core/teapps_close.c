/*
 * teapps_close.c: TEAPPSXML 3.0, and 2.7.2 as far as it goes.
 *
 * What differs from EN 16931: dates in four parts, amounts with their sign and VAT as attributes,
 * credit notes with negative amounts, the amount to pay rounded with the rounding told beside it.
 * The frames around the invoices announce how many there are and what they come to.
 */
#include "core/xml_pieces.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum
{
	TERM_TEA_TEXT = TERM_XML_SCRATCH,
	TERM_TEA_CODE,
	TERM_TEA_VAT,
	TERM_TEA_DAY,
	TERM_TEA_MONTH,
	TERM_TEA_CENTURY,
	TERM_TEA_YEAR,
	TERM_TEA_UNIT,
	TERM_TEA_UNIT_UN,
	TERM_TEA_ORDER,
	TERM_TEA_REFERENCE,
	TERM_TEA_ACCOUNT
};

/* what is known of the document at hand; lives in the reader's notes */
typedef struct TeappsNotes
{
	bool credit; /* amounts are negative */
	bool totals; /* they stand without the advance payment too */
	char type[8];
	int64_t row_details; /* of the rows before this one */
} TeappsNotes;

/* what the frames announce, of the whole file */
typedef struct TeappsFrame
{
	Decimal total, blocks_total, found_total;
	int64_t count, blocks_count, found_count;
	bool has_count, has_total, has_blocks_count, has_blocks_total;
	bool broken;			 /* a number that is none, here or in an invoice */
	bool included, negative; /* of the amount at hand */
} TeappsFrame;

_Static_assert(sizeof(TeappsNotes) <= XML_NOTES * sizeof(int64_t), "notes are too small");
_Static_assert(sizeof(TeappsFrame) <= XML_NOTES * sizeof(int64_t), "frame notes are too small");

static TeappsNotes *
notes_of(XmlInvoice *reader)
{
	return (TeappsNotes *) (void *) xml_notes(reader);
}

static TeappsFrame *
frame_of(XmlInvoice *reader)
{
	return (TeappsFrame *) (void *) xml_frame_notes(reader);
}

/* -- transforms -------------------------------------------------------------------------------- */

/* The sign is an attribute. */
static size_t
teapps_number(XmlInvoice *reader, char *text, size_t length)
{
	length = xml_decimal_comma(reader, text, length);
	return xml_qualifier(reader)[0] == '-' ? xml_turn_sign(text, length) : length;
}

static size_t
teapps_amount(XmlInvoice *reader, char *text, size_t length)
{
	length = teapps_number(reader, text, length);
	return notes_of(reader)->credit ? xml_turn_sign(text, length) : length;
}

/* -- what several elements do ------------------------------------------------------------------ */

static bool
close_join(XmlInvoice *reader, const XmlOpenGroup *group)
{
	return xml_take_line(reader, group, TERM_TEA_TEXT, "\n");
}

static bool
close_date(XmlInvoice *reader, const XmlOpenGroup *group)
{
	int term = xml_listed_term(reader, group, 0);
	char text[64];

	if (xml_value(reader, term).length > 0 ||
		!xml_take_date(reader, TERM_TEA_CENTURY, TERM_TEA_YEAR, TERM_TEA_MONTH, TERM_TEA_DAY, term))
	{
		Slice century = xml_value(reader, TERM_TEA_CENTURY),
			  year = xml_value(reader, TERM_TEA_YEAR), month = xml_value(reader, TERM_TEA_MONTH),
			  day = xml_value(reader, TERM_TEA_DAY);

		if (century.length + year.length + month.length + day.length == 0)
			return true;
		snprintf(text, sizeof(text), "%.*s%.*s-%.*s-%.*s", slice_shown(century, 8), century.bytes,
				 slice_shown(year, 8), year.bytes, slice_shown(month, 8), month.bytes,
				 slice_shown(day, 8), day.bytes);
		if (xml_value(reader, term).length > 0)
			xml_extra(reader, group, NULL, xml_text(text));
		else
			xml_set(reader, term, xml_text(text));
	}
	return xml_text_is_done(term);
}

/* Amounts come without VAT, with VAT, or both; the list has a term for each. */
static bool
close_amount(XmlInvoice *reader, const XmlOpenGroup *group)
{
	bool both = xml_listed_term(reader, group, 0) == xml_listed_term(reader, group, 1);
	bool only_included = xml_listed_term(reader, group, 0) == XML_NO_TERM;
	bool included = xml_value_is(reader, TERM_TEA_VAT, "INCLUDED") ||
					(only_included && xml_value(reader, TERM_TEA_VAT).length == 0);
	int term = xml_listed_term(reader, group, included ? 1 : 0);

	/* the total before advance payments counts, when it is there */
	if (term != XML_NO_TERM &&
		strcmp(reader->paths->nodes[group->node].literal, "bt_109 bt_112") == 0 &&
		xml_value(reader, TERM_TEA_TEXT).length > 0)
	{
		notes_of(reader)->totals = true;
		xml_extra_term(reader, group, term, NULL);
		xml_clear(reader, term);
	}
	if (xml_value(reader, TERM_TEA_TEXT).length == 0)
		return true;
	if (term == XML_NO_TERM || (both && xml_value(reader, term).length > 0))
	{
		xml_extra_term(reader, group, TERM_TEA_TEXT, included ? "[@VAT=\"INCLUDED\"]" : NULL);
		return true;
	}
	xml_move(reader, TERM_TEA_TEXT, term);
	return xml_text_is_done(term);
}

/* -- header ------------------------------------------------------------------------------------ */

static const struct
{
	const char *type, *code; /* NULL: no invoice */
	bool credit;
} types[] = {{"00", "380", false}, {"01", "381", true},	 {"02", "380", false}, {"03", "380", false},
			 {"04", "381", true},  {"05", "381", true},	 {"06", "380", false}, {"07", "381", true},
			 {"08", NULL, false},  {"09", "71", false},	 {"20", "380", false}, {"30", "380", false},
			 {"31", "381", true},  {"50", NULL, false},	 {"51", NULL, false},  {"60", "381", true},
			 {"90", NULL, false},  {"91", "380", false}, {"99", NULL, false}};

static bool
close_type(XmlInvoice *reader, const XmlOpenGroup *group)
{
	TeappsNotes *notes = notes_of(reader);
	Slice type = xml_value(reader, TERM_TEA_TEXT);

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
	{
		if (!xml_value_is(reader, TERM_TEA_TEXT, types[i].type))
			continue;
		notes->credit = types[i].credit;
		if (types[i].code == NULL)
			xml_fault(reader, FINDING_FATAL, "TEAPPS-TYPE", group, NULL,
					  "a document of this type is no invoice", type);
		else if (xml_value(reader, TERM_TEA_CODE).length > 0)
			xml_move(reader, TERM_TEA_CODE, TERM_BT_3);
		else
			xml_set(reader, TERM_BT_3, xml_text(types[i].code));
		return true;
	}
	xml_move(reader, TERM_TEA_CODE, TERM_BT_3);
	if (type.length > 0)
		xml_fault(reader, FINDING_FATAL, "TEAPPS-TYPE", group, NULL,
				  "the type is not in the format's list", type);
	return true;
}

/* The buyer's order (CO) or the seller's (VN). */
static bool
close_order(XmlInvoice *reader, const XmlOpenGroup *group)
{
	bool seller = xml_value_is(reader, TERM_TEA_CODE, "VN");

	if (!seller && !xml_value_is(reader, TERM_TEA_CODE, "CO"))
		xml_extra_term(reader, group, TERM_TEA_CODE, "/@ORDER_TYPE");
	xml_move(reader, TERM_TEA_ORDER, seller ? TERM_BT_14 : TERM_BT_13);
	if (seller)
		xml_extra_term(reader, group, TERM_TEA_REFERENCE, "/ORDER_REFERENCE");
	else
		xml_move(reader, TERM_TEA_REFERENCE, TERM_BT_10);
	return true;
}

static bool
close_row_order(XmlInvoice *reader, const XmlOpenGroup *group)
{
	if (xml_value_is(reader, TERM_TEA_CODE, "VN"))
	{
		xml_extra_term(reader, group, TERM_TEA_TEXT, "/ORDER_POSITION");
		return true;
	}
	xml_move(reader, TERM_TEA_TEXT, TERM_BT_132);
	return false;
}

/* Three capital letters are a subject code of UNTDID 4451. */
static bool
close_info(XmlInvoice *reader, const XmlOpenGroup *open)
{
	Slice code = xml_value(reader, TERM_BT_21);
	bool subject = code.length == 3;
	XmlOpenGroup group = *open;

	for (size_t i = 0; i < code.length; i++)
		subject &= code.bytes[i] >= 'A' && code.bytes[i] <= 'Z';
	xml_extra_term(reader, open, TERM_TEA_TEXT, "/TITLE");
	if (subject)
	{
		xml_count_group(reader, &group, INVOICE_NOTE);
		xml_emit(reader, &group, INVOICE_NOTE);
		return true;
	}
	xml_extra_term(reader, open, TERM_BT_21, "/TITLE/@INFO_TYPE");
	xml_extra_term(reader, open, TERM_BT_22, "/CONTENT");
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

static bool
close_header(XmlInvoice *reader, const XmlOpenGroup *group)
{
	emit_preceding(reader, group);
	return true;
}

static bool
close_preceding(XmlInvoice *reader, const XmlOpenGroup *group)
{
	emit_preceding(reader, group);
	return true;
}

static bool
close_bank(XmlInvoice *reader, const XmlOpenGroup *open)
{
	XmlOpenGroup group = *open;

	if (xml_value(reader, TERM_BT_84).length == 0)
	{
		xml_clear(reader, TERM_BT_84);
		xml_move(reader, TERM_TEA_ACCOUNT, TERM_BT_84);
	}
	else
		xml_extra_term(reader, open, TERM_TEA_ACCOUNT, "/BANK_ACCOUNT_NUMBER");
	if (xml_value(reader, TERM_BT_84).length > 0)
	{
		xml_count_group(reader, &group, INVOICE_ACCOUNT);
		xml_emit(reader, &group, INVOICE_ACCOUNT);
		return true;
	}
	xml_extra_term(reader, open, TERM_BT_86, "/SWIFT_CODE");
	xml_extra_term(reader, open, TERM_BT_85, "/BANK_NAME");
	return true;
}

/* -- rows -------------------------------------------------------------------------------------- */

static bool
close_quantity(XmlInvoice *reader, const XmlOpenGroup *group)
{
	if (xml_value(reader, TERM_TEA_TEXT).length == 0 || xml_value(reader, TERM_BT_129).length > 0)
	{
		xml_extra_term(reader, group, TERM_TEA_TEXT, NULL);
		xml_extra_term(reader, group, TERM_TEA_UNIT, "/@Q_UNIT");
		return true;
	}
	xml_clear(reader, TERM_BT_129);
	xml_move(reader, TERM_TEA_TEXT, TERM_BT_129);
	xml_take_unit(reader, group, TERM_TEA_UNIT, TERM_TEA_UNIT_UN, TERM_BT_130, "/@Q_UNIT");
	return false;
}

static bool
close_reading(XmlInvoice *reader, const XmlOpenGroup *group)
{
	return xml_emit_reading(reader, group, TERM_TEA_UNIT, TERM_TEA_UNIT_UN);
}

static bool
close_reading_date(XmlInvoice *reader, const XmlOpenGroup *group)
{
	if (xml_take_date(reader, TERM_TEA_CENTURY, TERM_TEA_YEAR, TERM_TEA_MONTH, TERM_TEA_DAY,
					  TERM_BT_161))
		xml_emit(reader, group, INVOICE_ATTRIBUTE);
	return true;
}

static bool
close_row(XmlInvoice *reader, const XmlOpenGroup *group)
{
	TeappsNotes *notes = notes_of(reader);

	xml_settle_price(reader);
	if (notes->credit)
		xml_settle_signs(reader);
	xml_assume_standard(reader, TERM_BT_152, TERM_BT_151);
	xml_emit_row(reader, group, &notes->row_details);
	return true;
}

/* -- summary ----------------------------------------------------------------------------------- */

static bool
close_tax(XmlInvoice *reader, const XmlOpenGroup *group)
{
	xml_assume_standard(reader, TERM_BT_119, TERM_BT_118);
	return xml_close_filled(reader, group);
}

/* The currency of the tax says something only when it is another one. */
static bool
close_tax_currency(XmlInvoice *reader, const XmlOpenGroup *group)
{
	Slice currency = xml_value(reader, TERM_BT_5), text = xml_value(reader, TERM_TEA_TEXT);

	(void) group;
	if (text.length > 0 &&
		!(text.length == currency.length && memcmp(text.bytes, currency.bytes, text.length) == 0))
		xml_move(reader, TERM_TEA_TEXT, TERM_BT_6);
	return true;
}

static bool
close_adjustment(XmlInvoice *reader, const XmlOpenGroup *group)
{
	if (group->kind == INVOICE_ALLOWANCE)
		xml_assume_standard(reader, TERM_BT_96, TERM_BT_95);
	else
		xml_assume_standard(reader, TERM_BT_103, TERM_BT_102);
	return xml_close_filled(reader, group);
}

static bool
takes_off(Decimal *value, Decimal part)
{
	return decimal_subtract(*value, part, value);
}

/*
 * The invoice's total is what is to be paid: rounded and less what was paid before.  EN 16931 wants
 * the total before both; whether the sender has taken the rounding off the total without VAT too
 * shows in whether the VAT adds up.
 */
static void
settle_totals(XmlInvoice *reader)
{
	Decimal zero = decimal_from_int(0), due, net, tax, gross, round = zero, paid = zero, sum;

	if (notes_of(reader)->totals || !xml_number(reader, TERM_BT_115, &due))
		return;
	xml_number(reader, TERM_BT_114, &round);
	xml_number(reader, TERM_BT_113, &paid);
	gross = due;
	if (!takes_off(&gross, round) || !decimal_add(gross, paid, &gross))
		return;
	xml_set_number(reader, TERM_BT_112, gross);
	if (!xml_number(reader, TERM_BT_109, &net) || !xml_number(reader, TERM_BT_110, &tax) ||
		!decimal_add(net, tax, &sum) || decimal_compare(sum, gross) == 0 ||
		!takes_off(&net, round) || !decimal_add(net, tax, &sum) || decimal_compare(sum, gross) != 0)
		return;
	xml_clear(reader, TERM_BT_109);
	xml_set_number(reader, TERM_BT_109, net);
}

/* 0037 and the business id: the address of a Finnish company by the register of ISO 6523 */
static void
settle_address(XmlInvoice *reader, int address, int scheme)
{
	Slice text = xml_value(reader, address);

	if (xml_value(reader, scheme).length == 0 && text.length >= 12 && text.length <= 17 &&
		memcmp(text.bytes, "0037", 4) == 0)
	{
		xml_clear(reader, scheme);
		xml_set(reader, scheme, xml_text("0216"));
	}
}

static void
add_to_frame(XmlInvoice *reader, const TeappsNotes *notes)
{
	TeappsFrame *frame = frame_of(reader);
	Decimal due;

	frame->found_count++;
	if (!xml_number(reader, TERM_BT_115, &due) ||
		!decimal_add(frame->found_total, notes->credit ? decimal_negate(due) : due,
					 &frame->found_total))
		frame->broken = true;
}

static void
finish_document(XmlInvoice *reader)
{
	TeappsNotes *notes = notes_of(reader);
	XmlOpenGroup group = xml_here(reader);
	Decimal due;

	settle_totals(reader);
	settle_address(reader, TERM_BT_34, TERM_BT_34_1);
	settle_address(reader, TERM_BT_49, TERM_BT_49_1);
	if (notes->credit && xml_number(reader, TERM_BT_115, &due) && decimal_sign(due) < 0)
	{
		char text[DECIMAL_TEXT_SIZE];

		decimal_text(decimal_negate(due), 2, text);
		xml_fault(reader, FINDING_FATAL, "TEAPPS-SIGN", &group, "/SUMMARY/INVOICE_TOTAL/AMOUNT",
				  "the total of a credit note must be negative", xml_text(text));
	}
	add_to_frame(reader, notes);
}

/* -- frames ------------------------------------------------------------------------------------ */

static bool
ends_with(const char *path, const char *end)
{
	size_t length = strlen(path), tail = strlen(end);

	return length >= tail && strcmp(path + length - tail, end) == 0;
}

static void
note_count(TeappsFrame *frame, Slice value, bool *has, int64_t *count)
{
	Decimal number;
	int64_t units;

	if (decimal_parse(value.bytes, value.length, &number) != DECIMAL_OK ||
		!decimal_to_minor(number, 0, &units) || units < 0 || *count > INT64_MAX / 2)
		frame->broken = true;
	else
	{
		*has = true;
		*count += units;
	}
}

static void
note_total(TeappsFrame *frame, Slice value, bool *has, Decimal *total)
{
	Decimal number;

	if (!frame->included)
		return;
	if (decimal_parse(value.bytes, value.length, &number) != DECIMAL_OK ||
		!decimal_add(*total, frame->negative ? decimal_negate(number) : number, total))
		frame->broken = true;
	*has = true;
}

/* Attributes come before the text of their element. */
static void
teapps_frame(XmlInvoice *reader, const char *path, Slice value)
{
	TeappsFrame *frame = frame_of(reader);

	if (strncmp(path, "/INVOICE_CENTER/", 16) != 0)
		return;
	if (ends_with(path, "/TOTAL/AMOUNT/@SIGN"))
		frame->negative = value.length > 0 && *value.bytes == '-';
	else if (ends_with(path, "/TOTAL/AMOUNT/@VAT"))
		frame->included = value.length == 8 && memcmp(value.bytes, "INCLUDED", 8) == 0;
	else if (ends_with(path, "/TF_SUMMARY/COUNT"))
		note_count(frame, value, &frame->has_count, &frame->count);
	else if (ends_with(path, "/BLOCK_SUMMARY/COUNT"))
		note_count(frame, value, &frame->has_blocks_count, &frame->blocks_count);
	else if (ends_with(path, "/TF_SUMMARY/TOTAL/AMOUNT"))
		note_total(frame, value, &frame->has_total, &frame->total);
	else if (ends_with(path, "/BLOCK_SUMMARY/TOTAL/AMOUNT"))
		note_total(frame, value, &frame->has_blocks_total, &frame->blocks_total);
	if (ends_with(path, "/TOTAL/AMOUNT"))
		frame->included = frame->negative = false;
}

static void
frame_fault(XmlInvoice *reader, const char *rule, const char *where, const char *message)
{
	Finding finding = {FINDING_FATAL, {0, 0, 0}, rule, where, message};

	invoice_queue_finding(&reader->queue, &finding);
}

static void
compare_count(XmlInvoice *reader, const char *where, bool has, int64_t announced)
{
	TeappsFrame *frame = frame_of(reader);
	char message[160];

	if (!has || announced == frame->found_count)
		return;
	snprintf(message, sizeof(message), "the frame announces %lld invoices, found %lld",
			 (long long) announced, (long long) frame->found_count);
	frame_fault(reader, "TEAPPS-COUNT", where, message);
}

static void
compare_total(XmlInvoice *reader, const char *where, bool has, Decimal announced)
{
	TeappsFrame *frame = frame_of(reader);
	char message[200], said[DECIMAL_TEXT_SIZE], found[DECIMAL_TEXT_SIZE];

	if (!has || frame->broken || decimal_compare(announced, frame->found_total) == 0)
		return;
	decimal_text(announced, 2, said);
	decimal_text(frame->found_total, 2, found);
	snprintf(message, sizeof(message), "the frame announces a total of %s, the invoices come to %s",
			 said, found);
	frame_fault(reader, "TEAPPS-TOTAL", where, message);
}

static void
teapps_frame_end(XmlInvoice *reader)
{
	static const char transport[] = "/INVOICE_CENTER/TRANSPORT_FRAME/TF_SUMMARY";
	static const char content[] = "/INVOICE_CENTER/CONTENT_FRAME/BLOCK_SUMMARY";
	const TeappsFrame *frame = frame_of(reader);

	compare_count(reader, transport, frame->has_count, frame->count);
	compare_total(reader, transport, frame->has_total, frame->total);
	compare_count(reader, content, frame->has_blocks_count, frame->blocks_count);
	compare_total(reader, content, frame->has_blocks_total, frame->blocks_total);
}

/* -- the format -------------------------------------------------------------------------------- */

static const XmlEntry entries[] = {
#include "core/teapps_paths.def"
};

static const char *const ballast[] = {
#include "core/teapps_names.def"
	NULL};

const XmlFormat teapps_format = {
	.name = "teapps",
	.roots = {{"INVOICE", "teapps"}},
	.entries = entries,
	.entry_count = sizeof(entries) / sizeof(*entries),
	.ballast = ballast,
	.repeated_rule = "TEAPPS-REPEATED",
	.missing_rule = "TEAPPS-MISSING",
	.empty_is_absent = true,
	.number = teapps_number,
	.finish = finish_document,
	.frame = teapps_frame,
	.frame_end = teapps_frame_end,
};
