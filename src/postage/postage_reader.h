/*
 * postage_reader.h: a postage problem, its options and plans out of jsonb.
 *
 * Whatever is malformed raises MR013 with its place, such as arcs[17].price.
 */
#ifndef POSTAGE_READER_H
#define POSTAGE_READER_H

#include "core/postage_solve.h"
#include "utils/jsonb.h"

extern PostageProblem *postage_read_problem(Jsonb *input, const Port *port);

/* Returns the time limit in milliseconds, 0 for none; the clock is the caller's to set. */
extern int64 postage_read_options(Jsonb *input, const PostageProblem *problem,
								  PostageOptions *options);

#endif
