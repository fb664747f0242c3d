/*
 * job_settings.h: settings of the stairs.
 */
#ifndef JOBS_JOB_SETTINGS_H
#define JOBS_JOB_SETTINGS_H

extern int jobs_workers;			  /* workers in all databases together */
extern int jobs_workers_per_database; /* workers in one database */
extern int jobs_linger_ms;			  /* an idle worker leaves after this */
extern int jobs_naptime_ms;			  /* databases are probed this often */
extern int jobs_retry_delay_ms;		  /* before the second attempt; doubles each time */
extern char *worker_role;			  /* role of the workers; empty = the extension's owner */

extern void job_define_settings(void);

#endif
