/*
 * layout_page.h: pages of a document, top to bottom, and text that fits.
 *
 * Contents of all pages are kept until the document is complete, because "page x of y" is written
 * last; a page is some kilobytes.  A document of many pages is set twice where somebody takes pages
 * one by one: first they are drawn and counted, then drawn again and handed over as they are
 * finished (layout_send).  Lengths are in 1/100 pt.
 */
#ifndef CORE_LAYOUT_PAGE_H
#define CORE_LAYOUT_PAGE_H

#include "core/content_proof.h"
#include "core/invoice.h"
#include "core/pdf_page.h"
#include "core/print_check.h"

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

#define LAYOUT_KEPT_PAGES 128

struct Layout;

/* Who takes the pages of long documents one by one. */
typedef struct LayoutSink
{
	void *state;
	/* How many pages come, and what they use, is known. */
	PortStatus (*begin)(void *state, const struct Layout *layout);
	PortStatus (*page)(void *state, const ByteBuffer *content);
} LayoutSink;

#define LAYOUT_LEAST_SIZE 400 /* 4 pt: what would be set smaller to fit does not fit */

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
	const LayoutSink *sink; /* set by the caller; NULL: all pages are kept */
	bool dropping;			/* the first time: pages beyond those that are kept are only counted */
	bool sending;			/* the second time: pages go to the sink */
	int sent_pages;			/* how many there will be in all */
	int y, bottom;			/* where the flow stands, and where it must break */
	uint32_t missing;		/* first character of the document without a glyph */
	char too_small[64];		/* first text that would be set below LAYOUT_LEAST_SIZE to fit */
	ContentProof proof;		/* of what the pages say, while they are set */
	PrintCheck *check;		/* set by the caller; NULL: places are not checked */
	PortStatus status;
} Layout;

extern void layout_init(Layout *layout, const Port *port);
/* Starts a document; memory of the last one is used again. */
extern void layout_begin(Layout *layout);
/* The same for who sets long documents twice (layout_must_send). */
extern void layout_begin_long(Layout *layout);
/* Starts a page: y and bottom are the caller's to set. */
extern void layout_new_page(Layout *layout);
/* Opens a finished page again, for its number. */
extern void layout_reopen_page(Layout *layout, int page_no);
extern void layout_end(Layout *layout);
/* There are more pages than were kept: they have to be set once more. */
extern bool layout_must_send(const Layout *layout);
/*
 * Starts the second time.  Whoever sets the pages must set the same ones, and complete each before
 * the next is started; layout_end hands over the last.
 */
extern void layout_send(Layout *layout);
/* The document is with the sink already. */
static inline bool
layout_is_sent(const Layout *layout)
{
	return layout->sending;
}

/* The character in quotes behind a blank, to follow its number in a message; empty when it is none
 * to be shown. */
extern const char *layout_character(uint32_t character, char text[8]);

extern int layout_width(LayoutStyle style, Slice text);
/* At most width: a text that is longer ends in an ellipsis. */
extern void layout_left(Layout *layout, LayoutStyle style, int x, int y, int width, Slice text);
/* Ends at x; a text wider than width is set smaller, never cut: it is a number. */
extern void layout_right(Layout *layout, LayoutStyle style, int x, int y, int width, Slice text);
/*
 * What a number with fewer decimals than others leaves free at its right, so that the decimal marks
 * stand below each other; 0 when it would not fit then.
 */
extern int layout_fraction_room(LayoutStyle style, int width, Slice text, int decimals,
								int most_decimals);
/* In the middle of x and width; smaller rather than cut, as layout_right. */
extern void layout_centre(Layout *layout, LayoutStyle style, int x, int y, int width, Slice text);
extern const PdfImage *layout_find_image(const Layout *layout, Slice name);
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
