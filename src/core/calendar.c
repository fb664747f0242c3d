/*
 * calendar.c: holidays by law, and working days in constant time.
 *
 * Sources: Norway, lov om helligdager; Sweden, lag (1989:253) om allmanna helgdagar and lag
 * (1930:173) for the eves; Finland, kirkkolaki, laki vapunpaivasta, itsenaisyyspaivasta and the
 * banks' calendar; Poland, ustawa o dniach wolnych od pracy; Romania, Codul muncii art. 139.
 *
 * The number of working days before each day is kept for every calendar that was asked for; with it
 * adding is one binary search and counting one subtraction.  The table is static, filled once in
 * a process, and never changes afterwards.
 */
#include "core/calendar.h"

#include <stddef.h>
#include <string.h>

typedef enum RuleType
{
	FIXED,	  /* month and day */
	EASTER,	  /* days after western Easter Sunday */
	ORTHODOX, /* days after orthodox Easter Sunday */
	SATURDAY, /* the Saturday on or after month and day */
	FRIDAY	  /* the Friday on or after month and day */
} RuleType;

typedef struct Rule
{
	const char *countries; /* two letters each */
	const char *kind;
	const char *name;
	RuleType type;
	int month;
	int day; /* or the offset from Easter */
	int from_year;
	int to_year;
} Rule;

#define ALWAYS 0, 9999

static const Rule rules[] = {
	{"NO SE FI PL RO", "public", "New Year's Day", FIXED, 1, 1, ALWAYS},
	{"RO", "public", "Second day of the New Year", FIXED, 1, 2, ALWAYS},
	{"SE FI", "public", "Epiphany", FIXED, 1, 6, ALWAYS},
	{"PL", "public", "Epiphany", FIXED, 1, 6, 2011, 9999},
	{"RO", "public", "Epiphany", FIXED, 1, 6, 2024, 9999},
	{"RO", "public", "Saint John the Baptist", FIXED, 1, 7, 2024, 9999},
	{"RO", "public", "Union Day", FIXED, 1, 24, 2017, 9999},
	{"NO", "public", "Maundy Thursday", EASTER, 0, -3, ALWAYS},
	{"NO SE FI", "public", "Good Friday", EASTER, 0, -2, ALWAYS},
	{"NO SE FI PL", "public", "Easter Sunday", EASTER, 0, 0, ALWAYS},
	{"NO SE FI PL", "public", "Easter Monday", EASTER, 0, 1, ALWAYS},
	{"RO", "public", "Good Friday (Orthodox)", ORTHODOX, 0, -2, 2018, 9999},
	{"RO", "public", "Easter Sunday (Orthodox)", ORTHODOX, 0, 0, ALWAYS},
	{"RO", "public", "Easter Monday (Orthodox)", ORTHODOX, 0, 1, ALWAYS},
	{"NO SE PL RO", "public", "Labour Day", FIXED, 5, 1, ALWAYS},
	{"FI", "public", "May Day", FIXED, 5, 1, ALWAYS},
	{"PL", "public", "Constitution Day", FIXED, 5, 3, ALWAYS},
	{"NO", "public", "Constitution Day", FIXED, 5, 17, ALWAYS},
	{"NO SE FI", "public", "Ascension Day", EASTER, 0, 39, ALWAYS},
	{"NO SE FI PL", "public", "Whit Sunday", EASTER, 0, 49, ALWAYS},
	{"NO", "public", "Whit Monday", EASTER, 0, 50, ALWAYS},
	{"PL", "public", "Corpus Christi", EASTER, 0, 60, ALWAYS},
	{"RO", "public", "Children's Day", FIXED, 6, 1, 2017, 9999},
	{"RO", "public", "Whit Sunday (Orthodox)", ORTHODOX, 0, 49, 2009, 9999},
	{"RO", "public", "Whit Monday (Orthodox)", ORTHODOX, 0, 50, 2009, 9999},
	{"SE", "public", "National Day", FIXED, 6, 6, ALWAYS},
	{"SE FI", "bank", "Midsummer Eve", FRIDAY, 6, 19, ALWAYS},
	{"SE FI", "public", "Midsummer Day", SATURDAY, 6, 20, ALWAYS},
	{"PL", "public", "Assumption", FIXED, 8, 15, ALWAYS},
	{"RO", "public", "Assumption", FIXED, 8, 15, 2009, 9999},
	{"SE FI", "public", "All Saints' Day", SATURDAY, 10, 31, ALWAYS},
	{"PL", "public", "All Saints' Day", FIXED, 11, 1, ALWAYS},
	{"PL", "public", "Independence Day", FIXED, 11, 11, ALWAYS},
	{"RO", "public", "Saint Andrew", FIXED, 11, 30, 2012, 9999},
	{"RO", "public", "National Day", FIXED, 12, 1, ALWAYS},
	{"FI", "public", "Independence Day", FIXED, 12, 6, ALWAYS},
	{"NO", "bank_optional", "Christmas Eve", FIXED, 12, 24, ALWAYS},
	{"SE FI", "bank", "Christmas Eve", FIXED, 12, 24, ALWAYS},
	{"PL", "public", "Christmas Eve", FIXED, 12, 24, 2025, 9999},
	{"NO SE FI PL RO", "public", "Christmas Day", FIXED, 12, 25, ALWAYS},
	{"NO SE FI PL RO", "public", "Second Christmas Day", FIXED, 12, 26, ALWAYS},
	{"NO", "bank_optional", "New Year's Eve", FIXED, 12, 31, ALWAYS},
	{"SE", "bank", "New Year's Eve", FIXED, 12, 31, ALWAYS},
};

static const char *const countries[] = {"NO", "SE", "FI", "PL", "RO"};
#define COUNTRY_COUNT 5
#define CALENDAR_COUNT (2 * COUNTRY_COUNT) /* a country, and the same with banks */

#define DAY_COUNT ((CALENDAR_LAST_YEAR - CALENDAR_FIRST_YEAR + 1) * 366)

/* before[c][i]: working days of calendar c before the i-th day of the first year */
static uint16_t before[CALENDAR_COUNT][DAY_COUNT + 1];
static bool filled[CALENDAR_COUNT];

/* Days since 2000-01-01 of a proleptic Gregorian date; years begin in March inside. */
int32_t
calendar_day(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 : year;
	int shifted = (month + 9) % 12;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * shifted + 2) / 5 + day - 1 - 730425;
}

void
calendar_date(int32_t day, int *year, int *month, int *mday)
{
	int64_t z = (int64_t) day + 730425;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int of_era = (int) (z - era * 146097);
	int year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int shifted = (5 * of_year + 2) / 153;

	*mday = of_year - (153 * shifted + 2) / 5 + 1;
	*month = shifted < 10 ? shifted + 3 : shifted - 9;
	*year = (int) (year_of_era + era * 400) + (*month <= 2);
}

/* Western: anonymous Gregorian computus.  Orthodox: Meeus' Julian one, moved to the Gregorian
 * calendar. */
int32_t
calendar_easter(int year, bool orthodox)
{
	int a, b, c, d, e, f, g, h, k, m;

	if (orthodox)
	{
		a = year % 4;
		b = year % 7;
		c = year % 19;
		d = (19 * c + 15) % 30;
		e = (2 * a + 4 * b - d + 34) % 7;
		f = d + e + 114;
		return calendar_day(year, f / 31, f % 31 + 1) + year / 100 - year / 400 - 2;
	}
	a = year % 19;
	b = year / 100;
	c = year % 100;
	d = b / 4;
	e = b % 4;
	f = (b + 8) / 25;
	g = (b - f + 1) / 3;
	h = (19 * a + b - d - g + 15) % 30;
	k = (32 + 2 * e + 2 * (c / 4) - h - c % 4) % 7;
	m = (a + 11 * h + 22 * k) / 451;
	return calendar_day(year, (h + k - 7 * m + 114) / 31, (h + k - 7 * m + 114) % 31 + 1);
}

/* 0 = Saturday (2000-01-01 was one) ... 6 = Friday */
static int
weekday(int32_t day)
{
	return (int) (((int64_t) day % 7 + 7) % 7);
}

static int32_t
rule_day(const Rule *rule, int year)
{
	int32_t day;

	switch (rule->type)
	{
		case EASTER:
		case ORTHODOX:
			return calendar_easter(year, rule->type == ORTHODOX) + rule->day;
		case SATURDAY:
		case FRIDAY:
			day = calendar_day(year, rule->month, rule->day);
			return day + ((rule->type == SATURDAY ? 7 : 6) - weekday(day)) % 7;
		default:
			return calendar_day(year, rule->month, rule->day);
	}
}

int
calendar_find(const char *name)
{
	for (int i = 0; i < COUNTRY_COUNT; i++)
	{
		if (strncmp(name, countries[i], 2) != 0)
			continue;
		if (name[2] == '\0')
			return i;
		if (strcmp(name + 2, ":bank") == 0)
			return COUNTRY_COUNT + i;
	}
	return -1;
}

int
calendar_holidays(int calendar, int year, Holiday holidays[CALENDAR_MAX_HOLIDAYS])
{
	int count = 0;

	for (size_t r = 0; r < sizeof(rules) / sizeof(rules[0]); r++)
	{
		const Rule *rule = &rules[r];
		Holiday next;
		int at;

		if (strstr(rule->countries, countries[calendar % COUNTRY_COUNT]) == NULL ||
			year < rule->from_year || year > rule->to_year)
			continue;
		next = (Holiday){rule_day(rule, year), rule->name, rule->kind};
		for (at = count; at > 0 && holidays[at - 1].day > next.day; at--)
			holidays[at] = holidays[at - 1];
		holidays[at] = next;
		count++;
	}
	return count;
}

static bool
closes(const Holiday *holiday, int calendar)
{
	return strcmp(holiday->kind, "public") == 0 ||
		   (calendar >= COUNTRY_COUNT && strcmp(holiday->kind, "bank") == 0);
}

static void
fill_calendar(int calendar)
{
	int32_t first = calendar_day(CALENDAR_FIRST_YEAR, 1, 1);
	uint16_t working = 0;

	for (int year = CALENDAR_FIRST_YEAR; year <= CALENDAR_LAST_YEAR; year++)
	{
		Holiday holidays[CALENDAR_MAX_HOLIDAYS];
		int count = calendar_holidays(calendar, year, holidays);
		int32_t end = calendar_day(year + 1, 1, 1);

		for (int32_t day = calendar_day(year, 1, 1); day < end; day++)
		{
			bool open = weekday(day) >= 2;

			for (int h = 0; h < count && open; h++)
				open = holidays[h].day != day || !closes(&holidays[h], calendar);
			before[calendar][day - first] = working;
			working += open;
			before[calendar][day - first + 1] = working;
		}
	}
	filled[calendar] = true;
}

/* Position in the table; false outside of it. */
static bool
find_position(int calendar, int32_t day, int32_t *position)
{
	int32_t first = calendar_day(CALENDAR_FIRST_YEAR, 1, 1);

	if (day < first || day > calendar_day(CALENDAR_LAST_YEAR, 12, 31))
		return false;
	if (!filled[calendar])
		fill_calendar(calendar);
	*position = day - first;
	return true;
}

/* The working day before which there are "index" others. */
static bool
find_working_day(int calendar, int64_t index, int32_t *result)
{
	int32_t first = calendar_day(CALENDAR_FIRST_YEAR, 1, 1);
	int32_t low = 0, high = calendar_day(CALENDAR_LAST_YEAR, 12, 31) - first;

	if (index < 0 || index >= before[calendar][high + 1])
		return false;
	while (low < high)
	{
		int32_t middle = low + (high - low) / 2;

		if (before[calendar][middle + 1] > index)
			high = middle;
		else
			low = middle + 1;
	}
	*result = first + low;
	return true;
}

bool
calendar_add_working_days(int calendar, int32_t start, int64_t days, int32_t *result)
{
	int32_t at;

	if (!find_position(calendar, start, &at))
		return false;
	if (days == 0)
	{
		*result = start;
		return true;
	}
	return find_working_day(
		calendar, days > 0 ? before[calendar][at + 1] + days - 1 : before[calendar][at] + days,
		result);
}

bool
calendar_count_working_days(int calendar, int32_t after, int32_t until, int32_t *result)
{
	int32_t from, to;

	if (!find_position(calendar, after, &from) || !find_position(calendar, until, &to))
		return false;
	*result = (int32_t) before[calendar][to + 1] - (int32_t) before[calendar][from + 1];
	return true;
}

bool
calendar_roll(int calendar, int32_t day, bool forward, int32_t *result)
{
	int32_t at;

	if (!find_position(calendar, day, &at))
		return false;
	return find_working_day(
		calendar, forward ? before[calendar][at] : (int64_t) before[calendar][at + 1] - 1, result);
}
