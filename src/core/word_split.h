/*
 * word_split.h: the words of a text as the archive's index has them, and as a clerk asks for them.
 *
 * Letters are folded by a table of our own, whatever the database's locale: lower case, without
 * marks (A and Å are one, so are l and ł, s and ș and ş; æ is ae, ß is ss).  Words are letters and
 * digits, at least two of them, and are cut after WORD_BYTES.  What is written in pieces is one
 * word: a registration number (EK 12345) and digits in groups of four (7082 1234 5678 9012).  The
 * index has both parts of the former and the last group of the latter besides.
 */
#ifndef CORE_WORD_SPLIT_H
#define CORE_WORD_SPLIT_H

#include "core/buffer.h"
#include "core/port.h"

#define WORD_BYTES 40

typedef enum WordKind
{
	WORDS_ALL,	   /* for the index */
	WORDS_NUMBERS, /* for the index: only those of four characters and more that have a digit */
	WORDS_ASKED,   /* of a question */
	WORDS_GROUPED, /* of a question: numbers written in any groups (01 23456-78) are one word */
	WORDS_PIECES   /* of a question: nothing is joined */
} WordKind;

/* The word is not terminated and stays valid during the call only. */
typedef void (*WordTake)(void *host, const char *word, size_t length);

/* text is UTF-8; other bytes end a word. */
extern PortStatus word_split(const Port *port, const char *text, size_t length, WordKind kind,
							 WordTake take, void *host);

/*
 * A number or reference as it is compared: folded like a word, letters and digits alone.
 * PORT_NO_MEMORY or PORT_OK; nothing is appended when it has none.
 */
extern PortStatus word_join(const Port *port, const char *text, size_t length, ByteBuffer *out);

#endif
