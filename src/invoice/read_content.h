/*
 * read_content.h: a whole content in memory through its reader into a sink.
 *
 * For the functions that answer at once (parse_invoices, validate_invoice); imports of any size
 * have their own loop.  Sinks may allocate and throw: the reader is closed and libxml2's set-up
 * taken back whatever happens.
 */
#ifndef INVOICE_READ_CONTENT_H
#define INVOICE_READ_CONTENT_H

#include "postgres.h"

#include "core/invoice_reader.h"

/* Limits of settings mailroom.invoice_*. */
extern InvoiceLimits invoice_limits(void);
extern void invoice_define_settings(void);

/*
 * layout_name: a record layout, NULL = detect the format.  A fault of the content is returned
 * with *fault filled in, PORT_OK otherwise; cancels and lack of memory are raised.
 */
extern PortStatus read_content(bytea *content, const char *layout_name, const InvoiceSink *sink,
							   PortFault *fault);

/* The same for a file in zlib format, which is inflated piece by piece; no record file. */
extern PortStatus read_content_deflated(const char *bytes, size_t length, const InvoiceSink *sink,
										PortFault *fault);

/*
 * The same without a layout, with a reader that stays open for the next content: for functions that
 * are called once a row.  A fault or an error closes it, so nothing of a hostile content stays, and
 * one that has grown large is closed too.
 */
typedef struct KeptReader
{
	MemoryContext context;
	Port port;
	InvoiceReader *reader; /* NULL = none is open */
	const InvoiceSink *sink;
	InvoiceLimits limits;
	bool in_use;
} KeptReader;

/* sink has to be the same object from call to call, or the reader is opened anew. */
extern PortStatus read_content_kept(KeptReader *kept, bytea *content, const InvoiceSink *sink,
									PortFault *fault);

#endif
