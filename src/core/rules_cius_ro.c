/*
 * rules_cius_ro.c: the Romanian use of EN 16931 (RO e-Factura, CIUS-RO), rules 1.0.9.
 *
 * Conditions follow the official rules of the Ministry of Finance, in our own words.  The official
 * sheet is one pattern in which a later context never sees what an earlier one took, so some of
 * its rules cannot fire and have no entry: BR-DEC-RO-13, 15 and 23, BR-RO-L1019, BR-RO-A051 and
 * A052.  Where it names the root of credit notes by a name that does not exist, its rules hold for
 * invoices only, and so they do here.
 *
 * The sheet contains an older edition of the EN 16931 rules as well: from there come BR-CO-25,
 * BR-66, BR-67 and the former ids of the Canary Islands' and of Ceuta's tax (BR-IG, BR-IP).
 */
#include "core/rules_peppol.h"
#include "core/rules_vat.h"

#define SPECIFICATION "urn:cen.eu:en16931:2017#compliant#urn:efactura.mfinante.ro:CIUS-RO:1.0.1"
#define RO_SELLER "AccountingSupplierParty/Party/"
#define RO_BUYER "AccountingCustomerParty/Party/"
#define REPRESENTATIVE "TaxRepresentativeParty/"
#define DELIVERY "Delivery/DeliveryLocation/Address/"

/* at most so many characters, blanks folded */
#define LENGTH(id, context, path, limit, what)                 \
	UBL_FATAL(id, context, "length(trim(" path ")) <= " limit, \
			  what " has more than " limit " characters")
#define DATE(id, name, what) \
	UBL_FATAL(id, name, "check(date, .)", what " must be written as YYYY-MM-DD")
#define FILLED(id, context, path, what) \
	UBL_FATAL(id, context, "any(" path ", filled(.))", what " is missing")
#define DECIMALS(id, context, path, what) \
	UBL_FATAL(id, context, "decimals(2, " path ")", what " has more than two decimals")

/* Addresses in Romania: county by ISO 3166-2, and sector in Bucharest. */
#define IN_ROMANIA(address) "trim(" address "Country/IdentificationCode) = 'RO'"
#define SECTOR(id, context, address, what)                                                      \
	UBL_FATAL(id, context,                                                                      \
			  "not(" IN_ROMANIA(address) " and trim(" address                                   \
										 "CountrySubentity) = 'RO-B') or matches(trim(" address \
										 "CityName), 'SECTOR[1-6]')",                           \
			  "the city of " what " in Bucharest is SECTOR1 to SECTOR6")
#define COUNTY(id, context, address, what)                                                         \
	UBL_FATAL(id, context,                                                                         \
			  "not(" IN_ROMANIA(address) ") or code(cius_ro_county, " address "CountrySubentity)", \
			  "the county of " what " must be a code of ISO 3166-2:RO, as RO-CJ")

#define TAXED_CATEGORY "matches(ID, 'S|Z|E|AE|K|G|L|M')"
#define ANY_TAXED                                                                          \
	"exists(/AllowanceCharge[ChargeIndicator = 'false']/TaxCategory[TaxScheme/ID = 'VAT' " \
	"and " TAXED_CATEGORY                                                                  \
	"], /AllowanceCharge[ChargeIndicator = 'true']/TaxCategory[" TAXED_CATEGORY            \
	"], /InvoiceLine/Item/ClassifiedTaxCategory[" TAXED_CATEGORY "])"

static const Rule romania[] = {
	DATE("BR-RO-DT001", "IssueDate", "the issue date (BT-2)"),
	DATE("BR-RO-DT002", "TaxPointDate", "the tax point date (BT-7)"),
	DATE("BR-RO-DT003", "DueDate", "the due date (BT-9)"),
	DATE("BR-RO-DT003_CN", "PaymentDueDate", "the due date (BT-9)"),
	DATE("BR-RO-DT004", "ActualDeliveryDate", "the delivery date (BT-72)"),
	DATE("BR-RO-DT005", "StartDate", "the first day of a period (BT-73, BT-134)"),
	DATE("BR-RO-DT006", "EndDate", "the last day of a period (BT-74, BT-135)"),
	UBL_FATAL("BR-RO-020_1", "InvoiceTypeCode", "matches(trim(.), '380|384|389|751')",
			  "the type code of an invoice (BT-3) is 380, 384, 389 or 751"),
	UBL_FATAL("BR-RO-020_2", "CreditNoteTypeCode", "trim(.) = '381'",
			  "the type code of a credit note (BT-3) is 381"),

	UBL_FATAL("BR-RO-001", "/", "CustomizationID = '" SPECIFICATION "'",
			  "the specification identifier (BT-24) must be " SPECIFICATION),
	UBL_FATAL("BR-RO-A020", "/", "at_most(20, Note)", "there are more than 20 notes (BG-1)"),
	LENGTH("BR-RO-L0201", "/", RO_SELLER "PostalAddress/PostalZone", "20",
		   "the seller's post code (BT-38)"),
	LENGTH("BR-RO-L0202", "/", RO_BUYER "PostalAddress/PostalZone", "20",
		   "the buyer's post code (BT-53)"),
	LENGTH("BR-RO-L0203", "/", REPRESENTATIVE "PostalAddress/PostalZone", "20",
		   "the tax representative's post code (BT-67)"),
	LENGTH("BR-RO-L0204", "/", DELIVERY "PostalZone", "20", "the post code of delivery (BT-78)"),
	LENGTH("BR-RO-L155", "/", "ID", "200", "the invoice number (BT-1)"),
	LENGTH("BR-RO-L0302", "/", "ContractDocumentReference/ID", "200",
		   "the contract reference (BT-12)"),
	LENGTH("BR-RO-L0303", "/", "OrderReference/ID", "200", "the order reference (BT-13)"),
	LENGTH("BR-RO-L0304", "/", "OrderReference/SalesOrderID", "200", "the sales order (BT-14)"),
	LENGTH("BR-RO-L0305", "/", "ReceiptDocumentReference/ID", "200",
		   "the receiving advice (BT-15)"),
	LENGTH("BR-RO-L0306", "/", "DespatchDocumentReference/ID", "200",
		   "the despatch advice (BT-16)"),
	LENGTH("BR-RO-L0307", "/", "OriginatorDocumentReference/ID", "200", "the tender (BT-17)"),
	LENGTH("BR-RO-L0501", "/", RO_SELLER "PostalAddress/CityName", "50",
		   "the seller's city (BT-37)"),
	LENGTH("BR-RO-L0502", "/", RO_BUYER "PostalAddress/CityName", "50", "the buyer's city (BT-52)"),
	LENGTH("BR-RO-L0503", "/", REPRESENTATIVE "PostalAddress/CityName", "50",
		   "the tax representative's city (BT-66)"),
	LENGTH("BR-RO-L0504", "/", DELIVERY "CityName", "50", "the city of delivery (BT-77)"),
	LENGTH("BR-RO-L1001", "/", "AccountingCost", "100", "the buyer's accounting reference (BT-19)"),
	LENGTH("BR-RO-L1002", "/", RO_SELLER "PostalAddress/AdditionalStreetName", "100",
		   "the seller's second address line (BT-36)"),
	LENGTH("BR-RO-L1003", "/", RO_SELLER "PostalAddress/AddressLine/Line", "100",
		   "the seller's third address line (BT-162)"),
	LENGTH("BR-RO-L1004", "/", RO_SELLER "Contact/Name", "100", "the seller's contact (BT-41)"),
	LENGTH("BR-RO-L1005", "/", RO_SELLER "Contact/Telephone", "100",
		   "the seller's telephone (BT-42)"),
	LENGTH("BR-RO-L1006", "/", RO_SELLER "Contact/ElectronicMail", "100",
		   "the seller's e-mail (BT-43)"),
	LENGTH("BR-RO-L1007", "/", RO_BUYER "PostalAddress/AdditionalStreetName", "100",
		   "the buyer's second address line (BT-51)"),
	LENGTH("BR-RO-L1008", "/", RO_BUYER "PostalAddress/AddressLine/Line", "100",
		   "the buyer's third address line (BT-163)"),
	LENGTH("BR-RO-L1009", "/", RO_BUYER "Contact/Name", "100", "the buyer's contact (BT-56)"),
	LENGTH("BR-RO-L1010", "/", RO_BUYER "Contact/Telephone", "100",
		   "the buyer's telephone (BT-57)"),
	LENGTH("BR-RO-L1011", "/", RO_BUYER "Contact/ElectronicMail", "100",
		   "the buyer's e-mail (BT-58)"),
	LENGTH("BR-RO-L1012", "/", REPRESENTATIVE "PostalAddress/AdditionalStreetName", "100",
		   "the tax representative's second address line (BT-65)"),
	LENGTH("BR-RO-L1013", "/", REPRESENTATIVE "PostalAddress/AddressLine/Line", "100",
		   "the tax representative's third address line (BT-164)"),
	LENGTH("BR-RO-L1014", "/", DELIVERY "AdditionalStreetName", "100",
		   "the second address line of delivery (BT-76)"),
	LENGTH("BR-RO-L1015", "/", DELIVERY "AddressLine/Line", "100",
		   "the third address line of delivery (BT-165)"),
	LENGTH("BR-RO-L151", "/", RO_SELLER "PostalAddress/StreetName", "150",
		   "the seller's street (BT-35)"),
	LENGTH("BR-RO-L152", "/", RO_BUYER "PostalAddress/StreetName", "150",
		   "the buyer's street (BT-50)"),
	LENGTH("BR-RO-L153", "/", REPRESENTATIVE "PostalAddress/StreetName", "150",
		   "the tax representative's street (BT-64)"),
	LENGTH("BR-RO-L154", "/", DELIVERY "StreetName", "150", "the street of delivery (BT-75)"),
	LENGTH("BR-RO-L201", "/", RO_SELLER "PartyLegalEntity/RegistrationName", "200",
		   "the seller's name (BT-27)"),
	LENGTH("BR-RO-L202", "/", RO_SELLER "PartyName/Name", "200",
		   "the seller's trading name (BT-28)"),
	LENGTH("BR-RO-L203", "/", RO_BUYER "PartyLegalEntity/RegistrationName", "200",
		   "the buyer's name (BT-44)"),
	LENGTH("BR-RO-L204", "/", RO_BUYER "PartyName/Name", "200", "the buyer's trading name (BT-45)"),
	LENGTH("BR-RO-L205", "/", "PayeeParty/PartyName/Name", "200", "the payee's name (BT-59)"),
	LENGTH("BR-RO-L206", "/", REPRESENTATIVE "PartyName/Name", "200",
		   "the tax representative's name (BT-62)"),
	LENGTH("BR-RO-L207", "/", "Delivery/DeliveryParty/PartyName/Name", "200",
		   "the name of the recipient (BT-70)"),
	LENGTH("BR-RO-L301", "/", "PaymentTerms/Note", "300", "the payment terms (BT-20)"),
	LENGTH("BR-RO-L1000", "/", RO_SELLER "PartyLegalEntity/CompanyLegalForm", "1000",
		   "the seller's legal information (BT-33)"),
	UBL_FATAL("BR-RO-010", "/", "matches(trim(ID), '.*[0-9].*')",
			  "the invoice number (BT-1) needs at least one digit"),
	UBL_FATAL("BR-RO-030", "/",
			  "trim(TaxCurrencyCode) = 'RON' or trim(DocumentCurrencyCode) = 'RON'",
			  "the invoice currency (BT-5) or the accounting currency (BT-6) must be RON"),
	UBL_FATAL("BR-RO-065", "/",
			  "not(" ANY_TAXED ") or exists(" REPRESENTATIVE
			  "PartyTaxScheme/CompanyID) or any(" RO_SELLER "PartyTaxScheme/CompanyID, filled(.))",
			  "with a VAT category other than O the seller (BT-31, BT-32) or its tax "
			  "representative (BT-63) needs a tax identifier"),
	FILLED("BR-RO-081", "/", RO_SELLER "PostalAddress/StreetName", "the seller's street (BT-35)"),
	FILLED("BR-RO-082", "/", RO_BUYER "PostalAddress/StreetName", "the buyer's street (BT-50)"),
	FILLED("BR-RO-091", "/", RO_SELLER "PostalAddress/CityName", "the seller's city (BT-37)"),
	FILLED("BR-RO-092", "/", RO_BUYER "PostalAddress/CityName", "the buyer's city (BT-52)"),
	SECTOR("BR-RO-100", "/", RO_SELLER "PostalAddress/", "a seller"),
	COUNTY("BR-RO-110", "/", RO_SELLER "PostalAddress/", "a Romanian seller"),
	SECTOR("BR-RO-101", "/", RO_BUYER "PostalAddress/", "a buyer"),
	COUNTY("BR-RO-111", "/", RO_BUYER "PostalAddress/", "a Romanian buyer"),
	UBL_FATAL("BR-RO-120", "/",
			  "not(" ANY_TAXED ") or exists(" RO_BUYER
			  "PartyLegalEntity/CompanyID) or any(" RO_BUYER "PartyTaxScheme/CompanyID, filled(.))",
			  "with a VAT category other than O the buyer needs a legal registration (BT-47) or a "
			  "VAT identifier (BT-48)"),

#define REPRESENTATIVE_ADDRESS "/TaxRepresentativeParty/PostalAddress[root_is('Invoice')]"
	FILLED("BR-RO-140", REPRESENTATIVE_ADDRESS, "StreetName",
		   "the tax representative's street (BT-64)"),
	FILLED("BR-RO-150", REPRESENTATIVE_ADDRESS, "CityName",
		   "the tax representative's city (BT-66)"),
	SECTOR("BR-RO-160", REPRESENTATIVE_ADDRESS, "", "a tax representative"),
	COUNTY("BR-RO-170", REPRESENTATIVE_ADDRESS, "", "a Romanian tax representative"),

	LENGTH("BR-RO-L208", "PaymentMeans", "PayeeFinancialAccount/Name", "200",
		   "the account's name (BT-85)"),
	LENGTH("BR-RO-L209", "PaymentMeans", "CardAccount/HolderName", "200",
		   "the card holder (BT-88)"),
	LENGTH("BR-RO-L1016", "PaymentMeans", "PaymentMeansCode/@name", "100",
		   "the text of the payment means (BT-82)"),
	LENGTH("BR-RO-L140", "PaymentMeans", "PaymentID", "140", "the payment reference (BT-83)"),

#define DELIVERY_ADDRESS "/Delivery/DeliveryLocation/Address[root_is('Invoice')]"
	FILLED("BR-RO-180", DELIVERY_ADDRESS, "StreetName", "the street of delivery (BT-75)"),
	FILLED("BR-RO-201", DELIVERY_ADDRESS, "CityName", "the city of delivery (BT-77)"),
	SECTOR("BR-RO-202", DELIVERY_ADDRESS, "", "a delivery"),
	FILLED("BR-RO-211", DELIVERY_ADDRESS, "CountrySubentity", "the county of delivery (BT-79)"),
	COUNTY("BR-RO-212", DELIVERY_ADDRESS, "", "a delivery in Romania"),

	UBL_FATAL("BR-RO-040", "InvoicePeriod/DescriptionCode", "matches(trim(.), '3|35|432')",
			  "the code of the tax point date (BT-8) is 3, 35 or 432"),

	LENGTH("BR-RO-L1024", LINES(""), "Item/Name", "100", "the item's name (BT-153)"),
	LENGTH("BR-RO-L1021", LINES(""), "AccountingCost", "100",
		   "the line's accounting reference (BT-133)"),
	LENGTH("BR-RO-L212", LINES(""), "Item/Description", "200", "the item's description (BT-154)"),
	LENGTH("BR-RO-L303", LINES(""), "Note", "300", "the line's note (BT-127)"),
	LENGTH("BR-RO-L0505", "Item/AdditionalItemProperty", "Name", "50",
		   "the name of an item attribute (BT-160)"),
	LENGTH("BR-RO-L1025", "Item/AdditionalItemProperty", "Value", "100",
		   "the value of an item attribute (BT-161)"),

#define RO_ALLOWANCES "/AllowanceCharge[root_is('Invoice') and ChargeIndicator = false]"
#define RO_CHARGES "/AllowanceCharge[root_is('Invoice') and ChargeIndicator = true]"
	DECIMALS("BR-DEC-RO-01", RO_ALLOWANCES, "Amount", "an allowance (BT-92)"),
	DECIMALS("BR-DEC-RO-02", RO_ALLOWANCES, "BaseAmount", "the base of an allowance (BT-93)"),
	LENGTH("BR-RO-L1017", RO_ALLOWANCES, "AllowanceChargeReasonCode", "100",
		   "the reason code of an allowance (BT-98)"),
	DECIMALS("BR-DEC-RO-05", RO_CHARGES, "Amount", "a charge (BT-99)"),
	DECIMALS("BR-DEC-RO-06", RO_CHARGES, "BaseAmount", "the base of a charge (BT-100)"),
	LENGTH("BR-RO-L1018", RO_CHARGES, "AllowanceChargeReasonCode", "100",
		   "the reason code of a charge (BT-105)"),

	DECIMALS("BR-DEC-RO-09", "LegalMonetaryTotal", "LineExtensionAmount",
			 "the sum of lines (BT-106)"),
	DECIMALS("BR-DEC-RO-10", "LegalMonetaryTotal", "AllowanceTotalAmount",
			 "the sum of allowances (BT-107)"),
	DECIMALS("BR-DEC-RO-11", "LegalMonetaryTotal", "ChargeTotalAmount",
			 "the sum of charges (BT-108)"),
	DECIMALS("BR-DEC-RO-12", "LegalMonetaryTotal", "TaxExclusiveAmount",
			 "the total without VAT (BT-109)"),
	DECIMALS("BR-DEC-RO-14", "LegalMonetaryTotal", "TaxInclusiveAmount",
			 "the total with VAT (BT-112)"),
	DECIMALS("BR-DEC-RO-16", "LegalMonetaryTotal", "PrepaidAmount", "the paid amount (BT-113)"),
	DECIMALS("BR-DEC-RO-17", "LegalMonetaryTotal", "PayableRoundingAmount",
			 "the rounding (BT-114)"),
	DECIMALS("BR-DEC-RO-18", "LegalMonetaryTotal", "PayableAmount", "the amount due (BT-115)"),
	DECIMALS("BR-DEC-RO-1009", "TaxTotal/TaxSubtotal", "TaxableAmount",
			 "the taxable amount (BT-116)"),
	DECIMALS("BR-DEC-RO-1010", "TaxTotal/TaxSubtotal", "TaxAmount", "the tax amount (BT-117)"),

#define LINE_ALLOWANCES                                        \
	"/InvoiceLine/AllowanceCharge[ChargeIndicator = false] | " \
	"/CreditNoteLine/AllowanceCharge[ChargeIndicator = false]"
#define LINE_CHARGES                                          \
	"/InvoiceLine/AllowanceCharge[ChargeIndicator = true] | " \
	"/CreditNoteLine/AllowanceCharge[ChargeIndicator = true]"
	DECIMALS("BR-DEC-RO-24", LINE_ALLOWANCES, "Amount", "a line's allowance (BT-136)"),
	DECIMALS("BR-DEC-RO-25", LINE_ALLOWANCES, "BaseAmount",
			 "the base of a line's allowance (BT-137)"),
	LENGTH("BR-RO-L1022", LINE_ALLOWANCES, "AllowanceChargeReason", "100",
		   "the reason of a line's allowance (BT-139)"),
	DECIMALS("BR-DEC-RO-27", LINE_CHARGES, "Amount", "a line's charge (BT-141)"),
	DECIMALS("BR-DEC-RO-28", LINE_CHARGES, "BaseAmount", "the base of a line's charge (BT-142)"),
	LENGTH("BR-RO-L1023", LINE_CHARGES, "AllowanceChargeReason", "100",
		   "the reason of a line's charge (BT-144)"),

	LENGTH("BR-RO-L302", "Note", ".", "300", "a note (BT-22)"),
	LENGTH("BR-RO-L0308", "AdditionalDocumentReference", "ID", "200",
		   "the reference of a supporting document (BT-122)"),
	LENGTH("BR-RO-L1020", "AdditionalDocumentReference", "DocumentDescription", "100",
		   "the description of a supporting document (BT-123)"),
	LENGTH("BR-RO-L210", "AdditionalDocumentReference", "Attachment/ExternalReference/URI", "200",
		   "the address of a supporting document (BT-124)"),
	LENGTH("BR-RO-L211", "AdditionalDocumentReference",
		   "Attachment/EmbeddedDocumentBinaryObject/@filename", "200",
		   "the file name of a supporting document (BT-125)"),
	UBL_FATAL("BR-RO-A500", "BillingReference", "at_most(500, InvoiceDocumentReference)",
			  "there are more than 500 preceding invoices (BG-3)"),
	LENGTH("BR-RO-L156", "BillingReference", "InvoiceDocumentReference/ID", "200",
		   "the preceding invoice (BT-25)"),
};

/* of the older edition of EN 16931 in the Romanian sheet */
static const Rule older_edition[] = {
	UBL_FATAL(
		"BR-CO-25", "/LegalMonetaryTotal/PayableAmount[root_is('Invoice')]",
		". <= 0 or (. > 0 and exists(/DueDate, /PaymentTerms/Note))",
		"with an amount to be paid (BT-115) a due date (BT-9) or payment terms (BT-20) are needed"),
	UBL_FATAL("BR-66", "/", "at_most(1, PaymentMeans/CardAccount)",
			  "an invoice has at most one payment card (BG-18)"),
	UBL_FATAL("BR-67", "/", "at_most(1, PaymentMeans/PaymentMandate)",
			  "an invoice has at most one direct debit (BG-19)"),
	CANARY_ISLANDS("IG"),
	CEUTA_AND_MELILLA("IP"),
};

static const RulePattern patterns[] = {
	PATTERN(NULL, older_edition),
	PATTERN(NULL, romania),
};

const RuleSet rules_cius_ro = {
	.name = "cius-ro",
	.version = "1.0.9",
	.valid_from = "2024-06-05",
	.detect = "any(CustomizationID, contains(., 'efactura.mfinante.ro:CIUS-RO'))",
	.patterns = patterns,
	.pattern_count = (int) (sizeof(patterns) / sizeof(*patterns)),
	.checks = rules_peppol_checks,
	.check_count = PEPPOL_CHECK_COUNT,
};
