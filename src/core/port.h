/*
 * port.h: what core needs from its host.
 *
 * Core is plain C.  In the server the hooks are a memory context, a fault record and the interrupt
 * flag; in unit tests and fuzzers they are malloc and plain returns.  Rules:
 *
 * - alloc returns NULL when there is no memory; core passes that up as PORT_NO_MEMORY and never
 * throws, because foreign library frames (libxml2, zlib) may be on the stack.
 * - everything core allocates belongs to the host's arena and is freed with it; release may do
 * nothing.
 * - interrupted() only tests a flag.  Core returns PORT_INTERRUPTED as soon as it can (at most some
 *   milliseconds) and leaves its objects in a state that can be freed.
 */
#ifndef CORE_PORT_H
#define CORE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum PortStatus
{
	PORT_OK = 0,
	PORT_NO_MEMORY,
	PORT_INTERRUPTED,
	PORT_INVALID,	/* the input is wrong: see the fault */
	PORT_TOO_LARGE, /* the input is over a limit: see the fault */
	PORT_STOPPED	/* a callback asked to stop */
} PortStatus;

/* What went wrong, and where; text is lower case, without full stop. */
typedef struct PortFault
{
	PortStatus status;
	int64_t line;	   /* 1-based line or record, 0 if not known */
	int64_t position;  /* byte offset in the content, -1 if not known */
	char rule[48];	   /* documented id of the fault, e.g. XML-SYNTAX */
	char message[256]; /* always terminated */
} PortFault;

typedef struct Port
{
	void *host;
	void *(*alloc)(void *host, size_t size); /* zero size allowed; NULL when out of memory */
	void *(*resize)(void *host, void *old, size_t old_size, size_t size);
	void (*release)(void *host, void *block);
	bool (*interrupted)(void *host);
} Port;

extern const Port port_malloc; /* malloc, realloc, free, never interrupted: for tests */

/* Overflow-checked array allocation; NULL also when count * size overflows. */
extern void *port_alloc_array(const Port *port, size_t count, size_t size);
extern void *port_resize_array(const Port *port, void *old, size_t old_count, size_t count,
							   size_t size);

/*
 * Room for one more in a list of count elements, of which *room have memory; false: there is none,
 * and the list is as it was.
 */
extern bool port_grow_list(const Port *port, void **list, int *room, int count, size_t size);

/* Notes the first fault only, and returns its status, so that "return port_fault(...)" reads well.
 */
extern PortStatus port_fault(PortFault *fault, PortStatus status, const char *rule,
							 const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
