/*
 * write_attachments.c: the attached documents of a stored invoice.
 *
 * The tables keep of an attached document that it was there; its bytes are in the file that the
 * invoice came with, which is read again up to this invoice.
 */
#include "postgres.h"

#include "base/errors.h"
#include "base/port_server.h"
#include "base/statement.h"
#include "base/xml_guard.h"
#include "catalog/pg_type.h"
#include "invoice/import_content.h"
#include "invoice/read_content.h"
#include "invoice/write_source.h"
#include "miscadmin.h"
#include "utils/memutils.h"

typedef struct Wanted
{
	int64 document_no;
	InvoiceContent *document;
	MemoryContext context; /* of the values */
} Wanted;

static Statement find_content = STATEMENT(
	"SELECT f.content FROM mailroom.import_file f WHERE f.issuer_id = $1 AND f.file_id = $2",
	INT8OID, INT8OID);

static PortStatus keep_attachment(void *state, const InvoiceGroup *group);
static PortStatus stop_behind(void *state, const InvoiceGroup *document);
static void read_file(int64 issuer_id, int64 file_id, struct varlena *stored, Wanted *wanted);

void
write_attachments(InvoiceContent *document, int64 issuer_id, int64 file_id, int64 document_no)
{
	Wanted wanted = {document_no, document, CurrentMemoryContext};
	Datum arguments[] = {Int64GetDatum(issuer_id), Int64GetDatum(file_id)};
	struct varlena *stored = NULL;
	bool is_null = true;
	MemoryContext work;

	SPI_connect();
	if (statement_run(&find_content, arguments, NULL) == 1)
	{
		Datum value = statement_value(0, 1, &is_null);

		if (!is_null)
			stored = (struct varlena *) DatumGetPointer(value);
	}
	work =
		AllocSetContextCreate(CurrentMemoryContext, "mailroom attachments", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(work);
	document->groups[INVOICE_ATTACHMENT].count = 0;
	read_file(issuer_id, file_id, stored, &wanted);
	SPI_finish();
	MemoryContextSwitchTo(wanted.context);
}

/* Nothing to push means finish. */
static PortStatus
push_guarded(InvoiceReader *reader, const char *bytes, size_t length)
{
	XmlGuard *guard = xml_guard_begin();
	volatile PortStatus status = PORT_OK;
	volatile bool failed = true;

	PG_TRY();
	{
		status = bytes != NULL ? reader->push(reader, bytes, length) : reader->finish(reader);
		failed = false;
	}
	PG_FINALLY();
	{
		xml_guard_end(guard, failed);
	}
	PG_END_TRY();
	return status;
}

/* Not inlined: its variables have no place in the frame that PG_TRY returns to. */
static pg_noinline void
read_file(int64 issuer_id, int64 file_id, struct varlena *stored, Wanted *wanted)
{
	InvoiceSink sink = {.state = wanted, .group = keep_attachment, .end = stop_behind};
	InvoiceLimits limits = invoice_limits();
	Port port = port_server(CurrentMemoryContext);
	ImportContent *content = import_content_open(issuer_id, file_id, stored);
	InvoiceReader *reader = invoice_reader_open(&port, NULL, &limits, &sink);
	volatile PortStatus status = PORT_OK;
	PortFault fault = {0};

	if (reader == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	PG_TRY();
	{
		const char *bytes;
		size_t length;

		while (status == PORT_OK && import_content_next(content, &bytes, &length))
		{
			CHECK_FOR_INTERRUPTS();
			status = push_guarded(reader, bytes, length);
		}
		if (status == PORT_OK)
			status = push_guarded(reader, NULL, 0);
		fault = reader->fault;
	}
	PG_FINALLY();
	{
		reader->close(reader);
	}
	PG_END_TRY();
	if (status != PORT_STOPPED)
		port_raise(status, &fault, ERRCODE_MAILROOM_CONTENT_UNREADABLE,
				   "cannot read the file of the attached document again");
}

static PortStatus
keep_attachment(void *state, const InvoiceGroup *group)
{
	Wanted *wanted = state;
	Slice *row;
	MemoryContext old;

	if (group->kind != INVOICE_ATTACHMENT || group->place.document_no != wanted->document_no)
		return PORT_OK;
	old = MemoryContextSwitchTo(wanted->context);
	row = write_source_add(wanted->document, INVOICE_ATTACHMENT);
	for (int i = 0; i < invoice_group_size(INVOICE_ATTACHMENT); i++)
	{
		Slice value = group->values[i];
		char *copy;

		if (value.bytes == NULL)
			continue;
		copy = MemoryContextAllocHuge(wanted->context, value.length + 1);
		memcpy(copy, value.bytes, value.length);
		row[i] = (Slice){copy, value.length};
	}
	MemoryContextSwitchTo(old);
	return PORT_OK;
}

static PortStatus
stop_behind(void *state, const InvoiceGroup *document)
{
	Wanted *wanted = state;

	return document->place.document_no == wanted->document_no ? PORT_STOPPED : PORT_OK;
}
