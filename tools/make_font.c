/*
 * make_font.c: writes one face as C source.
 *
 *   make_font FONT.ttf regular MailroomSans STEM_WIDTH > src/core/font_data_regular.c
 *
 * The faces regular and bold hold the same characters; ocr holds those of code lines alone.
 *
 * Run by hand when a face changes (tools/make_fonts.sh); the build does not need the font.  The
 * subset is a modified version in the sense of the SIL Open Font License, so it carries another
 * name than the font it was cut from.  The OCR face comes from a font in the public domain.
 */
#include "core/deflate.h"
#include "core/font_truetype.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t ranges[][2] = {
	{0x20, 0x7E},	  {0xA0, 0xAC},		{0xAE, 0x17F},	  {0x218, 0x21B},	{0x2013, 0x2014},
	{0x2018, 0x201A}, {0x201C, 0x201E}, {0x2020, 0x2022}, {0x2026, 0x2026}, {0x2030, 0x2030},
	{0x2032, 0x2033}, {0x2039, 0x203A}, {0x2044, 0x2044}, {0x20AC, 0x20AC}, {0x2116, 0x2116},
	{0x2122, 0x2122}, {0x2190, 0x2193}, {0x2212, 0x2212}, {0x2248, 0x2248}, {0x2260, 0x2260},
	{0x2264, 0x2265}, {0x25A0, 0x25A1}, {0x25CF, 0x25CF}};

static const uint32_t code_line_ranges[][2] = {{' ', ' '}, {'#', '#'}, {'+', '+'}, {'-', '-'},
											   {'0', '9'}, {'<', '<'}, {'>', '>'}, {'H', 'H'}};

#define COUNT(array) (sizeof(array) / sizeof(array[0]))

static void
fail(const char *what)
{
	fprintf(stderr, "make_font: %s\n", what);
	exit(1);
}

static void
print_numbers(const char *type, const char *name, const unsigned *numbers, size_t count)
{
	printf("%s %s[] = {", type, name);
	for (size_t i = 0; i < count; i++)
		printf("%s%u,", i % 20 == 0 ? "\n\t" : " ", numbers[i]);
	printf("\n};\n\n");
}

static void
read_file(const char *path, Buffer *out)
{
	FILE *file = fopen(path, "rb");
	char block[65536];
	size_t got;

	if (file == NULL)
		fail("could not open the font");
	while ((got = fread(block, 1, sizeof(block), file)) > 0)
		buffer_append(out, block, got);
	fclose(file);
}

int
main(int argc, char **argv)
{
	static uint32_t characters[1000];
	static unsigned widths[4096], bytes[1 << 20];
	int count = 0, glyphs;
	bool code_line;
	const uint32_t(*wanted)[2];
	size_t wanted_count;
	TrueTypeFont font;
	PortFault fault = {PORT_OK};
	Buffer file, subset, packed;
	Deflater *deflater = deflater_open(&port_malloc, DEFLATE_ZLIB, 9);

	if (argc != 5)
		fail("usage: make_font FONT.ttf regular|bold|ocr NAME STEM_WIDTH");
	code_line = strcmp(argv[2], "ocr") == 0;
	wanted = code_line ? code_line_ranges : ranges;
	wanted_count = code_line ? COUNT(code_line_ranges) : COUNT(ranges);
	buffer_init(&file, &port_malloc);
	buffer_init(&subset, &port_malloc);
	buffer_init(&packed, &port_malloc);
	read_file(argv[1], &file);
	for (size_t r = 0; r < wanted_count; r++)
		for (uint32_t c = wanted[r][0]; c <= wanted[r][1]; c++)
			characters[count++] = c;
	if (truetype_open(&font, file.bytes, file.length, &fault) != PORT_OK ||
		truetype_subset(&font, &port_malloc, characters, count, &subset, &fault) != PORT_OK)
		fail(fault.message);
	if (deflater_run(deflater, NULL, 0, subset.bytes, subset.length, &packed) != PORT_OK)
		fail("out of memory");
	/* maxp of the subset: the glyph count stands 4 bytes into the last table */
	glyphs = (int) ((unsigned char) subset.bytes[subset.length - 28] << 8 |
					(unsigned char) subset.bytes[subset.length - 27]);
	for (int i = 0; i < glyphs; i++)
		widths[i] = (unsigned) truetype_glyph_width(
			&font, i == 0 || i > count ? 0 : truetype_find_glyph(&font, characters[i - 1]));
	for (size_t i = 0; i < packed.length; i++)
		bytes[i] = (unsigned char) packed.bytes[i];

	printf("/*\n * font_data_%s.c: made by tools/make_fonts.sh, do not edit.\n *\n"
		   " * %s is a subset without hints, cut from a font of other name.  Origin and licence\n"
		   " * (%s) stand in font_data.LICENSE.\n */\n"
		   "/* clang-format off */\n#include \"core/font_data.h\"\n\n",
		   argv[2], argv[3], code_line ? "public domain" : "SIL Open Font License 1.1");
	if (strcmp(argv[2], "regular") == 0)
	{
		print_numbers("const uint16_t", "font_characters", characters, (size_t) count);
		printf("const int font_character_count = %d;\n\n", count);
	}
	if (code_line)
		print_numbers("static const uint16_t", "characters", characters, (size_t) count);
	print_numbers("static const uint16_t", "widths", widths, (size_t) glyphs);
	print_numbers("static const unsigned char", "packed", bytes, packed.length);
	printf("const FontFace font_data_%s = {\"%s\", %d, %d, %d, %s, {%d, %d, %d, %d}, %d, widths, "
		   "packed, "
		   "sizeof(packed), %zu, %s, %d};\n",
		   argv[2], argv[3], font.ascent, font.descent, font.cap_height, argv[4], font.box[0],
		   font.box[1], font.box[2], font.box[3], glyphs, subset.length,
		   code_line ? "characters" : "NULL", code_line ? count : 0);
	deflater_close(deflater);
	return 0;
}
