/*
 * invoice_reader_test.c: the reader and the rules without a server: pieces of any size give the
 * same events, every failing allocation is reported, nothing leaks, memory does not grow with
 * documents or lines.
 */
#include "check.h"
#include "core/buffer.h"
#include "core/invoice_reader.h"
#include "core/invoice_rules.h"

#include <stdlib.h>

#define SPACES                                                                              \
	"xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2\" "                     \
	"xmlns:a=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\" " \
	"xmlns:b=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\""
#define LINE                                                                                   \
	"<a:InvoiceLine><b:ID>1</b:ID><b:LineExtensionAmount currencyID=\"EUR\">10.00"             \
	"</b:LineExtensionAmount><a:AllowanceCharge><b:ChargeIndicator>true</b:ChargeIndicator>"   \
	"<b:Amount>1</b:Amount></a:AllowanceCharge><a:Item><b:Name>A &amp; B</b:Name>"             \
	"<a:ClassifiedTaxCategory><b:ID>S</b:ID><b:Percent>25</b:Percent><a:TaxScheme><b:ID>VAT</" \
	"b:ID>"                                                                                    \
	"</a:TaxScheme></a:ClassifiedTaxCategory></a:Item></a:InvoiceLine>"
#define HEAD                                                                                   \
	"<Invoice " SPACES "><b:ID>F-1</b:ID><b:DocumentCurrencyCode>EUR</b:DocumentCurrencyCode>" \
	"<b:Note>one</b:Note><b:Odd x=\"1\">kept</b:Odd>"
#define TAIL                                                                     \
	"<a:LegalMonetaryTotal><b:LineExtensionAmount>10.00</b:LineExtensionAmount>" \
	"<b:PayableAmount>x</b:PayableAmount></a:LegalMonetaryTotal></Invoice>"

static const char sample[] =
	"<all n=\"2\">\n" HEAD LINE TAIL "\n<!-- <Invoice> -->\n" HEAD LINE TAIL "</all>";

/* -- a sink that writes down what it sees --------------------------------------------------------
 */

static PortStatus
note_begin(void *state, const InvoicePlace *place, const char *format)
{
	buffer_printf(state, "begin %d %s\n", (int) place->document_no, format);
	return PORT_OK;
}

static PortStatus
note_group(void *state, const InvoiceGroup *group)
{
	const InvoiceGroupInfo *info = &invoice_group_info[group->kind];

	buffer_printf(state, "group %s %d of %d:", info->key, (int) group->place.group_no,
				  (int) group->parent_no);
	for (int term = (int) info->first; term <= (int) info->last; term++)
	{
		Slice value = group->values[term - (int) info->first];

		if (value.bytes != NULL)
			buffer_printf(state, " %s=%.*s", invoice_term_info[term].key, (int) value.length,
						  value.bytes);
	}
	buffer_append_text(state, "\n");
	return PORT_OK;
}

static PortStatus
note_finding(void *state, const Finding *finding)
{
	buffer_printf(state, "finding %s %s\n", finding->rule, finding->location);
	return PORT_OK;
}

static PortStatus
note_extra(void *state, const InvoicePlace *place, const char *path, Slice value)
{
	buffer_printf(state, "extra %d %s=%.*s\n", (int) place->document_no, path, (int) value.length,
				  value.bytes);
	return PORT_OK;
}

static PortStatus
read_all(const Port *port, const char *bytes, size_t length, size_t piece, ByteBuffer *trace)
{
	InvoiceSink notes = {trace, note_begin, note_group, note_group, note_finding, note_extra, NULL};
	InvoiceRules *rules = invoice_rules_open(port, NULL, NULL, &notes);
	InvoiceReader *reader =
		rules != NULL ? invoice_reader_open(port, NULL, NULL, invoice_rules_sink(rules)) : NULL;
	PortStatus status = reader != NULL ? PORT_OK : PORT_NO_MEMORY;

	for (size_t at = 0; at < length && status == PORT_OK; at += piece)
		status = reader->push(reader, bytes + at, length - at < piece ? length - at : piece);
	if (status == PORT_OK)
		status = reader->finish(reader);
	if (reader != NULL)
	{
		if (status == PORT_INVALID || status == PORT_TOO_LARGE)
			buffer_printf(trace, "fault %s line %d\n", reader->fault.rule,
						  (int) reader->fault.line);
		reader->close(reader);
	}
	invoice_rules_close(rules);
	return status;
}

static void
test_events(void)
{
	ByteBuffer trace;

	buffer_init(&trace, &port_malloc);
	CHECK(read_all(&port_malloc, sample, sizeof(sample) - 1, sizeof(sample), &trace) == PORT_OK);
	buffer_append_char(&trace, '\0');
	CHECK(strstr(trace.bytes, "begin 2 ubl-invoice") != NULL);
	CHECK(strstr(trace.bytes, "extra 0 /all/@n=2") != NULL);
	CHECK(strstr(trace.bytes, "extra 1 /all/Invoice/b:Odd=kept") != NULL);
	CHECK(strstr(trace.bytes, "group bg_28 1 of 1: bt_141=1") != NULL);
	CHECK(strstr(trace.bytes,
				 "group bg_25 1 of 0: bt_126=1 bt_131=10.00 bt_151=S bt_152=25 bt_153=A & B") !=
		  NULL);
	CHECK(
		strstr(trace.bytes,
			   "finding VALUE-NUMBER /Invoice/cac:LegalMonetaryTotal/cbc:PayableAmount, line 2") !=
		NULL);
	CHECK(strstr(trace.bytes,
				 "finding BR-CO-24 /Invoice/cac:InvoiceLine[1]/cac:AllowanceCharge, line 2") !=
		  NULL);
	buffer_release(&trace);
}

static void
test_pieces(void)
{
	ByteBuffer whole, part;

	buffer_init(&whole, &port_malloc);
	buffer_init(&part, &port_malloc);
	CHECK(read_all(&port_malloc, sample, sizeof(sample) - 1, sizeof(sample), &whole) == PORT_OK);
	for (size_t piece = 1; piece < 700; piece += piece < 20 ? 1 : 37)
	{
		buffer_reset(&part);
		CHECK(read_all(&port_malloc, sample, sizeof(sample) - 1, piece, &part) == PORT_OK);
		CHECK(part.length == whole.length && memcmp(part.bytes, whole.bytes, whole.length) == 0);
	}
	/* cut anywhere: a fault, never a crash, never an acceptance */
	for (size_t length = 0; length < sizeof(sample) - 1; length++)
	{
		buffer_reset(&part);
		CHECK(read_all(&port_malloc, sample, length, 64, &part) == PORT_INVALID);
	}
	buffer_release(&whole);
	buffer_release(&part);
}

/* -- a host whose n-th allocation fails ----------------------------------------------------------
 */

static int allocations_left;
static size_t bytes_live, bytes_peak;

static void *
count_alloc(void *host, size_t size)
{
	size_t *block;

	(void) host;
	if (allocations_left-- <= 0 || (block = malloc(size + 16)) == NULL)
		return NULL;
	*block = size;
	bytes_live += size;
	bytes_peak = bytes_live > bytes_peak ? bytes_live : bytes_peak;
	return (char *) block + 16;
}

static void
count_release(void *host, void *old)
{
	(void) host;
	if (old == NULL)
		return;
	bytes_live -= *(size_t *) ((char *) old - 16);
	free((char *) old - 16);
}

static void *
count_resize(void *host, void *old, size_t old_size, size_t size)
{
	void *block = count_alloc(host, size);

	if (block != NULL && old != NULL)
	{
		memcpy(block, old, old_size < size ? old_size : size);
		count_release(host, old);
	}
	return block;
}

static bool
never(void *host)
{
	(void) host;
	return false;
}

static const Port counting = {NULL, count_alloc, count_resize, count_release, never};

static void
test_failing_allocations(void)
{
	PortStatus status = PORT_NO_MEMORY;
	int n;

	for (n = 0; status == PORT_NO_MEMORY && n < 1000; n++)
	{
		ByteBuffer trace;

		buffer_init(&trace, &port_malloc);
		allocations_left = n;
		status = read_all(&counting, sample, sizeof(sample) - 1, 100, &trace);
		CHECK(status == PORT_NO_MEMORY || status == PORT_OK);
		CHECK(bytes_live == 0);
		buffer_release(&trace);
	}
	CHECK(n > 8 && status == PORT_OK);
}

/* Peak memory of a document with this many lines. */
static size_t
peak_of(int lines)
{
	InvoiceSink nothing = {.state = NULL};
	InvoiceRules *rules;
	InvoiceReader *reader;

	allocations_left = 1 << 30;
	bytes_peak = 0;
	rules = invoice_rules_open(&counting, NULL, NULL, &nothing);
	reader = invoice_reader_open(&counting, NULL, NULL, invoice_rules_sink(rules));
	CHECK(reader->push(reader, HEAD, strlen(HEAD)) == PORT_OK);
	for (int i = 0; i < lines; i++)
		CHECK(reader->push(reader, LINE, strlen(LINE)) == PORT_OK);
	CHECK(reader->push(reader, TAIL, strlen(TAIL)) == PORT_OK);
	CHECK(reader->finish(reader) == PORT_OK);
	reader->close(reader);
	invoice_rules_close(rules);
	CHECK(bytes_live == 0);
	return bytes_peak;
}

static PortStatus
stop_here(void *state, const InvoiceGroup *group)
{
	(void) state;
	return group->kind == INVOICE_LINE ? PORT_STOPPED : PORT_OK;
}

int
main(void)
{
	InvoiceSink stopping = {.group = stop_here};
	InvoiceReader *reader = invoice_reader_open(&port_malloc, "no-such-format", NULL, &stopping);

	test_events();
	test_pieces();
	test_failing_allocations();
	CHECK(peak_of(20000) <= peak_of(100));
	CHECK(reader->push(reader, sample, 10) == PORT_INVALID);
	CHECK_TEXT(reader->fault.rule, "FILE-FORMAT");
	reader->close(reader);
	reader = invoice_reader_open(&port_malloc, "ubl", NULL, &stopping);
	CHECK(reader->push(reader, sample, sizeof(sample) - 1) == PORT_STOPPED);
	CHECK(reader->push(reader, sample, sizeof(sample) - 1) == PORT_STOPPED);
	reader->close(reader);
	CHECK(invoice_rules_knows("peppol+advisory") && !invoice_rules_knows("peppol+x") &&
		  !invoice_rules_knows(""));
	return check_done();
}
