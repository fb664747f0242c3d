/*
 * pdf_structure.c: the tree of elements, and the way back from each page's marks to them.
 */
#include "core/pdf_structure.h"

#include "core/pdf_metadata.h"

#include <string.h>

static void
put_reference(ByteBuffer *out, int number)
{
	buffer_append_int(out, number);
	buffer_append(out, " 0 R ", 5);
}

/* Numbers for elements that are drawn or hold one that is: children come after their parents. */
static int
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
	return pdf_file_take_number(file);
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
	ByteBuffer *out = &file->out;

	pdf_file_open_object(file, element->number);
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
	buffer_append_text(out, "]>>\nendobj\n");
}

/* For each page the elements of its marks, by place. */
static void
put_root(PdfFile *file, const PdfTags *tags, int root)
{
	ByteBuffer *out = &file->out;
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
	pdf_file_open_object(file, root);
	buffer_printf(out, "<</Type/StructTreeRoot/K[%d 0 R]/ParentTreeNextKey %d/ParentTree<</Nums[",
				  tags->elements[0].number, tags->page_count);
	for (int page = 0; page < tags->page_count; page++)
	{
		buffer_append_int(out, page);
		buffer_append_char(out, '[');
		for (int i = starts[page]; i < starts[page + 1]; i++)
			put_reference(out, tags->elements[elements[i]].number);
		buffer_append_char(out, ']');
	}
	buffer_append_text(out, "]>>>>\nendobj\n");
	file->port->release(file->port->host, starts);
	file->port->release(file->port->host, elements);
}

void
pdf_file_put_structure(PdfFile *file, PdfTags *tags, const int *pages)
{
	int root;

	if (tags->status != PORT_OK || tags->texts.failed)
		file->status = PORT_NO_MEMORY;
	if (file->status != PORT_OK)
		return;
	root = number_elements(file, tags);
	if (file->status != PORT_OK)
		return;
	for (int i = 0; i < tags->element_count; i++)
		if (tags->elements[i].number != 0)
			put_element(file, tags, i, root, pages);
	put_root(file, tags, root);
	file->structure = root;
}
