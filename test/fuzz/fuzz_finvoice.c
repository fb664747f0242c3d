/*
 * fuzz_finvoice.c: one format alone.
 */
#include "fuzz_sink.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	return fuzz_read("finvoice", NULL, 0, bytes, length);
}
