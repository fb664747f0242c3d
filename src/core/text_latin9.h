/*
 * text_latin9.h: XML in ISO-8859-15.
 */
#ifndef CORE_TEXT_LATIN9_H
#define CORE_TEXT_LATIN9_H

#include "core/buffer.h"

/*
 * Appends XML that is UTF-8 as ISO-8859-15; a character that the set lacks becomes a character
 * reference, so names of elements must be within the set.  The bytes end between characters.
 */
extern void latin9_append_xml(ByteBuffer *out, const char *bytes, size_t length);

#endif
