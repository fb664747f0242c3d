/*
 * barcode_datamatrix_text.c: the cheapest mix of ASCII, C40, Text, X12, EDIFACT and Base 256.
 *
 * One pass finds the least number of codewords that bring the text to each of its places in each
 * encodation (and each rest of an unfinished group): every way between encodations is a step with
 * its price, so that nothing is left to rules of thumb.  What the standard (ISO/IEC 16022, 5.2)
 * allows only in the last codewords of a symbol depends on its size, and is tried size by size.
 */
#include "core/barcode_datamatrix_text.h"

#include <string.h>

#define CODE_PAIR 130
#define CODE_C40 230
#define CODE_BASE 231
#define CODE_UPPER_SHIFT 235
#define CODE_X12 238
#define CODE_TEXT 239
#define CODE_EDIFACT 240
#define CODE_UNLATCH 254
#define EDIFACT_UNLATCH 31
#define SHORT_RUN 249 /* bytes whose number one codeword holds */
#define NEVER 60000

/* Groups of three values (of four) are written when they are full: the number is the rest. */
enum
{
	STATE_ASCII,
	STATE_C40,
	STATE_TEXT = STATE_C40 + 3,
	STATE_X12 = STATE_TEXT + 3,
	STATE_EDIFACT = STATE_X12 + 3,
	STATE_LONG = STATE_EDIFACT + 4, /* bytes with a length of two codewords */
	STATE_SHORT,					/* with a length of one: ends at once */
	STATE_COUNT
};

/* How a state was reached: the one before, and how many bytes lie between. */
#define FROM(state, bytes) ((uint8_t) ((state) | (bytes) << 4))
#define FROM_STATE(from) ((from) &15)
#define FROM_BYTES(from) ((from) >> 4)

typedef enum ValueSet
{
	VALUES_C40,
	VALUES_TEXT,
	VALUES_X12
} ValueSet;

static bool
is_digit(unsigned c)
{
	return c >= '0' && c <= '9';
}

/* ---------- values ---------- */

/* A character below 128 in C40 or Text: one value of the basic set, or a shift and a value. */
static int
shifted_values(ValueSet set, unsigned c, uint8_t *values)
{
	/* the two differ in which letters are basic */
	unsigned basic = set == VALUES_C40 ? 'A' : 'a', other = set == VALUES_C40 ? 'a' : 'A';

	if (c == ' ' || is_digit(c) || (c >= basic && c < basic + 26))
	{
		values[0] = (uint8_t) (c == ' ' ? 3 : is_digit(c) ? c - '0' + 4 : c - basic + 14);
		return 1;
	}
	if (c < 32)
	{
		values[0] = 0;
		values[1] = (uint8_t) c;
	}
	else if (c < 'A' || (c > 'Z' && c < '`'))
	{
		values[0] = 1;
		values[1] = (uint8_t) (c < '0' ? c - 33 : c < 'A' ? c - 58 + 15 : c - 91 + 22);
	}
	else
	{
		values[0] = 2;
		values[1] = (uint8_t) (c >= other && c < other + 26 ? c - other + 1
							   : c == '`'					? 0
															: c - 96);
	}
	return 2;
}

static int
x12_value(unsigned c)
{
	return c == '\r'			  ? 0
		   : c == '*'			  ? 1
		   : c == '>'			  ? 2
		   : c == ' '			  ? 3
		   : is_digit(c)		  ? (int) c - '0' + 4
		   : c >= 'A' && c <= 'Z' ? (int) c - 'A' + 14
								  : -1;
}

/* Up to four values; 0 when the set has none for the character. */
static int
values_of(ValueSet set, unsigned c, uint8_t values[4])
{
	if (set == VALUES_X12)
	{
		int value = x12_value(c);

		values[0] = (uint8_t) value;
		return value < 0 ? 0 : 1;
	}
	if (c < 128)
		return shifted_values(set, c, values);
	values[0] = 1;
	values[1] = 30;
	return 2 + shifted_values(set, c - 128, values + 2);
}

static bool
in_edifact(unsigned c)
{
	return c >= 32 && c <= 94;
}

/* Codewords of leaving EDIFACT with so many values pending, with those. */
static int
edifact_end(int pending)
{
	return pending == 0 ? 1 : pending == 1 ? 2 : 3;
}

/* ---------- the cheapest way ---------- */

static void
reach(DataMatrixText *text, int place, int state, int cost, int from, int bytes)
{
	uint16_t *known = &text->cost[place % 3][state];

	if (cost >= *known)
		return;
	*known = (uint16_t) cost;
	text->from[place][state] = FROM(from, bytes);
}

/* Changes of encodation, which take no byte: first out of all, then into all. */
static void
change_states(DataMatrixText *text, int place)
{
	static const uint8_t starts[] = {STATE_C40, STATE_TEXT, STATE_X12, STATE_EDIFACT};
	uint16_t *cost = text->cost[place % 3];

	for (int i = 0; i < 3; i++)
		reach(text, place, STATE_ASCII, cost[starts[i]] + 1, starts[i], 0);
	for (int pending = 0; pending < 4; pending++)
		reach(text, place, STATE_ASCII, cost[STATE_EDIFACT + pending] + edifact_end(pending),
			  STATE_EDIFACT + pending, 0);
	reach(text, place, STATE_ASCII, cost[STATE_LONG], STATE_LONG, 0);
	reach(text, place, STATE_ASCII, cost[STATE_SHORT], STATE_SHORT, 0);
	text->ascii[place] = cost[STATE_ASCII];
	for (int i = 0; i < 4; i++)
		reach(text, place, starts[i], cost[STATE_ASCII] + 1, STATE_ASCII, 0);
	reach(text, place, STATE_LONG, cost[STATE_ASCII] + 3, STATE_ASCII, 0);
}

static void
take_ascii(DataMatrixText *text, int place)
{
	unsigned c = text->bytes[place];
	int cost = text->cost[place % 3][STATE_ASCII];

	reach(text, place + 1, STATE_ASCII, cost + (c > 127 ? 2 : 1), STATE_ASCII, 1);
	if (place + 1 < text->length && is_digit(c) && is_digit(text->bytes[place + 1]))
		reach(text, place + 2, STATE_ASCII, cost + 1, STATE_ASCII, 2);
}

static void
take_groups(DataMatrixText *text, int place)
{
	static const uint8_t starts[] = {STATE_C40, STATE_TEXT, STATE_X12};
	const uint16_t *cost = text->cost[place % 3];
	unsigned c = text->bytes[place];
	uint8_t values[4];

	for (int set = VALUES_C40; set <= VALUES_X12; set++)
	{
		int count = values_of((ValueSet) set, c, values), start = starts[set];

		for (int pending = 0; count > 0 && pending < 3; pending++)
			reach(text, place + 1, start + (pending + count) % 3,
				  cost[start + pending] + (pending + count) / 3 * 2, start + pending, 1);
	}
	for (int pending = 0; in_edifact(c) && pending < 4; pending++)
		reach(text, place + 1, STATE_EDIFACT + (pending + 1) % 4,
			  cost[STATE_EDIFACT + pending] + (pending == 3 ? 3 : 0), STATE_EDIFACT + pending, 1);
}

/* A run of bytes that ends behind this one: from where it is cheapest to have begun. */
static void
take_bytes(DataMatrixText *text, int place)
{
	int first = place + 1 > SHORT_RUN ? place + 1 - SHORT_RUN : 0, best = NEVER, start = first;

	reach(text, place + 1, STATE_LONG, text->cost[place % 3][STATE_LONG] + 1, STATE_LONG, 1);
	for (int i = first; i <= place; i++)
		if (text->ascii[i] - i < best - start)
		{
			best = text->ascii[i];
			start = i;
		}
	text->base[place + 1] = (uint16_t) start;
	reach(text, place + 1, STATE_SHORT, best + 2 + place + 1 - start, STATE_ASCII, 1);
}

bool
datamatrix_text_plan(DataMatrixText *text, const char *bytes, size_t length)
{
	if (length > DATAMATRIX_MAX_TEXT)
		return false;
	text->bytes = (const unsigned char *) bytes;
	text->length = (int) length;
	for (int i = 0; i < 3; i++)
		for (int state = 0; state < STATE_COUNT; state++)
			text->cost[i][state] = NEVER;
	for (int i = 0; i < 5; i++)
		text->tail[i] = NEVER;
	memcpy(text->before, text->cost[0], sizeof(text->before));
	text->cost[0][STATE_ASCII] = 0;
	for (int place = 0;; place++)
	{
		change_states(text, place);
		if (text->length - place < 5)
			text->tail[text->length - place] = text->cost[place % 3][STATE_EDIFACT];
		if (place == text->length)
			break;
		if (place == text->length - 1)
			memcpy(text->before, text->cost[place % 3], sizeof(text->before));
		take_ascii(text, place);
		take_groups(text, place);
		take_bytes(text, place);
		for (int state = 0; state < STATE_COUNT; state++) /* for the place after the next two */
			text->cost[place % 3][state] = NEVER;
	}
	memcpy(text->last, text->cost[text->length % 3], sizeof(text->last));
	return true;
}

/* ---------- the end of the symbol ---------- */

typedef enum Ending
{
	END_NOT,
	END_ASCII,	   /* as the text goes on: padding may follow */
	END_FULL,	   /* a group ends with the symbol */
	END_TWO,	   /* two values, filled up, end with the symbol */
	END_LAST_BYTE, /* the last codeword is the last byte in ASCII, which needs no word before */
	END_EDIFACT,   /* the last two codewords at most are ASCII, likewise */
	END_BYTES	   /* bytes up to the end of the symbol need no length */
} Ending;

/* Codewords of the last bytes in ASCII. */
static int
ascii_cost(const DataMatrixText *text, int place)
{
	int cost = 0;

	while (place < text->length)
	{
		bool pair = place + 1 < text->length && is_digit(text->bytes[place]) &&
					is_digit(text->bytes[place + 1]);

		cost += text->bytes[place] > 127 ? 2 : 1;
		place += pair ? 2 : 1;
	}
	return cost;
}

/* Which of the ways ends in a symbol of this room, in which state and at which byte. */
static Ending
find_ending(const DataMatrixText *text, int room, int *state, int *place)
{
	static const uint8_t starts[] = {STATE_C40, STATE_TEXT, STATE_X12};
	int length = text->length;

	*state = STATE_ASCII;
	*place = length;
	if (text->last[STATE_ASCII] <= room)
		return END_ASCII;
	for (int i = 0; i < 3; i++)
	{
		*state = starts[i];
		if (text->last[starts[i]] == room)
			return END_FULL;
		if (starts[i] != STATE_X12 && text->last[starts[i] + 2] + 2 == room)
			return END_TWO;
		*place = length - 1;
		if (text->before[starts[i]] + 1 == room && text->bytes[length - 1] < 128)
			return END_LAST_BYTE;
		*place = length;
	}
	*state = STATE_EDIFACT;
	for (int rest = 0; rest < 5 && rest <= length; rest++)
	{
		int words = ascii_cost(text, length - rest);

		*place = length - rest;
		if (words <= 2 && text->tail[rest] != NEVER && text->tail[rest] + words <= room &&
			room - text->tail[rest] <= 2)
			return END_EDIFACT;
	}
	*state = STATE_SHORT;
	for (int start = 0; start < length - SHORT_RUN; start++)
	{
		*place = start;
		if (text->ascii[start] + 2 + length - start == room)
			return END_BYTES;
	}
	return END_NOT;
}

bool
datamatrix_text_fits(const DataMatrixText *text, int room)
{
	int state, place;

	return find_ending(text, room, &state, &place) != END_NOT;
}

/* ---------- writing ---------- */

typedef struct Writer
{
	const unsigned char *bytes;
	uint8_t *codewords;
	int count;
	bool no_length; /* of the bytes that the symbol ends with */
} Writer;

static void
put(Writer *writer, int codeword)
{
	writer->codewords[writer->count++] = (uint8_t) codeword;
}

/* Scattered, so that no pattern shows: 255-state, annex B.2. */
static void
put_byte(Writer *writer, int value)
{
	int position = writer->count + 1, sum = value + 149 * position % 255 + 1;

	put(writer, sum > 255 ? sum - 256 : sum);
}

static void
write_ascii(Writer *writer, int from, int to)
{
	const unsigned char *bytes = writer->bytes;

	for (int i = from; i < to; i++)
	{
		if (i + 1 < to && is_digit(bytes[i]) && is_digit(bytes[i + 1]))
		{
			put(writer, CODE_PAIR + (bytes[i] - '0') * 10 + bytes[i + 1] - '0');
			i++;
			continue;
		}
		if (bytes[i] > 127)
			put(writer, CODE_UPPER_SHIFT);
		put(writer, (bytes[i] & 127) + 1);
	}
}

/* C40, Text or X12; last: nothing follows but the end of the symbol. */
static void
write_groups(Writer *writer, ValueSet set, int from, int to, bool last)
{
	static const uint8_t latches[] = {CODE_C40, CODE_TEXT, CODE_X12};
	uint8_t values[8];
	int pending = 0;

	put(writer, latches[set]);
	for (int i = from; i < to; i++)
	{
		pending += values_of(set, writer->bytes[i], values + pending);
		if (i == to - 1 && pending % 3 == 2) /* filled up at the end of the symbol */
			values[pending++] = 0;
		while (pending >= 3)
		{
			int sum = 1600 * values[0] + 40 * values[1] + values[2] + 1;

			put(writer, sum >> 8);
			put(writer, sum & 255);
			pending -= 3;
			memmove(values, values + 3, (size_t) pending);
		}
	}
	if (!last)
		put(writer, CODE_UNLATCH);
}

static void
write_edifact(Writer *writer, int from, int to, bool last)
{
	unsigned bits = 0;
	int count = 0;

	put(writer, CODE_EDIFACT);
	for (int i = from; i < to + (last ? 0 : 1); i++)
	{
		bits = bits << 6 | (i < to ? writer->bytes[i] & 63u : EDIFACT_UNLATCH);
		for (count += 6; count >= 8; count -= 8)
			put(writer, bits >> (count - 8) & 255);
	}
	if (count > 0)
		put(writer, bits << (8 - count) & 255);
}

static void
write_bytes(Writer *writer, int from, int to, bool last)
{
	int length = to - from;

	put(writer, CODE_BASE);
	if (last && writer->no_length)
		put_byte(writer, 0);
	else if (length > SHORT_RUN)
	{
		put_byte(writer, length / 250 + 249);
		put_byte(writer, length % 250);
	}
	else
		put_byte(writer, length);
	for (int i = from; i < to; i++)
		put_byte(writer, writer->bytes[i]);
}

static int
encodation_of(int state)
{
	return state == STATE_ASCII	   ? STATE_ASCII
		   : state < STATE_TEXT	   ? STATE_C40
		   : state < STATE_X12	   ? STATE_TEXT
		   : state < STATE_EDIFACT ? STATE_X12
		   : state < STATE_LONG	   ? STATE_EDIFACT
								   : STATE_LONG;
}

/* Walks the way back from a place: the encodation of each byte before it. */
static void
mark_encodations(const DataMatrixText *text, int place, int state, uint8_t *marks)
{
	while (place > 0)
	{
		int from = text->from[place][state];
		int start = state == STATE_SHORT ? text->base[place] : place - FROM_BYTES(from);

		memset(marks + start, encodation_of(state), (size_t) (place - start));
		state = FROM_STATE(from);
		place = start;
	}
}

static void
write_run(Writer *writer, int encodation, int from, int to, bool last)
{
	switch (encodation)
	{
		case STATE_ASCII:
			write_ascii(writer, from, to);
			break;
		case STATE_C40:
			write_groups(writer, VALUES_C40, from, to, last);
			break;
		case STATE_TEXT:
			write_groups(writer, VALUES_TEXT, from, to, last);
			break;
		case STATE_X12:
			write_groups(writer, VALUES_X12, from, to, last);
			break;
		case STATE_EDIFACT:
			write_edifact(writer, from, to, last);
			break;
		default:
			write_bytes(writer, from, to, last);
	}
}

int
datamatrix_text_write(const DataMatrixText *text, int room, uint8_t *codewords)
{
	uint8_t marks[DATAMATRIX_MAX_TEXT];
	Writer writer = {text->bytes, codewords, 0, false};
	int state, end;
	Ending ending = find_ending(text, room, &state, &end);

	writer.no_length = ending == END_BYTES;
	mark_encodations(text, end,
					 ending == END_BYTES ? STATE_ASCII
					 : ending == END_TWO ? state + 2
										 : state,
					 marks);
	if (ending == END_BYTES)
	{
		memset(marks + end, STATE_LONG, (size_t) (text->length - end));
		end = text->length;
	}
	for (int from = 0, to; from < end; from = to)
	{
		for (to = from + 1; to < end && marks[to] == marks[from];)
			to++;
		write_run(&writer, marks[from], from, to, to == end && ending != END_ASCII);
	}
	write_ascii(&writer, end, text->length);
	return writer.count;
}
