/*
 * volume_template_learn.c: a template from sample documents, as bytes.
 */
#include "core/deflate.h"
#include "core/volume_columns.h"

#include <string.h>

#define FEWEST_DOCUMENTS 8
#define MOST_DOCUMENTS 256
#define MOST_SAMPLE_BYTES ((size_t) 4 * 1024 * 1024)
/* A longer document says the same more often. */
#define LONGEST_SAMPLE ((size_t) 256 * 1024)
#define DEFLATE_LEVEL 9

static void
put_number(ByteBuffer *out, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		buffer_append_char(out, (char) (value | 0x80));
	buffer_append_char(out, (char) value);
}

static void
put_signed(ByteBuffer *out, int64_t value)
{
	put_number(out, ((uint64_t) value << 1) ^ (uint64_t) (value >> 63));
}

static void
put_text(ByteBuffer *out, const TemplateText *text)
{
	put_number(out, text->length);
	buffer_append(out, text->bytes, text->length);
}

static void
put_texts(ByteBuffer *out, const TemplateText *texts, uint32_t count)
{
	put_number(out, count);
	for (uint32_t i = 0; i < count; i++)
		put_text(out, &texts[i]);
}

static void
put_table(ByteBuffer *out, const TemplateTable *table)
{
	for (uint32_t i = 0; i < table->count; i++)
		put_number(out, table->bound[i + 1] - table->bound[i]);
}

/* 0 is nothing */
static void
put_reference(ByteBuffer *out, uint32_t column)
{
	put_number(out, column == TEMPLATE_NONE ? 0 : (uint64_t) column + 1);
}

static void
put_state(ByteBuffer *out, const TemplateState *state)
{
	put_text(out, &state->text);
	put_number(out, state->column_count);
	if (state->column_count > 0)
		put_number(out, state->fit_frequency);
	put_number(out, state->next_count);
	for (uint32_t i = 0; i < state->next_count; i++)
		put_number(out, state->next[i]);
	put_table(out, &state->next_table);
}

static void
put_text_column(ByteBuffer *out, const TemplateColumn *column)
{
	put_reference(out, column->repeats);
	if (column->repeats != TEMPLATE_NONE)
		put_number(out, column->repeat_frequency);
	put_texts(out, column->values, column->value_count);
	put_reference(out, column->chooser);
	if (column->chooser != TEMPLATE_NONE)
		put_number(out, column->group_count);
	for (uint32_t i = 0; i < column->group_count; i++)
	{
		const TemplateGroup *group = &column->groups[i];

		put_number(out, group->chosen_by);
		put_number(out, group->count);
		for (uint32_t s = 0; s < group->count; s++)
			put_number(out, group->symbols[s]);
		put_table(out, &group->table);
	}
	put_table(out, &column->value_table);
	for (int i = 0; i < TEMPLATE_WORD_TABLES; i++)
	{
		put_texts(out, column->words[i].texts, column->words[i].count);
		put_table(out, &column->words[i].table);
	}
}

static void
put_number_column(ByteBuffer *out, const TemplateColumn *column)
{
	put_number(out, column->look);
	put_number(out, column->places);
	put_signed(out, column->factor);
	put_reference(out, column->sources[0].column);
	put_number(out, column->sources[0].same_turn);
	put_number(out, column->rule);
	put_reference(out, column->sources[1].column);
	put_number(out, column->sources[1].same_turn);
	put_number(out, column->product_places);
	put_number(out, column->classes);
	if (column->classes)
	{
		put_signed(out, column->base);
		put_number(out, column->fraction_bits);
	}
	put_number(out, column->rest_count);
	for (uint32_t i = 0; !column->classes && i < column->rest_count; i++)
		if (i == 0)
			put_signed(out, column->rest[i]);
		else
			put_number(out, (uint64_t) column->rest[i] - (uint64_t) column->rest[i - 1]);
	put_table(out, &column->rest_table);
}

static void
put_body(ByteBuffer *out, const VolumeTemplate *template)
{
	for (int i = 0; i < TEMPLATE_LETTER_KINDS; i++)
		put_table(out, &template->letters[i]);
	put_table(out, &template->lengths);
	put_number(out, template->state_count);
	for (uint32_t i = 0; i < template->state_count; i++)
		put_state(out, &template->states[i]);
	for (uint32_t i = 0; i < template->column_count; i++)
	{
		const TemplateColumn *column = &template->columns[i];

		put_number(out, column->kind);
		if (column->kind == COLUMN_FIXED)
			put_text(out, &column->fixed);
		else if (column->kind == COLUMN_TEXT)
			put_text_column(out, column);
		else
			put_number_column(out, column);
	}
}

/* Version and deflated body. */
static PortStatus
save(const Port *port, const VolumeTemplate *template, ByteBuffer *out)
{
	ByteBuffer body;
	Deflater *deflater = deflater_open(port, DEFLATE_RAW, DEFLATE_LEVEL);
	PortStatus status = PORT_NO_MEMORY;

	buffer_init(&body, port);
	put_body(&body, template);
	if (deflater != NULL && !buffer_failed(&body))
	{
		buffer_append_char(out, TEMPLATE_VERSION);
		status = body.length > TEMPLATE_BODY_BYTES
					 ? PORT_INVALID
					 : deflater_run(deflater, NULL, 0, body.bytes, body.length, out);
	}
	deflater_close(deflater);
	buffer_release(&body);
	return status;
}

/* Successors of each state and how often each came: counts[state] holds pairs.
 */
static void
learn_successors(ColumnEvents *events, const Skeleton *skeleton)
{
	VolumeTemplate *template = events->template;
	ByteBuffer *pairs = columns_memory(events, template->state_count, sizeof(ByteBuffer));
	uint32_t i = 0;

	if (pairs == NULL)
		return;
	for (uint32_t s = 0; s < template->state_count; s++)
		buffer_init(&pairs[s], events->port);
	for (int d = 0; d < skeleton->document_count; d++)
	{
		uint32_t before = 0;

		for (; i <= skeleton->document_end[d]; i++)
		{
			uint32_t state = i == skeleton->document_end[d] ? 0 : skeleton->items[i].state;
			uint32_t *known = (uint32_t *) (void *) pairs[before].bytes;
			size_t count = pairs[before].length / (2 * sizeof(uint32_t)), p = 0;

			while (p < count && known[2 * p] != state)
				p++;
			if (p < count)
				known[2 * p + 1] += 64;
			else
				buffer_append(&pairs[before], (uint32_t[]){state, 64}, 2 * sizeof(uint32_t));
			if (buffer_failed(&pairs[before]))
				events->status = PORT_NO_MEMORY;
			before = state;
			if (i == skeleton->document_end[d])
				break;
		}
	}
	for (uint32_t s = 0; s < template->state_count && events->status == PORT_OK; s++)
	{
		TemplateState *state = &template->states[s];
		const uint32_t *known = (const uint32_t *) (const void *) pairs[s].bytes;
		uint32_t *counts;

		state->next_count = (uint32_t) (pairs[s].length / (2 * sizeof(uint32_t)));
		state->next = columns_memory(events, state->next_count, sizeof(uint32_t));
		counts = columns_memory(events, (size_t) state->next_count + 1, sizeof(uint32_t));
		for (uint32_t n = 0; n < state->next_count && events->status == PORT_OK; n++)
		{
			state->next[n] = known[2 * n];
			counts[n] = known[2 * n + 1];
		}
		if (events->status == PORT_OK)
			state->next_table = columns_table(events, counts, state->next_count + 1);
	}
	for (uint32_t s = 0; s < template->state_count; s++)
		buffer_release(&pairs[s]);
}

static void
take_states(ColumnEvents *events, const Skeleton *skeleton)
{
	VolumeTemplate *template = events->template;

	template->state_count = skeleton->state_count;
	template->states = columns_memory(events, template->state_count, sizeof(TemplateState));
	for (uint32_t s = 1; s < skeleton->state_count && events->status == PORT_OK; s++)
	{
		const ByteBuffer *text = &skeleton->states[s].text;
		char *bytes = columns_memory(events, text->length, 1);

		if (bytes == NULL)
			return;
		memcpy(bytes, text->bytes, text->length);
		template->states[s].text = (TemplateText){bytes, (uint32_t) text->length};
	}
}

static PortStatus
learn_template(const Port *port, const Skeleton *skeleton, VolumeTemplate *template,
			   ByteBuffer *out)
{
	ColumnEvents events = {.port = port,
						   .template = template,
						   .document_count = skeleton->document_count,
						   .status = PORT_OK};

	events.document_end =
		columns_memory(&events, (size_t) skeleton->document_count, sizeof(uint32_t));
	if (events.status == PORT_OK)
		take_states(&events, skeleton);
	if (events.status == PORT_OK)
		learn_successors(&events, skeleton);
	if (events.status == PORT_OK)
		columns_lay_out(&events, skeleton);
	if (events.status == PORT_OK)
		columns_learn_numbers(&events);
	if (events.status == PORT_OK)
		columns_learn_texts(&events);
	if (events.status == PORT_OK)
		events.status = save(port, template, out);
	if (events.events != NULL)
		port->release(port->host, events.events);
	return events.status;
}

PortStatus
volume_template_learn(const Port *port, const char *const *documents, const size_t *lengths,
					  int count, ByteBuffer *out)
{
	VolumeTemplate template = {0};
	Skeleton skeleton;
	size_t start = out->length, total = 0;
	const char *sample[MOST_DOCUMENTS];
	size_t sample_length[MOST_DOCUMENTS];
	PortStatus status;
	int taken = 0;

	for (int i = 0; i < count && taken < MOST_DOCUMENTS; i++)
		if (lengths[i] <= LONGEST_SAMPLE && total + lengths[i] <= MOST_SAMPLE_BYTES)
		{
			sample[taken] = documents[i];
			sample_length[taken++] = lengths[i];
			total += lengths[i];
		}
	if (taken < FEWEST_DOCUMENTS)
		return PORT_OK;
	status = volume_skeleton_learn(port, sample, sample_length, taken, &skeleton);
	if (status == PORT_OK)
	{
		text_arena_init(&template.arena, port);
		status = learn_template(port, &skeleton, &template, out);
		text_arena_release(&template.arena);
		volume_skeleton_release(&skeleton);
	}
	if (status != PORT_OK)
		out->length = start;
	return status == PORT_INVALID ? PORT_OK : status;
}
