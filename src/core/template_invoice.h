/*
 * template_invoice.h: the house's own invoice, for issuers that have no template.
 *
 * A4, gray only.  The address stands in the window of a C5 envelope (20 mm from the left, 47 to 76
 * mm from the top: inside the safe zone of Norwegian and Swedish windows on the left), the payment
 * part at the bottom of the last page.
 */
#ifndef CORE_TEMPLATE_INVOICE_H
#define CORE_TEMPLATE_INVOICE_H

#include "core/layout_page.h"
#include "core/template_data.h"
#include "core/template_format.h"

#define TEMPLATE_INVOICE_NAME "mailroom-invoice"
#define TEMPLATE_INVOICE_VERSION 1

extern TemplateLanguage template_invoice_language(const TemplateData *data);
/* "Invoice 1001", for the file's title. */
extern void template_invoice_title(const TemplateData *data, ByteBuffer *title);
/*
 * Sets the document.  PORT_INVALID with rule TEMPLATE-FIELD when a field is missing that an invoice
 * cannot be printed without, or TEMPLATE-GLYPH when a character is in none of the faces.
 */
extern PortStatus template_invoice_layout(const TemplateData *data, Layout *layout,
										  ByteBuffer *scratch, PortFault *fault);

#endif
