/*
 * edifact_state.h: what the parts of the EDIFACT reader share; private to edifact_*.c.
 *
 * Document terms go to the FlatDocument as they come.  Terms of the groups that are open (a line,
 * an allowance, a VAT breakdown ...) wait in values, as offsets into text, until their group
 * closes.
 */
#ifndef CORE_EDIFACT_STATE_H
#define CORE_EDIFACT_STATE_H

#include "core/decimal.h"
#include "core/edifact_reader.h"
#include "core/edifact_scan.h"
#include "core/flat_document.h"

#include <string.h>

#define EDIFACT_REFERENCE 36 /* the longest reference is 35 characters in syntax 4 */

typedef enum EdifactSection
{
	SECTION_HEADER,
	SECTION_LINE,
	SECTION_SUMMARY
} EdifactSection;

/* The group whose details come next. */
typedef enum EdifactContext
{
	CONTEXT_NONE,
	CONTEXT_PARTY,
	CONTEXT_REFERENCE,
	CONTEXT_PRECEDING,
	CONTEXT_TERMS,		/* PAT, PYT */
	CONTEXT_ADJUSTMENT, /* ALC */
	CONTEXT_TAX,
	CONTEXT_ATTACHMENT, /* EFI */
	CONTEXT_FOREIGN		/* a group that the model does not know: all of it is extra */
} EdifactContext;

typedef struct EdifactValue
{
	uint32_t offset, length; /* length 0 = absent */
} EdifactValue;

typedef struct EdifactPartyTerms EdifactPartyTerms;

typedef struct EdifactParty
{
	const EdifactPartyTerms *terms; /* NULL = a party that the model does not know */
	char qualifier[4];
	char id[80];
	char scheme[8];
	bool general_contact; /* the contact at hand is an address, not a person */
	bool legal_given;	  /* a registration number of its own */
} EdifactParty;

typedef struct EdifactReader
{
	ContentReader reader; /* first, so that the two addresses are one */
	const Port *port;
	const InvoiceSink *sink;
	InvoiceLimits limits;
	EdifactScanner scanner;
	EdifactSegment *segment; /* at hand */
	FlatDocument *document;
	PortStatus status;

	/* envelope */
	bool interchange_open, group_open, message_open, passed_over;
	bool any_interchange, any_message;
	char interchange_reference[EDIFACT_REFERENCE], group_reference[EDIFACT_REFERENCE],
		message_reference[EDIFACT_REFERENCE];
	char message_type[8];
	char format[24];
	bool modern; /* D.14 and later, where components have got meanings of their own */
	int64_t interchange_no, messages, packages, groups, group_messages, message_segments;
	bool charset_reported, ascii_reported;
	ByteBuffer header; /* the UNB segment at hand, for each of its invoices */

	/* message */
	EdifactSection section;
	EdifactContext context;
	EdifactParty party;
	char last_account[80];
	char seller_from[4], buyer_from[4], delivery_from[4]; /* qualifiers */
	InvoiceGroupKind adjustment;
	int64_t group_segment; /* where the open group began */
	int64_t line_segment;
	bool price_discount; /* the ALC at hand is the line's price discount */
	bool breakdown_seen;
	bool adjusted;		 /* the header has allowances or charges */
	bool lines_by_total; /* BT-131 is from a fallback */
	int quantity_rank, price_rank;
	Decimal allowances, charges, quantities;
	bool sums_exact, quantities_exact;
	char count_lines[24], count_quantities[24]; /* CNT 2 and 1 */
	char header_category[8], header_rate[24];	/* TAX of the whole message */
	ByteBuffer text, scratch, whole;
	EdifactValue values[INVOICE_TERM_COUNT];
	Slice slices[INVOICE_TERM_COUNT];

	/* object */
	ByteBuffer object;
	char object_reference[80], object_type[80];
	int64_t object_length;

	char location[160];
} EdifactReader;

/* edifact_reader.c */
extern const char *edifact_location(EdifactReader *reader);
extern void edifact_file_fault(EdifactReader *reader, const char *rule, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
extern void edifact_fault(EdifactReader *reader, FindingSeverity severity, const char *rule,
						  const char *format, ...) __attribute__((format(printf, 4, 5)));
extern void edifact_note(EdifactReader *reader, PortStatus status);

/* edifact_value.c */
extern Slice edifact_slice(const char *text);
/* As a string, cut between characters where it is too long. */
extern void edifact_copy(Slice value, char *out, size_t size);
/* Sets a term unless it is set already; true if the value is now there. */
extern bool edifact_set(EdifactReader *reader, InvoiceTerm term, Slice value);
extern Slice edifact_value(const EdifactReader *reader, InvoiceTerm term);
/*
 * The same with a part of the segment at hand, as text, number or unit code.  A part that the term
 * cannot take any more stays unused, so that it becomes an extra.
 */
extern void edifact_take(EdifactReader *reader, InvoiceTerm term, int element, int component);
extern void edifact_take_number(EdifactReader *reader, InvoiceTerm term, int element,
								int component);
extern void edifact_take_unit(EdifactReader *reader, InvoiceTerm term, int element, int component);
/* DTM and the like: the date in the first element; for a period also its end (term may be the same
 * kind for start and end, INVOICE_TERM_COUNT = none). */
extern void edifact_take_date(EdifactReader *reader, InvoiceTerm start, InvoiceTerm end);
/* Components of an element joined to a text that was cut into pieces of this width. */
extern Slice edifact_join(EdifactReader *reader, int element, int from, int width);
extern Slice edifact_number(EdifactReader *reader, Slice value);
extern void edifact_clear(EdifactReader *reader, InvoiceGroupKind kind);
extern void edifact_emit(EdifactReader *reader, InvoiceGroupKind kind, int64_t segment);
/* What nobody has taken of the segment at hand goes to extra. */
extern void edifact_keep_rest(EdifactReader *reader);
/* Appends the segment behind its tag, with the standard's separators. */
extern void edifact_append_segment(const EdifactSegment *segment, ByteBuffer *out);

/* edifact_message.c */
extern void edifact_begin_message(EdifactReader *reader);
extern void edifact_message_segment(EdifactReader *reader);
/* Closes what is open and checks; the document itself ends later, objects may follow. */
extern void edifact_end_message(EdifactReader *reader);
extern void edifact_close_group(EdifactReader *reader);
extern void edifact_begin_adjustment(EdifactReader *reader, InvoiceGroupKind allowance,
									 InvoiceGroupKind charge);
/* MOA, PCD and TAX of the allowance or charge at hand; false: no place for it there */
extern bool edifact_adjustment_segment(EdifactReader *reader);

/* edifact_line.c */
extern void edifact_begin_line(EdifactReader *reader);
extern void edifact_line_segment(EdifactReader *reader);
extern void edifact_end_line(EdifactReader *reader);

/* edifact_party.c */
extern void edifact_begin_party(EdifactReader *reader);
/* false: the segment does not belong to a party */
extern bool edifact_party_segment(EdifactReader *reader);
extern void edifact_end_party(EdifactReader *reader);

static inline bool
edifact_is(Slice value, const char *text)
{
	return value.length == strlen(text) && memcmp(value.bytes, text, value.length) == 0;
}

static inline bool
edifact_tag_is(const EdifactReader *reader, const char *tag)
{
	const char *have = reader->segment->tag;

	return have[0] == tag[0] && have[1] == tag[1] && have[2] == tag[2];
}

#endif
