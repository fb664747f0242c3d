/*
 * render_sms.c: an SMS, and the subject of a letter, out of the blocks of a template that has none
 * of its own.
 *
 * The template is walked once and what its texts and totals say is noted: what the document is, its
 * number, amount, due date, account and reference, with the words that stand beside them.  The SMS
 * says each once, in that order, so that a label that is changed is changed here as well.  Lists
 * and charts have no place in a message.
 */
#include "core/render_text.h"

#include "core/template_invoice.h"
#include "core/template_kind.h"

#include <string.h>

#define MOST_SAID 64
#define LONGEST 120 /* bytes of a text that says a value among other words */

/* A text or a total, in the order of reading. */
typedef struct Said
{
	unsigned shows; /* RENDER_SHOWS_ bits */
	bool named;		/* for SMS by its channels */
	bool alone;		/* the value and nothing else */
	bool heading, bold, subject, used;
	size_t label, label_length, value, value_length; /* in texts */
} Said;

typedef struct Sms
{
	ByteBuffer *texts, *out;
	TemplateLanguage language;
	const Slice *invoice;
	Said said[MOST_SAID];
	int count;
	size_t label, label_length; /* of a text that names what comes next */
	bool main, subject;
} Sms;

/* Where a template shows a value nowhere, the house's words and the invoice's value stand in. */
static const struct
{
	unsigned bit;
	int field;
	TemplateLabel label;
} wanted[] = {{RENDER_SHOWS_AMOUNT, FIELD_INVOICE_PAYABLE_AMOUNT, LABEL_PAYABLE},
			  {RENDER_SHOWS_DUE_DATE, FIELD_INVOICE_DUE_DATE, LABEL_DUE_DATE},
			  {RENDER_SHOWS_ACCOUNT, FIELD_INVOICE_PAYEE_ACCOUNT, LABEL_ACCOUNT},
			  {RENDER_SHOWS_REFERENCE, FIELD_INVOICE_PAYMENT_REFERENCE, LABEL_REFERENCE}};

/* ---------- what the template says ---------- */

static size_t
keep_text(Sms *sms, Slice text, size_t *length)
{
	size_t start = sms->texts->length;

	buffer_append(sms->texts, text.bytes, text.length);
	*length = sms->texts->failed ? 0 : text.length;
	return start;
}

static void
note(Sms *sms, const RenderText *value, const RenderText *label)
{
	Said *said = &sms->said[sms->count];
	bool heading = value->role != ROLE_BODY && (sms->main || value->role == ROLE_TITLE);

	if (sms->count == MOST_SAID ||
		(value->shows == 0 && !value->named && !sms->subject && !heading && !value->bold))
		return;
	*said = (Said){.shows = value->shows,
				   .named = value->named,
				   .alone = value->alone,
				   .heading = heading,
				   .bold = value->bold && sms->main,
				   .subject = sms->subject};
	if (label != NULL)
		said->label = keep_text(sms, label->text, &said->label_length);
	else
	{
		said->label = sms->label;
		said->label_length = sms->label_length;
	}
	said->value = keep_text(sms, value->text, &said->value_length);
	sms->count++;
}

static void
tell_text(void *state, const RenderText *text)
{
	Sms *sms = state;

	if (text->is_label)
		sms->label_length = 0;
	note(sms, text, NULL);
	sms->label_length = 0;
	if (text->is_label)
		sms->label = keep_text(sms, text->text, &sms->label_length);
}

static void
tell_total(void *state, const RenderText *label, const RenderText *value, bool shaded)
{
	Sms *sms = state;

	(void) shaded;
	sms->label_length = 0;
	note(sms, value, label);
}

static void
tell_region(void *state, RenderRegion region, bool start)
{
	Sms *sms = state;

	(void) start;
	sms->main = region == REGION_MAIN;
	sms->label_length = 0;
}

static void
tell_zone(void *state, const TemplateBlock *zone, bool start)
{
	(void) zone;
	(void) start;
	((Sms *) state)->label_length = 0;
}

static void
tell_columns(void *state, bool start)
{
	(void) start;
	((Sms *) state)->label_length = 0;
}

static void
tell_column(void *state, int width, bool start)
{
	(void) width;
	tell_columns(state, start);
}

static void
tell_gap(void *state, bool ruled)
{
	(void) state;
	(void) ruled;
}

/* No table, so that lists are not walked. */
static const RenderTarget target = {.region = tell_region,
									.zone = tell_zone,
									.columns = tell_columns,
									.column = tell_column,
									.text = tell_text,
									.total = tell_total,
									.gap = tell_gap};

/* ---------- the message ---------- */

static Slice
kept(const Sms *sms, size_t start, size_t length)
{
	return (Slice){length == 0 ? "" : sms->texts->bytes + start, length};
}

/* Signs of typographers would make a message of two, and what people write instead. */
static const char *const signs[][2] = {
	{"\xE2\x88\x92", "-"}, {"\xE2\x80\x93", "-"},	{"\xE2\x80\x94", "-"},	{"\xE2\x80\x98", "'"},
	{"\xE2\x80\x99", "'"}, {"\xE2\x80\x9C", "\""},	{"\xE2\x80\x9D", "\""}, {"\xE2\x80\x9E", "\""},
	{"\xE2\x80\xA2", "-"}, {"\xE2\x80\xA6", "..."}, {"\xC2\xAB", "\""},		{"\xC2\xBB", "\""},
	{"\xC2\xB7", "-"}};

/* What stands for the sign that text starts with, and its length; NULL: it is none. */
static const char *
plain_sign(const char *text, size_t room, size_t *length)
{
	if ((unsigned char) *text != 0xE2 && (unsigned char) *text != 0xC2)
		return NULL;
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
	{
		*length = strlen(signs[i][0]);
		if (room >= *length && memcmp(text, signs[i][0], *length) == 0)
			return signs[i][1];
	}
	return NULL;
}

static void
append_plain(ByteBuffer *out, Slice text)
{
	size_t start = 0, length;

	for (size_t i = 0; i < text.length; i++)
	{
		const char *plain = plain_sign(text.bytes + i, text.length - i, &length);

		if (plain == NULL)
			continue;
		render_plain_append(out, (Slice){text.bytes + start, i - start});
		buffer_append_text(out, plain);
		start = i + length;
		i = start - 1;
	}
	render_plain_append(out, (Slice){text.bytes + start, text.length - start});
}

static void
put_word(Sms *sms, Slice text)
{
	ByteBuffer *out = sms->out;

	if (text.length == 0)
		return;
	if (out->length > 0 && out->bytes[out->length - 1] != ' ')
		buffer_append_char(out, ' ');
	append_plain(out, text);
}

static void
end_sentence(Sms *sms)
{
	ByteBuffer *out = sms->out;

	if (!out->failed && out->length > 0 && strchr(".!?:", out->bytes[out->length - 1]) == NULL)
		buffer_append_char(out, '.');
}

/* Gaps help to read and cost: what is copied has none. */
static void
put_copied(Sms *sms, Slice text)
{
	size_t start = sms->out->length + 1, to = start;

	put_word(sms, text);
	if (sms->out->failed)
		return;
	for (size_t i = start; i < sms->out->length; i++)
		if (sms->out->bytes[i] != ' ')
			sms->out->bytes[to++] = sms->out->bytes[i];
	sms->out->length = to;
}

static bool
contains(Slice text, Slice part)
{
	for (size_t i = 0; part.length > 0 && i + part.length <= text.length; i++)
		if (memcmp(text.bytes + i, part.bytes, part.length) == 0)
			return true;
	return false;
}

static Slice
slice_of(const char *text)
{
	return (Slice){text, strlen(text)};
}

static void
put_said(Sms *sms, Said *said, unsigned bit)
{
	Slice label = kept(sms, said->label, said->label_length);
	Slice value = kept(sms, said->value, said->value_length);
	Slice currency = TEMPLATE_VALUE(sms->invoice, INVOICE, CURRENCY);

	for (size_t i = 0; said->alone && label.length == 0 && i < sizeof(wanted) / sizeof(*wanted);
		 i++)
		if (wanted[i].bit == bit)
			label = slice_of(template_label(wanted[i].label, sms->language));
	said->used = true;
	put_word(sms, label);
	if (said->alone && (bit == RENDER_SHOWS_ACCOUNT || bit == RENDER_SHOWS_REFERENCE))
		put_copied(sms, value);
	else
		put_word(sms, value);
	if (said->alone && bit == RENDER_SHOWS_AMOUNT && !contains(label, currency) &&
		!contains(value, currency))
		put_word(sms, currency);
	end_sentence(sms);
}

/* How well a text says a value, 0 best; -1: not at all. */
static int
rank_of(const Said *said, unsigned bit)
{
	if (!(said->shows & bit) || said->subject || said->value_length == 0)
		return -1;
	if (said->named)
		return 0;
	if (said->alone)
		return said->label_length > 0 ? 1 : 2;
	return said->value_length + said->label_length <= LONGEST ? 3 : -1;
}

static Said *
find_said(Sms *sms, unsigned bit)
{
	Said *best = NULL;

	for (int i = 0; i < sms->count; i++)
	{
		int rank = rank_of(&sms->said[i], bit);

		if (rank >= 0 && (best == NULL || rank < rank_of(best, bit)))
			best = &sms->said[i];
	}
	return best;
}

static bool
expression_shows(const TemplateProgram *program, TemplateExpression expression, int field)
{
	for (int i = 0; i < expression.count; i++)
	{
		const TemplateSegment *segment = &program->segments[expression.first + i];

		if (segment->kind == SEGMENT_FIELD && segment->number == field)
			return true;
	}
	return false;
}

/* Whether the author placed the value somewhere, be it for another channel alone. */
static bool
is_placed(const TemplateProgram *program, int field)
{
	if (program->giro != 0)
		return true;
	for (int i = 1; i < program->block_count; i++)
		if (expression_shows(program, program->blocks[i].content, field))
			return true;
	return false;
}

static void
put_own_value(Sms *sms, int which)
{
	ByteBuffer *texts = sms->texts;
	size_t start = texts->length;
	Slice value = sms->invoice[wanted[which].field - FIRST_FIELD_INVOICE];
	Said said = {.shows = wanted[which].bit, .alone = true, .value = start};

	if (value.length == 0)
		return;
	if (wanted[which].bit == RENDER_SHOWS_AMOUNT)
		format_money(texts, sms->language, value);
	else if (wanted[which].bit == RENDER_SHOWS_DUE_DATE)
		format_date(texts, sms->language, value);
	else
		buffer_append(texts, value.bytes, value.length);
	said.value_length = texts->failed ? 0 : texts->length - start;
	put_said(sms, &said, wanted[which].bit);
}

/* Who writes: the brand, else the issuer. */
static void
put_sender(Sms *sms, const TemplateData *data)
{
	Slice name = {NULL, 0};

	if (data->brand != NULL)
		name = template_tree_text(template_tree_find(data->brand, (Slice){"name", 4}));
	if (name.length == 0)
		name = TEMPLATE_VALUE(sms->invoice, INVOICE, ISSUER_NAME);
	put_word(sms, name);
	buffer_append_char(sms->out, ':');
}

static Said *
find_first(Sms *sms, bool subject, bool only_heading)
{
	for (int i = 0; i < sms->count; i++)
	{
		Said *said = &sms->said[i];

		if (said->value_length > 0 && said->value_length <= LONGEST && said->subject == subject &&
			(subject || said->heading || (said->bold && !only_heading)))
			return said;
	}
	return NULL;
}

/*
 * What the document is.  An invoice: the text with {{title}}, else the first heading of the flow.
 * A letter: its subject, else heading, else its first bold text.
 */
static void
put_what(Sms *sms, const TemplateData *data)
{
	bool letter = template_is_letter(data);
	Said *said = letter ? find_first(sms, true, false) : NULL;
	Slice number = TEMPLATE_VALUE(sms->invoice, INVOICE, NUMBER);

	for (int i = 0; !letter && said == NULL && i < sms->count; i++)
		if ((sms->said[i].shows & RENDER_SHOWS_TITLE) && sms->said[i].value_length <= LONGEST)
			said = &sms->said[i];
	if (said == NULL)
		said = find_first(sms, false, true);
	if (said == NULL && letter)
		said = find_first(sms, false, false);
	if (said != NULL)
	{
		said->used = true;
		put_word(sms, kept(sms, said->value, said->value_length));
	}
	else if (!letter)
		put_word(sms, slice_of(template_label(template_title_label(data), sms->language)));
	if (said == NULL || (!letter && !contains(kept(sms, said->value, said->value_length), number)))
		put_word(sms, number);
	end_sentence(sms);
}

static void
put_message(Sms *sms, const TemplateProgram *program, const TemplateData *data)
{
	unsigned said = 0;

	put_sender(sms, data);
	put_what(sms, data);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
	{
		Said *best = find_said(sms, wanted[i].bit);

		if ((said & wanted[i].bit) || (best != NULL && best->used))
			continue;
		if (best != NULL)
		{
			said |= best->shows;
			put_said(sms, best, wanted[i].bit);
		}
		else if (template_has_payment(data) && !is_placed(program, wanted[i].field))
			put_own_value(sms, (int) i);
	}
	for (int i = 0; i < sms->count; i++)
		if (sms->said[i].named && !sms->said[i].used)
			put_said(sms, &sms->said[i], 0);
	if (template_is_credit_note(data) && !template_is_self_billed(data))
		put_word(sms, slice_of(template_label(LABEL_NO_PAYMENT, sms->language)));
}

/* The sender and what the letter is about. */
static void
put_subject(Sms *sms, const TemplateData *data)
{
	ByteBuffer *out = sms->out;

	put_sender(sms, data);
	put_what(sms, data);
	if (!out->failed && out->bytes[out->length - 1] == '.')
		out->length--;
}

PortStatus
render_made(RenderPlain *plain, TemplateBlockKind kind, const TemplateProgram *program,
			const TemplateData *data, PortFault *fault)
{
	TemplateChannel channel = kind == BLOCK_SMS ? CHANNEL_SMS : CHANNEL_EMAIL;
	Sms sms = {.texts = &plain->heads, .out = &plain->out};
	PortStatus status;
	bool found;

	buffer_reset(sms.texts);
	buffer_reset(sms.out);
	sms.language = template_invoice_language(data);
	sms.invoice = data->groups[TEMPLATE_INVOICE].rows[0];
	sms.subject = true;
	status = render_walk_part(program, BLOCK_SUBJECT, channel, data, &target, &sms, &plain->scratch,
							  fault, &found);
	sms.subject = false;
	sms.label_length = 0;
	if (status == PORT_OK)
		status = render_walk(program, channel, data, &target, &sms, &plain->scratch, fault);
	if (status != PORT_OK)
		return status;
	if (kind == BLOCK_SMS)
		put_message(&sms, program, data);
	else
		put_subject(&sms, data);
	return plain->out.failed || plain->heads.failed ? PORT_NO_MEMORY : PORT_OK;
}
