/*
 * queue.c: claiming and finishing.
 *
 * Ids commit out of order, so "the next rows" cannot mean the next ids.  The cursor is a pair of
 * snapshots instead: all rows that "seen" sees are claimed, and of the rows that "target" sees
 * besides, those up to (at_xid, at_job).  When these are used up, target becomes seen and the
 * current snapshot the new target.  A row is thus claimed exactly once whenever its transaction
 * commits, and a long transaction delays nobody but itself.
 *
 * Rows of a window are of two sorts: of transactions that started after seen (xid at or over its
 * xmax), and of those that ran when seen was taken and have ended since ("late").
 *
 * A transaction lock serialises claims; it is held for the claim's short transaction only.  Inside
 * a transaction block it is held until the block ends, and rows that the block itself submitted are
 * taken by their own rule: no snapshot shows them as committed, so they are marked claimed by
 * clearing their xid, which costs a dead row that nobody else ever saw.
 */
#include "postgres.h"

#include "jobs/queue.h"

#include "access/xact.h"
#include "base/clock.h"
#include "base/statement.h"
#include "catalog/pg_type.h"
#include "export.h"
#include "jobs/job_lock.h"
#include "jobs/queue_rows.h"
#include "jobs/queue_snapshot.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

MAILROOM_FUNCTION(mailroom_job_slot);

static Statement mark_own = STATEMENT("UPDATE mailroom.job_queue q SET submitted_xid = NULL"
									  " WHERE q.submitted_xid = $1 AND q.job_id = ANY ($2)",
									  XID8OID, INT8ARRAYOID);

static Statement move_to_waiting = STATEMENT(
	"INSERT INTO mailroom.job_waiting (issuer_id, job_id, attempt, last_attempt, state, due_at,"
	"  kind, arguments, submitted_by, submitted_at)"
	" SELECT q.issuer_id, q.job_id, q.attempt + 1, $4 + q.attempt, 'waiting', q.run_after,"
	"  q.kind, q.arguments, q.submitted_by, q.submitted_at"
	" FROM mailroom.job_queue q WHERE q.issuer_id = $1 AND q.job_id = $2 AND q.attempt = $3"
	" ORDER BY q.slot LIMIT 1"
	" ON CONFLICT DO NOTHING",
	INT8OID, INT8OID, INT4OID, INT4OID);

static void fetch_window(QueueCursor *cursor, int limit, Claim *claim, MemoryContext context);
static int count_takeable(const Claim *claim, int limit);
static void move_early_jobs(const Claim *claim);
static void mark_own_jobs(const Claim *claim, uint64 own_xid);

/*
 * A slot a day, by the clock alone: no state to keep, and a slot that could not be emptied in time
 * is simply used on.
 */
Datum
mailroom_job_slot(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT16(queue_slot_of_today());
}

int16
queue_slot_of_today(void)
{
	int64 day = clock_now() / USECS_PER_DAY;

	return (int16) (((day % 3) + 3) % 3);
}

int
queue_enter(void)
{
	int nest_level = NewGUCNestLevel();

	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	/* the tables may never have been analysed: always read in the order of the index */
	(void) set_config_option("enable_seqscan", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
	(void) set_config_option("enable_bitmapscan", "off", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	return nest_level;
}

void
queue_leave(int nest_level)
{
	AtEOXact_GUC(true, nest_level);
}

Claim *
queue_claim(int limit, MemoryContext context)
{
	Claim *claim = MemoryContextAllocZero(context, sizeof(Claim));
	uint64 own_xid = U64FromFullTransactionId(GetTopFullTransactionIdIfAny());
	QueueCursor cursor;
	bool own = false;
	int taken;

	rows_check_rights();
	job_lock_queue();
	claim->is_stopped = !rows_jobs_are_started();
	if (claim->is_stopped)
		return claim;
	rows_newest_cursor(&cursor);
	fetch_window(&cursor, limit, claim, context);
	if (claim->count == 0 && own_xid != 0)
	{
		rows_fetch_own(own_xid, limit + 1, claim, context);
		rows_newest_cursor(&cursor);
		own = true;
	}
	if (claim->count == 0)
		return claim;
	taken = count_takeable(claim, limit);
	claim->more = taken < claim->count;
	claim->count = taken;
	if (!own && claim->more)
	{
		cursor.at_xid = claim->jobs[taken - 1].submitted_xid;
		cursor.at_job = claim->jobs[taken - 1].job_id;
	}
	else if (!own)
	{
		cursor.seen = cursor.target;
		cursor.at_xid = 0;
		cursor.at_job = 0;
	}
	claim->claim_no = ++cursor.claim_no;
	rows_write_cursor(&cursor);
	rows_write_leases(claim);
	move_early_jobs(claim);
	if (own)
		mark_own_jobs(claim, own_xid);
	return claim;
}

uint64
queue_finish(const Claim *claim)
{
	rows_check_rights();
	return rows_write_finishes(claim->claim_no);
}

/*
 * One row more than the limit, to know whether there is more; opens the next window when this one
 * is used up (it is then stored with seen equal to target).
 */
static void
fetch_window(QueueCursor *cursor, int limit, Claim *claim, MemoryContext context)
{
	claim->jobs = MemoryContextAllocHuge(context, sizeof(Job) * 2 * (limit + 1));
	for (int window = strcmp(cursor->seen, cursor->target) == 0 ? 1 : 0;
		 window < 2 && claim->count == 0; window++)
	{
		if (window == 1)
		{
			cursor->seen = cursor->target;
			cursor->target = snapshot_now();
			cursor->at_xid = 0;
			cursor->at_job = 0;
		}
		rows_fetch_window(cursor, limit + 1, claim, context);
	}
}

/*
 * Short jobs are taken together up to the limit; a long one is taken alone.  Jobs that will not run
 * now go with either.
 */
static int
count_takeable(const Claim *claim, int limit)
{
	bool any_short = false;
	int taken;

	for (taken = 0; taken < claim->count && taken < limit; taken++)
	{
		const Job *job = &claim->jobs[taken];

		if (job->is_early || job->is_cancelled)
			continue;
		if (!job->is_short)
			return any_short ? taken : taken + 1;
		any_short = true;
	}
	return taken;
}

/* To job_waiting; their rows in the queue count as claimed. */
static void
move_early_jobs(const Claim *claim)
{
	for (int i = 0; i < claim->count; i++)
	{
		const Job *job = &claim->jobs[i];
		Datum early[4] = {Int64GetDatum(job->issuer_id), Int64GetDatum(job->job_id),
						  Int32GetDatum(job->attempt), Int32GetDatum(job->max_attempts)};
		int nest_level;

		if (!job->is_early || job->is_cancelled)
			continue;
		nest_level = queue_enter();
		statement_run(&move_to_waiting, early, NULL);
		queue_leave(nest_level);
	}
}

static void
mark_own_jobs(const Claim *claim, uint64 own_xid)
{
	Datum *job_ids = palloc(sizeof(Datum) * claim->count);
	Datum arguments[2] = {UInt64GetDatum(own_xid)};
	int nest_level = queue_enter();

	for (int i = 0; i < claim->count; i++)
		job_ids[i] = Int64GetDatum(claim->jobs[i].job_id);
	arguments[1] = PointerGetDatum(
		construct_array(job_ids, claim->count, INT8OID, sizeof(int64), true, TYPALIGN_DOUBLE));
	statement_run(&mark_own, arguments, NULL);
	queue_leave(nest_level);
}
