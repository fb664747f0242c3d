/*
 * template_totals.h: what the totals of an invoice say; where they stand is template_invoice.c's.
 */
#ifndef CORE_TEMPLATE_TOTALS_H
#define CORE_TEMPLATE_TOTALS_H

#include "core/template_setting.h"

typedef struct TotalRow
{
	Slice text, number;
	bool minus; /* shown with the other sign: it is taken away */
} TotalRow;

#define TEMPLATE_MOST_TOTALS 41

/* Fills rows, which has TEMPLATE_MOST_TOTALS places, and says how many there are; the payable
 * amount is not among them. */
extern int template_collect_totals(const Setting *setting, TotalRow *rows);

#endif /* CORE_TEMPLATE_TOTALS_H */
