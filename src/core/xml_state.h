/*
 * xml_state.h: what xml_invoice.c shares with the formats' close functions; private to them.
 *
 * Texts live in two buffers.  Document terms stay until the document ends (each is kept once, so
 * their number is bounded); texts of groups are cut off when the group closes.  Values are offsets,
 * because buffers move.
 */
#ifndef CORE_XML_STATE_H
#define CORE_XML_STATE_H

#include "core/invoice_queue.h"
#include "core/content_reader.h"
#include "core/xml_invoice.h"
#include "core/xml_paths.h"
#include "core/xml_schema.h"
#include "core/xml_watch.h"

#define XML_MAX_DEPTH 256
#define XML_NOTES 32
#define XML_QUALIFIER_BYTES 24

typedef struct XmlValue
{
	uint32_t offset, length;
	uint32_t line;
	bool present;
} XmlValue;

struct XmlOpenGroup
{
	int kind;
	int depth;
	uint16_t node;
	size_t mark; /* length of group_text when it opened */
	InvoicePlace place;
	int64_t parent_no;
};

struct XmlInvoice
{
	ContentReader content; /* first, so that the two addresses are one */
	const Port *port;
	const InvoiceSink *sink;
	const XmlWatch *watch;
	int only;
	const XmlPaths *paths; /* of the document at hand */
	InvoiceLimits limits;
	XmlReader *xml;
	InvoiceQueue queue;
	PortStatus status;

	int64_t file_bytes;		/* read so far */
	int64_t *documents;		/* invoices of the whole file */
	int64_t documents_here; /* in this XML document */
	char root_name[64];
	char root_address[128];
	int depth;
	int document_depth; /* of the current document element, 0 outside */
	int root;			/* which of the format's */
	InvoicePlace place; /* of the document */
	int64_t next_serial;
	int unknown_depth; /* where an element without a place in the model began, 0 = not in one */
	int group_count;
	int64_t ordinals[XML_GROUP_COUNT];
	int64_t notes[XML_NOTES];		/* the format's own, 0 when a document begins */
	int64_t frame_notes[XML_NOTES]; /* the same, 0 when a file begins */
	bool may_continue;				/* another XML document may follow */

	SchemaState schema;
	ByteBuffer document_text, group_text, other_text;
	ByteBuffer path;  /* of an unknown element */
	char currency[8]; /* of the first amount that says one */
	char qualifier[XML_QUALIFIER_BYTES];

	int capture_term; /* XML_NO_TERM = not capturing */
	int capture_depth;
	size_t capture_start;

	/* not cleared when a reader opens, but when a document begins */
	XmlValue values[XML_TERM_COUNT];
	int64_t seen_in[XML_MAX_NODES]; /* per node: number of the parent in which it stood last */

	/* by depth; not cleared */
	uint16_t nodes[XML_MAX_DEPTH + 1];
	size_t path_lengths[XML_MAX_DEPTH + 1];
	int64_t serials[XML_MAX_DEPTH + 1]; /* number of the open element */
	XmlOpenGroup groups[XML_MAX_DEPTH + 1];
};

static inline int
xml_group_of(int term)
{
	return term < (int) INVOICE_TERM_COUNT ? (int) invoice_term_info[term].group
										   : INVOICE_XML_SCRATCH;
}

/* -- for the reader alone (xml_group.c) ------------------------------------------------------- */

extern void xml_node_path(const XmlInvoice *reader, uint16_t node, ByteBuffer *out);
/* A group that is none, at the place of the element at hand. */
extern XmlOpenGroup xml_here(XmlInvoice *reader);
/* A second value of a term: kept if it says something else. */
extern void xml_note_repeated(XmlInvoice *reader, int term, Slice value);
extern void xml_collect(const XmlInvoice *reader, int kind, Slice *slices, uint32_t *lines);

/* -- for close functions; terms may be business or scratch terms ----------------------------------
 */

extern Slice xml_value(const XmlInvoice *reader, int term);
/* Does it read so, in whatever case? */
extern bool xml_value_is(const XmlInvoice *reader, int term, const char *text);
extern void xml_set(XmlInvoice *reader, int term, Slice value);
extern void xml_clear(XmlInvoice *reader, int term);
/*
 * Takes the value of one term for another; a term that is there already keeps its value, and the
 * other goes to extra.
 */
extern void xml_move(XmlInvoice *reader, int from, int to);
/* 10.00 becomes -10.00 and the other way round; zero and what is no number stay. */
extern void xml_negate(XmlInvoice *reader, int term);
/* The group goes out with the values that its terms have now, as another kind of the same shape. */
extern void xml_emit(XmlInvoice *reader, const XmlOpenGroup *group, InvoiceGroupKind kind);
extern bool xml_close_emit(XmlInvoice *reader, const XmlOpenGroup *group);
/* Of an XML_CHOICE: the group's number among those of its kind. */
extern void xml_count_group(XmlInvoice *reader, XmlOpenGroup *group, InvoiceGroupKind kind);
/* Clears the terms of a group, e.g. to send several out of one element. */
extern void xml_clear_group(XmlInvoice *reader, int kind);
/* Keeps a value for which the model has no term, under the path of its element. */
extern void xml_extra(XmlInvoice *reader, const XmlOpenGroup *group, const char *below,
					  Slice value);
extern void xml_extra_term(XmlInvoice *reader, const XmlOpenGroup *group, int term,
						   const char *below);
extern void xml_fault(XmlInvoice *reader, FindingSeverity severity, const char *rule,
					  const XmlOpenGroup *group, const char *below, const char *message,
					  Slice value);
/* The same of the element at hand: for transforms. */
extern void xml_fault_here(XmlInvoice *reader, FindingSeverity severity, const char *rule,
						   const char *message, Slice value);

static inline int64_t *
xml_notes(XmlInvoice *reader)
{
	return reader->notes;
}

static inline int64_t *
xml_frame_notes(XmlInvoice *reader)
{
	return reader->frame_notes;
}

/* What the attribute XML_QUALIFIER of the element at hand says; "" = it has none. */
static inline const char *
xml_qualifier(const XmlInvoice *reader)
{
	return reader->qualifier;
}

static inline Slice
xml_text(const char *text)
{
	Slice slice = {text, __builtin_strlen(text)};

	return slice;
}

/* -- transforms (xml_values.c) --------------------------------------------------------------------
 */

/* xs:date may carry a time zone, ISO dates here do not. */
extern size_t xml_date_iso(XmlInvoice *reader, char *text, size_t length);
/* CCYYMMDD, also with a time behind, or ISO. */
extern size_t xml_date_basic(XmlInvoice *reader, char *text, size_t length);
/* 1 234,50 */
extern size_t xml_decimal_comma(XmlInvoice *reader, char *text, size_t length);

#endif
