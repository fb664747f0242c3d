/*
 * import_rows.c: the columns of invoice, invoice_line, invoice_tax and invoice_adjustment.
 *
 * A term either has a column here or goes to other_terms; nothing is dropped.  A value that does
 * not fit its column (a date or number that is none) leaves the column null, goes to other_terms as
 * found, and is a fatal finding INVOICE-VALUE.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "invoice/import_state.h"
#include "invoice/import_text.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

typedef struct TermColumn
{
	int column;
	InvoiceTerm term;
} TermColumn;

static const RowColumn header_columns[] = {
	[HEADER_ISSUER] = {"issuer_id", INT8OID},
	[HEADER_INVOICE] = {"invoice_id", INT8OID},
	[HEADER_ORIGIN] = {"origin", TEXTOID},
	[HEADER_FILE] = {"file_id", INT8OID},
	[HEADER_BATCH] = {"batch_id", INT8OID},
	[HEADER_DOCUMENT_NO] = {"document_no", INT8OID},
	[HEADER_LOCATION] = {"location", TEXTOID},
	[HEADER_STATE] = {"state", TEXTOID},
	[HEADER_FORMAT] = {"format", TEXTOID},
	[HEADER_SELLER_KEY] = {"seller_key", TEXTOID},
	[HEADER_HASH] = {"content_sha256", BYTEAOID},
	[HEADER_RECEIVED_AT] = {"received_at", TIMESTAMPTZOID},
	[HEADER_PRECEDING] = {"preceding_invoice", TEXTOID},
	[HEADER_NOTE] = {"note", TEXTOID},
	[HEADER_ACCOUNT] = {"payee_account", TEXTOID},
	[HEADER_PAYABLE_MINOR] = {"payable_minor", INT8OID},
	[HEADER_LINE_COUNT] = {"line_count", INT8OID},
	[HEADER_OTHER] = {"other_terms", JSONBOID},
	[HEADER_EXTRA] = {"extra", JSONBOID},
	[HEADER_NUMBER] = {"invoice_number", TEXTOID},
	{"issue_date", DATEOID},
	{"type_code", TEXTOID},
	{"currency", TEXTOID},
	{"due_date", DATEOID},
	{"buyer_reference", TEXTOID},
	{"order_reference", TEXTOID},
	{"payment_terms", TEXTOID},
	{"seller_name", TEXTOID},
	{"seller_registration_no", TEXTOID},
	{"seller_vat_id", TEXTOID},
	{"seller_endpoint", TEXTOID},
	{"buyer_name", TEXTOID},
	{"buyer_no", TEXTOID},
	{"buyer_registration_no", TEXTOID},
	{"buyer_vat_id", TEXTOID},
	{"buyer_endpoint", TEXTOID},
	{"buyer_endpoint_scheme", TEXTOID},
	{"buyer_street", TEXTOID},
	{"buyer_street_2", TEXTOID},
	{"buyer_city", TEXTOID},
	{"buyer_postcode", TEXTOID},
	{"buyer_country", TEXTOID},
	{"buyer_email", TEXTOID},
	{"period_start", DATEOID},
	{"period_end", DATEOID},
	{"payment_means", TEXTOID},
	{"payment_reference", TEXTOID},
	{"line_total", NUMERICOID},
	{"allowance_total", NUMERICOID},
	{"charge_total", NUMERICOID},
	{"net_total", NUMERICOID},
	{"tax_total", NUMERICOID},
	{"gross_total", NUMERICOID},
	{"paid_amount", NUMERICOID},
	{"rounding_amount", NUMERICOID},
	{"payable_amount", NUMERICOID},
};

/* in the order of the columns from HEADER_NUMBER on */
static const InvoiceTerm header_terms[] = {
	TERM_BT_1,	 TERM_BT_2,	  TERM_BT_3,   TERM_BT_5,	 TERM_BT_9,	  TERM_BT_10,  TERM_BT_13,
	TERM_BT_20,	 TERM_BT_27,  TERM_BT_30,  TERM_BT_31,	 TERM_BT_34,  TERM_BT_44,  TERM_BT_46,
	TERM_BT_47,	 TERM_BT_48,  TERM_BT_49,  TERM_BT_49_1, TERM_BT_50,  TERM_BT_51,  TERM_BT_52,
	TERM_BT_53,	 TERM_BT_55,  TERM_BT_58,  TERM_BT_73,	 TERM_BT_74,  TERM_BT_81,  TERM_BT_83,
	TERM_BT_106, TERM_BT_107, TERM_BT_108, TERM_BT_109,	 TERM_BT_110, TERM_BT_112, TERM_BT_113,
	TERM_BT_114, TERM_BT_115};

StaticAssertDecl(lengthof(header_columns) == HEADER_NUMBER + lengthof(header_terms),
				 "every column of the header row has its term");

enum
{
	ROW_ISSUER,
	ROW_INVOICE,
	ROW_NO,
	LINE_OTHER,
	LINE_FIRST_TERM
};

static const RowColumn line_columns[] = {
	{"issuer_id", INT8OID},	   {"invoice_id", INT8OID},
	{"line_no", INT8OID},	   {"other_terms", JSONBOID},
	{"line_id", TEXTOID},	   {"quantity", NUMERICOID},
	{"unit_code", TEXTOID},	   {"net_amount", NUMERICOID},
	{"price", NUMERICOID},	   {"base_quantity", NUMERICOID},
	{"tax_category", TEXTOID}, {"tax_rate", NUMERICOID},
	{"item_name", TEXTOID},	   {"item_description", TEXTOID},
	{"item_id", TEXTOID},	   {"accounting_reference", TEXTOID},
	{"period_start", DATEOID}, {"period_end", DATEOID},
	{"note", TEXTOID},
};

static const InvoiceTerm line_terms[] = {TERM_BT_126, TERM_BT_129, TERM_BT_130, TERM_BT_131,
										 TERM_BT_146, TERM_BT_149, TERM_BT_151, TERM_BT_152,
										 TERM_BT_153, TERM_BT_154, TERM_BT_155, TERM_BT_133,
										 TERM_BT_134, TERM_BT_135, TERM_BT_127};

StaticAssertDecl(lengthof(line_columns) == LINE_FIRST_TERM + lengthof(line_terms),
				 "every column of the line row has its term");

#define TAX_FIRST_TERM (ROW_NO + 1)

static const RowColumn tax_columns[] = {
	{"issuer_id", INT8OID},		{"invoice_id", INT8OID},	   {"tax_no", INT8OID},
	{"category", TEXTOID},		{"rate", NUMERICOID},		   {"taxable_amount", NUMERICOID},
	{"tax_amount", NUMERICOID}, {"exemption_reason", TEXTOID}, {"exemption_code", TEXTOID},
};

static const InvoiceTerm tax_terms[] = {TERM_BT_118, TERM_BT_119, TERM_BT_116,
										TERM_BT_117, TERM_BT_120, TERM_BT_121};

StaticAssertDecl(lengthof(tax_columns) == TAX_FIRST_TERM + lengthof(tax_terms),
				 "every column of the VAT row has its term");

enum
{
	ADJUSTMENT_LINE = ROW_NO + 1,
	ADJUSTMENT_IS_CHARGE,
	ADJUSTMENT_FIRST_TERM
};

static const RowColumn adjustment_columns[] = {
	{"issuer_id", INT8OID},		 {"invoice_id", INT8OID},	 {"adjustment_no", INT8OID},
	{"line_no", INT8OID},		 {"is_charge", BOOLOID},	 {"amount", NUMERICOID},
	{"base_amount", NUMERICOID}, {"percentage", NUMERICOID}, {"reason", TEXTOID},
	{"reason_code", TEXTOID},	 {"tax_category", TEXTOID},	 {"tax_rate", NUMERICOID},
};

#define ADJUSTMENT_TERMS 7
static const InvoiceTerm allowance_terms[ADJUSTMENT_TERMS] = {
	TERM_BT_92, TERM_BT_93, TERM_BT_94, TERM_BT_97, TERM_BT_98, TERM_BT_95, TERM_BT_96};
static const InvoiceTerm charge_terms[ADJUSTMENT_TERMS] = {
	TERM_BT_99, TERM_BT_100, TERM_BT_101, TERM_BT_104, TERM_BT_105, TERM_BT_102, TERM_BT_103};
static const InvoiceTerm line_allowance_terms[] = {TERM_BT_136, TERM_BT_137, TERM_BT_138,
												   TERM_BT_139, TERM_BT_140};
static const InvoiceTerm line_charge_terms[] = {TERM_BT_141, TERM_BT_142, TERM_BT_143, TERM_BT_144,
												TERM_BT_145};

static bool has_column[INVOICE_TERM_COUNT];

static void start_row(ImportStore *store, RowBatch *batch, int64 number);
static void set_text(RowBatch *batch, int column, const char *text);
static bool set_term(ImportStore *store, RowBatch *batch, const RowColumn *columns, int column,
					 InvoiceTerm term, Slice value);
static void set_terms(ImportStore *store, RowBatch *batch, const RowColumn *columns, int first,
					  const InvoiceTerm *terms, int count, const InvoiceGroup *group,
					  StringInfo other);
static void add_others(const InvoiceGroup *group, StringInfo other);
static void note_columns(const InvoiceTerm *terms, int count);
static void set_json(RowBatch *batch, int column, StringInfo members);
static void add_array(StringInfo members, InvoiceGroupKind kind, StringInfo array);
static void set_key(ImportStore *store, RowBatch *batch, const InvoiceGroup *document);
static bool worth_keeping(const ImportStore *store, int kind);
static void flush_headers(ImportStore *store);

void
import_rows_open(ImportStore *store)
{
	note_columns(header_terms, lengthof(header_terms));
	note_columns(line_terms, lengthof(line_terms));
	note_columns(tax_terms, lengthof(tax_terms));
	note_columns(allowance_terms, ADJUSTMENT_TERMS);
	note_columns(charge_terms, ADJUSTMENT_TERMS);
	note_columns(line_allowance_terms, lengthof(line_allowance_terms));
	note_columns(line_charge_terms, lengthof(line_charge_terms));
	store->headers = row_batch_open("mailroom.invoice", header_columns, lengthof(header_columns));
	store->lines = row_batch_open("mailroom.invoice_line", line_columns, lengthof(line_columns));
	store->taxes = row_batch_open("mailroom.invoice_tax", tax_columns, lengthof(tax_columns));
	store->adjustments = row_batch_open("mailroom.invoice_adjustment", adjustment_columns,
										lengthof(adjustment_columns));
}

void
import_rows_line(ImportStore *store, const InvoiceGroup *group)
{
	StringInfo members = makeStringInfo();

	store->line_count++;
	store->source->summary.lines++;
	start_row(store, store->lines, group->place.group_no);
	set_terms(store, store->lines, line_columns, LINE_FIRST_TERM, line_terms, lengthof(line_terms),
			  group, members);
	add_array(members, INVOICE_CLASSIFICATION, store->line_arrays[INVOICE_CLASSIFICATION]);
	add_array(members, INVOICE_ATTRIBUTE, store->line_arrays[INVOICE_ATTRIBUTE]);
	store->line_arrays[INVOICE_CLASSIFICATION] = store->line_arrays[INVOICE_ATTRIBUTE] = NULL;
	set_json(store->lines, LINE_OTHER, members);
	pfree(members->data);
	pfree(members);
	if (row_batch_end(store->lines))
		row_batch_flush(store->lines);
}

void
import_rows_tax(ImportStore *store, const InvoiceGroup *group)
{
	start_row(store, store->taxes, ++store->tax_count);
	set_terms(store, store->taxes, tax_columns, TAX_FIRST_TERM, tax_terms, lengthof(tax_terms),
			  group, store->other);
	if (row_batch_end(store->taxes))
		row_batch_flush(store->taxes);
}

void
import_rows_adjustment(ImportStore *store, const InvoiceGroup *group)
{
	bool is_charge = group->kind == INVOICE_CHARGE || group->kind == INVOICE_LINE_CHARGE;
	bool of_line = group->kind == INVOICE_LINE_ALLOWANCE || group->kind == INVOICE_LINE_CHARGE;
	const InvoiceTerm *terms = group->kind == INVOICE_ALLOWANCE ? allowance_terms
							   : group->kind == INVOICE_CHARGE	? charge_terms
							   : is_charge						? line_charge_terms
																: line_allowance_terms;

	start_row(store, store->adjustments, ++store->adjustment_count);
	if (of_line)
		row_batch_set(store->adjustments, ADJUSTMENT_LINE, Int64GetDatum(group->parent_no));
	row_batch_set(store->adjustments, ADJUSTMENT_IS_CHARGE, BoolGetDatum(is_charge));
	set_terms(store, store->adjustments, adjustment_columns, ADJUSTMENT_FIRST_TERM, terms,
			  of_line ? lengthof(line_allowance_terms) : ADJUSTMENT_TERMS, group, store->other);
	if (row_batch_end(store->adjustments))
		row_batch_flush(store->adjustments);
}

void
import_rows_header(ImportStore *store, const InvoiceGroup *document, const uint8 *content_hash)
{
	RowBatch *batch = store->headers;
	const ImportTarget *target = &store->source->target;
	char location[64];
	int64 minor;
	MemoryContext old;

	store->row_sources[row_batch_count(batch)] = store->source;
	start_row(store, batch, store->document_no);
	if (store->source_line > 0)
		snprintf(location, sizeof(location), "line " INT64_FORMAT, store->source_line);
	else
		snprintf(location, sizeof(location), "document " INT64_FORMAT, store->document_no);
	old = MemoryContextSwitchTo(row_batch_context(batch));
	row_batch_set(batch, HEADER_DOCUMENT_NO, Int64GetDatum(store->document_no));
	set_text(batch, HEADER_ORIGIN, target->origin);
	if (target->file_id != 0)
		row_batch_set(batch, HEADER_FILE, Int64GetDatum(target->file_id));
	if (target->batch_id != 0)
		row_batch_set(batch, HEADER_BATCH, Int64GetDatum(target->batch_id));
	set_text(batch, HEADER_LOCATION, location);
	if (store->format != NULL)
		set_text(batch, HEADER_FORMAT, store->format);
	{
		bytea *hash = palloc(VARHDRSZ + HASH_BYTES);

		SET_VARSIZE(hash, VARHDRSZ + HASH_BYTES);
		memcpy(VARDATA(hash), content_hash, HASH_BYTES);
		row_batch_set(batch, HEADER_HASH, PointerGetDatum(hash));
	}
	row_batch_set(batch, HEADER_RECEIVED_AT, TimestampTzGetDatum(target->received_at));
	row_batch_set(batch, HEADER_LINE_COUNT, Int64GetDatum(store->line_count));
	if (store->preceding.bytes != NULL)
		row_batch_set(batch, HEADER_PRECEDING, import_text_datum(store->preceding));
	if (store->account.bytes != NULL)
		row_batch_set(batch, HEADER_ACCOUNT, import_text_datum(store->account));
	if (store->note != NULL)
	{
		Slice note = {store->note->data, (size_t) store->note->len};

		row_batch_set(batch, HEADER_NOTE, import_text_datum(note));
	}
	MemoryContextSwitchTo(old);
	if (import_minor_units(INVOICE_VALUE(document, TERM_BT_115), INVOICE_VALUE(document, TERM_BT_5),
						   &minor))
		row_batch_set(batch, HEADER_PAYABLE_MINOR, Int64GetDatum(minor));
	set_terms(store, batch, header_columns, HEADER_NUMBER, header_terms, lengthof(header_terms),
			  document, store->other);
	set_key(store, batch, document);
	for (int kind = 0; kind < INVOICE_MODEL_GROUP_COUNT; kind++)
		if (store->arrays[kind] != NULL && worth_keeping(store, kind))
			add_array(store->other, kind, store->arrays[kind]);
	set_json(batch, HEADER_OTHER, store->other);
	if (store->extra != NULL)
		set_json(batch, HEADER_EXTRA, store->extra);
	old = MemoryContextSwitchTo(row_batch_context(batch));
	set_text(batch, HEADER_STATE, store->faulty ? "set_aside" : "accepted");
	MemoryContextSwitchTo(old);
	if (row_batch_end(batch))
		flush_headers(store);
}

void
import_rows_close(ImportStore *store)
{
	flush_headers(store);
	row_batch_close(store->headers);
	row_batch_close(store->lines);
	row_batch_close(store->taxes);
	row_batch_close(store->adjustments);
}

static void
start_row(ImportStore *store, RowBatch *batch, int64 number)
{
	row_batch_start(batch);
	row_batch_set(batch, ROW_ISSUER, Int64GetDatum(store->source->target.issuer_id));
	row_batch_set(batch, ROW_INVOICE, Int64GetDatum(store->invoice_id));
	if (batch != store->headers)
		row_batch_set(batch, ROW_NO, Int64GetDatum(number));
}

static void
set_text(RowBatch *batch, int column, const char *text)
{
	row_batch_set(batch, column, CStringGetTextDatum(text));
}

/* False if the value does not fit the column. */
static bool
set_term(ImportStore *store, RowBatch *batch, const RowColumn *columns, int column,
		 InvoiceTerm term, Slice value)
{
	MemoryContext old = MemoryContextSwitchTo(row_batch_context(batch));
	Datum datum;
	bool fits = true;

	switch (columns[column].type)
	{
		case NUMERICOID:
			fits = import_numeric_datum(value, &datum);
			break;
		case DATEOID:
			fits = import_date_datum(value, &datum);
			break;
		default:
			fits = term != TERM_BT_1 || value.length <= IMPORT_MAX_KEY;
			if (fits)
				datum = import_text_datum(value);
	}
	if (fits)
		row_batch_set(batch, column, datum);
	MemoryContextSwitchTo(old);
	return fits;
}

static void
set_terms(ImportStore *store, RowBatch *batch, const RowColumn *columns, int first,
		  const InvoiceTerm *terms, int count, const InvoiceGroup *group, StringInfo other)
{
	for (int i = 0; i < count; i++)
	{
		Slice value = INVOICE_VALUE(group, terms[i]);
		const InvoiceTermInfo *info = &invoice_term_info[terms[i]];
		char location[64];

		if (value.bytes == NULL || set_term(store, batch, columns, first + i, terms[i], value))
			continue;
		import_json_member(other, info->key, value);
		/* the rules have told of a number or date that is none */
		if (store->faulty && columns[first + i].type != TEXTOID)
			continue;
		if (group->place.line_no > 0)
			snprintf(location, sizeof(location), "line " INT64_FORMAT, group->place.line_no);
		else
			snprintf(location, sizeof(location), "document " INT64_FORMAT, store->document_no);
		import_store_fault(store->source, store->document_no, store->invoice_id, "INVOICE-VALUE",
						   location, "%s %s cannot be stored: \"%.*s\" is no %s", info->key,
						   info->text, (int) Min(value.length, 60), value.bytes,
						   columns[first + i].type == NUMERICOID ? "decimal number"
						   : columns[first + i].type == DATEOID	 ? "ISO date"
																 : "text of at most 200 bytes");
		store->faulty = true;
	}
	add_others(group, other);
}

/* What has no column, by key. */
static void
add_others(const InvoiceGroup *group, StringInfo other)
{
	const InvoiceGroupInfo *info = &invoice_group_info[group->kind];

	for (int term = info->first; term <= (int) info->last; term++)
	{
		Slice value = group->values[term - info->first];

		if (value.bytes != NULL && !has_column[term])
			import_json_member(other, invoice_term_info[term].key, value);
	}
}

/* Which terms are in one of the lists above. */
static void
note_columns(const InvoiceTerm *terms, int count)
{
	for (int i = 0; i < count; i++)
		has_column[terms[i]] = true;
}

static void
set_json(RowBatch *batch, int column, StringInfo members)
{
	MemoryContext old;
	StringInfoData object;

	if (members->len == 0)
		return;
	initStringInfo(&object);
	appendStringInfo(&object, "{%s}", members->data);
	old = MemoryContextSwitchTo(row_batch_context(batch));
	row_batch_set(batch, column, DirectFunctionCall1(jsonb_in, CStringGetDatum(object.data)));
	MemoryContextSwitchTo(old);
	pfree(object.data);
}

static void
add_array(StringInfo members, InvoiceGroupKind kind, StringInfo array)
{
	if (array == NULL)
		return;
	appendStringInfo(members, "%s\"%s\":[", members->len > 0 ? "," : "",
					 invoice_group_info[kind].key);
	appendBinaryStringInfo(members, array->data, array->len);
	appendStringInfoChar(members, ']');
}

/* BT-31, else BT-30, else BT-27: who numbered the invoice. */
static void
set_key(ImportStore *store, RowBatch *batch, const InvoiceGroup *document)
{
	Slice key = INVOICE_VALUE(document, TERM_BT_31);
	MemoryContext old = MemoryContextSwitchTo(row_batch_context(batch));

	if (key.bytes == NULL)
		key = INVOICE_VALUE(document, TERM_BT_30);
	if (key.bytes == NULL)
		key = INVOICE_VALUE(document, TERM_BT_27);
	if (key.bytes == NULL)
		key.length = 0;
	if (key.length > IMPORT_MAX_KEY)
	{
		/* keep whole characters: continuation bytes go with their lead */
		key.length = IMPORT_MAX_KEY;
		while (((unsigned char) key.bytes[key.length] & 0xC0) == 0x80)
			key.length--;
	}
	row_batch_set(batch, HEADER_SELLER_KEY, import_text_datum(key));
	MemoryContextSwitchTo(old);
}

/* The first note, account and preceding invoice have columns; more of them, or more about them,
 * stay.
 */
static bool
worth_keeping(const ImportStore *store, int kind)
{
	const char *json = store->arrays[kind]->data;

	switch (kind)
	{
		case INVOICE_NOTE:
			return strstr(json, "\"bt_21\":") != NULL || strstr(json, "},{") != NULL;
		case INVOICE_PRECEDING:
			return strstr(json, "\"bt_26\":") != NULL || strstr(json, "},{") != NULL;
		case INVOICE_ACCOUNT:
			return strstr(json, "\"bt_85\":") != NULL || strstr(json, "\"bt_86\":") != NULL ||
				   strstr(json, "},{") != NULL;
		default:
			return true;
	}
}

/* Headers are checked against the numbers that are known before they are written. */
static void
flush_headers(ImportStore *store)
{
	ImportReplacement *replacements;
	int64 *new_ids;
	int count, rows = row_batch_count(store->headers);

	if (rows == 0)
		return;
	replacements = import_known_check(store, &count);
	new_ids = count > 0 ? palloc(sizeof(int64) * count) : NULL;
	for (int i = 0; i < count; i++)
	{
		Datum id;

		(void) row_batch_get(store->headers, replacements[i].row, HEADER_INVOICE, &id);
		new_ids[i] = DatumGetInt64(id);
	}
	for (int i = 0; i < rows; i++)
	{
		Datum state;

		(void) row_batch_get(store->headers, i, HEADER_STATE, &state);
		if (VARSIZE_ANY_EXHDR(DatumGetPointer(state)) == strlen("accepted"))
			store->row_sources[i]->summary.accepted++;
		else
			store->row_sources[i]->summary.set_aside++;
	}
	row_batch_flush(store->headers);
	if (count > 0)
		import_known_replace(store, replacements, new_ids, count);
}
