/*
 * import_store.h: the sink that turns canonical invoices into rows.
 *
 * Its callbacks may throw, so no foreign library may be on the stack: a reader that stands on one
 * writes to a tape (core/invoice_tape.h), which is replayed into the store between pushes.  The
 * caller is connected to SPI.  Details of a line come before their line.
 */
#ifndef INVOICE_IMPORT_STORE_H
#define INVOICE_IMPORT_STORE_H

#include "postgres.h"

#include "core/invoice.h"
#include "datatype/timestamp.h"
#include "invoice/import_findings.h"

typedef struct ImportTarget
{
	int64 issuer_id;
	int64 file_id;	/* 0 for a batch */
	int64 batch_id; /* 0 for a file */
	const char *origin;
	TimestampTz received_at;
} ImportTarget;

/* What was read, counted apart from the rows: the other side of the balance. */
typedef struct ImportSummary
{
	int64 documents;
	int64 accepted;
	int64 set_aside;
	int64 lines;
} ImportSummary;

typedef struct ImportStore ImportStore;
/* A file or batch whose documents come next; many small ones share a store and its row batches. */
typedef struct ImportSource ImportSource;

extern ImportStore *import_store_open(void);
extern const InvoiceSink *import_store_sink(ImportStore *store);
/* Documents from now on are of this source; lives as long as the store. */
extern ImportSource *import_store_source(ImportStore *store, const ImportTarget *target,
										 ImportFindings *findings);
/* Writes what is still in memory.  Called once after the last document. */
extern void import_store_finish(ImportStore *store);
extern const ImportSummary *import_source_summary(const ImportSource *source);
/* {"NOK": {"count": 7, "sum": "123.45"}}: BT-112 of all documents; a currency that is no ISO code
 * counts as XXX */
extern char *import_source_totals(const ImportSource *source);
/* Sum of BT-112 in the currency as text; "0" if there is none. */
extern char *import_source_total(const ImportSource *source, const char *currency);

#endif
