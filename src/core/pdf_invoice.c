/*
 * pdf_invoice.c: finds the attached invoice and reads it.
 */
#include "core/pdf_invoice.h"

#include "core/pdf_source.h"
#include "core/xml_invoice.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define MAX_PENDING 64
#define MAX_NODES 1024
#define MAX_FILES 256
#define NO_RANK 100

typedef struct PdfInvoice
{
	ContentReader content; /* first, so that the two addresses are one */
	const Port *port;
	const InvoiceSink *sink;
	const InvoiceLimits *limits;
	const char *format;
	int64_t *documents;
	ByteBuffer bytes;
	ContentReader *xml;
	PortStatus status;
} PdfInvoice;

/* The best attached file so far. */
typedef struct Choice
{
	PdfSource *source;
	PdfValue file; /* reference of the embedded stream */
	int rank;
	char name[100];
	int files;
	char others[160]; /* names, for the message when none is an invoice */
} Choice;

/* -- which file ---------------------------------------------------------------------------------
 */

static bool
is_xml_name(const char *name)
{
	size_t length = strlen(name);

	return length > 4 && strcasecmp(name + length - 4, ".xml") == 0;
}

/* Small is good; NO_RANK = not an invoice. */
static int
rank_of(PdfSource *source, const PdfValue *specification, const char *name)
{
	static const char *const names[] = {"factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml"};
	static const char *const relations[] = {"Alternative", "Data", "Source"};
	const int count = sizeof(names) / sizeof(*names);
	PdfValue relation = pdf_source_key(source, specification, "AFRelationship");

	for (int i = 0; i < count; i++)
		if (strcasecmp(name, names[i]) == 0)
			return i;
	for (int i = 0; i < 3; i++)
		if (is_xml_name(name) && pdf_text_is(&relation, relations[i]))
			return count + i;
	return NO_RANK;
}

static void
consider(Choice *choice, PdfValue value)
{
	PdfSource *source = choice->source;
	PdfValue specification = pdf_source_resolve(source, value), files, name, file;
	char text[100];
	int rank;

	if (specification.kind != PDF_DICT || choice->files == MAX_FILES)
		return;
	files = pdf_source_key(source, &specification, "EF");
	name = pdf_source_key(source, &specification, "UF");
	if (name.kind != PDF_STRING)
		name = pdf_source_key(source, &specification, "F");
	file = pdf_find_key(&files, "UF", pdf_source_work(source));
	if (file.kind != PDF_REFERENCE)
		file = pdf_find_key(&files, "F", pdf_source_work(source));
	if (file.kind != PDF_REFERENCE || pdf_source_resolve(source, file).kind != PDF_DICT)
		return;
	pdf_string_text(&name, text, sizeof(text));
	rank = rank_of(source, &specification, text);
	if (choice->file.kind != PDF_REFERENCE || choice->file.number != file.number)
	{
		size_t length = strlen(choice->others);

		snprintf(choice->others + length, sizeof(choice->others) - length, "%s\"%.40s\"",
				 length > 0 ? ", " : "", text);
	}
	choice->files++;
	if (rank >= choice->rank)
		return;
	choice->rank = rank;
	choice->file = file;
	snprintf(choice->name, sizeof(choice->name), "%s", text);
}

/* The names of a name tree are pairs of a string and what it names. */
static void
consider_names(Choice *choice, const PdfValue *node)
{
	int64_t *work = pdf_source_work(choice->source);
	PdfValue names = pdf_source_key(choice->source, node, "Names");
	PdfCursor inside = pdf_inside(&names, work);

	for (;;)
	{
		PdfValue value;

		if (pdf_next_value(&inside).kind == PDF_NONE)
			return;
		value = pdf_next_value(&inside);
		if (value.kind == PDF_NONE)
			return;
		consider(choice, value);
	}
}

/* Nodes wait in a list of bounded length and are counted, so that loops end. */
static void
walk_tree(Choice *choice, PdfValue root)
{
	PdfValue pending[MAX_PENDING];
	int count = 1;

	pending[0] = root;
	for (int nodes = 0; count > 0 && nodes < MAX_NODES; nodes++)
	{
		PdfValue node = pdf_source_resolve(choice->source, pending[--count]), kids, kid;
		PdfCursor inside;

		if (node.kind != PDF_DICT)
			continue;
		consider_names(choice, &node);
		kids = pdf_source_key(choice->source, &node, "Kids");
		inside = pdf_inside(&kids, pdf_source_work(choice->source));
		while (count < MAX_PENDING && (kid = pdf_next_value(&inside)).kind != PDF_NONE)
			pending[count++] = kid;
	}
}

static void
choose(Choice *choice, const PdfValue *catalog)
{
	PdfValue names = pdf_source_key(choice->source, catalog, "Names");
	PdfValue associated = pdf_source_key(choice->source, catalog, "AF"), value;
	PdfCursor inside = pdf_inside(&associated, pdf_source_work(choice->source));

	choice->rank = NO_RANK;
	choice->files = 0;
	choice->others[0] = '\0';
	choice->file.kind = PDF_NONE;
	while ((value = pdf_next_value(&inside)).kind != PDF_NONE)
		consider(choice, value);
	walk_tree(choice, pdf_find_key(&names, "EmbeddedFiles", pdf_source_work(choice->source)));
}

/* -- reading ------------------------------------------------------------------------------------
 */

static PortStatus
push_piece(void *state, const char *bytes, size_t length)
{
	PdfInvoice *reader = state;

	return reader->xml->push(reader->xml, bytes, length);
}

/* A fault inside of the attached file names it. */
static PortStatus
name_fault(PdfInvoice *reader, PortStatus status, const char *name)
{
	PortFault *fault = &reader->content.fault;

	if ((status != PORT_INVALID && status != PORT_TOO_LARGE) || fault->status != PORT_OK)
		return status;
	*fault = reader->xml->fault;
	snprintf(fault->message, sizeof(fault->message), "attached file \"%.40s\": %.180s", name,
			 reader->xml->fault.message);
	return status;
}

static PortStatus
open_xml(PdfInvoice *reader)
{
	if (reader->xml != NULL)
		return reader->xml->next(reader->xml);
	reader->xml = xml_invoice_open(reader->port, reader->limits, reader->format, reader->documents,
								   reader->sink);
	return reader->xml != NULL ? PORT_OK : PORT_NO_MEMORY;
}

static PortStatus
read_choice(PdfInvoice *reader, Choice *choice)
{
	PortStatus status = open_xml(reader);

	if (status == PORT_OK)
		status = pdf_source_stream(choice->source, choice->file, push_piece, reader);
	if (status == PORT_OK)
		status = reader->xml->finish(reader->xml);
	return name_fault(reader, status, choice->name);
}

static PortStatus
no_invoice(PdfInvoice *reader, const Choice *choice)
{
	PortFault *fault = &reader->content.fault;

	if (choice->files == 0)
		return port_fault(fault, PORT_INVALID, "PDF-ATTACHMENT",
						  "the PDF has no file attached, so there is no invoice in it to read");
	return port_fault(fault, PORT_INVALID, "PDF-ATTACHMENT",
					  "none of the files attached to the PDF is an invoice (factur-x.xml, "
					  "zugferd-invoice.xml, xrechnung.xml): %s",
					  choice->others);
}

/* What is found along the chain, or if that is damaged by a search of the file. */
static PortStatus
find_file(PdfInvoice *reader, PdfSource *source, Choice *choice)
{
	PdfValue catalog;
	PortStatus status = pdf_source_begin(source);

	if (status != PORT_OK)
		return status;
	for (int turn = 0; turn < 2; turn++)
	{
		status = pdf_source_catalog(source, &catalog);
		if (status == PORT_OK)
			choose(choice, &catalog);
		if (status == PORT_OK)
			status = pdf_source_trouble(source);
		if (status != PORT_OK &&
			(status != PORT_INVALID || reader->content.fault.status != PORT_OK))
			return status;
		if (status == PORT_OK && (choice->rank < NO_RANK || !pdf_source_damaged(source)))
			break;
		if (turn == 0 && (status = pdf_source_search(source)) != PORT_OK)
			return status;
	}
	if (status != PORT_OK)
		return port_fault(&reader->content.fault, PORT_INVALID, "PDF-SYNTAX",
						  "the PDF is damaged or cut: its catalogue is not there");
	if (choice->rank == NO_RANK && choice->files == 0 && pdf_source_damaged(source))
		return port_fault(&reader->content.fault, PORT_INVALID, "PDF-SYNTAX",
						  "the PDF is damaged or cut: no attached file was found in it");
	return choice->rank < NO_RANK ? PORT_OK : no_invoice(reader, choice);
}

static PortStatus
finish(ContentReader *content)
{
	PdfInvoice *reader = (PdfInvoice *) content;
	Choice choice = {.rank = NO_RANK};

	if (reader->status != PORT_OK)
		return reader->status;
	content->fault.position = -1;
	choice.source = pdf_source_open(reader->port, reader->bytes.bytes, reader->bytes.length,
									reader->limits->inflate_ratio, &content->fault);
	if (choice.source == NULL)
		return reader->status = PORT_NO_MEMORY;
	reader->status = find_file(reader, choice.source, &choice);
	if (reader->status == PORT_OK)
		reader->status = read_choice(reader, &choice);
	pdf_source_close(choice.source);
	return reader->status;
}

static PortStatus
push(ContentReader *content, const char *bytes, size_t length)
{
	PdfInvoice *reader = (PdfInvoice *) content;

	if (reader->status != PORT_OK)
		return reader->status;
	if (length > reader->limits->pdf_bytes - reader->bytes.length)
		return reader->status =
				   port_fault(&content->fault, PORT_TOO_LARGE, "PDF-LIMIT",
							  "the PDF is larger than %zu bytes (mailroom.invoice_pdf_limit)",
							  reader->limits->pdf_bytes);
	buffer_append(&reader->bytes, bytes, length);
	return reader->status = buffer_failed(&reader->bytes) ? PORT_NO_MEMORY : PORT_OK;
}

static PortStatus
next(ContentReader *content)
{
	PdfInvoice *reader = (PdfInvoice *) content;

	buffer_reset(&reader->bytes);
	return reader->status = PORT_OK;
}

static void
close_reader(ContentReader *content)
{
	PdfInvoice *reader = (PdfInvoice *) content;

	if (reader->xml != NULL)
		reader->xml->close(reader->xml);
	buffer_release(&reader->bytes);
	reader->port->release(reader->port->host, reader);
}

ContentReader *
pdf_invoice_open(const Port *port, const InvoiceLimits *limits, const char *format,
				 int64_t *documents, const InvoiceSink *sink)
{
	PdfInvoice *reader = port->alloc(port->host, sizeof(PdfInvoice));

	if (reader == NULL)
		return NULL;
	memset(reader, 0, sizeof(*reader));
	reader->content = (ContentReader){push, finish, next, close_reader, {0}};
	reader->port = port;
	reader->sink = sink;
	reader->limits = limits;
	reader->format = format;
	reader->documents = documents;
	buffer_init(&reader->bytes, port);
	return &reader->content;
}
