/*
 * document_writer.c: layout and PDF writer with server memory.
 */
#include "document/document_writer.h"

#include "base/errors.h"
#include "miscadmin.h"
#include "utils/memutils.h"

static PortStatus write_once(DocumentWriter *writer, const TemplateData *data, PortFault *fault);

DocumentWriter *
document_open_writer(MemoryContext parent)
{
	MemoryContext context =
		AllocSetContextCreate(parent, "mailroom documents", ALLOCSET_DEFAULT_SIZES);
	DocumentWriter *writer = MemoryContextAllocZero(context, sizeof(DocumentWriter));

	writer->context = context;
	writer->port = port_server(context);
	writer->template_name = TEMPLATE_INVOICE_NAME;
	writer->template_version = TEMPLATE_INVOICE_VERSION;
	layout_init(&writer->layout, &writer->port);
	writer->layout.sink = &writer->document.sink;
	buffer_init(&writer->scratch, &writer->port);
	buffer_init(&writer->title, &writer->port);
	pdf_tags_init(&writer->tags, &writer->port);
	port_raise(pdf_document_init(&writer->document, &writer->port,
								 document_shared_part(&pdf_profile_print, false)),
			   NULL, ERRCODE_INTERNAL_ERROR, "documents");
	return writer;
}

/* Only templates with payment slips carry the face of code lines. */
static void
choose_fonts(DocumentWriter *writer)
{
	const PdfShared *shared = writer->document.file.shared;
	bool wanted = writer->program != NULL && writer->program->giro != 0;

	if (shared->with_code_line != wanted)
		writer->document.file.shared = document_shared_part(shared->profile, wanted);
}

static PortStatus
write_once(DocumentWriter *writer, const TemplateData *data, PortFault *fault)
{
	PdfInfo info;
	PortStatus status;

	memset(fault, 0, sizeof(*fault));
	writer->check.found_count = 0;
	choose_fonts(writer);
	status = template_check_data(data, fault);
	if (status != PORT_OK)
		return status;
	status = writer->program == NULL
				 ? template_invoice_layout(data, &writer->layout, &writer->scratch, fault)
				 : template_run(writer->program, data, &writer->layout, &writer->template_scratch,
								fault);
	if (status == PORT_OK && writer->must_prove)
		status = proof_finish(&writer->layout.proof,
							  writer->program == NULL ? PROOF_ALL : writer->program->proof_wanted,
							  writer->template_name, fault);
	if (status == PORT_OK)
		status = print_check_pages(&writer->check, writer->layout.page_count, fault);
	if (status != PORT_OK)
		return status;
	buffer_reset(&writer->title);
	template_invoice_title(data, &writer->title);
	if (buffer_failed(&writer->title))
		return PORT_NO_MEMORY;
	info.title = writer->title.bytes;
	info.language = template_language_code(template_invoice_language(data));
	status = pdf_document_write(&writer->document, &writer->layout, &info);
	if (status != PORT_OK)
		return status;
	return print_check_file(&writer->check, writer->document.file.shared->profile,
							writer->document.file.out.length, fault);
}

PortStatus
document_write(DocumentWriter *writer, const TemplateData *data, PortFault *fault)
{
	for (;;)
	{
		PortStatus status = write_once(writer, data, fault);

		if (status == PORT_OK || status == PORT_INVALID)
			return status;
		if (status != PORT_INTERRUPTED)
			port_raise(status, fault, ERRCODE_MAILROOM_TEMPLATE_INVALID, "a document");
		/* raises if somebody cancelled; else the flag was for something small, and we start again
		 */
		CHECK_FOR_INTERRUPTS();
	}
}
