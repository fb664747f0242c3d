/*
 * version.h: library and SQL objects must be of one version.
 */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#include "c.h"

/*
 * Raises MR009 unless the extension's SQL in this database is of this library's version.  The
 * answer is kept for the session and asked again after functions changed; free to call at every
 * entry point.
 */
extern void version_check(void);

/* The same as an answer; also false without the extension. */
extern bool version_matches(void);

/* The installed extension's version in CurrentMemoryContext, NULL when there is none. */
extern char *version_installed(void);

#endif
