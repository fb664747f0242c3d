/*
 * postage_dual.c: column generation (Dantzig-Wolfe) with smoothed multipliers.
 *
 * Floating point chooses multipliers only.  Every bound returned was evaluated in integers at the
 * integer multipliers returned with it.
 */
#include "core/postage_dual.h"

#include <math.h>
#include <string.h>

#define MOST_BLOCKS 96
#define MOST_ROUNDS 150
#define NEAR_ENOUGH 0.1 /* of what is missing to the cutoff */

typedef struct Plan
{
	int block;
	uint64_t hash;
	int64_t *volume;
	int64_t *money;
	uint64_t *used;
	double *volumes; /* by aggregate */
} Plan;

struct PostageDual
{
	const PostageProblem *problem;
	PostageRelax *relax;
	Master *master;
	PostageBlock *blocks;
	int block_count;
	PostageBlockPlan *fresh; /* by block: the plans of the last evaluation */
	Plan *plans;
	int plan_count, plan_room;
	int *table; /* hash of plans */
	int table_size;
	bool *loaded; /* by plan: in the master now */
	double *offsets;
	double *base_cost; /* by aggregate: cost at its offset */
	double *duals;
	int64_t *trial;
	int64_t *center;
	bool interrupted;
	size_t bytes; /* of stored plans */
	PostageDualResult result;
};

static bool
make_blocks(PostageDual *dual)
{
	const PostageProblem *problem = dual->problem;
	const Port *port = problem->port;
	int count = problem->zone_count < MOST_BLOCKS ? problem->zone_count : MOST_BLOCKS;

	dual->block_count = count;
	dual->blocks = port_alloc_array(port, count + 1, sizeof(PostageBlock));
	dual->fresh = port_alloc_array(port, count + 1, sizeof(PostageBlockPlan));
	if (!dual->blocks || !dual->fresh)
		return false;
	for (int b = 0; b < count; b++)
	{
		PostageBlock *block = &dual->blocks[b];
		PostageBlockPlan *plan = &dual->fresh[b];

		block->first_zone = (int) ((int64_t) problem->zone_count * b / count);
		block->zone_count =
			(int) ((int64_t) problem->zone_count * (b + 1) / count) - block->first_zone;
		plan->volume = port_alloc_array(port, problem->offer_count + 1, sizeof(int64_t));
		plan->money = port_alloc_array(port, problem->offer_count + 1, sizeof(int64_t));
		plan->used = port_alloc_array(port, block->zone_count + 1, sizeof(uint64_t));
		if (!plan->volume || !plan->money || !plan->used)
			return false;
	}
	return true;
}

PostageDual *
postage_dual_new(const PostageProblem *problem, PostageRelax *relax)
{
	const Port *port = problem->port;
	PostageDual *dual = port->alloc(port->host, sizeof(PostageDual));
	int rows = problem->aggregate_count + 1;
	PostageDualResult *result;

	if (dual == NULL)
		return NULL;
	memset(dual, 0, sizeof(*dual));
	dual->problem = problem;
	dual->relax = relax;
	if (!make_blocks(dual))
		return NULL;
	dual->master = master_new(port, problem->aggregate_count + dual->block_count);
	dual->table_size = 1024;
	dual->table = port_alloc_array(port, dual->table_size, sizeof(int));
	dual->offsets = port_alloc_array(port, rows, sizeof(double));
	dual->base_cost = port_alloc_array(port, rows, sizeof(double));
	dual->duals = port_alloc_array(port, rows + dual->block_count, sizeof(double));
	dual->trial = port_alloc_array(port, rows, sizeof(int64_t));
	dual->center = port_alloc_array(port, rows, sizeof(int64_t));
	result = &dual->result;
	result->volumes = port_alloc_array(port, rows, sizeof(double));
	result->range_cost = port_alloc_array(port, rows, sizeof(double));
	result->money = port_alloc_array(port, problem->offer_count + 1, sizeof(double));
	result->used = port_alloc_array(port, (size_t) problem->zone_count * problem->offer_count + 1,
									sizeof(float));
	result->start = port_alloc_array(port, 4 * (rows + dual->block_count), sizeof(int));
	if (!dual->master || !dual->table || !dual->offsets || !dual->base_cost || !dual->duals ||
		!dual->trial || !dual->center || !result->volumes || !result->range_cost ||
		!result->money || !result->used || !result->start)
		return NULL;
	memset(dual->table, -1, dual->table_size * sizeof(int));
	return dual;
}

static uint64_t
hash_plan(const PostageDual *dual, int block, const PostageBlockPlan *plan)
{
	uint64_t hash = (uint64_t) block + 1;

	for (int o = 0; o < dual->problem->offer_count; o++)
	{
		hash = (hash ^ (uint64_t) plan->volume[o]) * UINT64_C(0x9E3779B97F4A7C15);
		hash = (hash ^ (hash >> 31) ^ (uint64_t) plan->money[o]) * UINT64_C(0xBF58476D1CE4E5B9);
	}
	for (int i = 0; i < dual->blocks[block].zone_count; i++)
		hash = (hash ^ (hash >> 29) ^ plan->used[i]) * UINT64_C(0x94D049BB133111EB);
	return hash ^ (hash >> 32);
}

static bool
grow_table(PostageDual *dual)
{
	const Port *port = dual->problem->port;
	int size = dual->table_size * 2;
	int *table = port_alloc_array(port, size, sizeof(int));

	if (table == NULL)
		return false;
	port->release(port->host, dual->table);
	memset(table, -1, size * sizeof(int));
	for (int p = 0; p < dual->plan_count; p++)
	{
		uint64_t slot = dual->plans[p].hash & (size - 1);

		while (table[slot] >= 0)
			slot = (slot + 1) & (size - 1);
		table[slot] = p;
	}
	dual->table = table;
	dual->table_size = size;
	return true;
}

static bool
grow_plans(PostageDual *dual)
{
	const Port *port = dual->problem->port;
	int room = dual->plan_room ? dual->plan_room * 2 : 256;
	Plan *plans = port_resize_array(port, dual->plans, dual->plan_room, room, sizeof(Plan));
	bool *loaded;

	if (plans == NULL)
		return false;
	dual->plans = plans;
	loaded = port_resize_array(port, dual->loaded, dual->plan_room, room, sizeof(bool));
	if (loaded == NULL)
		return false;
	memset(loaded + dual->plan_room, 0, room - dual->plan_room);
	dual->loaded = loaded;
	dual->plan_room = room;
	return true;
}

/* Index of the plan in the store, -1 when there is no memory. */
static int
store_plan(PostageDual *dual, int block, const PostageBlockPlan *fresh)
{
	const PostageProblem *problem = dual->problem;
	const Port *port = problem->port;
	int offers = problem->offer_count;
	int zones = dual->blocks[block].zone_count;
	uint64_t hash = hash_plan(dual, block, fresh);
	uint64_t slot = hash & (dual->table_size - 1);
	char *memory;
	Plan *plan;

	for (; dual->table[slot] >= 0; slot = (slot + 1) & (dual->table_size - 1))
	{
		plan = &dual->plans[dual->table[slot]];
		if (plan->hash == hash && plan->block == block &&
			memcmp(plan->volume, fresh->volume, offers * sizeof(int64_t)) == 0 &&
			memcmp(plan->money, fresh->money, offers * sizeof(int64_t)) == 0 &&
			memcmp(plan->used, fresh->used, zones * sizeof(uint64_t)) == 0)
			return dual->table[slot];
	}
	if (dual->plan_count == dual->plan_room && !grow_plans(dual))
		return -1;
	memory = port->alloc(port->host, (2 * offers + zones + problem->aggregate_count) * 8);
	dual->bytes += (2 * offers + zones + problem->aggregate_count) * 8 + sizeof(Plan);
	if (memory == NULL)
		return -1;
	plan = &dual->plans[dual->plan_count];
	plan->block = block;
	plan->hash = hash;
	plan->volume = (int64_t *) memory;
	plan->money = plan->volume + offers;
	plan->used = (uint64_t *) (plan->money + offers);
	plan->volumes = (double *) (plan->used + zones);
	memcpy(plan->volume, fresh->volume, offers * sizeof(int64_t));
	memcpy(plan->money, fresh->money, offers * sizeof(int64_t));
	memcpy(plan->used, fresh->used, zones * sizeof(uint64_t));
	for (int a = 0; a < problem->aggregate_count; a++)
	{
		int64_t volume = 0;

		for (uint64_t rest = problem->aggregates[a].offers; rest != 0; rest &= rest - 1)
			volume += fresh->volume[__builtin_ctzll(rest)];
		plan->volumes[a] = (double) volume;
	}
	dual->table[slot] = dual->plan_count++;
	if (dual->plan_count * 2 > dual->table_size && !grow_table(dual))
		return -1;
	return dual->plan_count - 1;
}

/* Whether a stored plan keeps to the node's decisions. */
static bool
plan_allowed(const PostageDual *dual, const Plan *plan)
{
	const PostageRelax *relax = dual->relax;
	const PostageBlock *block = &dual->blocks[plan->block];

	for (int i = 0; i < block->zone_count; i++)
	{
		int z = block->first_zone + i;

		if ((plan->used[i] & ~(relax->zone_open[z] & relax->open)) != 0 ||
			(relax->zone_forced[z] & ~postage_leads(dual->problem, plan->used[i])) != 0)
			return false;
	}
	return true;
}

static double
plan_cost(const PostageDual *dual, const Plan *plan)
{
	double cost = 0;

	for (int o = 0; o < dual->problem->offer_count; o++)
		cost += (double) plan->money[o] * (double) dual->relax->weights.factor[o];
	return cost / (double) POSTAGE_SCALE;
}

static bool
load_plan(PostageDual *dual, int index)
{
	const Plan *plan = &dual->plans[index];

	if (dual->loaded[index])
		return true;
	dual->loaded[index] = true;
	return master_add_plan(dual->master, plan->block, plan_cost(dual, plan), plan->volumes,
						   index) >= 0;
}

/* Lower convex hull of an aggregate's pieces as stretches of constant slope. */
static bool
load_hull(PostageDual *dual, int aggregate)
{
	const PostagePiece *pieces = dual->relax->pieces[aggregate];
	int count = dual->relax->piece_count[aggregate];
	double x[2 * 64 + 2] = {0};
	double y[2 * 64 + 2] = {0};
	int top = 0;
	int most = 2 * 64;

	for (int i = 0; i < 2 * count; i++)
	{
		const PostagePiece *piece = &pieces[i / 2];
		double px = (double) (i % 2 ? piece->to : piece->from);
		double py = (double) (i % 2 ? piece->cost_to : piece->cost_from);

		if (top > 0 && px <= x[top - 1])
			continue;
		while (top >= 2 && (y[top - 1] - y[top - 2]) * (px - x[top - 2]) >=
							   (py - y[top - 2]) * (x[top - 1] - x[top - 2]))
			top--;
		if (top == most)
			top--;
		x[top] = px;
		y[top++] = py;
	}
	dual->offsets[aggregate] = x[0];
	dual->base_cost[aggregate] = y[0];
	for (int i = 1; i < top; i++)
		if (master_add_piece(dual->master, aggregate, x[i] - x[i - 1],
							 (y[i] - y[i - 1]) / (x[i] - x[i - 1])) < 0)
			return false;
	return true;
}

/* Evaluates the relaxation; stops early, with dual->interrupted set, when the host asks for it. */
static PostageWide
evaluate(PostageDual *dual, const int64_t *multipliers, bool *impossible)
{
	PostageWide value = postage_relax_volumes(dual->relax, multipliers);

	*impossible = false;
	postage_relax_set_multipliers(dual->relax, multipliers);
	for (int b = 0; b < dual->block_count && !dual->interrupted; b++)
	{
		dual->interrupted = dual->problem->port->interrupted(dual->problem->port->host);
		postage_relax_block(dual->relax, &dual->blocks[b], &dual->fresh[b]);
		*impossible = *impossible || dual->fresh[b].impossible;
		value += dual->fresh[b].value;
	}
	return value;
}

static void
mix_multipliers(PostageDual *dual, double toward_center)
{
	for (int a = 0; a < dual->problem->aggregate_count; a++)
	{
		double target = dual->duals[a] * (double) POSTAGE_SCALE;
		double mixed = target + toward_center * ((double) dual->center[a] - target);
		double most = (double) POSTAGE_MOST_MULTIPLIER;

		if (!isfinite(mixed))
			mixed = (double) dual->center[a];
		dual->trial[a] = llround(mixed > most ? most : mixed < -most ? -most : mixed);
	}
}

static bool
take_shares(PostageDual *dual)
{
	const PostageProblem *problem = dual->problem;
	PostageDualResult *result = &dual->result;
	int offers = problem->offer_count;

	memset(result->volumes, 0, problem->aggregate_count * sizeof(double));
	memset(result->money, 0, offers * sizeof(double));
	memset(result->used, 0, (size_t) problem->zone_count * offers * sizeof(float));
	memcpy(result->range_cost, dual->base_cost, problem->aggregate_count * sizeof(double));
	result->start_count = 0;
	for (int c = 0; c < master_column_count(dual->master); c++)
	{
		const MasterColumn *column = master_column(dual->master, c);
		double share = master_value(dual->master, c);
		const Plan *plan;

		if (dual->problem->port->interrupted(dual->problem->port->host))
			return false;
		if (column->kind == MASTER_PIECE)
			result->range_cost[column->row] += share * column->cost;
		if (column->kind != MASTER_PLAN)
			continue;
		if (column->basic >= 0)
			result->start[result->start_count++] = column->tag;
		if (share <= 1e-9)
			continue;
		plan = &dual->plans[column->tag];
		for (int a = 0; a < problem->aggregate_count; a++)
			result->volumes[a] += share * plan->volumes[a];
		for (int o = 0; o < offers; o++)
			result->money[o] += share * (double) plan->money[o];
		for (int i = 0; i < dual->blocks[plan->block].zone_count; i++)
			for (uint64_t rest = postage_leads(problem, plan->used[i]); rest != 0; rest &= rest - 1)
				result->used[(size_t) (dual->blocks[plan->block].first_zone + i) * offers +
							 __builtin_ctzll(rest)] += (float) share;
	}
	result->has_shares = true;
	return true;
}

/* Adds the fresh plans that the master does not know; false when interrupted or out of memory. */
static bool
load_fresh(PostageDual *dual, int *added)
{
	*added = 0;
	for (int b = 0; b < dual->block_count; b++)
	{
		int index;

		if (!dual->fresh[b].feasible)
			continue;
		dual->interrupted = dual->problem->port->interrupted(dual->problem->port->host);
		if (dual->interrupted)
			return false;
		index = store_plan(dual, b, &dual->fresh[b]);
		if (index < 0)
			return false;
		*added += !dual->loaded[index];
		if (!load_plan(dual, index))
			return false;
	}
	return true;
}

static PortStatus
out_of(const PostageDual *dual)
{
	return dual->interrupted ? PORT_INTERRUPTED : PORT_NO_MEMORY;
}

static bool
start_master(PostageDual *dual, const int *plans, int plan_count, double penalty)
{
	const PostageProblem *problem = dual->problem;
	int added;

	/* offsets are known only once the hulls are: reset twice costs nothing */
	master_reset(dual->master, problem->aggregate_count, dual->block_count, dual->offsets);
	for (int a = 0; a < problem->aggregate_count; a++)
		if (!load_hull(dual, a))
			return false;
	master_reset(dual->master, problem->aggregate_count, dual->block_count, dual->offsets);
	for (int a = 0; a < problem->aggregate_count; a++)
		if (!load_hull(dual, a))
			return false;
	master_set_penalty(dual->master, penalty);
	if (dual->plan_room > 0)
		memset(dual->loaded, 0, dual->plan_room);
	if (!load_fresh(dual, &added))
		return false;
	for (int i = 0; i < plan_count; i++)
		if (plan_allowed(dual, &dual->plans[plans[i]]) && !load_plan(dual, plans[i]))
			return false;
	return true;
}

/* The bound cannot reach the cutoff, and is near what it can reach compared with what is missing.
 */
static bool
out_of_reach(const PostageDual *dual, double ceiling, double reached, PostageWide cutoff)
{
	double missing = (double) cutoff / (double) POSTAGE_SCALE - ceiling;

	return missing > 0 && ceiling - reached < NEAR_ENOUGH * missing &&
		   master_penalised(dual->master) < 1e-6;
}

PortStatus
postage_dual_solve(PostageDual *dual, int64_t *multipliers, const PostageDualStart *start,
				   PostageWide cutoff, bool to_the_end, PostageDualResult *result)
{
	const PostageProblem *problem = dual->problem;
	size_t bytes = problem->aggregate_count * sizeof(int64_t);
	double penalty = 2e8;
	double smoothing = 0.5;
	double constant = (double) problem->constant;
	bool impossible;
	bool stuck = false; /* a zone has no plan that keeps to the node */
	int added;
	PostageWide value;
	PortStatus status = PORT_OK;

	dual->result.no_plan = dual->relax->empty;
	dual->result.early = false;
	dual->result.has_shares = false;
	dual->result.start_count = 0;
	dual->result.bound = 0;
	*result = dual->result;
	if (dual->relax->empty)
		return PORT_OK;
	memcpy(dual->center, multipliers, bytes);
	dual->result.bound = evaluate(dual, dual->center, &impossible);
	if (dual->interrupted)
		return PORT_INTERRUPTED;
	if (impossible)
	{
		dual->result.no_plan = true;
		*result = dual->result;
		return PORT_OK;
	}
	for (int b = 0; b < dual->block_count; b++)
		stuck = stuck || !dual->fresh[b].feasible;
	if (dual->result.bound >= cutoff || stuck)
	{
		*result = dual->result;
		return PORT_OK;
	}
	if (!start_master(dual, start->plans, start->count, penalty))
		return out_of(dual);
	for (int round = 0; round < MOST_ROUNDS; round++)
	{
		double objective;
		double ceiling;
		double reached = (double) dual->result.bound / (double) POSTAGE_SCALE;

		status = master_solve(dual->master, &objective, dual->duals);
		if (status == PORT_INTERRUPTED || problem->port->interrupted(problem->port->host))
			return PORT_INTERRUPTED;
		if (status != PORT_OK)
			break; /* numerically lost: the best bound so far stands */
		for (int a = 0; a < problem->aggregate_count; a++)
			objective += dual->base_cost[a];
		ceiling = objective + constant;
		if (ceiling - reached < 0.3 + 1e-13 * fabs(ceiling))
		{
			if (master_penalised(dual->master) < 1e-6 || penalty > 1e14)
				break;
			penalty *= 1000;
			master_set_penalty(dual->master, penalty);
			continue;
		}
		if (!to_the_end && round > 0 && out_of_reach(dual, ceiling, reached, cutoff))
		{
			dual->result.early = true;
			break;
		}
		mix_multipliers(dual, smoothing);
		value = evaluate(dual, dual->trial, &impossible);
		if (dual->interrupted)
			return PORT_INTERRUPTED;
		if (value > dual->result.bound)
		{
			dual->result.bound = value;
			memcpy(dual->center, dual->trial, bytes);
		}
		if (value >= cutoff)
			break;
		if (!load_fresh(dual, &added))
			return out_of(dual);
		if (added == 0 && smoothing > 0)
		{
			/* nothing new near the centre: ask at the master's own multipliers */
			mix_multipliers(dual, 0);
			value = evaluate(dual, dual->trial, &impossible);
			if (dual->interrupted)
				return PORT_INTERRUPTED;
			if (value > dual->result.bound)
			{
				dual->result.bound = value;
				memcpy(dual->center, dual->trial, bytes);
			}
			if (!load_fresh(dual, &added))
				return out_of(dual);
			smoothing *= 0.5;
			if (smoothing < 0.05)
				smoothing = 0;
			if (value >= cutoff)
				break;
		}
		if (dual->bytes > POSTAGE_MOST_PLAN_BYTES)
			break; /* the best bound so far stands */
		if (added == 0)
		{
			if (master_penalised(dual->master) < 1e-6 || penalty > 1e14)
				break;
			penalty *= 1000;
			master_set_penalty(dual->master, penalty);
		}
	}
	memcpy(multipliers, dual->center, bytes);
	if (status == PORT_OK && !take_shares(dual))
		return PORT_INTERRUPTED;
	*result = dual->result;
	return PORT_OK;
}

size_t
postage_dual_bytes(const PostageDual *dual)
{
	return dual->bytes;
}
