/*
 * archive.h: inside the archive room.
 *
 * Locks: archive_store locks nothing of its own; the end of the issuer's chain is locked at commit
 * by the deferred trigger on archive_pending, so that two workers archive for one issuer side by
 * side.
 */
#ifndef ARCHIVE_ARCHIVE_H
#define ARCHIVE_ARCHIVE_H

#include "base/hash.h"
#include "core/hashtree.h"
#include "core/volume.h"
#include "datatype/timestamp.h"
#include "utils/hsearch.h"

#define ARCHIVE_FORMAT 1
/* A volume keeps the nodes so many levels above its leaves: a proof reads one block of leaves. */
#define ARCHIVE_TREE_LEVELS 5
#define ARCHIVE_TREE_BLOCK (1 << ARCHIVE_TREE_LEVELS)

/* A dictionary as loaded; lives as long as its cache.  id 0 is the empty dictionary. */
typedef struct ArchiveDictionary
{
	int64 id; /* hash key */
	VolumeDictionary parts;
	uint8 hash[HASH_BYTES]; /* over the parts */
	bool damaged;			/* the row says another */
	int samples;
	int ratio_permille;
} ArchiveDictionary;

/* Dictionaries of one issuer by id, loaded when first asked for. */
typedef struct ArchiveDictionaries
{
	int64 issuer_id;
	bool check; /* read the rows, whatever the session keeps: for writing and verifying */
	HTAB *by_id;
	MemoryContext context;
	Port port;
} ArchiveDictionaries;

/* What a leaf says about a document; texts are NULL for null. */
typedef struct ArchiveLeaf
{
	int64 issuer_id;
	int64 document_id;
	int64 volume_id;
	int32 leaf_no;
	int64 content_bytes;
	uint8 content_sha256[HASH_BYTES];
	uint8 stored_hash[HASH_BYTES];
	const char *terms[8]; /* ARCHIVE_TERM_COLUMNS in order */
} ArchiveLeaf;

#define ARCHIVE_TERM_COUNT 8
/* The searched columns as text, independent of DateStyle. */
#define ARCHIVE_TERM_COLUMNS(alias)                                                    \
	alias ".invoice_id::text, " alias ".invoice_number, " alias ".customer_no, " alias \
		  ".customer_name, " alias ".payment_reference, to_char(" alias                \
		  ".issue_date, 'YYYY-MM-DD'), " alias ".amount_minor::text, " alias ".currency"

/* archive_dictionary.c; inside SPI */
extern void archive_dictionaries_start(ArchiveDictionaries *cache, int64 issuer_id, bool check,
									   MemoryContext context);
/* id 0: the empty dictionary.  NULL when there is no such row. */
extern const ArchiveDictionary *archive_find_dictionary(ArchiveDictionaries *cache, int64 id);
/* What a document is written in: pdf, tags, mail, other.  One template gives several. */
extern const char *archive_media(const char *bytes, size_t length);
/* The latest of a template, NULL when none was learnt; *generations tells how many there are. */
extern const ArchiveDictionary *archive_template_dictionary(ArchiveDictionaries *cache,
															const char *template, int32 version,
															const char *media, int64 *generations);
extern const ArchiveDictionary *archive_learn_dictionary(ArchiveDictionaries *cache,
														 const char *template, int32 version,
														 const char *media,
														 const char *const *documents,
														 const size_t *lengths, int count);

/* archive_hash.c */
extern void archive_hash(const void *bytes, size_t length, uint8 out[HASH_BYTES]);
/* The hash over the packed bytes and the dictionary they need. */
extern void archive_stored_hash(const ArchiveDictionary *dictionary, const char *bytes,
								size_t length, uint8 out[HASH_BYTES]);
extern void archive_leaf_hash(ByteBuffer *scratch, const uint8 *salt, const ArchiveLeaf *leaf,
							  uint8 out[HASH_BYTES]);
extern void archive_volume_hash(ByteBuffer *scratch, int64 issuer_id, int64 volume_id,
								int32 document_count, int64 content_bytes, TimestampTz sealed_at,
								const uint8 *merkle_root, uint8 out[HASH_BYTES]);
extern void archive_link_hash(ByteBuffer *scratch, const uint8 *previous, int64 link_no,
							  const uint8 *volume_hash, uint8 out[HASH_BYTES]);

/* archive_open.c: packed bytes in a volume that is not sealed yet; NULL when they are not there */
extern bytea *archive_open_bytes(int64 issuer_id, int64 volume_id, int64 at, int64 length);

/* archive_read.c; inside SPI: raises 42501 unless the caller may read the issuer's archive */
extern void archive_check_rights(Datum issuer_id);

/* archive_guard.c */
extern void archive_define_settings(void);

#endif
