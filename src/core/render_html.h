/*
 * render_html.h: a document as one self-contained HTML page, or as the HTML part of an e-mail.
 *
 * No script, no address that is fetched, nothing that differs from reader to reader: what digital
 * mailboxes ask for holds for all.  The page is written so that it is well-formed XML as well.
 */
#ifndef CORE_RENDER_HTML_H
#define CORE_RENDER_HTML_H

#include "core/deflate.h"
#include "core/mime_write.h"
#include "core/render_walk.h"

/* Columns that a line of sums may have. */
#define RENDER_MAIL_SUMS 8

typedef enum RenderHtmlKind
{
	RENDER_PAGE, /* for browsers: responsive, <details>, print style */
	RENDER_MAIL	 /* styles on the elements, tables for columns: what mail programs understand */
} RenderHtmlKind;

#define RENDER_MAX_PICTURES 8 /* of an e-mail; further ones are text alone */
#define RENDER_PICTURE_ID 24

/* A symbol or an image that the HTML of an e-mail names. */
typedef struct RenderPicture
{
	char id[RENDER_PICTURE_ID];
	const LayoutImage *image; /* NULL: a symbol, whose bytes are */
	size_t start, length;	  /* in pictures */
} RenderPicture;

typedef struct RenderHtml
{
	const Port *port;
	ByteBuffer out; /* the last document */
	ByteBuffer body, style, title;
	RenderScratch scratch;
	const LayoutImage *images; /* that pages and e-mails show, set by the caller */
	int image_count;
	ByteBuffer pictures; /* of the last e-mail */
	RenderPicture picture[RENDER_MAX_PICTURES];
	int picture_count;
	Deflater *deflater; /* opened by the first picture */
	/* while walking */
	PortStatus status;
	RenderHtmlKind kind;
	TemplateLanguage language;
	RenderRegion region;
	const TemplateProgram *program;
	/* of the body: before the zone, behind its start, at the columns, behind the last one's start
	 */
	size_t zone_open, zone_start, column_starts[RENDER_MAIL_SUMS], column_start;
	int depth, columns; /* of columns that are open; columns told so far */
	int column_texts;	/* of the column; -1: something else is there too */
	bool panel, plain_columns, in_column, letter;
	bool behind_table; /* nothing but lines of sums since the last table */
	int accent;		   /* 0xRRGGBB */
	bool in_list, in_paragraph, in_cell, cell_begun, titled;
	int cell_texts, heads;
	int shown_rows;
} RenderHtml;

extern void render_html_init(RenderHtml *html, const Port *port);
/* Faults as render_walk. */
extern PortStatus render_html(RenderHtml *html, RenderHtmlKind kind, const TemplateProgram *program,
							  const TemplateData *data, PortFault *fault);

/* The pictures of the last e-mail, for mime_write; room for RENDER_MAX_PICTURES. */
extern int render_html_pictures(const RenderHtml *html, MimePicture *pictures);

/* Text as content of an element or of an attribute in quotes; what no reader shows is dropped. */
extern void html_append_escaped(ByteBuffer *out, Slice text);

/* For the files of pages alone: a text as it is shown, and a symbol with its text. */
extern void html_append_content(RenderHtml *html, const RenderText *text);
extern void html_name_picture(RenderPicture *picture, Slice bytes);
extern void html_append_symbol(RenderHtml *html, const RenderSymbol *symbol);

/* The style sheet of pages. */
extern const char render_html_style[];

/* Words that only these channels need, in the document's language; with %d where a number goes. */
typedef enum RenderWord
{
	WORD_LINES,		/* caption of a list of lines */
	WORD_ALL_LINES, /* "All 40 lines" */
	WORD_FIGURES,	/* the figures behind a chart */
	WORD_MORE_LINES /* "and 20 more lines in the attached document" */
} RenderWord;
extern const char *render_word(RenderWord word, TemplateLanguage language);

#endif
