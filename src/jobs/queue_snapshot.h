/*
 * queue_snapshot.h: pg_snapshot values as text, "xmin:xmax:xid,xid,...", and what we ask of them.
 */
#ifndef JOBS_QUEUE_SNAPSHOT_H
#define JOBS_QUEUE_SNAPSHOT_H

#include "postgres.h"

typedef struct ParsedSnapshot
{
	uint64 xmin;
	uint64 xmax;
	int count;
	uint64 *running; /* ascending */
} ParsedSnapshot;

extern ParsedSnapshot snapshot_parse(const char *text);
/* The transaction had not ended when the snapshot was taken. */
extern bool snapshot_is_running(const ParsedSnapshot *snapshot, uint64 xid);

/* The current snapshot with our own transaction, if it has an xid, in progress. */
extern char *snapshot_now(void);

extern Datum snapshot_datum(const char *snapshot);

#endif
