/*
 * postage_arena.c: blocks of the host below, in a list.
 */
#include "core/postage_arena.h"

typedef struct Block
{
	struct Block *next, *before;
} Block;

struct PostageArena
{
	const Port *port;
	Block *blocks;
};

static Block *
take_block(PostageArena *arena, Block *block)
{
	if (block == NULL)
		return NULL;
	block->before = NULL;
	block->next = arena->blocks;
	if (arena->blocks != NULL)
		arena->blocks->before = block;
	arena->blocks = block;
	return block + 1;
}

static void
drop_block(PostageArena *arena, Block *block)
{
	if (block->next != NULL)
		block->next->before = block->before;
	if (block->before != NULL)
		block->before->next = block->next;
	else
		arena->blocks = block->next;
}

static void *
arena_alloc(void *host, size_t size)
{
	PostageArena *arena = host;

	return take_block(arena, arena->port->alloc(arena->port->host, sizeof(Block) + size));
}

static void
arena_release(void *host, void *old)
{
	PostageArena *arena = host;

	if (old == NULL)
		return;
	drop_block(arena, (Block *) old - 1);
	arena->port->release(arena->port->host, (Block *) old - 1);
}

static void *
arena_resize(void *host, void *old, size_t old_size, size_t size)
{
	PostageArena *arena = host;
	Block *block;

	if (old == NULL)
		return arena_alloc(host, size);
	block = (Block *) old - 1;
	drop_block(arena, block);
	block = arena->port->resize(arena->port->host, block, sizeof(Block) + old_size,
								sizeof(Block) + size);
	return take_block(arena, block);
}

static bool
arena_interrupted(void *host)
{
	PostageArena *arena = host;

	return arena->port->interrupted(arena->port->host);
}

PostageArena *
postage_arena_new(const Port *below, Port *port)
{
	PostageArena *arena = below->alloc(below->host, sizeof(PostageArena));

	if (arena == NULL)
		return NULL;
	*arena = (PostageArena){below, NULL};
	*port = (Port){arena, arena_alloc, arena_resize, arena_release, arena_interrupted};
	return arena;
}

void
postage_arena_free(PostageArena *arena)
{
	while (arena->blocks != NULL)
		arena_release(arena, arena->blocks + 1);
	arena->port->release(arena->port->host, arena);
}
