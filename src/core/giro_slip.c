/*
 * giro_slip.c: fields of the code line, each checked before it is placed.
 *
 * Sweden: 79 places of a tenth of an inch, counted from the right edge of the sheet.  Norway: the
 * fields start where the form's do, so that a reader that cuts the line by fields finds whole
 * figures.
 */
#include "core/giro_slip.h"

#include "core/checkdigit_math.h"
#include "core/checkdigit_schemes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SHEET_WIDTH 59528
#define SHEET_HEIGHT 84189
#define MOST_MINOR INT64_C(9999999999) /* eight places for the whole units */
#define HALF_PLACE (GIRO_PITCH / 2)

/* Hundredths of a millimetre. */
#define MM100(hundredths) ((int) (((int64_t) (hundredths) *7200 + 1270) / 2540))

/* ---------- Norway: GIRO F60-1 ---------- */

#define NO_HEIGHT MM100(12300)
#define NO_BASELINE 6000 /* 5/6 inch */
#define NO_KID_RIGHT MM100(8000)
#define NO_ORE_LEFT MM100(10700)
#define NO_CHECK_LEFT MM100(11500)
#define NO_FORM_LEFT MM100(17200)

/* ---------- Sweden ---------- */

#define SE_HEIGHT MM100(10160)
#define SE_BASELINE MM100(1700)
#define SE_BANKGIRO_CODE 41
#define SE_PLUSGIRO_CODE 14

#define REFUSE(rule, ...) return port_fault(fault, PORT_INVALID, rule, __VA_ARGS__)

static void
add_field(GiroLine *line, int x, const char *text)
{
	GiroField *field = &line->fields[line->field_count++];

	field->x = x;
	snprintf(field->text, sizeof(field->text), "%s", text);
}

/* Its last character ends at right. */
static void
add_field_right(GiroLine *line, int right, const char *text)
{
	add_field(line, right - (int) strlen(text) * GIRO_PITCH, text);
}

static bool
is_text(Slice slice, const char *text)
{
	return slice.length == strlen(text) && memcmp(slice.bytes, text, slice.length) == 0;
}

/* Digits of the amount in minor units, as they stand in the line, and what secures them. */
static PortStatus
check_amount(GiroLine *line, const GiroPayment *payment, char whole[24], char minor[4],
			 PortFault *fault)
{
	char digits[28];

	line->check_digit = -1;
	whole[0] = minor[0] = '\0';
	if (payment->blank_amount)
		return PORT_OK;
	if (payment->amount_minor < 1 || payment->amount_minor > MOST_MINOR)
		REFUSE("GIRO-AMOUNT",
			   "the amount must be from 0.01 to 99999999.99, with two decimals at most");
	snprintf(whole, 24, "%" PRId64, payment->amount_minor / 100);
	snprintf(minor, 4, "%02d", (int) (payment->amount_minor % 100));
	snprintf(digits, sizeof(digits), "%s%s", whole, minor);
	line->check_digit = checkdigit_luhn(digits, strlen(digits));
	return PORT_OK;
}

static PortStatus
check_reference(GiroLine *line, const GiroPayment *payment, PortFault *fault)
{
	bool norwegian = line->system == GIRO_NORWEGIAN;
	ReferenceProblem problem;

	line->reference.length = 0;
	line->reference.text[0] = '\0';
	if (payment->reference.length == 0 && norwegian)
		return PORT_OK; /* the payee takes payments without one, or does not */
	problem = norwegian ? kid_check_either(payment->reference.bytes, payment->reference.length, "",
										   &line->reference)
						: ocr_check(payment->reference.bytes, payment->reference.length, "",
									&line->reference);
	if (problem == REFERENCE_OK)
		return PORT_OK;
	REFUSE("GIRO-REFERENCE", "\"%.*s\" is no %s: %s", slice_shown(payment->reference, 40),
		   payment->reference.length == 0 ? "" : payment->reference.bytes,
		   norwegian ? "KID" : "OCR number", reference_problem_name(problem));
}

/* ---------- Norway ---------- */

/* Eleven digits, by themselves or behind NO and two check digits. */
static PortStatus
check_norwegian_account(GiroLine *line, Slice account, PortFault *fault)
{
	ReferenceText plain;
	ReferenceProblem problem =
		checkdigit_collect(account.bytes, account.length, " .", true, &plain);

	if (problem == REFERENCE_OK && plain.length == 15 && memcmp(plain.text, "NO", 2) == 0)
	{
		problem = iban_check(plain.text, plain.length, "", &line->account);
		memmove(plain.text, plain.text + 4, 12);
		plain.length = 11;
	}
	if (problem == REFERENCE_OK)
		problem = norwegian_account_check(plain.text, plain.length, "", &line->account);
	if (problem == REFERENCE_OK)
	{
		line->account.length =
			(size_t) snprintf(line->account.text, sizeof(line->account.text), "%.4s %.2s %.5s",
							  plain.text, plain.text + 4, plain.text + 6);
		return PORT_OK;
	}
	REFUSE("GIRO-ACCOUNT", "\"%.*s\" is no Norwegian account: %s", slice_shown(account, 40),
		   account.length == 0 ? "" : account.bytes, reference_problem_name(problem));
}

static PortStatus
make_norwegian(GiroLine *line, const GiroPayment *payment, PortFault *fault)
{
	char whole[24], minor[4], check[8], form[16];
	PortStatus status = check_norwegian_account(line, payment->account, fault);

	if (status == PORT_OK)
		status = check_amount(line, payment, whole, minor, fault);
	if (status != PORT_OK)
		return status;
	if (payment->form_number.length > 0 &&
		(payment->form_number.length != 10 ||
		 !checkdigit_all_digits(payment->form_number.bytes, payment->form_number.length)))
		REFUSE("GIRO-FORM", "\"%.*s\" is no number of a form: it has ten digits",
			   slice_shown(payment->form_number, 40), payment->form_number.bytes);
	line->baseline = NO_BASELINE;
	add_field(line, SHEET_WIDTH - 82 * GIRO_PITCH, "H"); /* covers the one that forms bear */
	if (line->reference.length > 0)
		add_field_right(line, NO_KID_RIGHT - GIRO_PITCH - HALF_PLACE, line->reference.text);
	if (line->check_digit >= 0)
	{
		add_field_right(line, NO_ORE_LEFT - 2 * GIRO_PITCH, whole);
		add_field(line, NO_ORE_LEFT, minor);
		snprintf(check, sizeof(check), "< %d >", line->check_digit);
	}
	add_field(line, NO_CHECK_LEFT, line->check_digit >= 0 ? check : "<   >");
	add_field(line, NO_CHECK_LEFT + 7 * GIRO_PITCH, line->account.text);
	if (payment->form_number.length > 0)
	{
		snprintf(form, sizeof(form), "<%.10s>", payment->form_number.bytes);
		add_field(line, NO_FORM_LEFT, form);
	}
	return PORT_OK;
}

/* ---------- Sweden ---------- */

/* By the hyphen: 5050-1055 is a bankgiro number, 28 65 43-4 one of plusgiro. */
static GiroSystem
system_of(Slice account)
{
	const char *hyphen = account.length == 0 ? NULL : memchr(account.bytes, '-', account.length);
	size_t behind = hyphen == NULL ? 0 : account.length - (size_t) (hyphen - account.bytes) - 1;

	return behind == 4 ? GIRO_BANKGIRO : behind == 1 ? GIRO_PLUSGIRO : GIRO_UNKNOWN;
}

static PortStatus
check_swedish_account(GiroLine *line, Slice account, char digits[16], PortFault *fault)
{
	ReferenceProblem problem;
	size_t count = 0;

	if (line->system == GIRO_UNKNOWN)
		line->system = system_of(account);
	if (line->system == GIRO_UNKNOWN)
		REFUSE(
			"GIRO-ACCOUNT",
			"\"%.*s\" is neither written as a bankgiro number (5050-1055) nor as one of plusgiro "
			"(28 65 43-4)",
			slice_shown(account, 40), account.length == 0 ? "" : account.bytes);
	problem = line->system == GIRO_BANKGIRO
				  ? bankgiro_check(account.bytes, account.length, "", &line->account)
				  : plusgiro_check(account.bytes, account.length, "", &line->account);
	if (problem != REFERENCE_OK)
		REFUSE("GIRO-ACCOUNT", "\"%.*s\" is no %s number: %s", slice_shown(account, 40),
			   account.bytes, line->system == GIRO_BANKGIRO ? "bankgiro" : "plusgiro",
			   reference_problem_name(problem));
	for (size_t i = 0; i < line->account.length && count < 15; i++)
		if (line->account.text[i] >= '0' && line->account.text[i] <= '9')
			digits[count++] = line->account.text[i];
	digits[count] = '\0';
	return PORT_OK;
}

/* The right edge of a place, counted from the right edge of the sheet. */
static int
place_right(int place)
{
	return SHEET_WIDTH - (place - 1) * GIRO_PITCH;
}

static PortStatus
make_swedish(GiroLine *line, const GiroPayment *payment, PortFault *fault)
{
	char whole[24], minor[4], account[16], text[30];
	PortStatus status = check_swedish_account(line, payment->account, account, fault);

	if (status == PORT_OK)
		status = check_amount(line, payment, whole, minor, fault);
	if (status != PORT_OK)
		return status;
	line->baseline = SE_BASELINE;
	add_field_right(line, place_right(82), "H");
	add_field_right(line, place_right(79), "#");
	add_field_right(line, place_right(53), line->reference.text);
	add_field_right(line, place_right(51), "#");
	if (line->check_digit >= 0)
	{
		add_field_right(line, place_right(43), whole);
		add_field_right(line, place_right(40), minor);
		snprintf(text, sizeof(text), "%d", line->check_digit);
		add_field_right(line, place_right(36), text);
	}
	add_field_right(line, place_right(34), ">");
	snprintf(text, sizeof(text), "%s#%02d#", account,
			 payment->code > 0				 ? payment->code
			 : line->system == GIRO_BANKGIRO ? SE_BANKGIRO_CODE
											 : SE_PLUSGIRO_CODE);
	add_field_right(line, place_right(5), text);
	return PORT_OK;
}

/* ---------- both ---------- */

PortStatus
giro_make_line(GiroLine *line, const GiroPayment *payment, PortFault *fault)
{
	bool norwegian = payment->system == GIRO_NORWEGIAN;
	PortStatus status;

	memset(line, 0, sizeof(*line));
	line->system = payment->system;
	if (!is_text(payment->currency, norwegian ? "NOK" : "SEK"))
		REFUSE("GIRO-CURRENCY", "a slip of this country takes %s, not %.*s",
			   norwegian ? "NOK" : "SEK", slice_shown(payment->currency, 10),
			   payment->currency.length == 0 ? "" : payment->currency.bytes);
	status = check_reference(line, payment, fault);
	if (status != PORT_OK)
		return status;
	return norwegian ? make_norwegian(line, payment, fault) : make_swedish(line, payment, fault);
}

int
giro_height(GiroSystem system)
{
	return system == GIRO_NORWEGIAN ? NO_HEIGHT : SE_HEIGHT;
}

GiroZone
giro_clear_zone(GiroSystem system)
{
	int above = system == GIRO_NORWEGIAN ? MM100(2900) : MM100(2700);
	int below = system == GIRO_NORWEGIAN ? MM100(1600) : 0;

	return (GiroZone){0, SHEET_HEIGHT - above, SHEET_WIDTH, SHEET_HEIGHT - below};
}
