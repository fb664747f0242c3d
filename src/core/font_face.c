/*
 * font_face.c: characters to glyphs, and widths.
 */
#include "core/font_face.h"

#include "core/font_data.h"

const FontFace *const font_faces[FONT_FACE_COUNT] = {&font_data_regular, &font_data_bold,
													 &font_data_ocr};

/* One character of UTF-8; a broken sequence takes one byte and gives U+FFFD. */
static uint32_t
next_character(const char **text, const char *end)
{
	const unsigned char *at = (const unsigned char *) *text;
	size_t room = (size_t) (end - *text);
	uint32_t character;
	size_t length = at[0] < 0x80   ? 1
					: at[0] < 0xC2 ? 0
					: at[0] < 0xE0 ? 2
					: at[0] < 0xF0 ? 3
					: at[0] < 0xF5 ? 4
								   : 0;

	if (length == 0 || length > room)
	{
		*text += 1;
		return 0xFFFD;
	}
	character = length == 1 ? at[0] : at[0] & (0x7Fu >> length);
	for (size_t i = 1; i < length; i++)
	{
		if ((at[i] & 0xC0) != 0x80)
		{
			*text += 1;
			return 0xFFFD;
		}
		character = character << 6 | (at[i] & 0x3F);
	}
	*text += length;
	return character;
}

/* What is set in place of a character that the faces do not hold as such. */
static uint32_t
plain_form(uint32_t character)
{
	if (character < 0x20 || (character >= 0x2000 && character <= 0x200A) || character == 0x202F ||
		character == 0x205F || character == 0x3000 || character == 0x2028 || character == 0x2029 ||
		character == 0x85)
		return ' ';
	if (character == 0x2010 || character == 0x2011)
		return '-';
	if (character == 0x2015)
		return 0x2014;
	return character;
}

static int
find_glyph(uint32_t character)
{
	int low = 0, high = font_character_count - 1;

	/* the first 95 characters are printable ASCII */
	if (character >= 0x20 && character < 0x7F)
		return (int) character - 0x20 + 1;
	while (low <= high)
	{
		int middle = (low + high) / 2;

		if (font_characters[middle] == character)
			return middle + 1;
		if (font_characters[middle] < character)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return 0;
}

int
font_next_glyph(const char **text, const char *end, uint32_t *character)
{
	*character = next_character(text, end);
	if (*character == 0xAD || (*character >= 0x200B && *character <= 0x200F) ||
		*character == 0x2060 || *character == 0xFEFF)
		return FONT_SKIP;
	return find_glyph(plain_form(*character));
}

int
font_face_next_glyph(const FontFace *face, const char **text, const char *end, uint32_t *character)
{
	if (face->characters == NULL)
		return font_next_glyph(text, end, character);
	*character = next_character(text, end);
	for (int i = 0; i < face->character_count; i++)
		if (face->characters[i] == *character)
			return i + 1;
	return 0;
}

int64_t
font_text_width(const FontFace *face, const char *text, size_t length)
{
	const char *end = text + length;
	int64_t width = 0;

	while (text < end)
	{
		uint32_t character;
		int glyph = font_face_next_glyph(face, &text, end, &character);

		if (glyph != FONT_SKIP)
			width += face->widths[glyph];
	}
	return width;
}
