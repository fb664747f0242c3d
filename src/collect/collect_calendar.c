/*
 * collect_calendar.c: working days and holidays for SQL.  The rules are in core/calendar.c.
 */
#include "postgres.h"

#include "core/calendar.h"
#include "export.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/tuplestore.h"

MAILROOM_FUNCTION(mailroom_add_working_days);
MAILROOM_FUNCTION(mailroom_count_working_days);
MAILROOM_FUNCTION(mailroom_roll_to_working_day);
MAILROOM_FUNCTION(mailroom_list_holidays);
MAILROOM_FUNCTION(mailroom_find_easter);

static int find_calendar(text *name);
pg_noreturn static void raise_out_of_years(DateADT day);

/* mailroom.add_working_days(calendar text, start date, days integer) → date */
Datum
mailroom_add_working_days(PG_FUNCTION_ARGS)
{
	int calendar = find_calendar(PG_GETARG_TEXT_PP(0));
	DateADT start = PG_GETARG_DATEADT(1);
	int32 result;

	if (!calendar_add_working_days(calendar, start, PG_GETARG_INT32(2), &result))
		raise_out_of_years(start);
	PG_RETURN_DATEADT(result);
}

/* mailroom.count_working_days(calendar text, after date, until date) → integer */
Datum
mailroom_count_working_days(PG_FUNCTION_ARGS)
{
	int calendar = find_calendar(PG_GETARG_TEXT_PP(0));
	DateADT after = PG_GETARG_DATEADT(1);
	int32 result;

	if (!calendar_count_working_days(calendar, after, PG_GETARG_DATEADT(2), &result))
		raise_out_of_years(after);
	PG_RETURN_INT32(result);
}

/* mailroom.roll_to_working_day(calendar text, day date, convention text) → date */
Datum
mailroom_roll_to_working_day(PG_FUNCTION_ARGS)
{
	int calendar = find_calendar(PG_GETARG_TEXT_PP(0));
	DateADT day = PG_GETARG_DATEADT(1);
	char *convention = text_to_cstring(PG_GETARG_TEXT_PP(2));
	bool modified = strcmp(convention, "modified_following") == 0;
	bool forward = modified || strcmp(convention, "following") == 0;
	int32 result;

	if (!forward && strcmp(convention, "preceding") != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("rolling convention \"%s\" does not exist", convention),
						errhint("Conventions are: following, modified_following, preceding.")));
	if (!calendar_roll(calendar, day, forward, &result))
		raise_out_of_years(day);
	if (modified)
	{
		int year, month, mday, month_before;

		calendar_date(day, &year, &month_before, &mday);
		calendar_date(result, &year, &month, &mday);
		if (month != month_before && !calendar_roll(calendar, day, false, &result))
			raise_out_of_years(day);
	}
	PG_RETURN_DATEADT(result);
}

/* mailroom.list_holidays(calendar text, year integer) → set of (day, name, kind) */
Datum
mailroom_list_holidays(PG_FUNCTION_ARGS)
{
	int calendar = find_calendar(PG_GETARG_TEXT_PP(0));
	int year = PG_GETARG_INT32(1);
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	Holiday holidays[CALENDAR_MAX_HOLIDAYS];
	int count;

	if (year < CALENDAR_FIRST_YEAR || year > CALENDAR_LAST_YEAR)
		raise_out_of_years(calendar_day(Max(Min(year, 9999), 1), 1, 1));
	InitMaterializedSRF(fcinfo, 0);
	count = calendar_holidays(calendar, year, holidays);
	for (int i = 0; i < count; i++)
	{
		Datum values[3] = {DateADTGetDatum(holidays[i].day), CStringGetTextDatum(holidays[i].name),
						   CStringGetTextDatum(holidays[i].kind)};
		bool nulls[3] = {false, false, false};

		tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* mailroom.find_easter(year integer, orthodox boolean) → date */
Datum
mailroom_find_easter(PG_FUNCTION_ARGS)
{
	int year = PG_GETARG_INT32(0);

	/* from the Gregorian reform to where the server's own dates are printed with four digits */
	if (year < 1583 || year > 9999)
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("Easter is known for the years 1583 to 9999, not %d", year)));
	PG_RETURN_DATEADT(calendar_easter(year, PG_GETARG_BOOL(1)));
}

static int
find_calendar(text *name)
{
	char *text_name = text_to_cstring(name);
	int calendar = calendar_find(text_name);

	if (calendar < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("calendar \"%s\" does not exist", text_name),
						errhint("Calendars are NO, SE, FI, PL and RO, each also with \":bank\".")));
	pfree(text_name);
	return calendar;
}

static void
raise_out_of_years(DateADT day)
{
	ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
					errmsg("working days are known for the years %d to %d", CALENDAR_FIRST_YEAR,
						   CALENDAR_LAST_YEAR),
					DATE_NOT_FINITE(day)
						? 0
						: errdetail("The start is %s.", DatumGetCString(DirectFunctionCall1(
															date_out, DateADTGetDatum(day))))));
}
