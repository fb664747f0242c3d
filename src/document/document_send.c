/*
 * document_send.c: documents of the channels besides print, as rows and archived bytes; and what
 * e-mail and SMS need beside them.
 *
 * The bytes that are sent are kept, never made again: a digital mailbox takes the same bytes for
 * the same message and other bytes for another one.
 */
#include "postgres.h"

#include "base/clock.h"
#include "base/errors.h"
#include "base/hash.h"
#include "base/statement.h"
#include "base/version.h"
#include "catalog/pg_type.h"
#include "core/sms_segments.h"
#include "document/document_channel.h"
#include "document/document_load.h"
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
#define BATCH_BYTES (8 * 1024 * 1024)

MAILROOM_FUNCTION(mailroom_store_channel);
MAILROOM_FUNCTION(mailroom_write_mail);
MAILROOM_FUNCTION(mailroom_sms_segments);

/* Documents that are written and not stored yet. */
typedef struct Pending
{
	MemoryContext context; /* reset when stored */
	int count;
	Size bytes;
	int64 invoice_ids[BATCH_DOCUMENTS];
	Datum contents[BATCH_DOCUMENTS], hashes[BATCH_DOCUMENTS], sizes[BATCH_DOCUMENTS];
} Pending;

typedef struct Sending
{
	int64 issuer_id;
	DocumentOutput output;
	ChannelWriter *writer;
	HybridBatch hybrids;
	ChannelMail mail;
	Pending pending;
	ReturnSetInfo *result;
} Sending;

/*
 * Invoices by template and then in the order of their numbers, each with its address; those that
 * have a document in this channel are left out, so that a second run finds nothing to do.
 */
static Statement find_work = STATEMENT(
	"SELECT n.id, n.recipient, coalesce(t.template, '" TEMPLATE_OF_INVOICES "') AS template"
	" FROM (SELECT DISTINCT ON (u.id) u.id, u.recipient"
	" FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3)) AS u (id, recipient)"
	" WHERE u.id IS NOT NULL ORDER BY u.id) n"
	" LEFT JOIN LATERAL (SELECT x.template FROM mailroom.document_data x WHERE x.issuer_id = $1"
	" AND x.invoice_id = n.id OFFSET 0) t ON true"
	" WHERE (SELECT d.document_id FROM mailroom.document d WHERE d.issuer_id = $1"
	" AND d.invoice_id = n.id AND d.channel = $4) IS NULL ORDER BY 3, n.id",
	INT8OID, INT8ARRAYOID, TEXTARRAYOID, TEXTOID);

static Statement insert_documents = STATEMENT(
	"INSERT INTO mailroom.document (issuer_id, invoice_id, channel, template, template_version,"
	" pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)"
	" SELECT $1, d.invoice_id, $2, $3, $4, 1, '{}', '{}', d.content_bytes, d.content_sha256, $5"
	" FROM ROWS FROM (pg_catalog.unnest($6), pg_catalog.unnest($7), pg_catalog.unnest($8))"
	" AS d (invoice_id, content_bytes, content_sha256) ORDER BY d.invoice_id"
	" ON CONFLICT (issuer_id, invoice_id, channel) DO NOTHING RETURNING document_id, invoice_id",
	INT8OID, TEXTOID, TEXTOID, INT4OID, TIMESTAMPTZOID, INT8ARRAYOID, INT8ARRAYOID, BYTEAARRAYOID);

static Statement store_documents =
	STATEMENT("SELECT mailroom.archive_store($1, $2, $3)", INT8OID, INT8ARRAYOID, BYTEAARRAYOID);

static void send_all(Sending *sending, Datum ids, Datum recipients, text *channel);
static void send_batch(Sending *sending, LoadedBatch *batch, const int64 *ids, char **recipients,
					   int count);
static void keep_document(Pending *pending, const ByteBuffer *out, int64 invoice_id);
static void store_pending(Sending *sending);
static void put_row(Sending *sending, int64 invoice_id, int64 document_id, const PortFault *fault);

/*
 * mailroom.store_channel(issuer_id bigint, invoice_ids bigint[], channel text, recipients text[],
 * sender text, sender_name text, date text) → (invoice_id, document_id, rule, message)
 */
Datum
mailroom_store_channel(PG_FUNCTION_ARGS)
{
	Sending sending = {.result = (ReturnSetInfo *) fcinfo->resultinfo};
	const char **texts[] = {&sending.mail.sender, &sending.mail.sender_name, &sending.mail.date};

	version_check();
	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
		return (Datum) 0;
	sending.issuer_id = PG_GETARG_INT64(0);
	sending.output = document_find_output(PG_GETARG_TEXT_PP(2));
	if (sending.output == OUTPUT_PRINT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("documents of channel \"print\" are made by the flow"),
						errhint("See mailroom.render_documents.")));
	for (int i = 0; i < 3; i++)
		if (!PG_ARGISNULL(4 + i))
			*texts[i] = text_to_cstring(PG_GETARG_TEXT_PP(4 + i));
	SPI_connect();
	sending.pending.context = AllocSetContextCreate(
		CurrentMemoryContext, "mailroom pending documents", ALLOCSET_DEFAULT_SIZES);
	send_all(&sending, PG_GETARG_DATUM(1), PG_GETARG_DATUM(3), PG_GETARG_TEXT_PP(2));
	SPI_finish();
	return (Datum) 0;
}

static void
use_template(Sending *sending, const char *name)
{
	DocumentWriter *document = document_open_writer(CurrentMemoryContext);

	document_use_issuer_template(document, sending->issuer_id, name);
	document_use_issuer_profile(document, sending->issuer_id);
	sending->writer = channel_open_writer(document);
	if (sending->output != OUTPUT_EMAIL || !document_is_hybrid(document))
		return;
	document_open_hybrids(&sending->hybrids, document, document->context);
	sending->writer->hybrids = &sending->hybrids;
}

static void
send_all(Sending *sending, Datum ids, Datum recipients, text *channel)
{
	Datum arguments[4] = {Int64GetDatum(sending->issuer_id), ids, recipients,
						  PointerGetDatum(channel)};
	int count = (int) statement_run_anew(&find_work, arguments, NULL), end;
	SPITupleTable *table = SPI_tuptable;
	int64 *invoice_ids = palloc(sizeof(int64) * (count + 1));
	char **addresses = palloc(sizeof(char *) * (count + 1));
	char **templates = palloc(sizeof(char *) * (count + 1));
	LoadedBatch batch;

	for (int i = 0; i < count; i++)
	{
		invoice_ids[i] = statement_int64(i, 1);
		addresses[i] = statement_text(i, 2, CurrentMemoryContext);
		templates[i] = statement_text(i, 3, CurrentMemoryContext);
	}
	SPI_freetuptable(table);
	document_open_batch(&batch, CurrentMemoryContext);
	for (int start = 0; start < count; start = end)
	{
		for (end = start + 1; end < count && end - start < BATCH_DOCUMENTS &&
							  strcmp(templates[end], templates[start]) == 0;)
			end++;
		if (start == 0 || strcmp(templates[start], templates[start - 1]) != 0)
		{
			if (start > 0)
			{
				store_pending(sending);
				MemoryContextDelete(sending->writer->document->context);
			}
			use_template(sending, templates[start]);
		}
		send_batch(sending, &batch, invoice_ids + start, addresses + start, end - start);
		jobs_report_progress(end, count);
	}
	if (count > 0)
		store_pending(sending);
}

static void
send_batch(Sending *sending, LoadedBatch *batch, const int64 *ids, char **recipients, int count)
{
	MemoryContext work =
		AllocSetContextCreate(CurrentMemoryContext, "mailroom attachments", ALLOCSET_DEFAULT_SIZES);
	TemplateData data = {0};
	int64 invoice_id;
	int at = 0;

	document_load_batch(batch, sending->issuer_id, ids, count);
	if (sending->writer->hybrids != NULL)
		document_load_hybrids(&sending->hybrids, sending->issuer_id, ids, count);
	while (document_next_invoice(batch, &invoice_id, &data))
	{
		const ByteBuffer *out;
		MemoryContext old;
		PortFault fault;
		PortStatus status;

		CHECK_FOR_INTERRUPTS();
		while (at < count && ids[at] < invoice_id)
			at++;
		sending->mail.recipient = recipients[at];
		old = MemoryContextSwitchTo(work);
		status = channel_write(sending->writer, sending->output, sending->issuer_id, invoice_id,
							   &data, &sending->mail, &out, &fault);
		MemoryContextSwitchTo(old);
		if (status == PORT_OK)
			keep_document(&sending->pending, out, invoice_id);
		else
			put_row(sending, invoice_id, 0, &fault);
		if (sending->pending.count == BATCH_DOCUMENTS || sending->pending.bytes >= BATCH_BYTES)
			store_pending(sending);
	}
	MemoryContextDelete(work);
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
keep_document(Pending *pending, const ByteBuffer *out, int64 invoice_id)
{
	MemoryContext old = MemoryContextSwitchTo(pending->context);
	uint8 hash[HASH_BYTES];
	int at = pending->count++;

	hash_bytes_sha256(out->bytes, out->length, hash);
	pending->invoice_ids[at] = invoice_id;
	pending->contents[at] = make_bytea(out->bytes, out->length);
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

/* The rows; their order of return is not promised, so ids are matched by invoice. */
static int
insert_pending(Sending *sending, Datum *document_ids, Datum *contents)
{
	Pending *pending = &sending->pending;
	Datum ids[BATCH_DOCUMENTS], arguments[8];
	int stored;

	for (int i = 0; i < pending->count; i++)
		ids[i] = Int64GetDatum(pending->invoice_ids[i]);
	arguments[0] = Int64GetDatum(sending->issuer_id);
	arguments[1] = CStringGetTextDatum(document_output_name(sending->output));
	arguments[2] = CStringGetTextDatum(sending->writer->document->template_name);
	arguments[3] = Int32GetDatum(sending->writer->document->template_version);
	arguments[4] = TimestampTzGetDatum(clock_now());
	arguments[5] = int8_array(ids, pending->count);
	arguments[6] = int8_array(pending->sizes, pending->count);
	arguments[7] = bytea_array(pending->hashes, pending->count);
	stored = (int) statement_run(&insert_documents, arguments, NULL);
	for (int row = 0; row < stored; row++)
	{
		int64 invoice_id = statement_int64(row, 2);
		int at = 0;

		while (pending->invoice_ids[at] != invoice_id)
			at++;
		document_ids[row] = Int64GetDatum(statement_int64(row, 1));
		contents[row] = pending->contents[at];
		put_row(sending, invoice_id, statement_int64(row, 1), NULL);
	}
	SPI_freetuptable(SPI_tuptable);
	return stored;
}

static void
store_pending(Sending *sending)
{
	Pending *pending = &sending->pending;
	MemoryContext old = MemoryContextSwitchTo(pending->context);
	Datum document_ids[BATCH_DOCUMENTS], contents[BATCH_DOCUMENTS], arguments[3];
	int stored = pending->count > 0 ? insert_pending(sending, document_ids, contents) : 0;

	if (stored > 0)
	{
		arguments[0] = Int64GetDatum(sending->issuer_id);
		arguments[1] = int8_array(document_ids, stored);
		arguments[2] = bytea_array(contents, stored);
		(void) statement_run(&store_documents, arguments, NULL);
		SPI_freetuptable(SPI_tuptable);
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(pending->context);
	pending->count = 0;
	pending->bytes = 0;
}

/* A document, or why there is none. */
static void
put_row(Sending *sending, int64 invoice_id, int64 document_id, const PortFault *fault)
{
	Datum values[4] = {Int64GetDatum(invoice_id), Int64GetDatum(document_id), 0, 0};
	bool nulls[4] = {false, fault != NULL, fault == NULL, fault == NULL};

	if (fault != NULL)
	{
		values[2] = CStringGetTextDatum(fault->rule);
		values[3] = CStringGetTextDatum(fault->message);
	}
	tuplestore_putvalues(sending->result->setResult, sending->result->setDesc, values, nulls);
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
						   PG_ARGISNULL(9) ? 0 : 1};
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
