/*
 * archive_word_verify.c: whether the index of words finds every document by what its entry says:
 * invoice number and payment reference whole, and the words of customer, name and numbers.
 *
 * Reads every page of the index once, in order, and the archive's entries once.  Each posting sets
 * some bits of a map of at most MAP_MOST bytes; those of an entry must be set.  Bits are chosen
 * under a seed drawn at random, so that nobody can prepare an index that passes.  Up to some
 * million documents a missing word is practically always noticed; beyond that whole numbers still
 * are, because the hashes of theirs must have the same sum on both sides, and single words mostly.
 *
 * Words of lines and texts are read, and not compared: they come from rows that the chain does not
 * cover, and mailroom.set_archive_index makes them anew.
 */
#include "postgres.h"

#include "archive/archive_words.h"
#include "base/statement.h"
#include "base/version.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "export.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#define ROWS_AT_ONCE 1000
/* So many documents are named, of any number that cannot be found. */
#define MOST_NAMED 100
#define MAP_LEAST (64 * 1024)
#define MAP_MOST (64 * 1024 * 1024)
/* Of a page, at 16 bits a posting. */
#define MAP_PAGE_BYTES 1200
#define MAP_BITS 3

MAILROOM_FUNCTION(mailroom_archive_word_defects);

typedef struct WordSums
{
	uint64 seed;
	uint64 sums[2]; /* of WORD_KEY_NUMBER and WORD_KEY_REFERENCE */
	int64 counts[2];
	uint8 *map;
	uint64 map_mask; /* of a bit's number */
	bool words;		 /* the index has more than keys */
} WordSums;

/* The words of one entry. */
typedef struct EntryWords
{
	const WordSums *indexed;
	uint64 document;
	bool missing;
} EntryWords;

typedef struct PageOrder
{
	int64 segment_id;
	char key[WORD_KEY_BYTES]; /* of the posting before */
	size_t length;
} PageOrder;

static const char *const key_names[2] = {"invoice numbers", "payment references"};
static const char *const hidden[3] = {
	"document is not found by its invoice number", "document is not found by its payment reference",
	"document is not found by words of its numbers, customer or name"};

static Statement read_pages = STATEMENT(
	"SELECT p.segment_id, s.first_document, s.last_document, p.first_key, p.content"
	" FROM mailroom.archive_word_page p LEFT JOIN mailroom.archive_word_segment s"
	" ON s.issuer_id = $1 AND s.segment_id = p.segment_id"
	" WHERE p.issuer_id = $1 AND s.building IS NOT TRUE ORDER BY p.segment_id, p.first_key",
	INT8OID);
static Statement read_keys =
	STATEMENT("SELECT e.document_id, e.invoice_number, e.payment_reference, e.customer_no,"
			  " e.customer_name, e.volume_id"
			  " FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.salt <> ''::bytea",
			  INT8OID);
static Statement find_size =
	STATEMENT("SELECT (SELECT count(*) FROM mailroom.archive_word_page p WHERE p.issuer_id = $1),"
			  " NOT EXISTS (SELECT FROM mailroom.archive_index x WHERE x.issuer_id = $1"
			  " AND x.indexed_at IS NULL)",
			  INT8OID);
static void
note(ReturnSetInfo *result, int64 volume_id, int64 document_id, const char *defect)
{
	Datum values[3] = {Int64GetDatum(volume_id), Int64GetDatum(document_id),
					   CStringGetTextDatum(defect)};
	bool nulls[3] = {volume_id == 0, document_id == 0, false};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

static uint64
hash_word(const WordSums *sums, const char *word, size_t length)
{
	return hash_bytes_extended((const unsigned char *) word, (int) length, sums->seed);
}

static uint64
hash_posting(uint64 word_hash, uint64 document)
{
	return hash_bytes_extended((const unsigned char *) &document, sizeof(document), word_hash);
}

static bool
is_key(const char *word, size_t length)
{
	return length > 0 && (word[0] == WORD_KEY_NUMBER || word[0] == WORD_KEY_REFERENCE);
}

static void
add_posting(WordSums *sums, const char *word, size_t length, uint64 hash)
{
	if (is_key(word, length))
	{
		sums->sums[word[0] - WORD_KEY_NUMBER] += hash;
		sums->counts[word[0] - WORD_KEY_NUMBER]++;
	}
	if (sums->map != NULL)
		for (int i = 0; i < MAP_BITS; i++, hash = hash >> 21 | hash << 43)
			sums->map[(hash & sums->map_mask) / 8] |= (uint8) (1 << (hash & 7));
}

static void
look_up_word(void *host, const char *word, size_t length)
{
	EntryWords *words = host;
	const WordSums *indexed = words->indexed;
	uint64 hash = hash_posting(hash_word(indexed, word, length), words->document);

	for (int i = 0; i < MAP_BITS; i++, hash = hash >> 21 | hash << 43)
		if ((indexed->map[(hash & indexed->map_mask) / 8] & (1 << (hash & 7))) == 0)
			words->missing = true;
}

/* Whether the page is whole, begins with its key, and goes on from the page before. */
static bool
add_page(WordSums *sums, PageOrder *order, const bytea *first_key, const bytea *page,
		 uint64 first_document, uint64 last_document)
{
	WordPageReader reader;
	PortStatus status = word_reader_open(&reader, VARDATA_ANY(page), VARSIZE_ANY_EXHDR(page));
	bool first = true;

	while (status == PORT_OK && (status = word_reader_word(&reader)) == PORT_OK)
	{
		uint64 hash = hash_word(sums, reader.word, reader.word_length);

		CHECK_FOR_INTERRUPTS();
		while ((status = word_reader_document(&reader)) == PORT_OK)
		{
			char key[WORD_KEY_BYTES];
			size_t length = word_key(reader.word, reader.word_length, reader.document, key);

			if (first && (VARSIZE_ANY_EXHDR(first_key) != length ||
						  memcmp(VARDATA_ANY(first_key), key, length) != 0))
				return false;
			if (order->length > 0 && memcmp(order->key, key, Min(order->length, length)) >= 0)
				return false;
			if ((int64) reader.document < (int64) first_document ||
				(int64) reader.document > (int64) last_document)
				return false;
			first = false;
			memcpy(order->key, key, length);
			order->length = length;
			add_posting(sums, reader.word, reader.word_length, hash_posting(hash, reader.document));
		}
		if (status != PORT_STOPPED)
			return false;
		status = PORT_OK;
	}
	return status == PORT_STOPPED && !first;
}

static void
add_pages(WordSums *sums, Datum issuer_id, ReturnSetInfo *result)
{
	Portal portal = SPI_cursor_open(NULL, statement_plan(&read_pages), &issuer_id, NULL, true);
	PageOrder order = {0};
	int64 damaged = 0;

	do
	{
		SPI_cursor_fetch(portal, true, ROWS_AT_ONCE);
		for (uint64 row = 0; row < SPI_processed; row++)
		{
			Datum columns[5];
			bool isnull[5];

			for (int i = 0; i < 5; i++)
				columns[i] = statement_value(row, i + 1, &isnull[i]);
			if (DatumGetInt64(columns[0]) != order.segment_id)
				order = (PageOrder){.segment_id = DatumGetInt64(columns[0])};
			if (damaged != order.segment_id &&
				(isnull[1] ||
				 !add_page(sums, &order, DatumGetByteaPP(columns[3]), DatumGetByteaPP(columns[4]),
						   DatumGetInt64(columns[1]), DatumGetInt64(columns[2]))))
			{
				note(result, 0, 0,
					 psprintf("segment " INT64_FORMAT " of the index of words is damaged",
							  order.segment_id));
				damaged = order.segment_id;
			}
		}
		SPI_freetuptable(SPI_tuptable);
	} while (SPI_processed > 0);
	SPI_cursor_close(portal);
}

/* Whether the words of an entry's row are in the index. */
static bool
has_words(const WordSums *indexed, const Port *port, uint64 row, int64 document_id)
{
	EntryWords words = {.indexed = indexed, .document = (uint64) document_id};
	PortFault fault = {0};

	for (int column = 2; column <= 5; column++)
	{
		bool isnull;
		Datum value = statement_value(row, column, &isnull);
		text *content = isnull ? NULL : DatumGetTextPP(value);

		if (content != NULL)
			port_raise(word_split(port, VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content), WORDS_ALL,
								  look_up_word, &words),
					   &fault, ERRCODE_INTERNAL_ERROR, "words");
	}
	return !words.missing;
}

/* Adds the entry's number or reference to the sum of those; whether it is in the index. */
static bool
has_key(WordSums *archived, const WordSums *indexed, int kind, uint64 row, int64 document_id)
{
	bool isnull;
	Datum value = statement_value(row, 2 + kind - WORD_KEY_NUMBER, &isnull);
	text *content = isnull ? NULL : DatumGetTextPP(value);
	EntryWords words = {.indexed = indexed, .document = (uint64) document_id};
	char word[WORD_BYTES];
	size_t length;

	if (content == NULL || VARSIZE_ANY_EXHDR(content) == 0)
		return true;
	length = word_of_key(kind, VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content), word);
	add_posting(archived, word, length,
				hash_posting(hash_word(archived, word, length), words.document));
	look_up_word(&words, word, length);
	return !words.missing;
}

static void
add_entries(WordSums *archived, const WordSums *indexed, Datum issuer_id, ReturnSetInfo *result)
{
	Portal portal = SPI_cursor_open(NULL, statement_plan(&read_keys), &issuer_id, NULL, true);
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "archive word verify", ALLOCSET_DEFAULT_SIZES);
	Port port = port_server(context);
	int missing[3] = {0};

	do
	{
		MemoryContext old;

		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, ROWS_AT_ONCE);
		old = MemoryContextSwitchTo(context);
		for (uint64 row = 0; row < SPI_processed; row++)
		{
			int64 document_id = statement_int64(row, 1);

			bool found[3];

			found[0] = has_key(archived, indexed, WORD_KEY_NUMBER, row, document_id);
			found[1] = has_key(archived, indexed, WORD_KEY_REFERENCE, row, document_id);
			found[2] = !indexed->words || has_words(indexed, &port, row, document_id);
			for (int i = 0; i < 3; i++)
				if (!found[i] && missing[i]++ < MOST_NAMED)
					note(result, statement_int64(row, 6), document_id, hidden[i]);
		}
		MemoryContextSwitchTo(old);
		MemoryContextReset(context);
		SPI_freetuptable(SPI_tuptable);
	} while (SPI_processed > 0);
	SPI_cursor_close(portal);
	MemoryContextDelete(context);
}

/* A map of the size that the index asks for. */
static void
start_map(WordSums *indexed, int64 issuer_id)
{
	Datum values[1] = {Int64GetDatum(issuer_id)};
	int32 generation;
	WordScope scope = word_issuer_scope(issuer_id, &generation);
	uint64 pages;
	uint64 bytes = MAP_LEAST;
	bool isnull;

	(void) statement_run_by_key(&find_size, values, NULL);
	pages = (uint64) statement_int64(0, 1);
	indexed->words = scope != SCOPE_NONE && DatumGetBool(statement_value(0, 2, &isnull));
	while (bytes < MAP_MOST && bytes < pages * MAP_PAGE_BYTES)
		bytes *= 2;
	indexed->map = palloc0(bytes);
	indexed->map_mask = bytes * 8 - 1;
}

/*
 * mailroom.archive_word_defects(issuer_id bigint)
 * → TABLE (volume_id bigint, document_id bigint, defect text)
 */
Datum
mailroom_archive_word_defects(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result;
	WordSums indexed = {0};
	WordSums archived = {0};

	version_check();
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	result = (ReturnSetInfo *) fcinfo->resultinfo;
	if (!pg_strong_random(&indexed.seed, sizeof(indexed.seed)))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
	archived.seed = indexed.seed;
	SPI_connect();
	start_map(&indexed, PG_GETARG_INT64(0));
	add_pages(&indexed, PG_GETARG_DATUM(0), result);
	/* what a damaged segment should have is not worth telling */
	if (tuplestore_tuple_count(result->setResult) == 0)
	{
		add_entries(&archived, &indexed, PG_GETARG_DATUM(0), result);
		for (int kind = 0; kind < 2; kind++)
			if (indexed.sums[kind] != archived.sums[kind] ||
				indexed.counts[kind] != archived.counts[kind])
				note(result, 0, 0,
					 psprintf("index of %s is not that of the documents: it has " INT64_FORMAT
							  ", they have " INT64_FORMAT,
							  key_names[kind], indexed.counts[kind], archived.counts[kind]));
	}
	SPI_finish();
	return (Datum) 0;
}
