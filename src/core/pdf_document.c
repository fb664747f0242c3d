/*
 * pdf_document.c: deflates the pages of a layout into a file, with one deflater for all documents.
 */
#include "core/pdf_document.h"

#include "core/pdf_structure.h"

#include <string.h>

/* Digits of a symbol below which codes of their own cost more than they save. */
#define LEAST_MASK 400

static PortStatus begin_sent(void *state, const Layout *layout);
static PortStatus add_sent(void *state, const ByteBuffer *content);

PortStatus
pdf_document_init(PdfDocument *document, const Port *port, const PdfShared *shared)
{
	memset(document, 0, sizeof(*document));
	pdf_file_init(&document->file, port, shared);
	buffer_init(&document->packed, port);
	document->sink = (LayoutSink){document, begin_sent, add_sent};
	document->deflater = deflater_open(port, DEFLATE_ZLIB, PDF_DOCUMENT_DEFLATE_LEVEL);
	pdf_packer_init(&document->packer, port);
	return document->deflater == NULL ? PORT_NO_MEMORY : PORT_OK;
}

static PortStatus
grow_places(PdfPlaces *places, const Port *port, int count)
{
	int64_t *offsets, *lengths;
	int *pages;

	if (count <= places->room)
		return PORT_OK;
	offsets = port_resize_array(port, places->offsets, (size_t) places->room, (size_t) count,
								sizeof(int64_t));
	if (offsets != NULL)
		places->offsets = offsets;
	lengths = port_resize_array(port, places->lengths, (size_t) places->room, (size_t) count,
								sizeof(int64_t));
	if (lengths != NULL)
		places->lengths = lengths;
	pages =
		port_resize_array(port, places->pages, (size_t) places->room, (size_t) count, sizeof(int));
	if (pages != NULL)
		places->pages = pages;
	if (offsets == NULL || lengths == NULL || pages == NULL)
		return PORT_NO_MEMORY;
	places->room = count;
	return PORT_OK;
}

/* Where a mask's digits start, behind the start of its image; NULL: the page has none. */
static const char *
find_mask(const char *bytes, size_t length)
{
	static const char mark[] = "/AHx ID\n";
	const char *end = bytes + length;

	while ((bytes = length == 0 ? NULL : memchr(bytes, '/', length)) != NULL)
	{
		length = (size_t) (end - bytes);
		if (length > strlen(mark) && memcmp(bytes, mark, strlen(mark)) == 0)
			return bytes + strlen(mark);
		bytes++;
		length--;
	}
	return NULL;
}

/*
 * A QR code's digits are of another kind than the rest of the page: with codes of their own they
 * take four bits each.
 */
static PortStatus
pack_page(PdfDocument *document, const ByteBuffer *content)
{
	const char *mask = find_mask(content->bytes, content->length), *end = NULL;
	size_t parts[3] = {0, 0, 0};

	buffer_reset(&document->packed);
	if (mask != NULL)
	{
		parts[0] = (size_t) (mask - content->bytes);
		end = memchr(mask, '>', content->length - parts[0]);
	}
	if (end != NULL)
	{
		parts[1] = (size_t) (end - mask);
		parts[2] = content->length - parts[0] - parts[1];
	}
	if (parts[1] < LEAST_MASK)
		return deflater_run(document->deflater, NULL, 0, content->bytes, content->length,
							&document->packed);
	return deflater_run_parts(document->deflater, content->bytes, parts, 3, &document->packed);
}

static PortStatus
begin_pages(PdfDocument *document, const Layout *layout)
{
	PortStatus status = grow_places(&document->places, document->file.port, layout->page_count);

	if (status != PORT_OK)
		return status;
	pdf_file_begin(&document->file);
	pdf_file_use(&document->file, &layout->used);
	document->places.count = 0;
	return PORT_OK;
}

static PortStatus
add_page(PdfDocument *document, const ByteBuffer *content)
{
	PdfPlaces *places = &document->places;
	PortStatus status = grow_places(places, document->file.port, places->count + 1);

	if (status != PORT_OK)
		return status;
	status = pack_page(document, content);
	if (status != PORT_OK)
		return status;
	places->offsets[places->count] =
		pdf_file_add_page(&document->file, document->packed.bytes, document->packed.length);
	places->lengths[places->count] = (int64_t) document->packed.length;
	/* the page's object follows its content; nothing takes a number behind it */
	places->pages[places->count++] = document->file.object_count;
	return PORT_OK;
}

/* The pages of a long document, whose structure is packed where the version knows how to. */
static PortStatus
begin_sent(void *state, const Layout *layout)
{
	PdfDocument *document = state;
	PortStatus status = begin_pages(document, layout);

	document->sent_tags = layout->tags;
	if (status == PORT_OK && layout->tags != NULL &&
		document->file.shared->profile->version >= PDF_VERSION_PACKED)
		status = pdf_file_pack(&document->file, &document->packer);
	return status;
}

static PortStatus
add_sent(void *state, const ByteBuffer *content)
{
	PdfDocument *document = state;
	const PdfPlaces *places = &document->places;
	PortStatus status = add_page(document, content);

	if (status != PORT_OK || document->sent_tags == NULL)
		return status;
	pdf_file_put_page_structure(&document->file, document->sent_tags, places->pages,
								places->count - 1);
	return document->file.status;
}

/* Small ones stay as they are: the archive sees the texts that their neighbours have too. */
static PortStatus
attach(PdfDocument *document)
{
	PdfAttachment *deflated = &document->deflated;
	const PdfAttachment *attachment = document->attachment;
	PortStatus status;

	if (attachment->plain_length == 0 && attachment->length > PDF_LARGE_ATTACHMENT)
	{
		buffer_reset(&document->packed);
		status = deflater_run(document->deflater, NULL, 0, attachment->bytes, attachment->length,
							  &document->packed);
		if (status != PORT_OK)
			return status;
		*deflated = *attachment;
		deflated->plain_length = attachment->length;
		deflated->bytes = document->packed.bytes;
		deflated->length = document->packed.length;
		attachment = deflated;
	}
	pdf_file_attach(&document->file, attachment);
	return PORT_OK;
}

PortStatus
pdf_document_write(PdfDocument *document, const Layout *layout, const PdfInfo *info)
{
	PortStatus status = PORT_OK;

	if (!layout_is_sent(layout))
	{
		status = begin_pages(document, layout);
		for (int i = 0; i < layout->page_count && status == PORT_OK; i++)
			status = add_page(document, &layout->pages[i]);
	}
	if (status != PORT_OK)
		return status;
	if (layout->tags != NULL)
		pdf_file_put_structure(&document->file, layout->tags, document->places.pages);
	if (document->attachment != NULL)
		status = attach(document);
	if (status != PORT_OK)
		return status;
	return pdf_file_end(&document->file, info);
}
