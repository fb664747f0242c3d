/*
 * archive_reading.h: archived documents one after the other, for what carries them (outgoing.c).
 *
 * Inside SPI.  Rights are the business of the caller; each document is checked against its SHA-256.
 */
#ifndef ARCHIVE_ARCHIVE_READING_H
#define ARCHIVE_ARCHIVE_READING_H

#include "archive/archive.h"
#include "core/invoice.h"

typedef struct ArchiveReading ArchiveReading;

/* document_ids: a bigint[], which must live as long as the reading. */
extern ArchiveReading *archive_reading_open(int64 issuer_id, Datum document_ids);
/* The next of them, valid until the one after it is read; errors of archive_document. */
extern Slice archive_reading_next(ArchiveReading *reading);
extern void archive_reading_close(ArchiveReading *reading);

#endif
