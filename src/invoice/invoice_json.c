/*
 * invoice_json.c: groups as they come into texts, the texts into one object at the end.
 *
 * Details of a line come before the line itself, so they wait in texts of their own.
 */
#include "postgres.h"

#include "invoice/invoice_json.h"

#include "base/errors.h"
#include "core/decimal.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/json.h"
#include "utils/memutils.h"

struct InvoiceJson
{
	InvoiceSink sink;
	void (*done)(void *state, char *json);
	void *state;
	MemoryContext context; /* reset with every document */
	const char *format;
	StringInfoData groups[INVOICE_MODEL_GROUP_COUNT]; /* objects, comma separated */
	int64 counts[INVOICE_MODEL_GROUP_COUNT];
	StringInfoData firsts;		/* members of first instances, for the document */
	StringInfoData line_firsts; /* the same for the line at hand */
	StringInfoData extras;
};

/* JSON numbers have no plus sign, no leading zeros and digits on both sides of a point. */
static void
append_number(StringInfo out, Slice value)
{
	const char *at = value.bytes, *end = value.bytes + value.length;

	if (*at == '-')
		appendStringInfoChar(out, '-');
	if (*at == '-' || *at == '+')
		at++;
	while (end - at > 1 && at[0] == '0' && at[1] != '.')
		at++;
	if (*at == '.')
		appendStringInfoChar(out, '0');
	appendBinaryStringInfo(out, at, (int) (end - at));
	if (end[-1] == '.')
		out->data[--out->len] = '\0';
}

static void
append_text(StringInfo out, Slice value)
{
	char *text = pg_any_to_server(value.bytes, (int) value.length, PG_UTF8);

	if (text == value.bytes)
		text = pnstrdup(value.bytes, value.length);
	escape_json(out, text);
	pfree(text);
}

static bool
is_number(InvoiceTerm term, Slice value)
{
	InvoiceTermType type = invoice_term_info[term].type;
	Decimal ignored;
	DecimalParse parsed;

	if (type < TERM_TYPE_AMOUNT || type > TERM_TYPE_PERCENT)
		return false;
	parsed = decimal_parse(value.bytes, value.length, &ignored);
	return parsed == DECIMAL_OK || parsed == DECIMAL_TOO_LONG;
}

/* "bt_1":"x" for every term that has a text, each with a comma in front unless first */
static void
append_members(StringInfo out, const InvoiceGroup *group)
{
	const InvoiceGroupInfo *info = &invoice_group_info[group->kind];

	for (int term = info->first; term <= (int) info->last; term++)
	{
		Slice value = group->values[term - info->first];

		if (value.length == 0)
			continue;
		if (out->len > 0 && out->data[out->len - 1] != '{')
			appendStringInfoChar(out, ',');
		appendStringInfo(out, "\"%s\":", invoice_term_info[term].key);
		if (is_number(term, value))
			append_number(out, value);
		else
			append_text(out, value);
	}
}

static void
append_array(StringInfo out, const char *key, StringInfo objects)
{
	if (out->data[out->len - 1] != '{')
		appendStringInfoChar(out, ',');
	appendStringInfo(out, "\"%s\":[%s]", key, objects->data);
}

static void
start_object(StringInfo objects)
{
	if (objects->len > 0)
		appendStringInfoChar(objects, ',');
	appendStringInfoChar(objects, '{');
}

static void
add_line(InvoiceJson *json, const InvoiceGroup *group)
{
	StringInfo lines = &json->groups[INVOICE_LINE];

	start_object(lines);
	append_members(lines, group);
	if (json->line_firsts.len > 0)
		appendStringInfo(lines, "%s%s", lines->data[lines->len - 1] == '{' ? "" : ",",
						 json->line_firsts.data);
	resetStringInfo(&json->line_firsts);
	for (int kind = INVOICE_LINE + 1; kind < INVOICE_MODEL_GROUP_COUNT; kind++)
	{
		if (json->counts[kind] > 0)
			append_array(lines, invoice_group_info[kind].key, &json->groups[kind]);
		resetStringInfo(&json->groups[kind]);
		json->counts[kind] = 0;
	}
	appendStringInfoChar(lines, '}');
	json->counts[INVOICE_LINE]++;
}

static StringInfo
firsts_of(InvoiceJson *json, int kind)
{
	if (kind == INVOICE_LINE_ALLOWANCE || kind == INVOICE_LINE_CHARGE)
		return &json->line_firsts;
	if (kind == INVOICE_NOTE || kind == INVOICE_PRECEDING || kind == INVOICE_SELLER_ID ||
		kind == INVOICE_ACCOUNT)
		return &json->firsts;
	return NULL;
}

static PortStatus
on_begin(void *state, const InvoicePlace *place, const char *format)
{
	InvoiceJson *json = state;
	MemoryContext old;

	MemoryContextReset(json->context);
	old = MemoryContextSwitchTo(json->context);
	json->format = format;
	for (int kind = 0; kind < INVOICE_MODEL_GROUP_COUNT; kind++)
	{
		initStringInfo(&json->groups[kind]);
		json->counts[kind] = 0;
	}
	initStringInfo(&json->firsts);
	initStringInfo(&json->line_firsts);
	initStringInfo(&json->extras);
	MemoryContextSwitchTo(old);
	return PORT_OK;
}

static PortStatus
on_group(void *state, const InvoiceGroup *group)
{
	InvoiceJson *json = state;
	StringInfo firsts, objects;
	MemoryContext old;

	if (invoice_is_fact(group->kind))
		return PORT_OK;
	old = MemoryContextSwitchTo(json->context);
	if (group->kind == INVOICE_LINE)
		add_line(json, group);
	else
	{
		firsts = firsts_of(json, group->kind);
		objects = &json->groups[group->kind];
		if (firsts != NULL && json->counts[group->kind] == 0)
			append_members(firsts, group);
		start_object(objects);
		append_members(objects, group);
		appendStringInfoChar(objects, '}');
		json->counts[group->kind]++;
	}
	MemoryContextSwitchTo(old);
	return PORT_OK;
}

static PortStatus
on_extra(void *state, const InvoicePlace *place, const char *path, Slice value)
{
	InvoiceJson *json = state;
	MemoryContext old;
	Slice path_slice = {path, strlen(path)};

	if (place->document_no == 0 || json->extras.data == NULL)
		return PORT_OK; /* around the invoices, not in one */
	old = MemoryContextSwitchTo(json->context);
	start_object(&json->extras);
	appendStringInfoString(&json->extras, "\"path\":");
	append_text(&json->extras, path_slice);
	appendStringInfoString(&json->extras, ",\"value\":");
	append_text(&json->extras, value);
	appendStringInfoChar(&json->extras, '}');
	MemoryContextSwitchTo(old);
	return PORT_OK;
}

static bool
slice_contains(Slice value, const char *part)
{
	size_t length = strlen(part);

	for (size_t i = 0; i + length <= value.length; i++)
		if (pg_strncasecmp(value.bytes + i, part, length) == 0)
			return true;
	return false;
}

/* By its type code (389, 527, 261) or by the process that it names. */
static bool
is_self_billed(const InvoiceGroup *document)
{
	static const char *const codes[] = {"389", "527", "261"};
	Slice code = INVOICE_VALUE(document, TERM_BT_3);

	for (int i = 0; i < (int) lengthof(codes); i++)
		if (code.length == 3 && memcmp(code.bytes, codes[i], 3) == 0)
			return true;
	return slice_contains(INVOICE_VALUE(document, TERM_BT_23), "selfbilling") ||
		   slice_contains(INVOICE_VALUE(document, TERM_BT_24), "selfbilling");
}

static void
append_groups(InvoiceJson *json, StringInfo out)
{
	for (int kind = INVOICE_NOTE; kind <= INVOICE_LINE; kind++)
	{
		bool usually_one = firsts_of(json, kind) != NULL;
		bool always = kind == INVOICE_LINE || kind == INVOICE_TAX || kind == INVOICE_ALLOWANCE ||
					  kind == INVOICE_CHARGE;

		/* the scalar has the term's key already */
		if (always || json->counts[kind] > (usually_one ? 1 : 0))
			append_array(out,
						 kind == INVOICE_SELLER_ID ? "bt_29_all" : invoice_group_info[kind].key,
						 &json->groups[kind]);
	}
	if (json->extras.len > 0)
		append_array(out, "extra", &json->extras);
}

static PortStatus
on_end(void *state, const InvoiceGroup *document)
{
	InvoiceJson *json = state;
	MemoryContext old = MemoryContextSwitchTo(json->context);
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoChar(&out, '{');
	append_members(&out, document);
	if (json->firsts.len > 0)
		appendStringInfo(&out, "%s%s", out.data[out.len - 1] == '{' ? "" : ",", json->firsts.data);
	appendStringInfo(&out, "%s\"format\":\"%s\",\"self_billed\":%s,\"line_count\":" INT64_FORMAT,
					 out.data[out.len - 1] == '{' ? "" : ",", json->format,
					 is_self_billed(document) ? "true" : "false", json->counts[INVOICE_LINE]);
	append_groups(json, &out);
	appendStringInfoChar(&out, '}');
	MemoryContextSwitchTo(old);
	json->done(json->state, out.data);
	return PORT_OK;
}

/*
 * Judging invoices is others' work, but a record file goes on after a fault of its own, so as to
 * list them all; here the first one ends it.
 */
static PortStatus
on_finding(void *state, const Finding *finding)
{
	if (finding->place.document_no == 0 && finding->severity == FINDING_FATAL)
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_CONTENT_UNREADABLE),
						errmsg("cannot read invoices: %s", finding->message),
						errdetail("Rule %s, %s.", finding->rule,
								  finding->location != NULL ? finding->location : "file")));
	return PORT_OK;
}

InvoiceJson *
invoice_json_create(void (*done)(void *state, char *json), void *state)
{
	InvoiceJson *json = palloc0(sizeof(InvoiceJson));

	json->done = done;
	json->state = state;
	json->context =
		AllocSetContextCreate(CurrentMemoryContext, "mailroom invoice", ALLOCSET_DEFAULT_SIZES);
	json->sink.state = json;
	json->sink.begin = on_begin;
	json->sink.group = on_group;
	json->sink.end = on_end;
	json->sink.extra = on_extra;
	json->sink.finding = on_finding;
	return json;
}

const InvoiceSink *
invoice_json_sink(InvoiceJson *json)
{
	return &json->sink;
}
