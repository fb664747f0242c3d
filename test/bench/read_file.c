/*
 * read_file.c: seconds of CPU that one reading of a file in memory takes, in pieces of 64 KB: "bare" through its reader,
 * "rules" with the rules behind it, "count" looking at each byte once.
 */
#include "core/invoice_reader.h"
#include "core/invoice_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PIECE (64 * 1024)

static long invoices, findings;

static PortStatus
count_invoice(void *state, const InvoiceGroup *document)
{
	(void) state;
	(void) document;
	invoices++;
	return PORT_OK;
}

static PortStatus
count_finding(void *state, const Finding *finding)
{
	(void) state;
	(void) finding;
	findings++;
	return PORT_OK;
}

static char *
load(const char *name, size_t *length)
{
	FILE *file = fopen(name, "rb");
	char *bytes;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0)
		exit(2);
	*length = (size_t) ftell(file);
	rewind(file);
	bytes = malloc(*length + 1);
	if (bytes == NULL || fread(bytes, 1, *length, file) != *length)
		exit(2);
	fclose(file);
	return bytes;
}

static long
count_ends(const char *bytes, size_t length)
{
	long count = 0;

	for (size_t i = 0; i < length; i++)
		count += bytes[i] == '\'';
	return count;
}

int
main(int argc, char **argv)
{
	InvoiceSink sink = {.end = count_invoice, .finding = count_finding};
	bool with_rules = argc == 3 && strcmp(argv[1], "rules") == 0;
	InvoiceRules *rules = invoice_rules_open(&port_malloc, NULL, NULL, &sink);
	InvoiceReader *reader;
	PortStatus status = PORT_OK;
	size_t length;
	char *bytes;
	clock_t start;

	if (argc != 3)
		return 2;
	bytes = load(argv[2], &length);
	start = clock();
	if (strcmp(argv[1], "count") == 0)
		invoices = count_ends(bytes, length);
	else
	{
		reader = invoice_reader_open(&port_malloc, NULL, NULL, with_rules ? invoice_rules_sink(rules) : &sink);
		for (size_t at = 0; at < length && status == PORT_OK; at += PIECE)
			status = reader->push(reader, bytes + at, length - at < PIECE ? length - at : PIECE);
		if (status != PORT_OK || reader->finish(reader) != PORT_OK || findings > 0)
			return 1;
		reader->close(reader);
	}
	printf("%.6f\n", (double) (clock() - start) / CLOCKS_PER_SEC);
	return invoices == 0;
}
