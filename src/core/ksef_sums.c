/*
 * ksef_sums.c: the table of VAT classes, and arithmetic over lines and totals.
 *
 * Amounts have at most two decimals and eighteen digits, so sums are 64-bit minor units; one that
 * does not fit makes the sum unknown.
 */
#include "core/ksef_sums.h"

#include <stdio.h>
#include <string.h>

#define NONE XML_NO_TERM
#define KSEF_MAX_MINOR INT64_C(2000000000000000000)

const KsefSlot ksef_slots[KSEF_SLOTS] = {
	{"P_13_1", TERM_KSEF_NET_1, TERM_KSEF_TAX_1, TERM_KSEF_PLN_1, "S", "23", "22", NULL},
	{"P_13_2", TERM_KSEF_NET_2, TERM_KSEF_TAX_2, TERM_KSEF_PLN_2, "S", "8", "7", NULL},
	{"P_13_3", TERM_KSEF_NET_3, TERM_KSEF_TAX_3, TERM_KSEF_PLN_3, "S", "5", NULL, NULL},
	{"P_13_4", TERM_KSEF_NET_4, TERM_KSEF_TAX_4, TERM_KSEF_PLN_4, "S", "4", "3", NULL},
	{"P_13_5", TERM_KSEF_NET_5, TERM_KSEF_TAX_5, NONE, "S", NULL, NULL, NULL},
	{"P_13_6_1", TERM_KSEF_NET_6_1, NONE, NONE, "Z", "0", NULL, NULL},
	{"P_13_6_2", TERM_KSEF_NET_6_2, NONE, NONE, "K", "0", NULL, "0 WDT"},
	{"P_13_6_3", TERM_KSEF_NET_6_3, NONE, NONE, "G", "0", NULL, "0 EX"},
	{"P_13_7", TERM_KSEF_NET_7, NONE, NONE, "E", "0", NULL, "zw"},
	{"P_13_8", TERM_KSEF_NET_8, NONE, NONE, "O", NULL, NULL, "np I"},
	{"P_13_9", TERM_KSEF_NET_9, NONE, NONE, "AE", "0", NULL, "np II"},
	{"P_13_10", TERM_KSEF_NET_10, NONE, NONE, "AE", "0", NULL, "oo"},
	{"P_13_11", TERM_KSEF_NET_11, NONE, NONE, "E", "0", NULL, "marża"},
};
const int ksef_slot_count = KSEF_SLOTS;

#define SLOT_FOREIGN 4
#define SLOT_EXEMPT 8
#define SLOT_MARGIN 12

const KsefMeans ksef_means[] = {{"1", "10", NULL}, {"2", "48", NULL}, {"3", "ZZZ", "bon"},
								{"4", "20", NULL}, {"6", "30", NULL}, {"5", "ZZZ", "kredyt"},
								{"7", "68", NULL}};
const int ksef_means_count = sizeof(ksef_means) / sizeof(*ksef_means);

static bool
same(Slice value, const char *text)
{
	return text != NULL && value.length == strlen(text) &&
		   memcmp(value.bytes, text, value.length) == 0;
}

KsefRate
ksef_find_rate(Slice rate)
{
	static const struct
	{
		const char *name;
		int slot;
	} names[] = {{"0 KR", 5}, {"0", 5},	 {"0 WDT", 6},	{"0 EX", 7}, {"zw", 8},
				 {"np I", 9}, {"np", 9}, {"np II", 10}, {"oo", 11}};
	KsefRate found = {-1, NULL, NULL, false, false};

	for (int i = 0; i < SLOT_FOREIGN && found.slot < 0; i++)
		if (same(rate, ksef_slots[i].percent) || same(rate, ksef_slots[i].second))
		{
			found.slot = i;
			found.second = same(rate, ksef_slots[i].second);
		}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && found.slot < 0; i++)
		if (same(rate, names[i].name))
			found.slot = names[i].slot;
	if (found.slot < 0)
		return found;
	found.category = ksef_slots[found.slot].category;
	found.percent = found.second ? ksef_slots[found.slot].second : ksef_slots[found.slot].percent;
	return found;
}

static bool
is_margin(const XmlInvoice *reader)
{
	return xml_value_is(reader, TERM_KSEF_MARGIN_TRAVEL, "1") ||
		   xml_value_is(reader, TERM_KSEF_MARGIN_GOODS, "1") ||
		   xml_value_is(reader, TERM_KSEF_MARGIN_ART, "1") ||
		   xml_value_is(reader, TERM_KSEF_MARGIN_ANTIQUES, "1");
}

/* Another country's rate (one stop shop); without any rate, the margin scheme. */
KsefRate
ksef_line_rate(const XmlInvoice *reader)
{
	KsefRate found = {-1, NULL, NULL, false, false};

	if (reader->values[TERM_KSEF_RATE].present)
		return ksef_find_rate(xml_value(reader, TERM_KSEF_RATE));
	if (reader->values[TERM_KSEF_FOREIGN_RATE].present)
	{
		found.slot = SLOT_FOREIGN;
		found.category = "S";
		found.foreign = true;
	}
	else if (is_margin(reader))
	{
		found.slot = SLOT_MARGIN;
		found.category = "E";
		found.percent = "0";
	}
	return found;
}

bool
ksef_minor(const XmlInvoice *reader, int term, int64_t *minor)
{
	Slice text = xml_value(reader, term);
	Decimal value;

	/* two of them can be added without a second look */
	return decimal_parse(text.bytes, text.length, &value) == DECIMAL_OK &&
		   decimal_to_minor(value, 2, minor) && *minor<KSEF_MAX_MINOR && * minor> - KSEF_MAX_MINOR;
}

static int64_t
divide_away(__int128 a, __int128 b)
{
	__int128 half = a < 0 ? -b / 2 : b / 2;

	return (int64_t) ((a + half) / b);
}

bool
ksef_net_of_gross(const XmlInvoice *reader, const KsefRate *rate, Decimal *net)
{
	int64_t gross, tax;

	if (!ksef_minor(reader, TERM_KSEF_GROSS, &gross))
		return false;
	if (ksef_minor(reader, TERM_KSEF_LINE_TAX, &tax))
	{
		if (__builtin_sub_overflow(gross, tax, &tax))
			return false;
		*net = decimal_from_minor(tax, 2);
		return true;
	}
	if (rate->foreign)
		return false;
	if (rate->percent != NULL)
	{
		int percent = 0;

		for (const char *c = rate->percent; *c != '\0'; c++)
			percent = percent * 10 + (*c - '0');
		gross = divide_away((__int128) gross * 100, 100 + percent);
	}
	*net = decimal_from_minor(gross, 2);
	return true;
}

static void
note_foreign_rate(XmlInvoice *reader)
{
	int64_t *notes = xml_notes(reader);
	Slice text = xml_value(reader, TERM_KSEF_FOREIGN_RATE);
	Decimal value;
	int64_t rate;

	if (decimal_parse(text.bytes, text.length, &value) != DECIMAL_OK ||
		!decimal_to_minor(value, 6, &rate))
		return;
	/* lines of several rates: the breakdown has none */
	if (notes[KSEF_FOREIGN_KNOWN] == 0)
		notes[KSEF_FOREIGN] = rate;
	notes[KSEF_FOREIGN_KNOWN] = notes[KSEF_FOREIGN] == rate ? 1 : 2;
}

void
ksef_add_line(XmlInvoice *reader, const KsefRate *rate, bool before)
{
	int64_t *notes = xml_notes(reader);
	int64_t net;

	notes[KSEF_LINES]++;
	if (rate->slot < 0 || !ksef_minor(reader, TERM_BT_131, &net))
		return;
	if (rate->second)
		notes[KSEF_SECOND_RATE] |= INT64_C(1) << rate->slot;
	if (rate->foreign)
		note_foreign_rate(reader);
	if (!__builtin_add_overflow(notes[KSEF_LINE_SUM + rate->slot], before ? -net : net,
								&notes[KSEF_LINE_SUM + rate->slot]))
		notes[KSEF_LINES_KNOWN]++;
}

static const char *
margin_code(const XmlInvoice *reader)
{
	return xml_value_is(reader, TERM_KSEF_MARGIN_TRAVEL, "1")  ? "VATEX-EU-D"
		   : xml_value_is(reader, TERM_KSEF_MARGIN_GOODS, "1") ? "VATEX-EU-F"
		   : xml_value_is(reader, TERM_KSEF_MARGIN_ART, "1")   ? "VATEX-EU-I"
															   : "VATEX-EU-J";
}

bool
ksef_breakdown(const XmlInvoice *reader, int slot, KsefBreakdown *breakdown)
{
	const KsefSlot *of = &ksef_slots[slot];
	const int64_t *notes = reader->notes;
	bool second = (notes[KSEF_SECOND_RATE] >> slot & 1) != 0;

	memset(breakdown, 0, sizeof(*breakdown));
	if (xml_value(reader, of->net).length == 0)
		return false;
	breakdown->net = of->net;
	breakdown->tax = of->tax;
	breakdown->category = of->category;
	breakdown->reason_term = NONE;
	breakdown->reason = of->reason;
	if (slot == SLOT_FOREIGN && notes[KSEF_FOREIGN_KNOWN] == 1)
		decimal_text(decimal_from_minor(notes[KSEF_FOREIGN], 6), 0, breakdown->percent);
	else if (of->percent != NULL)
		snprintf(breakdown->percent, sizeof(breakdown->percent), "%s",
				 second ? of->second : of->percent);
	if (slot == SLOT_EXEMPT && xml_value(reader, TERM_KSEF_EXEMPTION).length > 0)
		breakdown->reason_term = TERM_KSEF_EXEMPTION;
	if (slot == SLOT_MARGIN && is_margin(reader))
		breakdown->code = margin_code(reader);
	return true;
}

/* Sum of the fields of all classes; false if there is none, or one is no amount. */
static bool
sum_fields(const XmlInvoice *reader, size_t member, int64_t *sum)
{
	bool any = false;

	*sum = 0;
	for (int i = 0; i < KSEF_SLOTS; i++)
	{
		int term = *(const int *) (const void *) ((const char *) &ksef_slots[i] + member);
		int64_t value;

		if (term == NONE || !reader->values[term].present)
			continue;
		if (!ksef_minor(reader, term, &value) || __builtin_add_overflow(*sum, value, sum))
			return false;
		any = true;
	}
	return any;
}

static void
set_minor(XmlInvoice *reader, int term, int64_t minor)
{
	char text[DECIMAL_TEXT_SIZE];

	decimal_text(decimal_from_minor(minor, 2), 2, text);
	xml_set(reader, term, xml_text(text));
}

/*
 * BT-106 goes out only where the lines are what the totals are about: an advance or its settlement
 * has lines of another value.
 */
void
ksef_totals(XmlInvoice *reader)
{
	const int64_t *notes = xml_notes(reader);
	int64_t net, tax, pln, lines = 0;
	bool known = notes[KSEF_LINES] > 0 && notes[KSEF_LINES] == notes[KSEF_LINES_KNOWN];

	if (!sum_fields(reader, offsetof(KsefSlot, net), &net))
		return;
	set_minor(reader, TERM_BT_109, net);
	if (!sum_fields(reader, offsetof(KsefSlot, tax), &tax))
		tax = 0;
	set_minor(reader, TERM_BT_110, tax);
	if (sum_fields(reader, offsetof(KsefSlot, pln), &pln))
	{
		xml_set(reader, TERM_BT_6, xml_text("PLN"));
		set_minor(reader, TERM_BT_111, pln);
	}
	for (int i = 0; i < KSEF_SLOTS; i++)
		known = known && !__builtin_add_overflow(lines, notes[KSEF_LINE_SUM + i], &lines);
	if (known && lines == net)
		set_minor(reader, TERM_BT_106, lines);
}
