/*
 * flat_document.h: assembles one invoice at a time out of records or rows, for a sink.
 *
 * The caller begins a document, sets its own terms in any order, adds groups as their records
 * come, and ends it.  What a billing system leaves out can be derived before the end: the VAT
 * breakdown from lines, allowances and charges, and totals from their parts.  Memory is that of one
 * document's own terms, whatever the number of lines.
 */
#ifndef CORE_FLAT_DOCUMENT_H
#define CORE_FLAT_DOCUMENT_H

#include "core/invoice.h"

typedef struct FlatDocument FlatDocument;

/* derive: LAYOUT_DERIVE_*; currency: BT-5 when none is set, may be NULL.  NULL: out of memory. */
extern FlatDocument *flat_document_open(const Port *port, const InvoiceSink *sink,
										const char *format, unsigned derive, const char *currency);

/* Documents are numbered by a count that others share. */
extern void flat_document_count_in(FlatDocument *document, int64_t *documents);
/* Gives its memory back; hosts with an arena need not call it. */
extern void flat_document_close(FlatDocument *document);

extern bool flat_document_is_open(const FlatDocument *document);
/* documents begun so far; the number of the open one */
extern int64_t flat_document_number(const FlatDocument *document);
/* lines of the open document so far */
extern int64_t flat_document_lines(const FlatDocument *document);

extern PortStatus flat_document_begin(FlatDocument *document, int64_t source_line);
/* The value is copied; a second value for a term replaces the first. */
extern PortStatus flat_document_set(FlatDocument *document, InvoiceTerm term, Slice value);
/* A term of the document as set so far; valid until the next set. */
extern Slice flat_document_value(const FlatDocument *document, InvoiceTerm term);

/* Starts the next line, so that its details can go before it. */
extern void flat_document_next_line(FlatDocument *document);
/*
 * A completed group; values are indexed by term (the whole list).  Lines and details of lines
 * belong to the line started last.
 */
extern PortStatus flat_document_group(FlatDocument *document, InvoiceGroupKind kind,
									  int64_t source_line, const Slice *values);
extern PortStatus flat_document_extra(FlatDocument *document, int64_t source_line, const char *path,
									  Slice value);
/* A fault of the open document. */
extern PortStatus flat_document_finding(FlatDocument *document, int64_t source_line,
										const char *rule, const char *location,
										const char *message);
/* Derives, then hands the document's own terms to the sink. */
extern PortStatus flat_document_end(FlatDocument *document);

/* +1, or -1 for the type codes of credit notes, whose amounts subtract */
extern int flat_document_sign(const FlatDocument *document);

#endif
