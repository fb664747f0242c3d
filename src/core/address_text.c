/*
 * address_text.c: see address_text.h.
 *
 * Letters are folded by a table of the Latin letters of two UTF-8 bytes (U+00C0 to U+017F, and
 * U+0218 to U+021B for Romanian).  A letter with a combining accent is not composed first: no
 * billing system was seen to write one.
 */
#include "core/address_text.h"

#include <stdint.h>
#include <string.h>

#define FIRST_LATIN 0xC0
#define LAST_LATIN 0x17F

/* Base letters of U+00C0 to U+017F, case aside; '*' = two letters, ' ' = not a letter. */
static const char latin_base[] = "AAAAAA*CEEEEIIII" /* C0 */
								 "DNOOOOO OUUUUY**" /* D0 */
								 "AAAAAA*CEEEEIIII" /* E0 */
								 "DNOOOOO OUUUUY*Y" /* F0 */
								 "AAAAAACCCCCCCCDD" /* 100 */
								 "DDEEEEEEEEEEGGGG" /* 110 */
								 "GGGGHHHHIIIIIIII" /* 120 */
								 "II**JJKKKLLLLLLL" /* 130 */
								 "LLLNNNNNNNNNOOOO" /* 140 */
								 "OO**RRRRRRSSSSSS" /* 150 */
								 "SSTTTTTTUUUUUUUU" /* 160 */
								 "UUUUWWYYYZZZZZZS" /* 170 */
	;

typedef struct LongForm
{
	uint16_t upper;
	char plain[3], spelled[3];
} LongForm;

/* Letters that are more than their base letter; lower case is looked up by its upper. */
static const LongForm long_forms[] = {
	{0xC4, "A", "AE"},	 {0xC5, "A", "AA"},	  {0xC6, "AE", "AE"}, {0xD6, "O", "OE"},
	{0xD8, "O", "OE"},	 {0xDC, "U", "UE"},	  {0xDE, "TH", "TH"}, {0xDF, "SS", "SS"},
	{0x132, "IJ", "IJ"}, {0x152, "OE", "OE"},
};

static size_t decode(const char *text, size_t length, uint32_t *letter);
static uint32_t upper_latin(uint32_t letter);
static size_t put_latin(uint32_t letter, AddressFold fold, char *key);

size_t
address_fold(const char *text, size_t length, AddressFold fold, char *key)
{
	size_t written = 0;
	bool apart = false; /* a blank is due before the next letter */

	for (size_t at = 0; at < length;)
	{
		uint32_t letter;
		size_t bytes = decode(text + at, length - at, &letter);
		char folded[4];
		size_t count;

		if (letter < 0x80)
		{
			bool small = letter >= 'a' && letter <= 'z';
			bool counts =
				small || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');

			folded[0] = (char) (small ? letter - 'a' + 'A' : letter);
			count = counts ? 1 : 0;
		}
		else if (letter == 0xA0)
			count = 0; /* a blank that does not break */
		else
			count = put_latin(letter, fold, folded);
		if (count == 0)
			apart = written > 0;
		else
		{
			if (apart)
				key[written++] = ' ';
			apart = false;
			if (letter >= 0x80 && count == sizeof(folded))
				memcpy(key + written, text + at, count = bytes); /* not a letter we know */
			else
				memcpy(key + written, folded, count);
			written += count;
		}
		at += bytes;
	}
	return written;
}

/* Broken UTF-8 is taken byte by byte, as letters that nobody knows. */
static size_t
decode(const char *text, size_t length, uint32_t *letter)
{
	unsigned char first = (unsigned char) text[0];
	size_t bytes = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;

	if (bytes > length)
		bytes = 1;
	for (size_t i = 1; i < bytes; i++)
		if (((unsigned char) text[i] & 0xC0) != 0x80)
			bytes = 1;
	*letter = bytes == 2   ? (uint32_t) (first & 0x1F) << 6 | ((unsigned char) text[1] & 0x3F)
			  : bytes == 1 ? first
						   : UINT32_MAX;
	if (bytes == 1 && first >= 0x80)
		*letter = UINT32_MAX;
	return bytes;
}

static uint32_t
upper_latin(uint32_t letter)
{
	if (letter >= 0xE0 && letter <= 0xFE && letter != 0xF7)
		return letter - 0x20;
	if (letter == 0xFF)
		return 0x178;
	if ((letter >= 0x139 && letter <= 0x148) || (letter >= 0x179 && letter <= 0x17E))
		return letter % 2 == 0 ? letter - 1 : letter;
	if ((letter >= 0x100 && letter <= 0x137 && letter != 0x131) ||
		(letter >= 0x14A && letter <= 0x177) || (letter >= 0x218 && letter <= 0x21B))
		return letter % 2 != 0 ? letter - 1 : letter;
	return letter;
}

/* Returns 4 when the letter is to be copied as it is, 0 when it is none. */
static size_t
put_latin(uint32_t letter, AddressFold fold, char *key)
{
	uint32_t upper = upper_latin(letter);

	if (upper > 0x21B || (upper > LAST_LATIN && upper < 0x218))
		return 4;
	if (upper < FIRST_LATIN || upper == 0xD7 || upper == 0xF7)
		return 0;
	for (size_t i = 0; fold != ADDRESS_CASE && i < sizeof(long_forms) / sizeof(long_forms[0]); i++)
		if (long_forms[i].upper == upper)
		{
			const char *form = fold == ADDRESS_PLAIN ? long_forms[i].plain : long_forms[i].spelled;

			memcpy(key, form, strlen(form));
			return strlen(form);
		}
	if (fold == ADDRESS_CASE)
	{
		key[0] = (char) (0xC0 | upper >> 6);
		key[1] = (char) (0x80 | (upper & 0x3F));
		return 2;
	}
	key[0] = upper >= 0x218 ? (upper < 0x21A ? 'S' : 'T') : latin_base[upper - FIRST_LATIN];
	return 1;
}

AddressSlip
address_slip(const char *given, size_t given_length, const char *meant, size_t meant_length)
{
	size_t shorter = given_length < meant_length ? given_length : meant_length;
	size_t head = 0, tail = 0;
	size_t given_rest, meant_rest;

	while (head < shorter && given[head] == meant[head])
		head++;
	while (tail < shorter - head &&
		   given[given_length - 1 - tail] == meant[meant_length - 1 - tail])
		tail++;
	given_rest = given_length - head - tail;
	meant_rest = meant_length - head - tail;
	if (given_rest == 0 && meant_rest == 0)
		return SLIP_NONE;
	if (given_rest == 0 && meant_rest == 1)
		return SLIP_MISSING;
	if (given_rest == 1 && meant_rest == 0)
		return SLIP_EXTRA;
	if (given_rest == 1 && meant_rest == 1)
		return SLIP_REPLACED;
	if (given_rest == 2 && meant_rest == 2 && given[head] == meant[head + 1] &&
		given[head + 1] == meant[head])
		return SLIP_SWAPPED;
	return SLIP_MORE;
}

const char *
address_slip_name(AddressSlip slip)
{
	static const char *const names[] = {NULL, "swapped", "replaced", "missing", "extra", NULL};

	return names[slip];
}
