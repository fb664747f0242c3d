/*
 * xml_pieces.c: next, joined, composed and derived values.
 */
#include "core/xml_pieces.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define JOINED_BYTES 4096 /* a text grows by copies, so it must not grow for ever */

int
xml_listed_term(const XmlInvoice *reader, const XmlOpenGroup *group, int n)
{
	const char *at = reader->paths->nodes[group->node].literal;
	size_t length = strcspn(at, " ");
	InvoiceTerm term;

	for (; n > 0 && at[length] != '\0'; n--)
	{
		at += length + 1;
		length = strcspn(at, " ");
	}
	if (n > 0 || *at == '-')
		return XML_NO_TERM;
	term = invoice_find_term(at, length);
	return term < INVOICE_TERM_COUNT ? (int) term : XML_NO_TERM;
}

bool
xml_text_is_done(int term)
{
	return term == XML_NO_TERM || xml_group_of(term) == (int) INVOICE_DOCUMENT;
}

bool
xml_take_next(XmlInvoice *reader, const XmlOpenGroup *group, int n, int value)
{
	for (int term; (term = xml_listed_term(reader, group, n)) != XML_NO_TERM; n++)
		if (!reader->values[term].present)
		{
			xml_move(reader, value, term);
			return xml_text_is_done(term);
		}
	xml_extra_term(reader, group, value, NULL);
	return true;
}

bool
xml_take_line(XmlInvoice *reader, const XmlOpenGroup *group, int value, const char *between)
{
	int term = xml_listed_term(reader, group, 0);
	Slice before = xml_value(reader, term), text = xml_value(reader, value);
	char joined[JOINED_BYTES];
	int length;

	if (text.length == 0)
		return true;
	if (before.length == 0)
	{
		xml_clear(reader, term);
		xml_move(reader, value, term);
		return xml_text_is_done(term);
	}
	if (before.length + text.length + strlen(between) >= sizeof(joined))
	{
		xml_extra_term(reader, group, value, NULL);
		return true;
	}
	length = snprintf(joined, sizeof(joined), "%.*s%s%.*s", (int) before.length, before.bytes,
					  between, (int) text.length, text.bytes);
	xml_set(reader, term, (Slice){joined, (size_t) length});
	return xml_text_is_done(term);
}

void
xml_take_unit(XmlInvoice *reader, const XmlOpenGroup *group, int unit, int code, int term,
			  const char *below)
{
	Slice text = xml_value(reader, unit), best = xml_value(reader, code);

	if (best.length == 0)
		xml_move(reader, unit, term);
	else
	{
		if (text.length > 0 &&
			!(text.length == best.length && strncasecmp(text.bytes, best.bytes, text.length) == 0))
			xml_extra(reader, group, below, text);
		xml_move(reader, code, term);
	}
}

static bool
append_digits(const XmlInvoice *reader, int term, size_t width, char *out)
{
	Slice part = xml_value(reader, term);

	if (part.length == 0 || part.length > width)
		return false;
	memset(out, '0', width - part.length);
	memcpy(out + width - part.length, part.bytes, part.length);
	return strspn(out, "0123456789") >= width;
}

bool
xml_take_date(XmlInvoice *reader, int century, int year, int month, int day, int term)
{
	char date[] = "0000-00-00";

	if (!append_digits(reader, century, 2, date) || !append_digits(reader, year, 2, date + 2) ||
		!append_digits(reader, month, 2, date + 5) || !append_digits(reader, day, 2, date + 8))
		return false;
	xml_set(reader, term, xml_text(date));
	return true;
}

bool
xml_number(const XmlInvoice *reader, int term, Decimal *number)
{
	Slice text = xml_value(reader, term);

	return text.bytes != NULL && decimal_parse(text.bytes, text.length, number) == DECIMAL_OK;
}

void
xml_set_number(XmlInvoice *reader, int term, Decimal number)
{
	char text[DECIMAL_TEXT_SIZE];

	decimal_text(number, 2, text);
	xml_set(reader, term, xml_text(text));
}

XmlOpenGroup
xml_extra_group(XmlInvoice *reader, const XmlOpenGroup *group, InvoiceGroupKind kind)
{
	XmlOpenGroup out = *group;

	out.kind = (int) kind;
	xml_count_group(reader, &out, kind);
	return out;
}

bool
xml_has_any(const XmlInvoice *reader, InvoiceGroupKind kind)
{
	const InvoiceGroupInfo *info = &invoice_group_info[kind];

	for (int term = (int) info->first; term <= (int) info->last; term++)
		if (xml_value(reader, term).length > 0)
			return true;
	return false;
}

bool
xml_close_filled(XmlInvoice *reader, const XmlOpenGroup *group)
{
	if (xml_has_any(reader, (InvoiceGroupKind) group->kind))
		return xml_close_emit(reader, group);
	reader->ordinals[group->kind]--;
	return true;
}

void
xml_assume_standard(XmlInvoice *reader, int rate, int category)
{
	Decimal number;

	if (xml_value(reader, category).length == 0 && xml_number(reader, rate, &number) &&
		decimal_sign(number) > 0)
		xml_set(reader, category, xml_text("S"));
}

size_t
xml_turn_sign(char *text, size_t length)
{
	if (length == 0 || strspn(text, "-+0.,") >= length)
		return length;
	if (*text == '-' || *text == '+')
	{
		bool minus = *text == '-';

		memmove(text, text + 1, length - 1);
		if (minus)
			return length - 1;
		length--;
	}
	memmove(text + 1, text, length);
	*text = '-';
	return length + 1;
}

/* -- rows -------------------------------------------------------------------------------------- */

bool
xml_emit_reading(XmlInvoice *reader, const XmlOpenGroup *group, int unit, int code)
{
	Slice number = xml_value(reader, TERM_BT_161);
	Slice text = xml_value(reader, xml_value(reader, code).length > 0 ? code : unit);
	char joined[80];

	if (number.length == 0)
		return true;
	if (text.length > 0 && text.length + number.length + 2 < sizeof(joined))
	{
		snprintf(joined, sizeof(joined), "%.*s %.*s", (int) number.length, number.bytes,
				 (int) text.length, text.bytes);
		xml_set(reader, TERM_BT_161, xml_text(joined));
	}
	xml_emit(reader, group, INVOICE_ATTRIBUTE);
	return true;
}

void
xml_settle_price(XmlInvoice *reader)
{
	Decimal gross, discount;

	if (xml_value(reader, TERM_BT_146).length > 0)
		return;
	xml_clear(reader, TERM_BT_146);
	if (xml_value(reader, TERM_BT_147).length == 0)
	{
		xml_move(reader, TERM_BT_148, TERM_BT_146);
		xml_clear(reader, TERM_BT_148);
	}
	else if (xml_number(reader, TERM_BT_148, &gross) &&
			 xml_number(reader, TERM_BT_147, &discount) &&
			 decimal_subtract(gross, discount, &gross))
		xml_set_number(reader, TERM_BT_146, gross);
}

void
xml_settle_signs(XmlInvoice *reader)
{
	Decimal price, quantity, net;

	if (!xml_number(reader, TERM_BT_146, &price) || decimal_sign(price) >= 0)
		return;
	if (!xml_number(reader, TERM_BT_129, &quantity) || !xml_number(reader, TERM_BT_131, &net) ||
		decimal_sign(quantity) != decimal_sign(net))
		xml_negate(reader, TERM_BT_129);
	xml_negate(reader, TERM_BT_146);
	xml_negate(reader, TERM_BT_147);
	xml_negate(reader, TERM_BT_148);
}

static int64_t
count_details(const XmlInvoice *reader)
{
	int64_t count = 0;

	for (int kind = (int) INVOICE_LINE + 1; kind <= (int) INVOICE_LAST_MODEL_GROUP; kind++)
		count += reader->ordinals[kind];
	return count;
}

void
xml_emit_row(XmlInvoice *reader, const XmlOpenGroup *group, int64_t *details)
{
	int64_t count = count_details(reader);

	if (xml_has_any(reader, INVOICE_LINE) || count != *details)
		xml_emit(reader, group, INVOICE_LINE);
	else
		reader->ordinals[INVOICE_LINE]--;
	*details = count;
}
