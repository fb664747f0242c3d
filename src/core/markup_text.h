/*
 * markup_text.h: the text of a document written in tags (XML, HTML), for the index of words.
 *
 * No parser: tags, comments, styles and scripts end a word, the common references are characters,
 * and a run of more than MARKUP_RUN bytes without a space (an attachment in base64) is left out.
 */
#ifndef CORE_MARKUP_TEXT_H
#define CORE_MARKUP_TEXT_H

#include "core/buffer.h"

#define MARKUP_RUN 256

extern void markup_text(const char *bytes, size_t length, ByteBuffer *out);

#endif
