/*
 * print_check.h: what is drawn on a page against the zones and windows of a print profile.
 *
 * Each text, area, bar code and image is looked at when it is placed, by the box it takes.  What
 * stands where it may not is a fault of the document that names block, page and place, told once
 * for each block and zone; without a profile nothing is looked at.  Lengths are in 1/100 pt from
 * the top left corner.
 */
#ifndef CORE_PRINT_CHECK_H
#define CORE_PRINT_CHECK_H

#include "core/font_face.h"
#include "core/invoice.h"
#include "core/pdf_profile.h"

#define PRINT_MAX_ZONES 64
#define PRINT_MOST_FOUND 10 /* more are not told */

typedef enum PrintZoneKind
{
	PRINT_FREE,	   /* nothing may stand here */
	PRINT_NO_TEXT, /* no text may */
	PRINT_WINDOW,  /* the address stands here, and nothing else */
	PRINT_MARK	   /* free for marks that are printed here later */
} PrintZoneKind;

typedef struct PrintZone
{
	char name[40];
	PrintZoneKind kind;
	bool first_page; /* only there; else on every page */
	int x, y, width, height;
	int play; /* how far the sheet moves behind the window */
} PrintZone;

typedef struct PrintLimits
{
	int pages, sheets; /* 0 = any number */
	int64_t bytes;
	bool duplex;
	int version; /* minor: 4 is PDF 1.4; 0 = any */
	bool only_gray, no_cmyk, no_rgb;
	int address_least, address_most; /* size of the address, 0 = any */
	bool no_bold_address, no_blank_line;
	unsigned
		address_faces; /* a bit for each face that it may be set in, where families are named */
	char families[80]; /* as the profile names them; empty: any */
} PrintLimits;

/* Who draws: kept up to date by who sets pages. */
typedef struct PrintActor
{
	const char *block; /* element, NULL: none */
	int line;
	bool in_address_zone, is_address;
	int zone_line; /* of the zone that the block stands in, 0: none */
} PrintActor;

typedef struct PrintFound
{
	PortFault fault;
	int line; /* of the block */
	const PrintZone *zone;
	char problem[40]; /* as far as it tells problems apart */
} PrintFound;

typedef struct PrintCheck
{
	char name[64]; /* of the profile; empty: nothing is checked */
	PrintLimits limits;
	PrintZone zones[PRINT_MAX_ZONES];
	int zone_count;
	const char *template_name;
	PrintActor actor;
	bool address_seen;
	struct /* the last line of an address */
	{
		int page_no, zone_line, y, size;
	} last;
	PrintFound found[PRINT_MOST_FOUND];
	int found_count;
	PortFault *fault; /* of whoever sets the pages */
} PrintCheck;

static inline bool
print_checks(const PrintCheck *check)
{
	return check->name[0] != '\0';
}

/* Font families that the address may be set in, parted by commas; empty: any. */
extern void print_check_families(PrintLimits *limits, const char *families);

/* Starts a document. */
extern void print_check_begin(PrintCheck *check, const char *template_name, PortFault *fault);

typedef enum PrintThing
{
	PRINT_TEXT,
	PRINT_SHAPE,
	PRINT_BARS,
	PRINT_IMAGE
} PrintThing;

/* Something is placed; page_no from 1. */
extern void print_check_box(PrintCheck *check, PrintThing thing, Slice text, int page_no, int x,
							int y, int width, int height);
/* y is the base line. */
extern void print_check_text(PrintCheck *check, const FontFace *face, int size, int page_no, int x,
							 int y, Slice text);

/* A place that the page keeps free for a reader of its own: no mark may be printed there later. */
extern void print_check_clear(PrintCheck *check, const char *what, int page_no, const int box[4]);

/* After the pages: the first of what was found, PRINT-LIMIT, PRINT-FORMAT, PRINT-WINDOW (no address
 * was seen). */
extern PortStatus print_check_pages(PrintCheck *check, int page_count, PortFault *fault);
extern PortStatus print_check_file(const PrintCheck *check, const PdfProfile *profile, size_t bytes,
								   PortFault *fault);

#endif
