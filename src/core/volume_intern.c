/*
 * volume_intern.c: an open hash table over texts.
 */
#include "core/volume_intern.h"

#include <string.h>

void
volume_intern_init(VolumeIntern *intern, const Port *port)
{
	memset(intern, 0, sizeof(*intern));
	text_arena_init(&intern->arena, port);
}

void
volume_intern_release(VolumeIntern *intern)
{
	const Port *port = intern->arena.port;

	text_arena_release(&intern->arena);
	if (intern->entries != NULL)
		port->release(port->host, intern->entries);
	if (intern->slots != NULL)
		port->release(port->host, intern->slots);
	volume_intern_init(intern, port);
}

static uint64_t
hash_text(uint32_t salt, const char *bytes, size_t length)
{
	uint64_t hash = (salt + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ length;
	uint64_t word;

	for (; length >= 8; bytes += 8, length -= 8)
	{
		memcpy(&word, bytes, 8);
		hash = (hash ^ word) * UINT64_C(0xff51afd7ed558ccd);
		hash ^= hash >> 32;
	}
	word = 0;
	if (length > 0)
		memcpy(&word, bytes, length);
	hash = (hash ^ word) * UINT64_C(0xc4ceb9fe1a85ec53);
	return hash ^ hash >> 29;
}

/* The slot of the text, or the empty one where it belongs. */
static uint32_t *
find_slot(const VolumeIntern *intern, uint64_t hash, uint32_t salt, const void *bytes,
		  size_t length)
{
	uint32_t at = (uint32_t) hash & intern->mask;

	for (; intern->slots[at] != 0; at = (at + 1) & intern->mask)
	{
		const InternEntry *entry = &intern->entries[intern->slots[at] - 1];

		if (entry->hash == hash && entry->salt == salt && entry->length == length &&
			memcmp(entry->bytes, bytes, length) == 0)
			break;
	}
	return &intern->slots[at];
}

uint32_t
volume_intern_find(const VolumeIntern *intern, uint32_t salt, const void *bytes, size_t length)
{
	uint32_t slot;

	if (intern->count == 0)
		return INTERN_NONE;
	slot = *find_slot(intern, hash_text(salt, bytes, length), salt, bytes, length);
	return slot == 0 ? INTERN_NONE : slot - 1;
}

static bool
grow(VolumeIntern *intern)
{
	const Port *port = intern->arena.port;
	uint32_t capacity = intern->capacity == 0 ? 64 : intern->capacity * 2;
	InternEntry *entries =
		port_resize_array(port, intern->entries, intern->capacity, capacity, sizeof(InternEntry));
	uint32_t *slots;

	if (entries == NULL)
		return false;
	intern->entries = entries;
	slots = port_alloc_array(port, (size_t) capacity * 2, sizeof(uint32_t));
	if (slots == NULL)
		return false;
	memset(slots, 0, (size_t) capacity * 2 * sizeof(uint32_t));
	if (intern->slots != NULL)
		port->release(port->host, intern->slots);
	intern->slots = slots;
	intern->capacity = capacity;
	intern->mask = capacity * 2 - 1;
	for (uint32_t i = 0; i < intern->count; i++)
		*find_slot(intern, entries[i].hash, entries[i].salt, entries[i].bytes, entries[i].length) =
			i + 1;
	return true;
}

uint32_t
volume_intern_add(VolumeIntern *intern, uint32_t salt, const void *bytes, size_t length)
{
	uint64_t hash = hash_text(salt, bytes, length);
	uint32_t *slot;
	char *copy;

	if (intern->count == intern->capacity && !grow(intern))
	{
		intern->failed = true;
		return INTERN_NONE;
	}
	slot = find_slot(intern, hash, salt, bytes, length);
	if (*slot != 0)
		return *slot - 1;
	copy = text_arena_alloc(&intern->arena, length + 1);
	if (copy == NULL)
	{
		intern->failed = true;
		return INTERN_NONE;
	}
	if (length > 0)
		memcpy(copy, bytes, length);
	intern->entries[intern->count] =
		(InternEntry){.hash = hash, .bytes = copy, .length = (uint32_t) length, .salt = salt};
	*slot = ++intern->count;
	return *slot - 1;
}
