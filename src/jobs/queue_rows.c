/*
 * queue_rows.c: the rows of the claim's hot path, read and written without the executor.
 *
 * From the commit of a job to its start a worker has to read the cursor, the next rows of the
 * queue and their handlers, and to write a cursor and a lease.  As SQL over the partitions nearly
 * all of that is start-up of the executor; here it is a handful of index descents and two heap
 * inserts (test/bench/queue.sh measures latency and rate).
 *
 * What SQL would have checked is checked here: rights, by rows_check_rights.  The tables have no
 * constraints but keys and NOT NULL, and no triggers on what we write.  Column numbers are those of
 * 20_jobs.tables.sql; the test jobs_rows compares them with the catalogue.  Everything else about
 * the queue (waiting, failures, recovery, rotation) stays SQL.
 */
#include "postgres.h"

#include "jobs/queue_rows.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "base/clock.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "jobs/job_lock.h"
#include "jobs/queue_snapshot.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#define QUEUE_SLOTS 3

/* clang-format off */
enum { QUEUE_ISSUER_ID = 1, QUEUE_JOB_ID, QUEUE_ATTEMPT, QUEUE_SLOT, QUEUE_SUBMITTED_XID,
	QUEUE_KIND, QUEUE_ARGUMENTS, QUEUE_RUN_AFTER, QUEUE_LAST_ATTEMPT, QUEUE_COLUMNS = 11 };
enum { CURSOR_CLAIM_NO = 1, CURSOR_SLOT, CURSOR_SEEN, CURSOR_TARGET, CURSOR_AT_XID, CURSOR_AT_JOB,
	CURSOR_OPEN_FLOOR, CURSOR_COLUMNS = 7 };
enum { LEASE_ISSUER_ID = 1, LEASE_CLAIM_NO, LEASE_SLOT, LEASE_HOLDER, LEASE_JOB_IDS, LEASE_ATTEMPTS,
	LEASE_STARTED_AT, LEASE_COLUMNS = 7 };
enum { FINISH_ISSUER_ID = 1, FINISH_CLAIM_NO, FINISH_SLOT, FINISH_FINISHED_AT, FINISH_COLUMNS = 4 };
enum { HANDLER_KIND = 1, HANDLER_SCHEMA, HANDLER_NAME, HANDLER_MAX_ATTEMPTS, HANDLER_IS_SHORT,
	HANDLER_COLUMNS = 5 };
enum { CANCEL_ISSUER_ID = 1, CANCEL_JOB_ID, CANCEL_ATTEMPT };
enum { INSTALLATION_SYSTEM_IDENTIFIER = 1, INSTALLATION_DATABASE_OID };
/* clang-format on */

/* A fetch: what is wanted, and what is open while it is read. */
typedef struct Fetch
{
	Claim *claim;
	int limit;
	int end; /* of claim->jobs, for the slot being read */
	MemoryContext context;
	uint64 own_xid; /* 0: the window */
	const QueueCursor *cursor;
	ParsedSnapshot seen;
	ParsedSnapshot target;
	Relation queue; /* of the slot being read */
	Relation order;
	Relation handlers;
	Relation cancels;
	bool any_cancel;
} Fetch;

static Oid object_oid(const char *name);
static Relation open_slot(const char *table, int slot, LOCKMODE mode);
static Oid slot_index(const char *table, int slot, const char *suffix);
static void take_newer_cursor(Relation cursors, int slot, QueueCursor *cursor);
static void fetch(Fetch *fetch);
static void fetch_slot(Fetch *fetch, int slot, int end);
static void fetch_slot_window(Fetch *fetch);
static void fetch_transaction(Fetch *fetch, uint64 xid, int64 after_job);
static void fetch_rows(Fetch *fetch, ScanKey keys);
static void read_job(Fetch *fetch, HeapTuple tuple);
static void find_handler(Job *job, const Fetch *fetch);
static bool is_cancelled(const Job *job, const Fetch *fetch);
static int compare_jobs(const void *a, const void *b);
static void write_row(const char *table, Datum *values);
static int compare_issuers(const void *a, const void *b);
static void write_lease(int64 claim_no, const Job **jobs, int count);

static Oid
object_oid(const char *name)
{
	Oid found = get_relname_relid(name, get_namespace_oid("mailroom", false));

	if (!OidIsValid(found))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation \"mailroom.%s\" does not exist", name)));
	return found;
}

static Relation
open_slot(const char *table, int slot, LOCKMODE mode)
{
	char name[NAMEDATALEN];

	snprintf(name, sizeof(name), "%s_%d", table, slot);
	return table_open(object_oid(name), mode);
}

static Oid
slot_index(const char *table, int slot, const char *suffix)
{
	char name[NAMEDATALEN];

	snprintf(name, sizeof(name), "%s_%d_%s", table, slot, suffix);
	return object_oid(name);
}

void
rows_check_rights(void)
{
	static const char *const tables[] = {"job_queue", "job_lease", "job_finish"};

	for (int i = 0; i < lengthof(tables); i++)
	{
		Oid table = object_oid(tables[i]);
		AclResult right = pg_class_aclcheck(table, GetUserId(), ACL_SELECT | ACL_INSERT);

		if (right == ACLCHECK_OK && check_enable_rls(table, InvalidOid, true) == RLS_ENABLED)
			right = ACLCHECK_NO_PRIV;
		if (right != ACLCHECK_OK)
			aclcheck_error(right, OBJECT_TABLE, tables[i]);
	}
}

bool
rows_jobs_are_started(void)
{
	Relation installation = table_open(object_oid("installation"), AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	bool found;

	ScanKeyInit(&keys[0], INSTALLATION_SYSTEM_IDENTIFIER, BTEqualStrategyNumber, F_INT8EQ,
				Int64GetDatum((int64) GetSystemIdentifier()));
	ScanKeyInit(&keys[1], INSTALLATION_DATABASE_OID, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(MyDatabaseId));
	PushActiveSnapshot(GetTransactionSnapshot());
	/* a row or two: its only page is read faster than those of an index */
	scan = systable_beginscan(installation, InvalidOid, false, GetActiveSnapshot(), 2, keys);
	found = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	PopActiveSnapshot();
	table_close(installation, NoLock);
	return found;
}

/* Of all slots: today's may still hold rows of three days ago. */
void
rows_newest_cursor(QueueCursor *cursor)
{
	memset(cursor, 0, sizeof(QueueCursor));
	cursor->seen = cursor->target = "1:1:";
	PushActiveSnapshot(GetTransactionSnapshot());
	for (int slot = 0; slot < QUEUE_SLOTS; slot++)
	{
		Relation cursors = open_slot("job_cursor", slot, AccessShareLock);

		if (RelationGetNumberOfBlocks(cursors) > 0)
			take_newer_cursor(cursors, slot, cursor);
		table_close(cursors, NoLock);
	}
	PopActiveSnapshot();
}

/* The last row of a slot, when it is newer. */
static void
take_newer_cursor(Relation cursors, int slot, QueueCursor *cursor)
{
	Relation index = index_open(slot_index("job_cursor", slot, "pkey"), AccessShareLock);
	SysScanDesc scan = systable_beginscan_ordered(cursors, index, GetActiveSnapshot(), 0, NULL);
	HeapTuple tuple = systable_getnext_ordered(scan, BackwardScanDirection);
	Datum values[CURSOR_COLUMNS];
	bool nulls[CURSOR_COLUMNS];

	if (HeapTupleIsValid(tuple))
		heap_deform_tuple(tuple, RelationGetDescr(cursors), values, nulls);
	if (HeapTupleIsValid(tuple) && DatumGetInt64(values[CURSOR_CLAIM_NO - 1]) > cursor->claim_no)
	{
		cursor->claim_no = DatumGetInt64(values[CURSOR_CLAIM_NO - 1]);
		cursor->seen = OidOutputFunctionCall(F_PG_SNAPSHOT_OUT, values[CURSOR_SEEN - 1]);
		cursor->target = OidOutputFunctionCall(F_PG_SNAPSHOT_OUT, values[CURSOR_TARGET - 1]);
		cursor->at_xid = DatumGetUInt64(values[CURSOR_AT_XID - 1]);
		cursor->at_job = DatumGetInt64(values[CURSOR_AT_JOB - 1]);
		cursor->open_floor = DatumGetInt64(values[CURSOR_OPEN_FLOOR - 1]);
	}
	systable_endscan_ordered(scan);
	index_close(index, NoLock);
}

void
rows_fetch_window(const QueueCursor *cursor, int limit, Claim *claim, MemoryContext context)
{
	Fetch window = {.claim = claim, .limit = limit, .context = context, .cursor = cursor};

	window.seen = snapshot_parse(cursor->seen);
	window.target = snapshot_parse(cursor->target);
	fetch(&window);
}

void
rows_fetch_own(uint64 own_xid, int limit, Claim *claim, MemoryContext context)
{
	Fetch own = {.claim = claim, .limit = limit, .context = context, .own_xid = own_xid};

	fetch(&own);
}

static void
fetch(Fetch *fetch)
{
	Claim *claim = fetch->claim;

	claim->count = 0;
	fetch->handlers = table_open(object_oid("job_handler"), AccessShareLock);
	fetch->cancels = table_open(object_oid("job_cancel"), AccessShareLock);
	fetch->any_cancel = RelationGetNumberOfBlocks(fetch->cancels) > 0;
	PushActiveSnapshot(GetTransactionSnapshot());
	for (int slot = 0; slot < QUEUE_SLOTS; slot++)
	{
		int before = claim->count;

		fetch->queue = open_slot("job_queue", slot, AccessShareLock);
		if (RelationGetNumberOfBlocks(fetch->queue) > 0)
			fetch_slot(fetch, slot, before + fetch->limit);
		table_close(fetch->queue, NoLock);
		if (before > 0 && claim->count > before)
		{
			qsort(claim->jobs, claim->count, sizeof(Job), compare_jobs);
			claim->count = Min(claim->count, fetch->limit);
		}
	}
	PopActiveSnapshot();
	table_close(fetch->cancels, NoLock);
	table_close(fetch->handlers, NoLock);
}

/* end: where to stop in claim->jobs. */
static void
fetch_slot(Fetch *fetch, int slot, int end)
{
	fetch->end = end;
	fetch->order =
		index_open(slot_index("job_queue", slot, "submitted_xid_job_id_idx"), AccessShareLock);
	if (fetch->own_xid != 0)
		fetch_transaction(fetch, fetch->own_xid, PG_INT64_MIN);
	else
		fetch_slot_window(fetch);
	index_close(fetch->order, NoLock);
}

/*
 * First the transactions that ran when "seen" was taken and have ended since, then what is left of
 * the one at the cursor, then those after it.
 */
static void
fetch_slot_window(Fetch *fetch)
{
	const QueueCursor *cursor = fetch->cursor;
	bool is_inside;
	ScanKeyData keys[2];

	for (int i = 0; i < fetch->seen.count; i++)
	{
		uint64 late = fetch->seen.running[i];

		if (late >= cursor->at_xid && !snapshot_is_running(&fetch->target, late))
			fetch_transaction(fetch, late, late == cursor->at_xid ? cursor->at_job : PG_INT64_MIN);
	}
	is_inside = cursor->at_xid >= fetch->seen.xmax;
	if (is_inside)
		fetch_transaction(fetch, cursor->at_xid, cursor->at_job);
	ScanKeyInit(&keys[0], QUEUE_SUBMITTED_XID,
				is_inside ? BTGreaterStrategyNumber : BTGreaterEqualStrategyNumber,
				is_inside ? F_XID8GT : F_XID8GE,
				UInt64GetDatum(is_inside ? cursor->at_xid : fetch->seen.xmax));
	ScanKeyInit(&keys[1], QUEUE_SUBMITTED_XID, BTLessStrategyNumber, F_XID8LT,
				UInt64GetDatum(fetch->target.xmax));
	fetch_rows(fetch, keys);
}

static void
fetch_transaction(Fetch *fetch, uint64 xid, int64 after_job)
{
	ScanKeyData keys[2];

	ScanKeyInit(&keys[0], QUEUE_SUBMITTED_XID, BTEqualStrategyNumber, F_XID8EQ,
				UInt64GetDatum(xid));
	ScanKeyInit(&keys[1], QUEUE_JOB_ID, BTGreaterStrategyNumber, F_INT8GT,
				Int64GetDatum(after_job));
	fetch_rows(fetch, keys);
}

/* Two keys. */
static void
fetch_rows(Fetch *fetch, ScanKey keys)
{
	SysScanDesc scan;
	HeapTuple tuple;

	if (fetch->claim->count >= fetch->end)
		return;
	scan = systable_beginscan_ordered(fetch->queue, fetch->order, GetActiveSnapshot(), 2, keys);
	while (fetch->claim->count < fetch->end &&
		   HeapTupleIsValid(tuple = systable_getnext_ordered(scan, ForwardScanDirection)))
	{
		bool isnull;
		uint64 xid = DatumGetUInt64(
			heap_getattr(tuple, QUEUE_SUBMITTED_XID, RelationGetDescr(fetch->queue), &isnull));

		CHECK_FOR_INTERRUPTS();
		if (fetch->own_xid != 0 || !snapshot_is_running(&fetch->target, xid))
			read_job(fetch, tuple);
	}
	systable_endscan_ordered(scan);
}

static void
read_job(Fetch *fetch, HeapTuple tuple)
{
	Claim *claim = fetch->claim;
	Job *job = &claim->jobs[claim->count];
	const Job *last = claim->count > 0 ? job - 1 : NULL;
	Datum values[QUEUE_COLUMNS];
	bool nulls[QUEUE_COLUMNS];
	MemoryContext old = MemoryContextSwitchTo(fetch->context);

	memset(job, 0, sizeof(Job));
	heap_deform_tuple(tuple, RelationGetDescr(fetch->queue), values, nulls);
	job->submitted_xid = DatumGetUInt64(values[QUEUE_SUBMITTED_XID - 1]);
	job->issuer_id = DatumGetInt64(values[QUEUE_ISSUER_ID - 1]);
	job->job_id = DatumGetInt64(values[QUEUE_JOB_ID - 1]);
	job->attempt = DatumGetInt32(values[QUEUE_ATTEMPT - 1]);
	job->kind = TextDatumGetCString(values[QUEUE_KIND - 1]);
	job->arguments = PointerGetDatum(PG_DETOAST_DATUM_COPY(values[QUEUE_ARGUMENTS - 1]));
	if (!nulls[QUEUE_RUN_AFTER - 1])
	{
		job->run_after = DatumGetTimestampTz(values[QUEUE_RUN_AFTER - 1]);
		job->is_early = job->run_after > clock_now();
	}
	if (last != NULL && last->handler_name != NULL && strcmp(last->kind, job->kind) == 0)
	{
		job->handler_schema = last->handler_schema;
		job->handler_name = last->handler_name;
		job->handler_max_attempts = last->handler_max_attempts;
		job->is_short = last->is_short;
	}
	else
		find_handler(job, fetch);
	if (job->handler_name != NULL)
		job->max_attempts = nulls[QUEUE_LAST_ATTEMPT - 1]
								? job->handler_max_attempts
								: DatumGetInt32(values[QUEUE_LAST_ATTEMPT - 1]);
	job->is_cancelled = fetch->any_cancel && is_cancelled(job, fetch);
	MemoryContextSwitchTo(old);
	claim->count++;
}

static void
find_handler(Job *job, const Fetch *fetch)
{
	TupleDesc columns = RelationGetDescr(fetch->handlers);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	Datum values[HANDLER_COLUMNS];
	bool nulls[HANDLER_COLUMNS];

	ScanKeyEntryInitialize(&key, 0, HANDLER_KIND, BTEqualStrategyNumber, InvalidOid,
						   DEFAULT_COLLATION_OID, F_TEXTEQ, CStringGetTextDatum(job->kind));
	scan = systable_beginscan(fetch->handlers, object_oid("job_handler_pkey"), true,
							  GetActiveSnapshot(), 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		heap_deform_tuple(tuple, columns, values, nulls);
		job->handler_schema = pstrdup(NameStr(*DatumGetName(values[HANDLER_SCHEMA - 1])));
		job->handler_name = pstrdup(NameStr(*DatumGetName(values[HANDLER_NAME - 1])));
		job->handler_max_attempts = DatumGetInt32(values[HANDLER_MAX_ATTEMPTS - 1]);
		job->is_short = DatumGetBool(values[HANDLER_IS_SHORT - 1]);
	}
	systable_endscan(scan);
}

static bool
is_cancelled(const Job *job, const Fetch *fetch)
{
	ScanKeyData keys[3];
	SysScanDesc scan;
	bool found;

	ScanKeyInit(&keys[0], CANCEL_ISSUER_ID, BTEqualStrategyNumber, F_INT8EQ,
				Int64GetDatum(job->issuer_id));
	ScanKeyInit(&keys[1], CANCEL_JOB_ID, BTEqualStrategyNumber, F_INT8EQ,
				Int64GetDatum(job->job_id));
	ScanKeyInit(&keys[2], CANCEL_ATTEMPT, BTEqualStrategyNumber, F_INT4EQ,
				Int32GetDatum(job->attempt));
	scan = systable_beginscan(fetch->cancels, object_oid("job_cancel_pkey"), true,
							  GetActiveSnapshot(), 3, keys);
	found = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	return found;
}

static int
compare_jobs(const void *a, const void *b)
{
	const Job *x = a, *y = b;

	if (x->submitted_xid != y->submitted_xid)
		return x->submitted_xid < y->submitted_xid ? -1 : 1;
	return x->job_id < y->job_id ? -1 : x->job_id > y->job_id;
}

/* Into the slot of today, whose number the caller has put among the values. */
static void
write_row(const char *table, Datum *values)
{
	static const bool no_nulls[CURSOR_COLUMNS + LEASE_COLUMNS] = {false};
	Relation relation = open_slot(table, queue_slot_of_today(), RowExclusiveLock);
	HeapTuple tuple = heap_form_tuple(RelationGetDescr(relation), values, (bool *) no_nulls);

	CatalogTupleInsert(relation, tuple);
	heap_freetuple(tuple);
	table_close(relation, NoLock);
	CommandCounterIncrement();
}

void
rows_write_cursor(const QueueCursor *cursor)
{
	Datum values[CURSOR_COLUMNS] = {
		Int64GetDatum(cursor->claim_no),  Int16GetDatum(queue_slot_of_today()),
		snapshot_datum(cursor->seen),	  snapshot_datum(cursor->target),
		UInt64GetDatum(cursor->at_xid),	  Int64GetDatum(cursor->at_job),
		Int64GetDatum(cursor->open_floor)};

	write_row("job_cursor", values);
}

void
rows_write_leases(const Claim *claim)
{
	const Job **jobs = palloc(sizeof(Job *) * claim->count);
	int start = 0;

	for (int i = 0; i < claim->count; i++)
		jobs[i] = &claim->jobs[i];
	qsort(jobs, claim->count, sizeof(Job *), compare_issuers);
	for (int i = 1; i <= claim->count; i++)
		if (i == claim->count || jobs[i]->issuer_id != jobs[start]->issuer_id)
		{
			write_lease(claim->claim_no, jobs + start, i - start);
			start = i;
		}
}

/* By issuer, and within one in the order of the claim. */
static int
compare_issuers(const void *a, const void *b)
{
	const Job *x = *(const Job *const *) a, *y = *(const Job *const *) b;

	if (x->issuer_id != y->issuer_id)
		return x->issuer_id < y->issuer_id ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void
write_lease(int64 claim_no, const Job **jobs, int count)
{
	Datum *job_ids = palloc(sizeof(Datum) * count);
	Datum *attempts = palloc(sizeof(Datum) * count);
	Datum values[LEASE_COLUMNS];

	for (int i = 0; i < count; i++)
	{
		job_ids[i] = Int64GetDatum(jobs[i]->job_id);
		attempts[i] = Int32GetDatum(jobs[i]->attempt);
	}
	values[LEASE_ISSUER_ID - 1] = Int64GetDatum(jobs[0]->issuer_id);
	values[LEASE_CLAIM_NO - 1] = Int64GetDatum(claim_no);
	values[LEASE_SLOT - 1] = Int16GetDatum(queue_slot_of_today());
	values[LEASE_HOLDER - 1] = Int64GetDatum(job_session_holder());
	values[LEASE_JOB_IDS - 1] = PointerGetDatum(
		construct_array(job_ids, count, INT8OID, sizeof(int64), true, TYPALIGN_DOUBLE));
	values[LEASE_ATTEMPTS - 1] = PointerGetDatum(
		construct_array(attempts, count, INT4OID, sizeof(int32), true, TYPALIGN_INT));
	values[LEASE_STARTED_AT - 1] = TimestampTzGetDatum(clock_now());
	write_row("job_lease", values);
}

int
rows_write_finishes(int64 claim_no)
{
	List *issuers = NIL;
	ListCell *cell;

	PushActiveSnapshot(GetTransactionSnapshot());
	for (int slot = 0; slot < QUEUE_SLOTS; slot++)
	{
		Relation leases = open_slot("job_lease", slot, AccessShareLock);
		Oid index = slot_index("job_lease", slot, "claim_no_idx");
		ScanKeyData key;
		SysScanDesc scan;
		HeapTuple tuple;
		bool isnull;

		/* the scan changes its key */
		ScanKeyInit(&key, LEASE_CLAIM_NO, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(claim_no));
		scan = systable_beginscan(leases, index, true, GetActiveSnapshot(), 1, &key);
		while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		{
			int64 *issuer_id = palloc(sizeof(int64));

			*issuer_id = DatumGetInt64(
				heap_getattr(tuple, LEASE_ISSUER_ID, RelationGetDescr(leases), &isnull));
			issuers = lappend(issuers, issuer_id);
		}
		systable_endscan(scan);
		table_close(leases, NoLock);
	}
	PopActiveSnapshot();
	foreach (cell, issuers)
	{
		Datum values[FINISH_COLUMNS];

		values[FINISH_ISSUER_ID - 1] = Int64GetDatum(*(int64 *) lfirst(cell));
		values[FINISH_CLAIM_NO - 1] = Int64GetDatum(claim_no);
		values[FINISH_SLOT - 1] = Int16GetDatum(queue_slot_of_today());
		values[FINISH_FINISHED_AT - 1] = TimestampTzGetDatum(clock_now());
		write_row("job_finish", values);
	}
	return list_length(issuers);
}
