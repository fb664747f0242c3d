/*
 * flat_derive.c: sums by VAT category and rate.
 *
 * VAT is rounded once a category, on the summed net (BR-CO-17), never line by line.
 */
#include "core/flat_derive.h"

#include <string.h>

static void add_taxable(FlatDerive *sums, Slice category, Slice rate, Decimal amount);
static FlatTax *find_tax(FlatDerive *sums, Slice category, Slice rate);
static bool read_amount(FlatDerive *sums, Slice text, Decimal *amount);

void
flat_derive_reset(FlatDerive *sums)
{
	sums->exact = true;
	sums->has_allowance = sums->has_charge = false;
	sums->lines = sums->allowances = sums->charges = sums->tax = decimal_from_int(0);
	sums->tax_count = 0;
}

void
flat_derive_add(FlatDerive *sums, const InvoiceGroup *group)
{
	Decimal amount;

	switch (group->kind)
	{
		case INVOICE_LINE:
			if (read_amount(sums, INVOICE_VALUE(group, TERM_BT_131), &amount))
			{
				sums->exact &= decimal_add(sums->lines, amount, &sums->lines);
				add_taxable(sums, INVOICE_VALUE(group, TERM_BT_151),
							INVOICE_VALUE(group, TERM_BT_152), amount);
			}
			break;
		case INVOICE_ALLOWANCE:
			sums->has_allowance = true;
			if (read_amount(sums, INVOICE_VALUE(group, TERM_BT_92), &amount))
			{
				sums->exact &= decimal_add(sums->allowances, amount, &sums->allowances);
				add_taxable(sums, INVOICE_VALUE(group, TERM_BT_95),
							INVOICE_VALUE(group, TERM_BT_96), decimal_negate(amount));
			}
			break;
		case INVOICE_CHARGE:
			sums->has_charge = true;
			if (read_amount(sums, INVOICE_VALUE(group, TERM_BT_99), &amount))
			{
				sums->exact &= decimal_add(sums->charges, amount, &sums->charges);
				add_taxable(sums, INVOICE_VALUE(group, TERM_BT_102),
							INVOICE_VALUE(group, TERM_BT_103), amount);
			}
			break;
		case INVOICE_TAX:
			if (read_amount(sums, INVOICE_VALUE(group, TERM_BT_117), &amount))
				sums->exact &= decimal_add(sums->tax, amount, &sums->tax);
			break;
		default:
			break;
	}
}

void
flat_derive_sort(FlatDerive *sums)
{
	for (int i = 1; i < sums->tax_count; i++)
	{
		FlatTax tax = sums->taxes[i];
		int k = i;

		for (; k > 0; k--)
		{
			int order = decimal_compare(sums->taxes[k - 1].rate, tax.rate);

			if (order > 0 || (order == 0 && strcmp(sums->taxes[k - 1].category, tax.category) < 0))
				break;
			sums->taxes[k] = sums->taxes[k - 1];
		}
		sums->taxes[k] = tax;
	}
}

bool
flat_derive_tax_amount(const FlatTax *tax, Decimal *amount)
{
	Decimal product;

	if (!decimal_multiply(tax->taxable, tax->rate, &product) ||
		!decimal_shift(product, 2, &product))
		return false;
	*amount = decimal_round_away(product, 2);
	return true;
}

static void
add_taxable(FlatDerive *sums, Slice category, Slice rate, Decimal amount)
{
	FlatTax *tax = find_tax(sums, category, rate);

	if (tax == NULL)
		sums->exact = false;
	else
		sums->exact &= decimal_add(tax->taxable, amount, &tax->taxable);
}

/* NULL if the rate is no number or there are too many. */
static FlatTax *
find_tax(FlatDerive *sums, Slice category, Slice rate)
{
	Decimal number;
	FlatTax *tax;

	switch (decimal_parse(rate.bytes, rate.length, &number))
	{
		case DECIMAL_OK:
			break;
		case DECIMAL_EMPTY:
			number = decimal_from_int(0);
			break;
		default:
			return NULL;
	}
	if (category.length == 0 || category.length >= FLAT_CODE_SIZE || rate.length >= FLAT_RATE_SIZE)
		return NULL;
	for (int i = 0; i < sums->tax_count; i++)
	{
		tax = &sums->taxes[i];
		if (strlen(tax->category) == category.length &&
			memcmp(tax->category, category.bytes, category.length) == 0 &&
			decimal_compare(tax->rate, number) == 0)
			return tax;
	}
	if (sums->tax_count == FLAT_MAX_TAXES)
		return NULL;
	tax = &sums->taxes[sums->tax_count++];
	memcpy(tax->category, category.bytes, category.length);
	tax->category[category.length] = 0;
	if (rate.length > 0)
		memcpy(tax->rate_text, rate.bytes, rate.length);
	tax->rate_text[rate.length] = 0;
	tax->rate = number;
	tax->taxable = decimal_from_int(0);
	return tax;
}

static bool
read_amount(FlatDerive *sums, Slice text, Decimal *amount)
{
	bool good = decimal_parse(text.bytes, text.length, amount) == DECIMAL_OK;

	sums->exact &= good;
	return good;
}
