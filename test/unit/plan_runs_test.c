/*
 * plan_runs_test.c: places of letters in runs, and refusals.
 */
#include "core/plan_runs.h"

#include "check.h"

#include <stdlib.h>

static void *blocks[100];
static int block_count;
static int allowed = 100;

static void *
arena_alloc(void *host, size_t size)
{
	(void) host;
	if (block_count >= allowed)
		return NULL;
	return blocks[block_count++] = malloc(size ? size : 1);
}

static void
arena_free(void)
{
	while (block_count > 0)
		free(blocks[--block_count]);
}

static bool
next(PlanRuns *runs, const char *country, const char *postcode, int sheets, int due_days, PlanPlace *place)
{
	return plan_next_place(runs, country, strlen(country), postcode, strlen(postcode), sheets, due_days, place);
}

static bool
add(PlanRuns *runs, int key_no, const char *country, const char *postcode, int sheets, int due_days)
{
	return plan_add_key(runs, key_no, country, strlen(country), postcode, strlen(postcode), sheets, due_days);
}

static void
test_places(const Port *port)
{
	PlanRuns *runs = plan_runs_new(port, 3, 3);
	PlanPlace place;

	CHECK(add(runs, 2, "NO", "0150", 1, 4));
	CHECK(add(runs, 1, "NO", "", 1, 4));
	CHECK(add(runs, 3, "NO", "0150", 2, 4));
	CHECK(plan_add_run(runs, 2, 1, 2));
	CHECK(plan_add_run(runs, 2, 3, 3));
	CHECK(plan_add_run(runs, 3, 1, 1));
	CHECK(next(runs, "NO", "0150", 1, 4, &place) && place.key == 2 && place.run == 0 && place.offset == 0);
	CHECK(next(runs, "NO", "0150", 2, 4, &place) && place.key == 3 && place.run == 2 && place.offset == 0);
	CHECK(next(runs, "NO", "0150", 1, 4, &place) && place.run == 0 && place.offset == 1);
	CHECK(next(runs, "NO", "0150", 1, 4, &place) && place.run == 1 && place.offset == 0);
	/* no place left, no run at all, no such key */
	CHECK(!next(runs, "NO", "0150", 1, 4, &place));
	CHECK(!next(runs, "NO", "", 1, 4, &place));
	CHECK(!next(runs, "NO", "0151", 1, 4, &place));
	CHECK(!next(runs, "NO", "0150", 1, 5, &place));
	CHECK(!next(runs, "N", "O0150", 1, 4, &place));
}

static void
test_refusals(const Port *port)
{
	PlanRuns *runs = plan_runs_new(port, 2, 2);

	CHECK(add(runs, 1, "NO", "1", 1, 1));
	CHECK(!add(runs, 1, "NO", "2", 1, 1));
	CHECK(!add(runs, 2, "NO", "1", 1, 1));
	CHECK(!add(runs, 0, "NO", "3", 1, 1));
	CHECK(!add(runs, 3, "NO", "3", 1, 1));
	CHECK(!plan_add_run(runs, 1, 2, 3));
	CHECK(!plan_add_run(runs, 1, 1, 0));
	CHECK(plan_add_run(runs, 1, 1, 3));
	CHECK(!plan_add_run(runs, 1, 3, 4));
	CHECK(!plan_add_run(runs, 0, 1, 1));
	CHECK(plan_add_run(runs, 1, 4, 4));
	CHECK(!plan_add_run(runs, 1, 5, 5)); /* more than announced */
}

static void
test_many(const Port *port)
{
	enum { KEYS = 20000 };
	PlanRuns *runs = plan_runs_new(port, KEYS, KEYS);
	static char codes[KEYS][16];
	PlanPlace place;
	int wrong = 0;

	for (int i = 0; i < KEYS; i++)
	{
		snprintf(codes[i], sizeof(codes[i]), "%05d", i / 4);
		CHECK(add(runs, i + 1, "SE", codes[i], i % 4, 4));
		CHECK(plan_add_run(runs, i + 1, 1, 1));
	}
	for (int i = KEYS - 1; i >= 0; i--)
		wrong += !next(runs, "SE", codes[i], i % 4, 4, &place) || place.key != i + 1 || place.run != i;
	CHECK(wrong == 0);
}

int
main(void)
{
	Port port = port_malloc;

	port.alloc = arena_alloc;
	test_places(&port);
	arena_free();
	test_refusals(&port);
	arena_free();
	test_many(&port);
	arena_free();
	for (allowed = 0; allowed < 4; allowed++)
	{
		CHECK(plan_runs_new(&port, 10, 10) == NULL);
		arena_free();
	}
	return check_done();
}
