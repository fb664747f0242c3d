/*
 * volume_history_test.c: what past releases packed comes back with the same bytes.
 */
#include "check.h"
#include "core/volume.h"
#include "sha256.h"
#include "volume_fixtures.h"

#include <stdlib.h>

typedef struct Bytes
{
	char bytes[8192];
	size_t length;
} Bytes;

static Bytes
from_hex(const char *digits)
{
	Bytes result = {.length = 0};
	unsigned value;

	for (; *digits != 0 && sscanf(digits, "%2x", &value) == 1; digits += 2)
		result.bytes[result.length++] = (char) value;
	return result;
}

static void
check_document(const VolumeDictionary *dictionary, const char *packed_digits, size_t length, const char *hash_digits)
{
	VolumeUnpacker *unpacker = volume_unpacker_open(&port_malloc);
	Bytes packed = from_hex(packed_digits), expected = from_hex(hash_digits);
	uint8_t hash[32];
	ByteBuffer out;

	buffer_init(&out, &port_malloc);
	CHECK(volume_unpack(unpacker, dictionary, packed.bytes, packed.length, length, &out) == PORT_OK);
	CHECK(out.length == length);
	sha256(out.bytes, out.length, hash);
	CHECK(memcmp(hash, expected.bytes, 32) == 0);
	buffer_release(&out);
	volume_unpacker_close(unpacker);
}

/* Version 0.1: copies and deflate. */
static void
test_packed(void)
{
	Bytes shared = from_hex(shared_0_1), preset = from_hex(preset_0_1);
	VolumeDictionary dictionary = {shared.bytes, shared.length, preset.bytes, preset.length, NULL};

	check_document(&dictionary, packed_0_1, 267, document_hash_0_1);
}

/* Version 0.1: values of a structure; the third document has something that the structure does not know. */
static void
test_values(void)
{
	Bytes structure = from_hex(structure_0_1);
	VolumeTemplate *template = NULL;
	VolumeDictionary dictionary = {NULL, 0, NULL, 0, NULL};

	CHECK(volume_template_load(&port_malloc, structure.bytes, structure.length, &template) == PORT_OK);
	dictionary.template = template;
	check_document(&dictionary, values_0_1_1, 3629, values_hash_0_1_1);
	check_document(&dictionary, values_0_1_2, 2814, values_hash_0_1_2);
	check_document(&dictionary, values_0_1_3, 3641, values_hash_0_1_3);
	volume_template_release(template);
}

int
main(void)
{
	test_packed();
	test_values();
	return check_done();
}
