/*
 * import_run.c: the frame around an import.
 *
 * All rows stand in one subtransaction.  A fault of the source, or of an invoice where the policy
 * says so, rolls it back; findings and counts survive in memory and are written after it, so that a
 * refused file stays in the balance to the cent.  Errors (a cancel, a full disk) end the
 * subtransaction and go on to the caller: everything is undone and the job is tried again.
 */
#include "postgres.h"

#include "invoice/import_run.h"

#include "access/xact.h"
#include "base/port_server.h"
#include "core/decimal.h"
#include "core/invoice_rules.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

static ImportStore *produce(ImportRun *run, ImportProducer producer, void *source,
							MemoryContext context, bool *refused);
static void check_announced(ImportRun *run, ImportStore *store);
static char *outcome(ImportRun *run, ImportStore *store, bool refused);

char *
import_run(ImportRun *run, ImportProducer producer, void *source)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "mailroom import", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ImportStore *volatile store = NULL;
	bool refused;
	char *json;

	run->findings = import_findings_open(context);
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		store = produce(run, producer, source, context, &refused);
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
	import_findings_write(run->findings, run->target.issuer_id, run->target.file_id,
						  run->target.batch_id, !refused);
	json = MemoryContextStrdup(caller, outcome(run, store, refused));
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return json;
}

/* Reads the source into rows; false in refused when they are to stay. */
static ImportStore *
produce(ImportRun *run, ImportProducer producer, void *source, MemoryContext context, bool *refused)
{
	Port port = port_server(context);
	ImportStore *store = import_store_open(&run->target, run->findings);
	InvoiceRules *rules = invoice_rules_open(&port, NULL, import_store_sink(store));

	if (rules == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	producer(run, invoice_rules_sink(rules), source);
	invoice_rules_close(rules);
	import_store_finish(store);
	check_announced(run, store);
	*refused = import_findings_of_file(run->findings) > 0 ||
			   (run->refuse_on_fault && import_findings_fatal(run->findings) > 0);
	return store;
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
check_announced(ImportRun *run, ImportStore *store)
{
	const ImportSummary *summary = import_store_summary(store);
	char *sum, difference[DECIMAL_TEXT_SIZE] = "not known";
	Decimal announced, found, off;

	if (summary->documents == 0 && import_findings_of_file(run->findings) == 0)
		import_run_fault(run, "FILE-EMPTY", NULL, "there is no invoice in it");
	if (run->expected_count >= 0 && run->expected_count != summary->documents)
		import_run_fault(run, "FILE-COUNT", NULL,
						 "announced are " INT64_FORMAT " invoices, there are " INT64_FORMAT,
						 run->expected_count, summary->documents);
	if (run->expected_total == NULL)
		return;
	sum = import_store_total(store, run->expected_currency);
	if (decimal_parse(run->expected_total, strlen(run->expected_total), &announced) == DECIMAL_OK &&
		decimal_parse(sum, strlen(sum), &found) == DECIMAL_OK)
	{
		if (decimal_compare(announced, found) == 0)
			return;
		if (decimal_subtract(found, announced, &off))
			decimal_text(off, 2, difference);
	}
	import_run_fault(run, "FILE-TOTAL", NULL,
					 "announced is a total of %s %s, the invoices sum up to %s, difference %s",
					 run->expected_total, run->expected_currency, sum, difference);
}

static char *
outcome(ImportRun *run, ImportStore *store, bool refused)
{
	const ImportSummary *summary = import_store_summary(store);
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfo(
		&json,
		"{\"refused\":%s,\"document_count\":" INT64_FORMAT ",\"accepted_count\":" INT64_FORMAT
		",\"set_aside_count\":" INT64_FORMAT ",\"line_count\":" INT64_FORMAT
		",\"fault_count\":" INT64_FORMAT ",\"totals\":%s}",
		refused ? "true" : "false", summary->documents, refused ? 0 : summary->accepted,
		refused ? 0 : summary->set_aside, summary->lines, import_findings_fatal(run->findings),
		import_store_totals(store));
	return json.data;
}
