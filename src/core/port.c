/*
 * port.c: the malloc host and small helpers over any host.
 */
#include "core/port.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void *
malloc_alloc(void *host, size_t size)
{
	(void) host;
	return malloc(size ? size : 1);
}

static void *
malloc_resize(void *host, void *old, size_t old_size, size_t size)
{
	(void) host;
	(void) old_size;
	return realloc(old, size ? size : 1);
}

static void
malloc_release(void *host, void *block)
{
	(void) host;
	free(block);
}

static bool
never_interrupted(void *host)
{
	(void) host;
	return false;
}

const Port port_malloc = {NULL, malloc_alloc, malloc_resize, malloc_release, never_interrupted};

void *
port_alloc_array(const Port *port, size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size)
		return NULL;
	return port->alloc(port->host, count * size);
}

void *
port_resize_array(const Port *port, void *old, size_t old_count, size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size)
		return NULL;
	return port->resize(port->host, old, old_count * size, count * size);
}

bool
port_grow_list(const Port *port, void **list, int *room, int count, size_t size)
{
	void *larger;

	if (count < *room)
		return true;
	larger = port_resize_array(port, *list, (size_t) *room, (size_t) *room * 2 + 64, size);
	if (larger == NULL)
		return false;
	*list = larger;
	*room = *room * 2 + 64;
	return true;
}

PortStatus
port_fault(PortFault *fault, PortStatus status, const char *rule, const char *format, ...)
{
	va_list args;

	if (fault->status != PORT_OK)
		return fault->status;
	fault->status = status;
	snprintf(fault->rule, sizeof(fault->rule), "%s", rule);
	va_start(args, format);
	vsnprintf(fault->message, sizeof(fault->message), format, args);
	va_end(args);
	return status;
}
