/*
 * barcode_itf.c: two digits share five bars and five spaces; wide elements are three modules.
 */
#include "core/barcode_itf.h"

#define WIDE 3

/* Weights 1 2 4 7 and parity: bit 4 is the first element, set = wide. */
static const uint8_t patterns[10] = {0x06, 0x11, 0x09, 0x18, 0x05, 0x14, 0x0C, 0x03, 0x12, 0x0A};

static void
put_element(ItfCode *code, bool wide)
{
	uint8_t width = wide ? WIDE : 1;

	code->widths[code->element_count++] = width;
	code->modules += width;
}

PortStatus
itf_encode(ItfCode *code, const char *digits, size_t length)
{
	code->element_count = code->modules = 0;
	if (length > ITF_MAX_DIGITS)
		return PORT_TOO_LARGE;
	if (length == 0 || length % 2 != 0)
		return PORT_INVALID;
	for (size_t i = 0; i < length; i++)
		if (digits[i] < '0' || digits[i] > '9')
			return PORT_INVALID;
	for (int i = 0; i < 4; i++)
		put_element(code, false);
	for (size_t i = 0; i < length; i += 2)
		for (int bit = 4; bit >= 0; bit--)
		{
			put_element(code, (patterns[digits[i] - '0'] >> bit) & 1);
			put_element(code, (patterns[digits[i + 1] - '0'] >> bit) & 1);
		}
	put_element(code, true);
	put_element(code, false);
	put_element(code, false);
	return PORT_OK;
}
