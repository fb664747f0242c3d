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
#include "access/xlog.h"
#include "base/clock.h"
#include "base/statement.h"
#include "catalog/pg_type.h"
#include "export.h"
#include "jobs/job_lock.h"
#include "jobs/queue_snapshot.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

MAILROOM_FUNCTION(mailroom_job_slot);

/* The newest cursor, or the window that a claim works in. */
typedef struct Cursor
{
	int64 claim_no;
	char *seen; /* pg_snapshot as text */
	char *target;
	Datum late; /* xid8[]: ran when seen was taken, ended for target */
	bool has_late;
	uint64 at_xid;
	int64 at_job;
	int64 open_floor;
	bool is_started; /* jobs may run in this database */
} Cursor;

/*
 * Columns of a claimed row.  max_attempts: last_attempt is set when a person asked for a retry.
 */
#define JOB_COLUMNS                                                                           \
	"SELECT q.submitted_xid, q.issuer_id, q.job_id, q.attempt,"                               \
	" CASE WHEN h.kind IS NULL THEN 0 ELSE coalesce(q.last_attempt, h.max_attempts) END,"     \
	" coalesce(h.is_short, false), q.run_after, q.kind, h.handler_schema, h.handler_name,"    \
	" q.arguments, EXISTS (SELECT FROM mailroom.job_cancel c WHERE c.issuer_id = q.issuer_id" \
	"  AND c.job_id = q.job_id AND c.attempt = q.attempt)"                                    \
	" FROM (SELECT * FROM mailroom.job_queue w WHERE "
#define JOB_ORDER                                          \
	" ORDER BY w.submitted_xid, w.job_id LIMIT $1) q"      \
	" LEFT JOIN mailroom.job_handler h ON h.kind = q.kind" \
	" ORDER BY q.submitted_xid, q.job_id"

#define CURSOR_COLUMNS                                                                   \
	"SELECT c.claim_no, c.seen::text, c.target::text, c.at_xid, c.at_job, c.open_floor," \
	" EXISTS (SELECT FROM mailroom.installation i WHERE i.system_identifier = $1"        \
	"  AND i.database_oid = $2) FROM "

/* The newest row is usually of today's slot, which alone is then read. */
static Statement read_cursor = STATEMENT(
	CURSOR_COLUMNS "mailroom.job_cursor c WHERE c.slot = $3 ORDER BY c.claim_no DESC LIMIT 1",
	INT8OID, OIDOID, INT2OID);
static Statement read_any_cursor = STATEMENT(
	CURSOR_COLUMNS "(SELECT true) AS o LEFT JOIN LATERAL (SELECT * FROM mailroom.job_cursor n"
				   " ORDER BY n.claim_no DESC LIMIT 1) AS c ON true",
	INT8OID, OIDOID);

static Statement fetch_late = STATEMENT(
	JOB_COLUMNS "w.submitted_xid = ANY ($2) AND (w.submitted_xid, w.job_id) > ($3, $4)" JOB_ORDER,
	INT8OID, XID8ARRAYOID, XID8OID, INT8OID);

static Statement fetch_range = STATEMENT(
	JOB_COLUMNS "w.submitted_xid >= pg_snapshot_xmax($2) AND w.submitted_xid < pg_snapshot_xmax($3)"
				" AND (w.submitted_xid, w.job_id) > ($4, $5)"
				" AND pg_visible_in_snapshot(w.submitted_xid, $3)" JOB_ORDER,
	INT8OID, PG_SNAPSHOTOID, PG_SNAPSHOTOID, XID8OID, INT8OID);

static Statement fetch_own =
	STATEMENT(JOB_COLUMNS "w.submitted_xid = $2" JOB_ORDER, INT8OID, XID8OID);

static Statement mark_own = STATEMENT("UPDATE mailroom.job_queue q SET submitted_xid = NULL"
									  " WHERE q.submitted_xid = $1 AND q.job_id = ANY ($2)",
									  XID8OID, INT8ARRAYOID);

static Statement write_cursor = STATEMENT(
	"INSERT INTO mailroom.job_cursor (claim_no, slot, seen, target, at_xid, at_job, open_floor)"
	" VALUES ($1, mailroom.job_slot(), $2, $3, $4, $5, $6)",
	INT8OID, PG_SNAPSHOTOID, PG_SNAPSHOTOID, XID8OID, INT8OID, INT8OID);

static Statement write_lease = STATEMENT(
	"INSERT INTO mailroom.job_lease (issuer_id, claim_no, slot, holder, job_ids, attempts, "
	"started_at)"
	" SELECT r.issuer_id, $1, mailroom.job_slot(), $2, array_agg(r.job_id ORDER BY r.n),"
	"  array_agg(r.attempt ORDER BY r.n), $6"
	" FROM ROWS FROM (pg_catalog.unnest($3), pg_catalog.unnest($4), pg_catalog.unnest($5))"
	"  WITH ORDINALITY AS r (issuer_id, job_id, attempt, n)"
	" GROUP BY r.issuer_id",
	INT8OID, INT8OID, INT8ARRAYOID, INT8ARRAYOID, INT4ARRAYOID, TIMESTAMPTZOID);

/* Both rows in one statement, for the usual claim of one issuer's jobs. */
static Statement write_both =
	STATEMENT("WITH c AS (INSERT INTO mailroom.job_cursor"
			  "  (claim_no, slot, seen, target, at_xid, at_job, open_floor)"
			  "  VALUES ($1, $12, $2, $3, $4, $5, $6))"
			  " INSERT INTO mailroom.job_lease"
			  "  (issuer_id, claim_no, slot, holder, job_ids, attempts, started_at)"
			  " VALUES ($7, $1, $12, $8, $9, $10, $11)",
			  INT8OID, PG_SNAPSHOTOID, PG_SNAPSHOTOID, XID8OID, INT8OID, INT8OID, INT8OID, INT8OID,
			  INT8ARRAYOID, INT4ARRAYOID, TIMESTAMPTZOID, INT2OID);

static Statement write_finish =
	STATEMENT("INSERT INTO mailroom.job_finish (issuer_id, claim_no, slot, finished_at)"
			  " SELECT l.issuer_id, l.claim_no, mailroom.job_slot(), $2"
			  " FROM mailroom.job_lease l WHERE l.claim_no = $1",
			  INT8OID, TIMESTAMPTZOID);

static Statement move_to_waiting = STATEMENT(
	"INSERT INTO mailroom.job_waiting (issuer_id, job_id, attempt, last_attempt, state, due_at,"
	"  kind, arguments, submitted_by, submitted_at)"
	" SELECT q.issuer_id, q.job_id, q.attempt + 1, $4 + q.attempt, 'waiting', q.run_after,"
	"  q.kind, q.arguments, q.submitted_by, q.submitted_at"
	" FROM mailroom.job_queue q WHERE q.issuer_id = $1 AND q.job_id = $2 AND q.attempt = $3"
	" ORDER BY q.slot LIMIT 1"
	" ON CONFLICT DO NOTHING",
	INT8OID, INT8OID, INT4OID, INT4OID);

static void read_newest_cursor(Cursor *cursor);
static void fetch_window(Cursor *cursor, int limit, Claim *claim, MemoryContext context);
static void fetch_own_rows(Cursor *cursor, int limit, Claim *claim, MemoryContext context);
static void fetch(Statement *statement, Datum *arguments, Claim *claim, MemoryContext context);
static void read_job(Job *job, uint64 row, MemoryContext context);
static int count_takeable(const Claim *claim, int limit);
static void store_claim(Cursor *cursor, Claim *claim);
static bool is_of_one_issuer(const Claim *claim);
static Datum id_array(const Claim *claim, int which);

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
	int nest_level = queue_enter();
	Claim *claim = MemoryContextAllocZero(context, sizeof(Claim));
	Cursor cursor;
	bool own = false;
	int taken;

	job_lock_queue();
	read_newest_cursor(&cursor);
	if (!cursor.is_started)
	{
		claim->is_stopped = true;
		queue_leave(nest_level);
		return claim;
	}
	fetch_window(&cursor, limit, claim, context);
	if (claim->count == 0 && FullTransactionIdIsValid(GetTopFullTransactionIdIfAny()))
	{
		fetch_own_rows(&cursor, limit, claim, context);
		own = true;
	}
	if (claim->count > 0)
	{
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
		store_claim(&cursor, claim);
		if (own)
		{
			Datum arguments[2] = {
				UInt64GetDatum(U64FromFullTransactionId(GetTopFullTransactionId())),
				id_array(claim, 1)};

			statement_run(&mark_own, arguments, NULL);
		}
	}
	queue_leave(nest_level);
	return claim;
}

uint64
queue_finish(const Claim *claim)
{
	uint64 leases;
	int nest_level = queue_enter();
	Datum arguments[2] = {Int64GetDatum(claim->claim_no), TimestampTzGetDatum(clock_now())};

	leases = statement_run(&write_finish, arguments, NULL);
	queue_leave(nest_level);
	return leases;
}

static void
read_newest_cursor(Cursor *cursor)
{
	Datum arguments[3] = {Int64GetDatum((int64) GetSystemIdentifier()),
						  ObjectIdGetDatum(MyDatabaseId), Int16GetDatum(queue_slot_of_today())};
	bool isnull;

	memset(cursor, 0, sizeof(Cursor));
	if (statement_run(&read_cursor, arguments, NULL) == 0)
		statement_run(&read_any_cursor, arguments, NULL);
	cursor->claim_no = statement_int64(0, 1);
	cursor->seen = statement_text(0, 2, CurrentMemoryContext);
	cursor->target = statement_text(0, 3, CurrentMemoryContext);
	cursor->at_xid = (uint64) statement_int64(0, 4);
	cursor->at_job = statement_int64(0, 5);
	cursor->open_floor = statement_int64(0, 6);
	cursor->is_started = DatumGetBool(statement_value(0, 7, &isnull));
	if (cursor->seen == NULL)
		cursor->seen = cursor->target = "1:1:";
}

/*
 * One row more than the limit, to know whether there is more; opens the next window when this one
 * is used up (it is then stored with seen equal to target).
 */
static void
fetch_window(Cursor *cursor, int limit, Claim *claim, MemoryContext context)
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
		cursor->late = snapshot_late(cursor->seen, cursor->target, &cursor->has_late);
		if (cursor->has_late)
		{
			Datum arguments[4] = {Int64GetDatum(limit + 1), cursor->late,
								  UInt64GetDatum(cursor->at_xid), Int64GetDatum(cursor->at_job)};

			fetch(&fetch_late, arguments, claim, context);
		}
		if (claim->count <= limit)
		{
			Datum arguments[5] = {Int64GetDatum(limit + 1), snapshot_datum(cursor->seen),
								  snapshot_datum(cursor->target), UInt64GetDatum(cursor->at_xid),
								  Int64GetDatum(cursor->at_job)};

			fetch(&fetch_range, arguments, claim, context);
		}
	}
}

static void
fetch_own_rows(Cursor *cursor, int limit, Claim *claim, MemoryContext context)
{
	Datum arguments[2] = {Int64GetDatum(limit + 1),
						  UInt64GetDatum(U64FromFullTransactionId(GetTopFullTransactionId()))};

	fetch(&fetch_own, arguments, claim, context);
	read_newest_cursor(cursor);
}

static void
fetch(Statement *statement, Datum *arguments, Claim *claim, MemoryContext context)
{
	uint64 rows = statement_run(statement, arguments, NULL);

	for (uint64 row = 0; row < rows; row++)
		read_job(&claim->jobs[claim->count++], row, context);
	SPI_freetuptable(SPI_tuptable);
}

static void
read_job(Job *job, uint64 row, MemoryContext context)
{
	bool isnull;
	Datum value;
	MemoryContext old;

	memset(job, 0, sizeof(Job));
	job->submitted_xid = (uint64) statement_int64(row, 1);
	job->issuer_id = statement_int64(row, 2);
	job->job_id = statement_int64(row, 3);
	job->attempt = DatumGetInt32(statement_value(row, 4, &isnull));
	job->max_attempts = DatumGetInt32(statement_value(row, 5, &isnull));
	job->is_short = DatumGetBool(statement_value(row, 6, &isnull));
	value = statement_value(row, 7, &isnull);
	if (!isnull)
	{
		job->run_after = DatumGetTimestampTz(value);
		job->is_early = job->run_after > clock_now();
	}
	job->kind = statement_text(row, 8, context);
	job->handler_schema = statement_text(row, 9, context);
	job->handler_name = statement_text(row, 10, context);
	value = statement_value(row, 11, &isnull);
	old = MemoryContextSwitchTo(context);
	job->arguments = PointerGetDatum(PG_DETOAST_DATUM_COPY(value));
	MemoryContextSwitchTo(old);
	job->is_cancelled = DatumGetBool(statement_value(row, 12, &isnull));
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

static void
store_claim(Cursor *cursor, Claim *claim)
{
	Datum row[12];

	claim->claim_no = cursor->claim_no + 1;
	row[0] = Int64GetDatum(claim->claim_no);
	row[1] = snapshot_datum(cursor->seen);
	row[2] = snapshot_datum(cursor->target);
	row[3] = UInt64GetDatum(cursor->at_xid);
	row[4] = Int64GetDatum(cursor->at_job);
	row[5] = Int64GetDatum(cursor->open_floor);
	if (is_of_one_issuer(claim))
	{
		row[6] = Int64GetDatum(claim->jobs[0].issuer_id);
		row[7] = Int64GetDatum(job_session_holder());
		row[8] = id_array(claim, 1);
		row[9] = id_array(claim, 2);
		row[10] = TimestampTzGetDatum(clock_now());
		row[11] = Int16GetDatum(queue_slot_of_today());
		statement_run(&write_both, row, NULL);
	}
	else
	{
		statement_run(&write_cursor, row, NULL);
		row[1] = Int64GetDatum(job_session_holder());
		row[2] = id_array(claim, 0);
		row[3] = id_array(claim, 1);
		row[4] = id_array(claim, 2);
		row[5] = TimestampTzGetDatum(clock_now());
		statement_run(&write_lease, row, NULL);
	}

	for (int i = 0; i < claim->count; i++)
	{
		const Job *job = &claim->jobs[i];
		Datum early[4] = {Int64GetDatum(job->issuer_id), Int64GetDatum(job->job_id),
						  Int32GetDatum(job->attempt), Int32GetDatum(job->max_attempts)};

		if (job->is_early && !job->is_cancelled)
			statement_run(&move_to_waiting, early, NULL);
	}
}

static bool
is_of_one_issuer(const Claim *claim)
{
	for (int i = 1; i < claim->count; i++)
		if (claim->jobs[i].issuer_id != claim->jobs[0].issuer_id)
			return false;
	return true;
}

/* which: 0 issuer_id, 1 job_id, 2 attempt */
static Datum
id_array(const Claim *claim, int which)
{
	Datum *values = palloc(sizeof(Datum) * Max(claim->count, 1));

	for (int i = 0; i < claim->count; i++)
		values[i] = which == 0	 ? Int64GetDatum(claim->jobs[i].issuer_id)
					: which == 1 ? Int64GetDatum(claim->jobs[i].job_id)
								 : Int32GetDatum(claim->jobs[i].attempt);
	return PointerGetDatum(
		which == 2
			? construct_array(values, claim->count, INT4OID, sizeof(int32), true, TYPALIGN_INT)
			: construct_array(values, claim->count, INT8OID, sizeof(int64), true, TYPALIGN_DOUBLE));
}
