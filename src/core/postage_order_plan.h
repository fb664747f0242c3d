/*
 * postage_order_plan.h: plans of a problem with orders, from plans of its relaxed problems.
 */
#ifndef CORE_POSTAGE_ORDER_PLAN_H
#define CORE_POSTAGE_ORDER_PLAN_H

#include "core/postage_problem.h"

typedef struct PostageOrderPlans
{
	const PostageProblem *problem;
	int64_t *best; /* by arc; of no use before has_plan */
	bool has_plan;
	int64_t cost;
	int64_t *trial, *mixed;
	struct PostageOrderUnit *units;
} PostageOrderPlans;

extern bool postage_order_plans_init(PostageOrderPlans *plans, const PostageProblem *problem);

/* Moves each order to the offer of the average it has, prices, and keeps the best. */
extern void postage_order_offer_plan(PostageOrderPlans *plans, const int64_t *counts);

/*
 * What the offer's letters are over its average (or, from below, under it): not above zero where
 * the average is right.
 */
extern int64_t postage_order_excess(const PostageProblem *problem, const int64_t *counts, int offer,
									bool from_below);

/* Plans between one that is wrong and one that is right about the offer's average. */
extern void postage_order_mix(PostageOrderPlans *plans, const int64_t *wrong, const int64_t *right,
							  int offer, bool from_below);

/* Small problems: moves letters one by one as long as that helps. */
extern void postage_order_polish(PostageOrderPlans *plans);

#endif
