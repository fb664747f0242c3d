/*
 * archive_find.c: documents by words.
 *
 * A document's words lie in one segment, so that each segment is asked by itself, from the newest
 * documents down, until there are as many as asked for.  Words that many documents have are found
 * in the newest segment; rare ones cost a page of each, which is why pages are read along their
 * index and not by queries.
 *
 * Pages are inserted and deleted together with the row of their segment, and never changed: the
 * entries of a segment that is visible are those of its pages.
 */
#include "postgres.h"

#include "archive/archive_find.h"

#include "archive/archive_words.h"
#include "base/index_reader.h"
#include "base/version.h"
#include "export.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#define MOST_WORDS 16
/* The words as they stand, and with numbers written in groups as one. */
#define MOST_WAYS 2
/* Fewer documents are sorted, more put in order by a map of bits of at most so many bytes. */
#define FEW_DOCUMENTS 256
#define MAP_BYTES (16 * 1024 * 1024)
/* Of a word with more pages the newest part of the segment is looked at first. */
#define MANY_PAGES 16
#define NEWEST_PART 16
#define PAGES_AT_ONCE 64
/* The groups of a longer number (cards) begin too many others to be looked for by themselves. */
#define LONGEST_IN_PIECES 12

#define PAGE_COLUMN_CONTENT 4
#define KEY_COLUMN 3

MAILROOM_FUNCTION(mailroom_find_archived);
MAILROOM_FUNCTION(mailroom_find_archived_key);

typedef struct AskedWord
{
	char word[WORD_BYTES];
	size_t length;
	bool digit;
} AskedWord;

/* All words of a way of reading the question. */
typedef struct AskedWay
{
	AskedWord words[MOST_WORDS];
	int count;
} AskedWay;

typedef struct DocumentList
{
	uint64 *ids; /* descending once ordered */
	size_t count, capacity;
} DocumentList;

typedef struct WordPage
{
	ItemPointerData place;
	bool goes_on;	 /* the next page begins with the same word */
	uint64 document; /* of the page's first posting */
} WordPage;

/* The pages that may hold a word, in the order of their postings. */
typedef struct WordPages
{
	const AskedWord *asked;
	WordPage *pages;
	int count, capacity;
} WordPages;

typedef struct Finder
{
	int64 issuer_id;
	AskedWay ways[MOST_WAYS];
	int way_count;
	bool whole; /* the word itself, not what begins with it */
	size_t most;
	DocumentList found;
	MemoryContext segment_context;
	IndexReader reader;
	char past[VARHDRSZ + WORD_BYTES + 1]; /* a bytea: comes after all keys of the word */
} Finder;

/* A segment as it is asked. */
typedef struct Segment
{
	int64 id, first_document, last_document;
} Segment;

static void
way_take(void *host, const char *word, size_t length)
{
	AskedWay *way = host;
	AskedWord *asked;

	for (int i = 0; i < way->count; i++)
		if (way->words[i].length == length && memcmp(way->words[i].word, word, length) == 0)
			return;
	if (way->count == MOST_WORDS)
		return;
	asked = &way->words[way->count++];
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
list_reserve(DocumentList *list, size_t more)
{
	if (list->capacity - list->count >= more)
		return;
	list->capacity = Max(list->count + more, Max(256, 2 * list->capacity));
	list->ids = list->ids == NULL ? palloc(sizeof(uint64) * list->capacity)
								  : repalloc_huge(list->ids, sizeof(uint64) * list->capacity);
}

static void
list_add(DocumentList *list, uint64 document)
{
	list_reserve(list, 1);
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

/* Opens the pages' index; keys: issuer, segment, and below what comes after a word. */
static void
finder_open(Finder *finder)
{
	IndexReader *reader = &finder->reader;

	index_reader_open(reader, "archive_word_page", "archive_word_page_pkey");
	index_reader_key(reader, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(finder->issuer_id));
	index_reader_key(reader, 2, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(0));
	index_reader_key(reader, KEY_COLUMN, BTLessStrategyNumber, F_BYTEALT,
					 PointerGetDatum(finder->past));
}

/* The document of a page's key: its last eight bytes. */
static uint64
key_document(const uint8 *key, size_t length)
{
	uint64 document = 0;

	for (size_t i = length - 8; i < length; i++)
		document = document << 8 | key[i];
	return ~document;
}

static void
pages_add(WordPages *list, ItemPointer place, const bytea *key, const bytea *next)
{
	size_t length = VARSIZE_ANY_EXHDR(key);
	WordPage *page;

	if (list->count == list->capacity)
	{
		list->capacity = Max(16, 2 * list->capacity);
		list->pages = list->pages == NULL
						  ? palloc(sizeof(WordPage) * list->capacity)
						  : repalloc_huge(list->pages, sizeof(WordPage) * list->capacity);
	}
	page = &list->pages[list->count++];
	page->place = *place;
	page->document =
		length < 9 ? PG_UINT64_MAX : key_document((const uint8 *) VARDATA_ANY(key), length);
	page->goes_on = length >= 9 && next != NULL && VARSIZE_ANY_EXHDR(next) == length &&
					memcmp(VARDATA_ANY(key), VARDATA_ANY(next), length - 8) == 0;
}

static bool
key_is_before(const bytea *key, const AskedWord *asked)
{
	size_t length = VARSIZE_ANY_EXHDR(key);
	int order = memcmp(VARDATA_ANY(key), asked->word, Min(length, asked->length));

	return order != 0 ? order < 0 : length <= asked->length;
}

/* From the last page that begins within the word's range down to the one in which it may begin. */
static void
list_pages(Finder *finder, int64 segment_id, const AskedWord *asked, WordPages *list)
{
	IndexReader *reader = &finder->reader;
	char *past = finder->past + VARHDRSZ;
	char keys[2][VARHDRSZ + WORD_KEY_BYTES + 8];
	const bytea *next = NULL;
	ItemPointer place;

	SET_VARSIZE(finder->past, VARHDRSZ + asked->length + 1);
	memcpy(past, asked->word, asked->length);
	past[asked->length] =
		(char) (finder->whole ? 1 : 0xff); /* after a key's zero; no byte of UTF-8 */
	reader->keys[1].sk_argument = Int64GetDatum(segment_id);
	index_reader_start(reader);
	list->asked = asked;
	while ((place = index_reader_next(reader, BackwardScanDirection)) != NULL)
	{
		bool isnull;
		bytea *key = DatumGetByteaPP(index_reader_column(reader, KEY_COLUMN, &isnull));
		char *kept = keys[list->count % 2];

		CHECK_FOR_INTERRUPTS();
		pages_add(list, place, key, next);
		if (key_is_before(key, asked))
			break;
		if (VARSIZE_ANY(key) > sizeof(keys[0]))
			segment_raise_damaged(segment_id);
		memcpy(kept, key, VARSIZE_ANY(key));
		next = (const bytea *) kept;
	}
	for (int i = 0, j = list->count - 1; i < j; i++, j--)
	{
		WordPage page = list->pages[i];

		list->pages[i] = list->pages[j];
		list->pages[j] = page;
	}
}

/* Opens a page where it lies; it stays until the next one is read. */
static PortStatus
read_page(Finder *finder, const WordPage *page, WordPageReader *reader)
{
	const bytea *content;
	bool isnull;

	CHECK_FOR_INTERRUPTS();
	if (!index_reader_fetch(&finder->reader, &page->place))
		return PORT_INVALID;
	content = DatumGetByteaPP(slot_getattr(finder->reader.slot, PAGE_COLUMN_CONTENT, &isnull));
	return word_reader_open(reader, VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content));
}

/* The page's next word that begins with the one asked; PORT_STOPPED: no more in this page. */
static PortStatus
next_match(const Finder *finder, WordPageReader *page, const AskedWord *asked)
{
	PortStatus status;

	while ((status = word_reader_word(page)) == PORT_OK)
	{
		int order = memcmp(page->word, asked->word, Min(page->word_length, asked->length));

		if (order > 0)
			return PORT_STOPPED;
		if (order < 0 || page->word_length < asked->length)
			continue;
		return finder->whole && page->word_length > asked->length ? PORT_STOPPED : PORT_OK;
	}
	return status;
}

/* The documents of words of this page that begin with the one asked; of each at most so many. */
static PortStatus
gather_page(Finder *finder, const WordPage *place, const AskedWord *asked, size_t most,
			DocumentList *list)
{
	WordPageReader page;
	PortStatus status = read_page(finder, place, &page);

	while (status == PORT_OK && (status = next_match(finder, &page, asked)) == PORT_OK)
	{
		size_t left = most, taken = 1;

		while (left > 0 && taken > 0 && status == PORT_OK)
		{
			size_t some = Min(left, 256);

			list_reserve(list, some);
			status = word_reader_documents(&page, list->ids + list->count, some, &taken);
			list->count += taken;
			left -= taken;
		}
	}
	return status;
}

/* Whether the page holds nothing but documents below floor. */
static bool
is_below(const WordPages *pages, int i, uint64 floor)
{
	return pages->pages[i].goes_on && pages->pages[i].document < floor;
}

/* Asks for the pages that are read next, unless they are in memory. */
static void
prefetch_pages(Finder *finder, const WordPages *pages, int from)
{
	ItemPointerData places[PAGES_AT_ONCE];
	int count = 0;

	if (from % PAGES_AT_ONCE != 0 || pages->count - from < 2)
		return;
	for (int i = from; i < pages->count && count < PAGES_AT_ONCE; i++)
		places[count++] = pages->pages[i].place;
	index_reader_prefetch(&finder->reader, places, count);
}

/*
 * All documents of a word from floor up, and others.  Of a list that goes on and on as many as
 * asked for are on its first page, and what follows is older.
 */
static void
gather(Finder *finder, int64 segment_id, const WordPages *pages, size_t most, uint64 floor,
	   DocumentList *list)
{
	bool enough = false;

	for (int i = 0; i < pages->count; i++)
	{
		size_t before = list->count;

		if (most == SIZE_MAX)
			prefetch_pages(finder, pages, i);
		if (is_below(pages, i, floor) || (enough && pages->pages[i].goes_on))
			continue;
		if (gather_page(finder, &pages->pages[i], pages->asked, most, list) != PORT_STOPPED)
			segment_raise_damaged(segment_id);
		enough = pages->pages[i].goes_on && list->count - before >= most;
	}
	list_order(list);
	while (list->count > 0 && list->ids[list->count - 1] < floor)
		list->count--;
}

/* The first of the documents that is not above this one. */
static size_t
first_not_above(const DocumentList *documents, uint64 document)
{
	size_t low = 0, high = documents->count;

	while (low < high)
	{
		size_t middle = (low + high) / 2;

		if (documents->ids[middle] > document)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * Which of the documents a page may hold: between two keys of one word lie the documents from the
 * one's down to the other's.
 */
static void
page_may_hold(const WordPages *pages, int i, const DocumentList *documents, size_t *from,
			  size_t *to)
{
	*from = 0;
	*to = documents->count;
	if (!pages->pages[i].goes_on)
		return;
	*from = first_not_above(documents, pages->pages[i].document);
	*to = first_not_above(documents, pages->pages[i + 1].document);
}

static PortStatus
mark_page(Finder *finder, const WordPage *place, const AskedWord *asked, const uint64 *documents,
		  size_t count, bool *marks)
{
	WordPageReader page;
	PortStatus status = read_page(finder, place, &page);

	while (status == PORT_OK && (status = next_match(finder, &page, asked)) == PORT_OK)
		status = word_reader_mark(&page, documents, count, marks);
	return status;
}

/* Keeps those of the documents that have the word, reading the pages alone that may tell. */
static void
filter(Finder *finder, int64 segment_id, const WordPages *pages, DocumentList *documents)
{
	bool *marks = palloc0(documents->count);
	size_t kept = 0;

	for (int i = 0; i < pages->count; i++)
	{
		size_t from, to;

		if (documents->count >= (size_t) pages->count)
			prefetch_pages(finder, pages, i);
		page_may_hold(pages, i, documents, &from, &to);
		if (from < to && mark_page(finder, &pages->pages[i], pages->asked, documents->ids + from,
								   to - from, marks + from) != PORT_STOPPED)
			segment_raise_damaged(segment_id);
	}
	for (size_t i = 0; i < documents->count; i++)
		if (marks[i])
			documents->ids[kept++] = documents->ids[i];
	documents->count = kept;
	pfree(marks);
}

/* On fewer pages first; then as asked. */
static int
compare_pages(const void *one, const void *two)
{
	const WordPages *a = one, *b = two;

	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	return (a->asked > b->asked) - (a->asked < b->asked);
}

/* The documents from floor up that have all words: of the rarest all, of the others what may tell.
 */
static void
find_from(Finder *finder, int64 segment_id, const WordPages *lists, int count, uint64 floor,
		  DocumentList *candidates)
{
	candidates->count = 0;
	gather(finder, segment_id, &lists[0], count == 1 ? finder->most : SIZE_MAX, floor, candidates);
	for (int i = 1; i < count && candidates->count > 0; i++)
		filter(finder, segment_id, &lists[i], candidates);
}

static void
find_way(Finder *finder, const Segment *segment, const AskedWay *way, DocumentList *candidates)
{
	WordPages lists[MOST_WORDS] = {0};

	for (int i = 0; i < way->count; i++)
	{
		list_pages(finder, segment->id, &way->words[i], &lists[i]);
		if (lists[i].count == 0)
			return;
	}
	qsort(lists, way->count, sizeof(WordPages), compare_pages);
	if (way->count > 1 && lists[0].count > MANY_PAGES)
	{
		int64 part = (segment->last_document - segment->first_document) / NEWEST_PART;

		find_from(finder, segment->id, lists, way->count, (uint64) (segment->last_document - part),
				  candidates);
		if (candidates->count >= finder->most)
			return;
	}
	find_from(finder, segment->id, lists, way->count, 0, candidates);
}

static void
find_in_segment(Finder *finder, const Segment *segment)
{
	for (int i = 0; i < finder->way_count; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(finder->segment_context);
		DocumentList candidates = {0};

		find_way(finder, segment, &finder->ways[i], &candidates);
		MemoryContextSwitchTo(old);
		for (size_t j = 0; j < Min(candidates.count, finder->most); j++)
			list_add(&finder->found, candidates.ids[j]);
		MemoryContextReset(finder->segment_context);
	}
	list_order(&finder->found);
}

static int
compare_segments(const void *one, const void *two)
{
	const Segment *a = one, *b = two;

	return (a->last_document < b->last_document) - (a->last_document > b->last_document);
}

/* The issuer's segments from the newest documents down. */
static Segment *
read_segments(int64 issuer_id, int *count)
{
	IndexReader reader;
	Segment *segments = palloc(sizeof(Segment) * 64);
	int capacity = 64;
	bool isnull;

	*count = 0;
	index_reader_open(&reader, "archive_word_segment", "archive_word_segment_pkey");
	index_reader_key(&reader, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(issuer_id));
	index_reader_start(&reader);
	while (index_reader_next_row(&reader, ForwardScanDirection))
	{
		CHECK_FOR_INTERRUPTS();
		if (DatumGetBool(slot_getattr(reader.slot, 7, &isnull)))
			continue; /* of an index that is not whole */
		if (*count == capacity)
		{
			capacity *= 2;
			segments = repalloc(segments, sizeof(Segment) * capacity);
		}
		segments[(*count)++] = (Segment){
			.id = DatumGetInt64(slot_getattr(reader.slot, 2, &isnull)),
			.first_document = DatumGetInt64(slot_getattr(reader.slot, 4, &isnull)),
			.last_document = DatumGetInt64(slot_getattr(reader.slot, 5, &isnull)),
		};
	}
	index_reader_close(&reader);
	qsort(segments, *count, sizeof(Segment), compare_segments);
	return segments;
}

static void
finder_run(Finder *finder)
{
	int count;
	Segment *segments = read_segments(finder->issuer_id, &count);

	finder->segment_context =
		AllocSetContextCreate(CurrentMemoryContext, "words found", ALLOCSET_DEFAULT_SIZES);
	finder_open(finder);
	for (int i = 0; i < count && finder->most > 0; i++)
	{
		if (finder->found.count >= finder->most &&
			(int64) finder->found.ids[finder->most - 1] > segments[i].last_document)
			break;
		find_in_segment(finder, &segments[i]);
	}
	index_reader_close(&finder->reader);
	MemoryContextDelete(finder->segment_context);
	pfree(segments);
	finder->found.count = Min(finder->found.count, finder->most);
}

static void
read_way(AskedWay *way, const Port *port, const char *question, size_t length, WordKind kind)
{
	PortFault fault = {0};

	way->count = 0;
	port_raise(word_split(port, question, length, kind, way_take, way), &fault,
			   ERRCODE_INTERNAL_ERROR, "words");
	qsort(way->words, way->count, sizeof(AskedWord), compare_asked);
}

static bool
same_ways(const AskedWay *one, const AskedWay *two)
{
	bool same = one->count == two->count;

	for (int i = 0; i < one->count && same; i++)
		same = one->words[i].length == two->words[i].length &&
			   memcmp(one->words[i].word, two->words[i].word, one->words[i].length) == 0;
	return same;
}

static bool
is_new_way(const Finder *finder, const AskedWay *way)
{
	for (int i = 0; i < finder->way_count; i++)
		if (same_ways(&finder->ways[i], way))
			return false;
	return true;
}

/* Letters and digits of the whole question as one word; false when it is none or has no digit. */
static bool
read_joined(AskedWay *way, const Port *port, const char *question, size_t length)
{
	PortFault fault = {0};
	ByteBuffer joined;

	buffer_init(&joined, port);
	port_raise(word_join(port, question, length, &joined), &fault, ERRCODE_INTERNAL_ERROR, "words");
	read_way(way, port, joined.bytes, joined.length, WORDS_ASKED);
	buffer_release(&joined);
	return way->count == 1 && way->words[0].digit;
}

static void
add_way(Finder *finder, const AskedWay *way)
{
	if (way->count > 0 && finder->way_count < MOST_WAYS && is_new_way(finder, way))
		finder->ways[finder->way_count++] = *way;
}

/* Asks by the ways of finder, unless something was found. */
static void
find_otherwise(Finder *finder)
{
	if (finder->found.count == 0 && finder->way_count > 0)
		finder_run(finder);
	finder->way_count = 0;
}

/* Whether single characters of the question are in no word: BREV-3 in pieces is BREV alone. */
static bool
leaves_out(const AskedWay *way, const Port *port, const char *question, size_t length)
{
	PortFault fault = {0};
	ByteBuffer joined;
	size_t asked = 0, all;

	buffer_init(&joined, port);
	port_raise(word_join(port, question, length, &joined), &fault, ERRCODE_INTERNAL_ERROR, "words");
	all = joined.length;
	buffer_release(&joined);
	for (int i = 0; i < way->count; i++)
		asked += way->words[i].length;
	return asked < all;
}

uint64 *
archive_find_words(int64 issuer_id, const char *question, size_t length, size_t most, size_t *count)
{
	Port port = port_server(CurrentMemoryContext);
	Finder finder = {.issuer_id = issuer_id, .most = most, .way_count = 1};
	AskedWay asked, grouped, joined;

	read_way(&finder.ways[0], &port, question, length, WORDS_ASKED);
	if (finder.ways[0].count == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("nothing to look for in \"%s\"", pnstrdup(question, length)),
						errhint("Ask for words of at least two letters or digits.")));
	asked = finder.ways[0];
	read_way(&grouped, &port, question, length, WORDS_GROUPED);
	if (!read_joined(&joined, &port, question, length))
		joined.count = 0;
	if (leaves_out(&asked, &port, question, length))
	{
		finder.way_count = 0;
		if (!leaves_out(&grouped, &port, question, length))
			add_way(&finder, &grouped);
		add_way(&finder, &joined);
		find_otherwise(&finder);
		add_way(&finder, &asked);
	}
	else
		add_way(&finder, &grouped);
	find_otherwise(&finder);
	/* a number in groups that have letters; parts of one that the index has as a whole */
	add_way(&finder, &joined);
	if (asked.count > 1 || asked.words[0].length <= LONGEST_IN_PIECES)
	{
		read_way(&asked, &port, question, length, WORDS_PIECES);
		add_way(&finder, &asked);
	}
	find_otherwise(&finder);
	*count = finder.found.count;
	return finder.found.ids;
}

uint64 *
archive_find_key(int64 issuer_id, int kind, const char *value, size_t length, size_t most,
				 size_t *count)
{
	Finder finder = {.issuer_id = issuer_id, .most = most, .way_count = 1, .whole = true};
	AskedWord *word = &finder.ways[0].words[0];

	finder.ways[0].count = 1;
	word->length = word_of_key(kind, value, length, word->word);
	if (word->length > 1)
		finder_run(&finder);
	*count = finder.found.count;
	return finder.found.ids;
}

static void
give_documents(ReturnSetInfo *result, const uint64 *documents, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		Datum value = Int64GetDatum((int64) documents[i]);
		bool isnull = false;

		tuplestore_putvalues(result->setResult, result->setDesc, &value, &isnull);
	}
}

/*
 * mailroom.find_archived(issuer_id bigint, words text, max_rows integer) → SETOF bigint: the
 * highest document_ids that have words beginning with each of the words.
 */
Datum
mailroom_find_archived(PG_FUNCTION_ARGS)
{
	text *words = PG_GETARG_TEXT_PP(1);
	size_t count;
	uint64 *found;

	version_check();
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	found = archive_find_words(PG_GETARG_INT64(0), VARDATA_ANY(words), VARSIZE_ANY_EXHDR(words),
							   (size_t) Max(PG_GETARG_INT32(2), 0), &count);
	give_documents((ReturnSetInfo *) fcinfo->resultinfo, found, count);
	return (Datum) 0;
}

/*
 * mailroom.find_archived_key(issuer_id bigint, reference boolean, value text, max_rows integer) →
 * SETOF bigint: the highest document_ids whose invoice number or payment reference is this one but
 * for signs between its letters and digits and their case, or begins with the same 39 of them.
 */
Datum
mailroom_find_archived_key(PG_FUNCTION_ARGS)
{
	text *value = PG_GETARG_TEXT_PP(2);
	size_t count;
	uint64 *found;

	version_check();
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	found = archive_find_key(
		PG_GETARG_INT64(0), PG_GETARG_BOOL(1) ? WORD_KEY_REFERENCE : WORD_KEY_NUMBER,
		VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), (size_t) Max(PG_GETARG_INT32(3), 0), &count);
	give_documents((ReturnSetInfo *) fcinfo->resultinfo, found, count);
	return (Datum) 0;
}
