/*
 * write_json.c: objects as mailroom.parse_invoice gives them, and other_terms, as groups.
 *
 * A group that is there both as scalars of its first instance and as an array (bt_22 and bg_1) is
 * taken from the array.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "compat.h"
#include "invoice/write_source.h"
#include "mb/pg_wchar.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#define MAX_NUMBER 200
#define MAX_SUFFIX 3

/* State of one object. */
typedef struct Members
{
	InvoiceContent *content;
	InvoiceGroupKind owner;
	WriteJsonUse use;
	bool from_array[INVOICE_MODEL_GROUP_COUNT];
	JsonbContainer **lines;
} Members;

static void add_array(Members *members, JsonbContainer *array, InvoiceGroupKind kind);
static void add_scalar(Members *members, const JsonbValue *key, const JsonbValue *value);
static InvoiceTerm find_term(const JsonbValue *key);
static InvoiceGroupKind find_kind(const JsonbValue *key);
static bool belongs(const Members *members, InvoiceGroupKind kind);
static bool is_aside(const Members *members, const JsonbValue *key);
pg_noreturn static void unknown_key(const JsonbValue *key);
static Slice scalar_text(const JsonbValue *key, const JsonbValue *value);

Slice *
write_source_add(InvoiceContent *content, InvoiceGroupKind kind)
{
	Slice *row = invoice_content_add(content, kind);

	if (row == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	return row;
}

Slice *
write_source_first(InvoiceContent *content, InvoiceGroupKind kind)
{
	if (content->groups[kind].count > 0)
		return content->groups[kind].values;
	return write_source_add(content, kind);
}

Slice
write_source_text(const char *text, int length)
{
	Slice slice = {text, (size_t) length};

	if (GetDatabaseEncoding() != PG_UTF8)
	{
		slice.bytes = pg_server_to_any(text, length, PG_UTF8);
		if (slice.bytes != text)
			slice.length = strlen(slice.bytes);
	}
	return slice;
}

Slice
write_source_numeric(Datum numeric)
{
	Slice slice;

	slice.bytes = DatumGetCString(DirectFunctionCall1(numeric_out, numeric));
	slice.length = strlen(slice.bytes);
	return slice;
}

void
write_json_object(JsonbContainer *object, InvoiceGroupKind owner, WriteJsonUse use,
				  InvoiceContent *content, JsonbContainer **lines)
{
	Members members = {.content = content, .owner = owner, .use = use, .lines = lines};
	JsonbIterator *iterator = JsonbIteratorInit(object);
	JsonbValue key, value;

	if (JsonbIteratorNext(&iterator, &value, true) != WJB_BEGIN_OBJECT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s is not a JSON object",
							   owner == INVOICE_LINE ? "an invoice line" : "the invoice")));
	while (JsonbIteratorNext(&iterator, &key, true) == WJB_KEY)
	{
		JsonbIteratorToken token = JsonbIteratorNext(&iterator, &value, true);

		Assert(token == WJB_VALUE);
		(void) token;
		if (value.type == jbvNull || is_aside(&members, &key))
			continue;
		if (value.type == jbvBinary)
		{
			InvoiceGroupKind kind = find_kind(&key);

			if (kind == INVOICE_LINE && owner == INVOICE_DOCUMENT && lines != NULL)
				*lines = value.val.binary.data;
			else if (kind != INVOICE_GROUP_COUNT && belongs(&members, kind))
				add_array(&members, value.val.binary.data, kind);
			else
				unknown_key(&key);
		}
		else
			add_scalar(&members, &key, &value);
	}
}

static void
add_array(Members *members, JsonbContainer *array, InvoiceGroupKind kind)
{
	JsonbIterator *iterator = JsonbIteratorInit(array);
	JsonbValue element;

	if (JsonbIteratorNext(&iterator, &element, true) != WJB_BEGIN_ARRAY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" of the invoice is not an array", invoice_group_info[kind].key)));
	members->content->groups[kind].count = 0;
	members->from_array[kind] = true;
	while (JsonbIteratorNext(&iterator, &element, true) == WJB_ELEM)
	{
		JsonbIterator *inner;
		JsonbValue key, value;
		Slice *row;

		if (element.type != jbvBinary)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("\"%s\" of the invoice has an element that is not an object",
								   invoice_group_info[kind].key)));
		row = write_source_add(members->content, kind);
		inner = JsonbIteratorInit(element.val.binary.data);
		(void) JsonbIteratorNext(&inner, &value, true);
		while (JsonbIteratorNext(&inner, &key, true) == WJB_KEY)
		{
			InvoiceTerm term = find_term(&key);

			(void) JsonbIteratorNext(&inner, &value, true);
			if (term == INVOICE_TERM_COUNT || invoice_term_info[term].group != kind)
				unknown_key(&key);
			if (value.type != jbvNull)
				row[term - invoice_group_info[kind].first] = scalar_text(&key, &value);
		}
	}
}

static void
add_scalar(Members *members, const JsonbValue *key, const JsonbValue *value)
{
	InvoiceTerm term = find_term(key);
	InvoiceGroupKind kind;
	Slice *row;

	if (term == INVOICE_TERM_COUNT)
		unknown_key(key);
	kind = invoice_term_info[term].group;
	if (kind != members->owner && !belongs(members, kind))
	{
		/* a column's value that did not fit it, of a set-aside invoice */
		if (members->use == WRITE_JSON_OTHER)
			return;
		unknown_key(key);
	}
	if (members->from_array[kind])
		return;
	row = write_source_first(members->content, kind);
	row[term - invoice_group_info[kind].first] = scalar_text(key, value);
}

/* bt_34_1 by its numbers; the list is short, but a linear search for each key would show. */
static InvoiceTerm
find_term(const JsonbValue *key)
{
	static int16 terms[MAX_NUMBER][MAX_SUFFIX];
	static bool filled = false;
	int number = 0, suffix = 0, at = 3;

	if (!filled)
	{
		memset(terms, -1, sizeof(terms));
		for (int term = 0; term < INVOICE_MODEL_TERM_COUNT; term++)
		{
			int n = 0, s = 0;

			if (sscanf(invoice_term_info[term].key, "bt_%d_%d", &n, &s) >= 1 && n < MAX_NUMBER &&
				s < MAX_SUFFIX)
				terms[n][s] = (int16) term;
		}
		filled = true;
	}
	if (key->val.string.len < 4 || memcmp(key->val.string.val, "bt_", 3) != 0)
		return INVOICE_TERM_COUNT;
	for (; at < key->val.string.len && isdigit((unsigned char) key->val.string.val[at]); at++)
		if ((number = number * 10 + key->val.string.val[at] - '0') >= MAX_NUMBER)
			return INVOICE_TERM_COUNT;
	if (at == key->val.string.len - 2 && key->val.string.val[at] == '_')
		suffix = key->val.string.val[at + 1] - '0';
	else if (at != key->val.string.len)
		return INVOICE_TERM_COUNT;
	if (suffix < 0 || suffix >= MAX_SUFFIX || terms[number][suffix] < 0)
		return INVOICE_TERM_COUNT;
	return (InvoiceTerm) terms[number][suffix];
}

static InvoiceGroupKind
find_kind(const JsonbValue *key)
{
	const char *name = key->val.string.val;
	size_t length = (size_t) key->val.string.len;

	if (length == 9 && memcmp(name, "bt_29_all", 9) == 0)
		return INVOICE_SELLER_ID;
	for (int kind = INVOICE_DOCUMENT + 1; kind < INVOICE_MODEL_GROUP_COUNT; kind++)
		if (strlen(invoice_group_info[kind].key) == length &&
			memcmp(invoice_group_info[kind].key, name, length) == 0)
			return (InvoiceGroupKind) kind;
	return INVOICE_GROUP_COUNT;
}

/* Groups below the owner that may be given. */
static bool
belongs(const Members *members, InvoiceGroupKind kind)
{
	bool of_line = invoice_is_line_kind(kind);

	if (members->use == WRITE_JSON_OTHER &&
		(kind == INVOICE_TAX || kind == INVOICE_ALLOWANCE || kind == INVOICE_CHARGE ||
		 kind == INVOICE_LINE_ALLOWANCE || kind == INVOICE_LINE_CHARGE))
		return false;
	return kind != INVOICE_LINE && kind != INVOICE_DOCUMENT &&
		   of_line == (members->owner == INVOICE_LINE);
}

/* What parse_invoice says about the source, and content without a business term. */
static bool
is_aside(const Members *members, const JsonbValue *key)
{
	static const char *const names[] = {"format", "self_billed", "line_count", "extra"};

	for (int i = 0; i < (int) lengthof(names) && members->owner == INVOICE_DOCUMENT; i++)
		if (strlen(names[i]) == (size_t) key->val.string.len &&
			memcmp(names[i], key->val.string.val, key->val.string.len) == 0)
			return true;
	return false;
}

static void
unknown_key(const JsonbValue *key)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("\"%.*s\" is not a term of an invoice at this place",
						   (int) Min(key->val.string.len, 60), key->val.string.val),
					errhint("Keys are those that mailroom.parse_invoice() gives.")));
}

static Slice
scalar_text(const JsonbValue *key, const JsonbValue *value)
{
	if (value->type == jbvString)
		return write_source_text(value->val.string.val, value->val.string.len);
	if (value->type == jbvNumeric)
		return write_source_numeric(NumericGetDatum(value->val.numeric));
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("\"%.*s\" of the invoice is neither a text nor a number",
						   (int) Min(key->val.string.len, 60), key->val.string.val)));
}
