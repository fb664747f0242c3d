/*
 * barcode_qr_state.h: what the files of barcode_qr share.
 */
#ifndef CORE_BARCODE_QR_STATE_H
#define CORE_BARCODE_QR_STATE_H

#include "core/barcode_qr.h"

#define QR_MASKS 8
#define QR_MAX_CODEWORDS 3706
#define QR_MAX_CHECK 30 /* check codewords of a block */

/* Rows of modules, one after the other, each of the shape's number of words. */
typedef uint64_t QrRows[QR_MAX_SIZE * QR_ROW_WORDS];

typedef struct QrPlace
{
	uint8_t x, y;
} QrPlace;

/*
 * What all symbols of a version have in common.  Everything is kept twice, as rows and as columns
 * (index 1), so that what is counted along rows is counted along columns by the same code.
 */
typedef struct QrShape
{
	int version, size, words;
	int place_count;
	QrPlace *places;		 /* of the data bits, in order */
	QrRows *fixed;			 /* [2] dark function modules, format bits left out */
	QrRows *masks[QR_MASKS]; /* [2] modules that the mask turns */
} QrShape;

extern PortStatus qr_shape_build(const Port *port, QrShape *shape, int version);
extern void qr_shape_release(const Port *port, QrShape *shape);

/* Masks the placed data (rows and columns) in the best way and writes the symbol. */
extern void qr_finish(const QrShape *shape, QrRows placed[2], QrLevel level, QrSymbol *symbol);

static inline void
qr_set(uint64_t *rows, int words, int x, int y)
{
	rows[y * words + x / 64] |= (uint64_t) 1 << (x % 64);
}

#endif
