/*
 * plan_runs.h: takes a plan back from groups of equal letters to the letters themselves.
 *
 * A key is a destination, a number of sheets and a due day; the plan gives its letters in runs: the
 * first so many to one offer, the next to another.  Letters are asked for one by one, in order, and
 * each gets the next place of its key.  Memory grows with keys and runs, not with letters.
 *
 * Fill with all keys, then all runs (by key and rising ranks), then ask.
 */
#ifndef CORE_PLAN_RUNS_H
#define CORE_PLAN_RUNS_H

#include "core/port.h"

typedef struct PlanRuns PlanRuns;

typedef struct PlanPlace
{
	int key;		/* as given to plan_add_key */
	int run;		/* as given to plan_add_run */
	int64_t offset; /* letters of the run before this one */
} PlanPlace;

/* NULL when there is no memory.  Texts are not copied: they must outlive the runs. */
extern PlanRuns *plan_runs_new(const Port *port, int key_count, int run_count);

/* key_no is 1 to key_count, each once; false when it is not, or when the same key came before. */
extern bool plan_add_key(PlanRuns *runs, int key_no, const char *country, size_t country_length,
						 const char *postcode, size_t postcode_length, int sheets, int due_days);

/* Ranks count from 1 within the key; false when they do not follow the key's last run. */
extern bool plan_add_run(PlanRuns *runs, int key_no, int64_t first_rank, int64_t last_rank);

/* The next letter of its key; false when there is no such key or all its places are taken. */
extern bool plan_next_place(PlanRuns *runs, const char *country, size_t country_length,
							const char *postcode, size_t postcode_length, int sheets, int due_days,
							PlanPlace *place);

#endif
