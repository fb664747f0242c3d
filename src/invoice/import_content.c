/*
 * import_content.c: slices of toasted values.
 *
 * Content is STORAGE EXTERNAL, so that substr reads only the chunks it needs.
 */
#include "postgres.h"

#include "invoice/import_content.h"

#include "base/hash.h"
#include "base/statement.h"
#include "base/version.h"
#include "catalog/pg_type.h"
#include "export.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/memutils.h"

MAILROOM_FUNCTION(mailroom_hash_upload);

struct ImportContent
{
	int64 issuer_id, file_id;
	bool in_parts;
	int64 size;
	int64 offset; /* in the value, or in the part */
	int32 part_no;
	int64 part_bytes;
	MemoryContext slice_context;
};

static bool next_part(ImportContent *content);

static Statement find_size =
	STATEMENT("SELECT f.content IS NULL, coalesce(pg_catalog.octet_length(f.content),"
			  " (SELECT sum(pg_catalog.octet_length(p.content)) FROM mailroom.import_file_part p"
			  "  WHERE p.issuer_id = $1 AND p.file_id = $2), 0)::bigint"
			  " FROM mailroom.import_file f WHERE f.issuer_id = $1 AND f.file_id = $2",
			  INT8OID, INT8OID);

static Statement find_part = STATEMENT(
	"SELECT p.part_no, pg_catalog.octet_length(p.content)::bigint FROM mailroom.import_file_part p"
	" WHERE p.issuer_id = $1 AND p.file_id = $2 AND p.part_no > $3 ORDER BY p.part_no LIMIT 1",
	INT8OID, INT8OID, INT4OID);

static Statement slice_value =
	STATEMENT("SELECT pg_catalog.substr(f.content, $3, $4) FROM mailroom.import_file f"
			  " WHERE f.issuer_id = $1 AND f.file_id = $2",
			  INT8OID, INT8OID, INT4OID, INT4OID);

static Statement slice_part =
	STATEMENT("SELECT pg_catalog.substr(p.content, $3, $4) FROM mailroom.import_file_part p"
			  " WHERE p.issuer_id = $1 AND p.file_id = $2 AND p.part_no = $5",
			  INT8OID, INT8OID, INT4OID, INT4OID, INT4OID);

ImportContent *
import_content_open(int64 issuer_id, int64 file_id)
{
	ImportContent *content = palloc0(sizeof(ImportContent));
	Datum arguments[] = {Int64GetDatum(issuer_id), Int64GetDatum(file_id)};
	bool isnull;

	content->issuer_id = issuer_id;
	content->file_id = file_id;
	content->slice_context =
		AllocSetContextCreate(CurrentMemoryContext, "mailroom slice", ALLOCSET_DEFAULT_SIZES);
	if (statement_run(&find_size, arguments, NULL) != 1)
		elog(ERROR, "import file " INT64_FORMAT " does not exist", file_id);
	content->in_parts = DatumGetBool(statement_value(0, 1, &isnull));
	content->size = statement_int64(0, 2);
	content->part_bytes = content->in_parts ? 0 : content->size;
	SPI_freetuptable(SPI_tuptable);
	return content;
}

bool
import_content_next(ImportContent *content, const char **bytes, size_t *length)
{
	Datum arguments[5];
	MemoryContext old;
	bytea *slice;
	bool isnull;

	CHECK_FOR_INTERRUPTS();
	MemoryContextReset(content->slice_context);
	while (content->offset >= content->part_bytes)
		if (!content->in_parts || !next_part(content))
			return false;
	arguments[0] = Int64GetDatum(content->issuer_id);
	arguments[1] = Int64GetDatum(content->file_id);
	arguments[2] = Int32GetDatum((int32) content->offset + 1);
	arguments[3] = Int32GetDatum(IMPORT_SLICE_BYTES);
	arguments[4] = Int32GetDatum(content->part_no);
	if (statement_run(content->in_parts ? &slice_part : &slice_value, arguments, NULL) != 1)
		elog(ERROR, "content of import file " INT64_FORMAT " is gone", content->file_id);
	old = MemoryContextSwitchTo(content->slice_context);
	slice = DatumGetByteaPCopy(statement_value(0, 1, &isnull));
	MemoryContextSwitchTo(old);
	SPI_freetuptable(SPI_tuptable);
	*bytes = VARDATA(slice);
	*length = VARSIZE(slice) - VARHDRSZ;
	content->offset += *length;
	return true;
}

int64
import_content_size(const ImportContent *content)
{
	return content->size;
}

/* mailroom.hash_upload(issuer_id bigint, file_id bigint, OUT content_bytes bigint, OUT
 * content_sha256 bytea) */
Datum
mailroom_hash_upload(PG_FUNCTION_ARGS)
{
	TupleDesc description;
	ImportContent *content;
	HashStream *hash;
	const char *bytes;
	size_t length;
	bytea *digest;
	Datum values[2];
	bool nulls[2] = {false, false};

	version_check();
	if (get_call_result_type(fcinfo, NULL, &description) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row");
	description = BlessTupleDesc(description);
	digest = palloc(VARHDRSZ + HASH_BYTES);
	SET_VARSIZE(digest, VARHDRSZ + HASH_BYTES);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	content = import_content_open(PG_GETARG_INT64(0), PG_GETARG_INT64(1));
	hash = hash_stream_start();
	while (import_content_next(content, &bytes, &length))
		hash_stream_add(hash, bytes, length);
	hash_stream_finish(hash, (uint8 *) VARDATA(digest));
	values[0] = Int64GetDatum(import_content_size(content));
	values[1] = PointerGetDatum(digest);
	SPI_finish();
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(description, values, nulls)));
}

static bool
next_part(ImportContent *content)
{
	Datum arguments[] = {Int64GetDatum(content->issuer_id), Int64GetDatum(content->file_id),
						 Int32GetDatum(content->part_no)};
	bool isnull, found = statement_run(&find_part, arguments, NULL) == 1;

	if (found)
	{
		content->part_no = DatumGetInt32(statement_value(0, 1, &isnull));
		content->part_bytes = statement_int64(0, 2);
		content->offset = 0;
	}
	SPI_freetuptable(SPI_tuptable);
	return found;
}
