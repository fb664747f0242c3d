/*
 * afl_driver.c: runs a target under afl-fuzz, out of the objects that libFuzzer's programs are made
 * of.
 *
 * The objects count edges in bytes (clang's inline counters); behind each execution the counters
 * are added to the map that afl-fuzz watches.  So AFL needs no build of its own, and has the
 * sanitizers' checks.  The process is kept for many inputs (persistent mode), which come in shared
 * memory.  With names of files as arguments, these are run instead.
 */
#include "fuzz_sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUTS_PER_PROCESS 20000
#define MAP_BYTES 65536 /* what AFL takes where a program does not say */

/* of AFL's runtime, afl-compiler-rt.o */
extern unsigned char *__afl_area_ptr, *__afl_fuzz_ptr;
extern unsigned int *__afl_fuzz_len;
extern int __afl_sharedmem_fuzzing;
extern void __afl_manual_init(void);
extern int __afl_persistent_loop(unsigned int inputs);
int __afl_sharedmem_fuzzing = 1;

/* by these afl-fuzz knows what the program can do */
static const char marks[] __attribute__((used)) =
	"##SIG_AFL_PERSISTENT##\0##SIG_AFL_DEFER_FORKSRV##";

static unsigned char *counters;
static size_t counter_count;

/* called by each object; they all name the same section */
void __sanitizer_cov_8bit_counters_init(unsigned char *start, unsigned char *stop);

void
__sanitizer_cov_8bit_counters_init(unsigned char *start, unsigned char *stop)
{
	counters = start;
	counter_count = (size_t) (stop - start);
}

static void
report_edges(void)
{
	for (size_t i = 0; i < counter_count; i++)
		if (counters[i] != 0)
			__afl_area_ptr[i % MAP_BYTES] += counters[i];
}

static int
run_file(const char *name)
{
	FILE *file = fopen(name, "rb");
	uint8_t *bytes = malloc(1024 * 1024);
	size_t length;

	if (file == NULL || bytes == NULL)
	{
		perror(name);
		return 1;
	}
	length = fread(bytes, 1, 1024 * 1024, file);
	fclose(file);
	LLVMFuzzerTestOneInput(bytes, length);
	free(bytes);
	return 0;
}

int
main(int count, char **names)
{
	int wrong = 0;

	for (int i = 1; i < count; i++)
		wrong |= run_file(names[i]);
	if (count > 1)
		return wrong;
	__afl_manual_init();
	if (__afl_fuzz_ptr == NULL)
	{
		fprintf(stderr, "afl_driver: to be started by afl-fuzz, or with the names of files\n");
		return 1;
	}
	while (__afl_persistent_loop(INPUTS_PER_PROCESS))
	{
		/* exact size: what reads behind its end is seen */
		size_t length = *__afl_fuzz_len;
		uint8_t *bytes = malloc(length > 0 ? length : 1);

		if (bytes == NULL)
			abort();
		memcpy(bytes, __afl_fuzz_ptr, length);
		memset(counters, 0, counter_count);
		LLVMFuzzerTestOneInput(bytes, length);
		report_edges();
		free(bytes);
	}
	return 0;
}
