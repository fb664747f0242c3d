/*
 * queue_mend.c: failed attempts, jobs that come back, and leases of sessions that died.
 */
#include "postgres.h"

#include "jobs/queue.h"

#include "base/clock.h"
#include "base/statement.h"
#include "catalog/pg_type.h"
#include "jobs/job_lock.h"
#include "jobs/job_settings.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#define RETRY_DELAY_MAX_MS (3600 * 1000)
#define LOST_ATTEMPTS_MAX 20
#define FLOOR_STEP 100 /* finished claims that recovery may look at again */

static Statement write_failure = STATEMENT(
	"INSERT INTO mailroom.job_failure"
	" (issuer_id, job_id, attempt, failed_at, sqlstate, message, detail, hint, context)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
	INT8OID, INT8OID, INT4OID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID);

/* $4 state, $5 due_at, $6 another last attempt, or NULL; the rest comes from the job's row in the
 * queue. */
static Statement write_waiting = STATEMENT(
	"INSERT INTO mailroom.job_waiting (issuer_id, job_id, attempt, last_attempt, state, due_at,"
	"  kind, arguments, submitted_by, submitted_at)"
	" SELECT q.issuer_id, q.job_id, q.attempt + 1, coalesce($6, q.last_attempt), $4, $5,"
	"  q.kind, q.arguments, q.submitted_by, q.submitted_at"
	" FROM mailroom.job_queue q WHERE q.issuer_id = $1 AND q.job_id = $2 AND q.attempt = $3"
	" ORDER BY q.slot LIMIT 1 ON CONFLICT DO NOTHING",
	INT8OID, INT8OID, INT4OID, TEXTOID, TIMESTAMPTZOID, INT4OID);

static Statement promote = STATEMENT(
	"WITH due AS (DELETE FROM mailroom.job_waiting w WHERE (w.issuer_id, w.job_id) IN"
	"  (SELECT d.issuer_id, d.job_id FROM mailroom.job_waiting d WHERE d.due_at <= $1"
	"   ORDER BY d.due_at LIMIT 1000 FOR UPDATE SKIP LOCKED) RETURNING w.*)"
	" INSERT INTO mailroom.job_queue (issuer_id, job_id, attempt, last_attempt, kind, arguments,"
	"  submitted_by, submitted_at)"
	" SELECT d.issuer_id, d.job_id, d.attempt, d.last_attempt, d.kind, d.arguments,"
	"  d.submitted_by, d.submitted_at FROM due d",
	TIMESTAMPTZOID);

static Statement next_due =
	STATEMENT_PLAIN("SELECT w.due_at FROM mailroom.job_waiting w WHERE w.due_at < 'infinity'"
					" ORDER BY w.due_at LIMIT 1");

static Statement open_leases = STATEMENT_PLAIN(
	"SELECT l.claim_no, l.issuer_id, l.holder, j.job_id, j.attempt,"
	"  coalesce(q.last_attempt, h.max_attempts, 0), q.kind"
	" FROM mailroom.job_lease l"
	"  CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(l.job_ids), pg_catalog.unnest(l.attempts))"
	"   AS j (job_id, attempt)"
	"  LEFT JOIN mailroom.job_queue q ON q.issuer_id = l.issuer_id AND q.job_id = j.job_id"
	"   AND q.attempt = j.attempt"
	"  LEFT JOIN mailroom.job_handler h ON h.kind = q.kind"
	" WHERE l.claim_no >= coalesce((SELECT c.open_floor FROM mailroom.job_cursor c"
	"   ORDER BY c.claim_no DESC LIMIT 1), 0)"
	"  AND NOT EXISTS (SELECT FROM mailroom.job_finish f"
	"   WHERE f.issuer_id = l.issuer_id AND f.claim_no = l.claim_no)"
	" ORDER BY l.claim_no, l.issuer_id, j.job_id");

static Statement finish_lost =
	STATEMENT("INSERT INTO mailroom.job_finish (issuer_id, claim_no, slot, finished_at)"
			  " SELECT l.issuer_id, l.claim_no, mailroom.job_slot(), $3"
			  " FROM mailroom.job_lease l WHERE l.claim_no = $2 AND l.issuer_id = $1"
			  "  AND NOT EXISTS (SELECT FROM mailroom.job_finish f"
			  "   WHERE f.issuer_id = l.issuer_id AND f.claim_no = l.claim_no)",
			  INT8OID, INT8OID, TIMESTAMPTZOID);

static TimestampTz
next_attempt_at(int attempt)
{
	int64 delay_ms = jobs_retry_delay_ms;

	for (int i = 1; i < attempt && delay_ms < RETRY_DELAY_MAX_MS; i++)
		delay_ms *= 2;
	return clock_now() + Min(delay_ms, RETRY_DELAY_MAX_MS) * INT64CONST(1000);
}

static void
put_text(Datum *values, char *nulls, int position, const char *text)
{
	nulls[position] = text ? ' ' : 'n';
	values[position] = text ? CStringGetTextDatum(text) : (Datum) 0;
}

bool
queue_fail(const Job *job, const ErrorData *error)
{
	int nest_level = queue_enter();
	bool again = job->attempt < job->max_attempts && !job->is_cancelled;
	char nulls[] = "         ";
	Datum failure[9] = {Int64GetDatum(job->issuer_id), Int64GetDatum(job->job_id),
						Int32GetDatum(job->attempt), TimestampTzGetDatum(clock_now())};
	Datum waiting[6] = {
		Int64GetDatum(job->issuer_id),
		Int64GetDatum(job->job_id),
		Int32GetDatum(job->attempt),
		CStringGetTextDatum(again ? "failed" : (job->is_cancelled ? "cancelled" : "dead")),
		TimestampTzGetDatum(again ? next_attempt_at(job->attempt) : DT_NOEND),
		Int32GetDatum(job->max_attempts)};

	put_text(failure, nulls, 4, unpack_sql_state(error->sqlerrcode));
	put_text(failure, nulls, 5, error->message ? error->message : "no message");
	put_text(failure, nulls, 6, error->detail);
	put_text(failure, nulls, 7, error->hint);
	put_text(failure, nulls, 8, error->context);
	statement_run(&write_failure, failure, nulls);
	statement_run(&write_waiting, waiting, job->has_more_attempts ? "      " : "     n");
	queue_leave(nest_level);
	return again;
}

int64
queue_promote(void)
{
	int nest_level = queue_enter();
	Datum arguments[1] = {TimestampTzGetDatum(clock_now())};
	int64 moved = (int64) statement_run(&promote, arguments, NULL);

	queue_leave(nest_level);
	return moved;
}

bool
queue_next_due(TimestampTz *due_at)
{
	int nest_level = queue_enter();
	bool isnull = true;

	if (statement_run(&next_due, NULL, NULL) > 0)
		*due_at = DatumGetTimestampTz(statement_value(0, 1, &isnull));
	queue_leave(nest_level);
	return !isnull;
}

/*
 * What is left started by a session that is gone.  The queue's lock keeps two menders apart; a
 * lease and its finish are written in different transactions, so an unfinished lease of a live
 * session is simply work in progress.  Jobs of a lease may already have rows in job_waiting (early
 * ones).
 */
int64
queue_recover(void)
{
	int nest_level = queue_enter();
	int64 count = 0;
	uint64 rows;
	SPITupleTable *found;
	ErrorData lost = {0};

	lost.sqlerrcode = ERRCODE_CRASH_SHUTDOWN;
	lost.message = "worker ended while the job ran";
	job_lock_queue();
	rows = statement_run(&open_leases, NULL, NULL);
	found = SPI_tuptable;
	for (uint64 row = 0; row < rows; row++)
	{
		Job job = {0};
		bool isnull;
		Datum finish[3];
		int64 claim_no;

		SPI_tuptable = found;
		claim_no = statement_int64(row, 1);
		job.issuer_id = statement_int64(row, 2);
		if (!job_holder_is_gone(statement_int64(row, 3)))
			continue;
		job.job_id = statement_int64(row, 4);
		job.attempt = DatumGetInt32(statement_value(row, 5, &isnull));
		job.max_attempts = DatumGetInt32(statement_value(row, 6, &isnull));
		if (SPI_getvalue(found->vals[row], found->tupdesc, 7) != NULL)
		{
			/* mostly not the job's fault; but one that takes the server down must end too */
			if (job.max_attempts > 0 && job.attempt < LOST_ATTEMPTS_MAX)
			{
				job.max_attempts++;
				job.has_more_attempts = true;
			}
			queue_fail(&job, &lost);
			count++;
		}
		finish[0] = Int64GetDatum(job.issuer_id);
		finish[1] = Int64GetDatum(claim_no);
		finish[2] = TimestampTzGetDatum(clock_now());
		statement_run(&finish_lost, finish, NULL);
	}
	queue_raise_floor(FLOOR_STEP);
	queue_leave(nest_level);
	return count;
}
