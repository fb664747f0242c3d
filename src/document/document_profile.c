/*
 * document_profile.c: which kind of PDF a document becomes, and the XML that goes into it.
 *
 * The part that all documents of a profile share (fonts, colour profile: 35 KB) is made once a
 * session and kept.
 */
#include "postgres.h"

#include "document/document_writer.h"

#include "base/errors.h"
#include "base/statement.h"
#include "catalog/pg_type.h"
#include "core/deflate.h"
#include "core/pdf_metadata.h"
#include "export.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define MOST_PROFILES 32
#define HEAD_BYTES 4096 /* of an attachment: the guideline stands in its first lines */

MAILROOM_FUNCTION(mailroom_check_profile);

static Statement find_profile = STATEMENT(
	"SELECT p.profile, p.template <> '' FROM mailroom.document_profile p WHERE p.issuer_id = $1"
	" AND p.template IN ('', $2) ORDER BY p.template DESC LIMIT 1",
	INT8OID, TEXTOID);

static const PdfProfile *find_profile_named(const char *name);
static PdfShared *make_shared_part(const Port *port, const PdfProfile *profile,
								   bool with_code_line);

/* mailroom.check_profile(profile text) → void */
Datum
mailroom_check_profile(PG_FUNCTION_ARGS)
{
	(void) find_profile_named(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	PG_RETURN_VOID();
}

static const PdfProfile *
find_profile_named(const char *name)
{
	const PdfProfile *profile = pdf_profile_find(name);

	if (profile == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("PDF profile \"%s\" does not exist", name),
						errhint("There are print, print-rgb, print-cmyk, pdfa-1b, pdfa-1a, pdfa-3b,"
								" pdfa-3a, factur-x and factur-x-tagged.")));
	return profile;
}

void
document_use_profile(DocumentWriter *writer, const char *name)
{
	const PdfProfile *profile = find_profile_named(name);

	writer->document.file.shared = document_shared_part(profile, false);
	writer->layout.tags = profile->tagged ? &writer->tags : NULL;
}

static bool
of_invoices(const DocumentWriter *writer)
{
	return strcmp(writer->template_name, TEMPLATE_OF_INVOICES) == 0 ||
		   strcmp(writer->template_name, TEMPLATE_INVOICE_NAME) == 0;
}

void
document_use_issuer_profile(DocumentWriter *writer, int64 issuer_id)
{
	Datum arguments[2] = {Int64GetDatum(issuer_id), CStringGetTextDatum(writer->template_name)};
	bool isnull;

	if (statement_run(&find_profile, arguments, NULL) > 0)
	{
		const PdfProfile *profile = find_profile_named(statement_text(0, 1, writer->context));
		bool own = DatumGetBool(statement_value(0, 2, &isnull));

		/* letters and notices have no invoice to carry, unless somebody says they do */
		if (profile->hybrid && !own && !of_invoices(writer))
			document_use_profile(writer, profile->tagged ? "pdfa-3a" : "pdfa-3b");
		else
			document_use_profile(writer, profile->name);
	}
	SPI_freetuptable(SPI_tuptable);
	document_use_print_profile(writer, issuer_id,
							   of_invoices(writer) ? TEMPLATE_OF_INVOICES : writer->template_name);
	document_load_images(writer, issuer_id);
}

const PdfShared *
document_shared_part(const PdfProfile *profile, bool with_code_line)
{
	static PdfShared *parts[MOST_PROFILES];
	static Port ports[MOST_PROFILES];
	MemoryContext context;
	PdfShared *made;
	int at = 0;

	while (at < MOST_PROFILES && parts[at] != NULL)
	{
		if (parts[at]->profile == profile && parts[at]->with_code_line == with_code_line)
			return parts[at];
		at++;
	}
	if (at == MOST_PROFILES)
		elog(ERROR, "too many PDF profiles");
	context = AllocSetContextCreate(CurrentMemoryContext, "mailroom fonts", ALLOCSET_DEFAULT_SIZES);
	ports[at] = port_server(context);
	made = make_shared_part(&ports[at], profile, with_code_line);
	MemoryContextSetParent(context, TopMemoryContext);
	parts[at] = made;
	return made;
}

static PdfShared *
make_shared_part(const Port *port, const PdfProfile *profile, bool with_code_line)
{
	PdfShared *shared = MemoryContextAllocZero(port->host, sizeof(PdfShared));
	PortStatus status;

	while ((status = pdf_shared_open(shared, port, profile, with_code_line)) == PORT_INTERRUPTED)
		CHECK_FOR_INTERRUPTS();
	port_raise(status, NULL, ERRCODE_INTERNAL_ERROR, "fonts");
	return shared;
}

/* What a deflated attachment begins with. */
static PortStatus
inflate_head(const Port *port, const char *bytes, size_t length, ByteBuffer *head)
{
	Inflater *inflater = inflater_open(port, DEFLATE_ZLIB);
	size_t used;
	bool ended;
	PortStatus status;

	if (inflater == NULL)
		return PORT_NO_MEMORY;
	status = inflater_feed(inflater, bytes, length, HEAD_BYTES, head, &used, &ended);
	inflater_close(inflater);
	return status;
}

void
document_attach(DocumentWriter *writer, const char *bytes, size_t length, size_t plain_length,
				const TemplateData *data)
{
	ByteBuffer head;
	Slice issued = TEMPLATE_VALUE(data->groups[TEMPLATE_INVOICE].rows[0], INVOICE, ISSUE_DATE);
	PortFault fault = {.status = PORT_OK};
	PortStatus status;

	writer->document.attachment = NULL;
	if (bytes == NULL)
		return;
	/* 2026-11-01: the invoice's date stands for the date of the file, which has none of its own */
	if (issued.length == 10)
		snprintf(writer->attachment_date, sizeof(writer->attachment_date), "%.4s%.2s%.2s",
				 issued.bytes, issued.bytes + 5, issued.bytes + 8);
	else
		strlcpy(writer->attachment_date, "19700101", sizeof(writer->attachment_date));
	buffer_init(&head, &writer->port);
	status = plain_length != 0 ? inflate_head(&writer->port, bytes, length, &head) : PORT_OK;
	if (status == PORT_OK)
		status = pdf_attachment_init(&writer->attachment, plain_length != 0 ? head.bytes : bytes,
									 plain_length != 0 ? head.length : length,
									 writer->attachment_date, &fault);
	buffer_release(&head);
	port_raise(status, &fault, ERRCODE_MAILROOM_TEMPLATE_INVALID, "attachment cannot be used");
	writer->attachment.bytes = bytes;
	writer->attachment.length = length;
	writer->attachment.plain_length = plain_length;
	writer->document.attachment = &writer->attachment;
}
