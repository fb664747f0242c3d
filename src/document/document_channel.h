/*
 * document_channel.h: one template, every channel.
 */
#ifndef DOCUMENT_CHANNEL_H
#define DOCUMENT_CHANNEL_H

#include "document/document_hybrid.h"
#include "document/document_writer.h"

#include "core/mime_write.h"
#include "core/render_html.h"
#include "core/render_text.h"

typedef enum DocumentOutput
{
	OUTPUT_PRINT, /* PDF */
	OUTPUT_HTML,
	OUTPUT_EMAIL, /* text, HTML and the PDF */
	OUTPUT_TEXT,
	OUTPUT_SMS,
	OUTPUT_COUNT
} DocumentOutput;

/* Where an e-mail comes from and goes to; texts are NULL when nobody said. */
typedef struct ChannelMail
{
	const char *sender, *sender_name, *recipient;
	const char *date; /* RFC 5322 */
} ChannelMail;

typedef struct ChannelWriter
{
	DocumentWriter *document;
	TemplateProgram *house; /* the house's own template */
	RenderHtml html;
	RenderPlain plain, subject;
	ByteBuffer mail, file_name;
	HybridBatch *hybrids; /* of the batch at hand; NULL: one invoice by itself */
	Slice pdf;			  /* what an e-mail carries; bytes NULL: it is to be written */
	const uint8 *pdf_sha256;
	bool has_text; /* plain holds the text of the invoice at hand */
} ChannelWriter;

/* The channel of this name; raises 22023 when there is none. */
extern DocumentOutput document_find_output(const text *name);
extern const char *document_output_name(DocumentOutput output);
extern const char *document_media_type(DocumentOutput output);

extern ChannelWriter *channel_open_writer(DocumentWriter *document);
/* Between invoices: what was written for one channel is used for another of the same invoice. */
extern void channel_next_invoice(ChannelWriter *writer);
/*
 * Writes the invoice for a channel; *out holds the bytes until the next one.  PORT_OK or
 * PORT_INVALID with a fault, as document_write; MAIL-ADDRESS for an e-mail without sender or
 * recipient.  SPI must be connected.
 */
extern PortStatus channel_write(ChannelWriter *writer, DocumentOutput output, int64 issuer_id,
								int64 invoice_id, const TemplateData *data, const ChannelMail *mail,
								const ByteBuffer **out, PortFault *fault);

#endif
