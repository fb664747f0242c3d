/*
 * mail_covers_bound.c: what no way to share covers can cost less than.
 *
 * Every group takes its cheapest partition and every other letter its cheapest offer, at the best
 * discounts that the mailing could reach: each tier is one that all its letters together could
 * fill.  Minima, bundles, limits, fees and fixed prices are left out, which can only lower the sum.
 * For one scheme at a time that is refined: whatever its tier is in the end, the covers that count
 * towards it are as many as the tier asks for, and their discount is the tier's.  Of its tiers the
 * cheapest counts, of the schemes the highest bound.  Along the convex hulls of the groups
 * (cover_select) the sum is that of the linear relaxation, but for the last group that was moved:
 * what moving it costs is taken off.
 *
 * No bound is given where discounts are the year's or an offer is priced by the average weight.
 */
#include "core/mail_covers_state.h"

typedef struct TierState
{
	int scheme; /* -1: none is looked at */
	int tier;
} TierState;

static bool can_be_bounded(const Tariff *tariff);
static void best_discounts(const MailCovers *covers, TierState state, MailRegime *regime);
static int64_t tier_discount(const Tariff *tariff, const TariffScheme *scheme, int tier);
static PortStatus bound_state(MailCovers *covers, TierState state, int64_t *bound);
static bool sum_rows(const CoverPattern *rows, int count, int64_t least, int64_t *sum);

PortStatus
mail_bound_covers(MailCovers *covers)
{
	const Tariff *tariff = covers->plan->tariff;
	int64_t highest = 0;

	covers->lower_bound = 0;
	if (!can_be_bounded(tariff))
		return PORT_OK;
	for (int s = 0; s < tariff->scheme_count; s++)
	{
		int64_t least = COVER_NEVER;

		for (int t = 0; t < tariff->schemes[s].tier_count; t++)
		{
			int64_t bound;
			PortStatus status = bound_state(covers, (TierState){s, t}, &bound);

			if (status != PORT_OK)
				return status;
			least = bound < least ? bound : least;
		}
		if (least != COVER_NEVER && least > highest)
			highest = least;
	}
	if (tariff->scheme_count == 0)
	{
		PortStatus status = bound_state(covers, (TierState){-1, 0}, &highest);

		if (status != PORT_OK)
			return status;
		highest = highest == COVER_NEVER ? 0 : highest;
	}
	covers->lower_bound = highest / covers->plan->scale;
	return PORT_OK;
}

static bool
can_be_bounded(const Tariff *tariff)
{
	for (int s = 0; s < tariff->scheme_count; s++)
		if (tariff->schemes[s].of_year || tariff->schemes[s].base != 0 ||
			tariff->schemes[s].base_money != 0)
			return false;
	for (int o = 0; o < tariff->offer_count; o++)
		if (tariff->offers[o].by_average)
			return false;
	return true;
}

/* The state's scheme in its tier, every other in the best that all letters together could reach. */
static void
best_discounts(const MailCovers *covers, TierState state, MailRegime *regime)
{
	const Tariff *tariff = covers->plan->tariff;

	*regime = (MailRegime){.usable = ~UINT64_C(0)};
	/* one scheme is always looked at where there is one: with no offers inside only groups are
	 * listed */
	regime->inside = state.scheme < 0 ? UINT64_C(1) : tariff->schemes[state.scheme].offers;
	for (int s = 0; s < tariff->scheme_count; s++)
	{
		const TariffScheme *scheme = &tariff->schemes[s];
		int64_t best = 0;

		for (int t = 0; t < scheme->tier_count && s != state.scheme; t++)
			if (tariff->tiers[scheme->first_tier + t].from <= covers->plan->letters &&
				tariff->tiers[scheme->first_tier + t].discount > best)
				best = tariff->tiers[scheme->first_tier + t].discount;
		if (s == state.scheme)
		{
			best = tier_discount(tariff, scheme, state.tier);
			regime->least = tariff->tiers[scheme->first_tier + state.tier].from;
		}
		for (int o = 0; o < tariff->offer_count; o++)
			if ((scheme->offers >> o) & 1)
				*(scheme->incremental ? &regime->amount[o] : &regime->points[o]) += best;
	}
}

/* An incremental amount falls on letters beyond its tier alone: none gets more than the best so
 * far. */
static int64_t
tier_discount(const Tariff *tariff, const TariffScheme *scheme, int tier)
{
	const TariffTier *tiers = tariff->tiers + scheme->first_tier;
	int64_t best = tiers[tier].discount;

	for (int t = 0; t < tier && scheme->incremental; t++)
		best = tiers[t].discount > best ? tiers[t].discount : best;
	return best;
}

/* COVER_NEVER: the tier cannot be reached. */
static PortStatus
bound_state(MailCovers *covers, TierState state, int64_t *bound)
{
	size_t room =
		(size_t) covers->pattern_index.count + (size_t) covers->plan->kind_index.count + 1;
	MailRegime regime;
	CoverPattern *rows;
	int count;
	PortStatus status;

	*bound = COVER_NEVER;
	covers->reset(covers->scratch->host);
	rows = port_alloc_array(covers->scratch, room, sizeof(CoverPattern));
	if (rows == NULL)
		return PORT_NO_MEMORY;
	best_discounts(covers, state, &regime);
	status = mail_list_choices(covers, &regime, rows, &count);
	if (status != PORT_OK)
		return status;
	/* without memory, or with a group that nothing carries: a bound all the same */
	if (!cover_select(covers->scratch, rows, count, regime.least))
		*bound = 0;
	else if (!sum_rows(rows, count, regime.least, bound))
		*bound = COVER_NEVER;
	return PORT_OK;
}

/* False when fewer than least are inside. */
static bool
sum_rows(const CoverPattern *rows, int count, int64_t least, int64_t *sum)
{
	__int128 total = 0;
	int64_t inside = 0, last_step = 0;

	for (int i = 0; i < count; i++)
	{
		const CoverPattern *row = &rows[i];
		const CoverChoice *low = &row->choices[row->low], *high = &row->choices[row->high];

		total += (__int128) low->cost * (row->groups - row->high_groups) +
				 (__int128) high->cost * row->high_groups;
		inside += low->inside * (row->groups - row->high_groups) + high->inside * row->high_groups;
		if (row->high_groups > 0 && high->cost - low->cost > last_step)
			last_step = high->cost - low->cost;
	}
	if (inside < least)
		return false;
	if (inside > least)
		total -= last_step;
	*sum = total < 0 ? 0 : (int64_t) total;
	return true;
}
