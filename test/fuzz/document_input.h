/*
 * document_input.h: bytes as choices: a template by its grammar, with slips, and data in the order
 * that the host promises.  A choice behind the last byte is the first one, so that everything ends.
 */
#ifndef FUZZ_DOCUMENT_INPUT_H
#define FUZZ_DOCUMENT_INPUT_H

#include "core/template_rows.h"

#include <stdio.h>
#include <string.h>

#define MOST_ROWS 400

/* ---------- the input as choices ---------- */

static const uint8_t *input;
static size_t input_left;

static unsigned
any(unsigned count)
{
	unsigned byte = 0;

	if (input_left > 0)
	{
		byte = *input++;
		input_left--;
	}
	return count == 0 ? byte : byte % count;
}

static bool
rarely(void)
{
	return any(32) == 31;
}

/* ---------- texts ---------- */

static char pool[1 << 18]; /* of all values of an input */
static size_t pool_used;

static const char *const words[] = {"a",
									"Fjord Transport AS",
									"Ørneveien 14",
									"Słoneczna",
									"Iași",
									"x<y>&\"z'",
									"{{number}}",
									"1234567890123456789012345678901234567890",
									"\t",
									"\n",
									" ",
									"\xC2\xA0",
									"\xE2\x80\xAF",
									"\xC2\xAD",
									"\xE2\x80\x8B",
									"\xE2\x80\xAE",
									"\xEF\xBF\xBF",
									"\xF0\x9F\x98\x80",
									"\xE4\xB8\xAD",
									"\x01",
									"\x7F",
									"\xC2\x85",
									"()\\\r",
									"a@b.example",
									"https://x.example/",
									"]]>",
									"Abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
									"€",
									"^{}",
									"00012",
									"RF18539007547034",
									"NO9386011117947",
									"2026-11-02",
									"12.50"};

static Slice
make_text(void)
{
	size_t start = pool_used;
	unsigned count = 1 + any(4);

	for (unsigned i = 0; i < count && pool_used + 200 < sizeof(pool); i++)
	{
		const char *word = words[any(sizeof(words) / sizeof(words[0]))];

		if (rarely())
			pool[pool_used++] = (char) (0x20 + any(95));
		memcpy(pool + pool_used, word, strlen(word));
		pool_used += strlen(word);
	}
	return (Slice){pool + start, pool_used - start};
}

static Slice
make_number(void)
{
	static const char *const odd[] = {"0",		  "-0.01", "99999999999999999999999999.99",
									  "NaN",	  "-1",	   "0.000000000001",
									  "Infinity", "1e5",   "123456789012345678"};
	char *at = pool + pool_used;
	int length;

	if (pool_used + 64 > sizeof(pool))
		return (Slice){"1", 1};
	if (rarely())
		length = sprintf(at, "%s", odd[any(sizeof(odd) / sizeof(odd[0]))]);
	else
		length = sprintf(at, "%s%u.%02u", any(8) == 7 ? "-" : "", any(0) * 256 + any(0), any(100));
	pool_used += (size_t) length;
	return (Slice){at, (size_t) length};
}

static Slice
make_date(void)
{
	static const char *const odd[] = {"-0044-03-15", "12026-01-01", "0001-01-01", "infinity"};
	char *at = pool + pool_used;
	int length;

	if (pool_used + 64 > sizeof(pool))
		return (Slice){"2026-11-02", 10};
	if (rarely())
		length = sprintf(at, "%s", odd[any(4)]);
	else
		length = sprintf(at, "20%02u-%02u-%02u", any(100), 1 + any(12), 1 + any(28));
	pool_used += (size_t) length;
	return (Slice){at, (size_t) length};
}

/* ---------- data ---------- */

static Slice values[TEMPLATE_GROUP_COUNT][8][64];
static const Slice *rows[TEMPLATE_GROUP_COUNT][MOST_ROWS];
static const char *packed[TEMPLATE_GROUP_COUNT][MOST_ROWS];
static char packed_bytes[TEMPLATE_GROUP_COUNT][8][8192];
static Slice adjustments[MOST_ROWS][TEMPLATE_PACKED_FIELDS];
static TemplateNode nodes[400];
static int node_count;

static Slice
make_value(TemplateField field)
{
	static const char *const countries[] = {"NO", "SE", "DK", "FI", "PL", "RO", "DE", "GB", "XX"};
	static const char *const types[] = {"380", "381", "389", "261", "384", "999"};

	switch (field)
	{
		case FIELD_INVOICE_RECIPIENT_COUNTRY:
		case FIELD_INVOICE_ISSUER_COUNTRY:
			return (Slice){countries[any(9)], 2};
		case FIELD_INVOICE_TYPE_CODE:
			return (Slice){types[any(6)], 3};
		case FIELD_INVOICE_CURRENCY:
			return rarely() ? make_text() : (Slice){any(2) ? "NOK" : "EUR", 3};
		case FIELD_INVOICE_PAYMENT_REFERENCE:
			return rarely() ? make_text() : (Slice){"100482000123457", 15};
		case FIELD_INVOICE_PAYEE_ACCOUNT:
			return rarely() ? make_text() : (Slice){"86011117947", 11};
		case FIELD_INVOICE_ORIGIN:
			return any(8) == 7 ? (Slice){"letter", 6} : (Slice){"file", 4};
		default:
			break;
	}
	switch (template_field_info[field].type)
	{
		case TEMPLATE_TYPE_TEXT:
			return make_text();
		case TEMPLATE_TYPE_DATE:
			return make_date();
		default:
			return make_number();
	}
}

static void
make_row(TemplateGroup group, Slice *row)
{
	TemplateField first = template_group_first(group);
	bool sparse = any(4) == 3;

	for (int i = 0; i < template_group_size(group); i++)
	{
		bool present = sparse ? any(4) == 3 : any(16) != 15;

		row[i] = present ? make_value((TemplateField) (first + i)) : (Slice){NULL, 0};
	}
}

/* Some rows, over and over. */
static TemplateRows
make_rows(TemplateGroup group, int count)
{
	int own = 1 + (int) any(8);
	bool pack = group != TEMPLATE_INVOICE && group != TEMPLATE_TAX && any(2) == 1;

	if (count > MOST_ROWS)
		count = MOST_ROWS;
	for (int i = 0; i < own && i < count; i++)
	{
		make_row(group, values[group][i]);
		if (pack && template_row_packed_size(values[group][i], template_group_size(group)) >
						sizeof(packed_bytes[0][0]))
			pack = false;
		if (pack)
			template_row_pack(values[group][i], template_group_size(group), packed_bytes[group][i]);
	}
	for (int i = 0; i < count; i++)
	{
		rows[group][i] = values[group][i % own];
		packed[group][i] = packed_bytes[group][i % own];
	}
	return (TemplateRows){count, pack ? NULL : rows[group], pack ? packed[group] : NULL};
}

/* In the order that the host promises: those of the document, then by line. */
static TemplateRows
make_adjustments(int count)
{
	int of_document = (int) any(4), line = 1;

	for (int i = 0; i < count; i++)
	{
		Slice *row = adjustments[i];
		char *at = pool + pool_used;

		make_row(TEMPLATE_ADJUSTMENT, row);
		row[0] = (Slice){NULL, 0};
		if (i >= of_document && pool_used + 16 < sizeof(pool))
		{
			line += (int) any(3);
			row[0] = (Slice){at, (size_t) sprintf(at, "%d", line)};
			pool_used += row[0].length;
		}
		rows[TEMPLATE_ADJUSTMENT][i] = row;
	}
	return (TemplateRows){count, rows[TEMPLATE_ADJUSTMENT], NULL};
}

static void
make_node(TemplateNode *node, int depth)
{
	static const char *const keys[] = {"a", "n", "rows", "b", "palette", "name"};
	int count;

	node->children = NULL;
	node->count = 0;
	node->text = (Slice){NULL, 0};
	node->kind = (TemplateNodeKind) any(6);
	if (depth > 4 && node->kind >= NODE_OBJECT)
		node->kind = NODE_TEXT;
	if (node->kind == NODE_TEXT)
		node->text = make_text();
	else if (node->kind == NODE_NUMBER)
		node->text = make_number();
	else if (node->kind == NODE_BOOLEAN)
		node->text = any(2) ? (Slice){"true", 4} : (Slice){"false", 5};
	if (node->kind < NODE_OBJECT)
		return;
	count = (int) any(6);
	if (node_count + count > (int) (sizeof(nodes) / sizeof(nodes[0])))
		return;
	node->children = &nodes[node_count];
	node->count = count;
	node_count += count;
	for (int i = 0; i < count; i++)
	{
		TemplateNode *child = (TemplateNode *) (uintptr_t) &node->children[i];
		const char *key = keys[(i + (int) any(2)) % 6];

		make_node(child, depth + 1);
		child->key = (Slice){key, strlen(key)};
		if (node->kind == NODE_OBJECT && strcmp(key, "rows") == 0 && child->kind < NODE_OBJECT)
		{
			child->kind = NODE_LIST;
			child->count = 0;
		}
	}
}

static TemplateData
make_data(void)
{
	static TemplateNode data_tree, brand;
	TemplateData data = {0};
	int lines = any(16) == 15 ? (int) any(100) : (int) any(12);

	pool_used = 0;
	node_count = 0;
	data.groups[TEMPLATE_INVOICE] = make_rows(TEMPLATE_INVOICE, 1);
	data.groups[TEMPLATE_LINE] = make_rows(TEMPLATE_LINE, lines);
	data.groups[TEMPLATE_TAX] = make_rows(TEMPLATE_TAX, (int) any(4));
	data.groups[TEMPLATE_ADJUSTMENT] = make_adjustments((int) any(12));
	if (any(4) != 3)
	{
		make_node(&data_tree, 0);
		data_tree.kind = NODE_OBJECT;
		data.tree = &data_tree;
	}
	if (any(4) == 3)
	{
		make_node(&brand, 0);
		data.brand = &brand;
	}
	return data;
}

/* ---------- a template ---------- */

static char source[1 << 16];
static size_t source_length;

static void
put(const char *text)
{
	size_t length = strlen(text);

	if (source_length + length + 1 > sizeof(source))
		return;
	memcpy(source + source_length, text, length + 1);
	source_length += length;
}

/* What is at hand where a block stands. */
typedef struct Scope
{
	bool line, adjustment, tax, row, cell, flow;
	int depth, lists; /* more than two lists inside one another only take time */
} Scope;

#define PICK(list) (list)[any(sizeof(list) / sizeof((list)[0]))]

static void
put_value(const Scope *scope)
{
	static const char *const invoice[] = {
		"{{number}}",
		"{{number}}",
		"{{title}}",
		"{{due_date?}}",
		"{{issue_date|date:long}}",
		"{{issue_date?|date:month}}",
		"{{payable_amount?}}",
		"{{payable_amount?|money:EUR}}",
		"{{payable_amount?|number:3}}",
		"{{recipient.name?}}",
		"{{recipient.postcode?|postcode}}",
		"{{recipient.country?|country}}",
		"{{note?}}",
		"{{payment_reference?|reference}}",
		"{{payee_account?|account}}",
		"{{label:payable}}",
		"{{label:own}}",
		"{{page}}",
		"{{pages}}",
		"{{carried?}}",
		"{{sum:line.net_amount}}",
		"{{sum:line.quantity|number:2}}",
		"{{count:lines}}",
		"{{count:data.rows}}",
		"{{sum:data.rows.n}}",
		"{{data.a?}}",
		"{{data.n?}}",
		"{{data.b.a?}}",
		"{{brand.name?}}",
		"{{currency?}}",
		"{{seller.name?}}",
		"plain text",
		"a very long text that is broken over several lines of its place",
		"&amp; &lt; &gt;",
		"{{",
		"{{nothing}}",
		"\xF0\x9F\x98\x80"};
	static const char *const line[] = {
		"{{line.item_name?}}",			 "{{line.item_description?}}",
		"{{line.net_amount?}}",			 "{{line.quantity?}}",
		"{{line.unit_code?|unit}}",		 "{{line.price?|number:4}}",
		"{{line.period_start?|date}}",	 "{{line.note?}}",
		"{{line.accounting_reference?}}"};
	static const char *const adjustment[] = {
		"{{adjustment.reason?}}", "{{adjustment.signed_amount?}}", "{{adjustment.percentage?}}"};
	static const char *const tax[] = {"{{tax.rate?}}", "{{tax.taxable_amount?}}",
									  "{{tax.exemption_reason?}}"};
	static const char *const row[] = {"{{row.a?}}", "{{row.n?|number:1}}", "{{row.n?|money}}",
									  "{{row.name?}}", "{{row.rows.a?}}"};

	switch (any(6))
	{
		case 1:
			put(scope->line ? PICK(line) : PICK(invoice));
			break;
		case 2:
			put(scope->row ? PICK(row) : PICK(invoice));
			break;
		case 3:
			put(scope->adjustment ? PICK(adjustment) : scope->line ? PICK(line) : PICK(invoice));
			break;
		case 4:
			put(scope->tax ? PICK(tax) : PICK(invoice));
			break;
		case 5:
			put_value(&(Scope){.line = scope->line, .depth = 9});
			put(" ");
			put(PICK(invoice));
			break;
		default:
			put(PICK(invoice));
	}
}

static void
put_attribute(const char *name, const char *value)
{
	put(" ");
	put(name);
	put("=\"");
	put(value);
	put("\"");
}

static void
put_length(const char *name, unsigned most)
{
	char text[16];

	snprintf(text, sizeof(text), any(4) == 3 ? "%u.5" : "%u",
			 rarely() ? any(0) * 2 : any(most + 1));
	put_attribute(name, text);
}

static void
put_value_attribute(const char *name, const Scope *scope)
{
	put(" ");
	put(name);
	put("=\"");
	put_value(scope);
	put("\"");
}

/* Those that any block may have. */
static void
put_common(void)
{
	static const char *const tests[] = {
		"number",	   "!number",	 "credit",		 "payment",		  "!foreign", "letter",
		"self_billed", "note",		 "currency=EUR", "currency!=EUR", "data.a",	  "!data.rows",
		"data.n",	   "brand.name", "due_date",	 "line.note"};
	static const char *const channels[] = {
		"print", "html", "email", "sms", "print html", "html email", "print html email sms"};

	if (any(8) == 7)
		put_attribute("if", PICK(tests));
	if (any(16) == 15)
		put_attribute("channels", PICK(channels));
	if (any(16) == 15)
		put_attribute("keep-next", "yes");
}

static void
put_look(void)
{
	static const char *const aligns[] = {"left", "right", "centre"};
	static const char *const sizes[] = {"7", "8.5", "9", "11", "18", "40"};

	if (any(3) == 2)
		put_attribute("align", PICK(aligns));
	if (any(3) == 2)
		put_attribute("size", PICK(sizes));
	if (any(4) == 3)
		put_attribute("bold", "yes");
	if (any(4) == 3)
		put_attribute("colour", "brand");
	if (any(8) == 7)
		put_length("gray", 100);
}

static void put_blocks(Scope scope);

static void
put_column(Scope scope)
{
	scope.cell = true;
	put("<column");
	if (any(3) != 2)
		put_length("width", 30);
	if (any(2))
		put_value_attribute("head", &scope);
	if (any(3) == 2)
		put_attribute("align", any(2) ? "right" : "centre");
	put(">");
	put_blocks(scope);
	put("</column>");
}

static void
put_list(const char *element, Scope scope)
{
	static const char *const lists[] = {"lines",	 "lines",	   "taxes",		"adjustments",
										"data.rows", "data.rows?", "row.rows?", "line_adjustments",
										"nothing"};
	bool table = strcmp(element, "table") == 0;
	unsigned list = any(9);
	char as[24];

	if (scope.lists++ == 2)
		return;
	put("<");
	put(element);
	put_attribute("in", lists[list]);
	scope.line |= list < 2;
	scope.tax |= list == 2;
	scope.adjustment |= list == 3 || list == 7;
	if (list >= 4 && list <= 6 && scope.row && any(2))
	{
		snprintf(as, sizeof(as), "r%d", scope.depth);
		put_attribute("as", as);
	}
	scope.row |= list >= 4 && list <= 6;
	if (table && any(3) == 2)
		put_attribute("carry", "line.net_amount");
	if (table && any(3) == 2)
		put_attribute("keep-last", "yes");
	if (table && any(4) == 3)
		put_attribute("plain", "yes");
	if (table && any(8) == 7)
		put_attribute("head", "no");
	if (!table && list < 2 && any(2))
		put_attribute("group", "line.accounting_reference");
	put_common();
	put(">");
	if (table)
		for (unsigned columns = 1 + any(5); columns > 0; columns--)
			put_column(scope);
	else
		put_blocks(scope);
	put("</");
	put(element);
	put(">");
}

static void
put_chart(const Scope *scope)
{
	put("<chart in=\"data.rows\"");
	put_attribute("value", any(2) ? "{{row.n?}}" : "{{row.a?}}");
	if (any(2))
		put_attribute("label", "{{row.a?}}");
	if (any(2))
		put_attribute("second", "{{row.n?}}");
	if (any(2))
		put_attribute("kind", "line");
	if (any(2))
		put_value_attribute("title", scope);
	if (any(2))
		put_attribute("unit", "kWh");
	if (any(2))
		put_length("height", 80);
	put("/>");
}

static void
put_symbol(const Scope *scope)
{
	static const char *const codes[] = {"<barcode",
										"<barcode type=\"itf\"",
										"<barcode type=\"datamatrix\" width=\"20\"",
										"<barcode kind=\"fi\"",
										"<qr",
										"<qr kind=\"epc\"",
										"<qr kind=\"pl-2d\"",
										"<qr draw=\"rectangles\" level=\"H\" width=\"60\"",
										"<barcode type=\"qr\" width=\"30\""};

	put(PICK(codes));
	if (any(4) != 3)
		put_value_attribute("value", scope);
	put("/>");
}

static void
put_block(Scope scope)
{
	unsigned kind = any(20);
	static const char *const nests[] = {"keep", "columns", "if", "keep", "columns"};

	scope.depth++;
	if (scope.cell && kind > 6)
		kind = 0;
	if (scope.depth > 10 && kind > 3)
		kind = 0;
	switch (kind)
	{
		case 4:
		case 5:
			put("<if test=\"number\">");
			put_blocks(scope);
			put("</if>");
			break;
		case 6:
			put_list("each", scope);
			break;
		case 7:
		case 8:
			put("<total");
			put_value_attribute("label", &scope);
			put_value_attribute("value", &scope);
			put_look();
			put_common();
			put(any(4) == 3 ? " shaded=\"yes\"/>" : "/>");
			break;
		case 9:
		case 10:
		case 11:
			put_list("table", scope);
			break;
		case 12:
		case 13:
			kind = any(5);
			put("<");
			put(nests[kind]);
			if (kind == 2)
				put_attribute("test", "data.a");
			else if (any(2))
				put_length("width", 100);
			put_common();
			put(">");
			put_blocks(scope);
			put("</");
			put(nests[kind]);
			put(">");
			break;
		case 14:
			put_chart(&scope);
			break;
		case 15:
			put_symbol(&scope);
			break;
		case 16:
			put("<rule");
			put_look();
			put("/>");
			break;
		case 17:
			put("<space");
			put_length("height", 120);
			put("/>");
			break;
		case 18:
			put(scope.flow ? "<pagebreak/>" : "<if test=\"number\"><pagebreak/></if>");
			break;
		case 19:
			put("<image name=\"logo\" width=\"30\" height=\"10\"");
			put_value_attribute("alt", &scope);
			put("/>");
			break;
		default:
			put("<text");
			put_look();
			put_common();
			if (any(4) == 3)
				put_length("lines", 4);
			if (any(8) == 7)
				put_length("x", 60);
			put(">");
			put_value(&scope);
			put("</text>");
	}
}

static void
put_blocks(Scope scope)
{
	scope.flow &= scope.depth == 0;
	for (unsigned count = any(5); count > 0; count--)
		put_block(scope);
}

static void
make_template(void)
{
	static const char *const pages[] = {"first", "next", "every", "last"};
	static const char *const slips[] = {"NO", "SE"};

	source_length = 0;
	put("<template name=\"f\"");
	if (any(2))
		put_length("top", 120);
	if (any(2))
		put_length("next-top", 60);
	if (any(2))
		put_attribute("bottom", any(2) ? "270" : "140");
	put("><labels lang=\"en\"><label key=\"own\">Own</label></labels><palette><colour "
		"name=\"brand\" rgb=\"#0B4F6C\" gray=\"30\"/></palette>");
	for (unsigned zones = any(5); zones > 0; zones--)
	{
		put("<zone");
		put_attribute("pages", PICK(pages));
		put_length("x", 100);
		put_length("y", 250);
		put_length("width", 100);
		if (any(2))
			put_length("height", 200);
		put(">");
		put_blocks((Scope){0});
		put("</zone>");
	}
	put("<flow>");
	put_blocks((Scope){.flow = true});
	put_blocks((Scope){.flow = true});
	put("</flow>");
	if (any(4) == 3)
	{
		put("<giro");
		put_attribute("country", PICK(slips));
		put("/>");
	}
	if (any(2))
		put("<subject><text>{{issuer.name?}}: {{number}}</text></subject>");
	if (any(2))
		put("<sms><text>{{number}} {{note?}}</text></sms>");
	put("</template>");
	if (rarely() && source_length > 0)
		source[any(0) * 16 % source_length] = (char) any(128);
}

#endif
