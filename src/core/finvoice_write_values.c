/*
 * finvoice_write_values.c: values as Finvoice writes them, and elements that stand several times.
 */
#include "core/finvoice_write.h"

#include <string.h>

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
size_t
finvoice_prefix_length(Slice value, size_t characters)
{
	size_t at = 0;

	for (; at < value.length; at++)
		if ((value.bytes[at] & 0xC0) != 0x80 && characters-- == 0)
			break;
	return at;
}

void
finvoice_put_text(InvoiceWriter *writer, InvoiceTerm term, Slice value)
{
	for (size_t i = 0; writer->strict && i < sizeof(limits) / sizeof(*limits); i++)
	{
		size_t length;

		if (limits[i].term != term)
			continue;
		length = finvoice_prefix_length(value, limits[i].limit);
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

void
finvoice_put_date(InvoiceWriter *writer, InvoiceTerm term, Slice value)
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
void
finvoice_put_decimal(InvoiceWriter *writer, Slice value, int places, bool whole_too, bool turned)
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

bool
finvoice_is_credit(const InvoiceWriter *writer)
{
	return (writer->variant & FINVOICE_CREDIT_NOTE) != 0;
}

void
finvoice_put_percent(InvoiceWriter *writer, InvoiceTerm term, Slice value)
{
	(void) term;
	finvoice_put_decimal(writer, value, 0, false, false);
}

void
finvoice_put_price(InvoiceWriter *writer, InvoiceTerm term, Slice value)
{
	Decimal number;

	if (writer->strict && decimal_parse(value.bytes, value.length, &number) == DECIMAL_OK &&
		number.scale > 5)
		write_wrong(writer, term, "has more than the five decimals that Finvoice takes");
	else
		finvoice_put_decimal(writer, value, 2, true, false);
}

void
finvoice_put_quantity(InvoiceWriter *writer, InvoiceTerm term, Slice value)
{
	(void) term;
	finvoice_put_decimal(writer, value, 0, false, finvoice_is_credit(writer));
}

void
finvoice_put_amount(InvoiceWriter *writer, InvoiceTerm term, Slice value)
{
	(void) term;
	finvoice_put_decimal(writer, value, 2, true, finvoice_is_credit(writer));
}

/* -- several elements of one kind -------------------------------------------------------------- */

void
finvoice_each_row(InvoiceWriter *writer, InvoiceGroupKind kind, const WriteStep *steps)
{
	const InvoiceContent *content = invoice_is_line_kind(kind) ? &writer->line : &writer->content;

	for (size_t row = 0; row < content->groups[kind].count; row++)
		write_steps_with(writer, kind, invoice_content_row(content, kind, row), steps);
}

/* Each line of the text as an element; what is more than the schema takes goes into the last one.
 */
void
finvoice_each_line(InvoiceWriter *writer, InvoiceTerm term, size_t most, const WriteStep *step)
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
