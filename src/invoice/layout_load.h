/*
 * layout_load.h: layouts from their rows.
 *
 * Shared by imports and by parse_invoices; the caller is connected to SPI.  Results lie in the
 * memory context that was current before.
 */
#ifndef INVOICE_LAYOUT_LOAD_H
#define INVOICE_LAYOUT_LOAD_H

#include "postgres.h"

#include "core/layout.h"

/* any issuer that the caller may see, as in mailroom.my_issuers() */
#define LAYOUT_ANY_ISSUER INT64CONST(-1)

/*
 * The issuer's own layout of that name, else the shared one; NULL if there is none.  Raises MR003
 * for a layout that contradicts itself, and when LAYOUT_ANY_ISSUER finds several.
 */
extern Layout *layout_load(int64 issuer_id, const char *name);

/*
 * The layout whose detect text the content starts with (after a byte order mark), own before
 * shared, the longest text first; NULL if none.
 */
extern Layout *layout_detect(int64 issuer_id, const char *bytes, size_t length);

/* True if content can only be a flat file or nothing: neither XML nor ZIP. */
extern bool layout_may_be_flat(const char *bytes, size_t length);

#endif
