/*
 * postage_problem.h: the postage mix problem in memory.
 *
 * Cells of identical letters are sent by offers; what couples the offers are volumes of sets of
 * offers: minima, fixed costs, tiers, commitments and caps.  Each distinct set is one aggregate,
 * and everything its cost depends on, apart from list money, is a function of its volume alone.
 *
 * Money is int64 micro units.  Build with postage_problem_new, the add functions and
 * postage_problem_finish; the first fault is kept and names the place in the input.
 */
#ifndef CORE_POSTAGE_PROBLEM_H
#define CORE_POSTAGE_PROBLEM_H

#include "core/port.h"

#define POSTAGE_MAX_OFFERS 64
#define POSTAGE_MAX_CELLS 10000000
#define POSTAGE_MAX_LETTERS INT64_C(1000000000)
#define POSTAGE_MAX_PRICE INT64_C(10000000000) /* 10 000 currency units a letter */
#define POSTAGE_MAX_MONEY INT64_C(1000000000000000000)
#define POSTAGE_MAX_WEIGHT 1000000000
#define POSTAGE_MOST_BYTES INT64_C(4000000000) /* that solving may take, plans of zones aside */
#define POSTAGE_MAX_NESTING 16				   /* aggregates that one offer may belong to */

/* Hosts align memory to eight bytes only, so the wide integer must not ask for more. */
typedef __int128 PostageWide __attribute__((aligned(8)));

typedef struct PostageOffer
{
	const char *id;
	int operator_no;
	int64_t min_mailing; /* 0 letters or at least this many ... */
	int64_t topup;		 /* ... or, if > 0, each missing letter is paid at this price */
	int64_t min_bucket;	 /* letters of one zone: 0 or at least this many */
	int64_t fixed;
	const char *joint; /* offers of one name count together for the rules above; NULL: alone */
	int lead;		   /* the first offer of its joint, itself when alone */
	uint64_t members;  /* all offers of its joint */
	int64_t least;	   /* letters it must get */
	/* Of its letters as one order: */
	const char *order;	 /* of offers of the same order at most one is used; NULL: none */
	int64_t above, upto; /* their average weight is in (above, upto]; upto 0: no limit */
	int64_t min_order;	 /* list money below it is paid up to it */
} PostageOffer;

typedef struct PostageCell
{
	int64_t id;
	int64_t zone_id;
	int64_t count;
	int zone; /* index of the zone, after finish */
	int first_arc;
	int arc_count;
	int weight; /* of a letter, for offers that go by the average */
} PostageCell;

typedef struct PostageArc
{
	int64_t price;
	int cell;
	uint8_t offer;
	bool usable; /* false: its bundle can never be filled; the same for all arcs of a zone */
} PostageArc;

typedef struct PostageZone
{
	int64_t id;
	int64_t letters;
	int first_cell;
	int cell_count;
	uint64_t offers;  /* offers with a usable arc in the zone */
	uint64_t buckets; /* leads of those of them with a bundle minimum above one */
} PostageZone;

typedef struct PostageTier
{
	int64_t from;
	int64_t discount; /* basis points (all units) or micro a letter (incremental) */
} PostageTier;

typedef struct PostageGroup
{
	const char *id;
	bool incremental;
	uint64_t offers;
	int64_t base;
	int64_t base_money;
	int first_tier;
	int tier_count;
	int base_tier;	   /* tier reached by the base volume alone */
	int64_t min_price; /* cheapest usable arc of the group */
	int aggregate;
} PostageGroup;

typedef struct PostageCommit
{
	uint64_t offers;
	int64_t base;
	int64_t min;
	int64_t penalty;
} PostageCommit;

typedef struct PostageCap
{
	uint64_t offers;
	int64_t min; /* 0 letters or at least this many */
	int64_t max;
} PostageCap;

/* The planner's will: letters of these offers as a share of all letters, in basis points. */
typedef struct PostageShare
{
	const char *id;
	uint64_t offers;
	int64_t min_points, max_points;
	int64_t min_volume, max_volume; /* after finish */
} PostageShare;

typedef enum PostageTermKind
{
	POSTAGE_TERM_OFFER,
	POSTAGE_TERM_GROUP,
	POSTAGE_TERM_COMMIT,
	POSTAGE_TERM_CAP,
	POSTAGE_TERM_SHARE
} PostageTermKind;

typedef struct PostageTerm
{
	PostageTermKind kind;
	int index;
} PostageTerm;

typedef struct PostageAggregate
{
	uint64_t offers;
	int64_t min_volume; /* letters that only these offers can carry */
	int64_t max_volume; /* letters that these offers can carry */
	int first_term;
	int term_count;
	int64_t *starts; /* volumes at which a new linear piece begins, ascending, from 0 */
	int start_count;
} PostageAggregate;

typedef struct PostageProblem
{
	const Port *port;
	PostageOffer *offers;
	int offer_count, offer_room;
	uint64_t joint_offers; /* those that share their rules with others */
	const char **operators;
	int operator_count, operator_room;
	PostageCell *cells; /* ordered by zone after finish */
	int cell_count, cell_room;
	PostageArc *arcs; /* ordered by cell, offer after finish */
	int arc_count, arc_room;
	PostageZone *zones;
	int zone_count;
	PostageGroup *groups;
	int group_count, group_room;
	PostageTier *tiers;
	int tier_count, tier_room;
	PostageCommit *commits;
	int commit_count, commit_room;
	PostageCap *caps;
	int cap_count, cap_room;
	PostageShare *shares;
	int share_count, share_room;
	PostageTerm *terms;
	int term_count;
	PostageAggregate *aggregates; /* the first offer_count ones are the single offers, in order */
	int aggregate_count;
	int nesting; /* most aggregates that one offer belongs to */
	int64_t letters;
	int64_t granularity;   /* every plan's cost is a multiple of this */
	int64_t constant;	   /* cost that no plan changes */
	int64_t infeasible_at; /* a bound above this proves that there is no plan */
	bool has_orders;	   /* an offer has a rule of its order */
	bool is_relaxed;	   /* a bound on another problem: its money need not be whole */
	int64_t most_bytes;	   /* a problem that takes more is refused */
	int *cell_index;	   /* hash of cell ids */
	int cell_index_size;
	PortFault fault;
} PostageProblem;

/* NULL when there is no memory.  Everything lives in port's arena. */
extern PostageProblem *postage_problem_new(const Port *port);

/* Each returns PORT_OK or the status noted in problem->fault.  Texts are copied. */
extern PortStatus postage_add_offer(PostageProblem *problem, const char *id,
									const char *operator_id, const PostageOffer *rules);
extern PortStatus postage_add_cell(PostageProblem *problem, int64_t id, int64_t zone,
								   int64_t count);
/* Of a letter of the cell added last; needed where offers go by the average weight. */
extern PortStatus postage_set_weight(PostageProblem *problem, int64_t weight);
extern PortStatus postage_index_cells(PostageProblem *problem); /* after the last cell */
extern PortStatus postage_add_arc(PostageProblem *problem, int64_t cell, const char *offer,
								  int64_t price);
extern PortStatus postage_add_group(PostageProblem *problem, const char *id, bool incremental,
									int64_t base, int64_t base_money);
extern PortStatus postage_add_group_offer(PostageProblem *problem, const char *offer);
extern PortStatus postage_add_group_tier(PostageProblem *problem, int64_t from, int64_t discount);
extern PortStatus postage_add_commit(PostageProblem *problem, const char *operator_id, int64_t base,
									 int64_t min, int64_t penalty);
extern PortStatus postage_add_cap(PostageProblem *problem, const char *operator_id, int64_t max);
/* A minimum and limit for a set of offers: these, one by one, or those of operators. */
extern PortStatus postage_add_limit(PostageProblem *problem, int64_t min, int64_t max);
extern PortStatus postage_add_limit_offer(PostageProblem *problem, const char *offer);
extern PortStatus postage_add_share(PostageProblem *problem, const char *id, int64_t min_points,
									int64_t max_points);
extern PortStatus postage_add_share_offer(PostageProblem *problem, const char *offer);
extern PortStatus postage_add_share_operator(PostageProblem *problem, const char *operator_id);

/* Every so many rows of a long loop: whether the host asks to stop. */
static inline bool
postage_pause(const PostageProblem *problem, int row)
{
	return (row & 0x3fff) == 0 && problem->port->interrupted(problem->port->host);
}

/* The same while the problem is built; notes it as its fault. */
extern bool postage_stopped(PostageProblem *problem, int row);

/* Checks the whole and derives zones and aggregates. */
extern PortStatus postage_problem_finish(PostageProblem *problem);

/* -1 when there is none. */
extern int postage_find_offer(const PostageProblem *problem, const char *id);
extern int postage_find_cell(const PostageProblem *problem, int64_t id);
extern int postage_find_arc(const PostageProblem *problem, int cell, int offer);

/*
 * Offers of one joint are one offer to whoever sells it: fee, minimum, paid-up letters and bundles
 * are of their letters together, so bundles are named by the lead.  Schemes, caps and shares name
 * each of them.
 */
static inline uint64_t
postage_leads(const PostageProblem *problem, uint64_t offers)
{
	uint64_t leads = offers & ~problem->joint_offers;

	for (uint64_t rest = offers & problem->joint_offers; rest != 0; rest &= rest - 1)
		leads |= UINT64_C(1) << problem->offers[__builtin_ctzll(rest)].lead;
	return leads;
}

/* Sum over the offers of the joint that the offer leads. */
static inline int64_t
postage_joint_sum(const PostageProblem *problem, int lead, const int64_t *values)
{
	int64_t sum = 0;

	if (!((problem->joint_offers >> lead) & 1))
		return values[lead];
	for (uint64_t rest = problem->offers[lead].members; rest != 0; rest &= rest - 1)
		sum += values[__builtin_ctzll(rest)];
	return sum;
}

/* The tier that volume reaches: the last whose threshold is not above it, else the first. */
extern int postage_tier_of(const PostageProblem *problem, const PostageGroup *group,
						   int64_t volume);

/* Incremental discount (micro) that volume letters get on top of the base. */
extern int64_t postage_incremental_discount(const PostageProblem *problem,
											const PostageGroup *group, int64_t volume);

#endif
