/*
 * template_format.h: values in the way a language writes them.
 *
 * Works on the text of numbers and dates (no floating point, any length); what is not a number or
 * an ISO date passes unchanged.  Results are appended to a buffer.
 */
#ifndef CORE_TEMPLATE_FORMAT_H
#define CORE_TEMPLATE_FORMAT_H

#include "core/buffer.h"
#include "core/invoice.h"

typedef enum TemplateLanguage
{
	LANGUAGE_EN,
	LANGUAGE_NB,
	LANGUAGE_SV,
	LANGUAGE_DA,
	LANGUAGE_FI,
	LANGUAGE_PL,
	LANGUAGE_RO,
	LANGUAGE_DE,
	LANGUAGE_COUNT
} TemplateLanguage;

typedef enum TemplateLabel
{
#define LABEL(name, key, en, nb, sv, da, fi, pl, ro, de) LABEL_##name,
#include "core/template_labels.def"
#undef LABEL
	TEMPLATE_LABEL_COUNT
} TemplateLabel;

/* en, nb, ... */
extern const char *template_language_code(TemplateLanguage language);
/* Language of letters to a country (ISO 3166 alpha-2): English where none of ours is spoken. */
extern TemplateLanguage template_country_language(Slice country);
extern const char *template_label(TemplateLabel label, TemplateLanguage language);
/*
 * The label for a document of an issuer of a country: the names of registers (CVR, NIP, HRB) are
 * for numbers that these registers gave.
 */
extern const char *template_issuer_label(TemplateLabel label, TemplateLanguage language,
										 Slice issuer_country);

/* 1234.5 with 2 decimals at least: 1 234,50; decimals beyond are kept.  Negative with a true minus
 * sign. */
extern void format_money(ByteBuffer *out, TemplateLanguage language, Slice number);
/* As money, but only the decimals that mean something: 3.500 is 3,5 */
extern void format_quantity(ByteBuffer *out, TemplateLanguage language, Slice number);
/* How many digits a number in this language has behind its decimal mark; -1: it is no number. */
extern int format_fraction_digits(TemplateLanguage language, Slice text);
/* With that many decimals, rounded half away from zero; what is no number passes unchanged. */
extern void format_fixed(ByteBuffer *out, TemplateLanguage language, Slice number, int decimals);
/* With the decimals and behind it the code of the currency: 1 234,50 EUR, 1 235 JPY. */
extern void format_money_in(ByteBuffer *out, TemplateLanguage language, Slice number,
							Slice currency);
/* long: 1 November 2026; month: Nov; else as format_date. */
/* Whether a value is what a format takes: a day of the calendar, a number with a decimal point. */
extern bool format_takes_date(Slice date, Slice style);
extern bool format_takes_number(Slice number);
extern void format_date_as(ByteBuffer *out, TemplateLanguage language, Slice date, Slice style);
extern void format_date(ByteBuffer *out, TemplateLanguage language, Slice date);
/* Groups for reading: RF references and IBANs by four from the left, digits by five from the right.
 */
extern void format_reference(ByteBuffer *out, Slice reference);
/* Account number as its country prints it (NO 1234 56 78903, IBAN by four). */
extern void format_account(ByteBuffer *out, Slice account, Slice country);
/* UN/ECE recommendation 20 code as a sign; the code itself when there is none. */
extern void format_unit(ByteBuffer *out, TemplateLanguage language, Slice code);
/* 11122 is 111 22 in Sweden. */
extern void format_postcode(ByteBuffer *out, Slice postcode, Slice country);
/* Country as the last line of an address, in capital letters. */
extern void format_country(ByteBuffer *out, Slice country);

extern bool slice_is(Slice slice, const char *text);
extern bool slices_equal(Slice a, Slice b);
/* Absent, empty or a number that is zero. */
extern bool slice_is_zero(Slice slice);

#endif
