/*
 * version.c: compares pg_extension.extversion with the library.
 *
 * ALTER EXTENSION UPDATE replaces functions, so the kept answer is dropped whenever any function
 * changes.  While an extension script runs, library and script may differ and nothing is checked.
 */
#include "postgres.h"

#include "base/version.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "base/errors.h"
#include "catalog/pg_extension.h"
#include "commands/extension.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/rel.h"
#include "utils/syscache.h"

static bool version_is_known = false;

static void
forget_version(Datum argument, int cache_id, uint32 hash_value)
{
	version_is_known = false;
}

char *
version_installed(void)
{
	Relation extensions = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	char *version = NULL;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum("mailroom"));
	scan = systable_beginscan(extensions, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		bool isnull;
		Datum value = heap_getattr(tuple, Anum_pg_extension_extversion,
								   RelationGetDescr(extensions), &isnull);

		if (!isnull)
			version = TextDatumGetCString(value);
	}
	systable_endscan(scan);
	table_close(extensions, AccessShareLock);
	return version;
}

bool
version_matches(void)
{
	static bool callback_is_set = false;
	char *installed;

	if (version_is_known || creating_extension)
		return true;
	if (!callback_is_set)
	{
		CacheRegisterSyscacheCallback(PROCOID, forget_version, (Datum) 0);
		callback_is_set = true;
	}
	installed = version_installed();
	version_is_known = installed != NULL && strcmp(installed, MAILROOM_VERSION) == 0;
	return version_is_known;
}

void
version_check(void)
{
	char *installed;

	if (version_matches())
		return;
	installed = version_installed();
	ereport(ERROR, (errcode(ERRCODE_MAILROOM_VERSION_MISMATCH),
					errmsg("library \"mailroom\" is of version %s, its SQL objects of version %s",
						   MAILROOM_VERSION, installed ? installed : "none"),
					errhint("Run ALTER EXTENSION mailroom UPDATE, and restart the server if the "
							"library is preloaded.")));
}
