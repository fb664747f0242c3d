/*
 * fuzz_edifact.c: any bytes behind the head of an interchange, unless they bring their own; the second byte chooses its
 * character set and syntax version.  Small limits, so that they are met.
 */
#include "fuzz_sink.h"

#include <stdio.h>

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	InvoiceSink sink = fuzz_sink();
	InvoiceLimits limits = invoice_default_limits;
	InvoiceRules *rules = invoice_rules_open(&port_malloc, NULL, NULL, &sink);
	InvoiceReader *reader;
	char head[64];
	int head_length = snprintf(head, sizeof(head), "UNB+UNO%c:%c+A+B+261101:0800+X1'", length > 1 ? 'A' + bytes[1] % 26 : 'C',
							   length > 1 && bytes[1] >= 128 ? '4' : '3');

	limits.value_bytes = 4096;
	limits.attachment_bytes = 4096;
	reader = invoice_reader_open(&port_malloc, NULL, &limits, invoice_rules_sink(rules));
	if (length > 2 && bytes[2] != 'U' && reader->push(reader, head, (size_t) head_length) != PORT_OK)
		reader->close(reader);
	else
		fuzz_feed(reader, bytes + (length > 1), length - (length > 1));
	invoice_rules_close(rules);
	return 0;
}
