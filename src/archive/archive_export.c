/*
 * archive_export.c: documents of the archive as a ZIP file, written into an outgoing file.
 *
 * The SQL side (sql/57_archive_export.code.sql) says what goes in, by two cursors over the same
 * snapshot: the lines of the manifest, and the documents with their descriptions.  The manifest
 * stands first in the file, so that a reader knows what to expect; it and the ZIP file's directory
 * wait in temporary files, and memory holds some documents and one part of the outgoing file,
 * whatever the size of the whole.
 */
#include "postgres.h"

#include "archive/archive.h"
#include "base/port_server.h"
#include "base/version.h"
#include "catalog/pg_type.h"
#include "core/deflate.h"
#include "core/zipwrite.h"
#include "executor/spi.h"
#include "export.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/buffile.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

#define EXPORT_LEVEL 3
/* An outgoing file takes 16 MB a call at most. */
#define PART_BYTES (4 * 1024 * 1024)
#define FETCH_LINES 1000
#define FETCH_DOCUMENTS 16
#define SPOOL_BYTES (64 * 1024)
/* 1980-01-01 in days of the server's epoch, 2000-01-01 */
#define ZIP_EPOCH (-7305)

MAILROOM_FUNCTION(mailroom_write_archive_export);

/* Bytes that wait for their place in the file. */
typedef struct Spool
{
	BufFile *file;
	uint64 length;
	uint32 crc;
	HashStream *hash; /* NULL: not asked for */
} Spool;

typedef struct Exporter
{
	Datum issuer_id;
	Datum outgoing_file_id;
	Port port;
	ByteBuffer out;
	ByteBuffer directory;
	Spool directory_spool;
	ZipWriter *zip;
	SPIPlanPtr append_plan;
	MemoryContext row_context;
} Exporter;

static void export_start(Exporter *exporter, DateADT day);
static int64 export_spool_lines(Spool *spool, const char *cursor);
static void export_add(Exporter *exporter, const char *name, const void *bytes, size_t length);
static void export_add_spool(Exporter *exporter, const char *name, Spool *spool);
static void export_documents(Exporter *exporter, const char *cursor);
static void export_document(Exporter *exporter, HeapTuple row, TupleDesc shape);
static void export_finish(Exporter *exporter);
static void export_drain(Exporter *exporter);
static const char *as_utf8(const char *text, size_t *length);
static void spool_start(Spool *spool);
static void spool_add(Spool *spool, const void *bytes, size_t length);
static void spool_append(Exporter *exporter, Spool *spool);

static const char manifest_head[] =
	"document_id,file,content_bytes,content_sha256,invoice_id,invoice_number,customer_no,"
	"customer_name,payment_reference,issue_date,amount_minor,currency,leaf_hash\r\n";

/*
 * mailroom.write_archive_export(issuer_id bigint, outgoing_file_id bigint, export_day date,
 * header jsonb, chain text, lines refcursor, documents refcursor) → bigint
 */
Datum
mailroom_write_archive_export(PG_FUNCTION_ARGS)
{
	Exporter exporter = {.issuer_id = PG_GETARG_DATUM(0), .outgoing_file_id = PG_GETARG_DATUM(1)};
	char *header = DatumGetCString(DirectFunctionCall1(jsonb_out, PG_GETARG_DATUM(3)));
	text *chain = PG_GETARG_TEXT_PP(4);
	Spool manifest;
	uint8 hash[HASH_BYTES];
	char hash_text[2 * HASH_BYTES + 1];
	char *json;
	const char *utf8;
	size_t length;
	int64 documents;

	version_check();
	SPI_connect();
	export_start(&exporter, PG_GETARG_DATEADT(2));
	spool_start(&manifest);
	manifest.hash = hash_stream_start();
	spool_add(&manifest, manifest_head, strlen(manifest_head));
	documents = export_spool_lines(&manifest, text_to_cstring(PG_GETARG_TEXT_PP(5)));
	hash_stream_finish(manifest.hash, hash);
	hash_text[hex_encode((char *) hash, HASH_BYTES, hash_text)] = '\0';
	json = psprintf("{\"format\": \"mailroom-archive-1\", \"documents\": " INT64_FORMAT
					", \"manifest_csv_sha256\": \"%s\", \"export\": %s}\n",
					documents, hash_text, header);
	length = strlen(json);
	utf8 = as_utf8(json, &length);
	export_add(&exporter, "manifest.json", utf8, length);
	export_add(&exporter, "chain.csv", VARDATA_ANY(chain), VARSIZE_ANY_EXHDR(chain));
	export_add_spool(&exporter, "manifest.csv", &manifest);
	export_documents(&exporter, text_to_cstring(PG_GETARG_TEXT_PP(6)));
	export_finish(&exporter);
	SPI_finish();
	PG_RETURN_INT64(documents);
}

static void
export_start(Exporter *exporter, DateADT day)
{
	Oid types[3] = {INT8OID, INT8OID, BYTEAOID};

	exporter->port = port_server(CurrentMemoryContext);
	buffer_init(&exporter->out, &exporter->port);
	buffer_init(&exporter->directory, &exporter->port);
	spool_start(&exporter->directory_spool);
	exporter->zip = zip_writer_open(&exporter->port, EXPORT_LEVEL, day - ZIP_EPOCH, &exporter->out,
									&exporter->directory);
	if (exporter->zip == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	exporter->append_plan =
		SPI_prepare("SELECT mailroom.append_outgoing_file($1, $2, $3)", 3, types);
	if (exporter->append_plan == NULL)
		elog(ERROR, "could not prepare to append to an outgoing file");
	exporter->row_context =
		AllocSetContextCreate(CurrentMemoryContext, "archive export", ALLOCSET_DEFAULT_SIZES);
}

/* The files are in UTF-8, whatever the database's encoding. */
static const char *
as_utf8(const char *text, size_t *length)
{
	const char *converted = pg_server_to_any(text, (int) *length, PG_UTF8);

	if (converted != text)
		*length = strlen(converted);
	return converted;
}

static Portal
find_cursor(const char *name)
{
	Portal portal = SPI_cursor_find(name);

	if (portal == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_CURSOR), errmsg("cursor \"%s\" does not exist", name)));
	return portal;
}

/* Returns the number of lines. */
static int64
export_spool_lines(Spool *spool, const char *cursor)
{
	Portal portal = find_cursor(cursor);
	int64 lines = 0;

	for (;;)
	{
		uint64 rows;

		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, FETCH_LINES);
		rows = SPI_processed;
		for (uint64 row = 0; row < rows; row++)
		{
			bool isnull;
			Datum value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 1, &isnull);
			text *line = isnull ? NULL : DatumGetTextPP(value);
			const char *utf8;
			size_t length;

			if (line == NULL)
				elog(ERROR, "line of an export's manifest is null");
			length = VARSIZE_ANY_EXHDR(line);
			utf8 = as_utf8(VARDATA_ANY(line), &length);
			spool_add(spool, utf8, length);
		}
		SPI_freetuptable(SPI_tuptable);
		lines += (int64) rows;
		if (rows == 0)
			return lines;
	}
}

static void
check_status(PortStatus status)
{
	PortFault fault = {0};

	port_raise(status, &fault, ERRCODE_INTERNAL_ERROR, "an export of the archive");
}

/* The directory goes to its temporary file, the rest to the outgoing file when there is enough. */
static void
export_settle(Exporter *exporter)
{
	spool_add(&exporter->directory_spool, exporter->directory.bytes, exporter->directory.length);
	buffer_reset(&exporter->directory);
	if (exporter->out.length >= PART_BYTES)
		export_drain(exporter);
}

static void
export_add(Exporter *exporter, const char *name, const void *bytes, size_t length)
{
	check_status(zip_writer_member(exporter->zip, name, bytes, length));
	export_settle(exporter);
}

static void
export_add_spool(Exporter *exporter, const char *name, Spool *spool)
{
	check_status(zip_writer_stored(exporter->zip, name, spool->length, spool->crc));
	export_settle(exporter);
	spool_append(exporter, spool);
}

static void
export_documents(Exporter *exporter, const char *cursor)
{
	Portal portal = find_cursor(cursor);
	uint64 rows;

	do
	{
		SPITupleTable *table;

		SPI_cursor_fetch(portal, true, FETCH_DOCUMENTS);
		table = SPI_tuptable;
		rows = SPI_processed;
		for (uint64 row = 0; row < rows; row++)
		{
			MemoryContext old = MemoryContextSwitchTo(exporter->row_context);

			CHECK_FOR_INTERRUPTS();
			export_document(exporter, table->vals[row], table->tupdesc);
			MemoryContextSwitchTo(old);
			MemoryContextReset(exporter->row_context);
		}
		SPI_freetuptable(table);
	} while (rows > 0);
}

/* Row: document_id, file name, description (JSON text), content. */
static void
export_document(Exporter *exporter, HeapTuple row, TupleDesc shape)
{
	Datum columns[4];
	text *description;
	const char *utf8;
	size_t length;
	bytea *content;

	for (int i = 0; i < 4; i++)
	{
		bool isnull;

		columns[i] = SPI_getbinval(row, shape, i + 1, &isnull);
		if (isnull)
			elog(ERROR, "column %d of an exported document is null", i + 1);
	}
	description = DatumGetTextPP(columns[2]);
	length = VARSIZE_ANY_EXHDR(description);
	utf8 = as_utf8(VARDATA_ANY(description), &length);
	content = DatumGetByteaPP(columns[3]);
	export_add(exporter, psprintf("proofs/" INT64_FORMAT ".json", DatumGetInt64(columns[0])), utf8,
			   length);
	export_add(exporter, text_to_cstring(DatumGetTextPP(columns[1])), VARDATA_ANY(content),
			   VARSIZE_ANY_EXHDR(content));
}

static void
export_finish(Exporter *exporter)
{
	spool_append(exporter, &exporter->directory_spool);
	check_status(zip_writer_end(exporter->zip));
	export_drain(exporter);
	zip_writer_close(exporter->zip);
}

/* Moves what is in out to the outgoing file. */
static void
export_drain(Exporter *exporter)
{
	size_t at = 0;

	while (at < exporter->out.length)
	{
		size_t length = Min(exporter->out.length - at, PART_BYTES);
		bytea *part = palloc(VARHDRSZ + length);
		Datum values[3] = {exporter->issuer_id, exporter->outgoing_file_id, PointerGetDatum(part)};

		SET_VARSIZE(part, VARHDRSZ + length);
		memcpy(VARDATA(part), exporter->out.bytes + at, length);
		if (SPI_execute_plan(exporter->append_plan, values, NULL, false, 0) != SPI_OK_SELECT)
			elog(ERROR, "could not append to an outgoing file");
		SPI_freetuptable(SPI_tuptable);
		pfree(part);
		at += length;
	}
	buffer_reset(&exporter->out);
}

static void
spool_start(Spool *spool)
{
	memset(spool, 0, sizeof(*spool));
	spool->file = BufFileCreateTemp(false);
}

static void
spool_add(Spool *spool, const void *bytes, size_t length)
{
	if (length == 0)
		return;
	BufFileWrite(spool->file, unconstify(void *, bytes), length);
	spool->crc = deflate_crc32(spool->crc, bytes, length);
	if (spool->hash != NULL)
		hash_stream_add(spool->hash, bytes, length);
	spool->length += length;
}

/* The spool's bytes into the outgoing file; the spool is gone afterwards. */
static void
spool_append(Exporter *exporter, Spool *spool)
{
	uint64 rest = spool->length;

	if (BufFileSeek(spool->file, 0, 0, SEEK_SET) != 0)
		elog(ERROR, "could not read a temporary file from its start");
	while (rest > 0)
	{
		size_t length = (size_t) Min(rest, SPOOL_BYTES);
		char *room = buffer_reserve(&exporter->out, length);

		CHECK_FOR_INTERRUPTS();
		if (room == NULL)
			ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
		if (BufFileRead(spool->file, room, length) != length)
			elog(ERROR, "temporary file is shorter than it was");
		exporter->out.length += length;
		rest -= length;
		if (exporter->out.length >= PART_BYTES)
			export_drain(exporter);
	}
	BufFileClose(spool->file);
}
