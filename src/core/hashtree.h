/*
 * hashtree.h: salted Merkle trees and hash chains, for proving that nothing was changed.
 *
 * Everything is SHA-256, with a first byte that keeps the kinds of input apart:
 *
 *   leaf  H(0x00, salt of 16 bytes, fields)      node  H(0x01, left, right)
 *   link  H(0x02, previous link, fields)         a field is its length as 4 bytes, most significant
 *                                                first (0xffffffff for null, which has no bytes),
 *                                                and its bytes
 *
 * The tree has the shape of RFC 6962: the left part of n leaves holds the largest power of two
 * below n.  Salts keep a leaf from being guessed once its content was erased.
 *
 * The host lends SHA-256, so that the server uses its own fast one.
 */
#ifndef CORE_HASHTREE_H
#define CORE_HASHTREE_H

#include "core/buffer.h"

#define HASHTREE_BYTES 32
#define HASHTREE_SALT_BYTES 16
#define HASHTREE_MAX_DEPTH 48

typedef void (*HashTreeFunction)(const void *bytes, size_t length, uint8_t out[HASHTREE_BYTES]);

typedef struct HashTreeField
{
	const void *bytes; /* NULL for null */
	size_t length;
} HashTreeField;

/* Folds leaves into a root in constant space. */
typedef struct HashTree
{
	HashTreeFunction hash;
	uint64_t count;
	int depth;
	uint8_t stack[HASHTREE_MAX_DEPTH][HASHTREE_BYTES];
} HashTree;

/* scratch is emptied and used for the input; false when out of memory. */
extern bool hashtree_leaf(HashTreeFunction hash, ByteBuffer *scratch,
						  const uint8_t salt[HASHTREE_SALT_BYTES], const HashTreeField *fields,
						  int field_count, uint8_t out[HASHTREE_BYTES]);
extern bool hashtree_link(HashTreeFunction hash, ByteBuffer *scratch,
						  const uint8_t previous[HASHTREE_BYTES], const HashTreeField *fields,
						  int field_count, uint8_t out[HASHTREE_BYTES]);

extern void hashtree_start(HashTree *tree, HashTreeFunction hash);
extern void hashtree_add(HashTree *tree, const uint8_t leaf[HASHTREE_BYTES]);
/* The root of the leaves so far; of none: the hash of nothing. */
extern void hashtree_root(const HashTree *tree, uint8_t out[HASHTREE_BYTES]);

/*
 * Folds count nodes of one level in place, so many levels up (to the root at most); returns how
 * many are left.  The last of an odd number goes up as it is, which gives the same shape.
 */
extern uint64_t hashtree_fold(HashTreeFunction hash, uint8_t (*nodes)[HASHTREE_BYTES],
							  uint64_t count, int levels);
/*
 * The same, and appends the sisters of node number index and its ancestors to path (*length grows).
 */
extern uint64_t hashtree_climb(HashTreeFunction hash, uint8_t (*nodes)[HASHTREE_BYTES],
							   uint64_t count, uint64_t index, int levels,
							   uint8_t (*path)[HASHTREE_BYTES], int *length);

/*
 * The inclusion proof of leaf number index (0-based) among count leaves: sister hashes from the
 * leaf up, at most HASHTREE_MAX_DEPTH.  Returns how many.
 */
extern int hashtree_path(HashTreeFunction hash, const uint8_t (*leaves)[HASHTREE_BYTES],
						 uint64_t count, uint64_t index, uint8_t (*path)[HASHTREE_BYTES]);
/* The root that a leaf and its path lead to; false when the path has a wrong length. */
extern bool hashtree_follow(HashTreeFunction hash, const uint8_t leaf[HASHTREE_BYTES],
							uint64_t count, uint64_t index, const uint8_t (*path)[HASHTREE_BYTES],
							int path_length, uint8_t out[HASHTREE_BYTES]);

#endif
