/*
 * rules_sets.c: the layers of rules, lowest first.
 */
#include "core/rules_table.h"

#include <string.h>

const RuleSet *const rules_sets[] = {
	&rules_en16931,			 &rules_peppol,		&rules_peppol_national,
	&rules_peppol_german,	 &rules_peppol_cii, &rules_peppol_selfbilling,
	&rules_cius_ro,			 &rules_xrechnung,	&rules_xrechnung_special,
	&rules_xrechnung_peppol, &rules_advisory,
};

const int rules_set_count = (int) (sizeof(rules_sets) / sizeof(*rules_sets));

static bool
is_over(const RuleSet *set, const char *day)
{
	return day != NULL && set->valid_to != NULL && strcmp(set->valid_to, day) < 0;
}

static bool
is_better(const char *from, const char *best, const char *day)
{
	bool begun = day == NULL || strcmp(from, day) <= 0;

	if (best == NULL)
		return true;
	if (begun != (day == NULL || strcmp(best, day) <= 0))
		return begun;
	return begun ? strcmp(from, best) > 0 : strcmp(from, best) < 0;
}

bool
rules_set_in_force(const RuleSet *const *sets, int count, int number, const char *day)
{
	const char *best = NULL;

	for (int i = 0; i < count; i++)
		if (strcmp(sets[i]->name, sets[number]->name) == 0 && !is_over(sets[i], day) &&
			is_better(sets[i]->valid_from, best, day))
			best = sets[i]->valid_from;
	return best != NULL && strcmp(sets[number]->valid_from, best) == 0 &&
		   !is_over(sets[number], day);
}
