/*
 * font_truetype.c: TrueType reader and subsetter.
 *
 * All offsets come from the file, so each is checked against its table before use; a glyph that
 * points outside makes the font invalid.  Hints are dropped: printers and viewers at 300 dpi and
 * more do not use them, and they are more than half of the bytes.
 */
#include "core/font_truetype.h"

#include <string.h>

#define MAX_GLYPHS 4096 /* of a subset; a face for letters has some hundred */

/* flags of a part of a composite glyph */
#define PART_WORDS 0x0001
#define PART_SCALE 0x0008
#define PART_MORE 0x0020
#define PART_TWO_SCALES 0x0040
#define PART_MATRIX 0x0080
#define PART_INSTRUCTIONS 0x0100

typedef struct Subset
{
	const TrueTypeFont *font;
	int count;
	int old_glyphs[MAX_GLYPHS];
	size_t starts[MAX_GLYPHS + 1];
	ByteBuffer glyf;
} Subset;

static unsigned
read_u16(const uint8_t *bytes)
{
	return (unsigned) bytes[0] << 8 | bytes[1];
}

static int
read_s16(const uint8_t *bytes)
{
	return (int16_t) read_u16(bytes);
}

static uint32_t
read_u32(const uint8_t *bytes)
{
	return (uint32_t) read_u16(bytes) << 16 | read_u16(bytes + 2);
}

static void
put_u16(ByteBuffer *out, unsigned value)
{
	buffer_append_char(out, (char) (value >> 8));
	buffer_append_char(out, (char) value);
}

static void
put_u32(ByteBuffer *out, uint32_t value)
{
	put_u16(out, value >> 16);
	put_u16(out, value & 0xFFFF);
}

static PortStatus
find_table(TrueTypeTable *table, const uint8_t *bytes, size_t length, const char *tag,
		   size_t at_least, PortFault *fault)
{
	unsigned count = read_u16(bytes + 4);

	for (unsigned i = 0; i < count; i++)
	{
		const uint8_t *entry = bytes + 12 + 16 * i;
		size_t start = read_u32(entry + 8), size = read_u32(entry + 12);

		if (memcmp(entry, tag, 4) != 0)
			continue;
		if (start > length || size > length - start || size < at_least)
			return port_fault(fault, PORT_INVALID, "FONT-FORMAT",
							  "font table \"%s\" is cut or too short", tag);
		table->bytes = bytes + start;
		table->length = size;
		return PORT_OK;
	}
	return port_fault(fault, PORT_INVALID, "FONT-FORMAT", "font has no table \"%s\"", tag);
}

static PortStatus
find_tables(TrueTypeFont *font, const uint8_t *bytes, size_t length, PortFault *fault)
{
	const struct
	{
		TrueTypeTable *table;
		const char *tag;
		size_t at_least;
	} wanted[] = {{&font->head, "head", 54}, {&font->hhea, "hhea", 36}, {&font->hmtx, "hmtx", 4},
				  {&font->maxp, "maxp", 32}, {&font->loca, "loca", 4},	{&font->glyf, "glyf", 1},
				  {&font->cmap, "cmap", 4},	 {&font->os2, "OS/2", 90}};

	if (length < 12 || read_u32(bytes) != 0x00010000 ||
		length < 12 + 16 * (size_t) read_u16(bytes + 4))
		return port_fault(fault, PORT_INVALID, "FONT-FORMAT", "font is not a TrueType file");
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
	{
		PortStatus status =
			find_table(wanted[i].table, bytes, length, wanted[i].tag, wanted[i].at_least, fault);

		if (status != PORT_OK)
			return status;
	}
	return PORT_OK;
}

static int
to_thousandths(const TrueTypeFont *font, int units)
{
	int scaled = units * 1000;

	return (scaled + (scaled < 0 ? -1 : 1) * font->units_per_em / 2) / font->units_per_em;
}

PortStatus
truetype_open(TrueTypeFont *font, const void *bytes, size_t length, PortFault *fault)
{
	PortStatus status;

	memset(font, 0, sizeof(*font));
	status = find_tables(font, bytes, length, fault);
	if (status != PORT_OK)
		return status;
	font->units_per_em = (int) read_u16(font->head.bytes + 18);
	font->long_loca = read_u16(font->head.bytes + 50) != 0;
	font->glyph_count = (int) read_u16(font->maxp.bytes + 4);
	font->metric_count = (int) read_u16(font->hhea.bytes + 34);
	if (font->units_per_em < 16 || font->metric_count < 1 ||
		font->metric_count > font->glyph_count ||
		font->hmtx.length < 4 * (size_t) font->metric_count +
								2 * (size_t) (font->glyph_count - font->metric_count) ||
		font->loca.length < (font->long_loca ? 4 : 2) * ((size_t) font->glyph_count + 1))
		return port_fault(fault, PORT_INVALID, "FONT-FORMAT", "font tables contradict each other");
	font->ascent = to_thousandths(font, read_s16(font->hhea.bytes + 4));
	font->descent = to_thousandths(font, read_s16(font->hhea.bytes + 6));
	font->cap_height = to_thousandths(font, read_s16(font->os2.bytes + 88));
	for (int i = 0; i < 4; i++)
		font->box[i] = to_thousandths(font, read_s16(font->head.bytes + 36 + 2 * i));
	return PORT_OK;
}

/* Format 4 of the Windows Unicode map: all that is needed for the basic plane. */
static int
find_in_segments(const uint8_t *map, size_t room, uint32_t character)
{
	size_t segments, length;

	if (room < 16 || read_u16(map) != 4)
		return 0;
	length = read_u16(map + 2);
	segments = read_u16(map + 6) / 2;
	if (length > room || length < 16 + 8 * segments)
		return 0;
	for (size_t i = 0; i < segments; i++)
	{
		const uint8_t *ends = map + 14 + 2 * i;
		const uint8_t *starts = ends + 2 + 2 * segments;
		const uint8_t *deltas = starts + 2 * segments;
		const uint8_t *offsets = deltas + 2 * segments;
		unsigned start = read_u16(starts), offset = read_u16(offsets), glyph;

		if (character > read_u16(ends))
			continue;
		if (character < start)
			return 0;
		if (offset == 0)
			return (int) ((character + read_u16(deltas)) & 0xFFFF);
		if ((size_t) (offsets - map) + offset + 2 * (character - start) + 2 > length)
			return 0;
		glyph = read_u16(offsets + offset + 2 * (character - start));
		return glyph == 0 ? 0 : (int) ((glyph + read_u16(deltas)) & 0xFFFF);
	}
	return 0;
}

int
truetype_find_glyph(const TrueTypeFont *font, uint32_t character)
{
	size_t count = read_u16(font->cmap.bytes + 2);

	if (character > 0xFFFF || font->cmap.length < 4 + 8 * count)
		return 0;
	for (size_t i = 0; i < count; i++)
	{
		const uint8_t *entry = font->cmap.bytes + 4 + 8 * i;
		size_t start = read_u32(entry + 4);
		int glyph;

		if (read_u16(entry) != 3 || read_u16(entry + 2) != 1 || start > font->cmap.length)
			continue;
		glyph = find_in_segments(font->cmap.bytes + start, font->cmap.length - start, character);
		return glyph < font->glyph_count ? glyph : 0;
	}
	return 0;
}

static const uint8_t *
metric_of(const TrueTypeFont *font, int glyph)
{
	return font->hmtx.bytes + 4 * (glyph < font->metric_count ? glyph : font->metric_count - 1);
}

int
truetype_glyph_width(const TrueTypeFont *font, int glyph)
{
	return to_thousandths(font, (int) read_u16(metric_of(font, glyph)));
}

static int
side_bearing(const TrueTypeFont *font, int glyph)
{
	if (glyph < font->metric_count)
		return read_s16(font->hmtx.bytes + 4 * glyph + 2);
	return read_s16(font->hmtx.bytes + 4 * font->metric_count + 2 * (glyph - font->metric_count));
}

static bool
glyph_bytes(const TrueTypeFont *font, int glyph, const uint8_t **bytes, size_t *length)
{
	size_t start, end;

	if (font->long_loca)
	{
		start = read_u32(font->loca.bytes + 4 * glyph);
		end = read_u32(font->loca.bytes + 4 * glyph + 4);
	}
	else
	{
		start = 2 * (size_t) read_u16(font->loca.bytes + 2 * glyph);
		end = 2 * (size_t) read_u16(font->loca.bytes + 2 * glyph + 2);
	}
	if (start > end || end > font->glyf.length || (end > start && end - start < 12))
		return false;
	*bytes = font->glyf.bytes + start;
	*length = end - start;
	return true;
}

/* The place of an old glyph in the subset, added at the end when it is new; -1 when full. */
static int
place_glyph(Subset *subset, int old_glyph)
{
	for (int i = 0; i < subset->count; i++)
		if (subset->old_glyphs[i] == old_glyph)
			return i;
	if (subset->count == MAX_GLYPHS)
		return -1;
	subset->old_glyphs[subset->count] = old_glyph;
	return subset->count++;
}

static bool
copy_simple(Subset *subset, const uint8_t *bytes, size_t length, int contours)
{
	size_t ends = 10 + 2 * (size_t) contours, hints;

	if (length < ends + 2)
		return false;
	hints = read_u16(bytes + ends);
	if (length < ends + 2 + hints)
		return false;
	buffer_append(&subset->glyf, bytes, ends);
	put_u16(&subset->glyf, 0);
	buffer_append(&subset->glyf, bytes + ends + 2 + hints, length - ends - 2 - hints);
	return true;
}

static bool
copy_composite(Subset *subset, const uint8_t *bytes, size_t length)
{
	size_t at = 10;
	unsigned flags;

	buffer_append(&subset->glyf, bytes, at);
	do
	{
		size_t size = 6;
		int part;

		if (length < at + 6)
			return false;
		flags = read_u16(bytes + at);
		size += (flags & PART_WORDS) ? 2 : 0;
		size += (flags & PART_SCALE)		? 2
				: (flags & PART_TWO_SCALES) ? 4
				: (flags & PART_MATRIX)		? 8
											: 0;
		if (length < at + size || (int) read_u16(bytes + at + 2) >= subset->font->glyph_count)
			return false;
		part = place_glyph(subset, (int) read_u16(bytes + at + 2));
		if (part < 0)
			return false;
		put_u16(&subset->glyf, flags & ~(unsigned) PART_INSTRUCTIONS);
		put_u16(&subset->glyf, (unsigned) part);
		buffer_append(&subset->glyf, bytes + at + 4, size - 4);
		at += size;
	} while (flags & PART_MORE);
	return true;
}

/* Copies all glyphs; the list grows while parts of composites are found. */
static bool
copy_glyphs(Subset *subset)
{
	for (int i = 0; i < subset->count; i++)
	{
		const uint8_t *bytes;
		size_t length;

		subset->starts[i] = subset->glyf.length;
		if (!glyph_bytes(subset->font, subset->old_glyphs[i], &bytes, &length))
			return false;
		if (length > 0 &&
			!(read_s16(bytes) >= 0 ? copy_simple(subset, bytes, length, read_s16(bytes))
								   : copy_composite(subset, bytes, length)))
			return false;
		while (subset->glyf.length % 4 != 0 && !subset->glyf.failed)
			buffer_append_char(&subset->glyf, 0);
	}
	subset->starts[subset->count] = subset->glyf.length;
	return true;
}

static uint32_t
checksum(const char *bytes, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i++)
		sum += (uint32_t) (uint8_t) bytes[i] << (8 * (3 - i % 4));
	return sum;
}

static void
patch(ByteBuffer *out, size_t at, unsigned value)
{
	if (out->failed)
		return;
	out->bytes[at] = (char) (value >> 8);
	out->bytes[at + 1] = (char) value;
}

/* The small tables, in the order of their tags. */
static void
build_table(const Subset *subset, int number, ByteBuffer *out)
{
	const TrueTypeFont *font = subset->font;
	size_t at = out->length;

	switch (number)
	{
		case 0:
			buffer_append(out, subset->glyf.bytes, subset->glyf.length);
			break;
		case 1:
			buffer_append(out, font->head.bytes, 54);
			patch(out, at + 8, 0); /* checksum of the file: filled in at the end */
			patch(out, at + 10, 0);
			patch(out, at + 50, 1);
			break;
		case 2:
			buffer_append(out, font->hhea.bytes, 36);
			patch(out, at + 34, (unsigned) subset->count);
			break;
		case 3:
			for (int i = 0; i < subset->count; i++)
			{
				put_u16(out, read_u16(metric_of(font, subset->old_glyphs[i])));
				put_u16(out, (unsigned) side_bearing(font, subset->old_glyphs[i]) & 0xFFFF);
			}
			break;
		case 4:
			for (int i = 0; i <= subset->count; i++)
				put_u32(out, (uint32_t) subset->starts[i]);
			break;
		case 5:
			buffer_append(out, font->maxp.bytes, 32);
			patch(out, at + 4, (unsigned) subset->count);
			for (size_t i = 14; i < 28; i += 2)
				patch(out, at + i, i == 14 ? 1 : 0); /* no hinting program, storage or stack */
			break;
	}
}

static PortStatus
write_tables(const Subset *subset, const Port *port, ByteBuffer *out)
{
	static const char tags[6][5] = {"glyf", "head", "hhea", "hmtx", "loca", "maxp"};
	size_t start = out->length, head_at = 0;
	uint32_t sum;
	ByteBuffer tables, directory;

	buffer_init(&tables, port);
	buffer_init(&directory, port);
	put_u32(&directory, 0x00010000);
	put_u16(&directory, 6);
	put_u16(&directory, 64);
	put_u16(&directory, 2);
	put_u16(&directory, 32);
	for (int i = 0; i < 6; i++)
	{
		size_t at = tables.length, length;

		build_table(subset, i, &tables);
		length = tables.length - at;
		while (tables.length % 4 != 0 && !tables.failed)
			buffer_append_char(&tables, 0);
		if (tables.failed)
			return PORT_NO_MEMORY;
		buffer_append(&directory, tags[i], 4);
		put_u32(&directory, checksum(tables.bytes + at, tables.length - at));
		put_u32(&directory, (uint32_t) (12 + 6 * 16 + at));
		put_u32(&directory, (uint32_t) length);
		if (i == 1)
			head_at = start + 12 + 6 * 16 + at;
	}
	buffer_append(out, directory.bytes, directory.length);
	buffer_append(out, tables.bytes, tables.length);
	if (out->failed || directory.failed)
		return PORT_NO_MEMORY;
	sum = 0xB1B0AFBA - checksum(out->bytes + start, out->length - start);
	patch(out, head_at + 8, sum >> 16);
	patch(out, head_at + 10, sum & 0xFFFF);
	buffer_release(&tables);
	buffer_release(&directory);
	return PORT_OK;
}

PortStatus
truetype_subset(const TrueTypeFont *font, const Port *port, const uint32_t *characters,
				int character_count, ByteBuffer *out, PortFault *fault)
{
	Subset *subset = port->alloc(port->host, sizeof(Subset));
	PortStatus status = PORT_OK;

	if (subset == NULL)
		return PORT_NO_MEMORY;
	if (character_count >= MAX_GLYPHS)
		return port_fault(fault, PORT_TOO_LARGE, "FONT-SIZE", "subset has too many characters");
	subset->font = font;
	subset->count = 1;
	subset->old_glyphs[0] = 0;
	buffer_init(&subset->glyf, port);
	for (int i = 0; i < character_count && status == PORT_OK; i++)
	{
		int glyph = truetype_find_glyph(font, characters[i]);

		if (glyph == 0)
			status = port_fault(fault, PORT_INVALID, "FONT-GLYPH", "font has no glyph for U+%04X",
								(unsigned) characters[i]);
		/* two characters may share a glyph and still get one place each */
		subset->old_glyphs[subset->count++] = glyph;
	}
	if (status == PORT_OK && !copy_glyphs(subset))
		status = port_fault(fault, PORT_INVALID, "FONT-FORMAT", "font has a broken glyph");
	if (status == PORT_OK)
		status = write_tables(subset, port, out);
	buffer_release(&subset->glyf);
	port->release(port->host, subset);
	return status;
}
