/*
 * hash.c: SHA-256 over pg_cryptohash.  Its contexts free themselves on abort (resource owner), so
 * an error between start and finish leaks nothing.
 */
#include "postgres.h"

#include "base/hash.h"

#include "common/cryptohash.h"
#include "common/sha2.h"

struct HashStream
{
	pg_cryptohash_ctx *context;
};

static void
hash_check(int code, pg_cryptohash_ctx *context)
{
	if (code < 0)
		elog(ERROR, "could not compute SHA-256: %s", pg_cryptohash_error(context));
}

void
hash_bytes_sha256(const void *bytes, size_t length, uint8 out[HASH_BYTES])
{
	HashStream *stream = hash_stream_start();

	hash_stream_add(stream, bytes, length);
	hash_stream_finish(stream, out);
}

HashStream *
hash_stream_start(void)
{
	HashStream *stream = palloc(sizeof(HashStream));

	stream->context = pg_cryptohash_create(PG_SHA256);
	if (stream->context == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	hash_check(pg_cryptohash_init(stream->context), stream->context);
	return stream;
}

void
hash_stream_add(HashStream *stream, const void *bytes, size_t length)
{
	hash_check(pg_cryptohash_update(stream->context, bytes, length), stream->context);
}

void
hash_stream_finish(HashStream *stream, uint8 out[HASH_BYTES])
{
	hash_check(pg_cryptohash_final(stream->context, out, HASH_BYTES), stream->context);
	pg_cryptohash_free(stream->context);
	pfree(stream);
}
