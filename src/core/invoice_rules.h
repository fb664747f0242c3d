/*
 * invoice_rules.h: the rules as a sink between a reader and a consumer.
 *
 * Everything passes through to next, except the fact groups, which end here.  Findings come as
 * next->finding between the document's begin and end, one for each rule and context node.  Memory
 * does not depend on the number of lines: sums are accumulated.
 *
 *   rules = invoice_rules_open(port, NULL, &storage);
 *   reader = invoice_reader_open(port, NULL, NULL, invoice_rules_sink(rules));
 */
#ifndef CORE_INVOICE_RULES_H
#define CORE_INVOICE_RULES_H

#include "core/invoice.h"

typedef struct InvoiceRules InvoiceRules;

/*
 * profile: NULL = from the document's identifiers; otherwise "en16931" ...  An unknown name: see
 * invoice_rules_knows.  NULL: out of memory.
 */
extern InvoiceRules *invoice_rules_open(const Port *port, const char *profile,
										const InvoiceSink *next);
extern const InvoiceSink *invoice_rules_sink(InvoiceRules *rules);
extern void invoice_rules_close(InvoiceRules *rules);
extern bool invoice_rules_knows(const char *profile);

#endif
