/*
 * postage_flow.h: minimum-cost flow towards one root, by network simplex in integers.
 *
 * Every node but the root (node 0) has a supply; arcs have a cost, a capacity and no lower bound.
 * The caller hands in a tree: for each node the arc that starts as its way to the root, and initial
 * flows that balance.  Limits that may be broken at a price are the caller's parallel arcs.
 */
#ifndef CORE_POSTAGE_FLOW_H
#define CORE_POSTAGE_FLOW_H

#include "core/port.h"

typedef struct FlowArc
{
	int tail, head;
	int64_t cost;
	int64_t capacity;
	int64_t flow;
} FlowArc;

typedef struct FlowNode
{
	int parent; /* -1 for the root */
	int arc;	/* tree arc to the parent */
	int depth;
	int first_child, next_sibling, before_sibling;
	int64_t potential; /* cost of a letter's way from here to the root */
} FlowNode;

typedef struct Flow
{
	const Port *port;
	FlowArc *arcs;
	int arc_count, arc_room;
	FlowNode *nodes;
	int node_count, node_room;
} Flow;

extern void flow_init(Flow *flow, const Port *port);
extern void flow_release(Flow *flow);
extern void flow_clear(Flow *flow);

/* Index of the new node or arc, -1 when there is no memory.  arc of a node is set by flow_hang. */
extern int flow_add_node(Flow *flow);
extern int flow_add_arc(Flow *flow, int tail, int head, int64_t cost, int64_t capacity,
						int64_t start);
extern void flow_hang(Flow *flow, int node, int arc);

extern PortStatus flow_solve(Flow *flow);

#endif
