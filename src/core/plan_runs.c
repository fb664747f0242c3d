/*
 * plan_runs.c: see plan_runs.h.  Open addressing over twice as many slots as keys; nothing is ever
 * removed.
 */
#include "core/plan_runs.h"

#include <string.h>

typedef struct Key
{
	const char *country;
	const char *postcode;
	uint32_t hash;
	int country_length;
	int postcode_length;
	int sheets;
	int due_days;
	int first_run; /* -1: none yet */
	int run_count;
	int run;	   /* the run of the next letter, counted from first_run */
	int64_t taken; /* letters of that run so far */
} Key;

typedef struct Run
{
	int64_t last_rank;
	int64_t letters;
} Run;

struct PlanRuns
{
	Key *keys;
	int key_count;
	Run *runs;
	int run_count; /* runs added so far */
	int run_room;
	int *slots; /* key index, -1 = free */
	uint32_t slot_mask;
};

static uint32_t hash_bytes_more(uint32_t hash, const char *bytes, size_t length);
static uint32_t hash_key(const Key *key);
static bool equal_keys(const Key *a, const Key *b);
static int *find_slot(const PlanRuns *runs, const Key *key);
static void set_key(Key *key, const char *country, size_t country_length, const char *postcode,
					size_t postcode_length, int sheets, int due_days);

PlanRuns *
plan_runs_new(const Port *port, int key_count, int run_count)
{
	PlanRuns *runs = port->alloc(port->host, sizeof(PlanRuns));
	uint32_t slots = 16;

	if (runs == NULL || key_count < 0 || run_count < 0 || key_count > (1 << 28))
		return NULL;
	while (slots < (uint32_t) key_count * 2)
		slots *= 2;
	runs->key_count = key_count;
	runs->run_count = 0;
	runs->run_room = run_count;
	runs->slot_mask = slots - 1;
	runs->keys = port_alloc_array(port, (size_t) key_count, sizeof(Key));
	runs->runs = port_alloc_array(port, (size_t) run_count, sizeof(Run));
	runs->slots = port_alloc_array(port, slots, sizeof(int));
	if (runs->keys == NULL || runs->runs == NULL || runs->slots == NULL)
		return NULL;
	memset(runs->keys, 0, (size_t) key_count * sizeof(Key));
	memset(runs->slots, 0xff, slots * sizeof(int));
	return runs;
}

bool
plan_add_key(PlanRuns *runs, int key_no, const char *country, size_t country_length,
			 const char *postcode, size_t postcode_length, int sheets, int due_days)
{
	Key *key;
	int *slot;

	if (key_no < 1 || key_no > runs->key_count || runs->keys[key_no - 1].country != NULL)
		return false;
	key = &runs->keys[key_no - 1];
	set_key(key, country, country_length, postcode, postcode_length, sheets, due_days);
	key->first_run = -1;
	slot = find_slot(runs, key);
	if (*slot >= 0)
		return false;
	*slot = key_no - 1;
	return true;
}

bool
plan_add_run(PlanRuns *runs, int key_no, int64_t first_rank, int64_t last_rank)
{
	Key *key;
	int64_t before = 0;

	if (key_no < 1 || key_no > runs->key_count || runs->run_count >= runs->run_room ||
		last_rank < first_rank)
		return false;
	key = &runs->keys[key_no - 1];
	if (key->run_count > 0)
	{
		if (key->first_run + key->run_count != runs->run_count)
			return false;
		before = runs->runs[runs->run_count - 1].last_rank;
	}
	if (first_rank != before + 1)
		return false;
	if (key->run_count == 0)
		key->first_run = runs->run_count;
	key->run_count++;
	runs->runs[runs->run_count++] = (Run){last_rank, last_rank - before};
	return true;
}

bool
plan_next_place(PlanRuns *runs, const char *country, size_t country_length, const char *postcode,
				size_t postcode_length, int sheets, int due_days, PlanPlace *place)
{
	Key wanted;
	Key *key;
	int found;

	set_key(&wanted, country, country_length, postcode, postcode_length, sheets, due_days);
	found = *find_slot(runs, &wanted);
	if (found < 0)
		return false;
	key = &runs->keys[found];
	if (key->run < key->run_count && key->taken == runs->runs[key->first_run + key->run].letters)
	{
		key->run++;
		key->taken = 0;
	}
	if (key->run >= key->run_count)
		return false;
	place->key = found + 1;
	place->run = key->first_run + key->run;
	place->offset = key->taken++;
	return true;
}

static void
set_key(Key *key, const char *country, size_t country_length, const char *postcode,
		size_t postcode_length, int sheets, int due_days)
{
	key->country = country;
	key->country_length = (int) country_length;
	key->postcode = postcode;
	key->postcode_length = (int) postcode_length;
	key->sheets = sheets;
	key->due_days = due_days;
	key->hash = hash_key(key);
}

static int *
find_slot(const PlanRuns *runs, const Key *key)
{
	uint32_t at = key->hash & runs->slot_mask;

	while (runs->slots[at] >= 0 && !equal_keys(&runs->keys[runs->slots[at]], key))
		at = (at + 1) & runs->slot_mask;
	return &runs->slots[at];
}

static bool
equal_keys(const Key *a, const Key *b)
{
	return a->hash == b->hash && a->sheets == b->sheets && a->due_days == b->due_days &&
		   a->country_length == b->country_length && a->postcode_length == b->postcode_length &&
		   memcmp(a->country, b->country, (size_t) a->country_length) == 0 &&
		   memcmp(a->postcode, b->postcode, (size_t) a->postcode_length) == 0;
}

static uint32_t
hash_key(const Key *key)
{
	uint32_t hash = 2166136261u;

	hash = hash_bytes_more(hash, key->country, (size_t) key->country_length);
	hash = hash_bytes_more(hash, key->postcode, (size_t) key->postcode_length);
	hash ^= (uint32_t) key->sheets * 2654435761u;
	hash ^= (uint32_t) key->due_days * 2246822519u;
	hash ^= hash >> 15;
	hash *= 2246822519u;
	return hash ^ (hash >> 13);
}

/* FNV-1a: keys are a few bytes */
static uint32_t
hash_bytes_more(uint32_t hash, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char) bytes[i]) * 16777619u;
	return hash;
}
