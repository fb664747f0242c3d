/*
 * template_run.c: the interpreter.
 *
 * layout->y is the top edge of what comes next.  Blocks are measured by running them without
 * drawing, so that "keep" and the end of a table know whether the rest still fits.  Zones of every
 * page are set last, when the number of pages is known; in a document that is set twice because it
 * is long (layout_send) they complete each page before the next one starts.
 */
#include "core/template_run.h"

#include "core/template_invoice.h"
#include "core/template_proof.h"

#include <string.h>

LayoutStyle
template_style(const TemplateRun *run, const TemplateBlock *block)
{
	return (LayoutStyle){block->bold ? FONT_BOLD : FONT_REGULAR, block->size,
						 template_ink(run, block)};
}

int
template_leading(int size)
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

void
template_ensure(TemplateRun *run, int height)
{
	if (run->measuring || run->in_zone || run->layout->y + height <= run->layout->bottom)
		return;
	template_start_page(run);
}

void
template_draw_line(TemplateRun *run, LayoutStyle style, TemplateAlign align, int x, int y,
				   int width, Slice text)
{
	if (run->measuring)
		return;
	if (align == ALIGN_RIGHT || align == ALIGN_DECIMAL)
		layout_right(run->layout, style, x + width, y + rise_of(style.size), width, text);
	else if (align == ALIGN_CENTRE)
		layout_centre(run->layout, style, x, y + rise_of(style.size), width, text);
	else
		layout_left(run->layout, style, x, y + rise_of(style.size), width, text);
}

void
template_draw_box(TemplateRun *run, int ink, int x, int y, int width, int height)
{
	if (!run->measuring)
		pdf_page_box(&run->layout->page, ink, x, y, width, height);
}

int
template_inner_width(const TemplateBlock *block, int width)
{
	int own = block->width >= 0 ? block->width : width - block->x;

	return own < 100 ? 100 : own;
}

/* The document's title is its heading; what stays with the next block is a heading above it. */
static PdfRole
text_role(const TemplateRun *run, const TemplateBlock *block)
{
	for (int i = 0; i < block->content.count; i++)
		if (run->program->segments[block->content.first + i].kind == SEGMENT_TITLE)
			return ROLE_H1;
	return block->keep_next ? ROLE_H2 : ROLE_P;
}

static void
run_text(TemplateRun *run, const TemplateBlock *block, int x, int width)
{
	LayoutStyle style = template_style(run, block);
	ByteBuffer *out = run->cells;
	Slice rest = {"", 0}, line;
	TemplateProof proof = template_proof_begin(run, block);
	int leading = block->leading > 0 ? block->leading : template_leading(style.size), lines = 0;

	buffer_reset(out);
	if (template_append(run, block, block->content, out) && !out->failed)
		rest = (Slice){out->bytes, out->length};
	x += block->x;
	width = template_inner_width(block, width);
	(void) template_open_element(run, text_role(run, block));
	if (block->align == ALIGN_RIGHT && rest.length > 0)
	{
		template_ensure(run, leading);
		template_draw_line(run, style, ALIGN_RIGHT, x, run->layout->y, width, rest);
		run->layout->y += leading;
		rest.length = 0;
	}
	while (layout_next_line(style, width, &rest, &line))
	{
		lines++;
		if (lines == block->most_lines)
			line.length += rest.length; /* the rest is cut, with an ellipsis */
		template_ensure(run, leading);
		template_draw_line(run, style, block->align, x, run->layout->y, width, line);
		run->layout->y += leading;
		if (lines == block->most_lines)
			break;
	}
	template_close_element(run);
	template_proof_end(run, block, &proof);
}

static void
run_total(TemplateRun *run, const TemplateBlock *block, int x, int width)
{
	LayoutStyle style = template_style(run, block);
	bool shaded = block->shaded || block->fill >= 0;
	int height = template_leading(style.size) + (shaded ? MM(3) : 0);
	TemplateProof proof;
	int label_width;
	Slice text;

	if (!template_total_shows(run, block))
		return;
	x += block->x;
	width = template_inner_width(block, width);
	template_ensure(run, height);
	if (shaded)
	{
		int ground = template_fill(run, block, 93);

		style.gray = template_ink_on(run, block, ground);
		template_draw_box(run, ground, x, run->layout->y, width, height);
		x += 400;
		width -= 800;
	}
	(void) template_open_element(run, ROLE_P);
	proof = template_proof_begin(run, block);
	text = template_evaluate(run, block, block->label);
	template_draw_line(run, style, ALIGN_LEFT, x, run->layout->y + (shaded ? MM10(12) : 0),
					   width * 6 / 10, text);
	label_width = layout_width(style, text);
	if (label_width + style.size > width * 6 / 10)
		label_width = width * 6 / 10 - style.size;
	label_width += style.size; /* the value has what the label leaves */
	template_proof_content(run, &proof);
	text = template_evaluate(run, block, block->content);
	template_draw_line(run, style, ALIGN_RIGHT, x + label_width,
					   run->layout->y + (shaded ? MM10(12) : 0), width - label_width, text);
	template_close_element(run);
	template_proof_end(run, block, &proof);
	run->layout->y += height;
}

/* ---------- measuring ---------- */

int
template_measure(TemplateRun *run, int first, int x, int width)
{
	bool outer = run->measuring;
	int y = run->layout->y, height;

	run->measuring = true;
	run->layout->y = 0;
	template_run_blocks(run, first, x, width);
	height = run->layout->y;
	run->layout->y = y;
	run->measuring = outer;
	return height;
}

int
template_page_bottom(const TemplateRun *run)
{
	const TemplateProgram *program = run->program;

	return run->layout->page_count == 1 && program->first_bottom > 0 ? program->first_bottom
																	 : program->bottom;
}

/* Zones of every page that stand where the last one has a payment slip stand above it there. */
static int
lift_of(const TemplateRun *run, const TemplateBlock *zone)
{
	int top;

	if (run->giro == NULL || zone->kind != BLOCK_ZONE || zone->pages != PAGES_EVERY)
		return 0;
	top = template_giro_top(run->giro);
	return zone->y >= top ? PDF_PAGE_HEIGHT - top : 0;
}

/* Above the payment slip, and what stands on top of it. */
static int
giro_limit(const TemplateRun *run, int limit)
{
	const TemplateProgram *program = run->program;

	if (run->giro == NULL)
		return limit;
	if (template_giro_top(run->giro) - MM(2) < limit)
		limit = template_giro_top(run->giro) - MM(2);
	for (int number = program->blocks[0].first_child; number != 0;
		 number = program->blocks[number].next)
	{
		const TemplateBlock *zone = &program->blocks[number];
		int lift = lift_of(run, zone);

		if (lift > 0 && template_block_shows(run, zone) && zone->y - lift - MM(2) < limit)
			limit = zone->y - lift - MM(2);
	}
	return limit;
}

/* Top of the zones that the last page ends with, or the bottom of the flow. */
static int
last_limit(const TemplateRun *run)
{
	const TemplateProgram *program = run->program;
	int limit = template_page_bottom(run);

	for (int number = program->blocks[0].first_child; number != 0;
		 number = program->blocks[number].next)
	{
		const TemplateBlock *zone = &program->blocks[number];

		if (zone->kind == BLOCK_ZONE && zone->pages == PAGES_LAST &&
			template_block_shows(run, zone) && zone->y - MM(2) < limit)
			limit = zone->y - MM(2);
	}
	return giro_limit(run, limit);
}

/*
 * What must stay with the last row of a list: the siblings behind, and where the loops around are
 * at their last turn, what follows those; at the end of the flow the zones of the last page limit
 * it.
 */
int
template_measure_rest(TemplateRun *run, const TemplateBlock *block, int x, int width, int *limit)
{
	const TemplateProgram *program = run->program;
	int height = template_measure(run, block->next, x, width), loop = run->loop_count;

	*limit = run->layout->bottom;
	for (block = &program->blocks[block->parent];
		 block->kind == BLOCK_IF || block->kind == BLOCK_EACH;
		 block = &program->blocks[block->parent])
	{
		if (block->kind == BLOCK_EACH && (loop == 0 || !run->loops[--loop].at_last))
			return height;
		height += template_measure(run, block->next, x, width);
	}
	if (block->kind == BLOCK_FLOW && last_limit(run) < *limit)
		*limit = last_limit(run);
	return height;
}

static void
run_each(TemplateRun *run, const TemplateBlock *block, int x, int width)
{
	TemplateLoop loop;
	int depth = run->loop_count;

	if (depth == TEMPLATE_MAX_LOOPS)
		return; /* the compiler allows fewer */
	template_loop_begin(run, &loop, block);
	run->loop_count++;
	while (!template_failed(run) && template_loop_next(run, &loop))
	{
		run->loops[depth].block = block;
		run->loops[depth].at_last = loop.next > loop.last;
		template_run_blocks(run, block->first_child, x, width);
	}
	run->loop_count = depth;
	template_loop_end(run, &loop);
}

/* The highest of the siblings that start here, each on its own. */
static int
measure_highest(TemplateRun *run, int first, int x, int width)
{
	int highest = 0;

	for (int number = first; number != 0; number = run->program->blocks[number].next)
	{
		int height = template_measure(run, -number, x, width);

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
		template_ensure(run, measure_highest(run, block->first_child, x, width));
	top = end = run->layout->y;
	for (int number = block->first_child; number != 0; number = run->program->blocks[number].next)
	{
		run->layout->y = top;
		template_run_blocks(run, -number, x, width);
		if (run->layout->y > end)
			end = run->layout->y;
	}
	run->layout->y = end;
}

/* A heading stays with what it is above: a table's head and first row, else the whole block. */
static int
height_with_next(TemplateRun *run, const TemplateBlock *block, int x, int width)
{
	int number = (int) (block - run->program->blocks);
	int height = template_measure(run, -number, x, width);

	number = block->next;
	while (number != 0 && (run->program->blocks[number].keep_next ||
						   run->program->blocks[number].kind == BLOCK_SPACE ||
						   run->program->blocks[number].kind == BLOCK_RULE))
	{
		height += template_measure(run, -number, x, width);
		number = run->program->blocks[number].next;
	}
	if (number == 0)
		return height;
	if (run->program->blocks[number].kind == BLOCK_TABLE)
		return height + MM(18);
	return height + template_measure(run, -number, x, width);
}

/* With keep-last nothing of what follows may be left behind either. */
static void
run_keep(TemplateRun *run, const TemplateBlock *block, int x, int width)
{
	if (!run->measuring && !run->in_zone)
	{
		int height = template_measure(run, block->first_child, x, width), limit;

		if (block->keep_last)
		{
			height += template_measure_rest(run, block, x, width, &limit);
			if (run->layout->y + height > limit)
				template_start_page(run);
		}
		else
			template_ensure(run, height);
	}
	template_run_blocks(run, block->first_child, x, width);
}

Slice
template_image_name(const TemplateRun *run, const TemplateBlock *block)
{
	Slice own = template_tree_text(template_tree_find(run->trees[TREE_BRAND], block->name));

	return own.length > 0 ? own : block->name;
}

/* Only a brand can name an image that is not stored; a document does not leave it out. */
static void
miss_image(TemplateRun *run, const TemplateBlock *block, Slice name)
{
	if (template_tree_find(run->trees[TREE_BRAND], block->name) != NULL)
		port_fault(
			run->fault, PORT_INVALID, "TEMPLATE-BRAND",
			"template \"%.60s\", block <image> in line %d: image \"%.*s\" of the brand is not "
			"stored",
			run->program->name.bytes, block->line, slice_shown(name, 80), name.bytes);
}

/* Its place is as high as it says; a side of the place is a side of the image. */
static void
run_image(TemplateRun *run, const TemplateBlock *block, int x, int width)
{
	Slice name = template_image_name(run, block);
	const PdfImage *image = layout_find_image(run->layout, name);
	int own = template_inner_width(block, width), height = block->height;

	if (image == NULL)
		miss_image(run, block, name);
	else
		pdf_image_fit(image, &own, &height);
	x += block->align == ALIGN_RIGHT	? width - own
		 : block->align == ALIGN_CENTRE ? (width - own) / 2
										: block->x;
	if (block->height > 0)
		height = block->height;
	template_ensure(run, height);
	template_open_figure(run, template_evaluate(run, block, block->title));
	if (!run->measuring)
		layout_image(run->layout, name, x, run->layout->y, own, height);
	template_close_element(run);
	run->layout->y += height;
}

static void
run_shown_block(TemplateRun *run, const TemplateBlock *block, int x, int width)
{
	if (block->keep_next && !run->measuring && !run->in_zone)
		template_ensure(run, height_with_next(run, block, x, width));
	switch (block->kind)
	{
		case BLOCK_TEXT:
			run_text(run, block, x, width);
			break;
		case BLOCK_TOTAL:
			run_total(run, block, x, width);
			break;
		case BLOCK_TABLE:
			template_run_table(run, block, x, width);
			break;
		case BLOCK_CHART:
			template_open_figure(run, template_evaluate(run, block, block->title));
			template_run_chart(run, block, x, width);
			template_close_element(run);
			break;
		case BLOCK_IMAGE:
			run_image(run, block, x, width);
			break;
		case BLOCK_COLUMNS:
			run_columns(run, block, x, width);
			break;
		case BLOCK_IF:
			template_run_blocks(run, block->first_child, x, width);
			break;
		case BLOCK_EACH:
			run_each(run, block, x, width);
			break;
		case BLOCK_KEEP:
			run_keep(run, block, x + block->x, template_inner_width(block, width));
			break;
		case BLOCK_BARCODE:
			template_run_symbol(run, block, x, width);
			break;
		case BLOCK_QR:
			template_run_symbol(run, block, x, width);
			break;
		case BLOCK_RULE:
			template_draw_box(run, template_ink(run, block), x + block->x, run->layout->y + MM10(5),
							  template_inner_width(block, width),
							  block->height > 0 ? block->height : 35);
			run->layout->y += MM10(10) + block->height;
			break;
		case BLOCK_BOX:
			template_draw_box(run, template_ink(run, block), x + block->x,
							  run->layout->y + block->y, template_inner_width(block, width),
							  block->height);
			break;
		case BLOCK_SPACE:
			run->layout->y += block->height;
			break;
		case BLOCK_PAGEBREAK:
			if (!run->measuring && !run->in_zone)
				template_start_page(run);
			break;
		default: /* labels and zones are not part of the flow */
			break;
	}
}

/* What the block drew cannot be read: a character without a glyph, or letters that are too small.
 */
static void
complain_of_text(TemplateRun *run, const TemplateBlock *block)
{
	Layout *layout = run->layout;
	uint32_t missing = layout->missing != 0 ? layout->missing : layout->page.missing;
	char where[160], character[8];

	if (run->measuring || (missing == 0 && layout->too_small[0] == '\0') || template_failed(run))
		return;
	template_proof_where(run, block, where, sizeof(where));
	if (missing != 0)
		port_fault(run->fault, PORT_INVALID, "TEMPLATE-GLYPH",
				   "%s: character U+%04X%s is in none of the fonts", where, (unsigned) missing,
				   layout_character(missing, character));
	else
		port_fault(run->fault, PORT_INVALID, "TEMPLATE-FIT",
				   "%s: \"%s\" does not fit its place in letters that can be read", where,
				   layout->too_small);
}

static void
run_block(TemplateRun *run, const TemplateBlock *block, int x, int width)
{
	PrintCheck *check = run->layout->check;
	PrintActor outer = {.block = NULL};

	if (!template_block_shows(run, block))
		return;
	if (check != NULL)
	{
		outer = check->actor;
		check->actor = (PrintActor){template_block_name(block->kind), block->line,
									outer.in_address_zone, block->is_address, outer.zone_line};
	}
	run_shown_block(run, block, x, width);
	if (check != NULL)
		check->actor = outer;
	complain_of_text(run, block);
}

void
template_run_blocks(TemplateRun *run, int first, int x, int width)
{
	bool alone = first < 0;

	for (int number = alone ? -first : first; number != 0 && !template_failed(run);
		 number = run->program->blocks[number].next)
	{
		run_block(run, &run->program->blocks[number], x, width);
		if (alone)
			break;
	}
}

/* ---------- pages and zones ---------- */

/* Where a zone must end: its own height, else the flow below it on its page, else the page. */
static int
zone_limit(const TemplateRun *run, const TemplateBlock *zone)
{
	const TemplateProgram *program = run->program;
	const TemplateBlock *flow = &program->blocks[program->flow];
	int width = zone->width >= 0 ? zone->width : PDF_PAGE_WIDTH - zone->x - MM(20);
	int flow_x = flow->x > 0 ? flow->x : MM(20);
	int top = run->page_no > 1 ? program->next_top : program->top;

	if (zone->height > 0)
		return zone->y + zone->height;
	if (zone->pages == PAGES_LAST || zone->y >= top || zone->x + width <= flow_x ||
		zone->x >= flow_x + (flow->width >= 0 ? flow->width : MM(170)))
		return PDF_PAGE_HEIGHT;
	return top;
}

/* A page may start in the middle of a table's row: that stays at hand, whatever the zone holds. */
static void
run_zone(TemplateRun *run, const TemplateBlock *zone)
{
	int y = run->layout->y, bottom = run->layout->bottom, lift = 0, end;
	int table_x = run->table_x, table_width = run->table_width;
	bool in_zone = run->in_zone, has_carried = run->has_carried;
	ByteBuffer *cells = run->cells;
	TemplateTableRow *row = run->row;
	Decimal carried = run->carried;
	PrintCheck *check = run->layout->check;
	PrintActor outer = check != NULL ? check->actor : (PrintActor){.block = NULL};

	if (check != NULL)
	{
		check->actor.in_address_zone = zone->is_address;
		check->actor.zone_line = zone->line;
	}
	run->in_zone = true;
	if (run->zones != NULL)
	{
		run->cells = &run->zones->cells;
		run->row = run->zones->row;
	}
	if (run->page_no == run->pages)
		lift = lift_of(run, zone);
	run->layout->y = zone->y - lift;
	template_run_blocks(run, zone->first_child, zone->x,
						zone->width >= 0 ? zone->width : PDF_PAGE_WIDTH - zone->x - MM(20));
	if (check != NULL)
		check->actor = outer;
	end = run->layout->y + lift;
	run->layout->y = y;
	run->layout->bottom = bottom;
	run->in_zone = in_zone;
	run->cells = cells;
	run->row = row;
	run->has_carried = has_carried;
	run->carried = carried;
	run->table_x = table_x;
	run->table_width = table_width;
	if (end > zone_limit(run, zone) + 100)
		port_fault(run->fault, PORT_INVALID, "TEMPLATE-FIT",
				   "template \"%.60s\", block <zone> in line %d: content is higher than the zone "
				   "by %.1f mm",
				   run->program->name.bytes, zone->line,
				   (end - zone_limit(run, zone)) * 25.4 / 7200);
}

static void
run_zones(TemplateRun *run, TemplatePages pages)
{
	const TemplateProgram *program = run->program;

	for (int number = program->blocks[0].first_child; number != 0 && !template_failed(run);
		 number = program->blocks[number].next)
	{
		const TemplateBlock *zone = &program->blocks[number];

		if (zone->kind == BLOCK_ZONE && zone->pages == pages && template_block_shows(run, zone))
			run_zone(run, zone);
	}
}

/* Nothing but the slip may stand where it is: not on the page, and not in what comes last. */
static void
check_giro_place(TemplateRun *run, const char *what)
{
	if (!template_failed(run) && run->giro != NULL &&
		run->layout->page.lowest > template_giro_top(run->giro))
		port_fault(
			run->fault, PORT_INVALID, "TEMPLATE-FIT",
			"template \"%.60s\", block <giro> in line %d: %s stand in the payment slip, which "
			"takes the last %d mm of the page",
			run->program->name.bytes, run->giro->line, what,
			((PDF_PAGE_HEIGHT - template_giro_top(run->giro)) * 127 + 18000) / 36000);
}

/* The same whatever is at hand in the flow: a run of its own. */
static void
complete_page(TemplateRun *run, int page_no)
{
	Layout *layout = run->layout;
	TemplateRun zones;
	int y = layout->y, bottom = layout->bottom;

	if (template_failed(run))
		return;
	template_run_begin(&zones, run->program, run->data, run->zones, CHANNEL_PRINT, run->fault);
	zones.sums = run->page_sums;
	zones.layout = layout;
	zones.page_no = page_no;
	zones.pages = layout->sending ? layout->sent_pages : layout->page_count;
	layout_reopen_page(layout, page_no);
	(void) pdf_tags_open(layout->tags, ROLE_ARTIFACT);
	run_zones(&zones, PAGES_EVERY);
	pdf_tags_close(layout->tags);
	if (page_no == zones.pages)
		check_giro_place(&zones, "zones of every page");
	run->page_sums = zones.sums;
	layout->y = y;
	layout->bottom = bottom;
}

void
template_start_page(TemplateRun *run)
{
	Layout *layout = run->layout;
	bool carries = run->table != NULL && run->table->carry_field >= 0;
	int element = layout->tags == NULL ? 0 : layout->tags->current;
	ProofMark proof = proof_open(&layout->proof, 0); /* the page may start inside a text */

	if (layout->page_count > 0)
	{
		pdf_tags_resume(layout->tags, 0);
		(void) pdf_tags_open(layout->tags, ROLE_ARTIFACT);
	}
	if (carries && run->has_carried)
		template_table_carry(run, LABEL_CARRIED);
	if (layout->sending && layout->page_count > 0)
		complete_page(run, layout->page_count);
	layout_new_page(layout);
	if (template_failed(run))
		return;
	run->page_no = layout->page_count;
	layout->y = layout->page_count == 1 ? run->program->top : run->program->next_top;
	layout->bottom = template_page_bottom(run);
	run_zones(run, layout->page_count == 1 ? PAGES_FIRST : PAGES_NEXT);
	if (run->table != NULL)
		template_table_head(run, run->table, run->table_x, run->table_width);
	if (carries)
		layout->bottom -= MM(6);
	if (carries && run->has_carried)
		template_table_carry(run, LABEL_BROUGHT);
	pdf_tags_resume(layout->tags, element);
	proof_close(&layout->proof, proof);
}

static PortStatus
init_scratch(TemplateScratch *scratch, const Port *port)
{
	buffer_init(&scratch->text, port);
	buffer_init(&scratch->cells, port);
	scratch->qr = NULL;
	scratch->zones = NULL;
	scratch->row = port->alloc(port->host, sizeof(TemplateTableRow));
	scratch->head = port->alloc(port->host, sizeof(TemplateTableRow));
	return scratch->row == NULL || scratch->head == NULL ? PORT_NO_MEMORY : PORT_OK;
}

static void
run_giro(TemplateRun *run)
{
	PrintCheck *check = run->layout->check;

	if (check != NULL)
		check->actor = (PrintActor){.block = "giro", .line = run->giro->line};
	template_run_giro(run, run->giro);
}

/* The slip goes below what the last page has; a page that has no room for it gets another. */
static void
run_last_page(TemplateRun *run)
{
	Layout *layout = run->layout;

	if (!template_failed(run) &&
		(layout->y > last_limit(run) ||
		 (run->giro != NULL && layout->page.lowest > template_giro_top(run->giro))))
		template_start_page(run);
	check_giro_place(run, "zones of pages next");
	run->page_no = layout->page_count;
	run_zones(run, PAGES_LAST);
	check_giro_place(run, "zones of the last page");
	if (run->giro != NULL && !template_failed(run))
		run_giro(run);
}

PortStatus
template_scratch_init(TemplateScratch *scratch, const Port *port)
{
	PortStatus status = init_scratch(scratch, port);

	if (status != PORT_OK)
		return status;
	scratch->zones = port->alloc(port->host, sizeof(TemplateScratch));
	return scratch->zones == NULL ? PORT_NO_MEMORY : init_scratch(scratch->zones, port);
}

/* All pages, but for the zones that stand on every one. */
static void
set_pages(TemplateRun *run)
{
	const TemplateProgram *program = run->program;
	const TemplateBlock *flow = &program->blocks[program->flow];

	template_start_page(run);
	template_run_blocks(run, flow->first_child, flow->x > 0 ? flow->x : MM(20),
						flow->width >= 0 ? flow->width : MM(170));
	run_last_page(run);
}

/* Sets the pages again and gives them away one by one. */
static void
send_pages(TemplateRun *run, TemplateScratch *scratch)
{
	Layout *layout = run->layout;

	layout_send(layout);
	template_run_begin(run, run->program, run->data, scratch, CHANNEL_PRINT, run->fault);
	run->layout = layout;
	set_pages(run);
	complete_page(run, layout->page_count);
	if (!template_failed(run) && layout->page_count != layout->sent_pages)
		port_fault(run->fault, PORT_INVALID, "TEMPLATE-FIT",
				   "template \"%.60s\": the document has %d pages, and %d were counted",
				   run->program->name.bytes, layout->page_count, layout->sent_pages);
}

PortStatus
template_run(const TemplateProgram *program, const TemplateData *data, Layout *layout,
			 TemplateScratch *scratch, PortFault *fault)
{
	TemplateRun run;
	char character[8];

	template_run_begin(&run, program, data, scratch, CHANNEL_PRINT, fault);
	run.layout = layout;
	proof_begin(&layout->proof, data, fault);
	if (layout->check != NULL)
		print_check_begin(layout->check, program->name.bytes, fault);
	layout_begin_long(layout);
	set_pages(&run);
	if (!template_failed(&run) && layout_must_send(layout))
		send_pages(&run, scratch);
	else
		for (int page = 1; page <= layout->page_count && !template_failed(&run); page++)
			complete_page(&run, page);
	layout_end(layout);
	if (fault->status != PORT_OK)
		return fault->status;
	if (layout->missing != 0)
		return port_fault(fault, PORT_INVALID, "TEMPLATE-GLYPH",
						  "character U+%04X%s is in none of the fonts", (unsigned) layout->missing,
						  layout_character(layout->missing, character));
	return layout->status;
}
