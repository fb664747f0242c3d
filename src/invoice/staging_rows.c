/*
 * staging_rows.c: door (c), staged rows into the same sink, rules and store as a file.
 *
 * One ordered join of headers and lines is read through a cursor, as if it were a flat file whose
 * header repeats in each row.  What the rows leave out (seller, VAT breakdown, totals) comes from
 * the issuer or is derived.  Rows that arrived after the close do not belong to the batch.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "base/port_server.h"
#include "base/statement.h"
#include "base/version.h"
#include "catalog/pg_type.h"
#include "core/flat_document.h"
#include "core/flat_reader.h"
#include "core/layout.h"
#include "export.h"
#include "invoice/import_run.h"
#include "jobs/jobs.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

MAILROOM_FUNCTION(mailroom_import_rows);

#define FETCH_ROWS 1000
/* orphan lines named one by one; more are only counted */
#define ORPHANS_SHOWN 100

typedef struct StagedTerm
{
	const char *expression;
	InvoiceTerm term;
} StagedTerm;

typedef struct BatchSource
{
	char *batch_key;
	int64 last_row_id, last_line_row_id;
	FlatDocument *document;
	int64 header_row_id; /* of the open document */
	ImportRun *run;
	int long_rows;
} BatchSource;

/* text of a row, as a record of a file may have */
#define ROW_TEXT_LIMIT FLAT_RECORD_LIMIT
#define LONG_ROWS_SHOWN 20

#define ISO_DATE(column) "pg_catalog.to_char(" column ", 'YYYY-MM-DD')"

static const StagedTerm header_terms[] = {
	{"h.invoice_number", TERM_BT_1},
	{ISO_DATE("h.issue_date"), TERM_BT_2},
	{"h.type_code", TERM_BT_3},
	{"h.currency", TERM_BT_5},
	{ISO_DATE("h.due_date"), TERM_BT_9},
	{"h.buyer_reference", TERM_BT_10},
	{"h.contract_reference", TERM_BT_12},
	{"h.order_reference", TERM_BT_13},
	{"h.payment_terms", TERM_BT_20},
	{"coalesce(h.seller_name, i.name)", TERM_BT_27},
	{"CASE WHEN h.seller_name IS NULL THEN i.registration_no ELSE h.seller_registration_no END",
	 TERM_BT_30},
	{"CASE WHEN h.seller_name IS NULL THEN i.vat_id ELSE h.seller_vat_id END", TERM_BT_31},
	{"h.seller_endpoint", TERM_BT_34},
	{"h.seller_endpoint_scheme", TERM_BT_34_1},
	{"CASE WHEN h.seller_name IS NULL THEN i.street ELSE h.seller_street END", TERM_BT_35},
	{"CASE WHEN h.seller_name IS NULL THEN i.city ELSE h.seller_city END", TERM_BT_37},
	{"CASE WHEN h.seller_name IS NULL THEN i.postcode ELSE h.seller_postcode END", TERM_BT_38},
	{"CASE WHEN h.seller_name IS NULL THEN i.country ELSE h.seller_country END", TERM_BT_40},
	{"h.buyer_name", TERM_BT_44},
	{"h.buyer_no", TERM_BT_46},
	{"h.buyer_registration_no", TERM_BT_47},
	{"h.buyer_vat_id", TERM_BT_48},
	{"h.buyer_endpoint", TERM_BT_49},
	{"h.buyer_endpoint_scheme", TERM_BT_49_1},
	{"h.buyer_street", TERM_BT_50},
	{"h.buyer_street_2", TERM_BT_51},
	{"h.buyer_city", TERM_BT_52},
	{"h.buyer_postcode", TERM_BT_53},
	{"h.buyer_country", TERM_BT_55},
	{"h.buyer_email", TERM_BT_58},
	{ISO_DATE("h.period_start"), TERM_BT_73},
	{ISO_DATE("h.period_end"), TERM_BT_74},
	{"h.payment_means", TERM_BT_81},
	{"h.payment_reference", TERM_BT_83},
	{"h.line_total::text", TERM_BT_106},
	{"nullif(h.allowance_amount, 0)::text", TERM_BT_107},
	{"nullif(h.charge_amount, 0)::text", TERM_BT_108},
	{"h.net_total::text", TERM_BT_109},
	{"h.tax_total::text", TERM_BT_110},
	{"h.gross_total::text", TERM_BT_112},
	{"h.paid_amount::text", TERM_BT_113},
	{"h.rounding_amount::text", TERM_BT_114},
	{"h.payable_amount::text", TERM_BT_115},
	{"h.note", TERM_BT_22},
	{"h.preceding_invoice", TERM_BT_25},
	{"coalesce(h.payee_account, i.payee_account)", TERM_BT_84},
	{"nullif(h.allowance_amount, 0)::text", TERM_BT_92},
	{"h.allowance_tax_category", TERM_BT_95},
	{"h.allowance_tax_rate::text", TERM_BT_96},
	{"coalesce(h.allowance_reason, 'Discount')", TERM_BT_97},
	{"nullif(h.charge_amount, 0)::text", TERM_BT_99},
	{"h.charge_tax_category", TERM_BT_102},
	{"h.charge_tax_rate::text", TERM_BT_103},
	{"coalesce(h.charge_reason, 'Fee')", TERM_BT_104},
};

static const StagedTerm line_terms[] = {
	{"l.line_id", TERM_BT_126},
	{"l.note", TERM_BT_127},
	{"l.quantity::text", TERM_BT_129},
	{"l.unit_code", TERM_BT_130},
	{"l.net_amount::text", TERM_BT_131},
	{"l.accounting_reference", TERM_BT_133},
	{ISO_DATE("l.period_start"), TERM_BT_134},
	{ISO_DATE("l.period_end"), TERM_BT_135},
	{"l.price::text", TERM_BT_146},
	{"l.base_quantity::text", TERM_BT_149},
	{"l.tax_category", TERM_BT_151},
	{"l.tax_rate::text", TERM_BT_152},
	{"l.item_name", TERM_BT_153},
	{"l.item_description", TERM_BT_154},
	{"l.item_id", TERM_BT_155},
	{"nullif(l.discount_amount, 0)::text", TERM_BT_136},
	{"coalesce(l.discount_reason, 'Discount')", TERM_BT_139},
};

/* a group of the header goes out when this term of it is there */
static const InvoiceTerm header_groups[] = {TERM_BT_22, TERM_BT_25, TERM_BT_84, TERM_BT_92,
											TERM_BT_99};

#define ROW_COLUMNS 2 /* header row, whether there is a line; then the terms */

static void read_batch_head(ImportRun *run, BatchSource *source);
static void read_rows(ImportRun *run, const InvoiceSink *sink);
static Portal open_cursor(ImportRun *run, BatchSource *source);
static void read_row(BatchSource *source, uint64 row);
static void begin_document(BatchSource *source, uint64 row);
static void add_line(BatchSource *source, uint64 row);
static void read_terms(BatchSource *source, uint64 row, int first_column, const StagedTerm *terms,
					   int count, Slice *values);
static void note_long_row(BatchSource *source, uint64 row);
static void name_orphans(ImportRun *run, BatchSource *source);
static void expect_ok(PortStatus status);

static Statement find_batch = STATEMENT(
	"SELECT b.batch_key, b.last_row_id, b.last_line_row_id, b.expected_count,"
	" b.expected_total::text, b.expected_currency, coalesce(b.fault_policy, i.fault_policy),"
	" b.received_at FROM mailroom.import_batch b"
	" JOIN mailroom.issuer i ON i.issuer_id = b.issuer_id"
	" WHERE b.issuer_id = $1 AND b.batch_id = $2",
	INT8OID, INT8OID);

/* Headers and lines in one pass: staging tables have no statistics that a join could be planned
 * by. */
static Statement find_orphans = STATEMENT(
	"SELECT n.invoice_number, pg_catalog.sum(n.lines), pg_catalog.min(n.row_id)"
	" FROM (SELECT l.invoice_number, 1 AS lines, l.row_id FROM mailroom.incoming_invoice_line l"
	"  WHERE l.issuer_id = $1 AND l.batch_key = $2 AND l.row_id <= $3"
	"  UNION ALL SELECT h.invoice_number, 0, NULL FROM mailroom.incoming_invoice h"
	"  WHERE h.issuer_id = $1 AND h.batch_key = $2 AND h.row_id <= $4) n"
	" GROUP BY 1 HAVING pg_catalog.count(n.row_id) = pg_catalog.count(*) ORDER BY 1",
	INT8OID, TEXTOID, INT8OID, INT8OID);

/* mailroom.import_rows(issuer_id bigint, batch_id bigint) → jsonb */
Datum
mailroom_import_rows(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	ImportRun run = {0};
	BatchSource source = {0};
	Datum result;

	version_check();
	run.target.issuer_id = PG_GETARG_INT64(0);
	run.target.batch_id = PG_GETARG_INT64(1);
	run.target.origin = "batch";
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	read_batch_head(&run, &source);
	run.source = &source;
	import_run(&run, 1, read_rows);
	MemoryContextSwitchTo(caller);
	result = DirectFunctionCall1(jsonb_in, CStringGetDatum(run.outcome));
	SPI_finish();
	PG_RETURN_DATUM(result);
}

static void
read_batch_head(ImportRun *run, BatchSource *source)
{
	Datum arguments[] = {Int64GetDatum(run->target.issuer_id), Int64GetDatum(run->target.batch_id)};
	bool isnull;

	if (statement_run(&find_batch, arguments, NULL) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("import batch " INT64_FORMAT " does not exist", run->target.batch_id)));
	source->batch_key = statement_text(0, 1, CurrentMemoryContext);
	source->last_row_id = statement_int64(0, 2);
	source->last_line_row_id = statement_int64(0, 3);
	run->expected_count = statement_int64(0, 4);
	run->expected_total = statement_text(0, 5, CurrentMemoryContext);
	run->expected_currency = statement_text(0, 6, CurrentMemoryContext);
	run->refuse_on_fault = strcmp(statement_text(0, 7, CurrentMemoryContext), "refuse_file") == 0;
	run->target.received_at = DatumGetTimestampTz(statement_value(0, 8, &isnull));
	SPI_freetuptable(SPI_tuptable);
}

static void
read_rows(ImportRun *run, const InvoiceSink *sink)
{
	BatchSource *source = run->source;
	Port port = port_server(CurrentMemoryContext);
	MemoryContext fetch_context =
		AllocSetContextCreate(CurrentMemoryContext, "mailroom staged rows", ALLOCSET_DEFAULT_SIZES);
	Portal cursor = open_cursor(run, source);

	source->run = run;
	source->document = flat_document_open(
		&port, sink, "rows", LAYOUT_DERIVE_TAX | LAYOUT_DERIVE_TOTALS, run->expected_currency);
	if (source->document == NULL)
		expect_ok(PORT_NO_MEMORY);
	for (;;)
	{
		MemoryContext old;
		SPITupleTable *rows;
		uint64 count;

		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(cursor, true, FETCH_ROWS);
		count = SPI_processed;
		rows = SPI_tuptable;
		if (count == 0)
			break;
		old = MemoryContextSwitchTo(fetch_context);
		for (uint64 i = 0; i < count; i++)
		{
			/* the store runs statements of its own between rows */
			SPI_tuptable = rows;
			read_row(source, i);
		}
		MemoryContextSwitchTo(old);
		MemoryContextReset(fetch_context);
		SPI_freetuptable(rows);
		jobs_report_progress(flat_document_number(source->document), run->expected_count);
	}
	if (flat_document_is_open(source->document))
		expect_ok(flat_document_end(source->document));
	SPI_cursor_close(cursor);
	MemoryContextDelete(fetch_context);
	name_orphans(run, source);
}

static Portal
open_cursor(ImportRun *run, BatchSource *source)
{
	Oid types[] = {INT8OID, TEXTOID, INT8OID, INT8OID};
	Datum arguments[] = {Int64GetDatum(run->target.issuer_id),
						 CStringGetTextDatum(source->batch_key), Int64GetDatum(source->last_row_id),
						 Int64GetDatum(source->last_line_row_id)};
	StringInfoData query;

	initStringInfo(&query);
	appendStringInfoString(&query, "SELECT h.row_id, l.row_id IS NOT NULL");
	for (int i = 0; i < (int) lengthof(header_terms); i++)
		appendStringInfo(&query, ", %s", header_terms[i].expression);
	for (int i = 0; i < (int) lengthof(line_terms); i++)
		appendStringInfo(&query, ", %s", line_terms[i].expression);
	appendStringInfoString(
		&query,
		" FROM mailroom.incoming_invoice h"
		" JOIN mailroom.issuer i ON i.issuer_id = h.issuer_id"
		/* by key for each header: the table was filled a moment ago and has no statistics */
		" LEFT JOIN LATERAL (SELECT * FROM mailroom.incoming_invoice_line k"
		" WHERE k.issuer_id = h.issuer_id AND k.batch_key = h.batch_key"
		" AND k.invoice_number = h.invoice_number AND k.row_id <= $4 OFFSET 0) l ON true"
		" WHERE h.issuer_id = $1 AND h.batch_key = $2 AND h.row_id <= $3"
		" ORDER BY h.row_id, l.row_id");
	return SPI_cursor_open_with_args(NULL, query.data, lengthof(types), types, arguments, NULL,
									 true, CURSOR_OPT_NO_SCROLL);
}

static void
read_row(BatchSource *source, uint64 row)
{
	int64 header_row_id = statement_int64(row, 1);
	bool isnull;
	SPITupleTable *rows = SPI_tuptable;

	if (!flat_document_is_open(source->document) || header_row_id != source->header_row_id)
	{
		if (flat_document_is_open(source->document))
			expect_ok(flat_document_end(source->document));
		source->header_row_id = header_row_id;
		SPI_tuptable = rows;
		begin_document(source, row);
	}
	SPI_tuptable = rows;
	if (DatumGetBool(statement_value(row, 2, &isnull)))
		add_line(source, row);
}

static void
begin_document(BatchSource *source, uint64 row)
{
	Slice values[INVOICE_TERM_COUNT];

	read_terms(source, row, ROW_COLUMNS + 1, header_terms, lengthof(header_terms), values);
	expect_ok(flat_document_begin(source->document, 0));
	for (int i = 0; i < (int) lengthof(header_terms); i++)
		if (invoice_term_info[header_terms[i].term].group == INVOICE_DOCUMENT &&
			values[header_terms[i].term].length > 0)
			expect_ok(flat_document_set(source->document, header_terms[i].term,
										values[header_terms[i].term]));
	for (int i = 0; i < (int) lengthof(header_groups); i++)
		if (values[header_groups[i]].length > 0)
			expect_ok(flat_document_group(source->document,
										  invoice_term_info[header_groups[i]].group, 0, values));
}

static void
add_line(BatchSource *source, uint64 row)
{
	Slice values[INVOICE_TERM_COUNT];
	char number[24];

	read_terms(source, row, ROW_COLUMNS + 1 + lengthof(header_terms), line_terms,
			   lengthof(line_terms), values);
	flat_document_next_line(source->document);
	if (values[TERM_BT_126].length == 0)
	{
		values[TERM_BT_126].length = (size_t) snprintf(
			number, sizeof(number), INT64_FORMAT, (int64) flat_document_lines(source->document));
		values[TERM_BT_126].bytes = number;
	}
	if (values[TERM_BT_136].length > 0)
		expect_ok(flat_document_group(source->document, INVOICE_LINE_ALLOWANCE, 0, values));
	expect_ok(flat_document_group(source->document, INVOICE_LINE, 0, values));
}

/*
 * All terms absent but those of the list, trimmed of nothing: rows say what they say.  What is
 * longer than a record of a file may be is not even taken out of its TOAST.
 */
static void
read_terms(BatchSource *source, uint64 row, int first_column, const StagedTerm *terms, int count,
		   Slice *values)
{
	Size length = 0;

	memset(values, 0, sizeof(Slice) * INVOICE_TERM_COUNT);
	for (int i = 0; i < count; i++)
	{
		bool isnull;
		Datum column = statement_value(row, first_column + i, &isnull);
		char *value;

		if (!isnull)
			length += toast_raw_datum_size(column) - VARHDRSZ;
		if (length > ROW_TEXT_LIMIT)
		{
			note_long_row(source, row);
			return;
		}
		value = statement_text(row, first_column + i, CurrentMemoryContext);
		if (value == NULL || value[0] == 0)
			continue;
		values[terms[i].term].bytes = value;
		values[terms[i].term].length = strlen(value);
	}
}

static void
note_long_row(BatchSource *source, uint64 row)
{
	char *number = statement_text(row, ROW_COLUMNS + 1, CurrentMemoryContext);

	if (source->long_rows++ < LONG_ROWS_SHOWN)
		import_run_fault(source->run, "FLAT-LENGTH", psprintf("rows of invoice %.60s", number),
						 "a row of invoice \"%.60s\" is longer than %d bytes", number,
						 ROW_TEXT_LIMIT);
}

static void
name_orphans(ImportRun *run, BatchSource *source)
{
	Datum arguments[] = {
		Int64GetDatum(run->target.issuer_id), CStringGetTextDatum(source->batch_key),
		Int64GetDatum(source->last_line_row_id), Int64GetDatum(source->last_row_id)};
	uint64 found = statement_run(&find_orphans, arguments, NULL);

	for (uint64 i = 0; i < found && i < ORPHANS_SHOWN; i++)
	{
		char *number = statement_text(i, 1, CurrentMemoryContext);

		import_run_fault(run, "BATCH-ORPHAN", psprintf("line rows of invoice %.60s", number),
						 "invoice \"%.60s\" has no header row, and " INT64_FORMAT " line rows",
						 number, statement_int64(i, 2));
	}
	if (found > ORPHANS_SHOWN)
		import_run_fault(run, "BATCH-ORPHAN", NULL,
						 "lines of " UINT64_FORMAT " more invoices have no header row",
						 found - ORPHANS_SHOWN);
	SPI_freetuptable(SPI_tuptable);
}

/* The document is core's and the store throws by itself: only memory can be lacking. */
static void
expect_ok(PortStatus status)
{
	if (status != PORT_OK)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
}
