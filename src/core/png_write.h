/*
 * png_write.h: pictures of one bit a pixel (PNG, ISO/IEC 15948), for symbols in e-mails.
 */
#ifndef CORE_PNG_WRITE_H
#define CORE_PNG_WRITE_H

#include "core/deflate.h"

/*
 * Appends a picture.  rows: height times a byte (0: no filter, 2: what differs from the row above)
 * and (width + 7) / 8 bytes, the first pixel in the highest bit, 1 = white.  deflater writes
 * DEFLATE_ZLIB.
 */
extern PortStatus png_append(ByteBuffer *out, Deflater *deflater, int width, int height,
							 const ByteBuffer *rows);

#endif
