/*
 * invoice_rules.h: the rules as a sink between a reader and a consumer.
 *
 * Everything passes through to next, except the fact groups, which end here.  Findings come as
 * next->finding between the document's begin and end, one for each rule and context node.  Memory
 * does not depend on the number of lines.
 *
 *   rules = invoice_rules_open(port, NULL, codes, &storage);
 *   reader = invoice_reader_open(port, NULL, NULL, invoice_rules_sink(rules));
 */
#ifndef CORE_INVOICE_RULES_H
#define CORE_INVOICE_RULES_H

#include "core/invoice.h"
#include "core/rule_codes.h"

typedef struct InvoiceRules InvoiceRules;

/*
 * profile: NULL = from the document's identifiers; otherwise "en16931" ...  An unknown name: see
 * invoice_rules_knows.  codes must live as long as the rules; NULL = code lists are not checked.
 * NULL: out of memory.
 */
extern InvoiceRules *invoice_rules_open(const Port *port, const char *profile,
										const RuleCodes *codes, const InvoiceSink *next);
/*
 * To judge, not to store: a value of a wrong type that no official rule needs is a warning then. It
 * is fatal otherwise, because it cannot be stored.
 */
extern void invoice_rules_as_official(InvoiceRules *rules);
/* For another file, perhaps with other code lists. */
extern void invoice_rules_again(InvoiceRules *rules, const RuleCodes *codes);
extern const InvoiceSink *invoice_rules_sink(InvoiceRules *rules);
extern void invoice_rules_close(InvoiceRules *rules);
extern bool invoice_rules_knows(const char *profile);
/* Compiles all rules now instead of at their first use: for a process whose children inherit them.
 */
extern void invoice_rules_prepare(void);
/*
 * What is wrong with the rules themselves as far as they have been compiled, with the name of their
 * set; NULL = nothing.  Then no verdict is worth anything: a host raises an error.
 */
extern const char *invoice_rules_problem(void);

#endif
