/*
 * what_if_postage.c: mailroom.replan_cells, the plan of a mailing under other prices or conditions.
 *
 * Works on the kinds of letters in mailing_cell alone: changes the tariff in memory, prices the
 * kinds anew and solves, beginning with the plan there is.  Nothing is written.
 */
#include "postgres.h"

#include "base/errors.h"
#include "base/port_server.h"
#include "base/statement.h"
#include "catalog/pg_type.h"
#include "export.h"
#include "miscadmin.h"
#include "postage/plan_job.h"
#include "postage/postage_result.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define NODE_LIMIT 20000

/* Letters of the plan there is. */
typedef struct PlannedCell
{
	int kind, offer;
	int64 letters;
} PlannedCell;

static Statement read_cells = STATEMENT(
	"SELECT c.offer, c.zone, c.country, c.postcode, c.format, c.milligrams, c.due_days, c.letters,"
	" c.scope"
	" FROM mailroom.mailing_cell c WHERE c.issuer_id = $1 AND c.mailing_id = $2"
	" ORDER BY c.kind_no, c.offer",
	INT8OID, INT8OID);
static Statement read_carriers =
	STATEMENT("SELECT x.carrier, x.max_mailing, x.closed FROM"
			  " pg_catalog.jsonb_to_recordset(coalesce($1 -> 'carriers', '[]')) AS x (carrier "
			  "text, max_mailing int8, closed bool)",
			  JSONBOID);
static Statement read_wish = STATEMENT("SELECT ($1 ->> 'without_wish')::int8", JSONBOID);
static Statement read_offers =
	STATEMENT("SELECT x.offer, x.days, x.min_mailing, x.topup_micro, x.min_bundle, x.fixed_micro, "
			  "x.closed FROM"
			  " pg_catalog.jsonb_to_recordset(coalesce($1 -> 'offers', '[]')) AS x (offer text, "
			  "days int4, min_mailing int8,"
			  " topup_micro int8, min_bundle int8, fixed_micro int8, closed bool)",
			  JSONBOID);
static Statement read_prices =
	STATEMENT("SELECT x.offer, x.area, x.format, x.up_to_grams, x.price_micro, "
			  "pg_catalog.round(x.percent * 100)::int8 FROM"
			  " pg_catalog.jsonb_to_recordset(coalesce($1 -> 'prices', '[]')) AS x (offer text, "
			  "area text, format text,"
			  " up_to_grams int8, price_micro int8, percent numeric)",
			  JSONBOID);
static Statement read_tiers =
	STATEMENT("SELECT x.scheme, t.\"from\", t.basis_points, t.amount_micro FROM"
			  " ROWS FROM (pg_catalog.jsonb_to_recordset(coalesce($1 -> 'schemes', '[]')) AS "
			  "(scheme text, tiers jsonb)) WITH ORDINALITY AS x (scheme, tiers, n),"
			  " pg_catalog.jsonb_to_recordset(x.tiers) AS t (\"from\" int8, basis_points int8, "
			  "amount_micro int8)"
			  " ORDER BY x.n, t.\"from\"",
			  JSONBOID);

MAILROOM_FUNCTION(mailroom_replan_cells);

static int64 without_wish(Datum changes);
static void change_carriers(Tariff *tariff, Datum changes);
static void change_offers(Tariff *tariff, Datum changes);
static void change_prices(Tariff *tariff, Datum changes);
static void change_schemes(Tariff *tariff, Datum changes);
static PlannedCell *load_cells(PlanJob *job, int *count, int64 *left_out);
static int64_t *warm_counts(const MailPlan *plan, const PlannedCell *cells, int count);
static void push_offers(JsonbInState *state, const MailPlan *plan);
static int64 number_or(uint64 row, int column, int64 otherwise);
pg_noreturn static void refuse_name(const char *what, const char *name);

/* mailroom.replan_cells(issuer_id, mailing_id, origin_country, currency, on_date, changes) → jsonb
 */
Datum
mailroom_replan_cells(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	Datum changes = PG_GETARG_DATUM(5);
	PostageOptions options = {.node_limit = NODE_LIMIT};
	JsonbInState state = {0};
	PlannedCell *cells;
	PlanJob *job;
	Jsonb *result, *copy;
	int64 left_out;
	int count;

	SPI_connect();
	job = plan_open(fcinfo, without_wish(changes));
	if (job->issuers != NULL)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("what-if does not know hand-in " INT64_FORMAT
							   " because its tiers count each issuer's letters",
							   job->mailing_id)));
	change_carriers(job->plan->tariff, changes);
	change_offers(job->plan->tariff, changes);
	change_prices(job->plan->tariff, changes);
	change_schemes(job->plan->tariff, changes);
	cells = load_cells(job, &count, &left_out);
	plan_raise(job, mail_make_problem(job->plan, -1, &job->plan->problem));
	if (job->plan->letters > 0)
	{
		options.warm_counts = warm_counts(job->plan, cells, count);
		port_raise(postage_solve(job->plan->problem, &options, &job->solution),
				   &job->plan->problem->fault, ERRCODE_MAILROOM_PROBLEM_INVALID, "postage problem");
	}
	else
		job->solution.status = POSTAGE_INFEASIBLE;
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	postage_push_outcome(&state, &job->solution);
	postage_push_number(&state, "letters", job->plan->letters);
	postage_push_number(&state, "left_out", left_out);
	if (job->solution.counts != NULL)
	{
		plan_raise(job, mail_take_plan(job->plan, job->solution.counts));
		plan_push_money(&state, job->plan);
		plan_push_parts(&state, &job->plan->parts, NULL);
		push_offers(&state, job->plan);
	}
	pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	result = JsonbValueToJsonb(state.result);
	copy = MemoryContextAlloc(caller, VARSIZE(result));
	memcpy(copy, result, VARSIZE(result));
	plan_close(job);
	SPI_finish();
	PG_RETURN_JSONB_P(copy);
}

/* The key without_wish; 0: none. */
static int64
without_wish(Datum changes)
{
	(void) statement_run(&read_wish, &changes, NULL);
	return number_or(0, 1, 0);
}

static void
close_offer(TariffOffer *offer)
{
	offer->format_count = 0;
}

static void
change_carriers(Tariff *tariff, Datum changes)
{
	uint64 rows = statement_run(&read_carriers, &changes, NULL);

	for (uint64 row = 0; row < rows; row++)
	{
		char *code = statement_text(row, 1, CurrentMemoryContext);
		int carrier = code == NULL ? -1 : tariff_find_carrier(tariff, code);

		if (carrier < 0)
			refuse_name("carrier", code);
		tariff->carriers[carrier].max_mailing =
			number_or(row, 2, tariff->carriers[carrier].max_mailing);
		for (int o = 0; o < tariff->offer_count; o++)
			if (number_or(row, 3, 0) != 0 && tariff->offers[o].carrier == carrier)
				close_offer(&tariff->offers[o]);
	}
	SPI_freetuptable(SPI_tuptable);
}

static void
change_offers(Tariff *tariff, Datum changes)
{
	uint64 rows = statement_run(&read_offers, &changes, NULL);

	for (uint64 row = 0; row < rows; row++)
	{
		char *code = statement_text(row, 1, CurrentMemoryContext);
		int found = code == NULL ? -1 : tariff_find_offer(tariff, code);

		if (found < 0)
			refuse_name("offer", code);
		for (; found >= 0; found = tariff_next_offer(tariff, found))
		{
			TariffOffer *offer = &tariff->offers[found];

			offer->days = (int) number_or(row, 2, offer->days);
			offer->min_mailing = number_or(row, 3, offer->min_mailing);
			offer->topup = number_or(row, 4, offer->topup);
			offer->min_bundle = number_or(row, 5, offer->min_bundle);
			offer->fixed = number_or(row, 6, offer->fixed);
			if (number_or(row, 7, 0) != 0)
				close_offer(offer);
		}
	}
	SPI_freetuptable(SPI_tuptable);
}

static bool
is_named(const char *wanted, const char *name)
{
	return wanted == NULL || strcmp(wanted, name) == 0;
}

/* Rounded half up to the row's unit, as list prices are. */
static int64
raise_by(int64 amount, int64 points, int64 unit)
{
	__int128 raised = (__int128) amount * (TARIFF_WHOLE_PRICE + points);
	__int128 whole = (__int128) unit * TARIFF_WHOLE_PRICE;

	return (int64) ((raised * 2 + whole) / (2 * whole)) * unit;
}

static void
change_prices(Tariff *tariff, Datum changes)
{
	uint64 rows = statement_run(&read_prices, &changes, NULL);

	for (uint64 row = 0; row < rows; row++)
	{
		char *offer = statement_text(row, 1, CurrentMemoryContext);
		char *area = statement_text(row, 2, CurrentMemoryContext);
		char *format = statement_text(row, 3, CurrentMemoryContext);
		int64 up_to = number_or(row, 4, -1);
		int64 price = number_or(row, 5, -1);
		int64 points = number_or(row, 6, PG_INT64_MIN);
		int64 changed = 0;

		if ((price < 0) == (points == PG_INT64_MIN) ||
			(points != PG_INT64_MIN &&
			 (points < -TARIFF_WHOLE_PRICE || points > 100 * TARIFF_WHOLE_PRICE)))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("change %d of prices needs either \"price_micro\", 0 or more, "
								   "or \"percent\", -100 to 10000",
								   (int) row + 1)));
		for (int l = 0; l < tariff->price_list_count; l++)
		{
			const TariffPriceList *list = &tariff->price_lists[l];

			if (!is_named(offer, tariff->offers[list->offer].code) ||
				!is_named(area, tariff->names[list->area]) ||
				!is_named(format, tariff->names[list->format]))
				continue;
			for (int i = list->first; i < list->first + list->count; i++)
			{
				TariffPriceRow *price_row = &tariff->price_rows[i];

				if (up_to >= 0 && price_row->up_to_milligrams != up_to * 1000)
					continue;
				price_row->item_micro =
					price >= 0 ? price
							   : raise_by(price_row->item_micro, points, price_row->unit_micro);
				if (price < 0)
					price_row->rate_micro = raise_by(price_row->rate_micro, points, 1);
				changed++;
			}
		}
		if (changed == 0)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
							errmsg("change %d of prices names no price of the mailing's tariffs",
								   (int) row + 1)));
	}
	SPI_freetuptable(SPI_tuptable);
}

static void
change_schemes(Tariff *tariff, Datum changes)
{
	uint64 rows = statement_run(&read_tiers, &changes, NULL);
	int last = -1;

	for (uint64 row = 0; row < rows; row++)
	{
		char *code = statement_text(row, 1, CurrentMemoryContext);
		int found = code == NULL ? -1 : tariff_find_scheme(tariff, code);
		int column;

		if (found < 0)
			refuse_name("discount scheme", code);
		column = tariff->schemes[found].incremental ? 4 : 3;
		if (number_or(row, column, PG_INT64_MIN) == PG_INT64_MIN)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("tiers of discount scheme \"%s\" are by \"%s\"", code,
								   column == 4 ? "amount_micro" : "basis_points")));
		if (found != last)
			tariff->schemes[found].tier_count = 0;
		last = found;
		port_raise(tariff_add_tier(tariff, found, number_or(row, 2, 0), number_or(row, column, 0)),
				   NULL, 0, "a tariff");
	}
	SPI_freetuptable(SPI_tuptable);
}

static PlannedCell *
load_cells(PlanJob *job, int *count, int64 *left_out)
{
	MailPlan *plan = job->plan;
	Datum arguments[] = {Int64GetDatum(job->scope.issuer_id), Int64GetDatum(job->mailing_id)};
	uint64 rows = statement_run(&read_cells, arguments, NULL);
	PlannedCell *cells =
		MemoryContextAllocHuge(job->context, (Size) Max(rows, 1) * sizeof(PlannedCell));
	MemoryContext work =
		AllocSetContextCreate(job->context, "mailroom what-if row", ALLOCSET_DEFAULT_SIZES);

	for (uint64 row = 0; row < rows; row++)
	{
		char *format, *offer;
		TariffShape shape = {0};
		int kind, scope;

		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(work);
		offer = statement_text(row, 1, work);
		scope = mail_add_scope(plan, statement_text(row, 9, work));
		if (scope < 0)
			port_raise(PORT_NO_MEMORY, NULL, 0, "a mailing");
		format = statement_text(row, 5, work);
		shape.format = tariff_name(plan->tariff, format, strlen(format));
		shape.milligrams = statement_int64(row, 6);
		kind = shape.format < 0
				   ? -1
				   : mail_add_kind(plan, statement_text(row, 2, work), statement_text(row, 3, work),
								   statement_text(row, 4, work), &shape, (int) number_or(row, 7, 0),
								   scope, statement_int64(row, 8));
		if (kind < 0)
			port_raise(PORT_NO_MEMORY, NULL, 0, "a mailing");
		cells[row] =
			(PlannedCell){kind, tariff_find_offer(plan->tariff, offer), statement_int64(row, 8)};
	}
	SPI_freetuptable(SPI_tuptable);
	plan_apply_scopes(job);
	plan_raise(job, mail_make_cells(plan));
	*left_out = 0;
	for (int k = 0; k < plan->kind_index.count; k++)
		if (plan->kinds[k].cell < 0)
			*left_out += plan->kinds[k].letters;
	*count = (int) rows;
	return cells;
}

/* The plan there is, as counts of the new problem's arcs; what no longer fits is left out. */
static int64_t *
warm_counts(const MailPlan *plan, const PlannedCell *cells, int count)
{
	const PostageProblem *problem = plan->problem;
	int64_t *counts = palloc0(sizeof(int64_t) * (problem->arc_count + 1));

	for (int i = 0; i < count; i++)
	{
		int cell = plan->kinds[cells[i].kind].cell;
		int at = cell < 0 ? -1 : postage_find_cell(problem, cell + 1);
		int first = cells[i].offer;

		/* one class of the offer carries the kind */
		for (int o = first; at >= 0 && o >= 0 && o < plan->tariff->offer_count; o++)
		{
			int arc = postage_find_arc(problem, at, o);

			if (plan->tariff->offers[o].base != first)
				break;
			if (arc >= 0)
				counts[arc] += cells[i].letters;
		}
	}
	return counts;
}

static void
push_offers(JsonbInState *state, const MailPlan *plan)
{
	const Tariff *tariff = plan->tariff;

	postage_push_key(state, "offers");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int o = 0; o < tariff->offer_count; o++)
	{
		int64 letters = 0;
		int64 list = 0;

		for (int s = 0; s < plan->share_count; s++)
			if (tariff->offers[plan->shares[s].offer].base == o)
			{
				letters += plan->shares[s].letters;
				list += plan->shares[s].letters *
						mail_list_price(plan, plan->cells[plan->shares[s].cell].vector,
										plan->shares[s].offer);
			}
		if (letters == 0)
			continue;
		pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		postage_push_key(state, "offer");
		postage_push_text(state, WJB_VALUE, tariff->offers[o].code);
		postage_push_key(state, "carrier");
		postage_push_text(state, WJB_VALUE, tariff->carriers[tariff->offers[o].carrier].code);
		postage_push_number(state, "letters", letters);
		postage_push_number(state, "list_micro", list);
		pushJsonbValue(state, WJB_END_OBJECT, NULL);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

/* An integer of any width or a boolean. */
static int64
number_or(uint64 row, int column, int64 otherwise)
{
	bool isnull;
	Datum value = statement_value(row, column, &isnull);

	if (isnull)
		return otherwise;
	switch (SPI_gettypeid(SPI_tuptable->tupdesc, column))
	{
		case BOOLOID:
			return DatumGetBool(value);
		case INT4OID:
			return DatumGetInt32(value);
		default:
			return DatumGetInt64(value);
	}
}

static void
refuse_name(const char *what, const char *name)
{
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
					errmsg("%s \"%s\" is not among the mailing's tariffs", what,
						   name == NULL ? "" : name)));
}
