/*
 * pdf_metadata.c: XMP, text strings and the embedded file.
 *
 * XMP and the information dictionary are written from the same values, so that they say the same.
 * There are no dates of the file in it: nothing here knows a clock.  The embedded file's date is
 * the invoice's.
 */
#include "core/pdf_metadata.h"

#include "core/font_face.h"

#include <string.h>

#define FX_NAMESPACE "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"

/* ---------- text ---------- */

static uint32_t
next_plain(const char **text, const char *end)
{
	uint32_t character;

	(void) font_next_glyph(text, end, &character);
	if (character < 0x20)
		return ' ';
	return character == 0xFFFE || character == 0xFFFF || (character & 0x1FF800) == 0xD800
			   ? 0xFFFD
			   : character;
}

static void
put_hexadecimal(ByteBuffer *out, unsigned unit)
{
	static const char digits[] = "0123456789ABCDEF";
	char text[4] = {digits[unit >> 12 & 15], digits[unit >> 8 & 15], digits[unit >> 4 & 15],
					digits[unit & 15]};

	buffer_append(out, text, 4);
}

/* UTF-16 with a mark in front, in hexadecimal: right for any text. */
void
pdf_put_text_slice(ByteBuffer *out, const char *text, size_t length)
{
	const char *end = text + length;

	buffer_append_text(out, "<FEFF");
	while (text < end)
	{
		uint32_t character = next_plain(&text, end);

		if (character > 0xFFFF)
		{
			put_hexadecimal(out, 0xD800 + ((character - 0x10000) >> 10));
			character = 0xDC00 + ((character - 0x10000) & 0x3FF);
		}
		put_hexadecimal(out, character);
	}
	buffer_append_char(out, '>');
}

void
pdf_put_text_string(ByteBuffer *out, const char *text)
{
	pdf_put_text_slice(out, text, strlen(text));
}

static void
put_utf8(ByteBuffer *out, uint32_t character)
{
	if (character >= 0x10000)
	{
		buffer_append_char(out, (char) (0xF0 | character >> 18));
		buffer_append_char(out, (char) (0x80 | (character >> 12 & 0x3F)));
	}
	else if (character >= 0x800)
		buffer_append_char(out, (char) (0xE0 | character >> 12));
	if (character >= 0x800)
		buffer_append_char(out, (char) (0x80 | (character >> 6 & 0x3F)));
	else
		buffer_append_char(out, (char) (0xC0 | character >> 6));
	buffer_append_char(out, (char) (0x80 | (character & 0x3F)));
}

static void
put_escaped(ByteBuffer *out, const char *text)
{
	const char *end = text + strlen(text);

	while (text < end)
	{
		uint32_t character = next_plain(&text, end);

		if (character == '&')
			buffer_append_text(out, "&amp;");
		else if (character == '<')
			buffer_append_text(out, "&lt;");
		else if (character == '>')
			buffer_append_text(out, "&gt;");
		else if (character < 0x80)
			buffer_append_char(out, (char) character);
		else
			put_utf8(out, character);
	}
}

/* ---------- XMP ---------- */

/* Text that is written as it stands: nothing is looked for in it. */
#define put_constant(out, text) buffer_append(out, text, sizeof(text) - 1)

/* clang-format off */
#define SCHEMA_PROPERTY(name, meaning) \
	"<rdf:li rdf:parseType=\"Resource\"><pdfaProperty:name>" name "</pdfaProperty:name>" \
	"<pdfaProperty:valueType>Text</pdfaProperty:valueType>" \
	"<pdfaProperty:category>external</pdfaProperty:category>" \
	"<pdfaProperty:description>" meaning "</pdfaProperty:description></rdf:li>\n"

/* PDF/A wants properties declared before they may be used. */
static const char declarations[] =
	"<rdf:Description rdf:about=\"\""
	" xmlns:pdfaExtension=\"http://www.aiim.org/pdfa/ns/extension/\""
	" xmlns:pdfaSchema=\"http://www.aiim.org/pdfa/ns/schema#\""
	" xmlns:pdfaProperty=\"http://www.aiim.org/pdfa/ns/property#\">\n"
	"<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType=\"Resource\">\n"
	"<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>\n"
	"<pdfaSchema:namespaceURI>" FX_NAMESPACE "</pdfaSchema:namespaceURI>\n"
	"<pdfaSchema:prefix>fx</pdfaSchema:prefix>\n"
	"<pdfaSchema:property><rdf:Seq>\n"
	SCHEMA_PROPERTY("DocumentFileName", "name of the embedded XML invoice file")
	SCHEMA_PROPERTY("DocumentType", "INVOICE")
	SCHEMA_PROPERTY("Version", "version of the Factur-X XML schema")
	SCHEMA_PROPERTY("ConformanceLevel", "conformance level of the embedded invoice data")
	"</rdf:Seq></pdfaSchema:property>\n"
	"</rdf:li></rdf:Bag></pdfaExtension:schemas>\n</rdf:Description>\n";
/* clang-format on */

static void
put_invoice_properties(ByteBuffer *out, const PdfAttachment *attached)
{
	put_constant(out, "<rdf:Description rdf:about=\"\" xmlns:fx=\"" FX_NAMESPACE "\">\n"
					  "<fx:DocumentType>INVOICE</fx:DocumentType>\n"
					  "<fx:DocumentFileName>");
	buffer_append_text(out, attached->file_name);
	put_constant(out, "</fx:DocumentFileName>\n"
					  "<fx:Version>1.0</fx:Version>\n"
					  "<fx:ConformanceLevel>");
	buffer_append_text(out, attached->level);
	put_constant(out, "</fx:ConformanceLevel>\n</rdf:Description>\n");
	put_constant(out, declarations);
}

static void
put_packet(ByteBuffer *out, const PdfProfile *profile, const PdfInfo *info,
		   const PdfAttachment *attached)
{
	put_constant(out, "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
					  "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n"
					  "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
					  "<rdf:Description rdf:about=\"\""
					  " xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\">\n"
					  "<pdfaid:part>");
	buffer_append_int(out, profile->part);
	put_constant(out, "</pdfaid:part>\n<pdfaid:conformance>");
	buffer_append_char(out, profile->conformance);
	put_constant(out,
				 "</pdfaid:conformance>\n</rdf:Description>\n"
				 "<rdf:Description rdf:about=\"\" xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\">\n"
				 "<pdf:Producer>" PDF_PRODUCER "</pdf:Producer>\n</rdf:Description>\n"
				 "<rdf:Description rdf:about=\"\""
				 " xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n"
				 "<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">");
	put_escaped(out, info->title);
	put_constant(out, "</rdf:li></rdf:Alt></dc:title>\n</rdf:Description>\n");
	if (attached != NULL)
		put_invoice_properties(out, attached);
	put_constant(out, "</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"r\"?>");
}

void
pdf_put_metadata(ByteBuffer *out, const PdfProfile *profile, const PdfInfo *info,
				 const PdfAttachment *attached)
{
	ByteBuffer packet;

	buffer_init(&packet, out->port);
	put_packet(&packet, profile, info, attached);
	buffer_printf(out, "<</Type/Metadata/Subtype/XML/Length %zu>>\nstream\n", packet.length);
	buffer_append(out, packet.bytes, packet.length);
	buffer_append_text(out, "\nendstream\nendobj\n");
	if (packet.failed)
		out->failed = true;
	buffer_release(&packet);
}

/* ---------- the embedded file ---------- */

typedef struct Level
{
	const char *guideline; /* BT-24 ends in it */
	const char *level, *file_name, *relationship;
} Level;

/* The first that fits: a customisation of the standard is conformant to the standard. */
static const Level levels[] = {
	{"urn:factur-x.eu:1p0:minimum", "MINIMUM", "factur-x.xml", "Data"},
	{"urn:factur-x.eu:1p0:basicwl", "BASIC WL", "factur-x.xml", "Data"},
	{"urn:factur-x.eu:1p0:basic", "BASIC", "factur-x.xml", "Alternative"},
	{"urn:factur-x.eu:1p0:extended", "EXTENDED", "factur-x.xml", "Alternative"},
	{":xrechnung_", "XRECHNUNG", "xrechnung.xml", "Alternative"},
	{"urn:cen.eu:en16931:2017", "EN 16931", "factur-x.xml", "Alternative"},
};

static const char *
find_text(const char *from, const char *end, const char *wanted)
{
	size_t length = strlen(wanted);

	for (; from != NULL && (size_t) (end - from) >= length; from++)
	{
		from = memchr(from, wanted[0], (size_t) (end - from) - length + 1);
		if (from == NULL)
			return NULL;
		if (memcmp(from, wanted, length) == 0)
			return from;
	}
	return NULL;
}

/* The guideline stands near the start: nothing behind the first identifier in it is looked at. */
PortStatus
pdf_attachment_init(PdfAttachment *attachment, const char *bytes, size_t length,
					const char *modified, PortFault *fault)
{
	const char *end = bytes + length;
	const char *root = find_text(bytes, end, "CrossIndustryInvoice");
	const char *at =
		root == NULL ? NULL : find_text(root, end, "GuidelineSpecifiedDocumentContextParameter");
	const char *stop = at == NULL ? NULL : find_text(at, end, "</");

	memset(attachment, 0, sizeof(*attachment));
	if (stop == NULL)
		return port_fault(fault, PORT_INVALID, "PDF-ATTACHMENT",
						  "attachment is no Cross Industry Invoice that names its guideline");
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (find_text(at, stop, levels[i].guideline) != NULL)
		{
			attachment->bytes = bytes;
			attachment->length = length;
			attachment->modified = modified;
			attachment->file_name = levels[i].file_name;
			attachment->relationship = levels[i].relationship;
			attachment->level = levels[i].level;
			return PORT_OK;
		}
	return port_fault(fault, PORT_INVALID, "PDF-ATTACHMENT",
					  "attachment names no guideline of EN 16931 or Factur-X");
}

void
pdf_put_attachment(ByteBuffer *out, const PdfAttachment *attachment)
{
	bool deflated = attachment->plain_length != 0;

	buffer_printf(out,
				  "<</Type/EmbeddedFile/Subtype/text#2Fxml%s/Length %zu"
				  "/Params<</Size %zu/ModDate(D:%s000000Z)>>>>\nstream\n",
				  deflated ? "/Filter/FlateDecode" : "", attachment->length,
				  deflated ? attachment->plain_length : attachment->length, attachment->modified);
	buffer_append(out, attachment->bytes, attachment->length);
	buffer_append_text(out, "\nendstream\nendobj\n");
}

void
pdf_put_specification(ByteBuffer *out, const PdfAttachment *attachment, int stream)
{
	buffer_printf(out,
				  "<</Type/Filespec/F(%s)/UF(%s)/Desc(Invoice data)/AFRelationship/%s"
				  "/EF<</F %d 0 R/UF %d 0 R>>>>\nendobj\n",
				  attachment->file_name, attachment->file_name, attachment->relationship, stream,
				  stream);
}
