/*
 * write_stored.c: invoices out of the tables, batch by batch, lines one after the other.
 *
 * Four cursors a batch, one for each table, all in the order in which the invoices were asked for;
 * the rows of an invoice are then a run in each.  Memory holds a page of rows of each cursor and
 * one invoice that is being written, whatever the number of lines or invoices.
 */
#include "postgres.h"

#include "base/errors.h"
#include "base/port_server.h"
#include "base/statement.h"
#include "catalog/pg_type.h"
#include "invoice/write_source.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/memutils.h"

#define BATCH_INVOICES 256
#define PAGE_ROWS 512

/* -- columns and their terms; every other column of a row has a meaning of its own, below
 * ---------- */

#define HEADER_COLUMNS(C)               \
	C("invoice_number", BT_1)           \
	C("issue_date", BT_2)               \
	C("type_code", BT_3)                \
	C("currency", BT_5)                 \
	C("due_date", BT_9)                 \
	C("buyer_reference", BT_10)         \
	C("order_reference", BT_13)         \
	C("payment_terms", BT_20)           \
	C("seller_name", BT_27)             \
	C("seller_registration_no", BT_30)  \
	C("seller_vat_id", BT_31)           \
	C("seller_endpoint", BT_34)         \
	C("buyer_name", BT_44)              \
	C("buyer_no", BT_46)                \
	C("buyer_registration_no", BT_47)   \
	C("buyer_vat_id", BT_48)            \
	C("buyer_endpoint", BT_49)          \
	C("buyer_endpoint_scheme", BT_49_1) \
	C("buyer_street", BT_50)            \
	C("buyer_street_2", BT_51)          \
	C("buyer_city", BT_52)              \
	C("buyer_postcode", BT_53)          \
	C("buyer_country", BT_55)           \
	C("buyer_email", BT_58)             \
	C("period_start", BT_73)            \
	C("period_end", BT_74)              \
	C("payment_means", BT_81)           \
	C("payment_reference", BT_83)       \
	C("line_total", BT_106)             \
	C("allowance_total", BT_107)        \
	C("charge_total", BT_108)           \
	C("net_total", BT_109)              \
	C("tax_total", BT_110)              \
	C("gross_total", BT_112)            \
	C("paid_amount", BT_113)            \
	C("rounding_amount", BT_114)        \
	C("payable_amount", BT_115)
#define LINE_COLUMNS(C)               \
	C("line_id", BT_126)              \
	C("quantity", BT_129)             \
	C("unit_code", BT_130)            \
	C("net_amount", BT_131)           \
	C("price", BT_146)                \
	C("base_quantity", BT_149)        \
	C("tax_category", BT_151)         \
	C("tax_rate", BT_152)             \
	C("item_name", BT_153)            \
	C("item_description", BT_154)     \
	C("item_id", BT_155)              \
	C("accounting_reference", BT_133) \
	C("period_start", BT_134)         \
	C("period_end", BT_135)           \
	C("note", BT_127)
#define TAX_COLUMNS(C)            \
	C("category", BT_118)         \
	C("rate", BT_119)             \
	C("taxable_amount", BT_116)   \
	C("tax_amount", BT_117)       \
	C("exemption_reason", BT_120) \
	C("exemption_code", BT_121)
/* terms of the four kinds of allowances and charges, in the order of these columns */
#define ADJUSTMENT_COLUMNS \
	", x.amount, x.base_amount, x.percentage, x.reason, x.reason_code, x.tax_category, x.tax_rate"

#define COLUMN_NAME(name, term) ", x." name
#define COLUMN_TERM(name, term) TERM_##term,

static const InvoiceTerm header_terms[] = {HEADER_COLUMNS(COLUMN_TERM)};
static const InvoiceTerm line_terms[] = {LINE_COLUMNS(COLUMN_TERM)};
static const InvoiceTerm tax_terms[] = {TAX_COLUMNS(COLUMN_TERM)};
static const InvoiceTerm allowance_terms[] = {TERM_BT_92, TERM_BT_93, TERM_BT_94, TERM_BT_97,
											  TERM_BT_98, TERM_BT_95, TERM_BT_96};
static const InvoiceTerm charge_terms[] = {TERM_BT_99,	TERM_BT_100, TERM_BT_101, TERM_BT_104,
										   TERM_BT_105, TERM_BT_102, TERM_BT_103};
static const InvoiceTerm line_allowance_terms[] = {TERM_BT_136, TERM_BT_137, TERM_BT_138,
												   TERM_BT_139, TERM_BT_140};
static const InvoiceTerm line_charge_terms[] = {TERM_BT_141, TERM_BT_142, TERM_BT_143, TERM_BT_144,
												TERM_BT_145};

/* The supplier of a self-billed invoice: its address is the party's. */
static const InvoiceTerm supplier_terms[] = {TERM_BT_35, TERM_BT_36, TERM_BT_37, TERM_BT_38,
											 TERM_BT_40};

/*
 * OFFSET 0 makes it a lookup by key for each, whatever the statistics of tables say that were
 * filled a moment ago.
 */
#define ROWS_OF(table)                                                                      \
	" FROM pg_catalog.unnest($2) WITH ORDINALITY AS w (invoice_id, n) CROSS JOIN LATERAL"   \
	" (SELECT t.* FROM " table " t WHERE t.issuer_id = $1 AND t.invoice_id = w.invoice_id " \
	"OFFSET 0) AS x"

enum
{
	HEADERS,
	LINES,
	TAXES,
	ADJUSTMENTS,
	STREAM_COUNT
};

/* Columns of the header's row before those of the supplier and the terms. */
enum
{
	HEADER_OTHER = 1,
	HEADER_PRECEDING,
	HEADER_NOTE,
	HEADER_ACCOUNT,
	HEADER_FILE,
	HEADER_DOCUMENT_NO,
	HEADER_SUPPLIER
};

static Statement statements[STREAM_COUNT] = {
	STATEMENT("SELECT w.n, x.other_terms, x.preceding_invoice, x.note, x.payee_account, x.file_id,"
			  " x.document_no, p.street,"
			  " p.street_2, p.city, p.postcode, p.country" HEADER_COLUMNS(COLUMN_NAME)
				  ROWS_OF("mailroom.invoice") " LEFT JOIN LATERAL (SELECT q.* FROM mailroom.party q"
											  " WHERE x.origin = 'self_billed' AND q.issuer_id = $1"
											  " AND q.party_id = x.recipient_party_id OFFSET 0) AS "
											  "p ON true ORDER BY w.n",
			  INT8OID, INT8ARRAYOID),
	STATEMENT("SELECT w.n, x.line_no, x.other_terms" LINE_COLUMNS(COLUMN_NAME)
				  ROWS_OF("mailroom.invoice_line") " ORDER BY w.n, x.line_no",
			  INT8OID, INT8ARRAYOID),
	STATEMENT("SELECT w.n" TAX_COLUMNS(COLUMN_NAME)
				  ROWS_OF("mailroom.invoice_tax") " ORDER BY w.n, x.tax_no",
			  INT8OID, INT8ARRAYOID),
	/* those of the document come first */
	STATEMENT("SELECT w.n, x.line_no, x.is_charge" ADJUSTMENT_COLUMNS ROWS_OF(
				  "mailroom.invoice_adjustment") " ORDER BY w.n, x.line_no NULLS FIRST,"
												 " x.adjustment_no",
			  INT8OID, INT8ARRAYOID)};

#define MAX_COLUMNS 64

/* A cursor with its page of rows and the row at hand. */
typedef struct RowStream
{
	Portal portal;
	SPITupleTable *page;
	uint64 next, rows;
	bool at_row;
	int64 ordinal;
	Datum values[MAX_COLUMNS];
	bool nulls[MAX_COLUMNS];
} RowStream;

typedef struct StoredSource
{
	RowStream streams[STREAM_COUNT];
	InvoiceContent document, line;
	MemoryContext document_context, line_context;
	InvoiceOutput *output;
} StoredSource;

static void write_batch(StoredSource *source, int64 issuer_id, const int64 *ids, int count,
						WriteDone done, void *state);
static void write_one(StoredSource *source, int64 issuer_id, int64 ordinal, int64 invoice_id);
static void open_stream(RowStream *stream, Statement *statement, Datum *arguments);
static void next_row(RowStream *stream);
static Slice column_slice(const RowStream *stream, int column);
static void take_columns(const RowStream *stream, int first, const InvoiceTerm *terms, int count,
						 Slice *row);
static void take_header(StoredSource *source);
static void take_single(StoredSource *source, int column, InvoiceTerm term);
static void take_adjustment(const RowStream *stream, InvoiceContent *content);
static void take_other_terms(const RowStream *stream, int column, InvoiceGroupKind owner,
							 InvoiceContent *content);
static void take_attachments(StoredSource *source, int64 issuer_id, int64 invoice_id);

void
write_stored(int64 issuer_id, const int64 *ids, int count, const WriteWay *way, WriteDone done,
			 void *state)
{
	StoredSource *source = palloc0(sizeof(StoredSource));
	Port port = port_server(CurrentMemoryContext);

	source->document_context =
		AllocSetContextCreate(CurrentMemoryContext, "mailroom invoice", ALLOCSET_DEFAULT_SIZES);
	source->line_context =
		AllocSetContextCreate(CurrentMemoryContext, "mailroom line", ALLOCSET_DEFAULT_SIZES);
	source->output = write_output_open(way);
	invoice_content_init(&source->document, &port);
	invoice_content_init(&source->line, &port);
	for (int at = 0; at < count; at += BATCH_INVOICES)
		write_batch(source, issuer_id, ids + at, Min(BATCH_INVOICES, count - at), done, state);
	write_output_close(source->output);
	MemoryContextDelete(source->document_context);
	MemoryContextDelete(source->line_context);
}

static void
write_batch(StoredSource *source, int64 issuer_id, const int64 *ids, int count, WriteDone done,
			void *state)
{
	MemoryContext caller = CurrentMemoryContext;
	Datum *elements = palloc(sizeof(Datum) * count);
	Datum arguments[2];

	for (int i = 0; i < count; i++)
		elements[i] = Int64GetDatum(ids[i]);
	arguments[0] = Int64GetDatum(issuer_id);
	arguments[1] = PointerGetDatum(
		construct_array(elements, count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	SPI_connect();
	for (int i = 0; i < STREAM_COUNT; i++)
		open_stream(&source->streams[i], &statements[i], arguments);
	for (int i = 0; i < count; i++)
	{
		bytea *content;
		int64 plain_bytes;

		CHECK_FOR_INTERRUPTS();
		write_one(source, issuer_id, i + 1, ids[i]);
		MemoryContextSwitchTo(caller);
		content = write_output_end(source->output, &plain_bytes);
		done(state, ids[i], content, plain_bytes);
	}
	for (int i = 0; i < STREAM_COUNT; i++)
		SPI_cursor_close(source->streams[i].portal);
	SPI_finish();
	MemoryContextSwitchTo(caller);
	pfree(elements);
	pfree(DatumGetPointer(arguments[1]));
}

static void
write_one(StoredSource *source, int64 issuer_id, int64 ordinal, int64 invoice_id)
{
	RowStream *headers = &source->streams[HEADERS], *lines = &source->streams[LINES];
	RowStream *taxes = &source->streams[TAXES], *adjustments = &source->streams[ADJUSTMENTS];
	char label[48];

	MemoryContextReset(source->document_context);
	MemoryContextSwitchTo(source->document_context);
	if (!headers->at_row || headers->ordinal != ordinal)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("invoice " INT64_FORMAT " does not exist", invoice_id)));
	invoice_content_clear(&source->document);
	take_header(source);
	take_attachments(source, issuer_id, invoice_id);
	for (; taxes->at_row && taxes->ordinal == ordinal; next_row(taxes))
		take_columns(taxes, 1, tax_terms, lengthof(tax_terms),
					 write_source_add(&source->document, INVOICE_TAX));
	for (; adjustments->at_row && adjustments->ordinal == ordinal && adjustments->nulls[1];
		 next_row(adjustments))
		take_adjustment(adjustments, &source->document);
	snprintf(label, sizeof(label), "invoice " INT64_FORMAT, invoice_id);
	write_output_begin(source->output, &source->document, label);
	MemoryContextSwitchTo(source->line_context);
	for (; lines->at_row && lines->ordinal == ordinal; next_row(lines))
	{
		int64 line_no = DatumGetInt64(lines->values[1]);

		invoice_content_clear(&source->line);
		take_columns(lines, 3, line_terms, lengthof(line_terms),
					 write_source_add(&source->line, INVOICE_LINE));
		take_other_terms(lines, 2, INVOICE_LINE, &source->line);
		for (; adjustments->at_row && adjustments->ordinal == ordinal &&
			   DatumGetInt64(adjustments->values[1]) <= line_no;
			 next_row(adjustments))
			if (DatumGetInt64(adjustments->values[1]) == line_no)
				take_adjustment(adjustments, &source->line);
		write_output_line(source->output, &source->line);
		MemoryContextReset(source->line_context);
	}
	while (adjustments->at_row && adjustments->ordinal <= ordinal)
		next_row(adjustments);
	next_row(headers);
}

/* -- rows ----------------------------------------------------------------------------------------
 */

static void
open_stream(RowStream *stream, Statement *statement, Datum *arguments)
{
	SPIPlanPtr plan = statement_plan(statement);

	memset(stream, 0, sizeof(*stream));
	stream->portal = SPI_cursor_open(NULL, plan, arguments, NULL, true);
	if (stream->portal == NULL)
		elog(ERROR, "could not open a cursor: %s", SPI_result_code_string(SPI_result));
	next_row(stream);
}

/* Values of the row before are gone when a new page is fetched. */
static void
next_row(RowStream *stream)
{
	if (stream->next == stream->rows)
	{
		MemoryContext old = CurrentMemoryContext;

		if (stream->page != NULL)
			SPI_freetuptable(stream->page);
		SPI_cursor_fetch(stream->portal, true, PAGE_ROWS);
		MemoryContextSwitchTo(old);
		stream->page = SPI_tuptable;
		stream->rows = SPI_processed;
		stream->next = 0;
	}
	stream->at_row = stream->next < stream->rows;
	if (!stream->at_row)
		return;
	Assert(stream->page->tupdesc->natts <= MAX_COLUMNS);
	heap_deform_tuple(stream->page->vals[stream->next++], stream->page->tupdesc, stream->values,
					  stream->nulls);
	stream->ordinal = DatumGetInt64(stream->values[0]);
}

static Slice
date_slice(DateADT date)
{
	char *text = palloc(16);
	int year, month, day;

	j2date(date + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	return (Slice){text, (size_t) snprintf(text, 16, "%04d-%02d-%02d", year, month, day)};
}

static Slice
column_slice(const RowStream *stream, int column)
{
	Datum value = stream->values[column];
	text *string;
	int size;

	if (stream->nulls[column])
		return (Slice){NULL, 0};
	switch (TupleDescAttr(stream->page->tupdesc, column)->atttypid)
	{
		case NUMERICOID:
			return write_source_numeric(value);
		case DATEOID:
			return date_slice(DatumGetDateADT(value));
		default:
			/* a copy: the next page may come before the value is written */
			string = DatumGetTextPP(value);
			size = (int) VARSIZE_ANY_EXHDR(string);
			return write_source_text(pnstrdup(VARDATA_ANY(string), size), size);
	}
}

static void
take_columns(const RowStream *stream, int first, const InvoiceTerm *terms, int count, Slice *row)
{
	InvoiceTerm base = invoice_group_info[invoice_term_info[terms[0]].group].first;

	for (int i = 0; i < count; i++)
		if (!stream->nulls[first + i])
			row[terms[i] - base] = column_slice(stream, first + i);
}

static void
take_header(StoredSource *source)
{
	const RowStream *headers = &source->streams[HEADERS];
	Slice *row = write_source_add(&source->document, INVOICE_DOCUMENT);

	take_columns(headers, HEADER_SUPPLIER + lengthof(supplier_terms), header_terms,
				 lengthof(header_terms), row);
	take_columns(headers, HEADER_SUPPLIER, supplier_terms, lengthof(supplier_terms), row);
	take_other_terms(headers, HEADER_OTHER, INVOICE_DOCUMENT, &source->document);
	take_single(source, HEADER_PRECEDING, TERM_BT_25);
	take_single(source, HEADER_NOTE, TERM_BT_22);
	take_single(source, HEADER_ACCOUNT, TERM_BT_84);
}

/* A column for the usual one; where there is more to say, other_terms has said it all. */
static void
take_single(StoredSource *source, int column, InvoiceTerm term)
{
	InvoiceGroupKind kind = invoice_term_info[term].group;
	const RowStream *headers = &source->streams[HEADERS];

	if (!headers->nulls[column] && source->document.groups[kind].count == 0)
		write_source_add(&source->document, kind)[term - invoice_group_info[kind].first] =
			column_slice(headers, column);
}

static void
take_adjustment(const RowStream *stream, InvoiceContent *content)
{
	bool is_charge = DatumGetBool(stream->values[2]), of_line = !stream->nulls[1];

	if (of_line)
		take_columns(
			stream, 3, is_charge ? line_charge_terms : line_allowance_terms,
			lengthof(line_charge_terms),
			write_source_add(content, is_charge ? INVOICE_LINE_CHARGE : INVOICE_LINE_ALLOWANCE));
	else
		take_columns(stream, 3, is_charge ? charge_terms : allowance_terms, lengthof(charge_terms),
					 write_source_add(content, is_charge ? INVOICE_CHARGE : INVOICE_ALLOWANCE));
}

static void
take_other_terms(const RowStream *stream, int column, InvoiceGroupKind owner,
				 InvoiceContent *content)
{
	Jsonb *terms;

	if (stream->nulls[column])
		return;
	terms = DatumGetJsonbP(stream->values[column]);
	write_json_object(&terms->root, owner, WRITE_JSON_OTHER, content, NULL);
}

/* The tables keep of an attached document that it was there ("2048 characters"). */
static void
take_attachments(StoredSource *source, int64 issuer_id, int64 invoice_id)
{
	const InvoiceRows *rows = &source->document.groups[INVOICE_ATTACHMENT];
	const RowStream *headers = &source->streams[HEADERS];
	bool attached = false;

	for (size_t i = 0; i < rows->count; i++)
		attached |=
			invoice_content_row(&source->document, INVOICE_ATTACHMENT, i)[TERM_BT_125 - TERM_BT_122]
				.length > 0;
	if (!attached)
		return;
	if (headers->nulls[HEADER_FILE])
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_NOT_WRITABLE),
						errmsg("cannot write invoice " INT64_FORMAT
							   " because its attached document is not in the house",
							   invoice_id)));
	write_attachments(&source->document, issuer_id, DatumGetInt64(headers->values[HEADER_FILE]),
					  DatumGetInt64(headers->values[HEADER_DOCUMENT_NO]));
}
