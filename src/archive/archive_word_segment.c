/*
 * archive_word_segment.c: segments of the index of words: written, merged, and freed of documents
 * that were deleted.
 */
#include "postgres.h"

#include "archive/archive_words.h"
#include "base/errors.h"
#include "base/statement.h"
#include "base/version.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "export.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* So many segments of a size become one. */
#define MERGED_SEGMENTS 16
/* A segment of so many documents is merged no more. */
#define FULL_SEGMENT 200000
#define LEVELS 5
/* Pages written, and read, at a time. */
#define PAGES_AT_ONCE 200

MAILROOM_FUNCTION(mailroom_wipe_archive_words);

typedef struct SegmentReader
{
	int64 segment_id;
	Portal portal;
	SPITupleTable *table;
	uint64 row, rows;
	WordPageReader page;
	bool done;
} SegmentReader;

typedef struct SegmentMerge
{
	SegmentReader *readers;
	int count;
	const int64 *without; /* ascending */
	int without_count;
	uint64 *documents; /* of one word */
	size_t document_count, capacity;
	MemoryContext context;
} SegmentMerge;

void
segment_raise_damaged(int64 segment_id)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_MAILROOM_ARCHIVE_DAMAGED),
		 errmsg("segment " INT64_FORMAT " of the archive's index of words is damaged", segment_id),
		 errhint("Have it made anew with mailroom.set_archive_index(); documents are not "
				 "touched.")));
}

static void
writer_flush(WordSegmentWriter *writer)
{
	static Statement add_pages = STATEMENT(
		"INSERT INTO mailroom.archive_word_page (issuer_id, segment_id, first_key, content)"
		" SELECT $1, $2, p.first_key, p.content"
		" FROM ROWS FROM (unnest($3), unnest($4)) AS p (first_key, content)",
		INT8OID, INT8OID, BYTEAARRAYOID, BYTEAARRAYOID);
	MemoryContext old = MemoryContextSwitchTo(writer->context);
	Datum values[4] = {Int64GetDatum(writer->issuer_id), Int64GetDatum(writer->segment_id)};

	values[2] = PointerGetDatum(
		construct_array(writer->keys, writer->waiting, BYTEAOID, -1, false, TYPALIGN_INT));
	values[3] = PointerGetDatum(
		construct_array(writer->contents, writer->waiting, BYTEAOID, -1, false, TYPALIGN_INT));
	(void) statement_run(&add_pages, values, NULL);
	MemoryContextSwitchTo(old);
	MemoryContextReset(writer->context);
	writer->waiting = 0;
}

static void
writer_take(void *host, const char *key, size_t key_length, const char *page, size_t page_length)
{
	WordSegmentWriter *writer = host;
	MemoryContext old = MemoryContextSwitchTo(writer->context);

	CHECK_FOR_INTERRUPTS();
	writer->keys[writer->waiting] =
		PointerGetDatum(cstring_to_text_with_len(key, (int) key_length));
	writer->contents[writer->waiting++] =
		PointerGetDatum(cstring_to_text_with_len(page, (int) page_length));
	writer->written++;
	MemoryContextSwitchTo(old);
	if (writer->waiting == PAGES_AT_ONCE)
		writer_flush(writer);
}

void
segment_writer_open(WordSegmentWriter *writer, const Port *port, int64 issuer_id, WordSet set,
					int64 documents, int64 first_document, int64 last_document)
{
	static Statement add_segment = STATEMENT(
		"INSERT INTO mailroom.archive_word_segment"
		" (issuer_id, document_count, first_document, last_document, generation, building)"
		" VALUES ($1, $2, $3, $4, $5, $6) RETURNING segment_id",
		INT8OID, INT8OID, INT8OID, INT8OID, INT4OID, BOOLOID);
	Datum values[6] = {Int64GetDatum(issuer_id),	  Int64GetDatum(documents),
					   Int64GetDatum(first_document), Int64GetDatum(last_document),
					   Int32GetDatum(set.generation), BoolGetDatum(set.building)};

	if (statement_run(&add_segment, values, NULL) != 1)
		elog(ERROR, "could not number a segment of words");
	writer->segment_id = statement_int64(0, 1);
	writer->issuer_id = issuer_id;
	writer->context =
		AllocSetContextCreate(CurrentMemoryContext, "pages of words", ALLOCSET_DEFAULT_SIZES);
	writer->keys = palloc(sizeof(Datum) * PAGES_AT_ONCE);
	writer->contents = palloc(sizeof(Datum) * PAGES_AT_ONCE);
	writer->waiting = 0;
	writer->written = 0;
	writer->pages.take = writer_take;
	writer->pages.host = writer;
	word_writer_start(&writer->pages, port, (uint64) last_document);
}

static void
writer_check(bool good)
{
	if (!good)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
}

void
segment_writer_add(WordSegmentWriter *writer, const char *word, size_t length, uint64 document)
{
	writer_check(word_writer_add(&writer->pages, word, length, document));
}

void
segment_writer_close(WordSegmentWriter *writer)
{
	writer_check(word_writer_finish(&writer->pages));
	if (writer->waiting > 0)
		writer_flush(writer);
	MemoryContextDelete(writer->context);
	pfree(writer->keys);
	pfree(writer->contents);
}

/* Goes to the next page; false at the end of the segment. */
static bool
reader_next_page(SegmentReader *reader)
{
	bytea *content;
	bool isnull;

	CHECK_FOR_INTERRUPTS();
	if (reader->table != NULL && ++reader->row == reader->rows)
	{
		SPI_freetuptable(reader->table);
		reader->table = NULL;
	}
	if (reader->table == NULL)
	{
		SPI_cursor_fetch(reader->portal, true, PAGES_AT_ONCE / 4);
		reader->table = SPI_tuptable;
		reader->rows = SPI_processed;
		reader->row = 0;
		if (reader->rows == 0)
			return false;
	}
	content = DatumGetByteaPP(
		SPI_getbinval(reader->table->vals[reader->row], reader->table->tupdesc, 1, &isnull));
	if (word_reader_open(&reader->page, VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content)) !=
		PORT_OK)
		segment_raise_damaged(reader->segment_id);
	return true;
}

static void
reader_next_word(SegmentReader *reader)
{
	for (;;)
	{
		PortStatus status = reader->table == NULL ? PORT_STOPPED : word_reader_word(&reader->page);

		if (status == PORT_OK)
			return;
		if (status != PORT_STOPPED)
			segment_raise_damaged(reader->segment_id);
		if (!reader_next_page(reader))
		{
			reader->done = true;
			return;
		}
	}
}

static int
compare_words(const SegmentReader *a, const SegmentReader *b)
{
	size_t a_length = a->page.word_length, b_length = b->page.word_length;
	int order = memcmp(a->page.word, b->page.word, Min(a_length, b_length));

	return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

static bool
is_left_out(const SegmentMerge *merge, int64 document)
{
	int low = 0, high = merge->without_count;

	while (low < high)
	{
		int middle = (low + high) / 2;

		if (merge->without[middle] == document)
			return true;
		if (merge->without[middle] < document)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static void
merge_take(SegmentMerge *merge, SegmentReader *reader)
{
	PortStatus status;

	while ((status = word_reader_document(&reader->page)) == PORT_OK)
	{
		if (merge->without_count > 0 && is_left_out(merge, (int64) reader->page.document))
			continue;
		if (merge->document_count == merge->capacity)
		{
			merge->capacity *= 2;
			merge->documents = repalloc_huge(merge->documents, sizeof(uint64) * merge->capacity);
		}
		merge->documents[merge->document_count++] = reader->page.document;
	}
	if (status != PORT_STOPPED)
		segment_raise_damaged(reader->segment_id);
}

static int
compare_descending(const void *one, const void *two)
{
	uint64 a = *(const uint64 *) one, b = *(const uint64 *) two;

	return (a < b) - (a > b);
}

/* The least word that is next in any segment, with all its documents; false at the end. */
static bool
merge_word(SegmentMerge *merge, WordSegmentWriter *writer)
{
	SegmentReader *least = NULL;
	char word[WORD_BYTES];
	size_t length;
	bool sorted = true;

	for (int i = 0; i < merge->count; i++)
		if (!merge->readers[i].done &&
			(least == NULL || compare_words(&merge->readers[i], least) < 0))
			least = &merge->readers[i];
	if (least == NULL)
		return false;
	length = least->page.word_length;
	memcpy(word, least->page.word, length);
	merge->document_count = 0;
	for (int i = 0; i < merge->count; i++)
	{
		SegmentReader *reader = &merge->readers[i];

		while (!reader->done && reader->page.word_length == length &&
			   memcmp(reader->page.word, word, length) == 0)
		{
			merge_take(merge, reader);
			reader_next_word(reader);
		}
	}
	for (size_t i = 1; i < merge->document_count && sorted; i++)
		sorted = merge->documents[i - 1] > merge->documents[i];
	if (!sorted)
		qsort(merge->documents, merge->document_count, sizeof(uint64), compare_descending);
	for (size_t i = 0; i < merge->document_count; i++)
		segment_writer_add(writer, word, length, merge->documents[i]);
	return true;
}

static void
merge_open(SegmentMerge *merge, int64 issuer_id, const int64 *segments, int count)
{
	Oid types[2] = {INT8OID, INT8OID};

	merge->readers = palloc0(sizeof(SegmentReader) * count);
	merge->count = count;
	merge->capacity = 1024;
	merge->documents = palloc(sizeof(uint64) * merge->capacity);
	for (int i = 0; i < count; i++)
	{
		Datum values[2] = {Int64GetDatum(issuer_id), Int64GetDatum(segments[i])};

		merge->readers[i].segment_id = segments[i];
		merge->readers[i].portal = SPI_cursor_open_with_args(
			NULL,
			"SELECT p.content FROM mailroom.archive_word_page p"
			" WHERE p.issuer_id = $1 AND p.segment_id = $2 ORDER BY p.first_key",
			2, types, values, NULL, false, CURSOR_OPT_NO_SCROLL);
		reader_next_word(&merge->readers[i]);
	}
}

static void
merge_delete(int64 issuer_id, const int64 *segments, int count)
{
	Oid types[2] = {INT8OID, INT8ARRAYOID};
	Datum *ids = palloc(sizeof(Datum) * count);
	Datum values[2] = {Int64GetDatum(issuer_id), 0};

	for (int i = 0; i < count; i++)
		ids[i] = Int64GetDatum(segments[i]);
	values[1] = PointerGetDatum(
		construct_array(ids, count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	if (SPI_execute_with_args("DELETE FROM mailroom.archive_word_page p"
							  " WHERE p.issuer_id = $1 AND p.segment_id = ANY ($2)",
							  2, types, values, NULL, false, 0) != SPI_OK_DELETE ||
		SPI_execute_with_args("DELETE FROM mailroom.archive_word_segment s"
							  " WHERE s.issuer_id = $1 AND s.segment_id = ANY ($2)",
							  2, types, values, NULL, false, 0) != SPI_OK_DELETE)
		elog(ERROR, "could not delete segments of words");
}

/*
 * Locked segments of one set, as rows (segment_id, document_count, first_document, last_document,
 * generation, building), into one.
 */
static void
merge_segments(int64 issuer_id, SPITupleTable *table, uint64 rows, const int64 *without,
			   int without_count)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "merged words", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	Port port = port_server(context);
	SegmentMerge merge = {.without = without, .without_count = without_count};
	int64 *segments = palloc(sizeof(int64) * rows);
	int64 documents = 0, first = PG_INT64_MAX, last = PG_INT64_MIN;
	WordSegmentWriter writer;
	WordSet set = {0};

	for (uint64 row = 0; row < rows; row++)
	{
		bool isnull;
		HeapTuple tuple = table->vals[row];

		segments[row] = DatumGetInt64(SPI_getbinval(tuple, table->tupdesc, 1, &isnull));
		documents += DatumGetInt64(SPI_getbinval(tuple, table->tupdesc, 2, &isnull));
		first = Min(first, DatumGetInt64(SPI_getbinval(tuple, table->tupdesc, 3, &isnull)));
		last = Max(last, DatumGetInt64(SPI_getbinval(tuple, table->tupdesc, 4, &isnull)));
		set.generation = DatumGetInt32(SPI_getbinval(tuple, table->tupdesc, 5, &isnull));
		set.building = DatumGetBool(SPI_getbinval(tuple, table->tupdesc, 6, &isnull));
	}
	merge_open(&merge, issuer_id, segments, (int) rows);
	segment_writer_open(&writer, &port, issuer_id, set, documents, first, last);
	while (merge_word(&merge, &writer))
		CHECK_FOR_INTERRUPTS();
	segment_writer_close(&writer);
	for (int i = 0; i < merge.count; i++)
		SPI_cursor_close(merge.readers[i].portal);
	merge_delete(issuer_id, segments, (int) rows);
	if (writer.written == 0)
		merge_delete(issuer_id, &writer.segment_id, 1);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

static int
segment_level(int64 documents)
{
	return documents >= FULL_SEGMENT ? LEVELS
									 : pg_leftmost_one_pos64((uint64) Max(documents, 1)) / 4;
}

/* Merges the segments of one level if there are enough; true when it did. */
static bool
merge_level(int64 issuer_id, WordSet set, int level)
{
	Oid types[5] = {INT8OID, INT8OID, INT8OID, INT4OID, BOOLOID};
	Datum values[5] = {Int64GetDatum(issuer_id), Int64GetDatum(INT64CONST(1) << (4 * level)),
					   Int64GetDatum(Min(INT64CONST(16) << (4 * level), FULL_SEGMENT)),
					   Int32GetDatum(set.generation), BoolGetDatum(set.building)};
	SPITupleTable *table;
	uint64 rows;

	if (SPI_execute_with_args("SELECT s.segment_id, s.document_count, s.first_document,"
							  " s.last_document, s.generation, s.building"
							  " FROM mailroom.archive_word_segment s"
							  " WHERE s.issuer_id = $1 AND s.document_count >= $2"
							  " AND s.document_count < $3"
							  " AND s.generation = $4 AND s.building = $5"
							  " ORDER BY s.last_document DESC FOR UPDATE SKIP LOCKED",
							  5, types, values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not lock segments of words");
	table = SPI_tuptable;
	rows = SPI_processed;
	if (rows >= MERGED_SEGMENTS)
		merge_segments(issuer_id, table, rows, NULL, 0);
	SPI_freetuptable(table);
	return rows >= MERGED_SEGMENTS;
}

void
segment_merge_levels(int64 issuer_id, WordSet set)
{
	static Statement find_sizes = STATEMENT(
		"SELECT s.document_count FROM mailroom.archive_word_segment s WHERE s.issuer_id = $1"
		" AND s.generation = $2 AND s.building = $3",
		INT8OID, INT4OID, BOOLOID);
	Datum values[3] = {Int64GetDatum(issuer_id), Int32GetDatum(set.generation),
					   BoolGetDatum(set.building)};

	for (bool merged = true; merged;)
	{
		int counts[LEVELS + 1] = {0};
		uint64 rows = statement_run_by_key(&find_sizes, values, NULL);

		merged = false;
		for (uint64 row = 0; row < rows; row++)
			counts[segment_level(statement_int64(row, 1))]++;
		SPI_freetuptable(SPI_tuptable);
		for (int level = 0; level < LEVELS && !merged; level++)
			merged = counts[level] >= MERGED_SEGMENTS && merge_level(issuer_id, set, level);
	}
}

static int
compare_ascending(const void *one, const void *two)
{
	int64 a = *(const int64 *) one, b = *(const int64 *) two;

	return (a > b) - (a < b);
}

void
segment_find_known(int64 issuer_id, int32 generation, const int64 *documents, int count,
				   bool *known)
{
	static Statement find_pages =
		STATEMENT("SELECT p.content FROM mailroom.archive_word_segment s,"
				  " LATERAL (SELECT p.content FROM mailroom.archive_word_page p"
				  " WHERE p.issuer_id = $1 AND p.segment_id = s.segment_id OFFSET 0) AS p"
				  " WHERE s.issuer_id = $1 AND s.generation = $2"
				  " AND s.last_document >= $3 AND s.first_document <= $4",
				  INT8OID, INT4OID, INT8OID, INT8OID);
	SegmentReader reader = {0};
	Datum values[4] = {Int64GetDatum(issuer_id), Int32GetDatum(generation)};

	if (count == 0)
		return;
	values[2] = Int64GetDatum(documents[0]);
	values[3] = Int64GetDatum(documents[count - 1]);
	reader.portal = SPI_cursor_open(NULL, statement_plan(&find_pages), values, NULL, false);
	for (reader_next_word(&reader); !reader.done; reader_next_word(&reader))
	{
		PortStatus status;

		while ((status = word_reader_document(&reader.page)) == PORT_OK)
		{
			int64 document = (int64) reader.page.document;
			const int64 *same =
				bsearch(&document, documents, count, sizeof(int64), compare_ascending);

			if (same != NULL)
				known[same - documents] = true;
		}
		if (status != PORT_STOPPED)
			segment_raise_damaged(0);
	}
	SPI_cursor_close(reader.portal);
}

/*
 * mailroom.wipe_archive_words(issuer_id bigint, document_ids bigint[]) → void: writes every segment
 * that may hold words of these documents anew, without them.
 */
Datum
mailroom_wipe_archive_words(PG_FUNCTION_ARGS)
{
	Oid types[2] = {INT8OID, INT8ARRAYOID};
	Datum values[2] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)};
	Datum *ids;
	bool *nulls;
	int count;
	int64 *without;
	SPITupleTable *table;
	uint64 rows;

	version_check();
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
					  TYPALIGN_DOUBLE, &ids, &nulls, &count);
	without = palloc(sizeof(int64) * Max(count, 1));
	for (int i = 0; i < count; i++)
		without[i] = nulls[i] ? 0 : DatumGetInt64(ids[i]);
	qsort(without, count, sizeof(int64), compare_ascending);
	SPI_connect();
	if (SPI_execute_with_args(
			"SELECT s.segment_id, s.document_count, s.first_document, s.last_document, "
			"s.generation,"
			" s.building FROM mailroom.archive_word_segment s WHERE s.issuer_id = $1 AND EXISTS ("
			"SELECT FROM unnest($2) AS d (document_id)"
			" WHERE d.document_id BETWEEN s.first_document AND s.last_document)"
			" ORDER BY s.segment_id FOR UPDATE",
			2, types, values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not lock segments of words");
	table = SPI_tuptable;
	rows = SPI_processed;
	for (uint64 row = 0; row < rows; row++)
	{
		SPITupleTable one = *table;

		one.vals = &table->vals[row];
		merge_segments(PG_GETARG_INT64(0), &one, 1, without, count);
	}
	SPI_finish();
	PG_RETURN_VOID();
}
