/*
 * mail_spread.c: a plan of cells back to letters.
 *
 * A cell's letters go to its offers in order: the first in postal order to the first offer.  What
 * is not a share of the list price (fees, paid-up letters, discounts by amount) is spread evenly
 * over the letters that bear it; the first of them in postal order bear the micro units that do not
 * divide.  So the letters' prices sum to the plan's cost exactly.
 */
#include <inttypes.h>

#include "core/mail_plan.h"

/* Letters up to the last one, in postal order within an offer, bear the same. */
typedef struct SharePiece
{
	int64_t last;
	int64_t amount; /* taken off the price */
} SharePiece;

/* Where the walk through the keys stands in an offer. */
typedef struct OfferState
{
	int points;
	SharePiece *pieces;
	int piece_count;
	int piece; /* of the next letter */
	int64_t letters;
	int64_t position; /* letters so far */
	/* of the lead for all offers of its joint: they are one in postal order */
	int lead;
	int64_t before; /* letters of the offers before it */
	int64_t placed;
	bool is_sorted;
	int zone; /* of its current bundle */
	int bundles;
} OfferState;

typedef struct Spread
{
	MailPlan *plan;
	OfferState *offers;
	int *cell_share; /* share in use of each cell */
	int64_t *cell_taken;
	int *kind_flow; /* first flow of each kind */
	int64_t cost;
} Spread;

static PortStatus start_offers(Spread *spread);
static PortStatus cut_pieces(const MailPlan *plan, OfferState *states, int offer);
static PortStatus start_flows(Spread *spread);
static PortStatus spread_key(Spread *spread, MailKey *key);
static PortStatus add_runs(Spread *spread, const MailKey *key, int offer, int64_t letters);
static void finish_flows(MailPlan *plan);

PortStatus
mail_spread(MailPlan *plan)
{
	Spread spread = {.plan = plan};
	PortStatus status = start_offers(&spread);
	int64_t placed = 0;

	if (status == PORT_OK)
		status = start_flows(&spread);
	for (int i = 0; i < plan->key_index.count && status == PORT_OK; i++)
	{
		MailKey *key = &plan->keys[plan->key_order[i]];

		if ((i & 4095) == 0 && plan->port->interrupted(plan->port->host))
			return PORT_INTERRUPTED;
		key->first_run = plan->run_count;
		key->run_count = 0;
		if (plan->kinds[key->kind].cell < 0)
			continue;
		status = spread_key(&spread, key);
		key->run_count = plan->run_count - key->first_run;
		placed += key->letters;
	}
	if (status != PORT_OK)
		return status;
	plan->bundle_count = 0;
	for (int o = 0; o < plan->tariff->offer_count; o++)
	{
		plan->offer_bundles[o] = spread.offers[o].lead == o
									 ? plan->bundle_count
									 : plan->offer_bundles[spread.offers[o].lead];
		plan->bundle_count += spread.offers[o].bundles;
	}
	finish_flows(plan);
	if (spread.cost != plan->parts.cost || placed != plan->letters)
		return port_fault(&plan->fault, PORT_INVALID, "PLAN-SUM",
						  "%" PRId64 " letters cost %" PRId64 ", the plan for %" PRId64
						  " letters %" PRId64,
						  placed, spread.cost, plan->letters, plan->parts.cost);
	return PORT_OK;
}

/* The first of the offers that are sold as this one. */
static int
lead_of(const MailPlan *plan, int offer)
{
	const TariffOffer *offers = plan->tariff->offers;

	while (offer > 0 && offers[offer].issuers > 1)
		offer--;
	return offer;
}

static PortStatus
start_offers(Spread *spread)
{
	MailPlan *plan = spread->plan;
	int count = plan->tariff->offer_count;
	OfferState *states = port_alloc_array(plan->port, (size_t) count + 1, sizeof(OfferState));
	int64_t before = 0;
	PortStatus status = PORT_OK;

	if (states == NULL)
		return PORT_NO_MEMORY;
	memset(states, 0, ((size_t) count + 1) * sizeof(OfferState));
	for (int s = 0; s < plan->share_count; s++)
		states[plan->shares[s].offer].letters += plan->shares[s].letters;
	for (int o = 0; o < count; o++)
	{
		states[o].lead = lead_of(plan, o);
		states[o].before = before; /* offers of a joint follow each other */
		states[o].is_sorted = plan->tariff->offers[o].min_bundle > 0;
		states[o].zone = -2;
		before += states[o].letters;
	}
	for (int o = 0; o < count && status == PORT_OK; o++)
		status = cut_pieces(plan, states, o);
	spread->offers = states;
	return status;
}

/* Letters of the offer that bear one micro unit more than the others of the part's. */
static int64_t
extra_letters(const MailPart *part, const OfferState *states, int offer)
{
	int64_t amount = part->amount < 0 ? -part->amount : part->amount;
	int64_t extra = amount % part->letters;

	for (int o = 0; o < offer; o++)
		if ((part->offers >> o) & 1)
			extra -= states[o].letters;
	return extra < 0 ? 0 : extra > states[offer].letters ? states[offer].letters : extra;
}

/* Cuts the offer's letters where what they bear changes. */
static PortStatus
cut_pieces(const MailPlan *plan, OfferState *states, int offer)
{
	OfferState *state = &states[offer];
	const MailParts *parts = &plan->parts;
	int64_t from = 0;

	state->pieces = port_alloc_array(plan->port, (size_t) parts->count + 2, sizeof(SharePiece));
	if (state->pieces == NULL)
		return PORT_NO_MEMORY;
	while (from < state->letters)
	{
		SharePiece piece = {state->letters, 0};

		state->points = 0;
		for (int p = 0; p < parts->count; p++)
		{
			const MailPart *part = &parts->parts[p];
			int64_t share, extra;

			if (!((part->offers >> offer) & 1) || part->kind == MAIL_PART_LIST ||
				part->kind == MAIL_PART_BROKEN)
				continue;
			if (part->points >= 0)
				state->points += part->points;
			if (part->points >= 0 || part->amount == 0)
				continue;
			extra = extra_letters(part, states, offer);
			share = (part->amount < 0 ? -part->amount : part->amount) / part->letters +
					(from < extra ? 1 : 0);
			piece.amount += part->amount < 0 ? share : -share;
			if (extra > from && extra < piece.last)
				piece.last = extra;
		}
		state->pieces[state->piece_count++] = piece;
		from = piece.last;
	}
	return PORT_OK;
}

static PortStatus
start_flows(Spread *spread)
{
	MailPlan *plan = spread->plan;
	size_t cells = (size_t) plan->cell_index.count + 1;
	int kinds = plan->kind_index.count;

	spread->cell_share = port_alloc_array(plan->port, cells, sizeof(int));
	spread->cell_taken = port_alloc_array(plan->port, cells, sizeof(int64_t));
	spread->kind_flow = port_alloc_array(plan->port, (size_t) kinds + 1, sizeof(int));
	if (spread->cell_share == NULL || spread->cell_taken == NULL || spread->kind_flow == NULL)
		return PORT_NO_MEMORY;
	memset(spread->cell_share, 0, cells * sizeof(int));
	memset(spread->cell_taken, 0, cells * sizeof(int64_t));
	plan->flow_count = 0;
	for (int k = 0; k < kinds; k++)
	{
		spread->kind_flow[k] = plan->flow_count;
		if (plan->kinds[k].cell >= 0)
			plan->flow_count += plan->cells[plan->kinds[k].cell].share_count;
	}
	plan->flows = port_alloc_array(plan->port, (size_t) plan->flow_count + 1, sizeof(MailFlow));
	if (plan->flows == NULL)
		return PORT_NO_MEMORY;
	for (int k = 0; k < kinds; k++)
	{
		const MailCell *cell = &plan->cells[plan->kinds[k].cell < 0 ? 0 : plan->kinds[k].cell];

		for (int s = 0; plan->kinds[k].cell >= 0 && s < cell->share_count; s++)
			plan->flows[spread->kind_flow[k] + s] =
				(MailFlow){k, plan->shares[cell->first_share + s].offer, 0, 0};
	}
	return PORT_OK;
}

static PortStatus
spread_key(Spread *spread, MailKey *key)
{
	MailPlan *plan = spread->plan;
	int cell_no = plan->kinds[key->kind].cell;
	const MailCell *cell = &plan->cells[cell_no];
	int64_t left = key->letters;
	PortStatus status = PORT_OK;

	key->run = 0;
	key->taken = 0;
	while (left > 0 && status == PORT_OK)
	{
		const MailShare *share = &plan->shares[cell->first_share + spread->cell_share[cell_no]];
		int64_t free_letters = share->letters - spread->cell_taken[cell_no];
		int64_t letters = left < free_letters ? left : free_letters;

		if (free_letters == 0)
		{
			if (++spread->cell_share[cell_no] >= cell->share_count)
				return port_fault(&plan->fault, PORT_INVALID, "PLAN-SUM",
								  "the plan sends fewer letters than cell %d has", cell_no + 1);
			spread->cell_taken[cell_no] = 0;
			continue;
		}
		status = add_runs(spread, key, share->offer, letters);
		spread->cell_taken[cell_no] += letters;
		left -= letters;
	}
	return status;
}

/* One run for each piece that the letters reach into. */
static PortStatus
add_runs(Spread *spread, const MailKey *key, int offer, int64_t letters)
{
	MailPlan *plan = spread->plan;
	OfferState *state = &spread->offers[offer];
	OfferState *lead = &spread->offers[state->lead];
	const MailKind *kind = &plan->kinds[key->kind];
	int64_t list = mail_list_price(plan, kind->vector, offer);
	MailFlow *flow = &plan->flows[spread->kind_flow[key->kind] + spread->cell_share[kind->cell]];

	if (lead->bundles == 0 || (lead->is_sorted && lead->zone != kind->zone))
		lead->bundles++;
	lead->zone = kind->zone;
	while (letters > 0)
	{
		const SharePiece *piece = &state->pieces[state->piece];
		int64_t here = piece->last - state->position;
		int64_t discount = list * state->points / 10000 + piece->amount;
		MailRun *run;

		if (here == 0)
		{
			state->piece++;
			continue;
		}
		if (here > letters)
			here = letters;
		if (!mail_grow(plan->port, (void **) &plan->runs, plan->run_count, &plan->run_room,
					   sizeof(MailRun)))
			return PORT_NO_MEMORY;
		run = &plan->runs[plan->run_count++];
		*run = (MailRun){.first_sequence = lead->before + lead->placed + 1,
						 .discount = discount,
						 .letters = (uint32_t) here,
						 .offer = offer,
						 .bundle = lead->bundles};
		state->position += here;
		lead->placed += here;
		letters -= here;
		flow->letters += here;
		flow->discount += here * discount;
		spread->cost += here * (list - discount);
	}
	return PORT_OK;
}

/* Only flows with letters stay. */
static void
finish_flows(MailPlan *plan)
{
	int kept = 0;

	for (int f = 0; f < plan->flow_count; f++)
		if (plan->flows[f].letters > 0)
			plan->flows[kept++] = plan->flows[f];
	plan->flow_count = kept;
}
