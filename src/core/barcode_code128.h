/*
 * barcode_code128.h: Code 128 (ISO/IEC 15417) with the least possible number of symbols.
 */
#ifndef CORE_BARCODE_CODE128_H
#define CORE_BARCODE_CODE128_H

#include "core/port.h"

#define CODE128_MAX_TEXT 100 /* a longer code does not fit the width of a page */
#define CODE128_MAX_SYMBOLS (CODE128_MAX_TEXT * 2 + 4)

typedef struct Code128
{
	int symbol_count; /* with start, check and stop */
	uint8_t symbols[CODE128_MAX_SYMBOLS];
} Code128;

/* ASCII text; PORT_TOO_LARGE when it is too long, PORT_INVALID for other characters or none. */
extern PortStatus code128_encode(Code128 *code, const char *text, size_t length);

/* The same as GS1-128: the symbol FNC1 stands before the text. */
extern PortStatus code128_encode_gs1(Code128 *code, const char *text, size_t length);

/* Width in modules, without the quiet zone of 10 modules that belongs on either side. */
extern int code128_modules(const Code128 *code);

/* The six (stop: seven) widths of a symbol in modules, bar first; returns how many. */
extern int code128_widths(int symbol, uint8_t widths[7]);

#endif
