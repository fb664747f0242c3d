/*
 * edifact_line.c: segments of a line item.
 *
 * The line's values wait until the next LIN or UNS; its allowances, charges, classifications and
 * attributes go out as they end, which is before the line, as sinks expect.
 */
#include "core/edifact_state.h"

#include <string.h>

static void line_segment(EdifactReader *reader);
static void item_number(EdifactReader *reader, int element, bool additional);
static void item_description(EdifactReader *reader);
static void quantity(EdifactReader *reader);
static void amount(EdifactReader *reader);
static void price(EdifactReader *reader);
static void line_date(EdifactReader *reader);
static void line_reference(EdifactReader *reader);
static void line_text(EdifactReader *reader);
static void line_tax(EdifactReader *reader);

void
edifact_begin_line(EdifactReader *reader)
{
	edifact_end_line(reader);
	flat_document_next_line(reader->document);
	reader->section = SECTION_LINE;
	reader->context = CONTEXT_NONE;
	reader->line_segment = reader->segment->number;
	reader->quantity_rank = reader->price_rank = 0;
	reader->lines_by_total = false;
	buffer_reset(&reader->text);
	edifact_take(reader, TERM_BT_126, 1, 0);
	item_number(reader, 3, false);
}

static void
add_quantity(EdifactReader *reader)
{
	Slice text = edifact_value(reader, TERM_BT_129);
	Decimal value;
	DecimalParse parsed = decimal_parse(text.bytes, text.length, &value);

	if (parsed == DECIMAL_EMPTY)
		return;
	if (parsed != DECIMAL_OK || !decimal_add(reader->quantities, value, &reader->quantities))
		reader->quantities_exact = false;
}

void
edifact_end_line(EdifactReader *reader)
{
	if (reader->section != SECTION_LINE)
		return;
	edifact_close_group(reader);
	if (reader->values[TERM_BT_152].length == 0 && reader->values[TERM_BT_151].length == 0)
	{
		edifact_set(reader, TERM_BT_151, edifact_slice(reader->header_category));
		edifact_set(reader, TERM_BT_152, edifact_slice(reader->header_rate));
	}
	add_quantity(reader);
	edifact_emit(reader, INVOICE_LINE, reader->line_segment);
	buffer_reset(&reader->text);
	reader->section = SECTION_SUMMARY;
}

void
edifact_line_segment(EdifactReader *reader)
{
	if (reader->context == CONTEXT_ADJUSTMENT && edifact_adjustment_segment(reader))
		return;
	if (edifact_tag_is(reader, "ALC"))
		edifact_begin_adjustment(reader, INVOICE_LINE_ALLOWANCE, INVOICE_LINE_CHARGE);
	else
		line_segment(reader);
}

static bool
starts_foreign_group(const EdifactReader *reader)
{
	static const char *const tags[] = {"PAC", "LOC", "NAD", "TDT", "TOD", "EQD", "SCC", "RCS"};

	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++)
		if (edifact_tag_is(reader, tags[i]))
			return true;
	return false;
}

static void
line_segment(EdifactReader *reader)
{
	bool foreign = reader->context == CONTEXT_FOREIGN;

	if (reader->context == CONTEXT_ADJUSTMENT)
		edifact_close_group(reader);
	if (edifact_tag_is(reader, "QTY") && !foreign)
		quantity(reader);
	else if (edifact_tag_is(reader, "MOA"))
		amount(reader);
	else if (edifact_tag_is(reader, "PRI"))
		price(reader);
	else if (edifact_tag_is(reader, "TAX"))
		line_tax(reader);
	else if (edifact_tag_is(reader, "IMD"))
		item_description(reader);
	else if (edifact_tag_is(reader, "PIA"))
	{
		bool additional = edifact_is(edifact_part(reader->segment, 1, 0), "1");

		for (int element = 2; element < reader->segment->element_count; element++)
			item_number(reader, element, additional);
	}
	else if (edifact_tag_is(reader, "ALI"))
		edifact_take(reader, TERM_BT_159, 1, 0);
	else if (edifact_tag_is(reader, "FTX"))
		line_text(reader);
	else if (edifact_tag_is(reader, "DTM") && reader->context == CONTEXT_NONE)
		line_date(reader);
	else if (edifact_tag_is(reader, "RFF") && !foreign)
		line_reference(reader);
	else if (starts_foreign_group(reader))
		reader->context = CONTEXT_FOREIGN;
}

/* C212: number and what kind of number it is. */
static void
item_number(EdifactReader *reader, int element, bool additional)
{
	Slice number = edifact_part(reader->segment, element, 0);
	Slice kind = edifact_part(reader->segment, element, 1);
	Slice version = edifact_part(reader->segment, element, 3);

	edifact_leave(reader->segment, element, 3);
	if (number.length == 0)
		return;
	if (edifact_is(kind, "SA") || kind.length == 0)
		edifact_take(reader, TERM_BT_155, element, 0);
	else if (edifact_is(kind, "IN") || edifact_is(kind, "BP"))
		edifact_take(reader, TERM_BT_156, element, 0);
	else if (edifact_is(kind, "SRV") || edifact_is(kind, "EN") || edifact_is(kind, "UP"))
	{
		edifact_take(reader, TERM_BT_157, element, 0);
		edifact_set(reader, TERM_BT_157_1, edifact_slice("0160")); /* GTIN */
	}
	else if (additional)
	{
		edifact_set(reader, TERM_BT_158, number);
		edifact_set(reader, TERM_BT_158_1, kind);
		(void) version;
		edifact_emit(reader, INVOICE_CLASSIFICATION, reader->segment->number);
	}
	else
	{
		edifact_leave(reader->segment, element, 0);
		edifact_leave(reader->segment, element, 1);
	}
}

/* The first description is the name, the next one the description; A is the description anyway. */
static void
item_description(EdifactReader *reader)
{
	Slice kind = edifact_part(reader->segment, 1, 0);
	bool description =
		edifact_is(kind, "A") && (reader->modern || reader->values[TERM_BT_153].length > 0);
	Slice text = edifact_join(reader, 3, 3, reader->modern ? 256 : 35);

	if (text.length == 0)
		edifact_forget(reader->segment);
	else if (!description && reader->values[TERM_BT_153].length == 0)
		edifact_set(reader, TERM_BT_153, text);
	else if (!edifact_set(reader, TERM_BT_154, text))
		edifact_forget(reader->segment);
}

/* 47 invoiced; where the message has none, 46 delivered or 12 despatched is what it charges for. */
static void
quantity(EdifactReader *reader)
{
	Slice kind = edifact_part(reader->segment, 1, 0);
	int rank = edifact_is(kind, "47") ? 3 : edifact_is(kind, "46") ? 2 : edifact_is(kind, "12");

	if (rank <= reader->quantity_rank)
	{
		edifact_forget(reader->segment);
		return;
	}
	if (reader->quantity_rank > 0)
	{
		/* the weaker one of before is only an extra */
		edifact_note(reader, flat_document_extra(reader->document, reader->segment->number,
												 reader->quantity_rank == 2 ? "LIN/QTY+46/1.2"
																			: "LIN/QTY+12/1.2",
												 edifact_value(reader, TERM_BT_129)));
		memset(&reader->values[TERM_BT_129], 0, sizeof(EdifactValue));
		memset(&reader->values[TERM_BT_130], 0, sizeof(EdifactValue));
	}
	reader->quantity_rank = rank;
	edifact_take_number(reader, TERM_BT_129, 1, 1);
	edifact_take_unit(reader, TERM_BT_130, 1, 2);
}

/* 203 is the line amount; 66 (goods item total) is what the oldest senders write. */
static void
amount(EdifactReader *reader)
{
	Slice kind = edifact_part(reader->segment, 1, 0);

	if (edifact_is(kind, "203") && reader->lines_by_total)
	{
		edifact_note(reader,
					 flat_document_extra(reader->document, reader->segment->number,
										 "LIN/MOA+66/1.2", edifact_value(reader, TERM_BT_131)));
		memset(&reader->values[TERM_BT_131], 0, sizeof(EdifactValue));
		reader->lines_by_total = false;
	}
	if (edifact_is(kind, "203"))
		edifact_take_number(reader, TERM_BT_131, 1, 1);
	else if (edifact_is(kind, "66") && reader->values[TERM_BT_131].length == 0)
	{
		edifact_take_number(reader, TERM_BT_131, 1, 1);
		reader->lines_by_total = true;
	}
	else if (edifact_is(kind, "509"))
		edifact_take_number(reader, TERM_BT_147, 1, 1);
	else
		edifact_forget(reader->segment);
}

/* AAA net, AAB gross; INV, the invoice's price, is net in what senders mean by it. */
static void
price(EdifactReader *reader)
{
	Slice kind = edifact_part(reader->segment, 1, 0);
	int rank = edifact_is(kind, "AAA") ? 2 : edifact_is(kind, "INV") || edifact_is(kind, "NTP");

	reader->context = CONTEXT_REFERENCE; /* a DTM behind it is the price's */
	if (edifact_is(kind, "AAB"))
	{
		edifact_take_number(reader, TERM_BT_148, 1, 1);
		edifact_take_number(reader, TERM_BT_149, 1, 4);
		edifact_take_unit(reader, TERM_BT_150, 1, 5);
		return;
	}
	if (rank <= reader->price_rank)
	{
		edifact_forget(reader->segment);
		return;
	}
	if (reader->price_rank > 0)
	{
		edifact_note(reader,
					 flat_document_extra(reader->document, reader->segment->number,
										 "LIN/PRI+INV/1.2", edifact_value(reader, TERM_BT_146)));
		memset(&reader->values[TERM_BT_146], 0, sizeof(EdifactValue));
	}
	reader->price_rank = rank;
	edifact_take_number(reader, TERM_BT_146, 1, 1);
	edifact_take_number(reader, TERM_BT_149, 1, 4);
	edifact_take_unit(reader, TERM_BT_150, 1, 5);
}

static void
line_date(EdifactReader *reader)
{
	Slice qualifier = edifact_part(reader->segment, 1, 0);

	edifact_part(reader->segment, 1, 2);
	if (edifact_is(qualifier, "263"))
		edifact_take_date(reader, TERM_BT_134, TERM_BT_135);
	else if (edifact_is(qualifier, "167") || edifact_is(qualifier, "194"))
		edifact_take_date(reader, TERM_BT_134, INVOICE_TERM_COUNT);
	else if (edifact_is(qualifier, "168") || edifact_is(qualifier, "206"))
		edifact_take_date(reader, TERM_BT_135, INVOICE_TERM_COUNT);
	else
		edifact_forget(reader->segment);
}

static void
line_reference(EdifactReader *reader)
{
	Slice qualifier = edifact_part(reader->segment, 1, 0);

	reader->context = CONTEXT_REFERENCE;
	if (edifact_is(qualifier, "ON"))
		edifact_take(reader, TERM_BT_132, 1, 2); /* an order number of the line stays an extra */
	else if (edifact_is(qualifier, "AWQ"))
		edifact_take(reader, TERM_BT_133, 1, 1);
	else if (edifact_is(qualifier, "AVE"))
		edifact_take(reader, TERM_BT_128, 1, 1);
	else
		edifact_forget(reader->segment);
}

/* ACF is an attribute, name and value; any other text is the line's note. */
static void
line_text(EdifactReader *reader)
{
	Slice subject = edifact_part(reader->segment, 1, 0);

	if (edifact_is(subject, "ACF") && reader->modern)
	{
		edifact_take(reader, TERM_BT_160, 4, 0);
		edifact_take(reader, TERM_BT_161, 4, 1);
		edifact_emit(reader, INVOICE_ATTRIBUTE, reader->segment->number);
	}
	else if (!edifact_set(reader, TERM_BT_127,
						  edifact_join(reader, 4, 0, reader->modern ? 512 : 70)))
		edifact_forget(reader->segment);
}

static void
line_tax(EdifactReader *reader)
{
	Slice type = edifact_part(reader->segment, 2, 0);

	reader->context = CONTEXT_TAX;
	if (type.length > 0 && !edifact_is(type, "VAT"))
	{
		edifact_forget(reader->segment);
		return;
	}
	edifact_part(reader->segment, 1, 0);
	edifact_take_number(reader, TERM_BT_152, 5, 3);
	edifact_take(reader, TERM_BT_151, 6, 0);
}
