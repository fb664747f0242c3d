/*
 * import_run.h: imports of files or a batch, each whole or not at all.
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
	void *source; /* what the producer reads */
	ImportFindings *findings;
	/* the result: of a refused run nothing was kept, so that no invoice of it is accepted */
	bool refused;
	ImportSummary summary;
	int64 faults;  /* fatal findings */
	char *outcome; /* JSON: refused, document_count, accepted_count, set_aside_count, line_count,
					  fault_count, totals */
} ImportRun;

/* Reads the source into the sink; faults of the source go to run->findings. */
typedef void (*ImportProducer)(ImportRun *run, const InvoiceSink *sink);

/*
 * Runs the producer for each run into rows, checks what was announced, keeps the rows or rolls them
 * back, and writes findings and outcomes.  Each run is whole or not at all, whatever happens to the
 * others; an error undoes all.  All are of one issuer, and more than one are files.  The caller is
 * connected to SPI.
 */
extern void import_run(ImportRun *runs, int count, ImportProducer producer);

/* A fatal finding of the source itself. */
extern void import_run_fault(ImportRun *run, const char *rule, const char *location,
							 const char *format, ...) pg_attribute_printf(4, 5);

#endif
