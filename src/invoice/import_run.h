/*
 * import_run.h: one import, of a file or a batch, whole or not at all.
 */
#ifndef INVOICE_IMPORT_RUN_H
#define INVOICE_IMPORT_RUN_H

#include "postgres.h"

#include "invoice/import_store.h"

typedef struct ImportRun
{
	ImportTarget target;
	bool refuse_on_fault; /* the fault policy is refuse_file */
	int64 expected_count; /* -1 = not announced */
	char *expected_total; /* NULL = not announced */
	char *expected_currency;
	ImportFindings *findings;
} ImportRun;

/* Reads the source into the sink; faults of the source go to run->findings. */
typedef void (*ImportProducer)(ImportRun *run, const InvoiceSink *sink, void *source);

/*
 * Runs the producer into rows in one subtransaction, checks what was announced, keeps the rows or
 * rolls them back, and writes the findings.  The caller is connected to SPI.  Returns the outcome
 * as JSON: refused, document_count, accepted_count, set_aside_count, fault_count, totals.
 */
extern char *import_run(ImportRun *run, ImportProducer producer, void *source);

/* A fatal finding of the source itself. */
extern void import_run_fault(ImportRun *run, const char *rule, const char *location,
							 const char *format, ...) pg_attribute_printf(4, 5);

#endif
