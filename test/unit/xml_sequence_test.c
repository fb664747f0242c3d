/*
 * xml_sequence_test.c: several XML documents in one file, as banks send Finvoice: told apart whatever the pieces are,
 * with places that count on, and only where a format allows it.
 */
#include "check.h"
#include "core/buffer.h"
#include "core/invoice_reader.h"

#define ENVELOPE "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body a=\"/>\"/></s:Envelope>\n"
#define DECLARED "<?xml version=\"1.0\" encoding=\"ISO-8859-15\"?>\n"
#define FINVOICE(number) "<Finvoice><InvoiceDetails><InvoiceNumber>" number "</InvoiceNumber></InvoiceDetails></Finvoice>"

static PortStatus
note_begin(void *state, const InvoicePlace *place, const char *format)
{
	buffer_printf(state, "%d %s line %d ", (int) place->document_no, format, (int) place->line_no);
	return PORT_OK;
}

static PortStatus
note_end(void *state, const InvoiceGroup *document)
{
	Slice number = INVOICE_VALUE(document, TERM_BT_1);

	buffer_printf(state, "%.*s\n", (int) number.length, number.bytes ? number.bytes : "");
	return PORT_OK;
}

static PortStatus
read_all(const char *bytes, size_t piece, ByteBuffer *trace)
{
	InvoiceSink notes = {.state = trace, .begin = note_begin, .end = note_end};
	InvoiceReader *reader = invoice_reader_open(&port_malloc, NULL, NULL, &notes);
	PortStatus status = PORT_OK;
	size_t length = strlen(bytes);

	for (size_t at = 0; at < length && status == PORT_OK; at += piece)
		status = reader->push(reader, bytes + at, length - at < piece ? length - at : piece);
	if (status == PORT_OK)
		status = reader->finish(reader);
	if (status != PORT_OK)
		buffer_printf(trace, "fault %s line %d\n", reader->fault.rule, (int) reader->fault.line);
	reader->close(reader);
	return status;
}

/* The same events for every size of the pieces. */
static void
check_sequence(const char *bytes, const char *expected)
{
	for (size_t piece = 1; piece < 1200; piece += piece < 40 ? 1 : 113)
	{
		ByteBuffer trace;

		buffer_init(&trace, &port_malloc);
		read_all(bytes, piece, &trace);
		buffer_append_char(&trace, '\0');
		if (strcmp(trace.bytes, expected) != 0)
			fprintf(stderr, "piece %zu: %s", piece, trace.bytes);
		CHECK(strcmp(trace.bytes, expected) == 0);
		buffer_release(&trace);
	}
}

int
main(void)
{
	check_sequence(ENVELOPE DECLARED FINVOICE("A") "\n\n" ENVELOPE DECLARED "<!-- > -->" FINVOICE("B") FINVOICE("C") "\n",
				   "1 finvoice line 3 A\n2 finvoice line 7 B\n3 finvoice line 7 C\n");
	check_sequence(FINVOICE("A") "\xef\xbb\xbf" FINVOICE("B") "<!-- end -->\n",
				   "1 finvoice line 1 A\n2 finvoice line 1 B\n");
	check_sequence(FINVOICE("A") "\n<?xml-stylesheet href=\"a\"?>\n", "1 finvoice line 1 A\n");
	/* what was whole before a fault has been said */
	check_sequence(FINVOICE("A") "\n" DECLARED "<Finvoice>\n<a></b></Finvoice>",
				   "1 finvoice line 1 A\n2 finvoice line 3 fault XML-SYNTAX line 4\n");
	check_sequence(FINVOICE("A") "\ntext", "1 finvoice line 1 A\nfault XML-SYNTAX line 2\n");
	check_sequence(FINVOICE("A") "\n<!DOCTYPE x>", "1 finvoice line 1 A\nfault XML-DOCTYPE line 2\n");
	check_sequence(ENVELOPE ENVELOPE, "fault FILE-UNKNOWN line 1\n");
	/* other formats have one document in a file */
	check_sequence("<INVOICE/>\n<INVOICE/>", "1 teapps line 1 \nfault XML-SYNTAX line 2\n");
	check_sequence("<other/>\n" FINVOICE("A"), "fault XML-SYNTAX line 2\n");
	return check_done();
}
