/*
 * flat_derive.h: running sums of one document, for what its source leaves out.
 */
#ifndef CORE_FLAT_DERIVE_H
#define CORE_FLAT_DERIVE_H

#include "core/decimal.h"
#include "core/invoice.h"

#define FLAT_MAX_TAXES 64 /* categories and rates of one invoice */
#define FLAT_CODE_SIZE 16
#define FLAT_RATE_SIZE 24

typedef struct FlatTax
{
	char category[FLAT_CODE_SIZE];
	char rate_text[FLAT_RATE_SIZE]; /* as first written; empty = none */
	Decimal rate;
	Decimal taxable;
} FlatTax;

typedef struct FlatDerive
{
	bool exact; /* every amount and rate so far was a number, and all fitted */
	bool has_allowance, has_charge;
	Decimal lines, allowances, charges, tax;
	int tax_count;
	FlatTax taxes[FLAT_MAX_TAXES];
} FlatDerive;

extern void flat_derive_reset(FlatDerive *sums);
extern void flat_derive_add(FlatDerive *sums, const InvoiceGroup *group);
/* Highest rate first, then by category: an order that does not depend on that of the lines. */
extern void flat_derive_sort(FlatDerive *sums);
/* taxable * rate, commercially rounded to two places */
extern bool flat_derive_tax_amount(const FlatTax *tax, Decimal *amount);

#endif
