/*
 * pdf_collection.c: resources beside the fonts, of a document and of a file made of documents.
 *
 * A document's own resources are one line right before its first page, so they are found without
 * reading the file; images are found by its table.
 */
#include "core/pdf_collection.h"

#include <stdlib.h>
#include <string.h>

#define LONGEST_DICTIONARY 65536
#define IMAGE_NAME_LENGTH 17

static void
open_dictionary(PdfFile *file, int number)
{
	const PdfShared *shared = file->shared;

	pdf_file_open_object(file, number);
	buffer_append(&file->out, shared->bytes.bytes + shared->dictionary, shared->dictionary_length);
}

static void
put_inks(PdfFile *file, const int *inks, int count)
{
	if (count == 0)
		return;
	buffer_append_text(&file->out, "/ColorSpace<<");
	for (int i = 0; i < count; i++)
	{
		buffer_append_char(&file->out, '/');
		pdf_put_ink_name(&file->out, inks[i]);
		pdf_put_ink_space(&file->out, inks[i], file->shared->profile->colour);
	}
	buffer_append_text(&file->out, ">>");
}

void
pdf_file_use(PdfFile *file, const PdfUsed *used)
{
	int images[PDF_MOST_IMAGES];

	if ((used->ink_count == 0 && used->image_count == 0) || file->status != PORT_OK)
		return;
	for (int i = 0; i < used->image_count; i++)
	{
		const ByteBuffer *object = &used->images[i]->object;

		images[i] = pdf_file_take_number(file);
		pdf_file_open_object(file, images[i]);
		buffer_append(&file->out, object->bytes, object->length);
	}
	file->resources = pdf_file_take_number(file);
	open_dictionary(file, file->resources);
	put_inks(file, used->inks, used->ink_count);
	if (used->image_count > 0)
	{
		buffer_append_text(&file->out, "/XObject<<");
		for (int i = 0; i < used->image_count; i++)
			buffer_printf(&file->out, "/%s %d 0 R", used->images[i]->name, images[i]);
		buffer_append_text(&file->out, ">>");
	}
	buffer_append_text(&file->out, ">>\nendobj\n");
}

/* ---------- taking over ---------- */

void
pdf_collection_begin(PdfCollection *collection, PdfFile *file)
{
	memset(collection, 0, sizeof(*collection));
	buffer_init(&collection->last, file->port);
	file->collection = collection;
	file->resources = pdf_file_take_number(file);
}

static bool
grow(PdfFile *file, void **list, int *room, int count, size_t size)
{
	if (port_grow_list(file->port, list, room, count, size))
		return true;
	file->status = PORT_NO_MEMORY;
	return false;
}

static void
add_ink(PdfFile *file, int ink)
{
	PdfCollection *collection = file->collection;

	for (int i = 0; i < collection->ink_count; i++)
		if (collection->inks[i] == ink)
			return;
	if (grow(file, (void **) &collection->inks, &collection->ink_room, collection->ink_count,
			 sizeof(int)))
		collection->inks[collection->ink_count++] = ink;
}

/* Where an object stands, by the document's table; 0 when there is none. */
static size_t
find_object(const char *bytes, size_t length, int number)
{
	static const char word[] = "startxref\n";
	size_t at = length, table, entry;
	const char *line;

	while (at > 10 && length - at < 64 && memcmp(bytes + at - 10, word, 10) != 0)
		at--;
	if (at <= 10 || length - at >= 64)
		return 0;
	table = strtoull(bytes + at, NULL, 10);
	if (table >= length || length - table < 16 || memcmp(bytes + table, "xref\n", 5) != 0)
		return 0;
	line = memchr(bytes + table + 5, '\n', length - table - 5);
	if (line == NULL)
		return 0;
	entry = (size_t) (line + 1 - bytes) + 20 * (size_t) number;
	if (entry + 20 > length)
		return 0;
	entry = strtoull(bytes + entry, NULL, 10);
	return entry < length ? entry : 0;
}

/* Copies an image object; its stream's length stands in its dictionary. */
static bool
copy_image(PdfFile *file, const char *bytes, size_t length, int number)
{
	size_t at = find_object(bytes, length, number), end, size;
	const char *start, *stream, *told;

	if (at == 0 || (start = memchr(bytes + at, '\n', length - at)) == NULL)
		return false;
	start++;
	at = (size_t) (start - bytes);
	stream = memchr(start, '\n', length - at);
	told = stream == NULL ? NULL : start;
	while (told != NULL && told < stream && memcmp(told, "/Length ", 8) != 0)
		told++;
	if (told == NULL || told == stream || length - (size_t) (stream - bytes) < 8)
		return false;
	size = strtoull(told + 8, NULL, 10);
	end = (size_t) (stream - bytes) + strlen("\nstream\n") + strlen("\nendstream\nendobj\n");
	if (size > length || end > length - size)
		return false;
	buffer_append(&file->out, start, end + size - at);
	return true;
}

static bool
has_image(const PdfCollection *collection, const char *name)
{
	for (int i = 0; i < collection->image_count; i++)
		if (memcmp(collection->images[i].name, name, IMAGE_NAME_LENGTH) == 0)
			return true;
	return false;
}

static void
add_image(PdfFile *file, const char *bytes, size_t length, const char *name, int number)
{
	PdfCollection *collection = file->collection;
	PdfCollectedImage *image;

	if (!grow(file, (void **) &collection->images, &collection->image_room, collection->image_count,
			  sizeof(PdfCollectedImage)))
		return;
	image = &collection->images[collection->image_count++];
	memcpy(image->name, name, IMAGE_NAME_LENGTH);
	image->name[IMAGE_NAME_LENGTH] = 0;
	image->number = pdf_file_take_number(file);
	pdf_file_open_object(file, image->number);
	if (!copy_image(file, bytes, length, number))
		file->status = PORT_INVALID;
}

/* The line before the first page: "<<...>>", then its end. */
static const char *
find_dictionary(const char *bytes, size_t first_page, size_t *length)
{
	static const char mark[] = "\nendobj\n";
	size_t end = first_page, start;

	while (end > 8 && first_page - end < 256 && memcmp(bytes + end - 8, mark, 8) != 0)
		end--;
	if (end <= 8 || first_page - end >= 256)
		return NULL;
	end -= 8;
	for (start = end; start > 0 && bytes[start - 1] != '\n' && end - start < LONGEST_DICTIONARY;)
		start--;
	*length = end - start;
	return bytes + start;
}

/* All images of the last dictionary that are not in the file yet; false when that takes more. */
static bool
add_images(PdfFile *file, const char *bytes, size_t length, bool whole)
{
	const PdfCollection *collection = file->collection;
	const char *at = strstr(collection->last.bytes, "/XObject<<");

	for (at = at == NULL ? NULL : strstr(at, "/I"); at != NULL && file->status == PORT_OK;
		 at = strstr(at + 1, "/I"))
	{
		if (has_image(collection, at + 1))
			continue;
		if (!whole)
			return false;
		add_image(file, bytes, length, at + 1, atoi(at + 1 + IMAGE_NAME_LENGTH));
	}
	return true;
}

bool
pdf_collection_add(PdfFile *file, const char *bytes, size_t length, size_t start, size_t first_page)
{
	ByteBuffer *last = &file->collection->last;
	size_t size;
	const char *found = first_page > length ? NULL : find_dictionary(bytes, first_page, &size);
	const char *at;

	if (found == bytes && start > 0)
		return false; /* it may begin before */
	if (found == NULL || (last->length == size + 1 && memcmp(last->bytes, found, size) == 0))
		return found != NULL || start == 0;
	buffer_reset(last);
	buffer_append(last, found, size);
	buffer_append_char(last, 0);
	if (last->failed)
		return true;
	at = strstr(last->bytes, "/ColorSpace<<");
	for (at = at == NULL ? NULL : strstr(at, "/K"); at != NULL && file->status == PORT_OK;
		 at = strstr(at + 1, "/K"))
		add_ink(file, (int) strtoul(at + 2, NULL, 16));
	if (add_images(file, bytes, length, start == 0))
		return true;
	buffer_reset(last); /* not done with it */
	return false;
}

void
pdf_collection_write(PdfFile *file)
{
	const PdfCollection *collection = file->collection;

	if (collection == NULL)
		return;
	open_dictionary(file, file->resources);
	put_inks(file, collection->inks, collection->ink_count);
	if (collection->image_count > 0)
		buffer_append_text(&file->out, "/XObject<<");
	for (int i = 0; i < collection->image_count; i++)
		buffer_printf(&file->out, "/%s %d 0 R", collection->images[i].name,
					  collection->images[i].number);
	if (collection->image_count > 0)
		buffer_append_text(&file->out, ">>");
	buffer_append_text(&file->out, ">>\nendobj\n");
}
