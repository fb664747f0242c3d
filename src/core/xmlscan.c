/*
 * xmlscan.c: the byte scan in front of the parser, and UTF-16.
 */
#include "core/xmlscan.h"

#include <string.h>
#include <strings.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* A comment or instruction is buffered whole by the parser, which gives up on 10 MB of CDATA. */
#define OTHER_MARKUP_LIMIT (1024 * 1024)
#define CDATA_LIMIT (8 * 1024 * 1024)

static void
note_place(const XmlScan *scan, const char *start, const char *at, PortFault *fault)
{
	fault->line = scan->lines + 1;
	for (const char *p = start; p < at; p++)
		fault->line += *p == '\n';
	fault->position = scan->position + (at - start);
}

static PortStatus
too_long(const char *what, int64_t limit, const char *setting, PortFault *fault)
{
	return port_fault(fault, PORT_TOO_LARGE, "XML-LIMIT", "%s is longer than %lld bytes%s", what,
					  (long long) limit, setting);
}

/* True at the end of a comment, CDATA section or instruction. */
static bool
markup_ends(const XmlScan *scan, char c)
{
	if (c != '>')
		return false;
	switch (scan->state)
	{
		case XML_SCAN_COMMENT:
			return scan->last[0] == '-' && scan->last[1] == '-';
		case XML_SCAN_CDATA:
			return scan->last[0] == ']' && scan->last[1] == ']';
		default:
			return scan->last[1] == '?';
	}
}

static const char *
skip_markup(XmlScan *scan, const char *at, const char *end)
{
	for (; at < end; at++)
	{
		if (markup_ends(scan, *at))
		{
			scan->state = XML_SCAN_TEXT;
			return at + 1;
		}
		scan->last[0] = scan->last[1];
		scan->last[1] = *at;
		scan->length++;
	}
	return at;
}

/* The next byte that means something inside of a tag. */
static const char *
find_in_tag(const char *at, const char *end)
{
#ifdef __SSE2__
	const __m128i close = _mm_set1_epi8('>'), two = _mm_set1_epi8('"'), one = _mm_set1_epi8('\'');

	for (; end - at >= 16; at += 16)
	{
		__m128i bytes = _mm_loadu_si128((const __m128i *) at);
		int found = _mm_movemask_epi8(
			_mm_or_si128(_mm_cmpeq_epi8(bytes, close),
						 _mm_or_si128(_mm_cmpeq_epi8(bytes, two), _mm_cmpeq_epi8(bytes, one))));

		if (found != 0)
			return at + __builtin_ctz((unsigned) found);
	}
#endif
	while (at < end && *at != '>' && *at != '"' && *at != '\'')
		at++;
	return at;
}

/* last: the byte before the bracket */
static void
end_tag(XmlScan *scan, char last)
{
	scan->state = XML_SCAN_TEXT;
	if (scan->closing)
		scan->depth--;
	else if (last != '/')
		scan->depth++;
	scan->closed |= scan->depth <= 0;
}

static const char *
skip_tag(XmlScan *scan, const char *at, const char *end)
{
	const char *start = at;

	while (at < end)
	{
		if (scan->state == XML_SCAN_QUOTE)
			at = memchr(at, scan->quote, (size_t) (end - at));
		else
			at = find_in_tag(at, end);
		if (at == NULL || at == end)
		{
			at = end;
			break;
		}
		if (*at == '>' && scan->state == XML_SCAN_TAG)
		{
			end_tag(scan, at > start ? at[-1] : scan->last[1]);
			at++;
			break;
		}
		scan->state = scan->state == XML_SCAN_QUOTE ? XML_SCAN_TAG : XML_SCAN_QUOTE;
		scan->quote = *at++;
	}
	scan->length += at - start;
	if (at > start)
		scan->last[1] = at[-1];
	return at;
}

/* After "<" or "<!": which kind of markup is it? */
static PortStatus
open_markup(XmlScan *scan, char c, PortFault *fault)
{
	scan->last[0] = scan->last[1] = 0;
	scan->length = 0;
	scan->closing = c == '/';
	if (scan->state == XML_SCAN_OPEN && c == '?')
		scan->instructions++;
	if (scan->state == XML_SCAN_OPEN)
		scan->state = c == '!' ? XML_SCAN_BANG : (c == '?' ? XML_SCAN_INSTRUCTION : XML_SCAN_TAG);
	else if (c == '-')
		scan->state = XML_SCAN_COMMENT;
	else if (c == '[')
		scan->state = XML_SCAN_CDATA;
	else
		return port_fault(fault, PORT_INVALID, "XML-DOCTYPE",
						  "a document type declaration is not allowed");
	return PORT_OK;
}

static int64_t
count_lines(const char *at, const char *end)
{
	int64_t lines = 0;

	while (at < end && (at = memchr(at, '\n', (size_t) (end - at))) != NULL)
	{
		lines++;
		at++;
	}
	return lines;
}

static bool
all_blank(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
		at++;
	return at == end;
}

PortStatus
xml_scan_piece(XmlScan *scan, int tag_bytes, const char *bytes, size_t length, size_t *used,
			   PortFault *fault)
{
	const char *at = bytes, *end = bytes + length;
	bool open = !scan->closed;
	PortStatus status = PORT_OK;

	*used = length;

	if (length == 0)
		return PORT_OK;
	if ((at = memchr(bytes, 0, length)) != NULL)
	{
		note_place(scan, bytes, at, fault);
		return port_fault(fault, PORT_INVALID, "XML-ENCODING", "a NUL byte is not allowed");
	}
	at = bytes;
	while (at < end && status == PORT_OK)
	{
		const char *start = at;

		switch (scan->state)
		{
			case XML_SCAN_TEXT:
				at = memchr(at, '<', (size_t) (end - at));
				if (at == NULL)
					at = end;
				else
				{
					scan->state = XML_SCAN_OPEN;
					at++;
				}
				break;
			case XML_SCAN_OPEN:
			case XML_SCAN_BANG:
				status = open_markup(scan, *at++, fault);
				/* "<>" has no name: leave it to the parser, but do not run past its end */
				if (scan->state == XML_SCAN_TAG && at[-1] == '>')
					scan->state = XML_SCAN_TEXT;
				break;
			case XML_SCAN_TAG:
			case XML_SCAN_QUOTE:
				at = skip_tag(scan, at, end);
				if (scan->length > tag_bytes)
					status = too_long("a tag", tag_bytes,
									  "; the limit is mailroom.invoice_tag_limit", fault);
				break;
			case XML_SCAN_CDATA:
				at = skip_markup(scan, at, end);
				if (scan->length > CDATA_LIMIT)
					status = too_long("a CDATA section", CDATA_LIMIT, "", fault);
				break;
			case XML_SCAN_COMMENT:
			case XML_SCAN_INSTRUCTION:
				at = skip_markup(scan, at, end);
				if (scan->length > OTHER_MARKUP_LIMIT)
					status = too_long("a comment or instruction", OTHER_MARKUP_LIMIT, "", fault);
				break;
		}
		if (status != PORT_OK)
			note_place(scan, bytes, start, fault);
		if (open && scan->closed)
		{
			if (!all_blank(at, end))
				end = at;
			open = false;
		}
	}
	*used = (size_t) (end - bytes);
	scan->lines += count_lines(bytes, end);
	scan->position += (int64_t) *used;
	return status;
}

/* Every one of them contains ASCII byte for byte. */
static const char *const plain_encodings[] = {"UTF-8",	   "UTF8",	   "US-ASCII",	  "ASCII",
											  "ISO-8859-", "ISO8859-", "WINDOWS-125", "CP125",
											  "LATIN1",	   "LATIN-1"};

static PortStatus
check_declared(const char *name, size_t length, PortFault *fault)
{
	for (size_t i = 0; i < sizeof(plain_encodings) / sizeof(*plain_encodings); i++)
	{
		size_t known = strlen(plain_encodings[i]);

		if (length >= known && length <= known + 2 &&
			strncasecmp(name, plain_encodings[i], known) == 0)
			return PORT_OK;
	}
	fault->line = 1;
	if (length >= 6 && strncasecmp(name, "UTF-16", 6) == 0)
		return port_fault(fault, PORT_INVALID, "XML-ENCODING",
						  "the declaration says UTF-16, but the content is not");
	return port_fault(fault, PORT_INVALID, "XML-ENCODING", "encoding \"%.*s\" is not supported",
					  length > 40 ? 40 : (int) length, name);
}

/* The value of encoding="..." in the declaration, empty if there is none. */
static size_t
declared_encoding(const char *bytes, size_t length, const char **name)
{
	static const char word[] = "encoding";
	const char *end = memchr(bytes, '>', length), *at = bytes, *close;

	if (length < 5 || memcmp(bytes, "<?xml", 5) != 0)
		return 0;
	if (end == NULL)
		end = bytes + length;
	for (; at + sizeof(word) < end; at++)
	{
		if (memcmp(at, word, sizeof(word) - 1) != 0)
			continue;
		at += sizeof(word) - 1;
		while (at < end && *at != '"' && *at != '\'')
			at++;
		if (at >= end || (close = memchr(at + 1, *at, (size_t) (end - at - 1))) == NULL)
			return 0; /* broken: the parser will say so */
		*name = at + 1;
		return (size_t) (close - at - 1);
	}
	return 0;
}

bool
xml_scan_declares(const char *bytes, size_t length, bool *other_encoding)
{
	const char *name = NULL;
	size_t name_length = declared_encoding(bytes, length, &name);

	*other_encoding = name_length > 0 && (name_length != 5 || strncasecmp(name, "UTF-8", 5) != 0);
	return length >= 5 && memcmp(bytes, "<?xml", 5) == 0;
}

PortStatus
xml_scan_encoding(const char *bytes, size_t length, char *wide, PortFault *fault)
{
	const char *name = NULL;
	size_t name_length;

	*wide = 0;
	if (length >= 2 && memcmp(bytes, "\xff\xfe", 2) == 0)
		*wide = 'L';
	else if (length >= 2 && memcmp(bytes, "\xfe\xff", 2) == 0)
		*wide = 'B';
	if (*wide != 0)
		return PORT_OK;
	if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
	{
		bytes += 3;
		length -= 3;
	}
	if (length >= 2 && ((bytes[0] == '<' && bytes[1] == 0) || (bytes[0] == 0 && bytes[1] == '<')))
	{
		fault->line = 1;
		return port_fault(fault, PORT_INVALID, "XML-ENCODING", "UTF-16 needs a byte order mark");
	}
	name_length = declared_encoding(bytes, length, &name);
	return name == NULL ? PORT_OK : check_declared(name, name_length, fault);
}

int
xml_scan_begins_document(const char *bytes, size_t length)
{
	if (*bytes == '\xef') /* a byte order mark */
		return 1;
	if (*bytes != '<')
		return 0;
	if (length < 2)
		return -1;
	if (bytes[1] != '?')
		return bytes[1] != '!' && bytes[1] != '/';
	if (length < XML_SCAN_BEGIN_BYTES)
		return -1;
	return memcmp(bytes, "<?xml", 5) == 0 &&
		   (bytes[5] == ' ' || bytes[5] == '\t' || bytes[5] == '\n' || bytes[5] == '\r');
}

static char *
put_utf8(char *out, uint32_t c)
{
	if (c < 0x80)
		*out++ = (char) c;
	else if (c < 0x800)
	{
		*out++ = (char) (0xc0 | c >> 6);
		*out++ = (char) (0x80 | (c & 0x3f));
	}
	else if (c < 0x10000)
	{
		*out++ = (char) (0xe0 | c >> 12);
		*out++ = (char) (0x80 | (c >> 6 & 0x3f));
		*out++ = (char) (0x80 | (c & 0x3f));
	}
	else
	{
		*out++ = (char) (0xf0 | c >> 18);
		*out++ = (char) (0x80 | (c >> 12 & 0x3f));
		*out++ = (char) (0x80 | (c >> 6 & 0x3f));
		*out++ = (char) (0x80 | (c & 0x3f));
	}
	return out;
}

static uint32_t
wide_unit(const unsigned char *bytes, char order)
{
	return order == 'L' ? (uint32_t) (bytes[0] | bytes[1] << 8)
						: (uint32_t) (bytes[0] << 8 | bytes[1]);
}

int64_t
xml_widen(WideCarry *carry, char order, const char *bytes, size_t length, char *out)
{
	char *start = out;

	for (size_t i = 0; i < length; i++)
	{
		uint32_t high, low;

		carry->bytes[carry->count++] = (unsigned char) bytes[i];
		if (carry->count % 2 != 0)
			continue;
		high = wide_unit(carry->bytes, order);
		if (carry->count == 2)
		{
			if (high >= 0xdc00 && high <= 0xdfff)
				return -1;
			if (high >= 0xd800 && high <= 0xdbff)
				continue;
			out = put_utf8(out, high);
		}
		else
		{
			low = wide_unit(carry->bytes + 2, order);
			if (low < 0xdc00 || low > 0xdfff)
				return -1;
			out = put_utf8(out, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
		}
		carry->count = 0;
	}
	return out - start;
}
