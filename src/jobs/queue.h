/*
 * queue.h: the queue as seen from C: claim, finish, fail, recover.
 *
 * All functions work in the current transaction, through SPI (already connected), as the current
 * user.  None commits: the caller does, between claiming and running (job_run.c).
 */
#ifndef JOBS_QUEUE_H
#define JOBS_QUEUE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/elog.h"

typedef struct Job
{
	int64 issuer_id;
	int64 job_id;
	int32 attempt;
	int32 max_attempts; /* the last attempt allowed; 0 when the kind has no handler */
	int32 handler_max_attempts;
	bool has_more_attempts; /* max_attempts was raised and is to be kept with the job */
	bool is_short;
	bool is_cancelled;
	bool is_early; /* run_after has not come: to be moved to job_waiting, not run */
	uint64 submitted_xid;
	TimestampTz run_after;
	char *kind;
	char *handler_schema; /* NULL when the kind has no handler */
	char *handler_name;
	Datum arguments; /* jsonb */
} Job;

typedef struct Claim
{
	int64 claim_no; /* 0 when there was nothing to claim */
	int count;
	Job *jobs;
	bool is_stopped; /* jobs may not run in this database */
	bool more;		 /* the queue holds more jobs that could start now */
} Claim;

/* Claims up to limit jobs: several short ones, or one long one.  Allocates in context. */
extern Claim *queue_claim(int limit, MemoryContext context);
/* Answers the number of leases, 0 when there is no such claim. */
extern uint64 queue_finish(const Claim *claim);

/* Records a failed attempt and when the next one is due; answers false when there is none. */
extern bool queue_fail(const Job *job, const ErrorData *error);

/* Jobs whose time has come go back to the queue; answers how many. */
extern int64 queue_promote(void);
/* Leases of sessions that died become failed attempts; answers how many jobs. */
extern int64 queue_recover(void);
/* Empties the slot that comes next, when all its jobs are finished and nobody is in the way. */
extern bool queue_rotate(void);
/* Says in the cursor that all claims below the oldest open one are finished, if that is news. */
extern void queue_raise_floor(int64 at_least);
/* The slot that rows of today go to. */
extern int16 queue_slot_of_today(void);
/* When the next waiting job is due; false when none is. */
extern bool queue_next_due(TimestampTz *due_at);

/* Pinned search path and index scans for our statements; end with queue_leave. */
extern int queue_enter(void);
extern void queue_leave(int nest_level);

#endif
