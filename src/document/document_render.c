/*
 * document_render.c: invoices to archived documents.
 *
 * Works in batches bounded by documents, lines and bytes, so memory does not grow with the number
 * of invoices.  Rendering twice is harmless: an invoice that has a document is left out, and the
 * unique key (issuer, invoice, channel) decides between two sessions.
 */
#include "postgres.h"

#include "base/bytea_list.h"
#include "base/clock.h"
#include "base/errors.h"
#include "base/hash.h"
#include "base/statement.h"
#include "base/version.h"
#include "catalog/pg_type.h"
#include "core/template_kind.h"
#include "document/document_hybrid.h"
#include "document/document_load.h"
#include "document/document_writer.h"
#include "export.h"
#include "jobs/jobs.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define BATCH_DOCUMENTS 256
#define BATCH_LINES 4096
#define BATCH_BYTES (8 * 1024 * 1024)

MAILROOM_FUNCTION(mailroom_render_documents);
MAILROOM_FUNCTION(mailroom_render_invoice);
MAILROOM_FUNCTION(mailroom_render_invoice_as);
MAILROOM_FUNCTION(mailroom_preview_template);
MAILROOM_FUNCTION(mailroom_check_template);

/* Documents that are rendered and not stored yet. */
typedef struct Pending
{
	const DocumentWriter *writer;
	MemoryContext context; /* reset when stored */
	int count;
	Size bytes;
	int page_count, page_room;
	int64 invoice_ids[BATCH_DOCUMENTS];
	ByteaList contents;
	Datum sizes[BATCH_DOCUMENTS];
	bytea *hashes[BATCH_DOCUMENTS];
	int pages[BATCH_DOCUMENTS], first_page[BATCH_DOCUMENTS];
	Datum proven[PROOF_VALUE_COUNT][BATCH_DOCUMENTS]; /* text: what the pages say */
	bool unproven[PROOF_VALUE_COUNT][BATCH_DOCUMENTS];
	Datum *page_offsets, *page_lengths;
} Pending;

typedef struct Work
{
	int64 issuer_id;
	int64 *invoice_ids, *line_counts;
	const char **templates;
	int count;
} Work;

/*
 * Invoice and existing document are looked up one by one, so that each is found by its whole key
 * whatever the statistics say: tables that were filled a moment ago have none; a filter over the
 * array or a join then reads all rows of the issuer.  The state is asked for afterwards, because
 * with it the planner takes the partial index of states in work, and reads that.
 */
static Statement find_work = STATEMENT(
	"SELECT i.invoice_id, i.line_count, coalesce((SELECT x.template FROM mailroom.document_data x"
	" WHERE x.issuer_id = i.issuer_id AND x.invoice_id = i.invoice_id), 'invoice') AS template"
	" FROM (SELECT DISTINCT u.id FROM pg_catalog.unnest($2) AS u "
	"(id)) n"
	" CROSS JOIN LATERAL (SELECT k.issuer_id, k.invoice_id, k.state, k.line_count"
	" FROM mailroom.invoice k WHERE k.issuer_id = $1 AND k.invoice_id = n.id OFFSET 0) i"
	" WHERE i.state = 'accepted' AND (SELECT d.document_id FROM mailroom.document d WHERE "
	"d.issuer_id = i.issuer_id"
	" AND d.invoice_id = i.invoice_id AND d.channel = 'print') IS NULL ORDER BY template, "
	"i.invoice_id",
	INT8OID, INT8ARRAYOID);

/* A page's place travels in one flat array; each document takes its slice. */
static Statement insert_documents = STATEMENT(
	"INSERT INTO mailroom.document (issuer_id, invoice_id, template, template_version, pages,"
	" page_offsets, page_lengths, content_bytes, content_sha256, created_at,"
	" proven_number, proven_amount, proven_reference, proven_due_date)"
	" SELECT $1, d.invoice_id, $2, $3, d.pages, ($4)[d.first_page : d.first_page + d.pages - 1],"
	" ($5)[d.first_page : d.first_page + d.pages - 1], d.content_bytes, d.content_sha256, $6,"
	" d.number, d.amount::pg_catalog.numeric, d.reference, d.due_date::pg_catalog.date"
	" FROM ROWS FROM (pg_catalog.unnest($7), pg_catalog.unnest($8), pg_catalog.unnest($9),"
	" pg_catalog.unnest($10), pg_catalog.unnest($11), pg_catalog.unnest($12),"
	" pg_catalog.unnest($13), pg_catalog.unnest($14), pg_catalog.unnest($15))"
	" AS d (invoice_id, pages, first_page, content_bytes, content_sha256, number, amount,"
	" reference, due_date) ORDER BY d.invoice_id"
	" ON CONFLICT (issuer_id, invoice_id, channel) DO NOTHING"
	" RETURNING document_id, invoice_id",
	INT8OID, TEXTOID, INT4OID, INT8ARRAYOID, INT8ARRAYOID, TIMESTAMPTZOID, INT8ARRAYOID,
	INT4ARRAYOID, INT4ARRAYOID, INT8ARRAYOID, BYTEAARRAYOID, TEXTARRAYOID, TEXTARRAYOID,
	TEXTARRAYOID, TEXTARRAYOID);

static Statement store_documents = STATEMENT("SELECT mailroom.archive_store_hashed($1, $2, $3, $4)",
											 INT8OID, INT8ARRAYOID, BYTEAARRAYOID, BYTEAARRAYOID);

static Statement set_aside = STATEMENT("SELECT mailroom.set_aside_invoice($1, $2, $3, NULL, $4)",
									   INT8OID, INT8OID, TEXTOID, TEXTOID);
/* behind the one it was set aside with */
static Statement add_finding =
	STATEMENT("INSERT INTO mailroom.finding (issuer_id, file_id, batch_id, finding_no, "
			  "document_no, invoice_id, location, rule, severity, message)"
			  " SELECT f.issuer_id, f.file_id, f.batch_id, f.finding_no OPERATOR(pg_catalog.+) 1, "
			  "f.document_no, f.invoice_id, f.location, $3, f.severity, $4"
			  " FROM mailroom.finding f WHERE f.issuer_id = $1 AND f.invoice_id = $2 ORDER BY "
			  "f.finding_no DESC LIMIT 1",
			  INT8OID, INT8OID, TEXTOID, TEXTOID);

static bytea *render_one(DocumentWriter *writer, int64 issuer_id, int64 invoice_id,
						 const bytea *attachment, MemoryContext caller);
static bytea *take_bytes(DocumentWriter *writer, MemoryContext caller);
static void collect_work(Work *work, ArrayType *ids);
static int batch_end(const Work *work, int start);
static int64 render_by_template(const Work *work);
static int64 render_work(const Work *work);
static void keep_document(Pending *pending, DocumentWriter *writer, int64 invoice_id);
static bool is_full(const Pending *pending);
static int64 store_pending(const Work *work, Pending *pending);
static void set_aside_faulty(const Work *work, DocumentWriter *writer, int64 invoice_id,
							 const PortFault *fault);

/* mailroom.render_documents(issuer_id bigint, invoice_ids bigint[]) → bigint */
Datum
mailroom_render_documents(PG_FUNCTION_ARGS)
{
	Work work = {.issuer_id = PG_GETARG_INT64(0)};
	int64 rendered;

	version_check();
	SPI_connect();
	collect_work(&work, PG_GETARG_ARRAYTYPE_P(1));
	rendered = render_by_template(&work);
	SPI_finish();
	PG_RETURN_INT64(rendered);
}

/* mailroom.render_invoice(issuer_id bigint, invoice_id bigint) → bytea */
Datum
mailroom_render_invoice(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	DocumentWriter *writer;
	bytea *result;

	version_check();
	SPI_connect();
	writer = document_open_writer(CurrentMemoryContext);
	document_use_issuer_template(
		writer, PG_GETARG_INT64(0),
		document_template_name(PG_GETARG_INT64(0), PG_GETARG_INT64(1), CurrentMemoryContext));
	document_use_issuer_profile(writer, PG_GETARG_INT64(0));
	result = render_one(writer, PG_GETARG_INT64(0), PG_GETARG_INT64(1), NULL, caller);
	SPI_finish();
	PG_RETURN_BYTEA_P(result);
}

/* mailroom.render_invoice(issuer_id bigint, invoice_id bigint, profile text, attachment bytea) */
Datum
mailroom_render_invoice_as(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	DocumentWriter *writer;
	bytea *result;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	version_check();
	SPI_connect();
	writer = document_open_writer(CurrentMemoryContext);
	document_use_issuer_template(
		writer, PG_GETARG_INT64(0),
		document_template_name(PG_GETARG_INT64(0), PG_GETARG_INT64(1), CurrentMemoryContext));
	document_use_profile(writer, text_to_cstring(PG_GETARG_TEXT_PP(2)));
	document_load_images(writer, PG_GETARG_INT64(0));
	result = render_one(writer, PG_GETARG_INT64(0), PG_GETARG_INT64(1),
						PG_ARGISNULL(3) ? NULL : PG_GETARG_BYTEA_PP(3), caller);
	SPI_finish();
	PG_RETURN_BYTEA_P(result);
}

/* mailroom.preview_template(issuer_id bigint, source text, invoice_id bigint) → bytea */
Datum
mailroom_preview_template(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	text *source = PG_GETARG_TEXT_PP(1);
	DocumentWriter *writer;
	bytea *result;

	SPI_connect();
	writer = document_open_writer(CurrentMemoryContext);
	document_use_template(writer, "preview", 0, source);
	document_use_print_profile(writer, PG_GETARG_INT64(0), TEMPLATE_OF_INVOICES);
	document_load_images(writer, PG_GETARG_INT64(0));
	result = render_one(writer, PG_GETARG_INT64(0), PG_GETARG_INT64(2), NULL, caller);
	SPI_finish();
	PG_RETURN_BYTEA_P(result);
}

/* mailroom.check_template(source text) → void */
Datum
mailroom_check_template(PG_FUNCTION_ARGS)
{
	document_use_template(document_open_writer(CurrentMemoryContext), "check", 0,
						  PG_GETARG_TEXT_PP(0));
	PG_RETURN_VOID();
}

/*
 * The document of one invoice, in caller's memory; SPI must be connected.  A hybrid without an
 * attachment of the caller gets the invoice as our writer has it.
 */
static bytea *
render_one(DocumentWriter *writer, int64 issuer_id, int64 invoice_id, const bytea *attachment,
		   MemoryContext caller)
{
	LoadedBatch batch;
	TemplateData data;
	PortFault fault;
	PortStatus status;
	size_t plain_length = 0;
	int64 found;

	document_open_batch(&batch, CurrentMemoryContext);
	document_load_batch(&batch, issuer_id, &invoice_id, 1);
	if (!document_next_invoice(&batch, &found, &data))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("invoice " INT64_FORMAT " does not exist", invoice_id)));
	if (attachment != NULL)
		document_check_attachment(writer, attachment, &data);
	else if (document_is_hybrid(writer) && !template_is_letter(&data))
		attachment = document_invoice_xml(issuer_id, invoice_id, &plain_length);
	if (attachment != NULL)
		document_attach(writer, VARDATA_ANY(attachment), VARSIZE_ANY_EXHDR(attachment),
						plain_length, &data);
	status = document_write(writer, &data, &fault);
	port_raise(status, &fault, ERRCODE_MAILROOM_TEMPLATE_INVALID,
			   psprintf("invoice " INT64_FORMAT, invoice_id));
	document_close_batch(&batch);
	return take_bytes(writer, caller);
}

/* A long document is not copied: its writer goes on in caller's memory. */
static bytea *
take_bytes(DocumentWriter *writer, MemoryContext caller)
{
	ByteBuffer *out = &writer->document.file.out;
	Size length = out->length;
	bytea *result;

	if (length > BATCH_BYTES && buffer_reserve(out, VARHDRSZ) != NULL)
	{
		MemoryContextSetParent(writer->context, caller);
		memmove(out->bytes + VARHDRSZ, out->bytes, length);
		result = (bytea *) out->bytes;
	}
	else
	{
		result = MemoryContextAllocExtended(caller, VARHDRSZ + length, MCXT_ALLOC_HUGE);
		memcpy(VARDATA(result), out->bytes, length);
	}
	SET_VARSIZE(result, VARHDRSZ + length);
	return result;
}

static void
collect_work(Work *work, ArrayType *ids)
{
	Datum arguments[2] = {Int64GetDatum(work->issuer_id), PointerGetDatum(ids)};
	SPITupleTable *table;

	work->count = (int) statement_run_anew(&find_work, arguments, NULL);
	table = SPI_tuptable;
	work->invoice_ids = palloc(sizeof(int64) * (work->count + 1));
	work->line_counts = palloc(sizeof(int64) * (work->count + 1));
	work->templates = palloc(sizeof(char *) * (work->count + 1));
	for (int i = 0; i < work->count; i++)
	{
		work->invoice_ids[i] = statement_int64(i, 1);
		work->line_counts[i] = statement_int64(i, 2);
		work->templates[i] = statement_text(i, 3, CurrentMemoryContext);
	}
	SPI_freetuptable(table);
}

/* At least one invoice, at most a batch of documents or of lines. */
static int
batch_end(const Work *work, int start)
{
	int64 lines = work->line_counts[start];
	int end = start + 1;

	while (end < work->count && end - start < BATCH_DOCUMENTS &&
		   lines + work->line_counts[end] <= BATCH_LINES)
		lines += work->line_counts[end++];
	return end;
}

/* Invoices come in order of their templates: one writer for each. */
static int64
render_by_template(const Work *work)
{
	int64 rendered = 0;

	for (int start = 0, end; start < work->count; start = end)
	{
		Work part = {work->issuer_id, work->invoice_ids + start, work->line_counts + start,
					 work->templates + start, 0};

		for (end = start;
			 end < work->count && strcmp(work->templates[end], work->templates[start]) == 0; end++)
			part.count++;
		rendered += render_work(&part);
	}
	return rendered;
}

static int64
render_work(const Work *work)
{
	DocumentWriter *writer = document_open_writer(CurrentMemoryContext);
	Pending pending = {.writer = writer};
	LoadedBatch batch;
	TemplateData data;
	HybridBatch hybrid;
	int64 rendered = 0, invoice_id;

	bytea_list_init(&pending.contents, CurrentMemoryContext);
	pending.context = AllocSetContextCreate(CurrentMemoryContext, "mailroom pending documents",
											ALLOCSET_DEFAULT_SIZES);
	document_use_issuer_template(writer, work->issuer_id, work->templates[0]);
	document_use_issuer_profile(writer, work->issuer_id);
	writer->must_prove = true;
	document_open_hybrids(&hybrid, writer, CurrentMemoryContext);
	document_open_batch(&batch, CurrentMemoryContext);
	for (int start = 0, end; start < work->count; start = end)
	{
		end = batch_end(work, start);
		document_load_hybrids(&hybrid, work->issuer_id, work->invoice_ids + start, end - start);
		document_load_batch(&batch, work->issuer_id, work->invoice_ids + start, end - start);
		while (document_next_invoice(&batch, &invoice_id, &data))
		{
			PortFault fault;

			CHECK_FOR_INTERRUPTS();
			if ((template_is_letter(&data) ||
				 document_attach_hybrid(&hybrid, invoice_id, &data, &fault) == PORT_OK) &&
				document_write(writer, &data, &fault) == PORT_OK)
				keep_document(&pending, writer, invoice_id);
			else
				set_aside_faulty(work, writer, invoice_id, &fault);
			if (is_full(&pending) && end - start > 1)
				rendered += store_pending(work, &pending);
		}
		/* rows of a long document go before its bytes are copied into the archive */
		document_close_batch(&batch);
		if (is_full(&pending))
			rendered += store_pending(work, &pending);
		jobs_report_progress(end, work->count);
	}
	return rendered + store_pending(work, &pending);
}

static bool
is_full(const Pending *pending)
{
	return pending->count == BATCH_DOCUMENTS || pending->bytes >= BATCH_BYTES;
}

static bytea *
make_bytea(const void *bytes, Size length)
{
	bytea *value = palloc(VARHDRSZ + length);

	SET_VARSIZE(value, VARHDRSZ + length);
	memcpy(VARDATA(value), bytes, length);
	return value;
}

static void
keep_document(Pending *pending, DocumentWriter *writer, int64 invoice_id)
{
	ByteBuffer *out = &writer->document.file.out;
	const PdfPlaces *places = &writer->document.places;
	MemoryContext old = MemoryContextSwitchTo(pending->context);
	uint8 hash[HASH_BYTES];
	int at = pending->count++;

	for (int value = 0; value < PROOF_VALUE_COUNT; value++)
	{
		const ContentProof *proof = &writer->layout.proof;
		Slice text = proof->expected[value];

		pending->unproven[value][at] = !(proof->proven & PROOF_BIT(value));
		if (proof->proven & PROOF_BIT(value))
			pending->proven[value][at] =
				PointerGetDatum(cstring_to_text_with_len(text.bytes, (int) text.length));
	}
	hash_bytes_sha256(out->bytes, out->length, hash);
	pending->invoice_ids[at] = invoice_id;
	bytea_list_add(&pending->contents, out->bytes, out->length);
	pending->sizes[at] = Int64GetDatum((int64) out->length);
	pending->hashes[at] = make_bytea(hash, HASH_BYTES);
	pending->bytes += out->length;
	if (out->capacity > BATCH_BYTES) /* a long one: its bytes are here now, and go on from here */
		buffer_release(out);
	pending->pages[at] = places->count;
	pending->first_page[at] = pending->page_count + 1;
	if (pending->page_count + places->count > pending->page_room)
	{
		Size room = (pending->page_count + (Size) places->count) * 2;

		if (pending->page_room == 0)
		{
			pending->page_offsets = palloc(room * sizeof(Datum));
			pending->page_lengths = palloc(room * sizeof(Datum));
		}
		else
		{
			pending->page_offsets = repalloc(pending->page_offsets, room * sizeof(Datum));
			pending->page_lengths = repalloc(pending->page_lengths, room * sizeof(Datum));
		}
		pending->page_room = (int) room;
	}
	for (int i = 0; i < places->count; i++)
	{
		pending->page_offsets[pending->page_count + i] = Int64GetDatum(places->offsets[i]);
		pending->page_lengths[pending->page_count + i] = Int64GetDatum(places->lengths[i]);
	}
	pending->page_count += places->count;
	MemoryContextSwitchTo(old);
}

static Datum
int8_array(Datum *elements, int count)
{
	return PointerGetDatum(
		construct_array(elements, count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

static Datum
int4_array(const int *numbers, int count)
{
	Datum elements[BATCH_DOCUMENTS];

	for (int i = 0; i < count; i++)
		elements[i] = Int32GetDatum(numbers[i]);
	return PointerGetDatum(
		construct_array(elements, count, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

static Datum
bytea_array(bytea *const *values, int count)
{
	Datum elements[BATCH_DOCUMENTS];

	for (int i = 0; i < count; i++)
		elements[i] = PointerGetDatum(values[i]);
	return PointerGetDatum(construct_array(elements, count, BYTEAOID, -1, false, TYPALIGN_INT));
}

static Datum
text_array(Datum *values, bool *nulls, int count)
{
	int dimension = count, lower = 1;

	return PointerGetDatum(
		construct_md_array(values, nulls, 1, &dimension, &lower, TEXTOID, -1, false, TYPALIGN_INT));
}

/* Inserts the document rows; their order of return is not promised, so ids are matched by invoice.
 */
static int
insert_pending(const Work *work, Pending *pending, Datum *document_ids, int *places)
{
	Datum ids[BATCH_DOCUMENTS], arguments[11 + PROOF_VALUE_COUNT];
	int stored;

	for (int i = 0; i < pending->count; i++)
	{
		ids[i] = Int64GetDatum(pending->invoice_ids[i]);
	}
	arguments[0] = Int64GetDatum(work->issuer_id);
	arguments[1] = CStringGetTextDatum(pending->writer->template_name);
	arguments[2] = Int32GetDatum(pending->writer->template_version);
	arguments[3] = int8_array(pending->page_offsets, pending->page_count);
	arguments[4] = int8_array(pending->page_lengths, pending->page_count);
	arguments[5] = TimestampTzGetDatum(clock_now());
	arguments[6] = int8_array(ids, pending->count);
	arguments[7] = int4_array(pending->pages, pending->count);
	arguments[8] = int4_array(pending->first_page, pending->count);
	arguments[9] = int8_array(pending->sizes, pending->count);
	arguments[10] = bytea_array(pending->hashes, pending->count);
	for (int value = 0; value < PROOF_VALUE_COUNT; value++)
		arguments[11 + value] =
			text_array(pending->proven[value], pending->unproven[value], pending->count);
	stored = (int) statement_run(&insert_documents, arguments, NULL);
	for (int row = 0; row < stored; row++)
	{
		int64 invoice_id = statement_int64(row, 2);
		int at = 0;

		while (pending->invoice_ids[at] != invoice_id)
			at++;
		document_ids[row] = Int64GetDatum(statement_int64(row, 1));
		places[row] = at;
	}
	SPI_freetuptable(SPI_tuptable);
	return stored;
}

static int64
store_pending(const Work *work, Pending *pending)
{
	MemoryContext old = MemoryContextSwitchTo(pending->context);
	Datum document_ids[BATCH_DOCUMENTS], arguments[4];
	bytea *hashes[BATCH_DOCUMENTS];
	int places[BATCH_DOCUMENTS];
	int stored = 0;

	if (pending->count > 0)
		stored = insert_pending(work, pending, document_ids, places);
	if (stored > 0)
	{
		arguments[0] = Int64GetDatum(work->issuer_id);
		arguments[1] = int8_array(document_ids, stored);
		arguments[2] = bytea_list_pick(&pending->contents, places, stored);
		for (int i = 0; i < stored; i++)
			hashes[i] = pending->hashes[places[i]];
		arguments[3] = bytea_array(hashes, stored);
		(void) statement_run(&store_documents, arguments, NULL);
		SPI_freetuptable(SPI_tuptable);
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(pending->context);
	bytea_list_reset(&pending->contents);
	pending->count = pending->page_count = pending->page_room = 0;
	pending->bytes = 0;
	return stored;
}

static void
set_aside_faulty(const Work *work, DocumentWriter *writer, int64 invoice_id, const PortFault *fault)
{
	PrintCheck *check = &writer->check;
	Datum arguments[4] = {Int64GetDatum(work->issuer_id), Int64GetDatum(invoice_id),
						  CStringGetTextDatum(fault->rule), CStringGetTextDatum(fault->message)};

	(void) statement_run(&set_aside, arguments, NULL);
	SPI_freetuptable(SPI_tuptable);
	/* what else the print profile found: who mends the template sees all of it */
	for (int i = 0; i < check->found_count; i++)
	{
		const PortFault *found = &check->found[i].fault;

		if (strcmp(found->message, fault->message) == 0)
			continue;
		arguments[2] = CStringGetTextDatum(found->rule);
		arguments[3] = CStringGetTextDatum(found->message);
		(void) statement_run(&add_finding, arguments, NULL);
	}
	check->found_count = 0;
}
