/*
 * statement.c: constant SQL statements with a plan kept for the session.
 */
#include "postgres.h"

#include "base/statement.h"

#include "utils/builtins.h"
#include "utils/guc.h"

static SPIPlanPtr
prepare(Statement *statement, int options)
{
	if (statement->plan == NULL)
	{
		SPIPlanPtr plan = SPI_prepare_cursor(statement->text, statement->argument_count,
											 statement->types, options);

		if (plan == NULL)
			elog(ERROR, "could not prepare a statement: %s", SPI_result_code_string(SPI_result));
		SPI_keepplan(plan);
		statement->plan = plan;
	}
	return statement->plan;
}

SPIPlanPtr
statement_plan(Statement *statement)
{
	/* planning such statements anew costs more than any better plan would save */
	return prepare(statement, CURSOR_OPT_GENERIC_PLAN);
}

uint64
statement_run_anew(Statement *statement, Datum *arguments, const char *nulls)
{
	int code =
		SPI_execute_plan(prepare(statement, CURSOR_OPT_CUSTOM_PLAN), arguments, nulls, false, 0);

	if (code < 0)
		elog(ERROR, "could not run a statement: %s", SPI_result_code_string(code));
	return SPI_processed;
}

uint64
statement_run(Statement *statement, Datum *arguments, const char *nulls)
{
	int code = SPI_execute_plan(statement_plan(statement), arguments, nulls, false, 0);

	if (code < 0)
		elog(ERROR, "could not run a statement: %s", SPI_result_code_string(code));
	return SPI_processed;
}

/* The plan is made at the first run, and anew when statistics of its tables change. */
uint64
statement_run_by_key(Statement *statement, Datum *arguments, const char *nulls)
{
	int nest_level = NewGUCNestLevel();
	uint64 rows;

	(void) set_config_option("enable_seqscan", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
	rows = statement_run(statement, arguments, nulls);
	AtEOXact_GUC(true, nest_level);
	return rows;
}

Datum
statement_value(uint64 row, int column, bool *isnull)
{
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, isnull);
}

int64
statement_int64(uint64 row, int column)
{
	bool isnull;
	Datum value = statement_value(row, column, &isnull);

	return isnull ? 0 : DatumGetInt64(value);
}

char *
statement_text(uint64 row, int column, MemoryContext context)
{
	char *found = SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column);

	return found == NULL ? NULL : MemoryContextStrdup(context, found);
}
