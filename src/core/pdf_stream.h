/*
 * pdf_stream.h: the bytes of one PDF stream behind its filter.
 */
#ifndef CORE_PDF_STREAM_H
#define CORE_PDF_STREAM_H

#include "core/buffer.h"
#include "core/pdf_source.h"

typedef struct PdfCoding
{
	bool flate;
	int64_t predictor, columns, colors, bits; /* of FlateDecode; predictor 0 or 1 = none */
} PdfCoding;

/*
 * Hands on the decoded bytes in pieces.  A stream that grows by more than ratio beyond its first
 * megabyte is PORT_TOO_LARGE, rule PDF-LIMIT.
 */
extern PortStatus pdf_stream_decode(const Port *port, const PdfCoding *coding, Slice raw, int ratio,
									PdfPiece piece, void *state, PortFault *fault);

#endif
