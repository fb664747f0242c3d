/*
 * fuzz_edifact.c: libFuzzer target: any bytes behind the head of an interchange, in pieces whose size the first byte
 * chooses; the second byte chooses character set and syntax version.
 */
#include "core/invoice_reader.h"
#include "core/invoice_rules.h"

#include <stdio.h>
#include <string.h>

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

static PortStatus
touch_finding(void *state, const Finding *finding)
{
	(void) state;
	touched += (unsigned) (strlen(finding->rule) + strlen(finding->location) + strlen(finding->message));
	return PORT_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	InvoiceSink sink = {.group = touch_group, .end = touch_group, .extra = touch_extra, .finding = touch_finding};
	InvoiceLimits limits = invoice_default_limits;
	size_t piece = length > 0 ? (size_t) bytes[0] + 1 : 1;
	InvoiceRules *rules = invoice_rules_open(&port_malloc, NULL, NULL, &sink);
	InvoiceReader *reader;
	PortStatus status;
	char head[64];
	int head_length = snprintf(head, sizeof(head), "UNB+UNO%c:%c+A+B+261101:0800+X1'", length > 1 ? 'A' + bytes[1] % 26 : 'C',
							   length > 1 && bytes[1] >= 128 ? '4' : '3');

	limits.value_bytes = 4096;
	limits.attachment_bytes = 4096;
	reader = invoice_reader_open(&port_malloc, NULL, &limits, invoice_rules_sink(rules));
	/* every other input brings its own head */
	status = length > 2 && bytes[2] == 'U' ? PORT_OK : reader->push(reader, head, (size_t) head_length);
	for (size_t at = 2; at < length && status == PORT_OK; at += piece)
		status = reader->push(reader, (const char *) bytes + at, length - at < piece ? length - at : piece);
	if (status == PORT_OK)
		reader->finish(reader);
	reader->close(reader);
	invoice_rules_close(rules);
	return 0;
}
