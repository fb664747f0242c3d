/*
 * ubl_close.c: decisions that UBL leaves to the end of an element.
 *
 * Whether an AllowanceCharge is an allowance or a charge, a tax registration a VAT number, a
 * document reference an invoiced object: the telling value may stand behind the told one.
 */
#include "core/xml_state.h"

#include <string.h>

enum
{
	TERM_UBL_INDICATOR = TERM_XML_SCRATCH,
	TERM_UBL_TYPE_CODE,
	TERM_UBL_ID,
	TERM_UBL_ID_SCHEME
};

/* "#AAI#text": the subject code stands in front of the note. */
static bool
close_note(XmlInvoice *reader, const XmlOpenGroup *group)
{
	XmlValue *note = &reader->values[TERM_BT_22];
	Slice text = xml_value(reader, TERM_BT_22);

	if (text.length > 5 && text.bytes[0] == '#' && text.bytes[4] == '#' &&
		strcspn(text.bytes + 1, "#") == 3)
	{
		XmlValue code = {note->offset + 1, 3, note->line, true};

		reader->values[TERM_BT_21] = code;
		note->offset += 5;
		note->length -= 5;
		for (const char *at = text.bytes + 5; note->length > 0 && strchr(" \t\n\r", *at); at++)
		{
			note->offset++;
			note->length--;
		}
	}
	xml_emit(reader, group, INVOICE_NOTE);
	return true;
}

static bool
close_reference(XmlInvoice *reader, const XmlOpenGroup *group)
{
	bool object = xml_value_is(reader, TERM_UBL_TYPE_CODE, "130");
	bool project = xml_value_is(reader, TERM_UBL_TYPE_CODE, "50");

	if (object)
	{
		xml_move(reader, TERM_BT_122, TERM_BT_18);
		xml_move(reader, TERM_UBL_ID_SCHEME, TERM_BT_18_1);
	}
	else if (project)
		xml_move(reader, TERM_BT_122, TERM_BT_11);
	else
	{
		xml_emit(reader, group, INVOICE_ATTACHMENT);
		xml_extra_term(reader, group, TERM_UBL_TYPE_CODE, "/cbc:DocumentTypeCode");
	}
	if (!object)
		xml_extra_term(reader, group, TERM_UBL_ID_SCHEME, "/cbc:ID/@schemeID");
	if (!object && !project)
		return true;
	xml_extra_term(reader, group, TERM_BT_123, "/cbc:DocumentDescription");
	xml_extra_term(reader, group, TERM_BT_124, "/cac:Attachment/cac:ExternalReference/cbc:URI");
	xml_extra_term(reader, group, TERM_BT_125, "/cac:Attachment/cbc:EmbeddedDocumentBinaryObject");
	return true;
}

static bool
close_line_reference(XmlInvoice *reader, const XmlOpenGroup *group)
{
	bool object = xml_value_is(reader, TERM_UBL_TYPE_CODE, "130");

	if (object || !reader->values[TERM_UBL_TYPE_CODE].present)
	{
		xml_move(reader, TERM_UBL_ID, TERM_BT_128);
		xml_move(reader, TERM_UBL_ID_SCHEME, TERM_BT_128_1);
		return false;
	}
	xml_extra_term(reader, group, TERM_UBL_ID, "/cbc:ID");
	xml_extra_term(reader, group, TERM_UBL_TYPE_CODE, "/cbc:DocumentTypeCode");
	return false;
}

static bool
close_address(XmlInvoice *reader, const XmlOpenGroup *group)
{
	static const struct
	{
		const char *role;
		int country;
	} roles[] = {{"seller", TERM_BT_40},
				 {"buyer", TERM_BT_55},
				 {"representative", TERM_BT_69},
				 {"delivery", TERM_BT_80}};

	xml_emit(reader, group, INVOICE_ADDRESS);
	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (xml_value_is(reader, TERM_ADDRESS_ROLE, roles[i].role))
			xml_move(reader, TERM_ADDRESS_COUNTRY, roles[i].country);
	return true;
}

static bool
close_seller_id(XmlInvoice *reader, const XmlOpenGroup *group)
{
	if (xml_value_is(reader, TERM_BT_29_1, "SEPA"))
		xml_move(reader, TERM_BT_29, TERM_BT_90);
	else
		xml_emit(reader, group, INVOICE_SELLER_ID);
	return true;
}

static bool
close_payee_id(XmlInvoice *reader, const XmlOpenGroup *group)
{
	(void) group;
	if (xml_value_is(reader, TERM_UBL_ID_SCHEME, "SEPA"))
	{
		xml_move(reader, TERM_UBL_ID, TERM_BT_90);
		return true;
	}
	xml_move(reader, TERM_UBL_ID, TERM_BT_60);
	xml_move(reader, TERM_UBL_ID_SCHEME, TERM_BT_60_1);
	return true;
}

static bool
close_party_tax(XmlInvoice *reader, const XmlOpenGroup *group)
{
	bool vat = xml_value_is(reader, TERM_PARTY_TAX_SCHEME, "VAT");
	bool seller = xml_value_is(reader, TERM_PARTY_TAX_ROLE, "seller");

	xml_emit(reader, group, INVOICE_PARTY_TAX);
	if (seller)
		xml_move(reader, TERM_PARTY_TAX_COMPANY, vat ? TERM_BT_31 : TERM_BT_32);
	else if (vat)
		xml_move(reader, TERM_PARTY_TAX_COMPANY,
				 xml_value_is(reader, TERM_PARTY_TAX_ROLE, "buyer") ? TERM_BT_48 : TERM_BT_63);
	else
		xml_extra_term(reader, group, TERM_PARTY_TAX_COMPANY, "/cbc:CompanyID");
	if (!vat)
		xml_extra_term(reader, group, TERM_PARTY_TAX_SCHEME, "/cac:TaxScheme/cbc:ID");
	return true;
}

/* A category of another tax is no VAT category; one that names no tax is taken for VAT. */
static bool
close_category(XmlInvoice *reader, const XmlOpenGroup *group)
{
	int code = TERM_BT_151, rate = TERM_BT_152;

	xml_emit(reader, group, INVOICE_CATEGORY);
	if (reader->values[TERM_CATEGORY_SCHEME].present &&
		!xml_value_is(reader, TERM_CATEGORY_SCHEME, "VAT"))
	{
		xml_extra_term(reader, group, TERM_CATEGORY_CODE, "/cbc:ID");
		xml_extra_term(reader, group, TERM_CATEGORY_RATE, "/cbc:Percent");
		xml_extra_term(reader, group, TERM_CATEGORY_SCHEME, "/cac:TaxScheme/cbc:ID");
		return false;
	}
	if (xml_value_is(reader, TERM_CATEGORY_OWNER, "tax"))
	{
		code = TERM_BT_118;
		rate = TERM_BT_119;
	}
	else if (xml_value_is(reader, TERM_CATEGORY_OWNER, "allowance"))
	{
		code = TERM_BT_95;
		rate = TERM_BT_96;
	}
	xml_move(reader, TERM_CATEGORY_CODE, code);
	xml_move(reader, TERM_CATEGORY_RATE, rate);
	return false;
}

/* xs:boolean; -1 = none */
static int
indicator_of(const XmlInvoice *reader)
{
	Slice text = xml_value(reader, TERM_UBL_INDICATOR);

	if (text.length == 1 && (*text.bytes == '0' || *text.bytes == '1'))
		return *text.bytes - '0';
	if (text.length == 4 && memcmp(text.bytes, "true", 4) == 0)
		return 1;
	return text.length == 5 && memcmp(text.bytes, "false", 5) == 0 ? 0 : -1;
}

static void
fault_indicator(XmlInvoice *reader, const XmlOpenGroup *group)
{
	xml_fault(reader, FINDING_FATAL, "VALUE-INDICATOR", group, "/cbc:ChargeIndicator",
			  "the indicator must be true for a charge or false for an allowance",
			  xml_value(reader, TERM_UBL_INDICATOR));
}

/* The same shape twice in the model, told apart by the indicator. */
static bool
close_either(XmlInvoice *reader, const XmlOpenGroup *open, InvoiceGroupKind allowance,
			 InvoiceGroupKind charge)
{
	XmlOpenGroup group = *open;
	int indicator = indicator_of(reader);
	InvoiceGroupKind kind = indicator == 1 ? charge : allowance;

	if (indicator >= 0)
	{
		xml_count_group(reader, &group, kind);
		xml_emit(reader, &group, kind);
		return true;
	}
	fault_indicator(reader, open);
	xml_extra_term(reader, open, allowance == INVOICE_ALLOWANCE ? TERM_BT_92 : TERM_BT_136,
				   "/cbc:Amount");
	return true;
}

static bool
close_adjustment(XmlInvoice *reader, const XmlOpenGroup *group)
{
	return close_either(reader, group, INVOICE_ALLOWANCE, INVOICE_CHARGE);
}

static bool
close_line_adjustment(XmlInvoice *reader, const XmlOpenGroup *group)
{
	return close_either(reader, group, INVOICE_LINE_ALLOWANCE, INVOICE_LINE_CHARGE);
}

static bool
close_price_adjustment(XmlInvoice *reader, const XmlOpenGroup *group)
{
	if (reader->values[TERM_UBL_INDICATOR].present && indicator_of(reader) < 0)
		fault_indicator(reader, group);
	return false;
}

static bool
close_tax_total(XmlInvoice *reader, const XmlOpenGroup *group)
{
	Slice currency = xml_value(reader, TERM_TAX_TOTAL_CURRENCY);
	Slice document = xml_value(reader, TERM_BT_5), accounting = xml_value(reader, TERM_BT_6);

	xml_emit(reader, group, INVOICE_TAX_TOTAL);
	if (currency.bytes == NULL || document.bytes == NULL ||
		(currency.length == document.length &&
		 memcmp(currency.bytes, document.bytes, currency.length) == 0))
		xml_move(reader, TERM_TAX_TOTAL_AMOUNT, TERM_BT_110);
	else if (accounting.bytes != NULL && currency.length == accounting.length &&
			 memcmp(currency.bytes, accounting.bytes, currency.length) == 0)
		xml_move(reader, TERM_TAX_TOTAL_AMOUNT, TERM_BT_111);
	else
	{
		xml_extra_term(reader, group, TERM_TAX_TOTAL_AMOUNT, "/cbc:TaxAmount");
		xml_extra_term(reader, group, TERM_TAX_TOTAL_CURRENCY, "/cbc:TaxAmount/@currencyID");
	}
	return true;
}

static bool
close_period(XmlInvoice *reader, const XmlOpenGroup *group)
{
	xml_emit(reader, group, INVOICE_PERIOD);
	xml_move(reader, TERM_PERIOD_START, TERM_BT_73);
	xml_move(reader, TERM_PERIOD_END, TERM_BT_74);
	xml_move(reader, TERM_PERIOD_CODE, TERM_BT_8);
	return true;
}

static bool
close_line_period(XmlInvoice *reader, const XmlOpenGroup *group)
{
	xml_emit(reader, group, INVOICE_LINE_PERIOD);
	xml_move(reader, TERM_LINE_PERIOD_START, TERM_BT_134);
	xml_move(reader, TERM_LINE_PERIOD_END, TERM_BT_135);
	return false;
}

static bool
close_means(XmlInvoice *reader, const XmlOpenGroup *group)
{
	xml_emit(reader, group, INVOICE_MEANS);
	xml_move(reader, TERM_MEANS_CODE, TERM_BT_81);
	xml_move(reader, TERM_MEANS_CARD, TERM_BT_87);
	return true;
}

static bool
close_account(XmlInvoice *reader, const XmlOpenGroup *group)
{
	xml_emit(reader, group, INVOICE_ACCOUNT);
	if (!reader->values[TERM_MEANS_ACCOUNT].present)
		xml_move(reader, TERM_BT_84, TERM_MEANS_ACCOUNT);
	return false;
}

static const XmlEntry entries[] = {
#include "core/ubl_paths.def"
};

/* Names that stand in many invoices without a place in the model. */
static const char *const ballast[] = {
	"cac",
	"cbc",
	"ubl",
	"cn",
	"ext",
	"udt",
	"qdt",
	"ccts",
	"urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2",
	"urn:un:unece:uncefact:documentation:2",
	"urn:oasis:names:specification:ubl:schema:xsd:QualifiedDatatypes-2",
	"urn:oasis:names:specification:ubl:schema:xsd:UnqualifiedDataTypes-2",
	"urn:un:unece:uncefact:data:specification:UnqualifiedDataTypesSchemaModule:2",
	"UBLVersionID",
	"UBLExtensions",
	"UBLExtension",
	"ExtensionContent",
	"UUID",
	"CopyIndicator",
	"IssueTime",
	"LineCountNumeric",
	"CalculationRate",
	"PaymentCurrencyCode",
	"CustomerReference",
	"listID",
	"listAgencyID",
	"listAgencyName",
	"listName",
	"listVersionID",
	"schemeID",
	"schemeAgencyID",
	"schemeAgencyName",
	"schemeName",
	"schemeVersionID",
	"schemeDataURI",
	"languageID",
	"name",
	"unitCodeListID",
	"unitCodeListAgencyID",
	"PaymentChannelCode",
	"InstructionNote",
	"NetworkID",
	"FreeOfChargeIndicator",
	"PackSizeNumeric",
	"OrderableUnitFactorRate",
	"WebsiteURI",
	"MarkCareIndicator",
	"Telefax",
	"Department",
	"BuildingNumber",
	"BuildingName",
	"Postbox",
	"CountrySubentityCode",
	"Person",
	"FirstName",
	"FamilyName",
	"MiddleName",
	"JobTitle",
	"RegistrationAddress",
	"TaxAmount",
	"TaxEvidenceIndicator",
	"TaxTypeCode",
	"CurrencyCode",
	"ActualDeliveryTime",
	NULL};

const XmlFormat ubl_format = {
	.name = "ubl",
	.roots = {{"in:Invoice", "ubl-invoice"}, {"cn:CreditNote", "ubl-creditnote"}},
	.spaces =
		{
			{"cbc", "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"},
			{"cac", "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"},
			{"in", "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"},
			{"cn", "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"},
		},
	.entries = entries,
	.entry_count = sizeof(entries) / sizeof(*entries),
	.ballast = ballast,
	.currency = "currencyID",
	.repeated_rule = "UBL-REPEATED",
	.date = xml_date_iso,
};
