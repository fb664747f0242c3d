/*
 * document_load.h: reads invoices with their lines, taxes, adjustments, data and brand in batches.
 *
 * SPI must be connected.  What a batch returns is valid until the next one is loaded.
 */
#ifndef DOCUMENT_LOAD_H
#define DOCUMENT_LOAD_H

#include "postgres.h"

#include "core/template_data.h"
#include "executor/spi.h"

typedef struct LoadedGroup
{
	SPITupleTable *table;
	int count;
	int64 *invoice_ids; /* of each row, ascending; NULL: all are of the only invoice there is */
	const Slice **rows;
	const char **packed; /* of an invoice of many rows, instead */
	int next;			 /* first row not given out yet */
} LoadedGroup;

/* Data and brands, for the invoices that have any. */
typedef struct LoadedTrees
{
	int count, next;
	int64 *invoice_ids; /* ascending */
	const TemplateNode **data, **brands;
	const char *
		*no_brands; /* name of a brand that does not exist; NULL: it does, or none is wanted */
} LoadedTrees;

typedef struct LoadedBatch
{
	MemoryContext context; /* reset by every load */
	LoadedGroup groups[TEMPLATE_GROUP_COUNT];
	LoadedTrees trees;
} LoadedBatch;

extern void document_open_batch(LoadedBatch *batch, MemoryContext parent);
/* Reads the invoices of ids (ascending); those that do not exist are left out. */
extern void document_load_batch(LoadedBatch *batch, int64 issuer_id, const int64 *ids, int count);
/* Gives back the rows before the batch's parent goes: a long document is to be copied. */
extern void document_close_batch(LoadedBatch *batch);
/* The next invoice of the batch, in the order of ids; false at the end. */
extern bool document_next_invoice(LoadedBatch *batch, int64 *invoice_id, TemplateData *data);

#endif
