/*
 * pdf_tags.c: collects elements and marks of a document.
 */
#include "core/pdf_tags.h"

#include <string.h>

static const char *const role_names[ROLE_COUNT] = {"Document", "Artifact", "H1", "H2", "P",
												   "Table",	   "TR",	   "TH", "TD", "Figure"};

const char *
pdf_tags_role_name(PdfRole role)
{
	return role_names[role];
}

void
pdf_tags_init(PdfTags *tags, const Port *port)
{
	memset(tags, 0, sizeof(*tags));
	tags->port = port;
	buffer_init(&tags->texts, port);
}

static bool
grow(PdfTags *tags, void **list, int *room, int count, size_t size)
{
	if (port_grow_list(tags->port, list, room, count, size))
		return true;
	tags->status = PORT_NO_MEMORY;
	return false;
}

/* Room for an element; -1 when there is none. */
static int
take_element(PdfTags *tags)
{
	int number = tags->free_element;

	if (number != 0)
	{
		tags->free_element = tags->elements[number].next;
		return number;
	}
	if (!grow(tags, (void **) &tags->elements, &tags->element_room, tags->element_count,
			  sizeof(PdfElement)))
		return -1;
	return tags->element_count++;
}

static int
add_element(PdfTags *tags, PdfRole role)
{
	PdfElement *element;
	int number = take_element(tags);

	if (number < 0)
		return 0;
	element = &tags->elements[number];
	memset(element, 0, sizeof(*element));
	element->role = role;
	element->parent = tags->current;
	if (role == ROLE_ARTIFACT && tags->is_long)
	{
		element->next = tags->artifact;
		tags->artifact = number;
	}
	if (number > 0 && role != ROLE_ARTIFACT)
	{
		PdfElement *parent = &tags->elements[tags->current];

		if (parent->last_child != 0)
			tags->elements[parent->last_child].next = number;
		else
			parent->first_child = number;
		parent->last_child = number;
	}
	return number;
}

void
pdf_tags_begin(PdfTags *tags)
{
	tags->element_count = tags->page_count = tags->current = 0;
	tags->free_element = tags->free_mark = tags->artifact = tags->drawn_count = 0;
	tags->idle = tags->is_long = false;
	tags->mark_count = 1;
	tags->status = PORT_OK;
	buffer_reset(&tags->texts);
	(void) add_element(tags, ROLE_DOCUMENT);
}

void
pdf_tags_begin_long(PdfTags *tags)
{
	pdf_tags_begin(tags);
	tags->is_long = true;
}

void
pdf_tags_rest(PdfTags *tags)
{
	if (tags != NULL)
		tags->idle = true;
}

static bool
is_collecting(const PdfTags *tags)
{
	return tags != NULL && tags->status == PORT_OK && !tags->idle;
}

int
pdf_tags_open(PdfTags *tags, PdfRole role)
{
	if (!is_collecting(tags))
		return 0;
	return tags->current = add_element(tags, role);
}

void
pdf_tags_open_figure(PdfTags *tags, Slice alternative)
{
	int number = pdf_tags_open(tags, ROLE_FIGURE);

	if (number == 0)
		return;
	tags->elements[number].alternative = tags->texts.length;
	tags->elements[number].alternative_length = alternative.length;
	buffer_append(&tags->texts, alternative.bytes, alternative.length);
}

void
pdf_tags_close(PdfTags *tags)
{
	if (is_collecting(tags))
		tags->current = tags->elements[tags->current].parent;
}

void
pdf_tags_resume(PdfTags *tags, int element)
{
	if (is_collecting(tags))
		tags->current = element;
}

/* Counts of pages up to this one. */
static bool
know_page(PdfTags *tags, int page)
{
	int room = tags->page_room;

	while (tags->page_count <= page)
	{
		if (!grow(tags, (void **) &tags->lists, &room, tags->page_count, sizeof(int)) ||
			!grow(tags, (void **) &tags->places, &tags->page_room, tags->page_count, sizeof(int)))
			return false;
		tags->lists[tags->page_count] = 0;
		tags->places[tags->page_count++] = 0;
	}
	return true;
}

/* Its element is kept by place for the list of the page. */
static int
count_place(PdfTags *tags, int page)
{
	if (!know_page(tags, page))
		return -1;
	if (tags->is_long)
	{
		if (!grow(tags, (void **) &tags->drawn, &tags->drawn_room, tags->drawn_count, sizeof(int)))
			return -1;
		tags->drawn[tags->drawn_count++] = tags->current;
	}
	return tags->places[page]++;
}

/* Room for a mark; 0 when there is none. */
static int
take_mark(PdfTags *tags)
{
	int number = tags->free_mark;

	if (number != 0)
	{
		tags->free_mark = tags->marks[number].next;
		return number;
	}
	if (!grow(tags, (void **) &tags->marks, &tags->mark_room, tags->mark_count, sizeof(PdfMark)))
		return 0;
	return tags->mark_count++;
}

const char *
pdf_tags_mark(PdfTags *tags, int page, int *place)
{
	PdfElement *element = &tags->elements[tags->current];
	PdfMark *mark;
	int number;

	*place = -1;
	if (!is_collecting(tags))
		return role_names[ROLE_ARTIFACT];
	for (int outer = tags->current; outer != 0; outer = tags->elements[outer].parent)
		if (tags->elements[outer].role == ROLE_ARTIFACT)
			return role_names[ROLE_ARTIFACT];
	if ((number = take_mark(tags)) == 0 || (*place = count_place(tags, page)) < 0)
		return role_names[ROLE_ARTIFACT];
	mark = &tags->marks[number];
	*mark = (PdfMark){tags->current, page, *place, 0};
	if (element->last_mark != 0)
		tags->marks[element->last_mark].next = number;
	else
		element->first_mark = number;
	element->last_mark = number;
	return role_names[element->role];
}

static void
free_marks(PdfTags *tags, PdfElement *element)
{
	for (int mark = element->first_mark, next; mark != 0; mark = next)
	{
		next = tags->marks[mark].next;
		tags->marks[mark].next = tags->free_mark;
		tags->free_mark = mark;
	}
	element->first_mark = element->last_mark = 0;
}

/* As deep as elements stand in one another, which is a few levels. */
void
pdf_tags_free_below(PdfTags *tags, int element)
{
	PdfElement *elements = tags->elements;

	free_marks(tags, &elements[element]);
	for (int child = elements[element].first_child, next; child != 0; child = next)
	{
		next = elements[child].next;
		pdf_tags_free_below(tags, child);
		elements[child].number = 0;
		elements[child].next = tags->free_element;
		tags->free_element = child;
	}
	elements[element].first_child = elements[element].last_child = 0;
}

/* Artifacts that are closed; the one at hand, and what it stands in, goes on on the next page. */
static void
free_artifacts(PdfTags *tags)
{
	int kept = 0;

	for (int at = tags->artifact, next; at != 0; at = next)
	{
		int open = tags->current;

		next = tags->elements[at].next;
		while (open != 0 && open != at)
			open = tags->elements[open].parent;
		if (open == 0)
			pdf_tags_free_below(tags, at);
		tags->elements[at].next = open == 0 ? tags->free_element : kept;
		if (open == 0)
			tags->free_element = at;
		else
			kept = at;
	}
	tags->artifact = kept;
}

void
pdf_tags_end_page(PdfTags *tags, int page, int list)
{
	if (!know_page(tags, page))
		return;
	tags->lists[page] = list;
	tags->drawn_count = 0;
	free_artifacts(tags);
}
