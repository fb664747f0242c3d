/*
 * content_reader.h: what invoice_reader.c asks of the reader of one kind of content (XML, PDF ...).
 *
 * One object reads any number of contents of its kind one after the other, as a ZIP has members:
 * push pieces, finish, next, push ...  After a fault only close may follow.  Invoices are numbered
 * through the whole file: *documents is counted up by whichever reader begins one.
 */
#ifndef CORE_CONTENT_READER_H
#define CORE_CONTENT_READER_H

#include "core/invoice_reader.h"

typedef struct ContentReader ContentReader;
struct ContentReader
{
	PortStatus (*push)(ContentReader *reader, const char *bytes, size_t length);
	PortStatus (*finish)(ContentReader *reader);
	PortStatus (*next)(ContentReader *reader);
	void (*close)(ContentReader *reader);
	PortFault fault; /* set when push or finish returned PORT_INVALID or PORT_TOO_LARGE */
};

/*
 * format: the one format to accept, NULL = all of this kind; limits, documents and sink live longer
 * than the reader.  NULL: out of memory.
 */
typedef ContentReader *(*ContentOpen)(const Port *port, const InvoiceLimits *limits,
									  const char *format, int64_t *documents,
									  const InvoiceSink *sink);

#endif
