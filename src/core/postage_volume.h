/*
 * postage_volume.h: what the volume of an aggregate costs, as lines between whole volumes.
 *
 * Within a range of volumes a group of the all-units kind is priced at the best discount of the
 * range (its points are taken off every arc); a piece of a lower tier pays the difference back on
 * the cheapest price of the group, which is at most what it costs in truth.  When the range lies in
 * one tier nothing is relaxed.
 */
#ifndef CORE_POSTAGE_VOLUME_H
#define CORE_POSTAGE_VOLUME_H

#include "core/postage_problem.h"

typedef struct PostagePiece
{
	int64_t from, to;			/* volumes, both included */
	int64_t cost_from, cost_to; /* micro; linear between */
} PostagePiece;

/* Most basis points that an all-units group can reach with volumes from low to high. */
extern int64_t postage_best_points(const PostageProblem *problem, const PostageGroup *group,
								   int64_t low, int64_t high);

/*
 * Pieces of allowed volumes in [low, high], ascending; room for aggregate->start_count + 1 of them.
 * best_points has an entry a group.
 */
extern int postage_make_pieces(const PostageProblem *problem, const PostageAggregate *aggregate,
							   int64_t low, int64_t high, const int64_t *best_points,
							   PostagePiece *pieces);

/* Narrows the range to the tiers of the all-units groups that the volume reaches. */
extern void postage_tier_range(const PostageProblem *problem, const PostageAggregate *aggregate,
							   int64_t volume, int64_t *low, int64_t *high);

/* Least of cost + multiplier * volume over the pieces, in units of micro / scale. */
extern PostageWide postage_pieces_minimum(const PostagePiece *pieces, int count, int64_t scale,
										  int64_t multiplier);

#endif
