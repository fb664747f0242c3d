/*
 * postage_flow.c: primal network simplex.  The tree is kept with child lists; a step re-hangs the
 * path between the entering and the leaving arc.
 *
 * Prices are relative to hubs: when an offer with a hundred thousand cells below it moves, only its
 * own price changes.  What is re-priced node by node is what hangs on the path between hubs, which
 * is part of one zone.
 */
#include "core/postage_flow.h"

#include <string.h>

#define LOOKS_BETWEEN 50000 /* arcs looked at between two looks at the interrupt flag */
#define MOST_MOVE (INT64_C(1) << 60)

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
	flow->port->release(flow->port->host, flow->places);
	flow->port->release(flow->port->host, flow->hubs);
	flow->port->release(flow->port->host, flow->sections);
	flow_init(flow, flow->port);
}

void
flow_clear(Flow *flow)
{
	flow->arc_count = 0;
	flow->node_count = 0;
	flow->hub_count = 0;
	flow->section_count = 0;
}

bool
flow_add_section(Flow *flow)
{
	if (flow->section_count == flow->section_room)
	{
		int room = flow->section_room ? flow->section_room * 2 : 64;
		FlowSection *larger = port_resize_array(flow->port, flow->sections, flow->section_room,
												room, sizeof(FlowSection));

		if (larger == NULL)
			return false;
		flow->sections = larger;
		flow->section_room = room;
	}
	flow->sections[flow->section_count++] = (FlowSection){flow->arc_count, -1, 0, 0};
	return true;
}

static bool
grow_nodes(Flow *flow)
{
	int room = flow->node_room ? flow->node_room * 2 : 256;
	FlowNode *nodes =
		port_resize_array(flow->port, flow->nodes, flow->node_room, room, sizeof(FlowNode));
	FlowPlace *places;

	if (nodes == NULL)
		return false;
	flow->nodes = nodes;
	places = port_resize_array(flow->port, flow->places, flow->node_room, room, sizeof(FlowPlace));
	if (places == NULL)
		return false;
	flow->places = places;
	flow->node_room = room;
	return true;
}

int
flow_add_node(Flow *flow)
{
	if (flow->node_count == flow->node_room && !grow_nodes(flow))
		return -1;
	flow->nodes[flow->node_count] = (FlowNode){-1, -1, -1, -1, -1, -1, flow->section_count - 1};
	return flow->node_count++;
}

int
flow_add_hub(Flow *flow)
{
	int node = flow_add_node(flow);

	if (node < 0)
		return -1;
	if (flow->hub_count == flow->hub_room)
	{
		int room = flow->hub_room ? flow->hub_room * 2 : 64;
		FlowHub *larger =
			port_resize_array(flow->port, flow->hubs, flow->hub_room, room, sizeof(FlowHub));

		if (larger == NULL)
			return -1;
		flow->hubs = larger;
		flow->hub_room = room;
	}
	flow->nodes[node].hub = flow->hub_count;
	flow->places[node] = (FlowPlace){0, flow->hub_count};
	flow->hubs[flow->hub_count++] = (FlowHub){node, 0, -1, {0, 0}, 0};
	return node;
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

/* The price of one node from its parent's. */
static void
price_node(Flow *flow, int node)
{
	const FlowNode *n = &flow->nodes[node];
	const FlowArc *arc = &flow->arcs[n->arc];
	FlowPlace place = flow->places[n->parent];

	place.offset += arc->tail == node ? arc->cost : -arc->cost;
	if (n->hub >= 0)
		flow->hubs[n->hub].place = place;
	else
		flow->places[node] = place;
}

/* Everything below the node down to the next hubs.  False when the host asks to stop. */
static bool
price_below(Flow *flow, int top)
{
	int node = flow->nodes[top].first_child;
	int done = 0;

	while (node >= 0)
	{
		const FlowNode *n = &flow->nodes[node];

		if ((++done & 0x3fff) == 0 && flow->port->interrupted(flow->port->host))
			return false;

		price_node(flow, node);
		if (n->hub < 0 && n->first_child >= 0)
		{
			node = n->first_child;
			continue;
		}
		while (node != top && flow->nodes[node].next_sibling < 0)
			node = flow->nodes[node].parent;
		node = node == top ? -1 : flow->nodes[node].next_sibling;
	}
	return true;
}

/* Hub prices moved by up to that much against each other. */
static void
note_move(Flow *flow, int64_t spread)
{
	if (spread < MOST_MOVE && flow->moved < MOST_MOVE)
	{
		flow->moved += spread;
		return;
	}
	flow->moved = 0;
	for (int s = 0; s < flow->section_count; s++)
		flow->sections[s].slack = -1;
}

static uint64_t
hash_price(int hub, int64_t price)
{
	uint64_t hash = ((uint64_t) price ^ ((uint64_t) hub << 56)) * UINT64_C(0x9E3779B97F4A7C15);

	hash = (hash ^ (hash >> 32)) * UINT64_C(0xBF58476D1CE4E5B9);
	return hash ^ (hash >> 29);
}

/* Potentials of hubs from those above them: up to one that is known, and back. */
static void
price_hubs(Flow *flow)
{
	FlowHub *hubs = flow->hubs;
	int64_t most = 0;
	int64_t least = 0;

	flow->round++;
	hubs[0].round = flow->round;
	hubs[0].potential = 0;
	flow->mark = 0;
	for (int h = 1; h < flow->hub_count; h++)
	{
		int at = h;

		if (hubs[h].round == flow->round)
			continue;
		hubs[h].below = -1;
		while (hubs[at].round != flow->round)
		{
			hubs[hubs[at].place.anchor].below = at;
			at = hubs[at].place.anchor;
		}
		while ((at = hubs[at].below) >= 0)
		{
			int64_t price = hubs[hubs[at].place.anchor].potential + hubs[at].place.offset;
			int64_t change = price - hubs[at].potential;

			most = change > most ? change : most;
			least = change < least ? change : least;
			hubs[at].potential = price;
			flow->mark += hash_price(at, price);
			hubs[at].round = flow->round;
		}
	}
	note_move(flow, most - least);
}

static int64_t
potential(const Flow *flow, int node)
{
	const FlowPlace *place = &flow->places[node];

	return flow->hubs[place->anchor].potential + place->offset;
}

static int64_t
reduced_cost(const Flow *flow, const FlowArc *arc)
{
	return arc->cost + potential(flow, arc->head) - potential(flow, arc->tail);
}

/* The lowest node above both. */
static int
find_apex(Flow *flow, int a, int b)
{
	int x = a;
	int y = b;

	/* two walkers that continue on the other's way meet where the ways join */
	while (x != y)
	{
		x = flow->nodes[x].parent >= 0 ? flow->nodes[x].parent : b;
		y = flow->nodes[y].parent >= 0 ? flow->nodes[y].parent : a;
	}
	return x;
}

static int
section_of(const Flow *flow, int arc)
{
	int low = 0;
	int high = flow->section_count - 1;

	while (low < high)
	{
		int middle = (low + high + 1) / 2;

		if (flow->sections[middle].first_arc <= arc)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/* Re-hangs the path from node up to blocking below parent. */
static void
rehang_path(Flow *flow, int node, int blocking, int parent, int arc)
{
	for (;;)
	{
		int next = flow->nodes[node].parent;
		int next_arc = flow->nodes[node].arc;

		detach(flow, node);
		attach(flow, node, parent, arc);
		price_node(flow, node);
		flow->sections[flow->nodes[node].section].slack = -1;
		if (flow->nodes[node].hub < 0)
			(void) price_below(flow, node); /* of one zone: the next look notices an interrupt */
		if (node == blocking)
		{
			flow->sections[section_of(flow, next_arc)].slack = -1;
			return;
		}
		parent = node;
		arc = next_arc;
		node = next;
	}
}

/* Sends flow round the cycle that the arc closes; exchanges the arc that stops it. */
static void
pivot(Flow *flow, int entering)
{
	FlowArc *e = &flow->arcs[entering];
	bool backwards = e->flow == e->capacity && reduced_cost(flow, e) > 0;
	/* flow leaves the tree path at from and re-enters at to: up from "to", down to "from" */
	int from = backwards ? e->head : e->tail;
	int to = backwards ? e->tail : e->head;
	int64_t amount = backwards ? e->flow : e->capacity - e->flow;
	int apex = find_apex(flow, from, to);
	int blocking = -1;
	bool from_side = false;

	for (int side = 0; side < 2; side++)
		for (int node = side == 0 ? from : to; node != apex; node = flow->nodes[node].parent)
		{
			const FlowArc *arc = &flow->arcs[flow->nodes[node].arc];
			bool increases = side == 0 ? arc->tail != node : arc->tail == node;
			int64_t room = increases ? arc->capacity - arc->flow : arc->flow;

			/* of equals the last on the cycle: that keeps the tree from cycling */
			if (room < amount || (room == amount && blocking >= 0 && side == 1))
			{
				amount = room;
				blocking = node;
				from_side = side == 0;
			}
		}
	e->flow += backwards ? -amount : amount;
	for (int side = 0; side < 2; side++)
		for (int node = side == 0 ? from : to; node != apex; node = flow->nodes[node].parent)
		{
			FlowArc *arc = &flow->arcs[flow->nodes[node].arc];
			bool increases = side == 0 ? arc->tail != node : arc->tail == node;

			arc->flow += increases ? amount : -amount;
		}
	if (blocking < 0)
		return;
	if (from_side)
		rehang_path(flow, from, blocking, to, entering);
	else
		rehang_path(flow, to, blocking, from, entering);
	price_hubs(flow);
}

/* The arc of the section that saves most; -1 when none does, and then the slack is known. */
static int
look_at_section(Flow *flow, int index)
{
	FlowSection *section = &flow->sections[index];
	int end =
		index + 1 < flow->section_count ? flow->sections[index + 1].first_arc : flow->arc_count;
	int64_t slack = INT64_MAX;
	int64_t most = 0;
	int best = -1;

	for (int at = section->first_arc; at < end; at++)
	{
		const FlowArc *arc = &flow->arcs[at];
		int64_t cost = reduced_cost(flow, arc);
		int64_t loss = arc->flow == 0 ? cost : -cost; /* of using it more, or less */

		if (flow->nodes[arc->tail].arc == at || flow->nodes[arc->head].arc == at)
			continue;
		if (loss < slack)
			slack = loss;
		if (loss < -most)
		{
			most = -loss;
			best = at;
		}
	}
	flow->looked += end - section->first_arc;
	section->slack = slack;
	section->seen = flow->moved;
	section->mark = flow->mark;
	return best;
}

PortStatus
flow_solve(Flow *flow)
{
	int at = 0;
	int seen = 0; /* sections since the last step */
	int64_t steps = 0;

	flow->moved = 0;
	flow->looked = 0;
	for (int h = 0; h < flow->hub_count; h++)
		if (!price_below(flow, flow->hubs[h].node))
			return PORT_INTERRUPTED;
	price_hubs(flow);
	for (; seen < flow->section_count; seen++)
	{
		const FlowSection *section = &flow->sections[at];
		int best = -1;

		if (section->slack < 0 ||
			(section->mark != flow->mark && flow->moved - section->seen > section->slack))
			best = look_at_section(flow, at);
		at = at + 1 == flow->section_count ? 0 : at + 1;
		if (flow->looked >= LOOKS_BETWEEN)
		{
			flow->looked = 0;
			if (flow->port->interrupted(flow->port->host))
				return PORT_INTERRUPTED;
		}
		if (best < 0)
			continue;
		seen = -1;
		if (++steps > 50 * (int64_t) flow->arc_count + 100000)
			return PORT_STOPPED;
		pivot(flow, best);
	}
	return PORT_OK;
}

int64_t
flow_price(const Flow *flow, int node)
{
	return potential(flow, node);
}
