/*
 * font_truetype.h: reads a TrueType font and cuts a subset out of it.
 *
 * The subset holds the tables a PDF needs (glyf, head, hhea, hmtx, loca, maxp), no hints and no
 * names.  Glyphs stand in the order of the wanted characters, so a glyph number is also the
 * character's position in that list plus one; parts of composite glyphs follow.  The same input
 * gives the same bytes.
 */
#ifndef CORE_FONT_TRUETYPE_H
#define CORE_FONT_TRUETYPE_H

#include "core/buffer.h"

typedef struct TrueTypeTable
{
	const uint8_t *bytes;
	size_t length;
} TrueTypeTable;

typedef struct TrueTypeFont
{
	TrueTypeTable head, hhea, hmtx, maxp, loca, glyf, cmap, os2;
	int units_per_em;
	int glyph_count;
	int metric_count;
	bool long_loca;
	int ascent, descent, cap_height; /* in 1/1000 em */
	int box[4];						 /* in 1/1000 em */
} TrueTypeFont;

/* Checks every table it will use; PORT_INVALID with rule FONT-FORMAT if the file is cut or of
 * another kind. */
extern PortStatus truetype_open(TrueTypeFont *font, const void *bytes, size_t length,
								PortFault *fault);

/* Glyph number of a character of the basic plane, 0 if the font has none. */
extern int truetype_find_glyph(const TrueTypeFont *font, uint32_t character);

/* Advance width in 1/1000 em. */
extern int truetype_glyph_width(const TrueTypeFont *font, int glyph);

/*
 * Appends the subset with the glyphs of the characters to out.  Fails with FONT-GLYPH when the font
 * lacks one.
 */
extern PortStatus truetype_subset(const TrueTypeFont *font, const Port *port,
								  const uint32_t *characters, int character_count, ByteBuffer *out,
								  PortFault *fault);

#endif
