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
	NUMBER_WRONG,
	NUMBER_NAN
} NumberState;

typedef struct Number
{
	NumberState state;
	Decimal value;
} Number;

/* YYYY-MM-DD and a day that exists */
extern bool rules_good_date(Slice slice);

#endif
