/*
 * bytea_list.c: the head of an array, and elements behind one another as arrays align them.
 */
#include "postgres.h"

#include "base/bytea_list.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/memutils.h"

#define FIRST_ROOM (256 * 1024)
/* More than that is given back between batches. */
#define KEPT_ROOM (16 * 1024 * 1024)

void
bytea_list_init(ByteaList *list, MemoryContext context)
{
	memset(list, 0, sizeof(*list));
	list->context = context;
	list->length = ARR_OVERHEAD_NONULLS(1);
}

void
bytea_list_add(ByteaList *list, const void *bytes, Size length)
{
	Size end = INTALIGN(list->length + VARHDRSZ + length);

	if (length > MaxAllocSize || end > MaxAllocSize)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("documents of a batch exceed %zu bytes", MaxAllocSize)));
	if (end > list->room)
	{
		Size room = Max(list->room, FIRST_ROOM);

		while (room < end)
			room *= 2;
		room = Min(room, MaxAllocSize);
		list->array = list->array == NULL ? MemoryContextAlloc(list->context, room)
										  : repalloc(list->array, room);
		list->room = room;
	}
	SET_VARSIZE(list->array + list->length, VARHDRSZ + length);
	memcpy(VARDATA(list->array + list->length), bytes, length);
	memset(list->array + list->length + VARHDRSZ + length, 0,
		   end - (list->length + VARHDRSZ + length));
	list->length = end;
	list->count++;
}

Datum
bytea_list_array(ByteaList *list)
{
	ArrayType *array = (ArrayType *) list->array;

	if (list->count == 0)
		return PointerGetDatum(construct_empty_array(BYTEAOID));
	SET_VARSIZE(array, list->length);
	array->ndim = 1;
	array->dataoffset = 0;
	array->elemtype = BYTEAOID;
	ARR_DIMS(array)[0] = list->count;
	ARR_LBOUND(array)[0] = 1;
	return PointerGetDatum(array);
}

Datum
bytea_list_pick(ByteaList *list, const int *places, int count)
{
	Datum *all, *picked;
	char *at = list->array + ARR_OVERHEAD_NONULLS(1);
	bool same = count == list->count;

	for (int i = 0; same && i < count; i++)
		same = places[i] == i;
	if (same)
		return bytea_list_array(list);
	all = palloc(sizeof(Datum) * (list->count + 1));
	picked = palloc(sizeof(Datum) * (count + 1));
	for (int i = 0; i < list->count; i++)
	{
		all[i] = PointerGetDatum(at);
		at += INTALIGN(VARSIZE(at));
	}
	for (int i = 0; i < count; i++)
		picked[i] = all[places[i]];
	return PointerGetDatum(construct_array(picked, count, BYTEAOID, -1, false, TYPALIGN_INT));
}

void
bytea_list_reset(ByteaList *list)
{
	if (list->room > KEPT_ROOM)
	{
		pfree(list->array);
		list->array = NULL;
		list->room = 0;
	}
	list->length = ARR_OVERHEAD_NONULLS(1);
	list->count = 0;
}
