/*
 * mailroom.c: the front door.  Defines nothing of its own; each floor and room sets itself up.
 */
#include "postgres.h"

#include "archive/archive.h"
#include "base/issuer_stats.h"
#include "base/settings.h"
#include "export.h"
#include "invoice/read_content.h"
#include "jobs/jobs.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	base_define_settings();
	issuer_stats_init();
	jobs_init();
	archive_define_settings();
	invoice_define_settings();
	base_reserve_settings();
}
