/*
 * payment_code.h: what stands inside the payment codes of a page.
 *
 * EPC069-12 (European credit transfer as QR), the Polish 2D code, the Finnish bank bar code and the
 * bar codes of Romanian billers.  Nothing is cut or padded silently: a value that does not fit is a
 * fault whose rule is a reason code (docs/collect.md) and whose message names the part.  Drawing is
 * the business of barcode_*.c.
 */
#ifndef CORE_PAYMENT_CODE_H
#define CORE_PAYMENT_CODE_H

#include "core/buffer.h"
#include "core/invoice.h"

#define EPC_MAX_BYTES 331
#define FINNISH_BARCODE_DIGITS 54
#define BILLER_MAX_FIELDS 32
#define BILLER_MAX_LENGTH 100

/* An amount in hundredths; absent: the payer fills it in. */
typedef struct PaymentAmount
{
	bool present;
	int64_t minor;
} PaymentAmount;

typedef struct EpcPayment
{
	Slice name, iban, bic, purpose;
	Slice reference, message; /* at most one of them */
	PaymentAmount amount;	  /* 1 to 99999999999 */
	bool latin1;			  /* marked, checked and counted as ISO 8859-1; the text is UTF-8 */
} EpcPayment;

typedef struct PolishPayment
{
	Slice tax_number, country, account; /* 10 digits or none; PL or none; 26 digits, PL allowed */
	Slice name, title;					/* up to 20 and 32 characters */
	Slice reserved[3];
	PaymentAmount amount; /* up to 999999 */
} PolishPayment;

typedef struct FinnishPayment
{
	int version; /* 4 with a national reference, 5 with an RF reference */
	char iban[18 + 1], reference[25 + 1];
	PaymentAmount amount;
	bool has_due;
	int year, month, day;
} FinnishPayment;

/* Fields of a biller's code by position: name=from..to@FORMAT, separated by semicolons. */
typedef enum BillerFormat
{
	BILLER_TEXT,
	BILLER_CENTS,	/* digits, the last two behind the point */
	BILLER_DECIMAL, /* digits with a point and two places */
	BILLER_DATE		/* DD/MM/YYYY */
} BillerFormat;

typedef struct BillerField
{
	Slice name;
	int from, to; /* 1-based, inclusive */
	BillerFormat format;
} BillerField;

typedef struct BillerDefinition
{
	int field_count, length;
	BillerField fields[BILLER_MAX_FIELDS];
} BillerDefinition;

extern PortStatus payment_code_epc(ByteBuffer *out, const EpcPayment *payment, PortFault *fault);
extern PortStatus payment_code_polish(ByteBuffer *out, const PolishPayment *payment,
									  PortFault *fault);

/* iban and reference as they are printed; version, iban and reference of payment are set here. */
extern PortStatus payment_code_finnish(char symbol[FINNISH_BARCODE_DIGITS + 1],
									   FinnishPayment *payment, Slice iban, Slice reference,
									   PortFault *fault);
extern PortStatus payment_code_parse_finnish(FinnishPayment *payment, Slice symbol,
											 PortFault *fault);

extern PortStatus payment_code_compile_biller(BillerDefinition *definition, Slice text,
											  PortFault *fault);
/* Appends a field's value: text as it is, an amount as 12.50, a date as YYYY-MM-DD. */
extern PortStatus payment_code_biller_field(ByteBuffer *out, const BillerDefinition *definition,
											int field, Slice symbol, PortFault *fault);

#endif
