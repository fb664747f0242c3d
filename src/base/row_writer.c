/*
 * row_writer.c: the guarded direct path into a heap table.
 *
 * Against INSERT ... SELECT FROM unnest it saves the executor's passes over each row (arrays, tuple
 * store, projection) and a third of the WAL; test/bench/import_tables.sh measures both.  What
 * INSERT would do and this does not must not be there, so a table is refused a writer when it has
 *
 * - triggers (foreign keys among them), rules, row-level security that binds the current role;
 * - a partitioned or foreign shape, another access method, children, or a column with a default,
 *   identity or generated value that the rows leave out, or of another type than the rows have;
 * - a deferrable unique key or an exclusion constraint;
 * - a database in which Citus is installed: there a distributed table's local heap is an empty
 *   shell, and rows written to it would vanish.
 *
 * CHECK and NOT NULL constraints, unique indexes and the right to INSERT are proved as INSERT
 * proves them.  Extensions that watch the executor (auditing, statement statistics) do not see
 * these rows: mailroom.direct_writes = off sends them through INSERT.
 */
#include "postgres.h"

#include "base/row_writer.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "base/settings.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "commands/extension.h"
#include "compat.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"

struct RowWriter
{
	Relation relation;
	TupleDesc description; /* a copy of its own: each slot would pin the relation's */
	int *column_of;		   /* of each attribute: its column in the rows, -1 = null */
	EState *estate;
	ResultRelInfo *target;
	TupleTableSlot *slots[ROW_BATCH_ROWS]; /* made when needed */
	MemoryContext context;
};

static Relation open_table(const char *name);
static bool is_plain(Relation relation);
static int *match_columns(Relation relation, const RowColumn *columns, int column_count);
static bool indexes_are_plain(ResultRelInfo *target);
static void fill_slot(RowWriter *writer, TupleTableSlot *slot, int row, Datum *const *values,
					  bool *const *nulls);

RowWriter *
row_writer_open(const char *table, const RowColumn *columns, int column_count)
{
	RowWriter *writer;
	Relation relation;
	int *column_of = NULL;

	if (!base_direct_writes || OidIsValid(get_extension_oid("citus", true)))
		return NULL;
	relation = open_table(table);
	if (is_plain(relation))
		column_of = match_columns(relation, columns, column_count);
	if (column_of == NULL)
	{
		table_close(relation, NoLock);
		return NULL;
	}
	writer = palloc0(sizeof(RowWriter));
	writer->relation = relation;
	writer->description = CreateTupleDescCopyConstr(RelationGetDescr(relation));
	writer->column_of = column_of;
	writer->context = CurrentMemoryContext;
	writer->estate = CreateExecutorState();
	writer->target = makeNode(ResultRelInfo);
	InitResultRelInfo(writer->target, relation, 0, NULL, 0);
	ExecOpenIndices(writer->target, false);
	if (!indexes_are_plain(writer->target))
	{
		row_writer_close(writer);
		return NULL;
	}
	return writer;
}

void
row_writer_insert(RowWriter *writer, int rows, Datum *const *values, bool *const *nulls)
{
	CommandId command = GetCurrentCommandId(true);
	MemoryContext old = MemoryContextSwitchTo(writer->context);
	bool constrained = writer->relation->rd_att->constr != NULL;

	PreventCommandIfReadOnly("INSERT");
	for (int row = 0; row < rows; row++)
	{
		if (writer->slots[row] == NULL)
			writer->slots[row] = MakeSingleTupleTableSlot(writer->description,
														  table_slot_callbacks(writer->relation));
		fill_slot(writer, writer->slots[row], row, values, nulls);
		if (constrained)
			ExecConstraints(writer->target, writer->slots[row], writer->estate);
	}
	/* what is made for large values goes with the batch */
	MemoryContextSwitchTo(GetPerTupleMemoryContext(writer->estate));
	table_multi_insert(writer->relation, writer->slots, rows, command, 0, NULL);
	MemoryContextSwitchTo(writer->context);
	for (int row = 0; row < rows; row++)
	{
		if (writer->target->ri_NumIndices > 0)
			insert_index_tuples(writer->target, writer->estate, writer->slots[row]);
		ExecClearTuple(writer->slots[row]);
	}
	ResetPerTupleExprContext(writer->estate);
	CommandCounterIncrement();
	MemoryContextSwitchTo(old);
}

void
row_writer_close(RowWriter *writer)
{
	for (int row = 0; row < ROW_BATCH_ROWS && writer->slots[row] != NULL; row++)
		ExecDropSingleTupleTableSlot(writer->slots[row]);
	ExecCloseIndices(writer->target);
	FreeExecutorState(writer->estate);
	FreeTupleDesc(writer->description);
	table_close(writer->relation, NoLock);
	pfree(writer->column_of);
	pfree(writer);
}

static Relation
open_table(const char *name)
{
	const char *dot = strchr(name, '.');
	Oid schema = get_namespace_oid(pnstrdup(name, dot - name), false);

	return table_open(get_relname_relid(dot + 1, schema), RowExclusiveLock);
}

static bool
is_plain(Relation relation)
{
	Form_pg_class class = relation->rd_rel;

	if (pg_class_aclcheck(RelationGetRelid(relation), GetUserId(), ACL_INSERT) != ACLCHECK_OK ||
		check_enable_rls(RelationGetRelid(relation), InvalidOid, true) == RLS_ENABLED)
		return false;
	return class->relkind == RELKIND_RELATION && class->relam == HEAP_TABLE_AM_OID &&
		   !class->relispartition && !class->relhassubclass && !class->relhasrules &&
		   relation->trigdesc == NULL;
}

/* NULL if a column needs what only INSERT does. */
static int *
match_columns(Relation relation, const RowColumn *columns, int column_count)
{
	TupleDesc description = RelationGetDescr(relation);
	int *column_of = palloc(sizeof(int) * description->natts);
	int found = 0;

	for (int i = 0; i < description->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(description, i);
		int column = column_count;

		column_of[i] = -1;
		if (attribute->attisdropped)
			continue;
		for (column = 0; column < column_count; column++)
			if (strcmp(NameStr(attribute->attname), columns[column].name) == 0)
				break;
		if (attribute->attgenerated != 0 || attribute->attidentity == ATTRIBUTE_IDENTITY_ALWAYS ||
			(column == column_count && (attribute->atthasdef || attribute->attidentity != 0)) ||
			(column < column_count && attribute->atttypid != columns[column].type) ||
			(column < column_count && attribute->atttypmod >= 0))
			return NULL;
		if (column == column_count)
			continue;
		column_of[i] = column;
		found++;
	}
	return found == column_count ? column_of : NULL;
}

static bool
indexes_are_plain(ResultRelInfo *target)
{
	for (int i = 0; i < target->ri_NumIndices; i++)
		if (!target->ri_IndexRelationDescs[i]->rd_index->indimmediate ||
			target->ri_IndexRelationInfo[i]->ii_ExclusionOps != NULL)
			return false;
	return true;
}

static void
fill_slot(RowWriter *writer, TupleTableSlot *slot, int row, Datum *const *values,
		  bool *const *nulls)
{
	int count = slot->tts_tupleDescriptor->natts;

	ExecClearTuple(slot);
	for (int i = 0; i < count; i++)
	{
		int column = writer->column_of[i];

		slot->tts_isnull[i] = column < 0 || nulls[column][row];
		slot->tts_values[i] = slot->tts_isnull[i] ? (Datum) 0 : values[column][row];
	}
	ExecStoreVirtualTuple(slot);
	slot->tts_tableOid = RelationGetRelid(writer->relation);
}
