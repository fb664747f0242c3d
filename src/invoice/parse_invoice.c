/*
 * parse_invoice.c: what a content says, as JSON; nothing is judged and nothing is stored.
 */
#include "postgres.h"

#include "base/errors.h"
#include "base/port_server.h"
#include "base/version.h"
#include "export.h"
#include "funcapi.h"
#include "invoice/invoice_json.h"
#include "invoice/read_content.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/tuplestore.h"

MAILROOM_FUNCTION(mailroom_parse_invoices);
MAILROOM_FUNCTION(mailroom_parse_invoice);

typedef struct OneInvoice
{
	int64 count;
	MemoryContext context;
	Datum json;
} OneInvoice;

static void parse_content(bytea *content, const char *layout, void (*done)(void *state, char *json),
						  void *state);
static PortStatus raise_file_fault(void *state, const Finding *finding);
static void put_row(void *state, char *json);
static void keep_first(void *state, char *json);

/* mailroom.parse_invoices(content bytea, layout text) → setof jsonb */
Datum
mailroom_parse_invoices(PG_FUNCTION_ARGS)
{
	version_check();
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	if (!PG_ARGISNULL(0))
		parse_content(PG_GETARG_BYTEA_PP(0),
					  PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1)), put_row,
					  fcinfo->resultinfo);
	return (Datum) 0;
}

/* mailroom.parse_invoice(content bytea) → jsonb */
Datum
mailroom_parse_invoice(PG_FUNCTION_ARGS)
{
	OneInvoice one = {0, CurrentMemoryContext, (Datum) 0};

	parse_content(PG_GETARG_BYTEA_PP(0), NULL, keep_first, &one);
	if (one.count != 1)
		ereport(ERROR, (errcode(ERRCODE_CARDINALITY_VIOLATION),
						errmsg("the content holds " INT64_FORMAT " invoices, not one", one.count),
						errhint("Use mailroom.parse_invoices().")));
	PG_RETURN_DATUM(one.json);
}

static void
parse_content(bytea *content, const char *layout, void (*done)(void *state, char *json),
			  void *state)
{
	/* the reader stays open from call to call, so what it writes to has to be there as well */
	static KeptReader reader;
	static InvoiceSink kept_sink;
	InvoiceSink sink = *invoice_json_sink(invoice_json_create(done, state));
	PortFault fault;
	PortStatus status;

	sink.finding = raise_file_fault;
	if (layout == NULL && !reader.in_use)
	{
		kept_sink = sink;
		status = read_content_kept(&reader, content, &kept_sink, &fault);
	}
	else
		status = read_content(content, layout, &sink, &fault);
	port_raise(status, &fault, ERRCODE_MAILROOM_CONTENT_UNREADABLE, "cannot read invoices");
}

/*
 * A record file goes on after a fault of its own; here that is an end.  A control count or total
 * that differs does not make the invoices unreadable.
 */
static PortStatus
raise_file_fault(void *state, const Finding *finding)
{
	if (finding->place.document_no == 0 && finding->severity == FINDING_FATAL &&
		strcmp(finding->rule, "FLAT-COUNT") != 0 && strcmp(finding->rule, "FLAT-TOTAL") != 0 &&
		strcmp(finding->rule, "EDIFACT-COUNT") != 0 &&
		strcmp(finding->rule, "EDIFACT-REFERENCE") != 0)
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_CONTENT_UNREADABLE),
						errmsg("cannot read invoices: %s", finding->message),
						errdetail("Rule %s, %s.", finding->rule, finding->location)));
	return PORT_OK;
}

static void
put_row(void *state, char *json)
{
	ReturnSetInfo *rsinfo = state;
	bool is_null = false;
	Datum value = DirectFunctionCall1(jsonb_in, CStringGetDatum(json));

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, &value, &is_null);
	pfree(DatumGetPointer(value));
}

static void
keep_first(void *state, char *json)
{
	OneInvoice *one = state;
	MemoryContext old;

	if (one->count++ > 0)
		return;
	old = MemoryContextSwitchTo(one->context);
	one->json = DirectFunctionCall1(jsonb_in, CStringGetDatum(json));
	MemoryContextSwitchTo(old);
}
