/*
 * document_tree.c: walks binary jsonb once and keeps pointers into it; only numbers are written
 * out.
 */
#include "document/document_tree.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

static void take_container(TemplateNode *node, JsonbContainer *container);
static void take_value(TemplateNode *node, const JsonbValue *value);

const TemplateNode *
document_tree(Jsonb *jsonb)
{
	TemplateNode *root = palloc0(sizeof(TemplateNode));

	take_container(root, &jsonb->root);
	return root;
}

static void
take_container(TemplateNode *node, JsonbContainer *container)
{
	JsonbIterator *iterator = JsonbIteratorInit(container);
	int room = JsonContainerSize(container), at = 0;
	TemplateNode *children = palloc0(sizeof(TemplateNode) * (room + 1));
	JsonbIteratorToken token;
	JsonbValue value;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	node->kind = JsonContainerIsObject(container) ? NODE_OBJECT : NODE_LIST;
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			children[at].key = (Slice){value.val.string.val, (size_t) value.val.string.len};
		else if ((token == WJB_VALUE || token == WJB_ELEM) && at < room)
			take_value(&children[at++], &value);
	}
	node->children = children;
	node->count = at;
}

static void
take_value(TemplateNode *node, const JsonbValue *value)
{
	const char *text;

	switch (value->type)
	{
		case jbvString:
			node->kind = NODE_TEXT;
			node->text = (Slice){value->val.string.val, (size_t) value->val.string.len};
			break;
		case jbvNumeric:
			node->kind = NODE_NUMBER;
			text = DatumGetCString(
				DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
			node->text = (Slice){text, strlen(text)};
			break;
		case jbvBool:
			node->kind = NODE_BOOLEAN;
			text = value->val.boolean ? "true" : "false";
			node->text = (Slice){text, strlen(text)};
			break;
		case jbvBinary:
			take_container(node, value->val.binary.data);
			break;
		default:
			node->kind = NODE_NULL;
	}
}
