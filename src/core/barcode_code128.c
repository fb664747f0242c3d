/*
 * barcode_code128.c: choice of code sets by dynamic programming, from the end of the text.
 *
 * least[i][s] is the least number of symbols for the text from character i in code set s.  Ties go
 * to the plain symbol, then the shift, then the switch to the lower set, so the same text always
 * gives the same bars.
 */
#include "core/barcode_code128.h"

#include <string.h>

enum
{
	SET_A,
	SET_B,
	SET_C,
	SET_COUNT
};

#define SYMBOL_SHIFT 98
#define SYMBOL_FNC1 102 /* in every set */
#define SYMBOL_START_A 103
#define SYMBOL_STOP 106
#define IMPOSSIBLE 100000

/* How to reach a code set from another one; the symbol differs by the set one stands in. */
static const uint8_t switch_symbol[SET_COUNT][SET_COUNT] = {
	{0, 100, 99}, {101, 0, 99}, {101, 100, 0}};

/* Widths of bar, space, bar, space, bar, space of symbols 0 to 105 (ISO/IEC 15417, table 1). */
static const char patterns[106][7] = {
	"212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212",
	"221213", "221312", "231212", "112232", "122132", "122231", "113222", "123122", "123221",
	"223211", "221132", "221231", "213212", "223112", "312131", "311222", "321122", "321221",
	"312212", "322112", "322211", "212123", "212321", "232121", "111323", "131123", "131321",
	"112313", "132113", "132311", "211313", "231113", "231311", "112133", "112331", "132131",
	"113123", "113321", "133121", "313121", "211331", "231131", "213113", "213311", "213131",
	"311123", "311321", "331121", "312113", "312311", "332111", "314111", "221411", "431111",
	"111224", "111422", "121124", "121421", "141122", "141221", "112214", "112412", "122114",
	"122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111", "111242",
	"121142", "121241", "114212", "124112", "124211", "411212", "421112", "421211", "212141",
	"214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311",
	"113141", "114131", "311141", "411131", "211412", "211214", "211232"};

/* Symbol of a character in set A or B, -1 if the set lacks it. */
static int
symbol_in(int set, unsigned char character)
{
	if (set == SET_A && character < 96)
		return character < 32 ? character + 64 : character - 32;
	if (set == SET_B && character >= 32)
		return character - 32;
	return -1;
}

static bool
is_pair(const char *text, size_t length, size_t at)
{
	return at + 1 < length && text[at] >= '0' && text[at] <= '9' && text[at + 1] >= '0' &&
		   text[at + 1] <= '9';
}

/* Cost of the next symbols without leaving the set, and how many characters they take. */
static int
stay_cost(const int least[][SET_COUNT], const char *text, size_t length, size_t at, int set)
{
	if (set == SET_C)
		return is_pair(text, length, at) ? 1 + least[at + 2][SET_C] : IMPOSSIBLE;
	return (symbol_in(set, (unsigned char) text[at]) >= 0 ? 1 : 2) + least[at + 1][set];
}

static void
fill_costs(int least[][SET_COUNT], const char *text, size_t length)
{
	for (int set = 0; set < SET_COUNT; set++)
		least[length][set] = 0;
	for (size_t at = length; at-- > 0;)
	{
		int stay[SET_COUNT];

		for (int set = 0; set < SET_COUNT; set++)
			stay[set] = stay_cost(least, text, length, at, set);
		for (int set = 0; set < SET_COUNT; set++)
		{
			least[at][set] = stay[set];
			for (int to = 0; to < SET_COUNT; to++)
				if (to != set && stay[to] + 1 < least[at][set])
					least[at][set] = stay[to] + 1;
		}
	}
}

static void
put(Code128 *code, int symbol)
{
	code->symbols[code->symbol_count++] = (uint8_t) symbol;
}

static void
put_symbols(Code128 *code, const int least[][SET_COUNT], const char *text, size_t length)
{
	int set = least[0][SET_A] <= least[0][SET_B] ? SET_A : SET_B;
	size_t at = 0;

	if (least[0][SET_C] < least[0][set])
		set = SET_C;
	else if (least[0][SET_B] == least[0][set])
		set = SET_B;
	put(code, SYMBOL_START_A + set);
	while (at < length)
	{
		if (stay_cost(least, text, length, at, set) > least[at][set])
		{
			int to = 0;

			while (to == set || stay_cost(least, text, length, at, to) + 1 != least[at][set])
				to++;
			put(code, switch_symbol[set][to]);
			set = to;
		}
		if (set == SET_C)
		{
			put(code, (text[at] - '0') * 10 + text[at + 1] - '0');
			at += 2;
			continue;
		}
		if (symbol_in(set, (unsigned char) text[at]) < 0)
		{
			put(code, SYMBOL_SHIFT);
			put(code, symbol_in(SET_A + SET_B - set, (unsigned char) text[at]));
		}
		else
			put(code, symbol_in(set, (unsigned char) text[at]));
		at++;
	}
}

static void
put_end(Code128 *code)
{
	int sum = code->symbols[0];

	for (int i = 1; i < code->symbol_count; i++)
		sum += i * code->symbols[i];
	put(code, sum % 103);
	put(code, SYMBOL_STOP);
}

PortStatus
code128_encode(Code128 *code, const char *text, size_t length)
{
	int least[CODE128_MAX_TEXT + 1][SET_COUNT];

	code->symbol_count = 0;
	if (length > CODE128_MAX_TEXT)
		return PORT_TOO_LARGE;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char) text[i] > 127)
			return PORT_INVALID;
	if (length == 0)
		return PORT_INVALID;
	fill_costs(least, text, length);
	put_symbols(code, (const int(*)[SET_COUNT]) least, text, length);
	put_end(code);
	return PORT_OK;
}

PortStatus
code128_encode_gs1(Code128 *code, const char *text, size_t length)
{
	PortStatus status = code128_encode(code, text, length);

	if (status != PORT_OK)
		return status;
	code->symbol_count -= 2; /* check and stop */
	memmove(code->symbols + 2, code->symbols + 1, (size_t) code->symbol_count - 1);
	code->symbols[1] = SYMBOL_FNC1;
	code->symbol_count++;
	put_end(code);
	return PORT_OK;
}

int
code128_modules(const Code128 *code)
{
	return 11 * code->symbol_count + 2;
}

int
code128_widths(int symbol, uint8_t widths[7])
{
	const char *pattern = symbol == SYMBOL_STOP ? "2331112" : patterns[symbol];
	int count = 0;

	for (; count < 7 && pattern[count] != '\0'; count++)
		widths[count] = (uint8_t) (pattern[count] - '0');
	return count;
}
