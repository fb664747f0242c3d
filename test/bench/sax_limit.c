/*
 * sax_limit.c: a bare SAX2 pass of libxml2 over the named files, context reused, with callbacks that only count.
 * It is the limit for anything that reads with this library.  sax_limit SECONDS FILE...: prints documents per CPU second.
 */
#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static long events;

static void
on_start(void *state, const xmlChar *name, const xmlChar *prefix, const xmlChar *address, int space_count,
		 const xmlChar **spaces, int attribute_count, int defaulted, const xmlChar **attributes)
{
	events++;
}

static void
on_end(void *state, const xmlChar *name, const xmlChar *prefix, const xmlChar *address)
{
	events++;
}

static void
on_text(void *state, const xmlChar *bytes, int length)
{
	events += length > 0;
}

static double
cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

int
main(int count, char **names)
{
	xmlSAXHandler sax;
	xmlParserCtxtPtr parser;
	char **contents = calloc((size_t) count, sizeof(char *));
	long *lengths = calloc((size_t) count, sizeof(long));
	double limit = count > 2 ? atof(names[1]) : 0, start;
	long documents = 0, bytes = 0;

	memset(&sax, 0, sizeof(sax));
	sax.initialized = XML_SAX2_MAGIC;
	sax.startElementNs = on_start;
	sax.endElementNs = on_end;
	sax.characters = sax.ignorableWhitespace = on_text;
	for (int i = 2; i < count; i++)
	{
		FILE *file = fopen(names[i], "rb");

		if (file == NULL || fseek(file, 0, SEEK_END) != 0)
			return 1;
		lengths[i] = ftell(file);
		rewind(file);
		contents[i] = malloc((size_t) lengths[i] + 1);
		if (fread(contents[i], 1, (size_t) lengths[i], file) != (size_t) lengths[i])
			return 1;
		fclose(file);
	}
	parser = xmlCreatePushParserCtxt(&sax, &events, NULL, 0, NULL);
	start = cpu_seconds();
	while (cpu_seconds() - start < limit)
		for (int i = 2; i < count; i++)
		{
			xmlCtxtResetPush(parser, NULL, 0, NULL, NULL);
			xmlParseChunk(parser, contents[i], (int) lengths[i], 1);
			documents++;
			bytes += lengths[i];
		}
	start = cpu_seconds() - start;
	printf("%.0f %.1f\n", (double) documents / start, (double) bytes / start / 1e6);
	return events == 0;
}
