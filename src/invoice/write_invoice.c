/*
 * write_invoice.c: canonical invoices as files of a format.
 *
 * Checked output is read back by the reader and judged by the rules before it is handed out: what a
 * format demands beyond mandatory terms (code lists, sums, national rules) is written down once, in
 * the rules, and holds for writing too.
 */
#include "postgres.h"

#include "base/errors.h"
#include "base/port_server.h"
#include "base/version.h"
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
	const WriteFormat *format;
	InvoiceWriter *writer;
	StringInfoData bytes; /* a bytea with its header */
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
static void keep_one(void *state, int64 invoice_id, bytea *content);
static void put_row(void *state, int64 invoice_id, bytea *content);

/* mailroom.write_invoice(invoice jsonb, format text, checked boolean) → bytea */
Datum
mailroom_write_invoice(PG_FUNCTION_ARGS)
{
	Jsonb *invoice = PG_GETARG_JSONB_P(0);
	const WriteFormat *format = require_format(PG_GETARG_TEXT_PP(1));
	InvoiceOutput *output = write_output_open(format, PG_GETARG_BOOL(2));
	Port port = port_server(CurrentMemoryContext);
	MemoryContext line_context, old;
	InvoiceContent document, line;
	JsonbContainer *lines = NULL;
	bytea *result;

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
	result = write_output_end(output);
	PG_RETURN_BYTEA_P(result);
}

/* mailroom.write_invoice(issuer_id bigint, invoice_id bigint, format text, checked boolean) → bytea
 */
Datum
mailroom_write_stored_invoice(PG_FUNCTION_ARGS)
{
	int64 id = PG_GETARG_INT64(1);
	const WriteFormat *format = require_format(PG_GETARG_TEXT_PP(2));
	OneFile one = {CurrentMemoryContext, NULL};

	version_check();
	write_stored(PG_GETARG_INT64(0), &id, 1, format, PG_GETARG_BOOL(3), keep_one, &one);
	PG_RETURN_BYTEA_P(one.content);
}

/* mailroom.write_invoices(issuer_id bigint, invoice_ids bigint[], format text, checked boolean)
 * → table(invoice_id, content)
 */
Datum
mailroom_write_invoices(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(1);
	const WriteFormat *format = require_format(PG_GETARG_TEXT_PP(2));
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
	write_stored(PG_GETARG_INT64(0), ids, kept, format, PG_GETARG_BOOL(3), put_row,
				 fcinfo->resultinfo);
	return (Datum) 0;
}

static void
keep_one(void *state, int64 invoice_id, bytea *content)
{
	OneFile *one = state;

	one->content = MemoryContextAllocHuge(one->context, VARSIZE(content));
	memcpy(one->content, content, VARSIZE(content));
}

static void
put_row(void *state, int64 invoice_id, bytea *content)
{
	ReturnSetInfo *rsinfo = state;
	Datum values[2] = {Int64GetDatum(invoice_id), PointerGetDatum(content)};
	bool nulls[2] = {false, false};

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
write_output_open(const WriteFormat *format, bool checked)
{
	InvoiceOutput *output = palloc0(sizeof(InvoiceOutput));
	Port *port = palloc(sizeof(Port));

	*port = port_server(CurrentMemoryContext);
	output->format = format;
	initStringInfo(&output->bytes);
	output->check_context =
		AllocSetContextCreate(CurrentMemoryContext, "mailroom check", ALLOCSET_DEFAULT_SIZES);
	output->writer = invoice_writer_open(port, format, checked, put_bytes, output);
	output->sink.state = output;
	output->sink.finding = keep_fault;
	if (checked)
		output->rules =
			invoice_rules_open(port, format->profile, code_lists_current(), &output->sink);
	if (output->writer == NULL || (checked && output->rules == NULL))
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	return output;
}

void
write_output_close(InvoiceOutput *output)
{
	invoice_writer_close(output->writer);
	if (output->rules != NULL)
		invoice_rules_close(output->rules);
	MemoryContextDelete(output->check_context);
	pfree(output->bytes.data);
	pfree(output);
}

static PortStatus
put_bytes(void *state, const char *bytes, size_t length)
{
	InvoiceOutput *output = state;

	appendBinaryStringInfoNT(&output->bytes, bytes, (int) length);
	return PORT_OK;
}

void
write_output_begin(InvoiceOutput *output, const InvoiceContent *document, const char *label)
{
	strlcpy(output->label, label != NULL ? label : "the invoice", sizeof(output->label));
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
write_output_end(InvoiceOutput *output)
{
	bytea *content;

	raise_unwritten(output, invoice_writer_end(output->writer));
	content = (bytea *) output->bytes.data;
	SET_VARSIZE(content, output->bytes.len);
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
						errmsg("cannot write %s as %s: %s", output->label, output->format->name,
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
	PortStatus status = read_content(content, NULL, invoice_rules_sink(output->rules), &file_fault);

	MemoryContextSwitchTo(old);
	if (output->fault.found)
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_NOT_WRITABLE),
						errmsg("cannot write %s as %s: %s", output->label, output->format->name,
							   output->fault.message),
						errdetail("Rule %s, %s.", output->fault.rule, output->fault.location)));
	port_raise(status, &file_fault, ERRCODE_MAILROOM_NOT_WRITABLE, "cannot write the invoice");
	MemoryContextReset(output->check_context);
}
