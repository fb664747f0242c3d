/*
 * range_coder.h: symbols of known probability into almost as many bits as they carry.
 *
 * The coder keeps an interval of 48 bits.  A symbol is a share of it: its frequency of a total of
 * 65,536 (range_encode), or one of n equal parts (range_encode_even).  The bytes are those of the
 * smallest number of bytes inside the last interval; a reader takes zeros beyond their end.  The
 * reader does not find mistakes: what is read from broken bytes is some sequence of symbols.
 */
#ifndef CORE_RANGE_CODER_H
#define CORE_RANGE_CODER_H

#include "core/buffer.h"

#define RANGE_TOTAL_BITS 16
#define RANGE_TOTAL (1U << RANGE_TOTAL_BITS)

typedef struct RangeEncoder
{
	ByteBuffer *out;
	uint64_t low, range;
	uint64_t pending; /* bytes of 255 that a carry would still change */
	int held;		  /* the byte before them, -1 at the start */
} RangeEncoder;

typedef struct RangeDecoder
{
	const uint8_t *next, *end;
	uint64_t code, range;
} RangeDecoder;

extern void range_encoder_start(RangeEncoder *encoder, ByteBuffer *out);
extern void range_encode(RangeEncoder *encoder, uint32_t before, uint32_t frequency);
extern void range_encode_even(RangeEncoder *encoder, uint32_t symbol, uint32_t count);
extern void range_encoder_finish(RangeEncoder *encoder);

extern void range_decoder_start(RangeDecoder *decoder, const void *bytes, size_t length);

static inline void
range_decoder_fill(RangeDecoder *decoder)
{
	while (decoder->range < (uint64_t) 1 << 40)
	{
		decoder->code = (decoder->code << 8) | (decoder->next < decoder->end ? *decoder->next : 0);
		decoder->next += decoder->next < decoder->end;
		decoder->range <<= 8;
	}
}

/* Where in the total the next symbol lies; tell range_decode_done which it is. */
static inline uint32_t
range_decode(const RangeDecoder *decoder)
{
	uint64_t at = decoder->code / (decoder->range >> RANGE_TOTAL_BITS);

	return at < RANGE_TOTAL ? (uint32_t) at : RANGE_TOTAL - 1;
}

static inline void
range_decode_done(RangeDecoder *decoder, uint32_t before, uint32_t frequency)
{
	uint64_t unit = decoder->range >> RANGE_TOTAL_BITS;

	decoder->code -= unit * before;
	decoder->range = unit * frequency;
	range_decoder_fill(decoder);
}

/* count at least 1 */
static inline uint32_t
range_decode_even(RangeDecoder *decoder, uint32_t count)
{
	uint64_t unit = decoder->range / count;
	uint64_t symbol = decoder->code / unit;

	if (symbol >= count)
		symbol = count - 1;
	decoder->code -= unit * symbol;
	decoder->range = unit;
	range_decoder_fill(decoder);
	return (uint32_t) symbol;
}

#endif
