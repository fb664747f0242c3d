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
#define BAR_HEIGHT 28 /* modules */

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
	const BarcodeMatrix *matrix = &symbol_of(symbol)->matrix;

	return matrix->size > 0 ? matrix_height(matrix) + 2 * matrix->quiet : BAR_HEIGHT;
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

/* A number below 10,000. */
static char *
put_digits(char *at, int number)
{
	if (number >= 1000)
		*at++ = (char) ('0' + number / 1000);
	if (number >= 100)
		*at++ = (char) ('0' + number / 100 % 10);
	if (number >= 10)
		*at++ = (char) ('0' + number / 10 % 10);
	*at++ = (char) ('0' + number % 10);
	return at;
}

/* A rectangle, from the corner of the last one in its row; the first is told where the row is. */
static void
put_run(ByteBuffer *out, int x, int y, int *last_x, int length, int height)
{
	char *start = buffer_reserve(out, 40), *at = start;

	if (start == NULL)
		return;
	*at++ = *last_x < 0 ? 'M' : 'm';
	at = put_digits(at, *last_x < 0 ? x : x - *last_x);
	*at++ = ' ';
	at = put_digits(at, *last_x < 0 ? y : 0);
	*last_x = x;
	*at++ = 'h';
	at = put_digits(at, length);
	*at++ = 'v';
	at = put_digits(at, height);
	*at++ = 'h';
	*at++ = '-';
	at = put_digits(at, length);
	*at++ = 'z';
	out->length += (size_t) (at - start);
}

static void
put_squares(ByteBuffer *out, const BarcodeMatrix *matrix)
{
	for (int y = 0; y < matrix_height(matrix); y++)
	{
		int last_x = -1;

		for (int x = 0, end; x < matrix->size; x = end + 1)
		{
			for (end = x; end < matrix->size && matrix_dark(matrix, end, y);)
				end++;
			if (end == x)
				continue;
			put_run(out, x + matrix->quiet, y + matrix->quiet, &last_x, end - x, 1);
		}
	}
}

static void
put_bars(ByteBuffer *out, const TemplateSymbol *made)
{
	int x = SYMBOL_BAR_QUIET, last_x = -1;

	for (int i = 0; i < made->count; x += made->widths[i++])
		if (i % 2 == 0)
			put_run(out, x, 0, &last_x, made->widths[i], BAR_HEIGHT);
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
	for (x = 0; y >= 0 && y < matrix_height(matrix) && x < matrix->size; x++)
		if (matrix_dark(matrix, x, y))
			blacken(row, (x + matrix->quiet) * scale, scale);
}

PortStatus
render_symbol_png(ByteBuffer *out, ByteBuffer *rows, Deflater *deflater, const RenderSymbol *symbol)
{
	int scale = scale_of(symbol), high = modules_high(symbol);
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
		for (int i = 1; i < scale; i++) /* as the row above: nothing but zeros */
		{
			memset(row + (bytes + 1) * (size_t) i, 0, bytes + 1);
			row[(bytes + 1) * (size_t) i] = 2;
		}
		rows->length += (bytes + 1) * (size_t) scale;
	}
	return png_append(out, deflater, width, high * scale, rows);
}
