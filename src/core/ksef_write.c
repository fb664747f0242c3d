/*
 * ksef_write.c: Polish structured invoice FA(3).
 *
 * Codes of credit notes make a correction (KOR) whose amounts are negative; debit notes and
 * corrected invoices make one whose amounts stand as they are.  Allowances and charges of the
 * document become lines, because the form has none; those of a line are one amount.  What the form
 * wants to know and an invoice does not say (split payment, cash accounting, new vehicles ...) is
 * answered with no.
 */
#include "core/ksef_sums.h"

#include "core/invoice_write.h"

#include <stdio.h>
#include <string.h>

enum
{
	CREDIT = 1,
	CORRECTION = 2,
	SELF_BILLED = 4,
	MARGIN = 8, /* the exempt part is that of a margin scheme */
	UNION_CHARGE =
		16, /* reverse charge is that of services to another state, not the domestic one */
	ADVANCE = 32,
	SETTLEMENT = 64, /* lines of another value than the totals: an advance was paid before */
	SIMPLIFIED = 128
};

#define SLOT_FOREIGN 4
#define SLOT_MARGIN 12

/* -- values ---------------------------------------------------------------------------------------
 */

static bool
is_one_of(Slice value, const char *const *codes)
{
	for (; *codes != NULL; codes++)
		if (value.length == strlen(*codes) && memcmp(value.bytes, *codes, value.length) == 0)
			return true;
	return false;
}

static bool
all_digits(Slice value)
{
	for (size_t i = 0; i < value.length; i++)
		if (value.bytes[i] < '0' || value.bytes[i] > '9')
			return false;
	return value.length > 0;
}

static void
put_element(InvoiceWriter *writer, const char *name, Slice text)
{
	if (text.length == 0)
		return;
	buffer_printf(&writer->out, "<%s>", name);
	write_escaped(writer, text);
	buffer_printf(&writer->out, "</%s>", name);
}

static void
put_text(InvoiceWriter *writer, const char *name, const char *text)
{
	put_element(writer, name, (Slice){text, strlen(text)});
}

/* At most so many characters, in several elements of the same shape if need be. */
static size_t
first_characters(Slice text, size_t most)
{
	size_t count = 0, at = 0;

	while (at < text.length)
	{
		if (((unsigned char) text.bytes[at] & 0xC0) != 0x80 && count++ == most)
			break;
		at++;
	}
	return at;
}

static Decimal
signed_value(const InvoiceWriter *writer, Decimal value)
{
	return (writer->variant & CREDIT) != 0 ? decimal_negate(value) : value;
}

/* No plus sign, no leading zeros, and no more decimals than the form has room for. */
static void
put_number(InvoiceWriter *writer, const char *name, InvoiceTerm term, Decimal value, int least,
		   int most)
{
	char text[DECIMAL_TEXT_SIZE], why[64];

	if (value.scale > most)
	{
		snprintf(why, sizeof(why), "has more than %d decimals", most);
		write_wrong(writer, term, why);
		return;
	}
	decimal_text(value, least, text);
	put_text(writer, name, text);
}

static bool
number_of(InvoiceWriter *writer, InvoiceTerm term, Decimal *value)
{
	Slice text = write_value(writer, term);

	if (text.length == 0)
		return false;
	if (decimal_parse(text.bytes, text.length, value) == DECIMAL_OK)
		return true;
	write_wrong(writer, term, "is no number");
	return false;
}

static void
put_amount(InvoiceWriter *writer, const char *name, InvoiceTerm term)
{
	Decimal value;

	if (number_of(writer, term, &value))
		put_number(writer, name, term, signed_value(writer, value), 2, 2);
}

/* -- parties --------------------------------------------------------------------------------------
 */

/* Ten digits, with or without PL in front; the length is 0 if it is none. */
static Slice
nip_of(Slice number)
{
	Slice none = {NULL, 0};

	if (number.length == 12 && memcmp(number.bytes, "PL", 2) == 0)
		number = (Slice){number.bytes + 2, 10};
	return number.length == 10 && all_digits(number) && number.bytes[0] != '0' ? number : none;
}

static void
write_seller_nip(InvoiceWriter *writer)
{
	Slice vat = write_value(writer, TERM_BT_31);
	Slice nip = vat.length == 12 || write_value_is(writer, TERM_BT_40, "PL") ? nip_of(vat)
																			 : (Slice){NULL, 0};

	if (nip.length == 0 && write_value_is(writer, TERM_BT_40, "PL"))
		nip = nip_of(write_value(writer, TERM_BT_30));
	if (nip.length == 0 && writer->strict)
		write_missing(writer, TERM_BT_31, "or BT-30 with a NIP");
	put_element(writer, "NIP", nip);
}

static void
write_buyer_number(InvoiceWriter *writer)
{
	static const char *const states[] = {"AT", "BE", "BG", "CY", "CZ", "DK", "EE", "FI", "FR", "DE",
										 "EL", "HR", "HU", "IE", "IT", "LV", "LT", "LU", "MT", "NL",
										 "PT", "RO", "SK", "SI", "ES", "SE", "XI", NULL};
	Slice vat = write_value(writer, TERM_BT_48), legal = write_value(writer, TERM_BT_47);
	bool polish = vat.length == 12 || write_value_is(writer, TERM_BT_55, "PL");
	Slice nip = polish ? nip_of(vat.length > 0 ? vat : legal) : (Slice){NULL, 0};
	Slice state = {vat.bytes, 2};

	if (nip.length > 0)
		put_element(writer, "NIP", nip);
	else if (vat.length > 2 && vat.length <= 14 && is_one_of(state, states))
	{
		put_element(writer, "KodUE", state);
		put_element(writer, "NrVatUE", (Slice){vat.bytes + 2, vat.length - 2});
	}
	else if (vat.length > 0 || legal.length > 0)
	{
		put_element(writer, "KodKraju", write_value(writer, TERM_BT_55));
		put_element(writer, "NrID", vat.length > 0 ? vat : legal);
	}
	else
		put_text(writer, "BrakID", "1");
}

static void
join(char *out, size_t size, const char *separator, Slice text)
{
	size_t length = strlen(out);

	if (text.length > 0)
		snprintf(out + length, size - length, "%s%.*s", length > 0 ? separator : "",
				 (int) text.length, text.bytes);
}

/* Two lines: the street, and post code and town; the second one may be the street's when there is
 * no town. */
static void
write_address(InvoiceWriter *writer, InvoiceTerm first, InvoiceTerm second, InvoiceTerm third,
			  InvoiceTerm code, InvoiceTerm city, InvoiceTerm region, InvoiceTerm country,
			  Slice gln)
{
	char street[1600] = "", town[1600] = "";
	Slice lines[] = {write_value(writer, first), write_value(writer, second),
					 write_value(writer, third)};

	join(town, sizeof(town), " ", write_value(writer, code));
	join(town, sizeof(town), " ", write_value(writer, city));
	join(town, sizeof(town), ", ", write_value(writer, region));
	join(street, sizeof(street), ", ", lines[0]);
	join(town[0] != '\0' ? street : town, sizeof(street), ", ", lines[1]);
	join(street[0] != '\0' && town[0] != '\0' ? street : town, sizeof(street), ", ", lines[2]);
	if (street[0] == '\0' && town[0] == '\0')
	{
		if (first == TERM_BT_35 && writer->strict)
			write_missing(writer, first, NULL);
		return;
	}
	buffer_append_text(&writer->out, "<Adres>");
	put_element(writer, "KodKraju", write_value(writer, country));
	put_text(writer, "AdresL1", street[0] != '\0' ? street : town);
	if (street[0] != '\0')
		put_text(writer, "AdresL2", town);
	put_element(writer, "GLN", gln);
	buffer_append_text(&writer->out, "</Adres>");
}

static void
write_seller_address(InvoiceWriter *writer)
{
	const InvoiceRows *ids = &writer->content.groups[INVOICE_SELLER_ID];
	Slice gln = {NULL, 0};

	for (size_t row = 0; row < ids->count; row++)
	{
		const Slice *id = invoice_content_row(&writer->content, INVOICE_SELLER_ID, row);

		if (id[1].length == 4 && memcmp(id[1].bytes, "0088", 4) == 0 && id[0].length <= 13)
			gln = id[0];
	}
	write_address(writer, TERM_BT_35, TERM_BT_36, TERM_BT_162, TERM_BT_38, TERM_BT_37, TERM_BT_39,
				  TERM_BT_40, gln);
}

static void
write_buyer_address(InvoiceWriter *writer)
{
	Slice gln = {NULL, 0};

	if (write_value_is(writer, TERM_BT_46_1, "0088"))
		gln = write_value(writer, TERM_BT_46);
	write_address(writer, TERM_BT_50, TERM_BT_51, TERM_BT_163, TERM_BT_53, TERM_BT_52, TERM_BT_54,
				  TERM_BT_55, gln);
}

/* -- VAT ------------------------------------------------------------------------------------------
 */

/* The class of a category and rate, -1 = none of Polish VAT. */
static int
slot_of(const InvoiceWriter *writer, Slice category, Slice rate, bool margin)
{
	Decimal percent, known;

	if (category.length == 2 && memcmp(category.bytes, "AE", 2) == 0)
		return (writer->variant & UNION_CHARGE) != 0 ? 10 : 11;
	if (category.length != 1)
		return -1;
	switch (*category.bytes)
	{
		case 'S':
			if (decimal_parse(rate.bytes, rate.length, &percent) != DECIMAL_OK)
				return -1;
			for (int i = 0; i < SLOT_FOREIGN; i++)
				for (int second = 0; second < 2; second++)
				{
					const char *text = second ? ksef_slots[i].second : ksef_slots[i].percent;

					if (text != NULL && decimal_parse(text, strlen(text), &known) == DECIMAL_OK &&
						decimal_compare(known, percent) == 0)
						return i;
				}
			return SLOT_FOREIGN;
		case 'Z':
			return 5;
		case 'K':
			return 6;
		case 'G':
			return 7;
		case 'E':
			return margin ? SLOT_MARGIN : 8;
		case 'O':
			return 9;
		default:
			return -1;
	}
}

static bool
is_margin_code(Slice code)
{
	static const char *const codes[] = {"VATEX-EU-D", "VATEX-EU-F", "VATEX-EU-I", "VATEX-EU-J",
										NULL};

	return is_one_of(code, codes);
}

typedef struct Totals
{
	bool there[KSEF_SLOTS];
	Decimal net[KSEF_SLOTS], tax[KSEF_SLOTS];
	int taxed; /* classes with a tax */
} Totals;

static void
add_breakdown(InvoiceWriter *writer, const Slice *row, Totals *totals)
{
	const int first = (int) invoice_group_info[INVOICE_TAX].first;
	int slot = slot_of(writer, row[TERM_BT_118 - first], row[TERM_BT_119 - first],
					   is_margin_code(row[TERM_BT_121 - first]));
	Slice net = row[TERM_BT_116 - first], tax = row[TERM_BT_117 - first];
	Decimal a, b = decimal_from_int(0);

	if (slot < 0)
	{
		write_wrong(writer, TERM_BT_118, "is no category of Polish VAT");
		return;
	}
	if (decimal_parse(net.bytes, net.length, &a) != DECIMAL_OK ||
		(tax.length > 0 && decimal_parse(tax.bytes, tax.length, &b) != DECIMAL_OK))
	{
		write_wrong(writer, TERM_BT_116, "is no number");
		return;
	}
	if (!totals->there[slot])
		totals->net[slot] = totals->tax[slot] = decimal_from_int(0);
	if (!decimal_add(totals->net[slot], a, &totals->net[slot]) ||
		!decimal_add(totals->tax[slot], b, &totals->tax[slot]))
		write_wrong(writer, TERM_BT_116, "is too large");
	totals->taxed += ksef_slots[slot].tax != XML_NO_TERM && !totals->there[slot];
	totals->there[slot] = true;
}

/* P_13_n, P_14_n, and the tax in zloty where a single class has it all. */
static void
write_totals(InvoiceWriter *writer)
{
	const InvoiceRows *rows = &writer->content.groups[INVOICE_TAX];
	Totals totals;
	char name[16];

	memset(&totals, 0, sizeof(totals));
	for (size_t row = 0; row < rows->count && writer->fault.status == PORT_OK; row++)
		add_breakdown(writer, invoice_content_row(&writer->content, INVOICE_TAX, row), &totals);
	for (int i = 0; i < KSEF_SLOTS && writer->fault.status == PORT_OK; i++)
	{
		if (!totals.there[i])
			continue;
		put_number(writer, ksef_slots[i].field, TERM_BT_116, signed_value(writer, totals.net[i]), 2,
				   2);
		if (ksef_slots[i].tax == XML_NO_TERM)
			continue;
		snprintf(name, sizeof(name), "P_14_%s", ksef_slots[i].field + 5);
		put_number(writer, name, TERM_BT_117, signed_value(writer, totals.tax[i]), 2, 2);
		if (totals.taxed == 1 && ksef_slots[i].pln != XML_NO_TERM &&
			write_value_is(writer, TERM_BT_6, "PLN") && !write_value_is(writer, TERM_BT_5, "PLN"))
		{
			snprintf(name, sizeof(name), "P_14_%sW", ksef_slots[i].field + 5);
			put_amount(writer, name, TERM_BT_111);
		}
	}
}

/* What is asked for, rounding included. */
static void
write_total(InvoiceWriter *writer)
{
	Decimal total, rounding;

	if (!number_of(writer, TERM_BT_112, &total))
		return;
	if (number_of(writer, TERM_BT_114, &rounding) && !decimal_add(total, rounding, &total))
		write_wrong(writer, TERM_BT_114, "is too large");
	put_number(writer, "P_15", TERM_BT_112, signed_value(writer, total), 2, 2);
}

static const Slice *
find_tax(const InvoiceWriter *writer, const char *category, bool margin)
{
	const InvoiceRows *rows = &writer->content.groups[INVOICE_TAX];

	for (size_t row = 0; row < rows->count; row++)
	{
		const Slice *values = invoice_content_row(&writer->content, INVOICE_TAX, row);
		const int first = (int) invoice_group_info[INVOICE_TAX].first;
		Slice found = values[TERM_BT_118 - first];

		if (found.length == strlen(category) && memcmp(found.bytes, category, found.length) == 0 &&
			is_margin_code(values[TERM_BT_121 - first]) == margin)
			return values;
	}
	return NULL;
}

static void
write_exemption(InvoiceWriter *writer)
{
	const Slice *exempt = find_tax(writer, "E", false);
	Slice reason = exempt != NULL ? exempt[TERM_BT_120 - invoice_group_info[INVOICE_TAX].first]
								  : (Slice){NULL, 0};

	if (exempt == NULL)
	{
		buffer_append_text(&writer->out, "<Zwolnienie><P_19N>1</P_19N></Zwolnienie>");
		return;
	}
	if (reason.length == 0 && writer->strict)
		write_missing(writer, TERM_BT_120, NULL);
	buffer_append_text(&writer->out, "<Zwolnienie><P_19>1</P_19>");
	reason.length = first_characters(reason, 256);
	put_element(writer, "P_19A", reason);
	buffer_append_text(&writer->out, "</Zwolnienie>");
}

static void
write_annotations(InvoiceWriter *writer)
{
	const Slice *margin = find_tax(writer, "E", true);
	bool domestic = find_tax(writer, "AE", false) != NULL && (writer->variant & UNION_CHARGE) == 0;

	buffer_printf(&writer->out,
				  "<Adnotacje><P_16>2</P_16><P_17>%d</P_17><P_18>%d</P_18><P_18A>2</P_18A>",
				  (writer->variant & SELF_BILLED) != 0 ? 1 : 2, domestic ? 1 : 2);
	write_exemption(writer);
	buffer_append_text(&writer->out, "<NoweSrodkiTransportu><P_22N>1</P_22N></NoweSrodkiTransportu>"
									 "<P_23>2</P_23><PMarzy>");
	if (margin == NULL)
		buffer_append_text(&writer->out, "<P_PMarzyN>1</P_PMarzyN>");
	else
	{
		char kind = margin[TERM_BT_121 - invoice_group_info[INVOICE_TAX].first].bytes[9];

		buffer_printf(&writer->out, "<P_PMarzy>1</P_PMarzy><%1$s>1</%1$s>",
					  kind == 'D'	? "P_PMarzy_2"
					  : kind == 'F' ? "P_PMarzy_3_1"
					  : kind == 'I' ? "P_PMarzy_3_2"
									: "P_PMarzy_3_3");
	}
	buffer_append_text(&writer->out, "</PMarzy></Adnotacje>");
}

/* -- the rest of the header -----------------------------------------------------------------------
 */

/* The form was not there before; it says when it was made, which is not known better than the day.
 */
static void
write_creation(InvoiceWriter *writer)
{
	Slice date = write_value(writer, TERM_BT_2);
	bool early = date.length != 10 || memcmp(date.bytes, "2025-09-01", 10) < 0;

	buffer_printf(&writer->out, "<DataWytworzeniaFa>%.10sT00:00:00Z</DataWytworzeniaFa>",
				  early ? "2025-09-01" : date.bytes);
}

static void
write_period(InvoiceWriter *writer)
{
	if (write_has(writer, TERM_BT_73) && write_has(writer, TERM_BT_74))
	{
		buffer_append_text(&writer->out, "<OkresFa>");
		put_element(writer, "P_6_Od", write_value(writer, TERM_BT_73));
		put_element(writer, "P_6_Do", write_value(writer, TERM_BT_74));
		buffer_append_text(&writer->out, "</OkresFa>");
	}
	else
		put_element(writer, "P_6", write_value(writer, TERM_BT_72));
}

static void
write_kind(InvoiceWriter *writer)
{
	bool settles = (writer->variant & SETTLEMENT) != 0;

	put_text(writer, "RodzajFaktury",
			 (writer->variant & CORRECTION) != 0   ? settles ? "KOR_ROZ" : "KOR"
			 : (writer->variant & ADVANCE) != 0	   ? "ZAL"
			 : settles							   ? "ROZ"
			 : (writer->variant & SIMPLIFIED) != 0 ? "UPR"
												   : "VAT");
}

static void
write_preceding(InvoiceWriter *writer)
{
	const InvoiceRows *rows = &writer->content.groups[INVOICE_PRECEDING];

	for (size_t row = 0; (writer->variant & CORRECTION) != 0 && row < rows->count; row++)
	{
		const Slice *values = invoice_content_row(&writer->content, INVOICE_PRECEDING, row);

		/* the form demands its date */
		if (values[1].length == 0 && writer->strict)
			write_missing(writer, TERM_BT_26, NULL);
		if (values[1].length == 0)
			return;
		buffer_append_text(&writer->out, "<DaneFaKorygowanej>");
		put_element(writer, "DataWystFaKorygowanej", values[1]);
		put_element(writer, "NrFaKorygowanej", values[0]);
		buffer_append_text(&writer->out, "<NrKSeFN>1</NrKSeFN></DaneFaKorygowanej>");
	}
}

static void
put_note(InvoiceWriter *writer, const char *key, Slice text)
{
	while (text.length > 0)
	{
		size_t length = first_characters(text, 256);

		buffer_printf(&writer->out, "<DodatkowyOpis><Klucz>%s</Klucz>", key);
		put_element(writer, "Wartosc", (Slice){text.bytes, length});
		buffer_append_text(&writer->out, "</DodatkowyOpis>");
		text.bytes += length;
		text.length -= length;
	}
}

static void
write_notes(InvoiceWriter *writer)
{
	const InvoiceRows *rows = &writer->content.groups[INVOICE_NOTE];

	for (size_t row = 0; row < rows->count; row++)
		put_note(writer, KSEF_KEY_NOTE,
				 invoice_content_row(&writer->content, INVOICE_NOTE, row)[1]);
	put_note(writer, KSEF_KEY_TERMS, write_value(writer, TERM_BT_20));
	put_note(writer, KSEF_KEY_PAYMENT, write_value(writer, TERM_BT_83));
}

/* -- lines ----------------------------------------------------------------------------------------
 */

static void
put_rate(InvoiceWriter *writer, Slice category, Slice rate, InvoiceTerm term)
{
	static const char *const names[] = {"0 KR", "0 WDT", "0 EX", "zw", "np I", "np II", "oo"};
	int slot = slot_of(writer, category, rate, (writer->variant & MARGIN) != 0);
	Decimal percent;

	if (category.length == 0 || slot == SLOT_MARGIN)
		return;
	if (slot < 0)
		write_wrong(writer, term, "is no category of Polish VAT");
	else if (slot > SLOT_FOREIGN)
		put_text(writer, "P_12", names[slot - 5]);
	else if (decimal_parse(rate.bytes, rate.length, &percent) == DECIMAL_OK)
		put_number(writer, slot == SLOT_FOREIGN ? "P_12_XII" : "P_12", term, percent, 0, 6);
}

static void
write_line_number(InvoiceWriter *writer)
{
	Slice number = write_value(writer, TERM_BT_126);
	char text[24];

	if (all_digits(number) && number.length <= 14 && number.bytes[0] != '0')
		put_element(writer, "NrWierszaFa", number);
	else
	{
		snprintf(text, sizeof(text), "%lld", (long long) writer->line_no);
		put_text(writer, "NrWierszaFa", text);
	}
}

/* The day of supply, where the line's period is one. */
static void
write_line_date(InvoiceWriter *writer)
{
	Slice start = write_value(writer, TERM_BT_134), end = write_value(writer, TERM_BT_135);

	if (start.length == end.length && start.length > 0 &&
		memcmp(start.bytes, end.bytes, start.length) == 0)
		put_element(writer, "P_6A", start);
}

static void
write_gtin(InvoiceWriter *writer)
{
	if (write_value_is(writer, TERM_BT_157_1, "0160"))
		put_element(writer, "GTIN", write_value(writer, TERM_BT_157));
}

/* In the order of the form; of each the first one. */
static void
write_classes(InvoiceWriter *writer)
{
	static const char *const names[] = {"PKWiU", "CN", "PKOB"};
	const InvoiceRows *rows = &writer->line.groups[INVOICE_CLASSIFICATION];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		for (size_t row = 0; row < rows->count; row++)
		{
			const Slice *values = invoice_content_row(&writer->line, INVOICE_CLASSIFICATION, row);
			Slice name = values[2];

			if (name.length == strlen(names[i]) && memcmp(name.bytes, names[i], name.length) == 0)
			{
				put_element(writer, names[i], values[0]);
				break;
			}
		}
}

/* The price is that of one unit. */
static void
write_quantity(InvoiceWriter *writer)
{
	Decimal quantity, price, base, back, one = decimal_from_int(1);

	put_element(writer, "P_8A", write_value(writer, TERM_BT_130));
	if (number_of(writer, TERM_BT_129, &quantity))
		put_number(writer, "P_8B", TERM_BT_129, signed_value(writer, quantity), 0, 6);
	if (!number_of(writer, TERM_BT_146, &price))
		return;
	if (number_of(writer, TERM_BT_149, &base) && decimal_compare(base, one) != 0)
	{
		/* only by powers of ten: any other division need not come out even */
		for (int places = 1; places <= 6; places++)
			if (decimal_shift(base, places, &back) && decimal_compare(back, one) == 0 &&
				decimal_shift(price, places, &price))
			{
				put_number(writer, "P_9A", TERM_BT_146, price, 0, 8);
				return;
			}
		return;
	}
	put_number(writer, "P_9A", TERM_BT_146, price, 0, 8);
}

static bool
add_rows(InvoiceWriter *writer, InvoiceGroupKind kind, bool subtract, Decimal *sum)
{
	const InvoiceRows *rows = &writer->line.groups[kind];

	for (size_t row = 0; row < rows->count; row++)
	{
		Slice text = invoice_content_row(&writer->line, kind, row)[0];
		Decimal value;

		if (decimal_parse(text.bytes, text.length, &value) != DECIMAL_OK ||
			!(subtract ? decimal_subtract(*sum, value, sum) : decimal_add(*sum, value, sum)))
			return false;
	}
	return true;
}

static void
write_discount(InvoiceWriter *writer)
{
	Decimal sum = decimal_from_int(0);

	if (!add_rows(writer, INVOICE_LINE_ALLOWANCE, false, &sum) ||
		!add_rows(writer, INVOICE_LINE_CHARGE, true, &sum))
		write_wrong(writer, TERM_BT_136, "is no number");
	else if (decimal_sign(sum) != 0)
		put_number(writer, "P_10", TERM_BT_136, signed_value(writer, sum), 2, 8);
}

static void
write_line_amount(InvoiceWriter *writer)
{
	put_amount(writer, "P_11", TERM_BT_131);
	put_rate(writer, write_value(writer, TERM_BT_151), write_value(writer, TERM_BT_152),
			 TERM_BT_151);
}

/* Allowances and charges of the document as lines; amount, category, rate, reason by their offset.
 */
static void
write_adjustment(InvoiceWriter *writer, InvoiceGroupKind kind, const char *fallback,
				 int64_t *number)
{
	const InvoiceRows *rows = &writer->content.groups[kind];

	for (size_t row = 0; row < rows->count && writer->fault.status == PORT_OK; row++)
	{
		const Slice *values = invoice_content_row(&writer->content, kind, row);
		Decimal amount;

		if (decimal_parse(values[0].bytes, values[0].length, &amount) != DECIMAL_OK)
		{
			write_wrong(writer, kind == INVOICE_ALLOWANCE ? TERM_BT_92 : TERM_BT_99,
						"is no number");
			return;
		}
		if (kind == INVOICE_ALLOWANCE)
			amount = decimal_negate(amount);
		buffer_printf(&writer->out, "<FaWiersz><NrWierszaFa>%lld</NrWierszaFa>",
					  (long long) ++*number);
		if (values[5].length > 0)
			put_element(writer, "P_7", values[5]);
		else
			put_text(writer, "P_7", fallback);
		put_number(writer, "P_11", kind == INVOICE_ALLOWANCE ? TERM_BT_92 : TERM_BT_99,
				   signed_value(writer, amount), 2, 2);
		put_rate(writer, values[3], values[4],
				 kind == INVOICE_ALLOWANCE ? TERM_BT_95 : TERM_BT_102);
		buffer_append_text(&writer->out, "</FaWiersz>");
	}
}

static void
write_adjustments(InvoiceWriter *writer)
{
	int64_t number = writer->line_no;

	write_adjustment(writer, INVOICE_CHARGE, "Opłata", &number);
	write_adjustment(writer, INVOICE_ALLOWANCE, "Rabat", &number);
}

/* -- payment --------------------------------------------------------------------------------------
 */

static void
write_settlement(InvoiceWriter *writer)
{
	Decimal paid;

	if (!number_of(writer, TERM_BT_113, &paid) || decimal_sign(paid) == 0)
		return;
	buffer_append_text(&writer->out, "<Rozliczenie><Odliczenia>");
	put_amount(writer, "Kwota", TERM_BT_113);
	buffer_append_text(&writer->out, "<Powod>Wpłata</Powod></Odliczenia>");
	put_amount(writer, "SumaOdliczen", TERM_BT_113);
	put_amount(writer, "DoZaplaty", TERM_BT_115);
	buffer_append_text(&writer->out, "</Rozliczenie>");
}

static void
put_other_means(InvoiceWriter *writer, Slice text)
{
	buffer_append_text(&writer->out, "<PlatnoscInna>1</PlatnoscInna>");
	put_element(writer, "OpisPlatnosci", text);
}

static void
write_means(InvoiceWriter *writer)
{
	static const char *const transfers[] = {"31", "42", "58", NULL};
	static const char *const cards[] = {"54", "55", NULL};
	Slice code = write_value(writer, TERM_BT_81), text = write_value(writer, TERM_BT_82);
	char other[64];

	for (int i = 0; i < ksef_means_count; i++)
		if (write_value_is(writer, TERM_BT_81, ksef_means[i].code) &&
			(ksef_means[i].text == NULL || write_value_is(writer, TERM_BT_82, ksef_means[i].text)))
		{
			put_text(writer, "FormaPlatnosci", ksef_means[i].number);
			return;
		}
	if (is_one_of(code, transfers))
		put_text(writer, "FormaPlatnosci", "6");
	else if (is_one_of(code, cards))
		put_text(writer, "FormaPlatnosci", "2");
	else if (text.length > 0)
		put_other_means(writer, (Slice){text.bytes, first_characters(text, 256)});
	else if (code.length > 0)
	{
		snprintf(other, sizeof(other), "UNTDID 4461: %.*s",
				 code.length < 20 ? (int) code.length : 0, code.bytes);
		put_other_means(writer, (Slice){other, strlen(other)});
	}
}

static bool
is_bic(Slice text)
{
	for (size_t i = 0; i < text.length; i++)
	{
		bool letter = text.bytes[i] >= 'A' && text.bytes[i] <= 'Z';

		if (!letter && (i < 6 || text.bytes[i] < '0' || text.bytes[i] > '9'))
			return false;
	}
	return text.length == 8 || text.length == 11;
}

static void
write_accounts(InvoiceWriter *writer)
{
	const InvoiceRows *rows = &writer->content.groups[INVOICE_ACCOUNT];

	for (size_t row = 0; row < rows->count; row++)
	{
		const Slice *values = invoice_content_row(&writer->content, INVOICE_ACCOUNT, row);
		Slice number = values[0], name = values[1];

		/* the national form is the IBAN without its country */
		if (number.length == 28 && memcmp(number.bytes, "PL", 2) == 0 &&
			all_digits((Slice){number.bytes + 2, 26}))
			number = (Slice){number.bytes + 2, 26};
		if (number.length < 10 || number.length > 34)
		{
			if (number.length > 0)
				write_wrong(writer, TERM_BT_84, "must have 10 to 34 characters");
			continue;
		}
		buffer_append_text(&writer->out, "<RachunekBankowy>");
		put_element(writer, "NrRB", number);
		if (is_bic(values[2]))
			put_element(writer, "SWIFT", values[2]);
		name.length = first_characters(name, 256);
		put_element(writer, "OpisRachunku", name);
		buffer_append_text(&writer->out, "</RachunekBankowy>");
	}
}

/* -- the form -------------------------------------------------------------------------------------
 */

static const WriteStep before_lines[] = {
	STEP_FIXED(
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Faktura xmlns=\"http://crd.gov.pl/wzor/"
		"2025/06/25/13775/\"><Naglowek><KodFormularza kodSystemowy=\"FA (3)\" "
		"wersjaSchemy=\"1-0E\">FA</KodFormularza><WariantFormularza>3</WariantFormularza>"),
	STEP_CALL(write_creation),
	STEP_FIXED("<SystemInfo>mailroom</SystemInfo></Naglowek><Podmiot1><DaneIdentyfikacyjne>"),
	STEP_CALL(write_seller_nip),
	STEP_TEXT("Nazwa", BT_27),
	STEP_FIXED("</DaneIdentyfikacyjne>"),
	STEP_CALL(write_seller_address),
	STEP_OPEN("DaneKontaktowe"),
	STEP_TEXT("Email", BT_43),
	STEP_TEXT("Telefon", BT_42),
	STEP_END,
	STEP_FIXED("</Podmiot1><Podmiot2><DaneIdentyfikacyjne>"),
	STEP_CALL(write_buyer_number),
	STEP_TEXT("Nazwa", BT_44),
	STEP_FIXED("</DaneIdentyfikacyjne>"),
	STEP_CALL(write_buyer_address),
	STEP_OPEN("DaneKontaktowe"),
	STEP_TEXT("Email", BT_58),
	STEP_TEXT("Telefon", BT_57),
	STEP_END,
	STEP_TEXT("NrKlienta", BT_10),
	STEP_FIXED("<JST>2</JST><GV>2</GV></Podmiot2><Fa>"),
	STEP_TEXT("KodWaluty", BT_5),
	STEP_TEXT("P_1", BT_2),
	STEP_TEXT("P_2", BT_1),
	STEP_TEXT("WZ", BT_16),
	STEP_CALL(write_period),
	STEP_CALL(write_totals),
	STEP_CALL(write_total),
	STEP_CALL(write_annotations),
	STEP_CALL(write_kind),
	STEP_CALL(write_preceding),
	STEP_CALL(write_notes),
	STEPS_END};

static const WriteStep line_steps[] = {
	STEP_FIXED("<FaWiersz>"),	  STEP_CALL(write_line_number), STEP_CALL(write_line_date),
	STEP_TEXT("P_7", BT_153),	  STEP_TEXT("Indeks", BT_155),	STEP_CALL(write_gtin),
	STEP_CALL(write_classes),	  STEP_CALL(write_quantity),	STEP_CALL(write_discount),
	STEP_CALL(write_line_amount), STEP_FIXED("</FaWiersz>"),	STEPS_END};

static bool
has_payment(const InvoiceWriter *writer)
{
	return write_has(writer, TERM_BT_9) || write_has(writer, TERM_BT_81) ||
		   writer->content.groups[INVOICE_ACCOUNT].count > 0;
}

static const WriteStep after_lines[] = {STEP_CALL(write_adjustments),
										STEP_CALL(write_settlement),
										STEP_OPEN_IF("Platnosc", has_payment),
										STEP_OPEN("TerminPlatnosci"),
										STEP_TEXT("Termin", BT_9),
										STEP_END,
										STEP_CALL(write_means),
										STEP_CALL(write_accounts),
										STEP_END,
										STEP_OPEN("WarunkiTransakcji"),
										STEP_OPEN("Umowy"),
										STEP_TEXT("NrUmowy", BT_12),
										STEP_END,
										STEP_OPEN("Zamowienia"),
										STEP_TEXT("NrZamowienia", BT_13),
										STEP_END,
										STEP_END,
										STEP_FIXED("</Fa>"),
										STEP_OPEN("Stopka"),
										STEP_OPEN("Informacje"),
										STEP_TEXT("StopkaFaktury", BT_33),
										STEP_END,
										STEP_END,
										STEP_FIXED("</Faktura>\n"),
										STEPS_END};

/* Which services to another state are told by the reason, else by where the buyer is. */
static bool
is_union_charge(const InvoiceWriter *writer)
{
	const Slice *tax = find_tax(writer, "AE", false);
	Slice reason;

	if (tax == NULL)
		return false;
	reason = tax[TERM_BT_120 - invoice_group_info[INVOICE_TAX].first];
	if (reason.length == 5 && memcmp(reason.bytes, "np II", 5) == 0)
		return true;
	return !write_value_is(writer, TERM_BT_55, "PL") &&
		   !(reason.length == 2 && memcmp(reason.bytes, "oo", 2) == 0);
}

static PortStatus
prepare(InvoiceWriter *writer)
{
	static const char *const credits[] = {"81",	 "83",	"261", "296", "308",
										  "381", "396", "532", NULL};
	static const char *const corrections[] = {"84", "383", "384", "527", NULL};
	static const char *const self_billed[] = {"261", "389", "527", NULL};
	static const char *const advances[] = {"386", NULL};
	Slice code = write_value(writer, TERM_BT_3);

	if (is_one_of(code, credits))
		writer->variant |= CREDIT | CORRECTION;
	if (is_one_of(code, corrections))
		writer->variant |= CORRECTION;
	if (is_one_of(code, self_billed))
		writer->variant |= SELF_BILLED;
	if (is_one_of(code, advances))
		writer->variant |= ADVANCE;
	if (writer->content.groups[INVOICE_TAX].count == 0)
		writer->variant |= SIMPLIFIED;
	else if (!write_has(writer, TERM_BT_106))
		writer->variant |= SETTLEMENT;
	if (find_tax(writer, "E", true) != NULL && find_tax(writer, "E", false) == NULL)
		writer->variant |= MARGIN;
	if (is_union_charge(writer))
		writer->variant |= UNION_CHARGE;
	return writer->fault.status;
}

static const InvoiceTerm needed[] = {TERM_BT_1,	 TERM_BT_2,	  TERM_BT_5,		 TERM_BT_27,
									 TERM_BT_40, TERM_BT_112, INVOICE_TERM_COUNT};

const WriteFormat write_format_ksef_fa3 = {.name = "ksef-fa3",
										   .profile = NULL,
										   .needed = needed,
										   .prepare = prepare,
										   .before = before_lines,
										   .line = line_steps,
										   .after = after_lines};
