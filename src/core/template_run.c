/*
 * template_run.c: the interpreter.
 *
 * layout->y is the top edge of what comes next.  Blocks are measured by running them without
 * drawing, so that "keep" and the end of a table know whether the rest still fits.  Zones of every
 * page are set last, when the number of pages is known.
 */
#include "core/template_run.h"

#include "core/template_invoice.h"
#include "core/template_state.h"

#include <string.h>

#define COLUMN_GAP MM(2)

static void run_blocks(TemplateRun *run, int first, int x, int width);
static void start_page(TemplateRun *run);

static bool
failed(const TemplateRun *run)
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

/* ---------- placing ---------- */

/* Room for a height in the flow; a zone is checked when it is complete. */
static void
ensure(TemplateRun *run, int height)
{
	if (run->measuring || run->in_zone || run->layout->y + height <= run->layout->bottom)
		return;
	start_page(run);
}

static void
draw_line(TemplateRun *run, LayoutStyle style, TemplateAlign align, int x, int y, int width,
		  Slice text)
{
	if (run->measuring)
		return;
	if (align == ALIGN_RIGHT)
		layout_right(run->layout, style, x + width, y + rise_of(style.size), width, text);
	else
		layout_left(run->layout, style, x, y + rise_of(style.size), width, text);
}

static void
draw_box(TemplateRun *run, int gray, int x, int y, int width, int height)
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
run_text(TemplateRun *run, const TemplateBlock *block, int x, int width)
{
	LayoutStyle style = style_of(block);
	/* a page that starts in the middle sets its zones with scratch */
	ByteBuffer *out = run->in_zone ? run->scratch : run->cells;
	Slice rest = {"", 0}, line;
	int lines = 0;

	buffer_reset(out);
	if (template_append(run, block, block->content, out) && !out->failed)
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
run_total(TemplateRun *run, const TemplateBlock *block, int x, int width)
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
	text = template_evaluate(run, block, block->label);
	draw_line(run, style, ALIGN_LEFT, x, run->layout->y + (block->shaded ? MM10(12) : 0),
			  width * 6 / 10, text);
	text = template_evaluate(run, block, block->content);
	draw_line(run, style, ALIGN_RIGHT, x + width * 6 / 10,
			  run->layout->y + (block->shaded ? MM10(12) : 0), width - width * 6 / 10, text);
	run->layout->y += height;
}

static void
run_barcode(TemplateRun *run, const TemplateBlock *block, int x, int width)
{
	Slice text = template_evaluate(run, block, block->content);
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
row_belongs(const TemplateRun *run, TemplateList list, const Slice *row)
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
fill_cell(TemplateRun *run, int first, int width, TemplateCellLine *lines, int count,
		  TemplateAlign align)
{
	for (int number = first; number != 0; number = run->program->blocks[number].next)
	{
		const TemplateBlock *block = &run->program->blocks[number];

		if (!template_test_holds(run, &block->test))
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

			(void) template_append(run, block, block->content, run->cells);
			if (run->cells->failed)
				return count;
			rest = (Slice){run->cells->bytes + start, run->cells->length - start};
			if (align == ALIGN_RIGHT && rest.length > 0 && count < TEMPLATE_MAX_CELL_LINES)
				lines[count++] = (TemplateCellLine){start, rest.length, style, align};
			else
				while (layout_next_line(style, width, &rest, &line))
				{
					if (count == TEMPLATE_MAX_CELL_LINES)
					{
						port_fault(
							run->fault, PORT_INVALID, "TEMPLATE-FIT",
							"template \"%.60s\", block <column> in line %d: more than %d lines",
							run->program->name.bytes, block->line, TEMPLATE_MAX_CELL_LINES);
						return count;
					}
					lines[count++] = (TemplateCellLine){(size_t) (line.bytes - run->cells->bytes),
														line.length, style, ALIGN_LEFT};
				}
		}
	}
	return count;
}

static int
row_line_height(const TemplateTableRow *row, int line)
{
	int height = 0;

	for (int c = 0; c < row->columns; c++)
		if (line < row->count[c] && leading_of(row->lines[c][line].style.size) > height)
			height = leading_of(row->lines[c][line].style.size);
	return height;
}

static void
place_columns(const TemplateRun *run, const TemplateBlock *table, TemplateTableRow *row, int x,
			  int width)
{
	row->columns = 0;
	for (int number = table->first_child; number != 0 && row->columns < TEMPLATE_MAX_COLUMNS;
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
set_table_head(TemplateRun *run, const TemplateBlock *table, int x, int width)
{
	TemplateTableRow *row = run->head;
	LayoutStyle style = {FONT_BOLD, 800, 0};
	int number = table->first_child;

	place_columns(run, table, row, x, width);
	draw_box(run, 93, x, run->layout->y, width, MM(7));
	for (int c = 0; c < row->columns; c++, number = run->program->blocks[number].next)
	{
		const TemplateBlock *column = &run->program->blocks[number];

		draw_line(run, style, column->align, row->x[c], run->layout->y + MM10(22), row->width[c],
				  template_evaluate(run, column, column->label));
	}
	run->layout->y += MM10(85);
}

static void
fill_row(TemplateRun *run, const TemplateBlock *table, TemplateTableRow *row)
{
	int number = table->first_child;
	int most = 0;

	buffer_reset(run->cells);
	for (int c = 0; c < row->columns; c++, number = run->program->blocks[number].next)
	{
		const TemplateBlock *column = &run->program->blocks[number];

		row->count[c] = template_test_holds(run, &column->test)
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
set_row(TemplateRun *run, const TemplateTableRow *row, int x, int width)
{
	int height;

	for (int i = 0; (height = row_line_height(row, i)) > 0; i++)
	{
		ensure(run, height);
		for (int c = 0; c < row->columns; c++)
			if (i < row->count[c])
			{
				const TemplateCellLine *line = &row->lines[c][i];

				draw_line(run, line->style, line->align, row->x[c], run->layout->y, row->width[c],
						  (Slice){run->cells->bytes + line->start, line->length});
			}
		run->layout->y += height;
	}
	draw_box(run, 85, x, run->layout->y + MM10(5), width, 35);
	run->layout->y += MM10(15);
}

static int
measure_blocks(TemplateRun *run, int first, int x, int width)
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
last_limit(const TemplateRun *run)
{
	const TemplateProgram *program = run->program;
	int limit = program->bottom;

	for (int number = program->blocks[0].first_child; number != 0;
		 number = program->blocks[number].next)
	{
		const TemplateBlock *zone = &program->blocks[number];

		if (zone->kind == BLOCK_ZONE && zone->pages == PAGES_LAST &&
			template_test_holds(run, &zone->test) && zone->y - MM(2) < limit)
			limit = zone->y - MM(2);
	}
	return limit;
}

static void
run_table(TemplateRun *run, const TemplateBlock *table, int x, int width)
{
	TemplateTableRow *row = run->row;
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
run_each(TemplateRun *run, const TemplateBlock *block, int x, int width)
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
measure_highest(TemplateRun *run, int first, int x, int width)
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
run_columns(TemplateRun *run, const TemplateBlock *block, int x, int width)
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
run_block(TemplateRun *run, const TemplateBlock *block, int x, int width)
{
	if (!template_test_holds(run, &block->test))
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
run_blocks(TemplateRun *run, int first, int x, int width)
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
run_zone(TemplateRun *run, const TemplateBlock *zone)
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
run_zones(TemplateRun *run, TemplatePages pages)
{
	const TemplateProgram *program = run->program;

	for (int number = program->blocks[0].first_child; number != 0 && !failed(run);
		 number = program->blocks[number].next)
	{
		const TemplateBlock *zone = &program->blocks[number];

		if (zone->kind == BLOCK_ZONE && zone->pages == pages &&
			template_test_holds(run, &zone->test))
			run_zone(run, zone);
	}
}

static void
start_page(TemplateRun *run)
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
	scratch->row = port->alloc(port->host, sizeof(TemplateTableRow));
	scratch->head = port->alloc(port->host, sizeof(TemplateTableRow));
	return scratch->row == NULL || scratch->head == NULL ? PORT_NO_MEMORY : PORT_OK;
}

PortStatus
template_run(const TemplateProgram *program, const TemplateData *data, Layout *layout,
			 TemplateScratch *scratch, PortFault *fault)
{
	TemplateRun run = {.program = program,
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
