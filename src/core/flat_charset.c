/*
 * flat_charset.c: ISO-8859-1, -15, windows-1252 and checked UTF-8.
 */
#include "core/flat_charset.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#define REPLACEMENT 0xFFFD

/* windows-1252, 0x80 to 0x9F; 0 = not assigned */
static const uint16_t cp1252_upper[32] = {
	0x20AC, 0,		0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
	0x2039, 0x0152, 0,		0x017D, 0,		0,		0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
	0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,		0x017E, 0x0178,
};

static size_t utf8_valid_length(const unsigned char *bytes, size_t length);
static unsigned code_point(FlatCharset charset, unsigned char byte);
static size_t put_utf8(char *out, unsigned code);

bool
flat_parse_charset(const char *name, FlatCharset *charset)
{
	static const struct
	{
		const char *name;
		FlatCharset charset;
	} names[] = {
		{"UTF-8", FLAT_UTF8},		   {"ISO-8859-1", FLAT_LATIN1}, {"ISO-8859-15", FLAT_LATIN9},
		{"windows-1252", FLAT_CP1252}, {"CP1252", FLAT_CP1252},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(names[i].name, name) == 0)
		{
			*charset = names[i].charset;
			return true;
		}
	return false;
}

bool
flat_is_plain(const char *bytes, size_t length)
{
	size_t i = 0;

	/* eight at a time: a high bit, or a zero byte (the usual borrow trick, exact for plain bytes)
	 */
	for (; i + 8 <= length; i += 8)
	{
		uint64_t word;

		memcpy(&word, bytes + i, 8);
		if ((word | (word - UINT64_C(0x0101010101010101))) & UINT64_C(0x8080808080808080))
			return false;
	}
	for (; i < length; i++)
		if (bytes[i] <= 0)
			return false;
	return true;
}

size_t
flat_to_utf8(FlatCharset charset, const char *bytes, size_t length, char *out, size_t *wrong)
{
	const unsigned char *in = (const unsigned char *) bytes;
	char *start = out;
	size_t i = 0;

	while (i < length)
	{
		unsigned code;

		/* eight ASCII characters at a time: no high bit, and no byte that a borrow shows to be 0 */
		while (length - i >= sizeof(uint64_t))
		{
			uint64_t word;

			memcpy(&word, in + i, sizeof(word));
			if (((word | (word - UINT64_C(0x0101010101010101))) & UINT64_C(0x8080808080808080)) !=
				0)
				break;
			memcpy(out, &word, sizeof(word));
			out += sizeof(word);
			i += sizeof(word);
		}
		if (i == length)
			break;
		if (in[i] != 0 && in[i] < 0x80)
		{
			*out++ = (char) in[i++];
			continue;
		}
		if (charset == FLAT_UTF8)
		{
			size_t step = in[i] == 0 ? 0 : utf8_valid_length(in + i, length - i);

			if (step > 0)
			{
				memcpy(out, in + i, step);
				out += step;
				i += step;
				continue;
			}
			code = 0;
		}
		else
			code = code_point(charset, in[i]);
		if (code == 0)
		{
			(*wrong)++;
			code = REPLACEMENT;
		}
		out += put_utf8(out, code);
		i++;
	}
	return (size_t) (out - start);
}

/* Length of the sequence at the start if it is well formed (no surrogates, no overlong forms), else
 * 0. */
static size_t
utf8_valid_length(const unsigned char *bytes, size_t length)
{
	unsigned char lead = bytes[0];
	size_t need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;

	if (lead < 0xC2 || lead > 0xF4 || length < need)
		return 0;
	for (size_t i = 1; i < need; i++)
		if ((bytes[i] & 0xC0) != 0x80)
			return 0;
	if ((lead == 0xE0 && bytes[1] < 0xA0) || (lead == 0xED && bytes[1] > 0x9F) ||
		(lead == 0xF0 && bytes[1] < 0x90) || (lead == 0xF4 && bytes[1] > 0x8F))
		return 0;
	return need;
}

static unsigned
code_point(FlatCharset charset, unsigned char byte)
{
	if (charset == FLAT_CP1252 && byte >= 0x80 && byte < 0xA0)
		return cp1252_upper[byte - 0x80];
	/* C1 controls are no text */
	if (byte < 0xA0)
		return 0;
	if (charset == FLAT_LATIN9)
		switch (byte)
		{
			case 0xA4:
				return 0x20AC;
			case 0xA6:
				return 0x0160;
			case 0xA8:
				return 0x0161;
			case 0xB4:
				return 0x017D;
			case 0xB8:
				return 0x017E;
			case 0xBC:
				return 0x0152;
			case 0xBD:
				return 0x0153;
			case 0xBE:
				return 0x0178;
			default:
				break;
		}
	return byte;
}

static size_t
put_utf8(char *out, unsigned code)
{
	if (code < 0x800)
	{
		out[0] = (char) (0xC0 | code >> 6);
		out[1] = (char) (0x80 | (code & 0x3F));
		return 2;
	}
	out[0] = (char) (0xE0 | code >> 12);
	out[1] = (char) (0x80 | (code >> 6 & 0x3F));
	out[2] = (char) (0x80 | (code & 0x3F));
	return 3;
}
