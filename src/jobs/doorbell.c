/*
 * doorbell.c: rings at commit.
 *
 * The statement trigger on the queue only notes in the session that there is something to ring for.
 * The transaction callback rings after commit, when others see the rows; it does nothing that can
 * fail.  A rolled back transaction rings nobody.  The trigger of a prepared transaction ran in
 * another session, so COMMIT PREPARED always rings.
 */
#include "postgres.h"

#include "jobs/doorbell.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_extension.h"
#include "commands/trigger.h"
#include "export.h"
#include "jobs/job_progress.h"
#include "jobs/job_settings.h"
#include "jobs/job_shmem.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

MAILROOM_FUNCTION(mailroom_ring_doorbell);

static bool ring_at_commit = false;
static Oid ring_role = InvalidOid;
static ProcessUtility_hook_type previous_utility_hook = NULL;

/* mailroom.ring_doorbell(), statement trigger */
Datum
mailroom_ring_doorbell(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("function was not called as a trigger")));
	/* a worker looks at the queue again before it rests */
	if (job_shared != NULL && !ring_at_commit && !job_in_worker)
	{
		ring_role = doorbell_worker_role();
		ring_at_commit = true;
	}
	return PointerGetDatum(NULL);
}

static void
at_transaction_end(XactEvent event, void *argument)
{
	switch (event)
	{
		case XACT_EVENT_COMMIT:
			if (ring_at_commit)
				job_ring(MyDatabaseId, ring_role);
			ring_at_commit = false;
			break;
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			ring_at_commit = false;
			break;
		default:
			break;
	}
}

static void
ring_after_commit_prepared(PlannedStmt *planned, const char *query, bool read_only_tree,
						   ProcessUtilityContext context, ParamListInfo params,
						   QueryEnvironment *environment, DestReceiver *destination,
						   QueryCompletion *completion)
{
	bool commit_prepared =
		IsA(planned->utilityStmt, TransactionStmt) &&
		((TransactionStmt *) planned->utilityStmt)->kind == TRANS_STMT_COMMIT_PREPARED;

	if (previous_utility_hook)
		previous_utility_hook(planned, query, read_only_tree, context, params, environment,
							  destination, completion);
	else
		standard_ProcessUtility(planned, query, read_only_tree, context, params, environment,
								destination, completion);
	if (commit_prepared)
		job_ring(MyDatabaseId, InvalidOid);
}

Oid
doorbell_worker_role(void)
{
	return worker_role[0] != '\0' ? get_role_oid(worker_role, true) : doorbell_extension_owner();
}

Oid
doorbell_extension_owner(void)
{
	Relation extensions;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	Oid role = InvalidOid;

	extensions = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum("mailroom"));
	scan = systable_beginscan(extensions, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		role = ((Form_pg_extension) GETSTRUCT(tuple))->extowner;
	systable_endscan(scan);
	table_close(extensions, AccessShareLock);
	return role;
}

void
doorbell_init(void)
{
	RegisterXactCallback(at_transaction_end, NULL);
	previous_utility_hook = ProcessUtility_hook;
	ProcessUtility_hook = ring_after_commit_prepared;
}
