/*
 * advisory_tree.c: the advisory layer's paths as one tree, and an invoice's walk through it.
 *
 * Node 1 is the document element, node 2 stands for "anywhere".  An open element is on several
 * nodes at once: one below the document element and one for each "//" path that it continues.
 */
#include "core/rules_advisory.h"

#include <stdio.h>
#include <string.h>

#define NODES 2048
#define SLOTS 8192
#define LINKS 1024
#define CONTEXTS 32
#define ENDINGS 4
#define NAME_BYTES (24 * 1024)
#define ACTIVE 6
#define DEPTH 260
#define TABLE 800

#define ROOT 1
#define ANYWHERE 2
#define ATTRIBUTE 0xFFFF

typedef struct TreeNode
{
	uint16_t parent, space, name;
	uint16_t context; /* that begins here, 0 = none */
	uint16_t rules;	  /* of the links */
} TreeNode;

typedef struct Tree
{
	bool built, failed;
	const RuleSyntaxInfo *syntax;
	XmlVocabulary *vocabulary;
	const AdvisoryRule *rules;
	int rule_count, node_count, link_count, context_count, ending_count;
	size_t name_length;
	TreeNode nodes[NODES];
	uint16_t slots[SLOTS];
	struct
	{
		uint16_t rule, next;
	} links[LINKS];
	uint16_t context_of[TABLE]; /* each rule's */
	struct
	{
		const char *text;
		uint16_t node;
	} endings[ENDINGS];
	char names[NAME_BYTES];
} Tree;

typedef struct Frame
{
	uint16_t space, name, count;
	uint16_t active[ACTIVE];
} Frame;

struct RuleAdvisory
{
	const Port *port;
	RuleAdvise tell;
	void *host;
	const Tree *tree;
	InvoicePlace place;
	const char *root;
	int depth;
	uint32_t serial;
	uint32_t entered[CONTEXTS]; /* which node of a context is the present one */
	uint32_t told[TABLE];		/* for which one a rule has been told */
	Frame frames[DEPTH];
};

static Tree trees[2];

/* -- building -------------------------------------------------------------------------------- */

static uint16_t
number_of(Tree *tree, const char *text, size_t length)
{
	char *word = tree->names + tree->name_length;
	uint16_t number;

	if (tree->name_length + length + 1 > NAME_BYTES)
		return 0;
	memcpy(word, text, length);
	word[length] = '\0';
	number = xml_vocabulary_find(tree->vocabulary, word);
	if (number != 0)
		return number;
	tree->name_length += length + 1;
	return xml_vocabulary_add(tree->vocabulary, word);
}

static bool
lists(const char *names, const char *name, size_t length)
{
	for (const char *at = names; (at = strstr(at, " ")) != NULL; at++)
		if (strncmp(at + 1, name, length) == 0 && at[1 + length] == ' ')
			return true;
	return false;
}

static uint16_t
space_of(Tree *tree, const char *prefix, size_t prefix_length, const char *name, size_t length)
{
	const RuleNamespace *at = tree->syntax->namespaces;

	for (; at->prefix != NULL; at++)
		if (prefix != NULL ? strlen(at->prefix) == prefix_length &&
								 memcmp(at->prefix, prefix, prefix_length) == 0
						   : at->names == NULL || lists(at->names, name, length))
			return number_of(tree, at->address, strlen(at->address));
	return 0;
}

static uint32_t
slot_of(uint16_t parent, uint16_t space, uint16_t name)
{
	return (parent * 613u + name * 7u + space) & (SLOTS - 1);
}

static uint16_t
child_of(const Tree *tree, uint16_t parent, uint16_t space, uint16_t name)
{
	for (uint32_t at = slot_of(parent, space, name); tree->slots[at] != 0;
		 at = (at + 1) & (SLOTS - 1))
	{
		const TreeNode *node = &tree->nodes[tree->slots[at]];

		if (node->parent == parent && node->space == space && node->name == name)
			return tree->slots[at];
	}
	return 0;
}

static uint16_t
add_child(Tree *tree, uint16_t parent, uint16_t space, uint16_t name)
{
	uint16_t number = child_of(tree, parent, space, name);
	uint32_t at = slot_of(parent, space, name);

	if (number != 0)
		return number;
	if (parent == 0 || space == 0 || name == 0 || tree->node_count + 1 >= NODES)
	{
		tree->failed = true;
		return 0;
	}
	while (tree->slots[at] != 0)
		at = (at + 1) & (SLOTS - 1);
	number = (uint16_t) ++tree->node_count;
	tree->slots[at] = number;
	tree->nodes[number] = (TreeNode){.parent = parent, .space = space, .name = name};
	return number;
}

/* A name that is known by its end: below "anywhere", under the number of its place in the list. */
static uint16_t
add_ending(Tree *tree, const char *text)
{
	if (tree->ending_count == ENDINGS || tree->node_count + 1 >= NODES)
	{
		tree->failed = true;
		return 0;
	}
	tree->endings[tree->ending_count].text = text;
	tree->endings[tree->ending_count].node = (uint16_t) ++tree->node_count;
	return tree->endings[tree->ending_count++].node;
}

static uint16_t
add_step(Tree *tree, uint16_t parent, const char *text, size_t length)
{
	const char *colon = memchr(text, ':', length);
	const char *name = colon == NULL ? text : colon + 1;
	size_t name_length = length - (size_t) (name - text);

	if (*text == '@')
		return add_child(tree, parent, ATTRIBUTE, number_of(tree, text + 1, length - 1));
	return add_child(
		tree, parent,
		space_of(tree, colon == NULL ? NULL : text, (size_t) (name - text - 1), name, name_length),
		number_of(tree, name, name_length));
}

static uint16_t
add_path(Tree *tree, uint16_t from, const char *path)
{
	if (strncmp(path, "//%", 3) == 0)
		return add_ending(tree, path + 3);
	if (strncmp(path, "//", 2) == 0)
		from = ANYWHERE;
	for (path += strspn(path, "/"); *path != '\0'; path += strspn(path, "/"))
	{
		size_t length = strcspn(path, "/");

		from = add_step(tree, from, path, length);
		path += length;
	}
	return from;
}

static void
add_link(Tree *tree, uint16_t node, int rule)
{
	if (node == 0 || tree->link_count + 1 >= LINKS)
	{
		tree->failed = true;
		return;
	}
	tree->link_count++;
	tree->links[tree->link_count].rule = (uint16_t) rule;
	tree->links[tree->link_count].next = tree->nodes[node].rules;
	tree->nodes[node].rules = (uint16_t) tree->link_count;
}

/* Below each kind of invoice line. */
static void
add_line_rule(Tree *tree, int rule)
{
	const char *name = tree->syntax->lines + 1;

	for (size_t length; (length = strcspn(name, " ")) > 0; name += length + 1)
		add_link(tree, add_path(tree, add_step(tree, ROOT, name, length), tree->rules[rule].path),
				 rule);
}

static void
add_entry(Tree *tree, int number, uint16_t *context)
{
	const AdvisoryRule *rule = &tree->rules[number];
	uint16_t node;

	if (rule->id != NULL && rule->line)
		add_line_rule(tree, number);
	else if (rule->id != NULL)
		add_link(tree, add_path(tree, *context, rule->path), number);
	else if (tree->context_count + 1 < CONTEXTS)
	{
		node = add_path(tree, ROOT, rule->path);
		if (tree->nodes[node].context == 0)
			tree->nodes[node].context = (uint16_t) ++tree->context_count;
		*context = node;
	}
	else
		tree->failed = true;
	tree->context_of[number] = tree->nodes[*context].context;
}

static const Tree *
tree_of(const RuleSyntaxInfo *syntax, XmlVocabulary *vocabulary)
{
	Tree *tree = &trees[syntax->bit == RULE_UBL ? 0 : 1];
	uint16_t context = ROOT;

	if (tree->built)
		return tree;
	tree->syntax = syntax;
	tree->vocabulary = vocabulary;
	tree->rules = rules_advisory_table(syntax->bit, &tree->rule_count);
	tree->node_count = ANYWHERE;
	tree->nodes[ROOT].context = (uint16_t) ++tree->context_count;
	tree->failed = tree->rule_count > TABLE;
	for (int i = 0; i < tree->rule_count && !tree->failed; i++)
		add_entry(tree, i, &context);
	tree->built = true;
	return tree;
}

bool
rules_advisory_sound(const RuleSyntaxInfo *syntax, XmlVocabulary *vocabulary)
{
	return !tree_of(syntax, vocabulary)->failed;
}

/* -- walking ---------------------------------------------------------------------------------- */

static size_t
write_place(const RuleAdvisory *advisory, const XmlAttribute *attribute, char *out, size_t size)
{
	const XmlVocabulary *vocabulary = advisory->tree->vocabulary;
	size_t length = (size_t) snprintf(out, size, "/%s", advisory->root);

	for (int i = 1; i < advisory->depth && length < size; i++)
	{
		const Frame *frame = &advisory->frames[i];
		const RuleNamespace *space = advisory->tree->syntax->namespaces;

		while (space->prefix != NULL &&
			   frame->space != xml_vocabulary_find(vocabulary, space->address))
			space++;
		length += (size_t) snprintf(out + length, size - length, "/%s%s%s",
									space->prefix != NULL ? space->prefix : "",
									space->prefix != NULL ? ":" : "",
									frame->name != 0 ? vocabulary->names[frame->name] : "*");
	}
	if (attribute != NULL && length < size)
		length += (size_t) snprintf(out + length, size - length, "/@%s", attribute->text);
	return length < size ? length : size - 1;
}

static void
tell_rule(RuleAdvisory *advisory, int rule, const XmlAttribute *attribute, int64_t line)
{
	uint32_t present = advisory->entered[advisory->tree->context_of[rule]];
	char location[460], message[300];
	Finding finding = {FINDING_WARNING, advisory->place, advisory->tree->rules[rule].id, location,
					   message};
	size_t length;

	if (present == 0 || advisory->told[rule] == present)
		return;
	advisory->told[rule] = present;
	length = write_place(advisory, attribute, location, sizeof(location) - 24);
	if (line > 0)
		snprintf(location + length, sizeof(location) - length, ", line %lld", (long long) line);
	rules_advisory_text(&advisory->tree->rules[rule], message, sizeof(message));
	finding.place.line_no = line;
	finding.place.group_no = 0;
	advisory->tell(advisory->host, &finding);
}

static bool
is_allowed(const Tree *tree, const uint16_t *nodes, int count, int rule)
{
	for (int i = 0; i < count; i++)
		for (uint16_t at = tree->nodes[nodes[i]].rules; at != 0; at = tree->links[at].next)
		{
			const AdvisoryRule *other = &tree->rules[tree->links[at].rule];

			if (other->allowed && strcmp(other->id, tree->rules[rule].id) == 0)
				return true;
		}
	return false;
}

static void
tell_nodes(RuleAdvisory *advisory, const uint16_t *nodes, int count, const XmlAttribute *attribute,
		   int64_t line)
{
	const Tree *tree = advisory->tree;

	for (int i = 0; i < count; i++)
		for (uint16_t at = tree->nodes[nodes[i]].rules; at != 0; at = tree->links[at].next)
			if (!is_allowed(tree, nodes, count, tree->links[at].rule))
				tell_rule(advisory, tree->links[at].rule, attribute, line);
}

static int
children_of(const Tree *tree, const Frame *above, uint16_t space, uint16_t name, uint16_t *out)
{
	int count = 0;
	uint16_t node;

	if (space == 0 || name == 0)
		return 0;
	for (int i = 0; above != NULL && i < above->count; i++)
		if (count < ACTIVE && (node = child_of(tree, above->active[i], space, name)) != 0)
			out[count++] = node;
	if (count < ACTIVE && (node = child_of(tree, ANYWHERE, space, name)) != 0)
		out[count++] = node;
	return count;
}

static uint16_t
ending_of(const Tree *tree, const char *name)
{
	size_t length = strlen(name);

	for (int i = 0; i < tree->ending_count; i++)
	{
		size_t ending = strlen(tree->endings[i].text);

		if (length >= ending && strcmp(name + length - ending, tree->endings[i].text) == 0)
			return tree->endings[i].node;
	}
	return 0;
}

static void
tell_attributes(RuleAdvisory *advisory, const Frame *frame, const XmlElement *element, int64_t line)
{
	for (int i = 0; i < element->attribute_count; i++)
	{
		const XmlAttribute *attribute = &element->attributes[i];
		uint16_t nodes[ACTIVE];
		int count;

		if (attribute->prefix != NULL)
			continue;
		count = children_of(advisory->tree, frame, ATTRIBUTE, attribute->name, nodes);
		tell_nodes(advisory, nodes, count, attribute, line);
	}
}

void
rules_advisory_start(RuleAdvisory *advisory, const XmlElement *element, int64_t line)
{
	const Tree *tree = advisory->tree;
	Frame *frame;
	uint16_t node;

	if (advisory->depth >= DEPTH)
	{
		advisory->depth++;
		return;
	}
	frame = &advisory->frames[advisory->depth];
	frame->space = element->space;
	frame->name = element->name;
	if (advisory->depth == 0)
	{
		frame->active[0] = ROOT;
		frame->count = 1;
	}
	else
		frame->count =
			(uint16_t) children_of(tree, frame - 1, element->space, element->name, frame->active);
	if (frame->count < ACTIVE && (node = ending_of(tree, element->text)) != 0)
		frame->active[frame->count++] = node;
	advisory->depth++;
	for (int i = 0; i < frame->count; i++)
		if (tree->nodes[frame->active[i]].context != 0)
			advisory->entered[tree->nodes[frame->active[i]].context] = ++advisory->serial;
	tell_nodes(advisory, frame->active, frame->count, NULL, line);
	tell_attributes(advisory, frame, element, line);
}

void
rules_advisory_end(RuleAdvisory *advisory)
{
	if (advisory->depth > 0)
		advisory->depth--;
}

void
rules_advisory_begin(RuleAdvisory *advisory, const RuleSyntaxInfo *syntax,
					 XmlVocabulary *vocabulary, const InvoicePlace *place,
					 const XmlElement *element)
{
	advisory->tree = tree_of(syntax, vocabulary);
	advisory->place = *place;
	advisory->root = element->name != 0 ? vocabulary->names[element->name] : "*";
	advisory->depth = 0;
	advisory->serial = 0;
	memset(advisory->entered, 0, sizeof(advisory->entered));
	memset(advisory->told, 0, sizeof(advisory->told));
	rules_advisory_start(advisory, element, place->line_no);
}

RuleAdvisory *
rules_advisory_open(const Port *port, RuleAdvise tell, void *host)
{
	RuleAdvisory *advisory = port->alloc(port->host, sizeof(RuleAdvisory));

	if (advisory == NULL)
		return NULL;
	memset(advisory, 0, sizeof(*advisory));
	advisory->port = port;
	advisory->tell = tell;
	advisory->host = host;
	return advisory;
}

void
rules_advisory_close(RuleAdvisory *advisory)
{
	if (advisory != NULL)
		advisory->port->release(advisory->port->host, advisory);
}
