/*
 * fuzz_xml_plain.c: a document read with and without the XML library.  The plain reader either tells the same events, lines
 * and names or hands over, so that both readers end alike; whatever does not stops the run.
 */
#include "core/buffer.h"
#include "core/xml_paths.h"
#include "core/xmlread.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct Log
{
	Buffer events;
	XmlReader *reader;
	bool in_text;
} Log;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Text comes in pieces that differ; its end is told with the next event. */
static void
end_text(Log *log)
{
	if (log->in_text)
		buffer_append_char(&log->events, '\n');
	log->in_text = false;
}

static void
on_start(void *state, const XmlElement *element)
{
	Log *log = state;

	end_text(log);
	buffer_printf(&log->events, "%lld <%d:%d %s|%s|%s", (long long) xml_reader_line(log->reader), element->space, element->name,
		element->prefix ? element->prefix : "-", element->text, element->address ? element->address : "-");
	for (int i = 0; i < element->attribute_count; i++)
	{
		const XmlAttribute *attribute = &element->attributes[i];

		buffer_printf(&log->events, " %d:%d %s:%s='", attribute->space, attribute->name,
			attribute->prefix ? attribute->prefix : "-", attribute->text);
		buffer_append(&log->events, attribute->value.bytes, attribute->value.length);
		buffer_append_char(&log->events, '\'');
	}
	buffer_append_char(&log->events, '\n');
}

static void
on_text(void *state, const char *bytes, size_t length)
{
	Log *log = state;

	if (!log->in_text)
		buffer_printf(&log->events, "%s ", xml_reader_element(log->reader));
	log->in_text = true;
	buffer_append(&log->events, bytes, length);
}

static void
on_end(void *state)
{
	Log *log = state;

	end_text(log);
	buffer_printf(&log->events, "%lld >\n", (long long) xml_reader_line(log->reader));
}

/* The same answer in both readers, and not always the same. */
static bool
on_another(void *state)
{
	return ((Log *) state)->events.length % 2 == 0;
}

static PortStatus
tell(Log *log, bool library, const char *bytes, size_t length, size_t piece)
{
	XmlLimits limits = {12, 1024, 10, library};
	XmlHandler handler = {log, on_start, on_end, on_text, on_another};
	PortStatus status = PORT_OK;
	XmlSource source;

	log->events.port = &port_malloc;
	buffer_reset(&log->events);
	log->in_text = false;
	log->reader = xml_reader_open(&port_malloc, xml_paths_vocabulary(), &limits, &handler);
	for (size_t at = 0; at < length && status == PORT_OK; at += piece)
		status = xml_reader_push(log->reader, bytes + at, length - at < piece ? length - at : piece);
	if (status == PORT_OK)
		status = xml_reader_finish(log->reader);
	end_text(log);
	source = xml_reader_source(log->reader);
	buffer_printf(&log->events, "%d %d %d", source.mark, source.other_encoding, source.instructions);
	xml_reader_close(log->reader);
	return status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static Log plain, library;
	size_t piece;
	PortStatus status;

	if (length < 1)
		return 0;
	/* mostly the whole at once, which alone can be plain */
	piece = bytes[0] < 32 ? (size_t) bytes[0] * 16 + 1 : length;
	bytes++;
	length--;
	status = tell(&plain, false, (const char *) bytes, length, piece);
	if (tell(&library, true, (const char *) bytes, length, piece) != status)
		abort();
	if (status == PORT_OK && (plain.events.length != library.events.length ||
			memcmp(plain.events.bytes, library.events.bytes, plain.events.length) != 0))
		abort();
	return 0;
}
