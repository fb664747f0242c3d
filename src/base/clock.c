/*
 * clock.c: replaceable clock.
 */
#include "postgres.h"

#include "base/clock.h"

#include "export.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

static bool clock_is_fixed = false;
static TimestampTz clock_fixed_at = 0;

MAILROOM_FUNCTION(mailroom_now);

TimestampTz
clock_now(void)
{
	return clock_is_fixed ? clock_fixed_at : GetCurrentTimestamp();
}

/* mailroom.now() → timestamptz */
Datum
mailroom_now(PG_FUNCTION_ARGS)
{
	PG_RETURN_TIMESTAMPTZ(clock_now());
}

/*
 * Parsed here once, so that clock_now is a comparison.  Only full ISO times with a zone are taken
 * ("2026-11-01T08:00:00Z"): a check hook must not depend on other settings.
 */
static bool
parse_iso_time(const char *text, TimestampTz *result)
{
	int year, month, day, hour, minute, second, used = 0;

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2dZ%n", &year, &month, &day, &hour, &minute, &second,
			   &used) != 6 ||
		used == 0 || text[used] != '\0')
		return false;
	if (month < 1 || month > 12 || day < 1 || day > day_tab[isleap(year)][month - 1] || hour > 23 ||
		minute > 59 || second > 59)
		return false;
	*result = ((int64) (date2j(year, month, day) - POSTGRES_EPOCH_JDATE)) * USECS_PER_DAY +
			  ((hour * 60 + minute) * INT64CONST(60) + second) * USECS_PER_SEC;
	return true;
}

bool
clock_check_text(char **newval, void **extra, GucSource source)
{
	TimestampTz at;

	if ((*newval)[0] == '\0')
		return true;
	if (!parse_iso_time(*newval, &at))
	{
		GUC_check_errdetail("A time looks like \"2026-11-01T08:00:00Z\".");
		return false;
	}
	return true;
}

void
clock_assign_text(const char *newval, void *extra)
{
	clock_is_fixed = newval[0] != '\0' && parse_iso_time(newval, &clock_fixed_at);
}
