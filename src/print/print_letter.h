/*
 * print_letter.h: letters of a mailing in postal order, with the bytes of their documents.
 */
#ifndef PRINT_LETTER_H
#define PRINT_LETTER_H

#include "postgres.h"

#include "base/hash.h"
#include "executor/spi.h"

#define PRINT_BATCH_LETTERS 256
#define PRINT_BATCH_BYTES (8 * 1024 * 1024)

typedef struct PrintLetter
{
	int64 issuer_id, mailing_id; /* in a common hand-in a member's */
	int64 sequence_no, letter_id, document_id;
	int64 cover_id; /* the letter in whose envelope it travels, often itself */
	int pages, sheets, grams, bundle_no;
	int tray_no; /* 0: in none */
	const char *invoice_number, *recipient, *postcode, *country, *format, *offer;
	const char *inserts; /* JSON array of materials */
	int64 content_bytes;
	uint8 content_sha256[HASH_BYTES];
	Datum hash; /* the same as a value */
	const int64 *page_offsets, *page_lengths;
	const char *content; /* the document from start on */
	int64 start, length; /* start is in front of the first page and its resources */
} PrintLetter;

typedef struct LetterReader
{
	Portal portal;
	MemoryContext context; /* letters of the batch: reset by every read */
	PrintLetter letters[PRINT_BATCH_LETTERS];
	int count; /* letters fetched */
	int next;  /* first without content */
	SPITupleTable *rows;
	SPITupleTable *contents[PRINT_BATCH_LETTERS]; /* one an issuer of the batch */
	int contents_count;
} LetterReader;

/* Which letters of a mailing. */
typedef enum LetterChoice
{
	LETTERS_ALL,
	LETTERS_OF_HAND_IN, /* of the members that the house prints */
	LETTERS_OF_REPRINT, /* mailroom.letter_reprint with the number */
	LETTERS_OF_PART		/* mailroom.letter_part with the number */
} LetterChoice;

/*
 * Letters of the mailing by sequence_no; those of one envelope follow its head.  SPI must be
 * connected.
 */
extern void print_open_letters(LetterReader *reader, int64 issuer_id, int64 mailing_id,
							   LetterChoice choice, int32 number, MemoryContext parent);
/*
 * The next letters with verified content, at most a batch; valid until the next call.  0 at the
 * end. A document that does not match its hash is raised as MR007.
 */
extern int print_read_letters(LetterReader *reader, const PrintLetter **letters);
/* The letter's whole document; to be freed by the caller. */
extern bytea *print_read_document(const PrintLetter *letter);

#endif
