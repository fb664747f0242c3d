/*
 * render_html.c: what a walk tells, as HTML.
 *
 * Totals that follow one another are one list of terms; texts of a zone that follow one another are
 * the lines of one paragraph, as in an address.  Both are left open until something else comes.
 */
#include "core/render_html.h"

#include "core/ink.h"
#include "core/mime_write.h"
#include "core/render_chart.h"
#include "core/template_invoice.h"

#include <string.h>

/* A list longer than this can be folded, and one longer than that is folded at first. */
#define FOLDABLE_ROWS 12
#define FOLDED_ROWS 60
#define ACCENT 0x1D3557 /* as in the style sheet */

#define MAIL_TITLE "<h1 style=\"margin:8px 0 0;font-size:24px;line-height:1.2;color:#%06x\">"
#define MAIL_HEADING "<h2 style=\"margin:0 0 8px;font-size:18px;color:#%06x\">"
#define MAIL_PAYMENT \
	"<tr><td style=\"padding:16px 20px;background:#f3f4f6;border-left:4px solid #%06x\">\n"

typedef enum Style
{
	STYLE_NAME,
	STYLE_QUIET,
	STYLE_STRONG,
	STYLE_SUM,
	STYLE_DUE,
	STYLE_PLAIN
} Style;

static const char *const classes[] = {"name", "quiet", "strong", "sum", "due", "row"};

/* ---------- bytes ---------- */

void
html_append_escaped(ByteBuffer *out, Slice text)
{
	size_t start = 0;

	for (size_t i = 0; i < text.length;)
	{
		const unsigned char *at = (const unsigned char *) text.bytes + i;
		const char *entity = NULL;
		size_t hidden = 0;

		switch (*at)
		{
			case '&':
				entity = "&amp;";
				break;
			case '<':
				entity = "&lt;";
				break;
			case '>':
				entity = "&gt;";
				break;
			case '"':
				entity = "&quot;";
				break;
			case '\t':
			case '\n':
				entity = " ";
				break;
			default:
				if (*at < 0x20 || *at >= 0x7F)
					hidden = render_hidden_length(at, text.length - i);
		}
		if (entity == NULL && hidden == 0)
		{
			i++;
			continue;
		}
		buffer_append(out, text.bytes + start, i - start);
		if (entity != NULL)
			buffer_append_text(out, entity);
		i += hidden > 0 ? hidden : 1;
		start = i;
	}
	buffer_append(out, text.bytes + start, text.length - start);
}

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

/* Length of the blank at the start of text: a blank, a no-break space or a narrow one. */
static size_t
blank_length(const char *text, size_t length)
{
	if (length >= 1 && *text == ' ')
		return 1;
	if (length >= 2 && memcmp(text, "\xC2\xA0", 2) == 0)
		return 2;
	if (length >= 3 && memcmp(text, "\xE2\x80\xAF", 3) == 0)
		return 3;
	return 0;
}

/* Groups that are read apart and copied as one: the gaps are margins. */
static void
put_copied(RenderHtml *html, Slice text)
{
	put(html, "<span class=\"copy\"><span>");
	for (size_t i = 0; i < text.length;)
	{
		size_t blank = blank_length(text.bytes + i, text.length - i), end = i;

		if (blank > 0)
		{
			put(html, "</span><span>");
			i += blank;
			continue;
		}
		while (end < text.length && blank_length(text.bytes + end, text.length - end) == 0)
			end++;
		put_text(html, (Slice){text.bytes + i, end - i});
		i = end;
	}
	put(html, "</span></span>");
}

void
html_append_content(RenderHtml *html, const RenderText *text)
{
	if (text->copied && html->kind == RENDER_PAGE)
		put_copied(html, text->text);
	else
		put_text(html, text->text);
}

/* ---------- what stays open ---------- */

static void
close_open(RenderHtml *html)
{
	if (html->in_list)
		put(html, html->kind == RENDER_MAIL ? "</table>\n" : "</dl>\n");
	if (html->in_paragraph)
		put(html, "</p>\n");
	html->in_list = html->in_paragraph = false;
}

/* ---------- regions, zones, columns ---------- */

static const char *const region_tags[REGION_COUNT] = {"header", "section", "main", "section",
													  "footer"};

static void
tell_region(void *state, RenderRegion region, bool start)
{
	RenderHtml *html = state;

	close_open(html);
	html->region = region;
	if (html->kind == RENDER_MAIL)
	{
		if (!start)
			put(html, "</td></tr>\n");
		else if (region == REGION_PAYMENT)
			buffer_printf(&html->body, MAIL_PAYMENT, (unsigned) html->accent);
		else
			put(html, "<tr><td style=\"padding:16px 20px\">\n");
		return;
	}
	put(html, start ? "<" : "</");
	put(html, region_tags[region]);
	if (start && region == REGION_PAYMENT)
	{
		put(html, " class=\"pay\" id=\"pay\" aria-label=\"");
		put(html, template_label(LABEL_PAYMENT, html->language));
		put(html, "\"");
	}
	else if (start && region == REGION_AFTER)
		put(html, " class=\"after\"");
	put(html, ">\n");
}

static void
tell_zone(void *state, const TemplateBlock *zone, bool start)
{
	RenderHtml *html = state;

	close_open(html);
	if (html->kind == RENDER_MAIL)
	{
		if (!start)
			put(html, "<div style=\"height:8px;line-height:8px\">&#160;</div>\n");
		return;
	}
	put(html, !start									  ? "</div>\n"
			  : zone->width < 0 || zone->width >= MM(120) ? "<div class=\"zone wide\">\n"
														  : "<div class=\"zone\">\n");
}

static void
tell_columns(void *state, bool start)
{
	RenderHtml *html = state;

	close_open(html);
	if (html->kind == RENDER_PAGE)
		put(html, start ? "<div class=\"columns\">\n" : "</div>\n");
}

static void
tell_column(void *state, int width, bool start)
{
	RenderHtml *html = state;

	(void) width;
	close_open(html);
	if (html->kind != RENDER_PAGE)
		return;
	if (start)
	{
		put(html, "<div>\n");
		html->column_start = html->body.length;
	}
	else if (html->body.length == html->column_start)
		html->body.length -= strlen("<div>\n"); /* it held only what pages have */
	else
		put(html, "</div>\n");
}

static void
tell_gap(void *state, bool ruled)
{
	RenderHtml *html = state;

	close_open(html);
	if (!html->in_cell && ruled && html->kind == RENDER_PAGE && html->region != REGION_HEAD &&
		html->region != REGION_PAYMENT)
		put(html, "<hr/>\n");
}

/* ---------- texts ---------- */

static void
put_inline(RenderHtml *html, const RenderText *text)
{
	bool mail = html->kind == RENDER_MAIL;

	if (text->bold)
		put(html, "<strong>");
	else if (text->quiet)
		put(html,
			mail ? "<span style=\"color:#55565c;font-size:13px\">" : "<span class=\"quiet\">");
	html_append_content(html, text);
	if (text->bold)
		put(html, "</strong>");
	else if (text->quiet)
		put(html, "</span>");
}

static void
put_cell_text(RenderHtml *html, const RenderText *text)
{
	if (html->cell_texts++ == 0)
	{
		html_append_content(html, text);
		return;
	}
	put(html, html->kind == RENDER_MAIL ? "<br/><span style=\"color:#55565c;font-size:13px\">"
										: "<span class=\"sub\">");
	html_append_content(html, text);
	put(html, "</span>");
}

/* An element of its own for a large text. */
static void
put_large(RenderHtml *html, const RenderText *text)
{
	static const char *const page[] = {"", "<h1>", "<p class=\"name\">", "<h2>"};
	static const char *const mail[] = {
		"", "", "<p style=\"margin:0;font-size:18px;font-weight:bold\">", ""};
	static const char *const ends[] = {"", "</h1>\n", "</p>\n", "</h2>\n"};

	html->titled = html->titled || text->role == ROLE_TITLE;
	if (html->kind == RENDER_PAGE || text->role == ROLE_NAME)
		put(html, html->kind == RENDER_MAIL ? mail[text->role] : page[text->role]);
	else
		buffer_printf(&html->body, text->role == ROLE_TITLE ? MAIL_TITLE : MAIL_HEADING,
					  (unsigned) html->accent);
	html_append_content(html, text);
	put(html, ends[text->role]);
}

static void
tell_text(void *state, const RenderText *text)
{
	RenderHtml *html = state;

	if (html->in_cell)
	{
		put_cell_text(html, text);
		return;
	}
	if (html->in_list || html->region == REGION_MAIN || text->role != ROLE_BODY)
		close_open(html);
	if (text->role != ROLE_BODY)
	{
		put_large(html, text);
		return;
	}
	if (html->in_paragraph)
		put(html, "<br/>");
	else
		put(html, html->kind == RENDER_MAIL ? "<p style=\"margin:0 0 8px\">" : "<p>");
	html->in_paragraph = true;
	put_inline(html, text);
}

static void
put_mail_total(RenderHtml *html, const RenderText *label, const RenderText *value, bool shaded)
{
	bool strong = shaded || value->bold;

	if (!html->in_list)
		put(html, "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" "
				  "cellspacing=\"0\">\n");
	put(html, "<tr><td style=\"padding:3px 12px 3px 0;color:#55565c\">");
	put_text(html, label->text);
	put(html, strong ? "</td><td align=\"right\" style=\"padding:3px 0;font-weight:bold\">"
					 : "</td><td align=\"right\" style=\"padding:3px 0\">");
	put_text(html, value->text);
	put(html, "</td></tr>\n");
	html->in_list = true;
}

static void
put_term(RenderHtml *html, const char *tag, Style style)
{
	put(html, tag);
	if (style != STYLE_PLAIN)
	{
		put(html, " class=\"");
		put(html, classes[style]);
		put(html, "\"");
	}
	put(html, ">");
}

static void
tell_total(void *state, const RenderText *label, const RenderText *value, bool shaded)
{
	RenderHtml *html = state;
	Style style = shaded					   ? STYLE_SUM
				  : value->due				   ? STYLE_DUE
				  : value->bold || label->bold ? STYLE_STRONG
											   : STYLE_PLAIN;

	if (html->in_cell)
		return;
	if (html->in_paragraph)
		close_open(html);
	if (html->kind == RENDER_MAIL)
	{
		put_mail_total(html, label, value, shaded);
		return;
	}
	if (!html->in_list)
		put(html, "<dl>\n");
	html->in_list = true;
	put_term(html, "<dt", style);
	put_text(html, label->text);
	put(html, "</dt>");
	put_term(html, "<dd", style);
	html_append_content(html, value);
	put(html, "</dd>\n");
}

/* ---------- tables ---------- */

static const char *
caption_of(const RenderHtml *html, TemplateList list)
{
	switch (list)
	{
		case LIST_TAXES:
			return template_label(LABEL_VAT, html->language);
		case LIST_LINES:
			return render_word(WORD_LINES, html->language);
		default:
			return template_label(LABEL_ALLOWANCES, html->language);
	}
}

static void
start_page_table(RenderHtml *html, const RenderTable *table)
{
	bool lines = table->list == LIST_LINES;

	if (lines && table->rows > FOLDABLE_ROWS)
	{
		put(html, table->rows > FOLDED_ROWS ? "<details>" : "<details open=\"open\">");
		put(html, "<summary>");
		buffer_printf(&html->body, render_word(WORD_ALL_LINES, html->language), table->rows);
		put(html, "</summary>\n");
	}
	buffer_printf(&html->body, "<table class=\"%st%d\">\n<caption class=\"unseen\">",
				  !lines			   ? ""
				  : table->columns > 2 ? "lines "
									   : "list ",
				  table->number);
	put(html, caption_of(html, table->list));
	put(html, "</caption>\n");
}

/* A string of CSS, all signs but letters and digits as code points. */
static void
append_css_string(ByteBuffer *out, Slice text)
{
	buffer_append_char(out, '"');
	for (size_t i = 0; i < text.length; i++)
	{
		unsigned char c = (unsigned char) text.bytes[i];

		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			c >= 0x80 || c == ' ')
			buffer_append_char(out, (char) c);
		else if (c >= 0x20)
			buffer_printf(out, "\\%X ", c);
	}
	buffer_append_char(out, '"');
}

/* The column's side, and its name beside the value where rows are cards. */
static void
add_column_style(RenderHtml *html, const RenderTable *table, int column, Slice text)
{
	ByteBuffer *style = &html->style;

	if (table->right[column])
		buffer_printf(style,
					  ".t%d :nth-child(%d):is(th,td){text-align:right;overflow-wrap:normal}\n",
					  table->number, column + 1);
	if (column > 0 && text.length > 0 && table->list == LIST_LINES)
	{
		buffer_printf(style, "@media (max-width:40em){.t%d td:nth-child(%d)::before{content:",
					  table->number, column + 1);
		append_css_string(style, text);
		buffer_append_text(style, "}}\n");
	}
}

static void
tell_table(void *state, const RenderTable *table, bool start)
{
	RenderHtml *html = state;

	close_open(html);
	if (start && html->kind == RENDER_PAGE)
		start_page_table(html, table);
	else if (start)
		put(html, "<table width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" "
				  "style=\"border-collapse:collapse;margin:8px 0;font-size:14px\">\n");
	else
	{
		put(html, "</tbody></table>\n");
		if (html->kind == RENDER_PAGE && table->list == LIST_LINES && table->rows > FOLDABLE_ROWS)
			put(html, "</details>\n");
	}
	if (start)
		put(html, table->headless ? "<tbody>\n" : "<thead><tr>");
	if (start && table->headless && html->kind == RENDER_PAGE)
		for (int column = 0; column < table->columns; column++)
			add_column_style(html, table, column, (Slice){"", 0});
}

static void
tell_head(void *state, const RenderTable *table, int column, Slice text)
{
	RenderHtml *html = state;

	if (html->kind == RENDER_MAIL)
		put(html, table->right[column]
					  ? "<th scope=\"col\" align=\"right\" style=\"padding:4px 0 4px "
						"8px;border-bottom:2px solid #d8d9de;color:#55565c\">"
					  : "<th scope=\"col\" align=\"left\" style=\"padding:4px 0 4px "
						"8px;border-bottom:2px solid #d8d9de;color:#55565c\">");
	else
	{
		add_column_style(html, table, column, text);
		put(html, text.length > 0 ? "<th scope=\"col\">" : "<td>");
	}
	put_text(html, text);
	put(html, html->kind == RENDER_MAIL || text.length > 0 ? "</th>" : "</td>");
	if (column == table->columns - 1)
		put(html, "</tr></thead>\n<tbody>\n");
}

static bool
tell_row(void *state, const RenderTable *table, int row, bool start)
{
	RenderHtml *html = state;

	if (start && html->kind == RENDER_MAIL && row == RENDER_MAIL_ROWS)
	{
		buffer_printf(&html->body,
					  "<tr><td colspan=\"%d\" style=\"padding:6px 8px;color:#55565c\">",
					  table->columns);
		if (table->carried.length > 0)
		{
			put_text(html, table->carried);
			put(html, "<br/>");
		}
		buffer_printf(&html->body, render_word(WORD_MORE_LINES, html->language), table->rows - row);
		put(html, "</td></tr>\n");
		return false;
	}
	put(html, start ? "<tr>" : "</tr>\n");
	return true;
}

static void
tell_cell(void *state, const RenderTable *table, int column, bool start)
{
	RenderHtml *html = state;
	bool heads = column == 0 && html->kind == RENDER_PAGE;

	html->in_cell = start;
	html->cell_texts = 0;
	if (!start)
		put(html, heads ? "</th>" : "</td>");
	else if (html->kind == RENDER_PAGE)
		put(html, heads ? "<th scope=\"row\">" : "<td>");
	else
		put(html, table->right[column]
					  ? "<td align=\"right\" valign=\"top\" style=\"padding:6px 0 6px "
						"8px;border-bottom:1px solid #d8d9de\">"
					  : "<td valign=\"top\" style=\"padding:6px 0 6px 8px;border-bottom:1px solid "
						"#d8d9de\">");
}

/* ---------- charts and colours ---------- */

static void
tell_chart(void *state, const RenderChart *chart)
{
	RenderHtml *html = state;
	RenderChart coloured = *chart;

	close_open(html);
	if (html->in_cell)
		return;
	if (coloured.ink == INK_NONE)
		coloured.ink = ink_colour(html->accent, 0);
	if (html->kind == RENDER_MAIL)
		render_chart_cells(&html->body, &coloured);
	else
		render_chart_svg(&html->body, &html->scratch.label, &coloured,
						 render_word(WORD_FIGURES, html->language));
}

/* The file inside of the address: a page fetches nothing. */
static void
put_image(RenderHtml *html, Slice content, Slice shows, int width)
{
	ByteBuffer *scratch = &html->scratch.value;
	bool png = content.length > 0 && (unsigned char) content.bytes[0] == 0x89;

	buffer_reset(scratch);
	mime_append_base64(scratch, content);
	if (scratch->failed)
		return;
	put(html,
		png ? "<p><img src=\"data:image/png;base64," : "<p><img src=\"data:image/jpeg;base64,");
	for (size_t i = 0; i < scratch->length; i += 78) /* lines of 76 digits */
	{
		size_t left = scratch->length - i;

		buffer_append(&html->body, scratch->bytes + i, left > 78 ? 76 : left - 2);
	}
	put(html, "\" alt=\"");
	put_text(html, shows);
	if (width > 0) /* of 1/100 pt to the 96th part of an inch */
		buffer_printf(&html->body, "\" style=\"width:%dpx", width / 75);
	put(html, "\"/></p>\n");
}

/* Mail programs hide what stands inside of an address. */
static void
tell_image(void *state, Slice name, Slice shows, int width)
{
	RenderHtml *html = state;

	close_open(html);
	if (html->kind == RENDER_MAIL || html->in_cell)
		return;
	for (int i = 0; i < html->image_count; i++)
		if (html->images[i].name.length == name.length &&
			memcmp(html->images[i].name.bytes, name.bytes, name.length) == 0)
			put_image(html, html->images[i].content, shows, width);
}

/* ---------- bar codes ---------- */

static void
tell_symbol(void *state, const RenderSymbol *symbol)
{
	RenderHtml *html = state;

	close_open(html);
	if (!html->in_cell)
		html_append_symbol(html, symbol);
}

/* Of linear light; the polynomial is within 0.002 of the sRGB curve. */
static double
light(int value)
{
	double s = value / 255.0;

	return s * (s * (s * 0.305306011 + 0.682171111) + 0.012522878);
}

/* A colour that can be read on white and on the ground of shaded parts: 4.5:1 (WCAG 1.4.3). */
static void
tell_accent(void *state, int rgb)
{
	RenderHtml *html = state;
	double luminance = 0.2126 * light(rgb >> 16 & 255) + 0.7152 * light(rgb >> 8 & 255) +
					   0.0722 * light(rgb & 255);

	if (0.95 / (luminance + 0.05) >= 4.5)
		html->accent = rgb;
}

/* ---------- the whole ---------- */

static const RenderTarget target = {tell_region, tell_zone,	  tell_columns, tell_column,
									tell_text,	 tell_total,  tell_gap,		tell_table,
									tell_head,	 tell_row,	  tell_cell,	tell_chart,
									tell_image,	 tell_symbol, tell_accent};

static void
append_buffer(ByteBuffer *out, const ByteBuffer *part)
{
	buffer_append(out, part->bytes, part->length);
}

static void
put_head(RenderHtml *html)
{
	ByteBuffer *out = &html->out;
	bool mail = html->kind == RENDER_MAIL;

	buffer_printf(out,
				  "<!DOCTYPE html>\n<html lang=\"%s\">\n"
				  "<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" "
				  "content=\"width=device-width, initial-scale=1\"/>\n",
				  template_language_code(html->language));
	if (!mail)
		buffer_append_text(out,
						   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
						   "'none'; style-src 'unsafe-inline'; img-src data:\"/>\n");
	buffer_append_text(out, "<meta name=\"format-detection\" content=\"telephone=no, date=no, "
							"address=no\"/>\n<title>");
	html_append_escaped(out, (Slice){html->title.bytes, html->title.length - 1});
	buffer_append_text(out, "</title>\n");
	if (!mail)
	{
		buffer_append_text(out, "<style>\n");
		buffer_append_text(out, render_html_style);
		if (html->accent != ACCENT)
			buffer_printf(out, ":root{--accent:#%06x}\n", (unsigned) html->accent);
		append_buffer(out, &html->style);
		buffer_append_text(out, "</style>\n");
	}
	buffer_append_text(out, "</head>\n");
}

static void
put_document(RenderHtml *html)
{
	ByteBuffer *out = &html->out;
	bool mail = html->kind == RENDER_MAIL;

	put_head(html);
	buffer_append_text(
		out, mail ? "<body style=\"margin:0;background:#f3f4f6\">\n<table role=\"presentation\" "
					"width=\"100%\" cellpadding=\"0\" cellspacing=\"0\"><tr><td align=\"center\">\n"
					"<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" "
					"cellspacing=\"0\" style=\"max-width:640px;background:#ffffff;color:#1b1b1f;"
					"font:16px/1.5 Arial,sans-serif;text-align:left\">\n"
				  : "<body>\n<div class=\"sheet\">\n");
	if (!html->titled && !mail) /* a document has a heading, seen or not */
	{
		buffer_append_text(out, "<h1 class=\"unseen\">");
		html_append_escaped(out, (Slice){html->title.bytes, html->title.length - 1});
		buffer_append_text(out, "</h1>\n");
	}
	append_buffer(out, &html->body);
	buffer_append_text(out, mail ? "</table>\n</td></tr></table>\n</body>\n</html>\n"
								 : "</div>\n</body>\n</html>\n");
}

void
render_html_init(RenderHtml *html, const Port *port)
{
	memset(html, 0, sizeof(*html));
	html->port = port;
	buffer_init(&html->out, port);
	buffer_init(&html->body, port);
	buffer_init(&html->style, port);
	buffer_init(&html->title, port);
	buffer_init(&html->pictures, port);
	render_scratch_init(&html->scratch, port);
}

PortStatus
render_html(RenderHtml *html, RenderHtmlKind kind, const TemplateProgram *program,
			const TemplateData *data, PortFault *fault)
{
	PortStatus status;

	buffer_reset(&html->out);
	buffer_reset(&html->body);
	buffer_reset(&html->style);
	buffer_reset(&html->title);
	buffer_reset(&html->pictures);
	html->picture_count = 0;
	html->status = PORT_OK;
	html->kind = kind;
	html->language = template_invoice_language(data);
	html->accent = ACCENT;
	html->in_list = html->in_paragraph = html->in_cell = html->titled = false;
	template_invoice_title(data, &html->title);
	if (html->title.failed)
		return PORT_NO_MEMORY;
	status = render_walk(program, kind == RENDER_MAIL ? CHANNEL_EMAIL : CHANNEL_HTML, data, &target,
						 html, &html->scratch, fault);
	if (status == PORT_OK)
		status = html->status;
	if (status != PORT_OK)
		return status;
	put_document(html);
	return html->out.failed || html->body.failed || html->style.failed ? PORT_NO_MEMORY : PORT_OK;
}
