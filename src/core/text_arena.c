/*
 * text_arena.c: a chain of blocks; a text that fits no block gets one of its own size.
 */
#include "core/text_arena.h"

#define BLOCK_BYTES 4096

struct TextBlock
{
	TextBlock *next;
	size_t used, size;
	char bytes[];
};

void
text_arena_init(TextArena *arena, const Port *port)
{
	arena->port = port;
	arena->first = arena->current = NULL;
}

char *
text_arena_alloc(TextArena *arena, size_t size)
{
	TextBlock *block = arena->current, *added;
	size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;

	while (block != NULL && block->size - block->used < size && block->next != NULL)
		block = block->next;
	if (block == NULL || block->size - block->used < size)
	{
		if (room > SIZE_MAX - sizeof(TextBlock) ||
			(added = arena->port->alloc(arena->port->host, sizeof(TextBlock) + room)) == NULL)
			return NULL;
		added->next = NULL;
		added->used = 0;
		added->size = room;
		if (block != NULL)
			block->next = added;
		else
			arena->first = added;
		block = added;
	}
	arena->current = block;
	block->used += size;
	return block->bytes + block->used - size;
}

void
text_arena_reset(TextArena *arena)
{
	for (TextBlock *block = arena->first; block != NULL; block = block->next)
		block->used = 0;
	arena->current = arena->first;
}

void
text_arena_release(TextArena *arena)
{
	TextBlock *block = arena->first;

	while (block != NULL)
	{
		TextBlock *next = block->next;

		arena->port->release(arena->port->host, block);
		block = next;
	}
	arena->first = arena->current = NULL;
}
