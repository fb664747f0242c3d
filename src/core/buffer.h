/*
 * buffer.h: growable byte buffer over a port.
 *
 * A failed allocation is remembered: later appends do nothing and buffer_failed tells, so that a
 * writer checks once at the end.
 */
#ifndef CORE_BUFFER_H
#define CORE_BUFFER_H

#include "core/port.h"

typedef struct ByteBuffer
{
	const Port *port;
	char *bytes;
	size_t length;
	size_t capacity;
	bool failed;
} ByteBuffer;

/* The server has a type Buffer of its own, so headers and glue say ByteBuffer. */
#ifndef POSTGRES_H
typedef ByteBuffer Buffer;
#endif

extern void buffer_init(ByteBuffer *buffer, const Port *port);
/* Keeps the memory for the next turn. */
extern void buffer_reset(ByteBuffer *buffer);
extern void buffer_release(ByteBuffer *buffer);
/* Gives back what the content and spare bytes more do not need. */
extern void buffer_shrink(ByteBuffer *buffer, size_t spare);
/* Room for size more bytes: a pointer to write at, NULL when out of memory.  Add to length
 * afterwards. */
extern char *buffer_reserve(ByteBuffer *buffer, size_t size);
extern void buffer_append(ByteBuffer *buffer, const void *bytes, size_t length);
extern void buffer_append_text(ByteBuffer *buffer, const char *text);
extern void buffer_append_char(ByteBuffer *buffer, char c);
extern void buffer_append_int(ByteBuffer *buffer, int64_t value);
extern void buffer_printf(ByteBuffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static inline bool
buffer_failed(const ByteBuffer *buffer)
{
	return buffer->failed;
}

#endif
