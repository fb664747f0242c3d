/*
 * volume_template_model.h: a template in memory and in bytes.
 *
 * Bytes: 1 (version), then deflate (RFC 1951) of the body.  In the body a number is base-128, least
 * significant group first; a signed one zigzag; a text its length and bytes; a table the
 * frequencies of a known number of symbols, each at least 1, 65,536 together.  "n texts" is n, then
 * each.
 *
 *   letters   5 tables of 256, by the kind of the letter before (letter_kind)
 *   lengths   table of 33: words of 0 to 31 letters, other
 *   states    number; state 0 is the start and the end and has no text.  Each: text; number of
 *             columns; if any, frequency (1 to 65,535) of a slot that fits its columns; successors
 *             (number, states); table of successors and other
 *   columns   of all states in order; each a kind and
 *     0 fixed   text
 *     1 text    column that it may repeat + 1 or 0, frequency of that; n texts (dictionary); column
 *               that chooses + 1 or 0, then n groups (its symbol, n symbols ascending, table of
 *               them and other); table of dictionary and other; 3 times, for the first, second and
 *               later words: n texts, table of them, end, other
 *     2 number  look; places; factor (signed), first column + 1 or 0, same turn (0, 1); sum, minus
 *               or product; second column + 1 or 0, same turn; places of the product; then how the
 *               rest is told: 0, n values (the first signed, then steps), table of them and other;
 *               or 1, base (signed), n bits of fraction, n classes, table of them and other
 *
 * A packed document: state 0, then again and again the successor, its text, its slot, until the
 * end.  "Other" as successor: a state and how much of its text is taken, letters, the state to go
 * on with and how much of its text is skipped.  See volume_template_read.c.
 */
#ifndef CORE_VOLUME_TEMPLATE_MODEL_H
#define CORE_VOLUME_TEMPLATE_MODEL_H

#include "core/range_coder.h"
#include "core/text_arena.h"
#include "core/volume_template.h"

#define TEMPLATE_VERSION 1
#define TEMPLATE_BODY_BYTES ((size_t) 4 * 1024 * 1024)
#define TEMPLATE_MAX_COLUMNS 8 /* of a slot */
#define TEMPLATE_LETTER_KINDS 5
#define TEMPLATE_WORD_TABLES 3
#define TEMPLATE_WORD_LENGTHS 32
#define TEMPLATE_NONE UINT32_MAX

typedef struct TemplateText
{
	const char *bytes;
	uint32_t length;
} TemplateText;

/* count symbols; bound[i] is where symbol i begins, bound[count] the total */
typedef struct TemplateTable
{
	uint32_t count;
	uint32_t *bound;
} TemplateTable;

typedef struct TemplateState
{
	TemplateText text;
	uint32_t first_column, column_count;
	uint32_t fit_frequency;
	uint32_t next_count;
	uint32_t *next;
	TemplateTable next_table;
} TemplateState;

typedef struct TemplateGroup
{
	uint32_t chosen_by; /* symbol of the chooser; groups ascend by it */
	uint32_t count;
	uint32_t *symbols;
	TemplateTable table;
} TemplateGroup;

typedef struct TemplateWords
{
	uint32_t count;
	TemplateText *texts;
	TemplateTable table; /* words, end, other */
} TemplateWords;

typedef enum ColumnKind
{
	COLUMN_FIXED,
	COLUMN_TEXT,
	COLUMN_NUMBER
} ColumnKind;

typedef enum NumberLook
{
	NUMBER_PLAIN,	/* no leading zeros */
	NUMBER_WIDE,	/* places digits, with leading zeros */
	NUMBER_DECIMAL, /* a point and places digits behind */
	NUMBER_DATE,	/* YYYY-MM-DD, in days since 1970-01-01 */
	NUMBER_LOOKS
} NumberLook;

typedef enum NumberRule
{
	RULE_SUM,
	RULE_MINUS,
	RULE_PRODUCT, /* first x second / 10^places, rounded half up */
	RULE_COUNT
} NumberRule;

typedef struct NumberSource
{
	uint32_t column; /* TEMPLATE_NONE: none */
	bool same_turn;	 /* its value of as many times ago from the start, not its latest */
} NumberSource;

typedef struct TemplateColumn
{
	ColumnKind kind;
	TemplateText fixed;
	/* text */
	uint32_t repeats;
	uint32_t repeat_frequency;
	uint32_t value_count;
	TemplateText *values;
	TemplateTable value_table;
	uint32_t chooser;
	uint32_t group_count;
	TemplateGroup *groups;
	TemplateWords words[TEMPLATE_WORD_TABLES];
	/* number */
	NumberLook look;
	uint32_t places;
	int64_t factor;
	NumberSource sources[2];
	NumberRule rule;
	uint32_t product_places;
	bool classes;
	uint32_t rest_count;
	int64_t *rest;
	int64_t base;
	uint32_t fraction_bits;
	TemplateTable rest_table;
	bool keep_history;
} TemplateColumn;

struct VolumeTemplate
{
	TextArena arena;
	TemplateTable letters[TEMPLATE_LETTER_KINDS];
	TemplateTable lengths;
	uint32_t state_count, column_count;
	TemplateState *states;
	TemplateColumn *columns;
};

/* What the document at hand said last in a column; at is a position in the document. */
typedef struct ColumnMemory
{
	int64_t number;
	size_t at;
	uint32_t length;
	uint32_t symbol;
	uint32_t turns;
	ByteBuffer history; /* of int64_t */
} ColumnMemory;

extern ColumnMemory *template_memory_open(const Port *port, const VolumeTemplate *template);
extern void template_memory_close(const Port *port, ColumnMemory *memory, uint32_t count);
extern void template_memory_reset(ColumnMemory *memory, uint32_t count);
extern void template_remember_number(const TemplateColumn *column, ColumnMemory *memory,
									 int64_t value);

/* What the sources say: integers modulo 2^64. */
extern int64_t template_predict(const TemplateColumn *column, const ColumnMemory *memory,
								uint32_t turn);
/* The class of a rest and how many bits of it follow; false when there is no such class. */
extern bool template_rest_class(const TemplateColumn *column, int64_t rest, uint32_t *class,
								uint32_t *bits, uint64_t *low);
extern int64_t template_class_base(const TemplateColumn *column, uint32_t class, uint32_t *bits);

/* Numbers as they are written: false when text is not just so, or value cannot be. */
extern bool template_parse_number(NumberLook look, uint32_t places, const char *text, size_t length,
								  int64_t *value);
#define TEMPLATE_NUMBER_LENGTH 24
extern uint32_t template_format_number(NumberLook look, uint32_t places, int64_t value,
									   char text[TEMPLATE_NUMBER_LENGTH]);

/* The group that the chooser's latest symbol stands for, NULL when there is none. */
static inline const TemplateGroup *
template_group(const TemplateColumn *column, const ColumnMemory *memory)
{
	uint32_t low = 0, high = column->group_count, symbol;

	if (high == 0)
		return NULL;
	symbol = memory[column->chooser].symbol;
	while (low < high)
	{
		uint32_t middle = (low + high) / 2;

		if (column->groups[middle].chosen_by < symbol)
			low = middle + 1;
		else
			high = middle;
	}
	return low < column->group_count && column->groups[low].chosen_by == symbol
			   ? &column->groups[low]
			   : NULL;
}

/* The pieces of a slot: a date, a decimal number, digits, or what lies between. */
typedef struct TemplatePiece
{
	char kind; /* 'd', 'n', 'i', 't' */
	uint32_t places;
	const char *bytes;
	uint32_t length;
} TemplatePiece;

/* Number of pieces, 0 when they are too many. */
extern int template_split(const char *bytes, size_t length, TemplatePiece *pieces);

/* Kind of a letter as the context of the next: start or other, lower, upper, digit, not ASCII. */
static inline int
template_letter_kind(unsigned char c)
{
	if (c >= 'a' && c <= 'z')
		return 1;
	if (c >= 'A' && c <= 'Z')
		return 2;
	if (c >= '0' && c <= '9')
		return 3;
	return c >= 0x80 ? 4 : 0;
}

#endif
