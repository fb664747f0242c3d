/*
 * queue_sql.c: claim and finish for executors other than ours, and small helpers of the SQL part.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "base/errors.h"
#include "base/version.h"
#include "executor/spi.h"
#include "export.h"
#include "funcapi.h"
#include "jobs/job_lock.h"
#include "jobs/job_run.h"
#include "jobs/queue.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

MAILROOM_FUNCTION(mailroom_claim_jobs);
MAILROOM_FUNCTION(mailroom_finish_jobs);
MAILROOM_FUNCTION(mailroom_lock_queue);
MAILROOM_FUNCTION(mailroom_system_identifier);

#define CLAIM_COLUMNS 6

/* mailroom.claim_jobs(max_jobs integer) → setof (claim_no, issuer_id, job_id, attempt, kind,
 * arguments) */
Datum
mailroom_claim_jobs(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int limit = PG_GETARG_INT32(0);
	Claim *claim;

	if (limit < 1 || limit > 100000)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("number of jobs must be between 1 and 100000, not %d", limit)));
	version_check();
	InitMaterializedSRF(fcinfo, 0);
	SPI_connect();
	job_lock_session();
	claim = queue_claim(limit, CurrentMemoryContext);
	if (claim->is_stopped)
		job_raise_stopped();
	if (claim->count == 0)
		job_unlock_session();
	for (int i = 0; i < claim->count; i++)
	{
		const Job *job = &claim->jobs[i];
		bool nulls[CLAIM_COLUMNS] = {false};
		Datum values[CLAIM_COLUMNS] = {
			Int64GetDatum(claim->claim_no), Int64GetDatum(job->issuer_id),
			Int64GetDatum(job->job_id),		Int32GetDatum(job->attempt),
			CStringGetTextDatum(job->kind), job->arguments};

		if (!job->is_early && !job->is_cancelled)
			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	SPI_finish();
	return (Datum) 0;
}

/* mailroom.finish_jobs(claim_no bigint) → void */
Datum
mailroom_finish_jobs(PG_FUNCTION_ARGS)
{
	Claim claim = {.claim_no = PG_GETARG_INT64(0)};

	SPI_connect();
	if (queue_finish(&claim) == 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("claim " INT64_FORMAT " does not exist", claim.claim_no)));
	job_unlock_session();
	SPI_finish();
	PG_RETURN_VOID();
}

/* mailroom.lock_queue() → void */
Datum
mailroom_lock_queue(PG_FUNCTION_ARGS)
{
	job_lock_queue();
	PG_RETURN_VOID();
}

/* mailroom.system_identifier() → bigint */
Datum
mailroom_system_identifier(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) GetSystemIdentifier());
}
