/*
 * content_proof.c: reading back and comparing.
 *
 * Blanks do not count when texts are compared: references are grouped for reading and lines broken
 * where they must be.
 */
#include "core/content_proof.h"

#include "core/content_parse.h"
#include "core/template_invoice.h"
#include "core/template_kind.h"

#include <string.h>

static const struct
{
	const char *name, *rule;
} values[PROOF_VALUE_COUNT] = {{"number", "PROOF-NUMBER"},
							   {"payable_amount", "PROOF-AMOUNT"},
							   {"payment_reference", "PROOF-REFERENCE"},
							   {"due_date", "PROOF-DUE-DATE"}};

const char *
proof_value_name(ProofValue value)
{
	return values[value].name;
}

void
proof_init(ContentProof *proof, const Port *port)
{
	memset(proof, 0, sizeof(*proof));
	buffer_init(&proof->text, port);
	buffer_init(&proof->squeezed, port);
	buffer_init(&proof->plain, port);
	buffer_init(&proof->parts, port);
}

void
proof_begin(ContentProof *proof, const TemplateData *data, PortFault *fault)
{
	const Slice *invoice = data->groups[TEMPLATE_INVOICE].rows[0];

	proof->fault = fault;
	proof->language = template_invoice_language(data);
	proof->open = proof->needed = proof->proven = 0;
	buffer_reset(&proof->text);
	memset(proof->expected, 0, sizeof(proof->expected));
	proof->is_off = template_is_letter(data);
	if (proof->is_off)
		return;
	proof->expected[PROOF_NUMBER] = TEMPLATE_VALUE(invoice, INVOICE, NUMBER);
	proof->expected[PROOF_AMOUNT] = TEMPLATE_VALUE(invoice, INVOICE, PAYABLE_AMOUNT);
	proof->expected[PROOF_REFERENCE] = TEMPLATE_VALUE(invoice, INVOICE, PAYMENT_REFERENCE);
	proof->expected[PROOF_DUE_DATE] = TEMPLATE_VALUE(invoice, INVOICE, DUE_DATE);
	proof->currency = TEMPLATE_VALUE(invoice, INVOICE, CURRENCY);
	for (int value = 0; value < PROOF_VALUE_COUNT; value++)
		if (proof->expected[value].length > 0)
			proof->needed |= PROOF_BIT(value);
	/* nobody has to know when and with which reference to pay nothing */
	if (!template_has_payment(data))
		proof->needed &= PROOF_BIT(PROOF_NUMBER) | PROOF_BIT(PROOF_AMOUNT);
}

/* ---------- reading back ---------- */

static void
append_character(ByteBuffer *out, unsigned character)
{
	if (character < 0x80)
		buffer_append_char(out, (char) character);
	else if (character < 0x800)
	{
		buffer_append_char(out, (char) (0xC0 | character >> 6));
		buffer_append_char(out, (char) (0x80 | (character & 0x3F)));
	}
	else
	{
		buffer_append_char(out, (char) (0xE0 | character >> 12));
		buffer_append_char(out, (char) (0x80 | (character >> 6 & 0x3F)));
		buffer_append_char(out, (char) (0x80 | (character & 0x3F)));
	}
}

/* One byte of a string, escapes undone; -1 at its end. */
static int
string_byte(const char *bytes, size_t length, size_t *at)
{
	if (*at >= length || bytes[*at] == ')')
		return -1;
	if (bytes[*at] != '\\')
		return (unsigned char) bytes[(*at)++];
	*at += 2;
	if (*at > length)
		return -1;
	return bytes[*at - 1] == 'r' ? '\r' : (unsigned char) bytes[*at - 1];
}

void
proof_read(ContentProof *proof, const FontFace *face, const char *bytes, size_t length)
{
	const uint16_t *characters = face->characters != NULL ? face->characters : font_characters;
	int count = face->characters != NULL ? face->character_count : font_character_count;
	size_t at = 1;
	int high, low;

	if (length == 0 || *bytes != '(')
		return;
	while ((high = string_byte(bytes, length, &at)) >= 0 &&
		   (low = string_byte(bytes, length, &at)) >= 0)
	{
		int glyph = high << 8 | low;

		if (glyph > 0 && glyph <= count)
			append_character(&proof->text, characters[glyph - 1]);
	}
	buffer_append_char(&proof->text, ' '); /* the next text stands elsewhere */
}

ProofMark
proof_open(ContentProof *proof, unsigned wanted)
{
	ProofMark mark = {proof->open, proof->text.length};

	proof->open = proof->is_off ? 0 : wanted;
	return mark;
}

Slice
proof_text(const ContentProof *proof, ProofMark mark)
{
	Slice text = {proof->text.bytes + mark.start, 0};

	if (proof->text.failed || proof->text.length < mark.start)
		return (Slice){"", 0};
	text.length = proof->text.length - mark.start;
	while (text.length > 0 && text.bytes[text.length - 1] == ' ')
		text.length--;
	return text;
}

void
proof_close(ContentProof *proof, ProofMark mark)
{
	proof->open = mark.outer;
	if (proof->text.length > mark.start)
		proof->text.length = mark.start;
}

/* ---------- comparing ---------- */

static bool
same_text(ContentProof *proof, Slice shown, Slice expected)
{
	size_t length;

	buffer_reset(&proof->squeezed);
	content_squeeze(&proof->squeezed, shown);
	length = proof->squeezed.length;
	content_squeeze(&proof->squeezed, expected);
	if (proof->squeezed.failed || proof->squeezed.length != 2 * length)
		return false;
	return length == 0 ||
		   memcmp(proof->squeezed.bytes, proof->squeezed.bytes + length, length) == 0;
}

static Slice
squeezed(ContentProof *proof, Slice text)
{
	buffer_reset(&proof->squeezed);
	content_squeeze(&proof->squeezed, text);
	return (Slice){proof->squeezed.bytes, proof->squeezed.failed ? 0 : proof->squeezed.length};
}

/* Ends in an ellipsis: the rest did not fit its place. */
static bool
is_cut(Slice shown)
{
	for (size_t i = 0; i + 2 < shown.length; i++)
		if (memcmp(shown.bytes + i, "\xE2\x80\xA6", 3) == 0)
			return true;
	return false;
}

static bool
same_value(ContentProof *proof, ProofValue value, Slice shown)
{
	Slice expected = proof->expected[value];
	Decimal amount, invoiced;
	char date[11];

	if (is_cut(shown) && !is_cut(expected))
		return false;
	switch (value)
	{
		case PROOF_AMOUNT:
			return content_groups_fit(shown) &&
				   content_parse_amount(proof->language, squeezed(proof, shown), &amount) &&
				   decimal_parse(expected.bytes, expected.length, &invoiced) == DECIMAL_OK &&
				   decimal_compare(amount, invoiced) == 0;
		case PROOF_DUE_DATE:
			return content_parse_date(proof->language, squeezed(proof, shown), date) &&
				   expected.length == 10 && memcmp(date, expected.bytes, 10) == 0;
		default:
			return same_text(proof, shown, expected);
	}
}

/* The value as it should stand there. */
static Slice
as_written(ContentProof *proof, ProofValue value)
{
	Slice expected = proof->expected[value];

	buffer_reset(&proof->squeezed);
	if (value == PROOF_AMOUNT)
		format_money(&proof->squeezed, proof->language, expected);
	else if (value == PROOF_DUE_DATE)
		format_date(&proof->squeezed, proof->language, expected);
	else
		return expected;
	return (Slice){proof->squeezed.bytes, proof->squeezed.failed ? 0 : proof->squeezed.length};
}

bool
proof_compare(ContentProof *proof, ProofValue value, Slice shown, Slice around, const char *where)
{
	Slice expected = proof->expected[value], other;

	if (expected.length == 0)
	{
		(void) port_fault(proof->fault, PORT_INVALID, values[value].rule,
						  "%s: %s on the page: found \"%.*s\", expected none", where,
						  values[value].name, slice_shown(shown, 40), shown.bytes);
		return false;
	}
	if (!same_value(proof, value, shown))
	{
		expected = as_written(proof, value);
		(void) port_fault(proof->fault, PORT_INVALID, values[value].rule,
						  "%s: %s on the page: found \"%.*s\", expected \"%.*s\"", where,
						  values[value].name, slice_shown(shown, 40), shown.bytes,
						  slice_shown(expected, 40), expected.bytes);
		return false;
	}
	if (value == PROOF_AMOUNT && content_other_currency(around, proof->currency, &other))
	{
		(void) port_fault(
			proof->fault, PORT_INVALID, "PROOF-CURRENCY",
			"%s: currency of the amount on the page: found \"%.*s\", expected \"%.*s\"", where,
			slice_shown(other, 10), other.bytes, slice_shown(proof->currency, 10),
			proof->currency.bytes);
		return false;
	}
	proof->proven |= PROOF_BIT(value);
	return true;
}

bool
proof_code_agrees(ContentProof *proof, ProofValue value, Slice held)
{
	Slice expected = proof->expected[value];
	Decimal amount, invoiced;

	if (value == PROOF_AMOUNT)
		return decimal_parse(held.bytes, held.length, &amount) == DECIMAL_OK &&
			   decimal_parse(expected.bytes == NULL ? "" : expected.bytes, expected.length,
							 &invoiced) == DECIMAL_OK &&
			   decimal_compare(amount, invoiced) == 0;
	return same_text(proof, held, expected);
}

bool
proof_compare_code(ContentProof *proof, ProofValue value, Slice held, const char *where)
{
	Slice expected = proof->expected[value];

	if (proof_code_agrees(proof, value, held))
		return true;
	(void) port_fault(proof->fault, PORT_INVALID, values[value].rule,
					  "%s: %s in the code: found \"%.*s\", expected \"%.*s\"", where,
					  values[value].name, slice_shown(held, 40), held.bytes,
					  slice_shown(expected, 40), expected.bytes == NULL ? "" : expected.bytes);
	return false;
}

PortStatus
proof_finish(const ContentProof *proof, unsigned wanted, const char *template_name,
			 PortFault *fault)
{
	for (int value = 0; value < PROOF_VALUE_COUNT; value++)
		if (wanted & proof->needed & ~proof->proven & PROOF_BIT(value))
			return port_fault(fault, PORT_INVALID, "PROOF-MISSING",
							  "template \"%.60s\" does not place %s of the invoice on a page",
							  template_name, values[value].name);
	return PORT_OK;
}
