/*
 * fuzz_ksef.c: Polish structured invoices of both versions, with their schema and the system's checks.
 */
#include "fuzz_sink.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	fuzz_read("ksef-fa2", NULL, 0, bytes, length);
	return fuzz_read("ksef-fa3", NULL, 0, bytes, length);
}
