/*
 * volume_template_load.c: a template out of its bytes.  Everything is checked here, so that packing
 * and unpacking can follow states, columns and symbols without a look.
 *
 * Each count is held against the bytes that are left, so that the memory taken is bounded by the
 * body's size, which is bounded itself.
 */
#include "core/deflate.h"
#include "core/volume_template_model.h"

#include <string.h>

#define MOST_PLACES 18

typedef struct Loader
{
	VolumeTemplate *template;
	const char *next, *end;
	PortStatus status;
} Loader;

static void *
take_memory(Loader *loader, size_t count, size_t size)
{
	size_t bytes = (count * size + 7) & ~(size_t) 7; /* count is below the body's size */
	char *memory =
		loader->status == PORT_OK ? text_arena_alloc(&loader->template->arena, bytes + 8) : NULL;

	if (memory == NULL && loader->status == PORT_OK)
		loader->status = PORT_NO_MEMORY;
	if (memory != NULL)
		memset(memory, 0, bytes + 8);
	return memory;
}

static uint64_t
take_number(Loader *loader)
{
	uint64_t value = 0;

	for (int shift = 0; shift < 70 && loader->next < loader->end; shift += 7)
	{
		uint8_t byte = (uint8_t) *loader->next++;

		value |= shift < 64 ? (uint64_t) (byte & 0x7f) << shift : 0;
		if (byte < 0x80)
			return value;
	}
	if (loader->status == PORT_OK)
		loader->status = PORT_INVALID;
	return 0;
}

static int64_t
take_signed(Loader *loader)
{
	uint64_t value = take_number(loader);

	return (int64_t) ((value >> 1) ^ (0 - (value & 1)));
}

/* Below limit; a number over it is a fault. */
static uint32_t
take_below(Loader *loader, uint64_t limit)
{
	uint64_t value = take_number(loader);

	if (value < limit)
		return (uint32_t) value;
	if (loader->status == PORT_OK)
		loader->status = PORT_INVALID;
	return 0;
}

/* A number of things that take a byte each at least. */
static uint32_t
take_count(Loader *loader)
{
	return take_below(loader, (uint64_t) (loader->end - loader->next) + 1);
}

/* A number of a column or nothing. */
static uint32_t
take_reference(Loader *loader)
{
	uint32_t value = take_below(loader, (uint64_t) loader->template->column_count + 1);

	return value == 0 ? TEMPLATE_NONE : value - 1;
}

static TemplateText
take_text(Loader *loader)
{
	TemplateText text = {NULL, 0};
	uint32_t length = take_count(loader);
	char *bytes = take_memory(loader, length, 1);

	if (bytes == NULL || loader->status != PORT_OK)
		return text;
	memcpy(bytes, loader->next, length);
	loader->next += length;
	return (TemplateText){bytes, length};
}

static TemplateText *
take_texts(Loader *loader, uint32_t *count)
{
	TemplateText *texts;

	*count = take_count(loader);
	texts = take_memory(loader, *count, sizeof(TemplateText));
	for (uint32_t i = 0; i < *count && loader->status == PORT_OK; i++)
		texts[i] = take_text(loader);
	return texts;
}

static TemplateTable
take_table(Loader *loader, uint32_t count)
{
	TemplateTable table = {count, NULL};

	if (count > (uint64_t) (loader->end - loader->next) && loader->status == PORT_OK)
		loader->status = PORT_INVALID;
	table.bound = take_memory(loader, (size_t) count + 1, sizeof(uint32_t));
	for (uint32_t i = 0; i < count && loader->status == PORT_OK; i++)
	{
		uint32_t frequency = take_below(loader, RANGE_TOTAL + 1 - table.bound[i]);

		if (frequency == 0 && loader->status == PORT_OK)
			loader->status = PORT_INVALID;
		table.bound[i + 1] = table.bound[i] + frequency;
	}
	if (loader->status == PORT_OK && table.bound[count] != RANGE_TOTAL)
		loader->status = PORT_INVALID;
	return table;
}

static uint32_t
take_frequency(Loader *loader)
{
	uint32_t frequency = take_below(loader, RANGE_TOTAL);

	if (frequency == 0 && loader->status == PORT_OK)
		loader->status = PORT_INVALID;
	return frequency;
}

static void
take_state(Loader *loader, TemplateState *state, bool first)
{
	VolumeTemplate *template = loader->template;

	state->text = take_text(loader);
	state->column_count = take_below(loader, TEMPLATE_MAX_COLUMNS + 1);
	state->first_column = template->column_count;
	template->column_count += state->column_count;
	if (state->column_count > 0)
		state->fit_frequency = take_frequency(loader);
	state->next_count = take_count(loader);
	state->next = take_memory(loader, state->next_count, sizeof(uint32_t));
	for (uint32_t i = 0; i < state->next_count && loader->status == PORT_OK; i++)
		state->next[i] = take_below(loader, template->state_count);
	state->next_table = take_table(loader, state->next_count + 1);
	/* each step of reading shall give a byte, so that reading ends */
	if (loader->status == PORT_OK &&
		(first ? state->text.length > 0 || state->column_count > 0 : state->text.length == 0))
		loader->status = PORT_INVALID;
}

static void
take_groups(Loader *loader, TemplateColumn *column)
{
	column->group_count = take_count(loader);
	column->groups = take_memory(loader, column->group_count, sizeof(TemplateGroup));
	for (uint32_t i = 0; i < column->group_count && loader->status == PORT_OK; i++)
	{
		TemplateGroup *group = &column->groups[i];

		group->chosen_by = take_below(loader, TEMPLATE_NONE);
		group->count = take_count(loader);
		group->symbols = take_memory(loader, group->count, sizeof(uint32_t));
		if (loader->status == PORT_OK && i > 0 && group->chosen_by <= group[-1].chosen_by)
			loader->status = PORT_INVALID;
		for (uint32_t s = 0; s < group->count && loader->status == PORT_OK; s++)
		{
			group->symbols[s] = take_below(loader, column->value_count);
			if (s > 0 && group->symbols[s] <= group->symbols[s - 1])
				loader->status = PORT_INVALID;
		}
		group->table = take_table(loader, group->count + 1);
	}
}

static void
take_text_column(Loader *loader, TemplateColumn *column)
{
	column->repeats = take_reference(loader);
	if (column->repeats != TEMPLATE_NONE)
		column->repeat_frequency = take_frequency(loader);
	column->values = take_texts(loader, &column->value_count);
	column->chooser = take_reference(loader);
	if (column->chooser != TEMPLATE_NONE)
		take_groups(loader, column);
	column->value_table = take_table(loader, column->value_count + 1);
	for (int i = 0; i < TEMPLATE_WORD_TABLES; i++)
	{
		TemplateWords *words = &column->words[i];

		words->texts = take_texts(loader, &words->count);
		words->table = take_table(loader, words->count + 2);
	}
}

static void
take_number_column(Loader *loader, TemplateColumn *column)
{
	column->look = take_below(loader, NUMBER_LOOKS);
	column->places = take_below(loader, MOST_PLACES + 1);
	column->factor = take_signed(loader);
	column->sources[0].column = take_reference(loader);
	column->sources[0].same_turn = take_below(loader, 2);
	column->rule = take_below(loader, RULE_COUNT);
	column->sources[1].column = take_reference(loader);
	column->sources[1].same_turn = take_below(loader, 2);
	column->product_places = take_below(loader, MOST_PLACES + 1);
	column->classes = take_below(loader, 2);
	if (column->classes)
	{
		column->base = take_signed(loader);
		column->fraction_bits = take_below(loader, 8);
		column->rest_count =
			take_below(loader, (65 - column->fraction_bits) << column->fraction_bits);
	}
	else
	{
		column->rest_count = take_count(loader);
		column->rest = take_memory(loader, column->rest_count, sizeof(int64_t));
		for (uint32_t i = 0; i < column->rest_count && loader->status == PORT_OK; i++)
			column->rest[i] =
				i == 0 ? take_signed(loader)
					   : (int64_t) ((uint64_t) column->rest[i - 1] + take_number(loader));
		for (uint32_t i = 1; i < column->rest_count && loader->status == PORT_OK; i++)
			if (column->rest[i] <= column->rest[i - 1])
				loader->status = PORT_INVALID;
	}
	column->rest_table = take_table(loader, column->rest_count + 1);
}

static void
take_column(Loader *loader, TemplateColumn *column)
{
	column->kind = take_below(loader, 3);
	column->repeats = column->chooser = TEMPLATE_NONE;
	column->sources[0].column = column->sources[1].column = TEMPLATE_NONE;
	if (column->kind == COLUMN_FIXED)
		column->fixed = take_text(loader);
	else if (column->kind == COLUMN_TEXT)
		take_text_column(loader, column);
	else
		take_number_column(loader, column);
}

/* A column may ask only columns that keep what it asks for. */
static void
check_references(Loader *loader)
{
	VolumeTemplate *template = loader->template;

	for (uint32_t i = 0; i < template->column_count && loader->status == PORT_OK; i++)
	{
		TemplateColumn *column = &template->columns[i];

		if (column->repeats != TEMPLATE_NONE &&
			template->columns[column->repeats].kind != COLUMN_TEXT)
			loader->status = PORT_INVALID;
		for (int s = 0; s < 2; s++)
		{
			TemplateColumn *source = column->sources[s].column == TEMPLATE_NONE
										 ? NULL
										 : &template->columns[column->sources[s].column];

			if (source == NULL)
				continue;
			if (source->kind != COLUMN_NUMBER)
				loader->status = PORT_INVALID;
			source->keep_history |= column->sources[s].same_turn;
		}
	}
}

static void
take_body(Loader *loader)
{
	VolumeTemplate *template = loader->template;

	for (int i = 0; i < TEMPLATE_LETTER_KINDS; i++)
		template->letters[i] = take_table(loader, 256);
	template->lengths = take_table(loader, TEMPLATE_WORD_LENGTHS + 1);
	template->state_count = take_count(loader);
	if (template->state_count == 0 && loader->status == PORT_OK)
		loader->status = PORT_INVALID;
	template->states = take_memory(loader, template->state_count, sizeof(TemplateState));
	for (uint32_t i = 0; i < template->state_count && loader->status == PORT_OK; i++)
		take_state(loader, &template->states[i], i == 0);
	if (loader->status == PORT_OK &&
		template->column_count > (uint64_t) (loader->end - loader->next))
		loader->status = PORT_INVALID;
	template->columns = take_memory(loader, template->column_count, sizeof(TemplateColumn));
	for (uint32_t i = 0; i < template->column_count && loader->status == PORT_OK; i++)
		take_column(loader, &template->columns[i]);
	check_references(loader);
	if (loader->status == PORT_OK && loader->next != loader->end)
		loader->status = PORT_INVALID;
}

PortStatus
volume_template_load(const Port *port, const char *bytes, size_t length, VolumeTemplate **loaded)
{
	Loader loader = {.status = PORT_OK};
	Inflater *inflater;
	ByteBuffer body;

	*loaded = NULL;
	if (length < 1 || bytes[0] != TEMPLATE_VERSION)
		return PORT_INVALID;
	buffer_init(&body, port);
	loader.template = port->alloc(port->host, sizeof(VolumeTemplate));
	if (loader.template == NULL)
		return PORT_NO_MEMORY;
	memset(loader.template, 0, sizeof(VolumeTemplate));
	text_arena_init(&loader.template->arena, port);
	inflater = inflater_open(port, DEFLATE_RAW);
	loader.status = inflater == NULL ? PORT_NO_MEMORY
									 : inflater_run(inflater, NULL, 0, bytes + 1, length - 1,
													TEMPLATE_BODY_BYTES, &body);
	if (loader.status == PORT_OK)
	{
		loader.next = body.bytes;
		loader.end = body.bytes + body.length;
		take_body(&loader);
	}
	inflater_close(inflater);
	buffer_release(&body);
	if (loader.status == PORT_OK)
		*loaded = loader.template;
	else
		volume_template_release(loader.template);
	return loader.status == PORT_TOO_LARGE ? PORT_INVALID : loader.status;
}

void
volume_template_release(VolumeTemplate *template)
{
	const Port *port;

	if (template == NULL)
		return;
	port = template->arena.port;
	text_arena_release(&template->arena);
	port->release(port->host, template);
}
