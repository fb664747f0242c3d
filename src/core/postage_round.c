/*
 * postage_round.c: rounds volumes to allowed ones and opens the bundles that can hold them.
 */
#include "core/postage_round.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define LEVELS 64

/* From which share on an offer's bundles are opened, and from which size on those of no share. */
typedef struct Opening
{
	float share;
	int size;
} Opening;

/* The nearest volume that is allowed in the node. */
static int64_t
allowed_volume(const PostageRelax *relax, int aggregate, double wanted, int direction)
{
	int64_t volume = llround(wanted);
	const PostagePiece *pieces = relax->pieces[aggregate];
	int count = relax->piece_count[aggregate];

	if (volume <= pieces[0].from)
		return pieces[0].from;
	for (int p = 0; p < count; p++)
	{
		if (volume <= pieces[p].to && volume >= pieces[p].from)
		{
			if (direction > 0 && p + 1 < count)
				return pieces[p + 1].from;
			if (direction < 0 && p > 0)
				return pieces[p - 1].to;
			return volume;
		}
		if (p + 1 < count && volume > pieces[p].to && volume < pieces[p + 1].from)
			return direction > 0 ||
						   (direction == 0 && pieces[p + 1].from - volume < volume - pieces[p].to)
					   ? pieces[p + 1].from
					   : pieces[p].to;
	}
	return pieces[count - 1].to;
}

/* Letters of the zone that the offer, or another of its joint, could carry. */
static int64_t
letters_within_reach(const PostageProblem *problem, const PostageZone *zone, int offer)
{
	uint64_t offers = problem->offers[offer].members;
	int64_t letters = 0;

	for (int cell = zone->first_cell; cell < zone->first_cell + zone->cell_count; cell++)
	{
		const PostageCell *c = &problem->cells[cell];
		int arc = c->first_arc;

		while (arc < c->first_arc + c->arc_count && !((offers >> problem->arcs[arc].offer) & 1))
			arc++;
		if (arc < c->first_arc + c->arc_count)
			letters += c->count;
	}
	return letters;
}

/* The aggregate that the minimum of the offer's letters is of; -1 when nothing asks for letters. */
static int
aggregate_of(const PostageProblem *problem, int offer)
{
	for (int a = 0; a < problem->aggregate_count; a++)
		if (problem->aggregates[a].offers == problem->offers[offer].members)
			return a;
	return -1;
}

/* Steps of bundle sizes, a quarter of the minimum each. */
static int
size_step(const PostageOffer *offer, int64_t letters)
{
	int64_t step = letters * 4 / offer->min_bucket;

	return step < LEVELS ? (int) step : LEVELS;
}

/*
 * Lowers the threshold of an offer as far as its bundles can hold its letters.  When those that the
 * relaxation uses at all cannot, PORT_STOPPED unless the offer must carry letters; then the largest
 * others are opened, too.
 */
static PortStatus
choose_opening(const PostageRelax *relax, const PostageDualResult *shares, int offer,
			   int64_t missing, bool required, Opening *opening)
{
	const PostageProblem *problem = relax->problem;
	int64_t by_share[LEVELS + 1] = {0};
	int64_t by_size[LEVELS + 1] = {0};
	int level;

	for (int z = 0; z < problem->zone_count && missing > 0; z++)
	{
		const PostageZone *zone = &problem->zones[z];
		float used = shares->used[(size_t) z * problem->offer_count + offer];
		int64_t letters;

		if (postage_pause(problem, z))
			return PORT_INTERRUPTED;
		if (!((zone->buckets & relax->zone_open[z]) >> offer & 1))
			continue;
		letters = letters_within_reach(problem, zone, offer);
		if (used >= opening->share || (relax->zone_forced[z] >> offer & 1))
			missing -= letters;
		else if (used > 0)
			by_share[used < 1 ? (int) (used * LEVELS) : LEVELS] += letters;
		else
			by_size[size_step(&problem->offers[offer], letters)] += letters;
	}
	if (missing <= 0)
		return PORT_OK;
	for (level = LEVELS; level > 0 && missing > 0; level--)
		missing -= by_share[level];
	opening->share = missing > 0 ? FLT_MIN : (float) (level + 1) / LEVELS;
	missing -= missing > 0 ? by_share[0] : 0;
	if (missing <= 0)
		return PORT_OK;
	if (!required)
		return PORT_STOPPED;
	for (level = LEVELS; level >= 0 && missing > 0; level--)
		missing -= by_size[level];
	opening->size = level + 1;
	return PORT_OK;
}

static bool
opens(const PostageProblem *problem, const PostageZone *zone, int offer, float used,
	  const Opening *opening)
{
	return used >= opening->share ||
		   (opening->size <= LEVELS && used == 0 &&
			size_step(&problem->offers[offer], letters_within_reach(problem, zone, offer)) >=
				opening->size);
}

PortStatus
postage_round(const PostageRelax *relax, const PostageDualResult *shares,
			  const PostageRoundingRule *rule, PostageRounding *rounding)
{
	const PostageProblem *problem = relax->problem;
	Opening openings[POSTAGE_MAX_OFFERS];
	uint64_t closed = 0;

	for (int a = 0; a < problem->aggregate_count; a++)
	{
		rounding->volumes[a] = allowed_volume(relax, a, shares->volumes[a],
											  a == rule->aggregate ? rule->direction : 0);
		if (rounding->volumes[a] == 0)
			closed |= problem->aggregates[a].offers;
	}
	for (int o = 0; o < problem->offer_count; o++)
	{
		int a = aggregate_of(problem, o);
		PortStatus status;

		openings[o] = (Opening){rule->threshold, LEVELS + 1};
		if (problem->offers[o].min_bucket <= 1 || problem->offers[o].lead != o || a < 0 ||
			(problem->offers[o].members & ~closed) == 0)
			continue;
		status =
			choose_opening(relax, shares, o, rounding->volumes[a], relax->low[a] > 0, &openings[o]);
		if (status == PORT_INTERRUPTED)
			return status;
		if (status == PORT_OK)
			continue;
		rounding->volumes[a] = 0;
		for (uint64_t rest = problem->offers[o].members; rest != 0; rest &= rest - 1)
			rounding->volumes[__builtin_ctzll(rest)] = 0;
		closed |= problem->offers[o].members;
	}
	for (int z = 0; z < problem->zone_count; z++)
	{
		const PostageZone *zone = &problem->zones[z];
		const float *used = shares->used + (size_t) z * problem->offer_count;
		uint64_t open = zone->offers & relax->zone_open[z] & relax->open & ~closed;

		if (postage_pause(problem, z))
			return PORT_INTERRUPTED;
		for (uint64_t rest = postage_leads(problem, open) & zone->buckets & ~relax->zone_forced[z];
			 rest != 0; rest &= rest - 1)
		{
			int offer = __builtin_ctzll(rest);

			if (!opens(problem, zone, offer, used[offer], &openings[offer]))
				open &= ~problem->offers[offer].members;
		}
		rounding->zone_open[z] = open;
	}
	return PORT_OK;
}

/* The multiplier moves by what the cheapest letter loses when fewer points can be reached. */
static void
move_multipliers(const PostageRelax *relax, const int64_t *points_before, int64_t *multipliers)
{
	const PostageProblem *problem = relax->problem;

	for (int g = 0; g < problem->group_count; g++)
	{
		const PostageGroup *group = &problem->groups[g];

		if (!group->incremental && group->offers != 0)
			multipliers[group->aggregate] += (points_before[g] - relax->best_points[g]) *
											 group->min_price * (POSTAGE_SCALE / 10000);
	}
}

static void
narrow(PostageRelax *relax, const PostageRounding *rounding)
{
	const PostageProblem *problem = relax->problem;

	for (int a = 0; a < problem->aggregate_count; a++)
	{
		if (rounding->volumes[a] == 0)
			relax->high[a] = 0;
		else if (relax->low[a] == 0)
			relax->low[a] = 1;
		postage_tier_range(problem, &problem->aggregates[a], rounding->volumes[a], &relax->low[a],
						   &relax->high[a]);
	}
	for (int z = 0; z < problem->zone_count; z++)
	{
		relax->zone_open[z] = rounding->zone_open[z];
		relax->zone_forced[z] |=
			postage_leads(problem, rounding->zone_open[z]) & problem->zones[z].buckets;
	}
	postage_relax_prepare(relax);
}

PortStatus
postage_rounding_bound(PostageRelax *relax, const PostageRounding *rounding,
					   const int64_t *multipliers, PostageWide *bound)
{
	const PostageProblem *problem = relax->problem;
	const Port *port = problem->port;
	int64_t *moved = port_alloc_array(port, problem->aggregate_count + 1, sizeof(int64_t));
	int64_t *points = port_alloc_array(port, problem->group_count + 1, sizeof(int64_t));
	PostageZoneAnswer answer;
	PortStatus status = PORT_OK;

	if (moved == NULL || points == NULL)
		return PORT_NO_MEMORY;
	memcpy(moved, multipliers, problem->aggregate_count * sizeof(int64_t));
	memcpy(points, relax->best_points, problem->group_count * sizeof(int64_t));
	narrow(relax, rounding);
	move_multipliers(relax, points, moved);
	postage_relax_set_multipliers(relax, moved);
	*bound = postage_relax_volumes(relax, moved);
	for (int z = 0; z < problem->zone_count && status == PORT_OK; z++)
	{
		postage_zone_solve(relax->zones, z, &relax->weights, relax->zone_open[z] & relax->open,
						   relax->zone_forced[z], &answer, NULL);
		*bound += answer.impossible ? 0 : answer.value;
		if ((z & 63) == 0 && port->interrupted(port->host))
			status = PORT_INTERRUPTED;
	}
	port->release(port->host, moved);
	port->release(port->host, points);
	return status;
}
