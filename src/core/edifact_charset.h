/*
 * edifact_charset.h: the character sets that a UNB segment may name, into UTF-8.
 */
#ifndef CORE_EDIFACT_CHARSET_H
#define CORE_EDIFACT_CHARSET_H

#include "core/invoice.h"

typedef enum EdifactCharset
{
	EDIFACT_ASCII, /* UNOA, UNOB */
	EDIFACT_LATIN1,
	EDIFACT_LATIN2,
	EDIFACT_LATIN3,
	EDIFACT_LATIN4,
	EDIFACT_CYRILLIC,
	EDIFACT_ARABIC,
	EDIFACT_GREEK,
	EDIFACT_HEBREW,
	EDIFACT_LATIN5,
	EDIFACT_LATIN9,
	EDIFACT_UTF8,
	EDIFACT_UNKNOWN
} EdifactCharset;

/* UTF-8 bytes that one byte of input can become, also for a replaced one. */
#define EDIFACT_MAX_GROWTH 3

/* By the syntax identifier of UNB, e.g. "UNOC". */
extern EdifactCharset edifact_find_charset(Slice identifier);

/*
 * Writes a character of the set as UTF-8 to out (room for 4 bytes); *taken is how many bytes of
 * input it took, at least one.  Zero: these bytes are no character of the set; then *taken is one.
 */
extern size_t edifact_put_character(EdifactCharset charset, const char *bytes, size_t length,
									char *out, size_t *taken);

#endif
