/*
 * volume_template_test.c: documents of a template come back from their values, others too; broken bytes are refused.
 */
#include "check.h"
#include "core/deflate.h"
#include "core/volume.h"
#include "core/volume_template_model.h"
#include "volume_documents.h"

#include <stdlib.h>

#define DOCUMENTS 64

static ByteBuffer documents[DOCUMENTS];
static const char *bytes[DOCUMENTS];
static size_t lengths[DOCUMENTS];
static ByteBuffer learnt;
static VolumeTemplate *template;

static void
learn(void)
{
	for (int i = 0; i < DOCUMENTS; i++)
	{
		buffer_init(&documents[i], &port_malloc);
		make_invoice(&documents[i], i);
		bytes[i] = documents[i].bytes;
		lengths[i] = documents[i].length;
	}
	buffer_init(&learnt, &port_malloc);
	CHECK(volume_template_learn(&port_malloc, bytes, lengths, DOCUMENTS / 2, &learnt) == PORT_OK);
	CHECK(learnt.length > 500 && learnt.length < 20000);
	CHECK(volume_template_load(&port_malloc, learnt.bytes, learnt.length, &template) == PORT_OK);
}

/* Packs, unpacks and compares; returns the packed size, 0 when it is not of the template. */
static size_t
round_trip(const char *plain, size_t length)
{
	TemplatePacker *packer = template_packer_open(&port_malloc, template);
	TemplateUnpacker *unpacker = template_unpacker_open(&port_malloc);
	ByteBuffer packed, back;
	PortStatus status;
	size_t size;

	buffer_init(&packed, &port_malloc);
	buffer_init(&back, &port_malloc);
	status = template_pack(packer, plain, length, &packed);
	CHECK(status == PORT_OK || status == PORT_TOO_LARGE);
	size = status == PORT_OK ? packed.length : 0;
	if (status == PORT_OK)
	{
		CHECK(template_unpack(unpacker, template, packed.bytes, packed.length, length, &back) == PORT_OK);
		CHECK(back.length == length && memcmp(back.bytes, plain, length) == 0);
		/* a wrong length is found */
		buffer_reset(&back);
		CHECK(template_unpack(unpacker, template, packed.bytes, packed.length, length - 1, &back) == PORT_INVALID);
		CHECK(template_unpack(unpacker, template, packed.bytes, packed.length, length + 1, &back) == PORT_INVALID);
	}
	buffer_release(&packed);
	buffer_release(&back);
	template_packer_close(packer);
	template_unpacker_close(unpacker);
	return size;
}

/* What the values carry, and little more. */
static void
test_size(void)
{
	size_t plain = 0, packed = 0;

	for (int i = DOCUMENTS / 2; i < DOCUMENTS; i++)
	{
		plain += lengths[i];
		packed += round_trip(bytes[i], lengths[i]);
	}
	CHECK(plain / packed >= 40);
	printf("# %zu bytes become %zu\n", plain / (DOCUMENTS / 2), packed / (DOCUMENTS / 2));
}

/* Documents that the template did not expect cost more, and come back. */
static void
test_changed(void)
{
	static const char *const changes[][2] = {
		{"<Percent>25</Percent>", "<Percent>12.5</Percent>"},
		{"<Country>NO</Country>", "<Country>Österreich und die Schweiz</Country>"},
		{"<Note>", "<Note lang=\"de\"><b>fett</b>"},
		{"<Total>", "<Discount>10</Discount>\n  <Total>"},
		{"<Currency>", "<Currency >"},
		{"<Buyer>", "<Buyer>  "},
		{"</Invoice>\n", "</Invoice>\n\n"},
		{"</Invoice>\n", ""},
		{"</Line>", ""},
		{"<Date>20", "<Date>0020"},
		{"<Amount>", "<Amount>-"},
		{"<Amount>", "<Amount>0"},
		{"<Quantity>", "<Quantity>99999999999999999999"},
	};
	size_t usual = round_trip(bytes[40], lengths[40]);
	ByteBuffer changed;

	buffer_init(&changed, &port_malloc);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
	{
		const char *place = strstr(bytes[40], changes[i][0]);
		size_t before = (size_t) (place - bytes[40]), size;

		CHECK(place != NULL);
		if (place == NULL)
			continue;
		buffer_reset(&changed);
		buffer_append(&changed, bytes[40], before);
		buffer_append_text(&changed, changes[i][1]);
		buffer_append_text(&changed, place + strlen(changes[i][0]));
		size = round_trip(changed.bytes, changed.length);
		CHECK(size > usual - 8 && size < usual + 120);
	}
	/* cut anywhere, or doubled */
	for (size_t length = 1; length < lengths[40]; length += 7)
		round_trip(bytes[40], length);
	buffer_reset(&changed);
	buffer_append(&changed, bytes[40], lengths[40]);
	buffer_append(&changed, bytes[41], lengths[41]);
	CHECK(round_trip(changed.bytes, changed.length) > usual);
	/* nothing of the template */
	for (size_t i = 0; i < changed.length; i++)
		changed.bytes[i] = (char) draw(256);
	CHECK(round_trip(changed.bytes, changed.length) == 0);
	round_trip("x", 1);
	buffer_release(&changed);
}

/* Any bytes give an answer within bounds (the sanitizers watch). */
static void
test_broken(void)
{
	TemplatePacker *packer = template_packer_open(&port_malloc, template);
	TemplateUnpacker *unpacker = template_unpacker_open(&port_malloc);
	ByteBuffer packed, back;
	int refused = 0;

	buffer_init(&packed, &port_malloc);
	buffer_init(&back, &port_malloc);
	CHECK(template_pack(packer, bytes[50], lengths[50], &packed) == PORT_OK);
	for (int i = 0; i < 20000; i++)
	{
		size_t length = i % 4 == 0 ? draw((unsigned) packed.length) : packed.length;
		char *broken = malloc(packed.length);
		PortStatus status;

		memcpy(broken, packed.bytes, packed.length);
		if (i % 4 == 1)
			for (size_t b = 0; b < length; b++)
				broken[b] = (char) draw(256);
		else if (i % 4 > 1)
			broken[draw((unsigned) length)] ^= (char) (1 << draw(8));
		buffer_reset(&back);
		status = template_unpack(unpacker, template, broken, length, lengths[50], &back);
		CHECK(status == PORT_INVALID || (status == PORT_OK && back.length == lengths[50]));
		refused += status == PORT_INVALID;
		free(broken);
	}
	CHECK(refused > 15000);
	buffer_release(&packed);
	buffer_release(&back);
	template_packer_close(packer);
	template_unpacker_close(unpacker);
}

/* A template's bytes, changed anywhere behind deflate, are refused or give a template that reads within bounds. */
static void
test_broken_template(void)
{
	Inflater *inflater = inflater_open(&port_malloc, DEFLATE_RAW);
	Deflater *deflater = deflater_open(&port_malloc, DEFLATE_RAW, 1);
	ByteBuffer body, again, back;
	int refused = 0;

	buffer_init(&body, &port_malloc);
	buffer_init(&again, &port_malloc);
	buffer_init(&back, &port_malloc);
	CHECK(inflater_run(inflater, NULL, 0, learnt.bytes + 1, learnt.length - 1, TEMPLATE_BODY_BYTES, &body) == PORT_OK);
	for (int i = 0; i < 3000; i++)
	{
		VolumeTemplate *other = NULL;
		size_t length = i % 4 == 0 ? draw((unsigned) body.length) : body.length;
		size_t at = draw((unsigned) length);
		char before = body.bytes[at];
		PortStatus status;

		if (i % 4 != 0)
			body.bytes[at] = (char) (i % 2 ? draw(256) : before ^ (1 << draw(8)));
		buffer_reset(&again);
		buffer_append_char(&again, i % 100 == 99 ? 2 : TEMPLATE_VERSION);
		CHECK(deflater_run(deflater, NULL, 0, body.bytes, length, &again) == PORT_OK);
		status = volume_template_load(&port_malloc, again.bytes, again.length, &other);
		CHECK(status == PORT_INVALID || status == PORT_OK);
		refused += status == PORT_INVALID;
		if (status == PORT_OK)
		{
			TemplateUnpacker *unpacker = template_unpacker_open(&port_malloc);
			TemplatePacker *packer = template_packer_open(&port_malloc, other);

			buffer_reset(&again);
			status = template_pack(packer, bytes[50], lengths[50], &again);
			buffer_reset(&back);
			if (status == PORT_OK)
			{
				CHECK(template_unpack(unpacker, other, again.bytes, again.length, lengths[50], &back) == PORT_OK);
				CHECK(memcmp(back.bytes, bytes[50], lengths[50]) == 0);
			}
			template_packer_close(packer);
			template_unpacker_close(unpacker);
		}
		volume_template_release(other);
		body.bytes[at] = before;
	}
	CHECK(refused > 1000 && refused < 3000);
	for (size_t length = 0; length < learnt.length; length += 13)
	{
		VolumeTemplate *other = NULL;

		CHECK(volume_template_load(&port_malloc, learnt.bytes, length, &other) == PORT_INVALID);
	}
	buffer_release(&body);
	buffer_release(&again);
	buffer_release(&back);
	inflater_close(inflater);
	deflater_close(deflater);
}

/* Samples that have no template in common give none. */
static void
test_no_template(void)
{
	const char *texts[8] = {"a", "", "plain text", "<", "<a", "<a b=\"", "</a>", "<a>"};
	size_t text_lengths[8];
	const char *pdf[8];
	ByteBuffer out;

	buffer_init(&out, &port_malloc);
	for (int i = 0; i < 8; i++)
	{
		text_lengths[i] = strlen(texts[i]);
		pdf[i] = "%PDF-1.7\n";
	}
	CHECK(volume_template_learn(&port_malloc, texts, text_lengths, 8, &out) == PORT_OK && out.length == 0);
	CHECK(volume_template_learn(&port_malloc, pdf, (size_t[]){9, 9, 9, 9, 9, 9, 9, 9}, 8, &out) == PORT_OK);
	CHECK(out.length == 0);
	CHECK(volume_template_learn(&port_malloc, bytes, lengths, 7, &out) == PORT_OK && out.length == 0);
	buffer_release(&out);
}

/* Samples that are broken or enormous teach nothing, and do not keep the others from teaching. */
static void
test_odd_samples(void)
{
	const char *sample[24];
	size_t sample_length[24];
	char *long_one = malloc(2000000);
	VolumeTemplate *loaded = NULL;
	ByteBuffer out;

	memset(long_one, '<', 2000000);
	buffer_init(&out, &port_malloc);
	for (int i = 0; i < 24; i++)
	{
		sample[i] = i % 3 == 0 ? long_one : i % 7 == 1 ? "<broken" : bytes[i];
		sample_length[i] = i % 3 == 0 ? 2000000 : i % 7 == 1 ? 7 : lengths[i];
	}
	CHECK(volume_template_learn(&port_malloc, sample, sample_length, 24, &out) == PORT_OK && out.length > 500);
	CHECK(volume_template_load(&port_malloc, out.bytes, out.length, &loaded) == PORT_OK);
	volume_template_release(loaded);
	buffer_release(&out);
	free(long_one);
}

/* Numbers as they are written come back as they were, or are refused. */
static void
test_numbers(void)
{
	static const struct
	{
		NumberLook look;
		uint32_t places;
		const char *text;
		bool taken;
	} cases[] = {
		{NUMBER_PLAIN, 0, "0", true},			{NUMBER_PLAIN, 0, "-1", true},
		{NUMBER_PLAIN, 0, "01", false},			{NUMBER_PLAIN, 0, "-0", false},
		{NUMBER_PLAIN, 0, "", false},			{NUMBER_PLAIN, 0, "-", false},
		{NUMBER_PLAIN, 0, "+1", false},			{NUMBER_PLAIN, 0, "999999999999999999", true},
		{NUMBER_PLAIN, 0, "1000000000000000000", false}, {NUMBER_WIDE, 3, "007", true},
		{NUMBER_WIDE, 3, "07", false},			{NUMBER_WIDE, 3, "-07", false},
		{NUMBER_DECIMAL, 2, "0.05", true},		{NUMBER_DECIMAL, 2, "-12.50", true},
		{NUMBER_DECIMAL, 2, "12.5", false},		{NUMBER_DECIMAL, 2, ".50", false},
		{NUMBER_DECIMAL, 2, "012.50", false},	{NUMBER_DECIMAL, 2, "-0.00", false},
		{NUMBER_DECIMAL, 2, "9999999999999999.99", true}, {NUMBER_DATE, 0, "2024-02-29", true},
		{NUMBER_DATE, 0, "2023-02-29", false},	{NUMBER_DATE, 0, "0001-01-01", true},
		{NUMBER_DATE, 0, "9999-12-31", true},	{NUMBER_DATE, 0, "2024-13-01", false},
		{NUMBER_DATE, 0, "1969-12-31", true},	{NUMBER_DATE, 0, "2024/02/29", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		char text[TEMPLATE_NUMBER_LENGTH + 1] = "";
		int64_t value;
		bool taken = template_parse_number(cases[i].look, cases[i].places, cases[i].text, strlen(cases[i].text), &value);

		CHECK(taken == cases[i].taken);
		if (!taken)
			continue;
		text[template_format_number(cases[i].look, cases[i].places, value, text)] = 0;
		CHECK_TEXT(text, cases[i].text);
	}
	CHECK(template_format_number(NUMBER_DATE, 0, INT64_MIN, (char[TEMPLATE_NUMBER_LENGTH]){0}) == 0);
	CHECK(template_format_number(NUMBER_PLAIN, 0, INT64_MAX, (char[TEMPLATE_NUMBER_LENGTH]){0}) == 0);
	CHECK(template_format_number(NUMBER_WIDE, 18, -1, (char[TEMPLATE_NUMBER_LENGTH]){0}) == 0);
}

/* Every symbol and number comes out of the range coder as it went in. */
static void
test_coder(void)
{
	static const uint32_t shares[] = {1, 65535, 32768, 100, 65000};
	RangeEncoder encoder;
	RangeDecoder decoder;
	ByteBuffer out;

	buffer_init(&out, &port_malloc);
	for (int run = 0; run < 200; run++)
	{
		unsigned count = draw(400), share = shares[run % 5];
		uint64_t again = seed;

		buffer_reset(&out);
		range_encoder_start(&encoder, &out);
		for (unsigned i = 0; i < count; i++)
		{
			bool first = draw(65536) < share;

			range_encode(&encoder, first ? 0 : share, first ? share : RANGE_TOTAL - share);
			range_encode_even(&encoder, draw(1000 + (unsigned) run), 1000 + (unsigned) run);
		}
		range_encoder_finish(&encoder);
		seed = again;
		range_decoder_start(&decoder, out.bytes, out.length);
		for (unsigned i = 0; i < count; i++)
		{
			bool first = draw(65536) < share;

			CHECK((range_decode(&decoder) < share) == first);
			range_decode_done(&decoder, first ? 0 : share, first ? share : RANGE_TOTAL - share);
			CHECK(range_decode_even(&decoder, 1000 + (unsigned) run) == draw(1000 + (unsigned) run));
		}
		CHECK(out.length <= count * 28 / 8 / 8 * 8 + 64 + count / 2);
	}
	buffer_release(&out);
}

/* A document of the template goes through a volume as its values, another one deflated. */
static void
test_volume(void)
{
	ByteBuffer shared, preset, values, packed, back;
	VolumeDictionary dictionary = {0};
	VolumePacker *packer;
	VolumeUnpacker *unpacker = volume_unpacker_open(&port_malloc);
	VolumeTemplate *loaded;
	int ratio;

	buffer_init(&shared, &port_malloc);
	buffer_init(&preset, &port_malloc);
	buffer_init(&values, &port_malloc);
	buffer_init(&packed, &port_malloc);
	buffer_init(&back, &port_malloc);
	CHECK(volume_learn(&port_malloc, bytes, lengths, DOCUMENTS / 2, &shared, &preset, &values, &ratio) == PORT_OK);
	CHECK(ratio > 0 && ratio < 30 && shared.length == 0 && preset.length > 0);
	CHECK(volume_template_load(&port_malloc, values.bytes, values.length, &loaded) == PORT_OK);
	dictionary = (VolumeDictionary){shared.bytes, shared.length, preset.bytes, preset.length, loaded};
	packer = volume_packer_open(&port_malloc, &dictionary);
	CHECK(volume_pack(packer, bytes[60], lengths[60], &packed) == PORT_OK);
	CHECK(packed.bytes[0] == 2 && packed.length < 150);
	CHECK(volume_unpack(unpacker, &dictionary, packed.bytes, packed.length, lengths[60], &back) == PORT_OK);
	CHECK(back.length == lengths[60] && memcmp(back.bytes, bytes[60], lengths[60]) == 0);
	/* without its template it is broken, not something else */
	dictionary.template = NULL;
	CHECK(volume_unpack(unpacker, &dictionary, packed.bytes, packed.length, lengths[60], &back) == PORT_INVALID);
	dictionary.template = loaded;
	buffer_reset(&packed);
	buffer_reset(&back);
	CHECK(volume_pack(packer, "some words, some words, some words", 34, &packed) == PORT_OK);
	CHECK(packed.bytes[0] == 1 && packed.length < 34);
	CHECK(volume_unpack(unpacker, &dictionary, packed.bytes, packed.length, 34, &back) == PORT_OK);
	volume_packer_close(packer);
	volume_unpacker_close(unpacker);
	volume_template_release(loaded);
	buffer_release(&shared);
	buffer_release(&preset);
	buffer_release(&values);
	buffer_release(&packed);
	buffer_release(&back);
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

static bool
run_with(const Port *port)
{
	ByteBuffer out, packed, back;
	VolumeTemplate *loaded = NULL;
	TemplatePacker *packer = NULL;
	TemplateUnpacker *unpacker = NULL;
	PortStatus status;

	buffer_init(&out, port);
	buffer_init(&packed, port);
	buffer_init(&back, port);
	status = volume_template_learn(port, bytes, lengths, 8, &out);
	if (status == PORT_OK)
		status = volume_template_load(port, out.bytes, out.length, &loaded);
	if (status == PORT_OK && (packer = template_packer_open(port, loaded)) != NULL)
		status = template_pack(packer, bytes[9], lengths[9], &packed);
	if (status == PORT_OK && packer != NULL && (unpacker = template_unpacker_open(port)) != NULL)
		status = template_unpack(unpacker, loaded, packed.bytes, packed.length, lengths[9], &back);
	CHECK(status == PORT_OK || status == PORT_NO_MEMORY);
	template_unpacker_close(unpacker);
	template_packer_close(packer);
	volume_template_release(loaded);
	buffer_release(&out);
	buffer_release(&packed);
	buffer_release(&back);
	return status == PORT_OK && unpacker != NULL;
}

static void
test_no_memory(void)
{
	Port port = port_malloc;
	int tries = 0;

	port.alloc = failing_alloc;
	port.resize = failing_resize;
	for (bool done = false; !done && tries < 20000; tries++)
	{
		allocations_left = tries;
		done = run_with(&port);
	}
	CHECK(tries > 100 && tries < 20000);
}

int
main(void)
{
	learn();
	test_coder();
	test_numbers();
	test_size();
	test_changed();
	test_broken();
	test_broken_template();
	test_no_template();
	test_odd_samples();
	test_volume();
	test_no_memory();
	for (int i = 0; i < DOCUMENTS; i++)
		buffer_release(&documents[i]);
	buffer_release(&learnt);
	volume_template_release(template);
	return check_done();
}
