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

#endif
