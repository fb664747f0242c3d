/*
 * code_lists.h: the code lists of the day, from mailroom.code_list.
 */
#ifndef INVOICE_CODE_LISTS_H
#define INVOICE_CODE_LISTS_H

#include "postgres.h"

#include "core/rule_codes.h"

/*
 * Read at the first call of a session and again after the table changed or the day did.  The answer
 * stays valid until the end of the transaction, whatever is called meanwhile.  Raises 55000 when a
 * list has no version.
 */
extern const RuleCodes *code_lists_current(void);

/* Behind a reading with rules: raises an internal error if the rules that ran are no good. */
extern void code_lists_require_rules(void);

#endif
