/*
 * pdf_text.h: the text of a PDF's pages, for the index of words.
 *
 * Reads the content streams of all pages, and of the forms they show, and what their fonts say the
 * codes mean: ToUnicode, else Latin letters for simple fonts.  A text that is moved to another
 * place begins another word; nothing is told of where it stands.  What cannot be read is left out:
 * pages that are pictures, fonts without a meaning, encrypted files.
 */
#ifndef CORE_PDF_TEXT_H
#define CORE_PDF_TEXT_H

#include "core/buffer.h"

/* No more text is taken of one file. */
#define PDF_TEXT_MOST (4 * 1024 * 1024)

/* Appends UTF-8.  PORT_NO_MEMORY, PORT_INTERRUPTED or PORT_OK, whatever the bytes are. */
extern PortStatus pdf_text(const Port *port, const char *bytes, size_t length, ByteBuffer *out);

#endif
