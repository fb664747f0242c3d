/*
 * content_parse.h: amounts, dates and references as people read them, back to values.
 *
 * For proof of content: the tables of separators, months and currencies are its own, so that a
 * mistake of the formatter (template_format.c) is not made twice.
 */
#ifndef CORE_CONTENT_PARSE_H
#define CORE_CONTENT_PARSE_H

#include "core/buffer.h"
#include "core/decimal.h"
#include "core/invoice.h"
#include "core/template_format.h"

/* Appends the text without white space and without what shows nothing, hyphens as "-". */
extern void content_squeeze(ByteBuffer *out, Slice text);

/*
 * A squeezed text that is one amount, with the currency before or behind it or without:
 * 1234,50EUR, -1.234,50, kr99.  False when it is anything else.
 */
extern bool content_parse_amount(TemplateLanguage language, Slice text, Decimal *amount);

/* Blanks between digits part groups of three; a text without any blank fits as well. */
extern bool content_groups_fit(Slice text);

/*
 * A squeezed text that is one date: 2026-11-01, 1.11.2026, 1.november2026, 1Nov2026.  iso becomes
 * 2026-11-01.  A slash is refused: 1/11 is another day in another country.
 */
extern bool content_parse_date(TemplateLanguage language, Slice text, char iso[11]);

/* The first currency that a text (not squeezed) names and that is not the one expected. */
extern bool content_other_currency(Slice text, Slice currency, Slice *found);

#endif
