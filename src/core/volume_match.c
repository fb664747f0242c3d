/*
 * volume_match.c: finds long pieces of a shared text in documents.
 *
 * Shared is cut into blocks of 32 bytes, which go into a hash table; a rolling hash looks for them
 * at every position of the document, and a hit is extended in both directions (the method of rsync
 * and of zdelta).  One table slot a hash: of equal blocks the first stays, which is enough, since
 * extension finds the rest.
 */
#include "core/volume_match.h"

#include <string.h>

#define ROLL_BASE 0x08104225U /* odd, so that no byte is lost */

struct VolumeMatcher
{
	const Port *port;
	const char *shared;
	size_t length;
	uint32_t leaving; /* ROLL_BASE to the power VOLUME_BLOCK */
	int shift;
	uint32_t *slots; /* position + 1 of a block, 0 = none */
};

static uint32_t
roll_start(const char *bytes)
{
	uint32_t hash = 0;

	for (int i = 0; i < VOLUME_BLOCK; i++)
		hash = hash * ROLL_BASE + (uint8_t) bytes[i] + 1;
	return hash;
}

static uint32_t
roll_on(const VolumeMatcher *matcher, uint32_t hash, char out, char in)
{
	return hash * ROLL_BASE + (uint8_t) in + 1 - matcher->leaving * ((uint32_t) (uint8_t) out + 1);
}

static uint32_t *
slot_of(const VolumeMatcher *matcher, uint32_t hash)
{
	return &matcher->slots[(hash * 0x9E3779B1U) >> matcher->shift];
}

VolumeMatcher *
volume_matcher_open(const Port *port, const char *shared, size_t length)
{
	VolumeMatcher *matcher = port->alloc(port->host, sizeof(VolumeMatcher));
	size_t slots = 64;

	if (matcher == NULL)
		return NULL;
	matcher->port = port;
	matcher->shared = shared;
	matcher->length = length;
	matcher->shift = 32 - 6;
	while (slots < length / VOLUME_BLOCK * 4 && matcher->shift > 4)
	{
		slots *= 2;
		matcher->shift--;
	}
	matcher->leaving = 1;
	for (int i = 0; i < VOLUME_BLOCK; i++)
		matcher->leaving *= ROLL_BASE;
	matcher->slots = port_alloc_array(port, slots, sizeof(uint32_t));
	if (matcher->slots == NULL)
	{
		port->release(port->host, matcher);
		return NULL;
	}
	memset(matcher->slots, 0, slots * sizeof(uint32_t));
	for (size_t at = 0; at + VOLUME_BLOCK <= length; at += VOLUME_BLOCK)
	{
		uint32_t *slot = slot_of(matcher, roll_start(shared + at));

		if (*slot == 0)
			*slot = (uint32_t) at + 1;
	}
	return matcher;
}

void
volume_matcher_close(VolumeMatcher *matcher)
{
	if (matcher == NULL)
		return;
	matcher->port->release(matcher->port->host, matcher->slots);
	matcher->port->release(matcher->port->host, matcher);
}

/* A font is one long piece: so much of it is compared at once. */
#define LONG_STEP 512

/* How many of the first most bytes are equal. */
static size_t
equal_bytes(const char *a, const char *b, size_t most)
{
	size_t same = 0;

	while (same + LONG_STEP <= most && memcmp(a + same, b + same, LONG_STEP) == 0)
		same += LONG_STEP;
	while (same + 8 <= most && memcmp(a + same, b + same, 8) == 0)
		same += 8;
	while (same < most && a[same] == b[same])
		same++;
	return same;
}

static void
extend_copy(const VolumeMatcher *matcher, const char *bytes, size_t length, size_t floor,
			VolumeCopy *copy)
{
	size_t most;

	while (copy->at > floor && copy->from > 0 &&
		   bytes[copy->at - 1] == matcher->shared[copy->from - 1])
	{
		copy->at--;
		copy->from--;
		copy->length++;
	}
	most = length - copy->at;
	if (most > matcher->length - copy->from)
		most = matcher->length - copy->from;
	copy->length += equal_bytes(bytes + copy->at + copy->length,
								matcher->shared + copy->from + copy->length, most - copy->length);
}

bool
volume_match_next(const VolumeMatcher *matcher, const char *bytes, size_t length, size_t at,
				  VolumeCopy *copy)
{
	size_t floor = at;
	uint32_t hash;

	if (matcher->length < VOLUME_BLOCK || length < VOLUME_BLOCK || at > length - VOLUME_BLOCK)
		return false;
	hash = roll_start(bytes + at);
	for (;; at++)
	{
		uint32_t slot = *slot_of(matcher, hash);

		if (slot != 0 && memcmp(matcher->shared + slot - 1, bytes + at, VOLUME_BLOCK) == 0)
		{
			copy->at = at;
			copy->from = slot - 1;
			copy->length = VOLUME_BLOCK;
			extend_copy(matcher, bytes, length, floor, copy);
			return true;
		}
		if (at + VOLUME_BLOCK >= length)
			return false;
		hash = roll_on(matcher, hash, bytes[at], bytes[at + VOLUME_BLOCK]);
	}
}
