/*
 * plan_solve.c: solving the problem of a mailing, its baselines, and both as jsonb.
 */
#include "postgres.h"

#include "base/errors.h"
#include "base/port_server.h"
#include "base/statement.h"
#include "catalog/pg_type.h"
#include "export.h"
#include "postage/plan_job.h"
#include "postage/postage_result.h"
#include "utils/builtins.h"

#define NODE_LIMIT 200000
/* a baseline need not be proven */
#define BASELINE_NODE_LIMIT 64

static Statement find_minima =
	STATEMENT("SELECT g.name, mailroom.unmet_minima($1, $3, $4, $5, $6) FROM mailroom.mailing g"
			  " WHERE g.issuer_id = $1 AND g.mailing_id = $2",
			  INT8OID, INT8OID, TEXTOID, TEXTOID, DATEOID, INT8OID);

static Statement find_wishes = STATEMENT("SELECT mailroom.infeasible_wishes($1, $2, $3, $4, $5)",
										 INT8OID, INT8OID, TEXTOID, TEXTOID, DATEOID, INT8OID);

MAILROOM_FUNCTION(mailroom_build_postage_problem);

pg_noreturn static void refuse_plan(PlanJob *job);
static void push_cells(JsonbInState *state, const MailPlan *plan);
static void push_offers(JsonbInState *state, const MailPlan *plan);
static void push_arcs(JsonbInState *state, const MailPlan *plan);
static void push_groups(JsonbInState *state, const PostageProblem *problem);
static void push_caps(JsonbInState *state, const PostageProblem *problem, int carrier_caps);
static void push_commits(JsonbInState *state, const PostageProblem *problem);
static void push_shares(JsonbInState *state, const PostageProblem *problem);
static void push_baselines(JsonbInState *state, PlanJob *job);
static void push_issuers(JsonbInState *state, const PlanJob *job);
static void push_null(JsonbInState *state);

/* mailroom.build_postage_problem(issuer_id, mailing_id, origin_country, currency, on_date,
 * without_wish) → jsonb */
Datum
mailroom_build_postage_problem(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	PlanJob *job;
	Jsonb *problem, *copy;

	SPI_connect();
	job = plan_open(fcinfo, PG_GETARG_INT64(5));
	plan_count_letters(job, false);
	problem = plan_problem(job);
	copy = MemoryContextAlloc(caller, VARSIZE(problem));
	memcpy(copy, problem, VARSIZE(problem));
	plan_close(job);
	SPI_finish();
	PG_RETURN_JSONB_P(copy);
}

void
plan_solve(PlanJob *job, const int64_t *warm_counts)
{
	MailPlan *plan = job->plan;
	PostageOptions options = {.node_limit = NODE_LIMIT, .warm_counts = warm_counts};
	int64_t nothing = 0;

	if (plan->letters == 0)
		job->solution.counts = &nothing;
	else
	{
		PortStatus status = postage_solve(plan->problem, &options, &job->solution);

		port_raise(status, &plan->problem->fault, ERRCODE_MAILROOM_PROBLEM_INVALID,
				   "postage problem");
		if (job->solution.counts == NULL)
			refuse_plan(job);
	}
	plan_raise(job, mail_take_plan(plan, job->solution.counts));
	if (plan->parts.borne != job->solution.cost || plan->parts.broken > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("postage plan of cost " INT64_FORMAT " has parts that cost " INT64_FORMAT,
						job->solution.cost, plan->parts.borne)));
}

static void
refuse_plan(PlanJob *job)
{
	Datum arguments[] = {
		Int64GetDatum(job->scope.issuer_id),	Int64GetDatum(job->mailing_id),
		CStringGetTextDatum(job->scope.origin), CStringGetTextDatum(job->scope.currency),
		DateADTGetDatum(job->scope.on_date),	Int64GetDatum(job->plan->letters)};
	char *name = NULL;
	char *minima = NULL;
	char *wishes = NULL;

	if (statement_run(&find_wishes, arguments, NULL) > 0)
		wishes = statement_text(0, 1, job->context);
	if (statement_run(&find_minima, arguments, NULL) > 0)
	{
		name = statement_text(0, 1, job->context);
		minima = statement_text(0, 2, job->context);
	}
	ereport(ERROR,
			(errcode(ERRCODE_MAILROOM_NOT_COVERED),
			 errmsg("cannot plan mailing \"%s\" because no plan for its " INT64_FORMAT
					" letters keeps to all minima and limits",
					name == NULL ? "" : name, job->plan->letters),
			 errdetail_internal("%s%s%s%s", minima != NULL ? minima : job->solution.reason,
								wishes == NULL	 ? ""
								: minima != NULL ? " Without one of these there is a plan: "
												 : ". Without one of these there is a plan: ",
								wishes != NULL ? wishes : "", wishes != NULL ? "." : ""),
			 errhint("Admit another carrier in mailroom.issuer_carrier or load its tariff, then "
					 "start the job again with mailroom.retry_job().")));
}

Jsonb *
plan_problem(PlanJob *job)
{
	const MailPlan *plan = job->plan;
	JsonbInState state = {0};

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	postage_push_key(&state, "unit");
	postage_push_text(&state, WJB_VALUE, "micro");
	postage_push_number(&state, "scale", plan->scale);
	postage_push_key(&state, "currency");
	postage_push_text(&state, WJB_VALUE, job->scope.currency);
	postage_push_number(&state, "letters", plan->letters);
	push_cells(&state, plan);
	push_offers(&state, plan);
	push_arcs(&state, plan);
	push_groups(&state, plan->problem);
	push_commits(&state, plan->problem);
	push_caps(&state, plan->problem, plan->carrier_caps);
	push_shares(&state, plan->problem);
	pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	return JsonbValueToJsonb(state.result);
}

static void
push_cells(JsonbInState *state, const MailPlan *plan)
{
	postage_push_key(state, "zones");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int z = 0; z < plan->zone_count; z++)
	{
		int name = plan->zone_names[z];

		pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		postage_push_number(state, "id", z);
		postage_push_key(state, "name");
		postage_push_text(state, WJB_VALUE, name < 0 ? "" : plan->tariff->names[name]);
		pushJsonbValue(state, WJB_END_OBJECT, NULL);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
	postage_push_key(state, "cells");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int c = 0; c < plan->cell_index.count; c++)
	{
		const MailCell *cell = &plan->cells[c];
		const MailKind *kind = &plan->kinds[cell->first_kind];

		pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		postage_push_number(state, "id", c + 1);
		postage_push_number(state, "zone", cell->zone_no);
		postage_push_key(state, "fmt");
		postage_push_text(state, WJB_VALUE, plan->tariff->names[plan->shapes[kind->shape].format]);
		postage_push_number(state, "grams", mail_grams(&plan->shapes[kind->shape]));
		postage_push_number(state, "due", kind->due_days);
		postage_push_number(state, "count", cell->letters);
		if (cell->grams > 0)
			postage_push_number(state, "weight", cell->grams);
		pushJsonbValue(state, WJB_END_OBJECT, NULL);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

static void
push_offers(JsonbInState *state, const MailPlan *plan)
{
	const PostageProblem *problem = plan->problem;

	postage_push_key(state, "offers");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int o = 0; o < problem->offer_count; o++)
	{
		const PostageOffer *offer = &problem->offers[o];

		pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		postage_push_key(state, "id");
		postage_push_text(state, WJB_VALUE, offer->id);
		postage_push_key(state, "op");
		postage_push_text(state, WJB_VALUE, problem->operators[offer->operator_no]);
		postage_push_number(state, "days", plan->tariff->offers[o].days);
		postage_push_number(state, "min_mailing", offer->min_mailing);
		postage_push_number(state, "topup", offer->topup);
		postage_push_number(state, "min_bucket", offer->min_bucket);
		postage_push_number(state, "fixed", offer->fixed);
		if (offer->order != NULL)
		{
			postage_push_key(state, "order");
			postage_push_text(state, WJB_VALUE, offer->order);
			postage_push_number(state, "above", offer->above);
			postage_push_number(state, "upto", offer->upto);
		}
		if (offer->min_order > 0)
			postage_push_number(state, "min_order", offer->min_order);
		if (offer->joint != NULL)
		{
			postage_push_key(state, "joint");
			postage_push_text(state, WJB_VALUE, offer->joint);
		}
		pushJsonbValue(state, WJB_END_OBJECT, NULL);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

static void
push_arcs(JsonbInState *state, const MailPlan *plan)
{
	postage_push_key(state, "arcs");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int c = 0; c < plan->cell_index.count; c++)
		for (int o = 0; o < plan->tariff->offer_count; o++)
		{
			int64 price = mail_list_price(plan, plan->cells[c].vector, o);

			if (price < 0)
				continue;
			pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
			postage_push_number(state, "cell", c + 1);
			postage_push_key(state, "offer");
			postage_push_text(state, WJB_VALUE, plan->tariff->offers[o].id);
			postage_push_number(state, "price", mail_scaled(plan, o, price));
			pushJsonbValue(state, WJB_END_OBJECT, NULL);
		}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

static void
push_offer_set(JsonbInState *state, const PostageProblem *problem, uint64 offers)
{
	postage_push_key(state, "offers");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int o = 0; o < problem->offer_count; o++)
		if ((offers >> o) & 1)
			postage_push_text(state, WJB_ELEM, problem->offers[o].id);
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

static void
push_groups(JsonbInState *state, const PostageProblem *problem)
{
	postage_push_key(state, "groups");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int g = 0; g < problem->group_count; g++)
	{
		const PostageGroup *group = &problem->groups[g];

		pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		postage_push_key(state, "id");
		postage_push_text(state, WJB_VALUE, group->id);
		postage_push_key(state, "mode");
		postage_push_text(state, WJB_VALUE, group->incremental ? "incr" : "all");
		postage_push_number(state, "base", group->base);
		postage_push_number(state, "base_money", group->base_money);
		push_offer_set(state, problem, group->offers);
		postage_push_key(state, "tiers");
		pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
		for (int t = group->first_tier; t < group->first_tier + group->tier_count; t++)
		{
			pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
			postage_push_number(state, "frm", problem->tiers[t].from);
			postage_push_number(state, group->incremental ? "amt" : "bp",
								problem->tiers[t].discount);
			pushJsonbValue(state, WJB_END_OBJECT, NULL);
		}
		pushJsonbValue(state, WJB_END_ARRAY, NULL);
		pushJsonbValue(state, WJB_END_OBJECT, NULL);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

static const char *
first_operator(const PostageProblem *problem, uint64 offers)
{
	int offer = 0;

	while (!((offers >> offer) & 1))
		offer++;
	return problem->operators[problem->offers[offer].operator_no];
}

static void
push_commits(JsonbInState *state, const PostageProblem *problem)
{
	postage_push_key(state, "commits");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int c = 0; c < problem->commit_count; c++)
	{
		const PostageCommit *commit = &problem->commits[c];

		pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		postage_push_key(state, "op");
		postage_push_text(state, WJB_VALUE, first_operator(problem, commit->offers));
		postage_push_number(state, "base", commit->base);
		postage_push_number(state, "min", commit->min);
		postage_push_number(state, "penalty", commit->penalty);
		pushJsonbValue(state, WJB_END_OBJECT, NULL);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

static void
push_shares(JsonbInState *state, const PostageProblem *problem)
{
	postage_push_key(state, "shares");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int s = 0; s < problem->share_count; s++)
	{
		const PostageShare *share = &problem->shares[s];

		pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		postage_push_key(state, "id");
		postage_push_text(state, WJB_VALUE, share->id);
		push_offer_set(state, problem, share->offers);
		postage_push_number(state, "min_bp", share->min_points);
		postage_push_number(state, "max_bp", share->max_points);
		pushJsonbValue(state, WJB_END_OBJECT, NULL);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

static void
push_caps(JsonbInState *state, const PostageProblem *problem, int carrier_caps)
{
	postage_push_key(state, "caps");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int c = 0; c < problem->cap_count; c++)
	{
		const PostageCap *cap = &problem->caps[c];

		pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		if (c < carrier_caps)
		{
			postage_push_key(state, "op");
			postage_push_text(state, WJB_VALUE, first_operator(problem, cap->offers));
		}
		else
		{
			push_offer_set(state, problem, cap->offers);
			postage_push_number(state, "min", cap->min);
		}
		postage_push_number(state, "max", cap->max);
		pushJsonbValue(state, WJB_END_OBJECT, NULL);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

Jsonb *
plan_result(PlanJob *job)
{
	JsonbInState state = {0};
	char hex[HASH_BYTES * 2 + 1];

	for (int i = 0; i < HASH_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", job->fingerprint[i]);
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	if (job->plan->letters > 0)
		postage_push_solution(&state, job->plan->problem, &job->solution);
	else
	{
		postage_push_key(&state, "status");
		postage_push_text(&state, WJB_VALUE, "optimal");
		postage_push_number(&state, "cost", 0);
		postage_push_number(&state, "lower_bound", 0);
		postage_push_number(&state, "gap", 0);
		postage_push_key(&state, "plan");
		pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
		pushJsonbValue(&state, WJB_END_ARRAY, NULL);
		postage_push_key(&state, "certificate");
		push_null(&state);
	}
	postage_push_number(&state, "letters", job->plan->letters);
	plan_push_money(&state, job->plan);
	postage_push_key(&state, "tariff");
	postage_push_text(&state, WJB_VALUE, hex);
	plan_push_parts(&state, &job->plan->parts, job->issuers);
	if (job->issuers != NULL)
		push_issuers(&state, job);
	push_baselines(&state, job);
	pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	return JsonbValueToJsonb(state.result);
}

/* {"issuer_id", "id", "offer"} for each offer that takes one issuer's letters. */
static void
push_issuers(JsonbInState *state, const PlanJob *job)
{
	const Tariff *tariff = job->plan->tariff;

	postage_push_key(state, "issuers");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int o = 0; o < tariff->offer_count; o++)
	{
		if (tariff->offers[o].issuers == 0)
			continue;
		pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		postage_push_number(state, "issuer_id", job->issuers[tariff->offers[o].issuers - 1]);
		postage_push_key(state, "id");
		postage_push_text(state, WJB_VALUE, tariff->offers[o].id);
		postage_push_key(state, "offer");
		postage_push_text(state, WJB_VALUE, tariff->offers[o].code);
		pushJsonbValue(state, WJB_END_OBJECT, NULL);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

void
plan_push_money(JsonbInState *state, const MailPlan *plan)
{
	postage_push_number(state, "scale", plan->scale);
	postage_push_number(state, "net_micro", plan->parts.cost);
	postage_push_number(state, "vat_deductible_points", plan->tariff->vat_deductible);
}

void
plan_push_parts(JsonbInState *state, const MailParts *parts, const int64 *issuers)
{
	static const char *const names[] = {"list",		"fixed",	   "topup", "penalty",
										"discount", "retroactive", "fee",	"broken"};

	postage_push_key(state, "parts");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int p = 0; p < parts->count; p++)
	{
		const MailPart *part = &parts->parts[p];

		pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		postage_push_key(state, "part");
		postage_push_text(state, WJB_VALUE, names[part->kind]);
		if (part->item != NULL)
		{
			postage_push_key(state, "item");
			postage_push_text(state, WJB_VALUE, part->item);
		}
		postage_push_number(state, "letters", part->letters);
		postage_push_number(state, "list_micro", part->list);
		postage_push_number(state, "amount_micro", part->amount);
		if (part->points >= 0)
			postage_push_number(state, "basis_points", part->points);
		if (part->issuers > 0)
			postage_push_number(state, "issuer_id", issuers[part->issuers - 1]);
		pushJsonbValue(state, WJB_END_OBJECT, NULL);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

/* {cost, broken, example}: cost null when not all letters are carried. */
static void
push_cheapest(JsonbInState *state, PlanJob *job, const char *name, uint64 offers)
{
	MailParts parts;
	int64_t letters;
	const char *example = NULL;

	plan_raise(job, mail_price_cheapest(job->plan, offers, &parts, &letters));
	for (int p = 0; p < parts.count; p++)
		if (parts.parts[p].kind == MAIL_PART_BROKEN &&
			(example == NULL || strcmp(parts.parts[p].note, example) < 0))
			example = parts.parts[p].note;
	postage_push_key(state, name);
	pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	postage_push_key(state, "cost");
	if (letters == job->plan->letters)
		postage_push_integer(state, WJB_VALUE, mail_micro(job->plan, parts.borne));
	else
		push_null(state);
	postage_push_number(state, "broken", parts.broken);
	postage_push_key(state, "example");
	if (example != NULL)
		postage_push_text(state, WJB_VALUE, example);
	else
		push_null(state);
	pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

/* Take or pay at the carriers that get nothing. */
static int64
penalties_elsewhere(const MailPlan *plan, int carrier)
{
	int64 penalties = 0;

	for (int i = 0; i < plan->tariff->commit_count; i++)
	{
		const TariffCommit *commit = &plan->tariff->commits[i];

		if (commit->carrier != carrier)
			penalties +=
				(mail_commit_least(plan, commit) - commit->base) * commit->penalty * plan->scale;
	}
	return penalties;
}

/* The cheapest plan found with one carrier alone; -1 when none carries all. */
static int64
best_single_carrier(PlanJob *job, const char **carrier)
{
	MailPlan *plan = job->plan;
	const Tariff *tariff = plan->tariff;
	PostageOptions options = {.node_limit = BASELINE_NODE_LIMIT};
	int64 best = -1;

	for (int c = 0; c < tariff->carrier_count; c++)
	{
		PostageSolution solution;
		PostageProblem *problem;
		bool carries_all = true;

		for (int cell = 0; cell < plan->cell_index.count && carries_all; cell++)
		{
			carries_all = false;
			for (int o = 0; o < tariff->offer_count; o++)
				carries_all =
					carries_all || (tariff->offers[o].carrier == c &&
									mail_list_price(plan, plan->cells[cell].vector, o) >= 0);
		}
		if (!carries_all || plan->letters == 0)
			continue;
		plan_raise(job, mail_make_problem(plan, c, &problem));
		port_raise(postage_solve(problem, &options, &solution), &problem->fault,
				   ERRCODE_MAILROOM_PROBLEM_INVALID, "postage problem");
		if (solution.counts != NULL)
			solution.cost += penalties_elsewhere(plan, c);
		if (solution.counts != NULL && (best < 0 || solution.cost < best))
		{
			best = solution.cost;
			*carrier = tariff->carriers[c].code;
		}
	}
	return best;
}

static void
push_baselines(JsonbInState *state, PlanJob *job)
{
	const Tariff *tariff = job->plan->tariff;
	const char *carrier = NULL;
	uint64 national = 0;
	int64 single;

	for (int o = 0; o < Min(tariff->offer_count, POSTAGE_MAX_OFFERS); o++)
		if (tariff->carriers[tariff->offers[o].carrier].is_national &&
			tariff->offers[o].min_mailing == 0 && tariff->offers[o].min_bundle == 0 &&
			tariff->offers[o].min_order == 0 && !tariff->offers[o].by_average &&
			!mail_is_limited(tariff, o))
			national |= UINT64CONST(1) << o;
	postage_push_key(state, "baselines");
	pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	push_cheapest(state, job, "national_unsorted", national);
	push_cheapest(state, job, "cheapest_list", ~UINT64CONST(0));
	single = best_single_carrier(job, &carrier);
	postage_push_key(state, "single_carrier");
	pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	postage_push_key(state, "cost");
	if (carrier != NULL)
	{
		postage_push_integer(state, WJB_VALUE, mail_micro(job->plan, single));
		postage_push_key(state, "carrier");
		postage_push_text(state, WJB_VALUE, carrier);
	}
	else
		push_null(state);
	pushJsonbValue(state, WJB_END_OBJECT, NULL);
	pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

static void
push_null(JsonbInState *state)
{
	JsonbValue none = {.type = jbvNull};

	pushJsonbValue(state, WJB_VALUE, &none);
}
