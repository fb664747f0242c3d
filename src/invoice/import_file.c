/*
 * import_file.c: the content of an import file through its reader and the rules into the store.
 *
 * Bytes come in slices and are pushed in pieces of 64 KB.  libxml2 is guarded for one push at a
 * time; interrupts and progress come between pushes.
 */
#include "postgres.h"

#include "base/errors.h"
#include "base/port_server.h"
#include "base/statement.h"
#include "base/xml_guard.h"
#include "base/version.h"
#include "catalog/pg_type.h"
#include "core/flat_reader.h"
#include "core/invoice_reader.h"
#include "export.h"
#include "invoice/import_content.h"
#include "invoice/import_run.h"
#include "invoice/layout_load.h"
#include "invoice/read_content.h"
#include "jobs/jobs.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

MAILROOM_FUNCTION(mailroom_import_content);
MAILROOM_FUNCTION(mailroom_import_contents);

#define PUSH_BYTES (64 * 1024)

/* Bytes of all files of a call, for the progress. */
typedef struct FileProgress
{
	int64 done, total;
} FileProgress;

typedef struct FileSource
{
	char *format;			/* NULL = detect */
	char *layout;			/* NULL = detect */
	struct varlena *stored; /* the content as its row holds it; NULL = in parts */
	FileProgress *progress;
	Port port;
	InvoiceReader *volatile reader;
	bool guarded; /* the reader stands on libxml2 */
	InvoiceLimits limits;
	ImportContent *content;
} FileSource;

static int read_requests(int64 issuer_id, Datum file_ids, ImportRun **runs);
static void read_request(ImportRun *run, FileSource *source, uint64 row);
static void read_file(ImportRun *run, const InvoiceSink *sink);
static bool open_reader(ImportRun *run, FileSource *source, const InvoiceSink *sink,
						const char *bytes, size_t length);
static PortStatus push_all(FileSource *source, const char *bytes, size_t length);
static PortStatus push_guarded(FileSource *source, const char *bytes, size_t length);
static void close_reader(FileSource *source);
static void note_status(ImportRun *run, FileSource *source, PortStatus status);
static bool cancel_pending(void *host);

static Statement find_files = STATEMENT(
	"SELECT f.file_id, f.format, f.layout, f.expected_count, f.expected_total::text,"
	" coalesce(f.expected_currency, i.currency), coalesce(f.fault_policy, i.fault_policy),"
	" f.received_at, coalesce(f.content_bytes, 0), f.content"
	" FROM pg_catalog.unnest($2) WITH ORDINALITY AS o (file_id, no)"
	" CROSS JOIN LATERAL (SELECT * FROM mailroom.import_file k"
	"  WHERE k.issuer_id = $1 AND k.file_id = o.file_id OFFSET 0) AS f"
	" JOIN mailroom.issuer i ON i.issuer_id = f.issuer_id ORDER BY o.no",
	INT8OID, INT8ARRAYOID);

/* mailroom.import_content(issuer_id bigint, file_id bigint) → jsonb */
Datum
mailroom_import_content(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	Datum id = PG_GETARG_DATUM(1);
	ImportRun *run;
	Datum result;

	version_check();
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	if (read_requests(PG_GETARG_INT64(0),
					  PointerGetDatum(construct_array(&id, 1, INT8OID, sizeof(int64),
													  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE)),
					  &run) == 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("import file " INT64_FORMAT " does not exist", DatumGetInt64(id))));
	import_run(run, 1, read_file);
	MemoryContextSwitchTo(caller);
	result = DirectFunctionCall1(jsonb_in, CStringGetDatum(run->outcome));
	SPI_finish();
	PG_RETURN_DATUM(result);
}

/* mailroom.import_contents(issuer_id bigint, file_ids bigint[]) → jsonb */
Datum
mailroom_import_contents(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	ImportRun *runs;
	StringInfoData json;
	Datum result;
	int count;

	version_check();
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	count = read_requests(PG_GETARG_INT64(0), PG_GETARG_DATUM(1), &runs);
	if (count > 0)
		import_run(runs, count, read_file);
	initStringInfo(&json);
	appendStringInfoChar(&json, '[');
	for (int i = 0; i < count; i++)
		appendStringInfo(&json, "%s{\"file_id\":" INT64_FORMAT ",\"outcome\":%s}", i > 0 ? "," : "",
						 runs[i].target.file_id, runs[i].outcome);
	appendStringInfoChar(&json, ']');
	MemoryContextSwitchTo(caller);
	result = DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
	SPI_finish();
	PG_RETURN_DATUM(result);
}

/* Content stays where it is: of each file only the pointer to it is read. */
static int
read_requests(int64 issuer_id, Datum file_ids, ImportRun **runs)
{
	Datum arguments[] = {Int64GetDatum(issuer_id), file_ids};
	uint64 count = statement_run(&find_files, arguments, NULL);
	FileSource *sources = palloc0(sizeof(FileSource) * (count + 1));
	FileProgress *progress = palloc0(sizeof(FileProgress));

	*runs = palloc0(sizeof(ImportRun) * (count + 1));
	for (uint64 i = 0; i < count; i++)
	{
		ImportRun *run = &(*runs)[i];

		run->target.issuer_id = issuer_id;
		run->target.origin = "file";
		run->source = &sources[i];
		sources[i].progress = progress;
		read_request(run, &sources[i], i);
	}
	SPI_freetuptable(SPI_tuptable);
	return (int) count;
}

static void
read_request(ImportRun *run, FileSource *source, uint64 row)
{
	Datum value;
	bool isnull;

	run->target.file_id = statement_int64(row, 1);
	source->format = statement_text(row, 2, CurrentMemoryContext);
	source->layout = statement_text(row, 3, CurrentMemoryContext);
	value = statement_value(row, 4, &isnull);
	run->expected_count = isnull ? -1 : DatumGetInt64(value);
	run->expected_total = statement_text(row, 5, CurrentMemoryContext);
	run->expected_currency = statement_text(row, 6, CurrentMemoryContext);
	run->refuse_on_fault = strcmp(statement_text(row, 7, CurrentMemoryContext), "refuse_file") == 0;
	run->target.received_at = DatumGetTimestampTz(statement_value(row, 8, &isnull));
	source->progress->total += statement_int64(row, 9);
	value = statement_value(row, 10, &isnull);
	if (isnull)
		return;
	source->stored = palloc(VARSIZE_ANY(DatumGetPointer(value)));
	memcpy(source->stored, DatumGetPointer(value), VARSIZE_ANY(DatumGetPointer(value)));
}

/* What is made for the file goes with it: many small ones take no more memory than one. */
static void
read_file(ImportRun *run, const InvoiceSink *sink)
{
	FileSource *source = run->source;
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "mailroom file", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	volatile PortStatus status = PORT_OK;
	volatile int64 done = 0;

	source->port = port_server(context);
	source->port.interrupted = cancel_pending;
	source->content =
		import_content_open(run->target.issuer_id, run->target.file_id, source->stored);
	PG_TRY();
	{
		const char *bytes;
		size_t length;

		while (status == PORT_OK && import_content_next(source->content, &bytes, &length))
		{
			if (source->reader == NULL && !open_reader(run, source, sink, bytes, length))
				break;
			status = push_all(source, bytes, length);
			done += length;
			jobs_report_progress(source->progress->done + done, source->progress->total);
		}
		if (done == 0 && import_content_size(source->content) == 0)
			import_run_fault(run, "FILE-EMPTY", NULL, "the file is empty");
		if (source->reader != NULL && status == PORT_OK)
			status = push_guarded(source, NULL, 0);
		note_status(run, source, status);
	}
	PG_FINALLY();
	{
		close_reader(source);
	}
	PG_END_TRY();
	source->progress->done += done;
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

/* False with a fault if there is no reader for the file. */
static bool
open_reader(ImportRun *run, FileSource *source, const InvoiceSink *sink, const char *bytes,
			size_t length)
{
	int64 issuer_id = run->target.issuer_id;
	Layout *layout = NULL;

	if (source->layout != NULL)
	{
		layout = layout_load(issuer_id, source->layout);
		if (layout == NULL)
		{
			import_run_fault(run, "LAYOUT-UNKNOWN", NULL, "layout \"%s\" does not exist",
							 source->layout);
			return false;
		}
	}
	else if (layout_may_be_flat(bytes, length))
		layout = layout_detect(issuer_id, bytes, length);
	source->guarded = layout == NULL;
	source->limits = invoice_limits();
	source->reader =
		layout != NULL ? flat_reader_open(&source->port, layout, sink)
					   : invoice_reader_open(&source->port, source->format, &source->limits, sink);
	if (source->reader == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	return true;
}

static PortStatus
push_all(FileSource *source, const char *bytes, size_t length)
{
	PortStatus status = PORT_OK;

	while (length > 0 && status == PORT_OK)
	{
		size_t piece = Min(length, PUSH_BYTES);

		CHECK_FOR_INTERRUPTS();
		status = push_guarded(source, bytes, piece);
		bytes += piece;
		length -= piece;
	}
	return status;
}

/* Nothing to push means finish. */
static PortStatus
push_guarded(FileSource *source, const char *bytes, size_t length)
{
	InvoiceReader *reader = source->reader;
	XmlGuard *guard;
	volatile PortStatus status = PORT_OK;
	volatile bool failed = true;

	if (!source->guarded)
		return bytes != NULL ? reader->push(reader, bytes, length) : reader->finish(reader);
	guard = xml_guard_begin();
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

static void
close_reader(FileSource *source)
{
	if (source->reader != NULL)
		source->reader->close(source->reader);
	source->reader = NULL;
}

static void
note_status(ImportRun *run, FileSource *source, PortStatus status)
{
	const PortFault *fault;
	char location[64];

	if (status == PORT_OK)
		return;
	fault = &source->reader->fault;
	if (status != PORT_INVALID && status != PORT_TOO_LARGE)
		port_raise(status, fault, ERRCODE_MAILROOM_CONTENT_UNREADABLE, "the import file");
	if (fault->line > 0)
		snprintf(location, sizeof(location), "line " INT64_FORMAT, (int64) fault->line);
	else
		snprintf(location, sizeof(location), "byte " INT64_FORMAT, (int64) fault->position);
	import_run_fault(run, fault->rule, fault->line > 0 || fault->position >= 0 ? location : NULL,
					 "%s", fault->message);
}

/* Only what really ends the query: a barrier or a settings reload must not cost the import. */
static bool
cancel_pending(void *host)
{
	return QueryCancelPending || ProcDiePending;
}
