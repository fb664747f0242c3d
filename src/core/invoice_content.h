/*
 * invoice_content.h: groups of a canonical invoice in memory: rows of values for each kind.
 *
 * A writer is given the whole document without its lines, then one line after the other, each as
 * content of its own, so that memory does not grow with the number of lines.  Slices belong to
 * whoever filled them in.
 */
#ifndef CORE_INVOICE_CONTENT_H
#define CORE_INVOICE_CONTENT_H

#include "core/invoice.h"

typedef struct InvoiceRows
{
	Slice *values; /* count rows of invoice_group_size(kind) values */
	size_t count, room;
} InvoiceRows;

typedef struct InvoiceContent
{
	const Port *port;
	InvoiceRows groups[INVOICE_MODEL_GROUP_COUNT];
} InvoiceContent;

static inline int
invoice_group_size(InvoiceGroupKind kind)
{
	return (int) invoice_group_info[kind].last - (int) invoice_group_info[kind].first + 1;
}

/* The kinds that belong to one line: the line itself and what is below it. */
static inline bool
invoice_is_line_kind(InvoiceGroupKind kind)
{
	return kind >= INVOICE_LINE && kind <= INVOICE_LAST_MODEL_GROUP;
}

static inline const Slice *
invoice_content_row(const InvoiceContent *content, InvoiceGroupKind kind, size_t row)
{
	return content->groups[kind].values + row * (size_t) invoice_group_size(kind);
}

extern void invoice_content_init(InvoiceContent *content, const Port *port);
/* A new row of absent values, valid until the next one of its kind; NULL: out of memory. */
extern Slice *invoice_content_add(InvoiceContent *content, InvoiceGroupKind kind);
/* Forgets the rows and keeps their room. */
extern void invoice_content_clear(InvoiceContent *content);
extern void invoice_content_release(InvoiceContent *content);

#endif
