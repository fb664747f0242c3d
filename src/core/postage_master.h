/*
 * postage_master.h: the linear program over known zone plans that proposes multipliers.
 *
 * Rows: one an aggregate (letters of the chosen plans equal the aggregate's volume), one a block of
 * zones (its plans' shares sum to one).  It works in floating point on purpose: it only proposes;
 * bounds and costs are computed elsewhere in integers.
 */
#ifndef CORE_POSTAGE_MASTER_H
#define CORE_POSTAGE_MASTER_H

#include "core/port.h"

typedef enum MasterKind
{
	MASTER_PLAN,  /* a plan of one block */
	MASTER_PIECE, /* a stretch of an aggregate's volume at constant cost a letter */
	MASTER_UNDER, /* penalised: volume below the range */
	MASTER_OVER	  /* penalised: volume above the range */
} MasterKind;

typedef struct MasterColumn
{
	MasterKind kind;
	int row;   /* aggregate row, or block of a plan */
	int tag;   /* the caller's */
	int basic; /* row in which it is basic, or -1 */
	bool at_upper;
	double cost;
	double upper;
	const double *volumes; /* of a plan, by aggregate row; the caller's */
} MasterColumn;

typedef struct Master Master;

extern Master *master_new(const Port *port, int most_rows);

/* Starts afresh; offsets are the volumes at which each aggregate row's pieces begin. */
extern void master_reset(Master *master, int aggregate_rows, int blocks, const double *offsets);

/* Returns the index of the column, -1 when there is no memory. */
extern int master_add_plan(Master *master, int block, double cost, const double *volumes, int tag);
extern int master_add_piece(Master *master, int row, double length, double slope);
extern void master_set_penalty(Master *master, double penalty);

/*
 * Minimises.  The first call after a reset needs one plan for each block and all pieces.  duals has
 * an entry a row.  interrupted() of the port is tested.
 */
extern PortStatus master_solve(Master *master, double *objective, double *duals);

extern int master_column_count(const Master *master);
extern const MasterColumn *master_column(const Master *master, int column);
extern double master_value(const Master *master, int column); /* of the last solution */
extern double master_penalised(const Master *master);		  /* letters outside of ranges */

#endif
