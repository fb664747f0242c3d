/*
 * calendar.h: holidays by law and working days.
 *
 * A day is the number of days since 2000-01-01, as in the server.  A calendar is a country, or a
 * country with ":bank" (days on which its banks are closed as well).  The rules hold from
 * CALENDAR_FIRST_YEAR to CALENDAR_LAST_YEAR; outside of them there is no answer.
 */
#ifndef CORE_CALENDAR_H
#define CORE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#define CALENDAR_FIRST_YEAR 2005
#define CALENDAR_LAST_YEAR 2099

typedef struct Holiday
{
	int32_t day;
	const char *name;
	const char *kind; /* public, bank, or bank_optional (in no calendar) */
} Holiday;

#define CALENDAR_MAX_HOLIDAYS 32

/* Number of the calendar, or -1. */
extern int calendar_find(const char *name);

/* Holidays of a year in the order of their days; returns how many. */
extern int calendar_holidays(int calendar, int year, Holiday holidays[CALENDAR_MAX_HOLIDAYS]);

/* Each returns false when the start or the result lies outside of the years above. */
extern bool calendar_add_working_days(int calendar, int32_t start, int64_t days, int32_t *result);
extern bool calendar_count_working_days(int calendar, int32_t after, int32_t until,
										int32_t *result);
extern bool calendar_roll(int calendar, int32_t day, bool forward, int32_t *result);

extern int32_t calendar_day(int year, int month, int day);
extern void calendar_date(int32_t day, int *year, int *month, int *mday);
extern int32_t calendar_easter(int year, bool orthodox);

#endif
