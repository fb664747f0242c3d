/*
 * barcode_matrix.h: a square of modules, whichever symbology made it.
 */
#ifndef CORE_BARCODE_MATRIX_H
#define CORE_BARCODE_MATRIX_H

#include <stdbool.h>
#include <stdint.h>

#define MATRIX_ROW_WORDS 3

typedef struct BarcodeMatrix
{
	int size;								  /* modules a side, without quiet zone */
	int quiet;								  /* modules that must stay light on each side */
	const uint64_t (*rows)[MATRIX_ROW_WORDS]; /* bit x % 64 of word x / 64: module x is dark */
} BarcodeMatrix;

static inline bool
matrix_dark(const BarcodeMatrix *matrix, int x, int y)
{
	return (matrix->rows[y][x / 64] >> (x % 64)) & 1;
}

#endif
