/*
 * invoice_queue.h: events between a foreign parser's callbacks and a sink.
 *
 * A sink may allocate, throw and take long; none of that is allowed while libxml2 is on the stack.
 * So its callbacks only note events here, values copied, and the reader hands them on after each
 * piece.  The queue never holds more than one piece of input gives.
 */
#ifndef CORE_INVOICE_QUEUE_H
#define CORE_INVOICE_QUEUE_H

#include "core/buffer.h"
#include "core/invoice.h"

typedef struct InvoiceQueue
{
	ByteBuffer events;
} InvoiceQueue;

extern void invoice_queue_init(InvoiceQueue *queue, const Port *port);
extern void invoice_queue_release(InvoiceQueue *queue);

/* Each copies what it is given; out of memory shows in invoice_queue_failed. */
extern void invoice_queue_begin(InvoiceQueue *queue, const InvoicePlace *place, const char *format);
extern void invoice_queue_group(InvoiceQueue *queue, const InvoiceGroup *group);
extern void invoice_queue_end(InvoiceQueue *queue, const InvoiceGroup *document);
extern void invoice_queue_finding(InvoiceQueue *queue, const Finding *finding);
extern void invoice_queue_extra(InvoiceQueue *queue, const InvoicePlace *place, const char *path,
								Slice value);
extern bool invoice_queue_failed(const InvoiceQueue *queue);

/* Calls the sink for each event in order and empties the queue, also when the sink stops. */
extern PortStatus invoice_queue_deliver(InvoiceQueue *queue, const InvoiceSink *sink);

#endif
