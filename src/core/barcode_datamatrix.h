/*
 * barcode_datamatrix.h: DataMatrix ECC 200 (ISO/IEC 16022), square symbols of 10 to 132 modules.
 *
 * ASCII encodation: two digits a codeword, else one character a codeword (two for a byte above
 * 127).  The largest square of the standard (144) is left out: its check words are ordered unlike
 * all others, and no mark or payment code comes near it.
 */
#ifndef CORE_BARCODE_DATAMATRIX_H
#define CORE_BARCODE_DATAMATRIX_H

#include "core/barcode_matrix.h"
#include "core/port.h"

#define DATAMATRIX_MAX_SIZE 132
#define DATAMATRIX_MAX_DATA 1304 /* codewords */

typedef struct DataMatrix
{
	int size; /* modules a side, without the quiet zone of one that belongs around it */
	uint64_t rows[DATAMATRIX_MAX_SIZE][MATRIX_ROW_WORDS];
} DataMatrix;

/* The smallest square that holds the bytes and is at least this wide (0: any).  PORT_INVALID for no
 * text, PORT_TOO_LARGE when it fits none. */
extern PortStatus datamatrix_encode(DataMatrix *symbol, const char *bytes, size_t length,
									int least_size);

#endif
