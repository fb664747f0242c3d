/*
 * finvoice_write.h: what the writer of Finvoice shares among its files; private to them.
 */
#ifndef CORE_FINVOICE_WRITE_H
#define CORE_FINVOICE_WRITE_H

#include "core/decimal.h"
#include "core/invoice_write.h"

/* writer->variant */
enum
{
	FINVOICE_CREDIT_NOTE = 1
};

/* steps with a value of Finvoice */
#define TEXT(name, term) STEP_TEXT_AS(name, term, finvoice_put_text)
#define DATE(name, term) \
	STEP_TEXT_AS(name, term, finvoice_put_date), STEP_MARK("Format=\"CCYYMMDD\"")
#define NUMBER(name, term) STEP_TEXT_AS(name, term, finvoice_put_percent)
#define AMOUNT(name, term) \
	STEP_TEXT_AS(name, term, finvoice_put_amount), STEP_ATTRIBUTE("AmountCurrencyIdentifier", BT_5)
#define PRICE(name, term)                                 \
	STEP_TEXT_AS(name, term, finvoice_put_price),         \
		STEP_ATTRIBUTE("AmountCurrencyIdentifier", BT_5), \
		STEP_ATTRIBUTE("QuantityUnitCodeUN", BT_150)
#define IDENTIFIED(name, term) TEXT(name, term), STEP_ATTRIBUTE("SchemeID", term##_1)
#define ADDRESS(party, line_1, line_2, line_3, town, post_code, subdivision, country) \
	STEP_OPEN(party "PostalAddressDetails"), TEXT(party "StreetName", line_1),        \
		TEXT(party "StreetName", line_2), TEXT(party "StreetName", line_3),           \
		TEXT(party "TownName", town), TEXT(party "PostCodeIdentifier", post_code),    \
		TEXT(party "CountrySubdivision", subdivision), STEP_TEXT("CountryCode", country), STEP_END

/* finvoice_write_values.c; the prefix in bytes of so many characters */
extern size_t finvoice_prefix_length(Slice value, size_t characters);
extern void finvoice_put_text(InvoiceWriter *writer, InvoiceTerm term, Slice value);
extern void finvoice_put_date(InvoiceWriter *writer, InvoiceTerm term, Slice value);
extern void finvoice_put_decimal(InvoiceWriter *writer, Slice value, int places, bool whole_too,
								 bool turned);
extern bool finvoice_is_credit(const InvoiceWriter *writer);
extern void finvoice_put_percent(InvoiceWriter *writer, InvoiceTerm term, Slice value);
extern void finvoice_put_price(InvoiceWriter *writer, InvoiceTerm term, Slice value);
extern void finvoice_put_quantity(InvoiceWriter *writer, InvoiceTerm term, Slice value);
extern void finvoice_put_amount(InvoiceWriter *writer, InvoiceTerm term, Slice value);
extern void finvoice_each_row(InvoiceWriter *writer, InvoiceGroupKind kind, const WriteStep *steps);
extern void finvoice_each_line(InvoiceWriter *writer, InvoiceTerm term, size_t most,
							   const WriteStep *step);

/* finvoice_write_rows.c */
extern PortStatus finvoice_prepare_line(InvoiceWriter *writer);
extern const WriteStep finvoice_line_steps[];

#endif
