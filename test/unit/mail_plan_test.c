/*
 * mail_plan_test.c: letters to keys, kinds, cells and back, against what the letters themselves say; tariffs'
 * lookups; memory running out anywhere.
 */
#include "core/mail_plan.h"
#include "core/postage_solve.h"

#include "arena.h"
#include "check.h"

#include <stdlib.h>

static long allowed = -1;
static Arena memory = {.allowed = &allowed};
static const Port arena = ARENA_PORT(&memory);

static unsigned seed = 1;

static unsigned
pick(unsigned below)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % below;
}

#define TRY(call)                 \
	do                            \
	{                             \
		PortStatus made = (call); \
		if (made != PORT_OK)      \
			return made;          \
	} while (0)

static PortStatus
add_steps(Tariff *tariff, const char *offer, const char *area, const char *format, int64_t first, int64_t second)
{
	TariffPriceRow row = {.form = TARIFF_STEP, .up_to_milligrams = 20000, .item_micro = first, .percent_points = TARIFF_WHOLE_PRICE, .unit_micro = 1};

	TRY(tariff_add_price(tariff, offer, area, format, &row));
	row.up_to_milligrams = 50000;
	row.item_micro = second;
	return tariff_add_price(tariff, offer, area, format, &row);
}

/* A sorted, an unsorted and a city offer; city covers 0..., sorted bundles by first digit. */
static PortStatus
make_tariff(Tariff *tariff)
{
	TariffCarrier national = {"nat", true, -1};
	TariffCarrier city = {"town", false, 300};
	TariffOffer offer_city = {.code = "A-CITY", .days = 4, .min_mailing = 20};
	TariffOffer sorted = {.code = "B-SORT", .days = 3, .min_mailing = 5, .topup = 1000000, .min_bundle = 4, .fixed = 7000000};
	TariffOffer plain = {.code = "C-PLAIN", .days = 2};

	TRY(tariff_add_carrier(tariff, &national));
	TRY(tariff_add_carrier(tariff, &city));
	TRY(tariff_add_offer(tariff, &offer_city, "town", "towns"));
	TRY(tariff_add_format(tariff, "C5"));
	TRY(tariff_add_offer(tariff, &sorted, "nat", "land"));
	TRY(tariff_add_format(tariff, "C5"));
	TRY(tariff_add_offer(tariff, &plain, "nat", "land"));
	TRY(tariff_add_format(tariff, "C5"));
	TRY(tariff_add_format(tariff, "C4"));
	TRY(tariff_add_area(tariff, "land", "NO", "", "~", "home"));
	TRY(tariff_add_area(tariff, "land", "*", "", "~", "world"));
	TRY(tariff_add_area(tariff, "towns", "NO", "0", "1~", "in"));
	TRY(tariff_add_area(tariff, "towns", "NO", "05", "05~", "out"));
	for (char digit = '0'; digit <= '9'; digit++)
	{
		char from[2] = {digit, 0}, to[3] = {digit, '~', 0}, name[3] = {'Z', digit, 0};

		TRY(tariff_add_zone(tariff, "NO", from, to, name));
	}
	TRY(add_steps(tariff, "A-CITY", "in", "C5", 6000000, 7000000));
	TRY(add_steps(tariff, "A-CITY", "out", "C5", 6500000, 7000000));
	TRY(add_steps(tariff, "B-SORT", "home", "C5", 7000000, 8000000));
	TRY(add_steps(tariff, "C-PLAIN", "home", "C5", 9000000, 11000000));
	TRY(add_steps(tariff, "C-PLAIN", "home", "C4", 12000000, 13000000));
	TRY(add_steps(tariff, "C-PLAIN", "world", "C5", 20000000, 25000000));
	TRY(add_steps(tariff, "MISSING", "world", "C5", 1, 1));
	TRY(tariff_add_scheme(tariff, "NAT", false));
	tariff_add_scheme_offer(tariff, "B-SORT");
	tariff_add_scheme_offer(tariff, "C-PLAIN");
	TRY(tariff_add_tier(tariff, 0, 0, 0));
	TRY(tariff_add_tier(tariff, 0, 100, 333));
	TRY(tariff_add_scheme(tariff, "TOWN", true));
	tariff_add_scheme_offer(tariff, "A-CITY");
	TRY(tariff_add_tier(tariff, 1, 0, 0));
	TRY(tariff_add_tier(tariff, 1, 37, 130000));
	TRY(tariff_add_envelope(tariff, "big", "C4", 19000, 6));
	tariff_set_thickness(tariff, 100008, 200);
	TRY(tariff_add_envelope(tariff, "small", "C5", 6500, 4));
	tariff_set_thickness(tariff, 200016, 180);
	tariff->paper_milligrams = 4990;
	return tariff_finish(tariff);
}

static void
make_letter(int number, char *postcode, MailLetter *letter)
{
	unsigned mix = (unsigned) number * 2654435761u;

	snprintf(postcode, 16, "%c%03u", '0' + (mix >> 8) % 4, (mix >> 16) % 6 * 100 + 50);
	if (number % 17 == 0)
		snprintf(postcode, 16, "no-%c %u", '2', 100 + (mix >> 20) % 3);
	*letter = (MailLetter){"NO", postcode, 2, strlen(postcode), 1 + (int) ((mix >> 4) % 5), 2 + (int) ((mix >> 12) % 3), 0, 0};
	if (number % 29 == 0)
	{
		letter->country = "SE";
		letter->postcode = "";
		letter->postcode_length = 0;
		letter->sheets = 1;
	}
}

typedef struct Seen
{
	int64_t cost, list;
	int bundle, offer, zone;
} Seen;

static PortStatus
plan_letters(int letters, bool look)
{
	Tariff *tariff = tariff_new(&arena);
	MailPlan *plan;
	PostageOptions options = {.node_limit = 1000};
	PostageSolution solution;
	Seen *seen = calloc((size_t) letters + 1, sizeof(Seen));
	int64_t cost = 0, flow_letters = 0, flow_discount = 0, discount = 0;
	char postcode[16];
	MailLetter letter;
	MailPosting posting;
	PortStatus status = PORT_NO_MEMORY;

	if (tariff == NULL || (status = make_tariff(tariff)) != PORT_OK || (plan = mail_plan_new(&arena, tariff, "NO")) == NULL)
	{
		free(seen);
		return status == PORT_OK ? PORT_NO_MEMORY : status;
	}
	for (int i = 0; i < letters && status == PORT_OK; i++)
	{
		make_letter(i, postcode, &letter);
		status = mail_count_letter(plan, &letter);
	}
	if (status == PORT_OK)
		status = mail_make_keys(plan);
	if (status == PORT_OK)
		status = mail_make_kinds(plan);
	if (status == PORT_OK)
		status = mail_make_cells(plan);
	if (status == PORT_OK)
		status = mail_make_problem(plan, -1, &plan->problem);
	if (status == PORT_OK)
		status = postage_solve(plan->problem, &options, &solution);
	if (status == PORT_OK)
		status = mail_take_plan(plan, solution.counts);
	if (status == PORT_OK)
		status = mail_spread(plan);
	for (int i = 0; i < letters && status == PORT_OK; i++)
	{
		Seen *place;

		make_letter(i, postcode, &letter);
		CHECK(mail_next_letter(plan, &letter, &posting));
		CHECK(posting.sequence_no >= 1 && posting.sequence_no <= letters);
		place = &seen[posting.sequence_no];
		CHECK(place->bundle == 0);
		*place = (Seen){posting.list - posting.run->discount, posting.list, posting.bundle_no, posting.run->offer, posting.kind->zone};
		cost += place->cost;
		discount += posting.run->discount;
	}
	if (status == PORT_OK && look)
	{
		int bundle_letters = 0;

		CHECK(letters == 0 || !mail_next_letter(plan, &letter, &posting));
		CHECK(cost == solution.cost && cost == plan->parts.cost && plan->parts.broken == 0);
		CHECK(solution.status == POSTAGE_OPTIMAL);
		for (int s = 1; s <= letters; s++)
		{
			bool is_new = s == 1 || seen[s].bundle != seen[s - 1].bundle;

			CHECK(s == 1 || (seen[s].offer >= seen[s - 1].offer && seen[s].bundle - seen[s - 1].bundle <= 1));
			CHECK(is_new || (seen[s].offer == seen[s - 1].offer && (seen[s].offer != 1 || seen[s].zone == seen[s - 1].zone)));
			bundle_letters = is_new ? 1 : bundle_letters + 1;
			if (s == letters || seen[s + 1].bundle != seen[s].bundle)
				CHECK(seen[s].offer != 1 || bundle_letters >= 4);
		}
		for (int f = 0; f < plan->flow_count; f++)
		{
			flow_letters += plan->flows[f].letters;
			flow_discount += plan->flows[f].discount;
		}
		CHECK(flow_letters == letters && flow_discount == discount);
	}
	free(seen);
	return status;
}

static void
test_tariff(void)
{
	Tariff *tariff = tariff_new(&arena);
	TariffShape shape;
	int64_t price;
	char plain[16];
	int norway, land, towns;

	CHECK(make_tariff(tariff) == PORT_OK);
	norway = tariff_find_name(tariff, "NO", 2);
	towns = tariff->offers[0].coverage;
	land = tariff->offers[1].coverage;
	CHECK_TEXT(tariff->names[tariff_area(tariff, towns, norway, "0450")], "in");
	CHECK_TEXT(tariff->names[tariff_area(tariff, towns, norway, "0550")], "out");
	CHECK_TEXT(tariff->names[tariff_area(tariff, towns, norway, "0650")], "in");
	CHECK(tariff_area(tariff, towns, norway, "2000") < 0 && tariff_area(tariff, towns, norway, "") < 0);
	CHECK_TEXT(tariff->names[tariff_area(tariff, land, norway, "")], "home");
	CHECK_TEXT(tariff->names[tariff_area(tariff, land, -1, "11455")], "world");
	CHECK_TEXT(tariff->names[tariff_zone(tariff, norway, "0150")], "Z0");
	CHECK(tariff_zone(tariff, norway, "X") < 0 && tariff_zone(tariff, -1, "1") < 0);
	shape = tariff_shape(tariff, 4);
	CHECK_TEXT(tariff->names[shape.format], "C5");
	CHECK(shape.milligrams == 27000 && mail_grams(&shape) == 27 && shape.micrometres == 980);
	CHECK(tariff_shape(tariff, 5).micrometres == 700);
	CHECK(tariff_shape(tariff, 7).format < 0);
	CHECK(tariff_price(tariff, 1, tariff_find_name(tariff, "home", 4), &shape, &price) && price == 8000000);
	shape = tariff_shape(tariff, 5);
	CHECK(!tariff_price(tariff, 1, tariff_find_name(tariff, "home", 4), &shape, &price));
	CHECK(tariff_find_offer(tariff, "C-PLAIN") == 2 && tariff_find_offer(tariff, "D") < 0 && tariff_find_scheme(tariff, "TOWN") == 1);
	CHECK(tariff_plain_postcode("NO", 2, "no-01 50", 8, plain) == 4 && memcmp(plain, "0150", 4) == 0);
	CHECK(tariff_plain_postcode("GB", 2, "sw1a 1aa", 8, plain) == 7 && memcmp(plain, "SW1A1AA", 7) == 0);
	CHECK(tariff_plain_postcode("NO", 2, "N", 1, plain) == 1 && tariff_plain_postcode("NO", 2, "", 0, plain) == 0);
	arena_free(&memory);
}

static void
test_refusals(void)
{
	static const struct
	{
		MailLetter letter;
		const char *why;
	} cases[] = {
		{{"NO", "0150", 2, 4, 7, 4, 0, 0}, "no envelope holds 7 sheets"},
		{{"NO", "0150", 2, 4, 1, 1, 0, 0}, "too late: the fastest offer takes 2 days, due in 1"},
		{{"SE", "", 2, 0, 5, 4, 0, 0}, "no offer takes format C4 there"},
		{{"NO", "0150", 2, 4, 6, 4, 0, 0}, NULL},
	};
	Tariff *tariff = tariff_new(&arena);
	MailPlan *plan;
	char why[200];

	CHECK(make_tariff(tariff) == PORT_OK);
	plan = mail_plan_new(&arena, tariff, "NO");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK(mail_count_letter(plan, &cases[i].letter) == PORT_OK);
	CHECK(mail_make_keys(plan) == PORT_OK && mail_make_kinds(plan) == PORT_OK && mail_make_cells(plan) == PORT_OK);
	CHECK(plan->letters == 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		const MailKey *key = &plan->keys[i];

		CHECK((plan->kinds[key->kind].cell < 0) == (cases[i].why != NULL));
		if (cases[i].why == NULL)
			continue;
		mail_explain_refusal(plan, key, why, sizeof(why));
		CHECK_TEXT(why, cases[i].why);
	}
	arena_free(&memory);
}

int
main(void)
{
	long needed = 0;

	allowed = -1;
	test_tariff();
	test_refusals();
	for (int round = 0; round < 40; round++)
	{
		CHECK(plan_letters(round < 8 ? round + 1 : (int) pick(1500) + 1, true) == PORT_OK);
		arena_free(&memory);
	}
	for (PortStatus status = PORT_NO_MEMORY; status == PORT_NO_MEMORY && needed < 5000; needed++)
	{
		allowed = needed;
		status = plan_letters(60, false);
		CHECK(status == PORT_OK || status == PORT_NO_MEMORY);
		arena_free(&memory);
	}
	CHECK(needed > 50 && needed < 5000);
	return check_done();
}
