/*
 * rules_advisory.h: the advisory layer: what a syntax offers and EN 16931 does not use.
 *
 * More than 1,100 official rules (UBL-CR, UBL-DT, CII-SR, CII-DT) only say that an element or an
 * attribute should not be there.  They are lines of advisory_ubl.def and advisory_cii.def:
 *
 *   CONTEXT("/ExchangedDocument")          the following entries start here
 *   UNUSED("CII-SR-011", "Name")           a path below it, or "//A/B" anywhere in the document
 *   LINE_UNUSED("UBL-CR-515", "UUID")      the same below an invoice line
 *   ALLOWED("UBL-DT-18", "//A/@name")      no finding of that rule here
 *
 * A context is "/" (the document element), a path, or "//Name" and "//%Ending" (anywhere, the
 * latter by the end of a name).  Names have the name space that rules_syntax.c knows, or a prefix.
 * One warning for each rule and context node.  All paths are one tree, built when the layer is
 * first asked for; the state is a row of open elements, whatever the size of the document.
 *
 * Advisory rules with a condition are entries of rules_advisory.c in the common notation.
 */
#ifndef CORE_RULES_ADVISORY_H
#define CORE_RULES_ADVISORY_H

#include "core/rules_syntax.h"
#include "core/xmlread.h"

typedef struct AdvisoryRule
{
	const char *id; /* NULL: a context */
	const char *path;
	bool line, allowed;
} AdvisoryRule;

/* The table of a syntax (RULE_UBL ...); NULL if it has none. */
extern const AdvisoryRule *rules_advisory_table(uint8_t syntax, int *count);
/* The sentence of an entry, at most size bytes. */
extern void rules_advisory_text(const AdvisoryRule *rule, char *out, size_t size);

/* Does a profile ask for the layer? */
extern bool rules_advisory_wanted(const char *profile);

typedef struct RuleAdvisory RuleAdvisory;
typedef void (*RuleAdvise)(void *host, const Finding *finding);

extern RuleAdvisory *rules_advisory_open(const Port *port, RuleAdvise tell, void *host);
extern void rules_advisory_close(RuleAdvisory *advisory);
extern void rules_advisory_begin(RuleAdvisory *advisory, const RuleSyntaxInfo *syntax,
								 XmlVocabulary *vocabulary, const InvoicePlace *place,
								 const XmlElement *element);
extern void rules_advisory_start(RuleAdvisory *advisory, const XmlElement *element, int64_t line);
extern void rules_advisory_end(RuleAdvisory *advisory);
/* False if a path of the tables is written wrong, for tests. */
extern bool rules_advisory_sound(const RuleSyntaxInfo *syntax, XmlVocabulary *vocabulary);

#endif
