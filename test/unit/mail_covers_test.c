/*
 * mail_covers_test.c: covers of small random mailings against every way to share covers, each solved.
 */
#include "core/mail_covers.h"
#include "core/postage_solve.h"

#include "arena.h"
#include "check.h"

#include <stdlib.h>

#define MOST_LETTERS 24
#define MOST_GROUPS 3

static long allowed = -1;
static Arena kept = {.allowed = &allowed}, scratch = {.allowed = &allowed}, brute = {.allowed = &allowed};
static const Port kept_port = ARENA_PORT(&kept);
static const Port scratch_port = ARENA_PORT(&scratch);
static const Port brute_port = ARENA_PORT(&brute);

typedef struct Case
{
	char postcodes[MOST_LETTERS][8];
	MailLetter letters[MOST_LETTERS];
	int group[MOST_LETTERS]; /* -1: alone */
	int letter_count, group_count, max_sheets;
	bool bundles, minima;
	int64_t prices[3][2][3]; /* offer, zone's area, step */
	int tiers[2][2];		 /* threshold, points of two schemes */
	int days[3];
	int64_t min_bundle, min_mailing, topup, fixed, amount;
} Case;

static int
pick(int below)
{
	return rand() % below;
}

static void
random_case(Case *test, bool bundles, bool minima)
{
	memset(test, 0, sizeof(*test));
	test->group_count = 1 + pick(MOST_GROUPS);
	test->max_sheets = 4 + pick(8);
	for (int g = 0; g < test->group_count; g++)
	{
		int members = 2 + pick(g == 0 ? 3 : 2);
		char place[8];

		snprintf(place, sizeof(place), "%d0%d0", pick(2), pick(2));
		for (int m = 0; m < members; m++)
		{
			int i = test->letter_count++;

			memcpy(test->postcodes[i], place, sizeof(place));
			test->group[i] = g;
			test->letters[i] = (MailLetter){"NO", test->postcodes[i], 2, 4, 1 + pick(3), 3 + pick(2), 0, 0};
		}
	}
	for (int singles = pick(9); singles > 0; singles--)
	{
		int i = test->letter_count++;

		snprintf(test->postcodes[i], sizeof(test->postcodes[i]), "%d0%d0", pick(2), pick(2));
		test->group[i] = -1;
		test->letters[i] = (MailLetter){"NO", test->postcodes[i], 2, 4, 1 + pick(3), 3 + pick(2), 0, 0};
	}
	for (int o = 0; o < 3; o++)
		for (int a = 0; a < 2; a++)
		{
			test->prices[o][a][0] = (700 + pick(400)) * INT64_C(10000);
			test->prices[o][a][1] = test->prices[o][a][0] + (50 + pick(900)) * INT64_C(10000);
			test->prices[o][a][2] = test->prices[o][a][1] + (50 + pick(900)) * INT64_C(10000);
		}
	for (int s = 0; s < 2; s++)
	{
		test->tiers[s][0] = 2 + pick(test->letter_count);
		test->tiers[s][1] = pick(4) * 700;
	}
	test->amount = pick(3) * INT64_C(600000);
	for (int o = 0; o < 3; o++)
		test->days[o] = 1 + pick(4);
	test->days[0] = 2; /* one offer takes all */
	test->bundles = bundles;
	test->minima = minima;
	test->min_bundle = bundles ? 2 + pick(3) : 0;
	test->min_mailing = minima ? 2 + pick(6) : 0;
	test->topup = minima && pick(2) ? 2000000 : 0;
	test->fixed = minima ? pick(3) * INT64_C(4000000) : 0;
}

#define TRY(call)                 \
	do                            \
	{                             \
		PortStatus made = (call); \
		if (made != PORT_OK)      \
			return made;          \
	} while (0)

static PortStatus
make_tariff(const Case *test, Tariff *tariff)
{
	static const char *const codes[3] = {"A", "B", "C"};
	TariffCarrier carrier = {"one", true, -1};
	TariffCarrier other = {"two", false, -1};

	TRY(tariff_add_carrier(tariff, &carrier));
	TRY(tariff_add_carrier(tariff, &other));
	for (int o = 0; o < 3; o++)
	{
		TariffOffer offer = {.code = codes[o], .days = test->days[o]};

		if (o == 1)
			offer.min_bundle = test->min_bundle;
		if (o == 2)
		{
			offer.min_mailing = test->min_mailing;
			offer.topup = test->topup;
			offer.fixed = test->fixed;
		}
		TRY(tariff_add_offer(tariff, &offer, o < 2 ? "one" : "two", "land"));
		TRY(tariff_add_format(tariff, "C5"));
		TRY(tariff_add_format(tariff, "C4"));
	}
	TRY(tariff_add_area(tariff, "land", "NO", "0", "0~", "near"));
	TRY(tariff_add_area(tariff, "land", "NO", "1", "1~", "far"));
	TRY(tariff_add_zone(tariff, "NO", "0", "0~", "Z0"));
	TRY(tariff_add_zone(tariff, "NO", "1", "1~", "Z1"));
	for (int o = 0; o < 3; o++)
		for (int a = 0; a < 2; a++)
			for (int f = 0; f < 2; f++)
				for (int step = 0; step < 3; step++)
				{
					static const int64_t ends[3] = {20000, 50000, 200000};
					TariffPriceRow row = {.form = TARIFF_STEP, .up_to_milligrams = ends[step],
										  .item_micro = test->prices[o][a][step] + f * INT64_C(1500000),
										  .percent_points = TARIFF_WHOLE_PRICE, .unit_micro = 1};

					TRY(tariff_add_price(tariff, codes[o], a == 0 ? "near" : "far", f == 0 ? "C5" : "C4", &row));
				}
	TRY(tariff_add_scheme(tariff, "ONE", false));
	tariff_add_scheme_offer(tariff, "A");
	tariff_add_scheme_offer(tariff, "B");
	TRY(tariff_add_tier(tariff, 0, 0, 0));
	TRY(tariff_add_tier(tariff, 0, test->tiers[0][0], test->tiers[0][1]));
	TRY(tariff_add_tier(tariff, 0, test->tiers[0][0] + 4, test->tiers[0][1] + 300));
	TRY(tariff_add_scheme(tariff, "TWO", true));
	tariff_add_scheme_offer(tariff, "C");
	TRY(tariff_add_tier(tariff, 1, 0, 0));
	TRY(tariff_add_tier(tariff, 1, test->tiers[1][0], test->amount));
	TRY(tariff_add_envelope(tariff, "small", "C5", 6500, 4));
	TRY(tariff_add_envelope(tariff, "big", "C4", 19000, 40));
	tariff->paper_milligrams = 4990;
	return tariff_finish(tariff);
}

static PortStatus
solve(MailPlan *plan, PostageSolution *solution)
{
	PostageOptions options = {.node_limit = 20000};

	TRY(mail_make_keys(plan));
	TRY(mail_make_kinds(plan));
	TRY(mail_make_cells(plan));
	TRY(mail_make_problem(plan, -1, &plan->problem));
	return postage_solve(plan->problem, &options, solution);
}

/* The cost when the letters travel in these covers (block[i] is the first letter of i's cover); INT64_MAX: no plan. */
static int64_t
cost_of_blocks(const Case *test, Tariff *tariff, const int *block)
{
	MailPlan *plan = mail_plan_new(&brute_port, tariff, "NO");
	PostageSolution solution;
	int64_t cost;

	for (int i = 0; i < test->letter_count; i++)
	{
		MailLetter cover = test->letters[i];
		int members = 0;

		if (block[i] != i)
			continue;
		cover.sheets = 0;
		for (int j = i; j < test->letter_count; j++)
			if (block[j] == i)
			{
				members++;
				cover.sheets += test->letters[j].sheets;
				cover.due_days = test->letters[j].due_days < cover.due_days ? test->letters[j].due_days : cover.due_days;
			}
		if (members > 1 && cover.sheets > test->max_sheets)
		{
			arena_free(&brute);
			return INT64_MAX;
		}
		CHECK(mail_count_letter(plan, &cover) == PORT_OK);
	}
	CHECK(solve(plan, &solution) == PORT_OK);
	cost = solution.counts == NULL || plan->letters == 0 ? INT64_MAX : solution.cost;
	for (int k = 0; k < plan->kind_index.count; k++)
		if (plan->kinds[k].cell < 0)
			cost = INT64_MAX;
	arena_free(&brute);
	return cost;
}

static int64_t
try_blocks(const Case *test, Tariff *tariff, int *block, int at, int64_t best)
{
	int64_t cost;

	if (at == test->letter_count)
	{
		cost = cost_of_blocks(test, tariff, block);
		return cost < best ? cost : best;
	}
	for (int j = 0; j <= at; j++)
		if (j == at || (test->group[at] >= 0 && test->group[j] == test->group[at] && block[j] == j))
		{
			block[at] = j;
			best = try_blocks(test, tariff, block, at + 1, best);
		}
	return best;
}

static PortStatus
choose(const Case *test, Tariff *tariff, MailCovers **covers)
{
	MailPlan *plan = mail_plan_new(&kept_port, tariff, "NO");
	PostageSolution solution;

	*covers = NULL;
	if (plan == NULL)
		return PORT_NO_MEMORY;
	for (int i = 0; i < test->letter_count; i++)
		TRY(mail_count_letter(plan, &test->letters[i]));
	TRY(solve(plan, &solution));
	if (solution.counts == NULL)
		return PORT_STOPPED;
	TRY(mail_take_plan(plan, solution.counts));
	*covers = mail_covers_new(&kept_port, &scratch_port, arena_free, plan, test->max_sheets);
	if (*covers == NULL)
		return PORT_NO_MEMORY;
	for (int g = 0; g < test->group_count; g++)
	{
		bool starts = true;

		for (int i = 0; i < test->letter_count; i++)
			if (test->group[i] == g)
			{
				TRY(mail_add_member(*covers, i + 1, &test->letters[i], starts));
				starts = false;
			}
	}
	return mail_choose_covers(*covers);
}

/* Members' covers as blocks of letters; checks them on the way. */
static void
read_blocks(const Case *test, const MailCovers *covers, int *block)
{
	for (int i = 0; i < test->letter_count; i++)
		block[i] = i;
	for (int m = 0; m < covers->member_count; m++)
	{
		const MailMember *member = &covers->members[m];
		int sheets = 0, due = 100, count = 0;

		CHECK(member->cover_id <= member->letter_id);
		block[member->letter_id - 1] = (int) member->cover_id - 1;
		for (int n = 0; n < covers->member_count; n++)
			if (covers->members[n].cover_id == member->cover_id)
			{
				sheets += covers->members[n].sheets;
				due = covers->members[n].due_days < due ? covers->members[n].due_days : due;
				count++;
				CHECK(test->group[covers->members[n].letter_id - 1] == test->group[member->letter_id - 1]);
			}
		CHECK(sheets == member->cover_sheets && due == member->cover_due_days && count == member->cover_members);
	}
}

static int tried, exact, merged;
static int64_t bound_sum, best_sum;

static void
compare(const Case *test, bool must_be_exact)
{
	Tariff *tariff = tariff_new(&kept_port);
	MailCovers *covers;
	int block[MOST_LETTERS];
	int64_t best;
	PortStatus status;

	CHECK(make_tariff(test, tariff) == PORT_OK);
	status = choose(test, tariff, &covers);
	CHECK(status == PORT_OK || status == PORT_STOPPED);
	if (status == PORT_OK)
	{
		read_blocks(test, covers, block);
		CHECK(covers->cost <= covers->unmerged_cost);
		/* what it says is what a mailing of these covers costs */
		CHECK(cost_of_blocks(test, tariff, block) == covers->cost);
		best = try_blocks(test, tariff, block, 0, INT64_MAX);
		CHECK(best <= covers->cost);
		CHECK(covers->lower_bound > 0 && covers->lower_bound <= best);
		bound_sum += covers->lower_bound;
		best_sum += best;
		tried++;
		exact += best == covers->cost;
		merged += covers->cost < covers->unmerged_cost;
		if (must_be_exact && best != covers->cost)
			printf("# cost %lld, best %lld, alone %lld\n", (long long) covers->cost, (long long) best, (long long) covers->unmerged_cost);
		if (must_be_exact)
			CHECK(best == covers->cost);
	}
	arena_free(&kept);
	arena_free(&scratch);
}

static void
test_no_memory(void)
{
	Case test;
	int done = 0;

	srand(5);
	random_case(&test, true, true);
	for (long limit = 0; !done && limit < 3000; limit += limit < 300 ? 1 : 37)
	{
		Tariff *tariff;
		MailCovers *covers;
		PortStatus status = PORT_NO_MEMORY;

		allowed = limit;
		tariff = tariff_new(&kept_port);
		if (tariff != NULL && (status = make_tariff(&test, tariff)) == PORT_OK)
			status = choose(&test, tariff, &covers);
		done = status == PORT_OK;
		CHECK(status == PORT_OK || status == PORT_NO_MEMORY);
		allowed = -1;
		arena_free(&kept);
		arena_free(&scratch);
	}
}

int
main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 120;

	for (int family = 0; family < 4; family++)
	{
		tried = exact = merged = 0;
		bound_sum = best_sum = 0;
		for (int i = 0; i < rounds; i++)
		{
			Case test;

			srand((unsigned) (family * 1000 + i));
			random_case(&test, family & 1, family & 2);
			compare(&test, family == 0);
		}
		printf("# family %d: %d mailings, %d merged, %d as cheap as can be, bounds %.2f %% below\n", family, tried, merged, exact,
			   100.0 * (double) (best_sum - bound_sum) / (double) best_sum);
		CHECK(merged > tried / 3);
		CHECK(exact * 100 >= tried * 97);
	}
	test_no_memory();
	return check_done();
}
