/*
 * clock.h: the one place that knows the time.  Tests fix it with the setting mailroom.clock.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "datatype/timestamp.h"
#include "utils/guc.h"

/* Now: the fixed time if one is set, else the wall clock (not the transaction's start). */
extern TimestampTz clock_now(void);

extern bool clock_check_text(char **newval, void **extra, GucSource source);
extern void clock_assign_text(const char *newval, void *extra);

#endif
