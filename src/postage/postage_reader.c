/*
 * postage_reader.c: walks the jsonb natively; no text in between.
 *
 * Keys that the model does not know are left alone in the problem (it carries names and notes) and
 * refused in the options (they would be typing errors).
 */
#include "postgres.h"

#include "base/errors.h"
#include "base/port_server.h"
#include "compat.h"
#include "miscadmin.h"
#include "postage/postage_reader.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#define DEFAULT_NODE_LIMIT 200000

/* Where a value stands, for messages: array[index].key, or array alone. */
typedef struct Place
{
	const char *array;
	int index;
	JsonbContainer *object;
} Place;

pg_noreturn static void refuse(const Place *place, const char *key, const char *what);

static void
refuse(const Place *place, const char *key, const char *what)
{
	if (place->array == NULL)
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_PROBLEM_INVALID),
						errmsg("postage problem: %s %s", key, what)));
	if (key == NULL)
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_PROBLEM_INVALID),
						errmsg("postage problem: %s[%d] %s", place->array, place->index, what)));
	ereport(ERROR,
			(errcode(ERRCODE_MAILROOM_PROBLEM_INVALID),
			 errmsg("postage problem: %s[%d].%s %s", place->array, place->index, key, what)));
}

static bool
find_value(const Place *place, const char *key, JsonbValue *value)
{
	return getKeyJsonValueFromContainer(place->object, key, strlen(key), value) != NULL &&
		   value->type != jbvNull;
}

static int64
to_integer(const Place *place, const char *key, const JsonbValue *value)
{
	Numeric number;
	Datum trimmed;

	if (value->type != jbvNumeric)
		refuse(place, key, "is not a number");
	number = value->val.numeric;
	if (DatumGetInt32(DirectFunctionCall1(numeric_scale, NumericGetDatum(number))) > 0)
	{
		trimmed = DirectFunctionCall2(numeric_trunc, NumericGetDatum(number), Int32GetDatum(0));
		if (!DatumGetBool(DirectFunctionCall2(numeric_eq, trimmed, NumericGetDatum(number))))
			refuse(place, key, "is not a whole number");
		number = DatumGetNumeric(trimmed);
	}
	if (DatumGetInt32(DirectFunctionCall2(numeric_cmp,
										  DirectFunctionCall1(numeric_abs, NumericGetDatum(number)),
										  NumericGetDatum(int64_to_numeric(PG_INT64_MAX)))) > 0)
		refuse(place, key, "is out of range");
	return DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(number)));
}

static int64
read_integer(const Place *place, const char *key)
{
	JsonbValue value;

	if (!find_value(place, key, &value))
		refuse(place, key, "is missing");
	return to_integer(place, key, &value);
}

static int64
read_integer_or(const Place *place, const char *key, int64 otherwise)
{
	JsonbValue value;

	return find_value(place, key, &value) ? to_integer(place, key, &value) : otherwise;
}

/* The text, in the current context. */
static char *
read_text(const Place *place, const char *key)
{
	JsonbValue value;

	if (!find_value(place, key, &value))
		refuse(place, key, "is missing");
	if (value.type != jbvString)
		refuse(place, key, "is not a string");
	return pnstrdup(value.val.string.val, value.val.string.len);
}

/* The array under the key, NULL when it is missing and need not be there. */
static JsonbContainer *
find_array(const Place *place, const char *key, bool required)
{
	JsonbValue value;

	if (!find_value(place, key, &value))
	{
		if (required)
			refuse(place, key, "is missing");
		return NULL;
	}
	if (value.type != jbvBinary || !JsonContainerIsArray(value.val.binary.data) ||
		JsonContainerIsScalar(value.val.binary.data))
		refuse(place, key, "is not an array");
	return value.val.binary.data;
}

typedef void (*ReadElement)(PostageProblem *problem, const Place *place, void *context);

static void
check(const PostageProblem *problem, PortStatus status)
{
	if (status == PORT_INVALID && strcmp(problem->fault.rule, "POSTAGE-SIZE") == 0)
		ereport(
			ERROR,
			(errcode(ERRCODE_MAILROOM_PROBLEM_INVALID),
			 errmsg("postage problem: %s", problem->fault.message), errdetail("Rule POSTAGE-SIZE."),
			 errhint(
				 "Make letters of the same prices one cell, and zones in which no bundle can be "
				 "filled one zone.")));
	port_raise(status, &problem->fault, ERRCODE_MAILROOM_PROBLEM_INVALID, "postage problem");
}

/* Calls the reader for each element, which must be an object. */
static void
read_objects(PostageProblem *problem, JsonbContainer *array, const char *name, ReadElement reader,
			 void *context)
{
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue value;
	Place place = {name, 0, NULL};

	if (array == NULL)
		return;
	iterator = JsonbIteratorInit(array);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token != WJB_ELEM)
			continue;
		if ((place.index & 1023) == 0)
			CHECK_FOR_INTERRUPTS();
		if (value.type != jbvBinary || !JsonContainerIsObject(value.val.binary.data))
			refuse(&place, NULL, "is not an object");
		place.object = value.val.binary.data;
		reader(problem, &place, context);
		place.index++;
	}
}

static void
read_offer(PostageProblem *problem, const Place *place, void *context)
{
	PostageOffer rules = {0};
	JsonbValue joint, order;

	rules.min_mailing = read_integer_or(place, "min_mailing", 0);
	rules.topup = read_integer_or(place, "topup", 0);
	rules.min_bucket = read_integer_or(place, "min_bucket", 0);
	rules.fixed = read_integer_or(place, "fixed", 0);
	rules.least = read_integer_or(place, "least", 0);
	rules.above = read_integer_or(place, "above", 0);
	rules.upto = read_integer_or(place, "upto", 0);
	rules.min_order = read_integer_or(place, "min_order", 0);
	if (find_value(place, "order", &order))
		rules.order = read_text(place, "order");
	if (find_value(place, "joint", &joint))
		rules.joint = read_text(place, "joint");
	check(problem,
		  postage_add_offer(problem, read_text(place, "id"), read_text(place, "op"), &rules));
}

static void
read_cell(PostageProblem *problem, const Place *place, void *context)
{
	check(problem, postage_add_cell(problem, read_integer(place, "id"), read_integer(place, "zone"),
									read_integer(place, "count")));
	check(problem, postage_set_weight(problem, read_integer_or(place, "weight", 0)));
}

static void
read_arc(PostageProblem *problem, const Place *place, void *context)
{
	JsonbValue offer;
	char id[256];

	if (!find_value(place, "offer", &offer))
		refuse(place, "offer", "is missing");
	if (offer.type != jbvString)
		refuse(place, "offer", "is not a string");
	if (offer.val.string.len >= (int) sizeof(id))
		refuse(place, "offer", "is too long");
	memcpy(id, offer.val.string.val, offer.val.string.len);
	id[offer.val.string.len] = '\0';
	check(problem,
		  postage_add_arc(problem, read_integer(place, "cell"), id, read_integer(place, "price")));
}

static void
read_tier(PostageProblem *problem, const Place *place, void *context)
{
	bool incremental = *(bool *) context;

	check(problem, postage_add_group_tier(problem, read_integer(place, "frm"),
										  read_integer(place, incremental ? "amt" : "bp")));
}

/* A list of offers, each given to add. */
static void
read_offer_list(PostageProblem *problem, const Place *place,
				PortStatus (*add)(PostageProblem *problem, const char *offer))
{
	JsonbIterator *iterator = JsonbIteratorInit(find_array(place, "offers", true));
	JsonbIteratorToken token;
	JsonbValue value;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token != WJB_ELEM)
			continue;
		if (value.type != jbvString)
			refuse(place, "offers", "holds something that is not a string");
		check(problem, add(problem, pnstrdup(value.val.string.val, value.val.string.len)));
	}
}

static void
read_group(PostageProblem *problem, const Place *place, void *context)
{
	char *mode = read_text(place, "mode");
	bool incremental = strcmp(mode, "incr") == 0;
	JsonbValue value;
	char *id = find_value(place, "id", &value) ? read_text(place, "id") : pstrdup("");

	if (!incremental && strcmp(mode, "all") != 0)
		refuse(place, "mode", "is neither \"all\" nor \"incr\"");
	check(problem, postage_add_group(problem, id, incremental, read_integer_or(place, "base", 0),
									 incremental ? 0 : read_integer_or(place, "base_money", 0)));
	read_offer_list(problem, place, postage_add_group_offer);
	read_objects(problem, find_array(place, "tiers", true),
				 psprintf("groups[%d].tiers", place->index), read_tier, &incremental);
}

static void
read_commit(PostageProblem *problem, const Place *place, void *context)
{
	check(problem,
		  postage_add_commit(problem, read_text(place, "op"), read_integer_or(place, "base", 0),
							 read_integer(place, "min"), read_integer(place, "penalty")));
}

static void
read_cap(PostageProblem *problem, const Place *place, void *context)
{
	JsonbValue value;

	if (find_value(place, "op", &value))
		check(problem,
			  postage_add_cap(problem, read_text(place, "op"), read_integer(place, "max")));
	else
	{
		check(problem, postage_add_limit(problem, read_integer_or(place, "min", 0),
										 read_integer(place, "max")));
		read_offer_list(problem, place, postage_add_limit_offer);
	}
}

static void
read_share(PostageProblem *problem, const Place *place, void *context)
{
	JsonbValue value;
	char *id = find_value(place, "id", &value) ? read_text(place, "id") : pstrdup("");

	check(problem, postage_add_share(problem, id, read_integer_or(place, "min_bp", 0),
									 read_integer_or(place, "max_bp", 10000)));
	if (find_value(place, "op", &value))
		check(problem, postage_add_share_operator(problem, read_text(place, "op")));
	else
		read_offer_list(problem, place, postage_add_share_offer);
}

PostageProblem *
postage_read_problem(Jsonb *input, const Port *port)
{
	PostageProblem *problem = postage_problem_new(port);
	Place root = {NULL, 0, &input->root};

	if (problem == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	if (!JB_ROOT_IS_OBJECT(input))
		refuse(&root, "the problem", "is not an object");
	read_objects(problem, find_array(&root, "offers", true), "offers", read_offer, NULL);
	read_objects(problem, find_array(&root, "cells", true), "cells", read_cell, NULL);
	check(problem, postage_index_cells(problem));
	read_objects(problem, find_array(&root, "arcs", true), "arcs", read_arc, NULL);
	read_objects(problem, find_array(&root, "groups", false), "groups", read_group, NULL);
	read_objects(problem, find_array(&root, "commits", false), "commits", read_commit, NULL);
	read_objects(problem, find_array(&root, "caps", false), "caps", read_cap, NULL);
	read_objects(problem, find_array(&root, "shares", false), "shares", read_share, NULL);
	check(problem, postage_problem_finish(problem));
	return problem;
}

static void
read_warm_count(PostageProblem *problem, const Place *place, void *context)
{
	int64 *counts = context;
	int cell = postage_find_cell(problem, read_integer(place, "cell"));
	int offer = postage_find_offer(problem, read_text(place, "offer"));
	int64 count = read_integer(place, "count");
	int arc = cell < 0 || offer < 0 ? -1 : postage_find_arc(problem, cell, offer);

	/* an earlier plan may name what is gone; it is then no start, and that is no error */
	if (arc >= 0 && count > 0 && count <= problem->cells[cell].count)
		counts[arc] = count;
}

static int64
read_gap(const Place *place, const JsonbValue *value)
{
	Datum scaled;

	if (value->type != jbvNumeric)
		refuse(place, "gap_limit", "is not a number");
	scaled = DirectFunctionCall2(numeric_mul, NumericGetDatum(value->val.numeric),
								 NumericGetDatum(int64_to_numeric(POSTAGE_GAP_UNIT)));
	scaled = DirectFunctionCall2(numeric_trunc, scaled, Int32GetDatum(0));
	if (DatumGetInt32(
			DirectFunctionCall2(numeric_cmp, scaled, NumericGetDatum(int64_to_numeric(0)))) < 0 ||
		DatumGetInt32(DirectFunctionCall2(numeric_cmp, scaled,
										  NumericGetDatum(int64_to_numeric(POSTAGE_GAP_UNIT)))) > 0)
		refuse(place, "gap_limit", "is not between 0 and 1");
	return DatumGetInt64(DirectFunctionCall1(numeric_int8, scaled));
}

static int64
read_limit(const Place *place, const char *key, const JsonbValue *value)
{
	int64 limit = to_integer(place, key, value);

	if (limit < 0)
		refuse(place, key, "is negative");
	return limit;
}

int64
postage_read_options(Jsonb *input, const PostageProblem *problem, PostageOptions *options)
{
	Place root = {NULL, 0, &input->root};
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue value;
	int64 time_limit_ms = 0;

	memset(options, 0, sizeof(*options));
	options->node_limit = DEFAULT_NODE_LIMIT;
	if (!JB_ROOT_IS_OBJECT(input))
		refuse(&root, "the options", "are not an object");
	iterator = JsonbIteratorInit(&input->root);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		char *key;

		if (token != WJB_KEY)
			continue;
		key = pnstrdup(value.val.string.val, value.val.string.len);
		(void) JsonbIteratorNext(&iterator, &value, true);
		if (value.type == jbvNull)
			continue;
		if (strcmp(key, "time_limit_ms") == 0)
			time_limit_ms = read_limit(&root, key, &value);
		else if (strcmp(key, "node_limit") == 0)
			options->node_limit = read_limit(&root, key, &value);
		else if (strcmp(key, "gap_limit") == 0)
			options->gap_limit = read_gap(&root, &value);
		else if (strcmp(key, "warm_start") == 0)
		{
			int64 *counts = palloc0(((size_t) problem->arc_count + 1) * sizeof(int64));

			read_objects((PostageProblem *) problem, find_array(&root, key, true), "warm_start",
						 read_warm_count, counts);
			options->warm_counts = counts;
		}
		else
			refuse(&root, psprintf("option \"%s\"", key), "does not exist");
	}
	return time_limit_ms;
}
