/*
 * rules_explain.c: what was found and what was expected, when a test did not hold.
 *
 * Runs the part of the test that failed once more and looks at its operands.
 */
#include "core/rules_run.h"

#include <stdio.h>
#include <string.h>

static const RuleOp *
op_at(const RuleRun *run, uint32_t number)
{
	return &run->program->ops[number];
}

/* A value as text; bytes NULL if there is none or it is no single value. */
static Slice
value_of(RuleRun *run, uint32_t number, uint32_t node)
{
	Slice text;
	bool wrong = run->wrong;

	run->wrong = false;
	text = rules_value_text(run, number, node);
	if (run->wrong)
		text = (Slice){NULL, 0};
	run->wrong = wrong;
	return text;
}

static void
write_values(RuleRun *run, Slice found, Slice expected, const char *between)
{
	int most = 60;

	if (found.bytes == NULL)
		found = (Slice){"nothing", 7};
	snprintf(run->detail, sizeof(run->detail), "found %.*s%s%.*s",
			 found.length > (size_t) most ? most : (int) found.length, found.bytes, between,
			 expected.length > (size_t) most ? most : (int) expected.length,
			 expected.bytes == NULL ? "" : expected.bytes);
}

/* How often a VAT category occurs tells a clerk nothing. */
static bool
is_plain(const RuleOp *op)
{
	return op->kind != KIND_BOOL && op->code != CODE_CATEGORY && op->code != CODE_OTHER_CATEGORY &&
		   op->code != CODE_CATEGORY_ROWS;
}

static void
explain_comparison(RuleRun *run, const RuleOp *op, uint32_t node)
{
	static const char *const words[] = {
		[COMPARE_EQUAL] = ", expected ",		  [COMPARE_DIFFERENT] = ", expected anything but ",
		[COMPARE_LESS] = ", expected less than ", [COMPARE_LESS_EQUAL] = ", expected at most ",
		[COMPARE_MORE] = ", expected more than ", [COMPARE_MORE_EQUAL] = ", expected at least ",
	};
	uint32_t second = op_at(run, op->first)->next;
	Slice found, expected;

	if (!is_plain(op_at(run, op->first)) || !is_plain(op_at(run, second)))
		return;
	found = value_of(run, op->first, node);
	expected = value_of(run, second, node);
	if (expected.bytes != NULL)
		write_values(run, found, expected, words[op->detail]);
	else if (op->code == CODE_COMPARE_NUMBER)
		snprintf(run->detail, sizeof(run->detail), "an amount is missing");
}

static void
explain_close(RuleRun *run, const RuleOp *op, uint32_t node)
{
	uint32_t second = op_at(run, op->first)->next;
	Slice found = value_of(run, second, node);
	Slice expected = value_of(run, op_at(run, second)->next, node);

	if (expected.bytes != NULL)
		write_values(run, found, expected, ", expected ");
}

static void
explain_count(RuleRun *run, const RuleOp *op, uint32_t node)
{
	uint32_t second = op_at(run, op->first)->next;
	Slice limit = value_of(run, op->first, node);

	snprintf(run->detail, sizeof(run->detail), "found %lld, expected %s%.*s",
			 (long long) rules_count(run, second, node), op->code == CODE_EXACTLY ? "" : "at most ",
			 (int) limit.length, limit.bytes);
}

void
rules_explain(RuleRun *run, uint32_t number, uint32_t node)
{
	const RuleOp *op = op_at(run, number);
	uint32_t second = op->first == 0 ? 0 : op_at(run, op->first)->next;
	Slice found;

	switch (op->code)
	{
		case CODE_AND:
			return rules_explain(run, rules_holds(run, op->first, node) ? second : op->first, node);
		case CODE_OR:
			rules_explain(run, op->first, node);
			if (*run->detail == '\0')
				rules_explain(run, second, node);
			return;
		case CODE_IF:
			return rules_explain(
				run, rules_holds(run, op->first, node) ? second : op_at(run, second)->next, node);
		case CODE_COMPARE_NUMBER:
		case CODE_COMPARE_TEXT:
			return explain_comparison(run, op, node);
		case CODE_WITHIN:
		case CODE_WITHIN_DOUBLE:
		case CODE_NEAR:
			return explain_close(run, op, node);
		case CODE_AT_MOST:
		case CODE_EXACTLY:
			return explain_count(run, op, node);
		case CODE_DECIMALS:
			found = value_of(run, second, node);
			break;
		case CODE_CODE:
		case CODE_MATCHES:
		case CODE_CHECK:
		case CODE_STARTS:
		case CODE_ENDS:
		case CODE_CONTAINS:
			found = value_of(run, op->first, node);
			break;
		default:
			return;
	}
	if (found.bytes != NULL)
		snprintf(run->detail, sizeof(run->detail), "found \"%.*s\"", slice_shown(found, 80),
				 found.bytes);
}
