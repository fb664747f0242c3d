/*
 * invoice_model.c: the editions of the semantic model.
 */
#include "core/invoice_model.h"

#include <stddef.h>

const InvoiceModel invoice_models[] = {
	{"EN 16931-1", "2017", "urn:cen.eu:en16931:2017", "2017-06-28", NULL},
};

const int invoice_model_count = (int) (sizeof(invoice_models) / sizeof(*invoice_models));
