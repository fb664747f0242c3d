/*
 * layout_page.c: page list, fitting and breaking of text.
 */
#include "core/layout_page.h"

#include <stdio.h>
#include <string.h>

#define LAYOUT_SPARE_BYTES 512 /* for the number of pages, which comes last */

#define ELLIPSIS "\xE2\x80\xA6"

void
layout_init(Layout *layout, const Port *port)
{
	memset(layout, 0, sizeof(*layout));
	layout->port = port;
	proof_init(&layout->proof, port);
}

void
layout_begin(Layout *layout)
{
	layout->page_count = 0;
	layout->sending = layout->dropping = false;
	layout->page.content = NULL;
	layout->missing = 0;
	layout->too_small[0] = '\0';
	layout->used.ink_count = layout->used.image_count = 0;
	if (layout->tags != NULL)
		pdf_tags_begin(layout->tags);
	layout->status = PORT_OK;
}

void
layout_begin_long(Layout *layout)
{
	layout_begin(layout);
	layout->dropping = layout->sink != NULL;
}

static void
close_page(Layout *layout)
{
	if (layout->page.content == NULL)
		return;
	pdf_page_end(&layout->page);
	if (layout->missing == 0)
		layout->missing = layout->page.missing;
	if (layout->page.content->failed)
		layout->status = PORT_NO_MEMORY;
	/* pages of small documents keep their buffers for the next; many are cut to what they hold */
	if (layout->page_count > LAYOUT_KEPT_PAGES && !layout->dropping && !layout->sending)
		buffer_shrink(layout->page.content, LAYOUT_SPARE_BYTES);
	layout->page.content = NULL;
}

/* Where a page is drawn: pages beyond those that are kept share a buffer, all that are sent too. */
static int
buffer_of(const Layout *layout, int page_no)
{
	if (layout->sending)
		return 0;
	return layout->dropping && page_no > LAYOUT_KEPT_PAGES ? LAYOUT_KEPT_PAGES : page_no - 1;
}

static bool
more_pages(Layout *layout)
{
	int room = layout->page_room * 2 + 8;
	ByteBuffer *pages;

	if (buffer_of(layout, layout->page_count + 1) < layout->page_room)
		return true;
	pages = port_resize_array(layout->port, layout->pages, (size_t) layout->page_room,
							  (size_t) room, sizeof(ByteBuffer));
	if (pages == NULL)
		return false;
	for (int i = layout->page_room; i < room; i++)
		buffer_init(&pages[i], layout->port);
	layout->pages = pages;
	layout->page_room = room;
	return true;
}

static void
draw_on(Layout *layout, int page_no)
{
	layout->page.tags = layout->tags;
	layout->page.used = &layout->used;
	layout->page.proof = &layout->proof;
	layout->page.check = layout->check;
	layout->page.page_no = page_no - 1;
}

static void
hand_over(Layout *layout)
{
	if (layout->sending && layout->page_count > 0 && layout->status == PORT_OK)
		layout->status = layout->sink->page(layout->sink->state, &layout->pages[0]);
}

void
layout_new_page(Layout *layout)
{
	close_page(layout);
	hand_over(layout);
	if (more_pages(layout))
		layout->page_count++;
	else
		layout->status = PORT_NO_MEMORY; /* the last page takes what comes; the document is void */
	if (layout->page_count == 0)
		return;
	if (layout->dropping && layout->page_count > LAYOUT_KEPT_PAGES)
		pdf_tags_rest(layout->tags);
	buffer_reset(&layout->pages[buffer_of(layout, layout->page_count)]);
	pdf_page_begin(&layout->page, &layout->pages[buffer_of(layout, layout->page_count)]);
	draw_on(layout, layout->page_count);
}

void
layout_reopen_page(Layout *layout, int page_no)
{
	close_page(layout);
	pdf_page_resume(&layout->page, &layout->pages[buffer_of(layout, page_no)]);
	draw_on(layout, page_no);
}

void
layout_end(Layout *layout)
{
	close_page(layout);
	hand_over(layout);
}

bool
layout_must_send(const Layout *layout)
{
	return layout->dropping && layout->status == PORT_OK && layout->page_count > LAYOUT_KEPT_PAGES;
}

void
layout_send(Layout *layout)
{
	close_page(layout);
	layout->sent_pages = layout->page_count;
	if (layout->status == PORT_OK)
		layout->status = layout->sink->begin(layout->sink->state, layout);
	layout->dropping = false;
	layout->sending = true;
	layout->page_count = 0;
	if (layout->tags != NULL)
		pdf_tags_begin_long(layout->tags);
}

const char *
layout_character(uint32_t c, char text[8])
{
	char *at = text;

	text[0] = '\0';
	if (c <= 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0xD800 && c < 0xE000) || c >= 0xFFFD)
		return text;
	*at++ = ' ';
	*at++ = '"';
	if (c < 0x80)
		*at++ = (char) c;
	else if (c < 0x800)
		*at++ = (char) (0xC0 | c >> 6);
	else
		*at++ = (char) (0xE0 | c >> 12);
	if (c >= 0x800)
		*at++ = (char) (0x80 | (c >> 6 & 0x3F));
	if (c >= 0x80)
		*at++ = (char) (0x80 | (c & 0x3F));
	*at++ = '"';
	*at = '\0';
	return text;
}

int
layout_width(LayoutStyle style, Slice text)
{
	int64_t width = font_text_width(font_faces[style.face], text.bytes, text.length);

	return (int) ((width * style.size + 999) / 1000);
}

/* How many bytes of text fit in width. */
static size_t
fitting(LayoutStyle style, int width, Slice text)
{
	const FontFace *face = font_faces[style.face];
	const char *at = text.bytes, *end = text.bytes + text.length;
	int64_t room = (int64_t) width * 1000 / style.size;

	while (at < end)
	{
		const char *next = at;
		uint32_t character;
		int glyph = font_next_glyph(&next, end, &character);

		if (glyph != FONT_SKIP)
			room -= face->widths[glyph];
		if (room < 0)
			break;
		at = next;
	}
	return (size_t) (at - text.bytes);
}

void
layout_left(Layout *layout, LayoutStyle style, int x, int y, int width, Slice text)
{
	size_t length = fitting(style, width, text);
	Slice dots = {ELLIPSIS, 3};

	if (layout->page.content == NULL)
		return;
	if (length < text.length)
	{
		int dots_width = layout_width(style, dots);

		text.length = fitting(style, width - dots_width, text);
		while (text.length > 0 && text.bytes[text.length - 1] == ' ')
			text.length--;
		pdf_page_text(&layout->page, style.face, style.size, style.gray,
					  x + layout_width(style, text), y, dots.bytes, dots.length);
	}
	pdf_page_text(&layout->page, style.face, style.size, style.gray, x, y, text.bytes, text.length);
}

/* Sets style.size so that the text fits in width; returns the width used. */
static int
shrink(Layout *layout, LayoutStyle *style, int width, Slice text)
{
	int used = layout_width(*style, text), wanted = style->size;

	if (used <= width || used == 0) /* a place may be narrower than nothing */
		return used;
	style->size = (int) ((int64_t) style->size * width / used);
	if (style->size < LAYOUT_LEAST_SIZE && wanted >= LAYOUT_LEAST_SIZE &&
		layout->too_small[0] == '\0')
		snprintf(layout->too_small, sizeof(layout->too_small), "%.*s",
				 slice_shown(text, sizeof(layout->too_small) - 1), text.bytes);
	if (style->size < 100)
		style->size = 100;
	return layout_width(*style, text);
}

void
layout_right(Layout *layout, LayoutStyle style, int x, int y, int width, Slice text)
{
	int used = shrink(layout, &style, width, text);

	if (layout->page.content != NULL)
		pdf_page_text(&layout->page, style.face, style.size, style.gray, x - used, y, text.bytes,
					  text.length);
}

int
layout_fraction_room(LayoutStyle style, int width, Slice text, int decimals, int most_decimals)
{
	/* a comma is as wide as a point, and digits are as wide as each other */
	int room = (most_decimals - decimals) * layout_width(style, (Slice){"0", 1}) +
			   (decimals == 0 && most_decimals > 0 ? layout_width(style, (Slice){",", 1}) : 0);

	return most_decimals > decimals && layout_width(style, text) + room <= width ? room : 0;
}

void
layout_centre(Layout *layout, LayoutStyle style, int x, int y, int width, Slice text)
{
	int used = shrink(layout, &style, width, text);

	if (layout->page.content != NULL)
		pdf_page_text(&layout->page, style.face, style.size, style.gray, x + (width - used) / 2, y,
					  text.bytes, text.length);
}

const PdfImage *
layout_find_image(const Layout *layout, Slice name)
{
	for (int i = 0; i < layout->image_count; i++)
		if (layout->images[i].name.length == name.length &&
			memcmp(layout->images[i].name.bytes, name.bytes, name.length) == 0)
			return &layout->images[i].image;
	return NULL;
}

void
layout_image(Layout *layout, Slice name, int x, int y, int width, int height)
{
	const PdfImage *image = layout_find_image(layout, name);

	if (image == NULL || layout->page.content == NULL)
		return;
	pdf_image_fit(image, &width, &height);
	pdf_page_image(&layout->page, image, x, y, width, height);
}

void
layout_whole(Layout *layout, LayoutStyle style, int x, int y, int width, Slice text)
{
	(void) shrink(layout, &style, width, text);
	if (layout->page.content != NULL)
		pdf_page_text(&layout->page, style.face, style.size, style.gray, x, y, text.bytes,
					  text.length);
}

bool
layout_next_line(LayoutStyle style, int width, Slice *rest, Slice *line)
{
	const char *break_at;
	size_t length;

	while (rest->length > 0 && *rest->bytes == ' ')
	{
		rest->bytes++;
		rest->length--;
	}
	if (rest->length == 0)
		return false;
	*line = *rest;
	break_at = memchr(rest->bytes, '\n', rest->length);
	if (break_at != NULL)
		line->length = (size_t) (break_at - rest->bytes);
	length = fitting(style, width, *line);
	if (length < line->length)
	{
		size_t blank = length;

		break_at = NULL;
		while (blank > 0 && line->bytes[blank] != ' ')
			blank--;
		line->length = blank > 0 ? blank : length;
	}
	if (line->length == 0 && break_at == NULL)
	{
		/* not even one character fits: take it all the same, or this never ends */
		const char *next = rest->bytes;
		uint32_t character;

		(void) font_next_glyph(&next, rest->bytes + rest->length, &character);
		line->length = (size_t) (next - rest->bytes);
	}
	length = line->length + (break_at != NULL ? 1 : 0);
	rest->bytes += length;
	rest->length -= length;
	return true;
}

int
layout_count_lines(LayoutStyle style, int width, Slice text)
{
	Slice line;
	int count = 0;

	while (layout_next_line(style, width, &text, &line))
		count++;
	return count;
}
