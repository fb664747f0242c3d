/*
 * postage_arena.h: a host whose memory is given back at once, before that of the host below it.
 *
 * For problems that are solved on the way to another one.
 */
#ifndef CORE_POSTAGE_ARENA_H
#define CORE_POSTAGE_ARENA_H

#include "core/port.h"

typedef struct PostageArena PostageArena;

/* NULL when there is no memory; port becomes the host that allocates in it. */
extern PostageArena *postage_arena_new(const Port *below, Port *port);
extern void postage_arena_free(PostageArena *arena);

#endif
