/*
 * job_progress.c: what the job of this session does at the moment.
 *
 * With shared memory each running job has an entry there, which others read before the job commits.
 * Without, the same is written into the session's activity text, at most ten times a second.
 *
 * A request to cancel is a mark in the entry and a signal, sent while the entry is locked and still
 * names the job; the entry is cleared under the same lock, so a signal never hits the next job.
 */
#include "postgres.h"

#include "jobs/job_progress.h"

#include <signal.h>

#include "base/clock.h"
#include "base/statement.h"
#include "catalog/pg_type.h"
#include "export.h"
#include "funcapi.h"
#include "jobs/job_shmem.h"
#include "jobs/jobs.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#define ACTIVITY_INTERVAL_MS 100
#define RUNNING_COLUMNS 6

MAILROOM_FUNCTION(mailroom_report_progress);
MAILROOM_FUNCTION(mailroom_running_jobs);
MAILROOM_FUNCTION(mailroom_signal_job);

bool job_in_worker = false;

static const Job *current_job = NULL;
static JobRunning *my_entry = NULL;
static TimestampTz activity_written_at = 0;

static Statement issuers_of_role = STATEMENT_PLAIN("SELECT mailroom.my_issuers()");

static Statement running_by_activity = STATEMENT_PLAIN(
	"SELECT m[2]::bigint, m[1]::bigint, a.pid, m[3]::bigint, m[4]::bigint, a.query_start"
	" FROM pg_stat_activity a, regexp_match(a.query,"
	"  '^mailroom job (\\d{1,18}) of issuer (\\d{1,18}): \\S+ (\\d{1,18})/(\\d{1,18})$') AS m"
	" WHERE a.datname = current_database() AND a.state = 'active' AND m IS NOT NULL"
	"  AND m[2]::bigint = ANY (mailroom.my_issuers())");

/* mailroom.report_progress(done bigint, total bigint) → void */
Datum
mailroom_report_progress(PG_FUNCTION_ARGS)
{
	jobs_report_progress(PG_GETARG_INT64(0), PG_GETARG_INT64(1));
	PG_RETURN_VOID();
}

static void
free_entry(int code, Datum argument)
{
	if (my_entry == NULL)
		return;
	job_shmem_lock();
	my_entry->pid = 0;
	job_shmem_unlock();
	my_entry = NULL;
}

static void
write_activity(int64 done, int64 total)
{
	char text[200];

	snprintf(text, sizeof(text),
			 "mailroom job " INT64_FORMAT " of issuer " INT64_FORMAT ": %s " INT64_FORMAT
			 "/" INT64_FORMAT,
			 current_job->job_id, current_job->issuer_id, current_job->kind, done, total);
	pgstat_report_activity(STATE_RUNNING, text);
}

/* Under the lock. */
static JobRunning *
find_free_entry(void)
{
	for (int i = 0; i < JOB_RUNS_MAX; i++)
		if (job_shared->running[i].pid == 0)
			return &job_shared->running[i];
	return NULL;
}

void
job_progress_start(const Job *job)
{
	static bool callback_is_set = false;

	current_job = job;
	activity_written_at = 0;
	if (job_shared != NULL)
	{
		TimestampTz now = GetCurrentTimestamp();

		if (!callback_is_set)
			before_shmem_exit(free_entry, (Datum) 0);
		callback_is_set = true;
		job_shmem_lock();
		my_entry = find_free_entry();
		if (my_entry != NULL)
		{
			memset(my_entry, 0, sizeof(JobRunning));
			my_entry->pid = MyProcPid;
			my_entry->database = MyDatabaseId;
			my_entry->issuer_id = job->issuer_id;
			my_entry->job_id = job->job_id;
			my_entry->started_at = now;
		}
		job_shmem_unlock();
	}
	if (job_in_worker || my_entry == NULL)
		write_activity(0, 0);
}

bool
job_progress_end(const Job *job)
{
	bool cancel_requested = false;

	current_job = NULL;
	if (my_entry != NULL)
	{
		job_shmem_lock();
		cancel_requested = my_entry->cancel_requested;
		my_entry->pid = 0;
		job_shmem_unlock();
		my_entry = NULL;
	}
	if (cancel_requested)
		QueryCancelPending = false; /* it came too late for this job and is not for the next */
	return cancel_requested;
}

void
jobs_report_progress(int64 done, int64 total)
{
	TimestampTz now;

	if (current_job == NULL)
		return;
	if (my_entry != NULL)
	{
		job_shmem_lock();
		my_entry->done = done;
		my_entry->total = total;
		job_shmem_unlock();
		return;
	}
	now = GetCurrentTimestamp();
	if (now - activity_written_at < ACTIVITY_INTERVAL_MS * INT64CONST(1000))
		return;
	activity_written_at = now;
	write_activity(done, total);
}

static bool
issuer_is_mine(ArrayType *issuers, int64 issuer_id)
{
	int count = ArrayGetNItems(ARR_NDIM(issuers), ARR_DIMS(issuers));
	const int64 *ids = (const int64 *) ARR_DATA_PTR(issuers);

	for (int i = 0; i < count; i++)
		if (ids[i] == issuer_id)
			return true;
	return false;
}

static void
put_entries(ReturnSetInfo *result)
{
	JobRunning *copy = palloc(sizeof(job_shared->running));
	ArrayType *issuers;
	bool isnull;

	job_shmem_lock();
	memcpy(copy, job_shared->running, sizeof(job_shared->running));
	job_shmem_unlock();
	statement_run(&issuers_of_role, NULL, NULL);
	issuers = DatumGetArrayTypeP(statement_value(0, 1, &isnull));
	for (int i = 0; i < JOB_RUNS_MAX; i++)
	{
		const JobRunning *entry = &copy[i];
		bool nulls[RUNNING_COLUMNS] = {false};
		Datum values[RUNNING_COLUMNS] = {
			Int64GetDatum(entry->issuer_id), Int64GetDatum(entry->job_id),
			Int32GetDatum(entry->pid),		 Int64GetDatum(entry->done),
			Int64GetDatum(entry->total),	 TimestampTzGetDatum(entry->started_at)};

		if (entry->pid != 0 && entry->database == MyDatabaseId &&
			issuer_is_mine(issuers, entry->issuer_id))
			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

static void
put_activities(ReturnSetInfo *result)
{
	uint64 rows = statement_run(&running_by_activity, NULL, NULL);

	for (uint64 row = 0; row < rows; row++)
	{
		Datum values[RUNNING_COLUMNS];
		bool nulls[RUNNING_COLUMNS];

		for (int column = 0; column < RUNNING_COLUMNS; column++)
			values[column] = statement_value(row, column + 1, &nulls[column]);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

/* mailroom.running_jobs() → setof (issuer_id, job_id, pid, done, total, started_at) */
Datum
mailroom_running_jobs(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	SPI_connect();
	if (job_shared != NULL)
		put_entries(result);
	else
		put_activities(result);
	SPI_finish();
	return (Datum) 0;
}

/*
 * mailroom.signal_job(issuer_id bigint, job_id bigint) → boolean: cancels the job where it runs;
 * false when it is not in shared memory.  Rights are the caller's affair (mailroom.cancel_job).
 */
Datum
mailroom_signal_job(PG_FUNCTION_ARGS)
{
	int64 issuer_id = PG_GETARG_INT64(0);
	int64 job_id = PG_GETARG_INT64(1);
	bool found = false;

	if (job_shared == NULL)
		PG_RETURN_BOOL(false);
	job_shmem_lock();
	for (int i = 0; i < JOB_RUNS_MAX && !found; i++)
	{
		JobRunning *entry = &job_shared->running[i];

		found = entry->pid != 0 && entry->database == MyDatabaseId &&
				entry->issuer_id == issuer_id && entry->job_id == job_id;
		if (found)
		{
			entry->cancel_requested = true;
			(void) kill(entry->pid, SIGINT); /* under the lock on purpose, see above */
		}
	}
	job_shmem_unlock();
	PG_RETURN_BOOL(found);
}
