/*
 * job_progress.c: what the job of this session does at the moment.
 */
#include "postgres.h"

#include "jobs/job_progress.h"

#include "base/errors.h"
#include "export.h"
#include "jobs/jobs.h"

MAILROOM_FUNCTION(mailroom_report_progress);

/* mailroom.report_progress(done bigint, total bigint) → void */
Datum
mailroom_report_progress(PG_FUNCTION_ARGS)
{
	jobs_report_progress(PG_GETARG_INT64(0), PG_GETARG_INT64(1));
	PG_RETURN_VOID();
}

void
jobs_report_progress(int64 done, int64 total)
{
}

void
job_progress_start(const Job *job)
{
}

bool
job_progress_end(const Job *job)
{
	return false;
}

void
job_progress_ring_for_more(bool more)
{
}
