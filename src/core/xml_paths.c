/*
 * xml_paths.c: compiles the formats' entries.
 */
#include "core/xml_paths.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static XmlPaths tables[XML_MAX_FORMATS];
static XmlVocabulary vocabulary;
static char name_store[128 * 1024];
static size_t name_store_length;
static uint16_t space_instance;
static bool built, overflow;

static struct
{
	uint16_t name, space;
	uint8_t format, root;
} roots[XML_MAX_FORMATS * XML_FORMAT_ROOTS];
static int root_count;

static uint16_t
add_name(const char *name)
{
	uint16_t number = xml_vocabulary_add(&vocabulary, name);

	overflow |= number == 0;
	return number;
}

/* The vocabulary keeps pointers, so names cut out of a path need a place to live. */
static uint16_t
name_of_piece(const char *piece, size_t length)
{
	char *copy = name_store + name_store_length;
	uint16_t number;

	if (name_store_length + length + 1 > sizeof(name_store))
	{
		overflow = true;
		return 0;
	}
	memcpy(copy, piece, length);
	copy[length] = '\0';
	number = xml_vocabulary_find(&vocabulary, copy);
	if (number != 0)
		return number;
	name_store_length += length + 1;
	return add_name(copy);
}

static uint16_t
find_child(const XmlPaths *paths, uint16_t parent, uint16_t space, uint16_t name)
{
	XmlElement element = {.space = space, .name = name};

	return xml_paths_child(paths, parent, &element);
}

static uint16_t
add_node(XmlPaths *paths, uint16_t parent, uint16_t space, uint16_t name)
{
	uint16_t number = find_child(paths, parent, space, name);
	uint32_t at = xml_paths_slot(parent, name);
	XmlNode *node;

	if (number != 0)
		return number;
	if (name == 0 || paths->node_count + 1 >= XML_MAX_NODES)
	{
		overflow = true;
		return 0;
	}
	while (paths->children[at] != 0)
		at = (at + 1) & (XML_CHILD_SLOTS - 1);
	number = (uint16_t) ++paths->node_count;
	paths->children[at] = number;
	node = &paths->nodes[number];
	node->name = vocabulary.names[name];
	node->space_number = space;
	node->name_number = name;
	node->parent = parent;
	node->term = XML_NO_TERM;
	node->group = XML_NO_GROUP;
	return number;
}

/* The number of a prefix's namespace; prefixes end with a colon here. */
static uint16_t
space_of(const XmlPaths *paths, const char *prefix, size_t length)
{
	for (int i = 0; i < XML_FORMAT_SPACES && paths->format->spaces[i].prefix != NULL; i++)
		if (strlen(paths->format->spaces[i].prefix) == length &&
			memcmp(paths->format->spaces[i].prefix, prefix, length) == 0)
			return paths->spaces[i];
	overflow = true;
	return 0;
}

uint16_t
xml_paths_add(XmlPaths *paths, const char *path)
{
	uint16_t node = XML_ROOT_NODE, space = paths->spaces[0];

	while (*path && node != 0)
	{
		size_t length = strcspn(path, "/"), prefix = strcspn(path, ":");

		if (prefix < length)
		{
			space = space_of(paths, path, prefix);
			path += prefix + 1;
			length -= prefix + 1;
		}
		node = add_node(paths, node, space, name_of_piece(path, length));
		path += length + (path[length] == '/' ? 1 : 0);
	}
	return node;
}

static XmlTransform
transform_of(const XmlFormat *format, const XmlEntry *entry)
{
	InvoiceTermType type;

	if (entry->transform != NULL || entry->number >= (int) INVOICE_TERM_COUNT)
		return entry->transform;
	type = invoice_term_info[entry->number].type;
	if (type == TERM_TYPE_DATE)
		return format->date;
	return type >= TERM_TYPE_AMOUNT && type <= TERM_TYPE_PERCENT ? format->number : NULL;
}

static void
add_attribute(XmlPaths *paths, XmlNode *node, const XmlEntry *entry)
{
	XmlPathAttribute *attribute;

	if (paths->attribute_count + 1 >= XML_MAX_ATTRIBUTES)
	{
		overflow = true;
		return;
	}
	attribute = &paths->attributes[++paths->attribute_count];
	attribute->name_number = add_name(entry->attribute);
	attribute->term = (int16_t) entry->number;
	attribute->transform = transform_of(paths->format, entry);
	attribute->next = node->first_attribute;
	node->first_attribute = (uint16_t) paths->attribute_count;
}

static void
add_needed(XmlPaths *paths, uint16_t number)
{
	uint16_t *link = &paths->nodes[paths->nodes[number].parent].first_needed;

	while (*link != 0 && *link != number)
		link = &paths->nodes[*link].next_needed;
	*link = number;
}

static void
add_entry(XmlPaths *paths, const XmlEntry *entry)
{
	uint16_t number = xml_paths_add(paths, entry->path);
	XmlNode *node = &paths->nodes[number];

	if (number == 0)
		return;
	switch (entry->kind)
	{
		case XML_ENTRY_GROUP:
			node->group = (int16_t) entry->number;
			node->flags = (uint8_t) entry->flags;
			node->close = entry->close;
			node->literal = entry->literal;
			break;
		case XML_ENTRY_VALUE:
			node->term = (int16_t) entry->number;
			node->transform = transform_of(paths->format, entry);
			break;
		case XML_ENTRY_ATTRIBUTE:
			add_attribute(paths, node, entry);
			break;
		case XML_ENTRY_REPEATS:
			node->repeats = true;
			break;
		case XML_ENTRY_NEEDED:
			add_needed(paths, number);
			break;
	}
}

static void
add_root(const XmlPaths *paths, int format, int root)
{
	const char *name = paths->format->roots[root].name;
	size_t prefix = strcspn(name, ":");

	roots[root_count].space = 0;
	if (name[prefix] == ':')
	{
		roots[root_count].space = space_of(paths, name, prefix);
		name += prefix + 1;
	}
	roots[root_count].name = add_name(name);
	roots[root_count].format = (uint8_t) format;
	roots[root_count++].root = (uint8_t) root;
}

static void
add_names(const char *names)
{
	while (*names != '\0')
	{
		size_t length = strcspn(names, " ");

		name_of_piece(names, length);
		names += length + (names[length] == ' ' ? 1 : 0);
	}
}

static void
build_format(int number)
{
	XmlPaths *paths = &tables[number];
	const XmlFormat *format = xml_formats[number];
	XmlNode *root = &paths->nodes[XML_ROOT_NODE];

	paths->format = format;
	for (int i = 0; i < XML_FORMAT_SPACES && format->spaces[i].prefix != NULL; i++)
		paths->spaces[i] = add_name(format->spaces[i].address);
	for (int i = 0; i < XML_FORMAT_ROOTS && format->roots[i].name != NULL; i++)
		add_root(paths, number, i);
	if (format->currency != NULL)
		paths->name_currency = add_name(format->currency);
	paths->node_count = XML_ROOT_NODE;
	root->name = "";
	root->term = XML_NO_TERM;
	root->group = XML_NO_GROUP;
	for (size_t i = 0; i < format->entry_count; i++)
		add_entry(paths, &format->entries[i]);
	for (int i = 0; format->ballast != NULL && format->ballast[i] != NULL; i++)
		add_names(format->ballast[i]);
}

/* Names that stand in documents of any format. */
static const char *const common[] = {"xsi",
									 "xs",
									 "xsd",
									 "xml",
									 "lang",
									 "schemaLocation",
									 "noNamespaceSchemaLocation",
									 "xml-stylesheet",
									 "http://www.w3.org/2001/XMLSchema",
									 "n0",
									 "n1",
									 "n2",
									 "ns0",
									 "ns1",
									 "ns2",
									 "ns3",
									 "ns4",
									 "ns5",
									 "StandardBusinessDocument",
									 "StandardBusinessDocumentHeader"};

static void
build(void)
{
	built = true;
	space_instance = add_name("http://www.w3.org/2001/XMLSchema-instance");
	for (size_t i = 0; i < sizeof(common) / sizeof(*common); i++)
		add_name(common[i]);
	for (int i = 0; i < xml_format_count; i++)
		build_format(i);
}

XmlPaths *
xml_paths(int format)
{
	if (!built)
		build();
	return &tables[format];
}

XmlVocabulary *
xml_paths_vocabulary(void)
{
	if (!built)
		build();
	return &vocabulary;
}

uint16_t
xml_paths_space_instance(void)
{
	return space_instance;
}

bool
xml_paths_fit(void)
{
	if (!built)
		build();
	return !overflow;
}

int
xml_format_find(const char *name)
{
	for (int i = 0; name != NULL && i < xml_format_count; i++)
	{
		if (strcasecmp(xml_formats[i]->name, name) == 0)
			return i;
		for (int r = 0; r < XML_FORMAT_ROOTS && xml_formats[i]->roots[r].name != NULL; r++)
			if (strcmp(xml_formats[i]->roots[r].label, name) == 0)
				return i;
	}
	return -1;
}

int
xml_paths_root(const XmlElement *element, int *root)
{
	if (element->name == 0 || (element->space == 0 && element->address != NULL))
		return -1;
	for (int i = 0; i < root_count; i++)
		if (roots[i].name == element->name && roots[i].space == element->space)
		{
			*root = roots[i].root;
			return roots[i].format;
		}
	return -1;
}

const char *
xml_paths_prefix(const XmlPaths *paths, uint16_t node)
{
	/* where there is but one, it goes without saying */
	if (paths->format->spaces[1].prefix == NULL)
		return "";
	for (int i = 0; i < XML_FORMAT_SPACES && paths->format->spaces[i].prefix != NULL; i++)
		if (paths->spaces[i] == paths->nodes[node].space_number)
			return paths->format->spaces[i].prefix;
	return "";
}

static size_t
write_path(const XmlPaths *paths, uint16_t number, int64_t line_no, char *out, size_t size)
{
	const XmlNode *node = &paths->nodes[number];
	const char *prefix = xml_paths_prefix(paths, number);
	size_t length;

	if (number <= XML_ROOT_NODE)
		return 0;
	length = write_path(paths, node->parent, line_no, out, size);
	length += (size_t) snprintf(out + length, size - length, "/%s%s%s", prefix, *prefix ? ":" : "",
								node->name);
	if (length >= size)
		return size - 1;
	if (node->group == INVOICE_LINE && line_no > 0)
		length += (size_t) snprintf(out + length, size - length, "[%lld]", (long long) line_no);
	return length < size ? length : size - 1;
}

/* The line's node that this one is below of or is itself, 0 = none. */
static uint16_t
line_of(const XmlPaths *paths, uint16_t number)
{
	while (number > XML_ROOT_NODE && paths->nodes[number].group != INVOICE_LINE)
		number = paths->nodes[number].parent;
	return number > XML_ROOT_NODE ? number : 0;
}

bool
xml_paths_locate(const XmlPaths *paths, int term, int group, const char *below, int64_t line_no,
				 char *out, size_t size)
{
	for (int number = XML_ROOT_NODE + 1; number <= paths->node_count; number++)
	{
		const XmlNode *node = &paths->nodes[number];
		uint16_t line = line_of(paths, (uint16_t) number);

		if ((term != XML_NO_TERM ? node->term != term : node->group != group) ||
			(line != 0 && below != NULL && strcmp(paths->nodes[line].name, below) != 0))
			continue;
		write_path(paths, (uint16_t) number, line_no, out, size);
		return true;
	}
	return false;
}
