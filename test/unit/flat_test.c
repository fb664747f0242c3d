/*
 * flat_test.c: record files: character sets, splitting, values, derived VAT; and that it does not matter
 * how a file is cut into pieces.
 */
#include "arena.h"
#include "check.h"
#include "core/buffer.h"
#include "core/flat_charset.h"
#include "core/flat_reader.h"
#include "core/flat_split.h"
#include "core/flat_values.h"
#include "core/layout.h"

#include <stdlib.h>

/* What a sink is told, as text. */
typedef struct Record
{
	InvoiceSink sink;
	ByteBuffer text;
} Record;

static PortStatus
on_begin(void *state, const InvoicePlace *place, const char *format)
{
	buffer_printf(&((Record *) state)->text, "begin %d line %d\n", (int) place->document_no, (int) place->line_no);
	(void) format;
	return PORT_OK;
}

static PortStatus
on_group(void *state, const InvoiceGroup *group)
{
	ByteBuffer *text = &((Record *) state)->text;
	const InvoiceGroupInfo *info = &invoice_group_info[group->kind];

	buffer_printf(text, "%s %d/%d", info->key, (int) group->parent_no, (int) group->place.group_no);
	for (int term = info->first; term <= (int) info->last; term++)
		if (group->values[term - info->first].bytes != NULL)
		{
			buffer_printf(text, " %s=", invoice_term_info[term].key);
			buffer_append(text, group->values[term - info->first].bytes, group->values[term - info->first].length);
		}
	buffer_append_char(text, '\n');
	return PORT_OK;
}

static PortStatus
on_finding(void *state, const Finding *finding)
{
	buffer_printf(&((Record *) state)->text, "%s at %s: %s\n", finding->rule, finding->location, finding->message);
	return PORT_OK;
}

static PortStatus
on_extra(void *state, const InvoicePlace *place, const char *path, Slice value)
{
	(void) place;
	buffer_printf(&((Record *) state)->text, "extra %s=%.*s\n", path, (int) value.length, value.bytes);
	return PORT_OK;
}

/* The record of content pushed in pieces of that size; to be freed. */
static char *
read_in_pieces(const Layout *layout, const char *content, size_t length, size_t piece)
{
	Record record = {{NULL, on_begin, on_group, on_group, on_finding, on_extra, NULL}, {0}};
	Arena arena = {0};
	Port port = ARENA_PORT(&arena);
	InvoiceReader *reader;
	PortStatus status = PORT_OK;

	record.sink.state = &record;
	buffer_init(&record.text, &port_malloc);
	reader = flat_reader_open(&port, layout, &record.sink);
	for (size_t at = 0; at < length && status == PORT_OK; at += piece)
	{
		/* a copy without room behind it, so that reading too far is noticed */
		size_t size = length - at < piece ? length - at : piece;
		char *copy = malloc(size);

		memcpy(copy, content + at, size);
		status = reader->push(reader, copy, size);
		free(copy);
	}
	if (status == PORT_OK)
		status = reader->finish(reader);
	if (status != PORT_OK)
		buffer_printf(&record.text, "status %d %s: %s\n", (int) status, reader->fault.rule, reader->fault.message);
	reader->close(reader);
	arena_free(&arena);
	buffer_append_char(&record.text, 0);
	return record.text.bytes;
}

static void
test_charset(void)
{
	char out[64];
	size_t wrong = 0, length;
	FlatCharset charset;

	CHECK(flat_parse_charset("iso-8859-15", &charset) && charset == FLAT_LATIN9);
	CHECK(!flat_parse_charset("EBCDIC", &charset));
	length = flat_to_utf8(FLAT_LATIN9, "\xA4\xBD\xE5", 3, out, &wrong);
	out[length] = 0;
	CHECK_TEXT(out, "€œå");
	length = flat_to_utf8(FLAT_CP1252, "\x80\x96\xF8", 3, out, &wrong);
	out[length] = 0;
	CHECK_TEXT(out, "€–ø");
	CHECK(wrong == 0);
	length = flat_to_utf8(FLAT_CP1252, "\x81", 1, out, &wrong);
	CHECK(length == 3 && memcmp(out, "\xEF\xBF\xBD", 3) == 0 && wrong == 1);
	/* overlong, surrogate, too high, cut, lone continuation */
	wrong = 0;
	flat_to_utf8(FLAT_UTF8, "\xC0\x80 \xED\xA0\x80 \xF4\x90\x80\x80 \xE2\x82", 15, out, &wrong);
	CHECK(wrong >= 5);
	wrong = 0;
	length = flat_to_utf8(FLAT_UTF8, "a\xC3\xA5\xF0\x9F\x98\x80", 7, out, &wrong);
	CHECK(length == 7 && wrong == 0);
	CHECK(flat_is_plain("0123456789", 10) && !flat_is_plain("01234567\xE5", 9) && !flat_is_plain("012\0" "4567", 8));
}

static void
test_split(void)
{
	char text[] = "a; \"b;\"\"c\"\"\" ;;  d e \t;\"\"";
	char open_quote[] = "a;\"b";
	char after_quote[] = "\"a\"b;c";
	Slice columns[8];

	CHECK(flat_split_columns(';', '"', text, strlen(text), columns, 8) == 5);
	CHECK(columns[1].length == 5 && memcmp(columns[1].bytes, "b;\"c\"", 5) == 0);
	CHECK(columns[2].bytes == NULL && columns[4].bytes == NULL);
	CHECK(columns[3].length == 3 && memcmp(columns[3].bytes, "d e", 3) == 0);
	CHECK(flat_split_columns(';', '"', open_quote, strlen(open_quote), columns, 8) == FLAT_QUOTE_MISPLACED);
	CHECK(flat_split_columns(';', '"', after_quote, strlen(after_quote), columns, 8) == FLAT_QUOTE_MISPLACED);
	CHECK(flat_split_columns(';', 0, after_quote, strlen(after_quote), columns, 1) == FLAT_TOO_MANY_COLUMNS);
}

static void
check_value(const char *type, InvoiceTerm term, const char *found, const char *want)
{
	Layout layout = {.date_format = "DD.MM.YYYY", .decimal_sign = ','};
	LayoutField field = {.term = term};
	Slice value, text = {found, strlen(found)};
	char out[96], got[96];

	CHECK(layout_parse_type(type, &field.type, &field.decimals));
	if (!flat_read_value(&layout, &field, text, out, &value))
		strcpy(got, "wrong");
	else
		snprintf(got, sizeof(got), "%.*s", (int) value.length, value.bytes != NULL ? value.bytes : "");
	CHECK_TEXT(got, want);
}

static void
test_values(void)
{
	check_value("D", TERM_BT_2, "29.02.2024", "2024-02-29");
	check_value("D", TERM_BT_2, "29.02.2025", "wrong");
	check_value("D", TERM_BT_2, "1.2.2025", "wrong");
	check_value("D", TERM_BT_2, "00000000", "");
	check_value("N", TERM_BT_131, "1234,50", "1234.50");
	check_value("N", TERM_BT_131, "1234,50-", "-1234.50");
	check_value("N", TERM_BT_131, "-,5", "wrong");
	check_value("N", TERM_BT_131, "1.234,50", "wrong");
	check_value("N", TERM_BT_131, "5,", "wrong");
	check_value("S2", TERM_BT_131, "+00000000360050", "3600.50");
	check_value("S2", TERM_BT_131, "-5", "-0.05");
	check_value("S2", TERM_BT_131, "360000", "3600.00");
	check_value("S4", TERM_BT_129, "+000000190000", "19");
	check_value("S4", TERM_BT_129, "000001016000-", "-101.6");
	check_value("N2", TERM_BT_152, "02500", "25");
	check_value("N2", TERM_BT_152, "00000", "0");
	check_value("N0", TERM_BT_126, "00012", "12");
	check_value("N2", TERM_BT_152, "25.00", "wrong");
	check_value("S2", TERM_BT_131, "+", "wrong");
}

static LayoutField row_fields[] = {
	{.name = "number", .column = -1, .column_name = "number", .term = TERM_BT_1},
	{.name = "net", .column = -1, .column_name = "net", .type = LAYOUT_NUMBER, .term = TERM_BT_131},
	{.name = "rate", .column = -1, .column_name = "rate", .type = LAYOUT_NUMBER, .term = TERM_BT_152},
	{.name = "category", .column = -1, .constant = "S", .term = TERM_BT_151},
	{.name = "item", .column = -1, .column_name = "item", .term = TERM_BT_153},
};
static LayoutRecord row_records[] = {{.name = "row", .role = LAYOUT_ROW, .fields = row_fields, .field_count = 5}};

static void
test_pieces(void)
{
	static const char content[] = "\xEF\xBB\xBFnumber,item,net,rate,colour\r\n"
								  "A,\"two\nlines, \"\"quoted\"\"\",10.00,25,red\r\n"
								  "A,\"\",0.10,25,\r\n"
								  "B,blåbær,5.005,15,\n"
								  "\n"
								  "B,\"x\"\"\",1x,15\n"
								  "C,\"never closed,1,2,3\n";
	static const char want[] = "begin 1 line 2\n"
							   "extra row[1].colour=red\n"
							   "bg_25 1/1 bt_131=10.00 bt_151=S bt_152=25 bt_153=two\nlines, \"quoted\"\n"
							   "bg_25 2/2 bt_131=0.10 bt_151=S bt_152=25\n"
							   "bg_23 0/1 bt_116=10.10 bt_117=2.53 bt_118=S bt_119=25\n"
							   " 0/0 bt_1=A bt_106=10.10 bt_109=10.10 bt_110=2.53 bt_112=12.63 bt_115=12.63\n"
							   "begin 2 line 5\n"
							   "bg_25 1/1 bt_131=5.005 bt_151=S bt_152=15 bt_153=blåbær\n"
							   "FLAT-COLUMNS at line 7, record row: 4 columns where 5 are described\n"
							   "FLAT-VALUE at line 7, record row, field net: \"1x\" is no number of the field's type\n"
							   "bg_25 2/2 bt_131=1x bt_151=S bt_152=15 bt_153=x\"\n"
							   "FLAT-QUOTE at line 8: quotes do not pair\n"
							   "FLAT-DERIVE at VAT breakdown: the VAT breakdown cannot be derived from the lines: an amount or rate is "
							   "missing or is no number, or there are more than 64 rates\n"
							   " 0/0 bt_1=B\n";
	Layout layout = {.name = "rows", .kind = LAYOUT_DELIMITED, .delimiter = ',', .quote = '"', .header_row = true,
					 .decimal_sign = '.', .date_format = "YYYY-MM-DD", .derive = LAYOUT_DERIVE_TAX | LAYOUT_DERIVE_TOTALS,
					 .records = row_records, .record_count = 1};
	PortFault fault = {0};

	CHECK(layout_prepare(&layout, &fault) == PORT_OK);
	for (size_t piece = 1; piece <= sizeof(content); piece++)
	{
		char *got = read_in_pieces(&layout, content, sizeof(content) - 1, piece);

		CHECK_TEXT(got, want);
		free(got);
	}
}

int
main(void)
{
	test_charset();
	test_split();
	test_values();
	test_pieces();
	return check_done();
}
