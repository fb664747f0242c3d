/*
 * rules_number.c: numbers of tests, with XPath's arithmetic on decimals.
 */
#include "core/rules_evaluate.h"

#include <string.h>

/* xs:double where it is written with an exponent or a word */
static Number
wide_number(Slice text)
{
	Number number = {NUMBER_WRONG, {0, 0}};
	size_t mantissa = 0;
	int exponent = 0;
	bool negative = false;

	text = rules_without_blanks(text);
	if ((text.length == 3 && memcmp(text.bytes, "NaN", 3) == 0) ||
		(text.length == 3 && memcmp(text.bytes, "INF", 3) == 0) ||
		(text.length == 4 && memcmp(text.bytes, "-INF", 4) == 0))
	{
		number.state = NUMBER_NAN;
		return number;
	}
	while (mantissa < text.length && text.bytes[mantissa] != 'e' && text.bytes[mantissa] != 'E')
		mantissa++;
	if (mantissa == text.length || mantissa + 1 == text.length ||
		decimal_parse(text.bytes, mantissa, &number.value) != DECIMAL_OK)
		return number;
	for (size_t i = mantissa + 1; i < text.length; i++)
	{
		char c = text.bytes[i];

		if (i == mantissa + 1 && (c == '-' || c == '+'))
			negative = c == '-';
		else if (c >= '0' && c <= '9' && exponent < 100)
			exponent = exponent * 10 + c - '0';
		else
			return number;
	}
	for (; !negative && exponent > 0; exponent--)
		if (!decimal_multiply(number.value, decimal_from_int(10), &number.value))
			return number;
	if (decimal_shift(number.value, exponent, &number.value))
		number.state = NUMBER_GOOD;
	return number;
}

Number
rules_number_of(Slice text, bool exact)
{
	Number number = {NUMBER_ABSENT, {0, 0}};

	if (text.bytes == NULL)
		return number;
	number.state = NUMBER_GOOD;
	if (decimal_parse(text.bytes, text.length, &number.value) == DECIMAL_OK)
		return number;
	number.state = NUMBER_WRONG;
	return exact ? number : wide_number(text);
}

Number
rules_node_number(RuleRun *run, uint32_t node, bool exact)
{
	Number number = rules_number_of(rules_node_text(run, node), exact);

	if (number.state == NUMBER_WRONG)
		rules_note_wrong(run, "VALUE-NUMBER", node);
	return number;
}

static Number
good_number(Decimal value)
{
	return (Number){NUMBER_GOOD, value};
}

Number
rules_read_number(RuleRun *run, uint32_t number, uint32_t node, bool exact)
{
	const RuleOp *op = rules_op(run, number);
	Number result;

	if (op->kind == KIND_NODES)
		return rules_node_number(run, rules_single_node(run, op, node), exact);
	if (op->kind == KIND_NUMBER)
		return rules_eval_number(run, number, node);
	result = rules_number_of(rules_eval_text(run, number, node), exact);
	if (result.state == NUMBER_WRONG)
		rules_note_wrong(run, "VALUE-NUMBER", node);
	return result;
}

/* number(): what is none is not wrong */
static Number
try_number(RuleRun *run, uint32_t number, uint32_t node)
{
	const RuleOp *op = rules_op(run, number);
	Slice text = op->kind == KIND_NODES ? rules_node_text(run, rules_single_node(run, op, node))
										: rules_eval_text(run, number, node);
	Number result = rules_number_of(text, false);

	if (result.state != NUMBER_GOOD)
		result.state = NUMBER_NAN;
	return result;
}

static Number
sum_nodes(RuleRun *run, const RuleOp *op, uint32_t node)
{
	NodeCursor cursor = rules_open_cursor(run, op, node);
	Number sum = {NUMBER_GOOD, {0, 0}};
	uint32_t at;

	while ((at = rules_next_node(run, &cursor)) != 0)
	{
		Number number = rules_node_number(run, at, true);

		if (number.state == NUMBER_GOOD && !decimal_add(sum.value, number.value, &sum.value))
			rules_note_wrong(run, "VALUE-RANGE", at);
	}
	for (uint32_t i = 0; i < op->count; i++)
	{
		const RuleTotal *total = &run->sums[run->program->targets[op->first + i].sum];

		if (run->program->targets[op->first + i].sum == 0)
			continue;
		if (total->wrong || !decimal_add(sum.value, total->value, &sum.value))
			rules_note_wrong(run, "VALUE-NUMBER", 1);
	}
	return sum;
}

/* Distinct texts, up to two: more nobody asks for. */
static Number
count_distinct(RuleRun *run, const RuleOp *op, uint32_t node)
{
	NodeCursor cursor = rules_open_cursor(run, op, node);
	uint32_t first = rules_next_node(run, &cursor), at;
	Slice text = rules_node_text(run, first);

	while ((at = rules_next_node(run, &cursor)) != 0)
	{
		Slice other = rules_node_text(run, at);

		if (other.length != text.length || memcmp(other.bytes, text.bytes, text.length) != 0)
			return good_number(decimal_from_int(2));
	}
	return good_number(decimal_from_int(first != 0));
}

static Number
category_sum(RuleRun *run, const RuleOp *op, uint32_t node)
{
	uint32_t second = rules_op(run, op->first)->next;
	Slice code = rules_eval_text(run, op->first, node);
	Number rate = {NUMBER_ABSENT, {0, 0}};
	RuleTotal total;

	if (second != 0)
		rate = rules_read_number(run, second, node, true);
	if (second != 0 && rate.state != NUMBER_GOOD)
		return rate;
	total = rules_sum_category(run, op, code, second != 0 ? &rate : NULL);
	if (op->code == CODE_CATEGORY_ROWS)
		return good_number(decimal_from_int(total.count));
	if (total.wrong)
		rules_note_wrong(run, "VALUE-NUMBER", node);
	return good_number(total.value);
}

static Number
combine(RuleRun *run, const RuleOp *op, uint32_t node)
{
	Number left = rules_read_number(run, op->first, node, true);
	Number right = rules_read_number(run, rules_op(run, op->first)->next, node, true);
	Number result = {NUMBER_GOOD, {0, 0}};
	bool fits = true;

	if (left.state != NUMBER_GOOD || right.state != NUMBER_GOOD)
	{
		result.state = left.state == NUMBER_ABSENT || right.state == NUMBER_ABSENT ? NUMBER_ABSENT
																				   : NUMBER_NAN;
		return result;
	}
	switch (op->code)
	{
		case CODE_ADD:
			fits = decimal_add(left.value, right.value, &result.value);
			break;
		case CODE_SUBTRACT:
			fits = decimal_subtract(left.value, right.value, &result.value);
			break;
		case CODE_MULTIPLY:
			fits = decimal_multiply(left.value, right.value, &result.value);
			break;
		default:
			fits = decimal_divide(left.value, right.value, &result.value);
			break;
	}
	if (!fits)
	{
		rules_note_wrong(run, "VALUE-RANGE", node);
		result.state = NUMBER_WRONG;
	}
	return result;
}

Number
rules_eval_number(RuleRun *run, uint32_t number, uint32_t node)
{
	const RuleOp *op = rules_op(run, number);
	Number value;

	switch (op->code)
	{
		case CODE_NUMBER:
			return good_number(run->program->numbers[op->first]);
		case CODE_DEC:
			return rules_read_number(run, op->first, node, true);
		case CODE_NUM:
			return try_number(run, op->first, node);
		case CODE_SUM:
			return sum_nodes(run, rules_op(run, op->first), node);
		case CODE_COUNT:
			return good_number(
				decimal_from_int(rules_count_nodes(run, rules_op(run, op->first), node)));
		case CODE_DISTINCT:
			return count_distinct(run, rules_op(run, op->first), node);
		case CODE_CATEGORY:
		case CODE_OTHER_CATEGORY:
			return good_number(decimal_from_int(
				rules_count_category(run, op, rules_eval_text(run, op->first, node))));
		case CODE_CATEGORY_SUM:
		case CODE_CATEGORY_ROWS:
			return category_sum(run, op, node);
		case CODE_LENGTH:
			return good_number(decimal_from_int(
				(int64_t) rules_count_chars(rules_eval_text(run, op->first, node))));
		case CODE_ABS:
			value = rules_read_number(run, op->first, node, true);
			value.value = decimal_abs(value.value);
			return value;
		case CODE_ROUND:
		case CODE_ROUND2:
			value = rules_read_number(run, op->first, node, true);
			value.value = decimal_round_xpath(value.value, op->code == CODE_ROUND ? 0 : 2);
			return value;
		case CODE_NEGATE:
			value = rules_read_number(run, op->first, node, true);
			value.value = decimal_negate(value.value);
			return value;
		case CODE_IF:
		{
			uint32_t yes = rules_op(run, op->first)->next;

			return rules_read_number(
				run, rules_eval_bool(run, op->first, node) ? yes : rules_op(run, yes)->next, node,
				true);
		}
		case CODE_ADD:
		case CODE_SUBTRACT:
		case CODE_MULTIPLY:
		case CODE_DIVIDE:
			return combine(run, op, node);
		default:
			return rules_read_number(run, number, node, false);
	}
}
