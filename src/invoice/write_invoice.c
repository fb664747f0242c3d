/*
 * write_invoice.c: canonical invoices as files of a format.
 *
 * Checked output is read back by the reader and judged by the rules before it is handed out: what a
 * format demands beyond mandatory terms (code lists, sums, national rules) is written down once, in
 * the rules, and holds for writing too.
 *
 * A large file may be deflated while it is written; it is then judged by what inflates out of it.
 */
#include "postgres.h"

#include "base/errors.h"
#include "base/port_server.h"
#include "base/version.h"
#include "core/deflate.h"
#include "core/invoice_rules.h"
#include "export.h"
#include "fmgr.h"
#include "funcapi.h"
#include "invoice/code_lists.h"
#include "invoice/read_content.h"
#include "invoice/write_source.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "catalog/pg_type.h"
#include "utils/tuplestore.h"

MAILROOM_FUNCTION(mailroom_write_invoice);
MAILROOM_FUNCTION(mailroom_write_stored_invoice);
MAILROOM_FUNCTION(mailroom_write_invoices);
MAILROOM_FUNCTION(mailroom_write_invoices_deflated);

/* Of a file of a hundred megabytes: twice as fast as level 6, and a fifth more bytes. */
#define DEFLATE_LEVEL 3

typedef struct OneFile
{
	MemoryContext context;
	bytea *content;
} OneFile;

typedef struct FirstFault
{
	bool found;
	char rule[64], location[256], message[512];
} FirstFault;

struct InvoiceOutput
{
	WriteWay way;
	InvoiceWriter *writer;
	StringInfoData bytes; /* a bytea with its header */
	Deflater *deflater;	  /* opened by the first file that is large */
	ByteBuffer deflated;  /* a bytea too */
	int64 plain_bytes;	  /* that went into it; -1 = the file is in bytes */
	InvoiceRules *rules;  /* for all invoices of the output; NULL = they are not checked */
	InvoiceSink sink;	  /* of the rules */
	FirstFault fault;
	MemoryContext check_context;
	char label[64];
};

static const WriteFormat *require_format(text *name);
static PortStatus put_bytes(void *state, const char *bytes, size_t length);
static void raise_unwritten(const InvoiceOutput *output, PortStatus status);
static PortStatus keep_fault(void *state, const Finding *finding);
static void check_output(InvoiceOutput *output, bytea *content);
static Datum write_rows(FunctionCallInfo fcinfo, const WriteWay *way);
static void keep_one(void *state, int64 invoice_id, bytea *content, int64 plain_bytes);
static void put_row(void *state, int64 invoice_id, bytea *content, int64 plain_bytes);

/* mailroom.write_invoice(invoice jsonb, format text, checked boolean) → bytea */
Datum
mailroom_write_invoice(PG_FUNCTION_ARGS)
{
	Jsonb *invoice = PG_GETARG_JSONB_P(0);
	WriteWay way = {require_format(PG_GETARG_TEXT_PP(1)), PG_GETARG_BOOL(2), 0};
	InvoiceOutput *output = write_output_open(&way);
	Port port = port_server(CurrentMemoryContext);
	MemoryContext line_context, old;
	InvoiceContent document, line;
	JsonbContainer *lines = NULL;
	bytea *result;
	int64 plain_bytes;

	version_check();
	invoice_content_init(&document, &port);
	invoice_content_init(&line, &port);
	line_context =
		AllocSetContextCreate(CurrentMemoryContext, "mailroom line", ALLOCSET_SMALL_SIZES);
	(void) write_source_add(&document, INVOICE_DOCUMENT);
	write_json_object(&invoice->root, INVOICE_DOCUMENT, WRITE_JSON_WHOLE, &document, &lines);
	write_output_begin(output, &document, NULL);
	if (lines != NULL)
	{
		JsonbIterator *iterator = JsonbIteratorInit(lines);
		JsonbValue element;

		if (JsonbIteratorNext(&iterator, &element, true) != WJB_BEGIN_ARRAY)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("\"bg_25\" of the invoice is not an array")));
		while (JsonbIteratorNext(&iterator, &element, true) == WJB_ELEM)
		{
			CHECK_FOR_INTERRUPTS();
			if (element.type != jbvBinary)
				ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
								errmsg("an invoice line is not a JSON object")));
			invoice_content_clear(&line);
			(void) write_source_add(&line, INVOICE_LINE);
			old = MemoryContextSwitchTo(line_context);
			write_json_object(element.val.binary.data, INVOICE_LINE, WRITE_JSON_WHOLE, &line, NULL);
			MemoryContextSwitchTo(old);
			write_output_line(output, &line);
			MemoryContextReset(line_context);
		}
	}
	result = write_output_end(output, &plain_bytes);
	PG_RETURN_BYTEA_P(result);
}

/* mailroom.write_invoice(issuer_id bigint, invoice_id bigint, format text, checked boolean) → bytea
 */
Datum
mailroom_write_stored_invoice(PG_FUNCTION_ARGS)
{
	int64 id = PG_GETARG_INT64(1);
	WriteWay way = {require_format(PG_GETARG_TEXT_PP(2)), PG_GETARG_BOOL(3), 0};
	OneFile one = {CurrentMemoryContext, NULL};

	version_check();
	write_stored(PG_GETARG_INT64(0), &id, 1, &way, keep_one, &one);
	PG_RETURN_BYTEA_P(one.content);
}

/* mailroom.write_invoices(issuer_id bigint, invoice_ids bigint[], format text, checked boolean)
 * → table(invoice_id, content)
 */
Datum
mailroom_write_invoices(PG_FUNCTION_ARGS)
{
	WriteWay way = {require_format(PG_GETARG_TEXT_PP(2)), PG_GETARG_BOOL(3), 0};

	return write_rows(fcinfo, &way);
}

/* mailroom.write_invoices_deflated(issuer_id bigint, invoice_ids bigint[], format text,
 * above_bytes integer) → table(invoice_id, content, plain_bytes)
 */
Datum
mailroom_write_invoices_deflated(PG_FUNCTION_ARGS)
{
	WriteWay way = {require_format(PG_GETARG_TEXT_PP(2)), true, PG_GETARG_INT32(3)};

	if (way.above_bytes < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("above_bytes must be positive, not %d", way.above_bytes)));
	return write_rows(fcinfo, &way);
}

static Datum
write_rows(FunctionCallInfo fcinfo, const WriteWay *way)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(1);
	Datum *elements;
	bool *nulls;
	int count, kept = 0;
	int64 *ids;

	version_check();
	InitMaterializedSRF(fcinfo, 0);
	deconstruct_array(array, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &elements,
					  &nulls, &count);
	ids = palloc(sizeof(int64) * (count + 1));
	for (int i = 0; i < count; i++)
		if (!nulls[i])
			ids[kept++] = DatumGetInt64(elements[i]);
	write_stored(PG_GETARG_INT64(0), ids, kept, way, put_row, fcinfo->resultinfo);
	return (Datum) 0;
}

static void
keep_one(void *state, int64 invoice_id, bytea *content, int64 plain_bytes)
{
	OneFile *one = state;

	one->content = MemoryContextAllocHuge(one->context, VARSIZE(content));
	memcpy(one->content, content, VARSIZE(content));
}

static void
put_row(void *state, int64 invoice_id, bytea *content, int64 plain_bytes)
{
	ReturnSetInfo *rsinfo = state; /* of two or three columns */
	Datum values[3] = {Int64GetDatum(invoice_id), PointerGetDatum(content),
					   Int64GetDatum(plain_bytes)};
	bool nulls[3] = {false, false, plain_bytes < 0};

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static const WriteFormat *
require_format(text *name)
{
	char *wanted = text_to_cstring(name);
	const WriteFormat *format = invoice_write_find(wanted);
	StringInfoData names;

	if (format != NULL)
		return format;
	initStringInfo(&names);
	for (int i = 0; invoice_write_formats[i] != NULL; i++)
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "", invoice_write_formats[i]->name);
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("invoice format \"%s\" does not exist", wanted),
					errhint("Formats that can be written are %s.", names.data)));
}

InvoiceOutput *
write_output_open(const WriteWay *way)
{
	InvoiceOutput *output = palloc0(sizeof(InvoiceOutput));
	Port *port = palloc(sizeof(Port));

	*port = port_server(CurrentMemoryContext);
	output->way = *way;
	initStringInfo(&output->bytes);
	buffer_init(&output->deflated, port);
	output->check_context =
		AllocSetContextCreate(CurrentMemoryContext, "mailroom check", ALLOCSET_DEFAULT_SIZES);
	output->writer = invoice_writer_open(port, way->format, way->checked, put_bytes, output);
	output->sink.state = output;
	output->sink.finding = keep_fault;
	if (way->checked)
		output->rules =
			invoice_rules_open(port, way->format->profile, code_lists_current(), &output->sink);
	if (output->writer == NULL || (way->checked && output->rules == NULL))
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	return output;
}

void
write_output_close(InvoiceOutput *output)
{
	invoice_writer_close(output->writer);
	if (output->rules != NULL)
		invoice_rules_close(output->rules);
	deflater_close(output->deflater);
	buffer_release(&output->deflated);
	MemoryContextDelete(output->check_context);
	pfree(output->bytes.data);
	pfree(output);
}

static PortStatus
deflate_bytes(InvoiceOutput *output, const char *bytes, size_t length, bool last)
{
	output->plain_bytes += length;
	return deflater_feed(output->deflater, bytes, length, last, &output->deflated);
}

/* The file has become large: what there is of it is deflated, and the rest will be. */
static PortStatus
begin_deflating(InvoiceOutput *output)
{
	static const char header[VARHDRSZ] = "";
	const Port *port = output->deflated.port;
	PortStatus status;

	if (output->deflater == NULL)
		output->deflater = deflater_open(port, DEFLATE_ZLIB, DEFLATE_LEVEL);
	if (output->deflater == NULL || (status = deflater_start(output->deflater)) != PORT_OK)
		return PORT_NO_MEMORY;
	buffer_reset(&output->deflated);
	buffer_append(&output->deflated, header, VARHDRSZ);
	output->plain_bytes = 0;
	status = deflate_bytes(output, output->bytes.data + VARHDRSZ,
						   (size_t) output->bytes.len - VARHDRSZ, false);
	resetStringInfo(&output->bytes);
	return status;
}

static PortStatus
put_bytes(void *state, const char *bytes, size_t length)
{
	InvoiceOutput *output = state;
	size_t plain = (size_t) output->bytes.len - VARHDRSZ + length;

	if (output->plain_bytes >= 0)
		return deflate_bytes(output, bytes, length, false);
	if (output->way.above_bytes > 0 && plain > (size_t) output->way.above_bytes)
	{
		PortStatus status = begin_deflating(output);

		return status == PORT_OK ? deflate_bytes(output, bytes, length, false) : status;
	}
	appendBinaryStringInfoNT(&output->bytes, bytes, (int) length);
	return PORT_OK;
}

void
write_output_begin(InvoiceOutput *output, const InvoiceContent *document, const char *label)
{
	strlcpy(output->label, label != NULL ? label : "the invoice", sizeof(output->label));
	output->plain_bytes = -1;
	resetStringInfo(&output->bytes);
	appendStringInfoSpaces(&output->bytes, VARHDRSZ);
	raise_unwritten(output, invoice_writer_begin(output->writer, document));
}

void
write_output_line(InvoiceOutput *output, const InvoiceContent *line)
{
	raise_unwritten(output, invoice_writer_line(output->writer, line));
}

bytea *
write_output_end(InvoiceOutput *output, int64 *plain_bytes)
{
	bytea *content;

	raise_unwritten(output, invoice_writer_end(output->writer));
	if (output->plain_bytes >= 0)
	{
		raise_unwritten(output, deflate_bytes(output, "", 0, true));
		content = (bytea *) output->deflated.bytes;
		SET_VARSIZE(content, output->deflated.length);
	}
	else
	{
		content = (bytea *) output->bytes.data;
		SET_VARSIZE(content, output->bytes.len);
	}
	*plain_bytes = output->plain_bytes;
	if (output->rules != NULL)
		check_output(output, content);
	return content;
}

static void
raise_unwritten(const InvoiceOutput *output, PortStatus status)
{
	const PortFault *fault = invoice_writer_fault(output->writer);

	if (status == PORT_INVALID)
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_NOT_WRITABLE),
						errmsg("cannot write %s as %s: %s", output->label, output->way.format->name,
							   fault->message),
						errdetail("Rule %s.", fault->rule)));
	port_raise(status, fault, ERRCODE_MAILROOM_NOT_WRITABLE, "cannot write the invoice");
}

static PortStatus
keep_fault(void *state, const Finding *finding)
{
	FirstFault *fault = &((InvoiceOutput *) state)->fault;

	if (finding->severity != FINDING_FATAL)
		return PORT_OK;
	fault->found = true;
	strlcpy(fault->rule, finding->rule, sizeof(fault->rule));
	strlcpy(fault->location, finding->location != NULL ? finding->location : "file",
			sizeof(fault->location));
	strlcpy(fault->message, finding->message, sizeof(fault->message));
	return PORT_STOPPED;
}

static void
check_output(InvoiceOutput *output, bytea *content)
{
	MemoryContext old = MemoryContextSwitchTo(output->check_context);
	PortFault file_fault;
	const InvoiceSink *sink = invoice_rules_sink(output->rules);
	PortStatus status = output->plain_bytes < 0
							? read_content(content, NULL, sink, &file_fault)
							: read_content_deflated(VARDATA(content), VARSIZE(content) - VARHDRSZ,
													sink, &file_fault);

	MemoryContextSwitchTo(old);
	if (output->fault.found)
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_NOT_WRITABLE),
						errmsg("cannot write %s as %s: %s", output->label, output->way.format->name,
							   output->fault.message),
						errdetail("Rule %s, %s.", output->fault.rule, output->fault.location)));
	port_raise(status, &file_fault, ERRCODE_MAILROOM_NOT_WRITABLE, "cannot write the invoice");
	MemoryContextReset(output->check_context);
}
