/*
 * postage_order_test.c: offers priced by the average weight of their order, and least prices of orders,
 * on random small problems against brute force over every split of every cell.
 *
 * The bound may stay below the optimum there; the plan has to be priced exactly and within the proof.
 * POSTAGE_RANDOM_PROBLEMS sets how many (default 1200), POSTAGE_SEED where to begin.
 */
#include "arena.h"
#include "check.h"
#include "core/postage_order.h"
#include "core/postage_price.h"

#include <inttypes.h>
#include <stdlib.h>

static uint64_t random_state;

static int64_t
random_below(int64_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (int64_t) ((random_state >> 11) % (uint64_t) limit);
}

static const int weights[] = {10, 20, 35, 60, 120, 400};

/* An order of up to three ranges of the average, dearer and dearer as a rule. */
static int
add_order(PostageProblem *problem, const char *const *names, const char *order)
{
	int ranges = 1 + (int) random_below(3);
	int64_t above = 0;
	PostageOffer rules = {.min_mailing = random_below(3) == 0 ? random_below(5) : 0,
						  .topup = random_below(2) ? 300000 : 0,
						  .min_bucket = random_below(4) == 0 ? random_below(4) : 0,
						  .fixed = random_below(3) == 0 ? random_below(9) * 500000 : 0,
						  .min_order = random_below(3) == 0 ? random_below(12) * 500000 : 0,
						  .order = order};

	for (int r = 0; r < ranges; r++)
	{
		rules.above = above;
		above += 10 + random_below(60);
		rules.upto = r + 1 < ranges ? above : random_below(4) == 0 ? above : 0;
		CHECK(postage_add_offer(problem, names[r], "A", &rules) == PORT_OK);
	}
	return ranges;
}

static void
add_arcs(PostageProblem *problem, int cells, const int *heavy, const char *const *names, int ranges)
{
	int64_t item = 20 + random_below(60);
	int64_t rate = random_below(3) == 0 ? 0 : random_below(10); /* by ten units of weight */

	for (int r = 0; r < ranges; r++)
	{
		for (int c = 0; c < cells; c++)
			CHECK(postage_add_arc(problem, 100 + c, names[r], (item + rate * heavy[c] / 10) * 10000) == PORT_OK);
		item += random_below(40) - 5;
	}
}

static PostageProblem *
random_problem(const Port *port)
{
	static const char *const first[] = {"A1", "A2", "A3"};
	static const char *const second[] = {"B1", "B2", "B3"};
	PostageProblem *problem = postage_problem_new(port);
	PostageOffer rules = {.min_order = random_below(2) ? random_below(20) * 500000 : 0,
						  .fixed = random_below(3) == 0 ? 1000000 : 0};
	int ranges = add_order(problem, first, "A");
	int others = random_below(3) == 0 ? add_order(problem, second, "B") : 0;
	int cells = 1 + (int) random_below(4);
	int heavy[4];

	CHECK(postage_add_offer(problem, "C", "C", &rules) == PORT_OK);
	for (int c = 0; c < cells; c++)
	{
		heavy[c] = weights[random_below(6)];
		CHECK(postage_add_cell(problem, 100 + c, random_below(2), random_below(6)) == PORT_OK);
		CHECK(postage_set_weight(problem, heavy[c]) == PORT_OK);
	}
	CHECK(postage_index_cells(problem) == PORT_OK);
	add_arcs(problem, cells, heavy, first, ranges);
	add_arcs(problem, cells, heavy, second, others);
	for (int c = 0; c < cells; c++)
		if (random_below(6) != 0)
			CHECK(postage_add_arc(problem, 100 + c, "C", (30 + random_below(20) + heavy[c] / 4) * 10000) == PORT_OK);
	if (random_below(2))
	{
		CHECK(postage_add_group(problem, "g", false, 0, 0) == PORT_OK);
		for (int r = 0; r < ranges; r++)
			CHECK(postage_add_group_offer(problem, first[r]) == PORT_OK);
		if (random_below(2))
			CHECK(postage_add_group_offer(problem, "C") == PORT_OK);
		CHECK(postage_add_group_tier(problem, 0, random_below(3) * 100) == PORT_OK);
		CHECK(postage_add_group_tier(problem, 1 + random_below(9), random_below(30) * 137) == PORT_OK);
	}
	if (random_below(4) == 0)
		CHECK(postage_add_cap(problem, "A", random_below(12)) == PORT_OK);
	CHECK(postage_problem_finish(problem) == PORT_OK);
	return problem;
}

/* Every split of the cells from "cell" on; the least cost lands in best. */
static void
try_splits(const PostageProblem *problem, int cell, int arc_of_cell, int64_t left, int64_t *counts,
		   PostagePrice *best, int64_t *tried)
{
	const PostageCell *c;

	if (cell == problem->cell_count)
	{
		PostagePrice price;

		(*tried)++;
		postage_price_plan(problem, counts, &price);
		if (price.feasible && (!best->feasible || price.cost < best->cost))
			*best = price;
		return;
	}
	c = &problem->cells[cell];
	if (arc_of_cell >= c->arc_count - 1)
	{
		int64_t next = cell + 1 < problem->cell_count ? problem->cells[cell + 1].count : 0;

		if (c->arc_count > 0)
			counts[c->first_arc + arc_of_cell] = left;
		try_splits(problem, cell + 1, 0, next, counts, best, tried);
		return;
	}
	for (int64_t n = 0; n <= left; n++)
	{
		counts[c->first_arc + arc_of_cell] = n;
		try_splits(problem, cell, arc_of_cell + 1, left - n, counts, best, tried);
	}
}

static int64_t
count_splits(const PostageProblem *problem)
{
	int64_t product = 1;

	for (int c = 0; c < problem->cell_count; c++)
	{
		int64_t ways = 1;

		for (int k = 1; k < problem->cells[c].arc_count; k++)
			ways = ways * (problem->cells[c].count + k) / k;
		product *= ways;
	}
	return product;
}

typedef struct Tally
{
	int done, feasible, best, proven;
	double gap;
} Tally;

static void
check_problem(const PostageProblem *problem, uint64_t seed, Tally *tally)
{
	int64_t *counts = calloc(problem->arc_count + 1, sizeof(int64_t));
	PostageSolution solution;
	PostagePrice best = {.feasible = false};
	PostagePrice price;
	int64_t tried = 0;
	int before = check_failures;

	try_splits(problem, 0, 0, problem->cells[0].count, counts, &best, &tried);
	CHECK(postage_solve(problem, &(PostageOptions){0}, &solution) == PORT_OK);
	tally->done++;
	if (best.feasible)
	{
		tally->feasible++;
		if (solution.counts != NULL)
		{
			postage_price_plan(problem, solution.counts, &price);
			CHECK(price.feasible && price.cost == solution.cost);
			CHECK(solution.lower_bound <= best.cost && best.cost <= solution.cost);
			tally->best += solution.cost == best.cost;
			tally->proven += solution.status == POSTAGE_OPTIMAL;
			CHECK((solution.status == POSTAGE_OPTIMAL) == (solution.cost == solution.lower_bound));
			if (best.cost > 0)
				tally->gap += (double) (solution.cost - solution.lower_bound) / (double) best.cost;
		}
		else
			CHECK(!solution.proved);
	}
	else
		CHECK(solution.status == POSTAGE_INFEASIBLE && solution.counts == NULL);
	if (check_failures != before || (getenv("POSTAGE_VERBOSE") && best.feasible && solution.cost != best.cost))
		printf("# seed %" PRIu64 ": brute force %s %" PRId64 ", solver status %d cost %" PRId64 " bound %" PRId64 " (%s)\n",
			   seed, best.feasible ? "cost" : "none", best.cost, (int) solution.status, solution.cost,
			   solution.lower_bound, solution.reason);
	free(counts);
}

static void
test_random_problems(void)
{
	const char *wanted = getenv("POSTAGE_RANDOM_PROBLEMS");
	const char *first = getenv("POSTAGE_SEED");
	int problems = wanted ? atoi(wanted) : 1200;
	uint64_t seed = first ? strtoull(first, NULL, 10) : 1;
	Tally tally = {0};

	for (int tries = 0; tally.done < problems && tries < problems * 20; tries++, seed++)
	{
		Arena arena = {0};
		Port port = ARENA_PORT(&arena);
		PostageProblem *problem;

		random_state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
		for (int i = 0; i < 8; i++)
			random_below(2);
		problem = random_problem(&port);
		if (count_splits(problem) <= 8000)
			check_problem(problem, seed, &tally);
		arena_free(&arena);
	}
	printf("# %d random problems, %d of them with a plan, %d with the best, %d proven, mean gap %.5f\n", tally.done,
		   tally.feasible, tally.best, tally.proven, tally.gap / tally.feasible);
	CHECK(tally.feasible > problems / 3);
	CHECK(tally.best >= tally.feasible * 97 / 100);
}

/* Wherever memory runs out, the solver says so and nothing else. */
static void
test_no_memory(void)
{
	PortStatus status = PORT_NO_MEMORY;

	for (size_t limit = 1; limit < 40000 && status == PORT_NO_MEMORY; limit += 1 + limit / 16)
	{
		long left = -1;
		Arena arena = {.allowed = &left};
		Port port = ARENA_PORT(&arena);
		PostageProblem *problem;
		PostageSolution solution;

		random_state = 78;
		problem = random_problem(&port);
		left = (long) limit;
		status = postage_solve(problem, &(PostageOptions){0}, &solution);
		CHECK(status == PORT_OK || status == PORT_NO_MEMORY);
		arena_free(&arena);
	}
	CHECK(status == PORT_OK);
}

int
main(void)
{
	test_random_problems();
	test_no_memory();
	return check_done();
}
