/*
 * xmlread.c: libxml2's push parser behind numbered names.
 *
 * Two things keep it fast: element names come as pointers into the parser's dictionary, so a small
 * cache by pointer finds their number without comparing text; and the parser's context is reset,
 * not rebuilt, from one document to the next.  One idle context waits for the next reader, together
 * with the name cache of its dictionary.  A context that met a fault or unknown names is not kept,
 * so nothing of a hostile file stays.
 *
 * A plain document does not need the library at all (xmlplain.h); then there is no parser, and the
 * place is that of the token at hand.  The library's global state is never touched: errors come
 * through the context's own handler.
 */
#include "core/xmlread.h"

#include "core/xmlplain.h"
#include "core/xmlscan.h"

#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NAME_CACHE 512
#define MAX_ATTRIBUTES 256 /* more cannot stand in a tag of the largest limit */
#define HEAD_BYTES 512	   /* enough for an XML declaration */
#define MAX_UNKNOWN 1000

/* What may follow the document element in the same bytes. */
typedef enum XmlTail
{
	TAIL_NONE,	  /* the document element has not ended */
	TAIL_BETWEEN, /* another XML document may begin */
	TAIL_EPILOG	  /* comments and instructions only; the parser says so */
} XmlTail;

/* A parser and what its dictionary taught. */
typedef struct XmlParser
{
	xmlParserCtxtPtr context;
	const XmlVocabulary *vocabulary;
	struct
	{
		const xmlChar *pointer;
		uint16_t number;
	} cache[NAME_CACHE];
} XmlParser;

struct XmlReader
{
	const Port *port;
	const XmlVocabulary *vocabulary;
	XmlLimits limits;
	XmlHandler handler;
	xmlParserCtxtPtr parser; /* NULL until it is needed */
	XmlPlain *plain;
	XmlPlainPlace place; /* in a plain document, also after its end; else line 0 */
	PortStatus status;
	PortFault fault;
	XmlScan scan;
	int depth;
	bool started; /* the encoding is known and the parser has bytes */
	bool ending;  /* there are no more bytes */
	XmlTail tail;
	char next[XML_SCAN_BEGIN_BYTES]; /* first bytes behind the document */
	size_t next_length;
	int64_t lines_before;  /* that the parser has not seen: of documents before this one */
	int64_t lines_between; /* behind it so far */
	char wide;
	WideCarry carry;
	XmlSource source;
	bool declared; /* it has an XML declaration */
	char head[HEAD_BYTES];
	size_t head_length;
	char *narrow; /* UTF-8 of a UTF-16 piece */
	XmlParser *names;
	int unknown_count;
	/* not cleared when a reader opens */
	const xmlChar *unknown[MAX_UNKNOWN];
	XmlAttribute attributes[MAX_ATTRIBUTES];
};

/* The one that is kept; a second reader at the same time has its own. */
static XmlParser kept;
static bool kept_in_use;

const char *
xml_reader_element(const XmlReader *reader)
{
	const char *name = reader->place.element;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* since libxml2 2.14 */
	if (reader->place.line == 0)
		name = reader->parser != NULL ? (const char *) reader->parser->name : NULL;
#pragma GCC diagnostic pop
	return name != NULL ? name : "";
}

int64_t
xml_reader_line(const XmlReader *reader)
{
	if (reader->place.line != 0)
		return reader->place.line;
	if (reader->parser == NULL || reader->parser->input == NULL)
		return 0;
	return reader->parser->input->line + reader->lines_before;
}

const PortFault *
xml_reader_fault(const XmlReader *reader)
{
	return &reader->fault;
}

static void
stop(XmlReader *reader, PortStatus status)
{
	if (reader->status == PORT_OK)
		reader->status = status;
	if (reader->parser == NULL)
		return;
	/*
	 * What the library's own stop does, less the part that pulls the input from under its feet.
	 * Newer releases call the member deprecated and offers nothing that sets it.
	 */
	reader->parser->errNo = XML_ERR_USER_STOP;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
	reader->parser->disableSAX = 1;
#pragma GCC diagnostic pop
}

void
xml_reader_stop(XmlReader *reader, PortStatus status, const char *rule, const char *format, ...)
{
	char message[sizeof(reader->fault.message)];
	va_list args;

	if (rule != NULL && reader->fault.status == PORT_OK)
	{
		va_start(args, format);
		vsnprintf(message, sizeof(message), format, args);
		va_end(args);
		port_fault(&reader->fault, status, rule, "%s", message);
		reader->fault.line = xml_reader_line(reader);
		reader->fault.position = -1;
	}
	stop(reader, status);
}

/* A name outside of the vocabulary: the library's dictionary keeps it for good, so only so many. */
static void
note_unknown(XmlReader *reader, const xmlChar *name)
{
	for (int i = 0; i < reader->unknown_count; i++)
		if (reader->unknown[i] == name)
			return;
	if (reader->unknown_count >= reader->limits.unknown_names ||
		reader->unknown_count >= MAX_UNKNOWN)
		xml_reader_stop(reader, PORT_TOO_LARGE, "XML-LIMIT",
						"more than %d different names that no invoice has, the last one \"%.60s\";"
						" the limit is mailroom.invoice_unknown_name_limit",
						reader->unknown_count, (const char *) name);
	else
		reader->unknown[reader->unknown_count++] = name;
}

static uint16_t
name_number(XmlReader *reader, const xmlChar *name)
{
	uintptr_t bits = (uintptr_t) name;
	size_t at = (bits ^ bits >> 9) % NAME_CACHE;

	if (name == NULL)
		return 0;
	if (reader->names->cache[at].pointer != name)
	{
		reader->names->cache[at].pointer = name;
		reader->names->cache[at].number =
			xml_vocabulary_find(reader->vocabulary, (const char *) name);
	}
	if (reader->names->cache[at].number == 0)
		note_unknown(reader, name);
	return reader->names->cache[at].number;
}

static int
collect_attributes(XmlReader *reader, int count, const xmlChar **attributes)
{
	if (count > MAX_ATTRIBUTES)
	{
		xml_reader_stop(reader, PORT_TOO_LARGE, "XML-LIMIT", "more than %d attributes in one tag",
						MAX_ATTRIBUTES);
		return 0;
	}
	for (int i = 0; i < count; i++, attributes += 5)
	{
		XmlAttribute *attribute = &reader->attributes[i];

		attribute->name = name_number(reader, attributes[0]);
		attribute->space = name_number(reader, attributes[2]);
		attribute->text = (const char *) attributes[0];
		attribute->prefix = (const char *) attributes[1];
		attribute->value.bytes = (const char *) attributes[3];
		attribute->value.length = (size_t) (attributes[4] - attributes[3]);
	}
	return count;
}

static void
on_start(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *address,
		 int space_count, const xmlChar **spaces, int attribute_count, int defaulted,
		 const xmlChar **attributes)
{
	XmlReader *reader = context;
	XmlElement element;

	(void) defaulted;
	if (reader->status != PORT_OK)
		return;
	if (++reader->depth > reader->limits.depth)
	{
		xml_reader_stop(reader, PORT_TOO_LARGE, "XML-DEPTH",
						"elements are nested more than %d levels deep;"
						" the limit is mailroom.invoice_depth_limit",
						reader->limits.depth);
		return;
	}
	/* prefixes and addresses, used or not: the library keeps them like names */
	for (int i = 0; i < 2 * space_count; i++)
		name_number(reader, spaces[i]);
	element.name = name_number(reader, name);
	element.space = name_number(reader, address);
	element.text = (const char *) name;
	element.prefix = (const char *) prefix;
	element.address = (const char *) address;
	element.attribute_count = collect_attributes(reader, attribute_count, attributes);
	element.attributes = reader->attributes;
	if (reader->status == PORT_OK)
		reader->handler.start(reader->handler.state, &element);
}

static void
on_end(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *address)
{
	XmlReader *reader = context;

	(void) name;
	(void) prefix;
	(void) address;
	if (reader->status != PORT_OK)
		return;
	reader->depth--;
	reader->handler.end(reader->handler.state);
}

static void
on_text(void *context, const xmlChar *bytes, int length)
{
	XmlReader *reader = context;

	if (reader->status == PORT_OK)
		reader->handler.text(reader->handler.state, (const char *) bytes, (size_t) length);
}

static void
on_instruction(void *context, const xmlChar *target, const xmlChar *data)
{
	(void) data;
	name_number(context, target);
}

static void
on_document_type(void *context, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	(void) name;
	(void) external;
	(void) system;
	xml_reader_stop(context, PORT_INVALID, "XML-DOCTYPE",
					"a document type declaration is not allowed");
}

/*
 * Our own words for the usual faults of syntax, from what we know ourselves: the library's differ
 * between its versions.  False: the library's will have to do.
 */
static bool
say_syntax(XmlReader *reader, const xmlError *error)
{
	const char *element = xml_reader_element(reader), *words = NULL;

	if (reader->ending && reader->depth > 0 && *element != 0)
		words = "the document ends inside of element \"%.60s\"";
	else if (reader->ending && reader->tail == TAIL_NONE)
		words = "the document ends before its first element does";
	else if (reader->depth == 0 && reader->tail == TAIL_NONE &&
			 (error->code == XML_ERR_DOCUMENT_EMPTY || error->code == XML_ERR_DOCUMENT_START ||
			  error->code == XML_ERR_LT_REQUIRED))
		words = "the document does not begin with an element";
	else if (error->code == XML_ERR_TAG_NAME_MISMATCH)
		words = "an end tag is not that of the open element \"%.60s\"";
	if (words != NULL)
		xml_reader_stop(reader, PORT_INVALID, "XML-SYNTAX", words, element);
	return words != NULL;
}

static void
on_error(void *context, xmlErrorPtr error)
{
	XmlReader *reader = context;
	const char *rule = "XML-SYNTAX";
	size_t length = error->message ? strlen(error->message) : 0;

	if (error->level < XML_ERR_ERROR || reader->status != PORT_OK)
		return;
	if (error->code == XML_ERR_NO_MEMORY)
	{
		stop(reader, PORT_NO_MEMORY);
		return;
	}
	if (error->domain == XML_FROM_NAMESPACE)
		rule = "XML-NAMESPACE";
	else if (error->code == XML_ERR_INVALID_ENCODING || error->code == XML_ERR_INVALID_CHAR ||
			 error->code == XML_ERR_UNSUPPORTED_ENCODING)
		rule = "XML-ENCODING";
	while (length > 0 && error->message[length - 1] == '\n')
		length--;
	if (error->code == XML_ERR_INVALID_CHAR && error->int1 > 0)
		xml_reader_stop(reader, PORT_INVALID, rule, "character number %d is not allowed in XML",
						error->int1);
	else if (strcmp(rule, "XML-ENCODING") == 0)
		xml_reader_stop(reader, PORT_INVALID, rule,
						"a byte that is no text in the file's encoding; expected UTF-8, or the "
						"true encoding's name in the first line");
	else if (strcmp(rule, "XML-SYNTAX") != 0 || !say_syntax(reader, error))
		xml_reader_stop(reader, PORT_INVALID, rule, "%s%.*s",
						reader->ending ? "at the end of the file: " : "",
						length > 200 ? 200 : (int) length, error->message ? error->message : "");
	for (char *at = reader->fault.message; *at; at++)
		if (*at == '\n')
			*at = ' ';
	reader->fault.line = error->line + reader->lines_before;
}

static const xmlSAXHandler *
sax_handler(void)
{
	static xmlSAXHandler sax;

	if (sax.initialized == XML_SAX2_MAGIC)
		return &sax;
	sax.startElementNs = on_start;
	sax.endElementNs = on_end;
	sax.characters = on_text;
	sax.ignorableWhitespace =
		on_text; /* the same, so that the library does not try to tell them apart */
	sax.cdataBlock = on_text;
	sax.processingInstruction = on_instruction;
	sax.internalSubset = on_document_type;
	sax.serror = (xmlStructuredErrorFunc) on_error;
	sax.initialized = XML_SAX2_MAGIC;
	return &sax;
}

static void
begin_document(XmlReader *reader)
{
	reader->status = PORT_OK;
	memset(&reader->fault, 0, sizeof(reader->fault));
	memset(&reader->scan, 0, sizeof(reader->scan));
	reader->fault.position = -1;
	reader->depth = 0;
	reader->started = false;
	reader->ending = false;
	reader->wide = 0;
	reader->carry.count = 0;
	reader->head_length = 0;
	reader->tail = TAIL_NONE;
	reader->next_length = 0;
	reader->lines_before = 0;
	reader->lines_between = 0;
	reader->place.line = 0;
}

/* Makes the parser ready for a first byte. */
static PortStatus
rewind_parser(XmlReader *reader)
{
	xmlParserCtxtPtr parser = reader->parser;

	if (xmlCtxtResetPush(parser, NULL, 0, NULL, NULL) != 0)
		return PORT_NO_MEMORY;
	parser->options = 0;
	parser->userData = reader;
	xmlCtxtUseOptions(parser, XML_PARSE_NONET);
	return PORT_OK;
}

/* A parser that waits for a first byte; the reader's own is one already. */
static bool
take_parser(XmlReader *reader)
{
	bool own = kept_in_use;

	if (reader->parser != NULL)
		return true;

	reader->names = own ? reader->port->alloc(reader->port->host, sizeof(XmlParser)) : &kept;
	if (reader->names == NULL)
		return false;
	kept_in_use = true;
	if (!own && kept.context != NULL && kept.vocabulary == reader->vocabulary)
	{
		reader->parser = kept.context;
		return rewind_parser(reader) == PORT_OK;
	}
	memset(reader->names, 0, sizeof(XmlParser));
	reader->names->vocabulary = reader->vocabulary;
	reader->parser = xmlCreatePushParserCtxt((xmlSAXHandlerPtr) (uintptr_t) sax_handler(), reader,
											 NULL, 0, NULL);
	reader->names->context = reader->parser;
	if (reader->parser != NULL)
		xmlCtxtUseOptions(reader->parser, XML_PARSE_NONET);
	return reader->parser != NULL;
}

static void
leave_parser(XmlReader *reader)
{
	bool keep = reader->names == &kept && reader->status == PORT_OK && reader->unknown_count == 0 &&
				reader->wide == 0;

	if (reader->names == NULL)
		return;
	if (reader->parser != NULL && !keep)
	{
		xmlFreeParserCtxt(reader->parser);
		reader->names->context = NULL;
	}
	if (reader->names == &kept)
		kept_in_use = false;
	else
		reader->port->release(reader->port->host, reader->names);
	reader->parser = NULL;
	reader->names = NULL;
	reader->unknown_count = 0;
}

XmlReader *
xml_reader_open(const Port *port, const XmlVocabulary *vocabulary, const XmlLimits *limits,
				const XmlHandler *handler)
{
	XmlReader *reader = port->alloc(port->host, sizeof(XmlReader));

	if (reader == NULL)
		return NULL;
	memset(reader, 0, offsetof(XmlReader, unknown));
	reader->port = port;
	reader->vocabulary = vocabulary;
	reader->limits = *limits;
	reader->handler = *handler;
	if (!limits->library && (reader->plain = xml_plain_open(port, vocabulary, limits)) == NULL)
	{
		xml_reader_close(reader);
		return NULL;
	}
	begin_document(reader);
	return reader;
}

void
xml_reader_close(XmlReader *reader)
{
	if (reader == NULL)
		return;
	leave_parser(reader);
	xml_plain_close(reader->plain);
	if (reader->narrow != NULL)
		reader->port->release(reader->port->host, reader->narrow);
	reader->port->release(reader->port->host, reader);
}

void
xml_reader_reset(XmlReader *reader)
{
	leave_parser(reader);
	begin_document(reader);
}

/* -- plain documents ------------------------------------------------------------------------ */

/* The document element has ended: what may follow? */
static void
note_end(XmlReader *reader)
{
	reader->tail = reader->status == PORT_OK && reader->handler.another != NULL &&
						   reader->handler.another(reader->handler.state)
					   ? TAIL_BETWEEN
					   : TAIL_EPILOG;
}

/* False if the bytes are not a plain document as a whole. */
static bool
read_plain(XmlReader *reader, const char *bytes, size_t length)
{
	if (reader->plain == NULL || reader->wide != 0 || !xml_plain_read(reader->plain, bytes, length))
		return false;
	reader->scan.closed = true;
	reader->scan.instructions = reader->declared ? 1 : 0;
	if (reader->port->interrupted(reader->port->host))
		reader->status = PORT_INTERRUPTED;
	else
		xml_plain_tell(reader->plain, &reader->handler, &reader->status, reader->lines_before,
					   &reader->place);
	reader->scan.lines += xml_plain_lines(reader->plain);
	reader->scan.position += (int64_t) length;
	note_end(reader);
	return true;
}

/* More comes behind a plain document: the parser, told that there was one, knows whether it may. */
static bool
wake_parser(XmlReader *reader)
{
	static const char document[] = "<x/>";

	reader->lines_before = reader->scan.lines;
	reader->place.line = 0;
	if (!take_parser(reader))
	{
		reader->status = PORT_NO_MEMORY;
		return false;
	}
	reader->status = PORT_STOPPED; /* so that nothing of it is told */
	xmlParseChunk(reader->parser, document, sizeof(document) - 1, 0);
	reader->status = PORT_OK;
	return true;
}

/* -- documents of any kind ------------------------------------------------------------------ */

/* At most XML_CHUNK bytes that contain ASCII as it is; how many were used. */
static size_t
parse_piece(XmlReader *reader, const char *bytes, size_t length, bool last)
{
	size_t used = 0;

	if (reader->port->interrupted(reader->port->host))
	{
		reader->status = PORT_INTERRUPTED;
		return length;
	}
	if (reader->place.line != 0 && !wake_parser(reader))
		return length;
	reader->status = xml_scan_piece(&reader->scan, reader->limits.tag_bytes, bytes, length, &used,
									&reader->fault);
	if (reader->status != PORT_OK)
		return length;
	xmlParseChunk(reader->parser, bytes, (int) used, last);
	if (reader->status == PORT_OK && reader->parser->errNo == XML_ERR_NO_MEMORY)
		reader->status = PORT_NO_MEMORY;
	return used;
}

static void
parse_wide(XmlReader *reader, const char *bytes, size_t length)
{
	if (reader->narrow == NULL &&
		(reader->narrow = reader->port->alloc(reader->port->host, XML_CHUNK)) == NULL)
	{
		reader->status = PORT_NO_MEMORY;
		return;
	}
	while (length > 0 && reader->status == PORT_OK)
	{
		size_t slice = length > XML_CHUNK / 2 ? XML_CHUNK / 2 : length, used = 0;
		int64_t narrow = xml_widen(&reader->carry, reader->wide, bytes, slice, reader->narrow);

		if (narrow < 0)
		{
			reader->fault.line = reader->scan.lines + 1;
			reader->status = port_fault(&reader->fault, PORT_INVALID, "XML-ENCODING",
										"broken UTF-16: half a surrogate pair");
		}
		while (reader->status == PORT_OK && used < (size_t) narrow)
			used += parse_piece(reader, reader->narrow + used, (size_t) narrow - used, false);
		bytes += slice;
		length -= slice;
	}
}

/* Up to the end of the bytes, or of the document element if another one may follow. */
static size_t
parse_bytes(XmlReader *reader, const char *bytes, size_t length)
{
	size_t used = 0;

	if (reader->wide != 0)
	{
		parse_wide(reader, bytes, length);
		return length;
	}
	while (used < length && reader->status == PORT_OK && reader->tail != TAIL_BETWEEN)
	{
		size_t slice = length - used > XML_CHUNK ? XML_CHUNK : length - used;

		used += parse_piece(reader, bytes + used, slice, false);
		if (reader->tail == TAIL_NONE && reader->scan.closed)
			note_end(reader);
	}
	return used;
}

/* How the document is written; the mark is taken off before. */
static void
note_source(XmlReader *reader, const char *bytes, size_t length)
{
	memset(&reader->source, 0, sizeof(reader->source));
	reader->scan.instructions = 0;
	reader->source.mark = length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0;
	if (reader->source.mark)
	{
		bytes += 3;
		length -= 3;
	}
	reader->declared = xml_scan_declares(bytes, length, &reader->source.other_encoding);
	reader->source.other_encoding = reader->source.other_encoding || reader->wide != 0;
}

XmlSource
xml_reader_source(const XmlReader *reader)
{
	XmlSource source = reader->source;

	source.instructions = reader->scan.instructions - (reader->declared ? 1 : 0);
	return source;
}

static size_t
start_document(XmlReader *reader, const char *bytes, size_t length)
{
	size_t skip = 0;

	reader->started = true;
	reader->status = xml_scan_encoding(bytes, length, &reader->wide, &reader->fault);
	note_source(reader, bytes, length);
	if (reader->wide != 0)
		skip = 2;
	else if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
	{
		/* a parser that is used again takes the mark for text before the root */
		skip = 3;
		reader->scan.position += 3;
	}
	if (reader->status == PORT_OK && read_plain(reader, bytes + skip, length - skip))
		return length;
	if (reader->status == PORT_OK && !take_parser(reader))
		reader->status = PORT_NO_MEMORY;
	if (reader->status != PORT_OK)
		return length;
	/* the parser gets UTF-8 whatever the declaration says */
	if (skip > 0)
		xmlCtxtUseOptions(reader->parser, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);
	return skip + parse_bytes(reader, bytes + skip, length - skip);
}

/* The parser is told that its document is over, and says whether it was whole. */
static void
end_document(XmlReader *reader)
{
	if (reader->status == PORT_OK && reader->carry.count != 0)
		reader->status = port_fault(&reader->fault, PORT_INVALID, "XML-ENCODING",
									"broken UTF-16: half a character at the end");
	reader->ending = true;
	if (reader->place.line != 0)
		return;
	if (reader->status == PORT_OK)
		parse_piece(reader, "", 0, true);
	if (reader->status == PORT_OK && (!reader->parser->wellFormed || !reader->parser->nsWellFormed))
		xml_reader_stop(reader, PORT_INVALID, "XML-SYNTAX", "the document ends too early");
}

/* The bytes at hand begin another document; places count on. */
static void
next_document(XmlReader *reader)
{
	int64_t lines = reader->scan.lines, position = reader->scan.position;
	char next[XML_SCAN_BEGIN_BYTES];
	size_t length = reader->next_length;
	PortStatus status;

	end_document(reader);
	if (reader->status != PORT_OK)
		return;
	memcpy(next, reader->next, length);
	status = reader->parser != NULL ? rewind_parser(reader) : PORT_OK;
	begin_document(reader);
	reader->status = status;
	reader->scan.lines = reader->lines_before = lines;
	reader->scan.position = position;
	memcpy(reader->head, next, length);
	reader->head_length = length;
}

/* What follows the document is more of it, as far as the parser lets it be. */
static void
no_document(XmlReader *reader)
{
	reader->tail = TAIL_EPILOG;
	reader->lines_before += reader->lines_between;
	parse_bytes(reader, reader->next, reader->next_length);
	reader->next_length = 0;
}

static size_t
skip_between(XmlReader *reader, const char *bytes, size_t length)
{
	size_t used = 0;

	while (used < length && reader->tail == TAIL_BETWEEN && reader->status == PORT_OK)
	{
		char c = bytes[used++];
		int begins;

		if (reader->next_length == 0 && strchr(" \t\n\r", c) != NULL && c != '\0')
		{
			reader->lines_between += c == '\n';
			reader->scan.lines += c == '\n';
			reader->scan.position++;
			continue;
		}
		reader->next[reader->next_length++] = c;
		begins = xml_scan_begins_document(reader->next, reader->next_length);
		if (begins == 1)
			next_document(reader);
		else if (begins == 0)
			no_document(reader);
	}
	return used;
}

/* Some of the bytes; at least one. */
static size_t
push_some(XmlReader *reader, const char *bytes, size_t length)
{
	size_t missing = HEAD_BYTES - reader->head_length;

	if (reader->tail == TAIL_BETWEEN)
		return skip_between(reader, bytes, length);
	if (reader->started)
		return parse_bytes(reader, bytes, length);
	if (reader->head_length == 0 && length >= HEAD_BYTES)
		return start_document(reader, bytes, length);
	if (missing > length)
		missing = length;
	memcpy(reader->head + reader->head_length, bytes, missing);
	reader->head_length += missing;
	return missing;
}

/* The head is what was gathered of a document to see its encoding; it may hold several documents.
 */
static void
parse_head(XmlReader *reader)
{
	char head[HEAD_BYTES];
	size_t length = reader->head_length, used;

	memcpy(head, reader->head, length);
	reader->head_length = 0;
	used = start_document(reader, head, length);
	while (used < length && reader->status == PORT_OK)
		used += push_some(reader, head + used, length - used);
}

PortStatus
xml_reader_push(XmlReader *reader, const char *bytes, size_t length)
{
	size_t used = 0;

	while (used < length && reader->status == PORT_OK)
	{
		used += push_some(reader, bytes + used, length - used);
		if (!reader->started && reader->head_length == HEAD_BYTES)
			parse_head(reader);
	}
	return reader->status;
}

PortStatus
xml_reader_finish(XmlReader *reader)
{
	while (reader->status == PORT_OK && !reader->started)
		parse_head(reader);
	if (reader->status == PORT_OK && reader->next_length > 0)
		no_document(reader);
	end_document(reader);
	return reader->status;
}
