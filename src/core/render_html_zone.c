/*
 * render_html_zone.c: the parts of a document as HTML: regions, zones, columns and the space
 * between them.
 *
 * A page leaves columns to the style sheet.  An e-mail sets them under one another, but for those
 * of a panel and for lines of sums, which are tables: mail programs know no other columns.
 */
#include "core/render_html_parts.h"

#include <string.h>

#define MAIL_PAYMENT \
	"<tr><td style=\"padding:16px 20px;background:#f3f4f6;border-left:4px solid #%06x\">\n"

#define MAIL_TABLE \
	"<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" style=\""
#define MAIL_PANEL MAIL_TABLE "background:#f3f4f6;margin:8px 0\"><tr>\n"
#define MAIL_CELL "<td width=\"50%\" valign=\"top\" style=\"padding:8px 16px\">"

/* A text a column are a line of sums below a table; both strings are of one length. */
#define COLUMNS "<div class=\"columns\">\n"
#define COLUMNS_OF_SUMS "<div class=\"sumline\">\n"

#define WIDE MM(120) /* a zone that fills the page */

/* ---------- what stays open ---------- */

void
html_close_open(RenderHtml *html)
{
	if (html->in_list)
		html_put(html, html->kind == RENDER_MAIL ? "</table>\n" : "</dl>\n");
	if (html->in_paragraph)
		html_put(html, "</p>\n");
	html->in_list = html->in_paragraph = false;
}

/* ---------- regions, zones, columns ---------- */

static const char *const region_tags[REGION_COUNT] = {"header", "section", "main", "section",
													  "footer"};

void
html_tell_region(void *state, RenderRegion region, bool start)
{
	RenderHtml *html = state;

	html_close_open(html);
	html->region = region;
	if (html->kind == RENDER_MAIL)
	{
		if (!start)
			html_put(html, "</td></tr>\n");
		else if (region == REGION_PAYMENT)
			buffer_printf(&html->body, MAIL_PAYMENT, (unsigned) html->accent);
		else
			html_put(html, "<tr><td style=\"padding:16px 20px\">\n");
		return;
	}
	html_put(html, start ? "<" : "</");
	html_put(html, region_tags[region]);
	if (start && region == REGION_PAYMENT)
	{
		html_put(html, " class=\"pay\" id=\"pay\" aria-label=\"");
		html_put(html, template_label(LABEL_PAYMENT, html->language));
		html_put(html, "\"");
	}
	else if (start && region == REGION_AFTER)
		html_put(html, " class=\"after\"");
	html_put(html, ">\n");
}

/* What stands on a coloured ground is looked for first. */
static bool
is_panel(const RenderHtml *html, const TemplateBlock *zone)
{
	const TemplateBlock *blocks = html->program->blocks;

	for (int number = zone->first_child; number != 0; number = blocks[number].next)
		if (blocks[number].kind == BLOCK_BOX)
			return html->region == REGION_HEAD && (zone->width < 0 || zone->width >= WIDE);
	return false;
}

void
html_tell_zone(void *state, const TemplateBlock *zone, bool start)
{
	RenderHtml *html = state;
	bool mail = html->kind == RENDER_MAIL;

	html_close_open(html);
	html->panel = start && is_panel(html, zone);
	if (start)
	{
		html->zone_open = html->body.length;
		if (!mail)
			html_put(html, html->panel ? "<div class=\"zone wide panel\">\n"
						   : zone->width >= 0 && zone->width < WIDE
							   ? "<div class=\"zone\">\n"
							   : "<div class=\"zone wide\">\n");
		html->zone_start = html->body.length;
	}
	else if (html->body.length == html->zone_start)
		html->body.length = html->zone_open; /* it held only what pages have */
	else
		html_put(html,
				 mail ? "<div style=\"height:8px;line-height:8px\">&#160;</div>\n" : "</div>\n");
}

/* The columns of an e-mail once more, as cells of one row. */
static void
put_mail_sums(RenderHtml *html)
{
	ByteBuffer *told = &html->scratch.value;
	size_t start = html->column_starts[0], at = 0;

	buffer_reset(told);
	buffer_append(told, html->body.bytes + start, html->body.length - start);
	html->body.length = start;
	html_put(html, MAIL_TABLE "margin:4px 0\"><tr>");
	for (int column = 0; column < html->columns; column++)
	{
		size_t end =
			column + 1 < html->columns ? html->column_starts[column + 1] - start : told->length;

		html_put(html, column == 0 ? "<td>" : "<td align=\"right\" style=\"padding-left:16px\">");
		buffer_append(&html->body, told->bytes + at, end - at);
		html_put(html, "</td>");
		at = end;
	}
	html_put(html, "</tr></table>\n");
}

void
html_tell_columns(void *state, bool start)
{
	RenderHtml *html = state;
	bool mail = html->kind == RENDER_MAIL, sums;

	html_close_open(html);
	if (start && html->depth++ > 0)
		html->plain_columns = false;
	else if (start)
	{
		html->plain_columns = html->region == REGION_MAIN && html->behind_table;
		html->columns = 0;
		html->column_starts[0] = html->body.length;
	}
	sums = !start && --html->depth == 0 && html->plain_columns && html->columns > 1 &&
		   !html->body.failed;
	if (!start && html->depth == 0 && !sums)
		html->behind_table = false;
	if (mail && sums)
		put_mail_sums(html);
	else if (mail && html->panel)
		html_put(html, start ? MAIL_PANEL : "</tr></table>\n");
	else if (sums)
		memcpy(html->body.bytes + html->column_starts[0], COLUMNS_OF_SUMS, strlen(COLUMNS_OF_SUMS));
	if (!mail)
		html_put(html, start ? COLUMNS : "</div>\n");
}

static void
start_column(RenderHtml *html)
{
	if (html->kind == RENDER_PAGE)
		html_put(html, "<div>\n");
	else if (html->panel)
		html_put(html,
				 html->columns > 0 && html->columns % 2 == 0 ? "</tr><tr>" MAIL_CELL : MAIL_CELL);
	else if (html->depth == 1 && html->columns < RENDER_MAIL_SUMS)
		html->column_starts[html->columns] = html->body.length;
	html->columns++;
	html->column_start = html->body.length;
	html->column_texts = 0;
}

void
html_tell_column(void *state, int width, bool start)
{
	RenderHtml *html = state;

	(void) width;
	html_close_open(html);
	html->in_column = start;
	if (start)
	{
		start_column(html);
		return;
	}
	if (html->column_texts != 1 || html->columns > RENDER_MAIL_SUMS)
		html->plain_columns = false;
	if (html->kind == RENDER_MAIL)
		html_put(html, html->panel ? "</td>" : "");
	else if (html->body.length == html->column_start)
		html->body.length -= strlen("<div>\n"); /* it held only what pages have */
	else
		html_put(html, "</div>\n");
}

void
html_tell_gap(void *state, bool ruled)
{
	RenderHtml *html = state;

	if (html->in_list && !ruled && html->kind == RENDER_PAGE)
		return; /* terms stay one list */
	html_close_open(html);
	if (!html->in_cell && ruled && html->kind == RENDER_PAGE && html->region != REGION_HEAD &&
		html->region != REGION_PAYMENT)
		html_put(html, "<hr/>\n");
}
