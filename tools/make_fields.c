/*
 * make_fields.c: docs/invoice_fields.md: every canonical field and its place in each format.
 *
 * For a format that can be written, an invoice with a mark in every term is written, and the marks
 * are looked up in the result: so the page says where a value really goes, decisions included.
 * Where there is no writer, or the writer needs more than a mark, the reader's path table answers.
 * Columns of the tables come from the lists in src/invoice/write_stored.c (make_fields.sh cuts them
 * out).
 */
#include "core/invoice_write.h"
#include "core/xml_format.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct
{
	const char *term, *column;
} columns[] = {
#include "fields_columns.inc"
	{NULL, NULL}};

#define MAX_NODES 4096
#define MAX_FORMATS 12

typedef struct Node
{
	char name[100], text[200];
	int parent;
	bool leaf, attribute;
} Node;

typedef struct Format
{
	const char *title, *writer, *reader;
	const char *const (*abbreviations)[2];
	char *place[INVOICE_MODEL_TERM_COUNT];
} Format;

static const char *const none[][2] = {{NULL, NULL}};
static const char *const cii_short[][2] = {{"SupplyChainTradeTransaction/", ""},
										   {"IncludedSupplyChainTradeLineItem", "Line"},
										   {"ApplicableHeaderTradeAgreement", "Agreement"},
										   {"ApplicableHeaderTradeDelivery", "Delivery"},
										   {"ApplicableHeaderTradeSettlement", "Settlement"},
										   {NULL, NULL}};

static Format formats[] = {
	{"UBL 2.1", "ubl", "ubl", none, {NULL}},
	{"CII D16B", "cii", "cii", cii_short, {NULL}},
	{"Finvoice 3.0", "finvoice", "finvoice", none, {NULL}},
	{"KSeF FA(3)", "ksef-fa3", "ksef-fa3", none, {NULL}},
	{"TEAPPSXML 3", NULL, "teapps", none, {NULL}},
	{"Svefaktura 1.0", NULL, "svefaktura", none, {NULL}},
};

#define FORMAT_COUNT ((int) (sizeof(formats) / sizeof(*formats)))

static char marks[INVOICE_MODEL_TERM_COUNT][32];
static bool not_unique[INVOICE_MODEL_TERM_COUNT]; /* marks that say nothing of the place */
static Node nodes[MAX_NODES];
static int node_count;
static ByteBuffer written;

static PortStatus
keep(void *state, const char *bytes, size_t length)
{
	buffer_append(state, bytes, length);
	return PORT_OK;
}

/* A mark looks like what the term holds, so that formats can turn it into their notation. */
static void
make_mark(int term)
{
	char *mark = marks[term];

	switch (invoice_term_info[term].type)
	{
		case TERM_TYPE_DATE:
			snprintf(mark, sizeof(marks[term]), "2%03d-10-11", term);
			break;
		case TERM_TYPE_AMOUNT:
		case TERM_TYPE_PRICE:
		case TERM_TYPE_QUANTITY:
		case TERM_TYPE_PERCENT:
			snprintf(mark, sizeof(marks[term]), "9%03d7.25", term);
			break;
		default:
			snprintf(mark, sizeof(marks[term]), "Mark%03d", term);
	}
	if (term == TERM_BT_3)
		strcpy(mark, "380");
	if (term == TERM_BT_84)
		strcpy(mark, "NO9386011117947");
}

/* KSeF has a field of its own for each rate: the usual one is shown. */
static void
make_polish_marks(void)
{
	static const InvoiceTerm categories[] = {TERM_BT_95, TERM_BT_102, TERM_BT_118, TERM_BT_151};
	static const InvoiceTerm rates[] = {TERM_BT_96, TERM_BT_103, TERM_BT_119, TERM_BT_152};

	for (int i = 0; i < 4; i++)
	{
		strcpy(marks[categories[i]], "S");
		strcpy(marks[rates[i]], "23");
		not_unique[categories[i]] = not_unique[rates[i]] = true;
	}
}

static void
write_format(const WriteFormat *format)
{
	InvoiceContent document, line;
	InvoiceWriter *writer = invoice_writer_open(&port_malloc, format, false, keep, &written);

	invoice_content_init(&document, &port_malloc);
	invoice_content_init(&line, &port_malloc);
	for (int kind = 0; kind < INVOICE_MODEL_GROUP_COUNT; kind++)
	{
		Slice *row = invoice_content_add(invoice_is_line_kind(kind) ? &line : &document, kind);

		for (int term = invoice_group_info[kind].first; term <= (int) invoice_group_info[kind].last;
			 term++)
			row[term - invoice_group_info[kind].first] = (Slice){marks[term], strlen(marks[term])};
	}
	buffer_reset(&written);
	if (invoice_writer_begin(writer, &document) != PORT_OK ||
		invoice_writer_line(writer, &line) != PORT_OK || invoice_writer_end(writer) != PORT_OK)
		fprintf(stderr, "make_fields: %s: %s\n", format->name,
				invoice_writer_fault(writer)->message);
	buffer_append_char(&written, '\0');
	invoice_writer_close(writer);
	invoice_content_release(&document);
	invoice_content_release(&line);
}

/* -- the written document as nodes: our own output has neither comments nor sections
 * --------------- */

static int
add_node(const char *name, size_t length, int parent, bool attribute)
{
	Node *node = &nodes[node_count];
	const char *colon = memchr(name, ':', length);

	if (colon != NULL)
	{
		length -= (size_t) (colon + 1 - name);
		name = colon + 1;
	}
	memset(node, 0, sizeof(*node));
	snprintf(node->name, sizeof(node->name), "%s%.*s", attribute ? "@" : "", (int) length, name);
	node->parent = parent;
	node->leaf = true;
	node->attribute = attribute;
	if (parent >= 0 && !attribute)
		nodes[parent].leaf = false;
	if (node_count + 1 == MAX_NODES)
		exit((fprintf(stderr, "make_fields: too many nodes\n"), 1));
	return node_count++;
}

static const char *
read_tag(const char *at, int *current)
{
	const char *name = ++at;
	int node;

	at += strcspn(at, " />");
	node = add_node(name, (size_t) (at - name), *current, false);
	while (*at == ' ')
	{
		const char *attribute = ++at, *end = attribute + strcspn(attribute, "=");
		const char *value = end + 2, *stop = value + strcspn(value, "\"");

		if (strncmp(attribute, "xmlns", 5) != 0)
		{
			int added = add_node(attribute, (size_t) (end - attribute), node, true);

			snprintf(nodes[added].text, sizeof(nodes[added].text), "%.*s", (int) (stop - value),
					 value);
		}
		at = stop + 1;
	}
	if (*at == '/')
		return at + 2;
	*current = node;
	return at + 1;
}

static void
read_nodes(const char *at)
{
	int current = -1;

	node_count = 0;
	while (*at != '\0')
	{
		size_t length = strcspn(at, "<");

		if (current >= 0 && length > 0)
			snprintf(nodes[current].text, sizeof(nodes[current].text), "%.*s", (int) length, at);
		at += length;
		if (*at == '\0')
			break;
		if (at[1] == '?')
			at = strstr(at, "?>") + 2;
		else if (at[1] == '/')
		{
			at = strchr(at, '>') + 1;
			current = nodes[current].parent;
		}
		else
			at = read_tag(at, &current);
	}
}

/* -- places --------------------------------------------------------------------------------------
 */

static bool
same_mark(const char *text, const char *mark)
{
	for (; *text != '\0' || *mark != '\0'; text++, mark++)
	{
		while (*text == '-' || *text == '.' || *text == ',')
			text++;
		while (*mark == '-' || *mark == '.' || *mark == ',')
			mark++;
		if (*text != *mark)
			return false;
		if (*text == '\0')
			return true;
	}
	return true;
}

static bool
is_mark(const char *text)
{
	for (int term = 0; term < INVOICE_MODEL_TERM_COUNT; term++)
		if (same_mark(text, marks[term]))
			return true;
	return strchr(text, '#') != NULL;
}

static bool
is_below(int node, int ancestor)
{
	while (node >= 0 && node != ancestor)
		node = nodes[node].parent;
	return node >= 0;
}

/* Name of a node from an ancestor down. */
static void
path_below(int node, int ancestor, char *out, size_t room)
{
	if (node == ancestor)
	{
		out[0] = '\0';
		return;
	}
	path_below(nodes[node].parent, ancestor, out, room);
	snprintf(out + strlen(out), room - strlen(out), "%s%s", out[0] != '\0' ? "/" : "",
			 nodes[node].name);
}

/* How many steps a node is below an ancestor. */
static int
distance(int node, int ancestor)
{
	int steps = 0;

	for (; node != ancestor; node = nodes[node].parent)
		steps++;
	return steps;
}

/* The nearest fixed text in an element: [ChargeIndicator=false] */
static void
fixed_text(int element, char *out, size_t room)
{
	int best = 0;

	out[0] = '\0';
	for (int i = element + 1; i < node_count && is_below(i, element); i++)
	{
		char below[200];

		if (!nodes[i].leaf || nodes[i].text[0] == '\0' || is_mark(nodes[i].text) ||
			strcmp(nodes[i].text, "NA") == 0 || strcmp(nodes[i].name, "@format") == 0 ||
			strcmp(nodes[i].name, "NrWierszaFa") == 0 ||
			(best != 0 && distance(i, element) >= best))
			continue;
		best = distance(i, element);
		path_below(i, element, below, sizeof(below));
		snprintf(out, room, "[%s=%s]", below, nodes[i].text);
	}
}

/* [@currencyID=BT-6] where the attribute of a value is another field */
static void
currency_of(int leaf, char *out, size_t room)
{
	out[0] = '\0';
	for (int i = leaf + 1; i < node_count && nodes[i].parent == leaf; i++)
		if (strcmp(nodes[i].name, "@currencyID") == 0)
			for (int term = 0; term < INVOICE_MODEL_TERM_COUNT; term++)
				if (same_mark(nodes[i].text, marks[term]))
					snprintf(out, room, "[@currencyID=BT-%s]", invoice_term_info[term].key + 3);
}

/*
 * Two nodes of one path part at some element on the way up: what tells that element from its
 * sibling is said there.
 */
static int
parting(int node, int other)
{
	while (nodes[node].parent != nodes[other].parent)
	{
		node = nodes[node].parent;
		other = nodes[other].parent;
	}
	return node;
}

static void
full_path(int node, int told, const char *condition, char *out, size_t room)
{
	if (nodes[node].parent < 0)
	{
		out[0] = '\0';
		return;
	}
	full_path(nodes[node].parent, told, condition, out, room);
	snprintf(out + strlen(out), room - strlen(out), "%s%s%s", out[0] != '\0' ? "/" : "",
			 nodes[node].name, node == told ? condition : "");
}

static char *
shorten(const Format *format, const char *path)
{
	char text[600];

	snprintf(text, sizeof(text), "%s", path);
	for (int i = 0; format->abbreviations[i][0] != NULL; i++)
	{
		const char *from = format->abbreviations[i][0], *to = format->abbreviations[i][1];
		char *at = strstr(text, from);

		if (at == NULL)
			continue;
		memmove(at + strlen(to), at + strlen(from), strlen(at + strlen(from)) + 1);
		memcpy(at, to, strlen(to));
	}
	return strdup(text);
}

/* Prefixes hold for the names behind them, so they can go. */
static char *
without_prefixes(const Format *format, const char *path, const char *attribute)
{
	char out[600];
	size_t length = 0;

	for (const char *at = path; *at != '\0';)
	{
		size_t name = strcspn(at, "/");
		const char *colon = memchr(at, ':', name);
		const char *start = colon != NULL ? colon + 1 : at;

		length += (size_t) snprintf(out + length, sizeof(out) - length, "%s%.*s",
									length > 0 ? "/" : "", (int) (at + name - start), start);
		at += name + (at[name] == '/');
	}
	if (attribute != NULL)
		snprintf(out + length, sizeof(out) - length, "%s@%s", length > 0 ? "/" : "", attribute);
	return shorten(format, out);
}

/*
 * A scratch group whose literal lists terms (xml_pieces.h): the first, second and third of an
 * element, or an amount without and with VAT.
 */
static void
read_list(Format *format, const XmlEntry *entry)
{
	const char *at = entry->literal;

	for (int n = 1; *at != '\0'; n++)
	{
		size_t length = strcspn(at, " "), path = strlen(entry->path);
		InvoiceTerm term = invoice_find_term(at, length);
		bool amount = path > 7 && strcmp(entry->path + path - 7, "/AMOUNT") == 0;
		char place[300];

		if (n == 1 || *entry->literal == '-')
			snprintf(place, sizeof(place), "%s", entry->path);
		else if (amount)
			snprintf(place, sizeof(place), "%s[@VAT=INCLUDED]", entry->path);
		else
			snprintf(place, sizeof(place), "%s[%d]", entry->path, n);
		if (term < INVOICE_MODEL_TERM_COUNT && format->place[term] == NULL)
			format->place[term] = without_prefixes(format, place, NULL);
		at += length + (at[length] == ' ');
	}
}

static const XmlFormat *
reader_of(const Format *format)
{
	for (int i = 0; i < xml_format_count; i++)
		if (strcmp(xml_formats[i]->name, format->reader) == 0)
			return xml_formats[i];
	return NULL;
}

static bool
is_read_from(const Format *format, int term, int node)
{
	const XmlFormat *reader = reader_of(format);
	char path[600];
	bool found = false;

	full_path(node, -1, "", path, sizeof(path));
	for (size_t e = 0; reader != NULL && e < reader->entry_count && !found; e++)
	{
		const XmlEntry *entry = &reader->entries[e];
		char *place, *own;

		if (entry->number != term ||
			(entry->kind != XML_ENTRY_VALUE && entry->kind != XML_ENTRY_ATTRIBUTE))
			continue;
		place = without_prefixes(format, entry->path, entry->attribute);
		own = shorten(format, path);
		found = strcmp(place, own) == 0;
		free(place);
		free(own);
	}
	return found;
}

/* Some formats say a thing twice: where the reader takes it from comes first. */
static int
find_mark(const Format *format, int term)
{
	int first = -1;

	for (int i = 0; i < node_count; i++)
	{
		if (nodes[i].text[0] == '\0' || !same_mark(nodes[i].text, marks[term]))
			continue;
		if (is_read_from(format, term, i))
			return i;
		first = first < 0 && !not_unique[term] ? i : first;
	}
	return first;
}

static void
find_places(Format *format)
{
	char paths[INVOICE_MODEL_TERM_COUNT][600];

	for (int term = 0; term < INVOICE_MODEL_TERM_COUNT; term++)
	{
		int node = find_mark(format, term);

		paths[term][0] = '\0';
		if (node >= 0)
			full_path(node, -1, "", paths[term], sizeof(paths[term]));
	}
	for (int term = 0; term < INVOICE_MODEL_TERM_COUNT; term++)
	{
		char condition[300] = "";
		int node = find_mark(format, term), told = node;

		if (node < 0)
			continue;
		for (int other = 0; other < INVOICE_MODEL_TERM_COUNT && condition[0] == '\0'; other++)
			if (other != term && strcmp(paths[term], paths[other]) == 0)
			{
				char currency[300];

				told = node;
				currency_of(node, condition, sizeof(condition));
				currency_of(find_mark(format, other), currency, sizeof(currency));
				if (condition[0] != '\0' && strcmp(condition, currency) != 0)
					break;
				told = parting(node, find_mark(format, other));
				fixed_text(told, condition, sizeof(condition));
			}
		full_path(node, told, condition, paths[term], sizeof(paths[term]));
		format->place[term] = shorten(format, paths[term]);
		full_path(node, -1, "", paths[term], sizeof(paths[term]));
	}
	/* the code stands in front of the note: #AAI#text */
	for (int i = 0; i < node_count; i++)
		if (nodes[i].text[0] == '#')
		{
			char path[600];

			full_path(i, -1, "", path, sizeof(path));
			format->place[TERM_BT_22] = shorten(format, path);
			snprintf(path + strlen(path), sizeof(path) - strlen(path), " (between # in front)");
			format->place[TERM_BT_21] = shorten(format, path);
		}
}

static bool
read_entries(Format *format)
{
	const XmlFormat *reader = reader_of(format);

	for (size_t e = 0; reader != NULL && e < reader->entry_count; e++)
	{
		const XmlEntry *entry = &reader->entries[e];

		if (entry->kind == XML_ENTRY_GROUP && entry->number == INVOICE_XML_SCRATCH &&
			entry->literal != NULL)
			read_list(format, entry);
		if ((entry->kind == XML_ENTRY_VALUE || entry->kind == XML_ENTRY_ATTRIBUTE) &&
			entry->number >= 0 && entry->number < INVOICE_MODEL_TERM_COUNT &&
			format->place[entry->number] == NULL)
			format->place[entry->number] = without_prefixes(format, entry->path, entry->attribute);
	}
	return reader != NULL;
}

/* -- the page ------------------------------------------------------------------------------------
 */

static const char *
column_of(int term)
{
	static char other[64];
	InvoiceGroupKind kind = invoice_term_info[term].group;

	for (int i = 0; columns[i].term != NULL; i++)
		if (strcmp(columns[i].term, invoice_term_info[term].key) == 0)
			return columns[i].column;
	snprintf(other, sizeof(other), "%s.other_terms",
			 invoice_is_line_kind(kind) ? "invoice_line" : "invoice");
	return other;
}

static void
print_number(const char *key)
{
	for (const char *at = key; *at != '\0'; at++)
		putchar(*at == '_' ? '-' : toupper((unsigned char) *at));
}

static void
print_group(InvoiceGroupKind kind, const bool *known)
{
	printf("| Term | Field | Stored in |");
	for (int f = 0; f < FORMAT_COUNT; f++)
		if (known[f])
			printf(" %s |", formats[f].title);
	printf("\n|---|---|---|");
	for (int f = 0; f < FORMAT_COUNT; f++)
		if (known[f])
			printf("---|");
	putchar('\n');
	for (int term = invoice_group_info[kind].first; term <= (int) invoice_group_info[kind].last;
		 term++)
	{
		printf("| ");
		print_number(invoice_term_info[term].key);
		printf(" | %s | `%s` |", invoice_term_info[term].text, column_of(term));
		for (int f = 0; f < FORMAT_COUNT; f++)
			if (known[f] && formats[f].place[term] != NULL)
				printf(" `%s` |", formats[f].place[term]);
			else if (known[f])
				printf(" |");
		putchar('\n');
	}
}

int
main(void)
{
	static const char *const titles[INVOICE_MODEL_GROUP_COUNT] = {
		[INVOICE_DOCUMENT] = "Document",
		[INVOICE_NOTE] = "Notes (BG-1)",
		[INVOICE_PRECEDING] = "Preceding invoices (BG-3)",
		[INVOICE_SELLER_ID] = "Seller identifiers",
		[INVOICE_ACCOUNT] = "Payment accounts (BG-17)",
		[INVOICE_ALLOWANCE] = "Document allowances (BG-20)",
		[INVOICE_CHARGE] = "Document charges (BG-21)",
		[INVOICE_TAX] = "VAT breakdown (BG-23)",
		[INVOICE_ATTACHMENT] = "Supporting documents (BG-24)",
		[INVOICE_LINE] = "Lines (BG-25)",
		[INVOICE_LINE_ALLOWANCE] = "Line allowances (BG-27)",
		[INVOICE_LINE_CHARGE] = "Line charges (BG-28)",
		[INVOICE_CLASSIFICATION] = "Item classifications",
		[INVOICE_ATTRIBUTE] = "Item attributes (BG-32)"};
	bool known[MAX_FORMATS] = {false};

	buffer_init(&written, &port_malloc);
	for (int f = 0; f < FORMAT_COUNT; f++)
	{
		const WriteFormat *writer =
			formats[f].writer != NULL ? invoice_write_find(formats[f].writer) : NULL;

		for (int term = 0; term < INVOICE_MODEL_TERM_COUNT; term++)
			make_mark(term);
		memset(not_unique, 0, sizeof(not_unique));
		if (strcmp(formats[f].reader, "ksef-fa3") == 0)
			make_polish_marks();
		if (writer != NULL)
		{
			write_format(writer);
			read_nodes(written.bytes);
			find_places(&formats[f]);
		}
		known[f] = read_entries(&formats[f]) || writer != NULL;
	}
	puts("# Fields\n");
	puts("Every field of the canonical invoice: business term of EN 16931-1, column of the tables, "
		 "and its place in each\nXML format. BT-34-1 is the key `bt_34_1` in the JSON of "
		 "`mailroom.parse_invoice` and in "
		 "`other_terms`. Made by `tools/make_fields.sh` from\nthe tables that the readers and "
		 "writers use.\n");
	puts(
		"Paths start below the document element, without prefixes; a condition such as "
		"`[ChargeIndicator=false]` tells elements of one\nname apart. UBL is shown for an Invoice; "
		"a CreditNote has `CreditNoteTypeCode`, `CreditNoteLine`, `CreditedQuantity`, the due\n"
		"date in `PaymentMeans/PaymentDueDate` and the project as a document reference of type "
		"50. Without a payee BT-90 stands with the\nseller. In CII `Line`, `Agreement`, `Delivery` "
		"and `Settlement` stand "
		"for\n`SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem` "
		"and `SupplyChainTradeTransaction/ApplicableHeaderTrade...`;\nidentifiers with a scheme "
		"are "
		"`GlobalID`, without one `ID`. In KSeF allowances and charges of the document are rows of "
		"their own, and VAT stands in a\nfield for each rate (shown: 23 %). An empty cell: the "
		"format does not carry the field, or its "
		"reader puts it\ntogether from several elements (the section of the format in "
		"`docs/invoice.md` says how).");
	for (int kind = 0; kind < INVOICE_MODEL_GROUP_COUNT; kind++)
	{
		printf("\n## %s\n\n", titles[kind]);
		print_group((InvoiceGroupKind) kind, known);
	}
	return 0;
}
