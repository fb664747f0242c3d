/*
 * payment_code_position.c: payment codes whose parts stand at fixed positions: the Finnish bank bar
 * code (versions 4 and 5 of the national guide) and the codes of Romanian billers, which each
 * biller defines for itself.
 */
#include "core/payment_code.h"

#include "core/checkdigit.h"
#include "core/checkdigit_math.h"

#include <stdio.h>
#include <string.h>

#define FINNISH_MAX_MINOR                                                  \
	99999999 /* more does not fit: written as zeros, the payer fills it in \
			  */

static PortStatus
bad_part(PortFault *fault, const char *part, const char *reason, Slice value)
{
	return port_fault(fault, PORT_INVALID, reason, "%s \"%.*s\"", part, slice_shown(value, 100),
					  value.length == 0 ? "" : value.bytes);
}

static ReferenceProblem
check(const char *scheme_name, Slice text, ReferenceText *normal)
{
	const char *parameter;
	const ReferenceScheme *scheme = reference_find_scheme(scheme_name, &parameter);

	return scheme->check(text.length == 0 ? "" : text.bytes, text.length, parameter, normal);
}

static int
number_at(const char *digits, size_t count)
{
	int number = 0;

	for (size_t i = 0; i < count; i++)
		number = number * 10 + digits[i] - '0';
	return number;
}

static PortStatus
take_finnish_iban(FinnishPayment *payment, Slice iban, PortFault *fault)
{
	ReferenceText normal;
	ReferenceProblem problem = check("iban", iban, &normal);

	if (problem != REFERENCE_OK)
		return bad_part(fault, "IBAN", reference_problem_name(problem), iban);
	if (strncmp(normal.text, "FI", 2) != 0)
		return bad_part(fault, "IBAN", "bad_country", iban);
	memcpy(payment->iban, normal.text, sizeof(payment->iban));
	return PORT_OK;
}

static PortStatus
take_finnish_reference(FinnishPayment *payment, Slice reference, PortFault *fault)
{
	bool rf = reference.length > 1 && (reference.bytes[0] == 'R' || reference.bytes[0] == 'r');
	ReferenceText normal;
	ReferenceProblem problem = check(rf ? "rf" : "fi_reference", reference, &normal);

	if (problem == REFERENCE_OK && rf && !checkdigit_all_digits(normal.text + 4, normal.length - 4))
		problem = REFERENCE_BAD_CHARACTER;
	if (problem != REFERENCE_OK)
		return bad_part(fault, "reference", reference_problem_name(problem), reference);
	payment->version = rf ? 5 : 4;
	memcpy(payment->reference, normal.text, normal.length + 1);
	return PORT_OK;
}

/* Digits into the symbol, zeros before them. */
static void
put_digits(char *symbol, size_t width, const char *digits, size_t length)
{
	memset(symbol, '0', width - length);
	memcpy(symbol + width - length, digits, length);
}

PortStatus
payment_code_finnish(char symbol[FINNISH_BARCODE_DIGITS + 1], FinnishPayment *payment, Slice iban,
					 Slice reference, PortFault *fault)
{
	PortStatus status = take_finnish_iban(payment, iban, fault);
	int64_t minor = payment->amount.present ? payment->amount.minor : 0;
	char number[16];

	if (status == PORT_OK)
		status = take_finnish_reference(payment, reference, fault);
	if (status != PORT_OK)
		return status;
	if (minor < 0)
		return port_fault(fault, PORT_INVALID, "too_small", "amount below 0");
	if (payment->has_due && (payment->year < 2000 || payment->year > 2099))
		return port_fault(fault, PORT_INVALID, "bad_date", "due date in the year %d",
						  payment->year);
	symbol[0] = (char) ('0' + payment->version);
	memcpy(symbol + 1, payment->iban + 2, 16);
	snprintf(number, sizeof(number), "%08d", minor > FINNISH_MAX_MINOR ? 0 : (int) minor);
	memcpy(symbol + 17, number, 8);
	if (payment->version == 5)
	{
		memcpy(symbol + 25, payment->reference + 2, 2);
		put_digits(symbol + 27, 21, payment->reference + 4, strlen(payment->reference) - 4);
	}
	else
		put_digits(symbol + 25, 23, payment->reference, strlen(payment->reference));
	memset(symbol + 48, '0', 6);
	if (payment->has_due)
	{
		snprintf(number, sizeof(number), "%02u%02u%02u", (unsigned) payment->year % 100,
				 (unsigned) payment->month % 100, (unsigned) payment->day % 100);
		memcpy(symbol + 48, number, 6);
	}
	symbol[FINNISH_BARCODE_DIGITS] = '\0';
	return PORT_OK;
}

static PortStatus
parse_finnish_due(FinnishPayment *payment, Slice digits, PortFault *fault)
{
	char date[9] = "20";

	payment->has_due = memcmp(digits.bytes, "000000", 6) != 0;
	if (!payment->has_due)
		return PORT_OK;
	memcpy(date + 2, digits.bytes, 6);
	if (!checkdigit_is_date(date))
		return bad_part(fault, "due date", "bad_date", digits);
	payment->year = 2000 + number_at(digits.bytes, 2);
	payment->month = number_at(digits.bytes + 2, 2);
	payment->day = number_at(digits.bytes + 4, 2);
	return PORT_OK;
}

PortStatus
payment_code_parse_finnish(FinnishPayment *payment, Slice symbol, PortFault *fault)
{
	char iban[18], reference[25] = "RF";
	size_t zeros = 27;
	PortStatus status;

	memset(payment, 0, sizeof(*payment));
	if (symbol.length != FINNISH_BARCODE_DIGITS)
		return bad_part(fault, "symbol", "bad_length", symbol);
	if (!checkdigit_all_digits(symbol.bytes, symbol.length))
		return bad_part(fault, "symbol", "bad_character", symbol);
	if (symbol.bytes[0] != '4' && symbol.bytes[0] != '5')
		return bad_part(fault, "version", "bad_prefix", (Slice){symbol.bytes, 1});
	if (symbol.bytes[0] == '4' && memcmp(symbol.bytes + 25, "000", 3) != 0)
		return bad_part(fault, "reserved part", "bad_structure", (Slice){symbol.bytes + 25, 3});
	memcpy(iban, "FI", 2);
	memcpy(iban + 2, symbol.bytes + 1, 16);
	status = take_finnish_iban(payment, (Slice){iban, 18}, fault);
	if (status != PORT_OK)
		return status;
	payment->amount = (PaymentAmount){true, number_at(symbol.bytes + 17, 8)};
	payment->amount.present = payment->amount.minor != 0;
	if (symbol.bytes[0] == '4')
		status = take_finnish_reference(payment, (Slice){symbol.bytes + 28, 20}, fault);
	else
	{
		while (zeros < 47 && symbol.bytes[zeros] == '0')
			zeros++;
		memcpy(reference + 2, symbol.bytes + 25, 2);
		memcpy(reference + 4, symbol.bytes + zeros, 48 - zeros);
		status = take_finnish_reference(payment, (Slice){reference, 4 + 48 - zeros}, fault);
	}
	return status == PORT_OK ? parse_finnish_due(payment, (Slice){symbol.bytes + 48, 6}, fault)
							 : status;
}

/* A number of 1 to BILLER_MAX_LENGTH, or 0. */
static int
take_position(const char **next, const char *end)
{
	int number = 0;

	while (*next < end && **next >= '0' && **next <= '9' && number <= BILLER_MAX_LENGTH)
		number = number * 10 + *(*next)++ - '0';
	return number <= BILLER_MAX_LENGTH ? number : 0;
}

static bool
take_format(BillerField *field, Slice format)
{
	static const struct
	{
		const char *name;
		BillerFormat format;
		int width; /* 0 = any */
	} formats[] = {
		{"CENTS", BILLER_CENTS, 0}, {"DEC", BILLER_DECIMAL, 0}, {"DD/MM/YYYY", BILLER_DATE, 10}};
	int width = field->to - field->from + 1;

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (strlen(formats[i].name) == format.length &&
			memcmp(formats[i].name, format.bytes, format.length) == 0)
		{
			field->format = formats[i].format;
			return formats[i].width == 0 ? width >= 4 && width <= 18 : width == formats[i].width;
		}
	return false;
}

/* name=from..to or name=from..to@FORMAT */
static bool
take_field(BillerField *field, Slice text)
{
	const char *end = text.bytes + text.length;
	const char *next = memchr(text.bytes, '=', text.length);

	if (next == NULL || next == text.bytes)
		return false;
	field->name = (Slice){text.bytes, (size_t) (next - text.bytes)};
	field->format = BILLER_TEXT;
	next++;
	field->from = take_position(&next, end);
	if (end - next < 2 || memcmp(next, "..", 2) != 0)
		return false;
	next += 2;
	field->to = take_position(&next, end);
	if (field->from < 1 || field->to < field->from)
		return false;
	if (next == end)
		return true;
	return *next == '@' && take_format(field, (Slice){next + 1, (size_t) (end - next - 1)});
}

PortStatus
payment_code_compile_biller(BillerDefinition *definition, Slice text, PortFault *fault)
{
	const char *next = text.bytes, *end = text.bytes + text.length;

	definition->field_count = definition->length = 0;
	while (next < end)
	{
		const char *stop = memchr(next, ';', (size_t) (end - next));
		Slice part = {next, (size_t) ((stop == NULL ? end : stop) - next)};
		BillerField *field = &definition->fields[definition->field_count];

		if (definition->field_count == BILLER_MAX_FIELDS)
			return bad_part(fault, "definition", "too_long", text);
		if (!take_field(field, part))
			return bad_part(fault, "field of the definition", "bad_structure", part);
		if (field->to > definition->length)
			definition->length = field->to;
		definition->field_count++;
		next = stop == NULL ? end : stop + 1;
	}
	return definition->field_count == 0 ? bad_part(fault, "definition", "missing", text) : PORT_OK;
}

/* Digits before the point, without the zeros in front, and two behind it. */
static PortStatus
append_amount(ByteBuffer *out, Slice whole, Slice cents, Slice value, PortFault *fault)
{
	if (whole.length == 0 || !checkdigit_all_digits(whole.bytes, whole.length) ||
		!checkdigit_all_digits(cents.bytes, cents.length))
		return bad_part(fault, "amount", "bad_character", value);
	while (whole.length > 1 && whole.bytes[0] == '0')
		whole = (Slice){whole.bytes + 1, whole.length - 1};
	buffer_append(out, whole.bytes, whole.length);
	buffer_append_char(out, '.');
	buffer_append(out, cents.bytes, cents.length);
	return PORT_OK;
}

static PortStatus
append_date(ByteBuffer *out, Slice value, PortFault *fault)
{
	const char *text = value.bytes;
	char date[9];

	if (text[2] != '/' || text[5] != '/')
		return bad_part(fault, "date", "bad_structure", value);
	snprintf(date, sizeof(date), "%.4s%.2s%.2s", text + 6, text + 3, text);
	if (strlen(date) != 8 || !checkdigit_all_digits(date, 8) || !checkdigit_is_date(date))
		return bad_part(fault, "date", "bad_date", value);
	buffer_printf(out, "%.4s-%.2s-%.2s", date, date + 4, date + 6);
	return PORT_OK;
}

PortStatus
payment_code_biller_field(ByteBuffer *out, const BillerDefinition *definition, int number,
						  Slice symbol, PortFault *fault)
{
	const BillerField *field = &definition->fields[number];
	PortStatus status = PORT_OK;
	Slice value;

	if (symbol.length != (size_t) definition->length)
		return bad_part(fault, "symbol", "bad_length", symbol);
	for (size_t i = 0; i < symbol.length; i++)
		if (symbol.bytes[i] < ' ' || symbol.bytes[i] > '~') /* positions are bytes of ASCII */
			return bad_part(fault, "symbol", "bad_character", symbol);
	value = (Slice){symbol.bytes + field->from - 1, (size_t) (field->to - field->from + 1)};
	switch (field->format)
	{
		case BILLER_TEXT:
			buffer_append(out, value.bytes, value.length);
			break;
		case BILLER_CENTS:
			status = append_amount(out, (Slice){value.bytes, value.length - 2},
								   (Slice){value.bytes + value.length - 2, 2}, value, fault);
			break;
		case BILLER_DECIMAL:
			if (value.bytes[value.length - 3] != '.')
				return bad_part(fault, "amount", "bad_structure", value);
			status = append_amount(out, (Slice){value.bytes, value.length - 3},
								   (Slice){value.bytes + value.length - 2, 2}, value, fault);
			break;
		case BILLER_DATE:
			status = append_date(out, value, fault);
			break;
	}
	return status == PORT_OK && out->failed ? PORT_NO_MEMORY : status;
}
