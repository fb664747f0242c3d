/*
 * import_text.h: canonical values as datums of the tables.
 */
#ifndef INVOICE_IMPORT_TEXT_H
#define INVOICE_IMPORT_TEXT_H

#include "postgres.h"

#include "core/invoice.h"
#include "lib/stringinfo.h"

/* A copy that is valid text of the database, whatever was cut or put into it. */
extern char *import_text_clean(const char *text);
/* text; values of the sink are valid UTF-8 */
extern Datum import_text_datum(Slice value);
/* numeric; false if it is no plain decimal of at most 38 digits */
extern bool import_numeric_datum(Slice value, Datum *result);
/* date; false if it is no ISO date */
extern bool import_date_datum(Slice value, Datum *result);
/* amount in minor units of the currency (ISO 4217), commercially rounded; false if out of range */
extern bool import_minor_units(Slice amount, Slice currency, int64 *result);

/* Appends "key": "value", with a comma unless it is the first after an opening brace or nothing. */
extern void import_json_member(StringInfo json, const char *key, Slice value);

#endif
