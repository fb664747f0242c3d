/*
 * archive_verify.c: names what was changed in the archive.
 *
 * Walks the chain from its start.  Each link is computed from the one before, each volume's hash
 * from its row and the root of its tree, each leaf from its entry's row and the bytes it points to,
 * and each document is unpacked and hashed.  What is in the tables but not in the chain, and
 * documents without an entry, are asked for by SQL at the end.
 *
 * Memory holds one volume; the result is a list of defects, which is short.
 */
#include "postgres.h"

#include "archive/archive.h"
#include "base/errors.h"
#include "base/port_server.h"
#include "base/version.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "export.h"
#include "funcapi.h"
#include "jobs/jobs.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

MAILROOM_FUNCTION(mailroom_archive_defects);
MAILROOM_FUNCTION(mailroom_archive_open_defects);

typedef struct Verifier
{
	int64 issuer_id;
	ReturnSetInfo *result;
	ArchiveDictionaries dictionaries;
	Port port;
	VolumeUnpacker *unpacker;
	ByteBuffer plain;
	ByteBuffer scratch;
	MemoryContext volume_context;
	Port volume_port;
	SPIPlanPtr volume_plan;
	SPIPlanPtr entry_plan;
	SPIPlanPtr slice_plan;
	uint8 head[HASH_BYTES]; /* of the chain so far */
	int64 links;
	int64 documents;
} Verifier;

/* The volume under the lens. */
typedef struct VolumeView
{
	int64 volume_id;
	int32 document_count;
	const char *content;
	int64 content_bytes;
	int64 covered; /* bytes that entries seen so far account for */
	ByteBuffer leaves;
} VolumeView;

static void note_defect(Verifier *verifier, int64 volume_id, int64 document_id, const char *format,
						...) pg_attribute_printf(4, 5);
static void prepare(Verifier *verifier);
static void verify_chain(Verifier *verifier);
static void verify_link(Verifier *verifier, HeapTuple row, TupleDesc shape);
static void verify_volume(Verifier *verifier, int64 volume_id, const uint8 *linked_hash);
static void verify_entries(Verifier *verifier, VolumeView *volume);
static bool verify_tree(VolumeView *volume, Datum inner_nodes, bool no_nodes, uint8 *root);
static void verify_entry(Verifier *verifier, VolumeView *volume, HeapTuple row, TupleDesc shape,
						 int32 leaf_no);
static const char *check_content(Verifier *verifier, VolumeView *volume, Datum *columns,
								 bool *isnull, uint8 *stored_hash);
static const char *fetch_packed(Verifier *verifier, VolumeView *volume, int64 stored_in, int64 at,
								int64 length);
static void verify_head(Verifier *verifier);
static void verify_open_volumes(Verifier *verifier, Datum volume_id, bool all);
static void verify_dictionaries(Verifier *verifier);
static void note_strays(Verifier *verifier);
static bool get_hash(Datum value, bool isnull, uint8 out[HASH_BYTES]);

/*
 * mailroom.archive_defects(issuer_id bigint)
 * → TABLE (volume_id bigint, document_id bigint, defect text)
 */
Datum
mailroom_archive_defects(PG_FUNCTION_ARGS)
{
	Verifier verifier = {.issuer_id = PG_GETARG_INT64(0)};

	version_check();
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	verifier.result = (ReturnSetInfo *) fcinfo->resultinfo;
	SPI_connect();
	prepare(&verifier);
	verify_dictionaries(&verifier);
	verify_chain(&verifier);
	verify_head(&verifier);
	verify_open_volumes(&verifier, 0, true);
	note_strays(&verifier);
	SPI_finish();
	return (Datum) 0;
}

/*
 * mailroom.archive_open_defects(issuer_id bigint, volume_id bigint)
 * → TABLE (volume_id bigint, document_id bigint, defect text), of one volume that is open
 */
Datum
mailroom_archive_open_defects(PG_FUNCTION_ARGS)
{
	Verifier verifier = {.issuer_id = PG_GETARG_INT64(0)};

	version_check();
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	verifier.result = (ReturnSetInfo *) fcinfo->resultinfo;
	SPI_connect();
	prepare(&verifier);
	verify_open_volumes(&verifier, PG_GETARG_DATUM(1), false);
	SPI_finish();
	return (Datum) 0;
}

/* volume_id or document_id 0 is null. */
static void
note_defect(Verifier *verifier, int64 volume_id, int64 document_id, const char *format, ...)
{
	char text[256];
	va_list args;
	Datum values[3];
	bool nulls[3] = {volume_id == 0, document_id == 0, false};

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	values[0] = Int64GetDatum(volume_id);
	values[1] = Int64GetDatum(document_id);
	values[2] = CStringGetTextDatum(text);
	tuplestore_putvalues(verifier->result->setResult, verifier->result->setDesc, values, nulls);
}

static SPIPlanPtr
prepare_plan(const char *query, int arguments)
{
	Oid types[4] = {INT8OID, INT8OID, INT8OID, INT8OID};
	SPIPlanPtr plan = SPI_prepare(query, arguments, types);

	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\"", query);
	return plan;
}

static void
prepare(Verifier *verifier)
{
	archive_dictionaries_start(&verifier->dictionaries, verifier->issuer_id, true,
							   CurrentMemoryContext);
	verifier->port = port_server(CurrentMemoryContext);
	buffer_init(&verifier->plain, &verifier->port);
	buffer_init(&verifier->scratch, &verifier->port);
	verifier->unpacker = volume_unpacker_open(&verifier->port);
	if (verifier->unpacker == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	verifier->volume_context =
		AllocSetContextCreate(CurrentMemoryContext, "archive verify", ALLOCSET_DEFAULT_SIZES);
	verifier->volume_port = port_server(verifier->volume_context);
	verifier->volume_plan =
		prepare_plan("SELECT format, document_count, content, merkle_root, sealed_at, volume_hash,"
					 " inner_nodes"
					 " FROM mailroom.archive_volume WHERE issuer_id = $1 AND volume_id = $2",
					 2);
	verifier->entry_plan = prepare_plan(
		"SELECT e.document_id, e.leaf_no, e.stored_in, e.stored_at, e.stored_bytes,"
		" coalesce(e.dictionary_id, 0), e.content_bytes, e.content_sha256, e.salt, e.leaf_hash,"
		" " ARCHIVE_TERM_COLUMNS(
			"e") ","
				 " d.document_id, d.content_sha256, d.content_bytes"
				 " FROM mailroom.archive_entry e"
				 " LEFT JOIN mailroom.document d ON d.issuer_id = e.issuer_id AND d.document_id = "
				 "e.document_id"
				 " WHERE e.issuer_id = $1 AND e.volume_id = $2 ORDER BY e.leaf_no",
		2);
	verifier->slice_plan =
		prepare_plan("SELECT substring(content FROM ($3 + 1)::integer FOR $4::integer)"
					 " FROM mailroom.archive_volume WHERE issuer_id = $1 AND volume_id = $2",
					 4);
}

static void
verify_chain(Verifier *verifier)
{
	Oid types[1] = {INT8OID};
	Datum values[1] = {Int64GetDatum(verifier->issuer_id)};
	Portal portal = SPI_cursor_open_with_args(
		NULL,
		"SELECT link_no, volume_id, volume_hash, link_hash, (SELECT c.link_count FROM "
		"mailroom.archive_chain c"
		" WHERE c.issuer_id = $1) FROM mailroom.archive_link WHERE issuer_id = $1 ORDER BY link_no",
		1, types, values, NULL, true, CURSOR_OPT_NO_SCROLL);

	for (;;)
	{
		SPITupleTable *table;

		SPI_cursor_fetch(portal, true, 1);
		if (SPI_processed == 0)
			break;
		table = SPI_tuptable;
		verify_link(verifier, table->vals[0], table->tupdesc);
		SPI_freetuptable(table);
	}
	SPI_cursor_close(portal);
}

static void
verify_link(Verifier *verifier, HeapTuple row, TupleDesc shape)
{
	Datum columns[5];
	bool isnull[5];
	uint8 volume_hash[HASH_BYTES] = {0};
	uint8 link_hash[HASH_BYTES] = {0};
	uint8 computed[HASH_BYTES];
	int64 link_no;
	int64 volume_id;

	for (int i = 0; i < 5; i++)
		columns[i] = SPI_getbinval(row, shape, i + 1, &isnull[i]);
	link_no = DatumGetInt64(columns[0]);
	volume_id = DatumGetInt64(columns[1]);
	if (link_no != verifier->links + 1)
		note_defect(verifier, 0, 0,
					"links " INT64_FORMAT " to " INT64_FORMAT " of the chain are missing",
					verifier->links + 1, link_no - 1);
	if (!get_hash(columns[2], isnull[2], volume_hash) ||
		!get_hash(columns[3], isnull[3], link_hash))
		note_defect(verifier, volume_id, 0, "link " INT64_FORMAT " of the chain has no hash",
					link_no);
	archive_link_hash(&verifier->scratch, verifier->head, link_no, volume_hash, computed);
	if (memcmp(computed, link_hash, HASH_BYTES) != 0)
		note_defect(verifier, volume_id, 0,
					"link " INT64_FORMAT " of the chain does not match the one before", link_no);
	/* go on from what is stored, so that one change is told once */
	memcpy(verifier->head, link_hash, HASH_BYTES);
	verifier->links = link_no;
	verify_volume(verifier, volume_id, volume_hash);
	jobs_report_progress(link_no, isnull[4] ? 0 : DatumGetInt64(columns[4]));
}

static void
verify_volume(Verifier *verifier, int64 volume_id, const uint8 *linked_hash)
{
	Datum values[2] = {Int64GetDatum(verifier->issuer_id), Int64GetDatum(volume_id)};
	MemoryContext old = MemoryContextSwitchTo(verifier->volume_context);
	VolumeView volume = {.volume_id = volume_id};
	SPITupleTable *table;
	Datum columns[7];
	bool isnull;
	bytea *content;
	uint8 row_root[HASH_BYTES] = {0};
	uint8 row_hash[HASH_BYTES] = {0};
	uint8 root[HASH_BYTES];
	uint8 computed[HASH_BYTES];

	CHECK_FOR_INTERRUPTS();
	if (SPI_execute_plan(verifier->volume_plan, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read archive volumes");
	table = SPI_tuptable;
	if (SPI_processed == 0)
	{
		note_defect(verifier, volume_id, 0, "volume is missing");
		MemoryContextSwitchTo(old);
		return;
	}
	for (int i = 0; i < 7; i++)
		columns[i] = SPI_getbinval(table->vals[0], table->tupdesc, i + 1, &isnull);
	buffer_init(&volume.leaves, &verifier->volume_port);
	volume.document_count = DatumGetInt32(columns[1]);
	content = DatumGetByteaP(columns[2]);
	volume.content = VARDATA(content);
	volume.content_bytes = VARSIZE(content) - VARHDRSZ;
	get_hash(columns[3], false, row_root);
	get_hash(columns[5], false, row_hash);
	verify_entries(verifier, &volume);
	if (!verify_tree(&volume, columns[6], isnull, root))
		note_defect(verifier, volume_id, 0, "inner nodes of the volume do not match its leaves");
	if (memcmp(root, row_root, HASH_BYTES) != 0)
		note_defect(verifier, volume_id, 0, "root of the volume does not match its leaves");
	archive_volume_hash(&verifier->scratch, verifier->issuer_id, volume_id, volume.document_count,
						volume.content_bytes, DatumGetTimestampTz(columns[4]), row_root, computed);
	if (DatumGetInt32(columns[0]) != ARCHIVE_FORMAT || memcmp(computed, row_hash, HASH_BYTES) != 0)
		note_defect(verifier, volume_id, 0, "volume row does not match its hash");
	if (memcmp(row_hash, linked_hash, HASH_BYTES) != 0)
		note_defect(verifier, volume_id, 0, "volume is not the one in the chain");
	SPI_freetuptable(table);
	MemoryContextSwitchTo(old);
	MemoryContextReset(verifier->volume_context);
}

static void
note_missing(Verifier *verifier, const VolumeView *volume, int64 first, int64 last)
{
	if (first == last)
		note_defect(verifier, volume->volume_id, 0,
					"entry " INT64_FORMAT " of the volume is missing", first);
	else if (first < last)
		note_defect(verifier, volume->volume_id, 0,
					"entries " INT64_FORMAT " to " INT64_FORMAT " of the volume are missing", first,
					last);
}

static void
verify_entries(Verifier *verifier, VolumeView *volume)
{
	Datum values[2] = {Int64GetDatum(verifier->issuer_id), Int64GetDatum(volume->volume_id)};
	SPITupleTable *table;
	uint64 rows;
	int64 expected = 0;

	if (SPI_execute_plan(verifier->entry_plan, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read archive entries");
	table = SPI_tuptable;
	rows = SPI_processed;
	for (uint64 row = 0; row < rows; row++)
	{
		bool isnull;
		uint8 leaf[HASH_BYTES] = {0};
		int32 leaf_no = DatumGetInt32(SPI_getbinval(table->vals[row], table->tupdesc, 2, &isnull));
		Datum leaf_hash = SPI_getbinval(table->vals[row], table->tupdesc, 10, &isnull);

		CHECK_FOR_INTERRUPTS();
		note_missing(verifier, volume, expected, (int64) leaf_no - 1);
		expected = (int64) leaf_no + 1;
		get_hash(leaf_hash, isnull, leaf);
		buffer_append(&volume->leaves, leaf, HASH_BYTES);
		verify_entry(verifier, volume, table->vals[row], table->tupdesc, leaf_no);
	}
	note_missing(verifier, volume, expected, (int64) volume->document_count - 1);
	if (volume->covered != volume->content_bytes && rows == (uint64) volume->document_count)
		note_defect(verifier, volume->volume_id, 0,
					"volume has " INT64_FORMAT " bytes, its entries account for " INT64_FORMAT,
					volume->content_bytes, volume->covered);
	verifier->documents += (int64) rows;
	SPI_freetuptable(table);
}

/* The root of the leaves; whether the nodes kept for proofs are theirs. */
static bool
verify_tree(VolumeView *volume, Datum inner_nodes, bool no_nodes, uint8 *root)
{
	uint8(*nodes)[HASH_BYTES] = (uint8(*)[HASH_BYTES]) volume->leaves.bytes;
	uint64 width = volume->leaves.length / HASH_BYTES;
	bytea *kept = no_nodes ? NULL : DatumGetByteaPP(inner_nodes);
	bool good = true;

	if (buffer_failed(&volume->leaves))
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	if (width == 0)
	{
		archive_hash("", 0, root);
		return no_nodes;
	}
	width = hashtree_fold(archive_hash, nodes, width, ARCHIVE_TREE_LEVELS);
	if (kept != NULL)
		good = width > 1 && VARSIZE_ANY_EXHDR(kept) == width * HASH_BYTES &&
			   memcmp(VARDATA_ANY(kept), nodes, width * HASH_BYTES) == 0;
	hashtree_fold(archive_hash, nodes, width, HASHTREE_MAX_DEPTH);
	memcpy(root, nodes[0], HASH_BYTES);
	return good;
}

/* Columns as in entry_plan. */
static void
verify_entry(Verifier *verifier, VolumeView *volume, HeapTuple row, TupleDesc shape, int32 leaf_no)
{
	Datum columns[21];
	bool isnull[21];
	ArchiveLeaf leaf = {
		.issuer_id = verifier->issuer_id, .volume_id = volume->volume_id, .leaf_no = leaf_no};
	uint8 stored_leaf[HASH_BYTES] = {0};
	uint8 computed[HASH_BYTES];
	uint8 document_hash[HASH_BYTES];
	uint8 salt[HASH_BYTES] = {0};
	bytea *salt_bytes;
	const char *defect;

	for (int i = 0; i < 21; i++)
		columns[i] = SPI_getbinval(row, shape, i + 1, &isnull[i]);
	leaf.document_id = DatumGetInt64(columns[0]);
	leaf.content_bytes = DatumGetInt64(columns[6]);
	get_hash(columns[7], isnull[7], leaf.content_sha256);
	get_hash(columns[9], isnull[9], stored_leaf);
	salt_bytes = DatumGetByteaPP(columns[8]);
	if (VARSIZE_ANY_EXHDR(salt_bytes) == HASHTREE_SALT_BYTES)
		memcpy(salt, VARDATA_ANY(salt_bytes), HASHTREE_SALT_BYTES);
	for (int i = 0; i < ARCHIVE_TERM_COUNT; i++)
		leaf.terms[i] = SPI_getvalue(row, shape, 11 + i);

	if (VARSIZE_ANY_EXHDR(salt_bytes) == 0)
	{
		/* deleted: only the leaf hash is left; mailroom.archive_erasure_defects asks for its record
		 */
		if (DatumGetInt64(columns[2]) == volume->volume_id &&
			DatumGetInt64(columns[3]) == volume->covered)
			volume->covered += DatumGetInt64(columns[4]);
		return;
	}
	defect = check_content(verifier, volume, columns, isnull, leaf.stored_hash);
	archive_leaf_hash(&verifier->scratch, salt, &leaf, computed);
	if (defect != NULL)
		note_defect(verifier, volume->volume_id, leaf.document_id, "%s", defect);
	else if (memcmp(computed, stored_leaf, HASH_BYTES) != 0 ||
			 VARSIZE_ANY_EXHDR(salt_bytes) != HASHTREE_SALT_BYTES)
		note_defect(verifier, volume->volume_id, leaf.document_id,
					"entry does not match its leaf hash");
	if (isnull[18])
		note_defect(verifier, volume->volume_id, leaf.document_id, "document row is missing");
	else if (!get_hash(columns[19], isnull[19], document_hash) ||
			 memcmp(document_hash, leaf.content_sha256, HASH_BYTES) != 0 ||
			 DatumGetInt64(columns[20]) != leaf.content_bytes)
		note_defect(verifier, volume->volume_id, leaf.document_id,
					"document row does not match its entry");
}

/* Unpacks and hashes; returns what is wrong, NULL when nothing is. */
static const char *
check_content(Verifier *verifier, VolumeView *volume, Datum *columns, bool *isnull,
			  uint8 *stored_hash)
{
	int64 stored_in = DatumGetInt64(columns[2]);
	int64 at = DatumGetInt64(columns[3]);
	int64 length = DatumGetInt64(columns[4]);
	int64 content_bytes = DatumGetInt64(columns[6]);
	const ArchiveDictionary *dictionary =
		archive_find_dictionary(&verifier->dictionaries, DatumGetInt64(columns[5]));
	const char *packed;
	uint8 hash[HASH_BYTES];
	uint8 expected[HASH_BYTES];
	PortFault fault = {0};
	PortStatus status;

	memset(stored_hash, 0, HASH_BYTES);
	if (dictionary == NULL)
		return "dictionary of the document is missing";
	packed = fetch_packed(verifier, volume, stored_in, at, length);
	if (packed == NULL)
		return "place of the packed bytes does not exist";
	/* the own bytes stand in order of leaves, without a gap: this finds bytes nobody points to */
	if (stored_in == volume->volume_id && at == volume->covered)
		volume->covered += length;
	archive_stored_hash(dictionary, packed, (size_t) length, stored_hash);
	if (content_bytes < 0 || content_bytes > MaxAllocSize)
		return "size of the document is impossible";
	buffer_reset(&verifier->plain);
	status = volume_unpack(verifier->unpacker, &dictionary->parts, packed, (size_t) length,
						   (size_t) content_bytes, &verifier->plain);
	if (status == PORT_INVALID)
		return "packed bytes are broken";
	port_raise(status, &fault, ERRCODE_INTERNAL_ERROR, "an archived document");
	archive_hash(verifier->plain.bytes, verifier->plain.length, hash);
	if (!get_hash(columns[7], isnull[7], expected) || memcmp(hash, expected, HASH_BYTES) != 0)
		return "bytes do not match their SHA-256";
	return NULL;
}

static const char *
fetch_packed(Verifier *verifier, VolumeView *volume, int64 stored_in, int64 at, int64 length)
{
	Datum values[4] = {Int64GetDatum(verifier->issuer_id), Int64GetDatum(stored_in),
					   Int64GetDatum(at), Int64GetDatum(length)};
	const char *packed = NULL;
	bool isnull;

	if (at < 0 || length <= 0 || at > MaxAllocSize || length > MaxAllocSize)
		return NULL;
	if (stored_in == volume->volume_id)
		return at + length > volume->content_bytes ? NULL : volume->content + at;
	if (SPI_execute_plan(verifier->slice_plan, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read archive volumes");
	if (SPI_processed == 1)
	{
		bytea *slice = DatumGetByteaPCopy(
			SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));

		if ((int64) (VARSIZE(slice) - VARHDRSZ) == length)
			packed = VARDATA(slice);
	}
	SPI_freetuptable(SPI_tuptable);
	return packed;
}

static void
verify_head(Verifier *verifier)
{
	Oid types[1] = {INT8OID};
	Datum values[1] = {Int64GetDatum(verifier->issuer_id)};
	uint8 head[HASH_BYTES];
	bool isnull;
	HeapTuple row;
	TupleDesc shape;

	if (SPI_execute_with_args(
			"SELECT link_count, document_count, head_hash FROM mailroom.archive_chain"
			" WHERE issuer_id = $1",
			1, types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the archive's chain");
	if (SPI_processed == 0)
	{
		if (verifier->links > 0)
			note_defect(verifier, 0, 0, "head of the chain is missing");
		return;
	}
	row = SPI_tuptable->vals[0];
	shape = SPI_tuptable->tupdesc;
	if (DatumGetInt64(SPI_getbinval(row, shape, 1, &isnull)) != verifier->links)
		note_defect(verifier, 0, 0,
					"chain ends at link " INT64_FORMAT ", its head says " INT64_FORMAT,
					verifier->links, DatumGetInt64(SPI_getbinval(row, shape, 1, &isnull)));
	else if (!get_hash(SPI_getbinval(row, shape, 3, &isnull), isnull, head) ||
			 memcmp(head, verifier->head, HASH_BYTES) != 0)
		note_defect(verifier, 0, 0, "head of the chain does not match its last link");
	if (DatumGetInt64(SPI_getbinval(row, shape, 2, &isnull)) != verifier->documents)
		note_defect(verifier, 0, 0,
					"chain holds " INT64_FORMAT " documents, its head says " INT64_FORMAT,
					verifier->documents, DatumGetInt64(SPI_getbinval(row, shape, 2, &isnull)));
}

/* Volumes that are not sealed: the same, without root and link. */
static void
verify_open_volumes(Verifier *verifier, Datum volume_id, bool all)
{
	Oid types[2] = {INT8OID, INT8OID};
	Datum values[2] = {Int64GetDatum(verifier->issuer_id), volume_id};
	int64 sealed = verifier->documents;
	Portal portal = SPI_cursor_open_with_args(
		NULL,
		"SELECT o.volume_id, o.document_count, o.content_bytes, (SELECT"
		" coalesce(string_agg(p.content, ''::bytea ORDER BY p.stored_at), ''::bytea)"
		" FROM mailroom.archive_part p WHERE p.issuer_id = $1 AND p.volume_id = o.volume_id)"
		" FROM mailroom.archive_open o WHERE o.issuer_id = $1 AND ($2 IS NULL OR o.volume_id = $2)"
		" ORDER BY o.volume_id",
		2, types, values, all ? " n" : NULL, true, CURSOR_OPT_NO_SCROLL);

	for (;;)
	{
		SPITupleTable *table;
		VolumeView volume = {0};
		MemoryContext old;
		bytea *content;
		bool isnull;

		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, 1);
		if (SPI_processed == 0)
			break;
		table = SPI_tuptable;
		old = MemoryContextSwitchTo(verifier->volume_context);
		buffer_init(&volume.leaves, &verifier->volume_port);
		volume.volume_id = DatumGetInt64(SPI_getbinval(table->vals[0], table->tupdesc, 1, &isnull));
		volume.document_count =
			DatumGetInt32(SPI_getbinval(table->vals[0], table->tupdesc, 2, &isnull));
		content = DatumGetByteaP(SPI_getbinval(table->vals[0], table->tupdesc, 4, &isnull));
		volume.content = VARDATA(content);
		volume.content_bytes = VARSIZE(content) - VARHDRSZ;
		if (DatumGetInt64(SPI_getbinval(table->vals[0], table->tupdesc, 3, &isnull)) !=
			volume.content_bytes)
			note_defect(verifier, volume.volume_id, 0, "parts of the open volume are missing");
		verify_entries(verifier, &volume);
		SPI_freetuptable(table);
		MemoryContextSwitchTo(old);
		MemoryContextReset(verifier->volume_context);
	}
	SPI_cursor_close(portal);
	verifier->documents = sealed;
}

static void
verify_dictionaries(Verifier *verifier)
{
	Oid types[1] = {INT8OID};
	Datum values[1] = {Int64GetDatum(verifier->issuer_id)};
	SPITupleTable *table;
	uint64 rows;

	if (SPI_execute_with_args("SELECT dictionary_id FROM mailroom.archive_dictionary"
							  " WHERE issuer_id = $1 ORDER BY 1",
							  1, types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read archive dictionaries");
	table = SPI_tuptable;
	rows = SPI_processed;
	for (uint64 row = 0; row < rows; row++)
	{
		bool isnull;
		int64 id = DatumGetInt64(SPI_getbinval(table->vals[row], table->tupdesc, 1, &isnull));
		const ArchiveDictionary *dictionary = archive_find_dictionary(&verifier->dictionaries, id);

		if (dictionary != NULL && dictionary->damaged)
			note_defect(verifier, 0, 0, "dictionary " INT64_FORMAT " does not match its hash", id);
	}
	SPI_freetuptable(table);
}

/* What no walk along the chain meets. */
static void
note_strays(Verifier *verifier)
{
	Oid types[1] = {INT8OID};
	Datum values[1] = {Int64GetDatum(verifier->issuer_id)};
	Portal portal = SPI_cursor_open_with_args(
		NULL,
		"SELECT 0::bigint, d.document_id, 'document is not in the archive' FROM mailroom.document d"
		" WHERE d.issuer_id = $1 AND NOT EXISTS (SELECT FROM mailroom.archive_entry e"
		" WHERE e.issuer_id = d.issuer_id AND e.document_id = d.document_id)"
		" UNION ALL SELECT e.volume_id, e.document_id, 'volume of the entry is not in the chain'"
		" FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND NOT EXISTS (SELECT FROM "
		"mailroom.archive_link l"
		" WHERE l.issuer_id = e.issuer_id AND l.volume_id = e.volume_id)"
		" AND NOT EXISTS (SELECT FROM mailroom.archive_open o"
		" WHERE o.issuer_id = e.issuer_id AND o.volume_id = e.volume_id)"
		" UNION ALL SELECT v.volume_id, 0, 'volume is not in the chain' FROM "
		"mailroom.archive_volume v"
		" WHERE v.issuer_id = $1 AND NOT EXISTS (SELECT FROM mailroom.archive_link l"
		" WHERE l.issuer_id = v.issuer_id AND l.volume_id = v.volume_id)"
		" ORDER BY 1, 2",
		1, types, values, NULL, true, CURSOR_OPT_NO_SCROLL);

	for (;;)
	{
		bool isnull;
		HeapTuple row;
		TupleDesc shape;

		SPI_cursor_fetch(portal, true, 1);
		if (SPI_processed == 0)
			break;
		row = SPI_tuptable->vals[0];
		shape = SPI_tuptable->tupdesc;
		note_defect(verifier, DatumGetInt64(SPI_getbinval(row, shape, 1, &isnull)),
					DatumGetInt64(SPI_getbinval(row, shape, 2, &isnull)), "%s",
					SPI_getvalue(row, shape, 3));
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_cursor_close(portal);
}

static bool
get_hash(Datum value, bool isnull, uint8 out[HASH_BYTES])
{
	bytea *bytes;

	if (isnull)
		return false;
	bytes = DatumGetByteaPP(value);
	if (VARSIZE_ANY_EXHDR(bytes) != HASH_BYTES)
		return false;
	memcpy(out, VARDATA_ANY(bytes), HASH_BYTES);
	return true;
}
