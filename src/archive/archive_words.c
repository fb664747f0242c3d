/*
 * archive_words.c: the words of documents into the index.
 *
 * Words come from the document's search terms, from the invoice's rows, and, of documents written
 * in tags, from the document itself, as far as the issuer asks for (mailroom.archive_index).
 */
#include "postgres.h"

#include "archive/archive_words.h"

#include "archive/archive_store.h"
#include "base/index_reader.h"
#include "base/statement.h"
#include "base/version.h"
#include "catalog/pg_type.h"
#include "core/markup_text.h"
#include "core/pdf_text.h"
#include "executor/spi.h"
#include "export.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/snapmgr.h"

/* A segment is written when so many words wait: 16 MB. */
#define MOST_POSTINGS (512 * 1024)

MAILROOM_FUNCTION(mailroom_archive_words);
MAILROOM_FUNCTION(mailroom_index_archived);

/* mailroom.archive_words(content text, kind text) → text[] in order, each once */
static int
compare_texts(const void *one, const void *two)
{
	text *a = DatumGetTextPP(*(const Datum *) one), *b = DatumGetTextPP(*(const Datum *) two);
	size_t a_length = VARSIZE_ANY_EXHDR(a), b_length = VARSIZE_ANY_EXHDR(b);
	int order = memcmp(VARDATA_ANY(a), VARDATA_ANY(b), Min(a_length, b_length));

	return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

typedef struct WordList
{
	Datum *words;
	int count, capacity;
} WordList;

static void
list_take(void *host, const char *word, size_t length)
{
	WordList *list = host;

	if (list->count == list->capacity)
	{
		list->capacity = Max(64, 2 * list->capacity);
		list->words = list->words == NULL ? palloc(sizeof(Datum) * list->capacity)
										  : repalloc(list->words, sizeof(Datum) * list->capacity);
	}
	list->words[list->count++] = PointerGetDatum(cstring_to_text_with_len(word, (int) length));
}

static WordKind
word_kind(const char *name)
{
	if (strcmp(name, "all") == 0)
		return WORDS_ALL;
	if (strcmp(name, "numbers") == 0)
		return WORDS_NUMBERS;
	if (strcmp(name, "asked") == 0)
		return WORDS_ASKED;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("words are of kind all, numbers or asked, not \"%s\"", name)));
}

Datum
mailroom_archive_words(PG_FUNCTION_ARGS)
{
	text *content = PG_GETARG_TEXT_PP(0);
	Port port = port_server(CurrentMemoryContext);
	PortFault fault = {0};
	WordList list = {0};
	int kept = 0;

	version_check();
	port_raise(word_split(&port, VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content),
						  word_kind(text_to_cstring(PG_GETARG_TEXT_PP(1))), list_take, &list),
			   &fault, ERRCODE_INTERNAL_ERROR, "words");
	if (list.count == 0)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(TEXTOID));
	qsort(list.words, list.count, sizeof(Datum), compare_texts);
	for (int i = 0; i < list.count; i++)
		if (i == 0 || compare_texts(&list.words[kept - 1], &list.words[i]) != 0)
			list.words[kept++] = list.words[i];
	PG_RETURN_ARRAYTYPE_P(construct_array(list.words, kept, TEXTOID, -1, false, TYPALIGN_INT));
}

/*
 * What is indexed of the issuer's documents, and the index's generation, as committed last: whoever
 * counts the generation up has waited for all who archive (index_archive), so that it does not
 * change until the end of this transaction, however old its snapshot is.
 */
WordScope
word_issuer_scope(int64 issuer_id, int32 *generation)
{
	static const char *const names[] = {"none", "names", "items", "text"};
	WordScope scope = SCOPE_ITEMS;
	IndexReader reader;
	bool isnull;

	*generation = 0;
	PushActiveSnapshot(GetLatestSnapshot());
	index_reader_open(&reader, "archive_index", "archive_index_pkey");
	index_reader_key(&reader, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(issuer_id));
	index_reader_start(&reader);
	if (index_reader_next_row(&reader, ForwardScanDirection))
	{
		char *words = TextDatumGetCString(slot_getattr(reader.slot, 2, &isnull));

		for (int i = 0; i < (int) lengthof(names); i++)
			if (strcmp(words, names[i]) == 0)
				scope = (WordScope) i;
		*generation = DatumGetInt32(slot_getattr(reader.slot, 4, &isnull));
	}
	index_reader_close(&reader);
	PopActiveSnapshot();
	return scope;
}

static void
indexer_reset(WordIndexer *indexer)
{
	indexer->postings = NULL;
	indexer->count = indexer->capacity = 0;
	indexer->documents = 0;
	MemoryContextReset(indexer->context);
	text_arena_init(&indexer->texts, &indexer->port);
}

void
word_indexer_start(WordIndexer *indexer, int64 issuer_id, bool building)
{
	indexer->issuer_id = issuer_id;
	indexer->set.building = building;
	indexer->scope = word_issuer_scope(issuer_id, &indexer->set.generation);
	indexer->context =
		AllocSetContextCreate(CurrentMemoryContext, "archive words", ALLOCSET_DEFAULT_SIZES);
	indexer->port = port_server(indexer->context);
	indexer_reset(indexer);
}

static int
compare_postings(const void *one, const void *two)
{
	const WordPosting *a = one, *b = two;
	int order;

	if (a->head != b->head)
		return a->head < b->head ? -1 : 1;
	order = memcmp(a->word, b->word, Min(a->length, b->length));
	if (order != 0)
		return order;
	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	return (a->document < b->document) - (a->document > b->document);
}

static void
indexer_flush(WordIndexer *indexer)
{
	WordSegmentWriter writer;

	if (indexer->count > 0)
	{
		qsort(indexer->postings, indexer->count, sizeof(WordPosting), compare_postings);
		segment_writer_open(&writer, &indexer->port, indexer->issuer_id, indexer->set,
							indexer->documents, indexer->first_document, indexer->last_document);
		for (size_t i = 0; i < indexer->count; i++)
			segment_writer_add(&writer, indexer->postings[i].word, indexer->postings[i].length,
							   indexer->postings[i].document);
		segment_writer_close(&writer);
	}
	indexer_reset(indexer);
}

void
word_indexer_document(WordIndexer *indexer, int64 document_id)
{
	CHECK_FOR_INTERRUPTS();
	if (indexer->count >= MOST_POSTINGS)
		indexer_flush(indexer);
	indexer->document = (uint64) document_id;
	if (indexer->documents == 0 || document_id < indexer->first_document)
		indexer->first_document = document_id;
	if (indexer->documents == 0 || document_id > indexer->last_document)
		indexer->last_document = document_id;
	indexer->documents++;
}

static uint64
word_head(const char *word, size_t length)
{
	uint64 head = 0;

	memcpy(&head, word, Min(length, sizeof(head)));
	return pg_ntoh64(head);
}

static void
indexer_keep(WordIndexer *indexer, const char *kept, size_t length)
{
	if (indexer->count == indexer->capacity)
	{
		size_t capacity = Max(4096, 2 * indexer->capacity);

		indexer->postings =
			indexer->postings == NULL
				? MemoryContextAllocHuge(indexer->context, capacity * sizeof(WordPosting))
				: repalloc_huge(indexer->postings, capacity * sizeof(WordPosting));
		indexer->capacity = capacity;
	}
	indexer->postings[indexer->count++] = (WordPosting){.word = kept,
														.head = word_head(kept, length),
														.length = (uint32) length,
														.document = indexer->document};
}

static void
indexer_take(void *host, const char *word, size_t length)
{
	WordIndexer *indexer = host;
	char *kept = text_arena_alloc(&indexer->texts, length);

	if (kept == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	memcpy(kept, word, length);
	indexer_keep(indexer, kept, length);
}

void
word_compared(const char *value, size_t length, ByteBuffer *out)
{
	PortFault fault = {0};

	port_raise(word_join(out->port, value, length, out), &fault, ERRCODE_INTERNAL_ERROR, "words");
	if (out->length == 0)
		buffer_append(out, value, length);
	if (buffer_failed(out))
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
}

size_t
word_of_key(int kind, const char *value, size_t length, char word[WORD_BYTES])
{
	Port port = port_server(CurrentMemoryContext);
	ByteBuffer compared;

	buffer_init(&compared, &port);
	word_compared(value, length, &compared);
	length = Min(compared.length, WORD_BYTES - 1);
	word[0] = (char) kind;
	if (length > 0)
		memcpy(word + 1, compared.bytes, length);
	buffer_release(&compared);
	return length + 1;
}

static void
index_key(WordIndexer *indexer, int kind, const char *value)
{
	char word[WORD_BYTES];

	if (value != NULL && *value != 0)
		indexer_take(indexer, word, word_of_key(kind, value, strlen(value), word));
}

/* The words of a term; of one with a digit, written in groups, also all of it as one. */
static void
index_term(WordIndexer *indexer, const char *value, bool number)
{
	size_t length = strlen(value);
	ByteBuffer joined;

	word_indexer_text(indexer, value, length, WORDS_ALL);
	if (!number || strpbrk(value, "0123456789") == NULL)
		return;
	buffer_init(&joined, &indexer->port);
	word_compared(value, length, &joined);
	if (joined.length < length)
		word_indexer_text(indexer, joined.bytes, joined.length, WORDS_ALL);
	buffer_release(&joined);
}

void
word_indexer_text(WordIndexer *indexer, const char *text, size_t length, WordKind kind)
{
	PortFault fault = {0};

	port_raise(word_split(&indexer->port, text, length, kind, indexer_take, indexer), &fault,
			   ERRCODE_INTERNAL_ERROR, "words");
}

void
word_indexer_content(WordIndexer *indexer, const char *bytes, size_t length)
{
	ByteBuffer plain;

	buffer_init(&plain, &indexer->port);
	markup_text(bytes, length, &plain);
	if (buffer_failed(&plain))
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	word_indexer_text(indexer, plain.bytes, plain.length, WORDS_ALL);
	buffer_release(&plain);
}

/* What the pages of a PDF show. */
static void
index_pages(WordIndexer *indexer, const char *bytes, size_t length)
{
	PortFault fault = {0};
	ByteBuffer plain;

	buffer_init(&plain, &indexer->port);
	port_raise(pdf_text(&indexer->port, bytes, length, &plain), &fault, ERRCODE_INTERNAL_ERROR,
			   "the text of a PDF");
	word_indexer_text(indexer, plain.bytes, plain.length, WORDS_ALL);
	buffer_release(&plain);
}

void
word_indexer_finish(WordIndexer *indexer)
{
	indexer_flush(indexer);
	MemoryContextDelete(indexer->context);
	segment_merge_levels(indexer->issuer_id, indexer->set);
}

/*
 * Texts of the documents' invoices, in the order asked: lines, what a letter shows (of both of
 * which numbers alone may be looked for), and the rest.
 * OFFSET 0 as in archive_store.c.
 */
static Statement find_texts = STATEMENT(
	"SELECT (SELECT string_agg(concat_ws(' ; ', l.item_id, l.item_name,"
	" l.item_description, l.accounting_reference, l.note, l.other_terms::text), ' ; ')"
	" FROM (SELECT * FROM mailroom.invoice_line l"
	" WHERE l.issuer_id = $1 AND l.invoice_id = a.invoice_id OFFSET 0) AS l),"
	" (SELECT d.data FROM mailroom.document_data d"
	" WHERE d.issuer_id = $1 AND d.invoice_id = a.invoice_id),"
	" CASE WHEN $3 THEN (SELECT concat_ws(' ; ', i.buyer_reference, i.order_reference,"
	" i.note, i.payment_terms, i.seller_name, i.buyer_street, i.buyer_street_2, i.buyer_city,"
	" i.buyer_postcode, i.buyer_email, i.other_terms::text, i.extra::text) FROM (SELECT * FROM"
	" mailroom.invoice i WHERE i.issuer_id = $1 AND i.invoice_id = a.invoice_id OFFSET 0) AS i)"
	" END, EXISTS (SELECT FROM mailroom.invoice i WHERE i.issuer_id = $1"
	" AND i.invoice_id = a.invoice_id AND i.origin <> 'letter')"
	" FROM unnest($2) WITH ORDINALITY AS a (invoice_id, n) ORDER BY a.n",
	INT8OID, INT8ARRAYOID, BOOLOID);

static SPITupleTable *
read_invoices(int64 issuer_id, Datum *invoices, bool *nulls, int count, bool all)
{
	int lower = 1;
	Datum values[3] = {
		Int64GetDatum(issuer_id),
		PointerGetDatum(construct_md_array(invoices, nulls, 1, &count, &lower, INT8OID, 8,
										   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE)),
		BoolGetDatum(all)};

	if (statement_run_by_key(&find_texts, values, NULL) != (uint64) count)
		elog(ERROR, "could not read texts of invoices");
	return SPI_tuptable;
}

static void
index_column(WordIndexer *indexer, SPITupleTable *table, int row, int column, WordKind kind)
{
	bool isnull;
	Datum value = SPI_getbinval(table->vals[row], table->tupdesc, column, &isnull);
	text *content;

	if (isnull)
		return;
	content = DatumGetTextPP(value);
	word_indexer_text(indexer, VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content), kind);
}

/* Texts and numbers wherever they are, not the names of keys. */
static void
index_json(WordIndexer *indexer, SPITupleTable *table, int row, int column, WordKind kind)
{
	bool isnull;
	Datum value = SPI_getbinval(table->vals[row], table->tupdesc, column, &isnull);
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue scalar;
	StringInfoData texts;

	if (isnull)
		return;
	initStringInfo(&texts);
	iterator = JsonbIteratorInit(&DatumGetJsonbP(value)->root);
	while ((token = JsonbIteratorNext(&iterator, &scalar, false)) != WJB_DONE)
	{
		if (token != WJB_VALUE && token != WJB_ELEM)
			continue;
		if (scalar.type == jbvString)
			appendBinaryStringInfo(&texts, scalar.val.string.val, scalar.val.string.len);
		else if (scalar.type == jbvNumeric)
			appendStringInfoString(&texts, DatumGetCString(DirectFunctionCall1(
											   numeric_out, NumericGetDatum(scalar.val.numeric))));
		else
			continue;
		appendStringInfoString(&texts, " ; ");
	}
	word_indexer_text(indexer, texts.data, (size_t) texts.len, kind);
}

/* Of the terms of ARCHIVE_TERM_COLUMNS: number, customer, name, reference. */
#define FIRST_WORD_TERM 1
#define LAST_WORD_TERM 4
#define NUMBER_TERM 1
#define NAME_TERM 3
#define REFERENCE_TERM 4

/* The invoices of the members, each once where they stand together; rows: which of them is whose.
 */
static SPITupleTable *
read_texts(WordIndexer *indexer, const StoreItem *items, int count, const int *members, int *rows)
{
	Datum *invoices = palloc(sizeof(Datum) * count);
	bool *nulls = palloc(sizeof(bool) * count);
	int found = 0;

	for (int i = 0; i < count; i++)
	{
		const char *invoice = items[members[i]].terms[0];
		bool isnull = invoice == NULL;
		Datum id = Int64GetDatum(isnull ? 0 : strtoll(invoice, NULL, 10));

		if (i == 0 || nulls[found - 1] != isnull || invoices[found - 1] != id)
		{
			nulls[found] = isnull;
			invoices[found++] = id;
		}
		rows[i] = found - 1;
	}
	return read_invoices(indexer->issuer_id, invoices, nulls, found, indexer->scope == SCOPE_TEXT);
}

/* Postings that came of one row of texts: documents of the same invoice have the same words. */
typedef struct RowWords
{
	int row;
	size_t start, end;
} RowWords;

static void
index_row(WordIndexer *indexer, SPITupleTable *table, int row, RowWords *last)
{
	WordKind kind = indexer->scope == SCOPE_TEXT ? WORDS_ALL : WORDS_NUMBERS;
	RowWords words = {row, indexer->count, indexer->count};

	/* less than that: a segment was written, and the words are gone */
	if (last->row == row && last->end <= indexer->count)
		for (size_t i = last->start; i < last->end; i++)
		{
			WordPosting posting = indexer->postings[i];

			indexer_keep(indexer, posting.word, posting.length);
		}
	else
	{
		index_column(indexer, table, row, 1, kind);
		index_json(indexer, table, row, 2, kind);
		if (indexer->scope == SCOPE_TEXT)
			index_column(indexer, table, row, 3, WORDS_ALL);
	}
	words.end = indexer->count;
	*last = words;
}

static bool
is_told_by_rows(SPITupleTable *table, int row)
{
	bool isnull;

	return DatumGetBool(SPI_getbinval(table->vals[row], table->tupdesc, 4, &isnull));
}

static void
index_item(WordIndexer *indexer, const StoreItem *item, SPITupleTable *table, int row,
		   RowWords *last)
{
	word_indexer_document(indexer, item->document_id);
	index_key(indexer, WORD_KEY_NUMBER, item->terms[NUMBER_TERM]);
	index_key(indexer, WORD_KEY_REFERENCE, item->terms[REFERENCE_TERM]);
	for (int term = FIRST_WORD_TERM; term <= LAST_WORD_TERM; term++)
		if (item->terms[term] != NULL && indexer->scope != SCOPE_NONE)
			index_term(indexer, item->terms[term], term != NAME_TERM);
	if (table != NULL)
		index_row(indexer, table, row, last);
	if (indexer->scope != SCOPE_TEXT || item->media == NULL)
		return;
	if (strcmp(item->media, "tags") == 0)
		word_indexer_content(indexer, item->bytes, item->length);
	/* the rows of an invoice tell what its page does; letters and what came from elsewhere have
	 * none */
	else if (strcmp(item->media, "pdf") == 0 && !is_told_by_rows(table, row))
		index_pages(indexer, item->bytes, item->length);
}

static void
index_items(WordIndexer *indexer, const StoreItem *items, int count, const int *members)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "archive texts", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	int *rows = palloc0(sizeof(int) * count);
	SPITupleTable *table = NULL;
	RowWords last = {-1, 0, 0};

	if (indexer->scope >= SCOPE_ITEMS)
		table = read_texts(indexer, items, count, members, rows);
	for (int i = 0; i < count; i++)
		index_item(indexer, &items[members[i]], table, rows[i], &last);
	if (table != NULL)
		SPI_freetuptable(table);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

/* 1,000 documents at a time. */
static void
index_store(Store *store, bool building)
{
	int *members = palloc(sizeof(int) * 1000);
	int count = 0;
	WordIndexer indexer = {0};

	word_indexer_start(&indexer, store->issuer_id, building);
	for (int i = 0; i < store->count; i++)
	{
		if (!store->items[i].done)
			members[count++] = i;
		if (count == 1000)
		{
			index_items(&indexer, store->items, count, members);
			count = 0;
		}
	}
	if (count > 0)
		index_items(&indexer, store->items, count, members);
	word_indexer_finish(&indexer);
	pfree(members);
}

/* What this call archives. */
void
archive_index_words(Store *store)
{
	index_store(store, false);
}

/*
 * mailroom.index_archived(issuer_id bigint, document_ids bigint[], contents bytea[], building
 * boolean) → void: documents that are archived already; contents may be NULL where no text of
 * documents is asked for.
 */
static void
read_archived(Store *store, ArrayType *ids)
{
	Oid types[2] = {INT8OID, INT8ARRAYOID};
	Datum values[2] = {Int64GetDatum(store->issuer_id), PointerGetDatum(ids)};

	if (SPI_execute_with_args("SELECT a.n, e.document_id," ARCHIVE_TERM_COLUMNS(
								  "e") " FROM unnest($2) WITH ORDINALITY AS a (document_id, n), "
									   "LATERAL (SELECT * FROM mailroom.archive_entry e WHERE "
									   "e.issuer_id = $1 AND e.document_id = a.document_id "
									   "AND e.salt <> ''::bytea OFFSET 0) AS e",
							  2, types, values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read archived documents");
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		HeapTuple tuple = SPI_tuptable->vals[row];
		TupleDesc shape = SPI_tuptable->tupdesc;
		bool isnull;
		StoreItem *item = &store->items[DatumGetInt64(SPI_getbinval(tuple, shape, 1, &isnull)) - 1];

		item->document_id = DatumGetInt64(SPI_getbinval(tuple, shape, 2, &isnull));
		item->done = false;
		for (int i = 0; i < ARCHIVE_TERM_COUNT; i++)
			item->terms[i] = SPI_getvalue(tuple, shape, 3 + i);
	}
}

static int
compare_ids(const void *one, const void *two)
{
	int64 a = *(const int64 *) one, b = *(const int64 *) two;

	return (a > b) - (a < b);
}

/* What was archived since the new index was begun is in it. */
static void
leave_out_known(Store *store)
{
	int64 *ids = palloc(sizeof(int64) * Max(store->count, 1));
	bool *known = palloc0(sizeof(bool) * Max(store->count, 1));
	int32 generation;
	int count = 0;

	(void) word_issuer_scope(store->issuer_id, &generation);
	for (int i = 0; i < store->count; i++)
		if (!store->items[i].done)
			ids[count++] = store->items[i].document_id;
	qsort(ids, count, sizeof(int64), compare_ids);
	segment_find_known(store->issuer_id, generation, ids, count, known);
	for (int i = 0; i < store->count; i++)
	{
		StoreItem *item = &store->items[i];

		if (!item->done)
			item->done = known[(int64 *) bsearch(&item->document_id, ids, count, sizeof(int64),
												 compare_ids) -
							   ids];
	}
}

Datum
mailroom_index_archived(PG_FUNCTION_ARGS)
{
	ArrayType *ids = PG_GETARG_ARRAYTYPE_P(1);
	Store store = {.issuer_id = PG_GETARG_INT64(0)};
	bool building = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3);

	version_check();
	store.count = ArrayGetNItems(ARR_NDIM(ids), ARR_DIMS(ids));
	store.items = palloc0(sizeof(StoreItem) * Max(store.count, 1));
	for (int i = 0; i < store.count; i++)
		store.items[i].done = true;
	if (!PG_ARGISNULL(2))
	{
		Datum *contents;
		bool *nulls;
		int count;

		deconstruct_array(PG_GETARG_ARRAYTYPE_P(2), BYTEAOID, -1, false, TYPALIGN_INT, &contents,
						  &nulls, &count);
		for (int i = 0; i < Min(count, store.count); i++)
		{
			bytea *content = nulls[i] ? NULL : DatumGetByteaPP(contents[i]);

			if (content == NULL)
				continue;
			store.items[i].bytes = VARDATA_ANY(content);
			store.items[i].length = VARSIZE_ANY_EXHDR(content);
			store.items[i].media = archive_media(store.items[i].bytes, store.items[i].length);
		}
	}
	SPI_connect();
	read_archived(&store, ids);
	if (building)
		leave_out_known(&store);
	index_store(&store, building);
	SPI_finish();
	PG_RETURN_VOID();
}
