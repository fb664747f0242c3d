/*
 * validate_invoice.c: the findings of a content as rows.  Content never raises: a file that cannot
 * be read is a finding too.
 */
#include "postgres.h"

#include "base/errors.h"
#include "base/port_server.h"
#include "core/invoice_rules.h"
#include "export.h"
#include "funcapi.h"
#include "invoice/code_lists.h"
#include "invoice/read_content.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

MAILROOM_FUNCTION(mailroom_validate_invoice);

#define ROOM_BYTES (2 * 1024 * 1024)

static char *require_profile(const char *profile);
static void check_content(ReturnSetInfo *rsinfo, bytea *content, const char *profile);
static PortStatus put_finding(void *state, const Finding *finding);
static void put_fault(ReturnSetInfo *rsinfo, const PortFault *fault);

/* mailroom.validate_invoice(content bytea, profile text) → table(rule, severity, location, message)
 */
Datum
mailroom_validate_invoice(PG_FUNCTION_ARGS)
{
	const char *profile = NULL;

	if (!PG_ARGISNULL(1))
		profile = require_profile(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	if (!PG_ARGISNULL(0))
		check_content((ReturnSetInfo *) fcinfo->resultinfo, PG_GETARG_BYTEA_PP(0), profile);
	return (Datum) 0;
}

static char *
require_profile(const char *profile)
{
	if (!invoice_rules_knows(profile))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("profile \"%s\" does not exist", profile),
				 errhint("Profiles are en16931, peppol, peppol-selfbilling, xrechnung and "
						 "cius-ro, each with \"+advisory\" if wanted, and \"+advisory\" alone.")));
	return (char *) profile;
}

/*
 * The rules and the reader in front of them stay open from call to call.  An error in between does
 * no harm: findings are passed on, and interrupts looked at, between documents' events only, and
 * the next document begins anew.
 */
typedef struct RulesRoom
{
	MemoryContext context;
	Port port;
	char profile[64];
	InvoiceSink rows;
	InvoiceRules *rules;
	KeptReader reader;
} RulesRoom;

static void
open_room(RulesRoom *room, const char *profile)
{
	bool named = profile != NULL;

	if (room->rules != NULL && strcmp(room->profile, named ? profile : "") == 0 &&
		MemoryContextMemAllocated(room->context, true) <= ROOM_BYTES)
		return;
	room->rules = NULL;
	if (room->context != NULL)
		MemoryContextDelete(room->context);
	room->context =
		AllocSetContextCreate(TopMemoryContext, "mailroom rules", ALLOCSET_DEFAULT_SIZES);
	room->port = port_server(room->context);
	strlcpy(room->profile, named ? profile : "", sizeof(room->profile));
	room->rows.finding = put_finding;
	room->rules = invoice_rules_open(&room->port, named ? room->profile : NULL, NULL, &room->rows);
	if (room->rules == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	invoice_rules_as_official(room->rules);
}

static void
check_content(ReturnSetInfo *rsinfo, bytea *content, const char *profile)
{
	static RulesRoom room;
	const RuleCodes *codes = code_lists_current();
	PortFault fault;
	PortStatus status;

	open_room(&room, profile);
	invoice_rules_again(room.rules, codes);
	room.rows.state = rsinfo;
	status = read_content_kept(&room.reader, content, invoice_rules_sink(room.rules), &fault);
	code_lists_require_rules();
	if (status == PORT_INVALID || status == PORT_TOO_LARGE)
		put_fault(rsinfo, &fault);
}

static const char *
severity_name(FindingSeverity severity)
{
	static const char *const names[] = {"fatal", "warning", "information"};

	return names[severity];
}

/* Messages quote the content, cut to length perhaps in the middle of a character. */
static Datum
text_of(const char *utf8)
{
	int length = pg_encoding_verifymbstr(PG_UTF8, utf8, (int) strlen(utf8));
	char *text = pg_any_to_server(utf8, length, PG_UTF8);

	return text == utf8 ? PointerGetDatum(cstring_to_text_with_len(utf8, length))
						: CStringGetTextDatum(text);
}

static void
put_row(ReturnSetInfo *rsinfo, const char *rule, FindingSeverity severity, const char *location,
		const char *message)
{
	bool nulls[4] = {false, false, false, false};
	Datum values[4];

	values[0] = text_of(rule);
	values[1] = CStringGetTextDatum(severity_name(severity));
	values[2] = text_of(location);
	values[3] = text_of(message);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	for (int i = 0; i < 4; i++)
		pfree(DatumGetPointer(values[i]));
}

static PortStatus
put_finding(void *state, const Finding *finding)
{
	char *location = (char *) finding->location;

	if (finding->place.document_no > 1)
		location = psprintf("document " INT64_FORMAT ": %s", (int64) finding->place.document_no,
							finding->location);
	put_row(state, finding->rule, finding->severity, location, finding->message);
	if (location != finding->location)
		pfree(location);
	return PORT_OK;
}

static void
put_fault(ReturnSetInfo *rsinfo, const PortFault *fault)
{
	char location[64] = "file";

	if (fault->line > 0)
		snprintf(location, sizeof(location), "line " INT64_FORMAT, (int64) fault->line);
	else if (fault->position >= 0)
		snprintf(location, sizeof(location), "byte " INT64_FORMAT, (int64) fault->position);
	put_row(rsinfo, fault->rule, FINDING_FATAL, location, fault->message);
}
