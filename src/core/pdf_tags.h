/*
 * pdf_tags.h: the structure of a document: which text is a heading, a paragraph, a cell.
 *
 * Elements are opened and closed while pages are drawn, in reading order; what is drawn meanwhile
 * belongs to the innermost one, or to a paragraph of its own where none is open.  Rules and boxes
 * outside of figures carry no meaning and belong to nothing.
 *
 * Of a long document, whose pages are drawn twice, the elements are kept only as long as they must
 * (pdf_tags_begin_long): what a finished page has finished is written, and its room used again.
 */
#ifndef CORE_PDF_TAGS_H
#define CORE_PDF_TAGS_H

#include "core/buffer.h"
#include "core/invoice.h"

typedef enum PdfRole
{
	ROLE_DOCUMENT,
	ROLE_ARTIFACT, /* says nothing new: heads and feet of pages, repeated heads of tables */
	ROLE_H1,
	ROLE_H2,
	ROLE_P,
	ROLE_TABLE,
	ROLE_TR,
	ROLE_TH,
	ROLE_TD,
	ROLE_FIGURE,
	ROLE_COUNT
} PdfRole;

typedef struct PdfElement
{
	PdfRole role;
	int parent, first_child, last_child, next; /* 0 = none: 0 is the document */
	int first_mark, last_mark;				   /* 1-based; 0 = none */
	int number;								   /* object number, while writing */
	int written;							   /* last child that is in the file; 0 = none */
	bool in_file;							   /* with all that is below it */
	size_t alternative, alternative_length;	   /* in texts: what a figure shows */
} PdfElement;

/* A stretch of a page's content. */
typedef struct PdfMark
{
	int element, page, place; /* both 0-based */
	int next;
} PdfMark;

typedef struct PdfTags
{
	const Port *port;
	PdfElement *elements;
	PdfMark *marks; /* marks[0] is not used */
	int *places;	/* by page: how many marks it has */
	int *lists;		/* by page: object number of the list of its elements; of long documents */
	int *drawn;		/* of the page at hand, by place: the elements; of long documents */
	bool idle;		/* nothing is collected: the pages are not kept either */
	bool is_long;
	int free_element, free_mark, artifact; /* first of each, linked by next; 0 = none */
	int drawn_count, drawn_room;
	int element_count, element_room, mark_count, mark_room, page_count, page_room;
	int current;
	ByteBuffer texts;
	PortStatus status;
} PdfTags;

extern void pdf_tags_init(PdfTags *tags, const Port *port);
/* Starts a document. */
extern void pdf_tags_begin(PdfTags *tags);
/* The same for a document whose pages are taken one by one. */
extern void pdf_tags_begin_long(PdfTags *tags);
/* What comes is not kept: nothing is collected until the next begin. */
extern void pdf_tags_rest(PdfTags *tags);
/* After a page of a long document: list is the object that lists its elements. */
extern void pdf_tags_end_page(PdfTags *tags, int page, int list);
/* Of long documents: what is below this element, and its marks, are in the file. */
extern void pdf_tags_free_below(PdfTags *tags, int element);
/* All take NULL for tags, and then do nothing.  Answers the new element. */
extern int pdf_tags_open(PdfTags *tags, PdfRole role);
/* A figure, with what it shows in words. */
extern void pdf_tags_open_figure(PdfTags *tags, Slice alternative);
extern void pdf_tags_close(PdfTags *tags);
/* Opens an element again, a cell whose lines take turns with its neighbours' for instance. */
extern void pdf_tags_resume(PdfTags *tags, int element);
/* What the element at hand is called in a page's content; place -1: an artifact. */
extern const char *pdf_tags_mark(PdfTags *tags, int page, int *place);
extern const char *pdf_tags_role_name(PdfRole role);

#endif
