/*
 * document_channel.h: the channels besides paper.
 */
#ifndef DOCUMENT_CHANNEL_H
#define DOCUMENT_CHANNEL_H

#include "document/document_writer.h"

#include "core/render_html.h"
#include "core/render_text.h"

typedef enum DocumentOutput
{
	OUTPUT_PRINT,
	OUTPUT_HTML,
	OUTPUT_TEXT,
	OUTPUT_SMS,
	OUTPUT_COUNT
} DocumentOutput;

typedef struct ChannelWriter
{
	DocumentWriter *document;
	TemplateProgram *house; /* the house's own template */
	RenderHtml html;
	RenderPlain plain;
} ChannelWriter;

/* The channel of this name; raises 22023 when there is none. */
extern DocumentOutput document_find_channel(const text *name);
extern const char *document_media_type(DocumentOutput channel);

extern ChannelWriter *channel_open_writer(DocumentWriter *document);
/*
 * Writes the invoice for a channel; *out holds the bytes until the next one.  PORT_OK or
 * PORT_INVALID with a fault, as document_write.
 */
extern PortStatus channel_write(ChannelWriter *writer, DocumentOutput channel,
								const TemplateData *data, const ByteBuffer **out, PortFault *fault);

#endif
