/*
 * volume.h: how a document is packed for the archive.
 *
 * Documents of one template share most of their bytes: fonts, colour profiles, letterhead, the
 * phrases between the values.  A dictionary, learnt from the first documents, holds them in two
 * parts:
 *
 *   shared  long pieces, of any number, that a document copies by position (a font of 13 KB costs
 *           some bytes), wherever they stand in the document;
 *   preset  at most 32 KB of what remains, for deflate to start with.
 *
 * Documents written in tags (XML, HTML) have a template besides, which knows their structure and
 * what stands in each place (volume_template.h).
 *
 * A packed document is
 *
 *   byte 0    0: the document's bytes follow as they are;  1: packed as below;  2: the values of
 *             the template follow, as told in volume_template_model.h;
 *   then      deflate (RFC 1951), with the preset dictionary, of
 *             number of copies; for each: literals before it, its length, its position in shared
 *             less the end of the copy before (zigzag) - all as base-128 numbers, least significant
 *             group first; then all literals, one after the other.
 *
 * Unpacking inflates and copies, and writes the digits of integers, nothing else: it gives the same
 * bytes with every future version.
 */
#ifndef CORE_VOLUME_H
#define CORE_VOLUME_H

#include "core/buffer.h"
#include "core/volume_template.h"

#define VOLUME_PRESET_BYTES (32 * 1024)
#define VOLUME_SHARED_BYTES (256 * 1024)

typedef struct VolumeDictionary
{
	const char *shared;
	size_t shared_length;
	const char *preset;
	size_t preset_length;
	const VolumeTemplate *template; /* NULL: none */
} VolumeDictionary;

typedef struct VolumePacker VolumePacker;
typedef struct VolumeUnpacker VolumeUnpacker;

/* The dictionary's bytes and template must outlive the packer.  NULL when out of memory. */
extern VolumePacker *volume_packer_open(const Port *port, const VolumeDictionary *dictionary);
extern void volume_packer_close(VolumePacker *packer);
/* Appends the packed document to out: at most one byte longer than the document. */
extern PortStatus volume_pack(VolumePacker *packer, const char *bytes, size_t length,
							  ByteBuffer *out);

extern VolumeUnpacker *volume_unpacker_open(const Port *port);
extern void volume_unpacker_close(VolumeUnpacker *unpacker);
/*
 * Appends the document, of exactly content_length bytes, to out.  PORT_INVALID when the packed
 * bytes are broken.  Bytes after the end, and a wrong dictionary that fits, are for the caller's
 * hashes.
 */
extern PortStatus volume_unpack(VolumeUnpacker *unpacker, const VolumeDictionary *dictionary,
								const char *packed, size_t packed_length, size_t content_length,
								ByteBuffer *out);

/*
 * Learns from sample documents (32 are enough, 256 for a template): appends to shared, preset and
 * template (as volume_template_load takes it; nothing when there is none), and tells what the
 * samples cost with it, in thousandths of their size.
 */
extern PortStatus volume_learn(const Port *port, const char *const *documents,
							   const size_t *lengths, int count, ByteBuffer *shared,
							   ByteBuffer *preset, ByteBuffer *template, int *ratio_permille);

#endif
