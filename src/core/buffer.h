/*
 * buffer.h: growable byte buffer over a port.
 *
 * A failed allocation is remembered: later appends do nothing and buffer_failed tells, so that a
 * writer checks once at the end.
 */
#ifndef CORE_BUFFER_H
#define CORE_BUFFER_H

#include "core/port.h"

typedef struct Buffer
{
	const Port *port;
	char *bytes;
	size_t length;
	size_t capacity;
	bool failed;
} Buffer;

extern void buffer_init(Buffer *buffer, const Port *port);
/* Keeps the memory for the next turn. */
extern void buffer_reset(Buffer *buffer);
extern void buffer_release(Buffer *buffer);
/* Room for size more bytes: a pointer to write at, NULL when out of memory.  Add to length
 * afterwards. */
extern char *buffer_reserve(Buffer *buffer, size_t size);
extern void buffer_append(Buffer *buffer, const void *bytes, size_t length);
extern void buffer_append_text(Buffer *buffer, const char *text);
extern void buffer_append_char(Buffer *buffer, char c);
extern void buffer_append_int(Buffer *buffer, int64_t value);
extern void buffer_printf(Buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static inline bool
buffer_failed(const Buffer *buffer)
{
	return buffer->failed;
}

#endif
