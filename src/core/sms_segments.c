/*
 * sms_segments.c: septets, UCS-2 units and parts.
 */
#include "core/sms_segments.h"

/* Letters beyond ASCII of the default alphabet, ascending. */
static const uint16_t letters[] = {0x00A1, 0x00A3, 0x00A4, 0x00A5, 0x00A7, 0x00BF, 0x00C4, 0x00C5,
								   0x00C6, 0x00C7, 0x00C9, 0x00D1, 0x00D6, 0x00D8, 0x00DC, 0x00DF,
								   0x00E0, 0x00E4, 0x00E5, 0x00E6, 0x00E8, 0x00E9, 0x00EC, 0x00F1,
								   0x00F2, 0x00F6, 0x00F8, 0x00F9, 0x00FC, 0x0393, 0x0394, 0x0398,
								   0x039B, 0x039E, 0x03A0, 0x03A3, 0x03A6, 0x03A8, 0x03A9};

/* The next character, taken off text; U+FFFD for what is no UTF-8. */
static uint32_t
take_character(Slice *text)
{
	const unsigned char *at = (const unsigned char *) text->bytes;
	size_t length = *at < 0x80 ? 1 : *at < 0xE0 ? 2 : *at < 0xF0 ? 3 : 4;
	uint32_t character;

	if (length > text->length || (*at >= 0x80 && *at < 0xC2) || *at > 0xF4)
	{
		text->bytes++;
		text->length--;
		return 0xFFFD;
	}
	character = length == 1 ? *at : *at & (0xFFu >> (length + 1));
	for (size_t i = 1; i < length; i++)
		character = character << 6 | (at[i] & 0x3F);
	text->bytes += length;
	text->length -= length;
	return character;
}

/* Septets of a character in the default alphabet: 2 with the escape before it, 0 if it has none. */
static int
septets_of(uint32_t character)
{
	int low = 0, high = (int) (sizeof(letters) / sizeof(letters[0])) - 1;

	if (character < 0x80)
	{
		switch (character)
		{
			case '\f':
			case '^':
			case '{':
			case '}':
			case '\\':
			case '[':
			case '~':
			case ']':
			case '|':
				return 2;
			case '`':
			case 0x7F:
				return 0;
			default:
				return character >= 0x20 || character == '\n' || character == '\r' ? 1 : 0;
		}
	}
	if (character == 0x20AC)
		return 2;
	while (low <= high)
	{
		int middle = (low + high) / 2;

		if (letters[middle] == character)
			return 1;
		if (letters[middle] < character)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return 0;
}

static int
units_of(bool ucs2, uint32_t character)
{
	return !ucs2 ? septets_of(character) : character > 0xFFFF ? 2 : 1;
}

static int
segment_room(const SmsCount *count)
{
	if (count->ucs2)
		return count->units <= 70 ? 70 : 67;
	return count->units <= 160 ? 160 : 153;
}

void
sms_count(Slice text, SmsCount *count)
{
	Slice rest = text, segment;

	*count = (SmsCount){false, 0, 0, 0};
	while (rest.length > 0 && !count->ucs2)
	{
		uint32_t character = take_character(&rest);

		count->ucs2 = septets_of(character) == 0;
		count->forced_by = count->ucs2 ? character : 0;
	}
	for (rest = text; rest.length > 0;)
		count->units += units_of(count->ucs2, take_character(&rest));
	for (rest = text; sms_next_segment(count, &rest, &segment);)
		count->segments++;
}

bool
sms_next_segment(const SmsCount *count, Slice *rest, Slice *segment)
{
	int room = segment_room(count);

	if (rest->length == 0)
		return false;
	*segment = (Slice){rest->bytes, 0};
	while (rest->length > 0)
	{
		Slice after = *rest;
		int units = units_of(count->ucs2, take_character(&after));

		if (units > room)
			break;
		room -= units;
		segment->length += rest->length - after.length;
		*rest = after;
	}
	return true;
}
