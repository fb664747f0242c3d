/*
 * fuzz_zip.c: ZIP members, behind the signature of the first.
 */
#include "fuzz_sink.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	return fuzz_read(NULL, "PK\3\4", 4, bytes, length);
}
