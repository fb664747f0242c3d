/*
 * plan_hold.c: a later mailing's problem with the letters of an earlier one that may wait for it.
 *
 * Nothing is moved or written: the letters are read as if they were in both mailings.  What is
 * chosen of them is SQL's business (mailroom.weigh_holding).
 */
#include "postgres.h"

#include "base/port_server.h"
#include "export.h"
#include "funcapi.h"
#include "postage/plan_job.h"
#include "utils/tuplestore.h"

MAILROOM_FUNCTION(mailroom_build_waiting_problem);
MAILROOM_FUNCTION(mailroom_waiting_cells);

static PlanJob *open_waiting(FunctionCallInfo fcinfo);
static void put_cell(PlanJob *job, void *state, int64 letter_id, const MailLetter *letter);

/* mailroom.build_waiting_problem(issuer_id, mailing_id, origin_country, currency, on_date,
 * from_mailing_id, days) → jsonb */
Datum
mailroom_build_waiting_problem(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	PlanJob *job;
	Jsonb *problem, *copy;

	SPI_connect();
	job = open_waiting(fcinfo);
	problem = plan_problem(job);
	copy = MemoryContextAlloc(caller, VARSIZE(problem));
	memcpy(copy, problem, VARSIZE(problem));
	plan_close(job);
	SPI_finish();
	PG_RETURN_JSONB_P(copy);
}

/* mailroom.waiting_cells(the same) → rows (letter_id, cell) of the letters that may wait; of the
 * mailing's own when it is from_mailing_id */
Datum
mailroom_waiting_cells(PG_FUNCTION_ARGS)
{
	PlanJob *job;

	InitMaterializedSRF(fcinfo, 0);
	SPI_connect();
	job = open_waiting(fcinfo);
	plan_each_letter(job, put_cell, fcinfo->resultinfo);
	plan_close(job);
	SPI_finish();
	return (Datum) 0;
}

static PlanJob *
open_waiting(FunctionCallInfo fcinfo)
{
	PlanJob *job = plan_open(fcinfo, 0);

	job->waiting_mailing_id = PG_GETARG_INT64(5);
	job->waiting_days = PG_GETARG_INT32(6);
	plan_count_letters(job, false);
	return job;
}

static void
put_cell(PlanJob *job, void *state, int64 letter_id, const MailLetter *letter)
{
	ReturnSetInfo *result = state;
	const MailPlan *plan = job->plan;
	Datum values[2] = {Int64GetDatum(letter_id)};
	bool nulls[2] = {false, false};
	int key, cell;

	if (job->letter_mailing_id != job->waiting_mailing_id)
		return;
	key = mail_find_key(plan, letter);
	cell = key < 0 ? -1 : plan->kinds[plan->keys[key].kind].cell;
	nulls[1] = cell < 0;
	values[1] = Int32GetDatum(cell + 1);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}
