/*
 * postage_result.c: the answer of the postage solver as jsonb, and small writers of jsonb.
 */
#include "postgres.h"

#include "base/port_server.h"
#include "core/postage_order.h"
#include "core/postage_price.h"
#include "miscadmin.h"
#include "postage/postage_result.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

static void push_numeric(JsonbInState *state, JsonbIteratorToken token, Numeric number);

/*
 * Cancelling stops core, which then returns to us.  Other interrupts (barriers, catch-up) are
 * served here: no foreign frame is on the stack and all memory is in a context, so an error may
 * pass.
 */
static bool
serve_interrupts(void *host)
{
	if (!InterruptPending)
		return false;
	if (QueryCancelPending || ProcDiePending)
		return true;
	CHECK_FOR_INTERRUPTS();
	return false;
}

Port
postage_port(MemoryContext context)
{
	Port port = port_server(context);

	port.interrupted = serve_interrupts;
	return port;
}

void
postage_push_key(JsonbInState *state, const char *key)
{
	JsonbValue value = {.type = jbvString};

	value.val.string.val = (char *) key;
	value.val.string.len = strlen(key);
	pushJsonbValue(state, WJB_KEY, &value);
}

/* token: WJB_VALUE after a key, WJB_ELEM in an array */
void
postage_push_text(JsonbInState *state, JsonbIteratorToken token, const char *text)
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

void
postage_push_integer(JsonbInState *state, JsonbIteratorToken token, int64 number)
{
	push_numeric(state, token, int64_to_numeric(number));
}

void
postage_push_number(JsonbInState *state, const char *key, int64 number)
{
	postage_push_key(state, key);
	postage_push_integer(state, WJB_VALUE, number);
}

static void
push_offers(JsonbInState *state, const PostageProblem *problem, uint64 offers)
{
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int o = 0; o < problem->offer_count; o++)
		if ((offers >> o) & 1)
			postage_push_text(state, WJB_ELEM, problem->offers[o].id);
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

static void
push_plan(JsonbInState *state, const PostageProblem *problem, const int64_t *counts)
{
	postage_push_key(state, "plan");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int arc = 0; counts != NULL && arc < problem->arc_count; arc++)
	{
		const PostageArc *a = &problem->arcs[arc];

		if ((arc & 1023) == 0)
			CHECK_FOR_INTERRUPTS();
		if (counts[arc] == 0)
			continue;
		pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		postage_push_number(state, "cell", problem->cells[a->cell].id);
		postage_push_key(state, "offer");
		postage_push_text(state, WJB_VALUE, problem->offers[a->offer].id);
		postage_push_number(state, "count", counts[arc]);
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
	postage_push_integer(state, WJB_ELEM, writer->problem->zones[writer->zone].id);
	push_offers(state, writer->problem, closed);
	push_offers(state, writer->problem, forced & ~writer->node_forced);
	pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	for (int o = 0; o < writer->problem->offer_count; o++)
		if (((forced >> o) & 1) && payments[o] > 0)
			postage_push_number(state, writer->problem->offers[o].id, payments[o]);
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

	postage_push_key(state, "multipliers");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int a = 0; a < problem->aggregate_count; a++)
		postage_push_integer(state, WJB_ELEM, node->multipliers[a]);
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
	postage_enter_node(solution, index);
	postage_push_key(state, "bundles");
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
			postage_push_number(state, "set", node->aggregate);
			postage_push_number(state, "at", node->at);
			break;
		case POSTAGE_NODE_BUNDLE:
			postage_push_number(state, "zone", problem->zones[node->zone].id);
			postage_push_key(state, "offer");
			postage_push_text(state, WJB_VALUE, problem->offers[node->offer].id);
			break;
	}
	if (node->kind == POSTAGE_NODE_VOLUME || node->kind == POSTAGE_NODE_BUNDLE)
	{
		postage_push_number(state, "below", node->below);
		postage_push_number(state, "above", node->above);
	}
	pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

static void
push_nodes(JsonbInState *state, const PostageProblem *problem, const PostageSolution *solution)
{
	postage_push_key(state, "nodes");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int n = 0; n < solution->node_count; n++)
		push_node(state, problem, solution, n);
	if (solution->node_count == 0) /* a cell has no offer left: any multipliers show it */
	{
		pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		postage_push_key(state, "multipliers");
		pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
		for (int a = 0; a < problem->aggregate_count; a++)
			postage_push_integer(state, WJB_ELEM, 0);
		pushJsonbValue(state, WJB_END_ARRAY, NULL);
		postage_push_key(state, "bundles");
		pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
		pushJsonbValue(state, WJB_END_ARRAY, NULL);
		pushJsonbValue(state, WJB_END_OBJECT, NULL);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

/* A leaf of the search over orders: {pay: {offer: [over, under, part]}, nodes} */
static void
push_order_leaf(JsonbInState *state, const PostageRelaxed *relaxed)
{
	postage_push_key(state, "pay");
	pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	for (int o = 0; o < relaxed->problem->offer_count; o++)
	{
		const PostageOrderPay *pay = &relaxed->pay[o];

		if (pay->over == 0 && pay->under == 0 && pay->part == 0)
			continue;
		postage_push_key(state, relaxed->problem->offers[o].id);
		pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
		postage_push_integer(state, WJB_ELEM, pay->over);
		postage_push_integer(state, WJB_ELEM, pay->under);
		postage_push_integer(state, WJB_ELEM, pay->part);
		pushJsonbValue(state, WJB_END_ARRAY, NULL);
	}
	pushJsonbValue(state, WJB_END_OBJECT, NULL);
	push_nodes(state, relaxed->problem, &relaxed->solution);
}

static void
push_orders(JsonbInState *state, const PostageProblem *problem, const PostageOrders *orders)
{
	postage_push_key(state, "orders");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int n = 0; n < orders->node_count; n++)
	{
		const PostageOrderNode *node = &orders->nodes[n];
		int child = node->first_child;

		pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		if (node->split < 0)
			push_order_leaf(state, node->relaxed);
		else if (node->is_use)
		{
			postage_push_key(state, "offer");
			postage_push_text(state, WJB_VALUE, problem->offers[node->split].id);
			postage_push_number(state, "without", child);
			postage_push_number(state, "with", child + 1);
		}
		else
		{
			postage_push_key(state, "order");
			postage_push_text(state, WJB_VALUE, problem->offers[node->split].order);
			postage_push_key(state, "ways");
			pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
			for (int o = 0; o < problem->offer_count; o++)
				if ((postage_order_offers(problem, node->split) >> o) & 1)
					postage_push_number(state, problem->offers[o].id, child++);
			pushJsonbValue(state, WJB_END_OBJECT, NULL);
		}
		pushJsonbValue(state, WJB_END_OBJECT, NULL);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

static void
push_certificate(JsonbInState *state, const PostageProblem *problem,
				 const PostageSolution *solution)
{
	postage_push_key(state, "certificate");
	pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	postage_push_number(state, "scale", POSTAGE_SCALE);
	postage_push_key(state, "sets");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int a = 0; a < problem->aggregate_count; a++)
		push_offers(state, problem, problem->aggregates[a].offers);
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
	if (solution->orders != NULL)
		push_orders(state, problem, solution->orders);
	else
		push_nodes(state, problem, solution);
	pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

/* The leaf that holds the plan; volumes by aggregate. */
static int
leaf_of_plan(const PostageProblem *problem, const PostageSolution *solution, const int64 *volumes)
{
	int node = 0;

	for (;;)
	{
		const PostageNode *n = &solution->nodes[node];
		bool above;

		if (n->kind == POSTAGE_NODE_OPEN || n->kind == POSTAGE_NODE_LEAF)
			return node;
		if (n->kind == POSTAGE_NODE_VOLUME)
			above = volumes[n->aggregate] >= n->at;
		else
			above = postage_bundle_letters(problem, solution->counts, n->zone, n->offer) > 0;
		node = above ? n->above : n->below;
	}
}

/* What one more letter of the set is worth in the leaf at the tiers that the plan reaches. */
static Datum
marginal_value(const PostageProblem *problem, const PostageSolution *solution, int leaf, int set,
			   int64 volume)
{
	const PostageAggregate *aggregate = &problem->aggregates[set];
	Datum value =
		NumericGetDatum(numeric_div_safe(int64_to_numeric(solution->nodes[leaf].multipliers[set]),
										 int64_to_numeric(POSTAGE_SCALE), NULL));

	/* the leaf takes the best points off every letter and asks the difference back by volume */
	for (int t = aggregate->first_term; t < aggregate->first_term + aggregate->term_count; t++)
	{
		const PostageGroup *group = &problem->groups[problem->terms[t].index];
		int64 points;

		if (problem->terms[t].kind != POSTAGE_TERM_GROUP || group->incremental)
			continue;
		points =
			problem
				->tiers[group->first_tier + postage_tier_of(problem, group, group->base + volume)]
				.discount;
		points = solution->relax->best_points[problem->terms[t].index] - points;
		value = DirectFunctionCall2(
			numeric_add, value,
			NumericGetDatum(numeric_div_safe(int64_to_numeric(points * group->min_price),
											 int64_to_numeric(10000), NULL)));
	}
	return DirectFunctionCall1(numeric_trim_scale, value);
}

static void
push_marginal_values(JsonbInState *state, const PostageProblem *problem,
					 const PostageSolution *solution)
{
	int64 *volumes = palloc0((problem->aggregate_count + 1) * sizeof(int64));
	int leaf;

	for (int arc = 0; arc < problem->arc_count; arc++)
	{
		if ((arc & 0xffff) == 0)
			CHECK_FOR_INTERRUPTS();
		for (int a = 0; a < problem->aggregate_count; a++)
			if ((problem->aggregates[a].offers >> problem->arcs[arc].offer) & 1)
				volumes[a] += solution->counts[arc];
	}
	leaf = leaf_of_plan(problem, solution, volumes);
	postage_enter_node(solution, leaf);
	postage_push_key(state, "marginal_values");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int a = 0; a < problem->aggregate_count; a++)
	{
		pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		postage_push_key(state, "offers");
		push_offers(state, problem, problem->aggregates[a].offers);
		postage_push_number(state, "letters", volumes[a]);
		postage_push_key(state, "value");
		push_numeric(state, WJB_VALUE,
					 DatumGetNumeric(marginal_value(problem, solution, leaf, a, volumes[a])));
		pushJsonbValue(state, WJB_END_OBJECT, NULL);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
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

void
postage_push_outcome(JsonbInState *state, const PostageSolution *solution)
{
	static const char *const names[] = {"optimal", "feasible", "infeasible"};
	JsonbValue none = {.type = jbvNull};

	postage_push_key(state, "status");
	postage_push_text(state, WJB_VALUE, names[solution->status]);
	postage_push_key(state, "reason");
	if (solution->reason[0] == '\0')
		pushJsonbValue(state, WJB_VALUE, &none);
	else
		postage_push_text(state, WJB_VALUE, solution->reason);
	if (solution->counts != NULL)
	{
		postage_push_number(state, "cost", solution->cost);
		postage_push_number(state, "lower_bound", solution->lower_bound);
		postage_push_key(state, "gap");
		push_numeric(state, WJB_VALUE, gap_of(solution));
	}
	else
	{
		postage_push_key(state, "proved");
		pushJsonbValue(state, WJB_VALUE,
					   &(JsonbValue){.type = jbvBool, .val.boolean = solution->proved});
	}
}

void
postage_push_solution(JsonbInState *state, const PostageProblem *problem,
					  const PostageSolution *solution)
{
	postage_push_outcome(state, solution);
	push_plan(state, problem, solution->counts);
	if (solution->counts != NULL && solution->node_count > 0)
		push_marginal_values(state, solution->orders ? solution->orders->problem : problem,
							 solution);
	if (solution->counts != NULL)
		push_certificate(state, problem, solution);
}
