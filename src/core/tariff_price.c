/*
 * tariff_price.c: list price of one piece, exactly.
 *
 * The product of item and rate, weight and percent is kept in 128 bits, so that there is one
 * rounding, at the end.  Rounding in between would make the price of a piece depend on the order of
 * the steps, and then two programs that audit the same carrier's invoice would differ.
 */
#include "core/tariff_price.h"

#define MILLIGRAMS_PER_GRAM 1000
#define MILLIGRAMS_PER_KILO 1000000

static int64_t
begun_grams_above(int64_t milligrams, int64_t base_milligrams)
{
	if (milligrams <= base_milligrams)
		return 0;
	return (milligrams - base_milligrams + MILLIGRAMS_PER_GRAM - 1) / MILLIGRAMS_PER_GRAM;
}

bool
tariff_row_price(const TariffPriceRow *row, int64_t milligrams, int64_t *price_micro)
{
	__int128 millionths = (__int128) row->item_micro * MILLIGRAMS_PER_KILO;
	__int128 unit = (__int128) row->unit_micro * MILLIGRAMS_PER_KILO * TARIFF_WHOLE_PRICE;
	__int128 price;

	if (milligrams < 0 || milligrams > TARIFF_MAX_MILLIGRAMS || row->item_micro < 0 ||
		row->rate_micro < 0 || row->unit_micro < 1 || row->percent_points < 0 ||
		row->percent_points > TARIFF_WHOLE_PRICE)
		return false;
	if (row->form == TARIFF_KILO || row->form == TARIFF_AVERAGE)
		millionths += (__int128) row->rate_micro * milligrams;
	else if (row->form == TARIFF_GRAM)
		millionths += (__int128) row->rate_micro *
					  begun_grams_above(milligrams, row->base_milligrams) * MILLIGRAMS_PER_KILO;
	if (millionths > (__int128) INT64_MAX * MILLIGRAMS_PER_KILO)
		return false;
	price = (millionths * row->percent_points * 2 + unit) / (2 * unit) * row->unit_micro;
	if (price > INT64_MAX)
		return false;
	*price_micro = (int64_t) price;
	return true;
}

int
tariff_find_row(const TariffPriceRow *rows, int count, int64_t milligrams)
{
	int i;

	if (milligrams < 0 || milligrams > TARIFF_MAX_MILLIGRAMS)
		return -1;
	for (i = 0; i < count; i++)
		if (rows[i].form == TARIFF_FLAT || milligrams <= rows[i].up_to_milligrams)
			return i;
	return -1;
}

bool
tariff_piece_price(const TariffPriceRow *rows, int count, int64_t milligrams, int64_t *price_micro)
{
	int row = tariff_find_row(rows, count, milligrams);

	return row >= 0 && tariff_row_price(&rows[row], milligrams, price_micro);
}

int64_t
tariff_average_weight(int64_t order_milligrams, int64_t pieces)
{
	if (order_milligrams <= 0 || pieces <= 0)
		return 0;
	return order_milligrams / pieces + (order_milligrams % pieces != 0);
}
