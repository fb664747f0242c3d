/*
 * render_walk.c: the blocks in reading order.
 *
 * What has to be paid stands before the lines: on a narrow screen the reader sees it first.
 */
#include "core/render_walk.h"

#include "core/ink.h"
#include "core/render_chart.h"
#include "core/template_kind.h"

#include "core/template_symbol.h"

#include <string.h>

#define LARGE 1050 /* 1/100 pt: bold texts from this size on are headings */
#define GAP MM(2)  /* a smaller space is the rhythm of lines, a larger one divides */
#define QUIET_SIZE 800

typedef struct Walk
{
	TemplateRun run;
	const RenderTarget *target;
	void *state;
	RenderScratch *scratch;
	RenderRegion region;
	int tables;
	bool titled;
	bool named; /* in a block that says its channels */
} Walk;

static void walk_blocks(Walk *walk, int first);

void
render_scratch_init(RenderScratch *scratch, const Port *port)
{
	buffer_init(&scratch->label, port);
	buffer_init(&scratch->value, port);
	memset(&scratch->template_scratch, 0, sizeof(scratch->template_scratch)); /* no rows of pages */
	buffer_init(&scratch->template_scratch.text, port);
	buffer_init(&scratch->template_scratch.cells, port);
	scratch->chart = port->alloc(port->host, sizeof(ChartData));
	if (scratch->chart != NULL)
		buffer_init(&scratch->chart->texts, port);
}

size_t
render_hidden_length(const unsigned char *text, size_t length)
{
	if (*text < 0x20 || *text == 0x7F)
		return 1;
	if (length >= 2 && text[0] == 0xC2 && text[1] >= 0x80 && text[1] <= 0x9F)
		return 2; /* control characters of Latin-1 */
	if (length < 3)
		return 0;
	if (text[0] == 0xE2 && ((text[1] == 0x80 && text[2] >= 0xAA && text[2] <= 0xAE) ||
							(text[1] == 0x81 && text[2] >= 0xA6 && text[2] <= 0xA9)))
		return 3; /* turns the direction of what follows */
	if (text[0] == 0xEF && text[1] == 0xBF && text[2] >= 0xBE)
		return 3; /* not a character */
	return 0;
}

static bool
failed(const Walk *walk)
{
	return template_failed(&walk->run);
}

/* ---------- texts ---------- */

static bool
has_segment(const Walk *walk, TemplateExpression expression, TemplateSegmentKind kind)
{
	for (int i = 0; i < expression.count; i++)
		if (walk->run.program->segments[expression.first + i].kind == kind)
			return true;
	return false;
}

static bool
names_pages(const Walk *walk, TemplateExpression expression)
{
	return has_segment(walk, expression, SEGMENT_PAGE) ||
		   has_segment(walk, expression, SEGMENT_PAGES);
}

/* Whether it consists of one value, which is wanted; format FORMAT_COUNT: in any format. */
static bool
is_only(const Walk *walk, TemplateExpression expression, int field, TemplateFormat format)
{
	const TemplateSegment *segment = &walk->run.program->segments[expression.first];

	return expression.count == 1 &&
		   (segment->kind == SEGMENT_FIELD || (field < 0 && segment->kind == SEGMENT_NODE)) &&
		   (field < 0 || segment->number == field) &&
		   (format == FORMAT_COUNT || segment->format == format);
}

static unsigned
value_shown(const TemplateSegment *segment)
{
	if (segment->kind == SEGMENT_TITLE)
		return RENDER_SHOWS_TITLE;
	if (segment->kind != SEGMENT_FIELD)
		return 0;
	switch (segment->number)
	{
		case FIELD_INVOICE_NUMBER:
			return RENDER_SHOWS_NUMBER;
		case FIELD_INVOICE_PAYABLE_AMOUNT:
			return RENDER_SHOWS_AMOUNT;
		case FIELD_INVOICE_DUE_DATE:
			return RENDER_SHOWS_DUE_DATE;
		case FIELD_INVOICE_PAYEE_ACCOUNT:
			return RENDER_SHOWS_ACCOUNT;
		case FIELD_INVOICE_PAYMENT_REFERENCE:
			return RENDER_SHOWS_REFERENCE;
	}
	return 0;
}

/* Which values a text says; one that says none and has a label names what comes next. */
static void
find_shown(const Walk *walk, const TemplateBlock *block, TemplateExpression expression,
		   RenderText *text)
{
	static const unsigned proven[PROOF_VALUE_COUNT] = {
		[PROOF_NUMBER] = RENDER_SHOWS_NUMBER,
		[PROOF_AMOUNT] = RENDER_SHOWS_AMOUNT,
		[PROOF_REFERENCE] = RENDER_SHOWS_REFERENCE,
		[PROOF_DUE_DATE] = RENDER_SHOWS_DUE_DATE,
	};
	bool labels = false, values = false;

	for (int i = 0; i < expression.count; i++)
	{
		const TemplateSegment *segment = &walk->run.program->segments[expression.first + i];

		text->shows |= value_shown(segment);
		labels |= segment->kind == SEGMENT_LABEL || segment->kind == SEGMENT_OWN_LABEL;
		values |= segment->kind != SEGMENT_LITERAL && segment->kind != SEGMENT_LABEL &&
				  segment->kind != SEGMENT_OWN_LABEL &&
				  !(segment->kind == SEGMENT_FIELD && segment->number == FIELD_INVOICE_CURRENCY);
	}
	for (int i = 0; i < PROOF_VALUE_COUNT && expression.first == block->content.first; i++)
		if (block->proof & PROOF_BIT(i))
			text->shows |= proven[i];
	text->alone = expression.count == 1;
	text->is_label = labels && !values;
	text->named = walk->named;
}

static RenderRole
role_of(Walk *walk, const TemplateBlock *block, TemplateExpression expression)
{
	if (block->kind != BLOCK_TEXT || block->size < LARGE)
		return ROLE_BODY;
	if (!walk->titled && has_segment(walk, expression, SEGMENT_TITLE))
	{
		walk->titled = true;
		return ROLE_TITLE;
	}
	if (!block->bold)
		return ROLE_BODY;
	/* a letter has no title but its first heading */
	if (!walk->titled && walk->region == REGION_MAIN && template_is_letter(walk->run.data))
	{
		walk->titled = true;
		return ROLE_TITLE;
	}
	return walk->region == REGION_HEAD ? ROLE_NAME : ROLE_HEADING;
}

/* False when there is nothing to show. */
static bool
make_text(Walk *walk, const TemplateBlock *block, TemplateExpression expression, ByteBuffer *out,
		  RenderText *text)
{
	memset(text, 0, sizeof(*text));
	buffer_reset(out);
	if (names_pages(walk, expression) || !template_append(&walk->run, block, expression, out) ||
		out->failed)
		return false;
	text->text = (Slice){out->bytes, out->length};
	text->bold = block->bold;
	text->quiet = block->gray >= 30 || block->size <= QUIET_SIZE;
	text->copied = is_only(walk, expression, -1, FORMAT_REFERENCE) ||
				   is_only(walk, expression, -1, FORMAT_ACCOUNT);
	text->due = is_only(walk, expression, FIELD_INVOICE_PAYABLE_AMOUNT, FORMAT_COUNT);
	find_shown(walk, block, expression, text);
	return true;
}

static void
walk_text(Walk *walk, const TemplateBlock *block)
{
	RenderText text;

	if (!make_text(walk, block, block->content, &walk->scratch->value, &text))
		return;
	text.role = role_of(walk, block, block->content);
	walk->target->text(walk->state, &text);
}

static bool
names_label(const Walk *walk, TemplateExpression expression, TemplateLabel label)
{
	for (int i = 0; i < expression.count; i++)
	{
		const TemplateSegment *segment = &walk->run.program->segments[expression.first + i];

		if ((segment->kind == SEGMENT_LABEL || segment->kind == SEGMENT_OWN_LABEL) &&
			segment->number == (int) label)
			return true;
	}
	return false;
}

static void
walk_total(Walk *walk, const TemplateBlock *block)
{
	RenderText label, value;
	bool labelled = make_text(walk, block, block->label, &walk->scratch->label, &label);
	bool valued = make_text(walk, block, block->content, &walk->scratch->value, &value);

	if (names_label(walk, block->label, LABEL_ACCOUNT) ||
		names_label(walk, block->label, LABEL_PAYOUT))
		value.shows |= RENDER_SHOWS_ACCOUNT;
	if ((valued || (labelled && block->content.count == 0)) && !failed(walk))
		walk->target->total(walk->state, &label, &value, block->shaded || block->fill >= 0);
}

/* ---------- lists ---------- */

static int
count_rows(Walk *walk, const TemplateBlock *block)
{
	TemplateLoop loop;
	int count = 0;

	template_loop_begin(&walk->run, &loop, block);
	while (!failed(walk) && template_loop_next(&walk->run, &loop))
		count++;
	template_loop_end(&walk->run, &loop);
	return count;
}

static void
walk_each(Walk *walk, const TemplateBlock *block)
{
	TemplateLoop loop;

	template_loop_begin(&walk->run, &loop, block);
	while (!failed(walk) && template_loop_next(&walk->run, &loop))
		walk_blocks(walk, block->first_child);
	template_loop_end(&walk->run, &loop);
}

static void
walk_row(Walk *walk, const TemplateBlock *block, const RenderTable *table)
{
	int column = 0;

	for (int number = block->first_child; number != 0 && column < table->columns;
		 number = walk->run.program->blocks[number].next, column++)
	{
		const TemplateBlock *cell = &walk->run.program->blocks[number];

		walk->target->cell(walk->state, table, column, true);
		if (template_block_shows(&walk->run, cell))
			walk_blocks(walk, cell->first_child);
		walk->target->cell(walk->state, table, column, false);
	}
}

static void
walk_heads(Walk *walk, const TemplateBlock *block, RenderTable *table)
{
	const TemplateBlock *blocks = walk->run.program->blocks;
	int open = 0; /* one more than the column whose head may run on */

	for (int number = block->first_child; number != 0 && table->columns < TEMPLATE_MAX_COLUMNS;
		 number = blocks[number].next)
	{
		bool bare = blocks[number].label.count == 0 && open > 0;

		table->right[table->columns] =
			blocks[number].align == ALIGN_RIGHT || blocks[number].align == ALIGN_DECIMAL;
		table->span[table->columns] = bare ? 0 : 1;
		if (bare)
			table->span[open - 1]++;
		else
			open = table->right[table->columns] ? 0 : table->columns + 1;
		table->columns++;
	}
	table->headless = block->headless;
	walk->target->table(walk->state, table, true);
	if (block->headless)
		return;
	for (int number = block->first_child, column = 0; number != 0 && column < table->columns;
		 number = blocks[number].next, column++)
	{
		buffer_reset(&walk->scratch->label);
		(void) template_append(&walk->run, &blocks[number], blocks[number].label,
							   &walk->scratch->label);
		walk->target->head(walk->state, table, column,
						   (Slice){walk->scratch->label.bytes, walk->scratch->label.length});
	}
}

/* What the rows so far come to, where the table carries a sum from page to page. */
static void
add_carried(Walk *walk, const TemplateBlock *block)
{
	int at = block->carry_field - (int) template_group_first(TEMPLATE_LINE);
	Slice text = walk->run.rows[TEMPLATE_LINE][at];
	Decimal value;

	if (text.length > 0 && decimal_parse(text.bytes, text.length, &value) == DECIMAL_OK)
		(void) decimal_add(walk->run.carried, value, &walk->run.carried);
}

/* Only lists that are cut have a page end of a kind. */
static void
tell_carried(Walk *walk, RenderTable *table)
{
	ByteBuffer *out = &walk->scratch->label;
	char digits[DECIMAL_TEXT_SIZE];
	int length = decimal_text(walk->run.carried, 0, digits);

	buffer_reset(out);
	buffer_append_text(out, template_label(LABEL_SUBTOTAL, walk->run.language));
	buffer_append_text(out, ": ");
	format_money(out, walk->run.language, (Slice){digits, (size_t) length});
	if (!out->failed)
		table->carried = (Slice){out->bytes, out->length};
}

static void
walk_table(Walk *walk, const TemplateBlock *block)
{
	const Port *port = walk->scratch->value.port;
	RenderTable table = {.number = walk->tables++, .list = block->list};
	TemplateLoop loop;

	table.rows = count_rows(walk, block);
	if (table.rows == 0 || failed(walk))
		return; /* a head without rows says nothing */
	walk_heads(walk, block, &table);
	walk->run.carried = decimal_from_int(0);
	template_loop_begin(&walk->run, &loop, block);
	for (int row = 0; !failed(walk) && template_loop_next(&walk->run, &loop); row++)
	{
		if (row % 256 == 255 && port->interrupted(port->host))
			walk->run.fault->status = PORT_INTERRUPTED;
		if (row == RENDER_MAIL_ROWS && block->carry_field >= 0)
			tell_carried(walk, &table);
		if (!walk->target->row(walk->state, &table, row, true))
			break;
		if (block->carry_field >= 0)
			add_carried(walk, block);
		walk_row(walk, block, &table);
		(void) walk->target->row(walk->state, &table, row, false);
	}
	template_loop_end(&walk->run, &loop);
	walk->target->table(walk->state, &table, false);
}

/* ---------- charts ---------- */

/* Appended to the texts of the chart: a slice of them when all are there. */
static size_t
add_text(Walk *walk, const TemplateBlock *block, TemplateExpression expression)
{
	ByteBuffer *texts = &walk->scratch->chart->texts;
	size_t before = texts->length;

	if (expression.count > 0)
		(void) template_append(&walk->run, block, expression, texts);
	return texts->length - before;
}

static void
walk_chart(Walk *walk, const TemplateBlock *block)
{
	ChartData *data = walk->scratch->chart;
	const TemplateExpression expressions[4] = {block->title, block->unit, block->legend,
											   block->second_legend};
	RenderChart chart = {.data = data, .run = &walk->run};
	Slice *const texts[4] = {&chart.title, &chart.unit, &chart.legend, &chart.second_legend};
	size_t start;

	if (data == NULL)
	{
		walk->run.fault->status = PORT_NO_MEMORY;
		return;
	}
	template_chart_collect(&walk->run, block, data);
	start = data->texts.length;
	for (int i = 0; i < 4; i++)
		texts[i]->length = add_text(walk, block, expressions[i]);
	if (failed(walk) || data->texts.failed)
		return;
	for (int i = 0; i < 4; start += texts[i++]->length)
		texts[i]->bytes = data->texts.bytes + start;
	chart.line = block->chart == CHART_LINE;
	chart.ink = block->colour >= 0 ? walk->run.inks[block->colour] : INK_NONE;
	chart.second_ink = block->second_colour >= 0 ? walk->run.inks[block->second_colour] : INK_NONE;
	walk->target->chart(walk->state, &chart);
}

static void
walk_image(Walk *walk, const TemplateBlock *block)
{
	Slice shows = {"", 0};

	buffer_reset(&walk->scratch->label);
	if (block->title.count > 0 &&
		template_append(&walk->run, block, block->title, &walk->scratch->label))
		shows = (Slice){walk->scratch->label.bytes, walk->scratch->label.length};
	if (!failed(walk) && walk->target->image != NULL)
		walk->target->image(walk->state, template_image_name(&walk->run, block), shows, block);
}

/* ---------- bar codes ---------- */

static Slice
value_of(Walk *walk)
{
	ByteBuffer *out = &walk->scratch->value;

	return (Slice){out->bytes, out->failed ? 0 : out->length};
}

static bool
is_link(Slice text)
{
	return text.length > 8 && memcmp(text.bytes, "https://", 8) == 0 &&
		   memchr(text.bytes, ' ', text.length) == NULL;
}

/* What stands below bars and in short squares is text; a payment code's lines are for machines. */
static bool
is_shown(const TemplateBlock *block, const TemplateSymbol *symbol)
{
	if (symbol->matrix.size == 0)
		return true;
	return block->payload == PAYLOAD_VALUE && symbol->content.length <= 120 &&
		   memchr(symbol->content.bytes, '\n', symbol->content.length) == NULL;
}

static void
walk_symbol(Walk *walk, const TemplateBlock *block)
{
	const char *payment = template_label(LABEL_PAYMENT, walk->run.language);
	ByteBuffer *out = &walk->scratch->value;
	TemplateSymbol symbol;
	RenderSymbol told = {.symbol = &symbol, .width = block->width};

	if (walk->target->symbol == NULL || !template_make_symbol(&walk->run, block, &symbol))
		return;
	told.link = is_link(symbol.content);
	buffer_reset(out);
	if (is_shown(block, &symbol))
	{
		if (symbol.matrix.size == 0)
			format_reference(out, symbol.content);
		else
			buffer_append(out, symbol.content.bytes, symbol.content.length);
		told.text.text = value_of(walk);
		told.text.copied = symbol.matrix.size == 0;
		told.shows = told.text.text;
	}
	else
		told.shows = (Slice){payment, strlen(payment)};
	if (!failed(walk))
		walk->target->symbol(walk->state, &told);
}

/* ---------- the payment slip ---------- */

static void
tell_term(Walk *walk, TemplateLabel label, Slice value, bool copied, bool due)
{
	const char *name = template_label(label, walk->run.language);
	RenderText left = {.text = {name, strlen(name)}}, right = {.text = value};

	right.bold = true;
	right.copied = copied;
	right.due = due;
	right.alone = true;
	right.shows = label == LABEL_ACCOUNT	 ? RENDER_SHOWS_ACCOUNT
				  : label == LABEL_REFERENCE ? RENDER_SHOWS_REFERENCE
				  : label == LABEL_DUE_DATE	 ? RENDER_SHOWS_DUE_DATE
				  : label == LABEL_PAYABLE	 ? RENDER_SHOWS_AMOUNT
											 : 0;
	if (value.length > 0)
		walk->target->total(walk->state, &left, &right, false);
}

/* There is no slip to cut off here: who is paid, where to, and what to write there. */
static void
walk_giro(Walk *walk, const TemplateBlock *block)
{
	const Slice *invoice = walk->run.rows[TEMPLATE_INVOICE];
	const char *heading = template_label(LABEL_PAYMENT, walk->run.language);
	RenderText text = {.text = {heading, strlen(heading)}, .role = ROLE_HEADING, .bold = true};
	ByteBuffer *out = &walk->scratch->value;
	GiroLine line;

	if (!template_giro_line(&walk->run, block, &line))
		return;
	walk->target->text(walk->state, &text);
	tell_term(walk, LABEL_PAY_TO, TEMPLATE_VALUE(invoice, INVOICE, ISSUER_NAME), false, false);
	tell_term(walk, LABEL_ACCOUNT, (Slice){line.account.text, line.account.length}, true, false);
	buffer_reset(out);
	if (line.reference.length > 0)
		format_reference(out, (Slice){line.reference.text, line.reference.length});
	tell_term(walk, LABEL_REFERENCE, value_of(walk), true, false);
	buffer_reset(out);
	format_date(out, walk->run.language, TEMPLATE_VALUE(invoice, INVOICE, DUE_DATE));
	tell_term(walk, LABEL_DUE_DATE, value_of(walk), false, false);
	buffer_reset(out);
	if (!block->open_amount)
		format_money_in(out, walk->run.language, TEMPLATE_VALUE(invoice, INVOICE, PAYABLE_AMOUNT),
						TEMPLATE_VALUE(invoice, INVOICE, CURRENCY));
	tell_term(walk, LABEL_PAYABLE, value_of(walk), false, true);
}

/* ---------- the tree ---------- */

static void walk_block(Walk *walk, const TemplateBlock *block);

static void
walk_columns(Walk *walk, const TemplateBlock *block)
{
	const TemplateBlock *blocks = walk->run.program->blocks;

	walk->target->columns(walk->state, true);
	for (int number = block->first_child; number != 0 && !failed(walk);
		 number = blocks[number].next)
	{
		if (!template_block_shows(&walk->run, &blocks[number]))
			continue;
		walk->target->column(walk->state, blocks[number].width, true);
		walk_block(walk, &blocks[number]);
		walk->target->column(walk->state, blocks[number].width, false);
	}
	walk->target->columns(walk->state, false);
}

static void
walk_shown_block(Walk *walk, const TemplateBlock *block)
{
	bool lists = walk->target->table != NULL;

	switch (block->kind)
	{
		case BLOCK_TEXT:
			walk_text(walk, block);
			break;
		case BLOCK_TOTAL:
			walk_total(walk, block);
			break;
		case BLOCK_TABLE:
			if (lists)
				walk_table(walk, block);
			break;
		case BLOCK_COLUMNS:
			walk_columns(walk, block);
			break;
		case BLOCK_IF:
		case BLOCK_KEEP:
			walk_blocks(walk, block->first_child);
			break;
		case BLOCK_EACH:
			if (lists || walk->named)
				walk_each(walk, block);
			break;
		case BLOCK_CHART:
			if (lists)
				walk_chart(walk, block);
			break;
		case BLOCK_IMAGE:
			walk_image(walk, block);
			break;
		case BLOCK_BARCODE:
		case BLOCK_QR:
			walk_symbol(walk, block);
			break;
		case BLOCK_RULE:
			walk->target->gap(walk->state, true);
			break;
		case BLOCK_SPACE:
			if (block->height >= GAP)
				walk->target->gap(walk->state, false);
			break;
		default: /* what only a page has */
			break;
	}
}

static void
walk_block(Walk *walk, const TemplateBlock *block)
{
	bool outer = walk->named;

	if (!template_block_shows(&walk->run, block))
		return;
	walk->named = outer || block->channels_given;
	walk_shown_block(walk, block);
	walk->named = outer;
}

static void
walk_blocks(Walk *walk, int first)
{
	for (int number = first; number != 0 && !failed(walk);
		 number = walk->run.program->blocks[number].next)
		walk_block(walk, &walk->run.program->blocks[number]);
}

/* Whether a zone stands there only when something is to be paid. */
static bool
is_payment(const TemplateBlock *block)
{
	return block->test.present && block->test.field == TEST_FLAG &&
		   block->test.flag == FLAG_PAYMENT && !block->test.negated;
}

/* Where a zone is told; REGION_COUNT: nowhere. */
static RenderRegion
region_of(const TemplateBlock *block)
{
	if (block->kind == BLOCK_FLOW)
		return REGION_MAIN;
	if (block->kind == BLOCK_GIRO)
		return REGION_PAYMENT;
	if (block->kind != BLOCK_ZONE)
		return REGION_COUNT;
	switch (block->pages)
	{
		case PAGES_FIRST:
			return is_payment(block) ? REGION_PAYMENT : REGION_HEAD;
		case PAGES_EVERY:
			return REGION_FOOT;
		case PAGES_LAST:
			return is_payment(block) ? REGION_PAYMENT : REGION_AFTER;
		case PAGES_NEXT:
			break;
	}
	return REGION_COUNT;
}

static void
walk_region(Walk *walk, RenderRegion region)
{
	const TemplateBlock *blocks = walk->run.program->blocks;
	bool started = false;

	walk->region = region;
	for (int number = blocks[0].first_child; number != 0 && !failed(walk);
		 number = blocks[number].next)
	{
		const TemplateBlock *block = &blocks[number];

		if (region_of(block) != region || !template_block_shows(&walk->run, block) ||
			(block->kind == BLOCK_GIRO && block != walk->run.giro))
			continue;
		if (!started)
			walk->target->region(walk->state, region, true);
		started = true;
		walk->target->zone(walk->state, block, true);
		walk->named = block->channels_given;
		if (block->kind == BLOCK_GIRO)
			walk_giro(walk, block);
		else
			walk_blocks(walk, block->first_child);
		walk->target->zone(walk->state, block, false);
	}
	if (started)
		walk->target->region(walk->state, region, false);
}

static void
begin_walk(Walk *walk, const TemplateProgram *program, TemplateChannel channel,
		   const TemplateData *data, RenderScratch *scratch, PortFault *fault)
{
	memset(walk, 0, sizeof(*walk));
	template_run_begin(&walk->run, program, data, &scratch->template_scratch, channel, fault);
	(void) template_check_data(data, fault);
	walk->scratch = scratch;
}

/* The colour named brand, else the first of the palette. */
static void
tell_accent(Walk *walk)
{
	const TemplateProgram *program = walk->run.program;
	int number = program->colour_count > 0 ? 0 : -1;

	for (int i = 0; i < program->colour_count; i++)
		if (slice_is(program->colours[i].name, "brand"))
			number = i;
	if (number >= 0 && walk->target->accent != NULL)
		walk->target->accent(walk->state, ink_rgb(walk->run.inks[number]));
}

static PortStatus
end_walk(const Walk *walk)
{
	if (failed(walk))
		return walk->run.fault->status;
	return walk->scratch->label.failed || walk->scratch->value.failed ||
				   (walk->scratch->chart != NULL && walk->scratch->chart->texts.failed)
			   ? PORT_NO_MEMORY
			   : PORT_OK;
}

PortStatus
render_walk(const TemplateProgram *program, TemplateChannel channel, const TemplateData *data,
			const RenderTarget *target, void *state, RenderScratch *scratch, PortFault *fault)
{
	Walk walk;

	begin_walk(&walk, program, channel, data, scratch, fault);
	walk.target = target;
	walk.state = state;
	tell_accent(&walk);
	for (int region = 0; region < REGION_COUNT && !failed(&walk); region++)
		walk_region(&walk, (RenderRegion) region);
	return end_walk(&walk);
}

PortStatus
render_walk_part(const TemplateProgram *program, TemplateBlockKind kind, TemplateChannel channel,
				 const TemplateData *data, const RenderTarget *target, void *state,
				 RenderScratch *scratch, PortFault *fault, bool *found)
{
	Walk walk;

	begin_walk(&walk, program, channel, data, scratch, fault);
	walk.target = target;
	walk.state = state;
	*found = false;
	for (int number = program->blocks[0].first_child; number != 0 && !failed(&walk);
		 number = program->blocks[number].next)
		if (program->blocks[number].kind == kind &&
			template_block_shows(&walk.run, &program->blocks[number]))
		{
			*found = true;
			walk_blocks(&walk, program->blocks[number].first_child);
		}
	return end_walk(&walk);
}
