/*
 * postage_zone.c: cheapest offer per cell where that respects every bundle minimum, else a search
 * over {closed, forced} bundles with successive shortest paths between the offers of the zone.
 */
#include "core/postage_zone.h"

#include <string.h>

#define FAR INT64_MAX
#define CELLS_BETWEEN 10000 /* looked at between two looks at the interrupt flag */
#define MOST_LOOKS                                                                \
	20000 /* branches of one zone; beyond it a bound below the exact value stands \
		   */
#define UNREACHABLE_PAYMENT (INT64_C(1) << 59) /* proves that a bundle cannot be filled */

/* A cell that could move to a bundle, with what each letter costs more there. */
typedef struct Candidate
{
	int64_t extra;
	int cell; /* of the zone */
	int from; /* local offer */
} Candidate;

struct PostageZoneSolver
{
	const PostageProblem *problem;
	int64_t *weight;  /* of the zone at work: cell x local offer; FAR when not possible */
	int64_t *letters; /* letters sent: cell x local offer */
	Candidate *heap;  /* cells of the zone that could still move to a forced bundle */
};

/* The zone at work. */
typedef struct ZoneWork
{
	PostageZoneSolver *solver;
	const PostageZone *zone;
	const PostageZoneTrace *trace;
	const PostageWeights *weights;
	uint64_t open;
	PostageZoneAnswer *answer;
	int looks;
	int64_t cells;					/* looked at since the last look at the interrupt flag */
	int offers[POSTAGE_MAX_OFFERS]; /* local to global, leads */
	int local[POSTAGE_MAX_OFFERS];	/* global to local */
	int width;
	int64_t count[POSTAGE_MAX_OFFERS];	 /* letters by local offer */
	int64_t payment[POSTAGE_MAX_OFFERS]; /* by global offer, of the last branch */
	int64_t edge[POSTAGE_MAX_OFFERS][POSTAGE_MAX_OFFERS];
	int edge_cell[POSTAGE_MAX_OFFERS][POSTAGE_MAX_OFFERS];
	int64_t distance[POSTAGE_MAX_OFFERS];
	int before[POSTAGE_MAX_OFFERS];
} ZoneWork;

PostageZoneSolver *
postage_zone_solver_new(const PostageProblem *problem)
{
	const Port *port = problem->port;
	PostageZoneSolver *solver = port->alloc(port->host, sizeof(PostageZoneSolver));
	int most_cells = 1;

	if (solver == NULL)
		return NULL;
	for (int z = 0; z < problem->zone_count; z++)
	{
		if (postage_pause(problem, z))
			return NULL; /* the caller asks why */
		if (problem->zones[z].cell_count > most_cells)
			most_cells = problem->zones[z].cell_count;
	}
	solver->problem = problem;
	solver->weight =
		port_alloc_array(port, (size_t) most_cells * POSTAGE_MAX_OFFERS, sizeof(int64_t));
	solver->letters =
		port_alloc_array(port, (size_t) most_cells * POSTAGE_MAX_OFFERS, sizeof(int64_t));
	solver->heap = port_alloc_array(port, most_cells, sizeof(Candidate));
	if (!solver->weight || !solver->letters || !solver->heap)
		return NULL;
	return solver;
}

static int64_t
weight_of(const PostageArc *arc, const PostageWeights *weights)
{
	return arc->price * weights->factor[arc->offer] - weights->charge[arc->offer];
}

/* Every cell to its cheapest open offer.  False when a cell has none. */
static bool
send_cheapest(PostageZoneSolver *solver, const PostageZone *zone, const PostageWeights *weights,
			  uint64_t open, PostageZoneAnswer *answer)
{
	const PostageProblem *problem = solver->problem;

	answer->value = 0;
	answer->used = 0;
	memset(answer->volume, 0, problem->offer_count * sizeof(int64_t));
	memset(answer->money, 0, problem->offer_count * sizeof(int64_t));
	for (int cell = zone->first_cell; cell < zone->first_cell + zone->cell_count; cell++)
	{
		const PostageArc *arc = problem->arcs + problem->cells[cell].first_arc;
		const PostageArc *end = arc + problem->cells[cell].arc_count;
		const PostageArc *chosen = NULL;
		int64_t count = problem->cells[cell].count;
		int64_t best = FAR;

		for (; arc < end; arc++)
		{
			int64_t weight = arc->price * weights->factor[arc->offer] - weights->charge[arc->offer];

			if (weight < best && ((open >> arc->offer) & 1))
			{
				best = weight;
				chosen = arc;
			}
		}
		if (count == 0)
			continue;
		if (chosen == NULL)
			return false;
		answer->value += (PostageWide) best * count;
		answer->volume[chosen->offer] += count;
		answer->money[chosen->offer] += count * chosen->price;
		answer->used |= UINT64_C(1) << chosen->offer;
	}
	return true;
}

/* Bundles in use below their minimum, and forced ones below theirs. */
static uint64_t
short_bundles(const PostageProblem *problem, uint64_t watched, uint64_t forced,
			  const int64_t *volume)
{
	uint64_t found = 0;

	for (uint64_t rest = watched; rest != 0; rest &= rest - 1)
	{
		int offer = __builtin_ctzll(rest);
		uint64_t bit = UINT64_C(1) << offer;

		int64_t letters = postage_joint_sum(problem, offer, volume);

		if ((letters > 0 || (forced & bit)) && letters < problem->offers[offer].min_bucket)
			found |= bit;
	}
	return found;
}

/* Every so many cells: whether to stop; the caller will notice the interrupt, too. */
static bool
note_work(ZoneWork *work)
{
	const Port *port = work->solver->problem->port;

	work->cells += work->zone->cell_count;
	if (work->cells < CELLS_BETWEEN)
		return false;
	work->cells = 0;
	if (!port->interrupted(port->host))
		return false;
	work->looks = MOST_LOOKS;
	return true;
}

/*
 * Offers of one joint are one local offer: nothing in a zone tells them apart, so each cell takes
 * its cheapest of them.
 */
static void
load_weights(ZoneWork *work, const PostageWeights *weights, uint64_t open, uint64_t forced)
{
	PostageZoneSolver *solver = work->solver;
	const PostageProblem *problem = solver->problem;

	open |= forced & ~problem->joint_offers;
	work->weights = weights;
	work->open = open;
	work->width = 0;
	for (uint64_t rest = postage_leads(problem, open) | forced; rest != 0; rest &= rest - 1)
	{
		int lead = __builtin_ctzll(rest);

		for (uint64_t offers = problem->offers[lead].members; offers != 0; offers &= offers - 1)
			work->local[__builtin_ctzll(offers)] = work->width;
		work->offers[work->width++] = lead;
	}
	for (int c = 0; c < work->zone->cell_count; c++)
	{
		const PostageCell *cell = &problem->cells[work->zone->first_cell + c];
		int64_t *row = solver->weight + (size_t) c * work->width;

		for (int j = 0; j < work->width; j++)
			row[j] = FAR;
		for (int a = 0; a < cell->arc_count; a++)
		{
			const PostageArc *arc = &problem->arcs[cell->first_arc + a];

			if ((open >> arc->offer) & 1)
			{
				int64_t weight = weight_of(arc, weights);

				if (weight < row[work->local[arc->offer]])
					row[work->local[arc->offer]] = weight;
			}
		}
	}
}

static bool
assign_cheapest(ZoneWork *work, uint64_t closed, PostageWide *value)
{
	const PostageProblem *problem = work->solver->problem;

	*value = 0;
	memset(work->count, 0, sizeof(work->count));
	for (int c = 0; c < work->zone->cell_count; c++)
	{
		const int64_t *row = work->solver->weight + (size_t) c * work->width;
		int64_t *sent = work->solver->letters + (size_t) c * work->width;
		int64_t count = problem->cells[work->zone->first_cell + c].count;
		int chosen = -1;

		for (int j = 0; j < work->width; j++)
		{
			sent[j] = 0;
			if (row[j] != FAR && !((closed >> work->offers[j]) & 1) &&
				(chosen < 0 || row[j] < row[chosen]))
				chosen = j;
		}
		if (count == 0)
			continue;
		if (chosen < 0)
			return false;
		sent[chosen] = count;
		work->count[chosen] += count;
		*value += (PostageWide) row[chosen] * count;
	}
	return true;
}

/* edge[a][b]: least extra cost of moving one letter from a to b. */
static void
measure_edges(ZoneWork *work, uint64_t closed)
{
	int width = work->width;

	for (int a = 0; a < width; a++)
		for (int b = 0; b < width; b++)
			work->edge[a][b] = FAR;
	for (int c = 0; c < work->zone->cell_count; c++)
	{
		const int64_t *row = work->solver->weight + (size_t) c * width;
		const int64_t *sent = work->solver->letters + (size_t) c * width;

		for (int a = 0; a < width; a++)
		{
			if (sent[a] == 0)
				continue;
			for (int b = 0; b < width; b++)
				if (row[b] != FAR && b != a && !((closed >> work->offers[b]) & 1) &&
					row[b] - row[a] < work->edge[a][b])
				{
					work->edge[a][b] = row[b] - row[a];
					work->edge_cell[a][b] = c;
				}
		}
	}
}

static int64_t
needed(const ZoneWork *work, uint64_t forced, int j)
{
	int offer = work->offers[j];

	return (forced >> offer) & 1 ? work->solver->problem->offers[offer].min_bucket : 0;
}

static void
relax_edges(ZoneWork *work)
{
	bool changed = true;

	for (int round = 0; changed && round <= work->width; round++)
	{
		changed = false;
		for (int a = 0; a < work->width; a++)
		{
			if (work->distance[a] == FAR)
				continue;
			for (int b = 0; b < work->width; b++)
				if (work->edge[a][b] != FAR &&
					work->distance[a] + work->edge[a][b] < work->distance[b])
				{
					work->distance[b] = work->distance[a] + work->edge[a][b];
					work->before[b] = a;
					changed = true;
				}
		}
	}
}

/* Distances from every offer that can spare a letter. */
static void
measure_distances(ZoneWork *work, uint64_t closed, uint64_t forced)
{
	measure_edges(work, closed);
	for (int j = 0; j < work->width; j++)
	{
		bool is_forced = (forced >> work->offers[j]) & 1;

		work->before[j] = -1;
		work->distance[j] = !is_forced || work->count[j] > needed(work, forced, j) ? 0 : FAR;
	}
	relax_edges(work);
}

/* Moves letters along the path that ends at the offer. */
static void
move_letters(ZoneWork *work, uint64_t forced, int target)
{
	int64_t amount = needed(work, forced, target) - work->count[target];
	int source = target;

	for (int b = target; work->before[b] >= 0; b = work->before[b])
	{
		int a = work->before[b];
		int64_t there = work->solver->letters[(size_t) work->edge_cell[a][b] * work->width + a];

		if (there < amount)
			amount = there;
		source = a;
	}
	if (((forced >> work->offers[source]) & 1) &&
		work->count[source] - needed(work, forced, source) < amount)
		amount = work->count[source] - needed(work, forced, source);
	for (int b = target; work->before[b] >= 0; b = work->before[b])
	{
		int a = work->before[b];
		int64_t *sent = work->solver->letters + (size_t) work->edge_cell[a][b] * work->width;

		sent[a] -= amount;
		sent[b] += amount;
	}
	work->count[source] -= amount;
	work->count[target] += amount;
}

/* Payments of forced bundles out of the last distances; unreachable ones get as much as it takes.
 */
static void
set_payments(ZoneWork *work, uint64_t forced)
{
	for (int j = 0; j < work->width; j++)
		if (work->distance[j] == FAR)
			work->distance[j] = UNREACHABLE_PAYMENT;
	relax_edges(work);
	memset(work->payment, 0, sizeof(work->payment));
	for (int j = 0; j < work->width; j++)
		if (((forced >> work->offers[j]) & 1) && work->distance[j] > 0)
			work->payment[work->offers[j]] = work->distance[j];
}

/* What the payments prove, computed from them alone. */
static PostageWide
proven_value(const ZoneWork *work, uint64_t closed, uint64_t forced)
{
	const PostageProblem *problem = work->solver->problem;
	PostageWide value = 0;

	for (uint64_t rest = forced; rest != 0; rest &= rest - 1)
	{
		int offer = __builtin_ctzll(rest);

		value += (PostageWide) work->payment[offer] * problem->offers[offer].min_bucket;
	}
	for (int c = 0; c < work->zone->cell_count; c++)
	{
		const int64_t *row = work->solver->weight + (size_t) c * work->width;
		int64_t best = FAR;

		for (int j = 0; j < work->width; j++)
			if (row[j] != FAR && !((closed >> work->offers[j]) & 1) &&
				row[j] - work->payment[work->offers[j]] < best)
				best = row[j] - work->payment[work->offers[j]];
		if (best != FAR)
			value += (PostageWide) best * problem->cells[work->zone->first_cell + c].count;
	}
	return value;
}

/* The arc of the cell that its weight in the local offer is from. */
static const PostageArc *
arc_of(const ZoneWork *work, int cell, int j, int64_t weight)
{
	const PostageProblem *problem = work->solver->problem;
	uint64_t offers = problem->offers[work->offers[j]].members & work->open;
	const PostageArc *arc = problem->arcs + problem->cells[cell].first_arc;

	while (!((offers >> arc->offer) & 1) || weight_of(arc, work->weights) != weight)
		arc++;
	return arc;
}

static void
keep_answer(ZoneWork *work, PostageWide value)
{
	const PostageProblem *problem = work->solver->problem;
	PostageZoneAnswer *answer = work->answer;

	answer->value = value;
	answer->feasible = true;
	answer->used = 0;
	memset(answer->volume, 0, problem->offer_count * sizeof(int64_t));
	memset(answer->money, 0, problem->offer_count * sizeof(int64_t));
	for (int c = 0; c < work->zone->cell_count; c++)
	{
		int cell = work->zone->first_cell + c;
		const int64_t *row = work->solver->weight + (size_t) c * work->width;
		const int64_t *sent = work->solver->letters + (size_t) c * work->width;

		for (int j = 0; j < work->width; j++)
			if (sent[j] > 0)
			{
				const PostageArc *arc = arc_of(work, cell, j, row[j]);

				answer->volume[arc->offer] += sent[j];
				answer->money[arc->offer] += sent[j] * arc->price;
				answer->used |= UINT64_C(1) << arc->offer;
			}
	}
}

static void
sink(Candidate *heap, int count, int at)
{
	Candidate moving = heap[at];

	for (int child = 2 * at + 1; child < count; child = 2 * at + 1)
	{
		if (child + 1 < count && heap[child + 1].extra < heap[child].extra)
			child++;
		if (heap[child].extra >= moving.extra)
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = moving;
}

/* Cells that could move to the bundle, the one with the least extra cost first. */
static int
collect_candidates(ZoneWork *work, int target)
{
	Candidate *heap = work->solver->heap;
	int count = 0;

	for (int c = 0; c < work->zone->cell_count; c++)
	{
		const int64_t *row = work->solver->weight + (size_t) c * work->width;
		const int64_t *sent = work->solver->letters + (size_t) c * work->width;

		if (row[target] == FAR || sent[target] > 0)
			continue;
		for (int j = 0; j < work->width; j++)
			if (sent[j] > 0)
				heap[count++] = (Candidate){row[target] - row[j], c, j};
	}
	for (int at = count / 2 - 1; at >= 0; at--)
		sink(heap, count, at);
	return count;
}

/*
 * One forced bundle: every cell is at its cheapest offer, so the letters that are missing come from
 * the cells that lose least, each directly.  False when there are too few.
 */
static bool
fill_one(ZoneWork *work, int target, int64_t minimum, PostageWide *value)
{
	Candidate *heap = work->solver->heap;
	int count = work->count[target] < minimum ? collect_candidates(work, target) : 0;

	memset(work->payment, 0, sizeof(work->payment));
	while (work->count[target] < minimum && count > 0)
	{
		int64_t *sent = work->solver->letters + (size_t) heap[0].cell * work->width;
		int64_t missing = minimum - work->count[target];
		int64_t amount = sent[heap[0].from] < missing ? sent[heap[0].from] : missing;

		sent[heap[0].from] -= amount;
		sent[target] += amount;
		work->count[heap[0].from] -= amount;
		work->count[target] += amount;
		work->payment[work->offers[target]] = heap[0].extra;
		*value += (PostageWide) heap[0].extra * amount;
		heap[0] = heap[--count];
		sink(heap, count, 0);
	}
	return work->count[target] >= minimum;
}

/* Fills forced bundles; sets payments, and the value that they prove.  False when that cannot be.
 */
static bool
fill_bundles(ZoneWork *work, uint64_t closed, uint64_t forced, PostageWide *value)
{
	bool reached = true;

	if ((forced & (forced - 1)) == 0 &&
		fill_one(work, work->local[__builtin_ctzll(forced)],
				 work->solver->problem->offers[__builtin_ctzll(forced)].min_bucket, value))
		return true;
	for (int j = 0; j < work->width && reached; j++)
		while (work->count[j] < needed(work, forced, j))
		{
			measure_distances(work, closed, forced);
			if (work->distance[j] == FAR || note_work(work))
			{
				reached = false;
				break;
			}
			move_letters(work, forced, j);
		}
	if (reached)
		measure_distances(work, closed, forced);
	set_payments(work, forced);
	*value = proven_value(work, closed, forced);
	return reached;
}

/* The fullest of the bundles that are in use below their minimum, -1 when there is none. */
static int
fullest_short(const ZoneWork *work, uint64_t forced, const int64_t *letters)
{
	const PostageProblem *problem = work->solver->problem;
	int64_t most = 0;
	int found = -1;

	for (uint64_t rest = work->zone->buckets & postage_leads(problem, work->open) & ~forced;
		 rest != 0; rest &= rest - 1)
	{
		int offer = __builtin_ctzll(rest);
		int64_t count = postage_joint_sum(problem, offer, letters);

		if (count > most && count < problem->offers[offer].min_bucket)
		{
			most = count;
			found = offer;
		}
	}
	return found;
}

static PostageWide search_branch(ZoneWork *work, uint64_t closed, uint64_t forced);

static PostageWide
split_bundle(ZoneWork *work, uint64_t closed, uint64_t forced, int offer)
{
	PostageWide value = search_branch(work, closed | (UINT64_C(1) << offer), forced);
	PostageWide other = search_branch(work, closed, forced | (UINT64_C(1) << offer));

	return other < value ? other : value;
}

/*
 * Bounds one branch; the result is the least bound of its leaves.  A cell without offer makes the
 * branch impossible: its bound is then a very large number, and so it is for whoever checks.
 */
static PostageWide
search_branch(ZoneWork *work, uint64_t closed, uint64_t forced)
{
	int64_t letters[POSTAGE_MAX_OFFERS] = {0};
	PostageWide value;
	bool reached = true;
	int split = -1;

	if (!assign_cheapest(work, closed, &value))
	{
		memset(work->payment, 0, sizeof(work->payment));
		if (work->trace)
			work->trace->on_leaf(work->trace->context, closed, forced, work->payment);
		return (PostageWide) 1 << 100;
	}
	if (forced != 0)
		reached = fill_bundles(work, closed, forced, &value);
	else
		memset(work->payment, 0, sizeof(work->payment));
	if (reached)
	{
		for (int j = 0; j < work->width; j++)
			letters[work->offers[j]] = work->count[j];
		split = fullest_short(work, forced, letters);
	}
	work->looks++;
	note_work(work);
	if (reached && split >= 0 && work->looks < MOST_LOOKS &&
		!(work->answer->feasible && value >= work->answer->value))
		return split_bundle(work, closed, forced, split);
	if (reached && split < 0 && (!work->answer->feasible || value < work->answer->value))
		keep_answer(work, value);
	if (work->trace)
		work->trace->on_leaf(work->trace->context, closed, forced, work->payment);
	return value;
}

void
postage_zone_solve(PostageZoneSolver *solver, int zone, const PostageWeights *weights,
				   uint64_t open, uint64_t forced, PostageZoneAnswer *answer,
				   const PostageZoneTrace *trace)
{
	const PostageProblem *problem = solver->problem;
	ZoneWork work;

	open &= problem->zones[zone].offers;
	answer->impossible = !send_cheapest(solver, &problem->zones[zone], weights, open, answer);
	answer->feasible = !answer->impossible;
	if (answer->impossible)
		return;
	if (short_bundles(problem, problem->zones[zone].buckets | forced, forced, answer->volume) == 0)
		return;
	work.solver = solver;
	work.zone = &problem->zones[zone];
	work.trace = trace;
	work.looks = 0;
	work.cells = 0;
	work.answer = answer;
	answer->feasible = false;
	load_weights(&work, weights, open, forced);
	/* without forced bundles the first look is behind us: every cell is at its cheapest offer */
	answer->value = forced == 0 ? split_bundle(&work, 0, 0, fullest_short(&work, 0, answer->volume))
								: search_branch(&work, 0, forced);
}
