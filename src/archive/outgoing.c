/*
 * outgoing.c: the parts of an outgoing file, hashed and written to the outgoing folder.
 *
 * Both read one part at a time through a cursor, so memory stays at one part (16 MB) and a document
 * it carries, whatever the file's size.  Rights, states and the lock on the outgoing_file row,
 * which keeps two writers of one file apart, are the business of the SQL functions that call here.
 *
 * A file appears whole or not at all: it is written under a temporary name in the same folder,
 * flushed, linked to its name and the folder flushed.  link() and not rename(), because rename()
 * would replace a file that somebody else put there in between.  The temporary name is the same at
 * every try, so a crash leaves at most one, which the next try overwrites.
 */
#include "postgres.h"

#include "archive/outgoing_part.h"
#include "base/errors.h"
#include "base/hash.h"
#include "base/settings.h"
#include "base/version.h"
#include "common/file_perm.h"
#include "executor/spi.h"
#include "export.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Readable for the folder's group: the print shop's transfer program is not the server's user. */
#define OUTGOING_FILE_MODE 0640

MAILROOM_FUNCTION(mailroom_outgoing_file_hash);
MAILROOM_FUNCTION(mailroom_write_outgoing_parts);

typedef struct PartWriter
{
	int fd;
	const char *path;
	HashStream *hash;
} PartWriter;

static void outgoing_read_parts(int64 issuer_id, int64 outgoing_file_id, PartSink sink,
								void *state);
static void outgoing_hash_part(void *state, const char *bytes, size_t length);
static void outgoing_write_part(void *state, const char *bytes, size_t length);
static void outgoing_write_temporary(int64 issuer_id, int64 outgoing_file_id, const char *path,
									 const bytea *expected);
static void outgoing_publish(const char *temporary, const char *path, const bytea *expected);
static bool outgoing_has_content(const char *path, const bytea *expected);

/* mailroom.outgoing_file_hash(issuer_id bigint, outgoing_file_id bigint) → bytea */
Datum
mailroom_outgoing_file_hash(PG_FUNCTION_ARGS)
{
	HashStream *hash = hash_stream_start();
	bytea *result = palloc(VARHDRSZ + HASH_BYTES);

	version_check();
	SPI_connect();
	outgoing_read_parts(PG_GETARG_INT64(0), PG_GETARG_INT64(1), outgoing_hash_part, hash);
	SPI_finish();
	SET_VARSIZE(result, VARHDRSZ + HASH_BYTES);
	hash_stream_finish(hash, (uint8 *) VARDATA(result));
	PG_RETURN_BYTEA_P(result);
}

/*
 * mailroom.write_outgoing_parts(issuer_id bigint, outgoing_file_id bigint, file_name text,
 * content_sha256 bytea) → text: the path
 */
Datum
mailroom_write_outgoing_parts(PG_FUNCTION_ARGS)
{
	int64 issuer_id = PG_GETARG_INT64(0);
	int64 outgoing_file_id = PG_GETARG_INT64(1);
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(2));
	bytea *expected = PG_GETARG_BYTEA_PP(3);
	char *path;
	char *temporary;

	version_check();
	if (outgoing_directory[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("could not write outgoing file \"%s\" because no folder is set", name),
				 errhint("Set mailroom.outgoing_directory in postgresql.conf.")));
	if (!is_absolute_path(outgoing_directory))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("outgoing folder \"%s\" is not an absolute path", outgoing_directory),
				 errhint("Set mailroom.outgoing_directory to an absolute path.")));
	path = psprintf("%s/%s", outgoing_directory, name);
	temporary = psprintf("%s/.mailroom-%u-" INT64_FORMAT ".part", outgoing_directory, MyDatabaseId,
						 outgoing_file_id);

	if (!outgoing_has_content(path, expected))
	{
		outgoing_write_temporary(issuer_id, outgoing_file_id, temporary, expected);
		outgoing_publish(temporary, path, expected);
	}
	PG_RETURN_TEXT_P(cstring_to_text(path));
}

/* Inside SPI: hands each part's bytes to the sink, in order. */
static void
outgoing_read_parts(int64 issuer_id, int64 outgoing_file_id, PartSink sink, void *state)
{
	Oid types[2] = {INT8OID, INT8OID};
	Datum values[2] = {Int64GetDatum(issuer_id), Int64GetDatum(outgoing_file_id)};
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "outgoing part", ALLOCSET_DEFAULT_SIZES);
	Portal portal = SPI_cursor_open_with_args(
		NULL,
		"SELECT " OUTGOING_PART_COLUMNS " FROM mailroom.outgoing_file_part p"
		" WHERE p.issuer_id = $1 AND p.outgoing_file_id = $2 ORDER BY p.part_no",
		2, types, values, NULL, true, CURSOR_OPT_NO_SCROLL);

	for (;;)
	{
		MemoryContext old;
		SPITupleTable *table;
		Datum columns[4];
		bool nulls[4];
		OutgoingPart part;

		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, 1);
		if (SPI_processed == 0)
			break;
		table = SPI_tuptable;
		for (int i = 0; i < 4; i++)
			columns[i] = SPI_getbinval(table->vals[0], table->tupdesc, i + 1, &nulls[i]);
		if (nulls[0])
			elog(ERROR, "part of outgoing file " INT64_FORMAT " is null", outgoing_file_id);
		MemoryContextReset(context);
		old = MemoryContextSwitchTo(context);
		outgoing_part_take(&part, columns, nulls);
		outgoing_part_read(&part, issuer_id, sink, state);
		MemoryContextSwitchTo(old);
		SPI_freetuptable(table);
	}
	SPI_cursor_close(portal);
	MemoryContextDelete(context);
}

static void
outgoing_hash_part(void *state, const char *bytes, size_t length)
{
	hash_stream_add(state, bytes, length);
}

static void
outgoing_write_part(void *state, const char *bytes, size_t length)
{
	PartWriter *writer = state;

	hash_stream_add(writer->hash, bytes, length);
	while (length > 0)
	{
		ssize_t written = write(writer->fd, bytes, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
		{
			if (written == 0)
				errno = ENOSPC;
			ereport(ERROR, (errcode_for_file_access(),
							errmsg("could not write outgoing file \"%s\": %m", writer->path)));
		}
		bytes += written;
		length -= (size_t) written;
	}
}

/* The server closes a transient file when the transaction aborts. */
static void
outgoing_write_temporary(int64 issuer_id, int64 outgoing_file_id, const char *path,
						 const bytea *expected)
{
	PartWriter writer = {.path = path, .hash = hash_stream_start()};
	uint8 hash[HASH_BYTES];

	if (unlink(path) < 0 && errno != ENOENT)
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not remove temporary file \"%s\": %m", path)));
	writer.fd = OpenTransientFilePerm(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | PG_BINARY,
									  OUTGOING_FILE_MODE);
	if (writer.fd < 0)
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not create temporary file \"%s\": %m", path)));
	SPI_connect();
	outgoing_read_parts(issuer_id, outgoing_file_id, outgoing_write_part, &writer);
	SPI_finish();
	hash_stream_finish(writer.hash, hash);
	if (VARSIZE_ANY_EXHDR(expected) != HASH_BYTES ||
		memcmp(hash, VARDATA_ANY(expected), HASH_BYTES) != 0)
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_ARCHIVE_DAMAGED),
						errmsg("outgoing file " INT64_FORMAT " does not match its hash",
							   outgoing_file_id)));
	/* the server's umask would take the group's right away again */
	if (fchmod(writer.fd, OUTGOING_FILE_MODE) < 0 || pg_fsync(writer.fd) != 0)
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not flush outgoing file \"%s\": %m", path)));
	if (CloseTransientFile(writer.fd) != 0)
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not close outgoing file \"%s\": %m", path)));
}

/* Gives the finished file its name, unless the name is taken. */
static void
outgoing_publish(const char *temporary, const char *path, const bytea *expected)
{
	if (link(temporary, path) < 0 && !(errno == EEXIST && outgoing_has_content(path, expected)))
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not name outgoing file \"%s\": %m", path)));
	if (unlink(temporary) < 0)
		ereport(WARNING, (errcode_for_file_access(),
						  errmsg("could not remove temporary file \"%s\": %m", temporary)));
	fsync_fname(outgoing_directory, true);
}

/* True when the file is there with the expected content, false when it is not there; else MR012. */
static bool
outgoing_has_content(const char *path, const bytea *expected)
{
	int fd = OpenTransientFile(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | PG_BINARY);
	HashStream *stream;
	uint8 hash[HASH_BYTES];
	char *bytes;
	ssize_t length;

	if (fd < 0 && errno == ENOENT)
		return false;
	if (fd < 0)
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not open outgoing file \"%s\": %m", path)));
	stream = hash_stream_start();
	bytes = palloc(64 * 1024);
	while ((length = read(fd, bytes, 64 * 1024)) > 0)
	{
		CHECK_FOR_INTERRUPTS();
		hash_stream_add(stream, bytes, (size_t) length);
	}
	if (length < 0)
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not read outgoing file \"%s\": %m", path)));
	pfree(bytes);
	hash_stream_finish(stream, hash);
	CloseTransientFile(fd);
	if (VARSIZE_ANY_EXHDR(expected) != HASH_BYTES ||
		memcmp(hash, VARDATA_ANY(expected), HASH_BYTES) != 0)
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_CONFLICT),
						errmsg("outgoing file \"%s\" exists with other content", path),
						errhint("Move the other file away and write again.")));
	return true;
}
