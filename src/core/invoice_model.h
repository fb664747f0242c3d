/*
 * invoice_model.h: the editions of the semantic model that the library knows.
 *
 * A document names its edition at the beginning of its specification identifier (BT-24).  The terms
 * of invoice_terms.def are those of the editions listed here; EN 16931-1:2026 gets an entry, and
 * its terms lines there, when its bindings and rules are public.
 */
#ifndef CORE_INVOICE_MODEL_H
#define CORE_INVOICE_MODEL_H

typedef struct InvoiceModel
{
	const char *name, *version, *identifier;
	const char *valid_from, *valid_to; /* dates YYYY-MM-DD; valid_to NULL = still valid */
} InvoiceModel;

extern const InvoiceModel invoice_models[];
extern const int invoice_model_count;

#endif
