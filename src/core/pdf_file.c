/*
 * pdf_file.c: objects, page tree and cross-reference table.
 *
 * Pages hang below inner nodes of 64, whose numbers are taken when the first page of a group needs
 * its parent; the root names all inner nodes, which is enough for millions of pages.
 */
#include "core/pdf_file.h"

#include "core/font_face.h"
#include "core/pdf_collection.h"
#include "core/pdf_metadata.h"
#include "core/pdf_packed.h"

#include <string.h>

#define MEDIA_BOX "/MediaBox[0 0 595.28 841.89]"

static void
note(PdfFile *file, PortStatus status)
{
	if (file->status == PORT_OK)
		file->status = status;
}

static bool
grow(PdfFile *file, void **list, int *room, int count, size_t size)
{
	if (port_grow_list(file->port, list, room, count, size))
		return true;
	note(file, PORT_NO_MEMORY);
	return false;
}

int
pdf_file_take_number(PdfFile *file)
{
	if (!grow(file, (void **) &file->offsets, &file->object_room, file->object_count + 1,
			  sizeof(int64_t)))
		return 0;
	file->offsets[++file->object_count] = 0;
	return file->object_count;
}

void
pdf_file_open_object(PdfFile *file, int number)
{
	if (number <= file->object_count && file->offsets != NULL)
		file->offsets[number] = file->taken + (int64_t) file->out.length;
	buffer_append_int(&file->out, number);
	buffer_append(&file->out, " 0 obj\n", 7);
}

void
pdf_file_init(PdfFile *file, const Port *port, const PdfShared *shared)
{
	memset(file, 0, sizeof(*file));
	file->port = port;
	file->shared = shared;
	buffer_init(&file->out, port);
}

void
pdf_file_begin(PdfFile *file)
{
	const PdfShared *shared = file->shared;

	buffer_reset(&file->out);
	file->taken = file->page_count = 0;
	file->object_count = file->group_count = file->attachment = file->structure = 0;
	file->attached = NULL;
	file->status = PORT_OK;
	file->digest[0] = 0x6D61696C726F6F6D;
	file->digest[1] = 0x9E3779B97F4A7C15;
	buffer_append(&file->out, shared->bytes.bytes, shared->bytes.length);
	for (int i = 0; i < shared->object_count; i++)
	{
		int number = pdf_file_take_number(file);

		if (number != 0)
			file->offsets[number] = shared->offsets[i];
	}
	file->root = pdf_file_take_number(file);
	file->resources = shared->resources;
	file->collection = NULL;
	file->packer = NULL;
}

void
pdf_file_taken(PdfFile *file)
{
	if (file->out.failed)
		note(file, PORT_NO_MEMORY);
	file->taken += (int64_t) file->out.length;
	buffer_reset(&file->out);
}

static void
close_group(PdfFile *file)
{
	int pages = (int) (file->page_count % PDF_GROUP_PAGES);
	int number = file->groups[file->group_count - 1];

	if (pages == 0)
		pages = PDF_GROUP_PAGES;
	pdf_file_open_object(file, number);
	buffer_printf(&file->out, "<</Type/Pages/Parent %d 0 R/Count %d/Kids[", file->root, pages);
	for (int i = 0; i < pages; i++)
		buffer_printf(&file->out, i == 0 ? "%d 0 R" : " %d 0 R", file->kids[i]);
	buffer_append_text(&file->out, "]>>\nendobj\n");
}

/*
 * A digest to tell files apart, not to protect them (that is SHA-256's work in the archive): two
 * lanes over 64-bit words, in the same byte order on every machine.
 */
static void
digest_stream(PdfFile *file, const uint8_t *bytes, size_t length)
{
	uint64_t a = file->digest[0] ^ length, b = file->digest[1];

	for (size_t i = 0; i < length; i += 8)
	{
		uint64_t word = 0;

		if (length - i >= 8)
			memcpy(&word, bytes + i, 8);
		else
			memcpy(&word, bytes + i, length - i);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		word = __builtin_bswap64(word);
#endif
		a = (a ^ word) * 0x9FB21C651E98DF25;
		a ^= a >> 31;
		b = (b + word) * 0xD6E8FEB86659FD93;
		b ^= b >> 29;
	}
	file->digest[0] = a;
	file->digest[1] = b;
}

/* Every page begins here: a new group takes its node's number first. */
static void
open_page(PdfFile *file)
{
	if (file->page_count % PDF_GROUP_PAGES != 0)
		return;
	if (grow(file, (void **) &file->groups, &file->group_room, file->group_count, sizeof(int)))
		file->groups[file->group_count++] = pdf_file_take_number(file);
}

static void
put_page(PdfFile *file, int contents, int marks)
{
	int page = pdf_file_take_number(file);

	if (file->status != PORT_OK)
		return;
	pdf_file_open_object(file, page);
	buffer_append_text(&file->out, "<</Type/Page");
	if (file->shared->profile->tagged)
	{
		buffer_append_text(&file->out, "/Tabs/S/StructParents ");
		buffer_append_int(&file->out, file->page_count);
	}
	buffer_append_text(&file->out, "/Parent ");
	buffer_append_int(&file->out, file->groups[file->group_count - 1]);
	if (file->collection == NULL)
	{
		buffer_append_text(&file->out, " 0 R" MEDIA_BOX "/Resources ");
		buffer_append_int(&file->out, file->resources);
	}
	if (contents != 0)
	{
		buffer_append_text(&file->out, marks != 0 ? " 0 R/Contents[" : " 0 R/Contents ");
		buffer_append_int(&file->out, contents);
	}
	if (marks != 0)
	{
		buffer_append_text(&file->out, " 0 R ");
		buffer_append_int(&file->out, marks);
	}
	buffer_append_text(&file->out, marks != 0 ? " 0 R]>>\nendobj\n" : " 0 R>>\nendobj\n");
	file->kids[file->page_count++ % PDF_GROUP_PAGES] = page;
	if (file->page_count % PDF_GROUP_PAGES == 0)
		close_group(file);
}

/* The object of a deflated content stream; *at is where it starts in the file. */
static int
put_stream(PdfFile *file, const void *stream, size_t length, int64_t *at)
{
	int contents = pdf_file_take_number(file);

	*at = -1;
	if (file->status != PORT_OK)
		return 0;
	pdf_file_open_object(file, contents);
	buffer_append_text(&file->out, "<</Filter/FlateDecode/Length ");
	buffer_append_int(&file->out, (int64_t) length);
	buffer_append_text(&file->out, ">>\nstream\n");
	*at = file->taken + (int64_t) file->out.length;
	buffer_append(&file->out, stream, length);
	buffer_append_text(&file->out, "\nendstream\nendobj\n");
	digest_stream(file, stream, length);
	return contents;
}

int64_t
pdf_file_add_page(PdfFile *file, const void *stream, size_t length)
{
	int contents;
	int64_t at;

	open_page(file);
	contents = put_stream(file, stream, length, &at);
	put_page(file, contents, 0);
	return at;
}

void
pdf_file_add_marked_page(PdfFile *file, const void *stream, size_t length, const void *marks,
						 size_t marks_length)
{
	int contents, marked;
	int64_t at;

	open_page(file);
	contents = put_stream(file, stream, length, &at);
	marked = pdf_file_take_number(file);
	if (file->status != PORT_OK)
		return;
	pdf_file_open_object(file, marked);
	buffer_printf(&file->out, "<</Length %zu>>\nstream\n", marks_length);
	buffer_append(&file->out, marks, marks_length);
	buffer_append_text(&file->out, "\nendstream\nendobj\n");
	digest_stream(file, marks, marks_length);
	put_page(file, contents, marked);
}

void
pdf_file_add_blank(PdfFile *file)
{
	open_page(file);
	put_page(file, 0, 0);
}

static void
write_tree(PdfFile *file)
{
	if (file->page_count % PDF_GROUP_PAGES != 0)
		close_group(file);
	pdf_file_open_object(file, file->root);
	buffer_append_text(&file->out, "<</Type/Pages/Count ");
	buffer_append_int(&file->out, file->page_count);
	buffer_append_text(&file->out, "/Kids[");
	for (int i = 0; i < file->group_count; i++)
		buffer_printf(&file->out, i == 0 ? "%d 0 R" : " %d 0 R", file->groups[i]);
	buffer_append_char(&file->out, ']');
	if (file->collection != NULL) /* for all pages */
		buffer_printf(&file->out, MEDIA_BOX "/Resources %d 0 R", file->resources);
	buffer_append_text(&file->out, ">>\nendobj\n");
}

/* As "%010lld 00000 n \n" is. */
static void
put_entry(ByteBuffer *out, int64_t offset)
{
	char entry[] = "0000000000 00000 n \n";

	for (int i = 9; offset > 0 && i >= 0; i--, offset /= 10)
		entry[i] = (char) ('0' + offset % 10);
	buffer_append(out, entry, 20);
}

static void
write_table(PdfFile *file, int catalog, int info)
{
	int64_t start = file->taken + (int64_t) file->out.length;

	buffer_printf(&file->out, "xref\n0 %d\n0000000000 65535 f \n", file->object_count + 1);
	for (int i = 1; i <= file->object_count; i++)
		put_entry(&file->out, file->offsets[i]);
	buffer_printf(&file->out,
				  "trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[<%016llX%016llX>"
				  "<%016llX%016llX>]>>\nstartxref\n%lld\n%%%%EOF\n",
				  file->object_count + 1, catalog, info, (unsigned long long) file->digest[0],
				  (unsigned long long) file->digest[1], (unsigned long long) file->digest[0],
				  (unsigned long long) file->digest[1], (long long) start);
}

void
pdf_file_attach(PdfFile *file, const PdfAttachment *attachment)
{
	int stream = pdf_file_take_number(file), specification = pdf_file_take_number(file);

	if (file->status != PORT_OK)
		return;
	pdf_file_open_object(file, stream);
	pdf_put_attachment(&file->out, attachment);
	pdf_file_open_object(file, specification);
	pdf_put_specification(&file->out, attachment, stream);
	digest_stream(file, (const uint8_t *) attachment->bytes, attachment->length);
	file->attachment = specification;
	file->attached = attachment;
}

static void
write_catalog(PdfFile *file, int number, int metadata, const PdfInfo *info)
{
	ByteBuffer *out = &file->out;

	pdf_file_open_object(file, number);
	buffer_printf(out, "<</Type/Catalog/Pages %d 0 R/Lang(%s)", file->root, info->language);
	if (metadata != 0)
		buffer_printf(out, "/Metadata %d 0 R/OutputIntents[%d 0 R]", metadata,
					  file->shared->output_intent);
	if (file->structure != 0)
		buffer_printf(out, "/MarkInfo<</Marked true>>/StructTreeRoot %d 0 R", file->structure);
	if (file->attachment != 0)
		buffer_printf(out, "/AF[%d 0 R]/Names<</EmbeddedFiles<</Names[(%s) %d 0 R]>>>>",
					  file->attachment, file->attached->file_name, file->attachment);
	buffer_append_text(out, ">>\nendobj\n");
}

PortStatus
pdf_file_end(PdfFile *file, const PdfInfo *info)
{
	const PdfProfile *profile = file->shared->profile;
	int catalog = pdf_file_take_number(file), about = pdf_file_take_number(file);
	int metadata = profile->part != 0 ? pdf_file_take_number(file) : 0;

	if (file->status != PORT_OK)
		return file->status;
	pdf_packed_finish(file);
	pdf_collection_write(file);
	write_tree(file);
	write_catalog(file, catalog, metadata, info);
	pdf_file_open_object(file, about);
	buffer_append_text(&file->out, "<</Producer(" PDF_PRODUCER ")/Title");
	pdf_put_text_string(&file->out, info->title);
	buffer_append_text(&file->out, ">>\nendobj\n");
	if (metadata != 0)
	{
		pdf_file_open_object(file, metadata);
		pdf_put_metadata(&file->out, profile, info, file->attached);
	}
	if (file->packer != NULL)
		pdf_packed_put_table(file, catalog, about);
	else
		write_table(file, catalog, about);
	if (file->out.failed)
		note(file, PORT_NO_MEMORY);
	return file->status;
}

void
pdf_file_release(PdfFile *file)
{
	file->port->release(file->port->host, file->offsets);
	file->port->release(file->port->host, file->groups);
	buffer_release(&file->out);
}
