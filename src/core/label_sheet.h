/*
 * label_sheet.h: labels of containers on sheets A4, so many beside and below one another.
 *
 * A label has its text, line by line, the second one large (where to), and below it the Serial
 * Shipping Container Code as GS1-128 bars, as wide as the label lets them be.
 */
#ifndef CORE_LABEL_SHEET_H
#define CORE_LABEL_SHEET_H

#include "core/layout_page.h"

#define LABEL_MOST_COLUMNS 3
#define LABEL_MOST_ROWS 8

typedef struct LabelSheet
{
	Layout *layout;
	int columns, rows;
	int count; /* labels set so far */
} LabelSheet;

/* columns and rows are in range; starts the document. */
extern void label_sheet_begin(LabelSheet *sheet, Layout *layout, int columns, int rows);
/* sscc: 18 digits, or empty for none.  PORT_INVALID when the code does not fit the label. */
extern PortStatus label_sheet_put(LabelSheet *sheet, Slice text, Slice sscc);

#endif
