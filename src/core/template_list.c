/*
 * template_list.c: the rows that table, each and chart go over.
 *
 * Lines and lists of the data can be grouped by one of their values: groups come in the order of
 * their first rows, rows in their own order, whatever order the sender chose.
 */
#include "core/template_state.h"

#include <stdlib.h>
#include <string.h>

typedef struct OrderedRow
{
	const void *row;
	Slice value;
	int index, first; /* of this row; of the first row of its group */
} OrderedRow;

/* Rows as the windows of groups point into, and behind them where each group ends. */
typedef struct GroupOrder
{
	const void **rows;	 /* as the list has them: laid out or packed */
	TemplateNode *nodes; /* of a list of the data, instead */
	int *ends;
	int count;
} GroupOrder;

static TemplateGroup
list_group(TemplateList list)
{
	return list == LIST_LINES	? TEMPLATE_LINE
		   : list == LIST_TAXES ? TEMPLATE_TAX
								: TEMPLATE_ADJUSTMENT;
}

/* Which rows of the group the list has. */
static void
find_bounds(const TemplateRun *run, TemplateList list, const TemplateRows *rows, int *first,
			int *end)
{
	*first = 0;
	*end = rows->count;
	if (list == LIST_ADJUSTMENTS)
		template_rows_of_line(rows, (Slice){NULL, 0}, first, end);
	else if (list == LIST_LINE_ADJUSTMENTS)
	{
		Slice line_no = TEMPLATE_VALUE(run->rows[TEMPLATE_LINE], LINE, NO);

		*end = 0;
		if (line_no.length > 0)
			template_rows_of_line(rows, line_no, first, end);
	}
}

/* Puts a row at hand, laid out where it was packed. */
static void
take_row(TemplateRun *run, TemplateGroup group, const TemplateRows *rows, int row)
{
	run->packed[group] = rows->packed == NULL ? NULL : rows->packed[row];
	run->rows[group] = template_row(rows, row, template_group_size(group), run->space[group]);
}

/* ---------- groups ---------- */

static int
compare_values(const void *one, const void *other)
{
	const OrderedRow *a = one, *b = other;
	size_t shorter = a->value.length < b->value.length ? a->value.length : b->value.length;
	int order = shorter == 0 ? 0 : memcmp(a->value.bytes, b->value.bytes, shorter);

	if (order == 0 && a->value.length != b->value.length)
		order = a->value.length < b->value.length ? -1 : 1;
	return order != 0 ? order : a->index - b->index;
}

static int
compare_places(const void *one, const void *other)
{
	const OrderedRow *a = one, *b = other;

	return a->first != b->first ? a->first - b->first : a->index - b->index;
}

static bool
same_value(const OrderedRow *a, const OrderedRow *b)
{
	return a->value.length == b->value.length &&
		   (a->value.length == 0 || memcmp(a->value.bytes, b->value.bytes, a->value.length) == 0);
}

static void
collect_rows(const TemplateLoop *loop, OrderedRow *ordered)
{
	const TemplateRows *rows = &loop->rows;
	int at = loop->block->group_field - (int) template_group_first(TEMPLATE_LINE);

	for (int i = 0; i < rows->count; i++)
		ordered[i] = (OrderedRow){rows->packed != NULL ? (const void *) rows->packed[i]
													   : (const void *) rows->rows[i],
								  template_row_value(rows, i, at), i, i};
}

static void
collect_nodes(const TemplateLoop *loop, OrderedRow *ordered)
{
	for (int i = 0; i < loop->list->count; i++)
	{
		const TemplateNode *node = &loop->list->children[i];
		Slice value = template_tree_text(template_tree_find(node, loop->block->group_path));

		ordered[i] = (OrderedRow){node, value, i, i};
	}
}

static void
order_rows(OrderedRow *ordered, int count)
{
	qsort(ordered, (size_t) count, sizeof(OrderedRow), compare_values);
	for (int i = 1; i < count; i++)
		if (same_value(&ordered[i - 1], &ordered[i]))
			ordered[i].first = ordered[i - 1].first;
	qsort(ordered, (size_t) count, sizeof(OrderedRow), compare_places);
}

/* Elements of a list of the data have to stand side by side: their nodes are copied. */
static bool
group_rows(const TemplateRun *run, TemplateLoop *loop)
{
	const Port *port = run->program->port;
	bool tree = loop->block->list == LIST_TREE;
	int count = tree ? (loop->list == NULL ? 0 : loop->list->count) : loop->rows.count;
	size_t size = tree ? sizeof(TemplateNode) : sizeof(void *), room = (size_t) count + 1;
	OrderedRow *ordered = port_alloc_array(port, room, sizeof(OrderedRow));
	GroupOrder *order = port->alloc(port->host, sizeof(GroupOrder) + room * (size + sizeof(int)));

	if (ordered == NULL || order == NULL)
		return false;
	order->rows = (const void **) (void *) (order + 1);
	order->nodes = (TemplateNode *) (void *) (order + 1);
	order->ends = (int *) (void *) ((char *) (order + 1) + room * size);
	order->count = 0;
	if (tree && count > 0)
		collect_nodes(loop, ordered);
	else if (!tree)
		collect_rows(loop, ordered);
	order_rows(ordered, count);
	for (int i = 0; i < count; i++)
	{
		if (i > 0 && ordered[i].first != ordered[i - 1].first)
			order->ends[order->count++] = i;
		if (tree)
			order->nodes[i] = *(const TemplateNode *) ordered[i].row;
		else
			order->rows[i] = ordered[i].row;
	}
	if (count > 0)
		order->ends[order->count++] = count;
	port->release(port->host, ordered);
	loop->order = order;
	loop->last = order->count - 1;
	return true;
}

/* ---------- loops ---------- */

static void
begin_tree(TemplateRun *run, TemplateLoop *loop)
{
	const TemplateBlock *block = loop->block;

	loop->list = template_tree_find(run->trees[block->tree], block->path);
	if (loop->list != NULL && loop->list->kind == NODE_NULL)
		loop->list = NULL;
	if ((loop->list == NULL && !block->optional_list) ||
		(loop->list != NULL && loop->list->kind != NODE_LIST))
	{
		port_fault(run->fault, PORT_INVALID, "TEMPLATE-FIELD",
				   "template \"%.60s\", block <%s> in line %d: list \"%.*s\" is %s",
				   run->program->name.bytes, template_block_name(block->kind), block->line,
				   slice_shown(block->name, 60), block->name.bytes,
				   loop->list == NULL ? "missing" : "no list");
		loop->list = NULL;
	}
	loop->last = loop->list == NULL ? -1 : loop->list->count - 1;
}

static void
begin_groups(TemplateRun *run, TemplateLoop *loop)
{
	loop->last = -1;
	if (!group_rows(run, loop))
		port_fault(run->fault, PORT_NO_MEMORY, "", "no memory");
}

void
template_loop_begin(TemplateRun *run, TemplateLoop *loop, const TemplateBlock *block)
{
	TemplateGroup group = list_group(block->list);

	memset(loop, 0, sizeof(*loop));
	loop->block = block;
	if (block->list == LIST_TREE)
	{
		loop->outer_tree = run->trees[block->row_tree];
		begin_tree(run, loop);
		if (block->group_path.bytes != NULL)
		{
			loop->outer_group = run->trees[block->group_tree];
			begin_groups(run, loop);
		}
		return;
	}
	loop->outer_row = run->rows[group];
	loop->outer_packed = run->packed[group];
	loop->outer_rows = loop->rows = run->lists[group];
	if (block->group_field >= 0)
	{
		begin_groups(run, loop);
		return;
	}
	find_bounds(run, block->list, &loop->rows, &loop->next, &loop->last);
	loop->last--;
}

static void
take_group(TemplateRun *run, TemplateLoop *loop)
{
	const GroupOrder *order = loop->order;
	int start = loop->next == 0 ? 0 : order->ends[loop->next - 1];
	TemplateRows *lines = &run->lists[TEMPLATE_LINE];

	*lines = (TemplateRows){order->ends[loop->next] - start, NULL, NULL};
	if (loop->rows.packed != NULL)
		lines->packed = (const char *const *) (const void *) (order->rows + start);
	else
		lines->rows = (const Slice *const *) (const void *) (order->rows + start);
	take_row(run, TEMPLATE_LINE, lines, 0);
	loop->next++;
}

static void
take_nodes(TemplateRun *run, TemplateLoop *loop)
{
	const GroupOrder *order = loop->order;
	int start = loop->next == 0 ? 0 : order->ends[loop->next - 1];

	loop->group = (TemplateNode){.kind = NODE_LIST,
								 .children = order->nodes + start,
								 .count = order->ends[loop->next] - start};
	run->trees[loop->block->group_tree] = &loop->group;
	run->trees[loop->block->row_tree] = order->nodes + start;
	loop->next++;
}

/* Every list measured and set some times over, but no list inside itself time and again. */
static long
most_turns(const TemplateRun *run)
{
	return 5000000L + 100L * run->data->groups[TEMPLATE_LINE].count +
		   100L * run->data->groups[TEMPLATE_ADJUSTMENT].count;
}

bool
template_loop_next(TemplateRun *run, TemplateLoop *loop)
{
	TemplateGroup group = list_group(loop->block->list);
	const Port *port = run->program->port;

	if (loop->next > loop->last)
		return false;
	/* loops inside loops take long without a table that would look */
	if (++run->turns % 256 == 0 && port->interrupted(port->host))
	{
		run->fault->status = PORT_INTERRUPTED;
		return false;
	}
	if (run->turns > most_turns(run))
	{
		port_fault(run->fault, PORT_INVALID, "TEMPLATE-FIT",
				   "template \"%.60s\", block <%s> in line %d: lists inside one another take more "
				   "than %ld turns",
				   run->program->name.bytes, template_block_name(loop->block->kind),
				   loop->block->line, most_turns(run));
		return false;
	}
	if (loop->block->list == LIST_TREE && loop->order != NULL)
		take_nodes(run, loop);
	else if (loop->block->list == LIST_TREE)
		run->trees[loop->block->row_tree] = &loop->list->children[loop->next++];
	else if (loop->order != NULL)
		take_group(run, loop);
	else
		take_row(run, group, &loop->rows, loop->next++);
	return true;
}

static void
end_order(const TemplateRun *run, TemplateLoop *loop)
{
	const Port *port = run->program->port;

	if (loop->order != NULL)
		port->release(port->host, loop->order);
	loop->order = NULL;
}

void
template_loop_end(TemplateRun *run, TemplateLoop *loop)
{
	TemplateGroup group = list_group(loop->block->list);

	if (loop->block->list == LIST_TREE)
	{
		run->trees[loop->block->row_tree] = loop->outer_tree;
		if (loop->block->group_path.bytes != NULL)
			run->trees[loop->block->group_tree] = loop->outer_group;
		end_order(run, loop);
		return;
	}
	run->rows[group] = loop->outer_row;
	run->packed[group] = loop->outer_packed;
	if (loop->outer_packed != NULL)
		template_row_unpack(loop->outer_packed, template_group_size(group), run->space[group]);
	run->lists[group] = loop->outer_rows;
	end_order(run, loop);
}
