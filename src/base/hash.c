/*
 * hash.c: SHA-256 over pg_cryptohash.  Its contexts free themselves on abort (resource owner), so
 * an error between start and finish leaks nothing.
 *
 * Blocks that are hashed at once share one context for the life of the session, since making one
 * takes longer than hashing a node of a tree.  It belongs to a resource owner of its own, which no
 * transaction releases; whatever state an error leaves it in, the next use starts it anew.
 */
#include "postgres.h"

#include "base/hash.h"

#include "common/cryptohash.h"
#include "common/sha2.h"
#include "utils/resowner.h"

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

static pg_cryptohash_ctx *
kept_context(void)
{
	static pg_cryptohash_ctx *context = NULL;
	static ResourceOwner owner = NULL;
	ResourceOwner callers = CurrentResourceOwner;

	if (context != NULL)
		return context;
	if (owner == NULL)
		owner = ResourceOwnerCreate(NULL, "mailroom hash");
	PG_TRY();
	{
		CurrentResourceOwner = owner;
		context = pg_cryptohash_create(PG_SHA256);
	}
	PG_FINALLY();
	{
		CurrentResourceOwner = callers;
	}
	PG_END_TRY();
	if (context == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	return context;
}

void
hash_bytes_sha256(const void *bytes, size_t length, uint8 out[HASH_BYTES])
{
	pg_cryptohash_ctx *context = kept_context();

	hash_check(pg_cryptohash_init(context), context);
	hash_check(pg_cryptohash_update(context, bytes, length), context);
	hash_check(pg_cryptohash_final(context, out, HASH_BYTES), context);
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
