/*
 * template_table.c: tables: a row an element of a list, the head again on each page.
 *
 * A row is broken into lines of cells first, so that its height is known; lines go over a page
 * break one by one, the last row stays with what follows.
 */
#include "core/template_proof.h"

#include <string.h>

#define COLUMN_GAP MM(2)
#define ROW_STAYS_WHOLE MM(60)
#define ROWS_FOR_DECIMALS 400 /* a few pages: further ones look alike */

/* One text of a cell, in lines. */
static int
fill_text(TemplateRun *run, const TemplateBlock *column, const TemplateBlock *block, int width,
		  TemplateCellLine *lines, int count)
{
	TemplateAlign align = column->align;
	LayoutStyle style = template_style(run, block);
	size_t start = run->cells->length;
	Slice rest, line;

	(void) template_append(run, block, block->content, run->cells);
	if (run->cells->failed)
		return count;
	rest = (Slice){run->cells->bytes + start, run->cells->length - start};
	if ((align == ALIGN_RIGHT || align == ALIGN_DECIMAL) && rest.length > 0 &&
		count < TEMPLATE_MAX_CELL_LINES)
	{
		lines[count++] = (TemplateCellLine){start, rest.length, style, align, 0, block};
		return count;
	}
	for (int own = 1; layout_next_line(style, width, &rest, &line); own++)
	{
		if (count == TEMPLATE_MAX_CELL_LINES)
		{
			port_fault(run->fault, PORT_INVALID, "TEMPLATE-FIT",
					   "template \"%.60s\", block <column> in line %d: more than %d lines",
					   run->program->name.bytes, block->line, TEMPLATE_MAX_CELL_LINES);
			return count;
		}
		if (own == block->most_lines)
			line.length += rest.length; /* the rest is cut, with an ellipsis */
		lines[count++] = (TemplateCellLine){(size_t) (line.bytes - run->cells->bytes),
											line.length,
											style,
											align,
											0,
											own == 1 ? block : NULL};
		if (own == 2)
			lines[count - 2].proof = NULL; /* not whole: nothing is read of a cell of lines */
		if (own == block->most_lines)
			break;
	}
	return count;
}

/* What a cell shows: the texts of the column, one below the other. */
static int
fill_cell(TemplateRun *run, const TemplateBlock *column, int first, int width,
		  TemplateCellLine *lines, int count)
{
	for (int number = first; number != 0; number = run->program->blocks[number].next)
	{
		const TemplateBlock *block = &run->program->blocks[number];

		if (!template_block_shows(run, block))
			continue;
		if (block->kind == BLOCK_IF)
			count = fill_cell(run, column, block->first_child, width, lines, count);
		else if (block->kind == BLOCK_EACH)
		{
			TemplateLoop loop;

			template_loop_begin(run, &loop, block);
			while (template_loop_next(run, &loop))
				count = fill_cell(run, column, block->first_child, width, lines, count);
			template_loop_end(run, &loop);
		}
		else
			count = fill_text(run, column, block, width, lines, count);
	}
	return count;
}

static int
row_line_height(const TemplateTableRow *row, int line)
{
	int height = 0;

	for (int c = 0; c < row->columns; c++)
		if (line < row->count[c] && template_leading(row->lines[c][line].style.size) > height)
			height = template_leading(row->lines[c][line].style.size);
	return height;
}

/* What each of the columns without a width gets of what the others leave. */
static int
width_left(const TemplateRun *run, const TemplateBlock *table, int width)
{
	int left = width - 800 + COLUMN_GAP, count = 0;

	for (int number = table->first_child; number != 0; number = run->program->blocks[number].next)
	{
		const TemplateBlock *column = &run->program->blocks[number];

		left -= COLUMN_GAP + (column->width >= 0 ? column->width : 0);
		count += column->width < 0 ? 1 : 0;
	}
	return count == 0 ? 0 : left / count;
}

static void
place_columns(const TemplateRun *run, const TemplateBlock *table, TemplateTableRow *row, int x,
			  int width)
{
	int own = width_left(run, table, width);

	row->columns = 0;
	for (int number = table->first_child; number != 0 && row->columns < TEMPLATE_MAX_COLUMNS;
		 number = run->program->blocks[number].next)
	{
		const TemplateBlock *column = &run->program->blocks[number];
		int c = row->columns++;
		int end = x + width - 400;

		row->x[c] = c == 0 ? x + 400 : row->x[c - 1] + row->width[c - 1] + COLUMN_GAP;
		row->width[c] = column->width >= 0 ? column->width : own;
		if (row->x[c] + row->width[c] > end)
			row->width[c] = end - row->x[c];
		if (row->width[c] < 100)
			row->width[c] = 100;
	}
}

/* A heading may run over the columns behind it that have none. */
static int
head_width(const TemplateRun *run, const TemplateTableRow *row, const TemplateBlock *column, int c)
{
	int last = c;

	for (int number = column->next;
		 column->align == ALIGN_LEFT && number != 0 && last + 1 < row->columns &&
		 run->program->blocks[number].label.count == 0;
		 number = run->program->blocks[number].next)
		last++;
	return row->x[last] + row->width[last] - row->x[c];
}

static LayoutStyle
head_style(const TemplateRun *run, const TemplateBlock *table, const TemplateBlock *column)
{
	int ink = table->colour >= 0 ? template_ink(run, table) : 45;

	if (!table->plain)
		return (LayoutStyle){FONT_BOLD, 800,
							 template_ink_on(run, table, template_fill(run, table, 93))};
	return column->bold ? (LayoutStyle){FONT_BOLD, 900,
										column->colour >= 0 ? template_ink(run, column)
															: template_ink(run, table)}
						: (LayoutStyle){FONT_REGULAR, 750, ink};
}

void
template_table_head(TemplateRun *run, const TemplateBlock *table, int x, int width)
{
	TemplateTableRow *row = run->head;
	int number = table->first_child, top = run->layout->y, height = table->plain ? MM(6) : MM(7);

	if (table->headless)
		return;
	place_columns(run, table, row, x, width);
	(void) template_open_element(run, ROLE_TR);
	if (table->plain)
		template_draw_box(run, 50, x, top + height - MM(1), width, 50);
	else
		template_draw_box(run, template_fill(run, table, 93), x, top, width, height);
	for (int c = 0; c < row->columns; c++, number = run->program->blocks[number].next)
	{
		const TemplateBlock *column = &run->program->blocks[number];
		LayoutStyle style = head_style(run, table, column);
		int base = table->plain ? top + height - MM10(28) - style.size : top + MM10(22);

		(void) template_open_element(run, ROLE_TH);
		template_draw_line(run, style, column->align, row->x[c], base,
						   head_width(run, row, column, c),
						   template_evaluate(run, column, column->label));
		template_close_element(run);
	}
	template_close_element(run);
	run->layout->y = top + height + (table->plain ? 0 : MM10(15));
}

void
template_table_carry(TemplateRun *run, TemplateLabel label)
{
	LayoutStyle style = {FONT_BOLD, 800, 0};
	const char *text = template_label(label, run->language);
	int x = run->table_x + 400, width = run->table_width - 800;
	char digits[DECIMAL_TEXT_SIZE];
	Slice number = {digits, (size_t) decimal_text(run->carried, 0, digits)};

	template_draw_line(run, style, ALIGN_LEFT, x, run->layout->y + MM(1), width * 6 / 10,
					   (Slice){text, strlen(text)});
	buffer_reset(run->scratch);
	format_money(run->scratch, run->language, number);
	if (!run->scratch->failed)
		template_draw_line(run, style, ALIGN_RIGHT, x, run->layout->y + MM(1), width,
						   (Slice){run->scratch->bytes, run->scratch->length});
	run->layout->y += MM(6);
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

		row->count[c] =
			template_block_shows(run, column)
				? fill_cell(run, column, column->first_child, row->width[c], row->lines[c], 0)
				: 0;
		if (row->count[c] > most)
			most = row->count[c];
	}
	row->height = MM10(15);
	for (int i = 0; i < most; i++)
		row->height += row_line_height(row, i);
}

/* How many decimals the numbers of a column have at most; 0 where that is no matter. */
static void
find_decimals(TemplateRun *run, const TemplateBlock *table, const TemplateTableRow *row,
			  int *decimals)
{
	int number = table->first_child;
	long turns = run->turns;
	TemplateLoop loop;
	bool any = false;

	for (int c = 0; c < row->columns; c++, number = run->program->blocks[number].next)
	{
		decimals[c] = 0;
		any |= run->program->blocks[number].align == ALIGN_DECIMAL;
	}
	if (!any)
		return;
	template_loop_begin(run, &loop, table);
	for (int i = 0; i < ROWS_FOR_DECIMALS && template_loop_next(run, &loop); i++)
	{
		number = table->first_child;
		buffer_reset(run->cells);
		for (int c = 0; c < row->columns; c++, number = run->program->blocks[number].next)
		{
			const TemplateBlock *column = &run->program->blocks[number];
			TemplateCellLine lines[TEMPLATE_MAX_CELL_LINES];
			int count = 0;

			if (column->align == ALIGN_DECIMAL && template_block_shows(run, column))
				count = fill_cell(run, column, column->first_child, row->width[c], lines, 0);
			for (int k = 0; k < count; k++)
			{
				int own = format_fraction_digits(
					run->language, (Slice){run->cells->bytes + lines[k].start, lines[k].length});

				if (own > decimals[c])
					decimals[c] = own;
			}
		}
	}
	template_loop_end(run, &loop);
	run->turns = turns;
}

/* Numbers with fewer decimals than others of their column make room for these. */
static void
align_decimals(TemplateRun *run, TemplateTableRow *row, const int *decimals)
{
	for (int c = 0; c < row->columns; c++)
		for (int i = 0; decimals[c] > 0 && i < row->count[c]; i++)
		{
			TemplateCellLine *line = &row->lines[c][i];
			Slice text = {run->cells->bytes + line->start, line->length};
			int own = format_fraction_digits(run->language, text);

			if (own >= 0)
				line->inset =
					layout_fraction_room(line->style, row->width[c], text, own, decimals[c]);
		}
}

static void
set_row(TemplateRun *run, const TemplateTableRow *row, int rule, int x, int width)
{
	int height, cells[TEMPLATE_MAX_COLUMNS], element;

	/* a row of some lines stays whole; a long one goes on on the next page */
	if (row->height < ROW_STAYS_WHOLE)
		template_ensure(run, row->height);
	element = template_open_element(run, ROLE_TR);

	/* the lines of the cells take turns */
	for (int c = 0; c < row->columns; c++)
	{
		cells[c] = template_open_element(run, ROLE_TD);
		template_close_element(run);
	}
	for (int i = 0; (height = row_line_height(row, i)) > 0; i++)
	{
		template_ensure(run, height);
		for (int c = 0; c < row->columns; c++)
			if (i < row->count[c])
			{
				const TemplateCellLine *line = &row->lines[c][i];
				TemplateProof proof = {.reads = false};

				if (line->proof != NULL)
					proof = template_proof_begin(run, line->proof);
				if (!run->measuring)
					pdf_tags_resume(run->layout->tags, cells[c]);
				template_draw_line(run, line->style, line->align, row->x[c], run->layout->y,
								   row->width[c] - line->inset,
								   (Slice){run->cells->bytes + line->start, line->length});
				if (proof.reads)
					template_proof_end(run, line->proof, &proof);
			}
		run->layout->y += height;
	}
	if (!run->measuring)
		pdf_tags_resume(run->layout->tags, element);
	template_close_element(run);
	template_draw_box(run, rule, x, run->layout->y + MM10(5), width, 35);
	run->layout->y += MM10(15);
}

static void
add_carried(TemplateRun *run, const TemplateBlock *table)
{
	int at = table->carry_field - (int) template_group_first(TEMPLATE_LINE);
	Slice text = run->rows[TEMPLATE_LINE][at];
	Decimal value;

	if (run->measuring || text.length == 0 ||
		decimal_parse(text.bytes, text.length, &value) != DECIMAL_OK)
		return;
	(void) decimal_add(run->carried, value, &run->carried);
	run->has_carried = true;
}

/* The last row goes to the next page when what must stay with it does not fit here. */
static void
keep_last_row(TemplateRun *run, const TemplateBlock *table, int x, int width)
{
	int limit, rest = template_measure_rest(run, table, x, width, &limit);

	place_columns(run, table, run->row, x, width);
	fill_row(run, table, run->row);
	if (run->layout->y + run->row->height + rest > limit)
		template_start_page(run);
}

static void
run_rows(TemplateRun *run, const TemplateBlock *table, TemplateLoop *loop, const int *decimals,
		 int x, int width)
{
	int done = 0;

	while (!template_failed(run) && template_loop_next(run, loop))
	{
		if (++done % 256 == 0 && run->layout->port->interrupted(run->layout->port->host))
		{
			run->layout->status = PORT_INTERRUPTED;
			break;
		}
		if (loop->next > loop->last && done > 1 && table->keep_last && !run->measuring &&
			!run->in_zone)
			keep_last_row(run, table, x, width);
		fill_row(run, table, run->row);
		align_decimals(run, run->row, decimals);
		set_row(run, run->row, table->plain ? 90 : 85, x, width);
		if (table->carry_field >= 0)
			add_carried(run, table);
	}
}

void
template_run_table(TemplateRun *run, const TemplateBlock *table, int x, int width)
{
	const TemplateBlock *outer_table = run->table;
	TemplateLoop loop;
	int decimals[TEMPLATE_MAX_COLUMNS];

	x += table->x;
	width = template_inner_width(table, width);
	template_ensure(run, MM(16));
	(void) template_open_element(run, ROLE_TABLE);
	template_table_head(run, table, x, width);
	place_columns(run, table, run->row, x, width);
	find_decimals(run, table, run->row, decimals);
	if (!run->measuring)
	{
		run->table = table;
		run->table_x = x;
		run->table_width = width;
		run->has_carried = false;
		run->carried = decimal_from_int(0);
		if (table->carry_field >= 0)
			run->layout->bottom -= MM(6);
	}
	template_loop_begin(run, &loop, table);
	run_rows(run, table, &loop, decimals, x, width);
	template_loop_end(run, &loop);
	template_close_element(run);
	if (!run->measuring && table->carry_field >= 0)
		run->layout->bottom = template_page_bottom(run);
	run->table = outer_table;
	if (!run->measuring)
		run->has_carried = false;
}
