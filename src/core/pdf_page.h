/*
 * pdf_page.h: writes the content stream of one page.
 *
 * Lengths are in 1/100 pt from the top left corner, y downwards (text: the baseline); gray is in
 * percent, 0 black, or a colour (core/ink.h).  Only the font resources F1 (regular), F2 (bold) and
 * F3 (code lines) are named, so that a stream fits any file that has them: a document of its own
 * and the print file alike.
 */
#ifndef CORE_PDF_PAGE_H
#define CORE_PDF_PAGE_H

#include "core/barcode_code128.h"
#include "core/barcode_matrix.h"
#include "core/buffer.h"
#include "core/font_face.h"
#include "core/pdf_tags.h"
#include "core/pdf_used.h"

#define PDF_PAGE_WIDTH 59528 /* A4 */
#define PDF_PAGE_HEIGHT 84189

#define PDF_MOST_SHAPES 128 /* what is drawn later stays in its place among the texts */

typedef struct PdfPage
{
	ByteBuffer *content;
	bool in_text;
	FontFaceNumber face; /* state of the stream; size 0 = none set yet */
	int size, gray;
	int x, y;					/* start of the last text */
	int lowest;					/* how far down anything was drawn */
	uint32_t missing;			/* first character that the faces do not hold, 0 = none */
	PdfTags *tags;				/* NULL: not wanted */
	struct ContentProof *proof; /* reads texts back while it is open; NULL: not wanted */
	struct PrintCheck *check;	/* of what is placed where; NULL: nothing is checked */
	PdfUsed *used;				/* colours and images that are drawn; NULL: colours become gray */
	int page_no;				/* 0-based, for tags */
	/*
	 * Without tags shapes come before all texts, which then are one text object: a third of the
	 * deflated operators.  Until the page ends they stand where they were drawn, and here is where.
	 */
	size_t start, shapes[PDF_MOST_SHAPES][2];
	int shape_count, shape_gray;
	bool in_shape;
	int marked; /* element that what is drawn is marked as, -1 = none */
} PdfPage;

extern void pdf_page_begin(PdfPage *page, ByteBuffer *content);
/* Goes on with a page whose content was left with pdf_page_end. */
extern void pdf_page_resume(PdfPage *page, ByteBuffer *content);
extern void pdf_page_text(PdfPage *page, FontFaceNumber face, int size, int gray, int x, int y,
						  const char *text, size_t length);
/* A line through points, x and y by turns. */
extern void pdf_page_polyline(PdfPage *page, int ink, int width, const int *points, int count);
/* A level line of dashes and gaps, both of one length; y is its upper edge. */
extern void pdf_page_dashes(PdfPage *page, int ink, int x, int y, int width, int height, int dash);
extern void pdf_page_image(PdfPage *page, const PdfImage *image, int x, int y, int width,
						   int height);
extern void pdf_page_box(PdfPage *page, int gray, int x, int y, int width, int height);
/* Bars of one module width each; returns the width drawn. */
extern int pdf_page_code128(PdfPage *page, const Code128 *code, int x, int y, int module,
							int height);
/* Elements of these widths in modules, a bar first. */
extern void pdf_page_bars(PdfPage *page, const uint8_t *widths, int count, int x, int y, int module,
						  int height);
/* A square of side width without quiet zone: one image mask, or a rectangle a run of modules. */
extern void pdf_page_matrix(PdfPage *page, const BarcodeMatrix *matrix, int x, int y, int side,
							bool as_rectangles);
extern void pdf_page_end(PdfPage *page);

#endif
