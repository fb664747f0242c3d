/*
 * plan_job.h: a mailing being planned in the server.
 */
#ifndef POSTAGE_PLAN_JOB_H
#define POSTAGE_PLAN_JOB_H

#include "compat.h"
#include "core/mail_plan.h"
#include "core/postage_solve.h"
#include "executor/spi.h"
#include "postage/tariff_load.h"
#include "utils/jsonb.h"

typedef struct PlanJob
{
	TariffScope scope;
	int64 mailing_id;
	MemoryContext context; /* of everything that the plan needs */
	Port port;
	uint8 fingerprint[HASH_BYTES];
	MailPlan *plan;
	bool read_groups; /* customer groups are asked for with each letter */
	text *groups;	  /* of the letter at hand, separated by 0x1f; NULL: none */
	bool read_scopes; /* wishes bind letters of a template, customer group or cost centre */
	int64 without_wish;
	bool is_hand_in;						   /* of the letters of several members */
	int64 letter_issuer_id, letter_mailing_id; /* of the letter at hand */
	int64 waiting_mailing_id; /* letters of it that may wait so long come along; 0: none */
	int waiting_days;
	int64 *issuers; /* whose letters some offers take apart: group 1, 2 ...; NULL: none do */
	int issuer_count;
	PostageSolution solution; /* status infeasible and no counts before it is solved */
} PlanJob;

/* Arguments issuer_id, mailing_id, origin_country, currency, on_date; connected to SPI.  Leaves the
 * wish without_wish out, 0: none. */
extern PlanJob *plan_open(FunctionCallInfo fcinfo, int64 without_wish);
extern void plan_close(PlanJob *job);

/* What the year brings to the mailing, and the planner's will, into its tariff. */
extern void plan_apply_year(PlanJob *job);
extern void plan_apply_wishes(PlanJob *job);
/* Wishes of the scopes that letters were found to have; before their cells are made. */
extern void plan_apply_scopes(PlanJob *job);
/* Then, for a hand-in: offers whose schemes count each issuer's letters become one an issuer. */
extern void plan_split_issuers(PlanJob *job);
/* Of the letter at hand, from 1. */
extern int plan_issuer_group(const PlanJob *job);
/* Raises MR005 when there are letters that only forbidden offers carry. */
extern void plan_check_wishes(PlanJob *job);

/*
 * Letters into keys, kinds and cells; letters that cannot be sent are left out.  With "correct",
 * when an address is not of its country's form, all are corrected or set aside first.
 */
extern void plan_count_letters(PlanJob *job, bool correct);

typedef void (*TakeLetter)(PlanJob *job, void *state, int64 letter_id, const MailLetter *letter);

/* The letters of the mailing, as they were counted. */
extern void plan_each_letter(PlanJob *job, TakeLetter take, void *state);

/* Solves the problem of the cells; warm_counts as in PostageOptions.  Raises MR005. */
extern void plan_solve(PlanJob *job, const int64_t *warm_counts);
/* The problem as mailroom.solve_postage takes it. */
extern Jsonb *plan_problem(PlanJob *job);
/* Solution, parts, baselines and fingerprint as mailing.plan keeps them. */
extern Jsonb *plan_result(PlanJob *job);
/* The keys scale (so many of the problem's money are a micro unit), net_micro,
 * vat_deductible_points.
 */
extern void plan_push_money(JsonbInState *state, const MailPlan *plan);
/* The key parts: what a cost is made of; issuers by group, where offers tell groups apart. */
extern void plan_push_parts(JsonbInState *state, const MailParts *parts, const int64 *issuers);

extern void plan_raise(PlanJob *job, PortStatus status);

#endif
