/*
 * import_state.h: what the files of the import store share; for them only.
 */
#ifndef INVOICE_IMPORT_STATE_H
#define INVOICE_IMPORT_STATE_H

#include "base/hash.h"
#include "base/row_batch.h"
#include "core/decimal.h"
#include "invoice/import_store.h"
#include "lib/stringinfo.h"

/* Longest invoice number and seller key: they are index keys. */
#define IMPORT_MAX_KEY 200
#define IMPORT_ID_BLOCK 1000

typedef struct ImportTotal
{
	char currency[4];
	int64 count;
	Decimal sum;
} ImportTotal;

/* An accepted invoice in the batch of headers that replaces an older one that waits. */
typedef struct ImportReplacement
{
	int row;
	int64 old_invoice_id;
} ImportReplacement;

struct ImportSource
{
	ImportTarget target;
	ImportFindings *findings;
	ImportSummary summary;
	ImportTotal *totals;
	int total_count, total_capacity;
};

struct ImportStore
{
	InvoiceSink sink;
	ImportSource *source;					   /* the one that is read */
	ImportSource *row_sources[ROW_BATCH_ROWS]; /* of each header in the batch */
	MemoryContext context;					   /* of the whole import */
	MemoryContext document_context;			   /* reset for each document */
	RowBatch *headers, *lines, *taxes, *adjustments;

	int64 ids[IMPORT_ID_BLOCK];
	int id_next, id_count;
	Oid id_sequence;

	/* the open document */
	int64 invoice_id;
	int64 document_no;
	int64 source_line;
	const char *format;
	bool faulty;
	int64 line_count, tax_count, adjustment_count;
	HashStream *hash;
	StringInfo canonical;
	StringInfo other; /* members of other_terms */
	StringInfo extra;
	StringInfo arrays[INVOICE_MODEL_GROUP_COUNT]; /* repeated groups of the document as JSON */
	StringInfo line_arrays[INVOICE_MODEL_GROUP_COUNT];
	StringInfo note;
	Slice preceding, account;
};

/* import_rows.c */
extern void import_rows_open(ImportStore *store);
extern void import_rows_line(ImportStore *store, const InvoiceGroup *group);
extern void import_rows_tax(ImportStore *store, const InvoiceGroup *group);
extern void import_rows_adjustment(ImportStore *store, const InvoiceGroup *group);
extern void import_rows_header(ImportStore *store, const InvoiceGroup *document,
							   const uint8 *content_hash);
extern void import_rows_close(ImportStore *store);

/* columns of the header row that others look at; the rest is import_rows.c's */
enum
{
	HEADER_ISSUER,
	HEADER_INVOICE,
	HEADER_ORIGIN,
	HEADER_FILE,
	HEADER_BATCH,
	HEADER_DOCUMENT_NO,
	HEADER_LOCATION,
	HEADER_STATE,
	HEADER_FORMAT,
	HEADER_SELLER_KEY,
	HEADER_HASH,
	HEADER_RECEIVED_AT,
	HEADER_PRECEDING,
	HEADER_NOTE,
	HEADER_ACCOUNT,
	HEADER_PAYABLE_MINOR,
	HEADER_LINE_COUNT,
	HEADER_OTHER,
	HEADER_EXTRA,
	HEADER_NUMBER /* the first of the terms with a column of their own */
};

/* import_known.c: numbers that are known, or come twice; before and after the headers are written
 */
extern ImportReplacement *import_known_check(ImportStore *store, int *count);
extern void import_known_replace(ImportStore *store, const ImportReplacement *replacements,
								 const int64 *new_ids, int count);

/* import_store.c */
extern void import_store_fault(ImportSource *source, int64 document_no, int64 invoice_id,
							   const char *rule, const char *location, const char *format, ...)
	pg_attribute_printf(6, 7);

#endif
