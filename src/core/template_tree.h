/*
 * template_tree.h: data of a document that is no invoice, or beside one: a tree as in JSON.
 *
 * The host builds it (src/document/document_tree.c from jsonb); a template names its values as
 * data.customer.name, lists as in="data.rows" and the element at hand as row.amount.
 */
#ifndef CORE_TEMPLATE_TREE_H
#define CORE_TEMPLATE_TREE_H

#include "core/invoice.h"

typedef enum TemplateNodeKind
{
	NODE_NULL,
	NODE_TEXT,
	NODE_NUMBER,
	NODE_BOOLEAN, /* text is true or false */
	NODE_OBJECT,
	NODE_LIST
} TemplateNodeKind;

typedef struct TemplateNode
{
	TemplateNodeKind kind;
	Slice key;	/* inside an object */
	Slice text; /* of a text, number or boolean */
	const struct TemplateNode *children;
	int count;
} TemplateNode;

/* The node at a path of names parted by dots, from root; NULL where there is none. */
extern const TemplateNode *template_tree_find(const TemplateNode *root, Slice path);
/* Text of a value; absent for NULL, null, objects and lists. */
extern Slice template_tree_text(const TemplateNode *node);

#endif
