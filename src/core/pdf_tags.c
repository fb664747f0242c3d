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
	void *larger;

	if (count < *room)
		return true;
	larger = port_resize_array(tags->port, *list, (size_t) *room, (size_t) *room * 2 + 64, size);
	if (larger == NULL)
	{
		tags->status = PORT_NO_MEMORY;
		return false;
	}
	*list = larger;
	*room = *room * 2 + 64;
	return true;
}

static int
add_element(PdfTags *tags, PdfRole role)
{
	PdfElement *element;
	int number = tags->element_count;

	if (!grow(tags, (void **) &tags->elements, &tags->element_room, number, sizeof(PdfElement)))
		return 0;
	element = &tags->elements[number];
	memset(element, 0, sizeof(*element));
	element->role = role;
	element->parent = tags->current;
	tags->element_count++;
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
	tags->mark_count = 1;
	tags->status = PORT_OK;
	buffer_reset(&tags->texts);
	(void) add_element(tags, ROLE_DOCUMENT);
}

int
pdf_tags_open(PdfTags *tags, PdfRole role)
{
	if (tags == NULL || tags->status != PORT_OK)
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
	if (tags != NULL && tags->status == PORT_OK)
		tags->current = tags->elements[tags->current].parent;
}

void
pdf_tags_resume(PdfTags *tags, int element)
{
	if (tags != NULL && tags->status == PORT_OK)
		tags->current = element;
}

static int
count_place(PdfTags *tags, int page)
{
	while (tags->page_count <= page)
	{
		if (!grow(tags, (void **) &tags->places, &tags->page_room, tags->page_count, sizeof(int)))
			return -1;
		tags->places[tags->page_count++] = 0;
	}
	return tags->places[page]++;
}

const char *
pdf_tags_mark(PdfTags *tags, int page, int *place)
{
	PdfElement *element = &tags->elements[tags->current];
	PdfMark *mark;
	int number = tags->mark_count;

	*place = -1;
	for (int outer = tags->current; outer != 0; outer = tags->elements[outer].parent)
		if (tags->elements[outer].role == ROLE_ARTIFACT)
			return role_names[ROLE_ARTIFACT];
	if (!grow(tags, (void **) &tags->marks, &tags->mark_room, number, sizeof(PdfMark)) ||
		(*place = count_place(tags, page)) < 0)
		return role_names[ROLE_ARTIFACT];
	mark = &tags->marks[number];
	tags->mark_count++;
	*mark = (PdfMark){tags->current, page, *place, 0};
	if (element->last_mark != 0)
		tags->marks[element->last_mark].next = number;
	else
		element->first_mark = number;
	element->last_mark = number;
	return role_names[element->role];
}
