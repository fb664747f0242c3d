/*
 * import_run.c: the frame around an import.
 *
 * All rows of an attempt stand in one subtransaction.  A fault of the source, or of an invoice
 * where the policy says so, rolls it back; findings and counts survive in memory and are written
 * after it, so that a refused file stays in the balance to the cent.  Errors (a cancel, a full
 * disk) end the subtransaction and go on to the caller: everything is undone and the job is tried
 * again.
 */
#include "postgres.h"

#include "invoice/import_run.h"

#include "access/xact.h"
#include "base/port_server.h"
#include "core/decimal.h"
#include "core/invoice_rules.h"
#include "executor/spi.h"
#include "invoice/code_lists.h"
#include "lib/stringinfo.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

/* A run of one attempt. */
typedef struct Attempt
{
	ImportRun *run;
	ImportSource *source;
	bool refused;
} Attempt;

static void run_attempts(Attempt *attempts, int count, ImportProducer producer);
static bool try_runs(Attempt *attempts, int count, ImportProducer producer);
static bool produce(Attempt *attempts, int count, ImportProducer producer, MemoryContext context);
static void check_announced(ImportRun *run, const ImportSource *source);
static void write_results(Attempt *attempts, int count, MemoryContext caller);
static void note_result(Attempt *attempt, MemoryContext caller);

void
import_run(ImportRun *runs, int count, ImportProducer producer)
{
	Attempt *attempts = palloc0(sizeof(Attempt) * count);

	for (int i = 0; i < count; i++)
		attempts[i].run = &runs[i];
	run_attempts(attempts, count, producer);
	pfree(attempts);
}

/*
 * Several share one subtransaction and its row batches.  When some are refused, all are rolled back
 * and read again, in order: those between the refused together, each of the refused by itself.  So
 * every one sees what it would see if they were imported one after the other.
 */
static void
run_attempts(Attempt *attempts, int count, ImportProducer producer)
{
	int next;

	if (try_runs(attempts, count, producer))
		return;
	for (int i = 0; i < count; i = next)
	{
		next = i + 1;
		if (attempts[i].refused)
		{
			(void) try_runs(&attempts[i], 1, producer);
			continue;
		}
		while (next < count && !attempts[next].refused)
			next++;
		run_attempts(&attempts[i], next - i, producer);
	}
}

/* False if nothing was kept nor written, because some of several are refused. */
static bool
try_runs(Attempt *attempts, int count, ImportProducer producer)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "mailroom import", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	bool refused = false;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		refused = produce(attempts, count, producer, context);
	}
	PG_CATCH();
	{
		ErrorData *error;

		/* who catches the error, a job or an EXCEPTION clause, ends its own subtransaction only */
		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(caller);
		CurrentResourceOwner = owner;
		ReThrowError(error);
	}
	PG_END_TRY();
	if (refused)
		RollbackAndReleaseCurrentSubTransaction();
	else
		ReleaseCurrentSubTransaction();
	CurrentResourceOwner = owner;
	MemoryContextSwitchTo(context);
	if (!refused || count == 1)
		write_results(attempts, count, caller);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return !refused || count == 1;
}

/* Reads the sources into rows; true if one of them is refused. */
static bool
produce(Attempt *attempts, int count, ImportProducer producer, MemoryContext context)
{
	Port port = port_server(context);
	ImportStore *store = import_store_open();
	InvoiceRules *rules =
		invoice_rules_open(&port, NULL, code_lists_current(), import_store_sink(store));
	bool refused = false;

	if (rules == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	for (int i = 0; i < count; i++)
	{
		ImportRun *run = attempts[i].run;

		run->findings = import_findings_open(context);
		attempts[i].source = import_store_source(store, &run->target, run->findings);
		producer(run, invoice_rules_sink(rules));
	}
	invoice_rules_close(rules);
	code_lists_require_rules();
	import_store_finish(store);
	for (int i = 0; i < count; i++)
	{
		ImportRun *run = attempts[i].run;

		check_announced(run, attempts[i].source);
		attempts[i].refused = import_findings_of_file(run->findings) > 0 ||
							  (run->refuse_on_fault && import_findings_fatal(run->findings) > 0);
		refused = refused || attempts[i].refused;
	}
	return refused;
}

/* Findings as rows, and outcomes in the caller's memory. */
static void
write_results(Attempt *attempts, int count, MemoryContext caller)
{
	ImportFindingsOf *lists = palloc(sizeof(ImportFindingsOf) * count);

	for (int i = 0; i < count; i++)
	{
		lists[i].findings = attempts[i].run->findings;
		lists[i].file_id = attempts[i].run->target.file_id;
		lists[i].batch_id = attempts[i].run->target.batch_id;
	}
	import_findings_write(lists, count, attempts[0].run->target.issuer_id, !attempts[0].refused);
	for (int i = 0; i < count; i++)
		note_result(&attempts[i], caller);
}

void
import_run_fault(ImportRun *run, const char *rule, const char *location, const char *format, ...)
{
	char message[512];
	Finding finding = {FINDING_FATAL, {0, 0, 0}, rule, location, message};
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	import_findings_add(run->findings, &finding, 0);
}

/* Says nothing about counts and sums when the reading ended early: they would only be noise. */
static void
check_announced(ImportRun *run, const ImportSource *source)
{
	const ImportSummary *summary = import_source_summary(source);
	char *sum, difference[DECIMAL_TEXT_SIZE] = "not known";
	Decimal announced, found, off;

	if (summary->documents == 0 && import_findings_of_file(run->findings) == 0)
		import_run_fault(run, "FILE-EMPTY", NULL, "there is no invoice in it");
	if (run->expected_count >= 0 && run->expected_count != summary->documents)
		import_run_fault(run, "FILE-COUNT", "announced count",
						 "announced are " INT64_FORMAT " invoices, there are " INT64_FORMAT,
						 run->expected_count, summary->documents);
	if (run->expected_total == NULL)
		return;
	sum = import_source_total(source, run->expected_currency);
	if (decimal_parse(run->expected_total, strlen(run->expected_total), &announced) == DECIMAL_OK &&
		decimal_parse(sum, strlen(sum), &found) == DECIMAL_OK)
	{
		if (decimal_compare(announced, found) == 0)
			return;
		if (decimal_subtract(found, announced, &off))
			decimal_text(off, 2, difference);
	}
	import_run_fault(run, "FILE-TOTAL", "announced total",
					 "announced is a total of %s %s, the invoices sum up to %s, difference %s",
					 run->expected_total, run->expected_currency, sum, difference);
}

static void
note_result(Attempt *attempt, MemoryContext caller)
{
	ImportRun *run = attempt->run;
	StringInfoData json;

	run->refused = attempt->refused;
	run->summary = *import_source_summary(attempt->source);
	run->faults = import_findings_fatal(run->findings);
	if (run->refused)
		run->summary.accepted = run->summary.set_aside = 0;
	initStringInfo(&json);
	appendStringInfo(&json,
					 "{\"refused\":%s,\"document_count\":" INT64_FORMAT
					 ",\"accepted_count\":" INT64_FORMAT ",\"set_aside_count\":" INT64_FORMAT
					 ",\"line_count\":" INT64_FORMAT ",\"fault_count\":" INT64_FORMAT
					 ",\"totals\":%s}",
					 run->refused ? "true" : "false", run->summary.documents, run->summary.accepted,
					 run->summary.set_aside, run->summary.lines, run->faults,
					 import_source_totals(attempt->source));
	run->outcome = MemoryContextStrdup(caller, json.data);
}
