/*
 * ubl_close.c: decisions that UBL leaves to the end of an element.
 *
 * Whether an AllowanceCharge is an allowance or a charge, a tax registration a VAT number, a
 * document reference an invoiced object: the telling value may stand behind the told one.
 */
#include "core/ubl_state.h"

#include <string.h>
#include <strings.h>

static bool
value_is(const UblReader *reader, int term, const char *text)
{
	Slice value = ubl_value(reader, term);

	return value.bytes != NULL && value.length == strlen(text) &&
		   strncasecmp(value.bytes, text, value.length) == 0;
}

static void
extra_value(UblReader *reader, const UblOpenGroup *group, int term, const char *below)
{
	ubl_extra(reader, group, below, ubl_value(reader, term));
}

/* "#AAI#text": the subject code stands in front of the note. */
static void
close_note(UblReader *reader, const UblOpenGroup *group)
{
	UblValue *note = &reader->values[TERM_BT_22];
	Slice text = ubl_value(reader, TERM_BT_22);

	if (text.length > 5 && text.bytes[0] == '#' && text.bytes[4] == '#' &&
		strcspn(text.bytes + 1, "#") == 3)
	{
		UblValue code = {note->offset + 1, 3, note->line, true};

		reader->values[TERM_BT_21] = code;
		note->offset += 5;
		note->length -= 5;
	}
	ubl_emit(reader, group, INVOICE_NOTE);
}

static void
close_reference(UblReader *reader, const UblOpenGroup *group)
{
	bool object = value_is(reader, TERM_UBL_TYPE_CODE, "130");
	bool project = value_is(reader, TERM_UBL_TYPE_CODE, "50");

	if (object)
	{
		ubl_move(reader, TERM_BT_122, TERM_BT_18);
		ubl_move(reader, TERM_UBL_ID_SCHEME, TERM_BT_18_1);
	}
	else if (project)
		ubl_move(reader, TERM_BT_122, TERM_BT_11);
	else
	{
		ubl_emit(reader, group, INVOICE_ATTACHMENT);
		extra_value(reader, group, TERM_UBL_TYPE_CODE, "/cbc:DocumentTypeCode");
	}
	if (!object)
		extra_value(reader, group, TERM_UBL_ID_SCHEME, "/cbc:ID/@schemeID");
	if (!object && !project)
		return;
	extra_value(reader, group, TERM_BT_123, "/cbc:DocumentDescription");
	extra_value(reader, group, TERM_BT_124, "/cac:Attachment/cac:ExternalReference/cbc:URI");
	extra_value(reader, group, TERM_BT_125, "/cac:Attachment/cbc:EmbeddedDocumentBinaryObject");
}

static void
close_line_reference(UblReader *reader, const UblOpenGroup *group)
{
	bool object = value_is(reader, TERM_UBL_TYPE_CODE, "130");

	if (object || !reader->values[TERM_UBL_TYPE_CODE].present)
	{
		ubl_move(reader, TERM_UBL_ID, TERM_BT_128);
		ubl_move(reader, TERM_UBL_ID_SCHEME, TERM_BT_128_1);
		return;
	}
	extra_value(reader, group, TERM_UBL_ID, "/cbc:ID");
	extra_value(reader, group, TERM_UBL_TYPE_CODE, "/cbc:DocumentTypeCode");
}

static void
close_address(UblReader *reader, const UblOpenGroup *group)
{
	static const struct
	{
		const char *role;
		int country;
	} roles[] = {{"seller", TERM_BT_40},
				 {"buyer", TERM_BT_55},
				 {"representative", TERM_BT_69},
				 {"delivery", TERM_BT_80}};

	ubl_emit(reader, group, INVOICE_ADDRESS);
	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (value_is(reader, TERM_ADDRESS_ROLE, roles[i].role))
			ubl_move(reader, TERM_ADDRESS_COUNTRY, roles[i].country);
}

static void
close_seller_id(UblReader *reader, const UblOpenGroup *group)
{
	if (value_is(reader, TERM_BT_29_1, "SEPA"))
		ubl_move(reader, TERM_BT_29, TERM_BT_90);
	else
		ubl_emit(reader, group, INVOICE_SELLER_ID);
}

static void
close_payee_id(UblReader *reader)
{
	if (value_is(reader, TERM_UBL_ID_SCHEME, "SEPA"))
	{
		ubl_move(reader, TERM_UBL_ID, TERM_BT_90);
		return;
	}
	ubl_move(reader, TERM_UBL_ID, TERM_BT_60);
	ubl_move(reader, TERM_UBL_ID_SCHEME, TERM_BT_60_1);
}

static void
close_party_tax(UblReader *reader, const UblOpenGroup *group)
{
	bool vat = value_is(reader, TERM_PARTY_TAX_SCHEME, "VAT");
	bool seller = value_is(reader, TERM_PARTY_TAX_ROLE, "seller");

	ubl_emit(reader, group, INVOICE_PARTY_TAX);
	if (seller)
		ubl_move(reader, TERM_PARTY_TAX_COMPANY, vat ? TERM_BT_31 : TERM_BT_32);
	else if (vat)
		ubl_move(reader, TERM_PARTY_TAX_COMPANY,
				 value_is(reader, TERM_PARTY_TAX_ROLE, "buyer") ? TERM_BT_48 : TERM_BT_63);
	else
		extra_value(reader, group, TERM_PARTY_TAX_COMPANY, "/cbc:CompanyID");
	if (!vat)
		extra_value(reader, group, TERM_PARTY_TAX_SCHEME, "/cac:TaxScheme/cbc:ID");
}

/* A category of another tax is no VAT category; one that names no tax is taken for VAT. */
static void
close_category(UblReader *reader, const UblOpenGroup *group)
{
	int code = TERM_BT_151, rate = TERM_BT_152;

	ubl_emit(reader, group, INVOICE_CATEGORY);
	if (reader->values[TERM_CATEGORY_SCHEME].present &&
		!value_is(reader, TERM_CATEGORY_SCHEME, "VAT"))
	{
		extra_value(reader, group, TERM_CATEGORY_CODE, "/cbc:ID");
		extra_value(reader, group, TERM_CATEGORY_RATE, "/cbc:Percent");
		extra_value(reader, group, TERM_CATEGORY_SCHEME, "/cac:TaxScheme/cbc:ID");
		return;
	}
	if (value_is(reader, TERM_CATEGORY_OWNER, "tax"))
	{
		code = TERM_BT_118;
		rate = TERM_BT_119;
	}
	else if (value_is(reader, TERM_CATEGORY_OWNER, "allowance"))
	{
		code = TERM_BT_95;
		rate = TERM_BT_96;
	}
	ubl_move(reader, TERM_CATEGORY_CODE, code);
	ubl_move(reader, TERM_CATEGORY_RATE, rate);
}

/* xs:boolean; -1 = none */
static int
indicator_of(const UblReader *reader)
{
	Slice text = ubl_value(reader, TERM_UBL_INDICATOR);

	if (text.length == 1 && (*text.bytes == '0' || *text.bytes == '1'))
		return *text.bytes - '0';
	if (text.length == 4 && memcmp(text.bytes, "true", 4) == 0)
		return 1;
	return text.length == 5 && memcmp(text.bytes, "false", 5) == 0 ? 0 : -1;
}

static void
fault_indicator(UblReader *reader, const UblOpenGroup *group)
{
	ubl_fault(reader, FINDING_FATAL, "VALUE-INDICATOR", group, "/cbc:ChargeIndicator",
			  "the indicator must be true for a charge or false for an allowance",
			  ubl_value(reader, TERM_UBL_INDICATOR));
}

/* The same shape twice in the model, told apart by the indicator. */
static void
close_adjustment(UblReader *reader, const UblOpenGroup *open, InvoiceGroupKind allowance,
				 InvoiceGroupKind charge)
{
	UblOpenGroup group = *open;
	int indicator = indicator_of(reader);
	InvoiceGroupKind kind = indicator == 1 ? charge : allowance;

	if (indicator >= 0)
	{
		group.place.group_no = ++reader->ordinals[kind];
		ubl_emit(reader, &group, kind);
		return;
	}
	fault_indicator(reader, open);
	extra_value(reader, open, allowance == INVOICE_ALLOWANCE ? TERM_BT_92 : TERM_BT_136,
				"/cbc:Amount");
}

static void
close_tax_total(UblReader *reader, const UblOpenGroup *group)
{
	Slice currency = ubl_value(reader, TERM_TAX_TOTAL_CURRENCY);
	Slice document = ubl_value(reader, TERM_BT_5), accounting = ubl_value(reader, TERM_BT_6);

	ubl_emit(reader, group, INVOICE_TAX_TOTAL);
	if (currency.bytes == NULL || document.bytes == NULL ||
		(currency.length == document.length &&
		 memcmp(currency.bytes, document.bytes, currency.length) == 0))
		ubl_move(reader, TERM_TAX_TOTAL_AMOUNT, TERM_BT_110);
	else if (accounting.bytes != NULL && currency.length == accounting.length &&
			 memcmp(currency.bytes, accounting.bytes, currency.length) == 0)
		ubl_move(reader, TERM_TAX_TOTAL_AMOUNT, TERM_BT_111);
	else
	{
		extra_value(reader, group, TERM_TAX_TOTAL_AMOUNT, "/cbc:TaxAmount");
		extra_value(reader, group, TERM_TAX_TOTAL_CURRENCY, "/cbc:TaxAmount/@currencyID");
	}
}

bool
ubl_close_group(UblReader *reader, const UblOpenGroup *group, UblClose close)
{
	switch (close)
	{
		case UBL_CLOSE_EMIT:
			ubl_emit(reader, group, (InvoiceGroupKind) group->kind);
			return true;
		case UBL_CLOSE_NOTE:
			close_note(reader, group);
			return true;
		case UBL_CLOSE_PERIOD:
			ubl_emit(reader, group, INVOICE_PERIOD);
			ubl_move(reader, TERM_PERIOD_START, TERM_BT_73);
			ubl_move(reader, TERM_PERIOD_END, TERM_BT_74);
			ubl_move(reader, TERM_PERIOD_CODE, TERM_BT_8);
			return true;
		case UBL_CLOSE_LINE_PERIOD:
			ubl_emit(reader, group, INVOICE_LINE_PERIOD);
			ubl_move(reader, TERM_LINE_PERIOD_START, TERM_BT_134);
			ubl_move(reader, TERM_LINE_PERIOD_END, TERM_BT_135);
			return false;
		case UBL_CLOSE_REFERENCE:
			close_reference(reader, group);
			return true;
		case UBL_CLOSE_LINE_REFERENCE:
			close_line_reference(reader, group);
			return false;
		case UBL_CLOSE_ADDRESS:
			close_address(reader, group);
			return true;
		case UBL_CLOSE_SELLER_ID:
			close_seller_id(reader, group);
			return true;
		case UBL_CLOSE_PAYEE_ID:
			close_payee_id(reader);
			return true;
		case UBL_CLOSE_PARTY_TAX:
			close_party_tax(reader, group);
			return true;
		case UBL_CLOSE_MEANS:
			ubl_emit(reader, group, INVOICE_MEANS);
			ubl_move(reader, TERM_MEANS_CODE, TERM_BT_81);
			ubl_move(reader, TERM_MEANS_CARD, TERM_BT_87);
			return true;
		case UBL_CLOSE_ACCOUNT:
			ubl_emit(reader, group, INVOICE_ACCOUNT);
			if (!reader->values[TERM_MEANS_ACCOUNT].present)
				ubl_move(reader, TERM_BT_84, TERM_MEANS_ACCOUNT);
			return false;
		case UBL_CLOSE_ADJUSTMENT:
			close_adjustment(reader, group, INVOICE_ALLOWANCE, INVOICE_CHARGE);
			return true;
		case UBL_CLOSE_LINE_ADJUSTMENT:
			close_adjustment(reader, group, INVOICE_LINE_ALLOWANCE, INVOICE_LINE_CHARGE);
			return true;
		case UBL_CLOSE_PRICE_ADJUSTMENT:
			if (reader->values[TERM_UBL_INDICATOR].present && indicator_of(reader) < 0)
				fault_indicator(reader, group);
			return false;
		case UBL_CLOSE_CATEGORY:
			close_category(reader, group);
			return false;
		case UBL_CLOSE_TAX_TOTAL:
			close_tax_total(reader, group);
			return true;
	}
	return true;
}
