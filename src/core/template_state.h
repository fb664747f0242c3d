/*
 * template_state.h: the state of the interpreter: for the files that set pages (template_run.c,
 * template_table.c, template_chart.c) and for other renderers that walk the same program.
 *
 * A renderer of another channel begins with template_run_begin, walks the blocks from
 * blocks[0].first_child, skips those that template_block_shows refuses, and takes texts and lists
 * from here; layout may be NULL then.
 */
#ifndef CORE_TEMPLATE_STATE_H
#define CORE_TEMPLATE_STATE_H

#include "core/decimal.h"
#include "core/giro_slip.h"
#include "core/template_rows.h"
#include "core/template_run.h"

#define TEMPLATE_MAX_COLUMNS 16
#define TEMPLATE_MAX_CELL_LINES 400
#define TEMPLATE_MAX_LOOPS 16

typedef struct TemplateCellLine
{
	size_t start, length; /* in cells */
	LayoutStyle style;
	TemplateAlign align;
	int inset;					/* at the right, below the digits of longer fractions */
	const TemplateBlock *proof; /* whose value the line shows whole, NULL: none */
} TemplateCellLine;

/* One row of a table, all cells broken into lines. */
typedef struct TemplateTableRow
{
	int columns;
	int x[TEMPLATE_MAX_COLUMNS], width[TEMPLATE_MAX_COLUMNS], count[TEMPLATE_MAX_COLUMNS];
	TemplateCellLine lines[TEMPLATE_MAX_COLUMNS][TEMPLATE_MAX_CELL_LINES];
	int height;
} TemplateTableRow;

/* A sum over rows that was worked out: the next row of a table asks for it again. */
typedef struct TemplateSum
{
	int field;
	TemplateRows rows;
	Decimal value;
} TemplateSum;

#define TEMPLATE_KEPT_SUMS 4

typedef struct TemplateSums
{
	TemplateSum kept[TEMPLATE_KEPT_SUMS];
	int count, next; /* the one that goes when another comes */
} TemplateSums;

typedef struct TemplateRun
{
	const TemplateProgram *program;
	const TemplateData *data;
	Layout *layout;
	ByteBuffer *scratch, *cells;
	TemplateTableRow *row, *head;
	struct QrEncoder **qr; /* of the scratch */
	PortFault *fault;
	TemplateLanguage language;
	TemplateChannel channel;
	TemplateRows lists[TEMPLATE_GROUP_COUNT]; /* all rows, in a group those of the group */
	const Slice *rows[TEMPLATE_GROUP_COUNT];  /* the row at hand of each group */
	const char *packed[TEMPLATE_GROUP_COUNT]; /* the same, where it was packed */
	Slice space[TEMPLATE_GROUP_COUNT][TEMPLATE_PACKED_FIELDS];
	const TemplateNode *trees[TEMPLATE_MAX_TREES];
	int inks[TEMPLATE_MAX_COLOURS]; /* the palette, with the brand's own colours */
	TemplateSums sums, page_sums;	/* in the flow; in zones of every page */
	Decimal carried;				/* of the table at hand */
	bool has_carried;
	bool measuring, in_zone;
	struct
	{
		const TemplateBlock *block;
		bool at_last;
	} loops[TEMPLATE_MAX_LOOPS]; /* the <each> we are in */
	int loop_count;
	long turns;					/* of all loops */
	const TemplateBlock *table; /* whose head a new page repeats */
	int table_x, table_width;
	const TemplateBlock *giro; /* the slip that the last page ends with; NULL: none */
	int page_no;			   /* shown by {{page}} */
	int pages;				   /* shown by {{pages}}; 0 = as many as there are so far */
	TemplateScratch *zones;
} TemplateRun;

/* ---------- template_value.c: what the data says ---------- */

extern void template_run_begin(TemplateRun *run, const TemplateProgram *program,
							   const TemplateData *data, TemplateScratch *scratch,
							   TemplateChannel channel, PortFault *fault);
/* Appends nothing when all values are optional and none of them is there; answers whether it did.
 */
extern bool template_append(TemplateRun *run, const TemplateBlock *block,
							TemplateExpression expression, ByteBuffer *out);
/* All of it, whatever is missing. */
extern void template_append_segments(TemplateRun *run, const TemplateBlock *block,
									 TemplateExpression expression, ByteBuffer *out);
/* The text of an expression in scratch: valid until the next one. */
extern Slice template_evaluate(TemplateRun *run, const TemplateBlock *block,
							   TemplateExpression expression);
/* An expression that is one value, as a number; false when it is missing or no number. */
extern bool template_evaluate_number(TemplateRun *run, TemplateExpression expression,
									 Decimal *value);
/* False when a total has a value, all of it optional and missing: its label stands for nothing. */
extern bool template_total_shows(TemplateRun *run, const TemplateBlock *block);
extern bool template_test_holds(const TemplateRun *run, const TemplateTest *test);
/* Its channel and its test. */
extern bool template_block_shows(const TemplateRun *run, const TemplateBlock *block);
/* What is read on a ground: white where it is dark and the template does not say otherwise. */
extern int template_ink_on(const TemplateRun *run, const TemplateBlock *block, int ground);
/* What a block is drawn with, and what is behind it (otherwise when it has none of its own). */
extern int template_ink(const TemplateRun *run, const TemplateBlock *block);
extern int template_fill(const TemplateRun *run, const TemplateBlock *block, int otherwise);
extern bool template_failed(const TemplateRun *run);

/* ---------- template_list.c: rows of table, each and chart ---------- */

typedef struct TemplateLoop
{
	const TemplateBlock *block;
	TemplateRows rows;		  /* not of a tree */
	const TemplateNode *list; /* of a tree */
	int next, last;			  /* element that comes next; the last that belongs */
	const Slice *outer_row;
	const char *outer_packed;
	TemplateRows outer_rows;
	const TemplateNode *outer_tree, *outer_group;
	TemplateNode group; /* of a tree: the list of the group at hand */
	void *order;		/* of a grouped loop */
} TemplateLoop;

/* Rows before the first next; a list that the data lacks is a fault unless marked with "?". */
extern void template_loop_begin(TemplateRun *run, TemplateLoop *loop, const TemplateBlock *block);
/* Puts the next row (or group) at hand; false at the end.  loop->next > loop->last: it is the last.
 */
extern bool template_loop_next(TemplateRun *run, TemplateLoop *loop);
/* What was at hand outside comes back. */
extern void template_loop_end(TemplateRun *run, TemplateLoop *loop);

/* ---------- template_run.c: placing ---------- */

extern LayoutStyle template_style(const TemplateRun *run, const TemplateBlock *block);
extern int template_leading(int size);
extern int template_inner_width(const TemplateBlock *block, int width);
/* Room for a height in the flow; a zone is checked when it is complete. */
extern void template_ensure(TemplateRun *run, int height);
extern void template_draw_line(TemplateRun *run, LayoutStyle style, TemplateAlign align, int x,
							   int y, int width, Slice text);
extern void template_draw_box(TemplateRun *run, int ink, int x, int y, int width, int height);
/* The chain of siblings that starts here; of -first that block alone. */
extern void template_run_blocks(TemplateRun *run, int first, int x, int width);
extern int template_measure(TemplateRun *run, int first, int x, int width);
/* Height of what follows a block before the next row of a list can come; *limit: where it must end.
 */
extern int template_measure_rest(TemplateRun *run, const TemplateBlock *block, int x, int width,
								 int *limit);
extern void template_start_page(TemplateRun *run);
/* A brand has images of its own: name="logo" is what brand.logo names. */
extern Slice template_image_name(const TemplateRun *run, const TemplateBlock *block);
/* Where the flow of this page ends, whatever the table at hand keeps free. */
extern int template_page_bottom(const TemplateRun *run);

/* ---------- template_giro.c: the payment slip ---------- */

/* The slip of this document, NULL when it has none. */
extern const TemplateBlock *template_find_giro(const TemplateRun *run);
/* Its upper edge on the page. */
extern int template_giro_top(const TemplateBlock *block);
/* What it says; false after a fault. */
extern bool template_giro_line(TemplateRun *run, const TemplateBlock *block, GiroLine *line);
/* Draws it on the page at hand, which has nothing below its edge. */
extern void template_run_giro(TemplateRun *run, const TemplateBlock *block);

/* ---------- template_table.c, template_chart.c, template_symbol.c ---------- */

extern void template_run_table(TemplateRun *run, const TemplateBlock *table, int x, int width);
extern void template_table_head(TemplateRun *run, const TemplateBlock *table, int x, int width);
/* Foot of a page and head of the next one of a table with a running sum. */
extern void template_table_carry(TemplateRun *run, TemplateLabel label);
extern void template_run_symbol(TemplateRun *run, const TemplateBlock *block, int x, int width);
extern void template_run_chart(TemplateRun *run, const TemplateBlock *block, int x, int width);

/* The structure of what is drawn; measuring draws nothing. */
static inline int
template_open_element(TemplateRun *run, PdfRole role)
{
	return run->measuring ? 0 : pdf_tags_open(run->layout->tags, role);
}

static inline void
template_open_figure(TemplateRun *run, Slice alternative)
{
	if (!run->measuring)
		pdf_tags_open_figure(run->layout->tags, alternative);
}

static inline void
template_close_element(TemplateRun *run)
{
	if (!run->measuring)
		pdf_tags_close(run->layout->tags);
}

#endif
