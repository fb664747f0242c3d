/*
 * barcode_qr_mask.c: chooses the mask of a QR symbol (ISO/IEC 18004, clause 7.8.3).
 *
 * The penalties are counted for 64 columns at a time: row after row, a word says for each column
 * whether a run goes on, whether a finder-like pattern stands there, and so on.  The same code run
 * over the columns counts along the rows.
 */
#include "core/barcode_qr_state.h"

#include <stdlib.h>
#include <string.h>

#define PENALTY_RUN 3	  /* five modules of a colour in line, one more for each further one */
#define PENALTY_BLOCK 3	  /* 2 by 2 modules of a colour */
#define PENALTY_FINDER 40 /* 1:1:3:1:1 with 4 light on one side */
#define PENALTY_BALANCE 10

#define MARGIN                                                                          \
	100 /* light rows before and after: four times the widest unit, a seventh of a side \
		 */

/* Rows with light margins, so that patterns may reach over the edge. */
typedef struct Field
{
	uint64_t rows[(QR_MAX_SIZE + 2 * MARGIN) * QR_ROW_WORDS];
} Field;

static inline int
count_bits(uint64_t word)
{
	return __builtin_popcountll(word);
}

/* One module to the side, over word borders. */
static inline uint64_t
shifted(const uint64_t *row, int word, int words)
{
	return row[word] >> 1 | (word + 1 < words ? row[word + 1] << 63 : 0);
}

/* Bits of the modules that have one beside them (less = 1), or of all (less = 0). */
static inline uint64_t
valid_bits(int size, int word, int less)
{
	int count = size - less - word * 64;

	return count >= 64 ? ~(uint64_t) 0 : count <= 0 ? 0 : ((uint64_t) 1 << count) - 1;
}

/* Runs of five and more along the columns. */
static inline __attribute__((always_inline)) int
run_penalty(const uint64_t *rows, int size, const int words)
{
	int penalty = 0;

	for (int word = 0; word < words; word++)
	{
		uint64_t valid = valid_bits(size, word, 0), run_before = 0;
		uint64_t same[4] = {0, 0, 0, 0};

		for (int y = 1; y < size; y++)
		{
			uint64_t run;

			same[3] = same[2];
			same[2] = same[1];
			same[1] = same[0];
			same[0] = ~(rows[y * words + word] ^ rows[(y - 1) * words + word]) & valid;
			run = same[0] & same[1] & same[2] & same[3];
			if (run != 0)
				penalty += count_bits(run) + (PENALTY_RUN - 1) * count_bits(run & ~run_before);
			run_before = run;
		}
	}
	return penalty;
}

static inline __attribute__((always_inline)) int
block_penalty(const uint64_t *rows, int size, const int words)
{
	int blocks = 0;

	for (int word = 0; word < words; word++)
	{
		uint64_t valid = valid_bits(size, word, 1);
		uint64_t above = ~(rows[word] ^ shifted(rows, word, words)) & valid;

		for (int y = 1; y < size; y++)
		{
			const uint64_t *row = rows + y * words;
			uint64_t beside = ~(row[word] ^ shifted(row, word, words)) & valid;

			blocks += count_bits(beside & above & ~(row[word] ^ (row - words)[word]));
			above = beside;
		}
	}
	return blocks * PENALTY_BLOCK;
}

/*
 * Columns where a pattern of this unit has its middle (three units dark) start in row y, in which
 * the columns of found are known to be dark for three units.  Counts either side's light margin.
 */
static inline __attribute__((always_inline)) int
finders_at(const uint64_t *row, int unit, uint64_t found, const int words)
{
	uint64_t before = 0, after = 0;

	for (int i = 1; i <= unit && found != 0; i++)
		found &= ~row[-i * words] & ~row[(3 * unit + i - 1) * words] & row[-(unit + i) * words] &
				 row[(4 * unit + i - 1) * words] & ~row[-(2 * unit + i) * words] &
				 ~row[(5 * unit + i - 1) * words];
	if (found == 0)
		return 0;
	for (int i = unit + 1; i <= 4 * unit; i++)
	{
		before |= row[-(2 * unit + i) * words];
		after |= row[(5 * unit + i - 1) * words];
	}
	return count_bits(found & ~before) + count_bits(found & ~after);
}

/* Patterns like a finder along the columns; units of more than one module count as well. */
static inline __attribute__((always_inline)) int
finder_penalty(const uint64_t *rows, int size, const int words)
{
	int found = 0;

	for (int word = 0; word < words; word++)
		for (int y = 0; y < size; y++)
		{
			const uint64_t *row = rows + y * words + word;
			uint64_t dark = row[0] & row[words] & row[2 * words];

			for (int unit = 1; dark != 0; unit++)
			{
				if (y >= 2 * unit && y + 5 * unit <= size)
					found += finders_at(row, unit, dark, words);
				dark &= row[3 * unit * words] & row[(3 * unit + 1) * words] &
						row[(3 * unit + 2) * words];
			}
		}
	return found * PENALTY_FINDER;
}

static int
balance_penalty(const uint64_t *rows, int size, int words)
{
	int dark = 0, total = size * size;

	for (int i = 0; i < size * words; i++)
		dark += count_bits(rows[i]);
	return ((abs(dark * 20 - total * 10) + total - 1) / total - 1) * PENALTY_BALANCE;
}

static inline __attribute__((always_inline)) int
line_penalty(const uint64_t *rows, int size, const int words)
{
	return run_penalty(rows, size, words) + finder_penalty(rows, size, words);
}

static inline __attribute__((always_inline)) int
penalty(const uint64_t *rows, const uint64_t *columns, int size, const int words)
{
	return line_penalty(rows, size, words) + line_penalty(columns, size, words) +
		   block_penalty(rows, size, words) + balance_penalty(rows, size, words);
}

/* Level and mask with their BCH check, in both places (clause 7.9). */
static void
draw_format(uint64_t *rows, uint64_t *columns, const QrShape *shape, QrLevel level, int mask)
{
	static const uint8_t level_bits[4] = {1, 0, 3, 2};
	int data = level_bits[level] << 3 | mask, rest = data, bits;
	int size = shape->size, words = shape->words;

	for (int i = 0; i < 10; i++)
		rest = (rest << 1) ^ (rest >> 9) * 0x537;
	bits = (data << 10 | rest) ^ 0x5412;
	for (int i = 0; i < 15; i++)
	{
		int near = i < 6 ? i : i < 8 ? i + 1 : 14 - i; /* place beside the first finder pattern */

		if (i == 8)
			near = 7;
		if ((bits >> i & 1) == 0)
			continue;
		/* beside the first finder pattern: down column 8, then row 8 to the left */
		qr_set(rows, words, i < 8 ? 8 : near, i < 8 ? near : 8);
		qr_set(columns, words, i < 8 ? near : 8, i < 8 ? 8 : near);
		/* row 8 from the right, then column 8 to the bottom */
		qr_set(rows, words, i < 8 ? size - 1 - i : 8, i < 8 ? 8 : size - 15 + i);
		qr_set(columns, words, i < 8 ? 8 : size - 15 + i, i < 8 ? size - 1 - i : 8);
	}
}

static int
masked_penalty(const QrShape *shape, Field field[2])
{
	const uint64_t *rows = field[0].rows + MARGIN * shape->words;
	const uint64_t *columns = field[1].rows + MARGIN * shape->words;

	/* the number of words as a constant lets the compiler unroll */
	switch (shape->words)
	{
		case 1:
			return penalty(rows, columns, shape->size, 1);
		case 2:
			return penalty(rows, columns, shape->size, 2);
		default:
			return penalty(rows, columns, shape->size, 3);
	}
}

void
qr_finish(const QrShape *shape, QrRows placed[2], QrLevel level, QrSymbol *symbol)
{
	int words = shape->words, count = shape->size * words, least = -1;
	size_t margin_bytes = (size_t) (MARGIN * words) * sizeof(uint64_t);
	Field field[2];

	for (int side = 0; side < 2; side++)
	{
		memset(field[side].rows, 0, margin_bytes);
		memset(field[side].rows + MARGIN * words + count, 0, margin_bytes);
	}
	symbol->version = shape->version;
	symbol->size = shape->size;
	symbol->level = level;
	for (int mask = 0; mask < QR_MASKS; mask++)
	{
		uint64_t *rows = field[0].rows + MARGIN * words;
		uint64_t *columns = field[1].rows + MARGIN * words;
		int now;

		for (int i = 0; i < count; i++)
		{
			rows[i] = placed[0][i] ^ shape->masks[mask][0][i];
			columns[i] = placed[1][i] ^ shape->masks[mask][1][i];
		}
		draw_format(rows, columns, shape, level, mask);
		now = masked_penalty(shape, field);
		if (least >= 0 && now >= least)
			continue;
		least = now;
		symbol->mask = mask;
		for (int y = 0; y < shape->size; y++)
			for (int word = 0; word < QR_ROW_WORDS; word++)
				symbol->rows[y][word] = word < words ? rows[y * words + word] : 0;
	}
}
