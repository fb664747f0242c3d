/*
 * archive_words.h: writes the index of words: mailroom.archive_word_segment and
 * mailroom.archive_word_page.
 *
 * Every call that archives documents writes a segment of its own; sixteen segments of about the
 * same size become one, so that a document's words are written some three times in all and a
 * question reads some dozens of pages.
 *
 * Locks: who writes segments holds ROW EXCLUSIVE on mailroom.archive_entry, as archive_store does;
 * a deletion holds SHARE ROW EXCLUSIVE, so that no segment is merged behind its back.  Segments to
 * be merged are locked as rows, and those that another session merges are passed over.
 */
#ifndef ARCHIVE_ARCHIVE_WORDS_H
#define ARCHIVE_ARCHIVE_WORDS_H

#include "base/port_server.h"
#include "compat.h"
#include "core/text_arena.h"
#include "core/word_pages.h"
#include "postgres.h"

typedef enum WordScope
{
	SCOPE_NONE,	 /* the keys of invoice number and payment reference alone */
	SCOPE_NAMES, /* customer, numbers of invoice and payment */
	SCOPE_ITEMS, /* and what has a digit in the lines */
	SCOPE_TEXT	 /* and all text */
} WordScope;

typedef struct WordPosting
{
	const char *word;
	uint64 head; /* its first eight bytes as a number: compares as they do */
	uint64 document;
	uint32 length;
} WordPosting;

/*
 * Segments that are merged with one another alone: what was archived since the index was last to be
 * made anew, what was before, and the new index while it is built beside.
 */
typedef struct WordSet
{
	int32 generation;
	bool building;
} WordSet;

typedef struct WordIndexer
{
	int64 issuer_id;
	WordScope scope;
	WordSet set;
	MemoryContext context; /* of one segment */
	Port port;
	TextArena texts;
	WordPosting *postings;
	size_t count, capacity;
	uint64 document;
	int64 documents, first_document, last_document;
} WordIndexer;

/*
 * What is looked up whole stands among the words behind a byte of its own, its letters and digits
 * alone (as it is when it has none), and cut like a word: who looks it up compares the entry.
 */
#define WORD_KEY_NUMBER 1
#define WORD_KEY_REFERENCE 2

/* Writes the word of a key, returns its length. */
extern size_t word_of_key(int kind, const char *value, size_t length, char word[WORD_BYTES]);
/* A number or reference as numbers and references are compared. */
extern void word_compared(const char *value, size_t length, ByteBuffer *out);

/* archive_words.c; inside SPI */
extern WordScope word_issuer_scope(int64 issuer_id, int32 *generation);
extern void word_indexer_start(WordIndexer *indexer, int64 issuer_id, bool building);
extern void word_indexer_document(WordIndexer *indexer, int64 document_id);
extern void word_indexer_text(WordIndexer *indexer, const char *text, size_t length, WordKind kind);
/* A document written in tags: its text. */
extern void word_indexer_content(WordIndexer *indexer, const char *bytes, size_t length);
extern void word_indexer_finish(WordIndexer *indexer);

/* archive_word_segment.c; inside SPI */
typedef struct WordSegmentWriter
{
	WordPageWriter pages;
	int64 issuer_id, segment_id;
	MemoryContext context; /* of the pages not yet in the table */
	Datum *keys, *contents;
	int waiting;
	int64 written;
} WordSegmentWriter;

extern void segment_writer_open(WordSegmentWriter *writer, const Port *port, int64 issuer_id,
								WordSet set, int64 documents, int64 first_document,
								int64 last_document);
extern void segment_writer_add(WordSegmentWriter *writer, const char *word, size_t length,
							   uint64 document);
extern void segment_writer_close(WordSegmentWriter *writer);
/* Which of the documents, ascending, have words in segments of this generation. */
extern void segment_find_known(int64 issuer_id, int32 generation, const int64 *documents, int count,
							   bool *known);
/* Merges what there is to merge after a new segment. */
extern void segment_merge_levels(int64 issuer_id, WordSet set);
pg_noreturn extern void segment_raise_damaged(int64 segment_id);

#endif
