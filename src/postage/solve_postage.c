/*
 * solve_postage.c: mailroom.solve_postage(problem, options).
 *
 * Reads the problem out of the jsonb, calls core, writes the answer as jsonb.  Reading is in
 * postage_reader.c.  Nothing is stored.
 */
#include "postgres.h"

#include "base/errors.h"
#include "base/port_server.h"
#include "core/postage_solve.h"
#include "export.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "postage/postage_reader.h"
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

/*
 * Cancelling stops core, which then returns to us.  Other interrupts (barriers, catch-up) are
 * served here: no foreign frame is on the stack and all memory is in a context, so an error may
 * pass.
 */
static bool
solve_interrupted(void *host)
{
	if (!InterruptPending)
		return false;
	if (QueryCancelPending || ProcDiePending)
		return true;
	CHECK_FOR_INTERRUPTS();
	return false;
}

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

static void
push_key(JsonbInState *state, const char *key)
{
	JsonbValue value = {.type = jbvString};

	value.val.string.val = (char *) key;
	value.val.string.len = strlen(key);
	pushJsonbValue(state, WJB_KEY, &value);
}

/* token: WJB_VALUE after a key, WJB_ELEM in an array */
static void
push_text(JsonbInState *state, JsonbIteratorToken token, const char *text)
{
	JsonbValue value = {.type = jbvString};

	value.val.string.val = (char *) text;
	value.val.string.len = strlen(text);
	pushJsonbValue(state, token, &value);
}

static void
push_numeric(JsonbInState *state, JsonbIteratorToken token, Numeric number)
{
	JsonbValue value = {.type = jbvNumeric};

	value.val.numeric = number;
	pushJsonbValue(state, token, &value);
}

static void
push_integer(JsonbInState *state, JsonbIteratorToken token, int64 number)
{
	push_numeric(state, token, int64_to_numeric(number));
}

static void
push_integer_key(JsonbInState *state, const char *key, int64 number)
{
	push_key(state, key);
	push_integer(state, WJB_VALUE, number);
}

static void
push_offers(JsonbInState *state, const PostageProblem *problem, uint64 offers)
{
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int o = 0; o < problem->offer_count; o++)
		if ((offers >> o) & 1)
			push_text(state, WJB_ELEM, problem->offers[o].id);
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

static void
push_plan(JsonbInState *state, const PostageProblem *problem, const int64_t *counts)
{
	push_key(state, "plan");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int arc = 0; counts != NULL && arc < problem->arc_count; arc++)
	{
		const PostageArc *a = &problem->arcs[arc];

		if (counts[arc] == 0)
			continue;
		pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		push_integer_key(state, "cell", problem->cells[a->cell].id);
		push_key(state, "offer");
		push_text(state, WJB_VALUE, problem->offers[a->offer].id);
		push_integer_key(state, "count", counts[arc]);
		pushJsonbValue(state, WJB_END_OBJECT, NULL);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

typedef struct BundleWriter
{
	JsonbInState *state;
	const PostageProblem *problem;
	int zone;
	uint64 node_forced;
} BundleWriter;

/* One leaf of one zone: [zone, [closed], [forced], {forced offer: payment}] */
static void
write_bundle_leaf(void *context, uint64_t closed, uint64_t forced, const int64_t *payments)
{
	BundleWriter *writer = context;
	JsonbInState *state = writer->state;

	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	push_integer(state, WJB_ELEM, writer->problem->zones[writer->zone].id);
	push_offers(state, writer->problem, closed);
	push_offers(state, writer->problem, forced & ~writer->node_forced);
	pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	for (int o = 0; o < writer->problem->offer_count; o++)
		if (((forced >> o) & 1) && payments[o] > 0)
			push_integer_key(state, writer->problem->offers[o].id, payments[o]);
	pushJsonbValue(state, WJB_END_OBJECT, NULL);
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

static void
push_leaf(JsonbInState *state, const PostageProblem *problem, const PostageSolution *solution,
		  int index)
{
	const PostageNode *node = &solution->nodes[index];
	PostageRelax *relax = solution->relax;
	BundleWriter writer = {state, problem, 0, 0};
	PostageZoneTrace trace = {&writer, write_bundle_leaf};
	PostageZoneAnswer *answer = palloc(sizeof(PostageZoneAnswer));

	push_key(state, "multipliers");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int a = 0; a < problem->aggregate_count; a++)
		push_integer(state, WJB_ELEM, node->multipliers[a]);
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
	postage_enter_node(solution, index);
	push_key(state, "bundles");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	if (!relax->empty)
	{
		postage_relax_set_multipliers(relax, node->multipliers);
		for (int z = 0; z < problem->zone_count; z++)
		{
			CHECK_FOR_INTERRUPTS();
			writer.zone = z;
			writer.node_forced = relax->zone_forced[z];
			postage_zone_solve(relax->zones, z, &relax->weights, relax->zone_open[z] & relax->open,
							   relax->zone_forced[z], answer, &trace);
		}
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
	pfree(answer);
}

static void
push_node(JsonbInState *state, const PostageProblem *problem, const PostageSolution *solution,
		  int index)
{
	const PostageNode *node = &solution->nodes[index];

	pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	switch (node->kind)
	{
		case POSTAGE_NODE_OPEN:
		case POSTAGE_NODE_LEAF:
			push_leaf(state, problem, solution, index);
			break;
		case POSTAGE_NODE_VOLUME:
			push_integer_key(state, "set", node->aggregate);
			push_integer_key(state, "at", node->at);
			break;
		case POSTAGE_NODE_BUNDLE:
			push_integer_key(state, "zone", problem->zones[node->zone].id);
			push_key(state, "offer");
			push_text(state, WJB_VALUE, problem->offers[node->offer].id);
			break;
	}
	if (node->kind == POSTAGE_NODE_VOLUME || node->kind == POSTAGE_NODE_BUNDLE)
	{
		push_integer_key(state, "below", node->below);
		push_integer_key(state, "above", node->above);
	}
	pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

static void
push_certificate(JsonbInState *state, const PostageProblem *problem,
				 const PostageSolution *solution)
{
	push_key(state, "certificate");
	pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	push_integer_key(state, "scale", POSTAGE_SCALE);
	push_key(state, "sets");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int a = 0; a < problem->aggregate_count; a++)
		push_offers(state, problem, problem->aggregates[a].offers);
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
	push_key(state, "nodes");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int n = 0; n < solution->node_count; n++)
		push_node(state, problem, solution, n);
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
	pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

static Numeric
gap_of(const PostageSolution *solution)
{
	int64 size = solution->cost < 0 ? -solution->cost : solution->cost;

	if (solution->lower_bound == solution->cost || size == 0)
		return int64_to_numeric(0);
	return numeric_div_safe(int64_to_numeric(solution->cost - solution->lower_bound),
							int64_to_numeric(size), NULL);
}

static Jsonb *
make_result(const PostageProblem *problem, const PostageSolution *solution)
{
	static const char *const names[] = {"optimal", "feasible", "infeasible"};
	JsonbInState state = {0};
	JsonbValue none = {.type = jbvNull};

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	push_key(&state, "status");
	push_text(&state, WJB_VALUE, names[solution->status]);
	push_key(&state, "reason");
	if (solution->reason[0] == '\0')
		pushJsonbValue(&state, WJB_VALUE, &none);
	else
		push_text(&state, WJB_VALUE, solution->reason);
	if (solution->counts != NULL)
	{
		push_integer_key(&state, "cost", solution->cost);
		push_integer_key(&state, "lower_bound", solution->lower_bound);
		push_key(&state, "gap");
		push_numeric(&state, WJB_VALUE, gap_of(solution));
	}
	else
	{
		push_key(&state, "proved");
		pushJsonbValue(&state, WJB_VALUE,
					   &(JsonbValue){.type = jbvBool, .val.boolean = solution->proved});
	}
	push_plan(&state, problem, solution->counts);
	if (solution->counts != NULL)
		push_certificate(&state, problem, solution);
	pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	return JsonbValueToJsonb(state.result);
}

Datum
mailroom_solve_postage(PG_FUNCTION_ARGS)
{
	Jsonb *input = PG_GETARG_JSONB_P(0);
	Jsonb *wishes = PG_GETARG_JSONB_P(1);
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext work = AllocSetContextCreate(caller, "postage solve", ALLOCSET_DEFAULT_SIZES);
	Port port = port_server(work);
	PostageSolution solution;
	PostageOptions options;
	PostageProblem *problem;
	SolveClock clock;
	PortStatus status;
	Jsonb *result;

	port.interrupted = solve_interrupted;
	MemoryContextSwitchTo(work);
	problem = postage_read_problem(input, &port);
	clock.limit_ms = postage_read_options(wishes, problem, &options);
	INSTR_TIME_SET_CURRENT(clock.start);
	options.clock = &clock;
	options.time_is_up = clock.limit_ms > 0 ? solve_time_is_up : NULL;
	status = postage_solve(problem, &options, &solution);
	port_raise(status, &problem->fault, ERRCODE_MAILROOM_PROBLEM_INVALID, "postage problem");
	result = make_result(problem, &solution);
	MemoryContextSwitchTo(caller);
	result = (Jsonb *) DatumGetPointer(
		PointerGetDatum(memcpy(palloc(VARSIZE(result)), result, VARSIZE(result))));
	MemoryContextDelete(work);
	PG_RETURN_JSONB_P(result);
}
