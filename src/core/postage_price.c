/*
 * postage_price.c: the definition of cost.  Adds up straight from the rules and shares no shortcut
 * with the solver, so that it can judge the solver's plans.
 */
#include "core/postage_price.h"

#include <inttypes.h>
#include <string.h>

typedef struct Volumes
{
	int64_t letters[POSTAGE_MAX_OFFERS];
	int64_t money[POSTAGE_MAX_OFFERS];
	int64_t weight[POSTAGE_MAX_OFFERS];
} Volumes;

static int64_t
volume_of(const int64_t *values, uint64_t offers)
{
	int64_t sum = 0;

	for (int offer = 0; offers != 0; offer++, offers >>= 1)
		if (offers & 1)
			sum += values[offer];
	return sum;
}

/* Letters of every cell, bundle minima of every zone. */
static PortStatus
price_letters(const PostageProblem *problem, const int64_t *counts, Volumes *volumes,
			  PostagePrice *price)
{
	for (int z = 0; z < problem->zone_count; z++)
	{
		const PostageZone *zone = &problem->zones[z];
		int64_t bucket[POSTAGE_MAX_OFFERS];

		if (postage_pause(problem, z))
			return PORT_INTERRUPTED;
		memset(bucket, 0, problem->offer_count * sizeof(int64_t));
		for (int cell = zone->first_cell; cell < zone->first_cell + zone->cell_count; cell++)
		{
			const PostageCell *c = &problem->cells[cell];
			int64_t sent = 0;

			for (int arc = c->first_arc; arc < c->first_arc + c->arc_count; arc++)
			{
				const PostageArc *a = &problem->arcs[arc];

				if (counts[arc] < 0)
				{
					port_fault(&price->broken, PORT_INVALID, "PLAN-COUNT",
							   "cell %" PRId64 ", offer \"%s\": negative count", c->id,
							   problem->offers[a->offer].id);
					continue;
				}
				sent += counts[arc];
				bucket[a->offer] += counts[arc];
				volumes->letters[a->offer] += counts[arc];
				volumes->money[a->offer] += counts[arc] * a->price;
				volumes->weight[a->offer] += counts[arc] * c->weight;
				price->list += counts[arc] * a->price;
			}
			if (sent != c->count)
				port_fault(&price->broken, PORT_INVALID, "PLAN-CELL",
						   "cell %" PRId64 ": %" PRId64 " sent, %" PRId64 " needed", c->id, sent,
						   c->count);
		}
		for (int o = 0; o < problem->offer_count; o++)
		{
			int64_t letters =
				problem->offers[o].lead == o ? volume_of(bucket, problem->offers[o].members) : 0;

			if (letters > 0 && letters < problem->offers[o].min_bucket)
				port_fault(&price->broken, PORT_INVALID, "PLAN-BUNDLE",
						   "offer \"%s\", zone %" PRId64 ": %" PRId64
						   " letters, below the bundle minimum of %" PRId64,
						   problem->offers[o].id, zone->id, letters, problem->offers[o].min_bucket);
		}
	}
	return PORT_OK;
}

static void
price_offers(const PostageProblem *problem, const Volumes *volumes, PostagePrice *price)
{
	for (int o = 0; o < problem->offer_count; o++)
	{
		const PostageOffer *offer = &problem->offers[o];
		int64_t letters = offer->lead == o ? volume_of(volumes->letters, offer->members) : 0;
		int64_t missing = offer->min_mailing - letters;

		if (volumes->letters[o] < offer->least)
			port_fault(&price->broken, PORT_INVALID, "PLAN-LEAST",
					   "offer \"%s\": %" PRId64 " letters, must have %" PRId64, offer->id,
					   volumes->letters[o], offer->least);
		if (letters == 0)
			continue;
		price->fixed += offer->fixed;
		if (missing <= 0)
			continue;
		if (offer->topup > 0)
			price->topup += missing * offer->topup;
		else
			port_fault(&price->broken, PORT_INVALID, "PLAN-MINIMUM",
					   "offer \"%s\": %" PRId64 " letters, below the minimum of %" PRId64,
					   offer->id, letters, offer->min_mailing);
	}
}

/* An order has one average weight, which chose its prices, and a least price. */
static void
price_orders(const PostageProblem *problem, const Volumes *volumes, PostagePrice *price)
{
	for (int o = 0; o < problem->offer_count; o++)
	{
		const PostageOffer *offer = &problem->offers[o];
		int64_t letters = volumes->letters[o];

		if (letters <= 0)
			continue;
		if (volumes->money[o] < offer->min_order)
			price->topup += offer->min_order - volumes->money[o];
		if (volumes->weight[o] <= offer->above * letters && offer->above > 0)
			port_fault(&price->broken, PORT_INVALID, "PLAN-AVERAGE",
					   "offer \"%s\": average weight not above %" PRId64, offer->id, offer->above);
		if (offer->upto > 0 && volumes->weight[o] > offer->upto * letters)
			port_fault(&price->broken, PORT_INVALID, "PLAN-AVERAGE",
					   "offer \"%s\": average weight above %" PRId64, offer->id, offer->upto);
		for (int other = 0; other < o && offer->order != NULL; other++)
			if (volumes->letters[other] > 0 && problem->offers[other].order != NULL &&
				strcmp(problem->offers[other].order, offer->order) == 0)
				port_fault(&price->broken, PORT_INVALID, "PLAN-ORDER",
						   "offers \"%s\" and \"%s\" are one order", problem->offers[other].id,
						   offer->id);
	}
}

static void
price_groups(const PostageProblem *problem, const Volumes *volumes, PostagePrice *price)
{
	for (int g = 0; g < problem->group_count; g++)
	{
		const PostageGroup *group = &problem->groups[g];
		const PostageTier *tiers = problem->tiers + group->first_tier;
		int64_t letters = volume_of(volumes->letters, group->offers);
		int64_t points;

		if (group->incremental)
		{
			price->discount += postage_incremental_discount(problem, group, letters);
			continue;
		}
		points = tiers[postage_tier_of(problem, group, group->base + letters)].discount;
		price->discount +=
			(int64_t) (((PostageWide) points * volume_of(volumes->money, group->offers) +
						(PostageWide) (points - tiers[group->base_tier].discount) *
							group->base_money) /
					   10000);
	}
}

PortStatus
postage_price_plan(const PostageProblem *problem, const int64_t *counts, PostagePrice *price)
{
	Volumes volumes;

	memset(price, 0, sizeof(*price));
	memset(&volumes, 0, sizeof(volumes));
	price->broken.position = -1;
	if (price_letters(problem, counts, &volumes, price) != PORT_OK)
		return PORT_INTERRUPTED;
	price_offers(problem, &volumes, price);
	if (problem->has_orders)
		price_orders(problem, &volumes, price);
	price_groups(problem, &volumes, price);
	for (int c = 0; c < problem->commit_count; c++)
	{
		const PostageCommit *commit = &problem->commits[c];
		int64_t missing = commit->min - commit->base - volume_of(volumes.letters, commit->offers);

		if (missing > 0)
			price->penalty += missing * commit->penalty;
	}
	for (int c = 0; c < problem->cap_count; c++)
	{
		int64_t letters = volume_of(volumes.letters, problem->caps[c].offers);

		if (letters > problem->caps[c].max)
			port_fault(&price->broken, PORT_INVALID, "PLAN-CAP",
					   "caps[%d]: %" PRId64 " letters, above %" PRId64, c, letters,
					   problem->caps[c].max);
		if (letters > 0 && letters < problem->caps[c].min)
			port_fault(&price->broken, PORT_INVALID, "PLAN-MINIMUM",
					   "caps[%d]: %" PRId64 " letters, below the minimum of %" PRId64, c, letters,
					   problem->caps[c].min);
	}
	for (int s = 0; s < problem->share_count; s++)
	{
		const PostageShare *share = &problem->shares[s];
		int64_t letters = volume_of(volumes.letters, share->offers);

		if (letters * 10000 < share->min_points * problem->letters ||
			letters * 10000 > share->max_points * problem->letters)
			port_fault(&price->broken, PORT_INVALID, "PLAN-SHARE",
					   "shares[%d]: %" PRId64 " of %" PRId64 " letters, outside %" PRId64
					   " to %" PRId64 " basis points",
					   s, letters, problem->letters, share->min_points, share->max_points);
	}
	price->cost = price->list + price->fixed + price->topup + price->penalty - price->discount;
	price->feasible = price->broken.status == PORT_OK;
	return PORT_OK;
}

int64_t
postage_bundle_letters(const PostageProblem *problem, const int64_t *counts, int zone, int offer)
{
	const PostageZone *z = &problem->zones[zone];
	int64_t letters = 0;

	for (int cell = z->first_cell; cell < z->first_cell + z->cell_count; cell++)
	{
		const PostageCell *c = &problem->cells[cell];

		for (int arc = c->first_arc; arc < c->first_arc + c->arc_count; arc++)
			if ((problem->offers[offer].members >> problem->arcs[arc].offer) & 1)
				letters += counts[arc];
	}
	return letters;
}
