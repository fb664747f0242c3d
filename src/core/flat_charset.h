/*
 * flat_charset.h: the character sets of billing systems, into UTF-8.
 */
#ifndef CORE_FLAT_CHARSET_H
#define CORE_FLAT_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

typedef enum FlatCharset
{
	FLAT_UTF8,
	FLAT_LATIN1,
	FLAT_LATIN9,
	FLAT_CP1252
} FlatCharset;

/* UTF-8 bytes that one byte of input can become, also for a replaced one */
#define FLAT_MAX_GROWTH 3

/* "UTF-8", "ISO-8859-1", "ISO-8859-15", "windows-1252"; false if it is none of these */
extern bool flat_parse_charset(const char *name, FlatCharset *charset);

/* true if no byte is above 127 or zero: then the bytes are UTF-8 in every one of these sets */
extern bool flat_is_plain(const char *bytes, size_t length);

/*
 * Writes UTF-8 to out (room for FLAT_MAX_GROWTH * length) and returns its length.  What is no
 * character of the set, and zero bytes, become U+FFFD; *wrong counts them.
 */
extern size_t flat_to_utf8(FlatCharset charset, const char *bytes, size_t length, char *out,
						   size_t *wrong);

#endif
