/*
 * postage_order.c: the search over which range of the average weight each order is in.
 *
 * Each leaf is a relaxed problem for the solver of postage_solve.c.  Where a leaf has one offer of
 * each order, its payments are raised one after the other to where the bound is highest: along one
 * payment the bound is concave, and the plan found tells its slope.
 */
#include "core/postage_order.h"

#include <stdio.h>
#include <string.h>

#include "core/postage_arena.h"
#include "core/postage_order_plan.h"

#define MOST_NODES 256
#define MOST_PROBES 24
#define MOST_ROUNDS 3
#define RELAXED_NODES 5000
#define RELAXED_GAP 1000 /* of POSTAGE_GAP_UNIT: its money is not whole, so it may never close */

typedef enum PayKind
{
	PAY_OVER,
	PAY_UNDER,
	PAY_PART,
	PAY_KINDS
} PayKind;

typedef struct OrderSearch
{
	const PostageProblem *problem;
	const Port *port;
	const PostageOptions *options;
	PostageOrders *orders;
	PostageOrderPlans plans;
	int64_t highest_price;
	int64_t most_points[POSTAGE_MAX_OFFERS]; /* that groups can take off the offer's prices */
	const char *stopped;
} OrderSearch;

static void
relaxed_free(const Port *port, PostageRelaxed *relaxed)
{
	if (relaxed == NULL)
		return;
	postage_arena_free(relaxed->arena);
	port->release(port->host, relaxed);
}

static PostageRelaxed *
relaxed_new(const Port *port)
{
	PostageRelaxed *relaxed = port->alloc(port->host, sizeof(PostageRelaxed));

	if (relaxed == NULL)
		return NULL;
	memset(relaxed, 0, sizeof(*relaxed));
	relaxed->arena = postage_arena_new(port, &relaxed->port);
	if (relaxed->arena == NULL)
		return NULL;
	return relaxed;
}

/* Rounded down; part is never negative. */
static int64_t
part_of(int64_t money, int64_t part)
{
	return (int64_t) ((PostageWide) money * part / POSTAGE_WHOLE_PART);
}

static int64_t
least_asked(const OrderSearch *search, int offer, int64_t part)
{
	PostageWide money = search->problem->offers[offer].min_order;

	return (int64_t) (money * part * (10000 - search->most_points[offer]) / 10000 /
					  POSTAGE_WHOLE_PART);
}

static int64_t
relaxed_price(const PostageProblem *problem, const PostageArc *arc, const PostageOrderPay *pay)
{
	const PostageOffer *offer = &problem->offers[arc->offer];
	int64_t weight = problem->cells[arc->cell].weight;

	return part_of(arc->price, POSTAGE_WHOLE_PART - pay->part) +
		   pay->over * (weight - offer->upto) + pay->under * (offer->above - weight);
}

#define COPY(to, from, name, names)                                 \
	((to)->name##_count = (to)->name##_room = (from)->name##_count, \
	 (to)->names = copy_rows((to), (from)->names, (from)->name##_count, sizeof(*(to)->names)))

static void *
copy_rows(PostageProblem *problem, const void *rows, int count, size_t size)
{
	void *copy = port_alloc_array(problem->port, (size_t) count + 1, size);

	if (copy != NULL && count > 0)
		memcpy(copy, rows, count * size);
	return copy;
}

/* The problem without the closed offers and without orders, at the prices that payments make. */
static PortStatus
build_relaxed(const OrderSearch *search, uint64_t closed, uint64_t used, PostageRelaxed *relaxed)
{
	const PostageProblem *from = search->problem;
	PostageProblem *to = postage_problem_new(&relaxed->port);

	if (to == NULL || !COPY(to, from, offer, offers) || !COPY(to, from, operator, operators) ||
		!COPY(to, from, cell, cells) || !COPY(to, from, arc, arcs) ||
		!COPY(to, from, group, groups) || !COPY(to, from, tier, tiers) ||
		!COPY(to, from, commit, commits) || !COPY(to, from, cap, caps) ||
		!COPY(to, from, share, shares))
		return PORT_NO_MEMORY;
	relaxed->problem = to;
	to->letters = from->letters;
	to->joint_offers = from->joint_offers;
	to->is_relaxed = true;
	for (int cell = 0; cell < to->cell_count; cell++)
		to->cells[cell].arc_count = to->cells[cell].first_arc = 0;
	for (int arc = 0; arc < to->arc_count; arc++)
	{
		PostageArc *a = &to->arcs[arc];

		a->price = relaxed_price(from, a, &relaxed->pay[a->offer]);
		a->usable = !((closed >> a->offer) & 1);
	}
	for (int o = 0; o < to->offer_count; o++)
	{
		PostageOffer *offer = &to->offers[o];

		offer->fixed += least_asked(search, o, relaxed->pay[o].part);
		if (((used >> o) & 1) && offer->least == 0)
			offer->least = 1;
		offer->order = NULL;
		offer->above = offer->upto = offer->min_order = 0;
	}
	return postage_problem_finish(to);
}

/* Solves the relaxed problem, offers its plan; *made is NULL when the money is too much for it. */
static PortStatus
solve_relaxed(OrderSearch *search, uint64_t closed, uint64_t used, const PostageOrderPay *pay,
			  PostageRelaxed **made)
{
	const PostageOptions *given = search->options;
	PostageOptions options = *given;
	PostageRelaxed *relaxed = relaxed_new(search->port);
	PortStatus status;

	*made = NULL;
	if (relaxed == NULL)
		return PORT_NO_MEMORY;
	if (pay != NULL)
		memcpy(relaxed->pay, pay, sizeof(relaxed->pay));
	if (options.node_limit == 0 || options.node_limit > RELAXED_NODES)
		options.node_limit = RELAXED_NODES;
	if (options.gap_limit < RELAXED_GAP)
		options.gap_limit = RELAXED_GAP;
	options.warm_counts = NULL;
	status = build_relaxed(search, closed, used, relaxed);
	if (status == PORT_OK)
		status = postage_solve(relaxed->problem, &options, &relaxed->solution);
	if (status != PORT_OK)
	{
		relaxed_free(search->port, relaxed);
		return status == PORT_INVALID ? PORT_OK : status;
	}
	if (relaxed->solution.counts != NULL)
		postage_order_offer_plan(&search->plans, relaxed->solution.counts);
	*made = relaxed;
	return PORT_OK;
}

static int64_t
bound_of(const PostageRelaxed *relaxed)
{
	const PostageSolution *solution = &relaxed->solution;

	if (solution->counts != NULL)
		return solution->lower_bound;
	return solution->proved ? INT64_MAX : -POSTAGE_MAX_MONEY;
}

static bool
time_is_up(OrderSearch *search)
{
	const PostageOptions *options = search->options;

	if (options->time_is_up == NULL || !options->time_is_up(options->clock, search->plans.has_plan))
		return false;
	search->stopped = "time limit reached";
	return true;
}

static int64_t *
payment(PostageOrderPay *pay, PayKind kind)
{
	return kind == PAY_OVER ? &pay->over : kind == PAY_UNDER ? &pay->under : &pay->part;
}

/* By how much a unit of payment changes the price of an arc; PAY_PART apart. */
static int64_t
price_change(const PostageProblem *problem, const PostageArc *arc, PayKind kind)
{
	const PostageOffer *offer = &problem->offers[arc->offer];
	int64_t weight = problem->cells[arc->cell].weight;

	return kind == PAY_OVER ? weight - offer->upto : offer->above - weight;
}

/* The highest payment that keeps all prices from zero to the highest allowed. */
static int64_t
most_payment(const OrderSearch *search, const PostageOrderPay *given, int offer, PayKind kind)
{
	const PostageProblem *problem = search->problem;
	int64_t most = kind == PAY_PART ? POSTAGE_WHOLE_PART : search->highest_price;
	PostageOrderPay pay = given[offer];

	*payment(&pay, kind) = 0;
	if (search->most_points[offer] > 10000)
		return 0;
	for (int arc = 0; arc < problem->arc_count; arc++)
	{
		const PostageArc *a = &problem->arcs[arc];
		int64_t price, change, room;

		if (a->offer != offer)
			continue;
		price = relaxed_price(problem, a, &pay);
		if (kind == PAY_PART)
		{
			room = price - a->price >= 0 ? POSTAGE_WHOLE_PART
				   : a->price == 0
					   ? 0
					   : (int64_t) ((PostageWide) POSTAGE_WHOLE_PART * price / a->price);
			most = room < most ? room : most;
			continue;
		}
		change = price_change(problem, a, kind);
		if (price < 0 || price > search->highest_price)
			return 0;
		room = change < 0	? price / -change
			   : change > 0 ? (search->highest_price - price) / change
							: most;
		most = room < most ? room : most;
	}
	return most < 0 ? 0 : most;
}

typedef struct Probe
{
	int64_t at;
	PostageRelaxed *relaxed;
	double cost, slope;
} Probe;

/* Along a payment, the plan of a relaxed problem costs this much more for a unit. */
static double
slope_of(const OrderSearch *search, const PostageRelaxed *relaxed, int offer, PayKind kind)
{
	const PostageProblem *problem = search->problem;
	const int64_t *counts = relaxed->solution.counts;
	double money = 0;
	bool used = false;

	if (counts == NULL)
		return 0;
	if (kind != PAY_PART)
		return (double) postage_order_excess(problem, counts, offer, kind == PAY_UNDER);
	for (int arc = 0; arc < problem->arc_count; arc++)
		if (problem->arcs[arc].offer == offer && counts[arc] > 0)
		{
			used = true;
			money -= (double) counts[arc] * (double) problem->arcs[arc].price;
		}
	if (used)
		money += (double) least_asked(search, offer, POSTAGE_WHOLE_PART);
	return money / POSTAGE_WHOLE_PART;
}

static void
note_probe(const OrderSearch *search, Probe *probe, PostageRelaxed *relaxed, int offer,
		   PayKind kind)
{
	probe->relaxed = relaxed;
	probe->at = *payment(&relaxed->pay[offer], kind);
	probe->cost = (double) relaxed->solution.cost;
	probe->slope = slope_of(search, relaxed, offer, kind);
}

/* Frees what is neither an end of the bracket nor the best. */
static void
forget(const OrderSearch *search, PostageRelaxed *relaxed, const PostageOrderNode *node,
	   const Probe *low, const Probe *high)
{
	if (relaxed != NULL && relaxed != node->relaxed && relaxed != low->relaxed &&
		relaxed != high->relaxed)
		relaxed_free(search->port, relaxed);
}

static PortStatus
probe_at(OrderSearch *search, PostageOrderNode *node, const PostageOrderPay *base, int offer,
		 PayKind kind, int64_t at, PostageRelaxed **made)
{
	PostageOrderPay pay[POSTAGE_MAX_OFFERS];

	memcpy(pay, base, sizeof(pay));
	*payment(&pay[offer], kind) = at;
	return solve_relaxed(search, node->closed, node->used, pay, made);
}

static int64_t
first_step(const OrderSearch *search, int offer, PayKind kind, int64_t at)
{
	const PostageOffer *o = &search->problem->offers[offer];
	int64_t weight = o->upto > 0 ? o->upto : o->above;
	int64_t step = search->problem->arc_count > 0 && weight > 0
					   ? search->problem->arcs[0].price / weight / 16
					   : 1;

	if (kind == PAY_PART)
		return POSTAGE_WHOLE_PART;
	if (step < at * 7)
		step = at * 7;
	return step < 16 ? 16 : step;
}

/* Where the lines of both ends meet; every third step the middle, in case they lie. */
static int64_t
next_probe(const Probe *low, const Probe *high, int step)
{
	double meet =
		(high->cost - low->cost + low->slope * (double) low->at - high->slope * (double) high->at) /
		(low->slope - high->slope);
	int64_t at = low->at + (high->at - low->at) / 2;

	if (step % 3 != 2 && meet > (double) low->at && meet < (double) high->at)
		at = (int64_t) meet;
	if (at <= low->at)
		at = low->at + 1;
	return at;
}

static uint64_t
used_offers(const PostageRelaxed *relaxed)
{
	const PostageProblem *problem = relaxed->problem;
	uint64_t used = 0;

	for (int arc = 0; arc < problem->arc_count && relaxed->solution.counts != NULL; arc++)
		if (relaxed->solution.counts[arc] > 0)
			used |= UINT64_C(1) << problem->arcs[arc].offer;
	return used;
}

/* Offers with a minimum or fee that only one of the plans uses. */
static uint64_t
undecided_offers(const OrderSearch *search, const PostageRelaxed *low, const PostageRelaxed *high)
{
	const PostageProblem *problem = search->problem;
	uint64_t differ = used_offers(low) ^ used_offers(high);

	for (int o = 0; o < problem->offer_count; o++)
		if (problem->offers[o].fixed == 0 && problem->offers[o].min_mailing <= 1 &&
			problem->offers[o].min_order == 0)
			differ &= ~(UINT64_C(1) << o);
	return differ & ~problem->joint_offers;
}

/* Raises (or lowers) one payment to where the bound is highest; the node keeps the best. */
static PortStatus
tune_payment(OrderSearch *search, PostageOrderNode *node, int offer, PayKind kind)
{
	int64_t most = most_payment(search, node->relaxed->pay, offer, kind);
	PostageOrderPay base[POSTAGE_MAX_OFFERS];
	Probe low, high = {0};
	PortStatus status = PORT_OK;

	note_probe(search, &low, node->relaxed, offer, kind);
	memcpy(base, node->relaxed->pay, sizeof(base));
	if (low.slope == 0 || (low.slope < 0 && low.at == 0) || (low.slope > 0 && low.at >= most))
		return PORT_OK;
	if (low.slope < 0)
	{
		high = low;
		low = (Probe){.at = -1};
	}
	for (int step = 0; step < MOST_PROBES && status == PORT_OK; step++)
	{
		int64_t at = low.relaxed == NULL	? 0
					 : high.relaxed == NULL ? low.at + first_step(search, offer, kind, low.at)
											: next_probe(&low, &high, step);
		PostageRelaxed *made, *old;
		Probe probe;

		at = at > most ? most : at;
		if (at <= low.at || (high.relaxed != NULL && at >= high.at) || time_is_up(search))
			break;
		status = probe_at(search, node, base, offer, kind, at, &made);
		if (status != PORT_OK || made == NULL)
			break;
		note_probe(search, &probe, made, offer, kind);
		old = probe.slope > 0 ? low.relaxed : high.relaxed;
		if (probe.slope > 0)
			low = probe;
		else
			high = probe;
		if (bound_of(made) > node->bound)
		{
			PostageRelaxed *worse = node->relaxed;

			node->relaxed = made;
			node->bound = bound_of(made);
			if (worse != old)
				forget(search, worse, node, &low, &high);
		}
		forget(search, old, node, &low, &high);
		if (made->solution.counts == NULL)
			break;
	}
	if (status == PORT_OK && kind != PAY_PART && low.relaxed != NULL && high.relaxed != NULL &&
		low.relaxed->solution.counts != NULL && high.relaxed->solution.counts != NULL)
		postage_order_mix(&search->plans, low.relaxed->solution.counts,
						  high.relaxed->solution.counts, offer, kind == PAY_UNDER);
	if (low.relaxed != NULL && high.relaxed != NULL)
		node->undecided |=
			undecided_offers(search, low.relaxed, high.relaxed) & ~node->closed & ~node->used;
	if (low.relaxed != node->relaxed)
		relaxed_free(search->port, low.relaxed);
	if (high.relaxed != node->relaxed)
		relaxed_free(search->port, high.relaxed);
	return status;
}

/* Whether the cost may still be above the bound. */
static bool
is_open(const OrderSearch *search, int64_t bound)
{
	int64_t unit = search->problem->granularity;

	return bound != INT64_MAX && (!search->plans.has_plan || bound <= search->plans.cost - unit);
}

static PortStatus
tune_node(OrderSearch *search, PostageOrderNode *node)
{
	const PostageProblem *problem = search->problem;
	PortStatus status = PORT_OK;

	node->is_tuned = true;
	for (int round = 0; round < MOST_ROUNDS; round++)
	{
		int64_t before = node->bound;

		for (int o = 0; o < problem->offer_count; o++)
			for (int kind = 0; kind < PAY_KINDS && status == PORT_OK; kind++)
			{
				const PostageOffer *offer = &problem->offers[o];
				int64_t rule = kind == PAY_OVER	   ? offer->upto
							   : kind == PAY_UNDER ? offer->above
												   : offer->min_order;

				if (rule > 0 && !((node->closed >> o) & 1) && is_open(search, node->bound) &&
					search->stopped == NULL)
					status = tune_payment(search, node, o, (PayKind) kind);
			}
		if (node->bound == before || status != PORT_OK)
			break;
	}
	return status;
}

/* An offer of an order that has more than one open, -1: none. */
static int
find_split(const PostageProblem *problem, uint64_t closed)
{
	for (int o = 0; o < problem->offer_count; o++)
	{
		uint64_t open = postage_order_offers(problem, o) & ~closed;

		if (((open >> o) & 1) && (open & (open - 1)) != 0)
			return o;
	}
	return -1;
}

static int
add_node(OrderSearch *search, uint64_t closed, uint64_t used, PostageRelaxed *relaxed)
{
	PostageOrders *orders = search->orders;

	if (orders->node_count == orders->node_room)
	{
		int room = orders->node_room == 0 ? 16 : orders->node_room * 2;
		PostageOrderNode *nodes = port_resize_array(search->port, orders->nodes, orders->node_room,
													room, sizeof(PostageOrderNode));

		if (nodes == NULL)
			return -1;
		orders->nodes = nodes;
		orders->node_room = room;
	}
	orders->nodes[orders->node_count] = (PostageOrderNode){.split = -1,
														   .closed = closed,
														   .used = used,
														   .bound = bound_of(relaxed),
														   .relaxed = relaxed};
	return orders->node_count++;
}

/* Adds a solved child; false when a limit stops that: then no child counts. */
static PortStatus
add_child(OrderSearch *search, uint64_t closed, uint64_t used, const PostageOrderPay *pay,
		  int first)
{
	PostageOrders *orders = search->orders;
	PostageRelaxed *made = NULL;
	PortStatus status = solve_relaxed(search, closed, used, pay, &made);

	if (status != PORT_OK)
		return status;
	if (made == NULL || time_is_up(search))
	{
		relaxed_free(search->port, made);
		while (orders->node_count > first)
			relaxed_free(search->port, orders->nodes[--orders->node_count].relaxed);
		search->stopped = search->stopped ? search->stopped : "money is near its limit";
		return PORT_STOPPED;
	}
	return add_node(search, closed, used, made) < 0 ? PORT_NO_MEMORY : PORT_OK;
}

/* All children are solved at once, so that every leaf has a proof whenever the search stops. */
static PortStatus
split_node(OrderSearch *search, int index, int offer, bool is_use)
{
	PostageOrders *orders = search->orders;
	uint64_t offers = postage_order_offers(search->problem, offer);
	PostageOrderNode node = orders->nodes[index];
	uint64_t one = UINT64_C(1) << offer;
	int first = orders->node_count;
	PortStatus status = PORT_OK;

	if (is_use)
	{
		status = add_child(search, node.closed | one, node.used, node.relaxed->pay, first);
		if (status == PORT_OK)
			status = add_child(search, node.closed, node.used | one, node.relaxed->pay, first);
	}
	for (int o = 0; o < search->problem->offer_count && !is_use && status == PORT_OK; o++)
		if ((offers >> o) & 1)
			status = add_child(search, node.closed | (offers & ~(UINT64_C(1) << o)), node.used,
							   NULL, first);
	if (status != PORT_OK)
		return status == PORT_STOPPED ? PORT_OK : status;
	relaxed_free(search->port, node.relaxed);
	orders->nodes[index].relaxed = NULL;
	orders->nodes[index].split = offer;
	orders->nodes[index].is_use = is_use;
	orders->nodes[index].first_child = first;
	return PORT_OK;
}

static int
weakest_leaf(const PostageOrders *orders)
{
	int weakest = -1;

	for (int n = 0; n < orders->node_count; n++)
		if (orders->nodes[n].split < 0 &&
			(weakest < 0 || orders->nodes[n].bound < orders->nodes[weakest].bound))
			weakest = n;
	return weakest;
}

/* The leaf with the least bound among those that something is left to do with, -1: none. */
static int
next_leaf(const OrderSearch *search)
{
	const PostageOrders *orders = search->orders;
	int next = -1;

	for (int n = 0; n < orders->node_count; n++)
	{
		const PostageOrderNode *node = &orders->nodes[n];

		if (node->split < 0 && is_open(search, node->bound) &&
			(!node->is_tuned || node->undecided != 0) &&
			(next < 0 || node->bound < orders->nodes[next].bound))
			next = n;
	}
	return next;
}

static bool
limit_reached(OrderSearch *search, int64_t bound)
{
	const PostageOptions *options = search->options;
	const PostageOrderPlans *plans = &search->plans;

	if (search->stopped != NULL || time_is_up(search))
		return true;
	if (plans->has_plan && options->gap_limit > 0 &&
		((PostageWide) plans->cost - bound) * POSTAGE_GAP_UNIT <=
			(PostageWide) options->gap_limit * plans->cost)
		search->stopped = "gap limit reached";
	else if (search->orders->node_count >=
			 (options->node_limit > 0 && options->node_limit < MOST_NODES ? options->node_limit
																		  : MOST_NODES))
		search->stopped = "node limit reached";
	return search->stopped != NULL;
}

static PortStatus
search_leaves(OrderSearch *search)
{
	PostageOrders *orders = search->orders;
	PortStatus status = PORT_OK;

	while (status == PORT_OK)
	{
		int index = next_leaf(search);
		PostageOrderNode *node = &orders->nodes[index < 0 ? 0 : index];
		int split = index < 0 ? -1 : find_split(search->problem, node->closed);

		if (index < 0 || limit_reached(search, orders->nodes[weakest_leaf(orders)].bound))
			break;
		if (split >= 0)
			status = split_node(search, index, split, false);
		else if (!node->is_tuned)
			status = tune_node(search, node);
		else
			status = split_node(search, index, __builtin_ctzll(node->undecided), true);
	}
	if (status == PORT_OK && is_open(search, orders->nodes[weakest_leaf(orders)].bound))
		postage_order_polish(&search->plans);
	return search->port->interrupted(search->port->host) ? PORT_INTERRUPTED : status;
}

static void
conclude(OrderSearch *search, PostageSolution *solution)
{
	const PostageOrders *orders = search->orders;
	const PostageRelaxed *weakest = orders->nodes[weakest_leaf(orders)].relaxed;
	int64_t bound = orders->nodes[weakest_leaf(orders)].bound;

	*solution = weakest->solution;
	solution->orders = orders;
	search->orders->problem = weakest->problem;
	if (!search->plans.has_plan)
	{
		solution->counts = NULL;
		solution->status = POSTAGE_INFEASIBLE;
		solution->proved = bound == INT64_MAX;
		if (bound != INT64_MAX)
			snprintf(solution->reason, sizeof(solution->reason), "%s",
					 search->stopped != NULL
						 ? "a limit was reached before a plan was found"
						 : "no plan was found whose orders have a price at their average weight");
		return;
	}
	solution->counts = search->plans.best;
	solution->cost = search->plans.cost;
	solution->lower_bound =
		bound >= solution->cost
			? solution->cost
			: postage_round_bound(search->problem, (PostageWide) bound * POSTAGE_SCALE);
	if (solution->lower_bound > solution->cost)
		solution->lower_bound = solution->cost;
	solution->status = solution->lower_bound == solution->cost ? POSTAGE_OPTIMAL : POSTAGE_FEASIBLE;
	solution->reason[0] = '\0';
	if (solution->status == POSTAGE_FEASIBLE)
		snprintf(solution->reason, sizeof(solution->reason), "%s",
				 search->stopped != NULL ? search->stopped
										 : "what orders ask for together is proven so far only");
}

/* Points that groups can take off, at most; and how dear a relaxed letter may be. */
static void
measure(OrderSearch *search)
{
	const PostageProblem *problem = search->problem;
	PostageWide most = POSTAGE_MAX_MONEY / 4 / (problem->letters + 1) / (1 + problem->group_count);

	search->highest_price = most < POSTAGE_MAX_PRICE ? (int64_t) most : POSTAGE_MAX_PRICE;
	for (int g = 0; g < problem->group_count; g++)
	{
		const PostageGroup *group = &problem->groups[g];
		int64_t points = 0;

		for (int t = group->first_tier; t < group->first_tier + group->tier_count; t++)
			if (!group->incremental && problem->tiers[t].discount > points)
				points = problem->tiers[t].discount;
		for (int o = 0; o < problem->offer_count; o++)
			if ((group->offers >> o) & 1)
				search->most_points[o] += points;
	}
}

/* A first plan that needs no order at all, for when averages make it hard to find another. */
static PortStatus
try_without_orders(OrderSearch *search)
{
	uint64_t closed = 0;
	PostageRelaxed *made = NULL;
	PortStatus status;

	for (int o = 0; o < search->problem->offer_count; o++)
		if (search->problem->offers[o].order != NULL || search->problem->offers[o].above > 0 ||
			search->problem->offers[o].upto > 0)
			closed |= UINT64_C(1) << o;
	status = solve_relaxed(search, closed, 0, NULL, &made);
	relaxed_free(search->port, made);
	return status;
}

PortStatus
postage_solve_orders(const PostageProblem *problem, const PostageOptions *options,
					 PostageSolution *solution)
{
	OrderSearch search = {.problem = problem, .port = problem->port, .options = options};
	PostageRelaxed *root = NULL;
	PortStatus status;

	memset(solution, 0, sizeof(*solution));
	search.orders = problem->port->alloc(problem->port->host, sizeof(PostageOrders));
	if (search.orders == NULL || !postage_order_plans_init(&search.plans, problem))
		return PORT_NO_MEMORY;
	memset(search.orders, 0, sizeof(PostageOrders));
	measure(&search);
	if (options->warm_counts != NULL)
		postage_order_offer_plan(&search.plans, options->warm_counts);
	status = solve_relaxed(&search, 0, 0, NULL, &root);
	if (status == PORT_OK && root == NULL)
		return port_fault((PortFault *) &problem->fault, PORT_INVALID, "POSTAGE-LIMIT",
						  "money could exceed %lld micro units", (long long) POSTAGE_MAX_MONEY);
	if (status == PORT_OK && !search.plans.has_plan)
		status = try_without_orders(&search);
	if (status == PORT_OK && add_node(&search, 0, 0, root) < 0)
		status = PORT_NO_MEMORY;
	if (status == PORT_OK)
		status = search_leaves(&search);
	if (status == PORT_OK)
		conclude(&search, solution);
	return status;
}
