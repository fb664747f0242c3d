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
	int first_child, next_sibling, before_sibling;
	int hub; /* its number when it is a hub, else -1 */
	int section;
} FlowNode;

/* Cost of a letter's way from a node to the root, relative to the hub above it (its own if hub). */
typedef struct FlowPlace
{
	int64_t offset;
	int anchor;
} FlowPlace;

/* A node with very many below it; prices below are relative to it, so that it can move at once. */
typedef struct FlowHub
{
	int node;
	int64_t round;	 /* in which potential was computed */
	int below;		 /* the way back while computing it */
	FlowPlace place; /* relative to the hub above */
	int64_t potential;
} FlowHub;

/*
 * Arcs that are looked at together.  They need no look before prices of hubs, whose changes are
 * added up, have moved by more than the slack, nor when hub prices are back where they were.
 */
typedef struct FlowSection
{
	int first_arc;
	int64_t slack; /* negative: to be looked at in any case */
	int64_t seen;  /* moves of hub prices at the last look */
	uint64_t mark; /* hash of hub prices at the last look */
} FlowSection;

typedef struct Flow
{
	const Port *port;
	FlowArc *arcs;
	int arc_count, arc_room;
	FlowNode *nodes;
	FlowPlace *places; /* by node */
	int node_count, node_room;
	FlowHub *hubs;
	int hub_count, hub_room;
	FlowSection *sections;
	int section_count, section_room;
	int64_t round;
	int64_t looked; /* arcs since the last look at the interrupt flag */
	int64_t moved;	/* bound on what hub prices moved against each other, added up */
	uint64_t mark;	/* hash of hub prices */
} Flow;

extern void flow_init(Flow *flow, const Port *port);
extern void flow_release(Flow *flow);
extern void flow_clear(Flow *flow);

/*
 * Nodes and arcs that follow belong together; nodes of different sections meet only in hubs.  False
 * when there is no memory.
 */
extern bool flow_add_section(Flow *flow);

/*
 * Index of the new node or arc, -1 when there is no memory.  arc of a node is set by flow_hang. The
 * first node is the root and a hub.
 */
extern int flow_add_node(Flow *flow);
extern int flow_add_hub(Flow *flow);
extern int flow_add_arc(Flow *flow, int tail, int head, int64_t cost, int64_t capacity,
						int64_t start);
extern void flow_hang(Flow *flow, int node, int arc);

extern PortStatus flow_solve(Flow *flow);

/* After solving: what a letter costs from the node to the root. */
extern int64_t flow_price(const Flow *flow, int node);

#endif
