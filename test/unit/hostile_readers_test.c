/*
 * hostile_readers_test.c: what hurts a reader, for every reader: floods, depth, entities, wrong and lying encodings, numbers and
 * dates that are none, bombs and loops.  Each is refused or judged by a rule that is named here, in CPU time and memory that
 * follow the size of the document.  hostile_test.c does the same for UBL in more detail.  HOSTILE_FIGURES=1 prints what each took.
 */
#include "check.h"
#include "core/buffer.h"
#include "core/deflate.h"
#include "core/flat_reader.h"
#include "core/invoice_reader.h"
#include "core/invoice_rules.h"
#include "hostile.h"

#include <time.h>

#define CPU_LIMIT_MS 5000 /* under sanitizers, on a busy machine: catches what is quadratic */
#define BASE_BYTES (1536 * 1024)

/* -- one document ------------------------------------------------------------------------------------- */

static ByteBuffer content;
static char rules_seen[8192]; /* of fatal findings, each once, between blanks */
static const Layout *layout;
static size_t factor = 4; /* memory of a document may be so many times its size */

static PortStatus
note_finding(void *state, const Finding *finding)
{
	char name[64];
	size_t length = strlen(rules_seen);

	snprintf(name, sizeof(name), " %s ", finding->rule);
	if (finding->severity == FINDING_FATAL && strstr(rules_seen, name) == NULL)
		snprintf(rules_seen + length, sizeof(rules_seen) - length, "%s", name);
	return PORT_OK;
}

/* The flat reader takes its memory out of an arena. */
typedef union Block
{
	union Block *next;
	char room[16];
} Block;

static void *
arena_take(void *host, size_t size)
{
	Block **first = host, *block = take(sizeof(Block) + size);

	block->next = *first;
	*first = block;
	return block + 1;
}

static void *
arena_change(void *host, void *old, size_t old_size, size_t size)
{
	void *block = arena_take(host, size);

	if (old != NULL)
		memcpy(block, old, old_size < size ? old_size : size);
	return block;
}

static void
arena_leave(void *host, void *block)
{
}

static void
judge(const char *name)
{
	Block *blocks = NULL, *block;
	Port arena = {&blocks, arena_take, arena_change, arena_leave, never};
	InvoiceSink sink = {.finding = note_finding};
	InvoiceRules *rules = NULL;
	InvoiceReader *reader;
	PortStatus status = PORT_OK;
	size_t before = live;
	clock_t start = clock();
	double ms;

	peak = live;
	*rules_seen = '\0';
	if (layout != NULL)
		reader = flat_reader_open(&arena, layout, &sink);
	else
	{
		rules = invoice_rules_open(&counting, NULL, NULL, &sink);
		reader = invoice_reader_open(&counting, NULL, NULL, invoice_rules_sink(rules));
	}
	for (size_t at = 0; at < content.length && status == PORT_OK; at += 65536)
		status = reader->push(reader, content.bytes + at, content.length - at < 65536 ? content.length - at : 65536);
	if (status == PORT_OK)
		status = reader->finish(reader);
	if (status != PORT_OK)
	{
		size_t length = strlen(rules_seen);

		snprintf(rules_seen + length, sizeof(rules_seen) - length, " %s ", reader->fault.rule);
	}
	reader->close(reader);
	if (rules != NULL)
		invoice_rules_close(rules);
	while ((block = blocks) != NULL)
	{
		blocks = block->next;
		leave(block);
	}
	ms = (double) (clock() - start) * 1000 / CLOCKS_PER_SEC;
	if (getenv("HOSTILE_FIGURES") != NULL)
		printf("# %-44s %9zu bytes %7.1f ms %6.2f times its size %s\n", name, content.length, ms,
			   (double) (peak - before) / (double) content.length, rules_seen);
	CHECK(ms < CPU_LIMIT_MS);
	if (peak - before > content.length * factor + BASE_BYTES)
		printf("# %s: %zu bytes of memory for %zu\n", name, peak - before, content.length);
	CHECK(peak - before <= content.length * factor + BASE_BYTES);
}

/* One of the rules must be there; "" = none that says the document cannot be read or a value is wrong. */
static void
expect(const char *format, const char *what, const char *rules)
{
	static const char *const unread[] = {" XML-", " VALUE-", " FILE-", " ZIP-", " PDF-", " EDIFACT-", " FLAT-"};
	char name[100], copy_of[200], *rule, *next;
	bool found = *rules == '\0';

	snprintf(name, sizeof(name), "%s: %s", format, what);
	judge(name);
	for (size_t i = 0; *rules == '\0' && i < sizeof(unread) / sizeof(*unread); i++)
		found = found && strstr(rules_seen, unread[i]) == NULL;
	snprintf(copy_of, sizeof(copy_of), "%s", rules);
	for (rule = copy_of; *rule != '\0'; rule = next)
	{
		char word[64];

		next = rule + strcspn(rule, " ");
		snprintf(word, sizeof(word), " %.*s ", (int) (next - rule), rule);
		found |= strstr(rules_seen, word) != NULL;
		next += strspn(next, " ");
	}
	if (!found)
		printf("# %s: expected %s, found \"%s\"\n", name, *rules ? rules : "nothing", rules_seen);
	CHECK(found);
}

/* -- XML ------------------------------------------------------------------------------------------------ */

#define RAM "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
#define UDT "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"
#define CII "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
#define SVE "urn:sfti:documents:BasicInvoice:1:0"

typedef struct XmlKind
{
	const char *format, *begin, *end;
	const char *amount, *date; /* elements with the value in them */
	const char *bad_amount;	   /* rules of an amount that is none, of one that is too long, and of a date that is none */
	const char *long_amount;
	const char *bad_date;
	const char *other_space; /* the same root in no namespace that we read, NULL = the format has none */
	bool compact;			 /* dates without hyphens */
} XmlKind;

static const XmlKind kinds[] = {
	{"cii", "<r:CrossIndustryInvoice xmlns:r=\"" CII "\" xmlns=\"" RAM "\" xmlns:u=\"" UDT "\"><r:ExchangedDocument><ID>F-1</ID></r:ExchangedDocument><r:SupplyChainTradeTransaction><ApplicableHeaderTradeSettlement>",
	 "</ApplicableHeaderTradeSettlement></r:SupplyChainTradeTransaction></r:CrossIndustryInvoice>",
	 "<SpecifiedTradeSettlementHeaderMonetarySummation><GrandTotalAmount>%s</GrandTotalAmount></SpecifiedTradeSettlementHeaderMonetarySummation>",
	 "<SpecifiedTradePaymentTerms><DueDateDateTime><u:DateTimeString format=\"102\">%s</u:DateTimeString></DueDateDateTime></SpecifiedTradePaymentTerms>",
	 "VALUE-NUMBER", "VALUE-RANGE", "VALUE-DATE", "<r:CrossIndustryInvoice xmlns:r=\"urn:ferd:CrossIndustryInvoice\"/>", true},
	{"finvoice", "<Finvoice Version=\"3.0\"><InvoiceDetails><InvoiceTypeCode>INV01</InvoiceTypeCode><InvoiceNumber>F-1</InvoiceNumber>", "</InvoiceDetails></Finvoice>",
	 "<InvoiceTotalVatIncludedAmount AmountCurrencyIdentifier=\"EUR\">%s</InvoiceTotalVatIncludedAmount>", "<InvoiceDate Format=\"CCYYMMDD\">%s</InvoiceDate>",
	 "VALUE-NUMBER", "VALUE-RANGE VALUE-NUMBER", "VALUE-DATE", NULL, true},
	{"teapps", "<INVOICE_CENTER><INVOICE><HEADER><INVOICE_ID>F-1</INVOICE_ID>", "</HEADER></INVOICE></INVOICE_CENTER>",
	 NULL, NULL, NULL, NULL, NULL, NULL, true},
	{"svefaktura", "<Invoice xmlns=\"" SVE "\" xmlns:cac=\"urn:sfti:CommonAggregateComponents:1:0\" xmlns:cbc=\"urn:oasis:names:tc:ubl:CommonBasicComponents:1:0\"><ID>F-1</ID>", "</Invoice>",
	 "<cac:LegalTotal><cbc:TaxInclusiveTotalAmount>%s</cbc:TaxInclusiveTotalAmount></cac:LegalTotal>", "<cbc:IssueDate>%s</cbc:IssueDate>",
	 "VALUE-NUMBER", "VALUE-RANGE", "VALUE-DATE", "<Invoice xmlns=\"" SVE "x\"/>", false},
	{"ksef-fa3", "<Faktura xmlns=\"http://crd.gov.pl/wzor/2025/06/25/13775/\"><Fa><KodWaluty>PLN</KodWaluty>", "</Fa></Faktura>", "<P_15>%s</P_15>", "<P_1>%s</P_1>",
	 "VALUE-NUMBER", "VALUE-RANGE", "VALUE-DATE", "<Faktura xmlns=\"http://crd.gov.pl/wzor/2099/01/01/1/\"/>", false},
	{"ksef-fa2", "<Faktura xmlns=\"http://crd.gov.pl/wzor/2023/06/29/12648/\"><Fa><KodWaluty>PLN</KodWaluty>", "</Fa></Faktura>", "<P_15>%s</P_15>", "<P_1>%s</P_1>",
	 "VALUE-NUMBER", "VALUE-RANGE", "VALUE-DATE", NULL, false},
};

static void
repeat(const char *text, int times)
{
	for (int i = 0; i < times; i++)
		buffer_append_text(&content, text);
}

static void
begin(const XmlKind *kind)
{
	buffer_reset(&content);
	buffer_append_text(&content, kind->begin);
}

static void
end(const XmlKind *kind)
{
	buffer_append_text(&content, kind->end);
}

static void
test_floods(const XmlKind *kind)
{
	begin(kind);
	buffer_append_text(&content, "<x");
	for (int i = 0; i < 80000; i++)
		buffer_printf(&content, " a%d=\"\"", i);
	buffer_append_text(&content, "/>");
	end(kind);
	expect(kind->format, "attributes in one tag", "XML-LIMIT");
	begin(kind);
	for (int i = 0; i < 300000; i++)
		buffer_printf(&content, "<n%d/>", i);
	end(kind);
	expect(kind->format, "names of elements", "XML-LIMIT");
	begin(kind);
	repeat("<x>", 200000);
	expect(kind->format, "nesting", "XML-DEPTH");
	begin(kind);
	buffer_append_text(&content, "<x>");
	repeat("0123456789abcdef", 700000);
	expect(kind->format, "text without end", "XML-LIMIT");
	begin(kind);
	repeat("<!---->", 200000);
	end(kind);
	expect(kind->format, "comments", "");
	buffer_reset(&content);
	buffer_append_text(&content, "<!DOCTYPE a [<!ENTITY a \"a\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;\">]>");
	buffer_append_text(&content, kind->begin);
	buffer_append_text(&content, "<x>&c;</x>");
	end(kind);
	expect(kind->format, "entity bomb", "XML-DOCTYPE");
	buffer_reset(&content);
	buffer_append_text(&content, "<!DOCTYPE a [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>");
	buffer_append_text(&content, kind->begin);
	buffer_append_text(&content, "<x>&a;</x>");
	end(kind);
	expect(kind->format, "external entity", "XML-DOCTYPE");
}

static void
test_encodings(const XmlKind *kind)
{
	static const struct
	{
		const char *what, *declaration, *bytes, *rules;
	} cases[] = {
		{"Latin-1 that says UTF-8", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "\xe5\xe4\xf6", "XML-ENCODING XML-SYNTAX"},
		{"overlong UTF-8", "", "\xc0\xaf", "XML-ENCODING XML-SYNTAX"},
		{"half a surrogate", "", "\xed\xa0\x80", "XML-ENCODING XML-SYNTAX"},
		{"an encoding that nobody knows", "<?xml version=\"1.0\" encoding=\"EBCDIC-X-42\"?>", "a", "XML-ENCODING XML-SYNTAX"},
		{"eight-bit text that says UTF-16", "<?xml version=\"1.0\" encoding=\"UTF-16\"?>", "a", ""},
		{"Latin-1", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>", "\xe5\xe4\xf6", ""},
		{"Latin-9", "<?xml version=\"1.0\" encoding=\"ISO-8859-15\"?>", "\xa4", ""},
		{"a control character", "", "\x07", "XML-ENCODING XML-SYNTAX XML-CHARACTER"},
		{"a reference to none", "", "&#0;", "XML-ENCODING XML-SYNTAX"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
	{
		buffer_reset(&content);
		buffer_append_text(&content, cases[i].declaration);
		buffer_append_text(&content, kind->begin);
		buffer_printf(&content, "<x>%s</x>", cases[i].bytes);
		end(kind);
		if (*cases[i].rules != '\0' || strstr(cases[i].what, "UTF-16") == NULL)
			expect(kind->format, cases[i].what, cases[i].rules);
		else
			judge(cases[i].what); /* the library's version decides */
	}
	begin(kind);
	buffer_append_text(&content, "<x>abc</x>");
	end(kind);
	content.bytes[content.length - strlen(kind->end) - 6] = '\0';
	expect(kind->format, "NUL byte", "XML-ENCODING XML-SYNTAX");
	if (kind->other_space != NULL)
	{
		buffer_reset(&content);
		buffer_append_text(&content, kind->other_space);
		expect(kind->format, "another namespace", "FILE-UNKNOWN");
	}
}

static void
put_value(const XmlKind *kind, const char *element, const char *value)
{
	const char *place = strstr(element, "%s");

	begin(kind);
	buffer_append(&content, element, (size_t) (place - element));
	buffer_append_text(&content, value);
	buffer_append_text(&content, place + 2);
	end(kind);
}

static void
test_values(const XmlKind *kind)
{
	static const char *const none[] = {"NaN", "-INF", "1e300", "0x10", "1.2.3", "\xef\xbc\x91", "1,234.00", "1<x>2</x>3e"};
	static const char *const days[] = {"2026-02-30", "2026-13-01", "0000-00-00", "2025-02-29", "99999999-01-01"};
	static const char *const compact_days[] = {"20260230", "20261301", "00000000", "20250229", "99999999901"};

	if (kind->amount == NULL)
		return;
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
	{
		put_value(kind, kind->amount, none[i]);
		expect(kind->format, none[i], kind->bad_amount);
	}
	put_value(kind, kind->amount, "1234567890123456789012345678901234567890");
	expect(kind->format, "40 digits", kind->long_amount);
	put_value(kind, kind->amount, "1234567890123456789012345678901234567890123456789012345678901234567890");
	expect(kind->format, "70 digits", kind->long_amount);
	put_value(kind, kind->amount, "18446744073709551616");
	judge("2 to the power of 64");
	CHECK(strstr(rules_seen, " VALUE-") == NULL);
	put_value(kind, kind->amount, "12<!-- 9 -->5<?pi 9?>00");
	judge("comment between digits");
	CHECK(strstr(rules_seen, " VALUE-") == NULL);
	for (size_t i = 0; i < sizeof(days) / sizeof(*days); i++)
	{
		put_value(kind, kind->date, kind->compact ? compact_days[i] : days[i]);
		expect(kind->format, days[i], kind->bad_date);
	}
}

/* -- EDIFACT --------------------------------------------------------------------------------------------- */

#define EDI_HEAD "UNB+UNOC:3+A+B+261101:0800+X1'UNH+1+INVOIC:D:96A:UN'BGM+380+F-1'"
#define EDI_TAIL "UNT+4+1'UNZ+1+X1'"

static void
expect_edifact(const char *what, const char *segment, int times, const char *tail, const char *rules)
{
	buffer_reset(&content);
	buffer_append_text(&content, EDI_HEAD);
	repeat(segment, times);
	buffer_append_text(&content, tail);
	expect("edifact", what, rules);
}

static void
test_edifact(void)
{
	expect_edifact("nothing wrong", "DTM+137:20261031:102'", 1, EDI_TAIL, "");
	expect_edifact("30 February", "DTM+137:20260230:102'", 1, EDI_TAIL, "VALUE-DATE");
	expect_edifact("day without end", "DTM+137:202610310000000000000000:102'", 1, EDI_TAIL, "VALUE-DATE");
	expect_edifact("NaN", "MOA+9:NaN'", 1, EDI_TAIL, "VALUE-NUMBER");
	expect_edifact("70 digits", "MOA+9:1234567890123456789012345678901234567890123456789012345678901234567890'", 1, EDI_TAIL, "VALUE-RANGE");
	expect_edifact("no segments but one", "x", 5000000, "", "EDIFACT-LIMIT EDIFACT-SYNTAX");
	expect_edifact("parts without end", ":+", 500000, "", "EDIFACT-CUT");
	expect_edifact("parts", ":+", 400, "'" EDI_TAIL, "EDIFACT-LIMIT");
	expect_edifact("a segment of parts", "FTX+AAI", 1, ":", "EDIFACT-CUT");
	expect_edifact("segments that nobody knows", "XYZ+1:2+3'", 300000, EDI_TAIL, "EDIFACT-COUNT");
	expect_edifact("tags of segments", "'", 300000, EDI_TAIL, "EDIFACT-SYNTAX EDIFACT-COUNT");
	expect_edifact("groups that stay open", "LIN+1'", 200000, EDI_TAIL, "EDIFACT-COUNT");
	expect_edifact("notes", "FTX+AAI+++x'", 200000, EDI_TAIL, "EDIFACT-COUNT");
	expect_edifact("release signs", "FTX+AAI+++?+?+?:'", 100000, EDI_TAIL, "EDIFACT-COUNT");
	expect_edifact("a release sign at the end", "FTX+AAI+++x?", 1, "", "EDIFACT-CUT");
	expect_edifact("messages that begin", "UNH+1+INVOIC:D:96A:UN'", 100000, EDI_TAIL, "EDIFACT-SYNTAX EDIFACT-CUT EDIFACT-ORDER EDIFACT-COUNT");
	expect_edifact("an object as long as it says", "UNT+3+1'UNO+P+1:x+13:t+99999999999999'", 1, EDI_TAIL, "EDIFACT-SYNTAX EDIFACT-CUT EDIFACT-LIMIT");
	expect_edifact("bytes of another charset", "FTX+AAI+++\x81\x8d'", 1, EDI_TAIL, "EDIFACT-CHARSET");
	expect_edifact("NUL byte", "FTX+AAI+++abc'", 1, EDI_TAIL, "");
	*strstr(content.bytes, "abc") = '\0';
	expect("edifact", "NUL byte", "EDIFACT-CHARSET EDIFACT-SYNTAX VALUE-CHARACTER");
}

/* -- record files ---------------------------------------------------------------------------------------- */

static LayoutField fields[] = {
	{.name = "number", .column = -1, .column_name = "number", .term = TERM_BT_1},
	{.name = "date", .column = -1, .column_name = "date", .type = LAYOUT_DATE, .term = TERM_BT_2},
	{.name = "net", .column = -1, .column_name = "net", .type = LAYOUT_NUMBER, .term = TERM_BT_131},
	{.name = "item", .column = -1, .column_name = "item", .term = TERM_BT_153},
};
static LayoutRecord records[] = {{.name = "row", .role = LAYOUT_ROW, .fields = fields, .field_count = 4}};
static Layout rows = {.name = "rows", .kind = LAYOUT_DELIMITED, .delimiter = ',', .quote = '"', .header_row = true, .decimal_sign = '.',
					  .date_format = "YYYY-MM-DD", .records = records, .record_count = 1};

static void
expect_flat(const char *what, const char *row, int times, const char *rules)
{
	buffer_reset(&content);
	buffer_append_text(&content, "number,date,net,item\n");
	repeat(row, times);
	layout = &rows;
	expect("flat", what, rules);
	layout = NULL;
}

static void
test_flat(void)
{
	PortFault fault = {0};

	CHECK(layout_prepare(&rows, &fault) == PORT_OK);
	expect_flat("nothing wrong", "F-1,2026-10-31,1.00,Fuel\n", 1, "");
	expect_flat("30 February", "F-1,2026-02-30,1.00,Fuel\n", 1, "FLAT-VALUE");
	expect_flat("NaN", "F-1,2026-10-31,NaN,Fuel\n", 1, "FLAT-VALUE");
	expect_flat("70 digits", "F-1,2026-10-31,1234567890123456789012345678901234567890123456789012345678901234567890,Fuel\n", 1, "FLAT-VALUE");
	expect_flat("a line without end", "0123456789abcdef", 700000, "FLAT-LENGTH FLAT-COLUMNS");
	expect_flat("columns without end", ",", 900000, "FLAT-LENGTH FLAT-COLUMNS");
	expect_flat("a quote without end", "\"x\n", 900000, "FLAT-QUOTE FLAT-LENGTH");
	/* one record of almost a megabyte; the arena of this test keeps what has grown */
	factor = 10;
	expect_flat("quotes alone", "\"\"", 400000, "FLAT-QUOTE FLAT-LENGTH FLAT-COLUMNS");
	factor = 4;
	expect_flat("empty lines", "\n", 500000, "");
	expect_flat("records of too many columns", "a,b,c,d,e,f\n", 100000, "FLAT-COLUMNS");
	expect_flat("NUL byte", "F-1,2026-10-31,1.00,Fuel\n", 1, "");
	content.bytes[content.length - 3] = '\0';
	layout = &rows;
	expect("flat", "NUL byte", "FLAT-ENCODING FLAT-VALUE FLAT-CHARACTER FLAT-RECORD");
	content.bytes[content.length - 3] = '\xe5';
	expect("flat", "Latin-1 that should be UTF-8", "FLAT-ENCODING FLAT-VALUE FLAT-CHARACTER");
	layout = NULL;
}

/* -- ZIP -------------------------------------------------------------------------------------------------- */

static void
put_number(uint32_t number, int bytes)
{
	for (int i = 0; i < bytes; i++)
		buffer_append_char(&content, (char) (number >> (8 * i) & 0xFF));
}

static void
put_member(const char *name, const char *bytes, size_t length, size_t stated, uint32_t size, int method, uint32_t crc)
{
	buffer_append(&content, "PK\3\4\x14\0\0\0", 8);
	put_number((uint32_t) method, 2);
	put_number(0x21212121, 4);
	put_number(crc, 4);
	put_number((uint32_t) stated, 4);
	put_number(size, 4);
	put_number((uint32_t) strlen(name), 2);
	put_number(0, 2);
	buffer_append_text(&content, name);
	buffer_append(&content, bytes, length);
}

static ByteBuffer
deflated(const char *begins, size_t blanks)
{
	Deflater *deflater = deflater_open(&port_malloc, DEFLATE_RAW, 9);
	ByteBuffer out, text;

	buffer_init(&out, &port_malloc);
	buffer_init(&text, &port_malloc);
	buffer_append_text(&text, begins);
	memset(buffer_reserve(&text, blanks), ' ', blanks);
	text.length += blanks;
	CHECK(deflater_run(deflater, NULL, 0, text.bytes, text.length, &out) == PORT_OK);
	deflater_close(deflater);
	buffer_release(&text);
	return out;
}

static void
test_zip(void)
{
	ByteBuffer bomb = deflated(kinds[0].begin, 60 * 1024 * 1024);

	buffer_reset(&content);
	put_member("bomb.xml", bomb.bytes, bomb.length, bomb.length, 60 * 1024 * 1024, 8, 0);
	expect("zip", "bomb", "ZIP-LIMIT");
	buffer_reset(&content);
	put_member("bomb.xml", bomb.bytes, bomb.length, bomb.length, 100, 8, 0);
	expect("zip", "bomb that says it is small", "ZIP-LIMIT ZIP-SYNTAX ZIP-CHECKSUM ZIP-DAMAGED");
	buffer_reset(&content);
	put_member("long.xml", kinds[0].begin, strlen(kinds[0].begin), 0xFFFFFFF0, 0xFFFFFFF0, 0, 0);
	expect("zip", "a member as long as it says", "ZIP-TRUNCATED");
	buffer_reset(&content);
	for (int i = 0; i < 100000; i++)
		put_member("e", "", 0, 0, 0, 0, 0);
	judge("zip: members without content");
	buffer_reset(&content);
	put_member("a.zip", "PK\3\4", 4, 4, 4, 0, 0);
	judge("zip: in a ZIP");
	CHECK(*rules_seen != '\0');
	buffer_reset(&content);
	put_member("lzma.xml", "x", 1, 1, 1, 14, 0);
	judge("zip: another method");
	CHECK(strstr(rules_seen, " ZIP-") != NULL);
	buffer_reset(&content);
	put_member("", "x", 1, 1, 1, 0, 0);
	buffer_append_text(&content, "PK\1\2");
	judge("zip: no name, and a cut directory");
	CHECK(*rules_seen != '\0');
	buffer_release(&bomb);
}

/* -- PDF -------------------------------------------------------------------------------------------------- */

#define PDF_TREE "%PDF-1.7\n1 0 obj\n<</Names<</EmbeddedFiles 4 0 R>>>>\nendobj\n"
#define PDF_FILE "4 0 obj\n<</Names[(factur-x.xml) 6 0 R]>>\nendobj\n6 0 obj\n<</F(factur-x.xml)/EF<</F 7 0 R>>>>\nendobj\n"
#define PDF_TAIL "\ntrailer\n<</Root 1 0 R>>\n"

static void
expect_pdf(const char *what, const char *objects, const char *again, int times, const char *rest, const char *rules)
{
	buffer_reset(&content);
	buffer_append_text(&content, PDF_TREE);
	buffer_append_text(&content, objects);
	repeat(again, times);
	buffer_append_text(&content, rest);
	buffer_append_text(&content, PDF_TAIL);
	expect("pdf", what, rules);
}

static void
test_pdf(void)
{
	expect_pdf("a tree that is its own child", "4 0 obj\n<</Kids[", "4 0 R ", 100000, "]>>\nendobj\n", "PDF-ATTACHMENT PDF-LIMIT PDF-SYNTAX");
	expect_pdf("a chain of references", "4 0 obj\n5 0 R\nendobj\n5 0 obj\n4 0 R\nendobj\n", "", 0, "", "PDF-ATTACHMENT PDF-LIMIT PDF-SYNTAX");
	expect_pdf("arrays in arrays", "4 0 obj\n", "[", 2000000, "", "PDF-ATTACHMENT PDF-LIMIT PDF-SYNTAX");
	expect_pdf("strings in strings", "4 0 obj\n", "(", 2000000, "", "PDF-ATTACHMENT PDF-LIMIT PDF-SYNTAX");
	expect_pdf("objects that nobody wants", "", "9 0 obj\n<<>>\nendobj\n", 200000, PDF_FILE, "PDF-SYNTAX PDF-ATTACHMENT PDF-LIMIT");
	expect_pdf("object streams", PDF_FILE, "9 0 obj\n<</Type/ObjStm/N 1/First 4/Length 9 0 R>>\nstream\n9 0 (x)\nendstream\nendobj\n", 20000, "", "PDF-SYNTAX PDF-LIMIT");
	expect_pdf("run lengths", PDF_FILE "7 0 obj\n<</Filter[/RL/RL/RL/RL]>>\nstream\n", "\x81\x81", 300000, "\nendstream\nendobj\n", "PDF-LIMIT PDF-SYNTAX FILE-UNKNOWN");
	expect_pdf("LZW of one code", PDF_FILE "7 0 obj\n<</Filter/LZW>>\nstream\n\x80\x0b", "\x60\x50", 300000, "\nendstream\nendobj\n", "PDF-SYNTAX PDF-LIMIT FILE-UNKNOWN");
	expect_pdf("base 85 of nothing", PDF_FILE "7 0 obj\n<</Filter[/A85/Fl]>>\nstream\n", "z", 2000000, "~>\nendstream\nendobj\n", "PDF-SYNTAX PDF-LIMIT");
	expect_pdf("encrypted", PDF_FILE, "", 0, "8 0 obj\n<</V 4>>\nendobj\ntrailer\n<</Root 1 0 R/Encrypt 8 0 R>>\n", "PDF-ENCRYPTED");
	expect_pdf("a picture's filter", PDF_FILE "7 0 obj\n<</Filter/DCTDecode>>\nstream\nx", "", 0, "\nendstream\nendobj\n", "PDF-FILTER");
}

int
main(void)
{
	count_all();
	buffer_init(&content, &port_malloc);
	buffer_append_text(&content, kinds[0].begin);
	judge("warm up");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
	{
		test_floods(&kinds[i]);
		test_encodings(&kinds[i]);
		test_values(&kinds[i]);
	}
	test_edifact();
	test_flat();
	test_zip();
	test_pdf();
	buffer_release(&content);
	return check_done();
}
