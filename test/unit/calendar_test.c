/*
 * calendar_test.c: dates, Easter, holidays and working days as properties over all years.
 */
#include "check.h"
#include "core/calendar.h"

static const char *const names[] = {"NO", "SE", "FI", "PL", "RO", "NO:bank", "SE:bank", "FI:bank", "PL:bank", "RO:bank"};

static void
test_dates(void)
{
	int32_t day = calendar_day(1583, 1, 1);
	int last_year = 1583, last_month = 1, last_mday = 0;

	CHECK(calendar_day(2000, 1, 1) == 0 && calendar_day(2000, 3, 1) == 60 && calendar_day(1999, 12, 31) == -1);
	for (; day < calendar_day(2200, 1, 1); day++)
	{
		int year, month, mday;

		calendar_date(day, &year, &month, &mday);
		CHECK(calendar_day(year, month, mday) == day);
		CHECK(mday == last_mday + 1 || (mday == 1 && month == last_month + 1) || (mday == 1 && month == 1 && year == last_year + 1));
		last_year = year;
		last_month = month;
		last_mday = mday;
	}
}

static void
test_easter(void)
{
	for (int year = 1900; year < 2200; year++)
	{
		int32_t western = calendar_easter(year, false), orthodox = calendar_easter(year, true);
		int32_t apart = orthodox - western;

		CHECK(((western % 7) + 7) % 7 == 1 && ((orthodox % 7) + 7) % 7 == 1);
		CHECK(apart == 0 || apart == 7 || apart == 28 || apart == 35);
	}
	CHECK(calendar_easter(2026, false) == calendar_day(2026, 4, 5) && calendar_easter(2026, true) == calendar_day(2026, 4, 12));
}

/* Against counting one by one: a day is open when the count over it is one. */
static void
test_working_days(void)
{
	for (int c = 0; c < 10; c++)
	{
		int calendar = calendar_find(names[c]);
		int32_t start = calendar_day(2023, 12, 1);

		CHECK(calendar == c);
		for (int32_t day = start; day < start + 800; day += 3)
		{
			int32_t result, back, rolled, open, walked = day;
			int left = 1 + (day - start) % 40;

			CHECK(calendar_add_working_days(calendar, day, left, &result));
			while (left > 0)
			{
				walked++;
				CHECK(calendar_count_working_days(calendar, walked - 1, walked, &open) && (open == 0 || open == 1));
				left -= open;
			}
			CHECK(walked == result);
			CHECK(calendar_roll(calendar, result, true, &rolled) && rolled == result);
			CHECK(calendar_roll(calendar, result, false, &rolled) && rolled == result);
			CHECK(calendar_add_working_days(calendar, result, -1, &back) && calendar_add_working_days(calendar, back, 1, &rolled) && rolled == result);
			CHECK(calendar_add_working_days(calendar, day, 0, &rolled) && rolled == day);
			CHECK(calendar_roll(calendar, day, true, &rolled) && rolled >= day);
			CHECK(calendar_roll(calendar, day, false, &back) && back <= day);
		}
	}
}

static void
test_borders(void)
{
	int32_t first = calendar_day(CALENDAR_FIRST_YEAR, 1, 1), last = calendar_day(CALENDAR_LAST_YEAR, 12, 31), result;
	Holiday holidays[CALENDAR_MAX_HOLIDAYS];

	CHECK(calendar_find("DK") == -1 && calendar_find("NO:") == -1 && calendar_find("") == -1 && calendar_find("NO:banks") == -1);
	CHECK(!calendar_add_working_days(0, first - 1, 1, &result) && !calendar_add_working_days(0, last + 1, -1, &result));
	CHECK(!calendar_add_working_days(0, first, -1, &result) && !calendar_add_working_days(0, last, 1, &result));
	CHECK(!calendar_add_working_days(0, first, INT32_MAX, &result) && !calendar_add_working_days(0, last, INT32_MIN, &result));
	CHECK(!calendar_add_working_days(0, INT32_MAX, 1, &result) && !calendar_add_working_days(0, INT32_MIN, 1, &result));
	CHECK(calendar_add_working_days(0, last, -1, &result) && calendar_add_working_days(0, first, 1, &result));
	CHECK(!calendar_roll(0, first, false, &result) && calendar_roll(0, first, true, &result));
	for (int c = 0; c < 10; c++)
		for (int year = CALENDAR_FIRST_YEAR; year <= CALENDAR_LAST_YEAR; year++)
		{
			int count = calendar_holidays(c, year, holidays);

			CHECK(count >= 8 && count < CALENDAR_MAX_HOLIDAYS);
			for (int i = 1; i < count; i++)
				CHECK(holidays[i - 1].day <= holidays[i].day);
		}
}

int
main(void)
{
	test_dates();
	test_easter();
	test_working_days();
	test_borders();
	return check_done();
}
