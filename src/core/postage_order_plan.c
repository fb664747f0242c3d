/*
 * postage_order_plan.c: plans that keep to the average weights of their orders.
 *
 * Every plan can be priced: what its orders weigh on average says which of the order's offers they
 * are.  A relaxed plan that promises a range of the average and misses it is mixed with one that
 * keeps it, dearest improvement last, down to the letter.
 */
#include "core/postage_order_plan.h"

#include <stdlib.h>
#include <string.h>

#include "core/postage_order.h"
#include "core/postage_price.h"

#define MOST_POLISHED_ARCS 400
#define MOST_PAIRED_ARCS 32
#define MOST_ROUNDS 200

/* Cells that change from one plan to the other together. */
typedef struct PostageOrderUnit
{
	int first_cell, cell_count;
	int64_t excess; /* gained by the change: negative */
	int64_t money;
} PostageOrderUnit;

uint64_t
postage_order_offers(const PostageProblem *problem, int offer)
{
	const char *order = problem->offers[offer].order;
	uint64_t found = UINT64_C(1) << offer;

	for (int o = 0; o < problem->offer_count && order != NULL; o++)
		if (problem->offers[o].order != NULL && strcmp(problem->offers[o].order, order) == 0)
			found |= UINT64_C(1) << o;
	return found;
}

bool
postage_order_plans_init(PostageOrderPlans *plans, const PostageProblem *problem)
{
	const Port *port = problem->port;

	memset(plans, 0, sizeof(*plans));
	plans->problem = problem;
	plans->best = port_alloc_array(port, problem->arc_count + 1, sizeof(int64_t));
	plans->trial = port_alloc_array(port, problem->arc_count + 1, sizeof(int64_t));
	plans->mixed = port_alloc_array(port, problem->arc_count + 1, sizeof(int64_t));
	plans->units = port_alloc_array(port, problem->cell_count + 1, sizeof(PostageOrderUnit));
	return plans->best && plans->trial && plans->mixed && plans->units;
}

/* The offer of the order that its average weight chooses, -1: none is so light or heavy. */
static int
offer_of_average(const PostageProblem *problem, uint64_t offers, int64_t letters, int64_t weight)
{
	for (int o = 0; o < problem->offer_count; o++)
	{
		const PostageOffer *offer = &problem->offers[o];

		if (((offers >> o) & 1) && (offer->above == 0 || weight > offer->above * letters) &&
			(offer->upto == 0 || weight <= offer->upto * letters))
			return o;
	}
	return -1;
}

/* Moves the letters of these offers to one of them; false when one cannot carry them all. */
static bool
gather_order(const PostageProblem *problem, uint64_t offers, int64_t *counts)
{
	int64_t letters = 0;
	int64_t weight = 0;
	int chosen;

	for (int arc = 0; arc < problem->arc_count; arc++)
		if ((offers >> problem->arcs[arc].offer) & 1)
		{
			letters += counts[arc];
			weight += counts[arc] * problem->cells[problem->arcs[arc].cell].weight;
		}
	if (letters == 0)
		return true;
	if ((chosen = offer_of_average(problem, offers, letters, weight)) < 0)
		return false;
	for (int cell = 0; cell < problem->cell_count; cell++)
	{
		const PostageCell *c = &problem->cells[cell];
		int target = -1;

		letters = 0;
		for (int arc = c->first_arc; arc < c->first_arc + c->arc_count; arc++)
		{
			if (!((offers >> problem->arcs[arc].offer) & 1))
				continue;
			letters += counts[arc];
			counts[arc] = 0;
			if (problem->arcs[arc].offer == chosen)
				target = arc;
		}
		if (letters > 0 && target < 0)
			return false;
		if (target >= 0)
			counts[target] = letters;
	}
	return true;
}

void
postage_order_offer_plan(PostageOrderPlans *plans, const int64_t *counts)
{
	const PostageProblem *problem = plans->problem;
	uint64_t seen = 0;
	PostagePrice price;
	int64_t *kept;

	memcpy(plans->trial, counts, problem->arc_count * sizeof(int64_t));
	for (int o = 0; o < problem->offer_count; o++)
	{
		uint64_t offers = postage_order_offers(problem, o);

		if (((seen >> o) & 1) || problem->offers[o].order == NULL)
			continue;
		seen |= offers;
		if (!gather_order(problem, offers, plans->trial))
			return;
	}
	postage_price_plan(problem, plans->trial, &price);
	if (!price.feasible || (plans->has_plan && price.cost >= plans->cost))
		return;
	kept = plans->best;
	plans->best = plans->trial;
	plans->trial = kept;
	plans->cost = price.cost;
	plans->has_plan = true;
}

static int64_t
cell_excess(const PostageProblem *problem, const int64_t *counts, int cell, int offer,
			bool from_below)
{
	const PostageCell *c = &problem->cells[cell];
	int64_t above = problem->offers[offer].above;
	int64_t upto = problem->offers[offer].upto;

	for (int arc = c->first_arc; arc < c->first_arc + c->arc_count; arc++)
		if (problem->arcs[arc].offer == offer)
			return counts[arc] * (from_below ? above - c->weight : c->weight - upto);
	return 0;
}

int64_t
postage_order_excess(const PostageProblem *problem, const int64_t *counts, int offer,
					 bool from_below)
{
	int64_t excess = 0;

	for (int cell = 0; cell < problem->cell_count; cell++)
		excess += cell_excess(problem, counts, cell, offer, from_below);
	return excess;
}

static int
compare_units(const void *a, const void *b)
{
	const PostageOrderUnit *x = a;
	const PostageOrderUnit *y = b;
	PostageWide left = (PostageWide) x->money * -y->excess;
	PostageWide right = (PostageWide) y->money * -x->excess;

	if (left != right)
		return left < right ? -1 : 1;
	return x->first_cell < y->first_cell ? -1 : x->first_cell > y->first_cell;
}

static void
measure_unit(const PostageProblem *problem, const int64_t *wrong, const int64_t *right, int offer,
			 bool from_below, PostageOrderUnit *unit)
{
	unit->excess = unit->money = 0;
	for (int cell = unit->first_cell; cell < unit->first_cell + unit->cell_count; cell++)
	{
		const PostageCell *c = &problem->cells[cell];

		unit->excess += cell_excess(problem, right, cell, offer, from_below) -
						cell_excess(problem, wrong, cell, offer, from_below);
		for (int arc = c->first_arc; arc < c->first_arc + c->arc_count; arc++)
			unit->money += (right[arc] - wrong[arc]) * problem->arcs[arc].price;
	}
}

/* Whether one of the plans has letters of the zone in an offer with a bundle minimum. */
static bool
has_bundles(const PostageProblem *problem, const PostageZone *zone, const int64_t *wrong,
			const int64_t *right)
{
	const PostageCell *first = &problem->cells[zone->first_cell];
	const PostageCell *last = first + zone->cell_count - 1;

	if (zone->buckets == 0)
		return false;
	for (int arc = first->first_arc; arc < last->first_arc + last->arc_count; arc++)
		if (problem->offers[problem->arcs[arc].offer].min_bucket > 1 &&
			(wrong[arc] > 0 || right[arc] > 0))
			return true;
	return false;
}

/* Units whose change helps, best first: zones with bundles as a whole, else single cells. */
static int
make_units(PostageOrderPlans *plans, const int64_t *wrong, const int64_t *right, int offer,
		   bool from_below)
{
	const PostageProblem *problem = plans->problem;
	int count = 0;

	for (int z = 0; z < problem->zone_count; z++)
	{
		const PostageZone *zone = &problem->zones[z];
		int size = has_bundles(problem, zone, wrong, right) ? zone->cell_count : 1;

		for (int cell = 0; cell < zone->cell_count; cell += size)
		{
			PostageOrderUnit *unit = &plans->units[count];

			unit->first_cell = zone->first_cell + cell;
			unit->cell_count = size;
			measure_unit(problem, wrong, right, offer, from_below, unit);
			count += unit->excess < 0;
		}
	}
	qsort(plans->units, count, sizeof(PostageOrderUnit), compare_units);
	return count;
}

/* The cell's letters on the way from one plan to the other, so many of them moved. */
static void
move_letters(const PostageCell *cell, const int64_t *wrong, const int64_t *right, int64_t moved,
			 int64_t *counts)
{
	int64_t out = moved;
	int64_t in = moved;

	for (int arc = cell->first_arc; arc < cell->first_arc + cell->arc_count; arc++)
	{
		int64_t change = right[arc] - wrong[arc];

		if (change < 0)
			change = -change < out ? change : -out, out += change;
		else
			change = change < in ? change : in, in -= change;
		counts[arc] = wrong[arc] + change;
	}
}

/* The fewest letters of the unit's cell that bring the excess down to the target. */
static void
move_fewest(const PostageProblem *problem, const PostageOrderUnit *unit, const int64_t *wrong,
			const int64_t *right, int offer, bool from_below, int64_t needed, int64_t *counts)
{
	const PostageCell *cell = &problem->cells[unit->first_cell];
	int64_t before = cell_excess(problem, wrong, unit->first_cell, offer, from_below);
	int64_t low = 0;
	int64_t high = 0;

	for (int arc = cell->first_arc; arc < cell->first_arc + cell->arc_count; arc++)
		if (wrong[arc] > right[arc])
			high += wrong[arc] - right[arc];
	while (low < high)
	{
		int64_t middle = low + (high - low) / 2;

		move_letters(cell, wrong, right, middle, counts);
		if (cell_excess(problem, counts, unit->first_cell, offer, from_below) - before <= needed)
			high = middle;
		else
			low = middle + 1;
	}
	move_letters(cell, wrong, right, low, counts);
}

void
postage_order_mix(PostageOrderPlans *plans, const int64_t *wrong, const int64_t *right, int offer,
				  bool from_below)
{
	const PostageProblem *problem = plans->problem;
	int64_t target = from_below ? -1 : 0;
	int64_t excess = postage_order_excess(problem, wrong, offer, from_below);
	int units = make_units(plans, wrong, right, offer, from_below);

	memcpy(plans->mixed, wrong, problem->arc_count * sizeof(int64_t));
	for (int u = 0; u < units && excess > target; u++)
	{
		const PostageOrderUnit *unit = &plans->units[u];
		const PostageCell *first = &problem->cells[unit->first_cell];
		const PostageCell *last = first + unit->cell_count - 1;

		if (excess + unit->excess <= target && unit->cell_count == 1)
		{
			move_fewest(problem, unit, wrong, right, offer, from_below, target - excess,
						plans->mixed);
			postage_order_offer_plan(plans, plans->mixed);
		}
		memcpy(plans->mixed + first->first_arc, right + first->first_arc,
			   (last->first_arc + last->arc_count - first->first_arc) * sizeof(int64_t));
		excess += unit->excess;
	}
	postage_order_offer_plan(plans, plans->mixed);
}

/* One letter, or all of the arc, to another arc of its cell; false when there is no such move. */
static bool
move_one(const PostageProblem *problem, int from, int to, int64_t letters, int64_t *counts)
{
	if (from == to || problem->arcs[from].cell != problem->arcs[to].cell || letters == 0 ||
		counts[from] < letters)
		return false;
	counts[from] -= letters;
	counts[to] += letters;
	return true;
}

/* Tries every move, and every pair of moves where arcs are few. */
static bool
try_moves(PostageOrderPlans *plans, int64_t *start)
{
	const PostageProblem *problem = plans->problem;
	int arcs = problem->arc_count;
	int64_t cost = plans->cost;

	memcpy(start, plans->best, arcs * sizeof(int64_t));
	for (int move = 0; move < arcs * arcs * 2; move++)
	{
		int from = move / 2 / arcs;
		int to = move / 2 % arcs;
		int64_t letters = move & 1 ? start[from] : 1;

		memcpy(plans->mixed, start, arcs * sizeof(int64_t));
		if (!move_one(problem, from, to, letters, plans->mixed))
			continue;
		postage_order_offer_plan(plans, plans->mixed);
		for (int second = 0; second < arcs * arcs && arcs <= MOST_PAIRED_ARCS; second++)
		{
			if (!move_one(problem, second / arcs, second % arcs, 1, plans->mixed))
				continue;
			postage_order_offer_plan(plans, plans->mixed);
			move_one(problem, second % arcs, second / arcs, 1, plans->mixed);
		}
		if (problem->port->interrupted(problem->port->host))
			return false;
	}
	return plans->cost < cost;
}

void
postage_order_polish(PostageOrderPlans *plans)
{
	const PostageProblem *problem = plans->problem;
	int64_t *start;

	if (!plans->has_plan || problem->arc_count > MOST_POLISHED_ARCS)
		return;
	start = port_alloc_array(problem->port, problem->arc_count + 1, sizeof(int64_t));
	for (int round = 0; start != NULL && round < MOST_ROUNDS; round++)
		if (!try_moves(plans, start))
			break;
	if (start != NULL)
		problem->port->release(problem->port->host, start);
}
