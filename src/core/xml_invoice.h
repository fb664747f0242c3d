/*
 * xml_invoice.h: invoices in XML of any format, alone, many in a wrapper element, or framed.
 *
 * Used through invoice_reader.h, which finds out that it is XML.  xml_format.h says how formats are
 * described and how to add one, xml_watch.h how to see the elements.
 */
#ifndef CORE_XML_INVOICE_H
#define CORE_XML_INVOICE_H

#include "core/content_reader.h"

/* A ContentOpen. */
extern ContentReader *xml_invoice_open(const Port *port, const InvoiceLimits *limits,
									   const char *format, int64_t *documents,
									   const InvoiceSink *sink);

#endif
