/*
 * xmlscan.h: a look at the bytes of an XML document before a parser gets them.
 *
 * Private to xmlread.c.  Works on encodings that contain ASCII as it is; the others are converted
 * or refused before.
 */
#ifndef CORE_XMLSCAN_H
#define CORE_XMLSCAN_H

#include "core/port.h"

typedef enum XmlScanState
{
	XML_SCAN_TEXT,
	XML_SCAN_OPEN, /* after < */
	XML_SCAN_TAG,
	XML_SCAN_QUOTE, /* in an attribute value */
	XML_SCAN_BANG,	/* after <! */
	XML_SCAN_COMMENT,
	XML_SCAN_CDATA,
	XML_SCAN_INSTRUCTION
} XmlScanState;

typedef struct XmlScan
{
	XmlScanState state;
	char quote;
	char last[2];	  /* the two bytes before, inside comments and the like */
	int64_t length;	  /* of the current markup */
	int depth;		  /* of open elements */
	bool closing;	  /* the tag at hand is an end tag */
	bool closed;	  /* the document element has ended */
	int64_t lines;	  /* line feeds before the bytes at hand */
	int64_t position; /* bytes before the bytes at hand */
	int instructions; /* seen so far, the declaration too */
} XmlScan;

/*
 * Checks one piece; fault has the line and position.  Stops behind the end of the document element
 * if anything but white space follows: *used is the number of bytes looked at.
 */
extern PortStatus xml_scan_piece(XmlScan *scan, int tag_bytes, const char *bytes, size_t length,
								 size_t *used, PortFault *fault);

/*
 * Reads the encoding out of the first bytes.  PORT_INVALID: it is one that hides markup from the
 * scan.  *wide is set to 'L' or 'B' for UTF-16 with a byte order mark, else 0.
 */
extern PortStatus xml_scan_encoding(const char *bytes, size_t length, char *wide, PortFault *fault);

/* Does the content begin with a declaration, and does that name another encoding than UTF-8? */
extern bool xml_scan_declares(const char *bytes, size_t length, bool *other_encoding);

/*
 * Does the markup at the end of a document begin another one?  0 = it does not, 1 = it does, -1 =
 * not to be told yet: at the latest with XML_SCAN_BEGIN_BYTES.
 */
#define XML_SCAN_BEGIN_BYTES 6 /* "<?xml " */
extern int xml_scan_begins_document(const char *bytes, size_t length);

/*
 * UTF-16 to UTF-8.  carry holds bytes of an unfinished character between calls (at most 3).  out
 * has room for length * 3 / 2 + 8 bytes. Returns the bytes written, -1 for a broken surrogate pair.
 */
typedef struct WideCarry
{
	unsigned char bytes[4];
	int count;
} WideCarry;
extern int64_t xml_widen(WideCarry *carry, char order, const char *bytes, size_t length, char *out);

#endif
