/*
 * solve_postage.c: mailroom.solve_postage(problem, options).
 *
 * Reads the problem out of the jsonb, calls core, writes the answer as jsonb: postage_reader.c and
 * postage_result.c.  Nothing is stored.
 */
#include "postgres.h"

#include "base/errors.h"
#include "base/port_server.h"
#include "core/postage_solve.h"
#include "export.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "postage/postage_reader.h"
#include "postage/postage_result.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

MAILROOM_FUNCTION(mailroom_solve_postage);

typedef struct SolveClock
{
	instr_time start;
	int64 limit_ms;
} SolveClock;

/* As long as there is no plan at all, ten times the limit and a second more. */
static bool
solve_time_is_up(void *context, bool has_plan)
{
	SolveClock *clock = context;
	instr_time now;

	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, clock->start);
	return INSTR_TIME_GET_MILLISEC(now) >=
		   (double) clock->limit_ms * (has_plan ? 1 : 10) + (has_plan ? 0 : 1000);
}

Datum
mailroom_solve_postage(PG_FUNCTION_ARGS)
{
	Jsonb *input = PG_GETARG_JSONB_P(0);
	Jsonb *wishes = PG_GETARG_JSONB_P(1);
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext work = AllocSetContextCreate(caller, "postage solve", ALLOCSET_DEFAULT_SIZES);
	Port port = postage_port(work);
	PostageSolution solution;
	PostageOptions options;
	PostageProblem *problem;
	SolveClock clock;
	PortStatus status;
	JsonbInState state = {0};
	Jsonb *result;

	MemoryContextSwitchTo(work);
	problem = postage_read_problem(input, &port);
	clock.limit_ms = postage_read_options(wishes, problem, &options);
	INSTR_TIME_SET_CURRENT(clock.start);
	options.clock = &clock;
	options.time_is_up = clock.limit_ms > 0 ? solve_time_is_up : NULL;
	status = postage_solve(problem, &options, &solution);
	port_raise(status, &problem->fault, ERRCODE_MAILROOM_PROBLEM_INVALID, "postage problem");
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	postage_push_solution(&state, problem, &solution);
	pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	result = JsonbValueToJsonb(state.result);
	MemoryContextSwitchTo(caller);
	result = (Jsonb *) DatumGetPointer(
		PointerGetDatum(memcpy(palloc(VARSIZE(result)), result, VARSIZE(result))));
	MemoryContextDelete(work);
	PG_RETURN_JSONB_P(result);
}
