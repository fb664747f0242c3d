/*
 * ksef_sums.h: classes of VAT rates in KSeF invoices, and the sums of their lines; for ksef_*.c.
 */
#ifndef CORE_KSEF_SUMS_H
#define CORE_KSEF_SUMS_H

#include "core/decimal.h"
#include "core/xml_state.h"

/* Terms that are read only for a decision; those of a line first. */
enum
{
	TERM_KSEF_LINE_FIRST = TERM_XML_SCRATCH,
	TERM_KSEF_LINE_DATE = TERM_KSEF_LINE_FIRST,
	TERM_KSEF_GROSS_PRICE,
	TERM_KSEF_DISCOUNT,
	TERM_KSEF_GROSS,
	TERM_KSEF_LINE_TAX,
	TERM_KSEF_RATE,
	TERM_KSEF_FOREIGN_RATE,
	TERM_KSEF_BEFORE,
	TERM_KSEF_LINE_LAST = TERM_KSEF_BEFORE,
	TERM_KSEF_BUYER_UNION,
	TERM_KSEF_BUYER_FOREIGN,
	TERM_KSEF_NET_1,
	TERM_KSEF_NET_2,
	TERM_KSEF_NET_3,
	TERM_KSEF_NET_4,
	TERM_KSEF_NET_5,
	TERM_KSEF_NET_6_1,
	TERM_KSEF_NET_6_2,
	TERM_KSEF_NET_6_3,
	TERM_KSEF_NET_7,
	TERM_KSEF_NET_8,
	TERM_KSEF_NET_9,
	TERM_KSEF_NET_10,
	TERM_KSEF_NET_11,
	TERM_KSEF_TAX_1,
	TERM_KSEF_TAX_2,
	TERM_KSEF_TAX_3,
	TERM_KSEF_TAX_4,
	TERM_KSEF_TAX_5,
	TERM_KSEF_PLN_1,
	TERM_KSEF_PLN_2,
	TERM_KSEF_PLN_3,
	TERM_KSEF_PLN_4,
	TERM_KSEF_SELF_BILLED,
	TERM_KSEF_EXEMPTION,
	TERM_KSEF_MARGIN_TRAVEL,
	TERM_KSEF_MARGIN_GOODS,
	TERM_KSEF_MARGIN_ART,
	TERM_KSEF_MARGIN_ANTIQUES,
	TERM_KSEF_KIND,
	TERM_KSEF_NOTE_LINE,
	TERM_KSEF_NOTE_KEY,
	TERM_KSEF_CHARGED,
	TERM_KSEF_DEDUCTED,
	TERM_KSEF_TO_PAY,
	TERM_KSEF_PAID,
	TERM_KSEF_PART_PAID,
	TERM_KSEF_MEANS,
	TERM_KSEF_SYSTEM,
	TERM_KSEF_VERSION
};

/* Keys of DodatkowyOpis: a note, and the payment terms. */
#define KSEF_KEY_NOTE "Uwagi"
#define KSEF_KEY_TERMS "Warunki płatności"
#define KSEF_KEY_PAYMENT "Tytuł płatności" /* what to write on the payment */

#define KSEF_SLOTS 13

/* xml_notes() */
enum
{
	KSEF_LINE_SUM,								   /* of KSEF_SLOTS classes, minor units */
	KSEF_SECOND_RATE = KSEF_LINE_SUM + KSEF_SLOTS, /* bits: lines have the older rate of a class */
	KSEF_LINES,
	KSEF_LINES_KNOWN, /* lines whose class and net amount are known */
	KSEF_FOREIGN_KNOWN,
	KSEF_FOREIGN, /* rate of the lines under another country's rate, millionths */
	KSEF_PART_PAYMENTS,
	KSEF_HAS_PART_PAYMENTS,
	KSEF_GROSS_LINES, /* lines whose net amount was derived */
	KSEF_DISCOURAGED  /* a finding says so already */
};

typedef struct KsefRate
{
	int slot; /* -1 = none */
	const char *category;
	const char *percent; /* NULL = none */
	bool second;		 /* the older rate of its class */
	bool foreign;
} KsefRate;

/* One class: the fields P_13_n and P_14_n and what they mean. */
typedef struct KsefSlot
{
	const char *field; /* P_13_1 */
	int net, tax, pln; /* terms; XML_NO_TERM = none */
	const char *category;
	const char *percent, *second; /* of the class; NULL = none */
	const char *reason;
} KsefSlot;

typedef struct KsefBreakdown
{
	int net, tax; /* terms; tax may be XML_NO_TERM */
	const char *category;
	char percent[DECIMAL_TEXT_SIZE]; /* empty = none */
	int reason_term;				 /* XML_NO_TERM: reason */
	const char *reason;				 /* NULL = none */
	const char *code;				 /* of the reason; NULL = none */
} KsefBreakdown;

typedef struct KsefMeans
{
	const char *number; /* FormaPlatnosci */
	const char *code;	/* BT-81 */
	const char *text;	/* BT-82 */
} KsefMeans;

extern const KsefSlot ksef_slots[KSEF_SLOTS];
extern const int ksef_slot_count;
extern const KsefMeans ksef_means[];
extern const int ksef_means_count;

/* By P_12: the class of its lines; category NULL = not known. */
extern KsefRate ksef_find_rate(Slice rate);
/* Of the line at hand. */
extern KsefRate ksef_line_rate(const XmlInvoice *reader);
extern bool ksef_net_of_gross(const XmlInvoice *reader, const KsefRate *rate, Decimal *net);
/* Counts the line at hand, whose net amount is known by now; before: it is taken away. */
extern void ksef_add_line(XmlInvoice *reader, const KsefRate *rate, bool before);

/* -- at the document's end, signs as in the source -- */

/* The value of a term in minor units; false if it is not there or no amount. */
extern bool ksef_minor(const XmlInvoice *reader, int term, int64_t *minor);
/* BT-106, 109, 110, 111 from what is there. */
extern void ksef_totals(XmlInvoice *reader);
/* The breakdown of a class; false if the invoice has none. */
extern bool ksef_breakdown(const XmlInvoice *reader, int slot, KsefBreakdown *breakdown);
/* ksef_check.c: what KSeF refuses beyond the schema, and sums that do not agree */
extern void ksef_check_value(XmlInvoice *reader, const SchemaEntry *entry, Slice value);
extern void ksef_check_text(XmlInvoice *reader, const char *bytes, size_t length);
extern void ksef_check_document(XmlInvoice *reader);

#endif
