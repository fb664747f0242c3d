/*
 * render_walk.h: walks a compiled template for the channels that have no pages.
 *
 * The same blocks that template_run sets on pages are told here, in reading order, to a target:
 * HTML (render_html.h) or text (render_text.h).  Lengths and page breaks mean nothing here; zones
 * become regions of the document, and texts that name {{page}} or {{pages}} are left out.  Texts
 * are handed over as they are: escaping is the target's.
 */
#ifndef CORE_RENDER_WALK_H
#define CORE_RENDER_WALK_H

#include "core/template_run.h"

struct RenderChart;
struct TemplateSymbol;

typedef enum RenderRegion
{
	REGION_HEAD,	/* zones of the first page */
	REGION_PAYMENT, /* zones of the first or last page that are there when something is to be paid
					 */
	REGION_MAIN,	/* the flow */
	REGION_AFTER,	/* the other zones of the last page */
	REGION_FOOT,	/* zones of every page */
	REGION_COUNT
} RenderRegion;

typedef enum RenderRole
{
	ROLE_BODY,
	ROLE_TITLE,	 /* what the document is: once */
	ROLE_NAME,	 /* large, beside the title: the sender */
	ROLE_HEADING /* large, elsewhere */
} RenderRole;

typedef struct RenderText
{
	Slice text; /* UTF-8, valid during the call */
	RenderRole role;
	bool bold, quiet; /* quiet: small or gray */
	bool copied;	  /* a payment reference or account: the payer copies it whole */
	bool due;		  /* shows the amount to pay */
	unsigned shows;	  /* RENDER_SHOWS_ bits: values of the invoice that it says */
	bool alone;		  /* one value and nothing else */
	bool is_label;	  /* names what comes next */
	bool named;		  /* by the channels of its block or one around */
} RenderText;

#define RENDER_SHOWS_TITLE (1u << 0) /* what the document is */
#define RENDER_SHOWS_NUMBER (1u << 1)
#define RENDER_SHOWS_AMOUNT (1u << 2)
#define RENDER_SHOWS_DUE_DATE (1u << 3)
#define RENDER_SHOWS_ACCOUNT (1u << 4)
#define RENDER_SHOWS_REFERENCE (1u << 5)

/* Rows of a list that an e-mail shows; the rest is in the document it carries. */
#define RENDER_MAIL_ROWS 20

typedef struct RenderTable
{
	int number; /* of the document, from 0 */
	int columns, rows;
	bool headless;
	TemplateList list;
	bool right[16];
	Slice carried; /* at the row where a list is cut: what the rows before it come to; else empty */
	int span[16];  /* columns that a head runs over; 0: it is run over */
} RenderTable;

typedef struct RenderSymbol
{
	const struct TemplateSymbol *symbol;
	Slice shows;	 /* what it says, or what it is for */
	RenderText text; /* below it, for who cannot read it; may be empty */
	bool link;		 /* what it says is an address that is opened */
	int width;		 /* in 1/100 pt, with the quiet zone; -1: its own */
} RenderSymbol;

/*
 * What a walk tells; texts and tables do not nest, regions and groups do.  Without table the lists
 * are left out, but for loops that their channels name.
 */
typedef struct RenderTarget
{
	void (*region)(void *state, RenderRegion region, bool start);
	void (*zone)(void *state, const TemplateBlock *zone, bool start);
	void (*columns)(void *state, bool start);
	void (*column)(void *state, int width, bool start); /* child of columns; width -1: the rest */
	void (*text)(void *state, const RenderText *text);
	void (*total)(void *state, const RenderText *label, const RenderText *value, bool shaded);
	void (*gap)(void *state, bool ruled); /* space that divides, or a line across */
	void (*table)(void *state, const RenderTable *table, bool start);
	void (*head)(void *state, const RenderTable *table, int column, Slice text);
	/* false: leave out the rest of the rows */
	bool (*row)(void *state, const RenderTable *table, int row, bool start);
	void (*cell)(void *state, const RenderTable *table, int column, bool start);
	void (*chart)(void *state, const struct RenderChart *chart);
	void (*image)(void *state, Slice name, Slice shows, const TemplateBlock *block);
	void (*symbol)(void *state, const RenderSymbol *symbol); /* a bar code */
	void (*accent)(void *state, int rgb); /* colour of the brand, before all else; may be NULL */
} RenderTarget;

typedef struct RenderScratch
{
	ByteBuffer label, value;
	TemplateScratch template_scratch;
	struct ChartData *chart;
} RenderScratch;

extern void render_scratch_init(RenderScratch *scratch, const Port *port);

/*
 * Walks the whole document.  PORT_INVALID with rule TEMPLATE-FIELD when a value that is not marked
 * optional is missing.
 */
extern PortStatus render_walk(const TemplateProgram *program, TemplateChannel channel,
							  const TemplateData *data, const RenderTarget *target, void *state,
							  RenderScratch *scratch, PortFault *fault);

/*
 * Walks the texts of a template's <subject> or <sms> block alone; *found says whether there is one.
 */
extern PortStatus render_walk_part(const TemplateProgram *program, TemplateBlockKind kind,
								   TemplateChannel channel, const TemplateData *data,
								   const RenderTarget *target, void *state, RenderScratch *scratch,
								   PortFault *fault, bool *found);

/*
 * Length in bytes of the character that text starts with when no channel shows it: control
 * characters, and those that turn the direction of what follows.  0: it is shown.
 */
extern size_t render_hidden_length(const unsigned char *text, size_t length);

#endif
