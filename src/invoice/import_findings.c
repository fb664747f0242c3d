/*
 * import_findings.c: collecting and writing findings.
 */
#include "postgres.h"

#include "invoice/import_findings.h"

#include "base/row_batch.h"
#include "base/statement.h"
#include "catalog/pg_type.h"
#include "invoice/import_text.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

typedef struct KeptFinding
{
	int64 document_no;
	int64 sequence;
	int64 invoice_id;
	FindingSeverity severity;
	const char *rule;
	const char *location;
	const char *message;
} KeptFinding;

struct ImportFindings
{
	MemoryContext context;
	KeptFinding *kept;
	int count, capacity;
	int64 dropped;
	int64 fatal;
	int64 of_file;
};

enum
{
	COLUMN_ISSUER,
	COLUMN_FILE,
	COLUMN_BATCH,
	COLUMN_NO,
	COLUMN_DOCUMENT,
	COLUMN_INVOICE,
	COLUMN_LOCATION,
	COLUMN_RULE,
	COLUMN_SEVERITY,
	COLUMN_MESSAGE
};

static const RowColumn finding_columns[] = {
	{"issuer_id", INT8OID},	 {"file_id", INT8OID},	   {"batch_id", INT8OID},
	{"finding_no", INT8OID}, {"document_no", INT8OID}, {"invoice_id", INT8OID},
	{"location", TEXTOID},	 {"rule", TEXTOID},		   {"severity", TEXTOID},
	{"message", TEXTOID},
};

static const char *const severity_names[] = {"fatal", "warning", "information"};

static int compare_findings(const void *a, const void *b);
static void write_list(RowBatch *batch, const ImportFindingsOf *list, int64 issuer_id,
					   bool keep_invoices);
static void delete_earlier(const ImportFindingsOf *lists, int count, int64 issuer_id);
static void note_dropped(ImportFindings *findings);

static Statement delete_of_files =
	STATEMENT("DELETE FROM mailroom.finding WHERE issuer_id = $1 AND file_id = ANY ($2)", INT8OID,
			  INT8ARRAYOID);
static Statement delete_of_batch =
	STATEMENT("DELETE FROM mailroom.finding WHERE issuer_id = $1 AND batch_id = ANY ($2)", INT8OID,
			  INT8ARRAYOID);

ImportFindings *
import_findings_open(MemoryContext context)
{
	ImportFindings *findings = MemoryContextAllocZero(context, sizeof(ImportFindings));

	findings->context = context;
	return findings;
}

void
import_findings_add(ImportFindings *findings, const Finding *finding, int64 invoice_id)
{
	MemoryContext old;
	KeptFinding *kept;

	if (finding->severity == FINDING_FATAL)
	{
		findings->fatal++;
		findings->of_file += finding->place.document_no == 0;
	}
	if (findings->count >= IMPORT_MAX_FINDINGS)
	{
		findings->dropped++;
		return;
	}
	old = MemoryContextSwitchTo(findings->context);
	if (findings->count == findings->capacity)
	{
		findings->capacity = findings->capacity == 0 ? 64 : findings->capacity * 2;
		/* one more, for the row that counts the dropped ones */
		findings->kept =
			findings->kept == NULL
				? palloc(sizeof(KeptFinding) * (findings->capacity + 1))
				: repalloc(findings->kept, sizeof(KeptFinding) * (findings->capacity + 1));
	}
	kept = &findings->kept[findings->count];
	kept->document_no = finding->place.document_no;
	kept->sequence = findings->count++;
	kept->invoice_id = invoice_id;
	kept->severity = finding->severity;
	kept->rule = import_text_clean(finding->rule);
	kept->location = finding->location != NULL ? import_text_clean(finding->location) : NULL;
	kept->message = import_text_clean(finding->message != NULL ? finding->message : "");
	MemoryContextSwitchTo(old);
}

int64
import_findings_fatal(const ImportFindings *findings)
{
	return findings->fatal;
}

int64
import_findings_of_file(const ImportFindings *findings)
{
	return findings->of_file;
}

void
import_findings_write(const ImportFindingsOf *lists, int count, int64 issuer_id, bool keep_invoices)
{
	RowBatch *batch =
		row_batch_open("mailroom.finding", finding_columns, lengthof(finding_columns));

	delete_earlier(lists, count, issuer_id);
	for (int i = 0; i < count; i++)
		write_list(batch, &lists[i], issuer_id, keep_invoices);
	row_batch_close(batch);
}

static void
write_list(RowBatch *batch, const ImportFindingsOf *list, int64 issuer_id, bool keep_invoices)
{
	ImportFindings *findings = list->findings;

	note_dropped(findings);
	if (findings->count > 0)
		qsort(findings->kept, findings->count, sizeof(KeptFinding), compare_findings);
	for (int i = 0; i < findings->count; i++)
	{
		const KeptFinding *kept = &findings->kept[i];
		MemoryContext old = MemoryContextSwitchTo(row_batch_context(batch));

		row_batch_start(batch);
		row_batch_set(batch, COLUMN_ISSUER, Int64GetDatum(issuer_id));
		if (list->file_id != 0)
			row_batch_set(batch, COLUMN_FILE, Int64GetDatum(list->file_id));
		if (list->batch_id != 0)
			row_batch_set(batch, COLUMN_BATCH, Int64GetDatum(list->batch_id));
		row_batch_set(batch, COLUMN_NO, Int64GetDatum(i + 1));
		if (kept->document_no != 0)
			row_batch_set(batch, COLUMN_DOCUMENT, Int64GetDatum(kept->document_no));
		if (keep_invoices && kept->invoice_id != 0)
			row_batch_set(batch, COLUMN_INVOICE, Int64GetDatum(kept->invoice_id));
		if (kept->location != NULL)
			row_batch_set(batch, COLUMN_LOCATION, CStringGetTextDatum(kept->location));
		row_batch_set(batch, COLUMN_RULE, CStringGetTextDatum(kept->rule));
		row_batch_set(batch, COLUMN_SEVERITY, CStringGetTextDatum(severity_names[kept->severity]));
		row_batch_set(batch, COLUMN_MESSAGE, CStringGetTextDatum(kept->message));
		MemoryContextSwitchTo(old);
		if (row_batch_end(batch))
			row_batch_flush(batch);
	}
}

/* The file's own first, then by document, in the order they came. */
static int
compare_findings(const void *a, const void *b)
{
	const KeptFinding *left = a, *right = b;

	if (left->document_no != right->document_no)
		return left->document_no < right->document_no ? -1 : 1;
	return left->sequence < right->sequence ? -1 : left->sequence > right->sequence;
}

static void
delete_earlier(const ImportFindingsOf *lists, int count, int64 issuer_id)
{
	bool of_batch = lists[0].batch_id != 0;
	Datum *ids = palloc(sizeof(Datum) * count);
	Datum arguments[2];

	for (int i = 0; i < count; i++)
		ids[i] = Int64GetDatum(of_batch ? lists[i].batch_id : lists[i].file_id);
	arguments[0] = Int64GetDatum(issuer_id);
	arguments[1] = PointerGetDatum(
		construct_array(ids, count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	(void) statement_run(of_batch ? &delete_of_batch : &delete_of_files, arguments, NULL);
}

static void
note_dropped(ImportFindings *findings)
{
	KeptFinding *last;

	if (findings->dropped == 0)
		return;
	last = &findings->kept[findings->count++];
	last->document_no = PG_INT64_MAX;
	last->sequence = findings->count;
	last->invoice_id = 0;
	last->severity = FINDING_FATAL;
	last->rule = "FILE-TOO-MANY";
	last->location = NULL;
	last->message = psprintf("and " INT64_FORMAT " more findings, of which no rows were kept",
							 findings->dropped);
	findings->dropped = 0;
}
