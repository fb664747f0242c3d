/*
 * postage_solve_test.c: random small problems against brute force over every split of every cell.
 *
 * The problems are nastier than tariffs are: discounts that fall with volume, sets of offers that
 * cross, several schemes on one set.  POSTAGE_RANDOM_PROBLEMS sets how many (default 2500), POSTAGE_SEED
 * where to begin.
 */
#include "arena.h"
#include "check.h"
#include "core/postage_price.h"
#include "core/postage_solve.h"

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

static const char *const offer_names[] = {"A0", "A1", "B0", "B1", "C0"};
static const char *const operator_names[] = {"A", "A", "B", "B", "C"};

static void
add_random_offers(PostageProblem *problem, int offers)
{
	for (int o = 0; o < offers; o++)
	{
		PostageOffer rules = {.min_mailing = random_below(2) ? random_below(6) : 0,
							  .topup = random_below(3) == 0 ? (1 + random_below(9)) * 100000 : 0,
							  .min_bucket = random_below(2) ? random_below(5) : 0,
							  .fixed = random_below(2) ? random_below(9) * 500000 : 0};

		CHECK(postage_add_offer(problem, offer_names[o], operator_names[o], &rules) == PORT_OK);
	}
}

/*
 * The issuers of a common hand-in: an offer that counts each issuer's letters by itself is one
 * offer an issuer, of one joint, and each cell goes to those of its issuer.
 */
static PostageProblem *
random_hand_in(const Port *port)
{
	PostageProblem *problem = postage_problem_new(port);
	int issuers = 2 + (int) random_below(2);
	int joints = 1 + (int) random_below(2);
	int cells = 2 + (int) random_below(4);
	int zones = 1 + (int) random_below(2);
	char id[32];

	for (int j = 0; j < joints; j++)
	{
		PostageOffer rules = {.joint = j == 0 ? "J0" : "J1",
							  .min_mailing = random_below(2) ? random_below(7) : 0,
							  .topup = random_below(3) == 0 ? (1 + random_below(9)) * 100000 : 0,
							  .min_bucket = random_below(4) ? random_below(6) : 0,
							  .fixed = random_below(2) ? random_below(9) * 500000 : 0};

		for (int i = 0; i < issuers; i++)
		{
			snprintf(id, sizeof(id), "J%d@%d", j, i);
			CHECK(postage_add_offer(problem, id, j == 0 ? "A" : "B", &rules) == PORT_OK);
		}
	}
	CHECK(postage_add_offer(problem, "C0", "C", &(PostageOffer){.min_bucket = random_below(4)}) == PORT_OK);
	CHECK(postage_add_offer(problem, "N", "N", &(PostageOffer){0}) == PORT_OK);
	for (int c = 0; c < cells; c++)
		CHECK(postage_add_cell(problem, c, random_below(zones), random_below(6)) == PORT_OK);
	CHECK(postage_index_cells(problem) == PORT_OK);
	for (int c = 0; c < cells; c++)
	{
		int issuer = (int) random_below(issuers);

		for (int j = 0; j < joints; j++)
		{
			snprintf(id, sizeof(id), "J%d@%d", j, issuer);
			if (random_below(8))
				CHECK(postage_add_arc(problem, c, id, (50 + random_below(60)) * 10000) == PORT_OK);
		}
		if (random_below(2))
			CHECK(postage_add_arc(problem, c, "C0", (50 + random_below(60)) * 10000) == PORT_OK);
		if (random_below(6))
			CHECK(postage_add_arc(problem, c, "N", (70 + random_below(40)) * 10000) == PORT_OK);
	}
	for (int i = 0; i < issuers; i++)
	{
		bool incremental = random_below(4) == 0;
		int64_t from = 0;

		CHECK(postage_add_group(problem, "own", incremental, random_below(4), random_below(2) * 10000000) == PORT_OK);
		for (int j = 0; j < joints; j++)
		{
			snprintf(id, sizeof(id), "J%d@%d", j, i);
			if (j == 0 || random_below(2))
				CHECK(postage_add_group_offer(problem, id) == PORT_OK);
		}
		for (int k = 0; k < 3; k++)
		{
			CHECK(postage_add_group_tier(problem, from, incremental ? k * 40000 : k * (5 + random_below(12)) * 100) == PORT_OK);
			from += 1 + random_below(6);
		}
	}
	if (random_below(2))
	{
		CHECK(postage_add_group(problem, "all", false, 0, 0) == PORT_OK);
		for (int i = 0; i < issuers; i++)
		{
			snprintf(id, sizeof(id), "J0@%d", i);
			CHECK(postage_add_group_offer(problem, id) == PORT_OK);
		}
		CHECK(postage_add_group_tier(problem, 0, 0) == PORT_OK);
		CHECK(postage_add_group_tier(problem, 1 + random_below(9), random_below(15) * 100) == PORT_OK);
	}
	if (random_below(4) == 0)
		CHECK(postage_add_cap(problem, "A", 2 + random_below(12)) == PORT_OK);
	if (random_below(4) == 0)
		CHECK(postage_add_commit(problem, "A", random_below(4), random_below(12), random_below(20) * 100000) == PORT_OK);
	CHECK(postage_problem_finish(problem) == PORT_OK);
	return problem;
}

static void
add_random_cells(PostageProblem *problem, int cells, int zones, int offers)
{
	for (int c = 0; c < cells; c++)
		CHECK(postage_add_cell(problem, 100 + c, random_below(zones), random_below(5)) == PORT_OK);
	CHECK(postage_index_cells(problem) == PORT_OK);
	for (int o = 0; o < offers; o++)
		for (int c = 0; c < cells; c++)
			if (random_below(4) != 0 || o == 0)
				CHECK(postage_add_arc(problem, 100 + c, offer_names[o], (50 + random_below(80)) * 10000) == PORT_OK);
}

static void
add_random_groups(PostageProblem *problem, int offers)
{
	int groups = (int) random_below(4);

	for (int g = 0; g < groups; g++)
	{
		bool incremental = random_below(3) == 0;
		int64_t from = 0;
		int tiers = 1 + (int) random_below(3);
		int members = 0;

		CHECK(postage_add_group(problem, "g", incremental, random_below(5), random_below(3) * 10000000) == PORT_OK);
		for (int o = 0; o < offers; o++)
			if (random_below(2))
			{
				CHECK(postage_add_group_offer(problem, offer_names[o]) == PORT_OK);
				members++;
			}
		for (int k = 0; k < tiers; k++)
		{
			int64_t discount = incremental ? (random_below(10) - 2) * 30000 : (random_below(12) - 1) * 100;

			CHECK(postage_add_group_tier(problem, from, discount) == PORT_OK);
			from += 1 + random_below(7);
		}
	}
}

static PostageProblem *
random_problem(const Port *port)
{
	PostageProblem *problem = postage_problem_new(port);
	int offers = 2 + (int) random_below(4);
	int zones = 1 + (int) random_below(3);

	add_random_offers(problem, offers);
	add_random_cells(problem, 1 + (int) random_below(4), zones, offers);
	add_random_groups(problem, offers);
	if (random_below(2))
		CHECK(postage_add_commit(problem, operator_names[random_below(5)], random_below(4), random_below(12),
								 random_below(20) * 100000) == PORT_OK);
	if (random_below(3) == 0)
		CHECK(postage_add_cap(problem, operator_names[random_below(5)], random_below(10)) == PORT_OK);
	if (random_below(4) == 0)
	{
		int64_t least = random_below(2) * random_below(6000);

		CHECK(postage_add_share(problem, "s", least, least + random_below(10001 - least)) == PORT_OK);
		CHECK(postage_add_share_offer(problem, offer_names[random_below(offers)]) == PORT_OK);
		CHECK(postage_add_share_offer(problem, offer_names[random_below(offers)]) == PORT_OK);
	}
	if (random_below(3) == 0)
	{
		int64_t least = random_below(7);

		CHECK(postage_add_limit(problem, least, least + random_below(12)) == PORT_OK);
		CHECK(postage_add_limit_offer(problem, offer_names[random_below(offers)]) == PORT_OK);
		CHECK(postage_add_limit_offer(problem, offer_names[random_below(offers)]) == PORT_OK);
	}
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
	if (c->arc_count == 0 && left > 0)
		return; /* nobody carries it */
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

/* The least bound of the leaves, evaluated once more. */
static int64_t
leaves_bound(const PostageProblem *problem, const PostageSolution *solution)
{
	bool any = false;
	PostageWide least = 0;

	for (int n = 0; n < solution->node_count; n++)
	{
		const PostageNode *node = &solution->nodes[n];
		PostageWide value;
		bool impossible = false;

		if (node->kind != POSTAGE_NODE_LEAF && node->kind != POSTAGE_NODE_OPEN)
			continue;
		postage_enter_node(solution, n);
		if (solution->relax->empty)
			continue;
		postage_relax_set_multipliers(solution->relax, node->multipliers);
		value = postage_relax_volumes(solution->relax, node->multipliers);
		for (int z = 0; z < problem->zone_count; z++)
		{
			PostageZoneAnswer answer;

			postage_zone_solve(solution->relax->zones, z, &solution->relax->weights,
							   solution->relax->zone_open[z] & solution->relax->open,
							   solution->relax->zone_forced[z], &answer, NULL);
			impossible = impossible || answer.impossible;
			value += answer.impossible ? 0 : answer.value;
		}
		if (!impossible && (!any || value < least))
		{
			least = value;
			any = true;
		}
	}
	return any ? postage_round_bound(problem, least) : INT64_MAX;
}

static int weaker; /* hand-ins whose proof ended with a gap */

static void
check_problem(const PostageProblem *problem, uint64_t seed, int *feasible)
{
	int64_t *counts = calloc(problem->arc_count + 1, sizeof(int64_t));
	PostageOptions options = {0};
	PostageSolution solution;
	PostagePrice best = {.feasible = false};
	PostagePrice price;
	int64_t tried = 0;
	int before = check_failures;

	try_splits(problem, 0, 0, problem->cell_count > 0 ? problem->cells[0].count : 0, counts, &best, &tried);
	CHECK(postage_solve(problem, &options, &solution) == PORT_OK);
	if (best.feasible)
	{
		(*feasible)++;
		if (problem->joint_offers != 0 && solution.status == POSTAGE_FEASIBLE)
		{
			weaker++;
			CHECK(solution.lower_bound <= best.cost && best.cost <= solution.cost);
			printf("# seed %" PRIu64 ": bound %" PRId64 ", best %" PRId64 ", found %" PRId64 "\n", seed, solution.lower_bound, best.cost, solution.cost);
		}
		else
		{
			CHECK(solution.status == POSTAGE_OPTIMAL);
			CHECK(solution.counts != NULL && solution.cost == best.cost);
			CHECK(solution.lower_bound == best.cost);
		}
		CHECK(leaves_bound(problem, &solution) >= solution.lower_bound);
		if (solution.counts != NULL)
		{
			postage_price_plan(problem, solution.counts, &price);
			CHECK(price.feasible && price.cost == solution.cost);
		}
	}
	else
		CHECK(solution.status == POSTAGE_INFEASIBLE && solution.proved && solution.reason[0] != '\0');
	if (check_failures != before)
		printf("# seed %" PRIu64 ": brute force %s %" PRId64 ", solver status %d cost %" PRId64 " bound %" PRId64 " (%s)\n",
			   seed, best.feasible ? "cost" : "none", best.cost, (int) solution.status, solution.cost,
			   solution.lower_bound, solution.reason);
	free(counts);
}

/* Stopping early leaves a true bound and a plan that keeps to the rules. */
static void
check_stopped(const PostageProblem *problem)
{
	PostageOptions options = {.node_limit = 1};
	PostageSolution full;
	PostageSolution stopped;
	PostagePrice price;

	CHECK(postage_solve(problem, &(PostageOptions){0}, &full) == PORT_OK);
	CHECK(postage_solve(problem, &options, &stopped) == PORT_OK);
	if (full.counts == NULL || stopped.counts == NULL)
		return;
	CHECK(stopped.lower_bound <= full.cost && full.cost <= stopped.cost);
	CHECK(leaves_bound(problem, &stopped) >= stopped.lower_bound);
	postage_price_plan(problem, stopped.counts, &price);
	CHECK(price.feasible && price.cost == stopped.cost);
	options = (PostageOptions){.warm_counts = full.counts, .node_limit = 1};
	CHECK(postage_solve(problem, &options, &stopped) == PORT_OK);
	CHECK(stopped.cost == full.cost);
}

static void
test_random_problems(void)
{
	const char *wanted = getenv("POSTAGE_RANDOM_PROBLEMS");
	const char *first = getenv("POSTAGE_SEED");
	int problems = wanted ? atoi(wanted) : 2500;
	uint64_t seed = first ? strtoull(first, NULL, 10) : 1;
	int done = 0;
	int feasible = 0;

	for (; done < problems; seed++)
	{
		Arena arena = {0};
		Port port = ARENA_PORT(&arena);
		PostageProblem *problem;

		random_state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
		for (int i = 0; i < 8; i++)
			random_below(2);
		problem = random_problem(&port);
		if (count_splits(problem) <= 8000)
		{
			check_problem(problem, seed, &feasible);
			if (done % 5 == 0)
				check_stopped(problem);
			done++;
		}
		arena_free(&arena);
	}
	printf("# %d random problems, %d of them with a plan\n", done, feasible);
	CHECK(feasible > problems / 3);
}

/* One way among several in which an offer can carry nothing, or nothing but little. */
static void
close_offer(PostageOffer *rules, int way)
{
	if (way == 1)
		rules->min_mailing = 1000;
	if (way == 2)
		rules->min_bucket = 1000;
	if (way == 3)
	{
		rules->min_mailing = 1000;
		rules->topup = 10000;
		rules->fixed = 1000000;
	}
}

/*
 * Problems with something missing: offers, cells, letters, prices, or offers that a condition
 * closes (minimum, bundle, cap, share), down to the problem with nothing in it.
 */
static PostageProblem *
bare_problem(const Port *port)
{
	PostageProblem *problem = postage_problem_new(port);
	int offers = (int) random_below(4);
	int cells = (int) random_below(4);
	bool no_letters = random_below(3) == 0;
	bool no_prices = random_below(4) == 0;

	for (int o = 0; o < offers; o++)
	{
		PostageOffer rules = {.fixed = random_below(2) * 500000};

		close_offer(&rules, (int) random_below(6));
		CHECK(postage_add_offer(problem, offer_names[o], operator_names[o], &rules) == PORT_OK);
	}
	for (int c = 0; c < cells; c++)
		CHECK(postage_add_cell(problem, c, random_below(2), no_letters ? 0 : random_below(4)) == PORT_OK);
	CHECK(postage_index_cells(problem) == PORT_OK);
	for (int o = 0; o < offers && !no_prices; o++)
		for (int c = 0; c < cells; c++)
			if (random_below(3) != 0)
				CHECK(postage_add_arc(problem, c, offer_names[o], random_below(3) * 1000000) == PORT_OK);
	if (random_below(2))
		add_random_groups(problem, offers);
	if (random_below(3) == 0)
		CHECK(postage_add_cap(problem, "A", random_below(2)) == PORT_OK);
	if (random_below(3) == 0)
		CHECK(postage_add_commit(problem, operator_names[random_below(5)], 0, random_below(5), 700000) == PORT_OK);
	if (offers > 0 && random_below(3) == 0)
	{
		CHECK(postage_add_share(problem, "s", random_below(2) * 10000, 10000) == PORT_OK);
		CHECK(postage_add_share_offer(problem, offer_names[random_below(offers)]) == PORT_OK);
	}
	CHECK(postage_problem_finish(problem) == PORT_OK);
	return problem;
}

static void
test_bare_problems(void)
{
	int feasible = 0;

	for (uint64_t seed = 1; seed <= 3000; seed++)
	{
		Arena arena = {0};
		Port port = ARENA_PORT(&arena);
		PostageProblem *problem;

		random_state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
		for (int i = 0; i < 8; i++)
			random_below(2);
		problem = bare_problem(&port);
		check_problem(problem, seed, &feasible);
		check_stopped(problem);
		arena_free(&arena);
	}
	printf("# 3000 bare problems, %d of them with a plan\n", feasible);
	CHECK(feasible > 500 && feasible < 2500);
}

static void
test_random_hand_ins(void)
{
	const char *wanted = getenv("POSTAGE_RANDOM_HAND_INS");
	const char *first = getenv("POSTAGE_SEED");
	int problems = wanted ? atoi(wanted) : 1000;
	uint64_t seed = first ? strtoull(first, NULL, 10) : 1;
	int done = 0;
	int feasible = 0;

	for (; done < problems; seed++)
	{
		Arena arena = {0};
		Port port = ARENA_PORT(&arena);
		PostageProblem *problem;

		random_state = seed * UINT64_C(0x9E3779B97F4A7C15) + 99;
		for (int i = 0; i < 8; i++)
			random_below(2);
		problem = random_hand_in(&port);
		if (count_splits(problem) <= 8000)
		{
			check_problem(problem, seed, &feasible);
			if (done % 5 == 0)
				check_stopped(problem);
			done++;
		}
		arena_free(&arena);
	}
	printf("# %d random hand-ins, %d of them with a plan, %d with a gap\n", done, feasible, weaker);
	CHECK(feasible > problems / 3);
}

/* Wherever memory runs out, the solver says so and nothing else. */
static void
test_no_memory(void)
{
	PortStatus status = PORT_NO_MEMORY;

	for (size_t limit = 1; limit < 3000 && status == PORT_NO_MEMORY; limit++)
	{
		long left = -1;
		Arena arena = {.allowed = &left};
		Port port = ARENA_PORT(&arena);
		PostageProblem *problem;
		PostageSolution solution;

		random_state = 77;
		problem = random_problem(&port);
		left = (long) limit;
		status = postage_solve(problem, &(PostageOptions){0}, &solution);
		CHECK(status == PORT_OK || status == PORT_NO_MEMORY);
		arena_free(&arena);
	}
	CHECK(status == PORT_OK);
}

static int calls_left;

static bool
interrupted_later(void *host)
{
	(void) host;
	return calls_left-- <= 0;
}

/* Whenever the host asks to stop, the solver stops, and its memory is the arena's as ever. */
static void
test_interrupts(void)
{
	PortStatus status = PORT_INTERRUPTED;
	int stopped = 0;

	for (int calls = 0; calls < 100000 && status == PORT_INTERRUPTED; calls += 1 + calls / 8)
	{
		Arena arena = {0};
		Port port = {&arena, arena_alloc, arena_resize, arena_release, interrupted_later};
		PostageSolution solution;

		PostageProblem *problem;

		random_state = 77;
		calls_left = 1000000;
		problem = random_problem(&port);
		calls_left = calls;
		status = postage_solve(problem, &(PostageOptions){0}, &solution);
		stopped += status == PORT_INTERRUPTED;
		arena_free(&arena);
	}
	CHECK(status == PORT_OK && stopped > 3);
}

static void
test_refusals(void)
{
	Arena arena = {0};
	Port port = ARENA_PORT(&arena);
	PostageProblem *problem = postage_problem_new(&port);
	PostageOffer rules = {.min_mailing = -1};

	CHECK(postage_add_offer(problem, "A", "A", &rules) == PORT_INVALID);
	CHECK_TEXT(problem->fault.message, "offers[0].min_mailing is -1, outside 0 to 1000000000");
	problem = postage_problem_new(&port);
	rules.min_mailing = 0;
	CHECK(postage_add_offer(problem, "A", "A", &rules) == PORT_OK);
	CHECK(postage_add_cell(problem, 1, 1, 10) == PORT_OK);
	CHECK(postage_add_cell(problem, 1, 2, 10) == PORT_OK);
	CHECK(postage_index_cells(problem) == PORT_INVALID);
	CHECK_TEXT(problem->fault.message, "cells[1].id 1 comes twice");
	problem = postage_problem_new(&port);
	CHECK(postage_add_offer(problem, "A", "A", &rules) == PORT_OK);
	CHECK(postage_add_cell(problem, 1, 1, 10) == PORT_OK);
	CHECK(postage_index_cells(problem) == PORT_OK);
	CHECK(postage_add_arc(problem, 1, "A", 123) == PORT_OK);
	CHECK(postage_add_group(problem, "g", false, 0, 0) == PORT_OK);
	CHECK(postage_add_group_offer(problem, "A") == PORT_OK);
	CHECK(postage_add_group_tier(problem, 0, 1) == PORT_OK);
	CHECK(postage_add_group_tier(problem, 0, 2) == PORT_INVALID);
	problem->fault.status = PORT_OK;
	CHECK(postage_problem_finish(problem) == PORT_INVALID);
	CHECK_TEXT(problem->fault.rule, "POSTAGE-FRACTION");
	problem = postage_problem_new(&port);
	problem->most_bytes = 1000;
	CHECK(postage_add_offer(problem, "A", "A", &rules) == PORT_OK);
	for (int c = 0; c < 20; c++)
		CHECK(postage_add_cell(problem, c, c, 1) == PORT_OK);
	CHECK(postage_index_cells(problem) == PORT_OK);
	CHECK(postage_add_arc(problem, 1, "A", 10000) == PORT_OK);
	CHECK(postage_problem_finish(problem) == PORT_INVALID);
	CHECK_TEXT(problem->fault.rule, "POSTAGE-SIZE");
	CHECK_TEXT(problem->fault.message, "20 cells in 20 zones with 1 prices would take about 1 MB, more than 0");
	arena_free(&arena);
}

int
main(void)
{
	test_refusals();
	test_random_problems();
	test_random_hand_ins();
	test_bare_problems();
	test_no_memory();
	test_interrupts();
	return check_done();
}
