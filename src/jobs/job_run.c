/*
 * job_run.c: claims and runs jobs in the current session: a worker's or one that called
 * mailroom.run_jobs().
 *
 * A turn is three transactions: promote what is due and claim (the lease is what says "started"),
 * run and write the result, and so on.  The job's own changes and its result commit together, so a
 * job is either done and marked done, or neither.  Each job runs in a subtransaction; its error
 * becomes data.
 */
#include "postgres.h"

#include "jobs/job_run.h"

#include "access/xact.h"
#include "base/errors.h"
#include "base/statement.h"
#include "base/version.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "export.h"
#include "jobs/doorbell.h"
#include "jobs/job_lock.h"
#include "jobs/job_progress.h"
#include "jobs/job_shmem.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#define SHORT_JOBS_A_CLAIM 100
#define LEASES_FLUSHED_S 60

MAILROOM_FUNCTION(mailroom_run_jobs);

static bool jobs_are_started(void);
static bool mending_is_due(JobRun *run);
static void let_lease_lag(void);
static int64 run_claim(JobRun *run, Claim *claim);
static bool run_job(JobRun *run, Job *job);
static void call_handler(const Job *job, bool check_constraints);
static ErrorData *copy_error(MemoryContext context);
static void commit_procedure(void);
static void commit_if_outside(const JobRun *run);

/* mailroom.run_jobs(max_jobs integer), a procedure */
Datum
mailroom_run_jobs(PG_FUNCTION_ARGS)
{
	CallContext *call = (CallContext *) fcinfo->context;
	bool atomic = call == NULL || !IsA(call, CallContext) || call->atomic;
	JobRun run = {atomic ? NULL : commit_procedure, true, NULL, 0};
	volatile int64 limit = PG_ARGISNULL(0) ? 0 : PG_GETARG_INT32(0);

	if (!PG_ARGISNULL(0) && limit < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("number of jobs must be positive, not " INT64_FORMAT, limit),
						errhint("Leave it out to run all jobs that are due.")));
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("jobs cannot be run at isolation level \"%s\"",
						XactIsoLevel == XACT_SERIALIZABLE ? "serializable" : "repeatable read"),
				 errhint("Use \"read committed\".")));
	version_check();
	if (!jobs_are_started())
		job_raise_stopped();
	if (SPI_connect_ext(atomic ? 0 : SPI_OPT_NONATOMIC) != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	run.context = AllocSetContextCreate(atomic ? CurrentMemoryContext : PortalContext,
										"mailroom jobs", ALLOCSET_DEFAULT_SIZES);
	job_lock_session();
	PG_TRY();
	{
		(void) job_run_due(&run, limit);
	}
	PG_FINALLY();
	{
		job_unlock_session();
	}
	PG_END_TRY();
	MemoryContextDelete(run.context);
	SPI_finish();
	PG_RETURN_VOID();
}

static bool
jobs_are_started(void)
{
	static Statement find_gate = STATEMENT_PLAIN("SELECT mailroom.jobs_are_started()");
	bool started, isnull;

	SPI_connect();
	started = statement_run(&find_gate, NULL, NULL) == 1 &&
			  DatumGetBool(statement_value(0, 1, &isnull)) && !isnull;
	SPI_finish();
	return started;
}

void
job_raise_stopped(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_MAILROOM_WRONG_STATE),
			 errmsg("cannot run jobs because they are stopped in this database"),
			 errdetail("A restored copy starts stopped, so that nothing is done or sent twice."),
			 errhint("Start them with \"SELECT mailroom.start_jobs()\".")));
}

int64
job_run_due(JobRun *run, int64 limit)
{
	int64 done = 0;
	bool mended = false;

	while (limit == 0 || done < limit)
	{
		Claim *claim;
		int wanted = SHORT_JOBS_A_CLAIM;

		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(run->context);
		if (limit > 0 && limit - done < wanted)
			wanted = (int) (limit - done);
		claim = queue_claim(wanted, run->context);
		if (claim->count > 0)
		{
			let_lease_lag();
			commit_if_outside(run);
			if (claim->more)
				job_ring(MyDatabaseId, doorbell_worker_role());
			done += run_claim(run, claim);
			continue;
		}
		/* New jobs come first, so that a woken worker starts them at once; mending comes after. */
		if (!mended && mending_is_due(run))
		{
			(void) queue_recover();
			commit_if_outside(run);
			if (run->commit != NULL)
				(void) queue_rotate();
			commit_if_outside(run);
		}
		mended = true;
		if (queue_promote() == 0)
			break;
		commit_if_outside(run);
	}
	commit_if_outside(run);
	return done;
}

/* In a session that runs jobs now and then always, in a worker once a second. */
static bool
mending_is_due(JobRun *run)
{
	TimestampTz now = GetCurrentTimestamp();

	if (run->mended_at != 0 && now - run->mended_at < USECS_PER_SEC)
		return false;
	run->mended_at = now;
	return true;
}

/*
 * The lease has to be seen by others before its jobs run, but need not be on disk before: if a
 * crash of the server takes it, it takes the jobs' changes too, which come later in the log, and
 * the jobs are queued as if they had never started.  Only the failed attempt would go unrecorded;
 * so that a job which takes the server down with it is counted and ends, leases are flushed in the
 * first minute after each start of the server.
 */
static void
let_lease_lag(void)
{
	if (job_in_worker &&
		GetCurrentTimestamp() - job_shared->started_at > LEASES_FLUSHED_S * USECS_PER_SEC)
		(void) set_config_option("synchronous_commit", "off", PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_LOCAL, true, 0, false);
}

/* Runs the jobs of a claim and writes the result; all in one transaction. */
static int64
run_claim(JobRun *run, Claim *claim)
{
	int64 done = 0;
	bool stop = false;

	for (int i = 0; i < claim->count; i++)
	{
		Job *job = &claim->jobs[i];

		if (job->is_early || job->is_cancelled)
			continue;
		stop = !run_job(run, job) || stop;
		done++;
	}
	queue_finish(claim);
	commit_if_outside(run);
	if (stop && run->stop_on_cancel)
		ereport(ERROR, (errcode(ERRCODE_QUERY_CANCELED), errmsg("running jobs was cancelled"),
						errdetail("The job that ran is recorded as failed.")));
	return done;
}

/* Answers false when it was cancelled from outside and the run should end. */
static bool
run_job(JobRun *run, Job *job)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;
	int level = GetCurrentTransactionNestLevel();

	job_progress_start(job);
	BeginInternalSubTransaction("mailroom_job");
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		call_handler(job, run->commit != NULL);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		error = copy_error(run->context);
		/* with those a handler left open: else the result is written into the job's own */
		while (GetCurrentTransactionNestLevel() > level)
			RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	job->is_cancelled =
		job_progress_end(job) && error != NULL && error->sqlerrcode == ERRCODE_QUERY_CANCELED;
	if (error == NULL)
		return true;
	(void) queue_fail(job, error);
	return error->sqlerrcode != ERRCODE_QUERY_CANCELED || job->is_cancelled;
}

/* By name, with a pinned search path; no text of a table is ever run as SQL. */
static void
call_handler(const Job *job, bool check_constraints)
{
	static const Oid types[3] = {INT8OID, INT8OID, JSONBOID};
	Oid function;
	FmgrInfo handler;
	LOCAL_FCINFO(call, 3);
	int nest_level;

	if (job->handler_name == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("job kind \"%s\" has no handler", job->kind),
						errhint("Register one with mailroom.register_handler().")));
	function =
		LookupFuncName(list_make2(makeString(job->handler_schema), makeString(job->handler_name)),
					   3, types, false);
	nest_level = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	fmgr_info(function, &handler);
	PushActiveSnapshot(GetTransactionSnapshot());
	InitFunctionCallInfoData(*call, &handler, 3, InvalidOid, NULL, NULL);
	call->args[0] = (NullableDatum){Int64GetDatum(job->issuer_id), false};
	call->args[1] = (NullableDatum){Int64GetDatum(job->job_id), false};
	call->args[2] = (NullableDatum){job->arguments, false};
	(void) FunctionCallInvoke(call); /* a void SQL function returns null: of no interest */
	PopActiveSnapshot();
	/* deferred constraints are the job's faults too, not the commit's */
	if (check_constraints)
		SPI_execute("SET CONSTRAINTS ALL IMMEDIATE", false, 0);
	AtEOXact_GUC(true, nest_level);
}

static ErrorData *
copy_error(MemoryContext context)
{
	ErrorData *error;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	return error;
}

static void
commit_procedure(void)
{
	SPI_commit();
}

static void
commit_if_outside(const JobRun *run)
{
	if (run->commit != NULL)
		run->commit();
}
