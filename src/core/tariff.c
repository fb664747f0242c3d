/*
 * tariff.c: filling a tariff snapshot.  Asking it is in tariff_find.c.
 */
#include "core/tariff.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *copy_text(Tariff *tariff, const char *text, size_t length);
static bool grow(Tariff *tariff, void **array, int used, int *room, size_t size);
static bool grow_slots(Tariff *tariff);
static uint32_t hash_text(const char *text, size_t length);
static PortStatus add_range(Tariff *tariff, TariffRanges *ranges, int set, const char *country,
							const char *from, const char *to, const char *name);
static void finish_ranges(TariffRanges *ranges);
static PortStatus finish_prices(Tariff *tariff);
static const char *range_name(Tariff *tariff, const TariffOffer *offer);
static int by_range(const void *a, const void *b);
static int by_price(const void *a, const void *b);
static int by_envelope(const void *a, const void *b);

#define MILLIGRAMS_PER_GRAM 1000
#define GROW(tariff, what, whats)                                                            \
	grow(tariff, (void **) &(tariff)->whats, (tariff)->what##_count, &(tariff)->what##_room, \
		 sizeof(*(tariff)->whats))

Tariff *
tariff_new(const Port *port)
{
	Tariff *tariff = port->alloc(port->host, sizeof(Tariff));

	if (tariff == NULL)
		return NULL;
	memset(tariff, 0, sizeof(*tariff));
	tariff->port = port;
	tariff->vat_deductible = TARIFF_WHOLE_PRICE;
	text_arena_init(&tariff->texts, port);
	tariff->any_country = tariff_name(tariff, "*", 1);
	return tariff->any_country < 0 ? NULL : tariff;
}

int
tariff_name(Tariff *tariff, const char *text, size_t length)
{
	int found = tariff_find_name(tariff, text, length);
	const char *copy;
	uint32_t slot;

	if (found >= 0)
		return found;
	if (!GROW(tariff, name, names) || !grow_slots(tariff) ||
		(copy = copy_text(tariff, text, length)) == NULL)
		return -1;
	slot = hash_text(text, length) & (uint32_t) (tariff->name_slot_count - 1);
	while (tariff->name_slots[slot] >= 0)
		slot = (slot + 1) & (uint32_t) (tariff->name_slot_count - 1);
	tariff->name_slots[slot] = tariff->name_count;
	tariff->names[tariff->name_count] = copy;
	return tariff->name_count++;
}

int
tariff_find_name(const Tariff *tariff, const char *text, size_t length)
{
	uint32_t mask = (uint32_t) (tariff->name_slot_count - 1);
	uint32_t slot = hash_text(text, length) & mask;

	if (tariff->name_slot_count == 0)
		return -1;
	for (; tariff->name_slots[slot] >= 0; slot = (slot + 1) & mask)
	{
		const char *name = tariff->names[tariff->name_slots[slot]];

		if (strncmp(name, text, length) == 0 && name[length] == '\0')
			return tariff->name_slots[slot];
	}
	return -1;
}

PortStatus
tariff_add_carrier(Tariff *tariff, const TariffCarrier *carrier)
{
	TariffCarrier *added;

	if (!GROW(tariff, carrier, carriers))
		return PORT_NO_MEMORY;
	added = &tariff->carriers[tariff->carrier_count];
	*added = *carrier;
	if ((added->code = copy_text(tariff, carrier->code, strlen(carrier->code))) == NULL)
		return PORT_NO_MEMORY;
	tariff->carrier_count++;
	return PORT_OK;
}

/* Such as "MIXED@50": the range that ends at an average of 50 g. */
static const char *
range_name(Tariff *tariff, const TariffOffer *offer)
{
	char upto[32];
	size_t length = strlen(offer->code);
	size_t digits = (size_t) snprintf(upto, sizeof(upto), "@%" PRId64, offer->upto);
	char *name = text_arena_alloc(&tariff->texts, length + digits + 1);

	if (name == NULL)
		return NULL;
	memcpy(name, offer->code, length);
	memcpy(name + length, upto, digits + 1);
	return name;
}

PortStatus
tariff_add_offer(Tariff *tariff, const TariffOffer *offer, const char *carrier,
				 const char *coverage)
{
	int name = tariff_name(tariff, coverage, strlen(coverage));
	TariffOffer *added;
	int at = 0;

	if (name < 0 || !GROW(tariff, offer, offers) || !GROW(tariff, coverage, coverages))
		return PORT_NO_MEMORY;
	while (at < tariff->coverage_count && tariff->coverages[at] != name)
		at++;
	if (at == tariff->coverage_count)
		tariff->coverages[tariff->coverage_count++] = name;
	added = &tariff->offers[tariff->offer_count];
	*added = *offer;
	added->carrier = tariff_find_carrier(tariff, carrier);
	added->coverage = at;
	added->first_format = tariff->format_count;
	added->format_count = 0;
	added->issuers = 0;
	added->joint = NULL;
	added->area = -1;
	added->base = tariff->offer_count;
	if (added->base > 0 && strcmp(added[-1].code, offer->code) == 0)
		added->base = added[-1].base;
	if ((added->code = copy_text(tariff, offer->code, strlen(offer->code))) == NULL ||
		(added->id = offer->by_average ? range_name(tariff, offer) : added->code) == NULL ||
		(offer->refusal != NULL &&
		 (added->refusal = copy_text(tariff, offer->refusal, strlen(offer->refusal))) == NULL))
		return PORT_NO_MEMORY;
	tariff->offer_count++;
	return PORT_OK;
}

PortStatus
tariff_set_class(Tariff *tariff, const char *id, const char *area)
{
	TariffOffer *offer = &tariff->offers[tariff->offer_count - 1];

	if ((offer->id = copy_text(tariff, id, strlen(id))) == NULL)
		return PORT_NO_MEMORY;
	if (area != NULL && (offer->area = tariff_name(tariff, area, strlen(area))) < 0)
		return PORT_NO_MEMORY;
	return PORT_OK;
}

PortStatus
tariff_add_format(Tariff *tariff, const char *format)
{
	int name = tariff_name(tariff, format, strlen(format));

	if (name < 0 || !GROW(tariff, format, formats))
		return PORT_NO_MEMORY;
	tariff->formats[tariff->format_count++] = name;
	tariff->offers[tariff->offer_count - 1].format_count++;
	return PORT_OK;
}

PortStatus
tariff_add_area(Tariff *tariff, const char *coverage, const char *country, const char *from,
				const char *to, const char *area)
{
	int set = tariff_name(tariff, coverage, strlen(coverage));

	return set < 0 ? PORT_NO_MEMORY
				   : add_range(tariff, &tariff->areas, set, country, from, to, area);
}

PortStatus
tariff_add_zone(Tariff *tariff, const char *country, const char *from, const char *to,
				const char *zone)
{
	return add_range(tariff, &tariff->zones, 0, country, from, to, zone);
}

static PortStatus
add_range(Tariff *tariff, TariffRanges *ranges, int set, const char *country, const char *from,
		  const char *to, const char *name)
{
	TariffRange range = {.set = set};

	range.country = tariff_name(tariff, country, strlen(country));
	range.name = tariff_name(tariff, name, strlen(name));
	range.from = copy_text(tariff, from, strlen(from));
	range.to = range.reach = copy_text(tariff, to, strlen(to));
	if (range.country < 0 || range.name < 0 || range.from == NULL || range.to == NULL ||
		!grow(tariff, (void **) &ranges->rows, ranges->count, &ranges->room, sizeof(TariffRange)))
		return PORT_NO_MEMORY;
	ranges->rows[ranges->count++] = range;
	return PORT_OK;
}

PortStatus
tariff_add_price(Tariff *tariff, const char *offer, const char *area, const char *format,
				 const TariffPriceRow *row)
{
	TariffPriceEntry entry = {.row = *row};

	entry.area = tariff_name(tariff, area, strlen(area));
	entry.format = tariff_name(tariff, format, strlen(format));
	if (entry.area < 0 || entry.format < 0)
		return PORT_NO_MEMORY;
	for (int o = tariff_find_offer(tariff, offer); o >= 0; o = tariff_next_offer(tariff, o))
	{
		entry.offer = o;
		/* of the rows by the average the lightest that holds the range counts: the first */
		if (row->form == TARIFF_AVERAGE &&
			row->up_to_milligrams < tariff->offers[o].upto * MILLIGRAMS_PER_GRAM)
			continue;
		if (!GROW(tariff, price, prices))
			return PORT_NO_MEMORY;
		tariff->prices[tariff->price_count++] = entry;
	}
	return PORT_OK;
}

PortStatus
tariff_add_scheme(Tariff *tariff, const char *code, bool incremental)
{
	TariffScheme *added;

	if (!GROW(tariff, scheme, schemes))
		return PORT_NO_MEMORY;
	added = &tariff->schemes[tariff->scheme_count];
	*added = (TariffScheme){.incremental = incremental, .leader = tariff->scheme_count};
	if ((added->code = copy_text(tariff, code, strlen(code))) == NULL)
		return PORT_NO_MEMORY;
	tariff->scheme_count++;
	return PORT_OK;
}

void
tariff_add_scheme_offer(Tariff *tariff, const char *offer)
{
	for (int o = tariff_find_offer(tariff, offer); o >= 0; o = tariff_next_offer(tariff, o))
		if (o < 64)
			tariff->schemes[tariff->scheme_count - 1].offers |= UINT64_C(1) << o;
}

PortStatus
tariff_add_commit(Tariff *tariff, const TariffCommit *commit)
{
	if (!GROW(tariff, commit, commits))
		return PORT_NO_MEMORY;
	tariff->commits[tariff->commit_count++] = *commit;
	return PORT_OK;
}

TariffShare *
tariff_add_share(Tariff *tariff, const char *wish, int64_t min_points, int64_t max_points)
{
	for (int i = 0; i < tariff->share_count; i++)
		if (strcmp(tariff->shares[i].wish, wish) == 0)
			return &tariff->shares[i];
	if (!GROW(tariff, share, shares))
		return NULL;
	tariff->shares[tariff->share_count] =
		(TariffShare){.wish = wish, .min_points = min_points, .max_points = max_points};
	return &tariff->shares[tariff->share_count++];
}

PortStatus
tariff_add_tier(Tariff *tariff, int scheme, int64_t from, int64_t discount)
{
	TariffScheme *owner = &tariff->schemes[scheme];

	if (!GROW(tariff, tier, tiers))
		return PORT_NO_MEMORY;
	if (owner->tier_count == 0)
		owner->first_tier = tariff->tier_count;
	tariff->tiers[tariff->tier_count++] = (TariffTier){from, discount};
	owner->tier_count++;
	return PORT_OK;
}

PortStatus
tariff_add_spread(Tariff *tariff, const char *offer, const char *format, int64_t milligrams)
{
	int name = tariff_name(tariff, format, strlen(format));

	if (name < 0)
		return PORT_NO_MEMORY;
	for (int o = tariff_find_offer(tariff, offer); o >= 0; o = tariff_next_offer(tariff, o))
	{
		if (!GROW(tariff, spread, spreads))
			return PORT_NO_MEMORY;
		tariff->spreads[tariff->spread_count++] = (TariffSpread){o, name, milligrams};
	}
	return PORT_OK;
}

static bool
has_format(const Tariff *tariff, const TariffOffer *offer, int format)
{
	for (int i = 0; i < offer->format_count; i++)
		if (tariff->formats[offer->first_format + i] == format)
			return true;
	return false;
}

PortStatus
tariff_add_limit(Tariff *tariff, const TariffLimit *limit, const char *offer, const char *format,
				 const char *area)
{
	TariffLimit *added;
	int found = tariff_find_offer(tariff, offer);
	int format_name = format == NULL ? -1 : tariff_find_name(tariff, format, strlen(format));
	int area_name = area == NULL ? -1 : tariff_find_name(tariff, area, strlen(area));

	if (!GROW(tariff, limit, limits))
		return PORT_NO_MEMORY;
	added = &tariff->limits[tariff->limit_count];
	*added = *limit;
	added->offer = found;
	added->offers = 0;
	for (int o = found; o >= 0 && o < tariff->offer_count && o < 64; o++)
	{
		const TariffOffer *class = &tariff->offers[o];

		if (class->base == found && (format == NULL || has_format(tariff, class, format_name)) &&
			(area == NULL || class->area == area_name))
			added->offers |= UINT64_C(1) << o;
	}
	if (added->offers != 0)
		tariff->limit_count++;
	return PORT_OK;
}

PortStatus
tariff_add_measure(Tariff *tariff, const char *carrier, const char *format, int64_t micrometres,
				   int64_t milligrams)
{
	int name = tariff_name(tariff, format, strlen(format));
	int found = tariff_find_carrier(tariff, carrier);

	if (name < 0 || !GROW(tariff, measure, measures))
		return PORT_NO_MEMORY;
	if (found >= 0)
		tariff->measures[tariff->measure_count++] =
			(TariffMeasure){found, name, micrometres, milligrams};
	return PORT_OK;
}

PortStatus
tariff_add_fee(Tariff *tariff, const TariffFee *fee)
{
	TariffFee *added;

	if (!GROW(tariff, fee, fees))
		return PORT_NO_MEMORY;
	added = &tariff->fees[tariff->fee_count];
	*added = *fee;
	if ((added->code = copy_text(tariff, fee->code, strlen(fee->code))) == NULL)
		return PORT_NO_MEMORY;
	tariff->fee_count++;
	return PORT_OK;
}

void
tariff_add_fee_offer(Tariff *tariff, const char *offer)
{
	for (int o = tariff_find_offer(tariff, offer); o >= 0; o = tariff_next_offer(tariff, o))
		if (o < 64)
			tariff->fees[tariff->fee_count - 1].offers |= UINT64_C(1) << o;
}

PortStatus
tariff_add_envelope(Tariff *tariff, const char *code, const char *format, int64_t milligrams,
					int max_sheets)
{
	int name = tariff_name(tariff, format, strlen(format));
	const char *copy = copy_text(tariff, code, strlen(code));

	if (name < 0 || copy == NULL || !GROW(tariff, envelope, envelopes))
		return PORT_NO_MEMORY;
	tariff->envelopes[tariff->envelope_count++] =
		(TariffEnvelope){copy, name, milligrams, max_sheets, 0, 0};
	return PORT_OK;
}

void
tariff_set_thickness(Tariff *tariff, int64_t sheet_nanometres, int64_t micrometres)
{
	TariffEnvelope *envelope = &tariff->envelopes[tariff->envelope_count - 1];

	envelope->sheet_nanometres = sheet_nanometres;
	envelope->micrometres = micrometres;
}

PortStatus
tariff_finish(Tariff *tariff)
{
	finish_ranges(&tariff->areas);
	finish_ranges(&tariff->zones);
	if (tariff->envelope_count > 1)
		qsort(tariff->envelopes, (size_t) tariff->envelope_count, sizeof(TariffEnvelope),
			  by_envelope);
	return finish_prices(tariff);
}

static void
finish_ranges(TariffRanges *ranges)
{
	if (ranges->count > 1)
		qsort(ranges->rows, (size_t) ranges->count, sizeof(TariffRange), by_range);
	for (int i = 1; i < ranges->count; i++)
	{
		TariffRange *range = &ranges->rows[i];
		const TariffRange *before = range - 1;

		if (before->set == range->set && before->country == range->country &&
			strcmp(before->reach, range->to) > 0)
			range->reach = before->reach;
	}
}

/* Rows of a list lie together, in the order in which they came. */
static PortStatus
finish_prices(Tariff *tariff)
{
	int count = tariff->price_count;
	TariffPriceList *list = NULL;

	tariff->price_rows = port_alloc_array(tariff->port, (size_t) count + 1, sizeof(TariffPriceRow));
	tariff->price_lists =
		port_alloc_array(tariff->port, (size_t) count + 1, sizeof(TariffPriceList));
	if (tariff->price_rows == NULL || tariff->price_lists == NULL)
		return PORT_NO_MEMORY;
	if (count > 1)
		qsort(tariff->prices, (size_t) count, sizeof(TariffPriceEntry), by_price);
	for (int i = 0; i < count; i++)
	{
		const TariffPriceEntry *entry = &tariff->prices[i];

		if (list == NULL || list->offer != entry->offer || list->area != entry->area ||
			list->format != entry->format)
		{
			list = &tariff->price_lists[tariff->price_list_count++];
			*list = (TariffPriceList){entry->offer, entry->area, entry->format, i, 0};
		}
		tariff->price_rows[i] = entry->row;
		list->count++;
	}
	return PORT_OK;
}

static int
compare_int(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int
by_range(const void *a, const void *b)
{
	const TariffRange *x = a;
	const TariffRange *y = b;

	if (x->set != y->set)
		return compare_int(x->set, y->set);
	if (x->country != y->country)
		return compare_int(x->country, y->country);
	return strcmp(x->from, y->from);
}

static int
by_price(const void *a, const void *b)
{
	const TariffPriceEntry *x = a;
	const TariffPriceEntry *y = b;

	if (x->offer != y->offer)
		return compare_int(x->offer, y->offer);
	if (x->area != y->area)
		return compare_int(x->area, y->area);
	if (x->format != y->format)
		return compare_int(x->format, y->format);
	return compare_int(x->row.up_to_milligrams, y->row.up_to_milligrams);
}

static int
by_envelope(const void *a, const void *b)
{
	const TariffEnvelope *x = a;
	const TariffEnvelope *y = b;

	if (x->max_sheets != y->max_sheets)
		return compare_int(x->max_sheets, y->max_sheets);
	if (x->milligrams != y->milligrams)
		return compare_int(x->milligrams, y->milligrams);
	return strcmp(x->code, y->code);
}

static const char *
copy_text(Tariff *tariff, const char *text, size_t length)
{
	char *copy = text_arena_alloc(&tariff->texts, length + 1);

	if (copy == NULL)
		return NULL;
	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

static bool
grow(Tariff *tariff, void **array, int used, int *room, size_t size)
{
	int wanted = *room == 0 ? 16 : *room * 2;
	void *larger;

	if (used < *room)
		return true;
	larger = port_resize_array(tariff->port, *array, (size_t) *room, (size_t) wanted, size);
	if (larger == NULL)
		return false;
	*array = larger;
	*room = wanted;
	return true;
}

/* Keeps at least half of the slots free. */
static bool
grow_slots(Tariff *tariff)
{
	int wanted = tariff->name_slot_count == 0 ? 64 : tariff->name_slot_count * 2;
	int *slots;

	if (tariff->name_count * 2 < tariff->name_slot_count)
		return true;
	slots = port_alloc_array(tariff->port, (size_t) wanted, sizeof(int));
	if (slots == NULL)
		return false;
	memset(slots, -1, (size_t) wanted * sizeof(int));
	for (int name = 0; name < tariff->name_count; name++)
	{
		const char *text = tariff->names[name];
		uint32_t slot = hash_text(text, strlen(text)) & (uint32_t) (wanted - 1);

		while (slots[slot] >= 0)
			slot = (slot + 1) & (uint32_t) (wanted - 1);
		slots[slot] = name;
	}
	tariff->port->release(tariff->port->host, tariff->name_slots);
	tariff->name_slots = slots;
	tariff->name_slot_count = wanted;
	return true;
}

/* FNV-1a: names are a few bytes */
static uint32_t
hash_text(const char *text, size_t length)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char) text[i]) * 16777619u;
	return hash ^ (hash >> 15);
}
