/*
 * volume_intern.h: numbers for texts, each text once.
 *
 * A text is known by its bytes and a salt, so that one table serves many columns.
 */
#ifndef CORE_VOLUME_INTERN_H
#define CORE_VOLUME_INTERN_H

#include "core/text_arena.h"

typedef struct InternEntry
{
	uint64_t hash;
	const char *bytes;
	uint32_t length;
	uint32_t salt;
	uint32_t value; /* the caller's */
} InternEntry;

typedef struct VolumeIntern
{
	TextArena arena;
	InternEntry *entries; /* by number */
	uint32_t count, capacity;
	uint32_t *slots; /* number + 1 */
	uint32_t mask;
	bool failed;
} VolumeIntern;

#define INTERN_NONE UINT32_MAX

extern void volume_intern_init(VolumeIntern *intern, const Port *port);
extern void volume_intern_release(VolumeIntern *intern);
/* INTERN_NONE when it is not there. */
extern uint32_t volume_intern_find(const VolumeIntern *intern, uint32_t salt, const void *bytes,
								   size_t length);
/* The number of the text, a new one (value 0, a copy of the bytes) when it is not there;
 * INTERN_NONE and failed when out of memory. */
extern uint32_t volume_intern_add(VolumeIntern *intern, uint32_t salt, const void *bytes,
								  size_t length);

#endif
