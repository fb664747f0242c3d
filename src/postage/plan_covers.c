/*
 * plan_covers.c: mailroom.choose_covers, documents of one recipient into one cover.
 *
 * The letters are planned as if each went alone; what may share a cover is read afterwards, so that
 * only its members are kept.  The decision is core's (core/mail_covers.h).
 */
#include "postgres.h"

#include "base/port_server.h"
#include "base/statement.h"
#include "catalog/pg_type.h"
#include "core/mail_covers.h"
#include "export.h"
#include "miscadmin.h"
#include "postage/plan_job.h"
#include "postage/postage_result.h"
#include "utils/array.h"
#include "utils/memutils.h"

#define READ_ROWS 1000

enum
{
	MEMBER_ID,
	MEMBER_COUNTRY,
	MEMBER_POSTCODE,
	MEMBER_SHEETS,
	MEMBER_DUE_DAYS,
	MEMBER_STARTS,
	MEMBER_COLUMNS
};

/* Group after group; the household's key alone could, in theory, be equal by chance. */
static Statement read_members =
	STATEMENT("SELECT m.letter_id, m.country, m.postcode, m.sheets, m.due_days, m.place = 1"
			  " FROM (SELECT l.*, pg_catalog.count(*) OVER h AS members,"
			  " pg_catalog.row_number() OVER (h ORDER BY l.letter_id) AS place"
			  " FROM mailroom.letter l"
			  " WHERE l.issuer_id = $1 AND l.mailing_id = $2 AND l.household IS NOT NULL"
			  " WINDOW h AS (PARTITION BY l.household, l.country, l.postcode)) AS m"
			  " WHERE m.members > 1 ORDER BY m.household, m.country, m.postcode, m.letter_id",
			  INT8OID, INT8OID);
static Statement write_covers =
	STATEMENT("UPDATE mailroom.letter l SET cover_id = nullif(c.cover_id, c.letter_id),"
			  " cover_sheets = CASE WHEN c.cover_id = c.letter_id THEN c.sheets END,"
			  " cover_due_days = CASE WHEN c.cover_id = c.letter_id THEN c.due_days END"
			  " FROM ROWS FROM (pg_catalog.unnest($3), pg_catalog.unnest($4),"
			  " pg_catalog.unnest($5), pg_catalog.unnest($6))"
			  " AS c (letter_id, cover_id, sheets, due_days)"
			  " WHERE l.issuer_id = $1 AND l.mailing_id = $2 AND l.letter_id = c.letter_id",
			  INT8OID, INT8OID, INT8ARRAYOID, INT8ARRAYOID, INT4ARRAYOID, INT4ARRAYOID);

MAILROOM_FUNCTION(mailroom_choose_covers);

static void read_groups(PlanJob *job, MailCovers *covers);
static void reset_context(void *host);
static int64 store_covers(PlanJob *job, const MailCovers *covers);
static Jsonb *report_covers(const MailCovers *covers, int64 shared);

/* mailroom.choose_covers(issuer_id, mailing_id, origin_country, currency, on_date, max_sheets) →
 * jsonb, null when no letters may share a cover */
Datum
mailroom_choose_covers(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	Jsonb *report = NULL;
	PlanJob *job;
	MailCovers *covers;
	MemoryContext scratch;
	Port scratch_port;

	SPI_connect();
	job = plan_open(fcinfo, 0);
	plan_count_letters(job, true);
	scratch = AllocSetContextCreate(job->context, "mailroom covers", ALLOCSET_DEFAULT_SIZES);
	scratch_port = postage_port(scratch);
	covers =
		mail_covers_new(&job->port, &scratch_port, reset_context, job->plan, PG_GETARG_INT32(5));
	if (covers == NULL)
		port_raise(PORT_NO_MEMORY, NULL, 0, "covers");
	read_groups(job, covers);
	if (covers->group_count > 0)
	{
		plan_solve(job, NULL);
		plan_raise(job, mail_choose_covers(covers));
		MemoryContextSwitchTo(caller);
		report = report_covers(covers, store_covers(job, covers));
	}
	plan_close(job);
	SPI_finish();
	if (report == NULL)
		PG_RETURN_NULL();
	PG_RETURN_JSONB_P(report);
}

static void
reset_context(void *host)
{
	MemoryContextReset(host);
}

static void
read_groups(PlanJob *job, MailCovers *covers)
{
	Datum arguments[] = {Int64GetDatum(job->scope.issuer_id), Int64GetDatum(job->mailing_id)};
	Portal portal = SPI_cursor_open(NULL, statement_plan(&read_members), arguments, NULL, false);
	uint64 rows;

	do
	{
		SPITupleTable *table;

		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, READ_ROWS);
		table = SPI_tuptable;
		rows = SPI_processed;
		for (uint64 row = 0; row < rows; row++)
		{
			Datum values[MEMBER_COLUMNS];
			bool nulls[MEMBER_COLUMNS];
			text *country, *postcode;
			MailLetter letter = {.postcode = ""};

			heap_deform_tuple(table->vals[row], table->tupdesc, values, nulls);
			country = DatumGetTextPP(values[MEMBER_COUNTRY]);
			letter.country = VARDATA_ANY(country);
			letter.country_length = VARSIZE_ANY_EXHDR(country);
			if (!nulls[MEMBER_POSTCODE])
			{
				postcode = DatumGetTextPP(values[MEMBER_POSTCODE]);
				letter.postcode = VARDATA_ANY(postcode);
				letter.postcode_length = VARSIZE_ANY_EXHDR(postcode);
			}
			letter.sheets = DatumGetInt32(values[MEMBER_SHEETS]);
			letter.due_days = DatumGetInt32(values[MEMBER_DUE_DAYS]);
			plan_raise(job, mail_add_member(covers, DatumGetInt64(values[MEMBER_ID]), &letter,
											DatumGetBool(values[MEMBER_STARTS])));
		}
		SPI_freetuptable(table);
	} while (rows == READ_ROWS);
	SPI_cursor_close(portal);
	plan_raise(job, mail_close_groups(covers));
}

/* Writes the covers of several letters; answers how many letters are in them. */
static int64
store_covers(PlanJob *job, const MailCovers *covers)
{
	MemoryContext old = MemoryContextSwitchTo(job->context);
	Datum *columns[4];
	Datum arguments[6];
	int count = 0;

	for (int i = 0; i < 4; i++)
		columns[i] =
			MemoryContextAllocHuge(job->context, (Size) (covers->member_count + 1) * sizeof(Datum));
	for (int m = 0; m < covers->member_count; m++)
	{
		const MailMember *member = &covers->members[m];

		if (member->cover_members < 2)
			continue;
		columns[0][count] = Int64GetDatum(member->letter_id);
		columns[1][count] = Int64GetDatum(member->cover_id);
		columns[2][count] = Int32GetDatum(member->cover_sheets);
		columns[3][count++] = Int32GetDatum(member->cover_due_days);
	}
	arguments[0] = Int64GetDatum(job->scope.issuer_id);
	arguments[1] = Int64GetDatum(job->mailing_id);
	for (int i = 0; i < 4; i++)
		arguments[i + 2] = PointerGetDatum(
			i < 2 ? construct_array(columns[i], count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
									TYPALIGN_DOUBLE)
				  : construct_array(columns[i], count, INT4OID, sizeof(int32), true, TYPALIGN_INT));
	MemoryContextSwitchTo(old);
	if (count > 0)
		(void) statement_run_by_key(&write_covers, arguments, NULL);
	return count;
}

static Jsonb *
report_covers(const MailCovers *covers, int64 shared)
{
	JsonbInState state = {0};
	int64 heads = 0;

	for (int m = 0; m < covers->member_count; m++)
		if (covers->members[m].cover_members > 1 &&
			covers->members[m].cover_id == covers->members[m].letter_id)
			heads++;
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	postage_push_number(&state, "cost_alone", covers->unmerged_cost);
	postage_push_number(&state, "cost_merged", covers->cost);
	if (covers->lower_bound > 0)
		postage_push_number(&state, "lower_bound", covers->lower_bound);
	postage_push_number(&state, "candidates", covers->member_count);
	postage_push_number(&state, "merged_letters", shared);
	postage_push_number(&state, "covers", heads);
	postage_push_number(&state, "trials", covers->trials);
	pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	return JsonbValueToJsonb(state.result);
}
