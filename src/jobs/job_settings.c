/*
 * job_settings.c: settings of the stairs.
 */
#include "postgres.h"

#include "jobs/job_settings.h"

#include "utils/guc.h"

int jobs_workers = 4;
int jobs_workers_per_database = 2;
int jobs_linger_ms = 5000;
int jobs_naptime_ms = 60000;
int jobs_retry_delay_ms = 10000;
char *worker_role = NULL;

void
job_define_settings(void)
{
	DefineCustomIntVariable(
		"mailroom.jobs_linger", "How long an idle worker waits for more jobs.",
		"0 means that a worker leaves as soon as the queue is empty.  An idle "
		"worker blocks DROP DATABASE and the use of the database as a template.",
		&jobs_linger_ms, 5000, 0, 3600 * 1000, PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("mailroom.jobs_naptime",
							"How often every database is looked through for jobs that are due.",
							"New jobs do not wait for it: they wake a worker at commit.",
							&jobs_naptime_ms, 60000, 100, 24 * 3600 * 1000, PGC_SIGHUP, GUC_UNIT_MS,
							NULL, NULL, NULL);
	DefineCustomIntVariable(
		"mailroom.jobs_retry_delay", "Pause before the second attempt of a failed job.",
		"It doubles with every attempt, up to an hour.  0 means at once.", &jobs_retry_delay_ms,
		10000, 0, 3600 * 1000, PGC_SUSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("mailroom.jobs_workers",
							"Workers that may run at a time in all databases together.",
							"0 means that no worker is started.  Each takes one of "
							"max_worker_processes.",
							&jobs_workers, 4, 0, 64, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("mailroom.jobs_workers_per_database",
							"Workers that may run at a time in one database.",
							"0 means that no worker is started.", &jobs_workers_per_database, 2, 0,
							64, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomStringVariable(
		"mailroom.worker_role", "Role that the workers connect as.",
		"Empty means the extension's owner.  The role must have LOGIN and be "
		"the owner, a member of it or a superuser.",
		&worker_role, "", PGC_SIGHUP, 0, NULL, NULL, NULL);
}
