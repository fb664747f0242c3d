/*
 * archive_store.c: packs documents into volumes.
 *
 * Works on one call's documents at a time: look up what is known of them, find bytes that are
 * archived already, pack the rest with the dictionary of their template; archive_seal.c writes
 * them.
 */
#include "postgres.h"

#include "archive/archive_store.h"
#include "base/clock.h"
#include "base/errors.h"
#include "base/port_server.h"
#include "base/statement.h"
#include "base/version.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "export.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* A dictionary of fewer samples is replaced when there are as many. */
#define ENOUGH_SAMPLES 8
/* A structure learnt from fewer is replaced when there are four times as many. */
#define ENOUGH_STRUCTURE_SAMPLES 64
/* So many dictionaries a template may get when its documents change under the same version. */
#define MOST_GENERATIONS 8

MAILROOM_FUNCTION(mailroom_archive_store);
MAILROOM_FUNCTION(mailroom_archive_store_hashed);

static Statement lock_entries =
	STATEMENT_PLAIN("LOCK TABLE mailroom.archive_entry IN ROW EXCLUSIVE MODE");
static Statement find_documents = STATEMENT(
	"SELECT a.n, d.* FROM unnest($2) WITH ORDINALITY AS a (document_id, n), LATERAL ("
	"SELECT d.content_sha256, e.content_sha256, d.template, d.template_version,"
	" i.invoice_id::text, coalesce(i.invoice_number, t.invoice_number),"
	" coalesce(i.buyer_no, t.customer_no), coalesce(i.buyer_name, t.customer_name),"
	" coalesce(i.payment_reference, t.payment_reference),"
	" to_char(coalesce(i.issue_date, t.issue_date), 'YYYY-MM-DD'),"
	" coalesce(i.payable_minor, t.amount_minor)::text, coalesce(i.currency, t.currency)"
	" FROM (SELECT * FROM mailroom.document d"
	" WHERE d.issuer_id = $1 AND d.document_id = a.document_id OFFSET 0) AS d"
	" LEFT JOIN LATERAL (SELECT * FROM mailroom.invoice i"
	" WHERE i.issuer_id = $1 AND i.invoice_id = d.invoice_id OFFSET 0) AS i ON true"
	" LEFT JOIN LATERAL (SELECT * FROM mailroom.archive_term t"
	" WHERE t.issuer_id = $1 AND t.document_id = d.document_id AND i.invoice_id IS NULL"
	" OFFSET 0) AS t ON true"
	" LEFT JOIN LATERAL (SELECT e.content_sha256 FROM mailroom.archive_entry e"
	" WHERE e.issuer_id = $1 AND e.document_id = a.document_id OFFSET 0) AS e ON true) AS "
	"d",
	INT8OID, INT8ARRAYOID);
static Statement find_contents = STATEMENT(
	"SELECT a.n, e.* FROM unnest($2) WITH ORDINALITY AS a (sha256, n), LATERAL ("
	"SELECT e.stored_in, e.stored_at, e.stored_bytes, coalesce(e.dictionary_id, 0),"
	" (SELECT substring(v.content FROM (e.stored_at + 1)::integer FOR "
	"e.stored_bytes::integer)"
	" FROM mailroom.archive_volume v WHERE v.issuer_id = $1 AND v.volume_id = e.stored_in)"
	" FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND substring(e.content_sha256 FROM 1 "
	"FOR 7)"
	" = substring(a.sha256 FROM 1 FOR 7) AND e.content_sha256 = a.sha256 LIMIT 1) AS e",
	INT8OID, BYTEAARRAYOID);

static void store_all(int64 issuer_id, ArrayType *ids, ArrayType *contents, ArrayType *hashes);
static void store_read_arguments(Store *store, ArrayType *ids, ArrayType *contents,
								 ArrayType *hashes);
static void store_take_hash(StoreItem *item, bool isnull, Datum hash);
static void store_look_up(Store *store, ArrayType *ids);
static void store_take_row(Store *store, HeapTuple row, TupleDesc shape, StoreItem *item);
static void store_find_copies(Store *store);
static void store_find_archived(Store *store);
static void store_share(Store *store, SPITupleTable *table, uint64 rows);
static void store_pack_templates(Store *store);
static void store_pack_template(Store *store, const int *members, int count);
static const ArchiveDictionary *store_learn(Store *store, const int *members, int count);
static int64 store_pack_group(Store *store, const int *members, int count,
							  const ArchiveDictionary *dictionary);

/* mailroom.archive_store(issuer_id bigint, document_ids bigint[], contents bytea[]) */
Datum
mailroom_archive_store(PG_FUNCTION_ARGS)
{
	version_check();
	store_all(PG_GETARG_INT64(0), PG_GETARG_ARRAYTYPE_P(1), PG_GETARG_ARRAYTYPE_P(2), NULL);
	PG_RETURN_VOID();
}

/* mailroom.archive_store_hashed(issuer_id bigint, document_ids bigint[], contents bytea[], hashes
 * bytea[]) */
Datum
mailroom_archive_store_hashed(PG_FUNCTION_ARGS)
{
	version_check();
	store_all(PG_GETARG_INT64(0), PG_GETARG_ARRAYTYPE_P(1), PG_GETARG_ARRAYTYPE_P(2),
			  PG_GETARG_ARRAYTYPE_P(3));
	PG_RETURN_VOID();
}

/* hashes: NULL when they are to be taken. */
static void
store_all(int64 issuer_id, ArrayType *ids, ArrayType *contents, ArrayType *hashes)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "archive store", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	Store store = {.issuer_id = issuer_id, .port = port_server(context)};

	store_read_arguments(&store, ids, contents, hashes);
	if (store.count > 0)
	{
		buffer_init(&store.packed, &store.port);
		buffer_init(&store.scratch, &store.port);
		SPI_connect();
		/* waits for a deletion that may drop a dictionary (mailroom.wipe_archived) */
		(void) statement_run(&lock_entries, NULL, NULL);
		archive_dictionaries_start(&store.dictionaries, store.issuer_id, true, context);
		store_look_up(&store, ids);
		store_find_copies(&store);
		store_find_archived(&store);
		store_pack_templates(&store);
		archive_index_words(&store);
		archive_write_volumes(&store);
		SPI_finish();
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

static void
store_read_arguments(Store *store, ArrayType *ids, ArrayType *contents, ArrayType *hashes)
{
	Datum *id_values, *content_values, *hash_values;
	bool *id_nulls, *content_nulls, *hash_nulls;
	int id_count, content_count, hash_count;

	deconstruct_array(ids, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &id_values,
					  &id_nulls, &id_count);
	deconstruct_array(contents, BYTEAOID, -1, false, TYPALIGN_INT, &content_values, &content_nulls,
					  &content_count);
	hash_count = id_count;
	if (hashes != NULL)
		deconstruct_array(hashes, BYTEAOID, -1, false, TYPALIGN_INT, &hash_values, &hash_nulls,
						  &hash_count);
	if (id_count != content_count || id_count != hash_count)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("%d documents with %d contents cannot be archived", id_count,
							   id_count != content_count ? content_count : hash_count)));
	store->count = id_count;
	store->items = palloc0(sizeof(StoreItem) * Max(id_count, 1));
	for (int i = 0; i < id_count; i++)
	{
		StoreItem *item = &store->items[i];
		struct varlena *content;

		CHECK_FOR_INTERRUPTS();
		if (id_nulls[i] || content_nulls[i])
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("document or content to be archived is null")));
		content = PG_DETOAST_DATUM_PACKED(content_values[i]);
		item->document_id = DatumGetInt64(id_values[i]);
		item->bytes = VARDATA_ANY(content);
		item->length = VARSIZE_ANY_EXHDR(content);
		item->media = archive_media(item->bytes, item->length);
		item->same_as = -1;
		if (hashes == NULL)
			archive_hash(item->bytes, item->length, item->sha256);
		else
			store_take_hash(item, hash_nulls[i], hash_values[i]);
	}
}

static void
store_take_hash(StoreItem *item, bool isnull, Datum hash)
{
	bytea *bytes = isnull ? NULL : DatumGetByteaPP(hash);

	if (bytes == NULL || VARSIZE_ANY_EXHDR(bytes) != HASH_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("hash of document " INT64_FORMAT " is no SHA-256", item->document_id)));
	memcpy(item->sha256, VARDATA_ANY(bytes), HASH_BYTES);
}

/*
 * Template, search terms and, when archived before, the entry of each document.  OFFSET 0: each by
 * its key, whatever the statistics say; an issuer's first million documents come before them.
 */
static void
store_look_up(Store *store, ArrayType *ids)
{
	Datum values[2] = {Int64GetDatum(store->issuer_id), PointerGetDatum(ids)};

	(void) statement_run_anew(&find_documents, values, NULL);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		bool isnull;
		int64 n = DatumGetInt64(
			SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 1, &isnull));

		CHECK_FOR_INTERRUPTS();
		store_take_row(store, SPI_tuptable->vals[row], SPI_tuptable->tupdesc, &store->items[n - 1]);
	}
	for (int i = 0; i < store->count; i++)
		if (store->items[i].template == NULL)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
							errmsg("document " INT64_FORMAT " does not exist",
								   store->items[i].document_id)));
}

static bool
is_hash(HeapTuple row, TupleDesc shape, int column, const uint8 *hash, bool *isnull)
{
	Datum value = SPI_getbinval(row, shape, column, isnull);
	bytea *bytes;

	if (*isnull)
		return false;
	bytes = DatumGetByteaPP(value);
	return VARSIZE_ANY_EXHDR(bytes) == HASH_BYTES &&
		   memcmp(VARDATA_ANY(bytes), hash, HASH_BYTES) == 0;
}

static void
store_take_row(Store *store, HeapTuple row, TupleDesc shape, StoreItem *item)
{
	MemoryContext old = MemoryContextSwitchTo(store->dictionaries.context);
	bool isnull;

	if (!is_hash(row, shape, 2, item->sha256, &isnull))
		ereport(ERROR,
				(errcode(ERRCODE_MAILROOM_ARCHIVE_DAMAGED),
				 errmsg("content of document " INT64_FORMAT " does not match its hash",
						item->document_id),
				 errdetail(
					 "The bytes to be archived are not those that the document's row tells of.")));
	item->done = is_hash(row, shape, 3, item->sha256, &isnull);
	if (!item->done && !isnull)
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_CONFLICT),
						errmsg("document " INT64_FORMAT " is archived with other content",
							   item->document_id)));
	item->template = SPI_getvalue(row, shape, 4);
	item->template_version = DatumGetInt32(SPI_getbinval(row, shape, 5, &isnull));
	for (int i = 0; i < ARCHIVE_TERM_COUNT; i++)
		item->terms[i] = SPI_getvalue(row, shape, 6 + i);
	MemoryContextSwitchTo(old);
}

/* The same document, or other documents with the same bytes, within this call. */
static void
store_find_copies(Store *store)
{
	typedef struct Known
	{
		uint8 sha256[HASH_BYTES];
		int item;
	} Known;
	HASHCTL control = {.keysize = HASH_BYTES, .entrysize = sizeof(Known)};
	HTAB *known;

	control.hcxt = store->dictionaries.context;
	known = hash_create("archive contents", store->count, &control,
						HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	for (int i = 0; i < store->count; i++)
	{
		StoreItem *item = &store->items[i];
		bool found;
		Known *entry;

		if (item->done)
			continue;
		entry = hash_search(known, item->sha256, HASH_ENTER, &found);
		if (!found)
		{
			entry->item = i;
			continue;
		}
		item->same_as = entry->item;
		for (int j = entry->item; j < i; j++)
			if (store->items[j].document_id == item->document_id)
				item->done = true;
	}
	hash_destroy(known);
}

/* Bytes that an earlier volume holds are not stored again. */
static void
store_find_archived(Store *store)
{
	Datum *hashes = palloc(sizeof(Datum) * store->count);
	Datum values[2] = {Int64GetDatum(store->issuer_id), 0};

	for (int i = 0; i < store->count; i++)
		hashes[i] =
			PointerGetDatum(cstring_to_text_with_len((char *) store->items[i].sha256, HASH_BYTES));
	values[1] =
		PointerGetDatum(construct_array(hashes, store->count, BYTEAOID, -1, false, TYPALIGN_INT));
	(void) statement_run_anew(&find_contents, values, NULL);
	store_share(store, SPI_tuptable, SPI_processed);
}

/* Takes the place of archived bytes over, if they unpack to just these: a damaged copy is not
 * shared. */
static void
store_share(Store *store, SPITupleTable *table, uint64 rows)
{
	VolumeUnpacker *unpacker = rows == 0 ? NULL : volume_unpacker_open(&store->port);
	ByteBuffer plain;

	buffer_init(&plain, &store->port);
	for (uint64 row = 0; row < rows; row++)
	{
		Datum columns[6];
		bool isnull;
		StoreItem *item;
		const ArchiveDictionary *dictionary;
		bytea *packed;

		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < 6; i++)
			columns[i] = SPI_getbinval(table->vals[row], table->tupdesc, i + 1, &isnull);
		item = &store->items[DatumGetInt64(columns[0]) - 1];
		dictionary = archive_find_dictionary(&store->dictionaries, DatumGetInt64(columns[4]));
		if (isnull || item->done || item->same_as >= 0 || dictionary == NULL ||
			dictionary->damaged || unpacker == NULL)
			continue;
		packed = DatumGetByteaPP(columns[5]);
		buffer_reset(&plain);
		if (volume_unpack(unpacker, &dictionary->parts, VARDATA_ANY(packed),
						  VARSIZE_ANY_EXHDR(packed), item->length, &plain) != PORT_OK ||
			plain.length != item->length ||
			(item->length > 0 && memcmp(plain.bytes, item->bytes, item->length) != 0))
			continue;
		item->stored_in = DatumGetInt64(columns[1]);
		item->stored_at = DatumGetInt64(columns[2]);
		item->stored_bytes = DatumGetInt64(columns[3]);
		item->dictionary_id = dictionary->id;
		archive_stored_hash(dictionary, VARDATA_ANY(packed), VARSIZE_ANY_EXHDR(packed),
							item->stored_hash);
	}
	volume_unpacker_close(unpacker);
	buffer_release(&plain);
}

/* The items that need packing, one group a template and medium. */
static void
store_pack_templates(Store *store)
{
	int *members = palloc(sizeof(int) * store->count);
	bool *taken = palloc0(sizeof(bool) * store->count);

	for (int i = 0; i < store->count; i++)
	{
		const StoreItem *first = &store->items[i];
		int count = 0;

		for (int j = i; j < store->count; j++)
		{
			const StoreItem *item = &store->items[j];

			if (!taken[j] && !item->done && item->same_as < 0 && item->stored_in == 0 &&
				item->template_version == first->template_version && item->media == first->media &&
				strcmp(item->template, first->template) == 0)
			{
				members[count++] = j;
				taken[j] = true;
			}
		}
		if (count > 0)
			store_pack_template(store, members, count);
	}
	pfree(members);
	pfree(taken);
}

bool
archive_learns_better(const ArchiveDictionary *dictionary, int64 generations, int64 count)
{
	if (generations >= MOST_GENERATIONS)
		return false;
	if (dictionary->samples < ENOUGH_SAMPLES)
		return count >= ENOUGH_SAMPLES;
	return dictionary->parts.template != NULL && dictionary->samples < ENOUGH_STRUCTURE_SAMPLES &&
		   count >= 4 * dictionary->samples;
}

/* Packs documents of one template; a dictionary that turns out bad for them is followed by a new
 * one. */
static void
store_pack_template(Store *store, const int *members, int count)
{
	const StoreItem *first = &store->items[members[0]];
	int64 generations;
	size_t start = store->packed.length;
	const ArchiveDictionary *dictionary = archive_template_dictionary(
		&store->dictionaries, first->template, first->template_version, first->media, &generations);

	if (dictionary == NULL || archive_learns_better(dictionary, generations, count))
	{
		dictionary = store_learn(store, members, count);
		generations++;
	}
	if (dictionary->damaged)
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_ARCHIVE_DAMAGED),
						errmsg("archive dictionary " INT64_FORMAT " does not match its hash",
							   dictionary->id),
						errhint("Restore the row from a backup; mailroom.verify_archive() names "
								"every document that needs it.")));
	if (store_pack_group(store, members, count, dictionary) >
			dictionary->ratio_permille + dictionary->ratio_permille / 2 + 20 &&
		count >= 2 * ENOUGH_SAMPLES && dictionary->samples >= ENOUGH_SAMPLES &&
		generations < MOST_GENERATIONS)
	{
		store->packed.length = start;
		store_pack_group(store, members, count, store_learn(store, members, count));
	}
}

static const ArchiveDictionary *
store_learn(Store *store, const int *members, int count)
{
	const StoreItem *first = &store->items[members[0]];
	const char **documents = palloc(sizeof(char *) * count);
	size_t *lengths = palloc(sizeof(size_t) * count);

	for (int i = 0; i < count; i++)
	{
		documents[i] = store->items[members[i]].bytes;
		lengths[i] = store->items[members[i]].length;
	}
	return archive_learn_dictionary(&store->dictionaries, first->template, first->template_version,
									first->media, documents, lengths, count);
}

/* Returns the packed size in thousandths of the plain one. */
static int64
store_pack_group(Store *store, const int *members, int count, const ArchiveDictionary *dictionary)
{
	VolumePacker *packer = volume_packer_open(&store->port, &dictionary->parts);
	PortFault fault = {0};
	int64 plain = 0;
	int64 packed = 0;

	if (packer == NULL)
		port_raise(PORT_NO_MEMORY, &fault, 0, "archived documents");
	for (int i = 0; i < count; i++)
	{
		StoreItem *item = &store->items[members[i]];

		CHECK_FOR_INTERRUPTS();
		item->packed_at = store->packed.length;
		port_raise(volume_pack(packer, item->bytes, item->length, &store->packed), &fault,
				   ERRCODE_INTERNAL_ERROR, "archived documents");
		item->stored_bytes = (int64) (store->packed.length - item->packed_at);
		item->dictionary_id = dictionary->id;
		archive_stored_hash(dictionary, store->packed.bytes + item->packed_at,
							(size_t) item->stored_bytes, item->stored_hash);
		plain += (int64) item->length;
		packed += item->stored_bytes;
	}
	volume_packer_close(packer);
	return plain == 0 ? 0 : packed * 1000 / plain;
}
