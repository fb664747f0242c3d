/*
 * fuzz_document.c: templates and data of all shapes through every channel.
 *
 * The input chooses, byte by byte, a template (by its grammar, with slips; or, first byte odd and
 * behind it until a NUL, as it stands), the data, and sometimes that memory ends or somebody
 * cancels.  Whatever comes in: a document or a fault with a rule; the PDF has a table that leads to
 * its objects and pages whose operators are balanced, HTML is well-formed, texts hold no control
 * characters, an e-mail is lines of ASCII.  A wrong document ends the program.
 */
#include "document_input.h"
#include "fuzz_sink.h"

#include "../unit/counted.h"
#include "core/mime_write.h"
#include "core/pdf_document.h"
#include "core/render_html.h"
#include "core/render_text.h"
#include "core/sms_segments.h"
#include "core/template_house.h"
#include "core/template_invoice.h"
#include "core/template_rows.h"
#include "core/template_run.h"

#include <libxml/parser.h>
#include <stdio.h>

/* ---------- judges ---------- */

static void
wrong(const char *what)
{
	fprintf(stderr, "wrong document: %s\n%s\n", what, source);
	abort();
}

/* A failed document says why. */
static bool
made(PortStatus status, const PortFault *fault)
{
	if (status == PORT_INVALID && (fault->rule[0] == 0 || fault->message[0] == 0))
		wrong("a fault without a rule");
	if (status == PORT_INTERRUPTED && counted_looks < 0)
		wrong("interrupted by nobody");
	if (status == PORT_NO_MEMORY && counted_allowed < 0)
		wrong("memory has not ended");
	return status == PORT_OK;
}

static long
count_word(const char *text, size_t length, const char *word)
{
	size_t size = strlen(word);
	long count = 0;

	for (size_t i = 0; i + size <= length; i++)
		count += memcmp(text + i, word, size) == 0 &&
				 (i == 0 || text[i - 1] == '\n' || text[i - 1] == ' ');
	return count;
}

/* Operators without the strings, in which anything may stand. */
static size_t
without_strings(char *text, size_t length)
{
	size_t to = 0;
	bool inside = false;

	for (size_t i = 0; i < length; i++)
	{
		if (inside && text[i] == '\\')
			i++;
		else if (inside)
			inside = text[i] != ')';
		else if (text[i] == '(')
			inside = true;
		else
			text[to++] = text[i];
	}
	if (inside)
		wrong("a string without end");
	return to;
}

static void
judge_pages(const PdfDocument *document)
{
	Inflater *inflater = inflater_open(&port_malloc, DEFLATE_ZLIB);
	ByteBuffer plain;

	buffer_init(&plain, &port_malloc);
	for (int i = 0; i < document->places.count; i++)
	{
		size_t length;

		buffer_reset(&plain);
		if (inflater_run(inflater, NULL, 0, document->file.out.bytes + document->places.offsets[i],
						 (size_t) document->places.lengths[i], 1 << 26, &plain) != PORT_OK)
			wrong("a page that cannot be inflated");
		length = without_strings(plain.bytes, plain.length);
		if (count_word(plain.bytes, length, "BT\n") != count_word(plain.bytes, length, "ET\n") ||
			count_word(plain.bytes, length, "q") != count_word(plain.bytes, length, "Q\n") ||
			count_word(plain.bytes, length, "BDC\n") + count_word(plain.bytes, length, "BMC\n") +
					count_word(plain.bytes, length, "<</MCID") !=
				count_word(plain.bytes, length, "EMC\n") + count_word(plain.bytes, length, "BDC\n"))
			wrong("operators are not balanced");
	}
	inflater_close(inflater);
	buffer_release(&plain);
}

static void
judge_pdf(const PdfDocument *document)
{
	const ByteBuffer *out = &document->file.out;
	size_t at = out->length;
	unsigned long table, count;

	while (at > 10 && memcmp(out->bytes + at - 10, "startxref\n", 10) != 0)
		at--;
	table = strtoul(out->bytes + at, NULL, 10);
	if (table + 8 > out->length || memcmp(out->bytes + table, "xref\n0 ", 7) != 0)
		wrong("no table of objects");
	count = strtoul(out->bytes + table + 7, NULL, 10);
	at = (size_t) ((const char *) memchr(out->bytes + table + 7, '\n', out->length - table - 7) -
				   out->bytes) +
		 1;
	for (unsigned long i = 1; i < count; i++)
	{
		char head[32];
		unsigned long place = strtoul(out->bytes + at + 20 * i, NULL, 10);
		int length = snprintf(head, sizeof(head), "%lu 0 obj\n", i);

		if (place + (size_t) length > out->length ||
			memcmp(out->bytes + place, head, (size_t) length) != 0)
			wrong("an object is not where the table says");
	}
	if (document->places.count < 1)
		wrong("no page");
	judge_pages(document);
}

static void
judge_xml(const ByteBuffer *out)
{
	xmlDoc *document =
		xmlReadMemory(out->bytes, (int) out->length, "x.html", "UTF-8",
					  XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_HUGE);

	if (document == NULL)
	{
		fprintf(stderr, "%.*s\n", (int) out->length, out->bytes);
		wrong("HTML is not well-formed");
	}
	xmlFreeDoc(document);
}

static void
judge_text(Slice text, bool one_line)
{
	for (size_t i = 0; i < text.length; i++)
		if ((unsigned char) text.bytes[i] < 0x20 && (text.bytes[i] != '\n' || one_line))
			wrong("a control character in a text");
}

static void
judge_sms(Slice text)
{
	Slice rest = text, part;
	SmsCount count;
	size_t length = 0;
	int parts = 0;

	judge_text(text, true);
	sms_count(text, &count);
	while (sms_next_segment(&count, &rest, &part) && parts < 10000)
	{
		length += part.length;
		parts++;
	}
	if (length != text.length || parts != count.segments)
		wrong("parts of an SMS are not its text");
}

static void
judge_mail(const ByteBuffer *out)
{
	size_t line = 0;

	for (size_t i = 0; i < out->length; i++)
	{
		unsigned char c = (unsigned char) out->bytes[i];

		if (c == '\n' && (i == 0 || out->bytes[i - 1] != '\r'))
			wrong("a bare line feed in an e-mail");
		if (c == '\r' && (i + 1 == out->length || out->bytes[i + 1] != '\n'))
			wrong("a bare carriage return in an e-mail");
		if (c >= 0x7F || (c < 0x20 && c != '\r' && c != '\n' && c != '\t'))
			wrong("a byte that is not ASCII in an e-mail");
		line = c == '\n' ? 0 : line + 1;
		if (line > 999)
			wrong("a line of an e-mail is too long");
	}
}

/* ---------- all channels ---------- */

static void
make_pdf(const TemplateProgram *program, const TemplateData *data, const PdfProfile *profile,
		 ByteBuffer *copy)
{
	static Layout layout;
	static PdfDocument document;
	static PdfShared shared;
	PdfTags tags;
	TemplateScratch scratch;
	ByteBuffer own;
	PortFault fault = {.status = PORT_OK};
	PdfInfo info = {"f", "en"};
	PortStatus status;

	buffer_init(&own, &counted);
	layout_init(&layout, &counted);
	pdf_tags_init(&tags, &counted);
	if (template_scratch_init(&scratch, &counted) != PORT_OK ||
		pdf_shared_open(&shared, &counted, profile, program != NULL && program->giro != 0) !=
			PORT_OK ||
		pdf_document_init(&document, &counted, &shared) != PORT_OK)
		return;
	if (profile->tagged)
		layout.tags = &tags;
	if (any(2))
		layout.sink = &document.sink;
	status = program != NULL ? template_run(program, data, &layout, &scratch, &fault)
							 : template_invoice_layout(data, &layout, &own, &fault);
	if (status == PORT_OK)
		status = pdf_document_write(&document, &layout, &info);
	if (!made(status, &fault))
		return;
	judge_pdf(&document);
	buffer_append(copy, document.file.out.bytes,
				  document.file.out.length < 20000 ? document.file.out.length : 20000);
}

static Slice
slice_of(const ByteBuffer *buffer)
{
	return (Slice){buffer->bytes, buffer->length};
}

static void
make_others(const TemplateProgram *program, const TemplateProgram *house, const TemplateData *data,
			const ByteBuffer *pdf)
{
	RenderHtml html;
	RenderPlain plain;
	PortFault fault = {.status = PORT_OK};
	MimeAttachment attachment = {{"application/pdf", 15}, {NULL, 0}, slice_of(pdf)};
	MimeMessage message = {.attachments = &attachment, .attachment_count = (int) any(2)};
	ByteBuffer mail, title;

	buffer_init(&mail, &counted);
	buffer_init(&title, &counted);
	render_html_init(&html, &counted);
	render_plain_init(&plain, &counted);
	if (made(render_html(&html, RENDER_PAGE, program, data, &fault), &fault))
		judge_xml(&html.out);
	fault.status = PORT_OK;
	if (made(render_html(&html, RENDER_MAIL, program, data, &fault), &fault))
		judge_xml(&html.out);
	fault.status = PORT_OK;
	if (made(render_short(&plain, BLOCK_SMS, program, house, data, &fault), &fault))
		judge_sms(slice_of(&plain.out));
	fault.status = PORT_OK;
	if (made(render_short(&plain, BLOCK_SUBJECT, program, house, data, &fault), &fault))
	{
		judge_text(slice_of(&plain.out), true);
		buffer_append(&title, plain.out.bytes, plain.out.length);
	}
	fault.status = PORT_OK;
	if (!made(render_plain(&plain, program, data, &fault), &fault))
		return;
	judge_text(slice_of(&plain.out), false);
	message.from =
		(MimeAddress){make_text(), any(8) == 7 ? make_text() : (Slice){"a@b.example", 11}};
	message.to = (MimeAddress){make_text(), (Slice){"c@d.example", 11}};
	message.subject = any(2) ? slice_of(&title) : make_text();
	message.text = slice_of(&plain.out);
	message.html = any(4) == 3 ? (Slice){NULL, 0} : slice_of(&html.out);
	attachment.file_name = make_text();
	fault.status = PORT_OK;
	if (made(mime_write(&message, &mail, &fault), &fault) && !mail.failed)
		judge_mail(&mail);
}

static bool
compile(TemplateProgram *program, const char *text, size_t length)
{
	XmlReader *reader = NULL;
	PortFault fault = {.status = PORT_OK};
	PortStatus status;

	memset(program, 0, sizeof(*program));
	status = template_compile(program, &counted, text, length, &reader, &fault);
	xml_reader_close(reader);
	return made(status, &fault);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const char *const profiles[] = {"print", "pdfa-1a", "print-cmyk", "pdfa-3b"};
	static TemplateProgram program, house;
	TemplateData data;
	ByteBuffer pdf;
	unsigned way;

	input = bytes;
	input_left = length;
	buffer_init(&pdf, &port_malloc);
	way = any(0);
	if (way % 2 == 1)
	{
		source_length = 0;
		while (input_left > 0 && *input != 0 && source_length + 1 < sizeof(source))
			source[source_length++] = (char) any(0);
		source[source_length] = 0;
		(void) any(0);
	}
	else
		make_template();
	data = make_data();
	/* made first, and whole: the others need it */
	if (!compile(&house, template_house_source, strlen(template_house_source)))
		wrong("the house's own template");
	if (way % 16 == 14)
		counted_allowed = (long) any(0) * 4;
	if (way % 16 == 12)
		counted_looks = (long) any(0) % 16;
	if (compile(&program, source, source_length))
	{
		make_pdf(way % 64 == 2 ? NULL : &program, &data, pdf_profile_find(profiles[way / 16 % 4]),
				 &pdf);
		make_others(&program, &house, &data, &pdf);
	}
	counted_free();
	buffer_release(&pdf);
	return 0;
}
