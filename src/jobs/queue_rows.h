/*
 * queue_rows.h: the rows of the claim's hot path, read and written without the executor.
 */
#ifndef JOBS_QUEUE_ROWS_H
#define JOBS_QUEUE_ROWS_H

#include "jobs/queue.h"

/* The newest cursor, or the window that a claim works in. */
typedef struct QueueCursor
{
	int64 claim_no;
	char *seen; /* pg_snapshot as text */
	char *target;
	uint64 at_xid;
	int64 at_job;
	int64 open_floor;
} QueueCursor;

/* Raises 42501 unless the current user may read and write all rows of the job tables. */
extern void rows_check_rights(void);

/* The installation is this very database, not a copy, and was not stopped. */
extern bool rows_jobs_are_started(void);

/* Before the first claim: the one before all rows. */
extern void rows_newest_cursor(QueueCursor *cursor);

/*
 * The next rows of the cursor's window, in the order of (submitted_xid, job_id): at most limit, put
 * into claim->jobs, which has room for twice as many.
 */
extern void rows_fetch_window(const QueueCursor *cursor, int limit, Claim *claim,
							  MemoryContext context);
/* Likewise the rows that the current transaction itself submitted. */
extern void rows_fetch_own(uint64 own_xid, int limit, Claim *claim, MemoryContext context);

extern void rows_write_cursor(const QueueCursor *cursor);
/* A row for each issuer. */
extern void rows_write_leases(const Claim *claim);
/* Likewise; answers how many. */
extern int rows_write_finishes(int64 claim_no);

#endif
