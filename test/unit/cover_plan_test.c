/*
 * cover_plan_test.c: partitions into covers, and the choice among groups, against brute force.
 */
#include "core/cover_plan.h"

#include "check.h"

#include <stdlib.h>

typedef struct Table
{
	int64_t inside[64], outside[64]; /* by sheets; a cover due in one day costs twice */
} Table;

static CoverPrice
price_of(void *host, int sheets, int due_days)
{
	Table *table = host;
	CoverPrice price = {COVER_NEVER, COVER_NEVER};
	int64_t factor = due_days <= 1 ? 2 : 1;

	if (sheets < 64 && table->inside[sheets] >= 0)
		price.inside = table->inside[sheets] * factor;
	if (sheets < 64 && table->outside[sheets] >= 0)
		price.outside = table->outside[sheets] * factor;
	return price;
}

/* Every partition, by giving each member a block that exists or a new one; every side of each block. */
static void
try_all(const CoverMember *members, int count, int max_sheets, Table *table, int *block, int at, int blocks, int64_t *best)
{
	int64_t sums[COVER_MAX_MEMBERS + 1];
	int64_t next[COVER_MAX_MEMBERS + 1];

	if (at < count)
	{
		for (int b = 0; b <= blocks; b++)
		{
			block[at] = b;
			try_all(members, count, max_sheets, table, block, at + 1, b == blocks ? blocks + 1 : blocks, best);
		}
		return;
	}
	for (int j = 0; j <= count; j++)
		sums[j] = j == 0 ? 0 : COVER_NEVER;
	for (int b = 0; b < blocks; b++)
	{
		int sheets = 0, due = 100, size = 0;
		CoverPrice price;

		for (int i = 0; i < count; i++)
			if (block[i] == b)
			{
				sheets += members[i].sheets;
				due = members[i].due_days < due ? members[i].due_days : due;
				size++;
			}
		price = size > 1 && sheets > max_sheets ? (CoverPrice){COVER_NEVER, COVER_NEVER} : price_of(table, sheets, due);
		for (int j = 0; j <= count; j++)
		{
			next[j] = COVER_NEVER;
			if (sums[j] != COVER_NEVER && price.outside != COVER_NEVER)
				next[j] = sums[j] + price.outside;
			if (j > 0 && sums[j - 1] != COVER_NEVER && price.inside != COVER_NEVER && sums[j - 1] + price.inside < next[j])
				next[j] = sums[j - 1] + price.inside;
		}
		memcpy(sums, next, sizeof(sums));
	}
	for (int j = 0; j <= count; j++)
		if (sums[j] < best[j])
			best[j] = sums[j];
}

static int64_t
cost_of(const CoverChoice *choice, const CoverMember *members, Table *table)
{
	int64_t outside = 0;
	int seen = 0;

	/* the covers make up the group, each once; with the sides left free the cost can only be lower */
	for (int c = 0; c < choice->cover_count; c++)
	{
		int sheets = 0, due = 100;
		CoverPrice price;

		CHECK((seen & choice->covers[c]) == 0);
		seen |= choice->covers[c];
		for (int i = 0; i < COVER_MAX_MEMBERS; i++)
			if (choice->covers[c] & 1 << i)
			{
				sheets += members[i].sheets;
				due = members[i].due_days < due ? members[i].due_days : due;
			}
		price = price_of(table, sheets, due);
		outside += price.inside < price.outside ? price.inside : price.outside;
	}
	return outside;
}

static void
random_group(CoverMember *members, int *count, Table *table, int most)
{
	*count = 1 + rand() % most;
	for (int s = 0; s < 64; s++)
	{
		table->inside[s] = rand() % 10 == 0 ? -1 : 100 + rand() % 60 + s * (rand() % 12);
		table->outside[s] = rand() % 10 == 0 ? -1 : 110 + rand() % 60 + s * (rand() % 12);
	}
	for (int i = 0; i < *count; i++)
		members[i] = (CoverMember){1 + rand() % 4, 1 + rand() % 4};
}

static void
test_choices(void)
{
	for (int round = 0; round < 1500; round++)
	{
		CoverMember members[COVER_MAX_MEMBERS];
		CoverChoice choices[COVER_MAX_MEMBERS + 1];
		Table table;
		int64_t best[COVER_MAX_MEMBERS + 1];
		int block[COVER_MAX_MEMBERS];
		int count, max_sheets = 3 + rand() % 12;

		random_group(members, &count, &table, 6);
		for (int j = 0; j <= count; j++)
			best[j] = COVER_NEVER;
		try_all(members, count, max_sheets, &table, block, 0, 0, best);
		CHECK(cover_choices(&port_malloc, members, count, max_sheets, price_of, &table, choices));
		for (int j = 0; j <= count; j++)
		{
			CHECK(choices[j].inside == j && choices[j].cost == best[j]);
			if (choices[j].cost != COVER_NEVER)
				CHECK(cost_of(&choices[j], members, &table) <= choices[j].cost);
		}
	}
}

/* A group of the largest size that costs the same merged or not stays as it is. */
static void
test_ties(void)
{
	CoverMember members[COVER_MAX_MEMBERS];
	CoverChoice choices[COVER_MAX_MEMBERS + 1];
	Table table;

	for (int s = 0; s < 64; s++)
	{
		table.inside[s] = -1;
		table.outside[s] = 100 * s;
	}
	for (int i = 0; i < COVER_MAX_MEMBERS; i++)
		members[i] = (CoverMember){1, 4};
	CHECK(cover_choices(&port_malloc, members, COVER_MAX_MEMBERS, 50, price_of, &table, choices));
	CHECK(choices[0].cost == 1000 && choices[0].cover_count == COVER_MAX_MEMBERS && choices[1].cost == COVER_NEVER);
	table.outside[10] = 999;
	CHECK(cover_choices(&port_malloc, members, COVER_MAX_MEMBERS, 50, price_of, &table, choices));
	CHECK(choices[0].cost == 999 && choices[0].cover_count == 1 && choices[0].covers[0] == 1023);
	CHECK(cover_choices(&port_malloc, members, COVER_MAX_MEMBERS, 9, price_of, &table, choices));
	CHECK(choices[0].cover_count == COVER_MAX_MEMBERS);
	CHECK(!cover_choices(&port_malloc, members, 0, 9, price_of, &table, choices));
}

static int64_t
sum_selected(const CoverPattern *patterns, int count, int64_t *inside)
{
	int64_t cost = 0;

	*inside = 0;
	for (int p = 0; p < count; p++)
	{
		const CoverPattern *x = &patterns[p];

		CHECK(x->high_groups >= 0 && x->high_groups <= x->groups);
		cost += (x->groups - x->high_groups) * x->choices[x->low].cost + x->high_groups * x->choices[x->high].cost;
		*inside += (x->groups - x->high_groups) * x->choices[x->low].inside + x->high_groups * x->choices[x->high].inside;
	}
	return cost;
}

/* Groups of two have one or two covers: every step is one cover, so the selection is exact. */
static void
test_select(void)
{
	for (int round = 0; round < 2000; round++)
	{
		CoverChoice choices[5][3];
		CoverPattern patterns[5];
		int count = 1 + rand() % 5;
		int64_t best[64], next[64], inside, most = 0;
		int64_t least = rand() % 24;

		for (int i = 0; i < 64; i++)
			best[i] = i == 0 ? 0 : COVER_NEVER;
		memset(choices, 0, sizeof(choices));
		for (int p = 0; p < count; p++)
		{
			int64_t base = rand() % 50;
			int choice_count = 1 + rand() % 2;

			for (int c = 0; c < choice_count; c++)
			{
				choices[p][c].inside = c;
				choices[p][c].cost = base + (c == 0 ? 0 : rand() % 40 - 20);
			}
			patterns[p] = (CoverPattern){1 + rand() % 4, choice_count, choices[p], 0, 0, 0};
			most += patterns[p].groups * (choice_count - 1);
			for (int g = 0; g < patterns[p].groups; g++)
			{
				for (int i = 0; i < 64; i++)
					next[i] = COVER_NEVER;
				for (int i = 0; i < 64; i++)
					for (int c = 0; best[i] != COVER_NEVER && c < choice_count && i + c < 64; c++)
						if (best[i] + choices[p][c].cost < next[i + c])
							next[i + c] = best[i] + choices[p][c].cost;
				memcpy(best, next, sizeof(best));
			}
		}
		CHECK(cover_select(&port_malloc, patterns, count, least));
		{
			int64_t cost = sum_selected(patterns, count, &inside);
			int64_t cheapest = COVER_NEVER;

			for (int64_t i = least < most ? least : most; i < 64; i++)
				if (best[i] < cheapest)
					cheapest = best[i];
			CHECK(inside >= (least < most ? least : most));
			CHECK(cost == cheapest);
		}
	}
}

static int allowed;
static void *
scarce_alloc(void *host, size_t size)
{
	(void) host;
	return allowed-- > 0 ? malloc(size) : NULL;
}
static void
scarce_release(void *host, void *block)
{
	(void) host;
	free(block);
}

static void
test_no_memory(void)
{
	Port port = port_malloc;
	CoverMember members[2] = {{1, 4}, {1, 4}};
	CoverChoice choices[3];
	CoverPattern pattern = {1, 0, choices, 0, 0, 0};
	Table table = {{0}, {0}};

	port.alloc = scarce_alloc;
	port.release = scarce_release;
	allowed = 0;
	CHECK(!cover_choices(&port, members, 2, 9, price_of, &table, choices));
	allowed = 0;
	CHECK(!cover_select(&port, &pattern, 1, 0));
	allowed = 1;
	CHECK(!cover_select(&port, &pattern, 1, 0)); /* a pattern without a choice */
}

int
main(void)
{
	srand(11);
	test_choices();
	test_ties();
	test_select();
	test_no_memory();
	return check_done();
}
