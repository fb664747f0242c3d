/*
 * postage_flow_test.c: random flows; the answer is checked by its own proof: what flows in flows out, and no
 * arc has a price that calls for more or less of it.
 */
#include "check.h"
#include "core/postage_flow.h"

#include <stdlib.h>

static uint64_t random_state = 1;

static int64_t
random_below(int64_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (int64_t) ((random_state >> 11) % (uint64_t) limit);
}

#define MOST_HUBS 90
#define MOST_NODES 2000

/* Hubs hang below earlier ones; each has a cheap narrow arc and a dear wide one towards it. */
static int
add_hubs(Flow *flow, int *above)
{
	int hubs = 2 + (int) random_below(random_below(5) == 0 ? MOST_HUBS - 2 : 8);

	CHECK(flow_add_section(flow));
	for (int h = 0; h < hubs; h++)
	{
		CHECK(flow_add_hub(flow) == h);
		above[h] = h == 0 ? -1 : (int) random_below(h);
	}
	return hubs;
}

/* Cells with a supply, some of which enter a hub through a bundle node with a wanted minimum. */
static void
add_zone(Flow *flow, int hubs, int64_t *supply, int64_t *load)
{
	int bundle_hub = 1 + (int) random_below(hubs - 1);
	int64_t bundle_load = 0;
	int64_t minimum = 1 + random_below(12);
	int cells = 1 + (int) random_below(6);
	int bundle;
	int required;
	int rest;

	CHECK(flow_add_section(flow));
	bundle = flow_add_node(flow);
	supply[bundle] = 0;
	for (int c = 0; c < cells; c++)
	{
		int node = flow_add_node(flow);
		int ways = 1 + (int) random_below(4);
		int chosen = (int) random_below(ways);

		supply[node] = 1 + random_below(9);
		for (int w = 0; w < ways; w++)
		{
			bool bundled = random_below(3) == 0;
			int hub = bundled ? bundle_hub : 1 + (int) random_below(hubs - 1);
			int arc = flow_add_arc(flow, node, bundled ? bundle : hub, random_below(100), supply[node] + 1,
								   w == chosen ? supply[node] : 0);

			if (w != chosen)
				continue;
			flow_hang(flow, node, arc);
			if (bundled)
				bundle_load += supply[node];
			else
				load[hub] += supply[node];
		}
	}
	required = flow_add_arc(flow, bundle, bundle_hub, -100000, minimum, bundle_load < minimum ? bundle_load : minimum);
	rest = flow_add_arc(flow, bundle, bundle_hub, 0, 100, bundle_load < minimum ? 0 : bundle_load - minimum);
	flow_hang(flow, bundle, bundle_load < minimum ? required : rest);
	load[bundle_hub] += bundle_load;
}

static void
close_hubs(Flow *flow, int hubs, const int *above, int64_t *load)
{
	CHECK(flow_add_section(flow));
	for (int h = hubs - 1; h > 0; h--)
	{
		int64_t narrow = 1 + random_below(30);
		int64_t start = load[h] < narrow ? load[h] : narrow;
		int cheap = flow_add_arc(flow, h, above[h], random_below(40) - 10, narrow, start);
		int dear = flow_add_arc(flow, h, above[h], 30 + random_below(random_below(2) ? 40 : 100000), 1000000, load[h] - start);

		flow_hang(flow, h, start < narrow ? cheap : dear);
		load[above[h]] += load[h];
	}
}

static void
check_answer(const Flow *flow, const int64_t *supply)
{
	static int64_t out[MOST_NODES];
	int bad = 0;

	memcpy(out, supply, sizeof(out));
	for (int a = 0; a < flow->arc_count; a++)
	{
		const FlowArc *arc = &flow->arcs[a];
		int64_t price = arc->cost + flow_price(flow, arc->head) - flow_price(flow, arc->tail);

		out[arc->tail] -= arc->flow;
		out[arc->head] += arc->flow;
		bad += arc->flow < 0 || arc->flow > arc->capacity;
		bad += price < 0 && arc->flow != arc->capacity;
		bad += price > 0 && arc->flow != 0;
	}
	for (int n = 1; n < flow->node_count; n++)
		bad += out[n] != 0;
	CHECK(bad == 0);
}

int
main(void)
{
	Flow flow;

	flow_init(&flow, &port_malloc);
	for (int round = 0; round < 3000; round++)
	{
		static int64_t supply[MOST_NODES];
		int64_t load[MOST_HUBS] = {0};
		int above[MOST_HUBS];
		int zones = 1 + (int) random_below(random_below(20) == 0 ? 200 : 12);
		int hubs;

		memset(supply, 0, sizeof(supply));
		flow_clear(&flow);
		hubs = add_hubs(&flow, above);
		for (int z = 0; z < zones; z++)
			add_zone(&flow, hubs, supply, load);
		close_hubs(&flow, hubs, above, load);
		CHECK(flow_solve(&flow) == PORT_OK);
		check_answer(&flow, supply);
	}
	flow_release(&flow);
	return check_done();
}
