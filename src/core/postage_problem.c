/*
 * postage_problem.c: takes the parts of a problem, row by row, and says what is wrong with them.
 *
 * Deriving zones and aggregates is in postage_derive.c.
 */
#include "core/postage_problem.h"

#include <inttypes.h>
#include <string.h>

/* Makes room for one more; arrays double. */
static bool
grow(PostageProblem *problem, void **array, int used, int *room, size_t size)
{
	void *larger;
	int wanted;

	if (used < *room)
		return true;
	wanted = *room == 0 ? 16 : *room * 2;
	larger = port_resize_array(problem->port, *array, *room, wanted, size);
	if (larger == NULL)
	{
		port_fault(&problem->fault, PORT_NO_MEMORY, "POSTAGE-MEMORY", "out of memory");
		return false;
	}
	*array = larger;
	*room = wanted;
	return true;
}

#define GROW(problem, name, names)                                                               \
	grow(problem, (void **) &(problem)->names, (problem)->name##_count, &(problem)->name##_room, \
		 sizeof(*(problem)->names))

static const char *
copy_text(PostageProblem *problem, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = problem->port->alloc(problem->port->host, size);

	if (copy == NULL)
		port_fault(&problem->fault, PORT_NO_MEMORY, "POSTAGE-MEMORY", "out of memory");
	else
		memcpy(copy, text, size);
	return copy;
}

/* Faults unless low <= value <= high. */
static bool
in_range(PostageProblem *problem, int64_t value, int64_t low, int64_t high, const char *array,
		 int index, const char *key)
{
	if (value >= low && value <= high)
		return true;
	port_fault(&problem->fault, PORT_INVALID, "POSTAGE-RANGE",
			   "%s[%d].%s is %" PRId64 ", outside %" PRId64 " to %" PRId64, array, index, key,
			   value, low, high);
	return false;
}

PostageProblem *
postage_problem_new(const Port *port)
{
	PostageProblem *problem = port->alloc(port->host, sizeof(PostageProblem));

	if (problem == NULL)
		return NULL;
	memset(problem, 0, sizeof(*problem));
	problem->port = port;
	problem->most_bytes = POSTAGE_MOST_BYTES;
	problem->fault.position = -1;
	return problem;
}

int
postage_find_offer(const PostageProblem *problem, const char *id)
{
	for (int offer = 0; offer < problem->offer_count; offer++)
		if (strcmp(problem->offers[offer].id, id) == 0)
			return offer;
	return -1;
}

static int
find_operator(const PostageProblem *problem, const char *id)
{
	for (int op = 0; op < problem->operator_count; op++)
		if (strcmp(problem->operators[op], id) == 0)
			return op;
	return -1;
}

/* The offer joins the others of its joint, whose rules must be its own. */
static PortStatus
join_offer(PostageProblem *problem, int at)
{
	PostageOffer *offer = &problem->offers[at];

	for (int o = 0; o < at && offer->joint != NULL; o++)
	{
		const PostageOffer *first = &problem->offers[o];

		if (first->joint == NULL || strcmp(first->joint, offer->joint) != 0)
			continue;
		if (first->operator_no != offer->operator_no || first->min_mailing != offer->min_mailing ||
			first->topup != offer->topup || first->min_bucket != offer->min_bucket ||
			first->fixed != offer->fixed)
			return port_fault(&problem->fault, PORT_INVALID, "POSTAGE-JOINT",
							  "offers[%d]: op, min_mailing, topup, min_bucket or fixed is not that "
							  "of offer \"%s\" of the same joint \"%s\"",
							  at, first->id, offer->joint);
		if (first->order != NULL || first->above > 0 || first->upto > 0 || first->min_order > 0 ||
			offer->order != NULL || offer->above > 0 || offer->upto > 0 || offer->min_order > 0)
			return port_fault(&problem->fault, PORT_INVALID, "POSTAGE-JOINT",
							  "offers[%d] of joint \"%s\" has order, above, upto or min_order", at,
							  offer->joint);
		offer->lead = o;
		offer->members |= first->members;
		break;
	}
	if (offer->lead == at)
		return PORT_OK;
	problem->joint_offers |= offer->members;
	for (uint64_t rest = offer->members; rest != 0; rest &= rest - 1)
		problem->offers[__builtin_ctzll(rest)].members = offer->members;
	return PORT_OK;
}

PortStatus
postage_add_offer(PostageProblem *problem, const char *id, const char *operator_id,
				  const PostageOffer *rules)
{
	int at = problem->offer_count;
	int op = find_operator(problem, operator_id);
	PostageOffer *offer;

	if (postage_find_offer(problem, id) >= 0)
		return port_fault(&problem->fault, PORT_INVALID, "POSTAGE-DUPLICATE",
						  "offers[%d].id \"%s\" comes twice", at, id);
	if (at >= POSTAGE_MAX_OFFERS)
		return port_fault(&problem->fault, PORT_INVALID, "POSTAGE-LIMIT", "more than %d offers",
						  POSTAGE_MAX_OFFERS);
	if (!in_range(problem, rules->min_mailing, 0, POSTAGE_MAX_LETTERS, "offers", at,
				  "min_mailing") ||
		!in_range(problem, rules->topup, 0, POSTAGE_MAX_PRICE, "offers", at, "topup") ||
		!in_range(problem, rules->min_bucket, 0, POSTAGE_MAX_LETTERS, "offers", at, "min_bucket") ||
		!in_range(problem, rules->fixed, 0, POSTAGE_MAX_MONEY / 1000, "offers", at, "fixed") ||
		!in_range(problem, rules->least, 0, POSTAGE_MAX_LETTERS, "offers", at, "least") ||
		!in_range(problem, rules->above, 0, POSTAGE_MAX_WEIGHT, "offers", at, "above") ||
		!in_range(problem, rules->upto, 0, POSTAGE_MAX_WEIGHT, "offers", at, "upto") ||
		!in_range(problem, rules->min_order, 0, POSTAGE_MAX_MONEY / 1000, "offers", at,
				  "min_order"))
		return problem->fault.status;
	if (!GROW(problem, offer, offers) || !GROW(problem, operator, operators))
		return problem->fault.status;
	if (op < 0)
	{
		op = problem->operator_count;
		if ((problem->operators[op] = copy_text(problem, operator_id)) == NULL)
			return problem->fault.status;
		problem->operator_count++;
	}
	offer = &problem->offers[at];
	*offer = *rules;
	offer->operator_no = op;
	offer->lead = at;
	offer->members = UINT64_C(1) << at;
	if ((offer->id = copy_text(problem, id)) == NULL ||
		(rules->joint != NULL && (offer->joint = copy_text(problem, rules->joint)) == NULL) ||
		(rules->order != NULL && (offer->order = copy_text(problem, rules->order)) == NULL))
		return problem->fault.status;
	problem->has_orders = problem->has_orders || offer->order != NULL || offer->above > 0 ||
						  offer->upto > 0 || offer->min_order > 0;
	problem->offer_count++;
	return join_offer(problem, at);
}

PortStatus
postage_add_cell(PostageProblem *problem, int64_t id, int64_t zone, int64_t count)
{
	int at = problem->cell_count;

	if (at >= POSTAGE_MAX_CELLS)
		return port_fault(&problem->fault, PORT_INVALID, "POSTAGE-LIMIT", "more than %d cells",
						  POSTAGE_MAX_CELLS);
	if (!in_range(problem, count, 0, POSTAGE_MAX_LETTERS, "cells", at, "count"))
		return problem->fault.status;
	problem->letters += count;
	if (problem->letters > POSTAGE_MAX_LETTERS)
		return port_fault(&problem->fault, PORT_INVALID, "POSTAGE-LIMIT",
						  "more than %" PRId64 " letters at cells[%d]", POSTAGE_MAX_LETTERS, at);
	if (!GROW(problem, cell, cells))
		return problem->fault.status;
	problem->cells[at] = (PostageCell){.id = id, .zone_id = zone, .count = count};
	problem->cell_count++;
	return PORT_OK;
}

PortStatus
postage_set_weight(PostageProblem *problem, int64_t weight)
{
	int at = problem->cell_count - 1;

	if (in_range(problem, weight, 0, POSTAGE_MAX_WEIGHT, "cells", at, "weight"))
		problem->cells[at].weight = (int) weight;
	return problem->fault.status;
}

static uint64_t
hash_id(int64_t id)
{
	uint64_t hash = (uint64_t) id * UINT64_C(0x9E3779B97F4A7C15);

	return hash ^ (hash >> 29);
}

bool
postage_stopped(PostageProblem *problem, int row)
{
	if (!postage_pause(problem, row))
		return false;
	port_fault(&problem->fault, PORT_INTERRUPTED, "POSTAGE-INTERRUPTED", "interrupted");
	return true;
}

/* Open addressing; rebuilt after cells were reordered. */
PortStatus
postage_index_cells(PostageProblem *problem)
{
	int size = 16;

	while (size < problem->cell_count * 2)
		size *= 2;
	if (problem->cell_index == NULL)
		problem->cell_index = port_alloc_array(problem->port, size, sizeof(int));
	if (problem->cell_index == NULL)
		return port_fault(&problem->fault, PORT_NO_MEMORY, "POSTAGE-MEMORY", "out of memory");
	problem->cell_index_size = size;
	memset(problem->cell_index, -1, size * sizeof(int));
	for (int cell = 0; cell < problem->cell_count; cell++)
	{
		uint64_t slot = hash_id(problem->cells[cell].id) & (size - 1);

		if (postage_stopped(problem, cell))
			return problem->fault.status;
		while (problem->cell_index[slot] >= 0)
		{
			if (problem->cells[problem->cell_index[slot]].id == problem->cells[cell].id)
				return port_fault(&problem->fault, PORT_INVALID, "POSTAGE-DUPLICATE",
								  "cells[%d].id %" PRId64 " comes twice", cell,
								  problem->cells[cell].id);
			slot = (slot + 1) & (size - 1);
		}
		problem->cell_index[slot] = cell;
	}
	return PORT_OK;
}

int
postage_find_cell(const PostageProblem *problem, int64_t id)
{
	uint64_t slot = hash_id(id) & (problem->cell_index_size - 1);

	while (problem->cell_index[slot] >= 0)
	{
		if (problem->cells[problem->cell_index[slot]].id == id)
			return problem->cell_index[slot];
		slot = (slot + 1) & (problem->cell_index_size - 1);
	}
	return -1;
}

int
postage_find_arc(const PostageProblem *problem, int cell, int offer)
{
	const PostageCell *c = &problem->cells[cell];

	for (int arc = c->first_arc; arc < c->first_arc + c->arc_count; arc++)
		if (problem->arcs[arc].offer == offer)
			return arc;
	return -1;
}

PortStatus
postage_add_arc(PostageProblem *problem, int64_t cell, const char *offer, int64_t price)
{
	int at = problem->arc_count;
	int cell_no = postage_find_cell(problem, cell);
	int offer_no = -1;

	/* arcs usually come offer by offer */
	if (at > 0 && strcmp(problem->offers[problem->arcs[at - 1].offer].id, offer) == 0)
		offer_no = problem->arcs[at - 1].offer;
	else
		offer_no = postage_find_offer(problem, offer);
	if (cell_no < 0)
		return port_fault(&problem->fault, PORT_INVALID, "POSTAGE-REFERENCE",
						  "arcs[%d].cell %" PRId64 " does not exist", at, cell);
	if (offer_no < 0)
		return port_fault(&problem->fault, PORT_INVALID, "POSTAGE-REFERENCE",
						  "arcs[%d].offer \"%s\" does not exist", at, offer);
	if (!in_range(problem, price, 0, POSTAGE_MAX_PRICE, "arcs", at, "price"))
		return problem->fault.status;
	if (!GROW(problem, arc, arcs))
		return problem->fault.status;
	problem->arcs[at] =
		(PostageArc){.cell = cell_no, .offer = offer_no, .price = price, .usable = true};
	problem->arc_count++;
	return PORT_OK;
}

PortStatus
postage_add_group(PostageProblem *problem, const char *id, bool incremental, int64_t base,
				  int64_t base_money)
{
	int at = problem->group_count;

	if (!in_range(problem, base, 0, POSTAGE_MAX_LETTERS * 1000, "groups", at, "base") ||
		!in_range(problem, base_money, 0, POSTAGE_MAX_MONEY / 100, "groups", at, "base_money"))
		return problem->fault.status;
	if (!GROW(problem, group, groups))
		return problem->fault.status;
	problem->groups[at] = (PostageGroup){.incremental = incremental,
										 .base = base,
										 .base_money = base_money,
										 .first_tier = problem->tier_count};
	if ((problem->groups[at].id = copy_text(problem, id)) == NULL)
		return problem->fault.status;
	problem->group_count++;
	return PORT_OK;
}

PortStatus
postage_add_group_offer(PostageProblem *problem, const char *offer)
{
	int at = problem->group_count - 1;
	int offer_no = postage_find_offer(problem, offer);

	if (offer_no < 0)
		return port_fault(&problem->fault, PORT_INVALID, "POSTAGE-REFERENCE",
						  "groups[%d].offers: offer \"%s\" does not exist", at, offer);
	if (problem->groups[at].offers & (UINT64_C(1) << offer_no))
		return port_fault(&problem->fault, PORT_INVALID, "POSTAGE-DUPLICATE",
						  "groups[%d].offers: \"%s\" comes twice", at, offer);
	problem->groups[at].offers |= UINT64_C(1) << offer_no;
	return PORT_OK;
}

PortStatus
postage_add_group_tier(PostageProblem *problem, int64_t from, int64_t discount)
{
	int at = problem->group_count - 1;
	PostageGroup *group = &problem->groups[at];
	int64_t limit = group->incremental ? POSTAGE_MAX_MONEY / 1000 : 10000;

	if (!in_range(problem, from, 0, POSTAGE_MAX_LETTERS * 1000, "groups", at, "tiers.frm") ||
		!in_range(problem, discount, -limit, limit, "groups", at,
				  group->incremental ? "tiers.amt" : "tiers.bp"))
		return problem->fault.status;
	if (group->tier_count > 0 && problem->tiers[problem->tier_count - 1].from >= from)
		return port_fault(&problem->fault, PORT_INVALID, "POSTAGE-TIER-ORDER",
						  "groups[%d].tiers[%d].frm is not above the one before", at,
						  group->tier_count);
	if (!GROW(problem, tier, tiers))
		return problem->fault.status;
	problem->tiers[problem->tier_count++] = (PostageTier){.from = from, .discount = discount};
	group->tier_count++;
	return PORT_OK;
}

/* Offers of an operator; none when no offer names it. */
static uint64_t
offers_of(const PostageProblem *problem, const char *operator_id)
{
	int op = find_operator(problem, operator_id);
	uint64_t mask = 0;

	for (int offer = 0; op >= 0 && offer < problem->offer_count; offer++)
		if (problem->offers[offer].operator_no == op)
			mask |= UINT64_C(1) << offer;
	return mask;
}

PortStatus
postage_add_commit(PostageProblem *problem, const char *operator_id, int64_t base, int64_t min,
				   int64_t penalty)
{
	int at = problem->commit_count;

	if (!in_range(problem, base, 0, POSTAGE_MAX_LETTERS * 1000, "commits", at, "base") ||
		!in_range(problem, min, 0, POSTAGE_MAX_LETTERS * 1000, "commits", at, "min") ||
		!in_range(problem, penalty, 0, POSTAGE_MAX_PRICE, "commits", at, "penalty"))
		return problem->fault.status;
	if (!GROW(problem, commit, commits))
		return problem->fault.status;
	problem->commits[problem->commit_count++] = (PostageCommit){
		.offers = offers_of(problem, operator_id), .base = base, .min = min, .penalty = penalty};
	return PORT_OK;
}

PortStatus
postage_add_cap(PostageProblem *problem, const char *operator_id, int64_t max)
{
	if (postage_add_limit(problem, 0, max) != PORT_OK)
		return problem->fault.status;
	problem->caps[problem->cap_count - 1].offers = offers_of(problem, operator_id);
	return PORT_OK;
}

PortStatus
postage_add_limit(PostageProblem *problem, int64_t min, int64_t max)
{
	int at = problem->cap_count;

	if (!in_range(problem, min, 0, POSTAGE_MAX_LETTERS * 1000, "caps", at, "min") ||
		!in_range(problem, max, 0, POSTAGE_MAX_LETTERS * 1000, "caps", at, "max"))
		return problem->fault.status;
	if (!GROW(problem, cap, caps))
		return problem->fault.status;
	problem->caps[problem->cap_count++] = (PostageCap){.min = min, .max = max};
	return PORT_OK;
}

PortStatus
postage_add_limit_offer(PostageProblem *problem, const char *offer)
{
	int at = problem->cap_count - 1;
	int offer_no = postage_find_offer(problem, offer);

	if (offer_no < 0)
		return port_fault(&problem->fault, PORT_INVALID, "POSTAGE-REFERENCE",
						  "caps[%d].offers: offer \"%s\" does not exist", at, offer);
	problem->caps[at].offers |= UINT64_C(1) << offer_no;
	return PORT_OK;
}

PortStatus
postage_add_share(PostageProblem *problem, const char *id, int64_t min_points, int64_t max_points)
{
	int at = problem->share_count;

	if (!in_range(problem, min_points, 0, 10000, "shares", at, "min_bp") ||
		!in_range(problem, max_points, min_points, 10000, "shares", at, "max_bp"))
		return problem->fault.status;
	if (!GROW(problem, share, shares))
		return problem->fault.status;
	problem->shares[at] = (PostageShare){.min_points = min_points, .max_points = max_points};
	if ((problem->shares[at].id = copy_text(problem, id)) == NULL)
		return problem->fault.status;
	problem->share_count++;
	return PORT_OK;
}

PortStatus
postage_add_share_offer(PostageProblem *problem, const char *offer)
{
	int at = problem->share_count - 1;
	int offer_no = postage_find_offer(problem, offer);

	if (offer_no < 0)
		return port_fault(&problem->fault, PORT_INVALID, "POSTAGE-REFERENCE",
						  "shares[%d].offers: offer \"%s\" does not exist", at, offer);
	problem->shares[at].offers |= UINT64_C(1) << offer_no;
	return PORT_OK;
}

PortStatus
postage_add_share_operator(PostageProblem *problem, const char *operator_id)
{
	problem->shares[problem->share_count - 1].offers |= offers_of(problem, operator_id);
	return PORT_OK;
}

int
postage_tier_of(const PostageProblem *problem, const PostageGroup *group, int64_t volume)
{
	const PostageTier *tiers = problem->tiers + group->first_tier;
	int tier = 0;

	while (tier + 1 < group->tier_count && volume >= tiers[tier + 1].from)
		tier++;
	return tier;
}

int64_t
postage_incremental_discount(const PostageProblem *problem, const PostageGroup *group,
							 int64_t volume)
{
	const PostageTier *tiers = problem->tiers + group->first_tier;
	int64_t discount = 0;

	for (int tier = 0; tier < group->tier_count; tier++)
	{
		int64_t low = tiers[tier].from;
		int64_t high = tier + 1 < group->tier_count ? tiers[tier + 1].from : INT64_MAX;
		int64_t from = group->base > low ? group->base : low;
		int64_t to = group->base + volume < high ? group->base + volume : high;

		if (to > from)
			discount += tiers[tier].discount * (to - from);
	}
	return discount;
}
