/*
 * print_letter.c: a cursor over the plan, and the archive asked for some documents at a time.
 *
 * Bytes in memory are bounded by PRINT_BATCH_BYTES, or one document if that is larger.
 */
#include "postgres.h"

#include "print/print_letter.h"

#include "base/errors.h"
#include "base/statement.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* What is read in front of the first page: the resources of most documents. */
#define BEFORE_FIRST_PAGE 1024

/*
 * OFFSET 0 keeps the letter's rows a lookup by key for each row of the plan: the tables were filled
 * a moment ago, and without statistics a join would compare every letter with every other.
 */
#define LETTERS_QUERY(source)                                                                      \
	"SELECT p.sequence_no, l.letter_id, p.letter_id, l.document_id, l.pages, l.sheets, p.grams,"   \
	" p.bundle_no, i.invoice_number, l.recipient, l.postcode, l.country, p.format, p.offer,"       \
	" d.content_bytes, d.content_sha256, d.page_offsets, d.page_lengths, p.issuer_id,"             \
	" p.mailing_id, p.tray_no, (SELECT pg_catalog.to_json(n.materials)::text"                      \
	" FROM mailroom.mailing_insert n WHERE n.issuer_id = p.issuer_id"                              \
	" AND n.mailing_id = p.mailing_id AND n.insert_no = p.insert_no) FROM " source                 \
	" CROSS JOIN LATERAL (SELECT l.letter_id, l.document_id, l.pages, l.sheets, l.recipient, "     \
	"l.postcode, l.country"                                                                        \
	" FROM mailroom.letter l WHERE l.issuer_id = p.issuer_id AND l.mailing_id = p.mailing_id"      \
	" AND l.letter_id = p.letter_id"                                                               \
	" UNION ALL SELECT l.letter_id, l.document_id, l.pages, l.sheets, l.recipient, "               \
	"l.postcode, l.country"                                                                        \
	" FROM mailroom.letter l WHERE l.issuer_id = p.issuer_id AND l.mailing_id = p.mailing_id"      \
	" AND l.cover_id = p.letter_id OFFSET 0) AS l"                                                 \
	" CROSS JOIN LATERAL (SELECT d.invoice_id, d.content_bytes, d.content_sha256, "                \
	"d.page_offsets, d.page_lengths"                                                               \
	" FROM mailroom.document d WHERE d.issuer_id = p.issuer_id AND d.document_id = l.document_id " \
	"OFFSET 0) AS d"                                                                               \
	" CROSS JOIN LATERAL (SELECT i.invoice_number FROM mailroom.invoice i"                         \
	" WHERE i.issuer_id = p.issuer_id AND i.invoice_id = d.invoice_id OFFSET 0) AS i"              \
	" ORDER BY p.sequence_no, l.letter_id <> p.letter_id, l.letter_id"

static const char letters_query[] =
	LETTERS_QUERY("(SELECT p.* FROM mailroom.letter_postage p WHERE p.issuer_id = $1 AND "
				  "p.mailing_id = $2) AS p");
static const char hand_in_query[] =
	LETTERS_QUERY("mailroom.print_parts($1, $2) AS k CROSS JOIN LATERAL (SELECT p.*"
				  " FROM mailroom.letter_postage p WHERE p.issuer_id = k.issuer_id"
				  " AND p.mailing_id = k.mailing_id OFFSET 0) AS p");
#define LISTED_LETTERS(table, number)                                                              \
	LETTERS_QUERY("(SELECT p.* FROM " table " r CROSS JOIN LATERAL (SELECT p.*"                    \
				  " FROM mailroom.letter_postage p WHERE p.issuer_id = r.member_issuer_id"         \
				  " AND p.mailing_id = r.member_mailing_id AND p.letter_id = r.letter_id OFFSET 0" \
				  ") AS p WHERE r.issuer_id = $1 AND r.mailing_id = $2 AND r." number              \
				  " = $3) AS p")
static const char reprint_query[] = LISTED_LETTERS("mailroom.letter_reprint", "reprint_no");
static const char part_query[] = LISTED_LETTERS("mailroom.letter_part", "part_no");

enum
{
	SEQUENCE_NO,
	LETTER_ID,
	COVER_ID,
	DOCUMENT_ID,
	PAGES,
	SHEETS,
	GRAMS,
	BUNDLE_NO,
	INVOICE_NUMBER,
	RECIPIENT,
	POSTCODE,
	COUNTRY,
	FORMAT,
	OFFER,
	CONTENT_BYTES,
	CONTENT_SHA256,
	PAGE_OFFSETS,
	PAGE_LENGTHS,
	ISSUER_ID,
	MAILING_ID,
	TRAY_NO,
	INSERTS,
	COLUMN_COUNT
};

static Statement read_contents = STATEMENT("SELECT mailroom.archive_document_ends($1, $2, $3, $4)",
										   INT8OID, INT8ARRAYOID, INT8ARRAYOID, BYTEAARRAYOID);
static Statement read_document =
	STATEMENT("SELECT mailroom.archive_document($1, $2)", INT8OID, INT8OID);

static bool fetch_letters(LetterReader *reader);
static void take_letter(PrintLetter *letter, HeapTuple row, TupleDesc description);
static const int64 *take_places(Datum value, int pages, int64 document_id);
static void take_contents(LetterReader *reader, int start, int end);
static void take_issuer_contents(LetterReader *reader, int start, int end);
static void free_contents(LetterReader *reader);
static void read_ends(LetterReader *reader, int64 issuer_id, Datum *ids, Datum *starts,
					  Datum *hashes, int count, Datum **contents, bool **nulls);
static void check_content(PrintLetter *letter, const bytea *end);

void
print_open_letters(LetterReader *reader, int64 issuer_id, int64 mailing_id, LetterChoice choice,
				   int32 number, MemoryContext parent)
{
	Oid types[3] = {INT8OID, INT8OID, INT4OID};
	Datum arguments[3] = {Int64GetDatum(issuer_id), Int64GetDatum(mailing_id),
						  Int32GetDatum(number)};
	static const char *const queries[] = {letters_query, hand_in_query, reprint_query, part_query};

	memset(reader, 0, sizeof(*reader));
	reader->context = AllocSetContextCreate(parent, "mailroom letters", ALLOCSET_DEFAULT_SIZES);
	/* the parts were written by this very command */
	reader->portal =
		SPI_cursor_open_with_args(NULL, queries[choice], choice >= LETTERS_OF_REPRINT ? 3 : 2,
								  types, arguments, NULL, choice != LETTERS_OF_PART, 0);
}

static int64
bytes_of(const PrintLetter *letter)
{
	return letter->content_bytes - letter->start;
}

int
print_read_letters(LetterReader *reader, const PrintLetter **letters)
{
	int start, end;
	int64 bytes = 0;

	free_contents(reader);
	if (reader->next == reader->count && !fetch_letters(reader))
		return 0;
	start = end = reader->next;
	while (end < reader->count &&
		   (end == start || bytes + bytes_of(&reader->letters[end]) <= PRINT_BATCH_BYTES))
		bytes += bytes_of(&reader->letters[end++]);
	take_contents(reader, start, end);
	reader->next = end;
	*letters = reader->letters + start;
	return end - start;
}

static bool
fetch_letters(LetterReader *reader)
{
	MemoryContext old;

	if (reader->rows != NULL)
		SPI_freetuptable(reader->rows);
	MemoryContextReset(reader->context);
	SPI_cursor_fetch(reader->portal, true, PRINT_BATCH_LETTERS);
	reader->rows = SPI_tuptable;
	reader->count = (int) SPI_processed;
	reader->next = 0;
	old = MemoryContextSwitchTo(reader->context);
	for (int i = 0; i < reader->count; i++)
		take_letter(&reader->letters[i], reader->rows->vals[i], reader->rows->tupdesc);
	MemoryContextSwitchTo(old);
	return reader->count > 0;
}

static const char *
take_text(Datum *values, bool *nulls, int column)
{
	return nulls[column] ? "" : TextDatumGetCString(values[column]);
}

static void
take_letter(PrintLetter *letter, HeapTuple row, TupleDesc description)
{
	Datum values[COLUMN_COUNT];
	bool nulls[COLUMN_COUNT];
	bytea *hash;

	heap_deform_tuple(row, description, values, nulls);
	letter->issuer_id = DatumGetInt64(values[ISSUER_ID]);
	letter->mailing_id = DatumGetInt64(values[MAILING_ID]);
	letter->sequence_no = DatumGetInt64(values[SEQUENCE_NO]);
	letter->letter_id = DatumGetInt64(values[LETTER_ID]);
	letter->cover_id = DatumGetInt64(values[COVER_ID]);
	letter->document_id = DatumGetInt64(values[DOCUMENT_ID]);
	letter->pages = DatumGetInt32(values[PAGES]);
	letter->sheets = DatumGetInt32(values[SHEETS]);
	letter->grams = DatumGetInt32(values[GRAMS]);
	letter->bundle_no = DatumGetInt32(values[BUNDLE_NO]);
	letter->invoice_number = take_text(values, nulls, INVOICE_NUMBER);
	letter->recipient = take_text(values, nulls, RECIPIENT);
	letter->postcode = take_text(values, nulls, POSTCODE);
	letter->country = take_text(values, nulls, COUNTRY);
	letter->format = take_text(values, nulls, FORMAT);
	letter->offer = take_text(values, nulls, OFFER);
	letter->tray_no = nulls[TRAY_NO] ? 0 : DatumGetInt32(values[TRAY_NO]);
	letter->inserts = nulls[INSERTS] ? "[]" : TextDatumGetCString(values[INSERTS]);
	letter->content_bytes = DatumGetInt64(values[CONTENT_BYTES]);
	letter->content = NULL;
	hash = DatumGetByteaPP(values[CONTENT_SHA256]);
	if (VARSIZE_ANY_EXHDR(hash) != HASH_BYTES)
		elog(ERROR, "hash of document " INT64_FORMAT " has the wrong length", letter->document_id);
	memcpy(letter->content_sha256, VARDATA_ANY(hash), HASH_BYTES);
	letter->hash = PointerGetDatum(hash);
	letter->page_offsets = take_places(values[PAGE_OFFSETS], letter->pages, letter->document_id);
	letter->page_lengths = take_places(values[PAGE_LENGTHS], letter->pages, letter->document_id);
	letter->start = letter->pages > 0 ? Max(letter->page_offsets[0] - BEFORE_FIRST_PAGE, 0) : 0;
}

/* The tuple stays as long as the letter, so a plain array is used where it lies. */
static const int64 *
take_places(Datum value, int pages, int64 document_id)
{
	ArrayType *array = DatumGetArrayTypeP(value);

	if (ARR_HASNULL(array) || ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)) != pages)
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_ARCHIVE_DAMAGED),
						errmsg("pages of document " INT64_FORMAT " do not match its letter",
							   document_id)));
	return (const int64 *) ARR_DATA_PTR(array);
}

static void
free_contents(LetterReader *reader)
{
	for (int i = 0; i < reader->contents_count; i++)
		SPI_freetuptable(reader->contents[i]);
	reader->contents_count = 0;
}

/* Each issuer's archive is asked once for the documents of the batch. */
static void
take_contents(LetterReader *reader, int start, int end)
{
	MemoryContext old = MemoryContextSwitchTo(reader->context);

	for (int i = start; i < end; i++)
		if (reader->letters[i].content == NULL)
			take_issuer_contents(reader, i, end);
	MemoryContextSwitchTo(old);
}

/* Of the issuer of the first letter. */
static void
take_issuer_contents(LetterReader *reader, int start, int end)
{
	int64 issuer_id = reader->letters[start].issuer_id;
	Datum *ids = palloc(sizeof(Datum) * PRINT_BATCH_LETTERS * 3), *starts, *hashes, *contents;
	bool *nulls;
	int count = 0;

	starts = ids + PRINT_BATCH_LETTERS;
	hashes = starts + PRINT_BATCH_LETTERS;
	for (int i = start; i < end; i++)
	{
		const PrintLetter *letter = &reader->letters[i];

		if (letter->issuer_id != issuer_id)
			continue;
		ids[count] = Int64GetDatum(letter->document_id);
		starts[count] = Int64GetDatum(letter->start);
		hashes[count++] = letter->hash;
	}
	read_ends(reader, issuer_id, ids, starts, hashes, count, &contents, &nulls);
	for (int i = start, n = 0; i < end; i++)
	{
		PrintLetter *letter = &reader->letters[i];

		if (letter->issuer_id != issuer_id)
			continue;
		check_content(letter, nulls[n] ? NULL : (bytea *) DatumGetPointer(contents[n]));
		n++;
	}
	pfree(ids);
}

/* Checked there: see mailroom.archive_document_ends. */
static void
read_ends(LetterReader *reader, int64 issuer_id, Datum *ids, Datum *starts, Datum *hashes,
		  int count, Datum **contents, bool **nulls)
{
	Datum arguments[4] = {Int64GetDatum(issuer_id)};
	bool isnull;
	int found;

	arguments[1] = PointerGetDatum(
		construct_array(ids, count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	arguments[2] = PointerGetDatum(
		construct_array(starts, count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	arguments[3] =
		PointerGetDatum(construct_array(hashes, count, BYTEAOID, -1, false, TYPALIGN_INT));
	(void) statement_run(&read_contents, arguments, NULL);
	reader->contents[reader->contents_count++] = SPI_tuptable;
	/* the array stays in its tuple, and the elements in the array */
	deconstruct_array(DatumGetArrayTypeP(statement_value(0, 1, &isnull)), BYTEAOID, -1, false,
					  TYPALIGN_INT, contents, nulls, &found);
	if (found != count)
		elog(ERROR, "the archive gave %d of %d documents", found, count);
}

bytea *
print_read_document(const PrintLetter *letter)
{
	Datum arguments[2] = {Int64GetDatum(letter->issuer_id), Int64GetDatum(letter->document_id)};
	bool isnull;
	bytea *content;

	(void) statement_run(&read_document, arguments, NULL);
	content = DatumGetByteaPCopy(statement_value(0, 1, &isnull));
	SPI_freetuptable(SPI_tuptable);
	return content;
}

/* NULL: the archive has another document under this number. */
static void
check_content(PrintLetter *letter, const bytea *end)
{
	bool whole = end != NULL;

	letter->content = whole ? VARDATA_ANY(end) : NULL;
	letter->length = whole ? (int64) VARSIZE_ANY_EXHDR(end) : 0;
	whole = whole && letter->start + letter->length == letter->content_bytes;
	for (int i = 0; whole && i < letter->pages; i++)
		whole = letter->page_offsets[i] > letter->start && letter->page_lengths[i] > 0 &&
				letter->page_offsets[i] <= letter->content_bytes &&
				letter->page_lengths[i] <= letter->content_bytes - letter->page_offsets[i];
	if (!whole)
		ereport(ERROR,
				(errcode(ERRCODE_MAILROOM_ARCHIVE_DAMAGED),
				 errmsg("document " INT64_FORMAT " does not match its hash", letter->document_id),
				 errdetail("Invoice \"%s\", letter " INT64_FORMAT ": nothing was printed.",
						   letter->invoice_number, letter->letter_id),
				 errhint("Run mailroom.verify_archive().")));
}
