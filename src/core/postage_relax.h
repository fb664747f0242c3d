/*
 * postage_relax.h: the Lagrangian relaxation at one node of the search, evaluated in integers.
 *
 * A node limits the volume of every aggregate to a range and declares some bundles closed or
 * forced. For any multipliers the value is a lower bound on the cost of every plan within the node:
 * the sum of the zones' least values and of the aggregates' least values.
 */
#ifndef CORE_POSTAGE_RELAX_H
#define CORE_POSTAGE_RELAX_H

#include "core/postage_volume.h"
#include "core/postage_zone.h"

#define POSTAGE_MOST_MULTIPLIER (INT64_C(1) << 56)

typedef struct PostageRelax
{
	const PostageProblem *problem;
	PostageZoneSolver *zones;
	/* the node */
	int64_t *low, *high;   /* by aggregate */
	uint64_t *zone_open;   /* by zone: offers not closed there */
	uint64_t *zone_forced; /* by zone */
	/* derived by postage_relax_prepare */
	uint64_t open; /* offers that may carry letters at all */
	bool empty;	   /* an aggregate has no allowed volume */
	int64_t *best_points;
	PostagePiece **pieces;
	int *piece_count;
	PostageWeights weights;
} PostageRelax;

/* Plans of consecutive zones added up. */
typedef struct PostageBlock
{
	int first_zone, zone_count;
} PostageBlock;

typedef struct PostageBlockPlan
{
	PostageWide value; /* scaled */
	bool feasible;
	bool impossible;
	int64_t *volume; /* by offer */
	int64_t *money;	 /* by offer */
	uint64_t *used;	 /* by zone of the block */
} PostageBlockPlan;

extern PostageRelax *postage_relax_new(const PostageProblem *problem);

/* Back to the root: full ranges, nothing closed or forced. */
extern void postage_relax_reset(PostageRelax *relax);

/* Derives prices and pieces from ranges. */
extern void postage_relax_prepare(PostageRelax *relax);

extern void postage_relax_set_multipliers(PostageRelax *relax, const int64_t *multipliers);
extern void postage_relax_block(PostageRelax *relax, const PostageBlock *block,
								PostageBlockPlan *plan);
extern PostageWide postage_relax_volumes(const PostageRelax *relax, const int64_t *multipliers);

#endif
