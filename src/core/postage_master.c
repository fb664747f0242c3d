/*
 * postage_master.c: bounded primal simplex with a dense inverse of the basis.
 *
 * Columns only ever arrive, so the last basis stays feasible and is the next start.  Deterministic:
 * ties go to the lowest index.
 */
#include "core/postage_master.h"

#include <math.h>
#include <string.h>

#define TINY 1e-9
#define REFACTOR_EVERY 120

struct Master
{
	const Port *port;
	int most_rows;
	int rows, aggregate_rows;
	MasterColumn *columns;
	int column_count, column_room;
	double *inverse; /* rows x rows */
	double *scratch; /* rows x 2 rows, for a fresh inverse */
	double *level;	 /* value of each basic variable */
	int *basis;		 /* column basic in each row */
	double *right;	 /* right-hand side */
	double *duals;
	double *entering;
	double penalty;
	int pivots;
	int degenerate;
	bool started;
};

Master *
master_new(const Port *port, int most_rows)
{
	Master *master = port->alloc(port->host, sizeof(Master));
	size_t square = (size_t) most_rows * most_rows;

	if (master == NULL)
		return NULL;
	memset(master, 0, sizeof(*master));
	master->port = port;
	master->most_rows = most_rows;
	master->inverse = port_alloc_array(port, square + 1, sizeof(double));
	master->scratch = port_alloc_array(port, square + 1, sizeof(double));
	master->level = port_alloc_array(port, most_rows + 1, sizeof(double));
	master->basis = port_alloc_array(port, most_rows + 1, sizeof(int));
	master->right = port_alloc_array(port, most_rows + 1, sizeof(double));
	master->duals = port_alloc_array(port, most_rows + 1, sizeof(double));
	master->entering = port_alloc_array(port, most_rows + 1, sizeof(double));
	if (!master->inverse || !master->scratch || !master->level || !master->basis ||
		!master->right || !master->duals || !master->entering)
		return NULL;
	return master;
}

static int
add_column(Master *master, const MasterColumn *column)
{
	if (master->column_count == master->column_room)
	{
		int room = master->column_room ? master->column_room * 2 : 256;
		MasterColumn *larger = port_resize_array(master->port, master->columns, master->column_room,
												 room, sizeof(MasterColumn));

		if (larger == NULL)
			return -1;
		master->columns = larger;
		master->column_room = room;
	}
	master->columns[master->column_count] = *column;
	return master->column_count++;
}

void
master_reset(Master *master, int aggregate_rows, int blocks, const double *offsets)
{
	master->column_count = 0;
	master->aggregate_rows = aggregate_rows;
	master->rows = aggregate_rows + blocks;
	master->started = false;
	for (int row = 0; row < master->rows; row++)
		master->right[row] = row < aggregate_rows ? offsets[row] : 1.0;
	for (int row = 0; row < aggregate_rows; row++)
	{
		MasterColumn column = {
			.kind = MASTER_UNDER, .row = row, .basic = -1, .tag = -1, .upper = INFINITY};

		add_column(master, &column);
		column.kind = MASTER_OVER;
		add_column(master, &column);
	}
}

int
master_add_plan(Master *master, int block, double cost, const double *volumes, int tag)
{
	MasterColumn column = {.kind = MASTER_PLAN,
						   .row = block,
						   .basic = -1,
						   .tag = tag,
						   .cost = cost,
						   .upper = INFINITY,
						   .volumes = volumes};

	return add_column(master, &column);
}

int
master_add_piece(Master *master, int row, double length, double slope)
{
	MasterColumn column = {
		.kind = MASTER_PIECE, .row = row, .basic = -1, .tag = -1, .cost = slope, .upper = length};

	return add_column(master, &column);
}

void
master_set_penalty(Master *master, double penalty)
{
	master->penalty = penalty;
	for (int c = 0; c < master->column_count; c++)
		if (master->columns[c].kind == MASTER_UNDER || master->columns[c].kind == MASTER_OVER)
			master->columns[c].cost = penalty;
}

int
master_column_count(const Master *master)
{
	return master->column_count;
}

const MasterColumn *
master_column(const Master *master, int column)
{
	return &master->columns[column];
}

double
master_value(const Master *master, int column)
{
	const MasterColumn *c = &master->columns[column];

	if (c->basic >= 0)
		return master->level[c->basic];
	return c->at_upper ? c->upper : 0.0;
}

double
master_penalised(const Master *master)
{
	double sum = 0;

	for (int c = 0; c < 2 * master->aggregate_rows; c++)
		sum += master_value(master, c);
	return sum;
}

/* result = inverse * column */
static void
transform_column(const Master *master, const MasterColumn *column, double *result)
{
	int rows = master->rows;

	if (column->kind == MASTER_PLAN)
	{
		int at = master->aggregate_rows + column->row;

		for (int i = 0; i < rows; i++)
		{
			const double *inverse = master->inverse + (size_t) i * rows;
			double sum = inverse[at];

			for (int k = 0; k < master->aggregate_rows; k++)
				sum += inverse[k] * column->volumes[k];
			result[i] = sum;
		}
	}
	else
	{
		double sign = column->kind == MASTER_UNDER ? 1.0 : -1.0;

		for (int i = 0; i < rows; i++)
			result[i] = sign * master->inverse[(size_t) i * rows + column->row];
	}
}

static double
reduced_cost(const Master *master, const MasterColumn *column)
{
	if (column->kind == MASTER_PLAN)
	{
		double sum = column->cost - master->duals[master->aggregate_rows + column->row];

		for (int k = 0; k < master->aggregate_rows; k++)
			sum -= master->duals[k] * column->volumes[k];
		return sum;
	}
	return column->kind == MASTER_UNDER ? column->cost - master->duals[column->row]
										: column->cost + master->duals[column->row];
}

static void
make_basic(Master *master, int column, int row, double level)
{
	master->columns[column].basic = row;
	master->columns[column].at_upper = false;
	master->basis[row] = column;
	master->level[row] = level;
}

/* First basis: the first plan of each block; each aggregate row holds its pieces up to its volume.
 */
static void
crash(Master *master)
{
	int rows = master->rows;

	memset(master->inverse, 0, (size_t) rows * rows * sizeof(double));
	for (int row = master->aggregate_rows; row < rows; row++)
		master->basis[row] = -1;
	for (int c = 0; c < master->column_count; c++)
	{
		int row = master->aggregate_rows + master->columns[c].row;

		if (master->columns[c].kind == MASTER_PLAN && master->basis[row] < 0)
			make_basic(master, c, row, 1.0);
	}
	for (int row = master->aggregate_rows; row < rows; row++)
		master->inverse[(size_t) row * rows + row] = 1.0;
	for (int row = 0; row < master->aggregate_rows; row++)
	{
		double rest = -master->right[row];
		double sign = -1.0;
		int chosen = -1;

		for (int b = master->aggregate_rows; b < rows; b++)
			rest += master->columns[master->basis[b]].volumes[row];
		if (rest < 0)
		{
			chosen = 2 * row; /* under */
			sign = 1.0;
			rest = -rest;
		}
		for (int c = 2 * master->aggregate_rows; c < master->column_count && chosen < 0; c++)
		{
			MasterColumn *column = &master->columns[c];

			if (column->kind != MASTER_PIECE || column->row != row)
				continue;
			if (column->upper >= rest)
				chosen = c;
			else
			{
				column->at_upper = true;
				rest -= column->upper;
			}
		}
		if (chosen < 0)
			chosen = 2 * row + 1; /* over */
		make_basic(master, chosen, row, rest);
		master->inverse[(size_t) row * rows + row] = sign;
		for (int b = master->aggregate_rows; b < rows; b++)
			master->inverse[(size_t) row * rows + b] =
				-sign * master->columns[master->basis[b]].volumes[row];
	}
	master->started = true;
	master->pivots = 0;
	master->degenerate = 0;
}

static void
load_duals(Master *master)
{
	int rows = master->rows;

	memset(master->duals, 0, rows * sizeof(double));
	for (int i = 0; i < rows; i++)
	{
		double cost = master->columns[master->basis[i]].cost;
		const double *inverse = master->inverse + (size_t) i * rows;

		if (cost == 0)
			continue;
		for (int k = 0; k < rows; k++)
			master->duals[k] += cost * inverse[k];
	}
}

/* Inverse from scratch by Gauss-Jordan with row pivoting; false when the basis has become singular.
 */
static bool
refactor(Master *master)
{
	int rows = master->rows;
	double *a = master->scratch;

	memset(a, 0, (size_t) rows * rows * sizeof(double));
	memset(master->inverse, 0, (size_t) rows * rows * sizeof(double));
	for (int j = 0; j < rows; j++)
	{
		const MasterColumn *column = &master->columns[master->basis[j]];

		master->inverse[(size_t) j * rows + j] = 1.0;
		if (column->kind == MASTER_PLAN)
		{
			for (int k = 0; k < master->aggregate_rows; k++)
				a[(size_t) k * rows + j] = column->volumes[k];
			a[(size_t) (master->aggregate_rows + column->row) * rows + j] = 1.0;
		}
		else
			a[(size_t) column->row * rows + j] = column->kind == MASTER_UNDER ? 1.0 : -1.0;
	}
	for (int j = 0; j < rows; j++)
	{
		int best = j;
		double factor;

		for (int i = j + 1; i < rows; i++)
			if (fabs(a[(size_t) i * rows + j]) > fabs(a[(size_t) best * rows + j]))
				best = i;
		if (fabs(a[(size_t) best * rows + j]) < 1e-11)
			return false;
		for (int k = 0; best != j && k < rows; k++)
		{
			double swap = a[(size_t) j * rows + k];

			a[(size_t) j * rows + k] = a[(size_t) best * rows + k];
			a[(size_t) best * rows + k] = swap;
			swap = master->inverse[(size_t) j * rows + k];
			master->inverse[(size_t) j * rows + k] = master->inverse[(size_t) best * rows + k];
			master->inverse[(size_t) best * rows + k] = swap;
		}
		factor = 1.0 / a[(size_t) j * rows + j];
		for (int k = 0; k < rows; k++)
		{
			a[(size_t) j * rows + k] *= factor;
			master->inverse[(size_t) j * rows + k] *= factor;
		}
		for (int i = 0; i < rows; i++)
		{
			factor = a[(size_t) i * rows + j];
			if (i == j || factor == 0)
				continue;
			for (int k = j; k < rows; k++)
				a[(size_t) i * rows + k] -= factor * a[(size_t) j * rows + k];
			for (int k = 0; k < rows; k++)
				master->inverse[(size_t) i * rows + k] -=
					factor * master->inverse[(size_t) j * rows + k];
		}
	}
	return true;
}

/* Levels of the basic variables from the inverse and the columns at their upper bounds. */
static void
load_levels(Master *master)
{
	int rows = master->rows;
	double *right = master->entering;

	memcpy(right, master->right, rows * sizeof(double));
	for (int c = 0; c < master->column_count; c++)
	{
		const MasterColumn *column = &master->columns[c];

		if (column->basic < 0 && column->at_upper)
			right[column->row] += column->upper;
	}
	for (int i = 0; i < rows; i++)
	{
		double sum = 0;

		for (int k = 0; k < rows; k++)
			sum += master->inverse[(size_t) i * rows + k] * right[k];
		master->level[i] = sum;
	}
}

/* Column that improves most, or the first that improves once steps have become degenerate. */
static int
choose_entering(const Master *master, double *improvement)
{
	bool first = master->degenerate > 60;
	int chosen = -1;
	double best = 0;

	for (int c = 0; c < master->column_count; c++)
	{
		const MasterColumn *column = &master->columns[c];
		double gain;

		if (column->basic >= 0 || column->upper == 0)
			continue;
		gain = -reduced_cost(master, column);
		if (column->at_upper)
			gain = -gain;
		if (gain <= TINY * (1.0 + fabs(column->cost)))
			continue;
		if (gain > best)
		{
			best = gain;
			chosen = c;
			if (first)
				break;
		}
	}
	*improvement = best;
	return chosen;
}

/* One step; false when it went nowhere because no bound stops it (cannot happen with penalties). */
static bool
step(Master *master, int entering)
{
	MasterColumn *column = &master->columns[entering];
	int rows = master->rows;
	double *alpha = master->entering;
	double direction = column->at_upper ? -1.0 : 1.0;
	double longest = column->upper;
	double dual_gain;
	int leaving = -1;
	bool leaves_at_upper = false;

	transform_column(master, column, alpha);
	for (int i = 0; i < rows; i++)
	{
		double rate = alpha[i] * direction;
		double upper = master->columns[master->basis[i]].upper;
		double room;
		bool at_upper = false;

		if (rate > 1e-9)
			room = master->level[i] / rate;
		else if (rate < -1e-9 && upper < INFINITY)
		{
			room = (upper - master->level[i]) / -rate;
			at_upper = true;
		}
		else
			continue;
		if (room < 0)
			room = 0;
		if (room < longest - 1e-12 ||
			(room <= longest + 1e-12 && leaving >= 0 && fabs(alpha[i]) > fabs(alpha[leaving])))
		{
			longest = room;
			leaving = i;
			leaves_at_upper = at_upper;
		}
	}
	if (longest == INFINITY)
		return false;
	master->degenerate = longest > 1e-10 ? 0 : master->degenerate + 1;
	for (int i = 0; i < rows; i++)
		master->level[i] -= alpha[i] * direction * longest;
	if (leaving < 0)
	{
		column->at_upper = !column->at_upper;
		return true;
	}
	dual_gain = reduced_cost(master, column) / alpha[leaving];
	{
		double *pivot = master->inverse + (size_t) leaving * rows;
		double factor = 1.0 / alpha[leaving];
		double start = column->at_upper ? column->upper : 0.0;

		for (int k = 0; k < rows; k++)
		{
			master->duals[k] += dual_gain * pivot[k];
			pivot[k] *= factor;
		}
		for (int i = 0; i < rows; i++)
		{
			double *row = master->inverse + (size_t) i * rows;

			factor = alpha[i];
			if (i == leaving || factor == 0)
				continue;
			for (int k = 0; k < rows; k++)
				row[k] -= factor * pivot[k];
		}
		master->columns[master->basis[leaving]].basic = -1;
		master->columns[master->basis[leaving]].at_upper = leaves_at_upper;
		make_basic(master, entering, leaving, start + direction * longest);
	}
	master->pivots++;
	return true;
}

PortStatus
master_solve(Master *master, double *objective, double *duals)
{
	int steps = 0;
	double gain;

	if (!master->started)
		crash(master);
	load_duals(master);
	for (;;)
	{
		int entering = choose_entering(master, &gain);

		if (entering < 0 || ++steps > 20000 || !step(master, entering))
			break;
		if (master->pivots >= REFACTOR_EVERY)
		{
			master->pivots = 0;
			if (!refactor(master))
				return PORT_STOPPED;
			load_levels(master);
			load_duals(master);
		}
		if (steps % 16 == 0 && master->port->interrupted(master->port->host))
			return PORT_INTERRUPTED;
	}
	*objective = 0;
	for (int c = 0; c < master->column_count; c++)
		*objective += master->columns[c].cost * master_value(master, c);
	memcpy(duals, master->duals, master->rows * sizeof(double));
	return PORT_OK;
}
