/*
 * postage_round.h: from the shares of the relaxation to one choice of tiers, offers and bundles,
 * for the flow to complete.
 */
#ifndef CORE_POSTAGE_ROUND_H
#define CORE_POSTAGE_ROUND_H

#include "core/postage_dual.h"

typedef struct PostageRounding
{
	int64_t *volumes;	 /* by aggregate: the tier and piece that it is to be in */
	uint64_t *zone_open; /* offers open by zone; their bundles are to be filled */
} PostageRounding;

/* Which way to round: bundles from a share on; one aggregate (or -1) to the piece beside its own.
 */
typedef struct PostageRoundingRule
{
	float threshold;
	int aggregate;
	int direction;
} PostageRoundingRule;

extern PortStatus postage_round(const PostageRelax *relax, const PostageDualResult *shares,
								const PostageRoundingRule *rule, PostageRounding *rounding);

/*
 * Narrows the relaxation's node to the rounding and bounds what a plan within can cost.  The node
 * has to be entered anew.
 */
extern PortStatus postage_rounding_bound(PostageRelax *relax, const PostageRounding *rounding,
										 const int64_t *multipliers, PostageWide *bound);

#endif
