/*
 * payment_code.c: payloads of the two codes that are drawn as QR: EPC069-12 and the Polish 2D code.
 *
 * Rules: EPC069-12 version 2.1 (version 002 of the payload, where the BIC is optional); the Polish
 * recommendation on 2D codes of the Polish Bank Association (2013).
 */
#include "core/payment_code.h"

#include "core/checkdigit.h"
#include "core/checkdigit_math.h"

#include <string.h>

#define EPC_MAX_MINOR INT64_C(99999999999)
#define POLISH_MAX_MINOR 999999

/* One part of a payload and what it may hold. */
typedef struct PartRule
{
	const char *part;
	size_t longest; /* characters */
	char separator; /* of the payload, which no part may contain */
} PartRule;

static PortStatus
bad_part(PortFault *fault, const char *part, const char *reason, Slice value)
{
	return port_fault(fault, PORT_INVALID, reason, "%s \"%.*s\"", part, slice_shown(value, 100),
					  value.length == 0 ? "" : value.bytes);
}

static bool
starts_with(Slice text, const char *two_letters)
{
	return text.length > 1 && memcmp(text.bytes, two_letters, 2) == 0;
}

/* Characters of UTF-8 text, and whether each of them is in ISO 8859-1. */
static size_t
count_characters(Slice text, bool *latin1)
{
	size_t count = 0;

	for (size_t i = 0; i < text.length; i++)
	{
		unsigned char c = (unsigned char) text.bytes[i];

		if ((c & 0xC0) != 0x80)
			count++;
		if (c > 0xC3) /* lead bytes C2 and C3 stand for U+0080 to U+00FF */
			*latin1 = false;
	}
	return count;
}

static PortStatus
check_part(const PartRule *rule, Slice text, bool want_latin1, PortFault *fault)
{
	bool latin1 = true;
	size_t count = count_characters(text, &latin1);

	for (size_t i = 0; i < text.length; i++)
		if ((unsigned char) text.bytes[i] < ' ' || text.bytes[i] == 0x7F ||
			text.bytes[i] == rule->separator)
			return bad_part(fault, rule->part, "bad_character", text);
	if (want_latin1 && !latin1)
		return bad_part(fault, rule->part, "bad_character", text);
	if (count > rule->longest)
		return bad_part(fault, rule->part, "too_long", text);
	return PORT_OK;
}

static PortStatus
check_reference(const char *part, const char *scheme_name, Slice text, ReferenceText *normal,
				PortFault *fault)
{
	const char *parameter;
	const ReferenceScheme *scheme = reference_find_scheme(scheme_name, &parameter);
	ReferenceProblem problem =
		scheme->check(text.length == 0 ? "" : text.bytes, text.length, parameter, normal);

	if (problem != REFERENCE_OK)
		return bad_part(fault, part, reference_problem_name(problem), text);
	return PORT_OK;
}

/* Eight or eleven letters and digits; the country is two letters, the branch is optional. */
static PortStatus
check_bic(Slice bic, PortFault *fault)
{
	if (bic.length == 0)
		return PORT_OK;
	if (bic.length != 8 && bic.length != 11)
		return bad_part(fault, "BIC", "bad_length", bic);
	for (size_t i = 0; i < bic.length; i++)
	{
		bool letter = bic.bytes[i] >= 'A' && bic.bytes[i] <= 'Z';
		bool digit = bic.bytes[i] >= '0' && bic.bytes[i] <= '9';

		if (!letter && (!digit || i == 4 || i == 5))
			return bad_part(fault, "BIC", "bad_character", bic);
	}
	return PORT_OK;
}

static PortStatus
check_purpose(Slice purpose, PortFault *fault)
{
	if (purpose.length > 4)
		return bad_part(fault, "purpose", "too_long", purpose);
	for (size_t i = 0; i < purpose.length; i++)
		if (!((purpose.bytes[i] >= 'A' && purpose.bytes[i] <= 'Z') ||
			  (purpose.bytes[i] >= '0' && purpose.bytes[i] <= '9')))
			return bad_part(fault, "purpose", "bad_character", purpose);
	return PORT_OK;
}

/* A creditor reference is checked when it says that it is one. */
static PortStatus
check_remittance(const EpcPayment *payment, ReferenceText *reference, PortFault *fault)
{
	static const PartRule structured = {"reference", 35, '\n'}, free_text = {"message", 140, '\n'};
	PortStatus status;

	reference->length = 0;
	if (payment->reference.length > 0 && payment->message.length > 0)
		return bad_part(fault, "message beside a reference", "bad_structure", payment->message);
	if (starts_with(payment->reference, "RF"))
		return check_reference("reference", "rf", payment->reference, reference, fault);
	status = check_part(&structured, payment->reference, payment->latin1, fault);
	if (status != PORT_OK)
		return status;
	if (checkdigit_set(reference, payment->reference.length == 0 ? "" : payment->reference.bytes,
					   payment->reference.length) != REFERENCE_OK)
		return bad_part(fault, "reference", "too_long", payment->reference);
	return check_part(&free_text, payment->message, payment->latin1, fault);
}

static void
append_euro(ByteBuffer *out, int64_t minor)
{
	buffer_append_text(out, "EUR");
	buffer_append_int(out, minor / 100);
	if (minor % 100 != 0)
	{
		buffer_append_char(out, '.');
		buffer_append_char(out, (char) ('0' + minor % 100 / 10));
		if (minor % 10 != 0)
			buffer_append_char(out, (char) ('0' + minor % 10));
	}
}

static void
append_line(ByteBuffer *out, const char *bytes, size_t length)
{
	if (length > 0)
		buffer_append(out, bytes, length);
	buffer_append_char(out, '\n');
}

static PortStatus
check_epc(const EpcPayment *payment, ReferenceText *iban, ReferenceText *reference,
		  PortFault *fault)
{
	static const PartRule name = {"name", 70, '\n'};
	PortStatus status;

	if (payment->name.length == 0)
		return bad_part(fault, "name", "missing", payment->name);
	if (payment->amount.present && payment->amount.minor < 1)
		return port_fault(fault, PORT_INVALID, "too_small", "amount below 0.01");
	if (payment->amount.present && payment->amount.minor > EPC_MAX_MINOR)
		return port_fault(fault, PORT_INVALID, "too_large", "amount above 999999999.99");
	status = check_part(&name, payment->name, payment->latin1, fault);
	if (status == PORT_OK)
		status = check_bic(payment->bic, fault);
	if (status == PORT_OK)
		status = check_purpose(payment->purpose, fault);
	if (status == PORT_OK)
		status = check_reference("IBAN", "iban", payment->iban, iban, fault);
	return status == PORT_OK ? check_remittance(payment, reference, fault) : status;
}

PortStatus
payment_code_epc(ByteBuffer *out, const EpcPayment *payment, PortFault *fault)
{
	ReferenceText iban, reference;
	PortStatus status = check_epc(payment, &iban, &reference, fault);
	size_t start = out->length, bytes;
	bool latin1 = true;

	if (status != PORT_OK)
		return status;
	buffer_append_text(out, payment->latin1 ? "BCD\n002\n2\nSCT\n" : "BCD\n002\n1\nSCT\n");
	append_line(out, payment->bic.bytes, payment->bic.length);
	append_line(out, payment->name.bytes, payment->name.length);
	append_line(out, iban.text, iban.length);
	if (payment->amount.present)
		append_euro(out, payment->amount.minor);
	append_line(out, NULL, 0);
	append_line(out, payment->purpose.bytes, payment->purpose.length);
	append_line(out, reference.text, reference.length);
	append_line(out, payment->message.bytes, payment->message.length);
	if (out->failed)
		return PORT_NO_MEMORY;
	while (out->bytes[out->length - 1] == '\n') /* elements that are empty at the end are dropped */
		out->length--;
	bytes = out->length - start;
	if (payment->latin1)
		bytes = count_characters((Slice){out->bytes + start, bytes}, &latin1);
	if (bytes > EPC_MAX_BYTES)
		return port_fault(fault, PORT_INVALID, "too_long", "payload of %zu bytes, %d are allowed",
						  bytes, EPC_MAX_BYTES);
	return PORT_OK;
}

static PortStatus
check_polish(const PolishPayment *payment, ReferenceText *iban, PortFault *fault)
{
	static const PartRule name = {"name", 20, '|'}, title = {"title", 32, '|'};
	static const PartRule reserved[] = {
		{"reserved1", 20, '|'}, {"reserved2", 12, '|'}, {"reserved3", 24, '|'}};
	PortStatus status;

	if (payment->name.length == 0)
		return bad_part(fault, "name", "missing", payment->name);
	if (payment->tax_number.length != 0 && payment->tax_number.length != 10)
		return bad_part(fault, "tax number", "bad_length", payment->tax_number);
	for (size_t i = 0; i < payment->tax_number.length; i++)
		if (payment->tax_number.bytes[i] < '0' || payment->tax_number.bytes[i] > '9')
			return bad_part(fault, "tax number", "bad_character", payment->tax_number);
	if (payment->country.length != 0 &&
		(payment->country.length != 2 || memcmp(payment->country.bytes, "PL", 2) != 0))
		return bad_part(fault, "country", "bad_country", payment->country);
	if (payment->amount.present && payment->amount.minor < 0)
		return port_fault(fault, PORT_INVALID, "too_small", "amount below 0");
	if (payment->amount.present && payment->amount.minor > POLISH_MAX_MINOR)
		return port_fault(fault, PORT_INVALID, "too_large", "amount above 9999.99");
	status = check_part(&name, payment->name, false, fault);
	if (status == PORT_OK)
		status = check_part(&title, payment->title, false, fault);
	for (int i = 0; i < 3 && status == PORT_OK; i++)
		status = check_part(&reserved[i], payment->reserved[i], false, fault);
	if (status != PORT_OK)
		return status;
	return check_reference("account", starts_with(payment->account, "PL") ? "iban" : "pl_nrb",
						   payment->account, iban, fault);
}

/* NIP|PL|account|grosz|name|title|reserved 1|reserved 2|reserved 3 */
PortStatus
payment_code_polish(ByteBuffer *out, const PolishPayment *payment, PortFault *fault)
{
	ReferenceText iban;
	PortStatus status = check_polish(payment, &iban, fault);

	if (status != PORT_OK)
		return status;
	if (payment->tax_number.length > 0)
		buffer_append(out, payment->tax_number.bytes, payment->tax_number.length);
	buffer_append_char(out, '|');
	if (payment->country.length > 0)
		buffer_append(out, payment->country.bytes, payment->country.length);
	buffer_append_char(out, '|');
	buffer_append(out, iban.text + 2, iban.length - 2);
	buffer_printf(out, "|%06d|", payment->amount.present ? (int) payment->amount.minor : 0);
	buffer_append(out, payment->name.bytes, payment->name.length);
	buffer_append_char(out, '|');
	if (payment->title.length > 0)
		buffer_append(out, payment->title.bytes, payment->title.length);
	for (int i = 0; i < 3; i++)
	{
		buffer_append_char(out, '|');
		if (payment->reserved[i].length > 0)
			buffer_append(out, payment->reserved[i].bytes, payment->reserved[i].length);
	}
	return out->failed ? PORT_NO_MEMORY : PORT_OK;
}
