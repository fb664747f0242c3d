/*
 * tariff_find.c: asking a tariff snapshot.
 */
#include <stdlib.h>
#include <string.h>

#include "core/tariff.h"

static const TariffRange *find_range(const TariffRanges *ranges, int set, int country,
									 const char *code, bool *has_country);

int
tariff_find_offer(const Tariff *tariff, const char *code)
{
	int low = 0;
	int high = tariff->offer_count - 1;

	while (low <= high)
	{
		int middle = (low + high) / 2;
		int order = strcmp(tariff->offers[middle].code, code);

		if (order == 0)
			return tariff->offers[middle].base;
		if (order < 0)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return -1;
}

uint64_t
tariff_classes(const Tariff *tariff, int offer)
{
	uint64_t set = 0;

	for (int o = tariff->offers[offer].base; o < tariff->offer_count && o < 64; o++)
	{
		if (tariff->offers[o].base != tariff->offers[offer].base)
			break;
		set |= UINT64_C(1) << o;
	}
	return set;
}

int
tariff_next_offer(const Tariff *tariff, int offer)
{
	if (offer + 1 < tariff->offer_count &&
		strcmp(tariff->offers[offer + 1].code, tariff->offers[offer].code) == 0)
		return offer + 1;
	return -1;
}

int
tariff_find_carrier(const Tariff *tariff, const char *code)
{
	for (int i = 0; i < tariff->carrier_count; i++)
		if (strcmp(tariff->carriers[i].code, code) == 0)
			return i;
	return -1;
}

int
tariff_find_scheme(const Tariff *tariff, const char *code)
{
	for (int i = 0; i < tariff->scheme_count; i++)
		if (strcmp(tariff->schemes[i].code, code) == 0)
			return i;
	return -1;
}

/* A country with rows of its own in the coverage is covered by them alone. */
int
tariff_area(const Tariff *tariff, int coverage, int country, const char *code)
{
	int set = tariff->coverages[coverage];
	bool has_country = false;
	const TariffRange *range = NULL;

	if (country >= 0)
		range = find_range(&tariff->areas, set, country, code, &has_country);
	if (!has_country)
		range = find_range(&tariff->areas, set, tariff->any_country, "", &has_country);
	return range == NULL ? -1 : range->name;
}

int
tariff_zone(const Tariff *tariff, int country, const char *code)
{
	bool has_country;
	const TariffRange *range =
		country < 0 ? NULL : find_range(&tariff->zones, 0, country, code, &has_country);

	return range == NULL ? -1 : range->name;
}

TariffShape
tariff_shape(const Tariff *tariff, int sheets)
{
	TariffShape shape = {-1, 0, 0};

	if (tariff->paper_milligrams <= 0 || sheets > TARIFF_MAX_SHEETS)
		return shape;
	for (int i = 0; i < tariff->envelope_count; i++)
	{
		const TariffEnvelope *envelope = &tariff->envelopes[i];

		if (envelope->max_sheets < sheets)
			continue;
		shape.format = envelope->format;
		shape.milligrams = tariff->paper_milligrams * sheets + envelope->milligrams;
		shape.milligrams = (shape.milligrams + 999) / 1000 * 1000;
		shape.micrometres =
			(sheets * envelope->sheet_nanometres + 500) / 1000 + envelope->micrometres;
		break;
	}
	return shape;
}

int64_t
tariff_thickness(const Tariff *tariff, const TariffShape *shape)
{
	int most =
		tariff->envelope_count == 0 ? 0 : tariff->envelopes[tariff->envelope_count - 1].max_sheets;

	for (int sheets = 0; sheets <= most && sheets <= TARIFF_MAX_SHEETS; sheets++)
	{
		TariffShape made = tariff_shape(tariff, sheets);

		if (made.format == shape->format && made.milligrams == shape->milligrams)
			return made.micrometres;
	}
	return 0;
}

const TariffMeasure *
tariff_exceeded(const Tariff *tariff, int offer, const TariffShape *shape)
{
	for (int m = 0; m < tariff->measure_count; m++)
	{
		const TariffMeasure *measure = &tariff->measures[m];

		if (measure->carrier == tariff->offers[offer].carrier && measure->format == shape->format &&
			((measure->micrometres >= 0 && shape->micrometres > measure->micrometres) ||
			 (measure->milligrams >= 0 && shape->milligrams > measure->milligrams)))
			return measure;
	}
	return NULL;
}

const TariffPriceList *
tariff_price_list(const Tariff *tariff, int offer, int area, int format)
{
	int low = 0;
	int high = tariff->price_list_count - 1;

	while (low <= high)
	{
		int middle = (low + high) / 2;
		const TariffPriceList *list = &tariff->price_lists[middle];
		int order = list->offer != offer ? list->offer - offer
					: list->area != area ? list->area - area
										 : list->format - format;

		if (order == 0)
			return list;
		if (order < 0)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return NULL;
}

bool
tariff_price(const Tariff *tariff, int offer, int area, const TariffShape *shape,
			 int64_t *price_micro)
{
	return tariff->offers[offer].refusal == NULL && tariff_exceeded(tariff, offer, shape) == NULL &&
		   tariff_list_price(tariff, offer, area, shape, price_micro);
}

/* Whether the offer takes the format is asked too: a price alone does not say so. */
bool
tariff_list_price(const Tariff *tariff, int offer, int area, const TariffShape *shape,
				  int64_t *price_micro)
{
	const TariffOffer *o = &tariff->offers[offer];
	const TariffPriceList *list;
	bool takes = false;

	if (area < 0 || shape->format < 0 || (o->area >= 0 && o->area != area))
		return false;
	for (int i = o->first_format; i < o->first_format + o->format_count; i++)
		takes = takes || tariff->formats[i] == shape->format;
	if (!takes || (list = tariff_price_list(tariff, offer, area, shape->format)) == NULL)
		return false;
	if (tariff->price_rows[list->first].form == TARIFF_AVERAGE)
		return tariff_row_price(&tariff->price_rows[list->first], shape->milligrams, price_micro);
	return tariff_piece_price(tariff->price_rows + list->first, list->count, shape->milligrams,
							  price_micro);
}

size_t
tariff_plain_postcode(const char *country, size_t country_length, const char *postcode,
					  size_t length, char *plain)
{
	size_t used = 0;
	size_t prefix = 0;

	for (size_t i = 0; i < length; i++)
	{
		char c = postcode[i];

		if (c == ' ' || c == '-')
			continue;
		plain[used++] = c >= 'a' && c <= 'z' ? (char) (c - 'a' + 'A') : c;
	}
	for (; prefix < country_length && prefix < used; prefix++)
	{
		char c = country[prefix];

		if (plain[prefix] != (c >= 'a' && c <= 'z' ? (char) (c - 'a' + 'A') : c))
			break;
	}
	if (country_length == 0 || prefix < country_length)
		return used;
	memmove(plain, plain + country_length, used - country_length);
	return used - country_length;
}

/* The last start at or before the code; where ranges nest, the next outer one that holds it. */
static const TariffRange *
find_range(const TariffRanges *ranges, int set, int country, const char *code, bool *has_country)
{
	int low = 0;
	int high = ranges->count;

	/* the first row after the code */
	while (low < high)
	{
		int middle = low + (high - low) / 2;
		const TariffRange *range = &ranges->rows[middle];
		int order = range->set != set			? (range->set < set ? -1 : 1)
					: range->country != country ? (range->country < country ? -1 : 1)
												: strcmp(range->from, code);

		if (order <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	*has_country =
		low < ranges->count && ranges->rows[low].set == set && ranges->rows[low].country == country;
	for (int i = low - 1; i >= 0; i--)
	{
		const TariffRange *range = &ranges->rows[i];

		if (range->set != set || range->country != country)
			break;
		*has_country = true;
		if (strcmp(range->reach, code) < 0)
			break;
		if (strcmp(range->to, code) >= 0)
			return range;
	}
	return NULL;
}
