/*
 * ksef_close.c: decisions that a Polish structured invoice, FA(3) or FA(2), leaves to the end.
 *
 * Corrections carry differences, and a line marked StanPrzed is the state before, which they take
 * away.  A correction that gives money back is a credit note here (381, self-billed 261), whose
 * amounts are positive as in all formats; one that asks for more is a debit note (383, 527), one
 * that changes no total a corrected invoice (384), both with the signs they have.
 *
 * The VAT breakdown has a pair of fields for each class of rate.  Which of the two rates of a class
 * (23 or 22 ...) it is, the lines say, so the breakdown goes out when the document ends.
 */
#include "core/decimal.h"
#include "core/ksef_sums.h"
#include "core/xml_state.h"

#include <stdio.h>
#include <string.h>

static bool
is_correction(const XmlInvoice *reader)
{
	Slice kind = xml_value(reader, TERM_KSEF_KIND);

	return kind.length >= 3 && memcmp(kind.bytes, "KOR", 3) == 0;
}

/* A correction that gives money back; asked before the total itself is turned. */
static bool
is_credit(const XmlInvoice *reader)
{
	Slice total = xml_value(reader, TERM_BT_112);
	Decimal value;

	return is_correction(reader) &&
		   decimal_parse(total.bytes, total.length, &value) == DECIMAL_OK &&
		   decimal_sign(value) < 0;
}

/* -- header ---------------------------------------------------------------------------------------
 */

static bool
close_seller_gln(XmlInvoice *reader, const XmlOpenGroup *group)
{
	xml_set(reader, TERM_BT_29_1, xml_text("0088"));
	xml_emit(reader, group, INVOICE_SELLER_ID);
	return true;
}

/* A key that says more than "remarks" stays in front of the text. */
static bool
close_note(XmlInvoice *reader, const XmlOpenGroup *group)
{
	Slice key = xml_value(reader, TERM_KSEF_NOTE_KEY), text = xml_value(reader, TERM_BT_22);

	if (xml_value_is(reader, TERM_KSEF_NOTE_KEY, KSEF_KEY_TERMS) &&
		!reader->values[TERM_BT_20].present)
		xml_move(reader, TERM_BT_22, TERM_BT_20);
	else if (xml_value_is(reader, TERM_KSEF_NOTE_KEY, KSEF_KEY_PAYMENT) &&
			 !reader->values[TERM_BT_83].present)
		xml_move(reader, TERM_BT_22, TERM_BT_83);
	else
	{
		if (key.length > 0 && !xml_value_is(reader, TERM_KSEF_NOTE_KEY, KSEF_KEY_NOTE))
		{
			char joined[1200];
			int length = snprintf(joined, sizeof(joined), "%.*s: %.*s",
								  key.length < 512 ? (int) key.length : 0, key.bytes,
								  text.length < 680 ? (int) text.length : 0, text.bytes);
			Slice both = {joined, (size_t) length};

			if (key.length < 512 && text.length < 680)
				xml_set(reader, TERM_BT_22, both);
			else
				xml_extra_term(reader, group, TERM_KSEF_NOTE_KEY, "/Klucz");
		}
		xml_emit(reader, group, INVOICE_NOTE);
		xml_extra_term(reader, group, TERM_KSEF_NOTE_LINE, "/NrWiersza");
	}
	xml_clear(reader, TERM_KSEF_NOTE_KEY);
	xml_clear(reader, TERM_KSEF_NOTE_LINE);
	return true;
}

/* The national form of an account is its IBAN without the country. */
static bool
close_account(XmlInvoice *reader, const XmlOpenGroup *group)
{
	Slice number = xml_value(reader, TERM_BT_84);
	char account[28];
	size_t digits = 0;

	for (size_t i = 0; i < number.length; i++)
		digits += number.bytes[i] >= '0' && number.bytes[i] <= '9';
	if (digits == 26 && number.length == 26)
	{
		memcpy(account, "PL", 2);
		memcpy(account + 2, number.bytes, 26);
		xml_set(reader, TERM_BT_84, (Slice){account, 28});
	}
	xml_emit(reader, group, INVOICE_ACCOUNT);
	return true;
}

static size_t
add_part_payment(XmlInvoice *reader, char *text, size_t length)
{
	Decimal value;
	int64_t minor;

	if (decimal_parse(text, length, &value) == DECIMAL_OK && decimal_to_minor(value, 2, &minor) &&
		!__builtin_add_overflow(xml_notes(reader)[KSEF_PART_PAYMENTS], minor,
								&xml_notes(reader)[KSEF_PART_PAYMENTS]))
		xml_notes(reader)[KSEF_HAS_PART_PAYMENTS] = 1;
	return length;
}

/* -- lines ----------------------------------------------------------------------------------------
 */

static bool
close_class(XmlInvoice *reader, const XmlOpenGroup *group, const char *scheme, const char *name)
{
	xml_set(reader, TERM_BT_158_1, xml_text(scheme));
	xml_set(reader, TERM_BT_158_2, xml_text(name));
	xml_emit(reader, group, INVOICE_CLASSIFICATION);
	return true;
}

static bool
close_pkwiu(XmlInvoice *reader, const XmlOpenGroup *group)
{
	return close_class(reader, group, "GN", "PKWiU");
}

static bool
close_cn(XmlInvoice *reader, const XmlOpenGroup *group)
{
	return close_class(reader, group, "HS", "CN");
}

static bool
close_pkob(XmlInvoice *reader, const XmlOpenGroup *group)
{
	return close_class(reader, group, "GN", "PKOB");
}

/* Discounts of a line are one amount, without a reason. */
static void
emit_discount(XmlInvoice *reader, const XmlOpenGroup *line, bool turned)
{
	XmlOpenGroup group = *line;
	Slice amount = xml_value(reader, TERM_KSEF_DISCOUNT);
	Decimal value;

	if (amount.length == 0 || (decimal_parse(amount.bytes, amount.length, &value) == DECIMAL_OK &&
							   decimal_sign(value) == 0))
		return;
	group.kind = INVOICE_LINE_ALLOWANCE;
	group.parent_no = line->place.group_no;
	xml_count_group(reader, &group, INVOICE_LINE_ALLOWANCE);
	xml_clear_group(reader, INVOICE_LINE_ALLOWANCE);
	xml_set(reader, TERM_BT_136, amount);
	if (turned)
		xml_negate(reader, TERM_BT_136);
	xml_set(reader, TERM_BT_140, xml_text("95"));
	xml_emit(reader, &group, INVOICE_LINE_ALLOWANCE);
}

/* Prices with VAT: the net amount is what is left without it. */
static void
derive_net(XmlInvoice *reader, const XmlOpenGroup *group, const KsefRate *rate)
{
	char text[DECIMAL_TEXT_SIZE];
	Decimal net;

	if (!reader->values[TERM_BT_131].present && ksef_net_of_gross(reader, rate, &net))
	{
		decimal_text(net, 2, text);
		xml_set(reader, TERM_BT_131, xml_text(text));
		xml_notes(reader)[KSEF_GROSS_LINES]++;
	}
	xml_extra_term(reader, group, TERM_KSEF_GROSS_PRICE, "/P_9B");
	xml_extra_term(reader, group, TERM_KSEF_GROSS, "/P_11A");
	xml_extra_term(reader, group, TERM_KSEF_LINE_TAX, "/P_11Vat");
}

static void
set_line_rate(XmlInvoice *reader, const KsefRate *rate)
{
	if (rate->category != NULL)
		xml_set(reader, TERM_BT_151, xml_text(rate->category));
	if (rate->foreign)
		xml_set(reader, TERM_BT_152, xml_value(reader, TERM_KSEF_FOREIGN_RATE));
	else if (rate->percent != NULL)
		xml_set(reader, TERM_BT_152, xml_text(rate->percent));
}

static bool
close_line(XmlInvoice *reader, const XmlOpenGroup *group)
{
	bool before = xml_value_is(reader, TERM_KSEF_BEFORE, "1");
	bool turned = is_credit(reader) != before;
	KsefRate rate = ksef_line_rate(reader);

	derive_net(reader, group, &rate);
	set_line_rate(reader, &rate);
	if (reader->values[TERM_KSEF_RATE].present && rate.category == NULL)
		xml_extra_term(reader, group, TERM_KSEF_RATE, "/P_12");
	ksef_add_line(reader, &rate, before);
	if (reader->values[TERM_BT_157].present)
		xml_set(reader, TERM_BT_157_1, xml_text("0160"));
	/* the day of supply of this line alone */
	if (reader->values[TERM_KSEF_LINE_DATE].present)
	{
		xml_set(reader, TERM_BT_134, xml_value(reader, TERM_KSEF_LINE_DATE));
		xml_set(reader, TERM_BT_135, xml_value(reader, TERM_KSEF_LINE_DATE));
	}
	if (turned)
	{
		xml_negate(reader, TERM_BT_129);
		xml_negate(reader, TERM_BT_131);
	}
	emit_discount(reader, group, turned);
	xml_emit(reader, group, INVOICE_LINE);
	if (before)
		xml_extra(reader, group, "/StanPrzed", xml_text("1"));
	for (int term = TERM_KSEF_LINE_FIRST; term <= TERM_KSEF_LINE_LAST; term++)
		xml_clear(reader, term);
	return true;
}

/* -- end of the document -----------------------------------------------------------------------
 */

static const char *
type_code(const XmlInvoice *reader, bool credit)
{
	bool self = xml_value_is(reader, TERM_KSEF_SELF_BILLED, "1");
	Slice total = xml_value(reader, TERM_BT_112);
	Decimal value;

	if (credit)
		return self ? "261" : "381";
	if (is_correction(reader))
	{
		if (decimal_parse(total.bytes, total.length, &value) == DECIMAL_OK &&
			decimal_sign(value) == 0)
			return self ? "527" : "384";
		return self ? "527" : "383";
	}
	if (self)
		return "389";
	return xml_value_is(reader, TERM_KSEF_KIND, "ZAL") ? "386" : "380";
}

/* 00-950 Warszawa, in the second line of a Polish address. */
static void
split_town(XmlInvoice *reader, int country, int line, int code, int city)
{
	static const char pattern[] = "99-999";
	Slice text = xml_value(reader, line);
	size_t at = 6;

	if (!xml_value_is(reader, country, "PL") || text.length < 8)
		return;
	for (size_t i = 0; i < 6; i++)
		if (pattern[i] == '-' ? text.bytes[i] != '-' : text.bytes[i] < '0' || text.bytes[i] > '9')
			return;
	while (at < text.length && (text.bytes[at] == ' ' || text.bytes[at] == ','))
		at++;
	if (at == 6 || at == text.length)
		return;
	xml_set(reader, code, (Slice){text.bytes, 6});
	text = xml_value(reader, line);
	xml_set(reader, city, (Slice){text.bytes + at, text.length - at});
	xml_clear(reader, line);
}

static void
set_with_prefix(XmlInvoice *reader, int term, const char *prefix, size_t prefix_length,
				Slice number)
{
	char text[64];

	if (number.length == 0 || number.length + prefix_length > sizeof(text))
		return;
	if (prefix_length > 0)
		memcpy(text, prefix, prefix_length);
	memcpy(text + prefix_length, number.bytes, number.length);
	xml_set(reader, term, (Slice){text, prefix_length + number.length});
}

static void
finish_parties(XmlInvoice *reader)
{
	Slice of_union = xml_value(reader, TERM_KSEF_BUYER_UNION);

	set_with_prefix(reader, TERM_BT_31, "PL", 2, xml_value(reader, TERM_BT_30));
	if (reader->values[TERM_BT_48].present)
		set_with_prefix(reader, TERM_BT_48, of_union.bytes, of_union.length,
						xml_value(reader, TERM_BT_48));
	else
		set_with_prefix(reader, TERM_BT_48, "PL", 2, xml_value(reader, TERM_BT_47));
	xml_move(reader, TERM_KSEF_BUYER_FOREIGN, TERM_BT_47);
	if (reader->values[TERM_BT_46].present)
		xml_set(reader, TERM_BT_46_1, xml_text("0088"));
	split_town(reader, TERM_BT_40, TERM_BT_36, TERM_BT_38, TERM_BT_37);
	split_town(reader, TERM_BT_55, TERM_BT_51, TERM_BT_53, TERM_BT_52);
}

/* Code list 4461; a voucher and a credit have none of their own there. */
static void
finish_means(XmlInvoice *reader)
{
	for (int i = 0; i < ksef_means_count; i++)
		if (xml_value_is(reader, TERM_KSEF_MEANS, ksef_means[i].number))
		{
			xml_set(reader, TERM_BT_81, xml_text(ksef_means[i].code));
			if (ksef_means[i].text != NULL)
				xml_set(reader, TERM_BT_82, xml_text(ksef_means[i].text));
			return;
		}
	if (reader->values[TERM_BT_82].present)
		xml_set(reader, TERM_BT_81, xml_text("ZZZ"));
}

static void
set_minor(XmlInvoice *reader, int term, int64_t minor)
{
	char text[DECIMAL_TEXT_SIZE];

	decimal_text(decimal_from_minor(minor, 2), 2, text);
	xml_set(reader, term, xml_text(text));
}

/* P_15 may be rounded; up to a whole unit that is not a wrong sum. */
static void
round_total(XmlInvoice *reader, int64_t total)
{
	int64_t net, tax;

	if (!ksef_minor(reader, TERM_BT_109, &net) || !ksef_minor(reader, TERM_BT_110, &tax) ||
		total == net + tax || total - net - tax > 100 || net + tax - total > 100)
		return;
	set_minor(reader, TERM_BT_112, net + tax);
	set_minor(reader, TERM_BT_114, total - net - tax);
}

/* What is to be paid, and so what has been: settled with other sums, paid in full or in part. */
static void
finish_payment(XmlInvoice *reader)
{
	int64_t total, to_pay, paid = 0;

	if (!ksef_minor(reader, TERM_BT_112, &total))
		return;
	round_total(reader, total);
	if (ksef_minor(reader, TERM_KSEF_TO_PAY, &to_pay))
		paid = total - to_pay;
	else if (xml_value_is(reader, TERM_KSEF_PAID, "1"))
		paid = total;
	else if (xml_notes(reader)[KSEF_HAS_PART_PAYMENTS] != 0)
		paid = xml_notes(reader)[KSEF_PART_PAYMENTS];
	if (paid != 0)
		set_minor(reader, TERM_BT_113, paid);
	set_minor(reader, TERM_BT_115, total - paid);
}

static void
emit_breakdown(XmlInvoice *reader, bool credit)
{
	for (int i = 0; i < ksef_slot_count; i++)
	{
		XmlOpenGroup group = {.kind = INVOICE_TAX, .node = XML_ROOT_NODE, .place = reader->place};
		KsefBreakdown breakdown;

		if (!ksef_breakdown(reader, i, &breakdown))
			continue;
		xml_count_group(reader, &group, INVOICE_TAX);
		xml_clear_group(reader, INVOICE_TAX);
		xml_set(reader, TERM_BT_116, xml_value(reader, breakdown.net));
		xml_set(reader, TERM_BT_117,
				breakdown.tax != XML_NO_TERM && reader->values[breakdown.tax].present
					? xml_value(reader, breakdown.tax)
					: xml_text("0.00"));
		xml_set(reader, TERM_BT_118, xml_text(breakdown.category));
		if (breakdown.percent[0] != '\0')
			xml_set(reader, TERM_BT_119, xml_text(breakdown.percent));
		if (breakdown.reason_term != XML_NO_TERM)
			xml_set(reader, TERM_BT_120, xml_value(reader, breakdown.reason_term));
		else if (breakdown.reason != NULL)
			xml_set(reader, TERM_BT_120, xml_text(breakdown.reason));
		if (breakdown.code != NULL)
			xml_set(reader, TERM_BT_121, xml_text(breakdown.code));
		if (credit)
		{
			xml_negate(reader, TERM_BT_116);
			xml_negate(reader, TERM_BT_117);
		}
		xml_emit(reader, &group, INVOICE_TAX);
	}
}

static void
finish(XmlInvoice *reader)
{
	static const int totals[] = {TERM_BT_106, TERM_BT_109, TERM_BT_110, TERM_BT_111,
								 TERM_BT_112, TERM_BT_113, TERM_BT_114, TERM_BT_115};
	bool credit = is_credit(reader);

	ksef_check_document(reader);
	finish_parties(reader);
	finish_means(reader);
	xml_set(reader, TERM_BT_3, xml_text(type_code(reader, credit)));
	ksef_totals(reader);
	emit_breakdown(reader, credit);
	finish_payment(reader);
	for (size_t i = 0; credit && i < sizeof(totals) / sizeof(*totals); i++)
		xml_negate(reader, totals[i]);
}

static const XmlEntry entries[] = {
#include "core/ksef_paths.def"
};

/* Names of the schemas that have no business term. */
static const char *const ballast[] = {
#include "core/ksef_ballast.def"
	NULL};

static const SchemaEntry fa3_schema[] = {
#include "core/ksef_fa3_schema.def"
};

static const SchemaEntry fa2_schema[] = {
#include "core/ksef_fa2_schema.def"
};

static XmlSchema schema_fa3 = {.entries = fa3_schema,
							   .entry_count = sizeof(fa3_schema) / sizeof(*fa3_schema),
							   .structure_rule = "KSEF-STRUCTURE",
							   .value_rule = "KSEF-VALUE",
							   .check = ksef_check_value,
							   .text = ksef_check_text};
static XmlSchema schema_fa2 = {.entries = fa2_schema,
							   .entry_count = sizeof(fa2_schema) / sizeof(*fa2_schema),
							   .structure_rule = "KSEF-STRUCTURE",
							   .value_rule = "KSEF-VALUE",
							   .check = ksef_check_value,
							   .text = ksef_check_text};

const XmlFormat ksef_fa3_format = {
	.name = "ksef-fa3",
	.roots = {{"fa:Faktura", "ksef-fa3"}},
	.spaces = {{"fa", "http://crd.gov.pl/wzor/2025/06/25/13775/"}},
	.entries = entries,
	.entry_count = sizeof(entries) / sizeof(*entries),
	.ballast = ballast,
	.schema = &schema_fa3,
	.date = xml_date_iso,
	.finish = finish,
};

const XmlFormat ksef_fa2_format = {
	.name = "ksef-fa2",
	.roots = {{"fa:Faktura", "ksef-fa2"}},
	.spaces = {{"fa", "http://crd.gov.pl/wzor/2023/06/29/12648/"}},
	.entries = entries,
	.entry_count = sizeof(entries) / sizeof(*entries),
	.ballast = ballast,
	.schema = &schema_fa2,
	.date = xml_date_iso,
	.finish = finish,
};
