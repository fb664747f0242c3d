/*
 * fuzz_volume.c: archive volumes.  The first byte says what the rest is: a packed document, the body of a template, a
 * document, or samples to learn from.  Whatever comes in, the calls return; what was packed comes back as it was.
 */
#include "../unit/volume_documents.h"
#include "core/deflate.h"
#include "core/volume.h"

#include <stdlib.h>
#include <string.h>

#define SAMPLES 16

static VolumeTemplate *learnt;
static ByteBuffer document;

static void
learn_once(void)
{
	ByteBuffer samples[SAMPLES], out;
	const char *bytes[SAMPLES];
	size_t lengths[SAMPLES];

	if (learnt != NULL)
		return;
	buffer_init(&out, &port_malloc);
	buffer_init(&document, &port_malloc);
	for (int i = 0; i < SAMPLES; i++)
	{
		buffer_init(&samples[i], &port_malloc);
		make_invoice(&samples[i], i);
		bytes[i] = samples[i].bytes;
		lengths[i] = samples[i].length;
	}
	make_invoice(&document, SAMPLES);
	if (volume_template_learn(&port_malloc, bytes, lengths, SAMPLES, &out) != PORT_OK ||
		volume_template_load(&port_malloc, out.bytes, out.length, &learnt) != PORT_OK)
		abort();
	for (int i = 0; i < SAMPLES; i++)
		buffer_release(&samples[i]);
	buffer_release(&out);
}

static void
unpack(const VolumeTemplate *template, const char *bytes, size_t length)
{
	VolumeDictionary dictionary = {document.bytes, document.length, document.bytes, document.length, template};
	VolumeUnpacker *unpacker = volume_unpacker_open(&port_malloc);
	ByteBuffer out;

	buffer_init(&out, &port_malloc);
	if (volume_unpack(unpacker, &dictionary, bytes, length, 1 + length * 20, &out) == PORT_OK && out.length != 1 + length * 20)
		abort();
	buffer_release(&out);
	volume_unpacker_close(unpacker);
}

static void
round_trip(const VolumeTemplate *template, const char *bytes, size_t length)
{
	VolumeDictionary dictionary = {document.bytes, document.length, document.bytes, document.length, template};
	VolumePacker *packer = volume_packer_open(&port_malloc, &dictionary);
	VolumeUnpacker *unpacker = volume_unpacker_open(&port_malloc);
	ByteBuffer packed, out;

	buffer_init(&packed, &port_malloc);
	buffer_init(&out, &port_malloc);
	if (volume_pack(packer, bytes, length, &packed) != PORT_OK || packed.length > length + 1 ||
		volume_unpack(unpacker, &dictionary, packed.bytes, packed.length, length, &out) != PORT_OK || out.length != length ||
		(length > 0 && memcmp(out.bytes, bytes, length) != 0))
		abort();
	buffer_release(&packed);
	buffer_release(&out);
	volume_packer_close(packer);
	volume_unpacker_close(unpacker);
}

static void
load(const char *bytes, size_t length)
{
	Deflater *deflater = deflater_open(&port_malloc, DEFLATE_RAW, 1);
	VolumeTemplate *template = NULL;
	ByteBuffer out;

	buffer_init(&out, &port_malloc);
	buffer_append_char(&out, 1);
	if (deflater_run(deflater, NULL, 0, bytes, length, &out) != PORT_OK)
		abort();
	if (volume_template_load(&port_malloc, out.bytes, out.length, &template) == PORT_OK)
	{
		round_trip(template, document.bytes, document.length);
		unpack(template, "\2abcdefghijklmnop", 17);
	}
	volume_template_release(template);
	buffer_release(&out);
	deflater_close(deflater);
}

/* Samples are what stands between zero bytes. */
static void
learn(const char *bytes, size_t length)
{
	const char *samples[32];
	size_t lengths[32];
	int count = 0;
	VolumeTemplate *template = NULL;
	ByteBuffer out;

	while (count < 32 && length > 0)
	{
		const char *end = memchr(bytes, 0, length);
		size_t taken = end == NULL ? length : (size_t) (end - bytes);

		samples[count] = bytes;
		lengths[count++] = taken;
		length -= end == NULL ? taken : taken + 1;
		bytes += end == NULL ? taken : taken + 1;
	}
	buffer_init(&out, &port_malloc);
	if (volume_template_learn(&port_malloc, samples, lengths, count, &out) != PORT_OK)
		abort();
	if (out.length > 0 && volume_template_load(&port_malloc, out.bytes, out.length, &template) != PORT_OK)
		abort();
	for (int i = 0; i < count && template != NULL; i++)
		round_trip(template, samples[i], lengths[i]);
	volume_template_release(template);
	buffer_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
	const char *bytes = (const char *) input + 1;

	learn_once();
	if (length == 0)
		return 0;
	length--;
	switch (input[0] % 4)
	{
		case 0:
			unpack(learnt, bytes, length);
			break;
		case 1:
			load(bytes, length);
			break;
		case 2:
			round_trip(learnt, bytes, length);
			break;
		default:
			learn(bytes, length);
	}
	return 0;
}
