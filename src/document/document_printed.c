/*
 * document_printed.c: what was printed is what is mailed.
 *
 * A print document of the same template version is read from the archive instead of being set a
 * second time: that costs a third, and the attachment is the archived document by construction.
 */
#include "postgres.h"

#include "document/document_printed.h"

#include "base/statement.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* OFFSET 0: each by its key. */
static Statement find_documents = STATEMENT(
	"SELECT d.invoice_id, d.document_id, d.content_sha256 FROM pg_catalog.unnest($2) AS n (id)"
	" CROSS JOIN LATERAL (SELECT k.* FROM mailroom.document k WHERE k.issuer_id = $1"
	" AND k.invoice_id = n.id AND k.channel = 'print' OFFSET 0) AS d"
	" WHERE d.template = $3 AND d.template_version = $4 AND d.content_bytes > 0 ORDER BY 1",
	INT8OID, INT8ARRAYOID, TEXTOID, INT4OID);

static Statement read_documents = STATEMENT("SELECT mailroom.archive_document_ends($1, $2, $3, $4)",
											INT8OID, INT8ARRAYOID, INT8ARRAYOID, BYTEAARRAYOID);

void
document_open_printed(PrintedBatch *batch, const DocumentWriter *document)
{
	memset(batch, 0, sizeof(*batch));
	batch->document = document;
	batch->context = AllocSetContextCreate(document->context, "mailroom printed documents",
										   ALLOCSET_DEFAULT_SIZES);
	batch->window_context = AllocSetContextCreate(
		document->context, "mailroom printed documents at hand", ALLOCSET_DEFAULT_SIZES);
}

static Datum
int8_array(Datum *elements, int count)
{
	return PointerGetDatum(
		construct_array(elements, count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

void
document_look_up_printed(PrintedBatch *batch, int64 issuer_id, const int64 *ids, int count)
{
	MemoryContext old;
	Datum arguments[4], *elements;
	SPITupleTable *table;

	MemoryContextReset(batch->context);
	old = MemoryContextSwitchTo(batch->context);
	elements = palloc(sizeof(Datum) * count);
	for (int i = 0; i < count; i++)
		elements[i] = Int64GetDatum(ids[i]);
	arguments[0] = Int64GetDatum(issuer_id);
	arguments[1] = int8_array(elements, count);
	arguments[2] = CStringGetTextDatum(batch->document->template_name);
	arguments[3] = Int32GetDatum(batch->document->template_version);
	batch->first = batch->end = 0;
	batch->count = (int) statement_run_anew(&find_documents, arguments, NULL);
	table = SPI_tuptable;
	batch->invoice_ids = palloc(sizeof(int64) * (batch->count + 1));
	batch->document_ids = palloc(sizeof(Datum) * (batch->count + 1));
	batch->hashes = palloc(sizeof(Datum) * (batch->count + 1));
	for (int row = 0; row < batch->count; row++)
	{
		bool isnull;

		batch->invoice_ids[row] = statement_int64(row, 1);
		batch->document_ids[row] = Int64GetDatum(statement_int64(row, 2));
		batch->hashes[row] = PointerGetDatum(DatumGetByteaPCopy(statement_value(row, 3, &isnull)));
	}
	SPI_freetuptable(table);
	MemoryContextSwitchTo(old);
}

/* From this one on; what the archive has not is left without bytes. */
static void
read_window(PrintedBatch *batch, int64 issuer_id, int first)
{
	MemoryContext old;
	int count = Min(PRINTED_WINDOW, batch->count - first), found;
	Datum starts[PRINTED_WINDOW] = {0}, arguments[4], *contents;
	bool *nulls, isnull;

	if (batch->table != NULL)
		SPI_freetuptable(batch->table);
	batch->table = NULL;
	MemoryContextReset(batch->window_context);
	old = MemoryContextSwitchTo(batch->window_context);
	arguments[0] = Int64GetDatum(issuer_id);
	arguments[1] = int8_array(batch->document_ids + first, count);
	arguments[2] = int8_array(starts, count);
	arguments[3] = PointerGetDatum(
		construct_array(batch->hashes + first, count, BYTEAOID, -1, false, TYPALIGN_INT));
	(void) statement_run(&read_documents, arguments, NULL);
	batch->table = SPI_tuptable; /* the elements stay in their array, and that in its tuple */
	deconstruct_array(DatumGetArrayTypeP(statement_value(0, 1, &isnull)), BYTEAOID, -1, false,
					  TYPALIGN_INT, &contents, &nulls, &found);
	for (int i = 0; i < count; i++)
		batch->contents[i] = i >= found || nulls[i]
								 ? (Slice){NULL, 0}
								 : (Slice){VARDATA_ANY(DatumGetPointer(contents[i])),
										   VARSIZE_ANY_EXHDR(DatumGetPointer(contents[i]))};
	batch->first = first;
	batch->end = first + count;
	MemoryContextSwitchTo(old);
}

void
document_find_printed(PrintedBatch *batch, int64 issuer_id, int64 invoice_id, Slice *content,
					  const uint8 **sha256)
{
	int at = batch->first;

	*content = (Slice){NULL, 0};
	*sha256 = NULL;
	while (at < batch->count && batch->invoice_ids[at] < invoice_id)
		at++;
	if (at == batch->count || batch->invoice_ids[at] != invoice_id)
		return;
	if (at >= batch->end)
		read_window(batch, issuer_id, at);
	*content = batch->contents[at - batch->first];
	*sha256 = (const uint8 *) VARDATA_ANY(DatumGetPointer(batch->hashes[at]));
}
