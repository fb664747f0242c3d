/*
 * xml_paths.h: the paths of each format as a state machine.
 *
 * A state is an element, numbered from 1 (the document element) within its format; the next state
 * follows from the child's name in one probe of a hash table.  All formats are compiled together,
 * once a process, on first use, into static memory, and share one vocabulary: a document is told by
 * its root, when the parser already knows the numbers of the names before it.
 */
#ifndef CORE_XML_PATHS_H
#define CORE_XML_PATHS_H

#include "core/xml_format.h"
#include "core/xmlread.h"

#define XML_MAX_NODES 2048
#define XML_MAX_ATTRIBUTES 512
#define XML_CHILD_SLOTS 4096
#define XML_ROOT_NODE 1

typedef struct XmlNode
{
	uint16_t space_number, name_number; /* space 0 = none */
	uint16_t parent;
	uint16_t first_attribute; /* 0 = none */
	int16_t term;			  /* XML_NO_TERM unless a value */
	int16_t group;			  /* XML_NO_GROUP unless an instance of a group */
	uint8_t flags;
	bool repeats;						/* may stand more than once */
	uint16_t first_needed, next_needed; /* children that must be there, 0 = no more */
	const char *name;
	XmlClose close;
	const char *literal;
	XmlTransform transform;
} XmlNode;

typedef struct XmlPathAttribute
{
	uint16_t name_number;
	uint16_t next;
	int16_t term;
	XmlTransform transform;
} XmlPathAttribute;

typedef struct XmlPaths
{
	const XmlFormat *format;
	uint16_t spaces[XML_FORMAT_SPACES];
	uint16_t name_currency;
	int node_count, attribute_count;
	XmlNode nodes[XML_MAX_NODES];
	XmlPathAttribute attributes[XML_MAX_ATTRIBUTES];
	uint16_t children[XML_CHILD_SLOTS]; /* open addressing by parent and name */
} XmlPaths;

/* The compiled formats; number as in xml_formats. */
extern XmlPaths *xml_paths(int format);
/* By the label of its invoices ("cii") or its own name; -1 = none. */
extern int xml_format_find(const char *name);
/* Rules add their names to it. */
extern XmlVocabulary *xml_paths_vocabulary(void);
/* False if a format did not fit: then it is incomplete, and the unit test says so. */
extern bool xml_paths_fit(void);
extern uint16_t xml_paths_space_instance(void); /* of xsi:... */

/* Whose document element is this?  -1 = of none; *root tells which of its roots. */
extern int xml_paths_root(const XmlElement *element, int *root);

/*
 * The number of a path, added if it is not there: for whoever wants to hear of elements that have
 * no business term.  Before any document is read.  0: full.
 */
extern uint16_t xml_paths_add(XmlPaths *paths, const char *path);

static inline uint32_t
xml_paths_slot(uint16_t parent, uint16_t name)
{
	return ((uint32_t) parent * 40503u + (uint32_t) name * 2654435761u) >> 7 &
		   (XML_CHILD_SLOTS - 1);
}

/* The node of a child element, 0 if there is none. */
static inline uint16_t
xml_paths_child(const XmlPaths *paths, uint16_t parent, const XmlElement *element)
{
	uint32_t at;

	if (element->name == 0 || (element->space == 0 && element->address != NULL))
		return 0;
	at = xml_paths_slot(parent, element->name);
	for (; paths->children[at] != 0; at = (at + 1) & (XML_CHILD_SLOTS - 1))
	{
		const XmlNode *node = &paths->nodes[paths->children[at]];

		if (node->parent == parent && node->name_number == element->name &&
			node->space_number == element->space)
			return paths->children[at];
	}
	return 0;
}

/* The prefix of a node's namespace in this format's paths, "" if it has none or the format but one.
 */
extern const char *xml_paths_prefix(const XmlPaths *paths, uint16_t node);

/*
 * The path of a term, or if term is XML_NO_TERM of a group, below the document element, for a
 * person: /cac:InvoiceLine[3]/cbc:ID.  line_no 0 = not on a line.  below: only paths that begin
 * with this name or do not belong to a line; NULL = all.  False if no element stands for it alone.
 */
extern bool xml_paths_locate(const XmlPaths *paths, int term, int group, const char *below,
							 int64_t line_no, char *out, size_t size);

#endif
