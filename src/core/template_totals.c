/*
 * template_totals.c: the rows of an invoice's totals, from its lines to what is to be paid.
 */
#include "core/template_totals.h"

#include "core/template_rows.h"

#include <string.h>

static void
add_total(TotalRow *rows, int *count, Slice text, Slice number, bool minus)
{
	if (*count < TEMPLATE_MOST_TOTALS - 1)
		rows[(*count)++] = (TotalRow){text, number, minus};
}

/* Discounts and charges of the document, one by one while they are few, else their sums. */
static void
collect_adjustments(const Setting *setting, TotalRow *rows, int *count)
{
	const TemplateRows *adjustments = &setting->data->groups[TEMPLATE_ADJUSTMENT];
	Slice space[TEMPLATE_PACKED_FIELDS];
	int first, own;

	template_rows_of_line(adjustments, (Slice){NULL, 0}, &first, &own);
	if (own == 0 || own > 12)
	{
		if (!slice_is_zero(INVOICE_FIELD(setting, ALLOWANCE_TOTAL)))
			add_total(rows, count, label(setting, LABEL_ALLOWANCES),
					  INVOICE_FIELD(setting, ALLOWANCE_TOTAL), true);
		if (!slice_is_zero(INVOICE_FIELD(setting, CHARGE_TOTAL)))
			add_total(rows, count, label(setting, LABEL_CHARGES),
					  INVOICE_FIELD(setting, CHARGE_TOTAL), false);
		return;
	}
	for (int i = first; i < own; i++)
	{
		const Slice *row =
			template_row(adjustments, i, template_group_size(TEMPLATE_ADJUSTMENT), space);
		bool is_charge = slice_is(TEMPLATE_VALUE(row, ADJUSTMENT, IS_CHARGE), "true");
		Slice reason = TEMPLATE_VALUE(row, ADJUSTMENT, REASON);

		add_total(rows, count,
				  reason.length > 0 ? reason
									: label(setting, is_charge ? LABEL_CHARGE : LABEL_ALLOWANCE),
				  TEMPLATE_VALUE(row, ADJUSTMENT, AMOUNT), !is_charge);
	}
}

int
template_collect_totals(const Setting *setting, TotalRow *rows)
{
	int count = 0;

	collect_adjustments(setting, rows, &count);
	if (count > 0 && INVOICE_FIELD(setting, LINE_TOTAL).length > 0)
	{
		memmove(rows + 1, rows, (size_t) count * sizeof(*rows));
		rows[0] =
			(TotalRow){label(setting, LABEL_LINE_TOTAL), INVOICE_FIELD(setting, LINE_TOTAL), false};
		count++;
	}
	add_total(rows, &count, label(setting, LABEL_NET_TOTAL), INVOICE_FIELD(setting, NET_TOTAL),
			  false);
	if (INVOICE_FIELD(setting, TAX_TOTAL).length > 0)
		add_total(rows, &count, label(setting, LABEL_TAX_TOTAL), INVOICE_FIELD(setting, TAX_TOTAL),
				  false);
	add_total(rows, &count, label(setting, LABEL_GROSS_TOTAL), INVOICE_FIELD(setting, GROSS_TOTAL),
			  false);
	if (!slice_is_zero(INVOICE_FIELD(setting, PAID_AMOUNT)))
		add_total(rows, &count, label(setting, LABEL_PAID), INVOICE_FIELD(setting, PAID_AMOUNT),
				  true);
	if (!slice_is_zero(INVOICE_FIELD(setting, ROUNDING_AMOUNT)))
		add_total(rows, &count, label(setting, LABEL_ROUNDING),
				  INVOICE_FIELD(setting, ROUNDING_AMOUNT), false);
	return count;
}
