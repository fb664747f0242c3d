/*
 * compat.h: the only file that tests PG_VERSION_NUM.
 *
 * Each entry offers the newest server's name on all servers and says which release changed it.
 * Include it after postgres.h.
 */
#ifndef MAILROOM_COMPAT_H
#define MAILROOM_COMPAT_H

#include "fmgr.h"

/*
 * 16: PGDLLEXPORT became default visibility and PG_FUNCTION_INFO_V1 uses it.  On 15 the macro's
 * own declaration would hide the function again, so we spell the info function out.
 */
#if PG_VERSION_NUM < 160000
#undef PGDLLEXPORT
#define PGDLLEXPORT __attribute__((visibility("default")))
#endif

#define MAILROOM_INFO_V1(name)                                                  \
	extern PGDLLEXPORT const Pg_finfo_record *CppConcat(pg_finfo_, name)(void); \
	const Pg_finfo_record *CppConcat(pg_finfo_, name)(void)                     \
	{                                                                           \
		static const Pg_finfo_record my_finfo = {1};                            \
		return &my_finfo;                                                       \
	}                                                                           \
	extern int no_such_variable

/* 16: varlena macros moved to varatt.h */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* 16: a flag for BRIN; 19: flags as bits, other order.  For new rows without speculation. */
#if PG_VERSION_NUM >= 190000
#define insert_index_tuples(target, estate, slot) \
	ExecInsertIndexTuples(target, estate, 0, slot, NIL, NULL)
#elif PG_VERSION_NUM >= 160000
#define insert_index_tuples(target, estate, slot) \
	ExecInsertIndexTuples(target, slot, estate, false, false, NULL, NIL, false)
#else
#define insert_index_tuples(target, estate, slot) \
	ExecInsertIndexTuples(target, slot, estate, false, false, NULL, NIL)
#endif

/* 18: pg_noreturn, written before everything else, replaced pg_attribute_noreturn() */
#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

/* 18: index_beginscan has a place for its counters; 19: and flags */
#if PG_VERSION_NUM >= 190000
#define index_scan_begin(table, index, snapshot, keys) \
	index_beginscan(table, index, snapshot, NULL, keys, 0, SO_NONE)
#elif PG_VERSION_NUM >= 180000
#define index_scan_begin(table, index, snapshot, keys) \
	index_beginscan(table, index, snapshot, NULL, keys, 0)
#else
#define index_scan_begin(table, index, snapshot, keys) \
	index_beginscan(table, index, snapshot, keys, 0)
#endif

/* 19: errors of numeric functions go to an ErrorSaveContext; we offer only "raise", NULL */
#if PG_VERSION_NUM < 190000
#define numeric_div_safe(dividend, divisor, escontext) \
	numeric_div_opt_error(dividend, divisor, escontext)
#endif

/* 19: pushJsonbValue takes a zeroed JsonbInState and leaves the finished value in its result */
#if PG_VERSION_NUM < 190000
#include "utils/jsonb.h"

typedef struct JsonbInState
{
	JsonbValue *result;
	JsonbParseState *parseState;
} JsonbInState;

static inline void
push_jsonb_value(JsonbInState *state, JsonbIteratorToken token, JsonbValue *value)
{
	state->result = pushJsonbValue(&state->parseState, token, value);
}
#define pushJsonbValue push_jsonb_value
#endif

#endif
