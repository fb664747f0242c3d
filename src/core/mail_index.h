/*
 * mail_index.h: finds the number of an equal item by hash.  Items are numbered 0, 1, ... as they
 * are put; what they are and where they stand is the caller's.
 */
#ifndef CORE_MAIL_INDEX_H
#define CORE_MAIL_INDEX_H

#include <string.h>

#include "core/port.h"

typedef struct MailSlot
{
	uint32_t hash;
	int item; /* -1: free */
} MailSlot;

typedef struct MailIndex
{
	MailSlot *slots;
	int slot_count; /* a power of two, at least twice the items */
	int count;
} MailIndex;

typedef bool (*MailSame)(const void *wanted, int item);

/* Room for one more item; false when there is no memory. */
extern bool mail_index_reserve(MailIndex *index, const Port *port);

/* The slot of the equal item, or the free one where it belongs.  After mail_index_reserve. */
static inline MailSlot *
mail_index_find(const MailIndex *index, uint32_t hash, MailSame same, const void *wanted)
{
	uint32_t mask = (uint32_t) (index->slot_count - 1);
	uint32_t at = hash & mask;

	while (index->slots[at].item >= 0 &&
		   !(index->slots[at].hash == hash && same(wanted, index->slots[at].item)))
		at = (at + 1) & mask;
	return &index->slots[at];
}

/* Numbers the new item. */
static inline int
mail_index_put(MailIndex *index, MailSlot *slot, uint32_t hash)
{
	slot->hash = hash;
	return slot->item = index->count++;
}

static inline uint32_t
mail_hash_number(uint32_t hash, uint32_t number)
{
	hash = (hash ^ number) * 2654435761u;
	return hash ^ (hash >> 15);
}

static inline uint32_t
mail_hash_bytes(uint32_t hash, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char) bytes[i]) * 16777619u;
	return hash;
}

#endif
