/*
 * postage_solve.h: the search for the cheapest plan, with a proof of how good the found one is.
 *
 * Best-first branch and bound.  A node is split at a volume of an aggregate (tier ranges, an offer
 * open or closed) or by closing or forcing one bundle.  The tree with the multipliers of its leaves
 * is the certificate.
 */
#ifndef CORE_POSTAGE_SOLVE_H
#define CORE_POSTAGE_SOLVE_H

#include "core/postage_relax.h"

#define POSTAGE_GAP_UNIT INT64_C(1000000000000) /* gap limits count 1e-12 */

typedef enum PostageStatus
{
	POSTAGE_OPTIMAL,   /* the bound equals the cost */
	POSTAGE_FEASIBLE,  /* a limit stopped the proof */
	POSTAGE_INFEASIBLE /* no plan keeps to the rules, or none was found: see proved */
} PostageStatus;

typedef struct PostageOptions
{
	int64_t node_limit;								/* 0: none */
	int64_t gap_limit;								/* in 1e-12 of the cost */
	const int64_t *warm_counts;						/* a plan by arc, or NULL */
	bool (*time_is_up)(void *clock, bool has_plan); /* more patience as long as there is no plan */
	void *clock;
} PostageOptions;

typedef enum PostageNodeKind
{
	POSTAGE_NODE_OPEN, /* a leaf that nobody looked into: bounded by its parent's multipliers */
	POSTAGE_NODE_LEAF,
	POSTAGE_NODE_VOLUME, /* below: volume < at; above: volume >= at */
	POSTAGE_NODE_BUNDLE	 /* below: closed; above: forced */
} PostageNodeKind;

typedef struct PostageNode
{
	PostageNodeKind kind;
	int parent;
	int below, above; /* children */
	int aggregate;
	int64_t at;
	int zone, offer;
	bool no_plan;		  /* no volume or no offer is left: nothing to bound */
	PostageWide bound;	  /* scaled */
	int64_t *multipliers; /* by aggregate; of leaves and open nodes */
	int *start;			  /* working state of the search */
	int start_count;
} PostageNode;

struct PostageOrders;

typedef struct PostageSolution
{
	PostageStatus status;
	bool proved;	  /* of an infeasible problem */
	char reason[256]; /* why infeasible, or what stopped the search */
	int64_t *counts;  /* by arc; NULL when infeasible */
	int64_t cost;
	int64_t lower_bound;
	PostageNode *nodes; /* nodes[0] is the root */
	int node_count;
	int64_t evaluations;
	PostageRelax *relax;
	const struct PostageOrders *orders; /* the proof is theirs: postage_order.h; nodes are those of
										   the leaf with the least bound */
} PostageSolution;

extern PortStatus postage_solve(const PostageProblem *problem, const PostageOptions *options,
								PostageSolution *solution);

/* Brings solution->relax to the state of the node. */
extern void postage_enter_node(const PostageSolution *solution, int node);

/* The bound in whole micro units that plans can cost: rounded up to the problem's granularity. */
extern int64_t postage_round_bound(const PostageProblem *problem, PostageWide scaled);

#endif
