/*
 * pdf_invoice.h: the invoice attached to a PDF (Factur-X, ZUGFeRD, XRechnung).
 *
 * Used through invoice_reader.h.  A PDF is read from its end, so the whole of it is kept up to a
 * limit; then the best of its attached files goes through the reader for XML: one with a name that
 * the standards give, else an XML file that the catalogue calls an alternative to the pages, their
 * data or source.
 *
 * Rules (fault.rule): PDF-ATTACHMENT and those of pdf_source.h.
 */
#ifndef CORE_PDF_INVOICE_H
#define CORE_PDF_INVOICE_H

#include "core/content_reader.h"

/* A ContentOpen. */
extern ContentReader *pdf_invoice_open(const Port *port, const InvoiceLimits *limits,
									   const char *format, int64_t *documents,
									   const InvoiceSink *sink);

#endif
