/*
 * decimal_test.c: exact decimals: text, arithmetic, both roundings, limits.
 */
#include "check.h"
#include "core/decimal.h"

#include <stdlib.h>

static Decimal
number(const char *text)
{
	Decimal value = {0, 0};

	CHECK(decimal_parse(text, strlen(text), &value) == DECIMAL_OK);
	return value;
}

static void
check_value(Decimal value, const char *want)
{
	char text[DECIMAL_TEXT_SIZE];

	decimal_text(value, 0, text);
	CHECK_TEXT(text, want);
}

static DecimalParse
parse(const char *text)
{
	Decimal value;

	return decimal_parse(text, strlen(text), &value);
}

static void
test_parse(void)
{
	static const char *const wrong[] = {"1e3", "NaN", "INF", "1,5", "1 000", "--1", "+-1", ".", "-", "1.2.3", "０", "0x1", "1."
																													   "a"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		CHECK(parse(wrong[i]) == DECIMAL_NOT_NUMBER);
	CHECK(parse("") == DECIMAL_EMPTY);
	CHECK(parse(" \t\r\n ") == DECIMAL_EMPTY);
	check_value(number(" +12.50 "), "12.5");
	check_value(number("5."), "5");
	check_value(number(".5"), "0.5");
	check_value(number("-0.00"), "0");
	check_value(number("-000123.4500"), "-123.45");
	check_value(number("100"), "100");
	check_value(number("1000.0001"), "1000.0001");
	check_value(number("12.0000000000000000000000000000000000000000000000000"), "12");
	check_value(number("0.000000000000000000000000000000000001"), "0.000000000000000000000000000000000001");
	check_value(number("99999999999999999999999999999999999999"), "99999999999999999999999999999999999999");
	CHECK(parse("100000000000000000000000000000000000000") == DECIMAL_TOO_LONG);
	CHECK(parse("1.0000000000000000000000000000000000000000001") == DECIMAL_TOO_LONG);
	CHECK(parse("1000000000000000000000000000000000000000x") == DECIMAL_NOT_NUMBER);
}

static void
test_arithmetic(void)
{
	Decimal result = {7, 0};

	CHECK(decimal_add(number("0.1"), number("0.2"), &result));
	check_value(result, "0.3");
	CHECK(decimal_subtract(number("1"), number("0.999"), &result));
	check_value(result, "0.001");
	CHECK(decimal_multiply(number("967.68"), number("25.5"), &result));
	check_value(result, "24675.84");
	CHECK(decimal_shift(result, 2, &result));
	check_value(result, "246.7584");
	CHECK(!decimal_add(number("99999999999999999999999999999999999999"), number("1"), &result));
	CHECK(!decimal_multiply(number("9999999999999999999999"), number("9999999999999999999999"), &result));
	check_value(result, "246.7584");
	CHECK(decimal_compare(number("25"), number("25.00")) == 0);
	CHECK(decimal_compare(number("-1"), number("0.5")) < 0);
	CHECK(decimal_compare(number("99999999999999999999999999999999999999"), number("0.000000000000000001")) > 0);
	CHECK(decimal_compare(number("99999999999999999999999999999999999999"), number("-0.1")) > 0);
	CHECK(decimal_compare(decimal_abs(number("-3")), number("3")) == 0);
}

static void
test_rounding(void)
{
	static const struct
	{
		const char *value, *xpath, *away;
	} cases[] = {
		{"2.345", "2.35", "2.35"},	 {"-2.345", "-2.34", "-2.35"}, {"-2.3451", "-2.35", "-2.35"}, {"2.344999", "2.34", "2.34"},
		{"-0.005", "0", "-0.01"},	 {"0.005", "0.01", "0.01"},	   {"1.2", "1.2", "1.2"},		  {"-1", "-1", "-1"},
		{"-9.999", "-10", "-10"},
	};
	int64_t minor;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
	{
		check_value(decimal_round_xpath(number(cases[i].value), 2), cases[i].xpath);
		check_value(decimal_round_away(number(cases[i].value), 2), cases[i].away);
	}
	check_value(decimal_round_xpath(number("-0.5"), 0), "0");
	check_value(decimal_round_xpath(number("0.5"), 0), "1");
	CHECK(decimal_to_minor(number("-12.5"), 2, &minor) && minor == -1250);
	CHECK(!decimal_to_minor(number("12.505"), 2, &minor));
	CHECK(!decimal_to_minor(number("100000000000000000"), 2, &minor));
	check_value(decimal_from_minor(-1250, 2), "-12.5");
}

/* the same sums by 64-bit integers of hundredths */
static void
test_property(void)
{
	Decimal sum = decimal_from_int(0);
	int64_t want = 0, got;

	srand(7);
	for (int i = 0; i < 20000; i++)
	{
		int64_t minor = rand() % 2000001 - 1000000;
		char text[DECIMAL_TEXT_SIZE];

		decimal_text(decimal_from_minor(minor, 2), rand() % 4, text);
		CHECK(decimal_add(sum, number(text), &sum));
		want += minor;
	}
	CHECK(decimal_to_minor(sum, 2, &got) && got == want);
}

int
main(void)
{
	char text[DECIMAL_TEXT_SIZE];

	test_parse();
	test_arithmetic();
	test_rounding();
	test_property();
	CHECK(decimal_text(number("12"), 2, text) == 5);
	CHECK_TEXT(text, "12.00");
	CHECK(decimal_text(number("-0.5"), 2, text) == 5);
	CHECK_TEXT(text, "-0.50");
	return check_done();
}
