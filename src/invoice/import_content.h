/*
 * import_content.h: the bytes of an import file, slice by slice.
 *
 * Whether they lie in one value or in uploaded parts, at most one slice is in memory.  The caller
 * is connected to SPI.
 */
#ifndef INVOICE_IMPORT_CONTENT_H
#define INVOICE_IMPORT_CONTENT_H

#include "postgres.h"

#define IMPORT_SLICE_BYTES (256 * 1024)

typedef struct ImportContent ImportContent;

/* stored: the value as its row holds it, kept by the caller; NULL = in parts. */
extern ImportContent *import_content_open(int64 issuer_id, int64 file_id, struct varlena *stored);
/* The next slice, valid until the next call; false at the end. */
extern bool import_content_next(ImportContent *content, const char **bytes, size_t *length);
/* All bytes of the file. */
extern int64 import_content_size(const ImportContent *content);

#endif
