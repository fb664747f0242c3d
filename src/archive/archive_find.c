/*
 * archive_find.c: documents by words.
 *
 * A document's words lie in one segment, so that each segment is asked by itself, from the newest
 * documents down, until there are as many as asked for.  Words that many documents have are found
 * in the newest segment; rare ones cost a page of each.
 */
#include "postgres.h"

#include "archive/archive_words.h"
#include "base/version.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "export.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#define MOST_WORDS 16
/* A word that begins no more words than these pages hold is read whole at once. */
#define FEW_PAGES 2
#define PAGES_AT_ONCE 64
/* Fewer documents are sorted, more put in order by a map of bits of at most so many bytes. */
#define FEW_DOCUMENTS 256
#define MAP_BYTES (16 * 1024 * 1024)

MAILROOM_FUNCTION(mailroom_find_archived);
MAILROOM_FUNCTION(mailroom_find_archived_key);

typedef struct AskedWord
{
	char word[WORD_BYTES];
	size_t length;
	bool digit;
} AskedWord;

typedef struct DocumentList
{
	uint64 *ids; /* descending once ordered */
	size_t count, capacity;
} DocumentList;

typedef struct Finder
{
	Datum issuer_id;
	AskedWord words[MOST_WORDS];
	int word_count;
	bool whole; /* the word itself, not what begins with it */
	size_t most;
	DocumentList found;
	MemoryContext segment_context;
} Finder;

/* Both run under the snapshot of the caller's query: segments may be merged meanwhile. */
static SPIPlanPtr segments_plan = NULL;
static SPIPlanPtr pages_plan = NULL;
static SPIPlanPtr keys_plan = NULL;
static SPIPlanPtr some_pages_plan = NULL;

/* From the page in which the first word may stand to the last one that begins within the range. */
#define PAGES_OF_RANGE                                                                   \
	" FROM mailroom.archive_word_page p WHERE p.issuer_id = $1 AND p.segment_id = $2"    \
	" AND p.first_key >= coalesce((SELECT q.first_key FROM mailroom.archive_word_page q" \
	" WHERE q.issuer_id = $1 AND q.segment_id = $2 AND q.first_key <= $3"                \
	" ORDER BY q.first_key DESC LIMIT 1), ''::bytea) AND p.first_key < $4 ORDER BY p.first_key"

static SPIPlanPtr
keep_plan(const char *query, int arguments, Oid third)
{
	Oid types[5] = {INT8OID, INT8OID, third, BYTEAOID, INT4OID};
	SPIPlanPtr plan = SPI_prepare_cursor(query, arguments, types, CURSOR_OPT_GENERIC_PLAN);

	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "could not prepare \"%s\"", query);
	return plan;
}

static void
make_plans(void)
{
	if (some_pages_plan != NULL)
		return;
	segments_plan = keep_plan("SELECT s.segment_id, s.last_document"
							  " FROM mailroom.archive_word_segment s WHERE s.issuer_id = $1"
							  " ORDER BY s.last_document DESC",
							  1, BYTEAOID);
	pages_plan = keep_plan("SELECT p.content" PAGES_OF_RANGE " LIMIT $5", 5, BYTEAOID);
	keys_plan = keep_plan("SELECT p.first_key" PAGES_OF_RANGE, 4, BYTEAOID);
	some_pages_plan = keep_plan("SELECT p.content FROM mailroom.archive_word_page p"
								" WHERE p.issuer_id = $1 AND p.segment_id = $2"
								" AND p.first_key = ANY ($3)",
								3, BYTEAARRAYOID);
}

static void
finder_take(void *host, const char *word, size_t length)
{
	Finder *finder = host;
	AskedWord *asked;

	for (int i = 0; i < finder->word_count; i++)
		if (finder->words[i].length == length && memcmp(finder->words[i].word, word, length) == 0)
			return;
	if (finder->word_count == MOST_WORDS)
		return;
	asked = &finder->words[finder->word_count++];
	memcpy(asked->word, word, length);
	asked->length = length;
	asked->digit = false;
	for (size_t i = 0; i < length; i++)
		asked->digit = asked->digit || (word[i] >= '0' && word[i] <= '9');
}

/* Numbers first, then long words: what few documents have. */
static int
compare_asked(const void *one, const void *two)
{
	const AskedWord *a = one, *b = two;

	if (a->digit != b->digit)
		return a->digit ? -1 : 1;
	return (a->length < b->length) - (a->length > b->length);
}

static void
list_add(DocumentList *list, uint64 document)
{
	if (list->count == list->capacity)
	{
		list->capacity = Max(256, 2 * list->capacity);
		list->ids = list->ids == NULL ? palloc(sizeof(uint64) * list->capacity)
									  : repalloc_huge(list->ids, sizeof(uint64) * list->capacity);
	}
	list->ids[list->count++] = document;
}

static int
compare_descending(const void *one, const void *two)
{
	uint64 a = *(const uint64 *) one, b = *(const uint64 *) two;

	return (a < b) - (a > b);
}

static void
list_order_by_map(DocumentList *list, uint64 first, uint64 last)
{
	size_t words = (last - first) / 64 + 1;
	uint64 *map = palloc0(words * sizeof(uint64));

	for (size_t i = 0; i < list->count; i++)
		map[(list->ids[i] - first) / 64] |= UINT64CONST(1) << (list->ids[i] - first) % 64;
	list->count = 0;
	for (size_t i = words; i-- > 0;)
		while (map[i] != 0)
		{
			int bit = pg_leftmost_one_pos64(map[i]);

			map[i] &= ~(UINT64CONST(1) << bit);
			list->ids[list->count++] = first + 64 * i + bit;
		}
	pfree(map);
}

/* From the highest down, each once. */
static void
list_order(DocumentList *list)
{
	uint64 first = PG_UINT64_MAX, last = 0;
	size_t kept = 0;
	bool ordered = true;

	for (size_t i = 0; i < list->count; i++)
	{
		ordered = ordered && (i == 0 || list->ids[i - 1] > list->ids[i]);
		first = Min(first, list->ids[i]);
		last = Max(last, list->ids[i]);
	}
	if (ordered)
		return;
	if (list->count > FEW_DOCUMENTS && (last - first) / 8 < MAP_BYTES &&
		(last - first) / 64 < 32 * list->count)
	{
		list_order_by_map(list, first, last);
		return;
	}
	qsort(list->ids, list->count, sizeof(uint64), compare_descending);
	for (size_t i = 0; i < list->count; i++)
		if (kept == 0 || list->ids[kept - 1] != list->ids[i])
			list->ids[kept++] = list->ids[i];
	list->count = kept;
}

/* The documents of words of this page that begin with the one asked; of each at most so many. */
static bool
gather_page(const bytea *content, const AskedWord *asked, bool whole, size_t most,
			DocumentList *list)
{
	WordPageReader page;
	PortStatus status = word_reader_open(&page, VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content));

	while (status == PORT_OK && (status = word_reader_word(&page)) == PORT_OK)
	{
		int order = memcmp(page.word, asked->word, Min(page.word_length, asked->length));
		size_t count = 0;

		if (order > 0)
			return true;
		if (order < 0 || page.word_length < asked->length)
			continue;
		if (whole && page.word_length > asked->length)
			return true;
		while (count++ < most && (status = word_reader_document(&page)) == PORT_OK)
			list_add(list, page.document);
		if (status == PORT_STOPPED)
			status = PORT_OK;
	}
	return status == PORT_STOPPED;
}

/* What a query asks of the pages of a segment: issuer, segment, the word and what follows it. */
static void
range_of(const Finder *finder, Datum segment_id, const AskedWord *asked, Datum values[5])
{
	char past[WORD_BYTES + 1];

	memcpy(past, asked->word, asked->length);
	past[asked->length] =
		(char) (finder->whole ? 1 : 0xff); /* after a key's zero; no byte of UTF-8 */
	values[0] = finder->issuer_id;
	values[1] = segment_id;
	values[2] = PointerGetDatum(cstring_to_text_with_len(asked->word, (int) asked->length));
	values[3] = PointerGetDatum(cstring_to_text_with_len(past, (int) asked->length + 1));
}

/* All documents of a word, if it takes at most so many pages; else false and no document. */
static bool
gather(const Finder *finder, Datum segment_id, const AskedWord *asked, int pages,
	   DocumentList *list)
{
	size_t most = finder->word_count == 1 ? finder->most : SIZE_MAX;
	Datum values[5];
	SPITupleTable *table;
	uint64 rows;

	range_of(finder, segment_id, asked, values);
	values[4] = Int32GetDatum(pages == PG_INT32_MAX ? pages : pages + 1);
	if (SPI_execute_plan(pages_plan, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read words of the archive");
	table = SPI_tuptable;
	rows = SPI_processed;
	for (uint64 row = 0; row < rows && rows <= (uint64) pages; row++)
	{
		bool isnull;

		CHECK_FOR_INTERRUPTS();
		if (!gather_page(
				DatumGetByteaPP(SPI_getbinval(table->vals[row], table->tupdesc, 1, &isnull)), asked,
				finder->whole, most, list))
			segment_raise_damaged(DatumGetInt64(segment_id));
	}
	SPI_freetuptable(table);
	list_order(list);
	return rows <= (uint64) pages;
}

/* Keeps of one what is in the other too. */
static void
list_intersect(DocumentList *one, const DocumentList *other)
{
	size_t kept = 0, at = 0;

	for (size_t i = 0; i < one->count; i++)
	{
		while (at < other->count && other->ids[at] > one->ids[i])
			at++;
		if (at < other->count && other->ids[at] == one->ids[i])
			one->ids[kept++] = one->ids[i];
	}
	one->count = kept;
}

/* The document of a page's key: its last eight bytes. */
static uint64
key_document(const bytea *key)
{
	const uint8 *at = (const uint8 *) VARDATA_ANY(key) + VARSIZE_ANY_EXHDR(key) - 8;
	uint64 document = 0;

	for (int i = 0; i < 8; i++)
		document = document << 8 | at[i];
	return ~document;
}

/*
 * Whether a page, told by its key and that of the next one, may hold one of the documents: between
 * two keys of one word lie the documents from the one's down to the other's.
 */
static bool
page_is_needed(const bytea *key, const bytea *next, const DocumentList *documents)
{
	size_t length = VARSIZE_ANY_EXHDR(key), low = 0, high = documents->count;

	if (length < 9)
		return true;
	if (next == NULL || VARSIZE_ANY_EXHDR(next) != length ||
		memcmp(VARDATA_ANY(key), VARDATA_ANY(next), length - 8) != 0)
		return true;
	while (low < high)
	{
		size_t middle = (low + high) / 2;

		if (documents->ids[middle] > key_document(key))
			low = middle + 1;
		else
			high = middle;
	}
	return low < documents->count && documents->ids[low] > key_document(next);
}

static bool
mark_page(const bytea *content, const AskedWord *asked, const DocumentList *documents, bool *marks)
{
	WordPageReader page;
	PortStatus status = word_reader_open(&page, VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content));

	while (status == PORT_OK && (status = word_reader_word(&page)) == PORT_OK)
	{
		int order = memcmp(page.word, asked->word, Min(page.word_length, asked->length));

		if (order > 0)
			return true;
		if (order == 0 && page.word_length >= asked->length)
			status = word_reader_mark(&page, documents->ids, documents->count, marks);
	}
	return status == PORT_STOPPED;
}

static void
mark_pages(const Finder *finder, Datum segment_id, const AskedWord *asked, Datum *keys, int count,
		   const DocumentList *documents, bool *marks)
{
	Datum values[3] = {
		finder->issuer_id, segment_id,
		PointerGetDatum(construct_array(keys, count, BYTEAOID, -1, false, TYPALIGN_INT))};
	SPITupleTable *table;

	if (SPI_execute_plan(some_pages_plan, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read words of the archive");
	table = SPI_tuptable;
	for (uint64 row = 0; row < table->numvals; row++)
	{
		bool isnull;

		CHECK_FOR_INTERRUPTS();
		if (!mark_page(DatumGetByteaPP(SPI_getbinval(table->vals[row], table->tupdesc, 1, &isnull)),
					   asked, documents, marks))
			segment_raise_damaged(DatumGetInt64(segment_id));
	}
	SPI_freetuptable(table);
}

/* The keys of a word's pages. */
static SPITupleTable *
read_keys(const Finder *finder, Datum segment_id, const AskedWord *asked)
{
	Datum values[5];

	range_of(finder, segment_id, asked, values);
	if (SPI_execute_plan(keys_plan, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read words of the archive");
	return SPI_tuptable;
}

static const bytea *
key_at(SPITupleTable *keys, uint64 row)
{
	bool isnull;

	return row >= keys->numvals
			   ? NULL
			   : DatumGetByteaPP(SPI_getbinval(keys->vals[row], keys->tupdesc, 1, &isnull));
}

/*
 * Keeps those of the documents that have the word, reading the pages alone that may tell.  The word
 * itself comes before those that begin with it: when all documents have it, no other page is read.
 */
static void
filter(const Finder *finder, Datum segment_id, const AskedWord *asked, SPITupleTable *keys,
	   DocumentList *documents)
{
	bool *marks = palloc0(documents->count);
	Datum needed[PAGES_AT_ONCE];
	int count = 0, at_once = 2;
	size_t kept = 0, marked = 0;

	for (uint64 row = 0; row < keys->numvals && marked < documents->count; row++)
	{
		if (page_is_needed(key_at(keys, row), key_at(keys, row + 1), documents))
			needed[count++] = PointerGetDatum(key_at(keys, row));
		if (count < at_once && (count == 0 || row + 1 < keys->numvals))
			continue;
		mark_pages(finder, segment_id, asked, needed, count, documents, marks);
		count = 0;
		at_once = Min(2 * at_once, PAGES_AT_ONCE);
		marked = 0;
		for (size_t i = 0; i < documents->count; i++)
			marked += marks[i] ? 1 : 0;
	}
	for (size_t i = 0; i < documents->count; i++)
		if (marks[i])
			documents->ids[kept++] = documents->ids[i];
	documents->count = kept;
	pfree(marks);
}

/* The word that begins on the fewest pages; -1 when all are done. */
static int
fewest_keys(SPITupleTable **keys, const bool *done, int count)
{
	int fewest = -1;

	for (int i = 0; i < count; i++)
		if (!done[i] && (fewest < 0 || keys[i]->numvals < keys[fewest]->numvals))
			fewest = i;
	return fewest;
}

/* The documents that have all words: rare ones first, and of the others what may still tell. */
static void
find_all_words(const Finder *finder, Datum segment_id, DocumentList *candidates)
{
	SPITupleTable *keys[MOST_WORDS] = {0};
	bool done[MOST_WORDS] = {0};
	bool any = false;
	int fewest;

	for (int i = 0; i < finder->word_count && (!any || candidates->count > 0); i++)
	{
		DocumentList list = {0};

		done[i] = gather(finder, segment_id, &finder->words[i], FEW_PAGES, &list);
		if (done[i] && any)
			list_intersect(candidates, &list);
		else if (done[i])
			*candidates = list;
		any = any || done[i];
	}
	for (int i = 0; i < finder->word_count && (!any || candidates->count > 0); i++)
	{
		if (!done[i])
			keys[i] = read_keys(finder, segment_id, &finder->words[i]);
	}
	if (!any)
	{
		fewest = fewest_keys(keys, done, finder->word_count);
		(void) gather(finder, segment_id, &finder->words[fewest], PG_INT32_MAX, candidates);
		done[fewest] = true;
	}
	while (candidates->count > 0 && (fewest = fewest_keys(keys, done, finder->word_count)) >= 0)
	{
		filter(finder, segment_id, &finder->words[fewest], keys[fewest], candidates);
		done[fewest] = true;
	}
	for (int i = 0; i < finder->word_count; i++)
		if (keys[i] != NULL)
			SPI_freetuptable(keys[i]);
}

static void
find_in_segment(Finder *finder, Datum segment_id)
{
	MemoryContext old = MemoryContextSwitchTo(finder->segment_context);
	DocumentList candidates = {0};

	if (finder->word_count == 1)
		(void) gather(finder, segment_id, &finder->words[0], PG_INT32_MAX, &candidates);
	else
		find_all_words(finder, segment_id, &candidates);
	MemoryContextSwitchTo(old);
	for (size_t i = 0; i < Min(candidates.count, finder->most); i++)
		list_add(&finder->found, candidates.ids[i]);
	list_order(&finder->found);
	MemoryContextReset(finder->segment_context);
}

static void
find_in_segments(Finder *finder)
{
	SPITupleTable *table;
	uint64 rows;

	if (SPI_execute_plan(segments_plan, &finder->issuer_id, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read segments of words");
	table = SPI_tuptable;
	rows = SPI_processed;
	for (uint64 row = 0; row < rows; row++)
	{
		bool isnull;
		Datum segment_id = SPI_getbinval(table->vals[row], table->tupdesc, 1, &isnull);
		int64 last = DatumGetInt64(SPI_getbinval(table->vals[row], table->tupdesc, 2, &isnull));

		if (finder->found.count >= finder->most &&
			(int64) finder->found.ids[finder->most - 1] > last)
			break;
		find_in_segment(finder, segment_id);
	}
}

static void
finder_run(Finder *finder, ReturnSetInfo *result)
{
	int nest_level = NewGUCNestLevel();

	SPI_connect();
	/* plans may be made while the tables are small, and are kept */
	(void) set_config_option("enable_seqscan", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
	make_plans();
	finder->segment_context =
		AllocSetContextCreate(CurrentMemoryContext, "words found", ALLOCSET_DEFAULT_SIZES);
	if (finder->most > 0)
		find_in_segments(finder);
	for (size_t i = 0; i < Min(finder->found.count, finder->most); i++)
	{
		Datum value = Int64GetDatum((int64) finder->found.ids[i]);
		bool isnull = false;

		tuplestore_putvalues(result->setResult, result->setDesc, &value, &isnull);
	}
	SPI_finish();
	AtEOXact_GUC(true, nest_level);
}

/*
 * mailroom.find_archived(issuer_id bigint, words text, max_rows integer) → SETOF bigint: the
 * highest document_ids that have words beginning with each of the words.
 */
Datum
mailroom_find_archived(PG_FUNCTION_ARGS)
{
	text *words = PG_GETARG_TEXT_PP(1);
	Port port = port_server(CurrentMemoryContext);
	PortFault fault = {0};
	Finder finder = {.issuer_id = PG_GETARG_DATUM(0), .most = Max(PG_GETARG_INT32(2), 0)};

	version_check();
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	port_raise(word_split(&port, VARDATA_ANY(words), VARSIZE_ANY_EXHDR(words), WORDS_ASKED,
						  finder_take, &finder),
			   &fault, ERRCODE_INTERNAL_ERROR, "words");
	if (finder.word_count == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("nothing to look for in \"%s\"", text_to_cstring(words)),
						errhint("Ask for words of at least two letters or digits.")));
	qsort(finder.words, finder.word_count, sizeof(AskedWord), compare_asked);
	finder_run(&finder, (ReturnSetInfo *) fcinfo->resultinfo);
	return (Datum) 0;
}

/*
 * mailroom.find_archived_key(issuer_id bigint, reference boolean, value text, max_rows integer) →
 * SETOF bigint: the highest document_ids of this invoice number or payment reference, or one that
 * begins with the same 39 bytes.
 */
Datum
mailroom_find_archived_key(PG_FUNCTION_ARGS)
{
	text *value = PG_GETARG_TEXT_PP(2);
	Finder finder = {.issuer_id = PG_GETARG_DATUM(0),
					 .whole = true,
					 .word_count = 1,
					 .most = Max(PG_GETARG_INT32(3), 0)};

	version_check();
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	finder.words[0].length =
		word_of_key(PG_GETARG_BOOL(1) ? WORD_KEY_REFERENCE : WORD_KEY_NUMBER, VARDATA_ANY(value),
					VARSIZE_ANY_EXHDR(value), finder.words[0].word);
	if (VARSIZE_ANY_EXHDR(value) > 0)
		finder_run(&finder, (ReturnSetInfo *) fcinfo->resultinfo);
	return (Datum) 0;
}
