/*
 * pdf_filter.h: filters of PDF streams other than FlateDecode (ISO 32000-1, 7.4): ASCIIHexDecode,
 * ASCII85Decode, RunLengthDecode and LZWDecode, in pieces.
 */
#ifndef CORE_PDF_FILTER_H
#define CORE_PDF_FILTER_H

#include "core/buffer.h"
#include "core/pdf_source.h"

typedef enum PdfFilterKind
{
	PDF_FILTER_FLATE,
	PDF_FILTER_LZW,
	PDF_FILTER_HEX,
	PDF_FILTER_BASE85,
	PDF_FILTER_RUNS
} PdfFilterKind;

typedef struct PdfFilter
{
	PdfFilterKind kind;
	/* of FlateDecode and LZWDecode; predictor 0 or 1 = none */
	int64_t predictor, columns, colors, bits;
	bool late_change; /* of LZWDecode: EarlyChange is 0 */
} PdfFilter;

typedef struct PdfDecoder PdfDecoder;

/* For every kind but FlateDecode; NULL when out of memory. */
extern PdfDecoder *pdf_decoder_open(const Port *port, const PdfFilter *filter, PdfPiece piece,
									void *state);
extern void pdf_decoder_close(PdfDecoder *decoder);
/* PORT_INVALID without a fault: what came is not of this filter.  Behind the end nothing counts. */
extern PortStatus pdf_decoder_push(PdfDecoder *decoder, const char *bytes, size_t length);
extern PortStatus pdf_decoder_finish(PdfDecoder *decoder);

#endif
