/*
 * rules_facts.h: rules as data.
 *
 * A rule is one entry of a .def file: id, severity, the group it looks at, one of a few kinds of
 * check with its operands, and a sentence.  It is evaluated once for each instance of its group;
 * rules of DOCUMENT and TOTALS at the end of the document, when all sums are known.
 */
#ifndef CORE_RULES_FACTS_H
#define CORE_RULES_FACTS_H

#include "core/invoice.h"

typedef enum RuleCheck
{
	CHECK_ANY,		 /* at least one of the terms is there (its text may be empty) */
	CHECK_NOT_BLANK, /* the term has a text */
	CHECK_NOT_BOTH,	 /* at most one of the two terms is there */
	CHECK_PREFIX,	 /* the first two characters are a country prefix of VAT numbers */
	CHECK_SEEN,		 /* what the mark stands for was there */
	CHECK_TOTAL,	 /* the term is the rounded sum */
	CHECK_TOTAL_IF,	 /* the same, or neither the term nor a summand is there */
	CHECK_BALANCE,	 /* left side = right side; a side with an optional term is rounded */
	CHECK_TAX_TOTAL, /* one tax total in the document's currency, and gross = net + tax */
	CHECK_TAX_SUM,	 /* tax total = rounded sum of its breakdown, or no breakdown */
	CHECK_TAX_AMOUNT /* tax = base * rate, within one unit of the currency */
} RuleCheck;

/* What an invoice had, as bits; set by the engine while groups pass. */
typedef enum RuleMark
{
	MARK_NONE,
	MARK_LINE_CATEGORY, /* this line has a VAT category with scheme VAT */
	MARK_TAX_CATEGORY,	/* so has this breakdown */
	MARK_TAX,			/* any VAT breakdown */
	MARK_LINE,			/* any line */
	MARK_SELLER,
	MARK_SELLER_IDENTIFIED, /* by VAT number, identifier or legal registration */
	MARK_COUNT
} RuleMark;

typedef enum RuleSum
{
	SUM_LINES,
	SUM_ALLOWANCES,
	SUM_CHARGES,
	SUM_COUNT
} RuleSum;

#define OPERAND_LEFT 1
#define OPERAND_OPTIONAL 2

typedef struct RuleOperand
{
	int16_t term; /* or mark, or sum */
	int8_t sign;  /* 0 ends the list */
	uint8_t flags;
} RuleOperand;

typedef struct Rule
{
	const char *id;
	FindingSeverity severity;
	InvoiceGroupKind group;
	RuleCheck check;
	RuleOperand operands[6];
	RuleMark only_if; /* a mark that must be there for the rule to apply, MARK_NONE = always */
	int16_t
		when_term; /* the rule is for groups in which this term has when_text, if there is one */
	const char *when_text;
	bool arithmetic; /* also for records without structure; the others need to know which elements
						were there */
	const char *text;
} Rule;

extern const Rule rules_en16931[];
extern const int rules_en16931_count;

/* Prefixes of VAT numbers, each between blanks. */
extern const char rules_vat_prefixes[];

#endif
