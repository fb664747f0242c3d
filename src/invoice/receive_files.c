/*
 * receive_files.c: jobs for the import files of a statement.
 *
 * A row trigger notes each received file, a statement trigger hands them to
 * mailroom.enqueue_imports, which makes one job of many small ones: ten thousand files sent by one
 * INSERT or COPY are some twenty jobs.  No transition table, because it would copy their contents
 * to disk.
 *
 * What was noted lives until the end of the transaction.  Files whose subtransaction was rolled
 * back between the two triggers may still be in the list; their job finds nothing to do.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "base/statement.h"
#include "base/version.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "export.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"

MAILROOM_FUNCTION(mailroom_note_import_file);
MAILROOM_FUNCTION(mailroom_enqueue_import_files);

typedef enum NotedColumn
{
	NOTED_ISSUER,
	NOTED_FILE,
	NOTED_BYTES,
	NOTED_COLUMNS
} NotedColumn;

typedef struct NotedFiles
{
	Datum *values[NOTED_COLUMNS];
	bool *skipped; /* a duplicate: only the right for its issuer is checked */
	int count, capacity;
} NotedFiles;

static NotedFiles *noted;

static bool is_duplicate(HeapTuple tuple, TupleDesc description);
static void forget_noted(void *state);
static void grow(NotedFiles *files);

static Statement enqueue_imports = STATEMENT("SELECT mailroom.enqueue_imports($1, $2, $3)",
											 INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID);

/* trigger AFTER INSERT FOR EACH ROW on mailroom.import_file */
Datum
mailroom_note_import_file(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"issuer_id", "file_id", "content_bytes"};
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	TupleDesc description;

	if (!CALLED_AS_TRIGGER(fcinfo))
		elog(ERROR, "not called as a trigger");
	version_check();
	description = RelationGetDescr(trigger->tg_relation);
	if (noted == NULL)
	{
		MemoryContextCallback *callback =
			MemoryContextAllocZero(TopTransactionContext, sizeof(MemoryContextCallback));

		callback->func = forget_noted;
		MemoryContextRegisterResetCallback(TopTransactionContext, callback);
		noted = MemoryContextAllocZero(TopTransactionContext, sizeof(NotedFiles));
	}
	if (noted->count == noted->capacity)
		grow(noted);
	for (int i = 0; i < NOTED_COLUMNS; i++)
	{
		bool isnull;
		Datum value = heap_getattr(trigger->tg_trigtuple, SPI_fnumber(description, names[i]),
								   description, &isnull);

		noted->values[i][noted->count] = isnull ? Int64GetDatum(0) : value;
	}
	noted->skipped[noted->count] = is_duplicate(trigger->tg_trigtuple, description);
	noted->count++;
	return PointerGetDatum(NULL);
}

/* trigger AFTER INSERT FOR EACH STATEMENT on mailroom.import_file, after the one above */
Datum
mailroom_enqueue_import_files(PG_FUNCTION_ARGS)
{
	Datum arguments[NOTED_COLUMNS];
	int lower = 1;

	if (!CALLED_AS_TRIGGER(fcinfo))
		elog(ERROR, "not called as a trigger");
	version_check();
	if (noted == NULL || noted->count == 0)
		return PointerGetDatum(NULL);
	for (int i = 0; i < NOTED_COLUMNS; i++)
		arguments[i] = PointerGetDatum(construct_md_array(
			noted->values[i], i == NOTED_BYTES ? noted->skipped : NULL, 1, &noted->count, &lower,
			INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	noted->count = 0;
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	(void) statement_run(&enqueue_imports, arguments, NULL);
	SPI_finish();
	return PointerGetDatum(NULL);
}

static bool
is_duplicate(HeapTuple tuple, TupleDesc description)
{
	bool isnull;
	Datum state = heap_getattr(tuple, SPI_fnumber(description, "state"), description, &isnull);

	return !isnull && strcmp(TextDatumGetCString(state), "duplicate") == 0;
}

static void
forget_noted(void *state)
{
	noted = NULL;
}

static void
grow(NotedFiles *files)
{
	files->capacity = Max(files->capacity * 2, 64);
	files->skipped = files->skipped == NULL
						 ? MemoryContextAlloc(TopTransactionContext, files->capacity)
						 : repalloc(files->skipped, files->capacity);
	for (int i = 0; i < NOTED_COLUMNS; i++)
		files->values[i] =
			files->values[i] == NULL
				? MemoryContextAlloc(TopTransactionContext, sizeof(Datum) * files->capacity)
				: repalloc(files->values[i], sizeof(Datum) * files->capacity);
}
