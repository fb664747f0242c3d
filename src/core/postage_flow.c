/*
 * postage_flow.c: primal network simplex.  The tree is kept with child lists; a step re-hangs the
 * path between the entering and the leaving arc and re-prices only the subtree that moved.
 */
#include "core/postage_flow.h"

#include <string.h>

void
flow_init(Flow *flow, const Port *port)
{
	memset(flow, 0, sizeof(*flow));
	flow->port = port;
}

void
flow_release(Flow *flow)
{
	flow->port->release(flow->port->host, flow->arcs);
	flow->port->release(flow->port->host, flow->nodes);
	flow_init(flow, flow->port);
}

void
flow_clear(Flow *flow)
{
	flow->arc_count = 0;
	flow->node_count = 0;
}

int
flow_add_node(Flow *flow)
{
	if (flow->node_count == flow->node_room)
	{
		int room = flow->node_room ? flow->node_room * 2 : 256;
		FlowNode *larger =
			port_resize_array(flow->port, flow->nodes, flow->node_room, room, sizeof(FlowNode));

		if (larger == NULL)
			return -1;
		flow->nodes = larger;
		flow->node_room = room;
	}
	flow->nodes[flow->node_count] = (FlowNode){-1, -1, 0, -1, -1, -1, 0};
	return flow->node_count++;
}

int
flow_add_arc(Flow *flow, int tail, int head, int64_t cost, int64_t capacity, int64_t start)
{
	if (flow->arc_count == flow->arc_room)
	{
		int room = flow->arc_room ? flow->arc_room * 2 : 1024;
		FlowArc *larger =
			port_resize_array(flow->port, flow->arcs, flow->arc_room, room, sizeof(FlowArc));

		if (larger == NULL)
			return -1;
		flow->arcs = larger;
		flow->arc_room = room;
	}
	flow->arcs[flow->arc_count] = (FlowArc){tail, head, cost, capacity, start};
	return flow->arc_count++;
}

static void
attach(Flow *flow, int node, int parent, int arc)
{
	FlowNode *n = &flow->nodes[node];

	n->parent = parent;
	n->arc = arc;
	n->before_sibling = -1;
	n->next_sibling = flow->nodes[parent].first_child;
	if (n->next_sibling >= 0)
		flow->nodes[n->next_sibling].before_sibling = node;
	flow->nodes[parent].first_child = node;
}

static void
detach(Flow *flow, int node)
{
	FlowNode *n = &flow->nodes[node];

	if (n->before_sibling >= 0)
		flow->nodes[n->before_sibling].next_sibling = n->next_sibling;
	else
		flow->nodes[n->parent].first_child = n->next_sibling;
	if (n->next_sibling >= 0)
		flow->nodes[n->next_sibling].before_sibling = n->before_sibling;
}

void
flow_hang(Flow *flow, int node, int arc)
{
	attach(flow, node, flow->arcs[arc].head, arc);
}

/* Depth and potential of everything below the node, from its parent's. */
static void
price_subtree(Flow *flow, int top)
{
	int node = top;

	for (;;)
	{
		FlowNode *n = &flow->nodes[node];

		if (n->parent >= 0)
		{
			const FlowArc *arc = &flow->arcs[n->arc];
			const FlowNode *parent = &flow->nodes[n->parent];

			n->depth = parent->depth + 1;
			n->potential = parent->potential + (arc->tail == node ? arc->cost : -arc->cost);
		}
		if (n->first_child >= 0)
		{
			node = n->first_child;
			continue;
		}
		while (node != top && flow->nodes[node].next_sibling < 0)
			node = flow->nodes[node].parent;
		if (node == top)
			return;
		node = flow->nodes[node].next_sibling;
	}
}

static int64_t
reduced_cost(const Flow *flow, const FlowArc *arc)
{
	return arc->cost + flow->nodes[arc->head].potential - flow->nodes[arc->tail].potential;
}

/* Sends flow round the cycle that the arc closes; exchanges the arc that stops it. */
static void
pivot(Flow *flow, int entering)
{
	FlowArc *e = &flow->arcs[entering];
	bool backwards = e->flow == e->capacity && reduced_cost(flow, e) > 0;
	int from =
		backwards ? e->head : e->tail; /* flow leaves the tree path here and re-enters at to */
	int to = backwards ? e->tail : e->head;
	int64_t amount = backwards ? e->flow : e->capacity - e->flow;
	int blocking = -1;
	bool from_side = false;
	int a = from;
	int b = to;

	/* flow goes from -> to over the entering arc, then up from "to", and down to "from" */
	while (a != b)
	{
		bool on_from = flow->nodes[a].depth >= flow->nodes[b].depth;
		int node = on_from ? a : b;
		const FlowArc *arc = &flow->arcs[flow->nodes[node].arc];
		bool upward = arc->tail == node;
		/* the from side runs downwards, the to side upwards */
		bool increases = on_from ? !upward : upward;
		int64_t room = increases ? arc->capacity - arc->flow : arc->flow;

		if (room < amount || (room == amount && blocking >= 0 && !on_from))
		{
			amount = room;
			blocking = node;
			from_side = on_from;
		}
		if (on_from)
			a = flow->nodes[a].parent;
		else
			b = flow->nodes[b].parent;
	}
	e->flow += backwards ? -amount : amount;
	for (int side = 0; side < 2; side++)
		for (int node = side == 0 ? from : to; node != a; node = flow->nodes[node].parent)
		{
			FlowArc *arc = &flow->arcs[flow->nodes[node].arc];
			bool increases = side == 0 ? arc->tail != node : arc->tail == node;

			arc->flow += increases ? amount : -amount;
		}
	if (blocking < 0)
		return;
	{
		/* re-hang the path from the inner end of the entering arc up to the leaving arc */
		int node = from_side ? from : to;
		int parent = from_side ? to : from;
		int arc = entering;
		int top = node;

		for (;;)
		{
			int next = flow->nodes[node].parent;
			int next_arc = flow->nodes[node].arc;

			detach(flow, node);
			attach(flow, node, parent, arc);
			if (node == blocking)
				break;
			parent = node;
			arc = next_arc;
			node = next;
		}
		price_subtree(flow, top);
	}
}

PortStatus
flow_solve(Flow *flow)
{
	int at = 0;
	int block = 64;
	int seen = 0;
	int64_t steps = 0;

	price_subtree(flow, 0);
	while (block * block < flow->arc_count)
		block *= 2;
	while (seen < flow->arc_count)
	{
		int best = -1;
		int64_t most = 0;

		for (int i = 0; i < block && seen < flow->arc_count; i++, seen++)
		{
			const FlowArc *arc = &flow->arcs[at];
			int64_t cost = reduced_cost(flow, arc);

			if (cost < -most && arc->flow < arc->capacity)
			{
				most = -cost;
				best = at;
			}
			else if (cost > most && arc->flow > 0)
			{
				most = cost;
				best = at;
			}
			at = at + 1 == flow->arc_count ? 0 : at + 1;
		}
		if ((++steps & 63) == 0 && flow->port->interrupted(flow->port->host))
			return PORT_INTERRUPTED;
		if (best < 0)
			continue;
		seen = 0;
		if (steps > 50 * (int64_t) flow->arc_count + 100000)
			return PORT_STOPPED;
		pivot(flow, best);
	}
	return PORT_OK;
}
