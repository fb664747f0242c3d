/*
 * launcher.h: the process that starts workers, and the workers' entry.
 */
#ifndef JOBS_LAUNCHER_H
#define JOBS_LAUNCHER_H

#include "compat.h"
#include "postgres.h"

/* Registers the launcher; only while libraries are preloaded. */
extern void launcher_register(void);

extern PGDLLEXPORT void mailroom_launcher_main(Datum argument);
extern PGDLLEXPORT void mailroom_worker_main(Datum argument);

#endif
