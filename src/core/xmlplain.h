/*
 * xmlplain.h: XML documents of the plain kind, cut into tokens without the XML library.
 *
 * Private to xmlread.c.  Nearly every invoice is plain: UTF-8 that lies in memory as a whole, only
 * names of the vocabulary, no document type, comment, instruction or CDATA section, no reference
 * but to the five characters, none in attributes.  Such a document is checked to be well-formed
 * here; whatever is not plain, or not well-formed, is left to the library, which has the last word
 * and says what is wrong.  Nothing is told of a document before it is known to be plain to its end.
 */
#ifndef CORE_XMLPLAIN_H
#define CORE_XMLPLAIN_H

#include "core/xmlread.h"

typedef struct XmlPlain XmlPlain;

extern XmlPlain *xml_plain_open(const Port *port, const XmlVocabulary *vocabulary,
								const XmlLimits *limits);
extern void xml_plain_close(XmlPlain *plain);
/* False: not plain. */
extern bool xml_plain_read(XmlPlain *plain, const char *bytes, size_t length);

/* Where the telling is. */
typedef struct XmlPlainPlace
{
	int64_t line;
	const char *element; /* the innermost open one */
} XmlPlainPlace;

/* Tells the handler of the document that was read, until *status is no longer PORT_OK. */
extern void xml_plain_tell(const XmlPlain *plain, const XmlHandler *handler,
						   const PortStatus *status, int64_t lines_before, XmlPlainPlace *place);
/* Line feeds of the whole document. */
extern uint32_t xml_plain_lines(const XmlPlain *plain);

#endif
