/*
 * hostile_test.c: documents made to hurt a reader: each is judged right, in a time that does not depend on how nasty it is,
 * and in memory below four times its size (of the reader, the rules and the XML library together; up to eight where nothing
 * but tiny elements of the header follow each other, which the rules keep until the document ends).
 *
 * Time is CPU time under the sanitizers, which are several times slower, on a machine with other work: the limit is wide and
 * catches what is quadratic, which takes seconds to minutes.  HOSTILE_FIGURES=1 prints what each case took.
 */
#include "check.h"
#include "core/buffer.h"
#include "core/invoice_reader.h"
#include "core/invoice_rules.h"
#include "hostile.h"

#include <time.h>

#define CBC "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
#define CAC "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
#define ROOT "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
#define CPU_LIMIT_MS 5000
#define BASE_BYTES (1024 * 1024) /* what a small document needs */

static size_t factor = 4; /* memory of a document may be so many times its size */

/* -- one document ------------------------------------------------------------------------------------- */

typedef struct Verdict
{
	char rule[48]; /* of the first fatal fault that is ours, "" = none */
	char total[64];
	int64_t documents;
} Verdict;

static PortStatus
note_finding(void *state, const Finding *finding)
{
	Verdict *verdict = state;

	if (verdict->rule[0] == '\0' && finding->severity == FINDING_FATAL &&
		(strncmp(finding->rule, "VALUE-", 6) == 0 || strncmp(finding->rule, "UBL-REPEATED", 12) == 0))
		snprintf(verdict->rule, sizeof(verdict->rule), "%s", finding->rule);
	return PORT_OK;
}

static PortStatus
note_end(void *state, const InvoiceGroup *document)
{
	Verdict *verdict = state;
	Slice total = INVOICE_VALUE(document, TERM_BT_112);

	verdict->documents++;
	snprintf(verdict->total, sizeof(verdict->total), "%.*s", (int) total.length, total.bytes ? total.bytes : "");
	return PORT_OK;
}

static Verdict
judge(const char *name, const ByteBuffer *content)
{
	Verdict verdict = {"", "", 0};
	InvoiceSink sink = {.state = &verdict, .end = note_end, .finding = note_finding};
	InvoiceRules *rules;
	InvoiceReader *reader;
	PortStatus status = PORT_OK;
	size_t before = live;
	clock_t start = clock();
	double ms;

	peak = live;
	rules = invoice_rules_open(&counting, NULL, NULL, &sink);
	reader = invoice_reader_open(&counting, NULL, NULL, invoice_rules_sink(rules));
	for (size_t at = 0; at < content->length && status == PORT_OK; at += 65536)
		status = reader->push(reader, content->bytes + at, content->length - at < 65536 ? content->length - at : 65536);
	if (status == PORT_OK)
		status = reader->finish(reader);
	if (status != PORT_OK)
		snprintf(verdict.rule, sizeof(verdict.rule), "%s", reader->fault.rule);
	reader->close(reader);
	invoice_rules_close(rules);
	ms = (double) (clock() - start) * 1000 / CLOCKS_PER_SEC;
	if (getenv("HOSTILE_FIGURES") != NULL)
		printf("# %-28s %9zu bytes %7.1f ms %6.2f times its size  %s\n", name, content->length, ms,
			   (double) (peak - before) / (double) content->length, verdict.rule);
	CHECK(ms < CPU_LIMIT_MS);
	if (peak - before > content->length * factor + BASE_BYTES)
		printf("# %s: %zu bytes of memory for %zu\n", name, peak - before, content->length);
	CHECK(peak - before <= content->length * factor + BASE_BYTES);
	return verdict;
}

/* -- the documents ------------------------------------------------------------------------------------ */

static ByteBuffer content;

static void
begin(void)
{
	buffer_reset(&content);
	buffer_append_text(&content, "<?xml version=\"1.0\"?>\n<Invoice xmlns=\"" ROOT "\" xmlns:a=\"" CAC "\" xmlns:b=\"" CBC
								 "\"><b:ID>F-1</b:ID><b:IssueDate>2026-10-31</b:IssueDate>");
}

static void
repeat(const char *text, int times)
{
	for (int i = 0; i < times; i++)
		buffer_append_text(&content, text);
}

static void
finish(void)
{
	buffer_append_text(&content, "<a:LegalMonetaryTotal><b:TaxInclusiveAmount>125.00</b:TaxInclusiveAmount>"
								 "</a:LegalMonetaryTotal></Invoice>");
}

static void
expect(const char *name, const char *rule)
{
	Verdict verdict = judge(name, &content);

	if (strcmp(verdict.rule, rule) != 0)
		printf("# %s: \"%s\"\n", name, verdict.rule);
	CHECK_TEXT(verdict.rule, rule);
	if (*rule == '\0')
		CHECK_TEXT(verdict.total, "125.00");
}

/* A document with this in it, ended properly. */
static void
expect_with(const char *name, const char *text, int times, const char *rule)
{
	begin();
	repeat(text, times);
	finish();
	expect(name, rule);
}

static void
test_names(void)
{
	begin();
	buffer_append_text(&content, "<b:Note");
	for (int i = 0; i < 80000; i++)
		buffer_printf(&content, " a%d=\"\"", i);
	buffer_append_text(&content, ">x</b:Note>");
	finish();
	expect("attributes in one tag", "XML-LIMIT");

	begin();
	for (int i = 0; i < 1000000; i++)
		buffer_printf(&content, "<n%d/>", i);
	finish();
	expect("names of elements", "XML-LIMIT");

	begin();
	for (int i = 0; i < 1000000; i++)
		buffer_printf(&content, "<b:Note n%d=\"\"/>", i);
	finish();
	expect("names of attributes", "XML-LIMIT");

	begin();
	for (int i = 0; i < 500000; i++)
		buffer_printf(&content, "<b:Note xmlns:n%d=\"" CBC "\"/>", i);
	finish();
	expect("prefixes", "XML-LIMIT");

	begin();
	for (int i = 0; i < 500000; i++)
		buffer_printf(&content, "<b:Note xmlns:n=\"urn:%d\"/>", i);
	finish();
	expect("addresses of namespaces", "XML-LIMIT");

	begin();
	for (int i = 0; i < 500000; i++)
		buffer_printf(&content, "<?n%d?>", i);
	finish();
	expect("targets of instructions", "XML-LIMIT");
}

static void
test_shapes(void)
{
	begin();
	repeat("<b:Note>", 200000);
	expect("nesting", "XML-DEPTH");
	begin();
	buffer_append_text(&content, "<!--");
	repeat("0123456789abcdef", 700000);
	expect("comment without end", "XML-LIMIT");
	begin();
	buffer_append_text(&content, "<b:Note><![CDATA[");
	repeat("0123456789abcdef", 700000);
	expect("CDATA without end", "XML-LIMIT");
	begin();
	buffer_append_text(&content, "<b:Note>");
	repeat("0123456789abcdef", 700000);
	expect("text without end", "XML-LIMIT");
	begin();
	buffer_append_text(&content, "<b:Note name=\"");
	repeat("0123456789abcdef", 700000);
	expect("attribute without end", "XML-LIMIT");
	/* elements of a few bytes: of each that a rule may ask for, 28 bytes are kept until the document ends */
	factor = 6;
	expect_with("notes", "<b:Note/>", 200000, "");
	factor = 4;
	expect_with("comments", "<!---->", 200000, "");
	expect_with("blanks", "\n \t ", 500000, "");
	expect_with("entity", "<b:Note>&lol;</b:Note>", 1, "XML-SYNTAX");
	expect_with("NUL", "<b:Note>a</b:Note>", 1, "");
	content.bytes[content.length / 2] = '\0';
	expect("NUL byte", "XML-ENCODING");
	buffer_reset(&content);
	buffer_append_text(&content, "<!DOCTYPE a [<!ENTITY a \"a\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]><a>&b;</a>");
	expect("entity bomb", "XML-DOCTYPE");
	expect_with("long note", "", 0, "");
	begin();
	buffer_append_text(&content, "<b:Note>");
	repeat("0123456789abcdef", 60000);
	buffer_append_text(&content, "</b:Note>");
	finish();
	expect("note of almost a megabyte", "");
	begin();
	buffer_append_text(&content, "<a:AdditionalDocumentReference><b:ID>1</b:ID><a:Attachment><b:EmbeddedDocumentBinaryObject>");
	repeat("0123456789abcdef", 1000000);
	buffer_append_text(&content, "</b:EmbeddedDocumentBinaryObject></a:Attachment></a:AdditionalDocumentReference>");
	finish();
	expect("attachment of 16 megabytes", "");
}

static void
test_values(void)
{
	static const struct
	{
		const char *name, *amount, *rule;
	} amounts[] = {
		{"40 digits", "1234567890123456789012345678901234567890", "VALUE-RANGE"},
		{"40 decimals", "0.1234567890123456789012345678901234567890", "VALUE-RANGE"},
		{"2 to the power of 63", "9223372036854775808.00", ""},
		{"2 to the power of 64 and more", "18446744073709551616184467.00", ""},
		{"NaN", "NaN", "VALUE-NUMBER"},
		{"infinite", "-INF", "VALUE-NUMBER"},
		{"exponent", "1e300", "VALUE-NUMBER"},
		{"hexadecimal", "0x10", "VALUE-NUMBER"},
		{"two points", "1.2.3", "VALUE-NUMBER"},
		{"nothing", "", "VALUE-NUMBER"},
		{"fullwidth digits", "\xef\xbc\x91", "VALUE-NUMBER"},
		{"comment between digits", "12<!-- 9 -->5.<?pi 9?>00", ""},
		{"CDATA between digits", "12<![CDATA[5]]>.00", ""},
		{"element between digits", "12<b:ID>5</b:ID>5.00", ""},
	};
	static const char *const dates[] = {"2026-02-30", "2026-13-01", "0000-00-00", "2026-2-3", "20260203", "2025-02-29",
										"99999999-01-01", "2026-02-03T00:00:00", "-2026-02-03"};

	for (size_t i = 0; i < sizeof(amounts) / sizeof(*amounts); i++)
	{
		char text[200];

		snprintf(text, sizeof(text), "<a:LegalMonetaryTotal><b:PayableAmount>%s</b:PayableAmount></a:LegalMonetaryTotal>",
				 amounts[i].amount);
		begin();
		buffer_append_text(&content, text);
		buffer_append_text(&content, "</Invoice>");
		CHECK_TEXT(judge(amounts[i].name, &content).rule, amounts[i].rule);
	}
	for (size_t i = 0; i < sizeof(dates) / sizeof(*dates); i++)
	{
		char text[100];

		snprintf(text, sizeof(text), "<b:DueDate>%s</b:DueDate>", dates[i]);
		expect_with(dates[i], text, 1, "VALUE-DATE");
	}
	expect_with("leap day", "<b:DueDate>2028-02-29</b:DueDate>", 1, "");
}

/* The parts of a number between comments and instructions, as often as it takes to hurt. */
static void
test_split_number(void)
{
	begin();
	buffer_append_text(&content, "<a:LegalMonetaryTotal><b:TaxInclusiveAmount>");
	repeat("<!---->", 100000);
	repeat("0<?lang?>", 100000);
	buffer_append_text(&content, "1</b:TaxInclusiveAmount></a:LegalMonetaryTotal></Invoice>");
	CHECK(judge("a number in 100,000 parts", &content).documents == 1);
}

static void
test_namespaces(void)
{
	buffer_reset(&content);
	buffer_append_text(&content, "<x:Invoice xmlns:x=\"" ROOT "\" xmlns=\"" CBC "\"><ID>F-1</ID><y:LegalMonetaryTotal xmlns:y=\"" CAC
								 "\"><x:TaxInclusiveAmount xmlns:x=\"" CBC "\">125.00</x:TaxInclusiveAmount>"
								 "</y:LegalMonetaryTotal></x:Invoice>");
	expect("moved namespaces", "");
	buffer_reset(&content);
	buffer_append_text(&content, "<Invoice xmlns=\"" ROOT ".1\"><ID>F-1</ID></Invoice>");
	expect("another namespace", "FILE-UNKNOWN");
	buffer_reset(&content);
	buffer_append_text(&content, "<b:Invoice xmlns:b=\"" CBC "\"><b:ID>F-1</b:ID></b:Invoice>");
	expect("the namespace of the parts", "FILE-UNKNOWN");
	expect_with("prefix without declaration", "<c:Note/>", 1, "XML-NAMESPACE");
	expect_with("prefix taken away", "<b:Note xmlns:b=\"\"/>", 1, "XML-NAMESPACE");
	expect_with("prefix of another address", "<b:Note xmlns:b=\"urn:other\">x</b:Note>", 1, "");
}

/* Groups of the document pile up nowhere. */
static void
test_groups(void)
{
	begin();
	for (int i = 0; i < 30000; i++)
		buffer_printf(&content,
					  "<a:AllowanceCharge><b:ChargeIndicator>false</b:ChargeIndicator><b:Amount>1</b:Amount><a:TaxCategory>"
					  "<b:ID>S</b:ID><b:Percent>%d</b:Percent><a:TaxScheme><b:ID>VAT</b:ID></a:TaxScheme></a:TaxCategory>"
					  "</a:AllowanceCharge>", i);
	finish();
	expect("allowances of 30,000 rates", "");
	factor = 8;
	begin();
	buffer_append_text(&content, "<a:TaxTotal><b:TaxAmount>1</b:TaxAmount>");
	for (int i = 0; i < 30000; i++)
		buffer_printf(&content,
					  "<a:TaxSubtotal><b:TaxableAmount>1</b:TaxableAmount><b:TaxAmount>1</b:TaxAmount><a:TaxCategory><b:ID>S</b:ID>"
					  "<b:Percent>%d</b:Percent><a:TaxScheme><b:ID>VAT</b:ID></a:TaxScheme></a:TaxCategory></a:TaxSubtotal>", i);
	buffer_append_text(&content, "</a:TaxTotal>");
	finish();
	expect("VAT of 30,000 rates", "");
	factor = 4;
	begin();
	for (int i = 0; i < 30000; i++)
		buffer_printf(&content,
					  "<a:InvoiceLine><b:ID>%d</b:ID><b:LineExtensionAmount>1</b:LineExtensionAmount><a:Item><a:ClassifiedTaxCategory>"
					  "<b:ID>S</b:ID><b:Percent>%d</b:Percent><a:TaxScheme><b:ID>VAT</b:ID></a:TaxScheme></a:ClassifiedTaxCategory>"
					  "</a:Item></a:InvoiceLine>", i, i);
	finish();
	expect("lines of 30,000 rates", "");
	factor = 6;
	expect_with("repeated numbers", "<b:ID>2</b:ID>", 100000, "VALUE-SEVERAL");
	factor = 4;
}

int
main(void)
{
	count_all();
	buffer_init(&content, &port_malloc);
	begin();
	finish();
	judge("warm up", &content);
	test_names();
	test_shapes();
	test_values();
	test_split_number();
	test_namespaces();
	test_groups();
	buffer_release(&content);
	return check_done();
}
