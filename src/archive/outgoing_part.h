/*
 * outgoing_part.h: the bytes of one part of an outgoing file.
 *
 * A part is literal bytes, and between them documents that are read from the archive when the part
 * is: as they are or in base64.
 */
#ifndef ARCHIVE_OUTGOING_PART_H
#define ARCHIVE_OUTGOING_PART_H

#include "archive/archive_reading.h"

typedef void (*PartSink)(void *state, const char *bytes, size_t length);

/* Columns of mailroom.outgoing_file_part, in this order. */
#define OUTGOING_PART_COLUMNS "p.content, p.document_ids, p.document_places, p.document_in_base64"

typedef struct OutgoingPart
{
	Slice content;
	int count;			 /* of its documents */
	Datum document_ids;	 /* a bigint[], when there are any */
	const Datum *places; /* integer: how much of content stands before each */
	const Datum *in_base64;
} OutgoingPart;

/* Refuses columns that contradict each other; what it points to lives in the current context. */
extern void outgoing_part_take(OutgoingPart *part, const Datum *columns, const bool *nulls);
/* Inside SPI; reading: of the part's documents, NULL when it has none. */
extern void outgoing_part_send(const OutgoingPart *part, ArchiveReading *reading, PartSink sink,
							   void *state);
/* The same with a reading of its own. */
extern void outgoing_part_read(const OutgoingPart *part, int64 issuer_id, PartSink sink,
							   void *state);

#endif
