/*
 * jpeg_gray.h: takes the colours out of a JPEG, whose first component is the brightness.
 *
 * Pixels are not decoded: the coefficients of the brightness stay what they are, so nothing is lost
 * but the colours.  Baseline, extended and progressive JPEG of 8 bits, Huffman coding.
 */
#ifndef CORE_JPEG_GRAY_H
#define CORE_JPEG_GRAY_H

#include "core/buffer.h"

/*
 * Appends a JPEG of one component to out.  PORT_INVALID with rule IMAGE-FORMAT (cut or broken) or
 * IMAGE-KIND (red, green and blue, or brightness in less detail than the colours).
 */
extern PortStatus jpeg_make_gray(const Port *port, const void *bytes, size_t length,
								 ByteBuffer *out, PortFault *fault);

#endif
