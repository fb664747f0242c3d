/*
 * postage_zone.h: one zone as a small exact problem.
 *
 * Every letter of a cell costs price * factor - charge of the offer that carries it.  A bundle (an
 * offer's letters in the zone) is empty or at least the offer's minimum.  The answer is exact; the
 * trace of the search is its proof: a tree that splits bundles into closed and forced, with a
 * payment for each forced bundle at the leaves.  A bundle of a joint is named by its lead.
 */
#ifndef CORE_POSTAGE_ZONE_H
#define CORE_POSTAGE_ZONE_H

#include "core/postage_problem.h"

#define POSTAGE_SCALE INT64_C(1000000) /* multipliers are micro / this */

typedef struct PostageWeights
{
	int64_t factor[POSTAGE_MAX_OFFERS]; /* POSTAGE_SCALE less discounts */
	int64_t charge[POSTAGE_MAX_OFFERS]; /* sum of the offer's multipliers */
} PostageWeights;

typedef struct PostageZoneAnswer
{
	PostageWide value; /* lower bound of the zone; exact when feasible */
	bool feasible;	   /* false: volume, money and used mean nothing */
	bool impossible;   /* a cell has no offer left: no value bounds it */
	uint64_t used;	   /* offers that carry letters */
	int64_t volume[POSTAGE_MAX_OFFERS];
	int64_t money[POSTAGE_MAX_OFFERS]; /* list money */
} PostageZoneAnswer;

/* Called for each leaf of a zone that needed more than one look; the leaves split the zone's plans.
 */
typedef struct PostageZoneTrace
{
	void *context;
	void (*on_leaf)(void *context, uint64_t closed, uint64_t forced,
					const int64_t *payments); /* payments by offer */
} PostageZoneTrace;

typedef struct PostageZoneSolver PostageZoneSolver;

extern PostageZoneSolver *postage_zone_solver_new(const PostageProblem *problem);

/* open: offers that may be used; forced: bundles that must reach their minimum.  trace may be NULL.
 */
extern void postage_zone_solve(PostageZoneSolver *solver, int zone, const PostageWeights *weights,
							   uint64_t open, uint64_t forced, PostageZoneAnswer *answer,
							   const PostageZoneTrace *trace);

#endif
