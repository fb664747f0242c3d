/*
 * pdf_text.c: content streams and character maps, as far as words need them.
 */
#include "core/pdf_text.h"

#include "core/pdf_source.h"

#include <stdlib.h>
#include <string.h>

#define MOST_PENDING 256
#define MOST_NODES 100000
#define MOST_FONTS 64
#define MOST_RANGES 65536
#define MOST_STREAM (32 * 1024 * 1024)
#define MOST_UNITS 4
/* Forms inside of forms. */
#define MOST_DEPTH 4
/* Of streams: largest growth beyond the first megabyte. */
#define GROWTH 200

/* Codes from .. to are the characters from units on, the last one counted up. */
typedef struct CodeRange
{
	uint32_t from, to;
	uint16_t units[MOST_UNITS]; /* UTF-16 */
	int count;
} CodeRange;

typedef struct TextFont
{
	int64_t number; /* of its object */
	bool wide;		/* codes of two bytes */
	bool mapped;
	CodeRange *ranges; /* ascending */
	size_t count, capacity;
} TextFont;

typedef struct PdfText
{
	const Port *port;
	PdfSource *source;
	ByteBuffer *out;
	size_t start; /* of this file's text in out */
	ByteBuffer string;
	TextFont fonts[MOST_FONTS];
	int font_count;
	bool full, failed;
} PdfText;

static PortStatus
keep_piece(void *state, const char *bytes, size_t length)
{
	ByteBuffer *stream = state;

	if (stream->length + length > MOST_STREAM)
		return PORT_STOPPED;
	buffer_append(stream, bytes, length);
	return buffer_failed(stream) ? PORT_NO_MEMORY : PORT_OK;
}

/* Appends what a stream holds, as far as it can be read. */
static void
read_stream(PdfText *text, PdfValue reference, ByteBuffer *stream)
{
	if (reference.kind != PDF_REFERENCE)
		return;
	(void) pdf_source_stream(text->source, reference, keep_piece, stream);
	buffer_append_char(stream, '\n');
	text->failed = text->failed || buffer_failed(stream);
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void
decode_hex(Slice text, ByteBuffer *out)
{
	int high = -1;

	for (size_t i = 1; i + 1 < text.length; i++)
	{
		int digit = hex_digit(text.bytes[i]);

		if (digit < 0)
			continue;
		if (high >= 0)
			buffer_append_char(out, (char) (high << 4 | digit));
		high = high >= 0 ? -1 : digit;
	}
	if (high >= 0)
		buffer_append_char(out, (char) (high << 4));
}

/* The character behind a backslash; *at comes to stand on its last byte. */
static void
decode_escape(Slice text, size_t *at, ByteBuffer *out)
{
	static const char names[] = "nrtbf", values[] = "\n\r\t\b\f";
	char c = text.bytes[*at];
	const char *name = c == '\0' ? NULL : strchr(names, c);
	int code = 0, digits = 0;

	if (name != NULL)
		buffer_append_char(out, values[name - names]);
	else if (c == '\r' || c == '\n')
		return; /* the line goes on */
	else if (c < '0' || c > '7')
		buffer_append_char(out, c);
	else
	{
		for (; digits < 3 && *at + 1 < text.length && text.bytes[*at] >= '0' &&
			   text.bytes[*at] <= '7';
			 digits++)
			code = code * 8 + (text.bytes[(*at)++] - '0');
		(*at)--;
		buffer_append_char(out, (char) code);
	}
}

/* The bytes of a string in brackets. */
static void
decode_string(const PdfValue *value, ByteBuffer *out)
{
	buffer_reset(out);
	if (value->kind != PDF_STRING || value->text.length < 2)
		return;
	if (value->text.bytes[0] == '<')
	{
		decode_hex(value->text, out);
		return;
	}
	for (size_t i = 1; i + 1 < value->text.length; i++)
	{
		if (value->text.bytes[i] != '\\' || i + 2 >= value->text.length)
			buffer_append_char(out, value->text.bytes[i]);
		else
		{
			i++;
			decode_escape(value->text, &i, out);
		}
	}
}

/* -- what codes mean ---------------------------------------------------------------------------
 */

static uint32_t
code_of(const ByteBuffer *string)
{
	uint32_t code = 0;

	for (size_t i = 0; i < string->length && i < 4; i++)
		code = code << 8 | (uint8_t) string->bytes[i];
	return code;
}

static void
add_range(PdfText *text, TextFont *font, uint32_t from, uint32_t to, const PdfValue *target)
{
	CodeRange *range;

	if (font->count == MOST_RANGES || to < from)
		return;
	if (font->count == font->capacity)
	{
		size_t capacity = font->capacity == 0 ? 256 : 2 * font->capacity;
		CodeRange *ranges = port_resize_array(text->port, font->ranges, font->capacity, capacity,
											  sizeof(CodeRange));

		if (ranges == NULL)
		{
			text->failed = true;
			return;
		}
		font->ranges = ranges;
		font->capacity = capacity;
	}
	decode_string(target, &text->string);
	range = &font->ranges[font->count++];
	*range = (CodeRange){.from = from, .to = to};
	for (size_t i = 0; i + 1 < text->string.length && range->count < MOST_UNITS; i += 2)
		range->units[range->count++] =
			(uint16_t) ((uint8_t) text->string.bytes[i] << 8 | (uint8_t) text->string.bytes[i + 1]);
}

static void
add_ranges(PdfText *text, TextFont *font, PdfCursor *cursor)
{
	PdfValue low, high, target;

	while ((low = pdf_next_value(cursor)).kind == PDF_STRING &&
		   (high = pdf_next_value(cursor)).kind == PDF_STRING &&
		   (target = pdf_next_value(cursor)).kind != PDF_NONE && !text->failed)
	{
		uint32_t from, to;

		decode_string(&low, &text->string);
		from = code_of(&text->string);
		decode_string(&high, &text->string);
		to = code_of(&text->string);
		if (target.kind == PDF_STRING)
			add_range(text, font, from, to, &target);
		else if (target.kind == PDF_ARRAY)
		{
			PdfCursor inside = pdf_inside(&target, cursor->work);
			PdfValue one;

			while (from <= to && (one = pdf_next_value(&inside)).kind == PDF_STRING)
			{
				add_range(text, font, from, from, &one);
				from++;
			}
		}
	}
}

static int
compare_ranges(const void *one, const void *two)
{
	const CodeRange *a = one, *b = two;

	return (a->from > b->from) - (a->from < b->from);
}

static void
read_map(PdfText *text, TextFont *font, PdfValue reference)
{
	int64_t *work = pdf_source_work(text->source);
	ByteBuffer map;
	PdfCursor cursor;
	PdfValue value;

	buffer_init(&map, text->port);
	read_stream(text, reference, &map);
	cursor = (PdfCursor){map.bytes, map.length, 0, work};
	while (!text->failed && (value = pdf_next_value(&cursor)).kind != PDF_NONE)
	{
		if (pdf_text_is(&value, "beginbfrange"))
			add_ranges(text, font, &cursor);
		else if (pdf_text_is(&value, "beginbfchar"))
		{
			PdfValue code, target;

			while ((code = pdf_next_value(&cursor)).kind == PDF_STRING &&
				   (target = pdf_next_value(&cursor)).kind != PDF_NONE && !text->failed)
			{
				uint32_t from;

				decode_string(&code, &text->string);
				from = code_of(&text->string);
				add_range(text, font, from, from, &target);
			}
		}
	}
	buffer_release(&map);
	if (font->count > 0)
		qsort(font->ranges, font->count, sizeof(CodeRange), compare_ranges);
	font->mapped = font->count > 0;
}

/* The font of a reference, read at its first use. */
static const TextFont *
find_font(PdfText *text, PdfValue reference)
{
	TextFont *font;
	PdfValue dict, subtype;

	if (reference.kind != PDF_REFERENCE)
		return NULL;
	for (int i = 0; i < text->font_count; i++)
		if (text->fonts[i].number == reference.number)
			return &text->fonts[i];
	dict = pdf_source_resolve(text->source, reference);
	if (dict.kind != PDF_DICT || text->font_count == MOST_FONTS)
		return NULL;
	font = &text->fonts[text->font_count++];
	*font = (TextFont){.number = reference.number};
	subtype = pdf_source_key(text->source, &dict, "Subtype");
	font->wide = pdf_text_is(&subtype, "Type0");
	read_map(text, font, pdf_find_key(&dict, "ToUnicode", pdf_source_work(text->source)));
	return font;
}

static const CodeRange *
find_range(const TextFont *font, uint32_t code)
{
	size_t low = 0, high = font->count;

	while (low < high)
	{
		size_t middle = (low + high) / 2;

		if (font->ranges[middle].to < code)
			low = middle + 1;
		else
			high = middle;
	}
	return low < font->count && font->ranges[low].from <= code ? &font->ranges[low] : NULL;
}

/* -- what is shown -----------------------------------------------------------------------------
 */

static void
append_code_point(ByteBuffer *out, uint32_t code)
{
	if (code < 0x80)
		buffer_append_char(out, code < ' ' ? ' ' : (char) code);
	else if (code < 0x800)
	{
		buffer_append_char(out, (char) (0xc0 | code >> 6));
		buffer_append_char(out, (char) (0x80 | (code & 0x3f)));
	}
	else if (code < 0x10000)
	{
		buffer_append_char(out, (char) (0xe0 | code >> 12));
		buffer_append_char(out, (char) (0x80 | (code >> 6 & 0x3f)));
		buffer_append_char(out, (char) (0x80 | (code & 0x3f)));
	}
}

/* Characters outside of the first plane are no letters of words. */
static void
append_mapped(ByteBuffer *out, const CodeRange *range, uint32_t code)
{
	for (int i = 0; i < range->count; i++)
	{
		uint32_t unit = range->units[i] + (i + 1 == range->count ? code - range->from : 0);

		if (unit < 0xd800 || (unit > 0xdfff && unit < 0xfffe))
			append_code_point(out, unit);
		else
			buffer_append_char(out, ' ');
	}
}

static void
show_string(PdfText *text, const TextFont *font, const PdfValue *value)
{
	size_t step = font != NULL && font->wide ? 2 : 1;

	decode_string(value, &text->string);
	if (font == NULL || (font->wide && !font->mapped))
		return;
	for (size_t i = 0; i + step <= text->string.length; i += step)
	{
		uint32_t code = (uint8_t) text->string.bytes[i];
		const CodeRange *range;

		if (step == 2)
			code = code << 8 | (uint8_t) text->string.bytes[i + 1];
		range = font->mapped ? find_range(font, code) : NULL;
		if (range != NULL)
			append_mapped(text->out, range, code);
		else if (!font->wide)
			append_code_point(text->out, code >= 0x7f && code < 0xa0 ? ' ' : code);
	}
	text->full = text->out->length - text->start > PDF_TEXT_MOST;
}

static void
show_array(PdfText *text, const TextFont *font, const PdfValue *array)
{
	PdfCursor inside = pdf_inside(array, pdf_source_work(text->source));
	PdfValue value;

	while ((value = pdf_next_value(&inside)).kind != PDF_NONE)
	{
		if (value.kind == PDF_STRING)
			show_string(text, font, &value);
		/* a gap of a fifth of the font's size, as pdf readers take it */
		else if (value.kind == PDF_NUMBER && value.number < -200)
			buffer_append_char(text->out, ' ');
	}
}

static PdfValue
resource(PdfText *text, const PdfValue *resources, const char *kind, const PdfValue *name)
{
	PdfValue all = pdf_source_key(text->source, resources, kind);
	char key[128];

	if (all.kind != PDF_DICT || name->kind != PDF_NAME || name->text.length >= sizeof(key))
		return (PdfValue){0};
	memcpy(key, name->text.bytes, name->text.length);
	key[name->text.length] = '\0';
	return pdf_find_key(&all, key, pdf_source_work(text->source));
}

static void show_stream(PdfText *text, const PdfValue *resources, const ByteBuffer *stream,
						int depth);

/* Something that is shown by name: a form has content of its own. */
static void
show_form(PdfText *text, const PdfValue *resources, const PdfValue *name, int depth)
{
	PdfValue reference = resource(text, resources, "XObject", name), dict, subtype, own;
	ByteBuffer stream;

	if (reference.kind != PDF_REFERENCE || depth == MOST_DEPTH)
		return;
	dict = pdf_source_resolve(text->source, reference);
	subtype = pdf_source_key(text->source, &dict, "Subtype");
	if (!pdf_text_is(&subtype, "Form"))
		return;
	own = pdf_source_key(text->source, &dict, "Resources");
	buffer_init(&stream, text->port);
	read_stream(text, reference, &stream);
	show_stream(text, own.kind == PDF_DICT ? &own : resources, &stream, depth + 1);
	buffer_release(&stream);
}

static bool
is_move(const PdfValue *word)
{
	static const char *const moves[] = {"Td", "TD", "Tm", "T*", "BT", "ET", "'", "\""};

	for (size_t i = 0; i < sizeof(moves) / sizeof(*moves); i++)
		if (pdf_text_is(word, moves[i]))
			return true;
	return false;
}

static void
show_stream(PdfText *text, const PdfValue *resources, const ByteBuffer *stream, int depth)
{
	PdfCursor cursor = {stream->bytes, stream->length, 0, pdf_source_work(text->source)};
	PdfValue name = {0}, shown = {0}, value;
	const TextFont *font = NULL;

	while (!text->full && !text->failed && (value = pdf_next_value(&cursor)).kind != PDF_NONE)
	{
		if (value.kind == PDF_NAME)
			name = value;
		if (value.kind == PDF_STRING || value.kind == PDF_ARRAY)
			shown = value;
		if (value.kind != PDF_WORD)
			continue;
		if (is_move(&value))
			buffer_append_char(text->out, ' ');
		if (pdf_text_is(&value, "Tf"))
			font = find_font(text, resource(text, resources, "Font", &name));
		else if (pdf_text_is(&value, "Tj") || pdf_text_is(&value, "'") || pdf_text_is(&value, "\""))
			show_string(text, font, &shown);
		else if (pdf_text_is(&value, "TJ"))
			show_array(text, font, &shown);
		else if (pdf_text_is(&value, "Do"))
			show_form(text, resources, &name, depth);
	}
}

/* A page's content: one stream or several that are one. */
static void
show_page(PdfText *text, const PdfValue *page, const PdfValue *resources)
{
	PdfValue contents = pdf_find_key(page, "Contents", pdf_source_work(text->source));
	PdfValue list = pdf_source_resolve(text->source, contents);
	ByteBuffer stream;

	buffer_init(&stream, text->port);
	if (list.kind == PDF_ARRAY)
	{
		PdfCursor inside = pdf_inside(&list, pdf_source_work(text->source));
		PdfValue part;

		while ((part = pdf_next_value(&inside)).kind != PDF_NONE && !text->failed)
			read_stream(text, part, &stream);
	}
	else
		read_stream(text, contents, &stream);
	show_stream(text, resources, &stream, 0);
	buffer_append_char(text->out, '\n');
	buffer_release(&stream);
}

typedef struct PageNode
{
	PdfValue node, resources;
} PageNode;

/* Nodes wait in a list of bounded length and are counted, so that loops end. */
static void
show_pages(PdfText *text, PdfValue root)
{
	PageNode pending[MOST_PENDING];
	int count = 1;

	pending[0] = (PageNode){.node = root};
	for (int nodes = 0; count > 0 && nodes < MOST_NODES && !text->full && !text->failed; nodes++)
	{
		PageNode at = pending[--count];
		PdfValue node = pdf_source_resolve(text->source, at.node), own, kids, kid;
		PdfCursor inside;

		if (node.kind != PDF_DICT)
			continue;
		own = pdf_source_key(text->source, &node, "Resources");
		if (own.kind == PDF_DICT)
			at.resources = own;
		kids = pdf_source_key(text->source, &node, "Kids");
		if (kids.kind != PDF_ARRAY)
		{
			show_page(text, &node, &at.resources);
			continue;
		}
		inside = pdf_inside(&kids, pdf_source_work(text->source));
		while (count < MOST_PENDING && (kid = pdf_next_value(&inside)).kind != PDF_NONE)
			pending[count++] = (PageNode){kid, at.resources};
	}
}

static void
release(PdfText *text)
{
	for (int i = 0; i < text->font_count; i++)
		text->port->release(text->port->host, text->fonts[i].ranges);
	buffer_release(&text->string);
	pdf_source_close(text->source);
	text->port->release(text->port->host, text);
}

PortStatus
pdf_text(const Port *port, const char *bytes, size_t length, ByteBuffer *out)
{
	PdfText *text = port->alloc(port->host, sizeof(PdfText));
	PortFault fault = {0};
	PortStatus status = PORT_NO_MEMORY;
	PdfValue catalog;

	if (text == NULL)
		return PORT_NO_MEMORY;
	*text = (PdfText){.port = port, .out = out, .start = out->length};
	buffer_init(&text->string, port);
	text->source = pdf_source_open(port, bytes, length, GROWTH, &fault);
	if (text->source != NULL && (status = pdf_source_begin(text->source)) == PORT_OK)
	{
		status = pdf_source_catalog(text->source, &catalog);
		/* no table of objects, or a wrong one: they are looked for */
		if (status == PORT_INVALID && pdf_source_search(text->source) == PORT_OK)
			status = pdf_source_catalog(text->source, &catalog);
	}
	if (status == PORT_OK)
		show_pages(text, pdf_find_key(&catalog, "Pages", pdf_source_work(text->source)));
	if (text->failed || buffer_failed(out) || buffer_failed(&text->string))
		status = PORT_NO_MEMORY;
	release(text);
	if (status == PORT_NO_MEMORY)
		return status;
	return port->interrupted(port->host) ? PORT_INTERRUPTED : PORT_OK;
}
