/*
 * index_reader.h: reads a table along one of its indexes, under the caller's snapshot and without
 * the executor: for questions that look into dozens of places, where starting a query for each
 * would cost more than reading it.
 *
 * It checks no rights and no policy of rows: whoever offers it to a role has done that before.
 */
#ifndef BASE_INDEX_READER_H
#define BASE_INDEX_READER_H

#include "postgres.h"

#include "access/genam.h"
#include "access/relscan.h"
#include "access/skey.h"
#include "executor/tuptable.h"
#include "utils/rel.h"

#define INDEX_READER_KEYS 6

typedef struct IndexReader
{
	Relation table, index;
	IndexScanDesc scan;
	TupleTableSlot *slot;
	MemoryContext context; /* of the opener: the scan lives there */
	bool ended;			   /* asked once more after its end, a scan would begin again */
	int key_count;
	ScanKeyData keys[INDEX_READER_KEYS];
} IndexReader;

/* Opens mailroom.TABLE and its index mailroom.INDEX. */
extern void index_reader_open(IndexReader *reader, const char *table, const char *index);
/* Conditions on the index's columns, in their order, before the first start. */
extern void index_reader_key(IndexReader *reader, AttrNumber column, StrategyNumber strategy,
							 RegProcedure comparison, Datum value);
/* Begins with the keys as they are; keys may have other values at the next start. */
extern void index_reader_start(IndexReader *reader);

/* The next entry's place, NULL at the end; its columns are those of index_reader_column. */
static inline ItemPointer
index_reader_next(IndexReader *reader, ScanDirection direction)
{
	ItemPointer place = reader->ended ? NULL : index_getnext_tid(reader->scan, direction);

	reader->ended = place == NULL;
	return place;
}

/* The next visible row in slot; false at the end. */
static inline bool
index_reader_next_row(IndexReader *reader, ScanDirection direction)
{
	reader->ended = reader->ended || !index_getnext_slot(reader->scan, direction, reader->slot);
	return !reader->ended;
}

/* A column of the entry that index_reader_next gave, valid until the next one. */
static inline Datum
index_reader_column(const IndexReader *reader, AttrNumber column, bool *isnull)
{
	return index_getattr(reader->scan->xs_itup, column, reader->scan->xs_itupdesc, isnull);
}

/* Reads the row of a place into slot; false when it is not visible. */
extern bool index_reader_fetch(IndexReader *reader, const ItemPointerData *place);
/* Asks for the pages of places that are about to be read, unless they are in memory. */
extern void index_reader_prefetch(IndexReader *reader, const ItemPointerData *places, int count);
extern void index_reader_close(IndexReader *reader);

#endif
