/*
 * xml_watch.h: whoever wants to see the elements of an invoice, not only its business terms.
 *
 * A sink's member "watch", NULL for most.  The reader calls it for every element, known or not,
 * between an invoice's begin and its end, in document order and before anything else is done with
 * the element.  All calls come from within libxml2: they must not throw and take no pointers out of
 * the element.  What a watcher finds it puts into the reader's queue (xml_watch_finding), where it
 * stands between the groups in the right place.  A failed allocation is kept in mind and told by
 * failed().
 *
 * The document element itself comes as begin and finish; all below it as start and end.
 */
#ifndef CORE_XML_WATCH_H
#define CORE_XML_WATCH_H

#include "core/invoice.h"
#include "core/xml_paths.h"

typedef struct XmlWatch
{
	void *state;
	/* format, with root = which of its document elements; paths gives the numbers of elements */
	void (*begin)(void *state, XmlInvoice *reader, const XmlPaths *paths, int root,
				  const XmlElement *element, const InvoicePlace *place);
	/* node: number of the path, 0 = the format has none */
	void (*start)(void *state, uint16_t node, const XmlElement *element, int64_t line);
	void (*text)(void *state, const char *bytes, size_t length);
	void (*end)(void *state, uint16_t node);
	/* the document element has ended; the DOCUMENT group has not gone out yet */
	void (*finish)(void *state);
	bool (*failed)(void *state);
} XmlWatch;

extern void xml_watch_finding(XmlInvoice *reader, const Finding *finding);

#endif
