/*
 * archive_import.c: reads an export of an archive (a ZIP file in parts) and hands on what is in it.
 *
 * The order of an export is fixed: manifest.json, chain.csv, manifest.csv, then for each document
 * its description (proofs/ID.json) and its bytes (documents/ID.*).  What a description says is
 * checked in SQL (sql/57_archive_export.code.sql); here a file in another order, with something
 * missing or something more is refused.  Everything is one transaction: an export is taken in
 * whole or not at all.  Memory holds one batch of documents.
 */
#include "postgres.h"

#include "archive/archive.h"
#include "base/errors.h"
#include "base/port_server.h"
#include "base/version.h"
#include "catalog/pg_type.h"
#include "core/zipread.h"
#include "executor/spi.h"
#include "export.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

#define BATCH_DOCUMENTS 256
#define BATCH_BYTES (16 * 1024 * 1024)
/* One member, and how much it may grow when inflated. */
#define MEMBER_BYTES (256 * 1024 * 1024)
#define MOST_GROWTH 2000

MAILROOM_FUNCTION(mailroom_read_archive_import);

typedef enum ImportStep
{
	STEP_MANIFEST,
	STEP_CHAIN,
	STEP_LINES,
	STEP_DESCRIPTION,
	STEP_DOCUMENT
} ImportStep;

typedef struct Importer
{
	Datum ids[2]; /* issuer, import */
	Port port;
	MemoryContext context; /* of the whole import */
	MemoryContext batch_context;
	ImportStep step;
	char name[512];
	ByteBuffer member;
	HashStream *lines_hash;
	char *manifest;
	Datum links; /* jsonb: hashes of the chain */
	char described[32];
	int count;
	size_t batch_bytes;
	Datum names[BATCH_DOCUMENTS];
	Datum descriptions[BATCH_DOCUMENTS];
	Datum contents[BATCH_DOCUMENTS];
	int64 documents;
	PortFault fault;
} Importer;

static void import_parts(Importer *importer, ZipReader *reader);
static PortStatus on_begin(void *state, const char *name, bool *skip);
static PortStatus on_bytes(void *state, const char *bytes, size_t length);
static PortStatus on_end(void *state);
static void import_begin(Importer *importer);
static PortStatus import_add(Importer *importer);
static void import_flush(Importer *importer);
static void import_check_end(Importer *importer);

/* mailroom.read_archive_import(issuer_id bigint, import_id bigint) → bigint */
Datum
mailroom_read_archive_import(PG_FUNCTION_ARGS)
{
	Importer *importer = palloc0(sizeof(Importer));
	ZipHandler handler = {importer, on_begin, on_bytes, on_end};
	ZipReader *reader;
	PortStatus status;
	int64 documents;

	version_check();
	SPI_connect();
	importer->ids[0] = PG_GETARG_DATUM(0);
	importer->ids[1] = PG_GETARG_DATUM(1);
	importer->fault.position = -1;
	importer->context = CurrentMemoryContext;
	importer->port = port_server(CurrentMemoryContext);
	importer->batch_context =
		AllocSetContextCreate(CurrentMemoryContext, "archive import", ALLOCSET_DEFAULT_SIZES);
	importer->lines_hash = hash_stream_start();
	buffer_init(&importer->member, &importer->port);
	reader = zip_reader_open(&importer->port, PG_INT64_MAX, MOST_GROWTH, &handler);
	if (reader == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	import_parts(importer, reader);
	status = zip_reader_finish(reader);
	port_raise(status,
			   importer->fault.status != PORT_OK ? &importer->fault : zip_reader_fault(reader),
			   ERRCODE_MAILROOM_CONTENT_UNREADABLE, "an export of an archive");
	zip_reader_close(reader);
	import_flush(importer);
	import_check_end(importer);
	documents = importer->documents;
	SPI_finish();
	PG_RETURN_INT64(documents);
}

/* Stops at the first fault, which the reader keeps. */
static void
import_parts(Importer *importer, ZipReader *reader)
{
	Oid types[2] = {INT8OID, INT8OID};
	MemoryContext part_context =
		AllocSetContextCreate(CurrentMemoryContext, "import part", ALLOCSET_DEFAULT_SIZES);
	Portal portal =
		SPI_cursor_open_with_args(NULL,
								  "SELECT p.content FROM mailroom.archive_import_part p"
								  " WHERE p.issuer_id = $1 AND p.import_id = $2 ORDER BY p.part_no",
								  2, types, importer->ids, NULL, true, CURSOR_OPT_NO_SCROLL);
	PortStatus status = PORT_OK;

	while (status == PORT_OK)
	{
		SPITupleTable *table;
		MemoryContext old;
		bool isnull;
		struct varlena *part;

		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, 1);
		if (SPI_processed == 0)
			break;
		table = SPI_tuptable;
		MemoryContextReset(part_context);
		old = MemoryContextSwitchTo(part_context);
		part = PG_DETOAST_DATUM_PACKED(SPI_getbinval(table->vals[0], table->tupdesc, 1, &isnull));
		MemoryContextSwitchTo(old);
		status = zip_reader_push(reader, VARDATA_ANY(part), VARSIZE_ANY_EXHDR(part));
		SPI_freetuptable(table);
	}
	SPI_cursor_close(portal);
	MemoryContextDelete(part_context);
}

#define refuse(importer, ...) \
	port_fault(&(importer)->fault, PORT_INVALID, "EXPORT-ORDER", __VA_ARGS__)

/* The id between "proofs/" or "documents/" and the dot. */
static bool
take_id(const char *name, const char *folder, char id[32])
{
	size_t prefix = strlen(folder);
	size_t length;

	if (strncmp(name, folder, prefix) != 0)
		return false;
	length = strspn(name + prefix, "0123456789");
	if (length == 0 || length > 19 || name[prefix + length] != '.')
		return false;
	memcpy(id, name + prefix, length);
	id[length] = '\0';
	return true;
}

static PortStatus
on_begin(void *state, const char *name, bool *skip)
{
	Importer *importer = state;
	static const char *const first[] = {"manifest.json", "chain.csv", "manifest.csv"};
	char id[32];

	strlcpy(importer->name, name, sizeof(importer->name));
	buffer_reset(&importer->member);
	if (importer->step < STEP_DESCRIPTION)
	{
		if (strcmp(name, first[importer->step]) != 0)
			return refuse(importer, "file \"%.100s\" stands where \"%s\" is expected", name,
						  first[importer->step]);
	}
	else if (importer->step == STEP_DESCRIPTION)
	{
		if (!take_id(name, "proofs/", importer->described))
			return refuse(importer, "file \"%.100s\" stands where a proof is expected", name);
	}
	else if (!take_id(name, "documents/", id) || strcmp(id, importer->described) != 0)
		return refuse(importer, "file \"%.100s\" stands where document %s is expected", name,
					  importer->described);
	return PORT_OK;
}

static PortStatus
on_bytes(void *state, const char *bytes, size_t length)
{
	Importer *importer = state;

	if (importer->step == STEP_LINES)
	{
		hash_stream_add(importer->lines_hash, bytes, length);
		return PORT_OK;
	}
	if (importer->member.length + length > MEMBER_BYTES)
		return port_fault(&importer->fault, PORT_TOO_LARGE, "EXPORT-LIMIT",
						  "file \"%.100s\" is larger than %d bytes", importer->name, MEMBER_BYTES);
	buffer_append(&importer->member, bytes, length);
	return buffer_failed(&importer->member) ? PORT_NO_MEMORY : PORT_OK;
}

/* In the database's encoding, in context. */
static char *
member_text(Importer *importer, MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	size_t length = importer->member.length;
	char *text = palloc(length + 1);

	if (length > 0)
		memcpy(text, importer->member.bytes, length);
	text[length] = '\0';
	if (strlen(text) == length && pg_verify_mbstr(PG_UTF8, text, (int) length, true))
		text = pg_any_to_server(text, (int) length, PG_UTF8);
	else
	{
		refuse(importer, "file \"%.100s\" is no text", importer->name);
		text[0] = '\0';
	}
	MemoryContextSwitchTo(old);
	return text;
}

/* The reader is plain C of ours: an error raised by SQL below leaves it to the memory context. */
static PortStatus
on_end(void *state)
{
	Importer *importer = state;
	MemoryContext old;

	switch (importer->step)
	{
		case STEP_MANIFEST:
			importer->manifest = member_text(importer, importer->context);
			importer->step = STEP_CHAIN;
			break;
		case STEP_CHAIN:
			import_begin(importer);
			importer->step = STEP_LINES;
			break;
		case STEP_LINES:
			importer->step = STEP_DESCRIPTION;
			break;
		case STEP_DESCRIPTION:
			old = MemoryContextSwitchTo(importer->batch_context);
			importer->descriptions[importer->count] =
				CStringGetTextDatum(member_text(importer, importer->batch_context));
			MemoryContextSwitchTo(old);
			importer->step = STEP_DOCUMENT;
			break;
		case STEP_DOCUMENT:
			importer->step = STEP_DESCRIPTION;
			return import_add(importer);
	}
	return importer->fault.status;
}

static void
import_begin(Importer *importer)
{
	Oid types[4] = {INT8OID, INT8OID, TEXTOID, TEXTOID};
	Datum values[4] = {importer->ids[0], importer->ids[1], CStringGetTextDatum(importer->manifest),
					   CStringGetTextDatum(member_text(importer, importer->context))};
	MemoryContext old;
	bool isnull;

	if (SPI_execute_with_args("SELECT mailroom.begin_archive_import($1, $2, $3::jsonb, $4)", 4,
							  types, values, NULL, false, 0) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not begin the import of an archive");
	old = MemoryContextSwitchTo(importer->context);
	importer->links = PointerGetDatum(PG_DETOAST_DATUM_COPY(
		SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull)));
	MemoryContextSwitchTo(old);
	SPI_freetuptable(SPI_tuptable);
}

static PortStatus
import_add(Importer *importer)
{
	MemoryContext old = MemoryContextSwitchTo(importer->batch_context);
	size_t length = importer->member.length;
	bytea *content = palloc(VARHDRSZ + length);

	SET_VARSIZE(content, VARHDRSZ + length);
	if (length > 0)
		memcpy(VARDATA(content), importer->member.bytes, length);
	importer->names[importer->count] = CStringGetTextDatum(importer->name);
	importer->contents[importer->count] = PointerGetDatum(content);
	importer->count++;
	importer->batch_bytes += length;
	importer->documents++;
	MemoryContextSwitchTo(old);
	if (importer->count == BATCH_DOCUMENTS || importer->batch_bytes >= BATCH_BYTES)
		import_flush(importer);
	return PORT_OK;
}

static Datum
make_array(const Datum *values, int count, Oid type)
{
	return PointerGetDatum(
		construct_array(unconstify(Datum *, values), count, type, -1, false, TYPALIGN_INT));
}

static void
import_flush(Importer *importer)
{
	Oid types[6] = {INT8OID, INT8OID, JSONBOID, TEXTARRAYOID, TEXTARRAYOID, BYTEAARRAYOID};
	MemoryContext old = MemoryContextSwitchTo(importer->batch_context);
	Datum values[6] = {importer->ids[0],
					   importer->ids[1],
					   importer->links,
					   make_array(importer->names, importer->count, TEXTOID),
					   make_array(importer->descriptions, importer->count, TEXTOID),
					   make_array(importer->contents, importer->count, BYTEAOID)};

	if (importer->count > 0)
	{
		if (SPI_execute_with_args(
				"SELECT mailroom.import_archive_documents($1, $2, $3, $4, $5, $6)", 6, types,
				values, NULL, false, 0) != SPI_OK_SELECT)
			elog(ERROR, "could not import documents of an archive");
		SPI_freetuptable(SPI_tuptable);
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(importer->batch_context);
	importer->count = 0;
	importer->batch_bytes = 0;
}

/* As many documents as the manifest says, and the manifest's lines as they were. */
static void
import_check_end(Importer *importer)
{
	Oid types[3] = {TEXTOID, INT8OID, TEXTOID};
	uint8 hash[HASH_BYTES];
	char hash_text[2 * HASH_BYTES + 1];
	Datum values[3];
	bool isnull;

	if (importer->step != STEP_DESCRIPTION)
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_CONTENT_UNREADABLE),
						errmsg("export of an archive ends after \"%s\"", importer->name)));
	hash_stream_finish(importer->lines_hash, hash);
	hash_text[hex_encode((char *) hash, HASH_BYTES, hash_text)] = '\0';
	values[0] = CStringGetTextDatum(importer->manifest);
	values[1] = Int64GetDatum(importer->documents);
	values[2] = CStringGetTextDatum(hash_text);
	if (SPI_execute_with_args("SELECT ($1::jsonb ->> 'documents')::bigint = $2,"
							  " $1::jsonb ->> 'manifest_csv_sha256' = $3",
							  3, types, values, NULL, true, 0) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not read the manifest of an export");
	for (int i = 1; i <= 2; i++)
		if (!DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, i, &isnull)))
			ereport(ERROR, (errcode(ERRCODE_MAILROOM_ARCHIVE_DAMAGED),
							i == 1 ? errmsg("export of an archive has " INT64_FORMAT
											" documents, its manifest tells of others",
											importer->documents)
								   : errmsg("manifest.csv of the export was changed")));
	SPI_freetuptable(SPI_tuptable);
}
