/*
 * postage_derive.c: the last step of building a problem: order, zones, aggregates, whole-number
 * checks.
 *
 * Costs are exact because every price times every discount of its groups must be a whole number of
 * micro units; a problem that breaks this is refused, never rounded.
 */
#include "core/postage_problem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Memory of problem and search, measured. */
#define BYTES_OF_CELL 80
#define BYTES_OF_ARC 75
#define BYTES_OF_ZONE 70

/* Not set: for what is written whole. */
static void *
get_array(PostageProblem *problem, size_t count, size_t size)
{
	void *array = port_alloc_array(problem->port, count + 1, size);

	if (array == NULL)
		port_fault(&problem->fault, PORT_NO_MEMORY, "POSTAGE-MEMORY", "out of memory");
	return array;
}

static void *
make_array(PostageProblem *problem, size_t count, size_t size)
{
	void *array = get_array(problem, count, size);

	if (array != NULL)
		memset(array, 0, (count + 1) * size);
	return array;
}

static int
compare_cells(const void *a, const void *b)
{
	const PostageCell *x = a;
	const PostageCell *y = b;

	if (x->zone_id != y->zone_id)
		return x->zone_id < y->zone_id ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* Merges sorted runs of the given length. */
static bool
merge_runs(PostageProblem *problem, const PostageCell *from, PostageCell *to, int64_t length)
{
	int64_t count = problem->cell_count;

	for (int64_t start = 0; start < count; start += 2 * length)
	{
		int64_t left = start;
		int64_t middle = start + length < count ? start + length : count;
		int64_t right = middle;
		int64_t end = start + 2 * length < count ? start + 2 * length : count;

		for (int64_t at = start; at < end; at++)
		{
			bool take_left =
				left < middle && (right == end || compare_cells(&from[left], &from[right]) <= 0);

			to[at] = from[take_left ? left++ : right++];
			if (postage_stopped(problem, (int) at))
				return false;
		}
	}
	return true;
}

/* Whether cells come by zone and id already, as most do.  False also when the host asks to stop. */
static bool
cells_in_order(PostageProblem *problem)
{
	for (int cell = 1; cell < problem->cell_count; cell++)
		if (compare_cells(&problem->cells[cell - 1], &problem->cells[cell]) >= 0 ||
			postage_stopped(problem, cell))
			return false;
	return true;
}

/* A merge sort, because the library's cannot be interrupted. */
static PortStatus
order_cells(PostageProblem *problem)
{
	PostageCell *other = get_array(problem, problem->cell_count, sizeof(PostageCell));

	if (other == NULL)
		return problem->fault.status;
	for (int64_t length = 1; length < problem->cell_count; length *= 2)
	{
		PostageCell *done = problem->cells;

		if (!merge_runs(problem, done, other, length))
			return problem->fault.status;
		problem->cells = other;
		other = done;
	}
	problem->cell_room = problem->cell_count;
	problem->port->release(problem->port->host, other);
	return PORT_OK;
}

static int
compare_int64(const void *a, const void *b)
{
	int64_t x = *(const int64_t *) a;
	int64_t y = *(const int64_t *) b;

	return x < y ? -1 : x > y;
}

/* By cell with a counting sort, within a cell by insertion; refuses the same arc twice. */
static PortStatus
order_arcs(PostageProblem *problem)
{
	PostageArc *ordered = get_array(problem, problem->arc_count, sizeof(PostageArc));
	int at = 0;

	if (ordered == NULL)
		return problem->fault.status;
	for (int arc = 0; arc < problem->arc_count; arc++)
	{
		problem->cells[problem->arcs[arc].cell].arc_count++;
		if (postage_stopped(problem, arc))
			return problem->fault.status;
	}
	for (int cell = 0; cell < problem->cell_count; cell++)
	{
		problem->cells[cell].first_arc = at;
		at += problem->cells[cell].arc_count;
		problem->cells[cell].arc_count = 0;
		if (postage_stopped(problem, cell))
			return problem->fault.status;
	}
	for (int arc = 0; arc < problem->arc_count; arc++)
	{
		const PostageArc *a = &problem->arcs[arc];
		PostageCell *cell = &problem->cells[a->cell];
		int place = cell->first_arc + cell->arc_count++;

		if (postage_stopped(problem, arc))
			return problem->fault.status;
		for (; place > cell->first_arc && ordered[place - 1].offer > a->offer; place--)
			ordered[place] = ordered[place - 1];
		ordered[place] = *a;
		if (place > cell->first_arc && ordered[place - 1].offer == a->offer)
			return port_fault(&problem->fault, PORT_INVALID, "POSTAGE-DUPLICATE",
							  "arcs: cell %" PRId64 ", offer \"%s\" comes twice", cell->id,
							  problem->offers[a->offer].id);
	}
	problem->port->release(problem->port->host, problem->arcs);
	problem->arcs = ordered;
	problem->arc_room = problem->arc_count;
	return PORT_OK;
}

/* Orders cells by zone and id, and arcs by cell and offer. */
static PortStatus
order_rows(PostageProblem *problem)
{
	int64_t *ids;

	if (cells_in_order(problem))
		return order_arcs(problem);
	if (problem->fault.status != PORT_OK)
		return problem->fault.status;
	ids = get_array(problem, problem->arc_count, sizeof(int64_t));
	if (ids == NULL)
		return problem->fault.status;
	for (int arc = 0; arc < problem->arc_count; arc++)
	{
		ids[arc] = problem->cells[problem->arcs[arc].cell].id;
		if (postage_stopped(problem, arc))
			return problem->fault.status;
	}
	if (order_cells(problem) != PORT_OK || postage_index_cells(problem) != PORT_OK)
		return problem->fault.status;
	for (int arc = 0; arc < problem->arc_count; arc++)
	{
		problem->arcs[arc].cell = postage_find_cell(problem, ids[arc]);
		if (postage_stopped(problem, arc))
			return problem->fault.status;
	}
	problem->port->release(problem->port->host, ids);
	return order_arcs(problem);
}

static PortStatus
make_zones(PostageProblem *problem)
{
	int count = 0;

	for (int cell = 0; cell < problem->cell_count; cell++)
	{
		count += cell == 0 || problem->cells[cell].zone_id != problem->cells[cell - 1].zone_id;
		if (postage_stopped(problem, cell))
			return problem->fault.status;
	}
	problem->zones = get_array(problem, count, sizeof(PostageZone));
	if (problem->zones == NULL)
		return problem->fault.status;
	for (int cell = 0; cell < problem->cell_count; cell++)
	{
		PostageCell *c = &problem->cells[cell];
		PostageZone *zone;

		if (postage_stopped(problem, cell))
			return problem->fault.status;
		if (cell == 0 || c->zone_id != c[-1].zone_id)
		{
			zone = &problem->zones[problem->zone_count++];
			*zone = (PostageZone){.id = c->zone_id, .first_cell = cell};
		}
		zone = &problem->zones[problem->zone_count - 1];
		zone->cell_count++;
		zone->letters += c->count;
		c->zone = problem->zone_count - 1;
	}
	return PORT_OK;
}

/* Arcs whose bundle can never reach its minimum are out for good; a cell takes one of a joint. */
static PortStatus
drop_hopeless_bundles(PostageProblem *problem)
{
	for (int z = 0; z < problem->zone_count; z++)
	{
		PostageZone *zone = &problem->zones[z];
		int64_t reach[POSTAGE_MAX_OFFERS];
		const PostageCell *first = &problem->cells[zone->first_cell];
		const PostageCell *last = first + zone->cell_count - 1;

		if (postage_stopped(problem, z))
			return problem->fault.status;
		memset(reach, 0, problem->offer_count * sizeof(int64_t));
		for (const PostageCell *cell = first; cell <= last; cell++)
		{
			uint64_t leads = 0;

			for (int arc = cell->first_arc; arc < cell->first_arc + cell->arc_count; arc++)
			{
				const PostageOffer *offer = &problem->offers[problem->arcs[arc].offer];

				if (!problem->arcs[arc].usable)
					continue;
				if ((leads >> offer->lead) & 1)
					return port_fault(&problem->fault, PORT_INVALID, "POSTAGE-JOINT",
									  "arcs: cell %" PRId64 " has two offers of the joint \"%s\"",
									  cell->id, offer->joint);
				leads |= UINT64_C(1) << offer->lead;
				reach[offer->lead] += cell->count;
			}
		}
		for (const PostageCell *cell = first; cell <= last; cell++)
			for (int arc = cell->first_arc; arc < cell->first_arc + cell->arc_count; arc++)
			{
				PostageArc *a = &problem->arcs[arc];
				const PostageOffer *offer = &problem->offers[a->offer];

				if (reach[offer->lead] < offer->min_bucket)
					a->usable = false;
				else if (a->usable)
				{
					zone->offers |= UINT64_C(1) << a->offer;
					if (offer->min_bucket > 1)
						zone->buckets |= UINT64_C(1) << offer->lead;
				}
			}
	}
	return PORT_OK;
}

static bool
whole(int64_t money, int64_t points)
{
	return (PostageWide) money * points % 10000 == 0;
}

static int64_t
common_divisor(int64_t a, int64_t b)
{
	a = a < 0 ? -a : a;
	b = b < 0 ? -b : b;
	while (b != 0)
	{
		int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static void
note_money(PostageProblem *problem, PostageWide money)
{
	problem->granularity = common_divisor(problem->granularity, (int64_t) money);
}

static PortStatus
check_group(PostageProblem *problem, int index)
{
	PostageGroup *group = &problem->groups[index];

	if (group->tier_count == 0)
		return port_fault(&problem->fault, PORT_INVALID, "POSTAGE-TIER-ORDER",
						  "groups[%d] has no tier", index);
	group->base_tier = postage_tier_of(problem, group, group->base);
	for (int k = group->first_tier; k < group->first_tier + group->tier_count; k++)
	{
		int64_t points = problem->tiers[k].discount;

		if (group->incremental)
			note_money(problem, points);
		else
		{
			points -= problem->tiers[group->first_tier + group->base_tier].discount;
			if (!whole(group->base_money, points))
				return port_fault(&problem->fault, PORT_INVALID, "POSTAGE-FRACTION",
								  "groups[%d].base_money %" PRId64 " times %" PRId64
								  " basis points is not a whole number of micro units",
								  index, group->base_money, points);
			note_money(problem, (PostageWide) group->base_money * points / 10000);
		}
	}
	return PORT_OK;
}

/* Prices of group members times basis points are whole; also the cheapest price of each group. */
static PortStatus
check_prices(PostageProblem *problem)
{
	for (int g = 0; g < problem->group_count; g++)
	{
		if (check_group(problem, g) != PORT_OK)
			return problem->fault.status;
		problem->groups[g].min_price = INT64_MAX;
	}
	for (int arc = 0; arc < problem->arc_count; arc++)
	{
		const PostageArc *a = &problem->arcs[arc];

		if (postage_stopped(problem, arc))
			return problem->fault.status;
		note_money(problem, a->price);
		for (int g = 0; g < problem->group_count; g++)
		{
			PostageGroup *group = &problem->groups[g];

			if (!(group->offers & (UINT64_C(1) << a->offer)))
				continue;
			if (a->usable && a->price < group->min_price)
				group->min_price = a->price;
			for (int k = 0; k < group->tier_count && !group->incremental; k++)
			{
				int64_t points = problem->tiers[group->first_tier + k].discount;

				if (!whole(a->price, points) && !problem->is_relaxed)
					return port_fault(
						&problem->fault, PORT_INVALID, "POSTAGE-FRACTION",
						"price %" PRId64 " of cell %" PRId64 ", offer \"%s\" times %" PRId64
						" basis points is not a whole number of micro units",
						a->price, problem->cells[a->cell].id, problem->offers[a->offer].id, points);
				note_money(problem, (PostageWide) a->price * points / 10000);
			}
		}
	}
	for (int g = 0; g < problem->group_count; g++)
		if (problem->groups[g].min_price == INT64_MAX)
			problem->groups[g].min_price = 0;
	for (int o = 0; o < problem->offer_count; o++)
	{
		note_money(problem, problem->offers[o].fixed);
		note_money(problem, problem->offers[o].topup);
		note_money(problem, problem->offers[o].min_order);
	}
	for (int c = 0; c < problem->commit_count; c++)
		note_money(problem, problem->commits[c].penalty);
	if (problem->granularity == 0 || problem->is_relaxed)
		problem->granularity = 1;
	return PORT_OK;
}

static int
find_aggregate(PostageProblem *problem, uint64_t offers)
{
	for (int a = 0; a < problem->aggregate_count; a++)
		if (problem->aggregates[a].offers == offers)
			return a;
	problem->aggregates[problem->aggregate_count].offers = offers;
	return problem->aggregate_count++;
}

/* Each offer alone is an aggregate, and each joint whose volume costs something. */
static int
add_offer_terms(PostageProblem *problem, PostageTerm *all, int *owner)
{
	int count = 0;

	for (int o = 0; o < problem->offer_count; o++)
	{
		int a = find_aggregate(problem, UINT64_C(1) << o);

		if ((problem->joint_offers >> o) & 1)
			continue;
		owner[count] = a;
		all[count++] = (PostageTerm){POSTAGE_TERM_OFFER, o};
	}
	for (int o = 0; o < problem->offer_count; o++)
	{
		const PostageOffer *offer = &problem->offers[o];

		if (!((problem->joint_offers >> o) & 1) || offer->lead != o ||
			(offer->min_mailing == 0 && offer->fixed == 0))
			continue;
		owner[count] = find_aggregate(problem, offer->members);
		all[count++] = (PostageTerm){POSTAGE_TERM_OFFER, o};
	}
	return count;
}

/* Every term of every aggregate, ordered by aggregate. */
static PortStatus
make_terms(PostageProblem *problem)
{
	int most = 2 * problem->offer_count + problem->group_count + problem->commit_count +
			   problem->cap_count + problem->share_count;
	PostageTerm *all = make_array(problem, most, sizeof(PostageTerm));
	int *owner = make_array(problem, most, sizeof(int));
	int count = 0;

	problem->terms = make_array(problem, most, sizeof(PostageTerm));
	problem->aggregates = make_array(problem, most, sizeof(PostageAggregate));
	if (all == NULL || owner == NULL || problem->terms == NULL || problem->aggregates == NULL)
		return problem->fault.status;
	count = add_offer_terms(problem, all, owner);
	for (int g = 0; g < problem->group_count; g++)
	{
		if (problem->groups[g].offers == 0)
			continue;
		owner[count] = problem->groups[g].aggregate =
			find_aggregate(problem, problem->groups[g].offers);
		all[count++] = (PostageTerm){POSTAGE_TERM_GROUP, g};
	}
	for (int c = 0; c < problem->commit_count; c++)
	{
		const PostageCommit *commit = &problem->commits[c];

		if (commit->min <= commit->base || commit->penalty == 0)
			continue;
		if (commit->offers == 0)
		{
			problem->constant += (commit->min - commit->base) * commit->penalty;
			continue;
		}
		owner[count] = find_aggregate(problem, commit->offers);
		all[count++] = (PostageTerm){POSTAGE_TERM_COMMIT, c};
	}
	for (int c = 0; c < problem->cap_count; c++)
	{
		if (problem->caps[c].offers == 0)
			continue;
		owner[count] = find_aggregate(problem, problem->caps[c].offers);
		all[count++] = (PostageTerm){POSTAGE_TERM_CAP, c};
	}
	for (int s = 0; s < problem->share_count; s++)
	{
		owner[count] = find_aggregate(problem, problem->shares[s].offers);
		all[count++] = (PostageTerm){POSTAGE_TERM_SHARE, s};
	}
	for (int a = 0; a < problem->aggregate_count; a++)
	{
		problem->aggregates[a].first_term = problem->term_count;
		for (int t = 0; t < count; t++)
			if (owner[t] == a)
				problem->terms[problem->term_count++] = all[t];
		problem->aggregates[a].term_count = problem->term_count - problem->aggregates[a].first_term;
	}
	return PORT_OK;
}

/* Volumes where the cost of one term changes its line; returns how many. */
static int
term_starts(const PostageProblem *problem, const PostageTerm *term, int64_t *starts)
{
	int count = 0;

	switch (term->kind)
	{
		case POSTAGE_TERM_OFFER:
			starts[count++] = 1;
			starts[count++] = problem->offers[term->index].min_mailing;
			break;
		case POSTAGE_TERM_GROUP:
		{
			const PostageGroup *group = &problem->groups[term->index];

			for (int k = 0; k < group->tier_count; k++)
				starts[count++] = problem->tiers[group->first_tier + k].from - group->base;
			break;
		}
		case POSTAGE_TERM_COMMIT:
			starts[count++] =
				problem->commits[term->index].min - problem->commits[term->index].base;
			break;
		case POSTAGE_TERM_CAP:
			if (problem->caps[term->index].min > 1)
			{
				starts[count++] = 1;
				starts[count++] = problem->caps[term->index].min;
			}
			starts[count++] = problem->caps[term->index].max + 1;
			break;
		case POSTAGE_TERM_SHARE:
			starts[count++] = problem->shares[term->index].min_volume;
			starts[count++] = problem->shares[term->index].max_volume + 1;
			break;
	}
	return count;
}

static PortStatus
make_starts(PostageProblem *problem, PostageAggregate *aggregate)
{
	int room = 1;
	int count = 1;
	int kept = 1;

	for (int t = 0; t < aggregate->term_count; t++)
	{
		const PostageTerm *term = &problem->terms[aggregate->first_term + t];

		room += term->kind == POSTAGE_TERM_GROUP ? problem->groups[term->index].tier_count : 3;
	}
	aggregate->starts = make_array(problem, room, sizeof(int64_t));
	if (aggregate->starts == NULL)
		return problem->fault.status;
	for (int t = 0; t < aggregate->term_count; t++)
		count += term_starts(problem, &problem->terms[aggregate->first_term + t],
							 aggregate->starts + count);
	qsort(aggregate->starts + 1, count - 1, sizeof(int64_t), compare_int64);
	for (int i = 1; i < count; i++)
		if (aggregate->starts[i] > aggregate->starts[kept - 1] &&
			aggregate->starts[i] <= aggregate->max_volume)
			aggregate->starts[kept++] = aggregate->starts[i];
	aggregate->start_count = kept;
	return PORT_OK;
}

static PortStatus
measure_volumes(PostageProblem *problem)
{
	for (int cell = 0; cell < problem->cell_count; cell++)
	{
		const PostageCell *c = &problem->cells[cell];
		uint64_t offers = 0;

		if (postage_stopped(problem, cell))
			return problem->fault.status;
		for (int arc = c->first_arc; arc < c->first_arc + c->arc_count; arc++)
			if (problem->arcs[arc].usable)
				offers |= UINT64_C(1) << problem->arcs[arc].offer;
		for (int a = 0; a < problem->aggregate_count; a++)
		{
			PostageAggregate *aggregate = &problem->aggregates[a];

			if (offers & aggregate->offers)
				aggregate->max_volume += c->count;
			if (offers != 0 && (offers & ~aggregate->offers) == 0)
				aggregate->min_volume += c->count;
		}
	}
	return PORT_OK;
}

/* No plan can cost more: dearest arc for every letter, every fee, no discount that helps. */
static PortStatus
measure_money(PostageProblem *problem)
{
	PostageWide most = problem->constant;

	for (int cell = 0; cell < problem->cell_count; cell++)
	{
		const PostageCell *c = &problem->cells[cell];
		int64_t dearest = 0;

		if (postage_stopped(problem, cell))
			return problem->fault.status;
		for (int arc = c->first_arc; arc < c->first_arc + c->arc_count; arc++)
			if (problem->arcs[arc].price > dearest)
				dearest = problem->arcs[arc].price;
		most += (PostageWide) dearest * c->count * (1 + problem->group_count);
	}
	for (int o = 0; o < problem->offer_count; o++)
		most += problem->offers[o].fixed + problem->offers[o].min_order +
				(PostageWide) problem->offers[o].topup * problem->offers[o].min_mailing;
	for (int c = 0; c < problem->commit_count; c++)
		most += (PostageWide) problem->commits[c].penalty * problem->commits[c].min;
	for (int g = 0; g < problem->group_count; g++)
	{
		const PostageGroup *group = &problem->groups[g];

		for (int k = group->first_tier; k < group->first_tier + group->tier_count; k++)
		{
			PostageWide size = problem->tiers[k].discount < 0 ? -problem->tiers[k].discount
															  : problem->tiers[k].discount;

			int64_t length = problem->letters;

			if (k + 1 < group->first_tier + group->tier_count &&
				problem->tiers[k + 1].from - problem->tiers[k].from < length)
				length = problem->tiers[k + 1].from - problem->tiers[k].from;
			most += group->incremental ? size * length : size * 2 * group->base_money / 10000;
		}
	}
	if (most > POSTAGE_MAX_MONEY)
		return port_fault(&problem->fault, PORT_INVALID, "POSTAGE-LIMIT",
						  "money could exceed %" PRId64 " micro units", POSTAGE_MAX_MONEY);
	problem->infeasible_at = (int64_t) most;
	return PORT_OK;
}

/* All letters are sent, so a share is a number of letters. */
static PortStatus
measure_shares(PostageProblem *problem)
{
	for (int s = 0; s < problem->share_count; s++)
	{
		PostageShare *share = &problem->shares[s];

		if (share->offers == 0)
			return port_fault(&problem->fault, PORT_INVALID, "POSTAGE-REFERENCE",
							  "shares[%d] has no offer", s);
		share->min_volume = (share->min_points * problem->letters + 9999) / 10000;
		share->max_volume = share->max_points * problem->letters / 10000;
	}
	return PORT_OK;
}

/* Refuses what would take too much memory, before most of it is taken. */
static PortStatus
measure_memory(PostageProblem *problem)
{
	int64_t bytes = (int64_t) problem->cell_count * BYTES_OF_CELL +
					(int64_t) problem->arc_count * BYTES_OF_ARC +
					(int64_t) problem->zone_count * (BYTES_OF_ZONE + 4 * problem->offer_count);

	if (bytes <= problem->most_bytes)
		return PORT_OK;
	return port_fault(&problem->fault, PORT_INVALID, "POSTAGE-SIZE",
					  "%d cells in %d zones with %d prices would take about %" PRId64
					  " MB, more than %" PRId64,
					  problem->cell_count, problem->zone_count, problem->arc_count,
					  bytes / 1000000 + 1, problem->most_bytes / 1000000);
}

PortStatus
postage_problem_finish(PostageProblem *problem)
{
	if (problem->fault.status != PORT_OK)
		return problem->fault.status;
	if (measure_shares(problem) != PORT_OK)
		return problem->fault.status;
	if (problem->cell_index == NULL && postage_index_cells(problem) != PORT_OK)
		return problem->fault.status;
	if (order_rows(problem) != PORT_OK || make_zones(problem) != PORT_OK ||
		measure_memory(problem) != PORT_OK || drop_hopeless_bundles(problem) != PORT_OK)
		return problem->fault.status;
	if (check_prices(problem) != PORT_OK || make_terms(problem) != PORT_OK)
		return problem->fault.status;
	if (measure_volumes(problem) != PORT_OK)
		return problem->fault.status;
	for (int o = 0; o < problem->offer_count; o++)
		if (problem->offers[o].least > problem->aggregates[o].min_volume)
			problem->aggregates[o].min_volume = problem->offers[o].least;
	for (int a = 0; a < problem->aggregate_count; a++)
		if (make_starts(problem, &problem->aggregates[a]) != PORT_OK)
			return problem->fault.status;
	for (int o = 0; o < problem->offer_count; o++)
	{
		int nesting = 0;

		for (int a = 0; a < problem->aggregate_count; a++)
			nesting += (problem->aggregates[a].offers >> o) & 1;
		if (nesting > problem->nesting)
			problem->nesting = nesting;
	}
	if (problem->nesting > POSTAGE_MAX_NESTING)
		return port_fault(&problem->fault, PORT_INVALID, "POSTAGE-LIMIT",
						  "an offer is in more than %d groups, commits and caps",
						  POSTAGE_MAX_NESTING);
	return measure_money(problem);
}
