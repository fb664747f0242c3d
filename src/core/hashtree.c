/*
 * hashtree.c: salted Merkle trees and hash chains.
 *
 * The tree is folded as a binary counter: the stack holds one root per set bit of the count, which
 * is exactly the split of RFC 6962.
 */
#include "core/hashtree.h"

#include <string.h>

enum
{
	TAG_LEAF = 0,
	TAG_NODE = 1,
	TAG_LINK = 2
};

static void
add_fields(ByteBuffer *scratch, const HashTreeField *fields, int field_count)
{
	for (int i = 0; i < field_count; i++)
	{
		uint32_t length = fields[i].bytes == NULL ? UINT32_MAX : (uint32_t) fields[i].length;
		uint8_t head[4] = {(uint8_t) (length >> 24), (uint8_t) (length >> 16),
						   (uint8_t) (length >> 8), (uint8_t) length};

		buffer_append(scratch, head, sizeof(head));
		if (fields[i].bytes != NULL)
			buffer_append(scratch, fields[i].bytes, fields[i].length);
	}
}

static bool
hash_fields(HashTreeFunction hash, ByteBuffer *scratch, int tag, const uint8_t *prefix,
			size_t prefix_length, const HashTreeField *fields, int field_count, uint8_t *out)
{
	buffer_reset(scratch);
	buffer_append_char(scratch, (char) tag);
	buffer_append(scratch, prefix, prefix_length);
	add_fields(scratch, fields, field_count);
	if (buffer_failed(scratch))
		return false;
	hash(scratch->bytes, scratch->length, out);
	return true;
}

static void
hash_node(HashTreeFunction hash, const uint8_t *left, const uint8_t *right, uint8_t *out)
{
	uint8_t input[1 + 2 * HASHTREE_BYTES];

	input[0] = TAG_NODE;
	memcpy(input + 1, left, HASHTREE_BYTES);
	memcpy(input + 1 + HASHTREE_BYTES, right, HASHTREE_BYTES);
	hash(input, sizeof(input), out);
}

bool
hashtree_leaf(HashTreeFunction hash, ByteBuffer *scratch, const uint8_t salt[HASHTREE_SALT_BYTES],
			  const HashTreeField *fields, int field_count, uint8_t out[HASHTREE_BYTES])
{
	return hash_fields(hash, scratch, TAG_LEAF, salt, HASHTREE_SALT_BYTES, fields, field_count,
					   out);
}

bool
hashtree_link(HashTreeFunction hash, ByteBuffer *scratch, const uint8_t previous[HASHTREE_BYTES],
			  const HashTreeField *fields, int field_count, uint8_t out[HASHTREE_BYTES])
{
	return hash_fields(hash, scratch, TAG_LINK, previous, HASHTREE_BYTES, fields, field_count, out);
}

void
hashtree_start(HashTree *tree, HashTreeFunction hash)
{
	tree->hash = hash;
	tree->count = 0;
	tree->depth = 0;
}

void
hashtree_add(HashTree *tree, const uint8_t leaf[HASHTREE_BYTES])
{
	memcpy(tree->stack[tree->depth++], leaf, HASHTREE_BYTES);
	for (uint64_t rest = tree->count; rest & 1; rest >>= 1)
	{
		hash_node(tree->hash, tree->stack[tree->depth - 2], tree->stack[tree->depth - 1],
				  tree->stack[tree->depth - 2]);
		tree->depth--;
	}
	tree->count++;
}

void
hashtree_root(const HashTree *tree, uint8_t out[HASHTREE_BYTES])
{
	if (tree->depth == 0)
	{
		tree->hash("", 0, out);
		return;
	}
	memcpy(out, tree->stack[tree->depth - 1], HASHTREE_BYTES);
	for (int i = tree->depth - 2; i >= 0; i--)
		hash_node(tree->hash, tree->stack[i], out, out);
}

uint64_t
hashtree_fold(HashTreeFunction hash, uint8_t (*nodes)[HASHTREE_BYTES], uint64_t count, int levels)
{
	for (int level = 0; level < levels && count > 1; level++)
	{
		for (uint64_t i = 0; i + 1 < count; i += 2)
			hash_node(hash, nodes[i], nodes[i + 1], nodes[i / 2]);
		if (count % 2 != 0)
			memcpy(nodes[count / 2], nodes[count - 1], HASHTREE_BYTES);
		count = (count + 1) / 2;
	}
	return count;
}

uint64_t
hashtree_climb(HashTreeFunction hash, uint8_t (*nodes)[HASHTREE_BYTES], uint64_t count,
			   uint64_t index, int levels, uint8_t (*path)[HASHTREE_BYTES], int *length)
{
	for (int level = 0; level < levels && count > 1; level++)
	{
		if ((index ^ 1) < count)
			memcpy(path[(*length)++], nodes[index ^ 1], HASHTREE_BYTES);
		index /= 2;
		count = hashtree_fold(hash, nodes, count, 1);
	}
	return count;
}

/* The largest power of two below count; count is at least 2. */
static uint64_t
left_size(uint64_t count)
{
	uint64_t size = 1;

	while (size * 2 < count)
		size *= 2;
	return size;
}

static void
subtree_root(HashTreeFunction hash, const uint8_t (*leaves)[HASHTREE_BYTES], uint64_t count,
			 uint8_t *out)
{
	HashTree tree;

	hashtree_start(&tree, hash);
	for (uint64_t i = 0; i < count; i++)
		hashtree_add(&tree, leaves[i]);
	hashtree_root(&tree, out);
}

int
hashtree_path(HashTreeFunction hash, const uint8_t (*leaves)[HASHTREE_BYTES], uint64_t count,
			  uint64_t index, uint8_t (*path)[HASHTREE_BYTES])
{
	uint64_t left;
	int length;

	if (count < 2)
		return 0;
	left = left_size(count);
	if (index < left)
	{
		length = hashtree_path(hash, leaves, left, index, path);
		subtree_root(hash, leaves + left, count - left, path[length]);
	}
	else
	{
		length = hashtree_path(hash, leaves + left, count - left, index - left, path);
		subtree_root(hash, leaves, left, path[length]);
	}
	return length + 1;
}

bool
hashtree_follow(HashTreeFunction hash, const uint8_t leaf[HASHTREE_BYTES], uint64_t count,
				uint64_t index, const uint8_t (*path)[HASHTREE_BYTES], int path_length,
				uint8_t out[HASHTREE_BYTES])
{
	uint64_t left;

	if (index >= count)
		return false;
	if (count == 1)
	{
		memcpy(out, leaf, HASHTREE_BYTES);
		return path_length == 0;
	}
	if (path_length == 0)
		return false;
	left = left_size(count);
	if (index < left)
	{
		if (!hashtree_follow(hash, leaf, left, index, path, path_length - 1, out))
			return false;
		hash_node(hash, out, path[path_length - 1], out);
	}
	else
	{
		if (!hashtree_follow(hash, leaf, count - left, index - left, path, path_length - 1, out))
			return false;
		hash_node(hash, path[path_length - 1], out, out);
	}
	return true;
}
