/*
 * pdf_metadata.h: what a PDF says about itself, and about the invoice's XML in it (Factur-X 1.0,
 * ZUGFeRD 2).
 */
#ifndef CORE_PDF_METADATA_H
#define CORE_PDF_METADATA_H

#include "core/pdf_file.h"

#define PDF_PRODUCER "mailroom"

/*
 * Fills name, relationship and level from the guideline (BT-24) that the XML names near its
 * beginning; whoever has it deflated shows the beginning, and puts bytes and lengths himself.
 * PORT_INVALID with rule PDF-ATTACHMENT when it is no Cross Industry Invoice or names none of EN
 * 16931 or Factur-X.
 */
extern PortStatus pdf_attachment_init(PdfAttachment *attachment, const char *bytes, size_t length,
									  const char *modified, PortFault *fault);

/* A text string object; characters below blank become blanks. */
extern void pdf_put_text_string(ByteBuffer *out, const char *text);
extern void pdf_put_text_slice(ByteBuffer *out, const char *text, size_t length);
/* Objects, from behind "0 obj" on. */
extern void pdf_put_metadata(ByteBuffer *out, const PdfProfile *profile, const PdfInfo *info,
							 const PdfAttachment *attached);
extern void pdf_put_attachment(ByteBuffer *out, const PdfAttachment *attachment);
extern void pdf_put_specification(ByteBuffer *out, const PdfAttachment *attachment, int stream);

#endif
