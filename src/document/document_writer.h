/*
 * document_writer.h: one invoice becomes the bytes of a PDF.
 */
#ifndef DOCUMENT_WRITER_H
#define DOCUMENT_WRITER_H

#include "postgres.h"

#include "base/port_server.h"
#include "core/pdf_document.h"
#include "core/template_invoice.h"

typedef struct DocumentWriter
{
	MemoryContext context; /* lives as long as the writer */
	Port port;
	Layout layout;
	PdfDocument document; /* document.file.out, document.places: the last document */
	ByteBuffer scratch, title;
} DocumentWriter;

extern DocumentWriter *document_open_writer(MemoryContext parent);
/*
 * Sets and writes the invoice.  PORT_OK, or PORT_INVALID with a fault that says which field or
 * character is at issue; anything else is raised.
 */
extern PortStatus document_write(DocumentWriter *writer, const TemplateData *data,
								 PortFault *fault);

#endif
