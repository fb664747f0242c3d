/*
 * rules_peppol_cii.h: what Peppol's rules for CII and those that XRechnung takes over share;
 * private to the two.
 */
#ifndef CORE_RULES_PEPPOL_CII_H
#define CORE_RULES_PEPPOL_CII_H

#include "core/rules_table.h"

#define CII_TRADE "/SupplyChainTradeTransaction"
#define CII_LINE CII_TRADE "/IncludedSupplyChainTradeLineItem"
#define CII_HEADER CII_TRADE "/ApplicableHeaderTradeSettlement"
#define CII_ADJUSTMENT "SpecifiedTradeAllowanceCharge"

#define OR_ELSE(path, other) "if(exists(" path "), dec(" path "), " other ")"
#define NOT_ZERO(path, other) \
	"if(exists(" path ") and dec(" path ") != 0, dec(" path "), " other ")"

#define CII_TOTALS "SpecifiedTradeSettlementHeaderMonetarySummation/TaxTotalAmount"
#define CII_IN_CURRENCY(code) CII_TOTALS "[@currencyID = " CII_HEADER "/" code "]"
#define CII_INDICATOR(value) "trim(ChargeIndicator/Indicator) = '" value "'"
#define CII_KNOWN_INDICATOR CII_INDICATOR("true") " or " CII_INDICATOR("false")
#define CII_INDICATOR_TEXT "the charge indicator must be true or false"
#define NET_PRICE "SpecifiedLineTradeAgreement/NetPriceProductTradePrice"
#define GROSS_PRICE "SpecifiedLineTradeAgreement/GrossPriceProductTradePrice"
#define CII_LINE_SUM(indicator)                               \
	"round2(sum(SpecifiedLineTradeSettlement/" CII_ADJUSTMENT \
	"[" CII_INDICATOR(indicator) "]/ActualAmount))"
#define CII_LINE_TOTAL                                                            \
	"SpecifiedLineTradeSettlement/SpecifiedTradeSettlementLineMonetarySummation/" \
	"LineTotalAmount"
#define CII_BILLED "SpecifiedLineTradeDelivery/BilledQuantity"

#define CII_LINE_NET(tolerance, base)                                               \
	"near(" tolerance                                                               \
	", " OR_ELSE(CII_LINE_TOTAL, "0") ", " OR_ELSE(CII_BILLED, "1") " * (" OR_ELSE( \
		NET_PRICE "/ChargeAmount",                                                  \
		"0") " div " base ") + " CII_LINE_SUM("true") " - " CII_LINE_SUM("false") ")"
#define CII_R120_TEXT                                                                            \
	"the line's net amount (BT-131) should be quantity times net price per base quantity, plus " \
	"charges, less allowances"

#define CII_RATED(tolerance)                                                \
	"(absent(CalculationPercent) or absent(BasisAmount) or near(" tolerance \
	", " OR_ELSE("ActualAmount", "0") ", dec(BasisAmount) * dec(CalculationPercent) div 100))"
#define CII_R040_TEXT "the amount of an allowance or charge must be its base times the percentage"

#define CII_R005                                                                               \
	CII_FATAL("PEPPOL-EN16931-R005", "ApplicableHeaderTradeSettlement",                        \
			  "absent(TaxCurrencyCode) or trim(TaxCurrencyCode) != trim(InvoiceCurrencyCode)", \
			  "the accounting currency (BT-6) must differ from the invoice currency (BT-5)")
#define CII_R054                                                      \
	CII_FATAL(                                                        \
		"PEPPOL-EN16931-R054", "ApplicableHeaderTradeSettlement",     \
		"count(" CII_TOTALS "[@currencyID != " CII_HEADER             \
		"/InvoiceCurrencyCode]) = if(exists(TaxCurrencyCode), 1, 0)", \
		"one VAT total in the accounting currency (BT-111) goes with BT-6, and none without")
#define CII_SIGN(sign)                                                                         \
	"(" CII_IN_CURRENCY("TaxCurrencyCode") sign " and " CII_IN_CURRENCY("InvoiceCurrencyCode") \
		sign ")"
#define CII_R055(unless)                                                \
	CII_FATAL("PEPPOL-EN16931-R055", "ApplicableHeaderTradeSettlement", \
			  unless " or " CII_SIGN(" < 0") " or " CII_SIGN(" >= 0"),  \
			  "the VAT totals in both currencies (BT-110, BT-111) must have the same sign")

#define CII_ADDRESS_RULES                                                                          \
	CII_FATAL("PEPPOL-EN16931-R010", "BuyerTradeParty", "exists(URIUniversalCommunication/URIID)", \
			  "the buyer's electronic address (BT-49) is missing"),                                \
		CII_FATAL("PEPPOL-EN16931-R020", "SellerTradeParty",                                       \
				  "exists(URIUniversalCommunication/URIID)",                                       \
				  "the seller's electronic address (BT-34) is missing")

#define CII_BASE_RULES                                                                            \
	CII_FATAL("PEPPOL-EN16931-R041",                                                              \
			  CII_ADJUSTMENT "[exists(CalculationPercent) and absent(BasisAmount)]", "false",     \
			  "an allowance or charge with a percentage needs its base amount"),                  \
		CII_FATAL("PEPPOL-EN16931-R042",                                                          \
				  CII_ADJUSTMENT "[absent(CalculationPercent) and exists(BasisAmount)]", "false", \
				  "an allowance or charge with a base amount needs its percentage")

#define CII_R061                                                                                \
	CII_FATAL(                                                                                  \
		"PEPPOL-EN16931-R061",                                                                  \
		"SpecifiedTradeSettlementPaymentMeans[trim(TypeCode) = '49' or trim(TypeCode) = '59']", \
		"exists(../SpecifiedTradePaymentTerms/DirectDebitMandateID)",                           \
		"a direct debit needs its mandate reference (BT-89)")

/* lines stand before the header: their dates are kept until it is known */
#define CII_LINE_PERIOD CII_LINE "/SpecifiedLineTradeSettlement/BillingSpecifiedPeriod/"
#define CII_INVOICE_PERIOD CII_HEADER "/BillingSpecifiedPeriod/"
#define CII_PERIOD_RULES                                                                        \
	CII_FATAL("PEPPOL-EN16931-R110", CII_LINE_PERIOD "StartDateTime",                           \
			  "absent(" CII_INVOICE_PERIOD "StartDateTime) or " CII_INVOICE_PERIOD              \
			  "StartDateTime/DateTimeString <= kept(DateTimeString)",                           \
			  "the line's period (BT-134) must not begin before the invoicing period (BT-73)"), \
		CII_FATAL("PEPPOL-EN16931-R111", CII_LINE_PERIOD "EndDateTime",                         \
				  "absent(" CII_INVOICE_PERIOD "EndDateTime) or " CII_INVOICE_PERIOD            \
				  "EndDateTime/DateTimeString >= kept(DateTimeString)",                         \
				  "the line's period (BT-135) must not end after the invoicing period (BT-74)")

#define CII_R101                                                                                  \
	CII_FATAL("PEPPOL-EN16931-R101", CII_LINE,                                                    \
			  "absent(SpecifiedLineTradeSettlement/AdditionalReferencedDocument) or "             \
			  "SpecifiedLineTradeSettlement/AdditionalReferencedDocument/TypeCode = '130'",       \
			  "the document reference of a line is for the invoiced object only, with type code " \
			  "130")

#define CII_QUANTITY_RULES                                                                      \
	CII_FATAL("PEPPOL-EN16931-R121", "NetPriceProductTradePrice | GrossPriceProductTradePrice", \
			  "absent(BasisQuantity) or dec(BasisQuantity) > 0",                                \
			  "the price's base quantity (BT-149) must be greater than zero"),                  \
		CII_FATAL("PEPPOL-EN16931-R130",                                                        \
				  "NetPriceProductTradePrice/BasisQuantity[exists(@unitCode)] | "               \
				  "GrossPriceProductTradePrice/BasisQuantity[exists(@unitCode)]",               \
				  "@unitCode = ../../../SpecifiedLineTradeDelivery/BilledQuantity/@unitCode",   \
				  "the price's base quantity (BT-150) must have the unit of the invoiced "      \
				  "quantity (BT-130)")

#endif
