/*
 * xml_schema.h: elements, their order and number, and data types of a format, checked as they pass.
 *
 * A format that has an XML schema of its own names one in its descriptor.  Its notation is that of
 * a content model in one line:
 *
 *   SCHEMA_TYPE("Podmiot1", "(NIP:TNip (Nazwa:TText | Imie:TText Nazwisko:TText)?
 * Adres:TAdres{0,5})") SCHEMA_VALUE("TText", TOKEN, 1, 256, NULL)
 *
 * element:type; ? may be absent, {least,most} a number of times; groups in brackets, with | between
 * alternatives.  The first type is that of the document element.  A type is either a content model
 * or a value; the model must be deterministic, as XML Schema demands: the next element alone says
 * where in the model it stands.
 *
 * Models are compiled to positions (one for each element in a model) and the set of positions that
 * may follow each, once a process; a step is then one look through a small set.
 */
#ifndef CORE_XML_SCHEMA_H
#define CORE_XML_SCHEMA_H

#include "core/buffer.h"
#include "core/invoice.h"
#include "core/xml_format.h"
#include "core/xmlread.h"

typedef enum SchemaKind
{
	SCHEMA_TOKEN,	  /* least to most characters, blanks collapsed */
	SCHEMA_STRING,	  /* the same as it stands; most 0 = any */
	SCHEMA_ONE_OF,	  /* text: a|b|c */
	SCHEMA_NUMBER_OF, /* the same of numbers, which may be written 01 */
	SCHEMA_DECIMAL,	  /* up to least digits before and most behind the point, no leading zeros */
	SCHEMA_PERCENT,	  /* 0 to 100, most digits behind the point */
	SCHEMA_NATURAL,	  /* above zero, up to most digits */
	SCHEMA_INTEGER,
	SCHEMA_DATE, /* text: first and last, 2006-01-01 2050-01-01 */
	SCHEMA_TIME, /* the same for the date of a time */
	SCHEMA_NIP,
	SCHEMA_INTERNAL, /* NIP-12345 */
	SCHEMA_VAT_UE,
	SCHEMA_BIC,
	SCHEMA_EMAIL,
	SCHEMA_KRS,
	SCHEMA_REGON,
	SCHEMA_IPKSEF,
	SCHEMA_LINK,
	SCHEMA_KSEF_NUMBER,
	SCHEMA_ALNUM,
	SCHEMA_ACCOUNT
} SchemaKind;

typedef struct SchemaEntry
{
	const char *name;
	const char *model; /* NULL = a value */
	SchemaKind kind;
	int least, most;
	const char *text;
} SchemaEntry;

#define SCHEMA_TYPE(name, model) {name, model, SCHEMA_TOKEN, 0, 0, NULL},
#define SCHEMA_VALUE(name, kind, least, most, text) {name, NULL, SCHEMA_##kind, least, most, text},

#define SCHEMA_MAX_ENTRIES 192
#define SCHEMA_MAX_POSITIONS 768
#define SCHEMA_SET_WORDS 2 /* positions in one model: 64 each */

typedef struct SchemaSet
{
	uint64_t words[SCHEMA_SET_WORDS];
} SchemaSet;

typedef struct SchemaPosition
{
	uint16_t name_number;
	uint16_t entry; /* its type */
	bool last;		/* the model may end here */
	int least, most;
	const char *name;
	size_t name_length;
	SchemaSet follow;
} SchemaPosition;

typedef struct SchemaModel
{
	uint16_t start, count; /* of its positions */
	bool nullable;
	SchemaSet first;
} SchemaModel;

/* One of these is static for each format; compiled on first use. */
typedef struct XmlSchema
{
	const SchemaEntry *entries;
	int entry_count;
	const char *structure_rule, *value_rule; /* KSEF-STRUCTURE, KSEF-VALUE */
	/* more about a value that has passed, and about every piece of text; may be NULL */
	void (*check)(XmlInvoice *reader, const SchemaEntry *entry, Slice value);
	void (*text)(XmlInvoice *reader, const char *bytes, size_t length);
	bool compiled, fits;
	int position_count;
	SchemaModel models[SCHEMA_MAX_ENTRIES];
	SchemaPosition positions[SCHEMA_MAX_POSITIONS];
} XmlSchema;

#define SCHEMA_MAX_DEPTH 16
#define SCHEMA_MAX_FINDINGS 100 /* of one document */

typedef struct SchemaLevel
{
	uint16_t entry;
	int position; /* of the child before, -1 = none; absolute */
	int count;	  /* how often it has stood */
	int ordinal;  /* of the element itself among its like */
	const SchemaPosition *self;
} SchemaLevel;

/* Of the document at hand. */
typedef struct SchemaState
{
	XmlSchema *schema; /* NULL = not checked */
	int level;
	int outside; /* levels below an element that the schema does not know */
	int findings;
	bool too_long; /* the value at hand */
	SchemaLevel levels[SCHEMA_MAX_DEPTH];
	ByteBuffer text;
} SchemaState;

extern bool xml_schema_compile(XmlSchema *schema, const XmlVocabulary *vocabulary);
/* What is wrong with a value, NULL if nothing is; expected is written to out. */
extern const char *xml_schema_value(const SchemaEntry *entry, Slice value, char *out, size_t size);

/* For xml_invoice.c. */
extern void xml_schema_begin(XmlInvoice *reader, XmlSchema *schema);
extern void xml_schema_start(XmlInvoice *reader, const XmlElement *element);
extern void xml_schema_text(XmlInvoice *reader, const char *bytes, size_t length);
extern void xml_schema_end(XmlInvoice *reader);
/* The document element has ended. */
extern void xml_schema_finish(XmlInvoice *reader);
/* A finding of the format's own at the element at hand. */
extern void xml_schema_finding(XmlInvoice *reader, FindingSeverity severity, const char *rule,
							   const char *message);

#endif
