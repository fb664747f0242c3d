/*
 * rules_category.c: which VAT categories occur where, and sums by category and rate.
 *
 * Lines pass and are gone when the breakdown is judged, so what it needs of them is kept here, in a
 * list that grows with the number of different categories and rates.
 */
#include "core/rules_run.h"

#include <string.h>

/* Decimals are kept without trailing zeros, so that equal rates have equal digits. */
static uint32_t
category_hash(const RuleCategory *category)
{
	uint64_t hash = (uint64_t) category->rate.units * 31 + (unsigned) category->rate.scale;

	for (size_t i = 0; i < category->length; i++)
		hash = hash * 31 + (unsigned char) category->code[i];
	hash = hash * 8 + category->kind * 4u + category->raw * 2u + category->vat;
	return (uint32_t) (hash * UINT64_C(0x9E3779B97F4A7C15) >> 40);
}

/* Where it is, or the empty slot where it would be. */
static uint16_t *
category_slot(RuleRun *run, const RuleCategory *wanted)
{
	uint32_t slot = category_hash(wanted) % RULE_CATEGORY_SLOTS;

	for (; run->category_slots[slot] != 0; slot = (slot + 1) % RULE_CATEGORY_SLOTS)
	{
		const RuleCategory *at = &run->categories[run->category_slots[slot] - 1];

		if (at->kind == wanted->kind && at->length == wanted->length && at->raw == wanted->raw &&
			at->vat == wanted->vat && memcmp(at->code, wanted->code, at->length) == 0 &&
			(at->kind != CATEGORY_RATE_SUM || decimal_compare(at->rate, wanted->rate) == 0))
			break;
	}
	return &run->category_slots[slot];
}

static RuleCategory *
find_category(RuleRun *run, const RuleCategory *wanted)
{
	uint16_t *slot = category_slot(run, wanted);
	RuleCategory *made;

	if (*slot != 0)
		return &run->categories[*slot - 1];
	if (run->category_count == run->category_capacity)
	{
		size_t capacity = run->category_capacity == 0 ? 16 : run->category_capacity * 2;

		made = capacity > RULE_MAX_CATEGORIES
				   ? NULL
				   : port_resize_array(run->port, run->categories, run->category_capacity, capacity,
									   sizeof(*made));
		if (made == NULL)
		{
			run->failed |= capacity <= RULE_MAX_CATEGORIES;
			rules_note_wrong(run, "RULES-LIMIT", 1);
			return NULL;
		}
		run->categories = made;
		run->category_capacity = capacity;
	}
	made = &run->categories[run->category_count++];
	*made = *wanted;
	*slot = (uint16_t) run->category_count;
	return made;
}

/* Codes that are too long are none of those that rules ask for. */
static RuleCategory
category_of(int kind, Slice code)
{
	RuleCategory category;

	memset(&category, 0, sizeof(category));
	category.kind = kind;
	category.length = code.length < sizeof(category.code) ? code.length : sizeof(category.code);
	if (category.length > 0)
		memcpy(category.code, code.bytes, category.length);
	return category;
}

static int
site_of(const RuleOp *op)
{
	int site = 0;

	while (site + 1 < SITE_COUNT && (op->detail & 1 << site) == 0)
		site++;
	return site;
}

void
rules_note_category(RuleRun *run, const RuleOp *op, Slice code, bool vat)
{
	Slice trimmed = rules_trim(run, code);
	RuleCategory wanted = category_of(CATEGORY_SEEN, trimmed), *found;

	wanted.raw = trimmed.length == code.length;
	wanted.vat = vat;
	found = find_category(run, &wanted);
	if (found != NULL)
		found->totals[site_of(op)].count++;
}

void
rules_note_sum(RuleRun *run, const RuleOp *op, Number amount, Slice code, const Number *rate)
{
	RuleCategory wanted = category_of(rate == NULL ? CATEGORY_SUM : CATEGORY_RATE_SUM, code);
	RuleCategory *found;
	RuleTotal *total;

	if (rate != NULL)
		wanted.rate = rate->value;
	found = find_category(run, &wanted);
	if (found == NULL)
		return;
	total = &found->totals[site_of(op)];
	total->count++;
	total->wrong |= amount.state == NUMBER_WRONG || amount.state == NUMBER_NAN;
	if (amount.state == NUMBER_GOOD && !decimal_add(total->value, amount.value, &total->value))
		total->wrong = true;
}

int64_t
rules_count_category(const RuleRun *run, const RuleOp *op, Slice code)
{
	int64_t count = 0;

	for (size_t i = 0; i < run->category_count; i++)
	{
		const RuleCategory *at = &run->categories[i];
		bool same = at->length == code.length && memcmp(at->code, code.bytes, at->length) == 0;

		if (at->kind != CATEGORY_SEEN || same != (op->code == CODE_CATEGORY) ||
			((op->flags & OP_VAT) && !at->vat) || ((op->flags & OP_RAW) && !at->raw))
			continue;
		for (int site = 0; site < SITE_COUNT; site++)
			if (op->detail & 1 << site)
				count += at->totals[site].count;
	}
	return count;
}

RuleTotal
rules_sum_category(RuleRun *run, const RuleOp *op, Slice code, const Number *rate)
{
	RuleTotal total = {{0, 0}, 0, false};
	RuleCategory wanted = category_of(rate == NULL ? CATEGORY_SUM : CATEGORY_RATE_SUM, code);
	const RuleCategory *found;
	uint16_t slot;

	if (rate != NULL)
		wanted.rate = rate->value;
	slot = *category_slot(run, &wanted);
	if (slot == 0 || wanted.length < code.length)
		return total;
	found = &run->categories[slot - 1];
	for (int site = 0; site < SITE_COUNT; site++)
		if (op->detail & 1 << site)
		{
			total.count += found->totals[site].count;
			total.wrong |= found->totals[site].wrong ||
						   !decimal_add(total.value, found->totals[site].value, &total.value);
		}
	return total;
}
