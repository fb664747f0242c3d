/*
 * template_kind.c: the kind of a document from the invoice's type code and amounts.
 */
#include "core/template_kind.h"

#include <string.h>

static Slice
type_code(const TemplateData *data)
{
	return TEMPLATE_VALUE(data->groups[TEMPLATE_INVOICE].rows[0], INVOICE, TYPE_CODE);
}

static bool
is_one_of(Slice code, const char *const *codes, int count)
{
	for (int i = 0; i < count; i++)
		if (slice_is(code, codes[i]))
			return true;
	return false;
}

bool
template_is_credit_note(const TemplateData *data)
{
	static const char *const codes[] = {"381", "261", "396", "308", "83", "532"};

	return is_one_of(type_code(data), codes, 6);
}

bool
template_is_self_billed(const TemplateData *data)
{
	static const char *const codes[] = {"389", "261", "500"};

	return is_one_of(type_code(data), codes, 3);
}

bool
template_is_letter(const TemplateData *data)
{
	return slice_is(TEMPLATE_VALUE(data->groups[TEMPLATE_INVOICE].rows[0], INVOICE, ORIGIN),
					"letter");
}

bool
template_has_payment(const TemplateData *data)
{
	const Slice *invoice = data->groups[TEMPLATE_INVOICE].rows[0];
	Slice amount = TEMPLATE_VALUE(invoice, INVOICE, PAYABLE_AMOUNT);

	return !template_is_credit_note(data) && !template_is_self_billed(data) &&
		   !slice_is_zero(amount) && amount.bytes[0] != '-' &&
		   TEMPLATE_VALUE(invoice, INVOICE, PAYEE_ACCOUNT).length > 0;
}

bool
template_is_foreign(const TemplateData *data)
{
	const Slice *invoice = data->groups[TEMPLATE_INVOICE].rows[0];
	Slice to = TEMPLATE_VALUE(invoice, INVOICE, RECIPIENT_COUNTRY);
	Slice from = TEMPLATE_VALUE(invoice, INVOICE, ISSUER_COUNTRY);

	return to.length > 0 &&
		   (to.length != from.length || memcmp(to.bytes, from.bytes, to.length) != 0);
}

TemplateLabel
template_title_label(const TemplateData *data)
{
	if (template_is_self_billed(data))
		return template_is_credit_note(data) ? LABEL_SELF_CREDIT : LABEL_SELF_INVOICE;
	return template_is_credit_note(data) ? LABEL_CREDIT_NOTE : LABEL_INVOICE;
}
