/*
 * mail_cells.c: keys into kinds, kinds into cells, cells into the solver's problem.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/mail_plan.h"

typedef struct WantedKind
{
	const MailPlan *plan;
	const MailKind *kind;
} WantedKind;

typedef struct WantedVector
{
	const MailPlan *plan;
	const int64_t *prices;
} WantedVector;

typedef struct WantedCell
{
	const MailPlan *plan;
	int zone, vector, grams;
} WantedCell;

/* A cell with what orders it. */
typedef struct CellOrder
{
	const char *zone; /* empty: none */
	int vector_rank;
	int grams;
	int cell;
} CellOrder;

typedef struct VectorOrder
{
	const int64_t *prices;
	int count;
	int vector;
} VectorOrder;

static int find_shape(MailPlan *plan, int sheets);
static int add_shape(MailPlan *plan, const TariffShape *shape);
static int find_kind(MailPlan *plan, const MailKind *wanted);
static PortStatus find_lightest(MailPlan *plan);
static int find_vector(MailPlan *plan, const MailKind *kind, int64_t *prices);
static int find_cell(MailPlan *plan, const MailKind *kind);
static PortStatus order_cells(MailPlan *plan);
static int *rank_vectors(MailPlan *plan);
static PortStatus add_rules(MailPlan *plan, PostageProblem *problem, int only_carrier);
static PortStatus add_schemes(MailPlan *plan, PostageProblem *problem);
static PortStatus add_tiers(MailPlan *plan, PostageProblem *problem, const TariffScheme *scheme);
static PortStatus add_cells(MailPlan *plan, PostageProblem *problem);
static PortStatus add_caps(const Tariff *tariff, PostageProblem *problem);
static PortStatus add_commits(const MailPlan *plan, PostageProblem *problem);
static PortStatus add_shares(const Tariff *tariff, PostageProblem *problem);

PortStatus
mail_make_kinds(MailPlan *plan)
{
	for (int i = 0; i < plan->key_index.count; i++)
	{
		MailKey *key = &plan->keys[plan->key_order[i]];
		const MailPlace *place = &plan->places[key->place];
		MailKind wanted = {.zone = place->zone,
						   .areas = place->areas,
						   .due_days = key->due_days,
						   .scope = key->scope,
						   .issuers = key->issuers,
						   .first_place = key->place};

		if ((i & 4095) == 0 && plan->port->interrupted(plan->port->host))
			return PORT_INTERRUPTED;
		wanted.shape = find_shape(plan, key->sheets);
		if (wanted.shape < 0 || (key->kind = find_kind(plan, &wanted)) < 0)
			return PORT_NO_MEMORY;
		plan->kinds[key->kind].letters += key->letters;
	}
	return PORT_OK;
}

int
mail_add_kind(MailPlan *plan, const char *zone, const char *country, const char *code,
			  const TariffShape *shape, int due_days, int scope, int64_t letters)
{
	MailKind wanted = {.due_days = due_days, .scope = scope, .first_place = -1};
	int kind;

	wanted.zone = tariff_name(plan->tariff, zone, strlen(zone));
	wanted.areas = mail_find_areas(plan, country, code);
	wanted.shape = add_shape(plan, shape);
	if (wanted.zone < 0 || wanted.areas < 0 || wanted.shape < 0 ||
		(kind = find_kind(plan, &wanted)) < 0)
		return -1;
	plan->kinds[kind].letters += letters;
	return kind;
}

static int
find_shape(MailPlan *plan, int sheets)
{
	int at = sheets < 0 || sheets > TARIFF_MAX_SHEETS ? TARIFF_MAX_SHEETS + 1 : sheets;

	if (plan->sheet_shapes[at] < 0)
	{
		TariffShape shape = tariff_shape(plan->tariff, at);

		plan->sheet_shapes[at] = add_shape(plan, &shape);
	}
	return plan->sheet_shapes[at];
}

/* There are few: as many as numbers of sheets. */
static int
add_shape(MailPlan *plan, const TariffShape *shape)
{
	for (int i = 0; i < plan->shape_count; i++)
		if (plan->shapes[i].format == shape->format &&
			plan->shapes[i].milligrams == shape->milligrams)
			return i;
	if (!mail_grow(plan->port, (void **) &plan->shapes, plan->shape_count, &plan->shape_room,
				   sizeof(TariffShape)))
		return -1;
	plan->shapes[plan->shape_count] = *shape;
	if (shape->micrometres == 0)
		plan->shapes[plan->shape_count].micrometres = tariff_thickness(plan->tariff, shape);
	return plan->shape_count++;
}

static bool
same_kind(const void *wanted, int item)
{
	const WantedKind *w = wanted;
	const MailKind *kind = &w->plan->kinds[item];

	return kind->zone == w->kind->zone && kind->areas == w->kind->areas &&
		   kind->shape == w->kind->shape && kind->due_days == w->kind->due_days &&
		   kind->scope == w->kind->scope && kind->issuers == w->kind->issuers;
}

static int
find_kind(MailPlan *plan, const MailKind *wanted)
{
	WantedKind context = {plan, wanted};
	uint32_t hash =
		mail_hash_number(mail_hash_number(0, (uint32_t) wanted->zone), (uint32_t) wanted->areas);
	MailSlot *slot;

	hash = mail_hash_number(mail_hash_number(hash, (uint32_t) wanted->shape),
							(uint32_t) wanted->due_days ^ (uint32_t) wanted->scope << 20 ^
								(uint32_t) wanted->issuers << 12);
	if (!mail_index_reserve(&plan->kind_index, plan->port) ||
		!mail_grow(plan->port, (void **) &plan->kinds, plan->kind_index.count, &plan->kind_room,
				   sizeof(MailKind)))
		return -1;
	slot = mail_index_find(&plan->kind_index, hash, same_kind, &context);
	if (slot->item < 0)
	{
		mail_index_put(&plan->kind_index, slot, hash);
		plan->kinds[slot->item] = *wanted;
		plan->kinds[slot->item].vector = plan->kinds[slot->item].cell = -1;
	}
	return slot->item;
}

PortStatus
mail_make_cells(MailPlan *plan)
{
	int offers = plan->tariff->offer_count;
	int64_t *prices = port_alloc_array(plan->port, (size_t) offers + 1, sizeof(int64_t));

	mail_stack_schemes(plan->tariff);
	if (prices == NULL || find_lightest(plan) != PORT_OK)
		return PORT_NO_MEMORY;
	for (int k = 0; k < plan->kind_index.count; k++)
	{
		MailKind *kind = &plan->kinds[k];

		if ((k & 1023) == 0 && plan->port->interrupted(plan->port->host))
			return PORT_INTERRUPTED;
		kind->vector = find_vector(plan, kind, prices);
		if (kind->vector == -1)
			continue;
		if (kind->vector < 0 || (kind->cell = find_cell(plan, kind)) < 0)
			return PORT_NO_MEMORY;
		if (plan->cells[kind->cell].letters == 0)
			plan->cells[kind->cell].first_kind = k;
		plan->cells[kind->cell].letters += kind->letters;
		plan->letters += kind->letters;
	}
	return order_cells(plan);
}

/*
 * Letters of a price line that may differ by so many grams: the line takes those from the lightest
 * that it could carry.  An order by itself for heavier ones might be cheaper; it is not looked for.
 */
static PortStatus
find_lightest(MailPlan *plan)
{
	const Tariff *tariff = plan->tariff;

	plan->lightest =
		port_alloc_array(plan->port, (size_t) tariff->spread_count + 1, sizeof(int64_t));
	if (plan->lightest == NULL)
		return PORT_NO_MEMORY;
	for (int s = 0; s < tariff->spread_count; s++)
	{
		const TariffOffer *offer = &tariff->offers[tariff->spreads[s].offer];

		plan->lightest[s] = -1;
		for (int k = 0; k < plan->kind_index.count; k++)
		{
			const MailKind *kind = &plan->kinds[k];
			const TariffShape *shape = &plan->shapes[kind->shape];
			const int *areas =
				plan->area_sets + (size_t) kind->areas * (size_t) tariff->coverage_count;
			int64_t price;

			if (!mail_is_forbidden(plan, kind->scope, tariff->spreads[s].offer) &&
				shape->format == tariff->spreads[s].format && offer->days <= kind->due_days &&
				(plan->lightest[s] < 0 || shape->milligrams < plan->lightest[s]) &&
				tariff_price(tariff, tariff->spreads[s].offer, areas[offer->coverage], shape,
							 &price))
				plan->lightest[s] = shape->milligrams;
		}
	}
	return PORT_OK;
}

bool
mail_is_too_apart(const MailPlan *plan, int offer, const TariffShape *shape)
{
	for (int s = 0; s < plan->tariff->spread_count; s++)
	{
		const TariffSpread *spread = &plan->tariff->spreads[s];

		if (spread->offer == offer && spread->format == shape->format && plan->lightest[s] >= 0 &&
			shape->milligrams > plan->lightest[s] + spread->most)
			return true;
	}
	return false;
}

static bool
same_vector(const void *wanted, int item)
{
	const WantedVector *w = wanted;
	size_t offers = (size_t) w->plan->tariff->offer_count;

	return memcmp(w->plan->vectors + offers * (size_t) item, w->prices, offers * sizeof(int64_t)) ==
		   0;
}

/* -1: no offer has a price; -2: no memory. */
static int
find_vector(MailPlan *plan, const MailKind *kind, int64_t *prices)
{
	const Tariff *tariff = plan->tariff;
	size_t offers = (size_t) tariff->offer_count;
	const int *areas = plan->area_sets + (size_t) kind->areas * (size_t) tariff->coverage_count;
	WantedVector wanted = {plan, prices};
	bool is_carried = false;
	bool is_bound = false;
	uint32_t hash = 0;
	MailSlot *slot;

	for (int o = 0; o < tariff->offer_count; o++)
	{
		const TariffOffer *offer = &tariff->offers[o];

		prices[o] = -1;
		if (offer->issuers != 0 && offer->issuers != kind->issuers)
			continue;
		if (!mail_is_forbidden(plan, kind->scope, o) && offer->days <= kind->due_days &&
			!mail_is_too_apart(plan, o, &plan->shapes[kind->shape]) &&
			tariff_price(tariff, o, areas[offer->coverage], &plan->shapes[kind->shape], &prices[o]))
		{
			is_carried = true;
			is_bound = is_bound || mail_must_use(plan, kind->scope, o);
		}
	}
	for (int o = 0; o < tariff->offer_count; o++)
	{
		if (is_bound && !mail_must_use(plan, kind->scope, o))
			prices[o] = -1;
		hash = mail_hash_number(hash, (uint32_t) prices[o]);
	}
	if (!is_carried)
		return -1;
	if (!mail_index_reserve(&plan->vector_index, plan->port) ||
		!mail_grow(plan->port, (void **) &plan->vectors, plan->vector_index.count,
				   &plan->vector_room, offers * sizeof(int64_t)))
		return -2;
	slot = mail_index_find(&plan->vector_index, hash, same_vector, &wanted);
	if (slot->item < 0)
	{
		mail_index_put(&plan->vector_index, slot, hash);
		memcpy(plan->vectors + (size_t) slot->item * offers, prices, offers * sizeof(int64_t));
	}
	return slot->item;
}

static bool
same_cell(const void *wanted, int item)
{
	const WantedCell *w = wanted;

	return w->plan->cells[item].zone == w->zone && w->plan->cells[item].vector == w->vector &&
		   w->plan->cells[item].grams == w->grams;
}

static int
find_cell(MailPlan *plan, const MailKind *kind)
{
	WantedCell wanted = {plan, -1, kind->vector, 0};
	uint32_t hash;
	MailSlot *slot;

	for (int o = 0; o < plan->tariff->offer_count; o++)
		if (plan->tariff->offers[o].min_bundle > 0 && mail_list_price(plan, kind->vector, o) >= 0)
			wanted.zone = kind->zone;
	for (int o = 0; o < plan->tariff->offer_count; o++)
		if (plan->tariff->offers[o].by_average && mail_list_price(plan, kind->vector, o) >= 0)
			wanted.grams = mail_grams(&plan->shapes[kind->shape]);
	hash = mail_hash_number(mail_hash_number(0, (uint32_t) wanted.zone), (uint32_t) wanted.vector);
	if (wanted.grams > 0)
		hash = mail_hash_number(hash, (uint32_t) wanted.grams);
	if (!mail_index_reserve(&plan->cell_index, plan->port) ||
		!mail_grow(plan->port, (void **) &plan->cells, plan->cell_index.count, &plan->cell_room,
				   sizeof(MailCell)))
		return -1;
	slot = mail_index_find(&plan->cell_index, hash, same_cell, &wanted);
	if (slot->item < 0)
	{
		mail_index_put(&plan->cell_index, slot, hash);
		plan->cells[slot->item] =
			(MailCell){.zone = wanted.zone, .vector = wanted.vector, .grams = wanted.grams};
	}
	return slot->item;
}

static int
by_cell_order(const void *a, const void *b)
{
	const CellOrder *x = a;
	const CellOrder *y = b;
	int order = strcmp(x->zone, y->zone);

	if (order != 0)
		return order;
	return x->vector_rank != y->vector_rank ? x->vector_rank - y->vector_rank : x->grams - y->grams;
}

/* Cells by zone, then prices; the hash is of no use afterwards. */
static PortStatus
order_cells(MailPlan *plan)
{
	int count = plan->cell_index.count;
	CellOrder *order = port_alloc_array(plan->port, (size_t) count + 1, sizeof(CellOrder));
	MailCell *cells = port_alloc_array(plan->port, (size_t) count + 1, sizeof(MailCell));
	int *moved = port_alloc_array(plan->port, (size_t) count + 1, sizeof(int));
	int *ranks = rank_vectors(plan);

	plan->zone_names = port_alloc_array(plan->port, (size_t) count + 1, sizeof(int));
	if (order == NULL || cells == NULL || moved == NULL || ranks == NULL ||
		plan->zone_names == NULL)
		return PORT_NO_MEMORY;
	for (int c = 0; c < count; c++)
		order[c] =
			(CellOrder){plan->cells[c].zone < 0 ? "" : plan->tariff->names[plan->cells[c].zone],
						ranks[plan->cells[c].vector], plan->cells[c].grams, c};
	qsort(order, (size_t) count, sizeof(CellOrder), by_cell_order);
	for (int c = 0; c < count; c++)
	{
		cells[c] = plan->cells[order[c].cell];
		moved[order[c].cell] = c;
		if (c == 0 || cells[c].zone != cells[c - 1].zone)
			plan->zone_names[plan->zone_count++] = cells[c].zone;
		cells[c].zone_no = plan->zone_count - 1;
	}
	for (int k = 0; k < plan->kind_index.count; k++)
		if (plan->kinds[k].cell >= 0)
			plan->kinds[k].cell = moved[plan->kinds[k].cell];
	plan->port->release(plan->port->host, plan->cells);
	plan->port->release(plan->port->host, order);
	plan->port->release(plan->port->host, moved);
	plan->port->release(plan->port->host, ranks);
	plan->cells = cells;
	return PORT_OK;
}

/* Offer by offer, the lower price first, no price last. */
static int
by_prices(const void *a, const void *b)
{
	const VectorOrder *x = a;
	const VectorOrder *y = b;

	for (int o = 0; o < x->count; o++)
		if (x->prices[o] != y->prices[o])
			return (uint64_t) x->prices[o] < (uint64_t) y->prices[o] ? -1 : 1;
	return 0;
}

static int *
rank_vectors(MailPlan *plan)
{
	int count = plan->vector_index.count;
	int offers = plan->tariff->offer_count;
	VectorOrder *order = port_alloc_array(plan->port, (size_t) count + 1, sizeof(VectorOrder));
	int *ranks = port_alloc_array(plan->port, (size_t) count + 1, sizeof(int));

	if (order == NULL || ranks == NULL)
		return NULL;
	for (int v = 0; v < count; v++)
		order[v] = (VectorOrder){plan->vectors + (size_t) v * (size_t) offers, offers, v};
	qsort(order, (size_t) count, sizeof(VectorOrder), by_prices);
	for (int v = 0; v < count; v++)
		ranks[order[v].vector] = v;
	plan->port->release(plan->port->host, order);
	return ranks;
}

PortStatus
mail_make_problem(MailPlan *plan, int only_carrier, PostageProblem **problem)
{
	PostageProblem *made = postage_problem_new(plan->port);
	int rules = plan->rule_count;
	PortStatus status;

	if (made == NULL)
		return PORT_NO_MEMORY;
	*problem = made;
	if (only_carrier < 0)
		plan->rule_count = 0;
	if ((status = mail_choose_scale(plan)) != PORT_OK)
		return status;
	status = add_rules(plan, made, only_carrier);
	if (status == PORT_OK)
		status = add_cells(plan, made);
	if (status == PORT_OK)
		status = add_schemes(plan, made);
	if (status == PORT_OK)
		status = mail_add_fees(plan, made);
	if (status == PORT_OK)
		status = mail_add_class_fees(plan, made);
	if (only_carrier >= 0)
		plan->rule_count = rules;
	if (status == PORT_OK)
		status = add_caps(plan->tariff, made);
	if (only_carrier < 0)
		plan->carrier_caps = made->cap_count;
	if (status == PORT_OK)
		status = mail_add_limits(plan, made);
	if (status == PORT_OK)
		status = add_commits(plan, made);
	/* one carrier alone has no shares */
	if (status == PORT_OK && only_carrier < 0)
		status = add_shares(plan->tariff, made);
	if (status == PORT_OK)
		status = postage_problem_finish(made);
	if (status != PORT_OK && made->fault.status != PORT_OK)
		plan->fault = made->fault;
	return status;
}

/* Offers keep the tariff's order; with only_carrier those of the others are left out. */
static PortStatus
add_rules(MailPlan *plan, PostageProblem *problem, int only_carrier)
{
	const Tariff *tariff = plan->tariff;
	PortStatus status = PORT_OK;

	for (int o = 0; o < tariff->offer_count && status == PORT_OK; o++)
	{
		const TariffOffer *offer = &tariff->offers[o];
		PostageOffer rules = {.min_bucket = offer->min_bundle,
							  .min_order = mail_scaled(plan, o, offer->min_order),
							  .joint = offer->joint};

		if (!mail_has_classes(tariff, o))
		{
			rules.min_mailing = offer->min_mailing;
			rules.topup = mail_scaled(plan, o, offer->topup);
			rules.fixed = mail_scaled(plan, o, offer->fixed);
		}
		if (offer->by_average)
		{
			rules.order = offer->code;
			rules.above = offer->above;
			rules.upto = offer->upto;
		}

		if (only_carrier < 0 || offer->carrier == only_carrier)
			status = postage_add_offer(problem, offer->id, tariff->carriers[offer->carrier].code,
									   &rules);
	}
	return status;
}

static PortStatus
add_cells(MailPlan *plan, PostageProblem *problem)
{
	PortStatus status = PORT_OK;

	for (int c = 0; c < plan->cell_index.count && status == PORT_OK; c++)
	{
		status = postage_add_cell(problem, c + 1, plan->cells[c].zone_no, plan->cells[c].letters);
		if (status == PORT_OK && plan->cells[c].grams > 0)
			status = postage_set_weight(problem, plan->cells[c].grams);
	}
	if (status == PORT_OK)
		status = postage_index_cells(problem);
	for (int o = 0; o < plan->tariff->offer_count && status == PORT_OK; o++)
	{
		const char *code = plan->tariff->offers[o].id;

		if (postage_find_offer(problem, code) < 0)
			continue;
		for (int c = 0; c < plan->cell_index.count && status == PORT_OK; c++)
		{
			int64_t price = mail_list_price(plan, plan->cells[c].vector, o);

			if (price >= 0)
				status = postage_add_arc(problem, c + 1, code, mail_scaled(plan, o, price));
		}
	}
	return status;
}

/*
 * Tiers of a year need not be whole micro units of each letter's price, as the problem asks: the
 * carrier takes them off the year's money.  Such a scheme stays out of the plan.
 */
bool
mail_is_whole(const MailPlan *plan, const TariffScheme *scheme)
{
	const Tariff *tariff = plan->tariff;

	if (!scheme->of_year || scheme->incremental)
		return true;
	for (int t = scheme->first_tier; t < scheme->first_tier + scheme->tier_count; t++)
	{
		if ((PostageWide) scheme->base_money * tariff->tiers[t].discount % 10000 != 0)
			return false;
		for (int v = 0; v < plan->vector_index.count; v++)
			for (int o = 0; o < tariff->offer_count; o++)
				if (((scheme->offers >> o) & 1) && mail_list_price(plan, v, o) > 0 &&
					mail_list_price(plan, v, o) % 10000 * tariff->tiers[t].discount % 10000 != 0)
					return false;
	}
	return true;
}

/* Money of before is of many offers; with tax it is known only where they all have the same. */
static PortStatus
add_group(MailPlan *plan, PostageProblem *problem, const TariffScheme *scheme)
{
	int offer = mail_common_burden(plan, scheme->offers);

	if (offer < 0 && (scheme->incremental || scheme->base_money > 0))
		return port_fault(&plan->fault, PORT_INVALID, "PLAN-VAT",
						  "scheme \"%s\" takes amounts off offers of different value added tax, "
						  "and the issuer does not deduct it all",
						  scheme->code);
	return postage_add_group(problem, scheme->code, scheme->incremental, scheme->base,
							 offer < 0 ? 0 : mail_scaled(plan, offer, scheme->base_money));
}

static bool
has_followers(const Tariff *tariff, int leader)
{
	for (int s = 0; s < tariff->scheme_count; s++)
		if (s != leader && tariff->schemes[s].leader == leader)
			return true;
	return false;
}

/* Whether no letter can go by any of the offers. */
static bool
is_refused(const Tariff *tariff, uint64_t offers)
{
	for (int o = 0; o < tariff->offer_count && o < 64; o++)
		if (((offers >> o) & 1) && tariff->offers[o].refusal == NULL)
			return false;
	return true;
}

static PortStatus
add_schemes(MailPlan *plan, PostageProblem *problem)
{
	const Tariff *tariff = plan->tariff;
	PortStatus status = PORT_OK;

	for (int s = 0; s < tariff->scheme_count && status == PORT_OK; s++)
	{
		const TariffScheme *scheme = &tariff->schemes[s];
		bool is_added = false;

		if (!mail_is_whole(plan, scheme) || scheme->leader != s ||
			(has_followers(tariff, s) && is_refused(tariff, scheme->offers)))
			continue;
		for (int o = 0; o < tariff->offer_count && status == PORT_OK; o++)
		{
			const char *code = tariff->offers[o].id;

			if (!((scheme->offers >> o) & 1) || postage_find_offer(problem, code) < 0)
				continue;
			if (!is_added)
				status = add_group(plan, problem, scheme);
			is_added = true;
			if (status == PORT_OK)
				status = postage_add_group_offer(problem, code);
		}
		if (is_added && status == PORT_OK)
			status = add_tiers(plan, problem, scheme);
	}
	return status;
}

static PortStatus
add_tiers(MailPlan *plan, PostageProblem *problem, const TariffScheme *scheme)
{
	int offer = mail_common_burden(plan, scheme->offers);
	int64_t least = mail_discount_least(plan->tariff, scheme);
	PortStatus status = least > 1 ? postage_add_group_tier(problem, 0, 0) : PORT_OK;
	int leader = scheme->leader;

	if (scheme->multiplies || has_followers(plan->tariff, leader))
	{
		for (int64_t from = 0; from >= 0 && status == PORT_OK;
			 from = mail_stacked_next(plan->tariff, leader, from))
		{
			int64_t next = mail_stacked_next(plan->tariff, leader, from);
			int64_t at = from < least ? least : from;
			int points = mail_stacked_points(plan->tariff, leader, at, NULL);

			if (least > 1 && next >= 0 && next <= least)
				continue;
			status = points < 0 ? port_fault(&plan->fault, PORT_INVALID, "PLAN-STACK",
											 "the discounts that multiply with scheme \"%s\" give "
											 "no whole hundredths of a percent together",
											 scheme->code)
								: postage_add_group_tier(problem, at, points);
		}
		return status;
	}
	for (int t = 0; t < scheme->tier_count && status == PORT_OK; t++)
	{
		const TariffTier *tier = &plan->tariff->tiers[scheme->first_tier + t];

		if (least > 1 && t + 1 < scheme->tier_count && tier[1].from <= least)
			continue;
		status = postage_add_group_tier(
			problem, least > 1 && tier->from < least ? least : tier->from,
			scheme->incremental ? mail_scaled(plan, offer, tier->discount) : tier->discount);
	}
	return status;
}

static bool
has_operator(const PostageProblem *problem, const char *code)
{
	for (int op = 0; op < problem->operator_count; op++)
		if (strcmp(problem->operators[op], code) == 0)
			return true;
	return false;
}

static PortStatus
add_caps(const Tariff *tariff, PostageProblem *problem)
{
	PortStatus status = PORT_OK;

	for (int c = 0; c < tariff->carrier_count && status == PORT_OK; c++)
	{
		const TariffCarrier *carrier = &tariff->carriers[c];

		if (carrier->max_mailing >= 0 && has_operator(problem, carrier->code))
			status = postage_add_cap(problem, carrier->code, carrier->max_mailing);
	}
	return status;
}

/* Whatever the planner wishes: a wish that keeps letters away makes the penalty no smaller. */
int64_t
mail_commit_least(const MailPlan *plan, const TariffCommit *commit)
{
	const Tariff *tariff = plan->tariff;
	int64_t reach = commit->base;

	for (int k = 0; k < plan->kind_index.count && reach < commit->least; k++)
	{
		const MailKind *kind = &plan->kinds[k];
		const int *areas = plan->area_sets + (size_t) kind->areas * (size_t) tariff->coverage_count;
		bool carries = false;
		int64_t price;

		for (int o = 0; o < tariff->offer_count && kind->cell >= 0 && !carries; o++)
			carries = tariff->offers[o].carrier == commit->carrier &&
					  tariff->offers[o].days <= kind->due_days &&
					  tariff_price(tariff, o, areas[tariff->offers[o].coverage],
								   &plan->shapes[kind->shape], &price);
		if (carries)
			reach += kind->letters;
	}
	return commit->least < reach ? commit->least : reach;
}

static PortStatus
add_commits(const MailPlan *plan, PostageProblem *problem)
{
	const Tariff *tariff = plan->tariff;
	PortStatus status = PORT_OK;

	for (int c = 0; c < tariff->commit_count && status == PORT_OK; c++)
	{
		const TariffCommit *commit = &tariff->commits[c];
		const char *code = tariff->carriers[commit->carrier].code;
		int64_t least = mail_commit_least(plan, commit);

		if (least > commit->base && has_operator(problem, code))
			status = postage_add_commit(problem, code, commit->base, least,
										commit->penalty * plan->scale);
	}
	return status;
}

static PortStatus
add_shares(const Tariff *tariff, PostageProblem *problem)
{
	PortStatus status = PORT_OK;

	for (int s = 0; s < tariff->share_count && status == PORT_OK; s++)
	{
		const TariffShare *share = &tariff->shares[s];

		status = postage_add_share(problem, share->wish, share->min_points, share->max_points);
		for (int o = 0; o < tariff->offer_count && status == PORT_OK; o++)
			if ((share->offers >> o) & 1)
				status = postage_add_share_offer(problem, tariff->offers[o].id);
	}
	return status;
}
