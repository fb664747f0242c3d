/*
 * queue_snapshot.h: pg_snapshot values as text, "xmin:xmax:xid,xid,...", and what we ask of them.
 */
#ifndef JOBS_QUEUE_SNAPSHOT_H
#define JOBS_QUEUE_SNAPSHOT_H

#include "postgres.h"

/* The current snapshot with our own transaction, if it has an xid, in progress. */
extern char *snapshot_now(void);

/* xid8[] of transactions that ran when "seen" was taken and had ended for "target". */
extern Datum snapshot_late(const char *seen, const char *target, bool *any);

extern Datum snapshot_datum(const char *snapshot);

#endif
