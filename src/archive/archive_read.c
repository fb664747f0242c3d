/*
 * archive_read.c: documents out of the archive.
 *
 * A document's packed bytes are a slice of its volume's value, which is stored uncompressed, so the
 * server fetches only the pages of that slice.  Each document is checked against its SHA-256 before
 * it is given out.
 */
#include "postgres.h"

#include "archive/archive_reading.h"
#include "base/bytea_list.h"
#include "base/errors.h"
#include "base/port_server.h"
#include "base/version.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "export.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

MAILROOM_FUNCTION(mailroom_archive_document);
MAILROOM_FUNCTION(mailroom_archive_documents);
MAILROOM_FUNCTION(mailroom_archive_ends);

typedef struct Reader
{
	ArchiveDictionaries dictionaries;
	Port port;
	VolumeUnpacker *unpacker;
	ByteBuffer plain;
	MemoryContext row_context;
} Reader;

/* Plans are generic and kept for the session: planning costs more than reading a document. */
static SPIPlanPtr rights_plan = NULL;
static SPIPlanPtr one_plan = NULL;
static SPIPlanPtr many_plan = NULL;

/*
 * The question of rights that was last answered with yes: who asked, for what, and which
 * transactions and commands the answer was taken from.  The answer to the same question is the
 * same, so that a query over many documents asks once; whatever commits or rolls back, anywhere,
 * and any command of one's own make it another question.
 */
#define MOST_RUNNING 32
typedef struct RightsQuestion
{
	int64 issuer_id;
	int64 narrowed_to; /* mailroom.issuer_id, 0 when not set */
	Oid role_id;
	CommandId command;
	TransactionId oldest, next;
	uint32 running_count;
	TransactionId running[MOST_RUNNING];
} RightsQuestion;

static RightsQuestion granted = {0};

/*
 * OFFSET 0 keeps the planner from looking up all documents of the issuer at once, which it does
 * when it has no statistics yet.  The volume's content travels as a pointer to where it is stored,
 * not as bytes.
 */
#define ENTRY_OF(document_id)                                                                   \
	" FROM (SELECT e.stored_at, e.stored_bytes, coalesce(e.dictionary_id, 0), e.content_bytes," \
	" e.content_sha256, (SELECT v.content FROM mailroom.archive_volume v"                       \
	" WHERE v.issuer_id = e.issuer_id AND v.volume_id = e.stored_in), e.stored_in"              \
	" FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.document_id = " document_id    \
	" OFFSET 0) AS e"

struct ArchiveReading
{
	Reader reader;
	Portal portal;
	SPITupleTable *table; /* rows fetched and not read yet */
	uint64 rows, row;
};

static void read_start(Reader *reader, Datum issuer_id);
static void read_open(Reader *reader, int64 issuer_id);
static void read_documents(Reader *reader, Portal portal, ReturnSetInfo *result);
static Datum leave_out(ArrayType *array, bool *is_other, int count);
static bool read_end(Reader *reader, HeapTuple row, TupleDesc shape, int64 start, const bytea *hash,
					 ByteaList *ends);
static bytea *read_document(Reader *reader, HeapTuple row, TupleDesc shape, int64 document_id);
pg_noreturn static void raise_unknown(int64 document_id);
pg_noreturn static void raise_damaged(int64 document_id, const char *detail);

/* mailroom.archive_document(issuer_id bigint, document_id bigint) → bytea */
Datum
mailroom_archive_document(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	Datum issuer_id = PG_ARGISNULL(0) ? Int64GetDatum(0) : PG_GETARG_DATUM(0);
	Datum values[2];
	Reader reader;
	bytea *content;
	bytea *result;

	version_check();
	read_start(&reader, issuer_id);
	if (PG_ARGISNULL(1))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("document_id is null")));
	values[0] = issuer_id;
	values[1] = PG_GETARG_DATUM(1);
	if (SPI_execute_plan(one_plan, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the archive");
	if (SPI_processed == 0)
		raise_unknown(PG_GETARG_INT64(1));
	content =
		read_document(&reader, SPI_tuptable->vals[0], SPI_tuptable->tupdesc, PG_GETARG_INT64(1));
	result = MemoryContextAlloc(caller, VARSIZE(content));
	memcpy(result, content, VARSIZE(content));
	SPI_finish();
	PG_RETURN_BYTEA_P(result);
}

/*
 * mailroom.archive_documents(issuer_id bigint, document_ids bigint[])
 * → TABLE (document_id bigint, content bytea), in the order asked
 */
Datum
mailroom_archive_documents(PG_FUNCTION_ARGS)
{
	Datum values[2] = {PG_ARGISNULL(0) ? Int64GetDatum(0) : PG_GETARG_DATUM(0), 0};
	Reader reader;

	version_check();
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	read_start(&reader, values[0]);
	if (!PG_ARGISNULL(1))
	{
		Portal portal;

		values[1] = PG_GETARG_DATUM(1);
		portal = SPI_cursor_open(NULL, many_plan, values, NULL, true);
		read_documents(&reader, portal, (ReturnSetInfo *) fcinfo->resultinfo);
		SPI_cursor_close(portal);
	}
	SPI_finish();
	return (Datum) 0;
}

static void
take_array(FunctionCallInfo fcinfo, int argument, Oid type, int width, char align, int count,
		   Datum **values)
{
	bool *nulls;
	int found;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), type, width, width > 0, align, values,
					  &nulls, &found);
	for (int i = 0; i < found; i++)
		if (nulls[i])
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("an element is null")));
	if (found != count)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("%d documents with %d starts or hashes cannot be read", count, found)));
}

/*
 * mailroom.archive_document_ends(issuer_id bigint, document_ids bigint[], starts bigint[],
 * hashes bytea[]) → bytea[], in the order asked
 */
Datum
mailroom_archive_ends(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	Datum arguments[2] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)}, *starts, *hashes, result;
	ArrayType *ids = PG_GETARG_ARRAYTYPE_P(1);
	int count = ArrayGetNItems(ARR_NDIM(ids), ARR_DIMS(ids)), others = 0;
	bool *is_other = palloc0(sizeof(bool) * (count + 1));
	Reader reader;
	SPITupleTable *table; /* dictionaries are read meanwhile */
	ByteaList ends;
	uint64 rows;

	version_check();
	bytea_list_init(&ends, caller);
	take_array(fcinfo, 2, INT8OID, sizeof(int64), TYPALIGN_DOUBLE, count, &starts);
	take_array(fcinfo, 3, BYTEAOID, -1, TYPALIGN_INT, count, &hashes);
	read_start(&reader, arguments[0]);
	if (SPI_execute_plan(many_plan, arguments, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the archive");
	rows = SPI_processed;
	table = SPI_tuptable;
	for (uint64 row = 0; row < rows && row < (uint64) count; row++)
	{
		CHECK_FOR_INTERRUPTS();
		is_other[row] = !read_end(&reader, table->vals[row], table->tupdesc,
								  DatumGetInt64(starts[row]), DatumGetByteaPP(hashes[row]), &ends);
		others += is_other[row];
	}
	MemoryContextSwitchTo(caller);
	result = bytea_list_array(&ends);
	SPI_finish();
	PG_RETURN_DATUM(others == 0 ? result : leave_out(DatumGetArrayTypeP(result), is_other, count));
}

/* NULL for those that are others. */
static Datum
leave_out(ArrayType *array, bool *is_other, int count)
{
	Datum *elements;
	int lower = 1;

	deconstruct_array(array, BYTEAOID, -1, false, TYPALIGN_INT, &elements, NULL, &count);
	return PointerGetDatum(construct_md_array(elements, is_other, 1, &count, &lower, BYTEAOID, -1,
											  false, TYPALIGN_INT));
}

/* False for one with another hash than was asked for: the caller knows what that means. */
static bool
read_end(Reader *reader, HeapTuple row, TupleDesc shape, int64 start, const bytea *hash,
		 ByteaList *ends)
{
	MemoryContext old = MemoryContextSwitchTo(reader->row_context);
	bool isnull, same;
	Datum id = SPI_getbinval(row, shape, 1, &isnull),
		  stated = SPI_getbinval(row, shape, 6, &isnull);
	const bytea *whole, *expected;
	int64 length;

	whole = read_document(reader, row, shape, DatumGetInt64(id));
	expected = DatumGetByteaPP(stated);
	same = VARSIZE_ANY_EXHDR(expected) == VARSIZE_ANY_EXHDR(hash) &&
		   memcmp(VARDATA_ANY(expected), VARDATA_ANY(hash), VARSIZE_ANY_EXHDR(hash)) == 0;
	MemoryContextSwitchTo(old);
	length = (int64) VARSIZE(whole) - VARHDRSZ;
	start = same ? Min(Max(start, 0), length) : length;
	bytea_list_add(ends, VARDATA(whole) + start, (Size) (length - start));
	MemoryContextReset(reader->row_context);
	return same;
}

static SPIPlanPtr
keep_plan(const char *query, int arguments, Oid second)
{
	Oid types[2] = {INT8OID, second};
	SPIPlanPtr plan = SPI_prepare_cursor(query, arguments, types, CURSOR_OPT_GENERIC_PLAN);

	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "could not prepare \"%s\"", query);
	return plan;
}

/*
 * A document goes through memory that is freed at once afterwards.  glibc gives such memory back
 * to the system and takes it page by page again, which costs as much as hashing the documents,
 * unless it saw a larger block before: so it is shown one, once a session.  Elsewhere this does
 * nothing.
 */
#define LARGE_BLOCK (8 * 1024 * 1024)

static void
keep_freed_memory(void)
{
	static bool shown = false;

	if (!shown)
		pfree(palloc(LARGE_BLOCK));
	shown = true;
}

/* Connects to SPI, checks the caller's rights and makes ready. */
static void
read_start(Reader *reader, Datum issuer_id)
{
	SPI_connect();
	archive_check_rights(issuer_id);
	read_open(reader, DatumGetInt64(issuer_id));
}

static void
read_open(Reader *reader, int64 issuer_id)
{
	keep_freed_memory();
	if (one_plan == NULL)
		one_plan = keep_plan("SELECT $2, e.*" ENTRY_OF("$2"), 2, INT8OID);
	if (many_plan == NULL)
		many_plan =
			keep_plan("SELECT a.document_id, e.*"
					  " FROM unnest($2) WITH ORDINALITY AS a (document_id, n)"
					  " LEFT JOIN LATERAL (SELECT e.*" ENTRY_OF("a.document_id") ") AS e ON true"
																				 " ORDER BY a.n",
					  2, INT8ARRAYOID);
	archive_dictionaries_start(&reader->dictionaries, issuer_id, false, CurrentMemoryContext);
	reader->port = port_server(CurrentMemoryContext);
	buffer_init(&reader->plain, &reader->port);
	reader->unpacker = volume_unpacker_open(&reader->port);
	if (reader->unpacker == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	reader->row_context =
		AllocSetContextCreate(CurrentMemoryContext, "archive read", ALLOCSET_DEFAULT_SIZES);
}

ArchiveReading *
archive_reading_open(int64 issuer_id, Datum document_ids)
{
	ArchiveReading *reading = palloc0(sizeof(ArchiveReading));
	Datum values[2] = {Int64GetDatum(issuer_id), document_ids};

	read_open(&reading->reader, issuer_id);
	reading->portal = SPI_cursor_open(NULL, many_plan, values, NULL, true);
	return reading;
}

Slice
archive_reading_next(ArchiveReading *reading)
{
	MemoryContext old;
	bool isnull;
	Datum id;
	bytea *content;

	if (reading->row == reading->rows)
	{
		if (reading->table != NULL)
			SPI_freetuptable(reading->table);
		SPI_cursor_fetch(reading->portal, true, 100);
		reading->table = SPI_tuptable;
		reading->rows = SPI_processed;
		reading->row = 0;
	}
	if (reading->row == reading->rows)
		elog(ERROR, "more documents are read than were asked for");
	CHECK_FOR_INTERRUPTS();
	MemoryContextReset(reading->reader.row_context);
	old = MemoryContextSwitchTo(reading->reader.row_context);
	id = SPI_getbinval(reading->table->vals[reading->row], reading->table->tupdesc, 1, &isnull);
	if (isnull)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("document_id is null")));
	content = read_document(&reading->reader, reading->table->vals[reading->row],
							reading->table->tupdesc, DatumGetInt64(id));
	reading->row++;
	MemoryContextSwitchTo(old);
	return (Slice){VARDATA(content), VARSIZE(content) - VARHDRSZ};
}

void
archive_reading_close(ArchiveReading *reading)
{
	if (reading->table != NULL)
		SPI_freetuptable(reading->table);
	SPI_cursor_close(reading->portal);
	volume_unpacker_close(reading->reader.unpacker);
	buffer_release(&reading->reader.plain);
	MemoryContextDelete(reading->reader.row_context);
	pfree(reading);
}

void
archive_check_rights(Datum issuer_id)
{
	Snapshot snapshot = GetActiveSnapshot();
	const char *narrowed = GetConfigOption("mailroom.issuer_id", true, false);
	char *end = NULL;
	bool comparable = snapshot->snapshot_type == SNAPSHOT_MVCC && snapshot->xcnt <= MOST_RUNNING &&
					  !snapshot->takenDuringRecovery;
	RightsQuestion question;

	memset(&question, 0, sizeof(question)); /* the gaps are compared too */
	question.issuer_id = DatumGetInt64(issuer_id);
	question.role_id = GetOuterUserId();
	question.narrowed_to = narrowed == NULL ? 0 : strtoll(narrowed, &end, 10);
	question.command = snapshot->curcid;
	question.oldest = snapshot->xmin;
	question.next = snapshot->xmax;
	question.running_count = snapshot->xcnt;
	if (comparable && snapshot->xcnt > 0)
		memcpy(question.running, snapshot->xip, snapshot->xcnt * sizeof(TransactionId));
	if (end != NULL && *end != 0)
		comparable = false; /* no number: the full check says so */
	if (comparable && memcmp(&question, &granted, sizeof(question)) == 0)
		return;
	if (rights_plan == NULL)
		rights_plan = keep_plan(
			"SELECT mailroom.require_issuer(nullif($1, 0), mailroom.archive_reader_kind($1))", 1,
			InvalidOid);
	if (SPI_execute_plan(rights_plan, &issuer_id, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not check the rights of the current role");
	if (comparable)
		granted = question;
}

static void
read_documents(Reader *reader, Portal portal, ReturnSetInfo *result)
{
	for (;;)
	{
		SPITupleTable *table;
		uint64 rows;

		SPI_cursor_fetch(portal, true, 100);
		table = SPI_tuptable;
		rows = SPI_processed;
		for (uint64 row = 0; row < rows; row++)
		{
			MemoryContext old = MemoryContextSwitchTo(reader->row_context);
			Datum out[2];
			bool nulls[2] = {false, false};
			bool isnull;

			CHECK_FOR_INTERRUPTS();
			out[0] = SPI_getbinval(table->vals[row], table->tupdesc, 1, &isnull);
			if (isnull)
				ereport(ERROR,
						(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("document_id is null")));
			out[1] = PointerGetDatum(
				read_document(reader, table->vals[row], table->tupdesc, DatumGetInt64(out[0])));
			tuplestore_putvalues(result->setResult, result->setDesc, out, nulls);
			MemoryContextSwitchTo(old);
			MemoryContextReset(reader->row_context);
		}
		SPI_freetuptable(table);
		if (rows == 0)
			break;
	}
}

/* The value lives until the next one is read. */
static bytea *
read_document(Reader *reader, HeapTuple row, TupleDesc shape, int64 document_id)
{
	Datum columns[8];
	bool isnull[8];
	uint8 hash[HASH_BYTES];
	const ArchiveDictionary *dictionary;
	bytea *packed, *expected, *content;
	int64 content_bytes;

	for (int i = 0; i < 8; i++)
		columns[i] = SPI_getbinval(row, shape, i + 1, &isnull[i]);
	if (isnull[5])
		raise_unknown(document_id);
	expected = DatumGetByteaPP(columns[5]);
	if (VARSIZE_ANY_EXHDR(expected) == 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("document " INT64_FORMAT " was deleted", document_id),
						errhint("mailroom.archive_erasure names the record that tells why.")));
	dictionary = archive_find_dictionary(&reader->dictionaries, DatumGetInt64(columns[3]));
	if (dictionary == NULL)
		raise_damaged(document_id, "Its dictionary is missing.");
	content_bytes = DatumGetInt64(columns[4]);
	if (content_bytes < 0 || content_bytes > MaxAllocSize - VARHDRSZ ||
		DatumGetInt64(columns[1]) < 0 || DatumGetInt64(columns[1]) > MaxAllocSize ||
		DatumGetInt64(columns[2]) < 0 || DatumGetInt64(columns[2]) > MaxAllocSize)
		raise_damaged(document_id, "Its entry names an impossible place or size.");
	if (isnull[6])
		packed = archive_open_bytes(reader->dictionaries.issuer_id, DatumGetInt64(columns[7]),
									DatumGetInt64(columns[1]), DatumGetInt64(columns[2]));
	else
		packed = DatumGetByteaPSlice(columns[6], (int32) DatumGetInt64(columns[1]),
									 (int32) DatumGetInt64(columns[2]));
	if (packed == NULL)
		raise_damaged(document_id, "Its volume is missing.");
	/* unpacked behind the head of the value it becomes */
	buffer_reset(&reader->plain);
	buffer_append(&reader->plain, "\0\0\0", VARHDRSZ);
	{
		PortFault fault = {0};
		PortStatus status =
			volume_unpack(reader->unpacker, &dictionary->parts, VARDATA_ANY(packed),
						  VARSIZE_ANY_EXHDR(packed), (size_t) content_bytes, &reader->plain);

		if (status == PORT_INVALID)
			raise_damaged(document_id, "Its packed bytes are broken.");
		port_raise(status, &fault, ERRCODE_INTERNAL_ERROR, "an archived document");
	}
	content = (bytea *) reader->plain.bytes;
	SET_VARSIZE(content, reader->plain.length);
	archive_hash(VARDATA(content), VARSIZE(content) - VARHDRSZ, hash);
	if (VARSIZE_ANY_EXHDR(expected) != HASH_BYTES ||
		memcmp(VARDATA_ANY(expected), hash, HASH_BYTES) != 0)
		raise_damaged(document_id, "Its bytes do not match its SHA-256.");
	return content;
}

static void
raise_unknown(int64 document_id)
{
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
					errmsg("document " INT64_FORMAT " is not in the archive", document_id)));
}

static void
raise_damaged(int64 document_id, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_MAILROOM_ARCHIVE_DAMAGED),
			 errmsg("archived document " INT64_FORMAT " is damaged", document_id),
			 errdetail_internal("%s", detail),
			 errhint("Run mailroom.verify_archive() and restore what it names from a backup.")));
}
