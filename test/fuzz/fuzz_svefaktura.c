/*
 * fuzz_svefaktura.c: one format alone.
 */
#include "fuzz_sink.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	return fuzz_read("svefaktura", NULL, 0, bytes, length);
}
