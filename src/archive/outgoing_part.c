/*
 * outgoing_part.c: parts of outgoing files that carry documents of the archive.
 *
 * What a mailbox takes in is mostly the base64 of documents that the archive holds, packed to a
 * twentieth.  So a part stores what stands around them and their numbers, and the bytes that are
 * sent are put together when they are asked for.  They are the same each time: the literal bytes
 * are a value, a document's bytes are proved by its SHA-256 whenever it is read, and the file's
 * own SHA-256 is taken of the whole when it is made.
 */
#include "postgres.h"

#include "archive/outgoing_part.h"

#include "base/errors.h"
#include "base/version.h"
#include "catalog/pg_type.h"
#include "core/mime_write.h"
#include "executor/spi.h"
#include "export.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

/* So many bytes are put into base64 at a time: of whole groups of three. */
#define ENCODED_AT_ONCE (24 * 1024)

MAILROOM_FUNCTION(mailroom_outgoing_part_content);
MAILROOM_FUNCTION(mailroom_outgoing_digests);

/* What a file will be, as it is sent. */
typedef struct Digest
{
	int64 bytes;
	HashStream *hash;
} Digest;

static void
raise_contradiction(void)
{
	ereport(ERROR, (errcode(ERRCODE_MAILROOM_ARCHIVE_DAMAGED),
					errmsg("part of an outgoing file contradicts itself"),
					errdetail("Its documents have no place in its content.")));
}

static int
take_array(Datum array, Oid type, int width, char align, Datum **elements)
{
	bool *nulls;
	int count;

	deconstruct_array(DatumGetArrayTypeP(array), type, width, true, align, elements, &nulls,
					  &count);
	for (int i = 0; i < count; i++)
		if (nulls[i])
			raise_contradiction();
	return count;
}

static void
check_places(const Datum *places, int count, size_t length)
{
	int32 before = 0;

	for (int i = 0; i < count; i++)
	{
		int32 place = DatumGetInt32(places[i]);

		if (place < before || (size_t) place > length)
			raise_contradiction();
		before = place;
	}
}

void
outgoing_part_take(OutgoingPart *part, const Datum *columns, const bool *nulls)
{
	bytea *content = DatumGetByteaPP(columns[0]);
	Datum *ids, *places, *in_base64 = NULL;

	*part = (OutgoingPart){{VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content)}, 0, 0, NULL, NULL};
	if (nulls[1])
		return;
	if (nulls[2] || nulls[3])
		raise_contradiction();
	part->document_ids = columns[1];
	part->count = take_array(columns[1], INT8OID, sizeof(int64), TYPALIGN_DOUBLE, &ids);
	if (take_array(columns[2], INT4OID, sizeof(int32), TYPALIGN_INT, &places) != part->count ||
		take_array(columns[3], BOOLOID, 1, TYPALIGN_CHAR, &in_base64) != part->count)
		raise_contradiction();
	check_places(places, part->count, part->content.length);
	part->places = places;
	part->in_base64 = in_base64;
}

static void
send_base64(Slice document, PartSink sink, void *state)
{
	char *encoded = palloc(ENCODED_AT_ONCE / 3 * 4);

	for (size_t at = 0; at < document.length; at += ENCODED_AT_ONCE)
	{
		const unsigned char *from = (const unsigned char *) document.bytes + at;
		char *end = mime_put_base64(encoded, from, Min(document.length - at, ENCODED_AT_ONCE));

		sink(state, encoded, (size_t) (end - encoded));
	}
	pfree(encoded);
}

void
outgoing_part_send(const OutgoingPart *part, ArchiveReading *reading, PartSink sink, void *state)
{
	size_t at = 0;

	for (int i = 0; i < part->count; i++)
	{
		size_t place = (size_t) DatumGetInt32(part->places[i]);
		Slice document = archive_reading_next(reading);

		sink(state, part->content.bytes + at, place - at);
		at = place;
		if (DatumGetBool(part->in_base64[i]))
			send_base64(document, sink, state);
		else
			sink(state, document.bytes, document.length);
	}
	sink(state, part->content.bytes + at, part->content.length - at);
}

void
outgoing_part_read(const OutgoingPart *part, int64 issuer_id, PartSink sink, void *state)
{
	ArchiveReading *reading;

	if (part->count == 0)
	{
		sink(state, part->content.bytes, part->content.length);
		return;
	}
	reading = archive_reading_open(issuer_id, part->document_ids);
	outgoing_part_send(part, reading, sink, state);
	archive_reading_close(reading);
}

static void
append_bytes(void *state, const char *bytes, size_t length)
{
	appendBinaryStringInfo(state, bytes, (int) length);
}

/*
 * mailroom.outgoing_part_content(issuer_id bigint, content bytea, document_ids bigint[],
 * document_places integer[], document_in_base64 boolean[]) → bytea
 */
Datum
mailroom_outgoing_part_content(PG_FUNCTION_ARGS)
{
	StringInfoData whole;
	OutgoingPart part;
	Datum columns[4];
	bool nulls[4];

	version_check();
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(2))
		PG_RETURN_DATUM(PG_GETARG_DATUM(1));
	for (int i = 0; i < 4; i++)
	{
		columns[i] = PG_GETARG_DATUM(1 + i);
		nulls[i] = PG_ARGISNULL(1 + i);
	}
	outgoing_part_take(&part, columns, nulls);
	initStringInfo(&whole); /* in the caller's memory */
	appendStringInfoSpaces(&whole, VARHDRSZ);
	SPI_connect();
	outgoing_part_read(&part, PG_GETARG_INT64(0), append_bytes, &whole);
	SPI_finish();
	SET_VARSIZE(whole.data, whole.len);
	PG_RETURN_BYTEA_P((bytea *) whole.data);
}

static void
add_to_digest(void *state, const char *bytes, size_t length)
{
	Digest *digest = state;

	digest->bytes += (int64) length;
	hash_stream_add(digest->hash, bytes, length);
}

/* Of one file: its row of the result. */
static void
put_digest(ReturnSetInfo *result, int n, Digest *digest)
{
	Datum values[3];
	bool nulls[3] = {false, false, false};
	bytea *hash = palloc(VARHDRSZ + HASH_BYTES);

	SET_VARSIZE(hash, VARHDRSZ + HASH_BYTES);
	hash_stream_finish(digest->hash, (uint8 *) VARDATA(hash));
	values[0] = Int32GetDatum(n);
	values[1] = Int64GetDatum(digest->bytes);
	values[2] = PointerGetDatum(hash);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	pfree(hash);
}

/*
 * mailroom.outgoing_digests(issuer_id bigint, contents bytea[], owners integer[],
 * document_ids bigint[], document_places integer[], document_in_base64 boolean[])
 * → TABLE (n integer, content_bytes bigint, content_sha256 bytea)
 */
Datum
mailroom_outgoing_digests(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum *contents, *owners, *ids, *places, *in_base64;
	bool *nulls;
	ArchiveReading *reading = NULL;
	int files, documents, next = 0;

	version_check();
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), BYTEAOID, -1, false, TYPALIGN_INT, &contents,
					  &nulls, &files);
	documents = take_array(PG_GETARG_DATUM(3), INT8OID, sizeof(int64), TYPALIGN_DOUBLE, &ids);
	if (take_array(PG_GETARG_DATUM(2), INT4OID, sizeof(int32), TYPALIGN_INT, &owners) !=
			documents ||
		take_array(PG_GETARG_DATUM(4), INT4OID, sizeof(int32), TYPALIGN_INT, &places) !=
			documents ||
		take_array(PG_GETARG_DATUM(5), BOOLOID, 1, TYPALIGN_CHAR, &in_base64) != documents)
		raise_contradiction();
	SPI_connect();
	if (documents > 0)
		reading = archive_reading_open(PG_GETARG_INT64(0), PG_GETARG_DATUM(3));
	for (int file = 0; file < files; file++)
	{
		bytea *content = nulls[file] ? NULL : DatumGetByteaPP(contents[file]);
		OutgoingPart part = {.places = places + next, .in_base64 = in_base64 + next};
		Digest digest = {0, hash_stream_start()};

		CHECK_FOR_INTERRUPTS();
		if (content == NULL)
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("content of an outgoing file is null")));
		part.content = (Slice){VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content)};
		while (next + part.count < documents &&
			   DatumGetInt32(owners[next + part.count]) == file + 1)
			part.count++;
		check_places(part.places, part.count, part.content.length);
		outgoing_part_send(&part, reading, add_to_digest, &digest);
		put_digest(result, file + 1, &digest);
		next += part.count;
	}
	if (next < documents)
		raise_contradiction(); /* documents of no file, or not in the files' order */
	if (reading != NULL)
		archive_reading_close(reading);
	SPI_finish();
	return (Datum) 0;
}
