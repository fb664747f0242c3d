/*
 * rules_evaluate.c: whether a test holds for a node.
 *
 * The semantics are XPath 2.0's as the official sheets use it: a comparison is true if it holds for
 * any pair of values; a missing number stays missing through arithmetic; a value that XPath could
 * not use makes the whole test say nothing (run->wrong).  Alternatives are tried from left to right
 * and no further than needed, so a wrong value behind the decision does no harm.
 */
#include "core/rules_evaluate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- texts ---------------------------------------------------------------------------------- */

static Slice
join(RuleRun *run, const RuleOp *op, uint32_t node)
{
	Slice joined = {NULL, 0};

	for (uint32_t at = op->first; at != 0; at = rules_op(run, at)->next)
	{
		Slice part = rules_eval_text(run, at, node);
		char *room = rules_scratch(run, joined.length + part.length);

		if (room == NULL)
			return joined;
		if (joined.length > 0)
			memcpy(room, joined.bytes, joined.length);
		if (part.length > 0)
			memcpy(room + joined.length, part.bytes, part.length);
		joined = (Slice){room, joined.length + part.length};
	}
	return joined;
}

static Slice
cut(RuleRun *run, const RuleOp *op, uint32_t node)
{
	Slice text = rules_eval_text(run, op->first, node);
	uint32_t second = rules_op(run, op->first)->next, third = rules_op(run, second)->next;
	Number start, length = {NUMBER_GOOD, decimal_from_int(-1)};
	int64_t from = 1, count = -1;
	Slice found;

	if (op->code == CODE_SUB)
	{
		start = rules_eval_number(run, second, node);
		if (third != 0)
			length = rules_eval_number(run, third, node);
		decimal_to_minor(start.value, 0, &from);
		decimal_to_minor(length.value, 0, &count);
		return rules_sub(text, from, count);
	}
	found = rules_find(text, rules_eval_text(run, second, node));
	if (found.bytes == NULL)
		return (Slice){"", 0};
	if (op->code == CODE_BEFORE)
		return (Slice){text.bytes, (size_t) (found.bytes - text.bytes)};
	found.bytes += found.length;
	return (Slice){found.bytes, text.length - (size_t) (found.bytes - text.bytes)};
}

static Slice
number_text(RuleRun *run, Number number)
{
	char *room = rules_scratch(run, DECIMAL_TEXT_SIZE);

	if (room == NULL || number.state != NUMBER_GOOD)
		return (Slice){"", 0};
	return (Slice){room, (size_t) decimal_text(number.value, 0, room)};
}

Slice
rules_eval_text(RuleRun *run, uint32_t number, uint32_t node)
{
	const RuleOp *op = rules_op(run, number);

	if (op->kind == KIND_NODES)
		return rules_node_text(run, rules_single_node(run, op, node));
	if (op->kind == KIND_NUMBER)
		return number_text(run, rules_eval_number(run, number, node));
	switch (op->code)
	{
		case CODE_LITERAL:
			return run->program->literals[op->first];
		case CODE_TEXT:
			return rules_eval_text(run, op->first, node);
		case CODE_KEPT:
			return run->kept;
		case CODE_TRIM:
			return rules_trim(run, rules_eval_text(run, op->first, node));
		case CODE_UPPER:
		case CODE_LOWER:
			return rules_change_case(run, rules_eval_text(run, op->first, node),
									 op->code == CODE_UPPER);
		case CODE_SUB:
		case CODE_BEFORE:
		case CODE_AFTER:
			return cut(run, op, node);
		case CODE_CONCAT:
			return join(run, op, node);
		case CODE_IF:
		{
			uint32_t yes = rules_op(run, op->first)->next;

			return rules_eval_text(
				run, rules_eval_bool(run, op->first, node) ? yes : rules_op(run, yes)->next, node);
		}
		default:
			return rules_missing_text;
	}
}

/* -- comparisons ---------------------------------------------------------------------------- */

static bool
order_fits(RuleCompare compare, int order)
{
	switch (compare)
	{
		case COMPARE_EQUAL:
			return order == 0;
		case COMPARE_DIFFERENT:
			return order != 0;
		case COMPARE_LESS:
			return order < 0;
		case COMPARE_LESS_EQUAL:
			return order <= 0;
		case COMPARE_MORE:
			return order > 0;
		default:
			return order >= 0;
	}
}

static bool
numbers_fit(RuleRun *run, RuleCompare compare, Number left, Number right)
{
	if (left.state == NUMBER_NAN || right.state == NUMBER_NAN)
		return compare == COMPARE_DIFFERENT;
	if (left.state != NUMBER_GOOD || right.state != NUMBER_GOOD)
	{
		if (run->program->syntax->lenient &&
			(left.state == NUMBER_ABSENT || right.state == NUMBER_ABSENT))
			run->wrong = true;
		return false;
	}
	return order_fits(compare, decimal_compare(left.value, right.value));
}

static bool
texts_fit(RuleCompare compare, Slice left, Slice right)
{
	size_t length = left.length < right.length ? left.length : right.length;
	int order;

	if (left.bytes == NULL || right.bytes == NULL)
		return false;
	if (compare <= COMPARE_DIFFERENT)
		return (left.length == right.length && memcmp(left.bytes, right.bytes, length) == 0) ==
			   (compare == COMPARE_EQUAL);
	order = length == 0 ? 0 : memcmp(left.bytes, right.bytes, length);
	if (order == 0)
		order = (left.length > right.length) - (left.length < right.length);
	return order_fits(compare, order);
}

/* The values of one side: all nodes of a path, or one value. */
typedef struct Side
{
	NodeCursor cursor;
	const RuleOp *op;
	uint32_t number, node;
	uint32_t found; /* the node whose value was the last */
	bool done;
} Side;

static Side
side_open(RuleRun *run, uint32_t number, uint32_t node)
{
	Side side;

	side.op = rules_op(run, number);
	if (side.op->kind == KIND_NODES)
		side.cursor = rules_open_cursor(run, side.op, node);
	side.number = number;
	side.node = node;
	side.found = 0;
	side.done = false;
	return side;
}

static bool
next_text(RuleRun *run, Side *side, Slice *text)
{
	uint32_t node;

	if (side->op->kind == KIND_NODES)
	{
		node = side->found = rules_next_node(run, &side->cursor);
		*text = rules_node_text(run, node);
		return node != 0;
	}
	if (side->done)
		return false;
	side->done = true;
	*text = rules_eval_text(run, side->number, side->node);
	return text->bytes != NULL;
}

static bool
next_number(RuleRun *run, Side *side, Number *number)
{
	uint32_t node;

	if (side->op->kind == KIND_NODES)
	{
		node = rules_next_node(run, &side->cursor);
		if (node != 0)
			*number = rules_node_number(run, node, false);
		return node != 0;
	}
	if (side->done)
		return false;
	side->done = true;
	*number = rules_read_number(run, side->number, side->node, false);
	return true;
}

static bool
compare_texts(RuleRun *run, const RuleOp *op, uint32_t node)
{
	uint32_t second = rules_op(run, op->first)->next;
	Side left = side_open(run, op->first, node);
	Slice a, b;

	if (rules_op(run, second)->code == CODE_LITERAL)
	{
		b = run->program->literals[rules_op(run, second)->first];
		while (next_text(run, &left, &a))
			if (texts_fit(op->detail, a, b))
				return true;
		return false;
	}
	while (next_text(run, &left, &a))
	{
		Side right = side_open(run, second, node);

		while (next_text(run, &right, &b))
			if (texts_fit(op->detail, a, b))
				return true;
	}
	return false;
}

static bool
compare_numbers(RuleRun *run, const RuleOp *op, uint32_t node)
{
	uint32_t second = rules_op(run, op->first)->next;
	Side left = side_open(run, op->first, node);
	Number a, b;
	bool any = false;

	if (rules_op(run, second)->code == CODE_NUMBER && left.op->kind != KIND_NODES)
		return numbers_fit(
			run, op->detail, rules_read_number(run, op->first, node, false),
			(Number){NUMBER_GOOD, run->program->numbers[rules_op(run, second)->first]});
	while (next_number(run, &left, &a))
	{
		Side right = side_open(run, second, node);

		while (next_number(run, &right, &b))
		{
			any = true;
			if (numbers_fit(run, op->detail, a, b))
				return true;
		}
	}
	if (!any && run->program->syntax->lenient)
		run->wrong = true;
	return false;
}

/* xs:boolean: true, false, 1, 0, with blanks around */
static bool
compare_bools(RuleRun *run, const RuleOp *op, uint32_t node)
{
	uint32_t second = rules_op(run, op->first)->next;
	bool swapped = rules_op(run, op->first)->kind == KIND_BOOL;
	uint32_t nodes = swapped ? second : op->first;
	bool wanted = rules_op(run, swapped ? op->first : second)->code == CODE_TRUE;
	Side side;
	Slice text;

	if (rules_op(run, nodes)->kind == KIND_BOOL)
		return (rules_eval_bool(run, nodes, node) == wanted) == (op->detail == COMPARE_EQUAL);
	side = side_open(run, nodes, node);
	while (next_text(run, &side, &text))
	{
		bool yes, no;
		uint32_t at = side.op->kind == KIND_NODES ? side.found : node;

		text = rules_without_blanks(text);
		yes = (text.length == 4 && memcmp(text.bytes, "true", 4) == 0) ||
			  (text.length == 1 && *text.bytes == '1');
		no = (text.length == 5 && memcmp(text.bytes, "false", 5) == 0) ||
			 (text.length == 1 && *text.bytes == '0');
		if (!yes && !no)
			rules_note_wrong(run, "VALUE-BOOLEAN", at);
		else if ((yes == wanted) == (op->detail == COMPARE_EQUAL))
			return true;
	}
	return false;
}

/* exact against the nearest double */
static int
compare_double(double left, Decimal right)
{
	char text[DECIMAL_TEXT_SIZE];
	long double fine;

	decimal_text(right, 0, text);
	if (left != strtod(text, NULL))
		return left < strtod(text, NULL) ? -1 : 1;
	fine = strtold(text, NULL);
	return ((long double) left > fine) - ((long double) left < fine);
}

/*
 * x - n < y < x + n where x and y are just n apart: the official sheet reads x as a double, so that
 * it depends on the last bit of the sum.  Nowhere else do binary fractions decide anything.
 */
static bool
is_within_double(Decimal left, Decimal limit, Decimal right)
{
	char text[DECIMAL_TEXT_SIZE];
	double x, n;

	decimal_text(left, 0, text);
	x = strtod(text, NULL);
	decimal_text(limit, 0, text);
	n = strtod(text, NULL);
	return compare_double(x - n, right) < 0 && compare_double(x + n, right) > 0;
}

static bool
is_word(RuleRun *run, const RuleOp *op, uint32_t node)
{
	Slice word = run->program->literals[op->count];
	Slice text = rules_node_text(run, rules_single_node(run, rules_op(run, op->first), node));

	text = rules_without_blanks(text);
	if (text.length != word.length)
		return false;
	if ((op->flags & OP_FOLD) == 0)
		return memcmp(text.bytes, word.bytes, word.length) == 0;
	for (size_t i = 0; i < word.length; i++)
	{
		char c = text.bytes[i];

		if ((c >= 'a' && c <= 'z' ? c - 32 : c) != word.bytes[i])
			return false;
	}
	return true;
}

/* |x - y| < n, or <= n */
static bool
is_close(RuleRun *run, const RuleOp *op, uint32_t node)
{
	uint32_t second = rules_op(run, op->first)->next, third = rules_op(run, second)->next;
	Number limit = rules_read_number(run, op->first, node, true);
	Number left = rules_read_number(run, second, node, true);
	Number right = rules_read_number(run, third, node, true), difference = {NUMBER_GOOD, {0, 0}};

	if (left.state != NUMBER_GOOD || right.state != NUMBER_GOOD)
		return numbers_fit(run, COMPARE_LESS, left, right);
	if (!decimal_subtract(left.value, right.value, &difference.value))
	{
		rules_note_wrong(run, "VALUE-RANGE", node);
		return true;
	}
	difference.value = decimal_abs(difference.value);
	if (op->code == CODE_WITHIN_DOUBLE && decimal_compare(difference.value, limit.value) == 0)
		return is_within_double(left.value, limit.value, right.value);
	return numbers_fit(run, op->code == CODE_NEAR ? COMPARE_LESS_EQUAL : COMPARE_LESS, difference,
					   limit);
}

/* -- kinds ---------------------------------------------------------------------------------- */

static bool
is_filled(RuleRun *run, const RuleOp *op, uint32_t node)
{
	for (uint32_t at = op->first; at != 0; at = rules_op(run, at)->next)
	{
		const RuleOp *operand = rules_op(run, at);

		if (operand->kind == KIND_NODES)
		{
			uint32_t found = rules_single_node(run, operand, node);

			if (found != 0 && (run->nodes[found].flags & NODE_FILLED))
				return true;
		}
		else if (rules_trim(run, rules_eval_text(run, at, node)).length > 0)
			return true;
	}
	return false;
}

/* A number of nodes or characters. */
static int64_t
eval_limit(RuleRun *run, uint32_t number, uint32_t node)
{
	const RuleOp *op = rules_op(run, number);
	int64_t limit = 0;

	if (op->code == CODE_NUMBER && run->program->numbers[op->first].scale == 0)
		return (int64_t) run->program->numbers[op->first].units;
	decimal_to_minor(rules_eval_number(run, number, node).value, 0, &limit);
	return limit;
}

static bool
has_decimals(RuleRun *run, const RuleOp *op, uint32_t node)
{
	Slice text = rules_eval_text(run, rules_op(run, op->first)->next, node);
	const char *point = text.bytes == NULL ? NULL : memchr(text.bytes, '.', text.length);

	if (point == NULL)
		return true;
	point++;
	text.length -= (size_t) (point - text.bytes);
	text.bytes = point;
	return (int64_t) rules_count_chars(text) <= eval_limit(run, op->first, node);
}

/* Dates of two nodes; a zone behind the day is allowed and does not count. */
static bool
is_in_order(RuleRun *run, const RuleOp *op, uint32_t node)
{
	uint32_t at[2] = {op->first, rules_op(run, op->first)->next}, nodes[2];
	Slice days[2];

	for (int i = 0; i < 2; i++)
	{
		nodes[i] = rules_single_node(run, rules_op(run, at[i]), node);
		days[i] = rules_without_blanks(rules_node_text(run, nodes[i]));
	}
	if (nodes[0] == 0 || nodes[1] == 0)
		return true;
	for (int i = 0; i < 2; i++)
	{
		if (days[i].length > 10)
			days[i].length = days[i].length <= 16 ? 10 : days[i].length;
		if (!rules_good_date(days[i]))
			rules_note_wrong(run, "VALUE-DATE", nodes[i]);
	}
	return run->wrong || memcmp(days[0].bytes, days[1].bytes, 10) <= 0;
}

static bool
is_known_code(RuleRun *run, const RuleOp *op, uint32_t node)
{
	Slice text = rules_without_blanks(rules_eval_text(run, op->first, node));

	return run->codes == NULL || rule_code_known(run->codes, (RuleCodeList) op->detail, text);
}

/*
 * The official test looks for a text of up to two characters anywhere in a list of codes with
 * blanks between them, so nothing, a blank and a part of a code are found as well.
 */
static bool
is_part_of_code(RuleRun *run, const RuleOp *op, uint32_t node)
{
	Slice text = rules_eval_text(run, op->first, node);
	bool letters = true;

	if (run->codes == NULL || text.length == 0 ||
		rule_code_known(run->codes, (RuleCodeList) op->detail, text))
		return true;
	for (size_t i = 0; i < text.length; i++)
		letters &= text.bytes[i] >= 'A' && text.bytes[i] <= 'Z';
	return (text.length == 1 && (letters || *text.bytes == ' ' || *text.bytes == '1')) ||
		   (text.length == 2 && (text.bytes[0] == ' ') != (text.bytes[1] == ' ') &&
			((text.bytes[0] >= 'A' && text.bytes[0] <= 'Z') ||
			 (text.bytes[1] >= 'A' && text.bytes[1] <= 'Z')));
}

static bool
at_end(Slice text, Slice part)
{
	return text.length >= part.length &&
		   memcmp(text.bytes + text.length - part.length, part.bytes, part.length) == 0;
}

static bool
root_is(RuleRun *run, const RuleOp *op)
{
	Slice name = run->program->literals[rules_op(run, op->first)->first];

	return strlen(run->root) == name.length && memcmp(run->root, name.bytes, name.length) == 0;
}

/* The node itself, or one above it. */
static bool
has_name(const RuleRun *run, const RuleOp *op, uint32_t node)
{
	if (op->code == CODE_SELF_IS)
		return run->program->paths[run->nodes[node].path].name == op->first;
	for (node = run->nodes[node].parent; node != 0; node = run->nodes[node].parent)
		if (run->program->paths[run->nodes[node].path].name == op->first)
			return true;
	return false;
}

static bool
eval_nodes(RuleRun *run, const RuleOp *op, uint32_t node, bool all)
{
	for (uint32_t at = op->first; at != 0; at = rules_op(run, at)->next)
		if (rules_any_node(run, rules_op(run, at), node) != all)
			return !all;
	return all;
}

static bool
eval_texts(RuleRun *run, const RuleOp *op, uint32_t node)
{
	Slice text = rules_eval_text(run, op->first, node), part;

	if (op->code == CODE_CHECK)
		return run->program->checks[op->detail]->holds(text);
	part = rules_eval_text(run, rules_op(run, op->first)->next, node);
	if (text.bytes == NULL)
		text.bytes = "";
	switch (op->code)
	{
		case CODE_MATCHES:
			return rules_matches(text, part);
		case CODE_STARTS:
			return text.length >= part.length && memcmp(text.bytes, part.bytes, part.length) == 0;
		case CODE_ENDS:
			return at_end(text, part);
		default:
			return rules_find(text, part).bytes != NULL;
	}
}

/* Once for each category, and for each category with each rate, of the nodes of two paths. */
static bool
note_sums(RuleRun *run, const RuleOp *op, uint32_t node)
{
	uint32_t second = rules_op(run, op->first)->next, third = rules_op(run, second)->next;
	Number amount = rules_read_number(run, op->first, node, true);
	NodeCursor codes = rules_open_cursor(run, rules_op(run, second), node);
	uint32_t code, rate;
	Slice done[8];
	int count = 0, i;

	/* what is wrong with it is for the rules to say that ask for the sum */
	run->wrong = false;
	while ((code = rules_next_node(run, &codes)) != 0 && count < 8)
	{
		NodeCursor rates = rules_open_cursor(run, rules_op(run, third), node);
		Slice text = rules_node_text(run, code);
		Decimal seen[8];
		int rate_count = 0, j;

		text = op->flags & OP_RAW ? text : rules_trim(run, text);
		for (i = 0; i < count; i++)
			if (done[i].length == text.length &&
				memcmp(done[i].bytes, text.bytes, text.length) == 0)
				break;
		if (i < count)
			continue;
		done[count++] = text;
		rules_note_sum(run, op, amount, text, NULL);
		while ((rate = rules_next_node(run, &rates)) != 0 && rate_count < 8)
		{
			Number value = rules_number_of(rules_node_text(run, rate), true);

			for (j = 0; value.state == NUMBER_GOOD && j < rate_count; j++)
				if (decimal_compare(seen[j], value.value) == 0)
					break;
			if (value.state != NUMBER_GOOD || j < rate_count)
				continue;
			seen[rate_count++] = value.value;
			rules_note_sum(run, op, amount, text, &value);
		}
	}
	return true;
}

/* Each code once, however many there are; none counts as a category too. */
static bool
note_category(RuleRun *run, const RuleOp *op, uint32_t node)
{
	bool vat = rules_eval_bool(run, rules_op(run, op->first)->next, node);
	NodeCursor codes = rules_open_cursor(run, rules_op(run, op->first), node);
	Slice done[8];
	uint32_t code;
	int count = 0;

	while ((code = rules_next_node(run, &codes)) != 0 && count < 8)
	{
		Slice text = rules_node_text(run, code);
		int i;

		for (i = 0; i < count; i++)
			if (done[i].length == text.length &&
				memcmp(done[i].bytes, text.bytes, text.length) == 0)
				break;
		if (i < count)
			continue;
		done[count++] = text;
		rules_note_category(run, op, text, vat);
	}
	if (count == 0)
		rules_note_category(run, op, rules_missing_text, vat);
	run->wrong = false;
	return true;
}

static bool
counts_fit(RuleRun *run, const RuleOp *op, uint32_t node)
{
	int64_t limit = eval_limit(run, op->first, node);
	int64_t count = rules_count_nodes(run, rules_op(run, rules_op(run, op->first)->next), node);

	return op->code == CODE_EXACTLY ? limit == count : limit >= count;
}

bool
rules_eval_bool(RuleRun *run, uint32_t number, uint32_t node)
{
	const RuleOp *op = rules_op(run, number);
	uint32_t second;

	/* the last operand of "and", "or" and "if" decides in place of the whole */
	for (;; op = rules_op(run, second))
	{
		if (op->code == CODE_AND)
		{
			if (!rules_eval_bool(run, op->first, node) || run->wrong)
				return false;
			second = rules_op(run, op->first)->next;
		}
		else if (op->code == CODE_OR)
		{
			if (rules_eval_bool(run, op->first, node) || run->wrong)
				return true;
			second = rules_op(run, op->first)->next;
		}
		else if (op->code == CODE_IF)
		{
			second = rules_op(run, op->first)->next;
			if (!rules_eval_bool(run, op->first, node))
				second = rules_op(run, second)->next;
		}
		else
			break;
	}
	switch (op->code)
	{
		case CODE_TRUE:
			return true;
		case CODE_PATH:
			return rules_any_node(run, op, node);
		case CODE_NOT:
			return !rules_eval_bool(run, op->first, node);
		case CODE_EXISTS:
			return eval_nodes(run, op, node, false);
		case CODE_ABSENT:
			return !eval_nodes(run, op, node, false);
		case CODE_NOT_BOTH:
			return !eval_nodes(run, op, node, true);
		case CODE_FILLED:
			return is_filled(run, op, node);
		case CODE_AT_MOST:
		case CODE_EXACTLY:
			return counts_fit(run, op, node);
		case CODE_CODE:
			return is_known_code(run, op, node);
		case CODE_CODE_PART:
			return is_part_of_code(run, op, node);
		case CODE_DECIMALS:
			return has_decimals(run, op, node);
		case CODE_IN_ORDER:
			return is_in_order(run, op, node);
		case CODE_WITHIN:
		case CODE_WITHIN_DOUBLE:
		case CODE_NEAR:
			return is_close(run, op, node);
		case CODE_LEAF:
			second = rules_single_node(run, rules_op(run, op->first), node);
			return second != 0 && (run->nodes[second].flags & NODE_PARENT) == 0;
		case CODE_COMPARE_NUMBER:
			return compare_numbers(run, op, node);
		case CODE_COMPARE_TEXT:
			return compare_texts(run, op, node);
		case CODE_WORD:
			return is_word(run, op, node) == (op->detail == COMPARE_EQUAL);
		case CODE_COMPARE_BOOL:
			return compare_bools(run, op, node);
		case CODE_NOTE_CATEGORY:
			return note_category(run, op, node);
		case CODE_NOTE_SUM:
			return note_sums(run, op, node);
		case CODE_INSIDE:
		case CODE_SELF_IS:
			return has_name(run, op, node);
		case CODE_ROOT_IS:
			return root_is(run, op);
		case CODE_MATCHES:
		case CODE_CHECK:
		case CODE_STARTS:
		case CODE_ENDS:
		case CODE_CONTAINS:
			return eval_texts(run, op, node);
		default:
			return false;
	}
}

bool
rules_holds(RuleRun *run, uint32_t op, uint32_t node)
{
	run->scratch_length = 0;
	return rules_eval_bool(run, op, node);
}

Slice
rules_value_text(RuleRun *run, uint32_t number, uint32_t node)
{
	const RuleOp *op = rules_op(run, number);
	Number value;
	char *room;
	bool counts = op->code == CODE_COUNT || op->code == CODE_LENGTH || op->code == CODE_DISTINCT ||
				  op->code == CODE_NUMBER;

	if (op->kind != KIND_NUMBER)
		return rules_eval_text(run, number, node);
	value = rules_eval_number(run, number, node);
	room = rules_scratch(run, DECIMAL_TEXT_SIZE);
	if (room == NULL || value.state != NUMBER_GOOD)
		return rules_missing_text;
	return (Slice){room, (size_t) decimal_text(value.value, counts ? 0 : 2, room)};
}

int64_t
rules_count(RuleRun *run, uint32_t path, uint32_t node)
{
	return rules_count_nodes(run, rules_op(run, path), node);
}
