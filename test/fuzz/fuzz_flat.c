/*
 * fuzz_flat.c: record files, delimited and fixed width; the second byte chooses the layout.
 */
#include "core/flat_reader.h"
#include "fuzz_sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static LayoutField row_fields[] = {
	{.name = "number", .column = -1, .column_name = "number", .term = TERM_BT_1},
	{.name = "date", .column = -1, .column_name = "date", .type = LAYOUT_DATE, .term = TERM_BT_2},
	{.name = "net", .column = -1, .column_name = "net", .type = LAYOUT_NUMBER, .term = TERM_BT_131},
	{.name = "rate", .column = -1, .column_name = "rate", .type = LAYOUT_NUMBER, .term = TERM_BT_152},
	{.name = "category", .column = -1, .constant = "S", .term = TERM_BT_151},
	{.name = "item", .column = -1, .column_name = "item", .term = TERM_BT_153},
};
static LayoutRecord row_records[] = {{.name = "row", .role = LAYOUT_ROW, .fields = row_fields, .field_count = 6}};
static Layout rows = {.name = "rows", .kind = LAYOUT_DELIMITED, .delimiter = ',', .quote = '"', .header_row = true,
					  .decimal_sign = '.', .date_format = "YYYY-MM-DD", .derive = LAYOUT_DERIVE_TAX | LAYOUT_DERIVE_TOTALS,
					  .records = row_records, .record_count = 1};

static LayoutField head_fields[] = {
	{.name = "number", .start = 1, .length = 8, .column = -1, .term = TERM_BT_1},
	{.name = "date", .start = 9, .length = 8, .column = -1, .type = LAYOUT_DATE, .term = TERM_BT_2},
};
static LayoutField line_fields[] = {
	{.name = "net", .start = 1, .length = 12, .column = -1, .type = LAYOUT_SIGNED, .decimals = 2, .term = TERM_BT_131},
	{.name = "rate", .start = 13, .length = 5, .column = -1, .type = LAYOUT_UNSIGNED, .decimals = 2, .term = TERM_BT_152},
	{.name = "item", .start = 18, .length = 20, .column = -1, .term = TERM_BT_153},
};
static LayoutField end_fields[] = {
	{.name = "lines", .start = 1, .length = 6, .column = -1, .term = INVOICE_TERM_COUNT, .type = LAYOUT_UNSIGNED, .check = LAYOUT_COUNT, .check_of = "line"},
	{.name = "sum", .start = 7, .length = 12, .column = -1, .term = INVOICE_TERM_COUNT, .type = LAYOUT_SIGNED, .decimals = 2, .check = LAYOUT_SUM, .check_of = "bt_131"},
};
static LayoutRecord cards[] = {
	{.name = "head", .role = LAYOUT_INVOICE, .match_value = "H", .match_length = 1, .fields = head_fields, .field_count = 2},
	{.name = "line", .role = LAYOUT_LINE, .match_value = "L", .match_length = 1, .fields = line_fields, .field_count = 3},
	{.name = "end", .role = LAYOUT_TRAILER, .match_value = "E", .match_length = 1, .fields = end_fields, .field_count = 2},
};
static Layout fixed = {.name = "cards", .kind = LAYOUT_FIXED, .charset = FLAT_LATIN1, .decimal_sign = ',', .date_format = "YYYYMMDD",
					   .derive = LAYOUT_DERIVE_TAX | LAYOUT_DERIVE_TOTALS, .records = cards, .record_count = 3};

/* Flat files are read in an arena: nothing is released before its end. */
typedef struct Block
{
	struct Block *next;
} Block;

static void *
arena_alloc(void *host, size_t size)
{
	Block **first = host, *block = malloc(sizeof(Block) + 8 + size);

	if (block == NULL)
		return NULL;
	block->next = *first;
	*first = block;
	return (char *) block + 16;
}

static void *
arena_resize(void *host, void *old, size_t old_size, size_t size)
{
	void *block = arena_alloc(host, size);

	if (block != NULL && old != NULL)
		memcpy(block, old, old_size < size ? old_size : size);
	return block;
}

static void
arena_release(void *host, void *block)
{
	(void) host;
	(void) block;
}

static bool
arena_interrupted(void *host)
{
	(void) host;
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static bool ready;
	Block *blocks = NULL, *block;
	Port arena = {&blocks, arena_alloc, arena_resize, arena_release, arena_interrupted};
	InvoiceSink sink = fuzz_sink();
	PortFault fault = {0};

	if (!ready && (layout_prepare(&rows, &fault) != PORT_OK || layout_prepare(&fixed, &fault) != PORT_OK))
	{
		fprintf(stderr, "layout: %s\n", fault.message);
		abort();
	}
	ready = true;
	if (length < 2)
		return 0;
	fuzz_feed(flat_reader_open(&arena, bytes[1] % 2 == 0 ? &rows : &fixed, &sink), bytes + 1, length - 1);
	while ((block = blocks) != NULL)
	{
		blocks = block->next;
		free(block);
	}
	return 0;
}
