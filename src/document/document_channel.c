/*
 * document_channel.c: one template, every channel.
 */
#include "document/document_channel.h"

#include "base/errors.h"
#include "base/version.h"
#include "catalog/pg_type.h"
#include "core/template_house.h"
#include "document/document_load.h"
#include "export.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

MAILROOM_FUNCTION(mailroom_render_channel);

static const struct
{
	const char *name, *media_type;
} channels[OUTPUT_COUNT] = {
	{"print", "application/pdf"},
	{"html", "text/html; charset=utf-8"},
	{"text", "text/plain; charset=utf-8"},
	{"sms", "text/plain; charset=utf-8"},
};

static PortStatus write_once(ChannelWriter *writer, DocumentOutput channel,
							 const TemplateData *data, const ByteBuffer **out, PortFault *fault);
static bytea *render_one(ChannelWriter *writer, DocumentOutput channel, int64 issuer_id,
						 int64 invoice_id, MemoryContext caller);

DocumentOutput
document_find_channel(const text *name)
{
	for (int i = 0; i < OUTPUT_COUNT; i++)
		if (VARSIZE_ANY_EXHDR(name) == strlen(channels[i].name) &&
			memcmp(VARDATA_ANY(name), channels[i].name, strlen(channels[i].name)) == 0)
			return (DocumentOutput) i;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("there is no channel \"%s\"", text_to_cstring(name)),
					errhint("Channels are print, html, text and sms.")));
}

const char *
document_media_type(DocumentOutput channel)
{
	return channels[channel].media_type;
}

ChannelWriter *
channel_open_writer(DocumentWriter *document)
{
	ChannelWriter *writer = MemoryContextAllocZero(document->context, sizeof(ChannelWriter));

	writer->document = document;
	writer->house = document_compile_template(document, cstring_to_text(template_house_source));
	render_html_init(&writer->html, &document->port);
	render_plain_init(&writer->plain, &document->port);
	return writer;
}

static PortStatus
write_once(ChannelWriter *writer, DocumentOutput channel, const TemplateData *data,
		   const ByteBuffer **out, PortFault *fault)
{
	const TemplateProgram *program =
		writer->document->program != NULL ? writer->document->program : writer->house;

	memset(fault, 0, sizeof(*fault));
	switch (channel)
	{
		case OUTPUT_HTML:
			*out = &writer->html.out;
			return render_html(&writer->html, RENDER_PAGE, program, data, fault);
		case OUTPUT_TEXT:
			*out = &writer->plain.out;
			return render_plain(&writer->plain, program, data, fault);
		case OUTPUT_SMS:
			*out = &writer->plain.out;
			return render_short(&writer->plain, BLOCK_SMS, program, writer->house, data, fault);
		case OUTPUT_PRINT:
		case OUTPUT_COUNT:
			break;
	}
	*out = &writer->document->document.file.out;
	return document_write(writer->document, data, fault);
}

PortStatus
channel_write(ChannelWriter *writer, DocumentOutput channel, const TemplateData *data,
			  const ByteBuffer **out, PortFault *fault)
{
	for (;;)
	{
		PortStatus status = write_once(writer, channel, data, out, fault);

		if (status == PORT_OK || status == PORT_INVALID)
			return status;
		if (status != PORT_INTERRUPTED)
			port_raise(status, fault, ERRCODE_MAILROOM_TEMPLATE_INVALID, "a document");
		CHECK_FOR_INTERRUPTS();
	}
}

/*
 * mailroom.render_channel(issuer_id bigint, invoice_id bigint, channel text, source text, OUT
 * content bytea, OUT media_type text)
 */
Datum
mailroom_render_channel(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	DocumentOutput channel;
	DocumentWriter *document;
	TupleDesc shape;
	Datum values[2];
	bool nulls[2] = {false, false};

	version_check();
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	channel = document_find_channel(PG_GETARG_TEXT_PP(2));
	if (get_call_result_type(fcinfo, NULL, &shape) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "function returns no row");
	SPI_connect();
	document = document_open_writer(CurrentMemoryContext);
	if (PG_ARGISNULL(3))
		document_use_issuer_template(
			document, PG_GETARG_INT64(0),
			document_template_name(PG_GETARG_INT64(0), PG_GETARG_INT64(1), CurrentMemoryContext));
	else
		document_use_template(document, "preview", 0, PG_GETARG_TEXT_PP(3));
	values[0] = PointerGetDatum(render_one(channel_open_writer(document), channel,
										   PG_GETARG_INT64(0), PG_GETARG_INT64(1), caller));
	SPI_finish();
	values[1] = CStringGetTextDatum(document_media_type(channel));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(shape), values, nulls)));
}

/* In caller's memory; SPI must be connected. */
static bytea *
render_one(ChannelWriter *writer, DocumentOutput channel, int64 issuer_id, int64 invoice_id,
		   MemoryContext caller)
{
	const ByteBuffer *out;
	LoadedBatch batch;
	TemplateData data = {0};
	PortFault fault;
	PortStatus status;
	int64 found;
	bytea *result;

	document_open_batch(&batch, CurrentMemoryContext);
	document_load_batch(&batch, issuer_id, &invoice_id, 1);
	if (!document_next_invoice(&batch, &found, &data))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("invoice " INT64_FORMAT " does not exist", invoice_id)));
	status = channel_write(writer, channel, &data, &out, &fault);
	port_raise(status, &fault, ERRCODE_MAILROOM_TEMPLATE_INVALID,
			   psprintf("invoice " INT64_FORMAT, invoice_id));
	result = MemoryContextAllocExtended(caller, VARHDRSZ + out->length, MCXT_ALLOC_HUGE);
	SET_VARSIZE(result, VARHDRSZ + out->length);
	memcpy(VARDATA(result), out->bytes, out->length);
	return result;
}
