/*
 * rules_value.h: single values in the eyes of the rules; private to the rule engine.
 */
#ifndef CORE_RULES_VALUE_H
#define CORE_RULES_VALUE_H

#include "core/decimal.h"
#include "core/invoice.h"

typedef enum NumberState
{
	NUMBER_ABSENT,
	NUMBER_GOOD,
	NUMBER_WRONG
} NumberState;

typedef struct Number
{
	NumberState state;
	Decimal value;
} Number;

/* YYYY-MM-DD and a day that exists */
extern bool rules_good_date(Slice slice);
/* The first two characters are a country prefix of VAT numbers. */
extern bool rules_vat_prefix(Slice slice);
/*
 * |tax| strictly within 1 of round2(|base| * rate / 100); a rate that rounds to 0 wants a tax that
 * does. *too_wide: the product does not fit, nothing is said about the tax.
 */
extern bool rules_tax_holds(Number tax, Number base, Number rate, Decimal *expected,
							bool *too_wide);
/* "found 1.00, expected 2.00" */
extern void rules_write_figures(char *out, size_t size, Number found, Decimal expected);

#endif
