/*
 * rules_sets.c: the layers of rules, lowest first.
 */
#include "core/rules_table.h"

const RuleSet *const rules_sets[] = {
	&rules_en16931,
};

const int rules_set_count = (int) (sizeof(rules_sets) / sizeof(*rules_sets));
