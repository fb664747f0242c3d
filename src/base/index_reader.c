/*
 * index_reader.c: reads a table along an index.
 */
#include "postgres.h"

#include "base/index_reader.h"

#include "access/table.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "compat.h"
#include "executor/executor.h"
#include "storage/bufmgr.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

static Oid
relation_named(const char *name)
{
	Oid found = get_relname_relid(name, get_namespace_oid("mailroom", false));

	if (!OidIsValid(found))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("relation \"mailroom.%s\" does not exist", name)));
	return found;
}

void
index_reader_open(IndexReader *reader, const char *table, const char *index)
{
	reader->table = table_open(relation_named(table), AccessShareLock);
	reader->index = index_open(relation_named(index), AccessShareLock);
	reader->slot = table_slot_create(reader->table, NULL);
	reader->context = CurrentMemoryContext;
	reader->scan = NULL;
	reader->key_count = 0;
}

void
index_reader_key(IndexReader *reader, AttrNumber column, StrategyNumber strategy,
				 RegProcedure comparison, Datum value)
{
	Assert(reader->scan == NULL && reader->key_count < INDEX_READER_KEYS);
	ScanKeyEntryInitialize(&reader->keys[reader->key_count++], 0, column, strategy, InvalidOid,
						   reader->index->rd_indcollation[column - 1], comparison, value);
}

void
index_reader_start(IndexReader *reader)
{
	MemoryContext old = MemoryContextSwitchTo(reader->context);

	if (reader->scan == NULL)
	{
		reader->scan =
			index_scan_begin(reader->table, reader->index, GetActiveSnapshot(), reader->key_count);
		reader->scan->xs_want_itup = true;
	}
	reader->ended = false;
	index_rescan(reader->scan, reader->keys, reader->key_count, NULL, 0);
	MemoryContextSwitchTo(old);
}

bool
index_reader_fetch(IndexReader *reader, const ItemPointerData *place)
{
	ItemPointerData tid = *place; /* moves along a chain of versions */
	bool again = false, all_dead;

	return table_index_fetch_tuple(reader->scan->xs_heapfetch, &tid, reader->scan->xs_snapshot,
								   reader->slot, &again, &all_dead);
}

void
index_reader_prefetch(IndexReader *reader, const ItemPointerData *places, int count)
{
	BlockNumber before = InvalidBlockNumber;

	for (int i = 0; i < count; i++)
	{
		BlockNumber block = ItemPointerGetBlockNumber(&places[i]);

		if (block != before)
			(void) PrefetchBuffer(reader->table, MAIN_FORKNUM, block);
		before = block;
	}
}

void
index_reader_close(IndexReader *reader)
{
	if (reader->scan != NULL)
		index_endscan(reader->scan);
	ExecDropSingleTupleTableSlot(reader->slot);
	index_close(reader->index, NoLock);
	table_close(reader->table, NoLock);
}
