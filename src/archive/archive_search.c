/*
 * archive_search.c: archived documents by number, customer, reference, date, amount and words.
 *
 * Each way of asking has an index of mailroom.archive_entry that tells places of rows in the order
 * asked for, newest first.  Places are told by the index alone; the rows of some dozens of them are
 * then asked for at once, since in a large archive nearly each lies in a page of its own.
 */
#include "postgres.h"

#include "archive/archive.h"
#include "archive/archive_find.h"
#include "archive/archive_words.h"
#include "base/index_reader.h"
#include "base/version.h"
#include "catalog/namespace.h"
#include "executor/spi.h"
#include "export.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

MAILROOM_FUNCTION(mailroom_search_archive);
MAILROOM_FUNCTION(mailroom_find_documents);

/* Places whose rows are asked for at once. */
#define PLACES_AT_ONCE 64
/* More than asked for are kept, in case some are not visible. */
#define PLACES_SPARE 16
/* Of a number or reference that more documents have, those archived last are looked at. */
#define MOST_OF_KEY 1000
/* A customer of so few documents is read whole; of so few amounts the places are kept. */
#define FEW_OF_CUSTOMER 64
#define FEW_OF_AMOUNT 2000
/* Entries of amounts read before those of days are looked at besides, and then of each in turn. */
#define FIRST_AMOUNTS 4096
#define ENTRIES_IN_TURN 1024

#define NO_DAY PG_INT64_MIN

/* The columns of an answer, in its order, and what else is looked at. */
static const char *const column_names[] = {"document_id",	"invoice_id",	 "invoice_number",
										   "customer_no",	"customer_name", "payment_reference",
										   "issue_date",	"amount_minor",	 "currency",
										   "content_bytes", "salt"};
enum
{
	COLUMN_DOCUMENT,
	COLUMN_NUMBER = 2,
	COLUMN_CUSTOMER = 3,
	COLUMN_REFERENCE = 5,
	COLUMN_DAY = 6,
	COLUMN_AMOUNT = 7,
	COLUMN_SALT = 10,
	COLUMNS
};

/* Where a row is and how new. */
typedef struct Place
{
	int64 day; /* NO_DAY: none, the oldest */
	int64 document;
	ItemPointerData row;
} Place;

typedef struct Places
{
	Place *places;
	size_t count, capacity;
	size_t most; /* the newest so many are kept; SIZE_MAX: all */
	bool cut;	 /* some were left out */
} Places;

typedef struct Search
{
	int64 issuer_id;
	ByteBuffer number, reference; /* as they are compared; empty: any */
	const text *customer;		  /* NULL: any */
	bool any_number, any_reference, any_day, any_amount;
	int64 first_day, last_day;
	int64 least, most;
	size_t max_rows, given;
	Port port;
	ByteBuffer scratch;
	AttrNumber columns[COLUMNS];
	ReturnSetInfo *result;
} Search;

/* An index whose entries tell days and amounts. */
typedef struct EntryIndex
{
	const char *name;
	AttrNumber day, document, amount; /* amount 0: not told */
} EntryIndex;

static const EntryIndex customer_index = {"archive_entry_customer", 3, 4, 0};
static const EntryIndex date_index = {"archive_entry_date", 2, 3, 4};
static const EntryIndex amount_index = {"archive_entry_amount", 3, 4, 2};

static void
search_start(Search *search, FunctionCallInfo fcinfo)
{
	Oid table = get_relname_relid("archive_entry", get_namespace_oid("mailroom", false));
	Datum issuer_id = PG_ARGISNULL(0) ? Int64GetDatum(0) : PG_GETARG_DATUM(0);

	version_check();
	SPI_connect();
	archive_check_rights(issuer_id);
	SPI_finish();
	InitMaterializedSRF(fcinfo, 0);
	*search = (Search){.issuer_id = DatumGetInt64(issuer_id),
					   .any_number = true,
					   .any_reference = true,
					   .any_day = true,
					   .any_amount = true,
					   .max_rows = SIZE_MAX,
					   .result = (ReturnSetInfo *) fcinfo->resultinfo,
					   .port = port_server(CurrentMemoryContext)};
	buffer_init(&search->number, &search->port);
	buffer_init(&search->reference, &search->port);
	buffer_init(&search->scratch, &search->port);
	for (int i = 0; i < COLUMNS; i++)
		search->columns[i] = get_attnum(table, column_names[i]);
}

/* The index's first columns: the issuer, and what of the customer, amount and days it has. */
static void
open_entries(IndexReader *reader, const Search *search, const EntryIndex *index)
{
	index_reader_open(reader, "archive_entry", index->name);
	index_reader_key(reader, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(search->issuer_id));
	if (index == &customer_index)
		index_reader_key(reader, 2, BTEqualStrategyNumber, F_TEXTEQ,
						 PointerGetDatum(search->customer));
	if (index == &amount_index && search->least == search->most)
		index_reader_key(reader, 2, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(search->most));
	else if (index == &amount_index)
	{
		index_reader_key(reader, 2, BTGreaterEqualStrategyNumber, F_INT8GE,
						 Int64GetDatum(search->least));
		index_reader_key(reader, 2, BTLessEqualStrategyNumber, F_INT8LE,
						 Int64GetDatum(search->most));
	}
	if (!search->any_day)
	{
		index_reader_key(reader, index->day, BTGreaterEqualStrategyNumber, F_DATE_GE,
						 DateADTGetDatum((DateADT) search->first_day));
		index_reader_key(reader, index->day, BTLessEqualStrategyNumber, F_DATE_LE,
						 DateADTGetDatum((DateADT) search->last_day));
	}
	index_reader_start(reader);
}

/* The next entry that meets what the index tells; false at the end or when no more may be read. */
static bool
next_place(IndexReader *reader, const Search *search, const EntryIndex *index, size_t *entries,
		   Place *place)
{
	while (*entries > 0)
	{
		ItemPointer row = index_reader_next(reader, ForwardScanDirection);
		bool isnull;
		int64 amount;

		if (row == NULL)
			return false;
		if (--*entries % 1024 == 0)
			CHECK_FOR_INTERRUPTS();
		if (index == &date_index && !search->any_amount)
		{
			amount = DatumGetInt64(index_reader_column(reader, index->amount, &isnull));
			if (isnull || amount < search->least || amount > search->most)
				continue;
		}
		place->row = *row;
		place->document = DatumGetInt64(index_reader_column(reader, index->document, &isnull));
		place->day = DatumGetDateADT(index_reader_column(reader, index->day, &isnull));
		if (isnull)
			place->day = NO_DAY;
		return true;
	}
	return false;
}

/* From the newest down. */
static int
compare_places(const void *one, const void *two)
{
	const Place *a = one, *b = two;

	if (a->day != b->day)
		return a->day > b->day ? -1 : 1;
	return (a->document < b->document) - (a->document > b->document);
}

static void
places_init(Places *places, size_t most)
{
	*places = (Places){.most = most};
}

/*
 * Adds a place.  Of a bounded list the newest are kept: when four times as many as are asked for
 * have come, it is sorted and cut, and what is older than its last does not enter again.
 */
static void
places_add(Places *places, const Place *place)
{
	if (places->cut && places->count >= places->most &&
		compare_places(place, &places->places[places->most - 1]) > 0)
		return;
	if (places->count == places->capacity && places->most < SIZE_MAX / 4 &&
		places->count >= 4 * places->most)
	{
		qsort(places->places, places->count, sizeof(Place), compare_places);
		places->count = places->most;
		places->cut = true;
		if (compare_places(place, &places->places[places->most - 1]) > 0)
			return;
	}
	if (places->count == places->capacity)
	{
		places->capacity = Max(4 * PLACES_AT_ONCE, 2 * places->capacity);
		if (places->most < SIZE_MAX / 4)
			places->capacity = Max(Min(places->capacity, 4 * places->most), places->count + 1);
		places->places = places->places == NULL
							 ? palloc(sizeof(Place) * places->capacity)
							 : repalloc_huge(places->places, sizeof(Place) * places->capacity);
	}
	places->places[places->count++] = *place;
}

static void
places_sort(Places *places)
{
	if (places->count == 0)
		return;
	qsort(places->places, places->count, sizeof(Place), compare_places);
	if (places->count > places->most)
	{
		places->count = places->most;
		places->cut = true;
	}
}

static bool
same_text(Search *search, const ByteBuffer *asked, Datum value, bool isnull)
{
	const text *content;

	if (isnull)
		return false;
	content = DatumGetTextPP(value);
	buffer_reset(&search->scratch);
	word_compared(VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content), &search->scratch);
	return search->scratch.length == asked->length &&
		   (asked->length == 0 || memcmp(search->scratch.bytes, asked->bytes, asked->length) == 0);
}

/* Whether a row is one of those asked for. */
static bool
row_is_asked(Search *search, const Datum *values, const bool *nulls)
{
	if (nulls[COLUMN_SALT] || VARSIZE_ANY_EXHDR(DatumGetByteaPP(values[COLUMN_SALT])) == 0)
		return false; /* erased */
	if (!search->any_day &&
		(nulls[COLUMN_DAY] || DatumGetDateADT(values[COLUMN_DAY]) < search->first_day ||
		 DatumGetDateADT(values[COLUMN_DAY]) > search->last_day))
		return false;
	if (!search->any_amount &&
		(nulls[COLUMN_AMOUNT] || DatumGetInt64(values[COLUMN_AMOUNT]) < search->least ||
		 DatumGetInt64(values[COLUMN_AMOUNT]) > search->most))
		return false;
	if (search->customer != NULL)
	{
		const text *customer =
			nulls[COLUMN_CUSTOMER] ? NULL : DatumGetTextPP(values[COLUMN_CUSTOMER]);

		if (customer == NULL ||
			VARSIZE_ANY_EXHDR(customer) != VARSIZE_ANY_EXHDR(search->customer) ||
			memcmp(VARDATA_ANY(customer), VARDATA_ANY(search->customer),
				   VARSIZE_ANY_EXHDR(customer)) != 0)
			return false;
	}
	return (search->any_number ||
			same_text(search, &search->number, values[COLUMN_NUMBER], nulls[COLUMN_NUMBER])) &&
		   (search->any_reference || same_text(search, &search->reference, values[COLUMN_REFERENCE],
											   nulls[COLUMN_REFERENCE]));
}

/* Reads a row and whether it is asked for. */
static bool
read_row(Search *search, IndexReader *reader, const ItemPointerData *row, Datum *values,
		 bool *nulls)
{
	CHECK_FOR_INTERRUPTS();
	if (!index_reader_fetch(reader, row))
		return false;
	slot_getallattrs(reader->slot);
	for (int i = 0; i < COLUMNS; i++)
	{
		values[i] = reader->slot->tts_values[search->columns[i] - 1];
		nulls[i] = reader->slot->tts_isnull[search->columns[i] - 1];
	}
	return row_is_asked(search, values, nulls);
}

static void
prefetch_places(IndexReader *reader, const Place *places, size_t count)
{
	ItemPointerData rows[PLACES_AT_ONCE];

	for (size_t i = 0; i < count; i++)
		rows[i] = places[i].row;
	index_reader_prefetch(reader, rows, (int) count);
}

/* Gives rows in the order of their places. */
static void
give_places(Search *search, IndexReader *reader, const Place *places, size_t count)
{
	for (size_t i = 0; i < count && search->given < search->max_rows; i++)
	{
		Datum values[COLUMNS];
		bool nulls[COLUMNS];

		if (i % PLACES_AT_ONCE == 0)
			prefetch_places(reader, &places[i], Min(count - i, PLACES_AT_ONCE));
		if (!read_row(search, reader, &places[i].row, values, nulls))
			continue;
		tuplestore_putvalues(search->result->setResult, search->result->setDesc, values, nulls);
		search->given++;
	}
}

/* Along an index that is in the order of the answer. */
static void
give_along(Search *search, IndexReader *reader, const EntryIndex *index)
{
	Place places[PLACES_AT_ONCE];
	size_t all = SIZE_MAX, count;

	do
	{
		size_t wanted = Min(search->max_rows - search->given, PLACES_AT_ONCE);

		for (count = 0; count < wanted && next_place(reader, search, index, &all, &places[count]);)
			count++;
		give_places(search, reader, places, count);
	} while (count > 0 && search->given < search->max_rows);
}

static void
search_along(Search *search, const EntryIndex *index)
{
	IndexReader reader;

	open_entries(&reader, search, index);
	give_along(search, &reader, index);
	index_reader_close(&reader);
}

/*
 * A span of amounts: its entries are not in the order of days, and those of days have all amounts.
 * A narrow span is read whole and its newest are kept; of a wide one they are soon met among the
 * newest of all.  Which it is shows while both are read in turn.
 */
static bool
amounts_are_read(Search *search, IndexReader *amounts, IndexReader *days, Places *by_amount,
				 Places *by_day)
{
	size_t entries = FIRST_AMOUNTS;
	Place place;

	for (;;)
	{
		while (next_place(amounts, search, &amount_index, &entries, &place))
			places_add(by_amount, &place);
		if (entries > 0)
			return true;
		for (entries = by_amount->most == SIZE_MAX ? 0 : ENTRIES_IN_TURN;
			 by_day->count < search->max_rows &&
			 next_place(days, search, &date_index, &entries, &place);)
			places_add(by_day, &place);
		if (by_amount->most < SIZE_MAX && entries > 0)
			return false; /* as many as asked for, or the end */
		entries = ENTRIES_IN_TURN;
	}
}

/* Takes out places whose rows are not asked for or not visible, and learns the days of the others.
 */
static void
places_check(Search *search, IndexReader *reader, Places *places)
{
	size_t kept = 0;

	for (size_t i = 0; i < places->count; i++)
	{
		Place *place = &places->places[i];
		Datum values[COLUMNS];
		bool nulls[COLUMNS];

		if (i % PLACES_AT_ONCE == 0)
			prefetch_places(reader, place, Min(places->count - i, PLACES_AT_ONCE));
		if (!read_row(search, reader, &place->row, values, nulls))
			continue;
		place->day = nulls[COLUMN_DAY] ? NO_DAY : DatumGetDateADT(values[COLUMN_DAY]);
		places->places[kept++] = *place;
	}
	places->count = kept;
}

static void
search_amounts(Search *search)
{
	IndexReader amounts, days;
	Places by_amount, by_day;
	bool all = search->max_rows > SIZE_MAX / 8;

	open_entries(&amounts, search, &amount_index);
	open_entries(&days, search, &date_index);
	places_init(&by_amount, all ? SIZE_MAX : search->max_rows + PLACES_SPARE);
	places_init(&by_day, SIZE_MAX);
	if (amounts_are_read(search, &amounts, &days, &by_amount, &by_day))
	{
		places_sort(&by_amount);
		if (by_amount.cut)
			places_check(search, &amounts, &by_amount);
		if (by_amount.cut && by_amount.count < search->max_rows)
		{
			/* too many were not visible: all of them */
			places_init(&by_amount, SIZE_MAX);
			index_reader_start(&amounts);
			(void) amounts_are_read(search, &amounts, &days, &by_amount, &by_day);
			places_sort(&by_amount);
		}
		give_places(search, &amounts, by_amount.places, by_amount.count);
	}
	else
	{
		give_places(search, &days, by_day.places, by_day.count);
		give_along(search, &days, &date_index);
	}
	index_reader_close(&amounts);
	index_reader_close(&days);
}

static int
compare_documents(const void *one, const void *two)
{
	const Place *a = one, *b = two;

	return (a->document > b->document) - (a->document < b->document);
}

/* The places along the index, if there are at most so many. */
static bool
few_places(IndexReader *reader, const Search *search, const EntryIndex *index, size_t most,
		   Places *places)
{
	size_t entries = most + 1;
	Place place;

	places_init(places, SIZE_MAX);
	while (next_place(reader, search, index, &entries, &place))
		places_add(places, &place);
	return entries > 0;
}

/* The customer's documents that are among the places, until there are as many as asked for. */
static void
give_customers(Search *search, IndexReader *customers, Places *amounts)
{
	size_t all = SIZE_MAX;
	Places both;
	Place place;

	places_init(&both, SIZE_MAX);
	qsort(amounts->places, amounts->count, sizeof(Place), compare_documents);
	index_reader_start(customers);
	while (amounts->count > 0 && both.count < amounts->count &&
		   next_place(customers, search, &customer_index, &all, &place))
		if (bsearch(&place, amounts->places, amounts->count, sizeof(Place), compare_documents))
			places_add(&both, &place);
	give_places(search, customers, both.places, both.count);
}

/* A customer's documents of some amounts: along what there is less of. */
static void
search_customer_amounts(Search *search)
{
	IndexReader customers, amounts;
	Places places;

	open_entries(&customers, search, &customer_index);
	if (few_places(&customers, search, &customer_index, FEW_OF_CUSTOMER, &places))
	{
		give_places(search, &customers, places.places, places.count);
		index_reader_close(&customers);
		return;
	}
	open_entries(&amounts, search, &amount_index);
	if (!few_places(&amounts, search, &amount_index, FEW_OF_AMOUNT, &places))
	{
		index_reader_start(&customers);
		give_along(search, &customers, &customer_index);
	}
	else if (places.count > FEW_OF_CUSTOMER)
		give_customers(search, &customers, &places);
	else
	{
		places_sort(&places);
		give_places(search, &amounts, places.places, places.count);
	}
	index_reader_close(&amounts);
	index_reader_close(&customers);
}

/* Documents that are told by number, whatever their days. */
static void
give_documents(Search *search, const uint64 *documents, size_t count)
{
	IndexReader reader;
	Places places;

	places_init(&places, SIZE_MAX);
	index_reader_open(&reader, "archive_entry", "archive_entry_pkey");
	index_reader_key(&reader, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(search->issuer_id));
	index_reader_key(&reader, 2, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(0));
	for (size_t i = 0; i < count; i++)
	{
		Place place = {.document = (int64) documents[i]};
		ItemPointer row;

		CHECK_FOR_INTERRUPTS();
		reader.keys[1].sk_argument = Int64GetDatum(place.document);
		index_reader_start(&reader);
		/* of a row that was changed there are two, of which one is visible */
		while ((row = index_reader_next(&reader, ForwardScanDirection)) != NULL)
		{
			place.row = *row;
			places_add(&places, &place);
		}
	}
	if (count > 0)
		places_check(search, &reader, &places);
	places_sort(&places);
	give_places(search, &reader, places.places, places.count);
	index_reader_close(&reader);
}

static void
search_key(Search *search, int kind, const text *value)
{
	size_t count;
	uint64 *documents = archive_find_key(search->issuer_id, kind, VARDATA_ANY(value),
										 VARSIZE_ANY_EXHDR(value), MOST_OF_KEY, &count);

	give_documents(search, documents, count);
}

static size_t
most_rows(FunctionCallInfo fcinfo, int argument)
{
	if (PG_ARGISNULL(argument))
		return SIZE_MAX;
	return (size_t) Max(PG_GETARG_INT32(argument), 0);
}

static const text *
search_text(FunctionCallInfo fcinfo, int argument, ByteBuffer *compared)
{
	const text *value = PG_ARGISNULL(argument) ? NULL : PG_GETARG_TEXT_PP(argument);

	if (value != NULL && compared != NULL)
		word_compared(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), compared);
	return value;
}

/*
 * mailroom.search_archive(issuer_id bigint, invoice_number text, customer_no text,
 * payment_reference text, issued_from date, issued_to date, amount_from bigint, amount_to bigint,
 * max_rows integer) → SETOF mailroom.archive_match
 */
Datum
mailroom_search_archive(PG_FUNCTION_ARGS)
{
	Search search;
	const text *number, *reference;

	search_start(&search, fcinfo);
	number = search_text(fcinfo, 1, &search.number);
	search.customer = search_text(fcinfo, 2, NULL);
	reference = search_text(fcinfo, 3, &search.reference);
	search.any_number = number == NULL;
	search.any_reference = reference == NULL;
	search.any_day = PG_ARGISNULL(4) && PG_ARGISNULL(5);
	search.first_day = PG_ARGISNULL(4) ? DATEVAL_NOBEGIN : PG_GETARG_DATEADT(4);
	search.last_day = PG_ARGISNULL(5) ? DATEVAL_NOEND : PG_GETARG_DATEADT(5);
	search.any_amount = PG_ARGISNULL(6) && PG_ARGISNULL(7);
	search.least = PG_ARGISNULL(6) ? PG_INT64_MIN : PG_GETARG_INT64(6);
	search.most = PG_ARGISNULL(7) ? PG_INT64_MAX : PG_GETARG_INT64(7);
	if (!PG_ARGISNULL(8) && PG_GETARG_INT32(8) < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_ROW_COUNT_IN_LIMIT_CLAUSE),
						errmsg("max_rows must not be negative")));
	search.max_rows = most_rows(fcinfo, 8);
	if (search.max_rows == 0 || search.least > search.most || search.first_day > search.last_day)
		return (Datum) 0;
	if (number != NULL)
		search_key(&search, WORD_KEY_NUMBER, number);
	else if (reference != NULL)
		search_key(&search, WORD_KEY_REFERENCE, reference);
	else if (search.customer != NULL && !search.any_amount)
		search_customer_amounts(&search);
	else if (search.customer != NULL)
		search_along(&search, &customer_index);
	else if (search.any_amount)
		search_along(&search, &date_index);
	else if (search.least == search.most)
		search_along(&search, &amount_index);
	else
		search_amounts(&search);
	return (Datum) 0;
}

/* mailroom.find_documents(issuer_id bigint, words text, max_rows integer) → SETOF archive_match */
Datum
mailroom_find_documents(PG_FUNCTION_ARGS)
{
	Search search;
	const text *words;
	uint64 *documents;
	size_t count;

	search_start(&search, fcinfo);
	words = PG_ARGISNULL(1) ? cstring_to_text("") : PG_GETARG_TEXT_PP(1);
	documents = archive_find_words(search.issuer_id, VARDATA_ANY(words), VARSIZE_ANY_EXHDR(words),
								   most_rows(fcinfo, 2), &count);
	give_documents(&search, documents, count);
	return (Datum) 0;
}
