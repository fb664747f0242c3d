/*
 * import_known.c: numbers that come twice, are known already, or settle an invoice that waits.
 *
 * Two imports that meet on a new number at the same moment both see nothing here; the unique index
 * stops the second, and its job's next try finds the number known.
 */
#include "postgres.h"

#include "base/statement.h"
#include "catalog/pg_type.h"
#include "invoice/import_state.h"
#include "utils/array.h"
#include "utils/builtins.h"

typedef struct NumberRow
{
	int row;
	const char *key;
	const char *number;
} NumberRow;

static void find_twins(ImportStore *store);
static int compare_numbers(const void *a, const void *b);
static void set_aside_twin(ImportStore *store, int row, int earlier);
static bool same_hash(ImportStore *store, int row, int other);
static void set_aside(ImportStore *store, int row, const char *rule, const char *message);
static bool row_is_accepted(ImportStore *store, int row);
static char *row_text(ImportStore *store, int row, int column);
static Datum int64_array(const int64 *values, int count);

/*
 * One row for each invoice in work, done or waiting that has a number of this batch.  OFFSET 0
 * keeps the planner at one index look-up a number, whatever it believes about the table's size.
 */
static Statement find_known = STATEMENT(
	"SELECT o.row_no, i.invoice_id, i.state, i.same_source, i.content_sha256 = o.hash, i.source"
	" FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4),"
	"   pg_catalog.unnest($5)) WITH ORDINALITY AS o (seller_key, number, hash, file_id, row_no)"
	" CROSS JOIN LATERAL (SELECT k.invoice_id, k.state, k.content_sha256,"
	"   k.file_id IS NOT DISTINCT FROM o.file_id AND k.batch_id IS NOT DISTINCT FROM $6 AS "
	"same_source,"
	"   CASE WHEN k.file_id IS NOT NULL THEN 'file ' || k.file_id"
	"     WHEN k.batch_id IS NOT NULL THEN 'batch ' || k.batch_id ELSE k.origin END AS source"
	"   FROM mailroom.invoice k"
	"   WHERE k.issuer_id = $1 AND k.invoice_number = o.number AND k.seller_key = o.seller_key"
	"     AND k.state IN ('accepted', 'printed', 'archived', 'passed_on', 'set_aside') OFFSET 0) "
	"AS i"
	" ORDER BY 1, 2",
	INT8OID, TEXTARRAYOID, TEXTARRAYOID, BYTEAARRAYOID, INT8ARRAYOID, INT8OID);

static Statement replace_waiting = STATEMENT(
	"WITH replaced AS (UPDATE mailroom.invoice o SET state = 'replaced', replaced_by = r.new_id,"
	"  settled_reason = 'replaced by a later invoice'"
	"  FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3)) AS r (old_id, new_id)"
	"  WHERE o.issuer_id = $1 AND o.invoice_id = r.old_id AND o.state = 'set_aside'"
	"  RETURNING o.invoice_id, o.replaced_by)"
	" SELECT mailroom.log_event($1, 'invoice', u.invoice_id, 'replaced',"
	"  pg_catalog.jsonb_build_object('replaced_by', u.replaced_by)) FROM replaced u",
	INT8OID, INT8ARRAYOID, INT8ARRAYOID);

ImportReplacement *
import_known_check(ImportStore *store, int *count)
{
	ImportReplacement *replacements;
	Datum arguments[6];
	char nulls[7] = "      ";
	uint64 found;

	find_twins(store);
	*count = 0;
	arguments[0] = Int64GetDatum(store->source->target.issuer_id);
	arguments[1] = row_batch_array(store->headers, HEADER_SELLER_KEY);
	arguments[2] = row_batch_array(store->headers, HEADER_NUMBER);
	arguments[3] = row_batch_array(store->headers, HEADER_HASH);
	arguments[4] = row_batch_array(store->headers, HEADER_FILE);
	arguments[5] = Int64GetDatum(store->source->target.batch_id);
	if (store->source->target.batch_id == 0)
		nulls[5] = 'n';
	found = statement_run_by_key(&find_known, arguments, nulls);
	replacements = palloc(sizeof(ImportReplacement) * (found + 1));
	for (uint64 i = 0; i < found; i++)
	{
		int row = (int) statement_int64(i, 1) - 1;
		bool isnull;
		bool same_source = DatumGetBool(statement_value(i, 4, &isnull));
		bool same_content = DatumGetBool(statement_value(i, 5, &isnull));
		char *state = statement_text(i, 3, CurrentMemoryContext);
		char *source = statement_text(i, 6, CurrentMemoryContext);

		if (same_source)
			set_aside(store, row, "INVOICE-TWICE", "comes twice in the same file");
		else if (strcmp(state, "set_aside") == 0)
		{
			replacements[*count].row = row;
			replacements[(*count)++].old_invoice_id = statement_int64(i, 2);
		}
		else if (same_content)
			set_aside(store, row, "INVOICE-REPEATED",
					  psprintf("is known with the same content, from %s", source));
		else
			set_aside(store, row, "INVOICE-KNOWN",
					  psprintf("is known with other content, from %s", source));
	}
	SPI_freetuptable(SPI_tuptable);

	/* only a sound invoice replaces one that waits */
	found = *count;
	*count = 0;
	for (uint64 i = 0; i < found; i++)
		if (row_is_accepted(store, replacements[i].row))
			replacements[(*count)++] = replacements[i];
	return replacements;
}

void
import_known_replace(ImportStore *store, const ImportReplacement *replacements,
					 const int64 *new_ids, int count)
{
	int64 *old_ids = palloc(sizeof(int64) * count);
	Datum arguments[3];

	for (int i = 0; i < count; i++)
		old_ids[i] = replacements[i].old_invoice_id;
	arguments[0] = Int64GetDatum(store->source->target.issuer_id);
	arguments[1] = int64_array(old_ids, count);
	arguments[2] = int64_array(new_ids, count);
	(void) statement_run(&replace_waiting, arguments, NULL);
}

/* Within the batch: the first of equal numbers stays, the others are set aside. */
static void
find_twins(ImportStore *store)
{
	int rows = row_batch_count(store->headers);
	NumberRow *numbers = palloc(sizeof(NumberRow) * rows);
	int count = 0;

	for (int i = 0; i < rows; i++)
	{
		Datum number;

		if (!row_batch_get(store->headers, i, HEADER_NUMBER, &number))
			continue;
		numbers[count].row = i;
		numbers[count].key = row_text(store, i, HEADER_SELLER_KEY);
		numbers[count++].number = row_text(store, i, HEADER_NUMBER);
	}
	qsort(numbers, count, sizeof(NumberRow), compare_numbers);
	for (int i = 1; i < count; i++)
		if (strcmp(numbers[i].number, numbers[i - 1].number) == 0 &&
			strcmp(numbers[i].key, numbers[i - 1].key) == 0)
			set_aside_twin(store, numbers[i].row, numbers[i - 1].row);
	pfree(numbers);
}

/* Of the same file, or of an earlier one that is imported with it. */
static void
set_aside_twin(ImportStore *store, int row, int earlier)
{
	const ImportSource *source = store->row_sources[earlier];

	if (store->row_sources[row] == source)
		set_aside(store, row, "INVOICE-TWICE", "comes twice in the same file");
	else if (same_hash(store, row, earlier))
		set_aside(store, row, "INVOICE-REPEATED",
				  psprintf("is known with the same content, from file " INT64_FORMAT,
						   source->target.file_id));
	else
		set_aside(store, row, "INVOICE-KNOWN",
				  psprintf("is known with other content, from file " INT64_FORMAT,
						   source->target.file_id));
}

static bool
same_hash(ImportStore *store, int row, int other)
{
	Datum one, two;

	return row_batch_get(store->headers, row, HEADER_HASH, &one) &&
		   row_batch_get(store->headers, other, HEADER_HASH, &two) &&
		   memcmp(VARDATA(DatumGetPointer(one)), VARDATA(DatumGetPointer(two)), HASH_BYTES) == 0;
}

static int
compare_numbers(const void *a, const void *b)
{
	const NumberRow *left = a, *right = b;
	int order = strcmp(left->number, right->number);

	if (order == 0)
		order = strcmp(left->key, right->key);
	return order != 0 ? order : left->row - right->row;
}

static void
set_aside(ImportStore *store, int row, const char *rule, const char *message)
{
	MemoryContext old = MemoryContextSwitchTo(row_batch_context(store->headers));
	Datum document_no, invoice_id;

	(void) row_batch_get(store->headers, row, HEADER_DOCUMENT_NO, &document_no);
	(void) row_batch_get(store->headers, row, HEADER_INVOICE, &invoice_id);
	row_batch_change(store->headers, row, HEADER_STATE, CStringGetTextDatum("set_aside"));
	import_store_fault(store->row_sources[row], DatumGetInt64(document_no),
					   DatumGetInt64(invoice_id), rule, row_text(store, row, HEADER_LOCATION),
					   "invoice number \"%s\" %s", row_text(store, row, HEADER_NUMBER), message);
	MemoryContextSwitchTo(old);
}

static bool
row_is_accepted(ImportStore *store, int row)
{
	return strcmp(row_text(store, row, HEADER_STATE), "accepted") == 0;
}

static char *
row_text(ImportStore *store, int row, int column)
{
	MemoryContext old = MemoryContextSwitchTo(row_batch_context(store->headers));
	Datum value;
	char *copy = row_batch_get(store->headers, row, column, &value) ? TextDatumGetCString(value)
																	: pstrdup("");

	MemoryContextSwitchTo(old);
	return copy;
}

static Datum
int64_array(const int64 *values, int count)
{
	Datum *datums = palloc(sizeof(Datum) * count);

	for (int i = 0; i < count; i++)
		datums[i] = Int64GetDatum(values[i]);
	return PointerGetDatum(
		construct_array(datums, count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}
