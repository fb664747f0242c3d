/*
 * fuzz_invoice.c: libFuzzer target: any bytes, in pieces whose size the first byte chooses, through reader and rules.
 * Whatever comes in, the calls return, nothing is leaked and every slice of an event is readable.
 */
#include "core/invoice_reader.h"
#include "core/invoice_rules.h"

static volatile unsigned touched;

static void
touch(Slice slice)
{
	for (size_t i = 0; i < slice.length; i++)
		touched += (unsigned char) slice.bytes[i];
}

static PortStatus
touch_group(void *state, const InvoiceGroup *group)
{
	const InvoiceGroupInfo *info = &invoice_group_info[group->kind];

	(void) state;
	for (int i = 0; i <= (int) info->last - (int) info->first; i++)
		touch(group->values[i]);
	return PORT_OK;
}

static PortStatus
touch_extra(void *state, const InvoicePlace *place, const char *path, Slice value)
{
	(void) state;
	(void) place;
	touched += (unsigned char) path[0];
	touch(value);
	return PORT_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	InvoiceSink sink = {NULL, NULL, touch_group, touch_group, NULL, touch_extra, NULL};
	InvoiceLimits limits = invoice_default_limits;
	size_t piece = length > 0 ? (size_t) bytes[0] * 16 + 1 : 1;
	InvoiceRules *rules = invoice_rules_open(&port_malloc, NULL, NULL, &sink);
	InvoiceReader *reader;
	PortStatus status = PORT_OK;

	limits.inflated_bytes = 1024 * 1024;
	reader = invoice_reader_open(&port_malloc, NULL, &limits, invoice_rules_sink(rules));
	for (size_t at = 1; at < length && status == PORT_OK; at += piece)
		status = reader->push(reader, (const char *) bytes + at, length - at < piece ? length - at : piece);
	if (status == PORT_OK)
		reader->finish(reader);
	reader->close(reader);
	invoice_rules_close(rules);
	return 0;
}
