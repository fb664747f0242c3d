/*
 * volume_test.c: packed documents come back, dictionaries pay, broken bytes are refused.
 */
#include "check.h"
#include "core/volume.h"

#include <stdlib.h>

#define FONT 13000
#define DOCUMENTS 24

static uint64_t seed = 1;
static char fonts[2][FONT];

static unsigned
draw(unsigned below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned) ((seed >> 33) % below);
}

/* Looks like our PDF: two fonts that do not compress, phrases, and a page of noise for its values. */
static void
make_document(ByteBuffer *out, int number)
{
	buffer_reset(out);
	buffer_append_text(out, "%PDF-1.7\n1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj\n");
	buffer_printf(out, "4 0 obj <</Type /Page /Parent 2 0 R /Contents 5 0 R /Invoice %d>> endobj stream\n", number);
	for (unsigned i = 0, length = 1200 + draw(800); i < length; i++)
		buffer_append_char(out, (char) draw(256));
	buffer_append(out, fonts[0], FONT);
	buffer_append_text(out, "\nendstream endobj\n6 0 obj <</Length 13000>> stream\n");
	buffer_append(out, fonts[1], FONT);
	buffer_printf(out, "\nendstream endobj\nxref\ntrailer <</Root 1 0 R>>\nstartxref\n%zu\n%%%%EOF\n", out->length);
}

static void
check_round_trip(const VolumeDictionary *dictionary, const char *bytes, size_t length, ByteBuffer *packed)
{
	VolumePacker *packer = volume_packer_open(&port_malloc, dictionary);
	VolumeUnpacker *unpacker = volume_unpacker_open(&port_malloc);
	ByteBuffer plain;

	buffer_init(&plain, &port_malloc);
	buffer_reset(packed);
	CHECK(volume_pack(packer, bytes, length, packed) == PORT_OK);
	CHECK(packed->length <= length + 1);
	CHECK(volume_unpack(unpacker, dictionary, packed->bytes, packed->length, length, &plain) == PORT_OK);
	CHECK(plain.length == length && (length == 0 || memcmp(plain.bytes, bytes, length) == 0));
	buffer_release(&plain);
	volume_packer_close(packer);
	volume_unpacker_close(unpacker);
}

static void
test_small(void)
{
	static const VolumeDictionary none = {NULL, 0, NULL, 0, NULL};
	ByteBuffer packed;
	char zeros[70000] = {0};

	buffer_init(&packed, &port_malloc);
	check_round_trip(&none, "", 0, &packed);
	check_round_trip(&none, "a", 1, &packed);
	check_round_trip(&none, zeros, sizeof(zeros), &packed);
	CHECK(packed.length < 200);
	check_round_trip(&(VolumeDictionary){zeros, 100, zeros, 100, NULL}, zeros, sizeof(zeros), &packed);
	for (size_t i = 0; i < sizeof(zeros); i++)
		zeros[i] = (char) draw(256);
	check_round_trip(&none, zeros, sizeof(zeros), &packed);
	check_round_trip(&(VolumeDictionary){zeros, sizeof(zeros), NULL, 0, NULL}, zeros, sizeof(zeros), &packed);
	CHECK(packed.length < 20);
	buffer_release(&packed);
}

/* Mutations of valid bytes never read or write outside (the sanitizers watch), and never give too much. */
static void
test_broken(const VolumeDictionary *dictionary, const ByteBuffer *packed, size_t content_length)
{
	VolumeUnpacker *unpacker = volume_unpacker_open(&port_malloc);
	ByteBuffer plain;
	int refused = 0;

	buffer_init(&plain, &port_malloc);
	for (int i = 0; i < 3000; i++)
	{
		char *broken = malloc(packed->length);
		size_t length = i % 3 == 0 ? draw((unsigned) packed->length) : packed->length;
		PortStatus status;

		memcpy(broken, packed->bytes, packed->length);
		if (i % 3 != 0)
			broken[draw(i % 2 ? 40 : (unsigned) length)] ^= (char) (1 << draw(8));
		buffer_reset(&plain);
		status = volume_unpack(unpacker, dictionary, broken, length, content_length, &plain);
		CHECK(status == PORT_INVALID || (status == PORT_OK && plain.length == content_length));
		refused += status == PORT_INVALID;
		free(broken);
	}
	CHECK(refused > 1000);
	buffer_release(&plain);
	volume_unpacker_close(unpacker);
}

static void
test_learning(void)
{
	ByteBuffer documents[DOCUMENTS], shared, preset, template, packed;
	const char *bytes[DOCUMENTS];
	size_t lengths[DOCUMENTS];
	size_t total = 0, packed_total = 0;
	int ratio;
	VolumeDictionary dictionary;

	for (int i = 0; i < 2 * FONT; i++)
		fonts[i / FONT][i % FONT] = (char) draw(256);
	for (int i = 0; i < DOCUMENTS; i++)
	{
		buffer_init(&documents[i], &port_malloc);
		make_document(&documents[i], i);
		bytes[i] = documents[i].bytes;
		lengths[i] = documents[i].length;
	}
	buffer_init(&packed, &port_malloc);
	for (int samples = 1; samples <= 16; samples = samples == 1 ? 3 : samples == 3 ? 16 : 17)
	{
		buffer_init(&shared, &port_malloc);
		buffer_init(&preset, &port_malloc);
		buffer_init(&template, &port_malloc);
		CHECK(volume_learn(&port_malloc, bytes, lengths, samples, &shared, &preset, &template, &ratio) == PORT_OK);
		CHECK(shared.length >= 2 * FONT && shared.length <= VOLUME_SHARED_BYTES);
		CHECK(preset.length <= VOLUME_PRESET_BYTES);
		dictionary = (VolumeDictionary){shared.bytes, shared.length, preset.bytes, preset.length, NULL};
		total = packed_total = 0;
		for (int i = 16; i < DOCUMENTS; i++)
		{
			check_round_trip(&dictionary, bytes[i], lengths[i], &packed);
			total += lengths[i];
			packed_total += packed.length;
		}
		/* the noise of 1200 to 2000 bytes cannot shrink, the rest is nearly free */
		CHECK(packed_total < (DOCUMENTS - 16) * 2000);
		CHECK(total > (DOCUMENTS - 16) * 27000);
		if (samples == 16)
		{
			CHECK(shared.length < 2 * FONT + 1000); /* no page of the samples settled in it */
			test_broken(&dictionary, &packed, lengths[DOCUMENTS - 1]);
		}
		buffer_release(&shared);
		buffer_release(&preset);
		CHECK(template.length == 0);
		buffer_release(&template);
	}
	for (int i = 0; i < DOCUMENTS; i++)
		buffer_release(&documents[i]);
	buffer_release(&packed);
}

/* Fails at the n-th allocation and at every one after. */
static int allocations_left;

static void *
failing_alloc(void *host, size_t size)
{
	return allocations_left-- > 0 ? port_malloc.alloc(host, size) : NULL;
}

static void *
failing_resize(void *host, void *old, size_t old_size, size_t size)
{
	return allocations_left-- > 0 ? port_malloc.resize(host, old, old_size, size) : NULL;
}

/* Whatever allocation fails, the answer is "no memory" and nothing leaks (the sanitizer watches). */
static void
test_no_memory(void)
{
	Port port = port_malloc;
	ByteBuffer documents;
	bool done = false;
	int tries = 0;

	port.alloc = failing_alloc;
	port.resize = failing_resize;
	buffer_init(&documents, &port_malloc);
	for (int i = 0; i < 8; i++)
		buffer_printf(&documents, "Dear customer %08u, you owe us %08u for what was delivered.%20s\n", draw(90000000), draw(90000000), "");
	for (; !done; tries++)
	{
		const char *bytes[8];
		size_t lengths[8];
		int ratio;
		PortStatus status;
		ByteBuffer shared, preset, template, packed, plain;
		VolumePacker *packer;
		VolumeUnpacker *unpacker;
		VolumeDictionary dictionary;

		for (int i = 0; i < 8; i++)
		{
			lengths[i] = documents.length / 8;
			bytes[i] = documents.bytes + lengths[i] * (size_t) i;
		}
		allocations_left = tries;
		buffer_init(&shared, &port);
		buffer_init(&preset, &port);
		buffer_init(&template, &port);
		buffer_init(&packed, &port);
		buffer_init(&plain, &port);
		status = volume_learn(&port, bytes, lengths, 8, &shared, &preset, &template, &ratio);
		CHECK(status == PORT_OK || status == PORT_NO_MEMORY);
		dictionary = (VolumeDictionary){shared.bytes, shared.length, preset.bytes, preset.length, NULL};
		packer = status == PORT_OK ? volume_packer_open(&port, &dictionary) : NULL;
		if (packer != NULL)
			status = volume_pack(packer, bytes[7], lengths[7], &packed);
		unpacker = packer != NULL && status == PORT_OK ? volume_unpacker_open(&port) : NULL;
		if (unpacker != NULL)
			status = volume_unpack(unpacker, &dictionary, packed.bytes, packed.length, lengths[7], &plain);
		CHECK(status == PORT_OK || status == PORT_NO_MEMORY);
		done = unpacker != NULL && status == PORT_OK;
		CHECK(!done || memcmp(plain.bytes, bytes[7], lengths[7]) == 0);
		volume_packer_close(packer);
		volume_unpacker_close(unpacker);
		buffer_release(&shared);
		buffer_release(&preset);
		CHECK(template.length == 0);
		buffer_release(&template);
		buffer_release(&packed);
		buffer_release(&plain);
	}
	CHECK(tries > 20);
	buffer_release(&documents);
}

int
main(void)
{
	test_small();
	test_learning();
	test_no_memory();
	return check_done();
}
