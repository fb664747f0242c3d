/*
 * issuer.c: who calls, and the guard of the intake tables.
 */
#include "postgres.h"

#include "base/errors.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "export.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

MAILROOM_FUNCTION(mailroom_outer_role);
MAILROOM_FUNCTION(mailroom_library_version);
MAILROOM_FUNCTION(mailroom_refuse_foreign_issuer);

static ArrayType *writable_issuers(MemoryContext context);
static bool contains_issuer(ArrayType *issuers, int64 issuer_id);

/* mailroom.outer_role() → name */
Datum
mailroom_outer_role(PG_FUNCTION_ARGS)
{
	Name name = (Name) palloc(NAMEDATALEN);

	namestrcpy(name, GetUserNameFromId(GetOuterUserId(), false));
	PG_RETURN_NAME(name);
}

/* mailroom.library_version() → text */
Datum
mailroom_library_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(MAILROOM_VERSION));
}

/*
 * Reads the new rows from the transition table and asks once a statement which issuers the role may
 * write.  Runs of one issuer, the usual case, cost one comparison a row.
 */
Datum
mailroom_refuse_foreign_issuer(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	ArrayType *issuers;
	TupleTableSlot *slot;
	int64 last_issuer = 0;
	bool any = false;

	if (!CALLED_AS_TRIGGER(fcinfo) || trigger->tg_newtable == NULL)
		ereport(
			ERROR,
			(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
			 errmsg(
				 "trigger must be AFTER INSERT FOR EACH STATEMENT with a new transition table")));

	/* a dump is restored by a superuser, perhaps these rows before those of issuer */
	if (superuser_arg(GetOuterUserId()))
		return PointerGetDatum(NULL);
	issuers = writable_issuers(CurrentMemoryContext);
	slot = MakeSingleTupleTableSlot(RelationGetDescr(trigger->tg_relation), &TTSOpsMinimalTuple);
	while (tuplestore_gettupleslot(trigger->tg_newtable, true, false, slot))
	{
		bool isnull;
		int64 issuer_id = DatumGetInt64(slot_getattr(slot, 1, &isnull));

		CHECK_FOR_INTERRUPTS();
		if (any && !isnull && issuer_id == last_issuer)
			continue;
		if (isnull || !contains_issuer(issuers, issuer_id))
			ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
							errmsg("permission denied for issuer " INT64_FORMAT,
								   isnull ? (int64) 0 : issuer_id),
							errdetail("Role \"%s\" may not insert into \"%s\" for this issuer.",
									  GetUserNameFromId(GetOuterUserId(), false),
									  RelationGetRelationName(trigger->tg_relation)),
							errhint("Ask the operator for mailroom.grant_role().")));
		last_issuer = issuer_id;
		any = true;
	}
	ExecDropSingleTupleTableSlot(slot);
	return PointerGetDatum(NULL);
}

static ArrayType *
writable_issuers(MemoryContext context)
{
	ArrayType *issuers;
	bool isnull;
	Datum value;

	SPI_connect();
	if (SPI_execute("SELECT mailroom.my_issuers(ARRAY['importer', 'operator'])", true, 1) !=
			SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not read the issuers of the current role");
	value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	if (isnull)
		elog(ERROR, "issuers of the current role are null");
	issuers =
		(ArrayType *) MemoryContextAlloc(context, VARSIZE_ANY(DatumGetPointer(value)) + VARHDRSZ);
	{
		ArrayType *found = DatumGetArrayTypeP(value);

		memcpy(issuers, found, VARSIZE(found));
	}
	SPI_finish();
	return issuers;
}

static bool
contains_issuer(ArrayType *issuers, int64 issuer_id)
{
	int count = ArrayGetNItems(ARR_NDIM(issuers), ARR_DIMS(issuers));
	const int64 *ids = (const int64 *) ARR_DATA_PTR(issuers);

	for (int i = 0; i < count; i++)
		if (ids[i] == issuer_id)
			return true;
	return false;
}
