/*
 * write_source.h: where invoices that are to be written come from: JSON objects and tables.
 */
#ifndef INVOICE_WRITE_SOURCE_H
#define INVOICE_WRITE_SOURCE_H

#include "postgres.h"

#include "core/invoice_write.h"
#include "utils/jsonb.h"

/* What a JSON object may hold. */
typedef enum WriteJsonUse
{
	WRITE_JSON_WHOLE, /* an object of mailroom.parse_invoice, or one of its lines */
	WRITE_JSON_OTHER  /* other_terms of a row, whose columns are filled in already */
} WriteJsonUse;

/* Memory of values lasts until the current context is reset; out of memory is raised. */
extern Slice *write_source_add(InvoiceContent *content, InvoiceGroupKind kind);
/* The first row of the kind, made if need be. */
extern Slice *write_source_first(InvoiceContent *content, InvoiceGroupKind kind);
/* Text of the database's encoding as a slice in UTF-8. */
extern Slice write_source_text(const char *text, int length);
extern Slice write_source_numeric(Datum numeric);

/*
 * Adds the members of an object to the content: terms of the owner (INVOICE_DOCUMENT or
 * INVOICE_LINE) and arrays of the groups that belong to it; *lines, if asked for, is the array of
 * lines.  Raises 22023 for what is no term.
 */
extern void write_json_object(JsonbContainer *object, InvoiceGroupKind owner, WriteJsonUse use,
							  InvoiceContent *content, JsonbContainer **lines);

/*
 * Called with each invoice that was written; the bytes are valid during the call.  plain_bytes: how
 * many they are inflated, -1 = they are not deflated.
 */
typedef void (*WriteDone)(void *state, int64 invoice_id, bytea *content, int64 plain_bytes);

/* How invoices are written. */
typedef struct WriteWay
{
	const WriteFormat *format;
	bool checked;	 /* read back and judged by the rules */
	int above_bytes; /* larger files are deflated; 0 = none is */
} WriteWay;

/* Writes stored invoices in the order of ids; raises 42704 for one that is not there. */
extern void write_stored(int64 issuer_id, const int64 *ids, int count, const WriteWay *way,
						 WriteDone done, void *state);

/*
 * Puts the attached documents of an invoice into its content, out of the file it came with.  Values
 * last as long as the current context.
 */
extern void write_attachments(InvoiceContent *document, int64 issuer_id, int64 file_id,
							  int64 document_no);

/* -- write_invoice.c: one writer for many invoices -----------------------------------------------
 */

typedef struct InvoiceOutput InvoiceOutput;

extern InvoiceOutput *write_output_open(const WriteWay *way);
/* label names the invoice in errors, e.g. "invoice 17"; NULL = "the invoice" */
extern void write_output_begin(InvoiceOutput *output, const InvoiceContent *document,
							   const char *label);
extern void write_output_line(InvoiceOutput *output, const InvoiceContent *line);
/* The bytes, valid until the next begin; judged by the rules when checked. */
extern bytea *write_output_end(InvoiceOutput *output, int64 *plain_bytes);
extern void write_output_close(InvoiceOutput *output);

#endif
