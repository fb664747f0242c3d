/*
 * counted.h: memory that is counted, for tests of core: what is released is gone, so that a use of
 * it is seen; the rest goes with counted_free.  It can be made to end, and the work to be
 * interrupted.
 */
#ifndef UNIT_COUNTED_H
#define UNIT_COUNTED_H

#include "core/port.h"

#include <stdlib.h>
#include <string.h>

typedef struct CountedBlock
{
	struct CountedBlock *next, *before;
	size_t size;
	max_align_t content[];
} CountedBlock;

static CountedBlock *counted_blocks;
static size_t counted_taken, counted_most;
static long counted_allowed = -1; /* allocations that still succeed; negative: all */
static long counted_looks = -1;	  /* at the interrupt flag until it is set; negative: never */

static void *
counted_alloc(void *host, size_t size)
{
	CountedBlock *block;

	(void) host;
	if (counted_allowed == 0)
		return NULL;
	counted_allowed -= counted_allowed > 0;
	block = malloc(sizeof(CountedBlock) + size);
	block->size = size;
	memset(block->content, 0x5a, size < 4096 ? size : 4096);
	block->before = NULL;
	block->next = counted_blocks;
	if (counted_blocks != NULL)
		counted_blocks->before = block;
	counted_blocks = block;
	counted_taken += size;
	if (counted_taken > counted_most)
		counted_most = counted_taken;
	return block->content;
}

static void
counted_release(void *host, void *old)
{
	CountedBlock *block;

	(void) host;
	if (old == NULL)
		return;
	block = (CountedBlock *) (void *) ((char *) old - offsetof(CountedBlock, content));
	if (block->before != NULL)
		block->before->next = block->next;
	else
		counted_blocks = block->next;
	if (block->next != NULL)
		block->next->before = block->before;
	counted_taken -= block->size;
	free(block);
}

static void *
counted_resize(void *host, void *old, size_t old_size, size_t size)
{
	void *grown = counted_alloc(host, size);

	if (grown == NULL)
		return NULL;
	if (old != NULL)
		memcpy(grown, old, old_size < size ? old_size : size);
	counted_release(host, old);
	return grown;
}

static bool
counted_interrupted(void *host)
{
	(void) host;
	if (counted_looks < 0)
		return false;
	return counted_looks == 0 || counted_looks-- == 0;
}

static const Port counted = {NULL, counted_alloc, counted_resize, counted_release,
							 counted_interrupted};

static void
counted_free(void)
{
	while (counted_blocks != NULL)
		counted_release(NULL, counted_blocks->content);
	counted_most = 0;
	counted_allowed = counted_looks = -1;
}

#endif
