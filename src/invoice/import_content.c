/*
 * import_content.c: slices of toasted values.
 *
 * Content is STORAGE EXTERNAL, so that a slice reads only the chunks it needs.  The value of the
 * file, or of the part at hand, is kept as the pointer that the row holds; it stays readable,
 * because the snapshot of the import keeps the row.  A value that came compressed
 * (receive_import_file and upload_part unpack what they get, a dump of another house may not) is
 * unpacked whole once, since each slice of it would be unpacked from its start.
 */
#include "postgres.h"

#include "invoice/import_content.h"

#include "base/hash.h"
#include "base/statement.h"
#include "base/version.h"
#include "catalog/pg_type.h"
#include "export.h"
#include "funcapi.h"
#include "access/detoast.h"
#include "access/toast_compression.h"
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
	struct varlena *value;		 /* as stored: the file's, or the part's */
	MemoryContext value_context; /* reset for each part */
	MemoryContext slice_context; /* reset for each slice */
};

static bool next_part(ImportContent *content);
static void keep_value(ImportContent *content, struct varlena *stored);
static struct varlena *find_stored(int64 issuer_id, int64 file_id);

static Statement find_size =
	STATEMENT("SELECT coalesce(sum(pg_catalog.octet_length(p.content)), 0)::bigint"
			  " FROM mailroom.import_file_part p WHERE p.issuer_id = $1 AND p.file_id = $2",
			  INT8OID, INT8OID);

static Statement find_value = STATEMENT(
	"SELECT f.content FROM mailroom.import_file f WHERE f.issuer_id = $1 AND f.file_id = $2",
	INT8OID, INT8OID);

static Statement find_part = STATEMENT(
	"SELECT p.part_no, pg_catalog.octet_length(p.content)::bigint, p.content FROM "
	"mailroom.import_file_part p"
	" WHERE p.issuer_id = $1 AND p.file_id = $2 AND p.part_no > $3 ORDER BY p.part_no LIMIT 1",
	INT8OID, INT8OID, INT4OID);

ImportContent *
import_content_open(int64 issuer_id, int64 file_id, struct varlena *stored)
{
	ImportContent *content = palloc0(sizeof(ImportContent));

	content->issuer_id = issuer_id;
	content->file_id = file_id;
	content->slice_context =
		AllocSetContextCreate(CurrentMemoryContext, "mailroom slice", ALLOCSET_DEFAULT_SIZES);
	content->value_context =
		AllocSetContextCreate(CurrentMemoryContext, "mailroom value", ALLOCSET_SMALL_SIZES);
	if (stored != NULL)
	{
		keep_value(content, stored);
		content->size = content->part_bytes =
			(int64) toast_raw_datum_size(PointerGetDatum(stored)) - VARHDRSZ;
	}
	else
	{
		Datum arguments[] = {Int64GetDatum(issuer_id), Int64GetDatum(file_id)};

		(void) statement_run(&find_size, arguments, NULL);
		content->in_parts = true;
		content->size = statement_int64(0, 1);
		SPI_freetuptable(SPI_tuptable);
	}
	return content;
}

bool
import_content_next(ImportContent *content, const char **bytes, size_t *length)
{
	MemoryContext old;
	struct varlena *slice;

	CHECK_FOR_INTERRUPTS();
	MemoryContextReset(content->slice_context);
	while (content->offset >= content->part_bytes)
		if (!content->in_parts || !next_part(content))
			return false;
	old = MemoryContextSwitchTo(content->slice_context);
	slice = detoast_attr_slice(content->value, (int32) content->offset, IMPORT_SLICE_BYTES);
	MemoryContextSwitchTo(old);
	*bytes = VARDATA_ANY(slice);
	*length = VARSIZE_ANY_EXHDR(slice);
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
	content = import_content_open(PG_GETARG_INT64(0), PG_GETARG_INT64(1),
								  find_stored(PG_GETARG_INT64(0), PG_GETARG_INT64(1)));
	hash = hash_stream_start();
	while (import_content_next(content, &bytes, &length))
		hash_stream_add(hash, bytes, length);
	hash_stream_finish(hash, (uint8 *) VARDATA(digest));
	values[0] = Int64GetDatum(import_content_size(content));
	values[1] = PointerGetDatum(digest);
	SPI_finish();
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(description, values, nulls)));
}

/* The value as its row holds it; NULL if the file is in parts. */
static struct varlena *
find_stored(int64 issuer_id, int64 file_id)
{
	Datum arguments[] = {Int64GetDatum(issuer_id), Int64GetDatum(file_id)};
	struct varlena *stored;
	bool isnull;

	if (statement_run(&find_value, arguments, NULL) != 1)
		elog(ERROR, "import file " INT64_FORMAT " does not exist", file_id);
	stored = (struct varlena *) DatumGetPointer(statement_value(0, 1, &isnull));
	return isnull ? NULL : stored;
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
		keep_value(content, (struct varlena *) DatumGetPointer(statement_value(0, 3, &isnull)));
	}
	SPI_freetuptable(SPI_tuptable);
	return found;
}

static void
keep_value(ImportContent *content, struct varlena *stored)
{
	MemoryContext old;

	MemoryContextReset(content->value_context);
	old = MemoryContextSwitchTo(content->value_context);
	content->value = palloc(VARSIZE_ANY(stored));
	memcpy(content->value, stored, VARSIZE_ANY(stored));
	if (toast_get_compression_id(stored) != TOAST_INVALID_COMPRESSION_ID)
		content->value = detoast_attr(stored);
	MemoryContextSwitchTo(old);
}
