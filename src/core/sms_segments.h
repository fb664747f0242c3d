/*
 * sms_segments.h: how a text travels as SMS.
 *
 * The alphabet and its extension table are those of 3GPP TS 23.038 (GSM 03.38), the lengths of
 * parts those of TS 23.040: 160 septets or 70 UCS-2 units in one message, 153 or 67 in each of
 * several, because each then carries a header.  No part ends between the escape and its character,
 * nor between the halves of a surrogate pair.
 */
#ifndef CORE_SMS_SEGMENTS_H
#define CORE_SMS_SEGMENTS_H

#include "core/invoice.h"

typedef struct SmsCount
{
	bool ucs2;
	uint32_t forced_by; /* first character that only UCS-2 has, 0 = none */
	int units;			/* septets or UCS-2 units of the text */
	int segments;		/* 0 of an empty text */
} SmsCount;

extern void sms_count(Slice text, SmsCount *count);
/* Takes the next part off *rest; false at the end.  count is that of the whole text. */
extern bool sms_next_segment(const SmsCount *count, Slice *rest, Slice *segment);

#endif
