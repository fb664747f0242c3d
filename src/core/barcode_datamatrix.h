/*
 * barcode_datamatrix.h: DataMatrix ECC 200 (ISO/IEC 16022), squares of 10 to 144
 * modules and rectangles of 8 by 18 to 16 by 48.
 *
 * Text becomes the least number of codewords that the standard's encodations (ASCII, C40, Text,
 * X12, EDIFACT, Base 256) can say it with, so that the symbol is the smallest there is.  Bytes are
 * taken as they are: no extended interpretation is announced.
 */
#ifndef CORE_BARCODE_DATAMATRIX_H
#define CORE_BARCODE_DATAMATRIX_H

#include "core/barcode_matrix.h"
#include "core/port.h"

#define DATAMATRIX_MAX_SIZE 144
#define DATAMATRIX_MAX_DATA 1558 /* codewords */

typedef struct DataMatrix
{
	int size;	/* modules across, without the quiet zone of one that belongs around it */
	int height; /* modules */
	uint64_t rows[DATAMATRIX_MAX_SIZE][MATRIX_ROW_WORDS];
} DataMatrix;

/* The smallest square that holds the bytes and is at least this wide (0: any).  PORT_INVALID for no
 * text, PORT_TOO_LARGE when it fits none. */
extern PortStatus datamatrix_encode(DataMatrix *symbol, const char *bytes, size_t length,
									int least_size);

/* The smallest rectangle; PORT_TOO_LARGE beyond 49 codewords. */
extern PortStatus datamatrix_encode_rectangle(DataMatrix *symbol, const char *bytes, size_t length);

#endif
