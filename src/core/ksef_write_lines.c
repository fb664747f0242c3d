/*
 * ksef_write_lines.c: lines and payment of FA(3), and what stands behind them.
 */
#include "core/ksef_write.h"

#include <stdio.h>
#include <string.h>

/* -- lines ----------------------------------------------------------------------------------------
 */

static void
put_rate(InvoiceWriter *writer, Slice category, Slice rate, InvoiceTerm term)
{
	static const char *const names[] = {"0 KR", "0 WDT", "0 EX", "zw", "np I", "np II", "oo"};
	int slot = ksef_slot_of(writer, category, rate, (writer->variant & KSEF_WRITE_MARGIN) != 0);
	Decimal percent;

	if (category.length == 0 || slot == KSEF_SLOT_MARGIN)
		return;
	if (slot < 0)
		write_wrong(writer, term, "is no category of Polish VAT");
	else if (slot > KSEF_SLOT_FOREIGN)
		ksef_put_text(writer, "P_12", names[slot - 5]);
	else if (decimal_parse(rate.bytes, rate.length, &percent) == DECIMAL_OK)
		ksef_put_number(writer, slot == KSEF_SLOT_FOREIGN ? "P_12_XII" : "P_12", term, percent, 0,
						6);
}

static void
write_line_number(InvoiceWriter *writer)
{
	Slice number = write_value(writer, TERM_BT_126);
	char text[24];

	if (ksef_all_digits(number) && number.length <= 14 && number.bytes[0] != '0')
		ksef_put_element(writer, "NrWierszaFa", number);
	else
	{
		snprintf(text, sizeof(text), "%lld", (long long) writer->line_no);
		ksef_put_text(writer, "NrWierszaFa", text);
	}
}

/* The day of supply, where the line's period is one. */
static void
write_line_date(InvoiceWriter *writer)
{
	Slice start = write_value(writer, TERM_BT_134), end = write_value(writer, TERM_BT_135);

	if (start.length == end.length && start.length > 0 &&
		memcmp(start.bytes, end.bytes, start.length) == 0)
		ksef_put_element(writer, "P_6A", start);
}

static void
write_gtin(InvoiceWriter *writer)
{
	if (write_value_is(writer, TERM_BT_157_1, "0160"))
		ksef_put_element(writer, "GTIN", write_value(writer, TERM_BT_157));
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
				ksef_put_element(writer, names[i], values[0]);
				break;
			}
		}
}

/* The price is that of one unit. */
static void
write_quantity(InvoiceWriter *writer)
{
	Decimal quantity, price, base, back, one = decimal_from_int(1);

	ksef_put_element(writer, "P_8A", write_value(writer, TERM_BT_130));
	if (ksef_number_of(writer, TERM_BT_129, &quantity))
		ksef_put_number(writer, "P_8B", TERM_BT_129, ksef_signed_value(writer, quantity), 0, 6);
	if (!ksef_number_of(writer, TERM_BT_146, &price))
		return;
	if (ksef_number_of(writer, TERM_BT_149, &base) && decimal_compare(base, one) != 0)
	{
		/* only by powers of ten: any other division need not come out even */
		for (int places = 1; places <= 6; places++)
			if (decimal_shift(base, places, &back) && decimal_compare(back, one) == 0 &&
				decimal_shift(price, places, &price))
			{
				ksef_put_number(writer, "P_9A", TERM_BT_146, price, 0, 8);
				return;
			}
		return;
	}
	ksef_put_number(writer, "P_9A", TERM_BT_146, price, 0, 8);
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
		ksef_put_number(writer, "P_10", TERM_BT_136, ksef_signed_value(writer, sum), 2, 8);
}

static void
write_line_amount(InvoiceWriter *writer)
{
	ksef_put_amount(writer, "P_11", TERM_BT_131);
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
			ksef_put_element(writer, "P_7", values[5]);
		else
			ksef_put_text(writer, "P_7", fallback);
		ksef_put_number(writer, "P_11", kind == INVOICE_ALLOWANCE ? TERM_BT_92 : TERM_BT_99,
						ksef_signed_value(writer, amount), 2, 2);
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

	if (!ksef_number_of(writer, TERM_BT_113, &paid) || decimal_sign(paid) == 0)
		return;
	buffer_append_text(&writer->out, "<Rozliczenie><Odliczenia>");
	ksef_put_amount(writer, "Kwota", TERM_BT_113);
	buffer_append_text(&writer->out, "<Powod>Wpłata</Powod></Odliczenia>");
	ksef_put_amount(writer, "SumaOdliczen", TERM_BT_113);
	ksef_put_amount(writer, "DoZaplaty", TERM_BT_115);
	buffer_append_text(&writer->out, "</Rozliczenie>");
}

static void
put_other_means(InvoiceWriter *writer, Slice text)
{
	buffer_append_text(&writer->out, "<PlatnoscInna>1</PlatnoscInna>");
	ksef_put_element(writer, "OpisPlatnosci", text);
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
			ksef_put_text(writer, "FormaPlatnosci", ksef_means[i].number);
			return;
		}
	if (ksef_is_one_of(code, transfers))
		ksef_put_text(writer, "FormaPlatnosci", "6");
	else if (ksef_is_one_of(code, cards))
		ksef_put_text(writer, "FormaPlatnosci", "2");
	else if (text.length > 0)
		put_other_means(writer, (Slice){text.bytes, ksef_first_characters(text, 256)});
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
			ksef_all_digits((Slice){number.bytes + 2, 26}))
			number = (Slice){number.bytes + 2, 26};
		if (number.length < 10 || number.length > 34)
		{
			if (number.length > 0)
				write_wrong(writer, TERM_BT_84, "must have 10 to 34 characters");
			continue;
		}
		buffer_append_text(&writer->out, "<RachunekBankowy>");
		ksef_put_element(writer, "NrRB", number);
		if (is_bic(values[2]))
			ksef_put_element(writer, "SWIFT", values[2]);
		name.length = ksef_first_characters(name, 256);
		ksef_put_element(writer, "OpisRachunku", name);
		buffer_append_text(&writer->out, "</RachunekBankowy>");
	}
}

const WriteStep ksef_line_steps[] = {
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

const WriteStep ksef_after_lines[] = {STEP_CALL(write_adjustments),
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
