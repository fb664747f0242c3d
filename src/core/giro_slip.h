/*
 * giro_slip.h: the code line of a payment slip: what stands in it, and where.
 *
 * Two slips that banks read by machine: the Norwegian GIRO F60-1 and the Swedish inbetalningskort
 * of Bankgirot and Plusgirot.  Figures stand ten to the inch in OCR-B size I; positions are those
 * of the form, not of a template.  Sources, and what is in none of them: docs/payment_slip.md.
 */
#ifndef CORE_GIRO_SLIP_H
#define CORE_GIRO_SLIP_H

#include "core/checkdigit.h"
#include "core/invoice.h"

/* Lengths are in 1/100 pt; a sheet is A4, 59528 wide and 84189 high. */
#define GIRO_PITCH 720 /* of a character of the code line */
#define GIRO_FONT_SIZE 1000
#define GIRO_MAX_FIELDS 10

typedef enum GiroSystem
{
	GIRO_NORWEGIAN,
	GIRO_BANKGIRO,
	GIRO_PLUSGIRO,
	GIRO_UNKNOWN /* Swedish: as the account is written */
} GiroSystem;

typedef struct GiroPayment
{
	GiroSystem system;
	Slice account;		  /* as the invoice has it; of Norway an IBAN is taken too */
	Slice reference;	  /* KID or OCR number */
	Slice currency;		  /* must be the country's */
	bool blank_amount;	  /* left to the payer */
	int64_t amount_minor; /* 1 to 9999999999 */
	Slice form_number;	  /* Norway: ten digits that the approved form bears; may be empty */
	int code;			  /* Sweden: type of the slip, 0 = the system's own */
} GiroPayment;

typedef struct GiroField
{
	int x; /* left edge of the first character's place, from the left edge of the sheet */
	char text[30];
} GiroField;

typedef struct GiroLine
{
	int baseline; /* lower edge of the figures above the lower edge of the sheet */
	int field_count;
	GiroField fields[GIRO_MAX_FIELDS];
	ReferenceText account, reference; /* as they are printed for people, and as they are read */
	int check_digit;				  /* of the amount; -1 without one */
	GiroSystem system;				  /* which it turned out to be */
} GiroLine;

/* A place on the sheet that is kept for the reader, from its upper left corner. */
typedef struct GiroZone
{
	int left, top, right, bottom;
} GiroZone;

/*
 * PORT_INVALID with rule GIRO-CURRENCY, GIRO-ACCOUNT, GIRO-REFERENCE, GIRO-AMOUNT or GIRO-FORM; the
 * message says what is wrong with which value.
 */
extern PortStatus giro_make_line(GiroLine *line, const GiroPayment *payment, PortFault *fault);

/* How much of the foot of the sheet the slip takes. */
extern int giro_height(GiroSystem system);
/* Nothing but the code line may stand here. */
extern GiroZone giro_clear_zone(GiroSystem system);

#endif
