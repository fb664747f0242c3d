/*
 * jobs_init.c: set-up of the stairs.
 */
#include "postgres.h"

#include "jobs/doorbell.h"
#include "jobs/job_settings.h"
#include "jobs/job_shmem.h"
#include "jobs/jobs.h"
#include "jobs/launcher.h"
#include "miscadmin.h"

void
jobs_init(void)
{
	job_define_settings();
	if (!process_shared_preload_libraries_in_progress || IsBinaryUpgrade)
		return;
	job_shmem_init();
	doorbell_init();
	launcher_register();
}
