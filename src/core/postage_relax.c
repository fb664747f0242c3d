/*
 * postage_relax.c: evaluates the relaxation.
 */
#include "core/postage_relax.h"

#include <string.h>

PostageRelax *
postage_relax_new(const PostageProblem *problem)
{
	const Port *port = problem->port;
	PostageRelax *relax = port->alloc(port->host, sizeof(PostageRelax));
	size_t count = problem->aggregate_count + 1;

	if (relax == NULL)
		return NULL;
	memset(relax, 0, sizeof(*relax));
	relax->problem = problem;
	relax->zones = postage_zone_solver_new(problem);
	relax->low = port_alloc_array(port, count, sizeof(int64_t));
	relax->high = port_alloc_array(port, count, sizeof(int64_t));
	relax->zone_open = port_alloc_array(port, problem->zone_count + 1, sizeof(uint64_t));
	relax->zone_forced = port_alloc_array(port, problem->zone_count + 1, sizeof(uint64_t));
	relax->best_points = port_alloc_array(port, problem->group_count + 1, sizeof(int64_t));
	relax->pieces = port_alloc_array(port, count, sizeof(PostagePiece *));
	relax->piece_count = port_alloc_array(port, count, sizeof(int));
	if (!relax->zones || !relax->low || !relax->high || !relax->zone_open || !relax->zone_forced ||
		!relax->best_points || !relax->pieces || !relax->piece_count)
		return NULL;
	for (int a = 0; a < problem->aggregate_count; a++)
	{
		relax->pieces[a] =
			port_alloc_array(port, problem->aggregates[a].start_count + 1, sizeof(PostagePiece));
		if (relax->pieces[a] == NULL)
			return NULL;
	}
	for (int z = 0; z < problem->zone_count; z++)
	{
		if (postage_pause(problem, z))
			return NULL; /* the caller asks why */
		relax->zone_open[z] = relax->zone_forced[z] = 0;
	}
	postage_relax_reset(relax);
	return relax;
}

void
postage_relax_reset(PostageRelax *relax)
{
	for (int a = 0; a < relax->problem->aggregate_count; a++)
	{
		relax->low[a] = relax->problem->aggregates[a].min_volume;
		relax->high[a] = relax->problem->aggregates[a].max_volume;
	}
	memset(relax->zone_open, 0xff, relax->problem->zone_count * sizeof(uint64_t));
	memset(relax->zone_forced, 0, relax->problem->zone_count * sizeof(uint64_t));
}

void
postage_relax_prepare(PostageRelax *relax)
{
	const PostageProblem *problem = relax->problem;

	relax->open = ~UINT64_C(0);
	relax->empty = false;
	for (int o = 0; o < problem->offer_count; o++)
		relax->weights.factor[o] = POSTAGE_SCALE;
	for (int g = 0; g < problem->group_count; g++)
	{
		const PostageGroup *group = &problem->groups[g];
		int a = group->aggregate;

		relax->best_points[g] = 0;
		if (group->incremental || group->offers == 0 || relax->low[a] > relax->high[a])
			continue;
		relax->best_points[g] = postage_best_points(problem, group, relax->low[a], relax->high[a]);
		for (int o = 0; o < problem->offer_count; o++)
			if ((group->offers >> o) & 1)
				relax->weights.factor[o] -= relax->best_points[g] * (POSTAGE_SCALE / 10000);
	}
	for (int a = 0; a < problem->aggregate_count; a++)
	{
		relax->piece_count[a] =
			postage_make_pieces(problem, &problem->aggregates[a], relax->low[a], relax->high[a],
								relax->best_points, relax->pieces[a]);
		relax->empty = relax->empty || relax->piece_count[a] == 0;
		if (relax->high[a] == 0)
			relax->open &= ~problem->aggregates[a].offers;
	}
}

void
postage_relax_set_multipliers(PostageRelax *relax, const int64_t *multipliers)
{
	const PostageProblem *problem = relax->problem;

	memset(relax->weights.charge, 0, sizeof(relax->weights.charge));
	for (int a = 0; a < problem->aggregate_count; a++)
		for (uint64_t rest = problem->aggregates[a].offers; rest != 0; rest &= rest - 1)
			relax->weights.charge[__builtin_ctzll(rest)] += multipliers[a];
}

void
postage_relax_block(PostageRelax *relax, const PostageBlock *block, PostageBlockPlan *plan)
{
	const PostageProblem *problem = relax->problem;
	PostageZoneAnswer answer;

	plan->value = 0;
	plan->feasible = true;
	plan->impossible = false;
	memset(plan->volume, 0, problem->offer_count * sizeof(int64_t));
	memset(plan->money, 0, problem->offer_count * sizeof(int64_t));
	for (int i = 0; i < block->zone_count; i++)
	{
		int z = block->first_zone + i;

		postage_zone_solve(relax->zones, z, &relax->weights, relax->zone_open[z] & relax->open,
						   relax->zone_forced[z], &answer, NULL);
		plan->impossible = plan->impossible || answer.impossible;
		plan->feasible = plan->feasible && answer.feasible;
		if (answer.impossible)
			continue;
		plan->value += answer.value;
		if (!answer.feasible)
			continue;
		plan->used[i] = answer.used;
		for (int o = 0; o < problem->offer_count; o++)
		{
			plan->volume[o] += answer.volume[o];
			plan->money[o] += answer.money[o];
		}
	}
}

PostageWide
postage_relax_volumes(const PostageRelax *relax, const int64_t *multipliers)
{
	PostageWide value = (PostageWide) relax->problem->constant * POSTAGE_SCALE;

	for (int a = 0; a < relax->problem->aggregate_count; a++)
		value += postage_pieces_minimum(relax->pieces[a], relax->piece_count[a], POSTAGE_SCALE,
										multipliers[a]);
	return value;
}
