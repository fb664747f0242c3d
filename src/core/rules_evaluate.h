/*
 * rules_evaluate.h: between the parts of the evaluation of tests; private to them.
 */
#ifndef CORE_RULES_EVALUATE_H
#define CORE_RULES_EVALUATE_H

#include "core/rules_run.h"

static const Slice rules_missing_text = {NULL, 0};

static inline const RuleOp *
rules_op(const RuleRun *run, uint32_t number)
{
	return &run->program->ops[number];
}

static inline bool
rules_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline Slice
rules_without_blanks(Slice text)
{
	while (text.length > 0 && rules_is_blank(text.bytes[0]))
		text.bytes++, text.length--;
	while (text.length > 0 && rules_is_blank(text.bytes[text.length - 1]))
		text.length--;
	return text;
}

/* rules_evaluate.c */
extern bool rules_eval_bool(RuleRun *run, uint32_t number, uint32_t node);
extern Slice rules_eval_text(RuleRun *run, uint32_t number, uint32_t node);

/* rules_number.c */
extern Number rules_eval_number(RuleRun *run, uint32_t number, uint32_t node);
/* The value of any operand as a number; exact: without exponent. */
extern Number rules_read_number(RuleRun *run, uint32_t number, uint32_t node, bool exact);
extern Number rules_number_of(Slice text, bool exact);

/* rules_select.c */
extern NodeCursor rules_open_cursor(const RuleRun *run, const RuleOp *op, uint32_t node);
extern uint32_t rules_next_of_any(RuleRun *run, NodeCursor *cursor);

/* The nodes of a path, one after the other; 0 = no more. */
static inline uint32_t
rules_next_node(RuleRun *run, NodeCursor *cursor)
{
	uint32_t at = cursor->at;

	if (!cursor->plain)
		return rules_next_of_any(run, cursor);
	if (at <= cursor->base)
		return 0;
	cursor->at = (cursor->op->flags & OP_SELF) ? 0 : run->nodes[at].previous;
	return at;
}

static inline Slice
rules_node_text(const RuleRun *run, uint32_t node)
{
	if (node == 0)
		return rules_missing_text;
	if (run->nodes[node].length == 0 || buffer_failed(&run->text))
		return (Slice){"", 0};
	return (Slice){run->text.bytes + run->nodes[node].text, run->nodes[node].length};
}

/* The one node of a path, 0 if there is none; several are wrong. */
extern uint32_t rules_single_node(RuleRun *run, const RuleOp *op, uint32_t node);
extern int64_t rules_count_nodes(RuleRun *run, const RuleOp *op, uint32_t node);
extern bool rules_any_node(RuleRun *run, const RuleOp *op, uint32_t node);

#endif
