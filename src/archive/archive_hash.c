/*
 * archive_hash.c: what exactly is hashed.  docs/archive.md tells the same for auditors; changing
 * anything here needs a new ARCHIVE_FORMAT, because old volumes must verify for ever.
 */
#include "postgres.h"

#include "archive/archive.h"

#include "base/port_server.h"
#include "export.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

MAILROOM_FUNCTION(mailroom_archive_link_hash);

/* At most MAXINT8LEN digits, sign and zero byte. */
#define NUMBER_BYTES 24
/* Packed documents of at most so many bytes are hashed at once, with their dictionary's hash. */
#define AT_ONCE_BYTES 4096

static HashTreeField
number_field(char text[NUMBER_BYTES], int64 value)
{
	HashTreeField field = {text, (size_t) pg_lltoa(value, text)};

	return field;
}

/* In UTF-8 whatever the database's encoding: a dump may be restored into another. */
static HashTreeField
text_field(const char *text)
{
	HashTreeField field = {NULL, 0};

	if (text != NULL)
	{
		field.bytes = pg_server_to_any(text, (int) strlen(text), PG_UTF8);
		field.length = strlen(field.bytes);
	}
	return field;
}

void
archive_hash(const void *bytes, size_t length, uint8 out[HASH_BYTES])
{
	hash_bytes_sha256(bytes, length, out);
}

void
archive_stored_hash(const ArchiveDictionary *dictionary, const char *bytes, size_t length,
					uint8 out[HASH_BYTES])
{
	HashStream *stream;

	if (dictionary->id == 0)
	{
		hash_bytes_sha256(bytes, length, out);
		return;
	}
	if (length <= AT_ONCE_BYTES)
	{
		uint8 all[HASH_BYTES + AT_ONCE_BYTES];

		memcpy(all, dictionary->hash, HASH_BYTES);
		memcpy(all + HASH_BYTES, bytes, length);
		hash_bytes_sha256(all, HASH_BYTES + length, out);
		return;
	}
	stream = hash_stream_start();
	hash_stream_add(stream, dictionary->hash, HASH_BYTES);
	hash_stream_add(stream, bytes, length);
	hash_stream_finish(stream, out);
}

static void
check_memory(bool done)
{
	if (!done)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
}

void
archive_leaf_hash(ByteBuffer *scratch, const uint8 *salt, const ArchiveLeaf *leaf,
				  uint8 out[HASH_BYTES])
{
	char numbers[5][NUMBER_BYTES];
	HashTreeField fields[7 + ARCHIVE_TERM_COUNT];

	fields[0] = number_field(numbers[0], leaf->issuer_id);
	fields[1] = number_field(numbers[1], leaf->document_id);
	fields[2] = number_field(numbers[2], leaf->volume_id);
	fields[3] = number_field(numbers[3], leaf->leaf_no);
	fields[4] = number_field(numbers[4], leaf->content_bytes);
	fields[5] = (HashTreeField){leaf->content_sha256, HASH_BYTES};
	fields[6] = (HashTreeField){leaf->stored_hash, HASH_BYTES};
	for (int i = 0; i < ARCHIVE_TERM_COUNT; i++)
		fields[7 + i] = text_field(leaf->terms[i]);
	check_memory(hashtree_leaf(archive_hash, scratch, salt, fields, lengthof(fields), out));
}

void
archive_volume_hash(ByteBuffer *scratch, int64 issuer_id, int64 volume_id, int32 document_count,
					int64 content_bytes, TimestampTz sealed_at, const uint8 *merkle_root,
					uint8 out[HASH_BYTES])
{
	char numbers[6][NUMBER_BYTES];
	HashTreeField fields[6];

	fields[0] = number_field(numbers[0], ARCHIVE_FORMAT);
	fields[1] = number_field(numbers[1], issuer_id);
	fields[2] = number_field(numbers[2], volume_id);
	fields[3] = number_field(numbers[3], document_count);
	fields[4] = number_field(numbers[4], content_bytes);
	fields[5] = number_field(numbers[5], sealed_at);
	check_memory(hashtree_link(archive_hash, scratch, merkle_root, fields, lengthof(fields), out));
}

void
archive_link_hash(ByteBuffer *scratch, const uint8 *previous, int64 link_no,
				  const uint8 *volume_hash, uint8 out[HASH_BYTES])
{
	char number[NUMBER_BYTES];
	HashTreeField fields[2];

	fields[0] = number_field(number, link_no);
	fields[1] = (HashTreeField){volume_hash, HASH_BYTES};
	check_memory(hashtree_link(archive_hash, scratch, previous, fields, lengthof(fields), out));
}

/* mailroom.archive_link_hash(previous bytea, link_no bigint, volume_hash bytea) → bytea */
Datum
mailroom_archive_link_hash(PG_FUNCTION_ARGS)
{
	bytea *previous = PG_GETARG_BYTEA_PP(0);
	bytea *volume_hash = PG_GETARG_BYTEA_PP(2);
	bytea *result = palloc(VARHDRSZ + HASH_BYTES);
	Port port = port_server(CurrentMemoryContext);
	ByteBuffer scratch;

	if (VARSIZE_ANY_EXHDR(previous) != HASH_BYTES || VARSIZE_ANY_EXHDR(volume_hash) != HASH_BYTES)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("hash of a link or volume is not 32 bytes long")));
	buffer_init(&scratch, &port);
	archive_link_hash(&scratch, (uint8 *) VARDATA_ANY(previous), PG_GETARG_INT64(1),
					  (uint8 *) VARDATA_ANY(volume_hash), (uint8 *) VARDATA(result));
	SET_VARSIZE(result, VARHDRSZ + HASH_BYTES);
	PG_RETURN_BYTEA_P(result);
}
