/*
 * pdf_search.c: the objects of a PDF whose cross-reference is damaged.
 *
 * Whatever looks like the beginning of an object is one; of several with the same number the last
 * counts, as an update would have it.
 */
#include "core/pdf_state.h"

#include <string.h>

static const PdfValue nothing = {PDF_NONE, {NULL, 0}, 0};

Where
pdf_locate_found(PdfSource *source, int64_t number)
{
	Where where = {WHERE_NOWHERE, 0, 0};

	source->work -= (int64_t) source->found_count;
	for (size_t i = source->found_count; i-- > 0 && source->work >= 0;)
		if (source->found[i].number == number)
		{
			where.kind = WHERE_FILE;
			where.offset = source->found[i].offset;
			break;
		}
	return where;
}

/* After a search: in whichever object stream it is. */
PdfValue
pdf_object_in_any(PdfSource *source, int64_t number)
{
	if (source->stream_count < 0)
	{
		source->stream_count = 0;
		for (size_t i = source->found_count; i-- > 0 && source->stream_count < MAX_DECODED;)
		{
			PdfValue dict, type;
			PdfCursor after;

			if (!pdf_object_at(source, source->found[i].offset, -1, &dict, &after))
				continue;
			type = pdf_find_key(&dict, "Type", &source->work);
			if (pdf_text_is(&type, "ObjStm"))
				source->streams[source->stream_count++] = source->found[i].offset;
		}
	}
	for (int i = 0; i < source->stream_count; i++)
	{
		int at = pdf_decode_at(source, source->streams[i], -1);
		PdfValue value = at >= 0 ? pdf_object_inside(source, at, number) : nothing;

		if (value.kind != PDF_NONE)
			return value;
	}
	return nothing;
}

/* Where "12 0 obj" begins whose last word is at an offset; false: it is something else. */
static bool
object_before(const PdfSource *source, size_t word, Found *found)
{
	const char *bytes = source->bytes;
	size_t at = word, digits;
	uint64_t number = 0;

	for (int part = 0; part < 2; part++)
	{
		size_t blanks = 0;

		while (at > 0 &&
			   (bytes[at - 1] == ' ' || bytes[at - 1] == '\n' || bytes[at - 1] == '\r' ||
				bytes[at - 1] == '\t') &&
			   blanks++ < 8)
			at--;
		for (digits = 0; at > 0 && bytes[at - 1] >= '0' && bytes[at - 1] <= '9' && digits < 10;
			 digits++)
			at--;
		if (digits == 0 || (blanks == 0 && part == 1))
			return false;
	}
	for (size_t i = 0; i < digits; i++)
		number = number * 10 + (uint64_t) (bytes[at + i] - '0');
	if (number > UINT32_MAX || at > UINT32_MAX)
		return false;
	found->number = (uint32_t) number;
	found->offset = (uint32_t) at;
	return true;
}

static bool
note_found(PdfSource *source, const Found *found)
{
	size_t count = source->found_count;

	/* grows at powers of two */
	if (count >= 64 && (count & (count - 1)) == 0)
	{
		Found *more =
			port_resize_array(source->port, source->found, count, count * 2, sizeof(Found));

		if (more == NULL)
			return false;
		source->found = more;
	}
	source->found[source->found_count++] = *found;
	return true;
}

static void
note_trailers(PdfSource *source)
{
	const char *at = source->bytes, *end = source->bytes + source->length;

	source->root = nothing;
	while ((at = pdf_find_word(at, (size_t) (end - at), "trailer")) != NULL)
	{
		PdfCursor cursor = pdf_cursor_at(source, (size_t) (at - source->bytes) + 7);
		PdfValue trailer = pdf_next_value(&cursor),
				 root = pdf_find_key(&trailer, "Root", &source->work);

		if (root.kind == PDF_REFERENCE)
			source->root = root; /* the last one counts */
		pdf_take_trailer(source, &trailer);
		at += 7;
	}
}

PortStatus
pdf_source_search(PdfSource *source)
{
	const char *at = source->bytes, *end = source->bytes + source->length;
	Found found;

	if (source->searched)
		return PORT_INVALID;
	source->searched = true;
	if (source->status != PORT_OK)
		return source->status;
	source->work = (int64_t) source->length * 8 + 1024 * 1024;
	source->found = port_alloc_array(source->port, 64, sizeof(Found));
	if (source->found == NULL)
		return source->status = PORT_NO_MEMORY;
	while ((at = pdf_find_word(at, (size_t) (end - at), "obj")) != NULL)
	{
		if (object_before(source, (size_t) (at - source->bytes), &found) &&
			!note_found(source, &found))
			return source->status = PORT_NO_MEMORY;
		at += 3;
	}
	note_trailers(source);
	if (source->encrypted)
		return port_fault(source->fault, PORT_INVALID, "PDF-ENCRYPTED",
						  "the PDF is encrypted; files attached to it cannot be read");
	return pdf_source_trouble(source);
}

/* Out of the cross-reference streams and catalogues themselves, where there is no trailer. */
static PdfValue
search_catalog(PdfSource *source)
{
	for (size_t i = source->found_count; i-- > 0;)
	{
		PdfValue dict, type;
		PdfCursor after;

		if (!pdf_object_at(source, source->found[i].offset, -1, &dict, &after))
			continue;
		type = pdf_find_key(&dict, "Type", &source->work);
		if (pdf_text_is(&type, "Catalog"))
			return dict;
		if (pdf_text_is(&type, "XRef"))
		{
			PdfValue root = pdf_source_key(source, &dict, "Root");

			pdf_take_trailer(source, &dict);
			if (root.kind == PDF_DICT)
				return root;
		}
	}
	return nothing;
}

PortStatus
pdf_source_catalog(PdfSource *source, PdfValue *catalog)
{
	PortStatus status;

	*catalog = pdf_source_resolve(source, source->root);
	if (catalog->kind != PDF_DICT && source->searched)
		*catalog = search_catalog(source);
	if (source->encrypted)
		return port_fault(source->fault, PORT_INVALID, "PDF-ENCRYPTED",
						  "the PDF is encrypted; files attached to it cannot be read");
	status = pdf_source_trouble(source);
	if (status != PORT_OK || catalog->kind == PDF_DICT)
		return status;
	return PORT_INVALID;
}
