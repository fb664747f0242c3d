/*
 * fuzz_pdf.c: structures of PDF files.
 */
#include "fuzz_sink.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const char head[] = "%PDF-1.7\n";

	return fuzz_read(NULL, head, sizeof(head) - 1, bytes, length);
}
