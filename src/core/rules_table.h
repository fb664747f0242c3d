/* clang-format off */
/*
 * rules_table.h: how a rule is written.
 *
 * A rule is ONE entry of an array in rules_<set>.c:
 *
 *   FATAL("BR-09", "$seller-address", "filled($country)", "the address needs a country code"),
 *
 * id; context: for which elements; test: what must hold, as kind(operands); text: a sentence for a
 * clerk, to which the engine adds what was found and expected.  WARNING and ADVICE are the other
 * severities.  UBL_FATAL, CII_FATAL ... hold for one syntax; MODEL_FATAL also for records without
 * XML (arithmetic on the canonical invoice).
 *
 * Array = pattern.  Within a pattern a node belongs to the FIRST context, in order of the entries,
 * that takes it, as in Schematron; entries with the same context text belong together (keep them
 * together).  SHADOW("context") takes nodes without testing them.  One finding for each context
 * node whose test is false.
 *
 * Context
 *   "/"                     the document element
 *   "/TaxTotal"             a child of the document element
 *   "TaxTotal/TaxSubtotal"  anywhere: the last names of the path
 *   "A | B"                 either
 *   "TaxCategory[test]"     with a condition; "A[test]/B" too
 *   "//%Amount"  "//%"      every element whose name ends so; every element (then use leaf(.))
 *   "A/@schemeID"           an attribute
 * Path
 *   A/B/@schemeID  ..  .    from the context node (in a condition: from the node it is about)
 *   /A/B   //A              from the document element; anywhere in the document
 *   ~/A                     from the rule's context node, inside of a condition
 *   (A|B)/C   A[test]/B     "cac:X", "cbc:X", "ram:X" ... where a name alone is ambiguous; without
 *                           prefix, rules_syntax.c knows which UBL names are aggregates
 * Slot
 *   $BT-1  $seller-vat      a piece of path, test or value, one text per syntax (rules_slots.def
 *                           and the slots of the set); put in where it stands, in brackets
 *
 * Kinds of test (true or false)
 *   exists(P, ...)          at least one such node;     absent(P, ...)  none of them
 *   filled(P, ...)          one of the texts is not blank
 *   at_most(n, P)           number of nodes;            exactly(n, P)
 *   not_both(P, Q)          one of them or none
 *   code(list, T)           the trimmed text is in the list of that name (rule_code_lists.def):
 *                           case matters, a missing node or one with an inner blank fails
 *   decimals(n, P)          at most n characters behind the first point; missing holds
 *   in_order(P, Q)          date P is not after date Q, or one of them is missing
 *   matches(T, 'regex')     the whole text; [a-z] [^x] \d \s . ? * + {m,n} (a|b)
 *   check(name, T)          an identifier check of the set, e.g. check(gln, .)
 *   within(n, x, y)         |x - y| < n;                near(n, x, y)   |x - y| <= n
 *   within_double(n, x, y)  the same, x - n and x + n by binary fractions as the official sheet does
 *   starts(T, 'x')  ends(T, 'x')  contains(T, 'x')
 *   leaf(.)                 no child element
 *   any(P, test)  all(P, test)   for one, for each node of P; "." is the node
 *   inside(Name)  self_is(Name)  an element of that name stands above; is the node itself
 *   root_is('CreditNote')   the name of the document element
 *   x = y  != < <= > >=     true if it holds for any pair of nodes, so false if one side is missing;
 *                           as numbers if a side is a number, else as texts
 *   not(t)   t and t   t or t   if(t, x, y)   true   false
 * Numbers
 *   1  0.02  dec(P)         exact decimal;  num(P)  NaN if missing or no number
 *   sum(P)  count(P)  distinct(P) (up to 2)  length(T)  abs(x)  round(x) (halves up)
 *   round2(x) (to cents)  + - * div
 * Texts
 *   'x'  P  text(P)  trim(T) (normalize-space)  upper(T)  lower(T)  sub(T, start[, length])
 *   before(T, 'x')  after(T, 'x')  concat(T, ...)
 *                           missing is ''; more than one node: see below
 *   kept(T)                 the text T of a line, up to 11 characters, in a test on the header: where
 *                           that stands behind the lines, it is taken along until the end
 *
 * Where the official sheet aborts (no number, several nodes where one is wanted) the rule is silent
 * and the document gets one typed finding: VALUE-NUMBER, VALUE-DATE or VALUE-SEVERAL.
 *
 * Lines.  Rules inside of an invoice line run at the line's end, then its nodes are dropped; they
 * may use header elements that stand before it (in UBL: all).  Other rules see lines only through
 * exists absent count sum any all of a path from the document element or "//", which is accumulated
 * line by line; its conditions must not use "~".
 */
/* clang-format on */
#ifndef CORE_RULES_TABLE_H
#define CORE_RULES_TABLE_H

#include "core/invoice.h"

#define RULE_UBL 1
#define RULE_CII 2
#define RULE_MODEL 4 /* the canonical invoice, of formats without XML rules */

typedef struct Rule
{
	const char *id; /* NULL: a shadow */
	FindingSeverity severity;
	uint8_t syntaxes;
	const char *context, *test, *text;
} Rule;

/* The server has macros of these names: rules are written in core only. */
#ifndef POSTGRES_H
#define RULE_ENTRY(id, severity, syntaxes, ...) \
	{                                           \
		id, severity, syntaxes, __VA_ARGS__     \
	}
#define FATAL(id, ...) RULE_ENTRY(id, FINDING_FATAL, RULE_UBL | RULE_CII, __VA_ARGS__)
#define WARNING(id, ...) RULE_ENTRY(id, FINDING_WARNING, RULE_UBL | RULE_CII, __VA_ARGS__)
#define ADVICE(id, ...) RULE_ENTRY(id, FINDING_INFORMATION, RULE_UBL | RULE_CII, __VA_ARGS__)
#define MODEL_FATAL(id, ...) \
	RULE_ENTRY(id, FINDING_FATAL, RULE_UBL | RULE_CII | RULE_MODEL, __VA_ARGS__)
#define UBL_FATAL(id, ...) RULE_ENTRY(id, FINDING_FATAL, RULE_UBL, __VA_ARGS__)
#define UBL_WARNING(id, ...) RULE_ENTRY(id, FINDING_WARNING, RULE_UBL, __VA_ARGS__)
#define UBL_ADVICE(id, ...) RULE_ENTRY(id, FINDING_INFORMATION, RULE_UBL, __VA_ARGS__)
#define CII_FATAL(id, ...) RULE_ENTRY(id, FINDING_FATAL, RULE_CII, __VA_ARGS__)
#define CII_WARNING(id, ...) RULE_ENTRY(id, FINDING_WARNING, RULE_CII, __VA_ARGS__)
#define CII_ADVICE(id, ...) RULE_ENTRY(id, FINDING_INFORMATION, RULE_CII, __VA_ARGS__)
#define SHADOW(context)                                                     \
	{                                                                       \
		NULL, FINDING_INFORMATION, RULE_UBL | RULE_CII, context, "true", "" \
	}

#define RULES_END                                      \
	{                                                  \
		NULL, FINDING_INFORMATION, 0, NULL, NULL, NULL \
	}
#endif

typedef struct RulePattern
{
	const char *when; /* test on the document element that switches the pattern on; NULL = always */
	const Rule *rules;
	int count; /* 0: up to RULES_END, for an array of another file */
} RulePattern;

#define PATTERN(when, rules)                                  \
	{                                                         \
		when, rules, (int) (sizeof(rules) / sizeof(*(rules))) \
	}

/* One text per syntax; NULL: the same rules do without it. */
typedef struct RuleSlot
{
	const char *name, *ubl, *cii, *model;
} RuleSlot;

typedef struct RuleCheck
{
	const char *name;
	bool (*holds)(Slice value);
} RuleCheck;

/*
 * A layer of rules.  "en16931" always applies; another one when the profile asked for names it, or,
 * without one, when its detect test holds for the document.  Layers add up.
 */
typedef struct RuleSet
{
	const char *name, *version, *valid_from,
		*valid_to; /* dates YYYY-MM-DD; valid_to NULL = still valid */
	const char *detect;
	const RulePattern *patterns;
	int pattern_count;
	const RuleSlot *slots; /* beside those of rules_slots.def */
	int slot_count;
	const RuleCheck *checks;
	int check_count;
} RuleSet;

/* rules_sets.c lists them; a new set adds its name in both places. */
extern const RuleSet rules_en16931;
extern const RuleSet rules_peppol, rules_peppol_national, rules_peppol_german;
extern const RuleSet rules_peppol_selfbilling, rules_peppol_cii;
extern const RuleSet rules_cius_ro;
extern const RuleSet rules_advisory; /* on when the profile ends in "+advisory" */
extern const RuleSet rules_xrechnung, rules_xrechnung_special, rules_xrechnung_peppol;

extern const RuleSet *const rules_sets[];
extern const int rules_set_count;

/*
 * Of several editions of a set (same name) the one in force on a day counts: the latest that holds
 * by then, before the first of them that one; none after the last day of all.  day: YYYY-MM-DD,
 * NULL = the latest edition.
 */
extern bool rules_set_in_force(const RuleSet *const *sets, int count, int number, const char *day);

#endif
