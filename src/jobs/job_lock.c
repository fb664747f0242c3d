/*
 * job_lock.c: advisory locks of the stairs.
 *
 * SQL's advisory locks use the numbers 1 and 2 in the last field of the lock tag; ours are 7 (one
 * lock for the queue) and 8 (a lock a session), so no application can take them by accident.
 */
#include "postgres.h"

#include "jobs/job_lock.h"

#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/timestamp.h"

#define LOCK_SPACE_QUEUE 7
#define LOCK_SPACE_HOLDER 8

static int held_count = 0;

int64
job_session_holder(void)
{
	return ((int64) MyProcPid << 32) | (uint32) (MyStartTimestamp / 1000);
}

static void
holder_tag(LOCKTAG *tag, int64 holder)
{
	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, (uint32) (holder >> 32), (uint32) holder,
						 LOCK_SPACE_HOLDER);
}

void
job_lock_queue(void)
{
	LOCKTAG tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, 0, LOCK_SPACE_QUEUE);
	(void) LockAcquire(&tag, ExclusiveLock, false, false);
}

void
job_lock_session(void)
{
	LOCKTAG tag;

	holder_tag(&tag, job_session_holder());
	(void) LockAcquire(&tag, ExclusiveLock, true, false);
	held_count++;
}

void
job_unlock_session(void)
{
	LOCKTAG tag;

	if (held_count == 0)
		return;
	held_count--;
	holder_tag(&tag, job_session_holder());
	(void) LockRelease(&tag, ExclusiveLock, true);
}

/* A share lock that is had at once and given back: nobody holds the exclusive one.  Our own lock
 * would not stand in the way, so it is asked for first. */
bool
job_holder_is_gone(int64 holder)
{
	LOCKTAG tag;

	if (holder == job_session_holder() && held_count > 0)
		return false;
	holder_tag(&tag, holder);
	if (LockAcquire(&tag, ShareLock, false, true) == LOCKACQUIRE_NOT_AVAIL)
		return false;
	(void) LockRelease(&tag, ShareLock, false);
	return true;
}
