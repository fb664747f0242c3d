/*
 * mail_money.c: money as the plan counts it.
 *
 * A plan is the cheapest after the value added tax that the issuer does not deduct, so the
 * problem's money is price + burden.  That is rarely a whole number of micro units, and a rounded
 * price would make the plan's cost something else than the sum of its letters.  So the problem
 * counts in fractions: plan->scale of them are one micro unit, as few as make every price, fee and
 * discount of this mailing whole.  Nothing is rounded.
 */
#include <inttypes.h>

#include "core/mail_plan.h"

#define MAX_SCALE 1000000

static PortStatus need(MailPlan *plan, PostageWide amount, PostageWide parts);
static PortStatus need_offer(MailPlan *plan, int offer);

PortStatus
mail_choose_scale(MailPlan *plan)
{
	const Tariff *tariff = plan->tariff;
	bool is_borne = false;

	plan->scale = 1;
	for (int o = 0; o < tariff->offer_count; o++)
		is_borne = is_borne || tariff->offers[o].burden > 0;
	for (int o = 0; o < tariff->offer_count && is_borne; o++)
	{
		PortStatus status = need_offer(plan, o);

		if (status != PORT_OK)
			return status;
	}
	for (int l = 0; l < tariff->limit_count && is_borne; l++)
	{
		PortStatus status = need(
			plan,
			(PostageWide) (TARIFF_WHOLE_BURDEN + tariff->offers[tariff->limits[l].offer].burden) *
				tariff->limits[l].topup,
			TARIFF_WHOLE_BURDEN);

		if (status != PORT_OK)
			return status;
	}
	for (int f = 0; f < tariff->fee_count && is_borne; f++)
	{
		int offer = mail_common_burden(plan, tariff->fees[f].offers);
		PortStatus status;

		if (offer < 0)
			continue;
		status = need(plan,
					  (PostageWide) (TARIFF_WHOLE_BURDEN + tariff->offers[offer].burden) *
						  tariff->fees[f].amount,
					  TARIFF_WHOLE_BURDEN);
		if (status != PORT_OK)
			return status;
	}
	return PORT_OK;
}

int64_t
mail_scaled(const MailPlan *plan, int offer, int64_t amount)
{
	PostageWide factor = TARIFF_WHOLE_BURDEN + plan->tariff->offers[offer].burden;

	return (int64_t) (factor * plan->scale * amount / TARIFF_WHOLE_BURDEN);
}

int64_t
mail_net(const MailPlan *plan, int offer, int64_t scaled)
{
	PostageWide factor = TARIFF_WHOLE_BURDEN + plan->tariff->offers[offer].burden;

	return (int64_t) ((PostageWide) TARIFF_WHOLE_BURDEN * scaled / (factor * plan->scale));
}

int64_t
mail_micro(const MailPlan *plan, int64_t scaled)
{
	return (scaled + plan->scale / 2) / plan->scale;
}

int
mail_common_burden(const MailPlan *plan, uint64_t offers)
{
	int found = -1;

	for (int o = 0; o < plan->tariff->offer_count; o++)
	{
		if (!((offers >> o) & 1))
			continue;
		if (found >= 0 && plan->tariff->offers[found].burden != plan->tariff->offers[o].burden)
			return -1;
		found = found < 0 ? o : found;
	}
	return found;
}

int
mail_common_issuers(const MailPlan *plan, uint64_t offers)
{
	int found = -1;

	for (int o = 0; o < plan->tariff->offer_count; o++)
		if (((offers >> o) & 1) && found != plan->tariff->offers[o].issuers)
			found = found < 0 ? plan->tariff->offers[o].issuers : 0;
	return found < 0 ? 0 : found;
}

static PostageWide
common_divisor(PostageWide a, PostageWide b)
{
	while (b != 0)
	{
		PostageWide rest = a % b;

		a = b;
		b = rest;
	}
	return a < 0 ? -a : a;
}

/* amount / parts has to be a whole number. */
static PortStatus
need(MailPlan *plan, PostageWide amount, PostageWide parts)
{
	PostageWide wanted = parts / common_divisor(parts, amount);
	PostageWide scale = wanted / common_divisor(wanted, plan->scale) * plan->scale;

	if (scale > MAX_SCALE)
		return port_fault(&plan->fault, PORT_INVALID, "PLAN-VAT",
						  "the share of value added tax that is not deducted needs money in more "
						  "than %d parts of a micro unit: take a rounder share",
						  MAX_SCALE);
	plan->scale = (int64_t) scale;
	return PORT_OK;
}

static PortStatus
need_tiers(MailPlan *plan, const TariffScheme *scheme, PostageWide factor, int64_t price)
{
	PortStatus status = need(plan, factor * scheme->base_money, TARIFF_WHOLE_BURDEN);

	for (int64_t from = 0; from >= 0 && status == PORT_OK && !scheme->incremental;
		 from = mail_stacked_next(plan->tariff, scheme->leader, from))
	{
		int points = mail_stacked_points(plan->tariff, scheme->leader, from, NULL);

		if (points >= 0)
			status = need(plan, factor * price * points,
						  (PostageWide) TARIFF_WHOLE_BURDEN * TARIFF_WHOLE_PRICE);
	}
	for (int t = 0; t < scheme->tier_count && status == PORT_OK; t++)
	{
		int64_t discount = plan->tariff->tiers[scheme->first_tier + t].discount;

		status = scheme->incremental ? need(plan, factor * discount, TARIFF_WHOLE_BURDEN)
									 : need(plan, factor * price * discount,
											(PostageWide) TARIFF_WHOLE_BURDEN * TARIFF_WHOLE_PRICE);
		if (status == PORT_OK && !scheme->incremental)
			status = need(plan, factor * scheme->base_money * discount,
						  (PostageWide) TARIFF_WHOLE_BURDEN * TARIFF_WHOLE_PRICE);
	}
	return status;
}

static PortStatus
need_offer(MailPlan *plan, int offer)
{
	const Tariff *tariff = plan->tariff;
	const TariffOffer *o = &tariff->offers[offer];
	PostageWide factor = TARIFF_WHOLE_BURDEN + o->burden;
	int64_t price = 0; /* divides all prices */
	int64_t highest = 0;
	PortStatus status;

	for (int v = 0; v < plan->vector_index.count; v++)
	{
		int64_t list = mail_list_price(plan, v, offer);

		if (list < 0)
			continue;
		price = (int64_t) common_divisor(list, price);
		highest = list > highest ? list : highest;
	}
	if ((status = need(plan, factor * price, TARIFF_WHOLE_BURDEN)) != PORT_OK ||
		(status = need(plan, factor * o->fixed, TARIFF_WHOLE_BURDEN)) != PORT_OK ||
		(status = need(plan, factor * o->min_order, TARIFF_WHOLE_BURDEN)) != PORT_OK ||
		(status = need(plan, factor * o->topup, TARIFF_WHOLE_BURDEN)) != PORT_OK)
		return status;
	for (int s = 0; s < tariff->scheme_count && status == PORT_OK; s++)
		if (((tariff->schemes[s].offers >> offer) & 1) && mail_is_whole(plan, &tariff->schemes[s]))
			status = need_tiers(plan, &tariff->schemes[s], factor, price);
	if (status == PORT_OK &&
		factor * plan->scale * highest / TARIFF_WHOLE_BURDEN > POSTAGE_MAX_PRICE)
		return port_fault(&plan->fault, PORT_INVALID, "PLAN-VAT",
						  "a price of offer \"%s\" in %" PRId64
						  " parts of a micro unit, as the value added tax that is not deducted "
						  "needs, is too large: take a rounder share",
						  o->code, plan->scale);
	return status;
}
