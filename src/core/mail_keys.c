/*
 * mail_keys.c: letters into keys, and keys into postal order.
 *
 * A letter costs one look into a hash, both times it is shown.
 */
#include "core/mail_plan.h"

#include <stdlib.h>

#define MAX_ITEMS (1 << 30)

typedef struct WantedPlace
{
	const MailPlan *plan;
	const MailLetter *letter;
} WantedPlace;

typedef struct WantedAreas
{
	const MailPlan *plan;
	const int *areas;
} WantedAreas;

typedef struct KeyOrder
{
	int rank, sheets, due_days, scope, issuers, key;
} KeyOrder;

static int find_place(MailPlan *plan, const MailLetter *letter);
static PortStatus locate_place(MailPlan *plan, MailPlace *place);
static PortStatus order_places(MailPlan *plan);
static PortStatus order_keys(MailPlan *plan);

bool
mail_index_reserve(MailIndex *index, const Port *port)
{
	int wanted = index->slot_count == 0 ? 64 : index->slot_count * 2;
	uint32_t mask = (uint32_t) wanted - 1;
	MailSlot *slots;

	if (index->count * 2 < index->slot_count)
		return true;
	if (index->count >= MAX_ITEMS / 2 ||
		(slots = port_alloc_array(port, (size_t) wanted, sizeof(MailSlot))) == NULL)
		return false;
	memset(slots, -1, (size_t) wanted * sizeof(MailSlot));
	for (int old = 0; old < index->slot_count; old++)
	{
		uint32_t at = index->slots[old].hash & mask;

		if (index->slots[old].item < 0)
			continue;
		while (slots[at].item >= 0)
			at = (at + 1) & mask;
		slots[at] = index->slots[old];
	}
	port->release(port->host, index->slots);
	index->slots = slots;
	index->slot_count = wanted;
	return true;
}

bool
mail_grow(const Port *port, void **array, int used, int *room, size_t size)
{
	int wanted = *room == 0 ? 32 : *room * 2;
	void *larger;

	if (used < *room)
		return true;
	if (*room >= MAX_ITEMS ||
		(larger = port_resize_array(port, *array, (size_t) *room, (size_t) wanted, size)) == NULL)
		return false;
	*array = larger;
	*room = wanted;
	return true;
}

MailPlan *
mail_plan_new(const Port *port, Tariff *tariff, const char *origin)
{
	MailPlan *plan = port->alloc(port->host, sizeof(MailPlan));

	if (plan == NULL)
		return NULL;
	memset(plan, 0, sizeof(*plan));
	plan->port = port;
	plan->tariff = tariff;
	plan->origin = origin;
	plan->fault.position = -1;
	text_arena_init(&plan->texts, port);
	plan->sheet_shapes = port_alloc_array(port, TARIFF_MAX_SHEETS + 2, sizeof(int));
	if (plan->sheet_shapes == NULL)
		return NULL;
	memset(plan->sheet_shapes, -1, (TARIFF_MAX_SHEETS + 2) * sizeof(int));
	return plan;
}

int
mail_add_scope(MailPlan *plan, const char *name)
{
	size_t size = strlen(name) + 1;
	char *copy;

	if (size == 1)
		return 0;
	for (int i = 1; i < plan->scope_count; i++)
		if (strcmp(plan->scopes[i].name, name) == 0)
			return i;
	if (plan->scope_count == 0)
		plan->scope_count = 1;
	if (!mail_grow(plan->port, (void **) &plan->scopes, plan->scope_count, &plan->scope_room,
				   sizeof(MailScope)) ||
		(copy = text_arena_alloc(&plan->texts, size)) == NULL)
		return -1;
	plan->scopes[plan->scope_count] = (MailScope){.name = memcpy(copy, name, size)};
	plan->scopes[0] = (MailScope){.name = ""};
	return plan->scope_count++;
}

static inline uint32_t
hash_place(const MailLetter *letter)
{
	uint32_t hash = mail_hash_bytes(2166136261u, letter->country, letter->country_length);

	return mail_hash_bytes(hash * 31, letter->postcode, letter->postcode_length);
}

/* The texts of a place lie one after the other: country, zero, postcode, zero. */
static inline bool
is_text(const char *text, size_t country_length, size_t postcode_length, const MailLetter *letter)
{
	return country_length == letter->country_length && postcode_length == letter->postcode_length &&
		   memcmp(text, letter->country, country_length) == 0 &&
		   memcmp(text + country_length + 1, letter->postcode, postcode_length) == 0;
}

static inline uint32_t
hash_key(const MailLetter *letter)
{
	uint32_t hash = mail_hash_number(hash_place(letter), (uint32_t) letter->sheets);

	return mail_hash_number(hash, (uint32_t) letter->due_days ^ (uint32_t) letter->scope << 20 ^
									  (uint32_t) letter->issuers << 12);
}

static bool
same_key(const void *wanted, int item)
{
	const WantedPlace *w = wanted;
	const MailKey *key = &w->plan->keys[item];

	return key->sheets == w->letter->sheets && key->due_days == w->letter->due_days &&
		   key->scope == w->letter->scope && key->issuers == w->letter->issuers &&
		   is_text(key->text, key->country_length, key->postcode_length, w->letter);
}

static bool
same_place(const void *wanted, int item)
{
	const WantedPlace *w = wanted;
	const MailPlace *place = &w->plan->places[item];

	return is_text(place->country, strlen(place->country), strlen(place->postcode), w->letter);
}

PortStatus
mail_count_letter(MailPlan *plan, const MailLetter *letter)
{
	uint32_t hash = hash_key(letter);
	WantedPlace wanted = {plan, letter};
	MailSlot *slot;
	int place;

	if (!mail_index_reserve(&plan->key_index, plan->port))
		return PORT_NO_MEMORY;
	slot = mail_index_find(&plan->key_index, hash, same_key, &wanted);
	if (slot->item < 0)
	{
		if ((place = find_place(plan, letter)) < 0 ||
			!mail_grow(plan->port, (void **) &plan->keys, plan->key_index.count, &plan->key_room,
					   sizeof(MailKey)))
			return PORT_NO_MEMORY;
		mail_index_put(&plan->key_index, slot, hash);
		plan->keys[slot->item] = (MailKey){
			.text = plan->places[place].country,
			.country_length = (uint32_t) letter->country_length,
			.postcode_length = (uint32_t) letter->postcode_length,
			.place = place,
			.sheets = letter->sheets,
			.due_days = letter->due_days,
			.scope = letter->scope,
			.issuers = letter->issuers,
			.kind = -1,
		};
	}
	plan->keys[slot->item].letters++;
	return PORT_OK;
}

static int
find_place(MailPlan *plan, const MailLetter *letter)
{
	uint32_t hash = hash_place(letter);
	WantedPlace wanted = {plan, letter};
	size_t length = letter->postcode_length;
	MailPlace *place;
	char *text;
	MailSlot *slot;

	if (!mail_index_reserve(&plan->place_index, plan->port))
		return -1;
	slot = mail_index_find(&plan->place_index, hash, same_place, &wanted);
	if (slot->item >= 0)
		return slot->item;
	text = text_arena_alloc(&plan->texts, letter->country_length + 2 * length + 3);
	if (text == NULL || !mail_grow(plan->port, (void **) &plan->places, plan->place_index.count,
								   &plan->place_room, sizeof(MailPlace)))
		return -1;
	mail_index_put(&plan->place_index, slot, hash);
	place = &plan->places[slot->item];
	memset(place, 0, sizeof(*place));
	place->country = memcpy(text, letter->country, letter->country_length);
	text[letter->country_length] = '\0';
	text += letter->country_length + 1;
	place->postcode = memcpy(text, letter->postcode, length);
	text[length] = '\0';
	text += length + 1;
	text[tariff_plain_postcode(letter->country, letter->country_length, letter->postcode, length,
							   text)] = '\0';
	place->code = text;
	return slot->item;
}

PortStatus
mail_make_keys(MailPlan *plan)
{
	PortStatus status = PORT_OK;

	for (int i = 0; i < plan->place_index.count && status == PORT_OK; i++)
		status = (i & 1023) == 0 && plan->port->interrupted(plan->port->host)
					 ? PORT_INTERRUPTED
					 : locate_place(plan, &plan->places[i]);
	if (status == PORT_OK)
		status = order_places(plan);
	return status == PORT_OK ? order_keys(plan) : status;
}

static PortStatus
locate_place(MailPlan *plan, MailPlace *place)
{
	Tariff *tariff = plan->tariff;

	place->zone = tariff_zone(
		tariff, tariff_find_name(tariff, place->country, strlen(place->country)), place->code);
	if (place->zone < 0)
		place->zone = tariff_name(tariff, place->country, strlen(place->country));
	place->areas = mail_find_areas(plan, place->country, place->code);
	return place->zone < 0 || place->areas < 0 ? PORT_NO_MEMORY : PORT_OK;
}

static bool
same_areas(const void *wanted, int item)
{
	const WantedAreas *w = wanted;
	size_t count = (size_t) w->plan->tariff->coverage_count;

	return memcmp(w->plan->area_sets + count * (size_t) item, w->areas, count * sizeof(int)) == 0;
}

/* Looked up into the place behind the last set, where it stays when it is new. */
int
mail_find_areas(MailPlan *plan, const char *country, const char *code)
{
	const Tariff *tariff = plan->tariff;
	int name = tariff_find_name(tariff, country, strlen(country));
	size_t count = (size_t) tariff->coverage_count;
	WantedAreas wanted = {plan, NULL};
	uint32_t hash = 0;
	int *areas;
	MailSlot *slot;

	if (!mail_index_reserve(&plan->area_set_index, plan->port) ||
		!mail_grow(plan->port, (void **) &plan->area_sets, plan->area_set_index.count,
				   &plan->area_set_room, (count + 1) * sizeof(int)))
		return -1;
	wanted.areas = areas = plan->area_sets + (size_t) plan->area_set_index.count * count;
	for (size_t c = 0; c < count; c++)
	{
		areas[c] = tariff_area(tariff, (int) c, name, code);
		hash = mail_hash_number(hash, (uint32_t) areas[c]);
	}
	slot = mail_index_find(&plan->area_set_index, hash, same_areas, &wanted);
	return slot->item >= 0 ? slot->item : mail_index_put(&plan->area_set_index, slot, hash);
}

typedef struct PlaceOrder
{
	MailPlace *place;
	const char *zone;
	bool is_foreign;
} PlaceOrder;

/* The own country first; then country, zone, postcode, byte by byte. */
static int
by_postal_order(const void *a, const void *b)
{
	const PlaceOrder *x = a;
	const PlaceOrder *y = b;
	int order;

	if (x->is_foreign != y->is_foreign)
		return x->is_foreign ? 1 : -1;
	if ((order = strcmp(x->place->country, y->place->country)) != 0 ||
		(order = strcmp(x->zone, y->zone)) != 0 ||
		(order = strcmp(x->place->code, y->place->code)) != 0)
		return order;
	return strcmp(x->place->postcode, y->place->postcode);
}

static PortStatus
order_places(MailPlan *plan)
{
	int count = plan->place_index.count;
	PlaceOrder *order = port_alloc_array(plan->port, (size_t) count + 1, sizeof(PlaceOrder));

	if (order == NULL)
		return PORT_NO_MEMORY;
	for (int i = 0; i < count; i++)
		order[i] = (PlaceOrder){&plan->places[i], plan->tariff->names[plan->places[i].zone],
								strcmp(plan->places[i].country, plan->origin) != 0};
	qsort(order, (size_t) count, sizeof(PlaceOrder), by_postal_order);
	for (int i = 0; i < count; i++)
		order[i].place->rank = i;
	plan->port->release(plan->port->host, order);
	return PORT_OK;
}

static int
by_key_order(const void *a, const void *b)
{
	const KeyOrder *x = a;
	const KeyOrder *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->sheets != y->sheets)
		return x->sheets < y->sheets ? -1 : 1;
	if (x->due_days != y->due_days)
		return x->due_days < y->due_days ? -1 : 1;
	return x->scope != y->scope ? x->scope - y->scope : x->issuers - y->issuers;
}

static PortStatus
order_keys(MailPlan *plan)
{
	int count = plan->key_index.count;
	KeyOrder *order = port_alloc_array(plan->port, (size_t) count + 1, sizeof(KeyOrder));

	plan->key_order = port_alloc_array(plan->port, (size_t) count + 1, sizeof(int));
	if (order == NULL || plan->key_order == NULL)
		return PORT_NO_MEMORY;
	for (int i = 0; i < count; i++)
		order[i] = (KeyOrder){plan->places[plan->keys[i].place].rank,
							  plan->keys[i].sheets,
							  plan->keys[i].due_days,
							  plan->keys[i].scope,
							  plan->keys[i].issuers,
							  i};
	qsort(order, (size_t) count, sizeof(KeyOrder), by_key_order);
	for (int i = 0; i < count; i++)
		plan->key_order[i] = order[i].key;
	plan->port->release(plan->port->host, order);
	return PORT_OK;
}

int
mail_find_key(const MailPlan *plan, const MailLetter *letter)
{
	WantedPlace wanted = {plan, letter};

	if (plan->key_index.slot_count == 0)
		return -1;
	return mail_index_find(&plan->key_index, hash_key(letter), same_key, &wanted)->item;
}

bool
mail_next_letter(MailPlan *plan, const MailLetter *letter, MailPosting *posting)
{
	MailKey *key;
	int found = mail_find_key(plan, letter);

	if (found < 0)
		return false;
	key = &plan->keys[found];
	if (key->run < key->run_count && key->taken == plan->runs[key->first_run + key->run].letters)
	{
		key->run++;
		key->taken = 0;
	}
	if (key->run >= key->run_count)
		return false;
	posting->key = key;
	posting->kind = &plan->kinds[key->kind];
	posting->run = &plan->runs[key->first_run + key->run];
	posting->list = mail_list_price(plan, posting->kind->vector, posting->run->offer);
	posting->bundle_no = plan->offer_bundles[posting->run->offer] + posting->run->bundle;
	posting->sequence_no = posting->run->first_sequence + key->taken++;
	return true;
}
