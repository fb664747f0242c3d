/*
 * ksef_write.h: what the writer of FA(3) shares among its files; private to them.
 */
#ifndef CORE_KSEF_WRITE_H
#define CORE_KSEF_WRITE_H

#include "core/invoice_write.h"
#include "core/ksef_sums.h"

/* bits of writer->variant */
enum
{
	KSEF_WRITE_CREDIT = 1,
	KSEF_WRITE_CORRECTION = 2,
	KSEF_WRITE_SELF_BILLED = 4,
	KSEF_WRITE_MARGIN = 8, /* the exempt part is that of a margin scheme */
	/* reverse charge is that of services to another state, not the domestic one */
	KSEF_WRITE_UNION_CHARGE = 16,
	KSEF_WRITE_ADVANCE = 32,
	/* lines of another value than the totals: an advance was paid before */
	KSEF_WRITE_SETTLEMENT = 64,
	KSEF_WRITE_SIMPLIFIED = 128
};

#define KSEF_SLOT_FOREIGN 4
#define KSEF_SLOT_MARGIN 12

/* ksef_write.c */
extern bool ksef_is_one_of(Slice value, const char *const *codes);
extern bool ksef_all_digits(Slice value);
extern void ksef_put_element(InvoiceWriter *writer, const char *name, Slice text);
extern void ksef_put_text(InvoiceWriter *writer, const char *name, const char *text);
extern size_t ksef_first_characters(Slice text, size_t most);
extern Decimal ksef_signed_value(const InvoiceWriter *writer, Decimal value);
extern void ksef_put_number(InvoiceWriter *writer, const char *name, InvoiceTerm term,
							Decimal value, int least, int most);
extern bool ksef_number_of(InvoiceWriter *writer, InvoiceTerm term, Decimal *value);
extern void ksef_put_amount(InvoiceWriter *writer, const char *name, InvoiceTerm term);
extern int ksef_slot_of(const InvoiceWriter *writer, Slice category, Slice rate, bool margin);

/* ksef_write_lines.c */
extern const WriteStep ksef_line_steps[];
extern const WriteStep ksef_after_lines[];

#endif
