/*
 * rule_codes.c: a hash table of words for the short codes, a sorted array for the long ones.
 *
 * Nearly every code has at most eight bytes and is compared as one number, zero-padded: no code
 * contains a zero byte and XML text cannot.  Tables are at most half full.
 */
#include "core/rule_codes.h"

#include <stdlib.h>
#include <string.h>

#define SHORT_BYTES 8

typedef struct CodeSet
{
	uint64_t *slots; /* 0 = free */
	uint32_t mask;
	Slice *longs; /* sorted; their bytes follow the array */
	size_t long_count;
	size_t count;
} CodeSet;

struct RuleCodes
{
	Port port;
	CodeSet sets[RULE_CODE_LISTS];
	char day[11];
};

static const char *const list_names[] = {
#define CODE_LIST(name, list) list,
#include "core/rule_code_lists.def"
};

static bool fill_slots(CodeSet *set, const Port *port, const Slice *values, size_t count,
					   size_t shorts);
static bool fill_longs(CodeSet *set, const Port *port, const Slice *values, size_t count,
					   size_t bytes);
static void release_set(CodeSet *set, const Port *port);

RuleCodes *
rule_codes_open(const Port *port)
{
	RuleCodes *codes = port->alloc(port->host, sizeof(*codes));

	if (codes == NULL)
		return NULL;
	memset(codes, 0, sizeof(*codes));
	codes->port = *port;
	return codes;
}

void
rule_codes_close(RuleCodes *codes)
{
	Port port;

	if (codes == NULL)
		return;
	port = codes->port;
	for (int i = 0; i < RULE_CODE_LISTS; i++)
		release_set(&codes->sets[i], &port);
	port.release(port.host, codes);
}

void
rule_codes_set_day(RuleCodes *codes, const char *day)
{
	size_t length = strnlen(day, sizeof(codes->day) - 1);

	memcpy(codes->day, day, length);
	codes->day[length] = '\0';
}

const char *
rule_codes_day(const RuleCodes *codes)
{
	return codes != NULL && *codes->day != '\0' ? codes->day : NULL;
}

const char *
rule_code_list_name(RuleCodeList list)
{
	return list_names[list];
}

RuleCodeList
rule_code_list_of(const char *name)
{
	int list = 0;

	while (list < RULE_CODE_LISTS && strcmp(list_names[list], name) != 0)
		list++;
	return (RuleCodeList) list;
}

RuleCodeList
rule_codes_missing(const RuleCodes *codes)
{
	int list = 0;

	while (list < RULE_CODE_LISTS && codes->sets[list].count > 0)
		list++;
	return (RuleCodeList) list;
}

PortStatus
rule_codes_set(RuleCodes *codes, RuleCodeList list, const Slice *values, size_t count)
{
	CodeSet set = {.count = count};
	size_t shorts = 0, bytes = 0;

	for (size_t i = 0; i < count; i++)
	{
		if (values[i].length <= SHORT_BYTES)
			shorts++;
		else
		{
			set.long_count++;
			bytes += values[i].length;
		}
	}
	if (!fill_slots(&set, &codes->port, values, count, shorts) ||
		!fill_longs(&set, &codes->port, values, count, bytes))
	{
		release_set(&set, &codes->port);
		return PORT_NO_MEMORY;
	}
	release_set(&codes->sets[list], &codes->port);
	codes->sets[list] = set;
	return PORT_OK;
}

static inline uint64_t
word_of(Slice value)
{
	uint64_t word = 0;

	memcpy(&word, value.bytes, value.length);
	return word;
}

static inline uint32_t
slot_of(uint64_t word, uint32_t mask)
{
	return (uint32_t) ((word * UINT64_C(0x9E3779B97F4A7C15)) >> 40) & mask;
}

static int
compare_slices(const void *a, const void *b)
{
	const Slice *left = a, *right = b;
	size_t shared = left->length < right->length ? left->length : right->length;
	int order = memcmp(left->bytes, right->bytes, shared);

	if (order != 0)
		return order;
	return (left->length > right->length) - (left->length < right->length);
}

bool
rule_code_known(const RuleCodes *codes, RuleCodeList list, Slice value)
{
	const CodeSet *set = &codes->sets[list];
	uint64_t word;

	if (value.length == 0)
		return false;
	if (value.length > SHORT_BYTES)
		return set->long_count > 0 &&
			   bsearch(&value, set->longs, set->long_count, sizeof(Slice), compare_slices) != NULL;
	if (set->slots == NULL)
		return false;
	word = word_of(value);
	for (uint32_t at = slot_of(word, set->mask); set->slots[at] != 0; at = (at + 1) & set->mask)
		if (set->slots[at] == word)
			return true;
	return false;
}

static bool
fill_slots(CodeSet *set, const Port *port, const Slice *values, size_t count, size_t shorts)
{
	uint32_t size = 8;

	if (shorts == 0)
		return true;
	while (size < 2 * shorts)
		size *= 2;
	set->slots = port_alloc_array(port, size, sizeof(uint64_t));
	if (set->slots == NULL)
		return false;
	memset(set->slots, 0, size * sizeof(uint64_t));
	set->mask = size - 1;
	for (size_t i = 0; i < count; i++)
	{
		uint64_t word;
		uint32_t at;

		if (values[i].length == 0 || values[i].length > SHORT_BYTES)
			continue;
		word = word_of(values[i]);
		for (at = slot_of(word, set->mask); set->slots[at] != 0; at = (at + 1) & set->mask)
			if (set->slots[at] == word)
				break;
		set->slots[at] = word;
	}
	return true;
}

static bool
fill_longs(CodeSet *set, const Port *port, const Slice *values, size_t count, size_t bytes)
{
	char *text;
	size_t n = 0;

	if (set->long_count == 0)
		return true;
	set->longs = port->alloc(port->host, set->long_count * sizeof(Slice) + bytes);
	if (set->longs == NULL)
		return false;
	text = (char *) (set->longs + set->long_count);
	for (size_t i = 0; i < count; i++)
	{
		if (values[i].length <= SHORT_BYTES)
			continue;
		memcpy(text, values[i].bytes, values[i].length);
		set->longs[n++] = (Slice){text, values[i].length};
		text += values[i].length;
	}
	qsort(set->longs, n, sizeof(Slice), compare_slices);
	return true;
}

static void
release_set(CodeSet *set, const Port *port)
{
	if (set->slots != NULL)
		port->release(port->host, set->slots);
	if (set->longs != NULL)
		port->release(port->host, set->longs);
}
