/*
 * invoice_reader.c: finds the format by the first bytes and hands the rest to its reader.
 */
#include "core/invoice_reader.h"

#include "core/content_reader.h"
#include "core/edifact_reader.h"
#include "core/pdf_invoice.h"
#include "core/xml_invoice.h"
#include "core/xml_paths.h"
#include "core/zipread.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HEAD_BYTES 4

const InvoiceLimits invoice_default_limits = {
	.value_bytes = 1024 * 1024,
	.attachment_bytes = 64 * 1024 * 1024,
	.depth = 64,
	.tag_bytes = 8 * 1024,
	.unknown_names = 100,
	.inflated_bytes = 16LL * 1024 * 1024 * 1024,
	.inflate_ratio = 200,
	.pdf_bytes = 64 * 1024 * 1024,
};

typedef enum SourceKind
{
	SOURCE_UNKNOWN,
	SOURCE_BLANK, /* only white space so far */
	SOURCE_ZIP,
	SOURCE_XML, /* this and the following have a ContentReader */
	SOURCE_EDIFACT,
	SOURCE_PDF,
	SOURCE_KINDS
} SourceKind;

static const ContentOpen openers[SOURCE_KINDS] = {
	[SOURCE_XML] = xml_invoice_open,
	[SOURCE_EDIFACT] = edifact_reader_open,
	[SOURCE_PDF] = pdf_invoice_open,
};

typedef struct AnyReader
{
	InvoiceReader reader; /* first, so that the two addresses are one */
	const Port *port;
	const InvoiceSink *sink;
	InvoiceLimits limits;
	bool format_known;
	char format[32];
	SourceKind kind;   /* of the file */
	SourceKind member; /* of the file itself, or of the member at hand */
	unsigned char head[HEAD_BYTES];
	size_t head_length;
	ContentReader *contents[SOURCE_KINDS];
	int64_t documents; /* invoices of all contents */
	ZipReader *zip;
	char member_name[128];
	int64_t members;
} AnyReader;

bool
invoice_reader_knows(const char *format)
{
	return format == NULL || *format == '\0' || strcasecmp(format, "auto") == 0 ||
		   strcasecmp(format, "edifact") == 0 || xml_format_find(format) >= 0;
}

/* A person wants to hear what the file is, not only what it is not. */
static const char *
guess(const unsigned char *head, size_t length)
{
	static const struct
	{
		const char *start, *name;
	} kinds[] = {{"\x89PNG", "a PNG image"},
				 {"\xff\xd8\xff", "a JPEG image"},
				 {"GIF8", "a GIF image"},
				 {"\x1f\x8b", "gzip data"},
				 {"PK\5\6", "an empty ZIP file"},
				 {"PK\3\4", "a ZIP file"},
				 {"{", "JSON"},
				 {"[", "JSON"},
				 {"\xff\xfe", "UTF-16 text"},
				 {"\xfe\xff", "UTF-16 text"},
				 {"\xd0\xcf\x11\xe0", "an Office document"}};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (length >= strlen(kinds[i].start) &&
			memcmp(head, kinds[i].start, strlen(kinds[i].start)) == 0)
			return kinds[i].name;
	return NULL;
}

/* No control characters; begins gets the plain characters it starts with. */
static bool
is_text(const unsigned char *head, size_t length, char *begins, size_t size)
{
	size_t shown = 0;

	for (size_t i = 0; i < length; i++)
		if (head[i] == 0x7f ||
			(head[i] < ' ' && head[i] != '\t' && head[i] != '\r' && head[i] != '\n'))
			return false;
	while (shown < length && shown + 1 < size && head[shown] >= ' ' && head[shown] < 0x7f)
	{
		begins[shown] = (char) head[shown];
		shown++;
	}
	begins[shown] = 0;
	return shown > 0;
}

static PortStatus
unknown_content(AnyReader *any)
{
	PortFault *fault = &any->reader.fault;
	const char *kind = guess(any->head, any->head_length);
	char where[160] = "", begins[24];

	if (any->kind == SOURCE_ZIP)
		snprintf(where, sizeof(where), "member \"%s\" ", any->member_name);
	fault->position = 0;
	if (kind != NULL)
		return port_fault(fault, PORT_INVALID, "FILE-UNKNOWN",
						  "%sis no invoice of a supported format, but looks like %s",
						  *where ? where : "the file ", kind);
	if (is_text(any->head, any->head_length, begins, sizeof(begins)))
		return port_fault(fault, PORT_INVALID, "FILE-UNKNOWN",
						  "%sis text, \"%s...\", and no invoice of a supported format;"
						  " a file of records needs a layout",
						  *where ? where : "the file ", begins);
	return port_fault(fault, PORT_INVALID, "FILE-UNKNOWN",
					  "%sis no invoice of a supported format; it begins with the byte 0x%02x",
					  *where ? where : "the file ", any->head[0]);
}

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Text with a byte order mark that goes on with neither markup nor white space. */
static bool
is_wide_text(const unsigned char *head, size_t length)
{
	bool little = head[0] == 0xff;

	if (length < 4)
		return false;
	return head[little ? 3 : 2] != 0 ||
		   (head[little ? 2 : 3] != '<' && !is_blank(head[little ? 2 : 3]));
}

static SourceKind
classify(const unsigned char *head, size_t length)
{
	size_t at = 0;

	if (length >= 4 && memcmp(head, "PK\3\4", 4) == 0)
		return SOURCE_ZIP;
	if (length >= 4 && memcmp(head, "%PDF", 4) == 0)
		return SOURCE_PDF;
	if (length >= 2 && (memcmp(head, "\xff\xfe", 2) == 0 || memcmp(head, "\xfe\xff", 2) == 0 ||
						memcmp(head, "\0<", 2) == 0))
		return head[0] != 0 && is_wide_text(head, length) ? SOURCE_UNKNOWN : SOURCE_XML;
	if (length >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0)
		at = 3;
	while (at < length && is_blank(head[at]))
		at++;
	if (at == length)
		return SOURCE_BLANK;
	/* three letters if so many are there already */
	if (memcmp(head + at, "UNA", length - at < 3 ? length - at : 3) == 0 ||
		memcmp(head + at, "UNB", length - at < 3 ? length - at : 3) == 0)
		return SOURCE_EDIFACT;
	return head[at] == '<' ? SOURCE_XML : SOURCE_UNKNOWN;
}

/* A fault inside of a member names it. */
static PortStatus
copy_fault(AnyReader *any, PortStatus status, const PortFault *fault)
{
	PortFault *out = &any->reader.fault;

	if ((status != PORT_INVALID && status != PORT_TOO_LARGE) || out->status != PORT_OK)
		return status;
	*out = *fault;
	if (any->kind == SOURCE_ZIP && any->member_name[0] != '\0' &&
		strncmp(fault->rule, "ZIP-", 4) != 0)
		snprintf(out->message, sizeof(out->message), "member \"%.60s\": %.180s", any->member_name,
				 fault->message);
	return status;
}

static SourceKind
reader_of(SourceKind kind)
{
	return kind == SOURCE_BLANK ? SOURCE_XML : kind;
}

/* The reader for the content that begins now. */
static PortStatus
need_content(AnyReader *any)
{
	SourceKind kind = reader_of(any->member);
	bool all = any->format[0] == '\0' || strcasecmp(any->format, "auto") == 0;

	if (any->contents[kind] != NULL)
		return any->contents[kind]->next(any->contents[kind]);
	any->contents[kind] = openers[kind](any->port, &any->limits, all ? NULL : any->format,
										&any->documents, any->sink);
	return any->contents[kind] == NULL ? PORT_NO_MEMORY : PORT_OK;
}

static PortStatus
push_to_content(AnyReader *any, const char *bytes, size_t length)
{
	ContentReader *content = any->contents[reader_of(any->member)];

	return copy_fault(any, content->push(content, bytes, length), &content->fault);
}

/* After white space, which a reader for XML has got already. */
static PortStatus
start_edifact(AnyReader *any, const char *bytes, size_t length)
{
	PortStatus status = need_content(any);

	if (any->kind == SOURCE_BLANK)
		any->kind = SOURCE_EDIFACT;
	return status != PORT_OK ? status : push_to_content(any, bytes, length);
}

/* White space in front of the root is legal XML: pass it on, but remember that nothing else came.
 */
static PortStatus
push_blank(AnyReader *any, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
	{
		if (is_blank((unsigned char) bytes[i]))
			continue;
		any->head[0] = (unsigned char) bytes[i];
		any->head_length = 1;
		any->member = classify((const unsigned char *) bytes + i, length - i);
		if (any->member == SOURCE_EDIFACT)
			return start_edifact(any, bytes + i, length - i);
		if (any->member != SOURCE_XML)
			return unknown_content(any);
		break;
	}
	return push_to_content(any, bytes, length);
}

static PortStatus start_zip(AnyReader *any);
static PortStatus push_decided(AnyReader *any, const char *bytes, size_t length);

/* The first bytes, also in head, say what the content is. */
static PortStatus
decide(AnyReader *any, const char *bytes, size_t length)
{
	PortStatus status;

	any->member = classify(any->head, any->head_length);
	if (any->member == SOURCE_UNKNOWN || (any->member == SOURCE_ZIP && any->kind == SOURCE_ZIP))
		return unknown_content(any);
	if (any->kind == SOURCE_UNKNOWN)
		any->kind = any->member;
	status = any->member == SOURCE_ZIP ? start_zip(any) : need_content(any);
	return status != PORT_OK ? status : push_decided(any, bytes, length);
}

static PortStatus
push_decided(AnyReader *any, const char *bytes, size_t length)
{
	if (any->member == SOURCE_ZIP)
		return copy_fault(any, zip_reader_push(any->zip, bytes, length),
						  zip_reader_fault(any->zip));
	return any->member == SOURCE_BLANK ? push_blank(any, bytes, length)
									   : push_to_content(any, bytes, length);
}

static PortStatus
push_content(AnyReader *any, const char *bytes, size_t length)
{
	PortStatus status;

	if (length == 0)
		return PORT_OK;
	if (any->member != SOURCE_UNKNOWN)
		return push_decided(any, bytes, length);
	if (any->head_length == 0 && length >= HEAD_BYTES)
	{
		memcpy(any->head, bytes, HEAD_BYTES);
		any->head_length = HEAD_BYTES;
		return decide(any, bytes, length);
	}
	for (; length > 0 && any->head_length < HEAD_BYTES; length--)
		any->head[any->head_length++] = (unsigned char) *bytes++;
	if (any->head_length < HEAD_BYTES)
		return PORT_OK;
	status = decide(any, (const char *) any->head, HEAD_BYTES);
	return status != PORT_OK || length == 0 ? status : push_decided(any, bytes, length);
}

static PortStatus
finish_content(AnyReader *any)
{
	PortStatus status = PORT_OK;
	ContentReader *content;

	if (any->member == SOURCE_UNKNOWN && any->head_length > 0)
		status = decide(any, (const char *) any->head, any->head_length);
	if (status != PORT_OK)
		return status;
	if (any->member == SOURCE_UNKNOWN || any->member == SOURCE_BLANK)
		return port_fault(&any->reader.fault, PORT_INVALID, "FILE-EMPTY", "%s%s%s",
						  any->kind == SOURCE_ZIP ? "member \"" : "the file",
						  any->kind == SOURCE_ZIP ? any->member_name : "",
						  any->kind == SOURCE_ZIP ? "\" is empty" : " is empty");
	content = any->contents[reader_of(any->member)];
	return copy_fault(any, content->finish(content), &content->fault);
}

static PortStatus
begin_member(void *state, const char *name, bool *skip)
{
	AnyReader *any = state;
	size_t length = strlen(name);

	snprintf(any->member_name, sizeof(any->member_name), "%.100s", name);
	any->member = SOURCE_UNKNOWN;
	any->head_length = 0;
	*skip = length > 0 && name[length - 1] == '/';
	any->members += *skip ? 0 : 1;
	return PORT_OK;
}

static PortStatus
member_bytes(void *state, const char *bytes, size_t length)
{
	return push_content(state, bytes, length);
}

static PortStatus
end_member(void *state)
{
	AnyReader *any = state;
	PortStatus status = finish_content(any);

	any->member = SOURCE_ZIP;
	any->member_name[0] = '\0';
	return status;
}

static PortStatus
start_zip(AnyReader *any)
{
	ZipHandler handler = {any, begin_member, member_bytes, end_member};

	any->zip =
		zip_reader_open(any->port, any->limits.inflated_bytes, any->limits.inflate_ratio, &handler);
	return any->zip == NULL ? PORT_NO_MEMORY : PORT_OK;
}

static PortStatus
any_push(InvoiceReader *reader, const char *bytes, size_t length)
{
	AnyReader *any = (AnyReader *) reader;

	if (any->format_known && any->kind == SOURCE_ZIP)
		return copy_fault(any, zip_reader_push(any->zip, bytes, length),
						  zip_reader_fault(any->zip));
	if (any->format_known)
		return push_content(any, bytes, length);
	return port_fault(&reader->fault, PORT_INVALID, "FILE-FORMAT", "format \"%s\" is not supported",
					  any->format);
}

static PortStatus
any_finish(InvoiceReader *reader)
{
	AnyReader *any = (AnyReader *) reader;

	if (!any->format_known)
		return any_push(reader, "", 0);
	if (any->kind != SOURCE_ZIP)
		return finish_content(any);
	if (zip_reader_finish(any->zip) == PORT_OK && any->members == 0)
		return port_fault(&reader->fault, PORT_INVALID, "FILE-EMPTY",
						  "the ZIP file has no members");
	return copy_fault(any, zip_reader_finish(any->zip), zip_reader_fault(any->zip));
}

static void
close_content(AnyReader *any, SourceKind kind)
{
	if (any->contents[kind] != NULL)
		any->contents[kind]->close(any->contents[kind]);
	any->contents[kind] = NULL;
}

static void
any_close(InvoiceReader *reader)
{
	AnyReader *any = (AnyReader *) reader;

	if (any == NULL)
		return;
	for (int kind = 0; kind < SOURCE_KINDS; kind++)
		close_content(any, (SourceKind) kind);
	zip_reader_close(any->zip);
	any->port->release(any->port->host, any);
}

/* The reader of XML is what most files need; the others are made anew. */
void
invoice_reader_again(InvoiceReader *reader)
{
	AnyReader *any = (AnyReader *) reader;

	for (int kind = 0; kind < SOURCE_KINDS; kind++)
		if (kind != SOURCE_XML)
			close_content(any, (SourceKind) kind);
	if (any->contents[SOURCE_XML] != NULL)
		any->contents[SOURCE_XML]->next(any->contents[SOURCE_XML]);
	zip_reader_close(any->zip);
	any->zip = NULL;
	any->kind = any->member = SOURCE_UNKNOWN;
	any->head_length = 0;
	any->member_name[0] = '\0';
	any->documents = any->members = 0;
}

InvoiceReader *
invoice_reader_open(const Port *port, const char *format, const InvoiceLimits *limits,
					const InvoiceSink *sink)
{
	AnyReader *any = port->alloc(port->host, sizeof(AnyReader));

	if (any == NULL)
		return NULL;
	memset(any, 0, sizeof(*any));
	any->reader.push = any_push;
	any->reader.finish = any_finish;
	any->reader.close = any_close;
	any->reader.fault.position = -1;
	any->port = port;
	any->sink = sink;
	any->limits = limits != NULL ? *limits : invoice_default_limits;
	any->format_known = invoice_reader_knows(format);
	snprintf(any->format, sizeof(any->format), "%s", format ? format : "");
	return &any->reader;
}
