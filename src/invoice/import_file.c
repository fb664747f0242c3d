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
#include "funcapi.h"
#include "invoice/import_content.h"
#include "invoice/import_run.h"
#include "invoice/layout_load.h"
#include "invoice/read_content.h"
#include "jobs/jobs.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

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

typedef struct ReceivedFile
{
	Datum place; /* of its row, which stays locked */
	int64 file_id;
	int64 duplicate_of; /* 0 = it has a run */
	ImportRun *run;
} ReceivedFile;

/* What mailroom.import_contents returns: an array each, with an element a file. */
typedef enum OutcomeColumn
{
	OUTCOME_FILE,
	OUTCOME_PLACE,
	OUTCOME_STATE,
	OUTCOME_DUPLICATE_OF,
	OUTCOME_DOCUMENTS,
	OUTCOME_ACCEPTED,
	OUTCOME_SET_ASIDE,
	OUTCOME_FAULTS,
	OUTCOME_DETAIL,
	OUTCOME_COLUMNS
} OutcomeColumn;

static int find_received(int64 issuer_id, Datum file_ids, ReceivedFile **files, ImportRun **runs,
						 int *run_count);
static void read_request(ImportRun *run, FileSource *source, uint64 row);
static HeapTuple outcome_arrays(TupleDesc description, const ReceivedFile *files, int count);
static void outcome_values(const ReceivedFile *file, Datum *values, bool *nulls);
static Datum column_array(TupleDesc description, int column, Datum *values, bool *nulls, int count);
static void read_file(ImportRun *run, const InvoiceSink *sink);
static bool open_reader(ImportRun *run, FileSource *source, const InvoiceSink *sink,
						const char *bytes, size_t length);
static PortStatus push_all(FileSource *source, const char *bytes, size_t length);
static PortStatus push_guarded(FileSource *source, const char *bytes, size_t length);
static void close_reader(FileSource *source);
static void note_status(ImportRun *run, FileSource *source, PortStatus status);
static bool cancel_pending(void *host);

/*
 * Locks those that are received.  The same content may have been sent meanwhile: the sender's
 * snapshot can have been older than the first file.  Both are committed now, so the content is not
 * locked: a sender of it must not wait for the whole import.  OFFSET 0 keeps the planner at keys,
 * whatever it believes about a table that was empty a moment ago.
 */
static Statement find_files = STATEMENT(
	"SELECT f.file_id, f.format, f.layout, f.expected_count, f.expected_total::text,"
	" coalesce(f.expected_currency, i.currency), coalesce(f.fault_policy, i.fault_policy),"
	" f.received_at, coalesce(f.content_bytes, 0), f.content, f.ctid,"
	" (SELECT pg_catalog.min(e.file_id) FROM (SELECT x.file_id FROM mailroom.import_file x"
	"  WHERE f.content_bytes > 0 AND x.issuer_id = $1 AND x.content_sha256 = f.content_sha256"
	"   AND x.file_id < f.file_id AND x.state IN ('received', 'importing', 'imported') OFFSET 0) e)"
	" FROM mailroom.issuer i"
	" CROSS JOIN pg_catalog.unnest($2) WITH ORDINALITY AS o (file_id, no)"
	" CROSS JOIN LATERAL (SELECT k.ctid, k.* FROM mailroom.import_file k"
	"  WHERE k.issuer_id = $1 AND k.file_id = o.file_id AND k.state = 'received'"
	"  FOR UPDATE OFFSET 0) AS f"
	" WHERE i.issuer_id = $1 ORDER BY o.no",
	INT8OID, INT8ARRAYOID);

/*
 * mailroom.import_contents(issuer_id bigint, file_ids bigint[]) → file_ids bigint[], places tid[],
 * states text[], duplicates_of bigint[], document_counts bigint[], accepted_counts bigint[],
 * set_aside_counts bigint[], fault_counts bigint[], details jsonb[]
 */
Datum
mailroom_import_contents(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	TupleDesc description;
	ReceivedFile *files;
	ImportRun *runs;
	HeapTuple result;
	int count, run_count;

	version_check();
	if (get_call_result_type(fcinfo, NULL, &description) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	description = BlessTupleDesc(description);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	count = find_received(PG_GETARG_INT64(0), PG_GETARG_DATUM(1), &files, &runs, &run_count);
	if (run_count > 0)
		import_run(runs, run_count, read_file);
	MemoryContextSwitchTo(caller);
	result = outcome_arrays(description, files, count);
	SPI_finish();
	PG_RETURN_DATUM(HeapTupleGetDatum(result));
}

static HeapTuple
outcome_arrays(TupleDesc description, const ReceivedFile *files, int count)
{
	Datum *values = palloc(sizeof(Datum) * OUTCOME_COLUMNS * (count + 1));
	bool *nulls = palloc(sizeof(bool) * OUTCOME_COLUMNS * (count + 1));
	Datum *column_values = palloc(sizeof(Datum) * (count + 1));
	bool *column_nulls = palloc(sizeof(bool) * (count + 1));
	Datum arrays[OUTCOME_COLUMNS];
	bool none[OUTCOME_COLUMNS] = {false};

	for (int i = 0; i < count; i++)
		outcome_values(&files[i], values + i * OUTCOME_COLUMNS, nulls + i * OUTCOME_COLUMNS);
	for (int column = 0; column < OUTCOME_COLUMNS; column++)
	{
		for (int i = 0; i < count; i++)
		{
			column_values[i] = values[i * OUTCOME_COLUMNS + column];
			column_nulls[i] = nulls[i * OUTCOME_COLUMNS + column];
		}
		arrays[column] = column_array(description, column, column_values, column_nulls, count);
	}
	return heap_form_tuple(description, arrays, none);
}

static void
outcome_values(const ReceivedFile *file, Datum *values, bool *nulls)
{
	const ImportRun *run = file->run;

	memset(nulls, run == NULL, sizeof(bool) * OUTCOME_COLUMNS);
	nulls[OUTCOME_PLACE] = nulls[OUTCOME_FILE] = nulls[OUTCOME_STATE] = false;
	nulls[OUTCOME_DUPLICATE_OF] = run != NULL;
	values[OUTCOME_PLACE] = file->place;
	values[OUTCOME_FILE] = Int64GetDatum(file->file_id);
	values[OUTCOME_STATE] = CStringGetTextDatum(run == NULL	   ? "duplicate"
												: run->refused ? "refused"
															   : "imported");
	values[OUTCOME_DUPLICATE_OF] = Int64GetDatum(file->duplicate_of);
	if (run == NULL)
		return;
	values[OUTCOME_DOCUMENTS] = Int64GetDatum(run->summary.documents);
	values[OUTCOME_ACCEPTED] = Int64GetDatum(run->summary.accepted);
	values[OUTCOME_SET_ASIDE] = Int64GetDatum(run->summary.set_aside);
	values[OUTCOME_FAULTS] = Int64GetDatum(run->faults);
	values[OUTCOME_DETAIL] = DirectFunctionCall1(jsonb_in, CStringGetDatum(run->outcome));
}

static Datum
column_array(TupleDesc description, int column, Datum *values, bool *nulls, int count)
{
	Oid type = get_element_type(TupleDescAttr(description, column)->atttypid);
	int16 length;
	bool by_value;
	char align;
	int lower = 1;

	get_typlenbyvalalign(type, &length, &by_value, &align);
	return PointerGetDatum(
		construct_md_array(values, nulls, 1, &count, &lower, type, length, by_value, align));
}

/* Content stays where it is: of each file only the pointer to it is read. */
static int
find_received(int64 issuer_id, Datum file_ids, ReceivedFile **files, ImportRun **runs,
			  int *run_count)
{
	Datum arguments[] = {Int64GetDatum(issuer_id), file_ids};
	uint64 count = statement_run_by_key(&find_files, arguments, NULL);
	FileSource *sources = palloc0(sizeof(FileSource) * (count + 1));
	FileProgress *progress = palloc0(sizeof(FileProgress));

	*files = palloc0(sizeof(ReceivedFile) * (count + 1));
	*runs = palloc0(sizeof(ImportRun) * (count + 1));
	*run_count = 0;
	for (uint64 i = 0; i < count; i++)
	{
		ReceivedFile *file = &(*files)[i];
		bool isnull;

		file->file_id = statement_int64(i, 1);
		file->place = datumCopy(statement_value(i, 11, &isnull), false, sizeof(ItemPointerData));
		file->duplicate_of = statement_int64(i, 12);
		if (file->duplicate_of != 0)
			continue;
		file->run = &(*runs)[*run_count];
		file->run->target.issuer_id = issuer_id;
		file->run->target.origin = "file";
		file->run->source = &sources[*run_count];
		sources[*run_count].progress = progress;
		read_request(file->run, &sources[*run_count], i);
		(*run_count)++;
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
