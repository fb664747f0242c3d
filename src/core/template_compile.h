/*
 * template_compile.h: the state of the compiler, shared by template_compile.c (structure),
 * template_attribute.c and template_expression.c only.
 */
#ifndef CORE_TEMPLATE_COMPILE_H
#define CORE_TEMPLATE_COMPILE_H

#include "core/template_program.h"

#define TEMPLATE_MAX_DEPTH 16

/* What may be named at a place: groups of fields, and trees by name. */
typedef struct TemplateScope
{
	unsigned groups; /* bits of SCOPE_OF */
	int tree_count;
	Slice tree_names[TEMPLATE_MAX_TREES]; /* empty: no name leads there */
	/* lists of which a group is at hand: their name means the group */
	struct
	{
		int tree, group_tree;
		Slice path;
	} grouped[TEMPLATE_MAX_TREES];
	int grouped_count;
} TemplateScope;

#define SCOPE_OF(group) (1u << (group))

typedef struct TemplateCompiler
{
	TemplateProgram *program;
	XmlReader *reader;
	PortFault *fault;
	int stack[TEMPLATE_MAX_DEPTH + 1];
	TemplateScope scopes[TEMPLATE_MAX_DEPTH + 1];
	int depth;
	bool any, stopped;
	ByteBuffer text; /* of the text or label that is open */
	TemplateLanguage label_language;
	Slice label_key;
} TemplateCompiler;

/* Stops the parser; the message gets template and block in front. */
extern void template_complain(TemplateCompiler *compiler, const char *rule, const char *block,
							  const char *problem);
extern Slice template_keep_text(TemplateCompiler *compiler, Slice text);

/* All attributes of a block; scope, where it stands, becomes the one of what stands in it. */
extern void template_take_attributes(TemplateCompiler *compiler, TemplateBlock *block,
									 const XmlElement *element, TemplateScope *scope);
extern void template_take_expression(TemplateCompiler *compiler, const char *block, Slice text,
									 const TemplateScope *scope, TemplateExpression *target);

/* Expressions, tests and lists: problem says what is wrong. */
extern PortStatus template_compile_expression(TemplateProgram *program, Slice text,
											  const TemplateScope *scope,
											  TemplateExpression *expression, char *problem,
											  size_t problem_room);
extern PortStatus template_compile_test(Slice text, const TemplateScope *scope, TemplateTest *test,
										char *problem, size_t problem_room);
/* A field of the group of lists, like line.item_id. */
extern int template_find_field(Slice path, const TemplateScope *scope, char *problem, size_t room);
/* The list of a tree, or the group of it that is at hand. */
extern void template_find_group(const TemplateScope *scope, int *tree, Slice *path);
/* The tree that a path starts with, -1 if none; path becomes the rest. */
extern int template_find_tree(Slice *path, const TemplateScope *scope);
/* The list a name or path means; false when there is none. */
extern bool template_find_list(Slice text, const TemplateScope *scope, TemplateList *list,
							   int *tree, Slice *path);

/* TEMPLATE-FIT: what ends beyond the page or does not fit beside another, whatever it shows. */
extern PortStatus template_check_places(const TemplateProgram *program, PortFault *fault);
/* Marks the zone of the recipient's address and the texts of it. */
extern void template_find_address(TemplateProgram *program);

#endif
