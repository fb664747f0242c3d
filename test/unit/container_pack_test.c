/*
 * container_pack_test.c: fewest pieces, minima lifted from the end, refusals, failing allocations.
 */
#include "core/container_pack.h"

#include "arena.h"
#include "check.h"

#include <stdlib.h>

static long allowed = -1;
static Arena memory = {.allowed = &allowed};
static const Port arena = ARENA_PORT(&memory);

/* Letters of one gram, so many of each zone; NULL when there was no memory. */
static Packer *
pack(const PackRules *rules, const int *zones, int zone_count, int64_t grams, PortStatus *status, PortFault *fault)
{
	int64_t letters = 0, sequence = 0;
	Packer *packer;
	int stream;

	for (int z = 0; z < zone_count; z++)
		letters += zones[z];
	packer = packer_new(&arena, letters);
	if (packer == NULL || (stream = packer_add_stream(packer, 0, rules)) < 0 || packer_add_shape(packer, grams, grams * 40) != 0)
		return NULL;
	for (int z = 0; z < zone_count; z++)
	{
		int zone = packer_add_zone(packer, z);
		int group = packer_add_group(packer, stream, zone);

		if (zone < 0 || group < 0)
			return NULL;
		packer_set_level(packer, zone, 0, z / 2);
		packer_set_level(packer, zone, 1, z / 4);
		for (int i = 0; i < zones[z]; i++)
			CHECK(packer_put_letter(packer, ++sequence, group, 0));
	}
	CHECK(!packer_put_letter(packer, 0, 0, 0));
	CHECK(!packer_put_letter(packer, letters + 1, 0, 0));
	CHECK(!packer_put_letter(packer, 1, 0, 0));
	CHECK(!packer_put_letter(packer, 1, 0, 1));
	*status = packer_run(packer, fault);
	return packer;
}

/* Letters of the containers of a kind, as "5 4 3". */
static const char *
sizes(const Packer *packer, PackKind kind)
{
	static char text[512];
	size_t length = 0;

	text[0] = '\0';
	for (int i = 0; i < packer_count(packer); i++)
		if (packer_container(packer, i)->kind == kind)
			length += (size_t) snprintf(text + length, sizeof(text) - length, "%s%lld%s", length > 0 ? " " : "",
										(long long) packer_container(packer, i)->letters,
										packer_container(packer, i)->is_mixed ? "m" : packer_container(packer, i)->is_short ? "s" : "");
	return text;
}

static void
check_pack(const PackRules *rules, const int *zones, int zone_count, const char *bundles, const char *trays, const char *pallets)
{
	PortFault fault = {0};
	PortStatus status = PORT_OK;
	Packer *packer;

	allowed = -1;
	packer = pack(rules, zones, zone_count, 1, &status, &fault);
	CHECK(packer != NULL && status == PORT_OK);
	CHECK_TEXT(sizes(packer, PACK_BUNDLE), bundles);
	CHECK_TEXT(sizes(packer, PACK_TRAY), trays);
	CHECK_TEXT(sizes(packer, PACK_PALLET), pallets);
	arena_free(&memory);
}

/* Levels of the trays. */
static void
check_levels(const PackRules *rules, const int *zones, int zone_count, const char *levels)
{
	PortFault fault = {0};
	PortStatus status = PORT_OK;
	char text[128] = "";
	size_t length = 0;
	Packer *packer;

	allowed = -1;
	packer = pack(rules, zones, zone_count, 1, &status, &fault);
	CHECK(packer != NULL && status == PORT_OK);
	for (int i = 0; i < packer_count(packer); i++)
		if (packer_container(packer, i)->kind == PACK_TRAY)
			length += (size_t) snprintf(text + length, sizeof(text) - length, "%s%d", length > 0 ? " " : "", packer_container(packer, i)->level);
	CHECK_TEXT(text, levels);
	arena_free(&memory);
}

int
main(void)
{
	PackRules leveled;
	PackRules plain = {.bounds = {[PACK_TRAY] = {.most = {.pieces = 10}}}};
	PackRules sorted = {.is_sorted = true,
						.bounds = {[PACK_BUNDLE] = {.least = {.pieces = 8}, .most = {.pieces = 10}},
								   [PACK_TRAY] = {.least = {.pieces = 16}, .most = {.pieces = 20}},
								   [PACK_PALLET] = {.least = {.pieces = 2}, .most = {.pieces = 3}}}};
	PortFault fault = {0};
	PortStatus status = PORT_OK;
	bool done = false;

	check_pack(&plain, (int[]){25}, 1, "", "10 10 5", "25");
	check_pack(&plain, (int[]){7, 7}, 2, "", "10m 4", "14m");
	/* 24 letters are three bundles of eight, not 10, 10 and 4; 23 cannot be three of eight */
	check_pack(&sorted, (int[]){24}, 1, "8 8 8", "16 8s", "24");
	check_pack(&sorted, (int[]){23}, 1, "10 10 3s", "20 3s", "23");
	/* what two zones have left over shares a tray; four full trays of a zone have pallets of their own */
	check_pack(&sorted, (int[]){8, 9, 80}, 3, "8 9 10 10 10 10 10 10 10 10", "17m 20 20 20 20", "17m 40 40");
	/* mixed trays of pairs of zones, then of fours, then of all: each as far as it has ten letters */
	leveled = sorted;
	leveled.level_count = 2;
	leveled.level_least[0] = leveled.level_least[1] = 10;
	check_pack(&leveled, (int[]){8, 8, 4, 4, 3, 3, 5, 2, 4, 3}, 10, "8 8 4s 4s 4s 3s 3s 3s 5s 2s", "16m 15m 13m", "44m");
	check_levels(&leveled, (int[]){8, 8, 4, 4, 3, 3, 5, 2, 4, 3}, 10, "0 2 1");
	CHECK(pack(&plain, (int[]){0}, 0, 1, &status, &fault) != NULL && status == PORT_OK);
	arena_free(&memory);
	plain.bounds[PACK_TRAY].most.grams = 5;
	CHECK(pack(&plain, (int[]){3}, 1, 6, &status, &fault) != NULL && status == PORT_INVALID);
	arena_free(&memory);
	for (int limit = 0; !done && limit < 200; limit++)
	{
		Packer *packer;

		allowed = limit;
		packer = pack(&sorted, (int[]){8, 9, 80}, 3, 1, &status, &fault);
		done = packer != NULL && status == PORT_OK;
		CHECK(done || packer == NULL || status == PORT_NO_MEMORY);
		arena_free(&memory);
	}
	CHECK(done);
	return check_done();
}
