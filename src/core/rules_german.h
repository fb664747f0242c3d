/*
 * rules_german.h: places that the German rules name, in UBL and in CII; private to the sets that
 * contain them (XRechnung, and Peppol's rules for Germany).
 */
#ifndef CORE_RULES_GERMAN_H
#define CORE_RULES_GERMAN_H

#include "core/rules_peppol.h"

#define GERMAN_SLOT_COUNT 33
extern const RuleSlot rules_german_slots[GERMAN_SLOT_COUNT];

#endif
