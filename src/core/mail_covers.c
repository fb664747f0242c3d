/*
 * mail_covers.c: see mail_covers.h.
 */
#include "core/mail_covers.h"

#include <stdlib.h>

#include "core/mail_covers_state.h"
#include "core/postage_solve.h"

#define TRIAL_NODES 2000 /* branch and bound of a trial: its bound is not needed */
#define MOST_ROUNDS 3
#define MOST_TRIALS 60	 /* tiers and minima tried, in all rounds */
#define LOCAL_WORK 60000 /* arcs to be solved when single groups are tried */
#define MOST_LOCAL_TRIALS 600

typedef struct PriceContext
{
	const MailPlan *plan;
	const MailRegime *regime;
	const int *areas;
} PriceContext;

/* What a decision came to. */
typedef struct Trial
{
	bool is_possible;
	int64_t cost;
	int64_t volumes[POSTAGE_MAX_OFFERS];
} Trial;

static int find_pattern(MailCovers *covers, const MailGroup *group);
static PortStatus improve(MailCovers *covers, Trial *best, bool *improved);
static void set_regime(const MailCovers *covers, const int64_t *volumes, MailRegime *regime);
static PortStatus try_regime(MailCovers *covers, const MailRegime *regime, Trial *best,
							 bool *improved);
static PortStatus try_masks(MailCovers *covers, MailRegime *regime, Trial *best, bool *improved);
static PortStatus decide(MailCovers *covers, const MailRegime *regime, MailPick **picks,
						 int *count);
static PortStatus choices_of(MailCovers *covers, const MailRegime *regime,
							 const MailPattern *pattern, CoverChoice *choices);
static PortStatus run_trial(MailCovers *covers, const MailPick *picks, int count, Trial *trial);
static PortStatus try_groups(MailCovers *covers, Trial *best);
static PortStatus keep_picks(MailCovers *covers, const MailPick *picks, int count);
static PortStatus spread_picks(MailCovers *covers);

MailCovers *
mail_covers_new(const Port *port, const Port *scratch, void (*reset)(void *host), MailPlan *plan,
				int max_sheets)
{
	MailCovers *covers = port->alloc(port->host, sizeof(MailCovers));

	if (covers == NULL)
		return NULL;
	memset(covers, 0, sizeof(*covers));
	covers->port = port;
	covers->scratch = scratch;
	covers->reset = reset;
	covers->plan = plan;
	covers->max_sheets = max_sheets;
	return covers;
}

PortStatus
mail_add_member(MailCovers *covers, int64_t letter_id, const MailLetter *letter, bool starts)
{
	int key = mail_find_key(covers->plan, letter);
	int kind = key < 0 ? -1 : covers->plan->keys[key].kind;
	MailGroup *last = covers->group_count == 0 ? NULL : &covers->groups[covers->group_count - 1];
	PortStatus status;

	if (starts || last == NULL || last->member_count == COVER_MAX_MEMBERS)
	{
		if ((status = mail_close_groups(covers)) != PORT_OK)
			return status;
		if (!mail_grow(covers->port, (void **) &covers->groups, covers->group_count,
					   &covers->group_room, sizeof(MailGroup)))
			return PORT_NO_MEMORY;
		last = &covers->groups[covers->group_count++];
		*last = (MailGroup){covers->member_count, 0, -1};
	}
	if (kind < 0 || covers->plan->kinds[kind].cell < 0)
		return PORT_OK;
	if (!mail_grow(covers->port, (void **) &covers->members, covers->member_count,
				   &covers->member_room, sizeof(MailMember)))
		return PORT_NO_MEMORY;
	covers->members[covers->member_count++] =
		(MailMember){letter_id, letter->sheets, letter->due_days, kind,
					 letter_id, letter->sheets, letter->due_days, 1};
	last->member_count++;
	return PORT_OK;
}

static int
by_weight(const void *left, const void *right)
{
	const MailMember *a = left;
	const MailMember *b = right;

	if (a->sheets != b->sheets)
		return a->sheets < b->sheets ? -1 : 1;
	if (a->due_days != b->due_days)
		return a->due_days < b->due_days ? -1 : 1;
	return a->letter_id < b->letter_id ? -1 : a->letter_id > b->letter_id;
}

/* A group of one is none. */
PortStatus
mail_close_groups(MailCovers *covers)
{
	MailGroup *group;

	if (covers->group_count == 0)
		return PORT_OK;
	group = &covers->groups[covers->group_count - 1];
	if (group->pattern >= 0)
		return PORT_OK;
	if (group->member_count < 2)
	{
		covers->member_count = group->first_member;
		covers->group_count--;
		return PORT_OK;
	}
	qsort(covers->members + group->first_member, (size_t) group->member_count, sizeof(MailMember),
		  by_weight);
	group->pattern = find_pattern(covers, group);
	return group->pattern < 0 ? PORT_NO_MEMORY : PORT_OK;
}

typedef struct WantedPattern
{
	const MailCovers *covers;
	const MailPattern *pattern;
} WantedPattern;

static bool
same_pattern(const void *wanted, int item)
{
	const WantedPattern *w = wanted;
	const MailPattern *a = &w->covers->patterns[item];
	const MailPattern *b = w->pattern;

	return a->zone == b->zone && a->areas == b->areas && a->member_count == b->member_count &&
		   memcmp(a->members, b->members, (size_t) a->member_count * sizeof(CoverMember)) == 0;
}

static int
find_pattern(MailCovers *covers, const MailGroup *group)
{
	const MailMember *members = covers->members + group->first_member;
	const MailKind *kind = &covers->plan->kinds[members[0].kind];
	MailPattern pattern = {.member_count = group->member_count,
						   .zone = kind->zone,
						   .areas = kind->areas,
						   .place = kind->first_place};
	WantedPattern wanted = {covers, &pattern};
	uint32_t hash = mail_hash_number((uint32_t) kind->zone, (uint32_t) kind->areas);
	MailSlot *slot;

	for (int i = 0; i < group->member_count; i++)
	{
		pattern.members[i] = (CoverMember){members[i].sheets, members[i].due_days};
		pattern.kinds[i] = members[i].kind;
		hash = mail_hash_number(mail_hash_number(hash, (uint32_t) members[i].sheets),
								(uint32_t) members[i].due_days);
	}
	if (!mail_index_reserve(&covers->pattern_index, covers->port) ||
		!mail_grow(covers->port, (void **) &covers->patterns, covers->pattern_index.count,
				   &covers->pattern_room, sizeof(MailPattern)))
		return -1;
	slot = mail_index_find(&covers->pattern_index, hash, same_pattern, &wanted);
	if (slot->item < 0)
	{
		mail_index_put(&covers->pattern_index, slot, hash);
		covers->patterns[slot->item] = pattern;
	}
	covers->patterns[slot->item].groups++;
	return slot->item;
}

PortStatus
mail_choose_covers(MailCovers *covers)
{
	const MailPlan *plan = covers->plan;
	Trial best = {.is_possible = true, .cost = mail_micro(plan, plan->parts.borne)};
	bool improved = true;
	PortStatus status = mail_close_groups(covers);

	covers->unmerged_cost = covers->cost = best.cost;
	if (status != PORT_OK || covers->group_count == 0)
		return status;
	for (int s = 0; s < plan->share_count; s++)
		best.volumes[plan->shares[s].offer] += plan->shares[s].letters;
	for (int round = 0; round < MOST_ROUNDS && improved && status == PORT_OK; round++)
		status = improve(covers, &best, &improved);
	if (status == PORT_OK)
		status = try_groups(covers, &best);
	covers->cost = best.cost;
	if (status == PORT_OK)
		status = mail_bound_covers(covers);
	return status == PORT_OK ? spread_picks(covers) : status;
}

static int64_t
volume_of(const int64_t *volumes, uint64_t offers)
{
	int64_t volume = 0;

	for (int o = 0; o < POSTAGE_MAX_OFFERS; o++)
		if ((offers >> o) & 1)
			volume += volumes[o];
	return volume;
}

/* One round: the discounts as they are, each other tier, and each minimum. */
static PortStatus
improve(MailCovers *covers, Trial *best, bool *improved)
{
	const Tariff *tariff = covers->plan->tariff;
	Trial start = *best;
	MailRegime now, regime;
	PortStatus status;

	*improved = false;
	set_regime(covers, start.volumes, &now);
	regime = now;
	status = try_masks(covers, &regime, best, improved);
	for (int s = 0; s < tariff->scheme_count && status == PORT_OK; s++)
	{
		const TariffScheme *scheme = &tariff->schemes[s];
		int64_t volume = volume_of(start.volumes, scheme->offers);

		for (int t = 0; t < scheme->tier_count && status == PORT_OK; t++)
		{
			int64_t volumes[POSTAGE_MAX_OFFERS] = {0};
			int64_t from = tariff->tiers[scheme->first_tier + t].from;

			if (from == 0 && t == 0 && volume == 0)
				continue;
			/* as if the tier were just reached by the scheme's first offer */
			memcpy(volumes, start.volumes, sizeof(volumes));
			for (int o = 0; o < POSTAGE_MAX_OFFERS; o++)
				if ((scheme->offers >> o) & 1)
					volumes[o] = 0;
			volumes[__builtin_ctzll(scheme->offers)] = from;
			set_regime(covers, volumes, &regime);
			regime.inside = from > 0 ? scheme->offers : 0;
			regime.least = from;
			status = try_masks(covers, &regime, best, improved);
		}
	}
	for (int o = 0; o < tariff->offer_count && status == PORT_OK; o++)
		if (tariff->offers[o].min_mailing > 1)
		{
			regime = now;
			regime.inside = UINT64_C(1) << o;
			regime.least = tariff->offers[o].min_mailing;
			status = try_masks(covers, &regime, best, improved);
		}
	for (int l = 0; l < tariff->limit_count && status == PORT_OK; l++)
		if (tariff->limits[l].least > 1)
		{
			regime = now;
			regime.inside = tariff->limits[l].offers;
			regime.least = tariff->limits[l].least;
			status = try_masks(covers, &regime, best, improved);
		}
	return status;
}

static void
set_regime(const MailCovers *covers, const int64_t *volumes, MailRegime *regime)
{
	const Tariff *tariff = covers->plan->tariff;

	memset(regime, 0, sizeof(*regime));
	regime->usable = ~UINT64_C(0);
	for (int s = 0; s < tariff->scheme_count; s++)
	{
		const TariffScheme *scheme = &tariff->schemes[s];
		const TariffTier *tiers = tariff->tiers + scheme->first_tier;
		int64_t volume = volume_of(volumes, scheme->offers);
		int tier = 0;

		while (tier + 1 < scheme->tier_count && tiers[tier + 1].from <= volume)
			tier++;
		for (int o = 0; o < tariff->offer_count && scheme->tier_count > 0; o++)
			if ((scheme->offers >> o) & 1)
				*(scheme->incremental ? &regime->amount[o] : &regime->points[o]) +=
					tiers[tier].discount;
	}
}

/* With all offers, those without conditions, and those in use: what a decision counts on is not
 * always to be had. */
static PortStatus
try_masks(MailCovers *covers, MailRegime *regime, Trial *best, bool *improved)
{
	const Tariff *tariff = covers->plan->tariff;
	uint64_t free_offers = 0, used = 0;
	PortStatus status;

	for (int o = 0; o < tariff->offer_count; o++)
	{
		if (!mail_is_limited(tariff, o))
			free_offers |= UINT64_C(1) << o;
		if (best->volumes[o] > 0)
			used |= UINT64_C(1) << o;
	}
	status = try_regime(covers, regime, best, improved);
	regime->usable = used;
	if (status == PORT_OK)
		status = try_regime(covers, regime, best, improved);
	regime->usable = free_offers | regime->inside;
	if (status == PORT_OK)
		status = try_regime(covers, regime, best, improved);
	regime->usable = ~UINT64_C(0);
	return status;
}

static PortStatus
try_regime(MailCovers *covers, const MailRegime *regime, Trial *best, bool *improved)
{
	MailPick *picks = NULL;
	Trial trial;
	int count;
	PortStatus status;

	if (covers->trials >= MOST_TRIALS)
		return PORT_OK;
	status = decide(covers, regime, &picks, &count);
	if (status == PORT_OK && count > 0)
	{
		status = run_trial(covers, picks, count, &trial);
		if (status == PORT_OK && trial.is_possible && trial.cost < best->cost)
		{
			*best = trial;
			*improved = true;
			status = keep_picks(covers, picks, count);
		}
	}
	covers->port->release(covers->port->host, picks);
	return status;
}

/* A list price less the discounts of the regime, with tax, if it is the cheapest of its side; -1:
 * none. */
static void
take_price(const MailPlan *plan, const MailRegime *regime, int offer, int64_t list,
		   CoverPrice *price)
{
	int64_t *side = (regime->inside >> offer) & 1 ? &price->inside : &price->outside;
	int64_t net =
		list - (int64_t) ((__int128) list * regime->points[offer] / 10000) - regime->amount[offer];

	if (list >= 0 && mail_scaled(plan, offer, net) < *side)
		*side = mail_scaled(plan, offer, net);
}

/* The cheapest offers inside and outside for one weight, in the regime. */
static CoverPrice
price_of(void *host, int sheets, int due_days)
{
	const PriceContext *context = host;
	const Tariff *tariff = context->plan->tariff;
	TariffShape shape = tariff_shape(tariff, sheets);
	CoverPrice price = {COVER_NEVER, COVER_NEVER};

	for (int o = 0; o < tariff->offer_count && shape.format >= 0; o++)
	{
		const TariffOffer *offer = &tariff->offers[o];
		int64_t list;

		if (((context->regime->usable >> o) & 1) && offer->forbidden == NULL &&
			offer->days <= due_days &&
			tariff_price(tariff, o, context->areas[offer->coverage], &shape, &list))
			take_price(context->plan, context->regime, o, list, &price);
	}
	return price;
}

static PortStatus
choices_of(MailCovers *covers, const MailRegime *regime, const MailPattern *pattern,
		   CoverChoice *choices)
{
	const MailPlan *plan = covers->plan;
	PriceContext context = {plan, regime,
							plan->area_sets +
								(size_t) pattern->areas * (size_t) plan->tariff->coverage_count};

	return cover_choices(covers->scratch, pattern->members, pattern->member_count,
						 covers->max_sheets, price_of, &context, choices)
			   ? PORT_OK
			   : PORT_NO_MEMORY;
}

/* Letters of a kind that are in no group. */
static int64_t *
count_singles(const MailCovers *covers)
{
	const MailPlan *plan = covers->plan;
	int64_t *singles =
		port_alloc_array(covers->scratch, (size_t) plan->kind_index.count + 1, sizeof(int64_t));

	if (singles == NULL)
		return NULL;
	for (int k = 0; k < plan->kind_index.count; k++)
		singles[k] = plan->kinds[k].cell < 0 ? 0 : plan->kinds[k].letters;
	for (int p = 0; p < covers->pattern_index.count; p++)
		for (int i = 0; i < covers->patterns[p].member_count; i++)
			singles[covers->patterns[p].kinds[i]] -= covers->patterns[p].groups;
	return singles;
}

/* A letter alone only chooses its side, by the prices that its kind has. */
static void
single_choices(const MailCovers *covers, const MailRegime *regime, const MailKind *kind,
			   CoverChoice *choices)
{
	CoverPrice price = {COVER_NEVER, COVER_NEVER};

	for (int o = 0; o < covers->plan->tariff->offer_count; o++)
		if ((regime->usable >> o) & 1)
			take_price(covers->plan, regime, o, mail_list_price(covers->plan, kind->vector, o),
					   &price);
	choices[0] = (CoverChoice){price.outside, 0, 1, {1}};
	choices[1] = (CoverChoice){price.inside, 1, 1, {1}};
}

/* Choices of every pattern and, where a volume has to be reached, of every other letter too. */
PortStatus
mail_list_choices(MailCovers *covers, const MailRegime *regime, CoverPattern *rows, int *count)
{
	const MailPlan *plan = covers->plan;
	int patterns = covers->pattern_index.count;
	int kinds = regime->inside == 0 ? 0 : plan->kind_index.count;
	size_t room = (size_t) patterns * (COVER_MAX_MEMBERS + 1) + (size_t) kinds * 2 + 1;
	CoverChoice *choices = port_alloc_array(covers->scratch, room, sizeof(CoverChoice));
	int64_t *singles = count_singles(covers);

	*count = 0;
	if (choices == NULL || singles == NULL)
		return PORT_NO_MEMORY;
	for (int p = 0; p < patterns; p++)
	{
		const MailPattern *pattern = &covers->patterns[p];
		PortStatus status = choices_of(covers, regime, pattern, choices);

		if (status == PORT_OK && (p & 255) == 0 && covers->port->interrupted(covers->port->host))
			status = PORT_INTERRUPTED;
		if (status != PORT_OK)
			return status;
		rows[(*count)++] =
			(CoverPattern){pattern->groups, pattern->member_count + 1, choices, 0, 0, 0};
		choices += pattern->member_count + 1;
	}
	for (int k = 0; k < kinds; k++)
		if (singles[k] > 0)
		{
			single_choices(covers, regime, &plan->kinds[k], choices);
			rows[(*count)++] = (CoverPattern){singles[k], 2, choices, 0, 0, 0};
			choices += 2;
		}
	return PORT_OK;
}

/* No picks when the usable offers do not carry all. */
static PortStatus
decide(MailCovers *covers, const MailRegime *regime, MailPick **picks, int *count)
{
	int patterns = covers->pattern_index.count;
	size_t room = (size_t) patterns + (size_t) covers->plan->kind_index.count + 1;
	CoverPattern *rows;
	int used;
	PortStatus status;

	*count = 0;
	covers->reset(covers->scratch->host);
	rows = port_alloc_array(covers->scratch, room, sizeof(CoverPattern));
	*picks = port_alloc_array(covers->port, (size_t) patterns * 2 + 1, sizeof(MailPick));
	if (rows == NULL || *picks == NULL)
		return PORT_NO_MEMORY;
	if ((status = mail_list_choices(covers, regime, rows, &used)) != PORT_OK ||
		!cover_select(covers->scratch, rows, used, regime->least))
		return status;
	for (int p = 0; p < patterns; p++)
	{
		const CoverPattern *row = &rows[p];

		if (row->groups > row->high_groups)
			(*picks)[(*count)++] =
				(MailPick){p, row->choices[row->low], row->groups - row->high_groups};
		if (row->high_groups > 0)
			(*picks)[(*count)++] = (MailPick){p, row->choices[row->high], row->high_groups};
	}
	return PORT_OK;
}

static bool
add_cover(MailCovers *covers, MailPlan *trial, const MailPattern *pattern, uint16_t cover,
		  int64_t letters)
{
	const MailPlan *plan = covers->plan;
	const MailPlace *place = &plan->places[pattern->place];
	int sheets = 0, due_days = INT32_MAX;
	TariffShape shape;

	for (int i = 0; i < pattern->member_count; i++)
		if (cover & 1 << i)
		{
			sheets += pattern->members[i].sheets;
			if (pattern->members[i].due_days < due_days)
				due_days = pattern->members[i].due_days;
		}
	shape = tariff_shape(plan->tariff, sheets);
	return mail_add_kind(trial, plan->tariff->names[pattern->zone], place->country, place->code,
						 &shape, due_days, 0, letters) >= 0;
}

/* The decision as a mailing of its own, solved. */
static PortStatus
run_trial(MailCovers *covers, const MailPick *picks, int count, Trial *trial)
{
	const MailPlan *plan = covers->plan;
	PostageOptions options = {.node_limit = TRIAL_NODES};
	PostageSolution solution;
	MailPlan *mailing;
	int64_t *singles;
	PortStatus status;

	memset(trial, 0, sizeof(*trial));
	covers->trials++;
	covers->reset(covers->scratch->host);
	mailing = mail_plan_new(covers->scratch, plan->tariff, plan->origin);
	singles = count_singles(covers);
	if (mailing == NULL || singles == NULL)
		return PORT_NO_MEMORY;
	for (int k = 0; k < plan->kind_index.count; k++)
	{
		const MailKind *kind = &plan->kinds[k];
		const MailPlace *place = &plan->places[kind->first_place];

		if (singles[k] > 0 &&
			mail_add_kind(mailing, plan->tariff->names[kind->zone], place->country, place->code,
						  &plan->shapes[kind->shape], kind->due_days, kind->scope, singles[k]) < 0)
			return PORT_NO_MEMORY;
	}
	for (int p = 0; p < count; p++)
		for (int c = 0; c < picks[p].choice.cover_count; c++)
			if (!add_cover(covers, mailing, &covers->patterns[picks[p].pattern],
						   picks[p].choice.covers[c], picks[p].groups))
				return PORT_NO_MEMORY;
	if ((status = mail_make_cells(mailing)) != PORT_OK ||
		(status = mail_make_problem(mailing, -1, &mailing->problem)) != PORT_OK ||
		(status = postage_solve(mailing->problem, &options, &solution)) != PORT_OK)
		return status;
	trial->is_possible = solution.counts != NULL;
	trial->cost = mail_micro(mailing, solution.cost);
	for (int a = 0; trial->is_possible && a < mailing->problem->arc_count; a++)
		trial->volumes[mailing->problem->arcs[a].offer] += solution.counts[a];
	return PORT_OK;
}

static PortStatus
keep_picks(MailCovers *covers, const MailPick *picks, int count)
{
	MailPick *copy = port_alloc_array(covers->port, (size_t) count + 2, sizeof(MailPick));

	if (copy == NULL)
		return PORT_NO_MEMORY;
	memcpy(copy, picks, (size_t) count * sizeof(MailPick));
	covers->port->release(covers->port->host, covers->picks);
	covers->picks = copy;
	covers->pick_count = count;
	return PORT_OK;
}

/* Every group alone, when nothing was decided yet. */
static PortStatus
start_picks(MailCovers *covers)
{
	int patterns = covers->pattern_index.count;

	if (covers->pick_count > 0)
		return PORT_OK;
	covers->picks = port_alloc_array(covers->port, (size_t) patterns + 2, sizeof(MailPick));
	if (covers->picks == NULL)
		return PORT_NO_MEMORY;
	for (int p = 0; p < patterns; p++)
	{
		MailPick *pick = &covers->picks[covers->pick_count++];

		*pick = (MailPick){.pattern = p, .groups = covers->patterns[p].groups};
		pick->choice.cover_count = covers->patterns[p].member_count;
		for (int i = 0; i < pick->choice.cover_count; i++)
			pick->choice.covers[i] = (uint16_t) (1 << i);
	}
	return PORT_OK;
}

/* Moves groups of a pick to another choice; true when that is cheaper. */
static PortStatus
try_move(MailCovers *covers, int from, int64_t groups, const CoverChoice *choice, Trial *best,
		 bool *moved)
{
	int count = covers->pick_count;
	MailPick *picks = port_alloc_array(covers->port, (size_t) count + 1, sizeof(MailPick));
	Trial trial;
	PortStatus status;

	*moved = false;
	if (picks == NULL)
		return PORT_NO_MEMORY;
	memcpy(picks, covers->picks, (size_t) count * sizeof(MailPick));
	picks[from].groups -= groups;
	picks[count] = (MailPick){picks[from].pattern, *choice, groups};
	if (picks[from].groups == 0)
		picks[from] = picks[count];
	else
		count++;
	status = run_trial(covers, picks, count, &trial);
	if (status == PORT_OK && trial.is_possible && trial.cost < best->cost)
	{
		*best = trial;
		*moved = true;
		status = keep_picks(covers, picks, count);
	}
	covers->port->release(covers->port->host, picks);
	return status;
}

/*
 * Small mailings: each pick is moved, one group or all, to the best choice with any other number of
 * covers, as long as something gets cheaper.
 */
static PortStatus
try_groups(MailCovers *covers, Trial *best)
{
	int work = covers->plan->problem->arc_count + covers->plan->kind_index.count + 1;
	int budget = LOCAL_WORK / work < MOST_LOCAL_TRIALS ? LOCAL_WORK / work : MOST_LOCAL_TRIALS;
	PortStatus status = start_picks(covers);
	bool moved = true;

	while (moved && status == PORT_OK)
	{
		moved = false;
		for (int p = 0; p < covers->pick_count && status == PORT_OK; p++)
		{
			const MailPattern *pattern = &covers->patterns[covers->picks[p].pattern];
			CoverChoice choices[COVER_MAX_MEMBERS + 1];
			MailRegime regime;

			set_regime(covers, best->volumes, &regime);
			regime.inside = ~UINT64_C(0); /* so that choices count covers */
			covers->reset(covers->scratch->host);
			status = choices_of(covers, &regime, pattern, choices);
			for (int c = 1; c <= pattern->member_count && status == PORT_OK; c++)
			{
				int64_t all = covers->picks[p].groups;
				bool now = false;

				if (choices[c].cost == COVER_NEVER ||
					memcmp(choices[c].covers, covers->picks[p].choice.covers,
						   sizeof(choices[c].covers)) == 0)
					continue;
				if (budget-- <= 0)
					return PORT_OK;
				status = try_move(covers, p, 1, &choices[c], best, &now);
				if (status == PORT_OK && !now && all > 1 && budget-- > 0)
					status = try_move(covers, p, all, &choices[c], best, &now);
				moved = moved || now;
			}
		}
	}
	return status;
}

static int
by_pattern(const void *left, const void *right)
{
	const MailPick *a = left;
	const MailPick *b = right;

	if (a->pattern != b->pattern)
		return a->pattern < b->pattern ? -1 : 1;
	return a->choice.cover_count - b->choice.cover_count;
}

static void
share_cover(const MailGroup *group, MailMember *members, uint16_t cover)
{
	MailMember sum = {.letter_id = INT64_MAX, .due_days = INT32_MAX};

	for (int i = 0; i < group->member_count; i++)
		if (cover & 1 << i)
		{
			sum.sheets += members[i].sheets;
			sum.cover_members++;
			if (members[i].due_days < sum.due_days)
				sum.due_days = members[i].due_days;
			if (members[i].letter_id < sum.letter_id)
				sum.letter_id = members[i].letter_id;
		}
	for (int i = 0; i < group->member_count; i++)
		if (cover & 1 << i)
		{
			members[i].cover_id = sum.letter_id;
			members[i].cover_sheets = sum.sheets;
			members[i].cover_due_days = sum.due_days;
			members[i].cover_members = sum.cover_members;
		}
}

/* Groups in the order they came: the first ones take the first pick of their pattern. */
static PortStatus
spread_picks(MailCovers *covers)
{
	int *next =
		port_alloc_array(covers->port, (size_t) covers->pattern_index.count + 1, sizeof(int));

	if (next == NULL)
		return PORT_NO_MEMORY;
	qsort(covers->picks, (size_t) covers->pick_count, sizeof(MailPick), by_pattern);
	for (int p = covers->pick_count - 1; p >= 0; p--)
		next[covers->picks[p].pattern] = p;
	for (int g = 0; g < covers->group_count; g++)
	{
		const MailGroup *group = &covers->groups[g];
		MailPick *pick = &covers->picks[next[group->pattern]];

		if (pick->groups == 0)
			pick = &covers->picks[++next[group->pattern]];
		pick->groups--;
		for (int c = 0; c < pick->choice.cover_count; c++)
			share_cover(group, covers->members + group->first_member, pick->choice.covers[c]);
	}
	return PORT_OK;
}
