/*
 * tariff_price_test.c: each price form, its borders, exactness and what does not fit.
 */
#include "core/tariff_price.h"

#include "check.h"

#define CENT 10000

static TariffPriceRow
row(TariffPriceForm form, int64_t grams, int64_t item, int64_t rate)
{
	TariffPriceRow made = {form, grams * 1000, item, rate, 0, TARIFF_WHOLE_PRICE, CENT};

	return made;
}

static int64_t
price_of(const TariffPriceRow *rows, int count, int64_t milligrams)
{
	int64_t price = -2;

	return tariff_piece_price(rows, count, milligrams, &price) ? price : -1;
}

static void
test_steps(void)
{
	TariffPriceRow rows[] = {row(TARIFF_STEP, 20, 18000000, 0), row(TARIFF_STEP, 50, 24000000, 0)};

	CHECK(price_of(rows, 2, 0) == 18000000);
	CHECK(price_of(rows, 2, 20000) == 18000000); /* up to and including */
	CHECK(price_of(rows, 2, 20001) == 24000000);
	CHECK(price_of(rows, 2, 50000) == 24000000);
	CHECK(price_of(rows, 2, 50001) == -1);
	CHECK(price_of(rows, 2, -1) == -1);
	CHECK(price_of(rows, 0, 10) == -1);
}

static void
test_weight(void)
{
	/* 2.10 a piece and 31.50 a kilogram; 0.28 and 0.0012 for each begun gram above 60 */
	TariffPriceRow kilo = row(TARIFF_KILO, 2000, 2100000, 31500000);
	TariffPriceRow gram = row(TARIFF_GRAM, 750, 280000, 1200);

	CHECK(price_of(&kilo, 1, 0) == 2100000);
	CHECK(price_of(&kilo, 1, 20000) == 2730000); /* 0.63 */
	CHECK(price_of(&kilo, 1, 20158) == 2730000); /* 0.634977 */
	CHECK(price_of(&kilo, 1, 20159) == 2740000); /* 0.6350085 */
	CHECK(price_of(&kilo, 1, 2000000) == 65100000);
	kilo.unit_micro = 1;
	CHECK(price_of(&kilo, 1, 20158) == 2734977);
	gram.base_milligrams = 60000;
	gram.unit_micro = 100;
	CHECK(price_of(&gram, 1, 60000) == 280000);
	CHECK(price_of(&gram, 1, 60001) == 281200);
	CHECK(price_of(&gram, 1, 61000) == 281200);
	CHECK(price_of(&gram, 1, 100000) == 328000);
	gram.unit_micro = CENT;
	CHECK(price_of(&gram, 1, 100000) == 330000);
}

static void
test_percent(void)
{
	TariffPriceRow step = row(TARIFF_STEP, 20, 850000, 0);
	TariffPriceRow kilo = row(TARIFF_KILO, 1000, 10000, 10000);

	step.percent_points = 6200;
	CHECK(price_of(&step, 1, 20000) == 530000); /* 0.527 */
	step.unit_micro = 100;
	CHECK(price_of(&step, 1, 20000) == 527000);
	step.percent_points = 0;
	CHECK(price_of(&step, 1, 20000) == 0);
	step.percent_points = 10001;
	CHECK(price_of(&step, 1, 20000) == -1);
	/* one rounding: 0.014999995 x 33.34 % = 0.0050009998; rounded before it would be 0.00 */
	kilo.percent_points = 3334;
	kilo.rate_micro = 5000;
	CHECK(price_of(&kilo, 1, 999999) == 10000);
	kilo.percent_points = 3333;
	CHECK(price_of(&kilo, 1, 999999) == 0);
}

static void
test_order(void)
{
	TariffPriceRow rows[] = {row(TARIFF_AVERAGE, 50, 10000000, 0), row(TARIFF_AVERAGE, 2000, 8000000, 40000000)};
	int64_t price;

	CHECK(tariff_average_weight(150000, 3) == 50000);
	CHECK(tariff_average_weight(150001, 3) == 50001);
	CHECK(tariff_average_weight(0, 3) == 0 && tariff_average_weight(10, 0) == 0);
	CHECK(price_of(rows, 2, tariff_average_weight(150000, 3)) == 10000000);
	CHECK(price_of(rows, 2, 50001) == 10000000); /* 8.00 + 2.00004 */
	/* the order's row for a piece of another weight than the average */
	CHECK(tariff_find_row(rows, 2, 75000) == 1);
	CHECK(tariff_row_price(&rows[1], 20000, &price) && price == 8800000);
	CHECK(tariff_find_row(rows, 2, 2000001) == -1);
}

static void
test_limits(void)
{
	TariffPriceRow flat = row(TARIFF_FLAT, 0, 1230000, 0);
	TariffPriceRow kilo = row(TARIFF_KILO, 1000000, 0, INT64_MAX);
	TariffPriceRow gram = row(TARIFF_GRAM, INT64_MAX / 1000, INT64_MAX, INT64_MAX);

	CHECK(price_of(&flat, 1, TARIFF_MAX_MILLIGRAMS) == 1230000);
	CHECK(price_of(&flat, 1, TARIFF_MAX_MILLIGRAMS + 1) == -1);
	CHECK(price_of(&flat, 1, INT64_MAX) == -1);
	CHECK(price_of(&gram, 1, TARIFF_MAX_MILLIGRAMS) == -1);
	gram.item_micro = 0;
	CHECK(price_of(&gram, 1, TARIFF_MAX_MILLIGRAMS) == -1);
	gram.item_micro = INT64_MAX;
	flat.unit_micro = 0;
	CHECK(price_of(&flat, 1, 1) == -1);
	flat.unit_micro = 1;
	flat.item_micro = INT64_MAX;
	CHECK(price_of(&flat, 1, 1) == INT64_MAX);
	flat.unit_micro = INT64_MAX;
	flat.item_micro = INT64_MAX / 2 + 1;
	CHECK(price_of(&flat, 1, 1) == INT64_MAX);
	flat.item_micro = -1;
	CHECK(price_of(&flat, 1, 1) == -1);
	CHECK(price_of(&kilo, 1, 1000001) == -1);
	kilo.unit_micro = 1;
	CHECK(price_of(&kilo, 1, 1000000) == INT64_MAX);
	CHECK(price_of(&gram, 1, 0) == -1); /* rounded up to the unit it does not fit */
	CHECK(price_of(&gram, 1, INT64_MAX / 1000 * 1000) == -1);
}

/* Whatever the row, a heavier piece of the same row never costs less, and the price is a multiple. */
static void
test_rising(void)
{
	int64_t last = 0;
	int64_t milligrams;
	TariffPriceRow gram = row(TARIFF_GRAM, 2000, 333333, 777);

	gram.base_milligrams = 100000;
	gram.percent_points = 8765;
	gram.unit_micro = 700;
	for (milligrams = 0; milligrams <= 2000000; milligrams += 97)
	{
		int64_t price = price_of(&gram, 1, milligrams);

		CHECK(price >= last && price % 700 == 0);
		last = price;
	}
}

int
main(void)
{
	test_steps();
	test_weight();
	test_percent();
	test_order();
	test_limits();
	test_rising();
	return check_done();
}
