/*
 * document_channel.c: an invoice in one channel.
 */
#include "document/document_channel.h"

#include "base/errors.h"
#include "base/hash.h"
#include "base/version.h"
#include "core/template_house.h"
#include "core/template_kind.h"
#include "document/document_load.h"
#include "export.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"

MAILROOM_FUNCTION(mailroom_render_channel);

static const struct
{
	const char *name, *media_type;
} outputs[OUTPUT_COUNT] = {
	{"print", "application/pdf"},		  {"html", "text/html; charset=utf-8"},
	{"email", "message/rfc822"},		  {"text", "text/plain; charset=utf-8"},
	{"sms", "text/plain; charset=utf-8"},
};

static PortStatus write_pdf(ChannelWriter *writer, int64 issuer_id, int64 invoice_id,
							const TemplateData *data, PortFault *fault);
static PortStatus write_mail(ChannelWriter *writer, int64 issuer_id, int64 invoice_id,
							 const TemplateData *data, const ChannelMail *mail, PortFault *fault);
static PortStatus pack_mail(ChannelWriter *writer, const TemplateData *data,
							const ChannelMail *mail, PortFault *fault);
static void make_file_name(ByteBuffer *name, const TemplateData *data);
static bytea *render_one(ChannelWriter *writer, DocumentOutput output, int64 issuer_id,
						 int64 invoice_id, const ChannelMail *mail, MemoryContext caller);

DocumentOutput
document_find_output(const text *name)
{
	for (int i = 0; i < OUTPUT_COUNT; i++)
		if (VARSIZE_ANY_EXHDR(name) == strlen(outputs[i].name) &&
			memcmp(VARDATA_ANY(name), outputs[i].name, strlen(outputs[i].name)) == 0)
			return (DocumentOutput) i;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("there is no channel \"%s\"", text_to_cstring(name)),
					errhint("Channels are print, html, email, text and sms.")));
}

const char *
document_output_name(DocumentOutput output)
{
	return outputs[output].name;
}

const char *
document_media_type(DocumentOutput output)
{
	return outputs[output].media_type;
}

ChannelWriter *
channel_open_writer(DocumentWriter *document)
{
	ChannelWriter *writer = MemoryContextAllocZero(document->context, sizeof(ChannelWriter));

	writer->document = document;
	writer->house = document_compile_template(document, cstring_to_text(template_house_source));
	render_html_init(&writer->html, &document->port);
	render_plain_init(&writer->plain, &document->port);
	render_plain_init(&writer->subject, &document->port);
	buffer_init(&writer->mail, &document->port);
	buffer_init(&writer->file_name, &document->port);
	return writer;
}

void
channel_next_invoice(ChannelWriter *writer)
{
	writer->pdf = (Slice){NULL, 0};
	writer->pdf_sha256 = NULL;
	writer->has_text = false;
}

static const TemplateProgram *
program_of(const ChannelWriter *writer)
{
	return writer->document->program != NULL ? writer->document->program : writer->house;
}

/* An e-mail has the text too. */
static PortStatus
write_text(ChannelWriter *writer, const TemplateData *data, PortFault *fault)
{
	PortStatus status = PORT_OK;

	if (!writer->has_text)
		status = render_plain(&writer->plain, program_of(writer), data, fault);
	writer->has_text = status == PORT_OK;
	return status;
}

static void
show_images(ChannelWriter *writer)
{
	writer->html.images = writer->document->layout.images;
	writer->html.image_count = writer->document->layout.image_count;
}

static PortStatus
write_once(ChannelWriter *writer, DocumentOutput output, const TemplateData *data,
		   const ByteBuffer **out, PortFault *fault)
{
	switch (output)
	{
		case OUTPUT_HTML:
			*out = &writer->html.out;
			show_images(writer);
			return render_html(&writer->html, RENDER_PAGE, program_of(writer), data, fault);
		case OUTPUT_TEXT:
			*out = &writer->plain.out;
			return write_text(writer, data, fault);
		default:
			*out = &writer->plain.out;
			writer->has_text = false;
			return render_short(&writer->plain, BLOCK_SMS, program_of(writer), writer->house, data,
								fault);
	}
}

PortStatus
channel_write(ChannelWriter *writer, DocumentOutput output, int64 issuer_id, int64 invoice_id,
			  const TemplateData *data, const ChannelMail *mail, const ByteBuffer **out,
			  PortFault *fault)
{
	for (;;)
	{
		PortStatus status;

		memset(fault, 0, sizeof(*fault));
		if (output == OUTPUT_PRINT)
		{
			*out = &writer->document->document.file.out;
			return write_pdf(writer, issuer_id, invoice_id, data, fault);
		}
		if (output == OUTPUT_EMAIL)
		{
			*out = &writer->mail;
			status = write_mail(writer, issuer_id, invoice_id, data, mail, fault);
		}
		else
			status = write_once(writer, output, data, out, fault);
		if (status == PORT_OK || status == PORT_INVALID)
			return status;
		if (status != PORT_INTERRUPTED)
			port_raise(status, fault, ERRCODE_MAILROOM_TEMPLATE_INVALID, "a document");
		CHECK_FOR_INTERRUPTS();
	}
}

/* A hybrid gets the invoice as our writer has it. */
static PortStatus
write_pdf(ChannelWriter *writer, int64 issuer_id, int64 invoice_id, const TemplateData *data,
		  PortFault *fault)
{
	if (writer->hybrids != NULL)
	{
		PortStatus status = document_attach_hybrid(writer->hybrids, invoice_id, data, fault);

		if (status != PORT_OK)
			return status;
	}
	else if (document_is_hybrid(writer->document))
	{
		size_t plain_length;
		const bytea *xml = document_invoice_xml(issuer_id, invoice_id, &plain_length);

		document_attach(writer->document, VARDATA_ANY(xml), VARSIZE_ANY_EXHDR(xml), plain_length,
						data);
	}
	return document_write(writer->document, data, fault);
}

/* ---------- e-mail ---------- */

static Slice
slice_of(const ByteBuffer *buffer)
{
	return (Slice){buffer->bytes, buffer->length};
}

static Slice
slice_of_text(const char *text)
{
	return (Slice){text == NULL ? "" : text, text == NULL ? 0 : strlen(text)};
}

static PortStatus
write_mail(ChannelWriter *writer, int64 issuer_id, int64 invoice_id, const TemplateData *data,
		   const ChannelMail *mail, PortFault *fault)
{
	const TemplateProgram *program = program_of(writer);
	PortStatus status;

	if (mail->sender == NULL || mail->recipient == NULL)
		return port_fault(fault, PORT_INVALID, "MAIL-ADDRESS",
						  "there is no e-mail address of the %s",
						  mail->sender == NULL ? "sender" : "recipient");
	status = PORT_OK;
	if (writer->pdf.bytes == NULL)
		status = write_pdf(writer, issuer_id, invoice_id, data, fault);
	show_images(writer);
	if (status == PORT_OK)
		status = render_html(&writer->html, RENDER_MAIL, program, data, fault);
	if (status == PORT_OK)
		status = write_text(writer, data, fault);
	if (status == PORT_OK)
		status = render_short(&writer->subject, BLOCK_SUBJECT, program, writer->house, data, fault);
	return status == PORT_OK ? pack_mail(writer, data, mail, fault) : status;
}

/* Of all that the message says, the PDF by its own hash: which the archive knows already. */
static void
hash_message(const ChannelWriter *writer, const MimeMessage *message, uint8 *hash)
{
	const Slice texts[] = {message->from.name,	message->from.address, message->to.name,
						   message->to.address, message->subject,	   message->text,
						   message->html};
	const MimeAttachment *pdf = &message->attachments[0];
	HashStream *stream = hash_stream_start();

	for (size_t i = 0; i < lengthof(texts); i++)
	{
		uint64 length = pg_hton64((uint64) texts[i].length);

		hash_stream_add(stream, &length, sizeof(length));
		hash_stream_add(stream, texts[i].bytes, texts[i].length);
	}
	if (writer->pdf.bytes != NULL)
		hash_stream_add(stream, writer->pdf_sha256, HASH_BYTES);
	else
	{
		hash_bytes_sha256(pdf->content.bytes, pdf->content.length, hash);
		hash_stream_add(stream, hash, HASH_BYTES);
	}
	hash_stream_finish(stream, hash);
}

/* The id of a message is made of its content: the same invoice to the same address has the same. */
static PortStatus
pack_mail(ChannelWriter *writer, const TemplateData *data, const ChannelMail *mail,
		  PortFault *fault)
{
	const Slice *invoice = data->groups[TEMPLATE_INVOICE].rows[0];
	Slice from_name = slice_of_text(mail->sender_name);
	MimePicture pictures[RENDER_MAX_PICTURES];
	MimeAttachment pdf = {{"application/pdf", 15}, {NULL, 0}, {NULL, 0}};
	MimeMessage message = {.attachments = &pdf, .attachment_count = 1};
	uint8 hash[HASH_BYTES];

	buffer_reset(&writer->mail);
	make_file_name(&writer->file_name, data);
	pdf.file_name = slice_of(&writer->file_name);
	pdf.content =
		writer->pdf.bytes != NULL ? writer->pdf : slice_of(&writer->document->document.file.out);
	message.from = (MimeAddress){
		from_name.length > 0 ? from_name : TEMPLATE_VALUE(invoice, INVOICE, ISSUER_NAME),
		slice_of_text(mail->sender)};
	message.to = (MimeAddress){TEMPLATE_VALUE(invoice, INVOICE, RECIPIENT_NAME),
							   slice_of_text(mail->recipient)};
	message.subject = slice_of(&writer->subject.out);
	message.text = slice_of(&writer->plain.out);
	message.html = slice_of(&writer->html.out);
	message.pictures = pictures;
	message.picture_count = render_html_pictures(&writer->html, pictures);
	hash_message(writer, &message, hash);
	mime_write_identity((Slice){(const char *) hash, HASH_BYTES}, message.from.address,
						slice_of_text(mail->date), &writer->mail);
	return mime_write(&message, &writer->mail, fault);
}

/* "Invoice 1001.pdf", without what file systems give a meaning to. */
static void
make_file_name(ByteBuffer *name, const TemplateData *data)
{
	buffer_reset(name);
	template_invoice_title(data, name);
	if (name->failed)
		return;
	name->length--;
	for (size_t i = 0; i < name->length; i++)
		if ((unsigned char) name->bytes[i] < 0x20 || strchr("/\\:*?\"<>|", name->bytes[i]) != NULL)
			name->bytes[i] = '-';
	buffer_append_text(name, ".pdf");
}

/* ---------- SQL ---------- */

/*
 * mailroom.preview_channel(issuer_id bigint, invoice_id bigint, channel text, source text,
 * recipient text, sender text, sender_name text, date text, OUT content bytea, OUT media_type text)
 */
Datum
mailroom_render_channel(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	ChannelMail mail = {NULL, NULL, NULL, NULL};
	const char **texts[] = {&mail.recipient, &mail.sender, &mail.sender_name, &mail.date};
	DocumentOutput output;
	DocumentWriter *document;
	TupleDesc shape;
	HeapTuple row;
	Datum values[2];
	bool nulls[2] = {false, false};

	version_check();
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	for (int i = 0; i < 4; i++)
		if (!PG_ARGISNULL(4 + i))
			*texts[i] = text_to_cstring(PG_GETARG_TEXT_PP(4 + i));
	output = document_find_output(PG_GETARG_TEXT_PP(2));
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
	document_use_issuer_profile(document, PG_GETARG_INT64(0));
	values[0] = PointerGetDatum(render_one(channel_open_writer(document), output,
										   PG_GETARG_INT64(0), PG_GETARG_INT64(1), &mail, caller));
	SPI_finish();
	values[1] = CStringGetTextDatum(document_media_type(output));
	row = heap_form_tuple(BlessTupleDesc(shape), values, nulls);
	pfree(DatumGetPointer(values[0])); /* a page may have many megabytes, and the row is a copy */
	PG_RETURN_DATUM(HeapTupleGetDatum(row));
}

/* In caller's memory; SPI must be connected. */
static bytea *
render_one(ChannelWriter *writer, DocumentOutput output, int64 issuer_id, int64 invoice_id,
		   const ChannelMail *mail, MemoryContext caller)
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
	status = channel_write(writer, output, issuer_id, invoice_id, &data, mail, &out, &fault);
	port_raise(status, &fault, ERRCODE_MAILROOM_TEMPLATE_INVALID,
			   psprintf("invoice " INT64_FORMAT, invoice_id));
	document_close_batch(&batch);
	result = MemoryContextAllocExtended(caller, VARHDRSZ + out->length, MCXT_ALLOC_HUGE);
	SET_VARSIZE(result, VARHDRSZ + out->length);
	memcpy(VARDATA(result), out->bytes, out->length);
	return result;
}
