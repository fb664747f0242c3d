/*
 * barcode_datamatrix_text.h: text to the codewords of DataMatrix, as few as the standard's six
 * encodations allow; for barcode_datamatrix.c.
 */
#ifndef CORE_BARCODE_DATAMATRIX_TEXT_H
#define CORE_BARCODE_DATAMATRIX_TEXT_H

#include "core/barcode_datamatrix.h"

#define DATAMATRIX_MAX_TEXT (2 * DATAMATRIX_MAX_DATA) /* digits, two a codeword */
#define DATAMATRIX_STATES 16

/* The cheapest way to each place of the text in each state; 60 KB, for the stack. */
typedef struct DataMatrixText
{
	const unsigned char *bytes;
	int length;
	uint16_t ascii[DATAMATRIX_MAX_TEXT + 1]; /* cost of being in ASCII before each byte */
	uint16_t base[DATAMATRIX_MAX_TEXT + 1];	 /* where the run of bytes began that ends here */
	uint8_t from[DATAMATRIX_MAX_TEXT + 1][DATAMATRIX_STATES];
	uint16_t cost[3][DATAMATRIX_STATES]; /* at the places of three bytes, by turns */
	uint16_t last[DATAMATRIX_STATES], before[DATAMATRIX_STATES]; /* after the text and before its
																	last byte */
	uint16_t tail[5]; /* cost of EDIFACT without rest, before the last 0 to 4 bytes */
} DataMatrixText;

/* False when it is longer than any symbol holds. */
extern bool datamatrix_text_plan(DataMatrixText *text, const char *bytes, size_t length);
/* Whether a symbol with room for so many codewords holds it. */
extern bool datamatrix_text_fits(const DataMatrixText *text, int room);
/* The codewords for a symbol that holds it; returns how many, the rest is padding. */
extern int datamatrix_text_write(const DataMatrixText *text, int room, uint8_t *codewords);

#endif
