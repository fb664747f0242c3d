/*
 * job_shmem.h: the shared area of the stairs; exists only when the library is preloaded.
 *
 * Everything in it is protected by one spinlock.  Sections under it only compare and copy: no call,
 * no allocation, no error.  Latches are set after it is released.
 */
#ifndef JOBS_JOB_SHMEM_H
#define JOBS_JOB_SHMEM_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "storage/latch.h"
#include "storage/spin.h"

#define JOB_DATABASES_MAX 128 /* databases with work; more are found by the probe */
#define JOB_WORKERS_MAX 64
#define JOB_RUNS_MAX 256 /* jobs running at a time, in workers and sessions */

typedef enum JobWorkerState
{
	WORKER_FREE = 0,
	WORKER_STARTING, /* asked for, not yet connected */
	WORKER_BUSY,
	WORKER_IDLE
} JobWorkerState;

typedef struct JobWorker
{
	JobWorkerState state;
	bool is_probe;
	Oid database;
	Oid role;
	Latch *latch;
} JobWorker;

typedef struct JobDatabase
{
	Oid database; /* InvalidOid: free */
	Oid role;	  /* whom workers connect as; InvalidOid: to be found by a probe */
	bool rung;
	TimestampTz next_due;	   /* 0: nothing waits */
	TimestampTz blocked_until; /* a worker could not start or ended with an error */
} JobDatabase;

/* A job that runs at the moment. */
typedef struct JobRunning
{
	int pid; /* 0: free */
	Oid database;
	int64 issuer_id;
	int64 job_id;
	int64 done;
	int64 total;
	TimestampTz started_at;
	bool cancel_requested;
} JobRunning;

typedef struct JobShared
{
	slock_t mutex;
	TimestampTz started_at; /* server start, or restart after a crash */
	Latch *launcher;
	bool probe_all;
	JobWorker workers[JOB_WORKERS_MAX];
	JobDatabase databases[JOB_DATABASES_MAX];
	JobRunning running[JOB_RUNS_MAX];
} JobShared;

/* NULL without preloading. */
extern JobShared *job_shared;

extern void job_shmem_init(void);
extern void job_shmem_lock(void);
extern void job_shmem_unlock(void);

/* There may be work in the database: wakes an idle worker there, or the launcher.  Cannot fail. */
extern void job_ring(Oid database, Oid role);
/* Under the lock: the database's entry, made if need be; NULL when the table is full. */
extern JobDatabase *job_find_database(Oid database, bool make);
/* Under the lock: workers in the database, or in all with InvalidOid. */
extern int job_count_workers(Oid database);

#endif
