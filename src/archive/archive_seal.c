/*
 * archive_seal.c: writes packed documents as volumes with their entries.
 *
 * Leaves are hashed here, because they cover the number of their volume.  The chain of volumes is
 * extended at commit, by a trigger (sql/55_archive.code.sql).
 */
#include "postgres.h"

#include "archive/archive_store.h"
#include "base/clock.h"
#include "base/statement.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* A volume is cut when it holds so much: verifying reads one whole. */
#define VOLUME_BYTES (1024 * 1024)
#define VOLUME_DOCUMENTS 1024

static Statement take_volume_id =
	STATEMENT_PLAIN("SELECT pg_catalog.nextval("
					"pg_catalog.pg_get_serial_sequence('mailroom.archive_volume', 'volume_id'))");
static Statement insert_volume =
	STATEMENT("WITH pending AS ("
			  "INSERT INTO mailroom.archive_pending (issuer_id, volume_id, volume_hash, "
			  "document_count)"
			  " VALUES ($1, $2, $7, $3))"
			  "INSERT INTO mailroom.archive_volume (issuer_id, volume_id, format, document_count,"
			  " content, merkle_root, sealed_at, volume_hash, inner_nodes)"
			  " VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8)",
			  INT8OID, INT8OID, INT4OID, BYTEAOID, BYTEAOID, TIMESTAMPTZOID, BYTEAOID, BYTEAOID);
static Statement insert_entries = STATEMENT(
	"INSERT INTO mailroom.archive_entry (issuer_id, volume_id, leaf_no, document_id, "
	"stored_in, stored_at,"
	" stored_bytes, dictionary_id, content_bytes, content_sha256, salt, leaf_hash, "
	"invoice_id,"
	" invoice_number, customer_no, customer_name, payment_reference, issue_date, "
	"amount_minor, currency)"
	" SELECT $1, $2, n + $20, document_id, stored_in, stored_at, stored_bytes, "
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
	INT8OID, INT8OID, INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID,
	INT8ARRAYOID, BYTEAARRAYOID, BYTEAARRAYOID, BYTEAARRAYOID, TEXTARRAYOID, TEXTARRAYOID,
	TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, INT8OID);

static void seal_volume(Store *store, const int *members, int count, int64 bytes);
static void seal_insert_entries(Store *store, const int *members, int count, int64 volume_id,
								int32 first_leaf, const uint8 *salts, const uint8 *leaves);

/* Cuts the items into volumes, in the order given. */
void
archive_write_volumes(Store *store)
{
	int *members = palloc(sizeof(int) * VOLUME_DOCUMENTS);
	int count = 0;
	int64 bytes = 0;

	if (archive_keep_open(store))
		return;
	for (int i = 0; i < store->count; i++)
	{
		StoreItem *item = &store->items[i];

		if (item->done)
			continue;
		/* the original may lie in this volume (stored_in still 0) or in one already written */
		if (item->same_as >= 0)
			archive_take_place(item, &store->items[item->same_as]);
		else if (item->stored_in == 0)
		{
			item->stored_at = bytes;
			bytes += item->stored_bytes;
		}
		members[count++] = i;
		if (count == VOLUME_DOCUMENTS || bytes >= VOLUME_BYTES)
		{
			seal_volume(store, members, count, bytes);
			count = 0;
			bytes = 0;
		}
	}
	if (count > 0)
		seal_volume(store, members, count, bytes);
}

void
archive_take_place(StoreItem *item, const StoreItem *original)
{
	item->stored_in = original->stored_in;
	item->stored_at = original->stored_at;
	item->stored_bytes = original->stored_bytes;
	item->dictionary_id = original->dictionary_id;
	memcpy(item->stored_hash, original->stored_hash, HASH_BYTES);
}

static int64
next_volume_id(void)
{
	(void) statement_run(&take_volume_id, NULL, NULL);
	return statement_int64(0, 1);
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

/* Returns the inner nodes that the volume keeps, NULL when its leaves are one block. */
static bytea *
seal_fold(const uint8 *leaves, int count, uint8 *root)
{
	uint8(*nodes)[HASH_BYTES] = palloc((size_t) count * HASH_BYTES);
	bytea *kept = NULL;
	uint64 width;

	memcpy(nodes, leaves, (size_t) count * HASH_BYTES);
	width = hashtree_fold(archive_hash, nodes, (uint64) count, ARCHIVE_TREE_LEVELS);
	if (width > 1)
		kept = make_bytes(nodes, width * HASH_BYTES);
	hashtree_fold(archive_hash, nodes, width, HASHTREE_MAX_DEPTH);
	memcpy(root, nodes[0], HASH_BYTES);
	return kept;
}

static void
seal_volume(Store *store, const int *members, int count, int64 bytes)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "archive volume", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	int64 volume_id = next_volume_id();
	uint8 *leaves = palloc((size_t) count * HASH_BYTES);
	bytea *content = palloc(VARHDRSZ + (size_t) bytes);

	SET_VARSIZE(content, VARHDRSZ + (size_t) bytes);
	for (int i = 0; i < count; i++)
	{
		StoreItem *item = &store->items[members[i]];

		if (item->stored_in != 0)
			continue;
		if (item->same_as < 0)
			memcpy(VARDATA(content) + item->stored_at, store->packed.bytes + item->packed_at,
				   (size_t) item->stored_bytes);
		item->stored_in = volume_id;
	}
	archive_write_entries(store, members, count, volume_id, 0, leaves);
	archive_insert_volume(store, volume_id, leaves, count, content);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

void
archive_write_entries(Store *store, const int *members, int count, int64 volume_id,
					  int32 first_leaf, uint8 *leaves)
{
	uint8 *salts = palloc((size_t) count * HASHTREE_SALT_BYTES);

	if (leaves == NULL)
		leaves = palloc((size_t) count * HASH_BYTES);
	if (!pg_strong_random(salts, (size_t) count * HASHTREE_SALT_BYTES))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random salts")));
	for (int i = 0; i < count; i++)
	{
		const StoreItem *item = &store->items[members[i]];
		ArchiveLeaf leaf = {.issuer_id = store->issuer_id,
							.document_id = item->document_id,
							.volume_id = volume_id,
							.leaf_no = first_leaf + i,
							.content_bytes = (int64) item->length};

		CHECK_FOR_INTERRUPTS();
		memcpy(leaf.content_sha256, item->sha256, HASH_BYTES);
		memcpy(leaf.stored_hash, item->stored_hash, HASH_BYTES);
		memcpy(leaf.terms, item->terms, sizeof(leaf.terms));
		archive_leaf_hash(&store->scratch, salts + (size_t) i * HASHTREE_SALT_BYTES, &leaf,
						  leaves + (size_t) i * HASH_BYTES);
	}
	seal_insert_entries(store, members, count, volume_id, first_leaf, salts, leaves);
}

void
archive_insert_volume(Store *store, int64 volume_id, const uint8 *leaves, int count, bytea *content)
{
	Datum values[8];
	TimestampTz sealed_at = clock_now();
	uint8 root[HASH_BYTES], hash[HASH_BYTES];
	bytea *inner_nodes = seal_fold(leaves, count, root);

	archive_volume_hash(&store->scratch, store->issuer_id, volume_id, count,
						VARSIZE(content) - VARHDRSZ, sealed_at, root, hash);
	values[0] = Int64GetDatum(store->issuer_id);
	values[1] = Int64GetDatum(volume_id);
	values[2] = Int32GetDatum(count);
	values[3] = PointerGetDatum(content);
	values[4] = PointerGetDatum(make_bytes(root, HASH_BYTES));
	values[5] = TimestampTzGetDatum(sealed_at);
	values[6] = PointerGetDatum(make_bytes(hash, HASH_BYTES));
	values[7] = PointerGetDatum(inner_nodes);
	(void) statement_run(&insert_volume, values, inner_nodes == NULL ? "       n" : NULL);
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
seal_fill_row(const StoreItem *item, const uint8 *salt, const uint8 *leaf, Datum **columns,
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
seal_insert_entries(Store *store, const int *members, int count, int64 volume_id, int32 first_leaf,
					const uint8 *salts, const uint8 *leaves)
{
	Datum *columns[COLUMNS];
	bool *nulls[COLUMNS];
	Datum values[COLUMNS + 3];
	int lower = 1;

	for (int c = 0; c < COLUMNS; c++)
	{
		columns[c] = palloc0(sizeof(Datum) * count);
		nulls[c] = palloc0(sizeof(bool) * count);
	}
	for (int i = 0; i < count; i++)
		seal_fill_row(&store->items[members[i]], salts + (size_t) i * HASHTREE_SALT_BYTES,
					  leaves + (size_t) i * HASH_BYTES, columns, nulls, i);
	values[0] = Int64GetDatum(store->issuer_id);
	values[1] = Int64GetDatum(volume_id);
	values[COLUMNS + 2] = Int64GetDatum((int64) first_leaf - 1);
	for (int c = 0; c < COLUMNS; c++)
	{
		bool number = c < COLUMN_SHA256;
		Oid element = number ? INT8OID : (c < COLUMN_TERMS ? BYTEAOID : TEXTOID);

		values[c + 2] = PointerGetDatum(construct_md_array(
			columns[c], nulls[c], 1, &count, &lower, element, number ? 8 : -1,
			number ? FLOAT8PASSBYVAL : false, number ? TYPALIGN_DOUBLE : TYPALIGN_INT));
	}
	(void) statement_run(&insert_entries, values, NULL);
}
