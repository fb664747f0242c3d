/*
 * render_symbol.c: squares and bars as paths and as pixels.
 *
 * Units of the SVG are modules, so that edges fall on whole pixels where the size is a multiple.
 */
#include "core/render_symbol.h"

#include "core/png_write.h"
#include "core/render_html.h"
#include "core/template_symbol.h"

#include <string.h>

#define SQUARE_PIXELS 4 /* of a screen a module at least */
#define BAR_PIXELS 2
#define BAR_HEIGHT 28	/* modules */
#define PICTURE_SCALE 2 /* a picture has finer pixels than it is shown with */

static const TemplateSymbol *
symbol_of(const RenderSymbol *symbol)
{
	return symbol->symbol;
}

/* Modules across, with the quiet zone. */
static int
modules_across(const RenderSymbol *symbol)
{
	const TemplateSymbol *made = symbol_of(symbol);

	return made->matrix.size > 0 ? made->matrix.size + 2 * made->matrix.quiet
								 : made->modules + 2 * SYMBOL_BAR_QUIET;
}

static int
modules_high(const RenderSymbol *symbol)
{
	return symbol_of(symbol)->matrix.size > 0 ? modules_across(symbol) : BAR_HEIGHT;
}

/* Pixels of a module: whole ones. */
static int
scale_of(const RenderSymbol *symbol)
{
	bool square = symbol_of(symbol)->matrix.size > 0;
	int scale = square ? SQUARE_PIXELS : BAR_PIXELS;

	if (square && symbol->width / 75 / modules_across(symbol) > scale)
		scale = symbol->width / 75 / modules_across(symbol);
	return scale;
}

int
render_symbol_width(const RenderSymbol *symbol)
{
	return modules_across(symbol) * scale_of(symbol);
}

int
render_symbol_height(const RenderSymbol *symbol)
{
	return modules_high(symbol) * scale_of(symbol);
}

/* ---------- SVG ---------- */

/* A rectangle that begins right of the last one's corner. */
static void
put_run(ByteBuffer *out, int length, int height)
{
	buffer_append_char(out, 'h');
	buffer_append_int(out, length);
	buffer_append_char(out, 'v');
	buffer_append_int(out, height);
	buffer_append(out, "h-", 2);
	buffer_append_int(out, length);
	buffer_append_char(out, 'z');
}

static void
put_start(ByteBuffer *out, int x, int y, int *last_x, bool first)
{
	if (first)
		buffer_printf(out, "M%d %d", x, y);
	else
		buffer_printf(out, "m%d 0", x - *last_x);
	*last_x = x;
}

static void
put_squares(ByteBuffer *out, const BarcodeMatrix *matrix)
{
	for (int y = 0; y < matrix->size; y++)
	{
		bool first = true;
		int last_x = 0;

		for (int x = 0, end; x < matrix->size; x = end + 1)
		{
			for (end = x; end < matrix->size && matrix_dark(matrix, end, y);)
				end++;
			if (end == x)
				continue;
			put_start(out, x + matrix->quiet, y + matrix->quiet, &last_x, first);
			put_run(out, end - x, 1);
			first = false;
		}
	}
}

static void
put_bars(ByteBuffer *out, const TemplateSymbol *made)
{
	int x = SYMBOL_BAR_QUIET, last_x = 0;

	for (int i = 0; i < made->count; x += made->widths[i++])
		if (i % 2 == 0)
		{
			put_start(out, x, 0, &last_x, i == 0);
			put_run(out, made->widths[i], BAR_HEIGHT);
		}
}

void
render_symbol_svg(ByteBuffer *out, const RenderSymbol *symbol)
{
	int across = modules_across(symbol), high = modules_high(symbol);

	buffer_printf(out,
				  "<svg viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
				  "role=\"img\"><title>",
				  across, high, render_symbol_width(symbol), render_symbol_height(symbol));
	html_append_escaped(out, symbol->shows);
	buffer_printf(out, "</title><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path fill=\"#000\" d=\"",
				  across, high);
	if (symbol_of(symbol)->matrix.size > 0)
		put_squares(out, &symbol_of(symbol)->matrix);
	else
		put_bars(out, symbol_of(symbol));
	buffer_append_text(out, "\"/></svg>");
}

/* ---------- pixels ---------- */

static void
blacken(unsigned char *row, int from, int count)
{
	for (int x = from; x < from + count; x++)
		row[x / 8] &= (unsigned char) ~(0x80 >> x % 8);
}

/* One row of modules, drawn as a row of pixels. */
static void
draw_row(const RenderSymbol *symbol, int y, unsigned char *row, int scale)
{
	const TemplateSymbol *made = symbol_of(symbol);
	const BarcodeMatrix *matrix = &made->matrix;
	int x = SYMBOL_BAR_QUIET;

	if (matrix->size == 0)
	{
		for (int i = 0; i < made->count; x += made->widths[i++])
			if (i % 2 == 0)
				blacken(row, x * scale, made->widths[i] * scale);
		return;
	}
	y -= matrix->quiet;
	for (x = 0; y >= 0 && y < matrix->size && x < matrix->size; x++)
		if (matrix_dark(matrix, x, y))
			blacken(row, (x + matrix->quiet) * scale, scale);
}

PortStatus
render_symbol_png(ByteBuffer *out, ByteBuffer *rows, Deflater *deflater, const RenderSymbol *symbol)
{
	int scale = scale_of(symbol) * PICTURE_SCALE, high = modules_high(symbol);
	int width = modules_across(symbol) * scale;
	size_t bytes = (size_t) (width + 7) / 8;

	buffer_reset(rows);
	for (int y = 0; y < high; y++)
	{
		char *row = buffer_reserve(rows, (bytes + 1) * (size_t) scale);

		if (row == NULL)
			return PORT_NO_MEMORY;
		memset(row, 0xFF, bytes + 1);
		row[0] = 0;
		draw_row(symbol, y, (unsigned char *) row + 1, scale);
		for (int i = 1; i < scale; i++)
			memcpy(row + (bytes + 1) * (size_t) i, row, bytes + 1);
		rows->length += (bytes + 1) * (size_t) scale;
	}
	return png_append(out, deflater, width, high * scale, rows);
}
