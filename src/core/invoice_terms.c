/*
 * invoice_terms.c: the term list as arrays.
 */
#include "core/invoice.h"

#include <string.h>

const InvoiceTermInfo invoice_term_info[INVOICE_TERM_COUNT] = {
#define TERM_GROUP(name, key)
#define TERM(group, name, key, type, text) {INVOICE_##group, TERM_TYPE_##type, key, text},
#include "core/invoice_terms.def"
#undef TERM_GROUP
#undef TERM
};

/* first and last term of each group; test/unit checks that they agree with the list */
const InvoiceGroupInfo invoice_group_info[INVOICE_GROUP_COUNT] = {
	{"", TERM_BT_1, TERM_BT_115},			{"bg_1", TERM_BT_21, TERM_BT_22},
	{"bg_3", TERM_BT_25, TERM_BT_26},		{"bt_29", TERM_BT_29, TERM_BT_29_1},
	{"bg_17", TERM_BT_84, TERM_BT_86},		{"bg_20", TERM_BT_92, TERM_BT_98},
	{"bg_21", TERM_BT_99, TERM_BT_105},		{"bg_23", TERM_BT_116, TERM_BT_121},
	{"bg_24", TERM_BT_122, TERM_BT_125_2},	{"bg_25", TERM_BT_126, TERM_BT_159},
	{"bg_27", TERM_BT_136, TERM_BT_140},	{"bg_28", TERM_BT_141, TERM_BT_145},
	{"bt_158", TERM_BT_158, TERM_BT_158_2}, {"bg_32", TERM_BT_160, TERM_BT_161},
};

InvoiceTerm
invoice_find_term(const char *key, size_t length)
{
	for (int term = 0; term < INVOICE_TERM_COUNT; term++)
		if (strlen(invoice_term_info[term].key) == length &&
			memcmp(invoice_term_info[term].key, key, length) == 0)
			return (InvoiceTerm) term;
	return INVOICE_TERM_COUNT;
}
