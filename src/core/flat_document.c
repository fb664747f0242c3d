/*
 * flat_document.c: one document's own terms in one buffer, its groups passed through.
 *
 * The terms are kept as offsets, because the buffer may move while it grows.
 */
#include "core/flat_document.h"

#include "core/buffer.h"
#include "core/flat_derive.h"
#include "core/layout.h"

#include <string.h>

#define DOCUMENT_TERMS ((int) TERM_BT_115 + 1)

struct FlatDocument
{
	const Port *port;
	const InvoiceSink *sink;
	const char *format;
	const char *currency;
	unsigned derive;
	bool open;
	int64_t number;
	int64_t *documents; /* of the whole file; own_count if nobody shares it */
	int64_t own_count;
	int64_t first_line; /* of the source */
	int64_t group_count[INVOICE_GROUP_COUNT];
	ByteBuffer text;
	size_t offset[DOCUMENT_TERMS];
	size_t length[DOCUMENT_TERMS]; /* 0 = absent */
	FlatDerive sums;
};

static PortStatus derive_tax(FlatDocument *document);
static PortStatus derive_totals(FlatDocument *document);
static PortStatus derive_total(FlatDocument *document, InvoiceTerm term, bool known, Decimal value);
static bool known_amount(const FlatDocument *document, InvoiceTerm term, Decimal *value);

FlatDocument *
flat_document_open(const Port *port, const InvoiceSink *sink, const char *format, unsigned derive,
				   const char *currency)
{
	FlatDocument *document = port->alloc(port->host, sizeof(FlatDocument));

	if (document == NULL)
		return NULL;
	memset(document, 0, sizeof(*document));
	document->documents = &document->own_count;
	document->port = port;
	document->sink = sink;
	document->format = format;
	document->derive = derive;
	document->currency = currency;
	buffer_init(&document->text, port);
	return document;
}

void
flat_document_count_in(FlatDocument *document, int64_t *documents)
{
	document->documents = documents;
}

void
flat_document_close(FlatDocument *document)
{
	if (document == NULL)
		return;
	buffer_release(&document->text);
	document->port->release(document->port->host, document);
}

bool
flat_document_is_open(const FlatDocument *document)
{
	return document->open;
}

int64_t
flat_document_number(const FlatDocument *document)
{
	return document->number;
}

int64_t
flat_document_lines(const FlatDocument *document)
{
	return document->group_count[INVOICE_LINE];
}

PortStatus
flat_document_begin(FlatDocument *document, int64_t source_line)
{
	InvoicePlace place = {++*document->documents, source_line, 0};

	document->number = place.document_no;
	document->open = true;
	document->first_line = source_line;
	memset(document->group_count, 0, sizeof(document->group_count));
	memset(document->length, 0, sizeof(document->length));
	buffer_reset(&document->text);
	flat_derive_reset(&document->sums);
	return document->sink->begin == NULL
			   ? PORT_OK
			   : document->sink->begin(document->sink->state, &place, document->format);
}

PortStatus
flat_document_set(FlatDocument *document, InvoiceTerm term, Slice value)
{
	document->offset[term] = document->text.length;
	document->length[term] = value.length;
	buffer_append(&document->text, value.bytes, value.length);
	return buffer_failed(&document->text) ? PORT_NO_MEMORY : PORT_OK;
}

Slice
flat_document_value(const FlatDocument *document, InvoiceTerm term)
{
	Slice value = {NULL, 0};

	if (document->length[term] > 0)
	{
		value.bytes = document->text.bytes + document->offset[term];
		value.length = document->length[term];
	}
	return value;
}

void
flat_document_next_line(FlatDocument *document)
{
	document->group_count[INVOICE_LINE]++;
}

PortStatus
flat_document_group(FlatDocument *document, InvoiceGroupKind kind, int64_t source_line,
					const Slice *values)
{
	InvoiceGroup group;
	bool of_line = kind == INVOICE_LINE || kind == INVOICE_LINE_ALLOWANCE ||
				   kind == INVOICE_LINE_CHARGE || kind == INVOICE_CLASSIFICATION ||
				   kind == INVOICE_ATTRIBUTE;

	group.kind = kind;
	group.place.document_no = document->number;
	group.place.line_no = source_line;
	group.place.group_no =
		kind == INVOICE_LINE ? document->group_count[INVOICE_LINE] : ++document->group_count[kind];
	group.parent_no = of_line ? document->group_count[INVOICE_LINE] : 0;
	group.values = values + invoice_group_info[kind].first;
	group.lines = NULL;
	if (document->derive != 0)
		flat_derive_add(&document->sums, &group);
	return document->sink->group == NULL ? PORT_OK
										 : document->sink->group(document->sink->state, &group);
}

PortStatus
flat_document_extra(FlatDocument *document, int64_t source_line, const char *path, Slice value)
{
	InvoicePlace place = {document->number, source_line, 0};

	return document->sink->extra == NULL
			   ? PORT_OK
			   : document->sink->extra(document->sink->state, &place, path, value);
}

PortStatus
flat_document_finding(FlatDocument *document, int64_t source_line, const char *rule,
					  const char *location, const char *message)
{
	Finding finding = {FINDING_FATAL, {document->number, source_line, 0}, rule, location, message};

	return document->sink->finding == NULL
			   ? PORT_OK
			   : document->sink->finding(document->sink->state, &finding);
}

PortStatus
flat_document_end(FlatDocument *document)
{
	Slice values[DOCUMENT_TERMS];
	InvoiceGroup group = {
		INVOICE_DOCUMENT, {document->number, document->first_line, 0}, 0, values, NULL};
	PortStatus status = PORT_OK;

	if (document->length[TERM_BT_5] == 0 && document->currency != NULL)
	{
		Slice currency = {document->currency, strlen(document->currency)};

		status = flat_document_set(document, TERM_BT_5, currency);
	}
	if (status == PORT_OK && (document->derive & LAYOUT_DERIVE_TAX))
		status = derive_tax(document);
	if (status == PORT_OK && (document->derive & LAYOUT_DERIVE_TOTALS))
		status = derive_totals(document);
	if (status != PORT_OK)
		return status;
	for (int term = 0; term < DOCUMENT_TERMS; term++)
		values[term] = flat_document_value(document, (InvoiceTerm) term);
	document->open = false;
	return document->sink->end == NULL ? PORT_OK
									   : document->sink->end(document->sink->state, &group);
}

int
flat_document_sign(const FlatDocument *document)
{
	static const char *const credit_codes[] = {"81",  "83",	 "261", "296",
											   "308", "381", "396", "532"};
	Slice code = flat_document_value(document, TERM_BT_3);

	for (size_t i = 0; i < sizeof(credit_codes) / sizeof(credit_codes[0]); i++)
		if (strlen(credit_codes[i]) == code.length &&
			memcmp(credit_codes[i], code.bytes, code.length) == 0)
			return -1;
	return 1;
}

/* One BG-23 for each category and rate seen, unless the source gave its own. */
static PortStatus
derive_tax(FlatDocument *document)
{
	FlatDerive *sums = &document->sums;
	Decimal total = decimal_from_int(0);

	if (document->group_count[INVOICE_TAX] > 0)
		return PORT_OK;
	if (!sums->exact)
		return flat_document_finding(
			document, document->first_line, "FLAT-DERIVE", "VAT breakdown",
			"the VAT breakdown cannot be derived from the lines: an amount "
			"or rate is missing or is no number, or there are more than "
			"64 rates");
	flat_derive_sort(sums);
	for (int i = 0; i < sums->tax_count; i++)
	{
		FlatTax tax = sums->taxes[i];
		char taxable[DECIMAL_TEXT_SIZE], amount[DECIMAL_TEXT_SIZE];
		Slice values[INVOICE_TERM_COUNT];
		Decimal rounded;
		PortStatus status;

		if (!flat_derive_tax_amount(&tax, &rounded) || !decimal_add(total, rounded, &total))
			continue;
		memset(values, 0, sizeof(values));
		values[TERM_BT_116].bytes = taxable;
		values[TERM_BT_116].length = (size_t) decimal_text(tax.taxable, 2, taxable);
		values[TERM_BT_117].bytes = amount;
		values[TERM_BT_117].length = (size_t) decimal_text(rounded, 2, amount);
		values[TERM_BT_118].bytes = tax.category;
		values[TERM_BT_118].length = strlen(tax.category);
		values[TERM_BT_119].bytes = tax.rate_text[0] ? tax.rate_text : NULL;
		values[TERM_BT_119].length = strlen(tax.rate_text);
		if ((status = flat_document_group(document, INVOICE_TAX, document->first_line, values)) !=
			PORT_OK)
			return status;
	}
	return PORT_OK;
}

/* The chain of BR-CO-10 to BR-CO-16; a link that is there already is kept, right or wrong: the
 * rules will tell. */
static PortStatus
derive_totals(FlatDocument *document)
{
	const FlatDerive *sums = &document->sums;
	Decimal lines, allowances, charges, net, tax, gross, paid, rounding;
	Decimal value = decimal_from_int(0);
	bool known;
	PortStatus status;

	/* with one amount unknown, every sum would be a guess */
	if (!sums->exact)
		return PORT_OK;
	if (sums->has_allowance &&
		(status = derive_total(document, TERM_BT_107, true, sums->allowances)) != PORT_OK)
		return status;
	if (sums->has_charge &&
		(status = derive_total(document, TERM_BT_108, true, sums->charges)) != PORT_OK)
		return status;
	if ((status = derive_total(document, TERM_BT_106, true, sums->lines)) != PORT_OK)
		return status;
	known = known_amount(document, TERM_BT_106, &lines) &&
			known_amount(document, TERM_BT_107, &allowances) &&
			known_amount(document, TERM_BT_108, &charges) &&
			decimal_subtract(lines, allowances, &value) && decimal_add(value, charges, &value);
	if ((status = derive_total(document, TERM_BT_109, known, value)) != PORT_OK)
		return status;
	if ((status = derive_total(document, TERM_BT_110, true, sums->tax)) != PORT_OK)
		return status;
	known = known_amount(document, TERM_BT_109, &net) &&
			known_amount(document, TERM_BT_110, &tax) && decimal_add(net, tax, &value);
	if ((status = derive_total(document, TERM_BT_112, known, value)) != PORT_OK)
		return status;
	known = known_amount(document, TERM_BT_112, &gross) &&
			known_amount(document, TERM_BT_113, &paid) &&
			known_amount(document, TERM_BT_114, &rounding) &&
			decimal_subtract(gross, paid, &value) && decimal_add(value, rounding, &value);
	return derive_total(document, TERM_BT_115, known, value);
}

static PortStatus
derive_total(FlatDocument *document, InvoiceTerm term, bool known, Decimal value)
{
	char text[DECIMAL_TEXT_SIZE];
	Slice slice = {text, 0};

	if (!known || document->length[term] > 0)
		return PORT_OK;
	slice.length = (size_t) decimal_text(value, 2, text);
	return flat_document_set(document, term, slice);
}

/* Absent amounts count as zero. */
static bool
known_amount(const FlatDocument *document, InvoiceTerm term, Decimal *value)
{
	Slice text = flat_document_value(document, term);
	DecimalParse parsed = decimal_parse(text.bytes, text.length, value);

	if (parsed == DECIMAL_EMPTY)
		*value = decimal_from_int(0);
	return parsed == DECIMAL_OK || parsed == DECIMAL_EMPTY;
}
