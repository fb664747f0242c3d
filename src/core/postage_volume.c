/*
 * postage_volume.c: costs of volumes.
 */
#include "core/postage_volume.h"

int64_t
postage_best_points(const PostageProblem *problem, const PostageGroup *group, int64_t low,
					int64_t high)
{
	const PostageTier *tiers = problem->tiers + group->first_tier;
	int first = postage_tier_of(problem, group, group->base + low);
	int last = postage_tier_of(problem, group, group->base + high);
	int64_t best = tiers[first].discount;

	for (int tier = first + 1; tier <= last; tier++)
		if (tiers[tier].discount > best)
			best = tiers[tier].discount;
	return best;
}

static int64_t
group_cost(const PostageProblem *problem, const PostageGroup *group, int64_t volume,
		   int64_t best_points)
{
	const PostageTier *tiers = problem->tiers + group->first_tier;
	int64_t points;
	PostageWide loss;
	PostageWide bonus;

	if (group->incremental)
		return -postage_incremental_discount(problem, group, volume);
	points = tiers[postage_tier_of(problem, group, group->base + volume)].discount;
	loss = (PostageWide) (best_points - points) * group->min_price * volume;
	bonus = (PostageWide) (points - tiers[group->base_tier].discount) * group->base_money;
	return (int64_t) (loss / 10000 - bonus / 10000);
}

/* False when the volume is not allowed. */
static bool
volume_cost(const PostageProblem *problem, const PostageAggregate *aggregate, int64_t volume,
			const int64_t *best_points, int64_t *cost)
{
	*cost = 0;
	for (int t = aggregate->first_term; t < aggregate->first_term + aggregate->term_count; t++)
	{
		int index = problem->terms[t].index;

		switch (problem->terms[t].kind)
		{
			case POSTAGE_TERM_OFFER:
			{
				const PostageOffer *offer = &problem->offers[index];

				if (volume == 0)
					break;
				*cost += offer->fixed;
				if (volume < offer->min_mailing)
				{
					if (offer->topup == 0)
						return false;
					*cost += (offer->min_mailing - volume) * offer->topup;
				}
				break;
			}
			case POSTAGE_TERM_GROUP:
				*cost += group_cost(problem, &problem->groups[index], volume, best_points[index]);
				break;
			case POSTAGE_TERM_COMMIT:
			{
				const PostageCommit *commit = &problem->commits[index];
				int64_t missing = commit->min - commit->base - volume;

				if (missing > 0)
					*cost += missing * commit->penalty;
				break;
			}
			case POSTAGE_TERM_CAP:
				if (volume > problem->caps[index].max ||
					(volume > 0 && volume < problem->caps[index].min))
					return false;
				break;
			case POSTAGE_TERM_SHARE:
				if (volume < problem->shares[index].min_volume ||
					volume > problem->shares[index].max_volume)
					return false;
				break;
		}
	}
	return true;
}

int
postage_make_pieces(const PostageProblem *problem, const PostageAggregate *aggregate, int64_t low,
					int64_t high, const int64_t *best_points, PostagePiece *pieces)
{
	int count = 0;

	for (int s = 0; s < aggregate->start_count; s++)
	{
		PostagePiece *piece = &pieces[count];

		piece->from = aggregate->starts[s] > low ? aggregate->starts[s] : low;
		piece->to = s + 1 < aggregate->start_count ? aggregate->starts[s + 1] - 1 : high;
		if (piece->to > high)
			piece->to = high;
		if (piece->from > piece->to)
			continue;
		if (!volume_cost(problem, aggregate, piece->from, best_points, &piece->cost_from) ||
			!volume_cost(problem, aggregate, piece->to, best_points, &piece->cost_to))
			continue;
		count++;
	}
	return count;
}

void
postage_tier_range(const PostageProblem *problem, const PostageAggregate *aggregate, int64_t volume,
				   int64_t *low, int64_t *high)
{
	for (int t = aggregate->first_term; t < aggregate->first_term + aggregate->term_count; t++)
	{
		const PostageTerm *term = &problem->terms[t];
		const PostageGroup *group;
		const PostageTier *tiers;
		int tier;

		if (term->kind != POSTAGE_TERM_GROUP || problem->groups[term->index].incremental)
			continue;
		group = &problem->groups[term->index];
		tiers = problem->tiers + group->first_tier;
		tier = postage_tier_of(problem, group, group->base + volume);
		if (tier > 0 && tiers[tier].from - group->base > *low)
			*low = tiers[tier].from - group->base;
		if (tier + 1 < group->tier_count && tiers[tier + 1].from - group->base - 1 < *high)
			*high = tiers[tier + 1].from - group->base - 1;
	}
}

PostageWide
postage_pieces_minimum(const PostagePiece *pieces, int count, int64_t scale, int64_t multiplier)
{
	PostageWide best = 0;

	for (int p = 0; p < count; p++)
	{
		PostageWide from =
			(PostageWide) pieces[p].cost_from * scale + (PostageWide) pieces[p].from * multiplier;
		PostageWide to =
			(PostageWide) pieces[p].cost_to * scale + (PostageWide) pieces[p].to * multiplier;

		if (p == 0 || from < best)
			best = from;
		if (to < best)
			best = to;
	}
	return best;
}
