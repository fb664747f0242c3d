/*
 * decimal.h: exact decimals for money, prices, quantities and rates.
 *
 * A Decimal is units / 10^scale in 128 bits; trailing zeros of the fraction are not kept (the
 * lexical text is, by those who need it).  Every step says whether the result is exact; nothing
 * rounds silently.  Where a result does not fit into 38 digits the function returns false and
 * leaves *result alone.
 */
#ifndef CORE_DECIMAL_H
#define CORE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECIMAL_MAX_SCALE 36
#define DECIMAL_TEXT_SIZE 48 /* sign, 39 digits, point, leading zero, end */

/* The server's allocator aligns to 8 bytes, the compiler would assume 16. */
typedef __int128 DecimalUnits __attribute__((aligned(8)));

typedef struct Decimal
{
	DecimalUnits units;
	int scale; /* 0 to DECIMAL_MAX_SCALE */
} Decimal;

typedef enum DecimalParse
{
	DECIMAL_OK,
	DECIMAL_EMPTY,		/* nothing, or only white space */
	DECIMAL_NOT_NUMBER, /* not an xs:decimal: exponent, NaN, comma, letters */
	DECIMAL_TOO_LONG	/* a number, but with more than 38 significant digits */
} DecimalParse;

/* xs:decimal: white space around it, a sign, digits with at most one point; "5." and ".5" are
 * legal. */
extern DecimalParse decimal_parse(const char *bytes, size_t length, Decimal *result);

extern Decimal decimal_from_int(int64_t value);
/* units in the given minor scale, e.g. (1250, 2) is 12.50 */
extern Decimal decimal_from_minor(int64_t units, int scale);
/* value * 10^scale as an integer; false when it is not whole or does not fit into 64 bits. */
extern bool decimal_to_minor(Decimal value, int scale, int64_t *units);

extern bool decimal_add(Decimal a, Decimal b, Decimal *result);
extern bool decimal_subtract(Decimal a, Decimal b, Decimal *result);
extern bool decimal_multiply(Decimal a, Decimal b, Decimal *result);
/* a / b to 18 places of the fraction, cut off; false for b = 0 */
extern bool decimal_divide(Decimal a, Decimal b, Decimal *result);
extern Decimal decimal_negate(Decimal a);
extern Decimal decimal_abs(Decimal a);
/* value / 10^places, always exact; false when the scale would be too large. */
extern bool decimal_shift(Decimal a, int places, Decimal *result);

/* Less, equal, greater: -1, 0, 1; exact for all values. */
extern int decimal_compare(Decimal a, Decimal b);
extern int decimal_sign(Decimal a);

/* XPath round() to places of the fraction: halves go towards +infinity, also for negative values.
 */
extern Decimal decimal_round_xpath(Decimal a, int places);
/* Commercial rounding: halves go away from zero. */
extern Decimal decimal_round_away(Decimal a, int places);

/* Plain notation with at least min_places of the fraction; returns the length. */
extern int decimal_text(Decimal a, int min_places, char out[DECIMAL_TEXT_SIZE]);

#endif
