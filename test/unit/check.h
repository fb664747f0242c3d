/*
 * check.h: unit tests of core in the Test Anything Protocol.  A test file has main() { ...; return check_done(); }
 */
#ifndef UNIT_CHECK_H
#define UNIT_CHECK_H

#include <stdio.h>
#include <string.h>

static int check_count, check_failures;

#define CHECK(condition) check_note((condition) ? 1 : 0, #condition, __FILE__, __LINE__)
#define CHECK_TEXT(got, want) check_text(got, want, __FILE__, __LINE__)

static inline void
check_note(int ok, const char *what, const char *file, int line)
{
	check_count++;
	if (ok)
		return;
	check_failures++;
	printf("# failed: %s (%s:%d)\n", what, file, line);
}

static inline void
check_text(const char *got, const char *want, const char *file, int line)
{
	check_count++;
	if (got != NULL && want != NULL && strcmp(got, want) == 0)
		return;
	check_failures++;
	printf("# failed: got \"%s\", want \"%s\" (%s:%d)\n", got ? got : "(null)", want ? want : "(null)", file, line);
}

static inline int
check_done(void)
{
	printf("1..1\n%sok 1 - %d checks, %d failed\n", check_failures ? "not " : "", check_count, check_failures);
	return check_failures != 0;
}

#endif
