/*
 * job_run.h: claims and runs jobs in the current session.
 */
#ifndef JOBS_JOB_RUN_H
#define JOBS_JOB_RUN_H

#include "jobs/queue.h"

/*
 * How to commit between claiming and running; NULL inside a transaction block.  Called with SPI
 * connected, returns with SPI connected and a new transaction.
 */
typedef void (*JobCommit)(void);

typedef struct JobRun
{
	JobCommit commit;
	bool stop_on_cancel; /* a cancel that was not meant for the job ends the run */
	MemoryContext context;
	TimestampTz mended_at; /* 0 at first */
} JobRun;

/* Runs due jobs until none is left or limit (0 = none) is reached; answers how many were run. */
extern int64 job_run_due(JobRun *run, int64 limit);

/* Raises MR004: this is a copy, or stop_jobs() was called. */
extern void job_raise_stopped(void);

#endif
