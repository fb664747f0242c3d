/*
 * postage_result.h: the answer of the postage solver as jsonb, and small writers of jsonb.
 */
#ifndef POSTAGE_RESULT_H
#define POSTAGE_RESULT_H

#include "compat.h"
#include "core/postage_solve.h"
#include "utils/jsonb.h"
#include "utils/palloc.h"

/* Core's host for long work: cancelling stops core, other interrupts are served. */
extern Port postage_port(MemoryContext context);

extern void postage_push_key(JsonbInState *state, const char *key);
/* token: WJB_VALUE after a key, WJB_ELEM in an array */
extern void postage_push_text(JsonbInState *state, JsonbIteratorToken token, const char *text);
extern void postage_push_integer(JsonbInState *state, JsonbIteratorToken token, int64 number);
extern void postage_push_number(JsonbInState *state, const char *key, int64 number);
/* Keys of the open object: status, reason, cost, lower_bound, gap. */
extern void postage_push_outcome(JsonbInState *state, const PostageSolution *solution);
/* And plan, certificate. */
extern void postage_push_solution(JsonbInState *state, const PostageProblem *problem,
								  const PostageSolution *solution);

#endif
