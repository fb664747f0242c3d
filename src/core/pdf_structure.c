/*
 * pdf_structure.c: the tree of elements, and the way back from each page's marks to them.
 */
#include "core/pdf_structure.h"

#include "core/pdf_metadata.h"
#include "core/pdf_packed.h"

#include <string.h>

static void
put_reference(ByteBuffer *out, int number)
{
	buffer_append_int(out, number);
	buffer_append(out, " 0 R ", 5);
}

/* Numbers for elements that are drawn or hold one that is: children come after their parents. */
static void
number_elements(PdfFile *file, PdfTags *tags)
{
	for (int i = tags->element_count - 1; i >= 0; i--)
	{
		PdfElement *element = &tags->elements[i];

		if (element->first_mark != 0)
			element->number = 1;
		if (element->number != 0 && i > 0)
			tags->elements[element->parent].number = 1;
	}
	tags->elements[0].number = 1;
	for (int i = 0; i < tags->element_count; i++)
		if (tags->elements[i].number != 0)
			tags->elements[i].number = pdf_file_take_number(file);
}

static void
put_marks(ByteBuffer *out, const PdfTags *tags, const PdfElement *element, const int *pages)
{
	int page = tags->marks[element->first_mark].page;

	buffer_append_text(out, "/Pg ");
	put_reference(out, pages[page]);
	buffer_append_text(out, "/K[");
	for (int m = element->first_mark; m != 0; m = tags->marks[m].next)
	{
		const PdfMark *mark = &tags->marks[m];

		if (mark->page == page)
		{
			buffer_append_int(out, mark->place);
			buffer_append_char(out, ' ');
		}
		else
			buffer_printf(out, "<</Type/MCR/Pg %d 0 R/MCID %d>>", pages[mark->page], mark->place);
	}
}

static void
put_element(PdfFile *file, const PdfTags *tags, int at, int root, const int *pages)
{
	const PdfElement *element = &tags->elements[at];
	ByteBuffer *out = pdf_file_open_small(file, element->number);

	buffer_append_text(out, "<</S/");
	buffer_append_text(out, pdf_tags_role_name(element->role));
	buffer_append_text(out, "/P ");
	put_reference(out, at == 0 ? root : tags->elements[element->parent].number);
	if (element->role == ROLE_TH)
		buffer_append_text(out, "/A<</O/Table/Scope/Column>>");
	if (element->role == ROLE_FIGURE)
	{
		buffer_append_text(out, "/Alt");
		pdf_put_text_slice(out, tags->texts.bytes + element->alternative,
						   element->alternative_length);
	}
	if (element->first_mark != 0)
		put_marks(out, tags, element, pages);
	else
		buffer_append_text(out, "/K[");
	for (int i = element->first_child; i != 0; i = tags->elements[i].next)
		if (tags->elements[i].number != 0)
			put_reference(out, tags->elements[i].number);
	buffer_append_text(out, "]>>");
	pdf_file_close_small(file);
}

/* The list of a page that was drawn last, by place. */
static void
put_list(PdfFile *file, const PdfTags *tags, int list)
{
	ByteBuffer *out = pdf_file_open_small(file, list);

	buffer_append_char(out, '[');
	for (int place = 0; place < tags->drawn_count; place++)
		put_reference(out, tags->elements[tags->drawn[place]].number);
	buffer_append_char(out, ']');
	pdf_file_close_small(file);
}

/* For each page the elements of its marks, by place. */
static void
put_lists(PdfFile *file, ByteBuffer *out, const PdfTags *tags)
{
	int *starts = port_alloc_array(file->port, (size_t) tags->page_count + 1, sizeof(int));
	int *elements = port_alloc_array(file->port, (size_t) tags->mark_count, sizeof(int));

	if (starts == NULL || elements == NULL)
	{
		file->status = PORT_NO_MEMORY;
		return;
	}
	starts[0] = 0;
	for (int page = 0; page < tags->page_count; page++)
		starts[page + 1] = starts[page] + tags->places[page];
	for (int m = 1; m < tags->mark_count; m++)
		elements[starts[tags->marks[m].page] + tags->marks[m].place] = tags->marks[m].element;
	for (int page = 0; page < tags->page_count; page++)
	{
		buffer_append_int(out, page);
		buffer_append_char(out, '[');
		for (int i = starts[page]; i < starts[page + 1]; i++)
			put_reference(out, tags->elements[elements[i]].number);
		buffer_append_char(out, ']');
	}
	file->port->release(file->port->host, starts);
	file->port->release(file->port->host, elements);
}

static void
put_root(PdfFile *file, const PdfTags *tags, int root)
{
	ByteBuffer *out = pdf_file_open_small(file, root);

	buffer_printf(out, "<</Type/StructTreeRoot/K[%d 0 R]/ParentTreeNextKey %d/ParentTree<</Nums[",
				  tags->elements[0].number, tags->page_count);
	if (!tags->is_long)
		put_lists(file, out, tags);
	else
		for (int page = 0; page < tags->page_count; page++)
			if (tags->lists[page] != 0)
				buffer_printf(out, "%d %d 0 R ", page, tags->lists[page]);
	buffer_append_text(out, "]>>>>");
	pdf_file_close_small(file);
}

/* ---------- long documents ---------- */

/* Numbers for an element and what it stands in, from the outside in. */
static int
number_outwards(PdfFile *file, PdfTags *tags, int at)
{
	PdfElement *element = &tags->elements[at];

	if (element->number == 0)
	{
		if (at != 0)
			(void) number_outwards(file, tags, element->parent);
		element->number = pdf_file_take_number(file);
	}
	return element->number;
}

static void
put_tree(PdfFile *file, const PdfTags *tags, int at, const int *pages)
{
	if (tags->elements[at].number == 0 || tags->elements[at].in_file)
		return;
	put_element(file, tags, at, 0, pages);
	for (int i = tags->elements[at].first_child; i != 0; i = tags->elements[i].next)
		put_tree(file, tags, i, pages);
}

/*
 * What is finished: all but the last child of the document and of a table, since only what was
 * opened last is opened again.  It stays as one element for its parent's list.
 */
static void
put_finished(PdfFile *file, PdfTags *tags, int parent, const int *pages)
{
	PdfElement *elements = tags->elements;
	int last = elements[parent].last_child;
	int at = elements[parent].written != 0 ? elements[elements[parent].written].next
										   : elements[parent].first_child;

	for (; at != 0 && at != last; at = elements[at].next)
	{
		put_tree(file, tags, at, pages);
		pdf_tags_free_below(tags, at);
		elements[parent].written = at;
		elements[at].in_file = true;
	}
	if (last != 0 && elements[last].role == ROLE_TABLE)
		put_finished(file, tags, last, pages);
}

void
pdf_file_put_page_structure(PdfFile *file, PdfTags *tags, const int *pages, int page)
{
	int list = 0;

	if (tags->status != PORT_OK || tags->texts.failed)
		file->status = PORT_NO_MEMORY;
	if (file->status != PORT_OK)
		return;
	for (int place = 0; place < tags->drawn_count; place++)
		(void) number_outwards(file, tags, tags->drawn[place]);
	if (tags->drawn_count > 0)
		list = pdf_file_take_number(file);
	if (file->status != PORT_OK)
		return;
	if (list != 0)
		put_list(file, tags, list);
	put_finished(file, tags, 0, pages);
	pdf_tags_end_page(tags, page, list);
}

/* ---------- all documents ---------- */

void
pdf_file_put_structure(PdfFile *file, PdfTags *tags, const int *pages)
{
	int root;

	if (tags->status != PORT_OK || tags->texts.failed)
		file->status = PORT_NO_MEMORY;
	if (file->status != PORT_OK)
		return;
	if (tags->is_long)
		(void) number_outwards(file, tags, 0);
	else
		number_elements(file, tags);
	root = pdf_file_take_number(file);
	if (file->status != PORT_OK)
		return;
	for (int i = 0; i < tags->element_count; i++)
		if (tags->elements[i].number != 0 && !tags->elements[i].in_file)
			put_element(file, tags, i, root, pages);
	put_root(file, tags, root);
	file->structure = root;
}
