/*
 * tariff_split.c: offers given once a group of issuers.
 *
 * Where a scheme counts each issuer's letters by themselves, the letters of a common hand-in are
 * sold by one offer at several discounts.  Such an offer becomes one offer a group, which takes the
 * letters of that group only; all of them have the code and the prices of the one there was.
 */
#include <stdio.h>
#include <string.h>

#include "core/tariff.h"

typedef struct Split
{
	Tariff *tariff;
	uint64_t offers;
	int groups;
	int *first; /* by old offer: its first new one */
} Split;

static int
copies(const Split *split, int offer)
{
	return (split->offers >> offer) & 1 ? split->groups : 1;
}

static uint64_t
new_mask(const Split *split, uint64_t old)
{
	uint64_t mask = 0;

	for (int o = 0; o < split->tariff->offer_count; o++)
		for (int i = 0; i < copies(split, o) && ((old >> o) & 1); i++)
			mask |= UINT64_C(1) << (split->first[o] + i);
	return mask;
}

static PortStatus
split_prices(Split *split)
{
	Tariff *tariff = split->tariff;
	TariffPriceList *lists;
	int count = 0;

	for (int l = 0; l < tariff->price_list_count; l++)
		count += copies(split, tariff->price_lists[l].offer);
	lists = port_alloc_array(tariff->port, (size_t) count + 1, sizeof(TariffPriceList));
	if (lists == NULL)
		return PORT_NO_MEMORY;
	count = 0;
	for (int from = 0, to; from < tariff->price_list_count; from = to)
	{
		int offer = tariff->price_lists[from].offer;

		for (to = from; to < tariff->price_list_count && tariff->price_lists[to].offer == offer;)
			to++;
		for (int i = 0; i < copies(split, offer); i++)
			for (int l = from; l < to; l++)
			{
				lists[count] = tariff->price_lists[l];
				lists[count++].offer = split->first[offer] + i;
			}
	}
	tariff->price_lists = lists;
	tariff->price_list_count = count;
	return PORT_OK;
}

static PortStatus
split_spreads(Split *split)
{
	Tariff *tariff = split->tariff;
	TariffSpread *spreads = port_alloc_array(
		tariff->port, (size_t) tariff->spread_count * split->groups + 1, sizeof(TariffSpread));
	int count = 0;

	if (spreads == NULL)
		return PORT_NO_MEMORY;
	for (int s = 0; s < tariff->spread_count; s++)
		for (int i = 0; i < copies(split, tariff->spreads[s].offer); i++)
		{
			spreads[count] = tariff->spreads[s];
			spreads[count++].offer = split->first[tariff->spreads[s].offer] + i;
		}
	tariff->spreads = spreads;
	tariff->spread_count = tariff->spread_room = count;
	return PORT_OK;
}

static PortStatus
split_rows(Split *split, int count)
{
	Tariff *tariff = split->tariff;
	TariffOffer *offers = port_alloc_array(tariff->port, (size_t) count + 1, sizeof(TariffOffer));

	if (offers == NULL)
		return PORT_NO_MEMORY;
	for (int o = 0; o < tariff->offer_count; o++)
		for (int i = 0; i < copies(split, o); i++)
		{
			TariffOffer *offer = &offers[split->first[o] + i];
			size_t size = strlen(tariff->offers[o].id) + 16;
			char *id;

			*offer = tariff->offers[o];
			offer->base = split->first[offer->base];
			if (!((split->offers >> o) & 1))
				continue;
			if ((id = tariff->port->alloc(tariff->port->host, size)) == NULL)
				return PORT_NO_MEMORY;
			snprintf(id, size, "%s:%d", offer->id, i + 1);
			offer->joint = offer->id;
			offer->id = id;
			offer->issuers = i + 1;
		}
	tariff->offers = offers;
	tariff->offer_count = tariff->offer_room = count;
	return PORT_OK;
}

PortStatus
tariff_split_offers(Tariff *tariff, uint64_t offers, int groups)
{
	Split split = {tariff, offers, groups, NULL};
	int count = 0;

	split.first = port_alloc_array(tariff->port, (size_t) tariff->offer_count + 1, sizeof(int));
	if (tariff->offer_count > TARIFF_MOST_OFFERS)
		return PORT_INVALID;
	if (split.first == NULL)
		return PORT_NO_MEMORY;
	for (int o = 0; o < tariff->offer_count; o++)
	{
		split.first[o] = count;
		count += copies(&split, o);
	}
	if (count > TARIFF_MOST_OFFERS)
		return PORT_INVALID;
	for (int s = 0; s < tariff->scheme_count; s++)
		tariff->schemes[s].offers = new_mask(&split, tariff->schemes[s].offers);
	for (int f = 0; f < tariff->fee_count; f++)
		tariff->fees[f].offers = new_mask(&split, tariff->fees[f].offers);
	for (int s = 0; s < tariff->share_count; s++)
		tariff->shares[s].offers = new_mask(&split, tariff->shares[s].offers);
	for (int l = 0; l < tariff->limit_count; l++)
	{
		tariff->limits[l].offers = new_mask(&split, tariff->limits[l].offers);
		tariff->limits[l].offer = split.first[tariff->limits[l].offer];
	}
	if (split_prices(&split) != PORT_OK || split_spreads(&split) != PORT_OK)
		return PORT_NO_MEMORY;
	return split_rows(&split, count);
}

/* A scheme of the year is in the tariff once; each group's is a copy of it. */
PortStatus
tariff_split_scheme(Tariff *tariff, int scheme, int group, int64_t base, int64_t base_money)
{
	TariffScheme own = tariff->schemes[scheme];

	own.issuers = group;
	own.base = base;
	own.base_money = base_money;
	own.offers = 0;
	for (int o = 0; o < tariff->offer_count; o++)
		if (((tariff->schemes[scheme].offers >> o) & 1) && tariff->offers[o].issuers == group)
			own.offers |= UINT64_C(1) << o;
	if (tariff->scheme_count == tariff->scheme_room)
	{
		int room = tariff->scheme_room * 2 + 4;
		TariffScheme *larger = port_resize_array(tariff->port, tariff->schemes, tariff->scheme_room,
												 room, sizeof(TariffScheme));

		if (larger == NULL)
			return PORT_NO_MEMORY;
		tariff->schemes = larger;
		tariff->scheme_room = room;
	}
	tariff->schemes[tariff->scheme_count++] = own;
	return PORT_OK;
}
