/*
 * invoice.h: the canonical invoice as it streams out of a reader.
 *
 * A reader (UBL, flat files, later formats) is pushed bytes and calls a sink: group by group as
 * each completes, then the document.  Nothing is kept for longer than that, so memory does not grow
 * with the number of lines or documents.  Rules and storage are sinks; invoice_tee joins two.
 *
 * Values are the lexical text of the source, trimmed, in UTF-8; dates are ISO (YYYY-MM-DD) and
 * numbers have a decimal point, whatever the source wrote.  A value that cannot be so written stays
 * as found and a finding says so.  Slices are valid only during the callback.
 */
#ifndef CORE_INVOICE_H
#define CORE_INVOICE_H

#include "core/port.h"

typedef struct Slice
{
	const char *bytes; /* NULL = absent */
	size_t length;
} Slice;

/* How many bytes of a value to show or keep: at most limit, and no part of a UTF-8 character. */
static inline int
slice_shown(Slice value, size_t limit)
{
	size_t length = value.length < limit ? value.length : limit;

	while (length > 0 && length < value.length &&
		   ((unsigned char) value.bytes[length] & 0xC0) == 0x80)
		length--;
	return (int) length;
}

typedef enum InvoiceGroupKind
{
#define TERM_GROUP(name, key) INVOICE_##name,
#define TERM(group, name, key, type, text)
#include "core/invoice_terms.def"
	INVOICE_MODEL_GROUP_COUNT,
	INVOICE_LAST_MODEL_GROUP = INVOICE_MODEL_GROUP_COUNT - 1,
#include "core/invoice_facts.def"
#undef TERM_GROUP
#undef TERM
	INVOICE_GROUP_COUNT
} InvoiceGroupKind;

typedef enum InvoiceTerm
{
#define TERM_GROUP(name, key)
#define TERM(group, name, key, type, text) TERM_##name,
#include "core/invoice_terms.def"
	INVOICE_MODEL_TERM_COUNT,
	INVOICE_LAST_MODEL_TERM = INVOICE_MODEL_TERM_COUNT - 1,
#include "core/invoice_facts.def"
#undef TERM_GROUP
#undef TERM
	INVOICE_TERM_COUNT
} InvoiceTerm;

typedef enum InvoiceTermType
{
	TERM_TYPE_TEXT,
	TERM_TYPE_CODE,
	TERM_TYPE_DATE,
	TERM_TYPE_AMOUNT,
	TERM_TYPE_PRICE,
	TERM_TYPE_QUANTITY,
	TERM_TYPE_PERCENT,
	TERM_TYPE_BINARY
} InvoiceTermType;

typedef struct InvoiceTermInfo
{
	InvoiceGroupKind group;
	InvoiceTermType type;
	const char *key;  /* bt_112 */
	const char *text; /* invoice total amount with VAT */
} InvoiceTermInfo;

typedef struct InvoiceGroupInfo
{
	const char *key; /* bg_25 */
	InvoiceTerm first, last;
} InvoiceGroupInfo;

extern const InvoiceTermInfo invoice_term_info[INVOICE_TERM_COUNT];
extern const InvoiceGroupInfo invoice_group_info[INVOICE_GROUP_COUNT];

/*
 * Groups from INVOICE_MODEL_GROUP_COUNT on are scratch of the readers (invoice_facts.def) and never
 * reach a sink.
 */
static inline bool
invoice_is_fact(InvoiceGroupKind kind)
{
	return kind > INVOICE_LAST_MODEL_GROUP;
}

/* The term with this key ("bt_112"), INVOICE_TERM_COUNT if there is none. */
extern InvoiceTerm invoice_find_term(const char *key, size_t length);

/* Where something stands in the source. */
typedef struct InvoicePlace
{
	int64_t document_no; /* 1-based within the file */
	int64_t line_no;	 /* source line or record, 1-based; 0 = not known */
	int64_t
		group_no; /* 1-based ordinal of the group of its kind within the document; 0 = document */
} InvoicePlace;

/* One completed group instance.  For LINE_* groups and line-level details, parent_no is the line's
 * group_no. */
typedef struct InvoiceGroup
{
	InvoiceGroupKind kind;
	InvoicePlace place;
	int64_t parent_no;
	const Slice *values;   /* indexed by term - invoice_group_info[kind].first */
	const uint32_t *lines; /* source line of each value, 0 = not known; NULL = of none */
} InvoiceGroup;

typedef enum FindingSeverity
{
	FINDING_FATAL,
	FINDING_WARNING,
	FINDING_INFORMATION
} FindingSeverity;

/* A fault of the file (syntax, count, total) or of one invoice: place.document_no is 0 for the
 * file's own. */
typedef struct Finding
{
	FindingSeverity severity;
	InvoicePlace place;
	const char *rule;	  /* BR-CO-10, XML-SYNTAX, FLAT-COUNT ... */
	const char *location; /* path and line, for a person */
	const char *message;
} Finding;

/*
 * Callbacks return PORT_OK to go on; anything else stops the reader, which returns it.
 * Order per document: begin, groups and findings in source order, end.
 */
typedef struct InvoiceSink
{
	void *state;
	PortStatus (*begin)(void *state, const InvoicePlace *place, const char *format);
	PortStatus (*group)(void *state, const InvoiceGroup *group);
	/* the DOCUMENT group: all terms of the document itself; the last call for a document */
	PortStatus (*end)(void *state, const InvoiceGroup *document);
	PortStatus (*finding)(void *state, const Finding *finding);
	/* content that the format carries and the model does not: kept and shown, never dropped */
	PortStatus (*extra)(void *state, const InvoicePlace *place, const char *path, Slice value);
	/* to see the elements of XML formats as well (xml_watch.h); NULL = no */
	const struct XmlWatch *watch;
} InvoiceSink;

/* A reader of one format.  close is always called, also after a fault, and frees foreign handles.
 */
typedef struct InvoiceReader InvoiceReader;
struct InvoiceReader
{
	PortStatus (*push)(InvoiceReader *reader, const char *bytes, size_t length);
	PortStatus (*finish)(InvoiceReader *reader);
	void (*close)(InvoiceReader *reader);
	PortFault fault; /* set when push or finish returned PORT_INVALID or PORT_TOO_LARGE */
};

#define INVOICE_VALUE(group, term) \
	((group)->values[(term) -invoice_group_info[(group)->kind].first])

#endif
