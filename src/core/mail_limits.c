/*
 * mail_limits.c: minima and limits of counting classes, as the solver takes them.
 *
 * An offer that counts formats or areas apart is several offers of the problem.  What is asked of
 * one class or of all together is a limit of a set of offers; a fee or missing letters that are
 * paid depend on the letters of the set alone, so they are incremental schemes with amounts below
 * zero, as fees are (mail_fees.c).
 */
#include "core/mail_plan.h"

static PortStatus add_limit(MailPlan *plan, PostageProblem *problem, uint64_t offers, int64_t least,
							int64_t most);
static PortStatus add_missing(MailPlan *plan, PostageProblem *problem, int offer, uint64_t offers,
							  int64_t least, int64_t topup);
static PortStatus add_fixed(MailPlan *plan, PostageProblem *problem, int offer, uint64_t offers);
static int64_t lowest_price(const MailPlan *plan, uint64_t offers);

bool
mail_has_classes(const Tariff *tariff, int offer)
{
	return !tariff->offers[offer].by_average &&
		   ((offer + 1 < tariff->offer_count &&
			 tariff->offers[offer + 1].base == tariff->offers[offer].base) ||
			tariff->offers[offer].base != offer);
}

bool
mail_is_limited(const Tariff *tariff, int offer)
{
	if (tariff->offers[offer].min_mailing > 1 || tariff->offers[offer].min_bundle > 1)
		return true;
	for (int l = 0; l < tariff->limit_count; l++)
		if (((tariff->limits[l].offers >> offer) & 1) && tariff->limits[l].least > 1)
			return true;
	return false;
}

/* A scheme of a mailing for just these offers can be told to begin at a count. */
static bool
is_own_scheme(const TariffScheme *scheme, uint64_t offers)
{
	return scheme->offers == offers && !scheme->incremental && !scheme->of_year;
}

int64_t
mail_discount_least(const Tariff *tariff, const TariffScheme *scheme)
{
	int64_t least = 0;

	for (int l = 0; l < tariff->limit_count; l++)
	{
		const TariffLimit *limit = &tariff->limits[l];

		if (limit->is_discount && limit->least > least && is_own_scheme(scheme, limit->offers))
			least = limit->least;
	}
	return least;
}

/*
 * Letters of which there must be none or so many.  Where a discount begins at the count, that is
 * so only if the discount is the price itself or is shared with other offers.
 */
static int64_t
hard_least(const Tariff *tariff, const TariffLimit *limit)
{
	bool has_scheme = false;

	if (limit->is_paid)
		return 0;
	for (int s = 0; s < tariff->scheme_count && limit->is_discount; s++)
	{
		if ((tariff->schemes[s].offers & limit->offers) == 0)
			continue;
		if (!is_own_scheme(&tariff->schemes[s], limit->offers))
			return limit->least;
		has_scheme = true;
	}
	return has_scheme ? 0 : limit->least;
}

PortStatus
mail_add_limits(MailPlan *plan, PostageProblem *problem)
{
	const Tariff *tariff = plan->tariff;
	PortStatus status = PORT_OK;

	for (int o = 0; o < tariff->offer_count && status == PORT_OK; o++)
		if (tariff->offers[o].base == o && mail_has_classes(tariff, o) &&
			tariff->offers[o].topup == 0)
			status = add_limit(plan, problem, tariff_classes(tariff, o),
							   tariff->offers[o].min_mailing, -1);
	for (int l = 0; l < tariff->limit_count && status == PORT_OK; l++)
		status = add_limit(plan, problem, tariff->limits[l].offers,
						   hard_least(tariff, &tariff->limits[l]), tariff->limits[l].most);
	return status;
}

static PortStatus
add_limit(MailPlan *plan, PostageProblem *problem, uint64_t offers, int64_t least, int64_t most)
{
	PortStatus status = PORT_OK;
	bool is_new = true;

	if (least <= 1 && most < 0)
		return PORT_OK;
	for (int o = 0; o < plan->tariff->offer_count && status == PORT_OK; o++)
	{
		const char *id = plan->tariff->offers[o].id;

		if (o >= 64 || !((offers >> o) & 1) || postage_find_offer(problem, id) < 0)
			continue;
		if (is_new)
			status = postage_add_limit(problem, least, most < 0 ? POSTAGE_MAX_LETTERS : most);
		is_new = false;
		if (status == PORT_OK)
			status = postage_add_limit_offer(problem, id);
	}
	return status;
}

PortStatus
mail_add_class_fees(MailPlan *plan, PostageProblem *problem)
{
	const Tariff *tariff = plan->tariff;
	PortStatus status = PORT_OK;

	for (int o = 0; o < tariff->offer_count && status == PORT_OK; o++)
	{
		const TariffOffer *offer = &tariff->offers[o];

		if (offer->base != o || !mail_has_classes(tariff, o))
			continue;
		status = add_fixed(plan, problem, o, tariff_classes(tariff, o));
		if (status == PORT_OK && offer->topup > 0)
			status = add_missing(plan, problem, o, tariff_classes(tariff, o), offer->min_mailing,
								 offer->topup);
	}
	for (int l = 0; l < tariff->limit_count && status == PORT_OK; l++)
	{
		const TariffLimit *limit = &tariff->limits[l];

		if (limit->is_paid)
			status =
				add_missing(plan, problem, limit->offer, limit->offers, limit->least,
							limit->topup > 0 ? limit->topup : lowest_price(plan, limit->offers));
	}
	return status;
}

PortStatus
mail_add_rule(MailPlan *plan, PostageProblem *problem, const MailRule *rule, uint64_t offers,
			  bool *added)
{
	PortStatus status = PORT_OK;

	*added = false;

	for (int o = 0; o < plan->tariff->offer_count && o < 64 && status == PORT_OK; o++)
	{
		const char *id = plan->tariff->offers[o].id;

		if (!((offers >> o) & 1) || postage_find_offer(problem, id) < 0)
			continue;
		if (!*added)
			status = postage_add_group(problem, rule->item, true, 0, 0);
		*added = true;
		if (status == PORT_OK)
			status = postage_add_group_offer(problem, id);
	}
	if (!*added || status != PORT_OK)
		return status;
	if (!mail_grow(plan->port, (void **) &plan->rules, plan->rule_count, &plan->rule_room,
				   sizeof(MailRule)))
		return PORT_NO_MEMORY;
	plan->rules[plan->rule_count++] = *rule;
	return PORT_OK;
}

/* The first letter pays for all that are missing then, each further one takes one back. */
static PortStatus
add_missing(MailPlan *plan, PostageProblem *problem, int offer, uint64_t offers, int64_t least,
			int64_t topup)
{
	MailRule rule = {MAIL_PART_TOPUP, plan->tariff->offers[offer].code};
	int64_t amount = mail_scaled(plan, offer, topup);
	PortStatus status;
	bool added;

	if (least <= 1 || amount == 0)
		return PORT_OK;
	if (amount > INT64_MAX / 2 / least)
		return port_fault(&plan->fault, PORT_INVALID, "POSTAGE-LIMIT",
						  "the missing letters of offer \"%s\" cost too much", rule.item);
	status = mail_add_rule(plan, problem, &rule, offers, &added);
	if (!added || status != PORT_OK)
		return status;
	status = postage_add_group_tier(problem, 0, -amount * (least - 1));
	if (status == PORT_OK)
		status = postage_add_group_tier(problem, 1, amount);
	if (status == PORT_OK)
		status = postage_add_group_tier(problem, least, 0);
	return status;
}

static PortStatus
add_fixed(MailPlan *plan, PostageProblem *problem, int offer, uint64_t offers)
{
	MailRule rule = {MAIL_PART_FIXED, plan->tariff->offers[offer].code};
	int64_t amount = mail_scaled(plan, offer, plan->tariff->offers[offer].fixed);
	PortStatus status;
	bool added;

	if (amount == 0)
		return PORT_OK;
	status = mail_add_rule(plan, problem, &rule, offers, &added);
	if (!added || status != PORT_OK)
		return status;
	status = postage_add_group_tier(problem, 0, -amount);
	if (status == PORT_OK)
		status = postage_add_group_tier(problem, 1, 0);
	return status;
}

/* List price of the cheapest letter of the mailing that the offers could carry. */
static int64_t
lowest_price(const MailPlan *plan, uint64_t offers)
{
	int64_t lowest = 0;

	for (int v = 0; v < plan->vector_index.count; v++)
		for (int o = 0; o < plan->tariff->offer_count && o < 64; o++)
		{
			int64_t price = mail_list_price(plan, v, o);

			if (((offers >> o) & 1) && price > 0 && (lowest == 0 || price < lowest))
				lowest = price;
		}
	return lowest;
}
