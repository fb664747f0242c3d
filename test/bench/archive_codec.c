/*
 * archive_codec.c: documents of one template in volumes, and each by itself through zlib level 6, CPU time, in one run.
 *
 *   archive_codec FILE [DIRECTORY]
 *
 * FILE holds documents, each behind its length in 4 bytes, most significant first.  With DIRECTORY: writes them there in
 * blocks of 1 MB.  Prints lines of name and number: documents, bytes (of one), and for each of values, dictionary and zlib
 * the bytes packed (dictionary and structure shared by all documents) and the microseconds in and out of one document.
 */
#include "core/deflate.h"
#include "core/volume.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST_DOCUMENTS 200000
#define SAMPLES 128
#define BLOCK (1000 * 1000)

static const char *documents[MOST_DOCUMENTS];
static size_t lengths[MOST_DOCUMENTS], places[MOST_DOCUMENTS + 1];
static int count;
static ByteBuffer packed, plain;

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double) time.tv_sec * 1e6 + (double) time.tv_nsec / 1e3;
}

static void
stop(const char *what)
{
	fprintf(stderr, "archive_codec: %s\n", what);
	exit(1);
}

static void
read_documents(const char *name)
{
	FILE *file = fopen(name, "rb");
	unsigned char head[4];

	if (file == NULL)
		stop("cannot open the file");
	while (count < MOST_DOCUMENTS && fread(head, 1, 4, file) == 4)
	{
		size_t length = (size_t) head[0] << 24 | (size_t) head[1] << 16 | (size_t) head[2] << 8 | head[3];
		char *bytes = malloc(length + 1);

		/* a blank before the first tag makes a document that is not known to be written in tags */
		bytes[0] = ' ';
		if (fread(bytes + 1, 1, length, file) != length)
			stop("the file is cut");
		documents[count] = bytes;
		lengths[count++] = length + 1;
	}
	fclose(file);
}

static void
write_blocks(const char *directory)
{
	char name[1000];
	size_t filled = BLOCK;
	FILE *file = NULL;

	for (int i = 0, block = 0; i < count; i++)
	{
		if (filled + lengths[i] - 1 > BLOCK)
		{
			if (file != NULL)
				fclose(file);
			snprintf(name, sizeof(name), "%s/%06d", directory, block++);
			file = fopen(name, "wb");
			filled = 0;
			if (file == NULL)
				stop("cannot write a block");
		}
		fwrite(documents[i] + 1, 1, lengths[i] - 1, file);
		filled += lengths[i] - 1;
	}
	if (file != NULL)
		fclose(file);
}

static void
report(const char *kind, size_t shared, double in, double out)
{
	printf("%s_bytes %zu\n%s_shared %zu\n%s_in %.3f\n%s_out %.3f\n", kind, packed.length + shared, kind, shared, kind,
		   in / count, kind, out / count);
}

/* skipped: 1 leaves the blank out */
static void
run_volume(const char *kind, size_t skipped)
{
	static const char *sample[SAMPLES];
	static size_t sample_length[SAMPLES];
	int samples = count < SAMPLES ? count : SAMPLES, ratio;
	ByteBuffer shared, preset, structure;
	VolumeTemplate *template = NULL;
	VolumeDictionary dictionary;
	VolumePacker *packer;
	VolumeUnpacker *unpacker = volume_unpacker_open(&port_malloc);
	double start, in, learning = now();

	for (int i = 0; i < samples; i++)
	{
		int pick = (int) ((long) i * count / samples);

		sample[i] = documents[pick] + skipped;
		sample_length[i] = lengths[pick] - skipped;
	}
	buffer_init(&shared, &port_malloc);
	buffer_init(&preset, &port_malloc);
	buffer_init(&structure, &port_malloc);
	if (volume_learn(&port_malloc, sample, sample_length, samples, &shared, &preset, &structure, &ratio) != PORT_OK ||
		(structure.length > 0 &&
		 volume_template_load(&port_malloc, structure.bytes, structure.length, &template) != PORT_OK))
		stop("cannot learn");
	printf("%s_learn %.0f\n", kind, now() - learning);
	dictionary = (VolumeDictionary){shared.bytes, shared.length, preset.bytes, preset.length, template};
	packer = volume_packer_open(&port_malloc, &dictionary);
	buffer_reset(&packed);
	start = now();
	for (int i = 0; i < count; i++)
	{
		places[i] = packed.length;
		if (volume_pack(packer, documents[i] + skipped, lengths[i] - skipped, &packed) != PORT_OK)
			stop("cannot pack");
	}
	places[count] = packed.length;
	in = now() - start;
	start = now();
	for (int i = 0; i < count; i++)
	{
		buffer_reset(&plain);
		if (volume_unpack(unpacker, &dictionary, packed.bytes + places[i], places[i + 1] - places[i],
						  lengths[i] - skipped, &plain) != PORT_OK ||
			memcmp(plain.bytes, documents[i] + skipped, lengths[i] - skipped) != 0)
			stop("a document did not come back");
	}
	report(kind, shared.length + preset.length + structure.length, in, now() - start);
}

static void
run_zlib(void)
{
	Deflater *deflater = deflater_open(&port_malloc, DEFLATE_RAW, 6);
	Inflater *inflater = inflater_open(&port_malloc, DEFLATE_RAW);
	double start = now(), in;

	buffer_reset(&packed);
	for (int i = 0; i < count; i++)
	{
		places[i] = packed.length;
		if (deflater_run(deflater, NULL, 0, documents[i] + 1, lengths[i] - 1, &packed) != PORT_OK)
			stop("cannot deflate");
	}
	places[count] = packed.length;
	in = now() - start;
	start = now();
	for (int i = 0; i < count; i++)
	{
		buffer_reset(&plain);
		if (inflater_run(inflater, NULL, 0, packed.bytes + places[i], places[i + 1] - places[i], lengths[i] - 1,
						 &plain) != PORT_OK ||
			memcmp(plain.bytes, documents[i] + 1, lengths[i] - 1) != 0)
			stop("a document did not come back");
	}
	report("zlib", 0, in, now() - start);
}

int
main(int argc, char **argv)
{
	size_t total = 0;

	if (argc < 2)
		stop("names no file");
	buffer_init(&packed, &port_malloc);
	buffer_init(&plain, &port_malloc);
	read_documents(argv[1]);
	for (int i = 0; i < count; i++)
		total += lengths[i] - 1;
	if (count < 16)
		stop("the file holds too few documents");
	if (argc > 2)
		write_blocks(argv[2]);
	printf("documents %d\nbytes %zu\n", count, total);
	run_zlib();
	run_volume("values", 1);
	run_volume("dictionary", 0);
	return 0;
}
