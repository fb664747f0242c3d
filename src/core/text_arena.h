/*
 * text_arena.h: texts that live until a reset, in blocks that are used again.
 *
 * Pointers stay valid while more is added.
 */
#ifndef CORE_TEXT_ARENA_H
#define CORE_TEXT_ARENA_H

#include "core/port.h"

typedef struct TextBlock TextBlock;

typedef struct TextArena
{
	const Port *port;
	TextBlock *first, *current;
} TextArena;

extern void text_arena_init(TextArena *arena, const Port *port);
extern char *text_arena_alloc(TextArena *arena, size_t size); /* NULL: out of memory */
extern void text_arena_reset(TextArena *arena);
extern void text_arena_release(TextArena *arena);

#endif
