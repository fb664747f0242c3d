/*
 * invoice_json.h: a sink that writes each invoice as one JSON object.
 *
 * Keys are the business terms (bt_1, bt_34_1); repeated groups are arrays.  Of groups that mostly
 * come once (note, preceding invoice, seller identifier, payment account) the first one's terms
 * stand at the top level, and all of them in an array when there are several; the same for the
 * first allowance and charge of a line.  Numbers keep their scale; text that is no number stays
 * text.
 */
#ifndef INVOICE_INVOICE_JSON_H
#define INVOICE_INVOICE_JSON_H

#include "postgres.h"

#include "core/invoice.h"

typedef struct InvoiceJson InvoiceJson;

/* done gets each object's text, valid until it returns. */
extern InvoiceJson *invoice_json_create(void (*done)(void *state, char *json), void *state);
extern const InvoiceSink *invoice_json_sink(InvoiceJson *json);

#endif
