/*
 * queue_snapshot.c: snapshots of the cursor.
 *
 * The server's own struct is private, so we work on the text form, which is documented.
 */
#include "postgres.h"

#include "jobs/queue_snapshot.h"

#include "access/xact.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/snapmgr.h"

ParsedSnapshot
snapshot_parse(const char *text)
{
	ParsedSnapshot parsed = {0};
	char *end;

	parsed.xmin = strtou64(text, &end, 10);
	parsed.xmax = strtou64(end + 1, &end, 10);
	parsed.running = palloc(sizeof(uint64) * (strlen(end) / 2 + 2));
	while ((*end == ':' || *end == ',') && end[1] != '\0')
		parsed.running[parsed.count++] = strtou64(end + 1, &end, 10);
	return parsed;
}

bool
snapshot_is_running(const ParsedSnapshot *snapshot, uint64 xid)
{
	if (xid < snapshot->xmin)
		return false;
	if (xid >= snapshot->xmax)
		return true;
	for (int i = 0; i < snapshot->count; i++)
		if (snapshot->running[i] == xid)
			return true;
	return false;
}

/*
 * pg_current_snapshot leaves our own xid out, as it is no foreign transaction; for the cursor it is
 * one that has not ended.
 */
char *
snapshot_now(void)
{
	FullTransactionId own = GetTopFullTransactionIdIfAny();
	char *text;
	ParsedSnapshot parsed;
	StringInfoData with_own;
	bool written = false;

	PushActiveSnapshot(GetTransactionSnapshot());
	text = DatumGetCString(
		DirectFunctionCall1(pg_snapshot_out, DirectFunctionCall1(pg_current_snapshot, (Datum) 0)));
	PopActiveSnapshot();
	if (!FullTransactionIdIsValid(own))
		return text;
	parsed = snapshot_parse(text);
	if (snapshot_is_running(&parsed, U64FromFullTransactionId(own)))
		return text;
	initStringInfo(&with_own);
	appendStringInfo(&with_own, UINT64_FORMAT ":" UINT64_FORMAT,
					 Min(parsed.xmin, U64FromFullTransactionId(own)), parsed.xmax);
	for (int i = 0; i <= parsed.count; i++)
	{
		if (!written && (i == parsed.count || parsed.running[i] > U64FromFullTransactionId(own)))
		{
			appendStringInfo(&with_own, "%c" UINT64_FORMAT, i == 0 ? ':' : ',',
							 U64FromFullTransactionId(own));
			written = true;
		}
		if (i < parsed.count)
			appendStringInfo(&with_own, "%c" UINT64_FORMAT, i == 0 && !written ? ':' : ',',
							 parsed.running[i]);
	}
	return with_own.data;
}

Datum
snapshot_datum(const char *snapshot)
{
	return DirectFunctionCall1(pg_snapshot_in, CStringGetDatum(snapshot));
}
