/*
 * hashtree_test.c: the tree against RFC 6962's well-known roots, proofs for every leaf, salts, links.
 */
#include "check.h"
#include "core/hashtree.h"
#include "sha256.h"

#define MOST 70

static void
to_hex(const uint8_t *hash, char *text)
{
	for (int i = 0; i < HASHTREE_BYTES; i++)
		sprintf(text + 2 * i, "%02x", hash[i]);
}

/* The leaves and roots that the Certificate Transparency implementations test with. */
static void
test_known_roots(void)
{
	static const char *const data[8] = {"",	   "\x00",			   "\x10",
										"\x20\x21", "\x30\x31",		   "\x40\x41\x42\x43",
										"PQRSTUVW", "`abcdefghijklmno"};
	static const size_t lengths[8] = {0, 1, 1, 2, 2, 4, 8, 16};
	static const char *const roots[4] = {
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
	static const int at[4] = {1, 2, 3, 8};
	HashTree tree;
	uint8_t root[HASHTREE_BYTES];
	char text[2 * HASHTREE_BYTES + 1];
	int next = 0;

	hashtree_start(&tree, sha256);
	hashtree_root(&tree, root);
	to_hex(root, text);
	CHECK_TEXT(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	for (int i = 0; i < 8; i++)
	{
		uint8_t input[32] = {0}, leaf[HASHTREE_BYTES];

		memcpy(input + 1, data[i], lengths[i]);
		sha256(input, lengths[i] + 1, leaf);
		hashtree_add(&tree, leaf);
		if (i + 1 != at[next])
			continue;
		hashtree_root(&tree, root);
		to_hex(root, text);
		CHECK_TEXT(text, roots[next++]);
	}
}

/* Every leaf of every tree up to MOST: its path leads to the folded root, and no other leaf does. */
static void
test_paths(void)
{
	uint8_t leaves[MOST][HASHTREE_BYTES], path[HASHTREE_MAX_DEPTH][HASHTREE_BYTES];
	uint8_t root[HASHTREE_BYTES], reached[HASHTREE_BYTES];
	HashTree tree;

	hashtree_start(&tree, sha256);
	for (int count = 1; count <= MOST; count++)
	{
		sha256(&count, sizeof(count), leaves[count - 1]);
		hashtree_add(&tree, leaves[count - 1]);
		hashtree_root(&tree, root);
		for (int i = 0; i < count; i++)
		{
			int length = hashtree_path(sha256, (const uint8_t(*)[HASHTREE_BYTES]) leaves, count, i, path);

			CHECK(hashtree_follow(sha256, leaves[i], count, i, (const uint8_t(*)[HASHTREE_BYTES]) path, length, reached));
			CHECK(memcmp(root, reached, HASHTREE_BYTES) == 0);
			CHECK(!hashtree_follow(sha256, leaves[i], count, i, (const uint8_t(*)[HASHTREE_BYTES]) path, length + 1, reached));
			CHECK(!hashtree_follow(sha256, leaves[i], count, count, (const uint8_t(*)[HASHTREE_BYTES]) path, length, reached));
			if (count > 1)
			{
				CHECK(hashtree_follow(sha256, leaves[(i + 1) % count], count, i, (const uint8_t(*)[HASHTREE_BYTES]) path, length, reached));
				CHECK(memcmp(root, reached, HASHTREE_BYTES) != 0);
			}
		}
	}
}

/* Folding level by level, at once or in two steps, gives the same roots and paths. */
static void
test_levels(void)
{
	uint8_t leaves[MOST][HASHTREE_BYTES], path[HASHTREE_MAX_DEPTH][HASHTREE_BYTES], climbed[HASHTREE_MAX_DEPTH][HASHTREE_BYTES];
	uint8_t nodes[MOST][HASHTREE_BYTES], root[HASHTREE_BYTES];
	HashTree tree;

	hashtree_start(&tree, sha256);
	for (int count = 1; count <= MOST; count++)
	{
		sha256(&count, sizeof(count), leaves[count - 1]);
		hashtree_add(&tree, leaves[count - 1]);
		hashtree_root(&tree, root);
		memcpy(nodes, leaves, sizeof(leaves));
		CHECK(hashtree_fold(sha256, nodes, count, 3) == (uint64_t) (count + 7) / 8);
		CHECK(hashtree_fold(sha256, nodes, (count + 7) / 8, HASHTREE_MAX_DEPTH) == 1);
		CHECK(memcmp(root, nodes[0], HASHTREE_BYTES) == 0);
		for (int i = 0; i < count; i++)
		{
			int wanted = hashtree_path(sha256, (const uint8_t(*)[HASHTREE_BYTES]) leaves, count, i, path);
			int first = i / 8 * 8, length = 0;
			uint64_t block = count - first < 8 ? count - first : 8;

			memcpy(nodes, leaves + first, block * HASHTREE_BYTES);
			CHECK(hashtree_climb(sha256, nodes, block, i - first, 3, climbed, &length) == 1);
			memcpy(nodes, leaves, sizeof(leaves));
			hashtree_climb(sha256, nodes, hashtree_fold(sha256, nodes, count, 3), i / 8, HASHTREE_MAX_DEPTH, climbed, &length);
			CHECK(length == wanted && memcmp(path, climbed, (size_t) length * HASHTREE_BYTES) == 0);
			CHECK(memcmp(root, nodes[0], HASHTREE_BYTES) == 0);
		}
	}
}

/* Null is not empty, fields do not run into each other, the salt counts. */
static void
test_leaves(void)
{
	static const HashTreeField cases[5][2] = {{{"ab", 2}, {"c", 1}}, {{"a", 1}, {"bc", 2}}, {{"abc", 3}, {"", 0}}, {{"abc", 3}, {NULL, 0}}, {{NULL, 0}, {"abc", 3}}};
	uint8_t salt[HASHTREE_SALT_BYTES] = {0}, previous[HASHTREE_BYTES] = {0}, leaf[6][HASHTREE_BYTES], link[HASHTREE_BYTES];
	ByteBuffer scratch;

	buffer_init(&scratch, &port_malloc);
	for (int i = 0; i < 5; i++)
		CHECK(hashtree_leaf(sha256, &scratch, salt, cases[i], 2, leaf[i]));
	salt[15] = 1;
	CHECK(hashtree_leaf(sha256, &scratch, salt, cases[0], 2, leaf[5]));
	for (int i = 0; i < 6; i++)
		for (int j = 0; j < i; j++)
			CHECK(memcmp(leaf[i], leaf[j], HASHTREE_BYTES) != 0);
	CHECK(hashtree_link(sha256, &scratch, previous, cases[0], 2, link));
	CHECK(memcmp(link, leaf[0], HASHTREE_BYTES) != 0);
	buffer_release(&scratch);
}

int
main(void)
{
	test_known_roots();
	test_paths();
	test_levels();
	test_leaves();
	return check_done();
}
