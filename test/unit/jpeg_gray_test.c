/*
 * jpeg_gray_test.c: colours are taken out of JPEGs of every shape, and broken ones are refused.
 * The sums are those of results whose pixels jpegtran -grayscale gives too.
 */
#include "check.h"

#include "core/jpeg_gray.h"
#include "jpeg_fixtures.h"

#include <stdlib.h>
#include <string.h>

typedef struct Sample
{
	const char *name;
	const unsigned char *bytes;
	size_t length;
	uint64_t sum;
} Sample;

static const Sample samples[] = {
	{"restarts", jpeg_restarts, sizeof(jpeg_restarts), UINT64_C(0xE0E37A3EFF37B4A2)},
	{"progressive", jpeg_progressive, sizeof(jpeg_progressive), UINT64_C(0x0A12505E5D7B6996)},
	{"pairs", jpeg_pairs, sizeof(jpeg_pairs), UINT64_C(0x812D07FA48A65926)},
	{"scans", jpeg_scans, sizeof(jpeg_scans), UINT64_C(0x41AD6D76F2BA8A0B)}};

static PortStatus
made(const void *bytes, size_t length, ByteBuffer *out, PortFault *fault)
{
	memset(fault, 0, sizeof(*fault));
	buffer_reset(out);
	return jpeg_make_gray(&port_malloc, bytes, length, out, fault);
}

static uint64_t
sum_of(const ByteBuffer *out)
{
	uint64_t sum = UINT64_C(0xCBF29CE484222325);

	for (size_t i = 0; i < out->length; i++)
		sum = (sum ^ (uint8_t) out->bytes[i]) * UINT64_C(0x100000001B3);
	return sum;
}

/* One component, and no segment of the colours left. */
static void
check_shape(const ByteBuffer *out)
{
	size_t at = 2;
	int frames = 0, scans = 0;
	const uint8_t *bytes = (const uint8_t *) out->bytes;

	while (at + 4 <= out->length && bytes[at] == 0xFF && bytes[at + 1] != 0xD9)
	{
		const uint8_t *segment = bytes + at;

		at += 2 + ((size_t) segment[2] << 8 | segment[3]);
		if (segment[1] >= 0xC0 && segment[1] <= 0xC2 && ++frames > 0)
			CHECK(segment[9] == 1 && segment[11] == 0x11);
		if (segment[1] != 0xDA)
			continue;
		scans++;
		CHECK(segment[4] == 1);
		while (at + 1 < out->length &&
			   !(bytes[at] == 0xFF && bytes[at + 1] != 0 && (bytes[at + 1] & 0xF8) != 0xD0))
			at++;
	}
	CHECK(frames == 1 && scans >= 1);
	CHECK(at + 2 == out->length);
}

/* Cut and changed: a status, never a look beyond the bytes. */
static void
check_broken(const Sample *sample, ByteBuffer *out)
{
	PortFault fault;
	int refused = 0;

	for (size_t length = 0; length < sample->length; length++)
	{
		unsigned char *cut = malloc(length + 1);

		memcpy(cut, sample->bytes, length);
		refused += made(cut, length, out, &fault) == PORT_INVALID && fault.message[0] != '\0';
		free(cut);
	}
	CHECK(refused == (int) sample->length);
	for (size_t bit = 16; bit < sample->length * 8; bit++)
	{
		unsigned char *changed = malloc(sample->length);
		PortStatus status;

		memcpy(changed, sample->bytes, sample->length);
		changed[bit / 8] ^= (unsigned char) (1 << bit % 8);
		/* as large as its head says: what a caller looks at first */
		status = made(changed, sample->length, out, &fault);
		if (status != PORT_OK && status != PORT_INVALID)
			CHECK(status == PORT_OK || status == PORT_INVALID);
		free(changed);
	}
}

int
main(void)
{
	ByteBuffer out;
	PortFault fault;
	unsigned char changed[sizeof(jpeg_pairs)];

	buffer_init(&out, &port_malloc);
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
	{
		CHECK(made(samples[i].bytes, samples[i].length, &out, &fault) == PORT_OK);
		CHECK(sum_of(&out) == samples[i].sum);
		check_shape(&out);
		check_broken(&samples[i], &out);
	}
	/* the names of components that other programs give to red, green and blue */
	memcpy(changed, jpeg_pairs, sizeof(changed));
	for (size_t i = 0; i + 19 < sizeof(changed); i++)
		if (changed[i] == 0xFF && changed[i + 1] == 0xC0)
			changed[i + 10] = 'R', changed[i + 13] = 'G', changed[i + 16] = 'B';
	CHECK(made(changed, sizeof(changed), &out, &fault) == PORT_INVALID);
	CHECK_TEXT(fault.rule, "IMAGE-KIND");
	buffer_release(&out);
	return check_done();
}
