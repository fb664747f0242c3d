/*
 * xmlread.h: XML as a stream of numbered names, the only door to libxml2.
 *
 * Every byte is looked at before the parser sees it: a document type declaration, a NUL byte, a tag
 * over the limit or a hidden encoding ends the reading, because libxml2 spends quadratic time on
 * some of them.  Namespace errors count as errors.  Nothing is ever fetched or expanded.
 *
 * Rules (fault.rule): XML-SYNTAX, XML-DOCTYPE, XML-DEPTH, XML-LIMIT, XML-NAMESPACE, XML-ENCODING.
 *
 * Handler functions run inside the library: they must not throw.  They note what is wrong with
 * xml_reader_stop, and xml_reader_push returns it.
 */
#ifndef CORE_XMLREAD_H
#define CORE_XMLREAD_H

#include "core/invoice.h"

/*
 * The names a handler knows; local names and namespace addresses alike have numbers from 1,
 * anything else is 0.
 */
#define XML_VOCABULARY_SLOTS 16384
#define XML_VOCABULARY_NAMES 6144

typedef struct XmlVocabulary
{
	const char *names[XML_VOCABULARY_NAMES];
	uint16_t slots[XML_VOCABULARY_SLOTS];
	int count;
} XmlVocabulary;

/* The number of a name, given on first sight; name must live on.  0: the vocabulary is full. */
extern uint16_t xml_vocabulary_add(XmlVocabulary *vocabulary, const char *name);
extern uint16_t xml_vocabulary_find(const XmlVocabulary *vocabulary, const char *name);

/* The library leaves an ampersand in an attribute as the reference "&#38;": those of a value become
 * ampersands in place; returns the new length. */
extern size_t xml_decode_ampersands(char *text, size_t length);

typedef struct XmlAttribute
{
	uint16_t space, name;
	const char *prefix, *text; /* prefix may be NULL; text is the local name */
	Slice value;
} XmlAttribute;

typedef struct XmlElement
{
	uint16_t space, name;
	const char *prefix, *text, *address; /* prefix and address may be NULL */
	int attribute_count;
	const XmlAttribute *attributes;
} XmlElement;

typedef struct XmlHandler
{
	void *state;
	void (*start)(void *state, const XmlElement *element);
	void (*end)(void *state);
	void (*text)(void *state, const char *bytes, size_t length);
	/*
	 * The document element has ended: may another XML document follow in the same bytes?  Files of
	 * banks are such rows, with an envelope before each invoice.  NULL = no.
	 */
	bool (*another)(void *state);
} XmlHandler;

typedef struct XmlLimits
{
	int depth;
	int tag_bytes;
	int unknown_names;
	bool library; /* read all of it with the XML library, for comparison */
} XmlLimits;

typedef struct XmlReader XmlReader;

extern XmlReader *xml_reader_open(const Port *port, const XmlVocabulary *vocabulary,
								  const XmlLimits *limits, const XmlHandler *handler);
extern void xml_reader_close(XmlReader *reader);
/* Ready for the next document; the library's context is left to whoever needs it. */
extern void xml_reader_reset(XmlReader *reader);

/* Bytes in pieces of any size; at most XML_CHUNK of them reach the parser in one go. */
#define XML_CHUNK (64 * 1024)
extern PortStatus xml_reader_push(XmlReader *reader, const char *bytes, size_t length);
extern PortStatus xml_reader_finish(XmlReader *reader);

/* For handlers: stop with this status; the fault is filled in with the place if rule is given. */
extern void xml_reader_stop(XmlReader *reader, PortStatus status, const char *rule,
							const char *format, ...) __attribute__((format(printf, 4, 5)));
/* How the document is written, for formats that care. */
typedef struct XmlSource
{
	bool mark;			 /* it begins with a byte order mark */
	bool other_encoding; /* it is, or says that it is, not UTF-8 */
	int instructions;	 /* processing instructions so far, the declaration not counted */
} XmlSource;
extern XmlSource xml_reader_source(const XmlReader *reader);
extern int64_t xml_reader_line(const XmlReader *reader);
/* For handlers: name of the element that is open, without prefix. */
extern const char *xml_reader_element(const XmlReader *reader);
extern const PortFault *xml_reader_fault(const XmlReader *reader);

#endif
