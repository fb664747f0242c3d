/*
 * launcher.c: starts workers where the bell rang, and has every database looked through now and
 * then.
 *
 * It reads shared catalogues only and is in no database, so it blocks nothing.  It never returns: a
 * clean exit would unregister it for good, while die (SIGTERM) gives exit code 1 and a restart.
 *
 * A worker that does not come up (no LOGIN, database gone) or ends with an error blocks its
 * database for a while, so that a fault in one place cannot make a storm of starts.
 */
#include "postgres.h"

#include "jobs/launcher.h"

#include <dlfcn.h>

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "jobs/job_settings.h"
#include "jobs/job_shmem.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#define LAUNCHER_RESTART_S 2
#define BLOCK_AFTER_FAULT_MS 5000

/* Databases that wait for their probe. */
static Oid *probe_list = NULL;
static int probe_count = 0;
static int probe_next = 0;

static BackgroundWorkerHandle *handles[JOB_WORKERS_MAX];

static void launcher_gone(int code, Datum argument);
static void list_databases(void);
static void forget_dropped_databases(void);
static void reap_workers(TimestampTz now);
static void block_database(Oid database, Oid role, bool is_probe, TimestampTz until);
static void start_where_rung(TimestampTz now);
static void start_probe(void);
static bool start_worker(Oid database, Oid role, bool is_probe);
static TimestampTz wake_up_at(TimestampTz next_probe);

void
launcher_register(void)
{
	BackgroundWorker worker;

	memset(&worker, 0, sizeof(worker));
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = LAUNCHER_RESTART_S;
	strlcpy(worker.bgw_library_name, "mailroom", BGW_MAXLEN);
	strlcpy(worker.bgw_function_name, "mailroom_launcher_main", BGW_MAXLEN);
	strlcpy(worker.bgw_name, "mailroom launcher", BGW_MAXLEN);
	strlcpy(worker.bgw_type, "mailroom launcher", BGW_MAXLEN);
	RegisterBackgroundWorker(&worker);
}

/* The library that is preloaded, by path: the name alone may find another installation. */
static void
put_library_name(char *name)
{
	Dl_info info;

	if (dladdr(&probe_next, &info) != 0 && info.dli_fname != NULL && info.dli_fname[0] == '/' &&
		strlen(info.dli_fname) < BGW_MAXLEN)
		strlcpy(name, info.dli_fname, BGW_MAXLEN);
	else
		strlcpy(name, "mailroom", BGW_MAXLEN);
}

void
mailroom_launcher_main(Datum argument)
{
	TimestampTz next_probe = 0;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	before_shmem_exit(launcher_gone, (Datum) 0);
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	job_shmem_lock();
	job_shared->launcher = MyLatch;
	job_shared->probe_all = true;
	job_shmem_unlock();
	pgstat_report_appname("mailroom launcher");

	for (;;)
	{
		TimestampTz now = GetCurrentTimestamp();
		TimestampTz until;
		bool probe_all;

		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
		}
		reap_workers(now);
		job_shmem_lock();
		probe_all = job_shared->probe_all;
		job_shared->probe_all = false;
		job_shmem_unlock();
		if (probe_all || now >= next_probe)
		{
			list_databases();
			next_probe = now + jobs_naptime_ms * INT64CONST(1000);
		}
		start_probe();
		start_where_rung(now);
		until = wake_up_at(next_probe);
		(void) WaitLatch(
			MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
			Max((long) TimestampDifferenceMilliseconds(GetCurrentTimestamp(), until), 1),
			PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
}

static void
launcher_gone(int code, Datum argument)
{
	job_shmem_lock();
	job_shared->launcher = NULL;
	job_shmem_unlock();
}

/* Connectable databases that are no templates: a visitor in a template blocks CREATE DATABASE. */
static void
list_databases(void)
{
	Relation databases;
	TableScanDesc scan;
	HeapTuple tuple;
	int room = 64;

	if (jobs_workers == 0 || jobs_workers_per_database == 0)
		return;
	if (probe_list == NULL)
		probe_list = MemoryContextAlloc(TopMemoryContext, room * sizeof(Oid));
	probe_count = 0;
	probe_next = 0;
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	databases = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(databases, 0, NULL);
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		Form_pg_database database = (Form_pg_database) GETSTRUCT(tuple);

		if (!database->datallowconn || database->datistemplate || database->datconnlimit == -2)
			continue;
		probe_list = repalloc(probe_list, (probe_count + 1) * sizeof(Oid));
		probe_list[probe_count++] = database->oid;
	}
	table_endscan(scan);
	table_close(databases, AccessShareLock);
	CommitTransactionCommand();
	forget_dropped_databases();
}

static void
forget_dropped_databases(void)
{
	job_shmem_lock();
	for (int i = 0; i < JOB_DATABASES_MAX; i++)
	{
		JobDatabase *entry = &job_shared->databases[i];
		bool exists = false;

		for (int k = 0; k < probe_count && !exists; k++)
			exists = probe_list[k] == entry->database;
		if (!exists)
			entry->database = InvalidOid;
	}
	job_shmem_unlock();
}

/* Workers free their place themselves; those that never came up cannot. */
static void
reap_workers(TimestampTz now)
{
	for (int i = 0; i < JOB_WORKERS_MAX; i++)
	{
		JobWorker *worker = &job_shared->workers[i];
		JobWorker gone = {0};
		pid_t pid;

		if (handles[i] == NULL || GetBackgroundWorkerPid(handles[i], &pid) != BGWH_STOPPED)
			continue;
		pfree(handles[i]);
		handles[i] = NULL;
		job_shmem_lock();
		if (worker->state == WORKER_STARTING)
		{
			gone = *worker;
			worker->state = WORKER_FREE;
		}
		job_shmem_unlock();
		if (gone.state == WORKER_STARTING)
			block_database(gone.database, gone.role, gone.is_probe,
						   now + jobs_naptime_ms * INT64CONST(1000));
	}
}

static void
block_database(Oid database, Oid role, bool is_probe, TimestampTz until)
{
	JobDatabase *entry;
	bool exists;

	list_databases(); /* forgets those that were dropped */
	job_shmem_lock();
	entry = job_find_database(database, false);
	exists = entry != NULL;
	if (exists && !is_probe)
		entry->blocked_until = until;
	job_shmem_unlock();
	if (exists && !is_probe)
		ereport(LOG, (errmsg("mailroom worker could not connect to database %u as role %u",
							 database, role),
					  errhint("The extension's owner, or the role named by mailroom.worker_role, "
							  "must have LOGIN.")));
}

static void
start_where_rung(TimestampTz now)
{
	for (int i = 0; i < JOB_DATABASES_MAX; i++)
	{
		JobDatabase *entry = &job_shared->databases[i];
		Oid database = InvalidOid;
		Oid role = InvalidOid;
		bool start = false;
		bool due;

		job_shmem_lock();
		due = OidIsValid(entry->database) && entry->next_due != 0 && entry->next_due <= now;
		if (due)
			entry->next_due = 0;
		database = entry->database;
		role = entry->role;
		job_shmem_unlock();
		if (due)
			job_ring(database, role); /* an idle worker, if there is one */

		job_shmem_lock();
		if (OidIsValid(entry->database))
		{
			start = entry->rung && entry->blocked_until <= now &&
					job_count_workers(entry->database) < jobs_workers_per_database &&
					job_count_workers(InvalidOid) < jobs_workers;
			database = entry->database;
			role = entry->role;
			if (start)
				entry->rung = false;
		}
		job_shmem_unlock();
		if (start && !start_worker(database, role, !OidIsValid(role)))
			job_ring(database, role);
	}
}

/* One at a time: a probe takes milliseconds, and start-up should not flood the process table. */
static void
start_probe(void)
{
	bool running = false;

	if (probe_next >= probe_count)
		return;
	job_shmem_lock();
	for (int i = 0; i < JOB_WORKERS_MAX && !running; i++)
		running = job_shared->workers[i].state != WORKER_FREE && job_shared->workers[i].is_probe;
	job_shmem_unlock();
	if (!running && start_worker(probe_list[probe_next], InvalidOid, true))
		probe_next++;
}

static bool
start_worker(Oid database, Oid role, bool is_probe)
{
	BackgroundWorker worker;
	int place = -1;

	job_shmem_lock();
	for (int i = 0; i < JOB_WORKERS_MAX && place < 0; i++)
		if (job_shared->workers[i].state == WORKER_FREE && handles[i] == NULL)
			place = i;
	if (place >= 0)
	{
		JobWorker *found = &job_shared->workers[place];

		found->state = WORKER_STARTING;
		found->is_probe = is_probe;
		found->database = database;
		found->role = role;
		found->latch = NULL;
	}
	job_shmem_unlock();
	if (place < 0)
		return false;

	memset(&worker, 0, sizeof(worker));
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	put_library_name(worker.bgw_library_name);
	strlcpy(worker.bgw_function_name, "mailroom_worker_main", BGW_MAXLEN);
	snprintf(worker.bgw_name, BGW_MAXLEN, "mailroom %s for database %u",
			 is_probe ? "probe" : "worker", database);
	strlcpy(worker.bgw_type, is_probe ? "mailroom probe" : "mailroom worker", BGW_MAXLEN);
	worker.bgw_main_arg = Int32GetDatum(place);
	worker.bgw_notify_pid = MyProcPid;
	if (RegisterDynamicBackgroundWorker(&worker, &handles[place]))
		return true;
	handles[place] = NULL;
	job_shmem_lock();
	job_shared->workers[place].state = WORKER_FREE;
	job_shmem_unlock();
	ereport(LOG, (errmsg("mailroom launcher could not start a worker"),
				  errhint("Raise max_worker_processes.")));
	return false;
}

static TimestampTz
wake_up_at(TimestampTz next_probe)
{
	TimestampTz at = next_probe;
	TimestampTz now = GetCurrentTimestamp();

	job_shmem_lock();
	for (int i = 0; i < JOB_DATABASES_MAX; i++)
	{
		const JobDatabase *entry = &job_shared->databases[i];

		if (!OidIsValid(entry->database))
			continue;
		if (entry->next_due != 0 && entry->next_due < at)
			at = entry->next_due;
		if (entry->rung && entry->blocked_until > now && entry->blocked_until < at)
			at = entry->blocked_until;
	}
	job_shmem_unlock();
	return at;
}
