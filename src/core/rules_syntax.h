/*
 * rules_syntax.h: what the rules know about a syntax: name spaces, lines, slots; private to the
 * rule engine.
 */
#ifndef CORE_RULES_SYNTAX_H
#define CORE_RULES_SYNTAX_H

#include "core/rules_table.h"

typedef struct RuleNamespace
{
	const char *prefix, *address;
	const char *names; /* that have it without saying so, blanks around; NULL: all others */
} RuleNamespace;

typedef struct RuleSyntaxInfo
{
	uint8_t bit;					 /* RULE_UBL ... */
	const RuleNamespace *namespaces; /* up to prefix NULL; NULL = names have none */
	const char *line_parent;		 /* below the document element; NULL = it is itself */
	const char *lines;				 /* names of lines, blanks around */
	bool lines_first;				 /* lines stand before the header */
	bool lenient;					 /* a missing operand says nothing: records know no elements */
} RuleSyntaxInfo;

/* By the name of a format ("ubl-invoice", "cii", ...); NULL: it has no rules on its XML. */
extern const RuleSyntaxInfo *rules_syntax(const char *format);
extern const RuleSyntaxInfo rules_syntax_model;

/* The text of a slot of rules_slots.def, NULL if it has none in this syntax. */
extern const char *rules_slot(const RuleSyntaxInfo *syntax, const char *name, size_t length);

#endif
