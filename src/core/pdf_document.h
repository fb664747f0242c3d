/*
 * pdf_document.h: a set document as a PDF of its own.
 */
#ifndef CORE_PDF_DOCUMENT_H
#define CORE_PDF_DOCUMENT_H

#include "core/deflate.h"
#include "core/layout_page.h"
#include "core/pdf_file.h"
#include "core/pdf_packed.h"

#define PDF_DOCUMENT_DEFLATE_LEVEL 6
/* The XML of some hundred lines: larger ones are deflated. */
#define PDF_LARGE_ATTACHMENT (256 * 1024)

/* Where each page's deflated content stream stands in the bytes. */
typedef struct PdfPlaces
{
	int64_t *offsets, *lengths;
	int *pages; /* object numbers */
	int count, room;
} PdfPlaces;

typedef struct PdfDocument
{
	PdfFile file; /* file.out: the bytes of the last document */
	PdfPlaces places;
	const PdfAttachment *attachment; /* NULL: none */
	PdfAttachment deflated;			 /* the same, when it is large */
	LayoutSink sink;				 /* for a layout whose pages are not to be kept */
	PdfTags *sent_tags;				 /* of the pages that are handed over; NULL: none */
	PdfPacker packer;
	Deflater *deflater;
	ByteBuffer packed;
} PdfDocument;

extern PortStatus pdf_document_init(PdfDocument *document, const Port *port,
									const PdfShared *shared);
/* Writes the pages of the layout that are not written yet; the bytes are whole in
 * document->file.out. */
extern PortStatus pdf_document_write(PdfDocument *document, const Layout *layout,
									 const PdfInfo *info);

#endif
