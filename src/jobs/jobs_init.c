/*
 * jobs_init.c: set-up of the stairs.
 */
#include "postgres.h"

#include "jobs/jobs.h"

void
jobs_init(void)
{
}

void
jobs_report_progress(int64 done, int64 total)
{
}
