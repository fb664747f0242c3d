/*
 * collect_reference.c: payment references and identifiers for SQL.
 *
 * Glue only: the rules are in core/checkdigit_*.c.  The scheme of the last call is kept per call
 * site, because a column is checked with one scheme.
 */
#include "postgres.h"

#include "base/errors.h"
#include "core/checkdigit.h"
#include "export.h"
#include "utils/builtins.h"

MAILROOM_FUNCTION(mailroom_reference_problem);
MAILROOM_FUNCTION(mailroom_make_reference);
MAILROOM_FUNCTION(mailroom_normalize_reference);
MAILROOM_FUNCTION(mailroom_format_reference);

/* A scheme's name with its parameter is never longer. */
#define SCHEME_NAME_MAX 80

typedef struct SchemeCache
{
	int length;
	char name[SCHEME_NAME_MAX + 1];
	const ReferenceScheme *scheme;
	const char *parameter;
} SchemeCache;

static const SchemeCache *find_scheme(FunctionCallInfo fcinfo);
static void require_valid(ReferenceProblem problem, const char *scheme, text *reference);

/* mailroom.reference_problem(scheme text, reference text) → text, null when valid */
Datum
mailroom_reference_problem(PG_FUNCTION_ARGS)
{
	const SchemeCache *cache = find_scheme(fcinfo);
	ReferenceProblem problem = REFERENCE_MISSING;
	ReferenceText normal;

	if (!PG_ARGISNULL(1))
	{
		text *reference = PG_GETARG_TEXT_PP(1);

		problem = cache->scheme->check(VARDATA_ANY(reference), VARSIZE_ANY_EXHDR(reference),
									   cache->parameter, &normal);
	}
	if (problem == REFERENCE_OK)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(reference_problem_name(problem)));
}

/* mailroom.make_reference(scheme text, payload text) → text */
Datum
mailroom_make_reference(PG_FUNCTION_ARGS)
{
	const SchemeCache *cache = find_scheme(fcinfo);
	text *payload = PG_ARGISNULL(1) ? NULL : PG_GETARG_TEXT_PP(1);
	ReferenceProblem problem;
	ReferenceText made;

	if (cache->scheme->make == NULL)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("references of scheme \"%s\" are only checked, not made",
							   cache->scheme->name)));
	if (payload == NULL)
		PG_RETURN_NULL();
	problem = cache->scheme->make(VARDATA_ANY(payload), VARSIZE_ANY_EXHDR(payload),
								  cache->parameter, &made);
	require_valid(problem, cache->name, payload);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(made.text, made.length));
}

/* mailroom.normalize_reference(scheme text, reference text) → text */
Datum
mailroom_normalize_reference(PG_FUNCTION_ARGS)
{
	const SchemeCache *cache = find_scheme(fcinfo);
	text *reference = PG_ARGISNULL(1) ? NULL : PG_GETARG_TEXT_PP(1);
	ReferenceText normal;

	if (reference == NULL)
		PG_RETURN_NULL();
	if (cache->scheme->check(VARDATA_ANY(reference), VARSIZE_ANY_EXHDR(reference), cache->parameter,
							 &normal) != REFERENCE_OK)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text_with_len(normal.text, normal.length));
}

/* mailroom.format_reference(scheme text, reference text) → text */
Datum
mailroom_format_reference(PG_FUNCTION_ARGS)
{
	const SchemeCache *cache = find_scheme(fcinfo);
	text *reference = PG_ARGISNULL(1) ? NULL : PG_GETARG_TEXT_PP(1);
	char printed[2 * REFERENCE_MAX];
	ReferenceProblem problem;
	ReferenceText normal;

	if (reference == NULL)
		PG_RETURN_NULL();
	problem = cache->scheme->check(VARDATA_ANY(reference), VARSIZE_ANY_EXHDR(reference),
								   cache->parameter, &normal);
	/* Printing is not checking: a wrong check digit leaves the form as it is. */
	if (problem != REFERENCE_OK && problem != REFERENCE_BAD_CHECK_DIGIT)
		PG_RETURN_NULL();
	reference_print(cache->scheme, &normal, printed);
	PG_RETURN_TEXT_P(cstring_to_text(printed));
}

static const SchemeCache *
find_scheme(FunctionCallInfo fcinfo)
{
	SchemeCache *cache = (SchemeCache *) fcinfo->flinfo->fn_extra;
	text *name;
	int length;

	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("the scheme of a reference must not be null")));
	name = PG_GETARG_TEXT_PP(0);
	length = VARSIZE_ANY_EXHDR(name);
	if (cache != NULL && cache->length == length &&
		memcmp(cache->name, VARDATA_ANY(name), length) == 0)
		return cache;
	if (cache == NULL)
	{
		cache = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(SchemeCache));
		fcinfo->flinfo->fn_extra = cache;
	}
	cache->length = -1;
	if (length <= SCHEME_NAME_MAX)
	{
		memcpy(cache->name, VARDATA_ANY(name), length);
		cache->name[length] = '\0';
		cache->scheme = reference_find_scheme(cache->name, &cache->parameter);
	}
	if (length > SCHEME_NAME_MAX || cache->scheme == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("reference scheme \"%s\" does not exist", text_to_cstring(name)),
				 errhint("The schemes are listed in docs/collect.md, for example \"no_kid_mod10\" "
						 "or \"se_ocr_fixed:10,12\".")));
	cache->length = length;
	return cache;
}

static void
require_valid(ReferenceProblem problem, const char *scheme, text *reference)
{
	if (problem == REFERENCE_OK)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_MAILROOM_REFERENCE_INVALID),
			 errmsg("cannot make a reference of scheme \"%s\" from \"%s\"", scheme,
					text_to_cstring(reference)),
			 errdetail("The payload's problem is \"%s\".", reference_problem_name(problem))));
}
