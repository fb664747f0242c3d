/*
 * postage_complete.c: builds and solves the flow: cell -> (bundle ->) offer -> sets of offers ->
 * root.
 *
 * Sets that cross others (neither nested nor apart) have no place in a flow and are left out; the
 * caller prices the plan and sees whether their rules hold.
 */
#include "core/postage_complete.h"

#include "core/postage_flow.h"
#include "core/postage_volume.h"

#include <string.h>

#define HARD INT64_C(1000000000000000) /* price of breaking a limit by one letter */
#define TRIED 256
#define SECTION_CELLS 16 /* zones without bundles share a section up to so many cells */

struct PostageCompleter
{
	const PostageProblem *problem;
	Flow flow;
	int *parent; /* aggregate above, -1 the root, -2 left out */
	int *order;	 /* kept aggregates, small sets first */
	int kept;
	int *node;	   /* flow node by aggregate */
	int *flow_arc; /* flow arc by problem arc, -1 when not offered */
	int64_t *load; /* letters of the start by aggregate */
	PostagePiece *pieces;
	int64_t *points;					/* chosen discount by group */
	int64_t prices[POSTAGE_MAX_OFFERS]; /* of a letter in an offer, from the last flow */
	bool has_prices;
	int section_cells;	   /* of the section at work; 0: a new one begins */
	bool has_shared;	   /* bundle minima were shared out */
	uint64_t turn;		   /* 0: shared as the zone would, else shifted at random */
	uint64_t tried[TRIED]; /* hashes of the last flows: the same again has the same answer */
	int tried_count;
};

static void
place_aggregates(PostageCompleter *completer)
{
	const PostageProblem *problem = completer->problem;

	for (int a = 0; a < problem->aggregate_count; a++)
		completer->parent[a] = -2;
	for (int size = 1; size <= POSTAGE_MAX_OFFERS; size++)
		for (int a = 0; a < problem->aggregate_count; a++)
		{
			uint64_t offers = problem->aggregates[a].offers;
			bool crosses = false;

			if (__builtin_popcountll(offers) != size)
				continue;
			for (int i = 0; i < completer->kept; i++)
			{
				uint64_t other = problem->aggregates[completer->order[i]].offers;

				crosses = crosses || ((other & offers) != 0 && (other & ~offers) != 0);
			}
			if (crosses)
				continue;
			completer->parent[a] = -1;
			for (int i = 0; i < completer->kept; i++)
			{
				int below = completer->order[i];

				if (completer->parent[below] == -1 && (problem->aggregates[below].offers & offers))
					completer->parent[below] = a;
			}
			completer->order[completer->kept++] = a;
		}
}

PostageCompleter *
postage_completer_new(const PostageProblem *problem)
{
	const Port *port = problem->port;
	PostageCompleter *completer = port->alloc(port->host, sizeof(PostageCompleter));
	int most_starts = 1;

	if (completer == NULL)
		return NULL;
	memset(completer, 0, sizeof(*completer));
	completer->problem = problem;
	flow_init(&completer->flow, port);
	for (int a = 0; a < problem->aggregate_count; a++)
		if (problem->aggregates[a].start_count > most_starts)
			most_starts = problem->aggregates[a].start_count;
	completer->parent = port_alloc_array(port, problem->aggregate_count + 1, sizeof(int));
	completer->order = port_alloc_array(port, problem->aggregate_count + 1, sizeof(int));
	completer->node = port_alloc_array(port, problem->aggregate_count + 1, sizeof(int));
	completer->flow_arc = port_alloc_array(port, problem->arc_count + 1, sizeof(int));
	completer->pieces = port_alloc_array(port, most_starts + 1, sizeof(PostagePiece));
	completer->points = port_alloc_array(port, problem->group_count + 1, sizeof(int64_t));
	if (!completer->parent || !completer->order || !completer->node || !completer->flow_arc ||
		!completer->pieces || !completer->points)
		return NULL;
	place_aggregates(completer);
	return completer;
}

/* The tier of each all-units group at the wanted volumes, and the volumes that stay in it. */
static void
choose_tiers(PostageCompleter *completer, const int64_t *volumes)
{
	const PostageProblem *problem = completer->problem;

	for (int g = 0; g < problem->group_count; g++)
	{
		const PostageGroup *group = &problem->groups[g];
		int64_t volume = group->offers ? volumes[group->aggregate] : 0;

		completer->points[g] = 0;
		if (!group->incremental)
			completer->points[g] =
				problem
					->tiers[group->first_tier +
							postage_tier_of(problem, group, group->base + volume)]
					.discount;
	}
}

static int64_t
slope_of(const PostagePiece *piece, int64_t if_point)
{
	return piece->to > piece->from ? (piece->cost_to - piece->cost_from) / (piece->to - piece->from)
								   : if_point;
}

static bool
joins_convex(const PostagePiece *left, const PostagePiece *right)
{
	int64_t jump = right->cost_from - left->cost_to;

	return right->from == left->to + 1 && slope_of(left, jump) <= jump &&
		   jump <= slope_of(right, jump);
}

/* Arcs of one aggregate towards its parent; the last is a dear overflow. */
static bool
add_aggregate_arcs(PostageCompleter *completer, const PostageRelax *relax, int index,
				   int64_t volume, int64_t load)
{
	const PostageProblem *problem = completer->problem;
	const PostageAggregate *aggregate = &problem->aggregates[index];
	Flow *flow = &completer->flow;
	int tail = completer->node[index];
	int head = completer->parent[index] >= 0 ? completer->node[completer->parent[index]] : 0;
	const PostagePiece *pieces = completer->pieces;
	int64_t low = relax->low[index];
	int64_t high = relax->high[index];
	int count;
	int first = 0;
	int tree_arc = -1;
	int64_t previous = 0;

	postage_tier_range(problem, aggregate, volume, &low, &high);
	count =
		postage_make_pieces(problem, aggregate, low, high, completer->points, completer->pieces);
	while (first + 1 < count && pieces[first].to < volume)
		first++;
	while (first > 0 && joins_convex(&pieces[first - 1], &pieces[first]))
		first--;
	/* one arc after the other: the flow fills them from the cheapest, which is their order here */
	for (int stage = 0;; stage++)
	{
		int64_t capacity;
		int64_t slope;
		int arc;

		if (count == 0 || stage > count - first)
		{
			capacity = problem->letters + 1;
			slope = HARD;
		}
		else if (stage == 0)
		{
			capacity = pieces[first].from;
			slope = -HARD;
		}
		else
		{
			const PostagePiece *piece = &pieces[first + stage - 1];

			capacity = piece->to - piece->from;
			slope = capacity > 0 ? (piece->cost_to - piece->cost_from) / capacity : 0;
			if (stage > 1)
			{
				int64_t jump = piece->cost_from - piece[-1].cost_to;

				/* the next piece belongs to the run only while the whole stays convex */
				if (piece->from != piece[-1].to + 1 || jump < previous ||
					(capacity > 0 && slope < jump))
				{
					capacity = problem->letters + 1;
					slope = HARD;
				}
				else
				{
					int64_t start = load < 1 ? load : 1;

					arc = flow_add_arc(flow, tail, head, jump, 1, start);
					if (arc < 0)
						return false;
					if (tree_arc < 0 && start < 1)
						tree_arc = arc;
					load -= start;
					if (capacity == 0)
						slope = jump;
				}
			}
			previous = slope;
		}
		if (capacity > 0)
		{
			int64_t start = load < capacity ? load : capacity;

			arc = flow_add_arc(flow, tail, head, slope, capacity, start);
			if (arc < 0)
				return false;
			if (tree_arc < 0 && start < capacity)
				tree_arc = arc;
			load -= start;
		}
		if (slope == HARD)
			break;
	}
	flow_hang(flow, tail, tree_arc);
	return true;
}

/* A bundle's letters towards its offer: at least the minimum. */
static bool
add_bundle_arcs(Flow *flow, int node, int head, int64_t minimum, int64_t load, int64_t most)
{
	int64_t start = load < minimum ? load : minimum;
	int required = flow_add_arc(flow, node, head, -HARD, minimum, start);
	int rest = flow_add_arc(flow, node, head, 0, most, load - start);

	if (required < 0 || rest < 0)
		return false;
	flow_hang(flow, node, start < minimum ? required : rest);
	return true;
}

static int
cheapest_arc(const PostageProblem *problem, const PostageCell *cell, uint64_t open,
			 const PostageWeights *weights)
{
	int chosen = -1;
	int64_t best = 0;

	for (int arc = cell->first_arc; arc < cell->first_arc + cell->arc_count; arc++)
	{
		const PostageArc *a = &problem->arcs[arc];
		int64_t weight = a->price * weights->factor[a->offer] - weights->charge[a->offer];

		if (a->usable && ((open >> a->offer) & 1) && (chosen < 0 || weight < best))
		{
			chosen = arc;
			best = weight;
		}
	}
	return chosen;
}

/* Price of a letter on the arc at the chosen tiers. */
static int64_t
net_price(const PostageArc *arc, const int64_t *points)
{
	return (int64_t) ((PostageWide) arc->price * (10000 - points[arc->offer]) / 10000);
}

/*
 * What each offer of a joint has to bring to the bundle.  Bundle and offer cross, so that a flow
 * knows only one of them: the bundle's minimum is shared as the zone alone, at the start's prices,
 * would fill it.
 */
static void
share_minimum(const PostageProblem *problem, int lead, uint64_t open,
			  const PostageZoneAnswer *answer, int64_t *minimum)
{
	uint64_t offers = problem->offers[lead].members & open;
	int64_t letters = 0;
	int64_t left = problem->offers[lead].min_bucket;

	for (uint64_t rest = offers; rest != 0; rest &= rest - 1)
		letters += answer->volume[__builtin_ctzll(rest)];
	for (uint64_t rest = offers; rest != 0; rest &= rest - 1)
	{
		int o = __builtin_ctzll(rest);

		minimum[o] = 0;
		if (letters >= problem->offers[lead].min_bucket)
			minimum[o] = (int64_t) ((PostageWide) answer->volume[o] *
									problem->offers[lead].min_bucket / letters);
		left -= minimum[o];
	}
	for (uint64_t rest = offers; rest != 0 && left > 0; rest &= rest - 1)
	{
		int o = __builtin_ctzll(rest);
		int64_t more = answer->volume[o] - minimum[o];

		more = more < left ? more : left;
		minimum[o] += more;
		left -= more;
	}
}

static uint64_t
next_turn(PostageCompleter *completer, uint64_t limit)
{
	completer->turn ^= completer->turn << 13;
	completer->turn ^= completer->turn >> 7;
	completer->turn ^= completer->turn << 17;
	return (completer->turn >> 11) % limit;
}

/* Moves a part of the minimum from one offer of the joint to another that can bring it. */
static void
shift_minimum(PostageCompleter *completer, int z, uint64_t offers, int64_t *minimum)
{
	const PostageProblem *problem = completer->problem;
	const PostageZone *zone = &problem->zones[z];
	int64_t reach = 0;
	int64_t most;
	int from = -1;
	int to = -1;

	for (uint64_t rest = offers; rest != 0; rest &= rest - 1)
		if (from < 0 || next_turn(completer, 2))
			from = __builtin_ctzll(rest);
	for (uint64_t rest = offers & ~(UINT64_C(1) << from); rest != 0; rest &= rest - 1)
		if (to < 0 || next_turn(completer, 2))
			to = __builtin_ctzll(rest);
	if (to < 0)
		return;
	for (int cell = zone->first_cell; cell < zone->first_cell + zone->cell_count; cell++)
		if (postage_find_arc(problem, cell, to) >= 0)
			reach += problem->cells[cell].count;
	most = reach - minimum[to] < minimum[from] ? reach - minimum[to] : minimum[from];
	if (most <= 0)
		return;
	most = 1 + (int64_t) next_turn(completer, (uint64_t) most);
	minimum[from] -= most;
	minimum[to] += most;
}

/* Least letters of the zone by offer: of its bundle, or its part of the joint's. */
static void
set_minima(PostageCompleter *completer, const PostageRelax *relax, int z, uint64_t open,
		   const PostageWeights *start, int64_t *minimum)
{
	const PostageProblem *problem = completer->problem;
	uint64_t leads = postage_leads(problem, open) & problem->zones[z].buckets;
	PostageZoneAnswer answer;

	for (uint64_t rest = leads & ~problem->joint_offers; rest != 0; rest &= rest - 1)
		minimum[__builtin_ctzll(rest)] = problem->offers[__builtin_ctzll(rest)].min_bucket;
	leads &= problem->joint_offers;
	if (leads == 0)
		return;
	postage_zone_solve(relax->zones, z, start, open,
					   postage_leads(problem, open) & problem->zones[z].buckets, &answer, NULL);
	if (!answer.feasible)
		memset(answer.volume, 0, sizeof(answer.volume));
	for (uint64_t rest = leads; rest != 0; rest &= rest - 1)
	{
		int lead = __builtin_ctzll(rest);

		share_minimum(problem, lead, open, &answer, minimum);
		if (completer->turn != 0 && next_turn(completer, 2))
			shift_minimum(completer, z, problem->offers[lead].members & open, minimum);
	}
	completer->has_shared = true;
}

static bool
add_zone(PostageCompleter *completer, const PostageRelax *relax, int z, uint64_t open,
		 const PostageWeights *start, const int64_t *points)
{
	const PostageProblem *problem = completer->problem;
	const PostageZone *zone = &problem->zones[z];
	Flow *flow = &completer->flow;
	int entry[POSTAGE_MAX_OFFERS]; /* node where letters of the zone enter an offer */
	int64_t load[POSTAGE_MAX_OFFERS] = {0};
	int64_t minimum[POSTAGE_MAX_OFFERS] = {0};

	if (completer->section_cells == 0 && !flow_add_section(flow))
		return false;
	completer->section_cells += zone->cell_count;
	if ((postage_leads(problem, open) & zone->buckets) != 0 ||
		completer->section_cells >= SECTION_CELLS)
		completer->section_cells = 0;
	set_minima(completer, relax, z, open & zone->offers, start, minimum);
	for (int o = 0; o < problem->offer_count; o++)
	{
		entry[o] = completer->node[o];
		if (minimum[o] > 0)
			if ((entry[o] = flow_add_node(flow)) < 0)
				return false;
	}
	for (int cell = zone->first_cell; cell < zone->first_cell + zone->cell_count; cell++)
	{
		const PostageCell *c = &problem->cells[cell];
		int chosen = cheapest_arc(problem, c, open, start);
		int node;

		if (c->count == 0)
			continue;
		if (chosen < 0 || (node = flow_add_node(flow)) < 0)
			return false;
		for (int arc = c->first_arc; arc < c->first_arc + c->arc_count; arc++)
		{
			const PostageArc *a = &problem->arcs[arc];

			if (!a->usable || !((open >> a->offer) & 1))
				continue;
			completer->flow_arc[arc] =
				flow_add_arc(flow, node, entry[a->offer], net_price(a, points), c->count + 1,
							 arc == chosen ? c->count : 0);
			if (completer->flow_arc[arc] < 0)
				return false;
		}
		flow_hang(flow, node, completer->flow_arc[chosen]);
		load[problem->arcs[chosen].offer] += c->count;
	}
	for (int o = 0; o < problem->offer_count; o++)
	{
		completer->load[o] += load[o];
		if (entry[o] != completer->node[o] &&
			!add_bundle_arcs(flow, entry[o], completer->node[o], minimum[o], load[o],
							 zone->letters + 1))
			return false;
	}
	return true;
}

/* Where letters start: by the last flow's prices, which are near, else by the relaxation's. */
static void
choose_start(const PostageCompleter *completer, const PostageRelax *relax, const int64_t *points,
			 PostageWeights *start)
{
	*start = relax->weights;
	for (int o = 0; o < completer->problem->offer_count && completer->has_prices; o++)
	{
		start->factor[o] = POSTAGE_SCALE - points[o] * (POSTAGE_SCALE / 10000);
		start->charge[o] = -completer->prices[o] * POSTAGE_SCALE;
	}
}

/* A broken limit's price is no guide. */
static void
keep_prices(PostageCompleter *completer)
{
	int64_t prices[POSTAGE_MAX_OFFERS];

	for (int o = 0; o < completer->problem->offer_count; o++)
	{
		prices[o] = flow_price(&completer->flow, completer->node[o]);
		if (prices[o] > HARD / 1000 || prices[o] < -HARD / 1000)
			return;
	}
	memcpy(completer->prices, prices, sizeof(prices));
	completer->has_prices = true;
}

/* PORT_STOPPED when the same flow was solved before; else notes it. */
static PortStatus
note_flow(PostageCompleter *completer)
{
	const Flow *flow = &completer->flow;
	uint64_t hash = (uint64_t) flow->arc_count;

	for (int arc = 0; arc < flow->arc_count; arc++)
	{
		const FlowArc *a = &flow->arcs[arc];

		if (postage_pause(completer->problem, arc))
			return PORT_INTERRUPTED;
		hash =
			(hash ^ (uint64_t) a->tail ^ ((uint64_t) a->head << 32)) * UINT64_C(0x9E3779B97F4A7C15);
		hash = (hash ^ (hash >> 32) ^ (uint64_t) a->cost) * UINT64_C(0xBF58476D1CE4E5B9);
		hash = (hash ^ (hash >> 29) ^ (uint64_t) a->capacity) * UINT64_C(0x94D049BB133111EB);
	}
	for (int i = 0; i < completer->tried_count && i < TRIED; i++)
		if (completer->tried[i] == hash)
			return PORT_STOPPED;
	completer->tried[completer->tried_count++ % TRIED] = hash;
	return PORT_OK;
}

PortStatus
postage_complete(PostageCompleter *completer, const PostageRelax *relax, const int64_t *volumes,
				 const uint64_t *zone_open, int64_t *counts)
{
	const PostageProblem *problem = completer->problem;
	const Port *port = problem->port;
	Flow *flow = &completer->flow;
	int64_t points[POSTAGE_MAX_OFFERS] = {0};
	PostageWeights start;
	PortStatus status;

	if (completer->load == NULL)
		completer->load = port_alloc_array(port, problem->aggregate_count + 1, sizeof(int64_t));
	if (completer->load == NULL)
		return PORT_NO_MEMORY;
	choose_tiers(completer, volumes);
	for (int g = 0; g < problem->group_count; g++)
		for (int o = 0; o < problem->offer_count; o++)
			if ((problem->groups[g].offers >> o) & 1)
				points[o] += completer->points[g];
	choose_start(completer, relax, points, &start);
	completer->has_shared = false;
	completer->section_cells = 0;
	flow_clear(flow);
	if (!flow_add_section(flow) || flow_add_hub(flow) < 0)
		return PORT_NO_MEMORY;
	memset(completer->load, 0, problem->aggregate_count * sizeof(int64_t));
	memset(completer->flow_arc, -1, problem->arc_count * sizeof(int));
	for (int i = 0; i < completer->kept; i++)
		if ((completer->node[completer->order[i]] = flow_add_hub(flow)) < 0)
			return PORT_NO_MEMORY;
	for (int z = 0; z < problem->zone_count; z++)
	{
		if ((z & 255) == 0 && port->interrupted(port->host))
			return PORT_INTERRUPTED;
		if (!add_zone(completer, relax, z, zone_open[z], &start, points))
			return PORT_STOPPED;
	}
	if (!flow_add_section(flow))
		return PORT_NO_MEMORY;
	for (int i = 0; i < completer->kept; i++)
	{
		int a = completer->order[i];

		if (!add_aggregate_arcs(completer, relax, a, volumes[a], completer->load[a]))
			return PORT_NO_MEMORY;
		if (completer->parent[a] >= 0)
			completer->load[completer->parent[a]] += completer->load[a];
	}
	status = note_flow(completer);
	if (status == PORT_OK)
		status = flow_solve(flow);
	if (status != PORT_OK)
		return status;
	keep_prices(completer);
	for (int arc = 0; arc < problem->arc_count; arc++)
	{
		if (postage_pause(problem, arc))
			return PORT_INTERRUPTED;
		counts[arc] = completer->flow_arc[arc] >= 0 ? flow->arcs[completer->flow_arc[arc]].flow : 0;
	}
	return PORT_OK;
}

void
postage_complete_turn(PostageCompleter *completer, int turn)
{
	completer->turn = (uint64_t) turn * UINT64_C(0x9E3779B97F4A7C15);
}

bool
postage_complete_again(const PostageCompleter *completer)
{
	return completer->has_shared;
}
