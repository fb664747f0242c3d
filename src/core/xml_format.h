/*
 * xml_format.h: what the reader of XML invoices must know about one format.
 *
 * To add a format NAME in five steps:
 * 1. NAME_paths.def: one entry for each element and attribute that has a business term; the macros
 *    stand below.
 * 2. NAME_close.c: the functions that the entries name (what the end of an element means, how a
 *    text is written), the .def included into a static const XmlEntry array, and the XmlFormat
 *    NAME_format.  Tools for both are in xml_state.h.
 * 3. One line in xml_formats.c.  Names, roots and paths are compiled on first use; the unit test
 *    xml_formats_test.c checks that they fit.
 * 4. Names that stand in many documents and have no place in the model go to the format's list of
 *    ballast, so that they do not count against the limit of unknown names.
 * 5. Fixtures in test/sql/invoice_NAME.sql, the corpus in test/t, a section in docs/invoice.md.
 *
 * A document element is recognised by name and namespace at any depth: many invoices in a wrapper,
 * SOAP and SBDH frames come by themselves.  Whatever has no entry goes to the sink's "extra".
 *
 * Peculiarities and where they go:
 * - No namespaces: no spaces in the descriptor, no prefixes in the paths.
 * - The same paths in two versions of a namespace: two descriptors with the same entries.
 * - Other encodings: nothing to do, the parser converts (xmlscan.c lists those it may meet).
 * - Dates and numbers written differently: the descriptor's date and number transforms, for single
 *   entries XML_VALUE_AS.  An attribute that says how the text is written (format="102", SIGN="-")
 *   is XML_ATTRIBUTE(path, name, XML_QUALIFIER); the transform finds it in xml_qualifier().
 * - Several values for several terms, a list of terms in the literal of a scratch group, sums and
 *   differences: xml_pieces.h.
 * - Several XML documents in one file, one behind the other: the descriptor's member sequence.
 * - What a frame around the invoices announces: the descriptor's frame and frame_end.
 * - A date in parts, a value whose term depends on an attribute, the n-th of several elements:
 *   make the element a group of kind XML_SCRATCH, its parts scratch terms, and put them together
 *   in its close.
 * - Negative credit notes: what is told late waits in scratch or document terms until the
 *   descriptor's finish, which runs before the document goes out, turns the signs (xml_negate).
 *   What can be told early goes into xml_notes(), and a transform or close turns signs at once.
 */
#ifndef CORE_XML_FORMAT_H
#define CORE_XML_FORMAT_H

#include "core/invoice.h"

typedef struct XmlInvoice XmlInvoice;
typedef struct XmlOpenGroup XmlOpenGroup;

/*
 * Terms that are read only to decide what another value means.  A format names its own:
 * enum { TERM_UBL_ID = TERM_XML_SCRATCH, ... }.  They are cleared when a group of kind XML_SCRATCH
 * or with XML_CLEARS opens.
 */
#define XML_SCRATCH_TERMS 64
#define TERM_XML_SCRATCH ((int) INVOICE_TERM_COUNT)
#define TERM_XML_QUALIFIER (TERM_XML_SCRATCH + XML_SCRATCH_TERMS) /* of the text at hand only */
#define XML_TERM_COUNT (TERM_XML_QUALIFIER)
#define INVOICE_XML_SCRATCH ((int) INVOICE_GROUP_COUNT) /* the group of these terms */
#define XML_GROUP_COUNT (INVOICE_XML_SCRATCH + 1)
#define XML_NO_GROUP (-1)
#define XML_NO_TERM (-1)

/* The end of a group's element; false: its texts are still needed by the group around it. */
typedef bool (*XmlClose)(XmlInvoice *reader, const XmlOpenGroup *group);

/*
 * Rewrites the text of a value in place: length bytes, room for XML_TRANSFORM_ROOM more; returns
 * the new length.  What cannot be written canonically stays as it is.
 */
#define XML_TRANSFORM_ROOM 32
typedef size_t (*XmlTransform)(XmlInvoice *reader, char *text, size_t length);

typedef enum XmlEntryKind
{
	XML_ENTRY_GROUP,
	XML_ENTRY_VALUE,
	XML_ENTRY_ATTRIBUTE,
	XML_ENTRY_REPEATS,
	XML_ENTRY_NEEDED
} XmlEntryKind;

#define XML_CLEARS 1	  /* scratch terms start anew in this group */
#define XML_COUNTS_LATE 2 /* its close counts the group, when it knows which kind it is */

typedef struct XmlEntry
{
	XmlEntryKind kind;
	const char *path;
	const char *attribute;
	int number; /* group or term */
	int flags;
	XmlClose close;
	const char *literal;
	XmlTransform transform;
} XmlEntry;

/*
 * For NAME_paths.def:
 *
 * - XML_GROUP(path, group, close, literal): the element is one instance of the group; literal is
 *   the value of the group's first term, or NULL.  XML_GROUP_CLEARS: scratch terms start anew.
 * - XML_CHOICE(path, group, close): which group it is, its close decides and counts.
 * - XML_VALUE(path, term): the element's text is the term.
 * - XML_ATTRIBUTE(path, name, term): so is an attribute of an element.
 * - XML_VALUE_AS, XML_ATTRIBUTE_AS: the same with a transform of their own.
 * - XML_REPEATS(path): may stand more than once in its parent; if the descriptor has a rule for
 *   it, a second one of all others is a finding.
 * - XML_NEEDED(path): must stand in its parent wherever that stands; else the descriptor's
 *   missing_rule is a finding.
 *
 * Paths start below the document element ("" is itself).  A prefix holds for the names behind it
 * until the next one: "cac:InvoiceLine/Item/cbc:Name"; the first name without one has the first
 * namespace of the format.  Groups and values may stand on the same element.
 */
#define XML_GROUP(path, group, close, literal) \
	{XML_ENTRY_GROUP, path, NULL, (int) INVOICE_##group, 0, close, literal, NULL},
#define XML_GROUP_CLEARS(path, group, close, literal) \
	{XML_ENTRY_GROUP, path, NULL, (int) INVOICE_##group, XML_CLEARS, close, literal, NULL},
#define XML_CHOICE(path, group, close)                                                 \
	{XML_ENTRY_GROUP, path, NULL, (int) INVOICE_##group, XML_CLEARS | XML_COUNTS_LATE, \
	 close,			  NULL, NULL},
#define XML_VALUE(path, term) {XML_ENTRY_VALUE, path, NULL, (int) TERM_##term, 0, NULL, NULL, NULL},
#define XML_VALUE_AS(path, term, transform) \
	{XML_ENTRY_VALUE, path, NULL, (int) TERM_##term, 0, NULL, NULL, transform},
#define XML_ATTRIBUTE(path, name, term) \
	{XML_ENTRY_ATTRIBUTE, path, name, (int) TERM_##term, 0, NULL, NULL, NULL},
#define XML_ATTRIBUTE_AS(path, name, term, transform) \
	{XML_ENTRY_ATTRIBUTE, path, name, (int) TERM_##term, 0, NULL, NULL, transform},
#define XML_REPEATS(path) {XML_ENTRY_REPEATS, path, NULL, 0, 0, NULL, NULL, NULL},
#define XML_NEEDED(path) {XML_ENTRY_NEEDED, path, NULL, 0, 0, NULL, NULL, NULL},

typedef struct XmlSpace
{
	const char *prefix, *address;
} XmlSpace;

typedef struct XmlRoot
{
	const char *name;  /* with prefix if it has a namespace */
	const char *label; /* format name of the invoice: ubl-creditnote */
} XmlRoot;

#define XML_FORMAT_SPACES 10
#define XML_FORMAT_ROOTS 4

typedef struct XmlFormat
{
	const char *name; /* for invoice_reader_open: "ubl" */
	XmlRoot roots[XML_FORMAT_ROOTS];
	XmlSpace spaces[XML_FORMAT_SPACES];
	const XmlEntry *entries;
	size_t entry_count;
	const char *const *ballast; /* up to NULL; a string may hold many names, with blanks between */
	const char *currency; /* attribute that need not be kept where it is the document's currency */
	const char *repeated_rule; /* UBL-REPEATED; NULL = not checked */
	const char *missing_rule;  /* of XML_NEEDED; NULL = not checked */
	bool sequence;			   /* another XML document may follow in the same file */
	bool empty_is_absent;	   /* senders leave elements empty instead of out */
	struct XmlSchema *schema;  /* checked as the document passes (xml_schema.h); NULL = not */
	XmlTransform date, number; /* of all terms of such types; NULL = as they are */
	void (*finish)(XmlInvoice *reader); /* before the document goes out; may be NULL */
	/* true: what is missing in this document is only worth a warning; may be NULL */
	bool (*lenient)(XmlInvoice *reader);
	/* a text or attribute outside of all invoices, and the end of the file; may be NULL */
	void (*frame)(XmlInvoice *reader, const char *path, Slice value);
	void (*frame_end)(XmlInvoice *reader);
} XmlFormat;

/* one in each FORMAT_close.c */
extern const XmlFormat ubl_format, cii_format, ksef_fa3_format, ksef_fa2_format;
extern const XmlFormat finvoice_format, teapps_format, svefaktura_format;

/* xml_formats.c */
extern const XmlFormat *const xml_formats[];
extern const int xml_format_count;
#define XML_MAX_FORMATS 12

#endif
