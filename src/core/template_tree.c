/*
 * template_tree.c: values of a tree by path.
 */
#include "core/template_tree.h"

#include <string.h>

static const TemplateNode *
find_child(const TemplateNode *node, Slice key)
{
	for (int i = 0; i < node->count; i++)
		if (node->children[i].key.length == key.length &&
			memcmp(node->children[i].key.bytes, key.bytes, key.length) == 0)
			return &node->children[i];
	return NULL;
}

const TemplateNode *
template_tree_find(const TemplateNode *root, Slice path)
{
	while (root != NULL && path.length > 0)
	{
		const char *dot = memchr(path.bytes, '.', path.length);
		Slice key = path;

		if (dot != NULL)
			key.length = (size_t) (dot - path.bytes);
		if (root->kind != NODE_OBJECT)
			return NULL;
		root = find_child(root, key);
		path.bytes += key.length + (dot != NULL ? 1 : 0);
		path.length -= key.length + (dot != NULL ? 1 : 0);
	}
	return root;
}

Slice
template_tree_text(const TemplateNode *node)
{
	if (node == NULL || node->kind == NODE_NULL || node->kind == NODE_OBJECT ||
		node->kind == NODE_LIST)
		return (Slice){NULL, 0};
	return node->text;
}
