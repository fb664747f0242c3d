/*
 * invoice_write_test.c: the writers without a server: what is written is read back the same in every format, chunks join, every
 * failing allocation is reported and nothing leaks, memory does not grow with the lines, characters are escaped or refused.
 */
#include "check.h"
#include "core/buffer.h"
#include "core/invoice_reader.h"
#include "core/invoice_write.h"

#include <stdlib.h>

/* -- counting and failing allocations ---------------------------------------------------------------- */

typedef struct Memory
{
	size_t held, peak;
	long left; /* allocations until one fails; negative: never */
} Memory;

static void *
memory_resize(void *host, void *old, size_t old_size, size_t size)
{
	Memory *memory = host;
	size_t *block = old != NULL ? (size_t *) old - 2 : NULL;

	if (memory->left >= 0 && memory->left-- == 0)
		return NULL;
	memory->held -= block != NULL ? *block : 0;
	block = realloc(block, size + 2 * sizeof(size_t));
	*block = size;
	memory->held += size;
	if (memory->held > memory->peak)
		memory->peak = memory->held;
	return block + 2;
}

static void *
memory_alloc(void *host, size_t size)
{
	return memory_resize(host, NULL, 0, size);
}

static void
memory_release(void *host, void *block)
{
	Memory *memory = host;

	if (block == NULL)
		return;
	memory->held -= ((size_t *) block)[-2];
	free((size_t *) block - 2);
}

static bool
never(void *host)
{
	return false;
}

static Port
memory_port(Memory *memory)
{
	Port port = {memory, memory_alloc, memory_resize, memory_release, never};

	return port;
}

/* -- an invoice with everything ---------------------------------------------------------------------- */

static char marks[INVOICE_MODEL_TERM_COUNT][24];

static void
make_marks(void)
{
	for (int term = 0; term < INVOICE_MODEL_TERM_COUNT; term++)
		switch (invoice_term_info[term].type)
		{
			case TERM_TYPE_DATE:
				snprintf(marks[term], sizeof(marks[term]), "2%03d-10-11", term);
				break;
			case TERM_TYPE_AMOUNT:
			case TERM_TYPE_PRICE:
			case TERM_TYPE_QUANTITY:
			case TERM_TYPE_PERCENT:
				snprintf(marks[term], sizeof(marks[term]), "%d.25", term + 1);
				break;
			default:
				snprintf(marks[term], sizeof(marks[term]), "M<%03d>&\"", term);
		}
	strcpy(marks[TERM_BT_3], "380");
	strcpy(marks[TERM_BT_21], "AAI");
	strcpy(marks[TERM_BT_84], "M<084>&\"....");
	strcpy(marks[TERM_BT_95], "S");
	strcpy(marks[TERM_BT_102], "S");
	strcpy(marks[TERM_BT_118], "S");
	strcpy(marks[TERM_BT_119], "23");
	strcpy(marks[TERM_BT_151], "S");
	strcpy(marks[TERM_BT_152], "23");
	strcpy(marks[TERM_BT_5], "EUR");
	strcpy(marks[TERM_BT_6], "NOK");
}

static void
fill(InvoiceContent *content, bool line)
{
	for (int kind = 0; kind < INVOICE_MODEL_GROUP_COUNT; kind++)
		if (invoice_is_line_kind((InvoiceGroupKind) kind) == line)
		{
			Slice *row = invoice_content_add(content, (InvoiceGroupKind) kind);
			int first = (int) invoice_group_info[kind].first;

			for (int i = 0; row != NULL && i < invoice_group_size((InvoiceGroupKind) kind); i++)
				row[i] = (Slice){marks[first + i], strlen(marks[first + i])};
		}
}

static PortStatus
keep(void *state, const char *bytes, size_t length)
{
	buffer_append(state, bytes, length);
	return PORT_OK;
}

static PortStatus
drop(void *state, const char *bytes, size_t length)
{
	*(size_t *) state += length;
	return PORT_OK;
}

static PortStatus
write_all(const Port *port, const WriteFormat *format, int lines, WriteOutput output, void *state)
{
	InvoiceContent document, line;
	InvoiceWriter *writer = invoice_writer_open(port, format, false, output, state);
	PortStatus status;

	invoice_content_init(&document, &port_malloc);
	invoice_content_init(&line, &port_malloc);
	fill(&document, false);
	fill(&line, true);
	status = writer != NULL ? invoice_writer_begin(writer, &document) : PORT_NO_MEMORY;
	for (int i = 0; i < lines && status == PORT_OK; i++)
		status = invoice_writer_line(writer, &line);
	if (status == PORT_OK)
		status = invoice_writer_end(writer);
	if (status == PORT_INVALID)
		printf("# %s: %s\n", format->name, invoice_writer_fault(writer)->message);
	if (writer != NULL)
		invoice_writer_close(writer);
	invoice_content_release(&document);
	invoice_content_release(&line);
	return status;
}

/* -- read back --------------------------------------------------------------------------------------- */

typedef struct Seen
{
	int terms, wrong, lines, documents;
} Seen;

static PortStatus
see_group(void *state, const InvoiceGroup *group)
{
	Seen *seen = state;

	if (invoice_is_fact(group->kind))
		return PORT_OK;
	seen->lines += group->kind == INVOICE_LINE;
	for (int i = 0; i < invoice_group_size(group->kind); i++)
	{
		const char *mark = marks[(int) invoice_group_info[group->kind].first + i];
		Slice value = group->values[i];

		if (value.bytes == NULL)
			continue;
		seen->terms++;
		if (value.length != strlen(mark) || memcmp(value.bytes, mark, value.length) != 0)
		{
			seen->wrong++;
			printf("# %s: \"%.*s\"\n", invoice_term_info[(int) invoice_group_info[group->kind].first + i].key,
				   (int) value.length, value.bytes);
		}
	}
	return PORT_OK;
}

static PortStatus
see_end(void *state, const InvoiceGroup *document)
{
	((Seen *) state)->documents++;
	return see_group(state, document);
}

static Seen
read_back(const ByteBuffer *bytes)
{
	Seen seen = {0, 0, 0, 0};
	InvoiceSink sink = {.state = &seen, .group = see_group, .end = see_end};
	InvoiceReader *reader = invoice_reader_open(&port_malloc, NULL, NULL, &sink);

	if (reader->push(reader, bytes->bytes, bytes->length) != PORT_OK || reader->finish(reader) != PORT_OK)
	{
		printf("# %s\n", reader->fault.message);
		seen.wrong++;
	}
	reader->close(reader);
	return seen;
}

static void
test_round_trip(void)
{
	static const char *const whole[] = {"ubl", "cii"}; /* these carry every term */

	for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++)
	{
		ByteBuffer bytes;
		Seen seen;

		buffer_init(&bytes, &port_malloc);
		CHECK(write_all(&port_malloc, invoice_write_find(whole[i]), 2, keep, &bytes) == PORT_OK);
		seen = read_back(&bytes);
		CHECK(seen.documents == 1 && seen.lines == 2 && seen.wrong == 0);
		/* terms of the line and its details come twice */
		CHECK(seen.terms == INVOICE_MODEL_TERM_COUNT + (int) TERM_BT_161 - (int) TERM_BT_126 + 1);
		buffer_release(&bytes);
	}
}

static void
test_allocations(const WriteFormat *format)
{
	for (long fail = 0;; fail++)
	{
		Memory memory = {0, 0, fail};
		Port port = memory_port(&memory);
		size_t length = 0;
		PortStatus status = write_all(&port, format, 40, drop, &length);

		CHECK(memory.held == 0);
		if (status != PORT_NO_MEMORY)
		{
			CHECK(status == PORT_OK);
			return;
		}
	}
}

static void
test_flat_memory(const WriteFormat *format)
{
	/* both sizes fill the output's buffer */
	Memory few = {0, 0, -1}, many = {0, 0, -1};
	Port few_port = memory_port(&few), many_port = memory_port(&many);
	size_t few_bytes = 0, many_bytes = 0;

	CHECK(write_all(&few_port, format, 1000, drop, &few_bytes) == PORT_OK);
	CHECK(write_all(&many_port, format, 5000, drop, &many_bytes) == PORT_OK);
	CHECK(many_bytes > 4 * few_bytes && many.peak <= few.peak + 4096);
}

/* -- characters -------------------------------------------------------------------------------------- */

static PortStatus
write_note(const char *text, size_t length, ByteBuffer *bytes, char *message, size_t room)
{
	InvoiceContent document;
	InvoiceWriter *writer = invoice_writer_open(&port_malloc, invoice_write_find("ubl"), false, keep, bytes);
	PortStatus status;

	invoice_content_init(&document, &port_malloc);
	invoice_content_add(&document, INVOICE_DOCUMENT);
	invoice_content_add(&document, INVOICE_NOTE)[1] = (Slice){text, length};
	buffer_reset(bytes);
	status = invoice_writer_begin(writer, &document);
	if (status == PORT_OK)
		status = invoice_writer_end(writer);
	buffer_append_char(bytes, '\0');
	snprintf(message, room, "%s", invoice_writer_fault(writer)->message);
	invoice_writer_close(writer);
	invoice_content_release(&document);
	return status;
}

static void
test_characters(void)
{
	ByteBuffer bytes;
	char message[256];

	buffer_init(&bytes, &port_malloc);
	CHECK(write_note("a<b>&\r\n\t\"'\xc3\xa5\xef\xa3\xbf\xf0\x9f\x98\x80", 19, &bytes, message, sizeof(message)) == PORT_OK);
	CHECK(strstr(bytes.bytes, "<cbc:Note>a&lt;b&gt;&amp;&#13;\n\t\"'\xc3\xa5\xef\xa3\xbf\xf0\x9f\x98\x80</cbc:Note>") != NULL);
	for (int c = 0; c < 32; c++)
	{
		char text[] = {'x', (char) c};
		bool allowed = c == '\t' || c == '\n' || c == '\r';

		CHECK((write_note(text, 2, &bytes, message, sizeof(message)) == PORT_OK) == allowed);
		if (!allowed)
			CHECK(strstr(message, "BT-22 (invoice note) has the character U+00") != NULL);
	}
	CHECK(write_note("\xef\xbf\xbe", 3, &bytes, message, sizeof(message)) == PORT_INVALID);
	CHECK(strstr(message, "U+FFFE") != NULL);
	CHECK(write_note("\xef\xbf\xbd", 3, &bytes, message, sizeof(message)) == PORT_OK);
	CHECK(write_note("\xef\xbf", 2, &bytes, message, sizeof(message)) == PORT_OK); /* cut: not ours to judge */
	buffer_release(&bytes);
}

int
main(void)
{
	make_marks();
	test_round_trip();
	for (int i = 0; invoice_write_formats[i] != NULL; i++)
	{
		test_allocations(invoice_write_formats[i]);
		test_flat_memory(invoice_write_formats[i]);
	}
	test_characters();
	return check_done();
}
