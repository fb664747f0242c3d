/*
 * template_state.h: the state of the interpreter, shared by template_run.c and template_value.c
 * only.
 */
#ifndef CORE_TEMPLATE_STATE_H
#define CORE_TEMPLATE_STATE_H

#include "core/template_run.h"

#define TEMPLATE_MAX_COLUMNS 16
#define TEMPLATE_MAX_CELL_LINES 400

typedef struct TemplateCellLine
{
	size_t start, length; /* in cells */
	LayoutStyle style;
	TemplateAlign align;
} TemplateCellLine;

/* One row of a table, all cells broken into lines. */
typedef struct TemplateTableRow
{
	int columns;
	int x[TEMPLATE_MAX_COLUMNS], width[TEMPLATE_MAX_COLUMNS], count[TEMPLATE_MAX_COLUMNS];
	TemplateCellLine lines[TEMPLATE_MAX_COLUMNS][TEMPLATE_MAX_CELL_LINES];
	int height;
} TemplateTableRow;

typedef struct TemplateRun
{
	const TemplateProgram *program;
	const TemplateData *data;
	Layout *layout;
	ByteBuffer *scratch, *cells;
	TemplateTableRow *row, *head;
	PortFault *fault;
	TemplateLanguage language;
	const Slice *rows[TEMPLATE_GROUP_COUNT]; /* the row at hand of each group */
	bool measuring, in_zone;
	const TemplateBlock *table; /* whose head a new page repeats */
	int table_x, table_width;
	int page_no; /* shown by {{page}} */
} TemplateRun;

/* Appends nothing when all values are optional and none of them is there; answers whether it did.
 */
extern bool template_append(TemplateRun *run, const TemplateBlock *block,
							TemplateExpression expression, ByteBuffer *out);
/* The text of an expression in scratch: valid until the next one. */
extern Slice template_evaluate(TemplateRun *run, const TemplateBlock *block,
							   TemplateExpression expression);
extern bool template_test_holds(const TemplateRun *run, const TemplateTest *test);

#endif
