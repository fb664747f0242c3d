/*
 * pdf_file.c: objects, page tree and cross-reference table.
 *
 * Pages hang below inner nodes of 64, whose numbers are taken when the first page of a group needs
 * its parent; the root names all inner nodes, which is enough for millions of pages.
 */
#include "core/pdf_file.h"

#include "core/deflate.h"
#include "core/font_face.h"
#include "core/pdf_page.h"

#include <string.h>

#define SHARED_DEFLATE_LEVEL 9

static void
shared_object(PdfShared *shared)
{
	shared->offsets[shared->object_count++] = (int64_t) shared->bytes.length;
	buffer_printf(&shared->bytes, "%d 0 obj\n", shared->object_count);
}

static void
shared_stream(PdfShared *shared, const void *bytes, size_t length, size_t plain_length)
{
	shared_object(shared);
	buffer_printf(&shared->bytes, "<</Filter/FlateDecode/Length %zu", length);
	if (plain_length != 0)
		buffer_printf(&shared->bytes, "/Length1 %zu", plain_length);
	buffer_append_text(&shared->bytes, ">>\nstream\n");
	buffer_append(&shared->bytes, bytes, length);
	buffer_append_text(&shared->bytes, "\nendstream\nendobj\n");
}

/* Glyphs back to characters, for searching and copying text. */
static PortStatus
shared_unicode_map(PdfShared *shared, const Port *port)
{
	Deflater *deflater = deflater_open(port, DEFLATE_ZLIB, SHARED_DEFLATE_LEVEL);
	PortStatus status = PORT_NO_MEMORY;
	ByteBuffer map, packed;

	buffer_init(&map, port);
	buffer_init(&packed, port);
	buffer_append_text(&map, "/CIDInit/ProcSet findresource begin\n12 dict begin\nbegincmap\n"
							 "/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n"
							 "/CMapName/Adobe-Identity-UCS def\n/CMapType 2 def\n"
							 "1 begincodespacerange\n<0000><FFFF>\nendcodespacerange\n");
	for (int i = 0; i < font_character_count; i++)
	{
		/* a section holds at most 100 entries */
		if (i % 100 == 0)
			buffer_printf(&map, "%s%d beginbfchar\n", i == 0 ? "" : "endbfchar\n",
						  font_character_count - i < 100 ? font_character_count - i : 100);
		buffer_printf(&map, "<%04X><%04X>\n", (unsigned) i + 1, (unsigned) font_characters[i]);
	}
	buffer_append_text(&map, "endbfchar\nendcmap\nCMapName currentdict/CMap defineresource pop\n"
							 "end\nend\n");
	if (deflater != NULL && !map.failed)
		status = deflater_run(deflater, NULL, 0, map.bytes, map.length, &packed);
	if (status == PORT_OK)
		shared_stream(shared, packed.bytes, packed.length, 0);
	deflater_close(deflater);
	buffer_release(&map);
	buffer_release(&packed);
	return status;
}

/* Font file, descriptor, descendant and composite font: returns the number of the last. */
static int
shared_font(PdfShared *shared, const FontFace *face, int unicode_map)
{
	ByteBuffer *out = &shared->bytes;
	int file = shared->object_count + 1;

	shared_stream(shared, face->packed, face->packed_length, face->plain_length);
	shared_object(shared);
	buffer_printf(out,
				  "<</Type/FontDescriptor/FontName/MAILRM+%s/Flags 32/FontBBox[%d %d %d %d]"
				  "/ItalicAngle 0/Ascent %d/Descent %d/CapHeight %d/StemV %d/FontFile2 %d 0 R>>\n"
				  "endobj\n",
				  face->name, face->box[0], face->box[1], face->box[2], face->box[3], face->ascent,
				  face->descent, face->cap_height, face->stem_width, file);
	shared_object(shared);
	buffer_printf(out,
				  "<</Type/Font/Subtype/CIDFontType2/BaseFont/MAILRM+%s/CIDSystemInfo<</Registry"
				  "(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor %d 0 R"
				  "/CIDToGIDMap/Identity/DW 556/W[0[",
				  face->name, file + 1);
	for (int i = 0; i < face->glyph_count; i++)
		buffer_printf(out, i == 0 ? "%d" : " %d", face->widths[i]);
	buffer_append_text(out, "]]>>\nendobj\n");
	shared_object(shared);
	buffer_printf(out,
				  "<</Type/Font/Subtype/Type0/BaseFont/MAILRM+%s/Encoding/Identity-H"
				  "/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>\nendobj\n",
				  face->name, file + 2, unicode_map);
	return file + 3;
}

PortStatus
pdf_shared_open(PdfShared *shared, const Port *port)
{
	PortStatus status;
	int fonts[FONT_FACE_COUNT], unicode_map;

	memset(shared, 0, sizeof(*shared));
	buffer_init(&shared->bytes, port);
	/* the second line has bytes over 127, so that no one takes the file for text */
	buffer_append_text(&shared->bytes, "%PDF-1.4\n%\xE2\xE3\xCF\xD3\n");
	status = shared_unicode_map(shared, port);
	if (status != PORT_OK)
		return status;
	unicode_map = shared->object_count;
	for (int i = 0; i < FONT_FACE_COUNT; i++)
		fonts[i] = shared_font(shared, font_faces[i], unicode_map);
	shared_object(shared);
	buffer_append_text(&shared->bytes, "<</ProcSet[/PDF/Text]/Font<<");
	for (int i = 0; i < FONT_FACE_COUNT; i++)
		buffer_printf(&shared->bytes, "/F%d %d 0 R", i + 1, fonts[i]);
	buffer_append_text(&shared->bytes, ">>>>\nendobj\n");
	shared->resources = shared->object_count;
	return shared->bytes.failed ? PORT_NO_MEMORY : PORT_OK;
}

static void
note(PdfFile *file, PortStatus status)
{
	if (file->status == PORT_OK)
		file->status = status;
}

static bool
grow(PdfFile *file, void **list, int *room, int count, size_t size)
{
	void *larger;

	if (count < *room)
		return true;
	larger = port_resize_array(file->port, *list, (size_t) *room, (size_t) *room * 2 + 64, size);
	if (larger == NULL)
	{
		note(file, PORT_NO_MEMORY);
		return false;
	}
	*list = larger;
	*room = *room * 2 + 64;
	return true;
}

static int
take_number(PdfFile *file)
{
	if (!grow(file, (void **) &file->offsets, &file->object_room, file->object_count + 1,
			  sizeof(int64_t)))
		return 0;
	file->offsets[++file->object_count] = 0;
	return file->object_count;
}

static void
open_object(PdfFile *file, int number)
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
	file->object_count = file->group_count = 0;
	file->status = PORT_OK;
	file->digest[0] = 0x6D61696C726F6F6D;
	file->digest[1] = 0x9E3779B97F4A7C15;
	buffer_append(&file->out, shared->bytes.bytes, shared->bytes.length);
	for (int i = 0; i < shared->object_count; i++)
	{
		int number = take_number(file);

		if (number != 0)
			file->offsets[number] = shared->offsets[i];
	}
	file->root = take_number(file);
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
	open_object(file, number);
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

		for (size_t j = 0; j < 8 && i + j < length; j++)
			word |= (uint64_t) bytes[i + j] << (8 * j);
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
		file->groups[file->group_count++] = take_number(file);
}

static void
put_page(PdfFile *file, int contents)
{
	int page = take_number(file);

	if (file->status != PORT_OK)
		return;
	open_object(file, page);
	buffer_append_text(&file->out, "<</Type/Page/Parent ");
	buffer_append_int(&file->out, file->groups[file->group_count - 1]);
	buffer_append_text(&file->out, " 0 R/MediaBox[0 0 595.28 841.89]/Resources ");
	buffer_append_int(&file->out, file->shared->resources);
	if (contents != 0)
	{
		buffer_append_text(&file->out, " 0 R/Contents ");
		buffer_append_int(&file->out, contents);
	}
	buffer_append_text(&file->out, " 0 R>>\nendobj\n");
	file->kids[file->page_count++ % PDF_GROUP_PAGES] = page;
	if (file->page_count % PDF_GROUP_PAGES == 0)
		close_group(file);
}

int64_t
pdf_file_add_page(PdfFile *file, const void *stream, size_t length)
{
	int contents;
	int64_t at;

	open_page(file);
	contents = take_number(file);
	if (file->status != PORT_OK)
		return -1;
	open_object(file, contents);
	buffer_append_text(&file->out, "<</Filter/FlateDecode/Length ");
	buffer_append_int(&file->out, (int64_t) length);
	buffer_append_text(&file->out, ">>\nstream\n");
	at = file->taken + (int64_t) file->out.length;
	buffer_append(&file->out, stream, length);
	buffer_append_text(&file->out, "\nendstream\nendobj\n");
	digest_stream(file, stream, length);
	put_page(file, contents);
	return at;
}

void
pdf_file_add_blank(PdfFile *file)
{
	open_page(file);
	put_page(file, 0);
}

static void
write_tree(PdfFile *file)
{
	if (file->page_count % PDF_GROUP_PAGES != 0)
		close_group(file);
	open_object(file, file->root);
	buffer_append_text(&file->out, "<</Type/Pages/Count ");
	buffer_append_int(&file->out, file->page_count);
	buffer_append_text(&file->out, "/Kids[");
	for (int i = 0; i < file->group_count; i++)
		buffer_printf(&file->out, i == 0 ? "%d 0 R" : " %d 0 R", file->groups[i]);
	buffer_append_text(&file->out, "]>>\nendobj\n");
}

/* UTF-16 with a mark in front, in hexadecimal: right for any text. */
static void
write_text_string(ByteBuffer *out, const char *text)
{
	const char *end = text + strlen(text);

	buffer_append_text(out, "<FEFF");
	while (text < end)
	{
		uint32_t character;

		(void) font_next_glyph(&text, end, &character);
		if (character > 0xFFFF)
			buffer_printf(out, "%04X%04X", 0xD800 + ((character - 0x10000) >> 10),
						  0xDC00 + ((character - 0x10000) & 0x3FF));
		else
			buffer_printf(out, "%04X", character);
	}
	buffer_append_char(out, '>');
}

static void
write_table(PdfFile *file, int catalog, int info)
{
	int64_t start = file->taken + (int64_t) file->out.length;

	buffer_printf(&file->out, "xref\n0 %d\n0000000000 65535 f \n", file->object_count + 1);
	for (int i = 1; i <= file->object_count; i++)
		buffer_printf(&file->out, "%010lld 00000 n \n", (long long) file->offsets[i]);
	buffer_printf(&file->out,
				  "trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[<%016llX%016llX>"
				  "<%016llX%016llX>]>>\nstartxref\n%lld\n%%%%EOF\n",
				  file->object_count + 1, catalog, info, (unsigned long long) file->digest[0],
				  (unsigned long long) file->digest[1], (unsigned long long) file->digest[0],
				  (unsigned long long) file->digest[1], (long long) start);
}

PortStatus
pdf_file_end(PdfFile *file, const PdfInfo *info)
{
	int catalog = take_number(file), about = take_number(file);

	if (file->status != PORT_OK)
		return file->status;
	write_tree(file);
	open_object(file, catalog);
	buffer_printf(&file->out, "<</Type/Catalog/Pages %d 0 R/Lang(%s)>>\nendobj\n", file->root,
				  info->language);
	open_object(file, about);
	buffer_append_text(&file->out, "<</Producer(mailroom)/Title");
	write_text_string(&file->out, info->title);
	buffer_append_text(&file->out, ">>\nendobj\n");
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
