/*
 * pdf_xref.c: the chain of cross-reference sections (ISO 32000-1, 7.5.4 to 7.5.8).
 */
#include "core/pdf_state.h"

#include <string.h>

#define ENTRY_BYTES 20

/* -- cross-reference sections -------------------------------------------------------------------
 */

static bool
add_section(PdfSource *source, size_t offset, int decoded, const int *widths)
{
	Section *section = &source->sections[source->section_count];

	if (source->section_count == MAX_SECTIONS)
		return false;
	section->offset = offset;
	section->decoded = decoded;
	section->hybrid = false;
	for (int i = 0; i < 3; i++)
		section->widths[i] = widths != NULL ? widths[i] : 0;
	source->section_count++;
	return true;
}

/* What a trailer says; the newest one counts. */
void
pdf_take_trailer(PdfSource *source, const PdfValue *trailer)
{
	PdfValue root = pdf_find_key(trailer, "Root", &source->work);
	PdfValue encrypt = pdf_find_key(trailer, "Encrypt", &source->work);

	if (source->root.kind == PDF_NONE && root.kind == PDF_REFERENCE)
		source->root = root;
	source->encrypted |= encrypt.kind == PDF_REFERENCE || encrypt.kind == PDF_DICT;
}

static bool
offset_of(PdfSource *source, const PdfValue *dict, const char *key, size_t *offset)
{
	PdfValue number = pdf_find_key(dict, key, &source->work);

	if (number.kind != PDF_NUMBER || number.number < 0 ||
		(uint64_t) number.number >= source->length)
		return false;
	*offset = (size_t) number.number;
	return true;
}

/*
 * The entries of a table stand in subsections; cursor is at one.  Leaves it behind the entries;
 * false: there is none.
 */
static bool
next_subsection(PdfCursor *cursor, int64_t *first, int64_t *count, size_t *entries)
{
	PdfCursor ahead = *cursor;
	PdfValue one = pdf_next_value(&ahead), two;

	if (one.kind != PDF_NUMBER || one.number < 0)
		return false;
	two = pdf_next_value(&ahead);
	if (two.kind != PDF_NUMBER || two.number < 0)
		return false;
	while (ahead.at < ahead.length &&
		   (ahead.bytes[ahead.at] == ' ' || ahead.bytes[ahead.at] == '\r' ||
			ahead.bytes[ahead.at] == '\n'))
		ahead.at++;
	if ((uint64_t) two.number > (ahead.length - ahead.at) / ENTRY_BYTES)
		return false;
	*first = one.number;
	*count = two.number;
	*entries = ahead.at;
	ahead.at += (size_t) two.number * ENTRY_BYTES;
	*cursor = ahead;
	return true;
}

static bool
read_table(PdfSource *source, PdfCursor cursor, PdfValue *trailer)
{
	size_t start = cursor.at, entries;
	int64_t first, count;
	PdfValue word;

	while (next_subsection(&cursor, &first, &count, &entries))
		;
	word = pdf_next_value(&cursor);
	*trailer = pdf_next_value(&cursor);
	if (!pdf_text_is(&word, "trailer") || trailer->kind != PDF_DICT ||
		!add_section(source, start, -1, NULL))
		return false;
	return true;
}

static bool
read_stream_section(PdfSource *source, size_t offset, PdfValue *trailer)
{
	PdfValue widths;
	PdfCursor inside;
	int sizes[3], at = pdf_decode_at(source, offset, -1);

	if (at < 0)
		return false;
	*trailer = source->decoded[at].dict;
	widths = pdf_source_key(source, trailer, "W");
	inside = pdf_inside(&widths, &source->work);
	for (int i = 0; i < 3; i++)
	{
		PdfValue size = pdf_next_value(&inside);

		if (size.kind != PDF_NUMBER || size.number < 0 || size.number > 8)
			return false;
		sizes[i] = (int) size.number;
	}
	return sizes[0] + sizes[1] + sizes[2] > 0 && add_section(source, offset, at, sizes);
}

static bool
read_section(PdfSource *source, size_t offset, PdfValue *trailer)
{
	PdfCursor cursor = pdf_cursor_at(source, offset);
	PdfValue word = pdf_next_value(&cursor);
	size_t hybrid;

	for (int i = 0; i < source->section_count; i++)
		if (source->sections[i].offset == offset ||
			(source->sections[i].decoded < 0 && source->sections[i].offset == cursor.at))
			return false; /* a loop */
	if (!pdf_text_is(&word, "xref"))
		return read_stream_section(source, offset, trailer);
	if (!read_table(source, cursor, trailer))
		return false;
	if (offset_of(source, trailer, "XRefStm", &hybrid))
	{
		PdfValue ignored;

		source->sections[source->section_count - 1].hybrid = true;
		read_stream_section(source, hybrid, &ignored);
	}
	return true;
}

/* The last startxref of the file. */
static bool
find_start(PdfSource *source, size_t *offset)
{
	static const char word[] = "startxref";
	size_t from = source->length > 4096 ? source->length - 4096 : 0;

	for (size_t at = source->length; at-- > from;)
		if (source->length - at > sizeof(word) &&
			memcmp(source->bytes + at, word, sizeof(word) - 1) == 0)
		{
			PdfCursor cursor = pdf_cursor_at(source, at + sizeof(word) - 1);
			PdfValue number = pdf_next_value(&cursor);

			*offset = number.kind == PDF_NUMBER && number.number >= 0 ? (size_t) number.number
																	  : source->length;
			return *offset < source->length;
		}
	return false;
}

PortStatus
pdf_source_begin(PdfSource *source)
{
	PdfValue trailer;
	size_t offset;
	bool more = find_start(source, &offset);

	source->damaged = !more;
	while (more)
	{
		if (!read_section(source, offset, &trailer))
		{
			source->damaged = true;
			break;
		}
		pdf_take_trailer(source, &trailer);
		more = offset_of(source, &trailer, "Prev", &offset);
	}
	if (source->encrypted)
		return port_fault(source->fault, PORT_INVALID, "PDF-ENCRYPTED",
						  "the PDF is encrypted; files attached to it cannot be read");
	return pdf_source_trouble(source);
}

/* -- where an object is ------------------------------------------------------------------------ */

/* False: this section says nothing about the object. */
static bool
locate_in_table(PdfSource *source, const Section *section, int64_t number, Where *where)
{
	PdfCursor cursor = pdf_cursor_at(source, section->offset);
	int64_t first, count;
	size_t entries;

	while (next_subsection(&cursor, &first, &count, &entries))
	{
		PdfCursor entry;
		PdfValue offset, letter;

		if (number < first || number - first >= count)
			continue;
		entry = pdf_cursor_at(source, entries + (size_t) (number - first) * ENTRY_BYTES);
		offset = pdf_next_value(&entry);
		pdf_next_value(&entry);
		letter = pdf_next_value(&entry);
		where->kind = pdf_text_is(&letter, "n") ? WHERE_FILE : WHERE_NOWHERE;
		where->offset = offset.kind == PDF_NUMBER && offset.number >= 0 ? (size_t) offset.number
																		: source->length;
		source->damaged |= !pdf_text_is(&letter, "n") && !pdf_text_is(&letter, "f");
		return where->kind == WHERE_FILE || !section->hybrid;
	}
	return false;
}

static uint64_t
field(const char *bytes, int width)
{
	uint64_t number = 0;

	for (int i = 0; i < width; i++)
		number = number << 8 | (unsigned char) bytes[i];
	return number;
}

/* Which entry of a cross-reference stream is the object's; -1 = none. */
static int64_t
entry_number(PdfSource *source, const Section *section, int64_t number)
{
	const PdfValue *dict = &source->decoded[section->decoded].dict;
	PdfValue index = pdf_source_key(source, dict, "Index");
	PdfCursor inside = pdf_inside(&index, &source->work);
	int64_t before = 0;

	if (index.kind != PDF_ARRAY)
		return number;
	for (;;)
	{
		PdfValue first = pdf_next_value(&inside), count = pdf_next_value(&inside);

		if (first.kind != PDF_NUMBER || count.kind != PDF_NUMBER || first.number < 0 ||
			count.number < 0)
			return -1;
		if (number >= first.number && number - first.number < count.number)
			return before + number - first.number;
		before += count.number;
	}
}

static bool
locate_in_stream(PdfSource *source, const Section *section, int64_t number, Where *where)
{
	const ByteBuffer *text = &source->decoded[section->decoded].text;
	const int *widths = section->widths;
	size_t size = (size_t) (widths[0] + widths[1] + widths[2]);
	int64_t entry = entry_number(source, section, number);
	const char *at;
	uint64_t kind, place;

	if (entry < 0 || (uint64_t) entry >= text->length / size)
		return false;
	at = text->bytes + (size_t) entry * size;
	kind = widths[0] == 0 ? 1 : field(at, widths[0]);
	place = field(at + widths[0], widths[1]);
	where->kind = kind == 1 ? WHERE_FILE : (kind == 2 ? WHERE_STREAM : WHERE_NOWHERE);
	where->offset = place < source->length ? (size_t) place : source->length;
	where->number = place <= UINT32_MAX ? (int64_t) place : -1;
	return true;
}

Where
pdf_locate(PdfSource *source, int64_t number)
{
	Where where = {WHERE_NOWHERE, 0, 0};

	if (source->searched)
		return pdf_locate_found(source, number);
	for (int i = 0; i < source->section_count; i++)
	{
		const Section *section = &source->sections[i];

		if (section->decoded < 0 ? locate_in_table(source, section, number, &where)
								 : locate_in_stream(source, section, number, &where))
			break;
	}
	return where;
}
