/*
 * word_pages.h: sorted words with the documents that have them, in pages of some 2 KB.
 *
 * A segment of the archive's index of words is a list of postings (word, document), in order of the
 * words' bytes and for each word from the highest document down, cut into pages that can each be
 * read alone:
 *
 *   byte 0     1, the format; then the segment's base as a number, and for each word
 *   1 byte     how many bytes it shares with the word before in this page
 *   number     four times how many bytes more the word has, plus 2 when they are digits alone, plus
 *              1 when it has more than one document
 *   bytes      the rest of the word; digits two in a byte, the first in its upper half, 15 after
 *              the last when they are odd
 *   number     only with more than one: bytes of the list that follows
 *   list       base less the first document; then for each how much less it is than the one before,
 *              or 0 and the number of documents that follow each by one
 *
 * Numbers are base-128, least significant group first.  A word may go on in the next page, from
 * another document.  A page is found by the key of its first posting: the word, a zero byte and the
 * complement of the document in 8 bytes, most significant first; keys sort as postings do.
 */
#ifndef CORE_WORD_PAGES_H
#define CORE_WORD_PAGES_H

#include "core/buffer.h"
#include "core/word_split.h"

#define WORD_PAGE_BYTES 1900
#define WORD_KEY_BYTES (WORD_BYTES + 9)

typedef struct WordPageWriter
{
	ByteBuffer page;
	ByteBuffer list; /* documents of word in this page */
	uint64_t base;	 /* no document of the segment is higher */
	uint64_t document;
	uint64_t run;	/* documents that follow each by one, not yet in the list */
	uint64_t count; /* documents of word in this page */
	char word[WORD_BYTES];
	size_t word_length;
	char before[WORD_BYTES]; /* the last word that is in the page */
	size_t before_length;
	char key[WORD_KEY_BYTES];
	size_t key_length;
	void (*take)(void *host, const char *key, size_t key_length, const char *page,
				 size_t page_length);
	void *host;
} WordPageWriter;

/* Set take and host, then: */
extern void word_writer_start(WordPageWriter *writer, const Port *port, uint64_t base);
/* In order; the same posting again is left out.  False: out of memory. */
extern bool word_writer_add(WordPageWriter *writer, const char *word, size_t length,
							uint64_t document);
extern bool word_writer_finish(WordPageWriter *writer);

extern size_t word_key(const char *word, size_t length, uint64_t document,
					   char key[WORD_KEY_BYTES]);

typedef struct WordPageReader
{
	const uint8_t *at, *end;
	const uint8_t *list_end; /* NULL between words */
	uint64_t base;
	uint64_t document;
	uint64_t run;
	bool started; /* document is one of the list */
	char word[WORD_BYTES];
	size_t word_length;
} WordPageReader;

/* PORT_INVALID: damaged; PORT_STOPPED: no more. */
extern PortStatus word_reader_open(WordPageReader *reader, const char *page, size_t length);
/* Goes to the next word, passing what documents are left of this one. */
extern PortStatus word_reader_word(WordPageReader *reader);
/* The next document of this word. */
extern PortStatus word_reader_document(WordPageReader *reader);
/* The next documents of this word, at most so many; none when there are no more. */
extern PortStatus word_reader_documents(WordPageReader *reader, uint64_t *documents, size_t most,
										size_t *count);
/* Marks those of count documents, from the highest down, that have this word. */
extern PortStatus word_reader_mark(WordPageReader *reader, const uint64_t *documents, size_t count,
								   bool *marks);

#endif
