/*
 * mail_cost.c: what a plan's cost is made of, and why a letter has none.
 *
 * The parts are added up from the rules of the problem, without the solver's shortcuts.
 */
#include <inttypes.h>
#include <stdio.h>

#include "core/mail_plan.h"

typedef struct Volumes
{
	int64_t letters[POSTAGE_MAX_OFFERS];
	int64_t money[POSTAGE_MAX_OFFERS];
	int64_t grams[POSTAGE_MAX_OFFERS];
} Volumes;

static PortStatus price_shares(MailPlan *plan, const MailShare *shares, int count,
							   MailParts *parts);
static MailPart *add_part(const Port *port, MailParts *parts, MailPartKind kind, const char *item,
						  uint64_t offers, const Volumes *volumes);
static PortStatus price_offers(const MailPlan *plan, const Volumes *volumes, MailParts *parts);
static PortStatus price_least_orders(const MailPlan *plan, const Volumes *volumes,
									 MailParts *parts);
static PortStatus price_commits(const MailPlan *plan, const Volumes *volumes, MailParts *parts);
static PortStatus price_schemes(const MailPlan *plan, const Volumes *volumes, MailParts *parts);
static PortStatus find_broken(const MailPlan *plan, const MailShare *shares, int count,
							  const Volumes *volumes, MailParts *parts);

PortStatus
mail_take_plan(MailPlan *plan, const int64_t *counts)
{
	const PostageProblem *problem = plan->problem;
	int at = -1;

	plan->shares = port_alloc_array(plan->port, (size_t) problem->arc_count + 1, sizeof(MailShare));
	if (plan->shares == NULL)
		return PORT_NO_MEMORY;
	/* by the problem's own order of cells first */
	for (int arc = 0; arc < problem->arc_count; arc++)
		if (counts[arc] > 0)
			plan->cells[problem->cells[problem->arcs[arc].cell].id - 1].share_count++;
	for (int c = 0, first = 0; c < plan->cell_index.count; c++)
	{
		plan->cells[c].first_share = first;
		first += plan->cells[c].share_count;
		plan->share_count = first;
	}
	for (int arc = 0, cell = -1; arc < problem->arc_count; arc++)
	{
		int found = (int) problem->cells[problem->arcs[arc].cell].id - 1;

		if (counts[arc] <= 0)
			continue;
		at = found == cell ? at + 1 : plan->cells[found].first_share;
		cell = found;
		plan->shares[at] = (MailShare){cell, problem->arcs[arc].offer, counts[arc]};
	}
	memset(&plan->parts, 0, sizeof(plan->parts));
	return price_shares(plan, plan->shares, plan->share_count, &plan->parts);
}

PortStatus
mail_price_cheapest(MailPlan *plan, uint64_t offers, MailParts *parts, int64_t *letters)
{
	int count = plan->cell_index.count;
	MailShare *shares = port_alloc_array(plan->port, (size_t) count + 1, sizeof(MailShare));
	int used = 0;
	PortStatus status;

	memset(parts, 0, sizeof(*parts));
	*letters = 0;
	if (shares == NULL)
		return PORT_NO_MEMORY;
	for (int c = 0; c < count; c++)
	{
		int best = -1;
		int64_t cheapest = 0;

		for (int o = 0; o < plan->tariff->offer_count; o++)
		{
			int64_t price = mail_list_price(plan, plan->cells[c].vector, o);

			if (((offers >> o) & 1) && price >= 0 &&
				(best < 0 || mail_scaled(plan, o, price) < cheapest))
			{
				best = o;
				cheapest = mail_scaled(plan, o, price);
			}
		}
		if (best < 0)
			continue;
		shares[used++] = (MailShare){c, best, plan->cells[c].letters};
		*letters += plan->cells[c].letters;
	}
	status = price_shares(plan, shares, used, parts);
	plan->port->release(plan->port->host, shares);
	return status;
}

static PortStatus
price_shares(MailPlan *plan, const MailShare *shares, int count, MailParts *parts)
{
	Volumes volumes;
	PortStatus status = PORT_OK;

	memset(&volumes, 0, sizeof(volumes));
	for (int s = 0; s < count; s++)
	{
		volumes.letters[shares[s].offer] += shares[s].letters;
		volumes.grams[shares[s].offer] += shares[s].letters * plan->cells[shares[s].cell].grams;
		volumes.money[shares[s].offer] +=
			shares[s].letters *
			mail_list_price(plan, plan->cells[shares[s].cell].vector, shares[s].offer);
	}
	{
		MailPart *list = add_part(plan->port, parts, MAIL_PART_LIST, NULL, ~UINT64_C(0), &volumes);

		if (list == NULL)
			return PORT_NO_MEMORY;
		list->amount = list->list;
		for (int o = 0; o < plan->tariff->offer_count; o++)
			list->borne += mail_scaled(plan, o, volumes.money[o]);
	}
	if ((status = price_offers(plan, &volumes, parts)) != PORT_OK ||
		(status = price_commits(plan, &volumes, parts)) != PORT_OK ||
		(status = price_schemes(plan, &volumes, parts)) != PORT_OK)
		return status;
	for (int p = 0; p < parts->count; p++)
	{
		parts->cost += parts->parts[p].amount;
		parts->borne += parts->parts[p].borne;
	}
	return find_broken(plan, shares, count, &volumes, parts);
}

static MailPart *
add_part(const Port *port, MailParts *parts, MailPartKind kind, const char *item, uint64_t offers,
		 const Volumes *volumes)
{
	MailPart *part;

	if (!mail_grow(port, (void **) &parts->parts, parts->count, &parts->room, sizeof(MailPart)))
		return NULL;
	part = &parts->parts[parts->count++];
	memset(part, 0, sizeof(*part));
	part->kind = kind;
	part->item = item;
	part->offers = offers;
	part->points = -1;
	for (int o = 0; o < POSTAGE_MAX_OFFERS; o++)
		if ((offers >> o) & 1)
		{
			part->letters += volumes->letters[o];
			part->list += volumes->money[o];
		}
	return part;
}

/* Of all offers that are sold as this one, when it is the first of them. */
static int64_t
sold_letters(const PostageProblem *problem, int offer, const int64_t *letters)
{
	return problem->offers[offer].lead == offer ? postage_joint_sum(problem, offer, letters) : 0;
}

static PortStatus
price_offers(const MailPlan *plan, const Volumes *volumes, MailParts *parts)
{
	const PostageProblem *problem = plan->problem;

	for (int o = 0; o < problem->offer_count; o++)
	{
		MailPart *part;

		if (sold_letters(problem, o, volumes->letters) == 0 || problem->offers[o].fixed == 0)
			continue;
		part = add_part(plan->port, parts, MAIL_PART_FIXED, plan->tariff->offers[o].code,
						problem->offers[o].members, volumes);
		if (part == NULL)
			return PORT_NO_MEMORY;
		part->amount = plan->tariff->offers[o].fixed;
		part->borne = problem->offers[o].fixed;
	}
	for (int o = 0; o < problem->offer_count; o++)
	{
		int64_t letters = sold_letters(problem, o, volumes->letters);
		int64_t missing = problem->offers[o].min_mailing - letters;
		MailPart *part;

		if (letters == 0 || missing <= 0 || problem->offers[o].topup == 0)
			continue;
		part = add_part(plan->port, parts, MAIL_PART_TOPUP, plan->tariff->offers[o].code,
						problem->offers[o].members, volumes);
		if (part == NULL)
			return PORT_NO_MEMORY;
		part->amount = missing * plan->tariff->offers[o].topup;
		part->borne = missing * problem->offers[o].topup;
	}
	return price_least_orders(plan, volumes, parts);
}

/* List money of an order is paid up to its least price. */
static PortStatus
price_least_orders(const MailPlan *plan, const Volumes *volumes, MailParts *parts)
{
	for (int o = 0; o < plan->problem->offer_count; o++)
	{
		const TariffOffer *offer = &plan->tariff->offers[o];
		MailPart *part;

		if (volumes->letters[o] == 0 || volumes->money[o] >= offer->min_order)
			continue;
		part = add_part(plan->port, parts, MAIL_PART_TOPUP, offer->code, UINT64_C(1) << o, volumes);
		if (part == NULL)
			return PORT_NO_MEMORY;
		part->amount = offer->min_order - volumes->money[o];
		part->borne = mail_scaled(plan, o, part->amount);
	}
	return PORT_OK;
}

/* A penalty is borne by the letters of the carrier it is for, by all where it has none; it is not
 * taxed. */
static PortStatus
price_commits(const MailPlan *plan, const Volumes *volumes, MailParts *parts)
{
	const PostageProblem *problem = plan->problem;

	for (int c = 0; c < problem->commit_count; c++)
	{
		const PostageCommit *commit = &problem->commits[c];
		int64_t letters = 0;
		int64_t missing;
		const char *item = NULL;
		MailPart *part;

		for (int o = 0; o < problem->offer_count; o++)
			if ((commit->offers >> o) & 1)
			{
				letters += volumes->letters[o];
				item = problem->operators[problem->offers[o].operator_no];
			}
		missing = commit->min - commit->base - letters;
		if (missing <= 0 || commit->penalty == 0)
			continue;
		part = add_part(plan->port, parts, MAIL_PART_PENALTY, item,
						letters > 0 ? commit->offers : ~UINT64_C(0), volumes);
		if (part == NULL)
			return PORT_NO_MEMORY;
		part->borne = missing * commit->penalty;
		part->amount = part->borne / plan->scale;
	}
	return PORT_OK;
}

static bool
is_stack(const Tariff *tariff, const char *code)
{
	int leader = tariff_find_scheme(tariff, code);

	for (int s = 0; leader >= 0 && s < tariff->scheme_count; s++)
		if (tariff->schemes[s].leader == leader && tariff->schemes[s].multiplies)
			return true;
	return false;
}

/* One part for each of the schemes that multiply: what it takes off, in points of the list. */
static PortStatus
add_stack(const MailPlan *plan, const Volumes *volumes, const MailPart *whole, int64_t points,
		  MailParts *parts)
{
	const Tariff *tariff = plan->tariff;
	int leader = tariff_find_scheme(tariff, whole->item);
	int64_t *given =
		port_alloc_array(plan->port, (size_t) tariff->scheme_count + 1, sizeof(int64_t));

	if (given == NULL)
		return PORT_NO_MEMORY;
	(void) mail_stacked_points(tariff, leader, whole->letters, given);
	for (int s = 0; s < tariff->scheme_count; s++)
	{
		MailPart *part;

		if (tariff->schemes[s].leader != leader)
			continue;
		part = add_part(plan->port, parts, MAIL_PART_DISCOUNT, tariff->schemes[s].code,
						whole->offers, volumes);
		if (part == NULL)
			return PORT_NO_MEMORY;
		/* below a count of its own the whole gives nothing */
		part->points = points == 0 ? 0 : (int) given[s];
		part->amount = -(int64_t) ((PostageWide) part->points * part->list / 10000);
		for (int o = 0; o < plan->problem->offer_count; o++)
			if ((whole->offers >> o) & 1)
				part->borne -= (int64_t) ((PostageWide) part->points *
										  mail_scaled(plan, o, volumes->money[o]) / 10000);
	}
	plan->port->release(plan->port->host, given);
	return PORT_OK;
}

static PortStatus
price_schemes(const MailPlan *plan, const Volumes *volumes, MailParts *parts)
{
	const PostageProblem *problem = plan->problem;

	for (int g = 0; g < problem->group_count; g++)
	{
		const PostageGroup *group = &problem->groups[g];
		const PostageTier *tiers = problem->tiers + group->first_tier;
		int rule = g - (problem->group_count - plan->rule_count);
		MailPart *part =
			add_part(plan->port, parts, rule < 0 ? MAIL_PART_DISCOUNT : plan->rules[rule].kind,
					 rule < 0 ? group->id : plan->rules[rule].item, group->offers, volumes);
		int64_t points;

		if (part == NULL)
			return PORT_NO_MEMORY;
		part->issuers = mail_common_issuers(plan, group->offers);
		if (part->letters == 0)
		{
			parts->count--;
			continue;
		}
		if (group->incremental)
		{
			part->borne = -postage_incremental_discount(problem, group, part->letters);
			part->amount = mail_net(plan, mail_common_burden(plan, group->offers), part->borne);
			if (rule >= 0 && part->amount == 0)
				parts->count--;
			continue;
		}
		points = tiers[postage_tier_of(problem, group, group->base + part->letters)].discount;
		if (is_stack(plan->tariff, group->id))
		{
			MailPart whole = *part;

			parts->count--;
			if (add_stack(plan, volumes, &whole, points, parts) != PORT_OK)
				return PORT_NO_MEMORY;
			continue;
		}
		part->points = (int) points;
		part->amount = -(int64_t) ((PostageWide) points * part->list / 10000);
		for (int o = 0; o < problem->offer_count; o++)
			if ((group->offers >> o) & 1)
				part->borne -= (int64_t) ((PostageWide) points *
										  mail_scaled(plan, o, volumes->money[o]) / 10000);
		points -= tiers[group->base_tier].discount;
		if (group->base_money == 0 || points == 0)
			continue;
		part =
			add_part(plan->port, parts, MAIL_PART_RETROACTIVE, group->id, group->offers, volumes);
		if (part == NULL)
			return PORT_NO_MEMORY;
		part->issuers = mail_common_issuers(plan, group->offers);
		part->borne = -(int64_t) ((PostageWide) points * group->base_money / 10000);
		part->amount = mail_net(plan, mail_common_burden(plan, group->offers), part->borne);
	}
	return PORT_OK;
}

static PortStatus
add_broken(const MailPlan *plan, MailParts *parts, uint64_t offers, const Volumes *volumes,
		   MailPart **part)
{
	*part = add_part(plan->port, parts, MAIL_PART_BROKEN, NULL, offers, volumes);
	parts->broken++;
	return *part == NULL ? PORT_NO_MEMORY : PORT_OK;
}

/* Bundles: letters of each zone by offer; shares of a zone's cells lie together. */
static PortStatus
find_broken_bundles(const MailPlan *plan, const MailShare *shares, int count,
					const Volumes *volumes, MailParts *parts)
{
	const PostageProblem *problem = plan->problem;
	int64_t letters[POSTAGE_MAX_OFFERS] = {0};

	for (int s = 0; s < count; s++)
	{
		int zone = plan->cells[shares[s].cell].zone_no;

		letters[shares[s].offer] += shares[s].letters;
		if (s + 1 < count && plan->cells[shares[s + 1].cell].zone_no == zone)
			continue;
		for (int o = 0; o < problem->offer_count; o++)
		{
			MailPart *part;

			int64_t bundle = sold_letters(problem, o, letters);

			if (bundle > 0 && bundle < problem->offers[o].min_bucket)
			{
				if (add_broken(plan, parts, UINT64_C(1) << o, volumes, &part) != PORT_OK)
					return PORT_NO_MEMORY;
				snprintf(part->note, sizeof(part->note),
						 "%s: bundle %s of %" PRId64 " letters is below the minimum of %" PRId64,
						 problem->offers[o].id,
						 plan->zone_names[zone] < 0 ? ""
													: plan->tariff->names[plan->zone_names[zone]],
						 bundle, problem->offers[o].min_bucket);
			}
		}
		memset(letters, 0, sizeof(letters));
	}
	return PORT_OK;
}

/* Orders whose average is of another range than their prices. */
static PortStatus
find_broken_orders(const MailPlan *plan, const Volumes *volumes, MailParts *parts)
{
	for (int o = 0; o < plan->problem->offer_count; o++)
	{
		const TariffOffer *offer = &plan->tariff->offers[o];
		int64_t letters = volumes->letters[o];
		MailPart *part;

		if (!offer->by_average || letters == 0 ||
			(volumes->grams[o] > offer->above * letters &&
			 volumes->grams[o] <= offer->upto * letters))
			continue;
		if (add_broken(plan, parts, UINT64_C(1) << o, volumes, &part) != PORT_OK)
			return PORT_NO_MEMORY;
		snprintf(part->note, sizeof(part->note),
				 "%s: an average of %" PRId64 " g is not between %" PRId64 " and %" PRId64 " g",
				 offer->code, (volumes->grams[o] + letters - 1) / letters, offer->above,
				 offer->upto);
	}
	return PORT_OK;
}

static PortStatus
find_broken(const MailPlan *plan, const MailShare *shares, int count, const Volumes *volumes,
			MailParts *parts)
{
	const PostageProblem *problem = plan->problem;
	MailPart *part;

	for (int o = 0; o < problem->offer_count; o++)
	{
		const PostageOffer *offer = &problem->offers[o];
		int64_t letters = sold_letters(problem, o, volumes->letters);

		if (letters == 0 || offer->topup > 0 || letters >= offer->min_mailing)
			continue;
		if (add_broken(plan, parts, offer->members, volumes, &part) != PORT_OK)
			return PORT_NO_MEMORY;
		snprintf(part->note, sizeof(part->note),
				 "%s: %" PRId64 " letters are below the minimum of %" PRId64, offer->id, letters,
				 offer->min_mailing);
	}
	if (find_broken_bundles(plan, shares, count, volumes, parts) != PORT_OK ||
		find_broken_orders(plan, volumes, parts) != PORT_OK)
		return PORT_NO_MEMORY;
	for (int c = 0; c < problem->cap_count; c++)
	{
		const PostageCap *cap = &problem->caps[c];
		int first = cap->offers == 0 ? 0 : __builtin_ctzll(cap->offers);
		bool is_single = (cap->offers & (cap->offers - 1)) == 0;

		if (add_broken(plan, parts, cap->offers, volumes, &part) != PORT_OK)
			return PORT_NO_MEMORY;
		if (part->letters <= cap->max && (part->letters == 0 || part->letters >= cap->min))
		{
			parts->count--;
			parts->broken--;
			continue;
		}
		if (c < plan->carrier_caps)
			snprintf(part->note, sizeof(part->note),
					 "%s: %" PRId64 " letters are above its limit of %" PRId64,
					 problem->operators[problem->offers[first].operator_no], part->letters,
					 cap->max);
		else
			snprintf(part->note, sizeof(part->note), "%s: %" PRId64 " letters are %s %" PRId64,
					 is_single ? plan->tariff->offers[first].id : plan->tariff->offers[first].code,
					 part->letters,
					 part->letters > cap->max ? "above the limit of" : "below the minimum of",
					 part->letters > cap->max ? cap->max : cap->min);
	}
	return PORT_OK;
}

void
mail_explain_refusal(const MailPlan *plan, const MailKey *key, char *text, size_t size)
{
	const Tariff *tariff = plan->tariff;
	const MailKind *kind = &plan->kinds[key->kind];
	const TariffShape *shape = &plan->shapes[kind->shape];
	const int *areas = plan->area_sets + (size_t) kind->areas * (size_t) tariff->coverage_count;
	bool is_covered = false;
	const TariffOffer *refusing = NULL;
	const TariffOffer *apart = NULL;
	const TariffMeasure *exceeded = NULL;
	int fastest = 0;
	int64_t heaviest = 0;

	if (shape->format < 0)
	{
		snprintf(text, size, "no envelope holds %d sheets", key->sheets);
		return;
	}
	for (int o = 0; o < tariff->offer_count; o++)
	{
		const TariffOffer *offer = &tariff->offers[o];
		int area = areas[offer->coverage];
		const TariffPriceList *list = tariff_price_list(tariff, o, area, shape->format);
		int64_t price;

		is_covered = is_covered || area >= 0;
		if (tariff_list_price(tariff, o, area, shape, &price))
		{
			const TariffMeasure *measure = tariff_exceeded(tariff, o, shape);

			if (measure != NULL)
			{
				exceeded = measure;
				continue;
			}
			if (offer->refusal == NULL && (fastest == 0 || offer->days < fastest))
				fastest = offer->days;
			if (offer->refusal != NULL && offer->days <= key->due_days && refusing == NULL)
				refusing = offer;
			if (offer->refusal == NULL && mail_is_too_apart(plan, o, shape) && apart == NULL)
				apart = offer;
		}
		if (list != NULL &&
			tariff->price_rows[list->first + list->count - 1].up_to_milligrams > heaviest)
			heaviest = tariff->price_rows[list->first + list->count - 1].up_to_milligrams;
	}
	if (!is_covered)
		snprintf(text, size, "outside the coverage of every carrier");
	else if (apart != NULL && apart->days <= key->due_days)
		snprintf(text, size,
				 "too heavy beside the others: offer %s asks for letters of nearly the same weight",
				 apart->code);
	else if (refusing != NULL)
		snprintf(text, size, "offer %s %s", refusing->code, refusing->refusal);
	else if (fastest > 0)
		snprintf(text, size, "too late: the fastest offer takes %d days, due in %d", fastest,
				 key->due_days);
	else if (exceeded != NULL && exceeded->micrometres >= 0 &&
			 shape->micrometres > exceeded->micrometres)
		snprintf(text, size,
				 "too thick: %" PRId64 " micrometres, carrier %s takes %" PRId64 " as format %s",
				 shape->micrometres, tariff->carriers[exceeded->carrier].code,
				 exceeded->micrometres, tariff->names[shape->format]);
	else if (exceeded != NULL)
		snprintf(text, size, "too heavy: %d g, carrier %s takes %" PRId64 " g as format %s",
				 mail_grams(shape), tariff->carriers[exceeded->carrier].code,
				 exceeded->milligrams / 1000, tariff->names[shape->format]);
	else if (heaviest == 0)
		snprintf(text, size, "no offer takes format %s there", tariff->names[shape->format]);
	else
		snprintf(text, size, "too heavy: %d g, the heaviest step is %" PRId64 " g",
				 mail_grams(shape), heaviest / 1000);
}
