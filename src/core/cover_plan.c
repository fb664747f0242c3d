/*
 * cover_plan.c: see cover_plan.h.
 */
#include "core/cover_plan.h"

#include <stdlib.h>
#include <string.h>

/* The best way to pack a subset of the members with so many covers inside. */
typedef struct Packing
{
	int64_t cost;
	int covers;
	uint16_t last; /* the cover that was added */
	bool last_inside;
} Packing;

/* From one vertex of a pattern's hull to the next. */
typedef struct HullStep
{
	int64_t cost;
	int covers;
	int pattern;
	int from, to; /* choices */
} HullStep;

static void price_covers(const CoverMember *members, int count, int max_sheets,
						 CoverPriceOf price_of, void *host, CoverPrice *prices);
static void pack(Packing *packings, int count, const CoverPrice *prices, int mask);
static void read_choice(const Packing *packings, int count, int inside, CoverChoice *choice);
static int cheapest_choice(const CoverPattern *pattern);
static int next_vertex(const CoverPattern *pattern, int from);
static int compare_steps(const void *left, const void *right);

static inline Packing *
packing_of(Packing *packings, int count, int inside, int mask)
{
	return &packings[((size_t) inside << count) + (size_t) mask];
}

bool
cover_choices(const Port *port, const CoverMember *members, int count, int max_sheets,
			  CoverPriceOf price_of, void *host, CoverChoice *choices)
{
	size_t subsets = (size_t) 1 << count;
	CoverPrice *prices;
	Packing *packings;

	if (count < 1 || count > COVER_MAX_MEMBERS)
		return false;
	prices = port_alloc_array(port, subsets, sizeof(CoverPrice));
	packings = port_alloc_array(port, subsets * (size_t) (count + 1), sizeof(Packing));
	if (prices == NULL || packings == NULL)
	{
		port->release(port->host, prices);
		port->release(port->host, packings);
		return false;
	}
	price_covers(members, count, max_sheets, price_of, host, prices);
	for (int inside = 0; inside <= count; inside++)
		*packing_of(packings, count, inside, 0) =
			(Packing){inside == 0 ? 0 : COVER_NEVER, 0, 0, false};
	for (int mask = 1; mask < (int) subsets; mask++)
		pack(packings, count, prices, mask);
	for (int inside = 0; inside <= count; inside++)
		read_choice(packings, count, inside, &choices[inside]);
	port->release(port->host, packings);
	port->release(port->host, prices);
	return true;
}

static void
price_covers(const CoverMember *members, int count, int max_sheets, CoverPriceOf price_of,
			 void *host, CoverPrice *prices)
{
	for (int mask = 1; mask < 1 << count; mask++)
	{
		int64_t sheets = 0;
		int due_days = INT32_MAX;
		bool single = (mask & (mask - 1)) == 0;

		for (int i = 0; i < count; i++)
			if (mask & 1 << i)
			{
				sheets += members[i].sheets;
				if (members[i].due_days < due_days)
					due_days = members[i].due_days;
			}
		if (single || sheets <= max_sheets)
			prices[mask] = price_of(host, (int) sheets, due_days);
		else
			prices[mask] = (CoverPrice){COVER_NEVER, COVER_NEVER};
	}
}

static void
try_packing(Packing *best, const Packing *rest, int64_t price, int cover, bool inside)
{
	int64_t cost;

	if (price == COVER_NEVER || rest->cost == COVER_NEVER ||
		__builtin_add_overflow(rest->cost, price, &cost))
		return;
	if (cost < best->cost || (cost == best->cost && rest->covers + 1 > best->covers))
		*best = (Packing){cost, rest->covers + 1, (uint16_t) cover, inside};
}

/* The lowest member of the subset is in the cover that is added, so each partition comes once. */
static void
pack(Packing *packings, int count, const CoverPrice *prices, int mask)
{
	int lowest = mask & -mask;
	int others = mask ^ lowest;

	for (int inside = 0; inside <= count; inside++)
		*packing_of(packings, count, inside, mask) = (Packing){COVER_NEVER, 0, 0, false};
	for (int with = others;; with = (with - 1) & others)
	{
		int cover = with | lowest;

		for (int inside = 0; inside <= count; inside++)
		{
			Packing *best = packing_of(packings, count, inside, mask);

			try_packing(best, packing_of(packings, count, inside, mask ^ cover),
						prices[cover].outside, cover, false);
			if (inside > 0)
				try_packing(best, packing_of(packings, count, inside - 1, mask ^ cover),
							prices[cover].inside, cover, true);
		}
		if (with == 0)
			break;
	}
}

static void
read_choice(const Packing *packings, int count, int inside, CoverChoice *choice)
{
	int mask = (1 << count) - 1;
	int left = inside;

	memset(choice, 0, sizeof(*choice));
	choice->inside = inside;
	choice->cost = packings[((size_t) inside << count) + (size_t) mask].cost;
	if (choice->cost == COVER_NEVER)
		return;
	while (mask != 0)
	{
		const Packing *packing = &packings[((size_t) left << count) + (size_t) mask];

		choice->covers[choice->cover_count++] = packing->last;
		mask ^= packing->last;
		left -= packing->last_inside ? 1 : 0;
	}
}

bool
cover_select(const Port *port, CoverPattern *patterns, int count, int64_t least_inside)
{
	int64_t inside = 0;
	size_t room = 0, step_count = 0;
	HullStep *steps;

	for (int p = 0; p < count; p++)
		room += (size_t) patterns[p].choice_count;
	steps = port_alloc_array(port, room, sizeof(HullStep));
	if (steps == NULL)
		return false;
	for (int p = 0; p < count; p++)
	{
		CoverPattern *pattern = &patterns[p];
		int at = cheapest_choice(pattern);

		if (at < 0)
		{
			port->release(port->host, steps);
			return false;
		}
		pattern->low = pattern->high = at;
		pattern->high_groups = 0;
		inside += pattern->groups * pattern->choices[at].inside;
		for (int to; (to = next_vertex(pattern, at)) >= 0; at = to)
			steps[step_count++] =
				(HullStep){pattern->choices[to].cost - pattern->choices[at].cost,
						   pattern->choices[to].inside - pattern->choices[at].inside, p, at, to};
	}
	qsort(steps, step_count, sizeof(HullStep), compare_steps);
	for (size_t i = 0; i < step_count && inside < least_inside; i++)
	{
		CoverPattern *pattern = &patterns[steps[i].pattern];
		int64_t groups = (least_inside - inside + steps[i].covers - 1) / steps[i].covers;

		if (groups > pattern->groups)
			groups = pattern->groups;
		inside += groups * steps[i].covers;
		pattern->low = steps[i].from;
		pattern->high = steps[i].to;
		pattern->high_groups = groups;
	}
	port->release(port->host, steps);
	return true;
}

/* Of equal cost the one with most covers inside: they may be worth something. */
static int
cheapest_choice(const CoverPattern *pattern)
{
	int best = -1;

	for (int i = 0; i < pattern->choice_count; i++)
		if (pattern->choices[i].cost != COVER_NEVER &&
			(best < 0 || pattern->choices[i].cost <= pattern->choices[best].cost))
			best = i;
	return best;
}

/* The next vertex of the lower hull: least rise in cost for each cover more; of equal rise the
 * nearest. */
static int
next_vertex(const CoverPattern *pattern, int from)
{
	const CoverChoice *start = &pattern->choices[from];
	int best = -1;

	for (int i = from + 1; i < pattern->choice_count; i++)
	{
		const CoverChoice *choice = &pattern->choices[i];

		if (choice->cost == COVER_NEVER)
			continue;
		if (best < 0 || (__int128) (choice->cost - start->cost) *
								(pattern->choices[best].inside - start->inside) <
							(__int128) (pattern->choices[best].cost - start->cost) *
								(choice->inside - start->inside))
			best = i;
	}
	return best;
}

/* By cost a cover; a pattern's own steps stay in their order, for their slopes do not fall. */
static int
compare_steps(const void *left, const void *right)
{
	const HullStep *a = left;
	const HullStep *b = right;
	__int128 x = (__int128) a->cost * b->covers;
	__int128 y = (__int128) b->cost * a->covers;

	if (x != y)
		return x < y ? -1 : 1;
	if (a->pattern != b->pattern)
		return a->pattern < b->pattern ? -1 : 1;
	return a->from < b->from ? -1 : a->from > b->from;
}
