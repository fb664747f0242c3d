/*
 * archive_proof.c: paths through the hash tree of a volume, for proofs of single documents.
 *
 * What a proof holds and how it is checked is SQL (sql/56_archive_proof.code.sql): only folding the
 * tree is done here.
 */
#include "postgres.h"

#include "archive/archive.h"
#include "catalog/pg_type.h"
#include "export.h"
#include "utils/array.h"

MAILROOM_FUNCTION(mailroom_archive_tree_path);
MAILROOM_FUNCTION(mailroom_archive_tree_root);

/* Hashes of a bytea[]; each must have 32 bytes. */
static uint8 (*read_hashes(ArrayType *array, int *count))[HASH_BYTES]
{
	Datum *values;
	bool *nulls;
	uint8(*hashes)[HASH_BYTES];

	deconstruct_array(array, BYTEAOID, -1, false, TYPALIGN_INT, &values, &nulls, count);
	hashes = palloc(sizeof(*hashes) * Max(*count, 1));
	for (int i = 0; i < *count; i++)
	{
		struct varlena *hash = nulls[i] ? NULL : PG_DETOAST_DATUM_PACKED(values[i]);

		if (hash == NULL || VARSIZE_ANY_EXHDR(hash) != HASH_BYTES)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("hash number %d of a tree is not 32 bytes long", i)));
		memcpy(hashes[i], VARDATA_ANY(hash), HASH_BYTES);
	}
	return hashes;
}

static Datum
make_hash(const uint8 *hash)
{
	bytea *result = palloc(VARHDRSZ + HASH_BYTES);

	SET_VARSIZE(result, VARHDRSZ + HASH_BYTES);
	memcpy(VARDATA(result), hash, HASH_BYTES);
	return PointerGetDatum(result);
}

/* mailroom.archive_tree_path(leaves bytea[], leaf_no integer) → bytea[] */
Datum
mailroom_archive_tree_path(PG_FUNCTION_ARGS)
{
	int count;
	uint8(*leaves)[HASH_BYTES] = read_hashes(PG_GETARG_ARRAYTYPE_P(0), &count);
	int32 leaf_no = PG_GETARG_INT32(1);
	uint8 path[HASHTREE_MAX_DEPTH][HASH_BYTES];
	Datum values[HASHTREE_MAX_DEPTH];
	int length;

	if (leaf_no < 0 || leaf_no >= count)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a tree of %d leaves has no leaf %d", count, leaf_no)));
	length = hashtree_path(archive_hash, (const uint8(*)[HASH_BYTES]) leaves, (uint64) count,
						   (uint64) leaf_no, path);
	for (int i = 0; i < length; i++)
		values[i] = make_hash(path[i]);
	PG_RETURN_ARRAYTYPE_P(construct_array(values, length, BYTEAOID, -1, false, TYPALIGN_INT));
}

/* mailroom.archive_tree_root(leaf bytea, leaf_count integer, leaf_no integer, path bytea[]) */
Datum
mailroom_archive_tree_root(PG_FUNCTION_ARGS)
{
	bytea *leaf = PG_GETARG_BYTEA_PP(0);
	int32 count = PG_GETARG_INT32(1);
	int32 leaf_no = PG_GETARG_INT32(2);
	int length;
	uint8(*path)[HASH_BYTES] = read_hashes(PG_GETARG_ARRAYTYPE_P(3), &length);
	uint8 root[HASH_BYTES];

	if (VARSIZE_ANY_EXHDR(leaf) != HASH_BYTES)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("hash of a leaf is not 32 bytes long")));
	if (count < 1 || leaf_no < 0 || length > HASHTREE_MAX_DEPTH ||
		!hashtree_follow(archive_hash, (const uint8 *) VARDATA_ANY(leaf), (uint64) count,
						 (uint64) leaf_no, (const uint8(*)[HASH_BYTES]) path, length, root))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(make_hash(root));
}
