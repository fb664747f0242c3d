/*
 * job_lock.h: advisory locks of the stairs, in a name space of their own.
 */
#ifndef JOBS_JOB_LOCK_H
#define JOBS_JOB_LOCK_H

#include "c.h"

/* Serialises claims; held to the end of the transaction. */
extern void job_lock_queue(void);

/* Session lock by which others see that the holder of a lease lives; counted. */
extern int64 job_session_holder(void);
extern void job_lock_session(void);
extern void job_unlock_session(void);
extern bool job_holder_is_gone(int64 holder);

#endif
