/*
 * rules_value.c: dates, VAT prefixes and tax amounts.
 */
#include "core/rules_value.h"

#include "core/rules_facts.h"

#include <stdio.h>
#include <string.h>

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

/* The official test looks for the two characters anywhere in the list, so we do as well. */
bool
rules_vat_prefix(Slice slice)
{
	char prefix[3] = "";

	memcpy(prefix, slice.bytes, slice.length < 2 ? slice.length : 2);
	return strstr(rules_vat_prefixes, prefix) != NULL;
}

bool
rules_tax_holds(Number tax, Number base, Number rate, Decimal *expected, bool *too_wide)
{
	Decimal one = decimal_from_int(1), difference;

	*expected = decimal_from_int(0);
	if (rate.state == NUMBER_ABSENT || decimal_sign(decimal_round_xpath(rate.value, 0)) == 0)
		return tax.state == NUMBER_GOOD && decimal_sign(decimal_round_xpath(tax.value, 0)) == 0;
	if (tax.state == NUMBER_ABSENT || base.state == NUMBER_ABSENT)
		return false;
	if (!decimal_multiply(decimal_abs(base.value), rate.value, expected) ||
		!decimal_shift(*expected, 2, expected) ||
		!decimal_subtract(decimal_abs(tax.value), *expected = decimal_round_xpath(*expected, 2),
						  &difference))
	{
		*too_wide = true;
		return true;
	}
	return decimal_compare(decimal_abs(difference), one) < 0;
}

void
rules_write_figures(char *out, size_t size, Number found, Decimal expected)
{
	char found_text[DECIMAL_TEXT_SIZE] = "nothing", expected_text[DECIMAL_TEXT_SIZE];

	if (found.state == NUMBER_GOOD)
		decimal_text(found.value, 2, found_text);
	decimal_text(expected, 2, expected_text);
	snprintf(out, size, "found %s, expected %s", found_text, expected_text);
}
