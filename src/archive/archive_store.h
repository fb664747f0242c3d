/*
 * archive_store.h: the documents of one call of archive_store, between packing and sealing.
 */
#ifndef ARCHIVE_ARCHIVE_STORE_H
#define ARCHIVE_ARCHIVE_STORE_H

#include "archive/archive.h"

typedef struct StoreItem
{
	int64 document_id;
	const char *bytes;
	size_t length;
	const char *template;
	int32 template_version;
	const char *media;
	const char *terms[ARCHIVE_TERM_COUNT];
	uint8 sha256[HASH_BYTES];
	uint8 stored_hash[HASH_BYTES];
	bool done;	 /* archived before with the same content, or packed */
	int same_as; /* item with the same bytes, -1 none */
	int64 dictionary_id;
	int64 stored_in; /* volume; 0 = the one being written */
	int64 stored_at;
	int64 stored_bytes;
	size_t packed_at; /* in Store.packed */
} StoreItem;

typedef struct Store
{
	int64 issuer_id;
	int count;
	StoreItem *items;
	Port port;
	ByteBuffer packed;
	ByteBuffer scratch;
	ArchiveDictionaries dictionaries;
} Store;

/* archive_store.c: whether so many documents would teach a better dictionary than the latest */
extern bool archive_learns_better(const ArchiveDictionary *dictionary, int64 generations,
								  int64 count);

/* archive_seal.c */
extern void archive_write_volumes(Store *store);
/* A copy lies where its original lies. */
extern void archive_take_place(StoreItem *item, const StoreItem *original);
/*
 * The entries of items in their volume, with leaves numbered from first_leaf on.  leaves: room for
 * their hashes, NULL when they are not asked for.
 */
extern void archive_write_entries(Store *store, const int *members, int count, int64 volume_id,
								  int32 first_leaf, uint8 *leaves);
/* The volume's row, to be linked at commit; only issuer, port and scratch of the store are used. */
extern void archive_insert_volume(Store *store, int64 volume_id, const uint8 *leaves, int count,
								  bytea *content);

/* archive_open.c */
extern bool archive_keep_open(Store *store);

/* archive_words.c; before the volumes are written: items that are done were archived before */
extern void archive_index_words(Store *store);

#endif
