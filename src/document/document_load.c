/*
 * document_load.c: five statements a batch, one for each group of fields and one for trees, all
 * ordered by invoice; the rows of an invoice are then a run in each result.
 *
 * The column lists come from core/template_fields.def; every column is text, so that the session's
 * settings (datestyle and the like) change nothing.
 */
#include "document/document_load.h"

#include "base/statement.h"
#include "catalog/pg_type.h"
#include "document/document_tree.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define IN_INVOICE(expression)
#define IN_LINE(expression)
#define IN_TAX(expression)
#define IN_ADJUSTMENT(expression)
#define FIELD(group, name, path, type, expression) IN_##group(expression)

#undef IN_INVOICE
#define IN_INVOICE(expression) ", " expression
static const char invoice_columns[] =
#include "core/template_fields.def"
	;
#undef IN_INVOICE
#define IN_INVOICE(expression)

#undef IN_LINE
#define IN_LINE(expression) ", " expression
static const char line_columns[] =
#include "core/template_fields.def"
	;
#undef IN_LINE
#define IN_LINE(expression)

#undef IN_TAX
#define IN_TAX(expression) ", " expression
static const char tax_columns[] =
#include "core/template_fields.def"
	;
#undef IN_TAX
#define IN_TAX(expression)

#undef IN_ADJUSTMENT
#define IN_ADJUSTMENT(expression) ", " expression
static const char adjustment_columns[] =
#include "core/template_fields.def"
	;
#undef FIELD

#define GROUP_STATEMENT                                         \
	{                                                           \
		.argument_count = 2, .types = { INT8OID, INT8ARRAYOID } \
	}

static Statement statements[TEMPLATE_GROUP_COUNT] = {GROUP_STATEMENT, GROUP_STATEMENT,
													 GROUP_STATEMENT, GROUP_STATEMENT};

/*
 * Rows of the wanted invoices.  OFFSET 0 makes it a lookup by key for each, whatever the statistics
 * of tables say that were filled a moment ago.
 */
#define ROWS_OF(table, alias)                                          \
	" FROM pg_catalog.unnest($2) AS w (invoice_id) CROSS JOIN LATERAL" \
	" (SELECT x.* FROM " table " x WHERE x.issuer_id = $1"             \
	" AND x.invoice_id = w.invoice_id OFFSET 0) AS " alias

static const struct
{
	const char *first, *columns, *rest;
} parts[TEMPLATE_GROUP_COUNT] = {
	{"SELECT i.invoice_id", invoice_columns,
	 ROWS_OF("mailroom.invoice", "i") " JOIN mailroom.issuer s ON s.issuer_id = i.issuer_id"
									  " LEFT JOIN mailroom.party p ON p.issuer_id = i.issuer_id "
									  "AND p.party_id = i.recipient_party_id"
									  " LEFT JOIN LATERAL (SELECT c.* FROM"
									  " mailroom.recipient_correction c WHERE c.issuer_id = $1"
									  " AND c.invoice_id = i.invoice_id OFFSET 0) AS c ON true"
									  " ORDER BY i.invoice_id"},
	{"SELECT l.invoice_id", line_columns,
	 ROWS_OF("mailroom.invoice_line", "l") " ORDER BY l.invoice_id, l.line_no"},
	{"SELECT t.invoice_id", tax_columns,
	 ROWS_OF("mailroom.invoice_tax", "t") " ORDER BY t.invoice_id, t.tax_no"},
	{"SELECT a.invoice_id", adjustment_columns,
	 ROWS_OF("mailroom.invoice_adjustment", "a") " ORDER BY a.invoice_id, a.adjustment_no"},
};

/* Invoices without own data and of issuers without brands give no row. */
static Statement find_trees = STATEMENT(
	"SELECT w.invoice_id, d.data, (SELECT pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(b))"
	" FROM mailroom.brand b WHERE b.issuer_id = $1 AND b.brand = coalesce(d.brand,"
	" (SELECT mailroom.choose_brand($1, CASE WHEN p.party_id IS NULL THEN i.buyer_no"
	" ELSE p.customer_no END, coalesce(d.template, 'invoice'), i.type_code)"
	" FROM mailroom.invoice i LEFT JOIN mailroom.party p ON p.issuer_id = i.issuer_id"
	" AND p.party_id = i.recipient_party_id"
	" WHERE i.issuer_id = $1 AND i.invoice_id = w.invoice_id)))"
	" FROM pg_catalog.unnest($2) AS w (invoice_id) LEFT JOIN LATERAL (SELECT x.* FROM"
	" mailroom.document_data x WHERE x.issuer_id = $1 AND x.invoice_id = w.invoice_id OFFSET 0)"
	" AS d ON true"
	" WHERE d.invoice_id IS NOT NULL OR EXISTS (SELECT FROM mailroom.brand_rule r"
	" WHERE r.issuer_id = $1) ORDER BY w.invoice_id",
	INT8OID, INT8ARRAYOID);

static Statement *group_statement(TemplateGroup group);
static void load_group(LoadedBatch *batch, TemplateGroup group, Datum *arguments);
static void load_trees(LoadedTrees *trees, Datum *arguments);
static void load_row(LoadedGroup *loaded, int row, Slice *values, int columns, Datum *datums,
					 bool *nulls);
static void copy_row(Slice *values, int columns);

/* From here on values are copied, and the tuples, several times as large, go back at once. */
#define MANY_ROWS 2000

void
document_open_batch(LoadedBatch *batch, MemoryContext parent)
{
	memset(batch, 0, sizeof(*batch));
	batch->context = AllocSetContextCreate(parent, "mailroom invoices", ALLOCSET_DEFAULT_SIZES);
}

void
document_load_batch(LoadedBatch *batch, int64 issuer_id, const int64 *ids, int count)
{
	MemoryContext old;
	Datum *elements;
	Datum arguments[2];

	for (int group = 0; group < TEMPLATE_GROUP_COUNT; group++)
		if (batch->groups[group].table != NULL)
			SPI_freetuptable(batch->groups[group].table);
	memset(batch->groups, 0, sizeof(batch->groups));
	memset(&batch->trees, 0, sizeof(batch->trees));
	MemoryContextReset(batch->context);
	old = MemoryContextSwitchTo(batch->context);
	elements = palloc(sizeof(Datum) * count);
	for (int i = 0; i < count; i++)
		elements[i] = Int64GetDatum(ids[i]);
	arguments[0] = Int64GetDatum(issuer_id);
	arguments[1] = PointerGetDatum(
		construct_array(elements, count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	for (int group = 0; group < TEMPLATE_GROUP_COUNT; group++)
		load_group(batch, group, arguments);
	load_trees(&batch->trees, arguments);
	MemoryContextSwitchTo(old);
}

static Statement *
group_statement(TemplateGroup group)
{
	Statement *statement = &statements[group];

	if (statement->text == NULL)
	{
		Size room = strlen(parts[group].first) + strlen(parts[group].columns) +
					strlen(parts[group].rest) + 1;
		char *text = MemoryContextAlloc(TopMemoryContext, room);

		snprintf(text, room, "%s%s%s", parts[group].first, parts[group].columns, parts[group].rest);
		statement->text = text;
	}
	return statement;
}

static void
load_group(LoadedBatch *batch, TemplateGroup group, Datum *arguments)
{
	LoadedGroup *loaded = &batch->groups[group];
	int columns = template_group_size(group);
	Datum *datums = palloc(sizeof(Datum) * (columns + 1));
	bool *nulls = palloc(sizeof(bool) * (columns + 1));
	Slice *values;

	loaded->count = (int) statement_run(group_statement(group), arguments, NULL);
	loaded->table = SPI_tuptable;
	loaded->invoice_ids = palloc(sizeof(int64) * (loaded->count + 1));
	loaded->rows = palloc(sizeof(Slice *) * (loaded->count + 1));
	values = MemoryContextAllocExtended(CurrentMemoryContext,
										sizeof(Slice) * columns * (loaded->count + (Size) 1),
										MCXT_ALLOC_HUGE);
	for (int row = 0; row < loaded->count; row++)
	{
		CHECK_FOR_INTERRUPTS();
		load_row(loaded, row, values, columns, datums, nulls);
		if (loaded->count >= MANY_ROWS)
			copy_row(values, columns);
		loaded->rows[row] = values;
		values += columns;
	}
	if (loaded->count >= MANY_ROWS)
	{
		SPI_freetuptable(loaded->table);
		loaded->table = NULL;
	}
}

static void
copy_row(Slice *values, int columns)
{
	Size length = 0;
	char *copy;

	for (int i = 0; i < columns; i++)
		length += values[i].length;
	copy = palloc(length + 1);
	for (int i = 0; i < columns; i++)
		if (values[i].bytes != NULL)
		{
			memcpy(copy, values[i].bytes, values[i].length);
			values[i].bytes = copy;
			copy += values[i].length;
		}
}

static void
load_row(LoadedGroup *loaded, int row, Slice *values, int columns, Datum *datums, bool *nulls)
{
	heap_deform_tuple(loaded->table->vals[row], loaded->table->tupdesc, datums, nulls);
	loaded->invoice_ids[row] = DatumGetInt64(datums[0]);
	for (int i = 0; i < columns; i++)
	{
		text *value;

		values[i] = (Slice){NULL, 0};
		if (nulls[i + 1])
			continue;
		value = DatumGetTextPP(datums[i + 1]);
		values[i] = (Slice){VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};
	}
}

static const TemplateNode *
load_tree(int row, int column)
{
	bool isnull;
	Datum value = statement_value(row, column, &isnull);

	/* a copy, because the tree points into it */
	return isnull ? NULL : document_tree(DatumGetJsonbPCopy(value));
}

static void
load_trees(LoadedTrees *trees, Datum *arguments)
{
	SPITupleTable *table;

	trees->count = (int) statement_run(&find_trees, arguments, NULL);
	table = SPI_tuptable;
	trees->invoice_ids = palloc(sizeof(int64) * (trees->count + 1));
	trees->data = palloc(sizeof(TemplateNode *) * (trees->count + 1));
	trees->brands = palloc(sizeof(TemplateNode *) * (trees->count + 1));
	for (int row = 0; row < trees->count; row++)
	{
		trees->invoice_ids[row] = statement_int64(row, 1);
		trees->data[row] = load_tree(row, 2);
		trees->brands[row] = load_tree(row, 3);
	}
	SPI_freetuptable(table);
}

static void
next_trees(LoadedTrees *trees, int64 invoice_id, TemplateData *data)
{
	data->tree = data->brand = NULL;
	while (trees->next < trees->count && trees->invoice_ids[trees->next] < invoice_id)
		trees->next++;
	if (trees->next < trees->count && trees->invoice_ids[trees->next] == invoice_id)
	{
		data->tree = trees->data[trees->next];
		data->brand = trees->brands[trees->next];
	}
}

bool
document_next_invoice(LoadedBatch *batch, int64 *invoice_id, TemplateData *data)
{
	LoadedGroup *invoices = &batch->groups[TEMPLATE_INVOICE];

	if (invoices->next >= invoices->count)
		return false;
	*invoice_id = invoices->invoice_ids[invoices->next];
	for (int group = 0; group < TEMPLATE_GROUP_COUNT; group++)
	{
		LoadedGroup *loaded = &batch->groups[group];
		int first;

		while (loaded->next < loaded->count && loaded->invoice_ids[loaded->next] < *invoice_id)
			loaded->next++;
		first = loaded->next;
		while (loaded->next < loaded->count && loaded->invoice_ids[loaded->next] == *invoice_id)
			loaded->next++;
		data->groups[group].count = loaded->next - first;
		data->groups[group].rows = loaded->rows + first;
	}
	next_trees(&batch->trees, *invoice_id, data);
	return true;
}
