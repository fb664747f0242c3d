/*
 * invoice_terms.c: the term list as arrays.
 */
#include "core/invoice.h"

#include <string.h>

const InvoiceTermInfo invoice_term_info[INVOICE_TERM_COUNT] = {
#define TERM_GROUP(name, key)
#define TERM(group, name, key, type, text) \
	[TERM_##name] = {INVOICE_##group, TERM_TYPE_##type, key, text},
#include "core/invoice_terms.def"
#include "core/invoice_facts.def"
#undef TERM_GROUP
#undef TERM
};

/* first and last term of each group; test/unit checks that they agree with the list */
const InvoiceGroupInfo invoice_group_info[INVOICE_GROUP_COUNT] = {
	[INVOICE_DOCUMENT] = {"", TERM_BT_1, TERM_BT_115},
	[INVOICE_NOTE] = {"bg_1", TERM_BT_21, TERM_BT_22},
	[INVOICE_PRECEDING] = {"bg_3", TERM_BT_25, TERM_BT_26},
	[INVOICE_SELLER_ID] = {"bt_29", TERM_BT_29, TERM_BT_29_1},
	[INVOICE_ACCOUNT] = {"bg_17", TERM_BT_84, TERM_BT_86},
	[INVOICE_ALLOWANCE] = {"bg_20", TERM_BT_92, TERM_BT_98},
	[INVOICE_CHARGE] = {"bg_21", TERM_BT_99, TERM_BT_105},
	[INVOICE_TAX] = {"bg_23", TERM_BT_116, TERM_BT_121},
	[INVOICE_ATTACHMENT] = {"bg_24", TERM_BT_122, TERM_BT_125_2},
	[INVOICE_LINE] = {"bg_25", TERM_BT_126, TERM_BT_159},
	[INVOICE_LINE_ALLOWANCE] = {"bg_27", TERM_BT_136, TERM_BT_140},
	[INVOICE_LINE_CHARGE] = {"bg_28", TERM_BT_141, TERM_BT_145},
	[INVOICE_CLASSIFICATION] = {"bt_158", TERM_BT_158, TERM_BT_158_2},
	[INVOICE_ATTRIBUTE] = {"bg_32", TERM_BT_160, TERM_BT_161},
	[INVOICE_TOTALS] = {"", TERM_TOTALS_CURRENCY, TERM_TOTALS_CURRENCY},
	[INVOICE_TAX_TOTAL] = {"", TERM_TAX_TOTAL_AMOUNT, TERM_TAX_TOTAL_CURRENCY},
	[INVOICE_PARTY] = {"", TERM_PARTY_ROLE, TERM_PARTY_ROLE},
	[INVOICE_PARTY_TAX] = {"", TERM_PARTY_TAX_ROLE, TERM_PARTY_TAX_SCHEME},
	[INVOICE_ADDRESS] = {"", TERM_ADDRESS_ROLE, TERM_ADDRESS_COUNTRY},
	[INVOICE_MEANS] = {"", TERM_MEANS_CODE, TERM_MEANS_CARD},
	[INVOICE_PERIOD] = {"", TERM_PERIOD_START, TERM_PERIOD_CODE},
	[INVOICE_LINE_PERIOD] = {"", TERM_LINE_PERIOD_START, TERM_LINE_PERIOD_END},
	[INVOICE_CATEGORY] = {"", TERM_CATEGORY_OWNER, TERM_CATEGORY_SCHEME},
};

InvoiceTerm
invoice_find_term(const char *key, size_t length)
{
	for (int term = 0; term < INVOICE_MODEL_TERM_COUNT; term++)
		if (strlen(invoice_term_info[term].key) == length &&
			memcmp(invoice_term_info[term].key, key, length) == 0)
			return (InvoiceTerm) term;
	return INVOICE_TERM_COUNT;
}
