/*
 * jobs.h: what rooms may ask of the stairs.
 */
#ifndef JOBS_JOBS_H
#define JOBS_JOBS_H

#include "c.h"

/* Settings, and when preloaded shared memory, hooks and the launcher. */
extern void jobs_init(void);

/* Progress of the job that runs in this session; without one it does nothing.  total 0 = not known.
 */
extern void jobs_report_progress(int64 done, int64 total);

#endif
