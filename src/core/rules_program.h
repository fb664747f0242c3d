/*
 * rules_program.h: compiled rules; private to the rule engine.
 *
 * Every path that a rule mentions has a number; elements without one pass unseen.  A rule is
 * compiled once for each path on which its context can stand, so that its operands are path numbers
 * too: nothing is compared by name while an invoice streams by.  Built once per process and syntax,
 * in static memory, of which only what is used is ever touched.
 */
#ifndef CORE_RULES_PROGRAM_H
#define CORE_RULES_PROGRAM_H

#include "core/decimal.h"
#include "core/rule_codes.h"
#include "core/rules_syntax.h"
#include "core/xmlread.h"

#define RULE_MAX_PATHS 8192
#define RULE_MAX_CHILDREN 32768
#define RULE_MAX_CONTEXTS 16384
#define RULE_MAX_TESTS 32768
#define RULE_MAX_OPS 131072
#define RULE_MAX_TARGETS 65536
#define RULE_MAX_LITERALS 4096
#define RULE_MAX_PATTERNS 96
#define RULE_MAX_SETS 12
#define RULE_MAX_SUMS 256
#define RULE_MAX_ENDINGS 8
#define RULE_TEXT_BYTES (256 * 1024)

#define RULE_ROOT 1 /* path of the document element */
#define RULE_ATTRIBUTE_SPACE 0xFFFF

typedef enum RuleKind
{
	KIND_NODES,
	KIND_BOOL,
	KIND_NUMBER,
	KIND_TEXT
} RuleKind;

typedef enum RuleCode
{
	CODE_NONE,
	CODE_PATH,
	CODE_TRUE,
	CODE_FALSE,
	CODE_AND,
	CODE_OR,
	CODE_NOT,
	CODE_IF,
	CODE_EXISTS,
	CODE_ABSENT,
	CODE_FILLED,
	CODE_AT_MOST,
	CODE_EXACTLY,
	CODE_NOT_BOTH,
	CODE_CODE,
	CODE_CODE_PART,
	CODE_DECIMALS,
	CODE_IN_ORDER,
	CODE_MATCHES,
	CODE_CHECK,
	CODE_WITHIN,
	CODE_WITHIN_DOUBLE,
	CODE_NEAR,
	CODE_STARTS,
	CODE_ENDS,
	CODE_CONTAINS,
	CODE_LEAF,
	CODE_ANY,
	CODE_ALL,
	CODE_COMPARE_NUMBER,
	CODE_COMPARE_TEXT,
	CODE_COMPARE_BOOL,
	CODE_WORD, /* a trimmed text is a word, perhaps whatever its case */
	CODE_ROOT_IS,
	CODE_INSIDE,
	CODE_SELF_IS,
	CODE_NOTE_CATEGORY,
	CODE_NOTE_SUM,
	CODE_NUMBER,
	CODE_DEC,
	CODE_NUM,
	CODE_SUM,
	CODE_COUNT,
	CODE_DISTINCT,
	CODE_LENGTH,
	CODE_ABS,
	CODE_ROUND,
	CODE_ROUND2,
	CODE_ADD,
	CODE_SUBTRACT,
	CODE_MULTIPLY,
	CODE_DIVIDE,
	CODE_NEGATE,
	CODE_CATEGORY,
	CODE_OTHER_CATEGORY,
	CODE_CATEGORY_SUM,
	CODE_CATEGORY_ROWS,
	CODE_LITERAL,
	CODE_TEXT,
	CODE_TRIM,
	CODE_UPPER,
	CODE_LOWER,
	CODE_SUB,
	CODE_BEFORE,
	CODE_AFTER,
	CODE_CONCAT,
	CODE_KEPT
} RuleCode;

/* Where VAT categories stand, for sums by category and rate. */
typedef enum RuleSite
{
	SITE_LINE,
	SITE_ALLOWANCE, /* of the document */
	SITE_CHARGE,
	SITE_BREAKDOWN,
	SITE_OTHER_ALLOWANCE, /* anywhere else */
	SITE_OTHER_CHARGE,
	SITE_ADJUSTMENT, /* that is neither */
	SITE_OTHER,
	SITE_COUNT
} RuleSite;

typedef enum RuleCompare
{
	COMPARE_EQUAL,
	COMPARE_DIFFERENT,
	COMPARE_LESS,
	COMPARE_LESS_EQUAL,
	COMPARE_MORE,
	COMPARE_MORE_EQUAL
} RuleCompare;

/* Where a path starts. */
#define BASE_RULE 254 /* the rule's context node */
#define BASE_ROOT 255 /* otherwise: that many levels up */

/* flags of RuleOp */
#define OP_SELF 1  /* a path without steps: its base itself */
#define OP_READS 2 /* the texts of the nodes are read */
#define OP_ASKS 16 /* whether they have a text is asked */
#define OP_FOLD 32 /* upper and lower case are the same */
#define OP_VAT 4   /* categories whose scheme is VAT */
#define OP_RAW 8   /* categories written without blanks around */

typedef struct RuleOp
{
	uint8_t code, kind;
	uint8_t detail; /* comparison, base of a path, code list ... */
	uint8_t flags;
	uint32_t first; /* operand, target or literal */
	uint32_t count; /* of targets; or second operand */
	uint32_t next;	/* the next operand of the same parent */
} RuleOp;

/* One path number that an operand can stand on. */
typedef struct RuleTarget
{
	uint16_t path;
	uint16_t sum; /* number of the sum over lines that stands for it, 0 = none */
	uint32_t conditions;
} RuleTarget;

typedef struct RuleCondition
{
	uint32_t op; /* 0: the first of its name */
	uint16_t up; /* levels from the target */
	uint16_t next;
} RuleCondition;

typedef struct RuleTest
{
	const Rule *rule;
	uint32_t op;
	uint32_t next;
	bool deferred; /* on lines, of what comes behind them only */
	uint32_t kept; /* the text of the line that it takes along, 0 = none */
} RuleTest;

typedef struct RuleContext
{
	uint16_t pattern;
	uint16_t order; /* of the context within the pattern */
	uint32_t conditions;
	uint32_t tests;
	uint32_t next;
} RuleContext;

#define PATH_TEXT 1		  /* some rule reads the text */
#define PATH_LINE 2		  /* an invoice line */
#define PATH_IN_LINE 4	  /* that or below it */
#define PATH_ATTRIBUTES 8 /* has attributes that rules look at */
#define PATH_FILLED 32	  /* some rule wants to know whether it has a text */
#define PATH_FLOATING 16  /* anywhere: what stands above is not known */

typedef struct RulePath
{
	uint16_t parent, space, name;
	uint8_t flags, depth;
	uint32_t contexts; /* sorted by pattern and order */
	uint16_t sums;	   /* over nodes of this path, 0 = none */
} RulePath;

/* What is kept of dropped lines for an operand of the document. */
typedef struct RuleSumOver
{
	uint32_t target;
	bool decimals; /* add the values; else count the nodes */
	uint16_t next; /* over the same path */
} RuleSumOver;

typedef struct RuleProgram
{
	bool built, failed;
	char problem[160]; /* the first mistake, with the set it is in */
	const RuleSyntaxInfo *syntax;
	XmlVocabulary *vocabulary;
	int path_count, context_count, test_count, op_count, target_count, condition_count;
	int literal_count, pattern_count, set_count, sum_count, check_count;
	size_t text_length;

	RulePath paths[RULE_MAX_PATHS];
	uint16_t children[RULE_MAX_CHILDREN];
	uint16_t spaces[8]; /* numbers of the syntax's namespaces */
	uint16_t line_parent;
	bool choice_by_lines; /* a test that switches rules on looks at lines */
	uint16_t any;		  /* path of elements that no rule mentions, 0 = they are of no interest */
	int ending_count;
	struct
	{
		const char *text;
		uint16_t path;
	} endings[RULE_MAX_ENDINGS];
	RuleContext contexts[RULE_MAX_CONTEXTS];
	RuleTest tests[RULE_MAX_TESTS];
	RuleOp ops[RULE_MAX_OPS];
	RuleTarget targets[RULE_MAX_TARGETS];
	RuleCondition conditions[RULE_MAX_TARGETS];
	Slice literals[RULE_MAX_LITERALS];
	Decimal numbers[RULE_MAX_LITERALS];
	RuleSumOver sums[RULE_MAX_SUMS];
	struct
	{
		uint32_t sets; /* bits of those that contain it */
		const Rule *rules;
		bool notes; /* runs before the others: what it notes, they ask for */
		uint32_t when;
	} patterns[RULE_MAX_PATTERNS];
	struct
	{
		const RuleSet *set;
		uint32_t detect;
	} sets[RULE_MAX_SETS];
	const RuleCheck *checks[64];
	char texts[RULE_TEXT_BYTES];
} RuleProgram;

/* vocabulary gets the rules' names.  Always a program; failed tells that a rule is wrong. */
extern const RuleProgram *rules_program(const RuleSyntaxInfo *syntax, XmlVocabulary *vocabulary);
/* The same of any sets, into a program that is all zero. */
extern void rules_compile(RuleProgram *program, const RuleSyntaxInfo *syntax,
						  XmlVocabulary *vocabulary, const RuleSet *const *sets, int count);
/* What is wrong with a program that was compiled, NULL = nothing with any so far. */
extern const char *rules_program_problem(void);
extern uint16_t rules_child_path(const RuleProgram *program, uint16_t parent, uint16_t space,
								 uint16_t name);

#endif
