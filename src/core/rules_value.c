/*
 * rules_value.c: dates.
 */
#include "core/rules_value.h"

bool
rules_good_date(Slice slice)
{
	static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	const char *at = slice.bytes;
	int year, month, day;

	if (slice.length != 10 || at[4] != '-' || at[7] != '-')
		return false;
	for (int i = 0; i < 10; i++)
		if (i != 4 && i != 7 && (at[i] < '0' || at[i] > '9'))
			return false;
	year = (at[0] - '0') * 1000 + (at[1] - '0') * 100 + (at[2] - '0') * 10 + (at[3] - '0');
	month = (at[5] - '0') * 10 + (at[6] - '0');
	day = (at[8] - '0') * 10 + (at[9] - '0');
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > days[month - 1])
		return false;
	return month != 2 || day < 29 || (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}
