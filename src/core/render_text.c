/*
 * render_text.c: what a walk tells, as plain text.
 *
 * A row of a table is its first cell in a line of its own and the others, with the names of their
 * columns, in the next: columns drawn with blanks would break on a telephone.
 */
#include "core/render_text.h"

#include "core/render_chart.h"
#include "core/render_html.h"
#include "core/template_invoice.h"
#include "core/template_kind.h"

#include <string.h>

void
render_plain_init(RenderPlain *plain, const Port *port)
{
	memset(plain, 0, sizeof(*plain));
	buffer_init(&plain->out, port);
	buffer_init(&plain->heads, port);
	render_scratch_init(&plain->scratch, port);
}

/* No-break spaces become blanks, which every alphabet of text messages has. */
void
render_plain_append(ByteBuffer *out, Slice text)
{
	for (size_t i = 0; i < text.length; i++)
	{
		unsigned char c = (unsigned char) text.bytes[i];

		if (c == 0xC2 && i + 1 < text.length && (unsigned char) text.bytes[i + 1] == 0xA0)
		{
			buffer_append_char(out, ' ');
			i++;
		}
		else if (c == 0xE2 && i + 2 < text.length && memcmp(text.bytes + i, "\xE2\x80\xAF", 3) == 0)
		{
			buffer_append_char(out, ' ');
			i += 2;
		}
		else
		{
			size_t hidden =
				c < 0x20 || c >= 0x7F
					? render_hidden_length((const unsigned char *) text.bytes + i, text.length - i)
					: 0;

			if (hidden == 0)
				buffer_append_char(out, (char) c);
			else if (c == '\n' || c == '\t')
				buffer_append_char(out, ' ');
			i += hidden > 1 ? hidden - 1 : 0;
		}
	}
}

static void
put(RenderPlain *plain, Slice text)
{
	render_plain_append(&plain->out, text);
}

static void
end_line(RenderPlain *plain)
{
	if (!plain->one_line)
		buffer_append_char(&plain->out, '\n');
	plain->blank = false;
}

/* One empty line, never two, none at the start. */
static void
put_blank(RenderPlain *plain)
{
	if (!plain->one_line && !plain->blank && plain->out.length > 0)
		buffer_append_char(&plain->out, '\n');
	plain->blank = true;
}

static void
tell_region(void *state, RenderRegion region, bool start)
{
	(void) region;
	if (start)
		put_blank(state);
}

static void
tell_zone(void *state, const TemplateBlock *zone, bool start)
{
	(void) zone;
	if (start)
		put_blank(state);
}

static void
tell_columns(void *state, bool start)
{
	(void) state;
	(void) start;
}

static void
tell_column(void *state, int width, bool start)
{
	(void) state;
	(void) width;
	(void) start;
}

static void
tell_gap(void *state, bool ruled)
{
	RenderPlain *plain = state;

	(void) ruled;
	if (!plain->in_cell)
		put_blank(plain);
}

static void
put_cell_text(RenderPlain *plain, Slice text)
{
	const char *head =
		plain->heads.length > 0 ? plain->heads.bytes + plain->head_at[plain->column] : "";

	if (plain->column == 0)
	{
		buffer_append_text(&plain->out, plain->cell_texts == 0 ? "- " : "\n  ");
		plain->row_begun = true;
		if (plain->cell_texts++ == 0 && plain->first_named && *head != '\0')
		{
			put(plain, (Slice){head, strlen(head)});
			buffer_append_text(&plain->out, ": ");
		}
		put(plain, text);
		return;
	}
	buffer_append_text(&plain->out, plain->cell_texts++ > 0			 ? " "
									: !plain->row_begun				 ? "- "
									: *head == '\0'					 ? " "
									: plain->blank /* first value */ ? "\n  "
																	 : ", ");
	if (*head != '\0' && plain->cell_texts == 1)
	{
		put(plain, (Slice){head, strlen(head)});
		buffer_append_text(&plain->out, ": ");
	}
	put(plain, text);
	plain->row_begun = true;
	plain->blank = false;
}

static void
tell_text(void *state, const RenderText *text)
{
	RenderPlain *plain = state;

	if (plain->in_cell)
	{
		put_cell_text(plain, text->text);
		return;
	}
	if (text->role == ROLE_HEADING)
		put_blank(plain);
	if (plain->one_line && plain->out.length > 0)
		buffer_append_char(&plain->out, ' ');
	put(plain, text->text);
	end_line(plain);
}

static void
tell_total(void *state, const RenderText *label, const RenderText *value, bool shaded)
{
	RenderPlain *plain = state;

	(void) shaded;
	if (plain->in_cell)
		return;
	if (plain->one_line && plain->out.length > 0)
		buffer_append_char(&plain->out, ' ');
	put(plain, label->text);
	if (label->text.length > 0)
		buffer_append_text(&plain->out, ": ");
	put(plain, value->text);
	end_line(plain);
}

static void
tell_table(void *state, const RenderTable *table, bool start)
{
	RenderPlain *plain = state;

	buffer_reset(&plain->heads);
	plain->first_named = table->list != LIST_LINES; /* what a line is for needs no name */
	if (start)
		put_blank(plain);
	else
	{
		plain->blank = false;
		put_blank(plain);
	}
}

static void
tell_head(void *state, const RenderTable *table, int column, Slice text)
{
	RenderPlain *plain = state;

	(void) table;
	plain->head_at[column] = plain->heads.length;
	buffer_append(&plain->heads, text.bytes, text.length);
	buffer_append_char(&plain->heads, '\0');
}

static bool
tell_row(void *state, const RenderTable *table, int row, bool start)
{
	RenderPlain *plain = state;

	if (plain->one_line || plain->heads.failed)
		return false;
	if (start && row == RENDER_MAIL_ROWS)
	{
		buffer_append_text(&plain->out, "  ");
		if (table->carried.length > 0)
		{
			put(plain, table->carried);
			buffer_append_text(&plain->out, "\n  ");
		}
		buffer_printf(&plain->out, render_word(WORD_MORE_LINES, plain->language),
					  table->rows - row);
		buffer_append_char(&plain->out, '\n');
		return false;
	}
	if (start)
	{
		plain->blank = true; /* the next value starts the line of values */
		plain->row_begun = false;
	}
	else
		buffer_append_char(&plain->out, '\n');
	return true;
}

static void
tell_cell(void *state, const RenderTable *table, int column, bool start)
{
	RenderPlain *plain = state;

	(void) table;
	plain->in_cell = start;
	plain->column = column;
	plain->cell_texts = 0;
}

static void
tell_chart(void *state, const RenderChart *chart)
{
	RenderPlain *plain = state;

	if (plain->one_line || plain->in_cell)
		return;
	put_blank(plain);
	render_chart_lines(&plain->out, chart);
	plain->blank = false;
	put_blank(plain);
}

/* An address can be opened from a text too; what else a symbol says stands there already. */
static void
tell_symbol(void *state, const RenderSymbol *symbol)
{
	RenderPlain *plain = state;

	if (!symbol->link || symbol->text.text.length == 0 || plain->in_cell)
		return;
	if (plain->one_line && plain->out.length > 0)
		buffer_append_char(&plain->out, ' ');
	put(plain, symbol->text.text);
	end_line(plain);
}

static const RenderTarget target = {tell_region, tell_zone,	 tell_columns, tell_column, tell_text,
									tell_total,	 tell_gap,	 tell_table,   tell_head,	tell_row,
									tell_cell,	 tell_chart, NULL,		   tell_symbol, NULL};

static void
begin_text(RenderPlain *plain, const TemplateData *data, bool one_line)
{
	buffer_reset(&plain->out);
	plain->language = template_invoice_language(data);
	plain->one_line = one_line;
	plain->in_cell = false;
	plain->blank = true;
}

PortStatus
render_plain(RenderPlain *plain, const TemplateProgram *program, const TemplateData *data,
			 PortFault *fault)
{
	PortStatus status;

	begin_text(plain, data, false);
	status = render_walk(program, CHANNEL_EMAIL, data, &target, plain, &plain->scratch, fault);
	if (status != PORT_OK)
		return status;
	return plain->out.failed || plain->heads.failed ? PORT_NO_MEMORY : PORT_OK;
}

PortStatus
render_short(RenderPlain *plain, TemplateBlockKind kind, const TemplateProgram *program,
			 const TemplateProgram *house, const TemplateData *data, PortFault *fault)
{
	TemplateChannel channel = kind == BLOCK_SMS ? CHANNEL_SMS : CHANNEL_EMAIL;
	bool found;
	PortStatus status;

	begin_text(plain, data, true);
	status = render_walk_part(program, kind, channel, data, &target, plain, &plain->scratch, fault,
							  &found);
	if (status == PORT_OK && !found && (kind == BLOCK_SMS || template_is_letter(data)))
		return render_made(plain, kind, program, data, fault);
	if (status == PORT_OK && !found)
		status = render_walk_part(house, kind, channel, data, &target, plain, &plain->scratch,
								  fault, &found);
	return status == PORT_OK && plain->out.failed ? PORT_NO_MEMORY : status;
}
