/*
 * template_expression.c: "{{path|format}}" in texts, and tests.
 *
 *   {{due_date}}             a field of the invoice, in its natural format
 *   {{line.note?}}           may be missing
 *   {{payment_reference|reference}}
 *   {{label:due_date}}       a word in the document's language
 *   {{title}} {{page}} {{pages}}
 *   {{data.customer.since|date:long}}  {{brand.phone?}}  {{row.litres}}: of a tree
 *   {{sum:line.net_amount}} {{sum:data.rows.amount|money}} {{count:lines}} {{carried}}
 */
#include "core/template_compile.h"

#include <stdio.h>
#include <string.h>

static const char *const format_names[FORMAT_COUNT] = {"raw",		"money",   "number", "date",
													   "reference", "account", "unit",	 "postcode",
													   "country",	"text"};
static const char *const flag_names[FLAG_COUNT] = {"credit", "self_billed", "payment", "foreign",
												   "letter"};
static const char *const label_keys[TEMPLATE_LABEL_COUNT] = {
#define LABEL(name, key, en, nb, sv, da, fi, pl, ro, de) key,
#include "core/template_labels.def"
#undef LABEL
};
static const char *const prefixes[TEMPLATE_GROUP_COUNT] = {"invoice.", "line.", "tax.",
														   "adjustment."};

static Slice
trim(Slice text)
{
	while (text.length > 0 && strchr(" \t\r\n", *text.bytes) != NULL)
	{
		text.bytes++;
		text.length--;
	}
	while (text.length > 0 && strchr(" \t\r\n", text.bytes[text.length - 1]) != NULL)
		text.length--;
	return text;
}

static int
find_name(const char *const *names, int count, Slice name)
{
	for (int i = 0; i < count; i++)
		if (slice_is(name, names[i]))
			return i;
	return -1;
}

static bool
starts_with(Slice text, const char *prefix)
{
	size_t length = strlen(prefix);

	return text.length > length && memcmp(text.bytes, prefix, length) == 0;
}

/* The field with this path, -1 if there is none or its group is not in scope. */
int
template_find_field(Slice path, const TemplateScope *scope, char *problem, size_t room)
{
	TemplateGroup group = TEMPLATE_INVOICE;
	Slice rest = path;

	for (int i = 0; i < TEMPLATE_GROUP_COUNT; i++)
		if (starts_with(path, prefixes[i]))
		{
			group = (TemplateGroup) i;
			rest.bytes += strlen(prefixes[i]);
			rest.length -= strlen(prefixes[i]);
		}
	for (int i = 0; i < TEMPLATE_FIELD_COUNT; i++)
		if (template_field_info[i].group == group && slice_is(rest, template_field_info[i].path))
		{
			if (scope->groups & SCOPE_OF(group))
				return i;
			snprintf(problem, room, "field \"%.*s\" is only known inside its list",
					 (int) path.length, path.bytes);
			return -1;
		}
	snprintf(problem, room, "there is no field \"%.*s\"",
			 (int) (path.length < 80 ? path.length : 80), path.bytes);
	return -1;
}

static TemplateFormat
natural_format(int field)
{
	switch (template_field_info[field].type)
	{
		case TEMPLATE_TYPE_DATE:
			return FORMAT_DATE;
		case TEMPLATE_TYPE_MONEY:
		case TEMPLATE_TYPE_PRICE:
			return FORMAT_MONEY;
		case TEMPLATE_TYPE_QUANTITY:
			return FORMAT_NUMBER;
		case TEMPLATE_TYPE_TEXT:
			break;
	}
	return FORMAT_RAW;
}

/* ---------- trees and lists ---------- */

/* The innermost of that name. */
int
template_find_tree(Slice *path, const TemplateScope *scope)
{
	const char *dot = path->length > 0 ? memchr(path->bytes, '.', path->length) : NULL;
	size_t length = dot == NULL ? path->length : (size_t) (dot - path->bytes);

	for (int i = scope->tree_count - 1; i >= 0; i--)
		if (length > 0 && scope->tree_names[i].length == length &&
			memcmp(scope->tree_names[i].bytes, path->bytes, length) == 0)
		{
			length += dot != NULL ? 1 : 0;
			path->bytes += length;
			path->length -= length;
			return i;
		}
	return -1;
}

void
template_find_group(const TemplateScope *scope, int *tree, Slice *path)
{
	for (int i = 0; i < scope->grouped_count; i++) /* a group inside a group comes later */
		if (scope->grouped[i].tree == *tree && scope->grouped[i].path.length == path->length &&
			(path->length == 0 ||
			 memcmp(scope->grouped[i].path.bytes, path->bytes, path->length) == 0))
		{
			*tree = scope->grouped[i].group_tree;
			*path = (Slice){"", 0};
		}
}

bool
template_find_list(Slice text, const TemplateScope *scope, TemplateList *list, int *tree,
				   Slice *path)
{
	static const char *const names[LIST_TREE] = {"lines", "taxes", "adjustments",
												 "line_adjustments"};
	int found = find_name(names, LIST_TREE, text);

	*path = text;
	if (found >= 0)
	{
		*list = (TemplateList) found;
		return true;
	}
	*list = LIST_TREE;
	*tree = template_find_tree(path, scope);
	if (*tree < 0 || path->length == 0)
		return false;
	template_find_group(scope, tree, path);
	return true;
}

/* sum:line.net_amount, sum:data.rows.amount */
static PortStatus
compile_sum(Slice path, const TemplateScope *scope, TemplateSegment *segment, char *problem,
			size_t room)
{
	TemplateScope all = *scope;
	Slice rest = path;

	segment->tree = template_find_tree(&rest, scope);
	if (segment->tree >= 0)
	{
		size_t dot = rest.length;

		while (dot > 0 && rest.bytes[dot - 1] != '.')
			dot--;
		if (dot < 2)
		{
			snprintf(problem, room, "a sum needs a list and a value in it, as data.rows.amount");
			return PORT_INVALID;
		}
		segment->kind = SEGMENT_SUM_TREE;
		segment->path = path;
		segment->text = (Slice){rest.bytes, dot - 1};
		segment->of = (Slice){rest.bytes + dot, rest.length - dot};
		segment->format = FORMAT_NUMBER;
		template_find_group(scope, &segment->tree, &segment->text);
		return PORT_OK;
	}
	all.groups = ~0u;
	segment->kind = SEGMENT_SUM;
	segment->number = template_find_field(path, &all, problem, room);
	if (segment->number < 0)
		return PORT_INVALID;
	segment->format = natural_format(segment->number);
	if (template_field_info[segment->number].group == TEMPLATE_INVOICE ||
		segment->format == FORMAT_RAW || segment->format == FORMAT_DATE)
	{
		snprintf(problem, room, "field \"%.*s\" is no number of a list", slice_shown(path, 80),
				 path.bytes);
		return PORT_INVALID;
	}
	return PORT_OK;
}

static PortStatus
compile_count(Slice text, const TemplateScope *scope, TemplateSegment *segment, char *problem,
			  size_t room)
{
	TemplateList list;

	segment->kind = SEGMENT_COUNT;
	segment->format = FORMAT_NUMBER;
	if (!template_find_list(text, scope, &list, &segment->tree, &segment->text))
	{
		snprintf(problem, room, "there is no list \"%.*s\"", slice_shown(text, 80), text.bytes);
		return PORT_INVALID;
	}
	segment->number = (int) list;
	return PORT_OK;
}

static PortStatus
add_segment(TemplateProgram *program, const TemplateSegment *segment,
			TemplateExpression *expression, char *problem, size_t room)
{
	if (program->segment_count == TEMPLATE_MAX_SEGMENTS)
	{
		snprintf(problem, room, "there are more than %d values", TEMPLATE_MAX_SEGMENTS);
		return PORT_INVALID;
	}
	program->segments[program->segment_count++] = *segment;
	expression->count++;
	return PORT_OK;
}

static PortStatus
compile_label(const TemplateProgram *program, Slice key, TemplateSegment *segment, char *problem,
			  size_t room)
{
	segment->number = find_name(label_keys, TEMPLATE_LABEL_COUNT, key);
	segment->kind = SEGMENT_LABEL;
	for (int i = 0; i < program->label_count; i++)
		if (program->labels[i].key.length == key.length &&
			memcmp(program->labels[i].key.bytes, key.bytes, key.length) == 0)
		{
			segment->kind = SEGMENT_OWN_LABEL;
			segment->text = key;
			return PORT_OK;
		}
	if (segment->number >= 0)
		return PORT_OK;
	snprintf(problem, room, "there is no label \"%.*s\"", (int) (key.length < 80 ? key.length : 80),
			 key.bytes);
	return PORT_INVALID;
}

/* money:EUR, number:2, date:short, date:long, date:month */
static bool
format_takes_argument(int format, Slice argument)
{
	if (format == FORMAT_MONEY)
		return argument.length == 3;
	if (format == FORMAT_NUMBER)
		return argument.length == 1 && argument.bytes[0] >= '0' && argument.bytes[0] <= '9';
	return format == FORMAT_DATE && (slice_is(argument, "short") || slice_is(argument, "long") ||
									 slice_is(argument, "month"));
}

/* money, date:long: what stands behind the bar. */
static PortStatus
compile_format(Slice format, Slice path, TemplateSegment *segment, char *problem, size_t room)
{
	const char *colon = memchr(format.bytes, ':', format.length);
	Slice name = format;
	int found;

	if (colon != NULL)
	{
		name.length = (size_t) (colon - format.bytes);
		segment->argument = trim((Slice){colon + 1, format.length - name.length - 1});
	}
	name = trim(name);
	found = find_name(format_names, FORMAT_COUNT, name);
	if (found < 0 ||
		(segment->argument.bytes != NULL && !format_takes_argument(found, segment->argument)))
	{
		snprintf(problem, room, "there is no format \"%.*s\" (field \"%.*s\")",
				 slice_shown(format, 40), format.bytes, slice_shown(path, 80), path.bytes);
		return PORT_INVALID;
	}
	segment->format = (TemplateFormat) found;
	return PORT_OK;
}

/* A field, or a value of a tree. */
static PortStatus
compile_path(Slice path, const TemplateScope *scope, TemplateSegment *segment, char *problem,
			 size_t room)
{
	Slice rest = path;

	segment->tree = template_find_tree(&rest, scope);
	if (segment->tree >= 0)
	{
		segment->kind = SEGMENT_NODE;
		segment->text = rest;
		segment->of = path;
		segment->format = FORMAT_NATURAL;
		return PORT_OK;
	}
	segment->kind = SEGMENT_FIELD;
	segment->number = template_find_field(path, scope, problem, room);
	if (segment->number < 0)
		return PORT_INVALID;
	segment->format = natural_format(segment->number);
	return PORT_OK;
}

/* What stands between {{ and }}. */
static PortStatus
compile_value(const TemplateProgram *program, Slice text, const TemplateScope *scope,
			  TemplateSegment *segment, char *problem, size_t room)
{
	const char *bar = memchr(text.bytes, '|', text.length);
	Slice path = text;
	PortStatus status;

	if (bar != NULL)
		path.length = (size_t) (bar - text.bytes);
	path = trim(path);
	if (starts_with(path, "label:"))
		return compile_label(program, trim((Slice){path.bytes + 6, path.length - 6}), segment,
							 problem, room);
	segment->kind = slice_is(path, "title")	  ? SEGMENT_TITLE
					: slice_is(path, "page")  ? SEGMENT_PAGE
					: slice_is(path, "pages") ? SEGMENT_PAGES
											  : SEGMENT_FIELD;
	segment->format = FORMAT_MONEY;
	if (segment->kind != SEGMENT_FIELD)
		return PORT_OK;
	segment->optional = path.length > 0 && path.bytes[path.length - 1] == '?';
	if (segment->optional)
		path.length--;
	if (slice_is(path, "carried"))
		segment->kind = SEGMENT_CARRIED;
	if (starts_with(path, "sum:"))
		status = compile_sum(trim((Slice){path.bytes + 4, path.length - 4}), scope, segment,
							 problem, room);
	else if (starts_with(path, "count:"))
		status = compile_count(trim((Slice){path.bytes + 6, path.length - 6}), scope, segment,
							   problem, room);
	else if (segment->kind == SEGMENT_FIELD)
		status = compile_path(path, scope, segment, problem, room);
	else
		status = PORT_OK;
	if (status != PORT_OK || bar == NULL)
		return status;
	return compile_format(trim((Slice){bar + 1, text.length - (size_t) (bar + 1 - text.bytes)}),
						  path, segment, problem, room);
}

static const char *
find_pair(Slice text, const char *pair)
{
	for (size_t i = 0; i + 1 < text.length; i++)
		if (text.bytes[i] == pair[0] && text.bytes[i + 1] == pair[1])
			return text.bytes + i;
	return NULL;
}

PortStatus
template_compile_expression(TemplateProgram *program, Slice text, const TemplateScope *scope,
							TemplateExpression *expression, char *problem, size_t problem_room)
{
	PortStatus status = PORT_OK;

	expression->first = program->segment_count;
	expression->count = 0;
	while (text.length > 0 && status == PORT_OK)
	{
		TemplateSegment segment = {.kind = SEGMENT_LITERAL, .text = text};
		const char *open = find_pair(text, "{{"), *close;

		if (open != text.bytes)
		{
			segment.text.length = open == NULL ? text.length : (size_t) (open - text.bytes);
			text.bytes += segment.text.length;
			text.length -= segment.text.length;
		}
		else
		{
			close = find_pair(text, "}}");
			if (close == NULL)
			{
				snprintf(problem, problem_room, "a value has no end: \"%.*s\"",
						 (int) (text.length < 40 ? text.length : 40), text.bytes);
				return PORT_INVALID;
			}
			segment.text = (Slice){NULL, 0};
			status =
				compile_value(program, (Slice){text.bytes + 2, (size_t) (close - text.bytes) - 2},
							  scope, &segment, problem, problem_room);
			text.length -= (size_t) (close + 2 - text.bytes);
			text.bytes = close + 2;
		}
		if (status == PORT_OK)
			status = add_segment(program, &segment, expression, problem, problem_room);
	}
	return status;
}

PortStatus
template_compile_test(Slice text, const TemplateScope *scope, TemplateTest *test, char *problem,
					  size_t problem_room)
{
	const char *equals;
	Slice path;
	int flag;

	memset(test, 0, sizeof(*test));
	test->present = true;
	text = trim(text);
	if (text.length > 0 && *text.bytes == '!')
	{
		test->negated = true;
		text = trim((Slice){text.bytes + 1, text.length - 1});
	}
	path = text;
	equals = text.length > 0 ? memchr(text.bytes, '=', text.length) : NULL;
	if (equals != NULL)
	{
		path.length = (size_t) (equals - text.bytes);
		test->equals = trim((Slice){equals + 1, text.length - path.length - 1});
		if (path.length > 0 && path.bytes[path.length - 1] == '!')
		{
			path.length--;
			test->negated = !test->negated;
		}
		path = trim(path);
	}
	flag = find_name(flag_names, FLAG_COUNT, path);
	if (flag >= 0)
	{
		test->field = TEST_FLAG;
		test->flag = (TemplateFlag) flag;
		return PORT_OK;
	}
	test->path = path;
	test->tree = template_find_tree(&test->path, scope);
	if (test->tree >= 0)
	{
		test->field = TEST_TREE;
		return PORT_OK;
	}
	test->field = template_find_field(path, scope, problem, problem_room);
	return test->field < 0 ? PORT_INVALID : PORT_OK;
}
