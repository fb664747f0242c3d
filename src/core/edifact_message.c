/*
 * edifact_message.c: segments of the header and the summary of an INVOIC message.
 *
 * Segment groups have no brackets, so what a segment means depends on the group begun last
 * (context).  D.96A has no segment for the sums of allowances and of charges (BT-107, BT-108): they
 * are added up here when the message does not state them.
 */
#include "core/edifact_state.h"

#include <stdio.h>
#include <string.h>

static void header_segment(EdifactReader *reader);
static void summary_segment(EdifactReader *reader);
static void document_date(EdifactReader *reader);
static void document_note(EdifactReader *reader);
static void document_reference(EdifactReader *reader);
static void document_tax(EdifactReader *reader);
static void currencies(EdifactReader *reader);
static void payment_terms(EdifactReader *reader);
static void attachment_segment(EdifactReader *reader);
static void total(EdifactReader *reader);
static void count(EdifactReader *reader);
static void check_counts(EdifactReader *reader);
static void derive_sum(EdifactReader *reader, InvoiceTerm term, Decimal sum);

void
edifact_begin_message(EdifactReader *reader)
{
	reader->section = SECTION_HEADER;
	reader->context = CONTEXT_NONE;
	memset(&reader->party, 0, sizeof(reader->party));
	reader->seller_from[0] = reader->buyer_from[0] = reader->delivery_from[0] = '\0';
	reader->last_account[0] = '\0';
	reader->adjusted = false;
	reader->price_discount = false;
	reader->allowances = reader->charges = reader->quantities = decimal_from_int(0);
	reader->sums_exact = reader->quantities_exact = true;
	reader->breakdown_seen = false;
	reader->count_lines[0] = reader->count_quantities[0] = '\0';
	reader->header_category[0] = reader->header_rate[0] = '\0';
	buffer_reset(&reader->text);
	memset(reader->values, 0, sizeof(reader->values));
	edifact_note(reader, flat_document_begin(reader->document, reader->segment->number));
	if (reader->header.length > 0)
	{
		Slice header = {reader->header.bytes, reader->header.length};

		edifact_note(reader,
					 flat_document_extra(reader->document, reader->segment->number, "UNB", header));
	}
}

static void
begin_summary(EdifactReader *reader)
{
	edifact_part(reader->segment, 1, 0);
	if (reader->section == SECTION_SUMMARY)
		edifact_fault(reader, FINDING_WARNING, "EDIFACT-ORDER",
					  "the section control segment UNS stands twice");
	edifact_end_line(reader);
	reader->section = SECTION_SUMMARY;
}

void
edifact_message_segment(EdifactReader *reader)
{
	if (edifact_tag_is(reader, "UNS"))
	{
		edifact_close_group(reader);
		begin_summary(reader);
	}
	else if (edifact_tag_is(reader, "LIN"))
	{
		edifact_close_group(reader);
		if (reader->section == SECTION_SUMMARY)
			edifact_fault(reader, FINDING_WARNING, "EDIFACT-ORDER",
						  "a line item (LIN) stands behind the section control segment UNS");
		edifact_begin_line(reader);
	}
	else if (reader->section == SECTION_LINE)
		edifact_line_segment(reader);
	else if (reader->section == SECTION_HEADER)
		header_segment(reader);
	else
		summary_segment(reader);
	edifact_keep_rest(reader);
}

void
edifact_end_message(EdifactReader *reader)
{
	edifact_close_group(reader);
	edifact_end_line(reader);
	if (flat_document_value(reader->document, TERM_BT_1).length == 0)
		edifact_fault(reader, FINDING_FATAL, "EDIFACT-ORDER",
					  "the message has no document number (BGM)");
	check_counts(reader);
	derive_sum(reader, TERM_BT_107, reader->allowances);
	derive_sum(reader, TERM_BT_108, reader->charges);
}

/* Where the only rate has no amounts of its own, the totals are its amounts. */
static void
end_breakdown(EdifactReader *reader)
{
	if (!reader->breakdown_seen && reader->values[TERM_BT_116].length == 0 &&
		reader->values[TERM_BT_117].length == 0)
	{
		Slice net = edifact_value(reader, TERM_BT_109);

		edifact_set(reader, TERM_BT_116, net.length > 0 ? net : edifact_value(reader, TERM_BT_106));
		edifact_set(reader, TERM_BT_117, edifact_value(reader, TERM_BT_110));
	}
	reader->breakdown_seen = true;
	edifact_emit(reader, INVOICE_TAX, reader->group_segment);
}

void
edifact_close_group(EdifactReader *reader)
{
	bool in_line = reader->section == SECTION_LINE;

	if (reader->context == CONTEXT_PARTY)
		edifact_end_party(reader);
	else if (reader->context == CONTEXT_PRECEDING)
		edifact_emit(reader, INVOICE_PRECEDING, reader->group_segment);
	else if (reader->context == CONTEXT_ATTACHMENT)
		edifact_emit(reader, INVOICE_ATTACHMENT, reader->group_segment);
	else if (reader->context == CONTEXT_TAX && reader->section == SECTION_SUMMARY)
		end_breakdown(reader);
	else if (reader->context == CONTEXT_ADJUSTMENT)
	{
		bool allowance =
			reader->adjustment == INVOICE_ALLOWANCE || reader->adjustment == INVOICE_LINE_ALLOWANCE;
		Slice amount = edifact_value(reader, reader->adjustment == INVOICE_ALLOWANCE ? TERM_BT_92
																					 : TERM_BT_99);
		Decimal *sum = allowance ? &reader->allowances : &reader->charges;
		Decimal value;

		if (!in_line && (decimal_parse(amount.bytes, amount.length, &value) != DECIMAL_OK ||
						 !decimal_add(*sum, value, sum)))
			reader->sums_exact = false;
		if (!reader->price_discount)
			edifact_emit(reader, reader->adjustment, reader->group_segment);
		else
			edifact_clear(reader, reader->adjustment);
		reader->adjusted = reader->adjusted || !in_line;
	}
	reader->context = CONTEXT_NONE;
	reader->price_discount = false;
	if (!in_line)
		buffer_reset(&reader->text);
}

static void
begin_group(EdifactReader *reader, EdifactContext context)
{
	edifact_close_group(reader);
	reader->context = context;
	reader->group_segment = reader->segment->number;
}

static void
header_segment(EdifactReader *reader)
{
	if (reader->context == CONTEXT_PARTY && edifact_party_segment(reader))
		return;
	if (reader->context == CONTEXT_ADJUSTMENT && edifact_adjustment_segment(reader))
		return;
	if (reader->context == CONTEXT_ATTACHMENT &&
		(edifact_tag_is(reader, "COM") || edifact_tag_is(reader, "RFF")))
		attachment_segment(reader);
	else if (edifact_tag_is(reader, "BGM"))
	{
		edifact_take(reader, TERM_BT_3, 1, 0);
		edifact_take(reader, TERM_BT_1, 2, 0);
		/* 9, original, is what an invoice is when it says nothing */
		if (!edifact_is(edifact_part(reader->segment, 3, 0), "9"))
			edifact_leave(reader->segment, 3, 0);
	}
	else if (edifact_tag_is(reader, "DTM"))
		document_date(reader);
	else if (edifact_tag_is(reader, "FTX"))
		document_note(reader);
	else if (edifact_tag_is(reader, "RFF"))
		document_reference(reader);
	else if (edifact_tag_is(reader, "NAD"))
	{
		begin_group(reader, CONTEXT_PARTY);
		edifact_begin_party(reader);
	}
	else if (edifact_tag_is(reader, "TAX"))
		document_tax(reader);
	else if (edifact_tag_is(reader, "CUX"))
		currencies(reader);
	else if (edifact_tag_is(reader, "PAT") || edifact_tag_is(reader, "PYT"))
		payment_terms(reader);
	else if (edifact_tag_is(reader, "PAI"))
		edifact_take(reader, TERM_BT_81, 1, 2);
	else if (edifact_tag_is(reader, "ALC"))
		edifact_begin_adjustment(reader, INVOICE_ALLOWANCE, INVOICE_CHARGE);
	else if (edifact_tag_is(reader, "EFI"))
	{
		begin_group(reader, CONTEXT_ATTACHMENT);
		attachment_segment(reader);
	}
	else if (edifact_tag_is(reader, "MOA") && reader->context == CONTEXT_NONE)
		total(reader);
}

static void
document_date(EdifactReader *reader)
{
	Slice qualifier = edifact_part(reader->segment, 1, 0);

	edifact_part(reader->segment, 1, 2);
	if (reader->context == CONTEXT_TERMS && edifact_is(qualifier, "13"))
		edifact_take_date(reader, TERM_BT_9, INVOICE_TERM_COUNT);
	else if (reader->context == CONTEXT_TERMS)
		edifact_forget(reader->segment);
	else if (reader->context == CONTEXT_PRECEDING &&
			 (edifact_is(qualifier, "171") || edifact_is(qualifier, "384") ||
			  edifact_is(qualifier, "137") || edifact_is(qualifier, "3")))
		edifact_take_date(reader, TERM_BT_26, INVOICE_TERM_COUNT);
	else if (edifact_is(qualifier, "137") || edifact_is(qualifier, "3"))
		edifact_take_date(reader, TERM_BT_2, INVOICE_TERM_COUNT);
	else if (edifact_is(qualifier, "131"))
		edifact_take_date(reader, TERM_BT_7, INVOICE_TERM_COUNT);
	else if (edifact_is(qualifier, "35"))
		edifact_take_date(reader, TERM_BT_72, INVOICE_TERM_COUNT);
	else if (edifact_is(qualifier, "263"))
		edifact_take_date(reader, TERM_BT_73, TERM_BT_74);
	else if (edifact_is(qualifier, "167") || edifact_is(qualifier, "194"))
		edifact_take_date(reader, TERM_BT_73, INVOICE_TERM_COUNT);
	else if (edifact_is(qualifier, "168") || edifact_is(qualifier, "206"))
		edifact_take_date(reader, TERM_BT_74, INVOICE_TERM_COUNT);
	else if (edifact_is(qualifier, "13") || edifact_is(qualifier, "265"))
		edifact_take_date(reader, TERM_BT_9, INVOICE_TERM_COUNT);
	else
		edifact_forget(reader->segment);
}

/* AAB and PMT are payment terms; of the rest the subject says what the note is about. */
static void
document_note(EdifactReader *reader)
{
	Slice subject = edifact_part(reader->segment, 1, 0);
	Slice code = edifact_part(reader->segment, 3, 0);
	int width = reader->modern ? 512 : 70;
	bool set = true;

	begin_group(reader, CONTEXT_NONE);
	edifact_leave(reader->segment, 3, 0);
	/* EN 16931-3-4: the process in the code, the specification in the text */
	if (edifact_is(subject, "DOC") && reader->modern)
	{
		edifact_take(reader, TERM_BT_23, 3, 0);
		edifact_take(reader, TERM_BT_24, 4, 0);
	}
	else if (edifact_is(subject, "AAB") || edifact_is(subject, "PMT"))
		set = edifact_set(reader, TERM_BT_20, edifact_join(reader, 4, 0, width));
	else
	{
		Slice text = edifact_join(reader, 4, 0, width);

		if (text.length == 0 && code.length > 0)
			text = edifact_part(reader->segment, 3, 0);
		if (text.length == 0)
			return;
		/* ZZZ, mutually defined, says nothing */
		if (!edifact_is(subject, "ZZZ"))
			edifact_set(reader, TERM_BT_21, subject);
		edifact_set(reader, TERM_BT_22, text);
		edifact_emit(reader, INVOICE_NOTE, reader->segment->number);
	}
	if (!set)
		edifact_forget(reader->segment);
}

static void
document_reference(EdifactReader *reader)
{
	static const struct
	{
		const char *qualifier;
		InvoiceTerm term;
	} references[] = {{"ON", TERM_BT_13},  {"CT", TERM_BT_12},	{"VN", TERM_BT_14},
					  {"AAK", TERM_BT_16}, {"DQ", TERM_BT_16},	{"ALO", TERM_BT_15},
					  {"AEP", TERM_BT_11}, {"GC", TERM_BT_17},	{"ATS", TERM_BT_18},
					  {"PQ", TERM_BT_83},  {"AOU", TERM_BT_19}, {"CR", TERM_BT_10}};
	Slice qualifier = edifact_part(reader->segment, 1, 0);

	begin_group(reader, CONTEXT_REFERENCE);
	if (edifact_is(qualifier, "IV") || edifact_is(qualifier, "OI"))
	{
		reader->context = CONTEXT_PRECEDING;
		edifact_take(reader, TERM_BT_25, 1, 1);
		return;
	}
	for (size_t i = 0; i < sizeof(references) / sizeof(*references); i++)
		if (edifact_is(qualifier, references[i].qualifier))
		{
			edifact_take(reader, references[i].term, 1, 1);
			return;
		}
	edifact_forget(reader->segment);
}

/* The tax of all lines that do not name one. */
static void
document_tax(EdifactReader *reader)
{
	Slice rate = edifact_number(reader, edifact_part(reader->segment, 5, 3));

	begin_group(reader, CONTEXT_TAX);
	if (!edifact_is(edifact_part(reader->segment, 2, 0), "VAT") || reader->header_rate[0] != '\0')
	{
		edifact_forget(reader->segment);
		return;
	}
	edifact_part(reader->segment, 1, 0);
	edifact_copy(rate, reader->header_rate, sizeof(reader->header_rate));
	edifact_copy(edifact_part(reader->segment, 6, 0), reader->header_category,
				 sizeof(reader->header_category));
}

/* Usage 2 (or any other one, when it comes first) is the invoice's currency, 3 and 6 that of the
 * accounts. */
static void
currencies(EdifactReader *reader)
{
	begin_group(reader, CONTEXT_FOREIGN);
	for (int element = 1; element <= 2; element++)
	{
		Slice usage = edifact_part(reader->segment, element, 0);
		bool target = edifact_is(usage, "3") || edifact_is(usage, "6");
		Slice role = edifact_part(reader->segment, element, 2);

		if (!edifact_is(role, "4"))
			edifact_leave(reader->segment, element, 2);
		edifact_take(reader, target ? TERM_BT_6 : TERM_BT_5, element, 1);
	}
	reader->context = CONTEXT_NONE;
}

static void
payment_terms(EdifactReader *reader)
{
	Slice kind = edifact_part(reader->segment, 1, 0);

	begin_group(reader, CONTEXT_TERMS);
	/* 1 basic, 3 fixed date; a discount (22) and others are not the terms of BT-9 */
	if (!edifact_is(kind, "1") && !edifact_is(kind, "3") && !edifact_is(kind, "35"))
	{
		edifact_forget(reader->segment);
		reader->context = CONTEXT_FOREIGN;
		return;
	}
	if (!edifact_set(reader, TERM_BT_20, edifact_join(reader, 2, 3, 35)))
		edifact_leave(reader->segment, 2, 3);
}

static void
attachment_segment(EdifactReader *reader)
{
	if (edifact_tag_is(reader, "EFI"))
	{
		edifact_take(reader, TERM_BT_125_2, 1, 0);
		edifact_take(reader, TERM_BT_123, 1, 1);
	}
	else if (edifact_tag_is(reader, "COM"))
	{
		edifact_part(reader->segment, 1, 1);
		edifact_take(reader, TERM_BT_124, 1, 0);
	}
	else
	{
		edifact_part(reader->segment, 1, 0);
		edifact_take(reader, TERM_BT_122, 1, 1);
	}
}

void
edifact_begin_adjustment(EdifactReader *reader, InvoiceGroupKind allowance, InvoiceGroupKind charge)
{
	Slice kind = edifact_part(reader->segment, 1, 0);
	bool line = allowance == INVOICE_LINE_ALLOWANCE;
	InvoiceTerm text, code;
	Slice service;

	begin_group(reader, CONTEXT_ADJUSTMENT);
	if (!edifact_is(kind, "A") && !edifact_is(kind, "C"))
	{
		/* N no allowance, Q charge request ... say nothing about an amount of this invoice */
		edifact_forget(reader->segment);
		reader->context = CONTEXT_FOREIGN;
		return;
	}
	reader->adjustment = edifact_is(kind, "A") ? allowance : charge;
	if (reader->adjustment == allowance)
	{
		text = line ? TERM_BT_139 : TERM_BT_97;
		code = line ? TERM_BT_140 : TERM_BT_98;
	}
	else
	{
		text = line ? TERM_BT_144 : TERM_BT_104;
		code = line ? TERM_BT_145 : TERM_BT_105;
	}
	service = edifact_part(reader->segment, 5, 0);
	/* reasons of allowances are of code list 5189, those of charges of 7161 */
	if (reader->adjustment == charge)
		edifact_set(reader, code, service);
	else if (edifact_is(service, "DI"))
		edifact_set(reader, code, edifact_slice("95"));
	else
		edifact_leave(reader->segment, 5, 0);
	edifact_set(reader, text, edifact_join(reader, 5, 3, 35));
	edifact_take(reader, text, 2, 0);
	edifact_take(reader, code, 2, 1);
}

typedef struct AdjustmentTerms
{
	InvoiceTerm amount, base, percent, category, rate;
} AdjustmentTerms;

static AdjustmentTerms
adjustment_terms(InvoiceGroupKind kind)
{
	static const AdjustmentTerms allowance = {TERM_BT_92, TERM_BT_93, TERM_BT_94, TERM_BT_95,
											  TERM_BT_96};
	static const AdjustmentTerms charge = {TERM_BT_99, TERM_BT_100, TERM_BT_101, TERM_BT_102,
										   TERM_BT_103};
	static const AdjustmentTerms line_allowance = {TERM_BT_136, TERM_BT_137, TERM_BT_138,
												   INVOICE_TERM_COUNT, INVOICE_TERM_COUNT};
	static const AdjustmentTerms line_charge = {TERM_BT_141, TERM_BT_142, TERM_BT_143,
												INVOICE_TERM_COUNT, INVOICE_TERM_COUNT};

	return kind == INVOICE_ALLOWANCE		? allowance
		   : kind == INVOICE_CHARGE			? charge
		   : kind == INVOICE_LINE_ALLOWANCE ? line_allowance
											: line_charge;
}

bool
edifact_adjustment_segment(EdifactReader *reader)
{
	AdjustmentTerms terms = adjustment_terms(reader->adjustment);
	Slice qualifier = edifact_part(reader->segment, 1, 0);

	if (edifact_tag_is(reader, "MOA"))
	{
		/* 8 either, 23 charge, 204 allowance, 25 base, 509 price discount (EN 16931-3-4) */
		if (edifact_is(qualifier, "509"))
		{
			reader->price_discount = true;
			edifact_take_number(reader, TERM_BT_147, 1, 1);
		}
		else if (edifact_is(qualifier, "25"))
			edifact_take_number(reader, terms.base, 1, 1);
		else if (edifact_is(qualifier, "8") || edifact_is(qualifier, "23") ||
				 edifact_is(qualifier, "204"))
			edifact_take_number(reader, terms.amount, 1, 1);
		else
			edifact_forget(reader->segment);
	}
	else if (edifact_tag_is(reader, "PCD"))
		edifact_take_number(reader, terms.percent, 1, 1);
	else if (edifact_tag_is(reader, "TAX") && terms.category != INVOICE_TERM_COUNT &&
			 edifact_is(edifact_part(reader->segment, 2, 0), "VAT"))
	{
		edifact_take_number(reader, terms.rate, 5, 3);
		edifact_take(reader, terms.category, 6, 0);
	}
	else
	{
		edifact_forget(reader->segment);
		return edifact_tag_is(reader, "QTY") || edifact_tag_is(reader, "RTE") ||
			   edifact_tag_is(reader, "TAX") || edifact_tag_is(reader, "ALI");
	}
	return true;
}

static void
summary_segment(EdifactReader *reader)
{
	if (reader->context == CONTEXT_ADJUSTMENT && edifact_adjustment_segment(reader))
		return;
	if (edifact_tag_is(reader, "MOA"))
		total(reader);
	else if (edifact_tag_is(reader, "TAX"))
	{
		Slice type = edifact_part(reader->segment, 2, 0);

		begin_group(reader, CONTEXT_TAX);
		if (type.length > 0 && !edifact_is(type, "VAT"))
		{
			edifact_forget(reader->segment);
			reader->context = CONTEXT_FOREIGN;
			return;
		}
		edifact_part(reader->segment, 1, 0);
		edifact_take_number(reader, TERM_BT_119, 5, 3);
		edifact_take(reader, TERM_BT_118, 6, 0);
	}
	else if (edifact_tag_is(reader, "CNT"))
		count(reader);
	/* the summary repeats sums of the header's; where the header has none they are the invoice's */
	else if (edifact_tag_is(reader, "ALC") && !reader->adjusted)
	{
		edifact_begin_adjustment(reader, INVOICE_ALLOWANCE, INVOICE_CHARGE);
		reader->adjusted = false;
	}
	else
		begin_group(reader, edifact_tag_is(reader, "ALC") ? CONTEXT_FOREIGN : CONTEXT_NONE);
}

/*
 * An amount of the message, or of the VAT breakdown at hand.  The first qualifier of a term is what
 * the message ought to use; the others are those of older and looser senders.
 */
static void
total(EdifactReader *reader)
{
	static const struct
	{
		const char *qualifier;
		InvoiceTerm term;
	} totals[] = {
		{"79", TERM_BT_106},  {"260", TERM_BT_107}, {"259", TERM_BT_108}, {"389", TERM_BT_109},
		{"125", TERM_BT_109}, {"176", TERM_BT_110}, {"124", TERM_BT_110}, {"2", TERM_BT_111},
		{"388", TERM_BT_112}, {"77", TERM_BT_112},	{"128", TERM_BT_112}, {"39", TERM_BT_112},
		{"86", TERM_BT_112},  {"113", TERM_BT_113}, {"165", TERM_BT_114}, {"9", TERM_BT_115}};
	Slice qualifier = edifact_part(reader->segment, 1, 0);

	if (reader->context == CONTEXT_TAX && reader->section == SECTION_SUMMARY &&
		(edifact_is(qualifier, "125") || edifact_is(qualifier, "124")))
	{
		edifact_take_number(reader, edifact_is(qualifier, "125") ? TERM_BT_116 : TERM_BT_117, 1, 1);
		return;
	}
	for (size_t i = 0; reader->context != CONTEXT_FOREIGN && i < sizeof(totals) / sizeof(*totals);
		 i++)
		if (edifact_is(qualifier, totals[i].qualifier))
		{
			edifact_take_number(reader, totals[i].term, 1, 1);
			return;
		}
	edifact_forget(reader->segment);
}

static void
count(EdifactReader *reader)
{
	Slice kind = edifact_part(reader->segment, 1, 0);
	Slice value = edifact_number(reader, edifact_part(reader->segment, 1, 1));

	begin_group(reader, CONTEXT_NONE);
	if (edifact_is(kind, "2"))
		edifact_copy(value, reader->count_lines, sizeof(reader->count_lines));
	else if (edifact_is(kind, "1"))
		edifact_copy(value, reader->count_quantities, sizeof(reader->count_quantities));
	else
		edifact_forget(reader->segment);
}

static void
check_count(EdifactReader *reader, const char *found, Decimal expected, const char *what)
{
	char text[DECIMAL_TEXT_SIZE];
	Decimal value;

	if (found[0] == '\0')
		return;
	decimal_text(expected, 0, text);
	if (decimal_parse(found, strlen(found), &value) != DECIMAL_OK ||
		decimal_compare(value, expected) != 0)
		edifact_fault(reader, FINDING_FATAL, "EDIFACT-CONTROL", "%s: found %s, expected %s", what,
					  found, text);
}

static void
check_counts(EdifactReader *reader)
{
	check_count(reader, reader->count_lines,
				decimal_from_int(flat_document_lines(reader->document)),
				"the control count of lines (CNT 2) must be the number of line items (LIN)");
	if (reader->quantities_exact)
		check_count(reader, reader->count_quantities, reader->quantities,
					"the control total (CNT 1) must be the sum of the lines' quantities");
}

static void
derive_sum(EdifactReader *reader, InvoiceTerm term, Decimal sum)
{
	char text[DECIMAL_TEXT_SIZE];

	if (!reader->sums_exact || decimal_sign(sum) == 0 ||
		flat_document_value(reader->document, term).length > 0)
		return;
	decimal_text(sum, 2, text);
	edifact_set(reader, term, edifact_slice(text));
}
