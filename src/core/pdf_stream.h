/*
 * pdf_stream.h: the bytes of one PDF stream behind its filters.
 */
#ifndef CORE_PDF_STREAM_H
#define CORE_PDF_STREAM_H

#include "core/buffer.h"
#include "core/pdf_filter.h"
#include "core/pdf_source.h"

#define PDF_FILTERS 4

typedef struct PdfCoding
{
	PdfFilter filters[PDF_FILTERS]; /* in the order of decoding */
	int count;
} PdfCoding;

/*
 * Hands on the decoded bytes in pieces.  A stream that grows by more than ratio beyond its first
 * megabyte, behind any of its filters, is PORT_TOO_LARGE, rule PDF-LIMIT.
 */
extern PortStatus pdf_stream_decode(const Port *port, const PdfCoding *coding, Slice raw, int ratio,
									PdfPiece piece, void *state, PortFault *fault);

#endif
