/*
 * xml_plain_test.c: a document read with and without the XML library tells the same, down to the
 * lines; also one that was damaged at random.
 */
#include "check.h"
#include "core/buffer.h"
#include "core/xmlread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 20000
#define MAX_DOCUMENT 4096

static XmlVocabulary names;

typedef struct Log
{
	Buffer events;
	XmlReader *reader;
	bool in_text;
	int64_t text_line;
} Log;

static void
end_text(Log *log)
{
	if (log->in_text)
		buffer_printf(&log->events, "\" %lld\n", (long long) log->text_line);
	log->in_text = false;
}

static void
on_start(void *state, const XmlElement *element)
{
	Log *log = state;

	end_text(log);
	buffer_printf(&log->events, "%lld <%d:%d %s|%s|%s", (long long) xml_reader_line(log->reader),
				  element->space, element->name, element->prefix ? element->prefix : "-",
				  element->text, element->address ? element->address : "-");
	for (int i = 0; i < element->attribute_count; i++)
	{
		const XmlAttribute *attribute = &element->attributes[i];

		buffer_printf(&log->events, " %d:%d %s:%s='%.*s'", attribute->space, attribute->name,
					  attribute->prefix ? attribute->prefix : "-", attribute->text,
					  (int) attribute->value.length, attribute->value.bytes);
	}
	buffer_append_char(&log->events, '\n');
}

static void
on_text(void *state, const char *bytes, size_t length)
{
	Log *log = state;

	if (!log->in_text)
		buffer_printf(&log->events, "%s \"", xml_reader_element(log->reader));
	log->in_text = true;
	log->text_line = xml_reader_line(log->reader);
	buffer_append(&log->events, bytes, length);
}

static void
on_end(void *state)
{
	Log *log = state;

	end_text(log);
	buffer_printf(&log->events, "%lld >\n", (long long) xml_reader_line(log->reader));
}

static bool
on_another(void *state)
{
	return ((Log *) state)->events.length % 2 == 0;
}

/* What a reader tells of the bytes, pushed in pieces. */
static PortStatus
tell(Log *log, bool library, const char *bytes, size_t length, size_t piece)
{
	XmlLimits limits = {12, 1024, 10, library};
	XmlHandler handler = {log, on_start, on_end, on_text, on_another};
	PortStatus status = PORT_OK;
	const PortFault *fault;
	XmlSource source;

	buffer_reset(&log->events);
	log->in_text = false;
	log->reader = xml_reader_open(&port_malloc, &names, &limits, &handler);
	for (size_t at = 0; at < length && status == PORT_OK; at += piece)
		status =
			xml_reader_push(log->reader, bytes + at, length - at < piece ? length - at : piece);
	if (status == PORT_OK)
		status = xml_reader_finish(log->reader);
	end_text(log);
	fault = xml_reader_fault(log->reader);
	source = xml_reader_source(log->reader);
	buffer_printf(&log->events, "%d %s %s %lld %d%d%d", status, fault->rule, fault->message,
				  (long long) fault->line, source.mark, source.other_encoding, source.instructions);
	buffer_append_char(&log->events, '\0');
	xml_reader_close(log->reader);
	return status;
}

/* True if the document is good; of others the status has to be the same. */
static bool
same(const char *bytes, size_t length, size_t piece)
{
	static Log plain, library;
	PortStatus status;
	bool agree;

	plain.events.port = library.events.port = &port_malloc;
	status = tell(&plain, false, bytes, length, piece);
	agree = tell(&library, true, bytes, length, piece) == status &&
			(status != PORT_OK || strcmp(plain.events.bytes, library.events.bytes) == 0);
	if (!agree)
		printf("\n%.*s\n-- plain\n%s\n-- library\n%s\n", (int) length, bytes, plain.events.bytes,
			   library.events.bytes);
	CHECK(agree);
	return status == PORT_OK;
}

static const char *const documents[] = {
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Invoice xmlns=\"urn:a\" xmlns:cac=\"urn:cac\"\n "
	"xmlns:cbc='urn:cbc'>\n"
	" <cbc:ID>F-1</cbc:ID>\n\t<cbc:Note>Fish &amp; chips, 5 &lt; 6 &gt; 4, \"it's\" "
	"&quot;caf\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x9f\n two]</cbc:Note>\n"
	" <cac:Party a=\"1\" b='2'\n c=\"\"><cac:Party/><cbc:ID schemeID=\"x\" />  </cac:Party>\n "
	"<cbc:Amount currencyID=\"NOK\">12.50</cbc:Amount >\n"
	"</Invoice>\n",
	"\xef\xbb\xbf<Invoice xmlns=\"urn:a\">\r\n<ID a='b\"c'>1\r\n2</ID>\r\n<Note "
	"xmlns=\"urn:cac\"><ID/></Note><ID/></Invoice>\r\n\r\n",
	"<?xml version='1.0'?><a><b x=\"1\">t</b><b/><cac:a xmlns:cac='urn:cac' cac:b='1' b='2'/></a> "
	"\n<!-- after --> ",
	"<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>\n<a>\n<b>x</b></a>\n\n<?xml "
	"version=\"1.0\"?>\n<a>\n<b>y</b>\n</a>\n",
	"<a>0123456789</a>",
};

static const char *const pieces[] = {
	"]]>",
	"&amp;",
	"&#10;",
	"&lt",
	"&x;",
	"<!-- c -->",
	"<?pi x?>",
	"<![CDATA[x]]>",
	"<!DOCTYPE a>",
	"\r\n",
	"\r",
	"\n",
	"\t",
	" xmlns:cbc=\"\"",
	" xmlns:cac='urn:cac'",
	" xmlns=\"urn:cbc\"",
	" xmlns:xml='urn:a'",
	" a='1'",
	" xml:lang='x'",
	" cac:a=\"2\"",
	" b=\"<\"",
	"\xc3\xa9",
	"\xff",
	"\xed\xa0\x80",
	"\xef\xbf\xbf",
	"\xc0\x80",
	"</a>",
	"<a>",
	"<b/>",
	"<cac:a>",
	"</cac:a>",
	"<x:y/>",
	"'",
	"\"",
	">",
	"<",
	"/",
	":",
	"=",
	"\x01",
	"",
	"unknown",
	" xmlns:xmlns='urn:a'",
	" xmlns:a='http://www.w3.org/XML/1998/namespace'",
	"<1/>",
	"<-a/>",
	"<a:b:a/>",
	"<xmlns:a/>",
	" encoding='UTF-16'",
};

static uint32_t
random_below(uint32_t limit)
{
	static uint64_t state = 42;

	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t) (state >> 33) % limit;
}

/* Replaces some bytes at a random place by a piece of trouble, a byte or another part of the
 * document. */
static size_t
damage(char *document, size_t length)
{
	size_t at = random_below((uint32_t) length + 1),
		   cut = random_below(3) == 0 ? random_below(20) : 0, put;
	char piece[64];

	cut = cut > length - at ? length - at : cut;
	switch (random_below(4))
	{
		case 0:
			put = 1;
			piece[0] = (char) random_below(256);
			break;
		case 1:
			put = random_below(60);
			put = put > length ? length : put;
			memcpy(piece, document + random_below((uint32_t) (length - put + 1)), put);
			break;
		default:
			put = (size_t) snprintf(piece, sizeof(piece), "%s",
									pieces[random_below(sizeof(pieces) / sizeof(*pieces))]);
	}
	memmove(document + at + put, document + at + cut, length - at - cut);
	memcpy(document + at, piece, put);
	return length - cut + put;
}

int
main(void)
{
	static const char *const words[] = {"Invoice", "ID",	  "Note",	  "Party",		"Amount",
										"a",	   "b",		  "c",		  "x",			"y",
										"cac",	   "cbc",	  "schemeID", "currencyID", "urn:a",
										"urn:cac", "urn:cbc", "xml",	  "lang",		"xsi"};
	static char document[MAX_DOCUMENT + 128];
	int good = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		xml_vocabulary_add(&names, words[i]);
	for (size_t i = 0; i < sizeof(documents) / sizeof(*documents); i++)
		CHECK(same(documents[i], strlen(documents[i]), MAX_DOCUMENT));
	for (int round = 0; round < ROUNDS; round++)
	{
		const char *from = documents[random_below(sizeof(documents) / sizeof(*documents))];
		size_t length = strlen(from);

		memcpy(document, from, length);
		for (uint32_t i = random_below(3); i + 1 > 0 && i < 3; i--)
			length = damage(document, length);
		if (length > 0)
			good +=
				same(document, length, random_below(8) == 0 ? 1 + random_below(700) : MAX_DOCUMENT);
	}
	CHECK(good > ROUNDS / 20);
	return check_done();
}
