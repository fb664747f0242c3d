/*
 * archive_open.c: volumes that are not sealed yet.
 *
 * Where an issuer archives few documents at a time, each call would make a volume of its own.  If
 * the issuer asks for it (mailroom.archive_sealing), small calls add to an open volume of the
 * documents' month instead, and a job seals it when it is full or old.  A document's number, leaf,
 * salt and place are given when it is added and never change: sealing puts the parts together and
 * links the volume into the chain, no more.
 *
 * Whoever adds to an open volume holds its row until commit, and skips volumes that others hold, so
 * that nobody waits: two workers fill two volumes.
 */
#include "postgres.h"

#include "archive/archive_store.h"
#include "base/port_server.h"
#include "base/statement.h"
#include "base/version.h"
#include "catalog/pg_type.h"
#include "export.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* Calls with more than this are volumes of their own, however few documents they have. */
#define MOST_OPEN_BYTES (256 * 1024)
#define MONTH_TERM 5 /* issue_date among ARCHIVE_TERM_COLUMNS */
#define MONTH_LENGTH 7

/* Templates of fewer documents in a volume teach nothing. */
#define LEAST_SAMPLES "8"
#define MOST_SAMPLES "128"

MAILROOM_FUNCTION(mailroom_seal_open_volume);
MAILROOM_FUNCTION(mailroom_learn_from_volume);

static Statement find_policy =
	STATEMENT("SELECT s.least_documents, to_char(mailroom.today($1), 'YYYY-MM')"
			  " FROM mailroom.archive_sealing s WHERE s.issuer_id = $1",
			  INT8OID);
static Statement claim_volume = STATEMENT("SELECT c.volume_id, c.document_count, c.content_bytes"
										  " FROM mailroom.claim_open_volume($1, $2, $3) AS c",
										  INT8OID, TEXTOID, INT4OID);
static Statement extend_volume =
	STATEMENT("SELECT mailroom.extend_open_volume($1, $2, $3, $4, $5, $6)", INT8OID, INT8OID,
			  TEXTOID, INT8OID, BYTEAOID, INT4OID);
static Statement find_parts =
	STATEMENT("SELECT coalesce(string_agg(p.content, ''::bytea ORDER BY p.stored_at), ''::bytea)"
			  " FROM mailroom.archive_part p WHERE p.issuer_id = $1 AND p.volume_id = $2",
			  INT8OID, INT8OID);
static Statement find_leaves =
	STATEMENT("SELECT e.leaf_hash FROM mailroom.archive_entry e"
			  " WHERE e.issuer_id = $1 AND e.volume_id = $2 ORDER BY e.leaf_no",
			  INT8OID, INT8OID);
static Statement find_packed =
	STATEMENT("SELECT substring(p.content FROM ($3 - p.stored_at + 1)::integer FOR $4::integer)"
			  " FROM mailroom.archive_part p WHERE p.issuer_id = $1 AND p.volume_id = $2 AND "
			  "p.stored_at <= $3"
			  " ORDER BY p.stored_at DESC LIMIT 1",
			  INT8OID, INT8OID, INT8OID, INT8OID);

static Statement find_templates = STATEMENT(
	"SELECT d.template, d.template_version, a.media, count(*),"
	" (array_agg(e.document_id ORDER BY e.leaf_no DESC))[1:" MOST_SAMPLES "]"
	" FROM mailroom.archive_entry e"
	" JOIN mailroom.document d ON d.issuer_id = $1 AND d.document_id = e.document_id"
	" JOIN mailroom.archive_dictionary a ON a.issuer_id = $1 AND a.dictionary_id = e.dictionary_id"
	" WHERE e.issuer_id = $1 AND e.volume_id = $2"
	" GROUP BY 1, 2, 3 HAVING count(*) >= " LEAST_SAMPLES " ORDER BY 1, 2, 3",
	INT8OID, INT8OID);
static Statement read_samples = STATEMENT(
	"SELECT a.content FROM mailroom.archive_documents($1, $2) AS a", INT8OID, INT8ARRAYOID);

static void learn_template(ArchiveDictionaries *dictionaries, SPITupleTable *templates, uint64 row);
static const char *item_month(const Store *store, const StoreItem *item, const char *this_month);
static void open_append(Store *store, const char *month, const int *members, int count);

/* Adds the items to open volumes and returns true, if the issuer wants that for so few. */
bool
archive_keep_open(Store *store)
{
	Datum issuer = Int64GetDatum(store->issuer_id);
	int *members = palloc(sizeof(int) * store->count);
	bool *placed = palloc0(sizeof(bool) * store->count);
	const char *this_month;
	int waiting = 0;
	bool isnull;

	for (int i = 0; i < store->count; i++)
		waiting += !store->items[i].done;
	if (waiting == 0 || store->packed.length > MOST_OPEN_BYTES ||
		statement_run_by_key(&find_policy, &issuer, NULL) == 0 ||
		waiting >= DatumGetInt32(statement_value(0, 1, &isnull)))
		return false;
	this_month = statement_text(0, 2, CurrentMemoryContext);
	for (int i = 0; i < store->count; i++)
	{
		const char *month;
		int count = 0;

		if (store->items[i].done || placed[i])
			continue;
		month = item_month(store, &store->items[i], this_month);
		for (int j = i; j < store->count; j++)
			if (!store->items[j].done && !placed[j] &&
				strncmp(month, item_month(store, &store->items[j], this_month), MONTH_LENGTH) == 0)
			{
				members[count++] = j;
				placed[j] = true;
			}
		open_append(store, month, members, count);
	}
	return true;
}

/* Copies go where their original goes. */
static const char *
item_month(const Store *store, const StoreItem *item, const char *this_month)
{
	const char *date;

	if (item->same_as >= 0)
		item = &store->items[item->same_as];
	date = item->terms[MONTH_TERM];
	return date != NULL && strlen(date) >= MONTH_LENGTH ? date : this_month;
}

static void
open_append(Store *store, const char *month, const int *members, int count)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "archive open", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	Port port = port_server(context);
	Datum claim[3] = {Int64GetDatum(store->issuer_id),
					  PointerGetDatum(cstring_to_text_with_len(month, MONTH_LENGTH)),
					  Int32GetDatum(count)};
	Datum extend[6];
	int64 volume_id, start;
	int32 first_leaf;
	bool isnull;
	ByteBuffer part;

	statement_run(&claim_volume, claim, NULL);
	volume_id = statement_int64(0, 1);
	first_leaf = DatumGetInt32(statement_value(0, 2, &isnull));
	start = statement_int64(0, 3);
	buffer_init(&part, &port);
	for (int i = 0; i < count; i++)
	{
		StoreItem *item = &store->items[members[i]];

		if (item->same_as >= 0)
			archive_take_place(item, &store->items[item->same_as]);
		else if (item->stored_in == 0)
		{
			item->stored_in = volume_id;
			item->stored_at = start + (int64) part.length;
			buffer_append(&part, store->packed.bytes + item->packed_at, item->stored_bytes);
		}
	}
	if (buffer_failed(&part))
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	archive_write_entries(store, members, count, volume_id, first_leaf, NULL);
	extend[0] = claim[0];
	extend[1] = Int64GetDatum(volume_id);
	extend[2] = claim[1];
	extend[3] = Int64GetDatum(start);
	extend[4] = PointerGetDatum(cstring_to_text_with_len(part.bytes, (int) part.length));
	extend[5] = Int32GetDatum(count);
	statement_run(&extend_volume, extend, NULL);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

/*
 * mailroom.seal_open_volume(issuer_id bigint, volume_id bigint): makes a volume of the parts, which
 * the caller has locked, checked and takes away.
 */
Datum
mailroom_seal_open_volume(PG_FUNCTION_ARGS)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "archive seal", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	Store store = {.issuer_id = PG_GETARG_INT64(0), .port = port_server(context)};
	Datum values[2] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)};
	bytea *content;
	uint8 *leaves;
	uint64 count;
	bool isnull;

	version_check();
	buffer_init(&store.scratch, &store.port);
	SPI_connect();
	statement_run_by_key(&find_parts, values, NULL);
	content = DatumGetByteaPCopy(statement_value(0, 1, &isnull));
	count = statement_run_by_key(&find_leaves, values, NULL);
	leaves = palloc(Max(count, 1) * HASH_BYTES);
	for (uint64 row = 0; row < count; row++)
	{
		bytea *leaf = DatumGetByteaPP(statement_value(row, 1, &isnull));

		if (isnull || VARSIZE_ANY_EXHDR(leaf) != HASH_BYTES)
			elog(ERROR, "leaf of an open volume is no hash");
		memcpy(leaves + row * HASH_BYTES, VARDATA_ANY(leaf), HASH_BYTES);
	}
	if (count == 0)
		elog(ERROR, "open volume has no entries");
	archive_insert_volume(&store, PG_GETARG_INT64(1), leaves, (int) count, content);
	SPI_finish();
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	PG_RETURN_VOID();
}

/*
 * mailroom.learn_from_volume(issuer_id bigint, volume_id bigint): single documents are packed with
 * what the first of their template taught; all of a volume teach the later ones better.
 */
Datum
mailroom_learn_from_volume(PG_FUNCTION_ARGS)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "archive learning", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	Datum values[2] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)};
	ArchiveDictionaries dictionaries;
	SPITupleTable *templates;
	uint64 rows;

	version_check();
	SPI_connect();
	archive_dictionaries_start(&dictionaries, PG_GETARG_INT64(0), true, context);
	rows = statement_run_by_key(&find_templates, values, NULL);
	templates = SPI_tuptable;
	for (uint64 row = 0; row < rows; row++)
		learn_template(&dictionaries, templates, row);
	SPI_finish();
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	PG_RETURN_VOID();
}

static void
learn_template(ArchiveDictionaries *dictionaries, SPITupleTable *templates, uint64 row)
{
	HeapTuple found = templates->vals[row];
	TupleDesc shape = templates->tupdesc;
	bool isnull;
	const char *template = SPI_getvalue(found, shape, 1);
	int32 version = DatumGetInt32(SPI_getbinval(found, shape, 2, &isnull));
	const char *media = SPI_getvalue(found, shape, 3);
	int64 count = DatumGetInt64(SPI_getbinval(found, shape, 4, &isnull));
	Datum values[2] = {Int64GetDatum(dictionaries->issuer_id),
					   SPI_getbinval(found, shape, 5, &isnull)};
	int64 generations;
	const ArchiveDictionary *dictionary =
		archive_template_dictionary(dictionaries, template, version, media, &generations);
	const char **documents;
	size_t *lengths;
	uint64 rows;

	if (dictionary == NULL || !archive_learns_better(dictionary, generations, count))
		return;
	rows = statement_run(&read_samples, values, NULL);
	documents = palloc(sizeof(char *) * rows);
	lengths = palloc(sizeof(size_t) * rows);
	for (uint64 i = 0; i < rows; i++)
	{
		bytea *content = DatumGetByteaPP(statement_value(i, 1, &isnull));

		CHECK_FOR_INTERRUPTS();
		documents[i] = VARDATA_ANY(content);
		lengths[i] = VARSIZE_ANY_EXHDR(content);
	}
	archive_learn_dictionary(dictionaries, template, version, media, documents, lengths,
							 (int) rows);
}

/* In the current context of SPI, with the snapshot of the query that asks. */
bytea *
archive_open_bytes(int64 issuer_id, int64 volume_id, int64 at, int64 length)
{
	Datum values[4] = {Int64GetDatum(issuer_id), Int64GetDatum(volume_id), Int64GetDatum(at),
					   Int64GetDatum(length)};
	MemoryContext caller = CurrentMemoryContext;
	bytea *found = NULL;
	bool isnull = true;
	Datum value;

	if (at < 0 || length <= 0 || at > MaxAllocSize || length > MaxAllocSize)
		return NULL;
	if (SPI_execute_plan(statement_plan(&find_packed), values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read parts of an open volume");
	MemoryContextSwitchTo(caller);
	if (SPI_processed == 1)
	{
		value = statement_value(0, 1, &isnull);
		if (!isnull)
			found = DatumGetByteaPCopy(value);
	}
	SPI_freetuptable(SPI_tuptable);
	return found != NULL && (int64) (VARSIZE(found) - VARHDRSZ) == length ? found : NULL;
}
