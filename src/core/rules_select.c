/*
 * rules_select.c: the nodes that an operand means.
 */
#include "core/rules_evaluate.h"

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
static inline uint32_t
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

/*
 * The last node of a path below another one, 0 = none.  The chain of a path leads from its last
 * node backwards.  If that does not lead into the subtree at once, a small subtree is walked
 * instead.
 */
static inline uint32_t
last_below(const RuleRun *run, uint16_t path, uint32_t base)
{
	uint32_t end = run->nodes[base].end, at = run->heads[path];

	for (int steps = 0; at >= end; at = run->nodes[at].previous)
		if (steps++ == 8 && end - base < 256)
		{
			for (at = end - 1; at > base && run->nodes[at].path != path;)
				at--;
			break;
		}
	return at > base ? at : 0;
}

static inline bool
is_plain(const RuleRun *run, const RuleOp *op)
{
	return op->count == 1 && run->program->targets[op->first].conditions == 0;
}

NodeCursor
rules_open_cursor(const RuleRun *run, const RuleOp *op, uint32_t node)
{
	uint32_t base = base_of(run, op, node);
	NodeCursor cursor = {.op = op, .base = base, .plain = is_plain(run, op)};

	if (base == 0)
		cursor.target = op->count;
	else if (cursor.plain && (op->flags & OP_SELF))
	{
		cursor.base = 0;
		cursor.at = base;
	}
	else if (cursor.plain)
		cursor.at = last_below(run, run->program->targets[op->first].path, base);
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
		else if (!rules_eval_bool(run, condition->op, there))
			return false;
	}
	return true;
}

uint32_t
rules_next_of_any(RuleRun *run, NodeCursor *cursor)
{
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
		at = at == 0 ? last_below(run, target->path, cursor->base) : run->nodes[at].previous;
		for (; at > cursor->base; at = run->nodes[at].previous)
			if (target->conditions == 0 || rules_conditions_hold(run, target->conditions, at))
				return cursor->at = at;
	}
	return 0;
}

/* The one node of a path, 0 if there is none; several are wrong. */
uint32_t
rules_single_node(RuleRun *run, const RuleOp *op, uint32_t node)
{
	NodeCursor cursor;
	uint32_t first;

	if (is_plain(run, op))
	{
		uint32_t base = base_of(run, op, node);

		if (base == 0 || (op->flags & OP_SELF))
			return base;
		first = last_below(run, run->program->targets[op->first].path, base);
		if (first != 0 && run->nodes[first].previous > base)
			rules_note_wrong(run, "VALUE-SEVERAL", first);
		return first;
	}
	cursor = rules_open_cursor(run, op, node);
	first = rules_next_node(run, &cursor);

	if (first != 0 && (op->flags & OP_SELF) == 0 && rules_next_node(run, &cursor) != 0)
		rules_note_wrong(run, "VALUE-SEVERAL", first);
	return first;
}

int64_t
rules_count_nodes(RuleRun *run, const RuleOp *op, uint32_t node)
{
	NodeCursor cursor = rules_open_cursor(run, op, node);
	int64_t count = 0;

	while (rules_next_node(run, &cursor) != 0)
		count++;
	for (uint32_t i = 0; i < op->count; i++)
		if (run->program->targets[op->first + i].sum != 0)
			count += run->sums[run->program->targets[op->first + i].sum].count;
	return count;
}

bool
rules_any_node(RuleRun *run, const RuleOp *op, uint32_t node)
{
	NodeCursor cursor;
	const RuleTarget *target = &run->program->targets[op->first];

	if (is_plain(run, op) && target->sum == 0 && !(op->flags & OP_SELF))
	{
		uint32_t base = base_of(run, op, node);

		return base != 0 && last_below(run, target->path, base) != 0;
	}
	cursor = rules_open_cursor(run, op, node);
	if (rules_next_node(run, &cursor) != 0)
		return true;
	for (uint32_t i = 0; i < op->count; i++)
		if (run->program->targets[op->first + i].sum != 0 &&
			run->sums[run->program->targets[op->first + i].sum].count > 0)
			return true;
	return false;
}
