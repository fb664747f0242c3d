/*
 * template_expression.c: "{{path|format}}" in texts, and tests.
 *
 *   {{due_date}}             a field of the invoice, in its natural format
 *   {{line.note?}}           may be missing
 *   {{payment_reference|reference}}
 *   {{label:due_date}}       a word in the document's language
 *   {{title}} {{page}} {{pages}}
 */
#include "core/template_program.h"

#include <stdio.h>
#include <string.h>

static const char *const format_names[FORMAT_COUNT] = {
	"raw", "money", "number", "date", "reference", "account", "unit", "postcode", "country"};
static const char *const flag_names[FLAG_COUNT] = {"credit", "self_billed", "payment", "foreign"};
static const char *const label_keys[TEMPLATE_LABEL_COUNT] = {
#define LABEL(name, key, en, nb, sv, da, fi, pl, ro) key,
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
static int
find_field(Slice path, unsigned scopes, char *problem, size_t room)
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
			if (scopes & SCOPE_OF(group))
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

/* What stands between {{ and }}. */
static PortStatus
compile_value(const TemplateProgram *program, Slice text, unsigned scopes, TemplateSegment *segment,
			  char *problem, size_t room)
{
	const char *bar = memchr(text.bytes, '|', text.length);
	Slice path = text, format = {NULL, 0};

	if (bar != NULL)
	{
		path.length = (size_t) (bar - text.bytes);
		format = trim((Slice){bar + 1, text.length - path.length - 1});
	}
	path = trim(path);
	if (starts_with(path, "label:"))
		return compile_label(program, trim((Slice){path.bytes + 6, path.length - 6}), segment,
							 problem, room);
	segment->kind = slice_is(path, "title")	  ? SEGMENT_TITLE
					: slice_is(path, "page")  ? SEGMENT_PAGE
					: slice_is(path, "pages") ? SEGMENT_PAGES
											  : SEGMENT_FIELD;
	if (segment->kind != SEGMENT_FIELD)
		return PORT_OK;
	segment->optional = path.length > 0 && path.bytes[path.length - 1] == '?';
	if (segment->optional)
		path.length--;
	segment->number = find_field(path, scopes, problem, room);
	if (segment->number < 0)
		return PORT_INVALID;
	segment->format = natural_format(segment->number);
	if (format.bytes != NULL)
	{
		int found = find_name(format_names, FORMAT_COUNT, format);

		if (found < 0)
		{
			snprintf(problem, room, "there is no format \"%.*s\" (field \"%.*s\")",
					 (int) (format.length < 40 ? format.length : 40), format.bytes,
					 (int) path.length, path.bytes);
			return PORT_INVALID;
		}
		segment->format = (TemplateFormat) found;
	}
	return PORT_OK;
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
template_compile_expression(TemplateProgram *program, Slice text, unsigned scopes,
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
							  scopes, &segment, problem, problem_room);
			text.length -= (size_t) (close + 2 - text.bytes);
			text.bytes = close + 2;
		}
		if (status == PORT_OK)
			status = add_segment(program, &segment, expression, problem, problem_room);
	}
	return status;
}

PortStatus
template_compile_test(TemplateProgram *program, Slice text, unsigned scopes, TemplateTest *test,
					  char *problem, size_t problem_room)
{
	const char *equals;
	Slice path;
	int flag;

	(void) program;
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
		test->field = -1;
		test->flag = (TemplateFlag) flag;
		return PORT_OK;
	}
	test->field = find_field(path, scopes, problem, problem_room);
	return test->field < 0 ? PORT_INVALID : PORT_OK;
}
