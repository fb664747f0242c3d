/*
 * barcode_datamatrix.c: codewords, check words and placement of DataMatrix ECC 200.
 *
 * Check words are Reed-Solomon over GF(256) with the polynomial 301; the data is dealt to the
 * blocks like cards.  Placement follows the diagonal walk of the standard's annex F over the
 * mapping matrix (the symbol without its finder lines); a module outside comes back in on the other
 * side.
 */
#include "core/barcode_datamatrix_text.h"

#include <string.h>

#define FIELD_POLYNOMIAL 301
#define MAX_BLOCK_CHECK 68
#define MAX_CODEWORDS (DATAMATRIX_MAX_DATA + 620)
#define CODE_PAD 129
#define LARGEST 144

typedef struct SymbolForm
{
	int16_t width, height;		 /* modules */
	int16_t across, down;		 /* regions */
	int16_t data, check, blocks; /* codewords */
} SymbolForm;

#define SQUARE(size, regions, data, check, blocks)        \
	{                                                     \
		size, size, regions, regions, data, check, blocks \
	}

static const SymbolForm squares[] = {
	SQUARE(10, 1, 3, 5, 1),		  SQUARE(12, 1, 5, 7, 1),		SQUARE(14, 1, 8, 10, 1),
	SQUARE(16, 1, 12, 12, 1),	  SQUARE(18, 1, 18, 14, 1),		SQUARE(20, 1, 22, 18, 1),
	SQUARE(22, 1, 30, 20, 1),	  SQUARE(24, 1, 36, 24, 1),		SQUARE(26, 1, 44, 28, 1),
	SQUARE(32, 2, 62, 36, 1),	  SQUARE(36, 2, 86, 42, 1),		SQUARE(40, 2, 114, 48, 1),
	SQUARE(44, 2, 144, 56, 1),	  SQUARE(48, 2, 174, 68, 1),	SQUARE(52, 2, 204, 84, 2),
	SQUARE(64, 4, 280, 112, 2),	  SQUARE(72, 4, 368, 144, 4),	SQUARE(80, 4, 456, 192, 4),
	SQUARE(88, 4, 576, 224, 4),	  SQUARE(96, 4, 696, 272, 4),	SQUARE(104, 4, 816, 336, 6),
	SQUARE(120, 6, 1050, 408, 6), SQUARE(132, 6, 1304, 496, 8), SQUARE(144, 6, 1558, 620, 10),
};

static const SymbolForm rectangles[] = {
	{18, 8, 1, 1, 5, 7, 1},	   {32, 8, 2, 1, 10, 11, 1},  {26, 12, 1, 1, 16, 14, 1},
	{36, 12, 2, 1, 22, 18, 1}, {36, 16, 2, 1, 32, 24, 1}, {48, 16, 2, 1, 49, 28, 1},
};

/* The walk over the mapping matrix: which modules have their value. */
typedef struct Placement
{
	DataMatrix *symbol;
	const SymbolForm *form;
	int width, height; /* of the mapping matrix */
	uint64_t placed[DATAMATRIX_MAX_SIZE][MATRIX_ROW_WORDS];
	const uint8_t *codewords;
	int next, count;
} Placement;

static uint8_t
field_multiply(unsigned a, unsigned b)
{
	unsigned product = 0;

	for (; b != 0; b >>= 1)
	{
		if (b & 1)
			product ^= a;
		a <<= 1;
		if (a & 0x100)
			a ^= FIELD_POLYNOMIAL;
	}
	return (uint8_t) product;
}

/* The first pad says that the data is over; the others are scattered so that no pattern shows. */
static void
put_pads(uint8_t *codewords, int count, int room)
{
	for (int i = count; i < room; i++)
	{
		int scattered = CODE_PAD + 149 * (i + 1) % 253 + 1;

		codewords[i] = (uint8_t) (i == count		? CODE_PAD
								  : scattered > 254 ? scattered - 254
													: scattered);
	}
}

/* Coefficients of (x + 2)(x + 4)...(x + 2^degree), the highest power's left out. */
static void
make_generator(uint8_t generator[MAX_BLOCK_CHECK], int degree)
{
	uint8_t root = 1;

	memset(generator, 0, MAX_BLOCK_CHECK);
	generator[0] = 1; /* lowest power first while it grows */
	for (int i = 0; i < degree; i++)
	{
		root = field_multiply(root, 2);
		for (int j = i + 1 < degree ? i + 1 : degree - 1; j >= 0; j--)
			generator[j] =
				(uint8_t) (field_multiply(generator[j], root) ^ (j > 0 ? generator[j - 1] : 0));
	}
}

/* Check words are dealt like the data; in the largest square, whose last two blocks have one data
 * word less, those of these come first. */
static int
check_place(const SymbolForm *form, int block)
{
	return form->width == LARGEST ? (block + 2) % form->blocks : block;
}

static void
put_check_words(uint8_t *codewords, const SymbolForm *form)
{
	int each = form->check / form->blocks;
	uint8_t generator[MAX_BLOCK_CHECK], rest[MAX_BLOCK_CHECK];

	make_generator(generator, each);
	for (int block = 0; block < form->blocks; block++)
	{
		memset(rest, 0, sizeof(rest));
		for (int i = block; i < form->data; i += form->blocks)
		{
			uint8_t factor = codewords[i] ^ rest[each - 1];

			for (int j = each - 1; j > 0; j--)
				rest[j] = rest[j - 1] ^ field_multiply(generator[j], factor);
			rest[0] = field_multiply(generator[0], factor);
		}
		for (int j = 0; j < each; j++)
			codewords[form->data + check_place(form, block) + j * form->blocks] =
				rest[each - 1 - j];
	}
}

static void
set_dark(DataMatrix *symbol, int x, int y)
{
	symbol->rows[y][x / 64] |= UINT64_C(1) << (x % 64);
}

/* From the mapping matrix to the symbol: finder lines lie between the regions. */
static void
put_module(Placement *placement, int row, int column, bool dark)
{
	int wide = placement->width / placement->form->across;
	int high = placement->height / placement->form->down;

	placement->placed[row][column / 64] |= UINT64_C(1) << (column % 64);
	if (dark)
		set_dark(placement->symbol, column + 1 + column / wide * 2, row + 1 + row / high * 2);
}

static bool
is_placed(const Placement *placement, int row, int column)
{
	return (placement->placed[row][column / 64] >> (column % 64)) & 1;
}

/* Eight modules of the next codeword, the highest bit first; negative places come in from the other
 * side. */
static void
put_codeword(Placement *placement, const int8_t places[8][2], int row, int column)
{
	uint8_t codeword =
		placement->next < placement->count ? placement->codewords[placement->next] : 0;

	placement->next++;
	for (int bit = 0; bit < 8; bit++)
	{
		int y = row + places[bit][0], x = column + places[bit][1];

		if (y < 0)
		{
			y += placement->height;
			x += 4 - (placement->height + 4) % 8;
		}
		if (x < 0)
		{
			x += placement->width;
			y += 4 - (placement->width + 4) % 8;
		}
		put_module(placement, y, x, (codeword >> (7 - bit)) & 1);
	}
}

/* The four corners are cut otherwise; places from the right and the bottom are counted back. */
static void
put_corner(Placement *placement, int which)
{
	static const int8_t corners[4][8][2] = {
		{{-1, 0}, {-1, 1}, {-1, 2}, {0, -2}, {0, -1}, {1, -1}, {2, -1}, {3, -1}},
		{{-3, 0}, {-2, 0}, {-1, 0}, {0, -4}, {0, -3}, {0, -2}, {0, -1}, {1, -1}},
		{{-3, 0}, {-2, 0}, {-1, 0}, {0, -2}, {0, -1}, {1, -1}, {2, -1}, {3, -1}},
		{{-1, 0}, {-1, -1}, {0, -3}, {0, -2}, {0, -1}, {1, -3}, {1, -2}, {1, -1}},
	};
	uint8_t codeword =
		placement->next < placement->count ? placement->codewords[placement->next] : 0;

	placement->next++;
	for (int bit = 0; bit < 8; bit++)
	{
		int y = corners[which][bit][0], x = corners[which][bit][1];

		put_module(placement, y < 0 ? y + placement->height : y, x < 0 ? x + placement->width : x,
				   (codeword >> (7 - bit)) & 1);
	}
}

static void
put_regular(Placement *placement, int row, int column)
{
	static const int8_t places[8][2] = {{-2, -2}, {-2, -1}, {-1, -2}, {-1, -1},
										{-1, 0},  {0, -2},	{0, -1},  {0, 0}};

	if (row >= 0 && row < placement->height && column >= 0 && column < placement->width &&
		!is_placed(placement, row, column))
		put_codeword(placement, places, row, column);
}

static void
place_codewords(Placement *placement)
{
	int width = placement->width, height = placement->height, row = 4, column = 0;

	do
	{
		if (row == height && column == 0)
			put_corner(placement, 0);
		if (row == height - 2 && column == 0 && width % 4 != 0)
			put_corner(placement, 1);
		if (row == height - 2 && column == 0 && width % 8 == 4)
			put_corner(placement, 2);
		if (row == height + 4 && column == 2 && width % 8 == 0)
			put_corner(placement, 3);
		for (; row >= 0 && column < width; row -= 2, column += 2) /* up and to the right */
			put_regular(placement, row, column);
		row += 1;
		column += 3;
		for (; row < height && column >= 0; row += 2, column -= 2) /* down and to the left */
			put_regular(placement, row, column);
		row += 3;
		column += 1;
	} while (row < height || column < width);
	if (!is_placed(placement, height - 1, width - 1)) /* the corner that no codeword reaches */
	{
		put_module(placement, height - 1, width - 1, true);
		put_module(placement, height - 2, width - 2, true);
	}
}

/* Each region: dark lines left and below, dots above and to the right. */
static void
put_finders(DataMatrix *symbol, const SymbolForm *form)
{
	int wide = form->width / form->across, high = form->height / form->down;

	for (int left = 0; left < form->width; left += wide)
		for (int y = 0; y < form->height; y++)
		{
			set_dark(symbol, left, y);
			if (y % 2 != 0)
				set_dark(symbol, left + wide - 1, y);
		}
	for (int top = 0; top < form->height; top += high)
		for (int x = 0; x < form->width; x++)
		{
			set_dark(symbol, x, top + high - 1);
			if (x % 2 == 0)
				set_dark(symbol, x, top);
		}
}

/* The first form that is wide enough and holds the text. */
static PortStatus
encode(DataMatrix *symbol, const char *bytes, size_t length, const SymbolForm *form,
	   const SymbolForm *end, int least_size)
{
	uint8_t codewords[MAX_CODEWORDS];
	DataMatrixText text;
	Placement placement;

	if (length == 0)
		return PORT_INVALID;
	if (!datamatrix_text_plan(&text, bytes, length))
		return PORT_TOO_LARGE;
	while (form < end && (form->width < least_size || !datamatrix_text_fits(&text, form->data)))
		form++;
	if (form == end)
		return PORT_TOO_LARGE;
	put_pads(codewords, datamatrix_text_write(&text, form->data, codewords), form->data);
	put_check_words(codewords, form);
	memset(symbol, 0, sizeof(*symbol));
	symbol->size = form->width;
	symbol->height = form->height;
	put_finders(symbol, form);
	memset(&placement, 0, sizeof(placement));
	placement.symbol = symbol;
	placement.form = form;
	placement.width = form->width - 2 * form->across;
	placement.height = form->height - 2 * form->down;
	placement.codewords = codewords;
	placement.count = form->data + form->check;
	place_codewords(&placement);
	return PORT_OK;
}

PortStatus
datamatrix_encode(DataMatrix *symbol, const char *bytes, size_t length, int least_size)
{
	return encode(symbol, bytes, length, squares, squares + sizeof(squares) / sizeof(*squares),
				  least_size);
}

PortStatus
datamatrix_encode_rectangle(DataMatrix *symbol, const char *bytes, size_t length)
{
	return encode(symbol, bytes, length, rectangles,
				  rectangles + sizeof(rectangles) / sizeof(*rectangles), 0);
}
