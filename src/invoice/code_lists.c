/*
 * code_lists.c: keeps the code lists of the day for the session.
 *
 * Changes of table rows send no message to other sessions, so a trigger of the table sends the one
 * that changes of its definition send; the callback only sets a flag.  A set that is replaced lives
 * on to the end of the transaction, because a check may be running with it further up the stack.
 */
#include "postgres.h"

#include "invoice/code_lists.h"

#include "base/clock.h"
#include "base/port_server.h"
#include "base/statement.h"
#include "base/version.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "core/invoice_rules.h"
#include "export.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

MAILROOM_FUNCTION(mailroom_forget_code_lists);
MAILROOM_FUNCTION(mailroom_code_known);

static MemoryContext lists_context = NULL;
static RuleCodes *lists = NULL;
static bool lists_are_fresh = false;
static bool lists_are_forgotten = false;
static Oid lists_table = InvalidOid;
static int64 lists_day = 0;

static void forget_lists(Datum argument, Oid relation);
static RuleCodes *read_lists(Port *port);
static void set_list(RuleCodes *codes, uint64 row, MemoryContext scratch);

static int64
today(void)
{
	TimestampTz now = clock_now();
	int64 day = now / USECS_PER_DAY;

	return now % USECS_PER_DAY < 0 ? day - 1 : day;
}

static const char *
date_text(int64 day)
{
	static char text[48];
	int year, month, mday;

	j2date((int) (day + POSTGRES_EPOCH_JDATE), &year, &month, &mday);
	snprintf(text, sizeof(text), "%04d-%02d-%02d", year, month, mday);
	return text;
}

const RuleCodes *
code_lists_current(void)
{
	static bool callback_is_set = false;
	MemoryContext context;
	RuleCodes *codes;
	Port port;
	int64 day = today();

	if (lists_are_fresh && lists_day == day)
		return lists;
	if (!callback_is_set)
	{
		CacheRegisterRelcacheCallback(forget_lists, (Datum) 0);
		callback_is_set = true;
	}
	lists_table = get_relname_relid("code_list", get_namespace_oid("mailroom", false));
	context =
		AllocSetContextCreate(CurrentMemoryContext, "mailroom code lists", ALLOCSET_DEFAULT_SIZES);
	port = port_server(context);
	/* a change that arrives while reading has to be seen the next time */
	lists_are_forgotten = false;
	codes = read_lists(&port);
	rule_codes_set_day(codes, date_text(day));
	MemoryContextSetParent(context, CacheMemoryContext);
	if (lists_context != NULL)
		MemoryContextSetParent(lists_context, TopTransactionContext);
	lists_context = context;
	lists = codes;
	lists_day = day;
	lists_are_fresh = !lists_are_forgotten;
	return lists;
}

static void
forget_lists(Datum argument, Oid relation)
{
	if (!OidIsValid(relation) || relation == lists_table)
	{
		lists_are_fresh = false;
		lists_are_forgotten = true;
	}
}

static RuleCodes *
read_lists(Port *port)
{
	static Statement select = STATEMENT_PLAIN("SELECT list, codes FROM mailroom.current_code_list");
	RuleCodes *codes = rule_codes_open(port);
	MemoryContext scratch;
	uint64 count;

	if (codes == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	SPI_connect();
	scratch =
		AllocSetContextCreate(CurrentMemoryContext, "mailroom code list", ALLOCSET_DEFAULT_SIZES);
	count = statement_run(&select, NULL, NULL);
	for (uint64 i = 0; i < count; i++)
	{
		set_list(codes, i, scratch);
		MemoryContextReset(scratch);
	}
	SPI_finish();
	if (rule_codes_missing(codes) != RULE_CODE_LISTS)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("code list \"%s\" has no version",
							   rule_code_list_name(rule_codes_missing(codes))),
						errhint("Load one with mailroom.load_code_list().")));
	return codes;
}

static void
set_list(RuleCodes *codes, uint64 row, MemoryContext scratch)
{
	MemoryContext old = MemoryContextSwitchTo(scratch);
	bool isnull;
	RuleCodeList list = rule_code_list_of(statement_text(row, 1, scratch));
	Slice *values;
	Datum *elements;
	int count;

	if (list != RULE_CODE_LISTS)
	{
		deconstruct_array(DatumGetArrayTypeP(statement_value(row, 2, &isnull)), TEXTOID, -1, false,
						  TYPALIGN_INT, &elements, NULL, &count);
		values = palloc(count * sizeof(Slice));
		for (int i = 0; i < count; i++)
			values[i] = (Slice){VARDATA_ANY(DatumGetPointer(elements[i])),
								VARSIZE_ANY_EXHDR(DatumGetPointer(elements[i]))};
		if (rule_codes_set(codes, list, values, count) != PORT_OK)
			ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	}
	MemoryContextSwitchTo(old);
}

/* trigger of mailroom.code_list */
Datum
mailroom_forget_code_lists(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("function \"mailroom.forget_code_lists\" is a trigger")));
	CacheInvalidateRelcache(((TriggerData *) fcinfo->context)->tg_relation);
	return PointerGetDatum(NULL);
}

/* mailroom.code_known(list text, code text) → boolean */
Datum
mailroom_code_known(PG_FUNCTION_ARGS)
{
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	text *code = PG_GETARG_TEXT_PP(1);
	RuleCodeList list = rule_code_list_of(name);

	version_check();
	if (list == RULE_CODE_LISTS)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("code list \"%s\" does not exist", name),
				 errhint("List the known ones with \"SELECT DISTINCT list FROM "
						 "mailroom.code_list\".")));
	PG_RETURN_BOOL(rule_code_known(code_lists_current(), list,
								   (Slice){VARDATA_ANY(code), VARSIZE_ANY_EXHDR(code)}));
}

void
code_lists_require_rules(void)
{
	const char *problem = invoice_rules_problem();

	if (problem != NULL)
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
						errmsg("the rules of invoices are faulty: %s", problem),
						errhint("Install the release again: no invoice can be judged.")));
}
