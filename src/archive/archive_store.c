/*
 * archive_store.c: packs documents into volumes.
 *
 * Works on one call's documents at a time: look up what is known of them, find bytes that are
 * archived already, pack the rest with the dictionary of their template, then cut the packed bytes
 * into volumes and write each with its entries.  The chain of volumes is extended at commit, by a
 * trigger (sql/55_archive.code.sql).
 */
#include "postgres.h"

#include "archive/archive.h"
#include "base/clock.h"
#include "base/errors.h"
#include "base/port_server.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "export.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* A volume is cut when it holds so much: verifying reads one whole. */
#define VOLUME_BYTES (1024 * 1024)
#define VOLUME_DOCUMENTS 1024
/* A dictionary of fewer samples is replaced when there are as many. */
#define ENOUGH_SAMPLES 8
/* So many dictionaries a template may get when its documents change under the same version. */
#define MOST_GENERATIONS 8

MAILROOM_FUNCTION(mailroom_archive_store);

typedef struct StoreItem
{
	int64 document_id;
	const char *bytes;
	size_t length;
	const char *template;
	int32 template_version;
	const char *terms[ARCHIVE_TERM_COUNT];
	uint8 sha256[HASH_BYTES];
	uint8 stored_hash[HASH_BYTES];
	bool done;	 /* archived before with the same content, or packed */
	int same_as; /* item with the same bytes, -1 none */
	int64 dictionary_id;
	int64 stored_in; /* volume; 0 = the one being written */
	int64 stored_at;
	int64 stored_bytes;
	size_t packed_at; /* in Store.packed */
} StoreItem;

typedef struct Store
{
	int64 issuer_id;
	int count;
	StoreItem *items;
	Port port;
	ByteBuffer packed;
	ByteBuffer scratch;
	ArchiveDictionaries dictionaries;
} Store;

static void store_read_arguments(Store *store, ArrayType *ids, ArrayType *contents);
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
static void store_write_volumes(Store *store);
static void store_write_volume(Store *store, const int *members, int count, int64 bytes);
static void store_insert_volume(Store *store, int64 volume_id, int count, bytea *content,
								const uint8 *root);
static void store_insert_entries(Store *store, const int *members, int count, int64 volume_id,
								 const uint8 *salts, const uint8 *leaves);

/* mailroom.archive_store(issuer_id bigint, document_ids bigint[], contents bytea[]) */
Datum
mailroom_archive_store(PG_FUNCTION_ARGS)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "archive store", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	ArrayType *ids = PG_GETARG_ARRAYTYPE_P(1);
	Store store = {.issuer_id = PG_GETARG_INT64(0), .port = port_server(context)};

	store_read_arguments(&store, ids, PG_GETARG_ARRAYTYPE_P(2));
	if (store.count > 0)
	{
		buffer_init(&store.packed, &store.port);
		buffer_init(&store.scratch, &store.port);
		SPI_connect();
		archive_dictionaries_start(&store.dictionaries, store.issuer_id, true, context);
		store_look_up(&store, ids);
		store_find_copies(&store);
		store_find_archived(&store);
		store_pack_templates(&store);
		store_write_volumes(&store);
		SPI_finish();
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	PG_RETURN_VOID();
}

static void
store_read_arguments(Store *store, ArrayType *ids, ArrayType *contents)
{
	Datum *id_values, *content_values;
	bool *id_nulls, *content_nulls;
	int id_count, content_count;

	deconstruct_array(ids, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &id_values,
					  &id_nulls, &id_count);
	deconstruct_array(contents, BYTEAOID, -1, false, TYPALIGN_INT, &content_values, &content_nulls,
					  &content_count);
	if (id_count != content_count)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("%d documents with %d contents cannot be archived", id_count,
							   content_count)));
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
		item->same_as = -1;
		archive_hash(item->bytes, item->length, item->sha256);
	}
}

/* Template, search terms and, when archived before, the entry of each document. */
static void
store_look_up(Store *store, ArrayType *ids)
{
	Oid types[2] = {INT8OID, INT8ARRAYOID};
	Datum values[2] = {Int64GetDatum(store->issuer_id), PointerGetDatum(ids)};

	if (SPI_execute_with_args(
			"SELECT a.n, d.content_sha256, e.content_sha256, d.template, d.template_version,"
			" i.invoice_id::text, i.invoice_number, i.buyer_no, i.buyer_name, i.payment_reference,"
			" to_char(i.issue_date, 'YYYY-MM-DD'), i.payable_minor::text, i.currency"
			" FROM unnest($2) WITH ORDINALITY AS a (document_id, n)"
			" JOIN mailroom.document d ON d.issuer_id = $1 AND d.document_id = a.document_id"
			" LEFT JOIN mailroom.invoice i ON i.issuer_id = d.issuer_id AND i.invoice_id = "
			"d.invoice_id"
			" LEFT JOIN mailroom.archive_entry e ON e.issuer_id = d.issuer_id AND e.document_id = "
			"d.document_id",
			2, types, values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read documents");
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
	Oid types[2] = {INT8OID, BYTEAARRAYOID};
	Datum *hashes = palloc(sizeof(Datum) * store->count);
	Datum values[2] = {Int64GetDatum(store->issuer_id), 0};

	for (int i = 0; i < store->count; i++)
		hashes[i] =
			PointerGetDatum(cstring_to_text_with_len((char *) store->items[i].sha256, HASH_BYTES));
	values[1] =
		PointerGetDatum(construct_array(hashes, store->count, BYTEAOID, -1, false, TYPALIGN_INT));
	if (SPI_execute_with_args(
			"SELECT DISTINCT ON (a.n) a.n, e.stored_in, e.stored_at, e.stored_bytes, "
			"coalesce(e.dictionary_id, 0),"
			" substring(v.content FROM (e.stored_at + 1)::integer FOR e.stored_bytes::integer)"
			" FROM unnest($2) WITH ORDINALITY AS a (sha256, n)"
			" JOIN mailroom.archive_entry e ON e.issuer_id = $1 AND e.content_sha256 = a.sha256"
			" JOIN mailroom.archive_volume v ON v.issuer_id = e.issuer_id AND v.volume_id = "
			"e.stored_in"
			" ORDER BY a.n, e.stored_in",
			2, types, values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not search archived contents");
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
		if (item->done || item->same_as >= 0 || dictionary == NULL || dictionary->damaged ||
			unpacker == NULL)
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

/* The items that need packing, one group a template. */
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
				item->template_version == first->template_version &&
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

/* Packs documents of one template; a dictionary that turns out bad for them is followed by a new
 * one. */
static void
store_pack_template(Store *store, const int *members, int count)
{
	const StoreItem *first = &store->items[members[0]];
	int64 generations;
	size_t start = store->packed.length;
	const ArchiveDictionary *dictionary = archive_template_dictionary(
		&store->dictionaries, first->template, first->template_version, &generations);

	if (dictionary == NULL || (dictionary->samples < ENOUGH_SAMPLES && count >= ENOUGH_SAMPLES &&
							   generations < MOST_GENERATIONS))
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
									documents, lengths, count);
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

/* Cuts the items into volumes, in the order given. */
static void
store_write_volumes(Store *store)
{
	int *members = palloc(sizeof(int) * VOLUME_DOCUMENTS);
	int count = 0;
	int64 bytes = 0;

	for (int i = 0; i < store->count; i++)
	{
		StoreItem *item = &store->items[i];

		if (item->done)
			continue;
		if (item->same_as >= 0)
		{
			const StoreItem *original = &store->items[item->same_as];

			/* the original may lie in this volume (stored_in still 0) or in one already written */
			item->stored_in = original->stored_in;
			item->stored_at = original->stored_at;
			item->stored_bytes = original->stored_bytes;
			item->dictionary_id = original->dictionary_id;
			memcpy(item->stored_hash, original->stored_hash, HASH_BYTES);
		}
		else if (item->stored_in == 0)
		{
			item->stored_at = bytes;
			bytes += item->stored_bytes;
		}
		members[count++] = i;
		if (count == VOLUME_DOCUMENTS || bytes >= VOLUME_BYTES)
		{
			store_write_volume(store, members, count, bytes);
			count = 0;
			bytes = 0;
		}
	}
	if (count > 0)
		store_write_volume(store, members, count, bytes);
}

static int64
next_volume_id(void)
{
	bool isnull;

	if (SPI_execute(
			"SELECT nextval(pg_get_serial_sequence('mailroom.archive_volume', 'volume_id'))", false,
			1) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not number an archive volume");
	return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
}

static bytea *
make_bytes(const void *bytes, size_t length)
{
	bytea *result = palloc(VARHDRSZ + length);

	SET_VARSIZE(result, VARHDRSZ + length);
	if (length > 0)
		memcpy(VARDATA(result), bytes, length);
	return result;
}

static void
store_write_volume(Store *store, const int *members, int count, int64 bytes)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "archive volume", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	int64 volume_id = next_volume_id();
	uint8 *salts = palloc((size_t) count * HASHTREE_SALT_BYTES);
	uint8 *leaves = palloc((size_t) count * HASH_BYTES);
	HashTree tree;
	uint8 root[HASH_BYTES];
	bytea *content = palloc(VARHDRSZ + (size_t) bytes);

	SET_VARSIZE(content, VARHDRSZ + (size_t) bytes);
	if (!pg_strong_random(salts, (size_t) count * HASHTREE_SALT_BYTES))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random salts")));
	hashtree_start(&tree, archive_hash);
	for (int i = 0; i < count; i++)
	{
		StoreItem *item = &store->items[members[i]];
		ArchiveLeaf leaf = {.issuer_id = store->issuer_id,
							.document_id = item->document_id,
							.volume_id = volume_id,
							.leaf_no = i,
							.content_bytes = (int64) item->length};

		CHECK_FOR_INTERRUPTS();
		if (item->stored_in == 0)
		{
			if (item->same_as < 0)
				memcpy(VARDATA(content) + item->stored_at, store->packed.bytes + item->packed_at,
					   (size_t) item->stored_bytes);
			item->stored_in = volume_id;
		}
		memcpy(leaf.content_sha256, item->sha256, HASH_BYTES);
		memcpy(leaf.stored_hash, item->stored_hash, HASH_BYTES);
		memcpy(leaf.terms, item->terms, sizeof(leaf.terms));
		archive_leaf_hash(&store->scratch, salts + (size_t) i * HASHTREE_SALT_BYTES, &leaf,
						  leaves + (size_t) i * HASH_BYTES);
		hashtree_add(&tree, leaves + (size_t) i * HASH_BYTES);
	}
	hashtree_root(&tree, root);
	store_insert_volume(store, volume_id, count, content, root);
	store_insert_entries(store, members, count, volume_id, salts, leaves);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

static void
store_insert_volume(Store *store, int64 volume_id, int count, bytea *content, const uint8 *root)
{
	Oid types[7] = {INT8OID, INT8OID, INT4OID, BYTEAOID, BYTEAOID, TIMESTAMPTZOID, BYTEAOID};
	Datum values[7];
	TimestampTz sealed_at = clock_now();
	uint8 hash[HASH_BYTES];

	archive_volume_hash(&store->scratch, store->issuer_id, volume_id, count,
						VARSIZE(content) - VARHDRSZ, sealed_at, root, hash);
	values[0] = Int64GetDatum(store->issuer_id);
	values[1] = Int64GetDatum(volume_id);
	values[2] = Int32GetDatum(count);
	values[3] = PointerGetDatum(content);
	values[4] = PointerGetDatum(make_bytes(root, HASH_BYTES));
	values[5] = TimestampTzGetDatum(sealed_at);
	values[6] = PointerGetDatum(make_bytes(hash, HASH_BYTES));
	if (SPI_execute_with_args(
			"WITH pending AS ("
			"INSERT INTO mailroom.archive_pending (issuer_id, volume_id, volume_hash, "
			"document_count)"
			" VALUES ($1, $2, $7, $3))"
			"INSERT INTO mailroom.archive_volume (issuer_id, volume_id, format, document_count,"
			" content, merkle_root, sealed_at, volume_hash)"
			" VALUES ($1, $2, 1, $3, $4, $5, $6, $7)",
			7, types, values, NULL, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "could not store an archive volume");
}

enum
{
	COLUMN_DOCUMENT,
	COLUMN_STORED_IN,
	COLUMN_STORED_AT,
	COLUMN_STORED_BYTES,
	COLUMN_DICTIONARY,
	COLUMN_CONTENT_BYTES,
	COLUMN_SHA256,
	COLUMN_SALT,
	COLUMN_LEAF,
	COLUMN_TERMS,
	COLUMNS = COLUMN_TERMS + ARCHIVE_TERM_COUNT
};

static void
store_fill_row(const StoreItem *item, const uint8 *salt, const uint8 *leaf, Datum **columns,
			   bool **nulls, int row)
{
	columns[COLUMN_DOCUMENT][row] = Int64GetDatum(item->document_id);
	columns[COLUMN_STORED_IN][row] = Int64GetDatum(item->stored_in);
	columns[COLUMN_STORED_AT][row] = Int64GetDatum(item->stored_at);
	columns[COLUMN_STORED_BYTES][row] = Int64GetDatum(item->stored_bytes);
	columns[COLUMN_DICTIONARY][row] = Int64GetDatum(item->dictionary_id);
	columns[COLUMN_CONTENT_BYTES][row] = Int64GetDatum((int64) item->length);
	columns[COLUMN_SHA256][row] = PointerGetDatum(make_bytes(item->sha256, HASH_BYTES));
	columns[COLUMN_SALT][row] = PointerGetDatum(make_bytes(salt, HASHTREE_SALT_BYTES));
	columns[COLUMN_LEAF][row] = PointerGetDatum(make_bytes(leaf, HASH_BYTES));
	for (int i = 0; i < ARCHIVE_TERM_COUNT; i++)
	{
		nulls[COLUMN_TERMS + i][row] = item->terms[i] == NULL;
		if (item->terms[i] != NULL)
			columns[COLUMN_TERMS + i][row] = CStringGetTextDatum(item->terms[i]);
	}
}

static void
store_insert_entries(Store *store, const int *members, int count, int64 volume_id,
					 const uint8 *salts, const uint8 *leaves)
{
	Datum *columns[COLUMNS];
	bool *nulls[COLUMNS];
	Oid types[COLUMNS + 2];
	Datum values[COLUMNS + 2];
	int lower = 1;

	for (int c = 0; c < COLUMNS; c++)
	{
		columns[c] = palloc0(sizeof(Datum) * count);
		nulls[c] = palloc0(sizeof(bool) * count);
	}
	for (int i = 0; i < count; i++)
		store_fill_row(&store->items[members[i]], salts + (size_t) i * HASHTREE_SALT_BYTES,
					   leaves + (size_t) i * HASH_BYTES, columns, nulls, i);
	types[0] = types[1] = INT8OID;
	values[0] = Int64GetDatum(store->issuer_id);
	values[1] = Int64GetDatum(volume_id);
	for (int c = 0; c < COLUMNS; c++)
	{
		bool number = c < COLUMN_SHA256;
		Oid element = number ? INT8OID : (c < COLUMN_TERMS ? BYTEAOID : TEXTOID);

		types[c + 2] = number ? INT8ARRAYOID : (c < COLUMN_TERMS ? BYTEAARRAYOID : TEXTARRAYOID);
		values[c + 2] = PointerGetDatum(construct_md_array(
			columns[c], nulls[c], 1, &count, &lower, element, number ? 8 : -1,
			number ? FLOAT8PASSBYVAL : false, number ? TYPALIGN_DOUBLE : TYPALIGN_INT));
	}
	if (SPI_execute_with_args(
			"INSERT INTO mailroom.archive_entry (issuer_id, volume_id, leaf_no, document_id, "
			"stored_in, stored_at,"
			" stored_bytes, dictionary_id, content_bytes, content_sha256, salt, leaf_hash, "
			"invoice_id,"
			" invoice_number, customer_no, customer_name, payment_reference, issue_date, "
			"amount_minor, currency)"
			" SELECT $1, $2, n - 1, document_id, stored_in, stored_at, stored_bytes, "
			"nullif(dictionary_id, 0),"
			" content_bytes, content_sha256, salt, leaf_hash, invoice_id::bigint, invoice_number, "
			"customer_no,"
			" customer_name, payment_reference, issue_date::date, amount_minor::bigint, currency"
			" FROM ROWS FROM (unnest($3), unnest($4), unnest($5), unnest($6), unnest($7), "
			"unnest($8), unnest($9),"
			" unnest($10), unnest($11), unnest($12), unnest($13), unnest($14), unnest($15), "
			"unnest($16),"
			" unnest($17), unnest($18), unnest($19)) WITH ORDINALITY AS r (document_id, stored_in, "
			"stored_at,"
			" stored_bytes, dictionary_id, content_bytes, content_sha256, salt, leaf_hash, "
			"invoice_id,"
			" invoice_number, customer_no, customer_name, payment_reference, issue_date, "
			"amount_minor, currency, n)",
			COLUMNS + 2, types, values, NULL, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "could not store archive entries");
}
