/*
 * fuzz_invoice.c: any content, told by its first bytes.
 */
#include "fuzz_sink.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	return fuzz_read(NULL, NULL, 0, bytes, length);
}
