/*
 * barcode_matrix.h: a square or rectangle of modules, whichever symbology made it.
 */
#ifndef CORE_BARCODE_MATRIX_H
#define CORE_BARCODE_MATRIX_H

#include <stdbool.h>
#include <stdint.h>

#define MATRIX_ROW_WORDS 3

typedef struct BarcodeMatrix
{
	int size;								  /* modules across, without quiet zone */
	int quiet;								  /* modules that must stay light on each side */
	const uint64_t (*rows)[MATRIX_ROW_WORDS]; /* bit x % 64 of word x / 64: module x is dark */
	int height;								  /* modules; 0 = as high as wide */
} BarcodeMatrix;

static inline int
matrix_height(const BarcodeMatrix *matrix)
{
	return matrix->height > 0 ? matrix->height : matrix->size;
}

static inline bool
matrix_dark(const BarcodeMatrix *matrix, int x, int y)
{
	return (matrix->rows[y][x / 64] >> (x % 64)) & 1;
}

#endif
