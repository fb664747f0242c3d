/*
 * postage_core.c: the postage solver alone, without a server: CPU seconds, memory, cost and bound.
 *
 * usage: postage_core [-t SECONDS] [-g GAP] [-n NODES] [-p PLAN.csv] [-z ZONES] ROWS ...
 * ROWS is what test/lib/postage_rows.py writes.  Prints a line for each file: file, letters, cells, arcs, status,
 * cost, bound, gap, nodes, CPU seconds of the solver, MB it asked for, longest stretch without a look at the
 * interrupt flag (ms).  -z makes a problem of so many zones instead of reading one: one cell each, a national offer
 * and a city offer with a minimum, tiers and, for every third zone, bundles that can be filled.  -p writes the plan of the last file as cell,offer,count.
 */
#include "core/postage_price.h"
#include "core/postage_solve.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct Block
{
	struct Block *next, *before;
	size_t size;
} __attribute__((aligned(16))) Block;

static Block blocks = {&blocks, &blocks, 0};
static size_t bytes, most_bytes;
static double last_look, longest_look;
static double deadline;

static double
cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static void *
counted_alloc(void *host, size_t size)
{
	Block *block = malloc(sizeof(Block) + size);

	(void) host;
	if (block == NULL)
		return NULL;
	*block = (Block){blocks.next, &blocks, size};
	blocks.next->before = block;
	blocks.next = block;
	bytes += size;
	if (bytes > most_bytes)
		most_bytes = bytes;
	return block + 1;
}

static void
counted_release(void *host, void *memory)
{
	Block *block = (Block *) memory - 1;

	(void) host;
	if (memory == NULL)
		return;
	block->next->before = block->before;
	block->before->next = block->next;
	bytes -= block->size;
	free(block);
}

static void *
counted_resize(void *host, void *old, size_t old_size, size_t size)
{
	Block *block = (Block *) old - 1;

	(void) old_size;
	if (old == NULL)
		return counted_alloc(host, size);
	block = realloc(block, sizeof(Block) + size);
	if (block == NULL)
		return NULL;
	block->next->before = block->before->next = block; /* it may have moved */
	bytes += size - block->size;
	block->size = size;
	if (bytes > most_bytes)
		most_bytes = bytes;
	return block + 1;
}

static bool
timed_interrupted(void *host)
{
	double now = cpu_seconds();

	(void) host;
	if (now - last_look > longest_look)
		longest_look = now - last_look;
	last_look = now;
	return false;
}

static bool
time_is_up(void *clock, bool has_plan)
{
	(void) clock;
	return has_plan && cpu_seconds() > deadline;
}

static void
must(PostageProblem *problem, PortStatus status)
{
	if (status == PORT_OK)
		return;
	fprintf(stderr, "%s: %s\n", problem->fault.rule, problem->fault.message);
	exit(2);
}

static void
read_row(PostageProblem *problem, const char *line)
{
	char a[64], b[64];
	int64_t n[4] = {0};
	PostageOffer offer = {0};

	if (sscanf(line, "arc %" SCNd64 " %63s %" SCNd64, &n[0], a, &n[1]) == 3)
		must(problem, postage_add_arc(problem, n[0], a, n[1]));
	else if (sscanf(line, "cell %" SCNd64 " %" SCNd64 " %" SCNd64, &n[0], &n[1], &n[2]) == 3)
		must(problem, postage_add_cell(problem, n[0], n[1], n[2]));
	else if (strcmp(line, "index\n") == 0)
		must(problem, postage_index_cells(problem));
	else if (sscanf(line, "offer %63s %63s %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64, a, b, &offer.min_mailing,
					&offer.topup, &offer.min_bucket, &offer.fixed) == 6)
		must(problem, postage_add_offer(problem, a, b, &offer));
	else if (sscanf(line, "group %63s %63s %" SCNd64 " %" SCNd64, a, b, &n[0], &n[1]) == 4)
		must(problem, postage_add_group(problem, a, strcmp(b, "incr") == 0, n[0], strcmp(b, "incr") == 0 ? 0 : n[1]));
	else if (sscanf(line, "member %63s", a) == 1)
		must(problem, postage_add_group_offer(problem, a));
	else if (sscanf(line, "tier %" SCNd64 " %" SCNd64, &n[0], &n[1]) == 2)
		must(problem, postage_add_group_tier(problem, n[0], n[1]));
	else if (sscanf(line, "commit %63s %" SCNd64 " %" SCNd64 " %" SCNd64, a, &n[0], &n[1], &n[2]) == 4)
		must(problem, postage_add_commit(problem, a, n[0], n[1], n[2]));
	else if (sscanf(line, "cap %63s %" SCNd64, a, &n[0]) == 2)
		must(problem, postage_add_cap(problem, a, n[0]));
	else
	{
		fprintf(stderr, "row not understood: %s", line);
		exit(2);
	}
}

static void
write_plan(const char *path, const PostageProblem *problem, const int64_t *counts)
{
	FILE *file = fopen(path, "w");

	if (file == NULL)
		exit(2);
	fprintf(file, "cell,offer,count\n");
	for (int arc = 0; counts != NULL && arc < problem->arc_count; arc++)
		if (counts[arc] != 0)
			fprintf(file, "%" PRId64 ",%s,%" PRId64 "\n", problem->cells[problem->arcs[arc].cell].id,
					problem->offers[problem->arcs[arc].offer].id, counts[arc]);
	fclose(file);
}

static void
make_zones(PostageProblem *problem, int zones)
{
	PostageOffer national = {0};
	PostageOffer city = {.min_mailing = zones / 4, .min_bucket = 5, .fixed = INT64_C(1000000000)};

	must(problem, postage_add_offer(problem, "N", "N", &national));
	must(problem, postage_add_offer(problem, "C", "C", &city));
	for (int z = 0; z < zones; z++)
		must(problem, postage_add_cell(problem, z, z, 3 + z % 3));
	must(problem, postage_index_cells(problem));
	for (int o = 0; o < 2; o++)
		for (int z = 0; z < zones; z++)
			must(problem, postage_add_arc(problem, z, o ? "C" : "N", ((o ? 780 : 800) + z % 37) * 10000));
	must(problem, postage_add_group(problem, "g", false, 0, 0));
	must(problem, postage_add_group_offer(problem, "N"));
	must(problem, postage_add_group_tier(problem, 0, 0));
	must(problem, postage_add_group_tier(problem, zones, 200));
	must(problem, postage_add_group_tier(problem, (int64_t) zones * 3, 400));
}

static void
run(const char *path, int zones, PostageOptions options, double limit, const char *plan)
{
	static const char *const names[] = {"optimal", "feasible", "infeasible"};
	Port port = {NULL, counted_alloc, counted_resize, counted_release, timed_interrupted};
	PostageProblem *problem = postage_problem_new(&port);
	PostageSolution solution;
	PostagePrice price = {0};
	FILE *file = zones > 0 ? NULL : fopen(path, "r");
	char line[512];
	double start;
	double used;

	if ((file == NULL && zones == 0) || problem == NULL)
		exit(2);
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		read_row(problem, line);
	if (file != NULL)
		fclose(file);
	else
		make_zones(problem, zones);
	start = last_look = cpu_seconds();
	longest_look = 0;
	deadline = start + limit;
	options.time_is_up = limit > 0 ? time_is_up : NULL;
	must(problem, postage_problem_finish(problem));
	must(problem, postage_solve(problem, &options, &solution));
	used = cpu_seconds() - start;
	timed_interrupted(NULL);
	if (solution.counts != NULL)
		postage_price_plan(problem, solution.counts, &price);
	printf("%s\t%" PRId64 "\t%d\t%d\t%s\t%" PRId64 "\t%" PRId64 "\t%.2e\t%d\t%.4f\t%.1f\t%.1f%s\n", strrchr(path, '/') ? strrchr(path, '/') + 1 : path,
		   problem->letters, problem->cell_count, problem->arc_count, names[solution.status], solution.cost,
		   solution.lower_bound, solution.cost ? (double) (solution.cost - solution.lower_bound) / (double) solution.cost : 0.0,
		   solution.node_count, used, (double) most_bytes / 1e6, longest_look * 1e3,
		   solution.counts != NULL && (!price.feasible || price.cost != solution.cost) ? "\tWRONG PRICE" : "");
	fflush(stdout);
	if (plan != NULL)
		write_plan(plan, problem, solution.counts);
	while (blocks.next != &blocks)
		counted_release(NULL, blocks.next + 1);
	most_bytes = bytes = 0;
}

int
main(int argc, char **argv)
{
	PostageOptions options = {0};
	const char *plan = NULL;
	double limit = 0;
	int zones = 0;
	int letter;

	while ((letter = getopt(argc, argv, "t:g:n:p:z:")) != -1)
		switch (letter)
		{
			case 't':
				limit = atof(optarg);
				break;
			case 'g':
				options.gap_limit = (int64_t) (atof(optarg) * (double) POSTAGE_GAP_UNIT);
				break;
			case 'n':
				options.node_limit = atoll(optarg);
				break;
			case 'p':
				plan = optarg;
				break;
			case 'z':
				zones = atoi(optarg);
				break;
			default:
				return 2;
		}
	if (zones > 0)
		run("zones", zones, options, limit, plan);
	for (; optind < argc; optind++)
		run(argv[optind], 0, options, limit, plan);
	return 0;
}
