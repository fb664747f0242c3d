/*
 * text_latin9.c: UTF-8 to ISO-8859-15.
 */
#include "core/text_latin9.h"

/* Where ISO-8859-15 differs from the first 256 code points. */
static const struct
{
	uint16_t code;
	uint8_t byte;
} changed[] = {{0x20AC, 0xA4}, {0x160, 0xA6}, {0x161, 0xA8}, {0x17D, 0xB4},
			   {0x17E, 0xB8},  {0x152, 0xBC}, {0x153, 0xBD}, {0x178, 0xBE}};

/* The byte of a character, 0 if there is none. */
static uint8_t
byte_of(uint32_t code)
{
	for (size_t i = 0; i < sizeof(changed) / sizeof(*changed); i++)
	{
		if (changed[i].code == code)
			return changed[i].byte;
		if (changed[i].byte == code)
			return 0;
	}
	return code >= 0xA0 && code <= 0xFF ? (uint8_t) code : 0;
}

static uint32_t
decode(const unsigned char *at, size_t left, size_t *length)
{
	size_t more = *at >= 0xF0 ? 3 : *at >= 0xE0 ? 2 : 1;
	uint32_t code = *at & (0x3Fu >> more);

	*length = more < left ? more + 1 : left;
	for (size_t i = 1; i < *length; i++)
		code = code << 6 | (at[i] & 0x3F);
	return code;
}

void
latin9_append_xml(ByteBuffer *out, const char *bytes, size_t length)
{
	const unsigned char *at = (const unsigned char *) bytes, *end = at + length, *start = at;

	while (at < end)
	{
		size_t used;
		uint32_t code;
		uint8_t byte;

		if (*at < 0x80)
		{
			at++;
			continue;
		}
		buffer_append(out, start, (size_t) (at - start));
		code = decode(at, (size_t) (end - at), &used);
		byte = byte_of(code);
		if (byte != 0)
			buffer_append_char(out, (char) byte);
		else
			buffer_printf(out, "&#%u;", (unsigned) code);
		at += used;
		start = at;
	}
	buffer_append(out, start, (size_t) (at - start));
}
