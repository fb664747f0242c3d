/*
 * xml_schema_compile.c: content models to positions and what may follow each (Glushkov's
 * construction).
 */
#include "core/xml_schema.h"

#include <string.h>

/* What a part of a model begins and ends with, as bits of the model's positions. */
typedef struct Part
{
	bool nullable;
	SchemaSet first, last;
} Part;

typedef struct Compiler
{
	XmlSchema *schema;
	const XmlVocabulary *vocabulary;
	SchemaModel *model;
	const char *at;
	bool failed;
} Compiler;

static Part parse_alternatives(Compiler *compiler);

static bool
is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
		   c == '.';
}

static void
join(SchemaSet *set, const SchemaSet *other)
{
	for (int i = 0; i < SCHEMA_SET_WORDS; i++)
		set->words[i] |= other->words[i];
}

static uint16_t
find_entry(Compiler *compiler, const char *name, size_t length)
{
	for (int i = 0; i < compiler->schema->entry_count; i++)
		if (strlen(compiler->schema->entries[i].name) == length &&
			memcmp(compiler->schema->entries[i].name, name, length) == 0)
			return (uint16_t) i;
	compiler->failed = true;
	return 0;
}

/* Every position in last may be followed by those of next. */
static void
link_parts(Compiler *compiler, const SchemaSet *last, const SchemaSet *next)
{
	for (int i = 0; i < compiler->model->count; i++)
		if (last->words[i / 64] >> (i % 64) & 1)
			join(&compiler->schema->positions[compiler->model->start + i].follow, next);
}

/* "{0,100}" or "?" behind an element or group. */
static void
parse_occurs(Compiler *compiler, int *least, int *most)
{
	*least = *most = 1;
	if (*compiler->at == '?')
	{
		*least = 0;
		compiler->at++;
	}
	else if (*compiler->at == '{')
	{
		*least = *most = 0;
		for (compiler->at++; *compiler->at >= '0' && *compiler->at <= '9'; compiler->at++)
			*least = *least * 10 + (*compiler->at - '0');
		for (compiler->at++; *compiler->at >= '0' && *compiler->at <= '9'; compiler->at++)
			*most = *most * 10 + (*compiler->at - '0');
		compiler->at++;
	}
}

static Part
parse_element(Compiler *compiler)
{
	XmlSchema *schema = compiler->schema;
	int number = compiler->model->count;
	SchemaPosition *position = &schema->positions[schema->position_count];
	const char *name = compiler->at, *type;
	char text[64];
	Part part;

	memset(&part, 0, sizeof(part));
	while (is_name(*compiler->at))
		compiler->at++;
	if (schema->position_count == SCHEMA_MAX_POSITIONS || number == SCHEMA_SET_WORDS * 64 ||
		compiler->at - name >= (long) sizeof(text) || *compiler->at != ':')
	{
		compiler->failed = true;
		return part;
	}
	memset(position, 0, sizeof(*position));
	position->name = name;
	position->name_length = (size_t) (compiler->at - name);
	memcpy(text, name, position->name_length);
	text[position->name_length] = '\0';
	position->name_number = xml_vocabulary_find(compiler->vocabulary, text);
	compiler->failed = compiler->failed || position->name_number == 0;
	type = ++compiler->at;
	while (is_name(*compiler->at))
		compiler->at++;
	position->entry = find_entry(compiler, type, (size_t) (compiler->at - type));
	parse_occurs(compiler, &position->least, &position->most);
	schema->position_count++;
	compiler->model->count++;
	part.nullable = position->least == 0;
	part.first.words[number / 64] = part.last.words[number / 64] = UINT64_C(1) << (number % 64);
	if (position->most > 1)
		join(&position->follow, &part.first);
	return part;
}

static Part
parse_item(Compiler *compiler)
{
	Part part;
	int least, most;

	if (*compiler->at != '(')
		return parse_element(compiler);
	compiler->at++;
	part = parse_alternatives(compiler);
	if (*compiler->at == ')')
		compiler->at++;
	else
		compiler->failed = true;
	parse_occurs(compiler, &least, &most);
	part.nullable = part.nullable || least == 0;
	compiler->failed = compiler->failed || most > 1; /* no schema here repeats a group */
	return part;
}

static Part
parse_sequence(Compiler *compiler)
{
	Part whole, next;

	memset(&whole, 0, sizeof(whole));
	whole.nullable = true;
	while (!compiler->failed)
	{
		while (*compiler->at == ' ')
			compiler->at++;
		if (*compiler->at == '\0' || *compiler->at == ')' || *compiler->at == '|')
			return whole;
		next = parse_item(compiler);
		link_parts(compiler, &whole.last, &next.first);
		if (whole.nullable)
			join(&whole.first, &next.first);
		if (!next.nullable)
			memset(&whole.last, 0, sizeof(whole.last));
		join(&whole.last, &next.last);
		whole.nullable = whole.nullable && next.nullable;
	}
	return whole;
}

static Part
parse_alternatives(Compiler *compiler)
{
	Part whole = parse_sequence(compiler), next;

	while (!compiler->failed && *compiler->at == '|')
	{
		compiler->at++;
		next = parse_sequence(compiler);
		whole.nullable = whole.nullable || next.nullable;
		join(&whole.first, &next.first);
		join(&whole.last, &next.last);
	}
	return whole;
}

bool
xml_schema_compile(XmlSchema *schema, const XmlVocabulary *vocabulary)
{
	Compiler compiler = {schema, vocabulary, NULL, NULL, schema->entry_count > SCHEMA_MAX_ENTRIES};

	if (schema->compiled)
		return schema->fits;
	schema->compiled = true;
	for (int i = 0; i < schema->entry_count && !compiler.failed; i++)
	{
		Part part;

		if (schema->entries[i].model == NULL)
			continue;
		compiler.model = &schema->models[i];
		compiler.model->start = (uint16_t) schema->position_count;
		compiler.model->count = 0;
		compiler.at = schema->entries[i].model;
		part = parse_alternatives(&compiler);
		compiler.failed = compiler.failed || *compiler.at != '\0';
		compiler.model->nullable = part.nullable;
		compiler.model->first = part.first;
		for (int k = 0; k < compiler.model->count; k++)
			schema->positions[compiler.model->start + k].last =
				(part.last.words[k / 64] >> (k % 64) & 1) != 0;
	}
	return schema->fits = !compiler.failed;
}
