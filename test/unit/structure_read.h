/*
 * structure_read.h: the structure of a document that was written, as a text: one line for each
 * element, in order, with its role, attributes and marks.  Objects are found by themselves or in
 * object streams; every element must name its parent, and every page's list its elements.
 */
#ifndef UNIT_STRUCTURE_READ_H
#define UNIT_STRUCTURE_READ_H

#include "check.h"
#include "core/pdf_document.h"

#include <stdlib.h>

typedef struct ReadStructure
{
	const PdfDocument *document;
	const char **objects; /* by number; NULL: not there */
	ByteBuffer *plain;	  /* what was in object streams, one for each of them */
	int plain_count, wrong, element_count;
	ByteBuffer lines, marks; /* marks: page, place and element, as three ints each */
} ReadStructure;

/* As strstr, which looks at the length of all that follows when addresses are checked. */
static const char *
find_text(const char *at, const char *wanted)
{
	size_t length = strlen(wanted);

	for (; *at != '\0'; at++)
		if (*at == *wanted && strncmp(at, wanted, length) == 0)
			return at;
	return NULL;
}

static void
unpack_objects(ReadStructure *read, const char *dictionary, const Port *port)
{
	Inflater *inflater = inflater_open(port, DEFLATE_ZLIB);
	ByteBuffer *plain = &read->plain[read->plain_count++];
	int count = atoi(find_text(dictionary, "/N ") + 3),
		first = atoi(find_text(dictionary, "/First ") + 7);
	size_t length = (size_t) atoi(find_text(dictionary, "/Length ") + 8);
	char *at;

	buffer_init(plain, port);
	read->wrong += inflater_run(inflater, NULL, 0, find_text(dictionary, "stream\n") + 7, length,
								1 << 28, plain) != PORT_OK;
	buffer_append_char(plain, '\0');
	at = plain->bytes;
	for (int i = 0; i < count; i++)
	{
		long number = strtol(at, &at, 10), offset = strtol(at, &at, 10);

		read->wrong += read->objects[number] != NULL;
		read->objects[number] = plain->bytes + first + offset;
	}
	inflater_close(inflater);
}

static void
find_objects(ReadStructure *read, const PdfDocument *document, const Port *port)
{
	const PdfFile *file = &document->file;
	static const char packed[] = "<</Type/ObjStm";

	read->document = document;
	read->objects = calloc((size_t) file->object_count + 1, sizeof(char *));
	read->plain = calloc((size_t) file->object_count + 1, sizeof(ByteBuffer));
	for (int i = 1; i <= file->object_count; i++)
		if (file->offsets[i] > 0)
			read->objects[i] = find_text(file->out.bytes + file->offsets[i], " 0 obj\n") + 7;
	for (int i = 1; i <= file->object_count; i++)
		if (file->offsets[i] > 0 && memcmp(read->objects[i], packed, strlen(packed)) == 0)
			unpack_objects(read, read->objects[i], port);
}

static int
page_of(const ReadStructure *read, int object)
{
	for (int i = 0; i < read->document->places.count; i++)
		if (read->document->places.pages[i] == object)
			return i;
	return -1;
}

static void
add_mark(ReadStructure *read, int page, int place, int element)
{
	int mark[3] = {page, place, element};

	buffer_append(&read->marks, mark, sizeof(mark));
	buffer_printf(&read->lines, " %d:%d", page, place);
}

static void
read_element(ReadStructure *read, int number, int parent, int depth)
{
	const char *at = read->objects[number], *kids = find_text(at, "/K["), *scan;
	const char *page_at = memmem(at, (size_t) (kids - at), "/Pg ", 4);
	int page = page_at != NULL ? page_of(read, atoi(page_at + 4)) : -1;

	read->element_count++;
	read->wrong += atoi(find_text(at, "/P ") + 3) != parent;
	scan = find_text(at, "/P ");
	buffer_printf(&read->lines, "\n%*s%.*s", depth, "", (int) (scan - at), at);
	scan = strchr(scan + 3, 'R') + 1;
	if (page_at == NULL)
		page_at = kids;
	buffer_append(&read->lines, scan, (size_t) (page_at - scan)); /* /A, /Alt */
	for (at = kids + 3; *at != ']';)
	{
		char *behind;
		long value;

		if (*at == '<')
		{
			add_mark(read, page_of(read, atoi(find_text(at, "/Pg ") + 4)),
					 atoi(find_text(at, "/MCID ") + 6), number);
			at = find_text(at, ">>") + 2;
			continue;
		}
		value = strtol(at, &behind, 10);
		if (memcmp(behind, " 0 R", 4) == 0)
		{
			read_element(read, (int) value, number, depth + 1);
			at = behind + 4;
		}
		else
		{
			add_mark(read, page, (int) value, number);
			at = behind;
		}
		at += *at == ' ';
	}
}

/* The list of a page says for each place the element that has it; answers behind it. */
static const char *
read_list(ReadStructure *read, int page, const char *at)
{
	const int *marks = (const int *) (const void *) read->marks.bytes;
	int count = (int) (read->marks.length / (3 * sizeof(int))), place = 0, wanted = 0;
	int *elements = calloc((size_t) count + 1, sizeof(int));

	for (int i = 0; i < count; i++)
		if (marks[3 * i] == page)
		{
			wanted++;
			if (marks[3 * i + 1] >= 0 && marks[3 * i + 1] < count)
				elements[marks[3 * i + 1]] = marks[3 * i + 2];
		}
	for (at++; *at != ']';)
	{
		char *behind;
		long number = strtol(at, &behind, 10);

		read->wrong += place >= count || elements[place++] != number;
		at = behind + 4;
		at += *at == ' ';
	}
	read->wrong += place != wanted;
	free(elements);
	return at + 1;
}

static void
read_lists(ReadStructure *read, const char *at)
{
	int pages = 0;

	while (*at != ']')
	{
		char *behind;
		long page = strtol(at, &behind, 10);

		pages++;
		at = behind;
		if (*at == '[')
			at = read_list(read, (int) page, at);
		else
		{
			read_list(read, (int) page, read->objects[strtol(at, &behind, 10)]);
			at = behind + 4;
		}
		at += *at == ' ';
	}
	read->wrong += pages != read->document->places.count;
}

/* The text of the structure is in read->lines. */
static void
read_structure(ReadStructure *read, const PdfDocument *document, const Port *port)
{
	const char *root;

	memset(read, 0, sizeof(*read));
	buffer_init(&read->lines, port);
	buffer_init(&read->marks, port);
	find_objects(read, document, port);
	root = read->objects[document->file.structure];
	CHECK(root != NULL);
	read_element(read, atoi(find_text(root, "/K[") + 3), document->file.structure, 0);
	read_lists(read, find_text(root, "/Nums[") + 6);
	CHECK(read->wrong == 0);
}

static void
leave_structure(ReadStructure *read)
{
	for (int i = 0; i < read->plain_count; i++)
		buffer_release(&read->plain[i]);
	free(read->plain);
	free(read->objects);
	buffer_release(&read->lines);
	buffer_release(&read->marks);
}

#endif
