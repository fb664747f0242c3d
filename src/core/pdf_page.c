/*
 * pdf_page.c: operators of a page content stream.
 *
 * Texts that follow one another share a text object and move by differences, which deflates well.
 */
#include "core/pdf_page.h"

#include "core/content_proof.h"
#include "core/ink.h"
#include "core/print_check.h"

#include <string.h>

/* Hundredths as a decimal number, shortest form, with a blank behind. */
static void
put_number(ByteBuffer *out, int hundredths)
{
	char digits[16];
	char *at = digits + sizeof(digits);
	unsigned rest = hundredths < 0 ? 0u - (unsigned) hundredths : (unsigned) hundredths;
	unsigned fraction = rest % 100;

	*--at = ' ';
	if (fraction != 0)
	{
		if (fraction % 10 != 0)
			*--at = (char) ('0' + fraction % 10);
		*--at = (char) ('0' + fraction / 10);
		*--at = '.';
	}
	rest /= 100;
	if (rest != 0 || fraction == 0)
		do
		{
			*--at = (char) ('0' + rest % 10);
			rest /= 10;
		} while (rest != 0);
	if (hundredths < 0)
		*--at = '-';
	buffer_append(out, at, (size_t) (digits + sizeof(digits) - at));
}

/* Notes how far down something goes. */
static void
reach(PdfPage *page, int y)
{
	if (y > page->lowest)
		page->lowest = y;
}

/* Notes what takes which place. */
static void
place(PdfPage *page, PrintThing thing, int x, int y, int width, int height)
{
	reach(page, y + height);
	if (page->check != NULL)
		print_check_box(page->check, thing, (Slice){NULL, 0}, page->page_no + 1, x, y, width,
						height);
}

/* The box of a line from one point to the next. */
static void
place_line(PdfPage *page, const int *points)
{
	int left = points[0] < points[2] ? points[0] : points[2];
	int top = points[1] < points[3] ? points[1] : points[3];

	place(page, PRINT_SHAPE, left, top, points[0] + points[2] - 2 * left,
		  points[1] + points[3] - 2 * top);
}

static void
leave_text(PdfPage *page)
{
	if (page->in_text)
		buffer_append(page->content, "ET\n", 3);
	page->in_text = false;
}

/* What can be named on this page: a colour stays one where the file will say what it is. */
static int
usable_ink(PdfPage *page, int ink)
{
	if (ink_is_colour(ink) && (page->used == NULL || !pdf_used_ink(page->used, ink)))
		return ink_gray(ink);
	return ink;
}

/* For areas and text, or for lines. */
static void
put_ink(PdfPage *page, int ink, bool lines)
{
	ByteBuffer *out = page->content;

	if (ink_is_colour(ink))
	{
		buffer_append_char(out, '/');
		pdf_put_ink_name(out, ink);
		buffer_append_text(out, lines ? " CS 0 SC\n" : " cs 0 sc\n");
		return;
	}
	put_number(out, ink);
	buffer_append_text(out, lines ? "G\n" : "g\n");
}

static void
set_gray(PdfPage *page, int ink)
{
	ink = usable_ink(page, ink);
	if (page->gray == ink)
		return;
	put_ink(page, ink, false);
	page->gray = ink;
}

void
pdf_page_begin(PdfPage *page, ByteBuffer *content)
{
	memset(page, 0, sizeof(*page));
	page->content = content;
	page->marked = -1;
	page->start = content->length;
}

void
pdf_page_resume(PdfPage *page, ByteBuffer *content)
{
	pdf_page_begin(page, content);
	page->gray = page->shape_gray = -1;
}

static void
leave_mark(PdfPage *page)
{
	leave_text(page);
	if (page->marked >= 0)
		buffer_append(page->content, "EMC\n", 4);
	page->marked = -1;
}

/* Marks what is drawn next as part of the element at hand; marks neither nest nor cut a text
 * object. */
static void
mark_content(PdfPage *page)
{
	const char *name;
	int place;

	if (page->tags == NULL || page->marked == page->tags->current || page->tags->status != PORT_OK)
		return;
	leave_mark(page);
	name = pdf_tags_mark(page->tags, page->page_no, &place);
	if (place < 0)
		buffer_append_text(page->content, "/Artifact BMC\n");
	else
		buffer_printf(page->content, "/%s <</MCID %d>>BDC\n", name, place);
	page->marked = page->tags->current;
}

static void
swap_grays(PdfPage *page)
{
	int gray = page->gray;

	page->gray = page->shape_gray;
	page->shape_gray = gray;
}

/* Lines and areas: part of a figure, else without meaning. */
static void
begin_shape(PdfPage *page)
{
	PdfTags *tags = page->tags;

	if (tags == NULL && page->shape_count < PDF_MOST_SHAPES)
	{
		page->in_shape = true;
		page->shapes[page->shape_count][0] = page->content->length;
		swap_grays(page);
		return;
	}
	if (tags != NULL && tags->status == PORT_OK)
	{
		if (tags->elements[tags->current].role == ROLE_FIGURE)
			mark_content(page);
		else
		{
			leave_mark(page);
			buffer_append_text(page->content, "/Artifact BMC\n");
		}
	}
	leave_text(page);
}

static void
end_shape(PdfPage *page)
{
	if (page->in_shape)
	{
		page->in_shape = false;
		page->shapes[page->shape_count++][1] = page->content->length;
		swap_grays(page);
		return;
	}
	if (page->tags != NULL && page->marked < 0)
		buffer_append(page->content, "EMC\n", 4);
}

/* Shapes first, and behind them the texts that stood between them. */
static void
gather_shapes(PdfPage *page)
{
	ByteBuffer *content = page->content;
	size_t whole = content->length - page->start, at = page->start;
	static const char black[] = "0 g\n"; /* as the texts took it to be */
	char *copy = buffer_reserve(content, whole + strlen(black)), *to = copy;

	if (copy == NULL)
		return;
	for (int i = 0; i < page->shape_count; i++)
	{
		size_t length = page->shapes[i][1] - page->shapes[i][0];

		memcpy(to, content->bytes + page->shapes[i][0], length);
		to += length;
	}
	if (page->shape_gray != 0)
	{
		memcpy(to, black, strlen(black));
		to += strlen(black);
	}
	for (int i = 0; i <= page->shape_count; i++)
	{
		size_t end = i < page->shape_count ? page->shapes[i][0] : content->length;

		memcpy(to, content->bytes + at, end - at);
		to += end - at;
		at = i < page->shape_count ? page->shapes[i][1] : end;
	}
	/* black makes it longer, so the two overlap */
	memmove(content->bytes + page->start, copy, (size_t) (to - copy));
	content->length = page->start + (size_t) (to - copy);
	page->shape_count = 0;
}

void
pdf_page_end(PdfPage *page)
{
	leave_mark(page);
	if (page->shape_count > 0)
		gather_shapes(page);
}

static void
set_font(PdfPage *page, FontFaceNumber face, int size)
{
	if (page->size == size && page->face == face)
		return;
	buffer_append(page->content,
				  face == FONT_BOLD	 ? "/F2 "
				  : face == FONT_OCR ? "/F3 "
									 : "/F1 ",
				  4);
	put_number(page->content, size);
	buffer_append(page->content, "Tf\n", 3);
	page->face = face;
	page->size = size;
}

/* One byte of a string; the four that mean something are escaped. */
static inline char *
put_byte(char *at, unsigned byte)
{
	if (byte == '(' || byte == ')' || byte == '\\')
		*at++ = '\\';
	if (byte == '\r')
	{
		*at++ = '\\';
		byte = 'r';
	}
	*at++ = (char) byte;
	return at;
}

static void
put_glyphs(PdfPage *page, const FontFace *face, const char *text, size_t length)
{
	const char *end = text + length;
	/* a character takes at least one byte of UTF-8 and gives at most four here */
	char *start = buffer_reserve(page->content, 4 * length + 12), *at = start;

	if (start == NULL)
		return;
	*at++ = '(';
	while (text < end)
	{
		uint32_t character;
		int glyph = font_face_next_glyph(face, &text, end, &character);

		if (glyph == FONT_SKIP)
			continue;
		if (glyph == 0 && page->missing == 0)
			page->missing = character;
		at = put_byte(at, (unsigned) glyph >> 8);
		at = put_byte(at, (unsigned) glyph & 0xFF);
	}
	if (page->tags != NULL) /* or words run together where a reader takes lines for one text */
	{
		*at++ = 0;
		*at++ = FONT_BLANK;
	}
	memcpy(at, ")Tj\n", 4);
	page->content->length += (size_t) (at + 4 - start);
}

void
pdf_page_text(PdfPage *page, FontFaceNumber face, int size, int gray, int x, int y,
			  const char *text, size_t length)
{
	size_t start;
	bool alone;

	if (length == 0)
		return;
	alone =
		page->tags != NULL && page->tags->current == 0 && pdf_tags_open(page->tags, ROLE_P) != 0;
	mark_content(page);
	if (!page->in_text)
	{
		buffer_append(page->content, "BT\n", 3);
		page->in_text = true;
		page->x = 0;
		page->y = PDF_PAGE_HEIGHT;
	}
	set_gray(page, gray);
	set_font(page, face, size);
	put_number(page->content, x - page->x);
	put_number(page->content, page->y - y);
	buffer_append(page->content, "Td", 2);
	page->x = x;
	page->y = y;
	reach(page, y);
	if (page->check != NULL)
		print_check_text(page->check, font_faces[face], size, page->page_no + 1, x, y,
						 (Slice){text, length});
	start = page->content->length;
	put_glyphs(page, font_faces[face], text, length);
	if (page->proof != NULL && page->proof->open != 0)
		proof_read(page->proof, font_faces[face], page->content->bytes + start,
				   page->content->length - start);
	if (alone)
		pdf_tags_close(page->tags);
}

static void
put_rectangle(ByteBuffer *out, int x, int y, int width, int height)
{
	put_number(out, x);
	put_number(out, PDF_PAGE_HEIGHT - y - height);
	put_number(out, width);
	put_number(out, height);
	buffer_append(out, "re\n", 3);
}

/* A space of its own, where a module is 1 wide and the height 1: small numbers deflate well. */
static void
open_bars(PdfPage *page, int x, int y, int module, int height)
{
	ByteBuffer *out = page->content;

	begin_shape(page);
	set_gray(page, 0);
	buffer_append(out, "q\n", 2);
	put_number(out, module);
	buffer_append(out, "0 0 ", 4);
	put_number(out, height);
	put_number(out, x);
	put_number(out, PDF_PAGE_HEIGHT - y - height);
	buffer_append(out, "cm\n", 3);
}

/* Bars and gaps by turns from this module on; returns where they end. */
static int
put_bars(ByteBuffer *out, const uint8_t *widths, int count, int at)
{
	for (int i = 0; i < count; at += widths[i++])
		if (i % 2 == 0)
		{
			buffer_append_int(out, at);
			buffer_append(out, " 0 ", 3);
			buffer_append_int(out, widths[i]);
			buffer_append(out, " 1 re\n", 6);
		}
	return at;
}

static void
close_bars(PdfPage *page)
{
	buffer_append(page->content, "f\nQ\n", 4);
	end_shape(page);
}

void
pdf_page_bars(PdfPage *page, const uint8_t *widths, int count, int x, int y, int module, int height)
{
	int end;

	open_bars(page, x, y, module, height);
	end = put_bars(page->content, widths, count, 0);
	close_bars(page);
	place(page, PRINT_BARS, x, y, end * module, height);
}

/* Dark modules that follow one another in a row are one rectangle. */
static void
put_matrix_rectangles(PdfPage *page, const BarcodeMatrix *matrix, int left, int top, int side)
{
	for (int y = 0; y < matrix_height(matrix); y++)
		for (int x = 0, end; x < matrix->size; x = end + 1)
		{
			int y1 = top + side * y / matrix->size, y2 = top + side * (y + 1) / matrix->size;

			for (end = x; end < matrix->size && matrix_dark(matrix, end, y);)
				end++;
			if (end > x)
				put_rectangle(page->content, left + side * x / matrix->size, y1,
							  side * (end - x) / matrix->size, y2 - y1);
		}
	buffer_append(page->content, "f\n", 2);
}

/* As an inline image in hexadecimal: every reader finds its end, and it deflates as well as bytes.
 */
static void
put_matrix_mask(PdfPage *page, const BarcodeMatrix *matrix, int x, int y, int side)
{
	static const char digits[] = "0123456789abcdef";
	ByteBuffer *out = page->content;

	buffer_append_text(out, "q\n");
	put_number(out, side);
	buffer_append_text(out, "0 0 ");
	put_number(out, side);
	put_number(out, x);
	put_number(out, PDF_PAGE_HEIGHT - y - side);
	buffer_printf(out, "cm\nBI /W %d /H %d /IM true /BPC 1 /D [1 0] /F /AHx ID\n", matrix->size,
				  matrix_height(matrix));
	for (int row = 0; row < matrix_height(matrix); row++)
		for (int column = 0; column < (matrix->size + 7) / 8 * 8; column += 4)
		{
			unsigned bits = 0;

			for (int i = column; i < column + 4; i++)
				bits = bits << 1 | (i < matrix->size && matrix_dark(matrix, i, row) ? 1 : 0);
			buffer_append_char(out, digits[bits]);
		}
	buffer_append_text(out, ">\nEI Q\n");
}

void
pdf_page_matrix(PdfPage *page, const BarcodeMatrix *matrix, int x, int y, int side,
				bool as_rectangles)
{
	begin_shape(page);
	place(page, PRINT_BARS, x, y, side, side);
	set_gray(page, 0);
	if (as_rectangles)
		put_matrix_rectangles(page, matrix, x, y, side);
	else
		put_matrix_mask(page, matrix, x, y, side);
	end_shape(page);
}

void
pdf_page_box(PdfPage *page, int gray, int x, int y, int width, int height)
{
	begin_shape(page);
	/* what is white covers, and prints nothing */
	if (ink_gray(gray) == 100)
		reach(page, y + height);
	else
		place(page, PRINT_SHAPE, x, y, width, height);
	set_gray(page, gray);
	put_rectangle(page->content, x, y, width, height);
	buffer_append(page->content, "f\n", 2);
	end_shape(page);
}

void
pdf_page_polyline(PdfPage *page, int ink, int width, const int *points, int count)
{
	ByteBuffer *out = page->content;

	begin_shape(page);
	put_ink(page, usable_ink(page, ink), true);
	put_number(out, width);
	buffer_append_text(out, "w 1 j\n");
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			place_line(page, points + 2 * i - 2);
		put_number(out, points[2 * i]);
		put_number(out, PDF_PAGE_HEIGHT - points[2 * i + 1]);
		buffer_append_text(out, i == 0 ? "m\n" : "l\n");
	}
	buffer_append_text(out, "S\n");
	end_shape(page);
}

/* One line: a rectangle for each dash takes 190 bytes of a deflated page. */
void
pdf_page_dashes(PdfPage *page, int ink, int x, int y, int width, int height, int dash)
{
	ByteBuffer *out = page->content;
	int middle = PDF_PAGE_HEIGHT - y - height / 2;

	begin_shape(page);
	place(page, PRINT_SHAPE, x, y, width, height);
	buffer_append_text(out, "q\n");
	put_ink(page, usable_ink(page, ink), true);
	buffer_append_char(out, '[');
	put_number(out, dash);
	buffer_append_text(out, "]0 d\n");
	put_number(out, height);
	buffer_append_text(out, "w\n");
	put_number(out, x);
	put_number(out, middle);
	buffer_append_text(out, "m\n");
	put_number(out, x + width);
	put_number(out, middle);
	buffer_append_text(out, "l\nS\nQ\n");
	end_shape(page);
}

void
pdf_page_image(PdfPage *page, const PdfImage *image, int x, int y, int width, int height)
{
	ByteBuffer *out = page->content;

	if (page->used == NULL || !pdf_used_image(page->used, image))
		return;
	begin_shape(page);
	place(page, PRINT_IMAGE, x, y, width, height);
	buffer_append_text(out, "q ");
	put_number(out, width);
	buffer_append_text(out, "0 0 ");
	put_number(out, height);
	put_number(out, x);
	put_number(out, PDF_PAGE_HEIGHT - y - height);
	buffer_printf(out, "cm /%s Do Q\n", image->name);
	end_shape(page);
}

int
pdf_page_code128(PdfPage *page, const Code128 *code, int x, int y, int module, int height)
{
	int at = 0;

	open_bars(page, x, y, module, height);
	for (int i = 0; i < code->symbol_count; i++)
	{
		uint8_t widths[7];
		int count = code128_widths(code->symbols[i], widths);

		at = put_bars(page->content, widths, count, at);
	}
	close_bars(page);
	place(page, PRINT_BARS, x, y, at * module, height);
	return at * module;
}
