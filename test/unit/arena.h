/*
 * arena.h: memory of core's arenas in tests: what is taken lives until the arena is freed, is never
 * zero to begin with, and can be made to end.
 */
#ifndef UNIT_ARENA_H
#define UNIT_ARENA_H

#include "core/port.h"

#include <stdlib.h>
#include <string.h>

typedef struct Arena
{
	void **blocks;
	size_t count, room;
	long *allowed; /* allocations that still succeed; negative or NULL: all */
} Arena;

#define ARENA_PORT(arena)                                                    \
	{                                                                        \
		(arena), arena_alloc, arena_resize, arena_release, arena_interrupted \
	}

static inline void *
arena_alloc(void *host, size_t size)
{
	Arena *arena = host;
	void *block;

	if (arena->allowed != NULL && *arena->allowed >= 0 && (*arena->allowed)-- == 0)
	{
		*arena->allowed = 0;
		return NULL;
	}
	if (arena->count == arena->room)
	{
		arena->room = arena->room ? arena->room * 2 : 64;
		arena->blocks = realloc(arena->blocks, arena->room * sizeof(void *));
	}
	block = malloc(size ? size : 1);
	memset(block, 0x5a, size ? size : 1);
	return arena->blocks[arena->count++] = block;
}

static inline void *
arena_resize(void *host, void *old, size_t old_size, size_t size)
{
	void *block = arena_alloc(host, size);

	if (block != NULL && old != NULL)
		memcpy(block, old, old_size < size ? old_size : size);
	return block;
}

static inline void
arena_release(void *host, void *block)
{
	(void) host;
	(void) block;
}

static inline bool
arena_interrupted(void *host)
{
	(void) host;
	return false;
}

static inline void
arena_free(void *host)
{
	Arena *arena = host;

	while (arena->count > 0)
		free(arena->blocks[--arena->count]);
	free(arena->blocks);
	arena->blocks = NULL;
	arena->room = 0;
}

#endif /* UNIT_ARENA_H */
