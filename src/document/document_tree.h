/*
 * document_tree.h: jsonb as a tree of a document's data.
 */
#ifndef DOCUMENT_TREE_H
#define DOCUMENT_TREE_H

#include "postgres.h"

#include "core/template_tree.h"
#include "utils/jsonb.h"

/* In the current memory context; texts point into the jsonb, which must live as long. */
extern const TemplateNode *document_tree(Jsonb *jsonb);

#endif
