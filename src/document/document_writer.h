/*
 * document_writer.h: one invoice becomes the bytes of a PDF.
 */
#ifndef DOCUMENT_WRITER_H
#define DOCUMENT_WRITER_H

#include "postgres.h"

#include "base/port_server.h"
#include "core/pdf_document.h"
#include "core/template_invoice.h"
#include "core/template_run.h"

typedef struct DocumentWriter
{
	MemoryContext context; /* lives as long as the writer */
	Port port;
	Layout layout;
	PdfDocument document; /* document.file.out, document.places: the last document */
	PdfTags tags;		  /* of the layout, where the profile wants them */
	PdfAttachment attachment;
	char attachment_date[9];
	ByteBuffer scratch, title;
	const char *template_name;
	int template_version;
	TemplateProgram *program; /* NULL: the house's own layout */
	TemplateScratch template_scratch;
	PrintCheck check; /* of the print profile; without one the layout has none */
	bool must_prove;  /* what must stand on the pages is a fault when it does not */
} DocumentWriter;

extern DocumentWriter *document_open_writer(MemoryContext parent);
/* What invoices are set by unless mailroom.document_data says otherwise. */
#define TEMPLATE_OF_INVOICES "invoice"
/* Name of the template of an invoice or letter.  SPI must be connected. */
extern const char *document_template_name(int64 issuer_id, int64 invoice_id, MemoryContext context);
/* Takes the issuer's template of this name that is valid today; without one for invoices the
 * house's own layout stays.  SPI must be connected. */
extern void document_use_issuer_template(DocumentWriter *writer, int64 issuer_id, const char *name);
/* Writes PDFs of this profile from now on; 22023 when there is none of that name. */
extern void document_use_profile(DocumentWriter *writer, const char *name);
/* The profile that the issuer set for the writer's template; print when none.  SPI is connected. */
extern void document_use_issuer_profile(DocumentWriter *writer, int64 issuer_id);
/* The print profile that documents of this template are checked against, if any; by
 * document_use_issuer_profile too.  SPI is connected. */
extern void document_use_print_profile(DocumentWriter *writer, int64 issuer_id,
									   const char *template_name);
/* The images that the writer's template names, behind its profile; MR006 when one is not stored. */
extern void document_load_images(DocumentWriter *writer, int64 issuer_id);
extern const PdfShared *document_shared_part(const PdfProfile *profile, bool with_code_line);
/*
 * Puts the XML into the next document, NULL: none; raises MR006 when it is no such invoice.
 * plain_length: of XML in zlib format, 0 = it is not deflated.
 */
extern void document_attach(DocumentWriter *writer, const char *bytes, size_t length,
							size_t plain_length, const TemplateData *data);
/* Takes this source; raises MR006 with the place when it is broken. */
extern void document_use_template(DocumentWriter *writer, const char *name, int version,
								  const text *source);
/* Compiles a source, in writer's memory; raises as document_use_template. */
extern TemplateProgram *document_compile_template(DocumentWriter *writer, const text *source);
/*
 * Sets and writes the invoice.  PORT_OK, or PORT_INVALID with a fault that says which field or
 * character is at issue; anything else is raised.
 */
extern PortStatus document_write(DocumentWriter *writer, const TemplateData *data,
								 PortFault *fault);

#endif
