/*
 * postage_solve.c: best-first branch and bound over tiers, offers and bundles.
 */
#include "core/postage_solve.h"

#include "core/postage_complete.h"
#include "core/postage_dual.h"
#include "core/postage_order.h"
#include "core/postage_price.h"
#include "core/postage_round.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST_COMPLETIONS 4 /* at one node, where minima of bundles are shared out */
#define MOST_TURNS 32	   /* other ways to share them out, at a node that cannot be split */

typedef struct Search
{
	const PostageProblem *problem;
	const Port *port;
	const PostageOptions *options;
	PostageSolution *solution;
	PostageRelax *relax;
	PostageDual *dual;
	PostageCompleter *completer;
	int node_room;
	int *heap; /* open nodes, least bound first */
	int heap_count, heap_room;
	PostageWide closed_bound; /* least bound of the leaves that were not searched to the end */
	bool any_closed;		  /* there is such a leaf */
	bool closed_by_gap;		  /* and one of them is good enough for the gap limit */
	PostageWide cutoff;		  /* scaled: a node that reaches it holds nothing better */
	int64_t *counts;		  /* trial plan */
	PostageRounding rounding;
} Search;

int64_t
postage_round_bound(const PostageProblem *problem, PostageWide scaled)
{
	PostageWide unit = (PostageWide) problem->granularity * POSTAGE_SCALE;
	PostageWide whole = scaled / unit;

	if (scaled > 0 && whole * unit < scaled)
		whole++;
	return (int64_t) (whole * problem->granularity);
}

static void
set_cutoff(Search *search, int64_t cost)
{
	/* a bound above cost - granularity already rounds up to cost */
	search->cutoff = ((PostageWide) cost - search->problem->granularity) * POSTAGE_SCALE + 1;
}

void
postage_enter_node(const PostageSolution *solution, int node)
{
	PostageRelax *relax = solution->relax;

	postage_relax_reset(relax);
	for (int child = node, n = solution->nodes[node].parent; n >= 0;
		 child = n, n = solution->nodes[n].parent)
	{
		const PostageNode *split = &solution->nodes[n];
		bool above = split->above == child;

		if (split->kind == POSTAGE_NODE_VOLUME)
		{
			if (above && split->at > relax->low[split->aggregate])
				relax->low[split->aggregate] = split->at;
			if (!above && split->at - 1 < relax->high[split->aggregate])
				relax->high[split->aggregate] = split->at - 1;
		}
		else if (above)
			relax->zone_forced[split->zone] |= UINT64_C(1) << split->offer;
		else
			relax->zone_open[split->zone] &=
				~solution->relax->problem->offers[split->offer].members;
	}
	postage_relax_prepare(relax);
}

static int
add_node(Search *search, int parent, PostageWide bound, const int64_t *multipliers)
{
	PostageSolution *solution = search->solution;
	size_t bytes = search->problem->aggregate_count * sizeof(int64_t);
	PostageNode *node;

	if (solution->node_count == search->node_room)
	{
		int room = search->node_room ? search->node_room * 2 : 64;
		PostageNode *larger = port_resize_array(search->port, solution->nodes, search->node_room,
												room, sizeof(PostageNode));

		if (larger == NULL)
			return -1;
		solution->nodes = larger;
		search->node_room = room;
	}
	node = &solution->nodes[solution->node_count];
	memset(node, 0, sizeof(*node));
	node->parent = parent;
	node->below = node->above = -1;
	node->bound = bound;
	node->multipliers = search->port->alloc(search->port->host, bytes + 1);
	if (node->multipliers == NULL)
		return -1;
	if (multipliers)
		memcpy(node->multipliers, multipliers, bytes);
	else
		memset(node->multipliers, 0, bytes);
	return solution->node_count++;
}

static bool
less(const Search *search, int a, int b)
{
	const PostageNode *x = &search->solution->nodes[a];
	const PostageNode *y = &search->solution->nodes[b];

	return x->bound != y->bound ? x->bound < y->bound : a < b;
}

static bool
push(Search *search, int node)
{
	int at = search->heap_count;

	if (at == search->heap_room)
	{
		int room = search->heap_room ? search->heap_room * 2 : 64;
		int *larger =
			port_resize_array(search->port, search->heap, search->heap_room, room, sizeof(int));

		if (larger == NULL)
			return false;
		search->heap = larger;
		search->heap_room = room;
	}
	search->heap_count++;
	for (; at > 0 && less(search, node, search->heap[(at - 1) / 2]); at = (at - 1) / 2)
		search->heap[at] = search->heap[(at - 1) / 2];
	search->heap[at] = node;
	return true;
}

static int
pop(Search *search)
{
	int top = search->heap[0];
	int last = search->heap[--search->heap_count];
	int at = 0;

	for (;;)
	{
		int child = 2 * at + 1;

		if (child >= search->heap_count)
			break;
		if (child + 1 < search->heap_count &&
			less(search, search->heap[child + 1], search->heap[child]))
			child++;
		if (!less(search, search->heap[child], last))
			break;
		search->heap[at] = search->heap[child];
		at = child;
	}
	search->heap[at] = last;
	return top;
}

/* Keeps the trial plan if it is better than the best so far, whose room is the next trial's. */
static PortStatus
offer_plan(Search *search)
{
	PostageSolution *solution = search->solution;
	int64_t *counts = search->counts;
	PostagePrice price;

	if (postage_price_plan(search->problem, counts, &price) != PORT_OK)
		return PORT_INTERRUPTED;
	if (!price.feasible || (solution->counts != NULL && price.cost >= solution->cost))
		return PORT_OK;
	search->counts = solution->counts;
	if (search->counts == NULL)
		search->counts =
			port_alloc_array(search->port, search->problem->arc_count + 1, sizeof(int64_t));
	if (search->counts == NULL)
		return PORT_NO_MEMORY;
	solution->counts = counts;
	solution->cost = price.cost;
	set_cutoff(search, price.cost);
	return PORT_OK;
}

/* One plan near the shares: an exact flow, unless nothing better can be there. */
static PortStatus
complete_near(Search *search, int index, const PostageDualResult *shares,
			  const PostageRoundingRule *rule)
{
	const int64_t *multipliers = search->solution->nodes[index].multipliers;
	PortStatus status;

	status = postage_round(search->relax, shares, rule, &search->rounding);
	if (status != PORT_OK)
		return status;
	if (search->solution->counts != NULL)
	{
		PostageWide bound;

		status = postage_rounding_bound(search->relax, &search->rounding, multipliers, &bound);
		postage_enter_node(search->solution, index);
		postage_relax_set_multipliers(search->relax, multipliers);
		if (status != PORT_OK || bound >= search->cutoff)
			return status;
	}
	for (int round = 0; round < MOST_COMPLETIONS; round++)
	{
		status = postage_complete(search->completer, search->relax, search->rounding.volumes,
								  search->rounding.zone_open, search->counts);
		if (status == PORT_STOPPED)
			return PORT_OK;
		if (status == PORT_OK)
			status = offer_plan(search);
		if (status != PORT_OK || !postage_complete_again(search->completer))
			return status;
	}
	return PORT_OK;
}

typedef struct Branch
{
	PostageNodeKind kind;
	int aggregate;
	int64_t at;
	int zone, offer;
	double gap;
} Branch;

/* How much less than the truth the relaxation charges for an aggregate, and where to split it. */
static void
measure_volume_gap(const Search *search, const PostageDualResult *shares, int a, Branch *best)
{
	const PostageProblem *problem = search->problem;
	const PostageAggregate *aggregate = &problem->aggregates[a];
	const PostageRelax *relax = search->relax;
	const PostagePiece *pieces = relax->pieces[a];
	int count = relax->piece_count[a];
	double volume = shares->volumes[a];
	double cost = 0;
	double gap;
	int64_t at;
	int p = 0;

	if (relax->low[a] == relax->high[a] || (count == 1 && pieces[0].from == pieces[0].to))
		return;
	while (p + 1 < count && (double) pieces[p + 1].from <= volume + 1e-7)
		p++;
	if (volume > (double) pieces[p].to + 1e-7 && p + 1 < count)
	{
		/* between two pieces: neither is reached */
		double span = (double) (pieces[p + 1].from - pieces[p].to);
		double part = (volume - (double) pieces[p].to) / span;
		double left = (double) pieces[p].cost_to;
		double right = (double) pieces[p + 1].cost_from;

		cost = left > right ? left : right;
		gap = cost - shares->range_cost[a] + 1e3 * (part < 0.5 ? part : 1 - part) * span;
		at = pieces[p + 1].from;
	}
	else
	{
		double span = (double) (pieces[p].to - pieces[p].from);
		double part = span > 0 ? (volume - (double) pieces[p].from) / span : 0;

		cost = (double) pieces[p].cost_from +
			   part * (double) (pieces[p].cost_to - pieces[p].cost_from);
		gap = cost - shares->range_cost[a];
		at = p + 1 < count ? pieces[p + 1].from : pieces[p].from;
	}
	for (int t = aggregate->first_term; t < aggregate->first_term + aggregate->term_count; t++)
	{
		const PostageTerm *term = &problem->terms[t];
		const PostageGroup *group;
		double money = 0;
		int64_t points;

		if (term->kind != POSTAGE_TERM_GROUP || problem->groups[term->index].incremental)
			continue;
		group = &problem->groups[term->index];
		for (int o = 0; o < problem->offer_count; o++)
			if ((group->offers >> o) & 1)
				money += shares->money[o];
		points = problem
					 ->tiers[group->first_tier +
							 postage_tier_of(problem, group, group->base + llround(volume))]
					 .discount;
		gap += (double) (relax->best_points[term->index] - points) *
			   (money - (double) group->min_price * volume) / 10000.0;
	}
	if (at <= relax->low[a])
		return;
	if (gap > best->gap)
		*best = (Branch){POSTAGE_NODE_VOLUME, a, at, -1, -1, gap};
}

static void
find_bundle(const Search *search, const PostageDualResult *shares, Branch *best)
{
	const PostageProblem *problem = search->problem;
	double most = 1e-6;

	for (int z = 0; z < problem->zone_count; z++)
	{
		const PostageZone *zone = &problem->zones[z];
		uint64_t free = zone->buckets &
						postage_leads(problem, search->relax->open & search->relax->zone_open[z]) &
						~search->relax->zone_forced[z];

		for (uint64_t rest = free; rest != 0; rest &= rest - 1)
		{
			int o = __builtin_ctzll(rest);
			double used = shares->used[(size_t) z * problem->offer_count + o];
			double part = used < 0.5 ? used : 1 - used;

			if (part * (double) zone->letters > most)
			{
				most = part * (double) zone->letters;
				*best = (Branch){POSTAGE_NODE_BUNDLE, -1, 0, z, o, 0};
			}
		}
	}
}

/* Last resort, for sets of offers that cross: narrow the widest range around its volume. */
static void
find_volume(const Search *search, const PostageDualResult *shares, Branch *best)
{
	int64_t widest = 0;

	for (int a = 0; a < search->problem->aggregate_count; a++)
	{
		int64_t low = search->relax->low[a];
		int64_t high = search->relax->high[a];
		int64_t at = (int64_t) floor(shares->volumes[a]) + 1;

		if (at <= low)
			at = low + 1;
		if (at > high)
			at = high;
		if (high - low > widest)
		{
			widest = high - low;
			*best = (Branch){POSTAGE_NODE_VOLUME, a, at, -1, -1, 0};
		}
	}
}

/* kind POSTAGE_NODE_LEAF when there is nothing left to split. */
static Branch
choose_branch(const Search *search, const PostageDualResult *shares)
{
	Branch best = {POSTAGE_NODE_LEAF, -1, 0, -1, -1, 0.5};

	for (int a = 0; a < search->problem->aggregate_count; a++)
		measure_volume_gap(search, shares, a, &best);
	if (best.kind == POSTAGE_NODE_LEAF)
		find_bundle(search, shares, &best);
	if (best.kind == POSTAGE_NODE_LEAF)
		find_volume(search, shares, &best);
	return best;
}

/*
 * A narrower range may promise fewer points.  Moving the multiplier by what the cheapest letter
 * loses keeps the parent's bound true for the child as it stands.
 */
static void
inherit_multipliers(const Search *search, PostageNode *child, const Branch *branch, bool above)
{
	const PostageProblem *problem = search->problem;
	const PostageRelax *relax = search->relax;
	int a = branch->aggregate;

	if (branch->kind != POSTAGE_NODE_VOLUME)
		return;
	for (int g = 0; g < problem->group_count; g++)
	{
		const PostageGroup *group = &problem->groups[g];
		int64_t points;

		if (group->incremental || group->offers == 0 || group->aggregate != a)
			continue;
		points = postage_best_points(problem, group, above ? branch->at : relax->low[a],
									 above ? relax->high[a] : branch->at - 1);
		child->multipliers[a] +=
			(relax->best_points[g] - points) * group->min_price * (POSTAGE_SCALE / 10000);
	}
}

static PortStatus
split_node(Search *search, int index, const Branch *branch, const PostageDualResult *shares)
{
	PostageSolution *solution = search->solution;
	PostageNode *node = &solution->nodes[index];
	const int64_t *multipliers = node->multipliers;
	PostageWide bound = node->bound;

	search->port->release(search->port->host, node->start);
	node->start = NULL;
	for (int side = 0; side < 2; side++)
	{
		int child = add_node(search, index, bound, multipliers);
		PostageNode *c;

		if (child < 0 || !push(search, child))
			return PORT_NO_MEMORY;
		node = &solution->nodes[index]; /* the array may have moved */
		c = &solution->nodes[child];
		c->start = port_alloc_array(search->port, shares->start_count + 1, sizeof(int));
		if (c->start == NULL)
			return PORT_NO_MEMORY;
		memcpy(c->start, shares->start, shares->start_count * sizeof(int));
		c->start_count = shares->start_count;
		inherit_multipliers(search, c, branch, side == 1);
		if (side == 0)
			node->below = child;
		else
			node->above = child;
	}
	node->kind = branch->kind;
	node->aggregate = branch->aggregate;
	node->at = branch->at;
	node->zone = branch->zone;
	node->offer = branch->offer;
	search->port->release(search->port->host, node->multipliers);
	node->multipliers = NULL;
	return PORT_OK;
}

static PortStatus
look_for_plans(Search *search, int index, const PostageDualResult *shares, const Branch *branch)
{
	static const float thresholds[] = {0.5f, 0.3f, 0.7f, 0.15f, 0.85f};
	float threshold = branch->kind == POSTAGE_NODE_BUNDLE ? thresholds[index % 5] : 0.5f;
	PostageRoundingRule rule = {threshold, -1, 0};
	PortStatus status = complete_near(search, index, shares, &rule);

	if (index != 0 && search->solution->counts != NULL)
		return status;
	for (int turn = 0; turn < 2 && status == PORT_OK; turn++)
	{
		rule.threshold = turn == 0 ? 0.999f : 0.001f;
		status = complete_near(search, index, shares, &rule);
	}
	for (int direction = -1; direction <= 1 && branch->kind == POSTAGE_NODE_VOLUME; direction += 2)
		if (status == PORT_OK)
			status = complete_near(search, index, shares,
								   &(PostageRoundingRule){0.5f, branch->aggregate, direction});
	return status;
}

/* Where nothing is left to split, only the parts of shared minima are open: tries some. */
static PortStatus
vary_plans(Search *search, int index, const PostageDualResult *shares)
{
	PostageRoundingRule rule = {0.5f, -1, 0};
	PortStatus status = PORT_OK;

	for (int turn = 1;
		 turn <= MOST_TURNS && status == PORT_OK && postage_complete_again(search->completer);
		 turn++)
	{
		postage_complete_turn(search->completer, turn);
		status = complete_near(search, index, shares, &rule);
	}
	postage_complete_turn(search->completer, 0);
	return status;
}

/* A leaf below the cutoff that cannot be split: the proof ends at its bound. */
static PortStatus
close_leaf(Search *search, const PostageNode *node)
{
	if (!search->any_closed || node->bound < search->closed_bound)
		search->closed_bound = node->bound;
	search->any_closed = true;
	return PORT_OK;
}

/* A bound from which on the gap limit is kept. */
static PostageWide
enough(const Search *search)
{
	const PostageSolution *solution = search->solution;
	PostageWide slack = (PostageWide) search->options->gap_limit * solution->cost;

	if (solution->counts == NULL || solution->cost <= 0 || search->options->gap_limit <= 0)
		return search->cutoff;
	slack = (solution->cost - slack / POSTAGE_GAP_UNIT) * POSTAGE_SCALE;
	return slack < search->cutoff ? slack : search->cutoff;
}

/* Bounds the node.  One that will be split need not be bounded to the end once there is a plan. */
static PortStatus
bound_node(Search *search, PostageNode *node, PostageWide cutoff, bool to_the_end,
		   PostageDualResult *shares)
{
	PostageDualStart start = {node->start, node->start_count};
	PortStatus status =
		postage_dual_solve(search->dual, node->multipliers, &start, cutoff, to_the_end, shares);

	if (status != PORT_OK)
		return status;
	node->kind = POSTAGE_NODE_LEAF;
	node->no_plan = shares->no_plan;
	if (!shares->no_plan && shares->bound > node->bound)
		node->bound = shares->bound;
	return PORT_OK;
}

static PortStatus
search_node(Search *search, int index)
{
	PostageSolution *solution = search->solution;
	PostageNode *node = &solution->nodes[index];
	PostageDualResult shares;
	PostageWide cutoff = enough(search);
	PortStatus status;
	Branch branch;

	postage_enter_node(solution, index);
	status = bound_node(search, node, cutoff, index == 0 || solution->counts == NULL, &shares);
	if (status == PORT_OK && shares.early &&
		choose_branch(search, &shares).kind == POSTAGE_NODE_LEAF)
		status = bound_node(search, node, cutoff, true, &shares);
	if (status != PORT_OK || shares.no_plan || node->bound >= search->cutoff)
		return status;
	if (node->bound >= cutoff)
	{
		search->closed_by_gap = true;
		return close_leaf(search, node);
	}
	if (!shares.has_shares)
		return close_leaf(search, node);
	branch = choose_branch(search, &shares);
	status = look_for_plans(search, index, &shares, &branch);
	if (status != PORT_OK || node->bound >= search->cutoff)
		return status;
	if (branch.kind == POSTAGE_NODE_LEAF)
	{
		status = vary_plans(search, index, &shares);
		return status == PORT_OK && node->bound < search->cutoff ? close_leaf(search, node)
																 : status;
	}
	return split_node(search, index, &branch, &shares);
}

static bool
limit_reached(Search *search, PostageWide lowest)
{
	const PostageOptions *options = search->options;
	PostageSolution *solution = search->solution;
	const char *limit = NULL;

	if (solution->counts != NULL && options->gap_limit > 0 &&
		((PostageWide) solution->cost - postage_round_bound(search->problem, lowest)) *
				POSTAGE_GAP_UNIT <=
			(PostageWide) options->gap_limit * solution->cost)
		limit = "gap limit reached";
	else if (options->node_limit > 0 && solution->node_count >= options->node_limit)
		limit = "node limit reached";
	else if (options->time_is_up != NULL &&
			 options->time_is_up(options->clock, solution->counts != NULL))
		limit = "time limit reached";
	else if (postage_dual_bytes(search->dual) > POSTAGE_MOST_PLAN_BYTES)
		limit = "memory limit reached";
	if (limit == NULL)
		return false;
	snprintf(solution->reason, sizeof(solution->reason), "%s%s", limit,
			 solution->counts == NULL ? " before a plan was found" : "");
	return true;
}

/* Why there is no plan: a set of offers without any allowed volume, where there is one. */
static void
explain_infeasible(const Search *search)
{
	const PostageProblem *problem = search->problem;
	PostageSolution *solution = search->solution;
	PostageRelax *relax = solution->relax;

	snprintf(solution->reason, sizeof(solution->reason),
			 "no plan keeps to all minimums, bundle minimums, caps and shares");
	postage_enter_node(solution, 0);
	for (int a = 0; a < problem->aggregate_count; a++)
	{
		char names[128] = "";
		size_t used = 0;

		if (relax->piece_count[a] > 0)
			continue;
		for (uint64_t rest = problem->aggregates[a].offers; rest != 0 && used < sizeof(names);
			 rest &= rest - 1)
			used += snprintf(names + used, sizeof(names) - used, "%s\"%s\"", used ? ", " : "",
							 problem->offers[__builtin_ctzll(rest)].id);
		snprintf(solution->reason, sizeof(solution->reason),
				 "offers %s must carry %" PRId64 " letters or more and can carry %" PRId64
				 " at most, and their minimum, cap or share allows no number between",
				 names, relax->low[a], relax->high[a]);
		return;
	}
}

static void
conclude(Search *search, bool stopped, PostageWide lowest)
{
	PostageSolution *solution = search->solution;

	if (solution->counts == NULL)
	{
		solution->status = POSTAGE_INFEASIBLE;
		solution->proved = !stopped && !search->any_closed;
		if (!stopped)
			explain_infeasible(search);
		return;
	}
	if (search->any_closed && search->closed_bound < lowest)
		lowest = search->closed_bound;
	solution->lower_bound = solution->cost;
	if (lowest < search->cutoff)
		solution->lower_bound = postage_round_bound(search->problem, lowest);
	if (solution->lower_bound > solution->cost)
		solution->lower_bound = solution->cost;
	solution->status = solution->lower_bound == solution->cost ? POSTAGE_OPTIMAL : POSTAGE_FEASIBLE;
	if (solution->status == POSTAGE_FEASIBLE && !stopped)
		snprintf(solution->reason, sizeof(solution->reason), "%s",
				 search->closed_by_gap ? "gap limit reached" : "multipliers reached their limit");
}

/* Names a cell without any offer. */
static bool
uncovered(const PostageProblem *problem, PostageSolution *solution)
{
	for (int cell = 0; cell < problem->cell_count; cell++)
	{
		const PostageCell *c = &problem->cells[cell];
		bool found = c->count == 0;

		if (postage_pause(problem, cell))
			return false; /* the next step will notice, too */
		for (int arc = c->first_arc; arc < c->first_arc + c->arc_count && !found; arc++)
			found = problem->arcs[arc].usable;
		if (found)
			continue;
		solution->status = POSTAGE_INFEASIBLE;
		solution->proved = true;
		snprintf(solution->reason, sizeof(solution->reason),
				 c->arc_count == 0 ? "cell %" PRId64 " has no offer"
								   : "cell %" PRId64
									 " has only offers whose bundle minimum its zone cannot reach",
				 c->id);
		return true;
	}
	return false;
}

static PortStatus
prepare(Search *search)
{
	const PostageProblem *problem = search->problem;
	const Port *port = search->port;

	search->relax = search->solution->relax = postage_relax_new(problem);
	if (search->relax == NULL)
		return port->interrupted(port->host) ? PORT_INTERRUPTED : PORT_NO_MEMORY;
	search->dual = postage_dual_new(problem, search->relax);
	search->completer = postage_completer_new(problem);
	search->counts = port_alloc_array(port, problem->arc_count + 1, sizeof(int64_t));
	search->rounding.volumes =
		port_alloc_array(port, problem->aggregate_count + 1, sizeof(int64_t));
	search->rounding.zone_open = port_alloc_array(port, problem->zone_count + 1, sizeof(uint64_t));
	if (!search->dual || !search->completer || !search->counts || !search->rounding.volumes ||
		!search->rounding.zone_open)
		return PORT_NO_MEMORY;
	search->cutoff = ((PostageWide) problem->infeasible_at + 1) * POSTAGE_SCALE;
	if (add_node(search, -1, -search->cutoff, NULL) < 0 || !push(search, 0))
		return PORT_NO_MEMORY;
	if (search->options->warm_counts == NULL)
		return PORT_OK;
	memcpy(search->counts, search->options->warm_counts, problem->arc_count * sizeof(int64_t));
	return offer_plan(search);
}

PortStatus
postage_solve(const PostageProblem *problem, const PostageOptions *options,
			  PostageSolution *solution)
{
	Search search = {
		.problem = problem, .port = problem->port, .options = options, .solution = solution};
	PostageWide lowest;
	PortStatus status;
	bool stopped = false;

	if (problem->has_orders)
		return postage_solve_orders(problem, options, solution);
	memset(solution, 0, sizeof(*solution));
	if (uncovered(problem, solution))
		return PORT_OK;
	status = prepare(&search);
	if (status != PORT_OK)
		return status;
	lowest = search.cutoff;
	while (search.heap_count > 0)
	{
		int node = search.heap[0];

		lowest = solution->nodes[node].bound;
		if (lowest >= search.cutoff)
			break;
		if (solution->node_count > 1 && (stopped = limit_reached(&search, lowest)))
			break;
		pop(&search);
		status = search_node(&search, node);
		if (status != PORT_OK)
			return status;
		lowest = search.cutoff;
	}
	conclude(&search, stopped, lowest);
	return PORT_OK;
}
