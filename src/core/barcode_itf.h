/*
 * barcode_itf.h: Interleaved 2 of 5 (ISO/IEC 16390).
 */
#ifndef CORE_BARCODE_ITF_H
#define CORE_BARCODE_ITF_H

#include "core/port.h"

#define ITF_MAX_DIGITS 60
#define ITF_MAX_ELEMENTS (ITF_MAX_DIGITS * 5 + 7)

typedef struct ItfCode
{
	int element_count; /* bars and spaces by turns, a bar first */
	int modules;	   /* width, without the quiet zone of 10 modules that belongs on either side */
	uint8_t widths[ITF_MAX_ELEMENTS];
} ItfCode;

/* An even number of digits: PORT_INVALID for others, PORT_TOO_LARGE when there are too many. */
extern PortStatus itf_encode(ItfCode *code, const char *digits, size_t length);

#endif
