/*
 * rules_paths.c: the paths that rules mention, as a state machine.
 *
 * Apart from the tree below the document element there are floating paths: a name that a rule looks
 * for anywhere has one, for elements in places that no rule mentions.
 */
#include "core/rules_parse.h"

#include <stdio.h>
#include <string.h>

static uint32_t
slot_of(uint16_t parent, uint16_t name)
{
	return ((uint32_t) parent * 40503u + (uint32_t) name * 2654435761u) >> 7 &
		   (RULE_MAX_CHILDREN - 1);
}

uint16_t
rules_child_path(const RuleProgram *program, uint16_t parent, uint16_t space, uint16_t name)
{
	uint32_t at = slot_of(parent, name);

	for (; program->children[at] != 0; at = (at + 1) & (RULE_MAX_CHILDREN - 1))
	{
		const RulePath *path = &program->paths[program->children[at]];

		if (path->parent == parent && path->name == name && path->space == space)
			return program->children[at];
	}
	return 0;
}

char *
rules_keep_text(RuleProgram *program, const char *text, size_t length)
{
	char *copy = program->texts + program->text_length;

	if (program->text_length + length + 1 > sizeof(program->texts))
	{
		program->failed = true;
		program->text_length = 0;
		return program->texts;
	}
	memcpy(copy, text, length);
	copy[length] = '\0';
	program->text_length += length + 1;
	return copy;
}

static bool
is_listed(const char *list, const char *name, size_t length)
{
	char word[80];

	if (list == NULL || length + 3 > sizeof(word))
		return false;
	word[0] = ' ';
	memcpy(word + 1, name, length);
	word[length + 1] = ' ';
	word[length + 2] = '\0';
	return strstr(list, word) != NULL;
}

static uint16_t
number_of(RuleProgram *program, const char *name, size_t length)
{
	char word[120];
	uint16_t number;

	length = length < sizeof(word) ? length : sizeof(word) - 1;
	memcpy(word, name, length);
	word[length] = '\0';
	number = xml_vocabulary_find(program->vocabulary, word);
	if (number == 0)
		number = xml_vocabulary_add(program->vocabulary, rules_keep_text(program, name, length));
	program->failed |= number == 0;
	return number;
}

/* Of the namespace with this prefix. */
static uint16_t
space_number(RuleProgram *program, const char *prefix, size_t length)
{
	const RuleNamespace *space = program->syntax->namespaces;

	for (int i = 0; space != NULL && space[i].prefix != NULL; i++)
	{
		if (strlen(space[i].prefix) != length || memcmp(space[i].prefix, prefix, length) != 0)
			continue;
		if (program->spaces[i] == 0)
			program->spaces[i] = number_of(program, space[i].address, strlen(space[i].address));
		return program->spaces[i];
	}
	return 0;
}

void
rules_name(RuleProgram *program, const char *text, size_t length, uint16_t *space, uint16_t *name)
{
	const RuleNamespace *spaces = program->syntax->namespaces;
	const char *colon = memchr(text, ':', length);

	if (*text == '@')
	{
		*space = RULE_ATTRIBUTE_SPACE;
		*name = number_of(program, text + 1, length - 1);
		return;
	}
	if (colon != NULL)
	{
		*space = space_number(program, text, (size_t) (colon - text));
		length -= (size_t) (colon + 1 - text);
		text = colon + 1;
	}
	*name = number_of(program, text, length);
	if (colon != NULL)
		return;
	if (rules_build.spaces[*name] == 0)
	{
		const RuleNamespace *at = spaces;

		while (at != NULL && at->prefix != NULL && at->names != NULL &&
			   !is_listed(at->names, text, length))
			at++;
		rules_build.spaces[*name] = (uint8_t) (at == NULL ? 1 : at - spaces + 1);
	}
	spaces = spaces == NULL ? NULL : &spaces[rules_build.spaces[*name] - 1];
	*space = spaces == NULL || spaces->prefix == NULL
				 ? 0
				 : space_number(program, spaces->prefix, strlen(spaces->prefix));
}

static bool
is_line(const RuleProgram *program, uint16_t parent, uint16_t space, uint16_t name)
{
	const char *text = program->vocabulary->names[name];

	return parent != 0 && parent == program->line_parent && space != RULE_ATTRIBUTE_SPACE &&
		   is_listed(program->syntax->lines, text, strlen(text));
}

uint16_t
rules_add_path(RuleProgram *program, uint16_t parent, uint16_t space, uint16_t name)
{
	uint16_t number = rules_child_path(program, parent, space, name);
	uint32_t at = slot_of(parent, name);
	RulePath *path;
	const RulePath *above = &program->paths[parent];

	if (number != 0)
		return number;
	if (program->path_count + 1 >= RULE_MAX_PATHS)
	{
		program->failed = true;
		return 0;
	}
	while (program->children[at] != 0)
		at = (at + 1) & (RULE_MAX_CHILDREN - 1);
	number = (uint16_t) ++program->path_count;
	program->children[at] = number;
	path = &program->paths[number];
	path->parent = parent;
	path->space = space;
	path->name = name;
	path->depth = (uint8_t) (above->depth + 1);
	path->flags = above->flags & (PATH_IN_LINE | PATH_FLOATING);
	if (parent == 0)
		path->flags |= PATH_FLOATING;
	if (is_line(program, parent, space, name))
		path->flags |= PATH_LINE | PATH_IN_LINE;
	if (space == RULE_ATTRIBUTE_SPACE)
		program->paths[parent].flags |= PATH_ATTRIBUTES;
	return number;
}

uint16_t
rules_add_step(RuleProgram *program, uint16_t parent, const char *text, size_t length)
{
	uint16_t space, name;

	rules_name(program, text, length, &space, &name);
	return rules_add_path(program, parent, space, name);
}
