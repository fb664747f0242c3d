/*
 * import_findings.h: faults and remarks of one file or batch, kept in memory until it is known
 * whether its rows stay.
 */
#ifndef INVOICE_IMPORT_FINDINGS_H
#define INVOICE_IMPORT_FINDINGS_H

#include "postgres.h"

#include "core/invoice.h"

/* Findings kept of one file; more are counted and said in a last row. */
#define IMPORT_MAX_FINDINGS 10000

typedef struct ImportFindings ImportFindings;

extern ImportFindings *import_findings_open(MemoryContext context);
/* Text is copied and made valid for the database.  place.document_no 0 is the file itself. */
extern void import_findings_add(ImportFindings *findings, const Finding *finding, int64 invoice_id);
/* Fatal ones so far. */
extern int64 import_findings_fatal(const ImportFindings *findings);
/* Fatal ones of the file itself so far. */
extern int64 import_findings_of_file(const ImportFindings *findings);
/*
 * Writes those of several files of an issuer, or of one batch, as rows in order of document,
 * replacing those of an earlier attempt; file_id or batch_id is 0.  keep_invoices: the invoices'
 * rows stay, so that findings point at them.
 */
typedef struct ImportFindingsOf
{
	ImportFindings *findings;
	int64 file_id;
	int64 batch_id;
} ImportFindingsOf;

extern void import_findings_write(const ImportFindingsOf *lists, int count, int64 issuer_id,
								  bool keep_invoices);

#endif
