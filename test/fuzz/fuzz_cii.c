/*
 * fuzz_cii.c: one format alone, so that no time goes into finding out which it is.
 */
#include "fuzz_sink.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	return fuzz_read("cii", NULL, 0, bytes, length);
}
