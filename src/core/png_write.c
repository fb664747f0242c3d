/*
 * png_write.c: signature and the three chunks that a picture needs.
 */
#include "core/png_write.h"

static void
put_u32(ByteBuffer *out, uint32_t value)
{
	const char bytes[4] = {(char) (value >> 24), (char) (value >> 16), (char) (value >> 8),
						   (char) value};

	buffer_append(out, bytes, 4);
}

/* What was appended behind start, its name included, becomes a chunk. */
static void
end_chunk(ByteBuffer *out, size_t start)
{
	uint32_t length;

	if (out->failed)
		return;
	length = (uint32_t) (out->length - start - 8);
	for (int i = 0; i < 4; i++)
		out->bytes[start + i] = (char) (length >> (24 - 8 * i));
	put_u32(out, deflate_crc32(0, out->bytes + start + 4, length + 4));
}

static size_t
begin_chunk(ByteBuffer *out, const char *name)
{
	size_t start = out->length;

	put_u32(out, 0);
	buffer_append(out, name, 4);
	return start;
}

PortStatus
png_append(ByteBuffer *out, Deflater *deflater, int width, int height, const ByteBuffer *rows)
{
	PortStatus status;
	size_t start;

	buffer_append(out, "\x89PNG\r\n\x1A\n", 8);
	start = begin_chunk(out, "IHDR");
	put_u32(out, (uint32_t) width);
	put_u32(out, (uint32_t) height);
	buffer_append(out, "\1\0\0\0\0", 5); /* one bit, gray, deflated, not interlaced */
	end_chunk(out, start);
	start = begin_chunk(out, "IDAT");
	status = rows->failed ? PORT_NO_MEMORY
						  : deflater_run(deflater, NULL, 0, rows->bytes, rows->length, out);
	end_chunk(out, start);
	start = begin_chunk(out, "IEND");
	end_chunk(out, start);
	return status == PORT_OK && out->failed ? PORT_NO_MEMORY : status;
}
