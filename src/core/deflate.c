/*
 * deflate.c: zlib behind our types.  The only file that includes zlib.h.
 */
#include "core/deflate.h"

#include <string.h>
#include <zlib.h>

/* A state has five blocks, and a copy of a primed one takes the place of the last. */
#define SPARE_BLOCKS 8
#define BLOCK_HEAD 16 /* keeps the alignment of what follows */

struct Deflater
{
	const Port *port;
	void *spare[SPARE_BLOCKS]; /* given back by zlib, to be given out again */
	size_t spare_size[SPARE_BLOCKS];
	DeflateFormat format;
	int level;
	z_stream stream;
	/* a stream that has read a dictionary: a copy of it costs less than reading that again */
	z_stream primed;
	const void *primed_with; /* NULL: not open */
	size_t primed_length;
};

struct Inflater
{
	const Port *port;
	DeflateFormat format;
	z_stream stream;
};

/* zlib takes lengths as unsigned int, so longer input goes in slices. */
#define SLICE ((size_t) 1 << 30)

static voidpf
zlib_alloc(voidpf opaque, uInt items, uInt size)
{
	return port_alloc_array((const Port *) opaque, items, size);
}

static void
zlib_free(voidpf opaque, voidpf block)
{
	const Port *port = opaque;

	port->release(port->host, block);
}

/* Blocks that zlib frees wait here: a state of 256 KB a document is what costs in a copy. */
static voidpf
deflater_alloc(voidpf opaque, uInt items, uInt size)
{
	Deflater *deflater = opaque;
	size_t bytes = (size_t) items * size;
	size_t *block;

	for (int i = 0; i < SPARE_BLOCKS; i++)
		if (deflater->spare[i] != NULL && deflater->spare_size[i] == bytes)
		{
			void *found = deflater->spare[i];

			deflater->spare[i] = NULL;
			return found;
		}
	/* its size stands in front of it */
	block = deflater->port->alloc(deflater->port->host, bytes + BLOCK_HEAD);
	if (block == NULL)
		return NULL;
	*block = bytes;
	return (char *) block + BLOCK_HEAD;
}

static void
deflater_free(voidpf opaque, voidpf given)
{
	Deflater *deflater = opaque;
	size_t *block = (size_t *) (void *) ((char *) given - BLOCK_HEAD);

	for (int i = 0; i < SPARE_BLOCKS; i++)
		if (deflater->spare[i] == NULL)
		{
			deflater->spare[i] = given;
			deflater->spare_size[i] = *block;
			return;
		}
	deflater->port->release(deflater->port->host, block);
}

static int
window_bits(DeflateFormat format)
{
	return format == DEFLATE_RAW ? -MAX_WBITS : MAX_WBITS;
}

static void
bind_deflate(z_stream *stream, Deflater *deflater)
{
	memset(stream, 0, sizeof(*stream));
	stream->zalloc = deflater_alloc;
	stream->zfree = deflater_free;
	stream->opaque = deflater;
}

static void
bind_stream(z_stream *stream, const Port *port)
{
	memset(stream, 0, sizeof(*stream));
	stream->zalloc = zlib_alloc;
	stream->zfree = zlib_free;
	stream->opaque = (voidpf) port;
}

static void
release_deflater(Deflater *deflater)
{
	const Port *port = deflater->port;

	for (int i = 0; i < SPARE_BLOCKS; i++)
		if (deflater->spare[i] != NULL)
			port->release(port->host, (char *) deflater->spare[i] - BLOCK_HEAD);
	port->release(port->host, deflater);
}

Deflater *
deflater_open(const Port *port, DeflateFormat format, int level)
{
	Deflater *deflater = port->alloc(port->host, sizeof(Deflater));

	if (deflater == NULL)
		return NULL;
	deflater->port = port;
	deflater->format = format;
	deflater->level = level;
	deflater->primed_with = NULL;
	memset(deflater->spare, 0, sizeof(deflater->spare));
	bind_deflate(&deflater->stream, deflater);
	if (deflateInit2(&deflater->stream, level, Z_DEFLATED, window_bits(format), 8,
					 Z_DEFAULT_STRATEGY) != Z_OK)
	{
		release_deflater(deflater);
		return NULL;
	}
	return deflater;
}

void
deflater_close(Deflater *deflater)
{
	if (deflater == NULL)
		return;
	deflateEnd(&deflater->stream);
	if (deflater->primed_with != NULL)
		deflateEnd(&deflater->primed);
	release_deflater(deflater);
}

static bool
start_stream(Deflater *deflater, const void *dictionary, size_t length)
{
	if (dictionary == NULL)
		return deflateReset(&deflater->stream) == Z_OK;
	if (deflater->primed_with != dictionary || deflater->primed_length != length)
	{
		if (deflater->primed_with != NULL)
			deflateEnd(&deflater->primed);
		deflater->primed_with = NULL;
		bind_deflate(&deflater->primed, deflater);
		if (deflateInit2(&deflater->primed, deflater->level, Z_DEFLATED,
						 window_bits(deflater->format), 8, Z_DEFAULT_STRATEGY) != Z_OK)
			return false;
		if (deflateSetDictionary(&deflater->primed, dictionary, (uInt) length) != Z_OK)
		{
			deflateEnd(&deflater->primed);
			return false;
		}
		deflater->primed_with = dictionary;
		deflater->primed_length = length;
	}
	deflateEnd(&deflater->stream);
	return deflateCopy(&deflater->stream, &deflater->primed) == Z_OK;
}

/* Reads bytes on; flush as zlib has it. */
static PortStatus
feed_stream(Deflater *deflater, const char *rest, size_t length, int flush, ByteBuffer *out)
{
	z_stream *stream = &deflater->stream;
	int code;

	do
	{
		size_t slice = length > SLICE ? SLICE : length;

		stream->next_in = (Bytef *) (uintptr_t) rest;
		stream->avail_in = (uInt) slice;
		rest += slice;
		length -= slice;
		do
		{
			char *target = buffer_reserve(out, 16 * 1024);

			if (target == NULL)
				return PORT_NO_MEMORY;
			if (deflater->port->interrupted(deflater->port->host))
				return PORT_INTERRUPTED;
			stream->next_out = (Bytef *) target;
			stream->avail_out = 16 * 1024;
			code = deflate(stream, length == 0 ? flush : Z_NO_FLUSH);
			out->length += 16 * 1024 - stream->avail_out;
		} while (stream->avail_out == 0 || stream->avail_in > 0);
	} while (length > 0);
	return code == Z_STREAM_END || (flush != Z_FINISH && (code == Z_OK || code == Z_BUF_ERROR))
			   ? PORT_OK
			   : PORT_NO_MEMORY;
}

PortStatus
deflater_run(Deflater *deflater, const void *dictionary, size_t dictionary_length,
			 const void *bytes, size_t length, ByteBuffer *out)
{
	if (!start_stream(deflater, dictionary, dictionary_length))
		return PORT_NO_MEMORY;
	return feed_stream(deflater, bytes, length, Z_FINISH, out);
}

PortStatus
deflater_run_parts(Deflater *deflater, const void *bytes, const size_t *parts, int part_count,
				   ByteBuffer *out)
{
	const char *rest = bytes;
	PortStatus status = start_stream(deflater, NULL, 0) ? PORT_OK : PORT_NO_MEMORY;

	for (int i = 0; i < part_count && status == PORT_OK; i++)
	{
		status =
			feed_stream(deflater, rest, parts[i], i + 1 < part_count ? Z_BLOCK : Z_FINISH, out);
		rest += parts[i];
	}
	return status;
}

PortStatus
deflater_start(Deflater *deflater)
{
	return start_stream(deflater, NULL, 0) ? PORT_OK : PORT_NO_MEMORY;
}

PortStatus
deflater_feed(Deflater *deflater, const void *bytes, size_t length, bool last, ByteBuffer *out)
{
	return feed_stream(deflater, bytes, length, last ? Z_FINISH : Z_NO_FLUSH, out);
}

Inflater *
inflater_open(const Port *port, DeflateFormat format)
{
	Inflater *inflater = port->alloc(port->host, sizeof(Inflater));

	if (inflater == NULL)
		return NULL;
	inflater->port = port;
	inflater->format = format;
	bind_stream(&inflater->stream, port);
	if (inflateInit2(&inflater->stream, window_bits(format)) != Z_OK)
	{
		port->release(port->host, inflater);
		return NULL;
	}
	return inflater;
}

void
inflater_close(Inflater *inflater)
{
	if (inflater == NULL)
		return;
	inflateEnd(&inflater->stream);
	inflater->port->release(inflater->port->host, inflater);
}

PortStatus
inflater_start(Inflater *inflater)
{
	return inflateReset(&inflater->stream) == Z_OK ? PORT_OK : PORT_NO_MEMORY;
}

PortStatus
inflater_feed(Inflater *inflater, const void *bytes, size_t length, size_t room, ByteBuffer *out,
			  size_t *consumed, bool *ended)
{
	z_stream *stream = &inflater->stream;
	char *target;
	int code;

	if (length > SLICE)
		length = SLICE;
	if (room > SLICE)
		room = SLICE;
	if ((target = buffer_reserve(out, room)) == NULL)
		return PORT_NO_MEMORY;
	stream->next_in = (Bytef *) (uintptr_t) bytes;
	stream->avail_in = (uInt) length;
	stream->next_out = (Bytef *) target;
	stream->avail_out = (uInt) room;
	code = inflate(stream, Z_NO_FLUSH);
	out->length += room - stream->avail_out;
	*consumed = length - stream->avail_in;
	*ended = code == Z_STREAM_END;
	if (code == Z_MEM_ERROR)
		return PORT_NO_MEMORY;
	return code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR ? PORT_OK : PORT_INVALID;
}

PortStatus
inflater_run(Inflater *inflater, const void *dictionary, size_t dictionary_length,
			 const void *bytes, size_t length, size_t limit, ByteBuffer *out)
{
	const char *rest = bytes;
	size_t start = out->length;
	bool ended = false;
	PortStatus status = inflater_start(inflater);

	if (status != PORT_OK)
		return status;
	/* a zlib stream asks for its dictionary; only raw streams take it up front, and only those we
	 * write */
	if (dictionary != NULL)
	{
		int code = inflateSetDictionary(&inflater->stream, dictionary, (uInt) dictionary_length);

		if (code != Z_OK)
			return code == Z_MEM_ERROR ? PORT_NO_MEMORY : PORT_INVALID;
	}
	while (!ended)
	{
		size_t done = out->length - start;
		size_t room = limit - done < 64 * 1024 ? limit - done + 1 : 64 * 1024;
		size_t consumed;

		if (inflater->port->interrupted(inflater->port->host))
			return PORT_INTERRUPTED;
		status = inflater_feed(inflater, rest, length, room, out, &consumed, &ended);
		if (status != PORT_OK)
			return status;
		if (out->length - start > limit)
			return PORT_TOO_LARGE;
		rest += consumed;
		length -= consumed;
		if (!ended && consumed == 0 && out->length - start == done)
			return PORT_INVALID; /* cut short */
	}
	return PORT_OK;
}

uint32_t
deflate_crc32(uint32_t crc, const void *bytes, size_t length)
{
	const Bytef *rest = bytes;

	while (length > 0)
	{
		size_t slice = length > SLICE ? SLICE : length;

		crc = (uint32_t) crc32(crc, rest, (uInt) slice);
		rest += slice;
		length -= slice;
	}
	return crc;
}
