/*
 * rules_en16931.h: the parts of the EN 16931 layer; private to them.
 */
#ifndef CORE_RULES_EN16931_H
#define CORE_RULES_EN16931_H

#include "core/rules_table.h"

/* Each up to an entry without context. */
extern const Rule rules_en16931_vat[];		 /* categories, UBL */
extern const Rule rules_en16931_ubl[];		 /* elements, UBL */
extern const Rule rules_en16931_ubl_codes[]; /* code lists, UBL */

extern const Rule rules_en16931_cii[];			/* business rules, CII */
extern const Rule rules_en16931_cii_elements[]; /* elements and types, CII */
extern const Rule rules_en16931_cii_codes[];	/* code lists, CII */

#endif
