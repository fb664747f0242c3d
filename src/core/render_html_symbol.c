/*
 * render_html_symbol.c: bar codes on a page and in an e-mail.
 *
 * Mail programs know no SVG and hide what stands inside of an address, so that an e-mail carries
 * its symbols as pictures; what they say stands below as text.
 */
#include "core/render_html.h"
#include "core/render_symbol.h"

#include <string.h>

static void
put(RenderHtml *html, const char *text)
{
	buffer_append_text(&html->body, text);
}

static void
put_text(RenderHtml *html, Slice text)
{
	html_append_escaped(&html->body, text);
}

/* NULL: no picture more, the text stands alone. */
static const RenderPicture *
add_picture(RenderHtml *html, const RenderSymbol *symbol)
{
	RenderPicture *picture = &html->picture[html->picture_count];

	if (html->picture_count == RENDER_MAX_PICTURES)
		return NULL;
	if (html->deflater == NULL)
		html->deflater = deflater_open(html->port, DEFLATE_ZLIB, 1);
	if (html->deflater == NULL)
	{
		html->status = PORT_NO_MEMORY;
		return NULL;
	}
	picture->start = html->pictures.length;
	html->status = render_symbol_png(&html->pictures, &html->scratch.label, html->deflater, symbol);
	if (html->status != PORT_OK)
		return NULL;
	picture->length = html->pictures.length - picture->start;
	picture->image = NULL;
	html_name_picture(picture, (Slice){html->pictures.bytes + picture->start, picture->length});
	html->picture_count++;
	return picture;
}

static void
put_mail_symbol(RenderHtml *html, const RenderSymbol *symbol)
{
	const RenderPicture *picture = add_picture(html, symbol);

	put(html, "<p style=\"margin:8px 0\">");
	if (picture != NULL)
	{
		buffer_printf(&html->body,
					  "<img src=\"cid:%s\" width=\"%d\" height=\"%d\" style=\"display:block;"
					  "max-width:100%%;border:0;background:#ffffff\" alt=\"",
					  picture->id, render_symbol_width(symbol), render_symbol_height(symbol));
		put_text(html, symbol->shows);
		put(html, "\"/>");
	}
}

static void
put_symbol_text(RenderHtml *html, const RenderSymbol *symbol)
{
	if (!symbol->link)
	{
		html_append_content(html, &symbol->text);
		return;
	}
	put(html, "<a href=\"");
	put_text(html, symbol->text.text);
	put(html, "\">");
	put_text(html, symbol->text.text);
	put(html, "</a>");
}

void
html_append_symbol(RenderHtml *html, const RenderSymbol *symbol)
{
	if (html->kind == RENDER_MAIL)
		put_mail_symbol(html, symbol);
	else
	{
		put(html, "<figure class=\"code\">");
		render_symbol_svg(&html->body, symbol);
	}
	if (symbol->text.text.length > 0)
	{
		put(html, html->kind == RENDER_MAIL ? "<span style=\"font-size:13px\">" : "<figcaption>");
		put_symbol_text(html, symbol);
		put(html, html->kind == RENDER_MAIL ? "</span>" : "</figcaption>");
	}
	put(html, html->kind == RENDER_MAIL ? "</p>\n" : "</figure>\n");
}
