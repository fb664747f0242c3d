/*
 * postage_price.h: what a plan costs, exactly, and which rules it breaks.
 */
#ifndef CORE_POSTAGE_PRICE_H
#define CORE_POSTAGE_PRICE_H

#include "core/postage_problem.h"

typedef struct PostagePrice
{
	bool feasible;
	int64_t cost; /* micro; only the sum of what could be priced when not feasible */
	int64_t list, fixed, topup, penalty, discount; /* cost = the first four - discount */
	PortFault broken;							   /* the first broken rule */
} PostagePrice;

/* counts has one entry an arc of the finished problem. */
extern PortStatus postage_price_plan(const PostageProblem *problem, const int64_t *counts,
									 PostagePrice *price);

/* Letters of one zone in one offer and those of its joint. */
extern int64_t postage_bundle_letters(const PostageProblem *problem, const int64_t *counts,
									  int zone, int offer);

#endif
