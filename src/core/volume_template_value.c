/*
 * volume_template_value.c: values of a template's columns, the same for packing and unpacking.
 *
 * All arithmetic is modulo 2^64, so that broken bytes lead to wrong numbers and to nothing worse.
 */
#include "core/volume_template_model.h"

#include <string.h>

#define MOST_DIGITS 18
#define MOST_PLACES 9

static uint64_t
power_of_ten(uint32_t exponent)
{
	uint64_t power = 1;

	while (exponent-- > 0)
		power *= 10;
	return power;
}

ColumnMemory *
template_memory_open(const Port *port, const VolumeTemplate *template)
{
	uint32_t count = template->column_count;
	ColumnMemory *memory = port_alloc_array(port, count + 1, sizeof(ColumnMemory));

	if (memory == NULL)
		return NULL;
	for (uint32_t i = 0; i < count; i++)
		buffer_init(&memory[i].history, port);
	template_memory_reset(memory, count);
	return memory;
}

void
template_memory_close(const Port *port, ColumnMemory *memory, uint32_t count)
{
	if (memory == NULL)
		return;
	for (uint32_t i = 0; i < count; i++)
		buffer_release(&memory[i].history);
	port->release(port->host, memory);
}

void
template_memory_reset(ColumnMemory *memory, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
	{
		memory[i].number = 0;
		memory[i].at = 0;
		memory[i].length = 0;
		memory[i].symbol = TEMPLATE_NONE;
		memory[i].turns = 0;
		buffer_reset(&memory[i].history);
	}
}

void
template_remember_number(const TemplateColumn *column, ColumnMemory *memory, int64_t value)
{
	memory->number = value;
	memory->turns++;
	if (column->keep_history)
		buffer_append(&memory->history, &value, sizeof(value));
}

static uint64_t
source_value(const NumberSource *source, const ColumnMemory *memory, uint32_t turn)
{
	const ColumnMemory *from;
	int64_t value;

	if (source->column == TEMPLATE_NONE)
		return 0;
	from = &memory[source->column];
	if (!source->same_turn)
		return (uint64_t) from->number;
	if (turn >= from->history.length / sizeof(int64_t))
		return 0;
	memcpy(&value, from->history.bytes + turn * sizeof(int64_t), sizeof(value));
	return (uint64_t) value;
}

static uint64_t
divide_rounded(uint64_t product, uint32_t places)
{
	bool negative = (int64_t) product < 0;
	uint64_t size = negative ? 0 - product : product;
	uint64_t divisor = power_of_ten(places);
	uint64_t quotient = size / divisor + (size % divisor >= (divisor + 1) / 2);

	return negative ? 0 - quotient : quotient;
}

int64_t
template_predict(const TemplateColumn *column, const ColumnMemory *memory, uint32_t turn)
{
	uint64_t first, second;

	if (column->sources[0].column == TEMPLATE_NONE)
		return 0;
	first = source_value(&column->sources[0], memory, turn) * (uint64_t) column->factor;
	second = source_value(&column->sources[1], memory, turn);
	if (column->rule == RULE_SUM)
		return (int64_t) (first + second);
	if (column->rule == RULE_MINUS)
		return (int64_t) (first - second);
	return (int64_t) (column->product_places == 0
						  ? first * second
						  : divide_rounded(first * second, column->product_places));
}

/* Numbers below 2^k have a class each; above, a class is the place of the first bit and the k bits
 * behind it. */
bool
template_rest_class(const TemplateColumn *column, int64_t rest, uint32_t *class, uint32_t *bits,
					uint64_t *low)
{
	uint32_t k = column->fraction_bits;
	uint64_t above = (uint64_t) rest - (uint64_t) column->base;
	uint32_t top;

	*bits = 0;
	*low = 0;
	if (above < (uint64_t) 1 << k)
		*class = (uint32_t) above;
	else
	{
		top = 63 - (uint32_t) __builtin_clzll(above);
		*bits = top - k;
		*class = ((*bits + 1) << k) + (uint32_t) ((above >> *bits) - ((uint64_t) 1 << k));
		*low = above & (((uint64_t) 1 << *bits) - 1);
	}
	return *class < column->rest_count;
}

int64_t
template_class_base(const TemplateColumn *column, uint32_t class, uint32_t *bits)
{
	uint32_t k = column->fraction_bits;
	uint64_t above = class;

	*bits = 0;
	if (class >> k > 0)
	{
		*bits = (class >> k) - 1;
		above = (((uint64_t) 1 << k) + (class & ((1U << k) - 1))) << *bits;
	}
	return (int64_t) (above + (uint64_t) column->base);
}

/* Digits only, at most 18. */
static bool
parse_digits(const char *text, size_t length, uint64_t *value)
{
	*value = 0;
	if (length == 0 || length > MOST_DIGITS)
		return false;
	for (size_t i = 0; i < length; i++)
	{
		unsigned digit = (unsigned char) text[i] - '0';

		if (digit > 9)
			return false;
		*value = *value * 10 + digit;
	}
	return true;
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar; years start in March here. */
static int64_t
days_of_date(int64_t year, int64_t month, int64_t day)
{
	int64_t shifted = month <= 2 ? year - 1 : year;
	int64_t era = shifted / 400;
	int64_t of_era = shifted - era * 400;
	int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void
date_of_days(int64_t days, int *year, int *month, int *day)
{
	int64_t since = days + 719468;
	int64_t era = since / 146097;
	int64_t of_era = since - era * 146097;
	int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
	int64_t shifted = (5 * of_year + 2) / 153;

	*day = (int) (of_year - (153 * shifted + 2) / 5 + 1);
	*month = (int) (shifted < 10 ? shifted + 3 : shifted - 9);
	*year = (int) (years + era * 400 + (*month <= 2));
}

static bool
parse_date(const char *text, size_t length, int64_t *value)
{
	uint64_t parts[3];
	int back[3];

	if (length != 10 || text[4] != '-' || text[7] != '-' || !parse_digits(text, 4, &parts[0]) ||
		!parse_digits(text + 5, 2, &parts[1]) || !parse_digits(text + 8, 2, &parts[2]) ||
		parts[0] < 1 || parts[1] < 1 || parts[1] > 12 || parts[2] < 1 || parts[2] > 31)
		return false;
	*value = days_of_date((int64_t) parts[0], (int64_t) parts[1], (int64_t) parts[2]);
	date_of_days(*value, &back[0], &back[1], &back[2]);
	return back[2] == (int) parts[2] && back[1] == (int) parts[1];
}

bool
template_parse_number(NumberLook look, uint32_t places, const char *text, size_t length,
					  int64_t *value)
{
	bool negative = length > 0 && text[0] == '-';
	size_t tail = look == NUMBER_DECIMAL ? places + 1 : 0;
	uint64_t whole, part = 0;

	if (look == NUMBER_DATE)
		return parse_date(text, length, value);
	if (look == NUMBER_WIDE)
	{
		*value = length == places && parse_digits(text, length, &whole) ? (int64_t) whole : -1;
		return *value >= 0;
	}
	text += negative;
	length -= negative;
	if (length <= tail || length - (tail > 0) > MOST_DIGITS ||
		!parse_digits(text, length - tail, &whole) || (text[0] == '0' && length - tail > 1))
		return false;
	if (tail > 0 &&
		(text[length - tail] != '.' || !parse_digits(text + length - places, places, &part)))
		return false;
	whole = whole * power_of_ten(tail > 0 ? places : 0) + part;
	*value = negative ? -(int64_t) whole : (int64_t) whole;
	return !negative || whole > 0;
}

/* Writes at least width digits before end, returns where they begin. */
static char *
put_digits(char *end, uint64_t value, uint32_t width)
{
	while (value > 0 || width > 0)
	{
		*--end = (char) ('0' + value % 10);
		value /= 10;
		width -= width > 0;
	}
	return end;
}

uint32_t
template_format_number(NumberLook look, uint32_t places, int64_t value,
					   char text[TEMPLATE_NUMBER_LENGTH])
{
	char digits[TEMPLATE_NUMBER_LENGTH];
	char *end = digits + sizeof(digits), *at = end;
	uint64_t size = value < 0 ? 0 - (uint64_t) value : (uint64_t) value;
	int year, month, day;

	if (size >= power_of_ten(MOST_DIGITS) || (look == NUMBER_WIDE && value < 0))
		return 0;
	if (look == NUMBER_DATE)
	{
		if (value < days_of_date(1, 1, 1) || value > days_of_date(9999, 12, 31))
			return 0;
		date_of_days(value, &year, &month, &day);
		at = put_digits(at, (uint64_t) day, 2);
		*--at = '-';
		at = put_digits(at, (uint64_t) month, 2);
		*--at = '-';
		at = put_digits(at, (uint64_t) year, 4);
	}
	else if (look == NUMBER_DECIMAL)
	{
		at = put_digits(at, size % power_of_ten(places), places);
		*--at = '.';
		at = put_digits(at, size / power_of_ten(places), 1);
	}
	else
		at = put_digits(at, size, look == NUMBER_WIDE ? places : 1);
	if (value < 0 && look != NUMBER_DATE)
		*--at = '-';
	memcpy(text, at, (size_t) (end - at));
	return (uint32_t) (end - at);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The number that begins at a digit. */
static TemplatePiece
take_number(const char *bytes, size_t length)
{
	TemplatePiece piece = {'i', 0, bytes, 0};
	uint32_t whole = 0, behind = 0;
	int64_t date;

	if (length >= 10 && (length == 10 || !is_digit(bytes[10])) && parse_date(bytes, 10, &date))
		return (TemplatePiece){'d', 0, bytes, 10};
	while (whole < length && whole < MOST_DIGITS && is_digit(bytes[whole]))
		whole++;
	piece.length = whole;
	if (whole + 1 < length && bytes[whole] == '.')
		while (whole + 1 + behind < length && is_digit(bytes[whole + 1 + behind]))
			behind++;
	if (behind == 0 || behind > MOST_PLACES || whole + behind > MOST_DIGITS ||
		(whole > 1 && bytes[0] == '0') ||
		(whole + 1 + behind < length && bytes[whole + 1 + behind] == '.'))
		return piece;
	return (TemplatePiece){'n', behind, bytes, whole + 1 + behind};
}

int
template_split(const char *bytes, size_t length, TemplatePiece *pieces)
{
	int count = 0;
	size_t at = 0;

	while (at < length)
	{
		size_t end = at;

		if (count == TEMPLATE_MAX_COLUMNS)
			return 0;
		if (is_digit(bytes[at]))
			pieces[count] = take_number(bytes + at, length - at);
		else
		{
			while (end < length && !is_digit(bytes[end]))
				end++;
			/* a sign belongs to its number; between letters and digits a hyphen is none */
			if (end < length && bytes[end - 1] == '-' && (end == 1 || bytes[end - 2] == ' '))
				end--;
			if (end > at)
				pieces[count] = (TemplatePiece){'t', 0, bytes + at, (uint32_t) (end - at)};
			else
			{
				pieces[count] = take_number(bytes + at + 1, length - at - 1);
				pieces[count].bytes--;
				pieces[count].length++;
				if (pieces[count].kind == 'd')
					pieces[count].kind = 't';
			}
		}
		at += pieces[count++].length;
	}
	return count;
}
