/*
 * postage_order.h: offers whose letters are priced as one order.
 *
 * An order has an average weight that chooses its prices, and may have a least price.  Each range
 * of the average is an offer of its own, with the prices of that range; offers of one order exclude
 * each other.  What the solver of postage_solve.h does not know is relaxed: a leaf leaves all but
 * one of an order's offers out, and pays
 *
 *     over * (weight - upto) + under * (above - weight)
 *
 * for each letter, which sums to nothing positive where the average is in (above, upto]; and for
 * min_order it asks for a part of that money beforehand and takes the same part off every price. So
 * a bound on the relaxed problem is a bound on the leaf: each leaf is proven by the certificate of
 * such a problem.
 */
#ifndef CORE_POSTAGE_ORDER_H
#define CORE_POSTAGE_ORDER_H

#include "core/postage_solve.h"

#define POSTAGE_WHOLE_PART 65536

typedef struct PostageOrderPay
{
	int64_t over, under; /* micro by unit of weight */
	int64_t part;		 /* of POSTAGE_WHOLE_PART */
} PostageOrderPay;

typedef struct PostageRelaxed
{
	struct PostageArena *arena; /* everything of the relaxed problem and its solution */
	Port port;
	PostageProblem *problem;
	PostageSolution solution;
	PostageOrderPay pay[POSTAGE_MAX_OFFERS];
} PostageRelaxed;

typedef struct PostageOrderNode
{
	int split;				 /* an offer of the order that children decide; -1: a leaf */
	bool is_use;			 /* or they decide this offer alone: without letters, with some */
	int first_child;		 /* a child for each offer of the order, in the problem's order */
	uint64_t closed;		 /* offers left out */
	uint64_t used;			 /* offers that have letters */
	uint64_t undecided;		 /* offers that one end of a tuned payment uses, the other not */
	int64_t bound;			 /* micro; INT64_MAX: no plan */
	bool is_tuned;			 /* payments are the best that were found */
	PostageRelaxed *relaxed; /* of a leaf */
} PostageOrderNode;

typedef struct PostageOrders
{
	PostageOrderNode *nodes;
	int node_count, node_room;
	const PostageProblem *problem; /* of the leaf with the least bound */
} PostageOrders;

extern PortStatus postage_solve_orders(const PostageProblem *problem, const PostageOptions *options,
									   PostageSolution *solution);

/* Offers of the same order as this one, itself included. */
extern uint64_t postage_order_offers(const PostageProblem *problem, int offer);

#endif
