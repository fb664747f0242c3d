/*
 * pdf_source.h: the objects of a PDF in memory, by number, and their streams.
 *
 * Cross-reference tables and streams with their chain of earlier ones, object streams; FlateDecode
 * and LZWDecode with PNG and TIFF predictors, ASCIIHexDecode, ASCII85Decode, RunLengthDecode.  If
 * the chain is damaged, the whole file is searched for objects, once. Nothing is kept of an object;
 * decoded object and cross-reference streams are, up to a limit.
 *
 * Rules (fault.rule): PDF-SYNTAX, PDF-ENCRYPTED, PDF-FILTER, PDF-LIMIT.  All functions may be
 * called after a fault; they find nothing then.
 */
#ifndef CORE_PDF_SOURCE_H
#define CORE_PDF_SOURCE_H

#include "core/buffer.h"
#include "core/pdf_syntax.h"

typedef struct PdfSource PdfSource;

/* bytes live longer than the source. ratio: largest growth of a stream beyond its first megabyte.
 */
extern PdfSource *pdf_source_open(const Port *port, const char *bytes, size_t length, int ratio,
								  PortFault *fault);
extern void pdf_source_close(PdfSource *source);

/* Reads the chain; then the document catalogue, a dictionary. */
extern PortStatus pdf_source_begin(PdfSource *source);
extern PortStatus pdf_source_catalog(PdfSource *source, PdfValue *catalog);
/* Searches the file for objects instead; PORT_INVALID if it was done before. */
extern PortStatus pdf_source_search(PdfSource *source);

/* What a value stands for: the object of a reference, PDF_NONE if there is none. */
extern PdfValue pdf_source_resolve(PdfSource *source, PdfValue value);
extern PdfValue pdf_source_key(PdfSource *source, const PdfValue *dict, const char *key);
extern int64_t *pdf_source_work(PdfSource *source);

/* Hands on the decoded content of a stream, a reference, in pieces. */
typedef PortStatus (*PdfPiece)(void *state, const char *bytes, size_t length);
extern PortStatus pdf_source_stream(PdfSource *source, PdfValue reference, PdfPiece piece,
									void *state);
/* Something was not where the cross-reference says. */
extern bool pdf_source_damaged(const PdfSource *source);
/* Why objects may be missing: the first fault in the structure, PORT_OK if there is none. */
extern PortStatus pdf_source_trouble(const PdfSource *source);

#endif
