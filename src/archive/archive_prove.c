/*
 * archive_prove.c: makes the proof of an archived document, as JSON.
 *
 * One proof alone reads the document's entry, the 32 leaves around it and the inner nodes that its
 * volume keeps; when the next document asked for lies in the same volume, as in an export, all
 * levels of the volume's tree are computed once and kept for the query.  Everything the proof says
 * is hashed here again before it is given out, so that no proof is made of what was changed.
 */
#include "postgres.h"

#include "archive/archive.h"
#include "base/errors.h"
#include "base/port_server.h"
#include "base/statement.h"
#include "base/version.h"
#include "catalog/pg_type.h"
#include "export.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/json.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define NODE HASHTREE_BYTES
/* Of a volume's own documents; more would be no volume of ours. */
#define MOST_LEAVES (1 << 20)

MAILROOM_FUNCTION(mailroom_make_archive_proof);
MAILROOM_FUNCTION(mailroom_make_archive_proof_text);

typedef uint8 TreeNode[NODE];

/* A volume and its place in the chain. */
typedef struct ProvenVolume
{
	int64 issuer_id;
	int64 volume_id; /* 0: none */
	int32 format;
	int32 document_count;
	int64 content_bytes;
	TimestampTz sealed_at;
	TreeNode root;
	TreeNode hash; /* as the chain has it */
	int64 link_no;
	TreeNode previous; /* link */
	TreeNode link;
	TreeNode *inner; /* kept with it */
	int inner_count;
	TreeNode *levels[HASHTREE_MAX_DEPTH]; /* of its tree; levels[0] NULL: not computed */
	int32 widths[HASHTREE_MAX_DEPTH];
} ProvenVolume;

/* Kept from call to call of one query. */
typedef struct Prover
{
	Port port;
	ByteBuffer scratch;
	ProvenVolume volume; /* of the last document */
	MemoryContext volume_context;
	int64 dictionary_issuer;
	int64 dictionary_id; /* the last one */
	TreeNode dictionary_hash;
} Prover;

/* What one proof says besides. */
typedef struct Proof
{
	ArchiveLeaf leaf;
	uint8 salt[HASHTREE_SALT_BYTES];
	TreeNode leaf_hash;
	TreeNode path[HASHTREE_MAX_DEPTH];
	int path_length;
	int64 head_no;
	TreeNode head;
} Proof;

enum
{
	E_VOLUME,
	E_LEAF_NO,
	E_CONTENT_BYTES,
	E_SHA256,
	E_SALT,
	E_LEAF_HASH,
	E_DICTIONARY,
	E_PACKED,
	E_OPEN,
	E_TERMS
};

enum
{
	V_FORMAT,
	V_COUNT,
	V_BYTES,
	V_SEALED_AT,
	V_ROOT,
	V_INNER,
	V_LINK_NO,
	V_LINKED_HASH,
	V_LINK,
	V_PREVIOUS,
	V_COLUMNS
};

static Statement find_document = STATEMENT(
	"SELECT e.volume_id, e.leaf_no, e.content_bytes, e.content_sha256, e.salt, e.leaf_hash,"
	" coalesce(e.dictionary_id, 0), (SELECT substring(s.content FROM (e.stored_at + 1)::integer"
	" FOR e.stored_bytes::integer) FROM mailroom.archive_volume s WHERE s.issuer_id = $1"
	" AND s.volume_id = e.stored_in), EXISTS (SELECT FROM mailroom.archive_open o"
	" WHERE o.issuer_id = $1 AND o.volume_id = e.volume_id), " ARCHIVE_TERM_COLUMNS(
		"e") " FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.document_id = $2",
	INT8OID, INT8OID);
static Statement find_volume =
	STATEMENT("SELECT v.format, v.document_count, octet_length(v.content)::bigint, v.sealed_at,"
			  " v.merkle_root, v.inner_nodes, l.link_no, l.volume_hash, l.link_hash, p.link_hash"
			  " FROM mailroom.archive_volume v"
			  " LEFT JOIN mailroom.archive_link l ON l.issuer_id = $1 AND l.volume_id = $2"
			  " LEFT JOIN mailroom.archive_link p ON p.issuer_id = $1 AND p.link_no = l.link_no - 1"
			  " WHERE v.issuer_id = $1 AND v.volume_id = $2",
			  INT8OID, INT8OID);
static Statement find_dictionary =
	STATEMENT("SELECT d.dictionary_hash FROM mailroom.archive_dictionary d"
			  " WHERE d.issuer_id = $1 AND d.dictionary_id = $2",
			  INT8OID, INT8OID);
static Statement find_leaves =
	STATEMENT("SELECT e.leaf_no, e.leaf_hash FROM mailroom.archive_entry e WHERE e.issuer_id = $1"
			  " AND e.volume_id = $2 AND e.leaf_no BETWEEN $3 AND $4 ORDER BY e.leaf_no",
			  INT8OID, INT8OID, INT4OID, INT4OID);
/* The head asked for, else the first one published since link $2, else the present one. */
static Statement find_head =
	STATEMENT("SELECT l.link_no, l.link_hash FROM mailroom.archive_link l WHERE l.issuer_id = $1"
			  " AND l.link_no = coalesce($3, (SELECT min(h.link_no) FROM mailroom.archive_head h"
			  " WHERE h.issuer_id = $1 AND h.link_no >= $2),"
			  " (SELECT c.link_count FROM mailroom.archive_chain c WHERE c.issuer_id = $1))",
			  INT8OID, INT8OID, INT8OID);
static Statement find_later =
	STATEMENT("SELECT l.volume_hash FROM mailroom.archive_link l WHERE l.issuer_id = $1"
			  " AND l.link_no > $2 AND l.link_no <= $3 ORDER BY l.link_no",
			  INT8OID, INT8OID, INT8OID);
static Statement find_waiting =
	STATEMENT("SELECT o.document_count::bigint, to_char((o.opened_at + coalesce(s.seal_after, '0'))"
			  " AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') FROM mailroom.archive_open o"
			  " LEFT JOIN mailroom.archive_sealing s ON s.issuer_id = $1"
			  " WHERE o.issuer_id = $1 AND o.volume_id = $2",
			  INT8OID, INT8OID);
static Statement find_erasure =
	STATEMENT("SELECT x.record_id FROM mailroom.archive_erasure x WHERE x.issuer_id = $1"
			  " AND x.document_id = $2",
			  INT8OID, INT8OID);

static void prove(FunctionCallInfo fcinfo, bool own_head, StringInfo out);
static Prover *get_prover(FmgrInfo *function);
static void read_proof(Prover *prover, Proof *proof, Datum issuer_id, Datum document_id);
static bool take_volume(Prover *prover, const Proof *proof);
static void find_path(ProvenVolume *volume, Proof *proof, bool again, MemoryContext context);
static void read_head(const ProvenVolume *volume, Proof *proof, Datum head_link, bool any_head);
static void check_volume(Prover *prover, const Proof *proof);
static void write_document(const ProvenVolume *volume, const Proof *proof, StringInfo out);
static void write_link(Prover *prover, const Proof *proof, StringInfo out);
pg_noreturn static void refuse_proof(int64 document_id, const char *problem);

/* mailroom.make_archive_proof(issuer_id bigint, document_id bigint, head_link bigint) → jsonb */
Datum
mailroom_make_archive_proof(PG_FUNCTION_ARGS)
{
	StringInfoData out;

	initStringInfo(&out);
	prove(fcinfo, false, &out);
	appendStringInfoChar(&out, '}');
	PG_RETURN_DATUM(DirectFunctionCall1(jsonb_in, CStringGetDatum(out.data)));
}

/*
 * mailroom.make_archive_proof_text(issuer_id bigint, document_id bigint, document json) → text, up
 * to the link of the document's own volume
 */
Datum
mailroom_make_archive_proof_text(PG_FUNCTION_ARGS)
{
	StringInfoData out;
	struct varlena *document;

	initStringInfo(&out);
	prove(fcinfo, true, &out);
	if (!PG_ARGISNULL(2))
	{
		document = PG_GETARG_TEXT_PP(2);
		appendStringInfoString(&out, ", \"document\": ");
		appendBinaryStringInfo(&out, VARDATA_ANY(document), VARSIZE_ANY_EXHDR(document));
	}
	appendStringInfoChar(&out, '}');
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}

/* Without the brace at the end. */
static void
prove(FunctionCallInfo fcinfo, bool own_head, StringInfo out)
{
	int nest_level = NewGUCNestLevel();
	Prover *prover;
	Proof proof = {0};
	bool again;

	version_check();
	SPI_connect();
	/* the plans go by keys, whatever the planner believes of tables that were empty */
	(void) set_config_option("enable_seqscan", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
	prover = get_prover(fcinfo->flinfo);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("document NULL is not in the archive")));
	read_proof(prover, &proof, PG_GETARG_DATUM(0), PG_GETARG_DATUM(1));
	again = take_volume(prover, &proof);
	if (own_head)
	{
		proof.head_no = prover->volume.link_no;
		memcpy(proof.head, prover->volume.link, NODE);
	}
	else
		read_head(&prover->volume, &proof, PG_ARGISNULL(2) ? 0 : PG_GETARG_DATUM(2),
				  PG_ARGISNULL(2));
	find_path(&prover->volume, &proof, again, prover->volume_context);
	check_volume(prover, &proof);
	write_document(&prover->volume, &proof, out);
	write_link(prover, &proof, out);
	SPI_finish();
	AtEOXact_GUC(true, nest_level);
}

static Prover *
get_prover(FmgrInfo *function)
{
	Prover *prover = function->fn_extra;

	if (prover == NULL)
	{
		prover = MemoryContextAllocZero(function->fn_mcxt, sizeof(Prover));
		prover->port = port_server(function->fn_mcxt);
		buffer_init(&prover->scratch, &prover->port);
		prover->volume_context =
			AllocSetContextCreate(function->fn_mcxt, "archive proof", ALLOCSET_DEFAULT_SIZES);
		function->fn_extra = prover;
	}
	return prover;
}

/* With the snapshot of the query that asks. */
static uint64
read_rows(Statement *statement, Datum *values, const char *nulls)
{
	int code = SPI_execute_plan(statement_plan(statement), values, nulls, true, 0);

	if (code != SPI_OK_SELECT)
		elog(ERROR, "could not read the archive: %s", SPI_result_code_string(code));
	return SPI_processed;
}

/* Whether the value is of so many bytes, which are copied. */
static bool
take_bytes(Datum value, bool isnull, uint8 *out, size_t length)
{
	bytea *bytes = isnull ? NULL : DatumGetByteaPP(value);

	if (bytes == NULL || VARSIZE_ANY_EXHDR(bytes) != length)
		return false;
	memcpy(out, VARDATA_ANY(bytes), length);
	return true;
}

static bool
take_hash(int column, uint8 *out)
{
	bool isnull;
	Datum value = statement_value(0, column + 1, &isnull);

	return take_bytes(value, isnull, out, NODE);
}

pg_noreturn static void
refuse_erased(Datum issuer_id, Datum document_id)
{
	Datum values[2] = {issuer_id, document_id};
	uint64 rows = read_rows(&find_erasure, values, NULL);

	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
					errmsg("document " INT64_FORMAT " was deleted", DatumGetInt64(document_id)),
					rows == 0 ? 0
							  : errdetail("Document " INT64_FORMAT
										  ", which is archived, tells by whom and why.",
										  statement_int64(0, 1))));
}

pg_noreturn static void
refuse_waiting(const ArchiveLeaf *leaf)
{
	Datum values[2] = {Int64GetDatum(leaf->issuer_id), Int64GetDatum(leaf->volume_id)};
	uint64 rows = read_rows(&find_waiting, values, NULL);

	ereport(ERROR,
			(errcode(ERRCODE_MAILROOM_WRONG_STATE),
			 errmsg("document " INT64_FORMAT " has no proof before its volume is sealed",
					leaf->document_id),
			 rows == 0 ? 0
					   : errdetail("It waits in open volume " INT64_FORMAT ", with " INT64_FORMAT
								   " documents in all, which a job seals after %s UTC.",
								   leaf->volume_id, statement_int64(0, 1),
								   statement_text(0, 2, CurrentMemoryContext)),
			 errhint("An operator seals it now with \"SELECT mailroom.seal_archive(" INT64_FORMAT
					 ", ARRAY[" INT64_FORMAT "])\".",
					 leaf->issuer_id, leaf->document_id)));
}

static const uint8 *
dictionary_hash(Prover *prover, int64 issuer_id, int64 dictionary_id)
{
	Datum values[2] = {Int64GetDatum(issuer_id), Int64GetDatum(dictionary_id)};

	if (prover->dictionary_id != dictionary_id || prover->dictionary_issuer != issuer_id)
	{
		prover->dictionary_id = 0;
		if (read_rows(&find_dictionary, values, NULL) == 0 ||
			!take_hash(0, prover->dictionary_hash))
			return NULL;
		prover->dictionary_id = dictionary_id;
		prover->dictionary_issuer = issuer_id;
	}
	return prover->dictionary_hash;
}

static void
hash_stored(Prover *prover, Proof *proof, int64 dictionary_id, const bytea *packed)
{
	HashStream *stream = hash_stream_start();

	if (dictionary_id != 0)
	{
		const uint8 *hash = dictionary_hash(prover, proof->leaf.issuer_id, dictionary_id);

		if (hash == NULL)
			refuse_proof(proof->leaf.document_id, "its dictionary is missing");
		hash_stream_add(stream, hash, NODE);
	}
	hash_stream_add(stream, VARDATA_ANY(packed), VARSIZE_ANY_EXHDR(packed));
	hash_stream_finish(stream, proof->leaf.stored_hash);
}

static void
read_proof(Prover *prover, Proof *proof, Datum issuer_id, Datum document_id)
{
	Datum values[2] = {issuer_id, document_id};
	ArchiveLeaf *leaf = &proof->leaf;
	SPITupleTable *table;
	Datum salt, packed;
	bool isnull;

	if (read_rows(&find_document, values, NULL) == 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("document " INT64_FORMAT " is not in the archive",
							   DatumGetInt64(document_id)),
						errhint("Look at mailroom.search_archive.")));
	table = SPI_tuptable;
	leaf->issuer_id = DatumGetInt64(issuer_id);
	leaf->document_id = DatumGetInt64(document_id);
	leaf->volume_id = statement_int64(0, E_VOLUME + 1);
	leaf->leaf_no = DatumGetInt32(statement_value(0, E_LEAF_NO + 1, &isnull));
	leaf->content_bytes = statement_int64(0, E_CONTENT_BYTES + 1);
	for (int i = 0; i < ARCHIVE_TERM_COUNT; i++)
		leaf->terms[i] = SPI_getvalue(table->vals[0], table->tupdesc, E_TERMS + i + 1);
	salt = statement_value(0, E_SALT + 1, &isnull);
	if (VARSIZE_ANY_EXHDR(DatumGetByteaPP(salt)) == 0)
		refuse_erased(issuer_id, document_id);
	if (!take_hash(E_SHA256, leaf->content_sha256) || !take_hash(E_LEAF_HASH, proof->leaf_hash) ||
		!take_bytes(salt, isnull, proof->salt, HASHTREE_SALT_BYTES))
		refuse_proof(leaf->document_id, "its entry is broken");
	if (DatumGetBool(statement_value(0, E_OPEN + 1, &isnull)))
		refuse_waiting(leaf);
	packed = statement_value(0, E_PACKED + 1, &isnull);
	if (isnull)
		refuse_proof(leaf->document_id, "its packed bytes are missing");
	hash_stored(prover, proof, statement_int64(0, E_DICTIONARY + 1), DatumGetByteaPP(packed));
}

/* Reads the document's volume; true when it is the one of the last document. */
static bool
take_volume(Prover *prover, const Proof *proof)
{
	ProvenVolume *volume = &prover->volume;
	int64 document_id = proof->leaf.document_id;
	Datum values[2] = {Int64GetDatum(proof->leaf.issuer_id), Int64GetDatum(proof->leaf.volume_id)};
	bool isnull;
	Datum inner;

	if (volume->volume_id == proof->leaf.volume_id && volume->issuer_id == proof->leaf.issuer_id)
		return true;
	memset(volume, 0, sizeof(*volume));
	MemoryContextReset(prover->volume_context);
	if (read_rows(&find_volume, values, NULL) == 0 || !take_hash(V_ROOT, volume->root))
		refuse_proof(document_id, "its volume is missing");
	volume->format = DatumGetInt32(statement_value(0, V_FORMAT + 1, &isnull));
	volume->document_count = DatumGetInt32(statement_value(0, V_COUNT + 1, &isnull));
	volume->content_bytes = statement_int64(0, V_BYTES + 1);
	volume->sealed_at = DatumGetTimestampTz(statement_value(0, V_SEALED_AT + 1, &isnull));
	inner = statement_value(0, V_INNER + 1, &isnull);
	if (!isnull)
	{
		bytea *bytes = DatumGetByteaPP(inner);

		volume->inner_count = (int) (VARSIZE_ANY_EXHDR(bytes) / NODE);
		volume->inner = MemoryContextAlloc(prover->volume_context, VARSIZE_ANY_EXHDR(bytes));
		memcpy(volume->inner, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	}
	volume->link_no = statement_int64(0, V_LINK_NO + 1);
	if (volume->link_no == 0)
		ereport(ERROR,
				(errcode(ERRCODE_MAILROOM_WRONG_STATE),
				 errmsg("document " INT64_FORMAT " has no proof before its volume is committed",
						document_id),
				 errhint("End the transaction that archived or sealed it first.")));
	if (!take_hash(V_LINKED_HASH, volume->hash) || !take_hash(V_LINK, volume->link) ||
		(volume->link_no > 1 && !take_hash(V_PREVIOUS, volume->previous)))
		refuse_proof(document_id, "its link of the chain is broken");
	if (volume->document_count > MOST_LEAVES || proof->leaf.leaf_no < 0 ||
		proof->leaf.leaf_no >= volume->document_count)
		refuse_proof(document_id, "its volume has no such leaf");
	volume->issuer_id = proof->leaf.issuer_id;
	volume->volume_id = proof->leaf.volume_id;
	return false;
}

static void
read_head(const ProvenVolume *volume, Proof *proof, Datum head_link, bool any_head)
{
	Datum values[3] = {Int64GetDatum(proof->leaf.issuer_id), Int64GetDatum(volume->link_no),
					   head_link};

	if (read_rows(&find_head, values, any_head ? "  n" : NULL) == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("chain has no link " INT64_FORMAT,
							   any_head ? volume->link_no : DatumGetInt64(head_link)),
						errhint("Published heads are in mailroom.archive_head.")));
	proof->head_no = statement_int64(0, 1);
	if (proof->head_no < volume->link_no)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("head " INT64_FORMAT " does not cover document " INT64_FORMAT,
						proof->head_no, proof->leaf.document_id),
				 errdetail("Its volume is link " INT64_FORMAT " of the chain.", volume->link_no),
				 errhint("Published heads are in mailroom.archive_head.")));
	if (!take_hash(1, proof->head))
		refuse_proof(proof->leaf.document_id, "its head is broken");
}

/* The leaf hashes from first to last, each in its place. */
static TreeNode *
read_leaves(const ProvenVolume *volume, int64 document_id, int32 first, int32 last)
{
	Datum values[4] = {Int64GetDatum(volume->issuer_id), Int64GetDatum(volume->volume_id),
					   Int32GetDatum(first), Int32GetDatum(last)};
	TreeNode *leaves = palloc((size_t) (last - first + 1) * NODE);
	uint64 rows = read_rows(&find_leaves, values, NULL);

	if (rows != (uint64) (last - first + 1))
		refuse_proof(document_id, "entries of its volume are missing");
	for (uint64 row = 0; row < rows; row++)
	{
		bool isnull;
		Datum value = statement_value(row, 2, &isnull);

		if (!take_bytes(value, isnull, leaves[row], NODE))
			refuse_proof(document_id, "an entry of its volume has no hash");
	}
	SPI_freetuptable(SPI_tuptable);
	return leaves;
}

/* From the leaves around it and the inner nodes kept. */
static void
find_path_alone(const ProvenVolume *volume, Proof *proof)
{
	int32 block = proof->leaf.leaf_no / ARCHIVE_TREE_BLOCK;
	int32 first = block * ARCHIVE_TREE_BLOCK;
	int32 last = Min(first + ARCHIVE_TREE_BLOCK, volume->document_count) - 1;
	TreeNode *leaves = read_leaves(volume, proof->leaf.document_id, first, last);

	hashtree_climb(archive_hash, leaves, (uint64) (last - first + 1),
				   (uint64) (proof->leaf.leaf_no - first), ARCHIVE_TREE_LEVELS, proof->path,
				   &proof->path_length);
	if (volume->document_count > ARCHIVE_TREE_BLOCK)
	{
		TreeNode *nodes = palloc((size_t) volume->inner_count * NODE);

		memcpy(nodes, volume->inner, (size_t) volume->inner_count * NODE);
		hashtree_climb(archive_hash, nodes, (uint64) volume->inner_count, (uint64) block,
					   HASHTREE_MAX_DEPTH, proof->path, &proof->path_length);
	}
}

/* All levels of the tree. */
static void
compute_levels(ProvenVolume *volume, int64 document_id, MemoryContext context)
{
	TreeNode *leaves = read_leaves(volume, document_id, 0, volume->document_count - 1);
	uint64 width = (uint64) volume->document_count;

	for (int level = 0;; level++)
	{
		volume->widths[level] = (int32) width;
		volume->levels[level] = MemoryContextAlloc(context, width * NODE);
		memcpy(volume->levels[level], leaves, width * NODE);
		if (width == 1)
			break;
		width = hashtree_fold(archive_hash, leaves, width, 1);
	}
	pfree(leaves);
}

static void
find_path(ProvenVolume *volume, Proof *proof, bool again, MemoryContext context)
{
	int32 blocks = (volume->document_count + ARCHIVE_TREE_BLOCK - 1) / ARCHIVE_TREE_BLOCK;

	if (!again && (blocks == 1 || volume->inner_count == blocks))
	{
		find_path_alone(volume, proof);
		return;
	}
	if (volume->levels[0] == NULL)
		compute_levels(volume, proof->leaf.document_id, context);
	for (int32 level = 0, index = proof->leaf.leaf_no; volume->widths[level] > 1;
		 level++, index /= 2)
		if ((index ^ 1) < volume->widths[level])
			memcpy(proof->path[proof->path_length++], volume->levels[level][index ^ 1], NODE);
}

/* What the proof is about to say leads to its volume, and that to its place in the chain. */
static void
check_volume(Prover *prover, const Proof *proof)
{
	const ArchiveLeaf *leaf = &proof->leaf;
	const ProvenVolume *volume = &prover->volume;
	TreeNode computed;

	archive_leaf_hash(&prover->scratch, proof->salt, leaf, computed);
	if (memcmp(computed, proof->leaf_hash, NODE) != 0)
		refuse_proof(leaf->document_id,
					 "what it says of the document does not match its leaf hash");
	if (!hashtree_follow(archive_hash, computed, (uint64) volume->document_count,
						 (uint64) leaf->leaf_no, proof->path, proof->path_length, computed) ||
		memcmp(computed, volume->root, NODE) != 0)
		refuse_proof(leaf->document_id, "path does not lead to the root of the volume");
	archive_volume_hash(&prover->scratch, leaf->issuer_id, leaf->volume_id, volume->document_count,
						volume->content_bytes, volume->sealed_at, volume->root, computed);
	if (volume->format != ARCHIVE_FORMAT || memcmp(computed, volume->hash, NODE) != 0)
		refuse_proof(leaf->document_id, "volume is not the one in the chain");
	archive_link_hash(&prover->scratch, volume->previous, volume->link_no, volume->hash, computed);
	if (memcmp(computed, volume->link, NODE) != 0)
		refuse_proof(leaf->document_id, "link of the chain does not match the one before");
}

static void
write_hash(StringInfo out, const uint8 *bytes, size_t length)
{
	enlargeStringInfo(out, (int) (2 * length + 2));
	appendStringInfoCharMacro(out, '"');
	out->len += (int) hex_encode((const char *) bytes, length, out->data + out->len);
	appendStringInfoCharMacro(out, '"');
	out->data[out->len] = '\0';
}

static void
write_terms(const ArchiveLeaf *leaf, StringInfo out)
{
	static const char *const names[ARCHIVE_TERM_COUNT] = {
		"invoice_id",		 "invoice_number", "customer_no",  "customer_name",
		"payment_reference", "issue_date",	   "amount_minor", "currency"};

	for (int i = 0; i < ARCHIVE_TERM_COUNT; i++)
	{
		appendStringInfo(out, ", \"%s\": ", names[i]);
		if (leaf->terms[i] == NULL)
			appendStringInfoString(out, "null");
		else if (i == 0 || i == 6) /* numbers */
			appendStringInfoString(out, leaf->terms[i]);
		else
			escape_json(out, leaf->terms[i]);
	}
}

static void
write_document(const ProvenVolume *volume, const Proof *proof, StringInfo out)
{
	const ArchiveLeaf *leaf = &proof->leaf;

	appendStringInfoString(out, "{\"format\": \"mailroom-proof-1\", \"salt\": ");
	write_hash(out, proof->salt, HASHTREE_SALT_BYTES);
	appendStringInfo(out,
					 ", \"leaf\": {\"issuer_id\": " INT64_FORMAT ", \"document_id\": " INT64_FORMAT
					 ", \"volume_id\": " INT64_FORMAT
					 ", \"leaf_no\": %d, \"content_bytes\": " INT64_FORMAT ", \"content_sha256\": ",
					 leaf->issuer_id, leaf->document_id, leaf->volume_id, leaf->leaf_no,
					 leaf->content_bytes);
	write_hash(out, leaf->content_sha256, NODE);
	appendStringInfoString(out, ", \"stored_sha256\": ");
	write_hash(out, leaf->stored_hash, NODE);
	write_terms(leaf, out);
	appendStringInfoString(out, "}, \"leaf_hash\": ");
	write_hash(out, proof->leaf_hash, NODE);
	appendStringInfoString(out, ", \"path\": [");
	for (int i = 0; i < proof->path_length; i++)
	{
		if (i > 0)
			appendStringInfoString(out, ", ");
		write_hash(out, proof->path[i], NODE);
	}
	appendStringInfo(
		out,
		"], \"volume\": {\"format\": %d, \"document_count\": %d, \"content_bytes\": " INT64_FORMAT
		", \"sealed_at\": " INT64_FORMAT ", \"merkle_root\": ",
		volume->format, volume->document_count, volume->content_bytes, volume->sealed_at);
	write_hash(out, volume->root, NODE);
}

/* The chain from the volume to the head. */
static void
write_link(Prover *prover, const Proof *proof, StringInfo out)
{
	const ProvenVolume *volume = &prover->volume;
	Datum values[3] = {Int64GetDatum(volume->issuer_id), Int64GetDatum(volume->link_no),
					   Int64GetDatum(proof->head_no)};
	int64 link_no = volume->link_no;
	uint64 rows = proof->head_no == link_no ? 0 : read_rows(&find_later, values, NULL);
	TreeNode hash, reached;

	appendStringInfo(out, "}, \"link\": {\"link_no\": " INT64_FORMAT ", \"previous\": ", link_no);
	write_hash(out, volume->previous, NODE);
	appendStringInfoString(out, ", \"after\": [");
	memcpy(reached, volume->link, NODE);
	for (uint64 row = 0; row < rows; row++)
	{
		bool isnull;
		Datum value = statement_value(row, 1, &isnull);

		CHECK_FOR_INTERRUPTS();
		if (!take_bytes(value, isnull, hash, NODE))
			refuse_proof(proof->leaf.document_id, "a link of the chain has no hash");
		archive_link_hash(&prover->scratch, reached, ++link_no, hash, reached);
		if (row > 0)
			appendStringInfoString(out, ", ");
		write_hash(out, hash, NODE);
	}
	if (link_no != proof->head_no || memcmp(reached, proof->head, NODE) != 0)
		refuse_proof(proof->leaf.document_id, "hashes do not lead to the head of the proof");
	appendStringInfo(
		out, "]}, \"head\": {\"link_no\": " INT64_FORMAT ", \"head_hash\": ", proof->head_no);
	write_hash(out, proof->head, NODE);
	appendStringInfoChar(out, '}');
}

static void
refuse_proof(int64 document_id, const char *problem)
{
	ereport(ERROR, (errcode(ERRCODE_MAILROOM_ARCHIVE_DAMAGED),
					errmsg("archived document " INT64_FORMAT " cannot be proved", document_id),
					errdetail("Its proof fails: %s.", problem),
					errhint("Run mailroom.verify_archive().")));
}
