/*
 * ksef_write.c: Polish structured invoice FA(3).
 *
 * Codes of credit notes make a correction (KOR) whose amounts are negative; debit notes and
 * corrected invoices make one whose amounts stand as they are.  Allowances and charges of the
 * document become lines, because the form has none; those of a line are one amount.  What the form
 * wants to know and an invoice does not say (split payment, cash accounting, new vehicles ...) is
 * answered with no.
 */
#include "core/ksef_write.h"

#include <stdio.h>
#include <string.h>

/* -- values ---------------------------------------------------------------------------------------
 */

bool
ksef_is_one_of(Slice value, const char *const *codes)
{
	for (; *codes != NULL; codes++)
		if (value.length == strlen(*codes) && memcmp(value.bytes, *codes, value.length) == 0)
			return true;
	return false;
}

bool
ksef_all_digits(Slice value)
{
	for (size_t i = 0; i < value.length; i++)
		if (value.bytes[i] < '0' || value.bytes[i] > '9')
			return false;
	return value.length > 0;
}

void
ksef_put_element(InvoiceWriter *writer, const char *name, Slice text)
{
	if (text.length == 0)
		return;
	buffer_printf(&writer->out, "<%s>", name);
	write_escaped(writer, text);
	buffer_printf(&writer->out, "</%s>", name);
}

void
ksef_put_text(InvoiceWriter *writer, const char *name, const char *text)
{
	ksef_put_element(writer, name, (Slice){text, strlen(text)});
}

/* At most so many characters, in several elements of the same shape if need be. */
size_t
ksef_first_characters(Slice text, size_t most)
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

Decimal
ksef_signed_value(const InvoiceWriter *writer, Decimal value)
{
	return (writer->variant & KSEF_WRITE_CREDIT) != 0 ? decimal_negate(value) : value;
}

/* No plus sign, no leading zeros, and no more decimals than the form has room for. */
void
ksef_put_number(InvoiceWriter *writer, const char *name, InvoiceTerm term, Decimal value, int least,
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
	ksef_put_text(writer, name, text);
}

bool
ksef_number_of(InvoiceWriter *writer, InvoiceTerm term, Decimal *value)
{
	Slice text = write_value(writer, term);

	if (text.length == 0)
		return false;
	if (decimal_parse(text.bytes, text.length, value) == DECIMAL_OK)
		return true;
	write_wrong(writer, term, "is no number");
	return false;
}

void
ksef_put_amount(InvoiceWriter *writer, const char *name, InvoiceTerm term)
{
	Decimal value;

	if (ksef_number_of(writer, term, &value))
		ksef_put_number(writer, name, term, ksef_signed_value(writer, value), 2, 2);
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
	return number.length == 10 && ksef_all_digits(number) && number.bytes[0] != '0' ? number : none;
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
	ksef_put_element(writer, "NIP", nip);
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
		ksef_put_element(writer, "NIP", nip);
	else if (vat.length > 2 && vat.length <= 14 && ksef_is_one_of(state, states))
	{
		ksef_put_element(writer, "KodUE", state);
		ksef_put_element(writer, "NrVatUE", (Slice){vat.bytes + 2, vat.length - 2});
	}
	else if (vat.length > 0 || legal.length > 0)
	{
		ksef_put_element(writer, "KodKraju", write_value(writer, TERM_BT_55));
		ksef_put_element(writer, "NrID", vat.length > 0 ? vat : legal);
	}
	else
		ksef_put_text(writer, "BrakID", "1");
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
	ksef_put_element(writer, "KodKraju", write_value(writer, country));
	ksef_put_text(writer, "AdresL1", street[0] != '\0' ? street : town);
	if (street[0] != '\0')
		ksef_put_text(writer, "AdresL2", town);
	ksef_put_element(writer, "GLN", gln);
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
int
ksef_slot_of(const InvoiceWriter *writer, Slice category, Slice rate, bool margin)
{
	Decimal percent, known;

	if (category.length == 2 && memcmp(category.bytes, "AE", 2) == 0)
		return (writer->variant & KSEF_WRITE_UNION_CHARGE) != 0 ? 10 : 11;
	if (category.length != 1)
		return -1;
	switch (*category.bytes)
	{
		case 'S':
			if (decimal_parse(rate.bytes, rate.length, &percent) != DECIMAL_OK)
				return -1;
			for (int i = 0; i < KSEF_SLOT_FOREIGN; i++)
				for (int second = 0; second < 2; second++)
				{
					const char *text = second ? ksef_slots[i].second : ksef_slots[i].percent;

					if (text != NULL && decimal_parse(text, strlen(text), &known) == DECIMAL_OK &&
						decimal_compare(known, percent) == 0)
						return i;
				}
			return KSEF_SLOT_FOREIGN;
		case 'Z':
			return 5;
		case 'K':
			return 6;
		case 'G':
			return 7;
		case 'E':
			return margin ? KSEF_SLOT_MARGIN : 8;
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

	return ksef_is_one_of(code, codes);
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
	int slot = ksef_slot_of(writer, row[TERM_BT_118 - first], row[TERM_BT_119 - first],
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
		ksef_put_number(writer, ksef_slots[i].field, TERM_BT_116,
						ksef_signed_value(writer, totals.net[i]), 2, 2);
		if (ksef_slots[i].tax == XML_NO_TERM)
			continue;
		snprintf(name, sizeof(name), "P_14_%s", ksef_slots[i].field + 5);
		ksef_put_number(writer, name, TERM_BT_117, ksef_signed_value(writer, totals.tax[i]), 2, 2);
		if (totals.taxed == 1 && ksef_slots[i].pln != XML_NO_TERM &&
			write_value_is(writer, TERM_BT_6, "PLN") && !write_value_is(writer, TERM_BT_5, "PLN"))
		{
			snprintf(name, sizeof(name), "P_14_%sW", ksef_slots[i].field + 5);
			ksef_put_amount(writer, name, TERM_BT_111);
		}
	}
}

/* What is asked for, rounding included. */
static void
write_total(InvoiceWriter *writer)
{
	Decimal total, rounding;

	if (!ksef_number_of(writer, TERM_BT_112, &total))
		return;
	if (ksef_number_of(writer, TERM_BT_114, &rounding) && !decimal_add(total, rounding, &total))
		write_wrong(writer, TERM_BT_114, "is too large");
	ksef_put_number(writer, "P_15", TERM_BT_112, ksef_signed_value(writer, total), 2, 2);
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
	reason.length = ksef_first_characters(reason, 256);
	ksef_put_element(writer, "P_19A", reason);
	buffer_append_text(&writer->out, "</Zwolnienie>");
}

static void
write_annotations(InvoiceWriter *writer)
{
	const Slice *margin = find_tax(writer, "E", true);
	bool domestic =
		find_tax(writer, "AE", false) != NULL && (writer->variant & KSEF_WRITE_UNION_CHARGE) == 0;

	buffer_printf(&writer->out,
				  "<Adnotacje><P_16>2</P_16><P_17>%d</P_17><P_18>%d</P_18><P_18A>2</P_18A>",
				  (writer->variant & KSEF_WRITE_SELF_BILLED) != 0 ? 1 : 2, domestic ? 1 : 2);
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
		ksef_put_element(writer, "P_6_Od", write_value(writer, TERM_BT_73));
		ksef_put_element(writer, "P_6_Do", write_value(writer, TERM_BT_74));
		buffer_append_text(&writer->out, "</OkresFa>");
	}
	else
		ksef_put_element(writer, "P_6", write_value(writer, TERM_BT_72));
}

static void
write_kind(InvoiceWriter *writer)
{
	bool settles = (writer->variant & KSEF_WRITE_SETTLEMENT) != 0;

	ksef_put_text(writer, "RodzajFaktury",
				  (writer->variant & KSEF_WRITE_CORRECTION) != 0   ? settles ? "KOR_ROZ" : "KOR"
				  : (writer->variant & KSEF_WRITE_ADVANCE) != 0	   ? "ZAL"
				  : settles										   ? "ROZ"
				  : (writer->variant & KSEF_WRITE_SIMPLIFIED) != 0 ? "UPR"
																   : "VAT");
}

static void
write_preceding(InvoiceWriter *writer)
{
	const InvoiceRows *rows = &writer->content.groups[INVOICE_PRECEDING];

	for (size_t row = 0; (writer->variant & KSEF_WRITE_CORRECTION) != 0 && row < rows->count; row++)
	{
		const Slice *values = invoice_content_row(&writer->content, INVOICE_PRECEDING, row);

		/* the form demands its date */
		if (values[1].length == 0 && writer->strict)
			write_missing(writer, TERM_BT_26, NULL);
		if (values[1].length == 0)
			return;
		buffer_append_text(&writer->out, "<DaneFaKorygowanej>");
		ksef_put_element(writer, "DataWystFaKorygowanej", values[1]);
		ksef_put_element(writer, "NrFaKorygowanej", values[0]);
		buffer_append_text(&writer->out, "<NrKSeFN>1</NrKSeFN></DaneFaKorygowanej>");
	}
}

static void
put_note(InvoiceWriter *writer, const char *key, Slice text)
{
	while (text.length > 0)
	{
		size_t length = ksef_first_characters(text, 256);

		buffer_printf(&writer->out, "<DodatkowyOpis><Klucz>%s</Klucz>", key);
		ksef_put_element(writer, "Wartosc", (Slice){text.bytes, length});
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

	if (ksef_is_one_of(code, credits))
		writer->variant |= KSEF_WRITE_CREDIT | KSEF_WRITE_CORRECTION;
	if (ksef_is_one_of(code, corrections))
		writer->variant |= KSEF_WRITE_CORRECTION;
	if (ksef_is_one_of(code, self_billed))
		writer->variant |= KSEF_WRITE_SELF_BILLED;
	if (ksef_is_one_of(code, advances))
		writer->variant |= KSEF_WRITE_ADVANCE;
	if (writer->content.groups[INVOICE_TAX].count == 0)
		writer->variant |= KSEF_WRITE_SIMPLIFIED;
	else if (!write_has(writer, TERM_BT_106))
		writer->variant |= KSEF_WRITE_SETTLEMENT;
	if (find_tax(writer, "E", true) != NULL && find_tax(writer, "E", false) == NULL)
		writer->variant |= KSEF_WRITE_MARGIN;
	if (is_union_charge(writer))
		writer->variant |= KSEF_WRITE_UNION_CHARGE;
	return writer->fault.status;
}

static const InvoiceTerm needed[] = {TERM_BT_1,	 TERM_BT_2,	  TERM_BT_5,		 TERM_BT_27,
									 TERM_BT_40, TERM_BT_112, INVOICE_TERM_COUNT};

const WriteFormat write_format_ksef_fa3 = {.name = "ksef-fa3",
										   .profile = NULL,
										   .needed = needed,
										   .prepare = prepare,
										   .before = before_lines,
										   .line = ksef_line_steps,
										   .after = ksef_after_lines};
