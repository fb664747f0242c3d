/*
 * volume_columns_text.c: learns dictionaries of text columns, what repeats, and what chooses.
 */
#include "core/volume_columns.h"

#include "core/volume_intern.h"

#include <math.h>
#include <string.h>

#define MOST_VALUES 1024
#define MOST_WORDS 1024
#define MOST_ROWS 2000
#define MOST_CELLS (1U << 18) /* pairs of symbols that are counted */
#define PAIR_BITS 4.0		  /* what learning a frequency is worth */

typedef struct TextSearch
{
	ColumnEvents *events;
	uint32_t columns;
	VolumeIntern values; /* salt: column; value: how often */
	VolumeIntern words;	 /* salt: column and place; value: how often */
	uint32_t letters[TEMPLATE_LETTER_KINDS][256];
	uint32_t lengths[TEMPLATE_WORD_LENGTHS + 1];
	uint32_t *row_count; /* rows of a column in chooser_rows */
} TextSearch;

static bool
is_text(const ColumnEvents *events, uint32_t column)
{
	return events->template->columns[column].kind == COLUMN_TEXT;
}

static uint32_t
word_salt(uint32_t column, uint32_t place)
{
	return column * TEMPLATE_WORD_TABLES + place;
}

/* Counts the words of a text, and the letters of each. */
static void
count_words(TextSearch *search, uint32_t column, const char *text, uint32_t length)
{
	uint32_t place = 0;

	for (uint32_t at = 0; length > 0; at++)
	{
		const char *blank = memchr(text + at, ' ', length - at);
		uint32_t end = blank == NULL ? length : (uint32_t) (blank - text);
		uint32_t number =
			volume_intern_add(&search->words, word_salt(column, place), text + at, end - at);
		unsigned char before = 0;

		if (number != INTERN_NONE)
			search->words.entries[number].value++;
		search->lengths[end - at < TEMPLATE_WORD_LENGTHS ? end - at : TEMPLATE_WORD_LENGTHS]++;
		for (; at < end; at++)
		{
			search->letters[template_letter_kind(before)][(unsigned char) text[at]]++;
			before = (unsigned char) text[at];
		}
		place += place < TEMPLATE_WORD_TABLES - 1;
		if (blank == NULL)
			break;
	}
}

/* Bits of a text told in words that the other texts know. */
static double
words_bits(const TextSearch *search, uint32_t column, const char *text, uint32_t length,
		   uint32_t total)
{
	uint32_t place = 0;
	double bits = 0;

	for (uint32_t at = 0; length > 0; at++)
	{
		const char *blank = memchr(text + at, ' ', length - at);
		uint32_t end = blank == NULL ? length : (uint32_t) (blank - text);
		uint32_t number =
			volume_intern_find(&search->words, word_salt(column, place), text + at, end - at);
		uint32_t seen = number == INTERN_NONE ? 0 : search->words.entries[number].value;

		bits += seen > 1 ? -log2((seen - 1.0) / total) : 8 + 5.0 * (end - at);
		place += place < TEMPLATE_WORD_TABLES - 1;
		at = end;
		if (blank == NULL)
			break;
	}
	return bits + 0.5;
}

static void
count_values(TextSearch *search)
{
	ColumnEvents *events = search->events;

	for (uint32_t i = 0; i < events->count; i++)
	{
		const ColumnEvent *event = &events->events[i];
		uint32_t number;

		if (!is_text(events, event->column))
			continue;
		number = volume_intern_add(&search->values, event->column, event->text, event->length);
		if (number != INTERN_NONE && search->values.entries[number].value++ == 0)
			count_words(search, event->column, event->text, event->length);
	}
	if (search->values.failed || search->words.failed)
		events->status = PORT_NO_MEMORY;
}

/* Whether telling whole values by number takes fewer bits than their words. */
static bool
wants_dictionary(const TextSearch *search, uint32_t column)
{
	double whole = 0, words = 0;
	uint32_t total = 0, singles = 0, different = 0;

	for (uint32_t i = 0; i < search->values.count; i++)
		if (search->values.entries[i].salt == column)
		{
			total += search->values.entries[i].value;
			singles += search->values.entries[i].value == 1;
			different++;
		}
	for (uint32_t i = 0; i < search->values.count; i++)
	{
		const InternEntry *entry = &search->values.entries[i];
		double bits;

		if (entry->salt != column)
			continue;
		bits = words_bits(search, column, entry->bytes, entry->length, different);
		words += entry->value * bits;
		whole += entry->value > 1 ? -(entry->value * log2((entry->value - 1.0) / total))
								  : bits - log2((double) singles / total);
	}
	return whole <= words;
}

/* The values that came more than once: what only one sample says is not kept. */
static void
set_dictionary(TextSearch *search, uint32_t number)
{
	ColumnEvents *events = search->events;
	TemplateColumn *column = &events->template->columns[number];
	uint32_t different = 0;

	for (uint32_t i = 0; i < search->values.count; i++)
		different += search->values.entries[i].salt == number;
	if (!wants_dictionary(search, number))
		return;
	column->values = columns_memory(events, different < MOST_VALUES ? different : MOST_VALUES,
									sizeof(TemplateText));
	for (uint32_t i = 0; i < search->values.count && events->status == PORT_OK; i++)
	{
		InternEntry *entry = &search->values.entries[i];
		char *bytes;

		if (entry->salt != number || column->value_count == MOST_VALUES || entry->value < 2)
			continue;
		bytes = columns_memory(events, entry->length, 1);
		if (bytes == NULL)
			return;
		memcpy(bytes, entry->bytes, entry->length);
		column->values[column->value_count++] = (TemplateText){bytes, entry->length};
	}
}

/* Symbols of the events; the intern's values become symbol + 1, 0 for none. */
static void
note_symbols(TextSearch *search)
{
	ColumnEvents *events = search->events;

	for (uint32_t i = 0; i < search->values.count; i++)
		search->values.entries[i].value = 0;
	for (uint32_t c = 0; c < search->columns; c++)
		for (uint32_t v = 0; is_text(events, c) && v < events->template->columns[c].value_count;
			 v++)
		{
			const TemplateText *text = &events->template->columns[c].values[v];
			uint32_t number = volume_intern_find(&search->values, c, text->bytes, text->length);

			search->values.entries[number].value = v + 1;
		}
	for (uint32_t i = 0; i < events->count; i++)
	{
		ColumnEvent *event = &events->events[i];
		uint32_t number;

		if (!is_text(events, event->column))
			continue;
		number = volume_intern_find(&search->values, event->column, event->text, event->length);
		event->symbol = search->values.entries[number].value - 1; /* 0 becomes none */
	}
}

/* hits[column][other]: how often column says what other said last. */
static void
count_repeats(const ColumnEvents *events, uint32_t columns, const ColumnEvent **latest,
			  uint32_t *hits)
{
	uint32_t i = 0;

	for (int d = 0; d < events->document_count; d++)
	{
		memset(latest, 0, columns * sizeof(*latest));
		for (; i < events->document_end[d]; i++)
		{
			const ColumnEvent *event = &events->events[i];

			if (!is_text(events, event->column))
				continue;
			for (uint32_t c = 0; c < columns; c++)
				hits[event->column * columns + c] +=
					latest[c] != NULL && latest[c]->length == event->length && event->length > 0 &&
					memcmp(latest[c]->text, event->text, event->length) == 0;
			latest[event->column] = event;
		}
	}
}

/* Marks what is told as a repetition, as the writer will. */
static void
mark_repeats(ColumnEvents *events, uint32_t columns, const ColumnEvent **latest)
{
	uint32_t i = 0;

	for (int d = 0; d < events->document_count; d++)
	{
		memset(latest, 0, columns * sizeof(*latest));
		for (; i < events->document_end[d]; i++)
		{
			ColumnEvent *event = &events->events[i];
			const TemplateColumn *column = &events->template->columns[event->column];
			const ColumnEvent *first;

			if (column->kind != COLUMN_TEXT)
				continue;
			first = column->repeats == TEMPLATE_NONE ? NULL : latest[column->repeats];
			event->repeated =
				column->repeats != TEMPLATE_NONE &&
				(first == NULL ? event->length == 0
							   : first->length == event->length &&
									 memcmp(first->text, event->text, event->length) == 0);
			if (event->repeated)
				event->symbol = TEMPLATE_NONE;
			latest[event->column] = event;
		}
	}
}

static void
learn_repeats(TextSearch *search)
{
	ColumnEvents *events = search->events;
	uint32_t columns = search->columns;
	const Port *port = events->port;
	const ColumnEvent **latest = port_alloc_array(port, (size_t) columns + 1, sizeof(*latest));
	uint32_t *hits = port_alloc_array(port, (size_t) columns * columns + 1, sizeof(uint32_t));
	uint32_t *totals = columns_memory(events, (size_t) columns + 1, sizeof(uint32_t));

	if (latest == NULL || hits == NULL || totals == NULL)
		events->status = PORT_NO_MEMORY;
	else
	{
		memset(hits, 0, (size_t) columns * columns * sizeof(uint32_t));
		for (uint32_t i = 0; i < events->count; i++)
			totals[events->events[i].column]++;
		count_repeats(events, columns, latest, hits);
		for (uint32_t c = 0; c < columns; c++)
		{
			TemplateColumn *column = &events->template->columns[c];
			uint32_t best = 0;

			if (column->kind != COLUMN_TEXT)
				continue;
			for (uint32_t o = 0; o < columns; o++)
				best = hits[c * columns + o] > hits[c * columns + best] ? o : best;
			if ((uint64_t) hits[c * columns + best] * 100 <
				(uint64_t) totals[c] * (column->value_count > 0 ? 90 : 50))
				continue;
			column->repeats = best;
			column->repeat_frequency =
				columns_frequency(hits[c * columns + best], totals[c] - hits[c * columns + best]);
		}
		mark_repeats(events, columns, latest);
	}
	if (latest != NULL)
		port->release(port->host, latest);
	if (hits != NULL)
		port->release(port->host, hits);
}

/* Symbols of a column beside the latest symbols of all columns: rows of columns + 1, own last. */
static uint32_t
gather_symbol_rows(const ColumnEvents *events, uint32_t column, uint32_t columns, uint32_t *latest,
				   uint32_t *rows)
{
	uint32_t i = 0, count = 0;

	for (int d = 0; d < events->document_count && count < MOST_ROWS; d++)
	{
		memset(latest, 255, columns * sizeof(uint32_t));
		for (; i < events->document_end[d]; i++)
		{
			const ColumnEvent *event = &events->events[i];

			if (event->column == column && event->symbol != TEMPLATE_NONE && count < MOST_ROWS)
			{
				uint32_t *row = rows + (size_t) count++ * (columns + 1);

				memcpy(row, latest, columns * sizeof(uint32_t));
				row[columns] = event->symbol;
			}
			latest[event->column] = event->symbol;
		}
	}
	return count;
}

static uint32_t
symbol_count(const TemplateColumn *column)
{
	if (column->kind == COLUMN_TEXT)
		return column->value_count;
	return column->kind == COLUMN_NUMBER && !column->classes ? column->rest_count : 0;
}

/* Bits of all symbols when each symbol of the chooser has frequencies of its own. */
static double
chosen_bits(const uint32_t *rows, uint32_t count, uint32_t columns, uint32_t chooser,
			uint32_t choices, uint32_t symbols, uint32_t *cells)
{
	double bits = 0;

	memset(cells, 0, (size_t) (choices + 1) * symbols * sizeof(uint32_t));
	for (uint32_t r = 0; r < count; r++)
	{
		const uint32_t *row = rows + (size_t) r * (columns + 1);
		uint32_t choice = choices == 0 || row[chooser] > choices ? choices : row[chooser];

		cells[(size_t) choice * symbols + row[columns]]++;
	}
	for (uint32_t choice = 0; choice <= choices; choice++)
	{
		uint32_t total = 0;

		for (uint32_t s = 0; s < symbols; s++)
			total += cells[(size_t) choice * symbols + s];
		for (uint32_t s = 0; s < symbols; s++)
		{
			uint32_t seen = cells[(size_t) choice * symbols + s];

			bits += seen == 0 ? 0 : PAIR_BITS - seen * log2((double) seen / total);
		}
	}
	return bits;
}

static void
find_chooser(ColumnEvents *events, uint32_t number, uint32_t *latest, uint32_t *rows,
			 uint32_t *cells)
{
	VolumeTemplate *template = events->template;
	TemplateColumn *column = &template->columns[number];
	uint32_t columns = template->column_count;
	uint32_t count = gather_symbol_rows(events, number, columns, latest, rows);
	double best;

	if (column->value_count >= MOST_CELLS || count == 0)
		return;
	best = chosen_bits(rows, count, columns, 0, 0, column->value_count, cells);
	if (best < 0.1 * count + PAIR_BITS * column->value_count)
		return;
	best = best * 0.95 - 0.05 * count;
	for (uint32_t c = 0; c < columns; c++)
	{
		uint32_t choices = symbol_count(&template->columns[c]);
		double bits;

		if (choices < 2 || (uint64_t) (choices + 1) * column->value_count > MOST_CELLS)
			continue;
		bits = chosen_bits(rows, count, columns, c, choices, column->value_count, cells);
		if (bits < best)
		{
			best = bits;
			column->chooser = c;
		}
	}
}

/* The symbols that come with one of the chooser's, and how often. */
static void
set_group(ColumnEvents *events, TemplateColumn *column, uint32_t chosen_by, const uint32_t *cells)
{
	TemplateGroup *group = &column->groups[column->group_count];
	uint32_t different = 0, singles = 0, total = 0;
	uint32_t *counts;

	for (uint32_t s = 0; s < column->value_count; s++)
	{
		different += cells[s] > 0;
		singles += cells[s] == 1;
		total += cells[s];
	}
	if (different == 0)
		return;
	group->chosen_by = chosen_by;
	group->symbols = columns_memory(events, different, sizeof(uint32_t));
	counts = columns_memory(events, (size_t) different + 1, sizeof(uint32_t));
	if (group->symbols == NULL || counts == NULL)
		return;
	for (uint32_t s = 0; s < column->value_count; s++)
		if (cells[s] > 0)
		{
			group->symbols[group->count] = s;
			counts[group->count++] = cells[s] * 8;
		}
	counts[different] = singles * 8 + (total < 100 ? 4 : 0);
	group->table = columns_table(events, counts, different + 1);
	column->group_count++;
}

static void
set_groups(ColumnEvents *events, uint32_t number, uint32_t *latest, uint32_t *rows, uint32_t *cells)
{
	VolumeTemplate *template = events->template;
	TemplateColumn *column = &template->columns[number];
	uint32_t columns = template->column_count;
	uint32_t choices = symbol_count(&template->columns[column->chooser]);
	uint32_t count = gather_symbol_rows(events, number, columns, latest, rows);

	chosen_bits(rows, count, columns, column->chooser, choices, column->value_count, cells);
	column->groups = columns_memory(events, choices, sizeof(TemplateGroup));
	for (uint32_t choice = 0; choice < choices && events->status == PORT_OK; choice++)
		set_group(events, column, choice, cells + (size_t) choice * column->value_count);
}

static void
learn_choosers(TextSearch *search)
{
	ColumnEvents *events = search->events;
	const Port *port = events->port;
	uint32_t columns = search->columns;
	uint32_t *latest = port_alloc_array(port, (size_t) columns + 1, sizeof(uint32_t));
	uint32_t *rows =
		port_alloc_array(port, (size_t) MOST_ROWS * ((size_t) columns + 1), sizeof(uint32_t));
	uint32_t *cells = port_alloc_array(port, MOST_CELLS + MOST_VALUES, sizeof(uint32_t));

	if (latest == NULL || rows == NULL || cells == NULL)
		events->status = PORT_NO_MEMORY;
	for (uint32_t c = 0; c < columns && events->status == PORT_OK; c++)
	{
		TemplateColumn *column = &events->template->columns[c];

		if (port->interrupted(port->host))
			events->status = PORT_INTERRUPTED;
		if (column->kind != COLUMN_TEXT || column->value_count < 2)
			continue;
		find_chooser(events, c, latest, rows, cells);
		if (column->chooser != TEMPLATE_NONE)
			set_groups(events, c, latest, rows, cells);
	}
	if (latest != NULL)
		port->release(port->host, latest);
	if (rows != NULL)
		port->release(port->host, rows);
	if (cells != NULL)
		port->release(port->host, cells);
}

static void
set_value_tables(TextSearch *search)
{
	ColumnEvents *events = search->events;
	VolumeTemplate *template = events->template;
	uint32_t **counts = columns_memory(events, (size_t) search->columns + 1, sizeof(uint32_t *));

	for (uint32_t c = 0; c < search->columns && events->status == PORT_OK; c++)
		counts[c] =
			columns_memory(events, (size_t) template->columns[c].value_count + 1, sizeof(uint32_t));
	if (events->status != PORT_OK)
		return;
	for (uint32_t i = 0; i < events->count; i++)
	{
		const ColumnEvent *event = &events->events[i];
		const TemplateColumn *column = &template->columns[event->column];

		if (column->kind == COLUMN_TEXT && !event->repeated)
			counts[event->column]
				  [event->symbol == TEMPLATE_NONE ? column->value_count : event->symbol] += 8;
	}
	for (uint32_t c = 0; c < search->columns; c++)
	{
		TemplateColumn *column = &template->columns[c];
		uint32_t singles = 0;

		if (column->kind != COLUMN_TEXT)
			continue;
		for (uint32_t v = 0; v < column->value_count; v++)
			singles += counts[c][v] == 8;
		counts[c][column->value_count] += singles * 8 + 1;
		column->value_table = columns_table(events, counts[c], column->value_count + 1);
	}
}

/* Words that came in more than one text; end and other are common. */
static void
set_words(TextSearch *search, uint32_t number, uint32_t place)
{
	ColumnEvents *events = search->events;
	TemplateWords *words = &events->template->columns[number].words[place];
	uint32_t salt = word_salt(number, place), all = 0, kept = 0, singles = 0;
	uint32_t *counts;

	for (uint32_t i = 0; i < search->words.count; i++)
		if (search->words.entries[i].salt == salt)
		{
			all += search->words.entries[i].value;
			kept += search->words.entries[i].value > 1;
			singles += search->words.entries[i].value == 1;
		}
	kept = kept < MOST_WORDS ? kept : MOST_WORDS;
	words->texts = columns_memory(events, kept, sizeof(TemplateText));
	counts = columns_memory(events, (size_t) kept + 2, sizeof(uint32_t));
	if (words->texts == NULL || counts == NULL)
		return;
	for (uint32_t i = 0; i < search->words.count && words->count < kept; i++)
	{
		const InternEntry *entry = &search->words.entries[i];
		char *bytes;

		if (entry->salt != salt || entry->value < 2)
			continue;
		bytes = columns_memory(events, entry->length, 1);
		if (bytes == NULL)
			return;
		memcpy(bytes, entry->bytes, entry->length);
		counts[words->count] = entry->value * 4;
		words->texts[words->count++] = (TemplateText){bytes, entry->length};
	}
	/* the first word is hardly ever missing; behind it, texts end about as often as they go on */
	counts[kept] = place == 0 ? 1 : 4 * search->row_count[number] - 4 * all + 4;
	if (place == TEMPLATE_WORD_TABLES - 1)
		counts[kept] = 4 * search->row_count[number] + 4;
	counts[kept + 1] = singles * 4 + 2;
	words->table = columns_table(events, counts, kept + 2);
	search->row_count[number] = all;
}

static void
set_all_words(TextSearch *search)
{
	ColumnEvents *events = search->events;

	search->row_count = columns_memory(events, (size_t) search->columns + 1, sizeof(uint32_t));
	for (uint32_t place = 0; place < TEMPLATE_WORD_TABLES; place++)
		for (uint32_t c = 0; c < search->columns && events->status == PORT_OK; c++)
			if (is_text(events, c))
				set_words(search, c, place);
}

static void
set_letters(TextSearch *search)
{
	ColumnEvents *events = search->events;

	for (int k = 0; k < TEMPLATE_LETTER_KINDS; k++)
	{
		for (int c = 0; c < 256; c++)
			search->letters[k][c] = search->letters[k][c] * 8 + (c >= 32 && c < 127 ? 4 : 1);
		/* detours hold tags and digits even where no word did */
		for (int c = '0'; c <= '9'; c++)
			search->letters[k][c] += 16;
		events->template->letters[k] = columns_table(events, search->letters[k], 256);
	}
	for (int i = 0; i <= TEMPLATE_WORD_LENGTHS; i++)
		search->lengths[i] = search->lengths[i] * 4 + (i > 0);
	events->template->lengths = columns_table(events, search->lengths, TEMPLATE_WORD_LENGTHS + 1);
}

void
columns_learn_texts(ColumnEvents *events)
{
	TextSearch *search = events->port->alloc(events->port->host, sizeof(TextSearch));

	if (search == NULL)
	{
		events->status = PORT_NO_MEMORY;
		return;
	}
	memset(search, 0, sizeof(*search));
	search->events = events;
	search->columns = events->template->column_count;
	volume_intern_init(&search->values, events->port);
	volume_intern_init(&search->words, events->port);
	count_values(search);
	for (uint32_t c = 0; c < search->columns && events->status == PORT_OK; c++)
		if (is_text(events, c))
			set_dictionary(search, c);
	if (events->status == PORT_OK)
	{
		note_symbols(search);
		learn_repeats(search);
	}
	if (events->status == PORT_OK)
		learn_choosers(search);
	if (events->status == PORT_OK)
		set_value_tables(search);
	if (events->status == PORT_OK)
		set_all_words(search);
	if (events->status == PORT_OK)
		set_letters(search);
	volume_intern_release(&search->values);
	volume_intern_release(&search->words);
	events->port->release(events->port->host, search);
}
