/*
 * export.h: what leaves the library.
 *
 * PostgreSQL loads every library into one symbol space and version 15 hides nothing, so we compile
 * with hidden visibility and mark the few entry points by hand: SQL-callable functions through
 * MAILROOM_FUNCTION, worker entry points and _PG_init through PGDLLEXPORT of compat.h.
 */
#ifndef MAILROOM_EXPORT_H
#define MAILROOM_EXPORT_H

#include "compat.h"
#include "fmgr.h"

/* Declares the SQL-callable C function "name" (always mailroom_verb_object) as version 1 and
 * visible. */
#define MAILROOM_FUNCTION(name)                      \
	extern PGDLLEXPORT Datum name(PG_FUNCTION_ARGS); \
	MAILROOM_INFO_V1(name)

#endif
