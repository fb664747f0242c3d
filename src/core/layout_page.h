/*
 * layout_page.h: pages of a document, top to bottom, and text that fits.
 *
 * Contents of all pages are kept until the document is complete, because "page x of y" is written
 * last; a page is some kilobytes.  Lengths are in 1/100 pt.
 */
#ifndef CORE_LAYOUT_PAGE_H
#define CORE_LAYOUT_PAGE_H

#include "core/invoice.h"
#include "core/pdf_page.h"

/* Tenths of a millimetre. */
#define MM10(tenths) ((int) (((int64_t) (tenths) *72000 + 1270) / 2540))
#define MM(millimetres) MM10((millimetres) *10)

typedef struct LayoutStyle
{
	FontFaceNumber face;
	int size;
	int gray; /* or a colour: core/ink.h */
} LayoutStyle;

/* An image by the name that templates know it by. */
typedef struct LayoutImage
{
	Slice name;
	PdfImage image;
	Slice content; /* the file as it was stored: for pages of HTML */
} LayoutImage;

typedef struct Layout
{
	const Port *port;
	PdfPage page; /* the last one */
	PdfUsed used; /* colours and images of all pages */
	const LayoutImage *images;
	int image_count;
	PdfTags *tags; /* structure, opened and closed by who draws; NULL: not wanted */
	ByteBuffer *pages;
	int page_count, page_room;
	int y, bottom;	  /* where the flow stands, and where it must break */
	uint32_t missing; /* first character of the document without a glyph */
	PortStatus status;
} Layout;

extern void layout_init(Layout *layout, const Port *port);
/* Starts a document; memory of the last one is used again. */
extern void layout_begin(Layout *layout);
/* Starts a page: y and bottom are the caller's to set. */
extern void layout_new_page(Layout *layout);
/* Opens a finished page again, for its number. */
extern void layout_reopen_page(Layout *layout, int page_no);
extern void layout_end(Layout *layout);

extern int layout_width(LayoutStyle style, Slice text);
/* At most width: a text that is longer ends in an ellipsis. */
extern void layout_left(Layout *layout, LayoutStyle style, int x, int y, int width, Slice text);
/* Ends at x; a text wider than width is set smaller, never cut: it is a number. */
extern void layout_right(Layout *layout, LayoutStyle style, int x, int y, int width, Slice text);
/* In the middle of x and width; smaller rather than cut, as layout_right. */
extern void layout_centre(Layout *layout, LayoutStyle style, int x, int y, int width, Slice text);
/* The image of this name, as large as fits the place and keeps its shape; nothing without it. */
extern void layout_image(Layout *layout, Slice name, int x, int y, int width, int height);
/* Starts at x; smaller rather than cut, as layout_right. */
extern void layout_whole(Layout *layout, LayoutStyle style, int x, int y, int width, Slice text);
/*
 * Takes the next line of at most width off *rest, broken at blanks or, in words that are too long,
 * anywhere.  Returns false at the end of the text.
 */
extern bool layout_next_line(LayoutStyle style, int width, Slice *rest, Slice *line);
extern int layout_count_lines(LayoutStyle style, int width, Slice text);

#endif
