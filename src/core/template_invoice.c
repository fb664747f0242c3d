/*
 * template_invoice.c: sets an invoice or credit note.
 *
 * The flow of lines breaks over pages and repeats its head; the last line stays with the totals,
 * and the totals stay together unless they are higher than a page.
 */
#include "core/template_invoice.h"

#include "core/template_kind.h"
#include "core/template_rows.h"
#include "core/template_setting.h"
#include "core/template_totals.h"

#include <stdio.h>
#include <string.h>

#define FLOW_BOTTOM MM(278)
#define FIRST_TABLE_TOP MM(98)
#define NEXT_TABLE_TOP MM(30)
#define LEADING 1180
/* a window of 105 by 35 mm, 15 mm from the left and 44 from the top, with a play of 3 mm each way
 */
#define ADDRESS_WIDTH MM(95)
#define FACTS_LEFT MM(123)

/* right edges of the columns; the description starts at LEFT */
#define COLUMN_TEXT_WIDTH MM(74)
#define COLUMN_QUANTITY MM(115)
#define COLUMN_UNIT MM(117)
#define COLUMN_PRICE MM(148)
#define COLUMN_RATE MM(162)

static const LayoutStyle soft = {FONT_REGULAR, 800, 35};
static const LayoutStyle address = {FONT_REGULAR, 1050, 0};

static Slice
money(const Setting *setting, Slice number)
{
	buffer_reset(setting->scratch);
	format_money(setting->scratch, setting->language, number);
	return scratch_slice(setting);
}

static Slice
quantity(const Setting *setting, Slice number)
{
	buffer_reset(setting->scratch);
	format_quantity(setting->scratch, setting->language, number);
	return scratch_slice(setting);
}

static Slice
period(const Setting *setting, Slice from, Slice to)
{
	buffer_reset(setting->scratch);
	format_date(setting->scratch, setting->language, from);
	if (to.length > 0)
	{
		buffer_append_text(setting->scratch, from.length > 0 ? " \xE2\x80\x93 " : "\xE2\x80\x93 ");
		format_date(setting->scratch, setting->language, to);
	}
	return scratch_slice(setting);
}

TemplateLanguage
template_invoice_language(const TemplateData *data)
{
	const Slice *invoice = data->groups[TEMPLATE_INVOICE].rows[0];
	Slice country = TEMPLATE_VALUE(invoice, INVOICE, RECIPIENT_COUNTRY);

	if (country.length == 0)
		country = TEMPLATE_VALUE(invoice, INVOICE, ISSUER_COUNTRY);
	return template_country_language(country);
}

void
template_invoice_title(const TemplateData *data, ByteBuffer *title)
{
	const Slice *invoice = data->groups[TEMPLATE_INVOICE].rows[0];
	Slice number = TEMPLATE_VALUE(invoice, INVOICE, NUMBER);

	if (template_is_letter(data))
	{
		buffer_append(title, number.bytes, number.length);
		buffer_append_char(title, '\0');
		return;
	}
	buffer_append_text(title,
					   template_label(template_title_label(data), template_invoice_language(data)));
	buffer_append_char(title, ' ');
	buffer_append(title, number.bytes, number.length);
	buffer_append_char(title, '\0');
}

/* ---------- head of the first page ---------- */

static void
set_letterhead(const Setting *setting)
{
	LayoutStyle name = {FONT_BOLD, 1500, 0}, title = {FONT_BOLD, 2000, 0};
	Layout *layout = setting->layout;
	Slice heading = label(setting, template_title_label(setting->data));

	while (title.size > 1100 && layout_width(title, heading) > MM(85))
		title.size -= 100;
	while (name.size > 1100 && layout_width(name, INVOICE_FIELD(setting, ISSUER_NAME)) > MM(80))
		name.size -= 50;
	layout_left(layout, name, LEFT, MM(22), MM(80), INVOICE_FIELD(setting, ISSUER_NAME));
	(void) pdf_tags_open(layout->tags, ROLE_H1);
	layout_right(layout, title, RIGHT, MM(22), MM(85), heading);
	pdf_tags_close(layout->tags);
	if (setting->is_self_billed)
		layout_right(layout, caption, RIGHT, MM(27), MM(105), label(setting, LABEL_SELF_BILLING));
	pdf_page_box(&layout->page, 0, LEFT, MM(30), RIGHT - LEFT, 100);
}

static int
set_address_lines(const Setting *setting, int y, int most, Slice text)
{
	Slice line;

	while (most-- > 0 && layout_next_line(address, ADDRESS_WIDTH, &text, &line))
	{
		if (most == 0 && text.length > 0)
			line.length += text.length; /* the rest is cut with an ellipsis */
		layout_left(setting->layout, address, LEFT, y, ADDRESS_WIDTH, line);
		y += 1250;
	}
	return y;
}

static void
set_address(const Setting *setting)
{
	LayoutStyle sender = {FONT_REGULAR, 650, 40};
	Slice country = INVOICE_FIELD(setting, RECIPIENT_COUNTRY);
	PrintCheck *check = setting->layout->check;
	int y = MM(53);

	if (check != NULL)
		check->actor.in_address_zone = true;
	layout_left(setting->layout, sender, LEFT, MM10(487), ADDRESS_WIDTH,
				template_sender_line(setting));
	if (check != NULL)
		check->actor.is_address = true;
	(void) pdf_tags_open(setting->layout->tags, ROLE_P);
	y = set_address_lines(setting, y, 2, INVOICE_FIELD(setting, RECIPIENT_NAME));
	y = set_address_lines(setting, y, 1, INVOICE_FIELD(setting, RECIPIENT_STREET));
	y = set_address_lines(setting, y, 1, INVOICE_FIELD(setting, RECIPIENT_STREET_2));
	buffer_reset(setting->scratch);
	append_place(setting, "", INVOICE_FIELD(setting, RECIPIENT_POSTCODE),
				 INVOICE_FIELD(setting, RECIPIENT_CITY), country);
	y = set_address_lines(setting, y, 1, scratch_slice(setting));
	if (template_is_foreign(setting->data))
	{
		buffer_reset(setting->scratch);
		format_country(setting->scratch, country);
		(void) set_address_lines(setting, y, 1, scratch_slice(setting));
	}
	pdf_tags_close(setting->layout->tags);
	if (check != NULL)
		check->actor = (PrintActor){.block = NULL};
}

static int
set_fact(const Setting *setting, int y, LayoutStyle style, TemplateLabel which, Slice text)
{
	ProofValue value = labelled_value(which);
	ProofMark mark;

	if (text.length == 0)
		return y;
	(void) pdf_tags_open(setting->layout->tags, ROLE_P);
	layout_left(setting->layout, soft, FACTS_LEFT, y, MM(30), label(setting, which));
	mark = proof_open(&setting->layout->proof, value == PROOF_VALUE_COUNT ? 0 : PROOF_BIT(value));
	layout_right(setting->layout, style, RIGHT, y, RIGHT - FACTS_LEFT - MM(31), text);
	if (value != PROOF_VALUE_COUNT)
		proven(setting, mark, value);
	pdf_tags_close(setting->layout->tags);
	return y + LEADING;
}

static void
set_facts(const Setting *setting)
{
	Slice start = INVOICE_FIELD(setting, PERIOD_START), end = INVOICE_FIELD(setting, PERIOD_END);
	int y = MM10(487);

	y = set_fact(setting, y, strong, setting->is_credit ? LABEL_CREDIT_NO : LABEL_INVOICE_NO,
				 INVOICE_FIELD(setting, NUMBER));
	y = set_fact(setting, y, body, setting->is_credit ? LABEL_DATE : LABEL_INVOICE_DATE,
				 date(setting, INVOICE_FIELD(setting, ISSUE_DATE)));
	if (!setting->is_credit)
		y = set_fact(setting, y, strong, LABEL_DUE_DATE,
					 date(setting, INVOICE_FIELD(setting, DUE_DATE)));
	if (!setting->is_self_billed)
		y = set_fact(setting, y, body, LABEL_CUSTOMER_NO, INVOICE_FIELD(setting, BUYER_NO));
	if (start.length > 0 || end.length > 0)
		y = set_fact(setting, y, body, LABEL_PERIOD, period(setting, start, end));
	y = set_fact(setting, y, body, LABEL_BUYER_REFERENCE, INVOICE_FIELD(setting, BUYER_REFERENCE));
	y = set_fact(setting, y, body, LABEL_ORDER_REFERENCE, INVOICE_FIELD(setting, ORDER_REFERENCE));
	y = set_fact(setting, y, body, LABEL_PRECEDING, INVOICE_FIELD(setting, PRECEDING_INVOICE));
	if (setting->is_self_billed)
		y = set_fact(setting, y, body, LABEL_SUPPLIER,
					 INVOICE_FIELD(setting, SELLER_VAT_ID).length > 0
						 ? INVOICE_FIELD(setting, SELLER_VAT_ID)
						 : INVOICE_FIELD(setting, SELLER_REGISTRATION_NO));
	else
		y = set_fact(setting, y, body, LABEL_BUYER_VAT, INVOICE_FIELD(setting, BUYER_VAT_ID));
}

/* ---------- lines ---------- */

static void
set_head_cell(const Setting *setting, bool left, int x, int width, Slice text)
{
	Layout *layout = setting->layout;
	LayoutStyle head = {FONT_BOLD, 800, 0};

	(void) pdf_tags_open(layout->tags, ROLE_TH);
	if (left)
		layout_left(layout, head, x, layout->y + MM10(47), width, text);
	else
		layout_right(layout, head, x, layout->y + MM10(47), width, text);
	pdf_tags_close(layout->tags);
}

static void
set_table_head(const Setting *setting)
{
	Layout *layout = setting->layout;

	pdf_page_box(&layout->page, 93, LEFT, layout->y, RIGHT - LEFT, MM(7));
	(void) pdf_tags_open(layout->tags, ROLE_TR);
	set_head_cell(setting, true, LEFT + 400, COLUMN_TEXT_WIDTH, label(setting, LABEL_DESCRIPTION));
	set_head_cell(setting, false, COLUMN_QUANTITY, MM(18), label(setting, LABEL_QUANTITY));
	set_head_cell(setting, false, COLUMN_PRICE, MM(20), label(setting, LABEL_PRICE));
	set_head_cell(setting, false, COLUMN_RATE, MM(12), label(setting, LABEL_VAT_RATE));
	buffer_reset(setting->scratch);
	buffer_append_text(setting->scratch, template_label(LABEL_AMOUNT, setting->language));
	buffer_append_char(setting->scratch, ' ');
	buffer_append(setting->scratch, INVOICE_FIELD(setting, CURRENCY).bytes,
				  INVOICE_FIELD(setting, CURRENCY).length);
	set_head_cell(setting, false, RIGHT - 400, MM(26), scratch_slice(setting));
	pdf_tags_close(layout->tags);
	layout->y += MM(7) + 1250;
}

/* A page after the first: who and which number, small, so that a lost sheet finds its way. */
static void
start_next_page(const Setting *outer, bool table)
{
	Setting own = *outer, *setting = &own;
	Layout *layout = setting->layout;
	int element = layout->tags == NULL ? 0 : layout->tags->current;

	own.scratch = outer->page_scratch;
	pdf_tags_resume(layout->tags, 0);
	(void) pdf_tags_open(layout->tags, ROLE_ARTIFACT);
	if (layout->sending)
		template_set_foot(setting, layout->page_count);
	layout_new_page(layout);
	layout_left(layout, strong, LEFT, MM(20), MM(90), INVOICE_FIELD(setting, ISSUER_NAME));
	buffer_reset(setting->scratch);
	buffer_append_text(setting->scratch,
					   template_label(template_title_label(setting->data), setting->language));
	buffer_append_char(setting->scratch, ' ');
	buffer_append(setting->scratch, INVOICE_FIELD(setting, NUMBER).bytes,
				  INVOICE_FIELD(setting, NUMBER).length);
	layout_right(layout, body, RIGHT, MM(20), MM(80), scratch_slice(setting));
	pdf_page_box(&layout->page, 0, LEFT, MM(23), RIGHT - LEFT, 60);
	layout->y = NEXT_TABLE_TOP;
	layout->bottom = FLOW_BOTTOM;
	if (table)
		set_table_head(setting);
	pdf_tags_resume(layout->tags, element);
}

/* Room for a height, on this page or the next; true when a page was started. */
static bool
ensure(const Setting *setting, int height, bool table)
{
	if (setting->layout->y + height <= setting->layout->bottom)
		return false;
	start_next_page(setting, table);
	return true;
}

static void
set_sub_text(const Setting *setting, Slice text)
{
	Slice line;

	while (layout_next_line(soft, COLUMN_TEXT_WIDTH, &text, &line))
	{
		(void) ensure(setting, LEADING, true);
		layout_left(setting->layout, soft, LEFT + 400, setting->layout->y, COLUMN_TEXT_WIDTH, line);
		setting->layout->y += 1050;
	}
}

static void
set_line_adjustments(const Setting *setting, const Slice *line)
{
	const TemplateRows *adjustments = &setting->data->groups[TEMPLATE_ADJUSTMENT];
	Slice line_no = TEMPLATE_VALUE(line, LINE, NO), space[TEMPLATE_PACKED_FIELDS];
	int i = 0, end = 0;

	if (line_no.length > 0)
		template_rows_of_line(adjustments, line_no, &i, &end);
	for (; i < end; i++)
	{
		const Slice *row =
			template_row(adjustments, i, template_group_size(TEMPLATE_ADJUSTMENT), space);
		bool is_charge = slice_is(TEMPLATE_VALUE(row, ADJUSTMENT, IS_CHARGE), "true");
		Slice reason = TEMPLATE_VALUE(row, ADJUSTMENT, REASON);

		if (reason.length == 0)
			reason = label(setting, is_charge ? LABEL_CHARGE : LABEL_ALLOWANCE);
		buffer_reset(setting->scratch);
		buffer_append(setting->scratch, reason.bytes, reason.length);
		buffer_append_text(setting->scratch, is_charge ? ": " : ": \xE2\x88\x92");
		format_money(setting->scratch, setting->language, TEMPLATE_VALUE(row, ADJUSTMENT, AMOUNT));
		set_sub_text(setting, scratch_slice(setting));
	}
}

/* A number; where most_decimals says so, the decimal marks of its column stand below each other. */
static void
set_number(const Setting *setting, int right, int y, int width, Slice text, int most_decimals)
{
	int own = format_fraction_digits(setting->language, text);
	int room = own < 0 ? 0 : layout_fraction_room(body, width, text, own, most_decimals);

	layout_right(setting->layout, body, right - room, y, width - room, text);
}

static void
set_figure(const Setting *setting, int right, int y, int width, Slice text, int most_decimals)
{
	(void) pdf_tags_open(setting->layout->tags, ROLE_TD);
	set_number(setting, right, y, width, text, most_decimals);
	pdf_tags_close(setting->layout->tags);
}

static void
set_figures(const Setting *setting, const Slice *line, int y)
{
	Layout *layout = setting->layout;

	(void) pdf_tags_open(layout->tags, ROLE_TD);
	set_number(setting, COLUMN_QUANTITY, y, MM(18),
			   quantity(setting, TEMPLATE_VALUE(line, LINE, QUANTITY)), setting->quantity_decimals);
	buffer_reset(setting->scratch);
	format_unit(setting->scratch, setting->language, TEMPLATE_VALUE(line, LINE, UNIT_CODE));
	layout_left(layout, body, COLUMN_UNIT, y, MM(11), scratch_slice(setting));
	pdf_tags_close(layout->tags);
	set_figure(setting, COLUMN_PRICE, y, MM(19), money(setting, TEMPLATE_VALUE(line, LINE, PRICE)),
			   setting->price_decimals);
	set_figure(setting, COLUMN_RATE, y, MM(12),
			   quantity(setting, TEMPLATE_VALUE(line, LINE, TAX_RATE)), 0);
	set_figure(setting, RIGHT - 400, y, MM(26),
			   money(setting, TEMPLATE_VALUE(line, LINE, NET_AMOUNT)), 0);
}

static int
line_height(const Slice *line)
{
	int lines = layout_count_lines(body, COLUMN_TEXT_WIDTH, TEMPLATE_VALUE(line, LINE, ITEM_NAME));

	return (lines > 0 ? lines : 1) * LEADING + 400;
}

static void
set_line(const Setting *setting, const Slice *line)
{
	Layout *layout = setting->layout;
	Slice name = TEMPLATE_VALUE(line, LINE, ITEM_NAME), part;
	bool first = true;
	int row, cell;

	(void) ensure(setting, LEADING, true);
	row = pdf_tags_open(layout->tags, ROLE_TR);
	cell = pdf_tags_open(layout->tags, ROLE_TD);
	pdf_tags_resume(layout->tags, row);
	set_figures(setting, line, layout->y);
	pdf_tags_resume(layout->tags, cell);
	while (layout_next_line(body, COLUMN_TEXT_WIDTH, &name, &part))
	{
		if (!first)
			(void) ensure(setting, LEADING, true);
		layout_left(layout, body, LEFT + 400, layout->y, COLUMN_TEXT_WIDTH, part);
		layout->y += LEADING;
		first = false;
	}
	if (first)
		layout->y += LEADING;
	if (!slices_equal(TEMPLATE_VALUE(line, LINE, ITEM_DESCRIPTION),
					  TEMPLATE_VALUE(line, LINE, ITEM_NAME)))
		set_sub_text(setting, TEMPLATE_VALUE(line, LINE, ITEM_DESCRIPTION));
	set_sub_text(setting, TEMPLATE_VALUE(line, LINE, NOTE));
	if (TEMPLATE_VALUE(line, LINE, PERIOD_START).length > 0 ||
		TEMPLATE_VALUE(line, LINE, PERIOD_END).length > 0)
		set_sub_text(setting, period(setting, TEMPLATE_VALUE(line, LINE, PERIOD_START),
									 TEMPLATE_VALUE(line, LINE, PERIOD_END)));
	set_line_adjustments(setting, line);
	pdf_tags_resume(layout->tags, row);
	pdf_tags_close(layout->tags);
	pdf_page_box(&layout->page, 85, LEFT, layout->y - 800, RIGHT - LEFT, 35);
	layout->y += 400;
}

/* ---------- totals ---------- */

static int
totals_height(const Setting *setting)
{
	TotalRow rows[TEMPLATE_MOST_TOTALS];
	const TemplateRows *taxes = &setting->data->groups[TEMPLATE_TAX];
	int height = template_collect_totals(setting, rows) * LEADING + MM(9);
	int tax_height = LEADING + 300;

	for (int i = 0; i < taxes->count; i++)
		tax_height +=
			LEADING + layout_count_lines(caption, MM(78),
										 TEMPLATE_VALUE(taxes->rows[i], TAX, EXEMPTION_REASON)) *
						  950;
	return (height > tax_height ? height : tax_height) + MM(6);
}

static void
set_tax_row(const Setting *setting, const Slice *row)
{
	Layout *layout = setting->layout;
	Slice reason = TEMPLATE_VALUE(row, TAX, EXEMPTION_REASON), part;

	buffer_reset(setting->scratch);
	format_quantity(setting->scratch, setting->language, TEMPLATE_VALUE(row, TAX, RATE));
	if (TEMPLATE_VALUE(row, TAX, RATE).length > 0)
		buffer_append_text(setting->scratch, "\xC2\xA0%");
	if (TEMPLATE_VALUE(row, TAX, CATEGORY).length > 0 &&
		!slice_is(TEMPLATE_VALUE(row, TAX, CATEGORY), "S"))
	{
		buffer_append_text(setting->scratch, " (");
		append_part(setting->scratch, "", TEMPLATE_VALUE(row, TAX, CATEGORY));
		buffer_append_char(setting->scratch, ')');
	}
	layout_left(layout, body, LEFT + 400, layout->y, MM(20), scratch_slice(setting));
	layout_right(layout, body, LEFT + MM(52), layout->y, MM(28),
				 money(setting, TEMPLATE_VALUE(row, TAX, TAXABLE_AMOUNT)));
	layout_right(layout, body, LEFT + MM(80), layout->y, MM(26),
				 money(setting, TEMPLATE_VALUE(row, TAX, TAX_AMOUNT)));
	layout->y += LEADING;
	while (layout_next_line(caption, MM(78), &reason, &part))
	{
		(void) ensure(setting, LEADING, false);
		layout_left(layout, caption, LEFT + 400, layout->y - 150, MM(78), part);
		layout->y += 950;
	}
}

static void
set_tax_head(const Setting *setting)
{
	Layout *layout = setting->layout;

	layout_left(layout, caption, LEFT + 400, layout->y, MM(20), label(setting, LABEL_VAT));
	layout_right(layout, caption, LEFT + MM(52), layout->y, MM(28),
				 label(setting, LABEL_VAT_BASIS));
	layout_right(layout, caption, LEFT + MM(80), layout->y, MM(26),
				 label(setting, LABEL_VAT_AMOUNT));
	pdf_page_box(&layout->page, 60, LEFT, layout->y + 300, MM(80) + 400, 35);
	layout->y += LEADING + 300;
}

static void
set_payable(const Setting *setting)
{
	Layout *layout = setting->layout;
	LayoutStyle large = {FONT_BOLD, 1150, 0};
	ProofMark mark;

	pdf_page_box(&layout->page, 93, MM(110), layout->y - 900, RIGHT - MM(110), MM(8));
	buffer_reset(setting->scratch);
	buffer_append_text(
		setting->scratch,
		template_label(setting->is_credit ? LABEL_CREDITED : LABEL_PAYABLE, setting->language));
	buffer_append_char(setting->scratch, ' ');
	append_part(setting->scratch, "", INVOICE_FIELD(setting, CURRENCY));
	(void) pdf_tags_open(layout->tags, ROLE_P);
	layout_left(layout, large, MM(110) + 400, layout->y + MM10(24), MM(42), scratch_slice(setting));
	mark = prove(setting, PROOF_AMOUNT);
	layout_right(layout, large, RIGHT - 400, layout->y + MM10(24), MM(36),
				 money(setting, INVOICE_FIELD(setting, PAYABLE_AMOUNT)));
	proven(setting, mark, PROOF_AMOUNT);
	pdf_tags_close(layout->tags);
	layout->y += MM(8);
}

static void
set_totals(const Setting *setting)
{
	Layout *layout = setting->layout;
	const TemplateRows *taxes = &setting->data->groups[TEMPLATE_TAX];
	TotalRow rows[TEMPLATE_MOST_TOTALS];
	int count = template_collect_totals(setting, rows), top, page;

	layout->y += MM(4);
	top = layout->y;
	page = layout->page_count;
	for (int i = 0; i < count; i++)
	{
		(void) pdf_tags_open(layout->tags, ROLE_P);
		layout_left(layout, body, MM(110) + 400, layout->y, MM(46), rows[i].text);
		buffer_reset(setting->scratch);
		if (rows[i].minus && !(rows[i].number.length > 0 && rows[i].number.bytes[0] == '-'))
			buffer_append_text(setting->scratch, "\xE2\x88\x92");
		else if (rows[i].minus)
			rows[i].number = (Slice){rows[i].number.bytes + 1, rows[i].number.length - 1};
		format_money(setting->scratch, setting->language, rows[i].number);
		layout_right(layout, body, RIGHT - 400, layout->y, MM(32), scratch_slice(setting));
		pdf_tags_close(layout->tags);
		layout->y += LEADING;
	}
	set_payable(setting);
	if (taxes->count > 0)
	{
		int end = layout->y;

		layout->y = top;
		set_tax_head(setting);
		for (int i = 0; i < taxes->count; i++)
		{
			if (ensure(setting, LEADING, false))
				set_tax_head(setting);
			set_tax_row(setting, taxes->rows[i]);
		}
		if (layout->page_count == page && layout->y < end)
			layout->y = end;
	}
	layout->y += MM(4);
}

static void
set_paragraph(const Setting *setting, Slice text)
{
	Slice line;

	(void) pdf_tags_open(setting->layout->tags, ROLE_P);
	while (layout_next_line(body, RIGHT - LEFT - 400, &text, &line))
	{
		(void) ensure(setting, LEADING, false);
		layout_left(setting->layout, body, LEFT + 400, setting->layout->y, RIGHT - LEFT - 400,
					line);
		setting->layout->y += LEADING;
	}
	pdf_tags_close(setting->layout->tags);
}

/* A document that nobody pays says so where the payment part would be. */
static void
set_no_payment(const Setting *setting)
{
	Slice account = INVOICE_FIELD(setting, PAYEE_ACCOUNT);

	if (setting->is_credit)
		set_paragraph(setting, label(setting, LABEL_NO_PAYMENT));
	else if (setting->is_self_billed && account.length > 0)
	{
		buffer_reset(setting->scratch);
		buffer_append_text(setting->scratch, template_label(LABEL_PAYOUT, setting->language));
		buffer_append_char(setting->scratch, ' ');
		format_account(setting->scratch, account, INVOICE_FIELD(setting, RECIPIENT_COUNTRY));
		buffer_append_text(setting->scratch, ".");
		set_paragraph(setting, scratch_slice(setting));
	}
}

/* ---------- the document ---------- */

static PortStatus
require_field(const Setting *setting, TemplateField field, PortFault *fault)
{
	if (setting->invoice[field - FIRST_FIELD_INVOICE].length > 0)
		return PORT_OK;
	return port_fault(fault, PORT_INVALID, "TEMPLATE-FIELD",
					  "template \"%s\" needs field \"%s\", which the invoice lacks",
					  TEMPLATE_INVOICE_NAME, template_field_info[field].path);
}

static PortStatus
check_fields(const Setting *setting, PortFault *fault)
{
	static const TemplateField needed[] = {
		FIELD_INVOICE_NUMBER,		  FIELD_INVOICE_ISSUE_DATE,		FIELD_INVOICE_CURRENCY,
		FIELD_INVOICE_RECIPIENT_NAME, FIELD_INVOICE_PAYABLE_AMOUNT, FIELD_INVOICE_ISSUER_NAME};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (require_field(setting, needed[i], fault) != PORT_OK)
			return fault->status;
	if (template_has_payment(setting->data))
		return require_field(setting, FIELD_INVOICE_DUE_DATE, fault);
	return PORT_OK;
}

static PortStatus
set_lines(Setting *setting)
{
	Layout *layout = setting->layout;
	const TemplateRows *lines = &setting->data->groups[TEMPLATE_LINE];
	Slice space[TEMPLATE_PACKED_FIELDS];
	int limit = template_has_payment(setting->data) ? PAYMENT_TOP - MM(3) : FLOW_BOTTOM;
	int tail =
		totals_height(setting) +
		layout_count_lines(body, RIGHT - LEFT, INVOICE_FIELD(setting, PAYMENT_TERMS)) * LEADING;

	setting->quantity_decimals =
		template_rows_decimals(lines, FIELD_LINE_QUANTITY - FIRST_FIELD_LINE, 0);
	setting->price_decimals = template_rows_decimals(lines, FIELD_LINE_PRICE - FIRST_FIELD_LINE, 2);
	(void) pdf_tags_open(layout->tags, ROLE_TABLE);
	set_table_head(setting);
	for (int i = 0; i < lines->count; i++)
	{
		const Slice *line = template_row(lines, i, template_group_size(TEMPLATE_LINE), space);

		if (i % 256 == 0 && layout->port->interrupted(layout->port->host))
			return PORT_INTERRUPTED;
		/* the last line moves to the next page together with totals that do not fit */
		if (i == lines->count - 1 && layout->y + line_height(line) + tail > limit && i > 0)
			start_next_page(setting, true);
		set_line(setting, line);
	}
	pdf_tags_close(layout->tags);
	if (layout->y + tail > layout->bottom)
		start_next_page(setting, false);
	set_totals(setting);
	return layout->status;
}

/* All pages, but for their feet. */
static PortStatus
set_pages(Setting *setting)
{
	Layout *layout = setting->layout;
	PortStatus status;

	layout_new_page(layout);
	if (layout->status != PORT_OK)
		return layout->status;
	set_letterhead(setting);
	set_address(setting);
	set_facts(setting);
	layout->y = FIRST_TABLE_TOP - MM(6);
	layout->bottom = FLOW_BOTTOM;
	set_paragraph(setting, INVOICE_FIELD(setting, NOTE));
	if (layout->y < FIRST_TABLE_TOP)
		layout->y = FIRST_TABLE_TOP;
	status = set_lines(setting);
	if (status != PORT_OK)
		return status;
	set_paragraph(setting, INVOICE_FIELD(setting, PAYMENT_TERMS));
	set_no_payment(setting);
	if (template_has_payment(setting->data))
	{
		if (layout->y > PAYMENT_TOP)
			start_next_page(setting, false);
		template_set_payment(setting);
	}
	return layout->status;
}

/* Sets the pages again and gives them away one by one. */
static PortStatus
send_pages(Setting *setting, PortFault *fault)
{
	Layout *layout = setting->layout;
	PortStatus status;

	layout_send(layout);
	status = layout->status == PORT_OK ? set_pages(setting) : layout->status;
	if (status != PORT_OK)
		return status;
	(void) pdf_tags_open(layout->tags, ROLE_ARTIFACT);
	template_set_foot(setting, layout->page_count);
	if (layout->page_count != layout->sent_pages)
		return port_fault(fault, PORT_INVALID, "TEMPLATE-FIT",
						  "the document has %d pages, and %d were counted", layout->page_count,
						  layout->sent_pages);
	return PORT_OK;
}

static PortStatus
set_document(Setting *setting, PortFault *fault)
{
	char character[8];
	Layout *layout = setting->layout;
	PortStatus status = check_fields(setting, fault);

	if (status != PORT_OK)
		return status;
	proof_begin(&layout->proof, setting->data, fault);
	if (layout->check != NULL)
		print_check_begin(layout->check, TEMPLATE_INVOICE_NAME, fault);
	layout_begin_long(layout);
	status = set_pages(setting);
	if (status == PORT_OK && layout_must_send(layout))
		status = send_pages(setting, fault);
	else if (status == PORT_OK)
	{
		(void) pdf_tags_open(layout->tags, ROLE_ARTIFACT);
		for (int i = 1; i <= layout->page_count; i++)
			template_set_foot(setting, i);
	}
	if (status != PORT_OK)
		return status;
	layout_end(layout);
	if (fault->status != PORT_OK)
		return fault->status;
	if (layout->too_small[0] != '\0')
		return port_fault(fault, PORT_INVALID, "TEMPLATE-FIT",
						  "the house's own layout: \"%s\" does not fit its place in letters that "
						  "can be read",
						  layout->too_small);
	if (layout->missing != 0)
		return port_fault(fault, PORT_INVALID, "TEMPLATE-GLYPH",
						  "character U+%04X%s is in none of the fonts", (unsigned) layout->missing,
						  layout_character(layout->missing, character));
	return layout->status;
}

PortStatus
template_invoice_layout(const TemplateData *data, Layout *layout, ByteBuffer *scratch,
						PortFault *fault)
{
	ByteBuffer page_scratch;
	Setting setting = {.data = data,
					   .invoice = data->groups[TEMPLATE_INVOICE].rows[0],
					   .layout = layout,
					   .scratch = scratch,
					   .page_scratch = &page_scratch};
	PortStatus status;

	buffer_init(&page_scratch, layout->port);
	setting.language = template_invoice_language(data);
	setting.is_credit = template_is_credit_note(data);
	setting.is_self_billed = template_is_self_billed(data);
	status = set_document(&setting, fault);
	buffer_release(&page_scratch);
	return status;
}
