/*
 * pdf_shared.c: the bytes every file of a profile starts with: fonts, colour profile, resources.
 */
#include "core/pdf_file.h"

#include "core/deflate.h"
#include "core/font_face.h"
#include "core/pdf_icc.h"

#include <stdio.h>
#include <string.h>

#define SHARED_DEFLATE_LEVEL 9

static void
shared_object(PdfShared *shared)
{
	shared->offsets[shared->object_count++] = (int64_t) shared->bytes.length;
	buffer_printf(&shared->bytes, "%d 0 obj\n", shared->object_count);
}

static void
shared_stream(PdfShared *shared, const void *bytes, size_t length, const char *more)
{
	shared_object(shared);
	buffer_printf(&shared->bytes, "<</Filter/FlateDecode/Length %zu%s>>\nstream\n", length, more);
	buffer_append(&shared->bytes, bytes, length);
	buffer_append_text(&shared->bytes, "\nendstream\nendobj\n");
}

/* A stream of our own text, deflated. */
static PortStatus
shared_packed_stream(PdfShared *shared, const Port *port, const ByteBuffer *plain)
{
	Deflater *deflater = deflater_open(port, DEFLATE_ZLIB, SHARED_DEFLATE_LEVEL);
	PortStatus status = PORT_NO_MEMORY;
	ByteBuffer packed;

	buffer_init(&packed, port);
	if (deflater != NULL && !plain->failed)
		status = deflater_run(deflater, NULL, 0, plain->bytes, plain->length, &packed);
	if (status == PORT_OK)
		shared_stream(shared, packed.bytes, packed.length, "");
	deflater_close(deflater);
	buffer_release(&packed);
	return status;
}

/* Glyphs back to characters, for searching and copying text. */
static PortStatus
shared_unicode_map(PdfShared *shared, const Port *port, const uint16_t *characters, int count)
{
	PortStatus status;
	ByteBuffer map;

	buffer_init(&map, port);
	buffer_append_text(&map, "/CIDInit/ProcSet findresource begin\n12 dict begin\nbegincmap\n"
							 "/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n"
							 "/CMapName/Adobe-Identity-UCS def\n/CMapType 2 def\n"
							 "1 begincodespacerange\n<0000><FFFF>\nendcodespacerange\n");
	for (int i = 0; i < count; i++)
	{
		/* a section holds at most 100 entries */
		if (i % 100 == 0)
			buffer_printf(&map, "%s%d beginbfchar\n", i == 0 ? "" : "endbfchar\n",
						  count - i < 100 ? count - i : 100);
		buffer_printf(&map, "<%04X><%04X>\n", (unsigned) i + 1, (unsigned) characters[i]);
	}
	buffer_append_text(&map, "endbfchar\nendcmap\nCMapName currentdict/CMap defineresource pop\n"
							 "end\nend\n");
	status = shared_packed_stream(shared, port, &map);
	buffer_release(&map);
	return status;
}

/* One bit for each glyph of the face, the first in the highest: the file holds them all. */
static PortStatus
shared_glyph_set(PdfShared *shared, const Port *port, const FontFace *face)
{
	PortStatus status;
	ByteBuffer set;

	buffer_init(&set, port);
	for (int i = 0; i < face->glyph_count; i += 8)
		buffer_append_char(
			&set, (char) (0xFF00 >> (face->glyph_count - i < 8 ? face->glyph_count - i : 8)));
	status = shared_packed_stream(shared, port, &set);
	buffer_release(&set);
	return status;
}

/* Font file, descriptor, descendant and composite font: the last of them is the font. */
static PortStatus
shared_font(PdfShared *shared, const Port *port, const FontFace *face, int unicode_map)
{
	ByteBuffer *out = &shared->bytes;
	int file = shared->object_count + 1, glyph_set = 0;
	char plain_length[32];

	snprintf(plain_length, sizeof(plain_length), "/Length1 %zu", face->plain_length);
	shared_stream(shared, face->packed, face->packed_length, plain_length);
	if (shared->profile->part == 1) /* what PDF/A-1 asks for and later parts do not */
	{
		PortStatus status = shared_glyph_set(shared, port, face);

		if (status != PORT_OK)
			return status;
		glyph_set = shared->object_count;
	}
	shared_object(shared);
	buffer_printf(out,
				  "<</Type/FontDescriptor/FontName/MAILRM+%s/Flags 32/FontBBox[%d %d %d %d]"
				  "/ItalicAngle 0/Ascent %d/Descent %d/CapHeight %d/StemV %d/FontFile2 %d 0 R",
				  face->name, face->box[0], face->box[1], face->box[2], face->box[3], face->ascent,
				  face->descent, face->cap_height, face->stem_width, file);
	if (glyph_set != 0)
		buffer_printf(out, "/CIDSet %d 0 R", glyph_set);
	buffer_append_text(out, ">>\nendobj\n");
	shared_object(shared);
	buffer_printf(out,
				  "<</Type/Font/Subtype/CIDFontType2/BaseFont/MAILRM+%s/CIDSystemInfo<</Registry"
				  "(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor %d 0 R"
				  "/CIDToGIDMap/Identity/DW 556/W[0[",
				  face->name, shared->object_count - 1);
	for (int i = 0; i < face->glyph_count; i++)
		buffer_printf(out, i == 0 ? "%d" : " %d", face->widths[i]);
	buffer_append_text(out, "]]>>\nendobj\n");
	shared_object(shared);
	buffer_printf(out,
				  "<</Type/Font/Subtype/Type0/BaseFont/MAILRM+%s/Encoding/Identity-H"
				  "/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>\nendobj\n",
				  face->name, shared->object_count - 1, unicode_map);
	return PORT_OK;
}

/* What the colours of the file mean. */
static void
shared_output_intent(PdfShared *shared)
{
	shared_stream(shared, pdf_icc_srgb, pdf_icc_srgb_length, "/N 3");
	shared_object(shared);
	buffer_printf(&shared->bytes,
				  "<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)"
				  "/Info(sRGB)/DestOutputProfile %d 0 R>>\nendobj\n",
				  shared->object_count - 1);
	shared->output_intent = shared->object_count;
}

/* A face with characters of its own, and its map. */
static PortStatus
shared_own_font(PdfShared *shared, const Port *port, const FontFace *face)
{
	PortStatus status = shared_unicode_map(shared, port, face->characters, face->character_count);

	return status == PORT_OK ? shared_font(shared, port, face, shared->object_count) : status;
}

PortStatus
pdf_shared_open(PdfShared *shared, const Port *port, const PdfProfile *profile, bool with_code_line)
{
	PortStatus status;
	int fonts[FONT_FACE_COUNT], unicode_map, count = with_code_line ? FONT_FACE_COUNT : FONT_OCR;

	memset(shared, 0, sizeof(*shared));
	shared->profile = profile;
	shared->with_code_line = with_code_line;
	buffer_init(&shared->bytes, port);
	/* the second line has bytes over 127, so that no one takes the file for text */
	buffer_printf(&shared->bytes, "%%PDF-1.%d\n%%\xE2\xE3\xCF\xD3\n", profile->version);
	status = shared_unicode_map(shared, port, font_characters, font_character_count);
	unicode_map = shared->object_count;
	for (int i = 0; i < count && status == PORT_OK; i++)
	{
		status = font_faces[i]->characters == NULL
					 ? shared_font(shared, port, font_faces[i], unicode_map)
					 : shared_own_font(shared, port, font_faces[i]);
		fonts[i] = shared->object_count;
	}
	if (status != PORT_OK)
		return status;
	if (profile->part != 0)
		shared_output_intent(shared);
	shared_object(shared);
	shared->dictionary = shared->bytes.length;
	buffer_append_text(&shared->bytes, "<</ProcSet[/PDF/Text]/Font<<");
	for (int i = 0; i < count; i++)
		buffer_printf(&shared->bytes, "/F%d %d 0 R", i + 1, fonts[i]);
	buffer_append_text(&shared->bytes, ">>");
	shared->dictionary_length = shared->bytes.length - shared->dictionary;
	buffer_append_text(&shared->bytes, ">>\nendobj\n");
	shared->resources = shared->object_count;
	return shared->bytes.failed ? PORT_NO_MEMORY : PORT_OK;
}
