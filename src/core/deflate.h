/*
 * deflate.h: compression, the only door to zlib.
 *
 * A Deflater or Inflater keeps its state between calls (a fresh deflate state costs 40-60 us). Both
 * allocate through the port; close them, or drop the port's arena: nothing else is held.
 */
#ifndef CORE_DEFLATE_H
#define CORE_DEFLATE_H

#include "core/buffer.h"

typedef enum DeflateFormat
{
	DEFLATE_RAW, /* RFC 1951: ZIP members, archive volumes */
	DEFLATE_ZLIB /* RFC 1950: PDF FlateDecode */
} DeflateFormat;

typedef struct Deflater Deflater;
typedef struct Inflater Inflater;

/* NULL when out of memory; level 1 to 9. */
extern Deflater *deflater_open(const Port *port, DeflateFormat format, int level);
extern void deflater_close(Deflater *deflater);
/*
 * Compresses a whole block and appends it to out.  dictionary (at most the last 32 KB count) may be
 * NULL; the reader must present the same one; its bytes stay as they are while the deflater is
 * open.  The same input and zlib version give the same bytes.
 */
extern PortStatus deflater_run(Deflater *deflater, const void *dictionary, size_t dictionary_length,
							   const void *bytes, size_t length, ByteBuffer *out);

/*
 * The same without a dictionary, in parts that are each coded by themselves: for bytes whose middle
 * is of another kind than the rest (digits among words).  The parts' lengths add up to length.
 */
extern PortStatus deflater_run_parts(Deflater *deflater, const void *bytes, const size_t *parts,
									 int part_count, ByteBuffer *out);

/* The same in pieces, without a dictionary: start, then feed; last ends the block. */
extern PortStatus deflater_start(Deflater *deflater);
extern PortStatus deflater_feed(Deflater *deflater, const void *bytes, size_t length, bool last,
								ByteBuffer *out);

extern Inflater *inflater_open(const Port *port, DeflateFormat format);
extern void inflater_close(Inflater *inflater);
/* Decompresses a whole block; more than limit bytes is PORT_TOO_LARGE, broken or cut input
 * PORT_INVALID. */
extern PortStatus inflater_run(Inflater *inflater, const void *dictionary, size_t dictionary_length,
							   const void *bytes, size_t length, size_t limit, ByteBuffer *out);

/*
 * Streaming form for members of a ZIP: start, then feed pieces.  Each call consumes at most length
 * bytes
 * (*consumed), and appends at most room bytes to out; *ended is set at the end of the stream.
 */
extern PortStatus inflater_start(Inflater *inflater);
extern PortStatus inflater_feed(Inflater *inflater, const void *bytes, size_t length, size_t room,
								ByteBuffer *out, size_t *consumed, bool *ended);

/* CRC-32 as in ZIP and PNG; start with 0. */
extern uint32_t deflate_crc32(uint32_t crc, const void *bytes, size_t length);

#endif
