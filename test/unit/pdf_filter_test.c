/*
 * pdf_filter_test.c: filters of PDF streams alone and in chains, what is damaged, and what grows without end.
 */
#include "check.h"
#include "core/deflate.h"
#include "core/pdf_stream.h"

#include <stdlib.h>
#include <time.h>

static ByteBuffer decoded;

static PortStatus
collect(void *state, const char *bytes, size_t length)
{
	buffer_append(&decoded, bytes, length);
	return PORT_OK;
}

/* The rule of the fault, "" = none. */
static const char *
decode(const PdfFilterKind *kinds, int count, const char *bytes, size_t length)
{
	static PortFault fault;
	PdfCoding coding = {.count = count};
	PortStatus status;

	for (int i = 0; i < count; i++)
		coding.filters[i].kind = kinds[i];
	memset(&fault, 0, sizeof(fault));
	buffer_reset(&decoded);
	status = pdf_stream_decode(&port_malloc, &coding, (Slice){bytes, length}, 200, collect, NULL, &fault);
	return status == PORT_OK ? "" : fault.rule;
}

static void
expect(PdfFilterKind kind, const char *bytes, size_t length, const char *rule, const char *text, size_t text_length)
{
	CHECK_TEXT(decode(&kind, 1, bytes, length), rule);
	if (*rule == '\0')
		CHECK(decoded.length == text_length && memcmp(decoded.bytes, text, text_length) == 0);
}

#define EXPECT(kind, bytes, text) expect(kind, bytes, sizeof(bytes) - 1, "", text, sizeof(text) - 1)
#define REFUSE(kind, bytes) expect(kind, bytes, sizeof(bytes) - 1, "PDF-SYNTAX", NULL, 0)

static void
test_texts(void)
{
	EXPECT(PDF_FILTER_HEX, "48 65\n6C6c6F>ignored", "Hello");
	EXPECT(PDF_FILTER_HEX, "487>", "Hp");
	EXPECT(PDF_FILTER_HEX, "4865", "He");
	EXPECT(PDF_FILTER_HEX, ">", "");
	REFUSE(PDF_FILTER_HEX, "4g>");
	EXPECT(PDF_FILTER_BASE85, "87cURDZ~>", "Hello");
	EXPECT(PDF_FILTER_BASE85, "87c URD\nZ~ >ignored", "Hello");
	EXPECT(PDF_FILTER_BASE85, "87cURDZ", "Hello");
	EXPECT(PDF_FILTER_BASE85, "z!!~>", "\0\0\0\0\0");
	EXPECT(PDF_FILTER_BASE85, "s8W-!~>", "\xff\xff\xff\xff");
	EXPECT(PDF_FILTER_BASE85, "~>", "");
	REFUSE(PDF_FILTER_BASE85, "s8W-\"~>");
	REFUSE(PDF_FILTER_BASE85, "87cURDZ!~x");
	REFUSE(PDF_FILTER_BASE85, "!~>");
	REFUSE(PDF_FILTER_BASE85, "8z~>");
	REFUSE(PDF_FILTER_BASE85, "87v~>");
	EXPECT(PDF_FILTER_RUNS, "\4Hello\xfe!\x80ignored", "Hello!!!");
	EXPECT(PDF_FILTER_RUNS, "\4Hello", "Hello");
	EXPECT(PDF_FILTER_RUNS, "\x80", "");
	REFUSE(PDF_FILTER_RUNS, "\4Hel");
	REFUSE(PDF_FILTER_RUNS, "\xfe");
	/* the example of ISO 32000-1, 7.4.4.2 */
	EXPECT(PDF_FILTER_LZW, "\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01", "-----A---B");
	EXPECT(PDF_FILTER_LZW, "\x80\x0b\x60\x50\x22\x0c\x0c", "-----A---");
	/* a code that is not there yet; a word of nothing but the first code is needed */
	REFUSE(PDF_FILTER_LZW, "\x80\x0b\x7f\xff");
	REFUSE(PDF_FILTER_LZW, "\x80\x7f\xff");
}

/* -- LZW of any content: the same table, made by the writer ------------------------------------------ */

typedef struct Bits
{
	ByteBuffer out;
	uint32_t bits;
	int have;
} Bits;

static void
put_code(Bits *bits, int code, int width)
{
	bits->bits = bits->bits << width | (uint32_t) code;
	bits->have += width;
	for (; bits->have >= 8; bits->have -= 8)
		buffer_append_char(&bits->out, (char) (bits->bits >> (bits->have - 8) & 0xFF));
	bits->bits &= (1u << bits->have) - 1;
}

static ByteBuffer
lzw_of(const char *text, size_t length, bool late, bool clears)
{
	static int before[4096];
	static unsigned char last[4096];
	Bits bits = {.have = 0};
	int count = 258, width = 9, word = -1;

	buffer_init(&bits.out, &port_malloc);
	put_code(&bits, 256, 9);
	for (size_t i = 0; i < length; i++)
	{
		unsigned char byte = (unsigned char) text[i];
		int found = word < 0 ? byte : -1;

		for (int code = 258; word >= 0 && code < count && found < 0; code++)
			if (before[code] == word && last[code] == byte)
				found = code;
		if (found >= 0)
		{
			word = found;
			continue;
		}
		put_code(&bits, word, width);
		if (count < 4096)
		{
			before[count] = word;
			last[count++] = byte;
		}
		/* the reader makes each word one code later */
		while (width < 12 && count - 1 + (late ? 0 : 1) >= 1 << width)
			width++;
		if (clears && count == 4094)
		{
			put_code(&bits, 256, width);
			count = 258;
			width = 9;
		}
		word = byte;
	}
	if (word >= 0)
		put_code(&bits, word, width);
	if (width < 12 && count + (late ? 0 : 1) >= 1 << width)
		width++;
	put_code(&bits, 257, width);
	put_code(&bits, 0, 7);
	return bits.out;
}

static void
test_lzw(void)
{
	size_t length = 40000;
	char *text = malloc(length);
	uint32_t seed = 1;

	for (int kind = 0; kind < 4; kind++)
		for (int way = 0; way < 4; way++)
		{
			PdfCoding coding = {.count = 1, .filters = {{.kind = PDF_FILTER_LZW, .late_change = way & 1}}};
			PortFault fault = {0};
			ByteBuffer packed;

			for (size_t i = 0; i < length; i++)
			{
				seed = seed * 1103515245 + 12345;
				text[i] = kind == 0 ? 'a' : kind == 1 ? (char) (seed >> 16) : kind == 2 ? (char) ('a' + (seed >> 16) % 3) : "invoice "[i % 8];
			}
			packed = lzw_of(text, length, way & 1, way & 2);
			buffer_reset(&decoded);
			CHECK(pdf_stream_decode(&port_malloc, &coding, (Slice){packed.bytes, packed.length}, 1000, collect, NULL, &fault) == PORT_OK);
			CHECK(decoded.length == length && memcmp(decoded.bytes, text, length) == 0);
			buffer_release(&packed);
		}
	free(text);
}

/* -- chains ------------------------------------------------------------------------------------------- */

static ByteBuffer
hex_of(const ByteBuffer *bytes)
{
	ByteBuffer out;

	buffer_init(&out, &port_malloc);
	for (size_t i = 0; i < bytes->length; i++)
		buffer_printf(&out, "%02x", (unsigned char) bytes->bytes[i]);
	buffer_append_char(&out, '>');
	return out;
}

static ByteBuffer
flate_of(const char *text, size_t length)
{
	Deflater *deflater = deflater_open(&port_malloc, DEFLATE_ZLIB, 6);
	ByteBuffer out;

	buffer_init(&out, &port_malloc);
	CHECK(deflater_run(deflater, NULL, 0, text, length, &out) == PORT_OK);
	deflater_close(deflater);
	return out;
}

static void
test_chains(void)
{
	static const PdfFilterKind hex_flate[] = {PDF_FILTER_HEX, PDF_FILTER_FLATE};
	static const PdfFilterKind flates[] = {PDF_FILTER_FLATE, PDF_FILTER_FLATE, PDF_FILTER_FLATE, PDF_FILTER_FLATE};
	static const PdfFilterKind runs[] = {PDF_FILTER_RUNS, PDF_FILTER_RUNS, PDF_FILTER_RUNS, PDF_FILTER_RUNS};
	char text[2000];
	ByteBuffer flate, hex, all;
	clock_t start;

	memset(text, 'x', sizeof(text));
	flate = flate_of(text, sizeof(text));
	hex = hex_of(&flate);
	CHECK_TEXT(decode(hex_flate, 2, hex.bytes, hex.length), "");
	CHECK(decoded.length == sizeof(text) && memcmp(decoded.bytes, text, sizeof(text)) == 0);
	CHECK_TEXT(decode(hex_flate, 2, hex.bytes, hex.length / 2), "PDF-SYNTAX");
	CHECK_TEXT(decode(hex_flate + 1, 1, hex.bytes, hex.length), "PDF-SYNTAX");
	CHECK_TEXT(decode(NULL, 0, hex.bytes, hex.length), "");
	CHECK(decoded.length == hex.length);
	buffer_release(&flate);
	buffer_release(&hex);

	/* what is packed again and again grows by all of the factors: the limit is one for all */
	all = flate_of(NULL, 0);
	buffer_release(&all);
	buffer_init(&all, &port_malloc);
	for (int i = 0; i < 30 * 1024 * 1024 / (int) sizeof(text); i++)
		buffer_append(&all, text, sizeof(text));
	for (int i = 0; i < 4; i++)
	{
		flate = flate_of(all.bytes, all.length);
		buffer_release(&all);
		all = flate;
	}
	start = clock();
	CHECK_TEXT(decode(flates, 4, all.bytes, all.length), "PDF-LIMIT");
	CHECK(clock() - start < 2 * CLOCKS_PER_SEC);
	buffer_release(&all);

	buffer_init(&all, &port_malloc);
	for (int i = 0; i < 100000; i++)
		buffer_append(&all, "\x81\x81", 2);
	start = clock();
	CHECK(*decode(runs, 4, all.bytes, all.length) != '\0');
	CHECK(decoded.length <= 200 * all.length + 2 * 1024 * 1024);
	CHECK(clock() - start < 5 * CLOCKS_PER_SEC);
	buffer_release(&all);
}

/* Any bytes through any chain: they end, and nothing is read that is not there. */
static void
test_noise(void)
{
	uint32_t seed = 7;
	char noise[300];

	for (int turn = 0; turn < 20000; turn++)
	{
		PdfFilterKind kinds[3];
		size_t length = (seed >> 8) % sizeof(noise);

		for (size_t i = 0; i < length; i++)
		{
			seed = seed * 1103515245 + 12345;
			noise[i] = (char) (seed >> 16);
		}
		for (int i = 0; i < 3; i++)
			kinds[i] = (PdfFilterKind) ((seed >> (i * 4 + 8)) % 5);
		if (turn % 2 == 0 && length > 2)
			memcpy(noise, "\x80\x0b", 2);
		decode(kinds, turn % 4 == 3 ? 3 : 1, noise, length);
	}
	CHECK(true);
}

int
main(void)
{
	buffer_init(&decoded, &port_malloc);
	test_texts();
	test_lzw();
	test_chains();
	test_noise();
	buffer_release(&decoded);
	return check_done();
}
