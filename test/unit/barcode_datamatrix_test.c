/*
 * barcode_datamatrix_test.c: DataMatrix and Interleaved 2 of 5 against two independent programs: digits module by
 * module against libzint, texts of every kind never in a larger symbol than libzint's, and read back by libdmtx.
 */
#include <dmtx.h>
#include <stdlib.h>
#include <zint.h>

#include "check.h"
#include "core/barcode_datamatrix.h"
#include "core/barcode_itf.h"

#define NUMBERS 1500
#define TEXTS 3000
#define LONG_TEXTS 80
#define PIXELS 4 /* a module */
#define MARGIN 3

static unsigned seed = 20261122;

static int
below(int limit)
{
	return rand_r(&seed) % limit;
}

static int
dark(const DataMatrix *symbol, int x, int y)
{
	return (int) (symbol->rows[y][x / 64] >> (x % 64)) & 1;
}

/* What another encoder makes of the same text; NULL when it refuses. */
static struct zint_symbol *
other_symbol(int symbology, const char *text, int length)
{
	struct zint_symbol *other = ZBarcode_Create();

	other->symbology = symbology;
	if (symbology == BARCODE_DATAMATRIX)
		other->option_3 = DM_SQUARE;
	other->input_mode = DATA_MODE;
	if (ZBarcode_Encode(other, (const unsigned char *) text, length) < ZINT_ERROR)
		return other;
	ZBarcode_Delete(other);
	return NULL;
}

static int
other_dark(const struct zint_symbol *other, int x, int y)
{
	return other->encoded_data[y][x / 8] >> (x % 8) & 1;
}

static int
same_symbol(const DataMatrix *symbol, const struct zint_symbol *other)
{
	if (symbol->size != other->width || symbol->height != other->rows)
		return 0;
	for (int y = 0; y < symbol->height; y++)
		for (int x = 0; x < symbol->size; x++)
			if (dark(symbol, x, y) != other_dark(other, x, y))
				return 0;
	return 1;
}

static void
compare_numbers(void)
{
	static DataMatrix symbol;
	int sizes_seen[DATAMATRIX_MAX_SIZE + 1] = {0}, sizes = 0;

	for (int i = 0; i < NUMBERS; i++)
	{
		char text[3200];
		int length = i % 4 == 0 ? 1 + below(3116) : 1 + below(120);
		struct zint_symbol *other;

		for (int j = 0; j < length; j++)
			text[j] = (char) ('0' + below(10));
		text[length] = '\0';
		CHECK(datamatrix_encode(&symbol, text, (size_t) length, 0) == PORT_OK);
		other = other_symbol(BARCODE_DATAMATRIX, text, length);
		CHECK(other != NULL && same_symbol(&symbol, other));
		if (other != NULL)
			ZBarcode_Delete(other);
		if (sizes_seen[symbol.size]++ == 0)
			sizes++;
	}
	CHECK(sizes >= 23); /* of 24 */
}

/* What a reader finds in the picture of a symbol. */
static int
read_back(const DataMatrix *symbol, const char *text, int length)
{
	static unsigned char pixels[(DATAMATRIX_MAX_SIZE + 2 * MARGIN) * PIXELS * (DATAMATRIX_MAX_SIZE + 2 * MARGIN) * PIXELS];
	int side = (symbol->size + 2 * MARGIN) * PIXELS, same = 0;
	DmtxImage *image;
	DmtxDecode *decoder;
	DmtxRegion *region;

	for (int y = 0; y < side; y++)
		for (int x = 0; x < side; x++)
		{
			int column = x / PIXELS - MARGIN, row = y / PIXELS - MARGIN;
			int inside = column >= 0 && row >= 0 && column < symbol->size && row < symbol->height;

			pixels[y * side + x] = inside && dark(symbol, column, row) ? 0 : 255;
		}
	image = dmtxImageCreate(pixels, side, side, DmtxPack8bppK);
	decoder = dmtxDecodeCreate(image, 1);
	for (int tries = 0; tries < 20 && !same && (region = dmtxRegionFindNext(decoder, NULL)) != NULL; tries++)
	{
		DmtxMessage *message = dmtxDecodeMatrixRegion(decoder, region, DmtxUndefined);

		same = message != NULL && message->outputIdx == length && memcmp(message->output, text, (size_t) length) == 0;
		dmtxMessageDestroy(&message);
		dmtxRegionDestroy(&region);
	}
	dmtxDecodeDestroy(&decoder);
	dmtxImageDestroy(&image);
	return same;
}

/* One character of a kind; kinds are what the encodations are made for, and what is between them. */
static char
character(int kind)
{
	static const char x12[] = "\r*> 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", marks[] = "!\"#$%&'()+,-./:;<=?@[\\]^_`{|}~";

	switch (kind)
	{
		case 0:
			return (char) ('0' + below(10));
		case 1:
			return (char) ('A' + below(26));
		case 2:
			return (char) ('a' + below(26));
		case 3:
			return x12[below((int) sizeof(x12) - 1)];
		case 4:
			return (char) (' ' + below(63)); /* EDIFACT */
		case 5:
			return (char) (128 + below(128));
		case 6:
			return marks[below((int) sizeof(marks) - 1)];
		case 7:
			return (char) below(256);
		default:
			return (char) (' ' + below(95));
	}
}

/* Stretches of one kind each. */
static int
make_text(char *text, int most)
{
	int length = 1 + below(most), kind = below(9), left = 1 + below(12), only = below(3) == 0;

	for (int i = 0; i < length; i++)
	{
		text[i] = character(kind);
		if (--left == 0 && !only)
		{
			kind = below(9);
			left = 1 + below(12);
		}
	}
	return length;
}

static int smaller, kinds_read;

static void
read_texts(int count, int most)
{
	static DataMatrix symbol;
	static char text[3200];

	for (int i = 0; i < count; i++)
	{
		int length = make_text(text, most);
		struct zint_symbol *other = other_symbol(BARCODE_DATAMATRIX, text, length);
		PortStatus status = datamatrix_encode(&symbol, text, (size_t) length, 0);

		/* what the other can say in a symbol, we can */
		CHECK(status == PORT_OK || other == NULL);
		if (status == PORT_OK)
		{
			CHECK(other == NULL || symbol.size <= other->width);
			smaller += other != NULL && symbol.size < other->width;
			CHECK(read_back(&symbol, text, length));
			kinds_read++;
		}
		if (other != NULL)
			ZBarcode_Delete(other);
	}
}

/* Rectangles: digits module by module as libzint has them in the same form, texts read back. */
static void
read_rectangles(void)
{
	static const int widths[] = {18, 32, 26, 36, 36, 48}, heights[] = {8, 8, 12, 12, 16, 16};
	static DataMatrix symbol;
	int seen[6] = {0}, forms = 0;
	char text[120];

	for (int i = 0; i < 400; i++)
	{
		int length = i < 300 ? 1 + below(98) : make_text(text, 40), form = 0;
		PortStatus status;

		for (int j = 0; j < length && i < 300; j++)
			text[j] = (char) ('0' + below(10));
		status = datamatrix_encode_rectangle(&symbol, text, (size_t) length);
		CHECK(status == PORT_OK || (status == PORT_TOO_LARGE && i >= 300));
		if (status != PORT_OK)
			continue;
		while (form < 6 && (widths[form] != symbol.size || heights[form] != symbol.height))
			form++;
		CHECK(form < 6);
		forms += seen[form]++ == 0;
		CHECK(read_back(&symbol, text, length));
		if (i < 300)
		{
			struct zint_symbol *other = ZBarcode_Create();

			other->symbology = BARCODE_DATAMATRIX;
			other->option_2 = 25 + form;
			other->input_mode = DATA_MODE;
			CHECK(ZBarcode_Encode(other, (const unsigned char *) text, length) < ZINT_ERROR && same_symbol(&symbol, other));
			ZBarcode_Delete(other);
		}
	}
	CHECK(forms == 6);
	CHECK(datamatrix_encode_rectangle(&symbol, "", 0) == PORT_INVALID);
	memset(text, '1', 99);
	CHECK(datamatrix_encode_rectangle(&symbol, text, 99) == PORT_TOO_LARGE);
}

/* Around the ends of symbols, where encodations end without a word: each length of each kind. */
static void
read_ends(void)
{
	static DataMatrix symbol;
	static char text[80];

	for (int kind = 0; kind < 9; kind++)
		for (int length = 1; length < 64; length++)
			for (int tail = 0; tail < 3; tail++)
			{
				struct zint_symbol *other;

				for (int i = 0; i < length; i++)
					text[i] = character(i >= length - tail ? 0 : kind);
				CHECK(datamatrix_encode(&symbol, text, (size_t) length, 0) == PORT_OK);
				other = other_symbol(BARCODE_DATAMATRIX, text, length);
				CHECK(other != NULL && symbol.size <= other->width);
				smaller += other != NULL && symbol.size < other->width;
				CHECK(read_back(&symbol, text, length));
				if (other != NULL)
					ZBarcode_Delete(other);
			}
}

/* The largest square, whose check words libdmtx orders otherwise than all others do. */
static int
same_as_other(const DataMatrix *symbol, const char *text, int length)
{
	struct zint_symbol *other = other_symbol(BARCODE_DATAMATRIX, text, length);
	int same = other != NULL && same_symbol(symbol, other);

	if (other != NULL)
		ZBarcode_Delete(other);
	return same;
}

static void
check_limits(void)
{
	static DataMatrix symbol;
	static char text[3200];

	memset(text, '7', sizeof(text));
	CHECK(datamatrix_encode(&symbol, text, 0, 0) == PORT_INVALID);
	CHECK(datamatrix_encode(&symbol, text, 2608, 0) == PORT_OK && symbol.size == 132);
	CHECK(datamatrix_encode(&symbol, text, 2609, 0) == PORT_OK && symbol.size == 144);
	CHECK(datamatrix_encode(&symbol, text, 3116, 0) == PORT_OK && symbol.size == 144 && same_as_other(&symbol, text, 3116));
	CHECK(datamatrix_encode(&symbol, text, 3117, 0) == PORT_TOO_LARGE);
	CHECK(datamatrix_encode(&symbol, text, 3199, 0) == PORT_TOO_LARGE);
	CHECK(datamatrix_encode(&symbol, text, 4, 0) == PORT_OK && symbol.size == 10);
	CHECK(datamatrix_encode(&symbol, text, 4, 16) == PORT_OK && symbol.size == 16 && read_back(&symbol, "7777", 4));
	CHECK(datamatrix_encode(&symbol, text, 4, 145) == PORT_TOO_LARGE);
	/* what the standard says the largest square holds: 2,335 letters, 1,555 bytes (one more to the end of the symbol) */
	memset(text, 'A', sizeof(text));
	CHECK(datamatrix_encode(&symbol, text, 2335, 0) == PORT_OK && same_as_other(&symbol, text, 2335));
	CHECK(datamatrix_encode(&symbol, text, 2336, 0) == PORT_TOO_LARGE);
	memset(text, '\xE9', sizeof(text));
	CHECK(datamatrix_encode(&symbol, text, 1555, 0) == PORT_OK && same_as_other(&symbol, text, 1555));
	CHECK(datamatrix_encode(&symbol, text, 1556, 0) == PORT_OK);
	CHECK(datamatrix_encode(&symbol, text, 1557, 0) == PORT_TOO_LARGE);
	/* the example of annex O of the standard: 123456 in a square of 10 */
	CHECK(datamatrix_encode(&symbol, "123456", 6, 0) == PORT_OK && symbol.size == 10);
}

/* Bars and spaces of both are the same modules. */
static void
compare_itf(void)
{
	ItfCode code;

	for (int i = 0; i < 300; i++)
	{
		char text[ITF_MAX_DIGITS + 1];
		int length = 2 + 2 * below(ITF_MAX_DIGITS / 2), at = 0, same;
		struct zint_symbol *other;

		for (int j = 0; j < length; j++)
			text[j] = (char) ('0' + below(10));
		text[length] = '\0';
		CHECK(itf_encode(&code, text, (size_t) length) == PORT_OK);
		other = other_symbol(BARCODE_C25INTER, text, length);
		same = other != NULL && other->width == code.modules;
		for (int j = 0; same && j < code.element_count; j++)
			for (int k = 0; k < code.widths[j]; k++)
				same = same && other_dark(other, at++, 0) == (j % 2 == 0);
		CHECK(same);
		if (other != NULL)
			ZBarcode_Delete(other);
	}
	CHECK(itf_encode(&code, "", 0) == PORT_INVALID);
	CHECK(itf_encode(&code, "123", 3) == PORT_INVALID);
	CHECK(itf_encode(&code, "1a", 2) == PORT_INVALID);
	CHECK(itf_encode(&code, "12345678901234567890123456789012345678901234567890123456789012", 62) == PORT_TOO_LARGE);
}

int
main(void)
{
	compare_numbers();
	read_texts(TEXTS, 60);
	read_texts(LONG_TEXTS, 900);
	read_ends();
	read_rectangles();
	printf("# %d texts read back, %d in a smaller symbol than libzint's\n", kinds_read, smaller);
	check_limits();
	compare_itf();
	return check_done();
}
