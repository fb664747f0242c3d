/*
 * checkdigit_math.h: the arithmetic of check digits, shared by the schemes.
 *
 * All functions take ASCII digits that the caller has tested.
 */
#ifndef CORE_CHECKDIGIT_MATH_H
#define CORE_CHECKDIGIT_MATH_H

#include "core/checkdigit.h"

/* Copies text without the ignored characters, folded to upper case if asked. */
extern ReferenceProblem checkdigit_collect(const char *text, size_t length, const char *ignored,
										   bool fold, ReferenceText *out);
extern bool checkdigit_all_digits(const char *text, size_t length);
extern ReferenceProblem checkdigit_append(ReferenceText *text, char next);
extern ReferenceProblem checkdigit_set(ReferenceText *text, const char *bytes, size_t length);

/* Luhn: the digit that makes digits + digit valid. */
extern int checkdigit_luhn(const char *digits, size_t length);

/* Sum of digit x weight, weights from the left. */
extern int checkdigit_weighted(const char *digits, const int *weights, size_t length);

/* Sum of digit x weight, weights cycling from the right. */
extern int checkdigit_weighted_right(const char *digits, size_t length, const int *weights,
									 size_t cycle);

/* ISO 7064 mod 97-10 remainder of digits and letters (A = 10 ... Z = 35), carried on from start. */
extern int checkdigit_mod97(int start, const char *text, size_t length);

/* ISO 7064 mod 11,10: the check digit. */
extern int checkdigit_mod11_10(const char *digits, size_t length);

/* CRC-8, polynomial 07, initial value 00. */
extern unsigned checkdigit_crc8(const char *bytes, size_t length);

/* Every day of YYYYMMDD exists. */
extern bool checkdigit_is_date(const char *digits);

#endif
