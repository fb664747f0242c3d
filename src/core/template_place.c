/*
 * template_place.c: where blocks stand, as far as it is known without data: what is too wide when a
 * template is published, and which zone is the address.
 */
#include "core/template_compile.h"

/* How wide the place is that a block stands in. */
static int
place_width(const TemplateProgram *program, const TemplateBlock *block)
{
	int width, own;

	if (block->kind == BLOCK_ZONE)
		return block->width >= 0 ? block->width : PDF_PAGE_WIDTH - block->x - MM(20);
	if (block->kind == BLOCK_FLOW)
		return block->width >= 0 ? block->width : MM(170);
	if (block->kind == BLOCK_TEMPLATE)
		return PDF_PAGE_WIDTH;
	width = place_width(program, &program->blocks[block->parent]);
	if (block->kind != BLOCK_KEEP && block->kind != BLOCK_TABLE)
		return width;
	own = block->width >= 0 ? block->width : width - block->x;
	return own;
}

/* What its columns ask for: blanks between them, and something for one without a width. */
static int
columns_width(const TemplateProgram *program, const TemplateBlock *table)
{
	int width = 800;

	for (int number = table->first_child; number != 0; number = program->blocks[number].next)
	{
		const TemplateBlock *column = &program->blocks[number];

		width += column->width >= 0 ? column->width : MM(5);
		width += number != table->first_child ? MM(2) : 0;
	}
	return width;
}

/* From the left edge of the page to where a block's own place begins. */
static int
place_left(const TemplateProgram *program, const TemplateBlock *block)
{
	if (block->kind == BLOCK_ZONE)
		return block->x;
	if (block->kind == BLOCK_FLOW)
		return block->x > 0 ? block->x : MM(20);
	if (block->kind == BLOCK_TEMPLATE)
		return 0;
	return place_left(program, &program->blocks[block->parent]) +
		   (block->kind == BLOCK_KEEP || block->kind == BLOCK_TABLE ? block->x : 0);
}

/* A block that says how wide it is, and ends beyond the page. */
static bool
leaves_page(const TemplateProgram *program, const TemplateBlock *block)
{
	bool has_place = block->kind == BLOCK_TEXT || block->kind == BLOCK_TOTAL ||
					 block->kind == BLOCK_KEEP || block->kind == BLOCK_BARCODE ||
					 block->kind == BLOCK_BOX || block->kind == BLOCK_RULE ||
					 (block->kind == BLOCK_IMAGE && block->align == ALIGN_LEFT);

	return has_place && block->width >= 0 &&
		   place_left(program, &program->blocks[block->parent]) + block->x + block->width >
			   PDF_PAGE_WIDTH + 100;
}

/* Texts side by side that always show and run into one another: the line of the other, else 0. */
static int
overlapping_column(const TemplateProgram *program, const TemplateBlock *block)
{
	if (program->blocks[block->parent].kind != BLOCK_COLUMNS || block->width < 0 ||
		block->test.present)
		return 0;
	for (int number = block->next; number != 0; number = program->blocks[number].next)
	{
		const TemplateBlock *other = &program->blocks[number];

		if (other->width >= 0 && !other->test.present && (other->channels & block->channels) != 0 &&
			other->x + 100 < block->x + block->width && block->x + 100 < other->x + other->width)
			return other->line;
	}
	return 0;
}

/* Tables wider than their place, places beyond the page, columns over one another. */
PortStatus
template_check_places(const TemplateProgram *program, PortFault *fault)
{
	const TemplateBlock *flow = &program->blocks[program->flow];

	for (int i = 1; i < program->block_count; i++)
	{
		const TemplateBlock *block = &program->blocks[i];
		int x = block->kind == BLOCK_FLOW && block->x == 0 ? MM(20) : block->x;
		bool is_place = block->kind == BLOCK_ZONE || block->kind == BLOCK_FLOW;
		const char *problem = NULL;

		if (is_place && x + place_width(program, block) > PDF_PAGE_WIDTH + 100)
			problem = "it is wider than the page";
		else if (block->kind == BLOCK_TABLE &&
				 (columns_width(program, block) > place_width(program, block) + 100 ||
				  place_width(program, block) > PDF_PAGE_WIDTH - flow->x + 100))
			problem = "its columns are wider than its place";
		else if (leaves_page(program, block))
			problem = "it ends beyond the page";
		else if (overlapping_column(program, block) != 0)
			problem = "it overlaps what stands beside it";
		if (problem == NULL)
			continue;
		fault->line = block->line;
		return port_fault(fault, PORT_INVALID, "TEMPLATE-FIT", "template \"%.60s\", block <%s>: %s",
						  program->name.bytes, template_block_name(block->kind), problem);
	}
	return PORT_OK;
}

static bool
names_field(const TemplateProgram *program, const TemplateBlock *block, int first, int last)
{
	for (int i = 0; i < block->content.count; i++)
	{
		const TemplateSegment *segment = &program->segments[block->content.first + i];

		if (segment->kind == SEGMENT_FIELD && segment->number >= first && segment->number <= last)
			return true;
	}
	return false;
}

/* The zone that a text with the recipient's street or postcode stands in is that of the address. */
void
template_find_address(TemplateProgram *program)
{
	for (int pass = 0; pass < 2; pass++)
		for (int i = 1; i < program->block_count; i++)
		{
			TemplateBlock *block = &program->blocks[i];
			int zone = i;

			while (zone != 0 && program->blocks[zone].kind != BLOCK_ZONE)
				zone = program->blocks[zone].parent;
			if (zone == 0 || block->kind != BLOCK_TEXT)
				continue;
			if (pass == 0 && names_field(program, block, FIELD_INVOICE_RECIPIENT_STREET,
										 FIELD_INVOICE_RECIPIENT_POSTCODE))
				program->blocks[zone].is_address = true;
			if (pass == 1 && program->blocks[zone].is_address)
				block->is_address = names_field(program, block, FIELD_INVOICE_RECIPIENT_NAME,
												FIELD_INVOICE_RECIPIENT_COUNTRY);
		}
}
