/*
 * document_hybrid.h: the XML of invoices that goes into their PDFs.
 *
 * SPI must be connected.
 */
#ifndef DOCUMENT_HYBRID_H
#define DOCUMENT_HYBRID_H

#include "postgres.h"

#include "document/document_writer.h"

typedef struct HybridBatch
{
	DocumentWriter *writer;
	MemoryContext context; /* reset by every load; NULL: the profile wants no XML */
	int count, next;
	int64 *invoice_ids;
	bytea **contents;	   /* NULL: refused, see messages */
	size_t *plain_lengths; /* of contents in zlib format; 0: it is not deflated */
	char **messages;
} HybridBatch;

extern bool document_is_hybrid(const DocumentWriter *writer);
/*
 * The invoice in CII, judged by the rules of EN 16931; raises MR015 when it breaks one.  A large
 * one is in zlib format: *plain_length is that of the XML then, else 0.
 */
extern bytea *document_invoice_xml(int64 issuer_id, int64 invoice_id, size_t *plain_length);
/* Raises MR006 unless the attachment is an invoice of the same number. */
extern void document_check_attachment(DocumentWriter *writer, const bytea *attachment,
									  const TemplateData *data);

extern void document_open_hybrids(HybridBatch *batch, DocumentWriter *writer, MemoryContext parent);
extern void document_load_hybrids(HybridBatch *batch, int64 issuer_id, const int64 *ids, int count);
/* For each invoice of the batch, in its order.  PORT_INVALID with rule PDF-INVOICE when there is no
 * valid XML of it. */
extern PortStatus document_attach_hybrid(HybridBatch *batch, int64 invoice_id,
										 const TemplateData *data, PortFault *fault);

#endif
