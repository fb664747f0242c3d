/*
 * invoice_reader.h: one door to all formats that can be told by their content.
 *
 * Push the bytes of a file in pieces of any size (64 KB are best), then finish, then close; also
 * after a fault.  The first bytes decide: ZIP, or XML whose root decides further.  One invoice,
 * many in a wrapper element, and ZIP members of either kind all come out as documents 1, 2, 3 ...
 *
 * Two kinds of fault:
 * - of the file (syntax, limits, unknown format): push or finish returns PORT_INVALID or
 *   PORT_TOO_LARGE and reader->fault says rule, line and message.  The caller makes the finding.
 * - of one invoice: sink->finding with the document's number; reading goes on.
 *
 * Flat files cannot be told by content: whoever has a layout opens the flat reader instead of this
 * one; both are an InvoiceReader.  In the server the calls must stand between xml_guard_begin and
 * xml_guard_end (base/xml_guard.h).
 */
#ifndef CORE_INVOICE_READER_H
#define CORE_INVOICE_READER_H

#include "core/invoice.h"

/* Limits of one file; each has a setting of the same name in the server. */
typedef struct InvoiceLimits
{
	size_t value_bytes;		 /* text of one element; longer is XML-LIMIT */
	size_t attachment_bytes; /* text of one attached document (base64) */
	int depth;				 /* levels of elements */
	int tag_bytes;			 /* one start tag with its attributes */
	int unknown_names;		 /* different element names outside of the model */
	int64_t inflated_bytes;	 /* all members of one ZIP together */
	size_t pdf_bytes;		 /* a PDF, which is kept in memory while it is read */
	char today[11];			 /* the latest date that is not in the future; empty = not known */
	int inflate_ratio; /* a member may not grow by more than this, beyond its first megabyte */
} InvoiceLimits;

extern const InvoiceLimits invoice_default_limits;

/*
 * format: NULL or "auto" to detect; "ubl" accepts UBL 2.1 only (also in a ZIP).  A name that is not
 * supported gives a reader whose first push or finish returns PORT_INVALID with rule FILE-FORMAT.
 * limits may be NULL for the defaults.  sink and limits must live as long as the reader.  NULL: out
 * of memory.
 */
extern InvoiceReader *invoice_reader_open(const Port *port, const char *format,
										  const InvoiceLimits *limits, const InvoiceSink *sink);

/*
 * Ready for another file after one that was read to its end without a fault: limits stay what they
 * were.
 */
extern void invoice_reader_again(InvoiceReader *reader);

/* True for format names that invoice_reader_open knows. */
extern bool invoice_reader_knows(const char *format);

#endif
