/*
 * archive_guard.c: what keeps the archive from being changed or dropped by mistake.
 *
 * Rows: a statement trigger on every archive table refuses what is not an INSERT.  It is in C
 * because a setting that a plain SQL function reads could be set by anybody before the library is
 * loaded.
 *
 * Tables: whatever command drops them (DROP EXTENSION, DROP SCHEMA, DROP OWNED, dropping plpgsql
 * with CASCADE, ...), the server calls object_access_hook for each relation before it goes.  The
 * event trigger does nothing but bring this library, and with it the hook, into sessions of servers
 * that do not preload it.  DROP DATABASE is out of reach.
 *
 * Neither stops a superuser who wants to: for that there is verify_archive and the published head.
 */
#include "postgres.h"

#include "archive/archive.h"
#include "access/genam.h"
#include "access/table.h"
#include "base/errors.h"
#include "catalog/namespace.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "commands/event_trigger.h"
#include "commands/trigger.h"
#include "export.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

MAILROOM_FUNCTION(mailroom_refuse_archive_change);
MAILROOM_FUNCTION(mailroom_load_archive_guard);

static bool allow_archive_change = false;
static bool allow_archive_drop = false;
static object_access_hook_type previous_hook = NULL;

static void guard_object(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id,
						 void *argument);
static bool is_archive_table(Oid relation_id);
static bool holds_rows(Oid relation_id);

void
archive_define_settings(void)
{
	DefineCustomBoolVariable("mailroom.allow_archive_change",
							 "Allows UPDATE, DELETE and TRUNCATE on the tables of the archive.",
							 "mailroom.verify_archive() names what was changed all the same.",
							 &allow_archive_change, false, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("mailroom.allow_archive_drop",
							 "Allows to drop the archive while it holds documents.", NULL,
							 &allow_archive_drop, false, PGC_SUSET, 0, NULL, NULL, NULL);
	previous_hook = object_access_hook;
	object_access_hook = guard_object;
}

/* Statement trigger: BEFORE UPDATE OR DELETE OR TRUNCATE. */
Datum
mailroom_refuse_archive_change(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("function was not called as a trigger")));
	if (!allow_archive_change)
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_ARCHIVE_GUARDED),
						errmsg("cannot change \"%s\" because the archive only grows",
							   RelationGetRelationName(trigger->tg_relation)),
						errhint("A superuser may set mailroom.allow_archive_change.")));
	return PointerGetDatum(NULL);
}

/* Event trigger on ddl_command_start: being called has loaded the library, which is all. */
Datum
mailroom_load_archive_guard(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("function was not called as an event trigger")));
	PG_RETURN_NULL();
}

static void
guard_object(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id, void *argument)
{
	if (previous_hook != NULL)
		previous_hook(access, class_id, object_id, sub_id, argument);
	if (access != OAT_DROP || class_id != RelationRelationId || sub_id != 0 || allow_archive_drop)
		return;
	if (is_archive_table(object_id) && holds_rows(object_id))
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_ARCHIVE_GUARDED),
						errmsg("cannot drop table \"%s\" because the archive holds documents",
							   get_rel_name(object_id)),
						errhint("A superuser may set mailroom.allow_archive_drop.")));
}

static bool
is_archive_table(Oid relation_id)
{
	const char *name = get_rel_name(relation_id);

	return name != NULL &&
		   (strcmp(name, "archive_entry") == 0 || strcmp(name, "archive_volume") == 0) &&
		   get_rel_namespace(relation_id) == get_namespace_oid("mailroom", true) &&
		   get_rel_relkind(relation_id) == RELKIND_RELATION;
}

/* The table's indexes may be gone already, so its pages are read. */
static bool
holds_rows(Oid relation_id)
{
	Relation relation = table_open(relation_id, AccessShareLock);
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	SysScanDesc scan = systable_beginscan(relation, InvalidOid, false, snapshot, 0, NULL);
	bool found = HeapTupleIsValid(systable_getnext(scan));

	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(relation, AccessShareLock);
	return found;
}
