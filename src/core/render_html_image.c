/*
 * render_html_image.c: images of templates on a page and in an e-mail, and the pictures that an
 * e-mail carries.
 *
 * A page holds its images inside of their addresses: it fetches nothing.  Mail programs hide what
 * stands there, so that an e-mail carries each image once as a part of its own.
 */
#include "core/mime_write.h"
#include "core/render_html_parts.h"

#include <stdio.h>
#include <string.h>

#define NAMED_BYTES 4096	  /* of a picture that its name is made of, at its start and end */
#define PIXEL 75			  /* the 96th part of an inch in 1/100 pt */
#define WIDEST (MM(170) + 50) /* an image that does not say its width fits the sheet */

/* ---------- pictures of an e-mail ---------- */

/* A name that no other message's pictures have by chance: FNV-1a, 64 bits. */
static uint64_t
hash_bytes(uint64_t hash, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char) bytes[i]) * UINT64_C(1099511628211);
	return hash;
}

void
html_name_picture(RenderPicture *picture, Slice bytes)
{
	bool is_long = bytes.length > 2 * NAMED_BYTES;
	uint64_t hash = hash_bytes(UINT64_C(14695981039346656037) + (is_long ? bytes.length : 0),
							   bytes.bytes, is_long ? NAMED_BYTES : bytes.length);

	if (is_long)
		hash = hash_bytes(hash, bytes.bytes + bytes.length - NAMED_BYTES, NAMED_BYTES);
	snprintf(picture->id, sizeof(picture->id), "%016llx@code", (unsigned long long) hash);
}

int
render_html_pictures(const RenderHtml *html, MimePicture *pictures)
{
	for (int i = 0; i < html->picture_count; i++)
	{
		const RenderPicture *picture = &html->picture[i];

		pictures[i].id = (Slice){picture->id, strlen(picture->id)};
		pictures[i].content = picture->image != NULL
								  ? picture->image->content
								  : (Slice){html->pictures.bytes + picture->start, picture->length};
	}
	return html->picture_count;
}

/* The picture of an image, the same wherever it is shown; NULL: no picture more. */
static const RenderPicture *
picture_of(RenderHtml *html, const LayoutImage *image)
{
	RenderPicture *picture;

	for (int i = 0; i < html->picture_count; i++)
		if (html->picture[i].image == image)
			return &html->picture[i];
	if (html->picture_count == RENDER_MAX_PICTURES)
		return NULL;
	picture = &html->picture[html->picture_count++];
	picture->image = image;
	html_name_picture(picture, image->content);
	return picture;
}

/* ---------- images ---------- */

/* The file inside of the address, base64 without line ends. */
static void
put_address(RenderHtml *html, Slice content)
{
	ByteBuffer *scratch = &html->scratch.value;

	buffer_reset(scratch);
	mime_append_base64(scratch, content);
	if (scratch->failed)
		return;
	html_put(html, mime_picture_type(content));
	html_put(html, ";base64,");
	for (size_t i = 0; i < scratch->length; i += 78) /* lines of 76 digits */
	{
		size_t left = scratch->length - i;

		buffer_append(&html->body, scratch->bytes + i, left > 78 ? 76 : left - 2);
	}
}

static void
put_image(RenderHtml *html, const LayoutImage *image, Slice shows, const TemplateBlock *block)
{
	bool mail = html->kind == RENDER_MAIL;
	const RenderPicture *picture = mail ? picture_of(html, image) : NULL;
	int width = block->width >= 0 ? block->width : WIDEST, height = block->height;

	if (mail && picture == NULL)
	{
		html_put(html, "<p style=\"margin:8px 0\">");
		html_put_text(html, shows);
		html_put(html, "</p>\n");
		return;
	}
	pdf_image_fit(&image->image, &width, &height);
	html_put(html, mail ? "<p style=\"margin:8px 0\"><img src=\"cid:" : "<p><img src=\"data:");
	if (mail)
		html_put(html, picture->id);
	else
		put_address(html, image->content);
	buffer_printf(&html->body, "\" width=\"%d\" height=\"%d\"%s alt=\"",
				  width < PIXEL ? 1 : width / PIXEL, height < PIXEL ? 1 : height / PIXEL,
				  mail ? " style=\"display:block;max-width:100%;height:auto;border:0\"" : "");
	html_put_text(html, shows);
	html_put(html, "\"/></p>\n");
}

void
html_tell_image(void *state, Slice name, Slice shows, const TemplateBlock *block)
{
	RenderHtml *html = state;

	html_close_open(html);
	html->column_texts = -1;
	if (html->in_cell)
		return;
	for (int i = 0; i < html->image_count; i++)
		if (html->images[i].name.length == name.length &&
			memcmp(html->images[i].name.bytes, name.bytes, name.length) == 0)
			put_image(html, &html->images[i], shows, block);
}
