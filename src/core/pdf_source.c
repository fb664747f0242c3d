/*
 * pdf_source.c: objects and streams of a PDF.
 */
#include "core/pdf_state.h"

#include "core/pdf_stream.h"

#include <string.h>

#define MAX_HOPS 16
#define MAX_NESTING 4
/* Object and cross-reference streams together: those of a scanned book have some megabytes. */
#define STRUCTURE_BYTES (16 * 1024 * 1024)

static const PdfValue nothing = {PDF_NONE, {NULL, 0}, 0};

PdfSource *
pdf_source_open(const Port *port, const char *bytes, size_t length, int ratio, PortFault *fault)
{
	PdfSource *source = port->alloc(port->host, sizeof(PdfSource));

	if (source == NULL)
		return NULL;
	memset(source, 0, sizeof(*source));
	source->port = port;
	source->bytes = bytes;
	source->length = length;
	source->ratio = ratio;
	source->fault = fault;
	source->work = (int64_t) length * 8 + 1024 * 1024;
	source->stream_count = -1;
	return source;
}

void
pdf_source_close(PdfSource *source)
{
	if (source == NULL)
		return;
	for (int i = 0; i < source->decoded_count; i++)
		buffer_release(&source->decoded[i].text);
	if (source->found != NULL)
		source->port->release(source->port->host, source->found);
	source->port->release(source->port->host, source);
}

int64_t *
pdf_source_work(PdfSource *source)
{
	return &source->work;
}

PortStatus
pdf_source_trouble(const PdfSource *source)
{
	if (source->status != PORT_OK)
		return source->status;
	if (source->work < 0)
		return port_fault(source->fault, PORT_TOO_LARGE, "PDF-LIMIT",
						  "the structure of the PDF takes more than %lld steps to read",
						  (long long) source->length * 8 + 1024 * 1024);
	return PORT_OK;
}

bool
pdf_object_at(PdfSource *source, size_t offset, int64_t number, PdfValue *value, PdfCursor *after)
{
	PdfCursor cursor = pdf_cursor_at(source, offset);
	PdfValue first, second, word;

	if (offset >= source->length)
		return false;
	first = pdf_next_value(&cursor);
	second = pdf_next_value(&cursor);
	word = pdf_next_value(&cursor);
	if (first.kind != PDF_NUMBER || second.kind != PDF_NUMBER || !pdf_text_is(&word, "obj") ||
		(number >= 0 && first.number != number))
		return false;
	*value = pdf_next_value(&cursor);
	*after = cursor;
	return value->kind != PDF_NONE;
}

/* -- streams ---------------------------------------------------------------------------------- */

/* The raw bytes of the stream behind a dictionary; its length may be a lie. */
static bool
stream_bytes(PdfSource *source, PdfCursor after, const PdfValue *dict, Slice *raw)
{
	PdfValue word = pdf_next_value(&after), stated;
	const char *data, *end;
	size_t left;

	if (!pdf_text_is(&word, "stream"))
		return false;
	data = source->bytes + after.at;
	left = source->length - after.at;
	if (left > 0 && *data == '\r')
	{
		data++;
		left--;
	}
	if (left > 0 && *data == '\n')
	{
		data++;
		left--;
	}
	stated = pdf_source_key(source, dict, "Length");
	raw->bytes = data;
	if (stated.kind == PDF_NUMBER && stated.number >= 0 && (uint64_t) stated.number <= left)
	{
		PdfCursor behind =
			pdf_cursor_at(source, (size_t) (data - source->bytes) + (size_t) stated.number);

		word = pdf_next_value(&behind);
		raw->length = (size_t) stated.number;
		if (pdf_text_is(&word, "endstream"))
			return true;
	}
	source->work -= (int64_t) left;
	end = source->work < 0 ? NULL : pdf_find_word(data, left, "endstream");
	raw->length = end != NULL ? (size_t) (end - data) : left;
	if (raw->length > 0 && data[raw->length - 1] == '\n')
		raw->length--;
	if (raw->length > 0 && data[raw->length - 1] == '\r')
		raw->length--;
	return true;
}

static int64_t
parameter(PdfSource *source, const PdfValue *parameters, const char *key, int64_t fallback)
{
	PdfValue number = pdf_source_key(source, parameters, key);

	return number.kind == PDF_NUMBER ? number.number : fallback;
}

static PortStatus
add_filter(PdfSource *source, const PdfValue *name, const PdfValue *parameters, PdfCoding *coding)
{
	static const struct
	{
		const char *name, *short_name;
		PdfFilterKind kind;
	} known[] = {{"FlateDecode", "Fl", PDF_FILTER_FLATE},
				 {"LZWDecode", "LZW", PDF_FILTER_LZW},
				 {"ASCIIHexDecode", "AHx", PDF_FILTER_HEX},
				 {"ASCII85Decode", "A85", PDF_FILTER_BASE85},
				 {"RunLengthDecode", "RL", PDF_FILTER_RUNS}};
	PdfFilter *filter = &coding->filters[coding->count];
	size_t i = 0;

	while (i < sizeof(known) / sizeof(*known) && !pdf_text_is(name, known[i].name) &&
		   !pdf_text_is(name, known[i].short_name))
		i++;
	if (i == sizeof(known) / sizeof(*known))
		return port_fault(source->fault, PORT_INVALID, "PDF-FILTER",
						  "a stream with the filter %.*s is not supported",
						  name->text.length > 40 ? 40 : (int) name->text.length, name->text.bytes);
	if (coding->count == PDF_FILTERS)
		return port_fault(source->fault, PORT_INVALID, "PDF-FILTER",
						  "a stream with more than %d filters is not supported", PDF_FILTERS);
	filter->kind = known[i].kind;
	coding->count++;
	if (filter->kind != PDF_FILTER_FLATE && filter->kind != PDF_FILTER_LZW)
		return PORT_OK;
	filter->predictor = parameter(source, parameters, "Predictor", 1);
	filter->columns = parameter(source, parameters, "Columns", 1);
	filter->colors = parameter(source, parameters, "Colors", 1);
	filter->bits = parameter(source, parameters, "BitsPerComponent", 8);
	filter->late_change = parameter(source, parameters, "EarlyChange", 1) == 0;
	return PORT_OK;
}

/* The filters and their parameters: one of each, or arrays. */
static PortStatus
stream_coding(PdfSource *source, const PdfValue *dict, PdfCoding *coding)
{
	PdfValue filter = pdf_source_key(source, dict, "Filter");
	PdfValue parameters = pdf_source_key(source, dict, "DecodeParms"), each = parameters;
	PdfCursor filters = {NULL, 0, 0, &source->work}, inside = filters;
	PortStatus status = PORT_OK;

	memset(coding, 0, sizeof(*coding));
	if (filter.kind == PDF_NONE || pdf_text_is(&filter, "null"))
		return PORT_OK;
	if (filter.kind == PDF_ARRAY)
	{
		filters = pdf_inside(&filter, &source->work);
		filter = pdf_source_resolve(source, pdf_next_value(&filters));
	}
	if (parameters.kind == PDF_ARRAY)
		inside = pdf_inside(&parameters, &source->work);
	while (filter.kind != PDF_NONE && status == PORT_OK)
	{
		if (parameters.kind == PDF_ARRAY)
			each = pdf_source_resolve(source, pdf_next_value(&inside));
		status = add_filter(source, &filter, &each, coding);
		filter =
			filters.bytes != NULL ? pdf_source_resolve(source, pdf_next_value(&filters)) : nothing;
	}
	return status;
}

typedef struct Collect
{
	ByteBuffer *out;
	size_t limit;
	PortFault *fault;
} Collect;

static PortStatus
collect_piece(void *state, const char *bytes, size_t length)
{
	Collect *collect = state;

	if (length > collect->limit - collect->out->length)
		return port_fault(collect->fault, PORT_TOO_LARGE, "PDF-LIMIT",
						  "the object streams of the PDF are larger than %d bytes",
						  STRUCTURE_BYTES);
	buffer_append(collect->out, bytes, length);
	return buffer_failed(collect->out) ? PORT_NO_MEMORY : PORT_OK;
}

/* Into the next free place; a broken stream is only not there. */
static int
decode_into(PdfSource *source, size_t offset, const PdfValue *dict, const PdfCoding *coding,
			Slice raw)
{
	Decoded *decoded = &source->decoded[source->decoded_count];
	Collect collect = {&decoded->text, STRUCTURE_BYTES - source->structure_bytes, source->fault};
	PortStatus status;

	buffer_init(&decoded->text, source->port);
	decoded->offset = offset;
	decoded->dict = *dict;
	source->decoded_count++;
	status = pdf_stream_decode(source->port, coding, raw, source->ratio, collect_piece, &collect,
							   source->fault);
	source->structure_bytes += decoded->text.length;
	if (status == PORT_OK)
		return source->decoded_count - 1;
	if (status == PORT_INVALID)
		source->fault->status = PORT_OK;
	else
		source->status = status;
	buffer_reset(&decoded->text);
	return -1;
}

/*
 * Decodes the stream at an offset of the file, once; its number in source->decoded, -1 = it cannot
 * be. The length of a stream may stand in another stream, and that one's in the first.
 */
int
pdf_decode_at(PdfSource *source, size_t offset, int64_t number)
{
	PdfValue dict;
	PdfCursor after;
	PdfCoding coding;
	Slice raw;
	int at = -1;

	for (int i = 0; i < source->decoded_count; i++)
		if (source->decoded[i].offset == offset)
			return i;
	if (source->status != PORT_OK || source->nesting == MAX_NESTING ||
		!pdf_object_at(source, offset, number, &dict, &after) || dict.kind != PDF_DICT)
		return -1;
	source->nesting++;
	if (stream_bytes(source, after, &dict, &raw))
	{
		if (stream_coding(source, &dict, &coding) != PORT_OK)
			source->fault->status = PORT_OK;
		else if (source->decoded_count < MAX_DECODED)
			at = decode_into(source, offset, &dict, &coding, raw);
	}
	source->nesting--;
	return at;
}

/* -- objects ----------------------------------------------------------------------------------- */

/* The object out of a decoded object stream: pairs of number and offset, then the objects. */
PdfValue
pdf_object_inside(PdfSource *source, int at, int64_t number)
{
	const Decoded *decoded = &source->decoded[at];
	PdfValue count = pdf_find_key(&decoded->dict, "N", &source->work);
	PdfValue first = pdf_find_key(&decoded->dict, "First", &source->work);
	PdfCursor cursor = {decoded->text.bytes, decoded->text.length, 0, &source->work};

	if (count.kind != PDF_NUMBER || first.kind != PDF_NUMBER || first.number < 0)
		return nothing;
	for (int64_t i = 0; i < count.number; i++)
	{
		PdfValue one = pdf_next_value(&cursor), offset = pdf_next_value(&cursor);

		if (one.kind != PDF_NUMBER || offset.kind != PDF_NUMBER || offset.number < 0)
			return nothing;
		if (one.number != number)
			continue;
		if ((uint64_t) first.number + (uint64_t) offset.number >= decoded->text.length)
			return nothing;
		cursor.at = (size_t) (first.number + offset.number);
		return pdf_next_value(&cursor);
	}
	return nothing;
}

static PdfValue
object_of(PdfSource *source, int64_t number)
{
	Where where = pdf_locate(source, number), holder;
	PdfValue value;
	PdfCursor after;
	int at;

	if (where.kind == WHERE_FILE)
	{
		if (pdf_object_at(source, where.offset, number, &value, &after))
			return value;
		source->damaged = true;
		return nothing;
	}
	if (where.kind == WHERE_STREAM)
	{
		holder = pdf_locate(source, where.number);
		at = holder.kind == WHERE_FILE ? pdf_decode_at(source, holder.offset, where.number) : -1;
		if (at >= 0)
			return pdf_object_inside(source, at, number);
		source->damaged = true;
		return nothing;
	}
	return source->searched ? pdf_object_in_any(source, number) : nothing;
}

PdfValue
pdf_source_resolve(PdfSource *source, PdfValue value)
{
	for (int hops = 0; value.kind == PDF_REFERENCE; hops++)
	{
		if (hops == MAX_HOPS)
			return nothing;
		value = object_of(source, value.number);
	}
	return value;
}

PdfValue
pdf_source_key(PdfSource *source, const PdfValue *dict, const char *key)
{
	return pdf_source_resolve(source, pdf_find_key(dict, key, &source->work));
}

PortStatus
pdf_source_stream(PdfSource *source, PdfValue reference, PdfPiece piece, void *state)
{
	Where where = reference.kind == PDF_REFERENCE ? pdf_locate(source, reference.number)
												  : (Where){WHERE_NOWHERE, 0, 0};
	PdfValue dict;
	PdfCursor after;
	PdfCoding coding;
	Slice raw;
	PortStatus status;

	if (where.kind != WHERE_FILE ||
		!pdf_object_at(source, where.offset, reference.number, &dict, &after) ||
		!stream_bytes(source, after, &dict, &raw))
	{
		status = pdf_source_trouble(source);
		return status != PORT_OK ? status
								 : port_fault(source->fault, PORT_INVALID, "PDF-SYNTAX",
											  "the attached file is not in the PDF");
	}
	status = stream_coding(source, &dict, &coding);
	if (status == PORT_OK)
		status = pdf_source_trouble(source);
	return status != PORT_OK ? status
							 : pdf_stream_decode(source->port, &coding, raw, source->ratio, piece,
												 state, source->fault);
}

bool
pdf_source_damaged(const PdfSource *source)
{
	return source->damaged;
}
