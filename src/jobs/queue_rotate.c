/*
 * queue_rotate.c: forgets what is finished, by truncating a slot instead of deleting rows.
 *
 * Rows of a day go to the slot of that day; on the next day but one, before its turn comes again,
 * the slot is emptied, provided that all its jobs are claimed and none of them is of an open lease.
 * TRUNCATE needs the partitions for itself: they are only asked for, never waited for, so a dump or
 * a long report puts it off and is not disturbed.
 *
 * Recovery must not take a lease for open because its finish was truncated: it looks at no claim
 * below the cursor's open_floor, and a slot is emptied only when all its leases and finishes are
 * below.
 */
#include "postgres.h"

#include "jobs/queue.h"

#include "base/clock.h"
#include "base/statement.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "jobs/job_lock.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#define FAILURES_KEPT_DAYS 30

static const char *const slot_tables[] = {"job_queue", "job_cursor", "job_lease", "job_finish"};

/* $1: only when the floor rises by at least so much.  No open lease: everything up to this row is
 * finished. */
static Statement raise_floor = STATEMENT(
	"INSERT INTO mailroom.job_cursor (claim_no, slot, seen, target, at_xid, at_job, open_floor)"
	" SELECT c.claim_no + 1, mailroom.job_slot(), c.seen, c.target, c.at_xid, c.at_job, f.floor"
	" FROM (SELECT * FROM mailroom.job_cursor n ORDER BY n.claim_no DESC LIMIT 1) AS c"
	"  CROSS JOIN LATERAL (SELECT coalesce((SELECT min(l.claim_no) FROM mailroom.job_lease l"
	"    WHERE l.claim_no >= c.open_floor AND NOT EXISTS (SELECT FROM mailroom.job_finish f"
	"     WHERE f.issuer_id = l.issuer_id AND f.claim_no = l.claim_no)),"
	"    c.claim_no + 2) AS floor) AS f"
	" WHERE f.floor - c.open_floor >= $1",
	INT8OID);

static Statement find_rows =
	STATEMENT("SELECT EXISTS (SELECT FROM mailroom.job_queue t WHERE t.slot = $1)"
			  " OR EXISTS (SELECT FROM mailroom.job_cursor t WHERE t.slot = $1)"
			  " OR EXISTS (SELECT FROM mailroom.job_lease t WHERE t.slot = $1)"
			  " OR EXISTS (SELECT FROM mailroom.job_finish t WHERE t.slot = $1)",
			  INT2OID);

static Statement find_obstacle =
	STATEMENT("WITH c AS (SELECT * FROM mailroom.job_cursor n ORDER BY n.claim_no DESC LIMIT 1)"
			  " SELECT c.slot = $1"
			  "  OR EXISTS (SELECT FROM mailroom.job_queue q WHERE q.slot = $1"
			  "   AND NOT pg_visible_in_snapshot(q.submitted_xid, c.seen))"
			  "  OR EXISTS (SELECT FROM mailroom.job_lease l WHERE l.slot = $1 AND l.claim_no >= "
			  "c.open_floor)"
			  "  OR EXISTS (SELECT FROM mailroom.job_finish f WHERE f.slot = $1 AND f.claim_no >= "
			  "c.open_floor)"
			  "  OR EXISTS (SELECT FROM mailroom.job_lease l"
			  "    CROSS JOIN LATERAL pg_catalog.unnest(l.job_ids) AS j (job_id)"
			  "    JOIN mailroom.job_queue q ON q.issuer_id = l.issuer_id AND q.job_id = j.job_id"
			  "   WHERE q.slot = $1 AND l.claim_no >= c.open_floor AND NOT EXISTS"
			  "    (SELECT FROM mailroom.job_finish f"
			  "     WHERE f.issuer_id = l.issuer_id AND f.claim_no = l.claim_no))"
			  " FROM c",
			  INT2OID);

static Statement forget_cancels = STATEMENT_PLAIN(
	"DELETE FROM mailroom.job_cancel c WHERE NOT EXISTS (SELECT FROM mailroom.job_queue q"
	" WHERE q.issuer_id = c.issuer_id AND q.job_id = c.job_id AND q.attempt = c.attempt)");

static Statement forget_failures =
	STATEMENT("DELETE FROM mailroom.job_failure e WHERE e.failed_at < $1"
			  " AND NOT EXISTS (SELECT FROM mailroom.job_waiting w"
			  "  WHERE w.issuer_id = e.issuer_id AND w.job_id = e.job_id)",
			  TIMESTAMPTZOID);

static bool ask(Statement *statement, int16 slot);
static bool lock_slot(int16 slot);
static void truncate_slot(int16 slot);

void
queue_raise_floor(int64 at_least)
{
	Datum arguments[1] = {Int64GetDatum(at_least)};

	statement_run(&raise_floor, arguments, NULL);
}

bool
queue_rotate(void)
{
	int nest_level = queue_enter();
	int16 slot = (queue_slot_of_today() + 1) % 3;
	bool emptied = false;

	if (ask(&find_rows, slot))
	{
		job_lock_queue();
		queue_raise_floor(1);
		if (lock_slot(slot) && !ask(&find_obstacle, slot))
		{
			truncate_slot(slot);
			emptied = true;
		}
	}
	queue_leave(nest_level);
	return emptied;
}

/* True also when there is no answer, which for both questions is the careful one. */
static bool
ask(Statement *statement, int16 slot)
{
	Datum arguments[1] = {Int16GetDatum(slot)};
	bool isnull;
	Datum answer;

	if (statement_run(statement, arguments, NULL) == 0)
		return true;
	answer = statement_value(0, 1, &isnull);
	return isnull || DatumGetBool(answer);
}

static bool
lock_slot(int16 slot)
{
	Oid schema = get_namespace_oid("mailroom", false);

	for (int i = 0; i < lengthof(slot_tables); i++)
	{
		char name[NAMEDATALEN];

		snprintf(name, sizeof(name), "%s_%d", slot_tables[i], slot);
		if (!ConditionalLockRelationOid(get_relname_relid(name, schema), AccessExclusiveLock))
			return false;
	}
	return true;
}

static void
truncate_slot(int16 slot)
{
	char text[200];
	Datum arguments[1] = {TimestampTzGetDatum(clock_now() - FAILURES_KEPT_DAYS * USECS_PER_DAY)};

	snprintf(text, sizeof(text),
			 "TRUNCATE mailroom.job_queue_%d, mailroom.job_cursor_%d, mailroom.job_lease_%d,"
			 " mailroom.job_finish_%d",
			 slot, slot, slot, slot);
	if (SPI_execute(text, false, 0) != SPI_OK_UTILITY)
		elog(ERROR, "could not empty slot %d of the job tables", slot);
	statement_run(&forget_cancels, NULL, NULL);
	statement_run(&forget_failures, arguments, NULL);
}
