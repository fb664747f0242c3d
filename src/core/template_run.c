/*
 * template_run.c: the interpreter.
 *
 * layout->y is the top edge of what comes next.  Blocks are measured by running them without
 * drawing, so that "keep" and the end of a table know whether the rest still fits.  Zones of every
 * page are set last, when the number of pages is known.
 */
#include "core/template_run.h"

#include "core/template_invoice.h"
#include "core/template_kind.h"

#include <stdio.h>
#include <string.h>

#define MAX_COLUMNS 16
#define MAX_CELL_LINES 400
#define COLUMN_GAP MM(2)

typedef struct CellLine
{
	size_t start, length; /* in cells */
	LayoutStyle style;
	TemplateAlign align;
} CellLine;

/* One row of a table, all cells broken into lines. */
typedef struct TemplateTableRow
{
	int columns;
	int x[MAX_COLUMNS], width[MAX_COLUMNS], count[MAX_COLUMNS];
	CellLine lines[MAX_COLUMNS][MAX_CELL_LINES];
	int height;
} TableRow;

typedef struct Run
{
	const TemplateProgram *program;
	const TemplateData *data;
	Layout *layout;
	ByteBuffer *scratch, *cells;
	TableRow *row, *head;
	PortFault *fault;
	TemplateLanguage language;
	const Slice *rows[TEMPLATE_GROUP_COUNT]; /* the row at hand of each group */
	bool measuring, in_zone;
	const TemplateBlock *table; /* whose head a new page repeats */
	int table_x, table_width;
	int page_no; /* shown by {{page}} */
} Run;

static void run_blocks(Run *run, int first, int x, int width);
static void start_page(Run *run);

static bool
failed(const Run *run)
{
	return run->fault->status != PORT_OK || run->layout->status != PORT_OK;
}

static LayoutStyle
style_of(const TemplateBlock *block)
{
	return (LayoutStyle){block->bold ? FONT_BOLD : FONT_REGULAR, block->size, block->gray};
}

static int
leading_of(int size)
{
	return size * 13 / 10;
}

/* From the top edge of a line to its base line. */
static int
rise_of(int size)
{
	return size;
}

/* ---------- values ---------- */

static Slice
field_value(const Run *run, int field)
{
	TemplateGroup group = template_field_info[field].group;
	const Slice *row = run->rows[group];

	return row == NULL ? (Slice){NULL, 0} : row[field - (int) template_group_first(group)];
}

static bool
flag_holds(const Run *run, TemplateFlag flag)
{
	switch (flag)
	{
		case FLAG_CREDIT:
			return template_is_credit_note(run->data);
		case FLAG_SELF_BILLED:
			return template_is_self_billed(run->data);
		case FLAG_PAYMENT:
			return template_has_payment(run->data);
		case FLAG_FOREIGN:
			return template_is_foreign(run->data);
		case FLAG_COUNT:
			break;
	}
	return false;
}

static bool
test_holds(const Run *run, const TemplateTest *test)
{
	bool holds;

	if (!test->present)
		return true;
	if (test->field < 0)
		holds = flag_holds(run, test->flag);
	else
	{
		Slice value = field_value(run, test->field);
		TemplateType type = template_field_info[test->field].type;

		if (test->equals.bytes != NULL)
			holds =
				value.length == test->equals.length &&
				(value.length == 0 || memcmp(value.bytes, test->equals.bytes, value.length) == 0);
		else
			holds = type == TEMPLATE_TYPE_TEXT || type == TEMPLATE_TYPE_DATE
						? value.length > 0
						: !slice_is_zero(value);
	}
	return holds != test->negated;
}

static Slice
country_beside(const Run *run, int field)
{
	bool recipient =
		field >= FIELD_INVOICE_RECIPIENT_NAME && field <= FIELD_INVOICE_RECIPIENT_COUNTRY;
	bool buyer = field >= FIELD_INVOICE_BUYER_NAME && field <= FIELD_INVOICE_BUYER_COUNTRY;

	return field_value(run, recipient ? FIELD_INVOICE_RECIPIENT_COUNTRY
							: buyer	  ? FIELD_INVOICE_BUYER_COUNTRY
									  : FIELD_INVOICE_ISSUER_COUNTRY);
}

static void
append_field(Run *run, const TemplateBlock *block, const TemplateSegment *segment, ByteBuffer *out)
{
	Slice value = field_value(run, segment->number);

	if (value.length == 0)
	{
		if (!segment->optional)
			port_fault(run->fault, PORT_INVALID, "TEMPLATE-FIELD",
					   "template \"%.60s\", block <%s> in line %d: field \"%s\" is missing",
					   run->program->name.bytes, template_block_name(block->kind), block->line,
					   template_field_info[segment->number].path);
		return;
	}
	switch (segment->format)
	{
		case FORMAT_MONEY:
			format_money(out, run->language, value);
			break;
		case FORMAT_NUMBER:
			format_quantity(out, run->language, value);
			break;
		case FORMAT_DATE:
			format_date(out, run->language, value);
			break;
		case FORMAT_REFERENCE:
			format_reference(out, value);
			break;
		case FORMAT_ACCOUNT:
			format_account(out, value, field_value(run, FIELD_INVOICE_ISSUER_COUNTRY));
			break;
		case FORMAT_UNIT:
			format_unit(out, run->language, value);
			break;
		case FORMAT_POSTCODE:
			format_postcode(out, value, country_beside(run, segment->number));
			break;
		case FORMAT_COUNTRY:
			format_country(out, value);
			break;
		case FORMAT_RAW:
		case FORMAT_COUNT:
			buffer_append(out, value.bytes, value.length);
	}
}

static Slice
own_label(const Run *run, const TemplateSegment *segment)
{
	const TemplateProgram *program = run->program;
	Slice english = {"", 0};

	for (int i = 0; i < program->label_count; i++)
	{
		const TemplateOwnLabel *label = &program->labels[i];

		if (label->key.length != segment->text.length ||
			memcmp(label->key.bytes, segment->text.bytes, label->key.length) != 0)
			continue;
		if (label->language == run->language)
			return label->text;
		if (english.length == 0 || label->language == LANGUAGE_EN)
			english = label->text;
	}
	if (segment->number >= 0)
		english.bytes = template_label((TemplateLabel) segment->number, run->language),
		english.length = strlen(english.bytes);
	return english;
}

static void
append_segment(Run *run, const TemplateBlock *block, const TemplateSegment *segment,
			   ByteBuffer *out)
{
	Slice label;

	switch (segment->kind)
	{
		case SEGMENT_LITERAL:
			buffer_append(out, segment->text.bytes, segment->text.length);
			break;
		case SEGMENT_FIELD:
			append_field(run, block, segment, out);
			break;
		case SEGMENT_LABEL:
			buffer_append_text(out, template_label((TemplateLabel) segment->number, run->language));
			break;
		case SEGMENT_OWN_LABEL:
			label = own_label(run, segment);
			buffer_append(out, label.bytes, label.length);
			break;
		case SEGMENT_TITLE:
			buffer_append_text(out, template_label(template_title_label(run->data), run->language));
			break;
		case SEGMENT_PAGE:
			buffer_append_int(out, run->page_no);
			break;
		case SEGMENT_PAGES:
			buffer_append_int(out, run->layout->page_count);
			break;
	}
}

/*
 * Appends the text of an expression.  False when it shows nothing: all its values are optional and
 * none of them is there, whatever stands around them.
 */
static bool
append_expression(Run *run, const TemplateBlock *block, TemplateExpression expression,
				  ByteBuffer *out)
{
	size_t before = out->length;
	int values = 0, present = 0;

	for (int i = 0; i < expression.count; i++)
	{
		const TemplateSegment *segment = &run->program->segments[expression.first + i];
		size_t start = out->length;

		append_segment(run, block, segment, out);
		if (segment->kind != SEGMENT_FIELD)
			continue;
		values++;
		present += out->length > start;
	}
	if (values > 0 && present == 0)
		out->length = before;
	return out->length > before;
}

/* In scratch: valid until the next one. */
static Slice
evaluate(Run *run, const TemplateBlock *block, TemplateExpression expression)
{
	buffer_reset(run->scratch);
	if (!append_expression(run, block, expression, run->scratch) || run->scratch->failed)
		return (Slice){"", 0};
	return (Slice){run->scratch->bytes, run->scratch->length};
}

/* ---------- placing ---------- */

/* Room for a height in the flow; a zone is checked when it is complete. */
static void
ensure(Run *run, int height)
{
	if (run->measuring || run->in_zone || run->layout->y + height <= run->layout->bottom)
		return;
	start_page(run);
}

static void
draw_line(Run *run, LayoutStyle style, TemplateAlign align, int x, int y, int width, Slice text)
{
	if (run->measuring)
		return;
	if (align == ALIGN_RIGHT)
		layout_right(run->layout, style, x + width, y + rise_of(style.size), width, text);
	else
		layout_left(run->layout, style, x, y + rise_of(style.size), width, text);
}

static void
draw_box(Run *run, int gray, int x, int y, int width, int height)
{
	if (!run->measuring)
		pdf_page_box(&run->layout->page, gray, x, y, width, height);
}

static int
inner_width(const TemplateBlock *block, int width)
{
	int own = block->width >= 0 ? block->width : width - block->x;

	return own < 100 ? 100 : own;
}

static void
run_text(Run *run, const TemplateBlock *block, int x, int width)
{
	LayoutStyle style = style_of(block);
	/* a page that starts in the middle sets its zones with scratch */
	ByteBuffer *out = run->in_zone ? run->scratch : run->cells;
	Slice rest = {"", 0}, line;
	int lines = 0;

	buffer_reset(out);
	if (append_expression(run, block, block->content, out) && !out->failed)
		rest = (Slice){out->bytes, out->length};
	x += block->x;
	width = inner_width(block, width);
	if (block->align == ALIGN_RIGHT && rest.length > 0)
	{
		ensure(run, leading_of(style.size));
		draw_line(run, style, ALIGN_RIGHT, x, run->layout->y, width, rest);
		run->layout->y += leading_of(style.size);
		return;
	}
	while (layout_next_line(style, width, &rest, &line))
	{
		lines++;
		if (lines == block->most_lines)
			line.length += rest.length; /* the rest is cut, with an ellipsis */
		ensure(run, leading_of(style.size));
		draw_line(run, style, ALIGN_LEFT, x, run->layout->y, width, line);
		run->layout->y += leading_of(style.size);
		if (lines == block->most_lines)
			break;
	}
}

static void
run_total(Run *run, const TemplateBlock *block, int x, int width)
{
	LayoutStyle style = style_of(block);
	int height = leading_of(style.size) + (block->shaded ? MM(3) : 0);
	Slice text;

	x += block->x;
	width = inner_width(block, width);
	ensure(run, height);
	if (block->shaded)
		draw_box(run, 93, x, run->layout->y, width, height);
	if (block->shaded)
	{
		x += 400;
		width -= 800;
	}
	text = evaluate(run, block, block->label);
	draw_line(run, style, ALIGN_LEFT, x, run->layout->y + (block->shaded ? MM10(12) : 0),
			  width * 6 / 10, text);
	text = evaluate(run, block, block->content);
	draw_line(run, style, ALIGN_RIGHT, x + width * 6 / 10,
			  run->layout->y + (block->shaded ? MM10(12) : 0), width - width * 6 / 10, text);
	run->layout->y += height;
}

static void
run_barcode(Run *run, const TemplateBlock *block, int x, int width)
{
	Slice text = evaluate(run, block, block->content);
	Code128 code;
	int height = block->height > 0 ? block->height : MM(13), module = 94, used;
	LayoutStyle style = {FONT_REGULAR, 800, 0};

	x += block->x;
	width = inner_width(block, width);
	if (text.length == 0)
		return;
	if (code128_encode(&code, text.bytes, text.length) != PORT_OK)
	{
		port_fault(run->fault, PORT_INVALID, "TEMPLATE-FIT",
				   "template \"%.60s\", block <barcode> in line %d: \"%.*s\" cannot be a bar code",
				   run->program->name.bytes, block->line,
				   (int) (text.length < 40 ? text.length : 40), text.bytes);
		return;
	}
	while (module > 54 && code128_modules(&code) * module > width)
		module -= 4;
	used = code128_modules(&code) * module;
	if (used > width)
	{
		port_fault(
			run->fault, PORT_INVALID, "TEMPLATE-FIT",
			"template \"%.60s\", block <barcode> in line %d: bar code is wider than its place",
			run->program->name.bytes, block->line);
		return;
	}
	buffer_reset(run->cells);
	format_reference(run->cells, text);
	ensure(run, height + leading_of(style.size));
	if (block->align == ALIGN_RIGHT)
		x += width - used;
	if (!run->measuring)
		(void) pdf_page_code128(&run->layout->page, &code, x, run->layout->y, module, height);
	run->layout->y += height + 200;
	draw_line(run, style, ALIGN_RIGHT, x, run->layout->y, used,
			  (Slice){run->cells->bytes, run->cells->failed ? 0 : run->cells->length});
	run->layout->y += leading_of(style.size);
}

/* ---------- lists and tables ---------- */

static TemplateGroup
list_group(TemplateList list)
{
	return list == LIST_LINES	? TEMPLATE_LINE
		   : list == LIST_TAXES ? TEMPLATE_TAX
								: TEMPLATE_ADJUSTMENT;
}

static bool
row_belongs(const Run *run, TemplateList list, const Slice *row)
{
	Slice of, line;

	if (list == LIST_LINES || list == LIST_TAXES)
		return true;
	of = TEMPLATE_VALUE(row, ADJUSTMENT, LINE_NO);
	if (list == LIST_ADJUSTMENTS)
		return of.length == 0;
	line = TEMPLATE_VALUE(run->rows[TEMPLATE_LINE], LINE, NO);
	return of.length > 0 && of.length == line.length &&
		   memcmp(of.bytes, line.bytes, of.length) == 0;
}

/* What a cell shows: the texts of the column, one below the other. */
static int
fill_cell(Run *run, int first, int width, CellLine *lines, int count, TemplateAlign align)
{
	for (int number = first; number != 0; number = run->program->blocks[number].next)
	{
		const TemplateBlock *block = &run->program->blocks[number];

		if (!test_holds(run, &block->test))
			continue;
		if (block->kind == BLOCK_IF)
			count = fill_cell(run, block->first_child, width, lines, count, align);
		else if (block->kind == BLOCK_EACH)
		{
			TemplateGroup group = list_group(block->list);
			const Slice *outer = run->rows[group];

			for (int i = 0; i < run->data->groups[group].count; i++)
				if (row_belongs(run, block->list, run->data->groups[group].rows[i]))
				{
					run->rows[group] = run->data->groups[group].rows[i];
					count = fill_cell(run, block->first_child, width, lines, count, align);
				}
			run->rows[group] = outer;
		}
		else
		{
			LayoutStyle style = style_of(block);
			size_t start = run->cells->length;
			Slice rest, line;

			(void) append_expression(run, block, block->content, run->cells);
			if (run->cells->failed)
				return count;
			rest = (Slice){run->cells->bytes + start, run->cells->length - start};
			if (align == ALIGN_RIGHT && rest.length > 0 && count < MAX_CELL_LINES)
				lines[count++] = (CellLine){start, rest.length, style, align};
			else
				while (layout_next_line(style, width, &rest, &line))
				{
					if (count == MAX_CELL_LINES)
					{
						port_fault(
							run->fault, PORT_INVALID, "TEMPLATE-FIT",
							"template \"%.60s\", block <column> in line %d: more than %d lines",
							run->program->name.bytes, block->line, MAX_CELL_LINES);
						return count;
					}
					lines[count++] = (CellLine){(size_t) (line.bytes - run->cells->bytes),
												line.length, style, ALIGN_LEFT};
				}
		}
	}
	return count;
}

static int
row_line_height(const TableRow *row, int line)
{
	int height = 0;

	for (int c = 0; c < row->columns; c++)
		if (line < row->count[c] && leading_of(row->lines[c][line].style.size) > height)
			height = leading_of(row->lines[c][line].style.size);
	return height;
}

static void
place_columns(const Run *run, const TemplateBlock *table, TableRow *row, int x, int width)
{
	row->columns = 0;
	for (int number = table->first_child; number != 0 && row->columns < MAX_COLUMNS;
		 number = run->program->blocks[number].next)
	{
		const TemplateBlock *column = &run->program->blocks[number];
		int c = row->columns++;
		int end = x + width - 400;

		row->x[c] = c == 0 ? x + 400 : row->x[c - 1] + row->width[c - 1] + COLUMN_GAP;
		row->width[c] = column->width >= 0 ? column->width : end - row->x[c];
		if (row->x[c] + row->width[c] > end)
			row->width[c] = end - row->x[c];
		if (row->width[c] < 100)
			row->width[c] = 100;
	}
}

static void
set_table_head(Run *run, const TemplateBlock *table, int x, int width)
{
	TableRow *row = run->head;
	LayoutStyle style = {FONT_BOLD, 800, 0};
	int number = table->first_child;

	place_columns(run, table, row, x, width);
	draw_box(run, 93, x, run->layout->y, width, MM(7));
	for (int c = 0; c < row->columns; c++, number = run->program->blocks[number].next)
	{
		const TemplateBlock *column = &run->program->blocks[number];

		draw_line(run, style, column->align, row->x[c], run->layout->y + MM10(22), row->width[c],
				  evaluate(run, column, column->label));
	}
	run->layout->y += MM10(85);
}

static void
fill_row(Run *run, const TemplateBlock *table, TableRow *row)
{
	int number = table->first_child;
	int most = 0;

	buffer_reset(run->cells);
	for (int c = 0; c < row->columns; c++, number = run->program->blocks[number].next)
	{
		const TemplateBlock *column = &run->program->blocks[number];

		row->count[c] = test_holds(run, &column->test)
							? fill_cell(run, column->first_child, row->width[c], row->lines[c], 0,
										column->align)
							: 0;
		if (row->count[c] > most)
			most = row->count[c];
	}
	row->height = MM10(15);
	for (int i = 0; i < most; i++)
		row->height += row_line_height(row, i);
}

static void
set_row(Run *run, const TableRow *row, int x, int width)
{
	int height;

	for (int i = 0; (height = row_line_height(row, i)) > 0; i++)
	{
		ensure(run, height);
		for (int c = 0; c < row->columns; c++)
			if (i < row->count[c])
			{
				const CellLine *line = &row->lines[c][i];

				draw_line(run, line->style, line->align, row->x[c], run->layout->y, row->width[c],
						  (Slice){run->cells->bytes + line->start, line->length});
			}
		run->layout->y += height;
	}
	draw_box(run, 85, x, run->layout->y + MM10(5), width, 35);
	run->layout->y += MM10(15);
}

static int
measure_blocks(Run *run, int first, int x, int width)
{
	bool outer = run->measuring;
	int y = run->layout->y, height;

	run->measuring = true;
	run->layout->y = 0;
	run_blocks(run, first, x, width);
	height = run->layout->y;
	run->layout->y = y;
	run->measuring = outer;
	return height;
}

/* Top of the zones that the last page ends with, or the bottom of the flow. */
static int
last_limit(const Run *run)
{
	const TemplateProgram *program = run->program;
	int limit = program->bottom;

	for (int number = program->blocks[0].first_child; number != 0;
		 number = program->blocks[number].next)
	{
		const TemplateBlock *zone = &program->blocks[number];

		if (zone->kind == BLOCK_ZONE && zone->pages == PAGES_LAST && test_holds(run, &zone->test) &&
			zone->y - MM(2) < limit)
			limit = zone->y - MM(2);
	}
	return limit;
}

static void
run_table(Run *run, const TemplateBlock *table, int x, int width)
{
	TableRow *row = run->row;
	TemplateGroup group = list_group(table->list);
	const TemplateRows *rows = &run->data->groups[group];
	const TemplateBlock *outer_table = run->table;
	const Slice *outer = run->rows[group];
	int last = rows->count - 1;

	x += table->x;
	width = inner_width(table, width);
	ensure(run, MM(16));
	set_table_head(run, table, x, width);
	place_columns(run, table, row, x, width);
	if (!run->measuring)
	{
		run->table = table;
		run->table_x = x;
		run->table_width = width;
	}
	while (last >= 0 && !row_belongs(run, table->list, rows->rows[last]))
		last--;
	for (int i = 0; i <= last && !failed(run); i++)
	{
		if (!row_belongs(run, table->list, rows->rows[i]))
			continue;
		if (i % 256 == 255 && run->layout->port->interrupted(run->layout->port->host))
		{
			run->layout->status = PORT_INTERRUPTED;
			break;
		}
		run->rows[group] = rows->rows[i];
		if (i == last && i > 0 && table->keep_last && !run->measuring && !run->in_zone)
		{
			int rest = measure_blocks(run, table->next, x, width);

			place_columns(run, table, row, x, width);
			fill_row(run, table, row);
			if (run->layout->y + row->height + rest > last_limit(run))
				start_page(run);
		}
		fill_row(run, table, row);
		set_row(run, row, x, width);
	}
	run->rows[group] = outer;
	run->table = outer_table;
}

static void
run_each(Run *run, const TemplateBlock *block, int x, int width)
{
	TemplateGroup group = list_group(block->list);
	const TemplateRows *rows = &run->data->groups[group];
	const Slice *outer = run->rows[group];

	for (int i = 0; i < rows->count && !failed(run); i++)
		if (row_belongs(run, block->list, rows->rows[i]))
		{
			run->rows[group] = rows->rows[i];
			run_blocks(run, block->first_child, x, width);
		}
	run->rows[group] = outer;
}

/* The highest of the siblings that start here, each on its own. */
static int
measure_highest(Run *run, int first, int x, int width)
{
	int highest = 0;

	for (int number = first; number != 0; number = run->program->blocks[number].next)
	{
		int height = measure_blocks(run, -number, x, width);

		if (height > highest)
			highest = height;
	}
	return highest;
}

/* Children beside one another, never broken; the next block goes below the longest. */
static void
run_columns(Run *run, const TemplateBlock *block, int x, int width)
{
	int top, end;

	if (!run->measuring && !run->in_zone)
		ensure(run, measure_highest(run, block->first_child, x, width));
	top = end = run->layout->y;
	for (int number = block->first_child; number != 0; number = run->program->blocks[number].next)
	{
		run->layout->y = top;
		run_blocks(run, -number, x, width);
		if (run->layout->y > end)
			end = run->layout->y;
	}
	run->layout->y = end;
}

static void
run_block(Run *run, const TemplateBlock *block, int x, int width)
{
	if (!test_holds(run, &block->test))
		return;
	switch (block->kind)
	{
		case BLOCK_TEXT:
			run_text(run, block, x, width);
			break;
		case BLOCK_TOTAL:
			run_total(run, block, x, width);
			break;
		case BLOCK_TABLE:
			run_table(run, block, x, width);
			break;
		case BLOCK_COLUMNS:
			run_columns(run, block, x, width);
			break;
		case BLOCK_IF:
			run_blocks(run, block->first_child, x, width);
			break;
		case BLOCK_EACH:
			run_each(run, block, x, width);
			break;
		case BLOCK_KEEP:
			if (!run->measuring)
				ensure(run, measure_blocks(run, block->first_child, x + block->x,
										   inner_width(block, width)));
			run_blocks(run, block->first_child, x + block->x, inner_width(block, width));
			break;
		case BLOCK_BARCODE:
			run_barcode(run, block, x, width);
			break;
		case BLOCK_RULE:
			draw_box(run, block->gray, x + block->x, run->layout->y + MM10(5),
					 inner_width(block, width), block->height > 0 ? block->height : 35);
			run->layout->y += MM10(10) + block->height;
			break;
		case BLOCK_BOX:
			draw_box(run, block->gray, x + block->x, run->layout->y + block->y,
					 inner_width(block, width), block->height);
			break;
		case BLOCK_SPACE:
			run->layout->y += block->height;
			break;
		case BLOCK_PAGEBREAK:
			if (!run->measuring)
				start_page(run);
			break;
		default: /* labels and zones are not part of the flow */
			break;
	}
}

/* The chain of siblings that starts here; of -first that block alone. */
static void
run_blocks(Run *run, int first, int x, int width)
{
	bool alone = first < 0;

	for (int number = alone ? -first : first; number != 0 && !failed(run);
		 number = run->program->blocks[number].next)
	{
		run_block(run, &run->program->blocks[number], x, width);
		if (alone)
			break;
	}
}

/* ---------- pages and zones ---------- */

static void
run_zone(Run *run, const TemplateBlock *zone)
{
	int y = run->layout->y, end;
	bool in_zone = run->in_zone;

	run->in_zone = true;
	run->layout->y = zone->y;
	run_blocks(run, zone->first_child, zone->x,
			   zone->width >= 0 ? zone->width : PDF_PAGE_WIDTH - zone->x - MM(20));
	end = run->layout->y;
	run->layout->y = y;
	run->in_zone = in_zone;
	if (zone->height > 0 && end > zone->y + zone->height + 100)
		port_fault(run->fault, PORT_INVALID, "TEMPLATE-FIT",
				   "template \"%.60s\", block <zone> in line %d: content is higher than the zone",
				   run->program->name.bytes, zone->line);
}

static void
run_zones(Run *run, TemplatePages pages)
{
	const TemplateProgram *program = run->program;

	for (int number = program->blocks[0].first_child; number != 0 && !failed(run);
		 number = program->blocks[number].next)
	{
		const TemplateBlock *zone = &program->blocks[number];

		if (zone->kind == BLOCK_ZONE && zone->pages == pages && test_holds(run, &zone->test))
			run_zone(run, zone);
	}
}

static void
start_page(Run *run)
{
	Layout *layout = run->layout;

	layout_new_page(layout);
	if (failed(run))
		return;
	run->page_no = layout->page_count;
	layout->y = layout->page_count == 1 ? run->program->top : run->program->next_top;
	layout->bottom = run->program->bottom;
	run_zones(run, layout->page_count == 1 ? PAGES_FIRST : PAGES_NEXT);
	if (run->table != NULL)
		set_table_head(run, run->table, run->table_x, run->table_width);
}

PortStatus
template_scratch_init(TemplateScratch *scratch, const Port *port)
{
	buffer_init(&scratch->text, port);
	buffer_init(&scratch->cells, port);
	scratch->row = port->alloc(port->host, sizeof(TableRow));
	scratch->head = port->alloc(port->host, sizeof(TableRow));
	return scratch->row == NULL || scratch->head == NULL ? PORT_NO_MEMORY : PORT_OK;
}

PortStatus
template_run(const TemplateProgram *program, const TemplateData *data, Layout *layout,
			 TemplateScratch *scratch, PortFault *fault)
{
	Run run = {.program = program,
			   .data = data,
			   .layout = layout,
			   .scratch = &scratch->text,
			   .cells = &scratch->cells,
			   .row = scratch->row,
			   .head = scratch->head,
			   .fault = fault,
			   .language = template_invoice_language(data)};
	const TemplateBlock *flow = &program->blocks[program->flow];
	int x = flow->x > 0 ? flow->x : MM(20);

	run.rows[TEMPLATE_INVOICE] = data->groups[TEMPLATE_INVOICE].rows[0];
	layout_begin(layout);
	start_page(&run);
	run_blocks(&run, flow->first_child, x, flow->width >= 0 ? flow->width : MM(170));
	if (!failed(&run) && layout->y > last_limit(&run))
		start_page(&run);
	run.page_no = layout->page_count;
	run_zones(&run, PAGES_LAST);
	for (int page = 1; page <= layout->page_count && !failed(&run); page++)
	{
		layout_reopen_page(layout, page);
		run.page_no = page;
		run_zones(&run, PAGES_EVERY);
	}
	layout_end(layout);
	if (fault->status != PORT_OK)
		return fault->status;
	if (layout->missing != 0)
		return port_fault(fault, PORT_INVALID, "TEMPLATE-GLYPH",
						  "character U+%04X is in none of the fonts", (unsigned) layout->missing);
	return layout->status;
}
