/*
 * job_progress.h: what the job of this session does at the moment.
 */
#ifndef JOBS_JOB_PROGRESS_H
#define JOBS_JOB_PROGRESS_H

#include "jobs/queue.h"

/* True in a worker: its activity text is ours to write. */
extern bool job_in_worker;

extern void job_progress_start(const Job *job);
/* Answers whether somebody asked to cancel the job while it ran. */
extern bool job_progress_end(const Job *job);

#endif
