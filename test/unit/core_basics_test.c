/*
 * core_basics_test.c: buffer, deflate, term list.
 */
#include "check.h"
#include "core/deflate.h"
#include "core/invoice.h"

#include <stdlib.h>

static void
test_deflate_round_trip(void)
{
	Buffer packed, plain;
	Deflater *deflater = deflater_open(&port_malloc, DEFLATE_RAW, 6);
	Inflater *inflater = inflater_open(&port_malloc, DEFLATE_RAW);
	char text[5000];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char) (i * i % 251);
	buffer_init(&packed, &port_malloc);
	buffer_init(&plain, &port_malloc);
	CHECK(deflater_run(deflater, "hello", 5, text, sizeof(text), &packed) == PORT_OK);
	CHECK(inflater_run(inflater, "hello", 5, packed.bytes, packed.length, sizeof(text), &plain) == PORT_OK);
	CHECK(plain.length == sizeof(text) && memcmp(plain.bytes, text, sizeof(text)) == 0);
	buffer_reset(&plain);
	CHECK(inflater_run(inflater, "hello", 5, packed.bytes, packed.length, sizeof(text) - 1, &plain) ==
		  PORT_TOO_LARGE);
	buffer_reset(&plain);
	CHECK(inflater_run(inflater, "hello", 5, packed.bytes, packed.length - 1, sizeof(text), &plain) ==
		  PORT_INVALID);
	deflater_close(deflater);
	inflater_close(inflater);
	buffer_release(&packed);
	buffer_release(&plain);
}

static void
test_terms(void)
{
	for (int term = 0; term < INVOICE_TERM_COUNT; term++)
	{
		const InvoiceGroupInfo *group = &invoice_group_info[invoice_term_info[term].group];

		CHECK((int) group->first <= term && term <= (int) group->last);
	}
	for (int kind = 0; kind < INVOICE_GROUP_COUNT; kind++)
		CHECK((int) invoice_term_info[invoice_group_info[kind].first].group == kind &&
			  (int) invoice_term_info[invoice_group_info[kind].last].group == kind);
	CHECK(invoice_find_term("bt_112", 6) == TERM_BT_112);
	CHECK(invoice_find_term("bt_4", 4) == INVOICE_TERM_COUNT);
}

int
main(void)
{
	Buffer buffer;

	buffer_init(&buffer, &port_malloc);
	buffer_append_int(&buffer, INT64_MIN);
	buffer_append_char(&buffer, ' ');
	buffer_printf(&buffer, "%s", "x");
	CHECK(buffer.length == 22 && memcmp(buffer.bytes, "-9223372036854775808 x", 22) == 0);
	buffer_release(&buffer);
	test_deflate_round_trip();
	test_terms();
	return check_done();
}
