/*
 * plan_letters.c: mailroom.plan_letters, from letters to the plan and back.
 *
 * Letters are read twice, a thousand at a time and in the order of letter_id: once to count them,
 * once to give each its place in the plan.  What is kept in between grows with destinations.
 */
#include "postgres.h"

#include "base/errors.h"
#include "base/port_server.h"
#include "base/row_batch.h"
#include "base/statement.h"
#include "catalog/pg_type.h"
#include "export.h"
#include "miscadmin.h"
#include "postage/plan_inserts.h"
#include "postage/plan_job.h"
#include "postage/postage_result.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define READ_ROWS 1000

enum
{
	LETTER_ID,
	LETTER_COUNTRY,
	LETTER_POSTCODE,
	LETTER_SHEETS,
	LETTER_DUE_DAYS,
	LETTER_GROUPS,
	LETTER_SCOPE,
	LETTER_ISSUER, /* of a hand-in only */
	LETTER_MAILING,
	LETTER_COLUMNS
};

#define NO_TEXT "NULL::pg_catalog.text"
#define GROUPS                                                                            \
	"(SELECT pg_catalog.string_agg(g.customer_group, E'\\x1f' ORDER BY g.customer_group)" \
	" FROM mailroom.party_group g WHERE g.issuer_id = l.issuer_id"                        \
	" AND g.customer_no = l.customer_no)"
/* By the wishes for the mailing that is planned, whoever's the letter is. */
#define SCOPE "mailroom.letter_scope($1, $2, l.issuer_id, l.mailing_id, l.letter_id)"

#define READ_LETTERS(groups, scope)                                                            \
	STATEMENT("SELECT l.letter_id, l.country, l.postcode, coalesce(l.cover_sheets, l.sheets)," \
			  " coalesce(l.cover_due_days, l.due_days), " groups ", " scope                    \
			  " FROM mailroom.letter l WHERE l.issuer_id = $1 AND l.mailing_id = $2"           \
			  " AND l.cover_id IS NULL ORDER BY l.letter_id",                                  \
			  INT8OID, INT8OID)
#define READ_HAND_IN(scope)                                                                    \
	STATEMENT("SELECT l.letter_id, l.country, l.postcode, coalesce(l.cover_sheets, l.sheets)," \
			  " coalesce(l.cover_due_days, l.due_days), " NO_TEXT ", " scope ", l.issuer_id,"  \
			  " l.mailing_id FROM mailroom.hand_in_member h JOIN mailroom.letter l"            \
			  " ON l.issuer_id = h.member_issuer_id AND l.mailing_id = h.member_mailing_id"    \
			  " WHERE h.issuer_id = $1 AND h.mailing_id = $2 AND l.cover_id IS NULL"           \
			  " ORDER BY h.member_no, l.letter_id",                                            \
			  INT8OID, INT8OID)

static Statement read_letters = READ_LETTERS(NO_TEXT, NO_TEXT);
static Statement read_grouped_letters = READ_LETTERS(GROUPS, NO_TEXT);
static Statement read_scoped_letters = READ_LETTERS(GROUPS, SCOPE);
static Statement read_hand_in = READ_HAND_IN(NO_TEXT);
static Statement read_scoped_hand_in = READ_HAND_IN(SCOPE);
/* Besides its own letters those of an earlier mailing that may wait for it (see plan_hold.c). */
static Statement read_with_waiting =
	STATEMENT("SELECT l.letter_id, l.country, l.postcode, coalesce(l.cover_sheets, l.sheets),"
			  " coalesce(l.cover_due_days, l.due_days), " NO_TEXT ", " SCOPE ", l.issuer_id,"
			  " l.mailing_id FROM mailroom.letter l WHERE l.issuer_id = $1 AND l.mailing_id = $2"
			  " AND l.cover_id IS NULL UNION ALL "
			  "SELECT l.letter_id, l.country, l.postcode, l.sheets, l.due_days - $4, " NO_TEXT
			  ", " SCOPE ", l.issuer_id, l.mailing_id"
			  " FROM mailroom.may_wait($1, $3, $4) w CROSS JOIN LATERAL (SELECT l.*"
			  " FROM mailroom.letter l WHERE l.issuer_id = $1 AND l.mailing_id = $3"
			  " AND l.letter_id = w.letter_id OFFSET 0) AS l WHERE $3 <> $2",
			  INT8OID, INT8OID, INT8OID, INT4OID);
static Statement find_misfit =
	STATEMENT("SELECT mailroom.form_misfits($1, $2)", TEXTARRAYOID, TEXTARRAYOID);
static Statement correct_addresses =
	STATEMENT("SELECT mailroom.set_aside_misaddressed($1, $2)", INT8OID, INT8OID);
static Statement count_notice =
	STATEMENT("SELECT mailroom.working_days_between(g.origin_country,"
			  " (g.created_at AT TIME ZONE i.time_zone)::pg_catalog.date, g.hand_in_date)"
			  " FROM mailroom.mailing g JOIN mailroom.issuer i ON i.issuer_id = g.issuer_id"
			  " WHERE g.issuer_id = $1 AND g.mailing_id = $2",
			  INT8OID, INT8OID);
static Statement set_aside =
	STATEMENT("SELECT mailroom.set_aside_uncovered($1, $2, $3, $4, $5, $6, $7)", INT8OID, INT8OID,
			  TEXTARRAYOID, TEXTARRAYOID, INT4ARRAYOID, INT4ARRAYOID, TEXTARRAYOID);
static Statement price_plan =
	STATEMENT("SELECT (p ->> 'cost')::pg_catalog.int8, (p ->> 'feasible')::pg_catalog.bool,"
			  " p #>> '{broken,0}' FROM mailroom.price_postage_plan($1, $2 -> 'plan') AS p",
			  JSONBOID, JSONBOID);

static const RowColumn posting_columns[] = {
	{"issuer_id", INT8OID},	  {"mailing_id", INT8OID}, {"letter_id", INT8OID},
	{"grams", INT4OID},		  {"format", TEXTOID},	   {"zone", TEXTOID},
	{"offer", TEXTOID},		  {"list_micro", INT8OID}, {"discount_micro", INT8OID},
	{"price_micro", INT8OID}, {"bundle_no", INT4OID},  {"sequence_no", INT8OID},
	{"insert_no", INT4OID},
};
static const RowColumn cell_columns[] = {
	{"issuer_id", INT8OID},	 {"mailing_id", INT8OID},	  {"kind_no", INT4OID},
	{"offer", TEXTOID},		 {"cell_no", INT4OID},		  {"zone", TEXTOID},
	{"country", TEXTOID},	 {"postcode", TEXTOID},		  {"format", TEXTOID},
	{"milligrams", INT8OID}, {"due_days", INT4OID},		  {"letters", INT8OID},
	{"list_micro", INT8OID}, {"discount_micro", INT8OID}, {"scope", TEXTOID},
};

/* Values that many rows share, made once. */
typedef struct PostingWriter
{
	RowBatch *batch;
	Datum *names;  /* of tariff names, 0: not made yet */
	Datum *offers; /* codes */
	PlanInserts *inserts;
	int64 written;
} PostingWriter;

MAILROOM_FUNCTION(mailroom_plan_letters);
MAILROOM_FUNCTION(mailroom_plain_postcode);

static void close_unnoticed(PlanJob *job, Tariff *tariff);
static void count_letter(PlanJob *job, void *state, int64 letter_id, const MailLetter *letter);
static void post_letter(PlanJob *job, void *state, int64 letter_id, const MailLetter *letter);
static void count_places(PlanJob *job);
static bool is_misaddressed(PlanJob *job);
static void set_aside_uncovered(PlanJob *job);
static void check_cost(PlanJob *job, Jsonb *result);
static void start_writer(PlanJob *job, PostingWriter *writer);
static void write_cells(PlanJob *job, const PostingWriter *writer);

/* mailroom.plan_letters(issuer_id, mailing_id, origin_country, currency, on_date) → jsonb */
Datum
mailroom_plan_letters(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	PlanJob *job;
	PostingWriter writer;
	Jsonb *result;

	SPI_connect();
	job = plan_open(fcinfo, 0);
	plan_count_letters(job, true);
	set_aside_uncovered(job);
	plan_solve(job, NULL);
	result = plan_result(job);
	check_cost(job, result);
	plan_raise(job, mail_spread(job->plan));
	start_writer(job, &writer);
	plan_each_letter(job, post_letter, &writer);
	row_batch_close(writer.batch);
	if (writer.written != job->plan->letters)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("letters changed while their mailing was planned"),
				 errdetail("The plan is for " INT64_FORMAT " letters, there are " INT64_FORMAT ".",
						   job->plan->letters, writer.written),
				 errhint("Plan the mailing again.")));
	write_cells(job, &writer);
	if (writer.inserts != NULL)
		plan_store_inserts(writer.inserts);
	{
		Jsonb *copy = MemoryContextAlloc(caller, VARSIZE(result));

		memcpy(copy, result, VARSIZE(result));
		result = copy;
	}
	plan_close(job);
	SPI_finish();
	PG_RETURN_JSONB_P(result);
}

/* mailroom.plain_postcode(country, postcode) → text; null is empty */
Datum
mailroom_plain_postcode(PG_FUNCTION_ARGS)
{
	text *country = PG_ARGISNULL(0) ? cstring_to_text("") : PG_GETARG_TEXT_PP(0);
	text *postcode = PG_ARGISNULL(1) ? cstring_to_text("") : PG_GETARG_TEXT_PP(1);
	text *plain = palloc(VARHDRSZ + VARSIZE_ANY_EXHDR(postcode));
	size_t length =
		tariff_plain_postcode(VARDATA_ANY(country), VARSIZE_ANY_EXHDR(country),
							  VARDATA_ANY(postcode), VARSIZE_ANY_EXHDR(postcode), VARDATA(plain));

	SET_VARSIZE(plain, VARHDRSZ + length);
	PG_RETURN_TEXT_P(plain);
}

PlanJob *
plan_open(FunctionCallInfo fcinfo, int64 without_wish)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "mailroom plan", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	PlanJob *job = palloc0(sizeof(PlanJob));
	Tariff *tariff;

	job->context = context;
	job->port = postage_port(context);
	job->scope.issuer_id = PG_GETARG_INT64(0);
	job->mailing_id = PG_GETARG_INT64(1);
	job->scope.origin = text_to_cstring(PG_GETARG_TEXT_PP(2));
	job->scope.currency = text_to_cstring(PG_GETARG_TEXT_PP(3));
	job->scope.on_date = PG_GETARG_DATEADT(4);
	tariff = tariff_load(&job->port, &job->scope, job->fingerprint);
	close_unnoticed(job, tariff);
	job->plan = mail_plan_new(&job->port, tariff, job->scope.origin);
	if (job->plan == NULL)
		port_raise(PORT_NO_MEMORY, NULL, 0, "a mailing");
	job->without_wish = without_wish;
	plan_apply_year(job);
	plan_apply_wishes(job);
	if (job->is_hand_in)
		plan_split_issuers(job);
	MemoryContextSwitchTo(old);
	return job;
}

/* A mailing that was opened too late for the carrier's notice cannot use the offer. */
static void
close_unnoticed(PlanJob *job, Tariff *tariff)
{
	Datum arguments[] = {Int64GetDatum(job->scope.issuer_id), Int64GetDatum(job->mailing_id)};
	int most = 0;
	int ahead;
	bool isnull;

	for (int o = 0; o < tariff->offer_count; o++)
		most = Max(most, tariff->offers[o].notice_days);
	if (most == 0 || statement_run(&count_notice, arguments, NULL) == 0)
		return;
	ahead = DatumGetInt32(statement_value(0, 1, &isnull));
	for (int o = 0; o < tariff->offer_count; o++)
		if (tariff->offers[o].notice_days > ahead && tariff->offers[o].refusal == NULL)
			tariff->offers[o].refusal = psprintf(
				"wants notice %d working days before hand-in, the mailing was opened %d before",
				tariff->offers[o].notice_days, ahead);
}

void
plan_close(PlanJob *job)
{
	MemoryContextDelete(job->context);
}

void
plan_raise(PlanJob *job, PortStatus status)
{
	port_raise(status, &job->plan->fault, ERRCODE_MAILROOM_PROBLEM_INVALID, "postage problem");
}

void
plan_count_letters(PlanJob *job, bool correct)
{
	count_places(job);
	if (correct && !job->is_hand_in && is_misaddressed(job))
	{
		Datum arguments[] = {Int64GetDatum(job->scope.issuer_id), Int64GetDatum(job->mailing_id)};
		MemoryContext old;

		statement_run(&correct_addresses, arguments, NULL);
		old = MemoryContextSwitchTo(job->context);
		job->plan = mail_plan_new(&job->port, job->plan->tariff, job->scope.origin);
		if (job->plan == NULL)
			port_raise(PORT_NO_MEMORY, NULL, 0, "a mailing");
		MemoryContextSwitchTo(old);
		count_places(job);
	}
	plan_apply_scopes(job);
	plan_raise(job, mail_make_kinds(job->plan));
	plan_raise(job, mail_make_cells(job->plan));
	plan_raise(job, mail_make_problem(job->plan, -1, &job->plan->problem));
}

static void
count_places(PlanJob *job)
{
	plan_each_letter(job, count_letter, NULL);
	plan_raise(job, mail_make_keys(job->plan));
}

/* By the form of postcodes alone; each destination once. */
static bool
is_misaddressed(PlanJob *job)
{
	const MailPlan *plan = job->plan;
	int count = plan->place_index.count;
	MemoryContext work =
		AllocSetContextCreate(job->context, "mailroom addresses", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(work);
	Datum *values[2];
	Datum arguments[2];
	bool isnull, found;

	for (int i = 0; i < 2; i++)
		values[i] = MemoryContextAllocHuge(work, (Size) Max(count, 1) * sizeof(Datum));
	for (int i = 0; i < count; i++)
	{
		values[0][i] = CStringGetTextDatum(plan->places[i].country);
		values[1][i] = CStringGetTextDatum(plan->places[i].code);
	}
	for (int i = 0; i < 2; i++)
		arguments[i] =
			PointerGetDatum(construct_array(values[i], count, TEXTOID, -1, false, TYPALIGN_INT));
	MemoryContextSwitchTo(old);
	statement_run(&find_misfit, arguments, NULL);
	found = DatumGetBool(statement_value(0, 1, &isnull));
	MemoryContextDelete(work);
	return found && !isnull;
}

void
plan_each_letter(PlanJob *job, TakeLetter take, void *state)
{
	Datum arguments[] = {Int64GetDatum(job->scope.issuer_id), Int64GetDatum(job->mailing_id),
						 Int64GetDatum(job->waiting_mailing_id), Int32GetDatum(job->waiting_days)};
	Statement *letters = job->is_hand_in && job->read_scopes ? &read_scoped_hand_in
						 : job->is_hand_in					 ? &read_hand_in
						 : job->waiting_mailing_id != 0		 ? &read_with_waiting
						 : job->read_scopes					 ? &read_scoped_letters
						 : job->read_groups					 ? &read_grouped_letters
															 : &read_letters;
	Portal portal = SPI_cursor_open(NULL, statement_plan(letters), arguments, NULL, false);

	for (;;)
	{
		SPITupleTable *table;
		uint64 rows;

		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, READ_ROWS);
		table = SPI_tuptable;
		rows = SPI_processed;
		for (uint64 row = 0; row < rows; row++)
		{
			Datum values[LETTER_COLUMNS];
			bool nulls[LETTER_COLUMNS];
			text *country, *postcode;
			MailLetter letter;

			heap_deform_tuple(table->vals[row], table->tupdesc, values, nulls);
			country = DatumGetTextPP(values[LETTER_COUNTRY]);
			postcode = nulls[LETTER_POSTCODE] ? NULL : DatumGetTextPP(values[LETTER_POSTCODE]);
			letter.country = VARDATA_ANY(country);
			letter.country_length = VARSIZE_ANY_EXHDR(country);
			letter.postcode = postcode == NULL ? "" : VARDATA_ANY(postcode);
			letter.postcode_length = postcode == NULL ? 0 : VARSIZE_ANY_EXHDR(postcode);
			letter.sheets = DatumGetInt32(values[LETTER_SHEETS]);
			letter.due_days = DatumGetInt32(values[LETTER_DUE_DAYS]);
			letter.scope =
				nulls[LETTER_SCOPE]
					? 0
					: mail_add_scope(job->plan, TextDatumGetCString(values[LETTER_SCOPE]));
			if (letter.scope < 0)
				port_raise(PORT_NO_MEMORY, NULL, 0, "a mailing");
			job->groups = nulls[LETTER_GROUPS] ? NULL : DatumGetTextPP(values[LETTER_GROUPS]);
			if (job->is_hand_in || job->waiting_mailing_id != 0)
			{
				job->letter_issuer_id = DatumGetInt64(values[LETTER_ISSUER]);
				job->letter_mailing_id = DatumGetInt64(values[LETTER_MAILING]);
			}
			letter.issuers = job->issuers == NULL ? 0 : plan_issuer_group(job);
			take(job, state, DatumGetInt64(values[LETTER_ID]), &letter);
		}
		SPI_freetuptable(table);
		if (rows < READ_ROWS)
			break;
	}
	SPI_cursor_close(portal);
}

static void
count_letter(PlanJob *job, void *state, int64 letter_id, const MailLetter *letter)
{
	PortStatus status = mail_count_letter(job->plan, letter);

	if (status != PORT_OK)
		plan_raise(job, status);
}

/* Keys without an offer: their letters leave the mailing, with the reason. */
static void
set_aside_uncovered(PlanJob *job)
{
	MailPlan *plan = job->plan;
	Datum *values[5];
	Datum arguments[7];
	int count = 0;
	int room = 0;

	for (int k = 0; k < plan->key_index.count; k++)
		if (plan->kinds[plan->keys[k].kind].cell < 0)
			room++;
	if (room == 0)
		return;
	plan_check_wishes(job);
	for (int i = 0; i < 5; i++)
		values[i] = MemoryContextAllocHuge(job->context, (Size) room * sizeof(Datum));
	for (int k = 0; k < plan->key_index.count; k++)
	{
		const MailKey *key = &plan->keys[k];
		const MailPlace *place = &plan->places[key->place];
		const TariffShape *shape = &plan->shapes[plan->kinds[key->kind].shape];
		char reason[200];

		if (plan->kinds[key->kind].cell >= 0)
			continue;
		mail_explain_refusal(plan, key, reason, sizeof(reason));
		values[0][count] = CStringGetTextDatum(place->country);
		values[1][count] = CStringGetTextDatum(place->postcode);
		values[2][count] = Int32GetDatum(key->sheets);
		values[3][count] = Int32GetDatum(key->due_days);
		values[4][count++] = CStringGetTextDatum(
			shape->format < 0 ? psprintf(": %s", reason)
							  : psprintf(", %d g: %s", mail_grams(shape), reason));
	}
	arguments[0] = Int64GetDatum(job->scope.issuer_id);
	arguments[1] = Int64GetDatum(job->mailing_id);
	for (int i = 0; i < 5; i++)
		arguments[i + 2] = PointerGetDatum(
			i == 2 || i == 3
				? construct_array(values[i], count, INT4OID, sizeof(int32), true, TYPALIGN_INT)
				: construct_array(values[i], count, TEXTOID, -1, false, TYPALIGN_INT));
	statement_run(&set_aside, arguments, NULL);
}

/* The cost once more, by SQL that shares nothing with the solver or the parts. */
static void
check_cost(PlanJob *job, Jsonb *result)
{
	Datum arguments[] = {JsonbPGetDatum(plan_problem(job)), JsonbPGetDatum(result)};
	bool no_cost, no_feasible;
	Datum feasible;
	int64 cost;

	statement_run(&price_plan, arguments, NULL);
	cost = DatumGetInt64(statement_value(0, 1, &no_cost));
	feasible = statement_value(0, 2, &no_feasible);
	if (no_cost || no_feasible || !DatumGetBool(feasible) || cost != job->plan->parts.borne)
	{
		char *broken = statement_text(0, 3, job->context);

		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
						errmsg("postage plan of cost " INT64_FORMAT " is priced at " INT64_FORMAT,
							   job->plan->parts.borne, cost),
						errdetail("%s", broken == NULL ? "No rule is broken." : broken)));
	}
}

static void
start_writer(PlanJob *job, PostingWriter *writer)
{
	const Tariff *tariff = job->plan->tariff;
	MemoryContext old = MemoryContextSwitchTo(job->context);

	writer->written = 0;
	writer->inserts = job->is_hand_in ? NULL : plan_open_inserts(job);
	writer->batch =
		row_batch_open("mailroom.letter_postage", posting_columns, lengthof(posting_columns));
	writer->names = palloc(sizeof(Datum) * (tariff->name_count + 1));
	writer->offers = palloc(sizeof(Datum) * (tariff->offer_count + 1));
	for (int i = 0; i < tariff->name_count; i++)
		writer->names[i] = CStringGetTextDatum(tariff->names[i]);
	for (int i = 0; i < tariff->offer_count; i++)
		writer->offers[i] = CStringGetTextDatum(tariff->offers[i].code);
	MemoryContextSwitchTo(old);
}

static void
post_letter(PlanJob *job, void *state, int64 letter_id, const MailLetter *letter)
{
	PostingWriter *writer = state;
	RowBatch *batch = writer->batch;
	MailPosting posting;
	const TariffShape *shape;
	int grams, insert_no;

	if (!mail_next_letter(job->plan, letter, &posting))
		ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
						errmsg("letters changed while their mailing was planned"),
						errdetail("The plan has no place for letter " INT64_FORMAT ".", letter_id),
						errhint("Plan the mailing again.")));
	shape = &job->plan->shapes[posting.kind->shape];
	grams = mail_grams(shape);
	insert_no =
		writer->inserts == NULL ? 0 : plan_take_inserts(writer->inserts, letter, &posting, &grams);
	row_batch_start(batch);
	row_batch_set(batch, 0, Int64GetDatum(job->letter_issuer_id));
	row_batch_set(batch, 1, Int64GetDatum(job->letter_mailing_id));
	row_batch_set(batch, 2, Int64GetDatum(letter_id));
	row_batch_set(batch, 3, Int32GetDatum(grams));
	row_batch_set(batch, 4, writer->names[shape->format]);
	row_batch_set(batch, 5, writer->names[posting.kind->zone]);
	row_batch_set(batch, 6, writer->offers[posting.run->offer]);
	row_batch_set(batch, 7, Int64GetDatum(posting.list));
	row_batch_set(batch, 8, Int64GetDatum(posting.run->discount));
	row_batch_set(batch, 9, Int64GetDatum(posting.list - posting.run->discount));
	row_batch_set(batch, 10, Int32GetDatum(posting.bundle_no));
	row_batch_set(batch, 11, Int64GetDatum(posting.sequence_no));
	if (insert_no > 0)
		row_batch_set(batch, 12, Int32GetDatum(insert_no));
	writer->written++;
	if (row_batch_end(batch))
		row_batch_flush(batch);
}

/* The plan by kind and offer: what reports and mailroom.what_if_postage read instead of letters. */
static void
write_cells(PlanJob *job, const PostingWriter *writer)
{
	const MailPlan *plan = job->plan;
	MemoryContext old = MemoryContextSwitchTo(job->context);
	RowBatch *batch = row_batch_open("mailroom.mailing_cell", cell_columns, lengthof(cell_columns));

	MemoryContextSwitchTo(old);
	for (int f = 0; f < plan->flow_count; f++)
	{
		const MailFlow *flow = &plan->flows[f];
		const MailKind *kind = &plan->kinds[flow->kind];
		const MailPlace *place = &plan->places[kind->first_place];
		const TariffShape *shape = &plan->shapes[kind->shape];

		CHECK_FOR_INTERRUPTS();
		old = MemoryContextSwitchTo(row_batch_context(batch));
		row_batch_start(batch);
		row_batch_set(batch, 0, Int64GetDatum(job->scope.issuer_id));
		row_batch_set(batch, 1, Int64GetDatum(job->mailing_id));
		row_batch_set(batch, 2, Int32GetDatum(flow->kind + 1));
		row_batch_set(batch, 3, writer->offers[flow->offer]);
		row_batch_set(batch, 4, Int32GetDatum(kind->cell + 1));
		row_batch_set(batch, 5, writer->names[kind->zone]);
		row_batch_set(batch, 6, CStringGetTextDatum(place->country));
		row_batch_set(batch, 7, CStringGetTextDatum(place->code));
		row_batch_set(batch, 8, writer->names[shape->format]);
		row_batch_set(batch, 9, Int64GetDatum(shape->milligrams));
		row_batch_set(batch, 10, Int32GetDatum(kind->due_days));
		row_batch_set(batch, 11, Int64GetDatum(flow->letters));
		row_batch_set(
			batch, 12,
			Int64GetDatum(flow->letters * mail_list_price(plan, kind->vector, flow->offer)));
		row_batch_set(batch, 13, Int64GetDatum(flow->discount));
		row_batch_set(batch, 14,
					  CStringGetTextDatum(kind->scope == 0 ? "" : plan->scopes[kind->scope].name));
		MemoryContextSwitchTo(old);
		if (row_batch_end(batch))
			row_batch_flush(batch);
	}
	row_batch_close(batch);
}
