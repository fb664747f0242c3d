/*
 * statement.h: constant SQL statements with a plan kept for the session.
 */
#ifndef BASE_STATEMENT_H
#define BASE_STATEMENT_H

#include "postgres.h"

#include "executor/spi.h"

#define STATEMENT_MAX_ARGUMENTS 20

/* A static of this type is prepared at its first run.  types holds as many OIDs as parameters. */
typedef struct Statement
{
	const char *text;
	int argument_count;
	Oid types[STATEMENT_MAX_ARGUMENTS];
	SPIPlanPtr plan;
} Statement;

/* static Statement find_it = STATEMENT("SELECT ... $1, $2", INT8OID, TEXTOID); */
#define STATEMENT(sql, ...)                                                                       \
	{                                                                                             \
		.text = sql, .argument_count = lengthof(((Oid[]){__VA_ARGS__})), .types = { __VA_ARGS__ } \
	}
#define STATEMENT_PLAIN(sql) \
	{                        \
		.text = sql          \
	}

/* Runs the statement through SPI (connected); nulls as in SPI_execute_plan; answers SPI_processed.
 */
extern uint64 statement_run(Statement *statement, Datum *arguments, const char *nulls);

/*
 * The same for one that finds rows by their keys: its plan uses indexes, whatever the planner
 * believes about tables that were empty when they were last looked at.
 */
extern uint64 statement_run_by_key(Statement *statement, Datum *arguments, const char *nulls);

/*
 * The same for one that looks up many rows at once in tables that fill meanwhile: planned at every
 * run, since a plan from when they were empty may take any index.
 */
extern uint64 statement_run_anew(Statement *statement, Datum *arguments, const char *nulls);

/* The same plan for a cursor (SPI_cursor_open). */
extern SPIPlanPtr statement_plan(Statement *statement);

/* A column of a result row, in the current context of SPI. */
extern Datum statement_value(uint64 row, int column, bool *isnull);
extern int64 statement_int64(uint64 row, int column);
/* A text column copied into context; NULL when null. */
extern char *statement_text(uint64 row, int column, MemoryContext context);

#endif
