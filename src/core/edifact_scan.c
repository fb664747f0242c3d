/*
 * edifact_scan.c: terminators by memchr, then one pass over the segment with a table of classes.
 */
#include "core/edifact_scan.h"

#include <string.h>

#define INTERRUPT_EVERY 256 /* segments */
#define UNA_BYTES 9

enum
{
	CLASS_TEXT,
	CLASS_COMPONENT,
	CLASS_ELEMENT,
	CLASS_REPETITION,
	CLASS_RELEASE,
	CLASS_COPY /* makes the segment be copied: controls, letters beyond ASCII */
};

static PortStatus push_start(EdifactScanner *scanner, const char **bytes, size_t *length);
static PortStatus push_segments(EdifactScanner *scanner, const char **bytes, size_t *length);
static PortStatus take_segment(EdifactScanner *scanner, const char *bytes, size_t length);
static PortStatus split(EdifactScanner *scanner, const char *bytes, size_t length, bool *copy);
static PortStatus decode(EdifactScanner *scanner, size_t length);
static void read_tag(EdifactSegment *segment);
static PortStatus too_large(EdifactScanner *scanner);

static const EdifactService default_service = {':', '+', '.', '?', ' ', '\''};

static void
set_classes(EdifactScanner *scanner)
{
	const EdifactService *service = &scanner->service;

	for (int c = 0; c < 256; c++)
		scanner->classes[c] = c < ' ' || c >= 127 ? CLASS_COPY : CLASS_TEXT;
	if (scanner->repeats && service->repetition != ' ')
		scanner->classes[(unsigned char) service->repetition] = CLASS_REPETITION;
	if (service->release != ' ')
		scanner->classes[(unsigned char) service->release] = CLASS_RELEASE;
	scanner->classes[(unsigned char) service->component] = CLASS_COMPONENT;
	scanner->classes[(unsigned char) service->element] = CLASS_ELEMENT;
}

void
edifact_scanner_open(EdifactScanner *scanner, const Port *port, size_t segment_limit,
					 const EdifactHandler *handler)
{
	memset(scanner, 0, sizeof(*scanner));
	scanner->port = port;
	scanner->handler = *handler;
	scanner->segment_limit = segment_limit;
	scanner->at_start = true;
	scanner->fault.position = -1;
	buffer_init(&scanner->carry, port);
	buffer_init(&scanner->decoded, port);
}

void
edifact_scanner_rewind(EdifactScanner *scanner)
{
	scanner->at_start = true;
	scanner->position = 0;
	scanner->segment.number = 0;
	buffer_reset(&scanner->carry);
}

void
edifact_scanner_close(EdifactScanner *scanner)
{
	buffer_release(&scanner->carry);
	buffer_release(&scanner->decoded);
}

void
edifact_scanner_expect_object(EdifactScanner *scanner, int64_t length)
{
	scanner->object_left = length;
}

/*
 * UNOA and UNOB have no line breaks, and a file whose UNB is broken into lines is broken
 * everywhere: there line breaks mean nothing.
 */
void
edifact_scanner_set_syntax(EdifactScanner *scanner, bool version4)
{
	scanner->keep_breaks = scanner->charset != EDIFACT_ASCII && !scanner->broken;
	scanner->repeats = version4;
	set_classes(scanner);
}

PortStatus
edifact_scanner_push(EdifactScanner *scanner, const char *bytes, size_t length)
{
	PortStatus status = scanner->fault.status;

	while (length > 0 && status == PORT_OK)
	{
		if (scanner->object_left > 0)
		{
			size_t take =
				(int64_t) length < scanner->object_left ? length : (size_t) scanner->object_left;

			scanner->object_left -= (int64_t) take;
			scanner->position += (int64_t) take;
			status = scanner->handler.object(scanner->handler.state, bytes, take);
			bytes += take;
			length -= take;
		}
		else if (scanner->at_start)
			status = push_start(scanner, &bytes, &length);
		else
			status = push_segments(scanner, &bytes, &length);
	}
	return status;
}

PortStatus
edifact_scanner_finish(EdifactScanner *scanner)
{
	if (scanner->fault.status != PORT_OK)
		return scanner->fault.status;
	scanner->fault.position = scanner->position;
	if (scanner->object_left > 0)
		return port_fault(&scanner->fault, PORT_INVALID, "EDIFACT-CUT",
						  "the file ends within an object; %lld bytes of it are missing",
						  (long long) scanner->object_left);
	if (scanner->carry.length == 0)
		return PORT_OK;
	return port_fault(&scanner->fault, PORT_INVALID, "EDIFACT-CUT",
					  "the file ends within segment %lld, which starts at byte %lld; it may have "
					  "been cut",
					  (long long) scanner->segment.number + 1, (long long) scanner->position);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\r' || c == '\n' || c == '\t';
}

/* The first three bytes say whether service characters follow; they may come one by one. */
static PortStatus
push_start(EdifactScanner *scanner, const char **bytes, size_t *length)
{
	ByteBuffer *carry = &scanner->carry;
	char head[UNA_BYTES];
	const char *at = head;
	size_t left;

	for (; *length > 0; ++*bytes, --*length)
	{
		/* 0x1A: the end mark of old hosts */
		if (carry->length == 0 && (is_blank(**bytes) || **bytes == 0x1A))
		{
			scanner->position++;
			continue;
		}
		if (carry->length >= 3 &&
			(carry->length >= UNA_BYTES || memcmp(carry->bytes, "UNA", 3) != 0))
			break;
		buffer_append_char(carry, **bytes);
		if (buffer_failed(carry))
			return PORT_NO_MEMORY;
	}
	if (carry->length < 3 || (carry->length < UNA_BYTES && memcmp(carry->bytes, "UNA", 3) == 0))
		return PORT_OK;
	scanner->at_start = false;
	scanner->service = default_service;
	scanner->charset = EDIFACT_ASCII;
	scanner->keep_breaks = false;
	scanner->repeats = false;
	left = carry->length;
	memcpy(head, carry->bytes, left);
	buffer_reset(carry);
	if (memcmp(head, "UNA", 3) == 0)
	{
		const EdifactService given = {head[3], head[4], head[5], head[6], head[7], head[8]};

		scanner->service = given;
		scanner->position += UNA_BYTES;
		left = 0;
	}
	set_classes(scanner);
	while (left > 0)
	{
		PortStatus status = push_segments(scanner, &at, &left);

		if (status != PORT_OK)
			return status;
	}
	return PORT_OK;
}

/* True if an odd number of release characters stands directly before. */
static bool
is_released(char release, const char *start, const char *at)
{
	bool odd = false;

	if (release == ' ')
		return false;
	while (at > start && *--at == release)
		odd = !odd;
	return odd;
}

/* One segment, or the rest of the piece. */
static PortStatus
push_segments(EdifactScanner *scanner, const char **bytes, size_t *length)
{
	char release = scanner->service.release, terminator = scanner->service.terminator;
	ByteBuffer *carry = &scanner->carry;
	const char *start = *bytes, *end = *bytes + *length, *at = start;
	PortStatus status = PORT_OK;

	if (carry->length > 0)
	{
		at = memchr(start, terminator, *length);
		buffer_append(carry, start, (size_t) ((at != NULL ? at + 1 : end) - start));
		if (buffer_failed(carry))
			return PORT_NO_MEMORY;
		*bytes = at != NULL ? at + 1 : end;
		if (at != NULL && !is_released(release, carry->bytes, carry->bytes + carry->length - 1))
		{
			status = take_segment(scanner, carry->bytes, carry->length);
			buffer_reset(carry);
		}
	}
	else
	{
		while (start < end && is_blank(*start))
			start++;
		scanner->position += start - *bytes;
		for (at = start; (at = memchr(at, terminator, (size_t) (end - at))) != NULL; at++)
			if (!is_released(release, start, at))
				break;
		*bytes = at != NULL ? at + 1 : end;
		if (at != NULL)
			status = take_segment(scanner, start, (size_t) (at + 1 - start));
		else
		{
			buffer_append(carry, start, (size_t) (end - start));
			if (buffer_failed(carry))
				return PORT_NO_MEMORY;
		}
	}
	*length = (size_t) (end - *bytes);
	if (carry->length > scanner->segment_limit)
		return too_large(scanner);
	return status;
}

static PortStatus
too_large(EdifactScanner *scanner)
{
	scanner->fault.position = scanner->position;
	scanner->fault.line = scanner->segment.number + 1;
	return port_fault(&scanner->fault, PORT_TOO_LARGE, "EDIFACT-LIMIT",
					  "segment %lld, which starts at byte %lld, is longer than %zu bytes",
					  (long long) scanner->segment.number + 1, (long long) scanner->position,
					  scanner->segment_limit);
}

/* A segment with its terminator. */
static PortStatus
take_segment(EdifactScanner *scanner, const char *bytes, size_t length)
{
	EdifactSegment *segment = &scanner->segment;
	bool copy = false;
	PortStatus status;

	if (length > scanner->segment_limit)
		return too_large(scanner);
	segment->number++;
	segment->position = scanner->position;
	scanner->position += (int64_t) length;
	segment->wrong_characters = 0;
	segment->beyond_ascii = false;
	if (segment->number % INTERRUPT_EVERY == 0 && scanner->port->interrupted(scanner->port->host))
		return PORT_INTERRUPTED;
	scanner->broken = false;
	status = split(scanner, bytes, length - 1, &copy);
	if (status == PORT_OK && copy)
		status = decode(scanner, length);
	if (status != PORT_OK)
		return status;
	read_tag(segment);
	return scanner->handler.segment(scanner->handler.state, segment);
}

static PortStatus
split(EdifactScanner *scanner, const char *bytes, size_t length, bool *copy)
{
	EdifactSegment *segment = &scanner->segment;
	const uint8_t *classes = scanner->classes;
	const char *start = bytes, *end = bytes + length;
	int parts = 0, elements = 0;
	bool dirty = false;

	segment->first[0] = 0;
	for (const char *at = bytes;; at++)
	{
		uint8_t kind;

		while (at < end && classes[(unsigned char) *at] == CLASS_TEXT)
			at++;
		kind = at < end ? classes[(unsigned char) *at] : CLASS_ELEMENT;
		if (kind >= CLASS_RELEASE)
		{
			dirty = true;
			if (kind == CLASS_RELEASE && at + 1 < end)
				at++;
			continue;
		}
		if (parts == EDIFACT_MAX_PARTS)
		{
			scanner->fault.position = segment->position;
			scanner->fault.line = segment->number;
			return port_fault(&scanner->fault, PORT_TOO_LARGE, "EDIFACT-LIMIT",
							  "segment %lld, which starts at byte %lld, has more than %d parts",
							  (long long) segment->number, (long long) segment->position,
							  EDIFACT_MAX_PARTS);
		}
		segment->parts[parts].bytes = start;
		segment->parts[parts].length = (size_t) (at - start);
		segment->used[parts++] = false;
		start = at + 1;
		if (kind == CLASS_ELEMENT)
			segment->first[++elements] = (uint16_t) parts;
		if (at >= end)
			break;
	}
	segment->part_count = parts;
	segment->element_count = elements;
	*copy = dirty;
	return PORT_OK;
}

/* A line break within a value: CR LF counts once, and what is kept of it is LF. */
static char *
put_break(EdifactScanner *scanner, const char *at, const char *end, char *out)
{
	scanner->broken = true;
	if (scanner->keep_breaks && !(*at == '\r' && at + 1 < end && at[1] == '\n'))
		*out++ = '\n';
	return out;
}

static PortStatus
decode(EdifactScanner *scanner, size_t length)
{
	EdifactSegment *segment = &scanner->segment;
	char release = scanner->service.release;
	char *out;

	buffer_reset(&scanner->decoded);
	out = buffer_reserve(&scanner->decoded, length * EDIFACT_MAX_GROWTH + 4);
	if (out == NULL)
		return PORT_NO_MEMORY;
	for (int i = 0; i < segment->part_count; i++)
	{
		const char *at = segment->parts[i].bytes, *end = at + segment->parts[i].length;
		char *start = out;

		while (at < end)
		{
			size_t taken = 1, put;

			if (*at == release && release != ' ' && at + 1 < end)
				at++;
			if (*at == '\n' || *at == '\r')
			{
				out = put_break(scanner, at++, end, out);
				continue;
			}
			put = edifact_put_character(scanner->charset, at, (size_t) (end - at), out, &taken);
			if (put == 0)
			{
				segment->wrong_characters++;
				memcpy(out, "\xEF\xBF\xBD", 3);
				put = 3;
			}
			if ((unsigned char) *at >= 0x80)
				segment->beyond_ascii = true;
			out += put;
			at += taken;
		}
		segment->parts[i].bytes = start;
		segment->parts[i].length = (size_t) (out - start);
	}
	return PORT_OK;
}

/* Three letters or digits; anything else is no tag. */
static void
read_tag(EdifactSegment *segment)
{
	Slice tag = edifact_part(segment, 0, 0);
	bool good = tag.length == 3;

	for (size_t i = 0; good && i < 3; i++)
		good = (tag.bytes[i] >= 'A' && tag.bytes[i] <= 'Z') ||
			   (tag.bytes[i] >= '0' && tag.bytes[i] <= '9');
	memcpy(segment->tag, good ? tag.bytes : "?\0", 3);
	segment->tag[3] = '\0';
}
