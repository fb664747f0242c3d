/*
 * print_check.c: boxes against zones.
 *
 * A tenth of a millimetre is forgiven: lengths of templates are rounded to hundredths of a point,
 * and no envelope is folded that well.
 */
#include "core/print_check.h"

#include "core/pdf_page.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define FORGIVEN 28 /* 0.1 mm */

/* Of its size: from the base line to the top of capitals, and to the foot of a g. */
#define TEXT_RISE(size) ((size) *73 / 100)
#define TEXT_DROP(size) ((size) *21 / 100)

static double
millimetres(int length)
{
	return length * 25.4 / 7200;
}

void
print_check_begin(PrintCheck *check, const char *template_name, PortFault *fault)
{
	check->template_name = template_name;
	check->actor = (PrintActor){.block = NULL};
	check->address_seen = false;
	memset(&check->last, 0, sizeof(check->last));
	check->found_count = 0;
	check->fault = fault;
}

/* Of each face, and the family that it has the widths of and is taken for. */
static const char *const face_families[FONT_FACE_COUNT][2] = {
	{"Liberation Sans", "Arial"}, {"Liberation Sans", "Arial"}, {"OCR-B", NULL}};

static bool
is_family(const char *name, size_t length, const char *family)
{
	return family != NULL && strlen(family) == length && strncasecmp(name, family, length) == 0;
}

void
print_check_families(PrintLimits *limits, const char *families)
{
	snprintf(limits->families, sizeof(limits->families), "%s", families);
	limits->address_faces = 0;
	while (*families != '\0')
	{
		size_t length = strcspn(families, ",");

		for (int face = 0; face < FONT_FACE_COUNT; face++)
			if (is_family(families, length, face_families[face][0]) ||
				is_family(families, length, face_families[face][1]))
				limits->address_faces |= 1u << face;
		families += length;
		families += strspn(families, ", ");
	}
}

/* ---------- messages ---------- */

static const char *const things[] = {"text", "area or line", "bar code", "image"};

/* Where to write it; NULL: it is known of this block and zone, or there is no more room. */
static PortFault *
find_room(PrintCheck *check, const char *rule, const char *problem, const PrintZone *zone)
{
	PrintFound *found;

	for (int i = 0; i < check->found_count; i++)
	{
		found = &check->found[i];
		if (found->line == check->actor.line && found->zone == zone &&
			strcmp(found->fault.rule, rule) == 0 &&
			strncmp(found->problem, problem, sizeof(found->problem) - 1) == 0)
			return NULL;
	}
	if (check->found_count == PRINT_MOST_FOUND)
		return NULL;
	found = &check->found[check->found_count++];
	memset(found, 0, sizeof(*found));
	found->line = check->actor.line;
	found->zone = zone;
	snprintf(found->problem, sizeof(found->problem), "%.39s", problem);
	return &found->fault;
}

/* template "x", block <text> in line 12: "Faktura" on page 1 */
static void
complain(PrintCheck *check, const char *rule, PrintThing thing, Slice text, int page_no,
		 const int box[4], const char *problem, const PrintZone *zone)
{
	char block[60] = "", what[40], where[64] = "";
	PortFault *fault = find_room(check, rule, problem, zone);

	if (fault == NULL)
		return;
	if (check->actor.block != NULL)
		snprintf(block, sizeof(block), ", block <%.20s> in line %d", check->actor.block,
				 check->actor.line);
	if (text.length > 0)
		snprintf(what, sizeof(what), "\"%.*s\"", slice_shown(text, 24), text.bytes);
	else
		snprintf(what, sizeof(what), "%s", things[thing]);
	if (zone != NULL)
		snprintf(where, sizeof(where), " \"%.24s\" (%.1f, %.1f to %.1f, %.1f)", zone->name,
				 millimetres(zone->x), millimetres(zone->y), millimetres(zone->x + zone->width),
				 millimetres(zone->y + zone->height));
	else if (check->actor.zone_line > 0)
		snprintf(where, sizeof(where), ", <zone> in line %d", check->actor.zone_line);
	(void) port_fault(fault, PORT_INVALID, rule,
					  "template \"%.40s\"%s: %s on page %d, mm %.1f, %.1f to %.1f, %.1f, %s%s",
					  check->template_name, block, what, page_no, millimetres(box[0]),
					  millimetres(box[1]), millimetres(box[2]), millimetres(box[3]), problem,
					  where);
}

/* ---------- boxes ---------- */

/* The boxes share more than a hair's breadth; grow: the zone is larger by this. */
static bool
overlaps(const PrintZone *zone, const int box[4], int grow)
{
	int least = FORGIVEN - grow;

	return box[0] + least < zone->x + zone->width && zone->x + least < box[2] &&
		   box[1] + least < zone->y + zone->height && zone->y + least < box[3];
}

static bool
lies_inside(const PrintZone *zone, const int box[4])
{
	int most = FORGIVEN - zone->play;

	return box[0] + most >= zone->x && box[1] + most >= zone->y &&
		   box[2] - most <= zone->x + zone->width && box[3] - most <= zone->y + zone->height;
}

static void
check_window(PrintCheck *check, const PrintZone *zone, PrintThing thing, Slice text, int page_no,
			 const int box[4])
{
	if (check->actor.is_address)
	{
		check->address_seen = true;
		if (!lies_inside(zone, box))
			complain(check, "PRINT-WINDOW", thing, text, page_no, box,
					 "is not safely inside the window", zone);
	}
	else if (!check->actor.in_address_zone && overlaps(zone, box, zone->play))
		complain(check, "PRINT-WINDOW", thing, text, page_no, box, "may be seen in the window",
				 zone);
}

void
print_check_box(PrintCheck *check, PrintThing thing, Slice text, int page_no, int x, int y,
				int width, int height)
{
	const int box[4] = {x, y, x + width, y + height};

	if (check->fault == NULL || check->fault->status != PORT_OK)
		return;
	if (box[0] < -FORGIVEN || box[1] < -FORGIVEN || box[2] > PDF_PAGE_WIDTH + FORGIVEN ||
		box[3] > PDF_PAGE_HEIGHT + FORGIVEN)
		complain(check, "PRINT-PAGE", thing, text, page_no, box, "leaves the page", NULL);
	for (int i = 0; i < check->zone_count; i++)
	{
		const PrintZone *zone = &check->zones[i];

		if (zone->first_page && page_no > 1)
			continue;
		if (zone->kind == PRINT_WINDOW)
			check_window(check, zone, thing, text, page_no, box);
		else if ((zone->kind != PRINT_NO_TEXT || thing == PRINT_TEXT) && overlaps(zone, box, 0))
			complain(check, "PRINT-ZONE", thing, text, page_no, box, "stands in zone", zone);
	}
}

void
print_check_clear(PrintCheck *check, const char *what, int page_no, const int box[4])
{
	if (check->fault == NULL || check->fault->status != PORT_OK)
		return;
	for (int i = 0; i < check->zone_count; i++)
		if (check->zones[i].kind == PRINT_MARK && overlaps(&check->zones[i], box, 0))
			complain(
				check, "PRINT-ZONE", PRINT_SHAPE, (Slice){what, strlen(what)}, page_no, box,
				"is kept free for its reader, and marks would be printed there:", &check->zones[i]);
}

/* A text of this many bytes cannot be wider: no character is wider than its size and a tenth. */
static bool
is_far(const PrintCheck *check, int size, int page_no, int x, int y, size_t bytes)
{
	int64_t end = x + (int64_t) bytes * size * 11 / 10;
	int box[4] = {x, y - TEXT_RISE(size), (int) end, y + TEXT_DROP(size)};

	if (check->actor.is_address || x < 0 || box[1] < 0 || end > PDF_PAGE_WIDTH ||
		box[3] > PDF_PAGE_HEIGHT)
		return false;
	for (int i = 0; i < check->zone_count; i++)
		if (!(check->zones[i].first_page && page_no > 1) &&
			overlaps(&check->zones[i], box, check->zones[i].play))
			return false;
	return true;
}

/* As far as a whole line below the one before; texts that show nothing take no place. */
static bool
is_below_blank(PrintCheck *check, int size, int page_no, int y)
{
	bool follows =
		check->last.page_no == page_no && check->last.zone_line == check->actor.zone_line;
	int gap = y - TEXT_RISE(size) - check->last.y - TEXT_DROP(check->last.size);

	check->last.page_no = page_no;
	check->last.zone_line = check->actor.zone_line;
	check->last.y = y;
	check->last.size = size;
	return follows && gap >= size;
}

/* What the reader of addresses wants of their letters. */
static void
check_address(PrintCheck *check, const FontFace *face, int size, int page_no, int y,
			  const int box[4], Slice text)
{
	const PrintLimits *limits = &check->limits;
	int number = face == font_faces[FONT_BOLD]	? FONT_BOLD
				 : face == font_faces[FONT_OCR] ? FONT_OCR
												: FONT_REGULAR;
	char problem[160];

	if (check->fault == NULL || check->fault->status != PORT_OK)
		return;
	if (limits->no_bold_address && number == FONT_BOLD)
		complain(check, "PRINT-WINDOW", PRINT_TEXT, text, page_no, box, "is an address in bold",
				 NULL);
	if (limits->families[0] != '\0' && (limits->address_faces >> number & 1) == 0)
	{
		snprintf(problem, sizeof(problem), "is an address: found %s, expected a font of %s",
				 face_families[number][0], limits->families);
		complain(check, "PRINT-WINDOW", PRINT_TEXT, text, page_no, box, problem, NULL);
	}
	if ((limits->address_least > 0 && size < limits->address_least) ||
		(limits->address_most > 0 && size > limits->address_most))
	{
		snprintf(problem, sizeof(problem), "is an address: found %.1f pt, expected %.1f to %.1f pt",
				 size / 100.0, limits->address_least / 100.0, limits->address_most / 100.0);
		complain(check, "PRINT-WINDOW", PRINT_TEXT, text, page_no, box, problem, NULL);
	}
	if (limits->no_blank_line && is_below_blank(check, size, page_no, y))
		complain(check, "PRINT-WINDOW", PRINT_TEXT, text, page_no, box,
				 "is an address with a blank line above it", NULL);
}

void
print_check_text(PrintCheck *check, const FontFace *face, int size, int page_no, int x, int y,
				 Slice text)
{
	int width;

	if (is_far(check, size, page_no, x, y, text.length))
		return;
	width = (int) (font_text_width(face, text.bytes, text.length) * size / 1000);
	if (check->actor.is_address)
		check_address(check, face, size, page_no, y,
					  (int[4]){x, y - TEXT_RISE(size), x + width, y + TEXT_DROP(size)}, text);
	print_check_box(check, PRINT_TEXT, text, page_no, x, y - TEXT_RISE(size), width,
					TEXT_RISE(size) + TEXT_DROP(size));
}

/* ---------- the whole ---------- */

static PortStatus
over_limit(const PrintCheck *check, const char *what, int64_t found, int64_t most, PortFault *fault)
{
	return port_fault(fault, PORT_INVALID, "PRINT-LIMIT",
					  "template \"%.60s\": %s of the document for print profile \"%.60s\": found "
					  "%lld, expected at most %lld",
					  check->template_name, what, check->name, (long long) found, (long long) most);
}

PortStatus
print_check_pages(PrintCheck *check, int page_count, PortFault *fault)
{
	const PrintLimits *limits = &check->limits;
	int sheets = limits->duplex ? (page_count + 1) / 2 : page_count;

	if (!print_checks(check))
		return PORT_OK;
	if (check->found_count > 0)
	{
		*fault = check->found[0].fault;
		return fault->status;
	}
	if (limits->pages > 0 && page_count > limits->pages)
		return over_limit(check, "pages", page_count, limits->pages, fault);
	if (limits->sheets > 0 && sheets > limits->sheets)
		return over_limit(check, "sheets", sheets, limits->sheets, fault);
	for (int i = 0; i < check->zone_count; i++)
		if (check->zones[i].kind == PRINT_WINDOW && !check->address_seen)
			return port_fault(
				fault, PORT_INVALID, "PRINT-WINDOW",
				"template \"%.60s\": no address of the recipient stands in the window "
				"\"%s\" of print profile \"%.60s\"",
				check->template_name, check->zones[i].name, check->name);
	return PORT_OK;
}

PortStatus
print_check_file(const PrintCheck *check, const PdfProfile *profile, size_t bytes, PortFault *fault)
{
	const PrintLimits *limits = &check->limits;
	static const char *const colours[] = {"gray", "rgb", "cmyk"};

	if (!print_checks(check))
		return PORT_OK;
	if (limits->version > 0 && profile->version > limits->version)
		return port_fault(fault, PORT_INVALID, "PRINT-FORMAT",
						  "template \"%.60s\": PDF version of profile \"%s\" for print profile "
						  "\"%.60s\": found 1.%d, expected at most 1.%d",
						  check->template_name, profile->name, check->name, profile->version,
						  limits->version);
	if ((profile->colour != PDF_GRAY && limits->only_gray) ||
		(profile->colour == PDF_RGB && limits->no_rgb) ||
		(profile->colour == PDF_CMYK && limits->no_cmyk))
		return port_fault(fault, PORT_INVALID, "PRINT-FORMAT",
						  "template \"%.60s\": colours of profile \"%s\" for print profile "
						  "\"%.60s\": found %s, expected %s",
						  check->template_name, profile->name, check->name,
						  colours[profile->colour],
						  limits->only_gray ? "gray"
						  : limits->no_rgb	? "gray or cmyk"
											: "gray or rgb");
	if (limits->bytes > 0 && bytes > (size_t) limits->bytes)
		return over_limit(check, "bytes", (int64_t) bytes, limits->bytes, fault);
	return PORT_OK;
}
