/*
 * rules_nodes.c: the elements and attributes of a document that rules mention.
 *
 * Runs inside of the XML library's callbacks: a failed allocation is remembered, nothing thrown.
 */
#include "core/rules_run.h"

#include <stdio.h>
#include <string.h>

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
more_nodes(RuleRun *run)
{
	uint32_t capacity = run->node_capacity == 0 ? 512 : run->node_capacity * 2;
	RuleNode *nodes;

	if (run->node_capacity > UINT32_MAX / 4)
		return false;
	nodes = port_resize_array(run->port, run->nodes, run->node_capacity, capacity, sizeof(*nodes));
	if (nodes == NULL)
		return false;
	run->nodes = nodes;
	run->node_capacity = capacity;
	return true;
}

static uint32_t
add_node(RuleRun *run, uint16_t path, uint32_t parent, int64_t line)
{
	RuleNode *node;
	uint32_t number = run->node_count;

	if (number + 1 >= run->node_capacity && !more_nodes(run))
	{
		run->failed = true;
		return 0;
	}
	node = &run->nodes[number];
	run->node_count++;
	node->parent = parent;
	node->end = RULE_OPEN;
	node->previous = run->heads[path];
	node->text = (uint32_t) run->text.length;
	node->length = 0;
	node->line = (uint32_t) line;
	node->path = path;
	node->flags = 0;
	run->heads[path] = number;
	return number;
}

/* A name that ends as some rule wants, in a place that no rule mentions. */
static uint16_t
unnamed_path(const RuleProgram *program, const XmlElement *element)
{
	size_t length = strlen(element->text);

	for (int i = 0; i < program->ending_count; i++)
	{
		size_t ending = strlen(program->endings[i].text);

		if (length >= ending &&
			memcmp(element->text + length - ending, program->endings[i].text, ending) == 0)
			return program->endings[i].path;
	}
	return program->any;
}

static uint16_t
look_up_path(const RuleProgram *program, uint16_t parent, const XmlElement *element)
{
	uint16_t path = 0;

	if (element->name != 0 && (element->space != 0 || element->address == NULL))
	{
		if (parent != 0)
			path = rules_child_path(program, parent, element->space, element->name);
		if (path == 0)
			path = rules_child_path(program, 0, element->space, element->name);
	}
	return path != 0 ? path : unnamed_path(program, element);
}

static uint16_t
path_of(RuleRun *run, const XmlElement *element)
{
	uint16_t parent;
	uint32_t slot;

	if (run->depth == 0)
		return RULE_ROOT;
	parent = run->open_paths[run->depth - 1];
	if (element->name == 0 || (element->space == 0 && element->address != NULL))
		return look_up_path(run->program, parent, element);
	slot = (parent * 31u + element->name) & (RULE_CACHE - 1);
	if (run->found[slot].parent != parent || run->found[slot].name != element->name ||
		run->found[slot].space != element->space)
	{
		run->found[slot].path = look_up_path(run->program, parent, element);
		run->found[slot].parent = parent;
		run->found[slot].name = element->name;
		run->found[slot].space = element->space;
	}
	return run->found[slot].path;
}

/* The library leaves an ampersand in an attribute as a character reference. */
static void
append_attribute(RuleRun *run, RuleNode *node, Slice value)
{
	static const char reference[] = "&#38;";

	for (size_t i = 0; i < value.length;)
	{
		const char *amp = memchr(value.bytes + i, '&', value.length - i);
		size_t plain = amp == NULL ? value.length - i : (size_t) (amp - value.bytes) - i + 1;

		buffer_append(&run->text, value.bytes + i, plain);
		i += plain;
		if (amp != NULL && value.length - (i - 1) >= 5 && memcmp(amp, reference, 5) == 0)
			i += 4;
	}
	node->length = (uint32_t) (run->text.length - node->text);
	for (size_t i = 0; i < value.length; i++)
		if (!is_blank(value.bytes[i]))
		{
			node->flags |= NODE_FILLED;
			break;
		}
}

static void
add_attributes(RuleRun *run, uint32_t parent, uint16_t path, const XmlElement *element,
			   int64_t line)
{
	for (int i = 0; i < element->attribute_count; i++)
	{
		const XmlAttribute *attribute = &element->attributes[i];
		uint16_t child;
		uint32_t node;

		if (attribute->name == 0 || attribute->prefix != NULL)
			continue;
		child = rules_child_path(run->program, path, RULE_ATTRIBUTE_SPACE, attribute->name);
		if (child == 0)
			continue;
		node = add_node(run, child, parent, line);
		if (node == 0)
			return;
		append_attribute(run, &run->nodes[node], attribute->value);
		run->nodes[node].end = run->node_count;
	}
}

void
rules_run_start(RuleRun *run, const XmlElement *element, int64_t line)
{
	uint16_t path;
	uint32_t node = 0, parent = 0;

	if (run->failed || run->depth + 1 >= RULE_MAX_DEPTH)
	{
		run->depth++;
		return;
	}
	path = path_of(run, element);
	if (run->depth > 0)
		parent = run->open_nodes[run->depth - 1];
	if (parent != 0)
		run->nodes[parent].flags |= NODE_PARENT;
	/* a floating node below an unknown one hangs on the nearest that is kept */
	for (int i = run->depth - 2; parent == 0 && i >= 0; i--)
		parent = run->open_nodes[i];
	if (path != 0)
		node = add_node(run, path, parent, line);
	run->open_paths[run->depth] = path;
	run->open_nodes[run->depth] = node;
	run->depth++;
	run->text_node = 0;
	if (node == 0)
		return;
	if (run->program->paths[path].flags & (PATH_TEXT | PATH_FILLED))
		run->text_node = node;
	if (run->program->paths[path].flags & PATH_ATTRIBUTES)
		add_attributes(run, node, path, element, line);
	run->nodes[node].text = (uint32_t) run->text.length;
	if ((run->program->paths[path].flags & PATH_LINE) && run->line_node == 0)
	{
		run->line_node = node;
		run->line_count++;
	}
}

void
rules_run_text(RuleRun *run, const char *bytes, size_t length)
{
	RuleNode *node;

	if (run->text_node == 0 || run->failed)
		return;
	node = &run->nodes[run->text_node];
	for (size_t i = 0; (node->flags & NODE_FILLED) == 0 && i < length; i++)
		if (!is_blank(bytes[i]))
			node->flags |= NODE_FILLED;
	if ((run->program->paths[node->path].flags & PATH_TEXT) == 0)
		return;
	buffer_append(&run->text, bytes, length);
	node->length += (uint32_t) length;
}

void
rules_drop_nodes(RuleRun *run, uint32_t from)
{
	for (uint32_t i = run->node_count; i > from; i--)
		run->heads[run->nodes[i - 1].path] = run->nodes[i - 1].previous;
	if (run->node_count > from)
	{
		run->text.length = run->nodes[from].text;
		memset(run->ordinals, 0, sizeof(run->ordinals));
	}
	run->node_count = from;
}

/* -- places for a person -------------------------------------------------------------------- */

static const char *
prefix_of(const RuleRun *run, const RulePath *path)
{
	const RuleNamespace *space = run->program->syntax->namespaces;

	/* a path of a namespace has its number noted */
	for (int i = 0; path->space != 0 && space != NULL && space[i].prefix != NULL; i++)
		if (path->space == run->program->spaces[i])
			return space[i].prefix;
	return NULL;
}

/* How many siblings of the same name there are up to a node, itself counted. */
static int64_t
count_siblings(RuleRun *run, uint32_t node)
{
	const RuleNode *nodes = run->nodes;
	RuleOrdinal *known = &run->ordinals[nodes[node].path % RULE_ORDINALS];
	bool usable = known->node != 0 && nodes[known->node].path == nodes[node].path &&
				  nodes[known->node].parent == nodes[node].parent;
	int64_t count = 1;
	uint32_t at;

	if (usable && known->node >= node)
	{
		count = known->count;
		for (at = known->node; at > node; at = nodes[at].previous)
			count--;
	}
	else
		for (at = nodes[node].previous; at != 0 && nodes[at].parent == nodes[node].parent;
			 at = nodes[at].previous)
		{
			if (usable && at == known->node)
			{
				count += known->count;
				break;
			}
			count++;
		}
	known->node = node;
	known->count = count;
	return count;
}

/* Does another of the same name follow? */
static bool
has_next_sibling(const RuleRun *run, uint32_t node)
{
	const RuleNode *nodes = run->nodes;
	uint32_t end = nodes[nodes[node].parent].end;

	if (end == RULE_OPEN)
		end = run->node_count;
	for (uint32_t at = nodes[node].end; at < end; at = nodes[at].end)
	{
		if (nodes[at].path == nodes[node].path)
			return true;
		if (nodes[at].end == RULE_OPEN)
			return false;
	}
	return false;
}

/* The number among siblings of the same name, 0 if it is the only one so far. */
static int64_t
ordinal_of(const RuleRun *run, uint32_t node)
{
	int64_t count;

	if (run->program->paths[run->nodes[node].path].flags & PATH_LINE)
		return run->line_count;
	/* what is remembered is no part of what is judged */
	count = count_siblings((RuleRun *) (uintptr_t) run, node);
	return count > 1 || has_next_sibling(run, node) ? count : 0;
}

static size_t
write_step(const RuleRun *run, uint32_t node, char *out, size_t size)
{
	const RulePath *path = &run->program->paths[run->nodes[node].path];
	const char *name = run->program->vocabulary->names[path->name];
	const char *prefix = prefix_of(run, path);
	int64_t ordinal = ordinal_of(run, node);
	size_t length;

	if (path->space == RULE_ATTRIBUTE_SPACE)
		snprintf(out, size, "/@%s", name);
	else if (prefix != NULL)
		snprintf(out, size, "/%s:%s", prefix, name);
	else
		snprintf(out, size, "/%s", *name == '%' ? "..." : name);
	length = strlen(out);
	if (ordinal > 0)
		snprintf(out + length, size - length, "[%lld]", (long long) ordinal);
	return strlen(out);
}

void
rules_write_path(const RuleRun *run, uint32_t node, char *out, size_t size)
{
	uint32_t way[32];
	int count = 0;
	size_t length;

	for (; node != 0 && run->nodes[node].path != RULE_ROOT && count < 32;
		 node = run->nodes[node].parent)
		way[count++] = node;
	snprintf(out, size, "/%s", run->root);
	length = strlen(out);
	while (count > 0 && length + 1 < size)
		length += write_step(run, way[--count], out + length, size - length);
}
