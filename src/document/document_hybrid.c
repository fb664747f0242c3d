/*
 * document_hybrid.c: Factur-X and ZUGFeRD: invoices in CII for their PDFs, by batches.
 *
 * The XML is written and judged by the room of invoices.  An invoice that breaks a rule ends the
 * statement that writes its batch: the batch is then written one by one, each in a subtransaction
 * of its own, and the faulty ones are told to the caller.
 */
#include "postgres.h"

#include "document/document_hybrid.h"

#include "access/xact.h"
#include "base/errors.h"
#include "base/statement.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

static Statement write_invoices =
	STATEMENT("SELECT w.invoice_id, w.content, w.plain_bytes"
			  " FROM mailroom.write_invoices_deflated($1, $2, 'cii', $3) w",
			  INT8OID, INT8ARRAYOID, INT4OID);
static Statement read_attachment = STATEMENT(
	"SELECT p ->> 'bt_1', p ->> 'format' FROM (SELECT mailroom.parse_invoice($1) p) k", BYTEAOID);

static char *write_batch(HybridBatch *batch, int64 issuer_id, const int64 *ids, int count, int at);
static void run_write(HybridBatch *batch, int64 issuer_id, const int64 *ids, int count, int at);

bool
document_is_hybrid(const DocumentWriter *writer)
{
	return writer->document.file.shared->profile->hybrid;
}

static uint64
run_write_invoices(int64 issuer_id, const int64 *ids, int count)
{
	Datum *elements = palloc(sizeof(Datum) * count);
	Datum arguments[3] = {Int64GetDatum(issuer_id), 0, Int32GetDatum(PDF_LARGE_ATTACHMENT)};

	for (int i = 0; i < count; i++)
		elements[i] = Int64GetDatum(ids[i]);
	arguments[1] = PointerGetDatum(
		construct_array(elements, count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	return statement_run(&write_invoices, arguments, NULL);
}

/* Of a row that was written; 0: its content is not deflated. */
static size_t
plain_length_of(uint64 row)
{
	bool isnull;
	Datum value = statement_value(row, 3, &isnull);

	return isnull ? 0 : (size_t) DatumGetInt64(value);
}

bytea *
document_invoice_xml(int64 issuer_id, int64 invoice_id, size_t *plain_length)
{
	bool isnull;

	(void) run_write_invoices(issuer_id, &invoice_id, 1);
	*plain_length = plain_length_of(0);
	/* it stays in the result until SPI is finished */
	return DatumGetByteaP(statement_value(0, 2, &isnull));
}

void
document_check_attachment(DocumentWriter *writer, const bytea *attachment, const TemplateData *data)
{
	Datum arguments[1] = {PointerGetDatum(attachment)};
	Slice number = TEMPLATE_VALUE(data->groups[TEMPLATE_INVOICE].rows[0], INVOICE, NUMBER);
	char *attached, *format;

	if (writer->document.file.shared->profile->part != 3)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("PDF profile \"%s\" cannot carry an attachment",
							   writer->document.file.shared->profile->name),
						errhint("Use factur-x, pdfa-3b or pdfa-3a.")));
	(void) statement_run(&read_attachment, arguments, NULL);
	attached = statement_text(0, 1, CurrentMemoryContext);
	format = statement_text(0, 2, CurrentMemoryContext);
	SPI_freetuptable(SPI_tuptable);
	if (format == NULL || strcmp(format, "cii") != 0 || attached == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_MAILROOM_TEMPLATE_INVALID),
				 errmsg("attachment is no invoice in CII"),
				 errdetail("PDF-ATTACHMENT: its format is \"%s\".", format ? format : "unknown")));
	if (strlen(attached) != number.length || memcmp(attached, number.bytes, number.length) != 0)
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_TEMPLATE_INVALID),
						errmsg("attachment is invoice \"%s\", the document is invoice \"%s\"",
							   attached, pnstrdup(number.bytes, number.length)),
						errdetail("PDF-ATTACHMENT: both halves of a hybrid say the same.")));
}

void
document_open_hybrids(HybridBatch *batch, DocumentWriter *writer, MemoryContext parent)
{
	memset(batch, 0, sizeof(*batch));
	batch->writer = writer;
	if (document_is_hybrid(writer))
		batch->context =
			AllocSetContextCreate(parent, "mailroom invoices in PDFs", ALLOCSET_DEFAULT_SIZES);
}

void
document_load_hybrids(HybridBatch *batch, int64 issuer_id, const int64 *ids, int count)
{
	if (batch->context == NULL)
		return;
	MemoryContextReset(batch->context);
	batch->count = count;
	batch->next = 0;
	batch->invoice_ids = MemoryContextAlloc(batch->context, sizeof(int64) * count);
	batch->contents = MemoryContextAllocZero(batch->context, sizeof(bytea *) * count);
	batch->plain_lengths = MemoryContextAllocZero(batch->context, sizeof(size_t) * count);
	batch->messages = MemoryContextAllocZero(batch->context, sizeof(char *) * count);
	memcpy(batch->invoice_ids, ids, sizeof(int64) * count);
	if (write_batch(batch, issuer_id, ids, count, 0) == NULL)
		return;
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		batch->contents[i] = NULL;
		batch->messages[i] = write_batch(batch, issuer_id, ids + i, 1, i);
	}
}

/* Writes invoices in a subtransaction; answers what was wrong, or NULL.  Only what is wrong with an
 * invoice is caught. */
static char *
write_batch(HybridBatch *batch, int64 issuer_id, const int64 *ids, int count, int at)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	char *volatile message = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		run_write(batch, issuer_id, ids, count, at);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(batch->context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(caller);
		CurrentResourceOwner = owner;
		if (error->sqlerrcode != ERRCODE_MAILROOM_NOT_WRITABLE)
			ReThrowError(error);
		message = error->message;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
	return message;
}

static void
run_write(HybridBatch *batch, int64 issuer_id, const int64 *ids, int count, int at)
{
	uint64 rows = run_write_invoices(issuer_id, ids, count);
	MemoryContext old;

	for (uint64 row = 0; row < rows && row < (uint64) count; row++)
	{
		bool isnull;
		Datum content = statement_value(row, 2, &isnull);

		if (isnull || statement_int64(row, 1) != ids[row])
			continue;
		old = MemoryContextSwitchTo(batch->context);
		batch->contents[at + row] = DatumGetByteaPCopy(content);
		batch->plain_lengths[at + row] = plain_length_of(row);
		MemoryContextSwitchTo(old);
	}
	SPI_freetuptable(SPI_tuptable);
}

PortStatus
document_attach_hybrid(HybridBatch *batch, int64 invoice_id, const TemplateData *data,
					   PortFault *fault)
{
	bytea *content;

	if (batch->context == NULL)
		return PORT_OK;
	while (batch->next < batch->count && batch->invoice_ids[batch->next] < invoice_id)
		batch->next++;
	content = batch->next < batch->count ? batch->contents[batch->next] : NULL;
	if (content == NULL)
	{
		const char *message = batch->next < batch->count ? batch->messages[batch->next] : NULL;

		memset(fault, 0, sizeof(*fault));
		return port_fault(fault, PORT_INVALID, "PDF-INVOICE",
						  "the invoice for the PDF cannot be written: %s",
						  message != NULL ? message : "it is missing");
	}
	document_attach(batch->writer, VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content),
					batch->plain_lengths[batch->next], data);
	return PORT_OK;
}
