/*
 * plan_year.c: what the year brings to a mailing, and the planner's will, into its tariff.
 *
 * Both change the snapshot after it is loaded, so that its fingerprint stays that of the tariffs.
 */
#include "postgres.h"

#include "base/errors.h"
#include "base/port_server.h"
#include "base/statement.h"
#include "catalog/pg_type.h"
#include "postage/plan_job.h"
#include "utils/builtins.h"

static Statement read_bases =
	STATEMENT("SELECT b.kind, b.object, b.carrier, b.base, b.base_money_micro, b.counted,"
			  " coalesce(b.least, 0), coalesce(b.most, -1), b.penalty_micro"
			  " FROM mailroom.mailing_base b WHERE b.issuer_id = $1 AND b.mailing_id = $2"
			  " ORDER BY b.kind, b.object",
			  INT8OID, INT8OID);
static Statement find_members =
	STATEMENT("SELECT EXISTS (SELECT FROM mailroom.hand_in_member h WHERE h.issuer_id = $1"
			  " AND h.mailing_id = $2)",
			  INT8OID, INT8OID);
/* Schemes that count less than all letters of a hand-in, and what the year brings each issuer. */
static Statement read_members_schemes = STATEMENT(
	"SELECT s.scheme, k.issuer_id, coalesce(b.base, 0), coalesce(b.base_money_micro, 0),"
	" CASE WHEN s.counted_per = 'issuer' THEN 1 ELSE 0 END::int8"
	" FROM mailroom.discount_scheme s CROSS JOIN (SELECT h.member_issuer_id AS issuer_id,"
	" min(h.member_no) AS place, (array_agg(h.member_mailing_id ORDER BY h.member_no))[1] AS"
	" mailing_id FROM mailroom.hand_in_member h WHERE h.issuer_id = $1 AND h.mailing_id = $2"
	" GROUP BY 1) k LEFT JOIN mailroom.mailing_base b ON b.issuer_id = k.issuer_id"
	" AND b.mailing_id = k.mailing_id AND b.kind = 'scheme' AND b.object = s.scheme"
	" WHERE (s.counted_per = 'issuer' OR s.own_name_only) AND s.valid_from <= $3"
	" AND (s.valid_to IS NULL OR s.valid_to > $3) ORDER BY s.scheme, k.place",
	INT8OID, INT8OID, DATEOID);
static Statement read_wishes =
	STATEMENT("SELECT w.effect, w.offer, coalesce(w.share_points, 0)::int8, w.wish"
			  " FROM mailroom.wish_offers($1, $2, $3, $4, $5, $6, $7) AS w",
			  INT8OID, INT8OID, TEXTOID, TEXTOID, DATEOID, INT8OID, TEXTOID);
static Statement find_scopes =
	STATEMENT("SELECT EXISTS (SELECT FROM mailroom.mailing_wishes($1, $2, $3) w WHERE w.is_scoped)",
			  INT8OID, INT8OID, DATEOID);

static void apply_base(Tariff *tariff, const char *kind, const char *object, const char *carrier,
					   uint64 row);
static void apply_scope(PlanJob *job, MailScope *scope);
static void apply_wish(PlanJob *job, const char *effect, int offer, int64 points, const char *wish);

void
plan_apply_year(PlanJob *job)
{
	Datum arguments[] = {Int64GetDatum(job->scope.issuer_id), Int64GetDatum(job->mailing_id)};
	bool isnull;
	uint64 rows;

	(void) statement_run(&find_members, arguments, NULL);
	job->is_hand_in = DatumGetBool(statement_value(0, 1, &isnull));
	job->letter_issuer_id = job->scope.issuer_id;
	job->letter_mailing_id = job->mailing_id;
	SPI_freetuptable(SPI_tuptable);
	rows = statement_run(&read_bases, arguments, NULL);
	for (uint64 row = 0; row < rows; row++)
		apply_base(job->plan->tariff, statement_text(row, 1, job->context),
				   statement_text(row, 2, job->context), statement_text(row, 3, job->context), row);
	SPI_freetuptable(SPI_tuptable);
}

static void
apply_base(Tariff *tariff, const char *kind, const char *object, const char *carrier, uint64 row)
{
	int found = strcmp(kind, "scheme") == 0 ? tariff_find_scheme(tariff, object)
				: carrier == NULL			? -1
											: tariff_find_carrier(tariff, carrier);

	if (found < 0)
		return;
	if (strcmp(kind, "scheme") == 0)
	{
		tariff->schemes[found].base = statement_int64(row, 4);
		tariff->schemes[found].base_money = statement_int64(row, 5);
	}
	else if (strcmp(kind, "take-or-pay") == 0)
	{
		TariffCommit commit = {found, statement_int64(row, 4), statement_int64(row, 7),
							   statement_int64(row, 9)};

		if (commit.penalty > 0)
			port_raise(tariff_add_commit(tariff, &commit), NULL, 0, "a tariff");
	}
	else if (statement_int64(row, 8) >= 0 && statement_int64(row, 9) == 0)
	{
		int64 room = Max(statement_int64(row, 8) - statement_int64(row, 6), 0);
		int64_t *most = &tariff->carriers[found].max_mailing;

		*most = *most < 0 ? room : Min(*most, room);
	}
}

void
plan_apply_wishes(PlanJob *job)
{
	Datum arguments[] = {Int64GetDatum(job->scope.issuer_id), Int64GetDatum(job->mailing_id),
						 DateADTGetDatum(job->scope.on_date)};
	bool isnull;

	(void) statement_run(&find_scopes, arguments, NULL);
	job->read_scopes = DatumGetBool(statement_value(0, 1, &isnull));
	SPI_freetuptable(SPI_tuptable);
	apply_scope(job, NULL);
}

void
plan_apply_scopes(PlanJob *job)
{
	for (int i = 1; i < job->plan->scope_count; i++)
		apply_scope(job, &job->plan->scopes[i]);
}

/* Wishes for all letters (NULL), or for those of a scope and for all. */
static void
apply_scope(PlanJob *job, MailScope *scope)
{
	Datum arguments[] = {Int64GetDatum(job->scope.issuer_id),
						 Int64GetDatum(job->mailing_id),
						 CStringGetTextDatum(job->scope.origin),
						 CStringGetTextDatum(job->scope.currency),
						 DateADTGetDatum(job->scope.on_date),
						 Int64GetDatum(job->without_wish),
						 CStringGetTextDatum(scope == NULL ? "" : scope->name)};
	uint64 rows = statement_run(&read_wishes, arguments, NULL);

	for (uint64 row = 0; row < rows; row++)
	{
		const char *effect = statement_text(row, 1, CurrentMemoryContext);
		int offer =
			tariff_find_offer(job->plan->tariff, statement_text(row, 2, CurrentMemoryContext));

		for (; offer >= 0 && offer < POSTAGE_MAX_OFFERS;
			 offer = tariff_next_offer(job->plan->tariff, offer))
			if (scope == NULL)
				apply_wish(job, effect, offer, statement_int64(row, 3),
						   statement_text(row, 4, job->context));
			else if (strcmp(effect, "forbid") == 0)
			{
				scope->forbidden |= UINT64CONST(1) << offer;
				scope->wish = statement_text(row, 4, job->context);
			}
			else if (strcmp(effect, "must-use") == 0)
				scope->must_use |= UINT64CONST(1) << offer;
	}
	SPI_freetuptable(SPI_tuptable);
}

static void
apply_wish(PlanJob *job, const char *effect, int offer, int64 points, const char *wish)
{
	Tariff *tariff = job->plan->tariff;
	bool is_min = strcmp(effect, "min-share") == 0;

	if (strcmp(effect, "forbid") == 0)
		tariff->offers[offer].forbidden = wish;
	else if (strcmp(effect, "must-use") == 0)
		tariff->offers[offer].must_use = true;
	else
	{
		TariffShare *share = tariff_add_share(tariff, wish, is_min ? points : 0,
											  is_min ? TARIFF_WHOLE_PRICE : points);

		if (share == NULL)
			port_raise(PORT_NO_MEMORY, NULL, 0, "a tariff");
		share->offers |= UINT64CONST(1) << offer;
	}
}

void
plan_check_wishes(PlanJob *job)
{
	const MailPlan *plan = job->plan;
	const Tariff *tariff = plan->tariff;
	const char *wish = NULL;
	int64 letters = 0;

	for (int k = 0; k < plan->kind_index.count; k++)
	{
		const MailKind *kind = &plan->kinds[k];
		const int *areas = plan->area_sets + (Size) kind->areas * tariff->coverage_count;
		const char *found = NULL;
		int64_t price;

		for (int o = 0; kind->cell < 0 && found == NULL && o < tariff->offer_count; o++)
			if (tariff->offers[o].days <= kind->due_days &&
				tariff_price(tariff, o, areas[tariff->offers[o].coverage],
							 &plan->shapes[kind->shape], &price))
				found = kind->scope == 0						  ? tariff->offers[o].forbidden
						: mail_is_forbidden(plan, kind->scope, o) ? plan->scopes[kind->scope].wish
																  : NULL;
		if (found == NULL)
			continue;
		wish = wish == NULL ? found : wish;
		letters += kind->letters;
	}
	if (wish != NULL)
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_NOT_COVERED),
						errmsg("cannot plan mailing " INT64_FORMAT
							   " because a wish forbids every offer of " INT64_FORMAT " letters",
							   job->mailing_id, letters),
						errdetail("%s", wish),
						errhint("Change mailroom.postage_wish, then plan the mailing again.")));
}

/* Row of read_members_schemes: does the scheme count each issuer's letters? */
static bool
is_per_issuer(uint64 row)
{
	return statement_int64(row, 5) == 1;
}

static bool
has_stacked_schemes(const Tariff *tariff, int offer)
{
	for (int s = 0; s < tariff->scheme_count; s++)
		if (tariff->schemes[s].multiplies && ((tariff->schemes[s].offers >> offer) & 1))
			return true;
	return false;
}

/*
 * Orders and counting classes are of all issuers: they have no tier of one of them.  Discounts on
 * discounts are known where all of them count the same letters.
 */
static void
refuse_orders(PlanJob *job, uint64 offers)
{
	const Tariff *tariff = job->plan->tariff;

	for (int o = 0; o < tariff->offer_count && o < TARIFF_MOST_OFFERS; o++)
		if (((offers >> o) & 1) &&
			(tariff->offers[o].by_average || tariff->offers[o].min_order > 0 ||
			 mail_has_classes(tariff, o) || has_stacked_schemes(tariff, o)))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot plan hand-in " INT64_FORMAT
							" because offer \"%s\" is priced as one order, counts formats or "
							"regions apart, or has discounts on discounts, and its scheme counts "
							"each issuer's letters",
							job->mailing_id, tariff->offers[o].code),
					 errhint("Leave its carrier out in mailroom.issuer_carrier.")));
}

/*
 * Who counts = issuer: each issuer's letters get the tier that they reach.  What counts the letters
 * in the submitter's own name only, the problem of all letters cannot say.
 */
void
plan_split_issuers(PlanJob *job)
{
	Tariff *tariff = job->plan->tariff;
	Datum arguments[] = {Int64GetDatum(job->scope.issuer_id), Int64GetDatum(job->mailing_id),
						 DateADTGetDatum(job->scope.on_date)};
	uint64 rows = statement_run(&read_members_schemes, arguments, NULL);
	uint64 offers = 0;
	int issuers = 0;
	PortStatus status = PORT_OK;

	for (uint64 row = 0; row < rows; row++)
	{
		int scheme = tariff_find_scheme(tariff, statement_text(row, 1, CurrentMemoryContext));

		if (row == 0 || strcmp(statement_text(row, 1, CurrentMemoryContext),
							   statement_text(0, 1, CurrentMemoryContext)) == 0)
			issuers++;
		if (scheme >= 0 && is_per_issuer(row))
			offers |= tariff->schemes[scheme].offers;
	}
	refuse_orders(job, offers);
	if (offers != 0)
	{
		job->issuer_count = issuers;
		job->issuers = MemoryContextAlloc(job->context, sizeof(int64) * issuers);
		for (int i = 0; i < issuers; i++)
			job->issuers[i] = statement_int64(i, 2);
		status = tariff_split_offers(tariff, offers, issuers);
		if (status == PORT_INVALID)
			ereport(ERROR,
					(errcode(ERRCODE_MAILROOM_PROBLEM_INVALID),
					 errmsg("cannot plan hand-in " INT64_FORMAT
							" of %d issuers because the schemes that count each issuer's letters "
							"make more than %d offers of its %d",
							job->mailing_id, issuers, TARIFF_MOST_OFFERS, tariff->offer_count),
					 errhint("Hand in fewer issuers together, or admit fewer carriers in "
							 "mailroom.issuer_carrier.")));
		port_raise(status, NULL, 0, "a tariff");
	}
	for (uint64 row = 0; row < rows; row++)
	{
		int scheme = tariff_find_scheme(tariff, statement_text(row, 1, CurrentMemoryContext));

		if (scheme >= 0 && is_per_issuer(row) && offers != 0)
			port_raise(tariff_split_scheme(tariff, scheme, (int) (row % issuers) + 1,
										   statement_int64(row, 3), statement_int64(row, 4)),
					   NULL, 0, "a tariff");
		if (scheme >= 0 && row % issuers == issuers - 1)
			tariff->schemes[scheme].offers = 0;
	}
	SPI_freetuptable(SPI_tuptable);
}

int
plan_issuer_group(const PlanJob *job)
{
	int group = 0;

	while (group < job->issuer_count && job->issuers[group] != job->letter_issuer_id)
		group++;
	return group + 1;
}
