/*
 * rules_peppol.h: what the Peppol rule sets share: places of a UBL document and the checks of
 * identifiers; private to them.
 */
#ifndef CORE_RULES_PEPPOL_H
#define CORE_RULES_PEPPOL_H

#include "core/rules_table.h"

#define SELLER "/AccountingSupplierParty/Party"
#define BUYER "/AccountingCustomerParty/Party"
#define COUNTRY "/PostalAddress/Country/IdentificationCode"
#define VAT_ID "/PartyTaxScheme[TaxScheme/ID = 'VAT']/CompanyID"
#define VAT_ID_TRIMMED "/PartyTaxScheme[trim(TaxScheme/ID) = 'VAT']/CompanyID"
#define REPRESENTATIVE_VAT_ID "/TaxRepresentativeParty" VAT_ID
#define LINES(rest) "/InvoiceLine" rest " | /CreditNoteLine" rest
#define QUANTITY "(InvoicedQuantity|CreditedQuantity)"

/* Country of a party: of its VAT identifier, else of its address, else XX. */
#define COUNTRY_OF(vat_id) "upper(trim(sub(" vat_id ", 1, 2)))"
#define COUNTRY_OR(vat_id, other) \
	"if(sub(" vat_id ", 1, 2) != '', " COUNTRY_OF(vat_id) ", " other ")"
#define COUNTRY_OF_ADDRESS(party) \
	"if(exists(" party COUNTRY "), upper(trim(" party COUNTRY ")), 'XX')"
#define BUYER_COUNTRY COUNTRY_OR(BUYER VAT_ID, COUNTRY_OF_ADDRESS(BUYER))
#define SELLER_COUNTRY_ALONE COUNTRY_OR(SELLER VAT_ID, COUNTRY_OF_ADDRESS(SELLER))
#define SELLER_COUNTRY \
	COUNTRY_OR(SELLER VAT_ID, COUNTRY_OR(REPRESENTATIVE_VAT_ID, COUNTRY_OF_ADDRESS(SELLER)))
#define ADDRESS_IN(party, code) "upper(trim(" party COUNTRY ")) = '" code "'"
#define BOTH_GERMAN "(" ADDRESS_IN(SELLER, "DE") " and " ADDRESS_IN(BUYER, "DE") ")"

#define PEPPOL_DETECT "any(CustomizationID, contains(., 'peppol.eu:2017:poacc:billing:3'))"

#define PEPPOL_CHECK_COUNT 14
extern const RuleCheck rules_peppol_checks[PEPPOL_CHECK_COUNT];

#endif
