/*
 * long_document_test.c: documents of very many rows, read back from their pages: every row once and
 * in order, a head on every page, sums to the cent; pages that are handed over one by one are the
 * pages that would have been kept, and take no more memory.
 */
#define _GNU_SOURCE
#include "check.h"
#include "core/pdf_document.h"
#include "core/pdf_metadata.h"
#include "core/template_invoice.h"
#include "core/template_rows.h"
#include "core/template_run.h"
#include "counted.h"
#include "structure_read.h"

#include <stdarg.h>

#define MOST_ROWS 100000
#define MOST_TEXTS 4000 /* on a page */

/* ---------- the invoice ---------- */

static Slice invoice[FIRST_FIELD_LINE], tax[FIRST_FIELD_ADJUSTMENT - FIRST_FIELD_TAX];
static const Slice *invoice_rows[] = {invoice}, *tax_rows[] = {tax};
static char packed_bytes[MOST_ROWS * 160], laid_bytes[MOST_ROWS * 160];
static const char *packed_rows[MOST_ROWS];
static Slice laid[MOST_ROWS][TEMPLATE_PACKED_FIELDS];
static const Slice *laid_rows[MOST_ROWS];
static int64_t cents[MOST_ROWS];

static Slice
slice(const char *text)
{
	return (Slice){text, strlen(text)};
}

static void
fill_invoice(void)
{
	static const struct
	{
		TemplateField field;
		const char *text;
	} values[] = {{FIELD_INVOICE_NUMBER, "L-100000"},
				  {FIELD_INVOICE_TYPE_CODE, "380"},
				  {FIELD_INVOICE_ISSUE_DATE, "2026-11-02"},
				  {FIELD_INVOICE_DUE_DATE, "2026-11-23"},
				  {FIELD_INVOICE_CURRENCY, "EUR"},
				  {FIELD_INVOICE_RECIPIENT_NAME, "Fjord Transport"},
				  {FIELD_INVOICE_RECIPIENT_POSTCODE, "7075"},
				  {FIELD_INVOICE_RECIPIENT_COUNTRY, "IE"},
				  {FIELD_INVOICE_PAYEE_ACCOUNT, "86011117947"},
				  {FIELD_INVOICE_PAYMENT_REFERENCE, "100482000123457"},
				  {FIELD_INVOICE_LINE_TOTAL, "1234.56"},
				  {FIELD_INVOICE_NET_TOTAL, "1234.56"},
				  {FIELD_INVOICE_GROSS_TOTAL, "987654321.09"},
				  {FIELD_INVOICE_PAYABLE_AMOUNT, "987654321.09"},
				  {FIELD_INVOICE_ISSUER_NAME, "Nordlys Kort"},
				  {FIELD_INVOICE_ISSUER_COUNTRY, "NO"}};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		invoice[values[i].field] = slice(values[i].text);
	tax[FIELD_TAX_RATE - FIRST_FIELD_TAX] = slice("25");
	tax[FIELD_TAX_TAXABLE_AMOUNT - FIRST_FIELD_TAX] = slice("1.00");
	tax[FIELD_TAX_TAX_AMOUNT - FIRST_FIELD_TAX] = slice("0.25");
}

static char *
put(char *at, Slice *value, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsprintf(at, format, arguments);
	va_end(arguments);
	*value = (Slice){at, (size_t) length};
	return at + length;
}

/* Row n is "R000123"; some wrap, some say nothing of themselves. */
static void
fill_rows(void)
{
	char *at = laid_bytes, *packed = packed_bytes;

	for (int n = 0; n < MOST_ROWS; n++)
	{
		Slice *row = laid[n] - FIRST_FIELD_LINE;

		cents[n] = ((int64_t) n * 7919 + 13) % 1000003 - (n % 17 == 0 ? 900000 : 0);
		at = put(at, &row[FIELD_LINE_NO], "%d", n + 1);
		at = put(at, &row[FIELD_LINE_ITEM_NAME], "R%06d", n + 1);
		if (n % 5 == 0)
			at = put(at, &row[FIELD_LINE_ITEM_DESCRIPTION],
					 "Lillehammer Nord and a good many words that go on on the next line");
		at = put(at, &row[FIELD_LINE_QUANTITY], "%d.25", n % 300);
		at = put(at, &row[FIELD_LINE_ACCOUNTING_REFERENCE], "card %d", n / 40);
		at = put(at, &row[FIELD_LINE_NET_AMOUNT], "%s%lld.%02lld", cents[n] < 0 ? "-" : "",
				 llabs(cents[n]) / 100, llabs(cents[n]) % 100);
		laid_rows[n] = laid[n];
		packed_rows[n] = packed;
		template_row_pack(laid[n], TEMPLATE_PACKED_FIELDS, packed);
		packed += template_row_packed_size(laid[n], TEMPLATE_PACKED_FIELDS);
	}
}

static TemplateData
data_of(int rows, bool packed)
{
	TemplateData data = {.groups = {{1, invoice_rows, NULL},
									{rows, packed ? NULL : laid_rows, packed ? packed_rows : NULL},
									{1, tax_rows, NULL},
									{0, NULL, NULL}}};

	return data;
}

/* ---------- a document ---------- */

typedef struct Made
{
	PdfShared shared;
	PdfDocument document;
	Layout layout;
	PdfTags tags;
	PortStatus status;
	PortFault fault;
} Made;

static TemplateProgram *
compile(const char *source)
{
	TemplateProgram *program = counted_alloc(NULL, sizeof(TemplateProgram));
	XmlReader *reader = NULL;
	PortFault fault = {PORT_OK};

	memset(program, 0, sizeof(*program));
	if (template_compile(program, &counted, source, strlen(source), &reader, &fault) != PORT_OK)
	{
		printf("Bail out! %s\n", fault.message);
		exit(1);
	}
	xml_reader_close(reader);
	return program;
}

/* By a template, or NULL: the house's own layout. */
static void
make(Made *made, const TemplateProgram *program, const char *profile, const TemplateData *data,
	 bool one_by_one)
{
	PdfInfo info = {"long", "en"};
	TemplateScratch scratch;
	ByteBuffer own;

	memset(made, 0, sizeof(*made));
	buffer_init(&own, &counted);
	CHECK(template_scratch_init(&scratch, &counted) == PORT_OK);
	CHECK(pdf_shared_open(&made->shared, &counted, pdf_profile_find(profile), false) == PORT_OK);
	CHECK(pdf_document_init(&made->document, &counted, &made->shared) == PORT_OK);
	layout_init(&made->layout, &counted);
	pdf_tags_init(&made->tags, &counted);
	if (made->shared.profile->tagged)
		made->layout.tags = &made->tags;
	if (one_by_one)
		made->layout.sink = &made->document.sink;
	made->status = program != NULL
					   ? template_run(program, data, &made->layout, &scratch, &made->fault)
					   : template_invoice_layout(data, &made->layout, &own, &made->fault);
	if (made->status == PORT_OK)
		made->status = pdf_document_write(&made->document, &made->layout, &info);
	if (made->status != PORT_OK)
	{
		printf("Bail out! %s\n", made->fault.message);
		exit(1);
	}
}

/* ---------- reading it ---------- */

typedef struct PlacedText
{
	int x, y; /* 1/100 pt from the lower left corner */
	char text[200];
} PlacedText;

typedef struct ReadPage
{
	int count;
	PlacedText texts[MOST_TEXTS];
} ReadPage;

static void
put_character(char *text, size_t *length, uint32_t character)
{
	if (*length > 190)
		return;
	if (character < 0x80)
		text[(*length)++] = (char) character;
	else if (character < 0x800)
	{
		text[(*length)++] = (char) (0xC0 | character >> 6);
		text[(*length)++] = (char) (0x80 | (character & 0x3F));
	}
	else
	{
		text[(*length)++] = (char) (0xE0 | character >> 12);
		text[(*length)++] = (char) (0x80 | (character >> 6 & 0x3F));
		text[(*length)++] = (char) (0x80 | (character & 0x3F));
	}
	text[*length] = 0;
}

/* A string operand: glyph numbers of two bytes each; answers behind it. */
static const char *
read_string(const char *at, char *text)
{
	size_t length = 0;
	int high = -1;

	text[0] = 0;
	for (at++; *at != ')'; at++)
	{
		int byte = (unsigned char) *at;

		if (byte == '\\')
		{
			at++;
			byte = *at == 'r' ? '\r' : (unsigned char) *at;
		}
		if (high >= 0)
			put_character(text, &length, font_characters[high * 256 + byte - 1]);
		high = high >= 0 ? -1 : byte;
	}
	if (length > 0 && text[length - 1] == ' ') /* behind each text of a tagged document */
		text[length - 1] = 0;
	return at + 1;
}

static void
read_content(const char *at, const char *end, ReadPage *page)
{
	double numbers[8] = {0}, x = 0, y = 0;
	int count = 0;

	page->count = 0;
	while (at < end)
		if (*at == '(')
		{
			PlacedText *text = &page->texts[page->count];

			at = read_string(at, text->text);
			text->x = (int) (x * 100 + 0.5);
			text->y = (int) (y * 100 + 0.5);
			if (page->count < MOST_TEXTS - 1)
				page->count++;
			count = 0;
		}
		else if ((*at >= '0' && *at <= '9') || *at == '-' || *at == '.')
		{
			char *behind;

			numbers[count++ % 8] = strtod(at, &behind);
			at = behind;
		}
		else if (memcmp(at, "BT", 2) == 0 || memcmp(at, "Td", 2) == 0)
		{
			x = *at == 'B' ? 0 : x + numbers[0];
			y = *at == 'B' ? 0 : y + numbers[1];
			count = 0;
			at += 2;
		}
		else if (*at == ' ' || *at == '\n')
			at++;
		else
		{
			count = 0;
			while (at < end && *at != ' ' && *at != '\n' && *at != '(')
				at++;
		}
}

static void
read_page(const Made *made, Inflater *inflater, int page_no, ByteBuffer *plain, ReadPage *page)
{
	const PdfPlaces *places = &made->document.places;

	buffer_reset(plain);
	CHECK(inflater_run(inflater, NULL, 0, made->document.file.out.bytes + places->offsets[page_no],
					   (size_t) places->lengths[page_no], 1 << 24, plain) == PORT_OK);
	buffer_append_char(plain, 0);
	read_content(plain->bytes, plain->bytes + plain->length - 1, page);
}

/* 1,234.56 and −1,234.56, whatever stands between the digits. */
static int64_t
cents_of(const char *text)
{
	int64_t value = 0;
	bool negative = strstr(text, "\xE2\x88\x92") != NULL || *text == '-';

	for (; *text != 0; text++)
		if (*text >= '0' && *text <= '9')
			value = value * 10 + *text - '0';
	return negative ? -value : value;
}

static const PlacedText *
beside(const ReadPage *page, const char *label)
{
	for (int i = 0; i + 1 < page->count; i++)
		if (strcmp(page->texts[i].text, label) == 0)
			return &page->texts[i + 1];
	return NULL;
}

static int
count_text(const ReadPage *page, const char *text)
{
	int count = 0;

	for (int i = 0; i < page->count; i++)
		count += strcmp(page->texts[i].text, text) == 0;
	return count;
}

/* ---------- tests ---------- */

static const char own_template[] =
	"<template name=\"long\" top=\"60\" next-top=\"60\" bottom=\"270\">"
	"<zone pages=\"first\" x=\"20\" y=\"10\" width=\"170\"><text>{{recipient.name}} "
	"{{sum:line.net_amount}}</text></zone>"
	/* texts of a page's own, in the middle of a row that goes on */
	"<zone pages=\"next\" x=\"20\" y=\"10\" width=\"100\" height=\"48\"><text>{{number}}</text>"
	"<text>so far {{carried?}}</text><total label=\"Reference\" "
	"value=\"{{payment_reference}}\"/></zone>"
	"<flow x=\"20\" width=\"170\"><text>{{number}}</text>"
	"<table in=\"lines\" carry=\"line.net_amount\" keep-last=\"yes\"><column width=\"25\" "
	"head=\"Row\"><text>{{line.item_name}}</text></column>"
	"<column width=\"40\" head=\"What\"><text>{{line.item_description?}}</text></column>"
	"<column align=\"right\" head=\"Amount\"><text>{{line.net_amount}}</text></column></table>"
	"<total label=\"Grand total\" value=\"{{sum:line.net_amount}}\"/></flow>"
	"<zone pages=\"last\" x=\"20\" y=\"250\" width=\"170\"><total label=\"To pay\" "
	"value=\"{{payable_amount}}\"/></zone>"
	"<zone pages=\"every\" x=\"20\" y=\"278\" width=\"170\"><text>Page {{page}} of "
	"{{pages}}</text>"
	"<columns><text>{{sum:line.quantity}}</text><table in=\"taxes\" "
	"head=\"no\"><column><text>{{tax.rate}} percent of all that is sold "
	"here</text></column></table>"
	"<barcode value=\"{{payment_reference}}\" height=\"3\"/></columns></zone></template>";

/* Every row once and in order, its amount beside it, and what is carried. */
static void
check_pages(const Made *made, int rows)
{
	static ReadPage page;
	Inflater *inflater = inflater_open(&port_malloc, DEFLATE_ZLIB);
	ByteBuffer plain;
	int next = 0, wrong = 0, pages = made->document.places.count;
	int64_t sum = 0;
	char foot[40];

	buffer_init(&plain, &port_malloc);
	for (int p = 0; p < pages; p++)
	{
		int64_t before = sum;
		int first = next;
		const PlacedText *carried, *brought;

		read_page(made, inflater, p, &plain, &page);
		for (int i = 0; i < page.count; i++)
		{
			int number;

			if (sscanf(page.texts[i].text, "R%6d", &number) != 1)
				continue;
			if (number != next + 1 || i + 2 >= page.count)
			{
				wrong++;
				continue;
			}
			/* a description, if it has one, and the amount */
			wrong += cents_of(page.texts[i + (next % 5 == 0 ? 2 : 1)].text) != cents[next];
			wrong += page.texts[i + (next % 5 == 0 ? 2 : 1)].y != page.texts[i].y;
			sum += cents[next++];
		}
		carried = beside(&page, template_label(LABEL_CARRIED, LANGUAGE_EN));
		brought = beside(&page, template_label(LABEL_BROUGHT, LANGUAGE_EN));
		wrong += (p > 0 && first < rows) != (brought != NULL) ||
				 (brought != NULL && cents_of(brought->text) != before);
		wrong += (next < rows) != (carried != NULL) ||
				 (carried != NULL && cents_of(carried->text) != sum);
		wrong += next > first && (count_text(&page, "Row") != 1 || count_text(&page, "What") != 1 ||
								  count_text(&page, "Amount") != 1);
		snprintf(foot, sizeof(foot), "Page %d of %d", p + 1, pages);
		wrong += count_text(&page, foot) != 1;
		wrong += p > 0 && count_text(&page, "L-100000") != 1;
		if (p == pages - 1)
		{
			const PlacedText *total = beside(&page, "Grand total"), *due = beside(&page, "To pay");

			CHECK(rows == 0 || next > first); /* never totals alone */
			CHECK(total != NULL && cents_of(total->text) == sum);
			CHECK(due != NULL && cents_of(due->text) == 98765432109);
		}
		else
			wrong += count_text(&page, "Grand total") + count_text(&page, "To pay");
	}
	CHECK(next == rows);
	CHECK(wrong == 0);
	inflater_close(inflater);
	buffer_release(&plain);
}

static bool
same_bytes(const Made *one, const Made *other)
{
	return one->document.file.out.length == other->document.file.out.length &&
		   memcmp(one->document.file.out.bytes, other->document.file.out.bytes,
				  one->document.file.out.length) == 0;
}

/* Of a document that was handed over the structure is written page by page: it says the same. */
static void
check_structures(const Made *kept, const Made *sent)
{
	const PdfPlaces *places = &sent->document.places;
	ReadStructure one, other;

	CHECK(kept->document.places.count == places->count);
	for (int i = 0; i < places->count; i++)
		CHECK(places->lengths[i] == kept->document.places.lengths[i] &&
			  memcmp(sent->document.file.out.bytes + places->offsets[i],
					 kept->document.file.out.bytes + kept->document.places.offsets[i],
					 (size_t) places->lengths[i]) == 0);
	read_structure(&one, &kept->document, &counted);
	read_structure(&other, &sent->document, &counted);
	CHECK(one.element_count > 1000 && one.element_count == other.element_count);
	CHECK(one.lines.length == other.lines.length &&
		  memcmp(one.lines.bytes, other.lines.bytes, one.lines.length) == 0);
	/* rows that are written make room for others */
	CHECK(sent->tags.element_count < kept->tags.element_count / 4);
	CHECK(sent->tags.mark_count < kept->tags.mark_count / 10);
	leave_structure(&one);
	leave_structure(&other);
}

/* Kept or handed over, packed or not: the same document. */
static void
check_ways(const char *source, const char *profile, int rows)
{
	TemplateData as_packed = data_of(rows, true), as_laid = data_of(rows, false);
	TemplateProgram *program = source == NULL ? NULL : compile(source);
	Made kept, sent;

	make(&kept, program, profile, &as_laid, false);
	make(&sent, program, profile, &as_packed, true);
	CHECK(layout_is_sent(&sent.layout) == (kept.layout.page_count > LAYOUT_KEPT_PAGES));
	if (layout_is_sent(&sent.layout) && sent.shared.profile->tagged)
		check_structures(&kept, &sent);
	else
		CHECK(same_bytes(&kept, &sent));
	if (source == own_template)
		check_pages(&sent, rows);
	counted_free();
}

static char *
read_file(const char *name)
{
	char path[200], *text = calloc(1, 1 << 18);
	FILE *file;

	snprintf(path, sizeof(path), "../../data/template/%s.xml", name);
	if ((file = fopen(path, "rb")) == NULL && (file = fopen(path + 6, "rb")) == NULL)
	{
		printf("# %s is missing\n", path);
		check_failures++;
		return text;
	}
	CHECK(fread(text, 1, (1 << 18) - 1, file) > 0);
	fclose(file);
	return text;
}

/* 100,000 rows: what is held beside the file does not grow with the pages. */
static void
check_large(void)
{
	TemplateData data = data_of(MOST_ROWS, true);
	TemplateProgram *program = compile(own_template);
	Made made;

	make(&made, program, "print", &data, true);
	CHECK(made.document.places.count > 1500);
	printf("# %d pages, %zu bytes, %zu bytes of memory\n", made.document.places.count,
		   made.document.file.out.length, counted_most);
	/* the file's buffer doubles: old and new at once are three times its half */
	CHECK(counted_most < made.document.file.out.capacity * 3 / 2 + 6 * 1024 * 1024);
	check_pages(&made, MOST_ROWS);
	counted_free();
}

/* A discount that is wider than its column is whole on either side of a page break. */
static void
check_adjustments(void)
{
	static Slice adjustment[600][TEMPLATE_FIELD_COUNT - FIRST_FIELD_ADJUSTMENT];
	static const Slice *rows[600];
	static char numbers[600][12];
	static ReadPage page;
	TemplateData data = data_of(600, false);
	Inflater *inflater = inflater_open(&port_malloc, DEFLATE_ZLIB);
	ByteBuffer plain;
	Made made;
	int starts = 0, ends = 0;

	buffer_init(&plain, &port_malloc);
	for (int i = 0; i < 600; i++)
	{
		Slice *row = adjustment[i] - FIRST_FIELD_ADJUSTMENT;

		snprintf(numbers[i], sizeof(numbers[i]), "%d", i + 1);
		row[FIELD_ADJUSTMENT_LINE_NO] = slice(numbers[i]);
		row[FIELD_ADJUSTMENT_IS_CHARGE] = slice(i % 2 == 0 ? "true" : "false");
		row[FIELD_ADJUSTMENT_AMOUNT] = slice("1.25");
		row[FIELD_ADJUSTMENT_REASON] =
			slice("Alphabetical rebate for a customer of long standing who buys in the evening and "
				  "pays before the due date omega");
		rows[i] = adjustment[i];
	}
	data.groups[TEMPLATE_ADJUSTMENT] = (TemplateRows){600, rows, NULL};
	make(&made, NULL, "print", &data, true);
	for (int p = 0; p < made.document.places.count; p++)
	{
		read_page(&made, inflater, p, &plain, &page);
		for (int i = 0; i < page.count; i++)
		{
			starts += strstr(page.texts[i].text, "Alphabetical") != NULL;
			ends += strstr(page.texts[i].text, "omega:") != NULL;
		}
	}
	CHECK(starts == 600 && ends == 600);
	inflater_close(inflater);
	buffer_release(&plain);
	counted_free();
}

/* The XML of an invoice of many lines is deflated, that of a small one is not. */
static void
check_attachment(size_t length)
{
	static const char head[] =
		"<rsm:CrossIndustryInvoice><ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>urn:cen."
		"eu:en16931:2017</ram:ID>";
	static const char mark[] = "/Type/EmbeddedFile";
	char *xml = malloc(length);
	PdfShared shared;
	PdfDocument document;
	PdfAttachment attachment;
	Layout layout;
	PdfInfo info = {"x", "en"};
	PortFault fault = {PORT_OK};
	Inflater *inflater = inflater_open(&counted, DEFLATE_ZLIB);
	ByteBuffer plain;
	const char *at;

	memset(xml, 'x', length);
	memcpy(xml, head, strlen(head));
	buffer_init(&plain, &counted);
	layout_init(&layout, &counted);
	layout_begin(&layout);
	layout_new_page(&layout);
	layout_end(&layout);
	CHECK(pdf_attachment_init(&attachment, xml, length, "20261101", &fault) == PORT_OK);
	CHECK(pdf_shared_open(&shared, &counted, pdf_profile_find("factur-x"), false) == PORT_OK);
	CHECK(pdf_document_init(&document, &counted, &shared) == PORT_OK);
	document.attachment = &attachment;
	CHECK(pdf_document_write(&document, &layout, &info) == PORT_OK);
	at = memmem(document.file.out.bytes, document.file.out.length, mark, strlen(mark));
	CHECK(at != NULL);
	CHECK(document.file.out.length < 200000);
	CHECK((strstr(at, "/Filter/FlateDecode") != NULL &&
		   strstr(at, "/Filter/FlateDecode") < strstr(at, "stream")) == (length > 300000));
	at = strstr(at, "stream\n") + 7;
	if (length > 300000)
	{
		size_t packed =
			(size_t) ((char *) memmem(
						  at, (size_t) (document.file.out.bytes + document.file.out.length - at),
						  "\nendstream", 10) -
					  at);

		CHECK(inflater_run(inflater, NULL, 0, at, packed, length + 1, &plain) == PORT_OK);
		CHECK(plain.length == length && memcmp(plain.bytes, xml, length) == 0);
	}
	else
		CHECK(memcmp(at, xml, length) == 0);
	free(xml);
	counted_free();
}

/* What a template could ask for without end is a fault, or nothing. */
static void
check_bounds(void)
{
	static const char nested[] =
		"<template name=\"n\"><flow><each in=\"lines\"><each in=\"lines\"><each in=\"lines\">"
		"<each in=\"lines\"><each "
		"in=\"lines\"></each></each></each></each></each></flow></template>";
	static const char breaking[] =
		"<template name=\"b\"><zone pages=\"next\" x=\"20\" y=\"10\" width=\"50\"><if "
		"test=\"number\"><pagebreak/></if></zone>"
		"<flow><text>{{number}}</text><pagebreak/><text>{{number}}</text></flow></template>";
	TemplateData data = data_of(40, false);
	TemplateScratch scratch;
	PortFault fault = {PORT_OK};
	Layout layout;

	layout_init(&layout, &counted);
	CHECK(template_scratch_init(&scratch, &counted) == PORT_OK);
	CHECK(template_run(compile(nested), &data, &layout, &scratch, &fault) == PORT_INVALID);
	CHECK_TEXT(fault.rule, "TEMPLATE-FIT");
	memset(&fault, 0, sizeof(fault));
	counted_looks = 3;
	CHECK(template_run(compile(nested), &data, &layout, &scratch, &fault) == PORT_INTERRUPTED);
	counted_looks = -1;
	memset(&fault, 0, sizeof(fault));
	CHECK(template_run(compile(breaking), &data, &layout, &scratch, &fault) == PORT_OK);
	CHECK(layout.page_count == 2);
	counted_free();
}

int
main(void)
{
	static const char *const shipped[] = {"invoice", "fuel-card", "self-billing"};

	fill_invoice();
	fill_rows();
	for (int rows = 0; rows < 100; rows += 7)
		check_ways(own_template, "print", rows);
	check_ways(own_template, "print", 9000);
	check_ways(own_template, "pdfa-3a", 6000);
	check_ways(NULL, "print", 9000);
	check_ways(NULL, "pdfa-1a", 9000);
	for (int i = 0; i < 3; i++)
	{
		char *source = read_file(shipped[i]);

		check_ways(source, "print-rgb", 8000);
		free(source);
	}
	check_adjustments();
	check_bounds();
	check_attachment(7000);
	check_attachment(400000);
	check_large();
	return check_done();
}
