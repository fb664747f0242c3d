/*
 * port_server.c: allocator, interrupt flag and error reporting for core inside the server.
 */
#include "postgres.h"

#include "base/port_server.h"

#include "base/errors.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#define LARGE_BYTES (256 * 1024)

static void *
server_alloc(void *host, size_t size)
{
	return MemoryContextAllocExtended((MemoryContext) host, size ? size : 1,
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
}

/* A large block grows where it is: a copy would need the room of both. */
static pg_noinline void *
grow_large(void *old, size_t size)
{
	MemoryContext caller = CurrentMemoryContext;
	uint32 holdoff = InterruptHoldoffCount, cancel_holdoff = QueryCancelHoldoffCount;
	void *volatile block = NULL;

	PG_TRY();
	{
		block = repalloc_huge(old, size);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		FlushErrorState();
		InterruptHoldoffCount = holdoff;
		QueryCancelHoldoffCount = cancel_holdoff;
	}
	PG_END_TRY();
	return block;
}

/* The server's repalloc throws when out of memory, so a new block and a copy it is for small ones.
 */
static void *
server_resize(void *host, void *old, size_t old_size, size_t size)
{
	void *block;

	if (old != NULL && old_size >= LARGE_BYTES && size >= old_size)
		return grow_large(old, size);
	block = server_alloc(host, size);
	if (block != NULL && old != NULL)
	{
		memcpy(block, old, Min(old_size, size));
		pfree(old);
	}
	return block;
}

static void
server_release(void *host, void *block)
{
	if (block != NULL)
		pfree(block);
}

/* Only what will end the work: other interrupts (barriers, catch-up) wait for the next check. */
static bool
server_interrupted(void *host)
{
	return QueryCancelPending || ProcDiePending;
}

Port
port_server(MemoryContext context)
{
	Port port = {context, server_alloc, server_resize, server_release, server_interrupted};

	return port;
}

void
port_raise(PortStatus status, const PortFault *fault, int sqlerrcode, const char *what)
{
	switch (status)
	{
		case PORT_OK:
		case PORT_STOPPED:
			return;
		case PORT_NO_MEMORY:
			ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory"),
							errdetail("Failed while working on %s.", what)));
			break;
		case PORT_INTERRUPTED:
			CHECK_FOR_INTERRUPTS();
			/* the flag was for something else (a barrier, a catch-up); the caller gave up its work
			 */
			ereport(ERROR, (errcode(ERRCODE_QUERY_CANCELED),
							errmsg("work on %s was interrupted", what), errhint("Try again.")));
			break;
		case PORT_INVALID:
		case PORT_TOO_LARGE:
			ereport(ERROR, (errcode(status == PORT_TOO_LARGE ? ERRCODE_MAILROOM_CONTENT_TOO_LARGE
															 : sqlerrcode),
							errmsg("%s: %s", what, fault->message),
							fault->line > 0 ? errdetail("Rule %s, line " INT64_FORMAT ".",
														fault->rule, (int64) fault->line)
											: (fault->position > 0
												   ? errdetail("Rule %s, byte " INT64_FORMAT ".",
															   fault->rule, (int64) fault->position)
												   : errdetail("Rule %s.", fault->rule))));
			break;
	}
}
