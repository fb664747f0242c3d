/*
 * document_send.c: documents of the channels besides print, as rows and archived bytes; and what
 * e-mail and SMS need beside them.
 *
 * The bytes that are sent are kept, never made again: a digital mailbox takes the same bytes for
 * the same message and other bytes for another one.
 */
#include "postgres.h"

#include "base/bytea_list.h"
#include "base/clock.h"
#include "base/errors.h"
#include "base/hash.h"
#include "base/statement.h"
#include "base/version.h"
#include "catalog/pg_type.h"
#include "core/sms_segments.h"
#include "document/document_channel.h"
#include "document/document_load.h"
#include "document/document_printed.h"
#include "export.h"
#include "funcapi.h"
#include "jobs/jobs.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#define BATCH_DOCUMENTS 256
#define BATCH_LINES 4096
#define BATCH_BYTES (8 * 1024 * 1024)

MAILROOM_FUNCTION(mailroom_store_channel);
MAILROOM_FUNCTION(mailroom_store_channels);
MAILROOM_FUNCTION(mailroom_write_mail);
MAILROOM_FUNCTION(mailroom_sms_segments);
MAILROOM_FUNCTION(mailroom_base64_body);

/* Documents that are written and not stored yet. */
typedef struct Pending
{
	MemoryContext context; /* reset when stored */
	int count;
	Size bytes;
	int64 invoice_ids[BATCH_DOCUMENTS];
	DocumentOutput outputs[BATCH_DOCUMENTS];
	ByteaList contents;
	Datum hashes[BATCH_DOCUMENTS], sizes[BATCH_DOCUMENTS];
} Pending;

/* Invoices in the order of their work. */
typedef struct Work
{
	int count;
	int64 *invoice_ids, *line_counts;
	char **addresses, **templates;
	int *missing; /* a bit a channel asked for that the invoice has no document in */
} Work;

typedef struct Sending
{
	int64 issuer_id;
	DocumentOutput outputs[OUTPUT_COUNT];
	int output_count;
	bool with_channel; /* in the rows that are returned */
	ChannelWriter *writer;
	HybridBatch hybrids;
	PrintedBatch printed;
	ChannelMail mail;
	Pending pending;
	ReturnSetInfo *result;
} Sending;

/*
 * Invoices by template and then in the order of their numbers, each with its address and the
 * channels in which it has no document: one that has them all is left out, so that a second run
 * finds nothing to do.
 */
static Statement find_work = STATEMENT(
	"SELECT * FROM (SELECT n.id, n.recipient, coalesce(t.template, '" TEMPLATE_OF_INVOICES
	"') AS template, coalesce(i.line_count, 0)::bigint, (SELECT coalesce(pg_catalog.sum(1 << "
	"(c.n - 1)::integer), 0)::bigint"
	" FROM pg_catalog.unnest($4) WITH ORDINALITY AS c (channel, n)"
	" WHERE (SELECT d.document_id FROM mailroom.document d WHERE d.issuer_id = $1"
	" AND d.invoice_id = n.id AND d.channel = c.channel) IS NULL) AS missing"
	" FROM (SELECT DISTINCT ON (u.id) u.id, u.recipient"
	" FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3)) AS u (id, recipient)"
	" WHERE u.id IS NOT NULL ORDER BY u.id) n"
	" LEFT JOIN LATERAL (SELECT k.line_count FROM mailroom.invoice k WHERE k.issuer_id = $1"
	" AND k.invoice_id = n.id OFFSET 0) i ON true"
	" LEFT JOIN LATERAL (SELECT x.template FROM mailroom.document_data x WHERE x.issuer_id = $1"
	" AND x.invoice_id = n.id OFFSET 0) t ON true OFFSET 0) AS w"
	" WHERE w.missing > 0 ORDER BY w.template, w.id",
	INT8OID, INT8ARRAYOID, TEXTARRAYOID, TEXTARRAYOID);

static Statement insert_documents = STATEMENT(
	"INSERT INTO mailroom.document (issuer_id, invoice_id, channel, template, template_version,"
	" pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)"
	" SELECT $1, d.invoice_id, d.channel, $2, $3, 1, '{}', '{}', d.content_bytes,"
	" d.content_sha256, $4"
	" FROM ROWS FROM (pg_catalog.unnest($5), pg_catalog.unnest($6), pg_catalog.unnest($7),"
	" pg_catalog.unnest($8)) WITH ORDINALITY AS d (invoice_id, channel, content_bytes,"
	" content_sha256, n) ORDER BY d.n"
	" ON CONFLICT (issuer_id, invoice_id, channel) DO NOTHING"
	" RETURNING document_id, invoice_id, channel",
	INT8OID, TEXTOID, INT4OID, TIMESTAMPTZOID, INT8ARRAYOID, TEXTARRAYOID, INT8ARRAYOID,
	BYTEAARRAYOID);

static Statement store_documents = STATEMENT("SELECT mailroom.archive_store_hashed($1, $2, $3, $4)",
											 INT8OID, INT8ARRAYOID, BYTEAARRAYOID, BYTEAARRAYOID);

static void start_sending(FunctionCallInfo fcinfo, Sending *sending);
static void send_all(Sending *sending, Datum ids, Datum recipients, Datum channels);
static void send_batch(Sending *sending, LoadedBatch *batch, const Work *work, int start, int end);
static void keep_document(Pending *pending, const ByteBuffer *out, int64 invoice_id,
						  DocumentOutput output);
static void store_pending(Sending *sending);
static void put_row(Sending *sending, int64 invoice_id, DocumentOutput output, int64 document_id,
					const PortFault *fault);

static void
add_output(Sending *sending, const text *name)
{
	DocumentOutput output = document_find_output(name);

	if (output == OUTPUT_PRINT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("documents of channel \"print\" are made by the flow"),
						errhint("See mailroom.render_documents.")));
	for (int i = 0; i < sending->output_count; i++)
		if (sending->outputs[i] == output)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("channel \"%s\" is named twice", document_output_name(output))));
	sending->outputs[sending->output_count++] = output;
}

/*
 * mailroom.store_channel(issuer_id bigint, invoice_ids bigint[], channel text, recipients text[],
 * sender text, sender_name text, date text) → (invoice_id, document_id, rule, message)
 */
Datum
mailroom_store_channel(PG_FUNCTION_ARGS)
{
	Sending sending = {.with_channel = false};
	Datum channel;

	version_check();
	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
		return (Datum) 0;
	channel = PG_GETARG_DATUM(2);
	add_output(&sending, PG_GETARG_TEXT_PP(2));
	start_sending(fcinfo, &sending);
	send_all(&sending, PG_GETARG_DATUM(1), PG_GETARG_DATUM(3),
			 PointerGetDatum(construct_array(&channel, 1, TEXTOID, -1, false, TYPALIGN_INT)));
	SPI_finish();
	return (Datum) 0;
}

/*
 * mailroom.store_channels(issuer_id bigint, invoice_ids bigint[], channels text[], recipients
 * text[], sender text, sender_name text, date text) → (channel, invoice_id, document_id, rule,
 * message)
 */
Datum
mailroom_store_channels(PG_FUNCTION_ARGS)
{
	Sending sending = {.with_channel = true};
	Datum *channels;
	bool *nulls;
	int count;

	version_check();
	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
		return (Datum) 0;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(2), TEXTOID, -1, false, TYPALIGN_INT, &channels, &nulls,
					  &count);
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("a channel is null")));
		add_output(&sending, DatumGetTextPP(channels[i]));
	}
	start_sending(fcinfo, &sending);
	send_all(&sending, PG_GETARG_DATUM(1), PG_GETARG_DATUM(3), PG_GETARG_DATUM(2));
	SPI_finish();
	return (Datum) 0;
}

/* Arguments that both have; connects to SPI. */
static void
start_sending(FunctionCallInfo fcinfo, Sending *sending)
{
	const char **texts[] = {&sending->mail.sender, &sending->mail.sender_name, &sending->mail.date};

	sending->result = (ReturnSetInfo *) fcinfo->resultinfo;
	sending->issuer_id = PG_GETARG_INT64(0);
	for (int i = 0; i < 3; i++)
		if (!PG_ARGISNULL(4 + i))
			*texts[i] = text_to_cstring(PG_GETARG_TEXT_PP(4 + i));
	SPI_connect();
	bytea_list_init(&sending->pending.contents, CurrentMemoryContext);
	sending->pending.context = AllocSetContextCreate(
		CurrentMemoryContext, "mailroom pending documents", ALLOCSET_DEFAULT_SIZES);
}

static bool
sends(const Sending *sending, DocumentOutput output)
{
	for (int i = 0; i < sending->output_count; i++)
		if (sending->outputs[i] == output)
			return true;
	return false;
}

static void
use_template(Sending *sending, const char *name)
{
	DocumentWriter *document = document_open_writer(CurrentMemoryContext);

	document_use_issuer_template(document, sending->issuer_id, name);
	document_use_issuer_profile(document, sending->issuer_id);
	sending->writer = channel_open_writer(document);
	if (!sends(sending, OUTPUT_EMAIL))
		return;
	document_open_printed(&sending->printed, document);
	if (!document_is_hybrid(document))
		return;
	document_open_hybrids(&sending->hybrids, document, document->context);
	sending->writer->hybrids = &sending->hybrids;
}

static void
collect_work(Work *work, Datum *arguments)
{
	SPITupleTable *table;

	work->count = (int) statement_run_anew(&find_work, arguments, NULL);
	table = SPI_tuptable;
	work->invoice_ids = palloc(sizeof(int64) * (work->count + 1));
	work->line_counts = palloc(sizeof(int64) * (work->count + 1));
	work->missing = palloc(sizeof(int) * (work->count + 1));
	work->addresses = palloc(sizeof(char *) * (work->count + 1));
	work->templates = palloc(sizeof(char *) * (work->count + 1));
	for (int i = 0; i < work->count; i++)
	{
		work->invoice_ids[i] = statement_int64(i, 1);
		work->addresses[i] = statement_text(i, 2, CurrentMemoryContext);
		work->templates[i] = statement_text(i, 3, CurrentMemoryContext);
		work->line_counts[i] = statement_int64(i, 4);
		work->missing[i] = (int) statement_int64(i, 5);
	}
	SPI_freetuptable(table);
}

/* At least one invoice, of one template, at most a batch of documents or of lines. */
static int
batch_end(const Work *work, int start)
{
	int64 lines = work->line_counts[start];
	int end = start + 1;

	while (end < work->count && end - start < BATCH_DOCUMENTS &&
		   strcmp(work->templates[end], work->templates[start]) == 0 &&
		   lines + work->line_counts[end] <= BATCH_LINES)
		lines += work->line_counts[end++];
	return end;
}

static void
send_all(Sending *sending, Datum ids, Datum recipients, Datum channels)
{
	Datum arguments[4] = {Int64GetDatum(sending->issuer_id), ids, recipients, channels};
	LoadedBatch batch;
	Work work;

	collect_work(&work, arguments);
	document_open_batch(&batch, CurrentMemoryContext);
	for (int start = 0, end; start < work.count; start = end)
	{
		end = batch_end(&work, start);
		if (start == 0 || strcmp(work.templates[start], work.templates[start - 1]) != 0)
		{
			if (start > 0)
			{
				store_pending(sending);
				MemoryContextDelete(sending->writer->document->context);
			}
			use_template(sending, work.templates[start]);
		}
		send_batch(sending, &batch, &work, start, end);
		jobs_report_progress(end, work.count);
	}
	if (work.count > 0)
		store_pending(sending);
}

/* An invoice in the channels that it lacks, out of one set of its data. */
static void
send_invoice(Sending *sending, int64 invoice_id, int missing, const TemplateData *data)
{
	channel_next_invoice(sending->writer);
	for (int i = 0; i < sending->output_count; i++)
	{
		const ByteBuffer *out;
		PortFault fault;

		if ((missing >> i & 1) == 0)
			continue;
		if (sending->outputs[i] == OUTPUT_EMAIL)
			document_find_printed(&sending->printed, sending->issuer_id, invoice_id,
								  &sending->writer->pdf, &sending->writer->pdf_sha256);
		if (channel_write(sending->writer, sending->outputs[i], sending->issuer_id, invoice_id,
						  data, &sending->mail, &out, &fault) == PORT_OK)
			keep_document(&sending->pending, out, invoice_id, sending->outputs[i]);
		else
			put_row(sending, invoice_id, sending->outputs[i], 0, &fault);
		if (sending->pending.count == BATCH_DOCUMENTS || sending->pending.bytes >= BATCH_BYTES)
			store_pending(sending);
	}
}

static void
send_batch(Sending *sending, LoadedBatch *batch, const Work *work, int start, int end)
{
	MemoryContext work_context =
		AllocSetContextCreate(CurrentMemoryContext, "mailroom attachments", ALLOCSET_DEFAULT_SIZES);
	const int64 *ids = work->invoice_ids + start;
	TemplateData data = {0};
	int64 invoice_id;
	int at = start;

	document_load_batch(batch, sending->issuer_id, ids, end - start);
	if (sending->printed.document != NULL)
		document_look_up_printed(&sending->printed, sending->issuer_id, ids, end - start);
	if (sending->writer->hybrids != NULL)
		document_load_hybrids(&sending->hybrids, sending->issuer_id, ids, end - start);
	while (document_next_invoice(batch, &invoice_id, &data))
	{
		MemoryContext old = MemoryContextSwitchTo(work_context);

		CHECK_FOR_INTERRUPTS();
		while (at < end && work->invoice_ids[at] < invoice_id)
			at++;
		sending->mail.recipient = work->addresses[at];
		send_invoice(sending, invoice_id, work->missing[at], &data);
		MemoryContextSwitchTo(old);
	}
	MemoryContextDelete(work_context);
}

static Datum
make_bytea(const void *bytes, Size length)
{
	bytea *value = palloc(VARHDRSZ + length);

	SET_VARSIZE(value, VARHDRSZ + length);
	memcpy(VARDATA(value), bytes, length);
	return PointerGetDatum(value);
}

static void
keep_document(Pending *pending, const ByteBuffer *out, int64 invoice_id, DocumentOutput output)
{
	MemoryContext old = MemoryContextSwitchTo(pending->context);
	uint8 hash[HASH_BYTES];
	int at = pending->count++;

	hash_bytes_sha256(out->bytes, out->length, hash);
	pending->invoice_ids[at] = invoice_id;
	pending->outputs[at] = output;
	bytea_list_add(&pending->contents, out->bytes, out->length);
	pending->hashes[at] = make_bytea(hash, HASH_BYTES);
	pending->sizes[at] = Int64GetDatum((int64) out->length);
	pending->bytes += out->length;
	MemoryContextSwitchTo(old);
}

static Datum
int8_array(Datum *elements, int count)
{
	return PointerGetDatum(
		construct_array(elements, count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

static Datum
bytea_array(Datum *elements, int count)
{
	return PointerGetDatum(construct_array(elements, count, BYTEAOID, -1, false, TYPALIGN_INT));
}

/* Rows come back in their order, but for those that somebody else has inserted meanwhile. */
static int
find_pending(const Pending *pending, int64 invoice_id, const char *channel, int from)
{
	for (int i = 0; i < pending->count; i++)
	{
		int at = (from + i) % pending->count;

		if (pending->invoice_ids[at] == invoice_id &&
			strcmp(document_output_name(pending->outputs[at]), channel) == 0)
			return at;
	}
	elog(ERROR, "a document was inserted that nobody wrote");
}

static int
insert_pending(Sending *sending, Datum *document_ids, int *places)
{
	Pending *pending = &sending->pending;
	Datum ids[BATCH_DOCUMENTS], channels[BATCH_DOCUMENTS], arguments[8];
	int stored, at = 0;

	for (int i = 0; i < pending->count; i++)
	{
		ids[i] = Int64GetDatum(pending->invoice_ids[i]);
		channels[i] = CStringGetTextDatum(document_output_name(pending->outputs[i]));
	}
	arguments[0] = Int64GetDatum(sending->issuer_id);
	arguments[1] = CStringGetTextDatum(sending->writer->document->template_name);
	arguments[2] = Int32GetDatum(sending->writer->document->template_version);
	arguments[3] = TimestampTzGetDatum(clock_now());
	arguments[4] = int8_array(ids, pending->count);
	arguments[5] = PointerGetDatum(
		construct_array(channels, pending->count, TEXTOID, -1, false, TYPALIGN_INT));
	arguments[6] = int8_array(pending->sizes, pending->count);
	arguments[7] = bytea_array(pending->hashes, pending->count);
	stored = (int) statement_run(&insert_documents, arguments, NULL);
	for (int row = 0; row < stored; row++)
	{
		int64 invoice_id = statement_int64(row, 2);

		at = find_pending(pending, invoice_id, statement_text(row, 3, CurrentMemoryContext), at);
		document_ids[row] = Int64GetDatum(statement_int64(row, 1));
		places[row] = at;
		put_row(sending, invoice_id, pending->outputs[at], statement_int64(row, 1), NULL);
	}
	SPI_freetuptable(SPI_tuptable);
	return stored;
}

static void
store_pending(Sending *sending)
{
	Pending *pending = &sending->pending;
	MemoryContext old = MemoryContextSwitchTo(pending->context);
	Datum document_ids[BATCH_DOCUMENTS], hashes[BATCH_DOCUMENTS], arguments[4];
	int places[BATCH_DOCUMENTS];
	int stored = pending->count > 0 ? insert_pending(sending, document_ids, places) : 0;

	if (stored > 0)
	{
		arguments[0] = Int64GetDatum(sending->issuer_id);
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
	pending->count = 0;
	pending->bytes = 0;
}

/* A document, or why there is none. */
static void
put_row(Sending *sending, int64 invoice_id, DocumentOutput output, int64 document_id,
		const PortFault *fault)
{
	Datum values[5] = {0, Int64GetDatum(invoice_id), Int64GetDatum(document_id), 0, 0};
	bool nulls[5] = {false, false, fault != NULL, fault == NULL, fault == NULL};
	int first = sending->with_channel ? 0 : 1;

	if (fault != NULL)
	{
		values[3] = CStringGetTextDatum(fault->rule);
		values[4] = CStringGetTextDatum(fault->message);
	}
	if (sending->with_channel)
		values[0] = CStringGetTextDatum(document_output_name(output));
	tuplestore_putvalues(sending->result->setResult, sending->result->setDesc, values + first,
						 nulls + first);
}

/* ---------- e-mail and SMS by themselves ---------- */

static Slice
argument_slice(FunctionCallInfo fcinfo, int n)
{
	struct varlena *value = PG_ARGISNULL(n) ? NULL : PG_GETARG_VARLENA_PP(n);

	return value == NULL ? (Slice){"", 0} : (Slice){VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};
}

/*
 * mailroom.write_mail(sender_name text, sender text, recipient_name text, recipient text, subject
 * text, plain text, html text, file_name text, media_type text, attachment bytea, date text)
 */
Datum
mailroom_write_mail(PG_FUNCTION_ARGS)
{
	Port port = port_server(CurrentMemoryContext);
	PortFault fault = {.status = PORT_OK};
	MimeAttachment attachment = {argument_slice(fcinfo, 8), argument_slice(fcinfo, 7),
								 argument_slice(fcinfo, 9)};
	MimeMessage message = {{argument_slice(fcinfo, 0), argument_slice(fcinfo, 1)},
						   {argument_slice(fcinfo, 2), argument_slice(fcinfo, 3)},
						   argument_slice(fcinfo, 4),
						   argument_slice(fcinfo, 5),
						   argument_slice(fcinfo, 6),
						   &attachment,
						   PG_ARGISNULL(9) ? 0 : 1,
						   NULL,
						   0};
	ByteBuffer body, whole;
	uint8 hash[HASH_BYTES];

	buffer_init(&body, &port);
	buffer_init(&whole, &port);
	port_raise(mime_write(&message, &body, &fault), &fault, ERRCODE_INVALID_PARAMETER_VALUE,
			   "e-mail");
	hash_bytes_sha256(body.bytes, body.length, hash);
	mime_write_identity((Slice){(const char *) hash, HASH_BYTES}, message.from.address,
						argument_slice(fcinfo, 10), &whole);
	buffer_append(&whole, body.bytes, body.length);
	if (whole.failed)
		port_raise(PORT_NO_MEMORY, NULL, ERRCODE_OUT_OF_MEMORY, "e-mail");
	PG_RETURN_DATUM(make_bytea(whole.bytes, whole.length));
}

/*
 * mailroom.sms_segments(message text, OUT encoding text, OUT segment_count integer, OUT units
 * integer, OUT forced_by text, OUT segments text[])
 */
Datum
mailroom_sms_segments(PG_FUNCTION_ARGS)
{
	Slice rest = argument_slice(fcinfo, 0), segment;
	SmsCount count;
	TupleDesc shape;
	Datum values[5], *segments;
	bool nulls[5] = {false};
	char forced[16];

	if (get_call_result_type(fcinfo, NULL, &shape) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "function returns no row");
	sms_count(rest, &count);
	segments = palloc(sizeof(Datum) * (count.segments + 1));
	for (int i = 0; sms_next_segment(&count, &rest, &segment); i++)
		segments[i] =
			PointerGetDatum(cstring_to_text_with_len(segment.bytes, (int) segment.length));
	snprintf(forced, sizeof(forced), "U+%04X", (unsigned) count.forced_by);
	values[0] = CStringGetTextDatum(count.ucs2 ? "UCS-2" : "GSM-7");
	values[1] = Int32GetDatum(count.segments);
	values[2] = Int32GetDatum(count.units);
	nulls[3] = !count.ucs2;
	values[3] = nulls[3] ? (Datum) 0 : CStringGetTextDatum(forced);
	values[4] = PointerGetDatum(
		construct_array(segments, count.segments, TEXTOID, -1, false, TYPALIGN_INT));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(shape), values, nulls)));
}

/*
 * mailroom.base64_body(head bytea, first bytea, middle bytea, second bytea, tail bytea) → bytea:
 * first and second, which may be null, in base64 without line ends
 */
Datum
mailroom_base64_body(PG_FUNCTION_ARGS)
{
	Size length = VARHDRSZ;
	Slice pieces[5];
	char *result, *at;

	for (int i = 0; i < 5; i++)
	{
		pieces[i] = argument_slice(fcinfo, i);
		length += i % 2 == 0 ? pieces[i].length : (pieces[i].length + 2) / 3 * 4;
	}
	result = palloc(length);
	at = VARDATA(result);
	for (int i = 0; i < 5; i++)
		if (i % 2 == 0)
		{
			memcpy(at, pieces[i].bytes, pieces[i].length);
			at += pieces[i].length;
		}
		else
			at = mime_put_base64(at, (const unsigned char *) pieces[i].bytes, pieces[i].length);
	SET_VARSIZE(result, at - result);
	PG_RETURN_BYTEA_P(result);
}
