/*
 * label_sheet.c: see label_sheet.h.
 *
 * Widths of bars: GS1 asks for modules of 0.495 to 1.016 mm on logistic labels; a narrow label gets
 * less, but never below 0.25 mm, which office scanners still read.
 */
#include "core/label_sheet.h"

#include <string.h>

#define MARGIN MM(6)
#define LEAST_MODULE 71	   /* 0.25 mm */
#define LARGEST_MODULE 170 /* 0.6 mm */
#define QUIET_MODULES 10
#define SSCC_DIGITS 18

typedef struct LabelBox
{
	int x, y, width, height;
} LabelBox;

static LabelBox next_box(LabelSheet *sheet);
static int set_lines(Layout *layout, const LabelBox *box, Slice text, int bottom);
static PortStatus set_bars(Layout *layout, const LabelBox *box, int y, Slice sscc);

void
label_sheet_begin(LabelSheet *sheet, Layout *layout, int columns, int rows)
{
	*sheet = (LabelSheet){.layout = layout, .columns = columns, .rows = rows};
	layout_begin(layout);
}

PortStatus
label_sheet_put(LabelSheet *sheet, Slice text, Slice sscc)
{
	LabelBox box = next_box(sheet);
	int bars = sscc.length == SSCC_DIGITS ? box.height * 2 / 5 : 0;
	int bottom = box.y + box.height - bars;

	set_lines(sheet->layout, &box, text, bottom);
	return bars == 0 ? sheet->layout->status : set_bars(sheet->layout, &box, bottom, sscc);
}

/* The inside of the next label; a new page where the last is full. */
static LabelBox
next_box(LabelSheet *sheet)
{
	int width = PDF_PAGE_WIDTH / sheet->columns;
	int height = PDF_PAGE_HEIGHT / sheet->rows;
	int place = sheet->count++ % (sheet->columns * sheet->rows);

	if (place == 0)
		layout_new_page(sheet->layout);
	return (LabelBox){.x = place % sheet->columns * width + MARGIN,
					  .y = place / sheet->columns * height + MARGIN,
					  .width = width - 2 * MARGIN,
					  .height = height - 2 * MARGIN};
}

/* As many lines as there is room for; where to is the second. */
static int
set_lines(Layout *layout, const LabelBox *box, Slice text, int bottom)
{
	int y = box->y;

	for (int line = 0; text.length > 0; line++)
	{
		const char *end = memchr(text.bytes, '\n', text.length);
		Slice part = {text.bytes, end == NULL ? text.length : (size_t) (end - text.bytes)};
		LayoutStyle style = {line == 1 ? FONT_BOLD : FONT_REGULAR, line == 1 ? 1500 : 850, 0};

		y += style.size * 5 / 4;
		if (y > bottom)
			break;
		layout_left(layout, style, box->x, y, box->width, part);
		text.bytes += part.length + (end != NULL);
		text.length -= part.length + (end != NULL);
	}
	return y;
}

static PortStatus
set_bars(Layout *layout, const LabelBox *box, int y, Slice sscc)
{
	LayoutStyle style = {FONT_REGULAR, 900, 0};
	char text[SSCC_DIGITS + 2] = "00", shown[SSCC_DIGITS + 5] = "(00) ";
	Code128 code;
	int module, x;

	memcpy(text + 2, sscc.bytes, SSCC_DIGITS);
	memcpy(shown + 5, sscc.bytes, SSCC_DIGITS);
	if (code128_encode_gs1(&code, text, sizeof(text)) != PORT_OK)
		return PORT_INVALID;
	module = box->width / (code128_modules(&code) + 2 * QUIET_MODULES);
	if (module < LEAST_MODULE)
		return PORT_INVALID;
	module = module > LARGEST_MODULE ? LARGEST_MODULE : module;
	x = box->x + (box->width - code128_modules(&code) * module) / 2;
	(void) pdf_page_code128(&layout->page, &code, x, y + MM(2), module,
							box->y + box->height - y - MM(7));
	layout_whole(layout, style, x, box->y + box->height - MM(1), box->width,
				 (Slice){shown, sizeof(shown)});
	return layout->status;
}
