/*
 * fuzz_xml_paths.c: libFuzzer target: well-formed files whose elements come from the path table of an XML format, in any order,
 * number and with any value.  Random bytes hardly ever spell a path, so this reaches what the end of elements does.
 * What was read is then written in one format: refused, or a file that can be read again.
 *
 * Bytes: format and root, format to write, size of the pieces (an odd one: with the rules), then operations of four bytes each:
 * entry (two), value, flags.
 */
#include "core/buffer.h"
#include "core/invoice_reader.h"
#include "core/invoice_rules.h"
#include "core/invoice_write.h"
#include "core/xml_format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- the file ---------------------------------------------------------------------------------------- */

#define MAX_LENGTH 803 /* 200 operations */
#define MAX_LEVELS 16
#define MAX_NAME 120

typedef struct Maker
{
	const XmlFormat *format;
	ByteBuffer xml;
	char open[MAX_LEVELS][MAX_NAME];
	int depth;
	bool in_document;
	int root;
} Maker;

static const char *const values[] = {
	"20261102",	  "2026-11-02", "20261399",	   "1.1.2026",	"0",		  "1",			"-1",	 "2,50",		"-2,50",
	"2.50",		  "1 234,5",	"0,00001",	   "-",			"+",		  ",",			"EUR",	 "SEK",			"INV01",
	"INV02",	  "00",			"01",		   "02",		"380",		  "381",		"S",	 "AE",			"E",
	"25,5",		  "25.5",		"IBAN",		   "BIC",		"INCLUDED",	  "EXCLUDED",	"VAT",	 "true",		"false",
	"FI",		  "3.0",		"1.3",		   "",			" ",			"\n",			"a &amp; b", "&#228;&#8364;&#128512;", "999999999999999999999999",
	"99999999999999999999999999999999999999999999999999,99", "FI9863446645077851", "1234561", "RF18539007547034", "20", "26", "11", "31",
	"SELLER", "BUYER", "CCYYMMDD", "urn:x", "0037:12345", "SWISH", "PG", "BG", "INVOICE", "CREDIT_NOTE", "9999999999", "CurrencyCode"};

static void
end_elements(Maker *maker, int depth)
{
	while (maker->depth > depth)
		buffer_printf(&maker->xml, "</%s>", maker->open[--maker->depth]);
}

static void
end_document(Maker *maker)
{
	end_elements(maker, 0);
	if (maker->in_document)
		buffer_printf(&maker->xml, "</%s>\n", maker->format->roots[maker->root].name);
	maker->in_document = false;
}

static void
begin_document(Maker *maker)
{
	if (maker->in_document)
		return;
	buffer_printf(&maker->xml, "<%s", maker->format->roots[maker->root].name);
	for (int i = 0; i < XML_FORMAT_SPACES && maker->format->spaces[i].address != NULL; i++)
	{
		const XmlSpace *space = &maker->format->spaces[i];

		if (space->prefix != NULL && *space->prefix)
			buffer_printf(&maker->xml, " xmlns:%s=\"%s\"", space->prefix, space->address);
		else
			buffer_printf(&maker->xml, " xmlns=\"%s\"", space->address);
	}
	buffer_append_char(&maker->xml, '>');
	maker->in_document = true;
}

/* The names of a path with their prefixes. */
static int
split(const XmlFormat *format, const char *path, char names[MAX_LEVELS][MAX_NAME])
{
	char prefix[40] = "";
	int count = 0;

	if (format->spaces[0].prefix != NULL && *format->spaces[0].prefix)
		snprintf(prefix, sizeof(prefix), "%s:", format->spaces[0].prefix);
	while (*path && count < MAX_LEVELS)
	{
		size_t length = strcspn(path, "/");
		const char *colon = memchr(path, ':', length);

		if (colon != NULL)
		{
			snprintf(prefix, sizeof(prefix), "%.*s", (int) (colon + 1 - path), path);
			length -= (size_t) (colon + 1 - path);
			path = colon + 1;
		}
		snprintf(names[count++], MAX_NAME, "%s%.*s", prefix, (int) length, path);
		path += length + (path[length] == '/');
	}
	return count;
}

static const char *
value_of(unsigned choice)
{
	return values[choice % (sizeof(values) / sizeof(*values))];
}

/* flags: 1, 2: so many levels anew; 4: with the attributes of the table; 8: leave it open; 16: the document ends first. */
static void
add_element(Maker *maker, const XmlEntry *entry, unsigned value, unsigned flags)
{
	char names[MAX_LEVELS][MAX_NAME];
	int count, same = 0;

	if (flags & 16)
		end_document(maker);
	begin_document(maker);
	count = split(maker->format, entry->path, names);
	if (count == 0)
		return;
	while (same < maker->depth && same < count - 1 && strcmp(maker->open[same], names[same]) == 0)
		same++;
	same -= (int) (flags & 3);
	end_elements(maker, same > 0 ? same : 0);
	while (maker->depth < count)
	{
		snprintf(maker->open[maker->depth], MAX_NAME, "%s", names[maker->depth]);
		buffer_printf(&maker->xml, "<%s", names[maker->depth++]);
		for (size_t e = 0; maker->depth == count && e < maker->format->entry_count; e++)
		{
			const XmlEntry *attribute = &maker->format->entries[e];
			bool twice = false;

			if (attribute->kind != XML_ENTRY_ATTRIBUTE || strcmp(attribute->path, entry->path) != 0 ||
				(attribute != entry && !(flags & 4)))
				continue;
			for (size_t before = 0; before < e; before++)
				twice |= maker->format->entries[before].kind == XML_ENTRY_ATTRIBUTE &&
						 strcmp(maker->format->entries[before].path, entry->path) == 0 &&
						 strcmp(maker->format->entries[before].attribute, attribute->attribute) == 0;
			if (!twice && strchr(attribute->attribute, ':') == NULL)
				buffer_printf(&maker->xml, " %s=\"%s\"", attribute->attribute, value_of(value * 7 + flags));
		}
		buffer_append_char(&maker->xml, '>');
	}
	buffer_append_text(&maker->xml, value_of(value));
	if (!(flags & 8))
		end_elements(maker, count - 1);
}

/* -- what comes out ---------------------------------------------------------------------------------- */

typedef struct Seen
{
	InvoiceContent document, line;
	TextArena texts;
	const WriteFormat *format;
} Seen;

static PortStatus
see_group(void *state, const InvoiceGroup *group)
{
	Seen *seen = state;
	Slice *row;

	if (invoice_is_fact(group->kind))
		return PORT_OK;
	if (group->kind == INVOICE_LINE)
		seen->line.groups[INVOICE_LINE].count = 0;
	row = invoice_content_add(invoice_is_line_kind(group->kind) ? &seen->line : &seen->document, group->kind);
	for (int i = 0; i < invoice_group_size(group->kind); i++)
		if (group->values[i].bytes != NULL)
		{
			char *copy = text_arena_alloc(&seen->texts, group->values[i].length + 1);

			memcpy(copy, group->values[i].bytes, group->values[i].length);
			row[i] = (Slice){copy, group->values[i].length};
		}
	return PORT_OK;
}

static PortStatus
keep(void *state, const char *bytes, size_t length)
{
	buffer_append(state, bytes, length);
	return PORT_OK;
}

static PortStatus
count_document(void *state, const InvoiceGroup *document)
{
	(void) document;
	++*(int *) state;
	return PORT_OK;
}

static void
write_and_read(const Seen *seen, const WriteFormat *format)
{
	ByteBuffer bytes;
	InvoiceWriter *writer;
	PortStatus status;

	buffer_init(&bytes, &port_malloc);
	writer = invoice_writer_open(&port_malloc, format, false, keep, &bytes);
	status = invoice_writer_begin(writer, &seen->document);
	if (status == PORT_OK && seen->line.groups[INVOICE_LINE].count > 0)
		status = invoice_writer_line(writer, &seen->line);
	if (status == PORT_OK)
		status = invoice_writer_end(writer);
	invoice_writer_close(writer);
	if (status == PORT_OK)
	{
		int documents = 0;
		InvoiceSink sink = {.state = &documents, .end = count_document};
		InvoiceReader *reader = invoice_reader_open(&port_malloc, NULL, NULL, &sink);

		status = reader->push(reader, bytes.bytes, bytes.length);
		if (status == PORT_OK)
			status = reader->finish(reader);
		if (status != PORT_OK || documents != 1)
		{
			fprintf(stderr, "%s: %d documents, %s\n%.*s\n", format->name, documents, reader->fault.message, (int) bytes.length,
					bytes.bytes);
			abort();
		}
		reader->close(reader);
	}
	buffer_release(&bytes);
}

static PortStatus
see_end(void *state, const InvoiceGroup *document)
{
	Seen *seen = state;
	PortStatus status = see_group(state, document);

	write_and_read(seen, seen->format);
	invoice_content_clear(&seen->document);
	invoice_content_clear(&seen->line);
	text_arena_reset(&seen->texts);
	return status;
}

static PortStatus
see_extra(void *state, const InvoicePlace *place, const char *path, Slice value)
{
	(void) state;
	(void) place;
	return strlen(path) + value.length > 0 ? PORT_OK : PORT_INVALID;
}

/* -- one run ----------------------------------------------------------------------------------------- */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	Seen seen = {.format = NULL};
	InvoiceSink sink = {.state = &seen, .group = see_group, .end = see_end, .extra = see_extra};
	Maker maker = {.depth = 0};
	InvoiceRules *rules = NULL;
	InvoiceReader *reader;
	PortStatus status = PORT_OK;
	size_t piece;
	int writers = 0;

	if (length < 7)
		return 0;
	if (length > MAX_LENGTH)
		length = MAX_LENGTH;
	maker.format = xml_formats[bytes[0] % xml_format_count];
	while (maker.root + 1 < XML_FORMAT_ROOTS && maker.root < bytes[0] >> 6 && maker.format->roots[maker.root + 1].name != NULL)
		maker.root++;
	buffer_init(&maker.xml, &port_malloc);
	while (invoice_write_formats[writers] != NULL)
		writers++;
	seen.format = invoice_write_formats[bytes[1] % writers];
	piece = (size_t) bytes[2] * 16 + 1;
	if (!maker.format->sequence)
		buffer_append_text(&maker.xml, "<list>");
	for (size_t i = 3; i + 4 <= length; i += 4)
		add_element(&maker, &maker.format->entries[(bytes[i] << 8 | bytes[i + 1]) % maker.format->entry_count], bytes[i + 2],
					bytes[i + 3]);
	end_document(&maker);
	if (!maker.format->sequence)
		buffer_append_text(&maker.xml, "</list>");
	if (getenv("FUZZ_SHOW") != NULL)
		fprintf(stderr, "%.*s\n", (int) maker.xml.length, maker.xml.bytes);

	invoice_content_init(&seen.document, &port_malloc);
	invoice_content_init(&seen.line, &port_malloc);
	text_arena_init(&seen.texts, &port_malloc);
	if (bytes[2] & 1)
		rules = invoice_rules_open(&port_malloc, NULL, NULL, &sink);
	reader = invoice_reader_open(&port_malloc, NULL, NULL, rules != NULL ? invoice_rules_sink(rules) : &sink);
	for (size_t at = 0; at < maker.xml.length && status == PORT_OK; at += piece)
		status = reader->push(reader, maker.xml.bytes + at, maker.xml.length - at < piece ? maker.xml.length - at : piece);
	if (status == PORT_OK)
		status = reader->finish(reader);
	if (status != PORT_OK)
	{
		fprintf(stderr, "%s: %s %s\n%.*s\n", maker.format->name, reader->fault.rule, reader->fault.message, (int) maker.xml.length,
				maker.xml.bytes);
		abort(); /* it is well-formed, and of a format that is supported */
	}
	reader->close(reader);
	if (rules != NULL)
		invoice_rules_close(rules);
	invoice_content_release(&seen.document);
	invoice_content_release(&seen.line);
	text_arena_release(&seen.texts);
	buffer_release(&maker.xml);
	return 0;
}
