/*
 * job_shmem.c: the shared area of the stairs, and the doorbell's button.
 */
#include "postgres.h"

#include "jobs/job_shmem.h"

#include "compat.h"
#include "jobs/job_settings.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"

JobShared *job_shared = NULL;

static shmem_request_hook_type previous_request_hook = NULL;
static shmem_startup_hook_type previous_startup_hook = NULL;

static void
request_area(void)
{
	if (previous_request_hook)
		previous_request_hook();
	RequestAddinShmemSpace(MAXALIGN(sizeof(JobShared)));
}

static void
start_area(void)
{
	bool found;

	if (previous_startup_hook)
		previous_startup_hook();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	job_shared = ShmemInitStruct("mailroom jobs", sizeof(JobShared), &found);
	if (!found)
	{
		memset(job_shared, 0, sizeof(JobShared));
		SpinLockInit(&job_shared->mutex);
		job_shared->probe_all = true;
		job_shared->started_at = GetCurrentTimestamp();
	}
	LWLockRelease(AddinShmemInitLock);
}

void
job_shmem_init(void)
{
	previous_request_hook = shmem_request_hook;
	shmem_request_hook = request_area;
	previous_startup_hook = shmem_startup_hook;
	shmem_startup_hook = start_area;
}

void
job_shmem_lock(void)
{
	SpinLockAcquire(&job_shared->mutex);
}

void
job_shmem_unlock(void)
{
	SpinLockRelease(&job_shared->mutex);
}

JobDatabase *
job_find_database(Oid database, bool make)
{
	JobDatabase *unused = NULL;

	for (int i = 0; i < JOB_DATABASES_MAX; i++)
	{
		JobDatabase *entry = &job_shared->databases[i];

		if (entry->database == database)
			return entry;
		if (entry->database == InvalidOid && unused == NULL)
			unused = entry;
	}
	if (!make || unused == NULL)
		return NULL;
	memset(unused, 0, sizeof(JobDatabase));
	unused->database = database;
	return unused;
}

int
job_count_workers(Oid database)
{
	int count = 0;

	for (int i = 0; i < JOB_WORKERS_MAX; i++)
	{
		const JobWorker *worker = &job_shared->workers[i];

		if (worker->state != WORKER_FREE && !worker->is_probe &&
			(database == InvalidOid || worker->database == database))
			count++;
	}
	return count;
}

/*
 * An idle worker is made busy here and not by itself, so that two rings wake two workers.  When
 * none is idle the bell stays rung: a busy worker looks at it before it goes idle.
 */
void
job_ring(Oid database, Oid role)
{
	Latch *latch = NULL;
	JobDatabase *entry;

	if (job_shared == NULL)
		return;
	job_shmem_lock();
	for (int i = 0; i < JOB_WORKERS_MAX && latch == NULL; i++)
	{
		JobWorker *worker = &job_shared->workers[i];

		if (worker->state == WORKER_IDLE && worker->database == database)
		{
			worker->state = WORKER_BUSY;
			latch = worker->latch;
		}
	}
	if (latch == NULL)
	{
		entry = job_find_database(database, true);
		if (entry == NULL)
			job_shared->probe_all = true;
		else
		{
			entry->rung = true;
			if (OidIsValid(role))
				entry->role = role;
		}
		if (job_count_workers(database) < jobs_workers_per_database)
			latch = job_shared->launcher;
	}
	job_shmem_unlock();
	if (latch != NULL)
		SetLatch(latch);
}
