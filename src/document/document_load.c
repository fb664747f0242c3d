/*
 * document_load.c: five statements a batch, one for each group of fields and one for trees, all
 * ordered by invoice; the rows of an invoice are then a run in each result.
 *
 * The rows of a single invoice may be many.  They come by a cursor and are kept packed, so that no
 * more is held than what they say and a pointer a row.
 *
 * The column lists come from core/template_fields.def; every column is text, so that the session's
 * settings (datestyle and the like) change nothing.
 */
#include "document/document_load.h"

#include "base/statement.h"
#include "catalog/pg_type.h"
#include "core/template_rows.h"
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
/* Of one invoice, in the order of its key: nothing is sorted before the first row comes. */
static Statement single_statements[TEMPLATE_GROUP_COUNT] = {GROUP_STATEMENT, GROUP_STATEMENT,
															GROUP_STATEMENT, GROUP_STATEMENT};

/*
 * Rows of the wanted invoices.  OFFSET 0 makes it a lookup by key for each, whatever the statistics
 * of tables say that were filled a moment ago.
 */
#define ROWS_OF(table, alias)                                          \
	" FROM pg_catalog.unnest($2) AS w (invoice_id) CROSS JOIN LATERAL" \
	" (SELECT x.* FROM " table " x WHERE x.issuer_id = $1"             \
	" AND x.invoice_id = w.invoice_id OFFSET 0) AS " alias

#define ROWS_OF_ONE(table, alias, key)                          \
	" FROM (SELECT x.* FROM " table " x WHERE x.issuer_id = $1" \
	" AND x.invoice_id = ($2)[1] ORDER BY " key " OFFSET 0) AS " alias

static const struct
{
	const char *first, *columns, *rest, *rest_of_one;
} parts[TEMPLATE_GROUP_COUNT] = {
	{"SELECT i.invoice_id", invoice_columns,
	 ROWS_OF("mailroom.invoice", "i") " JOIN mailroom.issuer s ON s.issuer_id = i.issuer_id"
									  " LEFT JOIN mailroom.party p ON p.issuer_id = i.issuer_id "
									  "AND p.party_id = i.recipient_party_id"
									  " LEFT JOIN LATERAL (SELECT c.* FROM"
									  " mailroom.recipient_correction c WHERE c.issuer_id = $1"
									  " AND c.invoice_id = i.invoice_id OFFSET 0) AS c ON true"
									  " ORDER BY i.invoice_id",
	 NULL},
	{"SELECT l.invoice_id", line_columns,
	 ROWS_OF("mailroom.invoice_line", "l") " ORDER BY l.invoice_id, l.line_no",
	 ROWS_OF_ONE("mailroom.invoice_line", "l", "x.line_no")},
	{"SELECT t.invoice_id", tax_columns,
	 ROWS_OF("mailroom.invoice_tax", "t") " ORDER BY t.invoice_id, t.tax_no", NULL},
	{"SELECT a.invoice_id", adjustment_columns,
	 ROWS_OF("mailroom.invoice_adjustment",
			 "a") " ORDER BY a.invoice_id, a.line_no NULLS FIRST, a.adjustment_no",
	 ROWS_OF_ONE("mailroom.invoice_adjustment", "a", "x.line_no NULLS FIRST, x.adjustment_no")},
};

/* Invoices without own data and of issuers without brands give no row. */
static Statement find_trees = STATEMENT(
	"SELECT w.invoice_id, d.data, (SELECT pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(b))"
	" FROM mailroom.brand b WHERE b.issuer_id = $1 AND b.brand = coalesce(d.brand,"
	" (SELECT mailroom.choose_brand($1, CASE WHEN p.party_id IS NULL THEN i.buyer_no"
	" ELSE p.customer_no END, coalesce(d.template, 'invoice'), i.type_code)"
	" FROM mailroom.invoice i LEFT JOIN mailroom.party p ON p.issuer_id = i.issuer_id"
	" AND p.party_id = i.recipient_party_id"
	" WHERE i.issuer_id = $1 AND i.invoice_id = w.invoice_id))), d.brand"
	" FROM pg_catalog.unnest($2) AS w (invoice_id) LEFT JOIN LATERAL (SELECT x.* FROM"
	" mailroom.document_data x WHERE x.issuer_id = $1 AND x.invoice_id = w.invoice_id OFFSET 0)"
	" AS d ON true"
	" WHERE d.invoice_id IS NOT NULL OR EXISTS (SELECT FROM mailroom.brand_rule r"
	" WHERE r.issuer_id = $1) ORDER BY w.invoice_id",
	INT8OID, INT8ARRAYOID);

static Statement *group_statement(TemplateGroup group, bool single);
static void load_group(LoadedBatch *batch, TemplateGroup group, Datum *arguments);
static void load_single(LoadedBatch *batch, TemplateGroup group, Datum *arguments);
static void keep_rows(LoadedGroup *loaded, TemplateGroup group);
static void load_trees(LoadedTrees *trees, Datum *arguments);

/* Rows that a cursor brings at a time: an invoice that has fewer is loaded as all are. */
#define CURSOR_ROWS 1000
#define PACKED_BLOCK (64 * 1024)

void
document_open_batch(LoadedBatch *batch, MemoryContext parent)
{
	memset(batch, 0, sizeof(*batch));
	batch->context = AllocSetContextCreate(parent, "mailroom invoices", ALLOCSET_DEFAULT_SIZES);
}

void
document_close_batch(LoadedBatch *batch)
{
	for (int group = 0; group < TEMPLATE_GROUP_COUNT; group++)
		if (batch->groups[group].table != NULL)
			SPI_freetuptable(batch->groups[group].table);
	memset(batch->groups, 0, sizeof(batch->groups));
	memset(&batch->trees, 0, sizeof(batch->trees));
	MemoryContextReset(batch->context);
}

void
document_load_batch(LoadedBatch *batch, int64 issuer_id, const int64 *ids, int count)
{
	MemoryContext old;
	Datum *elements;
	Datum arguments[2];

	document_close_batch(batch);
	old = MemoryContextSwitchTo(batch->context);
	elements = palloc(sizeof(Datum) * count);
	for (int i = 0; i < count; i++)
		elements[i] = Int64GetDatum(ids[i]);
	arguments[0] = Int64GetDatum(issuer_id);
	arguments[1] = PointerGetDatum(
		construct_array(elements, count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	for (int group = 0; group < TEMPLATE_GROUP_COUNT; group++)
		if (count == 1 && parts[group].rest_of_one != NULL)
			load_single(batch, group, arguments);
		else
			load_group(batch, group, arguments);
	load_trees(&batch->trees, arguments);
	MemoryContextSwitchTo(old);
}

static Statement *
group_statement(TemplateGroup group, bool single)
{
	Statement *statement = single ? &single_statements[group] : &statements[group];
	const char *rest = single ? parts[group].rest_of_one : parts[group].rest;

	if (statement->text == NULL)
	{
		Size room = strlen(parts[group].first) + strlen(parts[group].columns) + strlen(rest) + 1;
		char *text = MemoryContextAlloc(TopMemoryContext, room);

		snprintf(text, room, "%s%s%s", parts[group].first, parts[group].columns, rest);
		statement->text = text;
	}
	return statement;
}

static void
load_group(LoadedBatch *batch, TemplateGroup group, Datum *arguments)
{
	LoadedGroup *loaded = &batch->groups[group];

	loaded->count = (int) statement_run(group_statement(group, false), arguments, NULL);
	loaded->table = SPI_tuptable;
	keep_rows(loaded, group);
}

/* The values of a tuple; they point into it.  nulls and datums have room for its columns. */
static void
take_tuple(const SPITupleTable *table, int row, int fields, Slice *values, Datum *datums,
		   bool *nulls)
{
	heap_deform_tuple(table->vals[row], table->tupdesc, datums, nulls);
	for (int i = 0; i < fields; i++)
	{
		text *value;

		values[i] = (Slice){NULL, 0};
		if (nulls[i + 1])
			continue;
		value = DatumGetTextPP(datums[i + 1]);
		values[i] = (Slice){VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};
	}
}

/* The rows of a result that stays, laid out. */
static void
keep_rows(LoadedGroup *loaded, TemplateGroup group)
{
	int fields = template_group_size(group);
	Datum *datums = palloc(sizeof(Datum) * (fields + 1));
	bool *nulls = palloc(sizeof(bool) * (fields + 1));
	Slice *values = MemoryContextAllocExtended(
		CurrentMemoryContext, sizeof(Slice) * fields * (loaded->count + (Size) 1), MCXT_ALLOC_HUGE);

	loaded->invoice_ids = palloc(sizeof(int64) * (loaded->count + 1));
	loaded->rows = palloc(sizeof(Slice *) * (loaded->count + 1));
	for (int row = 0; row < loaded->count; row++)
	{
		CHECK_FOR_INTERRUPTS();
		take_tuple(loaded->table, row, fields, values, datums, nulls);
		loaded->invoice_ids[row] = DatumGetInt64(datums[0]);
		loaded->rows[row] = values;
		values += fields;
	}
}

/* ---------- one invoice of many rows ---------- */

typedef struct Packing
{
	char *at;
	Size room;
	int row_room;
} Packing;

static char *
packed_room(Packing *packing, Size size)
{
	char *at;

	if (size > packing->room)
	{
		packing->room = Max(size, PACKED_BLOCK);
		packing->at = palloc(packing->room);
	}
	at = packing->at;
	packing->at += size;
	packing->room -= size;
	return at;
}

/* Packs the rows that the cursor brought, behind those it brought before. */
static void
pack_rows(LoadedGroup *loaded, TemplateGroup group, Packing *packing)
{
	int fields = template_group_size(group), count = (int) SPI_processed;
	Slice values[TEMPLATE_PACKED_FIELDS];
	Datum datums[TEMPLATE_PACKED_FIELDS + 1];
	bool nulls[TEMPLATE_PACKED_FIELDS + 1];

	if (loaded->count + count > packing->row_room)
	{
		packing->row_room = (loaded->count + count) * 2;
		loaded->packed = loaded->packed == NULL
							 ? palloc(sizeof(char *) * packing->row_room)
							 : repalloc_huge(loaded->packed, sizeof(char *) * packing->row_room);
	}
	for (int row = 0; row < count; row++)
	{
		char *packed;

		take_tuple(SPI_tuptable, row, fields, values, datums, nulls);
		packed = packed_room(packing, template_row_packed_size(values, fields));
		template_row_pack(values, fields, packed);
		loaded->packed[loaded->count++] = packed;
	}
}

static void
load_single(LoadedBatch *batch, TemplateGroup group, Datum *arguments)
{
	LoadedGroup *loaded = &batch->groups[group];
	Portal cursor =
		SPI_cursor_open(NULL, statement_plan(group_statement(group, true)), arguments, NULL, false);
	Packing packing = {NULL, 0, 0};

	SPI_cursor_fetch(cursor, true, CURSOR_ROWS);
	if (SPI_processed < CURSOR_ROWS)
	{
		loaded->count = (int) SPI_processed;
		loaded->table = SPI_tuptable;
		keep_rows(loaded, group);
	}
	else
		while (SPI_processed > 0)
		{
			CHECK_FOR_INTERRUPTS();
			pack_rows(loaded, group, &packing);
			SPI_freetuptable(SPI_tuptable);
			SPI_cursor_fetch(cursor, true, CURSOR_ROWS);
		}
	SPI_cursor_close(cursor);
}

/* ---------- trees ---------- */

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
	trees->no_brands = palloc(sizeof(char *) * (trees->count + 1));
	for (int row = 0; row < trees->count; row++)
	{
		trees->invoice_ids[row] = statement_int64(row, 1);
		trees->data[row] = load_tree(row, 2);
		trees->brands[row] = load_tree(row, 3);
		trees->no_brands[row] =
			trees->brands[row] != NULL ? NULL : statement_text(row, 4, CurrentMemoryContext);
	}
	SPI_freetuptable(table);
}

static void
next_trees(LoadedTrees *trees, int64 invoice_id, TemplateData *data)
{
	data->tree = data->brand = NULL;
	data->no_brand = (Slice){NULL, 0};
	while (trees->next < trees->count && trees->invoice_ids[trees->next] < invoice_id)
		trees->next++;
	if (trees->next < trees->count && trees->invoice_ids[trees->next] == invoice_id)
	{
		data->tree = trees->data[trees->next];
		data->brand = trees->brands[trees->next];
		if (trees->no_brands[trees->next] != NULL)
			data->no_brand =
				(Slice){trees->no_brands[trees->next], strlen(trees->no_brands[trees->next])};
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

		if (loaded->packed != NULL)
		{
			data->groups[group] =
				(TemplateRows){loaded->count, NULL, (const char *const *) loaded->packed};
			continue;
		}
		while (loaded->next < loaded->count && loaded->invoice_ids[loaded->next] < *invoice_id)
			loaded->next++;
		first = loaded->next;
		while (loaded->next < loaded->count && loaded->invoice_ids[loaded->next] == *invoice_id)
			loaded->next++;
		data->groups[group] = (TemplateRows){loaded->next - first, loaded->rows + first, NULL};
	}
	next_trees(&batch->trees, *invoice_id, data);
	return true;
}
