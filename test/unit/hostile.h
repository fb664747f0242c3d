/*
 * hostile.h: what the tests of hostile input share: every byte that the reader, the rules and the XML library take is counted.
 */
#ifndef UNIT_HOSTILE_H
#define UNIT_HOSTILE_H

#include "core/port.h"

#include <libxml/xmlmemory.h>
#include <stdlib.h>
#include <string.h>

static size_t live, peak;

static inline void *
take(size_t size)
{
	size_t *block = malloc(size + 16);

	if (block == NULL)
		return NULL;
	*block = size;
	live += size;
	peak = live > peak ? live : peak;
	return (char *) block + 16;
}

static inline void
leave(void *old)
{
	if (old == NULL)
		return;
	live -= *(size_t *) ((char *) old - 16);
	free((char *) old - 16);
}

/* As the system's: the old block is there until the new one is. */
static inline void *
change(void *old, size_t size)
{
	size_t old_size = old != NULL ? *(size_t *) ((char *) old - 16) : 0;
	size_t *block;

	if (old == NULL)
		return take(size);
	block = realloc((char *) old - 16, size + 16);
	if (block == NULL)
		return NULL;
	*block = size;
	live = live - old_size + size;
	peak = live > peak ? live : peak;
	return (char *) block + 16;
}

static inline char *
copy(const char *text)
{
	char *block = take(strlen(text) + 1);

	return block != NULL ? strcpy(block, text) : NULL;
}

static inline void *
port_take(void *host, size_t size)
{
	return take(size);
}

static inline void *
port_change(void *host, void *old, size_t old_size, size_t size)
{
	return change(old, size);
}

static inline void
port_leave(void *host, void *block)
{
	leave(block);
}

static inline bool
never(void *host)
{
	return false;
}

static const Port counting = {NULL, port_take, port_change, port_leave, never};

/* The XML library's memory counts too. */
static inline void
count_all(void)
{
	xmlMemSetup(leave, take, change, copy);
}

#endif
