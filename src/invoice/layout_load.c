/*
 * layout_load.c: rows of layout, layout_record and layout_field into core's structures.
 */
#include "postgres.h"

#include "invoice/layout_load.h"

#include "base/errors.h"
#include "base/statement.h"
#include "catalog/pg_type.h"
#include "export.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

MAILROOM_FUNCTION(mailroom_check_layout);

#define DETECT_BYTES 200

static Layout *read_layout(int64 issuer_id, const char *name, MemoryContext context);
static void read_head(Layout *layout, MemoryContext context);
static void read_records(Layout *layout, int64 issuer_id, MemoryContext context);
static void read_fields(Layout *layout, LayoutRecord *record, int64 issuer_id, int32 record_no,
						MemoryContext context);
static void read_field(LayoutField *field, uint64 row, MemoryContext context);
static LayoutCheck parse_check(const char *kind);
static int32 value_int32(uint64 row, int column, int32 when_null);
static bool value_bool(uint64 row, int column);
pg_noreturn static void refuse(const char *name, const char *message);

#define VISIBLE_LAYOUTS                                                               \
	"(l.issuer_id = 0 OR l.issuer_id = $1 OR ($1 < 0 AND l.issuer_id = ANY ((SELECT " \
	"mailroom.my_issuers())::bigint[])))"

static Statement find_layout = STATEMENT(
	"SELECT l.issuer_id FROM mailroom.layout l WHERE l.layout_name = $2 AND " VISIBLE_LAYOUTS
	" ORDER BY l.issuer_id DESC",
	INT8OID, TEXTOID);

/* the detect text may not hold more than ASCII, so that its bytes are those of any character set */
static Statement find_detected = STATEMENT(
	"SELECT l.issuer_id, l.layout_name FROM mailroom.layout l"
	" WHERE pg_catalog.substr($2, 1, pg_catalog.octet_length(l.detect)) ="
	" pg_catalog.convert_to(l.detect, 'UTF8') AND " VISIBLE_LAYOUTS
	" ORDER BY l.issuer_id DESC, pg_catalog.octet_length(l.detect) DESC, l.layout_name LIMIT 1",
	INT8OID, BYTEAOID);

static Statement layout_head = STATEMENT(
	"SELECT kind, charset, delimiter, quote, header_row, decimal_sign, date_format, currency,"
	" 'tax' = ANY (derive), 'totals' = ANY (derive)"
	" FROM mailroom.layout WHERE issuer_id = $1 AND layout_name = $2",
	INT8OID, TEXTOID);

static Statement layout_records = STATEMENT(
	"SELECT record_no, record_name, role, match_value, match_start, required"
	" FROM mailroom.layout_record WHERE issuer_id = $1 AND layout_name = $2 ORDER BY record_no",
	INT8OID, TEXTOID);

static Statement layout_fields = STATEMENT(
	"SELECT field_name, start, length, column_no, column_name, type, term, constant, blank_zero,"
	" required, check_kind, check_of"
	" FROM mailroom.layout_field WHERE issuer_id = $1 AND layout_name = $2 AND record_no = $3"
	" ORDER BY field_no",
	INT8OID, TEXTOID, INT4OID);

/* mailroom.check_layout(issuer_id bigint, layout_name text) → void */
Datum
mailroom_check_layout(PG_FUNCTION_ARGS)
{
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(1));

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	(void) read_layout(PG_GETARG_INT64(0), name, CurrentMemoryContext);
	SPI_finish();
	PG_RETURN_VOID();
}

Layout *
layout_load(int64 issuer_id, const char *name)
{
	MemoryContext context = CurrentMemoryContext;
	Datum arguments[] = {Int64GetDatum(issuer_id), CStringGetTextDatum(name)};
	uint64 found = statement_run(&find_layout, arguments, NULL);
	int64 owner = found > 0 ? statement_int64(0, 1) : 0;
	bool several = found > 1 && statement_int64(1, 1) != 0;

	SPI_freetuptable(SPI_tuptable);
	if (found == 0)
		return NULL;
	if (several)
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_LAYOUT_INVALID),
						errmsg("layout \"%s\" belongs to several issuers", name),
						errhint("Name one with \"SET mailroom.issuer_id\".")));
	return read_layout(owner, name, context);
}

Layout *
layout_detect(int64 issuer_id, const char *bytes, size_t length)
{
	MemoryContext context = CurrentMemoryContext;
	Datum arguments[2];
	bytea *head;
	char *name = NULL;
	int64 owner = 0;

	if (length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
	{
		bytes += 3;
		length -= 3;
	}
	length = Min(length, DETECT_BYTES);
	head = palloc(VARHDRSZ + length);
	SET_VARSIZE(head, VARHDRSZ + length);
	memcpy(VARDATA(head), bytes, length);
	arguments[0] = Int64GetDatum(issuer_id);
	arguments[1] = PointerGetDatum(head);
	if (statement_run(&find_detected, arguments, NULL) == 1)
	{
		owner = statement_int64(0, 1);
		name = statement_text(0, 2, context);
	}
	SPI_freetuptable(SPI_tuptable);
	return name != NULL ? read_layout(owner, name, context) : NULL;
}

bool
layout_may_be_flat(const char *bytes, size_t length)
{
	size_t i = length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;

	if (length >= 2 && (memcmp(bytes, "PK", 2) == 0 || memcmp(bytes, "\xFF\xFE", 2) == 0 ||
						memcmp(bytes, "\xFE\xFF", 2) == 0 || memcmp(bytes, "\0<", 2) == 0 ||
						memcmp(bytes, "<\0", 2) == 0))
		return false;
	while (i < length && strchr(" \t\r\n", bytes[i]) != NULL && bytes[i] != 0)
		i++;
	return i < length && bytes[i] != '<';
}

static Layout *
read_layout(int64 issuer_id, const char *name, MemoryContext context)
{
	Layout *layout = MemoryContextAllocZero(context, sizeof(Layout));
	Datum arguments[] = {Int64GetDatum(issuer_id), CStringGetTextDatum(name)};
	PortFault fault = {0};

	layout->name = MemoryContextStrdup(context, name);
	if (statement_run(&layout_head, arguments, NULL) != 1)
		refuse(name, "it does not exist");
	read_head(layout, context);
	SPI_freetuptable(SPI_tuptable);
	read_records(layout, issuer_id, context);
	if (layout_prepare(layout, &fault) != PORT_OK)
		refuse(name, fault.message);
	return layout;
}

static void
read_head(Layout *layout, MemoryContext context)
{
	char *kind = statement_text(0, 1, context);
	char *charset = statement_text(0, 2, context);
	char *delimiter = statement_text(0, 3, context);
	char *quote = statement_text(0, 4, context);
	char *sign = statement_text(0, 6, context);

	layout->kind = strcmp(kind, "fixed") == 0 ? LAYOUT_FIXED : LAYOUT_DELIMITED;
	if (!flat_parse_charset(charset, &layout->charset))
		refuse(layout->name, psprintf("character set \"%s\" is not supported (UTF-8, ISO-8859-1, "
									  "ISO-8859-15, windows-1252)",
									  charset));
	layout->delimiter = delimiter != NULL ? delimiter[0] : ',';
	layout->quote = quote != NULL ? quote[0] : 0;
	layout->header_row = value_bool(0, 5);
	layout->decimal_sign = sign[0];
	layout->date_format = statement_text(0, 7, context);
	layout->currency = statement_text(0, 8, context);
	layout->derive =
		(value_bool(0, 9) ? LAYOUT_DERIVE_TAX : 0) | (value_bool(0, 10) ? LAYOUT_DERIVE_TOTALS : 0);
}

static void
read_records(Layout *layout, int64 issuer_id, MemoryContext context)
{
	Datum arguments[] = {Int64GetDatum(issuer_id), CStringGetTextDatum(layout->name)};
	int32 *numbers;

	layout->record_count = (int) statement_run(&layout_records, arguments, NULL);
	layout->records =
		MemoryContextAllocZero(context, sizeof(LayoutRecord) * (layout->record_count + 1));
	numbers = palloc(sizeof(int32) * (layout->record_count + 1));
	for (int i = 0; i < layout->record_count; i++)
	{
		LayoutRecord *record = &layout->records[i];
		char *role = statement_text(i, 3, context);

		numbers[i] = value_int32(i, 1, 0);
		record->name = statement_text(i, 2, context);
		if (!layout_parse_role(role, &record->role))
			refuse(layout->name,
				   psprintf("record \"%s\" has role \"%s\" (header, trailer, invoice, part, line, "
							"line_part, row, skip)",
							record->name, role));
		record->match_value = statement_text(i, 4, context);
		record->match_length = record->match_value != NULL ? strlen(record->match_value) : 0;
		record->match_start = value_int32(i, 5, 1) - 1;
		record->required = value_bool(i, 6);
	}
	SPI_freetuptable(SPI_tuptable);
	for (int i = 0; i < layout->record_count; i++)
		read_fields(layout, &layout->records[i], issuer_id, numbers[i], context);
}

static void
read_fields(Layout *layout, LayoutRecord *record, int64 issuer_id, int32 record_no,
			MemoryContext context)
{
	Datum arguments[] = {Int64GetDatum(issuer_id), CStringGetTextDatum(layout->name),
						 Int32GetDatum(record_no)};

	record->field_count = (int) statement_run(&layout_fields, arguments, NULL);
	record->fields =
		MemoryContextAllocZero(context, sizeof(LayoutField) * (record->field_count + 1));
	for (int i = 0; i < record->field_count; i++)
	{
		LayoutField *field = &record->fields[i];
		char *type = statement_text(i, 6, context);
		char *term = statement_text(i, 7, context);

		read_field(field, i, context);
		if (!layout_parse_type(type, &field->type, &field->decimals))
			refuse(layout->name,
				   psprintf("field \"%s\" of record \"%s\" has type \"%s\" (A, D, N, Nk, Sk)",
							field->name, record->name, type));
		field->term = term != NULL ? invoice_find_term(term, strlen(term)) : INVOICE_TERM_COUNT;
		if (term != NULL && field->term == INVOICE_TERM_COUNT)
			refuse(layout->name,
				   psprintf("field \"%s\" of record \"%s\" has term \"%s\", which does not exist",
							field->name, record->name, term));
	}
	SPI_freetuptable(SPI_tuptable);
}

static void
read_field(LayoutField *field, uint64 row, MemoryContext context)
{
	char *kind = statement_text(row, 11, context);

	field->name = statement_text(row, 1, context);
	field->start = value_int32(row, 2, 0) - 1;
	field->length = value_int32(row, 3, 0);
	field->column = value_int32(row, 4, 0) - 1;
	field->column_name = statement_text(row, 5, context);
	field->constant = statement_text(row, 8, context);
	field->blank_zero = value_bool(row, 9);
	field->required = value_bool(row, 10);
	field->check = kind != NULL ? parse_check(kind) : LAYOUT_NO_CHECK;
	field->check_of = statement_text(row, 12, context);
}

/* The table allows no other. */
static LayoutCheck
parse_check(const char *kind)
{
	static const char *const names[] = {"", "equals", "same_as", "count", "sum", "signed_sum"};

	for (int i = 1; i < (int) lengthof(names); i++)
		if (strcmp(names[i], kind) == 0)
			return (LayoutCheck) i;
	elog(ERROR, "layout check \"%s\" does not exist", kind);
}

static int32
value_int32(uint64 row, int column, int32 when_null)
{
	bool isnull;
	Datum value = statement_value(row, column, &isnull);

	return isnull ? when_null : DatumGetInt32(value);
}

static bool
value_bool(uint64 row, int column)
{
	bool isnull;
	Datum value = statement_value(row, column, &isnull);

	return !isnull && DatumGetBool(value);
}

static void
refuse(const char *name, const char *message)
{
	ereport(ERROR, (errcode(ERRCODE_MAILROOM_LAYOUT_INVALID),
					errmsg("layout \"%s\" cannot be used: %s", name, message)));
}
