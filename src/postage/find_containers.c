/*
 * find_containers.c: mailroom.container_path, the containers a letter lies in.
 *
 * Whoever asks for one letter asks for many: the leaves of a mailing are read once a query and
 * kept, and each letter finds its own by halving.  A leaf holds the letters of its offer and format
 * from its first sequence up to that of the next.
 */
#include "postgres.h"

#include "base/statement.h"
#include "catalog/pg_type.h"
#include "export.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

typedef struct Leaf
{
	int64 first_sequence;
	Datum path[3]; /* bundle, tray, pallet; 0: none */
} Leaf;

/* Leaves of an offer and format, by sequence. */
typedef struct LeafRow
{
	text *offer, *format;
	int start, count;
} LeafRow;

typedef struct MailingLeaves
{
	int64 issuer_id, mailing_id;
	struct MailingLeaves *next;
	Leaf *leaves;
	LeafRow *rows;
	int row_count;
	int last_row; /* neighbours are mostly of the same */
} MailingLeaves;

/* Kept for the query that calls the function. */
typedef struct LeafCache
{
	MemoryContext context;
	MailingLeaves *mailings; /* the last one first */
} LeafCache;

static Statement read_leaves = STATEMENT(
	"SELECT l.offer, l.format, l.first_sequence, CASE WHEN l.kind = 'bundle' THEN l.container_no "
	"ELSE 0 END,"
	" CASE WHEN l.kind = 'bundle' THEN l.parent_no ELSE l.container_no END,"
	" CASE WHEN l.kind = 'bundle' THEN t.parent_no ELSE l.parent_no END"
	" FROM mailroom.mailing_container l LEFT JOIN mailroom.mailing_container t"
	" ON l.kind = 'bundle' AND t.issuer_id = $1 AND t.mailing_id = $2 AND t.container_no = "
	"l.parent_no"
	" WHERE l.issuer_id = $1 AND l.mailing_id = $2 AND l.is_leaf"
	" ORDER BY l.offer, l.format COLLATE \"C\", l.first_sequence",
	INT8OID, INT8OID);

MAILROOM_FUNCTION(mailroom_container_path);

static MailingLeaves *find_mailing(LeafCache *cache, int64 issuer_id, int64 mailing_id);
static MailingLeaves *load_mailing(LeafCache *cache, int64 issuer_id, int64 mailing_id);
static const LeafRow *find_row(MailingLeaves *mailing, const text *offer, const text *format);
static const Leaf *find_leaf(const MailingLeaves *mailing, const LeafRow *row, int64 sequence);
static bool same_text(const text *a, const text *b);

/* mailroom.container_path(issuer_id, mailing_id, offer, format, sequence_no) → integer[] */
Datum
mailroom_container_path(PG_FUNCTION_ARGS)
{
	LeafCache *cache = fcinfo->flinfo->fn_extra;
	text *offer = PG_GETARG_TEXT_PP(2);
	text *format = PG_GETARG_TEXT_PP(3);
	MailingLeaves *mailing;
	const LeafRow *row;
	const Leaf *leaf;
	Datum path[3];
	bool nulls[3];
	int lengths[] = {3}, bounds[] = {1};

	if (cache == NULL)
	{
		cache = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(LeafCache));
		cache->context = fcinfo->flinfo->fn_mcxt;
		fcinfo->flinfo->fn_extra = cache;
	}
	mailing = find_mailing(cache, PG_GETARG_INT64(0), PG_GETARG_INT64(1));
	row = find_row(mailing, offer, format);
	leaf = row == NULL ? NULL : find_leaf(mailing, row, PG_GETARG_INT64(4));
	if (leaf == NULL)
		PG_RETURN_NULL();
	for (int i = 0; i < 3; i++)
	{
		path[i] = leaf->path[i];
		nulls[i] = DatumGetInt32(path[i]) == 0;
	}
	PG_RETURN_ARRAYTYPE_P(
		construct_md_array(path, nulls, 1, lengths, bounds, INT4OID, sizeof(int32), true, 'i'));
}

static MailingLeaves *
find_mailing(LeafCache *cache, int64 issuer_id, int64 mailing_id)
{
	MailingLeaves *found = cache->mailings;
	MailingLeaves *before = NULL;

	while (found != NULL && (found->issuer_id != issuer_id || found->mailing_id != mailing_id))
	{
		before = found;
		found = found->next;
	}
	if (found == NULL)
		return load_mailing(cache, issuer_id, mailing_id);
	if (before != NULL)
	{
		before->next = found->next;
		found->next = cache->mailings;
		cache->mailings = found;
	}
	return found;
}

static MailingLeaves *
load_mailing(LeafCache *cache, int64 issuer_id, int64 mailing_id)
{
	Datum arguments[] = {Int64GetDatum(issuer_id), Int64GetDatum(mailing_id)};
	MemoryContext old;
	MailingLeaves *mailing;
	uint64 count;
	bool isnull;

	SPI_connect();
	/* as of the query that asks */
	if (SPI_execute_plan(statement_plan(&read_leaves), arguments, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read containers");
	count = SPI_processed;
	old = MemoryContextSwitchTo(cache->context);
	mailing = palloc0(sizeof(MailingLeaves));
	mailing->issuer_id = issuer_id;
	mailing->mailing_id = mailing_id;
	mailing->leaves = palloc_extended(sizeof(Leaf) * (count + 1), MCXT_ALLOC_HUGE);
	mailing->rows = palloc_extended(sizeof(LeafRow) * (count + 1), MCXT_ALLOC_HUGE);
	for (uint64 i = 0; i < count; i++)
	{
		HeapTuple tuple = SPI_tuptable->vals[i];
		TupleDesc columns = SPI_tuptable->tupdesc;
		text *offer = DatumGetTextPP(SPI_getbinval(tuple, columns, 1, &isnull));
		text *format = DatumGetTextPP(SPI_getbinval(tuple, columns, 2, &isnull));
		LeafRow *row = &mailing->rows[mailing->row_count - 1];

		CHECK_FOR_INTERRUPTS();
		if (i == 0 || !same_text(row->offer, offer) || !same_text(row->format, format))
		{
			row = &mailing->rows[mailing->row_count++];
			row->offer = DatumGetTextPCopy(PointerGetDatum(offer));
			row->format = DatumGetTextPCopy(PointerGetDatum(format));
			row->start = (int) i;
			row->count = 0;
		}
		row->count++;
		mailing->leaves[i].first_sequence = statement_int64(i, 3);
		for (int part = 0; part < 3; part++)
			mailing->leaves[i].path[part] = SPI_getbinval(tuple, columns, 4 + part, &isnull);
	}
	mailing->next = cache->mailings;
	cache->mailings = mailing;
	MemoryContextSwitchTo(old);
	SPI_finish();
	return mailing;
}

static const LeafRow *
find_row(MailingLeaves *mailing, const text *offer, const text *format)
{
	for (int i = 0; i < mailing->row_count; i++)
	{
		int at = (mailing->last_row + i) % mailing->row_count;
		const LeafRow *row = &mailing->rows[at];

		if (same_text(row->offer, offer) && same_text(row->format, format))
		{
			mailing->last_row = at;
			return row;
		}
	}
	return NULL;
}

/* The last leaf that starts at the sequence or before it. */
static const Leaf *
find_leaf(const MailingLeaves *mailing, const LeafRow *row, int64 sequence)
{
	const Leaf *leaves = mailing->leaves + row->start;
	int low = 0;
	int high = row->count;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (leaves[middle].first_sequence <= sequence)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? NULL : &leaves[low - 1];
}

static bool
same_text(const text *a, const text *b)
{
	return VARSIZE_ANY_EXHDR(a) == VARSIZE_ANY_EXHDR(b) &&
		   memcmp(VARDATA_ANY(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(a)) == 0;
}
