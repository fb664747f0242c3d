/*
 * cover_plan.h: which documents of one recipient share a cover.
 *
 * A group are the documents of one recipient, at most COVER_MAX_MEMBERS.  A partition puts them
 * into covers; a cover costs what its sheets cost in the cheapest offer, given apart for the offers
 * of one discount scheme (inside) and all others (outside), because a cover inside counts towards
 * the scheme's tier and merging takes counts away.
 *
 * cover_choices finds for every number of covers inside the cheapest partition, exactly, by dynamic
 * programming over subsets.  cover_select then gives each of many groups one of its choices so that
 * together they have at least so many covers inside, along the lower convex hull of each group's
 * choices.  Money is integer micro units.
 */
#ifndef CORE_COVER_PLAN_H
#define CORE_COVER_PLAN_H

#include "core/port.h"

#include <stdint.h>

#define COVER_MAX_MEMBERS 10
#define COVER_NEVER INT64_MAX /* the price of what cannot be sent */

typedef struct CoverMember
{
	int sheets;
	int due_days;
} CoverMember;

typedef struct CoverPrice
{
	int64_t inside, outside; /* cheapest, COVER_NEVER when no offer takes it */
} CoverPrice;

/* The price of a cover of so many sheets, due in so many days. */
typedef CoverPrice (*CoverPriceOf)(void *host, int sheets, int due_days);

typedef struct CoverChoice
{
	int64_t cost; /* COVER_NEVER when there is none */
	int inside;
	int cover_count;
	uint16_t covers[COVER_MAX_MEMBERS]; /* members as bits, the lowest first */
} CoverChoice;

/*
 * Cheapest partition for each number of covers inside, choices[0] to choices[count]; of equal cost
 * the one with more covers, so that nothing is merged without a gain.  A cover has at most
 * max_sheets, unless it is of one member.  False when there is no memory.
 */
extern bool cover_choices(const Port *port, const CoverMember *members, int count, int max_sheets,
						  CoverPriceOf price_of, void *host, CoverChoice *choices);

/* Groups alike: they have the same choices. */
typedef struct CoverPattern
{
	int64_t groups;
	int choice_count;
	const CoverChoice *choices; /* by rising number of covers inside */
	/* filled by cover_select: most groups take "low", high_groups of them take "high" */
	int low, high;
	int64_t high_groups;
} CoverPattern;

/*
 * Gives every pattern its choices: cheapest in sum with at least so many covers inside, or, where
 * that many cannot be had, with as many as there can be.  Exact when every step of the hulls is one
 * cover, otherwise at most one group too many is moved.  False when there is no memory, or a
 * pattern has no choice.
 */
extern bool cover_select(const Port *port, CoverPattern *patterns, int count, int64_t least_inside);

#endif
