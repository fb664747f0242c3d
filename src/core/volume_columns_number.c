/*
 * volume_columns_number.c: learns what numbers follow from others, and how to
 * tell what is left.
 *
 * For each number column all other columns are tried as its source: the same
 * number, so many times it and a rest, the number of the same turn of an
 * earlier loop (a bar of the chart and its line), sums, differences and
 * products of two.  What counts is how many bits the rest takes.
 */
#include "core/volume_columns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_ROWS 400	 /* values of a column that rules are tried on */
#define MOST_TURNS 64	 /* of a loop that are looked at */
#define NEAR_COLUMNS 48	 /* sums and products are looked for so far around */
#define FIRST_ROWS 8	 /* a sum or product must hold in these to be looked at */
#define MOST_EXACT 512	 /* different rests that are told by number */
#define ESCAPE_BITS 24.0 /* what a rest costs that was not seen before */
#define WORTH_BITS 0.2	 /* a rule must save so much */
#define MOST_FACTOR 1e9
#define MOST_FRACTION 3

/* Values of a column, and beside them what all columns said before: latest, and
 * in the same turn.
 */
typedef struct Rows
{
	uint32_t count;
	uint32_t columns;
	int64_t *values;	/* [row] */
	int64_t *latest;	/* [column][row] */
	int64_t *same_turn; /* [column][row]; 0 where the column had no such turn */
	bool several;		/* some turn is not the first */
} Rows;

/* How rests are told, and the bits of one. */
typedef struct RestPlan
{
	double bits;
	bool classes;
	uint32_t fraction_bits;
	int64_t base;
} RestPlan;

typedef struct Search
{
	ColumnEvents *events;
	Rows rows;
	uint32_t column;
	int64_t *rests;
	int64_t *sorted;
	TemplateColumn best; /* rule only */
	RestPlan plan;
	/* state of a replay */
	int64_t *latest;
	int64_t *turns; /* [column][MOST_TURNS] */
	uint32_t *turn_count;
} Search;

static int
compare_numbers(const void *a, const void *b)
{
	int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;

	return (x > y) - (x < y);
}

/* Bits of a value told by its number among those seen. */
static double
exact_bits(const int64_t *sorted, uint32_t count)
{
	double bits = 0;
	uint32_t singles = 0, different = 0;

	for (uint32_t i = 0, end; i < count; i = end)
	{
		for (end = i + 1; end < count && sorted[end] == sorted[i]; end++)
			;
		bits -= (end - i) * log2((double) (end - i) / (count + 1.0));
		singles += end - i == 1;
		different++;
	}
	if (different > MOST_EXACT)
		return 1e9;
	return (bits + singles * ESCAPE_BITS) / count;
}

static double
class_bits(const int64_t *sorted, uint32_t count, uint32_t fraction_bits)
{
	TemplateColumn probe = {
		.base = sorted[0], .fraction_bits = fraction_bits, .rest_count = UINT32_MAX};
	uint32_t class, bits, last = UINT32_MAX, run = 0, different = 0;
	uint64_t low;
	double sum = 0;

	for (uint32_t i = 0; i <= count; i++)
	{
		if (i < count)
		{
			template_rest_class(&probe, sorted[i], &class, &bits, &low);
			sum += bits;
		}
		if (i == count || class != last)
		{
			sum -= run == 0 ? 0 : run * log2(run / (count + 1.0));
			different += run > 0;
			run = 0;
		}
		last = class;
		run++;
	}
	/* what is learnt about each class is not quite right */
	return (sum + different * 0.5 * log2(count + 1.0)) / count;
}

static RestPlan
plan_rests(int64_t *sorted, uint32_t count)
{
	RestPlan plan;

	qsort(sorted, count, sizeof(int64_t), compare_numbers);
	plan = (RestPlan){.bits = exact_bits(sorted, count), .base = sorted[0]};
	for (uint32_t k = 0; k <= MOST_FRACTION; k++)
	{
		double bits = class_bits(sorted, count, k);

		if (bits < plan.bits)
			plan = (RestPlan){bits, true, k, sorted[0]};
	}
	return plan;
}

static void
take_row(Search *search, const ColumnEvent *event)
{
	Rows *rows = &search->rows;
	uint32_t turn = search->turn_count[event->column];

	rows->values[rows->count] = event->number;
	rows->several |= turn > 0;
	for (uint32_t c = 0; c < rows->columns; c++)
	{
		rows->latest[c * MOST_ROWS + rows->count] = search->latest[c];
		rows->same_turn[c * MOST_ROWS + rows->count] =
			turn < search->turn_count[c] && turn < MOST_TURNS ? search->turns[c * MOST_TURNS + turn]
															  : 0;
	}
	rows->count++;
}

/* Reads the documents as the reader would, and stops at the values of the
 * column. */
static void
gather_rows(Search *search)
{
	const ColumnEvents *events = search->events;
	Rows *rows = &search->rows;
	uint32_t i = 0;

	rows->count = 0;
	rows->several = false;
	for (int d = 0; d < events->document_count && rows->count < MOST_ROWS; d++)
	{
		memset(search->latest, 0, rows->columns * sizeof(int64_t));
		memset(search->turn_count, 0, rows->columns * sizeof(uint32_t));
		for (; i < events->document_end[d]; i++)
		{
			const ColumnEvent *event = &events->events[i];
			uint32_t *turn = &search->turn_count[event->column];

			if (events->template->columns[event->column].kind != COLUMN_NUMBER)
				continue;
			if (event->column == search->column && rows->count < MOST_ROWS)
				take_row(search, event);
			search->latest[event->column] = event->number;
			if (*turn < MOST_TURNS)
				search->turns[event->column * MOST_TURNS + *turn] = event->number;
			++*turn;
		}
	}
}

/* How many bits the numbers between the smallest and the largest take, a quick
 * look. */
static bool
looks_worse(const Search *search, const int64_t *rests)
{
	uint32_t count = search->rows.count, different = 0;
	int64_t least = rests[0], most = rests[0];

	for (uint32_t i = 1; i < count; i++)
	{
		least = rests[i] < least ? rests[i] : least;
		most = rests[i] > most ? rests[i] : most;
		different += i < 24 && rests[i] != rests[i - 1];
	}
	return different > 8 &&
		   log2((double) ((uint64_t) most - (uint64_t) least) + 1) > search->plan.bits + 1;
}

static void
try_rests(Search *search, const TemplateColumn *rule)
{
	RestPlan plan;

	if (looks_worse(search, search->rests))
		return;
	memcpy(search->sorted, search->rests, search->rows.count * sizeof(int64_t));
	plan = plan_rests(search->sorted, search->rows.count);
	if (plan.bits < search->plan.bits - WORTH_BITS)
	{
		search->plan = plan;
		search->best = *rule;
	}
}

static void
try_factor(Search *search, uint32_t source, bool same_turn, int64_t factor)
{
	const int64_t *from =
		(same_turn ? search->rows.same_turn : search->rows.latest) + (size_t) source * MOST_ROWS;
	TemplateColumn rule = {.factor = factor,
						   .sources = {{source, same_turn}, {TEMPLATE_NONE, false}}};

	for (uint32_t i = 0; i < search->rows.count; i++)
		search->rests[i] =
			(int64_t) ((uint64_t) search->rows.values[i] - (uint64_t) factor * (uint64_t) from[i]);
	try_rests(search, &rule);
}

/* The slope of the line through all values, 0 when there is none. */
static double
find_slope(const int64_t *from, const int64_t *values, uint32_t count)
{
	double mean_from = 0, mean = 0, above = 0, below = 0;

	for (uint32_t i = 0; i < count; i++)
	{
		mean_from += (double) from[i] / count;
		mean += (double) values[i] / count;
	}
	for (uint32_t i = 0; i < count; i++)
	{
		above += ((double) from[i] - mean_from) * ((double) values[i] - mean);
		below += ((double) from[i] - mean_from) * ((double) from[i] - mean_from);
	}
	return below == 0 || fabs(above / below) > MOST_FACTOR ? 0 : above / below;
}

static void
try_source(Search *search, uint32_t source, bool same_turn)
{
	const int64_t *from =
		(same_turn ? search->rows.same_turn : search->rows.latest) + (size_t) source * MOST_ROWS;
	double slope = find_slope(from, search->rows.values, search->rows.count);
	double scale;

	try_factor(search, source, same_turn, 1);
	if (fabs(slope) < 0.6)
		return;
	try_factor(search, source, same_turn, (int64_t) llround(slope));
	/* people choose round numbers */
	scale = pow(10, floor(log10(fabs(slope))) - 1);
	if (scale > 1)
		try_factor(search, source, same_turn, (int64_t) llround(slope / scale) * llround(scale));
}

static bool
is_date(const ColumnEvents *events, uint32_t column)
{
	return events->template->columns[column].look == NUMBER_DATE;
}

static bool
is_number(const ColumnEvents *events, uint32_t column)
{
	return events->template->columns[column].kind == COLUMN_NUMBER;
}

static void
try_single_sources(Search *search)
{
	for (uint32_t c = 0; c < search->rows.columns && search->plan.bits > 0.05; c++)
	{
		if (!is_number(search->events, c) ||
			is_date(search->events, c) != is_date(search->events, search->column))
			continue;
		try_source(search, c, false);
		if (search->rows.several && c != search->column)
			try_source(search, c, true);
	}
}

/* Whether the rule tells the first values exactly; the rests of all, if so. */
static bool
try_pair(Search *search, const TemplateColumn *rule)
{
	const int64_t *first = search->rows.latest + (size_t) rule->sources[0].column * MOST_ROWS;
	const int64_t *second = search->rows.latest + (size_t) rule->sources[1].column * MOST_ROWS;
	uint32_t misses = 0;

	for (uint32_t i = 0; i < search->rows.count; i++)
	{
		TemplateColumn direct = *rule;
		ColumnMemory memory[2] = {{.number = first[i]}, {.number = second[i]}};

		direct.sources[0].column = 0;
		direct.sources[1].column = 1;
		search->rests[i] = (int64_t) ((uint64_t) search->rows.values[i] -
									  (uint64_t) template_predict(&direct, memory, 0));
		misses += search->rests[i] != 0;
		if (i < FIRST_ROWS && misses > 1)
			return false;
	}
	try_rests(search, rule);
	return true;
}

static void
try_pair_sources(Search *search)
{
	uint32_t first = search->column > NEAR_COLUMNS ? search->column - NEAR_COLUMNS : 0;
	uint32_t end = search->column + NEAR_COLUMNS < search->rows.columns
					   ? search->column + NEAR_COLUMNS
					   : search->rows.columns;
	TemplateColumn rule = {.factor = 1};

	for (uint32_t a = first; a < end && search->plan.bits > 1; a++)
		for (uint32_t b = first; b < end && search->plan.bits > 1; b++)
		{
			if (!is_number(search->events, a) || !is_number(search->events, b) ||
				is_date(search->events, a) || is_date(search->events, b))
				continue;
			rule.sources[0].column = a;
			rule.sources[1].column = b;
			rule.product_places = 0;
			rule.rule = RULE_SUM;
			if (a <= b)
				try_pair(search, &rule);
			rule.rule = RULE_MINUS;
			try_pair(search, &rule);
			rule.rule = RULE_PRODUCT;
			for (uint32_t places = 0; a <= b && places <= 6; places++)
			{
				rule.product_places = places;
				if (try_pair(search, &rule))
					break;
			}
		}
}

static void
search_rule(Search *search)
{
	TemplateColumn *column = &search->events->template->columns[search->column];

	gather_rows(search);
	if (search->rows.count == 0)
		return;
	memcpy(search->sorted, search->rows.values, search->rows.count * sizeof(int64_t));
	search->plan = plan_rests(search->sorted, search->rows.count);
	search->best =
		(TemplateColumn){.factor = 1, .sources = {{TEMPLATE_NONE, false}, {TEMPLATE_NONE, false}}};
	try_single_sources(search);
	if (search->plan.bits > 2 && !is_date(search->events, search->column))
		try_pair_sources(search);
	column->factor = search->best.factor;
	column->sources[0] = search->best.sources[0];
	column->sources[1] = search->best.sources[1];
	column->rule = search->best.rule;
	column->product_places = search->best.product_places;
	for (int s = 0; s < 2; s++)
		if (column->sources[s].column != TEMPLATE_NONE && column->sources[s].same_turn)
			search->events->template->columns[column->sources[s].column].keep_history = true;
}

/* All rests of a column, by its rule; returns how many. */
static uint32_t
gather_rests(ColumnEvents *events, uint32_t column, ColumnMemory *memory, int64_t *rests)
{
	const VolumeTemplate *template = events->template;
	uint32_t i = 0, count = 0;

	for (int d = 0; d < events->document_count; d++)
	{
		template_memory_reset(memory, template->column_count);
		for (; i < events->document_end[d]; i++)
		{
			const ColumnEvent *event = &events->events[i];
			ColumnMemory *own = &memory[event->column];

			if (template->columns[event->column].kind != COLUMN_NUMBER)
				continue;
			if (event->column == column)
				rests[count++] = (int64_t) ((uint64_t) event->number -
											(uint64_t) template_predict(&template->columns[column],
																		memory, own->turns));
			template_remember_number(&template->columns[event->column], own, event->number);
		}
	}
	return count;
}

static void
set_exact(ColumnEvents *events, TemplateColumn *column, const int64_t *sorted, uint32_t count)
{
	uint32_t *counts = columns_memory(events, (size_t) MOST_EXACT + 1, sizeof(uint32_t));
	uint32_t different = 0, singles = 0;

	column->rest = columns_memory(events, MOST_EXACT, sizeof(int64_t));
	if (counts == NULL || column->rest == NULL)
		return;
	for (uint32_t i = 0, end; i < count && different < MOST_EXACT; i = end)
	{
		for (end = i + 1; end < count && sorted[end] == sorted[i]; end++)
			;
		singles += end - i == 1;
		if (end - i == 1)
			continue; /* what only one sample says is not kept */
		column->rest[different] = sorted[i];
		counts[different++] = (end - i) * 4;
	}
	counts[different] = singles * 4 + 1;
	column->rest_count = different;
	column->rest_table = columns_table(events, counts, different + 1);
}

static void
set_classes(ColumnEvents *events, TemplateColumn *column, const RestPlan *plan,
			const int64_t *sorted, uint32_t count)
{
	uint32_t most = (65 - plan->fraction_bits) << plan->fraction_bits;
	uint32_t *counts = columns_memory(events, (size_t) most + 1, sizeof(uint32_t));
	uint32_t class = 0, bits;
	uint64_t low;

	column->classes = true;
	column->base = plan->base;
	column->fraction_bits = plan->fraction_bits;
	column->rest_count = most - 1;
	for (uint32_t i = 0; i < count && counts != NULL; i++)
		if (template_rest_class(column, sorted[i], &class, &bits, &low))
			counts[class] += 8;
	/* a neighbour may come too, and one class more than was seen */
	column->rest_count = class + 2 < most ? class + 2 : most - 1;
	for (uint32_t i = 0; i < column->rest_count && counts != NULL; i++)
		counts[i] += 1;
	if (counts != NULL)
	{
		counts[column->rest_count] = 1;
		column->rest_table = columns_table(events, counts, column->rest_count + 1);
	}
}

/* Tells rests by the plan that suits all of them. */
static void
set_rests(ColumnEvents *events, uint32_t number, ColumnMemory *memory, int64_t *rests)
{
	TemplateColumn *column = &events->template->columns[number];
	uint32_t count = gather_rests(events, number, memory, rests);
	RestPlan plan = {.classes = true};

	if (count > 0)
		plan = plan_rests(rests, count);
	column->rest = NULL;
	if (plan.classes)
		set_classes(events, column, &plan, rests, count);
	else
		set_exact(events, column, rests, count);
}

/* Which exact rest each value was: others may be chosen by it. */
static void
note_symbols(ColumnEvents *events, ColumnMemory *memory)
{
	const VolumeTemplate *template = events->template;
	uint32_t i = 0;

	for (int d = 0; d < events->document_count; d++)
	{
		template_memory_reset(memory, template->column_count);
		for (; i < events->document_end[d]; i++)
		{
			ColumnEvent *event = &events->events[i];
			const TemplateColumn *column = &template->columns[event->column];
			ColumnMemory *own = &memory[event->column];
			int64_t rest;

			if (column->kind != COLUMN_NUMBER)
				continue;
			rest = (int64_t) ((uint64_t) event->number -
							  (uint64_t) template_predict(column, memory, own->turns));
			for (uint32_t r = 0; !column->classes && r < column->rest_count; r++)
				if (column->rest[r] == rest)
					event->symbol = r;
			template_remember_number(column, own, event->number);
		}
	}
}

/* A number, not a date, without a rule, of few values and nobody's source, is
 * better chosen as a text. */
static void
demote_numbers(ColumnEvents *events)
{
	VolumeTemplate *template = events->template;

	for (uint32_t c = 0; c < template->column_count; c++)
	{
		TemplateColumn *column = &template->columns[c];
		bool source = false;
		uint32_t count = 0;

		for (uint32_t i = 0; i < events->count; i++)
			count += events->events[i].column == c;
		for (uint32_t o = 0; o < template->column_count; o++)
			source |= template->columns[o].sources[0].column == c ||
					  template->columns[o].sources[1].column == c;
		if (column->kind != COLUMN_NUMBER || source || column->classes ||
			column->look == NUMBER_DATE || column->sources[0].column != TEMPLATE_NONE ||
			column->rest_count < 2 || column->rest_count > 64 || column->rest_count * 4 > count)
			continue;
		column->kind = COLUMN_TEXT;
		for (uint32_t i = 0; i < events->count; i++)
			if (events->events[i].column == c)
				events->events[i].symbol = TEMPLATE_NONE;
	}
}

static bool
open_search(Search *search)
{
	const Port *port = search->events->port;
	size_t columns = search->events->template->column_count;
	size_t cells = columns * (2 * (size_t) MOST_ROWS + MOST_TURNS + 1) + 3 * (size_t) MOST_ROWS;
	int64_t *memory = port_alloc_array(port, cells, sizeof(int64_t));

	search->turn_count = port_alloc_array(port, columns + 1, sizeof(uint32_t));
	search->rows.values = memory;
	if (memory == NULL || search->turn_count == NULL)
		return false;
	memset(memory, 0, cells * sizeof(int64_t));
	search->rows.columns = (uint32_t) columns;
	search->rests = memory + MOST_ROWS;
	search->sorted = search->rests + MOST_ROWS;
	search->rows.latest = search->sorted + MOST_ROWS;
	search->rows.same_turn = search->rows.latest + columns * MOST_ROWS;
	search->latest = search->rows.same_turn + columns * MOST_ROWS;
	search->turns = search->latest + columns;
	return true;
}

void
columns_learn_numbers(ColumnEvents *events)
{
	const Port *port = events->port;
	VolumeTemplate *template = events->template;
	Search search = {.events = events};
	ColumnMemory *memory = template_memory_open(port, template);
	int64_t *rests = port_alloc_array(port, (size_t) events->count + 1, sizeof(int64_t));

	if (!open_search(&search) || memory == NULL || rests == NULL)
		events->status = PORT_NO_MEMORY;
	for (uint32_t c = 0; c < template->column_count && events->status == PORT_OK; c++)
	{
		search.column = c;
		if (is_number(events, c))
			search_rule(&search);
		if (port->interrupted(port->host))
			events->status = PORT_INTERRUPTED;
	}
	for (uint32_t c = 0; c < template->column_count && events->status == PORT_OK; c++)
		if (is_number(events, c))
			set_rests(events, c, memory, rests);
	if (events->status == PORT_OK)
	{
		note_symbols(events, memory);
		demote_numbers(events);
	}
	template_memory_close(port, memory, template->column_count);
	if (rests != NULL)
		port->release(port->host, rests);
	if (search.rows.values != NULL)
		port->release(port->host, search.rows.values);
	if (search.turn_count != NULL)
		port->release(port->host, search.turn_count);
}
