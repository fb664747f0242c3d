/*
 * decimal.c: 128-bit scaled integers.
 *
 * Values stay normalised (no trailing zero in the fraction), so that an operation fails only when
 * the result itself has more digits than fit, not because of how an operand was written.
 */
#include "core/decimal.h"

#include <string.h>

#define POWERS 39 /* 10^38 is the largest that fits */

typedef __int128 Wide;
typedef unsigned __int128 Magnitude;

#define TEN_19 ((Wide) 10000000000000000000ULL)

/* 10^0 to 10^38, largest written as a product because C has no 128-bit literals */
#define P(n) ((Wide) 1##n)
static const Wide power_of_ten[POWERS] = {
	P(),
	P(0),
	P(00),
	P(000),
	P(0000),
	P(00000),
	P(000000),
	P(0000000),
	P(00000000),
	P(000000000),
	P(0000000000),
	P(00000000000),
	P(000000000000),
	P(0000000000000),
	P(00000000000000),
	P(000000000000000),
	P(0000000000000000),
	P(00000000000000000),
	P(000000000000000000),
	TEN_19,
	TEN_19 * 10,
	TEN_19 * 100,
	TEN_19 * 1000,
	TEN_19 * 10000,
	TEN_19 * 100000,
	TEN_19 * 1000000,
	TEN_19 * 10000000,
	TEN_19 * 100000000,
	TEN_19 * 1000000000,
	TEN_19 * 10000000000,
	TEN_19 * 100000000000,
	TEN_19 * 1000000000000,
	TEN_19 * 10000000000000,
	TEN_19 * 100000000000000,
	TEN_19 * 1000000000000000,
	TEN_19 * 10000000000000000,
	TEN_19 * 100000000000000000,
	TEN_19 * 1000000000000000000,
	TEN_19 *TEN_19,
};
#undef P

#define UNITS_LIMIT (power_of_ten[38] - 1)

static Decimal
normalise(Wide units, int scale)
{
	Decimal result;

	while (scale > 0 && units % 10 == 0)
	{
		units /= 10;
		scale--;
	}
	result.units = units;
	result.scale = scale;
	return result;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Most amounts have few digits: collect those in 64 bits, the rest in 128. */
static DecimalParse
parse_digits(const char *at, const char *end, bool negative, Decimal *result)
{
	Wide units = 0;
	int scale = 0, pending_zeros = 0, digits = 0;
	bool in_fraction = false, any = false;

	for (; at < end; at++)
	{
		if (*at == '.' && !in_fraction)
		{
			in_fraction = true;
			continue;
		}
		if (*at < '0' || *at > '9')
			return DECIMAL_NOT_NUMBER;
		any = true;
		if (digits < 0)
			continue; /* too long already: only look whether it is a number at all */
		if (in_fraction && *at == '0')
		{
			pending_zeros++;
			continue;
		}
		if (in_fraction)
			scale += pending_zeros + 1;
		if (units != 0 || *at != '0')
			digits += pending_zeros + 1;
		if (digits > 38 || scale > DECIMAL_MAX_SCALE)
		{
			digits = -1;
			continue;
		}
		units = units * power_of_ten[units == 0 ? 0 : pending_zeros + 1] + (*at - '0');
		pending_zeros = 0;
	}
	if (!any)
		return DECIMAL_NOT_NUMBER;
	if (digits < 0)
		return DECIMAL_TOO_LONG;
	result->units = negative ? -units : units;
	result->scale = units == 0 ? 0 : scale;
	return DECIMAL_OK;
}

/* Most amounts: digits and perhaps a point, so few that 64 bits hold them.  False: look closer. */
static bool
parse_short(const char *at, const char *end, bool negative, Decimal *result)
{
	int64_t units = 0;
	int scale = 0, point = 0;

	if (end - at > 18)
		return false;
	for (const char *c = at; c < end; c++)
	{
		unsigned digit = (unsigned char) *c - (unsigned) '0';

		if (digit <= 9)
		{
			units = units * 10 + digit;
			scale += point;
		}
		else if (*c != '.' || point != 0)
			return false;
		else
			point = 1;
	}
	if (end - at == point)
		return false;
	while (scale > 0 && units % 10 == 0)
	{
		units /= 10;
		scale--;
	}
	result->units = negative ? -units : units;
	result->scale = scale;
	return true;
}

DecimalParse
decimal_parse(const char *bytes, size_t length, Decimal *result)
{
	const char *at = bytes, *end = length > 0 ? bytes + length : bytes;
	bool negative = false;

	while (at < end && is_space(*at))
		at++;
	while (end > at && is_space(end[-1]))
		end--;
	if (at == end)
		return DECIMAL_EMPTY;
	if (*at == '-' || *at == '+')
		negative = *at++ == '-';
	if (parse_short(at, end, negative, result))
		return DECIMAL_OK;
	return parse_digits(at, end, negative, result);
}

Decimal
decimal_from_int(int64_t value)
{
	Decimal result = {value, 0};

	return result;
}

Decimal
decimal_from_minor(int64_t units, int scale)
{
	return normalise(units, scale);
}

bool
decimal_to_minor(Decimal value, int scale, int64_t *units)
{
	Wide scaled;

	if (value.scale > scale || scale >= POWERS ||
		__builtin_mul_overflow((Wide) value.units, power_of_ten[scale - value.scale], &scaled) ||
		scaled > INT64_MAX || scaled < INT64_MIN)
		return false;
	*units = (int64_t) scaled;
	return true;
}

static bool
in_range(Wide units)
{
	return units <= UNITS_LIMIT && units >= -UNITS_LIMIT;
}

/* Both operands at the larger of the two scales. */
static bool
align(Decimal a, Decimal b, Wide *left, Wide *right, int *scale)
{
	*scale = a.scale > b.scale ? a.scale : b.scale;
	return !__builtin_mul_overflow((Wide) a.units, power_of_ten[*scale - a.scale], left) &&
		   !__builtin_mul_overflow((Wide) b.units, power_of_ten[*scale - b.scale], right);
}

bool
decimal_add(Decimal a, Decimal b, Decimal *result)
{
	Wide left, right, sum;
	int scale;

	if (!align(a, b, &left, &right, &scale) || __builtin_add_overflow(left, right, &sum) ||
		!in_range(sum))
		return false;
	*result = normalise(sum, scale);
	return true;
}

bool
decimal_subtract(Decimal a, Decimal b, Decimal *result)
{
	return decimal_add(a, decimal_negate(b), result);
}

bool
decimal_multiply(Decimal a, Decimal b, Decimal *result)
{
	Wide product;
	Decimal normal;

	if (__builtin_mul_overflow((Wide) a.units, (Wide) b.units, &product) || !in_range(product))
		return false;
	normal = normalise(product, a.scale + b.scale);
	if (normal.scale > DECIMAL_MAX_SCALE)
		return false;
	*result = normal;
	return true;
}

/* Long division, digit by digit: the scaled dividend would not fit into 128 bits. */
bool
decimal_divide(Decimal a, Decimal b, Decimal *result)
{
	bool negative = (a.units < 0) != (b.units < 0);
	Wide dividend = a.units < 0 ? -a.units : a.units, divisor = b.units < 0 ? -b.units : b.units;
	Wide quotient, rest;
	int scale = a.scale - b.scale;
	Decimal normal;

	if (divisor == 0)
		return false;
	quotient = dividend / divisor;
	rest = dividend % divisor;
	for (; scale < 18 || scale < 0; scale++)
	{
		if (rest == 0 && scale >= 0)
			break;
		if (__builtin_mul_overflow(rest, (Wide) 10, &rest) ||
			__builtin_mul_overflow(quotient, (Wide) 10, &quotient) ||
			__builtin_add_overflow(quotient, rest / divisor, &quotient) || !in_range(quotient))
			return false;
		rest %= divisor;
	}
	normal = normalise(negative ? -quotient : quotient, scale);
	if (normal.scale > DECIMAL_MAX_SCALE)
		return false;
	*result = normal;
	return true;
}

Decimal
decimal_negate(Decimal a)
{
	a.units = -a.units;
	return a;
}

Decimal
decimal_abs(Decimal a)
{
	return a.units < 0 ? decimal_negate(a) : a;
}

bool
decimal_shift(Decimal a, int places, Decimal *result)
{
	Decimal normal = normalise(a.units, a.scale + places);

	if (normal.scale > DECIMAL_MAX_SCALE)
		return false;
	*result = normal;
	return true;
}

int
decimal_sign(Decimal a)
{
	return (a.units > 0) - (a.units < 0);
}

int
decimal_compare(Decimal a, Decimal b)
{
	Wide left, right, left_rest, right_rest;
	int scale;

	if (a.scale == b.scale)
		return (a.units > b.units) - (a.units < b.units);
	if (align(a, b, &left, &right, &scale))
		return (left > right) - (left < right);
	/* too wide at a common scale: whole parts first, then the fractions, which always fit */
	left = a.units / power_of_ten[a.scale];
	right = b.units / power_of_ten[b.scale];
	if (left != right)
		return left > right ? 1 : -1;
	left_rest = a.units % power_of_ten[a.scale] * power_of_ten[scale - a.scale];
	right_rest = b.units % power_of_ten[b.scale] * power_of_ten[scale - b.scale];
	return (left_rest > right_rest) - (left_rest < right_rest);
}

Decimal
decimal_round_xpath(Decimal a, int places)
{
	Wide unit, whole, rest;

	if (a.scale <= places)
		return a;
	unit = power_of_ten[a.scale - places];
	whole = a.units / unit;
	rest = a.units % unit;
	if (rest < 0)
	{
		whole--;
		rest += unit;
	}
	if (rest >= unit - rest)
		whole++;
	return normalise(whole, places);
}

Decimal
decimal_round_away(Decimal a, int places)
{
	if (a.units < 0)
		return decimal_negate(decimal_round_xpath(decimal_negate(a), places));
	return decimal_round_xpath(a, places);
}

int
decimal_text(Decimal a, int min_places, char out[DECIMAL_TEXT_SIZE])
{
	char digits[DECIMAL_TEXT_SIZE];
	Magnitude rest = a.units < 0 ? (Magnitude) 0 - (Magnitude) (Wide) a.units : (Magnitude) a.units;
	int count = 0, length = 0, places = a.scale;

	while (rest != 0 || count <= a.scale)
	{
		digits[count++] = (char) ('0' + (int) (rest % 10));
		rest /= 10;
	}
	if (a.units < 0)
		out[length++] = '-';
	for (int i = count - 1; i >= 0; i--)
	{
		if (i == a.scale - 1)
			out[length++] = '.';
		out[length++] = digits[i];
	}
	for (; places < min_places && length < DECIMAL_TEXT_SIZE - 2; places++)
	{
		if (places == 0)
			out[length++] = '.';
		out[length++] = '0';
	}
	out[length] = '\0';
	return length;
}
