/*
 * worker.c: a worker of one database, and the probe that looks whether one is needed.
 *
 * A worker connects as the role that the launcher names, runs jobs until none is due, lingers for
 * more and leaves: whoever sits idle in a database blocks DROP DATABASE.  A probe connects as
 * superuser, since it has to find out the role; it runs constant queries with the rights of the
 * extension's owner and leaves at once.
 *
 * An error outside a job ends the worker.  Its place is freed by the exit callback, which also
 * rings again, after a pause, for what it may have left started.
 */
#include "postgres.h"

#include "jobs/launcher.h"

#include "access/xact.h"
#include "base/clock.h"
#include "base/errors.h"
#include "base/statement.h"
#include "base/version.h"
#include "executor/spi.h"
#include "jobs/doorbell.h"
#include "jobs/job_lock.h"
#include "jobs/job_progress.h"
#include "jobs/job_run.h"
#include "jobs/job_settings.h"
#include "jobs/job_shmem.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#define PAUSE_AFTER_FAULT_MS 5000

/* Is there anything that a worker could do now?  May say yes too often, never no. */
static Statement find_work = STATEMENT_PLAIN(
	"WITH c AS (SELECT c.seen, c.open_floor FROM mailroom.job_cursor c"
	"  ORDER BY c.claim_no DESC LIMIT 1)"
	" SELECT EXISTS (SELECT FROM mailroom.job_queue q"
	"   WHERE q.submitted_xid >= coalesce((SELECT pg_snapshot_xmax(c.seen) FROM c), '0'))"
	"  OR EXISTS (SELECT FROM mailroom.job_queue q WHERE q.submitted_xid = ANY"
	"   (ARRAY(SELECT pg_snapshot_xip(c.seen) FROM c)))"
	"  OR EXISTS (SELECT FROM mailroom.job_lease l"
	"   WHERE l.claim_no >= coalesce((SELECT c.open_floor FROM c), 0) AND NOT EXISTS"
	"    (SELECT FROM mailroom.job_finish f"
	"     WHERE f.issuer_id = l.issuer_id AND f.claim_no = l.claim_no))");

static Statement find_gate = STATEMENT_PLAIN("SELECT mailroom.jobs_are_started()");

static JobWorker *my_place = NULL;
static bool may_leave = false;

static void leave_place(int code, Datum argument);
static void probe_database(void);
static void work(void);
static bool linger(void);
static void begin(void);
static void end(void);
static void commit_worker(void);
static bool may_run(void);
static void publish_due(bool work_now);

void
mailroom_worker_main(Datum argument)
{
	Oid database, role;
	bool is_probe;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	my_place = &job_shared->workers[DatumGetInt32(argument)];
	job_shmem_lock();
	database = my_place->database;
	role = my_place->role;
	is_probe = my_place->is_probe;
	job_shmem_unlock();
	BackgroundWorkerInitializeConnectionByOid(database, role, 0);
	job_shmem_lock();
	my_place->state = WORKER_BUSY;
	my_place->latch = MyLatch;
	job_shmem_unlock();
	before_shmem_exit(leave_place, (Datum) 0);
	pgstat_report_appname(is_probe ? "mailroom probe" : "mailroom worker");
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_OVERRIDE,
							 GUC_ACTION_SET, true, 0, false);
	job_in_worker = true;
	if (is_probe)
		probe_database();
	else
		work();
	may_leave = true;
	proc_exit(0);
}

static void
leave_place(int code, Datum argument)
{
	Oid database = my_place->database;
	TimestampTz resume_at = GetCurrentTimestamp() + PAUSE_AFTER_FAULT_MS * INT64CONST(1000);
	Latch *launcher;
	JobDatabase *entry;

	job_shmem_lock();
	my_place->state = WORKER_FREE;
	entry = job_find_database(database, false);
	if (!may_leave && !my_place->is_probe && entry != NULL)
	{
		entry->rung = true;
		entry->blocked_until = resume_at;
	}
	launcher = job_shared->launcher;
	job_shmem_unlock();
	if (launcher != NULL)
		SetLatch(launcher);
}

static void
work(void)
{
	JobRun run = {commit_worker, false, NULL, 0};
	bool is_first = true;

	run.context = AllocSetContextCreate(TopMemoryContext, "mailroom jobs", ALLOCSET_DEFAULT_SIZES);
	job_lock_session();
	do
	{
		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
		}
		begin();
		/* the extension may have been updated meanwhile; whether jobs are stopped the claim asks */
		if (!(is_first ? may_run() : version_matches() || may_run()))
		{
			end();
			return;
		}
		is_first = false;
		(void) job_run_due(&run, 0);
		publish_due(false);
		end();
		pgstat_report_stat(true);
		pgstat_report_activity(STATE_IDLE, NULL);
	} while (linger());
}

/*
 * Waits idle until somebody rings or the time is up; answers whether to work on.  A ring that came
 * while this worker was busy is seen here, before it goes idle.
 */
static bool
linger(void)
{
	TimestampTz until = GetCurrentTimestamp() + jobs_linger_ms * INT64CONST(1000);
	JobDatabase *entry;
	bool woken;

	job_shmem_lock();
	entry = job_find_database(my_place->database, false);
	woken = entry != NULL && entry->rung;
	if (woken)
		entry->rung = false;
	else
		my_place->state = WORKER_IDLE;
	job_shmem_unlock();
	while (!woken)
	{
		long wait_ms = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), until);

		if (wait_ms > 0)
			(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, wait_ms,
							 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		job_shmem_lock();
		woken = my_place->state == WORKER_BUSY;
		my_place->state = woken || wait_ms <= 0 ? WORKER_BUSY : WORKER_IDLE;
		job_shmem_unlock();
		if (wait_ms <= 0)
			break;
	}
	return woken;
}

static void
begin(void)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	PushActiveSnapshot(GetTransactionSnapshot()); /* there is no portal to hold one */
}

static void
end(void)
{
	PopActiveSnapshot();
	SPI_finish();
	CommitTransactionCommand();
}

static void
commit_worker(void)
{
	end();
	begin();
}

/* Quiet where there is no extension or the database is a copy; a version that differs is said. */
static bool
may_run(void)
{
	char *installed = version_installed();
	bool isnull;

	if (installed == NULL)
		return false;
	if (strcmp(installed, MAILROOM_VERSION) != 0)
	{
		ereport(LOG,
				(errcode(ERRCODE_MAILROOM_VERSION_MISMATCH),
				 errmsg("mailroom runs no jobs in database %u: the preloaded library is of version "
						"%s, the extension of version %s",
						MyDatabaseId, MAILROOM_VERSION, installed),
				 errhint("Run ALTER EXTENSION mailroom UPDATE, or restart the server with the new "
						 "library.")));
		return false;
	}
	return statement_run(&find_gate, NULL, NULL) == 1 &&
		   DatumGetBool(statement_value(0, 1, &isnull)) && !isnull;
}

/* Tells the launcher when the next waiting job is due, and whether there is work now. */
static void
publish_due(bool work_now)
{
	TimestampTz due_at = 0;
	Oid role = doorbell_worker_role();
	JobDatabase *entry;
	Latch *launcher;

	if (!queue_next_due(&due_at))
		due_at = 0;
	job_shmem_lock();
	entry = job_find_database(MyDatabaseId, true);
	if (entry != NULL)
	{
		entry->next_due = due_at;
		entry->role = role;
		entry->rung = entry->rung || work_now;
	}
	launcher = job_shared->launcher;
	job_shmem_unlock();
	if (launcher != NULL && (due_at != 0 || work_now))
		SetLatch(launcher);
}

static void
probe_database(void)
{
	Oid user;
	int security;

	begin();
	if (version_installed() != NULL)
	{
		Oid owner = doorbell_extension_owner();
		bool isnull;
		bool work_now = false;

		GetUserIdAndSecContext(&user, &security);
		SetUserIdAndSecContext(owner, security | SECURITY_RESTRICTED_OPERATION);
		if (may_run())
		{
			if (statement_run(&find_work, NULL, NULL) == 1)
				work_now = DatumGetBool(statement_value(0, 1, &isnull));
			publish_due(work_now);
			if (work_now && !OidIsValid(doorbell_worker_role()))
				ereport(LOG, (errmsg("role \"%s\" of mailroom.worker_role does not exist",
									 worker_role)));
		}
		SetUserIdAndSecContext(user, security);
	}
	end();
}
