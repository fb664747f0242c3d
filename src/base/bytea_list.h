/*
 * bytea_list.h: an array of bytea that grows where it stands.
 *
 * For documents on their way into a statement: each is copied once, and memory is used again from
 * batch to batch, since fresh megabytes cost more in page faults than their copying.
 */
#ifndef BASE_BYTEA_LIST_H
#define BASE_BYTEA_LIST_H

#include "postgres.h"

typedef struct ByteaList
{
	MemoryContext context;
	char *array; /* an ArrayType without nulls, its head not filled in yet */
	Size length, room;
	int count;
} ByteaList;

extern void bytea_list_init(ByteaList *list, MemoryContext context);
extern void bytea_list_add(ByteaList *list, const void *bytes, Size length);
/* The array of all; valid until the list changes. */
extern Datum bytea_list_array(ByteaList *list);
/* The array of those at these places; of all in their order it is the list's own. */
extern Datum bytea_list_pick(ByteaList *list, const int *places, int count);
extern void bytea_list_reset(ByteaList *list);

#endif
