/*
 * fuzz_sink.h: what the fuzz targets share: a sink that touches every byte it is given, and a reader that is fed in
 * pieces.  The first byte of an input chooses the size of the pieces.  Whatever comes in, the calls return, nothing is
 * leaked and every slice of an event is readable.
 *
 * A target for another format: fuzz_NAME.c with the three lines of fuzz_cii.c, and a few small seeds in seeds/fuzz_NAME.
 */
#ifndef FUZZ_SINK_H
#define FUZZ_SINK_H

#include "core/invoice_reader.h"
#include "core/invoice_rules.h"

static volatile unsigned fuzz_touched;

static inline void
fuzz_touch(Slice slice)
{
	for (size_t i = 0; i < slice.length; i++)
		fuzz_touched += (unsigned char) slice.bytes[i];
}

static inline PortStatus
fuzz_group(void *state, const InvoiceGroup *group)
{
	const InvoiceGroupInfo *info = &invoice_group_info[group->kind];

	(void) state;
	for (int i = 0; i <= (int) info->last - (int) info->first; i++)
		fuzz_touch(group->values[i]);
	return PORT_OK;
}

static inline PortStatus
fuzz_extra(void *state, const InvoicePlace *place, const char *path, Slice value)
{
	(void) state;
	(void) place;
	fuzz_touched += (unsigned char) path[0];
	fuzz_touch(value);
	return PORT_OK;
}

static inline PortStatus
fuzz_finding(void *state, const Finding *finding)
{
	(void) state;
	for (const char *at = finding->message; *at; at++)
		fuzz_touched += (unsigned char) *at;
	for (const char *at = finding->location; *at; at++)
		fuzz_touched += (unsigned char) *at;
	return PORT_OK;
}

static inline InvoiceSink
fuzz_sink(void)
{
	InvoiceSink sink = {.group = fuzz_group, .end = fuzz_group, .finding = fuzz_finding, .extra = fuzz_extra};

	return sink;
}

/* Pieces of the size that the first byte says; the reader is closed afterwards. */
static inline void
fuzz_feed(InvoiceReader *reader, const uint8_t *bytes, size_t length)
{
	size_t piece = length > 0 ? (size_t) bytes[0] * 16 + 1 : 1;
	PortStatus status = PORT_OK;

	for (size_t at = 1; at < length && status == PORT_OK; at += piece)
		status = reader->push(reader, (const char *) bytes + at, length - at < piece ? length - at : piece);
	if (status == PORT_OK)
		reader->finish(reader);
	reader->close(reader);
}

/* Through the reader of a format (NULL = by content) and the rules; head stands before the bytes. */
static inline int
fuzz_read(const char *format, const char *head, size_t head_length, const uint8_t *bytes, size_t length)
{
	InvoiceSink sink = fuzz_sink();
	InvoiceLimits limits = invoice_default_limits;
	InvoiceRules *rules = invoice_rules_open(&port_malloc, NULL, NULL, &sink);
	InvoiceReader *reader;

	limits.inflated_bytes = 1024 * 1024;
	reader = invoice_reader_open(&port_malloc, format, &limits, invoice_rules_sink(rules));
	if (head_length > 0 && reader->push(reader, head, head_length) != PORT_OK)
		reader->close(reader);
	else
		fuzz_feed(reader, bytes, length);
	invoice_rules_close(rules);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#endif
