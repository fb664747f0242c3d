/*
 * render_html.c: what a walk tells, as HTML.
 *
 * Totals that follow one another are one list of terms; texts of a zone that follow one another are
 * the lines of one paragraph, as in an address.  Both are left open until something else comes.
 */
#include "core/render_html.h"

#include "core/ink.h"
#include "core/render_chart.h"
#include "core/render_html_parts.h"
#include "core/template_invoice.h"
#include "core/template_kind.h"

#include <string.h>

/* A list longer than this can be folded, and one longer than that is folded at first. */
#define FOLDABLE_ROWS 12
#define FOLDED_ROWS 60
#define ACCENT 0x1D3557 /* as in the style sheet */
/* Memory of smaller documents is used again for the next one. */
#define LARGE_BODY (1024 * 1024)
#define SHORT_TEXT 48 /* bytes; a longer one is no part of a line of sums */
#define LONG_WORD 24  /* bytes; shorter words of a table are never broken */

#define MAIL_TITLE "<h1 style=\"margin:8px 0 0;font-size:24px;line-height:1.2;color:#%06x\">"
#define MAIL_HEAD " style=\"padding:4px 0 4px 8px;border-bottom:2px solid #d8d9de;color:#55565c\""
#define MAIL_SUM "padding:8px 12px;background:#%06x;color:#ffffff;font-weight:bold"
#define MAIL_HEADING "<h2 style=\"margin:0 0 8px;font-size:18px;color:#%06x\">"

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

void
html_put(RenderHtml *html, const char *text)
{
	buffer_append_text(&html->body, text);
}

void
html_put_text(RenderHtml *html, Slice text)
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
	html_put(html, "<span class=\"copy\"><span>");
	for (size_t i = 0; i < text.length;)
	{
		size_t blank = blank_length(text.bytes + i, text.length - i), end = i;

		if (blank > 0)
		{
			html_put(html, "</span><span>");
			i += blank;
			continue;
		}
		while (end < text.length && blank_length(text.bytes + end, text.length - end) == 0)
			end++;
		html_put_text(html, (Slice){text.bytes + i, end - i});
		i = end;
	}
	html_put(html, "</span></span>");
}

/* The same where a mail program lays it out: it may break between groups. */
static void
put_groups(RenderHtml *html, Slice text)
{
	size_t start = 0, blank;

	for (size_t i = 0; i < text.length; i++)
	{
		blank = blank_length(text.bytes + i, text.length - i);
		if (blank == 0)
			continue;
		html_put_text(html, (Slice){text.bytes + start, i - start});
		html_put(html, " ");
		start = i + blank;
		i = start - 1;
	}
	html_put_text(html, (Slice){text.bytes + start, text.length - start});
}

void
html_append_content(RenderHtml *html, const RenderText *text)
{
	if (text->copied && html->kind == RENDER_PAGE)
		put_copied(html, text->text);
	else if (text->copied)
		put_groups(html, text->text);
	else
		html_put_text(html, text->text);
}

/* ---------- texts ---------- */

static void
put_inline(RenderHtml *html, const RenderText *text)
{
	bool mail = html->kind == RENDER_MAIL;

	if (text->bold)
		html_put(html, "<strong>");
	else if (text->quiet)
		html_put(html,
				 mail ? "<span style=\"color:#55565c;font-size:13px\">" : "<span class=\"quiet\">");
	html_append_content(html, text);
	if (text->bold)
		html_put(html, "</strong>");
	else if (text->quiet)
		html_put(html, "</span>");
}

/* Words that are too long for a column may be broken anywhere, others may not: dates, amounts. */
static bool
has_long_word(Slice text)
{
	size_t longest = 0, word = 0;

	for (size_t i = 0; i < text.length && longest <= LONG_WORD; i++)
	{
		word = text.bytes[i] == ' ' || text.bytes[i] == '-' ? 0 : word + 1;
		longest = word > longest ? word : longest;
	}
	return longest > LONG_WORD;
}

static void
begin_cell(RenderHtml *html, Slice text)
{
	if (html->cell_begun || html->kind == RENDER_MAIL)
		return;
	html->cell_begun = true;
	html_put(html, has_long_word(text) ? " class=\"long\">" : ">");
}

static void
put_cell_text(RenderHtml *html, const RenderText *text)
{
	begin_cell(html, text->text);
	if (html->cell_texts++ == 0)
	{
		html_append_content(html, text);
		return;
	}
	html_put(html, html->kind == RENDER_MAIL ? "<br/><span style=\"color:#55565c;font-size:13px\">"
											 : "<small>");
	html_append_content(html, text);
	html_put(html, html->kind == RENDER_MAIL ? "</span>" : "</small>");
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
	if (text->role == ROLE_TITLE && html->letter)
	{
		buffer_reset(&html->title);
		buffer_append(&html->title, text->text.bytes, text->text.length);
		buffer_append_char(&html->title, '\0');
	}
	if (html->kind == RENDER_PAGE || text->role == ROLE_NAME)
		html_put(html, html->kind == RENDER_MAIL ? mail[text->role] : page[text->role]);
	else
		buffer_printf(&html->body, text->role == ROLE_TITLE ? MAIL_TITLE : MAIL_HEADING,
					  (unsigned) html->accent);
	html_append_content(html, text);
	html_put(html, ends[text->role]);
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
	if (html->column_texts >= 0)
		html->column_texts += text->text.length <= SHORT_TEXT ? 1 : 2;
	if (!html->in_column)
		html->behind_table = false;
	if (html->in_list || (html->region == REGION_MAIN && !html->in_column) ||
		text->role != ROLE_BODY)
		html_close_open(html);
	if (text->role != ROLE_BODY)
	{
		put_large(html, text);
		return;
	}
	if (html->in_paragraph)
		html_put(html, "<br/>");
	else
		html_put(html, html->kind == RENDER_PAGE ? "<p>"
					   : html->panel			 ? "<p style=\"margin:0\">"
												 : "<p style=\"margin:0 0 8px\">");
	html->in_paragraph = true;
	put_inline(html, text);
}

static void
put_mail_total(RenderHtml *html, const RenderText *label, const RenderText *value, bool shaded)
{
	bool strong = value->bold;

	if (!html->in_list)
		html_put(html, "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" "
					   "cellspacing=\"0\" style=\"margin:0 0 12px\">\n");
	if (shaded)
		buffer_printf(&html->body, "<tr><td style=\"" MAIL_SUM "\">", (unsigned) html->accent);
	else
		html_put(html, "<tr><td style=\"padding:3px 12px 3px 0;color:#55565c\">");
	html_put_text(html, label->text);
	if (shaded)
		buffer_printf(&html->body, "</td><td align=\"right\" style=\"" MAIL_SUM "\">",
					  (unsigned) html->accent);
	else
		html_put(html, strong ? "</td><td align=\"right\" style=\"padding:3px 0;font-weight:bold\">"
							  : "</td><td align=\"right\" style=\"padding:3px 0\">");
	html_append_content(html, value);
	html_put(html, "</td></tr>\n");
	html->in_list = true;
}

static void
put_term(RenderHtml *html, const char *tag, Style style, bool broken)
{
	html_put(html, tag);
	if (style != STYLE_PLAIN || broken)
	{
		html_put(html, " class=\"");
		html_put(html, style != STYLE_PLAIN ? classes[style] : "");
		html_put(html, style != STYLE_PLAIN && broken ? " " : "");
		html_put(html, broken ? "long\"" : "\"");
	}
	html_put(html, ">");
}

static void
tell_total(void *state, const RenderText *label, const RenderText *value, bool shaded)
{
	RenderHtml *html = state;
	bool due = value->due && html->region == REGION_PAYMENT;
	Style style = shaded && !due			   ? STYLE_SUM
				  : value->due				   ? STYLE_DUE
				  : value->bold || label->bold ? STYLE_STRONG
											   : STYLE_PLAIN;

	if (html->in_cell)
		return;
	html->column_texts = -1;
	html->behind_table = false;
	if (html->in_paragraph)
		html_close_open(html);
	if (html->kind == RENDER_MAIL)
	{
		put_mail_total(html, label, value, shaded);
		return;
	}
	if (!html->in_list)
		html_put(html, "<dl>\n");
	html->in_list = true;
	put_term(html, "<dt", style, has_long_word(label->text));
	html_put_text(html, label->text);
	html_put(html, "</dt>");
	put_term(html, "<dd", style, has_long_word(value->text));
	html_append_content(html, value);
	html_put(html, "</dd>\n");
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
		html_put(html, table->rows > FOLDED_ROWS ? "<details>" : "<details open=\"open\">");
		html_put(html, "<summary>");
		buffer_printf(&html->body, render_word(WORD_ALL_LINES, html->language), table->rows);
		html_put(html, "</summary>\n");
	}
	buffer_printf(&html->body, "<table class=\"%st%d\">\n<caption class=\"unseen\">",
				  !lines			   ? ""
				  : table->columns > 2 ? "lines "
									   : "list ",
				  table->number);
	html_put(html, caption_of(html, table->list));
	html_put(html, "</caption>\n");
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

	if (table->right[column] && !table->headless)
		buffer_printf(style, ".t%d thead>tr>:nth-child(%d),", table->number, html->heads + 1);
	if (table->right[column])
		buffer_printf(style, ".t%d tbody>tr>:nth-child(%d){text-align:right}\n", table->number,
					  column + 1);
	if (column > 0 && column < table->columns - 1 && text.length > 0 && table->list == LIST_LINES)
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

	html_close_open(html);
	html->column_texts = -1;
	html->behind_table = !start;
	if (start && html->kind == RENDER_PAGE)
		start_page_table(html, table);
	else if (start)
		html_put(html, "<table width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" "
					   "style=\"border-collapse:collapse;margin:8px 0;font-size:14px\">\n");
	else
	{
		html_put(html, "</tbody></table>\n");
		if (html->kind == RENDER_PAGE && table->list == LIST_LINES && table->rows > FOLDABLE_ROWS)
			html_put(html, "</details>\n");
	}
	if (start)
		html_put(html, table->headless ? "<tbody>\n" : "<thead><tr>");
	if (start && table->headless && html->kind == RENDER_PAGE)
		for (int column = 0; column < table->columns; column++)
			add_column_style(html, table, column, (Slice){"", 0});
}

static void
tell_head(void *state, const RenderTable *table, int column, Slice text)
{
	RenderHtml *html = state;
	bool mail = html->kind == RENDER_MAIL;
	bool names = text.length > 0 || mail;

	if (table->span[column] > 0)
	{
		html->heads = column == 0 ? 0 : html->heads + 1;
		if (!mail)
			add_column_style(html, table, column, text);
		html_put(html, names ? "<th scope=\"col\"" : "<td");
		if (table->span[column] > 1)
			buffer_printf(&html->body, " colspan=\"%d\"", table->span[column]);
		if (mail)
			html_put(html, table->right[column] ? " align=\"right\"" MAIL_HEAD
												: " align=\"left\"" MAIL_HEAD);
		html_put(html, ">");
		html_put_text(html, text);
		html_put(html, names ? "</th>" : "</td>");
	}
	if (column == table->columns - 1)
		html_put(html, "</tr></thead>\n<tbody>\n");
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
			html_put_text(html, table->carried);
			html_put(html, "<br/>");
		}
		buffer_printf(&html->body, render_word(WORD_MORE_LINES, html->language), table->rows - row);
		html_put(html, "</td></tr>\n");
		return false;
	}
	html_put(html, start ? "<tr>" : "</tr>\n");
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
	{
		begin_cell(html, (Slice){"", 0});
		html_put(html, heads ? "</th>" : "</td>");
		return;
	}
	html->cell_begun = false;
	if (html->kind == RENDER_PAGE)
		html_put(html, heads ? "<th scope=\"row\"" : "<td");
	else
		html_put(html,
				 table->right[column]
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

	html_close_open(html);
	html->column_texts = -1;
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

/* ---------- bar codes ---------- */

static void
tell_symbol(void *state, const RenderSymbol *symbol)
{
	RenderHtml *html = state;

	html_close_open(html);
	html->column_texts = -1;
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

static const RenderTarget target = {
	html_tell_region, html_tell_zone, html_tell_columns, html_tell_column, tell_text,
	tell_total,		  html_tell_gap,  tell_table,		 tell_head,		   tell_row,
	tell_cell,		  tell_chart,	  html_tell_image,	 tell_symbol,	   tell_accent};

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

/* What stands before the body, and behind it. */
static void
put_frame(RenderHtml *html)
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
	buffer_append_text(&html->body, mail ? "</table>\n</td></tr></table>\n</body>\n</html>\n"
										 : "</div>\n</body>\n</html>\n");
}

/* The body moves behind its head instead of being copied: it may have many megabytes. */
static void
put_document(RenderHtml *html)
{
	ByteBuffer *body = &html->body, head;

	put_frame(html);
	head = html->out;
	if (head.failed || body->failed || buffer_reserve(body, head.length) == NULL)
		return;
	memmove(body->bytes + head.length, body->bytes, body->length);
	memcpy(body->bytes, head.bytes, head.length);
	body->length += head.length;
	html->out = *body;
	html->body = head;
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

	/* the last one may have been large */
	if (html->out.capacity > LARGE_BODY)
		buffer_release(&html->out);
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
	html->program = program;
	html->in_list = html->in_paragraph = html->in_cell = html->in_column = html->titled = false;
	html->panel = html->behind_table = false;
	html->letter = template_is_letter(data);
	html->depth = 0;
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
	if (html->out.failed || html->body.failed || html->style.failed)
		return PORT_NO_MEMORY;
	return PORT_OK;
}
