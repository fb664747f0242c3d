/*
 * tariff_price.h: list price of one piece from the price rows of an offer.
 *
 * All integers: money in micro units (millionths of the currency unit), weight in milligrams.  A
 * row holds for pieces up to its weight, and its price is
 *
 *     (item + rate x weight that counts) x percent / 100 %
 *
 * computed exactly and rounded once, half up, to a multiple of the row's unit.  The unit is chosen
 * when the tariff is loaded, so that every discount in basis points on the price is a whole number
 * of micro units (docs/tariff.md).
 */
#ifndef CORE_TARIFF_PRICE_H
#define CORE_TARIFF_PRICE_H

#include <stdbool.h>
#include <stdint.h>

typedef enum TariffPriceForm
{
	TARIFF_STEP,	/* item: one price for the step */
	TARIFF_KILO,	/* item + rate for each kilogram of the whole weight, to the milligram */
	TARIFF_GRAM,	/* item + rate for each begun gram above the base */
	TARIFF_AVERAGE, /* as TARIFF_KILO, but the order's average weight chooses the row */
	TARIFF_FLAT		/* item, whatever the weight */
} TariffPriceForm;

#define TARIFF_WHOLE_PRICE 10000					 /* basis points: the price itself */
#define TARIFF_MAX_MILLIGRAMS INT64_C(1000000000000) /* 1,000 tonnes: products stay below 2^127 */

typedef struct TariffPriceRow
{
	TariffPriceForm form;
	int64_t up_to_milligrams; /* heaviest piece, inclusive; TARIFF_FLAT does not look at it */
	int64_t item_micro;
	int64_t rate_micro;		 /* a kilogram, or for TARIFF_GRAM a gram */
	int64_t base_milligrams; /* TARIFF_GRAM: what the item price contains, whole grams */
	int32_t percent_points;	 /* percent of list: basis points; TARIFF_WHOLE_PRICE otherwise */
	int64_t unit_micro;		 /* the price is a multiple of it; at least 1 */
} TariffPriceRow;

/*
 * Price of a piece by the rows of one offer, area and format, ascending by weight.  For rows
 * TARIFF_AVERAGE it is the price of a piece of just the order's average weight.  False when no row
 * holds the weight, it is not in 0 .. TARIFF_MAX_MILLIGRAMS or the price does not fit.
 */
extern bool tariff_piece_price(const TariffPriceRow *rows, int count, int64_t milligrams,
							   int64_t *price_micro);

/*
 * Price by a row that is known: for TARIFF_AVERAGE the pieces of an order share the row that their
 * average chose, each with its own weight.
 */
extern bool tariff_row_price(const TariffPriceRow *row, int64_t milligrams, int64_t *price_micro);

/* Row that holds the weight, -1 when none does. */
extern int tariff_find_row(const TariffPriceRow *rows, int count, int64_t milligrams);

/*
 * Weight by which TARIFF_AVERAGE rows are chosen: the order's divided by its pieces, rounded up.
 * Steps end at whole grams, so that rounding up never chooses another row than the exact average
 * would.
 */
extern int64_t tariff_average_weight(int64_t order_milligrams, int64_t pieces);

#endif
