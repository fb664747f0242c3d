/*
 * mail_stack.c: discounts on discounts.
 *
 * A scheme that multiplies takes its points off what the schemes of lower order left.  Where all
 * schemes of the offers count the same letters, what they give together is a function of one
 * volume: one scheme with the thresholds of all.  Tariffs where that is not so are kept out of the
 * plan (mailroom.offer_refusal).
 */
#include "core/mail_plan.h"

static int64_t points_at(const Tariff *tariff, const TariffScheme *scheme, int64_t volume);

void
mail_stack_schemes(Tariff *tariff)
{
	for (int s = 0; s < tariff->scheme_count; s++)
		tariff->schemes[s].leader = s;
	for (int s = 0; s < tariff->scheme_count; s++)
	{
		int leader = s;

		if (!tariff->schemes[s].multiplies)
			continue;
		for (int t = 0; t < tariff->scheme_count; t++)
		{
			const TariffScheme *other = &tariff->schemes[t];

			if (other->offers == tariff->schemes[s].offers && !other->incremental &&
				!other->of_year && t < leader)
				leader = t;
		}
		for (int t = 0; t < tariff->scheme_count; t++)
			if (tariff->schemes[t].offers == tariff->schemes[s].offers &&
				!tariff->schemes[t].incremental && !tariff->schemes[t].of_year)
				tariff->schemes[t].leader = leader;
	}
}

/* The scheme that comes after the order and number among those of one leader; -1: none. */
static int
next_member(const Tariff *tariff, int leader, int order, int number)
{
	int next = -1;

	for (int s = 0; s < tariff->scheme_count; s++)
	{
		const TariffScheme *scheme = &tariff->schemes[s];

		if (scheme->leader != leader || scheme->order < order ||
			(scheme->order == order && s <= number))
			continue;
		if (next < 0 || scheme->order < tariff->schemes[next].order)
			next = s;
	}
	return next;
}

int
mail_stacked_points(const Tariff *tariff, int leader, int64_t volume, int64_t *points)
{
	int64_t left = TARIFF_WHOLE_PRICE;

	for (int s = next_member(tariff, leader, 0, -1); s >= 0;
		 s = next_member(tariff, leader, tariff->schemes[s].order, s))
	{
		int64_t given = points_at(tariff, &tariff->schemes[s], volume);

		if (tariff->schemes[s].multiplies)
		{
			if (left * given % TARIFF_WHOLE_PRICE != 0)
				return -1;
			given = left * given / TARIFF_WHOLE_PRICE;
		}
		left -= given;
		if (points != NULL)
			points[s] = given;
	}
	return (int) (TARIFF_WHOLE_PRICE - left);
}

int64_t
mail_stacked_next(const Tariff *tariff, int leader, int64_t from)
{
	int64_t next = -1;

	for (int s = 0; s < tariff->scheme_count; s++)
	{
		const TariffScheme *scheme = &tariff->schemes[s];

		for (int t = scheme->first_tier;
			 scheme->leader == leader && t < scheme->first_tier + scheme->tier_count; t++)
			if (tariff->tiers[t].from > from && (next < 0 || tariff->tiers[t].from < next))
				next = tariff->tiers[t].from;
	}
	return next;
}

/* The first tier also holds below its threshold. */
static int64_t
points_at(const Tariff *tariff, const TariffScheme *scheme, int64_t volume)
{
	const TariffTier *tiers = tariff->tiers + scheme->first_tier;
	int tier = 0;

	while (tier + 1 < scheme->tier_count && tiers[tier + 1].from <= volume)
		tier++;
	return scheme->tier_count == 0 ? 0 : tiers[tier].discount;
}
