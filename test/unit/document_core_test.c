/*
 * document_core_test.c: fonts, bar codes, formats, line breaking and the PDF writer.
 */
#define _GNU_SOURCE
#include "check.h"
#include "core/font_truetype.h"
#include "core/pdf_document.h"
#include "core/template_format.h"

#include <stdlib.h>

static Slice
slice(const char *text)
{
	return (Slice){text, strlen(text)};
}

/* ---------- Code 128 ---------- */

/* Reads the symbols back; false when they are no code or the check symbol is wrong. */
static int
decode(const Code128 *code, char *text)
{
	int set = code->symbols[0] - 103, shift = 0, sum = code->symbols[0], length = 0;

	for (int i = 1; i < code->symbol_count - 2; i++)
	{
		int symbol = code->symbols[i], in = shift ? 1 - set : set;

		sum += i * symbol;
		shift = 0;
		if (set == 2 && symbol < 100)
		{
			text[length++] = (char) ('0' + symbol / 10);
			text[length++] = (char) ('0' + symbol % 10);
		}
		else if (symbol == 98 && set != 2)
			shift = 1;
		else if (symbol == 99)
			set = 2;
		else if (symbol == 100)
			set = 1;
		else if (symbol == 101)
			set = 0;
		else if (symbol < 96)
			text[length++] = (char) (in == 0 && symbol >= 64 ? symbol - 64 : symbol + 32);
		else
			return 0;
	}
	text[length] = '\0';
	return code->symbols[code->symbol_count - 2] == sum % 103 &&
		   code->symbols[code->symbol_count - 1] == 106;
}

static void
check_code128(const char *text, int symbols)
{
	Code128 code;
	char back[256];

	CHECK(code128_encode(&code, text, strlen(text)) == PORT_OK);
	CHECK(decode(&code, back));
	CHECK_TEXT(back, text);
	if (code.symbol_count != symbols)
		printf("# \"%s\": %d symbols, the least is %d\n", text, code.symbol_count, symbols);
	CHECK(code.symbol_count == symbols);
}

static void
test_code128(void)
{
	Code128 gs1;
	Code128 code;
	char longest[CODE128_MAX_TEXT + 2];

	/* an SSCC: start C, FNC1, ten pairs, check, stop; the check is start + sum of place times
	 * symbol */
	CHECK(code128_encode_gs1(&gs1, "00359012345678999985", 20) == PORT_OK &&
		  gs1.symbol_count == 14);
	CHECK(gs1.symbols[0] == 105 && gs1.symbols[1] == 102 && gs1.symbols[2] == 0 &&
		  gs1.symbols[3] == 35 && gs1.symbols[11] == 85 && gs1.symbols[13] == 106);
	CHECK(gs1.symbols[12] == (105 + 102 + 2 * 0 + 3 * 35 + 4 * 90 + 5 * 12 + 6 * 34 + 7 * 56 +
							  8 * 78 + 9 * 99 + 10 * 99 + 11 * 85) %
								 103);
	CHECK(code128_encode_gs1(&gs1, "", 0) == PORT_INVALID);
	check_code128("A", 4);
	check_code128("12", 4);
	check_code128("123", 6);
	check_code128("a1b2c3", 9);
	check_code128("HI345678", 9);
	check_code128("100200300x400500600", 16);
	check_code128("AB\x01"
				  "cd",
				  9);
	CHECK(code128_encode(&code, "", 0) == PORT_INVALID);
	CHECK(code128_encode(&code, "\xC3\xA5", 2) == PORT_INVALID);
	memset(longest, 'x', sizeof(longest));
	CHECK(code128_encode(&code, longest, CODE128_MAX_TEXT) == PORT_OK);
	CHECK(code128_encode(&code, longest, CODE128_MAX_TEXT + 1) == PORT_TOO_LARGE);
	for (int symbol = 0; symbol <= 106; symbol++)
	{
		uint8_t widths[7];
		int count = code128_widths(symbol, widths), sum = 0;

		for (int i = 0; i < count; i++)
			sum += widths[i];
		CHECK(count == (symbol == 106 ? 7 : 6) && sum == (symbol == 106 ? 13 : 11));
	}
}

/* The shared vectors: plain texts only have backslash escapes of JSON for quotes and backslashes.
 */
static void
test_code128_vectors(void)
{
	const char *shared = getenv("MAILROOM_SHARED");
	char path[1024], line[4096];
	FILE *file;
	int count = 0;

	snprintf(path, sizeof(path), "%s/vectors/code128.csv", shared ? shared : "../../../shared");
	file = fopen(path, "r");
	if (file == NULL)
	{
		printf("# SKIPPED: %s is not there (set MAILROOM_SHARED)\n", path);
		return;
	}
	while (fgets(line, sizeof(line), file) != NULL)
	{
		char *comma = strchr(line, ',');

		if (count++ == 0 || comma == NULL || line[0] == '"' ||
			memchr(line, '\\', (size_t) (comma - line)))
			continue;
		*comma = '\0';
		check_code128(line, atoi(comma + 1));
	}
	CHECK(count > 40);
	fclose(file);
}

/* ---------- fonts ---------- */

static void
test_faces(void)
{
	const char *text = "A\xC3\x85\xC5\x81\xC8\x9A\xD0\x9F\xC2\xAD\xE2\x80\xAF\xFF",
			   *end = text + strlen(text);
	uint32_t character;

	CHECK(font_next_glyph(&text, end, &character) == 'A' - 0x20 + 1);
	CHECK(font_next_glyph(&text, end, &character) > 0 && character == 0xC5);
	CHECK(font_next_glyph(&text, end, &character) > 0 && character == 0x141);
	CHECK(font_next_glyph(&text, end, &character) > 0 && character == 0x21A);
	CHECK(font_next_glyph(&text, end, &character) == 0 && character == 0x41F);
	CHECK(font_next_glyph(&text, end, &character) == FONT_SKIP);
	CHECK(font_next_glyph(&text, end, &character) == 1);
	CHECK(font_next_glyph(&text, end, &character) == 0 && character == 0xFFFD);
	CHECK(text == end);
	for (int i = 1; i < font_character_count; i++)
		CHECK(font_characters[i - 1] < font_characters[i]);
	for (int i = 0; i < FONT_FACE_COUNT; i++)
	{
		Inflater *inflater = inflater_open(&port_malloc, DEFLATE_ZLIB);
		ByteBuffer plain;

		buffer_init(&plain, &port_malloc);
		CHECK(font_faces[i]->glyph_count >
			  (i == FONT_OCR ? font_faces[i]->character_count : font_character_count));
		CHECK(inflater_run(inflater, NULL, 0, font_faces[i]->packed, font_faces[i]->packed_length,
						   1 << 20, &plain) == PORT_OK);
		CHECK(plain.length == font_faces[i]->plain_length);
		/* no table may carry the name of the font it was cut from */
		CHECK(memmem(plain.bytes, plain.length, "name", 4) == NULL);
		inflater_close(inflater);
		buffer_release(&plain);
	}
	/* all digits are of one width, so that columns of figures stand straight */
	for (const char *digit = "0123456789"; *digit; digit++)
		CHECK(font_text_width(font_faces[FONT_REGULAR], digit, 1) == 556);
	/* code lines: ten characters an inch at 10 pt */
	CHECK(font_text_width(font_faces[FONT_OCR], "H# +-<0123456789>", 17) == 17 * 720);
}

/* A font of the system, whole, cut at many lengths and with single bytes changed. */
static void
test_subset(void)
{
	static const char *const paths[] = {
		"/usr/share/fonts/truetype/liberation2/LiberationSans-Regular.ttf",
		"/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf"};
	static char bytes[1 << 20], copy[1 << 20];
	static const uint32_t wanted[] = {' ', 'A', 0xC5, 0x141};
	FILE *file = NULL;
	size_t length;
	TrueTypeFont font;
	ByteBuffer one, two;

	for (int i = 0; i < 2 && file == NULL; i++)
		file = fopen(paths[i], "rb");
	if (file == NULL)
	{
		printf("# SKIPPED: no font of the package fonts-liberation to read\n");
		return;
	}
	length = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	buffer_init(&one, &port_malloc);
	buffer_init(&two, &port_malloc);
	{
		PortFault fault = {.status = PORT_OK};
		const uint32_t absent = 0xE000;

		CHECK(truetype_open(&font, bytes, length, &fault) == PORT_OK);
		CHECK(truetype_subset(&font, &port_malloc, wanted, 4, &one, &fault) == PORT_OK);
		CHECK(truetype_subset(&font, &port_malloc, wanted, 4, &two, &fault) == PORT_OK);
		CHECK(one.length == two.length && memcmp(one.bytes, two.bytes, one.length) == 0);
		CHECK(one.length < 4096);
		CHECK(truetype_subset(&font, &port_malloc, &absent, 1, &two, &fault) == PORT_INVALID);
		CHECK_TEXT(fault.rule, "FONT-GLYPH");
	}
	srand(7);
	for (int i = 0; i < 400; i++)
	{
		PortFault fault = {.status = PORT_OK};
		size_t cut = i % 2 ? length : (size_t) rand() % length;

		memcpy(copy, bytes, length);
		if (cut == length)
			copy[rand() % 4096] = (char) rand();
		buffer_reset(&two);
		if (truetype_open(&font, copy, cut, &fault) == PORT_OK)
			(void) truetype_subset(&font, &port_malloc, wanted, 4, &two, &fault);
		else
			CHECK(fault.status == PORT_INVALID);
	}
	buffer_release(&one);
	buffer_release(&two);
}

/* ---------- formats ---------- */

typedef void (*Formatter)(ByteBuffer *out, TemplateLanguage language, Slice value);

static void
check_format(Formatter format, TemplateLanguage language, const char *value, const char *want)
{
	ByteBuffer out;

	buffer_init(&out, &port_malloc);
	format(&out, language, slice(value));
	buffer_append_char(&out, '\0');
	CHECK_TEXT(out.bytes, want);
	buffer_release(&out);
}

static void
check_reference(const char *value, const char *want)
{
	ByteBuffer out;

	buffer_init(&out, &port_malloc);
	format_reference(&out, slice(value));
	buffer_append_char(&out, '\0');
	CHECK_TEXT(out.bytes, want);
	buffer_release(&out);
}

static int
fraction_digits(TemplateLanguage language, const char *text)
{
	return format_fraction_digits(language, slice(text));
}

static void
test_formats(void)
{
	check_format(format_money, LANGUAGE_EN, "1234567.5", "1,234,567.50");
	check_format(format_money, LANGUAGE_NB, "1234.5",
				 "1\xC2\xA0"
				 "234,50");
	check_format(format_money, LANGUAGE_RO, "-1000",
				 "\xE2\x88\x92"
				 "1.000,00");
	check_format(format_money, LANGUAGE_SV, "-0.00", "0,00");
	check_format(format_money, LANGUAGE_PL, "19.9590", "19,959");
	check_format(format_money, LANGUAGE_EN, "99999999999999999999.01",
				 "99,999,999,999,999,999,999.01");
	check_format(format_money, LANGUAGE_EN, "NaN", "NaN");
	check_format(format_quantity, LANGUAGE_NB, "92.3500", "92,35");
	check_format(format_quantity, LANGUAGE_NB, "3.000", "3");
	CHECK(fraction_digits(LANGUAGE_NB, "1\xC2\xA0"
									   "234,50") == 2);
	CHECK(fraction_digits(LANGUAGE_EN, "1,234") == 0);
	CHECK(fraction_digits(LANGUAGE_EN, "\xE2\x88\x92"
									   "1,234.567") == 3);
	CHECK(fraction_digits(LANGUAGE_DA, "1.234,5") == 1);
	CHECK(fraction_digits(LANGUAGE_NB, "kl. 12,30") == -1);
	CHECK(fraction_digits(LANGUAGE_NB, "A1") == -1);
	CHECK(fraction_digits(LANGUAGE_NB, "5 stk") == -1);
	CHECK(fraction_digits(LANGUAGE_NB, "") == -1);
	check_format(format_date, LANGUAGE_EN, "2026-03-01",
				 "1\xC2\xA0"
				 "Mar\xC2\xA0"
				 "2026");
	check_format(format_date, LANGUAGE_NB, "2026-03-01", "01.03.2026");
	check_format(format_date, LANGUAGE_SV, "2026-03-01", "2026-03-01");
	check_format(format_date, LANGUAGE_FI, "2026-03-01", "1.3.2026");
	check_format(format_date, LANGUAGE_FI, "soon", "soon");
	check_format(format_unit, LANGUAGE_SV, "LTR", "l");
	check_format(format_unit, LANGUAGE_SV, "XYZ", "XYZ");
	check_reference("1234567", "12\xC2\xA0"
							   "34567");
	check_reference("RF18539007547034", "RF18\xC2\xA0"
										"5390\xC2\xA0"
										"0754\xC2\xA0"
										"7034");
	check_reference("A-77", "A-77");
	for (int label = 0; label < TEMPLATE_LABEL_COUNT; label++)
		for (int language = 0; language < LANGUAGE_COUNT; language++)
		{
			const char *at = template_label(label, language), *end = at + strlen(at);
			uint32_t character;

			CHECK(at < end);
			while (at < end)
				CHECK(font_next_glyph(&at, end, &character) > 0);
		}
}

/* ---------- lines and pages ---------- */

static void
test_lines(void)
{
	LayoutStyle style = {FONT_REGULAR, 1000, 0};
	const char *text = "one two\nthree Donaudampfschifffahrtsgesellschaft  end";
	Slice rest = slice(text), line;
	size_t seen = 0, letters = 0;
	int width = layout_width(style, slice("one two t"));

	while (layout_next_line(style, width, &rest, &line))
	{
		CHECK(layout_width(style, line) <= width);
		for (size_t i = 0; i < line.length; i++)
			seen += line.bytes[i] != ' ';
	}
	for (const char *at = text; *at; at++)
		letters += *at != ' ' && *at != '\n';
	CHECK(seen == letters); /* none is lost */
	/* narrower than any letter: still comes to an end */
	CHECK(layout_count_lines(style, 1, slice("abc")) == 3);
	CHECK(layout_count_lines(style, width, slice("   ")) == 0);
}

static void
write_document(ByteBuffer *out, int pages, PdfDocument *document, const PdfShared *shared)
{
	Layout layout;
	LayoutStyle style = {FONT_REGULAR, 1000, 0};
	PdfInfo info = {"L\xC3\xA5ng", "sv"};

	layout_init(&layout, &port_malloc);
	layout_begin(&layout);
	for (int i = 0; i < pages; i++)
	{
		layout_new_page(&layout);
		layout_left(&layout, style, MM(20), MM(20), MM(30),
					slice("a(b)\\c and text that does not fit"));
		layout_right(&layout, style, MM(190), MM(30), MM(10), slice("123 456 789,00 kroner"));
	}
	layout_end(&layout);
	CHECK(layout.missing == 0);
	CHECK(pdf_document_init(document, &port_malloc, shared) == PORT_OK);
	CHECK(pdf_document_write(document, &layout, &info) == PORT_OK);
	buffer_append(out, document->file.out.bytes, document->file.out.length);
	for (int i = 0; i < layout.page_room; i++)
		buffer_release(&layout.pages[i]);
	free(layout.pages);
}

static void
free_document(PdfDocument *document)
{
	pdf_file_release(&document->file);
	deflater_close(document->deflater);
	buffer_release(&document->packed);
	free(document->places.offsets);
	free(document->places.lengths);
	free(document->places.pages);
}

static void
test_pdf(void)
{
	PdfShared shared;
	ByteBuffer one, two;

	CHECK(pdf_shared_open(&shared, &port_malloc, &pdf_profile_print, true) == PORT_OK);
	buffer_init(&one, &port_malloc);
	buffer_init(&two, &port_malloc);
	for (int pages = 1; pages <= 200; pages += 63)
	{
		PdfDocument first, second;
		Inflater *inflater = inflater_open(&port_malloc, DEFLATE_ZLIB);
		ByteBuffer plain;

		buffer_reset(&one);
		buffer_reset(&two);
		buffer_init(&plain, &port_malloc);
		write_document(&one, pages, &first, &shared);
		write_document(&two, pages, &second, &shared);
		CHECK(one.length == two.length && memcmp(one.bytes, two.bytes, one.length) == 0);
		CHECK(memcmp(one.bytes, shared.bytes.bytes, shared.bytes.length) == 0);
		for (int i = 0; i < pages; i++)
		{
			const char *stream = one.bytes + first.places.offsets[i];

			buffer_reset(&plain);
			CHECK(inflater_run(inflater, NULL, 0, stream, (size_t) first.places.lengths[i], 1 << 16,
							   &plain) == PORT_OK);
			CHECK(memcmp(stream + first.places.lengths[i], "\nendstream", 10) == 0);
		}
		inflater_close(inflater);
		buffer_release(&plain);
		free_document(&first);
		free_document(&second);
	}
	buffer_release(&one);
	buffer_release(&two);
	buffer_release(&shared.bytes);
}

/* A file whose bytes are taken away in pieces is the same file. */
static void
test_pdf_pieces(void)
{
	PdfShared shared;
	PdfFile whole, pieces;
	PdfInfo info = {"x", "en"};
	ByteBuffer taken;

	CHECK(pdf_shared_open(&shared, &port_malloc, &pdf_profile_print, true) == PORT_OK);
	buffer_init(&taken, &port_malloc);
	pdf_file_init(&whole, &port_malloc, &shared);
	pdf_file_init(&pieces, &port_malloc, &shared);
	pdf_file_begin(&whole);
	pdf_file_begin(&pieces);
	for (int i = 0; i < 300; i++)
	{
		int64_t at;

		if (i % 3 == 0)
		{
			pdf_file_add_blank(&whole);
			pdf_file_add_blank(&pieces);
			continue;
		}
		at = pdf_file_add_page(&whole, "\x78\x9C\x03\x00\x00\x00\x00\x01", 8);
		CHECK(pdf_file_add_page(&pieces, "\x78\x9C\x03\x00\x00\x00\x00\x01", 8) == at);
		buffer_append(&taken, pieces.out.bytes, pieces.out.length);
		pdf_file_taken(&pieces);
	}
	CHECK(pdf_file_end(&whole, &info) == PORT_OK && pdf_file_end(&pieces, &info) == PORT_OK);
	buffer_append(&taken, pieces.out.bytes, pieces.out.length);
	CHECK(taken.length == whole.out.length &&
		  memcmp(taken.bytes, whole.out.bytes, taken.length) == 0);
	pdf_file_release(&whole);
	pdf_file_release(&pieces);
	buffer_release(&taken);
	buffer_release(&shared.bytes);
}

int
main(void)
{
	test_code128();
	test_code128_vectors();
	test_faces();
	test_subset();
	test_formats();
	test_lines();
	test_pdf();
	test_pdf_pieces();
	return check_done();
}
