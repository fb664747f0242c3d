/*
 * rules_evaluate.c: whether a test holds for a node.
 *
 * The semantics are XPath 2.0's as the official sheets use it: a comparison is true if it holds for
 * any pair of values; a missing number stays missing through arithmetic; a value that XPath could
 * not use makes the whole test say nothing (run->wrong).  Alternatives are tried from left to right
 * and no further than needed, so a wrong value behind the decision does no harm.
 */
#include "core/rules_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool eval_bool(RuleRun *run, uint32_t number, uint32_t node);
static Number eval_number(RuleRun *run, uint32_t number, uint32_t node);
static Slice eval_text(RuleRun *run, uint32_t number, uint32_t node);

static const Slice missing_text = {NULL, 0};

static const RuleOp *
op_at(const RuleRun *run, uint32_t number)
{
	return &run->program->ops[number];
}

/* The first of a document is kept, with its place: the node may be gone at the end. */
void
rules_note_wrong(RuleRun *run, const char *rule, uint32_t node)
{
	run->wrong = true;
	if (run->wrong_rule != NULL || run->choosing)
		return;
	run->wrong_rule = rule;
	run->wrong_line = run->nodes[node].line;
	rules_write_path(run, node, run->wrong_path, sizeof(run->wrong_path));
}

/* -- nodes ---------------------------------------------------------------------------------- */

static uint32_t
base_of(const RuleRun *run, const RuleOp *op, uint32_t node)
{
	if (op->detail == BASE_ROOT)
		return 1;
	if (op->detail == BASE_RULE)
		return run->rule_node;
	for (int up = op->detail; up > 0 && node != 0; up--)
		node = run->nodes[node].parent;
	return node;
}

static NodeCursor
cursor_open(const RuleRun *run, const RuleOp *op, uint32_t node)
{
	NodeCursor cursor = {.run = run, .op = op, .base = base_of(run, op, node)};

	if (cursor.base == 0)
		cursor.target = op->count;
	else
	{
		cursor.end = run->nodes[cursor.base].end;
		if (cursor.end == RULE_OPEN)
			cursor.end = run->node_count;
	}
	return cursor;
}

bool
rules_conditions_hold(RuleRun *run, uint32_t conditions, uint32_t node)
{
	for (uint32_t at = conditions; at != 0; at = run->program->conditions[at].next)
	{
		const RuleCondition *condition = &run->program->conditions[at];
		uint32_t there = node;

		for (int up = condition->up; up > 0; up--)
			there = run->nodes[there].parent;
		if (condition->op == 0)
		{
			uint32_t before = run->nodes[there].previous;

			if (before != 0 && run->nodes[before].parent == run->nodes[there].parent)
				return false;
		}
		else if (!eval_bool(run, condition->op, there))
			return false;
	}
	return true;
}

/*
 * The chain of a path leads from its last node backwards.  If that does not lead into the subtree
 * at once, a small subtree is walked instead.
 */
static uint32_t
first_candidate(const RuleRun *run, NodeCursor *cursor, uint16_t path)
{
	uint32_t at = run->heads[path];
	int steps = 0;

	cursor->forward = false;
	while (at >= cursor->end)
	{
		if (steps++ == 8 && cursor->end - cursor->base < 256)
		{
			cursor->forward = true;
			return cursor->base + 1;
		}
		at = run->nodes[at].previous;
	}
	return at;
}

uint32_t
rules_next_node(RuleRun *run, NodeCursor *cursor)
{
	const RuleNode *nodes = run->nodes;

	for (; cursor->target < cursor->op->count; cursor->target++, cursor->at = 0)
	{
		const RuleTarget *target = &run->program->targets[cursor->op->first + cursor->target];
		uint32_t at = cursor->at;

		if (cursor->op->flags & OP_SELF)
		{
			cursor->target++;
			if (rules_conditions_hold(run, target->conditions, cursor->base))
				return cursor->base;
			cursor->target--;
			continue;
		}
		if (at == 0)
			at = first_candidate(run, cursor, target->path);
		else
			at = cursor->forward ? at + 1 : nodes[at].previous;
		if (cursor->forward)
		{
			for (; at < cursor->end; at++)
				if (nodes[at].path == target->path &&
					(target->conditions == 0 || rules_conditions_hold(run, target->conditions, at)))
					return cursor->at = at;
		}
		else
			for (; at > cursor->base; at = nodes[at].previous)
				if (target->conditions == 0 || rules_conditions_hold(run, target->conditions, at))
					return cursor->at = at;
	}
	return 0;
}

Slice
rules_node_text(const RuleRun *run, uint32_t node)
{
	if (node == 0)
		return missing_text;
	if (run->nodes[node].length == 0 || buffer_failed(&run->text))
		return (Slice){"", 0};
	return (Slice){run->text.bytes + run->nodes[node].text, run->nodes[node].length};
}

static uint32_t plain_node(const RuleRun *run, const RuleTarget *target, uint32_t base);

/* The one node of a path, 0 if there is none; several are wrong. */
static uint32_t
single_node(RuleRun *run, const RuleOp *op, uint32_t node)
{
	NodeCursor cursor;
	uint32_t first;
	const RuleTarget *target = &run->program->targets[op->first];

	if (op->count == 1 && target->conditions == 0)
	{
		uint32_t base = base_of(run, op, node);

		if (base == 0 || (op->flags & OP_SELF))
			return base;
		first = plain_node(run, target, base);
		if (first != 0 && run->nodes[first].previous > base)
			rules_note_wrong(run, "VALUE-SEVERAL", first);
		return first;
	}
	cursor = cursor_open(run, op, node);
	first = rules_next_node(run, &cursor);

	if (first != 0 && (op->flags & OP_SELF) == 0 && rules_next_node(run, &cursor) != 0)
		rules_note_wrong(run, "VALUE-SEVERAL", first);
	return first;
}

static int64_t
count_nodes(RuleRun *run, const RuleOp *op, uint32_t node)
{
	NodeCursor cursor = cursor_open(run, op, node);
	int64_t count = 0;

	while (rules_next_node(run, &cursor) != 0)
		count++;
	for (uint32_t i = 0; i < op->count; i++)
		if (run->program->targets[op->first + i].sum != 0)
			count += run->sums[run->program->targets[op->first + i].sum].count;
	return count;
}

/* The last node of a plain target within a subtree. */
static uint32_t
plain_node(const RuleRun *run, const RuleTarget *target, uint32_t base)
{
	uint32_t end = run->nodes[base].end, at = run->heads[target->path];

	for (int steps = 0; at >= end; at = run->nodes[at].previous)
		if (steps++ == 8 && end - base < 256)
		{
			/* a long way back, a short one forward */
			for (at = end - 1; at > base && run->nodes[at].path != target->path;)
				at--;
			break;
		}
	return at > base ? at : 0;
}

static bool
any_node(RuleRun *run, const RuleOp *op, uint32_t node)
{
	NodeCursor cursor;
	const RuleTarget *target = &run->program->targets[op->first];

	if (op->count == 1 && target->conditions == 0 && target->sum == 0 && !(op->flags & OP_SELF))
	{
		uint32_t base = base_of(run, op, node);

		return base != 0 && plain_node(run, target, base) != 0;
	}
	cursor = cursor_open(run, op, node);
	if (rules_next_node(run, &cursor) != 0)
		return true;
	for (uint32_t i = 0; i < op->count; i++)
		if (run->program->targets[op->first + i].sum != 0 &&
			run->sums[run->program->targets[op->first + i].sum].count > 0)
			return true;
	return false;
}

/* -- numbers -------------------------------------------------------------------------------- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static Slice
without_blanks(Slice text)
{
	while (text.length > 0 && is_blank(text.bytes[0]))
		text.bytes++, text.length--;
	while (text.length > 0 && is_blank(text.bytes[text.length - 1]))
		text.length--;
	return text;
}

/* xs:double where it is written with an exponent or a word */
static Number
wide_number(Slice text)
{
	Number number = {NUMBER_WRONG, {0, 0}};
	size_t mantissa = 0;
	int exponent = 0;
	bool negative = false;

	text = without_blanks(text);
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

static Number
number_of(Slice text, bool exact)
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
	Number number = number_of(rules_node_text(run, node), exact);

	if (number.state == NUMBER_WRONG)
		rules_note_wrong(run, "VALUE-NUMBER", node);
	return number;
}

static Number
good_number(Decimal value)
{
	return (Number){NUMBER_GOOD, value};
}

static Number
read_number(RuleRun *run, uint32_t number, uint32_t node, bool exact)
{
	const RuleOp *op = op_at(run, number);
	Number result;

	if (op->kind == KIND_NODES)
		return rules_node_number(run, single_node(run, op, node), exact);
	if (op->kind == KIND_NUMBER)
		return eval_number(run, number, node);
	result = number_of(eval_text(run, number, node), exact);
	if (result.state == NUMBER_WRONG)
		rules_note_wrong(run, "VALUE-NUMBER", node);
	return result;
}

/* number(): what is none is not wrong */
static Number
try_number(RuleRun *run, uint32_t number, uint32_t node)
{
	const RuleOp *op = op_at(run, number);
	Slice text = op->kind == KIND_NODES ? rules_node_text(run, single_node(run, op, node))
										: eval_text(run, number, node);
	Number result = number_of(text, false);

	if (result.state != NUMBER_GOOD)
		result.state = NUMBER_NAN;
	return result;
}

static Number
sum_nodes(RuleRun *run, const RuleOp *op, uint32_t node)
{
	NodeCursor cursor = cursor_open(run, op, node);
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
	NodeCursor cursor = cursor_open(run, op, node);
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
	uint32_t second = op_at(run, op->first)->next;
	Slice code = eval_text(run, op->first, node);
	Number rate = {NUMBER_ABSENT, {0, 0}};
	RuleTotal total;

	if (second != 0)
		rate = read_number(run, second, node, true);
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
	Number left = read_number(run, op->first, node, true);
	Number right = read_number(run, op_at(run, op->first)->next, node, true);
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

static Number
eval_number(RuleRun *run, uint32_t number, uint32_t node)
{
	const RuleOp *op = op_at(run, number);
	Number value;

	switch (op->code)
	{
		case CODE_NUMBER:
			return good_number(run->program->numbers[op->first]);
		case CODE_DEC:
			return read_number(run, op->first, node, true);
		case CODE_NUM:
			return try_number(run, op->first, node);
		case CODE_SUM:
			return sum_nodes(run, op_at(run, op->first), node);
		case CODE_COUNT:
			return good_number(decimal_from_int(count_nodes(run, op_at(run, op->first), node)));
		case CODE_DISTINCT:
			return count_distinct(run, op_at(run, op->first), node);
		case CODE_CATEGORY:
		case CODE_OTHER_CATEGORY:
			return good_number(
				decimal_from_int(rules_count_category(run, op, eval_text(run, op->first, node))));
		case CODE_CATEGORY_SUM:
		case CODE_CATEGORY_ROWS:
			return category_sum(run, op, node);
		case CODE_LENGTH:
			return good_number(
				decimal_from_int((int64_t) rules_count_chars(eval_text(run, op->first, node))));
		case CODE_ABS:
			value = read_number(run, op->first, node, true);
			value.value = decimal_abs(value.value);
			return value;
		case CODE_ROUND:
		case CODE_ROUND2:
			value = read_number(run, op->first, node, true);
			value.value = decimal_round_xpath(value.value, op->code == CODE_ROUND ? 0 : 2);
			return value;
		case CODE_NEGATE:
			value = read_number(run, op->first, node, true);
			value.value = decimal_negate(value.value);
			return value;
		case CODE_IF:
		{
			uint32_t yes = op_at(run, op->first)->next;

			return read_number(run, eval_bool(run, op->first, node) ? yes : op_at(run, yes)->next,
							   node, true);
		}
		case CODE_ADD:
		case CODE_SUBTRACT:
		case CODE_MULTIPLY:
		case CODE_DIVIDE:
			return combine(run, op, node);
		default:
			return read_number(run, number, node, false);
	}
}

/* -- texts ---------------------------------------------------------------------------------- */

static Slice
join(RuleRun *run, const RuleOp *op, uint32_t node)
{
	Slice joined = {NULL, 0};

	for (uint32_t at = op->first; at != 0; at = op_at(run, at)->next)
	{
		Slice part = eval_text(run, at, node);
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
	Slice text = eval_text(run, op->first, node);
	uint32_t second = op_at(run, op->first)->next, third = op_at(run, second)->next;
	Number start, length = {NUMBER_GOOD, decimal_from_int(-1)};
	int64_t from = 1, count = -1;
	Slice found;

	if (op->code == CODE_SUB)
	{
		start = eval_number(run, second, node);
		if (third != 0)
			length = eval_number(run, third, node);
		decimal_to_minor(start.value, 0, &from);
		decimal_to_minor(length.value, 0, &count);
		return rules_sub(text, from, count);
	}
	found = rules_find(text, eval_text(run, second, node));
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

static Slice
eval_text(RuleRun *run, uint32_t number, uint32_t node)
{
	const RuleOp *op = op_at(run, number);

	if (op->kind == KIND_NODES)
		return rules_node_text(run, single_node(run, op, node));
	if (op->kind == KIND_NUMBER)
		return number_text(run, eval_number(run, number, node));
	switch (op->code)
	{
		case CODE_LITERAL:
			return run->program->literals[op->first];
		case CODE_TEXT:
			return eval_text(run, op->first, node);
		case CODE_TRIM:
			return rules_trim(run, eval_text(run, op->first, node));
		case CODE_UPPER:
		case CODE_LOWER:
			return rules_change_case(run, eval_text(run, op->first, node), op->code == CODE_UPPER);
		case CODE_SUB:
		case CODE_BEFORE:
		case CODE_AFTER:
			return cut(run, op, node);
		case CODE_CONCAT:
			return join(run, op, node);
		case CODE_IF:
		{
			uint32_t yes = op_at(run, op->first)->next;

			return eval_text(run, eval_bool(run, op->first, node) ? yes : op_at(run, yes)->next,
							 node);
		}
		default:
			return missing_text;
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
	bool done;
} Side;

static Side
side_open(RuleRun *run, uint32_t number, uint32_t node)
{
	Side side = {.op = op_at(run, number), .number = number, .node = node};

	if (side.op->kind == KIND_NODES)
		side.cursor = cursor_open(run, side.op, node);
	return side;
}

static bool
next_text(RuleRun *run, Side *side, Slice *text)
{
	uint32_t node;

	if (side->op->kind == KIND_NODES)
	{
		node = rules_next_node(run, &side->cursor);
		*text = rules_node_text(run, node);
		return node != 0;
	}
	if (side->done)
		return false;
	side->done = true;
	*text = eval_text(run, side->number, side->node);
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
	*number = read_number(run, side->number, side->node, false);
	return true;
}

static bool
compare_texts(RuleRun *run, const RuleOp *op, uint32_t node)
{
	Side left = side_open(run, op->first, node);
	Slice a, b;

	while (next_text(run, &left, &a))
	{
		Side right = side_open(run, op_at(run, op->first)->next, node);

		while (next_text(run, &right, &b))
			if (texts_fit(op->detail, a, b))
				return true;
	}
	return false;
}

static bool
compare_numbers(RuleRun *run, const RuleOp *op, uint32_t node)
{
	Side left = side_open(run, op->first, node);
	Number a, b;
	bool any = false;

	while (next_number(run, &left, &a))
	{
		Side right = side_open(run, op_at(run, op->first)->next, node);

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
	uint32_t second = op_at(run, op->first)->next;
	bool swapped = op_at(run, op->first)->kind == KIND_BOOL;
	uint32_t nodes = swapped ? second : op->first;
	bool wanted = op_at(run, swapped ? op->first : second)->code == CODE_TRUE;
	Side side;
	Slice text;

	if (op_at(run, nodes)->kind == KIND_BOOL)
		return (eval_bool(run, nodes, node) == wanted) == (op->detail == COMPARE_EQUAL);
	side = side_open(run, nodes, node);
	while (next_text(run, &side, &text))
	{
		bool yes, no;

		text = without_blanks(text);
		yes = (text.length == 4 && memcmp(text.bytes, "true", 4) == 0) ||
			  (text.length == 1 && *text.bytes == '1');
		no = (text.length == 5 && memcmp(text.bytes, "false", 5) == 0) ||
			 (text.length == 1 && *text.bytes == '0');
		if (!yes && !no)
			rules_note_wrong(run, "VALUE-BOOLEAN", side.cursor.at ? side.cursor.at : node);
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
	Slice text = rules_node_text(run, single_node(run, op_at(run, op->first), node));

	text = without_blanks(text);
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
	uint32_t second = op_at(run, op->first)->next, third = op_at(run, second)->next;
	Number limit = read_number(run, op->first, node, true);
	Number left = read_number(run, second, node, true);
	Number right = read_number(run, third, node, true), difference = {NUMBER_GOOD, {0, 0}};

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
	for (uint32_t at = op->first; at != 0; at = op_at(run, at)->next)
	{
		const RuleOp *operand = op_at(run, at);

		if (operand->kind == KIND_NODES)
		{
			uint32_t found = single_node(run, operand, node);

			if (found != 0 && (run->nodes[found].flags & NODE_FILLED))
				return true;
		}
		else if (rules_trim(run, eval_text(run, at, node)).length > 0)
			return true;
	}
	return false;
}

static bool
has_decimals(RuleRun *run, const RuleOp *op, uint32_t node)
{
	Number limit = eval_number(run, op->first, node);
	Slice text = eval_text(run, op_at(run, op->first)->next, node), point;
	int64_t most = 0;

	if (text.bytes == NULL)
		return true;
	point = rules_find(text, (Slice){".", 1});
	if (point.bytes == NULL)
		return true;
	decimal_to_minor(limit.value, 0, &most);
	point.bytes++;
	point.length = text.length - (size_t) (point.bytes - text.bytes);
	return (int64_t) rules_count_chars(point) <= most;
}

/* Dates of two nodes; a zone behind the day is allowed and does not count. */
static bool
is_in_order(RuleRun *run, const RuleOp *op, uint32_t node)
{
	uint32_t at[2] = {op->first, op_at(run, op->first)->next}, nodes[2];
	Slice days[2];

	for (int i = 0; i < 2; i++)
	{
		nodes[i] = single_node(run, op_at(run, at[i]), node);
		days[i] = without_blanks(rules_node_text(run, nodes[i]));
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
	Slice text = without_blanks(eval_text(run, op->first, node));

	return run->codes == NULL || rule_code_known(run->codes, (RuleCodeList) op->detail, text);
}

/*
 * The official test looks for a text of up to two characters anywhere in a list of codes with
 * blanks between them, so nothing, a blank and a part of a code are found as well.
 */
static bool
is_part_of_code(RuleRun *run, const RuleOp *op, uint32_t node)
{
	Slice text = eval_text(run, op->first, node);
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
	Slice name = run->program->literals[op_at(run, op->first)->first];

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
	for (uint32_t at = op->first; at != 0; at = op_at(run, at)->next)
		if (any_node(run, op_at(run, at), node) != all)
			return !all;
	return all;
}

static bool
eval_texts(RuleRun *run, const RuleOp *op, uint32_t node)
{
	Slice text = eval_text(run, op->first, node), part;

	if (op->code == CODE_CHECK)
		return run->program->checks[op->detail]->holds(text);
	part = eval_text(run, op_at(run, op->first)->next, node);
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
	uint32_t second = op_at(run, op->first)->next, third = op_at(run, second)->next;
	Number amount = read_number(run, op->first, node, true);
	NodeCursor codes = cursor_open(run, op_at(run, second), node);
	uint32_t code, rate;
	Slice done[8];
	int count = 0, i;

	/* what is wrong with it is for the rules to say that ask for the sum */
	run->wrong = false;
	while ((code = rules_next_node(run, &codes)) != 0 && count < 8)
	{
		NodeCursor rates = cursor_open(run, op_at(run, third), node);
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
			Number value = number_of(rules_node_text(run, rate), true);

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

static bool
note_category(RuleRun *run, const RuleOp *op, uint32_t node)
{
	uint32_t second = op_at(run, op->first)->next;

	rules_note_category(run, op, eval_text(run, op->first, node), eval_bool(run, second, node));
	run->wrong = false;
	return true;
}

static bool
eval_bool(RuleRun *run, uint32_t number, uint32_t node)
{
	const RuleOp *op = op_at(run, number);
	uint32_t second;
	int64_t limit = 0;

	switch (op->code)
	{
		case CODE_TRUE:
			return true;
		case CODE_PATH:
			return any_node(run, op, node);
		case CODE_AND:
			return eval_bool(run, op->first, node) && !run->wrong &&
				   eval_bool(run, op_at(run, op->first)->next, node);
		case CODE_OR:
			return eval_bool(run, op->first, node) || run->wrong ||
				   eval_bool(run, op_at(run, op->first)->next, node);
		case CODE_NOT:
			return !eval_bool(run, op->first, node);
		case CODE_IF:
			second = op_at(run, op->first)->next;
			return eval_bool(
				run, eval_bool(run, op->first, node) ? second : op_at(run, second)->next, node);
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
			decimal_to_minor(eval_number(run, op->first, node).value, 0, &limit);
			limit -= count_nodes(run, op_at(run, op_at(run, op->first)->next), node);
			return op->code == CODE_EXACTLY ? limit == 0 : limit >= 0;
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
			second = single_node(run, op_at(run, op->first), node);
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
	return eval_bool(run, op, node);
}

Slice
rules_value_text(RuleRun *run, uint32_t number, uint32_t node)
{
	const RuleOp *op = op_at(run, number);
	Number value;
	char *room;
	bool counts = op->code == CODE_COUNT || op->code == CODE_LENGTH || op->code == CODE_DISTINCT ||
				  op->code == CODE_NUMBER;

	if (op->kind != KIND_NUMBER)
		return eval_text(run, number, node);
	value = eval_number(run, number, node);
	room = rules_scratch(run, DECIMAL_TEXT_SIZE);
	if (room == NULL || value.state != NUMBER_GOOD)
		return missing_text;
	return (Slice){room, (size_t) decimal_text(value.value, counts ? 0 : 2, room)};
}

int64_t
rules_count(RuleRun *run, uint32_t path, uint32_t node)
{
	return count_nodes(run, op_at(run, path), node);
}
