/*
 * rules_sets.c: the layers of rules, lowest first.
 */
#include "core/rules_table.h"

const RuleSet *const rules_sets[] = {
	&rules_en16931,			 &rules_peppol,		&rules_peppol_national,
	&rules_peppol_german,	 &rules_peppol_cii, &rules_peppol_selfbilling,
	&rules_cius_ro,			 &rules_xrechnung,	&rules_xrechnung_special,
	&rules_xrechnung_peppol, &rules_advisory,
};

const int rules_set_count = (int) (sizeof(rules_sets) / sizeof(*rules_sets));
