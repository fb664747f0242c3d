/*
 * document_printed.h: the archived print documents of a batch of invoices, for e-mails to carry.
 *
 * SPI must be connected.
 */
#ifndef DOCUMENT_PRINTED_H
#define DOCUMENT_PRINTED_H

#include "postgres.h"

#include "base/hash.h"
#include "document/document_writer.h"
#include "executor/spi.h"

/* So many are read from the archive at a time. */
#define PRINTED_WINDOW 64

typedef struct PrintedBatch
{
	const DocumentWriter *document; /* NULL: not open */
	MemoryContext context;			/* of the batch: reset by every look-up */
	MemoryContext window_context;	/* of the documents at hand */
	int count;						/* of the batch */
	int64 *invoice_ids;				/* ascending */
	Datum *document_ids, *hashes;
	int first, end;		  /* those at hand */
	SPITupleTable *table; /* that holds them */
	Slice contents[PRINTED_WINDOW];
} PrintedBatch;

extern void document_open_printed(PrintedBatch *batch, const DocumentWriter *document);
/* Which of these invoices have a print document of the writer's template and version. */
extern void document_look_up_printed(PrintedBatch *batch, int64 issuer_id, const int64 *ids,
									 int count);
/*
 * The invoice's print document as it is archived, and its hash; bytes NULL when there is none.
 * Invoices are to be asked for in their order; it is valid until the next is.
 */
extern void document_find_printed(PrintedBatch *batch, int64 issuer_id, int64 invoice_id,
								  Slice *content, const uint8 **sha256);

#endif
