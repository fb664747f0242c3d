/*
 * font_face.h: the faces that documents are set in, as data inside the library.
 *
 * A face is a TrueType subset (Latin-1, Latin Extended-A, Romanian comma letters, typographic
 * signs) without hints, deflated.  Regular and bold hold the same characters at the same glyph
 * numbers; the OCR face holds those of code lines alone, and is no face for texts.  The data comes
 * from tools/make_font.c; origin and licence stand in font_data.LICENSE.
 */
#ifndef CORE_FONT_FACE_H
#define CORE_FONT_FACE_H

#include "core/port.h"

typedef struct FontFace
{
	const char *name; /* PostScript name */
	int ascent, descent, cap_height, stem_width;
	int box[4]; /* these and widths in 1/1000 em */
	int glyph_count;
	const uint16_t *widths;		 /* by glyph */
	const unsigned char *packed; /* the TrueType file, zlib format */
	size_t packed_length, plain_length;
	const uint16_t *characters; /* its own in glyph order; NULL: those of every face */
	int character_count;
} FontFace;

typedef enum FontFaceNumber
{
	FONT_REGULAR,
	FONT_BOLD,
	FONT_OCR, /* OCR-B: at 10 pt size I of ISO 1073-2, ten characters an inch */
	FONT_FACE_COUNT
} FontFaceNumber;

extern const FontFace *const font_faces[FONT_FACE_COUNT];

/* The characters of the faces for texts in glyph order: character i has glyph i + 1. */
extern const uint16_t font_characters[];
extern const int font_character_count;

/*
 * Takes the next character off *text (UTF-8, up to end) and returns its glyph; 0 when the faces
 * have none, with the character in *character.  White space of any kind becomes a space,
 * non-breaking hyphens a hyphen; FONT_SKIP means that the character shows nothing (soft hyphen,
 * zero width).
 */
#define FONT_SKIP (-1)
#define FONT_BLANK 1 /* the glyph of a space */
extern int font_next_glyph(const char **text, const char *end, uint32_t *character);

/* The same for a face with characters of its own. */
extern int font_face_next_glyph(const FontFace *face, const char **text, const char *end,
								uint32_t *character);

/* Width of a text in 1/1000 of its size; sizes are in 1/100 pt as everywhere in layout. */
extern int64_t font_text_width(const FontFace *face, const char *text, size_t length);

#endif
