/*
 * buffer.c: growable byte buffer; doubles, starting at 1 KB.
 */
#include "core/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
buffer_init(ByteBuffer *buffer, const Port *port)
{
	memset(buffer, 0, sizeof(*buffer));
	buffer->port = port;
}

void
buffer_reset(ByteBuffer *buffer)
{
	buffer->length = 0;
	buffer->failed = false;
}

void
buffer_release(ByteBuffer *buffer)
{
	if (buffer->bytes != NULL)
		buffer->port->release(buffer->port->host, buffer->bytes);
	buffer_init(buffer, buffer->port);
}

char *
buffer_reserve(ByteBuffer *buffer, size_t size)
{
	size_t capacity = buffer->capacity ? buffer->capacity : 1024;
	char *grown;

	if (buffer->failed || size > SIZE_MAX / 4 - buffer->length)
	{
		buffer->failed = true;
		return NULL;
	}
	if (buffer->length + size <= buffer->capacity)
		return buffer->bytes + buffer->length;
	while (capacity < buffer->length + size)
		capacity *= 2;
	grown = buffer->port->resize(buffer->port->host, buffer->bytes, buffer->capacity, capacity);
	if (grown == NULL)
	{
		buffer->failed = true;
		return NULL;
	}
	buffer->bytes = grown;
	buffer->capacity = capacity;
	return buffer->bytes + buffer->length;
}

void
buffer_append(ByteBuffer *buffer, const void *bytes, size_t length)
{
	char *target;

	if (length == 0)
		return;
	if (!buffer->failed && length <= buffer->capacity - buffer->length)
		target = buffer->bytes + buffer->length;
	else
		target = buffer_reserve(buffer, length);
	if (target == NULL)
		return;
	memcpy(target, bytes, length);
	buffer->length += length;
}

void
buffer_append_text(ByteBuffer *buffer, const char *text)
{
	buffer_append(buffer, text, strlen(text));
}

void
buffer_append_char(ByteBuffer *buffer, char c)
{
	buffer_append(buffer, &c, 1);
}

void
buffer_append_int(ByteBuffer *buffer, int64_t value)
{
	char digits[24];
	int at = sizeof(digits);
	uint64_t rest = value < 0 ? 0 - (uint64_t) value : (uint64_t) value;

	do
		digits[--at] = (char) ('0' + rest % 10);
	while ((rest /= 10) != 0);
	if (value < 0)
		digits[--at] = '-';
	buffer_append(buffer, digits + at, sizeof(digits) - (size_t) at);
}

void
buffer_printf(ByteBuffer *buffer, const char *format, ...)
{
	va_list args;
	size_t room = buffer->failed ? 0 : buffer->capacity - buffer->length;
	int length;
	char *target;

	/* into what room there is: mostly that is enough */
	va_start(args, format);
	length = vsnprintf(room > 0 ? buffer->bytes + buffer->length : NULL, room, format, args);
	va_end(args);
	if (length >= 0 && (size_t) length < room)
	{
		buffer->length += (size_t) length;
		return;
	}
	if (length < 0 || (target = buffer_reserve(buffer, (size_t) length + 1)) == NULL)
	{
		buffer->failed = true;
		return;
	}
	va_start(args, format);
	vsnprintf(target, (size_t) length + 1, format, args);
	va_end(args);
	buffer->length += (size_t) length;
}

void
buffer_shrink(Buffer *buffer, size_t spare)
{
	char *bytes;

	if (buffer->failed || buffer->capacity <= buffer->length + spare)
		return;
	bytes = buffer->port->resize(buffer->port->host, buffer->bytes, buffer->capacity,
								 buffer->length + spare);
	if (bytes == NULL)
		return; /* it stays as large as it is */
	buffer->bytes = bytes;
	buffer->capacity = buffer->length + spare;
}
