/*
 * jobs_init.c: set-up of the stairs.
 */
#include "postgres.h"

#include "jobs/job_settings.h"
#include "jobs/jobs.h"

void
jobs_init(void)
{
	job_define_settings();
}
