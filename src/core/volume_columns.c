/*
 * volume_columns.c: cuts the slots of a template into columns.
 *
 * The pieces of a slot (dates, numbers, what lies between) become its columns
 * when most values have the same; otherwise the slot is one text.
 */
#include "core/volume_columns.h"

#include "core/volume_intern.h"

#include <string.h>

/* Learning compares each column with all others. */
#define MOST_COLUMNS 600

/* A slot of so few different values is a text, whatever stands in it. */
#define FEW_VALUES 64
#define FEW_VALUES_REPEAT 8

/* Values of the state at hand. */
typedef struct Slot
{
	const SkeletonItem **items;
	uint32_t count;
	char looks[4 * TEMPLATE_MAX_COLUMNS + 1]; /* most frequent signature */
} Slot;

void *
columns_memory(ColumnEvents *events, size_t count, size_t size)
{
	size_t bytes = (count * size + 15) & ~(size_t) 7;
	char *memory = text_arena_alloc(&events->template->arena, bytes);

	if (memory == NULL)
		events->status = PORT_NO_MEMORY;
	else
		memset(memory, 0, bytes);
	return memory;
}

TemplateTable
columns_table(ColumnEvents *events, const uint32_t *counts, uint32_t symbols)
{
	TemplateTable table = {symbols, columns_memory(events, (size_t) symbols + 1, sizeof(uint32_t))};
	uint64_t total = 0;
	uint32_t left = RANGE_TOTAL - symbols, largest = 0, given = 0;

	if (table.bound == NULL)
		return table;
	for (uint32_t i = 0; i < symbols; i++)
	{
		total += counts[i];
		largest = counts[i] > counts[largest] ? i : largest;
	}
	for (uint32_t i = 0; i < symbols; i++)
		given += total == 0 ? 0 : (uint32_t) ((uint64_t) counts[i] * left / total);
	for (uint32_t i = 0; i < symbols; i++)
		table.bound[i + 1] = table.bound[i] + 1 +
							 (total == 0 ? 0 : (uint32_t) ((uint64_t) counts[i] * left / total)) +
							 (i == largest ? left - given : 0);
	return table;
}

uint32_t
columns_frequency(uint64_t first, uint64_t second)
{
	uint64_t share = (first * 4 + 1) * RANGE_TOTAL / ((first + second) * 4 + 2);

	return share < 1 ? 1 : share > RANGE_TOTAL - 1 ? RANGE_TOTAL - 1 : (uint32_t) share;
}

/* Kinds and places of the pieces as text: equal looks, equal signature. */
static bool
describe(const SkeletonItem *item, char *signature)
{
	TemplatePiece pieces[TEMPLATE_MAX_COLUMNS];
	int count = template_split(item->value, item->value_length, pieces);

	for (int i = 0; i < count; i++)
	{
		*signature++ = pieces[i].kind;
		*signature++ = (char) ('0' + pieces[i].places);
	}
	*signature = 0;
	return count > 0;
}

/* The signature that most values have; false when too many have others. */
static bool
find_looks(ColumnEvents *events, Slot *slot)
{
	VolumeIntern signatures;
	uint32_t best = INTERN_NONE;
	bool found;

	volume_intern_init(&signatures, events->port);
	for (uint32_t i = 0; i < slot->count; i++)
	{
		char signature[2 * TEMPLATE_MAX_COLUMNS + 1];
		uint32_t number;

		if (!describe(slot->items[i], signature))
			continue;
		number = volume_intern_add(&signatures, 0, signature, strlen(signature) + 1);
		if (number == INTERN_NONE)
			break;
		signatures.entries[number].value++;
		if (best == INTERN_NONE ||
			signatures.entries[number].value > signatures.entries[best].value)
			best = number;
	}
	if (signatures.failed)
		events->status = PORT_NO_MEMORY;
	found = best != INTERN_NONE &&
			(uint64_t) signatures.entries[best].value * 100 >= (uint64_t) slot->count * 85;
	if (found)
		memcpy(slot->looks, signatures.entries[best].bytes, signatures.entries[best].length);
	volume_intern_release(&signatures);
	return found;
}

/* Whether the slot says one of few texts again and again. */
static bool
has_few_values(ColumnEvents *events, const Slot *slot)
{
	VolumeIntern values;
	bool few;

	volume_intern_init(&values, events->port);
	for (uint32_t i = 0; i < slot->count && values.count <= FEW_VALUES; i++)
		volume_intern_add(&values, 0, slot->items[i]->value, slot->items[i]->value_length);
	few = values.count <= FEW_VALUES && values.count * FEW_VALUES_REPEAT <= slot->count;
	if (values.failed)
		events->status = PORT_NO_MEMORY;
	volume_intern_release(&values);
	return few;
}

/* Digits: plain when none begins with a zero, wide when all are equally long,
 * else text. */
static void
look_at_digits(const Slot *slot, int piece, TemplateColumn *column)
{
	bool zeros = false, same = true;
	uint32_t length = 0;

	for (uint32_t i = 0; i < slot->count; i++)
	{
		char signature[2 * TEMPLATE_MAX_COLUMNS + 1];
		TemplatePiece pieces[TEMPLATE_MAX_COLUMNS];
		const TemplatePiece *at = &pieces[piece];

		if (!describe(slot->items[i], signature) || strcmp(signature, slot->looks) != 0)
			continue;
		template_split(slot->items[i]->value, slot->items[i]->value_length, pieces);
		zeros |= at->bytes[0] == '0' && at->length > 1;
		same &= length == 0 || length == at->length;
		same &= at->bytes[0] != '-';
		length = at->length;
	}
	if (!zeros || same)
	{
		column->kind = COLUMN_NUMBER;
		column->look = zeros ? NUMBER_WIDE : NUMBER_PLAIN;
		column->places = zeros ? length : 0;
	}
}

/* A text that is always the same is fixed. */
static void
look_at_text(ColumnEvents *events, const Slot *slot, int piece, TemplateColumn *column)
{
	TemplatePiece first = {0};

	for (uint32_t i = 0; i < slot->count; i++)
	{
		char signature[2 * TEMPLATE_MAX_COLUMNS + 1];
		TemplatePiece pieces[TEMPLATE_MAX_COLUMNS];

		if (!describe(slot->items[i], signature) || strcmp(signature, slot->looks) != 0)
			continue;
		template_split(slot->items[i]->value, slot->items[i]->value_length, pieces);
		if (first.bytes == NULL)
			first = pieces[piece];
		else if (first.length != pieces[piece].length ||
				 memcmp(first.bytes, pieces[piece].bytes, first.length) != 0)
			return;
	}
	column->kind = COLUMN_FIXED;
	column->fixed.length = first.length;
	column->fixed.bytes = columns_memory(events, first.length, 1);
	if (column->fixed.bytes != NULL)
		memcpy((char *) (uintptr_t) column->fixed.bytes, first.bytes, first.length);
}

static void
set_column(ColumnEvents *events, const Slot *slot, int piece, TemplateColumn *column)
{
	char kind = slot->looks[2 * piece];

	column->kind = COLUMN_TEXT;
	column->repeats = column->chooser = TEMPLATE_NONE;
	column->sources[0].column = column->sources[1].column = TEMPLATE_NONE;
	column->factor = 1;
	if (kind == 'd')
	{
		column->kind = COLUMN_NUMBER;
		column->look = NUMBER_DATE;
	}
	else if (kind == 'n')
	{
		column->kind = COLUMN_NUMBER;
		column->look = NUMBER_DECIMAL;
		column->places = (uint32_t) (slot->looks[2 * piece + 1] - '0');
	}
	else if (kind == 'i')
		look_at_digits(slot, piece, column);
	else if (slot->looks[2] != 0)
		look_at_text(events, slot, piece, column);
}

/* The columns of one state go behind those of the states before. */
static void
lay_out_state(ColumnEvents *events, TemplateState *state, Slot *slot, ByteBuffer *columns)
{
	bool number;

	if (!find_looks(events, slot))
		strcpy(slot->looks, "t0");
	number = slot->looks[2] == 0 && slot->looks[0] != 't';
	if (!number && strpbrk(slot->looks, "dn") == NULL && has_few_values(events, slot))
		strcpy(slot->looks, "t0");
	state->first_column = (uint32_t) (columns->length / sizeof(TemplateColumn));
	state->column_count = (uint32_t) strlen(slot->looks) / 2;
	for (uint32_t i = 0; i < state->column_count; i++)
	{
		TemplateColumn column;

		memset(&column, 0, sizeof(column));
		set_column(events, slot, (int) i, &column);
		buffer_append(columns, &column, sizeof(column));
	}
}

/* Adds the values of a slot as events; false when it does not fit its columns.
 */
static bool
add_events(const VolumeTemplate *template, const TemplateState *state, const SkeletonItem *item,
		   ByteBuffer *events)
{
	TemplatePiece pieces[TEMPLATE_MAX_COLUMNS] = {{'t', 0, item->value, item->value_length}};
	ColumnEvent added[TEMPLATE_MAX_COLUMNS];

	if (state->column_count > 1 &&
		template_split(item->value, item->value_length, pieces) != (int) state->column_count)
		return false;
	for (uint32_t i = 0; i < state->column_count; i++)
	{
		const TemplateColumn *column = &template->columns[state->first_column + i];

		added[i] = (ColumnEvent){.column = state->first_column + i,
								 .length = pieces[i].length,
								 .text = pieces[i].bytes,
								 .symbol = TEMPLATE_NONE};
		if (column->kind == COLUMN_NUMBER &&
			!template_parse_number(column->look, column->places, pieces[i].bytes, pieces[i].length,
								   &added[i].number))
			return false;
		if (column->kind == COLUMN_FIXED &&
			(column->fixed.length != pieces[i].length ||
			 memcmp(column->fixed.bytes, pieces[i].bytes, pieces[i].length) != 0))
			return false;
	}
	buffer_append(events, added, state->column_count * sizeof(ColumnEvent));
	return true;
}

static void
gather_events(ColumnEvents *events, const Skeleton *skeleton)
{
	VolumeTemplate *template = events->template;
	ByteBuffer gathered;
	uint32_t *fits = columns_memory(events, 2 * (size_t) template->state_count, sizeof(uint32_t));
	uint32_t i = 0;

	buffer_init(&gathered, events->port);
	for (int d = 0; d < skeleton->document_count && fits != NULL; d++)
	{
		for (; i < skeleton->document_end[d]; i++)
		{
			const SkeletonItem *item = &skeleton->items[i];
			const TemplateState *state = &template->states[item->state];

			if (state->column_count > 0)
				fits[2 * item->state + !add_events(template, state, item, &gathered)]++;
		}
		events->document_end[d] = (uint32_t) (gathered.length / sizeof(ColumnEvent));
	}
	for (uint32_t s = 0; s < template->state_count && fits != NULL; s++)
		template->states[s].fit_frequency = columns_frequency(fits[2 * s], fits[2 * s + 1]);
	if (buffer_failed(&gathered))
		events->status = PORT_NO_MEMORY;
	/* the buffer's memory is the list from here on */
	events->events = (ColumnEvent *) (void *) gathered.bytes;
	events->count = (uint32_t) (gathered.length / sizeof(ColumnEvent));
}

/* Items by state: a list of them, state after state. */
static const SkeletonItem **
sort_items(ColumnEvents *events, const Skeleton *skeleton, uint32_t *first)
{
	const SkeletonItem **sorted =
		port_alloc_array(events->port, (size_t) skeleton->item_count + 1, sizeof(*sorted));

	if (sorted == NULL)
		return NULL;
	for (uint32_t i = 0; i < skeleton->item_count; i++)
		first[skeleton->items[i].state + 1]++;
	for (uint32_t s = 0; s < skeleton->state_count; s++)
		first[s + 1] += first[s];
	for (uint32_t i = 0; i < skeleton->item_count; i++)
		sorted[first[skeleton->items[i].state]++] = &skeleton->items[i];
	for (uint32_t s = skeleton->state_count; s > 0; s--)
		first[s] = first[s - 1];
	first[0] = 0;
	return sorted;
}

void
columns_lay_out(ColumnEvents *events, const Skeleton *skeleton)
{
	VolumeTemplate *template = events->template;
	uint32_t *first = columns_memory(events, (size_t) skeleton->state_count + 2, sizeof(uint32_t));
	const SkeletonItem **sorted;
	ByteBuffer columns;

	if (first == NULL || (sorted = sort_items(events, skeleton, first)) == NULL)
	{
		events->status = PORT_NO_MEMORY;
		return;
	}
	buffer_init(&columns, events->port);
	for (uint32_t s = 1; s < skeleton->state_count && events->status == PORT_OK; s++)
	{
		Slot slot = {.items = sorted + first[s], .count = first[s + 1] - first[s]};

		template->states[s].first_column = (uint32_t) (columns.length / sizeof(TemplateColumn));
		if (!skeleton->states[s].fixed)
			lay_out_state(events, &template->states[s], &slot, &columns);
	}
	events->port->release(events->port->host, sorted);
	template->column_count = (uint32_t) (columns.length / sizeof(TemplateColumn));
	template->columns = columns_memory(events, template->column_count, sizeof(TemplateColumn));
	if (buffer_failed(&columns))
		events->status = PORT_NO_MEMORY;
	else if (events->status == PORT_OK && template->column_count > MOST_COLUMNS)
		events->status = PORT_INVALID;
	if (events->status == PORT_OK)
	{
		if (columns.length > 0)
			memcpy(template->columns, columns.bytes, columns.length);
		gather_events(events, skeleton);
	}
	buffer_release(&columns);
}
