/*
 * hash.h: SHA-256 by the server's own code (OpenSSL or its fallback).
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "c.h"

#define HASH_BYTES 32

typedef struct HashStream HashStream;

/* One block. */
extern void hash_bytes_sha256(const void *bytes, size_t length, uint8 out[HASH_BYTES]);

/* Piece by piece; the stream's foreign state is freed by hash_stream_finish or with
 * CurrentMemoryContext. */
extern HashStream *hash_stream_start(void);
extern void hash_stream_add(HashStream *stream, const void *bytes, size_t length);
extern void hash_stream_finish(HashStream *stream, uint8 out[HASH_BYTES]);

#endif
