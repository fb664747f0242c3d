/*
 * cii_close.c: decisions that the Cross Industry Invoice leaves to the end of an element.
 *
 * Lines stand before the header, so nothing about a line may depend on the document.
 */
#include "core/xml_state.h"

#include <string.h>

enum
{
	TERM_CII_INDICATOR = TERM_XML_SCRATCH,
	TERM_CII_TYPE_CODE,
	TERM_CII_ID,
	TERM_CII_ID_SCHEME,
	TERM_CII_NAME
};

/*
 * Dates are CCYYMMDD, format 102.  Another format stays as it stands: a month or a week is no date,
 * and an hour would be lost.
 */
static size_t
take_date(XmlInvoice *reader, char *text, size_t length)
{
	const char *format = xml_qualifier(reader);

	if (*format == '\0' || strcmp(format, "102") == 0)
		return xml_date_basic(reader, text, length);
	xml_fault_here(reader, FINDING_WARNING, "VALUE-DATE-FORMAT",
				   "a date must have the format 102 (CCYYMMDD), not this one", xml_text(format));
	return length;
}

/* The date on which VAT falls due: its code is one of UNTDID 2475 here, of UNTDID 2005 in the
 * model.
 */
static size_t
take_tax_point(XmlInvoice *reader, char *text, size_t length)
{
	static const char *const codes[][2] = {{"5", "3"}, {"29", "35"}, {"72", "432"}};

	(void) reader;
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (strlen(codes[i][0]) == length && memcmp(text, codes[i][0], length) == 0)
		{
			memcpy(text, codes[i][1], strlen(codes[i][1]));
			return strlen(codes[i][1]);
		}
	return length;
}

/* -- tax -----------------------------------------------------------------------------------------
 */

/* Another tax than VAT is kept as what it is. */
static void
keep_tax_type(XmlInvoice *reader, const XmlOpenGroup *group, const char *below)
{
	if (!xml_value_is(reader, TERM_CII_TYPE_CODE, "VAT"))
		xml_extra_term(reader, group, TERM_CII_TYPE_CODE, below);
}

static bool
close_line_tax(XmlInvoice *reader, const XmlOpenGroup *group)
{
	keep_tax_type(reader, group, "/ram:TypeCode");
	return false;
}

static bool
close_tax(XmlInvoice *reader, const XmlOpenGroup *group)
{
	xml_emit(reader, group, INVOICE_TAX);
	keep_tax_type(reader, group, "/ram:TypeCode");
	return true;
}

static bool
same_value(const XmlInvoice *reader, int one, int two)
{
	Slice a = xml_value(reader, one), b = xml_value(reader, two);

	return a.bytes != NULL && b.bytes != NULL && a.length == b.length &&
		   memcmp(a.bytes, b.bytes, a.length) == 0;
}

static bool
close_tax_total(XmlInvoice *reader, const XmlOpenGroup *group)
{
	bool said = reader->values[TERM_TAX_TOTAL_CURRENCY].present;

	if (!said || !reader->values[TERM_BT_5].present ||
		same_value(reader, TERM_TAX_TOTAL_CURRENCY, TERM_BT_5))
		xml_move(reader, TERM_TAX_TOTAL_AMOUNT, TERM_BT_110);
	else if (same_value(reader, TERM_TAX_TOTAL_CURRENCY, TERM_BT_6))
		xml_move(reader, TERM_TAX_TOTAL_AMOUNT, TERM_BT_111);
	else
	{
		xml_extra_term(reader, group, TERM_TAX_TOTAL_AMOUNT, NULL);
		xml_extra_term(reader, group, TERM_TAX_TOTAL_CURRENCY, "/@currencyID");
	}
	return true;
}

/* -- allowances and charges ----------------------------------------------------------------------
 */

/* xs:boolean; -1 = none */
static int
indicator_of(const XmlInvoice *reader)
{
	Slice text = xml_value(reader, TERM_CII_INDICATOR);

	if (text.length == 1 && (*text.bytes == '0' || *text.bytes == '1'))
		return *text.bytes - '0';
	if (text.length == 4 && memcmp(text.bytes, "true", 4) == 0)
		return 1;
	return text.length == 5 && memcmp(text.bytes, "false", 5) == 0 ? 0 : -1;
}

static void
fault_indicator(XmlInvoice *reader, const XmlOpenGroup *group)
{
	xml_fault(reader, FINDING_FATAL, "VALUE-INDICATOR", group, "/ram:ChargeIndicator/udt:Indicator",
			  "the indicator must be true for a charge or false for an allowance",
			  xml_value(reader, TERM_CII_INDICATOR));
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
		keep_tax_type(reader, &group, "/ram:CategoryTradeTax/ram:TypeCode");
		return true;
	}
	fault_indicator(reader, open);
	xml_extra_term(reader, open, allowance == INVOICE_ALLOWANCE ? TERM_BT_92 : TERM_BT_136,
				   "/ram:ActualAmount");
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
	if (reader->values[TERM_CII_INDICATOR].present && indicator_of(reader) < 0)
		fault_indicator(reader, group);
	return false;
}

/* The base quantity belongs to the net price; that of the gross price, which comes first, to it
 * alone if it differs. */
static bool
close_basis(XmlInvoice *reader, const XmlOpenGroup *group)
{
	static const char gross[] = "/../../ram:GrossPriceProductTradePrice/ram:BasisQuantity";

	if (!same_value(reader, TERM_CII_ID, TERM_BT_149))
	{
		xml_extra_term(reader, group, TERM_BT_149, gross);
		xml_clear(reader, TERM_BT_149);
		xml_move(reader, TERM_CII_ID, TERM_BT_149);
	}
	if (reader->values[TERM_CII_ID_SCHEME].present)
	{
		if (!same_value(reader, TERM_CII_ID_SCHEME, TERM_BT_150))
			xml_extra_term(reader, group, TERM_BT_150, gross);
		xml_clear(reader, TERM_BT_150);
		xml_move(reader, TERM_CII_ID_SCHEME, TERM_BT_150);
	}
	return false;
}

/* -- references ----------------------------------------------------------------------------------
 */

static bool
close_line_reference(XmlInvoice *reader, const XmlOpenGroup *group)
{
	bool object = xml_value_is(reader, TERM_CII_TYPE_CODE, "130");

	if (object || !reader->values[TERM_CII_TYPE_CODE].present)
	{
		xml_move(reader, TERM_CII_ID, TERM_BT_128);
		xml_move(reader, TERM_CII_ID_SCHEME, TERM_BT_128_1);
		return false;
	}
	xml_extra_term(reader, group, TERM_CII_ID, "/ram:IssuerAssignedID");
	xml_extra_term(reader, group, TERM_CII_TYPE_CODE, "/ram:TypeCode");
	xml_extra_term(reader, group, TERM_CII_ID_SCHEME, "/ram:ReferenceTypeCode");
	return false;
}

static bool
close_reference(XmlInvoice *reader, const XmlOpenGroup *group)
{
	bool object = xml_value_is(reader, TERM_CII_TYPE_CODE, "130");
	bool tender = xml_value_is(reader, TERM_CII_TYPE_CODE, "50");

	if (object)
	{
		xml_move(reader, TERM_BT_122, TERM_BT_18);
		xml_move(reader, TERM_CII_ID_SCHEME, TERM_BT_18_1);
	}
	else if (tender)
		xml_move(reader, TERM_BT_122, TERM_BT_17);
	else
		xml_emit(reader, group, INVOICE_ATTACHMENT);
	if (!object && !tender && !xml_value_is(reader, TERM_CII_TYPE_CODE, "916"))
		xml_extra_term(reader, group, TERM_CII_TYPE_CODE, "/ram:TypeCode");
	if (!object)
		xml_extra_term(reader, group, TERM_CII_ID_SCHEME, "/ram:ReferenceTypeCode");
	if (!object && !tender)
		return true;
	xml_extra_term(reader, group, TERM_BT_123, "/ram:Name");
	xml_extra_term(reader, group, TERM_BT_124, "/ram:URIID");
	xml_extra_term(reader, group, TERM_BT_125, "/ram:AttachmentBinaryObject");
	return true;
}

/* The name is a fixed text that the schema wants. */
static bool
close_project(XmlInvoice *reader, const XmlOpenGroup *group)
{
	if (!xml_value_is(reader, TERM_CII_NAME, "Project reference") &&
		!same_value(reader, TERM_CII_NAME, TERM_BT_11))
		xml_extra_term(reader, group, TERM_CII_NAME, "/ram:Name");
	return true;
}

/* -- parties -------------------------------------------------------------------------------------
 */

/* ID or GlobalID: whichever comes first is the identifier, and its scheme goes with it. */
static bool
take_id(XmlInvoice *reader, const XmlOpenGroup *group, int id, int scheme)
{
	if (!reader->values[id].present)
	{
		xml_move(reader, TERM_CII_ID, id);
		xml_move(reader, TERM_CII_ID_SCHEME, scheme);
	}
	else if (reader->values[scheme].present || !reader->values[TERM_CII_ID_SCHEME].present ||
			 !same_value(reader, TERM_CII_ID, id))
	{
		xml_extra_term(reader, group, TERM_CII_ID, NULL);
		xml_extra_term(reader, group, TERM_CII_ID_SCHEME, "/@schemeID");
	}
	else
		xml_move(reader, TERM_CII_ID_SCHEME, scheme);
	return true;
}

static bool
close_buyer_id(XmlInvoice *reader, const XmlOpenGroup *group)
{
	return take_id(reader, group, TERM_BT_46, TERM_BT_46_1);
}

static bool
close_delivery_id(XmlInvoice *reader, const XmlOpenGroup *group)
{
	return take_id(reader, group, TERM_BT_71, TERM_BT_71_1);
}

static bool
close_payee_id(XmlInvoice *reader, const XmlOpenGroup *group)
{
	return take_id(reader, group, TERM_BT_60, TERM_BT_60_1);
}

/* VA = VAT number, FC = number of the local tax office */
static bool
take_registration(XmlInvoice *reader, const XmlOpenGroup *group, int vat, int local)
{
	bool is_vat = xml_value_is(reader, TERM_CII_ID_SCHEME, "VA");
	bool is_local = xml_value_is(reader, TERM_CII_ID_SCHEME, "FC");

	if (is_vat)
		xml_move(reader, TERM_CII_ID, vat);
	else if (is_local && local != XML_NO_TERM)
		xml_move(reader, TERM_CII_ID, local);
	else
	{
		xml_extra_term(reader, group, TERM_CII_ID, "/ram:ID");
		xml_extra_term(reader, group, TERM_CII_ID_SCHEME, "/ram:ID/@schemeID");
	}
	return true;
}

static bool
close_seller_tax(XmlInvoice *reader, const XmlOpenGroup *group)
{
	return take_registration(reader, group, TERM_BT_31, TERM_BT_32);
}

static bool
close_buyer_tax(XmlInvoice *reader, const XmlOpenGroup *group)
{
	return take_registration(reader, group, TERM_BT_48, XML_NO_TERM);
}

static bool
close_representative_tax(XmlInvoice *reader, const XmlOpenGroup *group)
{
	return take_registration(reader, group, TERM_BT_63, XML_NO_TERM);
}

/* -- payment -------------------------------------------------------------------------------------
 */

/* The bank stands beside the account, so that the account is complete only here. */
static bool
close_means(XmlInvoice *reader, const XmlOpenGroup *group)
{
	XmlOpenGroup account = *group;

	xml_move(reader, TERM_MEANS_CODE, TERM_BT_81);
	xml_move(reader, TERM_MEANS_CARD, TERM_BT_87);
	account.kind = INVOICE_ACCOUNT;
	if (reader->values[TERM_BT_84].present || reader->values[TERM_BT_85].present ||
		reader->values[TERM_BT_86].present)
	{
		xml_count_group(reader, &account, INVOICE_ACCOUNT);
		xml_emit(reader, &account, INVOICE_ACCOUNT);
	}
	xml_clear_group(reader, INVOICE_ACCOUNT);
	return true;
}

static const XmlEntry entries[] = {
#include "core/cii_paths.def"
};

/* Names that stand in many invoices, or in the extended profiles, without a place in the model. */
static const char *const ballast[] = {"rsm",
									  "ram",
									  "udt",
									  "qdt",
									  "a",
									  "currencyID",
									  "schemeID",
									  "TestIndicator",
									  "LanguageID",
									  "CopyIndicator",
									  "EffectiveSpecifiedPeriod",
									  "CompleteDateTime",
									  "ContentCode",
									  "ParentLineID",
									  "LineStatusCode",
									  "LineStatusReasonCode",
									  "ShipToTradeParty",
									  "ShipFromTradeParty",
									  "UltimateShipToTradeParty",
									  "InvoiceeTradeParty",
									  "InvoicerTradeParty",
									  "SalesAgentTradeParty",
									  "ProductEndUserTradeParty",
									  "BuyerAgentTradeParty",
									  "ItemSellerTradeParty",
									  "RoleCode",
									  "FaxUniversalCommunication",
									  "ApplicableTradeDeliveryTerms",
									  "DeliveryTypeCode",
									  "QuotationReferencedDocument",
									  "UltimateCustomerOrderReferencedDocument",
									  "DeliveryNoteReferencedDocument",
									  "RelatedSupplyChainConsignment",
									  "SpecifiedLogisticsTransportMovement",
									  "ModeCode",
									  "SpecifiedLogisticsServiceCharge",
									  "AppliedAmount",
									  "AppliedTradeTax",
									  "TaxApplicableTradeCurrencyExchange",
									  "SourceCurrencyCode",
									  "TargetCurrencyCode",
									  "ConversionRate",
									  "ConversionRateDateTime",
									  "PayerSpecifiedDebtorFinancialInstitution",
									  "ApplicableTradePaymentDiscountTerms",
									  "ApplicableTradePaymentPenaltyTerms",
									  "BasisDateTime",
									  "BasisPeriodMeasure",
									  "ActualDiscountAmount",
									  "ActualPenaltyAmount",
									  "PartialPaymentAmount",
									  "SpecifiedAdvancePayment",
									  "PaidAmount",
									  "FormattedReceivedDateTime",
									  "IncludedTradeTax",
									  "LineTotalBasisAmount",
									  "AllowanceChargeBasisAmount",
									  "SequenceNumeric",
									  "BasisQuantity",
									  "ChargeFreeQuantity",
									  "PackageQuantity",
									  "ID",
									  "ModelID",
									  "IndustryAssignedID",
									  "BatchID",
									  "BrandName",
									  "ModelName",
									  "ValueMeasure",
									  "IndividualTradeProductInstance",
									  "SupplierAssignedSerialID",
									  "IncludedReferencedProduct",
									  "UnitQuantity",
									  "TotalAllowanceChargeAmount",
									  "TotalPrepaidAmount",
									  "StartDateTime",
									  "EndDateTime",
									  "Description",
									  NULL};

const XmlFormat cii_format = {
	.name = "cii",
	.roots = {{"rsm:CrossIndustryInvoice", "cii"}},
	.spaces =
		{
			{"ram",
			 "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"},
			{"rsm", "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"},
			{"udt", "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"},
			{"qdt", "urn:un:unece:uncefact:data:standard:QualifiedDataType:100"},
		},
	.entries = entries,
	.entry_count = sizeof(entries) / sizeof(*entries),
	.ballast = ballast,
	.currency = "currencyID",
	.repeated_rule = "CII-REPEATED",
	.date = take_date,
};
