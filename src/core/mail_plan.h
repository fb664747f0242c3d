/*
 * mail_plan.h: a mailing between its letters and the postage solver.
 *
 *     letters  each is shown twice: mail_count_letter, mail_next_letter; none is kept
 *     places   distinct destinations, with bundle zone and price areas
 *     keys     distinct (place, sheets, due days): the finest unit of a plan; in postal order
 *     kinds    distinct (zone, areas, shape, due days): what no row of a tariff tells apart
 *     cells    kinds of equal price at every offer and, where bundles are asked for, of one zone:
 *              the cells of the postage problem
 *     runs     consecutive letters of a key (by letter_id) with offer, bundle and discount
 *
 * Order of calls: mail_plan_new, mail_count_letter ..., mail_make_keys, mail_make_
 * kinds, mail_make_cells, mail_make_problem, postage_solve, mail_spread, mail_next_letter ...
 * What-if begins with mail_add_kind and ends with mail_price_flow.  Memory grows with places and
 * keys, not with letters.
 *
 * Results are the same on every run: kinds are numbered by their first key, cells by zone and
 * prices.
 */
#ifndef CORE_MAIL_PLAN_H
#define CORE_MAIL_PLAN_H

#include "core/mail_index.h"
#include "core/postage_problem.h"
#include "core/tariff.h"

typedef struct MailLetter
{
	const char *country, *postcode; /* not terminated; no postcode: length 0 */
	size_t country_length, postcode_length;
	int sheets;
	int due_days;
	int scope;	 /* of mail_add_scope, 0: what binds all letters */
	int issuers; /* group of its issuer, where offers tell groups apart; else 0 */
} MailLetter;

/* Letters that wishes of their own bind, by the wishes' numbers. */
typedef struct MailScope
{
	const char *name;
	uint64_t forbidden, must_use; /* offers, by all wishes that bind these letters */
	const char *wish;			  /* one that forbids, in words; NULL: none */
} MailScope;

typedef struct MailPlace
{
	const char *country, *postcode;
	const char *code; /* the postcode as tariffs write it */
	int zone;		  /* name */
	int areas;		  /* index of its set of areas */
	int rank;		  /* in postal order */
} MailPlace;

/* What every letter looks at comes first: it should lie in one line of the cache. */
typedef struct MailKey
{
	const char *text; /* of its place: country, zero, postcode, zero */
	uint32_t country_length, postcode_length;
	int sheets;
	int due_days;
	int64_t letters;
	int run;		/* of the next letter */
	uint32_t taken; /* letters of that run that were placed */
	int first_run, run_count;
	int place;
	int kind;
	int scope, issuers;
} MailKey;

typedef struct MailKind
{
	int zone;
	int areas;
	int shape;
	int due_days;
	int scope;
	int issuers;
	int64_t letters;
	int first_place; /* one of its places, -1: unknown */
	int vector;		 /* prices by offer; -1: no offer */
	int cell;		 /* -1: no offer */
} MailKind;

typedef struct MailCell
{
	int zone; /* -1: no offer asks for bundles */
	int vector;
	int grams; /* of a letter; 0: no offer asks for the average weight */
	int64_t letters;
	int first_kind;
	int zone_no;				  /* of the problem */
	int first_share, share_count; /* of the plan */
} MailCell;

/* Letters of a cell sent by an offer. */
typedef struct MailShare
{
	int cell, offer;
	int64_t letters;
} MailShare;

typedef enum MailPartKind
{
	MAIL_PART_LIST,
	MAIL_PART_FIXED,	   /* fee of an offer that is used */
	MAIL_PART_TOPUP,	   /* letters paid up to a minimum */
	MAIL_PART_PENALTY,	   /* take or pay */
	MAIL_PART_DISCOUNT,	   /* of a scheme */
	MAIL_PART_RETROACTIVE, /* of a scheme, on money of before */
	MAIL_PART_FEE,		   /* of a carrier, besides postage */
	MAIL_PART_BROKEN	   /* a rule that the plan breaks: text in note */
} MailPartKind;

/* What a plan's cost is made of; the amounts sum to it. */
typedef struct MailPart
{
	MailPartKind kind;
	const char *item; /* offer, scheme, carrier, or NULL */
	int64_t letters, list;
	int64_t amount;
	int64_t borne;	 /* the amount with the tax that is not deducted, in the problem's money */
	int points;		 /* of each letter's list price; -1: spread evenly */
	uint64_t offers; /* whose letters bear it */
	int issuers;	 /* group that it is of; 0: all */
	char note[192];
} MailPart;

/* A group of the problem that is no discount: what its amounts are, and whose. */
typedef struct MailRule
{
	MailPartKind kind;
	const char *item;
} MailRule;

typedef struct MailParts
{
	MailPart *parts;
	int count, room;
	int64_t cost;  /* before value added tax: micro units */
	int64_t borne; /* with the tax that is not deducted: the problem's money */
	int broken;
} MailParts;

/* Letters of a key in a row; offer and list price of them all are those of its cell's share. */
typedef struct MailRun
{
	int64_t first_sequence; /* of the mailing, from 1 */
	int64_t discount;
	uint32_t letters;
	int offer;
	int bundle; /* within the offer, from 1 */
} MailRun;

/* What a kind pays with an offer, for reports and what-if. */
typedef struct MailFlow
{
	int kind, offer;
	int64_t letters, discount;
} MailFlow;

typedef struct MailPlan
{
	const Port *port;
	Tariff *tariff;
	const char *origin; /* country of hand-in */
	TextArena texts;
	MailPlace *places;
	int place_room;
	MailIndex place_index;
	MailScope *scopes; /* the first is of letters without one */
	int scope_count, scope_room;
	MailKey *keys;
	int key_room;
	MailIndex key_index;
	int *key_order; /* keys in postal order */
	int *area_sets; /* areas by coverage, one set after the other */
	int area_set_room;
	MailIndex area_set_index;
	TariffShape *shapes;
	int shape_count, shape_room;
	int *sheet_shapes; /* of so many sheets, -1: not asked yet */
	MailKind *kinds;
	int kind_room;
	MailIndex kind_index;
	int64_t *vectors; /* prices by offer, -1: none; one vector after the other */
	int vector_room;
	MailIndex vector_index;
	MailCell *cells;
	int cell_room;
	MailIndex cell_index;
	int64_t *lightest; /* letter of each of the tariff's spreads, -1: none */
	int *zone_names;   /* of the problem, by zone number; -1: none */
	int zone_count;
	int64_t letters; /* in cells */
	int64_t scale;	 /* the problem's money: so many are a micro unit */
	PostageProblem *problem;
	MailRule *rules; /* the last groups of the problem: not schemes but fees and missing letters */
	int rule_count, rule_room;
	int carrier_caps;  /* of the problem's caps: so many of the first are of carriers */
	MailShare *shares; /* by cell, offer */
	int share_count;
	MailParts parts;
	MailRun *runs;
	int run_count, run_room;
	int offer_bundles[POSTAGE_MAX_OFFERS]; /* bundles before the offer's first */
	int bundle_count;
	MailFlow *flows; /* by kind, offer */
	int flow_count;
	PortFault fault;
} MailPlan;

typedef struct MailPosting
{
	const MailKey *key;
	const MailKind *kind;
	const MailRun *run;
	int64_t list;
	int bundle_no; /* of the mailing, from 1 */
	int64_t sequence_no;
} MailPosting;

/* NULL when there is no memory.  Nothing is copied but texts of places. */
extern MailPlan *mail_plan_new(const Port *port, Tariff *tariff, const char *origin);

extern PortStatus mail_count_letter(MailPlan *plan, const MailLetter *letter);
/* Places get zone and areas, keys their postal order. */
extern PortStatus mail_make_keys(MailPlan *plan);
extern PortStatus mail_make_kinds(MailPlan *plan);
/* Letters of a kind that was planned before, by one of its destinations; its number, -1: no memory.
 */
extern int mail_add_kind(MailPlan *plan, const char *zone, const char *country, const char *code,
						 const TariffShape *shape, int due_days, int scope, int64_t letters);
/* The scope of that name, 0 for an empty one; -1: no memory. */
extern int mail_add_scope(MailPlan *plan, const char *name);
extern PortStatus mail_make_cells(MailPlan *plan);
/*
 * Money before value added tax as the problem counts it, with the tax that is not deducted, and
 * back; exact for what the tariffs of the plan's offer charge.
 */
extern int64_t mail_scaled(const MailPlan *plan, int offer, int64_t amount);
extern int64_t mail_net(const MailPlan *plan, int offer, int64_t scaled);
/* The problem's money in micro units, half up; for show. */
extern int64_t mail_micro(const MailPlan *plan, int64_t scaled);
/* One of the offers when tax burdens them all alike, else -1. */
extern int mail_common_burden(const MailPlan *plan, uint64_t offers);

/* The group of issuers that takes all of the offers, 0: none. */
extern int mail_common_issuers(const MailPlan *plan, uint64_t offers);

/* The problem of the cells; only_carrier >= 0 leaves all others out.  Faults are in plan->fault. */
extern PortStatus mail_make_problem(MailPlan *plan, int only_carrier, PostageProblem **problem);

/* Letters that the mailing can still bring to an obligation: above it no plan changes the penalty.
 */
extern int64_t mail_commit_least(const MailPlan *plan, const TariffCommit *commit);

/* Takes the solver's counts over (by arc of plan->problem) into shares and parts. */
extern PortStatus mail_take_plan(MailPlan *plan, const int64_t *counts);
/* Each cell at its cheapest list price among the offers, whatever rules that breaks; *letters is
 * how many find one. */
extern PortStatus mail_price_cheapest(MailPlan *plan, uint64_t offers, MailParts *parts,
									  int64_t *letters);
/* From cells back to runs and flows. */
extern PortStatus mail_spread(MailPlan *plan);
/* The key of a letter that was counted, -1: none. */
extern int mail_find_key(const MailPlan *plan, const MailLetter *letter);
/* The place of the next letter of its key; false when the plan has none. */
extern bool mail_next_letter(MailPlan *plan, const MailLetter *letter, MailPosting *posting);

/* Why no offer carries the letters of a key, the nearest reason. */
extern void mail_explain_refusal(const MailPlan *plan, const MailKey *key, char *text, size_t size);

static inline int64_t
mail_list_price(const MailPlan *plan, int vector, int offer)
{
	return plan->vectors[(size_t) vector * plan->tariff->offer_count + offer];
}

/* Grams as they are shown: rounded up. */
static inline int
mail_grams(const TariffShape *shape)
{
	return (int) ((shape->milligrams + 999) / 1000);
}

/* What the planner's wishes say about letters of a scope. */
static inline bool
mail_is_forbidden(const MailPlan *plan, int scope, int offer)
{
	return scope == 0 ? plan->tariff->offers[offer].forbidden != NULL
					  : (plan->scopes[scope].forbidden >> offer) & 1;
}

static inline bool
mail_must_use(const MailPlan *plan, int scope, int offer)
{
	return scope == 0 ? plan->tariff->offers[offer].must_use
					  : (plan->scopes[scope].must_use >> offer) & 1;
}

/* Whether the scheme is planned; internal to mail_*.c. */
extern bool mail_is_whole(const MailPlan *plan, const TariffScheme *scheme);
/* Sets the leaders of schemes that multiply; internal to mail_*.c. */
extern void mail_stack_schemes(Tariff *tariff);
/* What all schemes of a leader give at a volume, basis points of the list price, -1: no whole
 * number; points, by scheme: what each of them does. */
extern int mail_stacked_points(const Tariff *tariff, int leader, int64_t volume, int64_t *points);
/* The next threshold of a leader's schemes above from, -1: none. */
extern int64_t mail_stacked_next(const Tariff *tariff, int leader, int64_t from);
/* Fees as groups of the problem; internal to mail_*.c. */
extern PortStatus mail_add_fees(MailPlan *plan, PostageProblem *problem);
/* Fees and missing letters of counting classes as groups; internal to mail_*.c. */
extern PortStatus mail_add_class_fees(MailPlan *plan, PostageProblem *problem);
/* A group without tiers yet, noted in plan->rules, unless the problem has none of the offers;
 * internal to mail_*.c. */
extern PortStatus mail_add_rule(MailPlan *plan, PostageProblem *problem, const MailRule *rule,
								uint64_t offers, bool *added);
/* Minima and limits of counting classes; internal to mail_*.c. */
extern PortStatus mail_add_limits(MailPlan *plan, PostageProblem *problem);
/* Letters from which the scheme gives anything, 0: always; internal to mail_*.c. */
extern int64_t mail_discount_least(const Tariff *tariff, const TariffScheme *scheme);
/* Whether the offer is one of several classes. */
extern bool mail_has_classes(const Tariff *tariff, int offer);
/* Whether a minimum may keep letters out of the offer. */
extern bool mail_is_limited(const Tariff *tariff, int offer);
/* Whether the weight is out of the offer's weight spread; internal to mail_*.c. */
extern bool mail_is_too_apart(const MailPlan *plan, int offer, const TariffShape *shape);
/* The least plan->scale that keeps all money whole; internal to mail_*.c. */
extern PortStatus mail_choose_scale(MailPlan *plan);
/* The set of areas of a destination (plain postcode), -1: no memory; internal to mail_*.c. */
extern int mail_find_areas(MailPlan *plan, const char *country, const char *code);
/* Grows an array kept beside an index or a count; internal to mail_*.c. */
extern bool mail_grow(const Port *port, void **array, int used, int *room, size_t size);

#endif
