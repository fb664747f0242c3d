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
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

MAILROOM_FUNCTION(mailroom_import_content);

#define PUSH_BYTES (64 * 1024)

typedef struct FileSource
{
	char *format; /* NULL = detect */
	char *layout; /* NULL = detect */
	Port port;
	InvoiceReader *volatile reader;
	bool guarded; /* the reader stands on libxml2 */
	InvoiceLimits limits;
	ImportContent *content;
} FileSource;

static void read_request(ImportRun *run, FileSource *source);
static void read_file(ImportRun *run, const InvoiceSink *sink, void *state);
static bool open_reader(ImportRun *run, FileSource *source, const InvoiceSink *sink,
						const char *bytes, size_t length);
static PortStatus push_all(FileSource *source, const char *bytes, size_t length);
static PortStatus push_guarded(FileSource *source, const char *bytes, size_t length);
static void close_reader(FileSource *source);
static void note_status(ImportRun *run, FileSource *source, PortStatus status);
static bool cancel_pending(void *host);

static Statement find_file = STATEMENT(
	"SELECT f.format, f.layout, f.expected_count, f.expected_total::text,"
	" coalesce(f.expected_currency, i.currency), coalesce(f.fault_policy, i.fault_policy),"
	" f.received_at"
	" FROM mailroom.import_file f JOIN mailroom.issuer i ON i.issuer_id = f.issuer_id"
	" WHERE f.issuer_id = $1 AND f.file_id = $2",
	INT8OID, INT8OID);

/* mailroom.import_content(issuer_id bigint, file_id bigint) → jsonb */
Datum
mailroom_import_content(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	ImportRun run = {0};
	FileSource source = {0};
	char *json;
	Datum result;

	version_check();
	run.target.issuer_id = PG_GETARG_INT64(0);
	run.target.file_id = PG_GETARG_INT64(1);
	run.target.origin = "file";
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	read_request(&run, &source);
	json = import_run(&run, read_file, &source);
	MemoryContextSwitchTo(caller);
	result = DirectFunctionCall1(jsonb_in, CStringGetDatum(json));
	SPI_finish();
	PG_RETURN_DATUM(result);
}

static void
read_request(ImportRun *run, FileSource *source)
{
	Datum arguments[] = {Int64GetDatum(run->target.issuer_id), Int64GetDatum(run->target.file_id)};
	Datum value;
	bool isnull;

	if (statement_run(&find_file, arguments, NULL) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("import file " INT64_FORMAT " does not exist", run->target.file_id)));
	source->format = statement_text(0, 1, CurrentMemoryContext);
	source->layout = statement_text(0, 2, CurrentMemoryContext);
	value = statement_value(0, 3, &isnull);
	run->expected_count = isnull ? -1 : DatumGetInt64(value);
	run->expected_total = statement_text(0, 4, CurrentMemoryContext);
	run->expected_currency = statement_text(0, 5, CurrentMemoryContext);
	run->refuse_on_fault = strcmp(statement_text(0, 6, CurrentMemoryContext), "refuse_file") == 0;
	run->target.received_at = DatumGetTimestampTz(statement_value(0, 7, &isnull));
	SPI_freetuptable(SPI_tuptable);
}

static void
read_file(ImportRun *run, const InvoiceSink *sink, void *state)
{
	FileSource *source = state;
	volatile PortStatus status = PORT_OK;
	volatile int64 done = 0;

	source->port = port_server(CurrentMemoryContext);
	source->port.interrupted = cancel_pending;
	source->content = import_content_open(run->target.issuer_id, run->target.file_id);
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
			jobs_report_progress(done, import_content_size(source->content));
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
