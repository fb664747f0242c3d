/*
 * volume_template_write.c: documents into their values.
 *
 * The way through the graph is found by following it: a slot ends where the
 * text of a successor may begin, and the longest successor that stands there is
 * taken.  Where none does, the document takes a detour: as much of a text as
 * fits, letters, and back into the graph at the first place where the rest of
 * some text stands.
 */
#include "core/volume_intern.h"
#include "core/volume_template_model.h"

#include <string.h>

/* A document of which a larger part is told in letters is of another template. */
#define MOST_LETTERS 4
#define FREE_LETTERS 64
#define WINDOW 12	  /* bytes of a text that are looked for after a detour */
#define MOST_LOOKS 64 /* at texts that begin with the same window */

struct TemplatePacker
{
	const Port *port;
	const VolumeTemplate *template;
	ColumnMemory *memory;
	VolumeIntern texts; /* dictionaries and words; the value is the symbol */
	/* places in texts of states by their window, in chains; made for the first
	 * detour */
	uint32_t *chains, *chain_next, *place_state, *place_offset;
	uint32_t chain_mask, place_count;
};

typedef struct DocumentWriter
{
	RangeEncoder encoder;
	TemplatePacker *packer;
	const char *bytes;
	size_t length;
	size_t at;
	size_t letters; /* told so far */
	PortStatus status;
} DocumentWriter;

/* Dictionary of a column, or its words: salts of their texts. */
static uint32_t
salt_of(uint32_t column, uint32_t part)
{
	return column * (TEMPLATE_WORD_TABLES + 1) + part;
}

static void
add_texts(TemplatePacker *packer, uint32_t salt, const TemplateText *texts, uint32_t count)
{
	for (uint32_t i = count; i > 0 && !packer->texts.failed; i--)
	{
		uint32_t number =
			volume_intern_add(&packer->texts, salt, texts[i - 1].bytes, texts[i - 1].length);

		if (number != INTERN_NONE)
			packer->texts.entries[number].value = i - 1;
	}
}

TemplatePacker *
template_packer_open(const Port *port, const VolumeTemplate *template)
{
	TemplatePacker *packer = port->alloc(port->host, sizeof(TemplatePacker));

	if (packer == NULL)
		return NULL;
	*packer = (TemplatePacker){.port = port, .template = template};
	volume_intern_init(&packer->texts, port);
	packer->memory = template_memory_open(port, template);
	for (uint32_t i = 0; i < template->column_count; i++)
	{
		const TemplateColumn *column = &template->columns[i];

		if (column->kind != COLUMN_TEXT)
			continue;
		add_texts(packer, salt_of(i, 0), column->values, column->value_count);
		for (uint32_t w = 0; w < TEMPLATE_WORD_TABLES; w++)
			add_texts(packer, salt_of(i, w + 1), column->words[w].texts, column->words[w].count);
	}
	if (packer->memory == NULL || packer->texts.failed)
	{
		template_packer_close(packer);
		return NULL;
	}
	return packer;
}

void
template_packer_close(TemplatePacker *packer)
{
	const Port *port;

	if (packer == NULL)
		return;
	port = packer->port;
	template_memory_close(port, packer->memory, packer->template->column_count);
	volume_intern_release(&packer->texts);
	if (packer->chains != NULL)
		port->release(port->host, packer->chains);
	port->release(port->host, packer);
}

static void
write_symbol(DocumentWriter *writer, const TemplateTable *table, uint32_t symbol)
{
	range_encode(&writer->encoder, table->bound[symbol],
				 table->bound[symbol + 1] - table->bound[symbol]);
}

static void
write_flag(DocumentWriter *writer, bool set, uint32_t frequency)
{
	range_encode(&writer->encoder, set ? 0 : frequency, set ? frequency : RANGE_TOTAL - frequency);
}

static void
write_bits(DocumentWriter *writer, uint64_t value, uint32_t bits)
{
	for (uint32_t part; bits > 0; bits -= part)
	{
		part = bits > 16 ? 16 : bits;
		range_encode_even(&writer->encoder,
						  (uint32_t) (value >> (bits - part)) & ((1U << part) - 1), 1U << part);
	}
}

static void
write_free(DocumentWriter *writer, uint64_t value)
{
	uint32_t bits = value == 0 ? 0 : 64 - (uint32_t) __builtin_clzll(value);

	range_encode_even(&writer->encoder, bits, 65);
	if (bits > 1)
		write_bits(writer, value & (((uint64_t) 1 << (bits - 1)) - 1), bits - 1);
}

static void
write_letters(DocumentWriter *writer, const char *bytes, size_t length)
{
	char before = 0;

	writer->letters += length;
	for (size_t i = 0; i < length; i++)
	{
		write_symbol(
			writer,
			&writer->packer->template->letters[template_letter_kind((unsigned char) before)],
			(unsigned char) bytes[i]);
		before = bytes[i];
	}
}

static uint32_t
find_text(const DocumentWriter *writer, uint32_t salt, const char *bytes, size_t length)
{
	const VolumeIntern *texts = &writer->packer->texts;
	uint32_t number = volume_intern_find(texts, salt, bytes, length);

	return number == INTERN_NONE ? INTERN_NONE : texts->entries[number].value;
}

static void
write_word(DocumentWriter *writer, uint32_t number, int place, const char *bytes, size_t length)
{
	const TemplateWords *words = &writer->packer->template->columns[number].words[place];
	const TemplateTable *lengths = &writer->packer->template->lengths;
	uint32_t symbol = find_text(writer, salt_of(number, (uint32_t) place + 1), bytes, length);

	if (symbol != INTERN_NONE)
	{
		write_symbol(writer, &words->table, symbol);
		return;
	}
	write_symbol(writer, &words->table, words->count + 1);
	if (length < TEMPLATE_WORD_LENGTHS)
		write_symbol(writer, lengths, (uint32_t) length);
	else
	{
		write_symbol(writer, lengths, TEMPLATE_WORD_LENGTHS);
		write_free(writer, length);
	}
	write_letters(writer, bytes, length);
}

/* The empty text is no word at all; otherwise a word, and one more behind each
 * blank. */
static void
write_words(DocumentWriter *writer, uint32_t number, const char *bytes, size_t length)
{
	const TemplateColumn *column = &writer->packer->template->columns[number];
	int place = 0;

	for (size_t at = 0; length > 0; at++)
	{
		const char *blank = memchr(bytes + at, ' ', length - at);
		size_t end = blank == NULL ? length : (size_t) (blank - bytes);

		write_word(writer, number, place, bytes + at, end - at);
		place += place < TEMPLATE_WORD_TABLES - 1;
		at = end;
		if (blank == NULL)
			break;
	}
	write_symbol(writer, &column->words[place].table, column->words[place].count);
}

/* By the chooser's group if it knows the symbol. */
static void
write_value_symbol(DocumentWriter *writer, const TemplateColumn *column, uint32_t symbol)
{
	const TemplateGroup *group = template_group(column, writer->packer->memory);
	uint32_t low = 0, high;

	if (group != NULL)
	{
		high = group->count;
		while (low < high)
		{
			uint32_t middle = (low + high) / 2;

			if (group->symbols[middle] < symbol)
				low = middle + 1;
			else
				high = middle;
		}
		if (low < group->count && group->symbols[low] == symbol)
		{
			write_symbol(writer, &group->table, low);
			return;
		}
		write_symbol(writer, &group->table, group->count);
	}
	write_symbol(writer, &column->value_table, symbol);
}

static void
write_text(DocumentWriter *writer, uint32_t number, const char *bytes, size_t length)
{
	const TemplateColumn *column = &writer->packer->template->columns[number];
	ColumnMemory *memory = &writer->packer->memory[number];
	uint32_t symbol = INTERN_NONE;
	bool repeated = false;

	memory->symbol = TEMPLATE_NONE;
	if (column->repeats != TEMPLATE_NONE)
	{
		const ColumnMemory *first = &writer->packer->memory[column->repeats];

		repeated = first->length == length && memcmp(writer->bytes + first->at, bytes, length) == 0;
		write_flag(writer, repeated, column->repeat_frequency);
	}
	if (!repeated && column->value_count > 0)
	{
		symbol = find_text(writer, salt_of(number, 0), bytes, length);
		write_value_symbol(writer, column, symbol == INTERN_NONE ? column->value_count : symbol);
		memory->symbol = symbol;
	}
	if (!repeated && symbol == INTERN_NONE)
		write_words(writer, number, bytes, length);
	memory->at = (size_t) (bytes - writer->bytes);
	memory->length = (uint32_t) length;
}

static uint32_t
find_rest(const TemplateColumn *column, int64_t rest)
{
	uint32_t low = 0, high = column->rest_count;

	while (low < high)
	{
		uint32_t middle = (low + high) / 2;

		if (column->rest[middle] < rest)
			low = middle + 1;
		else
			high = middle;
	}
	return low < column->rest_count && column->rest[low] == rest ? low : column->rest_count;
}

static void
write_number(DocumentWriter *writer, uint32_t number, int64_t value)
{
	const TemplateColumn *column = &writer->packer->template->columns[number];
	ColumnMemory *memory = &writer->packer->memory[number];
	int64_t rest =
		(int64_t) ((uint64_t) value -
				   (uint64_t) template_predict(column, writer->packer->memory, memory->turns));
	uint32_t symbol, bits = 0;
	uint64_t low = 0;

	if (!column->classes)
		symbol = find_rest(column, rest);
	else if (!template_rest_class(column, rest, &symbol, &bits, &low))
		symbol = column->rest_count;
	write_symbol(writer, &column->rest_table, symbol);
	if (symbol == column->rest_count)
		write_free(writer, ((uint64_t) rest << 1) ^ (uint64_t) (rest >> 63));
	else
		write_bits(writer, low, bits);
	memory->symbol = symbol < column->rest_count ? symbol : TEMPLATE_NONE;
	template_remember_number(column, memory, value);
	if (buffer_failed(&memory->history))
		writer->status = PORT_NO_MEMORY;
}

/* Cuts the slot as its columns want it; false when it looks different. */
static bool
fit_slot(const DocumentWriter *writer, const TemplateState *state, const char *bytes, size_t length,
		 TemplatePiece *pieces, int64_t *numbers)
{
	const TemplateColumn *columns = &writer->packer->template->columns[state->first_column];

	if (state->column_count == 1)
		pieces[0] = (TemplatePiece){'t', 0, bytes, (uint32_t) length};
	else if (template_split(bytes, length, pieces) != (int) state->column_count)
		return false;
	for (uint32_t i = 0; i < state->column_count; i++)
	{
		const TemplatePiece *piece = &pieces[i];

		if (columns[i].kind == COLUMN_FIXED &&
			(piece->length != columns[i].fixed.length ||
			 memcmp(piece->bytes, columns[i].fixed.bytes, piece->length) != 0))
			return false;
		if (columns[i].kind == COLUMN_NUMBER &&
			!template_parse_number(columns[i].look, columns[i].places, piece->bytes, piece->length,
								   &numbers[i]))
			return false;
	}
	return true;
}

static void
write_slot(DocumentWriter *writer, const TemplateState *state, const char *bytes, size_t length)
{
	const TemplateColumn *columns = &writer->packer->template->columns[state->first_column];
	TemplatePiece pieces[TEMPLATE_MAX_COLUMNS];
	int64_t numbers[TEMPLATE_MAX_COLUMNS];
	bool fits = fit_slot(writer, state, bytes, length, pieces, numbers);

	write_flag(writer, fits, state->fit_frequency);
	if (!fits)
	{
		write_free(writer, length);
		write_letters(writer, bytes, length);
		return;
	}
	for (uint32_t i = 0; i < state->column_count; i++)
	{
		if (columns[i].kind == COLUMN_NUMBER)
			write_number(writer, state->first_column + i, numbers[i]);
		else if (columns[i].kind == COLUMN_TEXT)
			write_text(writer, state->first_column + i, pieces[i].bytes, pieces[i].length);
	}
}

static uint32_t
window_hash(const char *bytes)
{
	uint64_t first;
	uint32_t last;

	memcpy(&first, bytes, 8);
	memcpy(&last, bytes + 8, 4);
	return (uint32_t) (((first ^ last) * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
}

static bool
index_texts(TemplatePacker *packer)
{
	const VolumeTemplate *template = packer->template;
	size_t places = 0, slots = 256;
	uint32_t *memory;

	for (uint32_t i = 0; i < template->state_count; i++)
		if (template->states[i].text.length >= WINDOW)
			places += template->states[i].text.length - WINDOW + 1;
	while (slots < places)
		slots *= 2;
	memory = port_alloc_array(packer->port, slots + 3 * places, sizeof(uint32_t));
	if (memory == NULL)
		return false;
	memset(memory, 0, slots * sizeof(uint32_t));
	packer->chains = memory;
	packer->chain_mask = (uint32_t) slots - 1;
	packer->chain_next = memory + slots;
	packer->place_state = packer->chain_next + places;
	packer->place_offset = packer->place_state + places;
	for (uint32_t i = 0; i < template->state_count; i++)
		for (uint32_t at = 0; at + WINDOW <= template->states[i].text.length; at++)
		{
			uint32_t *chain = &packer->chains[window_hash(template->states[i].text.bytes + at) &
											  packer->chain_mask];
			uint32_t place = packer->place_count++;

			packer->place_state[place] = i;
			packer->place_offset[place] = at;
			packer->chain_next[place] = *chain;
			*chain = place + 1;
		}
	return true;
}

/* The longest rest of a text that stands at a place of the document. */
static bool
find_text_rest(const DocumentWriter *writer, size_t at, uint32_t *state, uint32_t *offset)
{
	const TemplatePacker *packer = writer->packer;
	uint32_t place = packer->chains[window_hash(writer->bytes + at) & packer->chain_mask];
	size_t longest = 0;

	for (int looks = 0; place != 0 && looks < MOST_LOOKS; looks++)
	{
		uint32_t number = packer->place_state[place - 1];
		uint32_t skipped = packer->place_offset[place - 1];
		const TemplateText *text = &packer->template->states[number].text;
		size_t rest = text->length - skipped;

		if (rest > longest && rest <= writer->length - at &&
			memcmp(text->bytes + skipped, writer->bytes + at, rest) == 0)
		{
			longest = rest;
			*state = number;
			*offset = skipped;
		}
		place = packer->chain_next[place - 1];
	}
	return longest > 0;
}

static uint32_t
common_length(const DocumentWriter *writer, const TemplateText *text)
{
	uint32_t length = 0;

	while (length < text->length && writer->at + length < writer->length &&
		   text->bytes[length] == writer->bytes[writer->at + length])
		length++;
	return length;
}

/* Returns the state after the detour, 0 at the end. */
static uint32_t
write_detour(DocumentWriter *writer, const TemplateState *from)
{
	const VolumeTemplate *template = writer->packer->template;
	uint32_t begun = 0, part = 0, state = 0, offset = 0;
	size_t start, end;

	if (writer->packer->chains == NULL && !index_texts(writer->packer))
	{
		writer->status = PORT_NO_MEMORY;
		return 0;
	}
	for (uint32_t i = 0; i < from->next_count; i++)
	{
		uint32_t length = common_length(writer, &template->states[from->next[i]].text);

		if (length > part)
		{
			part = length;
			begun = from->next[i];
		}
	}
	start = end = writer->at + part;
	while (end + WINDOW <= writer->length && !find_text_rest(writer, end, &state, &offset))
	{
		end++;
		if (end - start + writer->letters > writer->length / MOST_LETTERS + FREE_LETTERS)
			writer->status = PORT_TOO_LARGE;
		else if (end % 4096 == 0 && writer->packer->port->interrupted(writer->packer->port->host))
			writer->status = PORT_INTERRUPTED;
		if (writer->status != PORT_OK)
			return 0;
	}
	if (end + WINDOW > writer->length)
		end = writer->length;
	range_encode_even(&writer->encoder, begun, template->state_count);
	range_encode_even(&writer->encoder, part, template->states[begun].text.length + 1);
	write_free(writer, end - start);
	write_letters(writer, writer->bytes + start, end - start);
	range_encode_even(&writer->encoder, state, template->state_count);
	range_encode_even(&writer->encoder, offset, template->states[state].text.length + 1);
	writer->at = end + template->states[state].text.length - offset;
	return state;
}

/* The longest successor whose text stands here, next_count when none does. */
static uint32_t
find_successor(const DocumentWriter *writer, const TemplateState *from)
{
	const TemplateState *states = writer->packer->template->states;
	size_t left = writer->length - writer->at;
	uint32_t best = from->next_count;

	for (uint32_t i = 0; i < from->next_count; i++)
	{
		const TemplateText *text = &states[from->next[i]].text;

		if (from->next[i] == 0 ? left > 0 : text->length > left)
			continue;
		if ((best == from->next_count || text->length > states[from->next[best]].text.length) &&
			memcmp(text->bytes, writer->bytes + writer->at, text->length) == 0)
			best = i;
	}
	return best;
}

/* A slot ends at the first byte with which its successors begin. */
static size_t
slot_end(const DocumentWriter *writer, const TemplateState *state)
{
	for (uint32_t i = 0; i < state->next_count; i++)
		if (state->next[i] != 0)
		{
			const char *stop =
				memchr(writer->bytes + writer->at,
					   writer->packer->template->states[state->next[i]].text.bytes[0],
					   writer->length - writer->at);

			return stop == NULL ? writer->length : (size_t) (stop - writer->bytes);
		}
	return writer->length;
}

static void
write_document(DocumentWriter *writer)
{
	const VolumeTemplate *template = writer->packer->template;
	const Port *port = writer->packer->port;
	uint32_t number = 0;

	do
	{
		const TemplateState *state = &template->states[number];
		uint32_t choice = find_successor(writer, state);
		size_t end;

		write_symbol(writer, &state->next_table, choice);
		if (choice < state->next_count)
		{
			number = state->next[choice];
			writer->at += template->states[number].text.length;
		}
		else
			number = write_detour(writer, state);
		state = &template->states[number];
		if (state->column_count > 0)
		{
			end = slot_end(writer, state);
			write_slot(writer, state, writer->bytes + writer->at, end - writer->at);
			writer->at = end;
		}
		if (writer->letters > writer->length / MOST_LETTERS + FREE_LETTERS &&
			writer->status == PORT_OK)
			writer->status = PORT_TOO_LARGE;
		if (port->interrupted(port->host))
			writer->status = PORT_INTERRUPTED;
	} while (number != 0 && writer->status == PORT_OK);
}

PortStatus
template_pack(TemplatePacker *packer, const char *bytes, size_t length, ByteBuffer *out)
{
	DocumentWriter writer = {.packer = packer, .bytes = bytes, .length = length};
	size_t start = out->length;

	if (length > UINT32_MAX)
		return PORT_TOO_LARGE;
	template_memory_reset(packer->memory, packer->template->column_count);
	range_encoder_start(&writer.encoder, out);
	write_document(&writer);
	range_encoder_finish(&writer.encoder);
	/* a reader takes zeros for what is missing */
	while (out->length > start && out->bytes[out->length - 1] == 0)
		out->length--;
	if (buffer_failed(out))
		return PORT_NO_MEMORY;
	return writer.status;
}
