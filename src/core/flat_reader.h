/*
 * flat_reader.h: delimited and fixed-width files into the canonical invoice, by a layout.
 *
 * Faults of the file (order, columns, characters, control totals) come as findings with
 * document_no 0, and reading goes on, so that one pass lists them all.  Only what makes going on
 * pointless (a missing header column, a record over the limit) ends with PORT_INVALID or
 * PORT_TOO_LARGE and the reader's fault.  Rules:
 *
 *   FLAT-ENCODING   bytes that are no text in the layout's character set, or UTF-16
 *   FLAT-COLUMNS    header row lacks a column; a record has too few or too many columns
 *   FLAT-QUOTE      quotes that do not pair
 *   FLAT-RECORD     a record of no described type
 *   FLAT-LENGTH     a record over 1 MB, or cut within a field
 *   FLAT-ORDER      a record where its type may not stand
 *   FLAT-MISSING    a required record is missing (of an invoice, or of the file)
 *   FLAT-CONTROL    a constant or repeated field of a header or trailer differs
 *   FLAT-COUNT      a control count differs
 *   FLAT-TOTAL      a control total differs
 *   FLAT-VALUE      (invoice) a date or number cannot be read
 *   FLAT-REQUIRED   (invoice) a required field is empty
 *   FLAT-DIFFERS    (invoice) rows of one invoice disagree about the invoice
 *   FLAT-DERIVE     (invoice) the VAT breakdown cannot be derived
 */
#ifndef CORE_FLAT_READER_H
#define CORE_FLAT_READER_H

#include "core/layout.h"

/* Longest record: more is no record of a billing system, and memory stays flat. */
#define FLAT_RECORD_LIMIT (1024 * 1024)

/*
 * The layout must have passed layout_prepare; it and the sink must live as long as the reader.
 * NULL: out of memory.
 */
extern InvoiceReader *flat_reader_open(const Port *port, const Layout *layout,
									   const InvoiceSink *sink);

#endif
