/*
 * volume_template_read.c: documents out of their values.
 *
 * Broken bytes cannot reach outside: every symbol is one of its table, every
 * text is held against the room that is left, every step gives at least one
 * byte or ends.
 */
#include "core/volume_template_model.h"

#include <string.h>

struct TemplateUnpacker
{
	const Port *port;
	const VolumeTemplate *template; /* whose columns memory is for */
	ColumnMemory *memory;
	uint32_t memory_count;
};

typedef struct DocumentReader
{
	RangeDecoder decoder;
	const Port *port;
	const VolumeTemplate *template;
	ColumnMemory *memory;
	char *bytes; /* the document */
	size_t used, size;
	bool failed, interrupted;
} DocumentReader;

TemplateUnpacker *
template_unpacker_open(const Port *port)
{
	TemplateUnpacker *unpacker = port->alloc(port->host, sizeof(TemplateUnpacker));

	if (unpacker != NULL)
		*unpacker = (TemplateUnpacker){.port = port};
	return unpacker;
}

void
template_unpacker_close(TemplateUnpacker *unpacker)
{
	if (unpacker == NULL)
		return;
	template_memory_close(unpacker->port, unpacker->memory, unpacker->memory_count);
	unpacker->port->release(unpacker->port->host, unpacker);
}

static inline uint32_t
read_symbol(RangeDecoder *decoder, const TemplateTable *table)
{
	uint32_t at = range_decode(decoder);
	uint32_t low = 0, high = table->count;

	while (high - low > 1)
	{
		uint32_t middle = (low + high) / 2;

		if (table->bound[middle] <= at)
			low = middle;
		else
			high = middle;
	}
	range_decode_done(decoder, table->bound[low], table->bound[low + 1] - table->bound[low]);
	return low;
}

/* Whether the one of two that has this frequency comes. */
static inline bool
read_flag(RangeDecoder *decoder, uint32_t frequency)
{
	bool set = range_decode(decoder) < frequency;

	range_decode_done(decoder, set ? 0 : frequency, set ? frequency : RANGE_TOTAL - frequency);
	return set;
}

static uint64_t
read_bits(RangeDecoder *decoder, uint32_t bits)
{
	uint64_t value = 0;

	for (uint32_t part; bits > 0; bits -= part)
	{
		part = bits > 16 ? 16 : bits;
		value = (value << part) | range_decode_even(decoder, 1U << part);
	}
	return value;
}

/* Any number: how many bits it has, and those behind the first. */
static uint64_t
read_free(RangeDecoder *decoder)
{
	uint32_t bits = range_decode_even(decoder, 65);

	return bits == 0 ? 0 : (uint64_t) 1 << (bits - 1) | read_bits(decoder, bits - 1);
}

static inline void
put(DocumentReader *reader, const char *bytes, size_t length)
{
	if (length > reader->size - reader->used)
	{
		reader->failed = true;
		return;
	}
	if (length > 0)
		memcpy(reader->bytes + reader->used, bytes, length);
	reader->used += length;
}

static void
read_letters(DocumentReader *reader, uint64_t length)
{
	char before = 0;

	if (length > reader->size - reader->used)
	{
		reader->failed = true;
		return;
	}
	for (; length > 0; length--)
	{
		const TemplateTable *table =
			&reader->template->letters[template_letter_kind((unsigned char) before)];

		before = (char) read_symbol(&reader->decoder, table);
		reader->bytes[reader->used++] = before;
	}
}

static void
read_word_letters(DocumentReader *reader)
{
	uint64_t length = read_symbol(&reader->decoder, &reader->template->lengths);

	read_letters(reader, length < TEMPLATE_WORD_LENGTHS ? length : read_free(&reader->decoder));
}

static void
read_words(DocumentReader *reader, const TemplateColumn *column)
{
	for (int number = 0; !reader->failed; number++)
	{
		const TemplateWords *words =
			&column->words[number < TEMPLATE_WORD_TABLES ? number : TEMPLATE_WORD_TABLES - 1];
		uint32_t symbol = read_symbol(&reader->decoder, &words->table);

		if (symbol == words->count)
			return;
		if (number > 0)
			put(reader, " ", 1);
		if (symbol < words->count)
			put(reader, words->texts[symbol].bytes, words->texts[symbol].length);
		else if (!reader->failed)
			read_word_letters(reader);
	}
}

/* Dictionary entry, or value_count. */
static uint32_t
read_value_symbol(DocumentReader *reader, const TemplateColumn *column)
{
	const TemplateGroup *group = template_group(column, reader->memory);
	uint32_t symbol;

	if (column->value_count == 0)
		return 0;
	if (group != NULL)
	{
		symbol = read_symbol(&reader->decoder, &group->table);
		if (symbol < group->count)
			return group->symbols[symbol];
	}
	return read_symbol(&reader->decoder, &column->value_table);
}

static void
read_text(DocumentReader *reader, const TemplateColumn *column, ColumnMemory *memory)
{
	size_t at = reader->used;

	memory->symbol = TEMPLATE_NONE;
	if (column->repeats != TEMPLATE_NONE && read_flag(&reader->decoder, column->repeat_frequency))
	{
		const ColumnMemory *first = &reader->memory[column->repeats];

		put(reader, reader->bytes + first->at, first->length);
	}
	else
	{
		uint32_t symbol = read_value_symbol(reader, column);

		if (symbol < column->value_count)
		{
			put(reader, column->values[symbol].bytes, column->values[symbol].length);
			memory->symbol = symbol;
		}
		else
			read_words(reader, column);
	}
	memory->at = at;
	memory->length = (uint32_t) (reader->used - at);
}

static int64_t
read_rest(DocumentReader *reader, const TemplateColumn *column, ColumnMemory *memory)
{
	uint32_t symbol = read_symbol(&reader->decoder, &column->rest_table);
	uint32_t bits;
	int64_t base;

	memory->symbol = symbol < column->rest_count ? symbol : TEMPLATE_NONE;
	if (symbol == column->rest_count)
	{
		uint64_t zigzag = read_free(&reader->decoder);

		return (int64_t) ((zigzag >> 1) ^ (0 - (zigzag & 1)));
	}
	if (!column->classes)
		return column->rest[symbol];
	base = template_class_base(column, symbol, &bits);
	return (int64_t) ((uint64_t) base + read_bits(&reader->decoder, bits));
}

static void
read_number(DocumentReader *reader, const TemplateColumn *column, ColumnMemory *memory)
{
	char text[TEMPLATE_NUMBER_LENGTH];
	uint32_t length;
	uint64_t value = (uint64_t) template_predict(column, reader->memory, memory->turns);

	value += (uint64_t) read_rest(reader, column, memory);
	length = template_format_number(column->look, column->places, (int64_t) value, text);
	if (length == 0)
		reader->failed = true;
	put(reader, text, length);
	template_remember_number(column, memory, (int64_t) value);
	if (column->keep_history && buffer_failed(&memory->history))
		reader->failed = true;
}

static void
read_slot(DocumentReader *reader, const TemplateState *state)
{
	const VolumeTemplate *template = reader->template;

	if (!read_flag(&reader->decoder, state->fit_frequency))
	{
		read_letters(reader, read_free(&reader->decoder));
		return;
	}
	for (uint32_t i = 0; i < state->column_count && !reader->failed; i++)
	{
		const TemplateColumn *column = &template->columns[state->first_column + i];
		ColumnMemory *memory = &reader->memory[state->first_column + i];

		if (column->kind == COLUMN_NUMBER)
			read_number(reader, column, memory);
		else if (column->kind == COLUMN_TEXT)
			read_text(reader, column, memory);
		else
			put(reader, column->fixed.bytes, column->fixed.length);
	}
}

/* What the graph does not know; returns the state to go on with, 0 at the end.
 */
static uint32_t
read_detour(DocumentReader *reader)
{
	const VolumeTemplate *template = reader->template;
	size_t before = reader->used;
	uint32_t state = range_decode_even(&reader->decoder, template->state_count);
	uint32_t part = range_decode_even(&reader->decoder, template->states[state].text.length + 1);

	put(reader, template->states[state].text.bytes, part);
	if (!reader->failed)
		read_letters(reader, read_free(&reader->decoder));
	state = range_decode_even(&reader->decoder, template->state_count);
	part = range_decode_even(&reader->decoder, template->states[state].text.length + 1);
	put(reader, template->states[state].text.bytes + part,
		template->states[state].text.length - part);
	if (state != 0 && reader->used == before)
		reader->failed = true;
	return state;
}

static void
read_document(DocumentReader *reader)
{
	const VolumeTemplate *template = reader->template;
	uint32_t number = 0, steps = 0;

	do
	{
		const TemplateState *state = &template->states[number];
		uint32_t symbol = read_symbol(&reader->decoder, &state->next_table);

		if (symbol < state->next_count)
		{
			number = state->next[symbol];
			put(reader, template->states[number].text.bytes, template->states[number].text.length);
		}
		else
			number = read_detour(reader);
		if (template->states[number].column_count > 0 && !reader->failed)
			read_slot(reader, &template->states[number]);
		if (++steps % 1024 == 0 && reader->port->interrupted(reader->port->host))
			reader->failed = reader->interrupted = true;
	} while (number != 0 && !reader->failed);
}

/* Memory for the columns, kept while documents are of one template. */
static bool
use_template(TemplateUnpacker *unpacker, const VolumeTemplate *template)
{
	if (unpacker->template != template || unpacker->memory == NULL ||
		unpacker->memory_count != template->column_count)
	{
		template_memory_close(unpacker->port, unpacker->memory, unpacker->memory_count);
		unpacker->template = template;
		unpacker->memory = template_memory_open(unpacker->port, template);
		unpacker->memory_count = unpacker->memory == NULL ? 0 : template->column_count;
	}
	else
		template_memory_reset(unpacker->memory, unpacker->memory_count);
	return unpacker->memory != NULL;
}

PortStatus
template_unpack(TemplateUnpacker *unpacker, const VolumeTemplate *template, const char *packed,
				size_t packed_length, size_t content_length, ByteBuffer *out)
{
	DocumentReader reader = {.port = unpacker->port, .template = template, .size = content_length};

	if (!use_template(unpacker, template) ||
		(reader.bytes = buffer_reserve(out, content_length + 1)) == NULL)
		return PORT_NO_MEMORY;
	reader.memory = unpacker->memory;
	range_decoder_start(&reader.decoder, packed, packed_length);
	read_document(&reader);
	if (reader.interrupted)
		return PORT_INTERRUPTED;
	if (reader.failed || reader.used != content_length)
		return PORT_INVALID;
	out->length += content_length;
	return PORT_OK;
}
