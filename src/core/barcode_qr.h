/*
 * barcode_qr.h: QR Code model 2 (ISO/IEC 18004), versions 1 to 40, all levels.
 *
 * One segment: digits, the 45 characters of the alphanumeric mode, or bytes (text is UTF-8, without
 * an ECI, as readers of payment codes expect).  The mask is chosen by the penalties of
 * clause 7.8.3, the lowest number where masks are equal, so the same text always gives the same
 * symbol.
 */
#ifndef CORE_BARCODE_QR_H
#define CORE_BARCODE_QR_H

#include "core/port.h"

#define QR_MAX_VERSION 40
#define QR_MAX_SIZE 177
#define QR_ROW_WORDS 3

typedef enum QrLevel
{
	QR_LEVEL_L, /* about 7 % of the codewords can be restored */
	QR_LEVEL_M, /* 15 % */
	QR_LEVEL_Q, /* 25 % */
	QR_LEVEL_H	/* 30 % */
} QrLevel;

typedef struct QrSymbol
{
	int version, mask;
	int size; /* modules a side, without the quiet zone of 4 that belongs around it */
	QrLevel level;
	uint64_t rows[QR_MAX_SIZE][QR_ROW_WORDS]; /* bit x % 64 of word x / 64: module x is dark */
} QrSymbol;

static inline bool
qr_dark(const QrSymbol *symbol, int x, int y)
{
	return (symbol->rows[y][x / 64] >> (x % 64)) & 1;
}

/* Keeps what symbols of the same version share.  NULL when out of memory. */
typedef struct QrEncoder QrEncoder;
extern QrEncoder *qr_encoder_open(const Port *port);
extern void qr_encoder_close(QrEncoder *encoder);

/*
 * The smallest symbol of at least this level.  raise_level: a higher one where it fits the same
 * version.  PORT_INVALID for no text, PORT_TOO_LARGE when it fits no version.
 */
extern PortStatus qr_encode(QrEncoder *encoder, QrSymbol *symbol, const char *text, size_t length,
							QrLevel level, bool raise_level);

#endif
