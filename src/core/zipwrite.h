/*
 * zipwrite.h: ZIP files as a stream.
 *
 * Everything goes to the buffer out, which the host empties when it likes: the writer counts its
 * own offsets.  The central directory grows in the buffer directory, which the host may move
 * elsewhere (a temporary file) after each member and hands back in pieces at the end, so that a
 * file of millions of members needs no memory for it.
 *
 * Members have their sizes in the local header (no data descriptors), so that streaming readers
 * take stored ones too.  64-bit records are written where they are needed and nowhere else.  The
 * same calls give the same bytes; all members carry the same time.
 */
#ifndef CORE_ZIPWRITE_H
#define CORE_ZIPWRITE_H

#include "core/buffer.h"

typedef struct ZipWriter ZipWriter;

/* day: days since 1980-01-01, the time of all members is 00:00; NULL when out of memory. */
extern ZipWriter *zip_writer_open(const Port *port, int level, int day, ByteBuffer *out,
								  ByteBuffer *directory);
/* name: ASCII or UTF-8, at most 65,535 bytes.  Deflated, or stored when that is not shorter. */
extern PortStatus zip_writer_member(ZipWriter *writer, const char *name, const void *bytes,
									size_t length);
/* A stored member whose length and CRC-32 are known and whose bytes follow, as the host adds them
 * to out itself. */
extern PortStatus zip_writer_stored(ZipWriter *writer, const char *name, uint64_t length,
									uint32_t crc);
/* After the last member: the host adds the whole directory to out, then calls this for the end. */
extern PortStatus zip_writer_end(ZipWriter *writer);
extern uint64_t zip_writer_members(const ZipWriter *writer);
extern void zip_writer_close(ZipWriter *writer);

#endif
