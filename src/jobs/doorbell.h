/*
 * doorbell.h: rings at commit.
 */
#ifndef JOBS_DOORBELL_H
#define JOBS_DOORBELL_H

#include "postgres.h"

extern void doorbell_init(void);

/* Whom workers of this database connect as: the setting, else the extension's owner; InvalidOid
 * when there is no such role or no extension.  Needs a transaction. */
extern Oid doorbell_worker_role(void);
extern Oid doorbell_extension_owner(void);

#endif
