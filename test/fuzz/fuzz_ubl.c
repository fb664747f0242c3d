/*
 * fuzz_ubl.c: one format alone, so that no time goes into finding out which it is.
 */
#include "fuzz_sink.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	return fuzz_read("ubl", NULL, 0, bytes, length);
}
