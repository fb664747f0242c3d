/*
 * edifact_reader.c: the envelope: interchanges, groups, messages and objects, and their counts.
 *
 * An invoice ends for its sink when the next message begins, not at its UNT: objects that belong to
 * it (UNO, syntax 4) follow behind.
 */
#include "core/edifact_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static PortStatus push_bytes(ContentReader *base, const char *bytes, size_t length);
static PortStatus finish(ContentReader *base);
static PortStatus next_content(ContentReader *base);
static void close_reader(ContentReader *base);
static PortStatus on_segment(void *state, EdifactSegment *segment);
static PortStatus on_object(void *state, const char *bytes, size_t length);
static PortStatus fail(EdifactReader *reader, const char *rule, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

ContentReader *
edifact_reader_open(const Port *port, const InvoiceLimits *limits, const char *format,
					int64_t *documents, const InvoiceSink *sink)
{
	EdifactReader *reader = port->alloc(port->host, sizeof(EdifactReader));
	EdifactHandler handler = {reader, on_segment, on_object};

	(void) format; /* there is but one of this kind */
	if (reader == NULL)
		return NULL;
	memset(reader, 0, sizeof(*reader));
	reader->reader.next = next_content;
	reader->reader.push = push_bytes;
	reader->reader.finish = finish;
	reader->reader.close = close_reader;
	reader->reader.fault.position = -1;
	reader->port = port;
	reader->sink = sink;
	reader->limits = *limits;
	edifact_scanner_open(&reader->scanner, port, limits->value_bytes, &handler);
	buffer_init(&reader->text, port);
	buffer_init(&reader->scratch, port);
	buffer_init(&reader->whole, port);
	buffer_init(&reader->header, port);
	buffer_init(&reader->object, port);
	reader->document = flat_document_open(port, sink, reader->format, 0, NULL);
	if (reader->document == NULL)
		return NULL;
	flat_document_count_in(reader->document, documents);
	return &reader->reader;
}

static void
close_reader(ContentReader *base)
{
	EdifactReader *reader = (EdifactReader *) base;

	edifact_scanner_close(&reader->scanner);
	buffer_release(&reader->text);
	buffer_release(&reader->scratch);
	buffer_release(&reader->whole);
	buffer_release(&reader->header);
	buffer_release(&reader->object);
	flat_document_close(reader->document);
	reader->port->release(reader->port->host, reader);
}

static PortStatus
next_content(ContentReader *base)
{
	EdifactReader *reader = (EdifactReader *) base;

	edifact_scanner_rewind(&reader->scanner);
	reader->interchange_open = reader->any_interchange = reader->message_open = false;
	reader->any_message = false;
	return reader->status;
}

static PortStatus
push_bytes(ContentReader *base, const char *bytes, size_t length)
{
	EdifactReader *reader = (EdifactReader *) base;
	PortStatus status;

	if (reader->status != PORT_OK)
		return reader->status;
	status = edifact_scanner_push(&reader->scanner, bytes, length);
	if (reader->scanner.fault.status != PORT_OK && base->fault.status == PORT_OK)
		base->fault = reader->scanner.fault;
	edifact_note(reader, status);
	return reader->status;
}

void
edifact_note(EdifactReader *reader, PortStatus status)
{
	if (reader->status == PORT_OK)
		reader->status = status;
}

const char *
edifact_location(EdifactReader *reader)
{
	const EdifactSegment *segment = reader->segment;
	char message[64] = "";

	if (reader->message_open)
		snprintf(message, sizeof(message), "message %.35s, ", reader->message_reference);
	snprintf(reader->location, sizeof(reader->location), "%ssegment %lld (%s), byte %lld", message,
			 (long long) segment->number, segment->tag, (long long) segment->position);
	return reader->location;
}

static void
report(EdifactReader *reader, int64_t document_no, FindingSeverity severity, const char *rule,
	   const char *message)
{
	Finding finding = {severity, {document_no, reader->segment->number, 0}, rule, NULL, message};

	finding.location = edifact_location(reader);
	if (reader->sink->finding != NULL)
		edifact_note(reader, reader->sink->finding(reader->sink->state, &finding));
}

void
edifact_file_fault(EdifactReader *reader, const char *rule, const char *format, ...)
{
	char message[256];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	report(reader, 0, FINDING_FATAL, rule, message);
}

void
edifact_fault(EdifactReader *reader, FindingSeverity severity, const char *rule, const char *format,
			  ...)
{
	char message[256];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	report(reader, flat_document_number(reader->document), severity, rule, message);
}

/* Nothing can be read any more. */
static PortStatus
fail(EdifactReader *reader, const char *rule, const char *format, ...)
{
	char message[200];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	reader->reader.fault.line = reader->segment->number;
	reader->reader.fault.position = reader->segment->position;
	edifact_note(reader, port_fault(&reader->reader.fault, PORT_INVALID, rule, "%s", message));
	return reader->status;
}

static void
end_document(EdifactReader *reader)
{
	if (flat_document_is_open(reader->document))
		edifact_note(reader, flat_document_end(reader->document));
}

/* A control count of an envelope segment, and the reference that must be that of the start. */
static void
check_trailer(EdifactReader *reader, const char *what, const char *counted, int64_t count,
			  int64_t other_count, const char *reference)
{
	char found[24], found_reference[EDIFACT_REFERENCE], expected[24];

	edifact_copy(edifact_part(reader->segment, 1, 0), found, sizeof(found));
	edifact_copy(edifact_part(reader->segment, 2, 0), found_reference, sizeof(found_reference));
	snprintf(expected, sizeof(expected), "%lld", (long long) other_count);
	if (strspn(found, "0") < strlen(found) && strcmp(found + strspn(found, "0"), expected) == 0)
		count = other_count;
	snprintf(expected, sizeof(expected), "%lld", (long long) count);
	if (strcmp(found + strspn(found, "0"), count == 0 ? "" : expected) != 0)
		edifact_file_fault(reader, "EDIFACT-COUNT",
						   "the control count of the %s must be its number of %s: found %s, "
						   "expected %s; a part may be missing",
						   what, counted, found[0] != '\0' ? found : "none", expected);
	if (strcmp(found_reference, reference) != 0)
		edifact_file_fault(reader, "EDIFACT-REFERENCE",
						   "the trailer of the %s must repeat its reference: found \"%s\", "
						   "expected \"%s\"",
						   what, found_reference, reference);
}

static void
begin_interchange(EdifactReader *reader)
{
	EdifactSegment *segment = reader->segment;
	Slice identifier = edifact_part(segment, 1, 0);
	Slice version = edifact_part(segment, 1, 1);
	char name[8];

	if (reader->interchange_open)
		edifact_file_fault(reader, "EDIFACT-CUT",
						   "interchange \"%s\" has no end (UNZ) before the next one begins",
						   reader->interchange_reference);
	reader->interchange_open = reader->any_interchange = true;
	reader->group_open = false;
	reader->messages = reader->packages = reader->groups = 0;
	reader->charset_reported = reader->ascii_reported = false;
	edifact_copy(edifact_part(segment, 5, 0), reader->interchange_reference,
				 sizeof(reader->interchange_reference));
	buffer_reset(&reader->header);
	edifact_append_segment(segment, &reader->header);
	if (buffer_failed(&reader->header))
		edifact_note(reader, PORT_NO_MEMORY);
	reader->scanner.charset = edifact_find_charset(identifier);
	edifact_copy(identifier, name, sizeof(name));
	if (reader->scanner.charset == EDIFACT_UNKNOWN)
		edifact_file_fault(reader, "EDIFACT-CHARSET",
						   "the syntax identifier \"%s\" names no character set that can be read",
						   name);
	edifact_scanner_set_syntax(&reader->scanner, edifact_is(version, "4"));
}

/* INVOIC:D:96A:UN:EAN008 */
static void
begin_message(EdifactReader *reader)
{
	EdifactSegment *segment = reader->segment;
	Slice version = edifact_part(segment, 2, 1), release = edifact_part(segment, 2, 2);
	char name[9];
	int year;

	reader->message_open = reader->any_message = true;
	reader->message_segments = 1;
	reader->messages++;
	reader->group_messages++;
	edifact_copy(edifact_part(segment, 1, 0), reader->message_reference,
				 sizeof(reader->message_reference));
	edifact_copy(edifact_part(segment, 2, 0), reader->message_type, sizeof(reader->message_type));
	edifact_copy(version, name, 3);
	edifact_copy(release, name + strlen(name), 5);
	reader->passed_over = strcmp(reader->message_type, "INVOIC") != 0;
	if (reader->passed_over)
	{
		edifact_file_fault(
			reader, "EDIFACT-MESSAGE",
			"message \"%s\" is no invoice but of type \"%s\" (%s); it was passed over",
			reader->message_reference, reader->message_type, name);
		return;
	}
	year = name[0] == 'D' && name[1] >= '0' && name[1] <= '9' && name[2] >= '0' && name[2] <= '9'
			   ? (name[1] - '0') * 10 + name[2] - '0'
			   : 0;
	reader->modern = year >= 14 && year < 90;
	for (char *c = name; *c != '\0'; c++)
		*c = (char) (*c >= 'A' && *c <= 'Z'									? *c + ('a' - 'A')
					 : (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') ? *c
																			: '?');
	snprintf(reader->format, sizeof(reader->format), "edifact-%s", name);
	edifact_begin_message(reader);
	edifact_part(segment, 2, 3);
	edifact_keep_rest(reader);
}

static void
end_message(EdifactReader *reader)
{
	if (!reader->passed_over)
		edifact_end_message(reader);
	check_trailer(reader, "message (UNT)", "segments, UNH and UNT included",
				  reader->message_segments, reader->message_segments, reader->message_reference);
	reader->message_open = false;
}

/* UNO: an object of so many bytes follows directly. */
static PortStatus
begin_object(EdifactReader *reader)
{
	Slice length = edifact_part(reader->segment, 4, 0);
	int64_t bytes = 0;

	for (size_t i = 0; i < length.length; i++)
	{
		if (length.bytes[i] < '0' || length.bytes[i] > '9' || bytes > INT64_MAX / 100)
			return fail(reader, "EDIFACT-SYNTAX", "the length of an object (UNO) is no number");
		bytes = bytes * 10 + (length.bytes[i] - '0');
	}
	if (length.length == 0)
		return fail(reader, "EDIFACT-SYNTAX", "an object (UNO) has no length");
	if (bytes > (int64_t) reader->limits.attachment_bytes)
	{
		reader->reader.fault.line = reader->segment->number;
		reader->reader.fault.position = reader->segment->position;
		edifact_note(reader, port_fault(&reader->reader.fault, PORT_TOO_LARGE, "EDIFACT-LIMIT",
										"an object of %lld bytes is longer than %zu bytes",
										(long long) bytes, reader->limits.attachment_bytes));
		return reader->status;
	}
	reader->packages++;
	edifact_copy(edifact_part(reader->segment, 2, 1), reader->object_reference,
				 sizeof(reader->object_reference));
	edifact_copy(edifact_part(reader->segment, 3, 1), reader->object_type,
				 sizeof(reader->object_type));
	buffer_reset(&reader->object);
	edifact_scanner_expect_object(&reader->scanner, bytes);
	return reader->status;
}

static PortStatus
on_object(void *state, const char *bytes, size_t length)
{
	EdifactReader *reader = state;

	buffer_append(&reader->object, bytes, length);
	return buffer_failed(&reader->object) ? PORT_NO_MEMORY : PORT_OK;
}

static const char base64_letters[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool
is_base64(Slice data)
{
	size_t length = data.length;

	while (length > 0 && data.bytes[length - 1] == '=' && data.length - length < 2)
		length--;
	for (size_t i = 0; i < length; i++)
		if (data.bytes[i] == '\0' || strchr(base64_letters, data.bytes[i]) == NULL)
			return false;
	return data.length % 4 == 0;
}

static void
put_base64(ByteBuffer *out, Slice data)
{
	for (size_t at = 0; at < data.length; at += 3)
	{
		size_t left = data.length - at;
		uint32_t bits = (uint32_t) (unsigned char) data.bytes[at] << 16;

		if (left > 1)
			bits |= (uint32_t) (unsigned char) data.bytes[at + 1] << 8;
		if (left > 2)
			bits |= (unsigned char) data.bytes[at + 2];
		buffer_append_char(out, base64_letters[bits >> 18]);
		buffer_append_char(out, base64_letters[bits >> 12 & 63]);
		buffer_append_char(out, left > 1 ? base64_letters[bits >> 6 & 63] : '=');
		buffer_append_char(out, left > 2 ? base64_letters[bits & 63] : '=');
	}
}

/* UNP: the object is there; it belongs to the invoice before it. */
static void
end_object(EdifactReader *reader)
{
	Slice data = {reader->object.bytes, reader->object.length};

	if (!flat_document_is_open(reader->document))
		return;
	if (!is_base64(data))
	{
		buffer_reset(&reader->whole);
		put_base64(&reader->whole, data);
		if (buffer_failed(&reader->whole))
			edifact_note(reader, PORT_NO_MEMORY);
		data.bytes = reader->whole.bytes;
		data.length = reader->whole.length;
	}
	edifact_set(reader, TERM_BT_122, edifact_slice(reader->object_reference));
	edifact_set(reader, TERM_BT_125, data);
	edifact_set(reader, TERM_BT_125_1, edifact_slice(reader->object_type));
	edifact_emit(reader, INVOICE_ATTACHMENT, reader->segment->number);
	buffer_reset(&reader->text);
	buffer_reset(&reader->object);
}

static void
end_interchange(EdifactReader *reader)
{
	int64_t count = reader->groups > 0 ? reader->groups : reader->messages;

	end_document(reader);
	check_trailer(reader, "interchange (UNZ)", reader->groups > 0 ? "groups" : "messages", count,
				  count + reader->packages, reader->interchange_reference);
	reader->interchange_open = false;
	reader->scanner.at_start = true;
}

/* Segments outside of messages. */
static PortStatus
envelope_segment(EdifactReader *reader)
{
	if (edifact_tag_is(reader, "UNB"))
		begin_interchange(reader);
	else if (!reader->interchange_open)
		return fail(reader, "EDIFACT-SYNTAX",
					"segment %lld (%s) stands where an interchange (UNB) must begin",
					(long long) reader->segment->number, reader->segment->tag);
	else if (edifact_tag_is(reader, "UNH"))
	{
		end_document(reader);
		begin_message(reader);
	}
	else if (edifact_tag_is(reader, "UNG"))
	{
		end_document(reader);
		reader->group_open = true;
		reader->group_messages = 0;
		reader->groups++;
		edifact_copy(edifact_part(reader->segment, 5, 0), reader->group_reference,
					 sizeof(reader->group_reference));
	}
	else if (edifact_tag_is(reader, "UNE") && reader->group_open)
	{
		check_trailer(reader, "group (UNE)", "messages", reader->group_messages,
					  reader->group_messages, reader->group_reference);
		reader->group_open = false;
	}
	else if (edifact_tag_is(reader, "UNO"))
		return begin_object(reader);
	else if (edifact_tag_is(reader, "UNP"))
		end_object(reader);
	else if (edifact_tag_is(reader, "UNZ"))
		end_interchange(reader);
	else
		return fail(reader, "EDIFACT-SYNTAX", "segment %lld (%s) stands outside of a message",
					(long long) reader->segment->number, reader->segment->tag);
	return reader->status;
}

static void
check_characters(EdifactReader *reader)
{
	if (reader->segment->wrong_characters > 0 && !reader->charset_reported)
	{
		reader->charset_reported = true;
		edifact_file_fault(reader, "EDIFACT-CHARSET",
						   "%d bytes of the segment are no characters of the set that UNB names",
						   reader->segment->wrong_characters);
	}
	else if (reader->segment->beyond_ascii && reader->scanner.charset == EDIFACT_ASCII &&
			 !reader->ascii_reported && reader->message_open && !reader->passed_over)
	{
		reader->ascii_reported = true;
		edifact_fault(reader, FINDING_WARNING, "EDIFACT-CHARSET",
					  "letters beyond ASCII in an interchange that names UNOA or UNOB; they were "
					  "read as UTF-8 or ISO 8859-1");
	}
}

static PortStatus
on_segment(void *state, EdifactSegment *segment)
{
	EdifactReader *reader = state;

	reader->segment = segment;
	if (segment->tag[0] == '?')
		return fail(reader, "EDIFACT-SYNTAX", "segment %lld at byte %lld has no tag",
					(long long) segment->number, (long long) segment->position);
	check_characters(reader);
	if (reader->status != PORT_OK)
		return reader->status;
	if (!reader->message_open)
		return envelope_segment(reader);
	reader->message_segments++;
	if (edifact_tag_is(reader, "UNT"))
		end_message(reader);
	else if (edifact_tag_is(reader, "UNH") || edifact_tag_is(reader, "UNB") ||
			 edifact_tag_is(reader, "UNZ") || edifact_tag_is(reader, "UNE"))
		return fail(reader, "EDIFACT-CUT",
					"message \"%s\" has no end (UNT) before segment %lld (%s)",
					reader->message_reference, (long long) segment->number, segment->tag);
	else if (!reader->passed_over)
		edifact_message_segment(reader);
	return reader->status;
}

static PortStatus
finish(ContentReader *base)
{
	EdifactReader *reader = (EdifactReader *) base;
	PortStatus status;

	if (reader->status != PORT_OK)
		return reader->status;
	status = edifact_scanner_finish(&reader->scanner);
	if (status != PORT_OK)
	{
		base->fault = reader->scanner.fault;
		base->fault.line = reader->scanner.segment.number + 1;
		edifact_note(reader, status);
		return status;
	}
	reader->segment = &reader->scanner.segment;
	if (!reader->any_interchange)
		return fail(reader, "EDIFACT-SYNTAX", "the file has no interchange (UNB)");
	if (reader->message_open)
		return fail(reader, "EDIFACT-CUT",
					"the file ends within message \"%s\"; it may have been cut",
					reader->message_reference);
	end_document(reader);
	if (!reader->any_message)
		return fail(reader, "FILE-EMPTY", "the interchange has no messages");
	if (reader->interchange_open)
		edifact_file_fault(reader, "EDIFACT-CUT",
						   "interchange \"%s\" has no end (UNZ); the file may have been cut",
						   reader->interchange_reference);
	return reader->status;
}
