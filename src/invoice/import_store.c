/*
 * import_store.c: document by document from sink calls to rows; the rows are import_rows.c.
 *
 * Memory: one context for the document, reset at each begin; lines leave in batches while their
 * document is still open, because its invoice_id is known from the start.
 */
#include "postgres.h"

#include "invoice/import_store.h"

#include "base/statement.h"
#include "catalog/pg_type.h"
#include "invoice/import_state.h"
#include "invoice/import_text.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/memutils.h"

static PortStatus store_begin(void *state, const InvoicePlace *place, const char *format);
static PortStatus store_group(void *state, const InvoiceGroup *group);
static PortStatus store_end(void *state, const InvoiceGroup *document);
static PortStatus store_finding(void *state, const Finding *finding);
static PortStatus store_extra(void *state, const InvoicePlace *place, const char *path,
							  Slice value);
static int64 next_invoice_id(ImportStore *store);
static void hash_group(ImportStore *store, const InvoiceGroup *group);
static void keep_repeated(StringInfo *array, const InvoiceGroup *group);
static void keep_note(ImportStore *store, const InvoiceGroup *group);
static Slice keep_first(Slice kept, Slice value);
static void add_to_totals(ImportStore *store, Slice currency, Slice amount);
static void forget_open_document(ImportStore *store);

static Statement find_sequence =
	STATEMENT_PLAIN("SELECT pg_catalog.pg_get_serial_sequence('mailroom.invoice', "
					"'invoice_id')::pg_catalog.regclass::pg_catalog.oid");

static Statement take_ids = STATEMENT(
	"SELECT pg_catalog.nextval($1) FROM pg_catalog.generate_series(1, $2)", REGCLASSOID, INT4OID);

ImportStore *
import_store_open(void)
{
	ImportStore *store = palloc0(sizeof(ImportStore));

	store->sink.state = store;
	store->sink.begin = store_begin;
	store->sink.group = store_group;
	store->sink.end = store_end;
	store->sink.finding = store_finding;
	store->sink.extra = store_extra;
	store->context = CurrentMemoryContext;
	store->document_context =
		AllocSetContextCreate(CurrentMemoryContext, "mailroom document", ALLOCSET_DEFAULT_SIZES);
	import_rows_open(store);
	return store;
}

const InvoiceSink *
import_store_sink(ImportStore *store)
{
	return &store->sink;
}

ImportSource *
import_store_source(ImportStore *store, const ImportTarget *target, ImportFindings *findings)
{
	ImportSource *source = MemoryContextAllocZero(store->context, sizeof(ImportSource));

	forget_open_document(store);
	source->target = *target;
	source->findings = findings;
	store->source = source;
	return source;
}

void
import_store_finish(ImportStore *store)
{
	forget_open_document(store);
	import_rows_close(store);
}

/* A file that was cut leaves its last document open; it is refused, and its rows with it. */
static void
forget_open_document(ImportStore *store)
{
	uint8 ignored[HASH_BYTES];

	if (store->hash == NULL)
		return;
	hash_stream_finish(store->hash, ignored);
	store->hash = NULL;
}

const ImportSummary *
import_source_summary(const ImportSource *source)
{
	return &source->summary;
}

char *
import_source_totals(const ImportSource *source)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	for (int i = 0; i < source->total_count; i++)
	{
		char sum[DECIMAL_TEXT_SIZE];

		decimal_text(source->totals[i].sum, 2, sum);
		appendStringInfo(&json, "%s\"%s\":{\"count\":" INT64_FORMAT ",\"sum\":\"%s\"}",
						 i > 0 ? "," : "", source->totals[i].currency, source->totals[i].count,
						 sum);
	}
	appendStringInfoChar(&json, '}');
	return json.data;
}

char *
import_source_total(const ImportSource *source, const char *currency)
{
	char *sum = palloc(DECIMAL_TEXT_SIZE);

	strcpy(sum, "0");
	for (int i = 0; i < source->total_count; i++)
		if (strcmp(source->totals[i].currency, currency) == 0)
			decimal_text(source->totals[i].sum, 2, sum);
	return sum;
}

void
import_store_fault(ImportSource *source, int64 document_no, int64 invoice_id, const char *rule,
				   const char *location, const char *format, ...)
{
	char message[512];
	Finding finding = {FINDING_FATAL, {document_no, 0, 0}, rule, location, message};
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	import_findings_add(source->findings, &finding, invoice_id);
}

static PortStatus
store_begin(void *state, const InvoicePlace *place, const char *format)
{
	ImportStore *store = state;
	MemoryContext old;

	CHECK_FOR_INTERRUPTS();
	MemoryContextReset(store->document_context);
	old = MemoryContextSwitchTo(store->document_context);
	store->invoice_id = next_invoice_id(store);
	store->document_no = place->document_no;
	store->source_line = place->line_no;
	store->format = format != NULL ? pstrdup(format) : NULL;
	store->faulty = false;
	store->line_count = store->tax_count = store->adjustment_count = 0;
	store->hash = hash_stream_start();
	store->canonical = makeStringInfo();
	store->other = makeStringInfo();
	store->extra = store->note = NULL;
	memset(store->arrays, 0, sizeof(store->arrays));
	memset(store->line_arrays, 0, sizeof(store->line_arrays));
	memset(&store->preceding, 0, sizeof(Slice));
	memset(&store->account, 0, sizeof(Slice));
	MemoryContextSwitchTo(old);
	return PORT_OK;
}

static PortStatus
store_group(void *state, const InvoiceGroup *group)
{
	ImportStore *store = state;
	MemoryContext old;

	if (invoice_is_fact(group->kind))
		return PORT_OK;
	CHECK_FOR_INTERRUPTS();
	old = MemoryContextSwitchTo(store->document_context);
	hash_group(store, group);
	switch (group->kind)
	{
		case INVOICE_LINE:
			import_rows_line(store, group);
			break;
		case INVOICE_TAX:
			import_rows_tax(store, group);
			break;
		case INVOICE_ALLOWANCE:
		case INVOICE_CHARGE:
		case INVOICE_LINE_ALLOWANCE:
		case INVOICE_LINE_CHARGE:
			import_rows_adjustment(store, group);
			break;
		case INVOICE_CLASSIFICATION:
		case INVOICE_ATTRIBUTE:
			keep_repeated(&store->line_arrays[group->kind], group);
			break;
		case INVOICE_NOTE:
			keep_note(store, group);
			keep_repeated(&store->arrays[group->kind], group);
			break;
		case INVOICE_PRECEDING:
			store->preceding = keep_first(store->preceding, INVOICE_VALUE(group, TERM_BT_25));
			keep_repeated(&store->arrays[group->kind], group);
			break;
		case INVOICE_ACCOUNT:
			store->account = keep_first(store->account, INVOICE_VALUE(group, TERM_BT_84));
			keep_repeated(&store->arrays[group->kind], group);
			break;
		default:
			keep_repeated(&store->arrays[group->kind], group);
	}
	MemoryContextSwitchTo(old);
	return PORT_OK;
}

static PortStatus
store_end(void *state, const InvoiceGroup *document)
{
	ImportStore *store = state;
	MemoryContext old = MemoryContextSwitchTo(store->document_context);
	uint8 hash[HASH_BYTES];

	hash_group(store, document);
	hash_stream_finish(store->hash, hash);
	store->hash = NULL;
	store->source->summary.documents++;
	add_to_totals(store, INVOICE_VALUE(document, TERM_BT_5), INVOICE_VALUE(document, TERM_BT_112));
	import_rows_header(store, document, hash);
	MemoryContextSwitchTo(old);
	return PORT_OK;
}

static PortStatus
store_finding(void *state, const Finding *finding)
{
	ImportStore *store = state;
	bool of_file = finding->place.document_no == 0;

	import_findings_add(store->source->findings, finding, of_file ? 0 : store->invoice_id);
	if (!of_file && finding->severity == FINDING_FATAL)
		store->faulty = true;
	return PORT_OK;
}

static PortStatus
store_extra(void *state, const InvoicePlace *place, const char *path, Slice value)
{
	ImportStore *store = state;
	MemoryContext old = MemoryContextSwitchTo(store->document_context);

	if (store->extra == NULL)
		store->extra = makeStringInfo();
	import_json_member(store->extra, import_text_clean(path), value);
	MemoryContextSwitchTo(old);
	return PORT_OK;
}

/* Blocks grow, so that a file of one invoice takes one number and not a thousand. */
static int64
next_invoice_id(ImportStore *store)
{
	if (store->id_next == store->id_count)
	{
		int want = store->id_count == 0 ? 1 : Min(store->id_count * 10, IMPORT_ID_BLOCK);
		Datum arguments[] = {ObjectIdGetDatum(store->id_sequence), Int32GetDatum(want)};
		bool isnull;

		if (!OidIsValid(store->id_sequence))
		{
			(void) statement_run(&find_sequence, NULL, NULL);
			store->id_sequence = DatumGetObjectId(statement_value(0, 1, &isnull));
			SPI_freetuptable(SPI_tuptable);
			arguments[0] = ObjectIdGetDatum(store->id_sequence);
		}
		store->id_count = (int) statement_run(&take_ids, arguments, NULL);
		for (int i = 0; i < store->id_count; i++)
			store->ids[i] = statement_int64(i, 1);
		SPI_freetuptable(SPI_tuptable);
		store->id_next = 0;
	}
	return store->ids[store->id_next++];
}

/* Keys are written out, so that the hash outlives changes of the term list. */
static void
hash_group(ImportStore *store, const InvoiceGroup *group)
{
	const InvoiceGroupInfo *info = &invoice_group_info[group->kind];
	StringInfo canonical = store->canonical;

	resetStringInfo(canonical);
	appendBinaryStringInfo(canonical, info->key, (int) strlen(info->key));
	appendStringInfoCharMacro(canonical, '\x1d');
	for (int term = info->first; term <= (int) info->last; term++)
	{
		Slice value = group->values[term - info->first];
		const char *key = invoice_term_info[term].key;

		if (value.bytes == NULL)
			continue;
		appendBinaryStringInfo(canonical, key, (int) strlen(key));
		appendStringInfoCharMacro(canonical, '\x1f');
		appendBinaryStringInfo(canonical, value.bytes, (int) value.length);
		appendStringInfoCharMacro(canonical, '\x1e');
	}
	hash_stream_add(store->hash, store->canonical->data, (size_t) store->canonical->len);
}

/* One object a group; attached content stays in the file only, its size is noted. */
static void
keep_repeated(StringInfo *array, const InvoiceGroup *group)
{
	const InvoiceGroupInfo *info = &invoice_group_info[group->kind];

	if (*array == NULL)
		*array = makeStringInfo();
	appendStringInfoString(*array, (*array)->len > 0 ? ",{" : "{");
	for (int term = info->first; term <= (int) info->last; term++)
	{
		Slice value = group->values[term - info->first];
		char size[32];

		if (value.bytes == NULL)
			continue;
		if (invoice_term_info[term].type == TERM_TYPE_BINARY)
		{
			value.length = (size_t) snprintf(size, sizeof(size), "%zu characters", value.length);
			value.bytes = size;
		}
		import_json_member(*array, invoice_term_info[term].key, value);
	}
	appendStringInfoChar(*array, '}');
}

static void
keep_note(ImportStore *store, const InvoiceGroup *group)
{
	Slice note = INVOICE_VALUE(group, TERM_BT_22);

	if (note.bytes == NULL)
		return;
	if (store->note == NULL)
		store->note = makeStringInfo();
	else
		appendStringInfoChar(store->note, '\n');
	appendBinaryStringInfo(store->note, note.bytes, (int) note.length);
}

static Slice
keep_first(Slice kept, Slice value)
{
	if (kept.bytes == NULL && value.bytes != NULL)
	{
		kept.bytes = pnstrdup(value.bytes, value.length);
		kept.length = value.length;
	}
	return kept;
}

/* An amount that is no number counts as nothing, as its column does. */
static void
add_to_totals(ImportStore *store, Slice currency, Slice amount)
{
	ImportSource *source = store->source;
	char code[4] = "XXX";
	Decimal value;
	int i;

	for (i = 0; i < 3 && currency.length == 3; i++)
		if (currency.bytes[i] < 'A' || currency.bytes[i] > 'Z')
			break;
	if (i == 3)
		memcpy(code, currency.bytes, 3);
	for (i = 0; i < source->total_count; i++)
		if (strcmp(source->totals[i].currency, code) == 0)
			break;
	if (i == source->total_count)
	{
		if (source->total_count == source->total_capacity)
		{
			MemoryContext old = MemoryContextSwitchTo(store->context);

			source->total_capacity = source->total_capacity == 0 ? 8 : source->total_capacity * 2;
			source->totals =
				source->totals == NULL
					? palloc(sizeof(ImportTotal) * source->total_capacity)
					: repalloc(source->totals, sizeof(ImportTotal) * source->total_capacity);
			MemoryContextSwitchTo(old);
		}
		strcpy(source->totals[i].currency, code);
		source->totals[i].count = 0;
		source->totals[i].sum = decimal_from_int(0);
		source->total_count++;
	}
	source->totals[i].count++;
	if (decimal_parse(amount.bytes, amount.length, &value) == DECIMAL_OK &&
		!decimal_add(source->totals[i].sum, value, &source->totals[i].sum))
		import_store_fault(source, 0, 0, "FILE-TOTAL", NULL,
						   "the sum of the invoices in %s has more than 38 digits", code);
}
