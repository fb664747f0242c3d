/*
 * range_coder.c: the writing half of the range coder, with carries into bytes that are held back.
 */
#include "core/range_coder.h"

#define WHOLE ((uint64_t) 1 << 48)
#define TOP_BYTE ((uint64_t) 255 << 40)

void
range_encoder_start(RangeEncoder *encoder, ByteBuffer *out)
{
	*encoder = (RangeEncoder){.out = out, .range = WHOLE, .held = -1};
}

/* Gives the first byte of low out, or holds it back while a carry may still come. */
static void
shift_low(RangeEncoder *encoder)
{
	int carry = encoder->low >= WHOLE;

	if (encoder->low < TOP_BYTE || carry)
	{
		if (encoder->held >= 0)
			buffer_append_char(encoder->out, (char) (encoder->held + carry));
		for (; encoder->pending > 0; encoder->pending--)
			buffer_append_char(encoder->out, (char) (255 + carry));
		encoder->held = (int) (encoder->low >> 40) & 255;
	}
	else
		encoder->pending++;
	encoder->low = (encoder->low & (((uint64_t) 1 << 40) - 1)) << 8;
}

static void
narrow(RangeEncoder *encoder, uint64_t from, uint64_t range)
{
	encoder->low += from;
	encoder->range = range;
	while (encoder->range < (uint64_t) 1 << 40)
	{
		shift_low(encoder);
		encoder->range <<= 8;
	}
}

void
range_encode(RangeEncoder *encoder, uint32_t before, uint32_t frequency)
{
	uint64_t unit = encoder->range >> RANGE_TOTAL_BITS;

	narrow(encoder, unit * before, unit * frequency);
}

void
range_encode_even(RangeEncoder *encoder, uint32_t symbol, uint32_t count)
{
	uint64_t unit = encoder->range / count;

	narrow(encoder, unit * symbol, unit);
}

/* The reader takes zeros for what is missing, so the fewest bytes that stay inside are enough. */
void
range_encoder_finish(RangeEncoder *encoder)
{
	for (int bytes = 1; bytes <= 6; bytes++)
	{
		uint64_t rest = (WHOLE >> (8 * bytes)) - 1;
		uint64_t value = (encoder->low + rest) & ~rest;

		if (value >= encoder->low + encoder->range)
			continue;
		encoder->low = value;
		for (int i = 0; i <= bytes; i++)
			shift_low(encoder);
		return;
	}
}

void
range_decoder_start(RangeDecoder *decoder, const void *bytes, size_t length)
{
	decoder->next = bytes;
	decoder->end = decoder->next + length;
	decoder->code = 0;
	for (int i = 0; i < 6; i++)
	{
		decoder->code = (decoder->code << 8) | (decoder->next < decoder->end ? *decoder->next : 0);
		decoder->next += decoder->next < decoder->end;
	}
	decoder->range = WHOLE;
}
