/*
 * postage_dual.h: good multipliers for a node, by column generation with smoothing.
 *
 * Keeps every block plan ever met; a node starts from its parent's plans.  The solution of the last
 * linear program tells where the relaxation cheats, which is where the search branches.
 */
#ifndef CORE_POSTAGE_DUAL_H
#define CORE_POSTAGE_DUAL_H

#include "core/postage_master.h"
#include "core/postage_relax.h"

/* Memory for plans of blocks; beyond it the search ends with what it has. */
#define POSTAGE_MOST_PLAN_BYTES ((size_t) 512 * 1024 * 1024)

typedef struct PostageDual PostageDual;

typedef struct PostageDualResult
{
	PostageWide bound;	/* scaled; of multipliers, exact */
	bool no_plan;		/* the node is empty: no multipliers needed */
	bool early;			/* stopped before the end, because the cutoff is out of reach */
	bool has_shares;	/* the fields below are set */
	double *volumes;	/* average volume by aggregate */
	double *money;		/* average list money by offer */
	double *range_cost; /* what the relaxation charges for each aggregate's volume */
	float *used;		/* zone x offer (lead): share of plans that use the bundle */
	int *start;			/* plans to start a child from */
	int start_count;
} PostageDualResult;

extern PostageDual *postage_dual_new(const PostageProblem *problem, PostageRelax *relax);

/* Plans that the parent ended with. */
typedef struct PostageDualStart
{
	const int *plans;
	int count;
} PostageDualStart;

/*
 * Improves multipliers (in and out) until the bound reaches cutoff (scaled) or nothing more is to
 * be had; unless to the end, stops when the bound is known to stay below the cutoff and is near
 * what it can reach.  The result's arrays belong to the dual and last until the next call.
 */
extern PortStatus postage_dual_solve(PostageDual *dual, int64_t *multipliers,
									 const PostageDualStart *start, PostageWide cutoff,
									 bool to_the_end, PostageDualResult *result);

/* Memory of the stored plans. */
extern size_t postage_dual_bytes(const PostageDual *dual);

#endif
