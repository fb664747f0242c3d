/*
 * rules_parse.h: between the compiler of rule sets and the parser of tests; private to the two.
 */
#ifndef CORE_RULES_PARSE_H
#define CORE_RULES_PARSE_H

#include "core/rules_program.h"

/* An operand "//A/B": which paths it means is known when all are. */
typedef struct RuleAnywhere
{
	uint32_t op;
	const char *text;
	const RuleSet *set;
	uint16_t context;
	bool in_line, counts, sums;
} RuleAnywhere;

#define RULE_MAX_ANYWHERE 2048

typedef struct RuleParser
{
	RuleProgram *program;
	const RuleSet *set;
	const char *at;
	const char *start; /* of the text, for complaints */
	uint16_t context;  /* path of the rule's context */
	bool in_line;
	bool dry; /* only to find the end */
	bool uses_header, uses_here, uses_rule;
	bool waits;		 /* compiled to run when the header is known */
	uint32_t kept;	 /* operand of kept() */
	bool uses_steps; /* from the node: what it compiles to depends on its path */
} RuleParser;

typedef struct RuleBuild
{
	RuleAnywhere anywhere[RULE_MAX_ANYWHERE];
	int anywhere_count;
	uint8_t self_wants; /* what tests want to know of "." */
	uint16_t literal_slots[2 * RULE_MAX_LITERALS];
	uint8_t spaces[XML_VOCABULARY_NAMES]; /* by name: which it has without prefix, from 1 */
} RuleBuild;

extern RuleBuild rules_build;

/* rules_parse.c */
extern uint32_t rules_parse_test(RuleParser *parser, const char *text, uint16_t path);
extern size_t rules_name_length(const char *text);
extern void rules_complain(RuleParser *parser, const char *what);

/* rules_parse.c, for rules_steps.c */
static inline RuleOp *
rules_parsed_op(RuleParser *parser, uint32_t number)
{
	return &parser->program->ops[number];
}

extern uint32_t rules_parse_or(RuleParser *parser, uint16_t path);
extern uint32_t rules_new_op(RuleParser *parser, RuleCode code, RuleKind kind, uint32_t first,
							 uint32_t count);
static inline void
rules_skip_blanks(RuleParser *parser)
{
	while (*parser->at == ' ' || *parser->at == '\n' || *parser->at == '\t')
		parser->at++;
}

static inline bool
rules_take(RuleParser *parser, const char *token)
{
	size_t length = 0;

	rules_skip_blanks(parser);
	while (token[length] != '\0' && parser->at[length] == token[length])
		length++;
	if (token[length] != '\0')
		return false;
	parser->at += length;
	return true;
}

extern void rules_expect(RuleParser *parser, const char *token);
/* flag: OP_READS, or OP_ASKS for whether there is one */
extern void rules_wants_text(RuleProgram *program, RuleOp *op, uint8_t flag);

/* rules_steps.c */
/* Sums over lines for the operands "//A", now that their paths are known. */
extern void rules_sum_anywhere(RuleProgram *program);
extern void rules_parse_anywhere(RuleProgram *program, RuleAnywhere *anywhere);
/* "[test]" at parser->at, for a node of this path. */
extern uint32_t rules_parse_condition(RuleParser *parser, uint16_t path);
extern uint32_t rules_parse_path(RuleParser *parser, uint16_t path);
/* "path, test)" */
extern uint32_t rules_parse_tested_nodes(RuleParser *parser, bool all, uint16_t path);
/* An operand of the document that lines have part in. */
extern void rules_sum_over_lines(RuleParser *parser, uint32_t number, bool decimals);

/* rules_paths.c */
extern uint16_t rules_add_path(RuleProgram *program, uint16_t parent, uint16_t space,
							   uint16_t name);
/* "cac:Party", "Party": its numbers */
extern void rules_name(RuleProgram *program, const char *text, size_t length, uint16_t *space,
					   uint16_t *name);
extern uint16_t rules_add_step(RuleProgram *program, uint16_t parent, const char *text,
							   size_t length);
extern char *rules_keep_text(RuleProgram *program, const char *text, size_t length);

#endif
