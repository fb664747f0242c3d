/*
 * issuer_stats.c: what the planner believes about issuer_id.
 *
 * It is the first column of every key, so every index of a table starts with it.  A table that was
 * filled a moment ago has no statistics, and while the planner takes it for small it takes
 * issuer_id for unique: then each of these indexes looks as good as the key, and a look-up by key
 * may read all rows of the issuer, in a plan that is kept while the table grows.  Collected
 * statistics do not help (98_access.sql says why there are none).  So in every session that has
 * the library loaded, the column of our tables has a fixed number of distinct values: few enough
 * that a key always wins, and enough that an issuer's rows are looked for by index.
 */
#include "postgres.h"

#include "base/issuer_stats.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_statistic.h"
#include "nodes/parsenodes.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/selfuncs.h"

#define ISSUERS_ASSUMED 20

static get_relation_stats_hook_type previous_hook = NULL;

static bool give_issuer_stats(PlannerInfo *root, RangeTblEntry *entry, AttrNumber attribute,
							  VariableStatData *variable);
static bool is_issuer_column(Oid table, AttrNumber attribute);
static HeapTuple issuer_stats(void);
static void keep_tuple(HeapTuple tuple);

void
issuer_stats_init(void)
{
	previous_hook = get_relation_stats_hook;
	get_relation_stats_hook = give_issuer_stats;
}

static bool
give_issuer_stats(PlannerInfo *root, RangeTblEntry *entry, AttrNumber attribute,
				  VariableStatData *variable)
{
	if (previous_hook && previous_hook(root, entry, attribute, variable))
		return true;
	if (entry->rtekind != RTE_RELATION || !is_issuer_column(entry->relid, attribute))
		return false;
	variable->statsTuple = issuer_stats();
	variable->freefunc = keep_tuple;
	return true;
}

static bool
is_issuer_column(Oid table, AttrNumber attribute)
{
	char *name = get_attname(table, attribute, true);

	return name != NULL && strcmp(name, "issuer_id") == 0 &&
		   get_rel_namespace(table) == get_namespace_oid("mailroom", true);
}

/* Made once a session: no nulls, a number of distinct values, no lists of values. */
static HeapTuple
issuer_stats(void)
{
	static HeapTuple kept = NULL;
	Relation statistics;
	MemoryContext old;
	Datum values[Natts_pg_statistic] = {0};
	bool nulls[Natts_pg_statistic];

	if (kept != NULL)
		return kept;
	for (int i = 0; i < Natts_pg_statistic; i++)
		nulls[i] = i + 1 >= Anum_pg_statistic_stanumbers1;
	values[Anum_pg_statistic_stawidth - 1] = Int32GetDatum(sizeof(int64));
	values[Anum_pg_statistic_stadistinct - 1] = Float4GetDatum(ISSUERS_ASSUMED);
	statistics = table_open(StatisticRelationId, AccessShareLock);
	old = MemoryContextSwitchTo(TopMemoryContext);
	kept = heap_form_tuple(RelationGetDescr(statistics), values, nulls);
	MemoryContextSwitchTo(old);
	table_close(statistics, AccessShareLock);
	return kept;
}

static void
keep_tuple(HeapTuple tuple)
{
}
